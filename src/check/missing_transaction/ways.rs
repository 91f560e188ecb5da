//! Whether one way through a function passes both of two writes.

use crate::check::loops::Place;
use crate::check::requests::has_fact;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::FileFacts;
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{arguments, called_name, chain, last_name, walk_deep};
use crate::model::source::Family;
use crate::model::summary::Write;
use crate::rulebook::vocabulary::api_names;

/// `try { await b() } catch {}` after `a()`: that `b` fails is fine.
pub(super) fn may_fail(place: &Place, first: NodeId, second: NodeId) -> bool {
    let facts = place.facts;
    let goes_on = |handler: NodeId| {
        let mut leaves = false;
        facts.arena.walk(handler, |node| {
            leaves |= matches!(facts.arena.kind(node), NodeKind::Raise(_) | NodeKind::Return(_))
                // An Express handler ends with what it hands on or answers, a Flask view with `abort(400)`.
                || matches!(facts.arena.kind(node), NodeKind::Call { .. })
                    && (matches!(called_name(facts, node), Some("next" | "status" | "sendStatus" | "reject")) || has_fact(place.program, place.file, node, |fact| *fact == ApiFact::NeverReturns));
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

/// What the second write is called by cannot fail for whoever calls it: a function of Rust that gives nothing and does not panic (`push(&user).await;`),
/// a promise that nobody waits for and whose failure is taken where it stands (`send(message).catch(report);`).
pub(super) fn fails_for_nobody(place: &Place, second: &Write) -> bool {
    let facts = place.facts;
    let top = place.nesting.chain_top(facts, second.site);
    match facts.language.family() {
        Family::Rust => second.via.is_some_and(|via| {
            let (own, def) = (place.program.file(via.file), place.program.def(via));
            let panics = |body: NodeId| {
                let mut panics = false;
                walk_deep(own, body, |node| {
                    panics |= matches!(called_name(own, node), Some("unwrap" | "expect" | "panic" | "todo"));
                    !panics
                });
                panics
            };
            let propagates = chain(facts, top).any(|link| matches!(facts.arena.kind(link), NodeKind::Propagate(_)));
            def.annotation.is_none() && !propagates && def.body.is_some_and(|body| !panics(body))
        }),
        Family::TypeScript => {
            // `.catch(next)`, `.catch((error) => { next(error) })`: the failure is somebody's.
            let hands_on = |name: &str| matches!(name, "next" | "reject" | "done" | "callback" | "cb" | "status" | "sendStatus");
            let keeps = |handler: NodeId| match facts.arena.kind(handler) {
                NodeKind::Closure(def) => facts.def(def).body.is_some_and(|body| {
                    let mut keeps = true;
                    walk_deep(facts, body, |node| {
                        keeps &= !matches!(facts.arena.kind(node), NodeKind::Raise(_)) && !called_name(facts, node).is_some_and(hands_on);
                        keeps
                    });
                    keeps
                }),
                _ => last_name(facts, handler).is_some_and(|name| !hands_on(facts.text(name))),
            };
            let catches = |link: NodeId| called_name(facts, link) == Some("catch") && arguments(facts, link).next().is_some_and(keeps);
            let mut after = chain(facts, top).take_while(|&link| link != second.site);
            let is_waited_for = chain(facts, top).any(|link| matches!(facts.arena.kind(link), NodeKind::Await(_)));
            let stands_alone = place.nesting.parent(top).is_some_and(|block| match facts.arena.kind(block) {
                NodeKind::Block { items, value } => {
                    let last = facts.arena.list(items).last();
                    !(value && last == Some(top))
                }
                _ => false,
            });
            stands_alone && !is_waited_for && after.any(catches)
        }
        Family::Python => second.via.is_some_and(|via| {
            let own = place.program.file(via.file);
            place.program.def(via).body.is_some_and(|body| only_logs_failures(own, body))
        }),
    }
}

/// Python: all that the function does is tried, and whatever fails is logged and no more: `try: count() except Exception: logger.exception(…)`.
fn only_logs_failures(facts: &FileFacts, body: NodeId) -> bool {
    let NodeKind::Block { items, .. } = facts.arena.kind(body) else { return false };
    let calls = |node: NodeId| facts.arena.any(node, |inner| matches!(facts.arena.kind(inner), NodeKind::Call { .. }));
    let acting: Vec<NodeId> = facts.arena.list(items).filter(|&item| calls(item)).collect();
    let [only] = acting[..] else { return false };
    let NodeKind::Try { handlers, .. } = facts.arena.kind(only) else { return false };
    let only_logs = |handler: NodeId| {
        let NodeKind::Handler { types, body, .. } = facts.arena.kind(handler) else { return false };
        let is_all = facts.arena.list(types).len() == 0
            || facts.arena.list(types).any(|class| last_name(facts, class).is_some_and(|name| facts.text(name) == "Exception"));
        let mut logs = true;
        facts.arena.walk(body, |node| {
            logs &= match facts.arena.kind(node) {
                NodeKind::Raise(_) | NodeKind::Return(Some(_)) | NodeKind::Assign { .. } => false,
                NodeKind::Call { .. } => called_name(facts, node).is_some_and(|name| api_names().logging.levels.has(name)),
                _ => true,
            };
        });
        is_all && logs
    };
    let handlers: Vec<NodeId> = facts.arena.list(handlers).collect();
    !handlers.is_empty() && handlers.into_iter().all(only_logs)
}

/// The nodes around a place, outward through the closures that hold it.
pub(super) fn outward<'a>(place: &'a Place, site: NodeId) -> impl Iterator<Item = NodeId> + 'a {
    place.nesting.outward(place.facts, site).take(10_000)
}

/// One way through the function passes both: they are not in branches that exclude each other, nor is one in the handling of
/// the other's failure, nor does the function end between them.
pub(super) fn both_happen(place: &Place, first: NodeId, second: NodeId) -> bool {
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
