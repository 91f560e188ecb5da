//! The project's own functions in `[[knowledge]]`: which definitions a user's paths mean.
//!
//! A path is written like a library's, from the module's name on: `app.db.run_sql`, `app.db.Database().run`, `src/db.run`,
//! `crate.db.run` or `my_crate.db.run`. Names are followed through re-exports like those of an import.

use rustc_hash::{FxHashMap, FxHashSet};

use super::evaluate::Linker;
use super::tables::UNKNOWN;
use crate::model::facts::DefId;
use crate::model::knowledge::segments;
use crate::model::program::{ApiId, Value, ValueId};
use crate::model::role::GlobalDef;
use crate::model::source::FileId;

/// What became of the user's paths.
pub(super) struct Found {
    /// Definition → the path as something knowledge speaks of.
    pub(super) apis: FxHashMap<GlobalDef, ApiId>,
    /// Paths that neither a definition nor a use of a library has, sorted.
    pub(super) unmatched: Vec<String>,
}

impl Linker<'_> {
    /// Looks up every path of the user's tables. `modules` are the names of the modules, by file.
    pub(super) fn taught(&mut self, modules: &[String]) -> Found {
        let mut found = Found { apis: FxHashMap::default(), unmatched: Vec::new() };
        if self.knowledge.taught.is_empty() {
            return found;
        }
        let by_name = modules_by_name(modules);
        let used = self.apis.entries_matched();
        let mut hit: FxHashSet<&str> = FxHashSet::default();
        let knowledge = self.knowledge;
        for taught in &knowledge.taught {
            let defs = self.defined(&by_name, &taught.path);
            if !defs.is_empty() || used.contains(&taught.entry) {
                hit.insert(&taught.path);
            }
            for def in defs {
                let api = self.apis.intern(&taught.path, self.family(def.file));
                found.apis.entry(def).or_insert(api);
            }
        }
        found.unmatched = knowledge.taught.iter().filter(|taught| !hit.contains(&*taught.path)).map(|taught| taught.path.clone()).collect();
        found.unmatched.sort();
        found.unmatched.dedup();
        found
    }

    /// The definitions that a path means: in every module whose name is the path's longest fitting beginning.
    fn defined(&mut self, modules: &FxHashMap<String, Vec<FileId>>, path: &str) -> Vec<GlobalDef> {
        let mut end = path.len();
        while let Some(at) = path[..end].rfind('.') {
            end = at;
            let Some(files) = modules.get(&path[..end]) else { continue };
            let steps = segments(&path[end..]);
            let found: Vec<GlobalDef> = files.iter().filter_map(|&file| self.walk(file, &steps)).collect();
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    fn walk(&mut self, file: FileId, steps: &[&str]) -> Option<GlobalDef> {
        let mut value: ValueId = self.value(Value::Module(GlobalDef { file, def: DefId::MODULE }));
        for step in steps {
            value = match (step.strip_prefix('.'), self.get(value)) {
                (Some(name), _) => self.member(value, name),
                (None, Value::Def(class)) if *step == "()" => self.value(Value::Instance { class, argument: UNKNOWN }),
                _ => UNKNOWN,
            };
        }
        match self.get(value) {
            Value::Def(def) | Value::Method { method: def, .. } => Some(def),
            _ => None,
        }
    }
}

/// Files by each name a path may begin with: with dots for Rust's `::`, a Rust crate also as `crate`, a folder for its index file.
fn modules_by_name(modules: &[String]) -> FxHashMap<String, Vec<FileId>> {
    let mut by_name: FxHashMap<String, Vec<FileId>> = FxHashMap::default();
    for (file, name) in modules.iter().enumerate() {
        let mut names = vec![name.replace("::", ".")];
        if let Some((_, inside)) = name.split_once("::") {
            names.push(format!("crate.{}", inside.replace("::", ".")));
        } else {
            names.push("crate".to_string());
        }
        names.extend(name.strip_suffix("/index").map(str::to_string));
        for name in names {
            by_name.entry(name).or_default().push(FileId(file as u32));
        }
    }
    by_name
}
