//! `data-access-in-handler`: a route handler that itself builds or runs a query.
//!
//! Presumes a layer below the handlers, so it asks first what the package does. Where handlers delegate to services or
//! repositories, each handler with a query of its own is a finding. Where there is no such layer, the package gets notes at
//! its worst places, the first of which counts all; `strict` reports every place all the same.

use std::collections::BTreeMap;

use super::Context;
use super::batching::query_fact;
use super::handlers::{Habit, Handler, habits, handler_name, handlers, package, route_text};
use super::sensitive::assigned;
use crate::model::body::{NodeId, NodeKind};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::{Access, ApiFact, Subject};
use crate::model::nesting::{arguments, called_name, chain, chain_root, spell};
use crate::model::program::{Program, Resolution};
use crate::model::role::GlobalDef;
use crate::model::source::Span;
use crate::model::summary::QueryEffect;
use crate::rulebook::vocabulary::vocabulary;

const RULE: &str = "data-access-in-handler";

/// Most places listed with one finding.
const MAX_PLACES: usize = 8;

/// Most handlers named in a package that has no layer below them.
const MAX_NOTES: usize = 48;

/// Finds handlers that query.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let handlers = handlers(context);
    let habits = habits(program, &handlers);
    let mut findings = Vec::new();
    let mut flat: BTreeMap<Option<usize>, Vec<&Handler>> = BTreeMap::new();
    let asks =
        |handler: &&Handler| !handler.queries.is_empty() && !looks_after_itself(program, handler) && !keeps_own_row(program, handler);
    for handler in handlers.iter().filter(asks) {
        let package = package(program, handler.function);
        let habit = habits.get(&package).copied().unwrap_or(Habit::Flat);
        if context.settings.strict() || habit != Habit::Flat {
            // Where most handlers query, each that does is no exception.
            let is_mild = habit == Habit::Mixed || fetches_only(program, handler);
            let level = if is_mild { Level::Note } else { Level::Warning };
            findings.extend(one(program, handler, &handlers).map(|finding| Finding { level: level.min(finding.level), ..finding }));
        } else {
            flat.entry(package).or_default().push(handler);
        }
    }
    findings.extend(flat.values().flat_map(|querying| notes(program, querying)));
    findings
}

/// `GET /health` asks whether the database answers: there is nothing to move.
fn looks_after_itself(program: &Program, handler: &Handler) -> bool {
    let path = handler.route.and_then(|route| route.path.as_deref()).unwrap_or_default();
    let file = program.path(handler.function.file).rsplit('/').next().unwrap_or_default();
    [path, program.name(handler.function), file].iter().any(|text| vocabulary().probes.itself.in_name(&text.replace(['/', '.', '-'], "_")))
}

/// `row = self.get_object()`, `row.delete()`: what a view of a model does by itself, in other words.
fn keeps_own_row(program: &Program, handler: &Handler) -> bool {
    let [query] = handler.queries[..] else { return false };
    let file = handler.function.file;
    let facts = program.file(file);
    let NodeKind::Name(row) = facts.arena.kind(chain_root(facts, query.site)) else { return false };
    let of_view = |fact: &ApiFact| matches!(fact, ApiFact::Gives { subject: Subject::Attribute(_), .. });
    query.access == Access::Write
        && assigned(facts, program.nesting(file).owner(query.site), row)
            .into_iter()
            .any(|value| program.called_api(file, value).is_some_and(|api| program.facts_of(api).any(|(fact, _)| of_view(fact))))
}

/// One read, which builds no query: of what a function of the project gave (`users_of(team).get()`), or the library's own way for handlers to
/// answer that there is no such row.
fn fetches_only(program: &Program, handler: &Handler) -> bool {
    let [query] = handler.queries[..] else { return false };
    let file = handler.function.file;
    let facts = program.file(file);
    let owner = program.nesting(file).owner(query.site);
    let is_given = |value: NodeId| {
        let edges = program.calls_from(GlobalDef { file, def: owner });
        edges.iter().any(|edge| edge.site == value && edge.resolution != Resolution::NameOnly)
    };
    let of_another = || match chain(facts, query.site).nth(2).map(|receiver| (receiver, facts.arena.kind(receiver))) {
        Some((_, NodeKind::Name(name))) => {
            let values = assigned(facts, owner, name);
            !values.is_empty() && values.into_iter().all(is_given)
        }
        Some((receiver, _)) => is_given(receiver),
        None => false,
    };
    let fact = query_fact(program, query);
    // `row = await repository.update(…)`, `await db.refresh(row)`: what was given is read again.
    let reloads = || {
        let row = arguments(facts, query.site).next().map(|row| facts.arena.kind(row));
        let Some(NodeKind::Name(row)) = row.filter(|_| called_name(facts, query.site) == Some("refresh")) else { return false };
        let values = assigned(facts, owner, row);
        let made = |value: NodeId| match facts.arena.kind(value) {
            NodeKind::Await(call) => is_given(call),
            _ => is_given(value),
        };
        !values.is_empty() && values.into_iter().all(made)
    };
    if reloads() {
        return true;
    }
    query.access == Access::Read
        && fact.is_some_and(|fact| {
            let carried = matches!(fact.subject, Subject::Receiver | Subject::Captured) && query.table.is_some();
            fact.answers || carried && of_another()
        })
}

fn one(program: &Program, handler: &Handler, all: &[Handler]) -> Option<Finding> {
    let query = handler.queries.first()?;
    let name = handler_name(program, handler.function);
    // Also beside services.
    let is_idiom = program.knowledge.framework_of(query.entry).is_some_and(|framework| framework.handlers_query);
    let message = format!(
        "handler `{name}`{} runs {} itself{}{}",
        route_text(handler.route),
        query_text(program, handler.function, query),
        more(handler),
        if is_idiom { ", as the framework's documentation has it" } else { "" }
    );
    let mut related: Vec<Label> = role_label(program, handler).into_iter().collect();
    for query in handler.queries.iter().skip(1).take(MAX_PLACES) {
        related.push(query_label(program, handler.function, query));
    }
    let example = all.iter().find(|other| other.queries.is_empty() && other.delegates.is_some());
    let help = match handler.delegates.or_else(|| example.and_then(|other| other.delegates)) {
        Some(below) => format!(
            "move the query into the layer below the handlers, as elsewhere here: `{}` in `{}` is called by a handler",
            program.short_name(below),
            program.path(below.file)
        ),
        None => "move the query into a repository or service and call that from the handler".to_string(),
    };
    Some(Finding {
        rule: RULE.into(),
        level: if is_idiom { Level::Note } else { Level::Warning },
        message,
        primary: query_label(program, handler.function, query),
        related,
        flow: Vec::new(),
        help: Some(help),
        subject: program.qualified_name(handler.function),
        fingerprint: String::new(),
        confidence: query.confidence,
        redact: Vec::new(),
    })
}

/// Notes for a package without a layer below its handlers, at the handlers with most of it; the first says how many there are.
fn notes(program: &Program, querying: &[&Handler]) -> Vec<Finding> {
    let mut worst: Vec<&Handler> = querying.to_vec();
    worst.sort_by_key(|handler| (std::cmp::Reverse(weight(handler)), handler.function));
    worst.iter().take(MAX_NOTES).enumerate().filter_map(|(rank, handler)| note(program, handler, (rank == 0).then_some(&worst))).collect()
}

/// The note at one handler; at the worst of them it counts `all` and names others.
fn note(program: &Program, handler: &Handler, all: Option<&Vec<&Handler>>) -> Option<Finding> {
    const FLAT: &str = "the project has no layer below its handlers";
    let query = handler.queries.first()?;
    let name = handler_name(program, handler.function);
    let message = match all {
        Some(all) if all.len() > 1 => format!("{} handlers run queries themselves, `{name}` most: {FLAT}", all.len()),
        _ => {
            let ran = query_text(program, handler.function, query);
            format!("handler `{name}`{} runs {ran} itself{}: {FLAT}", route_text(handler.route), more(handler))
        }
    };
    let related = all.into_iter().flatten().skip(1).take(MAX_PLACES).filter_map(|other| {
        let text = format!("`{}`: {}", handler_name(program, other.function), count_text(other));
        Some(Label { text, ..query_label(program, other.function, other.queries.first()?) })
    });
    Some(Finding {
        rule: RULE.into(),
        level: Level::Note,
        message,
        primary: query_label(program, handler.function, query),
        related: related.collect(),
        flow: Vec::new(),
        help: Some("where handlers grow, move queries into repositories or services; `profile = \"strict\"` lists every place".to_string()),
        subject: if all.is_some() { "no layer below the handlers".to_string() } else { program.qualified_name(handler.function) },
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    })
}

/// Writes weigh more than reads.
fn weight(handler: &Handler) -> usize {
    handler.queries.iter().map(|query| if query.access == Access::Write { 2 } else { 1 }).sum()
}

fn count_text(handler: &Handler) -> String {
    match handler.queries.len() {
        1 => "one query".to_string(),
        count => format!("{count} queries"),
    }
}

fn more(handler: &Handler) -> String {
    match handler.queries.len() {
        0 | 1 => String::new(),
        2 => ", and one more query".to_string(),
        count => format!(", and {} more queries", count - 1),
    }
}

/// What made it a handler.
fn role_label(program: &Program, handler: &Handler) -> Option<Label> {
    if let Some(route) = handler.route {
        return Some(Label { location: route.place.clone(), text: format!("the route{}", route_text(handler.route)) });
    }
    let evidence = program.role(handler.function)?;
    let (file, span) = evidence.place?;
    Some(Label { location: program.location(file, span), text: evidence.reason.clone() })
}

fn query_text(program: &Program, function: GlobalDef, query: &QueryEffect) -> String {
    let table = query.table.as_ref().map_or(String::new(), |table| format!(" on `{table}`"));
    format!("`{}`{table}", spelled(program, function, query.site))
}

fn query_label(program: &Program, function: GlobalDef, query: &QueryEffect) -> Label {
    let verb = if query.access == Access::Write { "writes" } else { "queries" };
    let text = match &query.table {
        Some(table) => format!("{verb} `{table}` in the handler"),
        None => format!("{verb} the database in the handler"),
    };
    Label { location: program.location(function.file, callee_span(program, function, query.site)), text }
}

fn spelled(program: &Program, function: GlobalDef, call: NodeId) -> String {
    let facts = program.file(function.file);
    match facts.arena.kind(call) {
        NodeKind::Call { callee, .. } => spell(facts, callee),
        _ => spell(facts, call),
    }
}

fn callee_span(program: &Program, function: GlobalDef, call: NodeId) -> Span {
    let arena = &program.file(function.file).arena;
    match arena.kind(call) {
        NodeKind::Call { callee, .. } => arena.span(callee),
        _ => arena.span(call),
    }
}
