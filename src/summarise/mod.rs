//! Stage 4: what each function does to the database and how data flows through it, bottom-up over the call graph.

mod effects;
mod flow;
mod queries;
mod sql;
mod transactions;

#[cfg(test)]
mod tests;

use crate::model::program::Program;
use crate::model::summary::Summaries;

/// Summarises every function of the program.
pub fn summarise(program: &Program) -> Summaries {
    let mut summaries = effects(program);
    summaries.add_flows(flows(program));
    summaries
}

/// The half of the summaries that says what each function does to the database.
pub fn effects(program: &Program) -> Summaries {
    let mut summaries = Summaries::default();
    effects::effects(program, &mut summaries);
    summaries
}

/// The half that says how data flows; to be added to the other. Neither needs the other, so they can be made at the same time.
pub fn flows(program: &Program) -> Summaries {
    let mut summaries = Summaries::default();
    flow::summarise(program, &mut summaries);
    summaries
}

/// Summaries as text, for `archcheck dump summaries`: a line a query and a reach, in order of functions.
pub fn render(program: &Program, summaries: &Summaries) -> String {
    use std::fmt::Write;
    let mut out = String::new();
    for function in program.functions() {
        let Some(summary) = summaries.of(function) else { continue };
        let name = program.qualified_name(function);
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
        for flow in &summary.flows {
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
