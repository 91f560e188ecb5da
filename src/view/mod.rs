//! The program as graphs that people ask for: who imports whom, who calls whom.
//!
//! Names are the languages' own, places are lines. It decides nothing about right and wrong, and writes no format.

mod atlas;
mod briefing;
mod calls;
mod coverage;
mod find;
mod folders;
mod imports;
mod names;
mod picture;
mod sites;
mod why;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::finding::{Finding, Level};
use crate::model::program::Program;
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{FileId, LineIndex, Span};
use crate::model::view::{Edge, Node, Relation, Thing, View};

pub use atlas::atlas;
pub use briefing::{Ground, briefing, guide};
pub use coverage::coverage;
pub use find::{Found, Unknown, find};
pub use picture::{Choice, narrow, picture};
pub use why::{Chains, why};

/// The lines of each file, by its id.
pub type Lines<'a> = &'a [&'a LineIndex];

/// The whole graph of a program: modules and imports, or functions and calls.
pub fn view(program: &Program, relation: Relation, lines: Lines) -> View {
    match relation {
        Relation::Imports => imports::view(program, lines),
        Relation::Calls => calls::view(program, lines),
    }
}

/// The rules whose findings stand at single imports or calls.
pub const MARKED: &[&str] = &["contract", "import-cycle", "layer-skip", "layer-violation"];

/// Marks the edges that findings speak of: those at the finding's own line, and for a cycle those at every line of it.
pub fn mark<'a>(view: &mut View, findings: &[Finding], lines: &dyn Fn(&str) -> Option<&'a LineIndex>) {
    let mut places: BTreeMap<(Arc<str>, u32), Arc<str>> = BTreeMap::new();
    // An import that breaks a rule of its own says more than that it lies on a cycle.
    let (cycles, others): (Vec<&Finding>, Vec<&Finding>) =
        findings.iter().filter(|finding| finding.level > Level::Note).partition(|finding| &*finding.rule == "import-cycle");
    for finding in others.into_iter().chain(cycles) {
        let cycle = finding.related.iter().filter(|_| &*finding.rule == "import-cycle");
        for label in std::iter::once(&finding.primary).chain(cycle) {
            if let Some(lines) = lines(&label.location.path) {
                let place = (label.location.path.clone(), lines.line(label.location.span.start) + 1);
                places.entry(place).or_insert_with(|| finding.rule.clone());
            }
        }
    }
    for edge in &mut view.edges {
        let is_own = view.nodes[edge.to as usize].thing != Thing::External;
        edge.broken = places.get(&(edge.path.clone(), edge.line)).filter(|rule| is_own || &***rule == "contract").cloned();
    }
}

/// Notes the part of each node's file.
pub fn divide(view: &mut View, part_of: &dyn Fn(&str) -> Option<Arc<str>>) {
    let mut known: BTreeMap<Arc<str>, Option<Arc<str>>> = BTreeMap::new();
    for node in view.nodes.iter_mut().filter(|node| node.thing != Thing::External) {
        node.part = known.entry(node.path.clone()).or_insert_with(|| part_of(&node.path)).clone();
    }
}

/// A node of the project, with what is known of it.
fn node(program: &Program, def: GlobalDef, id: String, thing: Thing, (line, column): (u32, u32)) -> Node {
    let role = program.role(def).map(|evidence| evidence.role);
    Node { id, thing, path: program.path(def.file).clone(), line, column, role, part: None, is_test: program.is(def, Role::Test) }
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
