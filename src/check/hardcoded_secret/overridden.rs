//! Settings of a base module that the settings of production set anew.

use super::shown::raises;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts, ImportItem, Name};
use crate::model::nesting::last_name;
use crate::model::program::{ImportTarget, Program};
use crate::model::source::{Family, FileId, Span};
use crate::model::words::words;
use crate::rulebook::vocabulary::vocabulary;

/// True when another module takes everything from `file` (`from .base import *`) and sets `name` to something that is no literal.
pub(super) fn is_overridden(program: &Program, file: FileId, name: &str) -> bool {
    let takes_it = program.imports.iter().filter(|edge| edge.from != file && leads_to(&edge.target, file)).map(|edge| edge.from);
    takes_it.into_iter().any(|other| {
        let facts = program.file(other);
        facts.imports.iter().any(|import| import.item == ImportItem::Star)
            && facts.definitions().any(|(_, def)| {
                let is_it = def.kind == DefKind::Variable && def.parent == DefId::MODULE && facts.text(def.name) == name;
                is_it && def.value.is_some_and(|value| facts.string(value).is_none())
            })
    })
}

/// The module itself takes everything from another one behind the setting, where there is one: `try: from settings_local import *`, `except ImportError`.
pub(in crate::check) fn takes_local_settings(program: &Program, file: FileId, at: Span) -> bool {
    let facts = program.file(file);
    let is_local = |text: &str| words(text).iter().any(|word| vocabulary().grounds.local_settings.has(word));
    let mut stars = facts.imports.iter().filter(|import| import.item == ImportItem::Star && import.span.start > at.start);
    facts.language.family() == Family::Python && stars.any(|import| is_local(facts.text(import.specifier)))
}

/// A field of settings that the environment sets before the literal counts (`class Settings(BaseSettings)`), and that no code of the project reads.
pub(super) fn is_never_read(program: &Program, file: FileId, name: &str, at: Span) -> bool {
    let facts = program.file(file);
    let of_settings = |class: DefId| {
        facts.def(class).bases.iter().any(|&base| last_name(facts, base).is_some_and(|base| facts.text(base).ends_with("BaseSettings")))
    };
    let is_field = facts
        .definitions()
        .any(|(_, def)| def.kind == DefKind::Field && facts.text(def.name) == name && def.span.contains(at) && of_settings(def.parent));
    let reads = |facts: &FileFacts| {
        facts.names.may_hold(name)
            && facts.arena.ids().any(|node| match facts.arena.kind(node) {
                NodeKind::Member { name: read, .. } | NodeKind::Str(read) => facts.text(read) == name,
                _ => false,
            })
    };
    is_field && !program.facts.iter().any(|facts| reads(facts))
}

/// Another module of the same program stops where the setting has this value: `if "insecure-dev-key" in SECRET_KEY: raise RuntimeError(…)`.
pub(super) fn is_refused_elsewhere(program: &Program, file: FileId, at: Span) -> bool {
    let own = program.file(file);
    let literal = own.arena.ids().find(|&node| own.arena.span(node) == at).and_then(|node| own.string(node));
    let Some(value) = literal.filter(|value| value.len() >= 6) else { return false };
    let refuses = |facts: &FileFacts| {
        if !facts.names.may_hold(value) {
            return false;
        }
        let holds = |node: NodeId| facts.arena.any(node, |inner| facts.string(inner) == Some(value));
        // `REFUSED = ("insecure-dev-key", "changeme")`
        let of_module = facts.definitions().filter(|(_, def)| def.kind == DefKind::Variable && def.parent == DefId::MODULE);
        let is_list = |value: NodeId| matches!(facts.arena.kind(value), NodeKind::Collection { .. }) && holds(value);
        let lists: Vec<Name> = of_module.filter(|(_, def)| def.value.is_some_and(is_list)).map(|(_, def)| def.name).collect();
        facts.arena.ids().any(|node| match facts.arena.kind(node) {
            NodeKind::If { condition, then, .. } => {
                let is_list = |inner: NodeId| matches!(facts.arena.kind(inner), NodeKind::Name(name) if lists.contains(&name));
                (holds(condition) || facts.arena.any(condition, is_list)) && raises(facts, then)
            }
            _ => false,
        })
    };
    let modules = program.facts.iter().enumerate().filter(|(other, _)| *other != file.index());
    own.language.family() == Family::Python && modules.map(|(_, facts)| facts).any(|facts| refuses(facts))
}

fn leads_to(target: &ImportTarget, file: FileId) -> bool {
    matches!(target, ImportTarget::Module(module) if module.file == file)
}
