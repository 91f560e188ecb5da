//! Attributes as decorators, and what some of them mean for the walk: `cfg`, `test`, `path`.

use super::items::Attributes;
use super::lexer::{TokenKind, token};
use super::lower::{Cursor, Lowering};
use crate::model::body::{AssignOp, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefKind};

/// Conditions nested deeper are taken as not being about tests.
const MAX_CFG_DEPTH: u32 = 16;

impl Lowering<'_> {
    /// `#[…]`: adds a decorator to those of the next item.
    pub(super) fn attribute(&mut self, c: &Cursor, attributes: &mut Attributes) {
        let span = self.span(c);
        attributes.start.get_or_insert(span.start);
        let text = self.slice(span);
        let Some(open) = text.find('[') else { return };
        let start = span.start as usize + open + 1;
        let end = (span.end as usize).saturating_sub(1).max(start);
        let mark = self.stack.len();
        self.token_list(start, end);
        let node = self.stack.get(mark).copied();
        self.stack.truncate(mark);
        let Some(node) = node else { return };
        self.understand(node, start, end, attributes);
        attributes.nodes.push(node);
    }

    /// `#![…]`: a decorator of the definition around it.
    pub(super) fn inner_attribute(&mut self, c: &Cursor) {
        let mut attributes = Attributes::default();
        self.attribute(c, &mut attributes);
        let scope = self.scope;
        let def = &mut self.defs[scope.index()];
        def.decorators.append(&mut attributes.nodes);
        if attributes.test && matches!(def.kind, DefKind::Module) {
            def.flags.set(DefFlags::TEST);
            self.test = true;
        }
    }

    /// What an attribute says to the walk.
    fn understand(&mut self, node: NodeId, start: usize, end: usize, attributes: &mut Attributes) {
        match self.arena.kind(node) {
            NodeKind::Call { callee, args, .. } => {
                let Some(name) = self.last_name(callee) else { return };
                match self.names.get(name) {
                    "cfg_attr" => {
                        for arg in self.arena.list(args).skip(1) {
                            if let NodeKind::Argument { name, value } = self.arena.kind(arg)
                                && self.names.get(name) == "path"
                                && let NodeKind::Str(path) = self.arena.kind(value)
                            {
                                attributes.paths.push(path);
                                attributes.paths_conditional = true;
                            }
                        }
                    }
                    "cfg" => {
                        attributes.conditional = true;
                        attributes.test |= is_test_condition(self.text.as_bytes(), start, end);
                    }
                    "test" | "test_case" | "rstest" | "case" => attributes.test = true,
                    _ => {}
                }
            }
            NodeKind::Assign { target, value, op: AssignOp::Set } => {
                if let (NodeKind::Name(name), NodeKind::Str(path)) = (self.arena.kind(target), self.arena.kind(value))
                    && self.names.get(name) == "path"
                {
                    attributes.paths.push(path);
                }
            }
            _ => {
                let name = self.last_name(node).map(|name| self.names.get(name));
                attributes.test |= matches!(name, Some("test" | "rstest" | "bench" | "quickcheck" | "wasm_bindgen_test" | "proptest"));
            }
        }
    }
}

/// True when `cfg(…)` holds only in tests or builds for developers: `test`, `all(test, …)`, `any(test, feature = "testing")`, `debug_assertions`.
fn is_test_condition(bytes: &[u8], start: usize, end: usize) -> bool {
    let bytes = bytes.get(..end).unwrap_or_default();
    let name = token(bytes, start);
    let open = token(bytes, name.end);
    let mut at = open.end;
    condition(bytes, &mut at, 0) == Holds::InTests
}

/// When a condition holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Holds {
    Elsewhere,
    /// A feature named after tests: it counts only beside `test`, for it may be on in production too.
    WithTestFeature,
    InTests,
}

/// Reads one condition from `at` on.
fn condition(bytes: &[u8], at: &mut usize, depth: u32) -> Holds {
    let name = token(bytes, *at);
    let next = token(bytes, name.end);
    let text = &bytes[name.start..name.end];
    *at = name.end;
    if next.kind == TokenKind::Open {
        *at = next.end;
        let (mut least, mut most) = (Holds::InTests, Holds::Elsewhere);
        loop {
            let next = token(bytes, *at);
            match next.kind {
                TokenKind::End => break,
                TokenKind::Close => {
                    *at = next.end;
                    break;
                }
                TokenKind::Word if depth < MAX_CFG_DEPTH => {
                    let holds = condition(bytes, at, depth + 1);
                    least = least.min(holds);
                    most = most.max(holds);
                }
                _ => *at = next.end,
            }
        }
        return match (text, most) {
            (b"all", Holds::InTests) => Holds::InTests,
            (b"any", Holds::InTests) if least > Holds::Elsewhere => Holds::InTests,
            _ => Holds::Elsewhere,
        };
    }
    if bytes.get(next.start) == Some(&b'=') {
        let value = token(bytes, next.end);
        *at = value.end;
        let about_tests = text == b"feature" && memchr::memmem::find(&bytes[value.start..value.end], b"test").is_some();
        return if about_tests { Holds::WithTestFeature } else { Holds::Elsewhere };
    }
    if matches!(text, b"test" | b"debug_assertions") { Holds::InTests } else { Holds::Elsewhere }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str) -> bool {
        is_test_condition(text.as_bytes(), 0, text.len())
    }

    #[test]
    fn knows_conditions_that_hold_only_in_tests() {
        assert!(holds("cfg(test)"));
        assert!(holds("cfg(all(test, unix))"));
        assert!(holds("cfg(debug_assertions)"));
        assert!(!holds("cfg(not(debug_assertions))"));
        assert!(holds("cfg(any(test, feature = \"test-utils\"))"));
        assert!(!holds("cfg(not(test))"));
        assert!(!holds("cfg(any(test, unix))"));
        assert!(!holds("cfg(all(unix, not(test)))"));
        assert!(!holds("cfg(feature = \"testing\")"));
        assert!(!holds("cfg(all(unix, feature = \"testing\"))"));
        assert!(!holds("cfg("));
    }
}
