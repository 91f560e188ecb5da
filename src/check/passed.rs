//! What a call gives for a parameter: by place, by keyword, or as a key of the object that the parameter takes apart.

use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{FileFacts, Param, ParamKind};
use crate::model::nesting::arguments;
use crate::model::program::Program;
use crate::model::role::GlobalDef;

/// What stands in a call for one name of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    Value(NodeId),
    /// The value comes with this one, among others: `find({ ...options })`, `find(options)` of `find({ id })`.
    Within(NodeId),
    /// The parameter is what it is without.
    Nothing,
    /// Arguments are spread, and any of them may be it.
    Unseen,
}

/// The parameters in the order of the arguments: without the receiver, which stands before the call. `None` where it is an argument like the others:
/// `Order::total(&order, rate)`.
pub(super) fn by_place<'a>(
    program: &'a Program,
    facts: &FileFacts,
    call: NodeId,
    callee: GlobalDef,
) -> Option<impl Iterator<Item = &'a Param>> {
    let params = &program.def(callee).params;
    let is_receiver = |param: &Param| param.kind == ParamKind::Receiver;
    let by_path = matches!(facts.arena.kind(call), NodeKind::Call { callee, .. } if matches!(facts.arena.kind(callee), NodeKind::Member { path: true, .. }));
    (!by_path || !params.iter().any(is_receiver)).then(|| params.iter().filter(move |param| !is_receiver(param)))
}

/// What stands for one name of a parameter, which is the one of this number [by place](by_place).
pub(super) fn passed(facts: &FileFacts, call: NodeId, (at, param): (usize, &Param), name: &str) -> Passed {
    let mut by_place = Vec::new();
    for argument in arguments(facts, call) {
        match facts.arena.kind(argument) {
            NodeKind::Argument { name: keyword, value } if facts.text(keyword) == name => return Passed::Value(value),
            NodeKind::Argument { .. } => {}
            NodeKind::Spread { .. } => return Passed::Unseen,
            _ => by_place.push(argument),
        }
    }
    let Some(&argument) = by_place.get(at) else { return Passed::Nothing };
    if param.name.is_some() {
        return Passed::Value(argument);
    }
    let NodeKind::Collection { items, .. } = facts.arena.kind(argument) else { return Passed::Within(argument) };
    let mut found = Passed::Nothing;
    for item in facts.arena.list(items) {
        match facts.arena.kind(item) {
            NodeKind::Entry { key, value } if facts.string(key) == Some(name) => found = Passed::Value(value),
            NodeKind::Spread { value, .. } if found == Passed::Nothing => found = Passed::Within(value),
            _ => {}
        }
    }
    found
}
