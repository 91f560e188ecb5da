//! Strings and everything that builds text: templates, tags, `+`, `.join(…)`, `.concat(…)`.

use crate::model::body::{CallForm, List, NodeId, NodeKind, TextForm};
use crate::model::source::Span;

use super::expressions::Chain;
use super::grammar::Kind;
use super::lower::Lowering;

impl Lowering<'_> {
    /// The string literal at the cursor.
    pub(super) fn string(&mut self) -> NodeId {
        let span = self.span();
        let raw = self.slice(span);
        let inner = unquoted(raw);
        let value = self.decoded(inner);
        self.push(NodeKind::Str(value), span)
    }

    /// The name a piece of literal text has once its escapes are decoded.
    fn decoded(&mut self, raw: &str) -> crate::model::facts::Name {
        if memchr::memchr(b'\\', raw.as_bytes()).is_some() { self.names.intern(&decode(raw)) } else { self.names.intern(raw) }
    }

    /// The template at the cursor: a `Str` when nothing is substituted. If a misread tag waits for it, a tagged call.
    pub(super) fn template_or_tagged(&mut self) -> NodeId {
        let Some(callee) = self.pending_tag.take() else {
            let span = self.span();
            let (parts, substituted) = self.template_parts();
            let first = self.arena.list(parts).next();
            return match (first, substituted) {
                (Some(only), false) => only,
                (None, false) => {
                    let empty = self.names.intern("");
                    self.push(NodeKind::Str(empty), span)
                }
                _ => self.push(NodeKind::Text { parts, form: TextForm::Interpolated }, span),
            };
        };
        let text = self.template();
        let span = Span { start: self.arena.span(callee).start, end: self.arena.span(text).end };
        let args = self.arena.push_list(&[text]);
        self.push(NodeKind::Call { callee, args, form: CallForm::Tagged }, span)
    }

    /// The template at the cursor as a `Text`, as tags get it.
    pub(super) fn template(&mut self) -> NodeId {
        let span = self.span();
        let (parts, _) = self.template_parts();
        self.push(NodeKind::Text { parts, form: TextForm::Interpolated }, span)
    }

    /// The parts of the template at the cursor, and whether one of them is substituted. Literal pieces are cut from the text
    /// between the substitutions; the tree's fragments are not needed.
    fn template_parts(&mut self) -> (List, bool) {
        let whole = self.span();
        let mark = self.mark();
        let mut from = whole.start + 1;
        let mut substituted = false;
        self.each_child(|lowering, kind| {
            if kind == Kind::TemplateSubstitution {
                let span = lowering.span();
                lowering.piece(Span { start: from, end: span.start });
                let value = lowering.operand();
                lowering.stack.push(value);
                from = span.end;
                substituted = true;
            }
        });
        let closed = whole.end > from && self.text.as_bytes().get(whole.end as usize - 1) == Some(&b'`');
        self.piece(Span { start: from, end: if closed { whole.end - 1 } else { whole.end } });
        (self.list(mark), substituted)
    }

    /// A literal piece of a template, gathered unless it is empty.
    fn piece(&mut self, span: Span) {
        let raw = self.slice(span);
        if !raw.is_empty() {
            let value = self.decoded(raw);
            let piece = self.push(NodeKind::Str(value), span);
            self.stack.push(piece);
        }
    }

    // --- concatenation ---

    fn is_text(&self, node: NodeId) -> bool {
        matches!(self.arena.kind(node), NodeKind::Str(_) | NodeKind::Text { .. })
    }

    /// Adds `right` to the chain as text; false when neither side is text.
    pub(super) fn extend_text(&mut self, chain: &mut Chain, right: NodeId) -> bool {
        if chain.text.is_none() {
            if !self.is_text(chain.value) && !self.is_text(right) {
                return false;
            }
            chain.text = Some(self.mark());
            self.push_text(chain.value);
        }
        self.push_text(right);
        true
    }

    /// Gathers a part of a concatenation; the parts of text inside text become parts of the whole.
    fn push_text(&mut self, node: NodeId) {
        match self.arena.kind(node) {
            NodeKind::Text { parts, form: TextForm::Concat | TextForm::Interpolated } => {
                self.stack.extend(self.arena.list(parts));
                self.retire(node);
            }
            _ => self.stack.push(node),
        }
    }

    /// Ends an open concatenation. Literals alone become one literal.
    pub(super) fn close_text(&mut self, chain: &mut Chain) {
        if let Some(mark) = chain.text.take() {
            chain.value = self.concatenation(mark, chain.span);
        }
    }

    fn concatenation(&mut self, mark: usize, span: Span) -> NodeId {
        let literal = self.stack[mark..].iter().all(|&part| matches!(self.arena.kind(part), NodeKind::Str(_)));
        if !literal {
            let parts = self.list(mark);
            return self.push(NodeKind::Text { parts, form: TextForm::Concat }, span);
        }
        let mut joined = String::new();
        for part in self.take(mark) {
            if let NodeKind::Str(name) = self.arena.kind(part) {
                joined.push_str(self.names.get(name));
            }
            self.retire(part);
        }
        let name = self.names.intern(&joined);
        self.push(NodeKind::Str(name), span)
    }

    /// Calls that build text: `[…].join(sep)` on a literal array and `"…".concat(…)`.
    pub(super) fn recognise_text_call(&mut self, call: NodeId, callee: NodeId, args: List) {
        let NodeKind::Member { object, name, .. } = self.arena.kind(callee) else { return };
        let span = self.arena.span(call);
        match (self.names.get(name), self.arena.kind(object)) {
            ("join", NodeKind::Collection { items, .. }) if self.arena.list(args).len() < 2 => {
                let separator = self.arena.list(args).next();
                let separator = separator.unwrap_or_else(|| {
                    let comma = self.names.intern(",");
                    self.push(NodeKind::Str(comma), span)
                });
                let parts: Vec<NodeId> = std::iter::once(separator).chain(self.arena.list(items)).collect();
                let parts = self.arena.push_list(&parts);
                self.arena.replace(call, NodeKind::Text { parts, form: TextForm::Join });
                self.retire(callee);
                self.retire(object);
            }
            ("concat", NodeKind::Str(_) | NodeKind::Text { .. }) => {
                let mark = self.mark();
                self.push_text(object);
                for arg in self.arena.list(args).collect::<Vec<_>>() {
                    self.push_text(arg);
                }
                let parts = self.list(mark);
                self.arena.replace(call, NodeKind::Text { parts, form: TextForm::Concat });
                self.retire(callee);
            }
            _ => {}
        }
    }
}

/// A literal without its quotes, however it ends.
fn unquoted(raw: &str) -> &str {
    let Some(quote) = raw.chars().next().filter(|first| matches!(first, '"' | '\'')) else { return raw };
    let inner = &raw[1..];
    inner.strip_suffix(quote).unwrap_or(inner)
}

/// Literal text with its escapes decoded. Half a surrogate pair becomes U+FFFD: names are UTF-8.
fn decode(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = escape(&rest[at + 1..], &mut out);
    }
    out.push_str(rest);
    out
}

/// Decodes the escape that starts `rest` (after its backslash) and returns what follows it.
fn escape<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let Some(first) = rest.chars().next() else { return rest };
    let tail = &rest[first.len_utf8()..];
    match first {
        'n' => out.push('\n'),
        't' => out.push('\t'),
        'r' => out.push('\r'),
        'b' => out.push('\u{8}'),
        'f' => out.push('\u{c}'),
        'v' => out.push('\u{b}'),
        // A backslash before the end of the line continues the string.
        '\n' | '\u{2028}' | '\u{2029}' => {}
        '\r' => return tail.strip_prefix('\n').unwrap_or(tail),
        'x' => return hexadecimal(tail, 2, out).unwrap_or(tail),
        'u' => return unicode(tail, out).unwrap_or(tail),
        '0'..='7' => {
            let digits = rest.bytes().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
            let code = u32::from_str_radix(&rest[..digits], 8).unwrap_or(0);
            out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
            return &rest[digits..];
        }
        other => out.push(other),
    }
    tail
}

/// The value of `digits` hexadecimal digits at the start of `rest`, and what follows them.
fn digits(rest: &str, digits: usize) -> Option<(u32, &str)> {
    let code = rest.get(..digits)?;
    Some((u32::from_str_radix(code, 16).ok()?, &rest[digits..]))
}

fn hexadecimal<'a>(rest: &'a str, count: usize, out: &mut String) -> Option<&'a str> {
    let (code, tail) = digits(rest, count)?;
    out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
    Some(tail)
}

/// `\u{1F600}`, `\u00e9`, `\uD83D\uDE00`.
fn unicode<'a>(rest: &'a str, out: &mut String) -> Option<&'a str> {
    if let Some(braced) = rest.strip_prefix('{') {
        let end = braced.find('}')?;
        let code = u32::from_str_radix(&braced[..end], 16).ok();
        out.push(code.and_then(char::from_u32).unwrap_or('\u{fffd}'));
        return Some(&braced[end + 1..]);
    }
    let (code, tail) = digits(rest, 4)?;
    if let (0xd800..0xdc00, Some((low @ 0xdc00..0xe000, after))) = (code, tail.strip_prefix("\\u").and_then(|tail| digits(tail, 4))) {
        let pair = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        out.push(char::from_u32(pair).unwrap_or('\u{fffd}'));
        return Some(after);
    }
    out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
    Some(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded() {
        let cases = [
            (r"a\nb\t\\", "a\nb\t\\"),
            (r"\x41\u0042\u{43}", "ABC"),
            (r"\uD83D\uDE00 \uD83D", "😀 \u{fffd}"),
            (r"\0\101\q\'", "\0Aq'"),
            ("a\\\nb\\\r\nc", "abc"),
            (r"\u{zz}\xg \", "\u{fffd}g "),
            (r"\u12", "12"),
        ];
        for (raw, expected) in cases {
            assert_eq!(decode(raw), expected, "{raw}");
        }
    }

    #[test]
    fn quotes_are_optional_at_the_end() {
        assert_eq!(unquoted("'a'"), "a");
        assert_eq!(unquoted("'a"), "a");
        assert_eq!(unquoted("\""), "");
    }
}
