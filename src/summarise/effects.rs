//! What each function does to the database: the queries it runs itself and the nearest ones it reaches through calls.
//!
//! A closure that is handed to a call and run there (`transaction(|tx| …)`, `rows.map(async (r) => …)`) counts as part of the
//! function that holds it ([`Summary::runs_in`]); one that runs elsewhere or later (event listeners, spawned threads, route
//! handlers) does not. Reaches are found bottom-up over the strongly connected components of the call graph and are
//! bounded by [`Summary::REACH_LIMIT`]. Edges that only a name supports are not followed, nor edges into test code.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::associations::Associations;
use super::edges::{Followed, Functions, calls_of, components_of, followed_edges};
use super::queries::{Found, queries, uses_up};
use super::transactions::{FileTransactions, transactions};
use crate::model::body::{BinaryOp, CallForm, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, Name};
use crate::model::finding::Confidence;
use crate::model::knowledge::{Access, ApiFact};
use crate::model::nesting::{Nesting, called_name, chain, last_name};
use crate::model::program::{CallEdge, CallKind, Program, Resolution};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::model::summary::{QueryEffect, Reach, Summaries, Summary};
use crate::rulebook::settings::depends_on_setting;
use crate::rulebook::vocabulary::api_names;

/// Most rounds over one component of mutually recursive functions; reaches only get nearer, so few are needed.
const MAX_ROUNDS: usize = 8;

/// What the code of one file says by itself.
#[derive(Default)]
pub struct FileEffects {
    /// Closure → the function as part of which it runs.
    hosts: Vec<(DefId, DefId)>,
    queries: Vec<Found>,
    /// Functions whose queries a cache stands in front of.
    cached: Vec<DefId>,
    /// Calls that leave each function or a closure that runs in it, in source order.
    pub(super) calls: Vec<(DefId, Vec<CallEdge>)>,
    /// Where it opens and ends transactions.
    pub(super) transactions: FileTransactions,
}

impl FileEffects {
    /// Reads a file of the program.
    pub(super) fn of(program: &Program, file: FileId, associations: &Associations) -> FileEffects {
        if program.spared.file(file) {
            return FileEffects::default();
        }
        let nesting = program.nesting(file);
        let hosts = hosts_of(program, file, nesting);
        FileEffects {
            calls: calls_of(program, file, nesting, &hosts),
            queries: queries(program, file, nesting, associations),
            cached: cached_functions(program, file, nesting),
            transactions: FileTransactions::of(program, file, nesting),
            hosts,
        }
    }
}

/// What is known of all functions, and what it was made of, to go on from after an edit.
pub struct Effects {
    functions: Functions,
    files: Vec<Arc<FileEffects>>,
    /// Parallel to the functions, as the next two.
    queries: Vec<Vec<QueryEffect>>,
    edges: Vec<Vec<Followed>>,
    reaches: Vec<Vec<Reach>>,
    /// Groups of functions that call each other, callees first.
    components: Vec<Vec<u32>>,
    /// Functions that write, themselves or by what they call.
    writing: FxHashSet<GlobalDef>,
    summaries: Summaries,
}

impl Effects {
    /// Those of a program whose files, in order, say this.
    pub fn of(program: &Program, files: Vec<Arc<FileEffects>>) -> Effects {
        let functions = Functions::of(program);
        let count = functions.all.len();
        let mut effects = Effects {
            files,
            queries: vec![Vec::new(); count],
            edges: vec![Vec::new(); count],
            reaches: vec![Vec::new(); count],
            components: Vec::new(),
            writing: FxHashSet::default(),
            summaries: Summaries::default(),
            functions,
        };
        effects.settle(program, &FxHashSet::default(), true);
        effects
    }

    /// The same after an edit. `files` are those that may say something else now; the code of the `touched` functions is another, and `callees` are
    /// called by others.
    pub fn update(&mut self, program: &Program, files: Vec<(FileId, Arc<FileEffects>)>, touched: &[GlobalDef], callees: &[GlobalDef]) {
        let mut widely = false;
        for (file, effects) in files {
            let before = std::mem::replace(&mut self.files[file.index()], effects);
            let now = &self.files[file.index()];
            // Closures that run elsewhere now are called from anywhere; transactions are looked for around many calls.
            widely |= before.hosts != now.hosts || before.transactions.is_seen_elsewhere() || now.transactions.is_seen_elsewhere();
        }
        let touched: FxHashSet<GlobalDef> = touched.iter().copied().collect();
        let called = touched.iter().flat_map(|function| program.calls_from(*function)).map(|edge| edge.callee);
        widely |= called.chain(callees.iter().copied()).any(|callee| self.writes(callee));
        self.settle(program, &touched, widely);
    }

    /// The function writes, as far as is known.
    fn writes(&self, function: GlobalDef) -> bool {
        self.writing.contains(&function)
            || self.summaries.of(function).is_some_and(|summary| summary.reaches.iter().any(|reach| reach.access == Access::Write))
    }

    /// What each function does.
    pub fn summaries(&self) -> &Summaries {
        &self.summaries
    }

    /// The same, without what it was made of.
    pub fn into_summaries(self) -> Summaries {
        self.summaries
    }

    fn settle(&mut self, program: &Program, touched: &FxHashSet<GlobalDef>, widely: bool) {
        let files = || self.files.iter().enumerate().map(|(at, effects)| (FileId(at as u32), &**effects));
        let all = files().flat_map(|(file, effects)| {
            effects.hosts.iter().map(move |&(closure, host)| (GlobalDef { file, def: closure }, GlobalDef { file, def: host }))
        });
        let hosts: FxHashMap<GlobalDef, GlobalDef> = all.collect();
        let cached: FxHashSet<GlobalDef> =
            files().flat_map(|(file, effects)| effects.cached.iter().map(move |&def| GlobalDef { file, def })).collect();
        let queries = groups(program, &self.functions.all, &hosts, own_queries(program, files()), &cached);
        let edges = followed_edges(files(), &self.functions, &hosts);
        let is_first = self.components.is_empty();
        let is_rewired = is_first
            || edges
                .iter()
                .zip(&self.edges)
                .any(|(now, before)| now.len() != before.len() || now.iter().zip(before).any(|(now, before)| now.0 != before.0));
        let mut stale: Vec<bool> = (0..self.functions.all.len())
            .map(|at| {
                is_first || queries[at] != self.queries[at] || edges[at] != self.edges[at] || touched.contains(&self.functions.all[at])
            })
            .collect();
        let own: Vec<usize> = (0..stale.len()).filter(|&at| stale[at]).collect();
        (self.queries, self.edges) = (queries, edges);
        // Also functions that called each other, and no longer do.
        spread(&self.components, &mut stale);
        if is_rewired {
            self.components = components_of(&self.edges);
        }
        let changed = self.reach(program, &cached, &mut stale);
        for &at in own.iter().chain(&changed) {
            self.summarise(at, &hosts);
        }
        if is_first || widely || self.concerns_writes(&own) || self.concerns_writes(&changed) {
            let before = std::mem::take(&mut self.writing);
            self.writing =
                transactions(program, &self.functions.all, &hosts, &self.edges, files_of(&self.files), &mut self.summaries, before);
        }
    }

    /// Finds what stale functions reach, and those that call one that reaches something else now; which functions do.
    fn reach(&mut self, program: &Program, cached: &FxHashSet<GlobalDef>, stale: &mut [bool]) -> Vec<usize> {
        let mut changed = Vec::new();
        let mut is_changed = vec![false; stale.len()];
        for component in &self.components {
            let calls_changed = |&member: &u32| self.edges[member as usize].iter().any(|(callee, _)| is_changed[*callee as usize]);
            if !component.iter().any(|member| stale[*member as usize] || calls_changed(member)) {
                continue;
            }
            let before: Vec<Vec<Reach>> = component.iter().map(|&member| std::mem::take(&mut self.reaches[member as usize])).collect();
            for _ in 0..MAX_ROUNDS {
                let mut grew = false;
                for &member in component {
                    let at = member as usize;
                    let function = self.functions.all[at];
                    let found = reach_of(program, function, &self.queries[at], &self.edges[at], &self.functions.all, &self.reaches, cached);
                    if found != self.reaches[at] {
                        self.reaches[at] = found;
                        grew = true;
                    }
                }
                if !grew || component.len() == 1 {
                    break;
                }
            }
            for (&member, before) in component.iter().zip(before) {
                if self.reaches[member as usize] != before {
                    is_changed[member as usize] = true;
                    changed.push(member as usize);
                }
            }
        }
        changed
    }

    fn summarise(&mut self, at: usize, hosts: &FxHashMap<GlobalDef, GlobalDef>) {
        let function = self.functions.all[at];
        let runs_in = hosts.get(&function).copied();
        let (queries, reaches) = (&self.queries[at], &self.reaches[at]);
        let known = self.summaries.by_function.get(&function);
        let is_empty = queries.is_empty() && reaches.is_empty() && runs_in.is_none() && known.is_none_or(|known| known.writes.is_empty());
        if is_empty {
            self.summaries.by_function.remove(&function);
        } else if known.is_none_or(|known| known.queries != *queries || known.reaches != *reaches || known.runs_in != runs_in) {
            let summary = self.summaries.entry(function);
            (summary.queries, summary.reaches, summary.runs_in) = (queries.clone(), reaches.clone(), runs_in);
        }
    }

    /// One of the functions writes, or calls one that does.
    fn concerns_writes(&self, functions: &[usize]) -> bool {
        let writes = |at: usize| {
            self.writing.contains(&self.functions.all[at]) || self.reaches[at].iter().any(|reach| reach.access == Access::Write)
        };
        functions.iter().any(|&at| writes(at) || self.edges[at].iter().any(|(callee, _)| writes(*callee as usize)))
    }
}

/// Marks all functions of a group in which one is marked.
fn spread(components: &[Vec<u32>], stale: &mut [bool]) {
    for component in components.iter().filter(|component| component.len() > 1) {
        if component.iter().any(|&member| stale[member as usize]) {
            component.iter().for_each(|&member| stale[member as usize] = true);
        }
    }
}

fn files_of(files: &[Arc<FileEffects>]) -> impl Iterator<Item = (FileId, &FileEffects)> {
    files.iter().enumerate().map(|(at, effects)| (FileId(at as u32), &**effects))
}

/// Closure → the function as part of which it runs.
fn hosts_of(program: &Program, file: FileId, nesting: &Nesting) -> Vec<(DefId, DefId)> {
    let facts = program.file(file);
    let mut hosts: Vec<(DefId, DefId)> = Vec::new();
    let mut known: FxHashMap<DefId, DefId> = FxHashMap::default();
    // Parents come before children, so the host of the holder is known by then.
    for (id, def) in facts.definitions() {
        if !def.flags.has(DefFlags::CLOSURE) {
            continue;
        }
        // Module code that hands a closure over (`export const POST = wrap(async () => …)`) makes a handler, it does not run it.
        let is_function = |def: &DefId| matches!(facts.def(*def).kind, DefKind::Function | DefKind::Method);
        if let Some(holder) = holder(program, file, facts, nesting, id).filter(is_function) {
            let host = known.get(&holder).copied().unwrap_or(holder);
            known.insert(id, host);
            hosts.push((id, host));
        }
    }
    hosts
}

/// The definition that holds the closure, when the closure runs inside it.
fn holder(program: &Program, file: FileId, facts: &FileFacts, nesting: &Nesting, closure: DefId) -> Option<DefId> {
    let place = nesting.place(closure)?;
    let mut at = place;
    let mut parent = nesting.parent(at)?;
    // `{ onSuccess: () => … }`, `[async () => …]`, `handler=lambda: …` belong to the call they are given to.
    while matches!(
        facts.arena.kind(parent),
        NodeKind::Entry { .. } | NodeKind::Collection { .. } | NodeKind::Argument { .. } | NodeKind::Spread { .. } | NodeKind::Cast { .. }
    ) {
        at = parent;
        parent = nesting.parent(at)?;
    }
    match facts.arena.kind(parent) {
        NodeKind::Call { callee, form, .. } => {
            let runs = callee == at || (form != CallForm::Pattern && !runs_elsewhere(program, file, facts, parent));
            runs.then(|| nesting.owner(place))
        }
        // `async { … }.await` and `(async () => { … })()` written with an await between.
        NodeKind::Await(_) | NodeKind::Propagate(_) | NodeKind::Member { .. } => Some(nesting.owner(place)),
        // Rust's `async { … }` as the value of a closure or variable: whoever polls it is around here.
        _ if is_async_block(facts, closure) => Some(nesting.owner(place)),
        _ => None,
    }
}

/// `async { … }` is lowered as a closure without parameters.
fn is_async_block(facts: &FileFacts, closure: DefId) -> bool {
    let def = facts.def(closure);
    facts.language.family() == Family::Rust && def.flags.has(DefFlags::ASYNC) && def.params.is_empty()
}

/// True when what is given to the call runs later, elsewhere, or for another caller.
pub(super) fn runs_elsewhere(program: &Program, file: FileId, facts: &FileFacts, call: NodeId) -> bool {
    let known = program
        .called_api(file, call)
        .is_some_and(|api| program.facts_of(api).any(|(fact, _)| matches!(fact, ApiFact::RunsElsewhere | ApiFact::Route(_))));
    known || called_name(facts, call).is_some_and(|name| api_names().waits.listeners.has(name))
}

/// Queries by the definition whose code holds them. Builders that are returned count when a caller awaits the result.
fn own_queries<'f>(program: &Program, files: impl Iterator<Item = (FileId, &'f FileEffects)>) -> FxHashMap<GlobalDef, Vec<QueryEffect>> {
    let mut own: FxHashMap<GlobalDef, Vec<QueryEffect>> = FxHashMap::default();
    let mut returned: FxHashMap<GlobalDef, Vec<&Found>> = FxHashMap::default();
    for (file, effects) in files {
        for found in &effects.queries {
            let function = GlobalDef { file, def: found.owner };
            if found.returned {
                returned.entry(function).or_default().push(found);
            } else {
                own.entry(function).or_default().push(found.effect.clone());
            }
        }
    }
    if returned.is_empty() {
        return own;
    }
    for edge in &program.calls {
        if !returned.contains_key(&edge.callee) || edge.kind != CallKind::Call || edge.resolution == Resolution::NameOnly {
            continue;
        }
        if uses_up(program, edge.caller.file, program.nesting(edge.caller.file), edge.site) {
            let found = returned.remove(&edge.callee).unwrap_or_default();
            own.entry(edge.callee).or_default().extend(found.into_iter().map(|found| found.effect.clone()));
        }
    }
    own
}

/// Functions whose queries a cache stands in front of.
fn cached_functions(program: &Program, file: FileId, nesting: &Nesting) -> Vec<DefId> {
    let facts = program.file(file);
    let is_cached = |function: GlobalDef| {
        opens_connection(facts.text(facts.def(function.def).name))
            || decorated_by_cache(program, facts, function)
            || wrapped_by_cache(program, facts, nesting, function)
            || reads_cache_first(facts, function)
    };
    let functions = facts.definitions().filter(|(_, def)| def.body.is_some()).map(|(def, _)| def);
    functions.filter(|&def| is_cached(GlobalDef { file, def })).collect()
}

/// What a connection does when it is opened is done once for many queries.
fn opens_connection(name: &str) -> bool {
    api_names().orm.opens.has(name)
}

fn is_cache(program: &Program, file: FileId, node: NodeId) -> bool {
    let api = program.called_api(file, node).or_else(|| program.api(file, node));
    api.is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Cached))
}

fn decorated_by_cache(program: &Program, facts: &FileFacts, function: GlobalDef) -> bool {
    let def = facts.def(function.def);
    def.decorators.iter().any(|&decorator| chain(facts, decorator).any(|link| is_cache(program, function.file, link)))
}

/// `cache(async () => …)`, `cache.getOrSet(key, () => …)`.
fn wrapped_by_cache(program: &Program, facts: &FileFacts, nesting: &Nesting, function: GlobalDef) -> bool {
    let Some((call, _)) = nesting.place(function.def).and_then(|place| nesting.argument_of(facts, place)) else { return false };
    is_cache(program, function.file, call) || called_name(facts, call).is_some_and(|name| api_names().loading.caches.has(name))
}

/// Cache-aside: the body both asks something named a cache and fills it. Also a value made once and kept in a field:
/// `if self._rows is None: self._rows = load()`.
fn reads_cache_first(facts: &FileFacts, function: GlobalDef) -> bool {
    let Some(body) = facts.def(function.def).body else { return false };
    let (mut asks, mut fills, mut kept, mut may_remember) = (false, false, false, false);
    facts.arena.walk(body, |node| match facts.arena.kind(node) {
        NodeKind::Call { callee, .. } => {
            let NodeKind::Member { object, name, .. } = facts.arena.kind(callee) else { return };
            may_remember |= facts.text(name) == "set";
            if names_cache(facts, object) {
                let method = facts.text(name);
                asks |= method.starts_with("get") || matches!(method, "hget" | "hgetall" | "mget" | "aget");
                fills |= method.starts_with("set") || api_names().batches.cache_writes.has(method);
            }
        }
        NodeKind::Assign { target, .. } => {
            if let NodeKind::Index { object, .. } = facts.arena.kind(target) {
                may_remember = true;
                fills |= names_cache(facts, object);
            }
        }
        NodeKind::If { condition, then, .. } => kept |= keeps_in_field(facts, condition, then),
        _ => {}
    });
    asks && fills || kept || may_remember && remembers(facts, body)
}

/// A map that outlives the call is asked for the key and filled with it: `if (byId.has(id)) return byId.get(id); …; byId.set(id, row)`.
fn remembers(facts: &FileFacts, body: NodeId) -> bool {
    let named = |node: NodeId| match facts.arena.kind(node) {
        NodeKind::Name(name) => Some(name),
        _ => None,
    };
    let held = |map: NodeId, key: NodeId| match facts.arena.kind(map) {
        NodeKind::Name(name) => Some((false, name, named(key)?)),
        NodeKind::Member { object, name, .. } if facts.arena.kind(object) == NodeKind::Receiver => Some((true, name, named(key)?)),
        _ => None,
    };
    let (mut asked, mut filled, mut own) = (Vec::new(), Vec::new(), Vec::new());
    facts.arena.walk(body, |node| match facts.arena.kind(node) {
        NodeKind::Call { callee, args, .. } => {
            let NodeKind::Member { object, name, .. } = facts.arena.kind(callee) else { return };
            let Some(key) = facts.arena.list(args).next() else { return };
            match facts.text(name) {
                "get" | "has" => asked.extend(held(object, key)),
                "set" => filled.extend(held(object, key)),
                _ => {}
            }
        }
        NodeKind::Binary { op: BinaryOp::In | BinaryOp::NotIn, left, right } => asked.extend(held(right, left)),
        NodeKind::Declare { target, .. } => own.extend(named(target)),
        NodeKind::Assign { target, .. } => match facts.arena.kind(target) {
            NodeKind::Index { object, index } => filled.extend(held(object, index)),
            _ => own.extend(named(target)),
        },
        _ => {}
    });
    filled.iter().any(|map| asked.contains(map) && (map.0 || !own.contains(&map.1)))
}

fn names_cache(facts: &FileFacts, object: NodeId) -> bool {
    chain(facts, object).any(|link| {
        last_name(facts, link).is_some_and(|name| {
            let name = facts.text(name).to_ascii_lowercase();
            name.contains("cache") || name.contains("redis")
        })
    })
}

/// The branch fills the field of the receiver that the condition found empty.
fn keeps_in_field(facts: &FileFacts, condition: NodeId, then: NodeId) -> bool {
    let field = match facts.arena.kind(condition) {
        NodeKind::Unary { op: UnaryOp::Not, value } => own_field(facts, value),
        NodeKind::Binary { op: BinaryOp::Is | BinaryOp::Equal, left, right } if facts.arena.kind(right) == NodeKind::Null => {
            own_field(facts, left)
        }
        _ => None,
    };
    let Some(field) = field else { return false };
    let mut fills = false;
    facts.arena.walk(then, |node| {
        if let NodeKind::Assign { target, .. } = facts.arena.kind(node) {
            fills |= own_field(facts, target) == Some(field);
        }
    });
    fills
}

/// `x` of `self.x`.
fn own_field(facts: &FileFacts, node: NodeId) -> Option<Name> {
    match facts.arena.kind(node) {
        NodeKind::Member { object, name, .. } if facts.arena.kind(object) == NodeKind::Receiver => Some(name),
        _ => None,
    }
}

/// Own queries of each function with those of the closures that run in it, in source order.
fn groups(
    program: &Program,
    functions: &[GlobalDef],
    hosts: &FxHashMap<GlobalDef, GlobalDef>,
    mut own: FxHashMap<GlobalDef, Vec<QueryEffect>>,
    cached: &FxHashSet<GlobalDef>,
) -> Vec<Vec<QueryEffect>> {
    let mut held: FxHashMap<GlobalDef, Vec<QueryEffect>> = FxHashMap::default();
    for &function in functions {
        if let Some(host) = hosts.get(&function)
            && !cached.contains(&function)
            && let Some(queries) = own.get(&function)
        {
            held.entry(*host).or_default().extend(queries.iter().cloned());
        }
    }
    functions
        .iter()
        .map(|function| {
            let mut queries = own.remove(function).unwrap_or_default();
            queries.extend(held.remove(function).unwrap_or_default());
            let arena = &program.file(function.file).arena;
            queries.sort_by_key(|query| (arena.span(query.site), query.site));
            queries
        })
        .collect()
}

/// The nearest query of each access and table that one function reaches, given what its callees reach.
fn reach_of(
    program: &Program,
    function: GlobalDef,
    queries: &[QueryEffect],
    edges: &[Followed],
    functions: &[GlobalDef],
    known: &[Vec<Reach>],
    cached: &FxHashSet<GlobalDef>,
) -> Vec<Reach> {
    let is_cached = cached.contains(&function);
    let mut best: FxHashMap<(Access, Option<String>, bool), (usize, Reach)> = FxHashMap::default();
    let mut order = 0;
    let mut offer = |reach: Reach| {
        order += 1;
        match best.entry((reach.access, reach.table.clone(), reach.query.deferred)) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert((order, reach));
            }
            std::collections::hash_map::Entry::Occupied(mut entry) => {
                let known = &entry.get().1;
                let by_setting =
                    |reach: &Reach| depends_on_setting(program.file(function.file), program.nesting(function.file), reach.site);
                // `if settings.IS_DEMO:` is mostly not the case: what runs else is what the function does.
                if known.site != reach.site
                    && !reach.cached
                    && reach.confidence != Confidence::Low
                    && by_setting(known) != by_setting(&reach)
                {
                    if by_setting(known) {
                        entry.insert((order, reach));
                    }
                    return;
                }
                if rank(&reach) < rank(known) || rank(&reach) == rank(known) && runs_surely(program, known, &reach) {
                    entry.insert((order, reach));
                }
            }
        }
    };
    for query in queries {
        offer(Reach {
            access: query.access,
            table: query.table.clone(),
            site: query.site,
            via: None,
            target: function,
            query: query.clone(),
            depth: 0,
            confidence: query.confidence,
            cached: is_cached,
        });
    }
    for (callee, edge) in edges {
        for reach in &known[*callee as usize] {
            if reach.target == function && reach.via.is_none() {
                continue;
            }
            offer(Reach {
                site: edge.site,
                via: Some(functions[*callee as usize]),
                depth: reach.depth.saturating_add(1),
                confidence: reach.confidence.min(edge.resolution.confidence()),
                cached: reach.cached || is_cached,
                ..reach.clone()
            });
        }
    }
    let arena = &program.file(function.file).arena;
    let mut found: Vec<(usize, Reach)> = best.into_values().collect();
    found.sort_by_key(|(order, reach)| (rank(reach), arena.span(reach.site), *order));
    found.truncate(Summary::REACH_LIMIT);
    found.into_iter().map(|(_, reach)| reach).collect()
}

/// Believable, uncached and near ones first.
fn rank(reach: &Reach) -> (bool, bool, u16, std::cmp::Reverse<Confidence>) {
    (reach.confidence == Confidence::Low, reach.cached, reach.depth, std::cmp::Reverse(reach.confidence))
}

/// Both are run here, and the library may send the known one together with others of one tick: the new one surely runs each time. Not where it
/// stands in for the known one: `byId ? findUnique(…) : findFirst(…)`.
fn runs_surely(program: &Program, known: &Reach, new: &Reach) -> bool {
    let may_be_batched = |reach: &Reach| {
        let entry = program.knowledge.entries.get(reach.query.entry as usize);
        matches!(entry.map(|entry| &entry.fact), Some(ApiFact::Query(fact)) if fact.same_tick_batched)
    };
    if known.via.is_some() || new.via.is_some() || !may_be_batched(known) || may_be_batched(new) {
        return false;
    }
    let file = new.target.file;
    let (arena, nesting) = (&program.file(file).arena, program.nesting(file));
    let (one, other) = (arena.span(known.site), arena.span(new.site));
    !nesting.around(new.site).any(|node| match arena.kind(node) {
        NodeKind::If { then, otherwise: Some(otherwise), .. } => arena.span(then).contains(one) && arena.span(otherwise).contains(other),
        _ => false,
    })
}
