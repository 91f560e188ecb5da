//! Errors of the project's own that carry an HTTP status: `throw new ApiError(404, "no such order")`, `new AppError({ status: 409 })`.
//!
//! An error of the domain may have a class for each thing that can go wrong, whatever statuses these know; one that is given its status
//! where it is raised is the framework's exception by another name.

use super::loops::parameter_names;
use super::sensitive::assigned;
use super::status::{Status, of_node};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts};
use crate::model::nesting::arguments;
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::model::words::words;

/// Most classes looked at from an error up to what it extends.
const MAX_BASES: usize = 4;

/// True if an error class of the project is made here with a status of 4xx or 5xx.
pub(super) fn raises_with_status(program: &Program, file: FileId, raised: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Call { callee, .. } = facts.arena.kind(raised) else { return false };
    if facts.language.family() != Family::TypeScript {
        return false;
    }
    let Value::Def(class) = program.value(file, callee) else { return false };
    arguments(facts, raised).any(|argument| says_status(program, file, argument)) && keeps_status(program, class)
}

/// A status itself, or an object with one: `404`, `httpStatus.NOT_FOUND`, `{ status: 404 }`, a local that is such an object.
fn says_status(program: &Program, file: FileId, argument: NodeId) -> bool {
    let facts = program.file(file);
    if is_failure(facts, argument) {
        return true;
    }
    let object = match facts.arena.kind(argument) {
        NodeKind::Name(name) => match assigned(facts, program.nesting(file).owner(argument), name)[..] {
            [value] => value,
            _ => return false,
        },
        _ => argument,
    };
    let NodeKind::Collection { items, .. } = facts.arena.kind(object) else { return false };
    facts.arena.list(items).any(|item| match facts.arena.kind(item) {
        NodeKind::Entry { key, value } => facts.string(key).is_some_and(is_status_name) && is_failure(facts, value),
        _ => false,
    })
}

fn is_failure(facts: &FileFacts, node: NodeId) -> bool {
    matches!(facts.arena.kind(node), NodeKind::Number(_) | NodeKind::Member { .. })
        && matches!(of_node(facts, node), Status::Client | Status::Server)
}

/// The class, or one that it extends, takes a status where it is made.
fn keeps_status(program: &Program, class: GlobalDef) -> bool {
    let mut class = class;
    for _ in 0..MAX_BASES {
        let facts = program.file(class.file);
        let def = facts.def(class.def);
        if def.kind != DefKind::Class || def.bases.is_empty() {
            return false;
        }
        let takes = facts.definitions().any(|(_, member)| {
            member.parent == class.def
                && facts.text(member.name) == "constructor"
                && member.params.iter().any(|param| parameter_names(facts, param).iter().any(|&name| is_status_name(facts.text(name))))
        });
        if takes {
            return true;
        }
        let base = def.bases.iter().find_map(|&base| match program.value(class.file, base) {
            Value::Def(base) => Some(base),
            _ => None,
        });
        let Some(base) = base else { return false };
        class = base;
    }
    false
}

/// `status`, `statusCode`, `httpCode`, `HTTPStatus`, `errorCode`, `code`.
fn is_status_name(name: &str) -> bool {
    let words = words(name);
    let is = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    is(&["status"]) || words.last().is_some_and(|word| word == "code") && (words.len() == 1 || is(&["http", "error", "response"]))
}
