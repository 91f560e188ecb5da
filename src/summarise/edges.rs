//! The calls by which functions reach what others do to the database.

use rustc_hash::FxHashMap;

use super::effects::{FileEffects, runs_elsewhere};
use crate::graph::components;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefId, FileFacts};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{Nesting, called_name, walk_deep};
use crate::model::program::{CallEdge, CallKind, Program, Resolution};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::FileId;

/// An edge that reaches follow: index of the callee among the functions, and the edge.
pub(super) type Followed = (u32, CallEdge);

/// All functions in order, and the place of each among them.
pub(super) struct Functions {
    pub(super) all: Vec<GlobalDef>,
    /// By file, by definition.
    places: Vec<Vec<u32>>,
}

impl Functions {
    pub(super) fn of(program: &Program) -> Functions {
        let all: Vec<GlobalDef> = program.functions().collect();
        let mut places: Vec<Vec<u32>> = program.facts.iter().map(|facts| vec![u32::MAX; facts.defs.len()]).collect();
        for (at, function) in all.iter().enumerate() {
            places[function.file.index()][function.def.index()] = at as u32;
        }
        Functions { all, places }
    }

    fn place(&self, function: GlobalDef) -> Option<u32> {
        self.places[function.file.index()].get(function.def.index()).copied().filter(|&at| at != u32::MAX)
    }
}

/// The calls of a file that reaches may follow, by the function that they leave or as part of which its closure runs, in source order.
pub(super) fn calls_of(program: &Program, file: FileId, nesting: &Nesting, hosts: &[(DefId, DefId)]) -> Vec<(DefId, Vec<CallEdge>)> {
    let facts = program.file(file);
    let mut found: Vec<(DefId, Vec<CallEdge>)> = Vec::new();
    let mut by_caller: FxHashMap<DefId, Vec<CallEdge>> = FxHashMap::default();
    for function in program.functions_of(file) {
        for edge in program.calls_from(function) {
            if edge.resolution == Resolution::NameOnly || edge.caller == edge.callee {
                continue;
            }
            if program.is(edge.callee, Role::Test) && !program.is(edge.caller, Role::Test) {
                continue;
            }
            if edge.kind == CallKind::Passed && passes_on(program, file, nesting, edge.site) {
                continue;
            }
            let host = hosts.iter().find(|(closure, _)| *closure == function.def).map(|(_, host)| *host);
            for from in std::iter::once(function.def).chain(host) {
                by_caller.entry(from).or_default().push(*edge);
            }
        }
    }
    for (def, _) in facts.definitions() {
        if let Some(mut edges) = by_caller.remove(&def) {
            edges.sort_by_key(|edge| (facts.arena.span(edge.site), edge.site, edge.callee));
            found.push((def, edges));
        }
    }
    found
}

/// Edges that leave each function or a closure that runs in it.
pub(super) fn followed_edges<'f>(
    files: impl Iterator<Item = (FileId, &'f FileEffects)>,
    functions: &Functions,
    hosts: &FxHashMap<GlobalDef, GlobalDef>,
) -> Vec<Vec<Followed>> {
    let mut followed: Vec<Vec<Followed>> = vec![Vec::new(); functions.all.len()];
    for (file, effects) in files {
        for (def, edges) in &effects.calls {
            let Some(caller) = functions.place(GlobalDef { file, def: *def }) else { continue };
            let counted = edges.iter().filter(|edge| !hosts.contains_key(&edge.callee));
            followed[caller as usize] = counted.filter_map(|edge| Some((functions.place(edge.callee)?, *edge))).collect();
        }
    }
    followed
}

/// Groups of functions that call each other, callees first.
pub(super) fn components_of(edges: &[Vec<Followed>]) -> Vec<Vec<u32>> {
    let pairs: Vec<(u32, u32)> =
        edges.iter().enumerate().flat_map(|(caller, followed)| followed.iter().map(move |&(callee, _)| (caller as u32, callee))).collect();
    components(edges.len(), &pairs)
}

/// True when a function given by name to the call at `site` is only handed on: registered, scheduled, listed, wrapped. It is run
/// here by calls that are known to do so, by the methods of collections and promises, and by functions of the project that call
/// their parameter.
fn passes_on(program: &Program, file: FileId, nesting: &Nesting, site: NodeId) -> bool {
    let facts = program.file(file);
    if nesting.owner(site) == DefId::MODULE || runs_elsewhere(program, file, facts, site) {
        return true;
    }
    let known = program.called_api(file, site).is_some_and(|api| {
        program.facts_of(api).any(|(fact, _)| matches!(fact, ApiFact::CallsArgument | ApiFact::Iterates | ApiFact::Transaction))
    });
    let method = called_name(facts, site).is_some_and(|name| RUNNERS.contains(&name));
    let caller = GlobalDef { file, def: nesting.owner(site) };
    let called = program
        .calls_at(caller, site)
        .iter()
        .any(|edge| edge.kind == CallKind::Call && calls_a_parameter(program.file(edge.callee.file), edge.callee.def));
    !(known || method || called)
}

/// Methods and functions that run what they are given.
const RUNNERS: &[&str] = &[
    "map",
    "forEach",
    "flatMap",
    "filter",
    "reduce",
    "some",
    "every",
    "find",
    "then",
    "catch",
    "finally",
    "for_each",
    "filter_map",
    "flat_map",
    "and_then",
    "or_else",
    "map_err",
    "unwrap_or_else",
    "starmap",
    "sync_to_async",
    "async_to_sync",
    "partial",
];

/// The function calls one of its own parameters.
fn calls_a_parameter(facts: &FileFacts, def: DefId) -> bool {
    let definition = facts.def(def);
    let Some(body) = definition.body else { return false };
    let mut calls = false;
    walk_deep(facts, body, |node| {
        if let NodeKind::Call { callee, .. } = facts.arena.kind(node)
            && let NodeKind::Name(name) = facts.arena.kind(callee)
        {
            calls |= definition.params.iter().any(|param| param.name == Some(name));
        }
        !calls
    });
    calls
}
