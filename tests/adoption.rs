//! archcheck on code that already has debt, from the outside: the baseline, and runs over what a change brings in.

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

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(folder).args(["-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main"]).args(arguments);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null").env_remove("GIT_DIR");
    let output = command.output().expect("git");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn commit(folder: &Path, message: &str) {
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "-m", message]);
}

/// The project in a repository whose branch `work` has just left `main`.
fn repository() -> TempDir {
    let folder = project(TWO);
    git(folder.path(), &["init", "-q"]);
    commit(folder.path(), "first");
    git(folder.path(), &["switch", "-q", "-c", "work"]);
    folder
}

/// Exit status and the findings of a run since a commit, `path:line`, then the line that says what is hidden.
fn since(folder: &Path, reference: &str) -> (Option<i32>, Vec<String>, String) {
    narrowed(folder, &["--since", reference])
}

fn narrowed(folder: &Path, arguments: &[&str]) -> (Option<i32>, Vec<String>, String) {
    let output = run(folder, false, &[&["--select", "sql-injection", "--format", "concise"], arguments].concat());
    let text = stdout(&output);
    let lines = text.lines().filter(|line| line.contains("[sql-injection]"));
    let places = lines.map(|line| line.split(':').take(2).collect::<Vec<_>>().join(":")).collect();
    let hidden = text.lines().find(|line| line.starts_with("Not shown")).unwrap_or_default();
    assert!(output.status.code() != Some(2), "{}{}", text, stderr(&output));
    (output.status.code(), places, hidden.split(" (").next().unwrap_or_default().trim_end_matches('.').to_string())
}

/// A third handler, above the others.
fn add_handler(folder: &Path) {
    let third = "@router.get(\"/more\")\ndef more(name: str, db: Session = Depends(session)):\n    \
        return db.execute(text(f\"SELECT '{name}'\")).one()\n\n";
    edit(folder, "app/users.py", "@router.get(\"/users\")", &format!("{third}@router.get(\"/users\")"));
}

fn places(found: &[&str]) -> Vec<String> {
    found.iter().map(|place| place.to_string()).collect()
}

#[test]
fn since_a_commit_only_what_is_new_is_reported() {
    let folder = repository();
    let root = folder.path();
    let hidden = "Not shown: 2 findings there already at main".to_string();
    assert_eq!(since(root, "main"), (Some(0), Vec::new(), hidden.clone()));
    add_handler(root);
    // Not committed, committed, and committed while `main` went on.
    assert_eq!(since(root, "main"), (Some(1), places(&["app/users.py:11"]), hidden.clone()));
    assert_eq!(since(root, "HEAD").1, places(&["app/users.py:11"]));
    commit(root, "third");
    assert_eq!(since(root, "main"), (Some(1), places(&["app/users.py:11"]), hidden.clone()));
    assert_eq!(since(root, "HEAD").1, places(&[]));
    git(root, &["switch", "-q", "main"]);
    edit(root, "app/users.py", "text(f\"SELECT * FROM teams WHERE name = '{name}'\")", "text(\"SELECT * FROM teams\")");
    commit(root, "mended on main");
    git(root, &["switch", "-q", "work"]);
    assert_eq!(since(root, "main"), (Some(1), places(&["app/users.py:11"]), hidden));
    // Nothing is left behind and nothing of the repository is touched.
    assert_eq!(git(root, &["status", "--porcelain"]), "");
}

#[test]
fn what_a_change_elsewhere_brings_in_is_new() {
    let folder = repository();
    let root = folder.path();
    fs::write(root.join("app/raw.py"), "from sqlalchemy import text\n\ndef find(db, name):\n    return db.execute(text(\"SELECT 1\"))\n")
        .expect("a file");
    fs::write(root.join("app/pets.py"), "from fastapi import APIRouter\nfrom app.raw import find\n\nrouter = APIRouter()\n\n@router.get(\"/pets\")\ndef pets(name: str, db):\n    return find(db, name)\n").expect("a file");
    commit(root, "pets");
    edit(root, "app/raw.py", "text(\"SELECT 1\")", "text(f\"SELECT '{name}'\")");
    assert_eq!(since(root, "HEAD").1, places(&["app/raw.py:4"]));
}

#[test]
fn renamed_files_keep_their_findings_and_untracked_ones_are_new() {
    let folder = repository();
    let root = folder.path();
    git(root, &["mv", "app/users.py", "app/people.py"]);
    assert_eq!(since(root, "main").1, places(&[]));
    edit(root, "app/people.py", "text(f\"SELECT * FROM teams WHERE", "text(f\"SELECT id FROM teams WHERE");
    assert_eq!(since(root, "main").1, places(&["app/people.py:15"]));
    git(root, &["reset", "-q", "--hard"]);
    let copy = fs::read_to_string(root.join("app/users.py")).expect("a file").replace("/users", "/people").replace("/teams", "/groups");
    fs::write(root.join("app/people.py"), copy).expect("a file");
    assert_eq!(since(root, "main").1, places(&["app/people.py:11", "app/people.py:15"]));
}

#[test]
fn a_folder_of_the_repository_is_compared_with_itself() {
    let folder = project(&TWO.replace("--- ", "--- services/shop/"));
    let root = folder.path();
    git(root, &["init", "-q"]);
    commit(root, "first");
    let shop = root.join("services/shop");
    add_handler(&shop);
    let hidden = "Not shown: 2 findings there already at HEAD".to_string();
    assert_eq!(since(&shop, "HEAD"), (Some(1), places(&["app/users.py:11"]), hidden));
    fs::write(root.join("change.diff"), git(root, &["diff"])).expect("a file");
    let hidden = "Not shown: 2 findings away from the changed lines".to_string();
    assert_eq!(narrowed(&shop, &["--diff", "../../change.diff"]), (Some(1), places(&["app/users.py:11"]), hidden));
}

#[test]
fn a_diff_needs_no_git() {
    let folder = project(TWO);
    let root = folder.path();
    let old = root.join("old.py");
    fs::copy(root.join("app/users.py"), &old).expect("a copy");
    add_handler(root);
    let diff =
        Command::new("git").current_dir(root).args(["diff", "--no-index", "--no-color", "old.py", "app/users.py"]).output().expect("git");
    fs::remove_file(old).expect("removed");
    fs::write(root.join("c.diff"), diff.stdout).expect("a file");
    assert_eq!(narrowed(root, &["--diff", "c.diff"]).1, places(&["app/users.py:11"]));
    fs::write(root.join("c.diff"), "not a diff\n").expect("a file");
    let wrong = run(root, false, &["--diff", "c.diff"]);
    assert_eq!(wrong.status.code(), Some(2));
    insta::assert_snapshot!(stderr(&wrong), @"
    error: `c.diff` is not understood, line 1: this is no unified diff
     = help: a unified diff is what `git diff`, `gh pr diff` and `diff -u` write
    ");
}

#[test]
fn a_shallow_clone_compares_with_what_it_has() {
    let folder = repository();
    let root = folder.path();
    add_handler(root);
    commit(root, "third");
    git(root, &["switch", "-q", "main"]);
    edit(root, "app/users.py", "router = APIRouter()", "router = APIRouter()  # main went on");
    commit(root, "on main");
    let clone = tempfile::tempdir().expect("a folder");
    let url = format!("file://{}", root.display());
    git(clone.path(), &["clone", "-q", "--depth=1", "--branch", "work", &url, "clone"]);
    let clone = clone.path().join("clone");
    let refused = run(&clone, false, &["--since", "origin/main"]);
    assert_eq!(refused.status.code(), Some(2));
    insta::assert_snapshot!(stderr(&refused), @"
    error: `origin/main` is not in this clone, which is shallow
     = help: fetch it first: `git fetch --depth=1 origin main:refs/remotes/origin/main`, or clone with history (`fetch-depth: 0` in GitHub Actions)
    ");
    git(&clone, &["fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main"]);
    let output = run(&clone, false, &["--since", "origin/main", "--select", "sql-injection", "--format", "concise"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    insta::assert_snapshot!(stdout(&output).lines().skip(1).take(1).collect::<String>(), @"exceeded limit: compared with `origin/main` itself, not with the point where it and this branch parted: this shallow clone does not hold their common ancestor");
}

#[test]
fn what_cannot_be_compared_is_said() {
    let folder = repository();
    let said = |folder: &Path, arguments: &[&str]| {
        let output = run(folder, false, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        stderr(&output)
    };
    insta::assert_snapshot!(said(folder.path(), &["--since", "mian"]), @"
    error: git knows no commit `mian`
     = help: did you mean `main`?
    ");
    let bare = project(TWO);
    insta::assert_snapshot!(said(bare.path(), &["--since", "main"]), @"
    error: `--since` needs a git repository, and this folder is in none
     = help: without git, give the change with `--diff FILE`
    ");
}

#[test]
fn a_baseline_and_a_change_go_together() {
    let folder = repository();
    let root = folder.path();
    run(root, false, &["baseline", "--select", "sql-injection"]);
    commit(root, "baseline");
    add_handler(root);
    let output = run(root, false, &["--since", "HEAD", "--select", "sql-injection", "--format", "concise"]);
    assert_eq!(told(&output, "Baseline"), (Some(1), "Baseline archcheck-baseline.json: known 2.".to_string()));
    assert_eq!(stdout(&output).matches("[sql-injection]").count(), 1);
}
