//! The graph as JSON: `{"nodes": […], "edges": […]}`. Described in docs/graphs.md; fields are only ever added.

use std::io::{self, Write};

use serde::Serialize;

use crate::model::facts::ImportKind;
use crate::model::program::CallKind;
use crate::model::view::{Cause, View};

/// Version of the format.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    version: u32,
    tool: &'static str,
    kind: &'static str,
    nodes: Vec<Node<'a>>,
    edges: Vec<Edge<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unresolved: Vec<Missing<'a>>,
}

#[derive(Serialize)]
struct Node<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    file: &'a str,
    line: u32,
    column: u32,
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Edge<'a> {
    from: &'a str,
    to: &'a str,
    file: &'a str,
    line: u32,
    column: u32,
    kind: &'static str,
    resolution: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    type_only: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dynamic: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<&'a str>,
}

#[derive(Serialize)]
struct Missing<'a> {
    file: &'a str,
    line: u32,
    specifier: &'a str,
    language: &'static str,
}

/// Writes a view as JSON.
pub fn write(view: &View, out: &mut dyn Write) -> io::Result<()> {
    let id = |node: u32| view.nodes[node as usize].id.as_str();
    let nodes = view.nodes.iter().map(|node| Node {
        id: &node.id,
        file: &node.path,
        line: node.line,
        column: node.column,
        kind: node.thing.name(),
    });
    let edges = view.edges.iter().map(|edge| Edge {
        from: id(edge.from),
        to: id(edge.to),
        file: &edge.path,
        line: edge.line,
        column: edge.column,
        kind: kind(edge.cause, edge.re_export),
        resolution: edge.resolution.name(),
        type_only: edge.cause == Cause::Import(ImportKind::Type),
        dynamic: edge.cause == Cause::Import(ImportKind::Deferred),
        definition: edge.definition.as_deref(),
    });
    let unresolved = view.unresolved.iter().map(|missing| Missing {
        file: &missing.path,
        line: missing.line,
        specifier: &missing.specifier,
        language: missing.family.name(),
    });
    let document = Document {
        format: "archcheck-graph",
        version: VERSION,
        tool: "archcheck",
        kind: view.relation.name(),
        nodes: nodes.collect(),
        edges: edges.collect(),
        unresolved: unresolved.collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document).map_err(io::Error::from)?;
    writeln!(out)
}

/// The word for why an edge is there.
fn kind(cause: Cause, re_export: bool) -> &'static str {
    match cause {
        Cause::Import(ImportKind::Load) if re_export => "re-export",
        Cause::Import(ImportKind::Load) => "load",
        Cause::Import(ImportKind::Type) => "type",
        Cause::Import(ImportKind::Deferred) => "deferred",
        Cause::Import(ImportKind::String) => "string",
        Cause::Import(ImportKind::Test) => "test",
        Cause::Call(CallKind::Call) => "call",
        Cause::Call(CallKind::Passed) => "passed",
        Cause::Call(CallKind::Implicit) => "implicit",
    }
}
