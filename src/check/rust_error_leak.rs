//! Rust's side of `error-detail-leak`: the text of another library's error in an answer with a status of 5xx.
//!
//! An answer is a pair of a status and a body, a builder, what a project's own helper makes of a status and a text, or what a framework makes of
//! an error (`responds` in its table, which for Rust means: with a status of 5xx). The text may come by way of a local of the same closure or arm.

use super::audience::{is_for_administrators, is_for_show};
use super::rust_error_types::{ErrorTypes, is_told, own_texts, tells_of_library, texts_by_default, type_named};
use super::sensitive::carriers;
use super::status::{Status, link_argument, of_node};
use crate::model::body::{CallForm, CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts, Name};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{argument_value, arguments, called_name, chain, last_name, spell, walk_deep};
use crate::model::program::{CallKind, Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::FileId;

/// Findings of one function.
pub(super) fn in_function(program: &Program, types: &ErrorTypes, function: GlobalDef, is_handler: bool) -> Vec<Finding> {
    let facts = program.file(function.file);
    let Some(body) = facts.def(function.def).body else { return Vec::new() };
    let mut findings = Vec::new();
    let given = converted(program, types, function).or_else(|| given(program, function)).map(|error| (error, body));
    facts.arena.walk(body, |node| {
        if let Some(leak) = turned(program, function, node) {
            findings.push(finding(program, function, leak));
        }
        let whole = given.filter(|_| node == body);
        let failed = errors_at_hand(program, function, node);
        let carried = variant_at_hand(program, function.file, node);
        findings.extend(texts_sent(program, function, node).into_iter().map(|leak| finding(program, function, leak)));
        for (error, code) in failed.into_iter().chain(carried).chain(whole) {
            walk_deep(facts, code, |inner| {
                if let Some(parts) = framework_answer(program, function, inner) {
                    let whole = parts.iter().copied().find(|&part| facts.arena.kind(part) == NodeKind::Name(error));
                    let whole = whole.filter(|&part| !is_own(program, function, part));
                    let leak = whole.or_else(|| parts.iter().find_map(|&part| told(program, function, part, (error, code), true)));
                    findings.extend(leak.map(|leak| finding(program, function, leak)));
                    return true;
                }
                if takes_any(program, types, function, inner)
                    && let Some(whole) = arguments(facts, inner).find(|&part| facts.arena.kind(part) == NodeKind::Name(error))
                    && !is_own(program, function, whole)
                {
                    findings.push(finding(program, function, inner));
                    return true;
                }
                if is_handler
                    && inner == code
                    && fails_with_text(facts, function)
                    && let Some(leak) = told(program, function, inner, (error, code), false)
                {
                    findings.push(of_success(finding(program, function, leak)));
                    return true;
                }
                if is_handler && is_answer_of_success(program, function, code, inner) {
                    let leak = arguments(facts, inner).find_map(|part| told(program, function, part, (error, code), true));
                    findings.extend(leak.map(|leak| of_success(finding(program, function, leak))));
                }
                let parts = answer(facts, inner)
                    .or_else(|| late_answer(facts, code, inner))
                    .or_else(|| own_answer(program, types, function, inner));
                for part in parts.into_iter().flatten() {
                    if let Some(leak) = told(program, function, part, (error, code), true) {
                        findings.push(finding(program, function, leak));
                    }
                }
                true
            });
        }
    });
    // One place has often little to tell; what turns every error into an answer tells of whatever went wrong.
    if given.is_none() && !is_of_answers(program, function) {
        for finding in &mut findings {
            finding.level = Level::Note;
            finding.message.push_str("; fine where what may go wrong here is known to be harmless");
        }
    }
    findings
}

/// A method by which a type becomes an answer, or an error becomes another: `impl IntoResponse for AppError`.
fn is_of_answers(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    let block = facts.def(facts.def(program.outermost(function).def).parent);
    block.kind == DefKind::Impl
        && block.bases.get(1).is_some_and(|&seam| {
            last_name(facts, without_arguments(facts, seam))
                .is_some_and(|name| matches!(facts.text(name), "IntoResponse" | "ResponseError" | "From" | "Responder" | "Reply"))
        })
}

/// The parameter that is an error of any kind: `fn internal<E: std::error::Error>(err: E) -> (StatusCode, String)`, `error: BoxError`.
fn given(program: &Program, function: GlobalDef) -> Option<Name> {
    let facts = program.file(function.file);
    let def = facts.def(function.def);
    let [param] = &def.params[..] else { return None };
    let name = param.name?;
    let annotation = param.annotation?;
    let is_rejection = last_name(facts, annotation).is_some_and(|class| facts.text(class) == "Rejection");
    if !is_rejection && !matches!(facts.text(name), "err" | "error" | "e" | "value") {
        return None;
    }
    // `err: DbErr`, `err: Box<dyn Error>`
    if is_error_of_library(program, function.file, annotation) {
        return Some(name);
    }
    // A type parameter stands here as the first of its bounds.
    let class = facts.text(last_name(facts, annotation)?);
    let is_any_text = matches!(class, "Debug" | "Display" | "ToString");
    let of_any = class == "BoxError" || is_rejection || class.ends_with("Error") || is_any_text && turns_errors(program, function);
    of_any.then_some(name)
}

/// What stands here is an error of a library by its name: a type as it is written, or a value.
fn is_error_of_library(program: &Program, file: FileId, node: NodeId) -> bool {
    program.api(file, node).is_some_and(|api| {
        let path = api.path.as_str();
        let class = path.trim_end_matches("()").rsplit('.').next().unwrap_or(path);
        class.ends_with("Error") || class.ends_with("Errors") || class.ends_with("Err")
    })
}

/// `AppError::Database(e) => …`: a variant of the project's error that carries one of a library.
fn variant_at_hand(program: &Program, file: FileId, node: NodeId) -> Option<(Name, NodeId)> {
    let facts = program.file(file);
    let NodeKind::Arm { pattern, body, .. } = facts.arena.kind(node) else { return None };
    let NodeKind::Call { args, form: CallForm::Pattern, .. } = facts.arena.kind(pattern) else { return None };
    let bound = facts.arena.list(args).next()?;
    match facts.arena.kind(bound) {
        NodeKind::Name(name) if is_error_of_library(program, file, bound) => Some((name, body)),
        _ => None,
    }
}

/// `Err(err) => builder().status(StatusCode::INTERNAL_SERVER_ERROR).body(Bytes::from(err))`, where what fails is a text: somebody made it of an
/// error before.
fn texts_sent(program: &Program, function: GlobalDef, node: NodeId) -> Vec<NodeId> {
    let facts = program.file(function.file);
    let NodeKind::Match { subject, arms } = facts.arena.kind(node) else { return Vec::new() };
    if !fails_with_text_at(program, function, subject) {
        return Vec::new();
    }
    let mut sent = Vec::new();
    for arm in facts.arena.list(arms) {
        let NodeKind::Arm { pattern, body, .. } = facts.arena.kind(arm) else { continue };
        let Some(error) = error_name(facts, pattern) else { continue };
        walk_deep(facts, body, |inner| {
            let part = answer(facts, inner).into_iter().flatten().find(|&part| holds_whole(facts, part, error));
            sent.extend(part);
            part.is_none()
        });
    }
    sent
}

/// `err`, `Bytes::from(err)`, `Json(err)`.
fn holds_whole(facts: &FileFacts, part: NodeId, error: Name) -> bool {
    match facts.arena.kind(part) {
        NodeKind::Name(name) => name == error,
        NodeKind::Call { form: CallForm::Plain, .. } => {
            let object = match facts.arena.kind(part) {
                NodeKind::Call { callee, .. } => match facts.arena.kind(callee) {
                    NodeKind::Member { object, path: false, .. } => Some(object),
                    _ => None,
                },
                _ => None,
            };
            arguments(facts, part).chain(object).any(|inner| holds_whole(facts, inner, error))
        }
        _ => false,
    }
}

/// What is matched is a `Result<_, String>` by what it is declared as: a parameter, or the call of a function of the project.
fn fails_with_text_at(program: &Program, function: GlobalDef, subject: NodeId) -> bool {
    let facts = program.file(function.file);
    let declared = match facts.arena.kind(subject) {
        NodeKind::Name(name) => {
            let param = facts.def(function.def).params.iter().find(|param| param.name == Some(name));
            param.and_then(|param| param.annotation).map(|annotation| (function.file, annotation))
        }
        _ => chain(facts, subject).find(|&link| matches!(facts.arena.kind(link), NodeKind::Call { .. })).and_then(|call| {
            let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return None };
            let (Value::Def(called) | Value::Method { method: called, .. }) = program.value(function.file, callee) else { return None };
            Some((called.file, program.def(called).annotation?))
        }),
    };
    declared.is_some_and(|(file, annotation)| is_result_of_text(program, file, annotation, 0))
}

/// `Result<T, String>`, also by another name: `type ServerResult<T> = Result<T, String>`.
fn is_result_of_text(program: &Program, file: FileId, annotation: NodeId, depth: u8) -> bool {
    let facts = program.file(file);
    let NodeKind::Apply { base, args } = facts.arena.kind(annotation) else { return false };
    let is = |node: NodeId, wanted: &str| last_name(facts, node).is_some_and(|name| facts.text(name) == wanted);
    let failure = facts.arena.list(args).nth(1);
    // Also as `StdResult`, where the project has a `Result` of its own.
    let is_result = last_name(facts, base).is_some_and(|name| facts.text(name).ends_with("Result"));
    if let Some(failure) = failure {
        return is_result && is(failure, "String");
    }
    // An alias says with what it fails for all.
    let alias = super::rust_statics::alias_of(program, file, base, last_name(facts, base).map_or("", |name| facts.text(name)));
    depth == 0 && alias.is_some_and(|alias| program.def(alias).value.is_some_and(|value| is_result_of_text(program, alias.file, value, 1)))
}

/// The function is passed on as it is: `.map_err(internal)`.
fn turns_errors(program: &Program, function: GlobalDef) -> bool {
    program.calls.iter().any(|edge| {
        let facts = program.file(edge.caller.file);
        edge.callee == function && edge.kind == CallKind::Passed && called_name(facts, edge.site) == Some("map_err")
    })
}

/// `.map_err(ErrorInternalServerError)`: the framework answers with the text of whatever failed.
fn turned(program: &Program, function: GlobalDef, node: NodeId) -> Option<NodeId> {
    let facts = program.file(function.file);
    let NodeKind::Call { callee, .. } = facts.arena.kind(node) else { return None };
    let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return None };
    if called_name(facts, node) != Some("map_err") || own_error(program, function, object) {
        return None;
    }
    let maker = arguments(facts, node).next()?;
    let api = program.api(function.file, maker)?;
    program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Responds).then_some(maker)
}

/// The result that fails is one of a function of the project whose error is a type of the project, which says what the project wants: unless
/// its own text is made of a library's.
pub(super) fn own_error(program: &Program, function: GlobalDef, result: NodeId) -> bool {
    let facts = program.file(function.file);
    let mut own = false;
    for link in chain(facts, result) {
        let NodeKind::Call { callee, .. } = facts.arena.kind(link) else { continue };
        let (Value::Def(called) | Value::Method { method: called, .. }) = program.value(function.file, callee) else { continue };
        let other = program.file(called.file);
        own |= other.def(called.def).annotation.is_some_and(|returns| {
            let mut of_project = false;
            other.arena.walk(returns, |part| {
                of_project |= matches!(other.arena.kind(part), NodeKind::Name(name) | NodeKind::Member { name, .. } if other.text(name).ends_with("Error"))
                    && type_named(program, called.file, part).is_some_and(|class| !tells_of_library(program, class));
            });
            of_project
        });
    }
    own
}

/// Findings of what the types of a file say of themselves.
pub(super) fn in_types(program: &Program, types: &ErrorTypes, file: FileId) -> Vec<Finding> {
    let own = own_texts(program, types, file).into_iter().map(|(function, leak)| finding(program, function, leak));
    let by_default = texts_by_default(program, file).into_iter().map(|(variant, text)| Finding {
        message: format!(
            "the text of `{}` is sent to the client, with a status of 5xx, and is made of a library's error",
            program.short_name(variant)
        ),
        ..finding(program, variant, text)
    });
    own.chain(by_default).collect()
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
            // `ApiError::new(500, text)`
            let is_numbered = |class: &GlobalDef| {
                types.telling.contains(class)
                    && arguments(facts, node).any(|argument| {
                        matches!(facts.arena.kind(argument), NodeKind::Number(_)) && of_node(facts, argument) == Status::Server
                    })
            };
            class.is_some_and(|class| types.shown.contains(&(class, facts.text(name).to_string())) || is_numbered(&class))
        }
        _ => false,
    };
    is_answer.then(|| arguments(facts, node).collect())
}

/// `ApiError::internal(e)`, which makes a text of whatever can be written.
fn takes_any(program: &Program, types: &ErrorTypes, function: GlobalDef, node: NodeId) -> bool {
    let facts = program.file(function.file);
    let NodeKind::Call { callee, .. } = facts.arena.kind(node) else { return false };
    let (Value::Def(made) | Value::Method { method: made, .. }) = program.value(function.file, callee) else { return false };
    let own = program.file(made.file);
    types.makers.contains(&made)
        && own.def(made.def).params.iter().any(|param| {
            let bound = param.annotation.and_then(|annotation| last_name(own, annotation)).map(|name| own.text(name));
            // `error: impl Debug` that only a log gets is no part of the answer.
            let tells = || param.name.zip(own.def(made.def).body).is_some_and(|(name, body)| is_told(own, body, name));
            matches!(bound, Some("Display" | "ToString" | "Debug")) && tells()
        })
}

/// An answer that says nothing of a failure: `Json(…)` alone, `HttpResponse::Ok().json(…)`.
fn is_answer_of_success(program: &Program, function: GlobalDef, code: NodeId, node: NodeId) -> bool {
    let facts = program.file(function.file);
    if !is_plain_call(facts, node) {
        return false;
    }
    let name = called_name(facts, node).unwrap_or_default();
    if matches!(name, "json" | "body") {
        return chain(facts, node).any(|link| called_name(facts, link) == Some("Ok"));
    }
    let whole = facts.arena.span(code);
    let around = program.nesting(function.file).around(node).filter(|&around| around != node);
    name == "Json"
        && around.take_while(|&around| whole.contains(facts.arena.span(around))).all(|around| match facts.arena.kind(around) {
            NodeKind::Block { .. } | NodeKind::Return(_) | NodeKind::Argument { .. } => true,
            NodeKind::Call { .. } => matches!(called_name(facts, around), Some("Ok" | "Err")),
            _ => false,
        })
}

/// `async fn list() -> Result<Json<…>, String>`: what it fails with is the answer.
fn fails_with_text(facts: &FileFacts, function: GlobalDef) -> bool {
    let Some(NodeKind::Apply { base, args }) = facts.def(function.def).annotation.map(|returns| facts.arena.kind(returns)) else {
        return false;
    };
    let is = |node: NodeId, wanted: &str| last_name(facts, node).is_some_and(|name| facts.text(name) == wanted);
    is(base, "Result") && facts.arena.list(args).nth(1).is_some_and(|failure| is(failure, "String"))
}

fn of_success(finding: Finding) -> Finding {
    Finding { message: finding.message.replace(", with a status of 5xx", ", with a status of success"), ..finding }
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
pub(super) fn errors_at_hand(program: &Program, function: GlobalDef, node: NodeId) -> Vec<(Name, NodeId)> {
    let facts = program.file(function.file);
    match facts.arena.kind(node) {
        NodeKind::Call { .. } if matches!(called_name(facts, node), Some("map_err" | "unwrap_or_else" | "or_else" | "handle_error")) => {
            arguments(facts, node)
                .filter_map(|argument| match facts.arena.kind(argument) {
                    NodeKind::Closure(def) => Some((facts.def(def).params.first()?.name?, facts.def(def).body?)),
                    _ => None,
                })
                .collect()
        }
        NodeKind::Match { subject, arms } => {
            let failing = facts.arena.list(arms).filter_map(|arm| match facts.arena.kind(arm) {
                NodeKind::Arm { pattern, body, .. } => {
                    Some((error_name(facts, pattern).or_else(|| inner_error(program, function, pattern))?, body))
                }
                _ => None,
            });
            let mut failing: Vec<_> = failing.collect();
            // `match error { sqlx::Error::RowNotFound => …, other => … }`
            if matches!(facts.arena.kind(subject), NodeKind::Name(_)) && is_error_of_library(program, function.file, subject) {
                failing.extend(facts.arena.list(arms).filter_map(|arm| match facts.arena.kind(arm) {
                    NodeKind::Arm { pattern, body, .. } => match facts.arena.kind(pattern) {
                        NodeKind::Name(name) => Some((name, body)),
                        _ => None,
                    },
                    _ => None,
                }));
            }
            if failing.is_empty() || own_error(program, function, subject) { Vec::new() } else { failing }
        }
        NodeKind::If { condition, then, .. } => {
            let mut found = None;
            facts.arena.walk(condition, |inner| {
                if let NodeKind::Assign { target, value, .. } = facts.arena.kind(inner) {
                    found = found.or_else(|| error_name(facts, target).filter(|_| !own_error(program, function, value)));
                }
            });
            found.map(|name| (name, then)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The name in `Err(sqlx::Error::Database(e))`: an error of a library within another of it.
fn inner_error(program: &Program, function: GlobalDef, pattern: NodeId) -> Option<Name> {
    let facts = program.file(function.file);
    let inside = |pattern: NodeId| match facts.arena.kind(pattern) {
        NodeKind::Call { callee, args, form: CallForm::Pattern } => Some((callee, facts.arena.list(args).next()?)),
        _ => None,
    };
    let (outer, variant) = inside(pattern)?;
    let (callee, bound) = inside(variant)?;
    let is_of_library = || {
        let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return false };
        is_error_of_library(program, function.file, object)
            || matches!(program.value(function.file, callee), Value::Unknown) && is_path_to_error(facts, object)
    };
    match facts.arena.kind(bound) {
        NodeKind::Name(name) if last_name(facts, outer).is_some_and(|name| facts.text(name) == "Err") && is_of_library() => Some(name),
        _ => None,
    }
}

/// `sqlx::Error`, written out.
fn is_path_to_error(facts: &FileFacts, node: NodeId) -> bool {
    let NodeKind::Member { object, name, path: true } = facts.arena.kind(node) else { return false };
    facts.text(name).ends_with("Error")
        && matches!(facts.arena.kind(object), NodeKind::Name(root) if !matches!(facts.text(root), "crate" | "self" | "super"))
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
            (is_server_status(facts, *parts.first()?)).then(|| parts[1..].to_vec())
        }
        NodeKind::Call { .. } => {
            let name = called_name(facts, node)?;
            let is_server = chain(facts, node).any(|link| called_name(facts, link) == Some("InternalServerError"))
                || link_argument(facts, node, &["status"]).is_some_and(|code| of_node(facts, code) == Status::Server);
            // `StatusError::internal_server_error().brief(text)`
            let is_brief = matches!(name, "brief" | "detail" | "cause")
                && chain(facts, node)
                    .any(|link| matches!(called_name(facts, link), Some("internal_server_error" | "bad_gateway" | "service_unavailable")));
            let is_made = matches!(name, "error" | "err" | "fail")
                && arguments(facts, node)
                    .next()
                    .is_some_and(|code| matches!(facts.arena.kind(code), NodeKind::Number(number) if facts.text(number) == "500"));
            // `ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, text)`, `with_status(text, StatusCode::BAD_GATEWAY)`, `status::Custom(…)`
            let is_of_status = is_plain_call(facts, node)
                && arguments(facts, node).len() > 1
                && arguments(facts, node).any(|argument| is_server_status(facts, argument_value(facts, argument)));
            (matches!(name, "body" | "json" | "message_body") && is_server || is_brief || is_made || is_of_status)
                .then(|| arguments(facts, node).collect())
        }
        _ => None,
    }
}

pub(super) fn is_plain_call(facts: &FileFacts, node: NodeId) -> bool {
    matches!(facts.arena.kind(node), NodeKind::Call { form, .. } if !matches!(form, CallForm::Pattern | CallForm::Macro))
}

/// A constant of 5xx, by its name: a bare number may be anything. Also what gRPC calls a failure of the server's: `Code::Internal`.
fn is_server_status(facts: &FileFacts, node: NodeId) -> bool {
    if let NodeKind::Member { object, name, .. } = facts.arena.kind(node)
        && last_name(facts, object).is_some_and(|class| facts.text(class) == "Code")
    {
        return matches!(facts.text(name), "Internal" | "Unavailable" | "DataLoss");
    }
    matches!(facts.arena.kind(node), NodeKind::Name(_) | NodeKind::Member { .. }) && of_node(facts, node) == Status::Server
}

/// What a framework answers with a status of 5xx: `ErrorInternalServerError(e)`, `Status::internal(e.to_string())`.
fn framework_answer(program: &Program, function: GlobalDef, node: NodeId) -> Option<Vec<NodeId>> {
    let facts = program.file(function.file);
    if !is_plain_call(facts, node) {
        return None;
    }
    let api = program.called_api(function.file, node)?;
    program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Responds).then(|| arguments(facts, node).collect())
}

/// An answer to which the same code gives its status in another statement: `let mut response = Response::new(text);
/// *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;`, `res.status_code(…); res.render(text)`, `code = …; message = text;`.
fn late_answer(facts: &FileFacts, code: NodeId, node: NodeId) -> Option<Vec<NodeId>> {
    let (parts, by_name) = match facts.arena.kind(node) {
        NodeKind::Call { callee, .. } => {
            let NodeKind::Member { object, name, .. } = facts.arena.kind(callee) else { return None };
            let is_response = facts.text(name) == "new" && last_name(facts, object).map(|name| facts.text(name)) == Some("Response");
            if !is_response && facts.text(name) != "render" {
                return None;
            }
            (arguments(facts, node).collect(), false)
        }
        NodeKind::Assign { target, value, .. } if matches!(facts.arena.kind(target), NodeKind::Name(_)) => (vec![value], true),
        _ => return None,
    };
    let mut late = false;
    facts.arena.walk(code, |inner| match facts.arena.kind(inner) {
        NodeKind::Assign { target, value, .. } => {
            let mut of_status = by_name && matches!(facts.arena.kind(target), NodeKind::Name(_));
            facts.arena.walk(target, |part| of_status |= called_name(facts, part) == Some("status_mut"));
            late |= of_status && is_server_status(facts, value);
        }
        NodeKind::Call { .. } if !by_name && called_name(facts, inner) == Some("status_code") => {
            late |= arguments(facts, inner).next().is_some_and(|status| is_server_status(facts, status));
        }
        _ => {}
    });
    late.then_some(parts)
}

/// The error as text in the answer: `e.to_string()`, `format!("{e}")`, also inside `Json(json!({…}))`, or in a local that stands there.
pub(super) fn told(program: &Program, function: GlobalDef, part: NodeId, (error, code): (Name, NodeId), follows: bool) -> Option<NodeId> {
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
            // `text_of(e)`
            NodeKind::Call { form, .. } if form != CallForm::Macro && makes_text(program, function.file, node) => {
                arguments(facts, node).next()
            }
            // `let body = json!({ "message": format!("{e}") });`
            NodeKind::Name(name) if follows && name != error => {
                let made = made_in(facts, code, name);
                found = found.or_else(|| made.into_iter().find_map(|value| told(program, function, value, (error, code), false)));
                None
            }
            _ => None,
        };
        if let Some(name) = text.filter(|&name| facts.arena.kind(name) == NodeKind::Name(error))
            && !is_own(program, function, name)
        {
            found = found.or(Some(node));
        }
        found.is_none()
    });
    found
}

/// A function of the project that makes a text of an error of a library, and not a fixed one.
fn makes_text(program: &Program, file: FileId, call: NodeId) -> bool {
    let NodeKind::Call { callee, .. } = program.file(file).arena.kind(call) else { return false };
    let Value::Def(called) = program.value(file, callee) else { return false };
    let facts = program.file(called.file);
    let def = facts.def(called.def);
    let [param] = &def.params[..] else { return false };
    let is_text = def.annotation.and_then(|returns| last_name(facts, returns)).is_some_and(|name| facts.text(name) == "String");
    let of_error = param.annotation.is_some_and(|annotation| is_error_of_library(program, called.file, annotation));
    let mut carries = false;
    if let Some(body) = def.body.filter(|_| is_text && of_error) {
        walk_deep(facts, body, |node| {
            if matches!(facts.arena.kind(node), NodeKind::Text { .. }) {
                carriers(facts, node, &mut |carrier, _| carries |= matches!(facts.arena.kind(carrier), NodeKind::Name(_)));
            }
            carries |= called_name(facts, node) == Some("to_string")
                && arguments(facts, node).next().is_none()
                && matches!(facts.arena.kind(node), NodeKind::Call { callee, .. } if matches!(facts.arena.kind(callee), NodeKind::Member { object, .. } if matches!(facts.arena.kind(object), NodeKind::Name(_))));
            !carries
        });
    }
    carries
}

/// An error of the project says what the project wants it to say.
fn is_own(program: &Program, function: GlobalDef, error: NodeId) -> bool {
    matches!(program.value(function.file, error), Value::Instance { .. })
}

/// What a local, or a field of it, is given in this code: `answer.details = e.to_string();`.
fn made_in(facts: &FileFacts, code: NodeId, name: Name) -> Vec<NodeId> {
    let mut made = Vec::new();
    facts.arena.walk(code, |node| {
        if let NodeKind::Declare { target, value: Some(value), .. } | NodeKind::Assign { target, value, .. } = facts.arena.kind(node)
            && match facts.arena.kind(target) {
                NodeKind::Member { object, path: false, .. } => facts.arena.kind(object) == NodeKind::Name(name),
                kind => kind == NodeKind::Name(name),
            }
        {
            made.push(value);
        }
    });
    made
}

pub(super) fn finding(program: &Program, function: GlobalDef, leak: NodeId) -> Finding {
    let facts = program.file(function.file);
    let called = match facts.arena.kind(leak) {
        NodeKind::Call { callee, .. } => Some(spell(facts, callee)),
        _ => None,
    };
    let message = match &called {
        Some(text) => format!("`{text}` sends the text of an unexpected error to the client, with a status of 5xx"),
        None => "the answer tells the client the text of an unexpected error, with a status of 5xx".to_string(),
    };
    let text = called.unwrap_or_else(|| "a text of the error".to_string());
    Finding {
        rule: "error-detail-leak".into(),
        level: if is_for_show(program.path(function.file)) || is_for_administrators(program, function) {
            Level::Note
        } else {
            Level::Warning
        },
        message,
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
