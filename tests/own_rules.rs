//! Rules of a project's own, from the outside: pages and queries below `.archcheck/`, every predicate with a look-alike, and mistakes at their places.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

#[path = "support/folders.rs"]
mod folders;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_archcheck"));
    for name in ["NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "ARCHCHECK_FORMAT", "CI"] {
        command.env_remove(name);
    }
    command.current_dir(folder).args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A project with one rule `own` whose query is given.
fn project(language: &str, query: &str, files: &str) -> TempDir {
    let page = format!(
        "--- .archcheck/rules/own.md\n+++\nid = \"own\"\nkind = \"query\"\nlevel = \"warning\"\ntitle = \"Own\"\nnot-in = []\n+++\nWhy.\n\n```query {language}\n{query}\n```\n{files}"
    );
    folders::written(&folders::fixture_files(&page))
}

/// The lines at which the rule finds something, `path:line`.
fn found(language: &str, query: &str, files: &str) -> Vec<String> {
    let folder = project(language, query, files);
    let output = run(folder.path(), &["--select", "own", "--format", "concise", "--quiet"]);
    assert!(output.status.code() != Some(2), "{}{}", stdout(&output), stderr(&output));
    stdout(&output).lines().map(|line| line.split(':').take(2).collect::<Vec<_>>().join(":")).collect()
}

#[test]
fn names_resolve_through_imports_and_types() {
    let files = "\
--- a.py
import time as clock
from time import sleep as pause
from b import nap
clock.sleep(1)
pause(1)
nap(1)
def sleep(n): ...
sleep(1)
--- b.py
from time import sleep as nap
";
    let query = "((call function: (_) @f) @finding (#resolves-to? @f \"time.sleep\"))";
    assert_eq!(found("python", query, files), ["a.py:4", "a.py:5", "a.py:6"]);
    let own = "((call function: (_) @f) @finding (#resolves-to? @f \"a.sleep\"))";
    assert_eq!(found("python", own, files), ["a.py:8"]);
}

#[test]
fn loops_are_those_over_collections() {
    let files = "--- a.ts\nimport { send } from 'mail';\nexport function all(users: string[]) {\n  send('x');\n  for (const user of users) {\n    send(user);\n  }\n  users.forEach((user) => {\n    send(user);\n  });\n}\n";
    let inside = "((call_expression function: (identifier) @f) @finding (#eq? @f \"send\") (#in-loop? @finding))";
    assert_eq!(found("typescript", inside, files), ["a.ts:5", "a.ts:8"]);
    let outside = "((call_expression function: (identifier) @f) @finding (#eq? @f \"send\") (#not-in-loop? @finding))";
    assert_eq!(found("typescript", outside, files), ["a.ts:3"]);
}

const SHOP: &str = "\
--- requirements.txt
fastapi
sqlalchemy
--- app/api.py
from fastapi import APIRouter, Request
from app.orders import load, price

router = APIRouter()
LIMIT = 3

@router.get(\"/orders\")
def orders(request: Request):
    load(request.query_params[\"id\"])
    price(LIMIT)
    price(request)
--- app/orders.py
from sqlalchemy import select
from sqlalchemy.orm import Session
from app.models import Order

session = Session()

def load(id):
    return fetch(id)

def fetch(id):
    return session.scalars(select(Order).where(Order.id == id)).all()

def price(n):
    return n * 2
--- app/models.py
from sqlalchemy.orm import DeclarativeBase

class Base(DeclarativeBase): ...

class Order(Base):
    __tablename__ = \"orders\"
";

#[test]
fn roles_and_parts() {
    let call = |predicate: &str| format!("((call function: (identifier) @f) @finding (#eq? @f \"price\") ({predicate}))");
    assert_eq!(found("python", &call("#role? @finding \"router\""), SHOP), ["app/api.py:10", "app/api.py:11"]);
    assert_eq!(found("python", &call("#not-role? @finding \"router\""), SHOP), [] as [&str; 0]);
    let configured = format!("{SHOP}--- archcheck.toml\nversion = 1\n[parts]\nfront = \"app/api.py\"\nback = \"app/orders.py\"\n");
    assert_eq!(found("python", &call("#layer? @finding \"front\""), &configured).len(), 2);
    assert_eq!(found("python", &call("#layer? @finding \"back\""), &configured).len(), 0);
}

#[test]
fn what_a_function_reaches() {
    let call = |effect: &str| {
        format!("((call function: (identifier) @f) @finding (#any-of? @f \"load\" \"price\") (#reaches? @finding \"{effect}\"))")
    };
    assert_eq!(found("python", &call("database-read"), SHOP), ["app/api.py:9"]);
    assert_eq!(found("python", &call("database-write"), SHOP), [] as [&str; 0]);
    assert_eq!(found("python", &call("sqlalchemy.select"), SHOP), ["app/api.py:9"]);
    let defined = "((function_definition name: (identifier) @finding) (#reaches? @finding \"database-query\"))";
    assert_eq!(found("python", defined, SHOP), ["app/api.py:8", "app/orders.py:7", "app/orders.py:10"]);
}

#[test]
fn constants_and_data_from_outside() {
    let call = |predicate: &str| {
        format!(
            "((call function: (identifier) @f arguments: (argument_list (_) @x)) @finding (#any-of? @f \"load\" \"price\") ({predicate}))"
        )
    };
    assert_eq!(found("python", &call("#constant? @x"), SHOP), ["app/api.py:10"]);
    assert_eq!(found("python", &call("#tainted? @x"), SHOP).first().map(String::as_str), Some("app/api.py:9"));
    assert!(!found("python", &call("#tainted? @x"), SHOP).contains(&"app/api.py:10".to_string()));
}

#[test]
fn imports_of_the_file_and_of_the_package() {
    let call = |predicate: &str| format!("((call function: (identifier) @f) @finding (#any-of? @f \"price\" \"fetch\") ({predicate}))");
    assert_eq!(found("python", &call("#imports? \"fastapi\""), SHOP).len(), 2);
    assert_eq!(found("python", &call("#not-imports? \"fastapi\""), SHOP), ["app/orders.py:8"]);
    assert_eq!(found("python", &call("#package-imports? \"fastapi\""), SHOP).len(), 3);
    assert_eq!(found("python", &call("#package-imports? \"flask\""), SHOP).len(), 0);
    assert_eq!(found("python", &call("#package-extends? \"DeclarativeBase\""), SHOP).len(), 3);
}

#[test]
fn text_around_a_capture() {
    let files = "--- src/lib.rs\nfn a() {\n    run();\n    check();\n}\nfn b() {\n    run();\n}\n";
    let query = "((call_expression function: (identifier) @f) @finding (#eq? @f \"run\") (#not-function-contains? @finding \"check\"))";
    assert_eq!(found("rust", query, files), ["src/lib.rs:6"]);
}

#[test]
fn macros_are_seen_as_written() {
    let files = "--- src/lib.rs\nfn a() {\n    println!(\"x\");\n}\n";
    assert_eq!(found("rust", "((macro_invocation macro: (identifier) @m) @finding (#eq? @m \"println\"))", files), ["src/lib.rs:2"]);
}

#[test]
fn a_file_of_the_query_wins_over_the_page() {
    let files = "--- .archcheck/queries/python/own.scm\n(lambda) @finding\n--- a.py\nf = lambda: 1\ng(1)\n";
    assert_eq!(found("python", "(call) @finding", files), ["a.py:1"]);
}

#[test]
fn mistakes_are_drawn_at_their_places() {
    let said = |language: &str, query: &str| {
        let folder = project(language, query, "--- a.py\nx = 1\n");
        let output = run(folder.path(), &[]);
        assert_eq!((output.status.code(), stdout(&output)), (Some(2), String::new()));
        stderr(&output)
    };
    insta::assert_snapshot!(said("python", "((call function: (_) @f) @finding\n  (#resolve-to? @f \"time.sleep\"))"), @r#"
    error: unknown predicate `#resolve-to?`
       ┌─ .archcheck/rules/own.md:12:3
       │
    12 │   (#resolve-to? @f "time.sleep"))
       │   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ here
       │
       = help: did you mean `#resolves-to?`?
    "#);
    insta::assert_snapshot!(said("python", "(call\n  functoin: (_)) @finding"), @r#"
    error: the grammar has no field `functoin`
       ┌─ .archcheck/rules/own.md:12:3
       │
    12 │   functoin: (_)) @finding
       │   ^^^^^^^^^^^^^^^^^^^^^^^ here
       │
       = help: `archcheck dump tree FILE` prints the fields of each node
    "#);
    insta::assert_snapshot!(said("python", "(function_call) @finding"), @r#"
    error: the grammar has no node `function_call`
       ┌─ .archcheck/rules/own.md:11:1
       │
    11 │ (function_call) @finding
       │ ^^^^^^^^^^^^^^^^^^^^^^^^ here
       │
       = help: `archcheck dump tree FILE` prints the nodes of a file
    "#);
    insta::assert_snapshot!(said("cobol", "(call) @finding"), @r#"
    error: `cobol` is no language of queries
       ┌─ .archcheck/rules/own.md:11:1
       │
    11 │ (call) @finding
       │ ^^^^^^^^^^^^^^^ here
       │
       = help: one of `python`, `typescript`, `rust`
    "#);
}

#[test]
fn a_new_rule_passes_its_own_test() {
    let folder = folders::written(&[("a.py".to_string(), "x = 1\n".to_string())]);
    let root = folder.path();
    for language in ["python", "typescript", "rust"] {
        let made = run(root, &["new", "rule", &format!("my-{language}"), "--query", language]);
        assert_eq!(made.status.code(), Some(0), "{}", stderr(&made));
    }
    let tested = run(root, &["test"]);
    insta::assert_snapshot!(stdout(&tested), @r#"
    ok     my-python (2 examples)
    ok     my-rust (2 examples)
    ok     my-typescript (2 examples)
    "#);
    assert_eq!(tested.status.code(), Some(0));
    // An example that does not hold is told, both ways.
    let page = root.join(".archcheck/rules/my-python.md");
    let text = fs::read_to_string(&page).unwrap();
    fs::write(
        &page,
        text.replace("time.sleep(1)  # expect: my-python", "time.sleep(1)")
            .replace("router = APIRouter()", "router = APIRouter()  # expect: my-python"),
    )
    .unwrap();
    let failing = run(root, &["test", "my-python"]);
    assert_eq!(failing.status.code(), Some(1));
    insta::assert_snapshot!(stdout(&failing), @r#"
    FAILED my-python (2 examples)
    .archcheck/rules/my-python.md: "What is found" app/api.py:5: router = APIRouter()  # expect: my-python
        missing     my-python
    .archcheck/rules/my-python.md: "What is found" app/api.py:10: time.sleep(1)
        unexpected  my-python
    "#);
    assert!(stderr(&run(root, &["new", "rule", "my-python"])).contains("is there already"));
    assert!(stderr(&run(root, &["new", "rule", "n-plus-one"])).contains("archcheck has a rule `n-plus-one` already"));
    assert!(stdout(&run(root, &["explain", "my-rust"])).contains("What the rule holds"));
}

#[test]
fn every_query_of_ours_is_understood() {
    let (book, errors) = archcheck::rulebook::Rulebook::load_built_in();
    assert_eq!(errors, []);
    let queries = book.rules.iter().flat_map(|rule| &rule.queries);
    let wrong: Vec<String> = queries
        .filter_map(archcheck::lower::queries::wrong)
        .map(|wrong| format!("{} at byte {}: {}", wrong.file, wrong.at, wrong.message))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    for rule in book.rules.iter().filter(|rule| rule.kind == archcheck::model::rule::RuleKind::Query) {
        assert!(!rule.queries.is_empty(), "{} has no query", rule.id);
    }
}
