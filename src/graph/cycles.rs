//! Cycles: the shortest one, and the smallest set of edges without which there is none.

use std::cmp::Reverse;

use super::{Digraph, components, paths};

/// Components up to this size are solved exactly: the table of all subsets has 2^18 entries.
pub const EXACT: usize = 18;

/// Edges to remove so that no cycle is left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Sorted.
    pub edges: Vec<(u32, u32)>,
    /// No lighter set breaks all cycles. Otherwise it is a good one, and perhaps the best.
    pub exact: bool,
}

/// A shortest cycle of a graph, as nodes, from its smallest node on (which is not repeated at the end); of several the one that comes first by the
/// order of its nodes. An edge from a node to itself is none.
pub fn shortest_cycle(graph: &Digraph) -> Option<Vec<u32>> {
    let mut best: Option<Vec<u32>> = None;
    for node in 0..graph.len() as u32 {
        let Some(mut way) = paths::shortest(graph, &[node], &[node]) else { continue };
        way.pop();
        let smallest = (0..way.len()).min_by_key(|&at| way[at]).unwrap_or(0);
        way.rotate_left(smallest);
        if best.as_ref().is_none_or(|best| (way.len(), &way) < (best.len(), best)) {
            let is_shortest_possible = way.len() == 2;
            best = Some(way);
            if is_shortest_possible {
                break;
            }
        }
    }
    best
}

/// The lightest set of edges whose removal leaves no cycle (the minimum feedback arc set), component by component: exact up to [`EXACT`] nodes, by
/// dynamic programming over the orders of the nodes; beyond, the greedy order of Eades, Lin and Smyth (1993), improved by moving
/// single nodes while that helps. An edge from a node to itself is left out of account.
pub fn cut(nodes: usize, edges: &[(u32, u32, u64)]) -> Cut {
    let pairs: Vec<(u32, u32)> = edges.iter().map(|&(from, to, _)| (from, to)).collect();
    let mut found = Cut { edges: Vec::new(), exact: true };
    for members in components(nodes, &pairs) {
        if members.len() < 2 {
            continue;
        }
        let mut weights = vec![vec![0u64; members.len()]; members.len()];
        for &(from, to, weight) in edges {
            if let (Ok(from), Ok(to)) = (members.binary_search(&from), members.binary_search(&to))
                && from != to
            {
                weights[from][to] += weight;
            }
        }
        let exact = members.len() <= EXACT;
        let order = if exact { best_order(&weights) } else { good_order(&weights) };
        found.exact &= exact;
        for (at, &later) in order.iter().enumerate() {
            let back = order[..at].iter().filter(|&&earlier| weights[later][earlier] > 0);
            found.edges.extend(back.map(|&earlier| (members[later], members[earlier])));
        }
    }
    found.edges.sort_unstable();
    found
}

/// The order of nodes with the least weight on edges that point back. `cost[set]` is the least of any order of the nodes in `set`; the last of
/// them pays for its edges into the others.
fn best_order(weights: &[Vec<u64>]) -> Vec<usize> {
    let count = weights.len();
    let mut cost = vec![u64::MAX; 1 << count];
    let mut last = vec![0u8; 1 << count];
    cost[0] = 0;
    for set in 1usize..1 << count {
        for node in (0..count).filter(|node| set & (1 << node) != 0) {
            let before = set & !(1 << node);
            let back: u64 = (0..count).filter(|earlier| before & (1 << earlier) != 0).map(|earlier| weights[node][earlier]).sum();
            let total = cost[before] + back;
            if total < cost[set] {
                (cost[set], last[set]) = (total, node as u8);
            }
        }
    }
    let mut order = Vec::with_capacity(count);
    let mut set = (1usize << count) - 1;
    while set != 0 {
        let node = usize::from(last[set]);
        order.push(node);
        set &= !(1 << node);
    }
    order.reverse();
    order
}

/// Eades, Lin and Smyth: sinks to the end, sources to the beginning, else the node with the largest surplus of weight out over weight in.
fn good_order(weights: &[Vec<u64>]) -> Vec<usize> {
    let count = weights.len();
    let mut left: Vec<usize> = (0..count).collect();
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    let mut out: Vec<u64> = weights.iter().map(|row| row.iter().sum()).collect();
    let mut into: Vec<u64> = (0..count).map(|node| weights.iter().map(|row| row[node]).sum()).collect();
    while !left.is_empty() {
        let position = left.iter().position(|&node| out[node] == 0).map(|at| (at, false));
        let position = position.or_else(|| left.iter().position(|&node| into[node] == 0).map(|at| (at, true)));
        let (at, is_head) = position.unwrap_or_else(|| {
            let surplus = |&at: &usize| (out[left[at]] as i64 - into[left[at]] as i64, Reverse(at));
            ((0..left.len()).max_by_key(surplus).unwrap_or(0), true)
        });
        let node = left.remove(at);
        if is_head {
            head.push(node)
        } else {
            tail.push(node)
        }
        for &other in &left {
            into[other] -= weights[node][other];
            out[other] -= weights[other][node];
        }
    }
    tail.reverse();
    head.extend(tail);
    improve(weights, &mut head);
    head
}

/// Moves single nodes to their best place while the weight on edges that point back falls; at most eight rounds.
fn improve(weights: &[Vec<u64>], order: &mut Vec<usize>) {
    for _ in 0..8 {
        let mut changed = false;
        for (node, out) in weights.iter().enumerate() {
            let Some(at) = order.iter().position(|&known| known == node) else { continue };
            order.remove(at);
            // At place 0 every edge into the node points back; each step to the right frees one neighbour and binds it the other way.
            let mut cost: i64 = order.iter().map(|&other| weights[other][node] as i64).sum();
            let mut costs = vec![cost];
            for &other in order.iter() {
                cost += out[other] as i64 - weights[other][node] as i64;
                costs.push(cost);
            }
            let best = (0..costs.len()).min_by_key(|&place| (costs[place], place != at, place)).unwrap_or(at);
            changed |= costs[best] < costs[at];
            order.insert(best, node);
        }
        if !changed {
            break;
        }
    }
}

/// The edges of an acyclic graph that no longer way implies (its transitive reduction), sorted. Reach is kept in one bit for each pair.
pub fn reduction(graph: &Digraph) -> Vec<(u32, u32)> {
    let count = graph.len();
    let words = count.div_ceil(64);
    let edges: Vec<(u32, u32)> = graph.edges().filter(|(from, to)| from != to).collect();
    let mut reached = vec![0u64; words * count];
    // Callees come first.
    for node in components(count, &edges).into_iter().flatten() {
        let row = node as usize * words;
        for &next in graph.next(node) {
            for word in 0..words {
                reached[row + word] |= reached[next as usize * words + word];
            }
            reached[row + next as usize / 64] |= 1 << (next % 64);
        }
    }
    let reaches = |from: u32, to: u32| reached[from as usize * words + to as usize / 64] & (1 << (to % 64)) != 0;
    edges.iter().copied().filter(|&(from, to)| !graph.next(from).iter().any(|&via| via != to && via != from && reaches(via, to))).collect()
}
