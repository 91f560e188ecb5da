//! The projects in `examples/`, run as a user runs them: what their marks say is found, and nothing else.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

#[path = "support/folders.rs"]
mod folders;

use archcheck::rulebook::marks;

use std::fs;
use std::path::{Path, PathBuf};

use archcheck::engine::{Engine, Options};
use archcheck::model::finding::Outcome;
use archcheck::model::rule::{Example, ExampleFile};
use archcheck::model::source::{Language, LineIndex};

/// The rules that each language's project must show.
const SHOWN: [&str; 7] = [
    "business-logic-in-handler",
    "data-access-in-handler",
    "hardcoded-secret",
    "layer-skip",
    "layer-violation",
    "n-plus-one",
    "sql-injection",
];

fn projects() -> Vec<PathBuf> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut found: Vec<PathBuf> = fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

fn source_files(folder: &Path, below: &str, found: &mut Vec<ExampleFile>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            source_files(&entry.path(), &format!("{path}/"), found);
        } else if Language::of_path(&path).is_some() {
            found.push(ExampleFile { path, text: fs::read_to_string(entry.path()).unwrap() });
        }
    }
}

fn check(root: &Path) -> Outcome {
    let (mut engine, _) = Engine::open(root, Options::default());
    assert!(engine.config_errors().is_empty(), "{:?}", engine.config_errors());
    engine.check()
}

#[test]
fn examples_show_what_their_marks_say() {
    let mut failures = String::new();
    for root in projects() {
        let mut files = Vec::new();
        source_files(&root, "", &mut files);
        let name = root.file_name().unwrap().to_string_lossy().to_string();
        let outcome = check(&root);
        assert!(outcome.problems.is_empty(), "{name}: {:?}", outcome.problems);
        for rule in SHOWN {
            if !outcome.reported.iter().any(|finding| &*finding.rule == rule) {
                failures.push_str(&format!("{name}: shows no finding of `{rule}`\n"));
            }
        }
        let findings = outcome.reported.into_iter().map(|finding| {
            let place = &finding.primary.location;
            let text = fs::read_to_string(root.join(&*place.path)).unwrap();
            (place.path.to_string(), LineIndex::new(&text).line(place.span.start) + 1, finding)
        });
        let findings = findings.collect();
        failures.push_str(&marks::compare("examples", &Example { title: name, line: 1, files }, None, findings));
    }
    assert!(failures.is_empty(), "\n{failures}");
}

#[test]
fn examples_need_no_configuration() {
    for root in projects() {
        let copy = tempfile::tempdir().unwrap();
        let mut files = Vec::new();
        source_files(&root, "", &mut files);
        for manifest in ["pyproject.toml", "package.json", "tsconfig.json", "Cargo.toml"] {
            if let Ok(text) = fs::read_to_string(root.join(manifest)) {
                files.push(ExampleFile { path: manifest.to_string(), text });
            }
        }
        for file in &files {
            let path = copy.path().join(&file.path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &file.text).unwrap();
        }
        let found = |outcome: Outcome| -> Vec<String> {
            outcome.reported.into_iter().filter(|finding| &*finding.rule != "contract").map(|finding| finding.fingerprint).collect()
        };
        assert_eq!(found(check(copy.path())), found(check(&root)), "{}", root.display());
    }
}

/// The column has a type of the project's own: the query is about the model all the same.
#[test]
fn a_count_of_a_column_is_about_its_model() {
    let files = folders::fixture_files(
        "\
--- requirements.txt
fastapi
sqlalchemy
--- app/models.py
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import CHAR, TypeDecorator

class Key(TypeDecorator):
    impl = CHAR

class Base(DeclarativeBase): ...

class Book(Base):
    __tablename__ = \"books\"
    id: Mapped[Key] = mapped_column(Key, primary_key=True)
    shelf: Mapped[int] = mapped_column()
--- app/main.py
from fastapi import Depends, FastAPI
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import session
from app.models import Book

app = FastAPI()

@app.get(\"/shelves/{shelf}/count\")
def count(shelf: int, db: Session = Depends(session)):
    statement = select(func.count(Book.id)).filter_by(shelf=shelf)
    return db.scalar(statement)
--- app/db.py
from sqlalchemy.orm import Session

def session() -> Session: ...
",
    );
    let folder = folders::written(&files);
    let outcome = check(folder.path());
    let found: Vec<&str> = outcome.reported.iter().map(|finding| finding.message.as_str()).collect();
    assert!(found.iter().any(|message| message.contains("`db.scalar` on `Book`")), "{found:?}");
}
