//! Text from somebody's repository made safe to print: no escape sequence, bell or bidirectional override reaches a terminal.
//!
//! Replacements have the byte length of what they replace, so that spans stay valid. Tabs stay. This is about display only;
//! what is compared, hashed or counted is the text as it is.

use std::borrow::Cow;

/// `text` on one line: control, bidirectional and invisible characters replaced, line breaks turned into spaces.
pub fn clean_line(text: &str) -> Cow<'_, str> {
    replace(text, |c| if matches!(c, '\n' | '\r') { Some(" ") } else { substitute(c) })
}

/// `text` with its line feeds, everything else replaced as in [`clean_line`].
pub fn clean_block(text: &str) -> Cow<'_, str> {
    replace(text, |c| match c {
        '\n' => None,
        '\r' => Some(" "),
        _ => substitute(c),
    })
}

fn replace(text: &str, substitute: impl Fn(char) -> Option<&'static str>) -> Cow<'_, str> {
    let Some(first) = text.char_indices().find(|&(_, c)| substitute(c).is_some()).map(|(at, _)| at) else {
        return Cow::Borrowed(text);
    };
    let (clean, rest) = text.split_at(first);
    let mut out = String::with_capacity(text.len());
    out.push_str(clean);
    for c in rest.chars() {
        match substitute(c) {
            Some(replacement) => out.push_str(replacement),
            None => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// What stands for a character that must not be printed, equally long in UTF-8; `None` for characters that may.
fn substitute(c: char) -> Option<&'static str> {
    let hidden = match c {
        '\t' => false,
        // Bidirectional marks, embeddings, overrides and isolates ("Trojan Source", CVE-2021-42574).
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        // Line and paragraph separators, zero-width characters, the byte order mark, interlinear annotation.
        '\u{2028}' | '\u{2029}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' => true,
        // Tag characters: invisible ASCII.
        '\u{e0000}'..='\u{e007f}' => true,
        _ => c.is_control(),
    };
    hidden.then(|| match c.len_utf8() {
        1 => "?",
        2 => "??",
        3 => "\u{fffd}",
        _ => "????",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nasty_characters_are_replaced_and_lengths_kept() {
        assert_eq!(clean_line("a\u{1b}[31mb\u{7}\u{202e}c\td\r\n"), "a?[31mb?\u{fffd}c\td  ");
        assert_eq!(clean_block("a\nb\u{9b}c\r\n"), "a\nb??c \n");
        assert!(matches!(clean_line("plain ünïcödé 漢字 🦀"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn cleaned_text_is_as_long_harmless_and_stable(text in any::<String>()) {
            let line = clean_line(&text);
            prop_assert_eq!(line.len(), text.len());
            prop_assert!(line.chars().all(|c| c == '\t' || !c.is_control()));
            let hidden = ['\u{202e}', '\u{2066}', '\u{2028}', '\u{feff}'];
            prop_assert!(!line.contains(hidden));
            let again = clean_line(&line);
            prop_assert_eq!(&again, &line);
            // Every boundary of the original is one of the result, so spans stay valid.
            prop_assert!(text.char_indices().all(|(at, _)| line.is_char_boundary(at)));
        }
    }
}
