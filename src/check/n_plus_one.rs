//! `n-plus-one`: a query that runs once for each item of a collection, directly or through calls.
//!
//! The evidence is a loop ([`loops`](super::loops)), a query in it or reached from it (summaries), and that what the query is
//! given depends on the item ([`dependence`](super::dependence)). Loops whose length does not grow with data are left out
//! ([`bounds`](super::bounds)). Lazily loaded relations are another rule's.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Context;
use super::batching::{Judgement, is_guess, judge, may_be_batched, query_fact, writes_a_group};
use super::bounds::{Bound, bound, opens_session_per_item};
use super::databases::Databases;
use super::decided::is_skipped;
use super::dependence::Dependence;
use super::hoisted::is_same_each_time;
use super::keys::at_query;
use super::loading::origins;
use super::loops::{Place, Repetition, RepetitionKind, around, is_spawned, parameter_names};
use super::meant::{FAR, Kind, follows_a_service, is_of_groups, lives_in_memory};
use super::one_by_one::must_be_single;
use super::per_item::{PerItem, prefers_annotation};
use super::relations::Relations;
use super::remedy::{help, help_for_answers, limits};
use super::scope::{in_scope, is_start_up, runs_at_start};
use super::shrugged::shrugs;
use super::spelling::{call_span, spelled_callee};
use super::ticks::is_first_of_tick;
use crate::model::body::{BinaryOp, CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, FileFacts};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::{Access, ApiFact, RelationRead, Subject};
use crate::model::nesting::{Nesting, arguments, called_name, chain, chain_root, last_name, spell, walk_deep};
use crate::model::program::{CallEdge, CallKind, Program, Resolution, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::model::summary::{QueryEffect, Reach};
use crate::model::words::has_word;
use crate::rulebook::settings::depends_on_setting;
use crate::rulebook::vocabulary::api_names;

/// Calls on the way to a query that are asked whether they run it.
const MAX_STEPS: usize = 6;

const RULE: &str = "n-plus-one";

/// A query of a loop: where in the loop, and how it is reached from there.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    function: GlobalDef,
    pub(super) node: NodeId,
    pub(super) query: &'a QueryEffect,
    /// `None`: the query stands in the loop itself.
    pub(super) reached: Option<(GlobalDef, &'a Reach)>,
    /// The call, to ask for another query that it leads to.
    edge: Option<&'a CallEdge>,
    confidence: Confidence,
    /// The function that runs the query is given to the call by name.
    passed: bool,
}

impl<'a> Site<'a> {
    /// The function in whose code the call stands.
    pub(super) fn function(&self) -> GlobalDef {
        self.function
    }

    /// How sure it is that the call leads to the query.
    pub(super) fn confidence(&self) -> Confidence {
        self.confidence
    }

    /// The same call for another query that it leads to, if any of these is wanted.
    fn with(&self, context: &'a Context, wanted: impl Fn(&Reach) -> bool + Copy) -> Option<Site<'a>> {
        let edge = self.edge?;
        let other = surest(context, edge, wanted)?;
        let confidence = other.confidence.min(edge.resolution.confidence());
        Some(Site { query: &other.query, reached: Some((edge.callee, other)), confidence, ..*self })
    }

    /// Another one that the library does not send together with others of its tick.
    fn surely_run(&self, context: &'a Context) -> Option<Site<'a>> {
        self.with(context, |reach| !may_be_batched(context.program, &reach.query))
    }

    /// The function that runs the query is given to the call, which need not be what calls it.
    pub(super) fn passes(&self) -> bool {
        self.passed
    }
}

/// A site with the loop that repeats it.
pub(super) struct Repeated<'a> {
    pub(super) site: Site<'a>,
    pub(super) repetition: Repetition,
}

/// Finds queries that run once per item.
pub fn check(context: &Context) -> Vec<Finding> {
    let known = Known { methods: context.per_item().clone(), relations: context.relations().clone(), databases: Databases::of(context) };
    context.in_files(RULE, known, in_file)
}

/// What is known of the project.
#[derive(PartialEq)]
struct Known {
    methods: Arc<FxHashMap<GlobalDef, PerItem>>,
    relations: Arc<Relations>,
    databases: Databases,
}

fn in_file(context: &Context, known: &Known, file: FileId) -> Vec<Finding> {
    let program = context.program;
    if !in_scope(program, GlobalDef { file, def: DefId::MODULE }) {
        return Vec::new();
    }
    let facts = program.file(file);
    let sites = if lives_in_memory(facts) { Vec::new() } else { sites(context, file) };
    if sites.is_empty() {
        return super::commit_in_loop::in_file(context, file);
    }
    let nesting = program.nesting(file);
    let place = Place { program, summaries: context.summaries, file, facts, nesting };
    let mut dependences: FxHashMap<NodeId, Dependence> = FxHashMap::default();
    // One finding per loop and target; further queries of the loop on the same table belong to it.
    let mut groups: Vec<(Target, Vec<Repeated>)> = Vec::new();
    let mut of_methods = Vec::new();
    for site in sites {
        let Some(repetition) = repeating_loop((context, &known.relations), &place, &site, &mut dependences) else {
            of_methods.extend(per_object(context, &place, site, &known.methods));
            continue;
        };
        if runs_at_start(program, context.callers(), program.outermost(site.function)) {
            continue;
        }
        let Some(repeated) = told(context, &place, site, repetition) else { continue };
        let target = Target::of(&repeated.site, &repeated.repetition);
        match groups.iter_mut().find(|(other, _)| *other == target) {
            Some((_, members)) => members.push(repeated),
            None => groups.push((target, vec![repeated])),
        }
    }
    let mut findings: Vec<Finding> =
        groups.iter().filter_map(|(_, members)| finding(context, &place, members, known)).chain(of_methods).collect();
    let commits = super::commit_in_loop::in_file(context, file);
    findings.extend(commits);
    findings
}

/// What the finding tells of. Rounds that start at once ask in one tick, and the library may send what they ask together: if a call leads to another query
/// too, that one surely runs for each. A row that is marked once its mail is out is written by itself: then it is what is read for each, if anything is.
fn told<'a>(context: &'a Context, place: &Place, site: Site<'a>, repetition: Repetition) -> Option<Repeated<'a>> {
    let batched = repetition.concurrent && site.reached.is_some() && may_be_batched(context.program, site.query);
    let site = batched.then(|| site.surely_run(context)).flatten().unwrap_or(site);
    // What a statement gives back of the rows that it has removed or changed is used for each: what is read beside it can be read for all at once.
    let site = if gives_back(place, &site) { site.with(context, |reach| reach.access != Access::Write)? } else { site };
    let site = more_surely(context, &site).unwrap_or(site);
    let mut repeated = Repeated { site, repetition };
    let is_settled =
        |repeated: &Repeated| is_of_groups(place, repeated) || writes_a_group(place, repeated) || must_be_single(place, repeated);
    if is_settled(&repeated) {
        return None;
    }
    if follows_a_service(place, &repeated) {
        repeated.site = repeated.site.with(context, |reach| reach.access != Access::Write)?;
        if is_settled(&repeated) || is_same_each_time(place, &repeated) {
            return None;
        }
    }
    Some(repeated)
}

/// `DELETE … RETURNING`, behind a call.
fn gives_back(place: &Place, site: &Site) -> bool {
    let Some((_, reach)) = site.reached.filter(|_| site.query.access == Access::Write) else { return false };
    let facts = place.program.file(reach.target.file);
    let top = place.program.nesting(reach.target.file).chain_top(facts, reach.query.site);
    let links = || chain(facts, top);
    links().any(|link| called_name(facts, link) == Some("returning"))
        && links().any(|link| matches!(called_name(facts, link), Some("delete" | "update" | "delete_from")))
}

/// A query of the same kind as near as this one that stands under fewer conditions.
fn more_surely<'a>(context: &'a Context, site: &Site<'a>) -> Option<Site<'a>> {
    let (_, reach) = site.reached.filter(|_| !site.passed)?;
    let (access, depth) = (reach.access, reach.depth);
    let batched = may_be_batched(context.program, site.query);
    let other = site.with(context, |other| {
        other.access == access && other.depth == depth && (batched || !may_be_batched(context.program, &other.query))
    })?;
    (conditions(context, &other) < conditions(context, site)).then_some(other)
}

/// How many conditions stand around the query in the function that is called.
fn conditions(context: &Context, site: &Site) -> usize {
    let Some((callee, reach)) = site.reached else { return 0 };
    let (facts, nesting) = (context.program.file(callee.file), context.program.nesting(callee.file));
    nesting.around(reach.site).filter(|&node| matches!(facts.arena.kind(node), NodeKind::If { .. })).count()
}

/// Some condition decides whether the query runs: `commission.customer ? null : await find(…)`.
fn is_conditional(place: &Place, site: &Site) -> bool {
    let Some((callee, reach)) = site.reached else { return false };
    place.summaries.chain(callee, reach).into_iter().any(|(function, node)| {
        let facts = place.program.file(function.file);
        let nesting = place.program.nesting(function.file);
        nesting.around(node).any(|around| match facts.arena.kind(around) {
            NodeKind::If { then, otherwise, .. } => {
                let span = facts.arena.span(node);
                facts.arena.span(then).contains(span) || otherwise.is_some_and(|otherwise| facts.arena.span(otherwise).contains(span))
            }
            _ => false,
        })
    })
}

/// A relation is asked of what the call gives, before it is there: `findUnique(…).author()`.
fn asks_on(facts: &FileFacts, nesting: &Nesting, call: NodeId) -> bool {
    let Some(member) = nesting.parent(call) else { return false };
    let NodeKind::Member { object, name, .. } = facts.arena.kind(member) else { return false };
    object == call
        && !matches!(facts.text(name), "then" | "catch" | "finally")
        && nesting
            .parent(member)
            .is_some_and(|parent| matches!(facts.arena.kind(parent), NodeKind::Call { callee, .. } if callee == member))
}

/// A query of a method that the framework runs for each object of a list.
fn per_object<'a>(context: &'a Context, place: &Place, site: Site<'a>, methods: &FxHashMap<GlobalDef, PerItem>) -> Option<Finding> {
    let (program, facts) = (place.program, place.facts);
    let host = place.summaries.of(site.function).and_then(|summary| summary.runs_in).unwrap_or(site.function);
    let method = methods.get(&host)?;
    let body = program.def(host).body?;
    let mut dependence = Dependence::of(facts, &method.items, body);
    if method.receiver {
        dependence = dependence.with_receiver(facts, body);
    }
    let top = place.nesting.chain_top(facts, site.node);
    if site.query.deferred || asks_loader(facts, site.node) || !dependence.mentions(facts, top) {
        return None;
    }
    if is_for_the_asker(facts, &dependence, host.def, body, site.node) || prefers_annotation(facts, body, &method.items) {
        return None;
    }
    // The resolvers of a list run in one tick: the library may ask once for all of them. `findUnique(…).author()` is made for that.
    let batched_by = |site: &Site| may_be_batched(program, site.query);
    if batched_by(&site) && site.reached.is_none() && asks_on(facts, place.nesting, site.node) {
        return None;
    }
    let site = batched_by(&site).then(|| site.surely_run(context)).flatten().unwrap_or(site);
    let may_be_batched = batched_by(&site);
    if may_be_batched && is_first_of_tick(place, &site, body) {
        return None;
    }
    let is_far = site.reached.is_some_and(|(_, reach)| reach.depth >= FAR);
    let (name, of) = (program.short_name(host), &method.of);
    let table = site.query.table.as_ref().map_or(String::new(), |table| format!(" on `{table}`"));
    let verb = if site.query.access == Access::Write { "write" } else { "query" };
    let called = spelled_callee(facts, site.node);
    let through = match site.reached {
        None => format!("`{called}`"),
        Some((callee, _)) => format!("`{}`, through {}", program.short_name(callee), chain_text(place, &site)),
    };
    let asked = at_query(place, &site, dependence).map(|there| there.asked());
    let limited = match site.reached {
        None => limits(facts, site.node),
        Some((_, reach)) => limits(program.file(reach.target.file), reach.query.site),
    };
    let mut flow = vec![method.evidence.clone()];
    flow.extend(steps(place, &site));
    Some(Finding {
        rule: RULE.into(),
        level: if may_be_batched || is_far { Level::Note } else { Level::Warning },
        message: format!(
            "`{name}` runs one {verb}{table} for each object that `{of}` answers with: {through}{}",
            match () {
                () if may_be_batched => ", though the library may batch calls of the same tick",
                () if is_far => ", many calls away",
                () => "",
            }
        ),
        primary: Label { location: program.location(place.file, call_span(facts, site.node)), text: format!("one {verb} per object") },
        related: vec![method.evidence.clone()],
        flow,
        help: Some(help_for_answers(program, &site, asked.as_ref(), limited)),
        subject: format!("{} {called}", program.qualified_name(host)),
        fingerprint: String::new(),
        confidence: site.confidence,
        redact: Vec::new(),
    })
}

/// `if (asker.id !== user.id) return []` stands before the query: of all objects it runs for one.
fn is_for_the_asker(facts: &FileFacts, dependence: &Dependence, host: DefId, body: NodeId, site: NodeId) -> bool {
    let NodeKind::Block { items, .. } = facts.arena.kind(body) else { return false };
    let site = facts.arena.span(site);
    let outside = |node: NodeId| {
        let root = chain_root(facts, node);
        match facts.arena.kind(root) {
            NodeKind::Name(name) => {
                !dependence.has(name) && facts.def(host).params.iter().any(|param| parameter_names(facts, param).contains(&name))
            }
            NodeKind::Receiver => root != node,
            _ => false,
        }
    };
    // `if request_user and request_user == user: return balances_of(user)`: true of one object of the list.
    let is_item = |node: NodeId| matches!(facts.arena.kind(node), NodeKind::Name(name) if dependence.has(name));
    let is_another =
        |node: NodeId| matches!(facts.arena.kind(node), NodeKind::Name(_) | NodeKind::Member { .. }) && !dependence.mentions(facts, node);
    let is_the_one = |condition: NodeId| {
        let mut is_one = false;
        facts.arena.walk_while(condition, |node| match facts.arena.kind(node) {
            NodeKind::Binary { op: BinaryOp::Equal, left, right } => {
                is_one |= is_item(left) && is_another(right) || is_item(right) && is_another(left);
                false
            }
            NodeKind::Binary { op: BinaryOp::And, .. } => true,
            _ => false,
        });
        is_one
    };
    let within = |item: NodeId| {
        matches!(facts.arena.kind(item), NodeKind::If { condition, then, .. }
            if facts.arena.span(then).contains(site) && is_the_one(condition))
    };
    if facts.arena.list(items).any(within) {
        return true;
    }
    facts.arena.list(items).take_while(|&item| facts.arena.span(item).end <= site.start).any(|item| {
        let NodeKind::If { condition, then, .. } = facts.arena.kind(item) else { return false };
        let NodeKind::Binary { op: BinaryOp::NotEqual, left, right } = facts.arena.kind(condition) else { return false };
        let compares = |one: NodeId, other: NodeId| dependence.mentions(facts, one) && outside(other) && !dependence.mentions(facts, other);
        let mut leaves = false;
        facts.arena.walk(then, |node| {
            leaves |= matches!(facts.arena.kind(node), NodeKind::Return(_) | NodeKind::Raise(_))
                || called_name(facts, node).is_some_and(|name| has_word(name, &["throw", "abort", "fail", "raise"]));
        });
        leaves && (compares(left, right) || compares(right, left))
    })
}

/// What one finding is about: a loop, and the table or else the query.
#[derive(PartialEq, Eq)]
struct Target {
    loop_node: NodeId,
    table: Option<String>,
    query: Option<(GlobalDef, NodeId)>,
}

impl Target {
    fn of(site: &Site, repetition: &Repetition) -> Target {
        let table = site.query.table.as_ref().map(|table| table.to_ascii_lowercase());
        let target = site.reached.map_or(site.function, |(_, reach)| reach.target);
        let query = table.is_none().then_some((target, site.query.site));
        Target { loop_node: repetition.node, table, query }
    }
}

/// Calls of the file that query or lead to a query, in source order.
fn sites<'a>(context: &'a Context, file: FileId) -> Vec<Site<'a>> {
    let program = context.program;
    let facts = program.file(file);
    let mut sites: Vec<Site> = Vec::new();
    for (def, definition) in facts.definitions() {
        let function = GlobalDef { file, def };
        if definition.body.is_none() || def == DefId::MODULE || !in_scope(program, function) || is_start_up(facts.text(definition.name)) {
            continue;
        }
        let summary = context.summaries.of(function);
        if summary.is_some_and(|summary| summary.runs_in.is_none()) {
            for query in summary.map(|summary| summary.queries.as_slice()).unwrap_or_default() {
                sites.push(Site {
                    function,
                    node: query.site,
                    query,
                    reached: None,
                    edge: None,
                    confidence: query.confidence,
                    passed: false,
                });
            }
        }
        let mut edges = program.calls_from(function);
        while let Some(first) = edges.first() {
            let (here, rest) = edges.split_at(edges.partition_point(|edge| edge.site <= first.site));
            edges = rest;
            let follows = |edge: &&CallEdge| {
                // The code of a closure that is handed over is looked at where it stands. One with a name is a function like any other.
                let closure = edge.kind == CallKind::Passed
                    && program.def(edge.callee).flags.has(DefFlags::CLOSURE)
                    && (edge.callee.file != file || stands_in(program, edge));
                edge.resolution != Resolution::NameOnly && !closure
            };
            let best = here.iter().filter(follows).filter_map(|edge| {
                let reach = nearest(context, edge, |_| true)?;
                let confidence = reach.confidence.min(edge.resolution.confidence());
                Some((edge, reach, confidence))
            });
            if let Some((edge, reach, confidence)) = best.min_by_key(|(_, reach, confidence)| (std::cmp::Reverse(*confidence), reach.depth))
            {
                let reached = Some((edge.callee, reach));
                let passed = edge.kind == CallKind::Passed;
                sites.push(Site { function, node: edge.site, query: &reach.query, reached, edge: Some(edge), confidence, passed });
            }
        }
    }
    sites.retain(|site| site.confidence >= Confidence::Medium);
    sites.sort_by_key(|site| (facts.arena.span(site.node), site.node, site.reached.is_some()));
    // A call that knowledge calls a query and the linker also leads into the project is one site.
    sites.dedup_by_key(|site| site.node);
    sites
}

/// The closure stands in the call that it is given to.
fn stands_in(program: &Program, edge: &CallEdge) -> bool {
    let facts = program.file(edge.caller.file);
    let place = program.nesting(edge.callee.file).place(edge.callee.def);
    place.is_none_or(|place| facts.arena.span(edge.site).contains(facts.arena.span(place)))
}

/// The nearest query that a call surely leads to, of those that are wanted.
fn nearest<'a>(context: &'a Context, edge: &CallEdge, wanted: impl Fn(&Reach) -> bool) -> Option<&'a Reach> {
    let (program, callee) = (context.program, edge.callee);
    if !in_scope(program, callee) {
        return None;
    }
    let reaches = &context.summaries.of(callee)?.reaches;
    let is_skipped = |reach: &Reach| edge.kind == CallKind::Call && is_skipped_on_the_way(context, edge, reach);
    let sure = |reach: &&Reach| {
        !reach.cached && reach.confidence >= Confidence::Medium && !reach.query.deferred && wanted(reach) && !is_skipped(reach)
    };
    // `row.save()` writes the row, whatever it reads besides.
    let class = GlobalDef { file: callee.file, def: program.def(callee).parent };
    let saves = api_names().orm.saves.has(program.name(callee)) && program.is(class, Role::Model);
    let beside = |reach: &Reach| saves && (reach.access != Access::Write || !api_names().orm.saves.has(program.name(reach.target)));
    reaches.iter().filter(sure).min_by_key(|reach| {
        (beside(reach), depends_on_setting(program.file(callee.file), program.nesting(callee.file), reach.site), reach.depth)
    })
}

/// Of the queries that a call leads to and that are wanted, the nearest with the fewest conditions around it.
fn surest<'a>(context: &'a Context, edge: &CallEdge, wanted: impl Fn(&Reach) -> bool + Copy) -> Option<&'a Reach> {
    let file = edge.callee.file;
    let (facts, nesting) = (context.program.file(file), context.program.nesting(file));
    let conditions =
        |reach: &Reach| nesting.around(reach.site).filter(|&node| matches!(facts.arena.kind(node), NodeKind::If { .. })).count();
    let first = nearest(context, edge, wanted)?;
    let fewer = |reach: &Reach| wanted(reach) && reach.depth == first.depth && conditions(reach) < conditions(first);
    Some(nearest(context, edge, fewer).unwrap_or(first))
}

/// One of the calls from here to the query is given what keeps it from running.
fn is_skipped_on_the_way(context: &Context, edge: &CallEdge, reach: &Reach) -> bool {
    let (mut caller, mut call, mut callee, mut step) = (edge.caller, edge.site, edge.callee, reach);
    let mut calls: Vec<(GlobalDef, NodeId, GlobalDef)> = Vec::new();
    for _ in 0..MAX_STEPS {
        calls.push((caller, call, callee));
        if is_skipped(context.program, &calls, step.site) {
            return true;
        }
        let Some(next) = step.via else { return false };
        let reaches = context.summaries.of(next).map_or(&[][..], |summary| &summary.reaches);
        let Some(further) = reaches.iter().find(|further| further.target == reach.target && further.query.site == reach.query.site) else {
            return false;
        };
        (caller, call, callee, step) = (callee, step.site, next, further);
    }
    false
}

/// The innermost loop whose item the call depends on, unless its length does not grow with data.
fn repeating_loop(
    known: (&Context, &Relations),
    place: &Place,
    site: &Site,
    dependences: &mut FxHashMap<NodeId, Dependence>,
) -> Option<Repetition> {
    if site.query.deferred
        || asks_loader(place.facts, site.node)
        || changes_schema(place.facts, site.node)
        || asks_for_schema(site)
        || locks_rows(place, site.node)
        || loads_for_many(place.facts, site.node)
    {
        return None;
    }
    let mut few = None;
    for repetition in around(place, site.node, site.passed) {
        // `for _ in 0..workers { tokio::spawn(work()) }`: a pool of workers.
        let counts = |source: NodeId| matches!(place.facts.arena.kind(source), NodeKind::Binary { op: BinaryOp::Range, .. });
        if repetition.source.is_some_and(counts) && is_spawned(place, place.nesting.owner(site.node)) {
            return None;
        }
        if walks_one_value(place, site, &repetition) == Some(Walk::ByKey) {
            return None;
        }
        if is_prefetched(known, place, site, &repetition) || is_strategy(place, site, &repetition) {
            return None;
        }
        let Some(body) = repetition.body else {
            return bound(place, &repetition, site.node).is_none().then_some(repetition).or(few);
        };
        let dependence = dependences.entry(repetition.node).or_insert_with(|| Dependence::of(place.facts, &repetition.items, body));
        let top = place.nesting.chain_top(place.facts, site.node);
        let depends = match site.reached {
            None => dependence.mentions(place.facts, top),
            // What a callback given to the project's own function mentions is not what its query is given.
            Some(_) => dependence.mentions_outside_closures(place.facts, top),
        };
        if !depends {
            continue;
        }
        if site.reached.is_none() && is_unit_of_work(place, site, body) {
            return None;
        }
        if opens_session_per_item(place, &repetition, site.node, |node| dependence.mentions(place.facts, node)) {
            return None;
        }
        match bound(place, &repetition, site.node) {
            None if repetition.streams(place.facts, place.nesting.owner(repetition.node)) => return None,
            None => return Some(repetition),
            // A fixed list inside a loop over rows: the outer loop is asked next.
            Some(Bound::Constant | Bound::Connections | Bound::Schema) => {}
            // A few rows at a time are worth a note where no loop around them is worse.
            Some(Bound::Few) => few = few.or(Some(repetition).filter(|_| site.query.access != Access::Write)),
            Some(Bound::Batch | Bound::Retry | Bound::Once | Bound::Memo) => return None,
        }
    }
    few
}

/// How a function that calls itself in a loop goes through what it is given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Walk {
    /// `for key, value in data.items(): self.tidy(value)`: the parts of one value.
    ByKey,
    /// `[self.tidy(item) for item in data]`: a list among them may be as long as it likes.
    ByItem,
}

/// `self.tidy(value)` for each part of `data` in `tidy(self, data)` itself.
pub(super) fn walks_one_value(place: &Place, site: &Site, repetition: &Repetition) -> Option<Walk> {
    let facts = place.facts;
    let (Some((callee, _)), Some(source)) = (site.reached, repetition.source) else { return None };
    if place.program.outermost(site.function) != callee {
        return None;
    }
    let params = &facts.def(place.nesting.owner(repetition.node)).params;
    let is_given = matches!(facts.arena.kind(source), NodeKind::Name(name) if params.iter().any(|param| param.name == Some(name)));
    if matches!(called_name(facts, source), Some("items" | "keys" | "values" | "entries")) {
        return Some(Walk::ByKey);
    }
    is_given.then_some(if facts.language.family() == Family::Python { Walk::ByItem } else { Walk::ByKey })
}

/// `order.lines.all()` of orders that came with `prefetch_related("lines")`: read from memory.
fn is_prefetched((context, relations): (&Context, &Relations), place: &Place, site: &Site, repetition: &Repetition) -> bool {
    let (program, facts) = (place.program, place.facts);
    let cached = matches!(called_name(facts, site.node), Some("all" | "count" | "exists"));
    if site.reached.is_some() || !cached || query_fact(program, site.query).is_none_or(|fact| fact.subject != Subject::Captured) {
        return false;
    }
    let top = place.nesting.chain_top(facts, site.node);
    let narrowed = chain(facts, top)
        .any(|link| link != site.node && matches!(called_name(facts, link), Some(name) if !matches!(name, "all" | "count" | "exists")));
    let NodeKind::Call { callee, .. } = facts.arena.kind(site.node) else { return false };
    let NodeKind::Member { object: manager, .. } = facts.arena.kind(callee) else { return false };
    let NodeKind::Member { object: row, name, .. } = facts.arena.kind(manager) else { return false };
    let (Some(source), NodeKind::Name(item)) = (repetition.source, facts.arena.kind(row)) else { return false };
    if narrowed || !repetition.items.contains(&item) {
        return false;
    }
    let relation = facts.text(name);
    let kept = match program.value(place.file, row) {
        Value::Instance { class, .. } => relations.get(program, class, relation).is_none_or(|known| known.read == RelationRead::Manager),
        _ => true,
    };
    let origins = if kept { origins(context, place.file, source) } else { Vec::new() };
    !origins.is_empty() && origins.iter().all(|origin| origin.loads(relation))
}

/// `for handler in self.handlers: handler.handle(event)`, where the project has several kinds of handlers: how many there are is in
/// the code, not in the data.
fn is_strategy(place: &Place, site: &Site, repetition: &Repetition) -> bool {
    let (program, facts) = (place.program, place.facts);
    let NodeKind::Call { callee, .. } = facts.arena.kind(site.node) else { return false };
    let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return false };
    if site.reached.is_none() || !matches!(facts.arena.kind(object), NodeKind::Name(name) if repetition.items.contains(&name)) {
        return false;
    }
    let owner = GlobalDef { file: place.file, def: place.nesting.owner(site.node) };
    let mut kinds: Vec<GlobalDef> = Vec::new();
    for edge in program.calls_at(owner, site.node).iter().filter(|edge| edge.kind == CallKind::Call) {
        let class = GlobalDef { file: edge.callee.file, def: program.def(edge.callee).parent };
        if program.is(class, Role::Model) || program.is(class, Role::Schema) {
            return false;
        }
        if !kinds.contains(&class) {
            kinds.push(class);
        }
    }
    // Of an abstract class there are as many as somebody has written: `class Exporter(ABC)`.
    let is_abstract = |class: &GlobalDef| {
        let there = program.file(class.file);
        program
            .def(*class)
            .bases
            .iter()
            .any(|&base| last_name(there, base).is_some_and(|name| matches!(there.text(name), "ABC" | "Protocol")))
    };
    kinds.len() > 1 || kinds.first().is_some_and(is_abstract)
}

/// `session.add(row)` in a loop that does not commit: all rows are written together afterwards.
fn is_unit_of_work(place: &Place, site: &Site, body: NodeId) -> bool {
    let recorded = query_fact(place.program, site.query).is_some_and(|fact| fact.deferred);
    let mut commits = false;
    walk_deep(place.facts, body, |node| {
        let api = place.program.called_api(place.file, node);
        commits |= api.is_some_and(|api| place.program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Commit));
        !commits
    });
    recorded && !commits
}

/// `loader.load(id)`: the remedy.
fn asks_loader(facts: &FileFacts, call: NodeId) -> bool {
    matches!(called_name(facts, call), Some("load" | "loadMany" | "load_many"))
        && spell(facts, call).to_ascii_lowercase().contains("loader")
}

/// `prefetch_related_objects(rows, "author")`: the remedy as well, unless it is given a list that is written out for one row.
fn loads_for_many(facts: &FileFacts, call: NodeId) -> bool {
    matches!(called_name(facts, call), Some("prefetch_related_objects" | "aprefetch_related_objects"))
        && arguments(facts, call).next().is_some_and(|rows| !matches!(facts.arena.kind(rows), NodeKind::Collection { .. }))
}

/// What the database says of itself: `SELECT … FROM pragma_index_info(?)`.
fn asks_for_schema(site: &Site) -> bool {
    site.query.table.as_deref().is_some_and(|table| {
        let table = table.to_ascii_lowercase();
        api_names().orm.schema_tables.starts(&table)
    })
}

/// `ALTER TABLE …` for each table: no statement does that for all.
fn changes_schema(facts: &FileFacts, call: NodeId) -> bool {
    const VERBS: &[&str] = &["alter", "create", "drop"];
    const THINGS: &[&str] =
        &["table", "index", "schema", "type", "view", "database", "role", "sequence", "trigger", "function", "unique", "materialized"];
    let says = |text: &str| {
        let text = text.to_ascii_lowercase();
        let mut words = text.split_whitespace();
        words.next().is_some_and(|verb| VERBS.contains(&verb)) && words.next().is_some_and(|thing| THINGS.contains(&thing))
    };
    chain(facts, call).any(|link| {
        let mut found = false;
        if let Some(statement) = arguments(facts, link).next() {
            facts.arena.walk(statement, |node| found |= facts.string(node).is_some_and(says));
        }
        found
    })
}

/// Rows that must be locked one by one.
fn locks_rows(place: &Place, site: NodeId) -> bool {
    let top = place.nesting.chain_top(place.facts, site);
    chain(place.facts, top).any(|link| {
        called_name(place.facts, link).is_some_and(|name| api_names().orm.locks.has(name))
            || arguments(place.facts, link).any(|argument| {
                // Locks without rows are taken in an order, one after the other.
                place.facts.string(argument).is_some_and(|text| text.to_ascii_lowercase().contains("advisory"))
            })
    })
}

fn finding(context: &Context, place: &Place, members: &[Repeated], known: &Known) -> Option<Finding> {
    let strict = context.settings.strict();
    let judged: Vec<(&Repeated, Judgement)> = members
        .iter()
        .map(|member| (member, judge(context, place, member)))
        .filter(|(member, judgement)| strict || !shrugs(context, place, member, judgement))
        .collect();
    // The first that is a warning speaks for the others.
    let chosen = judged.iter().position(|(_, judgement)| judgement.level == Level::Warning).unwrap_or(0);
    let (first, judgement) = judged.get(chosen)?;
    if is_guess(place, first, judgement) {
        return None;
    }
    let (site, repetition) = (&first.site, &first.repetition);
    let (program, facts) = (place.program, place.facts);
    let called = spelled_callee(facts, site.node);
    let subject_of_query = if judgement.kind == Kind::Relation { String::new() } else { table_text(place, site, repetition) };
    let item = item_text(facts, repetition);
    let verb = if site.query.access == Access::Write { "write" } else { "query" };
    let one = if is_conditional(place, site) { "up to one" } else { "one" };
    let message = match site.reached {
        None => format!("`{called}` runs {one} {verb}{subject_of_query} for each {item}{}", judgement.remark),
        Some((callee, _)) => {
            format!(
                "`{}` runs {one} {verb}{subject_of_query} for each {item}, through {}{}",
                program.short_name(callee),
                chain_text(place, site),
                judgement.remark
            )
        }
    };
    let call_label = Label {
        location: program.location(place.file, call_span(facts, site.node)),
        text: match site.reached {
            None => format!("one {verb} per item"),
            Some((callee, _)) => format!("`{}` leads to a {verb} per item", program.short_name(callee)),
        },
    };
    let head = Label { location: program.location(place.file, repetition.head(facts)), text: format!("repeats for each {item}") };
    let mut flow = vec![head.clone()];
    flow.extend(steps(place, site));
    let mut related = vec![head];
    if site.reached.is_some()
        && let Some(last) = flow.last()
    {
        related.push(last.clone());
    }
    for (_, (member, _)) in judged.iter().enumerate().filter(|&(at, _)| at != chosen).take(5) {
        let through = if member.site.query.table.is_some() { "on the same table" } else { "through the same query" };
        let text = format!("`{}` too, {through}", spelled_callee(facts, member.site.node));
        related.push(Label { location: program.location(place.file, call_span(facts, member.site.node)), text });
    }
    Some(Finding {
        rule: RULE.into(),
        level: judgement.level,
        message,
        primary: call_label,
        related,
        flow,
        help: Some(help(place, first, judgement, known.databases.at(program, place.file))),
        subject: format!("{} {}", program.qualified_name(site.function), called),
        fingerprint: String::new(),
        confidence: site.confidence,
        redact: Vec::new(),
    })
}

/// `field.types.all()`: what is asked is what the relation leads to, not the class that has it.
pub(super) fn reads_relation(place: &Place, site: &Site, repetition: &Repetition) -> bool {
    let (program, facts) = (place.program, place.facts);
    if site.reached.is_some() || facts.language.family() != Family::Python {
        return false;
    }
    let reads = |name: &str| matches!(name, "all" | "filter" | "exclude" | "order_by") || api_names().orm.relations.has(name);
    if !called_name(facts, site.node).is_some_and(reads) {
        return false;
    }
    let NodeKind::Call { callee, .. } = facts.arena.kind(site.node) else { return false };
    let on_item = matches!(facts.arena.kind(chain_root(facts, callee)), NodeKind::Name(name) if repetition.items.contains(&name));
    let of_relation = query_fact(program, site.query).is_some_and(|fact| fact.subject == Subject::Captured);
    chain(facts, callee).count() > 2 && (on_item || of_relation)
}

/// What the query is on: the rows' own class where a base of it has the `save`, nothing where only the row is known whose relation is read.
fn table_text(place: &Place, site: &Site, repetition: &Repetition) -> String {
    let program = place.program;
    let Some(table) = &site.query.table else { return String::new() };
    if reads_relation(place, site, repetition) {
        return String::new();
    }
    let own = site.reached.filter(|(callee, reach)| {
        let class = GlobalDef { file: callee.file, def: program.def(*callee).parent };
        let base = GlobalDef { file: reach.target.file, def: program.def(reach.target).parent };
        base != class
            && program.name(reach.target) == program.name(*callee)
            && program.is(class, Role::Model)
            && program.name(base) == table
    });
    match own {
        Some((callee, _)) => format!(" on `{}`", program.name(GlobalDef { file: callee.file, def: program.def(callee).parent })),
        None => format!(" on `{table}`"),
    }
}

/// `role_id` of `role_ids`, or `item` of a callback without a name for it.
fn item_text(facts: &FileFacts, repetition: &Repetition) -> String {
    let names: Vec<&str> = repetition.items.iter().map(|&name| facts.text(name)).take(2).collect();
    let spelled = |source: NodeId| Some(spell(facts, source)).filter(|text| text.len() <= 60 && text != "…");
    if repetition.kind == RepetitionKind::Counted {
        // `for (let i = 0; i < rows.length; i++)`: `rows[i]`.
        let list = repetition.source.and_then(|condition| counted_list(facts, condition)).and_then(spelled);
        return match (names.first(), list) {
            (Some(name), Some(list)) => format!("`{list}[{name}]`"),
            (Some(name), None) => format!("`{name}`"),
            (None, _) => "item".to_string(),
        };
    }
    let source = repetition.source.filter(|_| repetition.kind != RepetitionKind::While);
    // `for i, row in enumerate(rows)`, `for (const [at, row] of rows.entries())`: the number is not the item.
    let numbered = source.is_some_and(|source| {
        let on = called_name(facts, source);
        on == Some("enumerate")
            || on == Some("entries") && arguments(facts, source).len() == 0 && facts.language.family() == Family::TypeScript
    });
    let of = source.and_then(|source| spelled(unwrapped(facts, source)));
    // `{ body, author }` of each message: none of the names is the item.
    let item = match names.get(usize::from(numbered && names.len() > 1)) {
        Some(name) if !name.starts_with('_') && !takes_apart(facts, repetition) => format!("`{name}`"),
        _ => "item".to_string(),
    };
    match of {
        Some(of) => format!("{item} of `{of}`"),
        None => item,
    }
}

/// The loop takes several fields out of each item: `for (const { body, author } of messages)`.
fn takes_apart(facts: &FileFacts, repetition: &Repetition) -> bool {
    let several = |pattern: NodeId| matches!(facts.arena.kind(pattern), NodeKind::Collection { kind: CollectionKind::Dict, items } if facts.arena.list(items).len() > 1);
    match facts.arena.kind(repetition.node) {
        NodeKind::Loop { target: Some(target), .. } => several(target),
        NodeKind::Call { .. } => arguments(facts, repetition.node).any(|argument| match facts.arena.kind(argument) {
            NodeKind::Closure(def) => facts.def(def).params.first().and_then(|param| param.pattern).is_some_and(several),
            _ => false,
        }),
        _ => false,
    }
}

/// `rows` of `i < rows.length`, `i < len(rows)`.
fn counted_list(facts: &FileFacts, condition: NodeId) -> Option<NodeId> {
    let NodeKind::Binary { right, .. } = facts.arena.kind(condition) else { return None };
    match facts.arena.kind(right) {
        NodeKind::Member { object, name, .. } if facts.text(name) == "length" => Some(object),
        NodeKind::Call { .. } if called_name(facts, right) == Some("len") => arguments(facts, right).next(),
        _ => None,
    }
}

/// `xs` of `enumerate(xs)`, `sorted(xs)`, `Object.values(xs)`.
fn unwrapped(facts: &FileFacts, source: NodeId) -> NodeId {
    let wraps = called_name(facts, source).is_some_and(|name| {
        matches!(name, "enumerate" | "zip" | "list" | "set" | "sorted" | "reversed" | "tuple" | "entries" | "values" | "keys" | "tqdm")
    });
    if let NodeKind::Binary { op: BinaryOp::Coalesce | BinaryOp::Or, left, .. } = facts.arena.kind(source) {
        return left;
    }
    match (arguments(facts, source).next(), facts.arena.kind(source)) {
        (Some(inner), _) if wraps => inner,
        // `rows.entries()` of an array.
        (None, NodeKind::Call { callee, .. }) if called_name(facts, source) == Some("entries") => match facts.arena.kind(callee) {
            NodeKind::Member { object, .. } => object,
            _ => source,
        },
        _ => source,
    }
}

/// `A.b` → `C.d`: the functions between the loop and the query, and the query's call.
fn chain_text(place: &Place, site: &Site) -> String {
    let Some((callee, reach)) = site.reached else { return String::new() };
    let steps = place.summaries.chain(callee, reach);
    let mut names: Vec<String> = steps.iter().skip(1).map(|(function, _)| format!("`{}`", place.program.short_name(*function))).collect();
    if let Some(&(function, node)) = steps.last() {
        names.push(format!("`{}`", spelled_callee(place.program.file(function.file), node)));
    }
    names.join(" → ")
}

/// The chain from the call in the loop to the query, as labelled places.
fn steps(place: &Place, site: &Site) -> Vec<Label> {
    let program = place.program;
    let runs = |function: GlobalDef, node: NodeId| {
        let facts = program.file(function.file);
        let table = site.query.table.as_ref().map_or(String::new(), |table| format!(" on `{table}`"));
        let text = format!("`{}` runs the query{table}", spelled_callee(facts, node));
        Label { location: program.location(function.file, call_span(facts, node)), text }
    };
    let Some((callee, reach)) = site.reached else { return vec![runs(site.function, site.node)] };
    let calls = |at: GlobalDef, node: NodeId, callee: GlobalDef| Label {
        location: program.location(at.file, call_span(program.file(at.file), node)),
        text: format!("calls `{}`", program.short_name(callee)),
    };
    let chain = place.summaries.chain(callee, reach);
    let mut labels = vec![calls(site.function, site.node, callee)];
    for pair in chain.windows(2) {
        labels.push(calls(pair[0].0, pair[0].1, pair[1].0));
    }
    if let Some(&(function, node)) = chain.last() {
        labels.push(runs(function, node));
    }
    labels
}
