//! Body data of a handler, and the names that carry it.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::check::sensitive::carriers;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{FileFacts, Name};
use crate::model::nesting::{arguments, called_name, chain, chain_root, named_argument};
use crate::model::source::Family;
use crate::rulebook::vocabulary::api_names;

/// Body data of a handler: where it comes in, and the names that carry it.
#[derive(Default)]
pub(in crate::check) struct Input {
    pub(in crate::check) sources: FxHashSet<NodeId>,
    pub(in crate::check) names: FxHashSet<Name>,
    /// Names of a whole body, nothing taken out of it yet.
    pub(in crate::check) whole: FxHashSet<Name>,
    /// Names that are given something else later: a conversion, a default.
    pub(in crate::check) converted: FxHashSet<Name>,
    /// Fields of the body that a middleware before the handler sets: `req.body.userId = session.userId`.
    pub(in crate::check) own_fields: FxHashSet<String>,
    /// Names of rows that are made of it, not yet stored: `new User(req.body)`, `User.build(req.body)`.
    pub(in crate::check) made: FxHashMap<Name, NodeId>,
    /// It came with the address, behind the `?`.
    pub(in crate::check) of_query: bool,
}

impl Input {
    /// True when the value of the expression is, or holds, body data as it came.
    pub(in crate::check) fn is_in(&self, facts: &FileFacts, node: NodeId) -> bool {
        let mut found = false;
        carriers(facts, node, &mut |carrier, _| found |= self.is_of(facts, carrier));
        found || self.is_of(facts, node)
    }

    /// The expression is body data, or a part of it.
    pub(super) fn is_of(&self, facts: &FileFacts, node: NodeId) -> bool {
        if let NodeKind::Member { name, .. } = facts.arena.kind(node)
            && self.own_fields.contains(facts.text(name))
        {
            return false;
        }
        if chain(facts, node).any(|link| is_converted_read(facts, link)) {
            return false;
        }
        chain(facts, node).any(|link| self.sources.contains(&link))
            || matches!(facts.arena.kind(chain_root(facts, node)), NodeKind::Name(name) if self.names.contains(&name) && !self.converted.contains(&name) && is_read(facts, node))
    }
}

/// `request.form.get("seats", type=int)`: it is converted where it is read.
fn is_converted_read(facts: &FileFacts, node: NodeId) -> bool {
    facts.language.family() == Family::Python
        && matches!(called_name(facts, node), Some("get" | "getlist" | "pop"))
        && named_argument(facts, node, "type")
            .is_some_and(|made| !matches!(facts.arena.kind(made), NodeKind::Name(name) if facts.text(name) == "str"))
}

/// A chain of members and getters, not the result of some method.
fn is_read(facts: &FileFacts, node: NodeId) -> bool {
    chain(facts, node).all(|link| match facts.arena.kind(link) {
        NodeKind::Call { .. } => called_name(facts, link).is_some_and(|name| api_names().validation.reads.has(name)),
        _ => true,
    })
}

/// The body as a whole: `req.body`, `await request.json()`, or a name that is given one.
pub(super) fn is_whole(facts: &FileFacts, node: NodeId, input: &Input) -> bool {
    match facts.arena.kind(node) {
        NodeKind::Await(value) | NodeKind::Propagate(value) | NodeKind::Cast { value, .. } | NodeKind::Spread { value, .. } => {
            is_whole(facts, value, input)
        }
        NodeKind::Name(name) => input.whole.contains(&name),
        NodeKind::Call { callee, .. } => arguments(facts, node).len() == 0 && input.sources.contains(&callee),
        _ => input.sources.contains(&node),
    }
}

/// The first part of an argument that is unseen data.
pub(super) fn first_use(facts: &FileFacts, argument: NodeId, input: &Input) -> Option<NodeId> {
    let mut found = None;
    carriers(facts, argument, &mut |carrier, _| {
        if found.is_none() && input.is_of(facts, carrier) {
            found = Some(carrier);
        }
    });
    found.or_else(|| input.is_of(facts, argument).then_some(argument))
}
