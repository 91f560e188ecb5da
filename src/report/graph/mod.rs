//! The graphs to text, one file per format: all of a view as JSON, pictures as JSON, Graphviz, Mermaid and SVG, the whole project as a page, and chains for `why`.

pub mod dot;
pub mod json;
pub mod mermaid;
pub mod page;
pub mod svg;
pub mod why;

use crate::model::facts::ImportKind;
use crate::model::view::{Arrow, Block, Cause, Level, Picture, Relation};

/// How an arrow is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stroke {
    /// Runs when the module loads; a call.
    Solid,
    /// Runs later: an import inside a function.
    Dashed,
    /// Never runs: types, strings, tests.
    Dotted,
}

fn stroke(arrow: &Arrow) -> Stroke {
    match arrow.cause {
        Cause::Import(ImportKind::Load) | Cause::Call(_) => Stroke::Solid,
        Cause::Import(ImportKind::Deferred) => Stroke::Dashed,
        Cause::Import(ImportKind::Type | ImportKind::Dropped | ImportKind::String | ImportKind::Test) => Stroke::Dotted,
    }
}

/// "12 files", "service".
fn detail(block: &Block) -> String {
    let mut parts = Vec::new();
    if block.external {
        parts.push("outside".to_string());
    } else if matches!(block.level, Level::Package | Level::Layer) {
        parts.push(if block.size == 1 { "1 file".to_string() } else { format!("{} files", block.size) });
    }
    if let Some(role) = block.role.filter(|_| block.level != Level::Layer) {
        parts.push(role.name().to_string());
    }
    parts.join(" · ")
}

/// What an arrow says when it is pointed at: "3 imports, the first at app/x.py:12".
fn title(picture: &Picture, arrow: &Arrow) -> String {
    let word = match (picture.relation, arrow.weight) {
        (Relation::Imports, 1) => "1 import, at".to_string(),
        (Relation::Imports, count) => format!("{count} imports, the first at"),
        (Relation::Calls, 1) => "1 call, at".to_string(),
        (Relation::Calls, count) => format!("{count} calls, the first at"),
    };
    let ends = format!("{} → {}", picture.blocks[arrow.from as usize].id, picture.blocks[arrow.to as usize].id);
    match &arrow.broken {
        Some(rule) => format!("{ends}: {rule} at {}:{} ({} in all)", arrow.path, arrow.line, arrow.weight),
        None => format!("{ends}: {word} {}:{}", arrow.path, arrow.line),
    }
}
