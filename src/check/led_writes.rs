//! Part of `business-logic-in-handler`, for Rust: a handler that runs no write itself, but has functions of the project run them, and still
//! holds the work together: the transaction over them, the rows they are given, what of a row is changed.

use std::collections::BTreeSet;

use super::business_logic_in_handler::conditions::{is_model, is_presence_check};
use super::business_logic_in_handler::reason::{Kind, Reason, reason};
use super::dependence::Dependence;
use super::handlers::Handler;
use super::loops::Place;
use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::finding::Confidence;
use crate::model::knowledge::Access;
use crate::model::nesting::{arguments, chain_root, last_name, spell, walk_deep};
use crate::model::program::{CallKind, Resolution, Value};
use crate::model::role::GlobalDef;
use crate::model::source::Family;
use crate::rulebook::vocabulary::vocabulary;

/// Calls of functions of the project that write.
pub(super) struct Led {
    sites: Vec<NodeId>,
    functions: BTreeSet<GlobalDef>,
}

impl Led {
    /// Of a handler that runs no write itself.
    pub(super) fn of(place: &Place, handler: &Handler) -> Led {
        let mut led = Led { sites: Vec::new(), functions: BTreeSet::new() };
        let writes_itself = handler.queries.iter().any(|query| query.access == Access::Write);
        if place.facts.language.family() != Family::Rust || writes_itself {
            return led;
        }
        for edge in handler.code.iter().flat_map(|&part| place.program.calls_from(part)) {
            let follows = edge.kind == CallKind::Call && edge.resolution != Resolution::NameOnly && !handler.code.contains(&edge.callee);
            let writes = || {
                place.summaries.of(edge.callee).is_some_and(|summary| {
                    let own = summary.queries.iter().any(|query| query.access == Access::Write && query.confidence >= Confidence::Medium);
                    own || summary.reaches.iter().any(|reach| reach.access == Access::Write && reach.confidence >= Confidence::Medium)
                })
            };
            if follows && writes() {
                led.sites.push(edge.site);
                led.functions.insert(edge.callee);
            }
        }
        led.sites.sort_by_key(|&site| (place.facts.arena.span(site), site));
        led.sites.dedup();
        led
    }

    /// How many different functions write for it.
    pub(super) fn count(&self) -> usize {
        self.functions.len().min(self.sites.len())
    }

    /// What is the handler's own in that.
    pub(super) fn reasons(&self, place: &Place, entities: &Dependence, body: NodeId, reasons: &mut Vec<Reason>) {
        let facts = place.facts;
        let Some(&first) = self.sites.first() else { return };
        let within = self.sites.iter().copied().find(|&site| takes_transaction(place, site));
        let many = self.count() >= 3 || self.count() == 2 && within.is_some();
        let text = if self.count() >= 2 { "has several functions write" } else { "has a function write" };
        reasons.push(reason(facts, Kind::Writes, if many { 2 } else { 1 }, text.to_string(), first));
        if let Some(site) = within.filter(|_| self.count() >= 2) {
            reasons.push(reason(facts, Kind::Transaction, 1, "keeps their writes in one transaction".to_string(), site));
        }
        let mut built = None;
        walk_deep(facts, body, |node| {
            match facts.arena.kind(node) {
                NodeKind::Call { callee, form: CallForm::New, .. } if is_row(place, callee) => built = built.or(Some(node)),
                // `if let Some(title) = form.title { row.title = title; }`
                NodeKind::If { condition, then, .. } if is_presence_check(facts, condition) => {
                    if let Some(changed) = changes(place, entities, then) {
                        reasons.push(reason(facts, Kind::Decision, 1, format!("chooses what to change of `{changed}`"), condition));
                    }
                }
                _ => {}
            }
            true
        });
        if let Some(row) = built {
            reasons.push(reason(facts, Kind::State, 1, "makes the rows".to_string(), row));
        }
    }
}

/// `insert(&mut transaction, …)`.
fn takes_transaction(place: &Place, site: NodeId) -> bool {
    let facts = place.facts;
    arguments(facts, site).any(|argument| {
        last_name(facts, chain_root(facts, argument)).is_some_and(|name| vocabulary().handlers.transactions.in_name(facts.text(name)))
    })
}

/// The type of a row: `article::ActiveModel { … }`, `NewUser { … }`.
fn is_row(place: &Place, callee: NodeId) -> bool {
    match place.program.value(place.file, callee) {
        Value::Def(class) => is_model(place.program, class),
        // What a macro makes beside the model, to be written.
        Value::Api { api, subject: Some(_), .. } => {
            let path = &place.program.apis[api.0 as usize].path;
            place.program.knowledge.generated.iter().any(|made| made.api == *path)
        }
        _ => false,
    }
}

/// A field of a row is set there: the row.
fn changes(place: &Place, entities: &Dependence, branch: NodeId) -> Option<String> {
    let facts = place.facts;
    let mut found = None;
    walk_deep(facts, branch, |node| {
        if let NodeKind::Assign { target, .. } = facts.arena.kind(node)
            && let NodeKind::Member { object, .. } = facts.arena.kind(target)
            && entities.mentions(facts, object)
        {
            found = found.take().or_else(|| Some(spell(facts, object)));
        }
        found.is_none()
    });
    found
}
