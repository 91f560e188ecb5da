//! Python's import graph, form by form, and against what CPython's own `ast` gives.
//!
//! `tests/data/python_imports/*.txt` hold small projects. What stands after `#>` on a line is every edge that the line makes: kind, `->`, the
//! module's file, and `= name` where the definition is another thing than the module. A line without it makes no edge.
//!
//! The oracle, `tests/oracles/python_imports.py`, needs Python 3 and is skipped, saying so, where there is none. It runs on the projects above and
//! on `examples/`; `ARCHCHECK_ORACLE=FOLDER[:FOLDER…] cargo test --test imports_python -- --nocapture` runs it on any folder
//! (`ARCHCHECK_ORACLE_ROOTS=a,b` names the folders from which absolute imports start there), and prints each difference.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
#![allow(clippy::print_stdout, reason = "what a test skips, and the differences it was asked for, are told")]

#[path = "support/folders.rs"]
mod folders;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock};

use archcheck::discover::{DiscoverOptions, discover, read, read_text};
use archcheck::link::{Inputs, link};
use archcheck::lower::lower;
use archcheck::model::facts::ImportKind;
use archcheck::model::program::ImportTarget;
use archcheck::model::source::{FileId, Language, LineIndex};
use archcheck::rulebook::Rulebook;
use folders::{fixture_files, written};

/// One edge of the import graph that leaves a Python file.
struct Row {
    from: String,
    line: u32,
    kind: &'static str,
    target: Target,
    /// A name that a package loads when it is asked for: the oracle does not read such tables.
    is_lazy: bool,
    /// `app.db.User`, when it is not the target itself.
    definition: Option<String>,
}

enum Target {
    File(String),
    External(String),
    Unresolved(String),
    Folder(String),
}

/// A folder's Python files, its declared dependencies, and its edges.
struct Imports {
    files: Vec<String>,
    libraries: Vec<String>,
    rows: Vec<Row>,
}

/// Discovers, lowers and links a folder: what its Python files import.
fn imports_of(root: &Path) -> Imports {
    let mut project = discover(root, &DiscoverOptions::default());
    let texts: Vec<Option<Arc<str>>> = project.files.iter().map(|file| read(root, file).ok()).collect();
    let mut readable = texts.iter().map(Option::is_some);
    project.files.retain(|_| readable.next().unwrap());
    let texts: Vec<Arc<str>> = texts.into_iter().flatten().collect();
    let facts: Vec<_> = project.files.iter().zip(&texts).map(|(file, text)| Arc::new(lower(file, text))).collect();
    let manifests: BTreeMap<Arc<str>, Arc<str>> =
        project.texts.iter().filter_map(|text| Some((text.path.clone(), read_text(root, &text.path).ok()?))).collect();
    let texts_of_others: Vec<_> = manifests.iter().map(|(path, text)| (path.clone(), text.clone())).collect();
    static RULEBOOK: LazyLock<Rulebook> = LazyLock::new(Rulebook::built_in);
    let manifest = |path: &str| manifests.get(path).map(|text| text.to_string());
    let program = link(&Inputs {
        project: &project,
        facts: &facts,
        rulebook: &RULEBOOK,
        manifests: &manifest,
        texts: &texts_of_others,
        configured: &|_| Vec::new(),
    });
    let lines: Vec<LineIndex> = texts.iter().map(|text| LineIndex::new(text)).collect();
    let is_python = |file: FileId| project.files[file.index()].language == Language::Python;
    let python = project.files.iter().filter(|file| file.language == Language::Python).map(|file| file.path.to_string()).collect();
    let edges = program.imports.iter().filter(|edge| is_python(edge.from));
    let rows = edges.map(|edge| {
        let (target, module) = match &edge.target {
            ImportTarget::Module(module) => (Target::File(program.path(module.file).to_string()), Some(*module)),
            ImportTarget::External(path) => (Target::External(path.clone()), None),
            ImportTarget::Unresolved(path) | ImportTarget::Generated(path) => (Target::Unresolved(path.clone()), None),
            ImportTarget::Folder(path) => (Target::Folder(path.clone()), None),
            ImportTarget::Asset => (Target::External("asset".to_string()), None),
        };
        Row {
            from: program.path(edge.from).to_string(),
            line: lines[edge.from.index()].line(edge.span.start) + 1,
            kind: kind_name(edge.kind),
            is_lazy: edge.re_export,
            target,
            definition: edge.definition.filter(|def| Some(*def) != module).map(|def| program.qualified_name(def)),
        }
    });
    let dependencies = project.packages.iter().flat_map(|package| &package.dependencies).filter(|dependency| dependency.path.is_none());
    let libraries = dependencies.map(|dependency| dependency.name.replace('-', "_")).collect();
    Imports { files: python, libraries, rows: rows.collect() }
}

fn kind_name(kind: ImportKind) -> &'static str {
    match kind {
        ImportKind::Load => "load",
        ImportKind::Type | ImportKind::Dropped => "type",
        ImportKind::Deferred => "deferred",
        ImportKind::String => "string",
        ImportKind::Test => "test",
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        match &self.target {
            Target::File(path) => write!(out, "{} -> {path}", self.kind)?,
            Target::External(path) => write!(out, "{} -> external {path}", self.kind)?,
            Target::Unresolved(path) => write!(out, "{} -> unresolved {path}", self.kind)?,
            Target::Folder(path) => write!(out, "{} -> folder {path}", self.kind)?,
        }
        match &self.definition {
            Some(definition) => write!(out, " = {definition}"),
            None => Ok(()),
        }
    }
}

/// One of the small projects.
struct Fixture {
    name: String,
    files: Vec<(String, String)>,
    /// False where it says `oracle: no`: CPython's parser of today does not know the syntax.
    has_oracle: bool,
}

fn fixtures() -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/python_imports");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().to_string();
    let only = std::env::var("ONLY").ok();
    let wanted = paths.iter().filter(|path| only.as_ref().is_none_or(|only| *only == name(path)));
    let fixture = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        Fixture { name: name(path), files: fixture_files(&text), has_oracle: !text.contains("\noracle: no\n") }
    };
    wanted.map(fixture).collect()
}

#[test]
fn every_form_of_import_leads_where_its_fixture_says() {
    let mut failures = String::new();
    for Fixture { name, files, .. } in fixtures() {
        let folder = written(&files);
        let Imports { rows, .. } = imports_of(folder.path());
        let mut found: BTreeMap<(String, u32), BTreeSet<String>> = BTreeMap::new();
        for row in &rows {
            found.entry((row.from.clone(), row.line)).or_default().insert(row.to_string());
        }
        let mut expected: BTreeMap<(String, u32), BTreeSet<String>> = BTreeMap::new();
        for (path, text) in &files {
            for (at, line) in text.lines().enumerate() {
                let Some((_, marks)) = line.split_once("#>") else { continue };
                let marks = marks.split(';').map(|mark| mark.trim().to_string());
                expected.insert((path.clone(), at as u32 + 1), marks.collect());
            }
        }
        let places: BTreeSet<_> = found.keys().chain(expected.keys()).collect();
        for place in places {
            let (found, expected) = (found.get(place), expected.get(place));
            if found != expected {
                let shown = |edges: Option<&BTreeSet<String>>| {
                    edges.map_or_else(|| "none".to_string(), |edges| edges.iter().cloned().collect::<Vec<_>>().join("; "))
                };
                let _ = writeln!(failures, "{name}: {}:{}\n  stated {}\n  found  {}", place.0, place.1, shown(expected), shown(found));
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

/// PEP 263 and byte order marks: the text is decoded, and its imports are found.
#[test]
fn files_in_other_encodings_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &[u8]| fs::write(folder.path().join(path), text).unwrap();
    write("names.py", b"name = 1\n");
    write("marked.py", b"\xef\xbb\xbfimport names\n");
    write("japanese.py", b"# -*- coding: shift_jis -*-\n# \x83\x65\x83\x58\x83\x67\nimport names\n");
    write("western.py", b"#!/usr/bin/env python\n# coding: latin-1\n# \xe9\nfrom names import name\n");
    let found: Vec<String> = imports_of(folder.path()).rows.iter().map(|row| format!("{}:{} {row}", row.from, row.line)).collect();
    assert_eq!(found, ["japanese.py:3 load -> names.py", "marked.py:1 load -> names.py", "western.py:4 load -> names.py = names.name"]);
    if let Some(python) = python() {
        assert_eq!(compare(python, folder.path(), &[]), (3, Vec::new()));
    }
}

/// What the oracle says of a folder.
#[derive(serde::Deserialize)]
struct Answer {
    /// From, to, kind, line, form.
    edges: Vec<(String, String, String, u32, String)>,
    missing: Vec<(String, String, u32)>,
    unparsed: Vec<(String, String)>,
}

/// Python 3, if there is one.
fn python() -> Option<&'static str> {
    let works = |name: &&str| {
        Command::new(name).args(["-c", "import sys; assert sys.version_info >= (3, 8)"]).output().is_ok_and(|run| run.status.success())
    };
    ["python3", "python"].into_iter().find(works)
}

fn ask(python: &str, root: &Path, request: &serde_json::Value) -> Answer {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/python_imports.py");
    let mut run = Command::new(python).arg(script).arg(root).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    run.stdin.take().unwrap().write_all(request.to_string().as_bytes()).unwrap();
    let output = run.wait_with_output().unwrap();
    assert!(output.status.success(), "the oracle failed on {}", root.display());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Compares the edges between files, by kind, and the names that lead nowhere. Returns how many edges there are and each difference.
fn compare(python: &str, root: &Path, roots: &[&str]) -> (usize, Vec<String>) {
    let Imports { files, libraries, rows } = imports_of(root);
    let request = serde_json::json!({ "files": files, "roots": roots, "libraries": libraries });
    let answer = ask(python, root, &request);
    let unparsed: BTreeSet<&str> = answer.unparsed.iter().map(|(file, _)| file.as_str()).collect();
    let (mut ours, mut theirs) = (BTreeMap::new(), BTreeMap::new());
    for row in rows.iter().filter(|row| row.kind != "string" && !row.is_lazy && !unparsed.contains(row.from.as_str())) {
        let edge = match &row.target {
            Target::File(to) if *to != row.from => (row.from.clone(), row.kind, to.clone()),
            Target::Unresolved(name) => (row.from.clone(), "missing", name.clone()),
            _ => continue,
        };
        ours.entry(edge).or_insert((row.line, ""));
    }
    for (from, to, kind, line, form) in &answer.edges {
        theirs.entry((from.clone(), kind.as_str(), to.clone())).or_insert((*line, form.as_str()));
    }
    for (from, name, line) in &answer.missing {
        theirs.entry((from.clone(), "missing", name.clone())).or_insert((*line, ""));
    }
    let mut differences: Vec<String> = Vec::new();
    let mut tell = |side: &str, edge: &(String, &str, String), (line, form): (u32, &str)| {
        differences.push(format!("{side} {}:{line} {} -> {} {form}", edge.0, edge.1, edge.2).trim_end().to_string());
    };
    ours.iter().filter(|(edge, _)| !theirs.contains_key(*edge)).for_each(|(edge, place)| tell("only ours   ", edge, *place));
    theirs.iter().filter(|(edge, _)| !ours.contains_key(*edge)).for_each(|(edge, place)| tell("only CPython", edge, *place));
    for (file, why) in &answer.unparsed {
        println!("CPython cannot parse {file}: {why}");
    }
    (theirs.len(), differences)
}

#[test]
fn cpython_reads_the_same_imports() {
    let Some(python) = python() else {
        println!("SKIPPED: no Python 3.8 or later (`python3`) to compare the import graph with");
        return;
    };
    let mut failures = String::new();
    if let Ok(folders) = std::env::var("ARCHCHECK_ORACLE") {
        let roots = std::env::var("ARCHCHECK_ORACLE_ROOTS").unwrap_or_default();
        let roots: Vec<&str> = roots.split(',').filter(|root| !root.is_empty()).map(|root| root.trim_matches('.')).collect();
        for folder in std::env::split_paths(&folders) {
            let (edges, differences) = compare(python, &folder, &roots);
            println!("{}: {edges} edges, {} differences", folder.display(), differences.len());
            differences.iter().for_each(|line| println!("  {line}"));
        }
        return;
    }
    let examples = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")).unwrap();
    for folder in examples.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let (_, differences) = compare(python, &folder, &[]);
        differences.iter().for_each(|line| failures.push_str(&format!("{}: {line}\n", folder.display())));
    }
    for Fixture { name, files, .. } in fixtures().into_iter().filter(|fixture| fixture.has_oracle) {
        let folder = written(&files);
        let (_, differences) = compare(python, folder.path(), &[]);
        differences.iter().for_each(|line| failures.push_str(&format!("{name}: {line}\n")));
    }
    assert!(failures.is_empty(), "\n{failures}");
}
