//! The outline of a module: what it imports and what it exports, read without a parser. For modules whose bodies nobody asks about.
//!
//! The outline has the length and the lines of the text it is made of; what is left out is blank. Where a text does more than an outline can say, there is none.

use std::ops::Range;

use memchr::memmem;

/// What stands before all other code of a module: directives and imports.
#[derive(Debug, Default, PartialEq)]
pub struct Head<'t> {
    /// Strings before everything else: `use client`.
    pub directives: Vec<&'t str>,
    pub imports: Vec<HeadImport<'t>>,
    /// Where the rest begins.
    end: usize,
}

/// One import of a head.
#[derive(Debug, PartialEq)]
pub struct HeadImport<'t> {
    /// As written: `react`, `./rows`.
    pub module: &'t str,
    /// What stands between `import` and `from`; empty where only the module is named.
    pub clause: &'t str,
    span: Range<usize>,
}

impl Head<'_> {
    /// Reads as far as directives, imports and comments go.
    pub fn of(text: &str) -> Head<'_> {
        let mut head = Head::default();
        let mut at = usize::from(text.starts_with('\u{feff}')) * '\u{feff}'.len_utf8();
        if text[at..].starts_with("#!") {
            at = text[at..].find('\n').map_or(text.len(), |length| at + length);
        }
        loop {
            at = skip_blank(text, at);
            head.end = at;
            let rest = &text[at..];
            if rest.starts_with(['"', '\'']) && head.imports.is_empty() {
                let Some(string) = string_at(text, at) else { return head };
                head.directives.push(&text[string.start + 1..string.end - 1]);
                at = end_of_statement(text, string.end);
                continue;
            }
            let Some(import) = import_at(text, at) else { return head };
            at = end_of_statement(text, import.span.end);
            head.imports.push(HeadImport { span: import.span.start..at, ..import });
        }
    }
}

/// Past whitespace and comments.
fn skip_blank(text: &str, mut at: usize) -> usize {
    loop {
        let rest = text[at..].trim_start();
        at = text.len() - rest.len();
        at = match rest {
            rest if rest.starts_with("//") => rest.find('\n').map_or(text.len(), |length| at + length),
            rest if rest.starts_with("/*") => rest.find("*/").map_or(text.len(), |length| at + length + 2),
            _ => return at,
        };
    }
}

/// Past the `;` that may follow.
fn end_of_statement(text: &str, at: usize) -> usize {
    if text[at..].starts_with(';') { at + 1 } else { at }
}

/// The plain string whose quote stands here, quotes included.
fn string_at(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let quote = *bytes.get(at).filter(|&&byte| byte == b'"' || byte == b'\'')?;
    let length = bytes[at + 1..].iter().position(|&byte| byte == quote || byte == b'\\' || byte == b'\n')?;
    let end = at + 1 + length;
    (bytes[end] == quote).then_some(at..end + 1)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$'
}

/// `import a, { b as c } from "d"`, `import "d"`, `import type { E } from "f"`.
fn import_at(text: &str, at: usize) -> Option<HeadImport<'_>> {
    let rest = text[at..].strip_prefix("import")?;
    if !rest.starts_with([' ', '{', '*', '"', '\'', '\n']) {
        return None;
    }
    let from = at + "import".len();
    let clause_end = clause_end(text, from)?;
    let string = string_at(text, clause_end)?;
    let clause = text[from..clause_end].trim();
    let clause = if clause.is_empty() { clause } else { clause.strip_suffix("from")?.trim_end() };
    Some(HeadImport { module: &text[string.start + 1..string.end - 1], clause, span: at..string.end })
}

/// Where the names of an import or export end, at the quote of the module they come from. `None` where anything but names stands there.
fn clause_end(text: &str, mut from: usize) -> Option<usize> {
    let plain = |byte: u8| is_word(byte) || byte.is_ascii_whitespace() || matches!(byte, b'{' | b'}' | b',' | b'*');
    loop {
        let length = text.as_bytes()[from..].iter().position(|&byte| !plain(byte))?;
        from += length;
        let end = skip_blank(text, from);
        if end == from {
            return Some(from);
        }
        from = end;
    }
}

/// The outline of a module with this head, and where it is not blank. `None` where the module does more than import and export in ways this knows.
pub fn outline(text: &str, head: &Head) -> Option<(String, Vec<Range<usize>>)> {
    let body = head.end;
    let rest = &text.as_bytes()[body..];
    if text.len() < body + 64
        || rest.starts_with(b"import ")
        || memmem::find(rest, b"\nimport ").is_some()
        || memmem::find(rest, b"require(").is_some()
    {
        return None;
    }
    let mut page = Page::blank(text);
    for directive in head.directives.iter() {
        page.keep(place_of(text, directive))?;
    }
    for import in &head.imports {
        page.keep(import.span.clone())?;
    }
    for found in memmem::find_iter(rest, b"export") {
        let at = body + found;
        if at == 0 || text.as_bytes()[at - 1] == b'\n' {
            page.export(at)?;
        }
    }
    for found in memmem::find_iter(rest, b"import(") {
        page.load(body + found)?;
    }
    let parts = joined(page.parts);
    Some((String::from_utf8(page.out).ok()?, parts))
}

/// Blanks that are worth skipping.
const GAP: usize = 64;

/// The same parts in order, with those joined between which little lies.
fn joined(mut parts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    parts.sort_unstable_by_key(|part| part.start);
    parts.dedup_by(|next, last| {
        let is_near = next.start < last.end + GAP;
        if is_near {
            last.end = last.end.max(next.end);
        }
        is_near
    });
    parts
}

/// A directive with its quotes.
fn place_of(text: &str, inner: &str) -> Range<usize> {
    let start = inner.as_ptr() as usize - text.as_ptr() as usize;
    start - 1..start + inner.len() + 1
}

/// An outline in the making.
struct Page<'t> {
    text: &'t str,
    out: Vec<u8>,
    /// Where it is not blank, in no order.
    parts: Vec<Range<usize>>,
}

impl Page<'_> {
    fn blank(text: &str) -> Page<'_> {
        let parts = Vec::new();
        Page { text, parts, out: text.bytes().map(|byte| if byte == b'\n' { b'\n' } else { b' ' }).collect() }
    }

    /// Copies a part of the text.
    fn keep(&mut self, part: Range<usize>) -> Option<()> {
        let from = self.text.get(part.clone())?;
        self.out.get_mut(part.clone())?.copy_from_slice(from.as_bytes());
        self.parts.push(part);
        Some(())
    }

    /// Writes over blanks; lines stay lines.
    fn write(&mut self, at: usize, signs: &str) -> Option<()> {
        let places = self.out.get_mut(at..)?.iter_mut().enumerate();
        let mut places = places.filter(|(_, byte)| **byte != b'\n');
        let mut end = at;
        for sign in signs.bytes() {
            let (place, byte) = places.next().filter(|(_, byte)| **byte == b' ')?;
            *byte = sign;
            end = at + place + 1;
        }
        self.parts.push(at..end);
        Some(())
    }

    /// Keeps the words of an export that stands here up to its name, and closes the declaration.
    fn export(&mut self, at: usize) -> Option<()> {
        let text = self.text;
        let mut end = at + "export".len();
        let rest = text[end..].trim_start_matches(' ');
        if rest.starts_with(['{', '*']) || rest.starts_with("type {") || rest.starts_with("type *") {
            return self.list(at, end);
        }
        if !text[end..].starts_with(' ') {
            // A longer word.
            return text[end..].bytes().next().is_some_and(is_word).then_some(());
        }
        let mut is_default = false;
        loop {
            let start = end + text[end..].len() - text[end..].trim_start_matches(' ').len();
            let length = text.as_bytes()[start..].iter().position(|&byte| !is_word(byte))?;
            let word = &text[start..start + length];
            end = start + length;
            let close = match word {
                "async" | "abstract" | "declare" => continue,
                "default" => {
                    is_default = true;
                    continue;
                }
                "function" => "(){}",
                "class" | "interface" | "enum" => "{}",
                "type" => "=0;",
                "const" | "let" | "var" => ";",
                _ if is_default => return self.default(at, start - 1..end),
                _ => return None,
            };
            let star = text[end..].starts_with('*') as usize;
            return self.declaration(at, end + star, close, is_default);
        }
    }

    /// `export const NAME …` up to the name.
    fn declaration(&mut self, at: usize, keyword_end: usize, close: &str, is_default: bool) -> Option<()> {
        let text = self.text;
        let start = keyword_end + text[keyword_end..].len() - text[keyword_end..].trim_start_matches(' ').len();
        let length = text.as_bytes()[start..].iter().position(|&byte| !is_word(byte))?;
        let (name, end) = (&text[start..start + length], start + length);
        // `const enum`, patterns, names with other letters.
        if (name.is_empty() && !is_default) || name == "enum" || text.as_bytes()[end] >= 0x80 {
            return None;
        }
        self.keep(at..end)?;
        self.write(end, close)
    }

    /// `export default Name;`, `export default memo(…)`.
    fn default(&mut self, at: usize, word: Range<usize>) -> Option<()> {
        let text = self.text;
        let after = text[word.end..].lines().next().unwrap_or("");
        if matches!(after, "" | ";") {
            return self.keep(at..word.end + after.len());
        }
        self.keep(at..word.start)?;
        self.write(word.start, " 0")
    }

    /// `export { a, b as c } from "d"`, `export * from "d"`.
    fn list(&mut self, at: usize, from: usize) -> Option<()> {
        let text = self.text;
        let end = clause_end(text, from)?;
        if let Some(string) = string_at(text, end) {
            return self.keep(at..end_of_statement(text, string.end));
        }
        let close = from + text[from..end].find('}')?;
        self.keep(at..close + 1)?;
        self.write(close + 1, ";")
    }

    /// `import("./page")`, which loads a module when it is wanted.
    fn load(&mut self, at: usize) -> Option<()> {
        let text = self.text;
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let before = text[line..at].trim_start();
        if before.contains("//") || before.starts_with('*') || before.ends_with("typeof ") {
            return Some(());
        }
        let inside = at + "import(".len();
        let start = skip_blank(text, inside);
        let string = string_at(text, start)?;
        let end = skip_blank(text, string.end);
        if !text[end..].starts_with(')') {
            return None;
        }
        // A type of the module: nothing is loaded.
        let after = &text[end + 1..];
        if after.strip_prefix('.').is_some_and(|after| after.starts_with(|c: char| c.is_ascii_uppercase())) {
            return Some(());
        }
        if !before.is_empty() {
            self.write(at - 1, ";")?;
        }
        if self.out[at..=end].iter().any(|&byte| byte != b' ' && byte != b'\n') {
            return None;
        }
        self.keep(at..inside)?;
        self.keep(string)?;
        self.keep(end..end + 1)?;
        if after.starts_with('\n') { Some(()) } else { self.write(end + 1, ";") }
    }
}
