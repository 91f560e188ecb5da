//! What conditions and branches say by themselves: whether something is there, who may do it, how they end.

use crate::check::bounds::words;
use crate::check::dependence::Dependence;
use crate::model::body::{AssignOp, BinaryOp, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{DefKind, FileFacts};
use crate::model::nesting::{called_name, last_name, spell};
use crate::model::program::Program;
use crate::model::role::{GlobalDef, Role};
use crate::rulebook::vocabulary::vocabulary;

/// What a row must be before a repository is told to write; that there is one, and whose it is, are no such question.
pub(super) fn is_guard(facts: &FileFacts, entities: &Dependence, condition: NodeId, then: NodeId) -> bool {
    let asks_for_mark = matches!(facts.arena.kind(condition), NodeKind::Unary { op: UnaryOp::Not, value } if matches!(facts.arena.kind(value), NodeKind::Member { .. }));
    ends_in_error(facts, then)
        && entities.mentions(facts, condition)
        && (asks_for_mark || !is_presence_check(facts, condition))
        && !is_permission_check(facts, condition)
        && !asks_of_error(facts, condition)
        && !compares_sizes(facts, entities, condition)
}

pub(super) fn unawaited(facts: &FileFacts, node: NodeId) -> NodeId {
    match facts.arena.kind(node) {
        NodeKind::Await(inner) => inner,
        _ => node,
    }
}

/// `if (error.code === "P2002")`: error mapping.
pub(super) fn asks_of_error(facts: &FileFacts, condition: NodeId) -> bool {
    let mut found = false;
    facts.arena.walk(condition, |node| {
        if let NodeKind::Name(name) = facts.arena.kind(node) {
            found |= matches!(facts.text(name), "error" | "err" | "e" | "exc" | "exception");
        }
    });
    found
}

/// The first entity a condition asks about, as the code spells it.
pub(in crate::check) fn comparison_text(facts: &FileFacts, condition: NodeId) -> String {
    let mut found = None;
    facts.arena.walk(condition, |node| {
        if let NodeKind::Binary { op, left, .. } = facts.arena.kind(node)
            && op.is_test()
        {
            found = found.or(Some(left));
        }
    });
    let text = spell(facts, found.unwrap_or(condition));
    if text.contains('…') { "a row".to_string() } else { text }
}

/// `if not row`, `if (row == null)`, `if rows.length === 0`, `if row.is_none()`: is there one at all?
pub(in crate::check) fn is_presence_check(facts: &FileFacts, condition: NodeId) -> bool {
    match facts.arena.kind(condition) {
        NodeKind::Member { name, .. } if matches!(facts.text(name), "length" | "size" | "count") => true,
        NodeKind::Name(_) | NodeKind::Call { .. } | NodeKind::Await(_) => {
            let name = called_name(facts, condition).unwrap_or_default();
            !matches!(facts.arena.kind(condition), NodeKind::Call { .. })
                || matches!(name, "is_none" | "is_some" | "is_empty" | "exists" | "isEmpty" | "bool" | "Boolean")
        }
        NodeKind::Unary { op: UnaryOp::Not, value } => {
            is_presence_check(facts, value) || matches!(facts.arena.kind(value), NodeKind::Call { .. } | NodeKind::Member { .. })
        }
        NodeKind::Binary { op, left, right } => match op {
            BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::Is | BinaryOp::IsNot => [left, right].iter().any(|&side| {
                matches!(facts.arena.kind(side), NodeKind::Null)
                    || matches!(facts.arena.kind(side), NodeKind::Number(name) if facts.text(name) == "0")
            }),
            BinaryOp::Greater | BinaryOp::Less => {
                let counts = |side: NodeId| {
                    last_name(facts, side).is_some_and(|name| matches!(facts.text(name), "length" | "size" | "rowcount" | "count"))
                        || called_name(facts, side).is_some_and(|name| matches!(name, "len" | "count" | "rows_affected"))
                };
                counts(left) || counts(right)
            }
            BinaryOp::And | BinaryOp::Or => is_presence_check(facts, left) && is_presence_check(facts, right),
            _ => false,
        },
        NodeKind::Assign { op: AssignOp::Test | AssignOp::Set, .. } => true,
        _ => false,
    }
}

/// `!row`, `row === null`, `rows.length === 0`: true when there is none.
pub(super) fn asks_for_absence(facts: &FileFacts, condition: NodeId) -> bool {
    match facts.arena.kind(condition) {
        NodeKind::Unary { op: UnaryOp::Not, .. } => true,
        NodeKind::Binary { op: BinaryOp::Equal | BinaryOp::Is, .. } => true,
        NodeKind::Binary { op: BinaryOp::And | BinaryOp::Or, left, .. } => asks_for_absence(facts, left),
        NodeKind::Call { .. } => called_name(facts, condition).is_some_and(|name| matches!(name, "is_none" | "is_empty" | "isEmpty")),
        _ => false,
    }
}

/// `<` and its like between values of rows: limits, balances, stock.
pub(super) fn compares_sizes(facts: &FileFacts, entities: &Dependence, condition: NodeId) -> bool {
    let mut found = false;
    facts.arena.walk(condition, |node| {
        if let NodeKind::Binary { op: BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual, left, right } =
            facts.arena.kind(node)
        {
            let words = [left, right].iter().flat_map(|&side| words(&spell(facts, side))).collect::<Vec<_>>();
            let free = words.iter().any(|word| is_paging_or_time(word)) && ![left, right].iter().any(|&side| is_limit_of_rows(facts, side));
            found |= !free && (entities.mentions(facts, left) || entities.mentions(facts, right));
        }
    });
    found
}

/// A limit that a row carries: `workspace.linksLimit`, `plan.maxMembers`. What limits a page is called after the page.
fn is_limit_of_rows(facts: &FileFacts, side: NodeId) -> bool {
    let NodeKind::Member { name, .. } = facts.arena.kind(side) else { return false };
    let words = words(facts.text(name));
    let handlers = &vocabulary().handlers;
    let says_limit = words.last().is_some_and(|last| handlers.limits_of_rows.has(last));
    words.len() > 1 && says_limit && !words.iter().any(|word| handlers.of_pages.has(word))
}

/// Ownership and permission guards: comparisons of identities, roles asked of the current user.
pub(super) fn is_permission_check(facts: &FileFacts, condition: NodeId) -> bool {
    let mut found = false;
    facts.arena.walk(condition, |node| {
        if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(node) {
            found |= words(facts.text(name)).iter().any(|word| vocabulary().handlers.permissions.has(word));
        }
    });
    found
}

/// The branch only reports an error: raises, returns, passes it on.
pub(in crate::check) fn ends_in_error(facts: &FileFacts, branch: NodeId) -> bool {
    let last = match facts.arena.kind(branch) {
        NodeKind::Block { items, .. } => facts.arena.list(items).last(),
        _ => Some(branch),
    };
    last.is_some_and(|last| {
        matches!(facts.arena.kind(last), NodeKind::Raise(_) | NodeKind::Return(_) | NodeKind::Continue | NodeKind::Break(_))
    })
}

pub(in crate::check) fn is_model(program: &Program, def: GlobalDef) -> bool {
    matches!(program.def(def).kind, DefKind::Class | DefKind::Struct)
        && program.role(def).is_some_and(|evidence| evidence.role == Role::Model)
}

pub(in crate::check) fn is_paging_or_time(word: &str) -> bool {
    vocabulary().handlers.paging_or_time.has(word)
}
