//! Where an unexpected error is at hand: handlers of exceptions, callbacks, error middlewares, and errors that a library gives instead of throwing them.

use crate::check::error_texts::handed_error;
use crate::check::sensitive::{assigned, parts};
use crate::model::body::{List, NodeId, NodeKind};
use crate::model::facts::{DefId, Definition, FileFacts, Name, Param};
use crate::model::nesting::{arguments, called_name, last_name};
use crate::model::program::{CallKind, Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::model::words::has_word;
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// Code that runs with an unexpected error at hand.
pub(super) struct Caught {
    /// The name of the error; `None` where it has none (`except:` with `traceback.format_exc()`).
    pub(super) error: Option<Name>,
    pub(super) body: NodeId,
    /// Where it is caught, for the finding.
    pub(super) place: NodeId,
    pub(super) how: &'static str,
    /// Named and foreseen: its message may be meant, its trace is not.
    pub(super) foreseen: bool,
    /// Caught is whatever there is, or what a database says: no status makes that a message for the client.
    pub(super) whatever: bool,
    /// Caught elsewhere, and handed over: a helper may be for errors of one kind.
    pub(super) is_handed: bool,
}

/// The class of errors that nobody has foreseen, or the status they end in.
pub(super) fn is_unforeseen(facts: &FileFacts, what: NodeId) -> bool {
    is_broad(facts, what) || matches!(facts.arena.kind(what), NodeKind::Number(number) if facts.text(number) == "500")
}

/// Flask's handlers of 500 are given an error of its own with a fixed text; the real one is in `original_exception`.
pub(super) fn is_wrapped(facts: &FileFacts, register: &str, what: NodeId) -> bool {
    let is_status = matches!(facts.arena.kind(what), NodeKind::Number(number) if facts.text(number) == "500");
    let is_class = || last_name(facts, what).is_some_and(|name| api_names().errors.wrapped.has(facts.text(name)));
    api_names().errors.wrapping.has(register) && (is_status || is_class())
}

/// The places of a function at which anything may have been caught.
pub(super) fn caught(program: &Program, function: GlobalDef, is_registered: bool) -> Vec<Caught> {
    let facts = program.file(function.file);
    let def = facts.def(function.def);
    let Some(body) = def.body else { return Vec::new() };
    let mut found = Vec::new();
    let mut results: Vec<Name> = Vec::new();
    facts.arena.walk(body, |node| match facts.arena.kind(node) {
        NodeKind::Declare { target, value: Some(value), .. } => results.extend(error_of_result(program, function.file, target, value)),
        NodeKind::If { condition, then, .. } => {
            if let NodeKind::Name(name) = facts.arena.kind(condition)
                && results.contains(&name)
            {
                found.push(Caught {
                    error: Some(name),
                    body: then,
                    place: node,
                    how: "whatever the call fails with",
                    foreseen: false,
                    whatever: false,
                    is_handed: false,
                });
            }
        }
        NodeKind::Handler { types, binding, body } => {
            let is_broad = facts.arena.list(types).len() == 0 || facts.arena.list(types).any(|each| is_broad(facts, each));
            let error = binding.and_then(|binding| match facts.arena.kind(binding) {
                NodeKind::Name(name) => Some(name),
                // `catch ({ message })`: its text, under a name of its own.
                NodeKind::Collection { items, .. } => facts.arena.list(items).find_map(|item| match facts.arena.kind(item) {
                    NodeKind::Entry { key, value } if matches!(facts.string(key), Some("message" | "stack")) => last_name(facts, value),
                    _ => None,
                }),
                _ => None,
            });
            let how = if is_broad { "anything may be caught here" } else { "it is caught here" };
            let whatever = facts.language.family() == Family::Python && catches_whatever(facts, types);
            let is_broad = is_broad && !(catches_only_runtime_errors(facts, types) && raises_them_itself(program, function, node));
            found.push(Caught { error, body, place: node, how, foreseen: !is_broad, whatever, is_handed: false });
        }
        NodeKind::Call { .. } => found.extend(given_error(facts, node)),
        _ => {}
    });
    let handler = error_handler(program, function, body, is_registered);
    if let (None, error @ Some(_)) = (&handler, handed_error(program, function)) {
        let how = "it is handed whatever was caught elsewhere";
        found.push(Caught { error, body, place: body, how, foreseen: false, whatever: true, is_handed: true });
    }
    found.extend(handler);
    found
}

/// `except RuntimeError`, and nothing else that anything may raise.
fn catches_only_runtime_errors(facts: &FileFacts, types: List) -> bool {
    facts.language.family() == Family::Python
        && facts.arena.list(types).len() > 0
        && facts.arena.list(types).all(|class| last_name(facts, class).is_some_and(|name| facts.text(name) == "RuntimeError"))
}

/// What is tried calls functions of the project that raise a `RuntimeError` with a text of their own, and with no other: it is theirs that is caught.
fn raises_them_itself(program: &Program, function: GlobalDef, handler: NodeId) -> bool {
    let facts = program.file(function.file);
    let nesting = program.nesting(function.file);
    let Some(NodeKind::Try { body, .. }) = nesting.parent(handler).map(|parent| facts.arena.kind(parent)) else { return false };
    let mut called: Vec<GlobalDef> = Vec::new();
    facts.arena.walk(body, |node| {
        let owner = GlobalDef { file: function.file, def: nesting.owner(node) };
        let edges = program.calls_at(owner, node).iter().filter(|edge| edge.kind == CallKind::Call);
        called.extend(edges.map(|edge| edge.callee));
    });
    let direct = called.len();
    for at in 0..direct.min(16) {
        let edges = program.calls_from(called[at]).iter().filter(|edge| edge.kind == CallKind::Call);
        called.extend(edges.take(32).map(|edge| edge.callee));
    }
    let (mut own, mut others) = (0, 0);
    for callee in called {
        let facts = program.file(callee.file);
        let Some(body) = facts.def(callee.def).body else { continue };
        facts.arena.walk(body, |node| {
            if let NodeKind::Raise(Some(raised)) = facts.arena.kind(node)
                && called_name(facts, raised) == Some("RuntimeError")
            {
                // `text = "the kiln is cold"; raise RuntimeError(text)`
                let is_text = |argument: NodeId| match facts.arena.kind(argument) {
                    NodeKind::Name(name) => {
                        let values = assigned(facts, callee.def, name);
                        !values.is_empty() && values.into_iter().all(|value| facts.string(value).is_some())
                    }
                    _ => facts.string(argument).is_some(),
                };
                let is_constant = arguments(facts, raised).all(is_text);
                if is_constant { own += 1 } else { others += 1 }
            }
        });
    }
    own > 0 && others == 0
}

/// `const { data, error } = await client.from("tours").select()`: the error of a library that gives it instead of throwing it.
fn error_of_result(program: &Program, file: FileId, target: NodeId, value: NodeId) -> Option<Name> {
    let facts = program.file(file);
    let (NodeKind::Collection { items, .. }, NodeKind::Await(call)) = (facts.arena.kind(target), facts.arena.kind(value)) else {
        return None;
    };
    let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return None };
    let is_own = matches!(program.value(file, callee), Value::Def(_) | Value::Method { .. });
    if facts.language.family() != Family::TypeScript || is_own || looks_at_input(facts, call) {
        return None;
    }
    let named = |wanted: &str| {
        facts.arena.list(items).find_map(|item| match facts.arena.kind(item) {
            NodeKind::Entry { key, value } if facts.string(key) == Some(wanted) => match facts.arena.kind(value) {
                NodeKind::Name(name) => Some(name),
                _ => None,
            },
            NodeKind::Name(name) if facts.text(name) == wanted => Some(name),
            _ => None,
        })
    };
    named("success").map_or_else(|| named("error"), |_| None)
}

/// Classes of exceptions that hold what nobody has foreseen, or what a database says.
fn is_broad(facts: &FileFacts, class: NodeId) -> bool {
    let Some(name) = last_name(facts, class) else {
        return matches!(facts.arena.kind(class), NodeKind::Collection { .. }) && any_broad(facts, class);
    };
    api_names().errors.broad.has(facts.text(name))
}

/// `except:`, `except Exception`, or all that a database may say.
fn catches_whatever(facts: &FileFacts, types: List) -> bool {
    facts.arena.list(types).len() == 0 || facts.arena.list(types).any(|class| is_whatever(facts, class))
}

/// The class, or one of several in brackets.
fn is_whatever(facts: &FileFacts, class: NodeId) -> bool {
    if let NodeKind::Collection { items, .. } = facts.arena.kind(class) {
        return facts.arena.list(items).any(|class| is_whatever(facts, class));
    }
    last_name(facts, class).is_some_and(|name| api_names().errors.whatever.has(facts.text(name)))
}

fn any_broad(facts: &FileFacts, classes: NodeId) -> bool {
    let mut found = false;
    facts.arena.children(classes, |child| found |= last_name(facts, child).is_some() && is_broad(facts, child));
    found
}

/// `promise.catch((err) => …)`, `promise.then(done, (err) => …)`, `db.query(sql, (err, rows) => …)`.
fn given_error(facts: &FileFacts, call: NodeId) -> Vec<Caught> {
    if facts.language.family() != Family::TypeScript {
        return Vec::new();
    }
    let name = called_name(facts, call);
    let mut found = Vec::new();
    for (at, argument) in arguments(facts, call).enumerate() {
        let catches = name == Some("catch") || name == Some("then") && at == 1;
        let NodeKind::Closure(def) = facts.arena.kind(argument) else { continue };
        let def = facts.def(def);
        let first = def.params.first().and_then(|param| param.name);
        // `req.logout((err) => …)`, `passport.authenticate("local", (err, user, info) => …)`; an event may be called `e`.
        let names_error = first.is_some_and(|name| is_error_name(facts.text(name)));
        let is_long = first.is_some_and(|name| matches!(facts.text(name).trim_start_matches('_'), "err" | "error"));
        let answers =
            |param: &Param| param.name.is_some_and(|name| api_names().answers.parameters.has(facts.text(name).trim_start_matches('_')));
        let is_callback = match def.params.len() {
            2 => names_error,
            1 | 3 => is_long && !name.is_some_and(|name| api_names().errors.of_items.has(name)) && !def.params.iter().any(answers),
            _ => false,
        };
        if let (true, Some(body)) = (catches || is_callback, def.body)
            && first.is_some()
        {
            let how = if catches { "whatever the promise fails with" } else { "whatever the call fails with" };
            found.push(Caught { error: first, body, place: argument, how, foreseen: false, whatever: false, is_handed: false });
        }
    }
    found
}

fn is_error_name(name: &str) -> bool {
    vocabulary().errors.names.has(name)
}

/// An error middleware of Express, or a handler of all exceptions.
fn error_handler(program: &Program, function: GlobalDef, body: NodeId, is_registered: bool) -> Option<Caught> {
    let facts = program.file(function.file);
    let def = facts.def(function.def);
    let params: Vec<&str> = def.params.iter().map(|param| param.name.map(|name| facts.text(name)).unwrap_or_default()).collect();
    let is_handler = facts.language.family() == Family::TypeScript
        && params.first().is_some_and(|first| is_error_name(first))
        && params.get(2).is_some_and(|third| matches!(third.trim_start_matches('_'), "res" | "response" | "reply"));
    // With three, its name has to say so: `onError(err, req, res)`.
    let express = is_handler
        && match params.len() {
            4 => params[3].trim_start_matches('_').starts_with("next"),
            3 => has_word(facts.text(def.name), &["error", "errors"]),
            _ => false,
        };
    // `@ErrorHandler(StockError)`: what the project says itself.
    let is_own = |what: NodeId| matches!(program.value(function.file, what), Value::Def(class) if class.def != DefId::MODULE);
    if def.decorators.iter().any(|&decorator| arguments(facts, decorator).next().is_some_and(is_own)) {
        return None;
    }
    if express || of_context(facts, def, &params) || sends_error(program, function, &params) {
        let how = "every error that reaches the server's end comes here";
        return Some(Caught { error: def.params[0].name, body, place: body, how, foreseen: false, whatever: false, is_handed: false });
    }
    let decorated = def.decorators.iter().any(|&decorator| {
        called_name(facts, decorator).is_some_and(|name| api_names().errors.decorators.has(name))
            && arguments(facts, decorator).next().is_some_and(|what| {
                is_unforeseen(facts, what) && !is_wrapped(facts, called_name(facts, decorator).unwrap_or_default(), what)
            })
    });
    let all = decorated || is_registered;
    let error = def.params.iter().filter_map(|param| param.name).find(|name| is_error_name(facts.text(*name)));
    let how = if decorated { "every exception that nobody handles comes here" } else { "the errors it is registered for come here" };
    (all && error.is_some()).then_some(Caught { error, body, place: body, how, foreseen: false, whatever: false, is_handed: false })
}

/// Hono's: `const onError: ErrorHandler = (err, c) => c.json({ … })`.
fn of_context(facts: &FileFacts, def: &Definition, params: &[&str]) -> bool {
    facts.language.family() == Family::TypeScript
        && params.len() == 2
        && is_error_name(params[0])
        && matches!(params[1], "c" | "ctx" | "context")
        && has_word(facts.text(def.name), &["error", "errors"])
}

/// What an error handler leaves the answer to, unless it is for developers: `sendError(err, res)`.
fn sends_error(program: &Program, function: GlobalDef, params: &[&str]) -> bool {
    let facts = program.file(function.file);
    let name = facts.text(facts.def(function.def).name);
    facts.language.family() == Family::TypeScript
        && params.len() == 2
        && is_error_name(params[0])
        && matches!(params[1], "res" | "response" | "reply")
        && vocabulary().errors.errors.in_name(name)
        && vocabulary().errors.sending.in_name(name)
        && !vocabulary().errors.for_developers.in_name(name)
}

/// A call that only reads or judges what came in: `schema.validateAsync(body)`, `c.req.json()`, `jwtVerify(token, key)`.
pub(super) fn looks_at_input(facts: &FileFacts, call: NodeId) -> bool {
    parts(called_name(facts, call).unwrap_or_default()).iter().any(|word| vocabulary().errors.judging.has(word))
}

pub(super) fn is_error(facts: &FileFacts, node: NodeId, caught: &Caught) -> bool {
    match facts.arena.kind(node) {
        NodeKind::Name(name) => Some(name) == caught.error,
        NodeKind::Cast { value, .. } => is_error(facts, value, caught),
        _ => false,
    }
}
