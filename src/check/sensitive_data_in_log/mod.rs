//! `sensitive-data-in-log`: a password, token, key or card number, a whole request body, or the headers with the credentials in them,
//! written to a log.
//!
//! The value must itself be given to the logger, in a text, a field, or a conversion: a message that only speaks of a token is none. What a
//! masking function, a length or a comparison makes of it is harmless.

mod built;
mod connections;
mod findings;
mod instrumented;
mod logged;
mod occasions;
mod shown;
mod whole;

use super::Context;
use super::loggers::is_logger;
use super::requests::{in_development_branch, named};
use super::scope::{in_scope, is_tool};
use super::spelling::call_span;
use crate::model::body::NodeKind;
use crate::model::facts::DefId;
use crate::model::finding::{Finding, Label, Level};
use crate::model::nesting::called_name;
use crate::model::program::Program;
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use findings::{BODY, RULE, finding};
use instrumented::recorded_fields;
use logged::logged;
use occasions::{
    is_for_debugging, is_missing, is_refusal, is_run_by_hand, may_hold_credentials, reads_harmless_fields, shows_what_it_makes,
    speaks_of_refusal, speaks_to_user,
};

/// Finds secrets in logs.
pub fn check(context: &Context) -> Vec<Finding> {
    context.in_files(RULE, (), in_file)
}

fn in_file(context: &Context, (): &(), file: FileId) -> Vec<Finding> {
    let program = context.program;
    let facts = program.file(file);
    let mut findings: Vec<(GlobalDef, Finding)> = Vec::new();
    if !in_scope(program, GlobalDef { file, def: DefId::MODULE }) {
        return Vec::new();
    }
    for node in facts.arena.ids() {
        if !matches!(facts.arena.kind(node), NodeKind::Call { .. }) || !is_logger(program, file, node) {
            continue;
        }
        let nesting = program.nesting(file);
        let function = GlobalDef { file, def: nesting.owner(node) };
        let Some(logged) = logged(program, function, node) else { continue };
        // One finding for each value in a function, with the other places. Handlers without a name are functions of their own.
        let unit = unit(program, function);
        let is_seen =
            |known: &(GlobalDef, Finding)| known.0 == unit && known.1.subject.rsplit_once(' ').is_some_and(|(_, name)| name == logged.name);
        // In Rust each further one is a note of its own.
        let is_rust = facts.language.family() == Family::Rust;
        let is_again = is_rust && findings.iter().any(|known| is_seen(known) && known.1.level > Level::Note);
        if let Some((_, known)) = findings.iter_mut().find(|known| !is_rust && is_seen(known)) {
            known.related.push(Label { location: program.location(file, call_span(facts, node)), text: "and here".to_string() });
            continue;
        }
        let mut logged = logged;
        // What is traced or debugged, somebody has switched on to see everything, mostly not in production.
        if logged.what == BODY && (!may_hold_credentials(program, unit) || reads_harmless_fields(program, unit, node))
            || speaks_of_refusal(facts, node)
            || is_for_debugging(facts, node)
            || called_name(facts, node) == Some("trace")
            || is_tool(program, function)
            || shows_what_it_makes(program, unit, node)
            || is_again
        {
            logged.level = Level::Note;
        }
        if in_scope(program, function)
            && !in_development_branch(facts, nesting, node)
            && !speaks_to_user(program, function)
            && !is_run_by_hand(facts, nesting, node)
            && !is_refusal(facts, nesting, node)
            && !is_missing(facts, nesting, node, logged.node)
        {
            findings.push((unit, finding(program, function, node, &logged)));
        }
    }
    findings.into_iter().map(|(_, finding)| finding).chain(recorded_fields(program, file)).collect()
}

/// The closure around a place that answers requests, or else the function with a name.
fn unit(program: &Program, function: GlobalDef) -> GlobalDef {
    let facts = program.file(function.file);
    let outer = named(program, function);
    let mut at = function;
    while at != outer && at.def != DefId::MODULE {
        if program.role(at).is_some_and(|evidence| evidence.role == Role::Router) {
            return at;
        }
        at = GlobalDef { file: at.file, def: facts.def(at.def).parent };
    }
    outer
}
