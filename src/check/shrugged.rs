//! Notes that their owner would shrug at: the query runs for each, and there is nothing to be done that would be worth it. The strict profile tells of
//! them all the same.

use super::Context;
use super::batching::{Judgement, nested_writes, query_at, query_fact, values_of as given_values};
use super::dependence::Dependence;
use super::jobs::runs_in_jobs;
use super::keys::of_loop;
use super::loading::Callers;
use super::loops::{Place, Repetition, bound_names};
use super::meant::{
    Kind, asks_several_tables, callee_asks_services, is_after_response, is_each_on_its_own, values_of, writes_several_tables,
};
use super::n_plus_one::{Repeated, Site};
use super::remedy::{has_form_for_many, limits, only_reads};
use crate::model::body::{BinaryOp, LoopKind, NodeId, NodeKind};
use crate::model::facts::FileFacts;
use crate::model::finding::Level;
use crate::model::knowledge::Access;
use crate::model::nesting::{arguments, called_name, chain, last_name, walk_deep};
use crate::model::program::CallEdge;
use crate::model::role::GlobalDef;
use crate::model::words::words;
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// A query behind so many calls of which one may lead elsewhere is no finding.
const FARTHEST_GUESS: u16 = 2;

/// Whether the note is not worth telling.
pub(super) fn shrugs(context: &Context, place: &Place, repeated: &Repeated, judgement: &Judgement) -> bool {
    if judgement.level != Level::Note {
        return false;
    }
    let listed = repeated.repetition.source.and_then(|source| last_name(place.facts, source));
    if listed.is_some_and(|name| vocabulary().loops.short_lists.in_name(place.facts.text(name))) {
        return true;
    }
    match repeated.site.query.access {
        Access::Write => shrugs_at_write(context, place, repeated, judgement),
        _ => shrugs_at_read(place, repeated, judgement),
    }
}

fn shrugs_at_write(context: &Context, place: &Place, repeated: &Repeated, judgement: &Judgement) -> bool {
    let (site, repetition) = (&repeated.site, &repeated.repetition);
    let in_job = || runs_in_jobs(place.program, context.callers(), site.function());
    match judgement.kind {
        Kind::EachOnItsOwn | Kind::Service | Kind::AfterAnswer => return true,
        // What is removed or changed for each by a key of its own can be for all keys.
        Kind::Bulk => {
            let asked = of_loop(place, repeated).map(|there| there.asked());
            return !asked.is_some_and(|asked| asked.key().is_some() && asked.among.is_empty());
        }
        // A manager that makes a row through its own `save` has a form for many that goes past it.
        Kind::OwnSave => {
            return site.reached.is_some() || !called_name(place.facts, site.node).is_some_and(|name| api_names().orm.creates.has(name));
        }
        Kind::OwnValues => {
            return is_after_response(place, repetition.node)
                || is_called_after_response(place, context.callers(), site.function())
                || is_sent_together(place, repetition)
                || is_in_chunks(place, repetition.node)
                || is_short(&repeated.site);
        }
        Kind::Upsert => {
            let (facts, call) = query_at(place, repeated);
            let fact = query_fact(place.program, site.query);
            let is_nested = fact.is_some_and(|fact| !nested_writes(facts, call, fact).is_empty());
            let is_empty =
                |value: NodeId| matches!(facts.arena.kind(value), NodeKind::Collection { items, .. } if facts.arena.list(items).len() == 0);
            let keeps = || {
                fact.and_then(|fact| fact.values.as_deref())
                    .is_some_and(|wanted| given_values(facts, call, wanted).into_iter().any(is_empty))
            };
            return in_job() && (is_nested || !keeps() || writes_several_tables(place, site));
        }
        Kind::Relation => return false,
        _ => {}
    }
    let body = repetition.body;
    if body.is_some_and(|body| is_each_on_its_own(place, site, body)) || is_tried_again(place, repeated, goes_on) {
        return true;
    }
    if is_short(site) || makes_what_is_missing(place, repeated) {
        return true;
    }
    let has_form = || has_form_for_many(place, site);
    if site.reached.is_some() {
        return is_after_response(place, repetition.node) || callee_asks_services(place, site) || in_job() && !has_form();
    }
    let (facts, call) = query_at(place, repeated);
    let is_nested = || query_fact(place.program, site.query).is_some_and(|fact| !nested_writes(facts, call, fact).is_empty());
    is_nested() && in_job()
}

fn shrugs_at_read(place: &Place, repeated: &Repeated, judgement: &Judgement) -> bool {
    let site = &repeated.site;
    match judgement.kind {
        Kind::Bulk | Kind::OwnSave | Kind::Check | Kind::Service | Kind::Groups => return true,
        // A call of which it is not sure where it leads, and that only passes on what another one asks.
        Kind::Unsure => return site.reached.is_some_and(|(_, reach)| reach.depth >= FARTHEST_GUESS),
        Kind::Same => return false,
        Kind::Few | Kind::Tick if site.reached.is_some() => return true,
        Kind::Job | Kind::AfterAnswer if callee_asks_services(place, site) || is_of_values(place, repeated) => return true,
        Kind::Job if is_switched(place, repeated) => return true,
        Kind::Job if is_in_chunks(place, repeated.repetition.node) || asks_several_tables(place, site) => return true,
        _ => {}
    }
    if counts_for_number(place, repeated) || is_put_into_queue(place, repeated) || is_tried_again(place, repeated, rolls_back_and_goes_on) {
        return true;
    }
    let Some(there) = of_loop(place, repeated) else { return false };
    let asked = there.asked();
    let (facts, call) = query_at(place, repeated);
    // A row of its own that is found by more than a key, and a count over a threshold of each: no one query gives these.
    let own_threshold = !asked.otherwise.is_empty() && is_aggregate(facts, call);
    // A job that changes each row through a function that finds it by what is not seen here.
    if judgement.kind == Kind::Job
        && site.reached.is_some_and(|(callee, _)| !only_reads(place.program.name(callee)))
        && asked.equal.is_empty()
        && !has_form_for_many(place, site)
    {
        return true;
    }
    let by_case = asked.cases && judgement.kind == Kind::Operation;
    by_case || asked.has_no_key() && !limits(facts, call) || own_threshold || site.reached.is_some() && asked.asks_by_list()
}

/// Whoever calls the function does so when the answer has gone out.
fn is_called_after_response(place: &Place, callers: &Callers, function: GlobalDef) -> bool {
    let program = place.program;
    let is_after = |edge: &CallEdge| {
        let file = edge.caller.file;
        let at = Place { program, summaries: place.summaries, file, facts: program.file(file), nesting: program.nesting(file) };
        is_after_response(&at, edge.site)
    };
    let calls = callers.of_function(program.outermost(function));
    !calls.is_empty() && calls.iter().all(is_after)
}

/// `if shop_id is None:` around the query, where that does not come from the item: a switch decides whether it runs at all.
fn is_switched(place: &Place, repeated: &Repeated) -> bool {
    let facts = place.facts;
    let Some(body) = repeated.repetition.body else { return false };
    let dependence = Dependence::of(facts, &repeated.repetition.items, body);
    let before = facts.arena.span(repeated.site.node).start;
    place.nesting.around(repeated.site.node).take_while(|&node| node != repeated.repetition.node).any(|node| match facts.arena.kind(node) {
        NodeKind::If { condition, .. } => {
            // What a later statement of the round gives the name is not from the item either.
            let mut named = Vec::new();
            facts.arena.walk(condition, |part| {
                if let NodeKind::Name(name) = facts.arena.kind(part) {
                    named.push(name);
                }
            });
            let mut set_before = false;
            walk_deep(facts, body, |inner| {
                if let NodeKind::Assign { target, .. } | NodeKind::Declare { target, .. } = facts.arena.kind(inner) {
                    set_before |=
                        facts.arena.span(inner).start < before && bound_names(facts, target).iter().any(|name| named.contains(name));
                }
                true
            });
            let of_item = named.iter().any(|name| repeated.repetition.items.contains(name));
            !of_item && !set_before && (!dependence.mentions(facts, condition) || !named.is_empty())
        }
        _ => false,
    })
}

/// Settings are few, whatever the table is called: `infraConfig`, `user_preferences`.
fn is_short(site: &Site) -> bool {
    site.query.table.as_deref().is_some_and(|table| vocabulary().loops.short_tables.in_name(table))
}

/// `[Group.objects.get_or_create(name=name) for name in names if name not in known]`: what is there has been read for all, the rest is mostly nothing.
fn makes_what_is_missing(place: &Place, repeated: &Repeated) -> bool {
    let facts = place.facts;
    let in_loop = place.nesting.around(repeated.site.node).take_while(|&node| node != repeated.repetition.node);
    let mut conditions = in_loop.filter_map(|node| match facts.arena.kind(node) {
        NodeKind::If { condition, .. } => Some(condition),
        _ => None,
    });
    repeated.site.reached.is_none()
        && called_name(facts, repeated.site.node).is_some_and(|name| words(name).iter().any(|word| word == "create"))
        && conditions.any(|condition| {
            let mut found = false;
            facts.arena.walk(condition, |node| found |= matches!(facts.arena.kind(node), NodeKind::Binary { op: BinaryOp::NotIn, .. }));
            found
        })
}

/// `prisma.$transaction(rows.map((row) => prisma.row.update(…)))`: the library's own form for writes that go together.
fn is_sent_together(place: &Place, repetition: &Repetition) -> bool {
    let facts = place.facts;
    let is_transaction = |call: NodeId| place.program.opens_transaction(place.file, call);
    if place.nesting.argument_of(facts, repetition.node).is_some_and(|(call, _)| is_transaction(call)) {
        return true;
    }
    // `updates.push(prisma.row.update(…))`, then `$transaction(updates)`.
    let Some(body) = repetition.body else { return false };
    let mut lists = Vec::new();
    walk_deep(facts, body, |node| {
        if let NodeKind::Call { callee, .. } = facts.arena.kind(node)
            && called_name(facts, node) == Some("push")
            && let NodeKind::Member { object, .. } = facts.arena.kind(callee)
            && let NodeKind::Name(list) = facts.arena.kind(object)
        {
            lists.push(list);
        }
        true
    });
    let owner = place.nesting.owner(repetition.node);
    let Some(all) = facts.def(owner).body.filter(|_| !lists.is_empty()) else { return false };
    let mut found = false;
    facts.arena.walk(all, |node| {
        found |= arguments(facts, node).any(|argument| matches!(facts.arena.kind(argument), NodeKind::Name(name) if lists.contains(&name)))
            && is_transaction(node);
    });
    found
}

/// The loop goes over a chunk of rows: how many are written at a time has been thought of.
fn is_in_chunks(place: &Place, head: NodeId) -> bool {
    let facts = place.facts;
    let of_batches = |name: &str| words(name).last().is_some_and(|word| vocabulary().loops.batches.has(word));
    let mut at = head;
    for _ in 0..100 {
        for outer in place.nesting.around(at) {
            if let NodeKind::Loop { kind: LoopKind::ForEach, target: Some(target), .. } = facts.arena.kind(outer)
                && bound_names(facts, target).iter().any(|&name| of_batches(facts.text(name)))
            {
                return true;
            }
        }
        let owner = place.nesting.owner(at);
        match place.nesting.place(owner) {
            Some(closure) if closure != at => at = closure,
            _ => return false,
        }
    }
    false
}

/// On the way to the query stands a `try` whose handlers go on as wanted.
fn is_tried_again(place: &Place, repeated: &Repeated, goes_on: fn(&FileFacts, NodeId) -> bool) -> bool {
    let Some((callee, reach)) = repeated.site.reached else { return false };
    place.summaries.chain(callee, reach).into_iter().any(|(function, node)| {
        let facts = place.program.file(function.file);
        let nesting = place.program.nesting(function.file);
        let tries = |around: NodeId| match facts.arena.kind(around) {
            NodeKind::Try { body, handlers, .. } => {
                facts.arena.span(body).contains(facts.arena.span(node))
                    && facts.arena.list(handlers).len() > 0
                    && facts.arena.list(handlers).all(|handler| goes_on(facts, handler))
            }
            _ => false,
        };
        nesting.around(node).any(tries)
    })
}

/// One row may fail without the others.
fn goes_on(facts: &FileFacts, handler: NodeId) -> bool {
    let mut raises = false;
    walk_deep(facts, handler, |node| {
        raises |= matches!(facts.arena.kind(node), NodeKind::Raise(_));
        !raises
    });
    !raises
}

fn rolls_back_and_goes_on(facts: &FileFacts, handler: NodeId) -> bool {
    let (mut back, mut raises) = (false, false);
    walk_deep(facts, handler, |node| {
        back |= matches!(called_name(facts, node), Some("rollback" | "begin_nested"));
        raises |= matches!(facts.arena.kind(node), NodeKind::Raise(_));
        true
    });
    back && !raises
}

/// `for (const { days } of await db.group.groupBy({ by: ["days"] }))`: each value there is, of which there are few.
fn is_of_values(place: &Place, repeated: &Repeated) -> bool {
    let facts = place.facts;
    let Some(source) = repeated.repetition.source else { return false };
    let groups = |node: NodeId| {
        chain(facts, node).any(|link| called_name(facts, link).is_some_and(|name| matches!(name, "groupBy" | "group_by" | "distinct")))
    };
    groups(source) || values_of(place, repeated.repetition.node, source).into_iter().any(groups)
}

/// `const total = await tx.invoice.count(…)`, then `total + 1` for the number of the next: it must be counted for each, just before it is made.
fn counts_for_number(place: &Place, repeated: &Repeated) -> bool {
    let facts = place.facts;
    if repeated.site.reached.is_some() || !is_aggregate(facts, repeated.site.node) {
        return false;
    }
    let Some(body) = repeated.repetition.body else { return false };
    let span = facts.arena.span(repeated.site.node);
    let mut counted = Vec::new();
    let mut number = false;
    walk_deep(facts, body, |node| {
        match facts.arena.kind(node) {
            NodeKind::Declare { target, value: Some(value), .. } | NodeKind::Assign { target, value, .. }
                if facts.arena.span(value).contains(span) =>
            {
                counted.extend(bound_names(facts, target));
            }
            NodeKind::Binary { op: BinaryOp::Add, left, right } => {
                let one = matches!(facts.arena.kind(right), NodeKind::Number(text) if facts.text(text) == "1");
                number |= one && matches!(facts.arena.kind(left), NodeKind::Name(name) if counted.contains(&name));
            }
            _ => {}
        }
        true
    });
    number
}

/// `queueCommission(row)`: each job is put into the queue by itself, and what is read is read for it.
fn is_put_into_queue(place: &Place, repeated: &Repeated) -> bool {
    repeated.site.reached.is_some_and(|(callee, _)| {
        let words = words(place.program.name(callee));
        words.first().is_some_and(|word| vocabulary().loops.queueing.has(word)) && words.last().is_none_or(|word| word != "many")
    })
}

fn is_aggregate(facts: &FileFacts, call: NodeId) -> bool {
    matches!(called_name(facts, call), Some("count" | "acount" | "aggregate" | "sum" | "max" | "min" | "avg" | "groupBy"))
}
