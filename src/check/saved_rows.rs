//! TypeScript: rows that a function has at hand, changes and saves one after the other.

use super::dependence::Dependence;
use super::loops::Place;
use super::sensitive::assigned;
use crate::model::body::{CallForm, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{FileFacts, Name};
use crate::model::nesting::{arguments, called_name, chain_root, spell, walk_deep};
use crate::model::source::Family;
use crate::model::summary::Write;
use crate::rulebook::vocabulary::api_names;

/// Two rows of one table, each saved by itself: `old.save()`, `renewed.save()`.
pub(super) fn are_two_rows(place: &Place, first: &Write, second: &Write) -> bool {
    let is_saved = |write: &Write| write.via.is_none() && called_name(place.facts, write.site) == Some("save");
    let rows = (row_of(place.facts, first.site), row_of(place.facts, second.site));
    place.facts.language.family() == Family::TypeScript
        && is_saved(first)
        && is_saved(second)
        && matches!(rows, (Some(one), Some(other)) if one != other)
}

/// One of two rows is given a part of the other before both are saved: `old.replacedBy = renewed.token`.
pub(super) fn are_linked(place: &Place, first: &Write, second: &Write) -> bool {
    let facts = place.facts;
    let (Some(one), Some(other)) = (row_of(facts, first.site), row_of(facts, second.site)) else { return false };
    let to = facts.arena.span(second.site);
    let both = |node: &NodeId| matches!(facts.arena.kind(*node), NodeKind::Block { .. }) && facts.arena.span(*node).contains(to);
    let Some(block) = place.nesting.around(first.site).find(both) else { return false };
    let root = |node: NodeId| match facts.arena.kind(chain_root(facts, node)) {
        NodeKind::Name(name) => Some(name),
        _ => None,
    };
    let mut found = false;
    walk_deep(facts, block, |node| {
        if let NodeKind::Assign { target, value, .. } = facts.arena.kind(node)
            && matches!(facts.arena.kind(target), NodeKind::Member { .. })
            && matches!(facts.arena.kind(value), NodeKind::Member { .. } | NodeKind::Name(_))
        {
            let ends = (root(target), root(value));
            found |= ends == (Some(one), Some(other)) || ends == (Some(other), Some(one));
        }
        !found
    });
    found
}

/// Two updates by the same operator, each of another row: `User.findByIdAndUpdate(me, { $push: … })`, `User.findByIdAndUpdate(other, { $push: … })`.
pub(super) fn are_mirrored(place: &Place, first: &Write, second: &Write) -> bool {
    let facts = place.facts;
    let operator = |site: NodeId| {
        let mut given = arguments(facts, site);
        let key = given.next()?;
        let mut found = None;
        let NodeKind::Collection { items, .. } = facts.arena.kind(given.next()?) else { return None };
        for item in facts.arena.list(items) {
            let NodeKind::Entry { key, .. } = facts.arena.kind(item) else { continue };
            found = found.or(facts.string(key).filter(|key| matches!(*key, "$push" | "$pull" | "$addToSet" | "$inc")));
        }
        Some((found?, spell(facts, key), called_name(facts, site)?))
    };
    if facts.language.family() != Family::TypeScript || first.via.is_some() || second.via.is_some() {
        return false;
    }
    let (Some((one, row, by)), Some((other, other_row, other_by))) = (operator(first.site), operator(second.site)) else { return false };
    one == other && by == other_by && row != other_row
}

/// Both rows are changed in the block that saves them; or what is deleted first was taken out of the row that is saved then.
pub(super) fn are_changed_together(place: &Place, first: NodeId, second: NodeId) -> bool {
    let facts = place.facts;
    if facts.language.family() != Family::TypeScript {
        return false;
    }
    let Some(saved) = row_of(facts, second).filter(|_| called_name(facts, second) == Some("save")) else { return false };
    let to = facts.arena.span(second);
    let both = |node: &NodeId| matches!(facts.arena.kind(*node), NodeKind::Block { .. }) && facts.arena.span(*node).contains(to);
    let Some(block) = place.nesting.around(first).find(both) else { return false };
    if !changes(facts, block, saved) {
        return false;
    }
    match row_of(facts, first).filter(|_| called_name(facts, first) == Some("save")) {
        Some(row) => row != saved && changes(facts, block, row) && !(is_new(place, first, row) && is_new(place, second, saved)),
        None => {
            let taken = Dependence::of(facts, &[saved], block);
            arguments(facts, first).any(|argument| taken.mentions(facts, argument))
        }
    }
}

/// The row is made where it is saved, and nothing is known of it yet: `const leaf = new Leaf()`.
fn is_new(place: &Place, site: NodeId, row: Name) -> bool {
    let values = assigned(place.facts, place.nesting.owner(site), row);
    !values.is_empty()
        && values.into_iter().all(|value| matches!(place.facts.arena.kind(value), NodeKind::Call { form: CallForm::New, .. }))
}

/// The local row that is saved: `order` of `order.save()` and of `this.orders.save(order)`.
fn row_of(facts: &FileFacts, site: NodeId) -> Option<Name> {
    let NodeKind::Call { callee, .. } = facts.arena.kind(site) else { return None };
    let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return None };
    match (arguments(facts, site).next().map(|given| facts.arena.kind(given)), facts.arena.kind(object)) {
        (Some(NodeKind::Name(row)), _) | (_, NodeKind::Name(row)) => Some(row),
        _ => None,
    }
}

/// `row.count += 1`, `row.items.push(item)`
fn changes(facts: &FileFacts, block: NodeId, row: Name) -> bool {
    let is_of_row = |node: NodeId| matches!(facts.arena.kind(chain_root(facts, node)), NodeKind::Name(name) if name == row);
    let mut found = false;
    walk_deep(facts, block, |node| {
        found |= match facts.arena.kind(node) {
            NodeKind::Unary { op: UnaryOp::Step, value } => matches!(facts.arena.kind(value), NodeKind::Member { .. }) && is_of_row(value),
            NodeKind::Assign { target, .. } => matches!(facts.arena.kind(target), NodeKind::Member { .. }) && is_of_row(target),
            NodeKind::Call { callee, .. } => match facts.arena.kind(callee) {
                NodeKind::Member { object, name, .. } => {
                    api_names().statics.row_changes.has(facts.text(name))
                        && matches!(facts.arena.kind(object), NodeKind::Member { .. })
                        && is_of_row(object)
                }
                _ => false,
            },
            _ => false,
        };
        !found
    });
    found
}
