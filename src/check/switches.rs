//! Parameters that a call leaves switched off: `describe(row)` of `def describe(row, full=False)`. What stands under `if full` does not
//! run for that call.

use super::passed::{Passed, by_place, passed};
use crate::model::body::{BinaryOp, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{DefId, Definition, FileFacts, Name, ParamKind};
use crate::model::nesting::{Nesting, arguments};
use crate::model::program::Program;
use crate::model::role::GlobalDef;

/// A parameter whose value at a call is known to be true or false.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Switch {
    name: Name,
    on: bool,
}

/// The parameters of the function that the call gives a literal truth, or leaves at one.
pub(super) fn switches(target: &FileFacts, function: &Definition, facts: &FileFacts, call: NodeId) -> Vec<Switch> {
    if arguments(facts, call).any(|argument| matches!(facts.arena.kind(argument), NodeKind::Spread { .. })) {
        return Vec::new();
    }
    let params = function.params.iter().filter(|param| param.kind != ParamKind::Receiver).enumerate();
    let known = params.filter_map(|(at, param)| {
        let (name, default) = (param.name?, param.default?);
        let on = match passed(facts, call, (at, param), target, name) {
            Passed::Value(value) => truth(facts, value)?,
            Passed::Nothing => truth(target, default)?,
            _ => return None,
        };
        Some(Switch { name, on })
    });
    known.collect()
}

fn truth(facts: &FileFacts, value: NodeId) -> Option<bool> {
    match facts.arena.kind(value) {
        NodeKind::Bool(on) => Some(on),
        NodeKind::Null => Some(false),
        NodeKind::Name(name) if facts.text(name) == "undefined" => Some(false),
        _ => None,
    }
}

/// Whether the node stands in a branch that the switches leave out.
pub(super) fn is_left_out(facts: &FileFacts, nesting: &Nesting, node: NodeId, switches: &[Switch]) -> bool {
    !switches.is_empty()
        && nesting.around(node).any(|inner| {
            let Some(outer) = nesting.parent(inner) else { return false };
            match facts.arena.kind(outer) {
                NodeKind::If { condition, then, .. } if then == inner => decided(facts, condition, switches) == Some(false),
                NodeKind::If { condition, otherwise, .. } if otherwise == Some(inner) => decided(facts, condition, switches) == Some(true),
                NodeKind::Binary { op: BinaryOp::And, left, right } if right == inner => decided(facts, left, switches) == Some(false),
                NodeKind::Binary { op: BinaryOp::Or, left, right } if right == inner => decided(facts, left, switches) == Some(true),
                _ => false,
            }
        })
}

/// What the switches make of a condition.
fn decided(facts: &FileFacts, condition: NodeId, switches: &[Switch]) -> Option<bool> {
    match facts.arena.kind(condition) {
        NodeKind::Name(name) => switches.iter().find(|switch| switch.name == name).map(|switch| switch.on),
        NodeKind::Unary { op: UnaryOp::Not, value } => decided(facts, value, switches).map(|on| !on),
        NodeKind::Binary { op, left, right } => match (op, decided(facts, left, switches), decided(facts, right, switches)) {
            (BinaryOp::And, Some(false), _) | (BinaryOp::And, _, Some(false)) => Some(false),
            (BinaryOp::And, Some(true), Some(true)) => Some(true),
            (BinaryOp::Or, Some(true), _) | (BinaryOp::Or, _, Some(true)) => Some(true),
            (BinaryOp::Or, Some(false), Some(false)) => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A parameter that switches something on, by its number [by place](by_place), and off where it is not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Needed {
    at: usize,
    name: Name,
}

/// The parameter without which the function does not come to a call: what it stands for alone decides, and it is false by default.
pub(super) fn needed(program: &Program, function: GlobalDef, site: NodeId) -> Option<Needed> {
    let facts = program.file(function.file);
    let nesting = program.nesting(function.file);
    let params = || facts.def(function.def).params.iter().filter(|param| param.kind != ParamKind::Receiver);
    if function.def == DefId::MODULE || params().all(|param| param.default.is_none()) {
        return None;
    }
    nesting.around(site).find_map(|around| {
        let NodeKind::If { condition, then, .. } = facts.arena.kind(nesting.parent(around)?) else { return None };
        let NodeKind::Name(name) = facts.arena.kind(condition) else { return None };
        let at =
            params().position(|param| param.name == Some(name) && param.default.is_some_and(|value| truth(facts, value) == Some(false)))?;
        (then == around).then_some(Needed { at, name })
    })
}

/// The call leaves it off.
pub(super) fn leaves_off(program: &Program, caller: GlobalDef, call: NodeId, callee: GlobalDef, needed: Needed) -> bool {
    let facts = program.file(caller.file);
    let Some(param) = by_place(program, facts, call, callee).and_then(|mut params| params.nth(needed.at)) else { return false };
    match passed(facts, call, (needed.at, param), program.file(callee.file), needed.name) {
        Passed::Nothing => true,
        Passed::Value(value) => truth(facts, value) == Some(false),
        _ => false,
    }
}
