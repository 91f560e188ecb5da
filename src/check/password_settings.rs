//! Settings by which a library hashes passwords: lists of schemes and hashers, methods named in a text. Part of `weak-password-hash`.

use super::scope::in_scope;
use super::sensitive::parts;
use super::spelling::{call_span, spelled_callee};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::ArgumentRef;
use crate::model::nesting::arguments;
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId, Span};
use crate::rulebook::vocabulary::api_names;

/// An argument of a call: by position, by name, or an entry of an object literal (`2.iterations`).
pub(super) fn argument(facts: &FileFacts, call: NodeId, wanted: &ArgumentRef) -> Option<NodeId> {
    match wanted {
        ArgumentRef::Position(at) => {
            let node = arguments(facts, call).nth(*at as usize)?;
            (!matches!(facts.arena.kind(node), NodeKind::Argument { .. } | NodeKind::Spread { .. })).then_some(node)
        }
        ArgumentRef::Name(name) => match name.split_once('.') {
            Some((at, key)) => {
                let object = arguments(facts, call).nth(at.parse().ok()?)?;
                entry(facts, object, key)
            }
            None => arguments(facts, call).find_map(|node| match facts.arena.kind(node) {
                NodeKind::Argument { name: own, value } if facts.text(own) == name => Some(value),
                _ => None,
            }),
        },
    }
}

/// The value of an object literal's key.
pub(super) fn entry(facts: &FileFacts, object: NodeId, key: &str) -> Option<NodeId> {
    let NodeKind::Collection { items, .. } = facts.arena.kind(object) else { return None };
    facts.arena.list(items).find_map(|item| match facts.arena.kind(item) {
        NodeKind::Entry { key: own, value } if facts.string(own) == Some(key) => Some(value),
        _ => None,
    })
}

/// Finds settings that choose a hash which does not protect passwords.
pub(super) fn in_file(program: &Program, file: FileId) -> Vec<Finding> {
    let facts = program.file(file);
    let mut findings = Vec::new();
    if facts.language.family() != Family::Python || !in_scope(program, GlobalDef { file, def: DefId::MODULE }) {
        return findings;
    }
    if facts.names.may_hold("PASSWORD_HASHERS") && !is_test_settings(program.path(file)) {
        findings.extend(first_hasher(program, file));
    }
    if facts.names.may_hold("CryptContext") || facts.names.may_hold("generate_password_hash") {
        for node in facts.arena.ids() {
            findings.extend(scheme(program, file, node));
        }
    }
    findings
}

fn is_test_settings(path: &str) -> bool {
    path.split(['/', '.', '_']).any(|part| matches!(part, "test" | "tests" | "testing" | "ci"))
}

/// `PASSWORD_HASHERS = ["…MD5PasswordHasher", …]`: the first one hashes new passwords.
fn first_hasher(program: &Program, file: FileId) -> Option<Finding> {
    let facts = program.file(file);
    let setting = facts
        .defs
        .iter()
        .find(|def| def.kind == DefKind::Variable && def.parent == DefId::MODULE && facts.text(def.name) == "PASSWORD_HASHERS")?;
    let NodeKind::Collection { items, .. } = facts.arena.kind(setting.value?) else { return None };
    // Chosen for tests or for development: what stands in a branch does not hold for all.
    let nesting = program.nesting(file);
    if nesting.around(setting.value?).any(|node| matches!(facts.arena.kind(node), NodeKind::If { .. })) {
        return None;
    }
    let first = facts.arena.list(items).next()?;
    let hasher = facts.string(first)?.rsplit('.').next()?;
    let is_weak = api_names().hashing.weak_hashers.has(hasher);
    is_weak.then(|| {
        finding(
            program,
            file,
            facts.arena.span(first),
            format!("new passwords are hashed with `{hasher}`, the first of `PASSWORD_HASHERS`, which is made to be fast"),
        )
    })
}

fn scheme(program: &Program, file: FileId, node: NodeId) -> Option<Finding> {
    let facts = program.file(file);
    if !matches!(facts.arena.kind(node), NodeKind::Call { .. }) {
        return None;
    }
    let api = program.called_api(file, node)?;
    match api.path.as_str() {
        "passlib.context.CryptContext" => {
            let schemes =
                argument(facts, node, &ArgumentRef::Name("schemes".into())).or_else(|| argument(facts, node, &ArgumentRef::Position(0)))?;
            let NodeKind::Collection { items, .. } = facts.arena.kind(schemes) else { return None };
            let first = facts.arena.list(items).next()?;
            let default = argument(facts, node, &ArgumentRef::Name("default".into())).unwrap_or(first);
            let name = facts.string(default)?;
            let words = parts(name);
            let is_weak = words.iter().any(|word| api_names().schemes.weak.has(word))
                || name.starts_with("md5")
                || name.starts_with("sha1")
                || name == "ldap_md5";
            is_weak.then(|| {
                finding(
                    program,
                    file,
                    facts.arena.span(default),
                    format!("new passwords are hashed with the scheme `{name}`, which does not protect them"),
                )
            })
        }
        "werkzeug.security.generate_password_hash" => {
            let method =
                argument(facts, node, &ArgumentRef::Name("method".into())).or_else(|| argument(facts, node, &ArgumentRef::Position(1)))?;
            let name = facts.string(method)?;
            let is_weak = api_names().hashing.weak_schemes.has(name);
            is_weak.then(|| {
                let spelled = spelled_callee(facts, node);
                finding(program, file, call_span(facts, node), format!("`{spelled}` hashes with `{name}`, which is made to be fast"))
            })
        }
        _ => None,
    }
}

fn finding(program: &Program, file: FileId, span: Span, message: String) -> Finding {
    Finding {
        rule: "weak-password-hash".into(),
        level: Level::Error,
        primary: Label { location: program.location(file, span), text: "a broken scheme".to_string() },
        related: Vec::new(),
        flow: Vec::new(),
        help: Some("use Argon2id, scrypt or bcrypt, which are slow and salted by design; keep the old scheme last, so that old hashes can be renewed at the next login".to_string()),
        subject: format!("{} {message}", program.modules[file.index()]),
        message,
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}
