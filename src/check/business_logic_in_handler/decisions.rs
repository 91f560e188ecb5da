//! Decisions on domain data: limits that are enforced, rows that are found or made, what is to be written.

use super::conditions::{
    asks_for_absence, asks_of_error, compares_sizes, comparison_text, ends_in_error, is_model, is_permission_check, is_presence_check,
    unawaited,
};
use super::reason::{Kind, Reason, reason};
use crate::check::dependence::Dependence;
use crate::check::handed_work::Handed;
use crate::check::handlers::Handler;
use crate::check::loops::Place;
use crate::model::body::{AssignOp, NodeId, NodeKind};
use crate::model::facts::{FileFacts, Name};
use crate::model::finding::Confidence;
use crate::model::knowledge::Access;
use crate::model::nesting::{called_name, last_name, spell, walk_deep};
use crate::model::program::{CallKind, Resolution, Value};
use crate::model::role::GlobalDef;
use crate::model::source::Family;
use crate::model::words::has_word;
use crate::rulebook::vocabulary::vocabulary;

/// An `if` as a domain decision, a domain limit, or find-or-create; `None` for what handlers are for.
pub(super) fn decision(
    place: &Place,
    handler: &Handler,
    handed: &[Handed],
    entities: &Dependence,
    condition: NodeId,
    then: NodeId,
    otherwise: Option<NodeId>,
) -> Option<Reason> {
    let facts = place.facts;
    let hands = |branch: NodeId| handed.iter().any(|handed| is_below(place, handed.site, branch));
    let writes = |branch: NodeId| {
        hands(branch) || handler.queries.iter().any(|query| query.access == Access::Write && is_below(place, query.site, branch))
    };
    if let Some(rule) = refusal(place, handler, Some(entities), condition, then, otherwise) {
        return Some(rule);
    }
    if is_presence_check(facts, condition) {
        // `if (taken) throw new Conflict()`: that there may be one only is a rule, worth little by itself.
        let is_row = |name: Name| {
            let text = facts.text(name);
            !vocabulary().errors.names.has(text.to_ascii_lowercase())
                && !["has", "is", "should", "can"].iter().any(|asks| text.starts_with(asks))
        };
        let is_there = matches!(facts.arena.kind(condition), NodeKind::Name(name) if is_row(name)) && entities.mentions(facts, condition);
        if facts.language.family() == Family::TypeScript
            && is_there
            && otherwise.is_none()
            && ends_in_error(facts, then)
            && !writes(then)
            && !acts(place, handler, entities, then)
        {
            let text = format!("refuses when there is `{}`", spell(facts, condition));
            return Some(Reason { is_rule: true, ..reason(facts, Kind::Decision, 0, text, condition) });
        }
        let missing = if asks_for_absence(facts, condition) { Some(then) } else { otherwise };
        let written = missing.filter(|&branch| writes(branch) && entities.mentions(facts, condition))?;
        let is_creation = |site: NodeId| is_below(place, site, written) && makes_rows(facts, site);
        let creates = handler.queries.iter().any(|query| query.access == Access::Write && is_creation(query.site))
            || handed.iter().any(|handed| is_creation(handed.site));
        // Both ways end in a write of a repository: which one it is to be is decided here.
        let is_rule = hands(then) && otherwise.is_some_and(hands);
        let text = if creates { "creates what it does not find" } else { "writes by what it finds" };
        return Some(Reason { is_rule, ..reason(facts, Kind::Decision, 1, text.to_string(), condition) });
    }
    // What the client sent is looked at, whatever the form was filled with before.
    if matches!(called_name(facts, condition), Some("is_valid" | "validate_on_submit")) {
        return None;
    }
    let on_entities = entities.mentions(facts, condition);
    // `if article.favorited: await repository.remove(article); return …`, and an error after it.
    let is_done_there = || facts.language.family() == Family::Python && writes(then);
    if ends_in_error(facts, then) && otherwise.is_none() && !is_done_there() {
        let limit = on_entities && compares_sizes(facts, entities, condition);
        let enforces = || reason(facts, Kind::Decision, 1, format!("enforces `{}`", comparison_text(facts, condition)), condition);
        return limit.then(|| Reason { is_rule: true, ..enforces() });
    }
    let acts = |branch: NodeId| acts(place, handler, entities, branch);
    if on_entities
        && !is_permission_check(facts, condition)
        && !asks_of_error(facts, condition)
        && (acts(then) || otherwise.is_some_and(acts))
    {
        return Some(reason(facts, Kind::Decision, 1, format!("decides on `{}`", comparison_text(facts, condition)), condition));
    }
    let makes = |branch: NodeId| writes(branch) || constructs_model(place, branch);
    let chooses = !handler.queries.is_empty() && otherwise.is_some_and(|otherwise| makes(then) && makes(otherwise));
    chooses.then(|| reason(facts, Kind::Decision, 1, "chooses what to write".to_string(), condition))
}

/// Python: `if await users.exists(email): raise …`, `if existing: raise …`, before a write: what is there forbids it, which no missing row and
/// no status tells the client.
pub(super) fn refusal(
    place: &Place,
    handler: &Handler,
    entities: Option<&Dependence>,
    condition: NodeId,
    then: NodeId,
    otherwise: Option<NodeId>,
) -> Option<Reason> {
    let facts = place.facts;
    if facts.language.family() != Family::Python || otherwise.is_some() || !ends_in_error(facts, then) {
        return None;
    }
    let asks = queries_there(place, handler, condition);
    let is_there = asks || is_presence_check(facts, condition) && entities.is_some_and(|rows| rows.mentions(facts, condition));
    let is_free = asks_for_absence(facts, condition) || is_permission_check(facts, condition) || asks_of_error(facts, condition);
    if !is_there || is_free {
        return None;
    }
    let end = facts.arena.span(condition).end;
    let written = handler.queries.iter().any(|query| query.access == Access::Write && facts.arena.span(query.site).start > end)
        || writes_below(place, handler).is_some_and(|site| facts.arena.span(site).start > end);
    let text = format!("refuses what `{}` finds", comparison_text(facts, unawaited(facts, condition)));
    written.then(|| Reason { is_rule: true, ..reason(facts, Kind::Decision, 0, text, condition) })
}

/// The condition is a call of a function of the project that asks the database.
fn queries_there(place: &Place, handler: &Handler, condition: NodeId) -> bool {
    let call = unawaited(place.facts, condition);
    matches!(place.facts.arena.kind(call), NodeKind::Call { .. })
        && handler.code.iter().any(|&part| {
            place.program.calls_at(part, call).iter().any(|edge| {
                let summary = place.summaries.of(edge.callee).filter(|_| edge.resolution != Resolution::NameOnly);
                summary.is_some_and(|summary| {
                    let own = summary.queries.iter().map(|query| query.access);
                    let mut all = own.chain(summary.reaches.iter().map(|reach| reach.access)).peekable();
                    summary.writes.is_empty() && all.peek().is_some() && all.all(|access| access == Access::Read)
                })
            })
        })
}

/// The last call by which a handler has a function of the project write.
pub(super) fn writes_below(place: &Place, handler: &Handler) -> Option<NodeId> {
    let edges = handler.code.iter().flat_map(|&part| place.program.calls_from(part));
    let writes = |function: GlobalDef| {
        place.summaries.of(function).is_some_and(|summary| {
            let own = summary.queries.iter().any(|query| query.access == Access::Write && query.confidence >= Confidence::Medium);
            let below = summary.reaches.iter().any(|reach| reach.access == Access::Write && reach.confidence >= Confidence::Medium);
            own || below || !summary.writes.is_empty()
        })
    };
    edges
        // What makes the answer is no step of the work: `page.render("orders.html")`, which marks on the way that somebody was here.
        .filter(|edge| !matches!(called_name(place.facts, edge.site), Some("render" | "render_template" | "render_to_response")))
        .filter(|edge| edge.kind == CallKind::Call && edge.resolution != Resolution::NameOnly && writes(edge.callee))
        .map(|edge| edge.site)
        .max_by_key(|&site| (place.facts.arena.span(site).start, site))
}

/// A write that is not named as one of rows that are there: `create`, `insert_into`, `save`.
fn makes_rows(facts: &FileFacts, call: NodeId) -> bool {
    !called_name(facts, call).is_some_and(|name| has_word(name, &["update", "delete", "remove", "destroy"]))
}

pub(super) fn is_below(place: &Place, node: NodeId, root: NodeId) -> bool {
    let mut at = node;
    for _ in 0..10_000 {
        if at == root {
            return true;
        }
        let Some(parent) = place.nesting.parent(at).or_else(|| place.nesting.place(place.nesting.owner(at))) else { return false };
        at = parent;
    }
    false
}

/// The branch does something to rows: queries, calls what queries, changes a row or a total. Reporting an outcome is no act.
pub(super) fn acts(place: &Place, handler: &Handler, entities: &Dependence, branch: NodeId) -> bool {
    let facts = place.facts;
    if handler.queries.iter().any(|query| is_below(place, query.site, branch)) {
        return true;
    }
    let mut found = false;
    walk_deep(facts, branch, |node| {
        found |= match facts.arena.kind(node) {
            NodeKind::Assign { op: AssignOp::Augment(_), .. } => true,
            NodeKind::Assign { target, .. } => {
                matches!(facts.arena.kind(target), NodeKind::Member { object, .. } if entities.mentions(facts, object))
            }
            NodeKind::Call { .. } => handler.code.iter().any(|&part| {
                place.program.calls_at(part, node).iter().any(|edge| {
                    edge.resolution != Resolution::NameOnly
                        && place.summaries.of(edge.callee).is_some_and(|summary| !summary.reaches.is_empty())
                })
            }),
            _ => false,
        };
        !found
    });
    found
}

fn constructs_model(place: &Place, branch: NodeId) -> bool {
    let mut found = false;
    place.facts.arena.walk(branch, |node| {
        if let NodeKind::Call { callee, .. } = place.facts.arena.kind(node)
            && let Value::Def(def) = place.program.value(place.file, callee)
        {
            found |= is_model(place.program, def);
        }
    });
    found
}

/// `match result { Ok(…) => …, Err(…) => … }`, `match row { Some(…) …, None … }`: error mapping.
pub(super) fn is_outcome_match(place: &Place, node: NodeId, subject: NodeId) -> bool {
    let facts = place.facts;
    let NodeKind::Match { arms, .. } = facts.arena.kind(node) else { return false };
    let outcome = facts.arena.list(arms).any(|arm| {
        let NodeKind::Arm { pattern, .. } = facts.arena.kind(arm) else { return false };
        let callee = match facts.arena.kind(pattern) {
            NodeKind::Call { callee, .. } => callee,
            _ => pattern,
        };
        last_name(facts, callee).is_some_and(|name| matches!(facts.text(name), "Ok" | "Err" | "Some" | "None"))
    });
    outcome || last_name(facts, subject).is_some_and(|name| facts.text(name) == "method")
}
