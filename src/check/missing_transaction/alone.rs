//! Writes that may stand alone: what fills a gap, is done at best, keeps a record, or can be repeated.

use super::ways::outward;
use crate::check::lesser_writes::{is_repeated_by_chain, is_touch, makes_handler};
use crate::check::loops::Place;
use crate::check::records::{is_record, is_record_table};
use crate::check::scope::in_scope;
use crate::check::sensitive::assigned;
use crate::model::body::{BinaryOp, CallForm, NodeId, NodeKind, UnaryOp};
use crate::model::facts::FileFacts;
use crate::model::finding::Confidence;
use crate::model::knowledge::WriteMode;
use crate::model::nesting::{arguments, called_name, last_name};
use crate::model::program::Program;
use crate::model::source::{Family, FileId};
use crate::model::summary::Write;
use crate::model::words::words;
use crate::rulebook::vocabulary::{Words, api_names, vocabulary};

/// `state = find(); if not state: state = create()`: when what follows fails, the next call finds what was made.
pub(super) fn fills_a_gap(place: &Place, site: NodeId) -> bool {
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
pub(super) fn is_gathered(place: &Place, site: NodeId) -> bool {
    let facts = place.facts;
    let top = place.nesting.chain_top(facts, site);
    facts.language.family() == Family::TypeScript
        && place.nesting.argument_of(facts, top).is_some_and(|(call, _)| called_name(facts, call) == Some("push"))
}

/// `if let Err(error) = delete_old().await { error!(…) }`: whatever becomes of it, the next step is done.
pub(super) fn is_looked_at(place: &Place, site: NodeId) -> bool {
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

/// `await Promise.allSettled([…])`: all of it is waited for, whatever fails.
pub(super) fn is_settled(place: &Place, site: NodeId) -> bool {
    let by_name = |node: NodeId| called_name(place.facts, node).filter(|&name| node != site && api_names().waits.best_effort.has(name));
    let mut names = outward(place, site).filter_map(by_name).peekable();
    names.peek().is_some() && names.all(|name| name == "allSettled")
}

/// `waitUntil(…)`, `Promise.allSettled([…])`: what fails there is meant to leave the rest alone.
pub(super) fn is_best_effort(place: &Place, site: NodeId) -> bool {
    outward(place, site)
        .any(|node| called_name(place.facts, node).is_some_and(|name| api_names().waits.best_effort.has(name)) && node != site)
}

/// A write that matters by itself, outside every transaction, and is not made to be repeated.
pub(super) fn counts(program: &Program, file: FileId, write: &Write) -> bool {
    matters(program, file, write) && !is_idempotent(called_name(program.file(file), write.site).unwrap_or_default())
}

/// A write that matters by itself, outside every transaction.
pub(super) fn matters(program: &Program, file: FileId, write: &Write) -> bool {
    let facts = program.file(file);
    let name = called_name(facts, write.site).unwrap_or_default();
    !write.in_transaction
        && write.confidence >= Confidence::Medium
        && !is_record(name)
        && !write.via.is_some_and(|via| is_record(program.name(via)))
        && !is_repeatable_sql(facts, write.site)
        && !is_repeated_by_chain(facts, write.site)
        && !is_touch(facts, write.site)
        && !write.via.is_some_and(|via| makes_handler(program.name(via)) || gives_connection(program.name(via)))
        && !(write.tables.len() == 1 && is_record_table(&write.tables[0]))
        && !(write.mode == WriteMode::OnCommit && write.via.is_some_and(|via| is_reader(program.name(via))))
        && !write.via.is_some_and(|via| admits(&program.short_name(via)))
        && write.via.is_none_or(|via| in_scope(program, via))
}

/// All that is added between two commits of one function keeps a record: `db.session.add(OrderEvent(…)); db.session.commit()`.
pub(super) fn commits_only_records(place: &Place, first: &Write, second: &Write) -> bool {
    let facts = place.facts;
    let owner = place.nesting.owner(second.site);
    let direct = |write: &Write| write.mode == WriteMode::OnCommit && write.via.is_none();
    let Some(body) = facts.def(owner).body.filter(|_| direct(first) && direct(second)) else { return false };
    let (start, end) = (facts.arena.span(first.site).end, facts.arena.span(second.site).start);
    let made_of =
        |value: NodeId| called_name(facts, value).is_some_and(|class| class.starts_with(char::is_uppercase) && is_record_table(class));
    let is_record = |given: NodeId| match facts.arena.kind(given) {
        NodeKind::Name(name) => matches!(assigned(facts, owner, name)[..], [value] if made_of(value)),
        _ => made_of(given),
    };
    let (mut records, mut others) = (0, 0);
    facts.arena.walk(body, |node| {
        let span = facts.arena.span(node);
        if span.start < start || span.end > end {
            return;
        }
        match facts.arena.kind(node) {
            NodeKind::Call { .. } if called_name(facts, node) == Some("add") => match arguments(facts, node).next() {
                Some(given) if is_record(given) => records += 1,
                _ => others += 1,
            },
            NodeKind::Call { .. } if matches!(called_name(facts, node), Some("add_all" | "delete" | "execute" | "merge")) => others += 1,
            NodeKind::Assign { target, .. } if matches!(facts.arena.kind(target), NodeKind::Member { .. }) => others += 1,
            _ => {}
        }
    });
    records > 0 && others == 0
}

/// `state.conn()`, `get_connection()`: what it writes on the way brings the schema up to date.
fn gives_connection(name: &str) -> bool {
    let words = words(name);
    matches!(words.as_slice(), [last] | [.., last] if matches!(last.as_str(), "conn" | "connection")) && words.len() <= 2
}

/// A function that is called for what it gives: what it commits on the way (a login attempt, who has looked) stands alone.
fn is_reader(name: &str) -> bool {
    let words = words(name);
    words.first().is_some_and(|word| vocabulary().writes.reading.has(word)) && !words.iter().any(|word| word == "or" || word == "and")
}

/// Lets a client in, and keeps when that was: `authenticate`, `AuthCheck::check`.
fn admits(name: &str) -> bool {
    let words = words(name);
    let has = |wanted: &Words| words.iter().any(|word| wanted.has(word));
    let last = name.rsplit(['.', ':']).next().unwrap_or(name);
    let checks = is_reader(last) || has(&vocabulary().writes.requiring);
    has(&vocabulary().writes.admitting) || checks && has(&vocabulary().writes.admissions)
}

/// Can be repeated until it has worked.
fn is_idempotent(name: &str) -> bool {
    let words = words(name);
    words.iter().any(|word| vocabulary().writes.repeatable.has(word))
        || words.windows(3).any(|three| three[1] == "or" && vocabulary().writes.tried_first.has(&three[0]) && three[2] != "fail")
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
