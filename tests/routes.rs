//! `archcheck routes` through the binary: full paths through the prefixes of routers, in each framework's own way of writing them.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::fs;
use std::process::Command;

use serde_json::Value;

/// `GET /api/users/{id} show`, in order; with guards in brackets.
fn routes(files: &[(&str, &str)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let output =
        Command::new(env!("CARGO_BIN_EXE_archcheck")).current_dir(folder.path()).args(["routes", "--format", "json"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    let words =
        |value: &Value, with: &str| value.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect::<Vec<_>>().join(with);
    let mut found: Vec<String> = list["routes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|route| {
            let handler = route["handler"]["name"].as_str().unwrap().rsplit(['.', ':']).next().unwrap();
            let guards = words(&route["guards"], " ");
            let guards = if guards.is_empty() { guards } else { format!(" [{guards}]") };
            format!("{} {} {handler}{guards}", words(&route["methods"], ","), route["path"].as_str().unwrap_or("-"))
        })
        .collect();
    found.sort();
    found
}

#[test]
fn fastapi_routers_in_routers() {
    let found = routes(&[
        ("app/__init__.py", ""),
        (
            "app/main.py",
            "from fastapi import FastAPI\nfrom app import users\nfrom app.config import settings\nfrom app.api import api\n\napp = FastAPI()\napp.include_router(api, prefix=settings.base)\napp.include_router(users.router, prefix=\"/old\")\n\n@app.get(\"/health\")\ndef health(): ...\n",
        ),
        ("app/config.py", "class Settings:\n    base: str = \"/api/v1\"\n\nsettings = Settings()\n"),
        (
            "app/api.py",
            "from fastapi import APIRouter\nfrom app import lost, users\n\napi = APIRouter()\napi.include_router(users.router)\n",
        ),
        (
            "app/users.py",
            "from fastapi import APIRouter, Depends\n\nrouter = APIRouter(prefix=\"/users\")\n\ndef login(): ...\n\n@router.get(\"/\")\ndef every(): ...\n\n@router.get(\"/{user_id}\")\ndef one(user_id: int, who=Depends(login)): ...\n",
        ),
        (
            "app/lost.py",
            "from fastapi import APIRouter\n\nrouter = APIRouter(prefix=\"/lost\")\n\n@router.post(\"/{id}\")\ndef nobody(id: int): ...\n",
        ),
    ]);
    assert_eq!(
        found,
        [
            "GET /api/v1/users/ every",
            "GET /api/v1/users/{user_id} one [login]",
            "GET /health health",
            "GET /old/users/ every",
            "GET /old/users/{user_id} one [login]",
            "POST {?}/lost/{id} nobody",
        ]
    );
}

#[test]
fn flask_blueprints_whose_prefix_is_replaced() {
    let found = routes(&[(
        "app.py",
        "from flask import Blueprint, Flask\n\nusers = Blueprint(\"users\", __name__, url_prefix=\"/users\")\nitems = Blueprint(\"items\", __name__, url_prefix=\"/items\")\n\n@users.route(\"/<int:id>\", methods=[\"GET\", \"PUT\"])\ndef user(id): ...\n\n@items.post(\"/\")\ndef item(): ...\n\ndef create_app(prefix):\n    app = Flask(__name__)\n    app.register_blueprint(users)\n    app.register_blueprint(items, url_prefix=\"/things\")\n    return app\n",
    )]);
    assert_eq!(found, ["GET,PUT /users/{id} user", "POST /things/ item"]);
}

#[test]
fn django_includes_by_module_list_and_router() {
    let found = routes(&[
        ("shop/__init__.py", ""),
        ("shop/settings.py", "ROOT_URLCONF = \"shop.urls\"\n"),
        (
            "shop/urls.py",
            "from django.urls import include, path, re_path\nfrom shop import views\n\nextra = [path(\"more/\", views.more)]\nurlpatterns = [\n    path(\"api/\", include(\"shop.api\")),\n    path(\"x/\", include(extra)),\n    path(\"y/\", include([path(\"deep/<slug:name>/\", views.deep)])),\n    re_path(r\"^old/(?P<pk>\\d+)/$\", views.old),\n]\n",
        ),
        (
            "shop/views.py",
            "from django.contrib.auth.decorators import login_required\n\ndef more(request): ...\ndef deep(request, name): ...\n@login_required\ndef old(request, pk): ...\n",
        ),
        (
            "shop/api.py",
            "from django.urls import include, path\nfrom rest_framework import routers, viewsets\n\nclass Orders(viewsets.ViewSet):\n    def list(self, request): ...\n    def retrieve(self, request, pk=None): ...\n\nrouter = routers.DefaultRouter()\nrouter.register(\"orders\", Orders)\nurlpatterns = [path(\"v2/\", include(router.urls))]\n",
        ),
        ("shop/unused.py", "from django.urls import path\nfrom shop import views\n\nurlpatterns = [path(\"gone/\", views.more)]\n"),
    ]);
    assert_eq!(
        found,
        [
            "* /old/{pk}/ old",
            "* /x/more/ more",
            "* /y/deep/{name}/ deep",
            "* {?}/gone/ more",
            "GET /api/v2/orders/ list",
            "GET /api/v2/orders/{pk}/ retrieve",
        ]
    );
}

#[test]
fn aiohttp_tables_and_sub_applications() {
    let found = routes(&[(
        "main.py",
        "from aiohttp import web\n\ntable = web.RouteTableDef()\n\n@table.get(\"/a/{id:\\\\d+}\")\nasync def a(request): ...\n\nasync def b(request): ...\n\nadmin = web.Application()\nadmin.add_routes([web.post(\"/b\", b)])\napp = web.Application()\napp.add_routes(table)\napp.add_subapp(\"/admin\", admin)\n",
    )]);
    assert_eq!(found, ["GET /a/{id} a", "POST /admin/b b"]);
}

#[test]
fn express_routers_by_import_parameter_and_chain() {
    let found = routes(&[
        ("package.json", r#"{"dependencies": {"express": "4"}}"#),
        (
            "src/app.js",
            "const express = require('express');\nconst users = require('./users');\nconst { setup } = require('./setup');\n\nconst app = express();\nconst guard = (req, res, next) => next();\napp.use(guard);\napp.use('/api', guard, users);\nsetup(app);\napp.use(process.env.PREFIX, require('./where'));\n",
        ),
        (
            "src/users.js",
            "const { Router } = require('express');\nconst router = Router();\nconst items = Router({ mergeParams: true });\n\nfunction login(req, res, next) { next(); }\nfunction list(req, res) {}\nfunction show(req, res) {}\n\nrouter.use('/:user/items', items);\nrouter.get('/', login, list);\nitems.route('/:id(\\\\d+)').get(show).delete(show);\nmodule.exports = router;\n",
        ),
        ("src/setup.js", "function setup(app) {\n  app.get('/health', (req, res) => res.end());\n}\nmodule.exports = { setup };\n"),
        (
            "src/where.js",
            "const { Router } = require('express');\nconst router = Router();\nfunction lost(req, res) {}\nrouter.get('/lost', lost);\nmodule.exports = router;\n",
        ),
    ]);
    assert_eq!(
        found,
        [
            "DELETE /api/{user}/items/{id} show",
            "GET /api list [login]",
            "GET /api/{user}/items/{id} show",
            "GET /health <lambda>",
            "GET /{?}/lost lost",
        ]
    );
}

#[test]
fn koa_fastify_and_hono_prefixes() {
    let koa = routes(&[(
        "app.js",
        "const Koa = require('koa');\nconst Router = require('@koa/router');\nconst app = new Koa();\nconst users = new Router({ prefix: '/users' });\nconst all = new Router();\nall.prefix('/api');\nasync function show(ctx) {}\nusers.get('/:id', show);\nall.use('/v1', users.routes());\napp.use(all.routes());\n",
    )]);
    assert_eq!(koa, ["GET /api/v1/users/{id} show"]);
    let fastify = routes(&[(
        "app.ts",
        "import Fastify, { FastifyInstance } from 'fastify';\nimport fp from 'fastify-plugin';\nasync function show() {}\nasync function items(fastify: FastifyInstance) {\n  fastify.get('/:id', show);\n}\nasync function api(fastify: FastifyInstance) {\n  fastify.register(items, { prefix: '/items' });\n  fastify.post('/', show);\n}\nconst app = Fastify();\napp.register(api, { prefix: '/api' });\napp.route({ method: 'PUT', url: '/own', handler: show });\n",
    )]);
    assert_eq!(fastify, ["GET /api/items/{id} show", "POST /api show", "PUT /own show"]);
    let hono = routes(&[(
        "index.ts",
        "import { Hono } from 'hono';\nconst show = (c) => c.text('');\nconst books = new Hono().get('/:id', show);\nconst app = new Hono().basePath('/api');\napp.route('/books', books);\napp.post('/all', show);\nexport default app;\n",
    )]);
    assert_eq!(hono, ["GET /api/books/{id} show", "POST /api/all show"]);
}

#[test]
fn nest_controllers_behind_a_global_prefix() {
    let found = routes(&[
        ("package.json", r#"{"dependencies": {"@nestjs/common": "10", "@nestjs/core": "10"}}"#),
        (
            "src/main.ts",
            "import { NestFactory } from '@nestjs/core';\nimport { AppModule } from './app.module';\nasync function bootstrap() {\n  const app = await NestFactory.create(AppModule);\n  app.setGlobalPrefix('api', { exclude: ['health'] });\n  await app.listen(3000);\n}\nbootstrap();\n",
        ),
        (
            "src/app.module.ts",
            "import { Controller, Get, Module, Post, UseGuards } from '@nestjs/common';\nclass LoginGuard {}\n@UseGuards(LoginGuard)\n@Controller('users')\nexport class UsersController {\n  @Get(':id')\n  show() {}\n  @Post()\n  create() {}\n}\n@Controller()\nexport class HealthController {\n  @Get('health')\n  check() {}\n}\n@Controller({ path: 'items' })\nexport class ItemsController {\n  @Get()\n  list() {}\n}\n@Module({ controllers: [UsersController] })\nexport class AppModule {}\n",
        ),
    ]);
    assert_eq!(
        found,
        ["GET /api/items list", "GET /api/users/{id} show [LoginGuard]", "GET /health check", "POST /api/users create [LoginGuard]"]
    );
}

#[test]
fn next_paths_are_those_of_files() {
    let found = routes(&[
        ("package.json", r#"{"dependencies": {"next": "15"}}"#),
        ("app/(shop)/api/users/[id]/route.ts", "export async function GET() {}\n"),
        ("app/api/[...rest]/route.ts", "export async function POST() {}\n"),
        ("pages/api/items/index.ts", "export default function handler(req, res) {}\n"),
    ]);
    assert_eq!(found, ["* /api/items handler", "GET /api/users/{id} GET", "POST /api/{rest} POST"]);
}

#[test]
fn connexion_paths_are_those_of_the_document() {
    let found = routes(&[
        ("app.py", "import connexion\n\napp = connexion.App(__name__)\napp.add_api(\"openapi.yml\")\n"),
        ("views/__init__.py", ""),
        ("views/users.py", "def show(id): ...\n"),
        (
            "openapi.yml",
            "openapi: 3.0.1\nservers:\n  - url: https://example.org/v1\npaths:\n  /users/{id}:\n    get:\n      operationId: views.users.show\n",
        ),
    ]);
    assert_eq!(found, ["GET /v1/users/{id} show"]);
}

#[test]
fn axum_actix_and_rocket_scopes() {
    const CARGO: (&str, &str) =
        ("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\nrocket = \"0.5\"\n");
    let axum = routes(&[
        CARGO,
        (
            "src/main.rs",
            "mod users;\nuse axum::{Router, routing::{get, post}};\nasync fn health() {}\nfn app() -> Router {\n    let api = Router::new().nest(\"/users\", users::router()).merge(more());\n    Router::new().route(\"/health\", get(health)).nest(\"/api\", api)\n}\nfn more() -> Router { Router::new().route(\"/more\", post(health)) }\nfn main() { let _ = app(); }\n",
        ),
        (
            "src/users.rs",
            "use axum::{Router, routing::get};\npub fn router() -> Router { Router::new().route(\"/{id}\", get(show).delete(remove)) }\nasync fn show() {}\nasync fn remove() {}\n",
        ),
    ]);
    assert_eq!(axum, ["DELETE /api/users/{id} remove", "GET /api/users/{id} show", "GET /health health", "POST /api/more health"]);
    let actix = routes(&[
        CARGO,
        (
            "src/main.rs",
            "use actix_web::{get, web, App, HttpServer};\n#[get(\"/{id}\")]\nasync fn user() {}\nasync fn create() {}\n#[get(\"/lost\")]\nasync fn lost() {}\nfn items(config: &mut web::ServiceConfig) {\n    config.service(web::resource(\"/items/{id}\").route(web::put().to(create)));\n    config.route(\"/items\", web::post().to(create));\n}\nfn main() {\n    HttpServer::new(|| App::new().service(web::scope(\"/api\").service(web::scope(\"/users\").service(user)).configure(items)).route(\"/health\", web::get().to(create)));\n}\n",
        ),
    ]);
    assert_eq!(
        actix,
        ["GET /api/users/{id} user", "GET /health create", "GET {?}/lost lost", "POST /api/items create", "PUT /api/items/{id} create"]
    );
    let rocket = routes(&[
        CARGO,
        (
            "src/main.rs",
            "#[macro_use] extern crate rocket;\nmod users;\n#[get(\"/\")]\nfn index() {}\n#[launch]\nfn start() -> _ {\n    rocket::build().mount(\"/\", routes![index]).mount(\"/users\", routes![users::show])\n}\n",
        ),
        ("src/users.rs", "#[get(\"/<id>?<q>\")]\npub fn show(id: i64, q: String) {}\n"),
    ]);
    assert_eq!(rocket, ["GET / index", "GET /users/{id} show"]);
}

#[test]
fn routers_in_lists_are_mounted_one_by_one() {
    let found = routes(&[
        ("package.json", "{\"dependencies\": {\"express\": \"4\"}}"),
        (
            "src/routes.js",
            "const express = require('express');\nconst users = require('./users');\nconst items = require('./items');\n\nconst router = express.Router();\nconst list = [\n  { path: '/users', route: users },\n  { path: '/items', route: items },\n];\nlist.forEach((it) => {\n  router.use(it.path, it.route);\n});\nconst app = express();\napp.use('/v1', router);\n",
        ),
        (
            "src/users.js",
            "const { Router } = require('express');\nconst router = Router();\nrouter.get('/:id', (req, res) => res.json({}));\nmodule.exports = router;\n",
        ),
        (
            "src/items.js",
            "const { Router } = require('express');\nconst router = Router();\nrouter.post('/', (req, res) => res.json({}));\nmodule.exports = router;\n",
        ),
    ]);
    assert_eq!(found, ["GET /v1/users/{id} <lambda>", "POST /v1/items <lambda>"]);
    let found = routes(&[(
        "app.py",
        "from flask import Blueprint, Flask\nfrom flask_restful import Api, Resource\n\nclass Users(Resource):\n    def get(self, id): ...\n\nclass Items(Resource):\n    def post(self): ...\n\nuser_routes = [[Users, \"/users/<int:id>\", \"users\"]]\nroutes = user_routes + [[Items, \"/items\", \"items\"]]\nblueprint = Blueprint(\"api\", __name__, url_prefix=\"/api\")\napi = Api(blueprint)\nfor route in routes:\n    api.add_resource(route[0], route[1], endpoint=route[2])\napp = Flask(__name__)\napp.register_blueprint(blueprint)\n",
    )]);
    assert_eq!(found, ["GET /api/users/{id} get", "POST /api/items post"]);
}

#[test]
fn a_long_list_of_handlers_is_mounted() {
    let handlers: String = (0..40).map(|at| format!("#[get(\"/items/{at}\")]\nfn item{at}() {{}}\n\n")).collect();
    let names = (0..40).map(|at| format!("item{at}")).collect::<Vec<_>>().join(", ");
    let main = format!(
        "#[macro_use]\nextern crate rocket;\n\n{handlers}#[launch]\nfn rocket() -> _ {{\n    rocket::build().mount(\"/api\", routes![{names}])\n}}\n"
    );
    let found = routes(&[
        ("Cargo.toml", "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\nrocket = \"0.5\"\n"),
        ("src/main.rs", &main),
    ]);
    assert_eq!(found.len(), 40);
    assert!(found.iter().all(|route| route.starts_with("GET /api/items/")), "{found:?}");
}

#[test]
fn lists_of_paths_and_views_by_name() {
    let found = routes(&[
        ("package.json", "{\"dependencies\": {\"express\": \"4\"}}"),
        (
            "src/app.js",
            "const express = require('express');\nconst app = express();\n['/a', '/b'].forEach((path) => app.get(path, show));\nfunction show(req, res) { res.json({}); }\n",
        ),
    ]);
    assert_eq!(found, ["GET /a show", "GET /b show"]);
    let found = routes(&[(
        "app.py",
        "from flask import Flask\nfrom flask.views import MethodView\nfrom flask_restx import Api, Resource\n\nclass Users(MethodView):\n    def get(self, id): ...\n\napp = Flask(__name__)\napp.add_url_rule(\"/users/<int:id>\", view_func=Users.as_view(\"users\"))\napi = Api(app)\n\n@api.route(\"/cats\")\nclass Cats(Resource):\n    def post(self): ...\n",
    )]);
    assert_eq!(found, ["GET /users/{id} get", "POST /cats post"]);
}

#[test]
fn bound_methods_and_typed_registrations_are_routes() {
    let found = routes(&[
        ("package.json", "{\"dependencies\": {\"express\": \"4\"}}"),
        (
            "src/app.ts",
            "import express, { Router } from 'express';\nimport shelf from './shelf';\n\ninterface Page { take: number }\nconst books = Router();\nbooks.get<{ id: string }, Page>('/:id', (req, res) => res.json({}));\nbooks.post('/', shelf.add.bind(shelf));\nconst app = express();\napp.use('/books', books);\n",
        ),
        ("src/shelf.ts", "class Shelf {\n  add(req, res) {}\n}\nexport default new Shelf();\n"),
    ]);
    assert_eq!(found, ["GET /books/{id} <lambda>", "POST /books add"]);
}

#[test]
fn actix_services_in_a_chain_and_a_rocket_named_rocket() {
    let found = routes(&[
        ("Cargo.toml", "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\nactix-web = \"4\"\n"),
        (
            "src/main.rs",
            "use actix_web::{delete, get, web, App};\n\n#[get(\"/items\")]\nasync fn items() {}\n\n#[delete(\"/items/{id}\")]\nasync fn remove() {}\n\nfn routes(cfg: &mut web::ServiceConfig) {\n    cfg.service(items).service(remove);\n}\n\nfn main() {\n    App::new().configure(routes);\n}\n",
        ),
    ]);
    assert_eq!(found, ["DELETE /items/{id} remove", "GET /items items"]);
    let found = routes(&[
        ("Cargo.toml", "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\nrocket = \"0.5\"\n"),
        (
            "src/main.rs",
            "#[macro_use]\nextern crate rocket;\n\n#[get(\"/items\")]\nfn items() {}\n\n#[launch]\nfn rocket() -> _ {\n    rocket::build().mount(\"/api\", routes![items])\n}\n",
        ),
    ]);
    assert_eq!(found, ["GET /api/items items"]);
}

/// The application below `tests/data/routes`, as `METHOD path` in order.
///
/// What the frameworks themselves list of these applications stands in the tests: Express' and Nest's stack of routes, Fastify's
/// `printRoutes`, `routes` of Hono, `stack` of Koa's router, Flask's `url_map`, Django's resolver (without the routes that a library adds
/// by itself: `HEAD`, formats by suffix, descriptions). Where we say otherwise, it is said.
fn listing(application: &str) -> Vec<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/routes").join(application);
    let mut files = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                files.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let mut found: Vec<String> = routes(&files)
        .iter()
        .flat_map(|route| {
            let mut words = route.split(' ');
            let (methods, path) = (words.next().unwrap(), words.next().unwrap());
            methods.split(',').map(|method| format!("{method} {path}")).collect::<Vec<_>>()
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn express_lists_the_same() {
    // Express lists `/de/help` and `/fr/help` (the path is built in a loop), `DELETE /uploads/{id}` (`app['delete']`, a computed name), and the
    // regular expression as it is written.
    assert_eq!(
        listing("express"),
        [
            "* /any",
            "* /baskets/{basketId}",
            "DELETE /api/v2/admin/users/{id}",
            "DELETE /baskets/{basketId}",
            "GET /about",
            "GET /api/v2/admin/users",
            "GET /api/v2/orders",
            "GET /api/v2/orders/{orderId}/lines",
            "GET /api/v2/orders/{orderId}/lines/{lineId}",
            "GET /baskets/{basketId}",
            "GET /files/{name}.{ext}",
            "GET /health",
            "GET /imprint",
            "GET /legacy/bestellungen",
            "GET /legacy/bestellungen/{orderId}/lines",
            "GET /legacy/bestellungen/{orderId}/lines/{lineId}",
            "GET /panel/stats",
            "GET /private/me",
            "GET /search/{term}",
            "GET /shop/items",
            "GET /shop/items/{sku}",
            "GET /store/items",
            "GET /store/items/{sku}",
            "GET /users/{id}",
            "GET /{?}",
            "GET /{?}/help",
            "PATCH /api/v2/admin/users/{id}",
            "POST /api/v2/orders",
            "POST /hooks/mail",
            "POST /hooks/payment",
            "POST /legacy/bestellungen",
            "POST /shop/items",
            "POST /store/items",
            "POST /uploads",
            "PUT /baskets/{basketId}",
        ]
    );
}

#[test]
fn fastify_lists_the_same() {
    // Fastify lists `/files/*` as it is written, and does not load `more.js`, beside which stands an `index.js`.
    assert_eq!(
        listing("fastify"),
        [
            "* /any",
            "DELETE /accounts/{id}/notes/{note}",
            "DELETE /v2/accounts/{id}/notes/{note}",
            "GET /accounts",
            "GET /accounts/{id}",
            "GET /api/catalog/items",
            "GET /api/stock",
            "GET /at/{hour}h",
            "GET /auto",
            "GET /auto/_id/notes",
            "GET /auto/orders",
            "GET /auto/orders/{id}",
            "GET /auto/statistics/daily",
            "GET /both",
            "GET /docs/{page}",
            "GET /files/{*}",
            "GET /health",
            "GET /late",
            "GET /v2/accounts",
            "GET /v2/accounts/{id}",
            "GET {?}/more",
            "HEAD /both",
            "PATCH /api/catalog/items/{sku}",
            "POST /accounts/{id}/notes",
            "POST /auto/orders/lines",
            "POST /v2/accounts/{id}/notes",
            "PUT /api/catalog/items/{sku}",
        ]
    );
}

#[test]
fn nest_lists_the_same() {
    // As Nest lists them; it lists `GET /health` and `GET /metrics` twice, since it registers middleware for paths without the prefix.
    assert_eq!(
        listing("nest"),
        [
            "* /api/v1/users/any",
            "DELETE /api/v4/people/{id}",
            "DELETE /api/v4/persons/{id}",
            "GET /api/v1/admin",
            "GET /api/v1/admin/reports/daily/{day}",
            "GET /api/v1/admin/settings",
            "GET /api/v1/orders/{orderId}/lines",
            "GET /api/v1/orders/{orderId}/lines/events",
            "GET /api/v1/orders/{orderId}/lines/{id}",
            "GET /api/v1/users",
            "GET /api/v1/users/me",
            "GET /api/v1/users/self",
            "GET /api/v1/users/{id}",
            "GET /api/v2/people/{id}",
            "GET /api/v2/persons/{id}",
            "GET /api/v3/people/{id}",
            "GET /api/v3/persons/{id}",
            "GET /health",
            "GET /metrics",
            "GET /public/logo",
            "PATCH /api/v1/orders/{orderId}/lines/{lineId}",
            "POST /api/metrics",
            "POST /api/v1/orders/{orderId}/lines/submit",
            "POST /api/v1/users",
            "POST /api/v2/users",
            "SEARCH /api/v2/people",
            "SEARCH /api/v2/persons",
            "SEARCH /api/v3/people",
            "SEARCH /api/v3/persons",
        ]
    );
}

#[test]
fn hono_lists_the_same() {
    // Hono also lists the middleware (`ALL /*`) and writes `/wild/*/card`. `post` without a path takes that of the call before: `POST /chain`.
    assert_eq!(
        listing("hono"),
        [
            "* /admin/any",
            "DELETE /cache",
            "DELETE /store/{key}",
            "GET /",
            "GET /admin/users",
            "GET /api/ping",
            "GET /chain",
            "GET /made",
            "GET /orders",
            "GET /orders/{id}",
            "GET /orders/{id}/lines",
            "GET /posts/{date}/{title}",
            "GET /stable/v1/status",
            "GET /wild/{*}/card",
            "POST /orders",
            "POST /{?}",
            "PURGE /cache",
            "PUT /cache",
            "PUT /store/{key}",
        ]
    );
}

#[test]
fn koa_lists_the_same() {
    // The router also lists its redirect, which has no handler: `ALL /old`.
    assert_eq!(
        listing("koa"),
        [
            "* /any",
            "DELETE /gone/{id}",
            "GET /",
            "GET /a",
            "GET /api/admin/users",
            "GET /api/orders",
            "GET /api/orders/{id}",
            "GET /b",
            "GET /both",
            "POST /api/orders/{orderId}/lines",
            "POST /both",
            "PUT /api/orders/{id}",
        ]
    );
}

#[test]
fn flask_lists_the_same() {
    // Flask also lists what RESTX adds (descriptions and their pages), and `GET,POST /plain`: a plain `View` with `dispatch_request`.
    assert_eq!(
        listing("flask"),
        [
            "DELETE /api/dogs/by-id/{id}",
            "DELETE /api/dogs/{id}",
            "GET /api/dogs/by-id/{id}",
            "GET /api/dogs/{id}",
            "GET /api/old-users/{name}",
            "GET /api/users/",
            "GET /cats/{colour}",
            "GET /copy/",
            "GET /copy/{number}",
            "GET /health",
            "GET /healthz",
            "GET /pages/",
            "GET /pages/{number}",
            "GET /things/",
            "GET /things/{id}",
            "PATCH /things/{id}",
            "POST /api/users/",
            "POST /copy/inner/add",
            "POST /pages/inner/add",
            "POST /things/",
            "PUT /api/dogs/{id}/walk",
            "PUT /api/strolls/{id}",
            "PUT /api/walks/{id}",
            "PUT /copy/{number}",
            "PUT /extra/walk/{id}",
            "PUT /pages/{number}",
        ]
    );
}

#[test]
fn django_lists_the_same() {
    // Django writes the optional group out, and also lists the root of `DefaultRouter` and `PUT …/publish/`, added by `@publish.mapping.put`.
    assert_eq!(
        listing("drf"),
        [
            "* /accounts/login/",
            "* /accounts/logout/",
            "* /archive/{year}/{?}",
            "* /extra/",
            "* /search/{term}",
            "DELETE /api/flat/basic/{pk}",
            "DELETE /api/list/{pk}/",
            "DELETE /api/products/{pk}/",
            "DELETE /api/products/{pk}/publish/",
            "DELETE /api/v2/basics/{pk}/",
            "GET /api/both/",
            "GET /api/flat/basic",
            "GET /api/list/",
            "GET /api/list/{pk}/",
            "GET /api/manual/{pk}/",
            "GET /api/products/",
            "GET /api/products/best-sellers/",
            "GET /api/products/{pk}/",
            "GET /api/products/{pk}/parts/{part}/",
            "GET /api/products/{product_pk}/notes/",
            "GET /api/readers/",
            "GET /api/readers/{slug}/",
            "GET /api/stats/",
            "GET /api/v2/basics/",
            "GET /api/v2/stats/",
            "GET /ping/",
            "PATCH /api/list/{pk}/",
            "PATCH /api/manual/{pk}/",
            "PATCH /api/products/{pk}/",
            "POST /api/both/",
            "POST /api/list/",
            "POST /api/products/",
            "POST /api/products/{pk}/publish/",
            "POST /api/products/{product_pk}/notes/",
            "POST /api/stats/",
            "POST /api/v2/stats/",
            "PUT /api/list/{pk}/",
            "PUT /api/products/{pk}/",
        ]
    );
}
