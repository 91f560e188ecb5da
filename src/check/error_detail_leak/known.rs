//! Branches that have asked what an error is: its message is one of the project's own there.

use super::caught::{Caught, is_error};
use crate::model::body::{BinaryOp, NodeId, NodeKind, UnaryOp};
use crate::model::facts::FileFacts;
use crate::model::nesting::{Nesting, arguments, called_name, last_name};
use crate::rulebook::vocabulary::api_names;

/// In a branch that has asked what kind of error it is: `if (err instanceof NotFound)`, `e.code === "P2002"`, `err.isOperational`.
pub(super) fn is_known_error(facts: &FileFacts, nesting: &Nesting, node: NodeId, caught: &Caught) -> bool {
    let mut at = node;
    for _ in 0..256 {
        let Some(parent) = nesting.parent(at).or_else(|| nesting.place(nesting.owner(at))) else { return false };
        match facts.arena.kind(parent) {
            NodeKind::If { condition, then, .. } if then == at && asks_kind(facts, condition, caught) => return true,
            NodeKind::Arm { pattern, .. } if !is_default(facts, pattern) => return true,
            _ => {}
        }
        if parent == caught.body || parent == caught.place {
            return left_before(facts, caught, node);
        }
        at = parent;
    }
    false
}

/// `default:`, `_ =>`: what no other arm was meant for.
fn is_default(facts: &FileFacts, pattern: NodeId) -> bool {
    match facts.arena.kind(pattern) {
        NodeKind::Name(name) => matches!(facts.text(name), "_" | "default"),
        NodeKind::Other(parts) => facts.arena.list(parts).len() == 0,
        _ => false,
    }
}

/// Errors that are not known have left before: `if (!(err instanceof ApiError)) return next(err)`.
fn left_before(facts: &FileFacts, caught: &Caught, node: NodeId) -> bool {
    let NodeKind::Block { items, .. } = facts.arena.kind(caught.body) else { return false };
    let start = facts.arena.span(node).start;
    facts.arena.list(items).take_while(|&item| facts.arena.span(item).end <= start).any(|item| match facts.arena.kind(item) {
        NodeKind::If { condition, then, .. } => {
            let mut negates = false;
            facts.arena.walk(condition, |inner| negates |= matches!(facts.arena.kind(inner), NodeKind::Unary { op: UnaryOp::Not, .. }));
            let mut leaves = false;
            facts.arena.walk(then, |inner| leaves |= matches!(facts.arena.kind(inner), NodeKind::Return(_) | NodeKind::Raise(_)));
            negates && leaves && asks_kind(facts, condition, caught)
        }
        _ => false,
    })
}

fn asks_kind(facts: &FileFacts, condition: NodeId, caught: &Caught) -> bool {
    let mut asks = false;
    facts.arena.walk(condition, |node| match facts.arena.kind(node) {
        NodeKind::Binary { op: BinaryOp::InstanceOf, left, right } if is_error(facts, left, caught) => {
            asks |= last_name(facts, right).is_none_or(|name| facts.text(name) != "Error");
        }
        NodeKind::Member { object, name, .. } if is_error(facts, object, caught) => {
            asks |= !matches!(facts.text(name), "message" | "stack");
        }
        // `error.message === "Order not found"`: it says that and nothing else.
        NodeKind::Binary { op: BinaryOp::Equal | BinaryOp::Is, left, right } => {
            let is_message = matches!(facts.arena.kind(left), NodeKind::Member { object, name, .. } if facts.text(name) == "message" && is_error(facts, object, caught));
            asks |= is_message && matches!(facts.arena.kind(right), NodeKind::Str(_));
        }
        NodeKind::Call { .. } => {
            let name = called_name(facts, node).unwrap_or_default();
            let is_question = api_names().errors.asks.has(name) || name.starts_with("is");
            asks |= is_question && arguments(facts, node).any(|argument| is_error(facts, argument, caught));
        }
        _ => {}
    });
    asks
}
