//! Which lines of a text hold code: neither blank nor comment.

use crate::model::source::Span;

/// How many lines a text has, as [`str::lines`] counts them.
pub fn count(text: &str) -> u32 {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).count();
    let is_open = !text.is_empty() && !text.ends_with('\n');
    (ends + usize::from(is_open)) as u32
}

/// The first byte of code of each line that holds something besides white space and comments. Sorts the comments.
pub(super) fn code_starts(text: &str, comments: &mut [Span]) -> Vec<u32> {
    comments.sort_unstable();
    let bytes = text.as_bytes();
    let mut next = comments.iter().peekable();
    let mut starts = Vec::new();
    let mut at = 0;
    let mut line_has_code = false;
    while at < bytes.len() {
        while next.next_if(|comment| (comment.end as usize) <= at).is_some() {}
        if let Some(comment) = next.peek()
            && comment.start as usize <= at
        {
            // A comment over several lines ends the line it starts on.
            let end = (comment.end as usize).min(bytes.len());
            if line_has_code && memchr::memchr(b'\n', &bytes[at..end]).is_some() {
                line_has_code = false;
            }
            at = end;
            continue;
        }
        if !line_has_code {
            // Between lines of code there is much white space, in outlines almost nothing else.
            let stop = next.peek().map_or(bytes.len(), |comment| comment.start as usize).min(bytes.len());
            at += bytes[at..stop].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            if at == stop {
                continue;
            }
        }
        match bytes[at] {
            b'\n' => line_has_code = false,
            byte if !line_has_code && !byte.is_ascii_whitespace() => {
                starts.push(at as u32);
                line_has_code = true;
            }
            _ => {}
        }
        at += 1;
        // The rest of a line of code does not matter up to the next comment.
        if line_has_code {
            let stop = next.peek().map_or(bytes.len(), |comment| (comment.start as usize).max(at)).min(bytes.len());
            at += memchr::memchr(b'\n', &bytes[at..stop]).unwrap_or(stop - at);
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_as_the_standard_library_does() {
        for text in ["", "a", "a\n", "a\r\nb", "\n\n", "a\n\nb\n"] {
            assert_eq!(count(text), text.lines().count() as u32, "{text:?}");
        }
    }

    #[test]
    fn lines_of_code_are_neither_blank_nor_comment() {
        let text = "// a\n\nlet x = 1; // b\n/* c\n d */ let y\nlet z /* e\n\n f */\n";
        let comment = |needle: &str, length: usize| {
            let start = text.find(needle).unwrap();
            Span::new(start, start + length)
        };
        let mut comments = [comment("/* e", 11), comment("// a", 4), comment("// b", 4), comment("/* c", 10)];
        assert_eq!(code_starts(text, &mut comments), [6, 33, 39]);
        assert!(code_starts("", &mut []).is_empty());
        assert_eq!(code_starts("a\n  b", &mut []), [0, 4]);
    }
}
