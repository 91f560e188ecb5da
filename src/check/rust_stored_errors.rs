//! Rust's side of `error-detail-leak`, where what fails is a query: the database's own text (tables, constraints, the address of the server) is
//! for nobody outside, whatever the status. Where the status says that the server failed, `rust_error_leak` has said so already; the rest are
//! notes.

use super::Context;
use super::requests::{has_fact, named};
use super::rust_error_leak::{errors_at_hand, finding, is_plain_call, own_error, told};
use super::rust_error_types::{ErrorTypes, type_named};
use super::sensitive::assigned;
use super::status::{Status, of_node};
use crate::model::body::{CallForm, CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts};
use crate::model::finding::{Finding, Level};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{arguments, called_name, chain, last_name, walk_deep};
use crate::model::program::{CallKind, Program, Resolution};
use crate::model::role::{GlobalDef, Role};

/// Answers of one function with the text of a failed query.
pub(super) fn in_function(context: &Context, types: &ErrorTypes, function: GlobalDef, is_handler: bool) -> Vec<Finding> {
    let program = context.program;
    let facts = program.file(function.file);
    let Some(body) = facts.def(function.def).body else { return Vec::new() };
    let answers = is_handler || is_field(program, named(program, function));
    let mut findings = Vec::new();
    facts.arena.walk(body, |node| {
        let Some(failing) = failing(facts, node) else { return };
        let errors = errors_at_hand(program, function, node);
        if errors.is_empty() || own_error(program, function, failing) || !is_query(context, function, failing) {
            return;
        }
        for (error, code) in errors {
            let mut tells = |parts: Vec<NodeId>| {
                let leak = parts.into_iter().find_map(|part| told(program, function, part, (error, code), true));
                findings.extend(leak.map(|leak| of_query(finding(program, function, leak))));
            };
            // `.map_err(|e| e.to_string())?` of what answers itself
            if answers && is_text(facts, code) && !only_logs(facts, function) {
                tells(vec![code]);
                continue;
            }
            walk_deep(facts, code, |inner| {
                if let Some(parts) = answer(program, types, function, inner) {
                    tells(parts);
                }
                true
            });
        }
    });
    findings
}

/// What the error is one of: `find(id).await` of `find(id).await.map_err(…)`, of a `match` or an `if let Err(…)`.
fn failing(facts: &FileFacts, node: NodeId) -> Option<NodeId> {
    match facts.arena.kind(node) {
        NodeKind::Call { callee, .. } => match facts.arena.kind(callee) {
            NodeKind::Member { object, path: false, .. } => Some(object),
            _ => None,
        },
        NodeKind::Match { subject, .. } => Some(subject),
        NodeKind::If { condition, .. } => {
            let mut found = None;
            facts.arena.walk(condition, |inner| {
                if let NodeKind::Assign { value, .. } = facts.arena.kind(inner) {
                    found = found.or(Some(value));
                }
            });
            found
        }
        _ => None,
    }
}

/// `Result<(), Debug<String>>`: what it fails with is written to the log, and the client gets a bare 500.
fn only_logs(facts: &FileFacts, function: GlobalDef) -> bool {
    let Some(NodeKind::Apply { base, args }) = facts.def(function.def).annotation.map(|returns| facts.arena.kind(returns)) else {
        return false;
    };
    let is = |node: NodeId, wanted: &str| last_name(facts, node).is_some_and(|name| facts.text(name) == wanted);
    is(base, "Result") && facts.arena.list(args).nth(1).is_some_and(|failure| is(failure, "Debug"))
}

/// A query, or a call that leads to one; also by way of a local: `let found = find(id); match found.await { … }`.
fn is_query(context: &Context, function: GlobalDef, failing: NodeId) -> bool {
    let facts = context.program.file(function.file);
    let root = chain(facts, failing).last().unwrap_or(failing);
    let kept = match facts.arena.kind(root) {
        NodeKind::Name(name) => assigned(facts, function.def, name),
        _ => Vec::new(),
    };
    // Later links than a `?` fail for reasons of their own.
    let queries = |value: NodeId| {
        chain(facts, value)
            .take_while(|&link| !matches!(facts.arena.kind(link), NodeKind::Propagate(_)))
            .any(|link| runs_query(context, function, link))
    };
    queries(failing) || matches!(facts.arena.kind(failing), NodeKind::Name(_) | NodeKind::Await(_)) && kept.into_iter().any(queries)
}

fn runs_query(context: &Context, function: GlobalDef, link: NodeId) -> bool {
    let program = context.program;
    if !matches!(program.file(function.file).arena.kind(link), NodeKind::Call { .. }) {
        return false;
    }
    let itself = has_fact(program, function.file, link, |fact| matches!(fact, ApiFact::Query(_)))
        || context.summaries.of(function).is_some_and(|summary| summary.queries.iter().any(|query| query.site == link));
    // `web::block(move || …)` fails with what its closure fails with.
    let in_closure = || {
        arguments(program.file(function.file), link).any(|argument| match program.file(function.file).arena.kind(argument) {
            NodeKind::Closure(def) => context
                .summaries
                .of(GlobalDef { file: function.file, def })
                .is_some_and(|summary| !summary.queries.is_empty() || !summary.reaches.is_empty()),
            _ => false,
        })
    };
    itself
        || in_closure()
        || program.calls_at(function, link).iter().any(|edge| {
            edge.kind == CallKind::Call
                && edge.resolution != Resolution::NameOnly
                && context.summaries.of(edge.callee).is_some_and(|summary| !summary.queries.is_empty() || !summary.reaches.is_empty())
        })
}

/// A method of a type that answers requests by what a framework makes of its block: `#[Object] impl Query { … }`.
fn is_field(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    let block = facts.def(facts.def(function.def).parent);
    let class = block.bases.first().filter(|_| block.kind == DefKind::Impl).and_then(|&base| type_named(program, function.file, base));
    class.is_some_and(|class| program.role(class).is_some_and(|evidence| evidence.role == Role::Router))
}

/// `e.to_string()`, `format!("…: {e}")`, and nothing else.
fn is_text(facts: &FileFacts, code: NodeId) -> bool {
    let value = match facts.arena.kind(code) {
        NodeKind::Block { items, value: true } => facts.arena.list(items).last().unwrap_or(code),
        _ => code,
    };
    matches!(called_name(facts, value), Some("to_string" | "format"))
}

/// What goes into an answer of any status: `(StatusCode::BAD_REQUEST, text)`, `HttpResponse::BadRequest().body(text)`, `ApiError { text }` of a
/// type that is an answer.
fn answer(program: &Program, types: &ErrorTypes, function: GlobalDef, node: NodeId) -> Option<Vec<NodeId>> {
    let facts = program.file(function.file);
    let is_status = |node: NodeId| {
        let named = matches!(facts.arena.kind(node), NodeKind::Member { object, .. } if last_name(facts, object).is_some_and(|class| matches!(facts.text(class), "StatusCode" | "Status")));
        named && matches!(of_node(facts, node), Status::Client | Status::Server | Status::Fine)
    };
    match facts.arena.kind(node) {
        NodeKind::Collection { kind: CollectionKind::Tuple, items } => {
            let parts: Vec<NodeId> = facts.arena.list(items).collect();
            is_status(*parts.first()?).then(|| parts[1..].to_vec())
        }
        NodeKind::Call { callee, form, .. } => {
            if form == CallForm::New {
                let class = type_named(program, function.file, callee)?;
                return types.answers.contains(&class).then(|| arguments(facts, node).collect());
            }
            let builds = matches!(called_name(facts, node), Some("body" | "json" | "message_body"))
                && chain(facts, node).any(|link| last_name(facts, link).is_some_and(|name| facts.text(name) == "HttpResponse"));
            let is_of_status = is_plain_call(facts, node) && arguments(facts, node).len() > 1 && arguments(facts, node).any(is_status);
            (builds || is_of_status).then(|| arguments(facts, node).collect())
        }
        _ => None,
    }
}

/// The finding, as a note about a query.
fn of_query(finding: Finding) -> Finding {
    Finding {
        level: Level::Note,
        message: finding.message.replace("an unexpected error", "a failed query").replace(", with a status of 5xx", ""),
        ..finding
    }
}
