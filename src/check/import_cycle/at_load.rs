//! What a TypeScript file uses of its imports while it loads: the names in its top-level code, in the heads and static fields of classes, and in decorators.
//!
//! The names that ECMAScript modules import are bindings, not values
//! (<https://developer.mozilla.org/docs/Web/JavaScript/Reference/Statements/import#imported_values_can_only_be_modified_by_the_exporter>): what only functions use
//! is there by the time they are called, in whatever order the files were loaded.

use rustc_hash::{FxHashMap, FxHashSet};

use super::elided::{collect, import_of, metadata};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, Name};
use crate::model::program::{ImportEdge, Program};
use crate::model::source::{FileId, Language};

/// The names each file uses while it loads, found when first asked for.
#[derive(Default)]
pub(super) struct AtLoad {
    used: FxHashMap<FileId, FxHashSet<Name>>,
}

impl AtLoad {
    /// False when the import's name is used later at most. Whoever calls `require` takes the value at once.
    pub(super) fn uses(&mut self, program: &Program, edge: &ImportEdge) -> bool {
        let facts = program.file(edge.from);
        if edge.re_export {
            return false;
        }
        if !matches!(facts.language, Language::TypeScript | Language::Tsx) {
            return true;
        }
        let Some(local) = import_of(facts, edge).and_then(|import| import.local) else { return false };
        self.used.entry(edge.from).or_insert_with(|| names(facts)).contains(&local)
    }
}

fn names(facts: &FileFacts) -> FxHashSet<Name> {
    let mut used = FxHashSet::default();
    for (id, def) in facts.definitions() {
        let mut roots: Vec<NodeId> = def.decorators.clone();
        roots.extend(def.params.iter().flat_map(|param| &param.decorators));
        roots.extend(def.body.filter(|_| id == DefId::MODULE));
        roots.extend(def.bases.iter().filter(|_| def.kind == DefKind::Class));
        let is_static = def.kind == DefKind::Variant || def.kind == DefKind::Field && def.flags.has(DefFlags::STATIC);
        roots.extend(def.value.filter(|_| is_static || def.kind == DefKind::Variable && def.parent == DefId::MODULE));
        for root in roots {
            collect(facts, root, &mut used);
        }
        metadata(facts, def, &mut used);
    }
    for export in facts.exports.iter().filter(|export| !matches!(facts.arena.kind(export.value), NodeKind::Name(_))) {
        collect(facts, export.value, &mut used);
    }
    used
}
