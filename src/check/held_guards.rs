//! Guards of blocking locks that are alive across an `await` (Rust): whoever wants the lock meanwhile blocks a thread of the runtime, which
//! may be the one that the holder needs to go on.
//!
//! Reads one block: `let guard = lock.lock()…;` and an `await` in what follows, before the guard is dropped. Temporaries are not followed.

use super::Context;
use super::blocking_call_in_async::RULE;
use super::scope::in_scope;
use super::spelling::spelled_callee;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefFlags, FileFacts, Name};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::nesting::{arguments, called_name, chain};
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};

/// Finds guards held across an `await`.
pub(super) fn held_guards(context: &Context) -> Vec<Finding> {
    context.in_files("blocking-call-in-async: held guards", (), in_file)
}

fn in_file(context: &Context, (): &(), file: FileId) -> Vec<Finding> {
    let program = context.program;
    let facts = program.file(file);
    let mut findings = Vec::new();
    if facts.language.family() != Family::Rust {
        return findings;
    }
    for function in program.functions_of(file) {
        let def = facts.def(function.def);
        let Some(body) = def.body.filter(|_| def.flags.has(DefFlags::ASYNC) && in_scope(program, function)) else { continue };
        facts.arena.walk(body, |node| {
            if let NodeKind::Block { items, .. } = facts.arena.kind(node) {
                let items: Vec<NodeId> = facts.arena.list(items).collect();
                for (at, &item) in items.iter().enumerate() {
                    findings.extend(held(program, function, item, items.get(at + 1..).unwrap_or(&[])));
                }
            }
        });
    }
    findings
}

fn held(program: &Program, function: GlobalDef, item: NodeId, rest: &[NodeId]) -> Option<Finding> {
    let facts = program.file(function.file);
    let NodeKind::Declare { target, value: Some(value), .. } = facts.arena.kind(item) else { return None };
    let NodeKind::Name(guard) = facts.arena.kind(target) else { return None };
    let lock = locks(program, function.file, facts, value)?;
    let mut wait = None;
    for &statement in rest {
        if wait.is_none() && drops(facts, statement, guard) {
            return None;
        }
        wait = wait.or_else(|| awaits(facts, statement));
    }
    let wait = wait?;
    let name = facts.text(guard);
    let called = spelled_callee(facts, lock);
    let at = |node| program.location(function.file, facts.arena.span(node));
    Some(Finding {
        rule: RULE.into(),
        level: Level::Warning,
        message: format!("`{name}` holds the lock of `{called}` across an `await`: a task that wants it meanwhile blocks its thread"),
        primary: Label { location: at(lock), text: "a blocking lock".to_string() },
        related: vec![Label { location: at(wait), text: "still held here".to_string() }],
        flow: Vec::new(),
        help: Some("end the guard's life before the `await` (a block of its own, `drop(guard)`), or use `tokio::sync::Mutex`".to_string()),
        subject: format!("{} {name}", program.qualified_name(function)),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    })
}

/// The call that takes the lock, when the value is its guard: `.lock()`, through `unwrap`, `expect`, `?`.
fn locks(program: &Program, file: FileId, facts: &FileFacts, value: NodeId) -> Option<NodeId> {
    // A part of what it guards is copied: the guard itself is gone at the end of the statement.
    if matches!(facts.arena.kind(value), NodeKind::Member { .. }) {
        return None;
    }
    let mut unwrapped = false;
    for link in chain(facts, value) {
        match facts.arena.kind(link) {
            NodeKind::Await(_) => return None,
            NodeKind::Call { .. } => match called_name(facts, link) {
                Some(name @ ("lock" | "read" | "write")) if arguments(facts, link).len() == 0 => {
                    return is_blocking_lock(program, file, link, name, unwrapped).then_some(link);
                }
                Some("unwrap" | "expect" | "unwrap_or_else") => unwrapped = true,
                _ => return None,
            },
            NodeKind::Propagate(_) | NodeKind::Member { .. } => {}
            _ => return None,
        }
    }
    None
}

/// An asynchronous lock gives a future, which cannot be unwrapped; the locks of `parking_lot` give their guard at once.
fn is_blocking_lock(program: &Program, file: FileId, call: NodeId, name: &str, unwrapped: bool) -> bool {
    let facts = program.file(file);
    let known = program.called_api(file, call).is_some_and(|api| api.path.starts_with("parking_lot."));
    known || unwrapped && (name == "lock" && !facts.names.may_hold("stdin") || facts.names.may_hold("RwLock"))
}

fn drops(facts: &FileFacts, statement: NodeId, guard: Name) -> bool {
    let mut found = false;
    facts.arena.walk(statement, |node| {
        let dropped = called_name(facts, node) == Some("drop")
            && arguments(facts, node).any(|argument| matches!(facts.arena.kind(argument), NodeKind::Name(name) if name == guard));
        // Shadowed or moved into another function's hands.
        found |= dropped;
    });
    found
}

/// The first `await` in a statement, not in closures of it.
fn awaits(facts: &FileFacts, statement: NodeId) -> Option<NodeId> {
    let mut found = None;
    facts.arena.walk(statement, |node| {
        if found.is_none() && matches!(facts.arena.kind(node), NodeKind::Await(_)) {
            found = Some(node);
        }
    });
    found
}
