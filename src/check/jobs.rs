//! Work that a timer, a queue or a command starts: nobody waits for it, and what failed runs again.

use super::loading::Callers;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::DefId;
use crate::model::nesting::{chain, chain_root, last_name};
use crate::model::program::Program;
use crate::model::role::{GlobalDef, Role};
use crate::rulebook::vocabulary::vocabulary;

/// Most functions that are looked through for who calls them.
const MOST_FUNCTIONS: usize = 40;
/// Callers are looked for up to here.
const FARTHEST: u8 = 4;

/// All that calls the function is started by a timer, a queue or a command.
pub(super) fn only_jobs_call(program: &Program, callers: &Callers, function: GlobalDef) -> bool {
    let mut seen = vec![function];
    let mut next = vec![(function, 0)];
    let mut found = false;
    while let Some((at, depth)) = next.pop() {
        let calls = callers.of_function(at);
        if calls.is_empty() || depth > FARTHEST || seen.len() > MOST_FUNCTIONS {
            return false;
        }
        for call in calls {
            if is_job(program, call.caller) || program.is(call.caller, Role::Script) {
                found = true;
                continue;
            }
            let caller = program.outermost(call.caller);
            if caller.def == DefId::MODULE {
                return false;
            }
            if !seen.contains(&caller) {
                seen.push(caller);
                next.push((caller, depth + 1));
            }
        }
    }
    found
}

/// A timer, a queue or a command starts it, or all that calls it.
pub(super) fn runs_in_jobs(program: &Program, callers: &Callers, function: GlobalDef) -> bool {
    is_job(program, function) || only_jobs_call(program, callers, program.outermost(function))
}

/// A queue or a timer is told to start it: by its role, or by a decorator of whatever library.
pub(super) fn is_task(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    let handed = |decorator: NodeId| {
        let last = chain(facts, decorator).find_map(|link| last_name(facts, link));
        let by_scheduler = matches!(facts.arena.kind(chain_root(facts, decorator)), NodeKind::Name(name) if vocabulary().jobs.schedulers.has(facts.text(name)));
        by_scheduler || last.is_some_and(|name| vocabulary().jobs.decorators.in_name(facts.text(name)))
    };
    program.is(function, Role::Task) || program.def(function).decorators.iter().any(|&decorator| handed(decorator))
}

/// A timer or a queue starts it, also by where it stands.
pub(super) fn is_job(program: &Program, function: GlobalDef) -> bool {
    if is_task(program, function) {
        return true;
    }
    let path = program.path(function.file);
    let stem = |part: &str| part.split('.').next().unwrap_or(part).to_ascii_lowercase();
    path.split('/').any(|part| vocabulary().jobs.folders.has(stem(part)))
        || path.ends_with("/tasks.py")
        || path.rsplit('/').next().is_some_and(|file| vocabulary().jobs.files.in_name(&stem(file)))
}
