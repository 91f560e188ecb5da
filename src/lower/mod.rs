//! Stage 2: one file's text to facts. Pure, never fails; the syntax tree dies here.

pub mod outline;
pub mod queries;
pub mod render;

use std::ops::Range;

use crate::languages::{python, rust, typescript};
use crate::model::facts::FileFacts;
use crate::model::source::{Family, SourceFile};

/// Adds to a file's facts what the queries of rules match in it. The text is blank outside of these parts.
pub fn match_queries(facts: &mut FileFacts, file: &SourceFile, text: &str, parts: &[Range<usize>], queries: &queries::Queries) {
    let (matches, problems) = queries::matches_within(queries, text, parts, file.language);
    facts.matches = matches;
    facts.problems.extend(problems);
}

/// The facts of the part of a file that its [outline](outline) holds.
pub fn lower_outline(file: &SourceFile, outline: &outline::Outline) -> FileFacts {
    let mut facts = match file.language.family() {
        Family::TypeScript => typescript::lower::lower_outline(&outline.text, &outline.parts, file.language),
        Family::Rust => rust::lower_parts(&outline.text, &outline.parts),
        Family::Python => lower(file, &outline.text),
    };
    (facts.for_browsers, facts.is_markup, facts.is_outline) = (outline.for_browsers, outline.is_markup, true);
    facts
}

/// The facts of one file.
pub fn lower(file: &SourceFile, text: &str) -> FileFacts {
    let mut facts = match file.language.family() {
        Family::Python => python::lower(text),
        Family::TypeScript => typescript::lower::lower(text, file.language),
        Family::Rust => rust::lower(text),
    };
    outline::note(&mut facts, file, text);
    facts
}
