//! Rust's side of `weak-password-hash`: the password of a request that a statement stores as it came. That the project hashes passwords
//! elsewhere is the evidence that this place forgot it; without that it is a note.

use super::Context;
use super::requests::{has_fact, named};
use super::scope::in_scope;
use super::sensitive::is_password;
use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts, Name};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{arguments, called_name, chain, chain_root, last_name, spell};
use crate::model::program::{Program, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::vocabulary;

/// Passwords that are stored as they came.
pub(super) fn stored_as_they_came(context: &Context) -> Vec<Finding> {
    let mut places = context.in_files("weak-password-hash: stored plain", (), stored);
    places.retain(|&(function, _, value)| !is_handed_hashes(context.program, function, value, 0));
    let hashes = !places.is_empty() && context.in_files("weak-password-hash: hashes", (), hashing).into_iter().any(|hashes| hashes);
    let findings = places.into_iter().map(|(function, node, value)| finding(context.program, function, node, value));
    // Where nothing hashes, the database or the form may.
    let unsure = |finding: Finding| Finding {
        level: Level::Note,
        message: finding.message.replace(
            "other places of the project hash passwords, this one does not",
            "nothing in the project hashes passwords; fine where the database does it, or it comes hashed",
        ),
        ..finding
    };
    findings.map(|finding| if hashes { finding } else { unsure(finding) }).collect()
}

/// The file calls a password hash.
fn hashing(context: &Context, (): &(), file: FileId) -> Vec<bool> {
    let facts = context.program.file(file);
    let hashes = facts.language.family() == Family::Rust && facts.arena.ids().any(|node| hashes_well(context.program, file, node));
    if hashes { vec![true] } else { Vec::new() }
}

/// A call of a hash that is made for passwords.
pub(super) fn hashes_well(program: &Program, file: FileId, node: NodeId) -> bool {
    matches!(program.file(file).arena.kind(node), NodeKind::Call { .. })
        && has_fact(program, file, node, |fact| *fact == ApiFact::PasswordHash)
}

fn stored(context: &Context, (): &(), file: FileId) -> Vec<(GlobalDef, NodeId, NodeId)> {
    let program = context.program;
    let facts = program.file(file);
    let mut found = Vec::new();
    if facts.language.family() != Family::Rust || !facts.names.may_hold("password") {
        return found;
    }
    for node in facts.arena.ids() {
        let function = || GlobalDef { file, def: program.nesting(file).owner(node) };
        match facts.arena.kind(node) {
            // `user.password = Set(password)`, `ActiveModel { password: Set(form.password), … }`
            NodeKind::Assign { target, value, .. } if last_name(facts, target).is_some_and(|name| is_password(facts.text(name))) => {
                found.extend(set(facts, value).map(|given| (function(), node, given)));
            }
            // `UpdateUser { password: form.password, … }` of a type that Diesel writes rows from
            NodeKind::Call { callee, form: CallForm::New, .. } => {
                let is_row = writes_rows(program, file, callee);
                for entry in arguments(facts, node) {
                    if let NodeKind::Argument { name, value } = facts.arena.kind(entry)
                        && is_password(facts.text(name))
                    {
                        let given = set(facts, value).or(is_row.then_some(value));
                        found.extend(given.map(|given| (function(), entry, given)));
                    }
                }
            }
            _ => {}
        }
    }
    found.retain(|&(function, _, given)| in_scope(program, function) && is_of_request(program, function, given, 0));
    found
}

/// The value of `Set(value)`.
fn set(facts: &FileFacts, value: NodeId) -> Option<NodeId> {
    let is_set = matches!(facts.arena.kind(value), NodeKind::Call { .. }) && called_name(facts, value) == Some("Set");
    is_set.then(|| arguments(facts, value).next()).flatten()
}

fn writes_rows(program: &Program, file: FileId, callee: NodeId) -> bool {
    let Value::Def(class) = program.value(file, callee) else { return false };
    let facts = program.file(class.file);
    facts.def(class.def).decorators.iter().any(|&decorator| {
        called_name(facts, decorator) == Some("derive")
            && arguments(facts, decorator)
                .any(|name| last_name(facts, name).is_some_and(|name| matches!(facts.text(name), "Insertable" | "AsChangeset")))
    })
}

/// `form.password`, `request.user.password.clone()`, or a local that is given nothing else.
fn is_of_request(program: &Program, function: GlobalDef, value: NodeId, depth: u8) -> bool {
    let facts = program.file(function.file);
    if depth > 2 || changes(facts, value) {
        return false;
    }
    let read = chain(facts, value)
        .find(|&link| matches!(facts.arena.kind(link), NodeKind::Member { path: false, .. }) && !is_callee(facts, value, link));
    match read.map(|read| facts.arena.kind(read)) {
        Some(NodeKind::Member { object, name, .. }) => is_password(facts.text(name)) && is_input(program, function.file, object),
        _ => match facts.arena.kind(chain_root(facts, value)) {
            NodeKind::Name(name) if is_password(facts.text(name)) => {
                let given = given_to(facts, function, name);
                !given.is_empty() && given.into_iter().all(|given| is_of_request(program, function, given, depth + 1))
            }
            _ => false,
        },
    }
}

/// `params.password`, where all that the project makes of the parameter's type is given a hash, or none: `Params { password: Some(password_hash), … }`.
fn is_handed_hashes(program: &Program, function: GlobalDef, value: NodeId, depth: u8) -> bool {
    let facts = program.file(function.file);
    let read = chain(facts, value)
        .find(|&link| matches!(facts.arena.kind(link), NodeKind::Member { path: false, .. }) && !is_callee(facts, value, link));
    let Some(NodeKind::Member { object, name: field, .. }) = read.map(|read| facts.arena.kind(read)) else {
        let NodeKind::Name(name) = facts.arena.kind(chain_root(facts, value)) else { return false };
        let given = given_to(facts, function, name);
        return depth < 2 && !given.is_empty() && given.into_iter().all(|given| is_handed_hashes(program, function, given, depth + 1));
    };
    let Value::Instance { class, .. } = program.value(function.file, object) else { return false };
    let (class, field) = (program.name(class), facts.text(field));
    let (mut hashed, mut other) = (false, false);
    for facts in program.facts.iter().filter(|facts| facts.language.family() == Family::Rust && facts.names.may_hold(class)) {
        for node in facts.arena.ids() {
            let NodeKind::Call { callee, form: CallForm::New, .. } = facts.arena.kind(node) else { continue };
            if last_name(facts, callee).is_none_or(|name| facts.text(name) != class) {
                continue;
            }
            let given = arguments(facts, node).find_map(|entry| match facts.arena.kind(entry) {
                NodeKind::Argument { name, value } if facts.text(name) == field => Some(value),
                _ => None,
            });
            let Some(given) = given else { continue };
            let (mut is_hash, mut is_named) = (false, false);
            facts.arena.walk(given, |inner| {
                if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(inner) {
                    let words = crate::model::words::words(facts.text(name));
                    is_hash |= words.iter().any(|word| vocabulary().logs.hashed.has(word));
                    is_named |= !matches!(facts.text(name), "Some" | "None");
                }
            });
            hashed |= is_hash;
            other |= is_named && !is_hash;
        }
    }
    hashed && !other
}

/// The link is only what a call of the chain is called by: `clone` of `x.clone()`.
fn is_callee(facts: &FileFacts, value: NodeId, link: NodeId) -> bool {
    chain(facts, value).any(|call| matches!(facts.arena.kind(call), NodeKind::Call { callee, .. } if callee == link))
}

/// A call on the way makes something else of it.
fn changes(facts: &FileFacts, value: NodeId) -> bool {
    chain(facts, value).any(|link| match facts.arena.kind(link) {
        NodeKind::Call { .. } => !called_name(facts, link).is_some_and(|name| {
            matches!(
                name,
                "clone"
                    | "to_owned"
                    | "to_string"
                    | "into"
                    | "as_str"
                    | "as_deref"
                    | "as_ref"
                    | "trim"
                    | "unwrap"
                    | "expect"
                    | "unwrap_or_default"
            )
        }),
        _ => false,
    })
}

/// Named like what a request brings, or of a type named so; not a row.
fn is_input(program: &Program, file: FileId, object: NodeId) -> bool {
    let facts = program.file(file);
    let speaks = |name: &str| crate::model::words::words(name).iter().any(|word| vocabulary().hashes.inputs.has(word));
    let class = match program.value(file, chain_root(facts, object)) {
        Value::Instance { class, .. } | Value::Def(class) => Some(class),
        _ => None,
    };
    if class.is_some_and(|class| program.role(class).is_some_and(|evidence| evidence.role == Role::Model)) {
        return false;
    }
    matches!(facts.arena.kind(chain_root(facts, object)), NodeKind::Name(name) if speaks(facts.text(name)))
        || class.is_some_and(|class| speaks(program.name(class)))
}

/// What a name is given in its function, patterns like `Some(name)` among it.
fn given_to(facts: &FileFacts, function: GlobalDef, name: Name) -> Vec<NodeId> {
    let mut values = Vec::new();
    let mut at = function.def;
    for _ in 0..8 {
        let def = facts.def(at);
        if let Some(body) = def.body {
            facts.arena.walk(body, |node| {
                let (target, value) = match facts.arena.kind(node) {
                    NodeKind::Declare { target, value: Some(value), .. } | NodeKind::Assign { target, value, .. } => (target, value),
                    _ => return,
                };
                let bound = match facts.arena.kind(target) {
                    NodeKind::Call { form: CallForm::Pattern, .. } => arguments(facts, target).next(),
                    _ => Some(target),
                };
                if bound.is_some_and(|bound| facts.arena.kind(bound) == NodeKind::Name(name)) {
                    values.push(value);
                }
            });
        }
        if !values.is_empty() || !matches!(def.kind, DefKind::Function | DefKind::Method) {
            break;
        }
        at = def.parent;
    }
    values
}

fn finding(program: &Program, function: GlobalDef, node: NodeId, value: NodeId) -> Finding {
    let facts = program.file(function.file);
    let name = spell(facts, value);
    Finding {
        rule: "weak-password-hash".into(),
        level: Level::Warning,
        message: format!("`{name}` is stored as it came: other places of the project hash passwords, this one does not"),
        primary: Label { location: program.location(function.file, facts.arena.span(node)), text: "kept unhashed".to_string() },
        related: Vec::new(),
        flow: Vec::new(),
        help: Some("hash it with the function that the project has for that, before it is stored".to_string()),
        subject: format!("{} {name}", program.qualified_name(named(program, function))),
        fingerprint: String::new(),
        confidence: Confidence::Medium,
        redact: Vec::new(),
    }
}
