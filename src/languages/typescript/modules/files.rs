//! The project as a file system for the resolver: the walked files below a made-up root, as they would look installed and built.
//!
//! - `node_modules/<workspace package>/…` is that package's folder, as a package manager would link it.
//! - A file of a build that has not run (`dist/x.js`) is the source it would be built from (`src/x.ts`).

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oxc_resolver::{FileMetadata, FileSystem, ResolveError};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::finding::SkipReason;
use crate::model::project::Project;
use crate::model::source::{Family, FileId};

use super::configs::{Configs, NodePackage, is_below, nearest, package_name};

/// Where the project lies for the resolver. No path of the machine goes in or comes out.
const ROOT: &str = if cfg!(windows) { "C:\\project" } else { "/project" };

/// Folders that builds write to when no tsconfig says so.
const OUTPUTS: &[&str] = &["dist", "build", "lib", "out", "es", "cjs", "esm"];

/// Folders of one build output beside others: `dist/esm/x.js`.
const FORMATS: &[&str] =
    &["esm", "cjs", "es", "module", "commonjs", "node", "browser", "types", "src", "default", "production", "development"];

/// A path of the project as the resolver sees it.
pub(super) fn absolute(path: &str) -> PathBuf {
    let mut absolute = PathBuf::from(ROOT);
    absolute.extend(path.split('/').filter(|part| !part.is_empty()));
    absolute
}

/// [`absolute`] as text, for `extends` in a tsconfig.
pub(super) fn virtual_path(path: &str) -> String {
    absolute(path).to_string_lossy().into_owned()
}

/// The folder a path stands in; empty for the root.
pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// `path` seen from `folder`, with `.` and `..` resolved.
pub(super) fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// What stands at a path.
enum Entry {
    /// A file, by its real path.
    File(String),
    Folder,
}

/// The file system the resolver sees.
pub(super) struct ProjectFiles {
    /// All known files; source files with their id.
    files: FxHashMap<Arc<str>, Option<FileId>>,
    folders: FxHashSet<String>,
    texts: FxHashMap<String, String>,
    packages: BTreeMap<String, NodePackage>,
    workspace: FxHashMap<String, String>,
    scopes: FxHashSet<String>,
    /// Files that were left out because a tool wrote them.
    generated: FxHashSet<Arc<str>>,
    /// Symbolic links inside the project, to where they lead.
    links: BTreeMap<Arc<str>, Arc<str>>,
    /// Folders that hold something by which specifiers of packages and aliases are resolved.
    homes: FxHashSet<String>,
}

impl ProjectFiles {
    pub(super) fn of(project: &Project, configs: Configs) -> ProjectFiles {
        let Configs { texts, packages, workspace, .. } = configs;
        let mut files: FxHashMap<Arc<str>, Option<FileId>> = FxHashMap::default();
        files.extend(project.skipped.values().flatten().map(|path| (path.clone(), None)));
        files.extend(project.texts.iter().map(|text| (text.path.clone(), None)));
        let mut configs: Vec<&String> = texts.keys().collect();
        configs.sort_unstable();
        files.extend(configs.into_iter().map(|path| (Arc::from(path.as_str()), None)));
        for (at, file) in project.files.iter().enumerate().filter(|(_, file)| file.language.family() == Family::TypeScript) {
            files.insert(file.path.clone(), Some(FileId(at as u32)));
        }
        let mut folders = FxHashSet::default();
        let mut paths: Vec<&Arc<str>> = files.keys().collect();
        paths.sort_unstable();
        for path in paths {
            let mut folder = folder_of(path);
            while folders.insert(folder.to_owned()) && !folder.is_empty() {
                folder = folder_of(folder);
            }
        }
        let mut names: Vec<&String> = workspace.keys().collect();
        names.sort_unstable();
        let scopes = names.into_iter().filter(|name| name.starts_with('@')).map(|name| folder_of(name).to_owned()).collect();
        let generated = project.skipped.get(&SkipReason::Generated).into_iter().flatten().cloned().collect();
        let links = project.links.iter().cloned().collect();
        let configured = texts.keys().map(|path| folder_of(path));
        let installed = folders.iter().filter(|folder| folder.rsplit('/').next() == Some("node_modules")).map(|folder| folder_of(folder));
        let homes = configured.chain(installed).map(str::to_owned).collect();
        ProjectFiles { files, folders, texts, packages, workspace, scopes, generated, links, homes }
    }

    /// True for a file that is there but was left out because a tool wrote it.
    pub(super) fn is_generated(&self, path: &str) -> bool {
        self.generated.contains(path)
    }

    /// The nearest folder, from this one upward, that holds something by which specifiers of packages and aliases are resolved; the root otherwise.
    pub(super) fn home_of<'f>(&self, mut folder: &'f str) -> &'f str {
        while !folder.is_empty() && !self.homes.contains(folder) {
            folder = folder_of(folder);
        }
        folder
    }

    /// The source file at a real path.
    pub(super) fn source(&self, path: &str) -> Option<FileId> {
        self.files.get(path).copied().flatten()
    }

    /// The real path of the file the resolver found.
    pub(super) fn file(&self, path: &Path) -> Option<String> {
        match self.entry(path)? {
            Entry::File(path) => Some(path),
            Entry::Folder => None,
        }
    }

    /// The folder of the workspace package a specifier names, and the rest of the specifier.
    pub(super) fn workspace_package<'a>(&self, specifier: &'a str) -> Option<(&str, &'a str)> {
        let (name, rest) = package_name(specifier);
        Some((self.workspace.get(name)?, rest))
    }

    /// The folder of the package a file belongs to.
    pub(super) fn package_root(&self, file: &str) -> Option<&str> {
        nearest(&self.packages, folder_of(file))
    }

    /// True for `src/x` where the package of `file` has a folder `src`: a path from the package's root, as `baseUrl` and test
    /// runners allow.
    pub(super) fn is_folder_of_package(&self, file: &str, specifier: &str) -> bool {
        let Some((first, _)) = specifier.split_once('/') else { return false };
        self.package_root(file).is_some_and(|root| self.folders.contains(join(root, first).as_str()))
    }

    /// True when a package above `file` declares the specifier's package as a dependency.
    pub(super) fn depends_on(&self, file: &str, specifier: &str) -> bool {
        let (name, _) = package_name(specifier);
        let mut folder = folder_of(file);
        while let Some(root) = nearest(&self.packages, folder) {
            if self.packages.get(root).is_some_and(|package| package.dependencies.contains(name)) {
                return true;
            }
            if root.is_empty() {
                return false;
            }
            folder = folder_of(root);
        }
        false
    }

    fn entry(&self, path: &Path) -> Option<Entry> {
        let path = relative(path)?;
        match path.strip_prefix("node_modules") {
            Some("") => Some(Entry::Folder),
            Some(rest) if rest.starts_with('/') => self.installed(&rest[1..]),
            _ => self.real(&path).or_else(|| self.unbuilt(&path)),
        }
    }

    /// What a package manager would have linked into the root's `node_modules`.
    fn installed(&self, path: &str) -> Option<Entry> {
        if self.scopes.contains(path) {
            return Some(Entry::Folder);
        }
        let (name, rest) = package_name(path);
        let path = join(self.workspace.get(name)?, rest);
        self.real(&path).or_else(|| self.unbuilt(&path))
    }

    fn real(&self, path: &str) -> Option<Entry> {
        if self.files.contains_key(path) {
            return Some(Entry::File(path.to_owned()));
        }
        if self.folders.contains(path) {
            return Some(Entry::Folder);
        }
        self.linked(path).and_then(|path| self.real_file(&path))
    }

    fn real_file(&self, path: &str) -> Option<Entry> {
        match self.files.contains_key(path) {
            true => Some(Entry::File(path.to_owned())),
            false => self.folders.contains(path).then_some(Entry::Folder),
        }
    }

    /// The path with the symbolic link in it followed. Links through links are followed a few times at most.
    fn linked(&self, path: &str) -> Option<String> {
        if self.links.is_empty() {
            return None;
        }
        let mut path = path.to_owned();
        for round in 0..8 {
            let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
            let followed = ends.into_iter().find_map(|end| Some(join(self.links.get(&path[..end])?, &path[end..])));
            match followed {
                Some(followed) => path = followed,
                None => return (round > 0).then_some(path),
            }
        }
        None
    }

    /// True for a subpath that the package's `exports` closes.
    pub(super) fn is_closed(&self, root: &str, subpath: &str) -> bool {
        let fits = |pattern: &String| match pattern.split_once('*') {
            None => pattern == subpath,
            Some((before, after)) => subpath.strip_prefix(before).is_some_and(|rest| rest.ends_with(after)),
        };
        self.packages.get(root).is_some_and(|package| package.closed.iter().any(fits))
    }

    /// What a package's `typesVersions` makes of a subpath, or of the package itself (an empty subpath).
    pub(super) fn types_version(&self, root: &str, subpath: &str) -> Vec<String> {
        let Some(package) = self.packages.get(root) else { return Vec::new() };
        let subpath = if subpath.is_empty() { "index" } else { subpath };
        let target = |(pattern, target): &(String, String)| match pattern.split_once('*') {
            None => (pattern == subpath).then(|| target.clone()),
            Some((before, after)) => {
                let middle = subpath.strip_prefix(before)?.strip_suffix(after)?;
                Some(target.replacen('*', middle, 1))
            }
        };
        package.types_versions.iter().filter_map(target).collect()
    }

    /// The source of a build output that is not there.
    fn unbuilt(&self, path: &str) -> Option<Entry> {
        let (stem, extensions) = buildable(path)?;
        let root = nearest(&self.packages, folder_of(path))?;
        let package = self.packages.get(root)?;
        let inside = stem.strip_prefix(root).map(|rest| rest.trim_start_matches('/'))?;
        let declared = package.outputs.iter().map(|(output, source)| (output.as_str(), source.as_str()));
        let usual = OUTPUTS.iter().map(|&output| (output, "src"));
        declared
            .chain(usual)
            .find_map(|(output, source)| {
                let built = inside.strip_prefix(output)?.strip_prefix('/')?;
                let (first, rest) = built.split_once('/').unwrap_or(("", built));
                let short = FORMATS.contains(&first).then_some(rest);
                let places: Vec<String> = [Some(built), short]
                    .into_iter()
                    .flatten()
                    .flat_map(|built| [join(source, built), join("src", built), built.to_owned()])
                    .map(|place| join(root, &place))
                    .collect();
                // A bundler makes `dist/node.js` of `src/node/index.ts`.
                let indices: Vec<String> = places.iter().map(|place| join(place, "index")).collect();
                places.iter().chain(&indices).find_map(|place| {
                    extensions.iter().map(|extension| format!("{place}{extension}")).find(|candidate| self.source(candidate).is_some())
                })
            })
            .map(Entry::File)
    }

    /// True where the package of `path` builds into a folder above it.
    pub(super) fn is_output(&self, path: &str) -> bool {
        let Some(root) = nearest(&self.packages, folder_of(path)) else { return false };
        let Some(inside) = path.strip_prefix(root).map(|rest| rest.trim_start_matches('/')) else { return false };
        self.packages.get(root).is_some_and(|package| package.outputs.iter().any(|(output, _)| is_below(inside, output)))
    }
}

/// The path of a build output without its extension, and the extensions its source may have.
fn buildable(path: &str) -> Option<(&str, &'static [&'static str])> {
    const SCRIPT: &[&str] = &[".ts", ".tsx", ".js", ".jsx", ".mts", ".mjs", ".cts"];
    const MODULE: &[&str] = &[".mts", ".ts", ".tsx", ".mjs", ".js"];
    const COMMON: &[&str] = &[".cts", ".ts", ".tsx", ".cjs", ".js"];
    let kinds = [(".d.ts", SCRIPT), (".d.mts", MODULE), (".d.cts", COMMON), (".js", SCRIPT), (".mjs", MODULE), (".cjs", COMMON)];
    kinds.into_iter().find_map(|(built, sources)| Some((path.strip_suffix(built)?, sources)))
}

/// A path below the made-up root as a path of the project.
fn relative(path: &Path) -> Option<String> {
    let inside = path.strip_prefix(ROOT).ok()?.to_str()?;
    Some(if cfg!(windows) { inside.replace('\\', "/") } else { inside.to_owned() })
}

fn missing() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

/// Owned by an `Arc`, because the resolvers take their file system by value and share one.
impl FileSystem for SharedFiles {
    fn new() -> SharedFiles {
        SharedFiles(Arc::new(ProjectFiles {
            files: FxHashMap::default(),
            folders: FxHashSet::default(),
            texts: FxHashMap::default(),
            packages: BTreeMap::new(),
            workspace: FxHashMap::default(),
            scopes: FxHashSet::default(),
            generated: FxHashSet::default(),
            links: BTreeMap::new(),
            homes: FxHashSet::default(),
        }))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.read_to_string(path).map(String::into_bytes)
    }

    fn read_to_string(&self, path: &Path) -> io::Result<String> {
        self.0.file(path).and_then(|path| self.0.texts.get(&path).cloned()).ok_or_else(missing)
    }

    fn metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        match self.0.entry(path) {
            Some(Entry::File(_)) => Ok(FileMetadata::new(true, false, false)),
            Some(Entry::Folder) => Ok(FileMetadata::new(false, true, false)),
            None => Err(missing()),
        }
    }

    fn symlink_metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        self.metadata(path)
    }

    fn read_link(&self, _: &Path) -> Result<PathBuf, ResolveError> {
        Err(missing().into())
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_path_buf())
    }
}

/// The handle the resolvers hold.
pub(super) struct SharedFiles(pub(super) Arc<ProjectFiles>);
