//! What a call gives for a parameter: by place, by keyword, or as a key of the object that the parameter takes apart.

use super::loops::bound_names;
use crate::model::body::{CollectionKind, NodeId, NodeKind};
use crate::model::facts::{FileFacts, Name, Param, ParamKind};
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

/// What stands for one name of a parameter, which is the one of this number [by place](by_place). The name is one of the function that is called.
pub(super) fn passed(facts: &FileFacts, call: NodeId, (at, param): (usize, &Param), there: &FileFacts, name: Name) -> Passed {
    if matches!(param.kind, ParamKind::Rest | ParamKind::KeywordRest) {
        return left_over(facts, call, at, param.kind);
    }
    let mut by_place = Vec::new();
    for argument in arguments(facts, call) {
        match facts.arena.kind(argument) {
            NodeKind::Argument { name: keyword, value } if facts.text(keyword) == there.text(name) => return Passed::Value(value),
            NodeKind::Argument { .. } => {}
            NodeKind::Spread { .. } => return Passed::Unseen,
            _ => by_place.push(argument),
        }
    }
    let Some(&argument) = by_place.get(at) else { return Passed::Nothing };
    match param.pattern.filter(|_| param.name.is_none()) {
        Some(pattern) => taken(facts, argument, there, pattern, name),
        None => Passed::Value(argument),
    }
}

/// What `*args` or `**kwargs` takes: one value that is left over, or several, of which any may be meant.
fn left_over(facts: &FileFacts, call: NodeId, at: usize, kind: ParamKind) -> Passed {
    let mut places = 0;
    let mut found = Vec::new();
    for argument in arguments(facts, call) {
        match facts.arena.kind(argument) {
            NodeKind::Spread { .. } => return Passed::Unseen,
            NodeKind::Argument { value, .. } => found.extend((kind == ParamKind::KeywordRest).then_some(value)),
            _ => {
                found.extend((kind == ParamKind::Rest && places >= at).then_some(argument));
                places += 1;
            }
        }
    }
    match found.as_slice() {
        [] => Passed::Nothing,
        [one] => Passed::Within(*one),
        _ => Passed::Unseen,
    }
}

/// What a pattern takes out of an argument for one of its names: `order` of `{ context: { order } }`, given `{ context: { order: next } }`.
fn taken(facts: &FileFacts, argument: NodeId, there: &FileFacts, pattern: NodeId, name: Name) -> Passed {
    let items = match there.arena.kind(pattern) {
        NodeKind::Name(bound) if bound == name => return Passed::Value(argument),
        NodeKind::Assign { target, .. } => return taken(facts, argument, there, target, name),
        NodeKind::Collection { kind: CollectionKind::Dict, items } => items,
        _ => return Passed::Within(argument),
    };
    let NodeKind::Collection { kind: CollectionKind::Dict, items: given } = facts.arena.kind(argument) else {
        return Passed::Within(argument);
    };
    let binds = |node: NodeId| bound_names(there, node).contains(&name);
    let Some(part) = there.arena.list(items).find(|&item| binds(item)) else { return Passed::Within(argument) };
    let (key, inner) = match there.arena.kind(part) {
        NodeKind::Entry { key, value } => (there.string(key), value),
        NodeKind::Name(bound) => (Some(there.text(bound)), part),
        NodeKind::Assign { target, .. } => match there.arena.kind(target) {
            NodeKind::Name(bound) => (Some(there.text(bound)), target),
            _ => (None, target),
        },
        _ => (None, part),
    };
    let Some(key) = key else { return Passed::Within(argument) };
    let mut found = Passed::Nothing;
    for item in facts.arena.list(given) {
        match facts.arena.kind(item) {
            NodeKind::Entry { key: own, value } if facts.string(own) == Some(key) => found = taken(facts, value, there, inner, name),
            NodeKind::Spread { value, .. } if found == Passed::Nothing => found = Passed::Within(value),
            _ => {}
        }
    }
    found
}
