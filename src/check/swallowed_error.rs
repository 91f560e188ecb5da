//! `swallowed-error`: a handler that catches everything and does nothing with it.
//!
//! Nothing at all, that is: no statement, no comment. Handlers of named, narrow exceptions decide something; a comment says why; clean-up
//! and best effort by name may fail. In TypeScript, where a `catch` cannot be narrow, only errors of waits and of calls to other services
//! count; in Rust, the `Result` of a write or call that `let _ =`, `.ok()` or a bare statement throws away.

use super::Context;
use super::requests::has_fact;
use super::scope::{in_scope, is_tool};
use crate::model::body::{CallForm, List, NodeId, NodeKind};
use crate::model::facts::{DefId, FileFacts};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::{Access, ApiFact};
use crate::model::nesting::{Nesting, arguments, called_name, chain, last_name, walk_deep};
use crate::model::program::{CallKind, Program, Resolution, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId, Span};
use crate::model::words::words;
use crate::rulebook::vocabulary::{api_names, vocabulary};

pub(super) const RULE: &str = "swallowed-error";

/// What is found, and what is said of it.
struct Swallows {
    /// The whole handler: a comment anywhere in it is a reason.
    whole: Span,
    place: Span,
    what: &'static str,
}

/// Finds handlers that drop what they catch.
pub fn check(context: &Context) -> Vec<Finding> {
    context.in_files(RULE, (), in_file)
}

fn in_file(context: &Context, (): &(), file: FileId) -> Vec<Finding> {
    let program = context.program;
    let mut findings = Vec::new();
    if !in_scope(program, GlobalDef { file, def: DefId::MODULE }) || is_for_browsers(program.path(file)) {
        return findings;
    }
    let facts = program.file(file);
    for node in facts.arena.ids() {
        let found = match (facts.language.family(), facts.arena.kind(node)) {
            (_, NodeKind::Try { body, handlers, .. }) => {
                of_try(program, file, body, handlers, node).or_else(|| of_fallback(context, file, body, handlers))
            }
            (Family::Python, NodeKind::With { items, body, .. }) => of_suppress(facts, items, body),
            (Family::TypeScript, NodeKind::Call { .. }) => of_promise(facts, node),
            (Family::Rust, NodeKind::Declare { target, value: Some(value), .. }) => of_ignored(context, file, node, target, value),
            (Family::Rust, NodeKind::Call { .. } | NodeKind::Await(_)) => {
                of_dropped(context, file, node).or_else(|| of_defaulted(context, file, node))
            }
            (Family::Rust, NodeKind::Match { subject, arms }) => of_emptied(context, file, node, subject, arms),
            _ => None,
        };
        let Some(found) = found else { continue };
        let nesting = program.nesting(file);
        let owner = GlobalDef { file, def: nesting.owner(node) };
        if in_scope(program, owner)
            && !is_tool(program, owner)
            && !goes_on(facts, nesting, node)
            && !is_explained(facts, found.whole, facts.arena.span(node), facts.def(owner.def).span)
            && !is_best_effort(program, nesting, owner, node)
        {
            findings.push(finding(program, owner, &found));
        }
    }
    findings
}

/// Whether a comment explains them, of all places where something may be swallowed: what this rule sees of layout.
pub(super) fn explained(facts: &FileFacts) -> Vec<bool> {
    let mut nesting = None;
    let mut explained = Vec::new();
    for node in facts.arena.ids() {
        let wholes: Vec<Span> = match (facts.language.family(), facts.arena.kind(node)) {
            (_, NodeKind::Try { handlers, .. }) => facts.arena.list(handlers).map(|handler| facts.arena.span(handler)).collect(),
            (Family::Python, NodeKind::With { items, body, .. }) => {
                of_suppress(facts, items, body).map(|found| found.whole).into_iter().collect()
            }
            (Family::TypeScript, NodeKind::Call { .. }) => of_promise(facts, node).map(|found| found.whole).into_iter().collect(),
            (Family::Rust, NodeKind::Declare { target, value: Some(_), .. }) if is_ignored(facts, target) => vec![facts.arena.span(node)],
            (Family::Rust, NodeKind::Call { .. } | NodeKind::Await(_)) => {
                let nesting = nesting.get_or_insert_with(|| Nesting::of(facts));
                match in_block(facts, nesting, node) {
                    Some(_) => vec![facts.arena.span(node)],
                    None => continue,
                }
            }
            _ => continue,
        };
        let owner = nesting.get_or_insert_with(|| Nesting::of(facts)).owner(node);
        let is = |whole: Span| is_explained(facts, whole, facts.arena.span(node), facts.def(owner).span);
        explained.extend(wholes.into_iter().map(is));
    }
    explained
}

/// Hooks and components, by the names that React's users give their files.
fn is_for_browsers(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let hook = name.starts_with("use-") || name.strip_prefix("use").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    hook || folders.split('/').any(|folder| vocabulary().browsers.components.has(folder))
}

fn of_try(program: &Program, file: FileId, body: NodeId, handlers: List, whole: NodeId) -> Option<Swallows> {
    let facts = program.file(file);
    let takes_back = facts.arena.list(handlers).find(|&handler| match facts.arena.kind(handler) {
        NodeKind::Handler { types, body, .. } => catches_all(facts, types) && only_takes_back(facts, body),
        _ => false,
    });
    if let Some(handler) = takes_back.filter(|_| facts.language.family() == Family::TypeScript) {
        let span = facts.arena.span(handler);
        let what = "this handler takes the transaction back and says nothing of it: the caller goes on as if it had been done";
        return Some(Swallows { whole: span, place: first_line(span), what });
    }
    let handler = facts.arena.list(handlers).find(|&handler| {
        let NodeKind::Handler { types, body, .. } = facts.arena.kind(handler) else { return false };
        catches_all(facts, types) && is_empty(facts, body)
    })?;
    let python = facts.language.family() == Family::Python;
    // Text that may not be what it should is one thing, whoever gives it not answering another.
    let reads = || tries_to_read(facts, body) && !(python && does_io(program, file, body));
    if cleans_up(facts, body) || reads() || !python && !does_io(program, file, body) || is_guarded_import(facts, body) {
        return None;
    }
    let span = facts.arena.span(handler);
    let _ = whole;
    Some(Swallows { whole: span, place: first_line(span), what: "this handler catches every error and drops it" })
}

/// Python: `except Exception: return None` around a query or a call to somebody else. The value says that nothing was found, and a lost
/// connection looks the same.
fn of_fallback(context: &Context, file: FileId, body: NodeId, handlers: List) -> Option<Swallows> {
    let program = context.program;
    let facts = program.file(file);
    if facts.language.family() != Family::Python {
        return None;
    }
    let handler = facts.arena.list(handlers).find(|&handler| {
        let NodeKind::Handler { types, body, .. } = facts.arena.kind(handler) else { return false };
        catches_all(facts, types) && gives_value(program, file, body)
    })?;
    let reads = || tries_to_read(facts, body) && !does_io(program, file, body);
    if cleans_up(facts, body) || reads() || is_guarded_import(facts, body) || !asks_outside(context, file, body) {
        return None;
    }
    // Whoever asks whether something is up is told just that.
    let asked = facts.def(program.nesting(file).owner(body)).name;
    let stem = program.path(file).rsplit('/').next().unwrap_or_default();
    if [facts.text(asked), stem].iter().any(|text| words(text).iter().any(|word| vocabulary().errors.probes.has(word))) {
        return None;
    }
    let span = facts.arena.span(handler);
    Some(Swallows {
        whole: span,
        place: first_line(span),
        what: "this handler catches every error and puts a fixed value or answer in its place",
    })
}

/// Nothing but constants that are returned or kept: whoever logs, asks or raises does more.
fn gives_value(program: &Program, file: FileId, body: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Block { items, .. } = facts.arena.kind(body) else { return false };
    let mut gives = false;
    let plain = facts.arena.list(items).all(|item| match facts.arena.kind(item) {
        NodeKind::Null | NodeKind::Str(_) | NodeKind::Continue | NodeKind::Break(_) => true,
        // What was begun is taken back; what went wrong is not told by that.
        NodeKind::Call { .. } | NodeKind::Await(_) => takes_back(facts, item),
        NodeKind::Return(value) => {
            gives = true;
            value.is_none_or(|value| is_fixed(program, file, value))
        }
        NodeKind::Assign { target, value, .. } | NodeKind::Declare { target, value: Some(value), .. } => {
            gives = true;
            matches!(facts.arena.kind(target), NodeKind::Name(_)) && is_fixed(program, file, value)
        }
        _ => false,
    });
    plain && gives
}

/// `session.rollback()`, `await db.rollback()`.
fn takes_back(facts: &FileFacts, statement: NodeId) -> bool {
    let call = match facts.arena.kind(statement) {
        NodeKind::Await(value) => value,
        _ => statement,
    };
    called_name(facts, call) == Some("rollback")
}

/// A constant other than a truth value (what is told by that is whether it went well), or an answer to the client that says nothing of what
/// went wrong: `jsonify({"error": "try again"}), 500`.
fn is_fixed(program: &Program, file: FileId, value: NodeId) -> bool {
    let facts = program.file(file);
    let mut fixed = !matches!(facts.arena.kind(value), NodeKind::Bool(_));
    facts.arena.walk(value, |node| {
        fixed &= match facts.arena.kind(node) {
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::Str(_) => true,
            NodeKind::Collection { .. } | NodeKind::Entry { .. } | NodeKind::Text { .. } | NodeKind::Argument { .. } => true,
            NodeKind::Other(_) => true,
            NodeKind::Name(_) | NodeKind::Member { .. } => {
                matches!(program.value(file, node), Value::Api { .. } | Value::Module(_) | Value::Def(_))
            }
            NodeKind::Call { .. } => answers(program, file, node),
            _ => false,
        };
    });
    fixed
}

/// A call of a framework that makes an answer, or of a helper of the project that does nothing else.
fn answers(program: &Program, file: FileId, call: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return false };
    if let Value::Def(helper) = program.value(file, callee) {
        let own = program.file(helper.file);
        let Some(body) = program.def(helper).body else { return false };
        let mut plain = true;
        own.arena.walk(body, |node| {
            if let NodeKind::Call { .. } = own.arena.kind(node) {
                plain &= called_name(own, node)
                    .is_some_and(|name| api_names().answers.of_python.has(name) || matches!(name, "isinstance" | "str" | "dict"));
            }
        });
        return plain;
    }
    called_name(facts, call).is_some_and(|name| api_names().answers.of_python.has(name)) && program.called_api(file, call).is_some()
}

/// The code asks a database or another service, itself or through a function of the project.
fn asks_outside(context: &Context, file: FileId, body: NodeId) -> bool {
    let program = context.program;
    if does_io(program, file, body) {
        return true;
    }
    let facts = program.file(file);
    let nesting = program.nesting(file);
    let mut found = false;
    walk_deep(facts, body, |node| {
        if !found && matches!(facts.arena.kind(node), NodeKind::Call { .. }) {
            let function = GlobalDef { file, def: nesting.owner(node) };
            found = calls_service(program, file, node)
                || program.calls_at(function, node).iter().any(|edge| {
                    edge.kind == CallKind::Call
                        && edge.resolution != Resolution::NameOnly
                        && context.summaries.of(edge.callee).is_some_and(|summary| !summary.reaches.is_empty())
                });
        }
        !found
    });
    found
}

/// A method of a library's client with the name of a request: `graph.request(…)`, `id_token.verify_oauth2_token(…)`.
fn calls_service(program: &Program, file: FileId, call: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return false };
    let is_library = program.called_api(file, call).is_some_and(|api| {
        let root = api.path.split('.').next().unwrap_or_default();
        !api_names().packages.local.has(root)
    });
    is_library
        && matches!(facts.arena.kind(callee), NodeKind::Member { .. })
        && called_name(facts, call).is_some_and(|name| words(name).first().is_some_and(|word| vocabulary().errors.asks.has(word)))
}

/// `except:`, `except Exception`, `catch (e)`.
fn catches_all(facts: &FileFacts, types: List) -> bool {
    let mut types = facts.arena.list(types).peekable();
    types.peek().is_none()
        || types.any(|kind| last_name(facts, kind).is_some_and(|name| matches!(facts.text(name), "Exception" | "BaseException")))
}

/// No statement that does anything.
fn is_empty(facts: &FileFacts, body: NodeId) -> bool {
    match facts.arena.kind(body) {
        NodeKind::Block { items, .. } => facts.arena.list(items).all(|item| match facts.arena.kind(item) {
            NodeKind::Null | NodeKind::Str(_) => true,
            NodeKind::Other(inner) => facts.arena.list(inner).len() == 0,
            NodeKind::Block { .. } => is_empty(facts, item),
            _ => false,
        }),
        _ => false,
    }
}

/// `await runner.rollbackTransaction()`, and nothing else but letting go of the connection.
fn only_takes_back(facts: &FileFacts, body: NodeId) -> bool {
    let NodeKind::Block { items, .. } = facts.arena.kind(body) else { return false };
    let mut takes_back = false;
    let only = facts.arena.list(items).all(|item| {
        let call = match facts.arena.kind(item) {
            NodeKind::Await(value) => value,
            _ => item,
        };
        let is_text = |wanted: &str| {
            arguments(facts, call)
                .next()
                .and_then(|first| facts.string(first))
                .is_some_and(|text| text.trim().trim_end_matches(';').eq_ignore_ascii_case(wanted))
        };
        let ends = matches!(called_name(facts, call), Some("rollback" | "rollbackTransaction" | "abortTransaction")) || is_text("rollback");
        takes_back |= ends;
        ends || matches!(called_name(facts, call), Some("release" | "endSession" | "end" | "close"))
    });
    only && takes_back
}

/// Calls whose failure changes nothing: closing, removing, taking back, telling that it is over.
fn cleans_up(facts: &FileFacts, body: NodeId) -> bool {
    let mut calls = 0;
    let mut ends = 0;
    walk_deep(facts, body, |node| {
        if let NodeKind::Call { form: CallForm::Plain | CallForm::New | CallForm::Macro, .. } = facts.arena.kind(node)
            && let Some(name) = called_name(facts, node)
        {
            calls += 1;
            ends += usize::from(words(name).iter().any(|word| api_names().orm.cleanup.has(word)));
        }
        true
    });
    calls > 0 && ends > 0 && ends * 2 >= calls
}

/// A conversion that may fail, with a value to fall back on: `JSON.parse`, `new URL`, `int(…)`.
fn tries_to_read(facts: &FileFacts, body: NodeId) -> bool {
    let mut calls = 0;
    let mut reads = 0;
    facts.arena.walk(body, |node| {
        if let NodeKind::Call { .. } = facts.arena.kind(node) {
            calls += 1;
            reads += usize::from(called_name(facts, node).is_some_and(|name| api_names().validation.tries.has(name)));
        }
    });
    reads > 0 && reads * 2 >= calls || calls == 0
}

fn is_guarded_import(facts: &FileFacts, body: NodeId) -> bool {
    let span = facts.arena.span(body);
    facts.imports.iter().any(|import| span.contains(import.span))
}

/// Waits for something, or calls somebody else.
fn does_io(program: &Program, file: FileId, body: NodeId) -> bool {
    let facts = program.file(file);
    let mut found = false;
    walk_deep(facts, body, |node| {
        found |= match facts.arena.kind(node) {
            NodeKind::Await(_) => true,
            NodeKind::Call { .. } => has_fact(program, file, node, is_io),
            _ => false,
        };
        !found
    });
    found
}

fn is_io(fact: &ApiFact) -> bool {
    matches!(
        fact,
        ApiFact::Query(_)
            | ApiFact::Outgoing
            | ApiFact::Publishes
            | ApiFact::SendsMail
            | ApiFact::Commit
            | ApiFact::Blocking
            | ApiFact::BlocksOnFiles
    )
}

/// `with suppress(Exception):`.
fn of_suppress(facts: &FileFacts, items: List, body: NodeId) -> Option<Swallows> {
    let call = facts.arena.list(items).find(|&item| called_name(facts, item) == Some("suppress"))?;
    let all = arguments(facts, call)
        .any(|kind| last_name(facts, kind).is_some_and(|name| matches!(facts.text(name), "Exception" | "BaseException")));
    if !all || cleans_up(facts, body) || tries_to_read(facts, body) {
        return None;
    }
    let span = facts.arena.span(call);
    let whole = Span { start: span.start, end: facts.arena.span(body).end };
    Some(Swallows { whole, place: span, what: "this drops every error of the block" })
}

/// `let _ = …`.
fn is_ignored(facts: &FileFacts, target: NodeId) -> bool {
    match facts.arena.kind(target) {
        NodeKind::Name(name) => facts.text(name) == "_",
        NodeKind::Other(items) => facts.arena.list(items).len() == 0,
        _ => false,
    }
}

/// `.catch(() => {})`.
fn of_promise(facts: &FileFacts, call: NodeId) -> Option<Swallows> {
    if called_name(facts, call) != Some("catch") {
        return None;
    }
    let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return None };
    let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return None };
    let mut given = arguments(facts, call);
    let NodeKind::Closure(closure) = facts.arena.kind(given.next()?) else { return None };
    let body = facts.def(closure).body?;
    let plain = matches!(facts.arena.kind(body), NodeKind::Block { items, value: false } if facts.arena.list(items).len() == 0);
    // The chain itself says whether it cleans up: `stream.close().catch(() => {})`.
    if !plain || given.next().is_some() || cleans_up(facts, object) || is_used_again(facts, object, call) {
        return None;
    }
    let closure = facts.def(closure).span;
    Some(Swallows { whole: closure, place: closure, what: "this drops the error of a promise" })
}

/// `queue.catch(() => {}).then(next)`: the next step waits for the one before, whose own caller has its error. Or it stands in a
/// `finally`, where an error would hide the one that is on its way.
fn goes_on(facts: &FileFacts, nesting: &Nesting, node: NodeId) -> bool {
    let NodeKind::Call { .. } = facts.arena.kind(node) else { return false };
    let chained = nesting.parent(node).is_some_and(
        |member| matches!(facts.arena.kind(member), NodeKind::Member { name, .. } if matches!(facts.text(name), "then" | "finally")),
    );
    let span = facts.arena.span(node);
    chained
        || nesting.around(node).any(|around| match facts.arena.kind(around) {
            NodeKind::Try { finally: Some(finally), .. } => facts.arena.span(finally).contains(span),
            _ => false,
        })
}

/// A promise with a name that something else waits for, too: here only the complaint about an unhandled one is silenced.
fn is_used_again(facts: &FileFacts, promise: NodeId, call: NodeId) -> bool {
    let NodeKind::Name(name) = facts.arena.kind(promise) else { return false };
    let after = facts.arena.span(call).end;
    facts.arena.ids().any(|node| facts.arena.kind(node) == NodeKind::Name(name) && facts.arena.span(node).start > after)
}

/// Rust: `let _ = write().await;`.
fn of_ignored(context: &Context, file: FileId, node: NodeId, target: NodeId, value: NodeId) -> Option<Swallows> {
    let program = context.program;
    let facts = program.file(file);
    let ignored = is_ignored(facts, target);
    let writes = |fact: &ApiFact| match fact {
        ApiFact::Query(query) => query.access != Access::Read,
        ApiFact::Outgoing | ApiFact::Publishes | ApiFact::SendsMail | ApiFact::Commit => true,
        _ => false,
    };
    // `let _ = write().await?;` passes the error on and drops the value.
    let passes_on = matches!(facts.arena.kind(value), NodeKind::Propagate(_));
    if !ignored || passes_on || is_handled(facts, value) {
        return None;
    }
    // What removes rows of a table is no clean-up, whatever it is called.
    let stores = leads_to_write(context, file, value) || speaks_of_write(facts, value);
    let matters = chain(facts, value).any(|link| has_fact(program, file, link, writes)) && !cleans_up(facts, value);
    let span = facts.arena.span(node);
    (stores || matters).then_some(Swallows { whole: span, place: first_line(span), what: "`let _` drops the error of a write" })
}

/// What is waited for, or belongs to a session, says that it keeps or makes something: `update.install().await`, `session.insert("user", id)`,
/// `Migrator::up(db, None).await`.
fn speaks_of_write(facts: &FileFacts, value: NodeId) -> bool {
    let known = &vocabulary().errors;
    let waits = matches!(facts.arena.kind(value), NodeKind::Await(_));
    chain(facts, value).any(|link| {
        let NodeKind::Call { callee, form, .. } = facts.arena.kind(link) else { return false };
        let NodeKind::Member { object, name, .. } = facts.arena.kind(callee) else { return false };
        let verb = words(facts.text(name));
        let owner = last_name(facts, object).map(|name| words(facts.text(name))).unwrap_or_default();
        let owned_by = |wanted: &str| owner.iter().any(|word| word == wanted);
        let writes = verb.iter().any(|word| known.keeping.has(word));
        form != CallForm::Macro
            && !verb.iter().any(|word| known.keeping_elsewhere.has(word))
            && !owner.iter().any(|word| known.not_kept.has(word))
            && (writes && (waits || owned_by("session")) || waits && verb == ["up"] && owned_by("migrator"))
    })
}

/// `.unwrap_or_else(|_| panic!(…))` handles it, if only by stopping.
fn is_handled(facts: &FileFacts, value: NodeId) -> bool {
    chain(facts, value)
        .any(|link| called_name(facts, link).is_some_and(|name| matches!(name, "unwrap" | "expect" | "unwrap_or_else" | "inspect_err")))
}

/// Where an expression stands in its block: `Some(true)` as a statement, `Some(false)` as the value.
fn in_block(facts: &FileFacts, nesting: &Nesting, node: NodeId) -> Option<bool> {
    let NodeKind::Block { items, value } = facts.arena.kind(nesting.parent(node)?) else { return None };
    let is_last = facts.arena.list(items).last() == Some(node);
    Some(!(value && is_last))
}

/// Rust: `diesel::insert_into(orders).values(order).execute(conn);` whose `Result` nobody looks at, and `.ok()` after a write.
fn of_dropped(context: &Context, file: FileId, node: NodeId) -> Option<Swallows> {
    let program = context.program;
    let facts = program.file(file);
    let nesting = program.nesting(file);
    let is_statement = in_block(facts, nesting, node)?;
    let is_ok = called_name(facts, node) == Some("ok") && arguments(facts, node).len() == 0;
    if !is_statement && !is_ok || is_handled(facts, node) {
        return None;
    }
    // `.map_err(|e| tracing::error!("{e}")).ok()` has told it.
    let tells = is_ok && chain(facts, node).any(|link| matches!(called_name(facts, link), Some("map_err" | "or_else" | "optional")));
    let writes = |fact: &ApiFact| matches!(fact, ApiFact::Query(query) if query.access == Access::Write);
    let effects = context.summaries.of(GlobalDef { file, def: nesting.owner(node) });
    let stores = |link: NodeId| {
        has_fact(program, file, link, writes)
            || effects.is_some_and(|summary| summary.queries.iter().any(|query| query.site == link && query.access == Access::Write))
    };
    let itself = chain(facts, node).any(stores);
    let below = is_statement && gives_result(program, file, node) && leads_to_write(context, file, node);
    let span = facts.arena.span(node);
    let what = if is_ok { "`.ok()` drops the error of a write" } else { "nobody looks at the `Result` of this write" };
    if !tells && (itself || below) {
        return Some(Swallows { whole: span, place: first_line(span), what });
    }
    // `users.load(conn).ok()` as what the function gives; of one row, that it is not there is an error too.
    let NodeKind::Call { callee, .. } = facts.arena.kind(node) else { return None };
    let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return None };
    let query = match facts.arena.kind(object) {
        NodeKind::Await(inner) => inner,
        _ => object,
    };
    (is_ok && !is_statement && !tells && !is_of_one(facts, query) && reads_itself(context, file, query, node)).then_some(Swallows {
        whole: span,
        place: first_line(span),
        what: "a query that failed reads as one that found nothing",
    })
}

/// Rust: a query that failed reads as one that found nothing: `rows(pool).await.unwrap_or_default()`, `find(pool).await.ok().unwrap_or(None)`.
fn of_defaulted(context: &Context, file: FileId, node: NodeId) -> Option<Swallows> {
    let facts = context.program.file(file);
    let receiver = |call: NodeId| match facts.arena.kind(call) {
        NodeKind::Call { callee, .. } => match facts.arena.kind(callee) {
            NodeKind::Member { object, path: false, .. } => Some(object),
            _ => None,
        },
        _ => None,
    };
    let is_default = match called_name(facts, node)? {
        "unwrap_or_default" => true,
        "unwrap_or" => arguments(facts, node).next().is_some_and(|given| is_nothing(facts, given)),
        "flatten" => called_name(facts, receiver(node)?) == Some("ok"),
        _ => false,
    };
    let mut query = receiver(node).filter(|_| is_default)?;
    if called_name(facts, query) == Some("ok") {
        query = receiver(query)?;
    }
    emptied(context, file, node, query)
}

/// Rust: `match users.load(conn) { Ok(rows) => rows, Err(_) => Vec::new() }`.
fn of_emptied(context: &Context, file: FileId, node: NodeId, subject: NodeId, arms: List) -> Option<Swallows> {
    let facts = context.program.file(file);
    let empties = facts.arena.list(arms).any(|arm| {
        let NodeKind::Arm { pattern, body, .. } = facts.arena.kind(arm) else { return false };
        let value = match facts.arena.kind(body) {
            NodeKind::Block { items, value: true } if facts.arena.list(items).len() == 1 => facts.arena.list(items).next().unwrap_or(body),
            _ => body,
        };
        let is_unseen = |bound: NodeId| !matches!(facts.arena.kind(bound), NodeKind::Name(name) if !facts.text(name).starts_with('_'));
        called_name(facts, pattern) == Some("Err") && arguments(facts, pattern).all(is_unseen) && is_nothing(facts, value)
    });
    if empties { emptied(context, file, node, subject) } else { None }
}

/// The expression is a query, or a call that leads to one, with its `Result` as it is.
fn emptied(context: &Context, file: FileId, whole: NodeId, query: NodeId) -> Option<Swallows> {
    let program = context.program;
    let facts = program.file(file);
    let query = match facts.arena.kind(query) {
        NodeKind::Await(inner) => inner,
        _ => query,
    };
    let is_cache = is_cache(facts, query);
    let reads = reads_itself(context, file, query, whole) && !is_of_one(facts, query)
        || gives_result(program, file, query) && leads_to(context, file, query, Access::Read);
    let span = facts.arena.span(whole);
    (reads && !is_cache).then_some(Swallows {
        whole: span,
        place: first_line(span),
        what: "a query that failed reads as one that found nothing",
    })
}

/// Where no row is an error too, that is what the default is for.
fn is_of_one(facts: &FileFacts, query: NodeId) -> bool {
    matches!(called_name(facts, query), Some("query_row" | "first" | "get_result" | "fetch_one" | "query_one"))
}

/// What a cache does not give is asked for elsewhere.
fn is_cache(facts: &FileFacts, query: NodeId) -> bool {
    chain(facts, query)
        .filter_map(|link| last_name(facts, link))
        .any(|name| words(facts.text(name)).iter().any(|word| matches!(word.as_str(), "cache" | "cached" | "redis")))
}

/// The expression reads rows, before it waits or passes an error on.
fn reads_itself(context: &Context, file: FileId, query: NodeId, whole: NodeId) -> bool {
    let program = context.program;
    let facts = program.file(file);
    let is_read = |fact: &ApiFact| matches!(fact, ApiFact::Query(query) if query.access == Access::Read);
    let effects = context.summaries.of(GlobalDef { file, def: program.nesting(file).owner(whole) });
    let is_query = |link: NodeId| {
        has_fact(program, file, link, is_read)
            || effects.is_some_and(|summary| summary.queries.iter().any(|query| query.site == link && query.access == Access::Read))
    };
    let itself = chain(facts, query).take_while(|&link| !matches!(facts.arena.kind(link), NodeKind::Await(_) | NodeKind::Propagate(_)));
    itself.into_iter().any(is_query) && !is_cache(facts, query)
}

/// `None`, `vec![]`, `Vec::new()`, `String::new()`, `false`, `0`.
fn is_nothing(facts: &FileFacts, given: NodeId) -> bool {
    match facts.arena.kind(given) {
        NodeKind::Null => true,
        NodeKind::Name(name) => facts.text(name) == "None",
        NodeKind::Call { .. } => matches!(called_name(facts, given), Some("new" | "vec" | "default")) && arguments(facts, given).len() == 0,
        NodeKind::Number(number) => facts.text(number) == "0",
        _ => false,
    }
}

/// A call of a function of the project that says it gives a `Result`.
fn gives_result(program: &Program, file: FileId, node: NodeId) -> bool {
    let facts = program.file(file);
    let call = match facts.arena.kind(node) {
        NodeKind::Await(value) => value,
        _ => node,
    };
    let function = GlobalDef { file, def: program.nesting(file).owner(node) };
    let called = program.calls_at(function, call).iter().filter(|edge| edge.kind == CallKind::Call);
    let mut called = called.map(|edge| edge.callee).peekable();
    called.peek().is_some()
        && called.all(|called| {
            let other = program.file(called.file);
            other.def(called.def).annotation.is_some_and(|returns| {
                let class = match other.arena.kind(returns) {
                    NodeKind::Apply { base, .. } => base,
                    _ => returns,
                };
                last_name(other, class).is_some_and(|name| other.text(name) == "Result")
            })
        })
}

/// A function of the project that writes to a database: `let _ = repository.delete(id).await;`.
fn leads_to_write(context: &Context, file: FileId, value: NodeId) -> bool {
    leads_to(context, file, value, Access::Write)
}

fn leads_to(context: &Context, file: FileId, value: NodeId, access: Access) -> bool {
    let program = context.program;
    let facts = program.file(file);
    let function = GlobalDef { file, def: program.nesting(file).owner(value) };
    let ends = |name: &str| words(name).iter().any(|word| vocabulary().errors.cleanup.has(word));
    chain(facts, value).any(|link| {
        matches!(facts.arena.kind(link), NodeKind::Call { .. })
            && !called_name(facts, link).is_some_and(ends)
            && program.calls_at(function, link).iter().any(|edge| {
                edge.kind == CallKind::Call
                    && edge.resolution != Resolution::NameOnly
                    && context.summaries.of(edge.callee).is_some_and(|summary| {
                        summary.queries.iter().any(|query| query.access == access)
                            || summary.reaches.iter().any(|reach| reach.query.access == access)
                    })
            })
    })
}

/// The first bytes of a long piece of code: where the eye should land.
fn first_line(span: Span) -> Span {
    Span { start: span.start, end: span.end.min(span.start + 40) }
}

/// A comment in the handler, at the end of its last line, right before the statement, or (of what a function is for) before a function
/// that does little else.
fn is_explained(facts: &FileFacts, whole: Span, statement: Span, function: Span) -> bool {
    const INDENTATION: u32 = 60;
    const SHORT: u32 = 500;
    // At the end of a line of the function before, it speaks of that: `return total  # in cents`.
    let trails = |remark: &Span| {
        facts
            .definitions()
            .any(|(_, def)| def.span.end <= remark.start && remark.start - def.span.end <= 2 && def.span.end <= function.start)
    };
    facts.remarks.iter().any(|remark| {
        let within = remark.end > whole.start && remark.start <= whole.end + 4;
        let before = |span: Span| remark.end <= span.start && remark.end + INDENTATION >= span.start;
        let short = function.end - function.start < SHORT;
        within || before(statement) || short && before(function) && !trails(remark)
    })
}

/// The function around says that it only tries, or is where things end.
fn is_best_effort(program: &Program, nesting: &Nesting, owner: GlobalDef, node: NodeId) -> bool {
    let _ = (nesting, node);
    let facts = program.file(owner.file);
    let mut at = owner.def;
    for _ in 0..8 {
        if at == DefId::MODULE {
            return false;
        }
        let def = facts.def(at);
        let name = words(facts.text(def.name));
        if name.iter().any(|word| vocabulary().errors.tries.has(word)) {
            return true;
        }
        at = def.parent;
    }
    false
}

fn finding(program: &Program, owner: GlobalDef, found: &Swallows) -> Finding {
    let family = program.file(owner.file).language.family();
    let mut message = found.what.to_string();
    if let Some(first) = message.get(..1).map(str::to_ascii_uppercase) {
        message.replace_range(..1, &first);
    }
    Finding {
        rule: RULE.into(),
        level: Level::Note,
        message: format!("{message}: nobody will know that something went wrong, or what"),
        primary: Label { location: program.location(owner.file, found.place), text: "dropped here".to_string() },
        related: Vec::new(),
        flow: Vec::new(),
        help: Some(
            match family {
                Family::Python => "catch the exception that is expected here, log what else comes (`logger.exception(…)`), or say in a comment why it does not matter",
                Family::TypeScript => "log the error with what was being done, or pass it on; if it does not matter here, say why in a comment",
                Family::Rust => "pass the error on with `?`, or log it (`if let Err(error) = … { tracing::error!(…) }`)",
            }
            .to_string(),
        ),
        subject: program.qualified_name(owner),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}
