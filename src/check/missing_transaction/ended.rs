//! Commits of which one cannot be left without the other, or that never both happen: the first step ends the function where it did
//! something, or a row has to be there before a job is handed to a queue, and is given the job's id afterwards (Python).

use crate::check::loops::Place;
use crate::model::body::{BinaryOp, NodeId, NodeKind};
use crate::model::facts::{FileFacts, Name};
use crate::model::knowledge::WriteMode;
use crate::model::nesting::{Nesting, argument_value, arguments, called_name, last_name, walk_deep};
use crate::model::role::GlobalDef;
use crate::model::source::Family;
use crate::model::summary::Write;
use crate::model::words::words;
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// `done = finish_at_once(order)`, and then `if done is not None: return order`: where the call gives nothing, it has committed nothing.
pub(super) fn ends_when_done(place: &Place, first: &Write, second: &Write) -> bool {
    let (facts, nesting) = (place.facts, place.nesting);
    let (Family::Python, WriteMode::OnCommit, Some(via)) = (facts.language.family(), first.mode, first.via) else { return false };
    let top = nesting.chain_top(facts, first.site);
    let Some(given) = nesting.parent(top) else { return false };
    let name = match facts.arena.kind(given) {
        NodeKind::Assign { target, value, .. } if value == top => match facts.arena.kind(target) {
            NodeKind::Name(name) => name,
            _ => return false,
        },
        _ => return false,
    };
    let Some(NodeKind::Block { items, .. }) = nesting.parent(given).map(|block| facts.arena.kind(block)) else { return false };
    let next = facts.arena.list(items).skip_while(|&item| item != given).nth(1);
    let Some(NodeKind::If { condition, then, .. }) = next.map(|next| facts.arena.kind(next)) else { return false };
    let is_it = |node: NodeId| facts.arena.kind(node) == NodeKind::Name(name);
    let asks = match facts.arena.kind(condition) {
        NodeKind::Binary { op: BinaryOp::IsNot, left, right } => is_it(left) && facts.arena.kind(right) == NodeKind::Null,
        _ => is_it(condition),
    };
    let is_inside = facts.arena.span(then).contains(facts.arena.span(second.site));
    asks && !is_inside && leaves(facts, then) && gives_what_it_commits(place, via)
}

/// The block ends with a return.
fn leaves(facts: &FileFacts, block: NodeId) -> bool {
    match facts.arena.kind(block) {
        NodeKind::Block { items, .. } => {
            facts.arena.list(items).last().is_some_and(|last| matches!(facts.arena.kind(last), NodeKind::Return(_)))
        }
        _ => matches!(facts.arena.kind(block), NodeKind::Return(_)),
    }
}

/// Every commit of the function is followed by the return of a value, and there is a way on which it gives nothing.
fn gives_what_it_commits(place: &Place, function: GlobalDef) -> bool {
    let (facts, nesting) = (place.program.file(function.file), place.program.nesting(function.file));
    let writes = place.summaries.of(function).map(|summary| summary.writes.as_slice()).unwrap_or_default();
    let Some(body) = facts.def(function.def).body else { return false };
    let is_nothing = |value: NodeId| matches!(facts.arena.kind(value), NodeKind::Null | NodeKind::Bool(false));
    let mut gives_nothing = false;
    facts.arena.walk(body, |node| {
        gives_nothing |= matches!(facts.arena.kind(node), NodeKind::Return(value) if value.is_none_or(is_nothing));
    });
    let commits = writes.iter().filter(|write| write.mode == WriteMode::OnCommit);
    gives_nothing
        && commits.into_iter().all(|write| match returned_after(facts, nesting, write.site) {
            Some(NodeKind::Return(Some(value))) => !is_nothing(value),
            _ => false,
        })
}

/// The first return that stands behind the node, in the blocks around it.
fn returned_after(facts: &FileFacts, nesting: &Nesting, site: NodeId) -> Option<NodeKind> {
    let mut inner = site;
    while let Some(outer) = nesting.parent(inner) {
        if let kind @ NodeKind::Return(_) = facts.arena.kind(outer) {
            return Some(kind);
        }
        if let NodeKind::Block { items, .. } = facts.arena.kind(outer) {
            let behind = facts.arena.list(items).skip_while(|&item| item != inner).skip(1);
            let found = behind.map(|item| facts.arena.kind(item)).find(|kind| matches!(kind, NodeKind::Return(_) | NodeKind::Raise(_)));
            if found.is_some() {
                return found;
            }
        }
        inner = outer;
    }
    None
}

/// Between two commits a job is handed to a queue, which is told the row's id, and nothing but that row is changed: `db.commit()`,
/// `job = send.delay(message.id)`, `message.job = job.id`, `db.commit()`. The worker has to find the row, and only then there is a job.
pub(super) fn is_enqueued_between(place: &Place, function: GlobalDef, first: &Write, second: &Write) -> bool {
    let facts = place.facts;
    let is_own = |write: &Write| write.via.is_none() && write.mode == WriteMode::OnCommit;
    let (Family::Python, true, true) = (facts.language.family(), is_own(first), is_own(second)) else { return false };
    let Some(body) = facts.def(function.def).body else { return false };
    let (from, to) = (facts.arena.span(first.site).end, facts.arena.span(second.site).start);
    let between = |node: NodeId| {
        let span = facts.arena.span(node);
        span.start >= from && span.end <= to
    };
    let mut told: Vec<Name> = Vec::new();
    let mut changed: Vec<Name> = Vec::new();
    let mut is_more = false;
    walk_deep(facts, body, |node| {
        if !between(node) {
            return true;
        }
        match facts.arena.kind(node) {
            NodeKind::Call { .. } => {
                let name = called_name(facts, node).unwrap_or_default();
                is_more |= matches!(name, "add" | "add_all" | "delete" | "merge" | "execute" | "bulk_save_objects");
                if api_names().waits.queues.has(name) {
                    for argument in arguments(facts, node) {
                        facts.arena.walk(argument_value(facts, argument), |inner| told.extend(id_of(facts, inner)));
                    }
                }
            }
            NodeKind::Assign { target, .. } => {
                if let NodeKind::Member { object, .. } = facts.arena.kind(target) {
                    match facts.arena.kind(object) {
                        NodeKind::Name(name) => changed.push(name),
                        _ => is_more = true,
                    }
                }
            }
            _ => {}
        }
        true
    });
    !is_more && !changed.is_empty() && changed.iter().all(|name| told.contains(name))
}

/// The first of two commits keeps a row that says of itself that it is not done (`Purchase(…, status="pending")`), and what follows sets that to something
/// else: whoever comes upon the row knows how far it came.
pub(super) fn is_marked_open(place: &Place, function: GlobalDef, first: &Write, second: &Write) -> bool {
    let facts = place.facts;
    let is_own = |write: &Write| write.via.is_none() && write.mode == WriteMode::OnCommit;
    let (Family::Python, true, true) = (facts.language.family(), is_own(first), is_own(second)) else { return false };
    let Some(body) = facts.def(function.def).body else { return false };
    let (from, to) = (facts.arena.span(first.site), facts.arena.span(second.site));
    let is_state = |name: &str| words(name).last().is_some_and(|last| matches!(last.as_str(), "status" | "state"));
    let is_open = |value: NodeId| {
        let said = facts.string(value).or_else(|| last_name(facts, value).map(|name| facts.text(name)));
        said.is_some_and(|said| vocabulary().writes.open_states.has(said.to_ascii_lowercase()))
    };
    let mut marked: Vec<(Name, Name)> = Vec::new();
    let mut changed: Vec<(Name, Name)> = Vec::new();
    walk_deep(facts, body, |node| {
        let NodeKind::Assign { target, value, .. } = facts.arena.kind(node) else { return true };
        let span = facts.arena.span(node);
        match facts.arena.kind(target) {
            NodeKind::Name(row) if span.end <= from.start && matches!(facts.arena.kind(value), NodeKind::Call { .. }) => {
                marked.extend(arguments(facts, value).filter_map(|argument| match facts.arena.kind(argument) {
                    NodeKind::Argument { name, value } if is_state(facts.text(name)) && is_open(value) => Some((row, name)),
                    _ => None,
                }));
            }
            NodeKind::Member { object, name, .. } if span.start >= from.end && span.end <= to.start => {
                if let NodeKind::Name(row) = facts.arena.kind(object) {
                    changed.push((row, name));
                }
            }
            _ => {}
        }
        true
    });
    marked.iter().any(|mark| changed.contains(mark))
}

/// `message` of `message.id`.
fn id_of(facts: &FileFacts, node: NodeId) -> Option<Name> {
    let NodeKind::Member { object, name, .. } = facts.arena.kind(node) else { return None };
    let NodeKind::Name(row) = facts.arena.kind(object) else { return None };
    matches!(facts.text(name), "id" | "pk" | "uuid").then_some(row)
}
