//! How the rows of two writes hang together: one is put into the other, found through it, or counted from it.
//!
//! A session's commit writes what was changed since the commit before it: the rows that were added, deleted or given new values.

use rustc_hash::{FxHashMap, FxHashSet};

use super::dependence::Dependence;
use super::loops::Place;
use super::moved_amounts::moves_in;
use super::records::is_record;
use crate::model::body::{AssignOp, CallForm, NodeId, NodeKind};
use crate::model::facts::{DefId, FileFacts, Name};
use crate::model::knowledge::{ApiFact, WriteMode};
use crate::model::nesting::{arguments, called_name, chain, chain_root, spell, walk_deep};
use crate::model::source::{Family, Span};
use crate::model::summary::Write;
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// One of the rows is put into the other (`article.comments.push(comment)`, `user.team = team`), is reached through it
/// (`account = order.account`), or changes by what the other says (`account.balance -= order.total`).
pub(super) fn are_tied(facts: &FileFacts, body: NodeId, ones: &[Name], others: &[Name]) -> bool {
    let pair = |holder: Option<Name>, part: Option<Name>| match (holder, part) {
        (Some(holder), Some(part)) if holder != part => {
            ones.contains(&holder) && others.contains(&part) || others.contains(&holder) && ones.contains(&part)
        }
        _ => false,
    };
    let mut found = false;
    let is_python = facts.language.family() == Family::Python;
    walk_deep(facts, body, |node| {
        match facts.arena.kind(node) {
            NodeKind::Call { callee, .. } if matches!(called_name(facts, node), Some("push" | "unshift" | "add" | "append")) => {
                let is_part = matches!(facts.arena.kind(callee), NodeKind::Member { object, .. } if matches!(facts.arena.kind(object), NodeKind::Member { .. }));
                found |= is_part && arguments(facts, node).any(|argument| pair(root(facts, callee), root(facts, argument)));
            }
            // `article.add_tag(tag)`
            NodeKind::Call { callee, .. } if is_python && called_name(facts, node).is_some_and(|name| name.starts_with("add_")) => {
                let is_row = matches!(facts.arena.kind(callee), NodeKind::Member { object, .. } if matches!(facts.arena.kind(object), NodeKind::Name(_)));
                found |= is_row && arguments(facts, node).any(|argument| pair(root(facts, callee), root(facts, argument)));
            }
            NodeKind::Assign { target, value, op } if matches!(facts.arena.kind(target), NodeKind::Member { .. }) => {
                let holder = root(facts, target);
                found |= op == AssignOp::Set && matches!(facts.arena.kind(value), NodeKind::Name(_)) && pair(holder, root(facts, value));
                found |= fields_in(facts, value).into_iter().any(|part| pair(holder, Some(part)));
            }
            // `answer = Answer(question_id=question.id)`, where the question counts its answers.
            NodeKind::Assign { target, value, op: AssignOp::Set } if refers(facts, value).is_some() => {
                let (holder, part) = (root(facts, target), refers(facts, value));
                found |= pair(holder, part) && part.is_some_and(|part| counts_in(facts, body, part));
            }
            NodeKind::Assign { target, value, .. } | NodeKind::Declare { target, value: Some(value), .. } => {
                if let (NodeKind::Name(name), true) = (facts.arena.kind(target), is_field(facts, value)) {
                    found |= pair(Some(name), root(facts, value));
                }
            }
            _ => {}
        }
        !found
    });
    found
}

/// Python: the row whose key a new row is given: `Answer(question_id=question.id)`.
fn refers(facts: &FileFacts, made: NodeId) -> Option<Name> {
    if facts.language.family() != Family::Python || !called_name(facts, made).is_some_and(|name| name.starts_with(char::is_uppercase)) {
        return None;
    }
    let NodeKind::Call { args, .. } = facts.arena.kind(made) else { return None };
    let mut keys = facts.arena.list(args).filter_map(|argument| match facts.arena.kind(argument) {
        NodeKind::Argument { name, value } if facts.text(name).ends_with("_id") && is_field(facts, value) => root(facts, value),
        _ => None,
    });
    keys.next()
}

/// `question.answers += 1`
fn counts_in(facts: &FileFacts, body: NodeId, row: Name) -> bool {
    let mut counts = false;
    facts.arena.walk(body, |node| {
        if let NodeKind::Assign { target, op: AssignOp::Augment(_), .. } = facts.arena.kind(node) {
            counts |= matches!(facts.arena.kind(target), NodeKind::Member { .. }) && root(facts, target) == Some(row);
        }
    });
    counts
}

fn root(facts: &FileFacts, node: NodeId) -> Option<Name> {
    match facts.arena.kind(chain_root(facts, node)) {
        NodeKind::Name(name) => Some(name),
        _ => None,
    }
}

/// `order.account`: fields only, nothing called.
fn is_field(facts: &FileFacts, value: NodeId) -> bool {
    let mut links = chain(facts, value).peekable();
    matches!(facts.arena.kind(value), NodeKind::Member { .. })
        && links.all(|link| matches!(facts.arena.kind(link), NodeKind::Member { .. } | NodeKind::Name(_)))
}

/// The names whose fields an arithmetic value is made of.
fn fields_in(facts: &FileFacts, value: NodeId) -> Vec<Name> {
    let mut found = Vec::new();
    facts.arena.walk(value, |node| {
        if is_field(facts, node)
            && let Some(name) = root(facts, node)
        {
            found.push(name);
        }
    });
    found
}

/// What the commits of one function write.
pub(super) struct Pending(FxHashMap<NodeId, Changed>);

/// Rows that are new or changed when a commit runs, and the code that made them so.
struct Changed {
    owner: DefId,
    rows: FxHashSet<Name>,
    /// What statements that write are given.
    values: FxHashSet<String>,
    span: Span,
}

impl Pending {
    /// Of a function's writes, in source order.
    pub(super) fn of(place: &Place, writes: &[&Write]) -> Pending {
        let facts = place.facts;
        let mut found: FxHashMap<NodeId, Changed> = FxHashMap::default();
        let own = |write: &&Write| write.via.is_none() && write.mode == WriteMode::OnCommit;
        if writes.len() < 2 || !writes.iter().copied().any(|write| own(&write)) {
            return Pending(found);
        }
        let mut since: FxHashMap<DefId, u32> = FxHashMap::default();
        for write in writes {
            let (owner, span) = (place.nesting.owner(write.site), facts.arena.span(write.site));
            let start = since.insert(owner, span.end).unwrap_or_default();
            if own(write)
                && let Some(body) = facts.def(owner).body
            {
                let region = Span { start, end: span.start };
                let values =
                    if facts.language.family() == Family::Python { given_to_sql(facts, body, region) } else { FxHashSet::default() };
                found.insert(write.site, Changed { owner, rows: changed(facts, body, region), values, span: region });
            }
        }
        Pending(found)
    }

    /// The second commit writes a row that the first does not, and that is made or counted from what the first one wrote; or what is
    /// taken from a row of one is given to a row of the other. Work for others between them (a mail, a call of another service) may want the
    /// first to be there before it.
    ///
    /// The first may be the commit of a function that is called, of the rows in `given`.
    pub(super) fn hang_together(&self, place: &Place, first: NodeId, given: &[Name], second: NodeId) -> bool {
        let Some(other) = self.0.get(&second) else { return false };
        let facts = place.facts;
        let Some(body) = facts.def(other.owner).body else { return false };
        let one = self.0.get(&first).filter(|one| one.owner == other.owner);
        if one.is_some_and(|one| one.values.iter().any(|value| other.values.contains(value))) {
            return !asks_others(place, body, facts.arena.span(first).end, other.span.end);
        }
        let mut rows: Vec<Name> = one.map_or_else(|| given.to_vec(), |one| one.rows.iter().copied().collect());
        rows.sort_unstable();
        let new: Vec<Name> = other.rows.iter().copied().filter(|name| !rows.contains(name)).collect();
        if new.is_empty() || rows.is_empty() || asks_others(place, body, facts.arena.span(first).end, other.span.end) {
            return false;
        }
        let dependence = Dependence::of(facts, &rows, body);
        new.iter().any(|&name| dependence.has(name))
            || are_tied(facts, body, &rows, &new)
            || one.is_some_and(|one| moves_in(facts, other.owner, one.span, other.span))
    }
}

impl Pending {
    /// What the first commit writes is given to a function that commits again: `session.commit()`, then `link_roles(user.id)`.
    pub(super) fn are_handed_on(&self, place: &Place, first: &Write, second: &Write) -> bool {
        let (Some(one), Some(via)) = (self.0.get(&first.site), second.via) else { return false };
        let facts = place.facts;
        let Some(body) = facts.def(one.owner).body else { return false };
        if one.rows.is_empty()
            || is_record(place.program.name(via))
            || asks_others(place, body, one.span.end, facts.arena.span(second.site).start)
        {
            return false;
        }
        let mut rows: Vec<Name> = one.rows.iter().copied().collect();
        rows.sort_unstable();
        let dependence = Dependence::of(facts, &rows, body);
        arguments(facts, second.site).any(|given| dependence.mentions(facts, given))
    }
}

/// The local rows that the code in a region adds, deletes or changes.
fn changed(facts: &FileFacts, body: NodeId, region: Span) -> FxHashSet<Name> {
    let mut rows = FxHashSet::default();
    facts.arena.walk(body, |node| {
        if !region.contains(facts.arena.span(node)) {
            return;
        }
        match facts.arena.kind(node) {
            NodeKind::Call { form: CallForm::Plain, .. }
                if called_name(facts, node).is_some_and(|name| api_names().orm.session_changes.has(name)) =>
            {
                for argument in arguments(facts, node).filter(|&argument| !called_name(facts, argument).is_some_and(is_record)) {
                    facts.arena.walk(argument, |inner| {
                        if let NodeKind::Name(name) = facts.arena.kind(inner) {
                            rows.insert(name);
                        }
                    });
                }
            }
            NodeKind::Assign { target, .. } if matches!(facts.arena.kind(target), NodeKind::Member { .. }) => {
                rows.extend(root(facts, target))
            }
            _ => {}
        }
    });
    rows.retain(|name| !vocabulary().writes.handles.has(facts.text(*name)) && !is_record(facts.text(*name)));
    rows
}

/// What the statements in a region that write are given: `cursor.execute("UPDATE … WHERE id = %s", (order,))`.
fn given_to_sql(facts: &FileFacts, body: NodeId, region: Span) -> FxHashSet<String> {
    let mut values = FxHashSet::default();
    facts.arena.walk(body, |node| {
        if !region.contains(facts.arena.span(node)) || !matches!(called_name(facts, node), Some("execute" | "executemany")) {
            return;
        }
        let mut given = arguments(facts, node);
        let writes = given.next().and_then(|sql| facts.string(sql)).is_some_and(|sql| {
            let verb = sql.trim_start().split(char::is_whitespace).next().unwrap_or_default();
            ["insert", "update", "delete"].iter().any(|own| verb.eq_ignore_ascii_case(own))
                && !sql.split(char::is_whitespace).any(is_record)
        });
        if !writes {
            return;
        }
        for argument in given {
            facts.arena.walk(argument, |inner| {
                if let NodeKind::Name(name) = facts.arena.kind(inner)
                    && !vocabulary().writes.handles.has(facts.text(name))
                {
                    values.insert(facts.text(name).to_string());
                }
                if matches!(facts.arena.kind(inner), NodeKind::Index { .. } | NodeKind::Member { .. }) {
                    values.insert(spell(facts, inner));
                }
            });
        }
    });
    values.retain(|value| !vocabulary().writes.handles.has(value));
    values
}

/// Between the two places another service is called, mail is sent or a message is published.
fn asks_others(place: &Place, body: NodeId, start: u32, end: u32) -> bool {
    let facts = place.facts;
    let mut found = false;
    walk_deep(facts, body, |node| {
        let span = facts.arena.span(node);
        if matches!(facts.arena.kind(node), NodeKind::Call { .. }) && span.start >= start && span.end <= end {
            let api = place.program.called_api(place.file, node);
            found |= api.is_some_and(|api| {
                place
                    .program
                    .facts_of(api)
                    .any(|(fact, _)| matches!(fact, ApiFact::Outgoing | ApiFact::SendsMail | ApiFact::Publishes | ApiFact::RunsElsewhere))
            });
        }
        !found
    });
    found
}
