//! Rust's side of `missing-input-validation`: a type says how it is validated (`#[derive(Validate)]` with constraints on its fields), other
//! handlers ask it, and this one takes it from the request without asking.

use std::collections::BTreeSet;

use super::Context;
use super::handlers::{Handler, handler_name, package, route_text};
use super::rust_error_types::type_named;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{arguments, called_name, last_name, walk_deep};
use crate::model::program::{CallKind, Program, Resolution};
use crate::model::role::GlobalDef;
use crate::model::source::Family;
use crate::model::words::has_word;

/// Most calls between a handler and what asks.
const MAX_DEPTH: u8 = 2;

/// Handlers that take what can be validated and do not ask.
pub(super) fn unasked(context: &Context, handlers: &[Handler]) -> Vec<Finding> {
    let program = context.program;
    let mut asking: BTreeSet<Option<usize>> = BTreeSet::new();
    let mut silent = Vec::new();
    for handler in handlers.iter().filter(|handler| program.file(handler.function.file).language.family() == Family::Rust) {
        if handler.code.iter().any(|&function| asks(program, function, 0)) {
            asking.insert(package(program, handler.function));
        } else if let Some((annotation, class)) = checkable(program, handler.function) {
            silent.push((handler, annotation, class));
        }
    }
    silent.retain(|(handler, ..)| asking.contains(&package(program, handler.function)));
    silent.into_iter().map(|(handler, annotation, class)| finding(program, handler, annotation, class)).collect()
}

/// The function, or what it calls, asks for the validation of anything.
fn asks(program: &Program, function: GlobalDef, depth: u8) -> bool {
    let facts = program.file(function.file);
    let Some(body) = facts.def(function.def).body else { return false };
    let mut found = false;
    walk_deep(facts, body, |node| {
        found |= called_name(facts, node).is_some_and(|name| has_word(name, &["validate", "validated", "valid", "validation", "check"]));
        !found
    });
    found
        || depth < MAX_DEPTH
            && program
                .calls_from(function)
                .iter()
                .any(|edge| edge.kind == CallKind::Call && edge.resolution != Resolution::NameOnly && asks(program, edge.callee, depth + 1))
}

/// The first parameter that an extractor of the framework makes of the request, as a type with constraints.
fn checkable(program: &Program, function: GlobalDef) -> Option<(NodeId, GlobalDef)> {
    let facts = program.file(function.file);
    facts.def(function.def).params.iter().find_map(|param| {
        let annotation = param.annotation?;
        let NodeKind::Apply { base, args } = facts.arena.kind(annotation) else { return None };
        let taken = program.api(function.file, base).is_some_and(|api| {
            program.facts_of(api).any(|(fact, _)| matches!(fact, ApiFact::Input(_)) || matches!(fact, ApiFact::Source(_)))
        });
        let inner = facts.arena.list(args).next().filter(|_| taken)?;
        let class = type_named(program, function.file, inner).filter(|&class| has_constraints(program, class))?;
        Some((annotation, class))
    })
}

/// `#[derive(Validate)]`, and a field with `#[validate(…)]` or `#[garde(…)]` that demands something.
fn has_constraints(program: &Program, class: GlobalDef) -> bool {
    let facts = program.file(class.file);
    let derives = facts.def(class.def).decorators.iter().any(|&decorator| {
        called_name(facts, decorator) == Some("derive")
            && arguments(facts, decorator).any(|name| last_name(facts, name).is_some_and(|name| facts.text(name) == "Validate"))
    });
    derives
        && facts
            .definitions()
            .filter(|(_, field)| field.kind == DefKind::Field && field.parent == class.def)
            .any(|(_, field)| field.decorators.iter().any(|&decorator| demands(facts, decorator)))
}

fn demands(facts: &FileFacts, decorator: NodeId) -> bool {
    matches!(called_name(facts, decorator), Some("validate" | "garde"))
        && arguments(facts, decorator).any(|what| !last_name(facts, what).is_some_and(|name| matches!(facts.text(name), "skip" | "dive")))
}

fn finding(program: &Program, handler: &Handler, annotation: NodeId, class: GlobalDef) -> Finding {
    let facts = program.file(handler.function.file);
    let name = handler_name(program, handler.function);
    let type_name = program.name(class);
    Finding {
        rule: "missing-input-validation".into(),
        level: Level::Warning,
        message: format!(
            "`{name}`{} takes a `{type_name}` and never validates it: its constraints are not asked for",
            route_text(handler.route)
        ),
        primary: Label {
            location: program.location(handler.function.file, facts.arena.span(annotation)),
            text: "taken as it comes".to_string(),
        },
        related: vec![Label {
            location: program.location(class.file, program.file(class.file).def(class.def).span),
            text: "says how it is validated".to_string(),
        }],
        flow: Vec::new(),
        help: Some("call `.validate()?` first, as other handlers here do, or take it through an extractor that does".to_string()),
        subject: format!("{} {type_name}", program.qualified_name(handler.function)),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}
