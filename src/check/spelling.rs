//! How findings spell and underline calls.

use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::facts::FileFacts;
use crate::model::nesting::{arguments, spell};
use crate::model::source::Span;

/// The callee of a call as the code spells it.
pub(super) fn spelled_callee(facts: &FileFacts, site: NodeId) -> String {
    match facts.arena.kind(site) {
        NodeKind::Call { callee, form, .. } if form != CallForm::Pattern => spell(facts, callee),
        _ => spell(facts, site),
    }
}

/// A call's span without the lines of its arguments: up to the callee's end.
pub(super) fn call_span(facts: &FileFacts, site: NodeId) -> Span {
    match facts.arena.kind(site) {
        NodeKind::Call { callee, .. } if arguments(facts, site).len() > 0 => {
            let whole = facts.arena.span(site);
            let callee = facts.arena.span(callee);
            if callee.end > whole.start { Span { start: whole.start, end: callee.end } } else { whole }
        }
        _ => facts.arena.span(site),
    }
}
