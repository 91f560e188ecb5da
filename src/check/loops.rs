//! Which loops repeat a piece of code: statements, comprehensions and callbacks that run once per item of a collection.
//!
//! A callback counts as a loop only when what it is given to is a collection, as far as types and the shape of the code tell:
//! `Option::map`, `Result::and_then` and `promise.then` run at most once. Whether a loop's length matters is asked in
//! `bounds`, whether what it repeats depends on the item in `dependence`.

use crate::model::body::{BinaryOp, LoopKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, Name, Param};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{Nesting, arguments, called_name, chain, chain_root, last_name};
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId, Span};
use crate::model::summary::Summaries;
use crate::rulebook::vocabulary::api_names;

/// Code that runs once per item.
#[derive(Clone, Debug)]
pub(super) struct Repetition {
    /// The loop, or the call that is given the callback.
    pub(super) node: NodeId,
    pub(super) kind: RepetitionKind,
    /// Names that stand for the item.
    pub(super) items: Vec<Name>,
    /// What is iterated.
    pub(super) source: Option<NodeId>,
    /// The repeated code; `None` when a function is passed by name.
    pub(super) body: Option<NodeId>,
    /// The nodes climbed from the site to the loop that are in the loop's own definition: what `break` and `return` end.
    pub(super) path: Vec<NodeId>,
    /// All rounds start at once: `Promise.all(xs.map(…))`.
    pub(super) concurrent: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RepetitionKind {
    ForEach,
    Counted,
    While,
    Comprehension,
    Callback,
}

/// A program's file with its upward links.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) program: &'a Program<'a>,
    pub(super) summaries: &'a Summaries,
    pub(super) file: FileId,
    pub(super) facts: &'a FileFacts,
    pub(super) nesting: &'a Nesting,
}

impl Place<'_> {
    fn global(&self, def: DefId) -> GlobalDef {
        GlobalDef { file: self.file, def }
    }
}

/// The loops around a call, innermost first, up to the function that runs it. `passed`: a function is given to the call at
/// `site` by name, so that the call may itself be the loop (`ids.map(loadUser)`).
pub(super) fn around(place: &Place, site: NodeId, passed: bool) -> Vec<Repetition> {
    let mut found = Vec::new();
    if passed && let Some(source) = iterated_by(place, site) {
        found.push(Repetition {
            node: site,
            kind: RepetitionKind::Callback,
            items: Vec::new(),
            source: Some(source),
            body: None,
            path: Vec::new(),
            concurrent: is_concurrent(place, site),
        });
    }
    let mut at = site;
    let mut path = vec![site];
    for _ in 0..10_000 {
        if let Some(parent) = place.nesting.parent(at) {
            found.extend(statement(place, parent, at, &path));
            at = parent;
            path.push(at);
            continue;
        }
        let owner = place.nesting.owner(at);
        let def = place.facts.def(owner);
        let runs_here = place.summaries.of(place.global(owner)).is_some_and(|summary| summary.runs_in.is_some());
        let is_run = runs_here || is_spawned(place, owner);
        let (Some(closure), true) = (place.nesting.place(owner), is_run && def.body == Some(at)) else { break };
        path = vec![closure];
        at = closure;
        if let Some((call, _)) = place.nesting.argument_of(place.facts, closure)
            && let Some(source) = iterated_by(place, call)
        {
            found.push(Repetition {
                node: call,
                kind: RepetitionKind::Callback,
                items: item_parameters(place.facts, call, &def.params),
                source: Some(source),
                body: def.body,
                path: Vec::new(),
                concurrent: is_concurrent(place, call),
            });
        }
    }
    found
}

/// Rust: the code is a task of its own: `set.spawn(async move { … })`.
pub(super) fn is_spawned(place: &Place, owner: DefId) -> bool {
    let facts = place.facts;
    if facts.language.family() != Family::Rust || !facts.def(owner).flags.has(DefFlags::CLOSURE) {
        return false;
    }
    let call = place.nesting.place(owner).and_then(|closure| place.nesting.argument_of(facts, closure)).map(|(call, _)| call);
    call.is_some_and(|call| {
        called_name(facts, call).is_some_and(|name| name.starts_with("spawn"))
            && place
                .program
                .called_api(place.file, call)
                .is_some_and(|api| place.program.facts_of(api).any(|(fact, _)| *fact == ApiFact::RunsElsewhere))
    })
}

/// `parent` as a loop around `child`.
fn statement(place: &Place, parent: NodeId, child: NodeId, path: &[NodeId]) -> Option<Repetition> {
    let NodeKind::Loop { kind, target, source, body, .. } = place.facts.arena.kind(parent) else { return None };
    if body != child {
        return None;
    }
    let kind = match kind {
        LoopKind::ForEach => RepetitionKind::ForEach,
        LoopKind::Comprehension => RepetitionKind::Comprehension,
        LoopKind::Counted => RepetitionKind::Counted,
        // Paging, polling, worker loops: nothing says that they run once per item.
        LoopKind::Infinite => return None,
        LoopKind::While => RepetitionKind::While,
    };
    let items = match kind {
        RepetitionKind::While => taken_items(place.facts, source?),
        RepetitionKind::Counted => counters(place.facts, source?),
        _ => bound_names(place.facts, target?),
    };
    Some(Repetition { node: parent, kind, items, source, body: Some(body), path: path.to_vec(), concurrent: false })
}

/// `while let Some(row) = rows.next()` takes items one by one; other conditions do not.
fn taken_items(facts: &FileFacts, condition: NodeId) -> Vec<Name> {
    let NodeKind::Assign { target, value, .. } = facts.arena.kind(condition) else { return Vec::new() };
    let takes = chain(facts, value).any(|link| {
        called_name(facts, link)
            .is_some_and(|name| matches!(name, "next" | "try_next" | "pop" | "pop_front" | "pop_back" | "pop_first" | "shift"))
    });
    if takes { bound_names(facts, target) } else { Vec::new() }
}

/// `i` of `for (…; i < xs.length; i++)`.
fn counters(facts: &FileFacts, condition: NodeId) -> Vec<Name> {
    match facts.arena.kind(condition) {
        NodeKind::Binary { op: BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::NotEqual, left, .. } => bound_names(facts, left),
        NodeKind::Binary { op: BinaryOp::Greater | BinaryOp::GreaterEqual, left, .. } => bound_names(facts, left),
        _ => Vec::new(),
    }
}

/// Every name a pattern binds.
pub(super) fn bound_names(facts: &FileFacts, pattern: NodeId) -> Vec<Name> {
    let mut names = Vec::new();
    facts.arena.walk_while(pattern, |node| match facts.arena.kind(node) {
        NodeKind::Name(name) => {
            names.push(name);
            false
        }
        NodeKind::Call { args, .. } => {
            // A constructor pattern: its callee is a type, its arguments bind.
            for argument in facts.arena.list(args) {
                names.extend(nested_names(facts, argument));
            }
            false
        }
        NodeKind::Entry { value, .. } => {
            names.extend(nested_names(facts, value));
            false
        }
        NodeKind::Member { .. } | NodeKind::Index { .. } => false,
        _ => true,
    });
    names
}

/// Names below a part of a pattern, whatever its shape.
fn nested_names(facts: &FileFacts, part: NodeId) -> Vec<Name> {
    let mut names = Vec::new();
    facts.arena.walk_while(part, |node| match facts.arena.kind(node) {
        NodeKind::Name(name) => {
            names.push(name);
            false
        }
        _ => true,
    });
    names
}

/// The parameters of a callback that stand for the item.
fn item_parameters(facts: &FileFacts, call: NodeId, params: &[Param]) -> Vec<Name> {
    let accumulates = called_name(facts, call).is_some_and(|name| matches!(name, "reduce" | "reduceRight" | "fold" | "try_fold" | "scan"));
    let relevant = if accumulates { params.get(1..2) } else { params.get(..2.min(params.len())) };
    relevant.unwrap_or_default().iter().flat_map(|param| parameter_names(facts, param)).collect()
}

/// The names a parameter binds.
pub(super) fn parameter_names(facts: &FileFacts, param: &Param) -> Vec<Name> {
    match (param.name, param.pattern) {
        (Some(name), _) => vec![name],
        (None, Some(pattern)) => bound_names(facts, pattern),
        (None, None) => Vec::new(),
    }
}

/// What the call runs its function argument over, if it is such a call.
pub(super) fn iterated_by(place: &Place, call: NodeId) -> Option<NodeId> {
    let facts = place.facts;
    let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return None };
    let receiver = match facts.arena.kind(callee) {
        NodeKind::Member { object, .. } => Some(object),
        _ => None,
    };
    if let Some(api) = place.program.called_api(place.file, call) {
        if place.program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Iterates) {
            let first = arguments(facts, call).next().filter(|&node| !is_function(facts, node));
            return first.or(receiver);
        }
        if place.program.facts_of(api).any(|(fact, _)| *fact == ApiFact::CallsArgument) {
            return None;
        }
    }
    let name = facts.text(last_name(facts, callee)?);
    match facts.language.family() {
        Family::Python => {
            let builtin = receiver.is_none() && matches!(name, "map" | "filter" | "starmap");
            match () {
                () if builtin => arguments(facts, call).nth(1),
                // `sorted(rows, key=lambda row: …)`, `rows.sort(key=…)`: the key is worked out once per row.
                () if !has_key(facts, call) => None,
                () if name == "sort" => receiver,
                () if receiver.is_none() && matches!(name, "sorted" | "min" | "max" | "groupby") => arguments(facts, call).next(),
                () => None,
            }
        }
        Family::TypeScript => receiver.filter(|&object| ARRAY_METHODS.contains(&name) && may_be_collection(place, object)),
        Family::Rust => receiver.filter(|&object| iterates_in_rust(place, object, name)),
    }
}

fn has_key(facts: &FileFacts, call: NodeId) -> bool {
    arguments(facts, call)
        .any(|argument| matches!(facts.arena.kind(argument), NodeKind::Argument { name, .. } if facts.text(name) == "key"))
}

fn is_function(facts: &FileFacts, node: NodeId) -> bool {
    matches!(facts.arena.kind(node), NodeKind::Closure(_))
}

const ARRAY_METHODS: &[&str] =
    &["map", "forEach", "flatMap", "filter", "reduce", "reduceRight", "some", "every", "find", "findIndex", "each"];

/// False for namespaces (`O.map(f)`), objects of the project with a method of that name, and values of libraries whose
/// `map` is over one value (effects, results, observables).
fn may_be_collection(place: &Place, object: NodeId) -> bool {
    match place.program.value(place.file, object) {
        Value::Collection(_) | Value::Mapping(_) | Value::Literal(..) | Value::Unknown => !is_capitalised_name(place.facts, object),
        Value::Api { api, .. } => {
            let path = &place.program.apis[api.0 as usize].path;
            path.contains("()") && !api_names().packages.functional.starts(path)
        }
        Value::Def(def) => matches!(place.program.def(def).kind, DefKind::Variable | DefKind::Field),
        Value::Module(_) | Value::Namespace(_) | Value::Method { .. } | Value::Instance { .. } => false,
    }
}

/// `O`, `TE`, `Effect`: a namespace by its spelling.
fn is_capitalised_name(facts: &FileFacts, node: NodeId) -> bool {
    matches!(facts.arena.kind(node), NodeKind::Name(name) if facts.text(name).starts_with(|c: char| c.is_ascii_uppercase())
        && facts.text(name).chars().any(|c| c.is_ascii_lowercase()) || facts.text(name).len() <= 2 && facts.text(name).chars().all(|c| c.is_ascii_uppercase()))
}

/// Rust: methods that only iterators and streams have, and the ambiguous ones where the chain shows an iterator.
fn iterates_in_rust(place: &Place, object: NodeId, name: &str) -> bool {
    const SURE: &[&str] = &[
        "for_each",
        "try_for_each",
        "for_each_concurrent",
        "try_for_each_concurrent",
        "filter_map",
        "flat_map",
        "fold",
        "try_fold",
        "map_while",
        "partition",
    ];
    const SHARED: &[&str] = &["map", "and_then", "then", "filter", "any", "all", "find", "find_map", "inspect", "try_filter_map"];
    if SURE.contains(&name) {
        return true;
    }
    SHARED.contains(&name)
        && (matches!(place.program.value(place.file, object), Value::Collection(_)) || is_iterator_chain(place.facts, object))
}

fn is_iterator_chain(facts: &FileFacts, object: NodeId) -> bool {
    const STARTS: &[&str] = &[
        "iter",
        "into_iter",
        "iter_mut",
        "par_iter",
        "into_par_iter",
        "drain",
        "values",
        "keys",
        "into_values",
        "into_keys",
        "lines",
        "chars",
        "bytes",
        "split",
        "enumerate",
        "zip",
        "rev",
        "skip",
        "take",
        "chunks",
        "windows",
        "split_whitespace",
    ];
    let started = chain(facts, object).any(|link| called_name(facts, link).is_some_and(|name| STARTS.contains(&name)));
    let ranged = matches!(facts.arena.kind(chain_root(facts, object)), NodeKind::Binary { op: BinaryOp::Range, .. });
    started || ranged
}

/// `Promise.all(xs.map(…))`.
fn is_concurrent(place: &Place, call: NodeId) -> bool {
    let top = place.nesting.chain_top(place.facts, call);
    place
        .nesting
        .argument_of(place.facts, top)
        .is_some_and(|(outer, _)| called_name(place.facts, outer).is_some_and(|name| matches!(name, "all" | "allSettled")))
}

impl Repetition {
    /// The line that says what is iterated: the loop's head without its body.
    pub(super) fn head(&self, facts: &FileFacts) -> Span {
        let whole = facts.arena.span(self.node);
        let source = self.source.map(|source| facts.arena.span(source));
        match (self.kind, facts.arena.kind(self.node)) {
            (RepetitionKind::Callback, NodeKind::Call { callee, .. }) => facts.arena.span(callee),
            (RepetitionKind::Comprehension, NodeKind::Loop { target, .. }) => {
                let start = target.map_or(whole.start, |target| facts.arena.span(target).start);
                Span { start, end: source.map_or(whole.end, |source| source.end) }
            }
            _ => Span { start: whole.start, end: source.map_or(whole.end, |source| source.end.max(whole.start)) },
        }
    }

    /// True when `function`'s generator hands its items on one by one (`async def stream(): for x in xs: yield await f(x)`).
    pub(super) fn streams(&self, facts: &FileFacts, owner: DefId) -> bool {
        let flags = facts.def(owner).flags;
        let Some(body) = self.body else { return false };
        let mut yields = false;
        facts.arena.walk(body, |node| yields |= matches!(facts.arena.kind(node), NodeKind::Yield(_)));
        yields && flags.has(DefFlags::GENERATOR) && flags.has(DefFlags::ASYNC)
    }
}
