//! The call graph for people: the calls that types show and the calls that flow shows, in one.

use rustc_hash::{FxHashMap, FxHashSet};

use super::evaluate::Linker;
use super::points_to::Flow;
use super::tables::UNKNOWN;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::DefKind;
use crate::model::program::{CallEdge, CallKind, Resolution};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};

/// All edges, sorted, each once with its best resolution.
pub(super) fn call_graph(linker: &Linker, typed: &[CallEdge], flow: &Flow) -> Vec<CallEdge> {
    let exact: FxHashSet<(FileId, NodeId, GlobalDef)> =
        typed.iter().filter(|edge| edge.resolution == Resolution::Exact).map(|edge| (edge.caller.file, edge.site, edge.callee)).collect();
    let called: FxHashSet<(FileId, NodeId)> = typed
        .iter()
        .filter(|edge| edge.kind == CallKind::Call)
        .map(|edge| (edge.caller.file, edge.site))
        .chain(flow.calls.iter().filter(|call| call.kind == CallKind::Call).map(|call| (call.caller.file, call.site)))
        .collect();
    let flowed: FxHashSet<(FileId, NodeId)> =
        flow.calls.iter().filter(|call| call.kind == CallKind::Call).map(|call| (call.caller.file, call.site)).collect();
    let mut edges: Vec<CallEdge> = Vec::with_capacity(typed.len() + flow.calls.len());
    for edge in typed {
        let place = (edge.caller.file, edge.site);
        let superseded = match edge.kind {
            // The name stands for what a decorator made.
            CallKind::Call => {
                let callee = callee_kind(linker, place);
                // `table[key]()`: flow knows the key. `f(x)()`: types take a function handed to an unknown one for its result,
                // which says what runs in the end, not what this call calls.
                let better = flow.wrapped.contains(&edge.callee) || matches!(callee, Some(NodeKind::Index { .. }));
                let guessed = matches!(callee, Some(NodeKind::Call { .. })) && linker.family(place.0) != Family::Rust;
                guessed || better && flowed.contains(&place)
            }
            // A function handed to a function of the project is called there, and that is an edge of its own.
            CallKind::Passed => linker.family(edge.caller.file) != Family::Rust && (called.contains(&place) || flow.kept.contains(&place)),
            CallKind::Implicit => false,
        };
        if !superseded {
            let caller = flow.callers.get(&place).copied().unwrap_or(edge.caller);
            edges.push(CallEdge { caller, ..*edge });
        }
    }
    edges.extend(flow.calls.iter().map(|call| CallEdge {
        caller: call.caller,
        site: call.site,
        callee: call.callee,
        kind: call.kind,
        resolution: match exact.contains(&(call.caller.file, call.site, call.callee)) {
            true => Resolution::Exact,
            false => Resolution::Inferred,
        },
    }));
    name_only(linker, flow, &called, &mut edges);
    edges.sort_unstable();
    // Of equal calls, the last is the surest.
    edges.dedup_by(|later, earlier| {
        let same = (later.caller, later.site, later.callee, later.kind) == (earlier.caller, earlier.site, earlier.callee, earlier.kind);
        if same {
            earlier.resolution = earlier.resolution.max(later.resolution);
        }
        same
    });
    edges
}

/// How the callee of a call is written.
fn callee_kind(linker: &Linker, (file, site): (FileId, NodeId)) -> Option<NodeKind> {
    let arena = &linker.facts[file.index()].arena;
    match arena.kind(site) {
        NodeKind::Call { callee, .. } => Some(arena.kind(callee)),
        _ => None,
    }
}

/// Most methods of a name for the name to say anything.
const RARE: usize = 2;

/// Calls of methods of which only the name is known, where the project has hardly another of that name.
fn name_only(linker: &Linker, flow: &Flow, called: &FxHashSet<(FileId, NodeId)>, edges: &mut Vec<CallEdge>) {
    let mut methods: FxHashMap<&str, Vec<GlobalDef>> = FxHashMap::default();
    for (file, facts) in linker.facts.iter().enumerate() {
        if facts.language.family() == Family::Rust {
            continue;
        }
        for (def, definition) in facts.definitions() {
            if definition.kind == DefKind::Method && definition.body.is_some() {
                methods.entry(facts.text(definition.name)).or_default().push(GlobalDef { file: FileId(file as u32), def });
            }
        }
    }
    for &(caller, site) in &flow.unknown {
        let facts = &linker.facts[caller.file.index()];
        let NodeKind::Call { callee, .. } = facts.arena.kind(site) else { continue };
        let NodeKind::Member { object, name, .. } = facts.arena.kind(callee) else { continue };
        let values = &linker.node_values[caller.file.index()];
        let unknown = values[callee.index()] == UNKNOWN && values[object.index()] == UNKNOWN;
        let name = facts.text(name);
        if !unknown || called.contains(&(caller.file, site)) || name.starts_with("__") || COMMON.contains(&name) {
            continue;
        }
        let Some(found) = methods.get(name).filter(|found| found.len() <= RARE) else { continue };
        let same_language = |callee: &&GlobalDef| linker.family(callee.file) == linker.family(caller.file);
        edges.extend(found.iter().filter(same_language).map(|&callee| CallEdge {
            caller,
            site,
            callee,
            kind: CallKind::Call,
            resolution: Resolution::NameOnly,
        }));
    }
}

/// Methods of the languages' own types, and words every library uses: a call of one says nothing by its name.
const COMMON: &[&str] = &[
    "add",
    "all",
    "any",
    "append",
    "apply",
    "at",
    "bind",
    "call",
    "capitalize",
    "catch",
    "charAt",
    "clear",
    "close",
    "concat",
    "connect",
    "copy",
    "count",
    "create",
    "decode",
    "delete",
    "difference",
    "discard",
    "emit",
    "encode",
    "endswith",
    "endsWith",
    "entries",
    "every",
    "exec",
    "execute",
    "exists",
    "extend",
    "fetch",
    "fill",
    "filter",
    "finally",
    "find",
    "findIndex",
    "first",
    "flat",
    "flatMap",
    "flush",
    "forEach",
    "format",
    "get",
    "getTime",
    "group",
    "groups",
    "has",
    "includes",
    "index",
    "indexOf",
    "insert",
    "intersection",
    "isdigit",
    "items",
    "join",
    "json",
    "keys",
    "last",
    "lower",
    "lstrip",
    "map",
    "match",
    "matchAll",
    "next",
    "off",
    "on",
    "once",
    "open",
    "padStart",
    "parse",
    "partition",
    "pop",
    "popitem",
    "popleft",
    "post",
    "push",
    "put",
    "query",
    "read",
    "readline",
    "readlines",
    "reduce",
    "reject",
    "remove",
    "render",
    "replace",
    "replaceAll",
    "request",
    "reset",
    "resolve",
    "reverse",
    "rstrip",
    "run",
    "save",
    "search",
    "seek",
    "send",
    "set",
    "setdefault",
    "shift",
    "slice",
    "some",
    "sort",
    "splice",
    "split",
    "splitlines",
    "start",
    "startswith",
    "startsWith",
    "stop",
    "strip",
    "sub",
    "subscribe",
    "substring",
    "test",
    "text",
    "then",
    "title",
    "toFixed",
    "toISOString",
    "toJSON",
    "toLowerCase",
    "toString",
    "toUpperCase",
    "trim",
    "union",
    "unshift",
    "unsubscribe",
    "update",
    "upper",
    "validate",
    "value",
    "valueOf",
    "values",
    "write",
];
