//! A view folded to its files: which part each is in, which row each part is in, and what leads from file to file.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::picture::package;
use crate::graph::layout::ranks;
use crate::model::atlas::{Atlas, Group, Link, Sheet};
use crate::model::contract::Layers;
use crate::model::role::Role;
use crate::model::view::{Edge, Node, Thing, View};

/// Where there are no parts, roles stand in these rows.
const ROLE_ROWS: &[(&str, &[Role])] = &[
    ("entry", &[Role::Composition, Role::Script]),
    ("router", &[Role::Router, Role::Middleware, Role::Task]),
    ("service", &[Role::Service]),
    ("repository", &[Role::Repository]),
    ("model", &[Role::Model]),
    ("shared", &[Role::Schema, Role::Config]),
    ("beside", &[Role::Migration, Role::Frontend, Role::Test]),
];
const NO_PART: &str = "in no part";
const NO_ROLE: &str = "no role";
const OUTSIDE: &str = "outside packages";

/// Folds a view. `lines` are the lines of each file, `layers` the orders of `archcheck.toml`, the first of which gives the rows.
pub fn atlas(view: &View, lines: &dyn Fn(&str) -> u32, layers: &[Layers]) -> Atlas {
    let by_part = view.nodes.iter().any(|node| node.part.is_some());
    let mut sheets: BTreeMap<(bool, Arc<str>), (Sheet, String)> = BTreeMap::new();
    for node in &view.nodes {
        let new = || (sheet(node, lines), group_name(node, by_part));
        let (sheet, _) = sheets.entry(key(node)).or_insert_with(new);
        // A definition's role is its own; the file's stands at the module.
        if node.thing == Thing::Module && node.line == 0 {
            sheet.role = node.role;
        }
    }
    let mut names: Vec<&String> = sheets.values().map(|(_, group)| group).collect();
    names.sort_unstable();
    names.dedup();
    let place: BTreeMap<String, u32> = names.iter().enumerate().map(|(at, name)| ((*name).clone(), at as u32)).collect();
    let index: BTreeMap<&(bool, Arc<str>), u32> = sheets.keys().enumerate().map(|(at, key)| (key, at as u32)).collect();
    let at = |node: u32| index.get(&key(&view.nodes[node as usize])).copied();
    let mut links: Vec<Link> = view.edges.iter().filter_map(|edge| link(view, edge, &at)).collect();
    links.sort_by(|a, b| (a.from, a.line, a.to, &a.name).cmp(&(b.from, b.line, b.to, &b.name)));
    links.dedup();
    let sheets: Vec<Sheet> =
        sheets.values().map(|(sheet, group)| Sheet { group: place.get(group).copied().unwrap_or(0), ..sheet.clone() }).collect();
    let names: Vec<String> = place.into_keys().collect();
    let (rows, row_of) = if by_part { rows_of_parts(&names, layers, &sheets, &links) } else { rows_of_roles(&names) };
    let groups = names.iter().zip(row_of).map(|(name, row)| Group { name: name.clone(), role: Role::from_name(name), row }).collect();
    Atlas { relation: view.relation, rows, groups, sheets, links, notes: Vec::new() }
}

/// Outside packages sort after the project's files.
fn key(node: &Node) -> (bool, Arc<str>) {
    match node.thing {
        Thing::External => (true, package(&node.id).into()),
        _ => (false, node.path.clone()),
    }
}

fn sheet(node: &Node, lines: &dyn Fn(&str) -> u32) -> Sheet {
    let (external, path) = key(node);
    let lines = if external { 0 } else { lines(&path) };
    Sheet { path, group: 0, role: node.role, lines, is_test: node.is_test, external }
}

fn group_name(node: &Node, by_part: bool) -> String {
    let name = match node.thing {
        Thing::External => return OUTSIDE.to_string(),
        _ if by_part => node.part.as_deref(),
        _ if node.is_test => Some(Role::Test.name()),
        _ => node.role.map(Role::name),
    };
    name.unwrap_or(if by_part { NO_PART } else { NO_ROLE }).to_string()
}

fn link(view: &View, edge: &Edge, at: &dyn Fn(u32) -> Option<u32>) -> Option<Link> {
    let (from, to) = (at(edge.from)?, at(edge.to)?);
    let target = &view.nodes[edge.to as usize];
    let id = edge.definition.as_deref().unwrap_or(match target.thing {
        Thing::Module => "",
        _ => &target.id,
    });
    let name = if target.thing == Thing::External { id } else { id.rsplit(['.', ':']).next().unwrap_or(id) };
    (from != to).then(|| Link { from, to, line: edge.line, cause: edge.cause, broken: edge.broken.clone(), name: name.to_string() })
}

/// The names of the rows and the row of each group.
type Rows = (Vec<String>, Vec<u32>);

fn rows_of_roles(names: &[String]) -> Rows {
    let mut rows: Vec<String> = ROLE_ROWS.iter().map(|(row, _)| (*row).to_string()).collect();
    rows.push(String::new());
    let last = ROLE_ROWS.len() as u32;
    let row = |name: &String| {
        let role = Role::from_name(name)?;
        ROLE_ROWS.iter().position(|(_, roles)| roles.contains(&role)).map(|at| at as u32)
    };
    let row_of = names.iter().map(|name| row(name).unwrap_or(last)).collect();
    (rows, row_of)
}

/// The steps of the first order that names a part; below them what is in no order. Without an order, importers stand above what they import.
fn rows_of_parts(names: &[String], layers: &[Layers], sheets: &[Sheet], links: &[Link]) -> Rows {
    let step_of = |layers: &Layers, name: &str| {
        let is_here = |step: &crate::model::contract::Step| step.members.iter().any(|member| member.part.value == name);
        layers.steps.iter().position(is_here)
    };
    if let Some(order) = layers.iter().find(|layers| names.iter().any(|name| step_of(layers, name).is_some())) {
        let mut rows: Vec<String> = vec![String::new(); order.steps.len()];
        if let Some(first) = rows.first_mut() {
            first.clone_from(&order.name.value);
        }
        rows.push("in no order".to_string());
        let last = order.steps.len() as u32;
        return (rows, names.iter().map(|name| step_of(order, name).map_or(last, |at| at as u32)).collect());
    }
    let mut weights: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    for link in links {
        let (from, to) = (sheets[link.from as usize].group, sheets[link.to as usize].group);
        *weights.entry((from, to)).or_default() += 1;
    }
    let edges: Vec<(u32, u32, u64)> = weights.into_iter().map(|((from, to), weight)| (from, to, weight)).collect();
    let row_of = ranks(names.len(), &edges);
    let rows = vec![String::new(); row_of.iter().max().map_or(1, |&row| row as usize + 1)];
    (rows, row_of)
}
