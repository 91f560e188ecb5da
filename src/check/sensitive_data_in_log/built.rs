//! Texts and objects that a secret was put into, and codes that let in whoever knows them.

use super::findings::Logged;
use crate::check::sensitive::{Secret, assigned, parts, secret};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::FileFacts;
use crate::model::finding::{Confidence, Level};
use crate::model::nesting::{arguments, called_name, spell};
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::{Words, api_names, vocabulary};

/// A text that a secret was put into: `const body = JSON.stringify({ client_secret: settings.secret })`.
pub(super) fn built(program: &Program, function: GlobalDef, node: NodeId) -> Option<Logged> {
    let facts = program.file(function.file);
    let NodeKind::Name(name) = facts.arena.kind(node) else { return None };
    let [value] = assigned(facts, function.def, name)[..] else { return None };
    if let Some(kind) = written(facts, value).or_else(|| told_by_object(program, function.file, value)) {
        let (what, name) = (format!("a text with {} in it", kind.text()), facts.text(name).to_string());
        return Some(Logged { node, what, name, confidence: Confidence::High, level: Level::Warning });
    }
    if is_link(facts, value) {
        let (what, name) = (format!("a link with {} in it", Secret::Token.text()), facts.text(name).to_string());
        return Some(Logged { node, what, name, confidence: Confidence::High, level: Level::Warning });
    }
    if keeps_password(facts, value) {
        let (what, name) = (format!("an object with {} in it", Secret::Password.text()), facts.text(name).to_string());
        return Some(Logged { node, what, name, confidence: Confidence::High, level: Level::Warning });
    }
    let makes = matches!(facts.arena.kind(value), NodeKind::Call { .. })
        && called_name(facts, value).is_some_and(|name| api_names().texts.makers.has(name));
    if !makes {
        return None;
    }
    let mut found = None;
    facts.arena.walk_while(value, |inner| {
        if let NodeKind::Entry { key, value } = facts.arena.kind(inner)
            && let Some(kind) = facts.string(key).and_then(secret)
            && matches!(facts.arena.kind(value), NodeKind::Member { .. } | NodeKind::Index { .. } | NodeKind::Name(_))
        {
            found = found.or(Some(kind));
        }
        !matches!(facts.arena.kind(inner), NodeKind::Closure(_))
    });
    let kind = found?;
    Some(Logged {
        node,
        what: format!("a text with {} in it", kind.text()),
        name: facts.text(name).to_string(),
        confidence: Confidence::High,
        level: Level::Warning,
    })
}

/// Python: a dictionary with a password as it came: `{"name": form["name"], "password": form["password"]}`.
fn keeps_password(facts: &FileFacts, object: NodeId) -> bool {
    let NodeKind::Collection { items, .. } = facts.arena.kind(object) else { return false };
    facts.language.family() == Family::Python
        && facts.arena.list(items).any(|item| match facts.arena.kind(item) {
            NodeKind::Entry { key, value } => {
                let plain = match facts.arena.kind(value) {
                    NodeKind::Index { .. } => true,
                    NodeKind::Name(name) | NodeKind::Member { name, .. } => secret(facts.text(name)) == Some(Secret::Password),
                    NodeKind::Call { .. } => called_name(facts, value) == Some("get") && arguments(facts, value).len() <= 2,
                    _ => false,
                };
                plain && facts.string(key).and_then(secret) == Some(Secret::Password)
            }
            _ => false,
        })
}

/// The password or key that a text is put together with: `f"postgresql://{user}:{password}@{host}"`, `format!("{:06}", otp)`.
fn written(facts: &FileFacts, text: NodeId) -> Option<Secret> {
    let text = match facts.language.family() {
        Family::Python | Family::Rust => text,
        Family::TypeScript => return None,
    };
    let NodeKind::Text { parts: pieces, .. } = facts.arena.kind(text) else { return None };
    facts.arena.list(pieces).find_map(|piece| match facts.arena.kind(piece) {
        NodeKind::Name(name) | NodeKind::Member { name, .. } => {
            let kind = secret(facts.text(name))?;
            let is_code = facts.language.family() == Family::Rust && parts(facts.text(name)).iter().any(|word| word == "otp");
            (is_code || matches!(kind, Secret::Password | Secret::Key)).then_some(kind)
        }
        _ => None,
    })
}

/// Python: an address that lets in whoever opens it: `f"{site}/reset?token={token}"`.
fn is_link(facts: &FileFacts, text: NodeId) -> bool {
    let NodeKind::Text { parts, .. } = facts.arena.kind(text) else { return false };
    if facts.language.family() != Family::Python {
        return false;
    }
    let mut before = "";
    facts.arena.list(parts).any(|part| {
        let said = std::mem::replace(&mut before, facts.string(part).unwrap_or_default());
        said.ends_with("token=")
            && matches!(facts.arena.kind(part), NodeKind::Name(name) | NodeKind::Member { name, .. } if secret(facts.text(name)) == Some(Secret::Token))
    })
}

/// The same, where an object writes itself: `dsn = str(self)`, and its `__str__` gives the password away.
fn told_by_object(program: &Program, file: FileId, call: NodeId) -> Option<Secret> {
    let facts = program.file(file);
    if !matches!(called_name(facts, call), Some("str" | "repr")) || facts.language.family() != Family::Python {
        return None;
    }
    let object = arguments(facts, call).next()?;
    let class = match (facts.arena.kind(object), program.value(file, object)) {
        (_, Value::Instance { class, .. }) => class,
        (NodeKind::Receiver, _) => GlobalDef { file, def: facts.def(program.nesting(file).owner(call)).parent },
        _ => return None,
    };
    let own = program.file(class.file);
    let method = own.definitions().find(|(_, def)| def.parent == class.def && matches!(own.text(def.name), "__str__" | "__repr__"))?;
    let mut found = None;
    own.arena.walk(method.1.body?, |node| {
        if let NodeKind::Return(Some(value)) = own.arena.kind(node) {
            found = found.or_else(|| written(own, value));
        }
    });
    found
}

/// A code that lets in whoever knows it, where it is made or sent: `send_code(phone, code)`.
pub(super) fn one_time_code(facts: &FileFacts, function: GlobalDef, node: NodeId, name: &str) -> Option<Logged> {
    let own = parts(name);
    let has = |words: &[String], wanted: &Words| words.iter().any(|word| wanted.has(word));
    let around = parts(facts.text(facts.def(function.def).name));
    let is_code = own.last().is_some_and(|word| word == "code")
        && (own.len() == 1 && has(&around, &vocabulary().logs.codes) && has(&around, &vocabulary().logs.code_makers)
            || has(&own, &vocabulary().logs.code_kinds) && own.len() == 2
            || own == ["reset", "code"]
            || own == ["password", "reset", "code"]);
    (is_code && facts.language.family() != Family::TypeScript).then(|| Logged {
        node,
        what: "a one-time code".to_string(),
        name: spell(facts, node),
        confidence: Confidence::Medium,
        level: Level::Warning,
    })
}
