//! The binary from the outside: arguments in; standard output, standard error and exit status out.

#[path = "support/binary.rs"]
mod binary;

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

use binary::{archcheck, command, project};
use tempfile::TempDir;

/// A handler with string-built SQL, in a project that is small enough to be read in a test.
const INJECTION: &str = "\
from fastapi import FastAPI, Depends
from sqlalchemy import text
from sqlalchemy.orm import Session

app = FastAPI()

def session() -> Session: ...

@app.get(\"/users\")
def users(name: str, db: Session = Depends(session)):
    return db.execute(text(f\"SELECT * FROM users WHERE name = '{name}'\")).all()
";

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

fn vulnerable() -> TempDir {
    project(&[("requirements.txt", "fastapi\nsqlalchemy\n"), ("app/main.py", INJECTION), ("app/clean.py", "LIMIT = 3\n")])
}

#[test]
fn a_clean_project_is_success() {
    let folder = project(&[("a.py", "x = 1\n")]);
    let output = archcheck(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("Found nothing in 1 file"), "{}", stdout(&output));
    assert_eq!(stderr(&output), "");
}

#[test]
fn an_empty_folder_is_success() {
    let folder = project(&[]);
    assert_eq!(archcheck(folder.path(), &["check", "."]).status.code(), Some(0));
}

#[test]
fn findings_fail_the_run_from_the_level_asked_for() {
    let folder = vulnerable();
    let output = archcheck(folder.path(), &["--format", "concise", "--select", "sql-injection"]);
    assert_eq!(output.status.code(), Some(1), "{}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).starts_with("app/main.py:11:"), "{}", stdout(&output));
    assert_eq!(archcheck(folder.path(), &["--fail-on", "never"]).status.code(), Some(0));
    assert_eq!(archcheck(folder.path(), &["--ignore", "sql-injection", "--fail-on", "error"]).status.code(), Some(0));
}

#[test]
fn only_the_paths_given_are_reported_but_the_project_is_analysed() {
    let folder = vulnerable();
    let shown = |path: &str| archcheck(folder.path(), &[path, "--format", "concise", "--select", "sql-injection"]);
    assert_eq!(shown("app/clean.py").status.code(), Some(0));
    let output = shown("app/main.py");
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).starts_with("app/main.py:11:"), "{}", stdout(&output));
}

#[test]
fn machine_formats_are_valid_and_the_same_for_any_number_of_threads() {
    let folder = vulnerable();
    for format in ["json", "sarif", "human", "concise"] {
        let runs = ["1", "2", "1", "2"].map(|jobs| archcheck(folder.path(), &["--format", format, "--jobs", jobs]).stdout);
        assert!(runs.iter().all(|run| *run == runs[0]), "{format}");
        if matches!(format, "json" | "sarif") {
            let value: serde_json::Value = serde_json::from_slice(&runs[0]).expect("JSON");
            assert!(value.is_object());
        }
    }
}

#[test]
fn the_report_can_go_to_a_file() {
    let folder = vulnerable();
    let output = archcheck(folder.path(), &["--format", "sarif", "--output", "out.sarif"]);
    assert_eq!(stdout(&output), "");
    let text = fs::read_to_string(folder.path().join("out.sarif")).expect("a file");
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    let output = archcheck(folder.path(), &["--output", "no/such/folder/out"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("cannot write `no/such/folder/out`"), "{}", stderr(&output));
}

#[test]
fn one_run_writes_several_reports() {
    let folder = vulnerable();
    let arguments = ["--select", "sql-injection", "--output", "sarif=a.sarif", "--output", "junit=b.xml", "--output", "concise=-", "-q"];
    let text = stdout(&archcheck(folder.path(), &arguments));
    assert!(text.starts_with("error[sql-injection]") && text.contains("\napp/main.py:11:"), "{text}");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("a file");
    assert!(read("a.sarif").starts_with('{') && read("b.xml").starts_with("<?xml"));
    let twice = archcheck(folder.path(), &["--output", "a", "--output", "b"]);
    assert_eq!(twice.status.code(), Some(2));
    assert!(stderr(&twice).contains("one report cannot go to two files"), "{}", stderr(&twice));
}

#[test]
fn github_actions_gets_annotations_unless_a_format_is_given() {
    let folder = project(&[("back/requirements.txt", "fastapi\nsqlalchemy\n"), ("back/app/main.py", INJECTION)]);
    let run = |arguments: &[&str]| {
        let mut command = command(folder.path(), &["back", "--select", "sql-injection"]);
        command.args(arguments).env("GITHUB_ACTIONS", "true").env("GITHUB_WORKSPACE", folder.path());
        stdout(&command.output().expect("the binary runs"))
    };
    let text = run(&[]);
    assert!(text.contains("error[sql-injection]") && text.contains("\n::error file=back/app/main.py,line=11,"), "{text}");
    assert!(!run(&["--format", "human"]).contains("::error"));
    assert_eq!(run(&["--output", "github=-"]).matches("::error").count(), 1);
}

#[test]
fn suppressions_with_a_reason_silence_and_are_counted() {
    let silenced = INJECTION.replace("    return db", "    # archcheck: ignore[sql-injection] only ours call it\n    return db");
    let folder = project(&[("requirements.txt", "fastapi\nsqlalchemy\n"), ("app/main.py", &silenced)]);
    let output = archcheck(folder.path(), &["--select", "sql-injection"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(stdout(&output).contains("1 finding suppressed by a comment"), "{}", stdout(&output));
    assert_eq!(archcheck(folder.path(), &["--select", "sql-injection", "--no-ignores"]).status.code(), Some(1));
}

#[test]
fn configuration_is_found_and_its_mistakes_are_drawn() {
    let folder = vulnerable();
    let config = folder.path().join("archcheck.toml");
    fs::write(&config, "[levels]\nsql-injection = \"off\"\n").expect("a file");
    let off = archcheck(folder.path(), &["app", "--format", "concise"]);
    assert!(!stdout(&off).contains("sql-injection"), "{}", stdout(&off));
    fs::write(&config, "[levels]\nsql-injektion = \"error\"\n").expect("a file");
    let wrong = archcheck(folder.path(), &[]);
    assert_eq!(wrong.status.code(), Some(2));
    insta::assert_snapshot!(stderr(&wrong), @r#"
    error: unknown rule `sql-injektion`
      ┌─ archcheck.toml:2:1
      │
    2 │ sql-injektion = "error"
      │ ^^^^^^^^^^^^^ no rule has this id
      │
      = help: did you mean `sql-injection`?
    "#);
}

#[test]
fn usage_errors_teach() {
    let folder = vulnerable();
    let message = |arguments: &[&str]| {
        let output = archcheck(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(stdout(&output), "", "{arguments:?}");
        stderr(&output)
    };
    assert_eq!(
        message(&["--select", "sql-injektion"]),
        "error: unknown rule or category `sql-injektion`\n = help: did you mean `sql-injection`?\n"
    );
    assert_eq!(message(&["explain", "sqlinjection"]), "error: unknown rule `sqlinjection`\n = help: did you mean `sql-injection`?\n");
    assert_eq!(message(&["chek"]), "error: no such file or folder: `chek`\n = help: did you mean the command `check`?\n");
    assert_eq!(message(&["roles", "--role", "routers"]), "error: unknown role `routers`\n = help: did you mean `router`?\n");
    assert!(message(&["--format", "jsn"]).contains("a similar value exists: 'json'"));
    assert!(message(&["--statistic"]).contains("--statistics"));
    assert!(message(&["dump", "facts", "."]).contains("is a folder"));
    assert!(message(&["dump", "facts", "requirements.txt"]).contains("is not a source file"));
}

#[test]
fn colour_follows_the_flag_then_the_environment() {
    let folder = vulnerable();
    let colored = |arguments: &[&str], environment: &[(&str, &str)]| {
        let output = command(folder.path(), arguments).envs(environment.iter().copied()).output().expect("the binary runs");
        output.stdout.contains(&0x1b)
    };
    assert!(!colored(&[], &[]), "a pipe is no terminal");
    assert!(colored(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(colored(&[], &[("FORCE_COLOR", "1")]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&[], &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
    assert!(!colored(&["--color", "never"], &[("FORCE_COLOR", "1")]));
}

#[test]
fn the_other_commands_print_what_they_are_for() {
    let folder = vulnerable();
    let text = |arguments: &[&str]| {
        let output = archcheck(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        stdout(&output)
    };
    assert!(text(&["stack"]).contains("FastAPI"));
    assert!(serde_json::from_str::<serde_json::Value>(&text(&["stack", "--json"])).is_ok());
    assert!(text(&["roles"]).contains("router"));
    assert!(text(&["rules"]).contains("sql-injection"));
    assert!(serde_json::from_str::<serde_json::Value>(&text(&["rules", "--json"])).is_ok());
    assert!(text(&["explain", "sql-injection"]).starts_with("# sql-injection\n"));
    assert!(text(&["dump", "tree", "app/main.py"]).starts_with("(module 1:1)"));
    assert!(text(&["dump", "facts", "app/main.py"]).contains("function users"));
    assert!(text(&["dump", "project", "."]).contains("package . "));
    assert!(text(&["dump", "program", "."]).contains("file app/main.py"));
    assert!(text(&["dump", "summaries", "."]).contains("users"));
    assert!(text(&["completions", "bash"]).contains("_archcheck"));
    assert!(text(&["--statistics", "--fail-on", "never"]).contains("files"));
    assert!(text(&["--version"]).starts_with("archcheck "));
}

#[test]
fn manual_pages_are_made_of_the_help() {
    let folder = project(&[]);
    let page = stdout(&archcheck(folder.path(), &["man"]));
    assert!(page.contains(".TH ARCHCHECK 1 ") && page.contains("archcheck\\-check(1)") && page.contains("\\-\\-fail\\-on"), "{page}");
    let output = archcheck(folder.path(), &["man", "pages"]);
    assert_eq!((output.status.code(), stdout(&output)), (Some(0), String::new()));
    let text = |name: &str| fs::read_to_string(folder.path().join("pages").join(name)).expect("the page");
    assert_eq!(text("archcheck.1"), page);
    assert!(text("archcheck-why.1").contains("shortest chain"));
}

#[test]
fn hostile_files_do_not_stop_a_run() {
    let deep = format!("x = {}1{}\n", "(".repeat(20_000), ")".repeat(20_000));
    let chain = format!("x = {}\n", vec!["1"; 20_000].join(" + "));
    let folder =
        project(&[("deep.py", &deep), ("deep.ts", &deep), ("chain.py", &chain), ("broken.rs", "fn f( { let"), ("ok.py", "x = 1\n")]);
    fs::write(folder.path().join("binary.py"), [0u8; 64]).expect("a file");
    fs::write(folder.path().join("latin.py"), b"# \xe9\n").expect("a file");
    let output = archcheck(folder.path(), &["--statistics"]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    assert!(stdout(&output).contains("left out: binary") && stdout(&output).contains("left out: not UTF-8"), "{}", stdout(&output));
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_success() {
    let folder = vulnerable();
    let mut child =
        command(folder.path(), &["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
}

#[test]
fn the_page_of_all_rules_is_what_the_command_writes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let written = archcheck(root, &["rules", "--format", "markdown"]);
    let page = fs::read_to_string(root.join("docs/rules.md")).expect("the page");
    let fresh = String::from_utf8_lossy(&written.stdout).into_owned();
    assert!(page == fresh, "docs/rules.md is stale: write it with `archcheck rules --format markdown > docs/rules.md`");
}

#[test]
fn the_catalogue_says_in_which_languages_a_rule_has_examples() {
    let folder = project(&[]);
    let text = archcheck(folder.path(), &["rules"]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    let line = text.lines().find(|line| line.trim_start().starts_with("n-plus-one ")).expect("the rule");
    assert!(line.contains(" py ts rs "), "{line}");
    let json = archcheck(folder.path(), &["rules", "--format", "json"]);
    let rules: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    let rule = rules.as_array().and_then(|rules| rules.iter().find(|rule| rule["id"] == "unbounded-query")).expect("the rule");
    assert_eq!(rule["languages"], serde_json::json!(["python", "typescript", "rust"]));
    assert!(rule["frameworks"].as_array().is_some_and(|names| names.contains(&serde_json::json!("fastapi"))), "{rule}");
}
