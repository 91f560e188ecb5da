//! Imports that TypeScript leaves out of what it emits: names that stand only where types stand.
//!
//! <https://www.typescriptlang.org/docs/handbook/modules/reference.html#type-only-imports-and-exports>: without `verbatimModuleSyntax`, an import whose names are
//! never used as values is dropped. With `emitDecoratorMetadata`, the types of decorated things are values.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefKind, Definition, FileFacts, Import, ImportItem, Name};
use crate::model::program::{ImportEdge, Program};
use crate::model::source::{FileId, Language};

/// The names each file uses as values, found when first asked for.
#[derive(Default)]
pub(super) struct Elided {
    used: FxHashMap<FileId, FxHashSet<Name>>,
}

impl Elided {
    /// True when the import leaves no trace in the emitted JavaScript.
    pub(super) fn is(&mut self, program: &Program, edge: &ImportEdge) -> bool {
        let facts = program.file(edge.from);
        if !matches!(facts.language, Language::TypeScript | Language::Tsx) || edge.re_export {
            return false;
        }
        let Some(import) = import_of(facts, edge) else { return false };
        match (import.item, import.local) {
            (ImportItem::Named(_) | ImportItem::Module | ImportItem::Root, Some(local)) => {
                !self.used.entry(edge.from).or_insert_with(|| values(facts)).contains(&local)
            }
            _ => false,
        }
    }
}

/// The import that an edge stands for.
pub(super) fn import_of<'f>(facts: &'f FileFacts, edge: &ImportEdge) -> Option<&'f Import> {
    let is_it = |import: &&Import| {
        import.span == edge.span
            && match import.item {
                ImportItem::Named(name) => facts.text(name) == edge.name,
                _ => edge.name.is_empty(),
            }
    };
    facts.imports.iter().find(is_it)
}

/// The first names of everything that is used as a value.
fn values(facts: &FileFacts) -> FxHashSet<Name> {
    let mut used = FxHashSet::default();
    for (_, def) in facts.definitions() {
        let mut roots: Vec<NodeId> = def.body.into_iter().chain(def.decorators.iter().copied()).collect();
        for param in &def.params {
            roots.extend(param.default);
            roots.extend(&param.decorators);
            roots.extend(param.pattern);
        }
        if matches!(def.kind, DefKind::Field | DefKind::Variable | DefKind::Variant) {
            roots.extend(def.value);
        }
        if def.kind == DefKind::Class {
            roots.extend(&def.bases);
        }
        for root in roots {
            collect(facts, root, &mut used);
        }
        metadata(facts, def, &mut used);
    }
    for export in &facts.exports {
        collect(facts, export.value, &mut used);
    }
    used
}

/// What decorators make TypeScript emit: the types of parameters and properties of decorated things.
pub(super) fn metadata(facts: &FileFacts, def: &Definition, used: &mut FxHashSet<Name>) {
    let is_decorated = |def: &Definition| !def.decorators.is_empty() || def.params.iter().any(|param| !param.decorators.is_empty());
    let emits = is_decorated(def) || (def.kind == DefKind::Method && is_decorated(facts.def(def.parent)));
    if !emits {
        return;
    }
    for annotation in def.annotation.into_iter().chain(def.params.iter().filter_map(|param| param.annotation)) {
        // `Promise<User>` is emitted as `Promise`, `User[]` as `Array`.
        if let NodeKind::Name(name) = facts.arena.kind(annotation) {
            used.insert(name);
        }
    }
}

/// The names below a node, apart from those in types.
pub(super) fn collect(facts: &FileFacts, root: NodeId, used: &mut FxHashSet<Name>) {
    let mut waiting = vec![root];
    while let Some(node) = waiting.pop() {
        match facts.arena.kind(node) {
            NodeKind::Name(name) => {
                used.insert(name);
            }
            NodeKind::Cast { value, .. } => waiting.push(value),
            NodeKind::Apply { base, .. } => waiting.push(base),
            NodeKind::Declare { target, value, .. } => {
                waiting.push(target);
                waiting.extend(value);
            }
            _ => facts.arena.children(node, |child| waiting.push(child)),
        }
    }
}
