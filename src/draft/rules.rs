//! Sentences that all code keeps to already: who alone imports a kind of library, and folders that do not know each other.

use std::collections::{BTreeMap, BTreeSet};

use super::divide::Names;
use super::{Code, Draft, Rule};
use crate::config;
use crate::model::knowledge::FrameworkKind;
use crate::model::program::{ImportTarget, Program};
use crate::model::source::FileId;

/// The kinds of libraries that one or a few parts should have for themselves.
const DOORS: [(&str, &[FrameworkKind], &str); 2] = [
    ("db", &[FrameworkKind::Orm, FrameworkKind::Driver, FrameworkKind::QueryBuilder], "the database"),
    ("web", &[FrameworkKind::Web], "the web framework"),
];

/// Folders whose children are pieces of one kind.
const HOLDERS: [&str; 14] = [
    "features",
    "modules",
    "domains",
    "contexts",
    "apps",
    "plugins",
    "integrations",
    "components",
    "packages",
    "crates",
    "providers",
    "adapters",
    "slices",
    "routers",
];

/// A folder with at least this many children, none of which imports another, holds islands.
const MIN_ISLANDS: usize = 4;

pub(super) fn add(code: &Code, draft: &mut Draft, names: &mut Names) {
    for (name, kinds, what) in DOORS {
        door(code, draft, names, name, kinds, what);
    }
    islands(code, draft, names);
}

/// `only storage may import db`, where at most half of the parts do.
fn door(code: &Code, draft: &mut Draft, names: &mut Names, name: &str, kinds: &[FrameworkKind], what: &str) {
    let of_file = parts_of_files(code, draft);
    let mut packages: BTreeSet<String> = BTreeSet::new();
    let mut users: BTreeSet<&str> = BTreeSet::new();
    for edge in code.program.imports.iter().filter(|edge| edge.kind.is_dependency() && code.files.binary_search(&edge.from).is_ok()) {
        let ImportTarget::External(path) = &edge.target else { continue };
        let Some(package) = package_of_kind(code.program, edge.from, path, kinds) else { continue };
        // Somebody without a part imports it: no sentence can say who may.
        let Some(part) = of_file.get(&edge.from) else { return };
        packages.insert(package);
        users.insert(part);
    }
    let others = draft.parts.len() - users.len();
    if users.is_empty() || users.len() > others || users.len() > 3 {
        return;
    }
    let word = names.of("packages", name);
    let quoted: Vec<String> = packages.iter().map(|package| format!("\"{package}\"")).collect();
    draft.rules.push(Rule {
        name: format!("{word}-behind-one-door"),
        text: format!("only {} may import {word}", users.iter().copied().collect::<Vec<_>>().join(", ")),
        note: format!("{what} is imported nowhere else"),
    });
    draft.parts.push((word, format!("{{ package = [{}] }}", quoted.join(", "))));
}

/// The part of each file, as the written globs give it.
fn parts_of_files<'d>(code: &Code, draft: &'d Draft) -> BTreeMap<FileId, &'d str> {
    let mut found = BTreeMap::new();
    for (name, value) in &draft.parts {
        let globs = value.split('"').skip(1).step_by(2).filter_map(|text| config::glob(text).ok()).map(|glob| glob.compile_matcher());
        let globs: Vec<_> = globs.collect();
        for &file in &code.files {
            if globs.iter().any(|glob| glob.is_match(code.path(file))) {
                found.entry(file).or_insert(name.as_str());
            }
        }
    }
    found
}

/// The package of a framework of these kinds that an import leads to.
fn package_of_kind(program: &Program, from: FileId, path: &str, kinds: &[FrameworkKind]) -> Option<String> {
    let family = program.file(from).language.family();
    let path = path.replace("::", ".");
    let lies_in = |package: &str| path.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']));
    let frameworks = program.knowledge.frameworks.iter().filter(|framework| framework.family == family && kinds.contains(&framework.kind));
    frameworks
        .flat_map(|framework| &framework.packages)
        .filter(|package| lies_in(package))
        .max_by_key(|package| package.len())
        .map(|package| package.replace('"', ""))
}

/// `feature must not import other feature`, for the folder of features (or the like) with the most files whose children do not know each other.
fn islands(code: &Code, draft: &mut Draft, names: &mut Names) {
    let mut folders: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for &file in &code.files {
        let path = code.path(file);
        for (slash, _) in path.match_indices('/') {
            if let Some((child, _)) = path[slash + 1..].split_once('/') {
                *folders.entry(&path[..slash]).or_default().entry(child).or_default() += 1;
            }
        }
    }
    let is_ordered = |folder: &str| draft.orders.iter().any(|order| order.folder == folder);
    let mut best: Option<(usize, &str)> = None;
    for (folder, children) in &folders {
        let files: usize = children.values().sum();
        let has_islands = children.values().filter(|count| **count >= 2).count() >= MIN_ISLANDS;
        let is_plain = !folder.contains(['*', '?', '[', '{', '"', '\\']);
        let is_holder = folder.rsplit('/').next().is_some_and(|last| HOLDERS.contains(&last));
        if has_islands
            && is_holder
            && is_plain
            && !is_ordered(folder)
            && best.is_none_or(|(known, _)| files > known)
            && crossings(code, folder) == 0
        {
            best = Some((files, folder));
        }
    }
    let Some((_, folder)) = best else { return };
    let last = folder.rsplit('/').next().unwrap_or(folder);
    let word = names.of(folder, last.strip_suffix('s').unwrap_or(last));
    let children = folders.get(folder).map_or(0, BTreeMap::len);
    draft.rules.push(Rule {
        name: format!("{word}-islands"),
        text: format!("{word} must not import other {word}"),
        note: format!("none of these {children} folders imports another"),
    });
    draft.parts.push((word, format!("{{ each = \"{folder}/{{name}}\" }}")));
}

/// How many imports lead from one child of a folder to another.
fn crossings(code: &Code, folder: &str) -> usize {
    let child = |file: FileId| {
        let rest = code.path(file).strip_prefix(folder)?.strip_prefix('/')?;
        rest.split_once('/').map(|(child, _)| child)
    };
    let crosses = |from: FileId, to: FileId| child(from).zip(child(to)).is_some_and(|(from, to)| from != to);
    code.imports.iter().filter(|((from, to), _)| crosses(*from, *to)).map(|(_, count)| count).sum()
}
