//! Objects whose text says every field: what Python's data classes and schemas print of themselves, and what loggers of JavaScript write of any object,
//! passwords among them.

use super::sensitive::{Secret, secret};
use crate::model::body::NodeKind;
use crate::model::facts::{DefKind, Definition, FileFacts};
use crate::model::nesting::{last_name, named_argument};
use crate::model::program::{Program, Value};
use crate::model::role::{GlobalDef, Role};

/// How deep bases are asked.
const MAX_DEPTH: u8 = 4;

/// The field of a class of data whose text holds a password: declared as plain text in it or its bases, and written by no `__repr__` of the
/// project's own.
pub(super) fn shown_password(program: &Program, class: GlobalDef, depth: u8) -> Option<String> {
    let facts = program.file(class.file);
    let def = facts.def(class.def);
    if def.kind != DefKind::Class || depth > MAX_DEPTH || !says_fields(program, class, def) {
        return None;
    }
    let members = || facts.definitions().filter(|(_, member)| member.parent == class.def);
    if members()
        .any(|(_, member)| member.kind == DefKind::Method && matches!(facts.text(member.name), "__repr__" | "__str__" | "__repr_args__"))
    {
        return None;
    }
    let fields = members().filter(|(_, member)| member.kind == DefKind::Field);
    let own = fields
        .map(|(_, field)| field)
        .find(|field| secret(facts.text(field.name)) == Some(Secret::Password) && is_text(facts, field) && !is_hidden(facts, field));
    own.map(|field| facts.text(field.name).to_string()).or_else(|| {
        def.bases.iter().find_map(|&base| match program.value(class.file, base) {
            Value::Def(parent) if parent != class => shown_password(program, parent, depth + 1),
            _ => None,
        })
    })
}

/// TypeScript: the field of a class or interface that holds a password as text, or what was made of one, and is neither left out of queries
/// (`@Column({ select: false })`) nor by the object's own way to be written.
pub(super) fn shown_field(program: &Program, class: GlobalDef, depth: u8) -> Option<String> {
    let facts = program.file(class.file);
    let def = facts.def(class.def);
    if !matches!(def.kind, DefKind::Class | DefKind::Interface) || depth > MAX_DEPTH {
        return None;
    }
    let members = || facts.definitions().filter(|(_, member)| member.parent == class.def);
    if members().any(|(_, member)| member.kind == DefKind::Method && matches!(facts.text(member.name), "toJSON" | "toString" | "inspect")) {
        return None;
    }
    let is_left_out = |field: &Definition| {
        field.decorators.iter().any(|&decorator| {
            let mut out = last_name(facts, decorator).is_some_and(|name| facts.text(name) == "Exclude");
            facts.arena.walk(decorator, |node| {
                if let NodeKind::Entry { key, value } = facts.arena.kind(node) {
                    out |= facts.string(key) == Some("select") && facts.arena.kind(value) == NodeKind::Bool(false)
                        || facts.string(key) == Some("hidden") && facts.arena.kind(value) == NodeKind::Bool(true);
                }
            });
            out
        })
    };
    let is_string = |field: &Definition| {
        field
            .annotation
            .is_some_and(|annotation| matches!(facts.arena.kind(annotation), NodeKind::Name(name) if facts.text(name) == "string"))
    };
    let own = members()
        .map(|(_, field)| field)
        .filter(|field| field.kind == DefKind::Field)
        .find(|field| secret(facts.text(field.name)) == Some(Secret::Password) && is_string(field) && !is_left_out(field));
    own.map(|field| facts.text(field.name).to_string()).or_else(|| {
        def.bases.iter().find_map(|&base| match program.value(class.file, base) {
            Value::Def(parent) if parent != class => shown_field(program, parent, depth + 1),
            _ => None,
        })
    })
}

/// A schema, or a data class.
fn says_fields(program: &Program, class: GlobalDef, def: &Definition) -> bool {
    let facts = program.file(class.file);
    let is_data = |decorator| last_name(facts, decorator).is_some_and(|name| facts.text(name) == "dataclass");
    program.is(class, Role::Schema) && !program.is(class, Role::Model) || def.decorators.iter().any(|&decorator| is_data(decorator))
}

/// `str`, also optional; `SecretStr` is another name.
fn is_text(facts: &FileFacts, field: &Definition) -> bool {
    let Some(annotation) = field.annotation else { return false };
    let mut found = false;
    facts.arena.walk(annotation, |node| {
        found |= matches!(facts.arena.kind(node), NodeKind::Name(name) if facts.text(name) == "str");
    });
    found
}

/// `Field(repr=False)`
fn is_hidden(facts: &FileFacts, field: &Definition) -> bool {
    field.value.and_then(|value| named_argument(facts, value, "repr")).is_some_and(|value| facts.arena.kind(value) == NodeKind::Bool(false))
}
