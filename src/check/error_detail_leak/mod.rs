//! `error-detail-leak`: the text or the trace of an unexpected error in the answer to a client, or a debug mode that shows it.
//!
//! An error is unexpected where anything may be caught: `except Exception`, a `catch`, an error middleware, the first parameter of a callback. In a
//! branch that asks what the error is, its message is one of the project's own. An answer with a status of 4xx is meant for the
//! client where only input was looked at, in TypeScript; elsewhere always. One without a status counts as one that is not.

mod answers;
mod caught;
mod known;
mod leaks;
mod levels;
mod reached;

use std::collections::BTreeSet;

use super::requests::has_fact;
use super::rust_error_types::{ErrorTypes, error_types};
use super::scope::in_scope;
use super::sensitive::carriers;
use super::status::Status;
use super::{Context, debug_mode, rust_error_leak, rust_stored_errors};
use crate::model::body::{AssignOp, NodeId, NodeKind};
use crate::model::facts::{DefId, FileFacts, Name};
use crate::model::finding::{Finding, Level};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{Nesting, walk_deep};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::api_names;
use answers::{answer, status_nearby};
use caught::{Caught, caught, is_error};
use leaks::{leak, leak_in};
use levels::{RULE, finding, is_told};
use reached::{answered, answered_with, registered, sets_handler};

/// Finds answers with internals in them.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let handlers: BTreeSet<GlobalDef> = program.routes.iter().flat_map(|route| program.handler_functions(route.handler)).collect();
    let registered: BTreeSet<GlobalDef> = context.in_files("error-detail-leak: registered", (), registered).into_iter().collect();
    let has_handler = !context.in_files("error-detail-leak: handlers", (), sets_handler).is_empty();
    let drops_returns = |name: &str| program.knowledge.frameworks.iter().any(|framework| framework.drops_returns && framework.name == name);
    let answering = program.routes.iter().filter(|route| !drops_returns(&route.framework));
    let by_return: BTreeSet<GlobalDef> = answering.flat_map(|route| program.handler_functions(route.handler)).collect();
    let mut through = answered(context, &handlers);
    through.extend(handlers.iter().flat_map(|&handler| answered_with(program, handler, by_return.contains(&handler))));
    context.in_files(
        RULE,
        Known { handlers, by_return, through, registered, has_handler, types: error_types(context), apart: apart(context) },
        in_file,
    )
}

/// What is known of the project before its files are looked at.
#[derive(PartialEq)]
struct Known {
    handlers: BTreeSet<GlobalDef>,
    /// Those that answer with what they return.
    by_return: BTreeSet<GlobalDef>,
    /// Functions whose result handlers answer with.
    through: BTreeSet<GlobalDef>,
    /// Registered error handlers.
    registered: BTreeSet<GlobalDef>,
    /// The project has an error handler that others leave answers to.
    has_handler: bool,
    types: ErrorTypes,
    /// Packages of programs without a route of their own: what their errors would answer, nobody is told.
    apart: BTreeSet<usize>,
}

/// Packages of Rust that are programs (and no libraries), that route nothing, while others of the project do.
fn apart(context: &Context) -> BTreeSet<usize> {
    let program = context.program;
    let mut programs: BTreeSet<usize> = BTreeSet::new();
    let mut others: BTreeSet<usize> =
        program.routes.iter().filter_map(|route| program.project.package_of(program.path(route.handler.file))).collect();
    if others.is_empty() {
        return programs;
    }
    for (at, facts) in program.facts.iter().enumerate().filter(|(_, facts)| facts.language.family() == Family::Rust) {
        let path = program.path(FileId(at as u32));
        let Some(package) = program.project.package_of(path) else { continue };
        if path.ends_with("src/main.rs") {
            programs.insert(package);
        }
        let may_route = ["route", "routes", "route_service", "nest", "configure", "mount", "FromRequest", "FromRequestParts"];
        let names = || (0..facts.names.len() as u32).map(|at| facts.names.get(Name(at)));
        if path.ends_with("src/lib.rs") || names().any(|name| may_route.contains(&name)) {
            others.insert(package);
        }
    }
    &programs - &others
}

fn in_file(context: &Context, known: &Known, file: FileId) -> Vec<Finding> {
    let program = context.program;
    let mut findings = Vec::new();
    let is_apart = program.project.package_of(program.path(file)).is_some_and(|package| known.apart.contains(&package));
    for function in program.functions_of(file) {
        if !in_scope(program, function) || function.def == DefId::MODULE && program.file(function.file).language.family() == Family::Python
        {
            continue;
        }
        let facts = program.file(function.file);
        let is_through = known.through.contains(&function);
        let answers_by_return = match facts.language.family() {
            Family::Python => known.handlers.contains(&function) || is_through,
            Family::TypeScript => known.by_return.contains(&function) || is_through,
            Family::Rust => false,
        };
        let is_note = is_through && facts.language.family() == Family::TypeScript;
        for caught in caught(program, function, known.registered.contains(&function)) {
            let nesting = program.nesting(file);
            // What a handler of errors gives back is what is answered.
            let is_handler = facts.language.family() == Family::Python && Some(caught.place) == facts.def(function.def).body;
            let by_return = answers_by_return || is_handler && !caught.is_handed;
            let told = in_caught(context, nesting, function, &caught, by_return, known.has_handler);
            // Whether the handler looks at the result first is not known.
            findings.extend(told.into_iter().map(|told| if is_note { Finding { level: Level::Note, ..told } } else { told }));
            if (answers_by_return || facts.language.family() == Family::TypeScript) && !caught.foreseen {
                findings.extend(kept_for_later(context, nesting, function, &caught));
            }
        }
        if facts.language.family() == Family::Rust && !is_apart {
            findings.extend(rust_error_leak::in_function(program, &known.types, function, known.handlers.contains(&function)));
            findings.extend(rust_stored_errors::in_function(context, &known.types, function, known.handlers.contains(&function)));
        }
    }
    if !is_apart {
        findings.extend(rust_error_leak::in_types(program, &known.types, file));
    }
    findings.extend(debug_mode::in_file(program, file));
    let mut seen = BTreeSet::new();
    findings.retain(|finding| seen.insert((finding.primary.location.path.clone(), finding.primary.location.span)));
    findings
}

/// The local that an assignment is to, or to a field of: `text = …`, in TypeScript also `results.text = …`.
fn kept_in(facts: &FileFacts, target: NodeId) -> Option<Name> {
    match facts.arena.kind(target) {
        NodeKind::Name(name) => Some(name),
        NodeKind::Member { object, .. } if facts.language.family() == Family::TypeScript => match facts.arena.kind(object) {
            NodeKind::Name(name) if !api_names().answers.contexts.has(facts.text(name)) => Some(name),
            _ => None,
        },
        // `status["error"] = str(e)`
        NodeKind::Index { object, index } if facts.string(index).is_some() => kept_in(facts, object),
        _ => None,
    }
}

/// `error = str(e)` where it is caught, and an answer with `error` at the end of the handler.
fn kept_for_later(context: &Context, nesting: &Nesting, function: GlobalDef, caught: &Caught) -> Vec<Finding> {
    let program = context.program;
    let facts = program.file(function.file);
    let (Some(body), NodeKind::Handler { .. }) = (facts.def(function.def).body, facts.arena.kind(caught.place)) else { return Vec::new() };
    let mut kept: Vec<(Name, NodeId)> = Vec::new();
    walk_deep(facts, caught.body, |node| {
        if let NodeKind::Assign { target, value, op: AssignOp::Set } | NodeKind::Declare { target, value: Some(value), .. } =
            facts.arena.kind(node)
            && let Some(name) = kept_in(facts, target)
            // A constant of a block is gone behind it: one of the same name there is another.
            && !(facts.language.family() == Family::TypeScript && matches!(facts.arena.kind(node), NodeKind::Declare { .. }))
            && let Some((leak, _)) = leak_in(program, nesting, function.file, value, caught, false)
        {
            kept.push((name, leak));
        }
        true
    });
    if kept.is_empty() {
        return Vec::new();
    }
    let end = facts.arena.span(caught.place).end;
    let mut findings = Vec::new();
    let mut found = Vec::new();
    facts.arena.walk(body, |node| {
        if facts.arena.span(node).start < end {
            return;
        }
        let by_return = facts.language.family() != Family::TypeScript;
        let Some((parts, code)) = answer(program, function.file, node, by_return) else { return };
        let status = if code == Status::None { status_nearby(facts, caught.body) } else { code };
        if !is_told(context, function, caught, status) {
            return;
        }
        for part in parts {
            let mut told = None;
            carriers(facts, part, &mut |carrier, _| {
                if let NodeKind::Name(name) = facts.arena.kind(carrier) {
                    told = told.or_else(|| kept.iter().find(|(own, _)| *own == name).map(|(_, leak)| *leak));
                }
            });
            found.extend(told.map(|leak| (leak, status)));
        }
    });
    if let Some(&(leak, status)) = found.first() {
        findings.push(finding(program, function, caught, leak, false, status));
    }
    findings
}

fn in_caught(
    context: &Context,
    nesting: &Nesting,
    function: GlobalDef,
    caught: &Caught,
    answers_by_return: bool,
    has_handler: bool,
) -> Vec<Finding> {
    let program = context.program;
    let facts = program.file(function.file);
    let mut findings = Vec::new();
    walk_deep(facts, caught.body, |node| {
        let Some((answer, code)) = answer(program, function.file, node, answers_by_return) else { return true };
        // `reply.send(error)`: what the client sees is up to the error handler.
        if has_handler
            && answer.iter().any(|&part| is_error(facts, part, caught))
            && has_fact(program, function.file, node, |fact| *fact == ApiFact::HandsErrorOn)
        {
            return false;
        }
        let status = if code == Status::None { status_nearby(facts, caught.body) } else { code };
        if status != Status::Unknown {
            for part in answer {
                if let Some((leak, trace)) =
                    leak(program, nesting, function.file, part, caught).filter(|(_, trace)| *trace || !caught.foreseen)
                    && is_told(context, function, caught, status)
                {
                    findings.push(finding(program, function, caught, leak, trace, status));
                    break;
                }
            }
        }
        false
    });
    findings
}
