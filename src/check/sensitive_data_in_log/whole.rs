//! Whole bodies, headers and environments, and what they were kept in.

use super::findings::{BODY, Logged};
use crate::check::loops::parameter_names;
use crate::check::sensitive::assigned;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefId, FileFacts};
use crate::model::finding::{Confidence, Level};
use crate::model::knowledge::{ApiFact, SourceKind};
use crate::model::nesting::{arguments, called_name, chain, last_name, spell, walk_deep};
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::model::words::words;
use crate::rulebook::vocabulary::vocabulary;

/// A whole body, all headers, the environment.
pub(super) fn whole(program: &Program, file: FileId, node: NodeId) -> Option<Logged> {
    let facts = program.file(file);
    let name = last_name(facts, node).map(|name| facts.text(name))?;
    if facts.language.family() == Family::Rust && is_header_map(program, file, node) {
        let what = "all headers or cookies of a request, the credentials among them".to_string();
        return Some(Logged { node, what, name: spell(facts, node), confidence: Confidence::Medium, level: Level::Warning });
    }
    if facts.language.family() == Family::Rust && is_raw_body(program, file, node) {
        return Some(Logged { node, what: BODY.to_string(), name: spell(facts, node), confidence: Confidence::Medium, level: Level::Note });
    }
    if !matches!(facts.arena.kind(node), NodeKind::Member { .. }) {
        return None;
    }
    let api = program.api(file, node)?;
    let request = program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Source(SourceKind::Request));
    let outside = program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Source(SourceKind::Outside));
    let what = match name {
        "body" | "json" | "get_json" | "data" | "form" | "POST" if request => BODY,
        "headers" | "META" | "cookies" | "COOKIES" if request => "all headers or cookies of a request, the credentials among them",
        "environ" | "env" if outside => "the whole environment",
        _ => return None,
    };
    // `${request.body}` says `[object Object]`.
    let is_text = program.nesting(file).parent(node).is_some_and(|parent| matches!(facts.arena.kind(parent), NodeKind::Text { .. }));
    if what == BODY && is_text && facts.language.family() == Family::TypeScript {
        return None;
    }
    let level = if what != BODY && is_signed_hook(program, file, node) { Level::Note } else { Level::Warning };
    Some(Logged { node, what: what.to_string(), name: spell(facts, node), confidence: Confidence::Medium, level })
}

/// In a handler of a webhook that looks at a signature of the body: its headers hold no credentials that would serve for anything else.
fn is_signed_hook(program: &Program, file: FileId, node: NodeId) -> bool {
    let facts = program.file(file);
    let mut at = program.nesting(file).owner(node);
    let names_hook = |def: DefId| words(facts.text(facts.def(def).name)).iter().any(|word| matches!(word.as_str(), "webhook" | "webhooks"));
    while at != DefId::MODULE && !names_hook(at) {
        at = facts.def(at).parent;
    }
    let Some(body) = facts.def(at).body.filter(|_| at != DefId::MODULE) else { return false };
    let mut looks = false;
    walk_deep(facts, body, |inner| {
        if let NodeKind::Name(name) | NodeKind::Member { name, .. } | NodeKind::Str(name) = facts.arena.kind(inner) {
            let text = facts.text(name).to_ascii_lowercase();
            looks |= text.len() < 80 && (text.contains("signature") || text.contains("hmac"));
        }
        !looks
    });
    looks
}

/// A parameter that is the map of all headers: `headers: HeaderMap`.
fn is_header_map(program: &Program, file: FileId, node: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Name(name) = facts.arena.kind(node) else { return false };
    let owner = facts.def(program.nesting(file).owner(node));
    owner.params.iter().any(|param| {
        param.name == Some(name)
            && param.annotation.is_some_and(|annotation| last_name(facts, annotation).is_some_and(|class| facts.text(class) == "HeaderMap"))
    })
}

/// Rust: a parameter with the bytes or the text of a request: `body: Bytes`, `payload: String`.
fn is_raw_body(program: &Program, file: FileId, node: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Name(name) = facts.arena.kind(node) else { return false };
    let owner = facts.def(program.nesting(file).owner(node));
    vocabulary().logs.raw_bodies.has(facts.text(name))
        && owner.params.iter().any(|param| {
            let Some(annotation) = param.annotation else { return false };
            let mut is_raw = false;
            facts.arena.walk(annotation, |inner| {
                if let NodeKind::Name(kind) | NodeKind::Member { name: kind, .. } = facts.arena.kind(inner) {
                    is_raw |= matches!(facts.text(kind), "String" | "str" | "u8" | "Bytes" | "BytesMut");
                }
            });
            is_raw && parameter_names(facts, param).contains(&name)
        })
}

/// A variable that is given a whole body, and nothing else: `data = request.json`, `const body = await req.json()`.
pub(super) fn kept(program: &Program, function: GlobalDef, node: NodeId) -> Option<Logged> {
    let facts = program.file(function.file);
    let NodeKind::Name(name) = facts.arena.kind(node) else { return None };
    let [value] = assigned(facts, function.def, name)[..] else { return None };
    let mut read = value;
    for _ in 0..4 {
        read = match facts.arena.kind(read) {
            NodeKind::Await(value) => value,
            NodeKind::Call { callee, .. } if arguments(facts, read).len() == 0 => callee,
            _ => break,
        };
    }
    let found = whole(program, function.file, read)?;
    Some(Logged { node, name: facts.text(name).to_string(), ..found })
}

/// What the header with the credentials was kept in: `let auth = headers.get("authorization");`
pub(super) fn credentials(facts: &FileFacts, function: GlobalDef, node: NodeId) -> Option<Logged> {
    let NodeKind::Name(name) = facts.arena.kind(node) else { return None };
    let [value] = assigned(facts, function.def, name)[..] else { return None };
    let of_header = chain(facts, value).any(|link| {
        called_name(facts, link) == Some("get")
            && arguments(facts, link).next().is_some_and(|key| {
                let named = || last_name(facts, key).map(|name| facts.text(name));
                facts.string(key).or_else(named).is_some_and(|key| key.eq_ignore_ascii_case("authorization"))
            })
    });
    let whole = !chain(facts, value).any(|link| matches!(called_name(facts, link), Some("is_some" | "is_none" | "len")));
    (of_header && whole).then(|| Logged {
        node,
        what: "the credentials of a request".to_string(),
        name: facts.text(name).to_string(),
        confidence: Confidence::High,
        level: Level::Warning,
    })
}
