//! Import statements to modules, in the three module systems behind one door.

use std::sync::Arc;

use crate::languages::python::modules::{PythonModules, PythonTarget};
use crate::languages::rust::modules::{ExternCrate, RustModules};
use crate::languages::typescript::modules::{TypeScriptModules, TypeScriptTarget};
use crate::model::body::NodeKind;
use crate::model::facts::{DefId, FileFacts};
use crate::model::knowledge::Knowledge;
use crate::model::project::Project;
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};

/// The module systems of the three languages over one project.
pub(super) struct Modules {
    pub(super) python: PythonModules,
    pub(super) typescript: TypeScriptModules,
    pub(super) rust: Arc<RustModules>,
}

impl Modules {
    pub(super) fn new(
        project: &Project,
        facts: &[Arc<FileFacts>],
        manifests: &dyn Fn(&str) -> Option<String>,
        knowledge: &Knowledge,
    ) -> Modules {
        let is_known = |library: &str| {
            let of_rust = knowledge.frameworks.iter().filter(|framework| framework.family == Family::Rust);
            of_rust.flat_map(|framework| &framework.packages).any(|package| package == library)
        };
        let mut python = PythonModules::new(project);
        let of_python = knowledge.frameworks.iter().filter(|framework| framework.family == Family::Python);
        python.know(of_python.flat_map(|framework| &framework.packages).map(String::as_str));
        let absolute = facts.iter().enumerate().filter(|(_, facts)| facts.language.family() == Family::Python).flat_map(|(file, facts)| {
            let imports = facts.imports.iter().filter(|import| import.level == 0);
            imports.map(move |import| (FileId(file as u32), facts.text(import.specifier)))
        });
        python.name_by_imports(absolute);
        Modules {
            python,
            typescript: TypeScriptModules::new(project, manifests, &written(project, facts)),
            rust: Arc::new(RustModules::new(project, facts, &is_known)),
        }
    }

    /// The module path of a file as its language writes it.
    pub(super) fn name(&self, project: &Project, file: FileId) -> String {
        let source = &project.files[file.index()];
        match source.language.family() {
            Family::Python => self.python.module_name(file).to_string(),
            Family::Rust => self.rust.path_of(GlobalDef { file, def: DefId::MODULE }),
            Family::TypeScript => strip_extension(&source.path).to_string(),
        }
    }
}

/// The outputs that configurations of code generators in TypeScript name: the keys of `generates` in a `codegen.ts`.
fn written(project: &Project, facts: &[Arc<FileFacts>]) -> Vec<String> {
    let mut found = Vec::new();
    for (file, facts) in project.files.iter().zip(facts).filter(|(_, facts)| facts.language.family() == Family::TypeScript) {
        let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        if !name.contains("codegen") && !name.starts_with("graphql.config") {
            continue;
        }
        let Some(body) = facts.def(DefId::MODULE).body else { continue };
        facts.arena.walk(body, |node| {
            let NodeKind::Entry { key, value } = facts.arena.kind(node) else { return };
            let NodeKind::Collection { items, .. } = facts.arena.kind(value) else { return };
            if facts.string(key) != Some("generates") {
                return;
            }
            for item in facts.arena.list(items) {
                if let NodeKind::Entry { key, .. } = facts.arena.kind(item)
                    && let Some(path) = facts.string(key)
                {
                    let path = path.trim_start_matches("./");
                    found.push(if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") });
                }
            }
        });
    }
    found
}

/// The path without its source extension.
fn strip_extension(path: &str) -> &str {
    match path.rsplit_once('.') {
        Some((stem, extension)) if !extension.contains('/') => stem.strip_suffix(".d").unwrap_or(stem),
        _ => path,
    }
}

/// Where a specifier leads, whatever the language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Module(GlobalDef),
    Namespace(String),
    External(String),
    /// Code that a tool writes and nobody commits.
    Generated(String),
    Unresolved(String),
    Asset,
}

impl From<PythonTarget> for Target {
    fn from(target: PythonTarget) -> Target {
        match target {
            PythonTarget::File(file) => Target::Module(GlobalDef { file, def: DefId::MODULE }),
            PythonTarget::Namespace(path) => Target::Namespace(path),
            PythonTarget::External(path) => Target::External(path),
            PythonTarget::Unresolved(path) => Target::Unresolved(path),
        }
    }
}

impl From<TypeScriptTarget> for Target {
    fn from(target: TypeScriptTarget) -> Target {
        match target {
            TypeScriptTarget::File(file) => Target::Module(GlobalDef { file, def: DefId::MODULE }),
            TypeScriptTarget::External(path) => Target::External(path),
            TypeScriptTarget::Asset => Target::Asset,
            TypeScriptTarget::Generated(path) => Target::Generated(path),
            TypeScriptTarget::Unresolved(path) => Target::Unresolved(path),
        }
    }
}

/// What the first segment of a Rust path means when no local name does.
pub(super) fn extern_crate(modules: &Modules, from: FileId, name: &str) -> Option<Target> {
    match modules.rust.extern_crate(from, name) {
        ExternCrate::Local(root) => Some(Target::Module(root)),
        ExternCrate::External(package) => Some(Target::External(package)),
        ExternCrate::Unknown => None,
    }
}
