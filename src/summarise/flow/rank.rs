//! Which functions the data-flow analysis looks at, and in which order.
//!
//! A *unit* is a function that stands in no other function, with all functions inside it, or a module's own code. Units matter
//! when a sink can be reached from them; what those call matters too, for what it gives back.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{calls, lookup, text};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefKind, FileFacts, Name};
use crate::model::nesting::{argument_value, arguments};
use crate::model::program::{ApiId, Program, Resolution, Value as Known};
use crate::model::role::GlobalDef;
use crate::model::source::FileId;
use crate::model::summary::SqlTexts;
use crate::model::templates::template;
use crate::model::trace::Part;
use crate::rulebook::vocabulary::api_names;

/// Which arguments of a library's function are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sinks {
    None,
    /// The first one alone.
    First,
    Others,
}

/// Groups of units, callees before callers; units of one group call each other.
pub(super) fn rank(program: &Program, texts: SqlTexts, is_sink: impl Fn(ApiId) -> Sinks) -> (Vec<Vec<GlobalDef>>, Units) {
    let sinks = units_with_sinks(program, texts, is_sink);
    if sinks.is_empty() {
        return (Vec::new(), Units::default());
    }
    let edges = unit_edges(program);
    let mut callers: FxHashMap<GlobalDef, Vec<GlobalDef>> = FxHashMap::default();
    let mut callees: FxHashMap<GlobalDef, Vec<GlobalDef>> = FxHashMap::default();
    for &(caller, callee) in &edges {
        callers.entry(callee).or_default().push(caller);
        callees.entry(caller).or_default().push(callee);
    }
    let relevant = reach(sinks, |unit| callers.get(&unit).cloned().unwrap_or_default());
    let seen = |units: &[GlobalDef]| units.iter().copied().collect();
    let to_sinks = seen(&relevant);
    let mut makers = Makers::default();
    let mut made: Vec<(GlobalDef, GlobalDef)> = Vec::new();
    let units = reach(relevant, |unit| {
        let mut next = callees.get(&unit).cloned().unwrap_or_default();
        for maker in makers.of_fields_read(program, unit) {
            made.push((unit, maker));
            next.push(maker);
        }
        next
    });
    let known = Units { looked_at: seen(&units), to_sinks, seen: Vec::new() };
    let mut graph: DiGraph<GlobalDef, ()> = DiGraph::new();
    let index: FxHashMap<GlobalDef, NodeIndex> = units.iter().map(|&unit| (unit, graph.add_node(unit))).collect();
    for (caller, callee) in edges.iter().chain(&made) {
        if let (Some(&from), Some(&to)) = (index.get(caller), index.get(callee))
            && from != to
        {
            graph.add_edge(from, to, ());
        }
    }
    // Tarjan's algorithm as petgraph has it recurses; Kosaraju's does not, and gives callees first as well.
    let mut groups: Vec<Vec<GlobalDef>> = Vec::new();
    for group in kosaraju_scc(&graph) {
        let mut group: Vec<GlobalDef> = group.into_iter().map(|at| graph[at]).collect();
        group.sort();
        groups.push(group);
    }
    (groups, known)
}

/// Which units the analysis looks at.
#[derive(Default)]
pub struct Units {
    looked_at: FxHashSet<GlobalDef>,
    /// Those from which a sink can be reached.
    to_sinks: FxHashSet<GlobalDef>,
    /// Parts of the program that were looked at, by their numbers, in order.
    pub(super) seen: Vec<u32>,
}

impl Units {
    /// True when other code in these functions makes no difference to what the analysis says: it looked at none of them, and still would not.
    pub(super) fn are_beside(&self, program: &Program, functions: &[GlobalDef], is_sink: impl Fn(ApiId) -> Sinks) -> bool {
        functions.iter().all(|&function| {
            let holds_value = !matches!(program.def(function).kind, DefKind::Function | DefKind::Method | DefKind::Module);
            if holds_value && self.seen.binary_search(&Part::File(function.file).number()).is_ok() {
                return false;
            }
            let calls = program.calls_from(function).iter().filter(|edge| edge.resolution > Resolution::NameOnly);
            !self.looked_at.contains(&unit_of(program, function))
                && calls.map(|edge| unit_of(program, edge.callee)).all(|callee| !self.to_sinks.contains(&callee))
                && !fills_fields(program, function)
                && !has_sink(program, function, &is_sink)
        })
    }
}

/// It puts something into a field of its object: whoever reads that has to look at it.
fn fills_fields(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    let mut fills = false;
    if let Some(body) = facts.def(function.def).body {
        facts.arena.walk(body, |node| {
            if let NodeKind::Assign { target, .. } | NodeKind::Declare { target, .. } = facts.arena.kind(node) {
                fills |= matches!(facts.arena.kind(target), NodeKind::Member { .. });
            }
        });
    }
    fills
}

fn has_sink(program: &Program, function: GlobalDef, is_sink: &impl Fn(ApiId) -> Sinks) -> bool {
    let facts = program.file(function.file);
    let mut nodes = Vec::new();
    let def = facts.def(function.def);
    for root in def.body.into_iter().chain(def.value) {
        facts.arena.walk(root, |node| nodes.push(node));
    }
    // A statement makes sinks of calls beside it.
    let speaks = |node: &NodeId| matches!(facts.arena.kind(*node), NodeKind::Str(name) if text::opens_statement(facts.text(name)));
    nodes.iter().any(speaks) || !sinks_among(program, function.file, nodes.into_iter(), is_sink).is_empty()
}

/// The unit that a function belongs to.
pub(super) fn unit_of(program: &Program, function: GlobalDef) -> GlobalDef {
    program.outermost(function)
}

fn units_with_sinks(program: &Program, texts: SqlTexts, is_sink: impl Fn(ApiId) -> Sinks) -> Vec<GlobalDef> {
    let mut out = Vec::new();
    for (file, facts) in program.facts.iter().enumerate() {
        let file = FileId(file as u32);
        let mut found = sinks_among(program, file, facts.arena.ids(), &is_sink);
        if texts == SqlTexts::All {
            // Where statements are written, whether they are seen to run or not.
            let speaks = |node: &NodeId| matches!(facts.arena.kind(*node), NodeKind::Str(name) if text::opens_statement(facts.text(name)));
            found.extend(facts.arena.ids().filter(speaks));
        }
        out.extend(template_users(program, file));
        if found.is_empty() {
            continue;
        }
        for (def, definition) in facts.definitions() {
            if let Some(body) = definition.body {
                let mut has = false;
                facts.arena.walk_while(body, |node| {
                    has |= found.contains(&node);
                    !has
                });
                if has {
                    out.push(unit_of(program, GlobalDef { file, def }));
                }
            }
        }
    }
    out.sort();
    out.dedup();
    out
}

/// Constructors of classes whose template has places for text.
fn template_users(program: &Program, file: FileId) -> Vec<GlobalDef> {
    let facts = program.file(file);
    let constructors = facts.definitions().filter(|(_, def)| def.kind == DefKind::Method && facts.text(def.name) == "__init__");
    let fits = constructors.filter(|(_, def)| template(program, GlobalDef { file, def: def.parent }).is_some());
    fits.map(|(def, _)| unit_of(program, GlobalDef { file, def })).collect()
}

/// The calls among these nodes that run text, or may.
fn sinks_among(
    program: &Program,
    file: FileId,
    nodes: impl Iterator<Item = NodeId>,
    is_sink: &impl Fn(ApiId) -> Sinks,
) -> FxHashSet<NodeId> {
    let facts = program.file(file);
    let holds_statement = std::cell::OnceCell::new();
    // A text that is written out carries nothing.
    let carries = |call: NodeId| {
        let first = arguments(facts, call).next().map(|first| facts.arena.kind(argument_value(facts, first)));
        first.is_some_and(|first| {
            !matches!(first, NodeKind::Str(_) | NodeKind::Number(_) | NodeKind::Bool(_) | NodeKind::Null | NodeKind::Closure(_))
        })
    };
    let has_sink_name = |call: NodeId, callee: NodeId| match facts.arena.kind(callee) {
        NodeKind::Member { name, .. } => match facts.text(name) {
            name if api_names().orm.loose_sinks.has(name) => *holds_statement.get_or_init(|| holds_statement_in(facts)) && carries(call),
            // What is run stands under a name.
            name if calls::SINK_ARGUMENTS.iter().any(|(method, _)| *method == name) => true,
            name => api_names().orm.sinks.has(name) && carries(call),
        },
        _ => false,
    };
    let sink = |node: NodeId| match facts.arena.kind(node) {
        NodeKind::Call { callee, .. } => {
            let inner = match facts.arena.kind(callee) {
                NodeKind::Apply { base, .. } => base,
                _ => callee,
            };
            let by_name = || has_sink_name(node, inner);
            [callee, inner].into_iter().any(|of| match (program.api_id(file, of), program.value(file, of)) {
                (Some(api), _) => match is_sink(api) {
                    Sinks::None => program.apis[api.0 as usize].matches.is_empty() && by_name(),
                    Sinks::First => carries(node),
                    Sinks::Others => true,
                },
                (None, Known::Unknown) => by_name(),
                _ => false,
            })
        }
        _ => false,
    };
    nodes.filter(|&node| sink(node)).collect()
}

/// Some literal of the file begins like an SQL statement.
fn holds_statement_in(facts: &FileFacts) -> bool {
    facts.arena.ids().any(|node| matches!(facts.arena.kind(node), NodeKind::Str(name) if text::opens_statement(facts.text(name))))
}

fn unit_edges(program: &Program) -> Vec<(GlobalDef, GlobalDef)> {
    let mut edges: Vec<(GlobalDef, GlobalDef)> = program
        .calls
        .iter()
        .filter(|edge| edge.resolution > Resolution::NameOnly)
        .map(|edge| (unit_of(program, edge.caller), unit_of(program, edge.callee)))
        .filter(|(caller, callee)| caller != callee)
        .collect();
    edges.sort();
    edges.dedup();
    edges
}

/// Everything reachable from `start`, in a fixed order.
fn reach(start: Vec<GlobalDef>, mut next: impl FnMut(GlobalDef) -> Vec<GlobalDef>) -> Vec<GlobalDef> {
    let mut seen: FxHashSet<GlobalDef> = start.iter().copied().collect();
    let mut queue = start;
    let mut at = 0;
    while let Some(&unit) = queue.get(at) {
        at += 1;
        for found in next(unit) {
            if seen.insert(found) {
                queue.push(found);
            }
        }
    }
    queue.sort();
    queue
}

/// For each class, which methods put something into which field.
#[derive(Default)]
struct Makers {
    by_class: FxHashMap<GlobalDef, Vec<(String, GlobalDef)>>,
}

impl Makers {
    /// Methods that fill the fields which `unit` reads of its receiver.
    fn of_fields_read(&mut self, program: &Program, unit: GlobalDef) -> Vec<GlobalDef> {
        let Some(class) = lookup::class_of(program, unit) else { return Vec::new() };
        let facts = program.file(unit.file);
        let Some(body) = facts.def(unit.def).body else { return Vec::new() };
        let mut read: FxHashSet<Name> = FxHashSet::default();
        facts.arena.walk(body, |node| {
            if let NodeKind::Member { object, name, .. } = facts.arena.kind(node)
                && facts.arena.kind(object) == NodeKind::Receiver
            {
                read.insert(name);
            }
        });
        let read: FxHashSet<&str> = read.into_iter().map(|name| facts.text(name)).collect();
        let mut out = Vec::new();
        for class in lookup::ancestors(program, class) {
            let made = self.by_class.entry(class).or_insert_with(|| makers(program, class));
            out.extend(made.iter().filter(|(field, maker)| read.contains(field.as_str()) && *maker != unit).map(|(_, maker)| *maker));
        }
        out.sort();
        out.dedup();
        out
    }
}

fn makers(program: &Program, class: GlobalDef) -> Vec<(String, GlobalDef)> {
    let facts = program.file(class.file);
    let mut out = Vec::new();
    for (id, def) in facts.definitions() {
        let function = GlobalDef { file: class.file, def: id };
        let Some(body) = def.body else { continue };
        if !matches!(def.kind, DefKind::Method | DefKind::Function) || lookup::class_of(program, function) != Some(class) {
            continue;
        }
        let unit = unit_of(program, function);
        facts.arena.walk(body, |node| {
            if let NodeKind::Assign { target, .. } = facts.arena.kind(node)
                && let NodeKind::Member { object, name, .. } = facts.arena.kind(target)
                && facts.arena.kind(object) == NodeKind::Receiver
            {
                out.push((facts.text(name).to_string(), unit));
            }
        });
        // Rust: `Repo { table }` in an associated function; TypeScript: `constructor(private table: string)`.
        facts.arena.walk(body, |node| {
            if let NodeKind::Call { callee, args, form: crate::model::body::CallForm::New } = facts.arena.kind(node)
                && matches!(program.value(class.file, callee), Known::Def(made) if made == class)
            {
                for arg in facts.arena.list(args) {
                    if let NodeKind::Argument { name, .. } = facts.arena.kind(arg) {
                        out.push((facts.text(name).to_string(), unit));
                    }
                }
            }
        });
    }
    for (_, def) in facts.definitions() {
        if def.parent == class.def && def.kind == DefKind::Field && def.flags.has(DefFlags::PARAMETER_PROPERTY) {
            let constructor =
                facts.definitions().find(|(_, method)| method.parent == class.def && facts.text(method.name) == "constructor");
            if let Some((id, _)) = constructor {
                out.push((facts.text(def.name).to_string(), GlobalDef { file: class.file, def: id }));
            }
        }
    }
    out
}
