//! `archcheck ask` and `archcheck context` through the binary.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

#[path = "support/binary.rs"]
mod binary;

use std::path::Path;

use binary::{archcheck, project};
use serde_json::Value;
use tempfile::TempDir;

const ROUTER: &str = "from fastapi import APIRouter\n\nfrom app.repositories.users import UserRepository\nfrom app.services.users import UserService\n\nrouter = APIRouter()\n\n\n@router.get('/users')\ndef show():\n    return UserService(UserRepository()).all()\n";
const FILES: &[(&str, &str)] = &[
    ("pyproject.toml", "[project]\nname = \"shop\"\ndependencies = [\"fastapi\", \"sqlalchemy\"]\n"),
    ("app/routers/users.py", ROUTER),
    (
        "app/services/users.py",
        "class UserService:\n    def __init__(self, users):\n        self.users = users\n\n    def all(self):\n        return self.users.all()\n",
    ),
    (
        "app/repositories/users.py",
        "from sqlalchemy.orm import Session\n\nfrom app.models import User\n\n\nclass UserRepository:\n    session: Session\n\n    def all(self):\n        return self.session.query(User).all()\n",
    ),
    ("app/models.py", "from sqlalchemy.orm import DeclarativeBase\n\n\nclass User(DeclarativeBase):\n    pass\n"),
];

/// The shop, with more files.
fn shop(more: &[(&str, &str)]) -> TempDir {
    project(&FILES.iter().chain(more).copied().collect::<Vec<_>>())
}

fn ask(folder: &Path, path: &str) -> Value {
    let output = archcheck(folder, &["ask", path, "--format", "json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn texts<'v>(list: &'v Value, field: &str) -> Vec<&'v str> {
    list.as_array().unwrap().iter().map(|item| item[field].as_str().unwrap()).collect()
}

#[test]
fn a_file_knows_its_role_its_neighbours_and_what_the_layers_allow() {
    let upward = "from app.routers.users import show\n\n\ndef again():\n    return show()\n";
    let folder = shop(&[("app/services/again.py", upward)]);
    let answer = ask(folder.path(), "app/routers/users.py");
    assert_eq!((answer["subject"].as_str(), answer["role"]["name"].as_str()), (Some("file"), Some("router")));
    assert_eq!(texts(&answer["imports"], "name"), ["repository", "service"]);
    assert_eq!(answer["imports"][0]["paths"][0], "app/repositories/users.py");
    assert_eq!((texts(&answer["may"], "what"), texts(&answer["must_not"], "what")), (vec!["model", "service"], vec!["repository"]));
    assert!(texts(&answer["rules"], "id").contains(&"n-plus-one"));
    let upward = ask(folder.path(), "app/services/again.py");
    assert_eq!((&upward["findings"][0]["rule"], &upward["findings"][0]["line"]), (&"layer-violation".into(), &1.into()), "{upward:#}");
    let model = ask(folder.path(), "app/models.py");
    assert_eq!(
        (texts(&model["imported_by"], "name"), texts(&model["must_not"], "what")),
        (vec!["repository"], vec!["repository", "router", "service"])
    );
}

#[test]
fn a_file_to_be_written_is_judged_by_its_place() {
    let folder = shop(&[]);
    let answer = ask(folder.path(), "app/services/new/orders.py");
    assert_eq!(
        (answer["subject"].as_str(), answer["files"].as_u64(), answer["role"]["name"].as_str()),
        (Some("new"), Some(0), Some("service"))
    );
    assert_eq!(texts(&answer["must_not"], "what"), ["router"]);
    assert_eq!(answer["findings"].as_array().unwrap().len(), 0);
    let nowhere = tempfile::tempdir().unwrap();
    let output = archcheck(nowhere.path(), &["ask", "a/b.py"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no source file"));
}

#[test]
fn what_the_configuration_says_is_said_in_its_words() {
    let folder = shop(&[(
        "archcheck.toml",
        "[parts]\nweb = \"app/routers\"\nlogic = \"app/services\"\ndata = [\"app/repositories\", \"app/models.py\"]\norm = { package = \"sqlalchemy\" }\n\n[layers]\nshop = \"web >> logic >> data\"\n\n[rules]\none-door = { rule = \"only data may import orm\", because = \"ADR-7\", fix = \"go through a repository\" }\n",
    )]);
    let answer = ask(folder.path(), "app/routers/users.py");
    assert_eq!(answer["parts"], serde_json::json!(["web"]));
    assert_eq!((texts(&answer["may"], "what"), texts(&answer["must_not"], "what")), (vec!["logic"], vec!["data"]));
    assert_eq!(
        answer["said"][0],
        serde_json::json!({"name": "one-door", "text": "only data may import orm", "because": "ADR-7", "fix": "go through a repository"})
    );
    let text = String::from_utf8(archcheck(folder.path(), &["ask", "app/services"]).stdout).unwrap();
    assert!(text.starts_with("app/services: "), "{text}");
    for line in [
        "may import    data: it is below, in the order `shop`",
        "must not      web: it is above, in the order `shop`",
        "one-door: only data may import orm, because ADR-7 (go through a repository)",
    ] {
        assert!(text.contains(line), "`{line}` is not in\n{text}");
    }
}

#[test]
fn the_context_is_a_page_of_markdown() {
    let folder = shop(&[]);
    let output = archcheck(folder.path(), &["context"]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    for line in [
        "## Architecture",
        "- `.`: python (4 files); FastAPI, SQLAlchemy",
        "- Routes: 1 fastapi",
        "| router | `app/routers/users.py` | 1 | repository (1), service (1) |",
        "| model | `app/models.py` | 1 |  |",
        "- `router >> service >> repository > model`",
        "(`sql-injection`)",
    ] {
        assert!(text.contains(line), "`{line}` is not in\n{text}");
    }
    assert!(text.lines().count() < 60, "short enough for an AGENTS.md");
}
