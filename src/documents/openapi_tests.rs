//! Tests of the reader: documents of one file and of several, hostile ones among them.

use std::sync::Arc;

use proptest::prelude::*;

use super::{Document, read};

fn document(files: &[(&str, &str)]) -> Option<Document> {
    let other = |path: &str| files.iter().find(|(own, _)| *own == path).map(|(_, text)| Arc::from(*text));
    read(&Arc::from(files[0].0), files[0].1, &other)
}

fn lines(document: &Document) -> Vec<String> {
    document.operations.iter().map(|operation| format!("{} {}", operation.method, operation.path)).collect()
}

#[test]
fn operations_have_their_places() {
    let text = "openapi: 3.0.1\nservers:\n  - url: 'https://{host}/v1/'\n    variables: {host: {default: example.org}}\npaths:\n  /users/{id}:\n    parameters:\n      - {name: id, in: path, required: true}\n    get:\n      operationId: api.users.show\n      parameters:\n        - $ref: '#/components/parameters/Fields'\n    put:\n      requestBody:\n        required: true\n        content:\n          application/json:\n            schema: {allOf: [{$ref: '#/components/schemas/User'}, {required: [name]}, {properties: {age: {}}}]}\ncomponents:\n  parameters:\n    Fields: {name: fields, in: query}\n  schemas:\n    User: {required: [mail], properties: {mail: {}, name: {}, made: {readOnly: true}}}\n";
    let document = document(&[("api.yaml", text)]).unwrap_or_else(|| panic!("no document"));
    assert_eq!(lines(&document), ["GET /users/{id}", "PUT /users/{id}"]);
    assert_eq!(document.bases, ["/v1"]);
    let show = &document.operations[0];
    assert_eq!(&text[show.place.span.range()], "get");
    let parameters: Vec<_> = show.parameters.iter().map(|one| (one.name.as_str(), one.within.as_str(), one.required)).collect();
    assert_eq!(parameters, [("fields", "query", false), ("id", "path", true)]);
    let body = document.operations[1].body.as_ref().unwrap_or_else(|| panic!("no body"));
    assert!(body.required);
    // `{required: [name]}` alone says no fields, so the fields are not all known.
    assert_eq!(body.fields, None);
}

#[test]
fn fields_of_objects() {
    let text = "openapi: 3.1.0\npaths:\n  /a:\n    post:\n      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/B'}}}}\n  /m:\n    post:\n      requestBody: {content: {application/json: {schema: {properties: {x: {}}, additionalProperties: true}}}}\ncomponents:\n  schemas:\n    A: {required: [x], properties: {x: {}, y: {}}}\n    B: {allOf: [{$ref: '#/components/schemas/A'}], required: [z], properties: {z: {}}}\n";
    let document = document(&[("api.yaml", text)]).unwrap_or_else(|| panic!("no document"));
    let fields = |at: usize| {
        let body = document.operations[at].body.as_ref()?;
        Some(
            body.fields
                .as_ref()?
                .iter()
                .map(|field| format!("{}{}", field.name, if field.required { "!" } else { "" }))
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(fields(0), Some(vec!["x!".to_string(), "y".to_string(), "z!".to_string()]));
    assert_eq!(fields(1), None);
}

#[test]
fn swagger_2_has_a_base_path_and_bodies_among_parameters() {
    let text = "{\"swagger\": \"2.0\", \"basePath\": \"/api/\", \"paths\": {\"/a\": {\"post\": {\"parameters\": [{\"in\": \"body\", \"name\": \"b\", \"required\": true, \"schema\": {\"properties\": {\"x\": {}}}}]}}}}";
    let document = document(&[("swagger.json", text)]).unwrap_or_else(|| panic!("no document"));
    assert_eq!(document.bases, ["/api"]);
    let body = document.operations[0].body.as_ref().unwrap_or_else(|| panic!("no body"));
    assert!(body.required && body.fields.as_ref().is_some_and(|fields| fields.len() == 1));
    assert!(document.operations[0].parameters.is_empty());
}

#[test]
fn other_files_of_the_repository_are_read_and_no_others() {
    let document = document(&[
        ("docs/api.yaml", "openapi: 3.0.0\npaths:\n  /a: {$ref: 'paths/a.yaml'}\n  /b: {$ref: '../shared.json#/x~1b'}\n  /c: {$ref: '../../out.yaml'}\n  /d: {$ref: 'https://example.org/d.yaml'}\n"),
        ("docs/paths/a.yaml", "get: {parameters: [{$ref: '../../shared.json#/p'}]}\n"),
        ("shared.json", "{\"x/b\": {\"delete\": {}}, \"p\": {\"name\": \"q\", \"in\": \"query\", \"required\": true}}"),
    ])
    .unwrap_or_else(|| panic!("no document"));
    assert_eq!(lines(&document), ["GET /a", "DELETE /b"]);
    assert_eq!(&*document.operations[0].place.path, "docs/paths/a.yaml");
    assert_eq!(document.operations[0].parameters[0].name, "q");
    assert_eq!(document.lost, 2);
}

#[test]
fn circles_end() {
    let document = document(&[("a.yaml", "openapi: 3.0.0\npaths:\n  /a: {$ref: '#/paths/~1b'}\n  /b: {$ref: '#/paths/~1a'}\n  /c:\n    get:\n      requestBody: {content: {application/json: {schema: {$ref: '#/s'}}}}\ns: {allOf: [{$ref: '#/s'}], properties: {x: {}}}\n")])
        .unwrap_or_else(|| panic!("no document"));
    assert_eq!(lines(&document), ["GET /c"]);
    assert_eq!(document.operations[0].body.as_ref().and_then(|body| body.fields.clone()), None);
}

#[test]
fn what_is_no_document_is_none() {
    for text in [
        "just: text",
        "paths: [1",
        "openapi: 3.0.0\n",
        "openapi: 4.0.0\npaths: {}\n",
        "openapi:\n  paths: {}\n",
        "openapi: 3.0.0\npaths: [",
        "swagger: true\npaths: 1\n",
    ] {
        assert!(document(&[("a.yaml", text)]).is_none(), "{text}");
    }
    assert!(document(&[("a.yaml", "openapi: 3.0.0\npaths: 1\n")]).is_some_and(|document| document.operations.is_empty()));
}

#[test]
fn tools_leave_marks() {
    let by = |text: &str| document(&[("a.yaml", text)]).and_then(|document| document.generated).is_some();
    assert!(by("# Code generated by x. DO NOT EDIT.\nopenapi: 3.0.0\npaths: {}\n"));
    assert!(by("openapi: 3.1.0\npaths: {}\ncomponents: {schemas: {HTTPValidationError: {}}}\n"));
    assert!(by("openapi: 3.0.0\npaths: {/a: {get: {operationId: UsersController_all}, post: {operationId: UsersController_make}}}\n"));
    assert!(!by("openapi: 3.0.0\npaths: {/a: {get: {operationId: users_all}, post: {operationId: make_user}}}\n"));
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC{0,200}") {
        let text = format!("openapi: 3.0.0\npaths:\n{text}");
        document(&[("a.yaml", &text)]);
    }

    #[test]
    fn pieces_of_documents_are_survived(pieces in proptest::collection::vec(prop_oneof![
        Just("  /a:\n"), Just("    get:\n"), Just("      $ref: '#/paths/~1a'\n"), Just("      parameters: [{$ref: '#/x'}]\n"), Just("x: &x\n"), Just("  y: *x\n"),
        Just("  <<: *x\n"), Just("      requestBody: {content: {application/json: {schema: {$ref: '#/x'}}}}\n"), Just("    servers: [{url: '{a}/b'}]\n"), Just("{[,\n"),
    ], 0..30)) {
        let text = format!("openapi: 3.0.0\npaths:\n{}", pieces.concat());
        document(&[("a.yaml", &text)]);
    }
}
