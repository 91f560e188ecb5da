//! What discovery knows of the repository besides its source text: packages, manifests, dependencies, configuration files.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::finding::SkipReason;
use super::problem::Problem;
use super::source::{Family, SourceFile, Span};

/// One dependency as a manifest declares it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Dependency {
    /// The distribution's name as declared, lower-cased for Python with `_` → `-`; for Rust the name code uses (the rename, `-` → `_`).
    pub name: String,
    /// Where the name of the package itself differs (Rust `package = "…"`), that name.
    pub package: Option<String>,
    /// Development or test dependency.
    pub dev: bool,
    /// A path dependency's folder relative to the root.
    pub path: Option<String>,
    /// The manifest that declares it, and where in it the name stands.
    pub manifest: Arc<str>,
    pub span: Span,
}

/// A compiled target of a Cargo package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CargoTarget {
    /// Name as code writes it (`-` → `_`).
    pub name: String,
    /// `lib`, `bin`, `example`, `test`, `bench`, `build`.
    pub kind: String,
    /// Root file relative to the repository root.
    pub path: String,
}

/// One package: a folder with a manifest (or, with none, the root itself).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Folder relative to the root, without slashes at the ends; empty for the root.
    pub root: String,
    /// Manifest files that make it a package, relative to the root.
    pub manifests: Vec<Arc<str>>,
    /// The name it declares.
    pub name: Option<String>,
    pub families: Vec<Family>,
    pub dependencies: Vec<Dependency>,
    /// Python: folders from which absolute imports start (`src`, the root …), relative to the root, best first.
    pub source_roots: Vec<String>,
    /// Python: those of `source_roots` of which nothing is known but that a script is started there (`manage.py`, `main.py`).
    pub script_roots: Vec<String>,
    /// Rust: crate name as code writes it, and its targets.
    pub crate_name: Option<String>,
    pub edition: Option<String>,
    pub targets: Vec<CargoTarget>,
    /// Folders of the packages that this one's workspace declaration names (Cargo, npm, pnpm, lerna, uv), relative to the root, sorted.
    pub workspaces: Vec<String>,
}

/// A text file that is not source code but that rules read: `.env`, YAML, TOML, JSON, INI, Dockerfile, shell, OpenAPI, DBML, Prisma schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextFile {
    pub path: Arc<str>,
    pub bytes: u64,
}

/// The repository as discovery found it. All lists are sorted by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    pub files: Vec<SourceFile>,
    pub texts: Vec<TextFile>,
    /// Packages, outermost first. A file belongs to the package with the longest root that holds it.
    pub packages: Vec<Package>,
    /// What `stack/stack.yaml` says (`language`, `framework`, `orm`), if there is one.
    pub stack: BTreeMap<String, String>,
    pub skipped: BTreeMap<SkipReason, Vec<Arc<str>>>,
    /// Symbolic links that stay inside the root, and where they lead: `.` and `..` resolved, links in the way followed.
    pub links: Vec<(Arc<str>, Arc<str>)>,
    pub problems: Vec<Problem>,
}

/// So many packages are looked at one by one.
const FEW_PACKAGES: usize = 16;

impl Project {
    /// The index of the package a path belongs to: the one with the longest root above it.
    pub fn package_of(&self, path: &str) -> Option<usize> {
        // Everybody asks for every file: many packages are not walked each time.
        if self.packages.len() > FEW_PACKAGES {
            return self.package_above(path);
        }
        self.packages
            .iter()
            .enumerate()
            .filter(|(_, package)| {
                package.root.is_empty() || path.strip_prefix(package.root.as_str()).is_some_and(|rest| rest.starts_with('/'))
            })
            .max_by_key(|(_, package)| package.root.len())
            .map(|(at, _)| at)
    }

    /// The same, folder by folder upward.
    fn package_above(&self, path: &str) -> Option<usize> {
        let mut folder = path;
        loop {
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
            let found = self.packages.binary_search_by(|package| package.root.as_str().cmp(folder));
            if found.is_ok() || folder.is_empty() {
                return found.ok();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_packages_and_many_own_the_same_files() {
        let roots = ["", "a", "a/b", "a/b-c", "ab"].map(str::to_string).into_iter();
        let mut roots: Vec<String> = roots.chain((0..40).map(|at| format!("p/{at}"))).collect();
        roots.sort();
        let package = |root: &String| Package { root: root.clone(), ..Package::default() };
        let project = Project { packages: roots.iter().map(package).collect(), ..Project::default() };
        let owner = |path: &str| project.package_of(path).map(|at| project.packages[at].root.as_str());
        for (path, root) in [
            ("x.py", ""),
            ("a/x.py", "a"),
            ("a/b/c/x.py", "a/b"),
            ("a/b-c/x.py", "a/b-c"),
            ("abc/x.py", ""),
            ("ab/x", "ab"),
            ("p/7/x", "p/7"),
        ] {
            assert_eq!(owner(path), Some(root), "{path}");
        }
    }
}
