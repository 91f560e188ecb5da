//! `pass-through-service`: a service whose every method only hands its arguments on to the same method of a repository.
//!
//! A class that implements an interface or extends another may be a seam that somebody needs; so may one with a single method. They are left alone.

use super::Context;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, Definition, FileFacts, Name, ParamKind};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::nesting::{argument_value, arguments};
use crate::model::program::{Program, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::FileId;

const RULE: &str = "pass-through-service";

/// Fewest methods that make a layer.
const FEWEST: usize = 2;

/// Finds services that do nothing.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let mut findings = Vec::new();
    for (at, facts) in program.facts.iter().enumerate() {
        let file = FileId(at as u32);
        for (id, def) in facts.definitions() {
            let class = GlobalDef { file, def: id };
            if is_service(program, class, def) {
                findings.extend(judge(program, class));
            }
        }
    }
    findings
}

fn is_service(program: &Program, class: GlobalDef, def: &Definition) -> bool {
    let is_class = matches!(def.kind, DefKind::Class | DefKind::Impl);
    let is_seam = match def.kind {
        DefKind::Impl => def.bases.len() > 1,
        _ => !def.bases.is_empty() || !def.implements.is_empty(),
    };
    let out = [Role::Test, Role::Migration, Role::Script, Role::Frontend];
    is_class
        && !is_seam
        && !program.subclasses.get(&class).is_some_and(|below| below.iter().any(|below| program.def(*below).kind == DefKind::Class))
        && program.role(class).is_some_and(|evidence| evidence.role == Role::Service)
        && !out.iter().any(|&role| program.is(class, role))
}

fn judge(program: &Program, class: GlobalDef) -> Option<Finding> {
    let facts = program.file(class.file);
    let mut forwards: Vec<(DefId, Name, NodeId)> = Vec::new();
    for (id, def) in facts.definitions().filter(|(_, def)| def.parent == class.def && def.kind == DefKind::Method) {
        let name = facts.text(def.name);
        if matches!(name, "__init__" | "constructor" | "new") || def.flags.has(DefFlags::STATIC) {
            continue;
        }
        let (field, call) = forwarded(facts, def)?;
        forwards.push((id, field, call));
    }
    let &(_, field, first) = forwards.first()?;
    if forwards.len() < FEWEST || forwards.iter().any(|&(_, other, _)| other != field) || !is_repository(program, class.file, first) {
        return None;
    }
    let name = program.name(class);
    let label = |&(id, _, call): &(DefId, Name, NodeId)| Label {
        location: program.location(class.file, facts.arena.span(call)),
        text: format!("all that `{}` does", facts.text(facts.def(id).name)),
    };
    Some(Finding {
        rule: RULE.into(),
        level: Level::Note,
        message: format!("every method of `{name}` only calls the same method of `{}`: the layer adds nothing", facts.text(field)),
        primary: Label { location: program.name_location(class), text: format!("{} methods that hand on", forwards.len()) },
        related: forwards.iter().take(6).map(label).collect(),
        flow: Vec::new(),
        help: Some(
            "let the callers use the repository until there is something to decide, or move the decisions that they make here".to_string(),
        ),
        subject: program.qualified_name(class),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    })
}

/// The field to which the method hands on, and the call, when that is all it does: `return self.orders.find(id)` in `find(self, id)`.
fn forwarded(facts: &FileFacts, def: &Definition) -> Option<(Name, NodeId)> {
    let NodeKind::Block { items, .. } = facts.arena.kind(def.body?) else { return None };
    let mut statements = facts.arena.list(items).filter(|&item| !matches!(facts.arena.kind(item), NodeKind::Str(_)));
    let (only, None) = (statements.next()?, statements.next()) else { return None };
    let mut value = match facts.arena.kind(only) {
        NodeKind::Return(Some(value)) => value,
        _ => only,
    };
    while let NodeKind::Await(inner) | NodeKind::Propagate(inner) = facts.arena.kind(value) {
        value = inner;
    }
    let NodeKind::Call { callee, .. } = facts.arena.kind(value) else { return None };
    let NodeKind::Member { object, name, .. } = facts.arena.kind(callee) else { return None };
    let NodeKind::Member { object: receiver, name: field, .. } = facts.arena.kind(object) else { return None };
    let own: Vec<Option<Name>> = def.params.iter().filter(|param| param.kind != ParamKind::Receiver).map(|param| param.name).collect();
    let given: Vec<Option<Name>> = arguments(facts, value)
        .map(|argument| {
            let value = argument_value(facts, argument);
            match facts.arena.kind(value) {
                NodeKind::Name(name) => Some(name),
                _ => None,
            }
        })
        .collect();
    let same = facts.arena.kind(receiver) == NodeKind::Receiver && name == def.name && own == given && given.iter().all(Option::is_some);
    same.then_some((field, value))
}

/// The field holds a repository, of the project or of a library.
fn is_repository(program: &Program, file: FileId, call: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return false };
    let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return false };
    match program.value(file, object) {
        Value::Instance { class, .. } => program.role(class).is_some_and(|evidence| evidence.role == Role::Repository),
        Value::Api { api, .. } => program.apis[api.0 as usize].path.ends_with("Repository()"),
        _ => false,
    }
}
