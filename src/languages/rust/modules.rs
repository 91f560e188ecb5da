//! Interim module tree by file paths. The full tree replaces this file.
use rustc_hash::FxHashMap;

use crate::model::facts::{DefId, DefKind, FileFacts};
use crate::model::project::Project;
use crate::model::role::GlobalDef;
use crate::model::source::FileId;

/// What the first segment of a path names.
pub enum ExternCrate {
    Local(GlobalDef),
    External(String),
    Unknown,
}

/// Modules by path.
pub struct RustModules {
    paths: Vec<String>,
    index: FxHashMap<String, FileId>,
    inline: FxHashMap<(GlobalDef, String), GlobalDef>,
    parents: FxHashMap<GlobalDef, GlobalDef>,
    dependencies: Vec<(String, Vec<String>)>,
}

impl RustModules {
    /// Indexes files and inline modules.
    pub fn new(project: &Project, facts: &[FileFacts]) -> Self {
        let paths: Vec<String> = project.files.iter().map(|file| file.path.to_string()).collect();
        let index = paths.iter().enumerate().map(|(at, path)| (path.clone(), FileId(at as u32))).collect();
        let mut inline = FxHashMap::default();
        let mut parents = FxHashMap::default();
        for (at, facts) in facts.iter().enumerate() {
            let file = FileId(at as u32);
            for (def, definition) in facts.definitions().skip(1) {
                if definition.kind == DefKind::Module {
                    let parent = GlobalDef { file, def: definition.parent };
                    inline.insert((parent, facts.text(definition.name).to_string()), GlobalDef { file, def });
                    parents.insert(GlobalDef { file, def }, parent);
                }
            }
        }
        let dependencies = project
            .packages
            .iter()
            .map(|package| (package.root.clone(), package.dependencies.iter().map(|d| d.name.clone()).collect()))
            .collect();
        Self { paths, index, inline, parents, dependencies }
    }

    fn dir(&self, file: FileId) -> String {
        let path = &self.paths[file.index()];
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        match name {
            "mod.rs" | "lib.rs" | "main.rs" => folder.to_string(),
            _ => path.trim_end_matches(".rs").to_string(),
        }
    }

    fn at(&self, path: &str) -> Option<GlobalDef> {
        let path = path.trim_start_matches('/');
        self.index.get(path).map(|&file| GlobalDef { file, def: DefId::MODULE })
    }

    /// The crate root of a file.
    pub fn root_of(&self, file: FileId) -> Option<GlobalDef> {
        let path = &self.paths[file.index()];
        let src = path.rfind("src/").map_or("", |at| &path[..at + 4]);
        self.at(&format!("{src}lib.rs")).or_else(|| self.at(&format!("{src}main.rs"))).or(Some(GlobalDef { file, def: DefId::MODULE }))
    }

    /// The module around a module.
    pub fn parent(&self, module: GlobalDef) -> Option<GlobalDef> {
        if let Some(&parent) = self.parents.get(&module) {
            return Some(parent);
        }
        let dir = self.dir(module.file);
        let up = dir.rsplit_once('/').map_or("", |(up, _)| up);
        ["mod.rs", "lib.rs", "main.rs"].iter().find_map(|name| self.at(&format!("{up}/{name}"))).or_else(|| self.at(&format!("{up}.rs")))
    }

    /// A submodule.
    pub fn child(&self, module: GlobalDef, name: &str) -> Option<GlobalDef> {
        if let Some(&inline) = self.inline.get(&(module, name.to_string())) {
            return Some(inline);
        }
        let dir = self.dir(module.file);
        self.at(&format!("{dir}/{name}.rs")).or_else(|| self.at(&format!("{dir}/{name}/mod.rs"))).filter(|found| *found != module)
    }

    /// The path of a module.
    pub fn path_of(&self, module: GlobalDef) -> String {
        self.paths[module.file.index()].trim_end_matches(".rs").replace('/', "::")
    }

    /// What a crate name means.
    pub fn extern_crate(&self, from: FileId, name: &str) -> ExternCrate {
        let path = &self.paths[from.index()];
        let known = matches!(name, "std" | "core" | "alloc")
            || self.dependencies.iter().any(|(root, names)| path.starts_with(root.as_str()) && names.iter().any(|own| own == name));
        if known { ExternCrate::External(name.to_string()) } else { ExternCrate::Unknown }
    }
}
