//! Amounts that are taken from one row and given to another: what makes two updates of one table one operation.
//!
//! A change is seen where the write says it (`balance: { decrement: n }` of Prisma, `$inc` of MongoDB by its sign, `F("balance") - n` of Django,
//! `balance = balance - $1` of SQL), or where the row that is written was changed before (`from.balance -= n`).

use rustc_hash::FxHashMap;

use super::loops::Place;
use super::sensitive::assigned;
use crate::model::body::{AssignOp, BinaryOp, CollectionKind, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{DefId, FileFacts, Name};
use crate::model::nesting::{arguments, called_name, chain_root, last_name, spell};
use crate::model::source::{Family, Span};

/// A field, and whether it grows.
type Change = (String, bool);

/// What the writes of one function change by an amount.
pub(super) struct Amounts(FxHashMap<NodeId, Vec<Change>>);

impl Amounts {
    /// Of writes of one function.
    pub(super) fn of(place: &Place, sites: impl Iterator<Item = NodeId>) -> Amounts {
        let mut sums: FxHashMap<DefId, Vec<Sum>> = FxHashMap::default();
        let changes = |site| {
            let owner = place.nesting.owner(site);
            let sums = sums.entry(owner).or_insert_with(|| sums_in(place.facts, owner));
            (site, changes(place, site, sums))
        };
        Amounts(sites.map(changes).collect())
    }

    /// Whether what one write takes from a field the other gives to it.
    pub(super) fn move_between(&self, first: NodeId, second: NodeId) -> bool {
        let (Some(one), Some(other)) = (self.0.get(&first), self.0.get(&second)) else { return false };
        other.iter().any(|(field, grows)| one.contains(&(field.clone(), !grows)))
    }
}

/// `from.balance -= n`: the row, what changes, and where.
struct Sum {
    row: Name,
    change: Change,
    start: u32,
}

fn changes(place: &Place, site: NodeId, sums: &[Sum]) -> Vec<Change> {
    let facts = place.facts;
    let mut found = Vec::new();
    facts.arena.walk(place.nesting.chain_top(facts, site), |node| match facts.arena.kind(node) {
        NodeKind::Entry { key, value } => {
            let field = facts.string(key).or_else(|| last_name(facts, key).map(|name| facts.text(name)));
            if let Some(field) = field {
                found.extend(said(facts, field, value));
            }
        }
        NodeKind::Argument { name, value } => found.extend(said(facts, facts.text(name), value)),
        // `balance.eq(balance - n)` of Diesel
        NodeKind::Call { callee, .. } => {
            if let (NodeKind::Member { object, .. }, Some(value)) = (facts.arena.kind(callee), arguments(facts, node).next())
                && let Some(field) = last_name(facts, object)
            {
                found.extend(said(facts, facts.text(field), value));
            }
        }
        NodeKind::Str(text) => found.extend(in_sql(facts.text(text))),
        // `let rest = payer.credit - sum;`, and `rest` is bound.
        NodeKind::Name(name) if facts.language.family() == Family::Rust => {
            if let [value] = assigned(facts, place.nesting.owner(site), name)[..] {
                found.extend(of_field(facts, value));
            }
        }
        NodeKind::Binary { .. } if facts.language.family() == Family::Rust => found.extend(of_field(facts, node)),
        _ => {}
    });
    // The rows that the write mentions were changed before it.
    let rows: Vec<Name> = arguments(facts, site).chain([chain_root(facts, site)]).filter_map(|node| name_of(facts, node)).collect();
    let start = facts.arena.span(site).start;
    found.extend(sums.iter().filter(|sum| sum.start <= start && rows.contains(&sum.row)).map(|sum| sum.change.clone()));
    found
}

/// Rust: what is worked out of a row's field: `payer.credit - sum`.
fn of_field(facts: &FileFacts, value: NodeId) -> Option<Change> {
    let NodeKind::Binary { op: op @ (BinaryOp::Add | BinaryOp::Subtract), left, .. } = facts.arena.kind(value) else { return None };
    let NodeKind::Member { object, name, path: false } = facts.arena.kind(left) else { return None };
    name_of(facts, object).map(|_| (facts.text(name).to_string(), op == BinaryOp::Add))
}

/// What SeaORM is told to write: `sum` of `Set(sum)`.
fn without_set(facts: &FileFacts, value: NodeId) -> NodeId {
    match called_name(facts, value) {
        Some("Set") if facts.language.family() == Family::Rust => arguments(facts, value).next().unwrap_or(value),
        _ => value,
    }
}

/// What a field is set to: `{ increment: n }`, or itself and something more; below `$inc` the fields and by how much each grows.
fn said(facts: &FileFacts, field: &str, value: NodeId) -> Vec<Change> {
    match facts.arena.kind(value) {
        NodeKind::Collection { kind: CollectionKind::Dict, items } => {
            let entries = facts.arena.list(items).filter_map(|item| match facts.arena.kind(item) {
                NodeKind::Entry { key, value } => Some((facts.string(key)?, value)),
                _ => None,
            });
            let change = |(key, value): (&str, NodeId)| match (field, key) {
                ("$inc", own) => Some((own.to_string(), !is_negative(facts, value))),
                (_, "increment") => Some((field.to_string(), true)),
                (_, "decrement") => Some((field.to_string(), false)),
                _ => None,
            };
            entries.filter_map(change).collect()
        }
        NodeKind::Binary { op: op @ (BinaryOp::Add | BinaryOp::Subtract), left, .. } if names(facts, left, field) => {
            vec![(field.to_string(), op == BinaryOp::Add)]
        }
        _ => Vec::new(),
    }
}

fn is_negative(facts: &FileFacts, value: NodeId) -> bool {
    matches!(facts.arena.kind(value), NodeKind::Unary { op: UnaryOp::Negate, .. })
}

/// `F("balance")`, `Account.balance`, `col("balance")`.
fn names(facts: &FileFacts, value: NodeId, field: &str) -> bool {
    match facts.arena.kind(value) {
        NodeKind::Call { .. } => arguments(facts, value).next().and_then(|argument| facts.string(argument)) == Some(field),
        _ => last_name(facts, value).is_some_and(|name| facts.text(name) == field),
    }
}

/// `balance = balance - $1`.
fn in_sql(text: &str) -> Vec<Change> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '`' | '.');
    let mut found = Vec::new();
    for (at, _) in text.match_indices('=') {
        let before = text[..at].trim_end();
        let field = &before[before.trim_end_matches(is_word).len()..];
        let Some(after) = text[at + 1..].trim_start().strip_prefix(field).filter(|_| !field.is_empty()) else { continue };
        let grows = match after.trim_start().chars().next() {
            Some('+') => true,
            Some('-') => false,
            _ => continue,
        };
        found.push((field.trim_matches(['"', '`']).to_ascii_lowercase(), grows));
    }
    found
}

/// Whether what a function takes from a row in one region it gives to another row in a second one.
pub(super) fn moves_in(facts: &FileFacts, function: DefId, one: Span, other: Span) -> bool {
    let sums = sums_in(facts, function);
    let within = |region: Span| sums.iter().filter(move |sum| region.start <= sum.start && sum.start < region.end);
    within(one).any(|taken| {
        within(other).any(|given| taken.row != given.row && taken.change.0 == given.change.0 && taken.change.1 != given.change.1)
    })
}

/// The fields of rows to which a function adds something, or from which it takes it.
fn sums_in(facts: &FileFacts, function: DefId) -> Vec<Sum> {
    let mut found = Vec::new();
    let Some(body) = facts.def(function).body else { return found };
    facts.arena.walk(body, |node| {
        let NodeKind::Assign { target, value, op } = facts.arena.kind(node) else { return };
        let NodeKind::Member { object, name, .. } = facts.arena.kind(target) else { return };
        let Some(row) = name_of(facts, object) else { return };
        let set = without_set(facts, value);
        // `active.credit = Set(row.credit - sum)`
        let is_of_row = |left| set != value && last_name(facts, left) == Some(name);
        let op = match (op, facts.arena.kind(set)) {
            (AssignOp::Augment(op), _) => op,
            (AssignOp::Set, NodeKind::Binary { op, left, .. }) if spell(facts, left) == spell(facts, target) || is_of_row(left) => op,
            _ => return,
        };
        if matches!(op, BinaryOp::Add | BinaryOp::Subtract) {
            let change = (facts.text(name).to_string(), op == BinaryOp::Add);
            found.push(Sum { row, change, start: facts.arena.span(node).start });
        }
    });
    found
}

fn name_of(facts: &FileFacts, node: NodeId) -> Option<Name> {
    match facts.arena.kind(node) {
        NodeKind::Name(name) => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::in_sql;

    #[test]
    fn sums_in_statements() {
        let change = |text: &str| {
            in_sql(text).into_iter().map(|(field, grows)| format!("{field}{}", if grows { '+' } else { '-' })).collect::<Vec<_>>()
        };
        assert_eq!(change("UPDATE a SET balance = balance - $1, n=n+1 WHERE id = $2"), ["balance-", "n+"]);
        assert_eq!(change("update a set \"sum\" = \"sum\"  + ?"), ["sum+"]);
        assert!(change("update a set b = 1 where b = b_old - 1 and c => 2 = = é=é").is_empty());
    }
}
