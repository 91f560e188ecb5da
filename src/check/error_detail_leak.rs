//! `error-detail-leak`: the text or the trace of an unexpected error in the answer to a client, or a debug mode that shows it.
//!
//! An error is unexpected where anything may be caught: `except Exception`, a `catch`, an error middleware, the first parameter of a callback. In a
//! branch that asks what the error is, its message is one of the project's own. An answer with a status of 4xx is meant for the
//! client where only input was looked at, in TypeScript; elsewhere always. One without a status counts as one that is not.

use std::collections::BTreeSet;

use super::Context;
use super::debug_mode;
use super::requests::{has_fact, in_development_branch};
use super::rust_error_types::{ErrorTypes, error_types};
use super::scope::in_scope;
use super::sensitive::{assigned, carriers, parts};
use super::status::{Status, status};
use super::status_errors::raises_with_status;
use super::unbounded_query::is_answered;
use crate::model::body::{AssignOp, BinaryOp, CallForm, List, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, Definition, FileFacts, Name, Param};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{Nesting, arguments, called_name, chain, chain_root, last_name, spell, walk_deep};
use crate::model::program::{CallKind, Program, Resolution, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::model::words::has_word;

const RULE: &str = "error-detail-leak";

/// Most calls between a handler and a function whose result it answers with.
const MAX_STEPS: usize = 3;

/// Code that runs with an unexpected error at hand.
struct Caught {
    /// The name of the error; `None` where it has none (`except:` with `traceback.format_exc()`).
    error: Option<Name>,
    body: NodeId,
    /// Where it is caught, for the finding.
    place: NodeId,
    how: &'static str,
    /// Named and foreseen: its message may be meant, its trace is not.
    foreseen: bool,
    /// Caught is whatever there is, or what a database says: no status makes that a message for the client.
    whatever: bool,
}

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
    context.in_files(RULE, Known { handlers, by_return, through, registered, has_handler, types: error_types(context) }, in_file)
}

/// Functions of Python whose result a handler answers with, itself or by way of another: `return await service.check()`.
fn answered(context: &Context, handlers: &BTreeSet<GlobalDef>) -> BTreeSet<GlobalDef> {
    let program = context.program;
    let mut found = BTreeSet::new();
    let mut level: Vec<GlobalDef> = handlers.iter().copied().filter(|&handler| in_scope(program, handler)).collect();
    for _ in 0..MAX_STEPS {
        let mut next = Vec::new();
        for function in level {
            let facts = program.file(function.file);
            if facts.language.family() != Family::Python {
                continue;
            }
            for edge in program.calls_from(function) {
                let follows = edge.kind == CallKind::Call && edge.resolution != Resolution::NameOnly;
                if follows
                    && !handlers.contains(&edge.callee)
                    && is_answered(facts, program.nesting(function.file), edge.site)
                    && found.insert(edge.callee)
                {
                    next.push(edge.callee);
                }
            }
        }
        level = next;
    }
    found
}

/// The file, if it registers what unanswered errors come to.
fn sets_handler(context: &Context, (): &(), file: FileId) -> Vec<FileId> {
    let program = context.program;
    let facts = program.file(file);
    let sets = |node: NodeId| {
        matches!(facts.arena.kind(node), NodeKind::Call { .. }) && has_fact(program, file, node, |fact| *fact == ApiFact::SetsErrorHandler)
    };
    let has = facts.language.family() == Family::TypeScript && in_scope(program, GlobalDef { file, def: DefId::MODULE });
    (has && facts.arena.ids().any(sets)).then_some(file).into_iter().collect()
}

/// Functions that are registered for errors which nobody has foreseen: `app.add_exception_handler(IntegrityError, on_integrity_error)`.
fn registered(context: &Context, (): &(), file: FileId) -> Vec<GlobalDef> {
    let program = context.program;
    let facts = program.file(file);
    if facts.language.family() != Family::Python || !in_scope(program, GlobalDef { file, def: DefId::MODULE }) {
        return Vec::new();
    }
    let calls = facts
        .arena
        .ids()
        .filter(|&node| matches!(called_name(facts, node), Some("add_exception_handler" | "register_error_handler" | "add_error_handler")));
    calls
        .filter_map(|call| {
            let mut given = arguments(facts, call);
            given.next().filter(|&what| is_unforeseen(facts, what))?;
            match program.value(file, given.next()?) {
                Value::Def(function) => Some(function),
                _ => None,
            }
        })
        .collect()
}

/// The class of errors that nobody has foreseen, or the status they end in.
fn is_unforeseen(facts: &FileFacts, what: NodeId) -> bool {
    is_broad(facts, what) || matches!(facts.arena.kind(what), NodeKind::Number(number) if facts.text(number) == "500")
}

/// Functions of the project whose result a handler answers with as it is: `res.json(await orders.place(body))`, `return this.orders.place(body)`.
fn answered_with(program: &Program, handler: GlobalDef, by_return: bool) -> Vec<GlobalDef> {
    let facts = program.file(handler.file);
    let mut found = Vec::new();
    let Some(body) = program.def(handler).body.filter(|_| facts.language.family() == Family::TypeScript) else { return found };
    let mut add = |value: NodeId| {
        let mut value = value;
        if let NodeKind::Name(name) = facts.arena.kind(value)
            && let [only] = assigned(facts, handler.def, name)[..]
        {
            value = only;
        }
        while let NodeKind::Await(inner) | NodeKind::Cast { value: inner, .. } = facts.arena.kind(value) {
            value = inner;
        }
        let edges = program.calls_at(handler, value).iter();
        found.extend(edges.filter(|edge| edge.kind == CallKind::Call && edge.resolution != Resolution::NameOnly).map(|edge| edge.callee));
    };
    // `(request) => orders.place(request.body)`
    let whole = match facts.arena.kind(body) {
        NodeKind::Block { items, value: true } => facts.arena.list(items).last(),
        NodeKind::Block { .. } => None,
        _ => Some(body),
    };
    whole.filter(|_| by_return).into_iter().for_each(&mut add);
    facts.arena.walk(body, |node| match facts.arena.kind(node) {
        NodeKind::Return(Some(value)) if by_return => add(value),
        NodeKind::Call { .. } if is_called_like_answer(facts, node) => arguments(facts, node).for_each(&mut add),
        _ => {}
    });
    found
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
}

fn in_file(context: &Context, known: &Known, file: FileId) -> Vec<Finding> {
    let program = context.program;
    let mut findings = Vec::new();
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
            let told = in_caught(context, nesting, function, &caught, answers_by_return, known.has_handler);
            // Whether the handler looks at the result first is not known.
            findings.extend(told.into_iter().map(|told| if is_note { Finding { level: Level::Note, ..told } } else { told }));
            if (answers_by_return || facts.language.family() == Family::TypeScript) && !caught.foreseen {
                findings.extend(kept_for_later(context, nesting, function, &caught));
            }
        }
        if facts.language.family() == Family::Rust {
            findings.extend(super::rust_error_leak::in_function(program, &known.types, function, known.handlers.contains(&function)));
        }
    }
    findings.extend(super::rust_error_leak::in_types(program, &known.types, file));
    findings.extend(debug_mode::in_file(program, file));
    let mut seen = BTreeSet::new();
    findings.retain(|finding| seen.insert((finding.primary.location.path.clone(), finding.primary.location.span)));
    findings
}

/// The places of a function at which anything may have been caught.
fn caught(program: &Program, function: GlobalDef, is_registered: bool) -> Vec<Caught> {
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
                });
            }
        }
        NodeKind::Handler { types, binding, body } => {
            let is_broad = facts.arena.list(types).len() == 0 || facts.arena.list(types).any(|each| is_broad(facts, each));
            let error = binding.and_then(|binding| match facts.arena.kind(binding) {
                NodeKind::Name(name) => Some(name),
                _ => None,
            });
            let how = if is_broad { "anything may be caught here" } else { "it is caught here" };
            let whatever = facts.language.family() == Family::Python && catches_whatever(facts, types);
            found.push(Caught { error, body, place: node, how, foreseen: !is_broad, whatever });
        }
        NodeKind::Call { .. } => found.extend(given_error(facts, node)),
        _ => {}
    });
    found.extend(error_handler(program, function, body, is_registered));
    found
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
    matches!(
        facts.text(name),
        "Exception"
            | "BaseException"
            | "StandardError"
            | "RuntimeError"
            | "OSError"
            | "IOError"
            | "DatabaseError"
            | "OperationalError"
            | "IntegrityError"
            | "ProgrammingError"
            | "SQLAlchemyError"
            | "PyMongoError"
            | "ClientError"
            | "PsycopgError"
            | "DBAPIError"
            | "InterfaceError"
            | "SubprocessError"
            | "CalledProcessError"
    )
}

/// `except:`, `except Exception`, or all that a database may say.
fn catches_whatever(facts: &FileFacts, types: List) -> bool {
    let all = |class: NodeId| {
        last_name(facts, class).is_some_and(|name| {
            matches!(
                facts.text(name),
                "Exception"
                    | "BaseException"
                    | "DatabaseError"
                    | "OperationalError"
                    | "ProgrammingError"
                    | "SQLAlchemyError"
                    | "PyMongoError"
                    | "DBAPIError"
            )
        })
    };
    facts.arena.list(types).len() == 0 || facts.arena.list(types).any(all)
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
        let answers = |param: &Param| {
            param.name.is_some_and(|name| matches!(facts.text(name).trim_start_matches('_'), "res" | "response" | "reply" | "next"))
        };
        let is_callback = match def.params.len() {
            2 => names_error,
            1 | 3 => is_long && !name.is_some_and(|name| OF_ITEMS.contains(&name)) && !def.params.iter().any(answers),
            _ => false,
        };
        if let (true, Some(body)) = (catches || is_callback, def.body)
            && first.is_some()
        {
            let how = if catches { "whatever the promise fails with" } else { "whatever the call fails with" };
            found.push(Caught { error: first, body, place: argument, how, foreseen: false, whatever: false });
        }
    }
    found
}

fn is_error_name(name: &str) -> bool {
    matches!(name, "err" | "error" | "e" | "ex" | "exc" | "exception" | "_err" | "_error")
}

/// What is given a function of results or items, whatever they are called.
const OF_ITEMS: &[&str] = &["then", "map", "flatMap", "forEach", "filter", "find", "some", "every", "reduce", "sort"];

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
    if express || of_context(facts, def, &params) || sends_error(program, function, &params) {
        let how = "every error that reaches the server's end comes here";
        return Some(Caught { error: def.params[0].name, body, place: body, how, foreseen: false, whatever: false });
    }
    let decorated = def.decorators.iter().any(|&decorator| {
        matches!(called_name(facts, decorator), Some("errorhandler" | "app_errorhandler" | "exception_handler" | "error_handler"))
            && arguments(facts, decorator).next().is_some_and(|what| is_unforeseen(facts, what))
    });
    let all = decorated || is_registered;
    let error = def.params.iter().filter_map(|param| param.name).find(|name| is_error_name(facts.text(*name)));
    let how = "every exception that nobody handles comes here";
    (all && error.is_some()).then_some(Caught { error, body, place: body, how, foreseen: false, whatever: false })
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
        && has_word(name, &["err", "error", "errors"])
        && has_word(name, &["send", "handle", "respond"])
        && !has_word(name, &["dev", "development", "debug", "local"])
}

/// The local that an assignment is to, or to a field of: `text = …`, in TypeScript also `results.text = …`.
fn kept_in(facts: &FileFacts, target: NodeId) -> Option<Name> {
    match facts.arena.kind(target) {
        NodeKind::Name(name) => Some(name),
        NodeKind::Member { object, .. } if facts.language.family() == Family::TypeScript => match facts.arena.kind(object) {
            NodeKind::Name(name) if !matches!(facts.text(name), "ctx" | "context" | "res" | "response" | "reply" | "set" | "this") => {
                Some(name)
            }
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

/// An answer with this status tells what the error says.
fn is_told(context: &Context, function: GlobalDef, caught: &Caught, status: Status) -> bool {
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

/// A call that only reads or judges what came in: `schema.validateAsync(body)`, `c.req.json()`, `jwtVerify(token, key)`.
fn looks_at_input(facts: &FileFacts, call: NodeId) -> bool {
    parts(called_name(facts, call).unwrap_or_default()).iter().any(|word| {
        matches!(
            word.as_str(),
            "valid"
                | "validate"
                | "validated"
                | "validation"
                | "validator"
                | "verify"
                | "parse"
                | "json"
                | "text"
                | "form"
                | "decode"
                | "body"
                | "check"
        )
    })
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

/// What an expression or statement answers with, and its status.
fn answer(program: &Program, file: FileId, node: NodeId, by_return: bool) -> Option<(Vec<NodeId>, Status)> {
    let facts = program.file(file);
    match facts.arena.kind(node) {
        NodeKind::Call { form, .. } if form != CallForm::Pattern => {
            let known = program.called_api(file, node).is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Responds));
            if known || is_called_like_answer(facts, node) {
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
                let code = parts.get(1).map_or(Status::None, |&code| super::status::of_node(facts, code));
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
                    Some(code) if CODES.contains(&code) => Status::Client,
                    _ => super::status::of_node(facts, value),
                };
            }
            _ => {}
        }
    }
    let is_said = matches!(said, Status::Client | Status::Server);
    message.filter(|_| is_said).map(|message| (vec![message], said))
}

/// Statuses of 4xx by name.
const CODES: &[&str] = &[
    "BAD_REQUEST",
    "UNAUTHORIZED",
    "FORBIDDEN",
    "NOT_FOUND",
    "CONFLICT",
    "PRECONDITION_FAILED",
    "UNPROCESSABLE_CONTENT",
    "BAD_USER_INPUT",
    "UNAUTHENTICATED",
];

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
    let NodeKind::Collection { items, kind: crate::model::body::CollectionKind::Tuple } = facts.arena.kind(value) else { return false };
    let is_outcome = |first: NodeId| matches!(facts.arena.kind(first), NodeKind::Bool(_) | NodeKind::Null);
    !facts.arena.list(items).next().is_some_and(is_outcome)
        && facts.arena.list(items).nth(1).is_some_and(|code| super::status::of_node(facts, code) != Status::None)
}

fn is_called_like_answer(facts: &FileFacts, call: NodeId) -> bool {
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
        "send" | "json" | "jsonp" | "end" | "render" | "redirect" => {
            matches!(root, "res" | "response" | "reply" | "resp" | "NextResponse" | "Response")
        }
        "text" | "html" => root == "c",
        _ => false,
    }
}

/// The status set by another statement of the same code: `res.status(400)`, `ctx.status = 500`.
fn status_nearby(facts: &FileFacts, body: NodeId) -> Status {
    let mut found = Status::None;
    walk_deep(facts, body, |node| {
        let code = match facts.arena.kind(node) {
            NodeKind::Call { .. } if matches!(called_name(facts, node), Some("status" | "code" | "writeHead")) => {
                arguments(facts, node).next()
            }
            NodeKind::Assign { target, value, .. } => {
                last_name(facts, target).filter(|name| matches!(facts.text(*name), "status" | "statusCode" | "status_code")).map(|_| value)
            }
            _ => None,
        };
        if let (Some(code), Status::None) = (code, found) {
            found = super::status::of_node(facts, code);
        }
        true
    });
    found
}

/// The part of an answer that tells what the error says, and whether it is the trace.
fn leak(program: &Program, nesting: &Nesting, file: FileId, answer: NodeId, caught: &Caught) -> Option<(NodeId, bool)> {
    leak_in(program, nesting, file, answer, caught, true)
}

/// An object or map that a name was given where the error is at hand.
fn made_of(facts: &FileFacts, caught: &Caught, name: Name) -> Option<NodeId> {
    let mut made = None;
    walk_deep(facts, caught.body, |node| {
        let (target, value) = match facts.arena.kind(node) {
            NodeKind::Assign { target, value, op: AssignOp::Set } | NodeKind::Declare { target, value: Some(value), .. } => (target, value),
            _ => return true,
        };
        let is_map = matches!(facts.arena.kind(value), NodeKind::Collection { .. }) || called_name(facts, value) == Some("dict");
        if facts.arena.kind(target) == NodeKind::Name(name) && is_map {
            made = Some(value);
        }
        true
    });
    made
}

/// The same, in what is answered itself or, if it `follows` them, in the local objects it is made of.
fn leak_in(program: &Program, nesting: &Nesting, file: FileId, answer: NodeId, caught: &Caught, follows: bool) -> Option<(NodeId, bool)> {
    let facts = program.file(file);
    let mut found: Option<(NodeId, bool)> = None;
    walk_deep(facts, answer, |node| {
        if found.is_some() {
            return false;
        }
        let told = match facts.arena.kind(node) {
            NodeKind::Member { object, name, .. } if is_error(facts, object, caught) => match facts.text(name) {
                "message" | "sqlMessage" | "detail" | "reason" | "msg" | "toString" => Some(false),
                "stack" | "stackTrace" | "sql" | "__traceback__" => Some(true),
                "args" | "orig" | "original" | "cause" => Some(false),
                _ => return false,
            },
            NodeKind::Name(_) if is_error(facts, node, caught) => is_told_whole(program, nesting, file, node, answer),
            NodeKind::Name(name) if holds_message(facts, nesting.owner(node), name, caught) => Some(false),
            // `content = {"message": str(exc)}`, then `JSONResponse(content=content)`
            NodeKind::Name(name) if follows => {
                found = made_of(facts, caught, name).and_then(|value| leak_in(program, nesting, file, value, caught, false));
                return false;
            }
            NodeKind::Call { .. } => {
                let traces =
                    program.called_api(file, node).is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::ErrorText));
                traces.then_some(true)
            }
            _ => None,
        };
        if let Some(trace) = told {
            if !in_development_branch(facts, nesting, node)
                && !is_known_error(facts, nesting, node, caught)
                && !is_hidden(facts, nesting, node, answer)
            {
                found = Some((node, trace));
            }
            return false;
        }
        true
    });
    found
}

/// A local that is given the error's message and nothing else but a text to fall back on: `const message = err.message || "Sorry"`.
fn holds_message(facts: &FileFacts, function: DefId, name: Name, caught: &Caught) -> bool {
    let [value] = assigned(facts, function, name)[..] else { return false };
    let said = match facts.arena.kind(value) {
        NodeKind::Binary { op: BinaryOp::Or | BinaryOp::Coalesce, left, right } if matches!(facts.arena.kind(right), NodeKind::Str(_)) => {
            left
        }
        _ => value,
    };
    let is_message = |name: Name| matches!(facts.text(name), "message" | "stack");
    matches!(facts.arena.kind(said), NodeKind::Member { object, name, .. } if is_message(name) && is_error(facts, object, caught))
}

fn is_error(facts: &FileFacts, node: NodeId, caught: &Caught) -> bool {
    match facts.arena.kind(node) {
        NodeKind::Name(name) => Some(name) == caught.error,
        NodeKind::Cast { value, .. } => is_error(facts, value, caught),
        _ => false,
    }
}

/// The whole error is put into the answer: as it is, as text, or by a helper that gives its text.
fn is_told_whole(program: &Program, nesting: &Nesting, file: FileId, node: NodeId, answer: NodeId) -> Option<bool> {
    let facts = program.file(file);
    let mut carried = false;
    carriers(facts, answer, &mut |carrier, _| carried |= carrier == node);
    if called_name(facts, answer) == Some("dict") {
        for entry in arguments(facts, answer) {
            carriers(facts, entry, &mut |carrier, _| carried |= carrier == node);
        }
    }
    if carried {
        return Some(false);
    }
    let (call, at) = nesting.argument_of(facts, node)?;
    let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return None };
    match program.value(file, callee) {
        Value::Def(helper) => tells(program, helper, at).then_some(false),
        _ => None,
    }
}

/// A helper whose result is the error's message: `getErrorMessage(error)`.
fn tells(program: &Program, helper: GlobalDef, at: usize) -> bool {
    let mut helper = helper;
    let mut facts = program.file(helper.file);
    if facts.def(helper.def).kind == DefKind::Variable {
        match facts.def(helper.def).value.map(|value| facts.arena.kind(value)) {
            Some(NodeKind::Closure(def)) => helper = GlobalDef { file: helper.file, def },
            _ => return false,
        }
    }
    facts = program.file(helper.file);
    let def = facts.def(helper.def);
    let (Some(name), Some(body)) = (def.params.get(at).and_then(|param| param.name), def.body) else { return false };
    let mut tells = false;
    facts.arena.walk(body, |node| {
        let value = match facts.arena.kind(node) {
            NodeKind::Return(Some(value)) => value,
            NodeKind::Block { items, value: true } => match facts.arena.list(items).last() {
                Some(last) => last,
                None => return,
            },
            _ => return,
        };
        facts.arena.walk(value, |inner| match facts.arena.kind(inner) {
            NodeKind::Member { object, name: member, .. } => {
                tells |= facts.arena.kind(object) == NodeKind::Name(name) && matches!(facts.text(member), "message" | "stack" | "toString")
            }
            NodeKind::Call { .. } if matches!(called_name(facts, inner), Some("String" | "str" | "repr")) => {
                tells |= arguments(facts, inner).any(|argument| facts.arena.kind(argument) == NodeKind::Name(name));
            }
            _ => {}
        });
    });
    tells
}

/// In a branch that has asked what kind of error it is: `if (err instanceof NotFound)`, `e.code === "P2002"`, `err.isOperational`.
fn is_known_error(facts: &FileFacts, nesting: &Nesting, node: NodeId, caught: &Caught) -> bool {
    let mut at = node;
    for _ in 0..256 {
        let Some(parent) = nesting.parent(at).or_else(|| nesting.place(nesting.owner(at))) else { return false };
        match facts.arena.kind(parent) {
            NodeKind::If { condition, then, .. } if then == at && asks_kind(facts, condition, caught) => return true,
            NodeKind::Arm { pattern, .. } if !is_default(facts, pattern) => return true,
            _ => {}
        }
        if parent == caught.body || parent == caught.place {
            return left_before(facts, caught, node);
        }
        at = parent;
    }
    false
}

/// `default:`, `_ =>`: what no other arm was meant for.
fn is_default(facts: &FileFacts, pattern: NodeId) -> bool {
    match facts.arena.kind(pattern) {
        NodeKind::Name(name) => matches!(facts.text(name), "_" | "default"),
        NodeKind::Other(parts) => facts.arena.list(parts).len() == 0,
        _ => false,
    }
}

/// Errors that are not known have left before: `if (!(err instanceof ApiError)) return next(err)`.
fn left_before(facts: &FileFacts, caught: &Caught, node: NodeId) -> bool {
    let NodeKind::Block { items, .. } = facts.arena.kind(caught.body) else { return false };
    let start = facts.arena.span(node).start;
    facts.arena.list(items).take_while(|&item| facts.arena.span(item).end <= start).any(|item| match facts.arena.kind(item) {
        NodeKind::If { condition, then, .. } => {
            let mut negates = false;
            facts.arena.walk(condition, |inner| {
                negates |= matches!(facts.arena.kind(inner), NodeKind::Unary { op: crate::model::body::UnaryOp::Not, .. })
            });
            let mut leaves = false;
            facts.arena.walk(then, |inner| leaves |= matches!(facts.arena.kind(inner), NodeKind::Return(_) | NodeKind::Raise(_)));
            negates && leaves && asks_kind(facts, condition, caught)
        }
        _ => false,
    })
}

fn asks_kind(facts: &FileFacts, condition: NodeId, caught: &Caught) -> bool {
    let mut asks = false;
    facts.arena.walk(condition, |node| match facts.arena.kind(node) {
        NodeKind::Binary { op: BinaryOp::InstanceOf, left, right } if is_error(facts, left, caught) => {
            asks |= last_name(facts, right).is_none_or(|name| facts.text(name) != "Error");
        }
        NodeKind::Member { object, name, .. } if is_error(facts, object, caught) => {
            asks |= !matches!(facts.text(name), "message" | "stack");
        }
        NodeKind::Call { .. } => {
            let name = called_name(facts, node).unwrap_or_default();
            let is_question = matches!(name, "isinstance" | "isAxiosError" | "isHttpError" | "isBoom" | "has") || name.starts_with("is");
            asks |= is_question && arguments(facts, node).any(|argument| is_error(facts, argument, caught));
        }
        _ => {}
    });
    asks
}

/// Given to something that makes it harmless, or only looked at.
fn is_hidden(facts: &FileFacts, nesting: &Nesting, node: NodeId, answer: NodeId) -> bool {
    let mut at = node;
    for _ in 0..64 {
        if at == answer {
            return false;
        }
        let Some(parent) = nesting.parent(at) else { return false };
        match facts.arena.kind(parent) {
            NodeKind::If { condition, .. } if condition == at => return true,
            NodeKind::Binary { op, .. } if op.is_test() => return true,
            NodeKind::Call { callee, .. } if callee != at => {
                let words = parts(called_name(facts, parent).unwrap_or_default());
                let hides = words.iter().any(|word| {
                    matches!(
                        word.as_str(),
                        "sanitize" | "safe" | "mask" | "redact" | "public" | "friendly" | "translate" | "log" | "report" | "capture"
                    )
                });
                if hides {
                    return true;
                }
            }
            _ => {}
        }
        at = parent;
    }
    false
}

fn finding(program: &Program, function: GlobalDef, caught: &Caught, leak: NodeId, trace: bool, status: Status) -> Finding {
    let facts = program.file(function.file);
    let outer = super::requests::named(program, function);
    let text = if matches!(facts.arena.kind(leak), NodeKind::Call { .. }) {
        super::spelling::spelled_callee(facts, leak)
    } else {
        spell(facts, leak)
    };
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
            crate::model::source::Span { start: whole.start, end: facts.arena.span(body).start.max(whole.start + 1) }
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

/// What is said of answers that only administrators get.
pub(super) const TO_ADMINISTRATORS: &str = "; only administrators see it";

/// A guard beside it, a parameter or the file says that administrators alone come here: they keep the server and need to know.
pub(super) fn is_for_administrators(program: &Program, function: GlobalDef) -> bool {
    const WORDS: &[&str] = &["admin", "administrator", "superuser", "superadmin", "staff"];
    let facts = program.file(function.file);
    let says = |node: NodeId| {
        let mut found = false;
        facts.arena.walk_while(node, |inner| {
            let name = match facts.arena.kind(inner) {
                NodeKind::Name(name) | NodeKind::Member { name, .. } => Some(name),
                _ => None,
            };
            found = found || name.is_some_and(|name| has_word(facts.text(name), WORDS));
            !found
        });
        found
    };
    let mut at = super::requests::named(program, function).def;
    for _ in 0..8 {
        let def = facts.def(at);
        let given = def.params.iter().flat_map(|param| [param.annotation, param.default]).flatten();
        if def.decorators.iter().copied().chain(given).any(says) {
            return true;
        }
        if at == DefId::MODULE {
            break;
        }
        at = def.parent;
    }
    program.path(function.file).split('/').any(|part| has_word(part.split('.').next().unwrap_or(part), WORDS))
}

/// Examples, stand-ins and tools of developers: what they tell, they tell whoever runs them.
pub(super) fn is_for_show(path: &str) -> bool {
    const WORDS: &[&str] = &["example", "examples", "sample", "samples", "demo", "demos", "stub", "stubs", "dev"];
    path.split('/').any(|part| has_word(part.split('.').next().unwrap_or(part), WORDS))
}

/// True for code that runs in a server: not a command or a test.
pub(super) fn is_server(program: &Program, file: FileId) -> bool {
    let module = GlobalDef { file, def: DefId::MODULE };
    in_scope(program, module) && !program.is(module, Role::Script) && !program.def(module).flags.has(DefFlags::TEST)
}

/// The last call of a chain with this name, with its first argument.
pub(super) fn link_argument(facts: &FileFacts, call: NodeId, names: &[&str]) -> Option<NodeId> {
    chain(facts, call)
        .filter(|&link| called_name(facts, link).is_some_and(|name| names.contains(&name)))
        .find_map(|link| arguments(facts, link).next())
}
