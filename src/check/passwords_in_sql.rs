//! Python's and TypeScript's side of `weak-password-hash` in statements that are written by hand: the password that somebody typed in is compared
//! with what the table holds (`WHERE password = ?`), or is stored there, and nothing on its way has hashed it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::Context;
use super::plain_passwords::hashes_well;
use super::requests::{has_fact, named};
use super::scope::in_scope;
use super::sensitive::{assigned, carriers, is_password};
use super::spelling::call_span;
use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::facts::FileFacts;
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{arguments, called_name, spell};
use crate::model::program::{CallEdge, CallKind, Program, Resolution};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::model::words::words;
use crate::rulebook::vocabulary::vocabulary;

/// Callers that are asked for a hash, and theirs.
const MAX_CALLERS: u8 = 3;

/// What stands for a value in a text that is put together.
const HOLE: char = '\u{0}';

static COMPARED: LazyLock<Regex> = LazyLock::new(|| {
    statement(
        r#"^\s*select\b.*\bwhere\b.*?\b(?:password|passwd|pwd|user_?password)["`\]]?\s*=\s*(?:'?(?P<hole>\x00)'?|\?|%s|%\(\w+\)s|\$\d+|:\w+)"#,
    )
});

static STORED: LazyLock<Regex> = LazyLock::new(|| {
    statement(
        r#"^\s*(?:insert\s+(?:or\s+\w+\s+)?into\s+["`\w.]+\s*\([^)]*\b(?:password|passwd|pwd|user_?password)["`]?\s*[,)].*\bvalues\b|update\s+["`\w.]+\s+set\s.*?\b(?:password|passwd|pwd|user_?password)["`]?\s*=\s*(?:'?\x00'?|\?|%s|%\(\w+\)s|\$\d+|:\w+))"#,
    )
});

fn statement(pattern: &str) -> Regex {
    Regex::new(&format!("(?is){pattern}")).expect("the pattern is valid")
}

/// Passwords that a statement compares or stores as they came.
pub(super) fn in_statements(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let mut places = context.in_files("weak-password-hash: statements", (), in_file);
    places.retain(|place| !is_hashed_by_callers(program, place.function));
    places.into_iter().map(|place| finding(program, &place)).collect()
}

/// A statement that is given a password.
#[derive(Clone)]
struct Place {
    function: GlobalDef,
    call: NodeId,
    password: NodeId,
    is_compared: bool,
}

fn in_file(context: &Context, (): &(), file: FileId) -> Vec<Place> {
    let program = context.program;
    let facts = program.file(file);
    let mut places = Vec::new();
    let is_spoken_of = ["password", "passwd", "pwd"].iter().any(|name| facts.names.may_hold(name));
    if !is_spoken_of || !matches!(facts.language.family(), Family::Python | Family::TypeScript) {
        return places;
    }
    if facts.arena.ids().any(|node| hashes_well(program, file, node)) {
        return places;
    }
    for function in program.functions_of(file).filter(|&function| in_scope(program, function)) {
        let Some(body) = facts.def(function.def).body else { continue };
        if hashes(program, function) {
            continue;
        }
        facts.arena.walk(body, |call| places.extend(place(facts, function, call)));
    }
    places
}

fn place(facts: &FileFacts, function: GlobalDef, call: NodeId) -> Option<Place> {
    let NodeKind::Call { form: CallForm::Plain, .. } = facts.arena.kind(call) else { return None };
    let name = called_name(facts, call)?;
    if matches!(name, "print" | "log" | "debug" | "info" | "warn" | "warning" | "error" | "format" | "text") {
        return None;
    }
    let mut given = arguments(facts, call);
    let (text, holes) = written(facts, function, given.next()?, 0)?;
    // Both statements name the column, and few texts do.
    let lower = text.to_ascii_lowercase();
    if !lower.contains("passw") && !lower.contains("pwd") {
        return None;
    }
    let is_compared = COMPARED.is_match(&text);
    if !is_compared && !STORED.is_match(&text) {
        return None;
    }
    // The value that stands after the column; of a statement with parameters the one that is called so.
    let hole = COMPARED.captures(&text).and_then(|found| found.name("hole"));
    let values: Vec<NodeId> = match hole {
        Some(hole) => {
            let at = text[..hole.start()].matches(HOLE).count();
            holes.get(at).copied().into_iter().collect()
        }
        None => holes.into_iter().chain(given).collect(),
    };
    let mut password = None;
    for value in values {
        carriers(facts, value, &mut |carrier, name| {
            if is_password(name) && password.is_none() {
                password = Some(carrier);
            }
        });
    }
    password.map(|password| Place { function, call, password, is_compared })
}

/// The text of a statement, with the values that are put into it.
fn written(facts: &FileFacts, function: GlobalDef, node: NodeId, depth: u8) -> Option<(String, Vec<NodeId>)> {
    match facts.arena.kind(node) {
        NodeKind::Str(text) => Some((facts.text(text).to_string(), Vec::new())),
        NodeKind::Text { parts, .. } => {
            let (mut text, mut holes) = (String::new(), Vec::new());
            for part in facts.arena.list(parts) {
                match facts.arena.kind(part) {
                    NodeKind::Str(piece) => text.push_str(facts.text(piece)),
                    _ => {
                        text.push(HOLE);
                        holes.push(part);
                    }
                }
            }
            Some((text, holes))
        }
        NodeKind::Argument { value, .. } if depth < 3 => written(facts, function, value, depth + 1),
        NodeKind::Call { .. } if depth < 3 && called_name(facts, node) == Some("text") => {
            written(facts, function, arguments(facts, node).next()?, depth + 1)
        }
        NodeKind::Name(name) if depth < 3 => match assigned(facts, function.def, name).as_slice() {
            [value] => written(facts, function, *value, depth + 1),
            _ => None,
        },
        _ => None,
    }
}

/// The function hashes or encrypts something.
fn hashes(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    let Some(body) = facts.def(function.def).body else { return false };
    let mut found = false;
    facts.arena.walk(body, |node| {
        if let NodeKind::Call { .. } = facts.arena.kind(node) {
            found |= called_name(facts, node).is_some_and(|name| words(name).iter().any(|word| vocabulary().hashes.hashing.has(word)))
                || has_fact(program, function.file, node, |fact| {
                    matches!(fact, ApiFact::FastHash | ApiFact::PasswordHash | ApiFact::WeakPasswordHash)
                });
        }
    });
    found
}

/// One of those who call it, or who call them, hashes: what arrives here may be the hash.
fn is_hashed_by_callers(program: &Program, function: GlobalDef) -> bool {
    let mut seen = BTreeSet::from([function]);
    let mut last = vec![function];
    for _ in 0..MAX_CALLERS {
        let callers = program
            .calls
            .iter()
            .filter(|edge| edge.kind == CallKind::Call && edge.resolution != Resolution::NameOnly && last.contains(&edge.callee));
        let callers: Vec<&CallEdge> = callers.filter(|edge| !seen.contains(&edge.caller)).collect();
        if callers.iter().any(|edge| hashes(program, edge.caller) && !hands_on(program, edge)) {
            return true;
        }
        let callers: BTreeSet<GlobalDef> = callers.into_iter().map(|edge| edge.caller).collect();
        seen.extend(&callers);
        last = callers.into_iter().collect();
    }
    false
}

/// The call is given a password that its function was given itself, whatever is hashed beside it.
fn hands_on(program: &Program, edge: &CallEdge) -> bool {
    let facts = program.file(edge.caller.file);
    let mut found = false;
    for argument in arguments(facts, edge.site) {
        carriers(facts, argument, &mut |carrier, name| {
            found |= is_password(name)
                && match facts.arena.kind(carrier) {
                    NodeKind::Name(name) => assigned(facts, edge.caller.def, name).is_empty(),
                    _ => true,
                };
        });
    }
    found
}

fn finding(program: &Program, place: &Place) -> Finding {
    let facts = program.file(place.function.file);
    let name = spell(facts, place.password);
    let (level, message, label) = match place.is_compared {
        true => (
            Level::Error,
            format!("`{name}` is compared with the table as it was typed in: passwords are kept as plain text"),
            "a password in a query",
        ),
        false => (Level::Warning, format!("`{name}` is stored as it was typed in: nothing on its way here hashes it"), "kept unhashed"),
    };
    Finding {
        rule: "weak-password-hash".into(),
        level,
        message,
        primary: Label { location: program.location(place.function.file, call_span(facts, place.call)), text: label.to_string() },
        related: Vec::new(),
        flow: Vec::new(),
        help: Some(
            "store a hash made by Argon2id, scrypt or bcrypt, read it by the account's name, and compare with the library's own `verify`"
                .to_string(),
        ),
        subject: format!("{} {name}", program.qualified_name(named(program, place.function))),
        fingerprint: String::new(),
        confidence: Confidence::Medium,
        redact: Vec::new(),
    }
}
