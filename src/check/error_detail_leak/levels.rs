//! Whether an answer with an error in it is told, and how loudly.

use super::caught::{Caught, looks_at_input};
use crate::check::Context;
use crate::check::audience::{TO_ADMINISTRATORS, is_for_administrators, is_for_show};
use crate::check::requests::named;
use crate::check::spelling::spelled_callee;
use crate::check::status::Status;
use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::facts::FileFacts;
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::nesting::{Nesting, called_name, spell, walk_deep};
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::source::{Family, Span};

pub(super) const RULE: &str = "error-detail-leak";

/// An answer with this status tells what the error says.
pub(super) fn is_told(context: &Context, function: GlobalDef, caught: &Caught, status: Status) -> bool {
    match status {
        Status::Unknown => false,
        Status::Client => caught.whatever || after_work(context, function, caught),
        Status::None | Status::Server | Status::Fine => true,
    }
}

/// With a status of 4xx, what is told may be what was wrong with the input. Not where a query stands in the same `try`: what the database says is sent, too.
/// Behind other work that is waited for there may be errors of the domain as well as others.
fn after_work(context: &Context, function: GlobalDef, caught: &Caught) -> bool {
    let program = context.program;
    let facts = program.file(function.file);
    if facts.language.family() != Family::TypeScript {
        return false;
    }
    let nesting = program.nesting(function.file);
    let (tried, is_handler) = match facts.arena.kind(caught.place) {
        NodeKind::Handler { .. } => match nesting.parent(caught.place).map(|parent| facts.arena.kind(parent)) {
            Some(NodeKind::Try { body, .. }) => (body, true),
            _ => return false,
        },
        NodeKind::Closure(_) => {
            let Some((call, _)) = nesting.argument_of(facts, caught.place) else { return false };
            match facts.arena.kind(call) {
                NodeKind::Call { callee, .. } if matches!(called_name(facts, call), Some("catch" | "then")) => (callee, false),
                _ => (call, false),
            }
        }
        NodeKind::If { .. } => return true,
        _ => return false,
    };
    let span = facts.arena.span(tried);
    let summary = context.summaries.of(function);
    if summary.is_some_and(|summary| summary.queries.iter().any(|query| span.contains(facts.arena.span(query.site)))) {
        return true;
    }
    let mut works = false;
    walk_deep(facts, tried, |node| {
        if let NodeKind::Await(value) = facts.arena.kind(node) {
            works |= is_handler && matches!(facts.arena.kind(value), NodeKind::Call { .. }) && !looks_at_input(facts, value);
        }
        !works
    });
    works
}

pub(super) fn finding(program: &Program, function: GlobalDef, caught: &Caught, leak: NodeId, trace: bool, status: Status) -> Finding {
    let facts = program.file(function.file);
    let outer = named(program, function);
    let text = if matches!(facts.arena.kind(leak), NodeKind::Call { .. }) { spelled_callee(facts, leak) } else { spell(facts, leak) };
    let what = if trace { "the trace" } else { "the text" };
    // Without a status of 5xx the answer may be meant: a message for a form, a list with what went wrong in each row.
    let when = match status {
        Status::Server => "with a status of 5xx",
        Status::Client => "with a status of 4xx, whatever went wrong",
        _ => "whatever went wrong; fine where the code knows what that may be",
    };
    let is_known = is_for_administrators(program, function);
    let remark = if is_known { TO_ADMINISTRATORS } else { "" };
    let place = match facts.arena.kind(caught.place) {
        NodeKind::Handler { body, .. } => {
            let whole = facts.arena.span(caught.place);
            Span { start: whole.start, end: facts.arena.span(body).start.max(whole.start + 1) }
        }
        NodeKind::Closure(def) => facts.def(def).name_span,
        NodeKind::If { condition, .. } => facts.arena.span(condition),
        _ => facts.def(function.def).name_span,
    };
    Finding {
        rule: RULE.into(),
        level: if is_for_show(program.path(function.file))
            || is_body_of_exception(facts, program.nesting(function.file), leak)
            || status != Status::Server
            || is_known
            || caught.is_handed
        {
            Level::Note
        } else {
            Level::Warning
        },
        message: format!("`{text}` sends {what} of an unexpected error to the client, {when}{remark}"),
        primary: Label { location: program.location(function.file, facts.arena.span(leak)), text: "part of the answer".to_string() },
        related: vec![Label { location: program.location(function.file, place), text: caught.how.to_string() }],
        flow: Vec::new(),
        help: Some("log the error, and answer with a fixed text and an id by which the log entry can be found; send messages of the project's own errors only".to_string()),
        subject: format!("{} {text}", program.qualified_name(outer)),
        fingerprint: String::new(),
        confidence: if status == Status::Server { Confidence::High } else { Confidence::Medium },
        redact: Vec::new(),
    }
}

/// `throw new InternalServerErrorException(error)`: an error that is the body itself is written as its own enumerable fields, its message is none of them.
fn is_body_of_exception(facts: &FileFacts, nesting: &Nesting, leak: NodeId) -> bool {
    let NodeKind::Name(_) = facts.arena.kind(leak) else { return false };
    nesting.argument_of(facts, leak).is_some_and(|(call, at)| {
        at == 0
            && matches!(facts.arena.kind(call), NodeKind::Call { form: CallForm::New, .. })
            && called_name(facts, call).is_some_and(|name| name.ends_with("Exception"))
            && facts.language.family() == Family::TypeScript
    })
}
