//! What a round does that has no form for many rows: a walk of which each step needs the last one's answer, pages of its own, a job
//! that is put into a queue, rows that are handled one by one on purpose.

use rustc_hash::FxHashSet;

use super::dependence::Dependence;
use super::loops::{Place, RepetitionKind, bound_names};
use super::n_plus_one::Repeated;
use crate::model::body::{LoopKind, NodeId, NodeKind};
use crate::model::facts::{DefId, FileFacts, Name};
use crate::model::knowledge::Access;
use crate::model::nesting::{Nesting, arguments, called_name, chain, last_name, walk_deep};
use crate::model::words::{tells_of_single_rows, words};
use crate::rulebook::vocabulary::vocabulary;

/// How far above a loop a comment on it may stand.
const NEAR: u32 = 600;

/// The queries of the loop cannot be one, or are not meant to be.
pub(super) fn must_be_single(place: &Place, repeated: &Repeated) -> bool {
    is_walk(place, repeated)
        || is_on_purpose(place, repeated)
        || is_queued(place, repeated)
        || writes_one_row(place, repeated)
        || is_flush(place, repeated)
        || is_setting(place, repeated)
        || serves(place, repeated)
}

/// The query stands in a loop without a list, which reads page after page or goes on from what it has found.
fn is_walk(place: &Place, repeated: &Repeated) -> bool {
    let site = &repeated.site;
    let (file, query, end) = match site.reached {
        None => (place.file, site.node, Some(repeated.repetition.node)),
        Some((_, reach)) => (reach.target.file, reach.query.site, None),
    };
    let (facts, nesting) = (place.program.file(file), place.program.nesting(file));
    nesting.around(query).take_while(|&node| Some(node) != end).any(|node| match facts.arena.kind(node) {
        NodeKind::Loop { kind: LoopKind::Infinite | LoopKind::While, body, .. } => {
            asks_for_page(facts, nesting, query) || goes_on_from_answer(facts, nesting, query, body)
        }
        _ => false,
    })
}

/// `findMany({ where, take: 100 })`, `….limit(100)`.
fn asks_for_page(facts: &FileFacts, nesting: &Nesting, query: NodeId) -> bool {
    let top = nesting.chain_top(facts, query);
    let named = chain(facts, top).any(|link| called_name(facts, link).is_some_and(|name| vocabulary().loops.pages.has(name)));
    named
        || arguments(facts, query).any(|argument| {
            let mut found = false;
            facts.arena.walk(argument, |node| {
                found |= match facts.arena.kind(node) {
                    NodeKind::Entry { key, .. } => facts.string(key).is_some_and(|key| vocabulary().loops.pages.has(key)),
                    NodeKind::Argument { name, .. } => vocabulary().loops.pages.has(facts.text(name)),
                    _ => false,
                };
            });
            found
        })
}

/// What the query is given comes, in the next round, from what it has answered in this one.
fn goes_on_from_answer(facts: &FileFacts, nesting: &Nesting, query: NodeId, body: NodeId) -> bool {
    let span = facts.arena.span(query);
    let mut names: FxHashSet<Name> = FxHashSet::default();
    let mentions = |names: &FxHashSet<Name>, node: NodeId| {
        let mut found = facts.arena.span(node).contains(span);
        facts.arena.walk(node, |inner| found |= matches!(facts.arena.kind(inner), NodeKind::Name(name) if names.contains(&name)));
        found
    };
    for _ in 0..8 {
        let before = names.len();
        walk_deep(facts, body, |node| {
            match facts.arena.kind(node) {
                NodeKind::Assign { target, value, .. } | NodeKind::Declare { target, value: Some(value), .. }
                    if mentions(&names, value) =>
                {
                    names.extend(bound_names(facts, target));
                }
                NodeKind::Loop { target: Some(target), source: Some(source), .. } if mentions(&names, source) => {
                    names.extend(bound_names(facts, target));
                }
                _ => {}
            }
            true
        });
        if names.len() == before {
            break;
        }
    }
    let top = nesting.chain_top(facts, query);
    let mut found = false;
    for link in chain(facts, top) {
        for argument in arguments(facts, link) {
            facts.arena.walk(argument, |node| found |= matches!(facts.arena.kind(node), NodeKind::Name(name) if names.contains(&name)));
        }
    }
    found
}

/// `if self.rows.len() == self.rows.capacity() { save_all(&self.rows); self.rows.clear() }`: many rows at once, each time that there are many.
fn is_flush(place: &Place, repeated: &Repeated) -> bool {
    let program = place.program;
    let Some((callee, reach)) = repeated.site.reached else { return false };
    place.summaries.chain(callee, reach).into_iter().any(|(function, node)| {
        let facts = program.file(function.file);
        program.nesting(function.file).around(node).any(|around| match facts.arena.kind(around) {
            NodeKind::If { condition, then, .. } => {
                facts.arena.span(then).contains(facts.arena.span(node)) && measures(facts, condition) && empties(facts, then)
            }
            _ => false,
        })
    })
}

/// `rows.length >= most`, `len(rows) == most`.
fn measures(facts: &FileFacts, condition: NodeId) -> bool {
    let NodeKind::Binary { left, right, .. } = facts.arena.kind(condition) else { return false };
    let is_length = |node: NodeId| {
        let called = called_name(facts, node);
        called.is_some_and(|name| matches!(name, "len" | "size" | "count"))
            || last_name(facts, node).is_some_and(|name| matches!(facts.text(name), "length" | "size"))
    };
    is_length(left) || is_length(right)
}

fn empties(facts: &FileFacts, then: NodeId) -> bool {
    let mut found = false;
    facts.arena.walk(then, |node| {
        found |= match facts.arena.kind(node) {
            NodeKind::Assign { value, .. } => {
                matches!(facts.arena.kind(value), NodeKind::Collection { items, .. } if facts.arena.list(items).len() == 0)
            }
            _ => matches!(called_name(facts, node), Some("clear" | "drain" | "truncate" | "splice" | "take")),
        };
    });
    found
}

/// `SELECT set_config('app.tenant', …)`, `SET ROLE …`: a word to the session, no query for rows.
fn is_setting(place: &Place, repeated: &Repeated) -> bool {
    let site = &repeated.site;
    let (facts, query) = match site.reached {
        None => (place.facts, site.node),
        Some((_, reach)) => (place.program.file(reach.target.file), reach.query.site),
    };
    let says = |text: &str| {
        let text = text.trim_start().to_ascii_lowercase();
        text.contains("set_config(")
            || ["set local ", "set role ", "set session ", "set search_path"].iter().any(|start| text.starts_with(start))
    };
    let mut found = false;
    if let Some(statement) = arguments(facts, query).next() {
        facts.arena.walk(statement, |node| found |= facts.string(node).is_some_and(says));
    }
    found
}

/// `while let Some(message) = requests.next().await`: a server that answers what comes in.
fn serves(place: &Place, repeated: &Repeated) -> bool {
    let repetition = &repeated.repetition;
    let comes_in = |name: &Name| words(place.facts.text(*name)).last().is_some_and(|word| vocabulary().loops.incoming.has(word));
    repetition.kind == RepetitionKind::While && repetition.items.iter().any(comes_in)
}

/// A comment on the loop, or the description of the function, says why the rows are handled one by one.
fn is_on_purpose(place: &Place, repeated: &Repeated) -> bool {
    let facts = place.facts;
    let (head, site) = (facts.arena.span(repeated.repetition.node), facts.arena.span(repeated.site.node));
    let owner = place.program.outermost(repeated.site.function()).def;
    let start = facts.def(owner).span.start.max(head.start.saturating_sub(NEAR));
    // A comprehension or a callback stands in a statement that begins before it.
    let statements = usize::from(matches!(repeated.repetition.kind, RepetitionKind::Comprehension | RepetitionKind::Callback));
    let above = |end: u32| facts.code_starts.iter().filter(|&&code| end <= code && code < head.start).count() <= statements;
    let by_comment = facts.comments.iter().any(|comment| {
        let span = comment.span;
        span.start >= start
            && span.end <= site.end
            && (span.start >= head.start || above(span.end))
            && tells_of_single_rows(facts.text(comment.text))
    });
    by_comment || description(facts, owner).is_some_and(tells_of_single_rows)
}

/// The text that a Python function begins with.
fn description(facts: &FileFacts, function: DefId) -> Option<&str> {
    let NodeKind::Block { items, .. } = facts.arena.kind(facts.def(function).body?) else { return None };
    facts.string(facts.arena.list(items).next()?)
}

/// `enqueue(job)`: each job is put into the queue by itself.
fn is_queued(place: &Place, repeated: &Repeated) -> bool {
    let site = &repeated.site;
    let Some((callee, reach)) = site.reached.filter(|_| site.query.access == Access::Write) else { return false };
    place.summaries.chain(callee, reach).into_iter().any(|(function, _)| {
        let words = words(place.program.name(function));
        words.first().is_some_and(|word| vocabulary().loops.queueing.has(word)) && words.last().is_none_or(|word| word != "many")
    })
}

/// `if (item.isDefault) update({ where: { id: shopId }, data: { limit: item.limit } })`: one row, for the one item that is it.
fn writes_one_row(place: &Place, repeated: &Repeated) -> bool {
    let (site, repetition) = (&repeated.site, &repeated.repetition);
    let (facts, Some(body)) = (place.facts, repetition.body) else { return false };
    if site.reached.is_some() || site.query.access != Access::Write {
        return false;
    }
    let dependence = Dependence::of(facts, &repetition.items, body);
    let wheres: Vec<NodeId> = arguments(facts, site.node)
        .filter_map(|argument| match facts.arena.kind(argument) {
            NodeKind::Collection { items, .. } => facts.arena.list(items).find_map(|item| match facts.arena.kind(item) {
                NodeKind::Entry { key, value } if facts.string(key) == Some("where") => Some(value),
                _ => None,
            }),
            _ => None,
        })
        .collect();
    let chosen = || {
        place
            .nesting
            .around(site.node)
            .take_while(|&node| node != repetition.node)
            .any(|node| matches!(facts.arena.kind(node), NodeKind::If { condition, .. } if dependence.mentions(facts, condition)))
    };
    !wheres.is_empty() && wheres.iter().all(|&node| !dependence.mentions(facts, node)) && chosen()
}
