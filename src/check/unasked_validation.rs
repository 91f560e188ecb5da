//! Rust's side of `missing-input-validation`: a type says how it is validated (`#[derive(Validate)]` with constraints on its fields), other
//! handlers ask it, and this one takes it from the request without asking.

use std::collections::BTreeSet;

use super::Context;
use super::handlers::{Handler, handler_name, package, route_text};
use super::rust_error_types::type_named;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::{Access, ApiFact, Input};
use crate::model::nesting::{arguments, called_name, last_name, walk_deep};
use crate::model::program::{CallKind, Program, Resolution};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::model::words::has_word;
use crate::rulebook::vocabulary::vocabulary;

/// Most calls between a handler and what asks.
const MAX_DEPTH: u8 = 2;

/// Handlers that take what can be validated and do not ask.
pub(super) fn unasked(context: &Context, handlers: &[Handler]) -> Vec<Finding> {
    let program = context.program;
    let mut asking: BTreeSet<Option<usize>> = BTreeSet::new();
    let mut files: BTreeSet<FileId> = BTreeSet::new();
    let (mut silent, mut free) = (Vec::new(), Vec::new());
    for handler in handlers.iter().filter(|handler| program.file(handler.function.file).language.family() == Family::Rust) {
        if handler.code.iter().any(|&function| asks(program, function, 0)) {
            asking.insert(package(program, handler.function));
            files.insert(handler.function.file);
        } else if let Some((annotation, class)) = taken(program, handler.function, has_constraints) {
            silent.push((handler, annotation, class));
        } else if let Some((annotation, class)) = taken(program, handler.function, |program, class| has_free_text(program, class, 0)) {
            free.push((handler, annotation, class));
        }
    }
    // Beside handlers that validate, one that keeps texts as they come is worth a look.
    free.retain(|(handler, ..)| files.contains(&handler.function.file) && writes(context, handler) && !converts(program, handler));
    silent.retain(|(handler, ..)| asking.contains(&package(program, handler.function)));
    let free = free.into_iter().map(|(handler, annotation, class)| {
        let asked = finding(program, handler, annotation, class);
        let (name, type_name) = (handler_name(program, handler.function), program.name(class));
        let message =
            format!("`{name}`{} keeps what is in a `{type_name}` as it comes: other handlers here validate", route_text(handler.route));
        let help = "give its fields constraints as the others have them (`validator`, `garde`, types that check when they are made)";
        Finding { level: Level::Note, message, help: Some(help.to_string()), confidence: Confidence::Medium, ..asked }
    });
    let free: Vec<Finding> = free.collect();
    silent.into_iter().map(|(handler, annotation, class)| finding(program, handler, annotation, class)).chain(free).collect()
}

/// The handler writes to a database, itself or through what it calls.
fn writes(context: &Context, handler: &Handler) -> bool {
    let reads_only = handler
        .route
        .is_some_and(|route| route.methods.iter().all(|method| matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS" | "DELETE")));
    !reads_only
        && handler.code.iter().filter_map(|&part| context.summaries.of(part)).any(|summary| {
            summary.queries.iter().any(|query| query.access == Access::Write)
                || summary.reaches.iter().any(|reach| reach.access == Access::Write)
        })
}

/// Something is made of the texts that may fail: `form.0.try_into()`, `Email::parse(&body.email)`.
fn converts(program: &Program, handler: &Handler) -> bool {
    let facts = program.file(handler.function.file);
    let Some(body) = facts.def(handler.function.def).body else { return false };
    let mut found = false;
    walk_deep(facts, body, |node| {
        found |= called_name(facts, node).is_some_and(|name| vocabulary().handlers.converting.in_name(name));
        !found
    });
    found
}

/// A field of free text, in the type or in one that it holds, and no constraint on any.
fn has_free_text(program: &Program, class: GlobalDef, depth: u8) -> bool {
    let facts = program.file(class.file);
    let fields = || facts.definitions().filter(|(_, field)| field.kind == DefKind::Field && field.parent == class.def);
    if depth > 2 || has_constraints(program, class) || facts.def(class.def).kind != DefKind::Struct {
        return false;
    }
    fields().filter_map(|(_, field)| field.annotation).any(|annotation| {
        let mut text = false;
        let mut held = None;
        facts.arena.walk(annotation, |node| {
            if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(node) {
                text |= facts.text(name) == "String";
                held = held.or_else(|| type_named(program, class.file, node)).filter(|&held| held != class);
            }
        });
        text || held.is_some_and(|held| has_free_text(program, held, depth + 1))
    })
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

/// The first parameter that an extractor of the framework makes of the request, as a type of this sort.
fn taken(program: &Program, function: GlobalDef, is_it: impl Fn(&Program, GlobalDef) -> bool) -> Option<(NodeId, GlobalDef)> {
    let facts = program.file(function.file);
    facts.def(function.def).params.iter().find_map(|param| {
        let annotation = param.annotation?;
        let NodeKind::Apply { base, args } = facts.arena.kind(annotation) else { return None };
        let is_taken = program.api(function.file, base).is_some_and(|api| {
            // The application's state is taken so, too, and comes from no client.
            let comes = |fact: &ApiFact| {
                matches!(fact, ApiFact::Input(Input::Body | Input::Query) | ApiFact::Source(_) | ApiFact::ParameterSource(_))
            };
            program.facts_of(api).any(|(fact, _)| comes(fact))
        });
        let inner = facts.arena.list(args).next().filter(|_| is_taken)?;
        let class = type_named(program, function.file, inner).filter(|&class| is_it(program, class))?;
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
