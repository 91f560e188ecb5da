//! Which tables two writes change, and whether that makes them two halves of one operation.

use crate::check::loops::Place;
use crate::check::sensitive::assigned;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::FileFacts;
use crate::model::knowledge::WriteMode;
use crate::model::nesting::{arguments, called_name};
use crate::model::program::Value;
use crate::model::role::{GlobalDef, Role};
use crate::model::source::Family;
use crate::model::summary::Write;
use crate::model::words::words;
use crate::rulebook::vocabulary::{Words, api_names, vocabulary};

/// Two commits; or writes of different tables; or a table that is emptied and filled; or an amount that is moved.
pub(super) fn different(place: &Place, first: &Write, second: &Write, moves: bool) -> bool {
    if first.mode == WriteMode::OnCommit || second.mode == WriteMode::OnCommit {
        return first.mode == second.mode && !is_saved_twice(place, first, second);
    }
    let (Some(one), Some(other)) = (table(place, first), table(place, second)) else { return false };
    let relation = |write: &Write| relation_written(place.program.file(write.target.0.file), write.target.1);
    if moves || stem(one) != stem(other) || relation(first) != relation(second) {
        return true;
    }
    let name = |write: &Write| called_name(place.facts, write.site).unwrap_or_default().to_ascii_lowercase();
    let removes = |name: &str| vocabulary().writes.emptying.starts(name) || name == "del";
    let adds = |name: &str| vocabulary().writes.filling.starts(name);
    let (one, other) = (name(first), name(second));
    let by_name = (one.starts_with("decrement") && other.starts_with("increment"))
        || (one.starts_with("increment") && other.starts_with("decrement"));
    let hands_on = || one.starts_with("update") && other.starts_with("update") && hands_on(place.facts, first.site, second.site);
    // Rust's methods say what they do to their table, also one call further: `self.remove_by_role(id)`, then `RolePermission::insert(…)`.
    let is_rust = place.facts.language.family() == Family::Rust;
    let refills = || removes(&one) && adds(&other);
    // TypeScript's functions have names of their own: what they run in the end says it.
    let in_the_end = |write: &Write| {
        let (at, node) = write.target;
        called_name(place.program.file(at.file), node).unwrap_or_default().to_ascii_lowercase()
    };
    let refills_below = || {
        place.facts.language.family() == Family::TypeScript
            && first.via.is_none()
            && removes(&one)
            && second.via.is_some()
            && adds(&in_the_end(second))
    };
    first.via.is_none() && second.via.is_none() && (by_name || refills() || hands_on()) || is_rust && refills() || refills_below()
}

/// Rust: two functions of repositories change rows of one table, each in a way of its own: `set_password(id, hash)`, then
/// `use_up_token(token)`.
pub(super) fn are_two_changes(place: &Place, first: &Write, second: &Write) -> bool {
    let (Some(one), Some(other)) = (first.via, second.via) else { return false };
    let changes = |function: GlobalDef| {
        let words = words(place.program.name(function));
        let is = |known: &Words| words.iter().any(|word| known.has(word));
        let writes = &vocabulary().writes;
        place.program.is(function, Role::Repository)
            && !is(&writes.filling)
            && !is(&writes.emptying)
            && !is(&writes.counting)
            && !is(&writes.times)
    };
    let of_one = || matches!((table(place, first), table(place, second)), (Some(one), Some(other)) if stem(one) == stem(other));
    place.facts.language.family() == Family::Rust && one != other && changes(one) && changes(other) && of_one()
}

/// `order.update(total=total)`, `order.save()`: two methods of one row that save it.
fn is_saved_twice(place: &Place, first: &Write, second: &Write) -> bool {
    let facts = place.facts;
    let row = |write: &Write| {
        let NodeKind::Call { callee, .. } = facts.arena.kind(write.site) else { return None };
        let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return None };
        let NodeKind::Name(name) = facts.arena.kind(object) else { return None };
        let is_row =
            matches!(place.program.value(place.file, object), Value::Instance { class, .. } if place.program.is(class, Role::Model));
        (is_row && write.via.is_some()).then_some(name)
    };
    facts.language.family() == Family::Python && row(first).is_some() && row(first) == row(second)
}

/// A mark that one row has is given to another: `primary: true` here, `primary: false` there.
fn hands_on(facts: &FileFacts, first: NodeId, second: NodeId) -> bool {
    let marks = |site: NodeId| {
        let mut found: Vec<(String, bool)> = Vec::new();
        for argument in arguments(facts, site) {
            facts.arena.walk(argument, |node| {
                if let NodeKind::Entry { key, value } = facts.arena.kind(node)
                    && let (Some(key), NodeKind::Bool(set)) = (facts.string(key), facts.arena.kind(value))
                {
                    found.push((key.to_string(), set));
                }
            });
        }
        found
    };
    let one = marks(first);
    marks(second).iter().any(|(key, set)| one.contains(&(key.clone(), !set)))
}

/// The table that is written to; behind a method of a class that is generic over models (`class Users(Crud[User, UserIn])`) the model it is
/// made for.
fn table<'a>(place: &'a Place, write: &'a Write) -> Option<&'a str> {
    if let Some(table) = write.tables.first() {
        return Some(table);
    }
    let (program, facts) = (place.program, place.facts);
    let NodeKind::Call { callee, .. } = facts.arena.kind(write.site) else { return None };
    let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return None };
    // A row of a model that is no class is of the table that it was read from: `cart.save()` after `cart = await Cart.findOne(…)`.
    if let (NodeKind::Name(name), None, Family::TypeScript) = (facts.arena.kind(object), write.via, facts.language.family()) {
        let owner = place.nesting.owner(write.site);
        let summary = place.summaries.of(GlobalDef { file: place.file, def: owner })?;
        return assigned(facts, owner, name).into_iter().find_map(|value| {
            let NodeKind::Await(call) = facts.arena.kind(value) else { return None };
            summary.queries.iter().find(|query| query.site == call)?.table.as_deref()
        });
    }
    let class = match program.value(place.file, object) {
        Value::Instance { class, .. } if write.via.is_some() => class,
        _ => return None,
    };
    let own = program.file(class.file);
    let model = program.def(class).bases.iter().find_map(|&base| {
        let NodeKind::Apply { args, .. } = own.arena.kind(base) else { return None };
        own.arena.list(args).find_map(|argument| match program.value(class.file, argument) {
            Value::Def(model) | Value::Instance { class: model, .. } if program.is(model, Role::Model) => Some(model),
            _ => None,
        })
    })?;
    Some(program.name(model))
}

/// The relation of a row that is written to, which has a table of its own: `tags` of `article.tags.add(tag)`.
fn relation_written(facts: &FileFacts, call: NodeId) -> Option<&str> {
    let is_of_relation = called_name(facts, call).is_some_and(|name| api_names().orm.relation_writes.has(name));
    if !is_of_relation || facts.language.family() != Family::Python {
        return None;
    }
    let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return None };
    let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return None };
    match facts.arena.kind(object) {
        NodeKind::Member { object: row, name, .. } if !matches!(facts.arena.kind(row), NodeKind::Receiver) => Some(facts.text(name)),
        _ => None,
    }
}

/// `userModel`, `User` and `users` are one table.
pub(super) fn stem(table: &str) -> String {
    let lower = table.to_ascii_lowercase().replace('_', "");
    let lower = lower.strip_suffix("model").or_else(|| lower.strip_suffix("entity")).unwrap_or(&lower);
    lower.strip_suffix('s').unwrap_or(lower).to_string()
}
