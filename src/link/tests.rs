//! Linking on small projects: text in, the rendered program out.

use std::sync::Arc;

use super::{Inputs, link, render};
use crate::languages;
use crate::model::program::{CallEdge, Program};
use crate::model::project::{Package, Project};
use crate::model::source::{Family, Language, SourceFile};
use crate::rulebook::Rulebook;

/// Links files given as `(path, text)` and renders the program.
fn linked(files: &[(&str, &str)]) -> String {
    with_program(files, render::render)
}

/// The whole call graph, as `caller -> callee`.
pub(super) fn call_graph_of(files: &[(&str, &str)]) -> Vec<String> {
    with_program(files, |program| {
        let edge = |edge: &CallEdge| format!("{} -> {}", program.qualified_name(edge.caller), program.qualified_name(edge.callee));
        program.call_graph.iter().map(edge).collect()
    })
}

fn with_program<T>(files: &[(&str, &str)], ask: impl FnOnce(&Program) -> T) -> T {
    let mut files = files.to_vec();
    files.sort();
    let mut project = Project { packages: vec![Package { source_roots: vec![String::new()], ..Package::default() }], ..Project::default() };
    let mut facts = Vec::new();
    for (path, text) in &files {
        let language = Language::of_path(path).unwrap();
        project.files.push(SourceFile { path: Arc::from(*path), language, bytes: text.len() as u64 });
        facts.push(Arc::new(match language.family() {
            Family::Python => languages::python::lower(text),
            Family::TypeScript => languages::typescript::lower::lower(text, language),
            Family::Rust => languages::rust::lower(text),
        }));
    }
    let rulebook = Rulebook::built_in();
    let program = link(&Inputs {
        project: &project,
        facts: &facts,
        rulebook: &rulebook,
        manifests: &|_| None,
        texts: &[],
        configured: &|_| Vec::new(),
    });
    ask(&program)
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

#[test]
fn express_controllers_are_found_through_wrappers_and_modules() {
    let output = linked(&[
        (
            "src/routes/user.route.js",
            "const express = require('express');\nconst userController = require('../controllers/user.controller');\nconst auth = require('../middlewares/auth');\nconst router = express.Router();\nrouter.route('/').post(auth('manage'), userController.createUser);\nrouter.get('/:id', userController.getUser);\nmodule.exports = router;\n",
        ),
        (
            "src/controllers/user.controller.js",
            "const catchAsync = require('../utils/catchAsync');\nconst { userService } = require('../services');\nconst createUser = catchAsync(async (req, res) => {\n  const user = await userService.create(req.body);\n  res.send(user);\n});\nconst getUser = catchAsync(async (req, res) => {\n  res.send(await userService.get(req.params.id));\n});\nmodule.exports = { createUser, getUser };\n",
        ),
        (
            "src/utils/catchAsync.js",
            "const catchAsync = (fn) => (req, res, next) => {\n  Promise.resolve(fn(req, res, next)).catch(next);\n};\nmodule.exports = catchAsync;\n",
        ),
        ("src/services/index.js", "module.exports.userService = require('./user.service');\n"),
        (
            "src/services/user.service.js",
            "const User = require('../models/user.model');\nconst create = async (body) => User.create(body);\nconst get = async (id) => User.findById(id);\nmodule.exports = { create, get };\n",
        ),
        (
            "src/models/user.model.js",
            "const mongoose = require('mongoose');\nconst schema = mongoose.Schema({ name: String });\nconst User = mongoose.model('User', schema);\nmodule.exports = User;\n",
        ),
        ("src/middlewares/auth.js", "const auth = (right) => async (req, res, next) => next();\nmodule.exports = auth;\n"),
    ]);
    println!("{output}");
    holds(
        &output,
        &[
            "src/controllers/user.controller.createUser calls src/services/user.service.create (exact)",
            "src/controllers/user.controller.getUser calls src/services/user.service.get (exact)",
            "route GET /:id -> src/controllers/user.controller.getUser (express)",
        ],
    );
}

#[test]
fn nest_constructor_injection_types_the_call() {
    let output = linked(&[
        (
            "src/users/users.controller.ts",
            "import { Controller, Get, Param } from '@nestjs/common';\nimport { UsersService } from './users.service';\n@Controller('users')\nexport class UsersController {\n  constructor(private readonly users: UsersService) {}\n  @Get(':id')\n  find(@Param('id') id: string) { return this.users.find(id); }\n}\n",
        ),
        (
            "src/users/users.service.ts",
            "import { Injectable } from '@nestjs/common';\nimport { PrismaService } from '../prisma.service';\n@Injectable()\nexport class UsersService {\n  constructor(private prisma: PrismaService) {}\n  async find(id: string) { return this.prisma.user.findUnique({ where: { id } }); }\n}\n",
        ),
        ("src/prisma.service.ts", "import { PrismaClient } from '@prisma/client';\nexport class PrismaService extends PrismaClient {}\n"),
    ]);
    println!("{output}");
    holds(
        &output,
        &[
            "src/users/users.controller.UsersController.find calls src/users/users.service.UsersService.find (exact)",
            "src/users/users.service.UsersService.find uses @prisma/client.PrismaClient().user.findUnique",
        ],
    );
}

#[test]
fn rust_paths_without_use_reach_their_functions() {
    let output = linked(&[
        (
            "src/main.rs",
            "mod db;\nmod routes;\nuse axum::{Router, routing::get};\nfn app() -> Router { Router::new().route(\"/users/:id\", get(routes::show)) }\n",
        ),
        (
            "src/routes.rs",
            "use axum::extract::{Path, State};\nuse sqlx::PgPool;\npub async fn show(State(pool): State<PgPool>, Path(id): Path<i64>) -> String {\n    crate::db::find(&pool, id).await.unwrap().name\n}\n",
        ),
        (
            "src/db.rs",
            "use sqlx::PgPool;\npub struct User { pub name: String }\npub async fn find(pool: &PgPool, id: i64) -> Result<User, sqlx::Error> {\n    sqlx::query_as::<_, User>(\"select * from users where id = $1\").bind(id).fetch_one(pool).await\n}\n",
        ),
    ]);
    println!("{output}");
    holds(&output, &["crate::routes::show calls crate::db::find (exact)", "route GET /users/:id -> crate::routes::show (axum)"]);
    assert!(output.contains("uses sqlx.query().fetch_one about User"), "{output}");
}

#[test]
fn rust_paths_go_through_modules_whatever_function_has_the_same_name() {
    let output = linked(&[
        (
            "src/main.rs",
            "mod orders;\nmod pages;\nuse axum::{Router, routing::get};\nasync fn orders() -> String { pages::all() }\nfn app() -> Router { Router::new().route(\"/\", get(orders)) }\n",
        ),
        ("src/pages.rs", "use crate::orders::store::all as every;\npub fn all() -> String { every() }\n"),
        ("src/orders/mod.rs", "pub mod store;\n"),
        ("src/orders/store.rs", "pub fn all() -> String { String::new() }\n"),
    ]);
    holds(&output, &["crate::pages::all calls crate::orders::store::all (exact)"]);
}

#[test]
fn functions_given_properties_are_found_by_them() {
    let output = linked(&[
        ("a.js", "const Tutorial = function (t) { this.t = t; };\nTutorial.find = (id) => id;\nmodule.exports = Tutorial;\n"),
        ("b.js", "const Tutorial = require('./a');\nexports.show = (req, res) => { Tutorial.find(req.params.id); };\n"),
    ]);
    holds(&output, &["b.show calls a.find (exact)"]);
}

#[test]
fn a_generic_repository_gives_what_it_is_a_repository_of() {
    let output = linked(&[
        (
            "crud.py",
            "from typing import Generic, Type, TypeVar\nfrom tortoise.models import Model\nM = TypeVar('M', bound=Model)\n\nclass CRUD(Generic[M]):\n    def __init__(self, model: Type[M]):\n        self.model = model\n\n    async def get(self, id: int) -> M:\n        return await self.model.get(id=id)\n",
        ),
        (
            "users.py",
            "from tortoise.models import Model\nfrom crud import CRUD\n\nclass User(Model):\n    def label(self):\n        return 'u'\n\nclass Users(CRUD[User]):\n    def __init__(self):\n        super().__init__(model=User)\n\nusers = Users()\n\nasync def show(id):\n    return (await users.get(id)).label()\n",
        ),
    ]);
    holds(&output, &["users.show calls crud.CRUD.get (exact)", "users.show calls users.User.label (exact)"]);
    assert!(output.contains("crud.CRUD.get uses tortoise.models.Model.get"), "{output}");
}

#[test]
fn a_variable_may_name_an_annotated_type() {
    let output = linked(&[
        (
            "deps.py",
            "from typing import Annotated\nfrom fastapi import Depends\nfrom sqlalchemy.orm import Session\n\ndef get_db():\n    yield Session()\n\nSessionDep = Annotated[Session, Depends(get_db)]\n",
        ),
        ("items.py", "from deps import SessionDep\n\ndef read(session: SessionDep):\n    return session.execute('select 1')\n"),
    ]);
    holds(&output, &["items.read uses sqlalchemy.orm.Session().execute"]);
}

#[test]
fn rust_functions_named_like_their_modules_are_handlers() {
    let output = linked(&[
        (
            "src/main.rs",
            "mod openapi;\nmod routes;\nuse crate::routes::{home, login};\nuse axum::{Router, routing::{get, post}};\nfn app() -> Router {\n    let openapi = 1;\n    Router::new().route(\"/\", get(home)).route(\"/login\", post(login)).route(\"/api.json\", get(openapi::handler))\n}\n",
        ),
        ("src/openapi.rs", "pub async fn handler() -> String { String::new() }\n"),
        ("src/routes/mod.rs", "mod home;\nmod login;\npub use home::*;\npub use login::*;\n"),
        ("src/routes/home.rs", "pub async fn home() -> String { String::new() }\n"),
        ("src/routes/login/mod.rs", "mod post;\npub use post::login;\n"),
        ("src/routes/login/post.rs", "pub async fn login() -> String { String::new() }\n"),
    ]);
    holds(
        &output,
        &[
            "route GET / -> crate::routes::home::home (axum)",
            "route POST /login -> crate::routes::login::post::login (axum)",
            "route GET /api.json -> crate::openapi::handler (axum)",
        ],
    );
}

#[test]
fn what_passes_on_to_the_next_handler_is_middleware() {
    let output = linked(&[
        (
            "src/app.js",
            "const express = require('express');\nconst { addUserId, list } = require('./handlers');\nconst app = express();\napp.use(addUserId);\napp.get('/cards', addUserId, list);\napp.post('/cards', addUserId);\n",
        ),
        (
            "src/handlers.js",
            "const addUserId = (req, res, next) => { req.body.user = 1; next(); };\nconst list = (req, res) => { res.send([]); };\nmodule.exports = { addUserId, list };\n",
        ),
    ]);
    holds(&output, &["route GET /cards -> src/handlers.list (express)"]);
    assert!(!output.contains("route POST /cards"), "{output}");
    assert!(output.contains("src/handlers.addUserId is middleware"), "{output}");
}

#[test]
fn nested_url_lists_are_routes_of_their_own() {
    let output = linked(&[
        (
            "shop/urls.py",
            "from django.urls import include, path\nfrom shop.views import login\nurlpatterns = [path('session/', include(([path('login/', login)], 'session')))]\n",
        ),
        ("shop/views.py", "def login(request):\n    return None\n"),
    ]);
    holds(&output, &["route * login/ -> shop.views.login (django)"]);
    assert!(!output.contains("route * session/"), "{output}");
}

#[test]
fn shapes_beside_a_service_do_not_make_the_file_a_schema() {
    let output = linked(&[
        (
            "app/services/email.py",
            "from pydantic import BaseModel\n\nclass EmailTemplate(BaseModel):\n    subject: str\n\nclass EmailService:\n    def send(self): ...\n",
        ),
        ("app/db/models/mixins.py", "def now():\n    return 1\n"),
    ]);
    let lines: Vec<&str> = output.lines().map(str::trim).filter(|line| line.starts_with("role ")).collect();
    assert_eq!(
        lines,
        ["role model (Folder: folder `models`)", "role repository (Folder: folder `db`)", "role service (Folder: folder `services`)"]
    );
}

#[test]
fn helpers_beside_handlers_are_no_services() {
    let files = [
        (
            "app/routes/users.py",
            "from fastapi import APIRouter\nfrom app.routes._helpers import check\nrouter = APIRouter()\n\n@router.get('/users')\ndef read():\n    return check()\n",
        ),
        ("app/routes/_helpers.py", "def check():\n    return 1\n"),
    ];
    let output = linked(&files);
    assert!(!output.contains("role service"), "{output}");
}

#[test]
fn a_hierarchy_that_is_too_deep_is_given_up_at_once() {
    // Each level has two bases: to look at both, again and again, would take 2^400 steps.
    let classes: String = (0..400).rev().map(|at| format!("class B{at}(B{}, B{}):\n    def m{at}(self): ...\n", at + 1, at + 2)).collect();
    let code = format!(
        "class B401:\n    def m401(self): ...\nclass B400(B401):\n    def m400(self): ...\n{classes}\ndef f(b: B0):\n    b.m3()\ndef g(b: B370):\n    b.m390()\n"
    );
    let calls = call_graph_of(&[("app.py", &code)]);
    let called = |from: &str, to: &str| calls.iter().any(|call| call.contains(from) && call.ends_with(to));
    assert!(called("f -> ", "B3.m3") && called("g -> ", "B390.m390"), "{calls:?}");
}
