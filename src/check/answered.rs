//! Whether what a call gives becomes the answer: returned, sent, or kept in a variable that is.

use super::loops::{bound_names, parameter_names};
use crate::model::body::{BinaryOp, List, LoopKind, NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts, Name};
use crate::model::nesting::{Nesting, arguments, called_name, chain, chain_root, walk_deep};
use crate::model::source::Family;
use crate::rulebook::vocabulary::api_names;

/// `Model.findAll().then((rows) => { res.send(rows) })`, `db.query(sql, (error, rows) => { res.send(rows) })`
fn is_answered_then(facts: &FileFacts, nesting: &Nesting, top: NodeId, site: NodeId) -> bool {
    let answered = |function: Option<NodeId>, skipped: usize| {
        let Some(NodeKind::Closure(def)) = function.map(|function| facts.arena.kind(function)) else { return false };
        let def = facts.def(def);
        let names: Vec<Name> = def.params.iter().skip(skipped).flat_map(|param| parameter_names(facts, param)).collect();
        def.body.is_some_and(|body| is_used_in_answer(facts, nesting, body, &names, 0, 0))
    };
    let mut then = chain(facts, top).filter(|&link| called_name(facts, link) == Some("then"));
    then.any(|link| answered(arguments(facts, link).next(), 0)) || answered(arguments(facts, site).last(), 1)
}

/// One of the names, or what is made of it, stands in the answer, after a place in the text.
fn is_used_in_answer(facts: &FileFacts, nesting: &Nesting, body: NodeId, names: &[Name], after: u32, depth: u8) -> bool {
    let mut answered = false;
    walk_deep(facts, body, |node| {
        match facts.arena.kind(node) {
            NodeKind::Name(name) if names.contains(&name) && facts.arena.span(node).start > after => {
                answered |= leaves(facts, nesting, node);
            }
            // `const shown = rows.map((row) => …)`
            NodeKind::Declare { target, value: Some(value), .. } if depth == 0 && facts.arena.span(node).start > after => {
                let mapped = chain(facts, value).any(|link| called_name(facts, link) == Some("map"));
                let is_made_of_it = matches!(facts.arena.kind(chain_root(facts, value)), NodeKind::Name(name) if names.contains(&name));
                let of_some = chain(facts, value).any(|link| gives_part(facts, link));
                if mapped && is_made_of_it && !of_some || holds_rows(facts, value, names) {
                    let made = bound_names(facts, target);
                    answered |= is_used_in_answer(facts, nesting, body, &made, facts.arena.span(node).end, 1);
                }
            }
            // `match rows { Ok(rows) => Json(rows), … }`
            NodeKind::Match { subject, arms } if depth == 0 && facts.arena.span(node).start > after => {
                let of_rows = matches!(facts.arena.kind(subject), NodeKind::Name(name) if names.contains(&name));
                answered |= of_rows && is_matched_in_answer(facts, nesting, arms, 1);
            }
            // `for row in rows { shown.push(…) }`
            NodeKind::Loop { source: Some(source), body: each, .. } if depth == 0 && facts.arena.span(node).start > after => {
                let of_rows = matches!(facts.arena.kind(chain_root(facts, source)), NodeKind::Name(name) if names.contains(&name));
                let made = if of_rows { gathered(facts, each) } else { Vec::new() };
                answered |= !made.is_empty() && is_used_in_answer(facts, nesting, body, &made, facts.arena.span(node).end, 1);
            }
            _ => {}
        }
        !answered
    });
    answered
}

/// What an arm binds, but for the error, stands in the answer.
fn is_matched_in_answer(facts: &FileFacts, nesting: &Nesting, arms: List, depth: u8) -> bool {
    facts.arena.list(arms).any(|arm| {
        let NodeKind::Arm { pattern, body, .. } = facts.arena.kind(arm) else { return false };
        let names = bound_names(facts, pattern);
        called_name(facts, pattern) != Some("Err") && is_used_in_answer(facts, nesting, body, &names, 0, depth)
    })
}

/// Lists to which each round of a loop adds something.
fn gathered(facts: &FileFacts, each: NodeId) -> Vec<Name> {
    let NodeKind::Block { items, .. } = facts.arena.kind(each) else { return Vec::new() };
    let adds = facts.arena.list(items).filter_map(|statement| {
        let NodeKind::Call { callee, .. } = facts.arena.kind(statement) else { return None };
        match facts.arena.kind(callee) {
            NodeKind::Member { object, name, .. } if matches!(facts.text(name), "push" | "append" | "insert" | "add") => {
                match facts.arena.kind(object) {
                    NodeKind::Name(list) => Some(list),
                    _ => None,
                }
            }
            _ => None,
        }
    });
    adds.collect()
}

/// `{ data: rows, ok: true }`
fn holds_rows(facts: &FileFacts, object: NodeId, names: &[Name]) -> bool {
    let NodeKind::Collection { items, .. } = facts.arena.kind(object) else { return false };
    facts.arena.list(items).any(|item| match facts.arena.kind(item) {
        NodeKind::Entry { value, .. } => matches!(facts.arena.kind(value), NodeKind::Name(name) if names.contains(&name)),
        _ => false,
    })
}

/// The rows leave the function: returned, answered with, or kept in a variable that is.
pub(super) fn is_answered(facts: &FileFacts, nesting: &Nesting, site: NodeId) -> bool {
    let mut at = nesting.chain_top(facts, site);
    if is_waited_for_and_asked(facts, at, site) {
        return false;
    }
    if is_answered_then(facts, nesting, at, site) {
        return true;
    }
    for _ in 0..64 {
        let Some(parent) = nesting.parent(at) else {
            let owner = nesting.owner(at);
            return matches!(facts.def(owner).kind, DefKind::Function | DefKind::Method) && is_value(facts, at);
        };
        match facts.arena.kind(parent) {
            NodeKind::Return(_) => return true,
            // `ctx.body = await db("users")`
            NodeKind::Assign { target, .. } if is_body(facts, target) => return true,
            NodeKind::Declare { target, .. } | NodeKind::Assign { target, .. } => {
                let names = bound_names(facts, target);
                let owner = nesting.owner(parent);
                let Some(body) = facts.def(owner).body else { return false };
                return is_used_in_answer(facts, nesting, body, &names, facts.arena.span(parent).end, 0);
            }
            // `match rows().await { Ok(rows) => Json(rows), … }`
            NodeKind::Match { subject, arms } if subject == at => {
                return is_matched_in_answer(facts, nesting, arms, 0);
            }
            // `for row in rows(): shown.append(…)`
            NodeKind::Loop { source: Some(source), body: each, .. } if source == at && !is_value(facts, parent) => {
                let made = gathered(facts, each);
                let owner = nesting.owner(parent);
                let Some(body) = facts.def(owner).body.filter(|_| !made.is_empty()) else { return false };
                return is_used_in_answer(facts, nesting, body, &made, facts.arena.span(parent).end, 1);
            }
            NodeKind::Loop { .. } | NodeKind::If { .. } if !is_value(facts, parent) => return false,
            NodeKind::Call { .. } => {
                return answers(facts, parent)
                    || matches!(facts.arena.kind(nesting.chain_top(facts, parent)), NodeKind::Call { .. })
                        && leaves(facts, nesting, parent);
            }
            NodeKind::Block { value: true, .. }
            | NodeKind::Await(_)
            | NodeKind::Propagate(_)
            | NodeKind::Collection { .. }
            | NodeKind::Entry { .. } => at = parent,
            NodeKind::Argument { .. } | NodeKind::Member { .. } | NodeKind::Cast { .. } | NodeKind::Loop { .. } | NodeKind::If { .. } => {
                at = parent
            }
            _ => return false,
        }
    }
    false
}

fn is_value(facts: &FileFacts, node: NodeId) -> bool {
    matches!(facts.arena.kind(node), NodeKind::Block { value: true, .. } | NodeKind::Loop { kind: LoopKind::Comprehension, .. })
}

/// `res.json(rows)`, `jsonify(rows)`, `Response(rows)`.
pub(super) fn answers(facts: &FileFacts, call: NodeId) -> bool {
    called_name(facts, call).is_some_and(|name| api_names().answers.calls.has(name))
}

/// A link of a chain after which the rows are gone, or only some are left: `rows.some(…)`, `rows.length`, `rows.filter((row) => mine.has(row.id))`.
/// What leaves rows out by what they are in themselves (`row.active`) leaves most in.
fn gives_part(facts: &FileFacts, link: NodeId) -> bool {
    if facts.language.family() == Family::Python {
        return false;
    }
    match facts.arena.kind(link) {
        NodeKind::Member { name, path: false, .. } if facts.text(name) == "length" => true,
        // `rows[day % rows.length]`; of a driver's result, the first element may be all rows.
        NodeKind::Index { index, .. } => {
            matches!(facts.arena.kind(index), NodeKind::Binary { op, .. } if op != BinaryOp::Range)
                || matches!(facts.arena.kind(index), NodeKind::Call { .. })
        }
        NodeKind::Call { .. } => called_name(facts, link).is_some_and(|name| {
            let names = &api_names().answers;
            names.parts.has(name) || names.parts_by.has(name) && arguments(facts, link).any(|given| asks_of_others(facts, given))
        }),
        _ => false,
    }
}

/// A callback that asks about more than what it is given.
fn asks_of_others(facts: &FileFacts, callback: NodeId) -> bool {
    let NodeKind::Closure(def) = facts.arena.kind(callback) else { return false };
    let def = facts.def(def);
    let own: Vec<Name> = def.params.iter().flat_map(|param| parameter_names(facts, param)).collect();
    let mut asks = false;
    if let Some(body) = def.body {
        walk_deep(facts, body, |node| {
            let is_free = |name: Name| !own.contains(&name) && facts.text(name).starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
            asks |= matches!(facts.arena.kind(node), NodeKind::Name(name) if is_free(name) && facts.text(name) != "undefined");
            !asks
        });
    }
    asks
}

/// `(await tokens.findMany()).some((token) => token.ok)`
fn is_waited_for_and_asked(facts: &FileFacts, top: NodeId, site: NodeId) -> bool {
    let after: Vec<NodeId> = chain(facts, top).take_while(|&link| link != site).collect();
    let waits = after.iter().rposition(|&link| matches!(facts.arena.kind(link), NodeKind::Await(_) | NodeKind::Propagate(_)));
    waits.is_some_and(|at| after[..at].iter().any(|&link| gives_part(facts, link)))
}

/// The use stands in a `return` or in what answers a request.
fn leaves(facts: &FileFacts, nesting: &Nesting, node: NodeId) -> bool {
    let top = nesting.chain_top(facts, node);
    let is_counted = chain(facts, top).take_while(|&link| link != node).any(|link| gives_part(facts, link));
    !is_counted
        && nesting.around(node).any(|at| match facts.arena.kind(at) {
            NodeKind::Return(_) => true,
            NodeKind::Call { .. } => answers(facts, at),
            NodeKind::Assign { target, .. } => is_body(facts, target),
            _ => false,
        })
}

/// `ctx.body`
fn is_body(facts: &FileFacts, target: NodeId) -> bool {
    matches!(facts.arena.kind(target), NodeKind::Member { name, .. } if facts.text(name) == "body")
}
