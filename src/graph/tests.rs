use proptest::prelude::*;

use super::cycles::{cut, reduction, shortest_cycle};
use super::layout::layered;
use super::paths::{reach, shortest, shortest_ways};
use super::{Digraph, components};

#[test]
fn callees_come_first_and_circles_together() {
    // 0 → 1 → 2 → 1, 2 → 3
    assert_eq!(components(4, &[(0, 1), (1, 2), (2, 1), (2, 3)]), [vec![3], vec![1, 2], vec![0]]);
}

#[test]
fn a_long_chain_does_not_overflow() {
    let edges: Vec<(u32, u32)> = (0..200_000).map(|at| (at, at + 1)).collect();
    assert_eq!(components(200_001, &edges).len(), 200_001);
    let graph = Digraph::new(200_001, edges);
    assert_eq!(shortest(&graph, &[0], &[200_000]).map(|way| way.len()), Some(200_001));
    assert!(reach(&graph, &[0]).into_iter().all(|reached| reached));
}

#[test]
fn the_shortest_way_is_the_first_of_equals() {
    let graph = Digraph::new(6, [(0, 3), (0, 1), (1, 2), (3, 2), (2, 4), (5, 4)]);
    assert_eq!(shortest(&graph, &[0], &[2]), Some(vec![0, 1, 2]));
    assert_eq!(shortest(&graph, &[0, 5], &[4]), Some(vec![5, 4]));
    assert_eq!(shortest(&graph, &[4], &[0]), None);
    assert_eq!(shortest(&graph, &[0], &[0]), None);
}

#[test]
fn ways_come_in_order_of_length_and_end() {
    let graph = Digraph::new(5, [(0, 1), (1, 4), (0, 2), (2, 3), (3, 4), (1, 2), (0, 4)]);
    let ways = shortest_ways(&graph, &[0], &[4], 10);
    assert_eq!(ways, [vec![0, 4], vec![0, 1, 4], vec![0, 2, 3, 4], vec![0, 1, 2, 3, 4]]);
    assert_eq!(shortest_ways(&graph, &[0], &[4], 2).len(), 2);
}

#[test]
fn ways_pass_no_other_start_and_no_other_end() {
    let graph = Digraph::new(4, [(0, 1), (1, 2), (2, 3), (0, 3)]);
    assert_eq!(shortest_ways(&graph, &[0, 1], &[2, 3], 10), [vec![0, 3], vec![1, 2]]);
}

#[test]
fn a_cycle_begins_with_its_smallest_node() {
    assert_eq!(shortest_cycle(&Digraph::new(5, [(3, 1), (1, 4), (4, 3), (0, 1)])), Some(vec![1, 4, 3]));
    assert_eq!(shortest_cycle(&Digraph::new(3, [(0, 1), (1, 2), (2, 0), (2, 1)])), Some(vec![1, 2]));
    assert_eq!(shortest_cycle(&Digraph::new(3, [(0, 1), (1, 2), (2, 2)])), None);
}

#[test]
fn one_edge_that_closes_two_cycles_is_enough() {
    let cycles = [(0, 1, 1), (1, 0, 1), (0, 2, 1), (2, 1, 1)];
    let found = cut(3, &cycles);
    assert_eq!((found.edges, found.exact), (vec![(1, 0)], true));
    // Unless it weighs more than the two others.
    assert_eq!(cut(3, &[(0, 1, 1), (1, 0, 5), (0, 2, 1), (2, 1, 1)]).edges.len(), 2);
}

#[test]
fn large_components_are_cut_by_the_heuristic() {
    let mut ring: Vec<(u32, u32, u64)> = (0..40).map(|at| (at, (at + 1) % 40, 1)).collect();
    ring.push((20, 0, 1));
    let found = cut(40, &ring);
    assert!(!found.exact);
    assert!(found.edges.len() <= 2, "{found:?}");
}

#[test]
fn implied_edges_are_left_out() {
    assert_eq!(reduction(&Digraph::new(4, [(0, 1), (1, 2), (0, 2), (2, 3), (0, 3)])), [(0, 1), (1, 2), (2, 3)]);
}

/// Graphs of up to `most` nodes.
fn graphs(most: u32) -> impl Strategy<Value = (usize, Vec<(u32, u32)>)> {
    (2..=most).prop_flat_map(|nodes| (Just(nodes as usize), prop::collection::vec((0..nodes, 0..nodes), 0..(nodes as usize * 3))))
}

fn is_acyclic(nodes: usize, edges: &[(u32, u32)]) -> bool {
    edges.iter().all(|(from, to)| from != to) && components(nodes, edges).iter().all(|members| members.len() == 1)
}

/// The fewest edges whose removal leaves no cycle, by trying every set.
fn fewest(nodes: usize, edges: &[(u32, u32)]) -> u32 {
    let sets = 0u32..1 << edges.len();
    let left =
        |set: u32| -> Vec<(u32, u32)> { edges.iter().enumerate().filter(|(at, _)| set & (1 << at) == 0).map(|(_, edge)| *edge).collect() };
    sets.filter(|&set| is_acyclic(nodes, &left(set))).map(u32::count_ones).min().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_cut_leaves_no_cycle_and_small_cuts_are_minimal((nodes, edges) in graphs(6)) {
        let mut plain: Vec<(u32, u32)> = edges.into_iter().filter(|(from, to)| from != to).collect();
        plain.sort_unstable();
        plain.dedup();
        plain.truncate(12);
        let weighted: Vec<(u32, u32, u64)> = plain.iter().map(|&(from, to)| (from, to, 1)).collect();
        let found = cut(nodes, &weighted);
        let left: Vec<(u32, u32)> = plain.iter().copied().filter(|edge| !found.edges.contains(edge)).collect();
        prop_assert!(is_acyclic(nodes, &left));
        prop_assert!(found.exact);
        prop_assert_eq!(found.edges.len() as u32, fewest(nodes, &plain));
    }

    #[test]
    fn large_cuts_leave_no_cycle((nodes, edges) in graphs(60)) {
        let weighted: Vec<(u32, u32, u64)> = edges.iter().filter(|(from, to)| from != to).map(|&(from, to)| (from, to, 1)).collect();
        // The exact table is slow without optimisation; here the components are large.
        prop_assume!(components(nodes, &edges).iter().all(|members| members.len() < 2 || members.len() > super::cycles::EXACT || members.len() < 12));
        let found = cut(nodes, &weighted);
        let left: Vec<(u32, u32)> = edges.iter().copied().filter(|edge| edge.0 != edge.1 && !found.edges.contains(edge)).collect();
        prop_assert!(is_acyclic(nodes, &left));
    }

    #[test]
    fn ways_are_simple_ordered_and_different((nodes, edges) in graphs(9)) {
        let graph = Digraph::new(nodes, edges);
        let ways = shortest_ways(&graph, &[0], &[1], 20);
        for way in &ways {
            let mut seen = way.clone();
            seen.sort_unstable();
            seen.dedup();
            prop_assert_eq!(seen.len(), way.len());
            prop_assert_eq!((way[0], way[way.len() - 1]), (0, 1));
            prop_assert!(way.windows(2).all(|pair| graph.next(pair[0]).contains(&pair[1])));
        }
        prop_assert!(ways.windows(2).all(|pair| (pair[0].len(), &pair[0]) < (pair[1].len(), &pair[1]) || pair[0].len() <= pair[1].len() && pair[0] != pair[1]));
        prop_assert_eq!(!ways.is_empty(), reach(&graph, &[0])[1]);
    }

    #[test]
    fn a_reduction_reaches_what_the_graph_reaches((nodes, edges) in graphs(12)) {
        let down: Vec<(u32, u32)> = edges.into_iter().filter(|(from, to)| from < to).collect();
        let graph = Digraph::new(nodes, down);
        let reduced = Digraph::new(nodes, reduction(&graph));
        for node in 0..nodes as u32 {
            prop_assert_eq!(reach(&graph, &[node]), reach(&reduced, &[node]));
        }
    }

    #[test]
    fn drawings_keep_boxes_apart_and_arrows_pointing_down((nodes, edges) in graphs(24)) {
        let mut pairs: Vec<(u32, u32)> = edges.into_iter().filter(|(from, to)| from != to).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let sizes: Vec<(f64, f64)> = (0..nodes).map(|at| (40.0 + at as f64, 30.0)).collect();
        // Cuts of middling components are slow without optimisation.
        prop_assume!(components(nodes, &pairs).iter().all(|members| members.len() < 12 || members.len() > super::cycles::EXACT));
        let weighted: Vec<(u32, u32, u64)> = pairs.iter().map(|&(from, to)| (from, to, u64::from(from + 1))).collect();
        let drawing = layered(&sizes, &weighted);
        for a in 0..nodes {
            for b in 0..a {
                let (p, q) = (drawing.boxes[a], drawing.boxes[b]);
                let apart = p.x + sizes[a].0 <= q.x + 0.01 || q.x + sizes[b].0 <= p.x + 0.01 || p.y + 30.0 <= q.y + 0.01 || q.y + 30.0 <= p.y + 0.01;
                prop_assert!(apart, "{a} and {b} overlap: {p:?} {q:?}");
            }
            prop_assert!(drawing.boxes[a].x >= -0.01 && drawing.boxes[a].x + sizes[a].0 <= drawing.width + 0.01);
        }
        for line in &drawing.lines {
            let down = drawing.boxes[line.to as usize].y > drawing.boxes[line.from as usize].y;
            prop_assert_eq!(down, !line.back);
            prop_assert!(line.points.len() >= 2);
        }
    }
}
