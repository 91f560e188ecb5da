//! The engine on small repositories: what changes do, and that nothing hangs on threads.

use super::*;

const HANDLER: &str = "\
from fastapi import FastAPI
from sqlalchemy import text

app = FastAPI()

@app.get('/users')
def users(name: str, db):
    return db.execute(text(f\"SELECT * FROM users WHERE name = '{name}'\")).all()
";

fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    folder
}

fn open(folder: &tempfile::TempDir, jobs: usize) -> Engine {
    Engine::open(folder.path(), Options { jobs, ..Options::default() }).0
}

fn paths(engine: &Engine) -> Vec<&str> {
    engine.files().map(|(path, _)| &**path).collect()
}

fn set(path: &str, text: &str) -> Change {
    Change::Set { path: path.into(), text: text.into() }
}

#[test]
fn threads_change_nothing() {
    let folder = repository(&[
        ("app/main.py", HANDLER),
        ("app/b.py", "x = 1\n"),
        ("web/a.ts", "export const a = 1;\n"),
        ("src/lib.rs", "fn f() {}\n"),
    ]);
    let first = open(&folder, 1).check();
    assert_eq!(first, open(&folder, 2).check());
    assert_eq!(first, open(&folder, 5).check());
    assert_eq!(first.statistics.files, 4);
}

#[test]
fn a_buffer_stands_for_its_file_until_everything_is_read_again() {
    let folder = repository(&[("app/main.py", "x = 1\n")]);
    let mut engine = open(&folder, 1);
    let before = engine.check();
    engine.apply(vec![set("app/main.py", HANDLER)]);
    assert_eq!(engine.text("app/main.py").as_deref(), Some(HANDLER));
    let written = repository(&[("app/main.py", HANDLER)]);
    assert_eq!(engine.check(), open(&written, 1).check(), "a buffer says the same as a file");
    engine.apply(vec![Change::Config]);
    assert_eq!(engine.text("app/main.py").as_deref(), Some(HANDLER), "a buffer outlives a new look at the disk");
    engine.apply(vec![set("app/main.py", "x = 1\n")]);
    assert_eq!(engine.check(), before);
}

#[test]
fn files_come_and_go() {
    let folder = repository(&[("a.py", ""), ("c.py", "")]);
    let mut engine = open(&folder, 1);
    std::fs::write(folder.path().join("b.py"), "y = 2\n").expect("a file");
    engine.apply(vec![set("b.py", "y = 2\n")]);
    assert_eq!(paths(&engine), ["a.py", "b.py", "c.py"]);
    std::fs::remove_file(folder.path().join("a.py")).expect("removed");
    engine.apply(vec![Change::Remove { path: "a.py".into() }]);
    assert_eq!(paths(&engine), ["b.py", "c.py"]);
    assert_eq!(engine.check().statistics.files, 2);
}

#[test]
fn a_changed_configuration_or_manifest_is_taken_in() {
    let folder = repository(&[("a.py", ""), ("legacy/b.py", ""), ("pyproject.toml", "[project]\nname = \"one\"\n")]);
    let mut engine = open(&folder, 1);
    std::fs::write(folder.path().join("archcheck.toml"), "exclude = [\"/legacy\"]\n").expect("a file");
    engine.apply(vec![Change::Config]);
    assert_eq!(paths(&engine), ["a.py"]);
    let manifest = "[project]\nname = \"two\"\n";
    std::fs::write(folder.path().join("pyproject.toml"), manifest).expect("a file");
    engine.apply(vec![set("pyproject.toml", manifest)]);
    assert_eq!(engine.project().packages[0].name.as_deref(), Some("two"));
}

#[test]
fn mistakes_in_the_configuration_are_kept_apart() {
    let folder = repository(&[("a.py", ""), ("archcheck.toml", "profil = 1\n[[knowledge]]\nnonsense = 1\n")]);
    let engine = open(&folder, 1);
    assert_eq!(engine.config_errors().len(), 1);
    assert_eq!(paths(&engine), ["a.py"], "the rest runs with the defaults");
    let folder = repository(&[("archcheck.toml", "[[knowledge]]\nnonsense = 1\n")]);
    assert_eq!(open(&folder, 1).config_errors().len(), 1);
}

#[test]
fn left_out_files_are_counted_whenever_they_are_found() {
    let folder = repository(&[("a.py", "# @generated\n"), ("node_modules/x/i.js", ""), (".env", "A=1\n")]);
    let outcome = open(&folder, 1).check();
    let skipped: Vec<_> = outcome.statistics.skipped.iter().map(|(reason, count)| (reason.name(), *count)).collect();
    assert_eq!(skipped, [("generated", 1), ("vendored", 1)]);
}
