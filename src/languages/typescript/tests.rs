//! Text in, facts out: what each construct of TypeScript, TSX and JavaScript becomes.

use super::lower::lower;
use crate::lower::render::{render, render_body};
use crate::model::facts::{DefId, FileFacts};
use crate::model::source::Language;

mod definitions;
mod hostile;
mod modules;
mod outline;
mod repairs;
mod statements;

fn typescript(text: &str) -> FileFacts {
    lower(text, Language::TypeScript)
}

fn tsx(text: &str) -> FileFacts {
    lower(text, Language::Tsx)
}

fn javascript(text: &str) -> FileFacts {
    lower(text, Language::JavaScript)
}

/// The module's statements, without line ends at the end.
fn module_body(facts: &FileFacts) -> String {
    render_body(facts, DefId::MODULE).trim_end().to_owned()
}

/// Checks the module's statements of each text.
fn check_bodies(lower: fn(&str) -> FileFacts, cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(module_body(&lower(text)), *expected, "{text}");
    }
}

/// The rendered lines that start with one of the words, joined.
fn lines_of(facts: &FileFacts, words: &[&str]) -> String {
    let text = render(facts);
    let chosen: Vec<&str> = text.lines().filter(|line| words.iter().any(|word| line.starts_with(word))).collect();
    chosen.join("\n")
}

fn imports(facts: &FileFacts) -> String {
    lines_of(facts, &["import "])
}

fn exports(facts: &FileFacts) -> String {
    lines_of(facts, &["export "])
}

/// The definitions but the module, with all they have.
fn definitions(facts: &FileFacts) -> String {
    let text = render(facts);
    let from = text.find("\n#1 ").map_or(text.len(), |at| at + 1);
    let rest = &text[from..];
    let ends = ["\nimport ", "\nexport ", "\ncomment ", "\nproblem ", "\nlines "];
    let end = ends.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
    rest[..end].to_owned()
}
