//! The HTTP status an answer has, as far as the code says it in place.

use super::password_settings::argument;
use super::sensitive::assigned;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::FileFacts;
use crate::model::knowledge::ArgumentRef;
use crate::model::nesting::{arguments, called_name, chain, last_name, spell};
use crate::model::program::Program;
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::api_names;

/// What kind of status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// None is said.
    None,
    /// 4xx.
    Client,
    /// 5xx, or one that is 5xx when nothing better is known (`err.status || 500`).
    Server,
    /// 2xx and 3xx.
    Fine,
    /// Computed.
    Unknown,
}

/// The status of a call that answers.
pub(super) fn status(program: &Program, file: FileId, call: NodeId) -> Status {
    let facts = program.file(file);
    if let Some(by_name) = of_exception(called_name(facts, call).unwrap_or_default()) {
        return by_name;
    }
    for name in ["status_code", "status", "code", "http_status_code"] {
        if let Some(code) = argument(facts, call, &ArgumentRef::Name(name.to_string())) {
            return of_node(facts, code);
        }
    }
    // `res.status(500).json(x)`, `reply.code(500).send(x)`
    if facts.language.family() == Family::TypeScript {
        if let Some(code) = link_argument(facts, call, &["status", "code", "writeHead"]) {
            return of_value(program, file, code);
        }
        for at in ["1.status", "1.statusCode"] {
            if let Some(code) = argument(facts, call, &ArgumentRef::Name(at.to_string())) {
                return of_node(facts, code);
            }
        }
    }
    let is_code = |at: usize| {
        arguments(facts, call)
            .nth(at)
            .map(|node| of_node(facts, node))
            .filter(|status| matches!(status, Status::Client | Status::Server | Status::Fine))
    };
    // `abort(500, text)`, `HTTPException(500, text)`, `c.json(x, 500)`, `new HttpException(x, 500)`, `Response(x, 500)`
    is_code(0).or_else(|| is_code(1)).unwrap_or_else(|| {
        let dynamic = called_name(facts, call).is_some_and(|name| matches!(name, "HttpException" | "HTTPException" | "abort"));
        if dynamic { Status::Unknown } else { Status::None }
    })
}

/// The status a node says, or the one value of the local it is: `const status = error.status || 500`.
pub(super) fn of_value(program: &Program, file: FileId, node: NodeId) -> Status {
    let facts = program.file(file);
    if let NodeKind::Name(name) = facts.arena.kind(node)
        && let [value] = assigned(facts, program.nesting(file).owner(node), name)[..]
    {
        return of_node(facts, value);
    }
    // `err.statusCode = err.statusCode || 500`, and then `res.status(err.statusCode)`
    if let (NodeKind::Member { name, .. }, Family::TypeScript) = (facts.arena.kind(node), facts.language.family())
        && matches!(facts.text(name), "statusCode" | "status")
    {
        let given = facts.arena.ids().find_map(|at| match facts.arena.kind(at) {
            NodeKind::Assign { target, value, .. } => {
                let same = matches!(facts.arena.kind(target), NodeKind::Member { name: own, .. } if own == name);
                (same && spell(facts, target) == spell(facts, node)).then_some(value)
            }
            _ => None,
        });
        if let Some(Status::Server) = given.map(|value| of_node(facts, value)) {
            return Status::Server;
        }
    }
    of_node(facts, node)
}

/// Classes whose name is their status.
fn of_exception(name: &str) -> Option<Status> {
    match name {
        name if api_names().failures.server_errors.has(name) => Some(Status::Server),
        name if api_names().failures.client_errors.has(name) => Some(Status::Client),
        _ => None,
    }
}

/// The status a node says: a number, or the name of a constant.
pub(super) fn of_node(facts: &FileFacts, node: NodeId) -> Status {
    match facts.arena.kind(node) {
        NodeKind::Number(text) => match facts.text(text).parse::<u32>() {
            Ok(400..=499) => Status::Client,
            Ok(500..=599) => Status::Server,
            Ok(100..=399) => Status::Fine,
            _ => Status::None,
        },
        NodeKind::Name(name) | NodeKind::Member { name, .. } => of_constant(facts.text(name)),
        NodeKind::Binary { left, right, .. } => either(of_node(facts, left), of_node(facts, right)),
        NodeKind::If { then, otherwise, .. } => {
            otherwise.map_or(Status::Unknown, |otherwise| either(of_node(facts, then), of_node(facts, otherwise)))
        }
        NodeKind::Call { .. } | NodeKind::Index { .. } => last_name(facts, node).map_or(Status::Unknown, |_| Status::Unknown),
        NodeKind::Argument { .. } | NodeKind::Str(_) | NodeKind::Text { .. } | NodeKind::Collection { .. } => Status::None,
        _ => Status::None,
    }
}

fn either(first: Status, second: Status) -> Status {
    match (first, second) {
        (Status::Server, _) | (_, Status::Server) => Status::Server,
        (Status::Client, Status::Client) => Status::Client,
        _ => Status::Unknown,
    }
}

fn of_constant(name: &str) -> Status {
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    if name.starts_with("HTTP_") && digits.len() == 3 {
        return match digits.as_bytes()[0] {
            b'4' => Status::Client,
            b'5' => Status::Server,
            _ => Status::Fine,
        };
    }
    match name {
        name if api_names().failures.server_constants.has(name) => Status::Server,
        name if api_names().failures.client_constants.has(name) => Status::Client,
        name if api_names().statuses.fine.has(name) => Status::Fine,
        _ => Status::Unknown,
    }
}

/// The last call of a chain with this name, with its first argument.
pub(super) fn link_argument(facts: &FileFacts, call: NodeId, names: &[&str]) -> Option<NodeId> {
    chain(facts, call)
        .filter(|&link| called_name(facts, link).is_some_and(|name| names.contains(&name)))
        .find_map(|link| arguments(facts, link).next())
}
