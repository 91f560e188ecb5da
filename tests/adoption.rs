//! archcheck on code that already has debt: the baseline, from the outside.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

#[path = "support/folders.rs"]
mod folders;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// Two handlers with string-built SQL.
const TWO: &str = "\
--- requirements.txt
fastapi
sqlalchemy
--- app/db.py
from sqlalchemy.orm import Session

def session() -> Session: ...
--- app/users.py
from fastapi import APIRouter, Depends
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import session

router = APIRouter()

@router.get(\"/users\")
def users(name: str, db: Session = Depends(session)):
    return db.execute(text(f\"SELECT * FROM users WHERE name = '{name}'\")).one()

@router.get(\"/teams\")
def teams(name: str, db: Session = Depends(session)):
    return db.execute(text(f\"SELECT * FROM teams WHERE name = '{name}'\")).one()
";

const BASELINE: &str = "archcheck-baseline.json";

fn project(text: &str) -> TempDir {
    folders::written(&folders::fixture_files(text))
}

fn run(folder: &Path, ci: bool, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_archcheck"));
    for name in ["NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "ARCHCHECK_FORMAT", "CI"] {
        command.env_remove(name);
    }
    if ci {
        command.env("CI", "true");
    }
    command.current_dir(folder).args(arguments).output().expect("the binary runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Exit status, and the line of the summary that begins with a word.
fn told(output: &Output, word: &str) -> (Option<i32>, String) {
    let text = stdout(output);
    let line = text.lines().find(|line| line.starts_with(word)).unwrap_or_default();
    (output.status.code(), line.to_string())
}

fn edit(folder: &Path, path: &str, from: &str, to: &str) {
    let path = folder.join(path);
    let text = fs::read_to_string(&path).expect("a file");
    assert!(text.contains(from), "{from}");
    fs::write(path, text.replacen(from, to, 1)).expect("a file");
}

fn baseline(folder: &Path) -> String {
    fs::read_to_string(folder.join(BASELINE)).expect("a baseline")
}

#[test]
fn a_baseline_accepts_what_there_is_and_reports_what_comes() {
    let folder = project(TWO);
    let root = folder.path();
    let only = ["--select", "sql-injection"];
    let written = run(root, false, &["baseline", "--select", "sql-injection"]);
    assert_eq!((written.status.code(), stdout(&written)), (Some(0), "archcheck-baseline.json: 2 findings known.\n".to_string()));
    insta::assert_snapshot!(baseline(root), @r#"
    {
      "version": 1,
      "findings": [
        {"rule":"sql-injection","path":"app/users.py","subject":"app.users.teams sqlalchemy.text","count":1},
        {"rule":"sql-injection","path":"app/users.py","subject":"app.users.users sqlalchemy.text","count":1}
      ]
    }
    "#);
    assert_eq!(told(&run(root, false, &only), "Baseline"), (Some(0), "Baseline archcheck-baseline.json: known 2.".to_string()));

    // Lines move; the file stays as it is.
    let before = baseline(root);
    edit(root, "app/users.py", "router = APIRouter()", "# a comment\n\n\nrouter = APIRouter()");
    assert_eq!(run(root, false, &only).status.code(), Some(0));
    assert_eq!(run(root, true, &only).status.code(), Some(0));
    assert_eq!(baseline(root), before);

    // A new one in the same function is new.
    edit(
        root,
        "app/users.py",
        "    return db.execute(text(f\"SELECT * FROM teams",
        "    db.execute(text(f\"DELETE FROM t WHERE n = '{name}'\"))\n    return db.execute(text(f\"SELECT * FROM teams",
    );
    let again = run(root, false, &["--select", "sql-injection", "--format", "concise"]);
    assert_eq!(told(&again, "Found").0, Some(1));
    assert_eq!(stdout(&again).lines().filter(|line| line.contains("error[sql-injection]")).count(), 1, "{}", stdout(&again));
    assert_eq!(baseline(root), before);
    assert_eq!(run(root, false, &["--select", "sql-injection", "--no-baseline"]).status.code(), Some(1));
}

#[test]
fn debt_shrinks_locally_and_fails_in_ci_until_it_is_committed() {
    let folder = project(TWO);
    let root = folder.path();
    let only = ["--select", "sql-injection,stale-baseline"];
    run(root, false, &["baseline", "--select", "sql-injection"]);
    edit(root, "app/users.py", "text(f\"SELECT * FROM teams WHERE name = '{name}'\")", "text(\"SELECT * FROM teams\")");

    let before = baseline(root);
    let ci = run(root, true, &only);
    assert_eq!(told(&ci, "Baseline"), (Some(1), "Baseline archcheck-baseline.json: known 1 (-1).".to_string()));
    insta::assert_snapshot!(stdout(&ci).lines().take(7).collect::<Vec<_>>().join("\n"), @r#"
    error[stale-baseline]: `sql-injection` no longer finds this in `app/users.py`, but the baseline still lists it.
      ┌─ archcheck-baseline.json:4:5
      │
    4 │     {"rule":"sql-injection","path":"app/users.py","subject":"app.users.teams sqlalchemy.text","count":1},
      │     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ matches nothing
      │
      = help: run `archcheck` on your machine, which takes it out of `archcheck-baseline.json`, and commit the file
    "#);
    assert_eq!(baseline(root), before);
    assert_eq!(run(root, false, &["--ci", "--select", "sql-injection,stale-baseline"]).status.code(), Some(1));

    // A run that cannot know leaves the line alone.
    assert_eq!(run(root, true, &["--select", "n-plus-one,stale-baseline"]).status.code(), Some(0));
    assert_eq!(run(root, true, &["app/db.py", "--select", "sql-injection,stale-baseline"]).status.code(), Some(0));
    assert_eq!(run(root, false, &["--select", "n-plus-one"]).status.code(), Some(0));
    assert_eq!(baseline(root), before);

    let local = run(root, false, &only);
    let line = "Baseline archcheck-baseline.json: known 1 (-1); what is fixed has left it.";
    assert_eq!(told(&local, "Baseline"), (Some(0), line.to_string()));
    assert_eq!(baseline(root).matches("\"rule\"").count(), 1);
    assert_eq!(told(&run(root, true, &only), "Baseline"), (Some(0), "Baseline archcheck-baseline.json: known 1.".to_string()));
}

#[test]
fn new_debt_is_added_only_on_demand() {
    let folder = project(TWO);
    let root = folder.path();
    run(root, false, &["baseline", "--select", "sql-injection"]);
    edit(
        root,
        BASELINE,
        "\"subject\":\"app.users.teams sqlalchemy.text\",\"count\":1",
        "\"subject\":\"app.users.teams sqlalchemy.text\",\"count\":1,\"because\":\"moves in May\"",
    );
    edit(
        root,
        "app/users.py",
        "/users\")",
        "/users\")\ndef more(name: str, db: Session = Depends(session)):\n    return db.execute(text(f\"SELECT '{name}'\")).one()\n\n@router.get(\"/u\")",
    );
    let kept = run(root, false, &["baseline", "--select", "sql-injection"]);
    assert_eq!(stdout(&kept), "archcheck-baseline.json: known 2. 1 new finding not added; `archcheck baseline --add` adds them.\n");
    assert_eq!(baseline(root).matches("\"rule\"").count(), 2);
    let added = run(root, false, &["baseline", "--add", "--select", "sql-injection"]);
    assert_eq!(stdout(&added), "archcheck-baseline.json: known 3, 1 of them added.\n");
    assert!(baseline(root).contains("\"because\":\"moves in May\""), "{}", baseline(root));
    assert_eq!(run(root, true, &["--select", "sql-injection"]).status.code(), Some(0));
}

#[test]
fn formats_tell_of_known_findings() {
    let folder = project(TWO);
    let root = folder.path();
    run(root, false, &["baseline", "--select", "sql-injection"]);
    let json = |arguments: &[&str]| -> serde_json::Value {
        let output = run(root, true, arguments);
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let report = json(&["--select", "sql-injection", "--format", "json"]);
    assert_eq!(report["known"].as_array().map(Vec::len), Some(2));
    assert_eq!(report["baseline"], serde_json::json!({"path": BASELINE, "known": 2, "fixed": 0, "updated": false}));
    let results = |report: &serde_json::Value| report["runs"][0]["results"].as_array().expect("results").clone();
    assert_eq!(results(&json(&["--select", "sql-injection", "--format", "sarif"])).len(), 0);
    let marked = results(&json(&["--select", "sql-injection", "--format", "sarif", "--silenced"]));
    assert_eq!(marked.iter().map(|result| result["baselineState"].as_str()).collect::<Vec<_>>(), [Some("unchanged"); 2]);
    let concise = stdout(&run(root, true, &["--select", "sql-injection", "--format", "concise", "--silenced"]));
    assert_eq!(concise.lines().filter(|line| line.ends_with(" (known)")).count(), 2, "{concise}");
}

#[test]
fn a_broken_baseline_is_drawn_and_nothing_is_reported() {
    let folder = project(TWO);
    fs::write(folder.path().join(BASELINE), "{\n  \"version\": 1,\n<<<<<<< ours\n").expect("a file");
    let output = run(folder.path(), false, &[]);
    assert_eq!((output.status.code(), stdout(&output)), (Some(2), String::new()));
    insta::assert_snapshot!(stderr(&output), @"
    error: `archcheck-baseline.json` is not a baseline
      ┌─ archcheck-baseline.json:3:1
      │
    3 │ <<<<<<< ours
      │ ^ key must be a string
      │
      = help: take one side of a merge and run `archcheck baseline`, which takes away what is fixed
    ");
    let missing = run(folder.path(), false, &["--baseline", "none.json"]);
    assert_eq!(missing.status.code(), Some(2), "{}", stderr(&missing));
}
