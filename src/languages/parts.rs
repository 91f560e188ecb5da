//! Parts of a text, as the parser wants to be told of them.

use std::ops::Range;

/// Reads these parts alone: in order, none of them empty, with the end of the line before and after each.
pub(super) fn ranges(text: &[u8], parts: &[Range<usize>]) -> Vec<tree_sitter::Range> {
    let (mut row, mut line, mut seen) = (0, 0, 0);
    let mut point = |at: usize| {
        for end in memchr::memchr_iter(b'\n', &text[seen..at]) {
            (row, line) = (row + 1, seen + end + 1);
        }
        seen = at;
        tree_sitter::Point { row, column: at - line }
    };
    let mut ranges: Vec<tree_sitter::Range> = Vec::with_capacity(parts.len());
    for part in parts {
        let known = ranges.last().map_or(0, |last| last.end_byte);
        let (start_byte, end_byte) = (part.start.saturating_sub(1).max(known), (part.end + 1).min(text.len()));
        let (start_point, end_point) = (point(start_byte), point(end_byte));
        ranges.push(tree_sitter::Range { start_byte, end_byte, start_point, end_point });
    }
    ranges
}
