//! The part of an answer that tells what an error says.

use super::caught::{Caught, is_error};
use super::known::is_known_error;
use crate::check::error_texts::{is_made_into_answer, kept_there};
use crate::check::requests::in_development_branch;
use crate::check::sensitive::{assigned, carriers, parts};
use crate::model::body::{AssignOp, BinaryOp, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts, Name};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{Nesting, arguments, called_name, walk_deep};
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::FileId;
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// The part of an answer that tells what the error says, and whether it is the trace.
pub(super) fn leak(program: &Program, nesting: &Nesting, file: FileId, answer: NodeId, caught: &Caught) -> Option<(NodeId, bool)> {
    leak_in(program, nesting, file, answer, caught, true)
}

/// An object or map that a name was given where the error is at hand.
fn made_of(facts: &FileFacts, caught: &Caught, name: Name) -> Option<NodeId> {
    let mut made = None;
    walk_deep(facts, caught.body, |node| {
        let (target, value) = match facts.arena.kind(node) {
            NodeKind::Assign { target, value, op: AssignOp::Set } | NodeKind::Declare { target, value: Some(value), .. } => (target, value),
            _ => return true,
        };
        let is_map = matches!(facts.arena.kind(value), NodeKind::Collection { .. }) || called_name(facts, value) == Some("dict");
        if facts.arena.kind(target) == NodeKind::Name(name) && is_map {
            made = Some(value);
        }
        true
    });
    made
}

/// The same, in what is answered itself or, if it `follows` them, in the local objects it is made of.
pub(super) fn leak_in(
    program: &Program,
    nesting: &Nesting,
    file: FileId,
    answer: NodeId,
    caught: &Caught,
    follows: bool,
) -> Option<(NodeId, bool)> {
    let facts = program.file(file);
    let mut found: Option<(NodeId, bool)> = None;
    walk_deep(facts, answer, |node| {
        if found.is_some() {
            return false;
        }
        let told = match facts.arena.kind(node) {
            NodeKind::Member { object, name, .. } if is_error(facts, object, caught) => match facts.text(name) {
                "message" | "sqlMessage" | "detail" | "reason" | "msg" | "toString" => Some(false),
                "stack" | "stackTrace" | "sql" | "__traceback__" => Some(true),
                "args" | "orig" | "original" | "cause" => Some(false),
                _ => return false,
            },
            NodeKind::Name(_) if is_error(facts, node, caught) => is_told_whole(program, nesting, file, node, answer),
            NodeKind::Name(name) if holds_message(facts, nesting.owner(node), name, caught) => Some(false),
            // `content = {"message": str(exc)}`, then `JSONResponse(content=content)`
            NodeKind::Name(name) if follows => {
                let kept = made_of(facts, caught, name).and_then(|value| leak_in(program, nesting, file, value, caught, false));
                let text = || kept_there(facts, caught.body, name).and_then(|value| leak_in(program, nesting, file, value, caught, false));
                found = kept.or_else(|| text().map(|(_, trace)| (node, trace)));
                return false;
            }
            NodeKind::Call { .. } => {
                let traces =
                    program.called_api(file, node).is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::ErrorText));
                traces.then_some(true)
            }
            _ => None,
        };
        if let Some(trace) = told {
            if !in_development_branch(facts, nesting, node)
                && !is_known_error(facts, nesting, node, caught)
                && !is_hidden(facts, nesting, node, answer)
            {
                found = Some((node, trace));
            }
            return false;
        }
        true
    });
    found
}

/// A local that is given the error's message and nothing else but a text to fall back on: `const message = err.message || "Sorry"`.
fn holds_message(facts: &FileFacts, function: DefId, name: Name, caught: &Caught) -> bool {
    let [value] = assigned(facts, function, name)[..] else { return false };
    let said = match facts.arena.kind(value) {
        NodeKind::Binary { op: BinaryOp::Or | BinaryOp::Coalesce, left, right } if matches!(facts.arena.kind(right), NodeKind::Str(_)) => {
            left
        }
        _ => value,
    };
    let is_message = |name: Name| matches!(facts.text(name), "message" | "stack");
    matches!(facts.arena.kind(said), NodeKind::Member { object, name, .. } if is_message(name) && is_error(facts, object, caught))
}

/// The whole error is put into the answer: as it is, as text, or by a helper that gives its text.
fn is_told_whole(program: &Program, nesting: &Nesting, file: FileId, node: NodeId, answer: NodeId) -> Option<bool> {
    let facts = program.file(file);
    let mut carried = false;
    carriers(facts, answer, &mut |carrier, _| carried |= carrier == node);
    if called_name(facts, answer) == Some("dict") {
        for entry in arguments(facts, answer) {
            carriers(facts, entry, &mut |carrier, _| carried |= carrier == node);
        }
    }
    if carried || is_made_into_answer(program, nesting, file, node, answer) {
        return Some(false);
    }
    let (call, at) = nesting.argument_of(facts, node)?;
    let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return None };
    match program.value(file, callee) {
        Value::Def(helper) => tells(program, helper, at).then_some(false),
        _ => None,
    }
}

/// A helper whose result is the error's message: `getErrorMessage(error)`.
fn tells(program: &Program, helper: GlobalDef, at: usize) -> bool {
    let mut helper = helper;
    let mut facts = program.file(helper.file);
    if facts.def(helper.def).kind == DefKind::Variable {
        match facts.def(helper.def).value.map(|value| facts.arena.kind(value)) {
            Some(NodeKind::Closure(def)) => helper = GlobalDef { file: helper.file, def },
            _ => return false,
        }
    }
    facts = program.file(helper.file);
    let def = facts.def(helper.def);
    let (Some(name), Some(body)) = (def.params.get(at).and_then(|param| param.name), def.body) else { return false };
    let mut tells = false;
    facts.arena.walk(body, |node| {
        let value = match facts.arena.kind(node) {
            NodeKind::Return(Some(value)) => value,
            NodeKind::Block { items, value: true } => match facts.arena.list(items).last() {
                Some(last) => last,
                None => return,
            },
            _ => return,
        };
        facts.arena.walk(value, |inner| match facts.arena.kind(inner) {
            NodeKind::Member { object, name: member, .. } => {
                tells |= facts.arena.kind(object) == NodeKind::Name(name) && api_names().errors.texts.has(facts.text(member))
            }
            NodeKind::Call { .. } if called_name(facts, inner).is_some_and(|name| api_names().errors.conversions.has(name)) => {
                tells |= arguments(facts, inner).any(|argument| facts.arena.kind(argument) == NodeKind::Name(name));
            }
            _ => {}
        });
    });
    tells
}

/// Given to something that makes it harmless, or only looked at.
fn is_hidden(facts: &FileFacts, nesting: &Nesting, node: NodeId, answer: NodeId) -> bool {
    let mut at = node;
    for _ in 0..64 {
        if at == answer {
            return false;
        }
        let Some(parent) = nesting.parent(at) else { return false };
        match facts.arena.kind(parent) {
            NodeKind::If { condition, .. } if condition == at => return true,
            NodeKind::Binary { op, .. } if op.is_test() => return true,
            NodeKind::Call { callee, .. } if callee != at => {
                let words = parts(called_name(facts, parent).unwrap_or_default());
                let hides = words.iter().any(|word| vocabulary().errors.hiding.has(word));
                if hides {
                    return true;
                }
            }
            _ => {}
        }
        at = parent;
    }
    false
}
