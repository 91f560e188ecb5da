//! TypeScript's side of `weak-password-hash`: the password of a request that is written into a row as it came, in a project that hashes
//! passwords by hand elsewhere. Where a hook of the model hashes, every write may leave it to that.

use super::Context;
use super::password_findings::finding;
use super::plain_passwords::hashes_well;
use super::relations::field_of;
use super::requests::has_fact;
use super::scope::in_scope;
use super::sensitive::{assigned, is_password};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts};
use crate::model::finding::{Finding, Level};
use crate::model::knowledge::{Access, ApiFact};
use crate::model::nesting::{arguments, called_name, chain, chain_root, last_name, spell, walk_deep};
use crate::model::program::{Program, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::api_names;

/// Rows with the password as it came.
pub(super) fn in_rows(context: &Context) -> Vec<Finding> {
    let places = context.in_files("weak-password-hash: rows", (), written);
    if places.is_empty() {
        return Vec::new();
    }
    let hashes = context.in_files("weak-password-hash: hashed by hand", (), hashing);
    if hashes.is_empty() || hashes.contains(&false) {
        return Vec::new();
    }
    places.into_iter().map(|(function, call, value)| as_it_came(context.program, function, call, value)).collect()
}

/// The file hashes passwords, by hand or in what runs for every row (false).
fn hashing(context: &Context, (): &(), file: FileId) -> Vec<bool> {
    let program = context.program;
    let facts = program.file(file);
    if facts.language.family() != Family::TypeScript {
        return Vec::new();
    }
    let hashes: Vec<NodeId> = facts.arena.ids().filter(|&node| hashes_well(program, file, node)).collect();
    let is_hook = |&node: &NodeId| in_hook(program, GlobalDef { file, def: program.nesting(file).owner(node) }, node);
    if hashes.is_empty() { Vec::new() } else { vec![!hashes.iter().any(is_hook)] }
}

fn in_hook(program: &Program, function: GlobalDef, node: NodeId) -> bool {
    let facts = program.file(function.file);
    let is_hook = |name: &str| api_names().hashing.row_hooks.has(name);
    let nesting = program.nesting(function.file);
    let places = std::iter::successors(Some(node), |&node| nesting.place(nesting.owner(node))).take(8);
    let around = places.flat_map(|place| nesting.around(place)).any(|node| match facts.arena.kind(node) {
        NodeKind::Call { .. } => called_name(facts, node).is_some_and(is_hook),
        NodeKind::Entry { key, .. } => facts.string(key).is_some_and(is_hook),
        _ => false,
    });
    let mut at = function.def;
    around
        || std::iter::from_fn(|| {
            let def = facts.def(at);
            at = def.parent;
            (def.kind != DefKind::Module).then_some(def)
        })
        .take(8)
        .any(|def| {
            is_hook(facts.text(def.name))
                || def.decorators.iter().any(|&decorator| last_name(facts, decorator).is_some_and(|name| is_hook(facts.text(name))))
        })
        || program.is(GlobalDef { file: function.file, def: facts.def(function.def).parent }, Role::Model)
}

fn written(context: &Context, (): &(), file: FileId) -> Vec<(GlobalDef, NodeId, NodeId)> {
    let program = context.program;
    let facts = program.file(file);
    let mut found = Vec::new();
    if facts.language.family() != Family::TypeScript || !api_names().hashing.row_writes.any(|name| facts.names.may_hold(name)) {
        return found;
    }
    for call in facts.arena.ids() {
        if !matches!(facts.arena.kind(call), NodeKind::Call { .. })
            || !called_name(facts, call).is_some_and(|name| api_names().hashing.row_writes.has(name))
        {
            continue;
        }
        if !has_fact(program, file, call, |fact| matches!(fact, ApiFact::Query(query) if query.access == Access::Write)) {
            continue;
        }
        let function = GlobalDef { file, def: program.nesting(file).owner(call) };
        let value = arguments(facts, call).find_map(|given| {
            // `const user = users.create(dto); users.save(user)`
            let made = match facts.arena.kind(given) {
                NodeKind::Name(name) => assigned(facts, program.nesting(file).owner(call), name).into_iter().next(),
                _ => None,
            };
            let made = made.filter(|&made| called_name(facts, made) == Some("create"));
            let rows = made.into_iter().flat_map(|made| arguments(facts, made));
            password_in(program, file, given, 0).or_else(|| rows.into_iter().find_map(|row| password_in(program, file, row, 0)))
        });
        if let Some(value) = value
            && in_scope(program, function)
            && !prepares(program, function)
            && !is_prepared_by_callers(context, function)
        {
            found.push((function, call, value));
        }
    }
    found
}

/// The input with the password in what is written: `{ ...dto }`, `{ data: { password: dto.password } }`, `dto`.
fn password_in(program: &Program, file: FileId, given: NodeId, depth: u8) -> Option<NodeId> {
    let facts = program.file(file);
    match facts.arena.kind(given) {
        NodeKind::Collection { items, .. } if depth < 3 => {
            let items: Vec<NodeId> = facts.arena.list(items).collect();
            let own = items
                .iter()
                .any(|&item| matches!(facts.arena.kind(item), NodeKind::Entry { key, .. } if facts.string(key).is_some_and(is_password)));
            items.into_iter().find_map(|item| match facts.arena.kind(item) {
                NodeKind::Entry { key, value } if facts.string(key).is_some_and(is_password) => {
                    is_read_of_input(facts, value).then_some(value)
                }
                NodeKind::Entry { key, .. } if facts.string(key).is_some_and(|key| matches!(key, "where" | "select" | "include")) => None,
                NodeKind::Entry { value, .. } => password_in(program, file, value, depth + 1),
                NodeKind::Spread { value, .. } if !own => holds_password(program, file, value).then_some(value),
                _ => None,
            })
        }
        NodeKind::Name(_) => holds_password(program, file, given).then_some(given),
        _ => None,
    }
}

/// `dto.password`, `req.body.password`
fn is_read_of_input(facts: &FileFacts, value: NodeId) -> bool {
    let is_call = chain(facts, value).any(|link| matches!(facts.arena.kind(link), NodeKind::Call { .. }));
    matches!(facts.arena.kind(value), NodeKind::Member { name, .. } if is_password(facts.text(name)))
        && !is_call
        && chain(facts, value).any(|link| last_name(facts, link).is_some_and(|name| speaks_of_input(facts.text(name))))
}

/// A parameter of a class of input with a field for the password.
fn holds_password(program: &Program, file: FileId, value: NodeId) -> bool {
    let facts = program.file(file);
    let Value::Instance { class, .. } = program.value(file, value) else { return false };
    matches!(facts.arena.kind(chain_root(facts, value)), NodeKind::Name(_))
        && !program.is(class, Role::Model)
        && speaks_of_input(program.name(class))
        && field_of(program, class, "password").is_some()
}

/// Named like what a request brings; not a row.
fn speaks_of_input(name: &str) -> bool {
    const INPUTS: &[&str] = &["request", "req", "form", "body", "payload", "input", "dto"];
    crate::model::words::words(name).iter().any(|word| INPUTS.contains(&word.as_str()))
}

/// The function hashes, or changes the password: `dto.password = await hash(dto.password)`.
fn prepares(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    let outer = program.outermost(function);
    let Some(body) = facts.def(outer.def).body else { return true };
    let mut found = false;
    walk_deep(facts, body, |node| {
        found |= match facts.arena.kind(node) {
            NodeKind::Call { .. } => {
                hashes_well(program, function.file, node)
                    || called_name(facts, node).is_some_and(|name| {
                        let name = name.to_ascii_lowercase();
                        name.contains("hash") || name.contains("crypt") || name.contains("password")
                    })
            }
            NodeKind::Assign { target, .. } => last_name(facts, target).is_some_and(|name| is_password(facts.text(name))),
            _ => false,
        };
        !found
    });
    found
}

/// A caller has hashed what it hands on.
fn is_prepared_by_callers(context: &Context, function: GlobalDef) -> bool {
    let program = context.program;
    let outer = program.outermost(function);
    context.callers().of_function(outer).iter().any(|edge| prepares(program, edge.caller))
}

fn as_it_came(program: &Program, function: GlobalDef, call: NodeId, value: NodeId) -> Finding {
    let facts = program.file(function.file);
    let name = spell(facts, value);
    let message = format!(
        "the password in `{name}` is stored as it came: other places of the project hash passwords, and nothing on the way here does"
    );
    let mut one = finding(program, function, call, Level::Note, message, "kept unhashed");
    one.help = Some("hash it with the function that the project has for that, before it is stored".to_string());
    one
}
