//! A small lexer for Rust text: enough to find brackets, macros, comments and literals, and to read token trees, which the
//! grammar leaves unparsed. It never fails; what it does not know is a one-byte punctuation token.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// An identifier or keyword, also raw (`r#type`).
    Word,
    Lifetime,
    /// A string of any kind: plain, raw, byte, C.
    String,
    /// A character or byte literal.
    Char,
    Number,
    Comment,
    /// `(`, `[`, `{`.
    Open,
    /// `)`, `]`, `}`.
    Close,
    /// One byte of anything else.
    Punct,
    End,
}

/// A token: its kind and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The first token at or after `at`, whitespace skipped.
pub(super) fn token(bytes: &[u8], mut at: usize) -> Token {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    let start = at;
    let Some(&first) = bytes.get(at) else {
        return Token { kind: TokenKind::End, start: bytes.len(), end: bytes.len() };
    };
    let next = bytes.get(at + 1).copied().unwrap_or(0);
    let (kind, end) = match first {
        b'/' if next == b'/' => (TokenKind::Comment, line_end(bytes, at)),
        b'/' if next == b'*' => (TokenKind::Comment, block_comment_end(bytes, at)),
        b'"' => (TokenKind::String, string_end(bytes, at + 1)),
        b'r' | b'b' | b'c' if next == b'"' || next == b'#' || next == b'r' || next == b'\'' => prefixed(bytes, at),
        b'\'' => quote(bytes, at),
        b'0'..=b'9' => (TokenKind::Number, number_end(bytes, at)),
        b'(' | b'[' | b'{' => (TokenKind::Open, at + 1),
        b')' | b']' | b'}' => (TokenKind::Close, at + 1),
        _ if is_word(first) => (TokenKind::Word, word_end(bytes, at)),
        _ => (TokenKind::Punct, at + 1),
    };
    Token { kind, start, end }
}

/// True for a byte of an identifier; non-ASCII bytes count as letters.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn word_end(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|&byte| is_word(byte)) {
        at += 1;
    }
    at
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', bytes.get(at..).unwrap_or_default()).map_or(bytes.len(), |length| at + length)
}

fn block_comment_end(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut depth) = (start + 2, 1);
    while let Some(offset) = memchr::memchr2(b'*', b'/', bytes.get(at..).unwrap_or_default()) {
        at += offset;
        match (bytes[at], bytes.get(at + 1)) {
            (b'*', Some(b'/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            (b'/', Some(b'*')) => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The end of a string whose opening quote is before `at`.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(offset) = memchr::memchr2(b'"', b'\\', bytes.get(at..).unwrap_or_default()) {
        at += offset;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

/// `r"…"`, `r#"…"#`, `b"…"`, `br"…"`, `c"…"`, `b'x'`, `r#word`, or just a word.
fn prefixed(bytes: &[u8], start: usize) -> (TokenKind, usize) {
    let mut at = start;
    if matches!(bytes[at], b'b' | b'c') {
        at += 1;
        match bytes.get(at) {
            Some(b'"') => return (TokenKind::String, string_end(bytes, at + 1)),
            Some(b'\'') if bytes[start] == b'b' => return quote(bytes, at),
            _ => {}
        }
    }
    if bytes.get(at) == Some(&b'r') {
        let hashes = bytes[at + 1..].iter().take_while(|&&byte| byte == b'#').count();
        let open = at + 1 + hashes;
        if bytes.get(open) == Some(&b'"') {
            return (TokenKind::String, raw_string_end(bytes, open + 1, hashes));
        }
        if at == start && hashes == 1 && bytes.get(open).is_some_and(|&byte| is_word(byte)) {
            return (TokenKind::Word, word_end(bytes, open));
        }
    }
    (TokenKind::Word, word_end(bytes, start))
}

fn raw_string_end(bytes: &[u8], mut at: usize, hashes: usize) -> usize {
    while let Some(offset) = memchr::memchr(b'"', bytes.get(at..).unwrap_or_default()) {
        at += offset + 1;
        let closing = bytes.get(at..at + hashes);
        if closing.is_some_and(|closing| closing.iter().all(|&byte| byte == b'#')) {
            return at + hashes;
        }
    }
    bytes.len()
}

/// A character literal or a lifetime: `'a'` is a character, `'a` a lifetime.
fn quote(bytes: &[u8], start: usize) -> (TokenKind, usize) {
    let Some(&first) = bytes.get(start + 1) else {
        return (TokenKind::Punct, start + 1);
    };
    if first == b'\\' {
        // The escaped byte itself may be a quote: `'\''`.
        let from = start + 3;
        let close = bytes.get(from..).and_then(|rest| rest.iter().take(12).position(|&byte| byte == b'\''));
        return (TokenKind::Char, close.map_or(start + 2, |offset| from + offset + 1));
    }
    let width = match first {
        0..=0x7f => 1,
        0x80..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => 4,
    };
    if first != b'\'' && bytes.get(start + 1 + width) == Some(&b'\'') {
        return (TokenKind::Char, start + width + 2);
    }
    if is_word(first) {
        return (TokenKind::Lifetime, word_end(bytes, start + 1));
    }
    (TokenKind::Punct, start + 1)
}

fn number_end(bytes: &[u8], start: usize) -> usize {
    let mut at = word_end(bytes, start);
    // `1.5` and `1.` are numbers; `1..2` is a range and `1.max(2)` a method call. `1e-3` goes on after the sign.
    if bytes.get(at) == Some(&b'.') && !bytes.get(at + 1).is_some_and(|&byte| byte == b'.' || byte == b'_' || byte.is_ascii_alphabetic()) {
        at = word_end(bytes, at + 1);
    }
    let exponent = matches!(bytes[at - 1], b'e' | b'E') && !bytes[start..at].starts_with(b"0x");
    if exponent && matches!(bytes.get(at), Some(b'-' | b'+')) {
        at = word_end(bytes, at + 1);
    }
    at
}

/// The index just past the bracket that closes the one at `open`, or the end of the text.
pub(super) fn closing(bytes: &[u8], open: usize) -> usize {
    let (mut depth, mut at) = (0usize, open);
    loop {
        let token = token(bytes, at);
        match token.kind {
            TokenKind::Open => depth += 1,
            TokenKind::Close => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return token.end;
                }
            }
            TokenKind::End => return bytes.len(),
            _ => {}
        }
        at = token.end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<(TokenKind, &str)> {
        let mut at = 0;
        let mut found = Vec::new();
        loop {
            let next = token(text.as_bytes(), at);
            if next.kind == TokenKind::End {
                return found;
            }
            found.push((next.kind, &text[next.start..next.end]));
            at = next.end;
        }
    }

    #[test]
    fn tells_characters_from_lifetimes() {
        use TokenKind::*;
        assert_eq!(words("'a' 'a '\\'' b'\\\\' 'é'"), [(Char, "'a'"), (Lifetime, "'a"), (Char, "'\\''"), (Char, "b'\\\\'"), (Char, "'é'")]);
    }

    #[test]
    fn reads_raw_strings_and_raw_words() {
        use TokenKind::*;
        assert_eq!(
            words("r#\"a\"b\"# br\"x\" r#type rest"),
            [(String, "r#\"a\"b\"#"), (String, "br\"x\""), (Word, "r#type"), (Word, "rest")]
        );
    }

    #[test]
    fn reads_numbers_and_ranges() {
        use TokenKind::*;
        assert_eq!(words("1.5"), [(Number, "1.5")]);
        assert_eq!(words("1..2"), [(Number, "1"), (Punct, "."), (Punct, "."), (Number, "2")]);
        assert_eq!(words("1.max"), [(Number, "1"), (Punct, "."), (Word, "max")]);
        assert_eq!(words("1e-3"), [(Number, "1e-3")]);
    }

    #[test]
    fn nests_block_comments() {
        assert_eq!(words("/* a /* b */ c */ x"), [(TokenKind::Comment, "/* a /* b */ c */"), (TokenKind::Word, "x")]);
    }

    #[test]
    fn ends_unclosed_things_at_the_end() {
        for text in ["\"abc", "r#\"abc", "/* abc", "'", "b'", "'\\", "\"\\", "r", "b", "0.", "1e"] {
            assert!(words(text).iter().all(|(_, word)| !word.is_empty()), "{text}");
        }
    }
}
