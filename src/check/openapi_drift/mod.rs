//! `openapi-drift`: routes and the OpenAPI documents that describe them say different things.
//!
//! [`survey`] decides which documents describe which packages, by the operations both have; what describes something else, or was written by a
//! tool, is left out and told. Here the differences become findings; [`inputs`] compares what a request carries.

mod inputs;
mod survey;

use std::collections::BTreeSet;

use self::survey::{Compared, Served, Survey, survey};
use super::Context;
use crate::documents::openapi::{Operation, Place};
use crate::model::finding::{Confidence, Finding, Label, Level, Location};
use crate::model::problem::{Problem, ProblemKind};
use crate::model::program::Program;
use crate::model::words::has_word;

pub(super) const RULE: &str = "openapi-drift";

/// Operations named in one finding about a whole resource.
const MOST_NAMED: usize = 6;

/// Finds routes that no document has, operations that no route serves, and requests that differ.
pub fn check(context: &Context) -> Vec<Finding> {
    let survey = survey(context);
    let mut findings = Vec::new();
    for compared in &survey.compared {
        let mut promised = compared.unserved.clone();
        for served in &compared.undocumented {
            findings.push(undocumented(context.program, compared, served, &mut promised));
        }
        findings.extend(unserved(compared, &promised));
        findings.extend(inputs::differences(context.program, compared));
    }
    findings.sort_by(|a, b| (&a.primary, &a.message).cmp(&(&b.primary, &b.message)));
    findings.dedup_by(|a, b| a.primary == b.primary && a.message == b.message);
    findings
}

/// The documents that were not compared, each with the reason.
pub fn left_out(context: &Context) -> Vec<Problem> {
    let Survey { left_out, .. } = survey(context);
    left_out
        .into_iter()
        .map(|(path, reason)| Problem {
            path,
            span: None,
            kind: ProblemKind::Document,
            message: format!("this OpenAPI document is not compared with the routes: {reason}"),
        })
        .collect()
}

pub(super) fn location(place: &Place) -> Location {
    Location { path: place.path.clone(), span: place.span }
}

/// By the name of its handler it sends clients elsewhere: `redirect_tile`.
fn is_redirect(program: &Program, served: &Served) -> bool {
    program.routes.get(served.route).is_some_and(|route| has_word(program.name(route.handler), &["redirect", "redirects", "legacy"]))
}

/// A route that the document lacks; with the one operation of the same path that no route serves, if there is one.
///
/// Where no route of its file is described, the whole router may be meant to stand in no document: a note.
fn undocumented(program: &Program, compared: &Compared, served: &Served, promised: &mut Vec<usize>) -> Finding {
    let operations = &compared.document.operations;
    let same_path: Vec<usize> = (0..operations.len()).filter(|&at| compared.keys[at].contains(&served.key)).collect();
    let twin: Vec<usize> = same_path.iter().copied().filter(|at| promised.contains(at)).collect();
    let document = &compared.document.path;
    let name = format!("{} {}", served.method, served.path);
    let mut level = Level::Warning;
    let (message, place, text, help) = match (twin.as_slice(), same_path.first()) {
        (&[at], _) => {
            promised.retain(|&other| other != at);
            let operation = &operations[at];
            let message = format!("`{name}` is served where `{document}` promises `{}`", operation.method);
            (
                message,
                location(&operation.place),
                "the operation of the document".to_string(),
                "make the method of the route and that of the document the same",
            )
        }
        (_, Some(&at)) => {
            let message = format!("`{name}` is served, but `{document}` does not have the method for this path");
            (message, location(&operations[at].place), "the same path in the document".to_string(), HELP_ROUTE)
        }
        _ => {
            let mut message = format!("`{name}` is served, but `{document}` does not have it");
            if !compared.describes_file(&served.place) {
                level = Level::Note;
                message.push_str(", nor any other route of this file");
            } else if is_redirect(program, served) {
                level = Level::Note;
                message.push_str("; fine where it only leads old addresses to new ones");
            }
            let text = format!("{} of {} routes here are in the document", compared.covered, compared.in_scope);
            (message, location(&compared.document.paths), text, HELP_ROUTE)
        }
    };
    finding(
        message,
        Label { location: served.place.clone(), text: "the route".to_string() },
        vec![Label { location: place, text }],
        help,
        name,
        level,
        Confidence::High,
    )
}

const HELP_ROUTE: &str =
    "describe it in the document, or take the route away; what is meant to be internal can be named in `[options.openapi-drift] internal`";
const HELP_OPERATION: &str = "serve it, or take it out of the document";

/// Operations that nothing serves: one finding each, or one for a whole resource.
fn unserved(compared: &Compared, promised: &[usize]) -> Vec<Finding> {
    let operations = &compared.document.operations;
    let document = &compared.document.path;
    let mut findings = Vec::new();
    let mut done: BTreeSet<usize> = BTreeSet::new();
    for &at in promised {
        if done.contains(&at) {
            continue;
        }
        let operation = &operations[at];
        let resource = survey::resource(compared, at);
        let group: Vec<usize> = promised.iter().copied().filter(|&other| survey::resource(compared, other) == resource).collect();
        let whole =
            group.len() >= 3 && (0..operations.len()).all(|other| survey::resource(compared, other) != resource || group.contains(&other));
        let place = Label { location: location(&operation.place), text: "promised here".to_string() };
        if !whole {
            done.insert(at);
            let name = format!("{} {}", operation.method, operation.path);
            let near = compared.near(at);
            // A path of which nothing is served may be answered by what is not seen here, or belong to a standard that is only partly wanted.
            let level = if near.is_some() && !operation.deprecated { Level::Warning } else { Level::Note };
            let related =
                near.map(|served| Label { location: served.place.clone(), text: format!("serves `{} {}`", served.method, served.path) });
            findings.push(finding(
                format!("no route serves `{name}`"),
                place,
                related.into_iter().collect(),
                HELP_OPERATION,
                name,
                level,
                Confidence::Medium,
            ));
            continue;
        }
        done.extend(&group);
        let named: Vec<String> = group.iter().take(MOST_NAMED).map(|&at| spelled(&operations[at])).collect();
        let more = if group.len() > MOST_NAMED { " …" } else { "" };
        let message = format!(
            "none of the {} operations of `{resource}` in `{document}` is served by a route that archcheck sees: {}{more}",
            group.len(),
            named.join(", ")
        );
        let subject = format!("resource {resource}");
        findings.push(finding(message, place, Vec::new(), HELP_OPERATION, subject, Level::Note, Confidence::Low));
    }
    findings
}

fn spelled(operation: &Operation) -> String {
    format!("`{} {}`", operation.method, operation.path)
}

pub(super) fn finding(
    message: String,
    primary: Label,
    related: Vec<Label>,
    help: &str,
    subject: String,
    level: Level,
    confidence: Confidence,
) -> Finding {
    Finding {
        rule: RULE.into(),
        level,
        message,
        primary,
        related,
        flow: Vec::new(),
        help: Some(help.to_string()),
        subject,
        fingerprint: String::new(),
        confidence,
        redact: Vec::new(),
    }
}
