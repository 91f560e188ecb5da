//! What the import graph needs to know of TypeScript alone: imports the compiler drops, specifiers that are globs, names behind barrels.

use rustc_hash::FxHashSet;

use super::evaluate::Linker;
use super::modules::Target;
use crate::languages::typescript::modules::{Matches, TypeScriptTarget};
use crate::model::body::NodeKind;
use crate::model::facts::{DefId, DefKind, FileFacts, Import, ImportItem, ImportKind};
use crate::model::program::{ImportEdge, ImportTarget};
use crate::model::role::GlobalDef;
use crate::model::source::{FileId, Language};

/// A search for an exported name looks into no more barrels than this.
const MAX_BARRELS: usize = 4096;

impl<'a> Linker<'a> {
    /// True for an import that the TypeScript compiler drops: the file uses the name in types at most, or the name is a type and nothing else.
    pub(super) fn is_dropped(&self, file: FileId, import: &Import, definition: Option<GlobalDef>) -> bool {
        let facts = &self.facts[file.index()];
        let is_typescript = matches!(facts.language, Language::TypeScript | Language::Tsx);
        let is_type = || {
            let kind = definition.map(|definition| self.facts[definition.file.index()].def(definition.def).kind);
            matches!(kind, Some(DefKind::Interface | DefKind::TypeAlias))
        };
        is_typescript && (import.erasable || is_type()) && self.modules.typescript.drops_unused(file)
    }

    /// An edge to each file that a glob fits.
    pub(super) fn matching_edges(&self, file: FileId, at: usize, edges: &mut Vec<ImportEdge>) {
        let facts = &self.facts[file.index()];
        let import = &facts.imports[at];
        let edge = |target: ImportTarget, definition: Option<GlobalDef>| ImportEdge {
            from: file,
            scope: import.scope,
            target,
            definition,
            name: String::new(),
            kind: import.kind,
            re_export: false,
            span: import.span,
        };
        match self.modules.typescript.matching(file, facts.text(import.specifier)) {
            Matches::Files(files) => edges.extend(files.into_iter().map(|file| {
                let module = GlobalDef { file, def: DefId::MODULE };
                edge(ImportTarget::Module(module), Some(module))
            })),
            // A path in a string may be one that is written to.
            Matches::None(_) if import.kind == ImportKind::String => {}
            Matches::None(TypeScriptTarget::External(path)) => edges.push(edge(ImportTarget::External(path), None)),
            Matches::None(TypeScriptTarget::Unresolved(glob)) => edges.push(edge(ImportTarget::Unresolved(glob), None)),
            Matches::None(_) => edges.push(edge(ImportTarget::Asset, None)),
        }
    }

    /// The definition that a TypeScript file exports under a name, through `export { a as b }`, `export … from` and `export *`.
    pub(super) fn exported_variable<'n>(&self, file: FileId, name: &'n str) -> Option<GlobalDef>
    where
        'a: 'n,
    {
        let mut open: Vec<(FileId, &'n str)> = vec![(file, name)];
        let mut seen = FxHashSet::default();
        while let Some((file, name)) = open.pop() {
            if seen.len() > MAX_BARRELS || !seen.insert((file, name)) {
                continue;
            }
            let facts: &'a FileFacts = &self.facts[file.index()];
            let scopes = &self.scopes[file.index()];
            if let Some(&def) = scopes.exported.get(name) {
                return Some(GlobalDef { file, def });
            }
            let local = scopes.exports.get(name).and_then(|&export| match facts.arena.kind(facts.exports[export as usize].value) {
                NodeKind::Name(local) => scopes.name(DefId::MODULE, facts.text(local)),
                _ => None,
            });
            let next = match local {
                Some(super::scopes::Binding::Def(def)) => return Some(GlobalDef { file, def }),
                Some(super::scopes::Binding::Import(next)) => Some(next),
                None => scopes.re_exports.get(name).copied(),
            };
            let target = |import: u32| match &self.import_targets[file.index()][import as usize] {
                Target::Module(module) => Some(module.file),
                _ => None,
            };
            match next {
                Some(next) => {
                    if let (ImportItem::Named(name), Some(file)) = (facts.imports[next as usize].item, target(next)) {
                        open.push((file, facts.text(name)));
                    }
                }
                // The first one is looked into first.
                None if name != "default" => {
                    open.extend(scopes.star_re_exports.iter().rev().filter_map(|&star| Some((target(star)?, name))))
                }
                None => {}
            }
        }
        None
    }
}
