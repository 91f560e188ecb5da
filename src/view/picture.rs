//! From a view to something a person can look at: a part of it, in few boxes, with few arrows.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::find::Found;
use super::folders::boxes_of;
use crate::graph::{Digraph, cycles, paths};
use crate::model::facts::ImportKind;
use crate::model::role::Role;
use crate::model::view::{Arrow, Block, Cause, Edge, Level, Picture, Relation, Thing, View};

/// Which part of a view to keep.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Tests too.
    pub tests: bool,
    /// What is outside the project too.
    pub external: bool,
    /// These and their neighbours.
    pub focus: Option<Found>,
    /// Only what reaches these.
    pub reaches: Option<Found>,
}

/// Arrows beyond this many for each box make a hairball: those that longer ways imply are left out then.
const ARROWS_PER_BOX: usize = 2;

/// The part of a view that is chosen. `focus` keeps the edges that touch it, `reaches` those on ways to it.
pub fn narrow(view: &View, choice: &Choice) -> View {
    let only_tests = view.nodes.iter().all(|node| node.is_test || node.thing == Thing::External);
    let mut kept: Vec<bool> = view
        .nodes
        .iter()
        .map(|node| (choice.tests || only_tests || !node.is_test) && (choice.external || node.thing != Thing::External))
        .collect();
    // What is asked for by name is there, whatever else it is.
    for found in [&choice.focus, &choice.reaches].into_iter().flatten() {
        found.nodes.iter().for_each(|&node| kept[node as usize] = true);
    }
    let mut edges: Vec<&Edge> = view.edges.iter().filter(|edge| kept[edge.from as usize] && kept[edge.to as usize]).collect();
    if let Some(goal) = &choice.reaches {
        let backwards = Digraph::new(view.nodes.len(), edges.iter().map(|edge| (edge.to, edge.from)));
        let reached = paths::reach(&backwards, &goal.nodes);
        edges.retain(|edge| reached[edge.from as usize] && reached[edge.to as usize]);
        kept.iter_mut().zip(reached).for_each(|(kept, reached)| *kept &= reached);
    }
    if let Some(focus) = &choice.focus {
        let is_focus = |node: u32| focus.nodes.binary_search(&node).is_ok();
        edges.retain(|edge| is_focus(edge.from) || is_focus(edge.to));
        let near: BTreeSet<u32> = edges.iter().flat_map(|edge| [edge.from, edge.to]).chain(focus.nodes.iter().copied()).collect();
        kept.iter_mut().enumerate().for_each(|(at, kept)| *kept &= near.contains(&(at as u32)));
    }
    let mut place = vec![0u32; kept.len()];
    let mut nodes = Vec::new();
    for (at, node) in view.nodes.iter().enumerate().filter(|(at, _)| kept[*at]) {
        place[at] = nodes.len() as u32;
        nodes.push(node.clone());
    }
    let renumbered = |edge: &&Edge| Edge { from: place[edge.from as usize], to: place[edge.to as usize], ..(*edge).clone() };
    View { relation: view.relation, nodes, edges: edges.iter().map(renumbered).collect(), unresolved: view.unresolved.clone() }
}

/// A picture of a view at a level, in at most about `limit` boxes. Without a level, the most exact that fits. `focus` is marked, and opened before
/// anything else; ids of its nodes.
pub fn picture(view: &View, level: Option<Level>, limit: usize, focus: &BTreeSet<String>) -> Picture {
    let mut notes = Vec::new();
    let keys = keys(view, level, limit, focus, &mut notes);
    let mut blocks: BTreeMap<(bool, String), Tally> = BTreeMap::new();
    for (node, key) in view.nodes.iter().zip(&keys) {
        let Some((key, level)) = key else { continue };
        let tally = blocks.entry((node.thing == Thing::External, key.clone())).or_insert_with(|| Tally::new(*level));
        if node.thing != Thing::External {
            tally.files.insert(node.path.clone());
        }
        tally.members += 1;
        tally.focus |= focus.contains(&node.id);
        if let Some(role) = node.role {
            *tally.roles.entry(role).or_default() += 1;
        }
    }
    let index: BTreeMap<&(bool, String), u32> = blocks.keys().enumerate().map(|(at, key)| (key, at as u32)).collect();
    let at = |node: u32| {
        let (key, _) = keys[node as usize].as_ref()?;
        index.get(&(view.nodes[node as usize].thing == Thing::External, key.clone())).copied()
    };
    let mut arrows: BTreeMap<(u32, u32), Arrow> = BTreeMap::new();
    for edge in &view.edges {
        let (Some(from), Some(to)) = (at(edge.from), at(edge.to)) else { continue };
        if from != to
            || view.relation == Relation::Calls && keys[edge.from as usize].as_ref().is_some_and(|(_, level)| *level == Level::Function)
        {
            add(&mut arrows, from, to, edge);
        }
    }
    let blocks: Vec<Block> = blocks.iter().map(|((external, id), tally)| tally.block(id, *external)).collect();
    let mut picture = Picture { relation: view.relation, blocks, arrows: arrows.into_values().collect(), notes };
    leave_out_loners(&mut picture);
    leave_out_implied(&mut picture);
    picture
}

struct Tally {
    level: Level,
    files: BTreeSet<Arc<str>>,
    members: u32,
    roles: BTreeMap<Role, u32>,
    focus: bool,
}

impl Tally {
    fn new(level: Level) -> Tally {
        Tally { level, files: BTreeSet::new(), members: 0, roles: BTreeMap::new(), focus: false }
    }

    fn block(&self, id: &str, external: bool) -> Block {
        let most = self.roles.iter().max_by_key(|(role, count)| (**count, Reverse(**role)));
        Block {
            id: id.to_string(),
            label: id.to_string(),
            level: self.level,
            size: if self.level == Level::Function { 1 } else { self.files.len() as u32 },
            role: most.filter(|(_, count)| **count * 2 > self.members).map(|(role, _)| *role),
            external,
            focus: self.focus,
        }
    }
}

/// The box of each node; `None` for what is in none.
fn keys(
    view: &View,
    level: Option<Level>,
    limit: usize,
    focus: &BTreeSet<String>,
    notes: &mut Vec<String>,
) -> Vec<Option<(String, Level)>> {
    let has_parts = view.nodes.iter().any(|node| node.part.is_some());
    let own = || view.nodes.iter().filter(|node| node.thing != Thing::External);
    let in_parts = own().filter(|node| node.part.is_some()).count();
    let touched: BTreeSet<u32> = view.edges.iter().flat_map(|edge| [edge.from, edge.to]).collect();
    let by_functions = view.relation == Relation::Calls && (level == Some(Level::Function) || level.is_none() && touched.len() <= limit);
    if by_functions {
        if touched.len() > limit * 4 {
            notes.push(format!("{} functions are many to look at: `--focus` shows one and its neighbours", touched.len()));
        }
        return view
            .nodes
            .iter()
            .enumerate()
            .map(|(at, node)| touched.contains(&(at as u32)).then(|| (node.id.clone(), Level::Function)))
            .collect();
    }
    let level = level.unwrap_or(match own().count() {
        _ if has_parts && focus.is_empty() && in_parts * 5 >= own().count() * 4 && own().count() > limit => Level::Layer,
        _ => Level::File,
    });
    if level == Level::Layer {
        let word = if has_parts { "part" } else { "role" };
        let outside = own().filter(|node| if has_parts { node.part.is_none() } else { node.role.is_none() }).count();
        if outside > 0 {
            notes.push(format!("{outside} of {} modules belong to no {word}: they are under `(none)`", own().count()));
        }
    }
    let paths: BTreeSet<Arc<str>> = own().map(|node| node.path.clone()).collect();
    let asked: BTreeSet<Arc<str>> = own().filter(|node| focus.contains(&node.id)).map(|node| node.path.clone()).collect();
    let boxes = boxes_of(&paths, &asked, level == Level::File, limit);
    if level == Level::File && boxes.values().any(|(_, level)| *level != Level::File) {
        notes.push(format!("{} files in {} boxes; `--focus PATH` opens one", paths.len(), boxes.values().collect::<BTreeSet<_>>().len()));
    }
    let key = |node: &crate::model::view::Node| {
        if node.thing == Thing::External {
            return Some((package(&node.id).to_string(), Level::Package));
        }
        if level == Level::Layer {
            let name = if has_parts { node.part.as_deref() } else { node.role.map(Role::name) };
            return Some((name.unwrap_or("(none)").to_string(), Level::Layer));
        }
        boxes.get(&node.path).cloned()
    };
    view.nodes.iter().map(key).collect()
}

/// `sqlalchemy` of `sqlalchemy.orm`, `@nestjs/common` of `@nestjs/common/decorators`.
pub(super) fn package(id: &str) -> &str {
    let after_scope = if id.starts_with('@') { id.find('/').map_or(id.len(), |at| at + 1) } else { 0 };
    let end = id[after_scope..].find(['.', '/', ':']).map_or(id.len(), |at| after_scope + at);
    if end == 0 { id } else { &id[..end] }
}

fn add(arrows: &mut BTreeMap<(u32, u32), Arrow>, from: u32, to: u32, edge: &Edge) {
    let new = || Arrow {
        from,
        to,
        weight: 0,
        cause: edge.cause,
        resolution: edge.resolution,
        broken: None,
        path: edge.path.clone(),
        line: edge.line,
    };
    let arrow = arrows.entry((from, to)).or_insert_with(new);
    arrow.weight += 1;
    arrow.resolution = arrow.resolution.max(edge.resolution);
    arrow.cause = std::cmp::min_by_key(arrow.cause, edge.cause, |cause| strength(*cause));
    if arrow.broken.is_none() && edge.broken.is_some() {
        (arrow.broken, arrow.path, arrow.line) = (edge.broken.clone(), edge.path.clone(), edge.line);
    }
}

/// What runs when the module loads is 0.
fn strength(cause: Cause) -> u8 {
    match cause {
        Cause::Import(ImportKind::Load) | Cause::Call(_) => 0,
        Cause::Import(ImportKind::Deferred) => 1,
        Cause::Import(ImportKind::String) => 2,
        Cause::Import(ImportKind::Type | ImportKind::Dropped) => 3,
        Cause::Import(ImportKind::Test) => 4,
    }
}

/// A box without arrows tells nothing in a picture of arrows.
fn leave_out_loners(picture: &mut Picture) {
    let touched: BTreeSet<u32> = picture.arrows.iter().flat_map(|arrow| [arrow.from, arrow.to]).collect();
    let is_kept = |at: usize, block: &Block| touched.contains(&(at as u32)) || block.focus;
    let kept: Vec<bool> = picture.blocks.iter().enumerate().map(|(at, block)| is_kept(at, block)).collect();
    let gone = kept.iter().filter(|kept| !**kept).count();
    if gone == 0 {
        return;
    }
    let things = if gone == 1 { "1 box without an arrow is" } else { &format!("{gone} boxes without an arrow are") };
    picture.notes.push(format!("{things} not drawn"));
    let mut place = Vec::new();
    let mut count = 0u32;
    for &kept in &kept {
        place.push(count);
        count += u32::from(kept);
    }
    let mut at = 0;
    picture.blocks.retain(|_| {
        at += 1;
        kept[at - 1]
    });
    for arrow in &mut picture.arrows {
        (arrow.from, arrow.to) = (place[arrow.from as usize], place[arrow.to as usize]);
    }
}

/// Where there are too many arrows: those that a longer way of arrows implies are not drawn, and of those that close cycles only the heaviest. What a rule
/// reports and what touches the focus is always drawn.
fn leave_out_implied(picture: &mut Picture) {
    let limit = picture.blocks.len() * ARROWS_PER_BOX;
    if picture.arrows.len() <= limit {
        return;
    }
    let weighted: Vec<(u32, u32, u64)> = picture.arrows.iter().map(|arrow| (arrow.from, arrow.to, u64::from(arrow.weight))).collect();
    let back: BTreeSet<(u32, u32)> = cycles::cut(picture.blocks.len(), &weighted).edges.into_iter().collect();
    let pairs = picture.arrows.iter().map(|arrow| (arrow.from, arrow.to));
    let needed: BTreeSet<(u32, u32)> =
        cycles::reduction(&Digraph::new(picture.blocks.len(), pairs.filter(|pair| !back.contains(pair)))).into_iter().collect();
    let focus: BTreeSet<u32> = picture.blocks.iter().enumerate().filter(|(_, block)| block.focus).map(|(at, _)| at as u32).collect();
    let is_kept =
        |arrow: &Arrow| arrow.broken.is_some() || arrow.from == arrow.to || focus.contains(&arrow.from) || focus.contains(&arrow.to);
    let implied = |arrow: &Arrow| !is_kept(arrow) && !back.contains(&(arrow.from, arrow.to)) && !needed.contains(&(arrow.from, arrow.to));
    let before = picture.arrows.len();
    picture.arrows.retain(|arrow| !implied(arrow));
    if picture.arrows.len() < before {
        picture.notes.push(format!("{} arrows that longer ways imply are not drawn", before - picture.arrows.len()));
    }
    let closing = |arrow: &Arrow| !is_kept(arrow) && back.contains(&(arrow.from, arrow.to));
    let mut light: Vec<(u32, u32, u32)> =
        picture.arrows.iter().filter(|arrow| closing(arrow)).map(|arrow| (arrow.weight, arrow.from, arrow.to)).collect();
    light.sort_unstable();
    light.truncate(picture.arrows.len().saturating_sub(limit));
    let light: BTreeSet<(u32, u32)> = light.into_iter().map(|(_, from, to)| (from, to)).collect();
    picture.arrows.retain(|arrow| !light.contains(&(arrow.from, arrow.to)));
    if !light.is_empty() {
        picture.notes.push(format!("{} arrows that close cycles, the lightest, are not drawn", light.len()));
    }
}
