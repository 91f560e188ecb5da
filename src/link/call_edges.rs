//! The edges of the call graph: what each call leads to, by the values its callee and its arguments were found to have.

use rustc_hash::FxHashMap;

use super::evaluate::Linker;
use super::scopes::is_class_like;
use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefKind};
use crate::model::nesting::argument_value;
use crate::model::program::{CallEdge, CallKind, Resolution, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};

impl<'a> Linker<'a> {
    /// All edges of the call graph, sorted; and how many calls were seen and known.
    pub(super) fn call_edges(&mut self, subclasses: &FxHashMap<GlobalDef, Vec<GlobalDef>>) -> (Vec<CallEdge>, u32, u32) {
        let mut edges = Vec::new();
        let (mut seen, mut known) = (0, 0);
        for file in 0..self.facts.len() {
            let file = FileId(file as u32);
            let facts = &self.facts[file.index()];
            for (def, _) in facts.definitions() {
                let counts = self.edges_of(GlobalDef { file, def }, subclasses, &mut edges);
                seen += counts.0;
                known += counts.1;
            }
        }
        self.implicit_edges(&mut edges);
        edges.sort_unstable();
        edges.dedup();
        (edges, seen, known)
    }

    /// The edges of the calls that stand in a definition; and how many calls were seen and known.
    pub(super) fn edges_of(
        &mut self,
        caller: GlobalDef,
        subclasses: &FxHashMap<GlobalDef, Vec<GlobalDef>>,
        edges: &mut Vec<CallEdge>,
    ) -> (u32, u32) {
        let facts = &self.facts[caller.file.index()];
        if self.spared.code(facts, caller) {
            return (0, 0);
        }
        let definition = facts.def(caller.def);
        let mut roots: Vec<NodeId> = definition.body.into_iter().collect();
        roots.extend(definition.params.iter().filter_map(|param| param.default));
        if definition.kind == DefKind::Field {
            roots.extend(definition.value);
        }
        let (mut seen, mut known) = (0, 0);
        for root in roots {
            let mut calls = Vec::new();
            facts.arena.walk(root, |node| {
                if let NodeKind::Call { form, .. } = facts.arena.kind(node)
                    && form != CallForm::Pattern
                {
                    calls.push(node);
                }
            });
            for call in calls {
                seen += 1;
                known += u32::from(self.edges_of_call(caller, call, subclasses, edges));
            }
        }
        (seen, known)
    }

    /// The calls nobody wrote, since they were last asked for.
    pub(super) fn implicit_edges(&mut self, edges: &mut Vec<CallEdge>) {
        let mut implicit: Vec<(GlobalDef, NodeId, GlobalDef)> = self.implicit.drain().collect();
        implicit.sort_unstable();
        edges.extend(implicit.into_iter().map(|(caller, site, callee)| CallEdge {
            caller,
            site,
            callee,
            kind: CallKind::Implicit,
            resolution: Resolution::Exact,
        }));
    }

    fn edges_of_call(
        &mut self,
        caller: GlobalDef,
        call: NodeId,
        subclasses: &FxHashMap<GlobalDef, Vec<GlobalDef>>,
        edges: &mut Vec<CallEdge>,
    ) -> bool {
        let facts = &self.facts[caller.file.index()];
        let NodeKind::Call { callee, args, .. } = facts.arena.kind(call) else { return false };
        let base = match facts.arena.kind(callee) {
            NodeKind::Apply { base, .. } => base,
            _ => callee,
        };
        let mut value = self.get(self.node_values[caller.file.index()][callee.index()]);
        if matches!(value, Value::Unknown) {
            value = self.get(self.node_values[caller.file.index()][base.index()]);
        }
        let mut add = |callee: GlobalDef, kind: CallKind, resolution: Resolution| {
            edges.push(CallEdge { caller, site: call, callee, kind, resolution });
        };
        let mut known = true;
        match value {
            Value::Def(def) => {
                let kind = facts_kind(self, def);
                if is_class_like(kind) {
                    if let Some(constructor) = self.constructor(def) {
                        add(constructor, CallKind::Call, Resolution::Exact);
                    }
                } else if matches!(kind, DefKind::Function | DefKind::Method) {
                    add(def, CallKind::Call, Resolution::Exact);
                }
            }
            Value::Method { method, receiver } => {
                let has_body = self.facts[method.file.index()].def(method.def).body.is_some();
                let is_super = matches!(facts.arena.kind(base), NodeKind::Member { object, .. } if matches!(facts.arena.kind(object), NodeKind::Super));
                let is_abstract = self.facts[method.file.index()].def(method.def).flags.has(DefFlags::ABSTRACT) || !has_body;
                if !is_abstract {
                    add(method, CallKind::Call, Resolution::Exact);
                }
                if !is_super {
                    let name = self.facts[method.file.index()].text(self.facts[method.file.index()].def(method.def).name);
                    // What a trait has from one above it is implemented as that one's.
                    let above = GlobalDef { file: method.file, def: self.facts[method.file.index()].def(method.def).parent };
                    let is_from_above =
                        is_abstract && facts_kind(self, receiver) == DefKind::Trait && facts_kind(self, above) == DefKind::Trait;
                    let class = if is_from_above { above } else { receiver };
                    for implementation in self.implementations(class, name, subclasses) {
                        if implementation != method {
                            add(implementation, CallKind::Call, Resolution::Inferred);
                        }
                    }
                }
            }
            Value::Api { .. } => {}
            Value::Instance { class, .. } => match self.find_member(class, "__call__") {
                Some(method) => add(method, CallKind::Call, Resolution::Exact),
                None => known = facts.language.family() == Family::Rust,
            },
            _ => {
                known = matches!(facts.arena.kind(callee), NodeKind::Closure(_));
                // `orders.find(id)`, where `interface Orders { find: (id: string) => Promise<Order> }` has it as a property.
                if let NodeKind::Member { object, name, .. } = facts.arena.kind(base)
                    && let Value::Instance { class, .. } = self.get(self.node_values[caller.file.index()][object.index()])
                    && matches!(facts_kind(self, class), DefKind::Interface | DefKind::TypeAlias)
                {
                    for implementation in self.implementations(class, facts.text(name), subclasses) {
                        add(implementation, CallKind::Call, Resolution::Inferred);
                        known = true;
                    }
                }
                if let NodeKind::Closure(def) = facts.arena.kind(callee) {
                    add(GlobalDef { file: caller.file, def }, CallKind::Call, Resolution::Exact);
                }
            }
        }
        for arg in facts.arena.list(args) {
            let node = argument_value(facts, arg);
            self.passed(caller.file, node, 0, &mut |callee| add(callee, CallKind::Passed, Resolution::Inferred));
        }
        known
    }

    /// Functions an argument carries: itself, in an array, in an object literal.
    fn passed(&self, file: FileId, node: NodeId, depth: u8, add: &mut dyn FnMut(GlobalDef)) {
        let arena = &self.facts[file.index()].arena;
        match arena.kind(node) {
            NodeKind::Closure(def) => add(GlobalDef { file, def }),
            NodeKind::Collection { items, .. } if depth < 3 => {
                for item in arena.list(items) {
                    self.passed(file, item, depth + 1, add);
                }
            }
            NodeKind::Entry { value, .. } => self.passed(file, value, depth + 1, add),
            NodeKind::Name(_) | NodeKind::Member { .. } => match self.get(self.node_values[file.index()][node.index()]) {
                Value::Def(def) if matches!(facts_kind(self, def), DefKind::Function | DefKind::Method) => add(def),
                Value::Method { method, .. } => add(method),
                _ => {}
            },
            _ => {}
        }
    }

    /// Overriding and implementing methods below a class.
    fn implementations(&mut self, class: GlobalDef, name: &str, subclasses: &FxHashMap<GlobalDef, Vec<GlobalDef>>) -> Vec<GlobalDef> {
        let mut found = Vec::new();
        let mut queue: Vec<GlobalDef> = subclasses.get(&class).cloned().unwrap_or_default();
        let mut at = 0;
        while at < queue.len() && queue.len() < 256 {
            let below = queue[at];
            // What tests put in its place is not what the program runs.
            if self.spared.code(&self.facts[below.file.index()], below) {
                at += 1;
                continue;
            }
            if self.family(below.file) == Family::Rust {
                found.extend(self.trait_methods(below, class, name));
            } else if matches!(facts_kind(self, below), DefKind::Function | DefKind::Method | DefKind::Variable) {
                found.extend(self.made_member(below, name));
            } else if let Some(member) = self.own_member(below, name)
                && self.facts[member.file.index()].def(member.def).body.is_some()
            {
                found.push(member);
            }
            for &next in subclasses.get(&below).into_iter().flatten() {
                if !queue.contains(&next) {
                    queue.push(next);
                }
            }
            at += 1;
        }
        found
    }
}

fn facts_kind(linker: &Linker, def: GlobalDef) -> DefKind {
    linker.facts[def.file.index()].def(def.def).kind
}
