//! String, byte and character literals: their values.

use std::borrow::Cow;

use super::lower::Lowering;
use crate::model::body::{NodeId, NodeKind};
use crate::model::source::Span;

/// A literal's text taken apart.
pub(super) struct Literal<'t> {
    /// `b"…"` and `b'x'`.
    pub(super) bytes: bool,
    pub(super) raw: bool,
    /// Where the text between the quotes starts, counted from the literal's start.
    pub(super) start: usize,
    /// The text between the quotes as written.
    pub(super) text: &'t str,
}

impl Lowering<'_> {
    /// A string, byte string or character literal.
    pub(super) fn literal(&mut self, span: Span) -> NodeId {
        let literal = take_apart(self.slice(span));
        let kind = if literal.bytes {
            NodeKind::Bytes(self.names.intern(literal.text))
        } else if literal.raw {
            NodeKind::Str(self.names.intern(literal.text))
        } else {
            NodeKind::Str(self.names.intern(&unescape(literal.text)))
        };
        self.push(kind, span)
    }
}

/// Takes a literal apart: prefix, hashes, quotes.
pub(super) fn take_apart(text: &str) -> Literal<'_> {
    let prefix = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (letters, rest) = text.split_at(prefix);
    let raw = letters.contains('r');
    let hashes = if raw { rest.bytes().take_while(|&byte| byte == b'#').count() } else { 0 };
    let start = (prefix + hashes + 1).min(text.len());
    let end = text.len().saturating_sub(1 + hashes).max(start);
    Literal { bytes: letters.contains('b'), raw, start, text: text.get(start..end).unwrap_or_default() }
}

/// The value of a plain string's text.
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut value = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        value.push_str(&rest[..at]);
        rest = escape(&rest[at + 1..], &mut value);
    }
    value.push_str(rest);
    Cow::Owned(value)
}

/// Decodes one escape, the backslash already taken; returns the text after it.
fn escape<'t>(text: &'t str, value: &mut String) -> &'t str {
    let mut characters = text.chars();
    match characters.next() {
        Some('n') => value.push('\n'),
        Some('r') => value.push('\r'),
        Some('t') => value.push('\t'),
        Some('0') => value.push('\0'),
        Some('x') => {
            let digits = text.get(1..3).unwrap_or_default();
            if let Some(character) = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32) {
                value.push(character);
                return &text[3..];
            }
        }
        Some('u') => {
            if let Some((digits, after)) = text.strip_prefix("u{").and_then(|text| text.split_once('}'))
                && let Some(character) = u32::from_str_radix(&digits.replace('_', ""), 16).ok().and_then(char::from_u32)
            {
                value.push(character);
                return after;
            }
        }
        // A line continuation takes the white space of the next line with it.
        Some('\n') => return characters.as_str().trim_start(),
        Some('\r') => return characters.as_str().trim_start(),
        Some(other) => value.push(other),
        None => value.push('\\'),
    }
    characters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_escapes() {
        assert_eq!(unescape(r#"a\n\"b\"\\ \x41 \u{1F600}"#), "a\n\"b\"\\ A \u{1F600}");
        assert_eq!(unescape("a \\\n     b"), "a b");
        assert_eq!(unescape("\\"), "\\");
        assert_eq!(unescape("\\xé"), "é");
    }

    #[test]
    fn takes_prefixes_off() {
        assert_eq!(take_apart("r#\"a\"b\"#").text, "a\"b");
        assert_eq!(take_apart("b\"x\"").text, "x");
        assert_eq!(take_apart("'x'").text, "x");
        assert_eq!(take_apart("\"").text, "");
    }
}
