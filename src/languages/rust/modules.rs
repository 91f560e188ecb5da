//! The Rust module tree: which file is which module of which crate, from manifests and `mod` declarations.
//!
//! Every target of every Cargo package is a root. From each root, `mod x;` leads to files by the compiler's rules (`x.rs`,
//! `x/mod.rs`, `#[path]`, folders of inline modules). A file that several crates declare belongs to the first of them,
//! libraries first. `include!("x.rs")` makes that file a part of the module. Nothing is read here and no name is looked up in a scope.

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::body::{AssignOp, CallForm, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, ModDeclaration};
use crate::model::project::{Package, Project};
use crate::model::role::GlobalDef;
use crate::model::source::{FileId, Language};

/// What the first segment of a path names outside its file's scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExternCrate {
    /// A library of this repository: its root module.
    Local(GlobalDef),
    /// A package from elsewhere, its real name with `_`.
    External(String),
    /// No dependency: the path starts in the current scope.
    Unknown,
}

/// A module's place in the tree.
#[derive(Clone, Debug)]
struct Place {
    /// Its own name; for a root the crate's.
    name: String,
    parent: Option<GlobalDef>,
    root: GlobalDef,
    test: bool,
}

/// The modules of a project.
pub struct RustModules {
    places: FxHashMap<GlobalDef, Place>,
    children: FxHashMap<GlobalDef, FxHashMap<String, GlobalDef>>,
    /// Package of each file.
    package_of: Vec<Option<usize>>,
    packages: Vec<PackageNames>,
    unreached: Vec<FileId>,
    /// Files that `include!` makes part of a module, in order.
    parts: FxHashMap<GlobalDef, Vec<GlobalDef>>,
    /// The module an included file is a part of.
    includers: FxHashMap<GlobalDef, GlobalDef>,
    /// `mod x;` for which there is no file.
    missing: Vec<(FileId, DefId, String)>,
}

/// What paths may name from inside a package.
#[derive(Default)]
struct PackageNames {
    library: Option<GlobalDef>,
    /// Root of the library, or else of the first target.
    root: Option<GlobalDef>,
    crates: FxHashMap<String, ExternCrate>,
    edition_2015: bool,
}

/// Published packages whose library has another name, by which code imports it.
const LIBRARY_NAMES: &[(&str, &str)] =
    &[("rust-argon2", "argon2"), ("md-5", "md5"), ("sha-1", "sha1"), ("rust-crypto", "crypto"), ("rust-s3", "s3")];

impl RustModules {
    /// Builds the tree. `facts` are indexed by [`FileId`]; files of other languages are passed over. What `is_known` says of the name of a
    /// library is one that the rulebook describes: packages that depend on it see it as one from outside, though its code is here.
    pub fn new(project: &Project, facts: &[Arc<FileFacts>], is_known: &dyn Fn(&str) -> bool) -> RustModules {
        let mut tree = Builder::new(project, facts);
        tree.known = project.packages.iter().map(|package| package.crate_name.as_deref().is_some_and(is_known)).collect();
        tree.roots();
        tree.reach();
        tree.rest();
        tree.tree.missing.sort();
        tree.tree
    }

    /// The root module of the crate a file belongs to; for a file that no crate declares, of its package.
    pub fn root_of(&self, file: FileId) -> Option<GlobalDef> {
        self.places.get(&GlobalDef { file, def: DefId::MODULE }).map(|place| place.root)
    }

    /// The module around a module; none for a root.
    pub fn parent(&self, module: GlobalDef) -> Option<GlobalDef> {
        self.places.get(&module)?.parent
    }

    /// The submodule of that name, declared or inline.
    pub fn child(&self, module: GlobalDef, name: &str) -> Option<GlobalDef> {
        self.children.get(&module)?.get(name.strip_prefix("r#").unwrap_or(name)).copied()
    }

    /// `crate_name::a::b`; for a root the crate's name.
    pub fn path_of(&self, module: GlobalDef) -> String {
        let mut names = Vec::new();
        let mut at = Some(module);
        while let Some(place) = at.and_then(|at| self.places.get(&at)) {
            names.push(place.name.as_str());
            at = place.parent;
        }
        names.reverse();
        names.join("::")
    }

    /// True for modules under `#[cfg(test)]` and for integration tests and benchmarks.
    pub fn is_test(&self, module: GlobalDef) -> bool {
        self.places.get(&module).is_some_and(|place| place.test)
    }

    /// What a name means as a crate in a file.
    pub fn extern_crate(&self, from: FileId, name: &str) -> ExternCrate {
        let name = name.strip_prefix("r#").unwrap_or(name);
        if matches!(name, "std" | "core" | "alloc" | "proc_macro" | "test") {
            return match self.named_crate(from, name) {
                ExternCrate::Unknown if name != "test" => ExternCrate::External(name.to_owned()),
                found => found,
            };
        }
        self.named_crate(from, name)
    }

    fn named_crate(&self, from: FileId, name: &str) -> ExternCrate {
        self.package(from).and_then(|package| package.crates.get(name)).cloned().unwrap_or(ExternCrate::Unknown)
    }

    /// True when a module declares this submodule and no file is there.
    pub fn lacks_file(&self, module: GlobalDef, name: &str) -> bool {
        let start = self.missing.partition_point(|(file, def, _)| (*file, *def) < (module.file, module.def));
        self.missing[start..].iter().take_while(|(file, def, _)| (*file, *def) == (module.file, module.def)).any(|(.., own)| own == name)
    }

    /// True when a package of the project has a library of this name.
    pub fn is_library(&self, name: &str) -> bool {
        self.packages.iter().filter_map(|package| self.places.get(&package.library?)).any(|place| place.name == name)
    }

    /// True when `use` paths of a file start at the crate's root.
    pub fn is_edition_2015(&self, file: FileId) -> bool {
        self.package(file).is_some_and(|package| package.edition_2015)
    }

    fn package(&self, file: FileId) -> Option<&PackageNames> {
        self.package_of.get(file.index()).copied().flatten().and_then(|package| self.packages.get(package))
    }

    /// The files that `include!` makes part of a module.
    pub fn parts_of(&self, module: GlobalDef) -> &[GlobalDef] {
        self.parts.get(&module).map_or(&[], Vec::as_slice)
    }

    /// The module that an included file is a part of.
    pub fn includer_of(&self, module: GlobalDef) -> Option<GlobalDef> {
        self.includers.get(&module).copied()
    }

    /// Rust files that no root leads to, sorted.
    pub fn unreached(&self) -> &[FileId] {
        &self.unreached
    }

    /// `mod x;` declarations without a file: the file, the module they stand in, the name.
    pub fn missing(&self) -> &[(FileId, DefId, String)] {
        &self.missing
    }
}

/// Builds the tree.
struct Builder<'a> {
    project: &'a Project,
    facts: &'a [Arc<FileFacts>],
    files: FxHashMap<&'a str, FileId>,
    tree: RustModules,
    /// Packages that are libraries which the rulebook knows: the examples beside such a library use it as anybody does.
    known: Vec<bool>,
    /// Files whose declarations are still to be followed, and whether they own their folder like `mod.rs`.
    queue: VecDeque<(FileId, bool)>,
}

impl<'a> Builder<'a> {
    fn new(project: &'a Project, facts: &'a [Arc<FileFacts>]) -> Builder<'a> {
        let files: FxHashMap<&str, FileId> = (0..project.files.len().min(facts.len()))
            .filter(|&at| facts[at].language == Language::Rust)
            .map(|at| (&*project.files[at].path, FileId(at as u32)))
            .collect();
        let package_of = project.files.iter().map(|file| project.package_of(&file.path)).collect();
        let tree = RustModules {
            places: FxHashMap::default(),
            children: FxHashMap::default(),
            package_of,
            packages: project.packages.iter().map(|_| PackageNames::default()).collect(),
            unreached: Vec::new(),
            parts: FxHashMap::default(),
            includers: FxHashMap::default(),
            missing: Vec::new(),
        };
        Builder { project, facts, files, tree, known: Vec::new(), queue: VecDeque::new() }
    }

    fn path(&self, file: FileId) -> &'a str {
        &self.project.files[file.index()].path
    }

    /// Makes every target a root, libraries first, and collects what crates each package names.
    fn roots(&mut self) {
        let project = self.project;
        const KINDS: [&str; 6] = ["lib", "bin", "example", "test", "bench", "build"];
        for kind in KINDS {
            for (at, package) in project.packages.iter().enumerate() {
                for target in package.targets.iter().filter(|target| target.kind == kind) {
                    let Some(&file) = self.files.get(target.path.as_str()) else { continue };
                    let name = match kind {
                        "lib" => package.crate_name.as_deref().unwrap_or(&target.name),
                        _ => &target.name,
                    };
                    let root = self.root(file, name, matches!(kind, "test" | "bench"));
                    let names = &mut self.tree.packages[at];
                    names.root.get_or_insert(root);
                    if kind == "lib" {
                        names.library.get_or_insert(root);
                    }
                }
            }
        }
        self.conventional_roots();
        for (at, package) in project.packages.iter().enumerate() {
            self.crates_of(at, package);
        }
    }

    /// Without a manifest, `lib.rs` and `main.rs` are roots where Cargo would look for them.
    fn conventional_roots(&mut self) {
        let project = self.project;
        for name in ["lib.rs", "main.rs"] {
            for (at, file) in project.files.iter().enumerate() {
                let package = self.tree.package_of[at];
                let id = FileId(at as u32);
                let folder = file.path.strip_suffix(name).filter(|folder| folder.is_empty() || folder.ends_with('/'));
                let (Some(folder), true) = (folder, self.files.contains_key(&*file.path)) else { continue };
                let has_targets = package.is_some_and(|package| !project.packages[package].targets.is_empty());
                if has_targets || !(folder.is_empty() || folder == "src/" || folder.ends_with("/src/")) {
                    continue;
                }
                let crate_name = folder.trim_end_matches('/').trim_end_matches("src").trim_end_matches('/');
                let crate_name = crate_name.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("crate").replace('-', "_");
                let root = self.root(id, &crate_name, false);
                if let Some(package) = package {
                    let names = &mut self.tree.packages[package];
                    names.root.get_or_insert(root);
                    if name == "lib.rs" {
                        names.library.get_or_insert(root);
                    }
                }
            }
        }
    }

    fn root(&mut self, file: FileId, name: &str, test: bool) -> GlobalDef {
        let root = GlobalDef { file, def: DefId::MODULE };
        if !self.tree.places.contains_key(&root) {
            let test = test || self.facts[file.index()].defs[0].flags.has(DefFlags::TEST);
            self.tree.places.insert(root, Place { name: name.to_owned(), parent: None, root, test });
            self.queue.push_back((file, true));
        }
        root
    }

    fn crates_of(&mut self, at: usize, package: &Package) {
        let mut crates = FxHashMap::default();
        for dependency in &package.dependencies {
            let local = dependency.path.as_ref().and_then(|path| {
                let package = self.project.packages.iter().position(|package| package.root == path.trim_matches('/'))?;
                let is_known = self.known.get(package).copied().unwrap_or_default();
                if is_known {
                    return None;
                }
                self.tree.packages[package].library
            });
            let real = dependency.package.as_deref().unwrap_or(&dependency.name);
            // Code uses the name of the library, which need not be the package's, unless the dependency is renamed.
            let library = local.filter(|_| dependency.package.is_none()).and_then(|library| self.tree.places.get(&library));
            let published = LIBRARY_NAMES.iter().find(|(package, _)| dependency.package.is_none() && *package == dependency.name);
            let name = match (library, published) {
                (Some(library), _) => library.name.clone(),
                (None, Some((_, library))) => (*library).to_owned(),
                (None, None) => dependency.name.replace('-', "_"),
            };
            let real = published.map_or(real, |(_, library)| *library);
            crates.insert(name, local.map_or_else(|| ExternCrate::External(real.replace('-', "_")), ExternCrate::Local));
        }
        if let (Some(library), Some(name)) = (self.tree.packages[at].library, self.library_name(at, package)) {
            crates.insert(name, ExternCrate::Local(library));
        }
        let names = &mut self.tree.packages[at];
        names.crates = crates;
        // A manifest without an edition means the first one.
        let has_manifest = package.name.is_some() && !package.targets.is_empty();
        names.edition_2015 = has_manifest && package.edition.as_deref().unwrap_or("2015") == "2015";
    }

    /// The name under which the package's other targets see its library.
    fn library_name(&self, at: usize, package: &Package) -> Option<String> {
        let library = self.tree.packages[at].library?;
        self.tree.places.get(&library).map(|place| place.name.clone()).or_else(|| package.crate_name.clone())
    }

    /// Follows the declarations of every file in the queue.
    fn reach(&mut self) {
        while let Some((file, owns_folder)) = self.queue.pop_front() {
            self.file(file, owns_folder, true);
        }
    }

    /// Places the inline modules of a file and the files it declares.
    fn file(&mut self, file: FileId, owns_folder: bool, reached: bool) {
        let facts = &self.facts[file.index()];
        for (id, def) in facts.definitions().skip(1) {
            if def.kind == DefKind::Module {
                let parent = GlobalDef { file, def: module_around(facts, def.parent) };
                let module = GlobalDef { file, def: id };
                self.place(module, parent, facts.text(def.name), def.flags.has(DefFlags::TEST));
                self.child(parent, facts.text(def.name), module);
            }
        }
        for declaration in &facts.mods {
            self.declaration(file, declaration, owns_folder, reached);
        }
        for (def, path) in included(facts) {
            self.include(GlobalDef { file, def }, path, reached);
        }
    }

    /// `include!("x.rs")`: the file is a part of the module, unless it has a place of its own.
    fn include(&mut self, module: GlobalDef, path: &str, reached: bool) {
        let path = normal(&join(folder_of(self.path(module.file)), path));
        let Some(&found) = self.files.get(path.as_str()) else { return };
        let part = GlobalDef { file: found, def: DefId::MODULE };
        let Some(place) = self.tree.places.get(&module).cloned() else { return };
        let is_free = if reached { !self.tree.places.contains_key(&part) } else { self.tree.unreached.binary_search(&found).is_ok() };
        if found == module.file || !is_free || self.tree.includers.contains_key(&part) || self.is_above(part, module) {
            return;
        }
        self.tree.places.insert(part, place);
        self.tree.parts.entry(module).or_default().push(part);
        self.tree.includers.insert(part, module);
        if reached {
            self.queue.push_back((found, true));
        }
    }

    fn declaration(&mut self, file: FileId, declaration: &ModDeclaration, owns_folder: bool, reached: bool) {
        let facts = &self.facts[file.index()];
        let scope = module_around(facts, declaration.scope);
        let name = facts.text(declaration.name);
        let parent = GlobalDef { file, def: scope };
        let folder = module_folder(self.path(file), facts, scope, owns_folder);
        let found = match declaration.path {
            Some(path) => {
                let base = if scope == DefId::MODULE { folder_of(self.path(file)).to_owned() } else { folder };
                let path = normal(&join(&base, &facts.text(path).replace('\\', "/")));
                // A file named by `#[path]` owns its folder.
                self.files.get(path.as_str()).map(|&found| (found, true))
            }
            None => [(format!("{name}.rs"), false), (format!("{name}/mod.rs"), true)]
                .into_iter()
                .find_map(|(path, owns)| self.files.get(normal(&join(&folder, &path)).as_str()).map(|&found| (found, owns))),
        };
        let Some((found, owns)) = found else {
            self.tree.missing.push((file, scope, name.to_owned()));
            return;
        };
        let module = GlobalDef { file: found, def: DefId::MODULE };
        if found == file {
            return;
        }
        self.child(parent, name, module);
        let test = declaration.test || self.facts[found.index()].defs[0].flags.has(DefFlags::TEST);
        if reached {
            if self.place(module, parent, name, test) {
                self.queue.push_back((found, owns));
            }
        } else if self.tree.unreached.binary_search(&found).is_ok() && !self.is_above(module, parent) {
            self.adopt(module, parent, name);
        }
    }

    /// Gives a module its place unless it has one. True when it is new.
    fn place(&mut self, module: GlobalDef, parent: GlobalDef, name: &str, test: bool) -> bool {
        if self.tree.places.contains_key(&module) {
            return false;
        }
        let (root, test) = match self.tree.places.get(&parent) {
            Some(place) => (place.root, test || place.test),
            None => (parent, test),
        };
        self.tree.places.insert(module, Place { name: name.to_owned(), parent: Some(parent), root, test });
        true
    }

    fn child(&mut self, parent: GlobalDef, name: &str, module: GlobalDef) {
        self.tree.children.entry(parent).or_default().entry(name.to_owned()).or_insert(module);
    }

    /// Places the files that no root leads to: by their folder, then by what they declare among themselves.
    fn rest(&mut self) {
        let mut rest: Vec<FileId> = self.files.values().copied().collect();
        rest.retain(|&file| !self.tree.places.contains_key(&GlobalDef { file, def: DefId::MODULE }));
        rest.sort_unstable();
        for &file in &rest {
            let module = GlobalDef { file, def: DefId::MODULE };
            let package = self.tree.package_of[file.index()];
            let root = package.and_then(|package| self.tree.packages[package].root).unwrap_or(module);
            let name = self.path_by_folder(file);
            let test = self.facts[file.index()].defs[0].flags.has(DefFlags::TEST);
            self.tree.places.insert(module, Place { name, parent: None, root, test });
        }
        self.tree.unreached = rest.clone();
        for file in rest {
            let owns_folder = matches!(file_name(self.path(file)), "mod.rs" | "lib.rs" | "main.rs");
            self.file(file, owns_folder, false);
        }
    }

    /// Puts an unreached file below the unreached file that declares it.
    fn adopt(&mut self, module: GlobalDef, parent: GlobalDef, name: &str) {
        if let Some(place) = self.tree.places.get_mut(&module)
            && place.parent.is_none()
        {
            place.parent = Some(parent);
            place.name = name.to_owned();
        }
    }

    /// True when `module` is `other` or around it.
    fn is_above(&self, module: GlobalDef, other: GlobalDef) -> bool {
        let mut at = Some(other);
        while let Some(current) = at {
            if current == module {
                return true;
            }
            at = self.tree.places.get(&current).and_then(|place| place.parent);
        }
        false
    }

    /// The path of a module as its folders suggest it.
    fn path_by_folder(&self, file: FileId) -> String {
        let path = self.path(file);
        let package = self.tree.package_of[file.index()].map(|package| &self.project.packages[package]);
        let root = package.map_or("", |package| package.root.as_str());
        let below = path.strip_prefix(root).unwrap_or(path).trim_start_matches('/');
        let below = below.strip_prefix("src/").unwrap_or(below);
        let below = below.strip_suffix(".rs").unwrap_or(below);
        let below = below.strip_suffix("/mod").unwrap_or(below);
        let crate_name = package.and_then(|package| package.crate_name.as_deref());
        crate_name.into_iter().chain(below.split('/')).map(|part| part.replace('-', "_")).collect::<Vec<_>>().join("::")
    }
}

/// The files a file includes as items: the module, the path as written.
fn included(facts: &FileFacts) -> Vec<(DefId, &str)> {
    let mut found = Vec::new();
    for (id, def) in facts.definitions().filter(|(_, def)| def.kind == DefKind::Module) {
        let Some(NodeKind::Block { items, .. }) = def.body.map(|body| facts.arena.kind(body)) else { continue };
        for item in facts.arena.list(items) {
            if let NodeKind::Call { callee, args, form: CallForm::Macro } = facts.arena.kind(item)
                && matches!(facts.arena.kind(callee), NodeKind::Name(name) if facts.text(name) == "include")
                && let Some(path) = facts.arena.list(args).next().and_then(|path| facts.string(path))
            {
                found.push((id, path));
            }
        }
    }
    found
}

/// The module a definition is or stands in.
pub(super) fn module_around(facts: &FileFacts, mut def: DefId) -> DefId {
    while def != DefId::MODULE && facts.def(def).kind != DefKind::Module {
        def = facts.def(def).parent;
    }
    def
}

/// The folder in which the submodules of a module lie: the file's own or the one named after it, then one for each inline module.
fn module_folder(path: &str, facts: &FileFacts, module: DefId, owns_folder: bool) -> String {
    let mut inline = Vec::new();
    let mut at = module;
    while at != DefId::MODULE {
        inline.push(inline_folder(facts, at));
        at = module_around(facts, facts.def(at).parent);
    }
    let mut folder = folder_of(path).to_owned();
    if !owns_folder {
        let stem = file_name(path);
        folder = join(&folder, stem.strip_suffix(".rs").unwrap_or(stem));
    }
    for part in inline.into_iter().rev() {
        folder = join(&folder, part);
    }
    folder
}

/// The folder an inline module stands for: its name, or what `#[path]` says.
fn inline_folder(facts: &FileFacts, module: DefId) -> &str {
    let def = facts.def(module);
    let path = def.decorators.iter().find_map(|&decorator| match facts.arena.kind(decorator) {
        NodeKind::Assign { target, value, op: AssignOp::Set } => match facts.arena.kind(target) {
            NodeKind::Name(name) if facts.text(name) == "path" => facts.string(value),
            _ => None,
        },
        _ => None,
    });
    path.unwrap_or_else(|| facts.text(def.name))
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}

/// The path without `.` and `..`.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::languages::rust::lower;
    use crate::model::project::{CargoTarget, Dependency};
    use crate::model::source::SourceFile;

    /// A project of these files and packages, with its tree.
    fn tree(files: &[(&str, &str)], packages: Vec<Package>) -> (Project, RustModules) {
        let mut files = files.to_vec();
        files.sort();
        let facts: Vec<Arc<FileFacts>> = files.iter().map(|(_, text)| Arc::new(lower(text))).collect();
        let files = files
            .iter()
            .map(|(path, text)| SourceFile { path: Arc::from(*path), language: Language::Rust, bytes: text.len() as u64 })
            .collect();
        let project = Project { files, packages, ..Project::default() };
        let modules = RustModules::new(&project, &facts, &|library| library == "shelf");
        (project, modules)
    }

    fn package(root: &str, name: &str, targets: &[(&str, &str, &str)]) -> Package {
        Package {
            root: root.to_owned(),
            name: Some(name.replace('_', "-")),
            crate_name: Some(name.to_owned()),
            targets: targets
                .iter()
                .map(|(name, kind, path)| CargoTarget { name: name.to_string(), kind: kind.to_string(), path: path.to_string() })
                .collect(),
            ..Package::default()
        }
    }

    fn dependency(name: &str, package: Option<&str>, path: Option<&str>) -> Dependency {
        Dependency {
            name: name.to_owned(),
            package: package.map(str::to_owned),
            dev: false,
            path: path.map(str::to_owned),
            manifest: Arc::from("Cargo.toml"),
            span: Default::default(),
        }
    }

    fn file(project: &Project, path: &str) -> FileId {
        FileId(project.files.iter().position(|file| &*file.path == path).unwrap() as u32)
    }

    fn path_of(project: &Project, modules: &RustModules, path: &str) -> String {
        modules.path_of(GlobalDef { file: file(project, path), def: DefId::MODULE })
    }

    #[test]
    fn libraries_that_are_known_stay_outside() {
        let with = |library: &str| {
            let mut app = package("examples/app", "app", &[("app", "lib", "examples/app/src/lib.rs")]);
            app.dependencies.push(dependency(library, None, Some("")));
            let library = package("", library, &[(library, "lib", "src/lib.rs")]);
            let (project, modules) = tree(&[("src/lib.rs", ""), ("examples/app/src/lib.rs", "")], vec![library, app]);
            let root = file(&project, "examples/app/src/lib.rs");
            modules.extern_crate(root, project.packages[0].crate_name.as_deref().unwrap_or_default())
        };
        assert!(matches!(with("other"), ExternCrate::Local(_)));
        assert_eq!(with("shelf"), ExternCrate::External("shelf".to_string()));
    }

    #[test]
    fn declarations_lead_to_files_by_the_compilers_rules() {
        let (project, modules) = tree(
            &[
                ("src/lib.rs", "mod a; pub mod b; mod inline { mod c; } #[path = \"other/x.rs\"] mod d;"),
                ("src/a.rs", "mod deep; mod nested { mod e; #[path = \"f.rs\"] mod f; }"),
                ("src/a/deep.rs", ""),
                ("src/a/nested/e.rs", ""),
                ("src/a/nested/f.rs", ""),
                ("src/b/mod.rs", "mod g; #[path = \"../up.rs\"] mod h;"),
                ("src/b/g.rs", ""),
                ("src/up.rs", ""),
                ("src/inline/c.rs", ""),
                ("src/other/x.rs", "mod y;"),
                ("src/other/y.rs", ""),
            ],
            vec![package("", "app", &[("app", "lib", "src/lib.rs")])],
        );
        for (path, expected) in [
            ("src/lib.rs", "app"),
            ("src/a.rs", "app::a"),
            ("src/a/deep.rs", "app::a::deep"),
            ("src/a/nested/e.rs", "app::a::nested::e"),
            ("src/a/nested/f.rs", "app::a::nested::f"),
            ("src/b/mod.rs", "app::b"),
            ("src/b/g.rs", "app::b::g"),
            ("src/up.rs", "app::b::h"),
            ("src/inline/c.rs", "app::inline::c"),
            ("src/other/x.rs", "app::d"),
            ("src/other/y.rs", "app::d::y"),
        ] {
            assert_eq!(path_of(&project, &modules, path), expected, "{path}");
        }
        assert!(modules.unreached().is_empty());
        assert!(modules.missing().is_empty());
    }

    #[test]
    fn parents_and_children_are_walked_both_ways() {
        let (project, modules) = tree(
            &[("src/lib.rs", "mod a; mod b { pub mod c {} }"), ("src/a.rs", "")],
            vec![package("", "app", &[("app", "lib", "src/lib.rs")])],
        );
        let root = GlobalDef { file: file(&project, "src/lib.rs"), def: DefId::MODULE };
        let a = modules.child(root, "a").unwrap();
        let c = modules.child(modules.child(root, "b").unwrap(), "c").unwrap();
        assert_eq!(modules.path_of(c), "app::b::c");
        assert_eq!(modules.parent(modules.parent(c).unwrap()), Some(root));
        assert_eq!(modules.root_of(a.file), Some(root));
        assert_eq!(modules.parent(root), None);
        assert_eq!(modules.child(root, "none"), None);
    }

    #[test]
    fn a_file_of_two_crates_belongs_to_the_library() {
        let (project, modules) = tree(
            &[("src/a.rs", "mod b;"), ("src/a/b.rs", ""), ("src/lib.rs", "mod a;"), ("src/main.rs", "mod a;")],
            vec![package("", "app", &[("server", "bin", "src/main.rs"), ("app", "lib", "src/lib.rs")])],
        );
        let (library, main) = (file(&project, "src/lib.rs"), file(&project, "src/main.rs"));
        assert_eq!(path_of(&project, &modules, "src/a/b.rs"), "app::a::b");
        assert_eq!(path_of(&project, &modules, "src/main.rs"), "server");
        assert_eq!(modules.root_of(file(&project, "src/a.rs")).map(|root| root.file), Some(library));
        let child = modules.child(GlobalDef { file: main, def: DefId::MODULE }, "a");
        assert_eq!(child.map(|child| child.file), Some(file(&project, "src/a.rs")));
    }

    #[test]
    fn test_modules_are_known() {
        let (project, modules) = tree(
            &[
                ("src/lib.rs", "#[cfg(test)] mod t; mod a { #[cfg(test)] mod tests {} }"),
                ("src/t.rs", "mod u;"),
                ("src/t/u.rs", ""),
                ("tests/api.rs", "mod common;"),
                ("tests/common/mod.rs", ""),
            ],
            vec![package("", "app", &[("app", "lib", "src/lib.rs"), ("api", "test", "tests/api.rs")])],
        );
        let is_test = |path: &str| modules.is_test(GlobalDef { file: file(&project, path), def: DefId::MODULE });
        assert!(!is_test("src/lib.rs"));
        assert!(is_test("src/t/u.rs"));
        assert!(is_test("tests/common/mod.rs"));
        let root = GlobalDef { file: file(&project, "src/lib.rs"), def: DefId::MODULE };
        let a = modules.child(root, "a").unwrap();
        assert!(!modules.is_test(a));
        assert!(modules.is_test(modules.child(a, "tests").unwrap()));
    }

    #[test]
    fn crates_are_local_external_or_unknown() {
        let mut server = package("server", "server", &[("server", "lib", "server/src/lib.rs"), ("run", "bin", "server/src/main.rs")]);
        server.dependencies = vec![
            dependency("axum", None, None),
            dependency("db", Some("my-database"), Some("database")),
            dependency("json", Some("serde-json"), None),
            dependency("gone", None, Some("elsewhere")),
        ];
        let database = package("database", "my_database", &[("my_database", "lib", "database/src/lib.rs")]);
        let (project, modules) =
            tree(&[("database/src/lib.rs", ""), ("server/src/lib.rs", ""), ("server/src/main.rs", "")], vec![database, server]);
        let main = file(&project, "server/src/main.rs");
        let local = |path: &str| ExternCrate::Local(GlobalDef { file: file(&project, path), def: DefId::MODULE });
        assert_eq!(modules.extern_crate(main, "axum"), ExternCrate::External("axum".into()));
        assert_eq!(modules.extern_crate(main, "db"), local("database/src/lib.rs"));
        assert_eq!(modules.extern_crate(main, "json"), ExternCrate::External("serde_json".into()));
        assert_eq!(modules.extern_crate(main, "gone"), ExternCrate::External("gone".into()));
        assert_eq!(modules.extern_crate(main, "server"), local("server/src/lib.rs"));
        assert_eq!(modules.extern_crate(main, "std"), ExternCrate::External("std".into()));
        assert_eq!(modules.extern_crate(main, "handlers"), ExternCrate::Unknown);
        assert_eq!(modules.extern_crate(file(&project, "database/src/lib.rs"), "axum"), ExternCrate::Unknown);
    }

    #[test]
    fn files_that_no_root_leads_to_are_listed_and_named_by_folder() {
        let (project, modules) = tree(
            &[("src/lib.rs", "mod gone;"), ("src/old/mod.rs", "mod part; mod old2 {}"), ("src/old/part.rs", ""), ("templates/a-b.rs", "")],
            vec![package("", "app", &[("app", "lib", "src/lib.rs")])],
        );
        let unreached: Vec<&str> = modules.unreached().iter().map(|&file| &*project.files[file.index()].path).collect();
        assert_eq!(unreached, ["src/old/mod.rs", "src/old/part.rs", "templates/a-b.rs"]);
        assert_eq!(path_of(&project, &modules, "src/old/mod.rs"), "app::old");
        assert_eq!(path_of(&project, &modules, "src/old/part.rs"), "app::old::part");
        assert_eq!(path_of(&project, &modules, "templates/a-b.rs"), "app::templates::a_b");
        assert_eq!(modules.missing().len(), 1);
        let root = GlobalDef { file: file(&project, "src/lib.rs"), def: DefId::MODULE };
        assert_eq!(modules.root_of(file(&project, "src/old/part.rs")), Some(root));
    }

    #[test]
    fn without_a_manifest_the_usual_files_are_roots() {
        let (project, modules) = tree(&[("my-app/src/main.rs", "mod a;"), ("my-app/src/a.rs", "")], vec![]);
        assert_eq!(path_of(&project, &modules, "my-app/src/a.rs"), "my_app::a");
        let (project, modules) = tree(&[("snippet.rs", "mod x {}")], vec![]);
        let file = file(&project, "snippet.rs");
        assert_eq!(modules.root_of(file), Some(GlobalDef { file, def: DefId::MODULE }));
        assert_eq!(path_of(&project, &modules, "snippet.rs"), "snippet");
    }

    #[test]
    fn files_that_declare_each_other_end() {
        let (project, modules) = tree(
            &[("a.rs", "#[path = \"b.rs\"] mod b; #[path = \"a.rs\"] mod a;"), ("b.rs", "#[path = \"a.rs\"] mod a;"), ("lib.rs", "")],
            vec![package("", "app", &[("app", "lib", "lib.rs")])],
        );
        assert_eq!(path_of(&project, &modules, "b.rs"), "app::a::b");
        let (project, modules) = tree(&[("lib.rs", "mod a;"), ("a.rs", "#[path = \"lib.rs\"] mod again;")], vec![]);
        assert_eq!(path_of(&project, &modules, "a.rs"), "crate::a");
    }
}
