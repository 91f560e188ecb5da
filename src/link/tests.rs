//! Linking on small projects: text in, the rendered program out.

use std::sync::Arc;

use super::{Inputs, link, render};
use crate::languages;
use crate::model::project::{Package, Project};
use crate::model::source::{Family, Language, SourceFile};
use crate::rulebook::Rulebook;

/// Links files given as `(path, text)` and renders the program.
fn linked(files: &[(&str, &str)]) -> String {
    let mut files = files.to_vec();
    files.sort();
    let mut project = Project { packages: vec![Package { source_roots: vec![String::new()], ..Package::default() }], ..Project::default() };
    let mut facts = Vec::new();
    for (path, text) in &files {
        let language = Language::of_path(path).unwrap();
        project.files.push(SourceFile { path: Arc::from(*path), language, bytes: text.len() as u64 });
        facts.push(match language.family() {
            Family::Python => languages::python::lower(text),
            Family::TypeScript => languages::typescript::lower::lower(text, language),
            Family::Rust => languages::rust::lower(text),
        });
    }
    let rulebook = Rulebook::built_in();
    let program =
        link(&Inputs { project: &project, facts: &facts, rulebook: &rulebook, manifests: &|_| None, configured: &|_| Vec::new() });
    render::render(&program)
}

/// Asserts that every expected line is in the output.
#[track_caller]
fn holds(output: &str, lines: &[&str]) {
    for line in lines {
        assert!(output.lines().any(|own| own.trim() == line.trim()), "no line `{line}` in:\n{output}");
    }
}

#[test]
fn a_fastapi_handler_reaches_its_service_and_repository() {
    let output = linked(&[
        (
            "app/api/users.py",
            "from fastapi import APIRouter, Depends\nfrom app.services.users import UserService\nrouter = APIRouter()\n\ndef get_service() -> UserService:\n    return UserService()\n\n@router.get('/users/{id}')\nasync def read(id: int, service: UserService = Depends(get_service)):\n    return await service.find(id)\n",
        ),
        (
            "app/services/users.py",
            "from app.repositories.users import UserRepository\n\nclass UserService:\n    def __init__(self, repo: UserRepository | None = None):\n        self.repo = repo or UserRepository()\n\n    async def find(self, id):\n        return await self.repo.get(id)\n",
        ),
        (
            "app/repositories/users.py",
            "from sqlalchemy import select\nfrom sqlalchemy.orm import Session\nfrom app.models import User\n\nclass UserRepository:\n    def __init__(self, session: Session):\n        self.session = session\n\n    async def get(self, id):\n        return self.session.execute(select(User).where(User.id == id)).scalar_one()\n",
        ),
        (
            "app/models.py",
            "from sqlalchemy.orm import DeclarativeBase\n\nclass Base(DeclarativeBase):\n    pass\n\nclass User(Base):\n    id: int\n",
        ),
    ]);
    println!("{output}");
    holds(
        &output,
        &[
            "app.api.users.read calls app.services.users.UserService.find (exact)",
            "app.api.users.read implies app.api.users.get_service (exact)",
            "app.services.users.UserService.find calls app.repositories.users.UserRepository.get (exact)",
            "route GET /users/{id} -> app.api.users.read (fastapi)",
            "app.models.User is model (Framework: extends `sqlalchemy.orm.DeclarativeBase`)",
        ],
    );
    assert!(output.contains("UserRepository.get uses sqlalchemy.orm.Session().execute"), "{output}");
}
