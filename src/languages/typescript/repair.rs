//! What the grammars cannot read, and what is done about it.
//!
//! Before parsing, syntax the grammars do not know is overwritten in a copy with syntax of the same length that they do know
//! (`using x` → `const x`), so that all offsets stay true. Trees with errors are tried again with other such rewrites, or with
//! another grammar, and the tree with the smaller broken part is kept. The tagged templates that are misread without any
//! error are repaired in [`expressions`](super::expressions).

use std::borrow::Cow;
use std::ops::Range;

use tree_sitter::{Tree, TreeCursor};

use crate::languages::parts::ranges;
use crate::model::problem::{Problem, ProblemKind};
use crate::model::source::{Language, Span};

use super::grammar::{self, Grammar, Kind};

/// How many syntax errors of a file are told one by one.
const SHOWN: usize = 3;

/// A file's tree and the grammar that made it.
pub(super) struct Parsed {
    pub(super) tree: Tree,
    pub(super) grammar: &'static Grammar,
}

/// A region the parser could not read, or a token it made up.
pub(super) struct Broken {
    pub(super) span: Span,
    pub(super) missing: bool,
    /// The lowering understands it nevertheless: no problem for the user.
    harmless: bool,
}

/// The best tree for a text; `None` when parsing takes too long.
pub(super) fn parse(text: &str, language: Language) -> Option<Parsed> {
    let source = match language {
        // This grammar knows `using`.
        Language::JavaScript => Cow::Borrowed(text),
        _ => without_using(text),
    };
    let mut best = attempt(&source, language)?;
    if !best.tree.root_node().has_error() {
        return Some(best);
    }
    let aliased = without_exported_requires(&source);
    let rewritten = match without_attributes(&aliased) {
        Cow::Owned(text) => Cow::Owned(text),
        Cow::Borrowed(_) => aliased,
    };
    if let Cow::Owned(rewritten) = &rewritten {
        best = better(best, attempt(rewritten, language));
    }
    // Flow: types in JavaScript files.
    if language == Language::JavaScript && best.tree.root_node().has_error() {
        best = better(best, attempt(&without_using(&rewritten), Language::Tsx));
    }
    Some(best)
}

/// Parses an outline: what it leaves out is not even looked at.
pub(super) fn parse_outline(text: &str, parts: &[Range<usize>], language: Language) -> Option<Parsed> {
    let grammar = grammar::grammar(language);
    Some(Parsed { tree: grammar::parse_parts(text, grammar, &ranges(text.as_bytes(), parts))?, grammar })
}

fn attempt(text: &str, language: Language) -> Option<Parsed> {
    let grammar = grammar::grammar(language);
    Some(Parsed { tree: grammar::parse(text, grammar)?, grammar })
}

fn better(first: Parsed, second: Option<Parsed>) -> Parsed {
    match second {
        Some(second) if broken_size(&second) < broken_size(&first) => second,
        _ => first,
    }
}

fn broken_size(parsed: &Parsed) -> u64 {
    if !parsed.tree.root_node().has_error() {
        return 0;
    }
    errors(parsed).iter().map(|error| 1 + u64::from(error.span.end - error.span.start)).sum()
}

// --- rewriting ---

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

/// `using x = …` → `const x = …`, `for (using x of …)` likewise; `await using` loses its `await`.
fn without_using(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut copy: Option<Vec<u8>> = None;
    for at in memchr::memmem::find_iter(bytes, "using ") {
        if at > 0 && (is_word(bytes[at - 1]) || bytes[at - 1] == b'.') || !declares(&bytes[at + "using ".len()..]) {
            continue;
        }
        let copy = copy.get_or_insert_with(|| bytes.to_vec());
        copy[at..at + 5].copy_from_slice(b"const");
        let before = bytes[..at].trim_ascii_end();
        if before.ends_with(b"await") && !before[..before.len() - 5].last().copied().is_some_and(is_word) {
            copy[before.len() - 5..before.len()].fill(b' ');
        }
    }
    rewritten(text, copy)
}

/// True for `x =`, `x of` and `x:` (but not `x ==` and `x =>`).
fn declares(after: &[u8]) -> bool {
    let after = after.trim_ascii_start();
    let name = after.iter().take_while(|&&byte| is_word(byte)).count();
    let rest = after[name..].trim_ascii_start();
    let initialised = rest.starts_with(b"=") && !matches!(rest.get(1), Some(b'=' | b'>'));
    let iterates = rest.starts_with(b"of") && !rest.get(2).copied().is_some_and(is_word);
    name > 0 && !after[0].is_ascii_digit() && (initialised || iterates || rest.starts_with(b":"))
}

/// `export import x = require("m")` loses its `export`, which the lowering looks for in the text itself.
fn without_exported_requires(text: &str) -> Cow<'_, str> {
    const EXPORT: &[u8] = b"export ";
    let bytes = text.as_bytes();
    let mut copy: Option<Vec<u8>> = None;
    for at in memchr::memmem::find_iter(bytes, b"export import ") {
        let line = bytes[at..].split(|&byte| byte == b'\n').next().unwrap_or_default();
        if memchr::memmem::find(line, b"require").is_some() && !(at > 0 && is_word(bytes[at - 1])) {
            copy.get_or_insert_with(|| bytes.to_vec())[at..at + EXPORT.len()].fill(b' ');
        }
    }
    rewritten(text, copy)
}

/// `export { x } from "m" with { … }` loses its attributes.
fn without_attributes(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut copy: Option<Vec<u8>> = None;
    for keyword in ["with", "assert"] {
        for at in memchr::memmem::find_iter(bytes, keyword) {
            let before = bytes[..at].trim_ascii_end();
            let after = bytes[at + keyword.len()..].trim_ascii_start();
            if !matches!(before.last(), Some(b'"' | b'\'')) || after.first() != Some(&b'{') {
                continue;
            }
            let Some(length) = memchr::memchr(b'}', &bytes[at..]) else { continue };
            let copy = copy.get_or_insert_with(|| bytes.to_vec());
            // Line ends stay, so that statements without semicolons still end.
            copy[at..=at + length].iter_mut().filter(|byte| !matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
        }
    }
    rewritten(text, copy)
}

fn rewritten(text: &str, copy: Option<Vec<u8>>) -> Cow<'_, str> {
    match copy.map(String::from_utf8) {
        Some(Ok(copy)) => Cow::Owned(copy),
        _ => Cow::Borrowed(text),
    }
}

// --- errors ---

/// The outermost broken regions and missing tokens of a tree.
pub(super) fn errors(parsed: &Parsed) -> Vec<Broken> {
    let mut cursor = parsed.tree.walk();
    let mut parents = vec![Kind::Unknown];
    let mut found = Vec::new();
    loop {
        let node = cursor.node();
        let kind = parsed.grammar.kind(node.kind_id());
        let parent = parents.last().copied().unwrap_or(Kind::Unknown);
        let is_broken = kind == Kind::Error || node.is_missing();
        if is_broken {
            let span = Span::new(node.start_byte(), node.end_byte());
            let missing = node.is_missing();
            found.push(Broken { span, missing, harmless: is_harmless(parent, kind, missing) });
        }
        if !is_broken && node.has_error() && cursor.goto_first_child() {
            parents.push(kind);
            continue;
        }
        if !forward(&mut cursor, &mut parents) {
            return found;
        }
    }
}

/// To the next sibling, or the next of an ancestor.
fn forward(cursor: &mut TreeCursor<'_>, parents: &mut Vec<Kind>) -> bool {
    while !cursor.goto_next_sibling() {
        if !cursor.goto_parent() {
            return false;
        }
        parents.pop();
    }
    true
}

/// Valid code that these grammars cannot read and the lowering can:
/// - `&` in JSX text;
/// - ``tag<T[]>`…` ``, read as `tag<T[]>!` with a missing `!`;
/// - the `type` of `export type * from`.
fn is_harmless(parent: Kind, kind: Kind, missing: bool) -> bool {
    match parent {
        Kind::JsxElement => kind == Kind::Error,
        Kind::NonNull => missing,
        Kind::Export => kind == Kind::Error,
        _ => false,
    }
}

/// The first syntax errors as problems, then how many more there are.
pub(super) fn problems(errors: &[Broken]) -> Vec<Problem> {
    let real: Vec<&Broken> = errors.iter().filter(|error| !error.harmless).collect();
    let mut problems: Vec<Problem> = real
        .iter()
        .take(SHOWN)
        .map(|error| {
            let message = if error.missing { "a token is missing here" } else { "this code could not be read" };
            Problem::new(ProblemKind::Syntax, Some(error.span), message)
        })
        .collect();
    if real.len() > SHOWN {
        let message = format!("{} more syntax errors in this file", real.len() - SHOWN);
        problems.push(Problem::new(ProblemKind::Syntax, None, message));
    }
    problems
}
