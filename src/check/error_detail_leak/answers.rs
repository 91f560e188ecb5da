//! What a statement answers a request with, and with which status.

use crate::check::error_texts::is_own_answer;
use crate::check::sensitive::{assigned, carriers};
use crate::check::status::{Status, of_node, status};
use crate::check::status_errors::raises_with_status;
use crate::model::body::{AssignOp, CallForm, CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts, Name};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{arguments, called_name, chain_root, last_name, walk_deep};
use crate::model::program::{Program, Value};
use crate::model::role::Role;
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::api_names;

/// What an expression or statement answers with, and its status.
pub(super) fn answer(program: &Program, file: FileId, node: NodeId, by_return: bool) -> Option<(Vec<NodeId>, Status)> {
    let facts = program.file(file);
    match facts.arena.kind(node) {
        NodeKind::Call { form, .. } if form != CallForm::Pattern => {
            let known = program.called_api(file, node).is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Responds));
            if known || is_called_like_answer(facts, node) || is_own_answer(program, file, node) {
                return Some((arguments(facts, node).collect(), status(program, file, node)));
            }
            // `next(new AppError({ statusCode: 500, message: err.message }))`
            if form == CallForm::New {
                return raised_answer(program, file, node);
            }
            handed_on(program, file, node)
        }
        NodeKind::Assign { target, value, op: AssignOp::Set } => {
            let NodeKind::Member { object, name, .. } = facts.arena.kind(target) else { return None };
            let is_body = facts.text(name) == "body"
                && last_name(facts, object).is_some_and(|name| matches!(facts.text(name), "ctx" | "context" | "response"));
            is_body.then(|| (vec![value], Status::None))
        }
        NodeKind::Return(Some(value)) if by_return && facts.language.family() == Family::TypeScript => {
            // Calls are answers of their own.
            let is_object = matches!(facts.arena.kind(value), NodeKind::Collection { .. } | NodeKind::Name(_));
            is_object.then(|| (vec![value], Status::None))
        }
        NodeKind::Return(Some(value)) if by_return || is_pair_with_status(facts, value) => match facts.arena.kind(value) {
            NodeKind::Collection { items, .. } | NodeKind::Other(items) if is_pair_with_status(facts, value) => {
                let parts: Vec<NodeId> = facts.arena.list(items).collect();
                let code = parts.get(1).map_or(Status::None, |&code| of_node(facts, code));
                let first = *parts.first()?;
                let is_call = matches!(facts.arena.kind(first), NodeKind::Call { .. });
                // `jsonify(error=str(e)), 500`
                let answered = if is_call && !by_value(facts, first) { arguments(facts, first).collect() } else { vec![first] };
                Some((answered, code))
            }
            NodeKind::Call { .. } => {
                let known =
                    program.called_api(file, value).is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Responds));
                // `return Outcome(success=False, text=str(e))`: the object is what it is made of.
                let answered = if makes_object(program, file, value) { arguments(facts, value).collect() } else { vec![value] };
                (!known).then_some((answered, Status::None))
            }
            _ => Some((vec![value], Status::None)),
        },
        _ => None,
    }
}

/// The call makes an object of a class of the project that describes data.
fn makes_object(program: &Program, file: FileId, call: NodeId) -> bool {
    let NodeKind::Call { callee, .. } = program.file(file).arena.kind(call) else { return false };
    let Value::Def(class) = program.value(file, callee) else { return false };
    let def = program.def(class);
    let own = program.file(class.file);
    let is_data = |&decorator: &NodeId| {
        let named = match own.arena.kind(decorator) {
            NodeKind::Call { callee, .. } => callee,
            _ => decorator,
        };
        last_name(own, named).is_some_and(|name| own.text(name) == "dataclass")
    };
    def.kind == DefKind::Class && (program.is(class, Role::Schema) || def.decorators.iter().any(is_data))
}

/// `throw new ApiError({ code: "internal_server_error", message })`: what is said there is sent with that status.
/// `new HttpProblem(err.message, 502)` of a class of the project that keeps the status it is given is an answer, too.
fn raised_answer(program: &Program, file: FileId, raised: NodeId) -> Option<(Vec<NodeId>, Status)> {
    let facts = program.file(file);
    if facts.language.family() != Family::TypeScript {
        return None;
    }
    let object = arguments(facts, raised).next()?;
    let NodeKind::Collection { items, .. } = facts.arena.kind(object) else {
        let keeps = raises_with_status(program, file, raised);
        return keeps.then(|| (arguments(facts, raised).collect(), status(program, file, raised)));
    };
    let mut message = None;
    let mut said = Status::None;
    for item in facts.arena.list(items) {
        let NodeKind::Entry { key, value } = facts.arena.kind(item) else { continue };
        match facts.string(key) {
            Some("message") => message = Some(value),
            Some("code" | "status" | "statusCode") => {
                said = match facts.string(value) {
                    Some(code) if code.eq_ignore_ascii_case("internal_server_error") => Status::Server,
                    // tRPC and GraphQL name the statuses.
                    Some(code) if api_names().statuses.client_codes.has(code) => Status::Client,
                    _ => of_node(facts, value),
                };
            }
            _ => {}
        }
    }
    let is_said = matches!(said, Status::Client | Status::Server);
    message.filter(|_| is_said).map(|message| (vec![message], said))
}

/// `sendError(res, err)`, where the project's own helper answers with what it is given: that argument, and the helper's status.
fn handed_on(program: &Program, file: FileId, call: NodeId) -> Option<(Vec<NodeId>, Status)> {
    let facts = program.file(file);
    let NodeKind::Call { callee, form: CallForm::Plain, .. } = facts.arena.kind(call) else { return None };
    if facts.language.family() != Family::TypeScript || arguments(facts, call).len() < 2 {
        return None;
    }
    let Value::Def(helper) = program.value(file, callee) else { return None };
    let own = program.file(helper.file);
    let def = own.def(helper.def);
    let takes_response = def.params.first().and_then(|param| param.name).is_some_and(|name| matches!(own.text(name), "res" | "response"));
    let body = def.body.filter(|_| takes_response && def.params.len() <= 4)?;
    let mut found = None;
    own.arena.walk(body, |node| {
        if found.is_some() || !matches!(own.arena.kind(node), NodeKind::Call { .. }) || !is_called_like_answer(own, node) {
            return;
        }
        let mut told: Vec<Name> = Vec::new();
        for argument in arguments(own, node) {
            carriers(own, argument, &mut |carrier, _| {
                let NodeKind::Name(name) = own.arena.kind(carrier) else { return };
                told.push(name);
                // `const data = { message: msg }; res.json(data)`
                if let [value] = assigned(own, helper.def, name)[..] {
                    carriers(own, value, &mut |inner, _| {
                        if let NodeKind::Name(name) = own.arena.kind(inner) {
                            told.push(name);
                        }
                    });
                }
            });
        }
        let at = def.params.iter().skip(1).position(|param| param.name.is_some_and(|name| told.contains(&name)));
        found = at.map(|at| (at + 1, status(program, helper.file, node)));
    });
    let (at, code) = found?;
    Some((vec![arguments(facts, call).nth(at)?], code))
}

/// A call whose result is what it is given: `str(e)`.
fn by_value(facts: &FileFacts, call: NodeId) -> bool {
    let mut carried = false;
    carriers(facts, call, &mut |_, _| carried = true);
    carried
}

/// `return body, 500`; `return False, str(e)` is none.
fn is_pair_with_status(facts: &FileFacts, value: NodeId) -> bool {
    let NodeKind::Collection { items, kind: CollectionKind::Tuple } = facts.arena.kind(value) else { return false };
    let is_outcome = |first: NodeId| matches!(facts.arena.kind(first), NodeKind::Bool(_) | NodeKind::Null);
    !facts.arena.list(items).next().is_some_and(is_outcome)
        && facts.arena.list(items).nth(1).is_some_and(|code| of_node(facts, code) != Status::None)
}

pub(super) fn is_called_like_answer(facts: &FileFacts, call: NodeId) -> bool {
    if facts.language.family() != Family::TypeScript {
        return false;
    }
    let NodeKind::Call { callee, form, .. } = facts.arena.kind(call) else { return false };
    let name = called_name(facts, call).unwrap_or_default();
    if form == CallForm::New {
        return matches!(name, "Response" | "NextResponse");
    }
    let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return false };
    let root = match facts.arena.kind(chain_root(facts, object)) {
        NodeKind::Name(name) => facts.text(name),
        _ => return false,
    };
    match name {
        "send" | "json" | "jsonp" | "end" | "render" | "redirect" => api_names().answers.objects.has(root),
        "text" | "html" => root == "c",
        _ => false,
    }
}

/// The status set by another statement of the same code: `res.status(400)`, `ctx.status = 500`.
pub(super) fn status_nearby(facts: &FileFacts, body: NodeId) -> Status {
    let mut found = Status::None;
    walk_deep(facts, body, |node| {
        let code = match facts.arena.kind(node) {
            NodeKind::Call { .. } if called_name(facts, node).is_some_and(|name| api_names().answers.sets_status.has(name)) => {
                arguments(facts, node).next()
            }
            NodeKind::Assign { target, value, .. } => {
                last_name(facts, target).filter(|name| api_names().answers.status.has(facts.text(*name))).map(|_| value)
            }
            _ => None,
        };
        if let (Some(code), Status::None) = (code, found) {
            found = of_node(facts, code);
        }
        true
    });
    found
}
