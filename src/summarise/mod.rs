//! Stage 4: what each function does to the database and how data flows through it, bottom-up over the call graph.

use crate::model::program::Program;
use crate::model::summary::Summaries;

/// Summarises every function of the program.
pub fn summarise(_program: &Program) -> Summaries {
    Summaries::default()
}
