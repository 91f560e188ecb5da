//! The program as graphs that people ask for: who imports whom, who calls whom.
//!
//! Names are the languages' own, places are lines. It decides nothing about right and wrong, and writes no format.

mod calls;
mod imports;
mod names;

use std::sync::Arc;

use crate::model::program::Program;
use crate::model::source::{FileId, LineIndex, Span};
use crate::model::view::{Edge, Relation, View};

/// The lines of each file, by its id.
pub type Lines<'a> = &'a [&'a LineIndex];

/// The whole graph of a program: modules and imports, or functions and calls.
pub fn view(program: &Program, relation: Relation, lines: Lines) -> View {
    match relation {
        Relation::Imports => imports::view(program, lines),
        Relation::Calls => calls::view(program, lines),
    }
}

/// One-based line and column (in bytes) of the start of a span.
fn position(lines: Lines, file: FileId, span: Span) -> (u32, u32) {
    let position = lines[file.index()].position(span.start);
    (position.line + 1, position.column + 1)
}

/// Sorts the nodes by id and the edges by ends and place, and keeps of edges that differ in nothing but their resolution the surest.
fn finish(mut view: View) -> View {
    let mut order: Vec<u32> = (0..view.nodes.len() as u32).collect();
    order.sort_by(|&a, &b| view.nodes[a as usize].id.cmp(&view.nodes[b as usize].id));
    let mut place = vec![0; order.len()];
    for (new, &old) in order.iter().enumerate() {
        place[old as usize] = new as u32;
    }
    view.nodes = order.iter().map(|&old| view.nodes[old as usize].clone()).collect();
    for edge in &mut view.edges {
        (edge.from, edge.to) = (place[edge.from as usize], place[edge.to as usize]);
    }
    let key =
        |edge: &Edge| (edge.from, Arc::clone(&edge.path), edge.line, edge.column, edge.to, edge.cause, std::cmp::Reverse(edge.resolution));
    view.edges.sort_by_cached_key(key);
    view.edges.dedup_by(|later, kept| {
        (later.from, later.to, later.line, later.cause, &later.path, &later.definition)
            == (kept.from, kept.to, kept.line, kept.cause, &kept.path, &kept.definition)
    });
    view.unresolved.sort();
    view
}
