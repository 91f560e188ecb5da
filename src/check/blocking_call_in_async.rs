//! `blocking-call-in-async`: calls that block the thread, in code that an event loop runs.
//!
//! Python and Rust: async functions, and the sync functions they call; handlers that frameworks run in threads are none. TypeScript: what
//! handlers lead to, because one thread runs it all. What is handed to a thread is left out, whatever hands it over: an API that knowledge
//! names, or a function of the project that passes its argument on to one. Start-up code, scripts and cached functions wait once.
//! A sync function of Python or Rust is as good as any other until an async one calls it, so the call is the place; where many call it, it is.
//! Guards of locks that are held across an `await` are in [`guards`](super::held_guards).

use std::collections::{BTreeSet, VecDeque};
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Context;
use super::handlers::{code_of, handler_name, handlers};
use super::held_guards::held_guards;
use super::jobs::is_task;
use super::own_loops::own_loops;
use super::passed::by_place;
use super::requests::{has_fact, in_development_branch, is_cached, is_kept, named};
use super::said;
use super::scope::{in_scope, is_start_up, is_tool, letters, may_name};
use super::spelling::{call_span, spelled_callee};
use super::switches::{Needed, leaves_off, needed};
use crate::model::body::{CallForm, LoopKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, Name};
use crate::model::finding::{Confidence, Finding, Label, Level, Location};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{Nesting, Nestings, arguments, around, called_name, chain_root, last_name, walk_deep};
use crate::model::program::{CallEdge, CallKind, Program, Resolution};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::{api_names, vocabulary};

pub(super) const RULE: &str = "blocking-call-in-async";

/// Most calls between an async function and what blocks.
const MAX_DEPTH: u8 = 4;

/// From how many async callers on a sync function is the place to mend, rather than each call of it.
const MANY_CALLERS: usize = 8;

/// Most asynchronous handlers named beside a function that many call.
const MOST_HANDLERS: usize = 12;

/// Most calls between start-up code and what only it calls.
const START_CALLS: u8 = 12;

/// How long a call blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Blocks {
    Long,
    /// As long as work on files takes: where a request waits, that is too long.
    OnFiles,
    Briefly,
}

/// A call that blocks, and the function it stands in.
type Blocking = (GlobalDef, NodeId, Blocks);

/// How the event loop comes to a function.
#[derive(Clone, Copy)]
struct Way {
    /// The function whose call leads here, and the call.
    from: Option<(GlobalDef, NodeId)>,
    root: GlobalDef,
    depth: u8,
}

/// Finds calls that block an event loop.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let handed: BTreeSet<GlobalDef> = context.in_files("blocking-call-in-async: handed over", (), handing_over).into_iter().collect();
    let blocking = context.in_files(RULE, handed.clone(), in_file);
    let mut findings: Vec<(GlobalDef, Finding)> = Vec::new();
    if !blocking.is_empty() {
        let ways = ways(context, &program.nestings, &handed);
        let mut run: Vec<Blocking> = blocking.iter().filter(|(function, ..)| ways.contains_key(function)).copied().collect();
        if run.iter().any(|&(.., how)| how == Blocks::OnFiles) {
            let requests = context.requests();
            for (function, _, how) in &mut run {
                if *how == Blocks::OnFiles && requests.handler(*function).is_some() {
                    *how = Blocks::Long;
                }
            }
        }
        // Who waits for a connection and then for its answer waits in one place: the query tells of both.
        let (takes, run): (Vec<Blocking>, Vec<Blocking>) =
            run.into_iter().partition(|&(function, node, _)| takes_from_pool(program.file(function.file), node));
        let mut told: FxHashSet<GlobalDef> = FxHashSet::default();
        let is_python = |handler: GlobalDef| program.file(handler.file).language.family() == Family::Python;
        let answered: FxHashSet<GlobalDef> =
            program.routes.iter().map(|route| route.handler).filter(|&handler| is_python(handler)).collect();
        for run in [run, takes] {
            let entries = entries(context, &ways, &handed, &run);
            let before = told.clone();
            for (function, node, how) in run {
                match entries.get(&(function, node)) {
                    Some(calls) if !calls.is_empty() && calls.iter().all(|entry| before.contains(&named(program, entry.root))) => {}
                    Some(calls) if calls.len() < MANY_CALLERS => {
                        let fresh = calls.iter().filter(|entry| !before.contains(&named(program, entry.root)));
                        told.extend(calls.iter().map(|entry| named(program, entry.root)));
                        findings.extend(fresh.map(|entry| (named(program, entry.root), entered(program, entry, how))));
                    }
                    _ if before.contains(&named(program, function)) => {}
                    calls => {
                        told.insert(named(program, function));
                        let root = ways.get(&function).map_or(function, |way| way.root);
                        findings.push((named(program, root), finding(program, &ways, function, node, how)));
                        // The function is the place to mend, unless it is the handlers that need not be asynchronous.
                        let of_handlers = calls.into_iter().flatten().filter(|entry| answered.contains(&named(program, entry.root)));
                        for entry in of_handlers.filter(|entry| !before.contains(&named(program, entry.root))).take(MOST_HANDLERS) {
                            findings.push((entry.root, Finding { level: Level::Note, ..entered(program, entry, how) }));
                        }
                    }
                }
            }
        }
    }
    let roots: Vec<GlobalDef> = findings.iter().filter(|(_, found)| found.level == Level::Warning).map(|(root, _)| *root).collect();
    let alone = own_loops(context, &roots);
    let mut findings: Vec<Finding> =
        findings.into_iter().map(|(root, found)| if alone.contains(&root) { for_one(found) } else { found }).collect();
    findings.extend(held_guards(context));
    findings
}

/// The loop is there for this one call.
fn for_one(found: Finding) -> Finding {
    if found.level != Level::Warning {
        return found;
    }
    let message = format!("{}; fine while the loop is made for this one call, as it is as far as seen", found.message);
    Finding { level: Level::Note, message, ..found }
}

/// Calls in functions of a file that block.
fn in_file(context: &Context, handed: &BTreeSet<GlobalDef>, file: FileId) -> Vec<Blocking> {
    if !context.may_say(file, said::BLOCKS) {
        return Vec::new();
    }
    let program = context.program;
    let facts = program.file(file);
    let mut found = Vec::new();
    for function in program.functions_of(file) {
        let Some(body) = facts.def(function.def).body else { continue };
        facts.arena.walk(body, |node| {
            if let Some(how) = blocks(program, file, node)
                && !reads_the_kernel(facts, node)
                && !is_excused(program, facts, program.nesting(file), handed, function, node)
                && !(is_through_driver(program, facts, file, node)
                    && (has_driver_that_waits(facts)
                        || is_in_macro(facts, program.nesting(file), node)
                        || found.iter().any(|&(other, earlier, _)| {
                            other == function && is_through_driver(program, facts, file, earlier) && !takes_from_pool(facts, earlier)
                        })))
            {
                found.push((function, node, how));
            }
        });
    }
    // `if (!existsSync(folder)) mkdirSync(folder)` is told of once.
    let nesting = program.nesting(file);
    let asks_before = |&(function, node, how): &Blocking| {
        let only_asks = how == Blocks::Briefly && called_name(facts, node) == Some("existsSync");
        let is_one = |then: NodeId| !matches!(facts.arena.kind(then), NodeKind::Block { items, .. } if facts.arena.list(items).len() != 1);
        let guarded = |around: NodeId| match nesting.parent(around).map(|parent| facts.arena.kind(parent)) {
            Some(NodeKind::If { condition, then, .. }) if condition == around && is_one(then) => Some(facts.arena.span(then)),
            _ => None,
        };
        let then = nesting.around(node).find_map(guarded).filter(|_| only_asks);
        then.is_some_and(|then| {
            found.iter().any(|&(other, does, _)| {
                other == function && called_name(facts, does) == Some("mkdirSync") && then.contains(facts.arena.span(does))
            })
        })
    };
    let doubles: Vec<Blocking> = found.iter().filter(|one| asks_before(one)).copied().collect();
    found.retain(|one| !doubles.contains(one));
    found
}

/// Whether the call blocks, and how.
fn blocks(program: &Program, file: FileId, call: NodeId) -> Option<Blocks> {
    let api = program.called_api(file, call)?;
    program.facts_of(api).find_map(|(fact, _)| match fact {
        ApiFact::Blocking | ApiFact::BlocksUnlessAwaited => Some(Blocks::Long),
        ApiFact::BlocksOnFiles => Some(Blocks::OnFiles),
        ApiFact::BlocksBriefly => Some(Blocks::Briefly),
        _ => None,
    })
}

/// A call of a Rust driver whose asynchronous twin has the same methods. One of them tells of all in a function.
fn is_through_driver(program: &Program, facts: &FileFacts, file: FileId, call: NodeId) -> bool {
    facts.language.family() == Family::Rust && has_fact(program, file, call, |fact| *fact == ApiFact::BlocksUnlessAwaited)
}

/// `pool.get()` of a pool whose connections are waited for on the thread.
fn takes_from_pool(facts: &FileFacts, call: NodeId) -> bool {
    facts.language.family() == Family::Rust
        && match called_name(facts, call) {
            Some("get") => arguments(facts, call).next().is_none(),
            Some(name) => name == "get_timeout",
            None => false,
        }
}

/// The file takes its traits from an asynchronous twin: `use diesel_async::RunQueryDsl`.
fn has_driver_that_waits(facts: &FileFacts) -> bool {
    facts.imports.iter().any(|import| {
        let krate = facts.text(import.specifier).split("::").next().unwrap_or_default();
        krate.ends_with("_async") || krate.starts_with("async_") || krate.starts_with("tokio_")
    })
}

/// Inside a macro of the project (`db_run! { conn: { … } }`), which may take it anywhere.
fn is_in_macro(facts: &FileFacts, nesting: &Nesting, call: NodeId) -> bool {
    nesting.around(call).any(|around| {
        around != call
            && matches!(facts.arena.kind(around), NodeKind::Call { form: CallForm::Macro, callee, .. }
                if !last_name(facts, callee).is_some_and(|name| matches!(facts.text(name), "vec" | "format" | "json" | "matches" | "assert" | "dbg")))
    })
}

/// `/proc/meminfo`, `/sys/fs/cgroup/memory.max`: the kernel answers at once, no disk is asked.
fn reads_the_kernel(facts: &FileFacts, call: NodeId) -> bool {
    arguments(facts, call)
        .next()
        .and_then(|path| facts.string(path))
        .is_some_and(|path| ["/proc/", "/sys/"].iter().any(|root| path.starts_with(root)))
}

/// The chain that begins with the call is awaited in the end, or handed to something that may await it.
fn may_be_awaited(program: &Program, facts: &FileFacts, nesting: &Nesting, file: FileId, call: NodeId) -> bool {
    if !has_fact(program, file, call, |fact| *fact == ApiFact::BlocksUnlessAwaited) {
        return false;
    }
    let top = nesting.chain_top(facts, call);
    let awaits = |node: NodeId| matches!(facts.arena.kind(node), NodeKind::Await(_));
    crate::model::nesting::chain(facts, top).any(awaits)
        || nesting.argument_of(facts, gathered(facts, nesting, top)).is_some()
        || nesting.parent(top).is_some_and(|parent| matches!(facts.arena.kind(parent), NodeKind::Return(_) | NodeKind::Collection { .. }))
            && !facts.def(nesting.owner(top)).flags.has(DefFlags::ASYNC)
            && !is_declared_sync(facts, nesting, top)
}

/// Asked is a parameter whose annotation says that it answers at once: `db: Session`.
fn is_declared_sync(facts: &FileFacts, nesting: &Nesting, top: NodeId) -> bool {
    let NodeKind::Name(root) = facts.arena.kind(chain_root(facts, top)) else { return false };
    let param = facts.def(nesting.owner(top)).params.iter().find(|param| param.name == Some(root));
    let annotation = param.and_then(|param| param.annotation).and_then(|annotation| last_name(facts, annotation));
    facts.language.family() == Family::Python && annotation.is_some_and(|name| api_names().orm.waiting_sessions.has(facts.text(name)))
}

/// The list that the call is in, in place: `asyncio.gather(*[client.publish(name) for name in names])`.
fn gathered(facts: &FileFacts, nesting: &Nesting, call: NodeId) -> NodeId {
    let mut at = call;
    while let Some(parent) = nesting.parent(at) {
        match facts.arena.kind(parent) {
            NodeKind::Collection { .. } | NodeKind::Block { value: true, .. } | NodeKind::Loop { kind: LoopKind::Comprehension, .. } => {
                at = parent
            }
            _ => break,
        }
    }
    at
}

fn is_excused(
    program: &Program,
    facts: &FileFacts,
    nesting: &Nesting,
    handed: &BTreeSet<GlobalDef>,
    function: GlobalDef,
    call: NodeId,
) -> bool {
    let awaited = nesting.parent(call).is_some_and(|parent| matches!(facts.arena.kind(parent), NodeKind::Await(_)));
    awaited
        || may_be_awaited(program, facts, nesting, function.file, call)
        || in_development_branch(facts, nesting, call)
        || is_kept(program, nesting, function, call)
        || nesting.argument_of(facts, call).is_some_and(|(outer, _)| hands_over(program, function, outer, handed))
        || says_no_wait(facts, call)
        || runs_where_no_loop_does(facts, nesting, call)
}

/// `try: loop = asyncio.get_running_loop() except RuntimeError: asyncio.run(work)`: no loop runs there.
fn runs_where_no_loop_does(facts: &FileFacts, nesting: &Nesting, call: NodeId) -> bool {
    if facts.language.family() != Family::Python || !facts.names.may_hold("get_running_loop") {
        return false;
    }
    let asks = |code: NodeId| {
        let mut asks = false;
        facts.arena.walk(code, |node| asks |= called_name(facts, node) == Some("get_running_loop"));
        asks
    };
    nesting.around(call).any(|around| {
        let NodeKind::Handler { .. } = facts.arena.kind(around) else { return false };
        matches!(nesting.parent(around).map(|tried| facts.arena.kind(tried)), Some(NodeKind::Try { body, .. }) if asks(body))
    })
}

/// `Popen` that nobody waits for, `lock.acquire(blocking=False)`, `queue.get(block=False)`.
fn says_no_wait(facts: &FileFacts, call: NodeId) -> bool {
    arguments(facts, call).any(|argument| match facts.arena.kind(argument) {
        NodeKind::Argument { name, value } => {
            matches!(facts.text(name), "block" | "blocking") && matches!(facts.arena.kind(value), NodeKind::Bool(false))
        }
        _ => false,
    })
}

/// The functions that an event loop runs, each by its shortest way.
fn ways(context: &Context, nestings: &Nestings, handed: &BTreeSet<GlobalDef>) -> FxHashMap<GlobalDef, Way> {
    let program = context.program;
    let mut ways: FxHashMap<GlobalDef, Way> = FxHashMap::default();
    let mut queue: VecDeque<GlobalDef> = VecDeque::new();
    for root in roots(context) {
        for part in parts(context, nestings, handed, root) {
            if let std::collections::hash_map::Entry::Vacant(free) = ways.entry(part) {
                free.insert(Way { from: None, root, depth: 0 });
                queue.push_back(part);
            }
        }
    }
    let mut switches = Switches::default();
    while let Some(function) = queue.pop_front().or_else(|| switches.next_on(program, &ways)) {
        let Some(&Way { root, depth, from }) = ways.get(&function) else { continue };
        if depth >= MAX_DEPTH {
            continue;
        }
        for edge in program.calls_from(function) {
            let callee = edge.callee;
            let follows = edge.kind == CallKind::Call
                && edge.resolution != Resolution::NameOnly
                && !ways.contains_key(&callee)
                && !switches.hold(program, from, function, edge.site)
                && !is_one_of_many(program, function, edge.site)
                && !is_dispatched(program, function, edge)
                && may_block(program, callee)
                && !is_kept(program, nestings.of(function.file), function, edge.site);
            if follows {
                for part in parts(context, nestings, handed, callee) {
                    if runs_on_nothing(program, (function, edge.site), callee, part) {
                        continue;
                    }
                    if let std::collections::hash_map::Entry::Vacant(free) = ways.entry(part) {
                        free.insert(Way { from: Some((function, edge.site)), root, depth: depth + 1 });
                        queue.push_back(part);
                    }
                }
            }
        }
    }
    ways
}

/// What is left out because a parameter is not given: `new Key()` of `constructor(generate = false) { if (generate) this.#generate(); }`.
#[derive(Default)]
struct Switches {
    off: Vec<(GlobalDef, Needed)>,
    on: FxHashSet<(GlobalDef, Needed)>,
}

impl Switches {
    /// The call in a function that was come to by `from` waits for what is not given there.
    fn hold(&mut self, program: &Program, from: Option<(GlobalDef, NodeId)>, function: GlobalDef, site: NodeId) -> bool {
        let (Some((caller, call)), Some(switch)) = (from, needed(program, function, site)) else { return false };
        let is_held = !self.on.contains(&(function, switch)) && leaves_off(program, caller, call, function, switch);
        if is_held {
            self.off.push((function, switch));
        }
        is_held
    }

    /// A function that another one on the way gives what a call in it waits for.
    fn next_on(&mut self, program: &Program, ways: &FxHashMap<GlobalDef, Way>) -> Option<GlobalDef> {
        let gives = |&(function, switch): &(GlobalDef, Needed)| {
            let mut edges = ways.keys().flat_map(|&caller| program.calls_from(caller));
            edges.any(|edge| edge.callee == function && !leaves_off(program, edge.caller, edge.site, function, switch))
        };
        let at = self.off.iter().position(gives)?;
        let (function, switch) = self.off.remove(at);
        self.on.insert((function, switch));
        Some(function)
    }
}

/// A call in an async function of Python or Rust that leads, through sync functions alone, to what blocks.
struct Entry {
    root: GlobalDef,
    call: NodeId,
    /// The sync functions between, each with its call of the next; the last of them blocks.
    through: Vec<(GlobalDef, NodeId)>,
}

/// Where async functions of Python and Rust come to each call that blocks; empty for what another call of the same function leads to sooner.
fn entries(
    context: &Context,
    ways: &FxHashMap<GlobalDef, Way>,
    handed: &BTreeSet<GlobalDef>,
    blocking: &[Blocking],
) -> FxHashMap<(GlobalDef, NodeId), Vec<Entry>> {
    let program = context.program;
    let is_entered = |function: GlobalDef| {
        program.file(function.file).language.family() != Family::TypeScript && ways.get(&function).is_some_and(|way| way.from.is_some())
    };
    let mut found: FxHashMap<(GlobalDef, NodeId), Vec<Entry>> = FxHashMap::default();
    let mut next: FxHashMap<GlobalDef, (GlobalDef, NodeId)> = FxHashMap::default();
    let mut queue: VecDeque<(GlobalDef, (GlobalDef, NodeId), u8)> = VecDeque::new();
    let mut sources: Vec<_> = blocking.iter().filter(|&&(function, ..)| is_entered(function)).copied().collect();
    if sources.is_empty() {
        return found;
    }
    let callers = callers(context, ways, handed);
    sources.sort_by_key(|&(.., how)| how);
    let mut seen: FxHashSet<GlobalDef> = FxHashSet::default();
    let mut entered: FxHashSet<(GlobalDef, GlobalDef)> = FxHashSet::default();
    let mut sites: FxHashSet<(GlobalDef, NodeId)> = FxHashSet::default();
    for (function, node, _) in sources {
        found.entry((function, node)).or_default();
        if seen.insert(function) {
            queue.push_back((function, (function, node), 0));
        }
        while let Some((at, source, depth)) = queue.pop_front() {
            for &(caller, site) in callers.get(&at).into_iter().flatten() {
                if !is_entered(caller) {
                    // A call that may lead to several methods is one call.
                    if entered.insert((named(program, caller), named(program, at))) && sites.insert((caller, site)) {
                        let through = std::iter::successors(Some(at), |function| next.get(function).map(|&(callee, _)| callee));
                        let through = through.map(|function| (function, next.get(&function).map_or(source.1, |&(_, site)| site)));
                        let entry = Entry { root: caller, call: site, through: through.collect() };
                        found.entry(source).or_default().push(entry);
                    }
                } else if depth + 1 < MAX_DEPTH && seen.insert(caller) {
                    next.insert(caller, (at, site));
                    queue.push_back((caller, source, depth + 1));
                }
            }
        }
    }
    found
}

/// Calls of functions that the event loop comes to, by what they call.
fn callers(
    context: &Context,
    ways: &FxHashMap<GlobalDef, Way>,
    handed: &BTreeSet<GlobalDef>,
) -> FxHashMap<GlobalDef, Vec<(GlobalDef, NodeId)>> {
    let (program, nestings) = (context.program, &context.program.nestings);
    let mut functions: Vec<GlobalDef> = ways.keys().copied().collect();
    functions.sort_unstable();
    let mut callers: FxHashMap<GlobalDef, Vec<(GlobalDef, NodeId)>> = FxHashMap::default();
    for function in functions {
        for edge in program.calls_from(function) {
            let follows = edge.kind == CallKind::Call
                && edge.resolution != Resolution::NameOnly
                && !is_one_of_many(program, function, edge.site)
                && !is_dispatched(program, function, edge)
                && may_block(program, edge.callee)
                && !is_kept(program, nestings.of(function.file), function, edge.site);
            if follows {
                for part in parts(context, nestings, handed, edge.callee) {
                    if runs_on_nothing(program, (function, edge.site), edge.callee, part) {
                        continue;
                    }
                    callers.entry(part).or_default().push((function, edge.site));
                }
            }
        }
    }
    callers
}

/// Rust: a closure for what a parameter holds (`password.and_then(|password| hash(password).ok())`), which a call gives nothing: `User::new(name, None)`.
fn runs_on_nothing(program: &Program, (caller, site): (GlobalDef, NodeId), callee: GlobalDef, part: GlobalDef) -> bool {
    let facts = program.file(callee.file);
    if part == callee || facts.language.family() != Family::Rust || facts.def(part.def).parent != callee.def {
        return false;
    }
    let nesting = program.nesting(callee.file);
    let given_to = nesting.place(part.def).and_then(|place| nesting.argument_of(facts, place));
    let Some((NodeKind::Call { callee: combinator, .. }, call)) = given_to.map(|(call, _)| (facts.arena.kind(call), call)) else {
        return false;
    };
    let NodeKind::Member { object, path: false, .. } = facts.arena.kind(combinator) else { return false };
    let holds = called_name(facts, call).is_some_and(|name| matches!(name, "map" | "and_then" | "filter" | "inspect" | "is_some_and"));
    let NodeKind::Name(name) = facts.arena.kind(chain_root(facts, object)) else { return false };
    let Some(mut params) = by_place(program, program.file(caller.file), site, callee).filter(|_| holds) else { return false };
    params.position(|param| param.name == Some(name)).is_some_and(|at| {
        let given = arguments(program.file(caller.file), site).nth(at);
        given.is_some_and(|given| program.file(caller.file).arena.kind(given) == NodeKind::Null)
    })
}

/// The finding at the call by which an async function comes to what blocks.
fn entered(program: &Program, entry: &Entry, how: Blocks) -> Finding {
    let facts = program.file(entry.root.file);
    let location = program.location(entry.root.file, call_span(facts, entry.call));
    let mut flow = vec![Label { location: location.clone(), text: format!("calls `{}`", spelled_callee(facts, entry.call)) }];
    let mut blocked = String::new();
    for (at, &(function, site)) in entry.through.iter().enumerate() {
        let facts = program.file(function.file);
        blocked = spelled_callee(facts, site);
        let text = if at + 1 == entry.through.len() { "blocks".to_string() } else { format!("calls `{blocked}`") };
        flow.push(Label { location: program.location(function.file, call_span(facts, site)), text });
    }
    let root = program.short_name(named(program, entry.root));
    let called = spelled_callee(facts, entry.call);
    let message = format!("`{called}` blocks the event loop in the async function `{root}`: it leads to `{blocked}`");
    let steps = flow.iter().skip(1).take(4).cloned().collect();
    Finding {
        flow,
        help: Some(help(program.file(entry.root.file).language.family(), &blocked).to_string()),
        subject: format!("{} {called} {blocked}", program.qualified_name(named(program, entry.root))),
        ..told(program, entry.root, location, message, steps, how)
    }
}

/// A call in Rust that may lead to several implementations of a trait: the caller knows which, the name does not.
fn is_one_of_many(program: &Program, caller: GlobalDef, site: NodeId) -> bool {
    program.file(caller.file).language.family() == Family::Rust
        && program
            .calls_at(caller, site)
            .iter()
            .filter(|edge| edge.kind == CallKind::Call && program.def(edge.callee).body.is_some())
            .count()
            > 1
}

/// `await block.notify()`, where `notify` is a decorated function that is not asynchronous: what the decorator has made of it is.
fn is_dispatched(program: &Program, caller: GlobalDef, edge: &CallEdge) -> bool {
    let callee = program.def(edge.callee);
    let is_awaited = || {
        let parent = program.nesting(caller.file).parent(edge.site);
        parent.is_some_and(|parent| matches!(program.file(caller.file).arena.kind(parent), NodeKind::Await(_)))
    };
    !callee.flags.has(DefFlags::ASYNC) && !callee.decorators.is_empty() && is_awaited()
}

/// A function whose code runs on the spot when it is called.
fn may_block(program: &Program, callee: GlobalDef) -> bool {
    let def = program.def(callee);
    let family = program.file(callee.file).language.family();
    let own_root = def.flags.has(DefFlags::ASYNC) && family != Family::TypeScript;
    def.body.is_some()
        && matches!(def.kind, DefKind::Function | DefKind::Method)
        && !own_root
        && in_scope(program, callee)
        && !is_cached(program, callee)
        && !is_start_up(program.name(callee))
}

/// Async functions of Python and Rust, and the handlers of TypeScript.
fn roots(context: &Context) -> Vec<GlobalDef> {
    let program = context.program;
    let mut roots = context.in_files("blocking-call-in-async: functions", (), asynchronous);
    if !roots.is_empty() {
        let (starting, waited) = (called_at_start(program), waited_for(program));
        roots.retain(|function| !starting.contains(function) && !waited.contains(function));
    }
    roots.extend(
        handlers(context)
            .into_iter()
            .map(|handler| handler.function)
            .filter(|handler| program.file(handler.file).language.family() == Family::TypeScript)
            .filter(|handler| !is_rendered_ahead(program.file(handler.file))),
    );
    roots
}

/// Async functions of Python and Rust that do not start anything up.
fn asynchronous(context: &Context, (): &(), file: FileId) -> Vec<GlobalDef> {
    let program = context.program;
    if program.file(file).language.family() == Family::TypeScript {
        return Vec::new();
    }
    let is_asynchronous = |function: GlobalDef| program.def(function).flags.has(DefFlags::ASYNC);
    let functions = program
        .functions_of(file)
        .filter(|&function| is_asynchronous(function) && in_scope(program, function) && !is_tool(program, function));
    functions.filter(|&function| !starts_up(program, function)).collect()
}

/// A route file whose answers are kept for all (Next.js: `revalidate = 3600`, `dynamic = "force-static"`): hardly any request runs it.
fn is_rendered_ahead(facts: &FileFacts) -> bool {
    facts.definitions().filter(|(_, def)| def.parent == DefId::MODULE).any(|(_, def)| match (facts.text(def.name), def.value) {
        ("revalidate", Some(value)) => matches!(facts.arena.kind(value), NodeKind::Number(text) if facts.text(text) != "0"),
        ("dynamic", Some(value)) => facts.string(value) == Some("force-static"),
        _ => false,
    })
}

/// Functions that only start-up code calls, at any remove: what `main` reads its settings with. What is called in a loop is what the
/// program is for; tests and examples call whatever they like.
fn called_at_start(program: &Program) -> FxHashSet<GlobalDef> {
    let mut callers: FxHashMap<GlobalDef, Vec<GlobalDef>> = FxHashMap::default();
    let mut again: FxHashSet<GlobalDef> = FxHashSet::default();
    let beside = [Role::Test, Role::Migration];
    let handlers: FxHashSet<GlobalDef> = program.routes.iter().map(|route| route.handler).collect();
    // In TypeScript handlers are looked at, whoever calls them.
    let judged = |function: GlobalDef| program.file(function.file).language.family() != Family::TypeScript;
    let counts = |edge: &&CallEdge| edge.callee != edge.caller && judged(edge.callee) && !program.is_any(edge.caller, &beside);
    for edge in program.calls.iter().filter(counts) {
        callers.entry(edge.callee).or_default().push(edge.caller);
        let (facts, nesting) = (program.file(edge.caller.file), program.nestings.of(edge.caller.file));
        // What start-up code registers (`config.service(show)`) runs later, for every request.
        let is_registered = edge.kind == CallKind::Passed && program.def(edge.callee).flags.has(DefFlags::ASYNC);
        // Also outside the block that is spawned there: `loop { tokio::spawn(async move { work().await }) }`.
        let outward = std::iter::successors(Some(edge.site), |&site| nesting.place(nesting.owner(site))).take(8);
        let is_repeated = outward.into_iter().any(|site| nesting.around(site).any(|around| goes_on_and_on(facts, around)));
        if is_registered || is_repeated {
            again.insert(edge.callee);
        }
    }
    // A handler that is written in `main`: `warp::path("auth").and_then(|body| async move { sign_in(body).await })`.
    let in_handler = |function: GlobalDef| {
        let file = function.file;
        around(program.file(file), function.def).take(16).any(|def| handlers.contains(&GlobalDef { file, def }))
    };
    let mut starting: FxHashSet<GlobalDef> = FxHashSet::default();
    let mut known: FxHashMap<GlobalDef, bool> = FxHashMap::default();
    let mut starts_up = |function: GlobalDef| *known.entry(function).or_insert_with(|| starts_up(program, function));
    for _ in 0..START_CALLS {
        let more: Vec<GlobalDef> = callers
            .iter()
            .filter(|(callee, from)| {
                !starting.contains(callee)
                    && !again.contains(callee)
                    && from.iter().all(|caller| starting.contains(caller) || starts_up(*caller) && !in_handler(*caller))
                    && !handlers.contains(callee)
            })
            .map(|(callee, _)| *callee)
            .collect();
        if more.is_empty() {
            break;
        }
        starting.extend(more);
    }
    starting
}

/// Async functions that nothing calls but to run them to their end on a thread of their own (`block_on(install())`): it waits for them anyway.
fn waited_for(program: &Program) -> FxHashSet<GlobalDef> {
    let is_waited_for = |edge: &&CallEdge| {
        let (file, nesting) = (edge.caller.file, program.nesting(edge.caller.file));
        let facts = program.file(file);
        // In Python a job's own loop serves nobody else; a server's does, though it is started so.
        let is_rust = facts.language.family() == Family::Rust;
        !program.def(edge.caller).flags.has(DefFlags::ASYNC)
            && (is_rust || is_task(program, program.outermost(edge.caller)) && !starts_others(program, edge.callee))
            && nesting
                .argument_of(facts, edge.site)
                .is_some_and(|(call, _)| has_fact(program, file, call, |fact| *fact == ApiFact::RunsToEnd))
    };
    let is_ours = |edge: &&CallEdge| program.file(edge.callee.file).language.family() != Family::TypeScript;
    let asynchronous = |edge: &&CallEdge| program.def(edge.callee).flags.has(DefFlags::ASYNC);
    let calls: Vec<&CallEdge> = program.calls.iter().filter(|edge| is_ours(edge) && asynchronous(edge)).collect();
    let mut waited: FxHashSet<GlobalDef> = calls.iter().filter(|edge| is_waited_for(edge)).map(|edge| edge.callee).collect();
    if !waited.is_empty() {
        for edge in calls.iter().filter(|edge| !is_waited_for(edge)) {
            waited.remove(&edge.callee);
        }
    }
    // One of them for each system (`#[cfg(windows)]`); a call is known to lead to one.
    let twins: Vec<GlobalDef> = waited.iter().flat_map(|&function| twins_of(program, function)).collect();
    waited.extend(twins);
    waited
}

/// Other work runs beside it on the same loop (`asyncio.create_task(…)`, `gather`), or it tries to run another loop.
fn starts_others(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    let mut starts = false;
    if let Some(body) = facts.def(function.def).body {
        walk_deep(facts, body, |node| {
            starts |= matches!(facts.arena.kind(node), NodeKind::Call { .. })
                && (has_fact(program, function.file, node, |fact| matches!(fact, ApiFact::Concurrent(_) | ApiFact::RunsToEnd))
                    || called_name(facts, node).is_some_and(|name| api_names().waits.tasks.has(name)));
            !starts
        });
    }
    starts
}

/// Functions of the same name in the same place.
fn twins_of(program: &Program, function: GlobalDef) -> Vec<GlobalDef> {
    let own = program.def(function);
    let facts = program.file(function.file);
    let same = facts.definitions().filter(|(_, def)| def.name == own.name && def.parent == own.parent && def.kind == own.kind);
    same.map(|(def, _)| GlobalDef { file: function.file, def }).collect()
}

/// A loop that ends when the program does, or waits for what comes in; one over a list that is there is none.
fn goes_on_and_on(facts: &FileFacts, node: NodeId) -> bool {
    match facts.arena.kind(node) {
        NodeKind::Loop { kind: LoopKind::Infinite | LoopKind::While, .. } | NodeKind::Loop { is_async: true, .. } => true,
        NodeKind::Loop { source: Some(over), .. } => {
            let mut waits = false;
            facts.arena.walk(over, |inner| waits |= called_name(facts, inner).is_some_and(|name| api_names().waits.comes_in.has(name)));
            waits
        }
        _ => false,
    }
}

/// Runs once, before anything is served or after: `lifespan`, `on_startup`, `main`, and the closures in them.
fn starts_up(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    let mut at = function.def;
    for _ in 0..16 {
        if at == DefId::MODULE {
            break;
        }
        let def = facts.def(at);
        let hook = def.decorators.iter().any(|&decorator| {
            let mut found = false;
            facts.arena.walk(decorator, |node| {
                if let NodeKind::Name(name) | NodeKind::Member { name, .. } | NodeKind::Str(name) = facts.arena.kind(node) {
                    found |= api_names().waits.lifespan.has(facts.text(name));
                }
            });
            found
        });
        let words = crate::model::words::words(facts.text(def.name));
        let ends = words.iter().any(|word| vocabulary().lifetimes.around.has(word));
        let starts = words.first().is_some_and(|word| word == "init");
        if hook || ends || starts || is_start_up(facts.text(def.name)) {
            return true;
        }
        at = def.parent;
    }
    false
}

/// A function and the closures in it that run as its part: all of them in TypeScript, whose callbacks run on the same thread; elsewhere
/// those that nothing takes to a thread.
fn parts(context: &Context, nestings: &Nestings, handed: &BTreeSet<GlobalDef>, function: GlobalDef) -> Vec<GlobalDef> {
    let program = context.program;
    if program.file(function.file).language.family() == Family::TypeScript {
        return code_of(program, function);
    }
    let facts = program.file(function.file);
    let mut parts = vec![function];
    for (def, definition) in facts.definitions().skip(function.def.index() + 1) {
        let closure = GlobalDef { file: function.file, def };
        let parent = GlobalDef { file: function.file, def: definition.parent };
        let runs_here = definition.flags.has(DefFlags::CLOSURE)
            && !definition.flags.has(DefFlags::ASYNC)
            && parts.contains(&parent)
            && context.summaries.of(closure).is_some_and(|summary| summary.runs_in.is_some())
            && closure_runs_here(program, nestings.of(function.file), handed, parent, def);
        if runs_here {
            parts.push(closure);
        }
    }
    parts
}

/// The closure is given to something that calls it at once, on this thread: combinators and helpers of collections, by name.
fn closure_runs_here(program: &Program, nesting: &Nesting, handed: &BTreeSet<GlobalDef>, parent: GlobalDef, closure: DefId) -> bool {
    const AT_ONCE: &[&str] = &[
        "map",
        "and_then",
        "filter",
        "for_each",
        "filter_map",
        "flat_map",
        "fold",
        "unwrap_or_else",
        "map_err",
        "or_else",
        "ok_or_else",
        "then",
        "any",
        "all",
        "find",
        "find_map",
        "position",
        "sorted",
        "sort",
        "sort_by",
        "sort_by_key",
        "retain",
        "min",
        "max",
        "reduce",
        "inspect",
        "map_or",
        "map_or_else",
        "is_some_and",
        "is_ok_and",
        "with_context",
    ];
    let facts = program.file(parent.file);
    let Some((call, _)) = nesting.place(closure).and_then(|place| nesting.argument_of(facts, place)) else { return false };
    called_name(facts, call).is_some_and(|name| AT_ONCE.contains(&name)) && !hands_over(program, parent, call, handed)
}

/// The call runs what it is given on another thread.
fn hands_over(program: &Program, caller: GlobalDef, call: NodeId, handed: &BTreeSet<GlobalDef>) -> bool {
    let facts = program.file(caller.file);
    has_fact(program, caller.file, call, |fact| *fact == ApiFact::RunsElsewhere)
        || called_name(facts, call).is_some_and(names_thread)
        || program.calls_at(caller, call).iter().any(|edge| handed.contains(&edge.callee))
}

/// One of these stands in every name that means a thread.
static THREADS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    letters(&["thread", "executor", "spawn_bl", "spawnbl", "sync_to", "syncto", "run_sync", "runsync", "in_place", "inplace"])
});

fn names_thread(name: &str) -> bool {
    if THREADS.as_ref().is_some_and(|letters| !letters.is_match(name)) {
        return false;
    }
    let words = crate::model::words::words(name).join("_");
    api_names().waits.threads.within(&words)
}

/// Functions of the project that pass a parameter on to something that runs it elsewhere: `spawn_blocking_with_tracing(f)`.
fn handing_over(context: &Context, (): &(), file: FileId) -> Vec<GlobalDef> {
    let program = context.program;
    let facts = program.file(file);
    let mut found = Vec::new();
    if !context.may_say(file, said::RUNS_ELSEWHERE) && !may_name(facts, &THREADS) {
        return found;
    }
    for function in program.functions_of(file) {
        let def = facts.def(function.def);
        let names: Vec<Name> = def.params.iter().filter_map(|param| param.name).collect();
        let Some(body) = def.body.filter(|_| !names.is_empty()) else { continue };
        let mut hands = false;
        facts.arena.walk(body, |node| {
            let NodeKind::Call { .. } = facts.arena.kind(node) else { return };
            let elsewhere = has_fact(program, function.file, node, |fact| *fact == ApiFact::RunsElsewhere)
                || called_name(facts, node).is_some_and(names_thread);
            if !elsewhere || hands {
                return;
            }
            for argument in arguments(facts, node) {
                walk_deep(facts, argument, |inner| {
                    hands |= matches!(facts.arena.kind(inner), NodeKind::Name(name) if names.contains(&name));
                    !hands
                });
            }
        });
        if hands {
            found.push(function);
        }
    }
    found
}

fn finding(program: &Program, ways: &FxHashMap<GlobalDef, Way>, function: GlobalDef, call: NodeId, how: Blocks) -> Finding {
    let facts = program.file(function.file);
    let called = spelled_callee(facts, call);
    let way = ways.get(&function).copied();
    let root = way.map_or(function, |way| way.root);
    let family = facts.language.family();
    let root_name = if family == Family::TypeScript { handler_name(program, root) } else { program.short_name(named(program, root)) };
    let whose =
        if family == Family::TypeScript { format!("the handler `{root_name}`") } else { format!("the async function `{root_name}`") };
    let chain = chain_to(program, ways, function);
    // A loop runs one thing to its end only while no other does.
    let raises = chain.is_empty()
        && family == Family::Python
        && has_fact(program, function.file, call, |fact| *fact == ApiFact::RunsToEnd)
        && facts.def(function.def).flags.has(DefFlags::ASYNC);
    let message = if raises {
        format!("`{called}` raises a `RuntimeError` in {whose}: a loop runs there already")
    } else if chain.is_empty() {
        format!("`{called}` blocks the event loop in {whose}")
    } else {
        let here = program.short_name(named(program, function));
        format!("`{called}` blocks the event loop: {whose} leads to `{here}`")
    };
    let location = program.location(function.file, call_span(facts, call));
    let mut flow = Vec::new();
    if !chain.is_empty() {
        flow.clone_from(&chain);
        flow.push(Label { location: location.clone(), text: "blocks".to_string() });
    }
    Finding {
        flow,
        help: Some(help(family, &called).to_string()),
        subject: format!("{} {called}", program.qualified_name(named(program, function))),
        ..told(program, root, location, message, chain.into_iter().take(3).collect(), how)
    }
}

/// What every finding of the rule has: the event loop's function, and the steps from it to what blocks.
fn told(program: &Program, root: GlobalDef, location: Location, mut message: String, steps: Vec<Label>, how: Blocks) -> Finding {
    message.push_str(match how {
        Blocks::Long => "",
        Blocks::OnFiles => " (a note only: no request is seen to wait for it)",
        Blocks::Briefly => " (a note only: others seldom wait long for it)",
    });
    let runs = Label { location: program.name_location(root), text: "an event loop runs this".to_string() };
    Finding {
        rule: RULE.into(),
        level: if how == Blocks::Long { Level::Warning } else { Level::Note },
        message,
        primary: Label { location, text: "nothing else runs until this returns".to_string() },
        related: std::iter::once(runs).chain(steps).collect(),
        flow: Vec::new(),
        help: None,
        subject: String::new(),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}

/// The calls from the root to the function, in order.
fn chain_to(program: &Program, ways: &FxHashMap<GlobalDef, Way>, function: GlobalDef) -> Vec<Label> {
    let mut steps = Vec::new();
    let mut at = function;
    for _ in 0..=MAX_DEPTH {
        let Some(Way { from: Some((caller, site)), .. }) = ways.get(&at) else { break };
        let facts = program.file(caller.file);
        let text = format!("calls `{}`", spelled_callee(facts, *site));
        steps.push(Label { location: program.location(caller.file, call_span(facts, *site)), text });
        at = *caller;
    }
    steps.reverse();
    steps
}

fn help(family: Family, called: &str) -> &'static str {
    match family {
        Family::Python if called.ends_with("sleep") => "await `asyncio.sleep(…)`",
        Family::Python if called.contains("requests") || called.contains("urlopen") => {
            "use an asynchronous client (`httpx.AsyncClient`, `aiohttp`)"
        }
        Family::Python => "await an asynchronous API, or hand it to a thread: `await asyncio.to_thread(f, …)`, `run_in_threadpool`",
        Family::TypeScript => "await the asynchronous form (`fs.promises`, `promisify`, the function without `Sync`)",
        Family::Rust if called.ends_with("sleep") => "await `tokio::time::sleep(…)`",
        Family::Rust => "use the asynchronous form (`tokio::fs`, `tokio::process`, an async client), or `tokio::task::spawn_blocking`",
    }
}
