//! Why one thing depends on another: the shortest chains of imports or calls between them.

use std::collections::BTreeMap;

use super::find::Found;
use crate::graph::{Digraph, paths};
use crate::model::facts::ImportKind;
use crate::model::view::{Cause, Edge, Hop, View};

/// Chains between two things, shortest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chains {
    pub chains: Vec<Vec<Hop>>,
    /// There is none without imports for types alone or of test code.
    pub only_types: bool,
}

/// Up to `count` chains from a node of `from` to one of `to` that pass no node twice. What runs goes before what does not: imports for types
/// alone, and those of tests, are followed only where nothing else leads there.
pub fn why(view: &View, from: &Found, to: &Found, count: usize) -> Chains {
    let found = chains(view, from, to, count, &runs);
    if !found.is_empty() {
        return Chains { chains: found, only_types: false };
    }
    let found = chains(view, from, to, count, &|_| true);
    Chains { only_types: !found.is_empty(), chains: found }
}

fn runs(edge: &Edge) -> bool {
    !matches!(edge.cause, Cause::Import(ImportKind::Type | ImportKind::Test))
}

fn chains(view: &View, from: &Found, to: &Found, count: usize, counts: &dyn Fn(&Edge) -> bool) -> Vec<Vec<Hop>> {
    let starts: Vec<u32> = from.nodes.iter().copied().filter(|node| to.nodes.binary_search(node).is_err()).collect();
    let ends: Vec<u32> = to.nodes.iter().copied().filter(|node| from.nodes.binary_search(node).is_err()).collect();
    let is_end = |node: u32| ends.binary_search(&node).is_ok();
    let fits = |edge: &&Edge| counts(edge) && (to.definition.is_none() || !is_end(edge.to) || edge.definition == to.definition);
    let mut best: BTreeMap<(u32, u32), &Edge> = BTreeMap::new();
    for edge in view.edges.iter().filter(fits) {
        let rank = |edge: &Edge| (std::cmp::Reverse(edge.resolution), edge.cause, edge.path.clone(), edge.line);
        best.entry((edge.from, edge.to)).and_modify(|known| *known = if rank(edge) < rank(known) { edge } else { known }).or_insert(edge);
    }
    let graph = Digraph::new(view.nodes.len(), best.keys().copied());
    let id = |node: u32| view.nodes[node as usize].id.clone();
    let hop = |pair: &[u32]| Hop { from: id(pair[0]), to: id(pair[1]), edge: best[&(pair[0], pair[1])].clone() };
    paths::shortest_ways(&graph, &starts, &ends, count).iter().map(|way| way.windows(2).map(hop).collect()).collect()
}
