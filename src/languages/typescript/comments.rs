//! Comments: those that carry a marker, triple-slash references, and the count of lines that hold code.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::model::facts::{Comment, ImportItem, ImportKind};
use crate::model::source::Span;

use super::lower::Lowering;

impl Lowering<'_> {
    /// Notes the comment at the cursor.
    pub(super) fn comment(&mut self) {
        let span = self.span();
        self.comment_spans.push(span);
        let text = self.slice(span);
        if has_marker(text) || crate::model::words::tells_of_single_rows(text) {
            let text = self.names.intern(text);
            self.comments.push(Comment { text, span });
        }
        if let Some(path) = referenced(text, "path=") {
            let specifier = if path.starts_with('.') { path.to_owned() } else { format!("./{path}") };
            self.add_type_import(&specifier, None, span);
        } else if let Some(package) = referenced(text, "types=") {
            self.add_type_import(package, None, span);
        }
        // In TypeScript these are only words.
        if self.is_script && text.starts_with("/**") {
            self.documented_imports(text, span);
        }
    }

    fn add_type_import(&mut self, specifier: &str, name: Option<&str>, span: Span) {
        let specifier = self.names.intern(specifier);
        let item = name.map_or(ImportItem::Nothing, |name| ImportItem::Named(self.names.intern(name)));
        self.add_import(specifier, item, None, ImportKind::Type, span);
    }

    /// `{import("m").T}` and `@import { T } from "m"` in a JSDoc comment.
    fn documented_imports(&mut self, text: &str, span: Span) {
        for (at, word) in text.match_indices("import") {
            let after = &text[at + word.len()..];
            if let Some(argument) = after.strip_prefix('(') {
                let Some(specifier) = quoted(argument) else { continue };
                let member = argument.split_once(')').and_then(|(_, rest)| rest.strip_prefix('.'));
                let name =
                    member.map(|member| member.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').next().unwrap_or_default());
                self.add_type_import(specifier, name.filter(|name| !name.is_empty()), span);
            } else if text[..at].ends_with('@') {
                let line = after.split("\n * @").next().unwrap_or(after);
                let Some((names, from)) = line.split_once(" from ") else { continue };
                let Some(specifier) = quoted(from) else { continue };
                let braces = names.trim().strip_prefix('{').and_then(|names| names.strip_suffix('}'));
                for name in braces.unwrap_or("").split(',').map(|name| name.trim_matches(|c: char| c.is_whitespace() || c == '*')) {
                    let name = name.split_whitespace().next();
                    self.add_type_import(specifier, name, span);
                }
            }
        }
    }
}

/// The attribute of `/// <reference path="…" />`.
fn referenced<'t>(comment: &'t str, attribute: &str) -> Option<&'t str> {
    let rest = comment.strip_prefix("///")?.trim_start().strip_prefix("<reference")?;
    let (before, rest) = rest.split_once(attribute)?;
    before.ends_with(char::is_whitespace).then_some(())?;
    quoted(rest)
}

/// What stands in the quotes at the start of a text.
fn quoted(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let quote = text.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (inner, _) = text[1..].split_once(quote)?;
    (!inner.is_empty()).then_some(inner)
}

const MARKERS: [&str; 5] = ["archcheck:", "TODO", "FIXME", "HACK", "XXX"];

static MARKER_SEARCH: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(MARKERS).ok());

/// True when a comment has a marker archcheck reads: `archcheck:`, or TODO, FIXME, HACK or XXX as a word.
fn has_marker(text: &str) -> bool {
    let Some(search) = &*MARKER_SEARCH else { return false };
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    search.find_iter(text).any(|found| {
        let before = found.start().checked_sub(1).and_then(|before| text.as_bytes().get(before));
        let after = text.as_bytes().get(found.end());
        found.pattern().as_usize() == 0 || !is_word(before) && !is_word(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_words() {
        for marked in ["// TODO: x", "/* FIXME(me) */", "// x archcheck: ignore", "// XXX", "//HACK"] {
            assert!(has_marker(marked), "{marked}");
        }
        for plain in ["// todo", "// METHODTODO", "// archcheck is nice", "// XXXL", "// HACKS"] {
            assert!(!has_marker(plain), "{plain}");
        }
    }
}
