//! Queries that a library sends together when they are asked in one tick: `findUnique` of Prisma.

use super::loops::Place;
use super::n_plus_one::Site;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::FileFacts;
use crate::model::source::Span;

/// Nothing is awaited between the start of `body`, which runs once for each item, and the query: all rounds ask in one tick.
pub(super) fn is_first_of_tick(place: &Place, site: &Site, body: NodeId) -> bool {
    if awaits_before(place.facts, body, place.facts.arena.span(site.node)) {
        return false;
    }
    let Some((callee, reach)) = site.reached else { return true };
    place.summaries.chain(callee, reach).into_iter().all(|(function, node)| {
        let facts = place.program.file(function.file);
        place.program.def(function).body.is_some_and(|body| !awaits_before(facts, body, facts.arena.span(node)))
    })
}

/// Something is awaited before the place, on the way there: not in a branch that leaves.
fn awaits_before(facts: &FileFacts, body: NodeId, site: Span) -> bool {
    let mut found = false;
    facts.arena.walk_while(body, |node| {
        let span = facts.arena.span(node);
        match facts.arena.kind(node) {
            NodeKind::Await(_) => found |= span.end <= site.start,
            NodeKind::Block { items, .. } if !span.contains(site) => {
                let last = facts.arena.list(items).last();
                return !last.is_some_and(|last| matches!(facts.arena.kind(last), NodeKind::Return(_) | NodeKind::Raise(_)));
            }
            _ => {}
        }
        !found && span.start < site.start
    });
    found
}
