//! `missing-transaction`: writes that belong together and are durable one by one.
//!
//! The evidence is two writes (or commits) of one function, its callees included, that no transaction encloses (summaries); that
//! both happen on one way through the function; that they are about different tables, or empty a table and fill it again; and that the second
//! uses what the first was given or gave. Records of what happened (audit logs, counters of use) may stand alone.

mod alone;
mod dependent;
mod ended;
pub(super) mod findings;
mod sessions;
mod subjects;
mod tables;
mod views;
mod ways;

use rustc_hash::FxHashSet;

use super::held_sessions::Held;
use super::jobs::{is_task, only_jobs_call};
use super::lesser_writes::is_made_up;
use super::loops::Place;
use super::moved_amounts::Amounts;
use super::row_ties::Pending;
use super::saved_rows::{are_changed_together, are_linked, are_mirrored, are_two_rows};
use super::scope::{in_scope, is_start_up};
use super::{Context, outside_transaction};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefId, FileFacts};
use crate::model::finding::Finding;
use crate::model::knowledge::{ApiFact, WriteMode};
use crate::model::nesting::chain;
use crate::model::program::Program;
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::model::summary::Write;
use crate::model::words::words;
use alone::{commits_only_records, counts, fills_a_gap, is_best_effort, is_gathered, is_looked_at, is_settled, matters};
use dependent::{are_of_one_key, dependent, given, share_key};
use ended::{ends_when_done, is_enqueued_between, is_marked_open};
use findings::{Operation, RULE, finding};
use sessions::{is_given_result, share_session};
use tables::{are_two_changes, different};
use views::is_saved_in_transaction;
use ways::{both_happen, fails_for_nobody, may_fail};

/// Why it may be fine where nothing else speaks against it.
const IN_JOB: &str = "; fine where the job runs again and does both again";
const REPEATABLE: &str = "; fine where doing it again does both again";
const MARKED: &str = "; fine where the first says of itself how far it came";
const UNRELATED: &str = "; fine where the two have nothing to do with each other";

/// Finds operations whose writes do not stand and fall together.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let nestings = &*program.nestings;
    let held = Held::new(program, nestings);
    let mut operations: Vec<Operation> = Vec::new();
    for file in context.in_files(RULE, (), with_writes) {
        operations.extend(operations_of(context, &held, file));
    }
    // A call to an operation that is reported is only by the way half of another one.
    let reported: FxHashSet<GlobalDef> = operations.iter().map(|operation| operation.function).collect();
    let own = |write: &Write| write.via.is_none_or(|via| !reported.contains(&via));
    for operation in &mut operations {
        operation.is_around = !(own(operation.first) && own(operation.second));
    }
    if !operations.is_empty() {
        let callers = context.callers();
        operations.retain(|operation| !is_saved_in_transaction(program, operation.function));
        operations.retain_mut(|operation| {
            let in_job = only_jobs_call(program, callers, program.outermost(operation.function));
            if in_job {
                operation.excuse = Some(IN_JOB);
            }
            !in_job || program.file(operation.function.file).language.family() == Family::TypeScript
        });
    }
    let mut findings: Vec<Finding> = operations.iter().map(|operation| finding(context, operation)).collect();
    findings.extend(context.in_files("missing-transaction: beside", (), outside_transaction::in_file));
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
                || facts.language.family() != Family::Rust
                    && program.is(function, Role::Model)
                    && words(facts.text(definition.name)).len() < 2
                || is_task(program, function)
                || is_hook(program, function)
                || is_made_up(program, function)
                || asserts_transaction(facts, definition.body?)
            {
                return None;
            }
            let open: Vec<&Write> = writes.iter().filter(|write| matters(program, file, write)).collect();
            (open.len() >= 2).then_some((function, open))
        })
        .collect();
    if candidates.is_empty() {
        return Vec::new();
    }
    let nesting = program.nesting(file);
    let place = Place { program, summaries: context.summaries, file, facts, nesting };
    let operations = candidates.into_iter().filter_map(|(function, mut writes)| {
        writes.retain(|write| !fills_a_gap(&place, write.site) && !is_gathered(&place, write.site) && !is_looked_at(&place, write.site));
        let is_sure = |write: &&&Write| counts(program, file, write) && !is_best_effort(&place, write.site);
        let sure: Vec<&Write> = writes.iter().filter(is_sure).copied().collect();
        operation(&place, held, function, &sure).or_else(|| lesser_operation(&place, held, function, &writes))
    });
    operations.collect()
}

/// Writes that hang together less, or where less is lost (TypeScript, a note): such as can be repeated, such as all are waited for, and two of which
/// nothing shows that one has to do with the other.
fn lesser_operation<'a>(place: &Place, held: &Held, function: GlobalDef, writes: &[&'a Write]) -> Option<Operation<'a>> {
    if place.facts.language.family() != Family::TypeScript {
        return None;
    }
    let waited: Vec<&Write> =
        writes.iter().filter(|write| !is_best_effort(place, write.site) || is_settled(place, write.site)).copied().collect();
    if let Some(found) = operation(place, held, function, &waited) {
        return Some(Operation { excuse: Some(REPEATABLE), ..found });
    }
    let sure: Vec<&Write> = waited.iter().filter(|write| counts(place.program, place.file, write)).copied().collect();
    let is_own = |write: &Write| write.via.is_none() && write.mode == WriteMode::Immediate;
    sure.iter().enumerate().find_map(|(at, &first)| {
        let apart = |second: &&&Write| {
            both_happen(place, first.site, second.site)
                && !may_fail(place, first.site, second.site)
                && !fails_for_nobody(place, second)
                && different(place, first, second, false)
                && place.nesting.owner(first.site) == place.nesting.owner(second.site)
                && (is_own(first) && is_own(second) || share_key(place, function, first, second))
        };
        let second = sure[at + 1..].iter().find(apart).copied()?;
        let (others, excuse) = (Vec::new(), Some(UNRELATED));
        Some(Operation { function, first, second, others, is_around: false, is_apart: false, is_loose: true, excuse })
    })
}

/// `assert connection.in_atomic_block`, or a lock that is refused outside a transaction (`select_for_update()`) where none is opened: whoever
/// calls it has opened one.
fn asserts_transaction(facts: &FileFacts, body: NodeId) -> bool {
    let mut found = false;
    facts.arena.walk(body, |node| {
        found |= matches!(facts.arena.kind(node), NodeKind::Member { name, .. } if facts.text(name) == "in_atomic_block");
    });
    found || locks_without_opening(facts, body)
}

fn locks_without_opening(facts: &FileFacts, body: NodeId) -> bool {
    if facts.language.family() != Family::Python || !facts.names.may_hold("select_for_update") {
        return false;
    }
    let (mut locks, mut opens) = (false, false);
    facts.arena.walk(body, |node| match facts.arena.kind(node) {
        NodeKind::Member { name, .. } | NodeKind::Name(name) => {
            locks |= facts.text(name) == "select_for_update";
            opens |= matches!(facts.text(name), "atomic" | "in_transaction");
        }
        _ => {}
    });
    locks && !opens
}

/// Called by a framework within somebody else's work, whose transaction it shares: a signal handler.
fn is_hook(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    program.def(function).decorators.iter().flat_map(|&decorator| chain(facts, decorator)).any(|link| {
        let api = program.called_api(function.file, link).or_else(|| program.api(function.file, link));
        api.is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Hook))
    })
}

/// The first two writes that belong together.
fn operation<'a>(place: &Place, held: &Held, function: GlobalDef, writes: &[&'a Write]) -> Option<Operation<'a>> {
    let amounts = Amounts::of(place, writes.iter().filter(|write| write.via.is_none()).map(|write| write.site));
    let pending = Pending::of(place, writes);
    let together = |first, second| together(place, held, function, &amounts, &pending, first, second);
    for (at, &first) in writes.iter().enumerate() {
        for (next, &second) in writes.iter().enumerate().skip(at + 1) {
            // `Card(Account(name).save()).save()`: what is inside comes first.
            let inside = place.facts.arena.span(first.site).contains(place.facts.arena.span(second.site));
            let (first, second) = if inside { (second, first) } else { (first, second) };
            if let Some(is_loose) = together(first, second) {
                let others = writes[next + 1..].iter().copied().filter(|&other| together(first, other).is_some()).collect();
                let is_apart = first.mode == WriteMode::OnCommit && !share_session(place, held, function, first, second);
                let excuse = is_marked_open(place, function, first, second).then_some(MARKED);
                return Some(Operation { function, first, second, others, is_around: false, is_apart, is_loose, excuse });
            }
        }
    }
    None
}

/// Whether two writes belong together, and if so, whether that is only likely.
fn together(
    place: &Place,
    held: &Held,
    function: GlobalDef,
    amounts: &Amounts,
    pending: &Pending,
    first: &Write,
    second: &Write,
) -> Option<bool> {
    // What is taken from one row is given to another, by these two writes themselves.
    let moves = first.via.is_none() && second.via.is_none() && amounts.move_between(first.site, second.site);
    if !both_happen(place, first.site, second.site) || may_fail(place, first.site, second.site) || fails_for_nobody(place, second) {
        return None;
    }
    if commits_only_records(place, first, second) {
        return None;
    }
    if ends_when_done(place, first, second) || is_enqueued_between(place, function, first, second) {
        return None;
    }
    let differ = different(place, first, second, moves);
    let are_mirrored = !differ && are_mirrored(place, first, second);
    let are_changes = !differ && are_two_changes(place, first, second);
    if !differ && !are_mirrored && !are_changes && !are_two_rows(place, first, second) {
        return None;
    }
    let hang_together =
        moves || dependent(place, function, first, second) || pending.hang_together(place, first.site, &given(place, first), second.site);
    let are_linked = !differ && !are_mirrored && are_linked(place, first, second);
    let is_loose = !differ || !hang_together;
    let are_of_one = || {
        differ
            && (are_changed_together(place, first.site, second.site)
                || are_of_one_key(place, function, first, second)
                || pending.are_handed_on(place, first, second))
    };
    ((hang_together || are_mirrored || are_changes || are_linked || are_of_one())
        && (first.mode != WriteMode::OnCommit
            || share_session(place, held, function, first, second)
            || is_given_result(place, first, second)))
    .then_some(is_loose)
}
