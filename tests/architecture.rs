//! The source of this crate keeps to `archcheck.toml`, and a planted import that does not is found.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::fs;
use std::path::Path;

use archcheck::engine::{Engine, Options};
use archcheck::model::source::LineIndex;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// `path:line message` of every broken contract. A configuration that is wrong would make any code look right.
fn broken(root: &Path) -> Vec<String> {
    let (mut engine, _) = Engine::open(root, Options { select: vec!["contract".into()], ..Options::default() });
    let mistakes: Vec<&str> = engine.config_errors().iter().map(|error| error.message.as_str()).collect();
    assert!(mistakes.is_empty(), "{mistakes:?}");
    assert!(engine.files().any(|(path, _)| **path == *"src/engine.rs"));
    let outcome = engine.check();
    let shown = outcome.reported.iter().filter(|finding| &*finding.rule == "contract").map(|finding| {
        let place = &finding.primary.location;
        let text = fs::read_to_string(root.join(&*place.path)).unwrap();
        format!("{}:{} {}", place.path, LineIndex::new(&text).line(place.span.start) + 1, finding.message)
    });
    shown.collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The source and what the contract needs, apart from tests and rules.
fn copied() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(ROOT).join("src"), &folder.path().join("src"));
    for file in ["Cargo.toml", "archcheck.toml", "build.rs"] {
        fs::copy(Path::new(ROOT).join(file), folder.path().join(file)).unwrap();
    }
    folder
}

/// Puts a line at the end of a file; the result is its number.
fn plant(root: &Path, path: &str, line: &str) -> usize {
    let file = root.join(path);
    let text = fs::read_to_string(&file).unwrap() + "\n" + line + "\n";
    fs::write(&file, &text).unwrap();
    text.lines().count()
}

#[test]
fn our_own_source_keeps_to_its_contract() {
    let broken = broken(&copied().path().canonicalize().unwrap());
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn planted_imports_are_found_and_nothing_else() {
    let folder = copied();
    let root = folder.path().canonicalize().unwrap();
    let upward = plant(&root, "src/model/source.rs", "use crate::engine::Engine;");
    let sideways = plant(&root, "src/triage/mod.rs", "fn planted() { crate::link::link; }");
    let threads = plant(&root, "src/check/loops.rs", "use rayon::prelude::*;");
    let files = plant(&root, "src/link/mod.rs", "fn planted() { std::fs::read(\"x\"); }");
    let expected = [
        format!(
            "src/check/loops.rs:{threads} `src/check/loops.rs` (part `check`) imports `rayon` (part `threads`), which only `engine` may"
        ),
        format!(
            "src/link/mod.rs:{files} `src/link/mod.rs` (part `link`) imports `std::fs` (part `filesystem`), which only `build`, `cache`, `cli`, \
             `config` and `discover` may"
        ),
        format!(
            "src/model/source.rs:{upward} `src/model/source.rs` (part `model`) imports `Engine` from `src/engine.rs` (part `engine`), which is \
             above it"
        ),
        format!(
            "src/triage/mod.rs:{sideways} `src/triage/mod.rs` (part `triage`) imports `link` from `src/link/mod.rs` (part `link`), its neighbour in \
             the same layer"
        ),
    ];
    assert_eq!(broken(&root), expected);
}
