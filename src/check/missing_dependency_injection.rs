//! `missing-dependency-injection`: a handler or service that makes its service or repository itself, in a project that otherwise injects them.
//!
//! The project's own habit decides: parameters and constructor parameters whose type is a service or repository are counted against the places that
//! make one. Providers (a function that returns what it makes), composition roots and defaults of a parameter are how injection is done.

use std::collections::BTreeMap;

use super::Context;
use super::handlers::package;
use super::requests::named;
use super::spelling::call_span;
use crate::model::body::{BinaryOp, CallForm, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::nesting::Nesting;
use crate::model::program::{CallKind, Program, Value};
use crate::model::role::{GlobalDef, Role, Strength};
use crate::model::source::{Family, FileId};

const RULE: &str = "missing-dependency-injection";

/// Fewest injected places that make a habit.
const FEWEST: usize = 4;

/// What a package does.
#[derive(Default)]
struct Habit {
    injected: usize,
    example: Option<Label>,
    made: Vec<(GlobalDef, NodeId, GlobalDef)>,
}

/// Finds what makes its collaborators itself.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let nestings = &*program.nestings;
    let mut packages: BTreeMap<Option<usize>, Habit> = BTreeMap::new();
    for function in program.functions() {
        if !is_user(program, function) {
            continue;
        }
        let habit = packages.entry(package(program, function)).or_default();
        injected(program, function, habit);
        let facts = program.file(function.file);
        let Some(body) = facts.def(function.def).body else { continue };
        facts.arena.walk(body, |node| {
            if let Some(class) = made(program, function.file, node)
                && !is_provided(facts, nestings.of(function.file), node)
            {
                habit.made.push((function, node, class));
            }
        });
    }
    let mut findings = Vec::new();
    for habit in packages.values() {
        if habit.injected >= FEWEST && habit.injected > 2 * habit.made.len() {
            findings.extend(habit.made.iter().map(|&(function, node, class)| finding(program, function, node, class, habit)));
        }
    }
    findings
}

/// Handlers and services; not what wires, tests or runs once.
fn is_user(program: &Program, function: GlobalDef) -> bool {
    let out = [Role::Test, Role::Migration, Role::Script, Role::Frontend, Role::Composition, Role::Task];
    function.def != DefId::MODULE
        && program.role(function).is_some_and(|evidence| matches!(evidence.role, Role::Router | Role::Service))
        && !out.iter().any(|&role| program.is(function, role))
}

fn is_collaborator(program: &Program, class: GlobalDef) -> bool {
    program.def(class).kind == DefKind::Class
        && program
            .def_roles
            .get(&class)
            .is_some_and(|evidence| matches!(evidence.role, Role::Service | Role::Repository) && evidence.strength >= Strength::Name)
}

/// Counts parameters that are services or repositories, and dependencies that a framework calls.
fn injected(program: &Program, function: GlobalDef, habit: &mut Habit) {
    let facts = program.file(function.file);
    for param in &facts.def(function.def).params {
        let typed = param.annotation.is_some_and(|annotation| match program.value(function.file, annotation) {
            Value::Instance { class, .. } | Value::Def(class) => is_collaborator(program, class),
            _ => false,
        });
        if typed {
            habit.injected += 1;
            habit.example.get_or_insert_with(|| Label {
                location: program.location(function.file, param.span),
                text: "given, elsewhere".to_string(),
            });
        }
    }
    habit.injected +=
        program.calls_from(function).iter().filter(|edge| edge.kind == CallKind::Implicit && is_provider(program, edge.callee)).count();
}

fn is_provider(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    facts.def(function.def).annotation.is_some_and(|annotation| match program.value(function.file, annotation) {
        Value::Instance { class, .. } | Value::Def(class) => is_collaborator(program, class),
        _ => false,
    })
}

/// The service or repository that a call makes.
fn made(program: &Program, file: FileId, node: NodeId) -> Option<GlobalDef> {
    let facts = program.file(file);
    let NodeKind::Call { callee, form, .. } = facts.arena.kind(node) else { return None };
    let constructs = match facts.language.family() {
        Family::Python => form == CallForm::Plain,
        Family::TypeScript => form == CallForm::New,
        Family::Rust => false,
    };
    match program.value(file, callee) {
        Value::Def(class) if constructs && is_collaborator(program, class) => Some(class),
        _ => None,
    }
}

/// The function gives it back, or makes it only where none was given: `repo or Repo()`.
fn is_provided(facts: &FileFacts, nesting: &Nesting, node: NodeId) -> bool {
    nesting.around(node).take(6).any(|around| {
        matches!(
            facts.arena.kind(around),
            NodeKind::Return(_)
                | NodeKind::Yield(_)
                | NodeKind::Binary { op: BinaryOp::Or | BinaryOp::Coalesce, .. }
                | NodeKind::If { .. }
                | NodeKind::Raise(_)
        )
    })
}

fn finding(program: &Program, function: GlobalDef, node: NodeId, class: GlobalDef, habit: &Habit) -> Finding {
    let facts = program.file(function.file);
    let outer = named(program, function);
    let (name, class_name) = (program.short_name(outer), program.name(class));
    let mut related = vec![Label { location: program.name_location(class), text: format!("`{class_name}`") }];
    related.extend(habit.example.clone());
    Finding {
        rule: RULE.into(),
        level: Level::Note,
        message: format!("`{name}` makes its `{class_name}` itself; the project injects such things in {} other places", habit.injected),
        primary: Label { location: program.location(function.file, call_span(facts, node)), text: "made here".to_string() },
        related,
        flow: Vec::new(),
        help: Some("take it as a parameter and let the framework's injection give it, so that tests can give another".to_string()),
        subject: format!("{} {class_name}", program.qualified_name(outer)),
        fingerprint: String::new(),
        confidence: Confidence::Medium,
        redact: Vec::new(),
    }
}
