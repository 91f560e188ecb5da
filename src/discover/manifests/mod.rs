//! Packages and workspaces from manifests, read as data: nothing is installed, resolved or run.
//!
//! One file per ecosystem; here is what they share. A folder with any manifest is a package; what several manifests of one folder say is merged.
//! A manifest that cannot be parsed is a problem of the run and otherwise as if it were not there.

mod cargo;
mod node;
mod python;

use std::collections::BTreeMap;
use std::sync::Arc;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::walk::file_name;
use crate::model::problem::{Problem, ProblemKind};
use crate::model::project::{Dependency, Package};
use crate::model::source::{Family, Span, below_root};

/// What the manifests of a repository say.
pub(super) struct Manifests {
    pub(super) packages: Vec<Package>,
    pub(super) problems: Vec<Problem>,
}

/// Reads the manifests among `paths` (sorted, relative to the root).
pub(super) fn packages(paths: &[Arc<str>], read: &dyn Fn(&str) -> Option<Arc<str>>) -> Manifests {
    let mut drafts = Drafts::default();
    let mut node = node::Workspaces::default();
    let mut cargo = cargo::Manifests::default();
    for path in paths {
        let Some(kind) = kind_of(path) else { continue };
        let Some(text) = read(path) else { continue };
        match kind {
            Kind::Pyproject => python::pyproject(path, &text, &mut drafts),
            Kind::SetupCfg => python::setup_cfg(path, &text, &mut drafts),
            Kind::SetupPy => python::setup_py(path, &text, &mut drafts),
            Kind::Pipfile => python::pipfile(path, &text, &mut drafts),
            Kind::Requirements => python::requirements(path, &text, &mut drafts),
            Kind::PackageJson => node::package_json(path, &text, &mut drafts, &mut node),
            Kind::PnpmWorkspace => node::pnpm_workspace(path, &text, &mut drafts, &mut node),
            Kind::Lerna => node::lerna(path, &text, &mut node),
            Kind::Cargo => cargo.add(path, &text, &mut drafts),
        }
    }
    cargo.finish(paths, &mut drafts);
    node.finish(&mut drafts);
    python::finish(&mut drafts);
    let mut packages: Vec<Package> = drafts.packages.into_values().collect();
    for package in &mut packages {
        package.dependencies.sort_by(|a, b| (&a.manifest, a.span, &a.name).cmp(&(&b.manifest, b.span, &b.name)));
        package.families.sort();
        package.families.dedup();
        package.workspaces.sort();
        package.workspaces.dedup();
    }
    Manifests { packages, problems: drafts.problems }
}

/// True for names that make their folder a package.
pub(super) fn is_manifest_name(name: &str) -> bool {
    matches!(name, "pyproject.toml" | "setup.py" | "setup.cfg" | "Pipfile" | "package.json" | "Cargo.toml")
}

/// True for every file that [`packages`] reads.
pub(super) fn is_manifest(path: &str) -> bool {
    kind_of(path).is_some()
}

enum Kind {
    Pyproject,
    SetupCfg,
    SetupPy,
    Pipfile,
    Requirements,
    PackageJson,
    PnpmWorkspace,
    Lerna,
    Cargo,
}

fn kind_of(path: &str) -> Option<Kind> {
    match file_name(path) {
        "pyproject.toml" => Some(Kind::Pyproject),
        "setup.cfg" => Some(Kind::SetupCfg),
        "setup.py" => Some(Kind::SetupPy),
        "Pipfile" => Some(Kind::Pipfile),
        "package.json" => Some(Kind::PackageJson),
        "pnpm-workspace.yaml" => Some(Kind::PnpmWorkspace),
        "lerna.json" => Some(Kind::Lerna),
        "Cargo.toml" => Some(Kind::Cargo),
        _ => python::is_requirements(path).then_some(Kind::Requirements),
    }
}

/// Packages in the making, by folder.
#[derive(Default)]
struct Drafts {
    packages: BTreeMap<String, Package>,
    /// uv workspace declarations: folder, member patterns, exclude patterns.
    uv_workspaces: Vec<(String, Vec<String>, Vec<String>)>,
    problems: Vec<Problem>,
}

impl Drafts {
    /// The package of a manifest's folder, which the manifest makes one of `family`.
    fn package(&mut self, folder: &str, manifest: &Arc<str>, family: Family) -> &mut Package {
        let package = self.packages.entry(folder.to_string()).or_default();
        package.root = folder.to_string();
        if !package.manifests.contains(manifest) {
            package.manifests.push(manifest.clone());
        }
        package.families.push(family);
        package
    }

    fn problem(&mut self, path: &Arc<str>, span: Option<Span>, message: String) {
        self.problems.push(Problem::new(ProblemKind::Manifest, span, message).at(path));
    }

    /// The folders that match workspace patterns below `root`, among the folders that `is_member` accepts.
    fn members(&self, root: &str, include: &[String], exclude: &[String], is_member: impl Fn(&Package) -> bool) -> Vec<String> {
        let (include, exclude) = (patterns(root, include), patterns(root, exclude));
        self.packages
            .values()
            .filter(|package| package.root != root && is_member(package))
            .filter(|package| include.is_match(&package.root) && !exclude.is_match(&package.root))
            .map(|package| package.root.clone())
            .collect()
    }
}

/// A dependency without path, rename or flags.
fn dependency(name: String, manifest: &Arc<str>, span: Span) -> Dependency {
    Dependency { name, package: None, dev: false, path: None, manifest: manifest.clone(), span }
}

/// The folder a path stands in; empty for the root.
fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// `relative` seen from `folder`, without `.` and `..`; `None` when it leaves the root.
fn resolve(folder: &str, relative: &str) -> Option<String> {
    if relative.starts_with('/') {
        return None;
    }
    below_root(folder, &relative.replace('\\', "/"))
}

/// Workspace patterns (`packages/*`, `apps/**`, `tool`) below `root` as one matcher of folders. A pattern that is no glob matches nothing.
fn patterns(root: &str, patterns: &[String]) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let pattern = pattern.trim_end_matches('/');
        // `**` at the end names the folders below it, at any depth.
        let Some(path) = resolve(root, pattern) else { continue };
        if let Ok(glob) = GlobBuilder::new(&path).literal_separator(true).build() {
            set.add(glob);
        }
    }
    set.build().unwrap_or_else(|_| GlobSet::empty())
}

/// Parses TOML as far as it goes; each error becomes a problem of the manifest.
fn parse_toml<'t>(path: &Arc<str>, text: &'t str, drafts: &mut Drafts) -> Spanned<DeTable<'t>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    // One problem a file: what follows the first error is mostly its echo.
    if let Some(error) = errors.first() {
        let span = error.span().map(|span| Span::new(span.start, span.end));
        drafts.problem(path, span, format!("not valid TOML: {}", error.message()));
    }
    table
}

/// The table at the end of a path of keys.
fn table_at<'a, 't>(table: &'a DeTable<'t>, keys: &[&str]) -> Option<&'a DeTable<'t>> {
    keys.iter().try_fold(table, |table, &key| table.get(key)?.get_ref().as_table())
}

/// The value at the end of a path of keys.
fn value_at<'a, 't>(table: &'a DeTable<'t>, keys: &[&str]) -> Option<&'a Spanned<DeValue<'t>>> {
    let (last, tables) = keys.split_last()?;
    table_at(table, tables)?.get(*last)
}

/// The string at the end of a path of keys.
fn string_at<'a>(table: &'a DeTable<'_>, keys: &[&str]) -> Option<&'a str> {
    value_at(table, keys)?.get_ref().as_str()
}

/// The strings of an array (or a lone string) at the end of a path of keys, with their spans.
fn strings_at<'a>(table: &'a DeTable<'_>, keys: &[&str]) -> Vec<(&'a str, Span)> {
    value_at(table, keys).map(strings).unwrap_or_default()
}

fn strings<'a>(value: &'a Spanned<DeValue<'_>>) -> Vec<(&'a str, Span)> {
    match value.get_ref() {
        DeValue::String(text) => vec![(&**text, span_of(value))],
        DeValue::Array(items) => items.iter().filter_map(|item| Some((item.get_ref().as_str()?, span_of(item)))).collect(),
        _ => Vec::new(),
    }
}

fn owned(strings: Vec<(&str, Span)>) -> Vec<String> {
    strings.into_iter().map(|(text, _)| text.to_string()).collect()
}

fn span_of<T>(value: &Spanned<T>) -> Span {
    Span::new(value.span().start, value.span().end)
}

/// A test's repository: (path, text) pairs in memory.
#[cfg(test)]
fn from_files(files: &[(&str, &str)]) -> Manifests {
    let map: BTreeMap<&str, &str> = files.iter().copied().collect();
    let paths: Vec<Arc<str>> = map.keys().map(|&path| Arc::from(path)).collect();
    packages(&paths, &|path| map.get(path).map(|&text| Arc::from(text)))
}

/// A test's view of the dependencies: `name`, with marks for what differs from the plain case.
#[cfg(test)]
fn dependency_names(package: &Package) -> Vec<String> {
    let shown = |dependency: &Dependency| {
        let mut text = dependency.name.clone();
        if let Some(package) = &dependency.package {
            text += &format!(" as {package}");
        }
        if let Some(path) = &dependency.path {
            text += &format!(" at {path}");
        }
        if dependency.dev {
            text += " dev";
        }
        text
    };
    package.dependencies.iter().map(shown).collect()
}
