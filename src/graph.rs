//! Pure algorithms over graphs with nodes `0..n`: components, ways, cycles and what breaks them, and layered drawings.
//!
//! No noun of archcheck's is here: callers number their things and read the answer back.

pub mod cycles;
pub mod layout;
pub mod paths;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

/// A graph for walking: for each node the nodes its edges lead to, sorted, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digraph {
    starts: Vec<u32>,
    targets: Vec<u32>,
}

impl Digraph {
    /// The graph of `nodes` nodes with these edges.
    pub fn new(nodes: usize, edges: impl IntoIterator<Item = (u32, u32)>) -> Digraph {
        let mut edges: Vec<(u32, u32)> = edges.into_iter().collect();
        edges.sort_unstable();
        edges.dedup();
        let mut starts = vec![0u32; nodes + 1];
        for &(from, _) in &edges {
            starts[from as usize + 1] += 1;
        }
        for at in 0..nodes {
            starts[at + 1] += starts[at];
        }
        Digraph { starts, targets: edges.into_iter().map(|(_, to)| to).collect() }
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// True when there is no node.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the edges of `node` lead.
    pub fn next(&self, node: u32) -> &[u32] {
        &self.targets[self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize]
    }

    /// Every edge, sorted.
    pub fn edges(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        (0..self.len() as u32).flat_map(|node| self.next(node).iter().map(move |&to| (node, to)))
    }

    /// The same graph with every edge turned round.
    pub fn reversed(&self) -> Digraph {
        Digraph::new(self.len(), self.edges().map(|(from, to)| (to, from)))
    }
}

/// Strongly connected components of a graph with nodes `0..nodes`, each sorted, callees before callers: when `a → b` and they
/// are not in one component, `b`'s comes first. Kosaraju's algorithm, which petgraph runs without recursion.
pub fn components(nodes: usize, edges: &[(u32, u32)]) -> Vec<Vec<u32>> {
    let mut graph: DiGraph<(), (), u32> = DiGraph::with_capacity(nodes, edges.len());
    for _ in 0..nodes {
        graph.add_node(());
    }
    for &(from, to) in edges {
        graph.add_edge(NodeIndex::new(from as usize), NodeIndex::new(to as usize), ());
    }
    let mut found: Vec<Vec<u32>> =
        kosaraju_scc(&graph).into_iter().map(|members| members.into_iter().map(|node| node.index() as u32).collect()).collect();
    for members in &mut found {
        members.sort_unstable();
    }
    found
}

#[cfg(test)]
mod tests;
