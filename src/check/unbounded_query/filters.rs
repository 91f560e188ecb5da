//! Filters that leave most rows in, or all where the client asks for nothing.

use crate::check::sensitive::assigned;
use crate::model::body::{BinaryOp, NodeId, NodeKind};
use crate::model::facts::{FileFacts, Name};
use crate::model::nesting::{Nesting, argument_value, arguments, called_name, chain_root, last_name, walk_deep};
use crate::model::source::Family;
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// An object as a filter that leaves most rows in, or all where the client asks for nothing: usual states (`{ active: true, deletedAt: null }`), conditions
/// that are there if they are asked for (`...(q && { title: q })`), and parts of a text (`{ title: { contains: q } }`).
pub(super) fn hardly_narrows(facts: &FileFacts, filter: NodeId) -> bool {
    let filter = match facts.arena.kind(filter) {
        NodeKind::Cast { value, .. } => value,
        _ => filter,
    };
    let NodeKind::Collection { items, .. } = facts.arena.kind(filter) else { return false };
    let is_left_out = |node: NodeId| match facts.arena.kind(node) {
        NodeKind::Null => true,
        NodeKind::Name(name) => facts.text(name) == "undefined",
        NodeKind::Collection { items, .. } => facts.arena.list(items).len() == 0,
        _ => false,
    };
    let is_optional = |value: NodeId| match facts.arena.kind(value) {
        NodeKind::Binary { op: BinaryOp::And, .. } => true,
        NodeKind::If { then, otherwise: Some(otherwise), .. } => is_left_out(then) || is_left_out(otherwise),
        _ => false,
    };
    let is_part_of_text = |value: NodeId| match facts.arena.kind(value) {
        NodeKind::Collection { items, .. } => {
            facts.arena.list(items).len() > 0
                && facts.arena.list(items).all(|item| match facts.arena.kind(item) {
                    NodeKind::Entry { key, .. } => match facts.string(key) {
                        Some(key) => matches!(key, "contains" | "startsWith" | "mode" | "$regex" | "$options"),
                        None => last_name(facts, key).is_some_and(|name| matches!(facts.text(name), "like" | "iLike")),
                    },
                    _ => false,
                })
        }
        NodeKind::Call { .. } => matches!(called_name(facts, value), Some("ILike" | "Like")),
        _ => false,
    };
    facts.language.family() == Family::TypeScript
        && facts.arena.list(items).len() > 0
        && facts.arena.list(items).all(|item| match facts.arena.kind(item) {
            NodeKind::Entry { key, value } => {
                is_usual(facts, facts.string(key).unwrap_or_default(), value)
                    || is_optional(value)
                    || is_part_of_text(value)
                    || is_all_but_one(facts, facts.string(key), value)
            }
            NodeKind::Spread { value, .. } => is_optional(value),
            _ => false,
        })
}

/// All rows but one: `{ NOT: { email } }`, `{ id: { not: own } }`, `{ _id: { $ne: own } }`, `{ id: Not(own) }`.
fn is_all_but_one(facts: &FileFacts, key: Option<&str>, value: NodeId) -> bool {
    let is_some = |node: NodeId| !matches!(facts.arena.kind(node), NodeKind::Null | NodeKind::Bool(_) | NodeKind::Str(_));
    match facts.arena.kind(value) {
        NodeKind::Collection { .. } if key == Some("NOT") => true,
        NodeKind::Collection { items, .. } => {
            let mut items = facts.arena.list(items);
            let only = items.next().filter(|_| items.next().is_none());
            only.is_some_and(|item| match facts.arena.kind(item) {
                NodeKind::Entry { key, value } => {
                    let is_not = match facts.string(key) {
                        Some(key) => matches!(key, "not" | "$ne"),
                        None => last_name(facts, key).is_some_and(|name| facts.text(name) == "ne"),
                    };
                    is_not && is_some(value)
                }
                _ => false,
            })
        }
        NodeKind::Call { .. } => called_name(facts, value) == Some("Not") && arguments(facts, value).next().is_some_and(is_some),
        _ => false,
    }
}

/// Most rows are so: active, published, not deleted. `open: true` is another matter.
fn is_usual(facts: &FileFacts, name: &str, value: NodeId) -> bool {
    match facts.arena.kind(value) {
        NodeKind::Bool(true) => vocabulary().queries.usually_on.in_name(name),
        NodeKind::Bool(false) | NodeKind::Null => vocabulary().queries.usually_off.in_name(name),
        _ => false,
    }
}

/// The same of a link of a builder: `.where(eq(kites.hidden, false))`, `.where("active", true)`, `.whereNull("deleted_at")`.
pub(super) fn hardly_narrows_by(facts: &FileFacts, link: NodeId) -> bool {
    if facts.language.family() != Family::TypeScript || !matches!(facts.arena.kind(link), NodeKind::Call { .. }) {
        return false;
    }
    let given: Vec<NodeId> = arguments(facts, link).collect();
    match (called_name(facts, link), &given[..]) {
        (Some("whereNull"), [column]) => facts.string(*column).is_some_and(is_of_deletion),
        (Some("where" | "andWhere"), [condition]) => is_switch(facts, *condition, 0),
        (Some("where" | "andWhere"), [column, .., value]) => {
            facts.string(*column).is_some_and(|name| is_usual(facts, name.rsplit('.').next().unwrap_or(name), *value))
        }
        _ => false,
    }
}

fn is_of_deletion(name: &str) -> bool {
    vocabulary().queries.deletions.in_name(name.rsplit('.').next().unwrap_or(name))
}

/// `eq(kites.hidden, false)`, `isNull(kites.deletedAt)`, and several of them.
fn is_switch(facts: &FileFacts, condition: NodeId, depth: u8) -> bool {
    let given: Vec<NodeId> = arguments(facts, condition).collect();
    let name = |node: NodeId| last_name(facts, node).map(|name| facts.text(name)).unwrap_or_default();
    match (called_name(facts, condition), &given[..]) {
        (Some("isNull"), [column]) => is_of_deletion(name(*column)),
        (Some("eq"), [column, value]) => is_usual(facts, name(*column), *value),
        (Some("and"), all) if depth < 4 => !all.is_empty() && all.iter().all(|&inner| is_switch(facts, inner, depth + 1)),
        (None, _) => hardly_narrows(facts, condition),
        _ => false,
    }
}

/// A filter that is none unless the client asks for one: `const condition = title ? { title } : null`.
pub(super) fn may_be_nothing(facts: &FileFacts, nesting: &Nesting, filter: NodeId) -> bool {
    let value = match facts.arena.kind(filter) {
        NodeKind::Name(name) => match assigned(facts, nesting.owner(filter), name)[..] {
            [value] => value,
            _ => return false,
        },
        _ => filter,
    };
    let is_nothing = |node: NodeId| match facts.arena.kind(node) {
        NodeKind::Null => true,
        NodeKind::Name(name) => facts.text(name) == "undefined",
        NodeKind::Collection { items, .. } => facts.arena.list(items).len() == 0,
        _ => false,
    };
    if let NodeKind::Name(name) = facts.arena.kind(filter)
        && value != filter
        && is_nothing(value)
    {
        return is_filled_if_asked(facts, nesting, filter, name);
    }
    match facts.arena.kind(value) {
        NodeKind::If { then, otherwise: Some(otherwise), .. } => is_nothing(then) || is_nothing(otherwise),
        _ => false,
    }
}

/// `const where = {}; if (search) where.name = search;`: whatever fills it stands under a condition, and it is handed to nobody who might.
fn is_filled_if_asked(facts: &FileFacts, nesting: &Nesting, filter: NodeId, name: Name) -> bool {
    let Some(body) = facts.def(nesting.owner(filter)).body else { return false };
    let is_it = |node: NodeId| facts.arena.kind(chain_root(facts, node)) == NodeKind::Name(name);
    let mut surely = false;
    walk_deep(facts, body, |node| {
        surely |= match facts.arena.kind(node) {
            NodeKind::Assign { target, .. } if is_it(target) => {
                !nesting.around(node).any(|at| matches!(facts.arena.kind(at), NodeKind::If { .. }))
            }
            NodeKind::Call { callee, .. } => {
                is_it(callee) && matches!(facts.arena.kind(callee), NodeKind::Member { .. }) || {
                    let mut given = arguments(facts, node).map(|argument| argument_value(facts, argument));
                    given.any(|given| facts.arena.kind(given) == NodeKind::Name(name)) && !reads_by_name(facts, node)
                }
            }
            _ => false,
        };
        !surely
    });
    !surely
}

/// A query or a count that is given the filter does not fill it.
fn reads_by_name(facts: &FileFacts, call: NodeId) -> bool {
    called_name(facts, call).is_some_and(|name| api_names().orm.asked_with.starts(name))
}

/// `find({ order: …, relations: … })` filters nothing; nor does `find({ where: { active: true } })`, as good as.
pub(super) fn only_presentation(facts: &FileFacts, object: NodeId) -> bool {
    let NodeKind::Collection { items, .. } = facts.arena.kind(object) else { return false };
    facts.arena.list(items).all(|item| {
        let NodeKind::Entry { key, value } = facts.arena.kind(item) else { return false };
        match facts.string(key) {
            Some(name) if api_names().orm.presentation.has(name) => true,
            Some("where") => hardly_narrows(facts, value),
            _ => false,
        }
    })
}
