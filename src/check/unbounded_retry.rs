//! `unbounded-retry`: a loop that tries again for as long as it fails, at once or for ever.
//!
//! A loop without an end whose body tries something, leaves when that succeeded, and goes round again when it failed. A handler that may
//! leave (a counter, a deadline) bounds it. Main loops of workers never leave on success, and are none.

use rustc_hash::FxHashSet;

use super::Context;
use super::scope::in_scope;
use crate::model::body::{List, LoopKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, FileFacts, Name};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::nesting::{arguments, called_name, chain, last_name, spell};
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::source::{FileId, Span};

pub(super) const RULE: &str = "unbounded-retry";

/// Finds loops that retry without a limit.
pub fn check(context: &Context) -> Vec<Finding> {
    context.in_files(RULE, (), in_file)
}

fn in_file(context: &Context, (): &(), file: FileId) -> Vec<Finding> {
    let program = context.program;
    let facts = program.file(file);
    let mut findings = Vec::new();
    for node in facts.arena.ids() {
        let NodeKind::Loop { kind: LoopKind::Infinite, body, .. } = facts.arena.kind(node) else { continue };
        let owner = GlobalDef { file, def: program.nesting(file).owner(node) };
        // A person who is asked again may leave.
        let asks = called_any(facts, body, &["input", "prompt", "confirm", "question", "readline", "read_line", "getpass"]);
        if !asks
            && (retries(facts, body) || matches_and_retries(facts, body))
            && in_scope(program, owner)
            && !facts.def(owner.def).flags.has(DefFlags::GENERATOR)
        {
            findings.push(finding(program, owner, node, delays(facts, body)));
        }
    }
    findings
}

/// The body is a `try` (with what leads to it), which leaves on success and goes round on failure.
fn retries(facts: &FileFacts, body: NodeId) -> bool {
    let NodeKind::Block { items, .. } = facts.arena.kind(body) else { return false };
    let items: Vec<NodeId> = facts.arena.list(items).collect();
    let Some(at) = items.iter().position(|&item| matches!(facts.arena.kind(item), NodeKind::Try { .. })) else { return false };
    let NodeKind::Try { body: tried, handlers, otherwise, .. } = facts.arena.kind(items[at]) else { return false };
    // Something else in the loop that leaves bounds it: `if time.time() > deadline: raise`.
    if items.iter().enumerate().any(|(other, &item)| other < at && leaves(facts, item)) {
        return false;
    }
    // What stands after the `try` runs on success, unless a handler falls through to it.
    let after = items.iter().skip(at + 1).any(|&item| matches!(facts.arena.kind(item), NodeKind::Break(_) | NodeKind::Return(_)));
    let succeeds = ends(facts, tried) || otherwise.is_some_and(|otherwise| ends(facts, otherwise)) || after;
    let handlers: Vec<NodeId> = facts.arena.list(handlers).collect();
    let goes_round = |handler: NodeId| match facts.arena.kind(handler) {
        NodeKind::Handler { body, .. } => !leaves(facts, body) && (!after || continues(facts, body)),
        _ => false,
    };
    let changes = |handler: NodeId| match facts.arena.kind(handler) {
        NodeKind::Handler { types, body, .. } => {
            changes_the_attempt(facts, body, tried) || frees_a_place(facts, body, tried) || waits_out(facts, types, tried)
        }
        _ => false,
    };
    succeeds && handlers.iter().any(|&handler| goes_round(handler) && !changes(handler)) && !counts(facts, body)
}

/// The handler sets something that the attempt is made with, so that the next one is another: `params[missing] = default`.
fn changes_the_attempt(facts: &FileFacts, handler: NodeId, tried: NodeId) -> bool {
    let mut used: FxHashSet<Name> = FxHashSet::default();
    facts.arena.walk(tried, |node| {
        if let NodeKind::Name(name) = facts.arena.kind(node) {
            used.insert(name);
        }
    });
    any(facts, handler, |kind| match kind {
        NodeKind::Assign { target, .. } => {
            chain(facts, target).last().is_some_and(|root| matches!(facts.arena.kind(root), NodeKind::Name(name) if used.contains(&name)))
        }
        _ => false,
    })
}

/// `except QueueFull: queue.get_nowait()` after `queue.put_nowait(item)`: what failed for want of a place has one the next time.
fn frees_a_place(facts: &FileFacts, handler: NodeId, tried: NodeId) -> bool {
    let called_on = |node: NodeId, names: &[&str]| {
        let mut found: Vec<String> = Vec::new();
        facts.arena.walk(node, |inner| {
            if let NodeKind::Call { callee, .. } = facts.arena.kind(inner)
                && let NodeKind::Member { object, name, .. } = facts.arena.kind(callee)
                && names.contains(&facts.text(name))
            {
                found.push(spell(facts, object));
            }
        });
        found
    };
    let filled = called_on(tried, &["put_nowait", "put"]);
    called_on(handler, &["get_nowait", "get", "popleft", "pop"]).iter().any(|queue| filled.contains(queue))
}

/// `return await wait_for(queue.get(), timeout=…)`, and round again when the time is over: waiting is all that this does.
fn waits_out(facts: &FileFacts, types: List, tried: NodeId) -> bool {
    let mut classes = facts.arena.list(types);
    let is_timeout = classes.next().is_some_and(|class| last_name(facts, class).is_some_and(|name| facts.text(name) == "TimeoutError"));
    is_timeout
        && classes.next().is_none()
        && called_any(facts, tried, &["wait_for"])
        && called_any(facts, tried, &["get", "wait", "recv", "receive"])
}

/// Rust: the body is a `match` on what is tried, which leaves with `Ok` and goes round with any `Err`. Waiting for another thread
/// (`compare_exchange`, `try_lock`, channels) is no retry of something that fails.
fn matches_and_retries(facts: &FileFacts, body: NodeId) -> bool {
    const WAITS: &[&str] = &[
        "compare_exchange",
        "compare_exchange_weak",
        "fetch_update",
        "try_lock",
        "try_recv",
        "recv",
        "try_send",
        "accept",
        "next",
        "poll",
        "read",
        "parse",
    ];
    let NodeKind::Block { items, .. } = facts.arena.kind(body) else { return false };
    let items: Vec<NodeId> = facts.arena.list(items).collect();
    let Some(at) = items.iter().position(|&item| matches!(facts.arena.kind(item), NodeKind::Match { .. })) else { return false };
    let NodeKind::Match { subject, arms } = facts.arena.kind(items[at]) else { return false };
    let hands_on = |node: NodeId| any(facts, node, |kind| matches!(kind, NodeKind::Propagate(_)));
    // What `select!` waits for beside the delay (a shutdown) may leave.
    let may_leave = |item: NodeId| leaves(facts, item) || called_any(facts, item, &["select"]);
    let mut around = items.iter().enumerate().filter(|&(other, _)| other != at);
    if around.any(|(other, &item)| may_leave(item) || other < at && hands_on(item)) || called_any(facts, subject, WAITS) {
        return false;
    }
    let (mut succeeds, mut goes_round) = (false, false);
    for arm in facts.arena.list(arms) {
        let NodeKind::Arm { pattern, guard, body } = facts.arena.kind(arm) else { return false };
        match called_name(facts, pattern) {
            _ if guard.is_some() => return false,
            // A worker goes on after success.
            Some("Ok") if !leaves(facts, body) => return false,
            Some("Ok") => succeeds = true,
            Some("Err") if leaves(facts, body) || hands_on(body) => return false,
            // `Err(Error::Busy)` is one failure of many.
            Some("Err") => {
                goes_round |= arguments(facts, pattern)
                    .all(|inner| !matches!(facts.arena.kind(inner), NodeKind::Member { .. } | NodeKind::Call { .. }));
            }
            _ => return false,
        }
    }
    succeeds && goes_round && !counts(facts, body)
}

/// Its last statement leaves the loop.
fn ends(facts: &FileFacts, block: NodeId) -> bool {
    let NodeKind::Block { items, .. } = facts.arena.kind(block) else { return false };
    facts
        .arena
        .list(items)
        .next_back()
        .is_some_and(|last| matches!(facts.arena.kind(last), NodeKind::Break(_) | NodeKind::Return(Some(_) | None)))
}

fn leaves(facts: &FileFacts, node: NodeId) -> bool {
    any(facts, node, |kind| matches!(kind, NodeKind::Return(_) | NodeKind::Break(_) | NodeKind::Raise(_)))
        || called_any(facts, node, &["exit", "abort", "reject", "panic", "_exit"])
}

fn continues(facts: &FileFacts, node: NodeId) -> bool {
    any(facts, node, |kind| matches!(kind, NodeKind::Continue))
}

/// Something is counted, compared, or asked whether to go on.
fn counts(facts: &FileFacts, body: NodeId) -> bool {
    any(facts, body, |kind| matches!(kind, NodeKind::Binary { op, .. } if op.is_test()))
        && any(facts, body, |kind| matches!(kind, NodeKind::If { .. }))
        && leaves_in_branch(facts, body)
}

fn leaves_in_branch(facts: &FileFacts, body: NodeId) -> bool {
    any(facts, body, |kind| match kind {
        NodeKind::If { then, otherwise, .. } => leaves(facts, then) || otherwise.is_some_and(|otherwise| leaves(facts, otherwise)),
        _ => false,
    })
}

fn delays(facts: &FileFacts, body: NodeId) -> bool {
    called_any(facts, body, &["sleep", "delay", "wait", "setTimeout", "backoff", "pause", "sleepAsync", "tick"])
}

fn called_any(facts: &FileFacts, node: NodeId, names: &[&str]) -> bool {
    let mut found = false;
    facts.arena.walk(node, |inner| {
        found |= called_name(facts, inner).is_some_and(|name| names.contains(&name));
    });
    found
}

fn any(facts: &FileFacts, node: NodeId, is: impl Fn(NodeKind) -> bool) -> bool {
    let mut found = false;
    facts.arena.walk(node, |inner| found |= is(facts.arena.kind(inner)));
    found
}

fn finding(program: &Program, owner: GlobalDef, node: NodeId, delays: bool) -> Finding {
    let span = program.file(owner.file).arena.span(node);
    let place = Span { start: span.start, end: span.end.min(span.start + 12) };
    let what = if delays { "this loop tries again for ever" } else { "this loop tries again for ever, and at once" };
    Finding {
        rule: RULE.into(),
        level: Level::Note,
        message: format!("{}{}: what keeps failing is called without end", "T", &what[1..]),
        primary: Label { location: program.location(owner.file, place), text: "no limit".to_string() },
        related: Vec::new(),
        flow: Vec::new(),
        help: Some("give up after a number of attempts, and wait longer before each (exponential backoff with jitter)".to_string()),
        subject: program.qualified_name(owner),
        fingerprint: String::new(),
        confidence: Confidence::Medium,
        redact: Vec::new(),
    }
}
