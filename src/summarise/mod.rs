//! Stage 4: what each function does to the database and how data flows through it, bottom-up over the call graph.

mod effects;
mod queries;
mod sql;

use crate::model::program::Program;
use crate::model::summary::Summaries;

/// Summarises every function of the program.
pub fn summarise(program: &Program) -> Summaries {
    let mut summaries = Summaries::default();
    effects::effects(program, &mut summaries);
    summaries
}
