//! The operations of an OpenAPI document, as far as linking needs them: which function serves which path.
//!
//! Only documents that name functions in `operationId` are of use here; comparing documents with code is a rule's work.

use crate::model::route::join;
use crate::model::source::Span;

/// One operation with an id.
pub(super) struct Operation {
    pub(super) id: String,
    /// Upper case.
    pub(super) method: String,
    pub(super) path: String,
    /// Behind the path of the server.
    pub(super) full: String,
    /// Where the id stands in the text.
    pub(super) span: Span,
}

const METHODS: &[&str] = &["get", "post", "put", "patch", "delete", "head", "options", "trace"];

/// Reads YAML or JSON; a document that is neither, or has no `paths`, has no operations.
pub(super) fn operations(text: &str) -> Vec<Operation> {
    let options = serde_saphyr::options! { strict_booleans: true };
    let Ok(document) = serde_saphyr::from_str_with_options::<serde_json::Value>(text, options) else { return Vec::new() };
    let Some(paths) = document.get("paths").and_then(|paths| paths.as_object()) else { return Vec::new() };
    let base = base_path(&document);
    let mut found = Vec::new();
    for (path, item) in paths {
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let Some(id) = operation.get("operationId").and_then(|id| id.as_str()) else { continue };
            let controller = operation.get("x-openapi-router-controller").and_then(|controller| controller.as_str());
            let id = controller.map_or_else(|| id.to_string(), |controller| format!("{controller}.{id}"));
            let written = id.rsplit('.').next().unwrap_or(&id);
            let start = text.find(&format!("operationId: {id}")).or_else(|| text.find(written)).unwrap_or(0);
            let end = text[start..].find('\n').map_or(text.len(), |length| start + length);
            let full = join(&base, path);
            found.push(Operation { id, method: method.to_ascii_uppercase(), path: path.clone(), full, span: Span::new(start, end) });
        }
    }
    found
}

/// The path of the first server (OpenAPI 3), or the base path (2).
fn base_path(document: &serde_json::Value) -> String {
    if let Some(base) = document.get("basePath").and_then(|base| base.as_str()) {
        return base.to_string();
    }
    let url = document.pointer("/servers/0/url").and_then(|url| url.as_str()).unwrap_or("");
    let path = url.split_once("://").map_or(url, |(_, rest)| rest.find('/').map_or("", |slash| &rest[slash..]));
    if path.contains('{') { String::new() } else { path.to_string() }
}

#[cfg(test)]
mod tests {
    use super::operations;

    #[test]
    fn operations_name_their_functions() {
        let text = "openapi: 3.0.1\npaths:\n  /users/{id}:\n    get:\n      operationId: api.users.show\n    post:\n      x-openapi-router-controller: api.users\n      operationId: create\n";
        let found = operations(text);
        let lines: Vec<String> =
            found.iter().map(|operation| format!("{} {} {}", operation.method, operation.path, operation.id)).collect();
        assert_eq!(lines, ["GET /users/{id} api.users.show", "POST /users/{id} api.users.create"]);
        assert_eq!(&text[found[0].span.range()], "operationId: api.users.show");
    }

    #[test]
    fn what_is_no_document_has_no_operations() {
        assert!(operations("just: text").is_empty());
        assert!(operations("paths: [1").is_empty());
    }
}
