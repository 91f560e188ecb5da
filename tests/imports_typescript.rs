//! TypeScript's and JavaScript's import graph, form by form.
//!
//! `tests/data/typescript_imports/*.txt` hold small projects. `--- path` begins a file (`--- path -> target` a symbolic link); lines before the
//! first one say what the project shows. What stands after `//>` on a line is every edge that the line makes: kind, `->`, the module's file or what there is instead
//! of one, and `= name` where the definition is another thing than the module. A line without it makes no edge. `ONLY=name` runs one project.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

#[path = "support/folders.rs"]
mod folders;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use archcheck::discover::{DiscoverOptions, discover, read, read_text};
use archcheck::link::{Inputs, link};
use archcheck::lower::lower;
use archcheck::model::facts::{DefId, ImportKind};
use archcheck::model::program::{ImportEdge, ImportTarget, Program};
use archcheck::model::role::GlobalDef;
use archcheck::model::source::LineIndex;
use archcheck::rulebook::Rulebook;
use folders::{fixture_files, written};

/// What each line of each file makes: path and one-based line.
type Edges = BTreeMap<(String, u32), BTreeSet<String>>;

/// Discovers, lowers and links a folder as a run does.
fn edges_of(root: &Path) -> Edges {
    let mut project = discover(root, &DiscoverOptions::default());
    let texts: Vec<Option<Arc<str>>> = project.files.iter().map(|file| read(root, file).ok()).collect();
    let mut readable = texts.iter().map(Option::is_some);
    project.files.retain(|_| readable.next().unwrap());
    let texts: Vec<Arc<str>> = texts.into_iter().flatten().collect();
    let facts: Vec<_> = project.files.iter().zip(&texts).map(|(file, text)| Arc::new(lower(file, text))).collect();
    let manifests: Vec<(Arc<str>, Arc<str>)> =
        project.texts.iter().filter_map(|text| Some((text.path.clone(), read_text(root, &text.path).ok()?))).collect();
    let rulebook = Rulebook::built_in();
    let manifest = |path: &str| manifests.iter().find(|(known, _)| **known == *path).map(|(_, text)| text.to_string());
    let configured = |_: &str| Vec::new();
    let program = link(&Inputs {
        project: &project,
        facts: &facts,
        rulebook: &rulebook,
        manifests: &manifest,
        texts: &manifests,
        configured: &configured,
    });
    let lines: Vec<LineIndex> = texts.iter().map(|text| LineIndex::new(text)).collect();
    let mut edges = Edges::new();
    for edge in &program.imports {
        let line = lines[edge.from.index()].line(edge.span.start) + 1;
        edges.entry((program.path(edge.from).to_string(), line)).or_default().insert(shown(&program, edge));
    }
    edges
}

fn shown(program: &Program, edge: &ImportEdge) -> String {
    let kind = match (edge.kind, edge.re_export) {
        (ImportKind::Load, true) => "re-export",
        (ImportKind::Type | ImportKind::Dropped, true) => "type re-export",
        (ImportKind::Load, false) => "load",
        (ImportKind::Type | ImportKind::Dropped, false) => "type",
        (ImportKind::Deferred, _) => "deferred",
        (ImportKind::String, _) => "string",
        (ImportKind::Test, _) => "test",
    };
    let (target, module) = match &edge.target {
        ImportTarget::Module(module) => (program.path(module.file).to_string(), Some(*module)),
        ImportTarget::Folder(path) => (format!("folder {path}"), None),
        ImportTarget::External(path) => (format!("external {path}"), None),
        ImportTarget::Generated(path) => (format!("generated {path}"), None),
        ImportTarget::Unresolved(path) => (format!("unresolved {path}"), None),
        ImportTarget::Asset => ("asset".to_string(), None),
    };
    let own = |definition: &GlobalDef| Some(*definition) != module;
    match edge.definition.filter(own) {
        Some(definition) if definition.def == DefId::MODULE => format!("{kind} -> {target} = {}", program.modules[definition.file.index()]),
        Some(definition) => format!("{kind} -> {target} = {}", program.qualified_name(definition)),
        None => format!("{kind} -> {target}"),
    }
}

fn stated(files: &[(String, String)]) -> Edges {
    let mut stated = Edges::new();
    for (path, text) in files {
        for (at, line) in text.lines().enumerate() {
            let Some((_, marks)) = line.split_once("//>") else { continue };
            stated.insert((path.clone(), at as u32 + 1), marks.split(';').map(|mark| mark.trim().to_string()).collect());
        }
    }
    stated
}

#[test]
fn every_form_of_import_leads_where_its_project_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/typescript_imports");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let only = std::env::var("ONLY").ok();
    let mut failures = String::new();
    for path in paths {
        let name = path.file_stem().unwrap().to_string_lossy().to_string();
        if only.as_ref().is_some_and(|only| *only != name) || cfg!(not(unix)) && name == "links" {
            continue;
        }
        let files = fixture_files(&fs::read_to_string(&path).unwrap());
        let folder = written(&files);
        let (found, stated) = (edges_of(folder.path()), stated(&files));
        let places: BTreeSet<_> = found.keys().chain(stated.keys()).collect();
        for place in places {
            let (found, stated) = (found.get(place), stated.get(place));
            if found != stated {
                let joined = |edges: Option<&BTreeSet<String>>| {
                    edges.map_or_else(|| "none".to_string(), |edges| edges.iter().cloned().collect::<Vec<_>>().join("; "))
                };
                let _ = writeln!(failures, "{name}: {}:{}\n  stated {}\n  found  {}", place.0, place.1, joined(stated), joined(found));
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}
