//! Calls that a function makes only if it is told to: `constructor(generate = false) { if (generate) this.#generate(); }`.

use super::passed::{Passed, by_place, passed};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefId, FileFacts, Name, ParamKind};
use crate::model::program::Program;
use crate::model::role::GlobalDef;

/// A parameter that switches something on, by its number [by place](by_place), and off where it is not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Switch {
    at: usize,
    name: Name,
}

/// The parameter without which the function does not come to a call: what it stands for alone decides, and it is false by default.
pub(super) fn switch(program: &Program, function: GlobalDef, site: NodeId) -> Option<Switch> {
    let facts = program.file(function.file);
    let nesting = program.nesting(function.file);
    let params = || facts.def(function.def).params.iter().filter(|param| param.kind != ParamKind::Receiver);
    if function.def == DefId::MODULE || params().all(|param| param.default.is_none()) {
        return None;
    }
    nesting.around(site).find_map(|around| {
        let NodeKind::If { condition, then, .. } = facts.arena.kind(nesting.parent(around)?) else { return None };
        let NodeKind::Name(name) = facts.arena.kind(condition) else { return None };
        let at = params().position(|param| param.name == Some(name) && param.default.is_some_and(|value| is_off(facts, value)))?;
        (then == around).then_some(Switch { at, name })
    })
}

/// The call leaves it off.
pub(super) fn leaves_off(program: &Program, caller: GlobalDef, call: NodeId, callee: GlobalDef, switch: Switch) -> bool {
    let facts = program.file(caller.file);
    let Some(param) = by_place(program, facts, call, callee).and_then(|mut params| params.nth(switch.at)) else { return false };
    match passed(facts, call, (switch.at, param), program.file(callee.file), switch.name) {
        Passed::Nothing => true,
        Passed::Value(value) => is_off(facts, value),
        _ => false,
    }
}

fn is_off(facts: &FileFacts, value: NodeId) -> bool {
    match facts.arena.kind(value) {
        NodeKind::Bool(false) | NodeKind::Null => true,
        NodeKind::Name(name) => facts.text(name) == "undefined",
        _ => false,
    }
}
