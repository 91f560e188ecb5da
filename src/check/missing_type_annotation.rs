//! `missing-type-annotation`: public signatures that do not say their types.
//!
//! Python: functions and methods of server code whose parameters or result have no annotation. TypeScript: exported functions, and methods of
//! exported classes, whose signature says `any`. A Python package in which next to nothing is annotated is one finding, with its worst file.

use std::collections::BTreeMap;

use super::Context;
use super::scope::{in_scope, is_kept_up};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, Definition, FileFacts, ParamKind};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::nesting::arguments;
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId, Language, Span};
use crate::rulebook::vocabulary::vocabulary;

const RULE: &str = "missing-type-annotation";

/// A package needs this many public functions before it can be said to do without annotations,
const MANY: usize = 40;
/// and fewer than one in so many of them that are annotated.
const FEW: usize = 2;

/// Finds public signatures without types.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let mut findings = Vec::new();
    let mut packages: BTreeMap<Option<usize>, Package> = BTreeMap::new();
    for (at, facts) in program.facts.iter().enumerate() {
        let file = FileId(at as u32);
        let is_server = in_scope(program, GlobalDef { file, def: DefId::MODULE }) && !is_beside(program.path(file));
        if !is_kept_up(program, file) || !is_server {
            continue;
        }
        match facts.language {
            Language::Python => packages.entry(program.project.package_of(program.path(file))).or_default().add(facts, file),
            Language::TypeScript | Language::Tsx => findings.extend(untyped(program, file, facts)),
            Language::JavaScript | Language::Rust => {}
        }
    }
    findings.extend(packages.values().flat_map(|package| package.findings(program)));
    findings
}

/// Code of developers' own beside the server's.
fn is_beside(path: &str) -> bool {
    path.split('/').any(|part| vocabulary().audience.beside.has(part))
}

/// The public Python functions of one package.
#[derive(Default)]
struct Package {
    annotated: usize,
    missing: Vec<(GlobalDef, Vec<String>)>,
}

impl Package {
    fn add(&mut self, facts: &FileFacts, file: FileId) {
        for (id, def) in facts.definitions().skip(1) {
            if !is_public(facts, def) {
                continue;
            }
            let missing = missing(facts, id, def);
            let has_any = def.annotation.is_some() || def.params.iter().any(|param| param.annotation.is_some());
            self.annotated += usize::from(has_any);
            if !missing.is_empty() {
                self.missing.push((GlobalDef { file, def: id }, missing));
            }
        }
    }

    fn findings(&self, program: &Program) -> Vec<Finding> {
        let total = self.annotated + self.missing.iter().filter(|(function, _)| is_bare(program.def(*function))).count();
        if total < MANY || self.annotated * FEW >= total {
            return self.missing.iter().map(|(function, missing)| of_function(program, *function, missing)).collect();
        }
        let mut files: BTreeMap<FileId, usize> = BTreeMap::new();
        for (function, _) in &self.missing {
            *files.entry(function.file).or_default() += 1;
        }
        let mut worst: Vec<(FileId, usize)> = files.into_iter().collect();
        worst.sort_by_key(|&(file, count)| (std::cmp::Reverse(count), file));
        let first = |file: FileId| self.missing.iter().map(|(function, _)| *function).find(|function| function.file == file);
        let Some(place) = worst.first().and_then(|&(file, _)| first(file)) else { return Vec::new() };
        let related = worst.iter().skip(1).take(4).filter_map(|&(file, count)| {
            Some(Label { location: program.name_location(first(file)?), text: format!("{count} functions without in this file") })
        });
        let package = program.project.package_of(program.path(place.file)).map_or("", |at| program.project.packages[at].root.as_str());
        let message = format!("type annotations are no habit here: {} of {total} public functions have any", self.annotated);
        vec![Finding {
            related: related.collect(),
            ..note(program, place, message, "the file with the most begins here", format!("package {package}"))
        }]
    }
}

fn is_bare(def: &Definition) -> bool {
    def.annotation.is_none() && def.params.iter().all(|param| param.annotation.is_none())
}

/// A function of the module, or a method of one of its classes, whose name is for others.
fn is_public(facts: &FileFacts, def: &Definition) -> bool {
    let is_function = matches!(def.kind, DefKind::Function | DefKind::Method) && !def.flags.has(DefFlags::CLOSURE);
    let name = facts.text(def.name);
    let parent = facts.def(def.parent);
    let in_public = match parent.kind {
        DefKind::Module => true,
        DefKind::Class => parent.parent == DefId::MODULE && !facts.text(parent.name).starts_with('_'),
        _ => false,
    };
    is_function && in_public && (!name.starts_with('_') || name == "__init__")
}

/// The parameters, and perhaps the result, that have no type.
fn missing(facts: &FileFacts, id: DefId, def: &Definition) -> Vec<String> {
    let takes = |kind: ParamKind| matches!(kind, ParamKind::Normal | ParamKind::KeywordOnly);
    let bare = def.params.iter().filter(|param| takes(param.kind) && param.annotation.is_none());
    let mut missing: Vec<String> = bare
        .filter_map(|param| param.name)
        .map(|name| facts.text(name))
        .filter(|name| !is_unused(name))
        .map(|name| format!("`{name}`"))
        .collect();
    let is_told = def.annotation.is_some() || facts.text(def.name) == "__init__" || names_its_result(facts, def);
    if !is_told && gives_result(facts, id) {
        missing.push("its result".to_string());
    }
    missing
}

/// `_previous`; `self` of a task that is bound to its object.
fn is_unused(name: &str) -> bool {
    name.starts_with('_') || matches!(name, "self" | "cls")
}

/// `@router.get("/", response_model=Order)`.
fn names_its_result(facts: &FileFacts, def: &Definition) -> bool {
    def.decorators.iter().any(|&decorator| {
        arguments(facts, decorator).any(|argument| {
            matches!(facts.arena.kind(argument), NodeKind::Argument { name, .. } if matches!(facts.text(name), "response_model" | "response_class" | "response"))
        })
    })
}

fn gives_result(facts: &FileFacts, id: DefId) -> bool {
    let def = facts.def(id);
    let Some(body) = def.body else { return false };
    let mut gives = def.flags.has(DefFlags::GENERATOR);
    facts.arena.walk(body, |node| {
        gives |= matches!(facts.arena.kind(node), NodeKind::Return(Some(value)) if facts.arena.kind(value) != NodeKind::Null);
    });
    gives
}

fn of_function(program: &Program, function: GlobalDef, missing: &[String]) -> Finding {
    let name = program.short_name(function);
    let message = format!("`{name}` says no type for {}", join(missing));
    let subject = program.qualified_name(function);
    note(program, function, message, "not annotated", subject)
}

/// `a`, `b` and `c`; of many only some.
fn join(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] if parts.len() <= 4 => format!("{} and {last}", first.join(", ")),
        _ => format!("{} and {} more", parts[..3].join(", "), parts.len() - 3),
    }
}

/// Exported TypeScript signatures that say `any`.
fn untyped(program: &Program, file: FileId, facts: &FileFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, def) in facts.definitions().skip(1) {
        if !is_exported(facts, def) || is_guard(facts.text(def.name)) {
            continue;
        }
        let params = def.params.iter().filter(|param| {
            let unused = param.name.is_some_and(|name| is_unused(facts.text(name)));
            param.kind == ParamKind::Normal && param.decorators.is_empty() && !unused
        });
        let mut places: Vec<(Span, String)> = params
            .filter(|param| param.annotation.is_some_and(|annotation| says_any(facts, annotation)))
            .map(|param| {
                let name = param.name.map_or("a destructured parameter".to_string(), |name| format!("`{}`", facts.text(name)));
                (param.span, name)
            })
            .collect();
        if let Some(result) = def.annotation.filter(|&annotation| says_any(facts, annotation)) {
            places.push((facts.arena.span(result), "its result".to_string()));
        }
        let Some(&(span, _)) = places.first() else { continue };
        let function = GlobalDef { file, def: id };
        let names: Vec<String> = places.iter().map(|(_, name)| name.clone()).collect();
        let message = format!("the signature of `{}` says `any` for {}", program.short_name(function), join(&names));
        let mut finding = note(program, function, message, "any", program.qualified_name(function));
        finding.primary.location = program.location(file, span);
        finding.help =
            Some("say the type, or `unknown` where it is only known later: `any` switches checks off for everybody who calls".to_string());
        findings.push(finding);
    }
    findings
}

/// An exported function, or a method of an exported class that others may call.
fn is_exported(facts: &FileFacts, def: &Definition) -> bool {
    let parent = facts.def(def.parent);
    match def.kind {
        DefKind::Function => def.flags.has(DefFlags::PUBLIC) && parent.kind == DefKind::Module,
        DefKind::Method => {
            let name = facts.text(def.name);
            parent.kind == DefKind::Class
                && parent.flags.has(DefFlags::PUBLIC)
                && !def.flags.has(DefFlags::PRIVATE)
                && !name.starts_with(['#', '_'])
        }
        _ => false,
    }
}

/// `isOrder(x: any): x is Order` is there to find out.
fn is_guard(name: &str) -> bool {
    ["is", "has", "assert"].iter().any(|word| name.strip_prefix(word).is_some_and(|rest| rest.starts_with(|c: char| c.is_uppercase())))
}

fn says_any(facts: &FileFacts, annotation: NodeId) -> bool {
    let mut found = false;
    facts.arena.walk(annotation, |node| found |= matches!(facts.arena.kind(node), NodeKind::Name(name) if facts.text(name) == "any"));
    found
}

fn note(program: &Program, at: GlobalDef, message: String, label: &str, subject: String) -> Finding {
    let family = program.file(at.file).language.family();
    let help = if family == Family::Python { "annotate the parameters and the result" } else { "say the type" };
    Finding {
        rule: RULE.into(),
        level: Level::Note,
        message,
        primary: Label { location: program.name_location(at), text: label.to_string() },
        related: Vec::new(),
        flow: Vec::new(),
        help: Some(help.to_string()),
        subject,
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}
