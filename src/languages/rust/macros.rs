//! Macro calls.
//!
//! Most are calls already (`prepare.rs`). What the grammar left as tokens is read here: `matches!`, `select!`, bodies that
//! are statements or items (`lazy_static!`, `try_stream!`, `cfg_if!`), then whatever parses as arguments; the rest goes to the
//! tolerant reader of `tokens.rs`. Fragments are parsed in place of their tokens: a prefix, the prepared text, a suffix.
//! What a `macro_rules!` macro expands to is not followed.

use super::kinds::Kind;
use super::lexer::{Token, TokenKind, token};
use super::lower::{Cursor, Lowering, parse};
use crate::model::body::{AssignOp, BinaryOp, CallForm, CollectionKind, List, NodeId, NodeKind, TextForm};
use crate::model::source::Span;

/// Larger token trees are read as tokens only.
const MAX_FRAGMENT: usize = 65_536;

impl Lowering<'_> {
    /// `m!(…)` left as tokens.
    pub(super) fn macro_invocation(&mut self, c: &mut Cursor) -> NodeId {
        let span = self.span(c);
        let fields = self.fields();
        let (mut callee, mut tokens) = (None, None);
        self.each(c, |this, c, kind| {
            if c.field_id() == fields.macro_ {
                callee = Some(this.expression(c));
            } else if kind == Kind::TokenTree {
                tokens = Some(this.span(c));
            }
        });
        let callee = callee.unwrap_or_else(|| self.nothing(span));
        let mark = self.stack.len();
        if let Some(tokens) = tokens
            && self.enter()
        {
            self.macro_tokens(callee, tokens);
            self.leave();
        }
        self.finish_macro(callee, mark, span)
    }

    /// Collects the arguments in a token tree.
    fn macro_tokens(&mut self, callee: NodeId, tokens: Span) {
        let name = self.last_name(callee).map(|name| self.names.get(name).to_owned()).unwrap_or_default();
        let braces = self.byte(tokens.start) == b'{';
        let inside = Span { start: (tokens.start + 1).min(tokens.end), end: tokens.end.saturating_sub(1).max(tokens.start + 1) };
        let read = match name.as_str() {
            // Their tokens are code of another place.
            "quote" | "quote_spanned" | "parse_quote" | "stringify" => true,
            "matches" | "assert_matches" | "debug_assert_matches" => self.matches(inside),
            "select" if braces => self.select(inside),
            "cfg_if" => self.cfg_if(inside),
            _ if braces && self.begins_statement(inside) => self.fragment("fn m(){", inside, "}", |_| {}, Kind::Block),
            _ if !braces && self.needs_parser(inside) => self.fragment("fn m(){m(", inside, ")}", |_| {}, Kind::Arguments),
            _ => false,
        };
        if !read {
            self.token_arguments(inside.start as usize, inside.end as usize);
        }
    }

    /// `matches!(value, pattern if guard)` tests like `if let`.
    fn matches(&mut self, inside: Span) -> bool {
        let Some(comma) = self.find_at_top(inside, |text| text == b",") else { return false };
        let mut end = inside.end;
        if let Some(message) = self.find_at_top(Span { start: comma.end as u32, end }, |text| text == b",") {
            end = message.start as u32;
        }
        let at = comma.start - inside.start as usize;
        let mark = self.stack.len();
        let patch = move |text: &mut [u8]| text[at] = b'{';
        if !self.fragment("fn m(){match ", Span { start: inside.start, end }, "=>0}}", patch, Kind::MatchExpression) {
            return false;
        }
        let Some(&node) = self.stack.get(mark) else { return false };
        let NodeKind::Match { subject, arms } = self.arena.kind(node) else { return true };
        let arm = self.arena.list(arms).next().map(|arm| self.arena.kind(arm));
        if let Some(NodeKind::Arm { pattern, guard, .. }) = arm {
            let span = self.arena.span(node);
            let test = self.push(NodeKind::Assign { target: pattern, value: subject, op: AssignOp::Test }, span);
            let test = match guard {
                Some(guard) => self.push(NodeKind::Binary { op: BinaryOp::And, left: test, right: guard }, span),
                None => test,
            };
            self.stack[mark] = test;
        }
        true
    }

    /// `select! { pattern = future => body, … }`: a block `let pattern = future.await; body` for each branch.
    fn select(&mut self, inside: Span) -> bool {
        let mut at = inside.start;
        let mut found = false;
        while at < inside.end {
            let rest = Span { start: at, end: inside.end };
            let Some(arrow) = self.find_at_top(rest, |text| text == b"=>") else { break };
            let equals = self.find_at_top(Span { start: at, end: arrow.start as u32 }, |text| text == b"=");
            let end = self.branch_end(arrow.end, inside.end);
            self.select_branch(at, equals, arrow, end);
            found = true;
            at = end as u32;
            let next = token(self.text.as_bytes(), end);
            if self.text.as_bytes().get(next.start) == Some(&b',') {
                at = next.end as u32;
            }
        }
        found
    }

    /// Where a branch of `select!` ends: behind its block, or at the comma.
    fn branch_end(&self, from: usize, limit: u32) -> usize {
        let first = token(self.text.as_bytes(), from);
        if self.text.as_bytes().get(first.start) == Some(&b'{') {
            return super::lexer::closing(self.text.as_bytes(), first.start).min(limit as usize);
        }
        let rest = Span { start: from as u32, end: limit };
        self.find_at_top(rest, |text| text == b",").map_or(limit as usize, |comma| comma.start)
    }

    fn select_branch(&mut self, start: u32, equals: Option<Token>, arrow: Token, end: usize) {
        let mark = self.stack.len();
        let mut start = start;
        // `biased;` before the first branch.
        if let Some(semicolon) = self.find_at_top(Span { start, end: arrow.start as u32 }, |text| text == b";") {
            start = semicolon.end as u32;
        }
        let span = Span { start, end: end as u32 };
        let read = match equals {
            Some(equals) => {
                let future = Span { start: equals.end as u32, end: arrow.start as u32 };
                let condition = self.find_at_top(future, |text| text == b",").map_or(arrow.start, |comma| comma.start);
                let base = start as usize;
                let patch = move |text: &mut [u8]| {
                    text[condition - base..arrow.end - base].fill(b' ');
                    text[arrow.start - base] = b';';
                };
                self.fragment("fn m(){let ", span, "}", patch, Kind::Block)
            }
            None => {
                let body = Span { start: arrow.end as u32, end: end as u32 };
                self.fragment("fn m(){", body, "}", |_| {}, Kind::Block)
            }
        };
        if !read {
            self.token_arguments(span.start as usize, span.end as usize);
        }
        if let Some(&first) = self.stack.get(mark)
            && let NodeKind::Declare { target, annotation, value: Some(future), constant } = self.arena.kind(first)
        {
            let value = self.push(NodeKind::Await(future), self.arena.span(future));
            self.arena.replace(first, NodeKind::Declare { target, annotation, value: Some(value), constant });
        }
        let items = self.list(mark);
        let block = self.push(NodeKind::Block { items, value: true }, span);
        self.stack.push(block);
    }

    /// `if #[cfg(unix)] { … } else { … }`: the condition is made `true`.
    fn cfg_if(&mut self, inside: Span) -> bool {
        let patch = |text: &mut [u8]| {
            let mut at = 0;
            while let Some(found) = text.get(at..).and_then(|rest| memchr::memmem::find(rest, b"#[cfg")) {
                let start = at + found;
                let end = super::lexer::closing(text, start + 1);
                if end - start >= 4 {
                    text[start..end].fill(b' ');
                    text[start..start + 4].copy_from_slice(b"true");
                }
                at = end;
            }
        };
        self.fragment("fn m(){", inside, "}", patch, Kind::Block)
    }

    /// True when the tokens begin like a statement or an item.
    fn begins_statement(&self, inside: Span) -> bool {
        let first = token(self.text.as_bytes(), inside.start as usize);
        let text = self.text.get(first.start..first.end).unwrap_or_default();
        first.end <= inside.end as usize
            && matches!(
                text,
                "let"
                    | "static"
                    | "const"
                    | "pub"
                    | "fn"
                    | "struct"
                    | "enum"
                    | "impl"
                    | "use"
                    | "mod"
                    | "if"
                    | "for"
                    | "loop"
                    | "while"
                    | "match"
                    | "async"
                    | "unsafe"
                    | "type"
                    | "trait"
                    | "return"
                    | "#"
            )
            || self.find_at_top(inside, |text| text == b";").is_some()
    }

    /// True when the tokens hold what only the parser can read: blocks, closures, struct literals, control flow.
    fn needs_parser(&self, inside: Span) -> bool {
        let bytes = self.text.as_bytes().get(..inside.end as usize).unwrap_or_default();
        let mut at = inside.start as usize;
        let mut operand = true;
        loop {
            let next = token(bytes, at);
            let text = &bytes[next.start..next.end];
            match next.kind {
                TokenKind::End => return false,
                TokenKind::Open if text == b"{" => return true,
                TokenKind::Punct if text == b"|" && operand => return true,
                TokenKind::Word if matches!(text, b"if" | b"match" | b"let" | b"move" | b"async" | b"unsafe" | b"return") => return true,
                _ => {}
            }
            operand = matches!(text, b"(" | b"," | b"=" | b"[");
            at = next.end;
        }
    }

    /// The first token outside brackets that `wanted` accepts; `=>` is one token here, a lone `=` another.
    fn find_at_top(&self, inside: Span, wanted: impl Fn(&[u8]) -> bool) -> Option<Token> {
        let bytes = self.text.as_bytes().get(..inside.end as usize)?;
        let (mut at, mut depth) = (inside.start as usize, 0u32);
        loop {
            let mut next = token(bytes, at);
            match next.kind {
                TokenKind::End => return None,
                TokenKind::Open => depth += 1,
                TokenKind::Close => depth = depth.saturating_sub(1),
                TokenKind::Punct if depth == 0 => {
                    let pair = matches!(bytes.get(next.start..next.start + 2), Some(b"=>" | b"==" | b"<=" | b">=" | b"!=" | b"::"));
                    next.end += usize::from(pair);
                    if wanted(&bytes[next.start..next.end]) {
                        return Some(next);
                    }
                }
                _ => {}
            }
            at = next.end;
        }
    }

    /// Parses `prefix` + the prepared text of `inside`, patched, + `suffix`, and collects what the first node of kind `wanted`
    /// holds. False, with nothing collected, when that is not valid.
    fn fragment(&mut self, prefix: &str, inside: Span, suffix: &str, patch: impl FnOnce(&mut [u8]), wanted: Kind) -> bool {
        let length = inside.end.saturating_sub(inside.start) as usize;
        if length > MAX_FRAGMENT || length > self.fragment_budget {
            return false;
        }
        let Some(body) = self.prepared.get(inside.range()) else { return false };
        self.fragment_budget -= length;
        let mut text = Vec::with_capacity(prefix.len() + length + suffix.len());
        text.extend_from_slice(prefix.as_bytes());
        text.extend_from_slice(body);
        patch(&mut text[prefix.len()..]);
        text.extend_from_slice(suffix.as_bytes());
        let Some(tree) = parse(&text) else { return false };
        if tree.root_node().has_error() {
            return false;
        }
        let mut c = tree.walk();
        // The function of the prefix, then its body, then what the body begins with.
        while self.kind(&c) != wanted {
            let down = c.goto_first_child();
            while down && matches!(self.kind(&c), Kind::Token | Kind::Identifier | Kind::Parameters) && c.goto_next_sibling() {}
            if !down {
                return false;
            }
        }
        let outer = std::mem::replace(&mut self.offset, (inside.start as usize).wrapping_sub(prefix.len()));
        match wanted {
            Kind::Block => {
                self.statements(&mut c);
            }
            Kind::Arguments => self.arguments(&mut c, true),
            _ => {
                let node = self.expression(&mut c);
                self.stack.push(node);
            }
        }
        self.offset = outer;
        true
    }

    /// The macro's node from its collected arguments: text, a collection, or a call.
    pub(super) fn finish_macro(&mut self, callee: NodeId, mark: usize, span: Span) -> NodeId {
        let name = self.last_name(callee).map(|name| self.names.get(name)).unwrap_or_default();
        let is_text = matches!(name, "format" | "format_args");
        let template = match name {
            "format" | "format_args" | "print" | "println" | "eprint" | "eprintln" | "panic" | "todo" | "unimplemented" | "unreachable"
            | "bail" | "anyhow" | "eyre" => Some(0),
            "write" | "writeln" | "assert" | "debug_assert" | "ensure" => Some(1),
            "assert_eq" | "assert_ne" | "debug_assert_eq" | "debug_assert_ne" => Some(2),
            "info" | "warn" | "error" | "debug" | "trace" | "log" => self.first_text(mark),
            // What `?` was before it was.
            "try" if self.stack.len() == mark + 1 => {
                let value = self.stack.pop().unwrap_or(callee);
                return self.push(NodeKind::Propagate(value), span);
            }
            "concat" => {
                let parts = self.list(mark);
                return self.push(NodeKind::Text { parts, form: TextForm::Concat }, span);
            }
            "json" => {
                self.json_nulls(mark);
                None
            }
            "vec" => {
                let items = self.list(mark);
                return self.push(NodeKind::Collection { kind: CollectionKind::List, items }, span);
            }
            _ => None,
        };
        if let Some(at) = template
            && let Some(&literal) = self.stack.get(mark + at)
            && matches!(self.arena.kind(literal), NodeKind::Str(_))
        {
            self.format(mark + at);
            if is_text && at == 0 && self.stack.len() == mark + 1 {
                let text = self.stack.pop().unwrap_or(literal);
                let kind = self.arena.kind(text);
                return self.push(kind, span);
            }
        }
        let args = if self.stack.len() > mark { self.list(mark) } else { List::EMPTY };
        self.push(NodeKind::Call { callee, args, form: CallForm::Macro }, span)
    }

    /// `null` inside `json!` is a value, not a name.
    fn json_nulls(&mut self, mark: usize) {
        let null = self.names.intern("null");
        let mut found = Vec::new();
        for &root in self.stack.get(mark..).unwrap_or_default() {
            self.arena.walk_while(root, |id| {
                if self.arena.kind(id) == NodeKind::Name(null) {
                    found.push(id);
                }
                matches!(self.arena.kind(id), NodeKind::Collection { .. } | NodeKind::Entry { .. })
            });
        }
        for id in found {
            self.arena.replace(id, NodeKind::Null);
        }
    }

    /// The first argument that is a literal text, for macros whose fields may come before it.
    fn first_text(&self, mark: usize) -> Option<usize> {
        self.stack.get(mark..)?.iter().position(|&node| matches!(self.arena.kind(node), NodeKind::Str(_)))
    }
}
