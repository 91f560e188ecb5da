//! Chains of imports or calls: for people and as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::json::kind;
use crate::model::facts::ImportKind;
use crate::model::view::{Cause, Edge, Hop, Relation};
use crate::report::clean_line;

/// What was asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub from: &'a str,
    pub to: &'a str,
    pub relation: Relation,
}

/// Writes chains hop by hop, each with its place first, so that a terminal makes it a link.
pub fn human(question: &Question, chains: &[Vec<Hop>], only_types: bool, out: &mut dyn Write) -> io::Result<()> {
    let (from, to) = (clean_line(question.from), clean_line(question.to));
    let verb = match question.relation {
        Relation::Imports => "imports",
        Relation::Calls => "calls",
    };
    if chains.is_empty() {
        return writeln!(out, "No chain of {verb} leads from `{from}` to `{to}`.");
    }
    if only_types {
        writeln!(out, "`{from}` depends on `{to}` only for types or in tests:")?;
    }
    for (at, chain) in chains.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        let places: Vec<String> = chain.iter().map(|hop| format!("{}:{}", clean_line(&hop.edge.path), hop.edge.line)).collect();
        let width = places.iter().map(|place| place.chars().count()).max().unwrap_or(0);
        let hops = if chain.len() == 1 { format!("1 {}", verb.trim_end_matches('s')) } else { format!("{} {verb}", chain.len()) };
        writeln!(out, "{} → {} ({hops})", clean_line(&chain[0].from), clean_line(&chain[chain.len() - 1].to))?;
        for (hop, place) in chain.iter().zip(places) {
            writeln!(out, "  {place:width$}  {}", step(hop, verb))?;
        }
    }
    Ok(())
}

/// "app.orders imports `Invoice` from app.invoices (inside a function)".
fn step(hop: &Hop, verb: &str) -> String {
    let (from, to) = (clean_line(&hop.from), clean_line(&hop.to));
    let name = hop.edge.definition.as_deref().and_then(|id| id.rsplit(['.', ':']).next()).unwrap_or("");
    let what = if name.is_empty() { to.into_owned() } else { format!("{} from {to}", clean_line(name)) };
    let verb = if hop.edge.re_export { "passes on" } else { verb };
    format!("{from} {verb} {what}{}", remark(&hop.edge))
}

fn remark(edge: &Edge) -> &'static str {
    use crate::model::program::{CallKind, Resolution};
    match (edge.cause, edge.resolution) {
        (Cause::Import(ImportKind::Deferred), _) => " (inside a function)",
        (Cause::Import(ImportKind::Type | ImportKind::Dropped), _) => " (for types)",
        (Cause::Import(ImportKind::String), _) => " (named in a string)",
        (Cause::Import(ImportKind::Test), _) => " (in tests)",
        (Cause::Call(CallKind::Passed), _) => " (handed on)",
        (Cause::Call(CallKind::Implicit), _) => " (implicitly)",
        (Cause::Call(_), Resolution::Inferred) => " (inferred)",
        (Cause::Call(_), Resolution::NameOnly) => " (by name only)",
        _ => "",
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    format: &'static str,
    version: u32,
    kind: &'static str,
    from: &'a str,
    to: &'a str,
    only_types: bool,
    chains: Vec<Vec<Step<'a>>>,
}

#[derive(Serialize)]
struct Step<'a> {
    from: &'a str,
    to: &'a str,
    file: &'a str,
    line: u32,
    kind: &'static str,
    resolution: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<&'a str>,
}

/// Writes chains as JSON. Described in docs/graphs.md.
pub fn json(question: &Question, chains: &[Vec<Hop>], only_types: bool, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        format: "archcheck-why",
        version: 1,
        kind: question.relation.name(),
        from: question.from,
        to: question.to,
        only_types,
        chains: chains.iter().map(|chain| chain.iter().map(written).collect()).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document).map_err(io::Error::from)?;
    writeln!(out)
}

fn written(hop: &Hop) -> Step<'_> {
    Step {
        from: &hop.from,
        to: &hop.to,
        file: &hop.edge.path,
        line: hop.edge.line,
        kind: kind(hop.edge.cause, hop.edge.re_export),
        resolution: hop.edge.resolution.name(),
        definition: hop.edge.definition.as_deref(),
    }
}
