//! Stage 2: one file's text to facts. Pure, never fails; the syntax tree dies here.

pub mod queries;
pub mod render;

use crate::languages::{python, rust, typescript};
use crate::model::facts::FileFacts;
use crate::model::source::{Family, SourceFile};

/// The facts of one file, with what the queries of rules match in it.
pub fn lower_matching(file: &SourceFile, text: &str, queries: &queries::Queries) -> FileFacts {
    let mut facts = lower(file, text);
    let (matches, problems) = queries::matches(queries, text, file.language);
    facts.matches = matches;
    facts.problems.extend(problems);
    facts
}

/// The facts of one file.
pub fn lower(file: &SourceFile, text: &str) -> FileFacts {
    match file.language.family() {
        Family::Python => python::lower(text),
        Family::TypeScript => typescript::lower::lower(text, file.language),
        Family::Rust => rust::lower(text),
    }
}
