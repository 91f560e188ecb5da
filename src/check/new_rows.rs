//! Code of models that runs only for rows which are not saved yet.

use crate::model::body::{BinaryOp, NodeId, NodeKind, UnaryOp};
use crate::model::facts::FileFacts;
use crate::model::nesting::{Nesting, arguments, called_name, walk_deep};
use crate::rulebook::vocabulary::api_names;

/// Under `if not self.pk` or `if is_new` (`is_new = self.pk is None`): rows that come from a query are not new.
pub(super) fn is_for_new_rows(facts: &FileFacts, nesting: &Nesting, node: NodeId) -> bool {
    let mut below = node;
    for at in nesting.around(node).skip(1) {
        if let NodeKind::If { condition, then, .. } = facts.arena.kind(at)
            && then == below
            && asks_for_new(facts, nesting, condition, 0)
        {
            return true;
        }
        below = at;
    }
    false
}

/// A condition that holds only where the receiver has no key yet; of several that must hold, one is enough.
fn asks_for_new(facts: &FileFacts, nesting: &Nesting, condition: NodeId, depth: u8) -> bool {
    let names = &api_names().orm;
    let is_key = |node: NodeId| match facts.arena.kind(node) {
        NodeKind::Member { object, name, .. } => names.row_keys.has(facts.text(name)) && facts.arena.kind(object) == NodeKind::Receiver,
        _ => false,
    };
    match facts.arena.kind(condition) {
        NodeKind::Binary { op: BinaryOp::And, left, right } => {
            asks_for_new(facts, nesting, left, depth) || asks_for_new(facts, nesting, right, depth)
        }
        NodeKind::Binary { op: BinaryOp::Is | BinaryOp::Equal, left, right } => is_key(left) && facts.arena.kind(right) == NodeKind::Null,
        NodeKind::Unary { op: UnaryOp::Not, value } => {
            is_key(value) || called_name(facts, value) == Some("bool") && arguments(facts, value).any(is_key)
        }
        NodeKind::Member { name, .. } => names.unsaved.has(facts.text(name)),
        NodeKind::Name(name) if depth == 0 => {
            let mut found = false;
            let body = facts.def(nesting.owner(condition)).body;
            walk_deep(facts, body.unwrap_or(condition), |node| {
                if let NodeKind::Assign { target, value, .. } | NodeKind::Declare { target, value: Some(value), .. } =
                    facts.arena.kind(node)
                {
                    found |= facts.arena.kind(target) == NodeKind::Name(name) && asks_for_new(facts, nesting, value, depth + 1);
                }
                true
            });
            found
        }
        _ => false,
    }
}
