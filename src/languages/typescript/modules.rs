//! Interim module resolution: relative specifiers over the walked files. The full resolver replaces this file.
use rustc_hash::FxHashMap;

use crate::model::project::Project;
use crate::model::source::FileId;

/// Where a specifier leads.
pub enum TypeScriptTarget {
    File(FileId),
    External(String),
    Asset,
    Unresolved(String),
}

/// The files of a project by path.
pub struct TypeScriptModules {
    paths: Vec<String>,
    index: FxHashMap<String, FileId>,
}

impl TypeScriptModules {
    /// Indexes the project's files.
    pub fn new(project: &Project, _manifests: &dyn Fn(&str) -> Option<String>) -> Self {
        let paths: Vec<String> = project.files.iter().map(|file| file.path.to_string()).collect();
        let index = paths.iter().enumerate().map(|(at, path)| (path.clone(), FileId(at as u32))).collect();
        Self { paths, index }
    }

    /// Resolves a specifier written in `from`.
    pub fn resolve(&self, from: FileId, specifier: &str) -> TypeScriptTarget {
        if !specifier.starts_with('.') {
            return TypeScriptTarget::External(specifier.trim_start_matches("node:").to_string());
        }
        let mut parts: Vec<&str> = self.paths[from.index()].split('/').collect();
        parts.pop();
        for part in specifier.split('/') {
            match part {
                "." | "" => {}
                ".." => {
                    parts.pop();
                }
                _ => parts.push(part),
            }
        }
        let base = parts.join("/");
        let stem = base.strip_suffix(".js").unwrap_or(&base);
        for candidate in [
            base.clone(),
            format!("{stem}.ts"),
            format!("{stem}.tsx"),
            format!("{stem}.js"),
            format!("{stem}.jsx"),
            format!("{stem}.mjs"),
            format!("{stem}/index.ts"),
            format!("{stem}/index.js"),
        ] {
            if let Some(&file) = self.index.get(&candidate) {
                return TypeScriptTarget::File(file);
            }
        }
        TypeScriptTarget::Unresolved(specifier.to_string())
    }
}
