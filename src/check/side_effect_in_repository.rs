//! `side-effect-in-repository`: a repository that sends mail, calls another service or publishes a message.
//!
//! A repository here is code with that role which also queries a database: a gateway that wraps somebody's API is named like one, too,
//! and only does what it is for. Calls are followed through the project's functions, but not into other repositories.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Context;
use super::requests::named;
use super::spelling::{call_span, spelled_callee};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::called_name;
use crate::model::program::{CallKind, Program, Resolution, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::FileId;
use crate::model::words::words;
use crate::rulebook::vocabulary::{api_names, vocabulary};

const RULE: &str = "side-effect-in-repository";

/// Longest chain of calls to the effect.
const DEPTH: usize = 4;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Mail,
    Message,
    Http,
}

impl Effect {
    fn text(self) -> &'static str {
        match self {
            Effect::Mail => "sends mail",
            Effect::Message => "publishes a message",
            Effect::Http => "calls another service",
        }
    }
}

/// Finds repositories that do more than data access.
pub fn check(context: &Context) -> Vec<Finding> {
    context.in_files(RULE, (), in_file)
}

fn in_file(context: &Context, (): &(), file: FileId) -> Vec<Finding> {
    let program = context.program;
    let repositories: Vec<GlobalDef> = program.functions_of(file).filter(|&function| is_repository(program, function)).collect();
    let mut findings = Vec::new();
    if repositories.is_empty() {
        return findings;
    }
    let mut effects: FxHashMap<GlobalDef, Option<(NodeId, Effect)>> = FxHashMap::default();
    let querying = querying(context, file);
    for function in repositories.into_iter().filter(|&function| querying.contains(&scope(program, function))) {
        if let Some(chain) = find(program, function, &mut effects) {
            findings.extend(finding(program, function, &chain));
        }
    }
    findings
}

fn is_repository(program: &Program, function: GlobalDef) -> bool {
    let out = [Role::Test, Role::Migration, Role::Script, Role::Frontend];
    function.def != DefId::MODULE
        && program.role(function).is_some_and(|evidence| evidence.role == Role::Repository)
        && !out.iter().any(|&role| program.is(function, role))
}

/// What a function is part of: its class, else its module.
fn scope(program: &Program, function: GlobalDef) -> GlobalDef {
    let facts = program.file(function.file);
    let mut at = function.def;
    for _ in 0..32 {
        let def = facts.def(at);
        if at == DefId::MODULE || def.kind == crate::model::facts::DefKind::Class || def.kind == crate::model::facts::DefKind::Impl {
            break;
        }
        at = def.parent;
    }
    GlobalDef { file: function.file, def: at }
}

/// The file and those of its classes that have a query of their own.
fn querying(context: &Context, file: FileId) -> FxHashSet<GlobalDef> {
    let program = context.program;
    let queries = |function: &GlobalDef| {
        context.summaries.of(*function).is_some_and(|summary| summary.queries.iter().any(|query| query.confidence >= Confidence::Medium))
    };
    program.functions_of(file).filter(queries).map(|function| scope(program, function)).collect()
}

/// The calls from a repository's function to an effect; the last one has it.
fn find(
    program: &Program,
    start: GlobalDef,
    effects: &mut FxHashMap<GlobalDef, Option<(NodeId, Effect)>>,
) -> Option<Vec<(GlobalDef, NodeId)>> {
    let mut level: Vec<Vec<(GlobalDef, NodeId)>> = vec![Vec::new()];
    let mut ends: Vec<GlobalDef> = vec![start];
    let mut seen: FxHashSet<GlobalDef> = FxHashSet::default();
    for _ in 0..=DEPTH {
        let mut next_level = Vec::new();
        let mut next_ends = Vec::new();
        for (chain, &end) in level.iter().zip(&ends) {
            if !seen.insert(end) {
                continue;
            }
            let own = *effects.entry(end).or_insert_with(|| own_effect(program, end));
            if let Some((site, _)) = own {
                let mut chain = chain.clone();
                chain.push((end, site));
                return Some(chain);
            }
            for edge in program.calls_from(end) {
                let follows = edge.resolution == Resolution::Exact
                    && edge.kind == CallKind::Call
                    && !is_repository(program, edge.callee)
                    && !is_measurement(program.name(edge.callee))
                    && !program.is(edge.callee, Role::Test);
                if follows && !seen.contains(&edge.callee) && next_ends.len() < 256 {
                    let mut chain = chain.clone();
                    chain.push((end, edge.site));
                    next_level.push(chain);
                    next_ends.push(edge.callee);
                }
            }
        }
        (level, ends) = (next_level, next_ends);
    }
    None
}

/// `track_usage(…)`, `send_telemetry(…)`: what the operation of the service tells about itself.
fn is_measurement(name: &str) -> bool {
    words(name).iter().any(|word| vocabulary().handlers.measurements.has(word))
}

fn own_effect(program: &Program, function: GlobalDef) -> Option<(NodeId, Effect)> {
    let facts = program.file(function.file);
    let body = facts.def(function.def).body?;
    let mut found = None;
    facts.arena.walk(body, |node| {
        if found.is_none() && matches!(facts.arena.kind(node), NodeKind::Call { .. }) {
            found = effect(program, function.file, node).map(|effect| (node, effect));
        }
    });
    found
}

fn effect(program: &Program, file: FileId, call: NodeId) -> Option<Effect> {
    let api = program.called_api(file, call);
    let facts: Vec<&ApiFact> = api.into_iter().flat_map(|api| program.facts_of(api).map(|(fact, _)| fact)).collect();
    if facts.contains(&&ApiFact::SendsMail) {
        return Some(Effect::Mail);
    }
    if facts.contains(&&ApiFact::Publishes) || starts_task(program, file, call) {
        return Some(Effect::Message);
    }
    facts.contains(&&ApiFact::Outgoing).then_some(Effect::Http)
}

/// `send_receipt.delay(id)`: a function of the project that is a task, put on its queue.
fn starts_task(program: &Program, file: FileId, call: NodeId) -> bool {
    let facts = program.file(file);
    if !called_name(facts, call).is_some_and(|name| api_names().waits.queues.has(name)) {
        return false;
    }
    let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return false };
    let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return false };
    match program.value(file, object) {
        Value::Def(def) => program.def_roles.get(&def).is_some_and(|evidence| evidence.role == Role::Task),
        _ => false,
    }
}

fn finding(program: &Program, function: GlobalDef, chain: &[(GlobalDef, NodeId)]) -> Option<Finding> {
    let &(end, site) = chain.last()?;
    let &(first, first_site) = chain.first()?;
    let effect = effect(program, end.file, site)?;
    // One finding for the function that people know, not for each closure in it.
    if program.def(function).flags.has(DefFlags::CLOSURE) && named(program, function).def != DefId::MODULE && chain.len() > 1 {
        return None;
    }
    let spelled = spelled_callee(program.file(end.file), site);
    let name = program.short_name(named(program, function));
    let through: Vec<String> = chain.iter().skip(1).map(|&(step, _)| format!("`{}`", program.short_name(named(program, step)))).collect();
    let through = if through.is_empty() { String::new() } else { format!(", through {}", through.join(" → ")) };
    let label = |(step, node): (GlobalDef, NodeId), text: String| Label {
        location: program.location(step.file, call_span(program.file(step.file), node)),
        text,
    };
    let mut related = Vec::new();
    if let Some(evidence) = program.role(function) {
        let location = evidence.place.map_or_else(|| program.name_location(function), |(file, span)| program.location(file, span));
        related.push(Label { location, text: format!("a repository: {}", evidence.reason) });
    }
    let flow: Vec<Label> = match chain.len() {
        1 => Vec::new(),
        _ => chain.iter().map(|&step| label(step, format!("calls `{}`", spelled_callee(program.file(step.0.file), step.1)))).collect(),
    };
    related.extend(flow.last().cloned());
    Some(Finding {
        rule: RULE.into(),
        level: Level::Note,
        message: format!("the repository `{name}` {} by `{spelled}`{through}", effect.text()),
        primary: label((first, first_site), format!("{} from data access", effect.text())),
        related,
        flow,
        help: Some("let the repository return the row, and do this in the service that called it, after the transaction".to_string()),
        subject: format!("{} {spelled}", program.qualified_name(named(program, function))),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    })
}
