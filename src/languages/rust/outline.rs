//! A text without the bodies of the test modules in it, read without a parser. For tests that nobody asks about.

use std::ops::Range;

use memchr::memmem;

use super::lexer::{TokenKind, token};

/// The insides of `#[cfg(test)] mod tests { … }` that stand at the top of a file.
///
/// Both the brackets and the layout have to say where such a module ends: all its lines are indented, as `rustfmt` writes them. So no text in a string is
/// taken for one.
pub fn inline_tests(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let starts = memmem::find_iter(bytes, b"#[cfg(test)]\n").filter(|&at| at == 0 || bytes[at - 1] == b'\n');
    let mut found: Vec<Range<usize>> = Vec::new();
    for start in starts {
        if found.last().is_none_or(|last| last.end < start) {
            found.extend(inside_of(bytes, start + "#[cfg(test)]\n".len()));
        }
    }
    found
}

/// Between the braces of the module that begins here.
fn inside_of(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let keyword = token(bytes, at);
    let name = token(bytes, keyword.end);
    let open = token(bytes, name.end);
    let is = |kind: TokenKind, end: usize, text: &[u8]| kind == TokenKind::Word && end == at + text.len() && bytes[at..].starts_with(text);
    if !is(keyword.kind, keyword.end, b"mod") || name.kind != TokenKind::Word || bytes.get(open.start) != Some(&b'{') {
        return None;
    }
    let laid_out = end_by_layout(bytes, open.end)?;
    let (mut depth, mut next) = (1, open.end);
    while depth > 0 {
        let token = token(bytes, next);
        next = token.end;
        match token.kind {
            TokenKind::Open => depth += 1,
            TokenKind::Close => depth -= 1,
            TokenKind::End => return None,
            _ => {}
        }
    }
    (next - 1 == laid_out).then_some(open.end..laid_out)
}

/// The first `}` at the start of a line, where all lines before it are indented or empty.
fn end_by_layout(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr::memchr(b'\n', bytes.get(at..)?)? + 1;
        match bytes.get(at)? {
            b'}' => return Some(at),
            b' ' | b'\t' | b'\n' | b'\r' => {}
            _ => return None,
        }
    }
}

/// The text with these parts blank. Length and lines stay.
pub fn without(text: &str, parts: &[Range<usize>]) -> Option<String> {
    let mut out = text.as_bytes().to_vec();
    for part in parts {
        out.get_mut(part.clone())?.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str) -> Option<String> {
        let tests = inline_tests(text);
        (!tests.is_empty()).then(|| without(text, &tests)).flatten()
    }

    #[test]
    fn the_insides_of_test_modules_are_left_out() {
        let text = "fn a() {}\n\n#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    fn t() {\n        assert_eq!(\"}\\\"\", '}'.to_string());\n    }\n}\n\nfn b() {}\n";
        let left = left(text).expect("a test module");
        assert_eq!(left.len(), text.len());
        assert_eq!(left.split_whitespace().collect::<Vec<_>>().join(" "), "fn a() {} #[cfg(test)] mod tests { } fn b() {}");
        assert_eq!(left.lines().count(), text.lines().count());
    }

    #[test]
    fn a_module_that_is_not_laid_out_as_one_is_read() {
        for text in [
            "const A: &str = r#\"\n#[cfg(test)]\nmod tests {\n    fn t() {}\nrest\n\"#;\n",
            "#[cfg(test)]\nmod tests {\n    const A: &str = \"\nb\";\n}\n",
            "#[cfg(test)]\nmod tests {\n    fn t() { {\n}\n",
            "#[cfg(test)]\nmod tests;\n",
            "#[cfg(test)]\nfn helper() {\n    run();\n}\n",
            "// #[cfg(test)]\nmod tests {\n    fn t() {}\n}\n",
        ] {
            assert_eq!(left(text), None, "{text}");
        }
    }

    #[test]
    fn the_braces_of_texts_do_not_count() {
        let text = "#[cfg(test)]\nmod tests {\n    const A: &str = r#\"{ \" }}}\"#;\n    /* } */ // }\n}\nfn b() {}\n";
        assert_eq!(left(text).map(|left| left.trim().replace([' ', '\n'], "")), Some("#[cfg(test)]modtests{}fnb(){}".to_string()));
    }
}
