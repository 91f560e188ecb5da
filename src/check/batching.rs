//! Whether the queries of a loop have a form for all rows at once, what it is, and where each row has to be written by itself.

use super::Context;
use super::bounds::{is_refused_when_long, opens_transaction_per_item};
use super::dependence::Dependence;
use super::hoisted::is_same_each_time;
use super::loading::origins;
use super::loops::{Place, is_spawned};
use super::meant::{self, Kind};
use super::n_plus_one::Repeated;
use super::relations::method_of;
use crate::model::body::{BinaryOp, NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts};
use crate::model::finding::{Confidence, Level};
use crate::model::knowledge::{Access, ApiFact, QueryFact, Subject};
use crate::model::nesting::{arguments, called_name, chain, chain_root, last_name};
use crate::model::program::{CallEdge, CallKind, Program, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::model::summary::QueryEffect;
use crate::rulebook::vocabulary::api_names;

/// How a repeated query is told.
pub(super) struct Judgement {
    pub(super) level: Level,
    /// Why the level is lower, for the message.
    pub(super) remark: &'static str,
    pub(super) kind: Kind,
}

/// What knowledge says of the query.
pub(super) fn query_fact<'a>(program: &'a Program, query: &QueryEffect) -> Option<&'a QueryFact> {
    match &program.knowledge.entries.get(query.entry as usize)?.fact {
        ApiFact::Query(fact) => Some(fact),
        _ => None,
    }
}

/// The library may send queries of one tick as one: `findUnique` of Prisma.
pub(super) fn may_be_batched(program: &Program, query: &QueryEffect) -> bool {
    query_fact(program, query).is_some_and(|fact| fact.same_tick_batched)
}

/// The level: a warning, or a note where the round trips may be meant.
pub(super) fn judge(context: &Context, place: &Place, repeated: &Repeated) -> Judgement {
    let because = |kind, remark| Judgement { level: Level::Note, remark, kind };
    let note = |remark| because(Kind::Usual, remark);
    let Repeated { site, repetition } = repeated;
    let fact = query_fact(place.program, site.query);
    if repetition.concurrent && may_be_batched(place.program, site.query) {
        return because(Kind::Tick, ", though the library may batch calls of the same tick");
    }
    if site.query.access != Access::Write && is_same_each_time(place, repeated) {
        return because(Kind::Same, ", the same each time");
    }
    if is_spawned(place, place.nesting.owner(site.node)) {
        return note(", each in a task of its own");
    }
    if opens_transaction_per_item(place, repetition, site.node) {
        return because(Kind::EachOnItsOwn, ", each in a transaction of its own");
    }
    if repetition.source.is_some_and(|source| is_refused_when_long(place, repetition.node, source)) {
        return because(Kind::Few, ", for each of a list that is refused when it is long");
    }
    if site.query.access == Access::Write {
        if site.reached.is_none() && is_bulk_write(place.facts, site.node) {
            return because(Kind::Bulk, ", though each round already writes many rows");
        }
        if is_relation_of_row(place, repeated) {
            return note("; fine where each row gets relations of its own");
        }
        if adds_to_relation(place, repeated) {
            return because(Kind::Relation, "; fine where they are few");
        }
        if is_overridden_save(place, repeated) {
            return because(Kind::OwnSave, "; fine where its own `save` or `delete` must run for each row");
        }
        if fact.is_some_and(|fact| fact.batched.is_none() && fact.raw.is_some()) {
            return because(Kind::Upsert, ", of which the library has no form for many rows");
        }
        if fact.is_some_and(|fact| fact.batched.is_none() && fact.batched_write.is_none()) {
            return note("; fine where each row must be written on its own (hooks, signals, validation)");
        }
        if site.reached.is_some() {
            return note("; fine where what writes one row does more with it");
        }
        if fact.is_some_and(|fact| writes_nested(place, repeated, fact)) {
            return note("; fine while rows of other tables are written with each");
        }
        if fact.is_some_and(|fact| values_vary(place, repeated, fact)) {
            return because(Kind::OwnValues, ", with values of its own, for which the library has no one call");
        }
    }
    if may_be_loaded(context, place, repeated) {
        return note(", unless the relation is loaded with the rows");
    }
    if let Some((kind, remark)) = meant::remark(place, repeated, context.callers()) {
        return because(kind, remark);
    }
    match () {
        // What is read for all at once is looked up by key. What is written for all at once may need a statement of its own, and a few rows are as well
        // written one by one.
        () if site.query.access == Access::Write => note("; fine where they are few"),
        () if reads_some_of_each(place, repeated) => note(", a few of each, for which there is no one query"),
        () if counts_up(place, repeated) => note(", for each number of a range"),
        () => Judgement { level: Level::Warning, remark: "", kind: Kind::Usual },
    }
}

/// A note for whatever reason, and one of the calls on the way may as well lead elsewhere: to one class of several, or to a method that one of them
/// has of its own. Two guesses are no finding.
pub(super) fn is_guess(place: &Place, repeated: &Repeated, judgement: &Judgement) -> bool {
    let site = &repeated.site;
    let Some((callee, reach)) = site.reached.filter(|_| judgement.level == Level::Note && site.confidence() < Confidence::High) else {
        return false;
    };
    let leads_elsewhere = |(function, node)| {
        let runs = |edge: &&CallEdge| edge.kind == CallKind::Call && !is_abstract(place.program, edge.callee);
        let mut callees = place.program.calls_at(function, node).iter().filter(runs).map(|edge| edge.callee);
        callees.next().is_some_and(|first| callees.any(|other| other != first))
    };
    place.summaries.chain(callee, reach).into_iter().any(leads_elsewhere)
}

/// Only says what a class must have: `@abstractmethod`, `def find(self): ...`.
fn is_abstract(program: &Program, method: GlobalDef) -> bool {
    let (facts, def) = (program.file(method.file), program.def(method));
    let Some(body) = def.body else { return true };
    let NodeKind::Block { items, .. } = facts.arena.kind(body) else { return false };
    def.decorators.iter().any(|&decorator| last_name(facts, decorator).is_some_and(|name| facts.text(name) == "abstractmethod"))
        || facts.arena.list(items).all(|item| matches!(facts.arena.kind(item), NodeKind::Str(_) | NodeKind::Null | NodeKind::Raise(_)))
}

/// `find({ of: id }).sort(…).limit(25)` for each: the newest of every one.
fn reads_some_of_each(place: &Place, repeated: &Repeated) -> bool {
    let top = place.nesting.chain_top(place.facts, repeated.site.node);
    repeated.site.reached.is_none()
        && chain(place.facts, top).any(|link| matches!(called_name(place.facts, link), Some("limit" | "take" | "top")))
}

/// `for zoom in lowest..=highest`, `range(lowest, highest)`: numbers, not rows.
fn counts_up(place: &Place, repeated: &Repeated) -> bool {
    let range = |source: NodeId| {
        matches!(place.facts.arena.kind(source), NodeKind::Binary { op: BinaryOp::Range, .. })
            || called_name(place.facts, source) == Some("range")
    };
    repeated.repetition.source.is_some_and(range)
}

/// All rows of a relation, read behind a call or of rows that come from nowhere in sight: they may have been loaded with it.
fn may_be_loaded(context: &Context, place: &Place, repeated: &Repeated) -> bool {
    let Repeated { site, repetition } = repeated;
    let (facts, call) = query_at(place, repeated);
    let is_relation = query_fact(place.program, site.query).is_some_and(|fact| fact.subject == Subject::Captured);
    let of_all = || {
        let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return false };
        let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return false };
        called_name(facts, call) == Some("all") && matches!(facts.arena.kind(object), NodeKind::Member { .. })
    };
    let unseen = || repetition.source.is_none_or(|source| origins(context, place.file, source).is_empty());
    is_relation && of_all() && (site.reached.is_some() || unseen())
}

/// `rule.channels.set(channels)` for each `rule`: the library sets the relations of one row.
fn is_relation_of_row(place: &Place, repeated: &Repeated) -> bool {
    let Repeated { site, repetition } = repeated;
    let facts = place.facts;
    let NodeKind::Call { callee, .. } = facts.arena.kind(site.node) else { return false };
    site.reached.is_none()
        && called_name(facts, site.node).is_some_and(|name| api_names().orm.relations.has(name))
        && chain(facts, callee).count() > 2
        && matches!(facts.arena.kind(chain_root(facts, callee)), NodeKind::Name(name) if repetition.items.contains(&name))
}

/// The file and the call node of the query itself, which may be calls away from the loop.
pub(super) fn query_at<'a>(place: &Place<'a>, repeated: &Repeated) -> (&'a FileFacts, NodeId) {
    match repeated.site.reached {
        None => (place.facts, repeated.site.query.site),
        Some((_, reach)) => (place.program.file(reach.target.file), reach.query.site),
    }
}

/// `data: { owner: { connect: … } }`: only a write of one row can do that.
fn writes_nested(place: &Place, repeated: &Repeated, fact: &QueryFact) -> bool {
    let (facts, call) = query_at(place, repeated);
    !nested_writes(facts, call, fact).is_empty()
}

/// The relations whose rows are written with each: `tags` of `data: { tags: { create: … } }`.
pub(super) fn nested_writes(facts: &FileFacts, call: NodeId, fact: &QueryFact) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    if fact.single_with.is_empty() {
        return found;
    }
    for argument in arguments(facts, call) {
        facts.arena.walk(argument, |node| {
            let NodeKind::Entry { key, value } = facts.arena.kind(node) else { return };
            let NodeKind::Collection { items, .. } = facts.arena.kind(value) else { return };
            let single = facts.arena.list(items).any(|item| {
                matches!(facts.arena.kind(item), NodeKind::Entry { key, .. } if facts.string(key).is_some_and(|key| fact.single_with.iter().any(|single| single == key)))
            });
            let Some(name) = facts.string(key).filter(|name| single && !is_own_key(name)) else { return };
            // A relation of the rows that are written with it goes with those.
            let inside = |outer: &&String| outer.as_str() == name;
            if !found.iter().any(|outer| inside(&outer)) {
                found.push(name.to_string());
            }
        });
    }
    found
}

/// The keys of a write itself.
fn is_own_key(name: &str) -> bool {
    matches!(name, "data" | "create" | "update" | "where" | "connect" | "connectOrCreate")
}

/// `role.menus.add(menu)` for each `menu`: a relation of one row, which takes many at once.
fn adds_to_relation(place: &Place, repeated: &Repeated) -> bool {
    let Repeated { site, repetition } = repeated;
    let facts = place.facts;
    let NodeKind::Call { callee, .. } = facts.arena.kind(site.node) else { return false };
    site.reached.is_none()
        && facts.language.family() == Family::Python
        && matches!(called_name(facts, site.node), Some("add" | "aadd" | "remove" | "aremove"))
        && chain(facts, callee).count() > 2
        && arguments(facts, site.node).len() == 1
        && !matches!(facts.arena.kind(chain_root(facts, callee)), NodeKind::Name(name) if repetition.items.contains(&name))
        && query_fact(place.program, site.query).is_some_and(|fact| !fact.deferred)
}

/// The values written are not the same for all rows: they mention the item, or, behind calls, anything that is no literal.
fn values_vary(place: &Place, repeated: &Repeated, fact: &QueryFact) -> bool {
    let Some(wanted) = &fact.values else { return false };
    let (facts, call) = query_at(place, repeated);
    let values = values_of(facts, call, wanted);
    match (repeated.site.reached, repeated.repetition.body) {
        (None, Some(body)) => {
            let dependence = Dependence::of(facts, &repeated.repetition.items, body);
            values.iter().any(|&value| dependence.mentions(facts, value))
        }
        _ => values.iter().any(|&value| !is_literal(facts, value)),
    }
}

/// `data` of `update({ where, data })`, or what `set` of `update(t).set(x)` is given.
pub(super) fn values_of(facts: &FileFacts, call: NodeId, wanted: &str) -> Vec<NodeId> {
    let entries = arguments(facts, call).filter_map(|argument| match facts.arena.kind(argument) {
        NodeKind::Collection { items, .. } => facts.arena.list(items).find_map(|item| match facts.arena.kind(item) {
            NodeKind::Entry { key, value } if facts.string(key) == Some(wanted) => Some(value),
            _ => None,
        }),
        _ => None,
    });
    let links = chain(facts, call).filter(|&link| link != call && called_name(facts, link) == Some(wanted));
    entries.chain(links.flat_map(|link| arguments(facts, link))).collect()
}

/// `updateMany({ where: { id: { in: ids } }, data: { groupId } })` for each group: rows that get the same are written together already.
pub(super) fn writes_a_group(place: &Place, repeated: &Repeated) -> bool {
    let facts = place.facts;
    let many = || called_name(facts, repeated.site.node).is_some_and(|name| matches!(name, "updateMany" | "update_many"));
    repeated.site.reached.is_none()
        && repeated.site.query.access == Access::Write
        && many()
        && query_fact(place.program, repeated.site.query).is_some_and(|fact| values_vary(place, repeated, fact))
}

/// Written out in the code, without a variable: `{ status: "paid", paidAt: new Date() }`.
fn is_literal(facts: &FileFacts, value: NodeId) -> bool {
    let mut literal = true;
    facts.arena.walk_while(value, |node| {
        match facts.arena.kind(node) {
            NodeKind::Name(name) => {
                literal &= facts.text(name).starts_with(|c: char| c.is_uppercase());
            }
            // `new Date()`, `OrderStatus.PAID`: what is called or read begins with a capital letter.
            NodeKind::Entry { value, .. } => {
                literal &= is_literal(facts, value);
                return false;
            }
            _ => {}
        }
        literal
    });
    literal
}

/// `updateMany({ where: { id: { in: ids } } })` once per group of rows: the groups may need different values.
fn is_bulk_write(facts: &FileFacts, site: NodeId) -> bool {
    let name = called_name(facts, site).unwrap_or_default();
    name.ends_with("Many") || api_names().orm.bulk.has(name)
}

/// `row.save()` where the project's model has a `save` of its own: a bulk write would go past it.
fn is_overridden_save(place: &Place, repeated: &Repeated) -> bool {
    let (program, facts) = (place.program, place.facts);
    let own = |name: &str| api_names().orm.saves.has(name);
    let is_model = |class: GlobalDef| program.role(class).is_some_and(|evidence| evidence.role == Role::Model);
    match repeated.site.reached {
        // `save` of a mixin that only adds the row to a session is no more than that.
        Some((callee, reach)) => {
            let there = program.file(reach.target.file);
            own(program.name(callee)) && is_model(callee) && called_name(there, reach.query.site).is_some_and(own)
        }
        None => {
            let name = called_name(facts, repeated.site.node).unwrap_or_default();
            let NodeKind::Call { callee, .. } = facts.arena.kind(repeated.site.node) else { return false };
            let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return false };
            // Django's managers make rows through `save`.
            let makes = api_names().orm.creates.has(name);
            if makes && facts.language.family() == Family::Python {
                let root = program.value(place.file, chain_root(facts, object));
                return matches!(root, Value::Def(class) if is_model(class) && method_of(program, class, "save").is_some());
            }
            if !own(name) {
                return false;
            }
            match row_class(place, repeated, object) {
                Some(class) if method_of(program, class, name).is_some() => true,
                Some(class) => is_base(program, class) && overrides(program, name),
                // Rows of a model that is not known, in a project where that matters.
                None => overrides(program, name),
            }
        }
    }
}

/// The model of the rows: the one that the loop asks (`for row in Model.objects.filter(…)`), or that of the item itself.
fn row_class(place: &Place, repeated: &Repeated, item: NodeId) -> Option<GlobalDef> {
    let (program, file) = (place.program, place.file);
    let asked = repeated.repetition.source.map(|source| program.value(file, chain_root(place.facts, source)));
    match (asked, program.value(file, item)) {
        (Some(Value::Def(class)), _) | (_, Value::Instance { class, .. }) if program.is(class, Role::Model) => Some(class),
        _ => None,
    }
}

/// Other classes of the project are made of it: rows that a manager of it gives may be theirs.
fn is_base(program: &Program, class: GlobalDef) -> bool {
    let name = program.name(class);
    (0..program.facts.len() as u32).map(FileId).any(|file| {
        let facts = program.file(file);
        facts.names.may_hold(name)
            && facts
                .definitions()
                .any(|(_, def)| def.bases.iter().any(|&base| matches!(program.value(file, base), Value::Def(above) if above == class)))
    })
}

/// Some model of the project has a method of its own of this name.
fn overrides(program: &Program, name: &str) -> bool {
    (0..program.facts.len() as u32).map(FileId).any(|file| {
        let facts = program.file(file);
        facts.names.may_hold(name)
            && facts.definitions().any(|(_, def)| {
                let class = GlobalDef { file, def: def.parent };
                def.kind == DefKind::Method && facts.text(def.name) == name && program.is(class, Role::Model)
            })
    })
}
