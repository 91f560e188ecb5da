//! Pure algorithms over petgraph: components, shortest path, reach.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

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
mod tests {
    use super::components;

    #[test]
    fn callees_come_first_and_circles_together() {
        // 0 → 1 → 2 → 1, 2 → 3
        assert_eq!(components(4, &[(0, 1), (1, 2), (2, 1), (2, 3)]), [vec![3], vec![1, 2], vec![0]]);
    }

    #[test]
    fn a_long_chain_does_not_overflow() {
        let edges: Vec<(u32, u32)> = (0..200_000).map(|at| (at, at + 1)).collect();
        assert_eq!(components(200_001, &edges).len(), 200_001);
    }
}
