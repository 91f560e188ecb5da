//! String literals: prefixes, escapes, implicit concatenation, and the holes of f-strings and t-strings.

use std::borrow::Cow;

use super::formatting::numeric_spec;
use super::kinds::Kind;
use super::lower::Lowering;
use crate::model::body::{NodeId, NodeKind, TextForm};
use crate::model::source::Span;

/// A string literal taken apart.
struct Literal<'t> {
    is_raw: bool,
    is_bytes: bool,
    has_holes: bool,
    content: &'t str,
}

impl<'t> Literal<'t> {
    /// Reads prefix and quotes of a literal as written. An unterminated one runs to its end.
    fn read(source: &'t str) -> Literal<'t> {
        let (mut is_raw, mut is_bytes, mut has_holes) = (false, false, false);
        let mut start = 0;
        for byte in source.bytes() {
            match byte.to_ascii_lowercase() {
                b'r' => is_raw = true,
                b'b' => is_bytes = true,
                b'f' | b't' => has_holes = true,
                b'u' => {}
                _ => break,
            }
            start += 1;
        }
        let rest = source.get(start..).unwrap_or_default();
        let quote = match rest.get(..3) {
            Some(quote @ ("\"\"\"" | "'''")) => quote,
            _ => rest.get(..1).unwrap_or_default(),
        };
        let inner = rest.get(quote.len()..).unwrap_or_default();
        let content = if quote.is_empty() { inner } else { inner.strip_suffix(quote).unwrap_or(inner) };
        Literal { is_raw, is_bytes, has_holes, content }
    }

    fn decoded(&self) -> Cow<'t, str> {
        if self.is_raw { Cow::Borrowed(self.content) } else { decode(self.content) }
    }
}

impl<'t> Lowering<'t> {
    /// The string literal under the cursor.
    pub(super) fn string(&mut self) -> NodeId {
        let span = self.span();
        let literal = Literal::read(self.slice(span));
        if literal.is_bytes {
            let name = self.names.intern(literal.content);
            return self.push(NodeKind::Bytes(name), span);
        }
        if !literal.has_holes {
            return self.str_node(&literal.decoded(), span);
        }
        let base = self.stack.len();
        self.text_pieces(literal.is_raw);
        self.finish_text(base, span)
    }

    /// `"a" "b" f"{c}"`: literals alone are one literal.
    pub(super) fn concatenated_string(&mut self) -> NodeId {
        let span = self.span();
        let base = self.stack.len();
        let mut is_bytes = false;
        if self.down_to_named() {
            loop {
                let at = self.span();
                let literal = Literal::read(self.slice(at));
                if literal.has_holes {
                    self.text_pieces(literal.is_raw);
                } else if self.kind() == Kind::String {
                    is_bytes |= literal.is_bytes;
                    let text = if literal.is_bytes { Cow::Borrowed(literal.content) } else { literal.decoded() };
                    self.add_literal(&text, at.start);
                }
                if !self.next_named() {
                    break;
                }
            }
            self.up();
        }
        if is_bytes {
            let name = self.names.intern(&std::mem::take(&mut self.literal));
            self.stack.truncate(base);
            return self.push(NodeKind::Bytes(name), span);
        }
        self.finish_text(base, span)
    }

    fn add_literal(&mut self, text: &str, start: u32) {
        if self.literal.is_empty() {
            self.literal_start = start;
        }
        self.literal.push_str(text);
    }

    /// Makes the literal text gathered so far a part.
    fn flush_literal(&mut self, end: u32) {
        if self.literal.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.literal);
        let node = self.str_node(&text, Span { start: self.literal_start, end });
        self.stack.push(node);
        // Keeps the buffer's memory for the next literal.
        self.literal = text;
        self.literal.clear();
    }

    fn finish_text(&mut self, base: usize, span: Span) -> NodeId {
        self.flush_literal(span.end);
        match self.stack[base..] {
            [] => self.str_node("", span),
            [only] if matches!(self.arena.kind(only), NodeKind::Str(_)) => {
                self.stack.truncate(base);
                // The literal is the whole, quotes included.
                let kind = self.arena.kind(only);
                self.retire(only);
                self.push(kind, span)
            }
            _ => {
                let parts = self.list_from(base);
                self.push(NodeKind::Text { parts, form: TextForm::Interpolated }, span)
            }
        }
    }

    /// Pushes the parts of the f-string under the cursor; its last literal piece stays open for what follows.
    fn text_pieces(&mut self, is_raw: bool) {
        if !self.down() {
            return;
        }
        loop {
            let span = self.span();
            match self.kind() {
                Kind::StringContent => {
                    let text = self.slice(span);
                    let decoded = if is_raw { Cow::Borrowed(text) } else { decode(text) };
                    let plain =
                        if decoded.contains(['{', '}']) { Cow::Owned(decoded.replace("{{", "{").replace("}}", "}")) } else { decoded };
                    self.add_literal(&plain, span.start);
                }
                Kind::Interpolation => {
                    self.flush_literal(span.start);
                    self.interpolation();
                }
                _ => {}
            }
            if !self.next() {
                break;
            }
        }
        self.up();
    }

    /// `{value!r:spec}`: the value, as a number when the spec says so, then whatever the spec computes.
    fn interpolation(&mut self) {
        let mut value: Option<NodeId> = None;
        let mut spec_start = None;
        if !self.down_to_named() {
            return;
        }
        loop {
            match self.kind() {
                Kind::TypeConversion => {}
                Kind::FormatSpecifier => {
                    let number = numeric_spec(self.source().trim_start_matches(':'));
                    if let (Some(inner), Some(number)) = (value, number) {
                        let cast = self.cast(inner, number);
                        if let Some(slot) = self.stack.last_mut() {
                            *slot = cast;
                        }
                    }
                    spec_start = Some(self.stack.len());
                    self.format_specifier();
                }
                _ => {
                    let node = self.expression();
                    value = Some(node);
                    self.stack.push(node);
                }
            }
            if !self.next_named() {
                break;
            }
        }
        let span = self.span();
        self.up();
        // Values computed inside a format spec are no text themselves, but flow into it.
        if let Some(start) = spec_start
            && self.stack.len() > start
        {
            let wrapped = self.other_from(start, span);
            self.stack.push(wrapped);
        }
    }

    fn format_specifier(&mut self) {
        if !self.down_to_named() {
            return;
        }
        loop {
            if matches!(self.kind(), Kind::FormatExpression | Kind::Interpolation) {
                self.interpolation();
            }
            if !self.next_named() {
                break;
            }
        }
        self.up();
    }

    /// A value formatted as a number.
    pub(super) fn cast(&mut self, value: NodeId, to: &str) -> NodeId {
        let span = self.arena.span(value);
        let to = self.name_node(to, span);
        self.push(NodeKind::Cast { value, to }, span)
    }
}

/// The value of a literal's content: escapes decoded, unknown ones left as written, as Python does.
fn decode(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let used = escape(rest, &mut out);
        if used == 0 {
            out.push('\\');
        }
        rest = &rest[used..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Decodes the escape whose text after the backslash begins `rest`. Gives the bytes used; none when it is not an escape.
fn escape(rest: &str, out: &mut String) -> usize {
    let simple = match rest.as_bytes().first() {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'\\') => '\\',
        Some(b'\'') => '\'',
        Some(b'"') => '"',
        Some(b'a') => '\x07',
        Some(b'b') => '\x08',
        Some(b'f') => '\x0c',
        Some(b'v') => '\x0b',
        Some(b'\n') => return 1,
        Some(b'\r') => return if rest.starts_with("\r\n") { 2 } else { 1 },
        Some(b'x') => return coded(rest, 2, out),
        Some(b'u') => return coded(rest, 4, out),
        Some(b'U') => return coded(rest, 8, out),
        Some(b'0'..=b'7') => {
            let digits = rest.bytes().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
            let code = rest[..digits].bytes().fold(0, |code, byte| code * 8 + u32::from(byte - b'0'));
            out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            return digits;
        }
        _ => return 0,
    };
    out.push(simple);
    1
}

/// `xhh`, `uhhhh`, `Uhhhhhhhh`.
fn coded(rest: &str, digits: usize, out: &mut String) -> usize {
    let Some(code) = rest.get(1..1 + digits).filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit())) else {
        return 0;
    };
    let char = u32::from_str_radix(code, 16).ok().and_then(char::from_u32);
    out.push(char.unwrap_or(char::REPLACEMENT_CHARACTER));
    1 + digits
}
