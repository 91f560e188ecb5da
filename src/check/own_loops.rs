//! Asynchronous functions whose event loop serves nobody else: in a package that answers its requests on threads (Flask, Django), what a request or a
//! job runs to its end on a loop of its own, and what nothing calls. What blocks there holds up the one that waits for it anyway.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Context;
use super::handlers::package;
use super::jobs::is_task;
use super::requests::{has_fact, named};
use crate::model::body::NodeKind;
use crate::model::facts::{DefFlags, DefId, DefKind};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::called_name;
use crate::model::program::{CallEdge, CallKind, Program, Resolution};
use crate::model::role::GlobalDef;
use crate::model::source::Family;
use crate::rulebook::vocabulary::api_names;

/// Calls between what a loop of its own runs and a function.
const MAX_CALLS: usize = 8;

/// Those of the functions whose loop serves nobody else.
pub(super) fn own_loops(context: &Context, functions: &[GlobalDef]) -> FxHashSet<GlobalDef> {
    let program = context.program;
    let on_threads = on_threads(program);
    let is_ours = |function: GlobalDef| {
        program.def(function).flags.has(DefFlags::ASYNC)
            && program.file(function.file).language.family() == Family::Python
            && on_threads.contains(&package(program, function))
    };
    let mut alone: FxHashSet<GlobalDef> = FxHashSet::default();
    if !functions.iter().any(|&function| is_ours(function)) {
        return alone;
    }
    let routed: FxHashSet<GlobalDef> = program.routes.iter().map(|route| route.handler).collect();
    alone.extend(routed.iter().copied().filter(|&handler| is_ours(handler)));
    let mut callers: FxHashMap<GlobalDef, Vec<&CallEdge>> = FxHashMap::default();
    for edge in program.calls.iter().filter(|edge| edge.resolution != Resolution::NameOnly && is_ours(edge.callee)) {
        callers.entry(edge.callee).or_default().push(edge);
    }
    let mut asked: Vec<GlobalDef> =
        callers.keys().copied().chain(functions.iter().copied().filter(|&function| is_ours(function))).collect();
    asked.sort_unstable();
    asked.dedup();
    for function in &asked {
        if !callers.contains_key(function) && is_unmentioned(program, *function) {
            alone.insert(*function);
        }
    }
    for _ in 0..MAX_CALLS {
        let is_alone = |edge: &&&CallEdge| {
            let caller = named(program, edge.caller);
            alone.contains(&edge.caller) || alone.contains(&caller) || edge.caller == edge.callee || runs_for_one(context, edge)
        };
        let more: Vec<GlobalDef> = asked
            .iter()
            .filter(|function| !alone.contains(function))
            .filter(|function| callers.get(function).is_some_and(|edges| edges.iter().all(|edge| is_alone(&edge))))
            .copied()
            .collect();
        if more.is_empty() {
            break;
        }
        alone.extend(more);
    }
    alone
}

/// Packages whose requests are answered on threads.
fn on_threads(program: &Program) -> FxHashSet<Option<usize>> {
    let mut threads: FxHashSet<Option<usize>> = FxHashSet::default();
    let mut loops: FxHashSet<Option<usize>> = FxHashSet::default();
    for route in &program.routes {
        let is_on_threads = api_names().waits.thread_servers.has(&*route.framework);
        let of = package(program, route.handler);
        if is_on_threads {
            threads.insert(of)
        } else {
            loops.insert(of)
        };
    }
    threads.retain(|package| !loops.contains(package));
    threads
}

/// `asyncio.run(work())` of what a request or a job runs, on a thread without a loop.
fn runs_for_one(context: &Context, edge: &CallEdge) -> bool {
    let program = context.program;
    let (file, facts) = (edge.caller.file, program.file(edge.caller.file));
    let caller = program.outermost(edge.caller);
    let runs = program.nesting(file).argument_of(facts, edge.site).is_some_and(|(call, _)| {
        has_fact(program, file, call, |fact| *fact == ApiFact::RunsToEnd) || called_name(facts, call) == Some("async_to_sync")
    });
    let for_one =
        || is_task(program, caller) || context.requests().handler(edge.caller).is_some() || context.requests().handler(caller).is_some();
    edge.kind == CallKind::Call && !program.def(edge.caller).flags.has(DefFlags::ASYNC) && runs && for_one()
}

/// No code names the function: neither its own file nor another one. What a framework calls by its name or its place is not looked at.
fn is_unmentioned(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    let def = facts.def(function.def);
    let text = facts.text(def.name);
    let parent = facts.def(def.parent);
    let is_plain = match parent.kind {
        DefKind::Class => parent.bases.is_empty(),
        _ => def.parent == DefId::MODULE,
    };
    let is_hook =
        text.starts_with("__") || text.starts_with("on_") || matches!(text, "main" | "setup" | "teardown" | "handler" | "lifespan");
    if !is_plain || is_hook || !def.decorators.is_empty() || text.len() < 4 {
        return false;
    }
    program.facts.iter().filter(|facts| facts.names.may_hold(text)).all(|facts| {
        let mentions = |node| match facts.arena.kind(node) {
            NodeKind::Name(name) | NodeKind::Member { name, .. } | NodeKind::Str(name) => facts.text(name) == text,
            _ => false,
        };
        let imports = facts.imports.iter().any(|import| import.local.is_some_and(|name| facts.text(name) == text));
        !imports && !facts.arena.ids().any(mentions)
    })
}
