//! Which file an import means, from paths alone.
//!
//! Python finds modules along `sys.path`, which no file of a repository states. What is known are the source roots that
//! manifests declare, and where packages lie. So an absolute import is tried from every folder it could start from, the
//! nearest to the importing file first, and the first folder from which it leads to a file is its root:
//!
//! ```text
//! backend/app/__init__.py
//! backend/app/api/users.py      from app.db import session    → backend/app/db.py, so `backend` is a root
//! ```
//!
//! A folder that is itself a package is no root, or every module would hide the libraries named like its siblings.
//! Nothing is read and nothing is run: `sys.path` changes, `.pth` files and import hooks are not followed.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

pub use super::standard::is_standard;
use crate::model::project::Project;
use crate::model::source::{Family, FileId};

/// What an import leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PythonTarget {
    /// A module, or the `__init__` of a package.
    File(FileId),
    /// A folder without `__init__`: its path from the repository's root (two roots can hold the same dotted name).
    Namespace(String),
    /// Not of this repository: the specifier as written.
    External(String),
    /// Looks like it is of this repository, but there is no such file: the specifier with its dots.
    Unresolved(String),
}

/// The Python modules of a repository.
pub struct PythonModules {
    /// Path without extension (for a package, its folder) → what lies there.
    places: FxHashMap<String, Place>,
    /// Per file of the project; `None` for files of other languages.
    files: Vec<Option<Module>>,
    /// Source roots that manifests declare, package roots and the `src` below them, without duplicates.
    roots: Vec<String>,
    /// Those of `roots` that are only the folder of an entry script: nobody's but its own.
    script_roots: FxHashSet<String>,
    /// Regular packages that serve as a root for this top-level name: most imports of it from inside lead to a file.
    package_roots: FxHashSet<(String, String)>,
    /// Folders without `__init__` inside a regular package that imports reach by its name (`app.controllers.users`): parts of it.
    parts: FxHashSet<String>,
    /// For each name of a folder with Python files in or below it, where such folders lie, by path.
    folders: FxHashMap<String, Vec<String>>,
    /// Import names of declared dependencies (as far as they are named like their distribution).
    dependencies: FxHashSet<String>,
    /// Import names of libraries that are known.
    libraries: FxHashSet<String>,
}

/// Folders in which a library shows how it is used.
const EXAMPLES: &[&str] = &["examples", "example", "demos", "demo", "samples", "docs_src"];

#[derive(Clone, Copy, Default)]
struct Place {
    package: Option<FileId>,
    module: Option<FileId>,
    /// A folder with Python files in or below it.
    folder: bool,
    /// A folder with Python files directly in it.
    has_modules: bool,
}

struct Module {
    /// Path without extension; for `__init__` the folder.
    place: String,
    /// The folder relative imports start from.
    folder: String,
    is_package: bool,
    is_stub: bool,
    name: String,
}

/// How far a specifier leads from one root.
enum Reached {
    /// All the way, to a file or to the folder at this path (`regular`: inside a regular package).
    File(FileId),
    Folder {
        path: String,
        regular: bool,
    },
    /// The top-level name is there, what follows is not.
    Part {
        regular: bool,
    },
    Nothing,
}

impl PythonModules {
    /// Finds the modules of a project. Only paths, source roots and dependencies are looked at.
    pub fn new(project: &Project) -> PythonModules {
        let files: Vec<Option<Module>> = project.files.iter().map(|file| module_of(&file.path, file.language.family())).collect();
        let mut modules = PythonModules {
            places: places_of(&files),
            files,
            roots: roots_of(project),
            script_roots: project.packages.iter().flat_map(|package| &package.script_roots).cloned().collect(),
            package_roots: FxHashSet::default(),
            parts: FxHashSet::default(),
            folders: FxHashMap::default(),
            dependencies: dependencies_of(project),
            libraries: FxHashSet::default(),
        };
        modules.find_folders();
        modules.name_files(project);
        modules
    }

    /// Tells which libraries are known: the examples of one in its own repository use it as everybody does.
    pub fn know<'a>(&mut self, libraries: impl IntoIterator<Item = &'a str>) {
        self.libraries = libraries.into_iter().map(str::to_owned).collect();
    }

    /// The dotted name of a file (`app.services.users`; a package's `__init__` has the package's name). Empty for a package at
    /// the root itself and for files of other languages.
    pub fn module_name(&self, file: FileId) -> &str {
        self.module(file).map_or("", |module| module.name.as_str())
    }

    /// True for the `__init__` of a package.
    pub fn is_package(&self, file: FileId) -> bool {
        self.module(file).is_some_and(|module| module.is_package)
    }

    /// True for `.pyi` files.
    pub fn is_stub(&self, file: FileId) -> bool {
        self.module(file).is_some_and(|module| module.is_stub)
    }

    /// What `import specifier` (or `from specifier import …`) with `level` leading dots means in the file `from`.
    pub fn resolve(&self, from: FileId, level: u8, specifier: &str) -> PythonTarget {
        let Some(module) = self.module(from) else {
            return PythonTarget::External(specifier.to_owned());
        };
        if level > 0 {
            return self.resolve_relative(module, level, specifier);
        }
        self.of_examples(module, specifier, self.resolve_absolute(from, module, specifier))
    }

    /// The module `name` inside a package or namespace, if there is one. A namespace can go on in other source roots.
    pub fn child(&self, target: &PythonTarget, name: &str) -> Option<PythonTarget> {
        match target {
            PythonTarget::File(file) => {
                let module = self.module(*file).filter(|module| module.is_package)?;
                self.target_at(&join(&module.folder, name))
            }
            PythonTarget::Namespace(folder) => {
                let own = self.target_at(&join(folder, name));
                own.or_else(|| self.portions(folder).find_map(|folder| self.target_at(&join(&folder, name))))
            }
            PythonTarget::External(_) | PythonTarget::Unresolved(_) => None,
        }
    }

    /// Renames files by the roots from which imports really reach them. Without this, names start at declared roots and at the
    /// outermost package. Give it the absolute specifiers of all imports.
    pub fn name_by_imports<'a>(&mut self, imports: impl IntoIterator<Item = (FileId, &'a str)> + Clone) {
        self.find_parts(imports.clone());
        self.find_package_roots(imports.clone());
        // Votes for "this folder is reached under that root", by folder: `backend/app` → root length of `backend`.
        let mut votes: FxHashMap<String, FxHashMap<usize, u32>> = FxHashMap::default();
        for (from, specifier) in imports {
            let PythonTarget::File(target) = self.resolve(from, 0, specifier) else { continue };
            let Some(module) = self.module(target) else { continue };
            let suffix = specifier.replace('.', "/");
            let Some(root) = module.place.strip_suffix(suffix.as_str()) else { continue };
            let top = join(root.trim_end_matches('/'), specifier.split('.').next().unwrap_or_default());
            *votes.entry(top).or_default().entry(root.trim_end_matches('/').len()).or_default() += 1;
        }
        for module in self.files.iter_mut().flatten() {
            let best = ancestors_and_self(&module.place)
                .filter_map(|folder| votes.get(folder))
                .flat_map(|roots| roots.iter().map(|(&root, &count)| (count, std::cmp::Reverse(root))))
                .max();
            if let Some((_, std::cmp::Reverse(root))) = best {
                module.name = dotted_below(&module.place, root);
            }
        }
    }

    /// Folders without `__init__` that lie in a regular package and are named with it: `app/controllers`, where there is `app/__init__.py` and
    /// somebody writes `app.controllers.users`. Python looks for nothing in them, so `from graphql import …` beside `app/controllers/graphql/` means
    /// the library.
    fn find_parts<'a>(&mut self, imports: impl IntoIterator<Item = (FileId, &'a str)>) {
        let mut inside: FxHashMap<String, Vec<(&str, &str)>> = FxHashMap::default();
        let folders: FxHashSet<&str> = self.files.iter().flatten().flat_map(|module| ancestors_and_self(&module.folder)).collect();
        for folder in folders.into_iter().filter(|folder| !self.is_package_folder(folder)) {
            let packages = ancestors_and_self(folder).filter(|folder| !folder.is_empty() && self.is_package_folder(folder));
            if let Some(top) = packages.last() {
                inside.entry(dotted_below(folder, parent(top).len())).or_default().push((folder, parent(top)));
            }
        }
        let mut parts = FxHashSet::default();
        for (from, specifier) in imports {
            let Some(module) = self.module(from).filter(|_| !inside.is_empty()) else { continue };
            for (end, _) in specifier.match_indices('.').chain([(specifier.len(), "")]) {
                let named = inside.get(&specifier[..end]).into_iter().flatten();
                parts.extend(named.filter(|(_, root)| is_inside(&module.folder, root)).map(|(folder, _)| (*folder).to_owned()));
            }
        }
        // Roots were guessed from where packages lie; the folder of a script stays one for what is beside it.
        self.roots.retain(|root| !parts.contains(root) || self.script_roots.contains(root));
        self.parts = parts;
    }

    /// A package that is a root too (`backend/__init__.py`, and `from app.db import …` in `backend/app/main.py`), or only holds a folder named like
    /// a library (`from django.db import …` in `celery/contrib/django/task.py`)? The imports themselves tell: ours lead to files.
    fn find_package_roots<'a>(&mut self, imports: impl IntoIterator<Item = (FileId, &'a str)>) {
        let mut votes: FxHashMap<(String, String), i32> = FxHashMap::default();
        for (from, specifier) in imports {
            let (Some(module), Some((top, _))) = (self.module(from), specifier.split_once('.')) else { continue };
            if !self.folders.contains_key(top) {
                continue;
            }
            for root in ancestors_and_self(&module.folder).filter(|root| self.is_package_folder(root) || self.parts.contains(*root)) {
                match self.reach(root, specifier) {
                    Reached::File(file) if file != from => *votes.entry((root.to_owned(), top.to_owned())).or_default() += 1,
                    Reached::Nothing => {}
                    _ => *votes.entry((root.to_owned(), top.to_owned())).or_default() -= 1,
                }
            }
        }
        self.package_roots = votes.into_iter().filter(|(_, votes)| *votes > 0).map(|(root, _)| root).collect();
    }

    fn module(&self, file: FileId) -> Option<&Module> {
        self.files.get(file.index())?.as_ref()
    }

    fn resolve_relative(&self, module: &Module, level: u8, specifier: &str) -> PythonTarget {
        let unresolved = || PythonTarget::Unresolved(format!("{}{specifier}", ".".repeat(level as usize)));
        let mut folder = module.folder.as_str();
        for _ in 1..level {
            if folder.is_empty() {
                return unresolved();
            }
            folder = parent(folder);
        }
        let place = if specifier.is_empty() { folder.to_owned() } else { join(folder, &specifier.replace('.', "/")) };
        self.target_at(&place).unwrap_or_else(unresolved)
    }

    /// The library whose examples these are is what everybody imports, though its code is here.
    fn of_examples(&self, module: &Module, specifier: &str, target: PythonTarget) -> PythonTarget {
        let is_example = |module: &Module| module.folder.split('/').any(|folder| EXAMPLES.contains(&folder));
        let top = specifier.split('.').next().unwrap_or_default();
        match target {
            PythonTarget::File(file)
                if self.libraries.contains(top) && is_example(module) && self.module(file).is_some_and(|own| !is_example(own)) =>
            {
                PythonTarget::External(specifier.to_owned())
            }
            target => target,
        }
    }

    fn resolve_absolute(&self, from: FileId, module: &Module, specifier: &str) -> PythonTarget {
        let top = specifier.split('.').next().unwrap_or_default();
        let is_known = is_standard(top) || self.dependencies.contains(&distribution_name(top));
        let mut best = Best::default();
        for root in ancestors_and_self(&module.folder) {
            let is_root = self.roots.iter().any(|known| known == root);
            // Beside a file of a package's part only a module counts: it could be run as a script.
            let is_part = self.parts.contains(root) && !(module.folder == root && self.is_plain_module(&join(root, top)));
            if (self.is_package_folder(root) || is_part) && !is_root {
                continue;
            }
            // A library's name counts as ours only where Python would really look first: in a declared root or beside a script.
            let is_trusted = !is_known || is_root || self.is_script_folder(root);
            if is_trusted && best.take(self.reach(root, specifier), from, module.is_package) {
                return best.into_target(specifier, is_known);
            }
            best.own |= is_root && is_inside(&module.folder, &join(root, top));
        }
        // Beside its own entry script, a file sees no other script's folder.
        let is_script = ancestors_and_self(&module.folder).any(|folder| self.script_roots.contains(folder));
        for root in self.roots.iter().filter(|root| !is_script || !self.script_roots.contains(*root)) {
            if best.take(self.reach(root, specifier), from, module.is_package) {
                return best.into_target(specifier, is_known);
            }
        }
        if !is_known {
            for root in self.distant_roots(&module.folder, top) {
                match self.reach(root, specifier) {
                    // A folder elsewhere is evidence only if the import leads to a file in it. Folders of stubs describe libraries.
                    Reached::File(file) if !self.is_stub(file) => return PythonTarget::File(file),
                    Reached::Part { regular: true } => best.regular = true,
                    _ => {}
                }
            }
        }
        best.into_target(specifier, is_known)
    }

    /// Roots that are neither plain folders above the importing file nor declared, nearest first: folders elsewhere that hold
    /// the package, and packages above the importing file that serve as a root too (`backend/__init__.py` beside `backend/app/`).
    fn distant_roots(&self, folder: &str, top: &str) -> Vec<&str> {
        let holders = self.folders.get(top).into_iter().flatten().map(String::as_str);
        let serves = |root: &str| is_inside(folder, root) && self.package_roots.contains(&(root.to_owned(), top.to_owned()));
        let is_free = |root: &str| !self.is_package_folder(root) && !self.parts.contains(root);
        let mut roots: Vec<&str> = holders.filter(|root| is_free(root) || serves(root)).collect();
        roots.sort_by_key(|root| (std::cmp::Reverse(shared_folders(root, folder)), root.len(), *root));
        roots
    }

    /// How far `specifier` leads below `root`.
    fn reach(&self, root: &str, specifier: &str) -> Reached {
        let mut path = root.to_owned();
        let mut regular = None;
        for part in specifier.split('.') {
            path = join(&path, part);
            match self.places.get(&path) {
                Some(place) => {
                    regular.get_or_insert(place.package.is_some() || place.module.is_some());
                }
                None => return regular.map_or(Reached::Nothing, |regular| Reached::Part { regular }),
            }
        }
        match self.target_at(&path) {
            Some(PythonTarget::File(file)) => Reached::File(file),
            // Folders named after libraries are common (`python/flask/rules/…`). One that could be a package has modules in it.
            Some(_) if regular == Some(true) => Reached::Folder { path, regular: true },
            Some(_) if self.is_namespace(root, &path) => Reached::Folder { path, regular: false },
            _ => Reached::Part { regular: false },
        }
    }

    fn is_namespace(&self, root: &str, path: &str) -> bool {
        self.places.get(path).is_some_and(|place| place.has_modules) || self.roots.iter().any(|known| known == root)
    }

    /// What lies at a path: a package before a module before a mere folder.
    fn target_at(&self, path: &str) -> Option<PythonTarget> {
        let place = self.places.get(path)?;
        match place.package.or(place.module) {
            Some(file) => Some(PythonTarget::File(file)),
            None => place.folder.then(|| PythonTarget::Namespace(path.to_owned())),
        }
    }

    /// The same namespace in the declared roots: `a/src/company` and `b/src/company`.
    fn portions<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = String> + 'a {
        let below = self.roots.iter().filter_map(move |root| folder.strip_prefix(root.as_str())?.strip_prefix('/'));
        below.flat_map(move |name| self.roots.iter().map(move |root| join(root, name)))
    }

    fn is_package_folder(&self, folder: &str) -> bool {
        self.places.get(folder).is_some_and(|place| place.package.is_some())
    }

    fn is_plain_module(&self, path: &str) -> bool {
        self.places.get(path).is_some_and(|place| place.module.is_some() && place.package.is_none())
    }

    /// True for the root and for folders directly below a declared root: `scripts/run.py` runs with `scripts` first in its path.
    fn is_script_folder(&self, folder: &str) -> bool {
        folder.is_empty() || self.roots.iter().any(|root| root == parent(folder))
    }

    fn find_folders(&mut self) {
        let mut tops: Vec<(String, String)> = Vec::new();
        for module in self.files.iter().flatten() {
            for folder in ancestors_and_self(&module.folder).filter(|folder| !folder.is_empty()) {
                tops.push((last(folder).to_owned(), parent(folder).to_owned()));
            }
        }
        tops.sort();
        tops.dedup();
        for (name, root) in tops {
            self.folders.entry(name).or_default().push(root);
        }
    }

    fn name_files(&mut self, project: &Project) {
        let names: Vec<Option<String>> = self
            .files
            .iter()
            .zip(&project.files)
            .map(|(module, file)| module.as_ref().map(|module| dotted_below(&module.place, self.root_length(project, module, &file.path))))
            .collect();
        for (module, name) in self.files.iter_mut().zip(names) {
            if let (Some(module), Some(name)) = (module, name) {
                module.name = name;
            }
        }
    }

    /// The length of the path of the root a file's name starts from: what holds its outermost package, else the nearest
    /// declared root.
    fn root_length(&self, project: &Project, module: &Module, path: &Arc<str>) -> usize {
        if self.is_package_folder(&module.folder) {
            let top = ancestors_and_self(&module.folder).take_while(|folder| self.is_package_folder(folder)).last();
            return top.map_or(0, |top| parent(top).len());
        }
        let declared = project
            .package_of(path)
            .and_then(|at| project.packages.get(at))
            .into_iter()
            .flat_map(|package| package.source_roots.iter())
            .map(|root| root.trim_matches('/'))
            .chain(self.roots.iter().map(String::as_str));
        declared.filter(|root| is_inside(&module.folder, root)).map(str::len).max().unwrap_or(0)
    }
}

/// The best answer so far while roots are tried.
#[derive(Default)]
struct Best {
    file: Option<FileId>,
    folder: Option<String>,
    /// `folder` lies in a regular package.
    in_package: bool,
    /// The top-level name is a module or package with `__init__`.
    regular: bool,
    /// The importing file lies below a folder of the top-level name.
    own: bool,
}

impl Best {
    /// Takes what one root gave; true when nothing can be better.
    fn take(&mut self, reached: Reached, from: FileId, from_is_package: bool) -> bool {
        match reached {
            // `redis.py` that imports `redis` means the library.
            Reached::File(file) if file == from && !from_is_package => {}
            Reached::File(file) => self.file = Some(file),
            Reached::Folder { path, regular } if self.folder.is_none() || regular && !self.in_package => {
                (self.folder, self.in_package) = (Some(path), regular);
            }
            Reached::Folder { .. } => {}
            Reached::Part { regular } => self.regular |= regular,
            Reached::Nothing => {}
        }
        self.file.is_some()
    }

    fn into_target(self, specifier: &str, is_known: bool) -> PythonTarget {
        match (self.file, self.folder) {
            (Some(file), _) => PythonTarget::File(file),
            (None, Some(path)) if self.in_package => PythonTarget::Namespace(path),
            // An installed package comes before a folder of the same name (PEP 420): `alembic/env.py` does not hide Alembic.
            _ if is_known => PythonTarget::External(specifier.to_owned()),
            (None, Some(path)) => PythonTarget::Namespace(path),
            (None, None) if self.regular || self.own => PythonTarget::Unresolved(specifier.to_owned()),
            (None, None) => PythonTarget::External(specifier.to_owned()),
        }
    }
}

fn module_of(path: &str, family: Family) -> Option<Module> {
    if family != Family::Python {
        return None;
    }
    let (stem, extension) = path.rsplit_once('.')?;
    let folder = parent(stem).to_owned();
    let is_package = last(stem) == "__init__";
    let place = if is_package { folder.clone() } else { stem.to_owned() };
    Some(Module { place, folder, is_package, is_stub: extension == "pyi", name: String::new() })
}

fn places_of(files: &[Option<Module>]) -> FxHashMap<String, Place> {
    let mut places: FxHashMap<String, Place> = FxHashMap::default();
    for (at, module) in files.iter().enumerate() {
        let Some(module) = module else { continue };
        places.entry(module.folder.clone()).or_default().has_modules |= !module.is_package;
        for folder in ancestors_and_self(&module.folder) {
            let place = places.entry(folder.to_owned()).or_default();
            if std::mem::replace(&mut place.folder, true) {
                // Its parents are known too.
                break;
            }
        }
        let place = places.entry(module.place.clone()).or_default();
        let slot = if module.is_package { &mut place.package } else { &mut place.module };
        // `x.py` comes before `x.pyi`.
        if slot.is_none() || !module.is_stub {
            *slot = Some(FileId(at as u32));
        }
    }
    places
}

fn roots_of(project: &Project) -> Vec<String> {
    let mut roots = Vec::new();
    let python = project.packages.iter().filter(|package| package.families.contains(&Family::Python));
    for package in python {
        let root = package.root.trim_matches('/');
        roots.extend(package.source_roots.iter().map(|root| root.trim_matches('/').to_owned()));
        roots.push(root.to_owned());
        roots.push(join(root, "src"));
    }
    roots.push(String::new());
    let mut seen = FxHashSet::default();
    roots.retain(|root| seen.insert(root.clone()));
    roots
}

fn dependencies_of(project: &Project) -> FxHashSet<String> {
    let python = project.packages.iter().filter(|package| package.families.contains(&Family::Python));
    // A path dependency is a package of this repository.
    python
        .flat_map(|package| &package.dependencies)
        .filter(|dependency| dependency.path.is_none())
        .map(|dependency| dependency.name.clone())
        .collect()
}

fn distribution_name(module: &str) -> String {
    module.to_lowercase().replace('_', "-")
}

fn join(folder: &str, name: &str) -> String {
    match (folder.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (_, true) => folder.to_owned(),
        _ => format!("{folder}/{name}"),
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn last(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// `a/b`, `a`, ``.
fn ancestors_and_self(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| (!folder.is_empty()).then(|| parent(folder)))
}

fn is_inside(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// How many leading folders two paths share.
fn shared_folders(a: &str, b: &str) -> usize {
    a.split('/').zip(b.split('/')).take_while(|(a, b)| a == b).count()
}

/// The dotted name of what lies at `place`, counted from a root whose path has this length.
fn dotted_below(place: &str, root: usize) -> String {
    place.get(root..).unwrap_or_default().trim_start_matches('/').replace('/', ".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::project::{Dependency, Package};
    use crate::model::source::{Language, SourceFile, Span};

    /// A project of these files, with a Python package at each of `roots`.
    struct Repository {
        project: Project,
    }

    impl Repository {
        fn new(files: &[&str]) -> Repository {
            let mut files: Vec<&str> = files.to_vec();
            files.sort_unstable();
            let files = files
                .into_iter()
                .filter_map(|path| Some(SourceFile { path: Arc::from(path), language: Language::of_path(path)?, bytes: 0 }))
                .collect();
            Repository { project: Project { files, ..Project::default() } }
        }

        fn package(mut self, root: &str, source_roots: &[&str], dependencies: &[&str]) -> Repository {
            self.project.packages.push(Package {
                root: root.to_owned(),
                families: vec![Family::Python],
                source_roots: source_roots.iter().map(|root| root.to_string()).collect(),
                dependencies: dependencies
                    .iter()
                    .map(|name| Dependency {
                        name: name.to_string(),
                        package: None,
                        dev: false,
                        path: None,
                        manifest: Arc::from("pyproject.toml"),
                        span: Span::default(),
                    })
                    .collect(),
                ..Package::default()
            });
            self
        }

        fn file(&self, path: &str) -> FileId {
            FileId(self.project.files.iter().position(|file| &*file.path == path).expect(path) as u32)
        }

        fn show(&self, target: &PythonTarget) -> String {
            match target {
                PythonTarget::File(file) => self.project.files[file.index()].path.to_string(),
                PythonTarget::Namespace(name) => format!("namespace {name}"),
                PythonTarget::External(name) => format!("external {name}"),
                PythonTarget::Unresolved(name) => format!("unresolved {name}"),
            }
        }

        /// Checks `from import → target` lines; leading dots are the level.
        #[track_caller]
        fn check(&self, cases: &[(&str, &str, &str)]) {
            self.check_with(&[], cases);
        }

        /// What imports lead to where a library is known.
        #[track_caller]
        fn check_knowing(&self, library: &str, cases: &[(&str, &str, &str)]) {
            let mut modules = PythonModules::new(&self.project);
            modules.know([library]);
            for (from, import, expected) in cases {
                assert_eq!(self.show(&modules.resolve(self.file(from), 0, import)), *expected, "{import} in {from}");
            }
        }

        /// As [`Repository::check`], when the project has these imports.
        #[track_caller]
        fn check_with(&self, imports: &[(FileId, &str)], cases: &[(&str, &str, &str)]) {
            let mut modules = PythonModules::new(&self.project);
            modules.name_by_imports(imports.iter().copied());
            for (from, import, expected) in cases {
                let specifier = import.trim_start_matches('.');
                let level = (import.len() - specifier.len()) as u8;
                let target = modules.resolve(self.file(from), level, specifier);
                assert_eq!(self.show(&target), *expected, "{import} in {from}");
            }
        }

        #[track_caller]
        fn names(&self, cases: &[(&str, &str)]) {
            let modules = PythonModules::new(&self.project);
            for (path, name) in cases {
                assert_eq!(modules.module_name(self.file(path)), *name, "{path}");
            }
        }
    }

    #[test]
    fn flat_layout() {
        let repository =
            Repository::new(&["app/__init__.py", "app/db.py", "app/api/__init__.py", "app/api/users.py", "main.py", "tests/test_users.py"]);
        repository.check(&[
            ("main.py", "app", "app/__init__.py"),
            ("main.py", "app.api", "app/api/__init__.py"),
            ("app/api/users.py", "app.db", "app/db.py"),
            ("app/api/users.py", "db", "external db"),
            ("app/api/users.py", "app.missing", "unresolved app.missing"),
            ("tests/test_users.py", "app.api.users", "app/api/users.py"),
            ("app/api/users.py", "fastapi", "external fastapi"),
            ("app/api/users.py", "os.path", "external os.path"),
        ]);
        repository.names(&[
            ("app/api/users.py", "app.api.users"),
            ("app/api/__init__.py", "app.api"),
            ("main.py", "main"),
            ("tests/test_users.py", "tests.test_users"),
        ]);
    }

    #[test]
    fn relative_imports() {
        let repository = Repository::new(&["app/__init__.py", "app/db.py", "app/api/__init__.py", "app/api/users.py", "app/plain/x.py"]);
        repository.check(&[
            ("app/api/users.py", ".", "app/api/__init__.py"),
            ("app/api/users.py", "..", "app/__init__.py"),
            ("app/api/users.py", "..db", "app/db.py"),
            // In a package's own file one dot is the package.
            ("app/api/__init__.py", ".users", "app/api/users.py"),
            ("app/api/__init__.py", "..db", "app/db.py"),
            ("app/api/users.py", ".missing", "unresolved .missing"),
            ("app/api/users.py", "....x", "unresolved ....x"),
            ("app/db.py", ".plain", "namespace app/plain"),
        ]);
    }

    #[test]
    fn source_layout_and_declared_roots() {
        let repository = Repository::new(&["src/shop/__init__.py", "src/shop/db.py", "tests/test_db.py", "lib/extra/__init__.py"]).package(
            "",
            &["lib"],
            &[],
        );
        repository.check(&[
            ("tests/test_db.py", "shop.db", "src/shop/db.py"),
            ("src/shop/db.py", "shop", "src/shop/__init__.py"),
            ("src/shop/db.py", "extra", "lib/extra/__init__.py"),
        ]);
        repository.names(&[("src/shop/db.py", "shop.db")]);
    }

    #[test]
    fn roots_are_inferred_where_no_manifest_says() {
        let repository = Repository::new(&[
            "backend/app/__init__.py",
            "backend/app/db.py",
            "backend/app/api/users.py",
            "scripts/seed.py",
            "backend/manage.py",
        ]);
        repository.check(&[
            ("backend/app/api/users.py", "app.db", "backend/app/db.py"),
            ("backend/manage.py", "app", "backend/app/__init__.py"),
            ("scripts/seed.py", "app.db", "backend/app/db.py"),
            ("scripts/seed.py", "backend.app.db", "backend/app/db.py"),
        ]);
    }

    #[test]
    fn the_same_name_in_two_roots_means_the_own_one() {
        let repository = Repository::new(&[
            "services/a/app/__init__.py",
            "services/a/app/db.py",
            "services/a/app/main.py",
            "services/b/app/__init__.py",
            "services/b/app/db.py",
            "services/b/app/main.py",
            "services/b/tests/test_main.py",
        ]);
        repository.check(&[
            ("services/a/app/main.py", "app.db", "services/a/app/db.py"),
            ("services/b/app/main.py", "app.db", "services/b/app/db.py"),
            ("services/b/tests/test_main.py", "app.db", "services/b/app/db.py"),
        ]);
    }

    #[test]
    fn namespaces() {
        let repository = Repository::new(&["a/app/models/user.py", "a/app/api/users.py", "b/app/models/user.py", "b/app/api/users.py"]);
        repository.check(&[
            ("b/app/api/users.py", "app.models", "namespace b/app/models"),
            ("b/app/api/users.py", "app.models.user", "b/app/models/user.py"),
            ("b/app/api/users.py", "models.user", "b/app/models/user.py"),
        ]);
        let modules = PythonModules::new(&repository.project);
        let models = PythonTarget::Namespace("b/app/models".to_owned());
        let show = |target: Option<PythonTarget>| target.map(|target| repository.show(&target));
        assert_eq!(show(modules.child(&models, "user")).as_deref(), Some("b/app/models/user.py"));
        assert_eq!(show(modules.child(&models, "none")), None);
    }

    #[test]
    fn a_namespace_goes_on_in_other_roots() {
        let repository = Repository::new(&["a/src/company/a/__init__.py", "b/src/company/b/__init__.py", "b/src/company/b/x.py"])
            .package("a", &[], &[])
            .package("b", &[], &[]);
        repository.check(&[
            ("b/src/company/b/x.py", "company", "namespace b/src/company"),
            ("b/src/company/b/x.py", "company.a", "a/src/company/a/__init__.py"),
        ]);
        let modules = PythonModules::new(&repository.project);
        let child = modules.child(&PythonTarget::Namespace("b/src/company".to_owned()), "a");
        assert_eq!(child.map(|target| repository.show(&target)).as_deref(), Some("a/src/company/a/__init__.py"));
    }

    #[test]
    fn folders_named_after_libraries() {
        let repository = Repository::new(&["python/flask/security/hash.py", "python/flask/security/hash_test.py", "docker/build.py"]);
        repository.check(&[
            ("python/flask/security/hash.py", "flask", "external flask"),
            ("python/flask/security/hash.py", "flask.helpers", "external flask.helpers"),
        ]);
    }

    #[test]
    fn children_of_packages() {
        let repository = Repository::new(&["app/__init__.py", "app/db.py", "app/api/users.py"]);
        let modules = PythonModules::new(&repository.project);
        let app = PythonTarget::File(repository.file("app/__init__.py"));
        let show = |target: Option<PythonTarget>| target.map(|target| repository.show(&target));
        assert_eq!(show(modules.child(&app, "db")).as_deref(), Some("app/db.py"));
        assert_eq!(show(modules.child(&app, "api")).as_deref(), Some("namespace app/api"));
        assert_eq!(show(modules.child(&PythonTarget::File(repository.file("app/db.py")), "x")), None);
    }

    #[test]
    fn package_before_module_and_source_before_stub() {
        let repository = Repository::new(&["a.py", "a/__init__.py", "b.py", "b.pyi", "c.pyi", "d.py", "d/x.py", "main.py"]);
        repository.check(&[
            ("main.py", "a", "a/__init__.py"),
            ("main.py", "b", "b.py"),
            ("main.py", "c", "c.pyi"),
            ("main.py", "d", "d.py"),
            ("main.py", "d.x", "d/x.py"),
        ]);
    }

    #[test]
    fn names_of_libraries() {
        let repository = Repository::new(&[
            "io.py",
            "main.py",
            "alembic/env.py",
            "app/cache/redis.py",
            "app/cache/keys.py",
            "scripts/token.py",
            "scripts/run.py",
        ])
        .package("", &[], &["alembic", "redis"]);
        repository.check(&[
            // A script's own folder comes first in the path …
            ("main.py", "io", "io.py"),
            ("scripts/run.py", "token", "scripts/token.py"),
            // … but a namespace package does not, and a plain folder hides no installed package.
            ("app/cache/keys.py", "redis", "external redis"),
            ("app/cache/redis.py", "redis", "external redis"),
            ("alembic/env.py", "alembic", "external alembic"),
            ("alembic/env.py", "alembic.config", "external alembic.config"),
            ("app/cache/keys.py", "app.cache.redis", "app/cache/redis.py"),
        ]);
    }

    #[test]
    fn a_root_that_is_a_package_by_mistake() {
        let repository = Repository::new(&[
            "backend/__init__.py",
            "backend/app/__init__.py",
            "backend/app/db.py",
            "backend/app/main.py",
            "backend/app/stripe.py",
        ]);
        let main = repository.file("backend/app/main.py");
        repository.check_with(
            &[(main, "app.db"), (main, "app.missing"), (main, "app.stripe")],
            &[
                ("backend/app/main.py", "app.db", "backend/app/db.py"),
                ("backend/app/main.py", "app.missing", "unresolved app.missing"),
                ("backend/app/main.py", "backend.app.db", "backend/app/db.py"),
                ("backend/app/main.py", "stripe", "external stripe"),
            ],
        );
    }

    #[test]
    fn a_folder_inside_a_package_is_no_root() {
        let repository = Repository::new(&[
            "app/__init__.py",
            "app/controllers/graphql/__init__.py",
            "app/controllers/graphql/routes.py",
            "app/controllers/users.py",
            "app/controllers/seed.py",
            "app/graphql/__init__.py",
            "app/graphql/errors.py",
        ]);
        let package = repository.file("app/__init__.py");
        repository.check_with(
            &[(package, "app.controllers.users")],
            &[
                ("app/controllers/graphql/routes.py", "graphql", "external graphql"),
                ("app/controllers/users.py", "graphql", "external graphql"),
                ("app/graphql/errors.py", "graphql", "external graphql"),
                ("app/graphql/errors.py", "app.controllers.graphql", "app/controllers/graphql/__init__.py"),
                // Run as a script, it sees what is beside it.
                ("app/controllers/seed.py", "users", "app/controllers/users.py"),
            ],
        );
    }

    #[test]
    fn a_package_that_holds_a_folder_named_like_a_library() {
        let repository = Repository::new(&[
            "shop/__init__.py",
            "shop/links/__init__.py",
            "shop/links/stripe/__init__.py",
            "shop/links/stripe/api.py",
            "shop/links/stripe/util.py",
        ]);
        let util = repository.file("shop/links/stripe/util.py");
        repository.check_with(
            &[(util, "stripe.api"), (util, "stripe.error"), (util, "stripe.webhook")],
            &[
                ("shop/links/stripe/util.py", "stripe", "external stripe"),
                ("shop/links/stripe/util.py", "stripe.error", "external stripe.error"),
                ("shop/links/stripe/util.py", "shop.links.stripe.api", "shop/links/stripe/api.py"),
            ],
        );
    }

    #[test]
    fn a_script_s_folder_is_nobody_else_s() {
        let mut repository =
            Repository::new(&["one/main.py", "one/extra.py", "two/main.py", "tests/test_one.py"]).package("", &["", "one", "two"], &[]);
        repository.project.packages[0].script_roots = vec!["one".to_owned(), "two".to_owned()];
        repository.check(&[
            ("one/main.py", "extra", "one/extra.py"),
            ("two/main.py", "extra", "external extra"),
            ("tests/test_one.py", "extra", "one/extra.py"),
        ]);
    }

    #[test]
    fn folders_inside_regular_packages_are_ours_whatever_is_declared() {
        let repository = Repository::new(&["shop/__init__.py", "shop/main.py", "shop/parts/x.py"]).package("", &[], &["shop"]);
        repository.check(&[("shop/main.py", "shop.parts", "namespace shop/parts"), ("shop/main.py", "shop.parts.x", "shop/parts/x.py")]);
    }

    #[test]
    fn names_follow_the_imports() {
        let repository = Repository::new(&["server/app/api/__init__.py", "server/app/api/users.py", "server/app/db.py", "server/main.py"]);
        let mut modules = PythonModules::new(&repository.project);
        let users = repository.file("server/app/api/users.py");
        assert_eq!(modules.module_name(users), "api.users");
        modules.name_by_imports([(repository.file("server/main.py"), "app.api.users"), (users, "app.db")]);
        assert_eq!(modules.module_name(users), "app.api.users");
        assert_eq!(modules.module_name(repository.file("server/app/db.py")), "app.db");
        assert_eq!(modules.module_name(repository.file("server/main.py")), "server.main");
    }

    #[test]
    fn examples_of_a_library_use_it_as_everybody_does() {
        let repository = Repository::new(&[
            "barge.py",
            "tests/loads.py",
            "examples/quay/app.py",
            "examples/quay/loads.py",
            "examples/own/barge.py",
            "examples/own/app.py",
        ]);
        repository.check_knowing(
            "barge",
            &[
                ("examples/quay/app.py", "barge", "external barge"),
                ("examples/quay/app.py", "loads", "examples/quay/loads.py"),
                ("examples/own/app.py", "barge", "examples/own/barge.py"),
                ("tests/loads.py", "barge", "barge.py"),
            ],
        );
    }

    #[test]
    fn files_of_other_languages_are_no_modules() {
        let repository = Repository::new(&["app/main.py", "app/view.ts"]);
        let modules = PythonModules::new(&repository.project);
        assert_eq!(modules.module_name(repository.file("app/view.ts")), "");
        assert_eq!(modules.resolve(FileId(99), 0, "x"), PythonTarget::External("x".to_owned()));
    }
}
