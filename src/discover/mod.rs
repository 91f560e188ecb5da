//! Stage 1: paths, manifests, packages; the language of each file; what is left out and why.
//!
//! Discovery decides by path and by manifest. What only the content can tell (generated headers, minified or binary content) is
//! found by [`read`], which the engine calls in its parallel pass. Nothing is installed, run or fetched, and nothing is dropped in silence:
//! what is left out stands in [`Project::skipped`] by reason. Files the user's own ignore files or `exclude` name are not counted.

mod bundled;
mod committed;
mod ignores;
mod manifests;
pub mod render;
mod skip;
mod source_roots;
pub mod stack;
mod text;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::model::finding::SkipReason;
use crate::model::problem::{Problem, ProblemKind};
use crate::model::project::{Package, Project, TextFile};
use crate::model::source::{Language, SourceFile};

pub use text::{judge, judge_text, read, read_text};

/// How to look at the file tree.
#[derive(Clone, Debug)]
pub struct DiscoverOptions {
    /// Patterns in `.gitignore` syntax, relative to the root.
    pub exclude: Vec<String>,
    /// Larger files are left out.
    pub max_bytes: u64,
    /// Threads of the walk; zero lets the walker choose.
    pub threads: usize,
}

/// The default of [`DiscoverOptions::max_bytes`]: 1 MiB. Larger source files are data or bundles.
pub const MAX_BYTES: u64 = 1 << 20;

/// Rust is neither bundled nor kept for its data: of its files more is written by hand.
const MORE_OF_RUST: u64 = 2;

/// The largest file that is read.
fn most_bytes(most: u64, language: Option<Language>) -> u64 {
    if language == Some(Language::Rust) { most * MORE_OF_RUST } else { most }
}

impl Default for DiscoverOptions {
    fn default() -> DiscoverOptions {
        DiscoverOptions { exclude: Vec::new(), max_bytes: MAX_BYTES, threads: 0 }
    }
}

/// The repository below `root`. Never fails: what could not be read is among the problems.
pub fn discover(root: &Path, options: &DiscoverOptions) -> Project {
    let walked = walk::walk(root, options);
    let mut project = Project { problems: walked.problems, links: walked.inner_links, ..Project::default() };
    for path in walked.links {
        project.skipped.entry(SkipReason::Link).or_default().push(path);
    }
    for path in walked.unreadable {
        project.skipped.entry(SkipReason::Unreadable).or_default().push(path);
    }
    let left_out = skip::by_path(&walked.entries);
    let mut kept: Vec<Arc<str>> = Vec::new();
    for (entry, reason) in walked.entries.into_iter().zip(left_out) {
        let language = Language::of_path(&entry.path);
        let text = language.is_none() && walk::is_text(&entry.path);
        let is_large = entry.bytes > most_bytes(options.max_bytes, language);
        let reason = reason.or_else(|| (is_large && (language.is_some() || text)).then_some(SkipReason::TooLarge));
        match (reason, language) {
            // Only source code counts as left out for being vendored or generated: nobody misses a vendored YAML file.
            (Some(reason), language) if language.is_some() || reason == SkipReason::TooLarge => {
                project.skipped.entry(reason).or_default().push(entry.path);
            }
            (Some(_), _) => {}
            (None, Some(language)) => {
                kept.push(entry.path.clone());
                project.files.push(SourceFile { path: entry.path, language, bytes: entry.bytes });
            }
            (None, None) => {
                kept.push(entry.path.clone());
                if text {
                    project.texts.push(TextFile { path: entry.path, bytes: entry.bytes });
                }
            }
        }
    }
    for paths in project.skipped.values_mut() {
        paths.sort();
        paths.dedup();
    }
    describe(root, &kept, &mut project);
    project
}

/// What is there to be looked at, for whoever watches it. Both are sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// All files and links that may matter; read or not, left out or not.
    pub files: Vec<Arc<str>>,
    /// The folders they may be in; the root is the empty path.
    pub folders: Vec<Arc<str>>,
}

/// Lists what [`discover`] would look at.
pub fn listing(root: &Path, options: &DiscoverOptions) -> Listing {
    let walked = walk::walk(root, options);
    let mut files: Vec<Arc<str>> = walked.entries.into_iter().map(|entry| entry.path).collect();
    files.extend(walked.links.into_iter().chain(walked.unreadable).chain(walked.inner_links.into_iter().map(|(path, _)| path)));
    files.sort();
    files.dedup();
    // Settings that are committed all the same may lie in folders that are ignored.
    let mut folders = walked.folders;
    folders.extend(files.iter().filter_map(|path| Some(Arc::from(path.rsplit_once('/')?.0))));
    folders.sort();
    folders.dedup();
    Listing { files, folders }
}

/// Whether a file or folder with this name, in a folder that is looked at, may be looked at itself; ignore files aside.
pub fn may_matter(name: &str, is_folder: bool) -> bool {
    !walk::is_hidden_name(name, is_folder) && (is_folder || walk::is_looked_at(name))
}

/// True for files whose change may alter packages, module resolution or what is left out.
pub fn is_structural(path: &str) -> bool {
    let name = walk::file_name(path);
    manifests::is_manifest(path)
        || walk::is_resolution_file(path)
        || name.ends_with("ignore")
        || name == "stack.yaml"
        || name.contains("archcheck") && Language::of_path(name).is_none()
}

/// True for files that are looked at at all: source code, texts that rules read, manifests.
pub fn is_of_interest(path: &str) -> bool {
    Language::of_path(path).is_some() || walk::is_text(path) || is_structural(path)
}

/// Fills in what manifests say: packages and `stack/stack.yaml`.
fn describe(root: &Path, kept: &[Arc<str>], project: &mut Project) {
    let read = |path: &str| read_text(root, path).ok();
    let found = manifests::packages(kept, &read);
    project.packages = found.packages;
    project.problems.extend(found.problems);
    for path in ["stack/stack.yaml", "stack/stack.yml"] {
        if kept.iter().any(|known| &**known == path)
            && let Some(text) = read(path)
        {
            match stack::declared(&text) {
                Ok(declared) => project.stack = declared,
                Err(message) => project.problems.push(Problem::new(ProblemKind::Manifest, None, message).at(&Arc::from(path))),
            }
        }
    }
    add_root_package(project);
    add_families(project);
    source_roots::fill(project);
    project.problems.sort();
}

/// A file that stands under no manifest belongs to the root.
fn add_root_package(project: &mut Project) {
    let uncovered = project.files.iter().any(|file| project.package_of(&file.path).is_none());
    if uncovered || project.packages.is_empty() {
        project.packages.insert(0, Package::default());
    }
}

/// A package speaks the languages of its manifests and of its files.
fn add_families(project: &mut Project) {
    let mut families: BTreeMap<usize, BTreeSet<_>> = BTreeMap::new();
    for file in &project.files {
        if let Some(package) = project.package_of(&file.path) {
            families.entry(package).or_default().insert(file.language.family());
        }
    }
    for (at, package) in project.packages.iter_mut().enumerate() {
        let mut all: BTreeSet<_> = package.families.iter().copied().collect();
        all.extend(families.remove(&at).unwrap_or_default());
        package.families = all.into_iter().collect();
    }
}

#[cfg(test)]
mod tests;
