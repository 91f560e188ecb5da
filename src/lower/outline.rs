//! What of a file is read where nobody asks for all of it: no rule of the default profile looks into modules for browsers or into tests.

use std::ops::Range;

use crate::languages::rust::outline as rust;
use crate::languages::typescript::outline::{self as typescript, Head};
use crate::model::facts::FileFacts;
use crate::model::source::{Family, SourceFile};
use crate::rulebook::vocabulary::vocabulary;

/// What need not be read, and the text without it.
pub struct Outline {
    /// Length and lines are those of the whole text.
    pub text: String,
    /// The parts left out; for a module of which only imports and exports are kept, all of it.
    pub left_out: Vec<Range<usize>>,
}

/// The part of a text that is read; `None` where that is all of it.
pub fn of(file: &SourceFile, text: &str) -> Option<Outline> {
    match file.language.family() {
        Family::Python => None,
        Family::Rust => {
            let tests = rust::inline_tests(text);
            let without = (!tests.is_empty()).then(|| rust::without(text, &tests)).flatten()?;
            Some(Outline { text: without, left_out: tests })
        }
        Family::TypeScript => {
            let head = Head::of(text);
            let outline = runs_in_browser(text, &head).then(|| typescript::outline(text, &head)).flatten()?;
            Some(Outline { text: outline, left_out: std::iter::once(0..text.len()).collect() })
        }
    }
}

/// Notes what a text says of where it runs.
pub(super) fn note(facts: &mut FileFacts, file: &SourceFile, text: &str) {
    facts.for_browsers = file.language.family() == Family::TypeScript && runs_in_browser(text, &Head::of(text));
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

/// The names of `React, { useState, useRef as held }`, as the module calls them.
fn names_of(clause: &str) -> impl Iterator<Item = &str> {
    let types_only = clause.starts_with("type ") || clause.starts_with("type{");
    let clause = if types_only { "" } else { clause };
    clause.split(['{', '}', ',']).filter_map(|part| part.split_whitespace().next())
}
