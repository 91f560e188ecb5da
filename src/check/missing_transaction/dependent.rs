//! Whether the second write uses what the first was given or gave.

use super::subjects::{is_parameter, subjects};
use crate::check::dependence::Dependence;
use crate::check::loops::{Place, bound_names};
use crate::check::row_ties::are_tied;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{FileFacts, Name};
use crate::model::knowledge::WriteMode;
use crate::model::nesting::{arguments, spell, walk_deep};
use crate::model::role::GlobalDef;
use crate::model::source::Family;
use crate::model::summary::Write;
use crate::model::words::words;
use crate::rulebook::vocabulary::vocabulary;

/// The second write is given something that the first was given, gave, or changed.
pub(super) fn dependent(place: &Place, function: GlobalDef, first: &Write, second: &Write) -> bool {
    let facts = place.facts;
    let Some(body) = facts.def(function.def).body else { return false };
    let seeds = subjects(place, first);
    if seeds.names.is_empty() && seeds.paths.is_empty() {
        return false;
    }
    let other = subjects(place, second);
    if seeds.paths.iter().any(|path| other.paths.contains(path)) || seeds.names.iter().any(|name| other.names.contains(name)) {
        return true;
    }
    let dependence = Dependence::of(facts, &seeds.names, body);
    if other.names.iter().any(|&name| dependence.has(name) || is_found_by(facts, body, name, &seeds.paths))
        || is_filled(facts, body, &dependence, &other.names)
        || are_tied(facts, body, &seeds.names, &other.names)
    {
        return true;
    }
    if first.mode != WriteMode::OnCommit {
        return is_looked_up(place, function, body, &seeds.names, &other.names);
    }
    // Both are about what one local row says: `user` is looked up by `entry`, and then `entry` is removed.
    let is_row = |name: &Name| !is_parameter(place, function, *name);
    let rows: Vec<Name> = other.names.iter().copied().filter(is_row).collect();
    let dependence = Dependence::of(facts, &rows, body);
    !rows.is_empty() && seeds.names.iter().any(|&name| dependence.has(name))
}

/// What is written first was looked up by the key that the second write names: `order = get(id); order.save(); delete_items(id)`.
fn is_looked_up(place: &Place, function: GlobalDef, body: NodeId, first: &[Name], second: &[Name]) -> bool {
    let facts = place.facts;
    let is_key = |name: &Name| words(facts.text(*name)).last().is_some_and(|word| vocabulary().writes.keys.has(word));
    let keys: Vec<Name> = second.iter().copied().filter(|name| is_key(name) && is_parameter(place, function, *name)).collect();
    let dependence = Dependence::of(facts, &keys, body);
    !keys.is_empty() && first.iter().any(|&name| dependence.has(name))
}

/// Python: two calls that commit are both about what one parameter names: `add_items(items_for(list_id))`, and then
/// `update(list)` of `list = get(list_id)`.
pub(super) fn are_of_one_key(place: &Place, function: GlobalDef, first: &Write, second: &Write) -> bool {
    let facts = place.facts;
    let (Family::Python, WriteMode::OnCommit, Some(body)) = (facts.language.family(), first.mode, facts.def(function.def).body) else {
        return false;
    };
    let (one, other) = (given(place, first), given(place, second));
    let is_key = |name: &Name| words(facts.text(*name)).last().is_some_and(|word| vocabulary().writes.keys.has(word));
    let keys = facts.def(function.def).params.iter().filter_map(|param| param.name).filter(is_key);
    keys.into_iter().any(|key| {
        let dependence = Dependence::of(facts, &[key], body);
        [&one, &other].iter().all(|names| names.iter().any(|&name| dependence.has(name)))
    })
}

/// What both are about was looked up by one value: `user = find({ email })`, `shop = find({ email })`.
pub(super) fn share_key(place: &Place, function: GlobalDef, first: &Write, second: &Write) -> bool {
    let facts = place.facts;
    let Some(body) = facts.def(function.def).body else { return false };
    let looked_up_by = |write: &Write| {
        let about = subjects(place, write).names;
        let mut keys: Vec<Name> = about.clone();
        walk_deep(facts, body, |node| {
            if let NodeKind::Declare { target, value: Some(value), .. } = facts.arena.kind(node)
                && bound_names(facts, target).iter().any(|name| about.contains(name))
            {
                facts.arena.walk(value, |inner| {
                    if let NodeKind::Name(name) = facts.arena.kind(inner) {
                        keys.push(name);
                    }
                });
            }
            true
        });
        keys.retain(|&name| words(facts.text(name)).last().is_some_and(|word| vocabulary().writes.looked_up_by.has(word)));
        keys
    };
    let keys = looked_up_by(first);
    !keys.is_empty() && looked_up_by(second).iter().any(|key| keys.contains(key))
}

/// The rows that a call which commits is given, or gives; of one that looks something up on the way, none.
pub(super) fn given(place: &Place, write: &Write) -> Vec<Name> {
    let looks_up = |via| vocabulary().writes.looking_up.in_name(place.program.name(via));
    if write.mode != WriteMode::OnCommit || write.via.is_none_or(looks_up) {
        return Vec::new();
    }
    subjects(place, write).names
}

/// The local was made from one of the paths: `const user = await User.findOne({ id: req.body.userId })`.
fn is_found_by(facts: &FileFacts, body: NodeId, name: Name, paths: &[String]) -> bool {
    let mut found = false;
    let mut look = |value: NodeId| {
        facts.arena.walk(value, |node| {
            found |= matches!(facts.arena.kind(node), NodeKind::Member { .. }) && paths.contains(&spell(facts, node));
        });
    };
    if !paths.is_empty() {
        walk_deep(facts, body, |node| {
            if let NodeKind::Declare { target, value: Some(value), .. } = facts.arena.kind(node)
                && bound_names(facts, target).contains(&name)
            {
                look(value);
            }
            true
        });
    }
    found
}

/// Rust: a list is given what came of the first write, and is written next: `ids.push(key.id)`, then `set(account::keys.eq(ids))`.
fn is_filled(facts: &FileFacts, body: NodeId, dependence: &Dependence, names: &[Name]) -> bool {
    let mut found = false;
    if facts.language.family() != Family::Rust {
        return false;
    }
    facts.arena.walk(body, |node| {
        if let NodeKind::Call { callee, .. } = facts.arena.kind(node)
            && let NodeKind::Member { object, name, path: false } = facts.arena.kind(callee)
            && let NodeKind::Name(list) = facts.arena.kind(object)
            && matches!(facts.text(name), "push" | "push_back" | "insert" | "extend")
        {
            found |= names.contains(&list) && arguments(facts, node).any(|given| dependence.mentions(facts, given));
        }
    });
    found
}
