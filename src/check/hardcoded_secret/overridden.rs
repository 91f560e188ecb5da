//! Settings of a base module that the settings of production set anew.

use crate::model::facts::{DefId, DefKind, ImportItem};
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

fn leads_to(target: &ImportTarget, file: FileId) -> bool {
    matches!(target, ImportTarget::Module(module) if module.file == file)
}
