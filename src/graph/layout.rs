//! Layered drawings of directed graphs, for a few dozen boxes.
//!
//! The steps are those of Sugiyama, Tagawa and Toda (1981): break cycles, give each box a layer, order the layers so that few edges cross, and
//! place the boxes. Layers follow longest paths, with a bound on their width; the order is found by barycentres, swept down and up; places by
//! moving each layer towards its neighbours under the order (isotonic regression by pooling adjacent violators). Equal input gives an equal drawing.

use super::{Digraph, components, cycles};

/// Space between boxes of one layer, between lines that pass, and between layers.
const BOX_GAP: f64 = 28.0;
const LINE_GAP: f64 = 16.0;
const LAYER_GAP: f64 = 64.0;
/// Space between pieces that do not hang together.
const PIECE_GAP: f64 = 48.0;
/// Sweeps over the layers, for the order and for the places.
const SWEEPS: usize = 24;

/// A place in the drawing; y grows downwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

/// One edge as the points it passes, from the border of the box it leaves to that of the box it enters.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub from: u32,
    pub to: u32,
    pub points: Vec<Point>,
    /// It points up: turning it round would break a cycle.
    pub back: bool,
}

/// Where everything goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// The upper left corner of each box.
    pub boxes: Vec<Point>,
    /// Sorted by ends; an edge from a box to itself has none.
    pub lines: Vec<Line>,
    pub width: f64,
    pub height: f64,
}

/// Draws boxes of these sizes (width and height) with these edges, each pair once, with its weight: where there are cycles, light edges point up. What hangs together is drawn together; the pieces stand in rows,
/// the largest first.
pub fn layered(sizes: &[(f64, f64)], edges: &[(u32, u32, u64)]) -> Drawing {
    let edges: Vec<(u32, u32, u64)> = edges.iter().copied().filter(|(from, to, _)| from != to).collect();
    let both = edges.iter().flat_map(|&(from, to, _)| [(from, to), (to, from)]).collect::<Vec<_>>();
    let mut pieces = components(sizes.len(), &both);
    pieces.sort_by_key(|members| (std::cmp::Reverse(members.len()), members[0]));
    let drawn: Vec<Drawing> = pieces.iter().map(|members| draw(members, sizes, &edges)).collect();
    let area: f64 = drawn.iter().map(|piece| (piece.width + PIECE_GAP) * (piece.height + PIECE_GAP)).sum();
    let widest = drawn.iter().map(|piece| piece.width).fold(0.0, f64::max).max((area * 1.5).sqrt());
    let mut whole = Drawing { boxes: vec![Point { x: 0.0, y: 0.0 }; sizes.len()], lines: Vec::new(), width: 0.0, height: 0.0 };
    let (mut x, mut y, mut row) = (0.0, 0.0, 0.0);
    for (members, piece) in pieces.iter().zip(drawn) {
        if x > 0.0 && x + piece.width > widest {
            (x, y, row) = (0.0, y + row + PIECE_GAP, 0.0);
        }
        let moved = |point: Point| Point { x: point.x + x, y: point.y + y };
        for (&member, &place) in members.iter().zip(&piece.boxes) {
            whole.boxes[member as usize] = moved(place);
        }
        for line in piece.lines {
            let points = line.points.into_iter().map(moved).collect();
            whole.lines.push(Line { from: members[line.from as usize], to: members[line.to as usize], points, back: line.back });
        }
        whole.width = f64::max(whole.width, x + piece.width);
        whole.height = f64::max(whole.height, y + piece.height);
        row = f64::max(row, piece.height);
        x += piece.width + PIECE_GAP;
    }
    whole.lines.sort_by_key(|line| (line.from, line.to));
    whole
}

/// The layer of each node, 0 on top, where light edges of cycles point up: what [`layered`] draws, without the places.
pub fn ranks(nodes: usize, edges: &[(u32, u32, u64)]) -> Vec<u32> {
    let edges: Vec<(u32, u32, u64)> = edges.iter().copied().filter(|(from, to, _)| from != to).collect();
    let back = cycles::cut(nodes, &edges).edges;
    let down = edges.iter().map(|&(from, to, _)| if back.binary_search(&(from, to)).is_ok() { (to, from) } else { (from, to) });
    layers(&Digraph::new(nodes, down)).into_iter().map(|layer| layer as u32).collect()
}

/// One piece, numbered by the order of its members.
fn draw(members: &[u32], sizes: &[(f64, f64)], edges: &[(u32, u32, u64)]) -> Drawing {
    let place = |node: u32| members.binary_search(&node).ok().map(|at| at as u32);
    let weighted: Vec<(u32, u32, u64)> = edges.iter().filter_map(|&(from, to, weight)| Some((place(from)?, place(to)?, weight))).collect();
    let edges: Vec<(u32, u32)> = weighted.iter().map(|&(from, to, _)| (from, to)).collect();
    let sizes: Vec<(f64, f64)> = members.iter().map(|&member| sizes[member as usize]).collect();
    let back = cycles::cut(sizes.len(), &weighted).edges;
    let is_back = |edge: &(u32, u32)| back.binary_search(edge).is_ok();
    let down = |&(from, to): &(u32, u32)| if is_back(&(from, to)) { (to, from) } else { (from, to) };
    let acyclic = Digraph::new(sizes.len(), edges.iter().map(down));
    let layer_of = layers(&acyclic);
    let mut grid = Grid::new(&sizes, &layer_of, &acyclic);
    grid.order();
    grid.place();
    let (tops, height) = grid.tops();
    let boxes: Vec<Point> = (0..sizes.len())
        .map(|node| {
            let (width, own) = sizes[node];
            let layer = layer_of[node];
            Point { x: grid.x[node] - width / 2.0, y: tops[layer] + (grid.heights[layer] - own) / 2.0 }
        })
        .collect();
    let ports = Ports::of(&grid, &boxes);
    let lines = edges.iter().map(|edge| ports.line(&grid, &tops, *edge, down(edge), is_back(edge))).collect();
    let width = (0..grid.x.len()).map(|item| grid.x[item] + grid.widths[item] / 2.0).fold(0.0, f64::max);
    Drawing { boxes, lines, width, height }
}

/// The layer of each node, 0 on top: edges point down, as short as the bound on the width of layers lets them be.
fn layers(graph: &Digraph) -> Vec<usize> {
    let count = graph.len();
    let bound = ((count as f64).sqrt() * 1.6).ceil().max(6.0) as usize;
    let edges: Vec<(u32, u32)> = graph.edges().collect();
    let above = graph.reversed();
    let mut filled: Vec<usize> = Vec::new();
    let mut height = vec![0usize; count];
    // Sinks first: each node as low as what it points to and the room in the layers allow.
    let order: Vec<u32> = components(count, &edges).into_iter().flatten().collect();
    let mut longest = vec![0usize; count];
    for &node in &order {
        longest[node as usize] = graph.next(node).iter().map(|&next| longest[next as usize] + 1).max().unwrap_or(0);
    }
    let mut by_length = order.clone();
    by_length.sort_by_key(|&node| (longest[node as usize], std::cmp::Reverse(above.next(node).len()), node));
    for node in by_length {
        let lowest = graph.next(node).iter().map(|&next| height[next as usize] + 1).max().unwrap_or(0);
        let at = (lowest..).find(|&at| filled.get(at).is_none_or(|&used| used < bound)).unwrap_or(lowest);
        filled.resize(filled.len().max(at + 1), 0);
        filled[at] += 1;
        height[node as usize] = at;
    }
    // What few use and what uses nothing need not lie at the bottom: up to just below its users.
    for &node in order.iter().rev() {
        let users = above.next(node);
        let Some(room) = users.iter().map(|&user| height[user as usize] - 1).min() else { continue };
        if users.len() <= graph.next(node).len() {
            continue;
        }
        let own = height[node as usize];
        if let Some(better) = (own + 1..=room).rev().find(|&at| filled[at] < bound) {
            filled[own] -= 1;
            filled[better] += 1;
            height[node as usize] = better;
        }
    }
    let mut used: Vec<usize> = height.clone();
    used.sort_unstable();
    used.dedup();
    let level = |own: usize| used.len() - 1 - used.binary_search(&own).unwrap_or(0);
    height.into_iter().map(level).collect()
}

/// Boxes and the points where long lines pass layers.
struct Grid {
    /// Items of each layer from left to right. Items below the number of boxes are boxes.
    rows: Vec<Vec<usize>>,
    widths: Vec<f64>,
    /// Of each layer.
    heights: Vec<f64>,
    /// Neighbours of each item in the layer above and below.
    up: Vec<Vec<usize>>,
    down: Vec<Vec<usize>>,
    /// The middle of each item.
    x: Vec<f64>,
    boxes: usize,
    /// The items a line passes, from its upper box to its lower one.
    chains: std::collections::BTreeMap<(u32, u32), Vec<usize>>,
}

impl Grid {
    fn new(sizes: &[(f64, f64)], layer_of: &[usize], graph: &Digraph) -> Grid {
        let count = layer_of.iter().max().map_or(0, |last| last + 1);
        let mut grid = Grid {
            rows: vec![Vec::new(); count],
            widths: sizes.iter().map(|size| size.0).collect(),
            heights: vec![0.0; count],
            up: vec![Vec::new(); sizes.len()],
            down: vec![Vec::new(); sizes.len()],
            x: Vec::new(),
            boxes: sizes.len(),
            chains: Default::default(),
        };
        for (node, &layer) in layer_of.iter().enumerate() {
            grid.rows[layer].push(node);
            grid.heights[layer] = f64::max(grid.heights[layer], sizes[node].1);
        }
        for (from, to) in graph.edges() {
            let mut chain = vec![from as usize];
            for layer in layer_of[from as usize] + 1..layer_of[to as usize] {
                let item = grid.widths.len();
                grid.widths.push(0.0);
                grid.up.push(Vec::new());
                grid.down.push(Vec::new());
                grid.rows[layer].push(item);
                chain.push(item);
            }
            chain.push(to as usize);
            for pair in chain.windows(2) {
                grid.down[pair[0]].push(pair[1]);
                grid.up[pair[1]].push(pair[0]);
            }
            grid.chains.insert((from, to), chain);
        }
        grid
    }

    /// Sweeps down and up by barycentres and keeps the order with the fewest crossings.
    fn order(&mut self) {
        let mut position = vec![0usize; self.widths.len()];
        let number = |rows: &[Vec<usize>], position: &mut Vec<usize>| {
            for row in rows {
                for (at, &item) in row.iter().enumerate() {
                    position[item] = at;
                }
            }
        };
        number(&self.rows, &mut position);
        let mut best = (self.crossings(&position), self.rows.clone());
        for sweep in 0..SWEEPS {
            let downward = sweep.is_multiple_of(2);
            for step in 1..self.rows.len() {
                let layer = if downward { step } else { self.rows.len() - 1 - step };
                let neighbours = if downward { &self.up } else { &self.down };
                let key = |item: usize| {
                    let around = &neighbours[item];
                    let sum: usize = around.iter().map(|&other| position[other]).sum();
                    if around.is_empty() { position[item] as f64 } else { sum as f64 / around.len() as f64 }
                };
                let mut keyed: Vec<(f64, usize)> = self.rows[layer].iter().map(|&item| (key(item), item)).collect();
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
                self.rows[layer] = keyed.into_iter().map(|(_, item)| item).collect();
                for (at, &item) in self.rows[layer].iter().enumerate() {
                    position[item] = at;
                }
            }
            self.transpose(&mut position);
            let crossings = self.crossings(&position);
            if crossings < best.0 {
                best = (crossings, self.rows.clone());
            }
        }
        self.rows = best.1;
    }

    /// Swaps neighbours in a layer while that takes crossings away.
    fn transpose(&mut self, position: &mut [usize]) {
        for layer in 0..self.rows.len() {
            for at in 1..self.rows[layer].len() {
                let (a, b) = (self.rows[layer][at - 1], self.rows[layer][at]);
                let inversions = |left: usize, right: usize| {
                    [&self.up, &self.down]
                        .iter()
                        .map(|side| {
                            let pairs = side[left].iter().flat_map(|&l| side[right].iter().map(move |&r| (l, r)));
                            pairs.filter(|&(l, r)| position[l] > position[r]).count()
                        })
                        .sum::<usize>()
                };
                if inversions(b, a) < inversions(a, b) {
                    self.rows[layer].swap(at - 1, at);
                    (position[a], position[b]) = (at, at - 1);
                }
            }
        }
    }

    fn crossings(&self, position: &[usize]) -> usize {
        let mut total = 0;
        for row in &self.rows {
            let mut ends: Vec<(usize, usize)> =
                row.iter().enumerate().flat_map(|(at, &item)| self.down[item].iter().map(move |&to| (at, position[to]))).collect();
            ends.sort_unstable();
            for (at, (_, to)) in ends.iter().enumerate() {
                total += ends[..at].iter().filter(|(_, other)| other > to).count();
            }
        }
        total
    }

    /// Horizontal places: each layer as near to its neighbours as the order lets it, down and up.
    fn place(&mut self) {
        self.x = vec![0.0; self.widths.len()];
        for row in 0..self.rows.len() {
            let mut at = 0.0;
            let items = self.rows[row].clone();
            for (index, &item) in items.iter().enumerate() {
                at += if index == 0 { self.widths[item] / 2.0 } else { self.distance(items[index - 1], item) };
                self.x[item] = at;
            }
        }
        for sweep in 0..SWEEPS {
            for step in 0..self.rows.len() {
                let layer = if sweep.is_multiple_of(2) { step } else { self.rows.len() - 1 - step };
                self.settle(layer, sweep);
            }
        }
        let left = (0..self.x.len()).map(|item| self.x[item] - self.widths[item] / 2.0).fold(f64::INFINITY, f64::min);
        for x in &mut self.x {
            *x -= left;
        }
    }

    /// The least that the middles of two neighbours are apart.
    fn distance(&self, left: usize, right: usize) -> f64 {
        let gap = if left >= self.boxes && right >= self.boxes { LINE_GAP } else { BOX_GAP };
        (self.widths[left] + self.widths[right]) / 2.0 + gap
    }

    /// Moves one layer to where its neighbours would have it. With the gaps taken out, what is wanted must not decrease from left to right: blocks
    /// that would overlap are pooled at their weighted mean.
    fn settle(&mut self, layer: usize, sweep: usize) {
        struct Block {
            sum: f64,
            weight: f64,
            count: usize,
        }
        let row = self.rows[layer].clone();
        let mut offset = 0.0;
        let mut blocks: Vec<Block> = Vec::new();
        let mut offsets = Vec::with_capacity(row.len());
        for (index, &item) in row.iter().enumerate() {
            if index > 0 {
                offset += self.distance(row[index - 1], item);
            }
            offsets.push(offset);
            let (wanted, weight) = self.wanted(item, sweep);
            blocks.push(Block { sum: (wanted - offset) * weight, weight, count: 1 });
            while let [.., before, last] = blocks.as_slice()
                && before.sum / before.weight > last.sum / last.weight
            {
                let (sum, weight, count) = (last.sum, last.weight, last.count);
                blocks.pop();
                if let Some(before) = blocks.last_mut() {
                    before.sum += sum;
                    before.weight += weight;
                    before.count += count;
                }
            }
        }
        let mut index = 0;
        for block in blocks {
            for _ in 0..block.count {
                self.x[row[index]] = block.sum / block.weight + offsets[index];
                index += 1;
            }
        }
    }

    /// Where an item's neighbours would have it, and how much that counts. Long lines want to be straight above all.
    fn wanted(&self, item: usize, sweep: usize) -> (f64, f64) {
        let mut sides: Vec<&Vec<usize>> = Vec::new();
        if sweep.is_multiple_of(2) || sweep + 4 > SWEEPS {
            sides.push(&self.up[item]);
        }
        if !sweep.is_multiple_of(2) || sweep + 4 > SWEEPS {
            sides.push(&self.down[item]);
        }
        let is_line = |item: usize| item >= self.boxes;
        let (mut sum, mut weight) = (0.0, 0.0);
        for &other in sides.into_iter().flatten() {
            let pull = match (is_line(item), is_line(other)) {
                (true, true) => 8.0,
                (true, false) | (false, true) => 2.0,
                (false, false) => 1.0,
            };
            sum += self.x[other] * pull;
            weight += pull;
        }
        if weight == 0.0 { (self.x[item], 0.1) } else { (sum / weight, weight) }
    }

    /// The upper border of each layer and the height of all. Layers with many lines between them get more room.
    fn tops(&self) -> (Vec<f64>, f64) {
        let mut at = 0.0;
        let mut tops = Vec::new();
        for (layer, height) in self.heights.iter().enumerate() {
            tops.push(at);
            let lines: usize = self.rows[layer].iter().map(|&item| self.down[item].len()).sum();
            at += height + LAYER_GAP + (lines as f64 * 1.5).min(60.0);
        }
        let end = tops.last().zip(self.heights.last()).map_or(0.0, |(top, height)| top + height);
        (tops, end)
    }
}

/// Where lines leave and enter boxes: spread over the border in the order of where they lead.
struct Ports {
    /// Of each chain: where it leaves its upper box and where it enters its lower one.
    ends: std::collections::BTreeMap<(u32, u32), (Point, Point)>,
    boxes: Vec<Point>,
}

impl Ports {
    fn of(grid: &Grid, boxes: &[Point]) -> Ports {
        let mut ends = std::collections::BTreeMap::new();
        let middle = |item: usize| grid.x[item];
        let spread = |node: usize, of: &mut Vec<((u32, u32), usize)>| {
            of.sort_by(|a, b| middle(a.1).total_cmp(&middle(b.1)).then(a.0.cmp(&b.0)));
            let width = grid.widths[node] * 0.7;
            let step = (width / of.len() as f64).min(22.0);
            let first = grid.x[node] - step * (of.len() as f64 - 1.0) / 2.0;
            of.iter().enumerate().map(|(at, (chain, _))| (*chain, first + step * at as f64)).collect::<Vec<_>>()
        };
        let mut below: Vec<Vec<((u32, u32), usize)>> = vec![Vec::new(); boxes.len()];
        let mut above = below.clone();
        for (&(from, to), chain) in &grid.chains {
            below[from as usize].push(((from, to), chain[1]));
            above[to as usize].push(((from, to), chain[chain.len() - 2]));
        }
        let nowhere = Point { x: 0.0, y: 0.0 };
        for node in 0..boxes.len() {
            for (chain, x) in spread(node, &mut below[node]) {
                ends.entry(chain).or_insert((nowhere, nowhere)).0 = Point { x, y: f64::NAN };
            }
            for (chain, x) in spread(node, &mut above[node]) {
                ends.entry(chain).or_insert((nowhere, nowhere)).1 = Point { x, y: boxes[node].y };
            }
        }
        Ports { ends, boxes: boxes.to_vec() }
    }

    fn line(&self, grid: &Grid, tops: &[f64], (from, to): (u32, u32), down: (u32, u32), back: bool) -> Line {
        let (start, end) = self.ends[&down];
        let chain = &grid.chains[&down];
        let upper = down.0 as usize;
        let first = tops.iter().rposition(|&top| top <= self.boxes[upper].y + 0.001).unwrap_or(0);
        // Lines leave at the bottom of the box's layer, so that they never cross a neighbour that is taller.
        let mut points = vec![Point { x: start.x, y: tops[first] + grid.heights[first] }];
        for (step, &item) in chain[1..chain.len() - 1].iter().enumerate() {
            let layer = first + 1 + step;
            points.push(Point { x: grid.x[item], y: tops[layer] });
            points.push(Point { x: grid.x[item], y: tops[layer] + grid.heights[layer] });
        }
        points.push(end);
        if back {
            points.reverse();
        }
        Line { from, to, points, back }
    }
}
