//! Which names inside a loop depend on its item: flow-insensitive, through assignments, inner loops, matches and callbacks.
//!
//! Appending to a container does not make the container depend on the item: `batch.push(x)` followed by one query with
//! `batch` is the remedy for a query per item, not the fault.

use rustc_hash::FxHashSet;

use super::loops::{bound_names, parameter_names};
use crate::model::body::{AssignOp, NodeId, NodeKind};
use crate::model::facts::{FileFacts, Name};
use crate::model::nesting::{arguments, chain_root, walk_deep};

/// Rounds over the code; each follows one more assignment that stands before what it uses.
const ROUNDS: usize = 4;

/// Names that carry the item of a loop.
pub(super) struct Dependence {
    names: FxHashSet<Name>,
    /// The receiver is the item, or has it.
    receiver: bool,
}

impl Dependence {
    /// Follows the seeds through the code below `body`.
    pub(super) fn of(facts: &FileFacts, seeds: &[Name], body: NodeId) -> Dependence {
        let mut dependence = Dependence { names: seeds.iter().copied().collect(), receiver: false };
        dependence.grow(facts, body);
        dependence
    }

    /// The same, with the receiver for an item too.
    pub(super) fn with_receiver(mut self, facts: &FileFacts, body: NodeId) -> Dependence {
        self.receiver = true;
        self.grow(facts, body);
        self
    }

    fn grow(&mut self, facts: &FileFacts, body: NodeId) {
        for _ in 0..ROUNDS {
            let before = self.names.len();
            walk_deep(facts, body, |node| {
                self.step(facts, node);
                true
            });
            if self.names.len() == before {
                break;
            }
        }
    }

    fn step(&mut self, facts: &FileFacts, node: NodeId) {
        match facts.arena.kind(node) {
            // A counter or a sum over the items is no item.
            NodeKind::Assign { op: AssignOp::Augment(_), .. } => {}
            NodeKind::Assign { target, value, .. } if self.mentions(facts, value) => self.bind(facts, target),
            NodeKind::Declare { target, value: Some(value), .. } if self.mentions(facts, value) => self.bind(facts, target),
            NodeKind::Loop { target: Some(target), source: Some(source), .. } if self.mentions(facts, source) => self.bind(facts, target),
            NodeKind::Match { subject, arms } if self.mentions(facts, subject) => {
                for arm in facts.arena.list(arms) {
                    if let NodeKind::Arm { pattern, .. } = facts.arena.kind(arm) {
                        self.bind(facts, pattern);
                    }
                }
            }
            NodeKind::Call { callee, .. } => self.step_into_callbacks(facts, node, callee),
            _ => {}
        }
    }

    /// `item.tags.forEach((tag) => …)`, `load(item).then((row) => …)`: the callback's parameters come from the item.
    fn step_into_callbacks(&mut self, facts: &FileFacts, call: NodeId, callee: NodeId) {
        let closures: Vec<_> = arguments(facts, call)
            .filter_map(|argument| match facts.arena.kind(argument) {
                NodeKind::Closure(def) => Some(def),
                _ => None,
            })
            .collect();
        if closures.is_empty() || !self.mentions(facts, callee) {
            return;
        }
        for closure in closures {
            for param in &facts.def(closure).params {
                self.names.extend(parameter_names(facts, param));
            }
        }
    }

    fn bind(&mut self, facts: &FileFacts, target: NodeId) {
        match facts.arena.kind(target) {
            // `order.total = item.total` makes `order` depend on the item; `totals[item.id] = …` fills a container.
            NodeKind::Member { .. } => {
                if let NodeKind::Name(name) = facts.arena.kind(chain_root(facts, target)) {
                    self.names.insert(name);
                }
            }
            NodeKind::Index { .. } => {}
            _ => self.names.extend(bound_names(facts, target)),
        }
    }

    /// True when the name carries the item.
    pub(super) fn has(&self, name: Name) -> bool {
        self.names.contains(&name)
    }

    /// True when the expression uses a name that carries the item, also inside its closures.
    pub(super) fn mentions(&self, facts: &FileFacts, node: NodeId) -> bool {
        let mut found = false;
        walk_deep(facts, node, |node| {
            match facts.arena.kind(node) {
                NodeKind::Name(name) => found |= self.names.contains(&name),
                NodeKind::Receiver => found |= self.receiver,
                _ => {}
            }
            !found
        });
        found
    }

    /// Like [`Dependence::mentions`], but leaves the code of closures out.
    pub(super) fn mentions_outside_closures(&self, facts: &FileFacts, node: NodeId) -> bool {
        let mut found = false;
        facts.arena.walk_while(node, |node| {
            if let NodeKind::Name(name) = facts.arena.kind(node) {
                found |= self.names.contains(&name);
            }
            !found
        });
        found
    }
}
