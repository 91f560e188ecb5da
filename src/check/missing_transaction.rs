//! `missing-transaction`: writes that belong together and are durable one by one.
//!
//! The evidence is two writes (or commits) of one function, its callees included, that no transaction encloses (summaries); that
//! both happen on one way through the function; that they are about different tables, or empty a table and fill it again; and that the second
//! uses what the first was given or gave. Records of what happened (audit logs, counters of use) may stand alone.

use rustc_hash::FxHashSet;

use super::Context;
use super::dependence::Dependence;
use super::held_sessions::{Held, Key};
use super::lesser_writes::{
    called, is_asked_for_again, is_made_up, is_repeated_by_chain, is_touch, lets_in, makes_handler, may_be_in_callers, only_removes,
};
use super::loops::{Place, bound_names, parameter_names};
use super::meant::{is_task, only_jobs_call};
use super::moved_amounts::Amounts;
use super::row_ties::{Pending, are_tied};
use super::scope::{in_scope, is_start_up};
use super::sensitive::assigned;
use super::spelling::{call_span, spelled_callee};
use crate::model::body::{BinaryOp, CallForm, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{DefFlags, DefId, FileFacts, Name};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::{ApiFact, WriteMode};
use crate::model::nesting::{arguments, around, called_name, chain, chain_root, last_name, spell, walk_deep};
use crate::model::program::{Program, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::model::summary::Write;
use crate::model::words::{has_word, words};

pub(super) const RULE: &str = "missing-transaction";

/// Most further writes listed with one finding.
const MAX_PLACES: usize = 5;

/// Writes of one function that belong together, in source order.
struct Operation<'a> {
    function: GlobalDef,
    first: &'a Write,
    second: &'a Write,
    others: Vec<&'a Write>,
}

/// Finds operations whose writes do not stand and fall together.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let nestings = &*program.nestings;
    let held = Held::new(program, nestings);
    let mut operations: Vec<Operation> = Vec::new();
    for file in context.in_files(RULE, (), with_writes) {
        operations.extend(operations_of(context, &held, file));
    }
    // A call to an operation that is reported is not half of another one.
    let reported: FxHashSet<GlobalDef> = operations.iter().map(|operation| operation.function).collect();
    let own = |write: &Write| write.via.is_none_or(|via| !reported.contains(&via));
    operations.retain(|operation| own(operation.first) && own(operation.second));
    if !operations.is_empty() {
        let callers = context.callers();
        operations.retain(|operation| !only_jobs_call(program, callers, program.outermost(operation.function)));
    }
    let mut findings: Vec<Finding> = operations.iter().map(|operation| finding(context, operation)).collect();
    findings.extend(context.in_files("missing-transaction: beside", (), super::outside_transaction::in_file));
    findings
}

/// The file, if a function in it writes more than once.
fn with_writes(context: &Context, (): &(), file: FileId) -> Vec<FileId> {
    let program = context.program;
    let writes = |function: GlobalDef| context.summaries.of(function).is_some_and(|summary| summary.writes.len() > 1);
    let has = in_scope(program, GlobalDef { file, def: DefId::MODULE }) && program.functions_of(file).any(writes);
    has.then_some(file).into_iter().collect()
}

fn operations_of<'a>(context: &'a Context, held: &Held, file: FileId) -> Vec<Operation<'a>> {
    let program = context.program;
    let facts = program.file(file);
    let candidates: Vec<(GlobalDef, Vec<&Write>)> = facts
        .definitions()
        .filter_map(|(def, definition)| {
            let function = GlobalDef { file, def };
            let writes = &context.summaries.of(function)?.writes;
            if def == DefId::MODULE || writes.len() < 2 || !in_scope(program, function) || is_start_up(facts.text(definition.name)) {
                return None;
            }
            if program.is(function, Role::Config)
                || program.is(function, Role::Model) && words(facts.text(definition.name)).len() < 2
                || is_task(program, function)
                || is_hook(program, function)
                || is_made_up(program, function)
                || asserts_transaction(facts, definition.body?)
            {
                return None;
            }
            let open: Vec<&Write> = writes.iter().filter(|write| counts(program, file, write)).collect();
            (open.len() >= 2).then_some((function, open))
        })
        .collect();
    if candidates.is_empty() {
        return Vec::new();
    }
    let nesting = program.nesting(file);
    let place = Place { program, summaries: context.summaries, file, facts, nesting };
    let operations = candidates.into_iter().filter_map(|(function, mut writes)| {
        writes.retain(|write| {
            !is_best_effort(&place, write.site)
                && !fills_a_gap(&place, write.site)
                && !is_gathered(&place, write.site)
                && !is_looked_at(&place, write.site)
        });
        operation(&place, held, function, &writes)
    });
    operations.collect()
}

/// `state = find(); if not state: state = create()`: when what follows fails, the next call finds what was made.
fn fills_a_gap(place: &Place, site: NodeId) -> bool {
    let facts = place.facts;
    let top = place.nesting.chain_top(facts, site);
    let Some(assign) = place.nesting.parent(top) else { return false };
    let NodeKind::Assign { target, .. } = facts.arena.kind(assign) else { return false };
    let NodeKind::Name(name) = facts.arena.kind(target) else { return false };
    let Some(block) = place.nesting.parent(assign) else { return false };
    let Some(around) = place.nesting.parent(block) else { return false };
    let NodeKind::If { condition, then, .. } = facts.arena.kind(around) else { return false };
    let asks = match facts.arena.kind(condition) {
        NodeKind::Unary { op: UnaryOp::Not, value } => value,
        NodeKind::Binary { op: BinaryOp::Is | BinaryOp::Equal, left, right } if facts.arena.kind(right) == NodeKind::Null => left,
        _ => return false,
    };
    then == block && facts.arena.kind(asks) == NodeKind::Name(name)
}

/// `operations.push(prisma.order.delete(…))`: built to be run later, together.
fn is_gathered(place: &Place, site: NodeId) -> bool {
    let facts = place.facts;
    let top = place.nesting.chain_top(facts, site);
    facts.language.family() == Family::TypeScript
        && place.nesting.argument_of(facts, top).is_some_and(|(call, _)| called_name(facts, call) == Some("push"))
}

/// `if let Err(error) = delete_old().await { error!(…) }`: whatever becomes of it, the next step is done.
fn is_looked_at(place: &Place, site: NodeId) -> bool {
    let facts = place.facts;
    let span = facts.arena.span(site);
    facts.language.family() == Family::Rust
        && place.nesting.around(site).any(|node| match facts.arena.kind(node) {
            NodeKind::If { condition, then, otherwise: None } if facts.arena.span(condition).contains(span) => {
                let mut leaves = false;
                facts.arena.walk(then, |inner| leaves |= matches!(facts.arena.kind(inner), NodeKind::Return(_) | NodeKind::Propagate(_)));
                let mut fails = false;
                facts.arena.walk(condition, |inner| {
                    fails |= matches!(facts.arena.kind(inner), NodeKind::Call { callee, form: CallForm::Pattern, .. } if last_name(facts, callee).is_some_and(|name| facts.text(name) == "Err"));
                });
                fails && !leaves
            }
            _ => false,
        })
}

/// `assert connection.in_atomic_block`: whoever calls it has opened one.
fn asserts_transaction(facts: &FileFacts, body: NodeId) -> bool {
    let mut found = false;
    facts.arena.walk(body, |node| {
        found |= matches!(facts.arena.kind(node), NodeKind::Member { name, .. } if facts.text(name) == "in_atomic_block");
    });
    found
}

/// `try { await b() } catch {}` after `a()`: that `b` fails is fine.
fn may_fail(place: &Place, first: NodeId, second: NodeId) -> bool {
    let facts = place.facts;
    let goes_on = |handler: NodeId| {
        let mut leaves = false;
        facts.arena.walk(handler, |node| {
            leaves |= matches!(facts.arena.kind(node), NodeKind::Raise(_) | NodeKind::Return(_))
                // An Express handler ends with what it hands on or answers.
                || matches!(facts.arena.kind(node), NodeKind::Call { .. })
                    && matches!(called_name(facts, node), Some("next" | "status" | "sendStatus" | "reject"));
        });
        !leaves
    };
    let first = facts.arena.span(first);
    place.nesting.around(second).any(|node| match facts.arena.kind(node) {
        NodeKind::Try { body, handlers, .. } => {
            let inside = facts.arena.span(body);
            let mut handlers = facts.arena.list(handlers);
            inside.contains(facts.arena.span(second)) && !inside.contains(first) && handlers.len() > 0 && handlers.all(goes_on)
        }
        _ => false,
    })
}

/// `waitUntil(…)`, `Promise.allSettled([…])`: what fails there is meant to leave the rest alone.
fn is_best_effort(place: &Place, site: NodeId) -> bool {
    outward(place, site).any(|node| {
        matches!(
            called_name(place.facts, node),
            Some(
                "allSettled"
                    | "waitUntil"
                    | "after"
                    | "add_task"
                    | "create_task"
                    | "ensure_future"
                    | "spawn"
                    | "setImmediate"
                    | "delay"
                    | "apply_async"
            )
        ) && node != site
    })
}

/// Called by a framework within somebody else's work, whose transaction it shares: a signal handler.
fn is_hook(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    program.def(function).decorators.iter().flat_map(|&decorator| chain(facts, decorator)).any(|link| {
        let api = program.called_api(function.file, link).or_else(|| program.api(function.file, link));
        api.is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Hook))
    })
}

/// A write that matters by itself, outside every transaction.
fn counts(program: &Program, file: FileId, write: &Write) -> bool {
    let facts = program.file(file);
    let name = called_name(facts, write.site).unwrap_or_default();
    !write.in_transaction
        && write.confidence >= Confidence::Medium
        && !is_record(name)
        && !write.via.is_some_and(|via| is_record(program.name(via)))
        && !is_idempotent(name)
        && !is_repeatable_sql(facts, write.site)
        && !is_repeated_by_chain(facts, write.site)
        && !is_touch(facts, write.site)
        && !write.via.is_some_and(|via| makes_handler(program.name(via)))
        && !(write.tables.len() == 1 && is_record(&write.tables[0]))
        && !(write.mode == WriteMode::OnCommit && write.via.is_some_and(|via| is_reader(program.name(via))))
        && !write.via.is_some_and(|via| admits(&program.short_name(via)))
        && write.via.is_none_or(|via| in_scope(program, via))
}

/// A function that is called for what it gives: what it commits on the way (a login attempt, who has looked) stands alone.
fn is_reader(name: &str) -> bool {
    let words = words(name);
    let reads =
        ["get", "fetch", "find", "list", "load", "read", "validate", "verify", "check", "probe", "search", "is", "has", "may", "can"];
    words.first().is_some_and(|word| reads.contains(&word.as_str())) && !words.iter().any(|word| word == "or" || word == "and")
}

/// Lets a client in, and keeps when that was: `authenticate`, `AuthCheck::check`.
fn admits(name: &str) -> bool {
    let words = words(name);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let last = name.rsplit(['.', ':']).next().unwrap_or(name);
    let checks = is_reader(last) || has(&["require", "ensure"]);
    has(&["authenticate", "authorize"]) || checks && has(&["auth", "authentication", "authorization", "permission", "permissions"])
}

/// Names of tables and functions that keep a record beside the operation: audit logs, history, counters of use, caches.
pub(super) fn is_record(name: &str) -> bool {
    let words = words(name);
    // An address that is to be confirmed is no mail that was sent: `deleteEmailVerification`.
    let is_address = words.iter().any(|word| matches!(word.as_str(), "verification" | "verifications" | "confirmation" | "confirmations"))
        && !words.iter().any(|word| matches!(word.as_str(), "send" | "sent" | "log" | "logs" | "queue"));
    words.iter().filter(|word| !(is_address && matches!(word.as_str(), "email" | "emails" | "mail"))).any(|word| {
        matches!(
            word.as_str(),
            "audit"
                | "audits"
                | "auditlog"
                | "log"
                | "logs"
                | "logger"
                | "logging"
                | "history"
                | "activity"
                | "activities"
                | "metric"
                | "metrics"
                | "analytics"
                | "stat"
                | "stats"
                | "statistic"
                | "statistics"
                | "event"
                | "events"
                | "notification"
                | "notifications"
                | "notify"
                | "cache"
                | "cached"
                | "telemetry"
                | "track"
                | "tracking"
                | "usage"
                | "webhook"
                | "webhooks"
                | "email"
                | "emails"
                | "mail"
                | "feedback"
                | "changelog"
                | "journal"
                | "trace"
                | "attempt"
                | "attempts"
                | "heartbeat"
                | "visit"
                | "visits"
                | "throttle"
                | "ratelimit"
                | "dispatch"
                | "enqueue"
                | "queue"
                | "job"
                | "jobs"
                | "publish"
                | "emit"
                | "schedule"
                | "detect"
        )
    })
}

/// Can be repeated until it has worked.
fn is_idempotent(name: &str) -> bool {
    let words = words(name);
    words.iter().any(|word| matches!(word.as_str(), "upsert" | "merge" | "ensure" | "sync"))
        || words.windows(3).any(|three| {
            three[1] == "or"
                && matches!(three[0].as_str(), "aget" | "aupdate" | "get" | "find" | "update" | "create" | "fetch" | "load")
                && three[2] != "fail"
        })
}

/// `insert … on conflict do nothing`: the statement can be repeated as well.
fn is_repeatable_sql(facts: &FileFacts, site: NodeId) -> bool {
    let mut found = false;
    facts.arena.walk(site, |node| {
        if let Some(text) = facts.string(node) {
            let text = text.to_ascii_lowercase();
            found |= ["on conflict", "insert or ignore", "insert or replace", "on duplicate key"].iter().any(|words| text.contains(words));
        }
    });
    found
}

/// The first two writes that belong together.
fn operation<'a>(place: &Place, held: &Held, function: GlobalDef, writes: &[&'a Write]) -> Option<Operation<'a>> {
    let amounts = Amounts::of(place, writes.iter().filter(|write| write.via.is_none()).map(|write| write.site));
    let pending = Pending::of(place, HANDLES, writes);
    let together = |first, second| together(place, held, function, &amounts, &pending, first, second);
    for (at, &first) in writes.iter().enumerate() {
        for (next, &second) in writes.iter().enumerate().skip(at + 1) {
            if together(first, second) {
                let others = writes[next + 1..].iter().copied().filter(|&other| together(first, other)).collect();
                return Some(Operation { function, first, second, others });
            }
        }
    }
    None
}

fn together(place: &Place, held: &Held, function: GlobalDef, amounts: &Amounts, pending: &Pending, first: &Write, second: &Write) -> bool {
    // What is taken from one row is given to another, by these two writes themselves.
    let moves = first.via.is_none() && second.via.is_none() && amounts.move_between(first.site, second.site);
    both_happen(place, first.site, second.site)
        && !may_fail(place, first.site, second.site)
        && different(place, first, second, moves)
        && (moves
            || dependent(place, function, first, second)
            || pending.hang_together(place, first.site, &given(place, first), second.site))
        && (first.mode != WriteMode::OnCommit || share_session(place, held, function, first, second))
}

/// Both commits are of one session, as far as the function sees. Functions that open sessions of their own are units of work of their
/// own, and what they share may be no database at all.
fn share_session(place: &Place, held: &Held, function: GlobalDef, first: &Write, second: &Write) -> bool {
    if same_connection(place, first, second) {
        return true;
    }
    let outer = held.outer(function);
    let keys = |write: &Write| -> Vec<Key> {
        let own = held.mentions(outer, place.nesting.chain_top(place.facts, write.site));
        // What is behind a call on a row: the application's one session, `db.session.commit()`.
        let (target, node) = write.target;
        let behind = if write.via.is_some() { held.mentions(held.outer(target), node) } else { Vec::new() };
        let global = behind.into_iter().filter(|mention| matches!(mention.key, Key::Global(_)));
        own.into_iter().chain(global).map(|mention| mention.key).collect()
    };
    let one = keys(first);
    keys(second).iter().any(|key| one.contains(key))
}

/// Python: `connection.commit()` twice, of one variable.
fn same_connection(place: &Place, first: &Write, second: &Write) -> bool {
    let facts = place.facts;
    let of = |write: &Write| match facts.arena.kind(write.site) {
        NodeKind::Call { callee, .. } if write.via.is_none() && called_name(facts, write.site) == Some("commit") => {
            match facts.arena.kind(callee) {
                NodeKind::Member { object, .. } => match facts.arena.kind(object) {
                    NodeKind::Name(name) => Some(name),
                    _ => None,
                },
                _ => None,
            }
        }
        _ => None,
    };
    facts.language.family() == Family::Python && of(first).is_some() && of(first) == of(second)
}

/// Two commits; or writes of different tables; or a table that is emptied and filled; or an amount that is moved.
fn different(place: &Place, first: &Write, second: &Write, moves: bool) -> bool {
    if first.mode == WriteMode::OnCommit || second.mode == WriteMode::OnCommit {
        return first.mode == second.mode;
    }
    let (Some(one), Some(other)) = (table(place, first), table(place, second)) else { return false };
    let relation = |write: &Write| relation_written(place.program.file(write.target.0.file), write.target.1);
    if moves || stem(one) != stem(other) || relation(first) != relation(second) {
        return true;
    }
    let name = |write: &Write| called_name(place.facts, write.site).unwrap_or_default().to_ascii_lowercase();
    let removes =
        |name: &str| ["delete", "destroy", "remove", "clear", "truncate"].iter().any(|verb| name.starts_with(verb)) || name == "del";
    let adds = |name: &str| ["create", "insert", "add", "bulk", "save"].iter().any(|verb| name.starts_with(verb));
    let (one, other) = (name(first), name(second));
    let by_name = (one.starts_with("decrement") && other.starts_with("increment"))
        || (one.starts_with("increment") && other.starts_with("decrement"));
    let hands_on = || one.starts_with("update") && other.starts_with("update") && hands_on(place.facts, first.site, second.site);
    // Rust's methods say what they do to their table, also one call further: `self.remove_by_role(id)`, then `RolePermission::insert(…)`.
    let is_rust = place.facts.language.family() == Family::Rust;
    let refills = || removes(&one) && adds(&other);
    first.via.is_none() && second.via.is_none() && (by_name || refills() || hands_on()) || is_rust && refills()
}

/// A mark that one row has is given to another: `primary: true` here, `primary: false` there.
fn hands_on(facts: &FileFacts, first: NodeId, second: NodeId) -> bool {
    let marks = |site: NodeId| {
        let mut found: Vec<(String, bool)> = Vec::new();
        for argument in arguments(facts, site) {
            facts.arena.walk(argument, |node| {
                if let NodeKind::Entry { key, value } = facts.arena.kind(node)
                    && let (Some(key), NodeKind::Bool(set)) = (facts.string(key), facts.arena.kind(value))
                {
                    found.push((key.to_string(), set));
                }
            });
        }
        found
    };
    let one = marks(first);
    marks(second).iter().any(|(key, set)| one.contains(&(key.clone(), !set)))
}

/// The table that is written to; behind a method of a class that is generic over models (`class Users(Crud[User, UserIn])`) the model it is
/// made for.
fn table<'a>(place: &'a Place, write: &'a Write) -> Option<&'a str> {
    if let Some(table) = write.tables.first() {
        return Some(table);
    }
    let (program, facts) = (place.program, place.facts);
    let NodeKind::Call { callee, .. } = facts.arena.kind(write.site) else { return None };
    let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return None };
    // A row of a model that is no class is of the table that it was read from: `cart.save()` after `cart = await Cart.findOne(…)`.
    if let (NodeKind::Name(name), None, Family::TypeScript) = (facts.arena.kind(object), write.via, facts.language.family()) {
        let owner = place.nesting.owner(write.site);
        let summary = place.summaries.of(GlobalDef { file: place.file, def: owner })?;
        return assigned(facts, owner, name).into_iter().find_map(|value| {
            let NodeKind::Await(call) = facts.arena.kind(value) else { return None };
            summary.queries.iter().find(|query| query.site == call)?.table.as_deref()
        });
    }
    let class = match program.value(place.file, object) {
        Value::Instance { class, .. } if write.via.is_some() => class,
        _ => return None,
    };
    let own = program.file(class.file);
    let model = program.def(class).bases.iter().find_map(|&base| {
        let NodeKind::Apply { args, .. } = own.arena.kind(base) else { return None };
        own.arena.list(args).find_map(|argument| match program.value(class.file, argument) {
            Value::Def(model) | Value::Instance { class: model, .. } if program.is(model, Role::Model) => Some(model),
            _ => None,
        })
    })?;
    Some(program.name(model))
}

/// The relation of a row that is written to, which has a table of its own: `tags` of `article.tags.add(tag)`.
fn relation_written(facts: &FileFacts, call: NodeId) -> Option<&str> {
    let is_of_relation =
        matches!(called_name(facts, call), Some("add" | "aadd" | "set" | "aset" | "remove" | "aremove" | "clear" | "aclear"));
    if !is_of_relation || facts.language.family() != Family::Python {
        return None;
    }
    let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return None };
    let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return None };
    match facts.arena.kind(object) {
        NodeKind::Member { object: row, name, .. } if !matches!(facts.arena.kind(row), NodeKind::Receiver) => Some(facts.text(name)),
        _ => None,
    }
}

/// `userModel`, `User` and `users` are one table.
fn stem(table: &str) -> String {
    let lower = table.to_ascii_lowercase().replace('_', "");
    let lower = lower.strip_suffix("model").or_else(|| lower.strip_suffix("entity")).unwrap_or(&lower);
    lower.strip_suffix('s').unwrap_or(lower).to_string()
}

/// The nodes around a place, outward through the closures that hold it.
fn outward<'a>(place: &'a Place, site: NodeId) -> impl Iterator<Item = NodeId> + 'a {
    std::iter::successors(Some(site), move |&at| {
        place.nesting.parent(at).or_else(|| {
            let owner = place.nesting.owner(at);
            if place.facts.def(owner).flags.has(DefFlags::CLOSURE) { place.nesting.place(owner) } else { None }
        })
    })
    .take(10_000)
}

/// One way through the function passes both: they are not in branches that exclude each other, nor is one in the handling of
/// the other's failure, nor does the function end between them.
fn both_happen(place: &Place, first: NodeId, second: NodeId) -> bool {
    let facts = place.facts;
    let way: Vec<NodeId> = outward(place, first).collect();
    let other: Vec<NodeId> = outward(place, second).collect();
    if let Some(at) = way.iter().position(|&node| node == second) {
        return is_given(facts, &way[..=at]);
    }
    if other.contains(&first) {
        return false;
    }
    let Some(at) = way.iter().position(|node| other.contains(node)) else { return false };
    let common = way[at];
    let to = other.iter().position(|&node| node == common).unwrap_or(0);
    if at == 0 || to == 0 {
        return false;
    }
    let (from, towards) = (way[at - 1], other[to - 1]);
    let apart = match facts.arena.kind(common) {
        NodeKind::If { then, otherwise, .. } => {
            let branch = |node| node == then || Some(node) == otherwise;
            branch(from) && branch(towards)
        }
        NodeKind::Match { subject, .. } => from != subject && towards != subject,
        // `match(kind).with("a", () => …).with("b", () => …)`: one of the callbacks runs.
        NodeKind::Call { callee, .. } if from == callee && towards != callee => {
            let alternative = |link| matches!(called_name(facts, link), Some("with" | "when" | "otherwise"));
            let root = chain(facts, common).filter(|&link| matches!(facts.arena.kind(link), NodeKind::Call { .. })).last();
            alternative(common) && root.is_some_and(|root| called_name(facts, root) == Some("match"))
        }
        NodeKind::Try { body, handlers, .. } => from != body || facts.arena.list(handlers).any(|handler| handler == towards),
        _ => false,
    };
    let compensates = |nodes: &[NodeId]| nodes.iter().any(|&node| matches!(facts.arena.kind(node), NodeKind::Handler { .. }));
    !apart && !compensates(&way[..at]) && !compensates(&other[..to]) && !leaves(facts, &way[..at])
}

/// A write that is done for an argument of what another one is done on: `Profile(User(name).save()).save()`.
fn is_given(facts: &FileFacts, way: &[NodeId]) -> bool {
    if facts.language.family() != Family::Python {
        return false;
    }
    way.windows(2).any(|pair| match facts.arena.kind(pair[1]) {
        NodeKind::Call { callee, .. } => pair[0] != callee,
        _ => false,
    }) && !way.iter().any(|&node| matches!(facts.arena.kind(node), NodeKind::Closure(_)))
}

/// The code after the first write ends the function (or the round of a loop) before the second can happen.
fn leaves(facts: &FileFacts, way: &[NodeId]) -> bool {
    way.windows(2).any(|pair| match facts.arena.kind(pair[1]) {
        NodeKind::Return(_) | NodeKind::Raise(_) => true,
        NodeKind::Block { items, .. } => facts.arena.list(items).skip_while(|&item| item != pair[0]).skip(1).any(|item| {
            matches!(facts.arena.kind(item), NodeKind::Return(_) | NodeKind::Raise(_) | NodeKind::Break(_) | NodeKind::Continue)
        }),
        _ => false,
    })
}

/// The second write is given something that the first was given, gave, or changed.
fn dependent(place: &Place, function: GlobalDef, first: &Write, second: &Write) -> bool {
    let facts = place.facts;
    let Some(body) = facts.def(function.def).body else { return false };
    let seeds = subjects(place, first);
    if seeds.names.is_empty() && seeds.paths.is_empty() {
        return false;
    }
    let other = subjects(place, second);
    if seeds.paths.iter().any(|path| other.paths.contains(path)) || seeds.names.iter().any(|name| other.names.contains(name)) {
        return true;
    }
    let dependence = Dependence::of(facts, &seeds.names, body);
    if other.names.iter().any(|&name| dependence.has(name) || is_found_by(facts, body, name, &seeds.paths))
        || is_filled(facts, body, &dependence, &other.names)
        || are_tied(facts, body, &seeds.names, &other.names)
    {
        return true;
    }
    if first.mode != WriteMode::OnCommit {
        return is_looked_up(place, function, body, &seeds.names, &other.names);
    }
    // Both are about what one local row says: `user` is looked up by `entry`, and then `entry` is removed.
    let is_row = |name: &Name| !is_parameter(place, function, *name);
    let rows: Vec<Name> = other.names.iter().copied().filter(is_row).collect();
    let dependence = Dependence::of(facts, &rows, body);
    !rows.is_empty() && seeds.names.iter().any(|&name| dependence.has(name))
}

/// What is written first was looked up by the key that the second write names: `order = get(id); order.save(); delete_items(id)`.
fn is_looked_up(place: &Place, function: GlobalDef, body: NodeId, first: &[Name], second: &[Name]) -> bool {
    let facts = place.facts;
    let is_key = |name: &Name| words(facts.text(*name)).last().is_some_and(|word| matches!(word.as_str(), "id" | "uuid" | "key" | "slug"));
    let keys: Vec<Name> = second.iter().copied().filter(|name| is_key(name) && is_parameter(place, function, *name)).collect();
    let dependence = Dependence::of(facts, &keys, body);
    !keys.is_empty() && first.iter().any(|&name| dependence.has(name))
}

/// Definitions around a function that are looked at.
const OUTWARD: usize = 32;

/// A parameter of the function or of one around it.
fn is_parameter(place: &Place, function: GlobalDef, name: Name) -> bool {
    around(place.facts, function.def).take(OUTWARD).any(|at| takes(place.facts, at, name))
}

fn takes(facts: &FileFacts, def: DefId, name: Name) -> bool {
    facts.def(def).params.iter().any(|param| parameter_names(facts, param).contains(&name))
}

/// The rows that a call which commits is given, or gives; of one that looks something up on the way, none.
fn given(place: &Place, write: &Write) -> Vec<Name> {
    let looks_up = |via| has_word(place.program.name(via), &["get", "fetch", "find", "load", "read", "check"]);
    if write.mode != WriteMode::OnCommit || write.via.is_none_or(looks_up) {
        return Vec::new();
    }
    subjects(place, write).names
}

/// The local was made from one of the paths: `const user = await User.findOne({ id: req.body.userId })`.
fn is_found_by(facts: &FileFacts, body: NodeId, name: Name, paths: &[String]) -> bool {
    let mut found = false;
    let mut look = |value: NodeId| {
        facts.arena.walk(value, |node| {
            found |= matches!(facts.arena.kind(node), NodeKind::Member { .. }) && paths.contains(&spell(facts, node));
        });
    };
    if !paths.is_empty() {
        walk_deep(facts, body, |node| {
            if let NodeKind::Declare { target, value: Some(value), .. } = facts.arena.kind(node)
                && bound_names(facts, target).contains(&name)
            {
                look(value);
            }
            true
        });
    }
    found
}

/// Rust: a list is given what came of the first write, and is written next: `ids.push(key.id)`, then `set(account::keys.eq(ids))`.
fn is_filled(facts: &FileFacts, body: NodeId, dependence: &Dependence, names: &[Name]) -> bool {
    let mut found = false;
    if facts.language.family() != Family::Rust {
        return false;
    }
    facts.arena.walk(body, |node| {
        if let NodeKind::Call { callee, .. } = facts.arena.kind(node)
            && let NodeKind::Member { object, name, path: false } = facts.arena.kind(callee)
            && let NodeKind::Name(list) = facts.arena.kind(object)
            && matches!(facts.text(name), "push" | "push_back" | "insert" | "extend")
        {
            found |= names.contains(&list) && arguments(facts, node).any(|given| dependence.mentions(facts, given));
        }
    });
    found
}

/// What a write is about: local names, and paths below the request or the receiver.
struct Subjects {
    /// What the write's call hangs on.
    callee_root: NodeId,
    names: Vec<Name>,
    paths: Vec<String>,
}

/// Names of handles and whole requests: two writes both use them without being about the same thing.
const HANDLES: &[&str] = &[
    "db",
    "database",
    "session",
    "conn",
    "connection",
    "client",
    "pool",
    "prisma",
    "knex",
    "engine",
    "cursor",
    "cur",
    "em",
    "manager",
    "app",
    "ctx",
    "context",
    "c",
    "req",
    "request",
    "res",
    "response",
    "reply",
    "next",
    "info",
    "event",
    "state",
    "repo",
    "repos",
    "repository",
    "self",
    "cls",
    "this",
    "logger",
    "log",
    "settings",
    "config",
];

fn subjects(place: &Place, write: &Write) -> Subjects {
    let (facts, site) = (place.facts, write.site);
    let top = place.nesting.chain_top(facts, site);
    let mut found = Subjects { callee_root: chain_root(facts, site), names: Vec::new(), paths: Vec::new() };
    let mut handled: FxHashSet<NodeId> = FxHashSet::default();
    // What a callback given to the project's own function mentions is not what the function writes.
    let own = write.via.is_none();
    walk_deep(facts, top, |node| {
        if !own && matches!(facts.arena.kind(node), NodeKind::Closure(_)) {
            return false;
        }
        match facts.arena.kind(node) {
            NodeKind::Member { .. } if !handled.contains(&node) => {
                handled.extend(chain(facts, node));
                found.add_chain(place, node);
            }
            NodeKind::Name(_) if !handled.contains(&node) => found.add_chain(place, node),
            _ => {}
        }
        true
    });
    // What the result is kept in.
    let mut at = top;
    while let Some(parent) = place.nesting.parent(at) {
        match facts.arena.kind(parent) {
            NodeKind::Declare { target, .. } | NodeKind::Assign { target, .. } => {
                found.names.extend(bound_names(facts, target));
                break;
            }
            NodeKind::Await(_) | NodeKind::Propagate(_) | NodeKind::Cast { .. } | NodeKind::Call { .. } | NodeKind::Member { .. } => {
                at = parent
            }
            _ => break,
        }
    }
    // What is saved through an object that was made with the row: `form = OrderForm(order)`, `form.save()`.
    let is_query = || {
        let owner = GlobalDef { file: place.file, def: place.nesting.owner(site) };
        place.summaries.of(owner).is_some_and(|summary| summary.queries.iter().any(|query| query.site == site))
    };
    if own
        && write.mode == WriteMode::Immediate
        && let NodeKind::Name(name) = facts.arena.kind(found.callee_root)
        && !is_query()
    {
        for made in assigned(facts, place.nesting.owner(site), name) {
            let rows = arguments(facts, made).filter_map(|argument| match facts.arena.kind(argument) {
                NodeKind::Name(row) if !HANDLES.contains(&facts.text(row)) => Some(row),
                _ => None,
            });
            found.names.extend(rows);
        }
    }
    // The item of a loop comes from what the loop is over.
    for node in place.nesting.around(site) {
        if let NodeKind::Loop { source: Some(source), .. } = facts.arena.kind(node)
            && let NodeKind::Name(name) = facts.arena.kind(chain_root(facts, source))
            && !HANDLES.contains(&facts.text(name))
        {
            found.names.push(name);
        }
    }
    found
}

impl Subjects {
    /// Whose attribute it is: `session.user` of `session.user.id`, about which `session.user.email` is as well.
    fn add_owner(&mut self, facts: &FileFacts, node: NodeId, root: &str) {
        if !matches!(root, "req" | "request" | "ctx" | "context" | "c" | "session" | "event" | "state") {
            return;
        }
        if let NodeKind::Member { object, .. } = facts.arena.kind(node)
            && let NodeKind::Member { name, .. } = facts.arena.kind(object)
            && !PARTS.contains(&facts.text(name))
        {
            self.paths.push(spell(facts, object));
        }
    }

    fn add_chain(&mut self, place: &Place, node: NodeId) {
        let facts = place.facts;
        let root = chain_root(facts, node);
        match facts.arena.kind(root) {
            NodeKind::Name(name) => {
                let text = facts.text(name);
                if HANDLES.contains(&text) {
                    self.add_path(facts, node);
                } else if is_local(place, root, name, root == self.callee_root) {
                    self.names.push(name);
                }
            }
            NodeKind::Receiver => self.add_path(facts, node),
            _ => {}
        }
    }

    /// `req.user` of `req.user.id`; the receiver's services and handles are no subject.
    fn add_path(&mut self, facts: &FileFacts, node: NodeId) {
        let members: Vec<&str> = {
            let mut names: Vec<&str> = chain(facts, node).filter_map(|link| last_name(facts, link).map(|name| facts.text(name))).collect();
            names.reverse();
            names
        };
        let is_called = chain(facts, node).any(|link| matches!(facts.arena.kind(link), NodeKind::Call { .. }));
        if members.len() >= 3 && !is_called {
            self.paths.push(spell(facts, node));
            self.add_owner(facts, node, members[0]);
        }
    }
}

/// Names of a request's parts that hold whatever it came with.
const PARTS: &[&str] = &[
    "body", "query", "params", "headers", "cookies", "data", "state", "locals", "session", "input", "payload", "files", "file", "auth",
    "args", "request", "res", "req", "app", "env", "valid",
];

/// A variable or parameter of the function, not a module's name, a class or a library's object.
fn is_local(place: &Place, node: NodeId, name: Name, root_of_call: bool) -> bool {
    let facts = place.facts;
    let is_handle = match place.program.value(place.file, node) {
        Value::Module(_) | Value::Namespace(_) => true,
        Value::Def(def) => place.program.def(def).kind != crate::model::facts::DefKind::Variable || def.file != place.file,
        // What a write is called on is a connection; what it is given may come out of a library too (`ctx.request.body`).
        Value::Api { subject: None, .. } => root_of_call && !is_row(place, node, name),
        _ => false,
    };
    if is_handle {
        return false;
    }
    around(facts, place.nesting.owner(node))
        .take(OUTWARD)
        .any(|at| takes(facts, at, name) || at != DefId::MODULE && facts.def(at).body.is_some_and(|body| binds(facts, body, name)))
}

/// A local that a query gave, or a new row that is saved, though its class is the library's: `const user = await User.findById(id)`.
fn is_row(place: &Place, node: NodeId, name: Name) -> bool {
    let facts = place.facts;
    let is_saved = place.nesting.parent(node).is_some_and(
        |parent| matches!(facts.arena.kind(parent), NodeKind::Member { object, name, .. } if object == node && facts.text(name) == "save"),
    );
    assigned(facts, place.nesting.owner(node), name).into_iter().any(|value| match facts.arena.kind(value) {
        NodeKind::Call { form: CallForm::New, .. } => is_saved,
        NodeKind::Await(_) if is_saved => true,
        NodeKind::Await(value) => {
            let summary = place.summaries.of(GlobalDef { file: place.file, def: place.nesting.owner(value) });
            chain(facts, value).any(|link| summary.is_some_and(|summary| summary.queries.iter().any(|query| query.site == link)))
        }
        _ => false,
    })
}

fn binds(facts: &FileFacts, body: NodeId, name: Name) -> bool {
    let mut found = false;
    facts.arena.walk_while(body, |node| {
        let target = match facts.arena.kind(node) {
            NodeKind::Declare { target, .. } | NodeKind::Assign { target, .. } | NodeKind::Loop { target: Some(target), .. } => {
                Some(target)
            }
            _ => None,
        };
        found |= target.is_some_and(|target| bound_names(facts, target).contains(&name));
        !found
    });
    found
}

fn finding(context: &Context, operation: &Operation) -> Finding {
    let program = context.program;
    let Operation { function, first, second, others } = operation;
    let facts = program.file(function.file);
    let commits = first.mode == WriteMode::OnCommit;
    let name = super::handlers::handler_name(program, *function);
    let (one, other) = (what(program, facts, first), what(program, facts, second));
    let (level, remark) = match first.mode {
        WriteMode::Document => (Level::Note, "; transactions need a replica set here"),
        WriteMode::Immediate if !is_structural(program, facts, first, second) => (Level::Note, "; fine where they may differ for a while"),
        _ if only_removes(&|write| called(facts, write, &|via| program.name(via).to_string()), first, second) => {
            (Level::Note, "; doing it again removes the rest")
        }
        _ if lets_in(&called(facts, second, &|via| program.name(via).to_string())) => (Level::Note, "; whoever logs in again gets another"),
        _ if is_asked_for_again(facts, first) || is_asked_for_again(facts, second) => (Level::Note, "; whoever asks again gets another"),
        // What is made where it was missing, or by a function that does something of its own, may well stand when the rest fails.
        WriteMode::OnCommit
            if first.via.is_some_and(|via| !is_method_of_row(program, function.file, first.site, via))
                || is_conditional(program, first.site, *function) =>
        {
            (Level::Note, "; fine where what is committed first may stand by itself")
        }
        WriteMode::Immediate if first.via.is_some_and(|via| !is_method_of_row(program, function.file, first.site, via)) => {
            (Level::Note, "; fine where what the first writes may stand by itself")
        }
        _ if may_be_in_callers(context, *function, first, second) => (Level::Note, "; fine where whoever calls it has opened one"),
        _ => (Level::Warning, ""),
    };
    let message = if commits {
        format!("`{name}` commits twice: when {other} fails, what {one} committed stays{remark}")
    } else {
        format!("`{name}` writes without a transaction: when {other} fails, what {one} wrote stays{remark}")
    };
    let label = |write: &Write, text: String| Label { location: program.location(function.file, call_span(facts, write.site)), text };
    let mut related = vec![label(first, format!("{} first{}", if commits { "commits" } else { "writes" }, tables(first)))];
    if second.via.is_some() {
        let (at, node) = second.target;
        let text = format!("{} here", if commits { "commits" } else { "writes" });
        related.push(Label { location: program.location(at.file, call_span(program.file(at.file), node)), text });
    }
    related.extend(others.iter().take(MAX_PLACES).map(|write| label(write, format!("then this{}", tables(write)))));
    let help = if commits {
        "let the called functions leave the commit to their caller (`flush` gives ids), and commit once at the end"
    } else {
        "open one transaction around the writes and hand its handle to each of them"
    };
    Finding {
        rule: RULE.into(),
        level,
        message,
        primary: label(second, format!("{} on its own{}", if commits { "commits" } else { "writes" }, tables(second))),
        related,
        flow: Vec::new(),
        help: Some(help.to_string()),
        subject: program.qualified_name(*function),
        fingerprint: String::new(),
        confidence: first.confidence.min(second.confidence),
        redact: Vec::new(),
    }
}

/// The write stands below a condition: `if trail is None: …`.
fn is_conditional(program: &Program, site: NodeId, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    program.nesting(function.file).around(site).any(|node| match facts.arena.kind(node) {
        NodeKind::If { then, otherwise, .. } => {
            let site = facts.arena.span(site);
            facts.arena.span(then).contains(site) || otherwise.is_some_and(|otherwise| facts.arena.span(otherwise).contains(site))
        }
        _ => false,
    })
}

/// `order.add_line(…)`: the method of a row writes what belongs to it.
fn is_method_of_row(program: &Program, file: crate::model::source::FileId, site: NodeId, via: GlobalDef) -> bool {
    let facts = program.file(file);
    let class = GlobalDef { file: via.file, def: program.def(via).parent };
    let is_called_on =
        matches!(facts.arena.kind(site), NodeKind::Call { callee, .. } if matches!(facts.arena.kind(callee), NodeKind::Member { .. }));
    is_called_on && (program.is(class, Role::Model) || program.is(class, Role::Repository))
}

/// Rows come and go together (a parent and its children, a link and its counter), or a table is emptied and filled. Two updates are
/// often of things that merely follow each other.
fn is_structural(program: &Program, facts: &FileFacts, first: &Write, second: &Write) -> bool {
    let verbs = |write: &Write| -> Vec<String> {
        let name = write.via.map_or_else(|| called_name(facts, write.site).unwrap_or_default(), |via| program.name(via));
        words(name)
    };
    let has = |write: &Write, known: &[&str]| verbs(write).iter().any(|word| known.contains(&word.as_str()));
    let changes_rows = |write: &Write| {
        let by_sql = write.via.is_none() && matches!(called_name(facts, write.site), Some("execute" | "query" | "exec" | "save"));
        by_sql || has(write, &["create", "insert", "add", "bulk", "register", "delete", "del", "destroy", "remove", "clear", "set"])
    };
    let counts = |write: &Write| has(write, &["increment", "decrement"]);
    [first, second].into_iter().all(|write| changes_rows(write) || counts(write))
}

fn what(program: &Program, facts: &FileFacts, write: &Write) -> String {
    match write.via {
        Some(via) => format!("`{}`", program.short_name(via)),
        None => {
            let called = spelled_callee(facts, write.site);
            let named = write.tables.first().filter(|table| !called.to_ascii_lowercase().contains(&stem(table)));
            named.map_or(format!("`{called}`"), |table| format!("`{called}` on `{table}`"))
        }
    }
}

fn tables(write: &Write) -> String {
    write.tables.first().map_or(String::new(), |table| format!(", `{table}`"))
}
