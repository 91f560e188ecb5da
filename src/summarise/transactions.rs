//! Which of a function's writes stand on their own: a write or commit outside every transaction is durable when it has run, so
//! what follows it cannot take it back.
//!
//! A transaction is seen where it is opened around the code (a `with`, a callback, a decorator, a plain `begin` before it, also
//! through functions of the project that open one), where the code is handed one (`tx`, `&mut Transaction`, `{ transaction: t }`), where every
//! caller has opened one, and where a middleware, a dependency or a setting opens one for each request. In libraries whose
//! sessions collect writes ([`WriteMode::OnCommit`]), the commit is the write.

use rustc_hash::{FxHashMap, FxHashSet};

use super::edges::Followed;
use super::effects::FileEffects;
use crate::model::body::{CallForm, CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, Param};
use crate::model::finding::Confidence;
use crate::model::knowledge::{Access, ApiFact, WriteMode};
use crate::model::nesting::{Nesting, arguments, called_name, chain, last_name};
use crate::model::program::{CallEdge, CallKind, Program, Resolution};
use crate::model::role::{GlobalDef, Role};
use crate::model::serializers::model_saved;
use crate::model::source::{Family, FileId};
use crate::model::summary::{Summaries, Summary, Write};
use crate::model::words::words;
use crate::rulebook::vocabulary::vocabulary;

/// Most steps kept of one function.
const MAX_WRITES: usize = 64;

/// Where the code of a file opens and ends transactions.
#[derive(Default)]
pub(super) struct FileTransactions {
    sites: Vec<Transaction>,
    /// Calls that write a row of the model that a class names, by the definition they are in.
    saves: Vec<(DefId, NodeId)>,
    /// Frameworks whose setting opens a transaction for each request.
    settings: Vec<u16>,
}

/// A call that opens a transaction, or commits one.
struct Transaction {
    owner: DefId,
    call: NodeId,
    commits: bool,
    opens: bool,
    /// What is opened stays open: no block of it stands here.
    begins: bool,
}

impl FileTransactions {
    pub(super) fn of(program: &Program, file: FileId, nesting: &Nesting) -> FileTransactions {
        let facts = program.file(file);
        let calls: Vec<NodeId> = facts.arena.ids().filter(|&node| matches!(facts.arena.kind(node), NodeKind::Call { .. })).collect();
        let sites = calls.iter().filter_map(|&node| Transaction::of(program, file, nesting, node)).collect();
        let saves = |&node: &NodeId| {
            let api = program.called_api(file, node);
            api.is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::SavesModel))
        };
        let saves = calls.into_iter().filter(saves).map(|node| (nesting.owner(node), node)).collect();
        FileTransactions { sites, saves, settings: by_setting(program, file) }
    }

    /// Code of other files may be in a transaction by what this one says.
    pub(super) fn is_seen_elsewhere(&self) -> bool {
        !self.sites.is_empty() || !self.settings.is_empty()
    }
}

impl Transaction {
    fn of(program: &Program, file: FileId, nesting: &Nesting, call: NodeId) -> Option<Transaction> {
        let facts = program.file(file);
        let (mut opens, mut commits) = (starts_by_text(facts, call), false);
        if let Some(api) = program.called_api(file, call) {
            for (fact, found) in program.facts_of(api) {
                opens |= *fact == ApiFact::Transaction;
                commits |= *fact == ApiFact::Commit && mode(program, found.entry) == WriteMode::OnCommit;
            }
        }
        if !opens && !commits {
            return None;
        }
        let takes_work = || arguments(facts, call).any(|argument| is_work(facts, argument)) || is_with_item(facts, nesting, call);
        Some(Transaction { owner: nesting.owner(call), call, commits, opens, begins: opens && !takes_work() })
    }
}

/// Fills `writes` of every function that writes; which do, where some of those `before` no longer may.
pub(super) fn transactions<'f>(
    program: &Program,
    functions: &[GlobalDef],
    hosts: &FxHashMap<GlobalDef, GlobalDef>,
    edges: &[Vec<Followed>],
    files: impl Iterator<Item = (FileId, &'f FileEffects)>,
    summaries: &mut Summaries,
    before: FxHashSet<GlobalDef>,
) -> FxHashSet<GlobalDef> {
    let scopes = Scopes::of(program, functions, hosts, files);
    let commits = commits(program, functions, edges, &scopes);
    let writing: FxHashSet<GlobalDef> = functions
        .iter()
        .enumerate()
        .filter(|(at, function)| {
            commits[*at].is_some()
                || scopes.saves.contains_key(function)
                || summaries.of(**function).is_some_and(|summary| summary.reaches.iter().any(|reach| reach.access == Access::Write))
        })
        .map(|(_, function)| *function)
        .collect();
    let covered = scopes.covered_by_callers(&writing);
    let mut found: Vec<(GlobalDef, Vec<Write>)> = Vec::new();
    for (at, &function) in functions.iter().enumerate() {
        if !writing.contains(&function) || hosts.contains_key(&function) {
            continue;
        }
        let is_covered = covered.contains(&function);
        let mut writes = own_writes(program, summaries, function, &scopes);
        writes.extend(saved(program, function, &scopes));
        writes.extend(
            scopes.commit_sites(function).map(|(owner, site)| scopes.commit(owner, site, None, (owner, site), 0, Confidence::High)),
        );
        writes.extend(edges[at].iter().filter_map(|(callee, edge)| call(program, summaries, functions, &commits, &scopes, *callee, edge)));
        for write in &mut writes {
            write.in_transaction |= is_covered || scopes.is_covered_by_framework(write);
        }
        let arena = &program.file(function.file).arena;
        writes.sort_by_key(|write| (arena.span(write.site), write.site, write.via.is_some(), std::cmp::Reverse(write.confidence)));
        // A call has several possible callees; the surest stands for all.
        writes.dedup_by_key(|write| write.site);
        writes.truncate(MAX_WRITES);
        if !writes.is_empty() {
            found.push((function, writes));
        }
    }
    let mut gone: Vec<GlobalDef> = before.into_iter().collect();
    gone.sort_unstable();
    gone.retain(|function| found.binary_search_by_key(function, |(function, _)| *function).is_err());
    found.extend(gone.into_iter().map(|function| (function, Vec::new())));
    for (function, writes) in found {
        let known = summaries.by_function.get(&function);
        if known.map_or(&[][..], |known| known.writes.as_slice()) != writes {
            summaries.entry(function).writes = writes;
        }
        if summaries.by_function.get(&function).is_some_and(|known| **known == Summary::default()) {
            summaries.by_function.remove(&function);
        }
    }
    writing
}

fn mode(program: &Program, entry: u32) -> WriteMode {
    program.knowledge.framework_of(entry).map_or(WriteMode::Immediate, |framework| framework.writes)
}

fn framework(program: &Program, entry: u32) -> u16 {
    program.knowledge.entries.get(entry as usize).map_or(u16::MAX, |entry| entry.framework)
}

/// Writes of libraries without a unit of work that the function runs itself.
fn own_writes(program: &Program, summaries: &Summaries, function: GlobalDef, scopes: &Scopes) -> Vec<Write> {
    let queries = summaries.of(function).map(|summary| summary.queries.as_slice()).unwrap_or_default();
    let writes = queries.iter().filter(|query| {
        query.access == Access::Write && mode(program, query.entry) != WriteMode::OnCommit && query.confidence >= Confidence::Medium
    });
    writes
        .map(|query| Write {
            site: query.site,
            via: None,
            target: (function, query.site),
            tables: query.table.iter().cloned().collect(),
            mode: mode(program, query.entry),
            framework: framework(program, query.entry),
            depth: 0,
            confidence: query.confidence,
            in_transaction: scopes.is_covered(function.file, query.site),
        })
        .collect()
}

/// Rows of models that a function writes through classes that name them: `serializer.save()`, `super().create(data)`.
fn saved(program: &Program, function: GlobalDef, scopes: &Scopes) -> Vec<Write> {
    let sites = scopes.saves.get(&function).map(Vec::as_slice).unwrap_or_default();
    let table = |owner: GlobalDef, site| {
        let NodeKind::Call { callee, .. } = program.file(owner.file).arena.kind(site) else { return None };
        let NodeKind::Member { object, .. } = program.file(owner.file).arena.kind(callee) else { return None };
        model_saved(program, owner.file, owner.def, object).map(|model| program.name(model).to_string())
    };
    let write = |&(owner, site): &(GlobalDef, NodeId)| Write {
        site,
        via: None,
        target: (owner, site),
        tables: table(owner, site).into_iter().collect(),
        mode: WriteMode::Immediate,
        framework: scopes.by_setting.iter().copied().min().unwrap_or(u16::MAX),
        depth: 0,
        confidence: Confidence::High,
        in_transaction: scopes.is_covered(owner.file, site),
    };
    sites.iter().map(write).filter(|write| !write.tables.is_empty()).collect()
}

/// A call that leads to a write or commit.
fn call(
    program: &Program,
    summaries: &Summaries,
    functions: &[GlobalDef],
    commits: &[Option<Commit>],
    scopes: &Scopes,
    callee: u32,
    edge: &CallEdge,
) -> Option<Write> {
    let function = functions[callee as usize];
    let reached = summaries.of(function).map(|summary| summary.reaches.as_slice()).unwrap_or_default();
    let mut writes: Vec<_> =
        reached.iter().filter(|reach| reach.access == Access::Write && reach.confidence >= Confidence::Medium).collect();
    writes.sort_by_key(|reach| reach.depth);
    let mut tables: Vec<String> = writes.iter().filter_map(|reach| reach.table.clone()).collect();
    tables.dedup();
    tables.truncate(4);
    let confidence = edge.resolution.confidence();
    if let Some(commit) = commits[callee as usize]
        && !asks_for_no_commit(program.file(edge.caller.file), edge.site)
    {
        let mut write = scopes.commit(edge.caller, edge.site, Some(function), commit.target, commit.depth + 1, confidence);
        write.tables = tables;
        return Some(write);
    }
    let nearest = writes.into_iter().find(|reach| mode(program, reach.query.entry) != WriteMode::OnCommit)?;
    let inside = summaries_cover(scopes, nearest.target, nearest.query.site);
    Some(Write {
        site: edge.site,
        via: Some(function),
        target: (nearest.target, nearest.query.site),
        tables,
        mode: mode(program, nearest.query.entry),
        framework: framework(program, nearest.query.entry),
        depth: nearest.depth + 1,
        confidence: confidence.min(nearest.confidence),
        in_transaction: scopes.is_covered(edge.caller.file, edge.site) || inside,
    })
}

/// The write is handed a transaction: its callers have one. What is opened around it there has ended when the call comes back, and then it stays.
fn summaries_cover(scopes: &Scopes, target: GlobalDef, site: NodeId) -> bool {
    let opens_own = scopes.program.file(target.file).language.family() == Family::TypeScript
        && (scopes.is_enclosed(target.file, site) || scopes.follows_begin(target.file, site));
    scopes.is_handed_transaction(target.file, site) && !opens_own
}

/// `save(commit=False)`.
fn asks_for_no_commit(facts: &FileFacts, call: NodeId) -> bool {
    arguments(facts, call).any(|argument| match facts.arena.kind(argument) {
        NodeKind::Argument { name, value } => {
            facts.text(name).to_ascii_lowercase().contains("commit") && facts.arena.kind(value) == NodeKind::Bool(false)
        }
        _ => false,
    })
}

/// The nearest commit a function reaches.
#[derive(Clone, Copy)]
struct Commit {
    target: (GlobalDef, NodeId),
    depth: u16,
}

/// The nearest commit each function reaches, breadth first against the calls.
fn commits(program: &Program, functions: &[GlobalDef], edges: &[Vec<Followed>], scopes: &Scopes) -> Vec<Option<Commit>> {
    let mut nearest: Vec<Option<Commit>> =
        functions.iter().map(|&function| scopes.commit_sites(function).next().map(|target| Commit { target, depth: 0 })).collect();
    let mut callers: Vec<Vec<u32>> = vec![Vec::new(); functions.len()];
    for (caller, followed) in edges.iter().enumerate() {
        for &(callee, ref edge) in followed {
            if edge.kind != CallKind::Implicit && !asks_for_no_commit(program.file(edge.caller.file), edge.site) {
                callers[callee as usize].push(caller as u32);
            }
        }
    }
    let mut wave: Vec<u32> = (0..functions.len() as u32).filter(|&at| nearest[at as usize].is_some()).collect();
    while !wave.is_empty() {
        let mut next = Vec::new();
        for at in wave {
            let Some(commit) = nearest[at as usize] else { continue };
            for &caller in &callers[at as usize] {
                if nearest[caller as usize].is_none() {
                    nearest[caller as usize] = Some(Commit { depth: commit.depth.saturating_add(1), ..commit });
                    next.push(caller);
                }
            }
        }
        wave = next;
    }
    nearest
}

/// Where transactions are, in the whole program.
struct Scopes<'a> {
    program: &'a Program<'a>,
    hosts: &'a FxHashMap<GlobalDef, GlobalDef>,
    /// Functions whose code opens a transaction.
    opening: FxHashSet<GlobalDef>,
    /// Plain `begin`s by the function as part of which they run.
    begins: FxHashMap<GlobalDef, Vec<NodeId>>,
    /// Commits of units of work by the function as part of which they run.
    commits: FxHashMap<GlobalDef, Vec<(GlobalDef, NodeId)>>,
    /// Rows that are written through a class that names their model, likewise.
    saves: FxHashMap<GlobalDef, Vec<(GlobalDef, NodeId)>>,
    /// Frameworks whose setting opens a transaction for each request.
    by_setting: FxHashSet<u16>,
    /// A middleware opens one for each request.
    by_middleware: bool,
}

impl<'a> Scopes<'a> {
    fn of<'f>(
        program: &'a Program<'a>,
        functions: &[GlobalDef],
        hosts: &'a FxHashMap<GlobalDef, GlobalDef>,
        files: impl Iterator<Item = (FileId, &'f FileEffects)>,
    ) -> Scopes<'a> {
        let mut scopes = Scopes {
            program,
            hosts,
            opening: FxHashSet::default(),
            begins: FxHashMap::default(),
            commits: FxHashMap::default(),
            saves: FxHashMap::default(),
            by_setting: FxHashSet::default(),
            by_middleware: false,
        };
        for (file, effects) in files {
            scopes.by_setting.extend(&effects.transactions.settings);
            for site in &effects.transactions.sites {
                scopes.add(file, site);
            }
            for &(def, site) in &effects.transactions.saves {
                let owner = GlobalDef { file, def };
                scopes.saves.entry(scopes.host(owner)).or_default().push((owner, site));
            }
        }
        scopes.add_beginners();
        // In a file of everything, which has middleware too, a handler is none.
        let is_middleware = |function: GlobalDef| program.role(function).is_some_and(|evidence| evidence.role == Role::Middleware);
        scopes.by_middleware = functions.iter().any(|&function| scopes.opening.contains(&function) && is_middleware(function));
        scopes
    }

    fn host(&self, function: GlobalDef) -> GlobalDef {
        self.hosts.get(&function).copied().unwrap_or(function)
    }

    fn add(&mut self, file: FileId, site: &Transaction) {
        let owner = GlobalDef { file, def: site.owner };
        let host = self.host(owner);
        if site.commits {
            self.commits.entry(host).or_default().push((owner, site.call));
        }
        if site.opens {
            self.opening.insert(owner);
            self.opening.insert(host);
        }
        if site.begins {
            self.begins.entry(host).or_default().push(site.call);
        }
    }

    /// A function that begins a transaction and does not end it leaves it open for its caller: `startTransaction(connection)`.
    fn add_beginners(&mut self) {
        let beginners: FxHashSet<GlobalDef> = self.begins.keys().copied().filter(|&function| !ends(self.program, function)).collect();
        if beginners.is_empty() {
            return;
        }
        let calls = self
            .program
            .calls
            .iter()
            .filter(|edge| edge.kind == CallKind::Call && edge.resolution != Resolution::NameOnly && beginners.contains(&edge.callee));
        let sites: Vec<(GlobalDef, NodeId)> = calls.map(|edge| (self.host(edge.caller), edge.site)).collect();
        for (host, site) in sites {
            self.begins.entry(host).or_default().push(site);
        }
    }

    fn commit_sites(&self, function: GlobalDef) -> impl Iterator<Item = (GlobalDef, NodeId)> + '_ {
        self.commits.get(&function).into_iter().flatten().copied()
    }

    fn commit(
        &self,
        owner: GlobalDef,
        site: NodeId,
        via: Option<GlobalDef>,
        target: (GlobalDef, NodeId),
        depth: u16,
        confidence: Confidence,
    ) -> Write {
        Write {
            site,
            via,
            target,
            tables: Vec::new(),
            mode: WriteMode::OnCommit,
            framework: u16::MAX,
            depth,
            confidence,
            in_transaction: via.is_some() && self.is_covered(owner.file, site),
        }
    }

    fn is_covered_by_framework(&self, write: &Write) -> bool {
        self.by_middleware || self.by_setting.contains(&write.framework)
    }

    /// True when a transaction is open at the node, as far as its own function shows.
    fn is_covered(&self, file: FileId, site: NodeId) -> bool {
        self.is_enclosed(file, site)
            || self.is_handed_transaction(file, site)
            || self.follows_begin(file, site)
            || self.is_run_later(file, site)
    }

    /// TypeScript: a statement that is kept without being waited for, and then is one of those that a transaction runs:
    /// `const paid = prisma.payout.create(…); await prisma.$transaction([paid, …])`.
    fn is_run_later(&self, file: FileId, site: NodeId) -> bool {
        let (facts, nesting) = (self.program.file(file), self.program.nesting(file));
        if facts.language.family() != Family::TypeScript {
            return false;
        }
        let mut at = nesting.chain_top(facts, site);
        let mut kept = None;
        for _ in 0..8 {
            if matches!(facts.arena.kind(at), NodeKind::Await(_)) {
                return false;
            }
            let Some(parent) = nesting.parent(at) else {
                // `orders.map((order) => prisma.order.update(…))`
                let mapped = nesting.closure_around(facts, at).and_then(|place| nesting.argument_of(facts, place));
                match mapped.filter(|&(call, _)| matches!(called_name(facts, call), Some("map" | "flatMap"))) {
                    Some((call, _)) => at = nesting.chain_top(facts, call),
                    None => return false,
                }
                continue;
            };
            match facts.arena.kind(parent) {
                NodeKind::Declare { target, .. } | NodeKind::Assign { target, .. } => {
                    if let NodeKind::Name(name) = facts.arena.kind(target) {
                        kept = Some((name, nesting.owner(parent)));
                    }
                    break;
                }
                NodeKind::Collection { kind: CollectionKind::List, .. } | NodeKind::Spread { .. } | NodeKind::Block { value: true, .. } => {
                    at = parent;
                }
                NodeKind::Return(_) if facts.def(nesting.owner(parent)).flags.has(DefFlags::CLOSURE) => at = parent,
                _ => return false,
            }
        }
        let Some((name, owner)) = kept else { return false };
        let Some(body) = facts.def(owner).body else { return false };
        let after = facts.arena.span(site).end;
        let mut found = false;
        facts.arena.walk_while(body, |node| {
            let is_run = matches!(facts.arena.kind(node), NodeKind::Call { .. })
                && facts.arena.span(node).end > after
                && called_name(facts, node).is_some_and(names_transaction);
            if is_run {
                for given in arguments(facts, node).filter(|&given| !matches!(facts.arena.kind(given), NodeKind::Closure(_))) {
                    facts.arena.walk(given, |part| found |= facts.arena.kind(part) == NodeKind::Name(name));
                }
            }
            !found
        });
        found
    }

    /// Inside a `with`, a callback or a decorated function that is a transaction, or a method of one: `impl DbTxn { … }`.
    fn is_enclosed(&self, file: FileId, site: NodeId) -> bool {
        let (facts, nesting) = (self.program.file(file), self.program.nesting(file));
        if is_method_of_transaction(facts, nesting.owner(site)) {
            return true;
        }
        let mut at = site;
        for _ in 0..10_000 {
            if let Some(parent) = nesting.parent(at) {
                let opens = match facts.arena.kind(parent) {
                    NodeKind::With { items, body, .. } if body == at => {
                        facts.arena.list(items).any(|item| self.is_transaction(file, with_value(facts, item)))
                    }
                    NodeKind::Call { callee, form, .. } => callee != at && form != CallForm::Pattern && self.is_transaction(file, parent),
                    _ => false,
                };
                if opens {
                    return true;
                }
                at = parent;
                continue;
            }
            let owner = nesting.owner(at);
            if self.is_wrapped(file, owner) {
                return true;
            }
            if !facts.def(owner).flags.has(DefFlags::CLOSURE) {
                return false;
            }
            let Some(place) = nesting.place(owner) else { return false };
            at = place;
        }
        false
    }

    /// A decorator, or a dependency that the framework calls first, opens a transaction around the function.
    fn is_wrapped(&self, file: FileId, owner: DefId) -> bool {
        let function = GlobalDef { file, def: owner };
        let facts = self.program.file(file);
        let decorated = facts.def(owner).decorators.iter().any(|&decorator| self.is_transaction(file, decorator));
        decorated
            || self.program.calls_from(function).iter().any(|edge| {
                edge.kind == CallKind::Implicit
                    && self.opening.contains(&edge.callee)
                    && self.program.def(edge.callee).flags.has(DefFlags::GENERATOR)
            })
    }

    /// The expression is a transaction, opens one, or calls a function of the project that does.
    fn is_transaction(&self, file: FileId, node: NodeId) -> bool {
        let facts = self.program.file(file);
        for link in chain(facts, node) {
            // A decorator of the project's own may be taught as one.
            let id = self.program.called_api_id(file, link).or_else(|| self.program.api_id(file, link));
            let api = id.map(|id| &self.program.apis[id.0 as usize]);
            if api.is_some_and(|api| self.program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Transaction)) {
                return true;
            }
        }
        let name = called_name(facts, node).or_else(|| last_name(facts, node).map(|name| facts.text(name))).unwrap_or_default();
        if names_transaction(name) {
            return true;
        }
        let owner = GlobalDef { file, def: self.program.nesting(file).owner(node) };
        self.program
            .calls_at(owner, node)
            .iter()
            .any(|edge| edge.kind != CallKind::Passed && edge.resolution != Resolution::NameOnly && self.opening.contains(&edge.callee))
    }

    /// The query is run on a transaction or told of one.
    fn is_handed_transaction(&self, file: FileId, site: NodeId) -> bool {
        let (facts, nesting) = (self.program.file(file), self.program.nesting(file));
        let top = nesting.chain_top(facts, site);
        let mut found = false;
        facts.arena.walk_while(top, |node| {
            match facts.arena.kind(node) {
                NodeKind::Name(name) | NodeKind::Argument { name, .. } | NodeKind::Member { name, .. } => {
                    found |= is_handle(facts.text(name)) || self.is_typed_handle(file, nesting, node);
                }
                NodeKind::Entry { key, .. } => {
                    found |= facts.string(key).is_some_and(|key| is_handle(key) || key == "session");
                }
                _ => {}
            }
            !found
        });
        found
    }

    /// A name that a parameter declares as a transaction: `conn: &mut Transaction`, `manager: EntityManager`.
    fn is_typed_handle(&self, file: FileId, nesting: &Nesting, node: NodeId) -> bool {
        let facts = self.program.file(file);
        let NodeKind::Name(name) = facts.arena.kind(node) else { return false };
        let mut at = nesting.owner(node);
        for _ in 0..16 {
            let def = facts.def(at);
            if let Some(param) = def.params.iter().find(|param| param.name == Some(name)) {
                return is_transaction_type(facts, param);
            }
            if !def.flags.has(DefFlags::CLOSURE) {
                return false;
            }
            at = def.parent;
        }
        false
    }

    /// After a plain `begin` of the same function.
    fn follows_begin(&self, file: FileId, site: NodeId) -> bool {
        let (facts, nesting) = (self.program.file(file), self.program.nesting(file));
        let host = self.host(GlobalDef { file, def: nesting.owner(site) });
        let start = facts.arena.span(site).start;
        self.begins.get(&host).is_some_and(|begins| begins.iter().any(|&begin| facts.arena.span(begin).start < start))
    }

    /// Writing functions that are only called where a transaction is open.
    fn covered_by_callers(&self, writing: &FxHashSet<GlobalDef>) -> FxHashSet<GlobalDef> {
        let mut callers: FxHashMap<GlobalDef, Vec<GlobalDef>> = FxHashMap::default();
        let mut open: FxHashSet<GlobalDef> = FxHashSet::default();
        let handlers: FxHashSet<GlobalDef> =
            self.program.routes.iter().flat_map(|route| self.program.handler_functions(route.handler)).collect();
        for edge in &self.program.calls {
            if !writing.contains(&edge.callee) || edge.resolution == Resolution::NameOnly || self.program.is(edge.caller, Role::Test) {
                continue;
            }
            let caller = self.host(edge.caller);
            if caller == edge.callee {
                continue;
            }
            let entry = callers.entry(edge.callee).or_default();
            if !self.is_covered(edge.caller.file, edge.site) {
                entry.push(caller);
            }
        }
        let mut covered: FxHashSet<GlobalDef> = callers.keys().copied().filter(|function| !handlers.contains(function)).collect();
        loop {
            open.clear();
            for (function, callers) in callers.iter().filter(|(function, _)| covered.contains(*function)) {
                if callers.iter().any(|caller| !covered.contains(caller)) {
                    open.insert(*function);
                }
            }
            if open.is_empty() {
                return covered;
            }
            covered.retain(|function| !open.contains(function));
        }
    }
}

/// The class or `impl` block around the code is called after a transaction: `UnitOfWork`, `WriteTransaction`.
fn is_method_of_transaction(facts: &FileFacts, owner: DefId) -> bool {
    std::iter::successors(Some(owner), |&at| (at != DefId::MODULE).then(|| facts.def(at).parent)).take(16).any(|at| {
        let def = facts.def(at);
        let of_name = |name: &str| {
            let words = words(name);
            words.last().is_some_and(|word| matches!(word.as_str(), "txn" | "tx" | "transaction" | "uow"))
                || words.ends_with(&["unit".into(), "of".into(), "work".into()])
        };
        match def.kind {
            DefKind::Class => of_name(facts.text(def.name)),
            DefKind::Impl => def.bases.first().and_then(|&own| last_name(facts, own)).is_some_and(|name| of_name(facts.text(name))),
            _ => false,
        }
    })
}

/// `with x as y`: `x`.
fn with_value(facts: &FileFacts, item: NodeId) -> NodeId {
    match facts.arena.kind(item) {
        NodeKind::Assign { value, .. } => value,
        _ => item,
    }
}

fn is_with_item(facts: &FileFacts, nesting: &Nesting, node: NodeId) -> bool {
    let top = nesting.chain_top(facts, node);
    let mut at = top;
    while let Some(parent) = nesting.parent(at) {
        match facts.arena.kind(parent) {
            NodeKind::With { items, .. } => return facts.arena.list(items).any(|item| item == at),
            NodeKind::Assign { .. } => at = parent,
            _ => return false,
        }
    }
    false
}

/// A function or list of statements given to be run.
fn is_work(facts: &FileFacts, argument: NodeId) -> bool {
    matches!(facts.arena.kind(argument), NodeKind::Closure(_) | NodeKind::Collection { .. } | NodeKind::Name(_))
}

/// `query("BEGIN")`.
fn starts_by_text(facts: &FileFacts, call: NodeId) -> bool {
    arguments(facts, call).next().and_then(|first| facts.string(first)).is_some_and(|text| {
        let text = text.trim_start();
        ["begin", "start transaction"].iter().any(|word| {
            text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
                && !text[word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
        })
    })
}

/// The function commits or takes back, in words or by a method.
fn ends(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    let Some(body) = program.def(function).body else { return true };
    let mut found = false;
    facts.arena.walk(body, |node| {
        let ends =
            |text: &str| ["commit", "rollback", "end"].iter().any(|word| text.trim().trim_end_matches(';').eq_ignore_ascii_case(word));
        found |= matches!(facts.arena.kind(node), NodeKind::Call { .. })
            && (called_name(facts, node).is_some_and(|name| words(name).iter().any(|word| word == "commit" || word == "rollback"))
                || arguments(facts, node).next().and_then(|first| facts.string(first)).is_some_and(ends));
    });
    found
}

/// The name of something that opens a transaction: `runInTransaction`, `atomic`, `UnitOfWork`, `uow`.
fn names_transaction(name: &str) -> bool {
    let words = words(name);
    let is = |word: &String| vocabulary().writes.transactions.has(word);
    words.iter().any(is) || words.windows(3).any(|three| three == ["unit", "of", "work"])
}

/// The name of a transaction that is handed around.
fn is_handle(name: &str) -> bool {
    let words = words(name);
    words.last().is_some_and(|word| vocabulary().writes.transaction_handles.has(word))
}

fn is_transaction_type(facts: &FileFacts, param: &Param) -> bool {
    let Some(annotation) = param.annotation else { return false };
    let mut found = false;
    facts.arena.walk(annotation, |node| {
        if let Some(name) = last_name(facts, node) {
            found |= words(facts.text(name)).iter().any(|word| matches!(word.as_str(), "transaction" | "tx" | "txn"));
        }
    });
    found
}

/// Frameworks whose setting for a transaction per request is switched on in the file: `"ATOMIC_REQUESTS": True`.
fn by_setting(program: &Program, file: FileId) -> Vec<u16> {
    let facts = program.file(file);
    let is_on = |name: &str| {
        let is_key = |node: NodeId| facts.string(node) == Some(name);
        facts.arena.ids().any(|node| match facts.arena.kind(node) {
            NodeKind::Entry { key, value } => is_key(key) && facts.arena.kind(value) != NodeKind::Bool(false),
            NodeKind::Assign { target, value, .. } => match facts.arena.kind(target) {
                NodeKind::Index { index, .. } => is_key(index) && facts.arena.kind(value) != NodeKind::Bool(false),
                _ => false,
            },
            _ => false,
        })
    };
    let settings = program
        .knowledge
        .frameworks
        .iter()
        .enumerate()
        .filter_map(|(at, framework)| Some((at as u16, framework.request_transaction.as_deref()?)));
    let switched = settings.filter(|(_, name)| facts.names.may_hold(name) && is_on(name));
    switched.map(|(framework, _)| framework).filter(|_| !program.is(GlobalDef { file, def: DefId::MODULE }, Role::Test)).collect()
}
