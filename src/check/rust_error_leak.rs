//! Rust's side of `error-detail-leak`: the text of another library's error in an answer with a status of 5xx.

use super::error_detail_leak::{is_for_show, link_argument};
use super::rust_error_types::{ErrorTypes, own_texts, type_named};
use super::sensitive::carriers;
use crate::model::body::{CallForm, CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts, Name};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::nesting::{arguments, called_name, chain, last_name, spell, walk_deep};
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::FileId;

/// Findings of one function.
pub(super) fn in_function(program: &Program, types: &ErrorTypes, function: GlobalDef) -> Vec<Finding> {
    let facts = program.file(function.file);
    let Some(body) = facts.def(function.def).body else { return Vec::new() };
    let mut findings = Vec::new();
    let converted = converted(program, types, function).map(|error| (error, body));
    facts.arena.walk(body, |node| {
        let whole = converted.filter(|_| node == body);
        for (error, code) in errors_at_hand(facts, node).into_iter().chain(whole) {
            walk_deep(facts, code, |inner| {
                if let Some(parts) = answer(facts, inner).or_else(|| own_answer(program, types, function, inner)) {
                    for part in parts {
                        if let Some(leak) = told(program, function, part, error) {
                            findings.push(finding(program, function, leak));
                        }
                    }
                }
                true
            });
        }
    });
    findings
}

/// Findings of what the types of a file say of themselves.
pub(super) fn in_types(program: &Program, types: &ErrorTypes, file: FileId) -> Vec<Finding> {
    own_texts(program, types, file).into_iter().map(|(function, leak)| finding(program, function, leak)).collect()
}

/// `AppError::Internal(text)`, `ApiError::bad_gateway(text)`: an error of the project whose text the client gets with a status of 5xx.
fn own_answer(program: &Program, types: &ErrorTypes, function: GlobalDef, node: NodeId) -> Option<Vec<NodeId>> {
    let facts = program.file(function.file);
    let NodeKind::Call { callee, form, .. } = facts.arena.kind(node) else { return None };
    if matches!(form, CallForm::Pattern | CallForm::Macro) {
        return None;
    }
    let is_answer = match (facts.arena.kind(callee), program.value(function.file, callee)) {
        (_, Value::Def(made) | Value::Method { method: made, .. }) if types.makers.contains(&made) => true,
        (NodeKind::Member { object, name, .. }, _) => {
            let class = match program.value(function.file, object) {
                Value::Def(class) => Some(class),
                _ => None,
            };
            class.is_some_and(|class| types.shown.contains(&(class, facts.text(name).to_string())))
        }
        _ => false,
    };
    is_answer.then(|| arguments(facts, node).collect())
}

/// The parameter of `impl From<LibraryError> for Answer`, when the function makes an answer with a number of 5xx.
fn converted(program: &Program, types: &ErrorTypes, function: GlobalDef) -> Option<Name> {
    let facts = program.file(function.file);
    let def = facts.def(function.def);
    let block = facts.def(def.parent);
    let is_from = facts.text(def.name) == "from" && block.kind == DefKind::Impl;
    let class = type_named(program, function.file, without_arguments(facts, *block.bases.first()?))?;
    let mut says_500 = false;
    facts.arena.walk(def.body?, |node| {
        says_500 |= matches!(facts.arena.kind(node), NodeKind::Number(number) if facts.text(number) == "500");
    });
    (is_from && says_500 && types.answers.contains(&class)).then(|| def.params.first()?.name).flatten()
}

fn without_arguments(facts: &FileFacts, node: NodeId) -> NodeId {
    match facts.arena.kind(node) {
        NodeKind::Apply { base, .. } => base,
        _ => node,
    }
}

/// `map_err(|e| …)` and `Err(e) => …`, with the code that follows.
fn errors_at_hand(facts: &FileFacts, node: NodeId) -> Vec<(Name, NodeId)> {
    match facts.arena.kind(node) {
        NodeKind::Call { .. } if matches!(called_name(facts, node), Some("map_err" | "unwrap_or_else" | "or_else")) => {
            arguments(facts, node)
                .filter_map(|argument| match facts.arena.kind(argument) {
                    NodeKind::Closure(def) => Some((facts.def(def).params.first()?.name?, facts.def(def).body?)),
                    _ => None,
                })
                .collect()
        }
        NodeKind::Arm { pattern, body, .. } => error_name(facts, pattern).map(|name| (name, body)).into_iter().collect(),
        NodeKind::If { condition, then, .. } => {
            let mut found = None;
            facts.arena.walk(condition, |inner| {
                if let NodeKind::Assign { target, .. } = facts.arena.kind(inner) {
                    found = found.or_else(|| error_name(facts, target));
                }
            });
            found.map(|name| (name, then)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The name in `Err(e)`.
fn error_name(facts: &FileFacts, pattern: NodeId) -> Option<Name> {
    let NodeKind::Call { callee, args, form: CallForm::Pattern } = facts.arena.kind(pattern) else { return None };
    if last_name(facts, callee).map(|name| facts.text(name)) != Some("Err") {
        return None;
    }
    match facts.arena.kind(facts.arena.list(args).next()?) {
        NodeKind::Name(name) => Some(name),
        _ => None,
    }
}

/// `(StatusCode::INTERNAL_SERVER_ERROR, text)`, `HttpResponse::InternalServerError().body(text)`.
fn answer(facts: &FileFacts, node: NodeId) -> Option<Vec<NodeId>> {
    match facts.arena.kind(node) {
        NodeKind::Collection { kind: CollectionKind::Tuple, items } => {
            let parts: Vec<NodeId> = facts.arena.list(items).collect();
            let is_server = last_name(facts, *parts.first()?).is_some_and(|name| facts.text(name) == "INTERNAL_SERVER_ERROR");
            is_server.then(|| parts[1..].to_vec())
        }
        NodeKind::Call { .. } => {
            let name = called_name(facts, node)?;
            let is_server = chain(facts, node).any(|link| called_name(facts, link) == Some("InternalServerError"))
                || link_argument(facts, node, &["status"])
                    .is_some_and(|code| last_name(facts, code).is_some_and(|name| facts.text(name) == "INTERNAL_SERVER_ERROR"));
            let is_made = matches!(name, "error" | "err" | "fail")
                && arguments(facts, node)
                    .next()
                    .is_some_and(|code| matches!(facts.arena.kind(code), NodeKind::Number(number) if facts.text(number) == "500"));
            (matches!(name, "body" | "json" | "message_body") && is_server || is_made).then(|| arguments(facts, node).collect())
        }
        _ => None,
    }
}

/// The error as text in the answer: `e.to_string()`, `format!("{e}")`, also inside `Json(json!({…}))`.
fn told(program: &Program, function: GlobalDef, part: NodeId, error: Name) -> Option<NodeId> {
    let facts = program.file(function.file);
    let mut found = None;
    walk_deep(facts, part, |node| {
        let text = match facts.arena.kind(node) {
            NodeKind::Call { callee, .. } if called_name(facts, node) == Some("to_string") => match facts.arena.kind(callee) {
                NodeKind::Member { object, .. } => Some(object),
                _ => None,
            },
            NodeKind::Text { .. } => {
                let mut carried = None;
                carriers(facts, node, &mut |carrier, _| {
                    if facts.arena.kind(carrier) == NodeKind::Name(error) {
                        carried = Some(carrier);
                    }
                });
                carried
            }
            _ => None,
        };
        if let Some(name) = text.filter(|&name| facts.arena.kind(name) == NodeKind::Name(error)) {
            // An error of the project says what the project wants it to say.
            let is_own = matches!(program.value(function.file, name), Value::Instance { .. });
            if !is_own {
                found = found.or(Some(node));
            }
        }
        found.is_none()
    });
    found
}

fn finding(program: &Program, function: GlobalDef, leak: NodeId) -> Finding {
    let facts = program.file(function.file);
    let text = match facts.arena.kind(leak) {
        NodeKind::Call { callee, .. } => spell(facts, callee),
        _ => "a text of the error".to_string(),
    };
    Finding {
        rule: "error-detail-leak".into(),
        level: if is_for_show(program.path(function.file)) { Level::Note } else { Level::Warning },
        message: format!("`{text}` sends the text of an unexpected error to the client, with a status of 5xx"),
        primary: Label { location: program.location(function.file, facts.arena.span(leak)), text: "part of the answer".to_string() },
        related: Vec::new(),
        flow: Vec::new(),
        help: Some(
            "log the error, and answer with a fixed text; give the error a type whose `Display` is meant for clients (`thiserror`)"
                .to_string(),
        ),
        subject: format!("{} {text}", program.qualified_name(super::requests::named(program, function))),
        fingerprint: String::new(),
        confidence: Confidence::Medium,
        redact: Vec::new(),
    }
}
