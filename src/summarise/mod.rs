//! Stage 4: what each function does to the database and how data flows through it, bottom-up over the call graph.

mod associations;
mod edges;
mod effects;
mod flow;
mod queries;
mod sql;
mod transactions;

pub use associations::Associations;
pub use effects::{Effects, FileEffects};
pub use flow::Units;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::source::FileId;
use crate::model::summary::{SqlTexts, Summaries, Summary};

/// Summarises every function of the program.
pub fn summarise(program: &Program) -> Summaries {
    let mut summaries = effects(program);
    summaries.add_flows(Arc::new(flows_noting(program, SqlTexts::Foreign, false).0));
    summaries
}

/// The half of the summaries that says what each function does to the database.
pub fn effects(program: &Program) -> Summaries {
    let associations = Associations::default();
    let files = (0..program.facts.len() as u32).map(|file| Arc::new(effects_of(program, FileId(file), &associations))).collect();
    Effects::of(program, files).into_summaries()
}

/// What the code of one file says by itself of the database. Each file can be asked at the same time as others, and what one said holds until something
/// that was looked at for it changes.
pub fn effects_of(program: &Program, file: FileId, associations: &Associations) -> FileEffects {
    FileEffects::of(program, file, associations)
}

/// The half that says how data flows; to be added to the other. Neither needs the other, so they can be made at the same time. With the
/// functions that were looked at; to go on from after an edit, it is noted what else was.
pub fn flows_noting(program: &Program, texts: SqlTexts, goes_on: bool) -> (Summaries, Units) {
    let mut summaries = Summaries::default();
    let units = flow::summarise(program, &mut summaries, texts, goes_on);
    (summaries, units)
}

/// True when the flows of a program are the same although the code of these functions, or the value of these variables, is another.
pub fn flows_are_same(program: &Program, units: &Units, changed: &[GlobalDef]) -> bool {
    flow::are_beside(units, program, changed)
}

/// Summaries as text, for `archcheck dump summaries`: a line a query and a reach, in order of functions.
pub fn render(program: &Program, summaries: &Summaries) -> String {
    use std::fmt::Write;
    let mut out = String::new();
    for function in program.functions() {
        let name = program.qualified_name(function);
        let nothing = Summary::default();
        let summary = summaries.of(function).unwrap_or(&nothing);
        for query in &summary.queries {
            let table = query.table.as_deref().unwrap_or("?");
            let _ = writeln!(out, "{name} runs {:?} {table} by {}", query.access, program.apis[query.api.0 as usize].path);
        }
        for reach in summary.reaches.iter().filter(|reach| reach.via.is_some()) {
            let table = reach.table.as_deref().unwrap_or("?");
            let target = program.qualified_name(reach.target);
            let _ = writeln!(out, "{name} reaches {:?} {table} in {target} (depth {}, {:?})", reach.access, reach.depth, reach.confidence);
        }
        for write in &summary.writes {
            let (table, how) =
                (write.tables.first().map_or("?", String::as_str), if write.in_transaction { "in a transaction" } else { "by itself" });
            let via = write.via.map_or(String::new(), |via| format!(" through {}", program.qualified_name(via)));
            let _ = writeln!(out, "{name} makes durable {table}{via}, {how}");
        }
        for flow in summaries.flow_of(function).map(|summary| summary.flows.as_slice()).unwrap_or_default() {
            let _ = writeln!(
                out,
                "{name} flows to {:?} from {:?} by {}",
                flow.kind,
                flow.source,
                flow.api.map_or("a method by its name", |api| &program.apis[api.0 as usize].path)
            );
        }
    }
    out
}
