//! What types in the heads of Rust's blocks stand for.

use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts};
use crate::model::nesting::last_name;
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::FileId;

/// `X` of `From<X>`.
pub(super) fn converted_from(facts: &FileFacts, seam: NodeId) -> Option<NodeId> {
    let NodeKind::Apply { base, args } = facts.arena.kind(seam) else { return None };
    let is_from = last_name(facts, base).is_some_and(|name| facts.text(name) == "From");
    facts.arena.list(args).next().filter(|_| is_from)
}

/// The project's type that a type expression names.
pub(super) fn type_named(program: &Program, file: FileId, node: NodeId) -> Option<GlobalDef> {
    match program.value(file, node) {
        Value::Def(class) | Value::Instance { class, .. } => return Some(class),
        Value::Unknown => {}
        _ => return None,
    }
    let facts = program.file(file);
    let NodeKind::Name(name) = facts.arena.kind(node) else { return None };
    let own = facts
        .definitions()
        .find(|(_, def)| matches!(def.kind, DefKind::Struct | DefKind::Enum) && facts.text(def.name) == facts.text(name));
    own.map(|(def, _)| GlobalDef { file, def })
}
