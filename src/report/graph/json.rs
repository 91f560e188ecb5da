//! The graph as JSON: `{"nodes": […], "edges": […]}`. Described in docs/graphs.md; fields are only ever added.

use std::io::{self, Write};

use serde::Serialize;

use crate::model::facts::ImportKind;
use crate::model::program::CallKind;
use crate::model::role::Role;
use crate::model::view::{Cause, Picture, View};

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
    /// Imports of the project's own code that a tool writes, where it was left out or is not committed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    generated: Vec<Missing<'a>>,
}

#[derive(Serialize)]
struct Node<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    file: &'a str,
    line: u32,
    column: u32,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    test: bool,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    violation: Option<&'a str>,
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
        role: node.role.map(Role::name),
        part: node.part.as_deref(),
        test: node.is_test,
    });
    let edges = view.edges.iter().map(|edge| Edge {
        from: id(edge.from),
        to: id(edge.to),
        file: &edge.path,
        line: edge.line,
        column: edge.column,
        kind: kind(edge.cause, edge.re_export),
        resolution: edge.resolution.name(),
        type_only: matches!(edge.cause, Cause::Import(ImportKind::Type | ImportKind::Dropped)),
        dynamic: edge.cause == Cause::Import(ImportKind::Deferred),
        definition: edge.definition.as_deref(),
        violation: edge.broken.as_deref(),
    });
    let missing = |generated: bool| {
        let chosen = view.unresolved.iter().filter(move |missing| missing.generated == generated);
        let shown = chosen.map(|missing| Missing {
            file: &missing.path,
            line: missing.line,
            specifier: &missing.specifier,
            language: missing.family.name(),
        });
        shown.collect()
    };
    let document = Document {
        format: "archcheck-graph",
        version: VERSION,
        tool: "archcheck",
        kind: view.relation.name(),
        nodes: nodes.collect(),
        edges: edges.collect(),
        unresolved: missing(false),
        generated: missing(true),
    };
    lines(&document, out)
}

#[derive(Serialize)]
struct Boxes<'a> {
    format: &'static str,
    version: u32,
    tool: &'static str,
    kind: &'static str,
    nodes: Vec<OneBox<'a>>,
    edges: Vec<OneArrow<'a>>,
}

#[derive(Serialize)]
struct OneBox<'a> {
    id: &'a str,
    kind: &'static str,
    files: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
}

#[derive(Serialize)]
struct OneArrow<'a> {
    from: &'a str,
    to: &'a str,
    file: &'a str,
    line: u32,
    kind: &'static str,
    resolution: &'static str,
    weight: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    violation: Option<&'a str>,
}

/// Writes a picture as JSON: boxes as nodes, with the weight of each edge and the place of its first import or call.
pub fn write_picture(picture: &Picture, out: &mut dyn Write) -> io::Result<()> {
    let id = |block: u32| picture.blocks[block as usize].id.as_str();
    let nodes = picture.blocks.iter().map(|block| OneBox {
        id: &block.id,
        kind: if block.external { "external" } else { block.level.name() },
        files: block.size,
        role: block.role.map(Role::name),
    });
    let edges = picture.arrows.iter().map(|arrow| OneArrow {
        from: id(arrow.from),
        to: id(arrow.to),
        file: &arrow.path,
        line: arrow.line,
        kind: kind(arrow.cause, false),
        resolution: arrow.resolution.name(),
        weight: arrow.weight,
        violation: arrow.broken.as_deref(),
    });
    let (nodes, edges) = (nodes.collect(), edges.collect());
    lines(&Boxes { format: "archcheck-graph", version: VERSION, tool: "archcheck", kind: picture.relation.name(), nodes, edges }, out)
}

/// JSON with one node or edge a line: small, and a line-based tool can read it.
fn lines(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let value = serde_json::to_value(document).map_err(io::Error::from)?;
    let Some(fields) = value.as_object() else { return Ok(()) };
    writeln!(out, "{{")?;
    for (at, (name, field)) in fields.iter().enumerate() {
        let comma = if at + 1 == fields.len() { "" } else { "," };
        match field.as_array() {
            Some(items) if !items.is_empty() => {
                writeln!(out, "  \"{name}\": [")?;
                for (at, item) in items.iter().enumerate() {
                    writeln!(out, "    {item}{}", if at + 1 == items.len() { "" } else { "," })?;
                }
                writeln!(out, "  ]{comma}")?;
            }
            _ => writeln!(out, "  \"{name}\": {field}{comma}")?,
        }
    }
    writeln!(out, "}}")
}

/// The word for why an edge is there.
pub(super) fn kind(cause: Cause, re_export: bool) -> &'static str {
    match cause {
        Cause::Import(ImportKind::Load) if re_export => "re-export",
        Cause::Import(ImportKind::Load) => "load",
        Cause::Import(ImportKind::Type | ImportKind::Dropped) => "type",
        Cause::Import(ImportKind::Deferred) => "deferred",
        Cause::Import(ImportKind::String) => "string",
        Cause::Import(ImportKind::Test) => "test",
        Cause::Call(CallKind::Call) => "call",
        Cause::Call(CallKind::Passed) => "passed",
        Cause::Call(CallKind::Implicit) => "implicit",
    }
}
