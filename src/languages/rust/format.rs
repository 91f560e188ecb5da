//! Format strings: `"{} of {name:>8}"` and its arguments become one `Text`.

use super::literals::take_apart;
use super::lower::Lowering;
use crate::model::body::{NodeId, NodeKind, TextForm};
use crate::model::source::Span;

/// A piece of a format string.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'t> {
    /// Literal text, `{{` and `}}` decoded, with its place in the string.
    Text { text: String, start: usize, end: usize },
    /// A placeholder: the argument's name, number or nothing, and whether its precision takes an argument (`.*`).
    Value { argument: &'t str, star: bool, start: usize, end: usize },
}

impl Lowering<'_> {
    /// Replaces the literal at `at` of the stack and the arguments after it by one `Text`.
    pub(super) fn format(&mut self, at: usize) {
        let literal = self.stack[at];
        let NodeKind::Str(value) = self.arena.kind(literal) else { return };
        let span = self.arena.span(literal);
        let text = self.names.get(value).to_owned();
        let written = take_apart(self.slice(span));
        // Without escapes, places in the value are places in the file.
        let base = (written.text == text).then_some(span.start as usize + written.start);
        let place = |start: usize, end: usize| base.map_or(span, |base| Span::new(base + start, base + end));
        let mut arguments = Arguments { nodes: self.stack.split_off(at + 1), used: Vec::new(), next: 0 };
        arguments.used.resize(arguments.nodes.len(), false);
        for piece in pieces(&text) {
            let part = match piece {
                Piece::Text { text, start, end } => {
                    let name = self.names.intern(&text);
                    self.push(NodeKind::Str(name), place(start, end))
                }
                Piece::Value { argument, star, start, end } => {
                    if star {
                        arguments.next += 1;
                    }
                    self.format_argument(&mut arguments, argument, place(start, end))
                }
            };
            self.stack.push(part);
        }
        // Widths, precisions, and mistakes: still reached by what walks the text.
        for (node, used) in arguments.nodes.into_iter().zip(arguments.used) {
            if !used {
                let items = self.arena.push_list(&[node]);
                let rest = self.push(NodeKind::Other(items), self.arena.span(node));
                self.stack.push(rest);
            }
        }
        let parts = self.list(at + 1);
        let end = self.arena.list(parts).map(|part| self.arena.span(part).end).fold(span.end, u32::max);
        self.stack[at] = self.push(NodeKind::Text { parts, form: TextForm::Format }, Span { start: span.start, end });
    }

    fn format_argument(&mut self, arguments: &mut Arguments, argument: &str, place: Span) -> NodeId {
        let index = if argument.is_empty() {
            arguments.next += 1;
            Some(arguments.next - 1)
        } else if let Ok(index) = argument.parse::<usize>() {
            Some(index)
        } else {
            let name = self.identifier(argument);
            arguments
                .nodes
                .iter()
                .position(|&node| matches!(self.arena.kind(node), NodeKind::Argument { name: known, .. } if known == name))
        };
        let Some((node, used)) = index.and_then(|index| Some((*arguments.nodes.get(index)?, arguments.used.get_mut(index)?))) else {
            let is_name = argument.starts_with(|first: char| first.is_alphabetic() || first == '_');
            return match (is_name, argument) {
                (true, "self") => self.push(NodeKind::Receiver, place),
                (true, _) => self.name_node(argument, place),
                (false, _) => self.nothing(place),
            };
        };
        let value = match self.arena.kind(node) {
            NodeKind::Argument { value, .. } => value,
            _ => node,
        };
        if !std::mem::replace(used, true) {
            return value;
        }
        // A node has one parent: the second use of an argument is a copy of a name, or nothing.
        match self.arena.kind(value) {
            kind @ (NodeKind::Name(_) | NodeKind::Receiver | NodeKind::Str(_) | NodeKind::Number(_)) => self.push(kind, place),
            _ => self.nothing(place),
        }
    }
}

/// The arguments after a format string.
struct Arguments {
    nodes: Vec<NodeId>,
    used: Vec<bool>,
    /// The one the next `{}` takes.
    next: usize,
}

/// Splits a format string.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut literal = String::new();
    let (mut at, mut from) = (0, 0);
    while let Some(offset) = memchr::memchr2(b'{', b'}', &bytes[at..]) {
        let brace = at + offset;
        literal.push_str(&text[at..brace]);
        if bytes.get(brace + 1) == Some(&bytes[brace]) {
            literal.push(char::from(bytes[brace]));
            at = brace + 2;
            continue;
        }
        let close = memchr::memchr(b'}', &bytes[brace..]).map(|length| brace + length);
        let Some(close) = close.filter(|_| bytes[brace] == b'{') else {
            literal.push(char::from(bytes[brace]));
            at = brace + 1;
            continue;
        };
        if !literal.is_empty() {
            found.push(Piece::Text { text: std::mem::take(&mut literal), start: from, end: brace });
        }
        let (argument, spec) = text[brace + 1..close].split_once(':').unwrap_or((&text[brace + 1..close], ""));
        found.push(Piece::Value { argument: argument.trim(), star: spec.contains(".*"), start: brace, end: close + 1 });
        at = close + 1;
        from = at;
    }
    literal.push_str(&text[at..]);
    if !literal.is_empty() {
        found.push(Piece::Text { text: literal, start: from, end: text.len() });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_format_strings() {
        let value = |argument, start, end| Piece::Value { argument, star: false, start, end };
        let literal = |text: &str, start, end| Piece::Text { text: text.to_owned(), start, end };
        assert_eq!(pieces("a {} b"), [literal("a ", 0, 2), value("", 2, 4), literal(" b", 4, 6)]);
        assert_eq!(pieces("{{{0:?}}}"), [literal("{", 0, 2), value("0", 2, 7), literal("}", 7, 9)]);
        assert_eq!(pieces("{name:>8}"), [value("name", 0, 9)]);
        assert_eq!(pieces("{"), [literal("{", 0, 1)]);
        assert_eq!(pieces("}"), [literal("}", 0, 1)]);
        assert_eq!(pieces(""), []);
    }
}
