//! Objects whose text says their fields: Rust's derived `Debug`, dataclasses, objects that a logger writes out.

use super::findings::Logged;
use crate::check::rust_error_types::type_named;
use crate::check::sensitive::{Secret, parts, secret};
use crate::check::shown_objects::{shown_field, shown_password};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, Definition, FileFacts};
use crate::model::finding::{Confidence, Level};
use crate::model::knowledge::{ApiFact, SourceKind};
use crate::model::nesting::{arguments, called_name, last_name, spell};
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::model::words::has_word;
use crate::rulebook::vocabulary::{Words, api_names, vocabulary};

/// An object whose text says its fields. Rust: a struct whose derived `Debug` writes a field that is a secret: `info!("{request:?}")`.
pub(super) fn shown(program: &Program, file: FileId, node: NodeId) -> Option<Logged> {
    let facts = program.file(file);
    if facts.language.family() == Family::Python
        && let Value::Instance { class, .. } = program.value(file, node)
    {
        let field = shown_password(program, class, 0)?;
        let what = format!("whose text holds `{field}`, {}", Secret::Password.text());
        return Some(Logged { node, what, name: spell(facts, node), confidence: Confidence::High, level: Level::Warning });
    }
    if facts.language.family() == Family::TypeScript
        && let Value::Instance { class, .. } = program.value(file, node)
    {
        // In a template an object is `[object Object]`.
        let in_text = program.nesting(file).parent(node).is_some_and(|parent| {
            matches!(facts.arena.kind(parent), NodeKind::Text { .. } | NodeKind::Binary { .. } | NodeKind::Member { .. })
        });
        let field = shown_field(program, class, 0).filter(|_| !in_text)?;
        let what = format!("an object whose `{field}` is {}", Secret::Password.text());
        return Some(Logged { node, what, name: spell(facts, node), confidence: Confidence::Medium, level: Level::Warning });
    }
    if facts.language.family() != Family::Rust {
        return None;
    }
    // What `Err(err)` holds is not what the function gives.
    let is_error = last_name(facts, node).is_some_and(|name| has_word(facts.text(name), &["e", "err", "error"]));
    if is_error {
        return None;
    }
    // `body.0` of an extractor
    if let NodeKind::Member { object, name, .. } = facts.arena.kind(node)
        && facts.text(name) == "0"
        && let Some(held) = shown(program, file, object)
    {
        return Some(Logged { node, name: spell(facts, node), ..held });
    }
    let value = match program.value(file, node) {
        // Rows are written one after the other.
        Value::Collection(of) => program.value_of(of),
        value => value,
    };
    let class = match value {
        Value::Instance { class, .. } => class,
        // `body: web::Json<Credentials>` writes what it holds.
        Value::Api { api, subject: Some(class), .. } => {
            let (path, knowledge) = (program.apis[api.0 as usize].path.trim_end_matches("()"), program.knowledge);
            let facts = knowledge.facts(path);
            let holds = |entry: u32| knowledge.entries[entry as usize].fact == ApiFact::ParameterSource(SourceKind::Request);
            facts.iter().any(|found| holds(found.entry)).then_some(class)?
        }
        _ => return None,
    };
    let (field, kind) =
        shown_secret(program, class, 0).filter(|(field, _)| !is_blotted(facts, program.nesting(file).owner(node), node, field))?;
    let is_plain_token = kind == Secret::Token && parts(&field) == ["token"];
    Some(Logged {
        node,
        what: format!("whose `Debug` writes `{field}`, {}", kind.text()),
        name: spell(facts, node),
        confidence: Confidence::Medium,
        level: if is_plain_token { Level::Note } else { Level::Warning },
    })
}

/// The field of the copy that is logged was written over: `shown.redis_password = Some("[redacted]".to_string())`.
fn is_blotted(facts: &FileFacts, function: DefId, node: NodeId, field: &str) -> bool {
    let Some(body) = facts.def(function).body else { return false };
    let mut blotted = false;
    facts.arena.walk(body, |inner| {
        let NodeKind::Assign { target, .. } = facts.arena.kind(inner) else { return };
        let NodeKind::Member { object, name, .. } = facts.arena.kind(target) else { return };
        blotted |= facts.text(name) == field && facts.arena.kind(object) == facts.arena.kind(node);
    });
    blotted
}

/// The first field that is a secret by its name and written by the derived `Debug` of a struct, or of one in it.
pub(super) fn shown_secret(program: &Program, class: GlobalDef, depth: u8) -> Option<(String, Secret)> {
    let facts = program.file(class.file);
    let def = facts.def(class.def);
    if def.kind != DefKind::Struct || depth > 2 || !derives_debug(facts, class.def) || has_own_text(facts, facts.text(def.name)) {
        return None;
    }
    let fields = || facts.definitions().filter(|(_, field)| field.kind == DefKind::Field && field.parent == class.def);
    let is_text = |field: &Definition| {
        field.annotation.is_some_and(|annotation| {
            let mut text = false;
            let mut other = false;
            facts.arena.walk(annotation, |node| {
                if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(node) {
                    match facts.text(name) {
                        "String" | "str" => text = true,
                        "Option" | "Vec" | "Cow" | "Arc" | "Box" | "Rc" => {}
                        _ => other = true,
                    }
                }
            });
            text && !other || other && is_open_newtype(program, class.file, annotation)
        })
    };
    let named = fields().find_map(|(_, field)| {
        let name = facts.text(field.name);
        let hidden = field.decorators.iter().any(|&decorator| hides_field(facts, decorator));
        let kind = secret(name).or_else(|| is_password_hash(name).then_some(Secret::Password));
        let kind = kind.filter(|kind| matches!(kind, Secret::Password | Secret::Token | Secret::Key) && !hidden && is_text(field))?;
        Some((name.to_string(), kind))
    });
    named.or_else(|| {
        fields().find_map(|(_, field)| {
            let annotation = field.annotation?;
            let inner = type_named(program, class.file, annotation)?;
            (inner != class).then(|| shown_secret(program, inner, depth + 1)).flatten()
        })
    })
}

/// `Option<Password>` of `#[derive(Debug)] struct Password(String)`: the type checks what it holds, and hides nothing.
fn is_open_newtype(program: &Program, file: FileId, annotation: NodeId) -> bool {
    let facts = program.file(file);
    let inner = match facts.arena.kind(annotation) {
        NodeKind::Apply { args, .. } => facts.arena.list(args).last().unwrap_or(annotation),
        _ => annotation,
    };
    let Some(class) = type_named(program, file, inner) else { return false };
    let own = program.file(class.file);
    let name = own.text(own.def(class.def).name);
    let writes_itself = own.definitions().any(|(_, def)| {
        let last = |base: Option<&NodeId>| base.and_then(|&base| last_name(own, base)).map(|name| own.text(name));
        def.kind == DefKind::Impl && last(def.bases.first()) == Some(name) && last(def.bases.get(1)) == Some("Debug")
    });
    let mut fields = own.definitions().filter(|(_, def)| def.kind == DefKind::Field && def.parent == class.def);
    let is_text = fields
        .next()
        .and_then(|(_, field)| field.annotation)
        .and_then(|kind| last_name(own, kind))
        .is_some_and(|kind| own.text(kind) == "String");
    is_text && fields.next().is_none() && derives_debug(own, class.def) && !writes_itself
}

/// `password_hash`, `hashed_password`: whoever reads it may try passwords at leisure.
fn is_password_hash(name: &str) -> bool {
    let words = parts(name);
    let is = |wanted: &Words| words.iter().any(|word| wanted.has(word));
    words.len() == 2 && is(&vocabulary().logs.passwords) && is(&vocabulary().logs.hashed)
}

fn derives_debug(facts: &FileFacts, class: DefId) -> bool {
    facts.def(class).decorators.iter().any(|&decorator| {
        called_name(facts, decorator) == Some("derive")
            && arguments(facts, decorator).any(|name| last_name(facts, name).is_some_and(|name| facts.text(name) == "Debug"))
    })
}

/// `#[debug(skip)]`, `#[derivative(Debug = "ignore")]`.
fn hides_field(facts: &FileFacts, decorator: NodeId) -> bool {
    let mut hides = false;
    facts.arena.walk(decorator, |node| {
        if let NodeKind::Name(name) | NodeKind::Str(name) = facts.arena.kind(node) {
            hides |= api_names().texts.hides.has(facts.text(name));
        }
    });
    hides
}

/// A text of its own: which of the two the logger writes cannot be told.
pub(super) fn has_own_text(facts: &FileFacts, class: &str) -> bool {
    let last = |node: &NodeId| last_name(facts, *node).map(|name| facts.text(name));
    facts.definitions().any(|(_, def)| {
        def.kind == DefKind::Impl
            && def.bases.first().and_then(last) == Some(class)
            && matches!(def.bases.get(1).and_then(last), Some("Display" | "Debug"))
    })
}
