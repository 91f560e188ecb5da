//! The call graph: everything that can call or be called, and where each call stands.

use rustc_hash::{FxHashMap, FxHashSet};

use super::names::{Ids, separator, thing};
use super::sites::{outer, sites};
use super::{Lines, finish, node, position};
use crate::model::body::NodeId;
use crate::model::facts::{DefFlags, DefId};
use crate::model::program::{CallKind, Program, Resolution, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::model::view::{Cause, Edge, Node, Relation, View};

pub(super) fn view(program: &Program, lines: Lines) -> View {
    let ids = Ids::new(program);
    let mut nodes = Nodes::default();
    for file in (0..program.facts.len() as u32).map(FileId) {
        let facts = program.file(file);
        for (def, definition) in facts.definitions() {
            let id = GlobalDef { file, def };
            let Some(thing) = thing(facts, definition) else { continue };
            let (line, column) = match def {
                DefId::MODULE => (0, 0),
                _ => position(lines, file, definition.name_span),
            };
            let twin = definition.flags.has(DefFlags::CLOSURE);
            nodes.add(id, twin, node(program, id, ids.of(id), thing, (line, column)));
        }
    }
    let mut edges = inside(program, &nodes, lines);
    outside(program, &mut nodes, &mut edges, lines);
    finish(View { relation: Relation::Calls, nodes: nodes.list, edges, unresolved: Vec::new() })
}

/// Calls of the project's own code.
fn inside(program: &Program, nodes: &Nodes, lines: Lines) -> Vec<Edge> {
    let mut edges = Vec::new();
    // A function handed to a function of the project is called there, and that is an edge of its own.
    let called: FxHashSet<(GlobalDef, NodeId)> =
        program.call_graph.iter().filter(|edge| edge.kind == CallKind::Call).map(|edge| (edge.caller, edge.site)).collect();
    for call in &program.call_graph {
        if call.kind == CallKind::Passed && called.contains(&(call.caller, call.site)) {
            continue;
        }
        let (Some(from), Some(to)) = (nodes.caller(program, call.caller), nodes.at(call.callee)) else { continue };
        let file = call.caller.file;
        let (line, column) = position(lines, file, program.file(file).arena.span(call.site));
        edges.push(Edge {
            from,
            to,
            path: program.path(file).clone(),
            line,
            column,
            cause: Cause::Call(call.kind),
            resolution: call.resolution,
            re_export: false,
            definition: None,
            broken: None,
        });
    }
    edges
}

/// Calls of libraries and builtins.
fn outside(program: &Program, nodes: &mut Nodes, edges: &mut Vec<Edge>, lines: Lines) {
    for file in (0..program.facts.len() as u32).map(FileId) {
        let facts = program.file(file);
        for site in sites(program, file) {
            let (Some(from), Some(api)) = (nodes.caller(program, site.caller), program.called_api(file, site.call)) else { continue };
            let guessed = matches!(program.value(file, site.callee), Value::Api { guessed: true, .. });
            let (line, column) = position(lines, file, facts.arena.span(site.call));
            edges.push(Edge {
                from,
                to: nodes.outside(outside_id(&api.path, facts.language.family(), separator(facts))),
                path: program.path(file).clone(),
                line,
                column,
                cause: Cause::Call(CallKind::Call),
                resolution: if guessed { Resolution::Inferred } else { Resolution::Exact },
                re_export: false,
                definition: None,
                broken: None,
            });
        }
    }
}

/// `sqlalchemy.orm.Session().execute` is the function `sqlalchemy.orm.Session.execute`.
fn outside_id(path: &str, family: Family, separator: &str) -> String {
    let path = path.replace("()", "");
    match path.strip_prefix("builtins.") {
        Some(name) if family == Family::Python => format!("<builtin>.{name}"),
        _ if separator == "." => path,
        _ => path.replace('.', separator),
    }
}

#[derive(Default)]
struct Nodes {
    list: Vec<Node>,
    by_id: FxHashMap<String, u32>,
    by_def: FxHashMap<GlobalDef, u32>,
    twins: FxHashMap<String, u32>,
}

impl Nodes {
    /// Two definitions of one name in one scope are one node, at the first. `twin`: unless it is a function expression, as in two
    /// object literals that have a method of the same name; the second is then `name~2`.
    fn add(&mut self, def: GlobalDef, twin: bool, mut node: Node) {
        if twin && self.by_id.contains_key(&node.id) {
            let number = self.twins.entry(node.id.clone()).or_insert(1);
            *number += 1;
            node.id = format!("{}~{number}", node.id);
        }
        let at = *self.by_id.entry(node.id.clone()).or_insert(self.list.len() as u32);
        self.by_def.insert(def, at);
        if at as usize == self.list.len() {
            self.list.push(node);
        }
    }

    fn at(&self, def: GlobalDef) -> Option<u32> {
        self.by_def.get(&def).copied()
    }

    /// The node in whose name a definition's code runs: itself, or what it stands in.
    fn caller(&self, program: &Program, def: GlobalDef) -> Option<u32> {
        std::iter::successors(Some(def), |&at| outer(program, at)).find_map(|at| self.at(at))
    }

    fn outside(&mut self, id: String) -> u32 {
        let new = self.list.len() as u32;
        let at = *self.by_id.entry(id.clone()).or_insert(new);
        if at == new {
            self.list.push(Node::external(id));
        }
        at
    }
}
