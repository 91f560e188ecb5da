//! Repeated queries that their owner may well mean: where each round does work that takes far longer than the query, or where nobody
//! waits for the loop. `n-plus-one` tells of them in a note.

use super::bounds::{Bound, bound};
use super::jobs::runs_in_jobs;
use super::loading::Callers;
use super::loops::{Place, bound_names};
use super::n_plus_one::{Repeated, Site, walks_one_value};
use crate::model::body::{LoopKind, NodeId, NodeKind, UnaryOp};
use crate::model::contract::Ambient;
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, Name};
use crate::model::finding::Confidence;
use crate::model::knowledge::{Access, ApiFact};
use crate::model::nesting::{called_name, chain, chain_root, given_value, last_name, walk_deep};
use crate::model::program::{CallKind, Program, Resolution};
use crate::model::role::{GlobalDef, Role};
use crate::model::summary::Summary;
use crate::model::words::{has_word, words};
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// Most functions that are looked through for calls of other services.
const MOST_FUNCTIONS: usize = 40;
/// Such calls are looked for down to here.
const DEEPEST: u8 = 4;
/// Those that a write is said to follow, down to here.
const NEAR_SERVICES: u8 = 2;
/// A query so many calls away is no longer what the loop is about.
pub(super) const FAR: u16 = 3;

/// A function that writes more tables than this does a whole unit of work.
const SEVERAL: usize = 2;

/// What there is to say of a repeated query beside the usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Usual,
    /// The query is given nothing of the item.
    Same,
    /// Each row gets values of its own.
    OwnValues,
    /// A row is put into a relation of one row: `role.menus.add(menu)`.
    Relation,
    /// The library has no upsert of many rows.
    Upsert,
    /// The model has a `save` or `delete` of its own, which a write of many goes past.
    OwnSave,
    /// Each round writes many rows already.
    Bulk,
    /// A few rows at a time.
    Few,
    /// One for each thing that many rows belong to, which is mostly the same.
    Groups,
    /// The library may ask for it together with others of the same tick.
    Tick,
    /// In a job that nobody waits for.
    Job,
    /// After the answer has gone out.
    AfterAnswer,
    /// Beside a call of another service.
    Service,
    /// As a part of what is done to each row.
    Operation,
    /// By a method that checks one row.
    Check,
    /// In a walk through all that one value holds.
    Walk,
    /// It is not sure where the call leads.
    Unsure,
    /// One row fails without the others.
    EachOnItsOwn,
}

/// Why the round trips may be meant, to be put behind the message.
pub(super) fn remark(place: &Place, repeated: &Repeated, callers: &Callers) -> Option<(Kind, &'static str)> {
    let Repeated { site, repetition } = repeated;
    let program = place.program;
    if walks_one_value(place, site, repetition).is_some() {
        return Some((Kind::Walk, ", in a walk through all that one value holds"));
    }
    if bound(place, repetition, site.node) == Some(Bound::Few) {
        return Some((Kind::Few, ", of which there are a few at a time"));
    }
    if runs_in_jobs(program, callers, site.function()) {
        return Some((Kind::Job, ", in a job that nobody waits for"));
    }
    if is_after_response(place, repetition.node) {
        return Some((Kind::AfterAnswer, ", after the answer has gone out"));
    }
    if is_admin_action(place, site) {
        return Some((Kind::Usual, ", for rows that somebody picks by hand"));
    }
    if in_task_of_its_own(place, site.node, repetition.node) {
        return Some((Kind::Usual, ", in a task of its own for each"));
    }
    if is_work_of_the_row(place, repeated) {
        let saves = site.reached.is_some_and(|(callee, _)| api_names().orm.saves.has(program.name(callee)));
        return Some((if saves { Kind::OwnSave } else { Kind::Operation }, ", by a method of the row itself that also writes"));
    }
    if writes_several_tables(place, site) {
        return Some((Kind::Operation, ", by a function that writes several tables for each"));
    }
    if saves_rows_of_its_own(place, site) {
        return Some((Kind::OwnSave, ", by a function that saves rows whose own `save` must run"));
    }
    if works_on_many(place, site) {
        return Some((Kind::Bulk, ", though each round already works on many rows"));
    }
    if site.reached.is_some_and(|(_, reach)| reach.depth >= FAR) {
        return Some((Kind::Usual, ", many calls away"));
    }
    if is_search(place, repeated) {
        return Some((Kind::Usual, ", until one is found"));
    }
    if is_group_by_key(place, repeated) {
        return Some((Kind::Groups, "; fine while all belong to one or a few"));
    }
    if is_operation(place, site) {
        return Some((Kind::Operation, ", as a part of what is done to each row"));
    }
    if site.reached.is_some() && site.confidence() < Confidence::High {
        return Some((Kind::Unsure, ", if the call leads where it seems to"));
    }
    if is_check_of_row(place, site) {
        return Some((Kind::Check, ", by a method that checks one row"));
    }
    let body = repetition.body?;
    if is_each_on_its_own(place, site, body) {
        return Some((Kind::EachOnItsOwn, ", each on its own, whatever becomes of the others"));
    }
    if is_in_pages(place, repetition.node) {
        return Some((Kind::Usual, ", in a loop over pages"));
    }
    let all = Services { deepest: DEEPEST, before: u32::MAX, all: true, files: true };
    calls_services(program, site.function(), body, all)
        .then_some((Kind::Service, ", beside a call of another service or work on files for each"))
}

/// The mail is out, or the message, and then the row is written: that it is out for this row must be kept before the next.
pub(super) fn follows_a_service(place: &Place, repeated: &Repeated) -> bool {
    let Repeated { site, repetition } = repeated;
    if site.query.access != Access::Write {
        return false;
    }
    // A new row is no mark, unless it is the record of the mail.
    let (facts, nesting, write) = match site.reached {
        None => (place.facts, place.nesting, site.node),
        Some((_, reach)) => (place.program.file(reach.target.file), place.program.nesting(reach.target.file), reach.query.site),
    };
    let adds = chain(facts, nesting.chain_top(facts, write))
        .any(|link| called_name(facts, link).is_some_and(|name| has_word(name, &["create", "insert", "add"])));
    if adds && !site.query.table.as_deref().is_some_and(|table| vocabulary().records.mail.in_name(table)) {
        return false;
    }
    let program = place.program;
    let follows = |function: GlobalDef, body: Option<NodeId>, write: NodeId| {
        let before = program.file(function.file).arena.span(write).start;
        body.is_some_and(|body| {
            calls_services(program, function, body, Services { deepest: NEAR_SERVICES, before, all: false, files: false })
        })
    };
    follows(site.function(), repetition.body, site.node)
        || site.reached.is_some_and(|(_, reach)| follows(reach.target, program.def(reach.target).body, reach.query.site))
}

/// The database of the file lives in memory: no round trips.
pub(super) fn lives_in_memory(facts: &FileFacts) -> bool {
    let tests = || facts.defs.iter().filter(|def| def.flags.has(DefFlags::TEST));
    let is_of_test = |node: NodeId| tests().any(|test| test.span.contains(facts.arena.span(node)));
    facts.names.may_hold(":memory:") && facts.arena.ids().any(|node| facts.string(node) == Some(":memory:") && !is_of_test(node))
}

/// Which calls of other services are looked for.
#[derive(Clone, Copy)]
struct Services {
    deepest: u8,
    /// They stand before this byte.
    before: u32,
    /// Whatever another service is asked counts as well as what is handed over: a mail, a message, a job.
    all: bool,
    /// So does work on files.
    files: bool,
}

/// What is called for each calls another service.
pub(super) fn callee_asks_services(place: &Place, site: &Site) -> bool {
    let wanted = Services { deepest: NEAR_SERVICES, before: u32::MAX, all: true, files: false };
    let program = place.program;
    site.reached.is_some_and(|(callee, _)| program.def(callee).body.is_some_and(|body| calls_services(program, callee, body, wanted)))
}

/// The whole round stands in a `try` whose handlers go on with the next item, and it does work: a row that fails must not keep the others from
/// being written. A lookup whose absence is noted (`except DoesNotExist: continue`) can be answered for all rows at once.
pub(super) fn is_each_on_its_own(place: &Place, site: &Site, body: NodeId) -> bool {
    let facts = place.facts;
    let span = facts.arena.span(site.node);
    let goes_on = |handler: NodeId| {
        let mut raises = false;
        walk_deep(facts, handler, |node| {
            raises |= matches!(facts.arena.kind(node), NodeKind::Raise(_) | NodeKind::Return(_) | NodeKind::Break(_));
            !raises
        });
        !raises
    };
    let NodeKind::Block { items, .. } = facts.arena.kind(body) else { return false };
    facts.arena.list(items).any(|item| match facts.arena.kind(item) {
        NodeKind::Try { body, handlers, .. } => {
            let mut handlers = facts.arena.list(handlers);
            facts.arena.span(body).contains(span) && handlers.len() > 0 && handlers.all(goes_on) && writes_in(place, site, body)
        }
        _ => false,
    })
}

/// Something below `body` writes, itself or through calls.
fn writes_in(place: &Place, site: &Site, body: NodeId) -> bool {
    let (facts, span) = (place.facts, place.facts.arena.span(body));
    let inside = |node: NodeId| span.contains(facts.arena.span(node));
    let writes = |function: GlobalDef| {
        place.summaries.of(function).is_some_and(|summary| summary.reaches.iter().any(|reach| reach.access == Access::Write))
    };
    let own = place.summaries.of(site.function()).map(|summary| summary.queries.as_slice()).unwrap_or_default();
    site.query.access == Access::Write
        || own.iter().any(|query| query.access == Access::Write && inside(query.site))
        || place
            .program
            .calls_from(site.function())
            .iter()
            .any(|edge| follows(edge.kind, edge.resolution) && inside(edge.site) && writes(edge.callee))
}

/// Around the loop stands one that has no end of its own: `while True:`, `for (;;)`. It fetches page after page.
fn is_in_pages(place: &Place, head: NodeId) -> bool {
    let facts = place.facts;
    place.nesting.around(head).any(|outer| matches!(facts.arena.kind(outer), NodeKind::Loop { kind: LoopKind::Infinite, .. }))
}

/// `waitUntil(…)`, `after(() => …)`: the loop runs when the answer has gone out.
pub(super) fn is_after_response(place: &Place, head: NodeId) -> bool {
    let facts = place.facts;
    let mut at = head;
    for _ in 0..1000 {
        let outer = place.nesting.parent(at).or_else(|| place.nesting.place(place.nesting.owner(at)));
        let Some(outer) = outer.filter(|&outer| outer != at) else { return false };
        at = outer;
        if let NodeKind::Call { callee, .. } = facts.arena.kind(at)
            && let Some(name) = called_name(facts, at)
        {
            let bare = matches!(facts.arena.kind(callee), NodeKind::Name(_));
            if api_names().waits.after_response.has(name) || name == "after" && bare {
                return true;
            }
        }
    }
    false
}

/// What is called for each also writes through a `save` that the model has of its own.
fn saves_rows_of_its_own(place: &Place, site: &Site) -> bool {
    let own = |function: GlobalDef| {
        let class = GlobalDef { file: function.file, def: place.program.def(function).parent };
        matches!(place.program.name(function), "save" | "delete") && place.program.is(class, Role::Model)
    };
    let Some(summary) = site.reached.and_then(|(callee, _)| place.summaries.of(callee)) else { return false };
    summary.reaches.iter().any(|reach| reach.access == Access::Write && own(reach.target))
}

/// `deleteLinksBatch(links)`, `bulk_insert(rows)` for each group.
fn works_on_many(place: &Place, site: &Site) -> bool {
    site.reached.is_some_and(|(callee, _)| {
        let words = words(place.program.name(callee));
        words.iter().any(|word| vocabulary().jobs.many.has(word))
            || site.query.access == Access::Write && words.iter().any(|word| word == "many")
    })
}

/// `close_account(account)` for each: a whole unit of work, of which there is no form for many.
pub(super) fn writes_several_tables(place: &Place, site: &Site) -> bool {
    let Some(summary) = site.reached.and_then(|(callee, _)| place.summaries.of(callee)) else { return false };
    let mut tables: Vec<&str> = Vec::new();
    for reach in summary.reaches.iter().filter(|reach| reach.access == Access::Write) {
        if let Some(table) = reach.table.as_deref().filter(|table| !tables.contains(table)) {
            tables.push(table);
        }
    }
    tables.len() > SEVERAL
}

/// What is called for each asks or writes several tables.
pub(super) fn asks_several_tables(place: &Place, site: &Site) -> bool {
    let Some(summary) = site.reached.and_then(|(callee, _)| place.summaries.of(callee)) else { return false };
    let mut tables: Vec<&str> = summary.reaches.iter().filter_map(|reach| reach.table.as_deref()).collect();
    tables.sort_unstable();
    tables.dedup();
    tables.len() > SEVERAL
}

/// An action of Django's administration.
fn is_admin_action(place: &Place, site: &Site) -> bool {
    let (program, file) = (place.program, place.file);
    let mut at = site.function().def;
    while at != DefId::MODULE {
        let def = place.facts.def(at);
        let admin = |path: &str| path.starts_with("django.contrib.admin.") || path.starts_with("django.contrib.gis.admin.");
        if def.kind == DefKind::Class && def.bases.iter().any(|&base| program.api(file, base).is_some_and(|api| admin(&api.path))) {
            return true;
        }
        at = def.parent;
    }
    false
}

/// `tokio::spawn(async move { … })`, `pool.submit(lambda: …)` in the loop: the loop itself goes on.
fn in_task_of_its_own(place: &Place, site: NodeId, head: NodeId) -> bool {
    let facts = place.facts;
    let span = facts.arena.span(site);
    let mut found = false;
    facts.arena.walk_while(head, |node| {
        if let NodeKind::Call { .. } = facts.arena.kind(node)
            && called_name(facts, node).is_some_and(|name| api_names().waits.tasks.has(name))
        {
            found |= node != site && facts.arena.span(node).contains(span) && holds_closure(facts, node);
        }
        !found
    });
    found
}

fn holds_closure(facts: &FileFacts, call: NodeId) -> bool {
    let NodeKind::Call { args, .. } = facts.arena.kind(call) else { return false };
    facts.arena.list(args).any(|arg| matches!(facts.arena.kind(arg), NodeKind::Closure(_) | NodeKind::Block { .. }))
}

/// `order.cancel()` where the model's own `cancel` writes: work that is done for one row at a time.
fn is_work_of_the_row(place: &Place, repeated: &Repeated) -> bool {
    let Repeated { site, repetition } = repeated;
    let (program, facts) = (place.program, place.facts);
    let Some((callee, _)) = site.reached else { return false };
    let NodeKind::Call { callee: called, .. } = facts.arena.kind(site.node) else { return false };
    let NodeKind::Member { object, .. } = facts.arena.kind(called) else { return false };
    let on_item = matches!(facts.arena.kind(object), NodeKind::Name(name) if repetition.items.contains(&name));
    let class = GlobalDef { file: callee.file, def: program.def(callee).parent };
    let writes = || place.summaries.of(callee).is_some_and(|summary| summary.reaches.iter().any(|reach| reach.access == Access::Write));
    on_item && program.is(class, Role::Model) && writes()
}

/// `found = find(name); if found: return found`: one alternative after the other is asked until one of them answers.
fn is_search(place: &Place, repeated: &Repeated) -> bool {
    let Repeated { site, repetition } = repeated;
    let facts = place.facts;
    let Some(NodeKind::Block { items, .. }) = repetition.body.map(|body| facts.arena.kind(body)) else { return false };
    let span = facts.arena.span(site.node);
    let mut asked: Vec<Name> = Vec::new();
    for item in facts.arena.list(items) {
        match facts.arena.kind(item) {
            NodeKind::Assign { target, value, .. } | NodeKind::Declare { target, value: Some(value), .. }
                if facts.arena.span(value).contains(span) =>
            {
                asked = bound_names(facts, target);
            }
            NodeKind::If { condition, then, .. } => {
                let of_it = |name: Name| asked.contains(&name);
                let mut asks = false;
                facts.arena.walk(condition, |node| asks |= matches!(facts.arena.kind(node), NodeKind::Name(name) if of_it(name)));
                let negated = matches!(facts.arena.kind(condition), NodeKind::Unary { op: UnaryOp::Not, .. });
                let leaves = match facts.arena.kind(then) {
                    NodeKind::Block { items, .. } => facts.arena.list(items).last(),
                    _ => Some(then),
                };
                let leaves = leaves.is_some_and(|last| matches!(facts.arena.kind(last), NodeKind::Return(Some(_)) | NodeKind::Break(_)));
                if asks && !negated && leaves && !tells_failure(facts, condition, then) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// `if (isLeft(result)) return left(result.left)`: what ends the loop is a failure, not what was looked for.
fn tells_failure(facts: &FileFacts, condition: NodeId, then: NodeId) -> bool {
    let named = |node: NodeId| called_name(facts, node).is_some_and(|name| vocabulary().loops.failures.in_name(name));
    let mut found = false;
    facts.arena.walk(condition, |node| found |= named(node));
    facts.arena.walk(then, |node| match facts.arena.kind(node) {
        NodeKind::Return(Some(value)) => found |= named(value),
        NodeKind::Raise(_) => found = true,
        _ => {}
    });
    found
}

/// `register_block_type(block_type)`, `update_limits(environment)`: what is called for each row changes it, by its name or by what it leads to. To read all
/// of them at once would take another function than that.
fn is_operation(place: &Place, site: &Site) -> bool {
    let Some((callee, _)) = site.reached else { return false };
    let changes = |name: &str| {
        let words = words(name);
        words.iter().take(1 + usize::from(words.first().is_some_and(|word| word.len() < 3))).any(|word| {
            let word = word.as_str();
            vocabulary().jobs.changes.has(word) || vocabulary().jobs.hands_over.has(word)
        })
    };
    let writes = || place.summaries.of(callee).is_some_and(|summary| summary.reaches.iter().any(|reach| reach.access == Access::Write));
    // `InsertQuery.execute`: what it runs is in the name of its class.
    let class = GlobalDef { file: callee.file, def: place.program.def(callee).parent };
    let by_class = || class.def != DefId::MODULE && changes(place.program.name(class));
    changes(place.program.name(callee)) || by_class() || writes()
}

/// `row.clean()`, `full_clean()`: what the library or the form has for one row, with the messages for it.
fn is_check_of_row(place: &Place, site: &Site) -> bool {
    site.reached.is_some_and(|(callee, _)| {
        let class = GlobalDef { file: callee.file, def: place.program.def(callee).parent };
        api_names().orm.checks.has(place.program.name(callee)) && place.program.is(class, Role::Model)
    })
}

/// The rows have been grouped by what is done with them: one statement for each group is the form for many.
pub(super) fn is_of_groups(place: &Place, repeated: &Repeated) -> bool {
    is_group(place, repeated) || is_group_of_query(place, repeated)
}

/// `for list_id in {item.list_id for item in items}: tidy(list_id)`, where `tidy` also writes: work on all rows of a list at once.
fn is_group_by_key(place: &Place, repeated: &Repeated) -> bool {
    let Repeated { site, repetition } = repeated;
    let facts = place.facts;
    let Some((callee, _)) = site.reached else { return false };
    let Some(NodeKind::Loop { kind: LoopKind::Comprehension, body, .. }) = repetition.source.map(|source| facts.arena.kind(source)) else {
        return false;
    };
    let NodeKind::Member { name, .. } = facts.arena.kind(body) else { return false };
    let of_others = |name: &str| name.ends_with("_id") || name.ends_with("Id");
    let writes = |summary: &Summary| summary.reaches.iter().any(|reach| reach.access == Access::Write);
    of_others(facts.text(name)) && place.summaries.of(callee).is_some_and(writes)
}

/// `for kind in rows.values_list("kind").distinct(): rows.filter(kind=kind).update(…)`: one statement for each group.
fn is_group_of_query(place: &Place, repeated: &Repeated) -> bool {
    let Repeated { site, repetition } = repeated;
    let facts = place.facts;
    let Some(source) = repetition.source.filter(|_| site.query.access == Access::Write && site.reached.is_none()) else { return false };
    let narrowed = chain(facts, site.node).any(|link| matches!(called_name(facts, link), Some("filter" | "where")));
    let groups =
        |node: NodeId| chain(facts, node).any(|link| called_name(facts, link).is_some_and(|name| api_names().orm.groups.has(name)));
    narrowed && (groups(source) || values_of(place, repetition.node, source).into_iter().any(groups))
}

/// What the function around `at` gives the name `node`, by any assignment.
pub(super) fn values_of(place: &Place, at: NodeId, node: NodeId) -> Vec<NodeId> {
    let facts = place.facts;
    let mut values = Vec::new();
    let NodeKind::Name(name) = facts.arena.kind(node) else { return values };
    let Some(body) = facts.def(place.nesting.owner(at)).body else { return values };
    walk_deep(facts, body, |inner| {
        values.extend(given_value(facts, inner, name));
        true
    });
    values
}

/// `households` of `for group, households in by_group.items()` is a part of `by_group`.
fn whole_of(place: &Place, head: NodeId, map: NodeId) -> NodeId {
    let facts = place.facts;
    let NodeKind::Name(name) = facts.arena.kind(map) else { return map };
    for outer in place.nesting.around(head) {
        if let NodeKind::Loop { target: Some(target), source: Some(source), .. } = facts.arena.kind(outer)
            && outer != head
            && bound_names(facts, target).contains(&name)
            && let NodeKind::Call { callee, .. } = facts.arena.kind(source)
            && let NodeKind::Member { object, .. } = facts.arena.kind(callee)
        {
            return object;
        }
    }
    map
}

/// `for key, rows in by_key.items(): save(rows)`, where `by_key[key].append(row)` or `groupBy(…)` has made the groups.
fn is_group(place: &Place, repeated: &Repeated) -> bool {
    let Repeated { site, repetition } = repeated;
    let facts = place.facts;
    let Some(source) = repetition.source else { return false };
    let (Some("items" | "values" | "entries"), NodeKind::Call { callee, args, .. }) =
        (called_name(facts, source), facts.arena.kind(source))
    else {
        return false;
    };
    let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return false };
    // `Object.entries(byKey)`.
    let object = facts.arena.list(args).next().unwrap_or(object);
    let Some(&rows) = repetition.items.last() else { return false };
    let mut given = false;
    facts.arena.walk(site.node, |node| given |= facts.arena.kind(node) == NodeKind::Name(rows));
    if !given {
        return false;
    }
    let made = values_of(place, repetition.node, object);
    let by_call = made.into_iter().flat_map(|value| chain(facts, value).collect::<Vec<_>>());
    if by_call.into_iter().any(|link| matches!(called_name(facts, link), Some("groupBy" | "group_by" | "groupby"))) {
        return true;
    }
    let object = whole_of(place, repetition.node, object);
    let NodeKind::Name(map) = facts.arena.kind(object) else { return false };
    let Some(body) = facts.def(place.nesting.owner(repetition.node)).body else { return false };
    let mut grouped = false;
    walk_deep(facts, body, |node| {
        if matches!(called_name(facts, node), Some("append" | "push" | "add" | "extend"))
            && let NodeKind::Call { callee, .. } = facts.arena.kind(node)
            && let NodeKind::Member { object, .. } = facts.arena.kind(callee)
            && let NodeKind::Index { .. } = facts.arena.kind(object)
        {
            grouped |= facts.arena.kind(chain_root(facts, object)) == NodeKind::Name(map);
        }
        !grouped
    });
    grouped
}

/// The body of the loop calls another service (HTTP, mail, a queue), itself or through functions of the project.
fn calls_services(program: &Program, function: GlobalDef, body: NodeId, wanted: Services) -> bool {
    let mut seen = vec![function];
    let mut next: Vec<(GlobalDef, u8)> = Vec::new();
    let facts = program.file(function.file);
    let mut found = false;
    let mut sites = Vec::new();
    walk_deep(facts, body, |node| {
        if facts.arena.span(node).end > wanted.before {
            return facts.arena.span(node).start < wanted.before;
        }
        found |= is_service(program, function, node, wanted) || hands_over(facts, node);
        sites.push(node);
        !found
    });
    if found {
        return true;
    }
    sites.sort_unstable();
    // Calls inside closures of the loop have these as their callers.
    let owners = facts.definitions().filter(|(id, def)| {
        *id == function.def || (def.flags.has(DefFlags::CLOSURE) && def.body.is_some_and(|own| sites.binary_search(&own).is_ok()))
    });
    for (def, _) in owners {
        for edge in program.calls_from(GlobalDef { file: function.file, def }) {
            if follows(edge.kind, edge.resolution) && sites.binary_search(&edge.site).is_ok() {
                next.push((edge.callee, 1));
            }
        }
    }
    while let Some((at, depth)) = next.pop() {
        if seen.contains(&at) || seen.len() > MOST_FUNCTIONS {
            continue;
        }
        seen.push(at);
        let Some(body) = program.def(at).body else { continue };
        let facts = program.file(at.file);
        walk_deep(facts, body, |node| {
            found |= is_service(program, at, node, wanted) && (depth <= NEAR_SERVICES || !is_file_work(program, at, node))
                || depth == 1 && hands_over(facts, node);
            !found
        });
        if found {
            return true;
        }
        if depth < wanted.deepest {
            let edges = program.calls_from(at).iter().filter(|edge| follows(edge.kind, edge.resolution));
            next.extend(edges.map(|edge| (edge.callee, depth + 1)));
        }
    }
    false
}

/// `send_invitation(user)`, `mailer.send(message)`: by the verb it is called by; `response.send(body)` only answers.
fn hands_over(facts: &FileFacts, node: NodeId) -> bool {
    let Some(name) = called_name(facts, node) else { return false };
    let words = words(name);
    let verb = words.iter().find(|word| !vocabulary().jobs.before_verbs.has(word)).map_or("", String::as_str);
    if !vocabulary().jobs.hands_over.has(verb) {
        return false;
    }
    let NodeKind::Call { callee, .. } = facts.arena.kind(node) else { return false };
    match facts.arena.kind(callee) {
        NodeKind::Member { object, .. } if words.len() == 1 => {
            last_name(facts, object).is_some_and(|name| vocabulary().jobs.carriers.in_name(facts.text(name)))
        }
        _ => words.len() > 1,
    }
}

fn follows(kind: CallKind, resolution: Resolution) -> bool {
    kind == CallKind::Call && resolution > Resolution::NameOnly
}

/// `path.unlink()`, `open(path)`.
fn is_file_work(program: &Program, function: GlobalDef, node: NodeId) -> bool {
    program
        .called_api(function.file, node)
        .is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Ambient(Ambient::Filesystem)))
}

fn is_service(program: &Program, function: GlobalDef, node: NodeId, wanted: Services) -> bool {
    program.called_api(function.file, node).is_some_and(|api| {
        program.facts_of(api).any(|(fact, _)| {
            matches!(fact, ApiFact::SendsMail | ApiFact::Publishes)
                || wanted.all && matches!(fact, ApiFact::Outgoing | ApiFact::Ambient(Ambient::Network))
                || wanted.files && *fact == ApiFact::Ambient(Ambient::Filesystem)
        })
    })
}
