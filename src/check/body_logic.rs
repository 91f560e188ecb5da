//! Part of `business-logic-in-handler`, for Rust: a handler that works something out of what the request brought alone: prices, discounts,
//! scores. No row is asked for, so nothing else tells.

use super::bounds::words;
use super::business_logic_in_handler::conditions::{comparison_text, ends_in_error, is_paging_or_time, is_presence_check};
use super::business_logic_in_handler::reason::{Kind, Reason, reason};
use super::dependence::Dependence;
use super::handlers::Handler;
use super::loops::{Place, parameter_names};
use crate::model::body::{AssignOp, NodeId, NodeKind};
use crate::model::facts::{FileFacts, Name, Param};
use crate::model::nesting::{last_name, walk_deep};
use crate::model::source::Family;
use crate::rulebook::vocabulary::vocabulary;

/// What is decided and computed on the body.
pub(super) fn of_body(place: &Place, handler: &Handler, entities: &Dependence, body: NodeId) -> Vec<Reason> {
    let facts = place.facts;
    let params = &facts.def(handler.function.def).params;
    let names: Vec<Name> = params.iter().filter(|param| is_body(facts, param)).flat_map(|param| parameter_names(facts, param)).collect();
    if facts.language.family() != Family::Rust || names.is_empty() {
        return Vec::new();
    }
    let input = Dependence::of(facts, &names, body);
    let own = |node: NodeId| input.mentions(facts, node) && !entities.mentions(facts, node);
    let mut reasons = Vec::new();
    walk_deep(facts, body, |node| {
        match facts.arena.kind(node) {
            NodeKind::Binary { op, left, right } if op.is_arithmetic() && own(node) => {
                if !is_text(facts, left) && !is_text(facts, right) && !is_free(facts, node) {
                    reasons.push(reason(facts, Kind::Arithmetic, 1, "computes with what the request brought".to_string(), node));
                }
                return false;
            }
            NodeKind::If { condition, then, otherwise } if own(condition) && !is_presence_check(facts, condition) => {
                let changes = |branch: NodeId| changes_number(facts, branch, &|_| true);
                if !(ends_in_error(facts, then) && otherwise.is_none()) && (changes(then) || otherwise.is_some_and(changes)) {
                    let text = format!("decides on `{}`", comparison_text(facts, condition));
                    reasons.push(reason(facts, Kind::Decision, 1, text, condition));
                }
            }
            _ => {}
        }
        true
    });
    reasons
}

/// `Json(order): Json<Order>`, `form: web::Form<Price>`.
fn is_body(facts: &FileFacts, param: &Param) -> bool {
    let Some(NodeKind::Apply { base, .. }) = param.annotation.map(|annotation| facts.arena.kind(annotation)) else { return false };
    last_name(facts, base).is_some_and(|name| vocabulary().handlers.bodies.in_name(facts.text(name)))
}

fn is_text(facts: &FileFacts, node: NodeId) -> bool {
    matches!(facts.arena.kind(node), NodeKind::Str(_) | NodeKind::Text { .. })
}

/// Pages, sizes and times.
fn is_free(facts: &FileFacts, node: NodeId) -> bool {
    let mut free = false;
    facts.arena.walk(node, |inner| {
        if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(inner) {
            free |= words(facts.text(name)).iter().any(|word| is_paging_or_time(word));
        }
    });
    free
}

/// The branch changes a number that is meant: `total -= discount`, `total = total * 9 / 10`. What is added to is asked for, or what is worked out.
pub(super) fn changes_number(facts: &FileFacts, branch: NodeId, is_meant: &dyn Fn(NodeId) -> bool) -> bool {
    let mut changes = false;
    walk_deep(facts, branch, |node| {
        changes |= match facts.arena.kind(node) {
            NodeKind::Assign { target, op: AssignOp::Augment(op), .. } => op.is_arithmetic() && is_meant(target),
            NodeKind::Assign { value, op: AssignOp::Set, .. } => {
                matches!(facts.arena.kind(value), NodeKind::Binary { op, .. } if op.is_arithmetic()) && is_meant(value)
            }
            _ => false,
        };
        !changes
    });
    changes
}
