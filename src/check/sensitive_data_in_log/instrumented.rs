//! Rust: what `#[instrument]` and `Span::record` keep with each span, and so with each line logged in it.

use super::findings::{Logged, finding};
use super::occasions::speaks_of_refusal;
use super::shown::shown_secret;
use crate::check::loops::parameter_names;
use crate::check::rust_error_types::type_named;
use crate::check::scope::in_scope;
use crate::check::sensitive::{Secret, carriers, hides, parts, secret};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{FileFacts, Param};
use crate::model::finding::{Confidence, Finding, Level};
use crate::model::nesting::{arguments, called_name, chain, last_name};
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::vocabulary;

/// What the spans of a file are given to keep.
pub(super) fn recorded_fields(program: &Program, file: FileId) -> Vec<Finding> {
    let facts = program.file(file);
    if facts.language.family() != Family::Rust {
        return Vec::new();
    }
    let mut findings = if facts.names.may_hold("instrument") { instrumented(program, file) } else { Vec::new() };
    if facts.names.may_hold("record") {
        findings.extend(facts.arena.ids().filter_map(|node| of_record(program, file, node)));
    }
    findings
}

/// `#[instrument]` records every parameter that it is not told to skip, and the fields that it is told of.
fn instrumented(program: &Program, file: FileId) -> Vec<Finding> {
    let facts = program.file(file);
    let mut findings = Vec::new();
    for (id, def) in facts.definitions() {
        let function = GlobalDef { file, def: id };
        if def.body.is_none() || !in_scope(program, function) {
            continue;
        }
        let instrument = def.decorators.iter().copied().find(|&decorator| {
            let name = called_name(facts, decorator).or_else(|| last_name(facts, decorator).map(|name| facts.text(name)));
            name == Some("instrument")
        });
        let Some(instrument) = instrument else { continue };
        let told = Told::of(facts, instrument);
        for param in &def.params {
            for name in parameter_names(facts, param).into_iter().map(|name| facts.text(name)) {
                if told.skips_all || told.skipped.contains(&name) || told.fields.iter().any(|field| field.0 == name) {
                    continue;
                }
                let class = recorded_type(facts, param).and_then(|kind| type_named(program, file, kind));
                if let Some((field, kind)) = class.and_then(|class| shown_secret(program, class, 0)) {
                    let what = format!("whose `Debug` writes `{field}`, {}", kind.text());
                    findings.push(lowered(recorded(program, function, instrument, name, &what), &field));
                } else if let Some(kind) = secret(name).filter(|_| !is_wrapped(facts, param)) {
                    findings.push(lowered(recorded(program, function, instrument, name, kind.text()), name));
                }
            }
        }
        for &(name, value) in &told.fields {
            let Some(kind) = of_field(facts, name, value) else { continue };
            // A parameter that hides itself still does so as a field.
            let hidden =
                def.params.iter().any(|param| is_wrapped(facts, param) && value.is_some_and(|value| speaks_of(facts, param, value)));
            if !hidden {
                let mut one = lowered(recorded(program, function, instrument, name, kind.text()), name);
                one.help = Some(format!("leave the field `{name}` out, or give what tells it from others: an id, its last characters"));
                findings.push(one);
            }
        }
    }
    findings
}

/// The type of what a parameter records: its own, or the one within a pattern that takes it out: `Json(order): Json<NewOrder>`.
fn recorded_type(facts: &FileFacts, param: &Param) -> Option<NodeId> {
    let annotation = param.annotation?;
    if param.name.is_some() {
        return Some(annotation);
    }
    match (facts.arena.kind(annotation), param.pattern.map(|pattern| facts.arena.kind(pattern))) {
        (NodeKind::Apply { args, .. }, Some(NodeKind::Call { .. })) => {
            let mut inner = facts.arena.list(args);
            inner.next().filter(|_| inner.next().is_none())
        }
        _ => None,
    }
}

/// What an attribute says of the parameters.
struct Told<'a> {
    skips_all: bool,
    skipped: Vec<&'a str>,
    /// `fields(key = %key, number)`.
    fields: Vec<(&'a str, Option<NodeId>)>,
}

impl<'a> Told<'a> {
    fn of(facts: &'a FileFacts, instrument: NodeId) -> Told<'a> {
        let mut told = Told { skips_all: false, skipped: Vec::new(), fields: Vec::new() };
        for argument in arguments(facts, instrument) {
            match facts.arena.kind(argument) {
                NodeKind::Name(name) => told.skips_all |= facts.text(name) == "skip_all",
                NodeKind::Call { .. } if called_name(facts, argument) == Some("skip") => {
                    told.skipped.extend(arguments(facts, argument).filter_map(|name| Some(facts.text(last_name(facts, name)?))));
                }
                NodeKind::Call { .. } if called_name(facts, argument) == Some("fields") => {
                    told.fields.extend(arguments(facts, argument).filter_map(|field| match facts.arena.kind(field) {
                        NodeKind::Argument { name, value } => Some((facts.text(name), Some(value))),
                        _ => Some((facts.text(last_name(facts, field)?), None)),
                    }));
                }
                _ => {}
            }
        }
        told
    }
}

/// The secret that a field holds: by its name, or by what it is given. What stays empty is filled by `record`.
fn of_field(facts: &FileFacts, name: &str, value: Option<NodeId>) -> Option<Secret> {
    // `fields(key)` only makes room for it.
    let value = value?;
    let is_empty = last_name(facts, value).is_some_and(|name| facts.text(name) == "Empty");
    if is_empty || hides(facts, value) {
        return None;
    }
    let mut found = None;
    let mut holds = false;
    carriers(facts, value, &mut |_, carried| {
        holds = true;
        found = found.or_else(|| secret(carried));
    });
    found.or_else(|| secret(name).filter(|_| holds))
}

/// `Span::current().record("key", &key)`.
fn of_record(program: &Program, file: FileId, node: NodeId) -> Option<Finding> {
    let facts = program.file(file);
    if called_name(facts, node) != Some("record") {
        return None;
    }
    let mut given = arguments(facts, node);
    let name = facts.string(given.next()?)?;
    let value = given.next()?;
    let is_span = chain(facts, node).any(|link| {
        called_name(facts, link) == Some("current")
            || matches!(facts.arena.kind(link), NodeKind::Name(name) if matches!(facts.text(name), "span" | "Span"))
    });
    let function = GlobalDef { file, def: program.nesting(file).owner(node) };
    let kind = of_field(facts, name, Some(value)).filter(|_| is_span && in_scope(program, function))?;
    let logged =
        Logged { node: value, what: kind.text().to_string(), name: name.to_string(), confidence: Confidence::High, level: Level::Warning };
    let mut one = lowered(finding(program, function, node, &logged), name);
    if speaks_of_refusal(facts, node) {
        one.level = Level::Note;
    }
    one.message = format!("`{name}`, {}, is recorded with the span", kind.text());
    Some(one)
}

/// Nothing says what a plain `token` opens: of that it is a note.
fn lowered(mut one: Finding, name: &str) -> Finding {
    if parts(name) == ["token"] {
        one.level = Level::Note;
    }
    one
}

/// A type that hides what it holds: `Secret<String>`.
fn is_wrapped(facts: &FileFacts, param: &Param) -> bool {
    param.annotation.is_some_and(|annotation| {
        let mut wrapped = false;
        facts.arena.walk(annotation, |node| {
            if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(node) {
                wrapped |= parts(facts.text(name)).iter().any(|word| vocabulary().logs.wrappers.has(word));
            }
        });
        wrapped
    })
}

/// The value is the parameter itself.
fn speaks_of(facts: &FileFacts, param: &Param, value: NodeId) -> bool {
    let mut found = false;
    facts.arena.walk(value, |node| {
        found |= matches!(facts.arena.kind(node), NodeKind::Name(name) if parameter_names(facts, param).contains(&name));
    });
    found
}

/// What `#[instrument]` records.
fn recorded(program: &Program, function: GlobalDef, instrument: NodeId, name: &str, what: &str) -> Finding {
    let logged =
        Logged { node: instrument, what: what.to_string(), name: name.to_string(), confidence: Confidence::High, level: Level::Warning };
    let facts = program.file(function.file);
    let is_traced = arguments(facts, instrument).any(|argument| match facts.arena.kind(argument) {
        NodeKind::Argument { name, value } => {
            facts.text(name) == "level" && matches!(facts.string(value), Some("trace" | "debug" | "TRACE" | "DEBUG"))
        }
        _ => false,
    });
    let mut one = finding(program, function, instrument, &logged);
    one.message = format!("`#[instrument]` records `{name}`, {what}, with each span");
    if is_traced {
        one.level = Level::Note;
    }
    one.primary.location.span = program.file(function.file).arena.span(instrument);
    one.help = Some(format!("add `skip({name})`, or give it a type whose `Debug` hides it (`Secret<String>`)"));
    one
}
