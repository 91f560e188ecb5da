//! Patterns: what assignment, declaration and destructuring bind, and what a literal holds when it is first read.

use super::graph::{ELEMENT, Sym, Use, Var};
use super::{Dynamic, Solver};
use crate::model::body::{AssignOp, CallForm, CollectionKind, List, NodeId, NodeKind};
use crate::model::facts::{FileFacts, Name};
use crate::model::program::CallKind;

impl<'a> Solver<'_, 'a> {
    /// `d = {"a": f}` and then at once `d["a"] = g`, `d.update({"a": g})`: nobody has seen `f` there.
    pub(super) fn look_ahead(&mut self, item: NodeId, rest: impl Iterator<Item = NodeId>) {
        let facts = self.facts(self.file);
        let arena = &facts.arena;
        let (NodeKind::Assign { target, value, op: AssignOp::Set } | NodeKind::Declare { target, value: Some(value), .. }) =
            arena.kind(item)
        else {
            return;
        };
        let (NodeKind::Name(name), NodeKind::Collection { kind: CollectionKind::Dict, items }) = (arena.kind(target), arena.kind(value))
        else {
            return;
        };
        for next in rest {
            match arena.kind(next) {
                NodeKind::Assign { target, value: new, op: AssignOp::Set } => {
                    let still =
                        matches!(arena.kind(new), NodeKind::Name(_) | NodeKind::Closure(_) | NodeKind::Str(_) | NodeKind::Number(_));
                    let Some(path) = key_path(facts, target, name).filter(|path| still && !path.is_empty()) else { return };
                    if let Some(entry) = entry_at(facts, items, &path) {
                        self.overwritten.insert(entry);
                    }
                }
                NodeKind::Call { callee, args, .. } => {
                    let NodeKind::Member { object, name: method, .. } = arena.kind(callee) else { return };
                    let Some(NodeKind::Collection { kind: CollectionKind::Dict, items: new }) =
                        arena.list(args).next().map(|arg| arena.kind(arg))
                    else {
                        return;
                    };
                    let plain = arena.list(new).all(|entry| match arena.kind(entry) {
                        NodeKind::Entry { value, .. } => matches!(arena.kind(value), NodeKind::Name(_) | NodeKind::Closure(_)),
                        _ => false,
                    });
                    if facts.text(method) != "update" || arena.kind(object) != NodeKind::Name(name) || !plain {
                        return;
                    }
                    for entry in arena.list(new) {
                        if let NodeKind::Entry { key, .. } = arena.kind(entry)
                            && let Some(old) = entry_at(facts, items, &[key])
                        {
                            self.overwritten.insert(old);
                        }
                    }
                }
                _ => return,
            }
        }
    }

    /// `a, (b, *c) = f, (g, h, i)`: part by part, without a tuple between.
    pub(super) fn elementwise(&mut self, target: NodeId, value: NodeId) -> bool {
        let arena = &self.facts(self.file).arena;
        let (NodeKind::Collection { items: targets, kind: left }, NodeKind::Collection { items: values, kind: right }) =
            (arena.kind(target), arena.kind(value))
        else {
            return false;
        };
        let plain = |kind| matches!(kind, CollectionKind::List | CollectionKind::Tuple);
        let targets: Vec<NodeId> = arena.list(targets).collect();
        let values: Vec<NodeId> = arena.list(values).collect();
        let is_spread = |node: NodeId| matches!(arena.kind(node), NodeKind::Spread { .. });
        if !plain(left) || !plain(right) || values.iter().any(|&value| is_spread(value)) {
            return false;
        }
        let star = targets.iter().position(|&target| is_spread(target));
        if star.is_none() && targets.len() != values.len() || star.is_some() && targets.len() > values.len() + 1 {
            return false;
        }
        // All values first: `a, b = b, a`.
        let nested: Vec<bool> = targets
            .iter()
            .enumerate()
            .map(|(at, &target)| {
                star.is_none()
                    && matches!(arena.kind(target), NodeKind::Collection { .. })
                    && matches!(arena.kind(values[at]), NodeKind::Collection { .. })
            })
            .collect();
        let vars: Vec<Option<Var>> =
            values.iter().enumerate().map(|(at, &value)| if nested.get(at) == Some(&true) { None } else { self.expr(value) }).collect();
        let file = self.file;
        let after = targets.len() - star.map_or(0, |star| star + 1);
        for (at, &target) in targets.iter().enumerate() {
            match star {
                Some(star) if at == star => {
                    let rest = self.graph.container();
                    for (key, &var) in vars[star..values.len() - after].iter().enumerate() {
                        let key = self.position(key as u32);
                        if let Some(var) = var {
                            let field = self.graph.field(rest, key);
                            self.graph.flow(var, field);
                        }
                    }
                    let rest = self.some(rest);
                    self.bind(target, rest, None);
                }
                Some(star) if at > star => self.bind(target, vars[values.len() - (targets.len() - at)], None),
                _ if nested[at] => {
                    if !self.elementwise(target, values[at]) {
                        let var = self.expr(values[at]);
                        self.bind(target, var, None);
                    }
                }
                _ => {
                    let constant = self.constant(file, values[at]);
                    self.bind(target, vars[at], constant);
                }
            }
        }
        true
    }

    pub(super) fn assign(&mut self, target: NodeId, value: NodeId, op: AssignOp) -> Option<Var> {
        if op == AssignOp::Set && self.elementwise(target, value) {
            return None;
        }
        let constant = self.constant(self.file, value);
        let var = self.expr(value);
        if let AssignOp::Augment(_) = op {
            // `xs += [f]` adds to what is there.
            let before = self.expr(target);
            self.depth += 1;
            self.bind(target, var, None);
            self.depth -= 1;
            if let (Some(before), Some(var)) = (before, var) {
                let element = self.graph.var();
                self.iterate_var(value, var, element);
                self.graph.use_at(before, Use::Store { key: ELEMENT, from: element });
            }
            return var;
        }
        self.bind(target, var, constant);
        var
    }

    /// Binds a pattern.
    pub(super) fn bind(&mut self, pattern: NodeId, value: Option<Var>, constant: Option<Sym>) {
        let file = self.file;
        let facts = self.facts(file);
        let arena = &facts.arena;
        match arena.kind(pattern) {
            NodeKind::Name(name) => self.assign_name(name, value, constant),
            NodeKind::Member { object, name, .. } => {
                let object = self.expr(object);
                let key = self.sym(file, name);
                if let (Some(object), Some(from)) = (object, value) {
                    self.graph.use_at(object, Use::Store { key, from });
                }
            }
            NodeKind::Index { object, index } => {
                let object = self.expr(object);
                let key_var = self.expr(index);
                let (Some(object), Some(from)) = (object, value) else { return };
                match (self.constant(file, index), arena.kind(index)) {
                    (Some(key), _) => self.graph.use_at(object, Use::Store { key, from }),
                    (None, NodeKind::Name(_)) => {
                        let key = key_var.or_else(|| self.key_name(index)).unwrap_or_else(|| self.graph.var());
                        let site = self.no_site();
                        self.dynamics.push(Dynamic { object, key, value: from, write: true, site, found: Vec::new() });
                    }
                    _ => self.graph.use_at(object, Use::Store { key: ELEMENT, from }),
                }
            }
            NodeKind::Spread { value: inner, .. } => self.bind(inner, value, None),
            NodeKind::Assign { target, value: default, op: AssignOp::Default } => {
                let fallback = self.expr(default);
                let value = self.join(&[value, fallback]);
                self.bind(target, value, constant);
            }
            NodeKind::Collection { kind, items } => self.destructure(kind, items, value),
            NodeKind::Declare { target, .. } => self.bind(target, value, constant),
            NodeKind::Binary { left, right, .. } => {
                self.bind(left, value, None);
                self.bind(right, value, None);
            }
            NodeKind::Call { args, form: CallForm::Pattern, .. } => {
                for arg in arena.list(args) {
                    match arena.kind(arg) {
                        NodeKind::Argument { name, value: inner } => {
                            let part = value.map(|value| {
                                let (key, to) = (self.sym(file, name), self.graph.var());
                                let site = self.no_site();
                                self.graph.use_at(value, Use::Load { key, to, site, this: None });
                                to
                            });
                            self.bind(inner, part, None);
                        }
                        _ => self.bind(arg, None, None),
                    }
                }
            }
            _ => {
                let mut children = Vec::new();
                arena.children(pattern, |child| children.push(child));
                children.into_iter().for_each(|child| self.bind(child, None, None));
            }
        }
    }

    fn destructure(&mut self, kind: CollectionKind, items: List, value: Option<Var>) {
        let file = self.file;
        let arena = &self.facts(file).arena;
        let mut after_star = false;
        for (at, item) in arena.list(items).enumerate() {
            let (inner, key) = match arena.kind(item) {
                NodeKind::Entry { key, value: inner } => {
                    self.expr(key);
                    (inner, self.constant(file, key))
                }
                NodeKind::Spread { value: inner, .. } => {
                    if kind == CollectionKind::Dict {
                        self.bind(inner, value, None);
                        continue;
                    }
                    after_star = true;
                    let rest = value.and_then(|value| {
                        let rest = self.graph.container();
                        let field = self.graph.field(rest, ELEMENT);
                        self.iterate_var(item, value, field);
                        self.some(rest)
                    });
                    self.bind(inner, rest, None);
                    continue;
                }
                _ => (item, (!after_star).then(|| self.position(at as u32))),
            };
            let part = value.map(|value| {
                let to = self.graph.var();
                let (site, _) = self.site(item, self.scope, Vec::new(), CallKind::Implicit, false);
                match key {
                    Some(key) => self.graph.use_at(value, Use::Load { key, to, site, this: None }),
                    None => self.graph.use_at(value, Use::LoadAny { to }),
                }
                to
            });
            self.bind(inner, part, None);
        }
    }
}

/// The keys of `name["a"]["b"]` or `name.a.b`, outermost last.
fn key_path(facts: &FileFacts, node: NodeId, name: Name) -> Option<Vec<NodeId>> {
    let mut path = Vec::new();
    let mut at = node;
    loop {
        match facts.arena.kind(at) {
            NodeKind::Name(own) if own == name => {
                path.reverse();
                return Some(path);
            }
            NodeKind::Index { object, index } => {
                if !matches!(facts.arena.kind(index), NodeKind::Str(_) | NodeKind::Number(_)) {
                    return None;
                }
                path.push(index);
                at = object;
            }
            _ => return None,
        }
    }
}

/// The entry of a dict literal, through nested ones, at these keys.
fn entry_at(facts: &FileFacts, items: List, path: &[NodeId]) -> Option<NodeId> {
    let (&first, rest) = path.split_first()?;
    let arena = &facts.arena;
    let entry =
        arena.list(items).find(|&item| matches!(arena.kind(item), NodeKind::Entry { key, .. } if arena.kind(key) == arena.kind(first)))?;
    if rest.is_empty() {
        return Some(entry);
    }
    match arena.kind(entry) {
        NodeKind::Entry { value, .. } => match arena.kind(value) {
            NodeKind::Collection { kind: CollectionKind::Dict, items } => entry_at(facts, items, rest),
            _ => None,
        },
        _ => None,
    }
}
