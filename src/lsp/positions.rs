//! Places as the protocol has them: lines that end with LF, CRLF or a single CR, and columns in the units that were agreed upon.

use gen_lsp_types::{Position, PositionEncodingKind, Range};

use crate::model::source::Span;

/// The unit of columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    #[default]
    Utf16,
    Utf32,
}

impl Encoding {
    /// The best of those a client offers: bytes cost nothing. UTF-16 is what everybody must speak.
    pub fn choose(offered: &[PositionEncodingKind]) -> Encoding {
        let best = [(PositionEncodingKind::UTF8, Encoding::Utf8), (PositionEncodingKind::UTF16, Encoding::Utf16)];
        let found = best.into_iter().find(|(kind, _)| offered.contains(kind)).map(|(_, encoding)| encoding);
        found.unwrap_or(if offered.contains(&PositionEncodingKind::UTF32) { Encoding::Utf32 } else { Encoding::Utf16 })
    }

    /// The protocol's word.
    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    fn width(self, c: char) -> usize {
        match self {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }
}

/// Where the lines of a text start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines(Vec<u32>);

impl Lines {
    /// Finds them.
    pub fn new(text: &str) -> Lines {
        let bytes = text.as_bytes();
        let ends = memchr::memchr2_iter(b'\n', b'\r', bytes).filter(|&at| bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'));
        Lines(std::iter::once(0).chain(ends.map(|at| at as u32 + 1)).collect())
    }

    /// Byte range of a line without its line break; empty at the end of the text for lines there are not.
    fn line<'t>(&self, text: &'t str, line: u32) -> (usize, &'t str) {
        let Some(&start) = self.0.get(line as usize) else { return (text.len(), "") };
        let end = self.0.get(line as usize + 1).map_or(text.len(), |&next| next as usize);
        (start as usize, text.get(start as usize..end).unwrap_or("").trim_end_matches(['\n', '\r']))
    }

    /// The byte at a position. A column beyond the line's end is its end; one inside a character is the character's start.
    pub fn offset(&self, text: &str, position: Position, encoding: Encoding) -> usize {
        let (start, line) = self.line(text, position.line);
        let mut left = position.character as usize;
        for (at, c) in line.char_indices() {
            let width = encoding.width(c);
            if left < width {
                return start + at;
            }
            left -= width;
        }
        start + line.len()
    }

    /// The position of a byte; inside a character, of the character's start.
    pub fn position(&self, text: &str, offset: usize, encoding: Encoding) -> Position {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.0.partition_point(|&start| start as usize <= offset).saturating_sub(1);
        let start = self.0.get(line).copied().unwrap_or(0) as usize;
        let before = text.get(start..offset).unwrap_or("");
        Position { line: line as u32, character: before.chars().map(|c| encoding.width(c)).sum::<usize>() as u32 }
    }

    /// The range of a span.
    pub fn range(&self, text: &str, span: Span, encoding: Encoding) -> Range {
        Range {
            start: self.position(text, span.start as usize, encoding),
            end: self.position(text, (span.end as usize).max(span.start as usize), encoding),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn columns_in_three_units() {
        let text = "aé🦀b\r\nx\ry";
        let lines = Lines::new(text);
        for (encoding, column) in [(Encoding::Utf8, 7), (Encoding::Utf16, 4), (Encoding::Utf32, 3)] {
            assert_eq!(lines.offset(text, at(0, column), encoding), 7);
            assert_eq!(lines.position(text, 7, encoding), at(0, column));
            assert_eq!(lines.offset(text, at(0, 99), encoding), 8, "beyond the end of the line");
            assert_eq!(lines.offset(text, at(1, 0), encoding), 10);
            assert_eq!(lines.offset(text, at(2, 1), encoding), 13);
            assert_eq!(lines.offset(text, at(9, 9), encoding), 13, "beyond the end of the text");
        }
        assert_eq!(lines.offset(text, at(0, 3), Encoding::Utf16), 3, "between two surrogates");
        assert_eq!(lines.position(text, 5, Encoding::Utf16), at(0, 2), "inside a character");
    }

    #[test]
    fn bytes_are_preferred_and_utf_16_is_the_default() {
        use PositionEncodingKind as Kind;
        assert_eq!(Encoding::choose(&[Kind::UTF16, Kind::UTF8]), Encoding::Utf8);
        assert_eq!(Encoding::choose(&[Kind::UTF32, Kind::UTF16]), Encoding::Utf16);
        assert_eq!(Encoding::choose(&[Kind::UTF32]), Encoding::Utf32);
        assert_eq!(Encoding::choose(&[]), Encoding::Utf16);
    }

    proptest! {
        #[test]
        fn there_and_back(text in "[aé🦀\r\n\t]{0,40}", encoding in 0..3) {
            let encoding = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32][encoding as usize];
            let lines = Lines::new(&text);
            for (at, _) in text.char_indices() {
                let position = lines.position(&text, at, encoding);
                let back = lines.offset(&text, position, encoding);
                // The LF of a CRLF is no place of its own.
                prop_assert!(back == at || text[..at].ends_with('\r') && text[at..].starts_with('\n'));
            }
        }
    }
}
