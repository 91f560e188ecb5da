//! Ways through a graph: what is reached, the shortest way, and the next shortest.

use std::collections::{BTreeSet, VecDeque};

use super::Digraph;

/// Every node that `starts` reach, themselves included.
pub fn reach(graph: &Digraph, starts: &[u32]) -> Vec<bool> {
    let mut reached = vec![false; graph.len()];
    let mut queue: Vec<u32> = Vec::new();
    for &start in starts {
        if !std::mem::replace(&mut reached[start as usize], true) {
            queue.push(start);
        }
    }
    while let Some(node) = queue.pop() {
        for &next in graph.next(node) {
            if !std::mem::replace(&mut reached[next as usize], true) {
                queue.push(next);
            }
        }
    }
    reached
}

/// A shortest way from one of `starts` to one of `ends`, as nodes; the smallest of several by the order of nodes from the start on. A node that is both
/// is no way: at least one edge is taken. Breadth first.
pub fn shortest(graph: &Digraph, starts: &[u32], ends: &[u32]) -> Option<Vec<u32>> {
    let (starts, ends) = (sorted(starts), sorted(ends));
    search(graph, &starts, &ends, &|_, _| true)
}

/// Up to `count` ways from `starts` to `ends` that visit no node twice, shortest first: Yen's algorithm (1971). Between, a way passes neither
/// through another start nor through another end.
pub fn shortest_ways(graph: &Digraph, starts: &[u32], ends: &[u32], count: usize) -> Vec<Vec<u32>> {
    let (starts, ends) = (sorted(starts), sorted(ends));
    let mut found: Vec<Vec<u32>> = Vec::new();
    let mut waiting: BTreeSet<(usize, Vec<u32>)> = BTreeSet::new();
    waiting.extend(search(graph, &starts, &ends, &|_, _| true).map(|way| (way.len(), way)));
    while let Some((_, way)) = waiting.pop_first() {
        // The search that made `way` began with the part of it that is fixed; every later node may be left another way.
        for fixed in 0..way.len() {
            let root = &way[..fixed];
            let used: BTreeSet<u32> =
                found.iter().chain([&way]).filter(|known| known.starts_with(root)).filter_map(|known| known.get(fixed).copied()).collect();
            let candidate = match root.last() {
                None => {
                    let free: Vec<u32> = starts.iter().copied().filter(|start| !used.contains(start)).collect();
                    search(graph, &free, &ends, &|_, to| starts.binary_search(&to).is_err())
                }
                Some(&last) => {
                    let allowed = |from: u32, to: u32| {
                        !(root.contains(&to) || starts.binary_search(&to).is_ok() || from == last && used.contains(&to))
                    };
                    search(graph, &[last], &ends, &allowed)
                }
            };
            if let Some(tail) = candidate {
                let mut whole = root[..fixed.saturating_sub(1)].to_vec();
                whole.extend(tail);
                waiting.insert((whole.len(), whole));
            }
        }
        found.push(way);
        if found.len() >= count {
            break;
        }
    }
    found
}

/// Breadth first from `starts` (sorted) to the nearest of `ends` (sorted), over edges that are allowed.
fn search(graph: &Digraph, starts: &[u32], ends: &[u32], allowed: &dyn Fn(u32, u32) -> bool) -> Option<Vec<u32>> {
    const NONE: u32 = u32::MAX;
    let is_end = |node: u32| ends.binary_search(&node).is_ok();
    let mut before = vec![NONE; graph.len()];
    let mut seen = vec![false; graph.len()];
    let mut queue: VecDeque<u32> = starts.iter().copied().collect();
    for &start in starts {
        seen[start as usize] = true;
    }
    while let Some(node) = queue.pop_front() {
        for &next in graph.next(node) {
            if !allowed(node, next) || (seen[next as usize] && !(is_end(next) && before[next as usize] == NONE && next != node)) {
                continue;
            }
            if is_end(next) {
                let mut way = vec![next, node];
                let mut at = node;
                while before[at as usize] != NONE {
                    at = before[at as usize];
                    way.push(at);
                }
                way.reverse();
                return Some(way);
            }
            seen[next as usize] = true;
            before[next as usize] = node;
            queue.push_back(next);
        }
    }
    None
}

fn sorted(nodes: &[u32]) -> Vec<u32> {
    let mut nodes = nodes.to_vec();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}
