//! `#[instrument]` records every parameter that it is not told to skip.

use super::findings::{Logged, finding};
use super::shown::shown_secret;
use crate::check::rust_error_types::type_named;
use crate::check::scope::in_scope;
use crate::check::sensitive::{parts, secret};
use crate::model::body::{NodeId, NodeKind};
use crate::model::finding::{Confidence, Finding, Level};
use crate::model::nesting::{arguments, called_name, last_name};
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::vocabulary;

/// `#[instrument]` records every parameter that it is not told to skip.
pub(super) fn instrumented(program: &Program, file: FileId) -> Vec<Finding> {
    let facts = program.file(file);
    if facts.language.family() != Family::Rust || !facts.names.may_hold("instrument") {
        return Vec::new();
    }
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
        let mut skipped = Vec::new();
        let mut skips_all = false;
        facts.arena.walk(instrument, |node| {
            if let NodeKind::Name(name) = facts.arena.kind(node) {
                skips_all |= facts.text(name) == "skip_all";
                skipped.push(facts.text(name));
            }
        });
        for param in &def.params {
            let Some(name) = param.name.map(|name| facts.text(name)) else { continue };
            if !skips_all
                && !skipped.contains(&name)
                && let Some(class) = param.annotation.and_then(|annotation| type_named(program, file, annotation))
                && let Some((field, kind)) = shown_secret(program, class, 0)
                && parts(&field) != ["token"]
            {
                findings.push(recorded(program, function, instrument, name, &format!("whose `Debug` writes `{field}`, {}", kind.text())));
                continue;
            }
            let Some(kind) = secret(name) else { continue };
            let is_wrapped = param.annotation.is_some_and(|annotation| {
                let mut wrapped = false;
                facts.arena.walk(annotation, |node| {
                    if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(node) {
                        wrapped |= parts(facts.text(name)).iter().any(|word| vocabulary().logs.wrappers.has(word));
                    }
                });
                wrapped
            });
            if skips_all || is_wrapped || skipped.contains(&name) {
                continue;
            }
            let level = if parts(name) == ["token"] { Level::Note } else { Level::Warning };
            let mut one = recorded(program, function, instrument, name, kind.text());
            one.level = one.level.min(level);
            findings.push(one);
        }
    }
    findings
}

/// A parameter that `#[instrument]` records.
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
