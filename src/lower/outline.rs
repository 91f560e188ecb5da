//! What of a file is read where nobody asks for all of it: no rule of the default profile looks into modules for browsers or into tests.

use std::ops::Range;

use crate::languages::rust::outline as rust;
use crate::languages::typescript::outline::{self as typescript, Head};
use crate::model::facts::FileFacts;
use crate::model::source::{Family, Language, SourceFile};
use crate::rulebook::vocabulary::vocabulary;

/// What need not be read, and the text without it.
pub struct Outline {
    /// Length and lines are those of the whole text.
    pub text: String,
    /// Where something is left in it, in order.
    pub parts: Vec<Range<usize>>,
    /// The parts left out; for a module of which only imports and exports are kept, all of it.
    pub left_out: Vec<Range<usize>>,
    /// It says that it runs in a browser.
    pub for_browsers: bool,
    /// It only says what a page looks like.
    pub is_markup: bool,
}

/// The part of a text that is read; `None` where that is all of it.
pub fn of(file: &SourceFile, text: &str) -> Option<Outline> {
    match file.language.family() {
        Family::Python => None,
        Family::Rust => {
            let tests = rust::inline_tests(text);
            let without = (!tests.is_empty()).then(|| rust::without(text, &tests)).flatten()?;
            let starts = std::iter::once(0).chain(tests.iter().map(|test| test.end));
            let ends = tests.iter().map(|test| test.start).chain([text.len()]);
            let parts = starts.zip(ends).filter(|(start, end)| start < end).map(|(start, end)| start..end).collect();
            Some(Outline { text: without, parts, left_out: tests, for_browsers: false, is_markup: false })
        }
        Family::TypeScript => {
            let head = Head::of(text);
            let for_browsers = runs_in_browser(text, &head);
            let is_markup = !for_browsers && is_markup(file.language, text, &head);
            let (outline, parts) = (for_browsers || is_markup).then(|| typescript::outline(text, &head)).flatten()?;
            Some(Outline { text: outline, parts, left_out: std::iter::once(0..text.len()).collect(), for_browsers, is_markup })
        }
    }
}

/// Notes what a text says of where it runs.
pub(super) fn note(facts: &mut FileFacts, file: &SourceFile, text: &str) {
    if file.language.family() != Family::TypeScript {
        return;
    }
    let head = Head::of(text);
    facts.for_browsers = runs_in_browser(text, &head);
    facts.is_markup = !facts.for_browsers && is_markup(file.language, text, &head);
}

/// A module that says that it runs in a browser: `"use client"` before all other code, or it keeps the state of a component, which servers cannot
/// (<https://react.dev/reference/rsc/use-client>), and does nothing besides that a server does.
fn runs_in_browser(text: &str, head: &Head) -> bool {
    let words = &vocabulary().browsers;
    if head.directives.contains(&"use client") {
        return true;
    }
    let mut names = head.imports.iter().filter(|import| words.state_packages.has(import.module)).flat_map(|import| names_of(import.clause));
    let keeps_state = names.any(|name| words.state.has(name))
        || words.state_calls.within(text) && { head.imports.iter().any(|import| words.state_packages.has(import.module)) };
    let is_served = |import: &str| import.starts_with("node:") || words.server_packages.has(import);
    keeps_state && !head.imports.iter().any(|import| is_served(import.module)) && !words.serving.within(text)
}

/// Components that say what a page looks like and nothing more: they wait for nothing, fail of nothing, log and keep nothing. Where such a module runs is
/// not known: a server may render it.
fn is_markup(language: Language, text: &str, head: &Head) -> bool {
    let words = &vocabulary().browsers;
    let has_tags = language == Language::Tsx && (text.contains("</") || text.contains("/>"));
    let is_served = |import: &str| {
        words.serving_packages.any(|own| import.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    };
    has_tags && !words.doing.within(text) && !head.imports.iter().any(|import| is_served(import.module))
}

/// The names of `React, { useState, useRef as held }`, as the module calls them.
fn names_of(clause: &str) -> impl Iterator<Item = &str> {
    let types_only = clause.starts_with("type ") || clause.starts_with("type{");
    let clause = if types_only { "" } else { clause };
    clause.split(['{', '}', ',']).filter_map(|part| part.split_whitespace().next())
}
