//! `stateful-service` in Rust: collections in a `static` behind a lock, which code that runs for requests changes.
//!
//! The `static` stands in the file of the function, or the change is not seen. Counters and flags (atomics) mostly measure or number, and are
//! left alone.

use super::Context;
use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts};
use crate::model::nesting::called_name;
use crate::model::role::GlobalDef;

/// Longest chain of calls and local names behind a change.
const DEEPEST: u8 = 24;

const CHANGES: &[&str] = &[
    "insert",
    "push",
    "push_back",
    "push_front",
    "pop",
    "pop_back",
    "pop_front",
    "remove",
    "clear",
    "extend",
    "append",
    "retain",
    "drain",
    "or_insert",
    "or_insert_with",
    "or_default",
];
const LOCKS: &[&str] = &["Mutex", "RwLock", "ReentrantMutex", "DashMap", "DashSet"];
const COLLECTIONS: &[&str] =
    &["HashMap", "BTreeMap", "HashSet", "BTreeSet", "IndexMap", "IndexSet", "Vec", "VecDeque", "BinaryHeap", "DashMap", "DashSet"];

/// The calls of a body that change such a `static`, with it and its name. What is looked up first and computed without asking a database is a
/// memo, and left out.
pub(super) fn changes(context: &Context, function: GlobalDef, body: NodeId) -> Vec<(NodeId, GlobalDef, String)> {
    let facts = context.program.file(function.file);
    let mut found = Vec::new();
    facts.arena.walk(body, |node| {
        let NodeKind::Call { callee, form: CallForm::Plain, .. } = facts.arena.kind(node) else { return };
        let NodeKind::Member { object, name, path: false } = facts.arena.kind(callee) else { return };
        if CHANGES.contains(&facts.text(name))
            && let Some((def, name)) = collection(facts, body, object, DEEPEST)
        {
            found.push((node, GlobalDef { file: function.file, def }, name));
        }
    });
    let asks_outside = context.summaries.of(function).is_some_and(|summary| !summary.reaches.is_empty());
    found.retain(|&(node, state, _)| asks_outside || !looked_up(facts, body, node, state.def));
    found
}

/// The entry is asked for before it is put in.
fn looked_up(facts: &FileFacts, body: NodeId, change: NodeId, state: DefId) -> bool {
    if called_name(facts, change).is_some_and(|name| name.starts_with("or_")) {
        return true;
    }
    let before = facts.arena.span(change).start;
    let mut found = false;
    facts.arena.walk(body, |node| {
        if let NodeKind::Call { callee, .. } = facts.arena.kind(node)
            && let NodeKind::Member { object, name, .. } = facts.arena.kind(callee)
            && matches!(facts.text(name), "get" | "contains_key" | "contains" | "get_mut")
            && facts.arena.span(node).start < before
        {
            found |= collection(facts, body, object, DEEPEST).is_some_and(|(def, _)| def == state);
        }
    });
    found
}

/// The `static` behind `USERS.lock().unwrap()`, or behind a local name for it.
fn collection(facts: &FileFacts, body: NodeId, node: NodeId, depth: u8) -> Option<(DefId, String)> {
    if depth == 0 {
        return None;
    }
    match facts.arena.kind(node) {
        NodeKind::Call { callee, .. } => match facts.arena.kind(callee) {
            NodeKind::Member { object, path: false, .. } => collection(facts, body, object, depth - 1),
            _ => None,
        },
        NodeKind::Await(inner) | NodeKind::Propagate(inner) => collection(facts, body, inner, depth - 1),
        NodeKind::Name(name) => {
            if let Some(value) = declared(facts, body, name) {
                return collection(facts, body, value, depth - 1);
            }
            let text = facts.text(name);
            let (id, def) = facts.definitions().find(|(_, def)| {
                def.kind == DefKind::Variable && matches!(facts.def(def.parent).kind, DefKind::Module) && facts.text(def.name) == text
            })?;
            let (mut locked, mut many) = (false, false);
            facts.arena.walk(def.annotation?, |node| {
                if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(node) {
                    locked |= LOCKS.contains(&facts.text(name));
                    many |= COLLECTIONS.contains(&facts.text(name));
                }
            });
            (locked && many).then(|| (id, text.to_string()))
        }
        _ => None,
    }
}

/// What a `let` of the body gives a name.
fn declared(facts: &FileFacts, body: NodeId, name: crate::model::facts::Name) -> Option<NodeId> {
    let mut found = None;
    facts.arena.walk(body, |node| {
        if let NodeKind::Declare { target, value: Some(value), .. } = facts.arena.kind(node)
            && facts.arena.kind(target) == NodeKind::Name(name)
        {
            found = Some(value);
        }
    });
    found
}
