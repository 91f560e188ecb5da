//! Queries of a loop that are given nothing of its item: the same query each time, which can be asked once before the loop.

use rustc_hash::FxHashSet;

use super::dependence::Dependence;
use super::loops::{Place, bound_names, parameter_names};
use super::meant::FAR;
use super::n_plus_one::Repeated;
use super::passed::{Passed, by_place, passed};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, FileFacts, Name};
use crate::model::nesting::{chain_root, walk_deep};
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::source::FileId;

/// Rounds over the code of a function; each follows one more assignment.
const ROUNDS: usize = 4;

/// What the query is given does not come from the item, as far as every step on the way shows.
pub(super) fn is_same_each_time(place: &Place, repeated: &Repeated) -> bool {
    let (site, repetition) = (&repeated.site, &repeated.repetition);
    let (Some((callee, reach)), Some(body)) = (site.reached, repetition.body) else { return false };
    if site.passes() || reach.depth >= FAR {
        return false;
    }
    let program = place.program;
    let steps = place.summaries.chain(callee, reach);
    let Some(&(target, query)) = steps.last() else { return false };
    let nesting = program.nesting(target.file);
    let Some(mut wanted) = asked(program, target, nesting.chain_top(program.file(target.file), query)) else { return false };
    for at in (0..steps.len()).rev() {
        let (function, _) = steps[at];
        let (caller, call) = match at.checked_sub(1) {
            Some(before) => steps[before],
            None => (site.function(), site.node),
        };
        let Some(given) = given(program, (caller.file, call), function, &wanted) else { return false };
        if at == 0 {
            let dependence = Dependence::of(place.facts, &repetition.items, body);
            return !given.iter().any(|&node| dependence.mentions(place.facts, node));
        }
        let mut next = FxHashSet::default();
        for node in given {
            match asked(program, caller, node) {
                Some(names) => next.extend(names),
                None => return false,
            }
        }
        wanted = next;
    }
    false
}

/// The parameters of the function that the expression comes from; `None` where that is not to be seen.
fn asked(program: &Program, function: GlobalDef, node: NodeId) -> Option<FxHashSet<Name>> {
    let facts = program.file(function.file);
    let def = program.def(function);
    let body = def.body?;
    // A closure inside a function may use what that has; `const load = async (id) => …` of a module is a function like any other.
    if def.flags.has(DefFlags::CLOSURE) && def.parent != DefId::MODULE {
        return None;
    }
    let params: FxHashSet<Name> = def.params.iter().flat_map(|param| parameter_names(facts, param)).collect();
    let (locals, opaque) = bound_in(facts, body);
    let mut names: FxHashSet<Name> = FxHashSet::default();
    let mut clear = mentioned(facts, node, &mut names);
    for _ in 0..ROUNDS {
        let before = names.len();
        walk_deep(facts, body, |inner| {
            let (targets, source) = match facts.arena.kind(inner) {
                NodeKind::Assign { target, value, .. } | NodeKind::Declare { target, value: Some(value), .. } => {
                    (roots(facts, target), value)
                }
                NodeKind::Loop { target: Some(target), source: Some(source), .. } => (bound_names(facts, target), source),
                // `where.push(condition)`, `query.bind(id)`: what is put in counts too.
                NodeKind::Call { callee, .. } => match facts.arena.kind(chain_root(facts, callee)) {
                    NodeKind::Name(name) if locals.contains(&name) => (vec![name], inner),
                    _ => return clear,
                },
                _ => return clear,
            };
            if targets.iter().any(|name| names.contains(name)) {
                clear &= mentioned(facts, source, &mut names);
            }
            clear
        });
        if names.len() == before || !clear {
            break;
        }
    }
    (clear && names.is_disjoint(&opaque)).then(|| names.intersection(&params).copied().collect())
}

/// The names that the code of a function gives something to; and those of which it is not followed what they get: of matches, handlers, closures.
fn bound_in(facts: &FileFacts, body: NodeId) -> (FxHashSet<Name>, FxHashSet<Name>) {
    let (mut locals, mut opaque): (FxHashSet<Name>, FxHashSet<Name>) = Default::default();
    walk_deep(facts, body, |node| {
        match facts.arena.kind(node) {
            NodeKind::Assign { target, .. } | NodeKind::Declare { target, .. } => locals.extend(bound_names(facts, target)),
            NodeKind::Loop { target: Some(target), .. } => locals.extend(bound_names(facts, target)),
            NodeKind::Arm { pattern, .. } => opaque.extend(bound_names(facts, pattern)),
            NodeKind::Handler { binding: Some(binding), .. } => opaque.extend(bound_names(facts, binding)),
            NodeKind::Closure(def) => opaque.extend(facts.def(def).params.iter().flat_map(|param| parameter_names(facts, param))),
            _ => {}
        }
        true
    });
    (locals, opaque)
}

/// The names that an assignment gives something to: `where` of `where.id = id`.
fn roots(facts: &FileFacts, target: NodeId) -> Vec<Name> {
    match facts.arena.kind(target) {
        NodeKind::Member { .. } | NodeKind::Index { .. } => match facts.arena.kind(chain_root(facts, target)) {
            NodeKind::Name(name) => vec![name],
            _ => Vec::new(),
        },
        _ => bound_names(facts, target),
    }
}

/// Adds the names that an expression uses; false where it uses what has no name here: the receiver, or the code of a closure with parameters.
fn mentioned(facts: &FileFacts, node: NodeId, names: &mut FxHashSet<Name>) -> bool {
    let root = chain_root(facts, node);
    let mut clear = true;
    walk_deep(facts, node, |inner| {
        match facts.arena.kind(inner) {
            NodeKind::Name(name) => {
                names.insert(name);
            }
            // `this.db.order.findMany(…)`: where the query is asked, not what it is given.
            NodeKind::Receiver | NodeKind::Super => clear &= inner == root,
            NodeKind::Closure(def) => clear &= facts.def(def).params.is_empty(),
            _ => {}
        }
        clear
    });
    clear
}

/// What a call gives for these parameters of what it calls, and what it is called on; `None` where that is not to be seen.
fn given(program: &Program, (file, call): (FileId, NodeId), callee: GlobalDef, wanted: &FxHashSet<Name>) -> Option<Vec<NodeId>> {
    let facts = program.file(file);
    let there = program.file(callee.file);
    let mut found = Vec::new();
    if let NodeKind::Call { callee: called, .. } = facts.arena.kind(call)
        && let NodeKind::Member { object, .. } = facts.arena.kind(called)
        && matches!(facts.arena.kind(chain_root(facts, object)), NodeKind::Name(_))
    {
        found.push(object);
    }
    for (at, param) in by_place(program, facts, call, callee)?.enumerate() {
        let names = parameter_names(there, param);
        for name in names.iter().filter(|name| wanted.contains(name)) {
            match passed(facts, call, (at, param), there, *name) {
                Passed::Value(value) | Passed::Within(value) => found.push(value),
                Passed::Nothing => {}
                Passed::Unseen => return None,
            }
        }
    }
    Some(found)
}
