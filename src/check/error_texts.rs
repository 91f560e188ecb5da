//! Where the text of a caught error goes in Python before it is answered with: a local, a maker of answers, an exception of the project's own.

use super::sensitive::carriers;
use crate::model::body::{AssignOp, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefKind, FileFacts, Name, Param, ParamKind};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{Nesting, last_name, walk_deep};
use crate::model::program::{Program, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};

/// Classes looked at from an exception of the project to the one of a library that it extends.
const MAX_BASES: usize = 4;

/// The one value that a name is given where the error is at hand: `message = str(e)`.
pub(super) fn kept_there(facts: &FileFacts, caught: NodeId, name: Name) -> Option<NodeId> {
    let mut kept = Vec::new();
    if facts.language.family() != Family::Python {
        return None;
    }
    walk_deep(facts, caught, |node| {
        if let NodeKind::Assign { target, value, op: AssignOp::Set } | NodeKind::Declare { target, value: Some(value), .. } =
            facts.arena.kind(node)
            && facts.arena.kind(target) == NodeKind::Name(name)
        {
            kept.push(value);
        }
        true
    });
    if let [only] = kept[..] { Some(only) } else { None }
}

/// Between the error and the answer stands a call that makes a part of the answer of it: `body_of(text=str(e))`, `Problem(detail=str(e))`.
pub(super) fn is_made_into_answer(program: &Program, nesting: &Nesting, file: FileId, node: NodeId, answer: NodeId) -> bool {
    let facts = program.file(file);
    if facts.language.family() != Family::Python {
        return false;
    }
    let mut at = node;
    for _ in 0..64 {
        if at == answer {
            return false;
        }
        let Some(parent) = nesting.parent(at) else { return false };
        if let NodeKind::Call { callee, args, .. } = facts.arena.kind(parent)
            && callee != at
            && facts.arena.list(args).any(|argument| argument == at)
        {
            let mut carried = false;
            carriers(facts, at, &mut |carrier, _| carried |= carrier == node);
            if carried && hands_back(program, file, parent, at) {
                return true;
            }
        }
        at = parent;
    }
    false
}

/// What the call is given there is part of what it gives.
fn hands_back(program: &Program, file: FileId, call: NodeId, argument: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Call { callee, args, .. } = facts.arena.kind(call) else { return false };
    let function = match program.value(file, callee) {
        Value::Def(def) => def,
        Value::Method { method, .. } => method,
        _ => return false,
    };
    let own = program.file(function.file);
    let def = own.def(function.def);
    if def.kind == DefKind::Class {
        return program.is(function, Role::Schema);
    }
    let Some(body) = def.body.filter(|_| !def.flags.has(DefFlags::CLOSURE)) else { return false };
    let mut params = def.params.iter().filter(|param| !is_receiver(own, param));
    let taken = match facts.arena.kind(argument) {
        NodeKind::Argument { name, .. } => params.find(|param| param.name.is_some_and(|own_name| own.text(own_name) == facts.text(name))),
        _ => facts.arena.list(args).position(|item| item == argument).and_then(|at| params.nth(at)),
    };
    let Some(name) = taken.and_then(|param| param.name) else { return false };
    let mut gives = false;
    own.arena.walk(body, |node| {
        if let NodeKind::Return(Some(value)) = own.arena.kind(node) {
            own.arena.walk(value, |inner| gives |= own.arena.kind(inner) == NodeKind::Name(name));
        }
    });
    gives
}

fn is_receiver(facts: &FileFacts, param: &Param) -> bool {
    param.kind == ParamKind::Receiver || param.name.is_some_and(|name| matches!(facts.text(name), "self" | "cls"))
}

/// An exception of the project's own that the web framework answers with: `class Refused(HTTPException)`.
pub(super) fn is_own_answer(program: &Program, file: FileId, call: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return false };
    let Value::Def(class) = program.value(file, callee) else { return false };
    let mut class = class;
    for _ in 0..MAX_BASES {
        let (own, def) = (program.file(class.file), program.def(class));
        if own.language.family() != Family::Python || def.kind != DefKind::Class {
            return false;
        }
        let mut next = None;
        for &base in &def.bases {
            if program.api(class.file, base).is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Responds)) {
                return true;
            }
            if let Value::Def(base) = program.value(class.file, base) {
                next = next.or(Some(base));
            }
        }
        let Some(base) = next else { return false };
        class = base;
    }
    false
}

/// The parameter by which a helper is handed an error that may be anything: `def failed(self, ex: Exception)`.
pub(super) fn handed_error(program: &Program, function: GlobalDef) -> Option<Name> {
    let facts = program.file(function.file);
    let is_any = |param: &Param| {
        param
            .annotation
            .and_then(|annotation| last_name(facts, annotation))
            .is_some_and(|name| matches!(facts.text(name), "Exception" | "BaseException"))
    };
    let takes = |param: &&Param| is_any(param);
    facts.def(function.def).params.iter().filter(|_| facts.language.family() == Family::Python).find(takes).and_then(|param| param.name)
}
