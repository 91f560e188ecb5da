//! Code that speaks of pages, limits or slices.

use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{FileFacts, Name};
use crate::model::nesting::{arguments, called_name, walk_deep};
use crate::model::source::Family;
use crate::model::words::words;
use crate::rulebook::vocabulary::vocabulary;

/// The function speaks of pages, limits or slices anywhere.
pub(super) fn bounds(facts: &FileFacts, body: NodeId) -> bool {
    let cursors = cursors(facts, body);
    // What a driver calls so gives rows, no page of them: `cursor.execute(…)`, `cursor.fetchall()`.
    let mut of_driver = false;
    if facts.language.family() == Family::Python {
        facts.arena.walk(body, |node| of_driver |= matches!(called_name(facts, node), Some("fetchall" | "fetchone" | "cursor")));
    }
    let mut found = false;
    walk_deep(facts, body, |node| {
        if matches!(facts.arena.kind(node), NodeKind::Name(name) if cursors.contains(&name)) {
            return !found;
        }
        // `limit(1)` belongs to a query for one row.
        if facts.language.family() == Family::TypeScript && asks_one(facts, node) {
            if let NodeKind::Call { callee, .. } = facts.arena.kind(node)
                && let NodeKind::Member { object, .. } = facts.arena.kind(callee)
            {
                found |= bounds(facts, object);
            }
            return false;
        }
        found |= cuts(facts, node) || said(facts, node).is_some_and(|name| speaks_of_pages(name, of_driver));
        !found
    });
    found
}

/// What queries give is kept in: `let cursor = orders.find(…)`.
fn cursors(facts: &FileFacts, body: NodeId) -> Vec<Name> {
    let mut given: Vec<Name> = Vec::new();
    walk_deep(facts, body, |node| {
        if let NodeKind::Declare { target, .. } = facts.arena.kind(node)
            && let NodeKind::Name(name) = facts.arena.kind(target)
            && facts.text(name) == "cursor"
        {
            given.push(name);
        }
        true
    });
    given
}

/// A slice of rows (`rows[:20]`), or a text that limits them.
fn cuts(facts: &FileFacts, node: NodeId) -> bool {
    match facts.arena.kind(node) {
        NodeKind::Index { index, .. } if facts.language.family() == Family::Python => {
            matches!(facts.arena.kind(index), NodeKind::Other(_))
        }
        NodeKind::Str(text) => {
            let text = facts.text(text).to_ascii_lowercase();
            text.contains("limit ") || text.contains("fetch first") || text.contains("select top")
        }
        _ => false,
    }
}

/// What a name, an argument or a key is called.
fn said(facts: &FileFacts, node: NodeId) -> Option<&str> {
    match facts.arena.kind(node) {
        NodeKind::Name(name) | NodeKind::Member { name, .. } | NodeKind::Argument { name, .. } => Some(facts.text(name)),
        NodeKind::Entry { key, .. } => facts.string(key),
        _ => None,
    }
}

fn speaks_of_pages(name: &str, of_driver: bool) -> bool {
    words(name).iter().any(|word| word == "cursor" && !of_driver || vocabulary().queries.paging.has(word))
}

/// `.limit(1)`, `take: 1`
fn asks_one(facts: &FileFacts, node: NodeId) -> bool {
    let is_one = |node: NodeId| matches!(facts.arena.kind(node), NodeKind::Number(number) if facts.text(number) == "1");
    match facts.arena.kind(node) {
        NodeKind::Call { .. } if matches!(called_name(facts, node), Some("limit" | "take")) => {
            arguments(facts, node).len() == 1 && arguments(facts, node).all(is_one)
        }
        NodeKind::Entry { key, value } => matches!(facts.string(key), Some("limit" | "take")) && is_one(value),
        _ => false,
    }
}
