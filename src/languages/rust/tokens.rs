//! Reads what the grammar leaves as tokens: attributes, and macros that are not known to take expressions.
//!
//! A small, tolerant reader of comma-separated expressions: literals, paths, calls, members, indexes, operators, named values
//! (`name = value`, `key: value`, `key => value`), nested lists and macros. What it does not know becomes `Other` with
//! whatever it did know inside; it always ends.

use super::lexer::{Token, TokenKind, closing, token};
use super::lower::Lowering;
use crate::model::body::{AssignOp, CallForm, CollectionKind, List, NodeId, NodeKind, UnaryOp};
use crate::model::source::Span;

/// Brackets and operators nested deeper are skipped.
const MAX_DEPTH: u32 = 48;

/// A piece of the text being read.
struct Reader {
    at: usize,
    end: usize,
    depth: u32,
    /// Inside an attribute's outermost level, where `a = b` stays an assignment.
    attribute: bool,
}

impl Lowering<'_> {
    /// Collects the expressions between two offsets of the original text.
    pub(super) fn token_list(&mut self, start: usize, end: usize) {
        let mut reader = Reader { at: start, end: end.min(self.text.len()), depth: 0, attribute: true };
        self.read_items(&mut reader);
    }

    /// Collects the arguments of a macro between two offsets.
    pub(super) fn token_arguments(&mut self, start: usize, end: usize) {
        let mut reader = Reader { at: start, end: end.min(self.text.len()), depth: 0, attribute: false };
        self.read_items(&mut reader);
    }

    fn peek(&self, reader: &Reader) -> Token {
        let bytes = self.text.as_bytes().get(..reader.end).unwrap_or_default();
        let mut next = token(bytes, reader.at);
        while next.kind == TokenKind::Comment {
            next = token(bytes, next.end);
        }
        next
    }

    fn token_text(&self, token: Token) -> &str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    /// The operator at the reader, one to three bytes.
    fn operator_at(&self, next: Token) -> &'static str {
        const OPERATORS: [&str; 27] = [
            "..=", "<<=", ">>=", "::", "=>", "->", "==", "!=", "<=", ">=", "&&", "||", "<<", ">>", "..", "+=", "-=", "+", "-", "*", "/",
            "%", "&", "|", "^", "<", ">",
        ];
        if next.kind != TokenKind::Punct {
            return "";
        }
        let rest = self.text.as_bytes().get(next.start..).unwrap_or_default();
        OPERATORS.into_iter().find(|operator| rest.starts_with(operator.as_bytes())).unwrap_or("")
    }

    fn read_items(&mut self, reader: &mut Reader) {
        loop {
            let next = self.peek(reader);
            match next.kind {
                TokenKind::End => return,
                TokenKind::Punct if matches!(self.token_text(next), "," | ";") => reader.at = next.end,
                _ => {
                    let before = reader.at;
                    self.read_item(reader);
                    if reader.at <= before {
                        reader.at = next.end;
                    }
                }
            }
        }
    }

    /// One item up to the next separator.
    fn read_item(&mut self, reader: &mut Reader) {
        let mark = self.stack.len();
        let start = self.peek(reader).start;
        let mut first = true;
        loop {
            let next = self.peek(reader);
            let text = self.token_text(next);
            if next.kind == TokenKind::End || (next.kind == TokenKind::Punct && matches!(text, "," | ";")) {
                break;
            }
            match self.read_expression(reader, 0) {
                Some(value) => {
                    let value = if first { self.read_named(reader, value) } else { value };
                    self.stack.push(value);
                }
                // Not an expression: pass over one token, or what a bracket holds.
                None => reader.at = reader.at.max(next.end),
            }
            first = false;
        }
        if self.stack.len() > mark + 1 {
            let items = self.list(mark);
            let node = self.push(NodeKind::Other(items), Span::new(start, reader.at));
            self.stack.push(node);
        }
    }

    /// `name = value`, `"key": value`, `key => value`.
    fn read_named(&mut self, reader: &mut Reader, key: NodeId) -> NodeId {
        let next = self.peek(reader);
        let two = self.text.as_bytes().get(next.start..next.start + 2).unwrap_or_default();
        let width = match two {
            b"=>" => 2,
            b"==" | b"::" => return key,
            [b'=' | b':', _] => 1,
            _ => return key,
        };
        let before = reader.at;
        reader.at = next.start + width;
        let Some(value) = self.read_expression(reader, 0) else {
            reader.at = before.max(next.end);
            return key;
        };
        let span = Span { start: self.arena.span(key).start, end: self.arena.span(value).end };
        let outermost = reader.attribute && reader.depth == 0;
        match self.arena.kind(key) {
            _ if outermost => self.push(NodeKind::Assign { target: key, value, op: AssignOp::Set }, span),
            NodeKind::Name(name) | NodeKind::Str(name) => self.push(NodeKind::Argument { name, value }, span),
            NodeKind::Member { .. } => {
                let name = self.identifier(self.slice(self.arena.span(key)));
                self.push(NodeKind::Argument { name, value }, span)
            }
            _ => {
                let items = self.arena.push_list(&[key, value]);
                self.push(NodeKind::Other(items), span)
            }
        }
    }

    /// An expression whose operators bind tighter than `tightness`.
    fn read_expression(&mut self, reader: &mut Reader, tightness: u8) -> Option<NodeId> {
        if reader.depth > MAX_DEPTH {
            self.cut = true;
            let next = self.peek(reader);
            reader.at = if next.kind == TokenKind::Open { self.closing_of(next, reader) } else { next.end };
            return Some(self.nothing(Span::new(next.start, reader.at)));
        }
        reader.depth += 1;
        let value = self.read_operand(reader).map(|left| self.read_operators(reader, left, tightness));
        reader.depth -= 1;
        value
    }

    fn read_operators(&mut self, reader: &mut Reader, mut left: NodeId, tightness: u8) -> NodeId {
        loop {
            let next = self.peek(reader);
            let before = reader.at;
            if next.kind == TokenKind::Word && self.token_text(next) == "as" {
                reader.at = next.end;
                let Some(to) = self.read_operand(reader) else {
                    reader.at = before;
                    return left;
                };
                let span = Span { start: self.arena.span(left).start, end: self.arena.span(to).end };
                left = self.push(NodeKind::Cast { value: left, to }, span);
                continue;
            }
            let operator = self.operator_at(next);
            let binds = tightness_of(operator);
            if binds <= tightness {
                return left;
            }
            reader.at = next.start + operator.len();
            let Some(right) = self.read_expression(reader, binds) else {
                reader.at = before;
                return left;
            };
            let span = Span { start: self.arena.span(left).start, end: self.arena.span(right).end };
            left = self.binary(operator, left, right, span);
        }
    }

    /// An operand with what follows it: members, calls, indexes, paths.
    fn read_operand(&mut self, reader: &mut Reader) -> Option<NodeId> {
        let next = self.peek(reader);
        let span = Span::new(next.start, next.end);
        let text = self.slice(span);
        let node = match next.kind {
            TokenKind::String | TokenKind::Char => {
                reader.at = next.end;
                self.literal(span)
            }
            TokenKind::Number => {
                reader.at = next.end;
                let name = self.names.intern(text);
                self.push(NodeKind::Number(name), span)
            }
            TokenKind::Word => {
                if is_keyword(text) {
                    return None;
                }
                reader.at = next.end;
                match text {
                    "true" | "false" => self.push(NodeKind::Bool(text == "true"), span),
                    "None" => self.push(NodeKind::Null, span),
                    "_" => self.nothing(span),
                    "self" if self.operator_at(self.peek(reader)) != "::" => self.push(NodeKind::Receiver, span),
                    _ => self.name_node(text, span),
                }
            }
            TokenKind::Open => self.read_bracket(reader, next),
            TokenKind::Punct => return self.read_prefixed(reader, next),
            _ => return None,
        };
        Some(self.read_postfix(reader, node, span.start))
    }

    /// `&x`, `-x`, `!x`, `*x`, and the marks of log macros and templates: `%x`, `?x`, `#x`, `@x`, `$x`.
    fn read_prefixed(&mut self, reader: &mut Reader, next: Token) -> Option<NodeId> {
        let sign = self.token_text(next).to_owned();
        if !matches!(sign.as_str(), "&" | "*" | "-" | "!" | "%" | "?" | "#" | "@" | "$") || reader.depth > MAX_DEPTH {
            self.cut |= reader.depth > MAX_DEPTH;
            return None;
        }
        reader.at = next.end;
        let mut after = self.peek(reader);
        while after.kind == TokenKind::Word && matches!(self.token_text(after), "mut" | "ref") {
            reader.at = after.end;
            after = self.peek(reader);
        }
        reader.depth += 1;
        let value = self.read_operand(reader);
        reader.depth -= 1;
        let value = value?;
        let span = Span { start: next.start as u32, end: self.arena.span(value).end };
        Some(match sign.as_str() {
            "-" => self.push(NodeKind::Unary { op: UnaryOp::Negate, value }, span),
            "!" => self.push(NodeKind::Unary { op: UnaryOp::Not, value }, span),
            _ => value,
        })
    }

    fn closing_of(&self, open: Token, reader: &Reader) -> usize {
        closing(self.text.as_bytes().get(..reader.end).unwrap_or_default(), open.start)
    }

    /// Collects what a bracket holds; returns whether a comma separates it.
    fn read_inside(&mut self, reader: &mut Reader, open: Token) -> Span {
        let end = self.closing_of(open, reader);
        let mut inner =
            Reader { at: open.end, end: end.saturating_sub(1).max(open.end), depth: reader.depth + 1, attribute: reader.attribute };
        if inner.depth <= MAX_DEPTH {
            self.read_items(&mut inner);
        } else {
            self.cut = true;
        }
        reader.at = end;
        Span::new(open.start, end)
    }

    /// `(a)`, `(a, b)`, `[a, b]`, `{ … }`.
    fn read_bracket(&mut self, reader: &mut Reader, open: Token) -> NodeId {
        let mark = self.stack.len();
        let span = self.read_inside(reader, open);
        let inside = self.slice(Span { start: span.start + 1, end: span.end.saturating_sub(1) });
        match self.byte(span.start) {
            b'(' if self.stack.len() == mark && inside.trim().is_empty() => self.push(NodeKind::Null, span),
            b'(' if self.stack.len() == mark + 1 && !inside.trim_end().ends_with(',') => {
                self.stack.pop().unwrap_or_else(|| self.nothing(span))
            }
            bracket => {
                let items = self.list(mark);
                let kind = match bracket {
                    b'(' => NodeKind::Collection { kind: CollectionKind::Tuple, items },
                    b'[' => NodeKind::Collection { kind: CollectionKind::List, items },
                    _ => NodeKind::Other(items),
                };
                self.push(kind, span)
            }
        }
    }

    fn read_postfix(&mut self, reader: &mut Reader, mut node: NodeId, start: u32) -> NodeId {
        loop {
            let next = self.peek(reader);
            let adjacent = next.start == reader.at;
            let place = |end: usize| Span { start, end: end as u32 };
            match (next.kind, self.token_text(next)) {
                (TokenKind::Open, "(") => {
                    let mark = self.stack.len();
                    self.read_inside(reader, next);
                    let args = self.list(mark);
                    node = self.push(NodeKind::Call { callee: node, args, form: CallForm::Plain }, place(reader.at));
                }
                (TokenKind::Open, "[") if adjacent => {
                    let mark = self.stack.len();
                    self.read_inside(reader, next);
                    let index = match self.stack.get(mark) {
                        Some(&index) => index,
                        None => self.nothing(place(reader.at)),
                    };
                    self.stack.truncate(mark);
                    node = self.push(NodeKind::Index { object: node, index }, place(reader.at));
                }
                (TokenKind::Punct, ":") if self.operator_at(next) == "::" => {
                    let after = token(self.text.as_bytes().get(..reader.end).unwrap_or_default(), next.end + 1);
                    match after.kind {
                        TokenKind::Word => {
                            reader.at = after.end;
                            let name = self.identifier(self.text.get(after.start..after.end).unwrap_or_default());
                            node = self.push(NodeKind::Member { object: node, name, path: true }, place(after.end));
                        }
                        TokenKind::Punct if self.token_text(after) == "<" => {
                            reader.at = self.angle_end(after, reader);
                            node = self.push(NodeKind::Apply { base: node, args: List::EMPTY }, place(reader.at));
                        }
                        _ => return node,
                    }
                }
                (TokenKind::Punct, ".") if self.operator_at(next).is_empty() => {
                    let after = token(self.text.as_bytes().get(..reader.end).unwrap_or_default(), next.end);
                    if !matches!(after.kind, TokenKind::Word | TokenKind::Number) {
                        return node;
                    }
                    reader.at = after.end;
                    let text = self.text.get(after.start..after.end).unwrap_or_default();
                    node = if text == "await" {
                        self.push(NodeKind::Await(node), place(after.end))
                    } else {
                        let name = self.identifier(text);
                        self.push(NodeKind::Member { object: node, name, path: false }, place(after.end))
                    };
                }
                (TokenKind::Punct, "?") if adjacent => {
                    reader.at = next.end;
                    node = self.push(NodeKind::Propagate(node), place(next.end));
                }
                (TokenKind::Punct, "!") if adjacent => {
                    let open = token(self.text.as_bytes().get(..reader.end).unwrap_or_default(), next.end);
                    if open.kind != TokenKind::Open {
                        return node;
                    }
                    let mark = self.stack.len();
                    self.read_inside(reader, open);
                    node = self.finish_macro(node, mark, place(reader.at));
                }
                _ => return node,
            }
        }
    }

    /// The end of `<…>`, or of the `<` when nothing closes it.
    fn angle_end(&self, open: Token, reader: &Reader) -> usize {
        let bytes = self.text.as_bytes().get(..reader.end).unwrap_or_default();
        let (mut at, mut depth) = (open.start, 0);
        loop {
            let next = token(bytes, at);
            match (next.kind, bytes.get(next.start)) {
                (TokenKind::End, _) => return open.end,
                (TokenKind::Punct, Some(b'<')) => depth += 1,
                (TokenKind::Punct, Some(b'>')) if !(next.start > 0 && bytes[next.start - 1] == b'-') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return next.end;
            }
            at = next.end;
        }
    }
}

/// How tightly an operator binds; 0 for what is none.
fn tightness_of(operator: &str) -> u8 {
    match operator {
        "*" | "/" | "%" => 9,
        "+" | "-" => 8,
        "<<" | ">>" => 7,
        "&" => 6,
        "^" => 5,
        "|" => 4,
        "==" | "!=" | "<" | "<=" | ">" | ">=" => 3,
        "&&" => 2,
        "||" | ".." | "..=" => 1,
        _ => 0,
    }
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "as" | "async"
            | "await"
            | "break"
            | "const"
            | "continue"
            | "dyn"
            | "else"
            | "enum"
            | "extern"
            | "fn"
            | "for"
            | "if"
            | "impl"
            | "in"
            | "let"
            | "loop"
            | "match"
            | "mod"
            | "move"
            | "mut"
            | "pub"
            | "ref"
            | "return"
            | "static"
            | "struct"
            | "trait"
            | "type"
            | "unsafe"
            | "use"
            | "where"
            | "while"
    )
}
