//! What becomes of a chain's value: used up, handed back, or left alone.

use rustc_hash::FxHashSet;

use super::reader::{Fate, Reader};
use crate::model::body::{AssignOp, BinaryOp, LoopKind, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{DefFlags, DefId, DefKind};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{chain, last_name};
use crate::model::program::Value;
use crate::model::serializers::is_many;
use crate::model::source::Family;
use crate::rulebook::vocabulary::api_names;

impl<'p> Reader<'_, 'p> {
    /// What becomes of a builder whose outermost link is `top`.
    pub(super) fn fate(&self, call: NodeId, top: NodeId, seen: &mut FxHashSet<NodeId>) -> Fate {
        if !seen.insert(top) || seen.len() > 64 {
            return Fate::Unused;
        }
        let python = self.facts.language.family() == Family::Python;
        for link in self.nesting.around(call) {
            match self.facts.arena.kind(link) {
                NodeKind::Await(_) => return Fate::Evaluated,
                NodeKind::Member { name, .. } if matches!(self.facts.text(name), "then" | "catch" | "finally" | "exec") && link != call => {
                    return Fate::Evaluated;
                }
                NodeKind::Index { index, .. } if python && matches!(self.facts.arena.kind(index), NodeKind::Number(_)) => {
                    return Fate::Evaluated;
                }
                _ => {}
            }
            if link == top {
                break;
            }
        }
        let mut at = top;
        loop {
            let Some(parent) = self.nesting.parent(at) else { return self.fate_of_root(at) };
            match self.facts.arena.kind(parent) {
                NodeKind::Loop { source, kind, .. } => {
                    let iterated = source == Some(at) && matches!(kind, LoopKind::ForEach | LoopKind::Comprehension);
                    return if iterated { Fate::Evaluated } else { Fate::Unused };
                }
                NodeKind::If { condition, .. } if condition == at => return evaluated_if(python),
                NodeKind::If { .. } | NodeKind::Collection { .. } | NodeKind::Argument { .. } | NodeKind::Cast { .. } => at = parent,
                NodeKind::Spread { .. } if python => return Fate::Evaluated,
                NodeKind::Spread { .. } => at = parent,
                NodeKind::Unary { op: UnaryOp::Not, .. } | NodeKind::Assert(_) => return evaluated_if(python),
                NodeKind::Binary { op: BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce, .. } => at = parent,
                NodeKind::Binary { op: BinaryOp::In | BinaryOp::NotIn, right, .. } => return evaluated_if(python && right == at),
                NodeKind::Await(_) => return Fate::Evaluated,
                NodeKind::Entry { value, .. } if python && value == at => at = parent,
                NodeKind::Call { callee, .. } if callee != at => return self.fate_of_argument(parent, seen),
                NodeKind::Return(_) => return self.fate_of_result(self.nesting.owner(parent)),
                NodeKind::Block { items, value: true } if self.facts.arena.list(items).last() == Some(at) => {
                    if self.nesting.parent(parent).is_none() {
                        return self.fate_of_result(self.nesting.owner(parent));
                    }
                    at = parent;
                }
                NodeKind::Declare { target, .. } | NodeKind::Assign { target, op: AssignOp::Set | AssignOp::With, .. } if target != at => {
                    return self.fate_of_variable(target, self.narrowed_in(target, at), seen);
                }
                _ => return Fate::Unused,
            }
        }
    }

    /// A chain that is the whole code of a definition: `() => db("t")` without a block around it.
    fn fate_of_root(&self, root: NodeId) -> Fate {
        self.fate_of_result(self.nesting.owner(root))
    }

    /// A builder given to a call: used up by the functions that iterate or await their arguments.
    fn fate_of_argument(&self, call: NodeId, seen: &mut FxHashSet<NodeId>) -> Fate {
        let NodeKind::Call { callee, .. } = self.facts.arena.kind(call) else { return Fate::Unused };
        let Some(name) = last_name(self.facts, callee).map(|name| self.facts.text(name)) else { return Fate::Unused };
        let bare = matches!(self.facts.arena.kind(callee), NodeKind::Name(_));
        match self.facts.language.family() {
            Family::Python if bare && ITERATING_BUILTINS.contains(&name) => Fate::Evaluated,
            // `zip(qs, xs)` and `enumerate(qs)` are as lazy as what they wrap: what iterates them iterates it.
            Family::Python if bare && matches!(name, "enumerate" | "zip" | "iter" | "reversed" | "chain") => {
                self.fate(call, self.nesting.chain_top(self.facts, call), seen)
            }
            Family::Python if matches!(name, "gather" | "wait_for" | "create_task" | "sync_to_async" | "extend") => Fate::Evaluated,
            Family::TypeScript if api_names().waits.awaits.has(name) => Fate::Evaluated,
            _ if self.evaluates(call, callee) => Fate::Evaluated,
            _ => Fate::Unused,
        }
    }

    /// A template or a serializer of many rows runs what it is given.
    fn evaluates(&self, call: NodeId, callee: NodeId) -> bool {
        let known = self.program.called_api(self.file, call);
        known.is_some_and(|api| self.program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Evaluates))
            || matches!(self.program.value(self.file, callee), Value::Def(class) if is_many(self.program, self.facts, call, class))
    }

    /// A builder that its function gives back: run by the promise machinery in an async TypeScript function and in callbacks
    /// there, else its caller's business.
    fn fate_of_result(&self, owner: DefId) -> Fate {
        let def = self.facts.def(owner);
        if !matches!(def.kind, DefKind::Function | DefKind::Method) {
            return Fate::Unused;
        }
        if self.facts.language.family() != Family::TypeScript {
            return Fate::Returned;
        }
        if def.flags.has(DefFlags::ASYNC) {
            return Fate::Evaluated;
        }
        let callback = self.nesting.place(owner).is_some_and(|place| self.nesting.argument_of(self.facts, place).is_some());
        if callback { Fate::Evaluated } else { Fate::Returned }
    }

    /// The loop around `rows = rows.filter(…)`: each round narrows one query, which runs where it is used up, once after the loop as a rule.
    fn narrowed_in(&self, target: NodeId, value: NodeId) -> Option<NodeId> {
        let root = chain(self.facts, value).last()?;
        let narrows =
            matches!(self.facts.arena.kind(root), NodeKind::Name(_)) && self.facts.arena.kind(root) == self.facts.arena.kind(target);
        let is_loop = |node: &NodeId| matches!(self.facts.arena.kind(*node), NodeKind::Loop { .. });
        self.nesting.around(target).find(is_loop).filter(|_| narrows)
    }

    /// A builder kept in a local variable: whatever becomes of any use of it, or of any inside a loop.
    fn fate_of_variable(&self, target: NodeId, within: Option<NodeId>, seen: &mut FxHashSet<NodeId>) -> Fate {
        let NodeKind::Name(name) = self.facts.arena.kind(target) else { return Fate::Unused };
        let owner = self.nesting.owner(target);
        let Some(body) = self.facts.def(owner).body else { return Fate::Unused };
        let mut uses = Vec::new();
        crate::model::nesting::walk_deep(self.facts, body, |node| {
            let counts = || within.is_none_or(|around| self.facts.arena.span(around).contains(self.facts.arena.span(node)));
            if node != target && self.facts.arena.kind(node) == NodeKind::Name(name) && counts() {
                uses.push(node);
            }
            true
        });
        let mut fate = Fate::Unused;
        for used in uses {
            let top = self.nesting.chain_top(self.facts, used);
            if self.runs_itself(used, top) {
                continue;
            }
            match self.fate(used, top, seen) {
                Fate::Evaluated => return Fate::Evaluated,
                Fate::Returned => fate = Fate::Returned,
                Fate::Unused => {}
            }
        }
        fate
    }

    /// True when a chain that starts from a variable has a link that is a query in its own right (`q.first()`).
    fn runs_itself(&self, used: NodeId, top: NodeId) -> bool {
        self.nesting.around(used).take_while(|&link| link != top).chain(std::iter::once(top)).any(|link| !self.links(link).is_empty())
    }
}

const ITERATING_BUILTINS: &[&str] =
    &["list", "tuple", "set", "frozenset", "dict", "sorted", "len", "bool", "sum", "min", "max", "any", "all", "next"];

fn evaluated_if(yes: bool) -> Fate {
    if yes { Fate::Evaluated } else { Fate::Unused }
}
