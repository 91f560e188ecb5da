//! Import statements to edges of the import graph.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::evaluate::Linker;
use super::modules::Target;
use super::references::TextNames;
use super::tables::UNKNOWN;
use crate::languages::python::modules::PythonTarget;
use crate::languages::rust::resolve::RustNames;
use crate::model::body::{CallForm, NodeKind};
use crate::model::facts::{DefFlags, ImportItem, ImportKind};
use crate::model::knowledge::Framework;
use crate::model::nesting::spell;
use crate::model::program::{ImportEdge, ImportTarget, Value, ValueId};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};

impl<'a> Linker<'a> {
    /// Where each import statement leads, and which frameworks each file imports.
    pub(super) fn resolve_imports(&mut self) {
        let facts = self.facts;
        for (at, facts) in facts.iter().enumerate() {
            let file = FileId(at as u32);
            let targets: Vec<Target> = facts
                .imports
                .iter()
                .map(|import| {
                    let specifier = facts.text(import.specifier);
                    match facts.language.family() {
                        // Several files; see `matching_edges`.
                        _ if import.item == ImportItem::Matching => Target::Asset,
                        Family::Python => self.modules.python.resolve(file, import.level, specifier).into(),
                        Family::TypeScript => self.modules.typescript.resolve(file, specifier).into(),
                        // Rust paths are walked name by name, see `names.rs`.
                        Family::Rust => Target::External(specifier.replace("::", ".")),
                    }
                })
                .collect();
            self.import_targets.push(targets);
        }
        let knowledge = self.knowledge;
        // Many files import the same.
        let mut of_path: FxHashMap<(Family, &str), Vec<u16>> = FxHashMap::default();
        let mut of_import: FxHashMap<&str, Vec<u16>> = FxHashMap::default();
        for (at, extension) in knowledge.extensions.iter().enumerate() {
            extension.imports.iter().for_each(|import| of_import.entry(import).or_default().push(at as u16));
        }
        for (at, facts) in facts.iter().enumerate() {
            let family = facts.language.family();
            let mut used: Vec<u16> = Vec::new();
            for target in &self.import_targets[at] {
                let Target::External(path) = target else { continue };
                let frameworks = || {
                    let all = knowledge.frameworks.iter().enumerate();
                    let is_used = |entry: &Framework| entry.family == family && entry.packages.iter().any(|package| starts(path, package));
                    all.filter(|(_, entry)| is_used(entry)).map(|(framework, _)| framework as u16).collect()
                };
                used.extend(of_path.entry((family, path)).or_insert_with(frameworks).iter());
            }
            used.sort_unstable();
            used.dedup();
            self.frameworks_of.push(used);
            self.extensions_of.push(self.extensions_imported(FileId(at as u32), &of_import));
        }
        // What a macro makes for a type, every file that names the type may call.
        let mut everywhere: Vec<u16> = self.extensions_of.iter().flatten().copied().collect();
        everywhere.sort_unstable();
        everywhere.dedup();
        everywhere.retain(|&at| self.knowledge.extensions[at as usize].on_types);
        for at in 0..self.facts.len() {
            if self.family(FileId(at as u32)) == Family::Rust {
                let own = &mut self.extensions_of[at];
                own.extend(everywhere.iter().filter(|at| !own.contains(at)).copied().collect::<Vec<_>>());
            }
        }
    }

    /// Extensions of knowledge whose import the file has.
    fn extensions_imported(&self, file: FileId, by_import: &FxHashMap<&str, Vec<u16>>) -> Vec<u16> {
        let facts = &self.facts[file.index()];
        let mut found = Vec::new();
        for (at, import) in facts.imports.iter().enumerate() {
            let Target::External(base) = &self.import_targets[file.index()][at] else { continue };
            let path = match import.item {
                ImportItem::Named(name) => format!("{base}.{}", facts.text(name)),
                ImportItem::Star => format!("{base}.*"),
                _ => base.clone(),
            };
            for &extension in by_import.get(path.as_str()).into_iter().flatten() {
                if !found.contains(&extension) {
                    found.push(extension);
                }
            }
        }
        self.extensions_by_macros(file, &mut found);
        found
    }

    /// Those of types that a macro is called for by its whole path: `rbatis::crud!(Boat {});`.
    fn extensions_by_macros(&self, file: FileId, found: &mut Vec<u16>) {
        let facts = &self.facts[file.index()];
        if self.family(file) != Family::Rust {
            return;
        }
        for (index, extension) in self.knowledge.extensions.iter().enumerate().filter(|(_, extension)| extension.on_types) {
            let named = |path: &str| {
                let last = path.rsplit('.').next().unwrap_or(path);
                facts.names.may_hold(last)
                    && facts.arena.ids().any(|node| match facts.arena.kind(node) {
                        NodeKind::Call { callee, form: CallForm::Macro, .. } => spell(facts, callee).replace("::", ".") == path,
                        _ => false,
                    })
            };
            if !found.contains(&(index as u16)) && extension.imports.iter().any(|path| named(path)) {
                found.push(index as u16);
            }
        }
    }

    /// The import graph, in order of files and imports; Rust paths without `use` included.
    pub(super) fn import_edges(&mut self) -> Vec<ImportEdge> {
        let mut edges = Vec::new();
        let names = Arc::new(self.text_names());
        let mut rust = RustNames::new(self.facts, self.modules.rust.clone());
        for file in 0..self.facts.len() {
            self.import_edges_of(FileId(file as u32), &names, &mut rust, &mut edges);
        }
        self.text_names = Some(names);
        edges
    }

    /// Those of one file.
    pub(super) fn import_edges_of(&mut self, file: FileId, names: &TextNames, rust: &mut RustNames<'a>, edges: &mut Vec<ImportEdge>) {
        if self.family(file) == Family::Rust {
            edges.extend(super::rust_imports::edges(rust, &self.modules.rust, self.facts, file));
            return;
        }
        let first = edges.len();
        for at in 0..self.facts[file.index()].imports.len() {
            if self.facts[file.index()].imports[at].item == ImportItem::Matching {
                self.matching_edges(file, at, edges);
                continue;
            }
            let edge = self.import_edge(file, at as u32);
            edges.push(edge);
        }
        if self.family(file) == Family::Python {
            self.reference_edges(file, names, first, edges);
        }
    }

    fn import_edge(&mut self, file: FileId, at: u32) -> ImportEdge {
        let facts = &self.facts[file.index()];
        let import = &facts.imports[at as usize];
        let name = match import.item {
            ImportItem::Named(name) => facts.text(name).to_string(),
            _ => String::new(),
        };
        let value = match import.item {
            ImportItem::Star | ImportItem::Nothing | ImportItem::Matching => UNKNOWN,
            _ => self.import_value(file, at),
        };
        let mut definition = self.definition_behind(file, at, value);
        let target = match self.import_targets[file.index()][at as usize].clone() {
            Target::Module(module) => self.in_module(module, &name, value),
            Target::Namespace(folder) => self.in_folder(file, at, &folder, &name, value),
            Target::External(path) => ImportTarget::External(path),
            Target::Generated(path) => ImportTarget::Generated(path),
            Target::Unresolved(path) => ImportTarget::Unresolved(path),
            Target::Asset => ImportTarget::Asset,
        };
        if import.item == ImportItem::Root {
            // `import a.b` binds `a`, but means `a.b`.
            definition = if let ImportTarget::Module(module) = target { Some(module) } else { None };
        }
        let in_test = facts.def(import.scope).flags.has(DefFlags::TEST);
        let kind = match import.kind {
            ImportKind::Load if in_test => ImportKind::Test,
            ImportKind::Load if self.is_dropped(file, import, definition) => ImportKind::Dropped,
            kind => self.import_kind(file, kind),
        };
        ImportEdge { from: file, scope: import.scope, target, definition, name, kind, re_export: import.re_export, span: import.span }
    }

    /// `from pkg import module`: the edge leads to the module, not to the package, or to a folder without `__init__` in it. A module from
    /// elsewhere that the package binds (`import other as name`) is the definition, not the target.
    fn in_module(&self, module: GlobalDef, name: &str, value: ValueId) -> ImportTarget {
        if self.family(module.file) != Family::Python || name.is_empty() {
            return ImportTarget::Module(module);
        }
        let child = || self.modules.python.child(&PythonTarget::File(module.file), name);
        match self.get(value) {
            Value::Module(inner) if child() == Some(PythonTarget::File(inner.file)) => ImportTarget::Module(inner),
            Value::Namespace(folder) => ImportTarget::Folder(self.apis.path(folder).to_string()),
            _ => ImportTarget::Module(module),
        }
    }

    /// What lies in a Python folder without `__init__`, or the folder itself. A name that is not there is missing if the folder is the
    /// importing file's own; otherwise the folder only shares its name with a library.
    fn in_folder(&self, file: FileId, at: u32, folder: &str, name: &str, value: ValueId) -> ImportTarget {
        let import = &self.facts[file.index()].imports[at as usize];
        if !matches!(import.item, ImportItem::Named(_)) {
            return ImportTarget::Folder(folder.to_string());
        }
        match self.get(value) {
            Value::Module(module) => ImportTarget::Module(module),
            Value::Namespace(inner) => ImportTarget::Folder(self.apis.path(inner).to_string()),
            _ => {
                let specifier = self.facts[file.index()].text(import.specifier);
                let path = &self.project.files[file.index()].path;
                let is_own = import.level > 0 || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
                if !is_own {
                    return ImportTarget::External(specifier.to_string());
                }
                let dot = if specifier.is_empty() { "" } else { "." };
                ImportTarget::Unresolved(format!("{}{specifier}{dot}{name}", ".".repeat(usize::from(import.level))))
            }
        }
    }

    /// Where the imported name is really defined.
    fn definition_behind(&mut self, file: FileId, at: u32, value: ValueId) -> Option<GlobalDef> {
        match self.get(value) {
            Value::Module(def) | Value::Def(def) => Some(def),
            Value::Method { method, .. } => Some(method),
            Value::Unknown => None,
            _ => self.variable_behind(file, at, 0),
        }
    }

    /// The variable an import names, followed through re-exports by name.
    fn variable_behind(&mut self, file: FileId, at: u32, depth: u8) -> Option<GlobalDef> {
        let facts = &self.facts[file.index()];
        let ImportItem::Named(name) = facts.imports[at as usize].item else { return None };
        match &self.import_targets[file.index()][at as usize] {
            Target::Module(module) => self.variable_in(*module, facts.text(name), depth),
            _ => None,
        }
    }

    /// The variable of a module that has this name, followed through re-exports by name.
    pub(super) fn variable_in(&mut self, module: GlobalDef, name: &str, depth: u8) -> Option<GlobalDef> {
        if depth > 16 {
            return None;
        }
        if self.family(module.file) == Family::TypeScript {
            if let Some(&known) = self.exported_variables.get(&module.file).and_then(|names| names.get(name)) {
                return known;
            }
            let found = self.exported_variable(module.file, name);
            self.exported_variables.entry(module.file).or_default().insert(name.into(), found);
            return found;
        }
        let scopes = &self.scopes[module.file.index()];
        if let Some(&def) = scopes.exported.get(name) {
            return Some(GlobalDef { file: module.file, def });
        }
        let next = match scopes.name(module.def, name) {
            Some(super::scopes::Binding::Def(def)) => return Some(GlobalDef { file: module.file, def }),
            Some(super::scopes::Binding::Import(next)) => next,
            None => *scopes.re_exports.get(name)?,
        };
        self.variable_behind(module.file, next, depth + 1)
    }
}

/// True when `path` is `package` or lies in it.
fn starts(path: &str, package: &str) -> bool {
    path.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/', ':']))
}
