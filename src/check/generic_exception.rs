//! `generic-exception`: a service or repository that raises the language's own `Exception` or `Error` for a failure of the domain, in a
//! project that has errors of its own.
//!
//! The project's habit decides: at least three of its exceptions are raised in its services, twice as many as general ones. Asserting what cannot happen, and what is not
//! implemented, needs no class.

use rustc_hash::FxHashMap;

use super::Context;
use super::scope::in_scope;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{Nesting, arguments, called_name, last_name};
use crate::model::program::{Program, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::{api_names, vocabulary};

const RULE: &str = "generic-exception";

/// How many exceptions of its own a package raises before a general one stands out.
const HABIT: usize = 3;

/// How many of them it raises in its services for each general one.
const MORE: usize = 2;

/// Finds general exceptions beside a project's own.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let mut general: Vec<(GlobalDef, NodeId, NodeId)> = Vec::new();
    let mut bare: FxHashMap<Option<usize>, usize> = FxHashMap::default();
    let mut own: FxHashMap<Option<usize>, (usize, GlobalDef)> = FxHashMap::default();
    for (at, raises) in context.each_file(RULE, (), in_file).iter().enumerate() {
        if raises.is_empty() {
            continue;
        }
        let package = program.project.package_of(program.path(FileId(at as u32)));
        for raise in raises {
            match *raise {
                Raise::Own(class) => own.entry(package).or_insert((0, class)).0 += 1,
                Raise::General(owner, node, raised) => {
                    *bare.entry(package).or_default() += 1;
                    general.push((owner, node, raised));
                }
            }
        }
    }
    general
        .into_iter()
        .filter_map(|(owner, node, raised)| {
            let package = program.project.package_of(program.path(owner.file));
            let (count, example) = *own.get(&package)?;
            let bare = bare.get(&package).copied().unwrap_or_default();
            (count >= HABIT && count >= MORE * bare).then(|| finding(program, owner, node, raised, example))
        })
        .collect()
}

/// An error of domain code.
enum Raise {
    /// Of a class of the project.
    Own(GlobalDef),
    /// Of none: who raises it, where, and what.
    General(GlobalDef, NodeId, NodeId),
}

fn in_file(context: &Context, (): &(), file: FileId) -> Vec<Raise> {
    let program = context.program;
    let facts = program.file(file);
    let mut raises = Vec::new();
    for node in facts.arena.ids() {
        let Some(raised) = raised(program, file, node) else { continue };
        let owner = GlobalDef { file, def: program.nesting(file).owner(node) };
        if !in_scope(program, owner) {
            continue;
        }
        if let Some(class) = own_class(program, file, raised)
            && is_domain(program, owner)
        {
            raises.push(Raise::Own(class));
        } else if is_general(program, file, raised)
            && is_domain(program, owner)
            && !is_assertion(facts, raised)
            && !is_caught_here(facts, program.nesting(file), node)
        {
            raises.push(Raise::General(owner, node, raised));
        }
    }
    raises
}

/// What a statement raises; in Rust, what it makes an `Err` of, or the macro that makes and returns one.
fn raised(program: &Program, file: FileId, node: NodeId) -> Option<NodeId> {
    let facts = program.file(file);
    match facts.arena.kind(node) {
        NodeKind::Raise(raised) => raised,
        NodeKind::Call { .. } if facts.language.family() == Family::Rust => {
            // The macro in `Err(anyhow!(…))` is looked at by itself.
            if called_name(facts, node) == Some("Err") {
                return arguments(facts, node).next().filter(|&inner| !is_general_error(program, file, inner));
            }
            is_general_error(program, file, node).then_some(node)
        }
        _ => None,
    }
}

fn is_general_error(program: &Program, file: FileId, call: NodeId) -> bool {
    program.called_api(file, call).is_some_and(|api| program.facts_of(api).any(|(fact, _)| matches!(fact, ApiFact::GeneralError)))
}

/// The project's class of what is raised.
fn own_class(program: &Program, file: FileId, raised: NodeId) -> Option<GlobalDef> {
    let facts = program.file(file);
    let callee = match facts.arena.kind(raised) {
        NodeKind::Call { callee, .. } => callee,
        _ => raised,
    };
    let class = match program.value(file, callee) {
        Value::Def(def) => def,
        _ => match program.value(file, raised) {
            Value::Instance { class, .. } => class,
            _ => return None,
        },
    };
    let is_error = match program.def(class).kind {
        DefKind::Class => true,
        DefKind::Enum | DefKind::Struct => program.name(class).ends_with("Error"),
        _ => false,
    };
    is_error.then_some(class)
}

fn is_general(program: &Program, file: FileId, raised: NodeId) -> bool {
    let facts = program.file(file);
    if facts.language.family() == Family::Rust {
        return is_general_error(program, file, raised);
    }
    let NodeKind::Call { callee, .. } = facts.arena.kind(raised) else { return false };
    let NodeKind::Name(name) = facts.arena.kind(callee) else { return false };
    match facts.language.family() {
        Family::Python => api_names().errors.general.has(facts.text(name)),
        _ => facts.text(name) == "Error",
    }
}

/// Raised inside a `try` of the same function whose handler catches everything and does not pass it on: no caller sees it.
fn is_caught_here(facts: &FileFacts, nesting: &Nesting, node: NodeId) -> bool {
    let span = facts.arena.span(node);
    nesting.around(node).any(|around| {
        let NodeKind::Try { body, handlers, .. } = facts.arena.kind(around) else { return false };
        facts.arena.span(body).contains(span)
            && facts.arena.list(handlers).any(|handler| {
                let NodeKind::Handler { types, binding, body } = facts.arena.kind(handler) else { return false };
                let all = facts.arena.list(types).len() == 0
                    || facts
                        .arena
                        .list(types)
                        .any(|kind| last_name(facts, kind).is_some_and(|name| api_names().errors.general.has(facts.text(name))));
                all && !passes_on(facts, body, binding)
            })
    })
}

/// `raise`, `throw error`: what was caught goes on as it is.
fn passes_on(facts: &FileFacts, handler: NodeId, binding: Option<NodeId>) -> bool {
    let bound = binding.and_then(|binding| last_name(facts, binding));
    let mut found = false;
    facts.arena.walk(handler, |node| {
        if let NodeKind::Raise(raised) = facts.arena.kind(node) {
            found |= raised.is_none_or(|raised| matches!(facts.arena.kind(raised), NodeKind::Name(name) if Some(name) == bound));
        }
    });
    found
}

fn is_domain(program: &Program, owner: GlobalDef) -> bool {
    program.is(owner, Role::Service) || program.is(owner, Role::Repository)
}

/// What cannot happen, what is missing in the configuration, what nobody wrote yet.
fn is_assertion(facts: &FileFacts, raised: NodeId) -> bool {
    let mut found = arguments(facts, raised).len() == 0;
    facts.arena.walk(raised, |node| {
        if let Some(text) = facts.string(node) {
            let text = text.to_ascii_lowercase();
            found |= vocabulary().texts.assertions.within(&text);
        }
    });
    found
}

fn finding(program: &Program, owner: GlobalDef, node: NodeId, raised: NodeId, example: GlobalDef) -> Finding {
    let facts = program.file(owner.file);
    let name = called_name(facts, raised).or_else(|| last_name(facts, raised).map(|name| facts.text(name))).unwrap_or("Error");
    let own = program.name(example);
    Finding {
        rule: RULE.into(),
        level: Level::Note,
        message: format!(
            "`{name}` is raised for a failure of the domain, where the project has errors of its own (`{own}`): callers cannot tell it from any other"
        ),
        primary: Label {
            location: program.location(owner.file, facts.arena.span(node)),
            text: "says nothing to who catches it".to_string(),
        },
        related: vec![Label { location: program.name_location(example), text: "one of the project's own".to_string() }],
        flow: Vec::new(),
        help: Some(format!("raise an error of the project's own, as `{own}` is one, and map it where requests are answered")),
        subject: program.qualified_name(owner),
        fingerprint: String::new(),
        confidence: Confidence::Medium,
        redact: Vec::new(),
    }
}
