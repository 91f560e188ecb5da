//! Whether two commits are of one session.

use super::subjects::subjects;
use crate::check::held_sessions::{Held, Key};
use crate::check::loops::{Place, bound_names};
use crate::model::body::NodeKind;
use crate::model::nesting::called_name;
use crate::model::role::GlobalDef;
use crate::model::source::Family;
use crate::model::summary::Write;

/// Both commits are of one session, as far as the function sees. Functions that open sessions of their own are units of work of their
/// own, and what they share may be no database at all.
pub(super) fn share_session(place: &Place, held: &Held, function: GlobalDef, first: &Write, second: &Write) -> bool {
    if same_connection(place, first, second) {
        return true;
    }
    let outer = held.outer(function);
    let keys = |write: &Write| -> Vec<Key> {
        let own = held.mentions(outer, place.nesting.chain_top(place.facts, write.site));
        // What is behind a call on a row: the application's one session, `db.session.commit()`.
        let (target, node) = write.target;
        let behind = if write.via.is_some() { held.mentions(held.outer(target), node) } else { Vec::new() };
        let global = behind.into_iter().filter(|mention| matches!(mention.key, Key::Global(_)));
        own.into_iter().chain(global).map(|mention| mention.key).collect()
    };
    let one = keys(first);
    keys(second).iter().any(|key| one.contains(key))
}

/// Python: `connection.commit()` twice, of one variable.
fn same_connection(place: &Place, first: &Write, second: &Write) -> bool {
    let facts = place.facts;
    let of = |write: &Write| match facts.arena.kind(write.site) {
        NodeKind::Call { callee, .. } if write.via.is_none() && called_name(facts, write.site) == Some("commit") => {
            match facts.arena.kind(callee) {
                NodeKind::Member { object, .. } => match facts.arena.kind(object) {
                    NodeKind::Name(name) => Some(name),
                    _ => None,
                },
                _ => None,
            }
        }
        _ => None,
    };
    facts.language.family() == Family::Python && of(first).is_some() && of(first) == of(second)
}

/// Python: the second commit is about what the first gave: `order = orders.create(…)`, then `lines.add(order.id)`.
pub(super) fn is_given_result(place: &Place, first: &Write, second: &Write) -> bool {
    let facts = place.facts;
    let mut value = place.nesting.chain_top(facts, first.site);
    while let Some(parent) = place.nesting.parent(value).filter(|&parent| matches!(facts.arena.kind(parent), NodeKind::Await(_))) {
        value = parent;
    }
    let target = match place.nesting.parent(value).map(|parent| facts.arena.kind(parent)) {
        Some(NodeKind::Declare { target, .. } | NodeKind::Assign { target, .. }) => target,
        _ => return false,
    };
    let kept = bound_names(facts, target);
    facts.language.family() == Family::Python
        && first.via.is_some()
        && second.via.is_some()
        && first.via != second.via
        && subjects(place, second).names.iter().any(|name| kept.contains(name))
}
