//! Branches of a function that one call of it never takes: what it is given decides the condition around them.

use super::loops::parameter_names;
use crate::model::body::{BinaryOp, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{DefKind, FileFacts, Name};
use crate::model::nesting::{argument_value, arguments};
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};

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
pub(super) fn is_skipped(program: &Program, caller: FileId, call: NodeId, callee: GlobalDef, site: NodeId) -> bool {
    let facts = program.file(callee.file);
    let nesting = program.nesting(callee.file);
    // What stands in a closure is told by the closure's own way.
    let mut below = site;
    for at in nesting.around(site).skip(1) {
        match facts.arena.kind(at) {
            NodeKind::If { condition, then, otherwise } => {
                let wanted = if then == below { Some(true) } else { (otherwise == Some(below)).then_some(false) };
                if wanted.is_some_and(|wanted| decided(program, caller, call, callee, condition) == Some(!wanted)) {
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
fn decided(program: &Program, caller: FileId, call: NodeId, callee: GlobalDef, condition: NodeId) -> Option<bool> {
    let facts = program.file(callee.file);
    let again = |node| decided(program, caller, call, callee, node);
    match facts.arena.kind(condition) {
        NodeKind::Unary { op: UnaryOp::Not, value } => again(value).map(|value| !value),
        NodeKind::Name(name) => match given(program, caller, call, callee, name)? {
            Given::Truthy => Some(true),
            Given::Null | Given::False => Some(false),
            Given::Something => None,
        },
        NodeKind::Binary { op, left, right } => {
            let is_null = |node| facts.arena.kind(node) == NodeKind::Null;
            let name = match (facts.arena.kind(left), facts.arena.kind(right)) {
                (NodeKind::Name(name), _) if is_null(right) => name,
                (_, NodeKind::Name(name)) if is_null(left) => name,
                _ => return None,
            };
            let null = given(program, caller, call, callee, name)? == Given::Null;
            match op {
                BinaryOp::Equal | BinaryOp::Is => Some(null),
                BinaryOp::NotEqual | BinaryOp::IsNot => Some(!null),
                _ => None,
            }
        }
        _ => None,
    }
}

/// What the call gives for a parameter: by place, by keyword, or as a key of the object that the parameter takes apart.
fn given(program: &Program, caller: FileId, call: NodeId, callee: GlobalDef, name: Name) -> Option<Given> {
    let facts = program.file(callee.file);
    let wanted = facts.text(name);
    let at = program.def(callee).params.iter().position(|param| parameter_names(facts, param).contains(&name))?;
    let param = &program.def(callee).params[at];
    let there = program.file(caller);
    let keyword = arguments(there, call)
        .find(|&argument| matches!(there.arena.kind(argument), NodeKind::Argument { name, .. } if there.text(name) == wanted));
    if let Some(argument) = keyword {
        return value(program, caller, argument_value(there, argument));
    }
    let argument = arguments(there, call).nth(at)?;
    if param.name.is_some() {
        return value(program, caller, argument);
    }
    let NodeKind::Collection { items, .. } = there.arena.kind(argument) else { return None };
    let entry = there.arena.list(items).find_map(|item| match there.arena.kind(item) {
        NodeKind::Entry { key, value } if there.string(key) == Some(wanted) => Some(value),
        _ => None,
    });
    value(program, caller, entry?)
}

fn value(program: &Program, file: FileId, node: NodeId) -> Option<Given> {
    let facts = program.file(file);
    match facts.arena.kind(node) {
        NodeKind::Bool(true) => Some(Given::Truthy),
        NodeKind::Bool(false) => Some(Given::False),
        NodeKind::Null => Some(Given::Null),
        NodeKind::Collection { .. } | NodeKind::Closure(_) => Some(Given::Truthy),
        NodeKind::Str(_) | NodeKind::Text { .. } | NodeKind::Number(_) => Some(Given::Something),
        NodeKind::Name(name) => is_made_here(program, file, node, name).then_some(Given::Something),
        _ => None,
    }
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
