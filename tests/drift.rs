//! Documents against code, through the binary: what is left out is told, and options choose.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::fs;
use std::process::Command;

use serde_json::Value;

/// `path:line message` of each finding of the rule, and `path message` of each document that was left out.
fn checked(files: &[(&str, &str)], rule: &str) -> (Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_archcheck"))
        .current_dir(folder.path())
        .args(["check", "--select", rule, "--format", "json"])
        .output()
        .unwrap();
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    let place = |value: &Value| {
        format!("{}:{}", value["path"].as_str().unwrap_or(""), value["start"]["line"].as_u64().or(value["line"].as_u64()).unwrap_or(0))
    };
    let text = |value: &Value| value["message"].as_str().unwrap().to_string();
    let findings =
        list["findings"].as_array().unwrap().iter().map(|finding| format!("{} {}", place(&finding["location"]), text(finding))).collect();
    let left = list["problems"].as_array().unwrap().iter().filter(|problem| problem["kind"] == "document");
    let left = left.map(|problem| format!("{} {}", problem["location"]["path"].as_str().unwrap_or(""), text(problem))).collect();
    (findings, left)
}

const APP: &str = "import express, { Router } from 'express';\nconst users = Router();\nusers.get('/', (req, res) => res.json([]));\nusers.get('/:id', (req, res) => res.json({}));\nusers.post('/', (req, res) => res.json({}));\nusers.patch('/:id', (req, res) => res.json({}));\nconst app = express();\napp.use('/v1/users', users);\n";

#[test]
fn a_description_in_several_files_is_compared_at_its_places() {
    let (findings, left) = checked(
        &[
            ("package.json", "{\"dependencies\": {\"express\": \"4\"}}"),
            ("src/app.ts", APP),
            (
                "api/openapi.yaml",
                "openapi: 3.0.3\nservers: [{url: 'https://shop.example/v1'}]\npaths:\n  /users:\n    get: {}\n    post: {}\n  /users/{userId}:\n    $ref: 'user.yaml'\n",
            ),
            ("api/user.yaml", "get: {}\nput: {}\n"),
        ],
        "openapi-drift",
    );
    assert_eq!(findings, ["src/app.ts:6 `PATCH /v1/users/{id}` is served where `api/openapi.yaml` promises `PUT`"]);
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn documents_of_something_else_and_of_tools_are_left_out_and_told() {
    let foreign = "openapi: 3.0.3\ninfo: {title: Pay}\npaths:\n  /charges: {get: {}, post: {}}\n  /refunds: {get: {}}\n  /users: {get: {}}\n  /cards: {get: {}, post: {}}\n";
    let files = [
        ("package.json", "{\"dependencies\": {\"express\": \"4\"}}"),
        ("src/app.ts", APP),
        ("clients/pay.yaml", foreign),
        ("tests/fixtures/openapi.yaml", "openapi: 3.0.3\npaths:\n  /v1/users: {get: {}, delete: {}}\n"),
        (
            "docs/openapi.json",
            "{\"openapi\": \"3.0.0\", \"x-generator\": \"some tool\", \"paths\": {\"/v1/users\": {\"get\": {}, \"delete\": {}}}}",
        ),
    ];
    let (findings, left) = checked(&files, "openapi-drift");
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(
        left,
        [
            "clients/pay.yaml this OpenAPI document is not compared with the routes: only 1 of its 6 operations have a route, so it describes something else",
            "docs/openapi.json this OpenAPI document is not compared with the routes: it names its generator, so it follows the code by itself",
        ]
    );
}

#[test]
fn options_choose_documents_and_name_internal_routes() {
    let document = "openapi: 3.0.3\npaths:\n  /v1/users: {get: {}, post: {}}\n  /v1/users/{id}: {get: {}}\n";
    let mut files = vec![("package.json", "{\"dependencies\": {\"express\": \"4\"}}"), ("src/app.ts", APP), ("a.yaml", document)];
    assert_eq!(checked(&files, "openapi-drift").0.len(), 1);
    files.push(("archcheck.toml", "version = 1\n\n[options.openapi-drift]\ninternal = [\"/v1/users/*\"]\n"));
    assert!(checked(&files, "openapi-drift").0.is_empty());
    files.pop();
    files.push(("archcheck.toml", "version = 1\n\n[options.openapi-drift]\ndocuments = [\"other/*.yaml\"]\n"));
    assert!(checked(&files, "openapi-drift").0.is_empty());
}

#[test]
fn schemas_without_models_are_told() {
    let (findings, left) = checked(
        &[
            ("app/main.py", "x = 1\n"),
            ("docs/a.dbml", "Table users {\n  id int\n}\n"),
            ("docs/b.dbml", "// This file was generated, DO NOT MODIFY\nTable users {\n  id int\n}\n"),
        ],
        "dbml-drift",
    );
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(
        left,
        [
            "docs/a.dbml this DBML document is not compared with the models: no models were found",
            "docs/b.dbml this DBML document is not compared with the models: it says that a tool wrote it, so it follows the code by itself",
        ]
    );
}
