//! Branches of a function that one call of it never takes: what it is given decides the condition around them.

use super::loops::{bound_names, parameter_names};
use super::passed::{Passed, by_place, passed};
use crate::model::body::{BinaryOp, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{DefKind, FileFacts, Name, Param, ParamKind};
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::model::words::words;

/// A call: the function it stands in, its place, and what it calls.
pub(super) type Step = (GlobalDef, NodeId, GlobalDef);

/// What a call gives for a parameter, as far as conditions ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    Null,
    /// Something that counts as true.
    Truthy,
    False,
    /// Not null; whether it counts as true is not known.
    Something,
}

/// True when the code at `site` in `callee` does not run for this call: it stands under `if (!quiet)` where the call gives `quiet: true`, or only
/// where something has failed (in a `catch`).
///
/// `calls`: the calls that lead there, each as the function it stands in, its place and what it calls; the last one calls the function of `site`.
pub(super) fn is_skipped(program: &Program, calls: &[Step], site: NodeId) -> bool {
    let Some(&(_, _, callee)) = calls.last() else { return false };
    let facts = program.file(callee.file);
    let nesting = program.nesting(callee.file);
    // What stands in a closure is told by the closure's own way.
    let mut below = site;
    for at in nesting.around(site).skip(1) {
        match facts.arena.kind(at) {
            NodeKind::If { condition, then, otherwise } => {
                let wanted = if then == below { Some(true) } else { (otherwise == Some(below)).then_some(false) };
                if wanted.is_some_and(|wanted| decided(program, calls, condition) == Some(!wanted)) {
                    return true;
                }
            }
            // In Python `except` is an everyday branch.
            NodeKind::Try { handlers, .. }
                if facts.language.family() == Family::TypeScript && facts.arena.list(handlers).any(|handler| handler == below) =>
            {
                return true;
            }
            _ => {}
        }
        below = at;
    }
    false
}

/// What a condition on a parameter comes to.
fn decided(program: &Program, calls: &[Step], condition: NodeId) -> Option<bool> {
    let &(_, _, callee) = calls.last()?;
    let facts = program.file(callee.file);
    let again = |node| decided(program, calls, node);
    match facts.arena.kind(condition) {
        NodeKind::Unary { op: UnaryOp::Not, value } => again(value).map(|value| !value),
        NodeKind::Name(name) => match given(program, calls, name)? {
            Given::Truthy => Some(true),
            Given::Null | Given::False => Some(false),
            // A key that is there is never empty.
            Given::Something => {
                words(facts.text(name)).last().is_some_and(|word| matches!(word.as_str(), "id" | "pk" | "uid" | "uuid")).then_some(true)
            }
        },
        NodeKind::Binary { op: BinaryOp::And, left, right } => match (again(left), again(right)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        NodeKind::Binary { op: BinaryOp::Or, left, right } => match (again(left), again(right)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        NodeKind::Binary { op, left, right } => {
            let is_null = |node| facts.arena.kind(node) == NodeKind::Null;
            let name = match (facts.arena.kind(left), facts.arena.kind(right)) {
                (NodeKind::Name(name), _) if is_null(right) => name,
                (_, NodeKind::Name(name)) if is_null(left) => name,
                _ => return None,
            };
            let null = given(program, calls, name)? == Given::Null;
            match op {
                BinaryOp::Equal | BinaryOp::Is => Some(null),
                BinaryOp::NotEqual | BinaryOp::IsNot => Some(!null),
                _ => None,
            }
        }
        _ => None,
    }
}

/// What the last call gives for a parameter: by place, by keyword, as a key of the object that the parameter takes apart, or by what it is without.
fn given(program: &Program, calls: &[Step], name: Name) -> Option<Given> {
    let (&(caller, call, callee), before) = calls.split_last()?;
    let facts = program.file(callee.file);
    let there = program.file(caller.file);
    let (at, param) =
        by_place(program, there, call, callee)?.enumerate().find(|(_, param)| parameter_names(facts, param).contains(&name))?;
    match passed(there, call, (at, param), facts, name) {
        Passed::Value(given) => value(program, before, caller, given),
        Passed::Nothing => without(program, callee, param, name),
        Passed::Within(_) | Passed::Unseen => None,
    }
}

/// What a parameter is that a call gives nothing for.
fn without(program: &Program, callee: GlobalDef, param: &Param, name: Name) -> Option<Given> {
    let facts = program.file(callee.file);
    let mut default = param.default;
    if let Some(pattern) = param.pattern {
        facts.arena.walk(pattern, |node| {
            if let NodeKind::Assign { target, value, .. } = facts.arena.kind(node)
                && facts.arena.kind(target) == NodeKind::Name(name)
            {
                default = default.or(Some(value));
            }
        });
    }
    match default {
        Some(default) => value(program, &[], callee, default),
        None => (facts.language.family() == Family::TypeScript && param.kind == ParamKind::Normal).then_some(Given::Null),
    }
}

fn value(program: &Program, before: &[Step], function: GlobalDef, node: NodeId) -> Option<Given> {
    let file = function.file;
    let facts = program.file(file);
    match facts.arena.kind(node) {
        NodeKind::Bool(true) => Some(Given::Truthy),
        NodeKind::Bool(false) => Some(Given::False),
        NodeKind::Null => Some(Given::Null),
        NodeKind::Collection { .. } | NodeKind::Closure(_) => Some(Given::Truthy),
        NodeKind::Str(_) | NodeKind::Text { .. } | NodeKind::Number(_) => Some(Given::Something),
        NodeKind::Name(name) if is_made_here(program, file, node, name) || is_key_of_loop(program, file, node, name) => {
            Some(Given::Something)
        }
        NodeKind::Name(name) => {
            let owner = GlobalDef { file, def: program.nesting(file).owner(node) };
            let param = program.def(owner).params.iter().find(|param| param.name == Some(name))?;
            let passed_on = before.last().filter(|&&(_, _, callee)| callee == owner).and_then(|_| given(program, before, name));
            passed_on.or_else(|| is_always_given(facts, param).then_some(Given::Something))
        }
        _ => None,
    }
}

/// `for household_id, rows in by_household.items()`: a key of the rows, or of the list that is gone through.
fn is_key_of_loop(program: &Program, file: FileId, node: NodeId, name: Name) -> bool {
    let facts = program.file(file);
    program.nesting(file).around(node).any(|around| {
        matches!(facts.arena.kind(around), NodeKind::Loop { target: Some(target), .. } if bound_names(facts, target).contains(&name))
    })
}

/// Python: `order_id: UUID`, with a type that says nothing of `None`.
fn is_always_given(facts: &FileFacts, param: &Param) -> bool {
    let Some(annotation) = param.annotation else { return false };
    let mut may_be_none = param.default.is_some();
    facts.arena.walk(annotation, |node| {
        may_be_none |= match facts.arena.kind(node) {
            NodeKind::Null | NodeKind::Str(_) => true,
            NodeKind::Name(name) => matches!(facts.text(name), "Optional" | "Any" | "Union" | "None"),
            _ => false,
        };
    });
    facts.language.family() == Family::Python && !may_be_none
}

/// A local that is given a value where it is declared, not one that the caller may have been given itself.
fn is_made_here(program: &Program, file: FileId, node: NodeId, name: Name) -> bool {
    let facts = program.file(file);
    let nesting = program.nesting(file);
    let owner = nesting.owner(node);
    let mut made = false;
    for def in crate::model::nesting::around(facts, owner) {
        let definition = facts.def(def);
        if definition.params.iter().any(|param| parameter_names(facts, param).contains(&name)) || definition.kind == DefKind::Module {
            return made;
        }
        let Some(body) = definition.body else { continue };
        facts.arena.walk(body, |node| made |= declares(facts, node, name));
        if made {
            return true;
        }
    }
    made
}

fn declares(facts: &FileFacts, node: NodeId, name: Name) -> bool {
    match facts.arena.kind(node) {
        NodeKind::Declare { target, value: Some(value), .. } => {
            facts.arena.kind(target) == NodeKind::Name(name)
                && matches!(facts.arena.kind(value), NodeKind::Await(_) | NodeKind::Call { .. })
        }
        _ => false,
    }
}
