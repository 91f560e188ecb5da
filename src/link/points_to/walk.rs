//! From code to constraints: one walk over every body, in order.

use super::graph::{ELEMENT, Obj, Thing, Use, Var};
use super::{Arg, Dynamic, Solver, Spread, THIS};
use crate::link::scopes::is_class_like;
use crate::model::body::{AssignOp, BinaryOp, CallForm, CollectionKind, List, LoopKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, Name, ParamKind};
use crate::model::program::{CallKind, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};

/// Deepest nesting of nodes that is walked.
const DEEPEST: u32 = 1500;

impl<'a> Solver<'_, 'a> {
    /// Walks every body of a file.
    pub(super) fn walk_file(&mut self, file: FileId) {
        self.file = file;
        let facts = self.facts(file);
        for export in &facts.exports {
            if !matches!(facts.arena.kind(export.value), NodeKind::Name(_) | NodeKind::Define(_) | NodeKind::Closure(_)) {
                let var = self.graph.var();
                self.exported.entry((file, export.value)).or_insert(Some(var));
            }
        }
        self.export_nodes = facts.exports.iter().map(|export| export.value).collect();
        self.export_nodes.sort_unstable();
        for (def, definition) in facts.definitions() {
            let id = GlobalDef { file, def };
            let walks = definition.body.is_some() || matches!(definition.kind, DefKind::Function | DefKind::Method | DefKind::Class);
            if walks {
                self.open_scope(id);
                self.walk_definition(id);
            }
        }
    }

    fn walk_definition(&mut self, id: GlobalDef) {
        let facts = self.facts(id.file);
        let def = facts.def(id.def);
        self.scope = id;
        self.depth = 0;
        self.nesting = 0;
        if matches!(def.kind, DefKind::Function | DefKind::Method) {
            self.parameters(id);
        }
        if let Some(body) = def.body {
            let value = self.expr(body);
            if let (NodeKind::Block { value: true, items }, Some(value)) = (facts.arena.kind(body), value) {
                let last = facts.arena.list(items).last();
                self.returns(last.unwrap_or(body), value);
            }
        }
        if is_class_like(def.kind) && !self.python() {
            self.class_members(id);
        }
    }

    /// The function being walked returns `var`, written as `node`. A parameter returned as it came (`return f` in a decorator that
    /// only registers, `return self`) is each call's own argument, not that of all calls together.
    fn returns(&mut self, node: NodeId, var: Var) {
        let scope = self.scope;
        let facts = self.facts(self.file);
        let def = facts.def(scope.def);
        let function = self.function(scope);
        let rebound = match facts.arena.kind(node) {
            NodeKind::Name(name) => self.scopes.get(&scope).and_then(|slots| slots.get(&name)).is_none_or(|slot| slot.versions),
            NodeKind::Receiver => false,
            _ => true,
        };
        if !rebound && !def.flags.has(DefFlags::GENERATOR) {
            let plain = |at: &usize| {
                let param = &def.params[*at];
                param.default.is_none() && matches!(param.kind, ParamKind::Normal | ParamKind::KeywordOnly | ParamKind::Receiver)
            };
            let given = function.params.iter().position(|&param| param == var).filter(plain).map(|at| at as u32);
            let given = given.or((var == function.this && !self.python()).then_some(THIS));
            if let Some(at) = given {
                self.passes.entry(scope).or_default().push(at);
                return;
            }
        }
        self.graph.flow(var, function.result);
    }

    /// TypeScript: methods and fields of a class.
    fn class_members(&mut self, class: GlobalDef) {
        let facts = self.facts(class.file);
        let class_obj = self.graph.obj(Thing::Class(class));
        let instance = self.graph.obj(Thing::Instance(class));
        let members: Vec<DefId> =
            facts.definitions().skip(class.def.index() + 1).filter(|(_, member)| member.parent == class.def).map(|(id, _)| id).collect();
        for member in members {
            let def = facts.def(member);
            let id = GlobalDef { file: class.file, def: member };
            let key = self.sym(class.file, def.name);
            match def.kind {
                DefKind::Method => {
                    let function = self.graph.obj(Thing::Function(id));
                    let field = self.graph.field(class_obj, key);
                    // Of an accessor's pair, the getter is what a read calls.
                    let chosen = self.linker.scopes[class.file.index()].member(class.def, facts.text(def.name));
                    if chosen.is_none_or(|chosen| chosen == member) {
                        self.graph.put(field, function);
                    }
                    for &decorator in &def.decorators {
                        self.expr(decorator);
                    }
                }
                DefKind::Field => {
                    let owner = if def.flags.has(DefFlags::STATIC) { class_obj } else { instance };
                    let field = self.graph.field(owner, key);
                    if let Some(annotation) = def.annotation {
                        self.declared(class.file, annotation, field);
                    }
                    let value = def.value.and_then(|value| self.expr(value));
                    if let Some(value) = value {
                        self.graph.flow(value, field);
                    }
                }
                _ => {}
            }
        }
    }

    fn parameters(&mut self, id: GlobalDef) {
        let facts = self.facts(id.file);
        let def = facts.def(id.def);
        let function = self.function(id);
        let outer = GlobalDef { file: id.file, def: def.parent };
        for (param, &var) in def.params.iter().zip(&function.params) {
            if let Some(annotation) = param.annotation {
                self.declared(id.file, annotation, var);
            }
            if let Some(default) = param.default {
                // A default is made where the function is defined.
                let scope = if self.python() { std::mem::replace(&mut self.scope, outer) } else { self.scope };
                let constant = self.constant(id.file, default);
                self.in_default = self.python();
                let value = self.expr(default);
                self.in_default = false;
                self.scope = scope;
                self.give(Arg { var: value, constant, name: None, spread: Spread::No }, var);
            }
            if let Some(pattern) = param.pattern {
                self.bind(pattern, Some(var), None);
            }
            if def.flags.has(DefFlags::PARAMETER_PROPERTY) {
                continue;
            }
        }
        // `constructor(private repo: Repo)`: the parameter is a field too.
        if def.kind == DefKind::Method && facts.text(def.name) == "constructor" && !self.python() {
            let instance = self.graph.obj(Thing::Instance(outer));
            for (_, field) in
                facts.definitions().filter(|(_, field)| field.parent == outer.def && field.flags.has(DefFlags::PARAMETER_PROPERTY))
            {
                let at = def.params.iter().position(|param| param.name == Some(field.name));
                if let Some(at) = at {
                    let key = self.sym(id.file, field.name);
                    let to = self.graph.field(instance, key);
                    self.graph.flow(function.params[at], to);
                }
            }
        }
    }

    /// What light types know of an annotation.
    fn declared(&mut self, file: FileId, annotation: NodeId, var: Var) {
        let known = self.linker.node_values[file.index()][annotation.index()];
        let value = self.linker.get(known);
        if matches!(value, Value::Instance { .. }) {
            self.put_value(value, var);
        }
    }

    /// Adds what light types know of a node to its variable.
    pub(super) fn seeded(&mut self, node: NodeId, var: Option<Var>) -> Option<Var> {
        let known = self.linker.node_values[self.file.index()][node.index()];
        let value = self.linker.get(known);
        let Value::Instance { class, .. } = value else { return var };
        if self.linker.family(class.file) == Family::Rust {
            return var;
        }
        let instance = self.graph.obj(Thing::Instance(class));
        let var = var.unwrap_or_else(|| self.graph.var());
        self.graph.put(var, instance);
        Some(var)
    }

    pub(super) fn join(&mut self, parts: &[Option<Var>]) -> Option<Var> {
        let mut known: Vec<Var> = parts.iter().flatten().copied().collect();
        known.dedup();
        match known.as_slice() {
            [] => None,
            &[one] => Some(one),
            _ => {
                let var = self.graph.var();
                for part in known {
                    self.graph.flow(part, var);
                }
                Some(var)
            }
        }
    }

    pub(super) fn some(&mut self, obj: Obj) -> Option<Var> {
        let var = self.graph.var();
        self.graph.put(var, obj);
        Some(var)
    }

    /// The variable of an expression; `None` when nothing that can be called or has members comes of it.
    pub(super) fn expr(&mut self, node: NodeId) -> Option<Var> {
        if self.nesting >= DEEPEST {
            return None;
        }
        self.nesting += 1;
        let mut var = self.kind(node);
        self.nesting -= 1;
        let file = self.file;
        if !self.export_nodes.is_empty()
            && self.export_nodes.binary_search(&node).is_ok()
            && let Some(&Some(export)) = self.exported.get(&(file, node))
        {
            if let Some(value) = var {
                self.graph.flow(value, export);
            }
            var = Some(export);
        }
        var
    }

    pub(super) fn inside(&mut self, node: NodeId) -> Option<Var> {
        self.depth += 1;
        let var = self.expr(node);
        self.depth -= 1;
        var
    }

    fn kind(&mut self, node: NodeId) -> Option<Var> {
        let file = self.file;
        let arena = &self.facts(file).arena;
        match arena.kind(node) {
            NodeKind::Name(name) => {
                let mut var = self.name(name);
                if var.is_none() && !self.python() && self.facts(file).text(name) == "arguments" {
                    var = self.arguments_object();
                }
                self.seeded(node, var)
            }
            NodeKind::Receiver => self.receiver(),
            NodeKind::Super => None,
            NodeKind::Member { object, name, .. } => self.member(node, object, name),
            NodeKind::Index { object, index } => self.index(node, object, index),
            NodeKind::Call { callee, args, form } => match form {
                CallForm::Pattern | CallForm::Macro => None,
                _ => {
                    let var = self.call_node(node, callee, args, form);
                    self.seeded(node, var)
                }
            },
            NodeKind::Argument { value, .. } | NodeKind::Propagate(value) | NodeKind::Spread { value, .. } => self.expr(value),
            NodeKind::Await(value) => {
                let var = self.expr(value);
                self.seeded(node, var)
            }
            NodeKind::Cast { value, .. } => {
                let var = self.expr(value);
                self.seeded(node, var)
            }
            NodeKind::Apply { base, .. } => self.expr(base),
            NodeKind::Binary { op, left, right } => {
                let a = self.expr(left);
                let b = self.expr(right);
                match op {
                    BinaryOp::And => b,
                    BinaryOp::Or | BinaryOp::Coalesce | BinaryOp::Add => self.join(&[a, b]),
                    // Python: `a | b` of dicts.
                    BinaryOp::Bits => self.join(&[a, b]),
                    _ => None,
                }
            }
            NodeKind::Collection { kind, items } => self.collection(kind, items),
            NodeKind::Closure(def) => {
                let function = self.graph.obj(Thing::Function(GlobalDef { file, def }));
                self.some(function)
            }
            NodeKind::Define(def) => self.define(def),
            NodeKind::If { condition, then, otherwise } => {
                self.expr(condition);
                let a = self.inside(then);
                let b = otherwise.and_then(|otherwise| self.inside(otherwise));
                self.join(&[a, b])
            }
            NodeKind::Loop { kind, target, source, body, .. } => self.loop_node(node, kind, target, source, body),
            NodeKind::Block { items, value } => {
                let mut last = None;
                let all = arena.list(items);
                for (at, item) in all.clone().enumerate() {
                    self.look_ahead(item, all.clone().skip(at + 1));
                    last = self.expr(item);
                }
                if value { last } else { None }
            }
            NodeKind::Match { subject, arms } => {
                let subject = self.expr(subject);
                let mut results = Vec::new();
                for arm in arena.list(arms) {
                    if let NodeKind::Arm { pattern, guard, body } = arena.kind(arm) {
                        self.depth += 1;
                        if self.python() {
                            self.bind(pattern, subject, None);
                        } else {
                            self.expr(pattern);
                        }
                        if let Some(guard) = guard {
                            self.expr(guard);
                        }
                        results.push(self.expr(body));
                        self.depth -= 1;
                    }
                }
                self.join(&results)
            }
            NodeKind::Try { body, handlers, otherwise, finally } => {
                self.inside(body);
                for handler in arena.list(handlers) {
                    self.inside(handler);
                }
                if let Some(otherwise) = otherwise {
                    self.inside(otherwise);
                }
                if let Some(finally) = finally {
                    self.expr(finally);
                }
                None
            }
            NodeKind::Handler { binding, body, types } => {
                if let Some(binding) = binding {
                    let mut instances = None;
                    for class in arena.list(types) {
                        instances = self.seeded(class, instances);
                    }
                    self.bind(binding, instances, None);
                }
                self.expr(body)
            }
            NodeKind::With { items, body, is_async } => {
                for item in arena.list(items) {
                    self.with_item(node, item, is_async);
                }
                self.expr(body)
            }
            NodeKind::Assign { target, value, op } => self.assign(target, value, op),
            NodeKind::Declare { target, annotation, value, .. } => {
                let constant = value.and_then(|value| self.constant(file, value));
                let mut var = match value {
                    Some(value) => {
                        if self.elementwise(target, value) {
                            return None;
                        }
                        self.expr(value)
                    }
                    None => None,
                };
                if let Some(annotation) = annotation {
                    var = self.seeded(annotation, var);
                }
                if value.is_some() || annotation.is_some() {
                    self.bind(target, var, constant);
                }
                None
            }
            NodeKind::Return(value) => {
                if let Some(value) = value
                    && let Some(var) = self.expr(value)
                {
                    self.returns(value, var);
                }
                None
            }
            NodeKind::Yield(value) => {
                let function = self.function(self.scope);
                match value.map(|value| arena.kind(value)) {
                    Some(NodeKind::Spread { value: inner, .. }) => {
                        if let Some(var) = self.expr(inner) {
                            self.iterate_var(node, var, function.yields);
                        }
                    }
                    _ => {
                        if let Some(var) = value.and_then(|value| self.expr(value)) {
                            self.graph.flow(var, function.yields);
                        }
                    }
                }
                None
            }
            NodeKind::Raise(value) => {
                let var = value.and_then(|value| self.expr(value));
                if let (Some(var), Some(value)) = (var, value)
                    && matches!(arena.kind(value), NodeKind::Name(_) | NodeKind::Member { .. })
                    && self.python()
                {
                    let (site, _) = self.site(node, self.scope, Vec::new(), CallKind::Call, false);
                    self.graph.use_at(var, Use::Construct { site });
                }
                None
            }
            NodeKind::Str(_)
            | NodeKind::Bytes(_)
            | NodeKind::Number(_)
            | NodeKind::Bool(_)
            | NodeKind::Null
            | NodeKind::Regex(_)
            | NodeKind::Continue => None,
            NodeKind::Entry { .. }
            | NodeKind::Text { .. }
            | NodeKind::Unary { .. }
            | NodeKind::Break(_)
            | NodeKind::Assert(_)
            | NodeKind::Arm { .. }
            | NodeKind::Union(_)
            | NodeKind::Other(_) => {
                let mut children = Vec::new();
                arena.children(node, |child| children.push(child));
                let flows = matches!(arena.kind(node), NodeKind::Other(_)) && children.len() == 1;
                let mut last = None;
                for child in children {
                    last = self.expr(child);
                }
                if flows { last } else { None }
            }
        }
    }

    fn member(&mut self, node: NodeId, object: NodeId, name: Name) -> Option<Var> {
        let file = self.file;
        let key = self.sym(file, name);
        if matches!(self.facts(file).arena.kind(object), NodeKind::Super) {
            let (receiver, class) = (self.receiver()?, self.class_here()?);
            let (site, to) = self.site(node, self.scope, Vec::new(), CallKind::Implicit, false);
            self.graph.use_at(receiver, Use::SuperLoad { key, class, to, site });
            return Some(to);
        }
        let var = match self.expr(object) {
            Some(object) => {
                let (site, to) = self.site(node, self.scope, Vec::new(), CallKind::Implicit, false);
                self.graph.use_at(object, Use::Load { key, to, site, this: None });
                Some(to)
            }
            None => None,
        };
        let var = self.seeded(node, var);
        self.light_function(node, var)
    }

    /// A member that only light types can name: of a namespace folder, an API's field.
    pub(super) fn light_function(&mut self, node: NodeId, var: Option<Var>) -> Option<Var> {
        if var.is_some() {
            return var;
        }
        let known = self.linker.node_values[self.file.index()][node.index()];
        let value = self.linker.get(known);
        if !matches!(value, Value::Def(_) | Value::Module(_)) {
            return None;
        }
        let var = self.graph.var();
        self.put_value(value, var);
        Some(var)
    }

    fn index(&mut self, node: NodeId, object: NodeId, index: NodeId) -> Option<Var> {
        let file = self.file;
        let object = self.expr(object);
        let key_var = self.expr(index);
        let Some(object) = object else { return self.seeded(node, None) };
        let (site, to) = self.site(node, self.scope, Vec::new(), CallKind::Implicit, false);
        let arena = &self.facts(file).arena;
        match (self.constant(file, index), arena.kind(index)) {
            (Some(key), _) => {
                self.graph.use_at(object, Use::Load { key, to, site, this: None });
                if !self.position_syms.contains(&key) {
                    // What was written under a key nobody knows.
                    self.graph.use_at(object, Use::Load { key: ELEMENT, to, site, this: None });
                }
            }
            (None, NodeKind::Other(_)) if self.python() => self.slice(index, object, to),
            (None, NodeKind::Name(_) | NodeKind::Member { .. }) => {
                let key = key_var.or_else(|| self.key_name(index)).unwrap_or_else(|| self.graph.var());
                self.dynamics.push(Dynamic { object, key, value: to, write: false, site, found: Vec::new() });
            }
            _ => self.graph.use_at(object, Use::LoadAny { to }),
        }
        if self.python() {
            let key = self.symbol("__getitem__");
            self.graph.use_at(object, Use::Method { key, site, this: None });
        }
        self.seeded(node, Some(to))
    }

    pub(super) fn key_name(&mut self, node: NodeId) -> Option<Var> {
        match self.facts(self.file).arena.kind(node) {
            NodeKind::Name(name) => self.name(name),
            _ => None,
        }
    }

    /// `xs[1:3]`: a list whose positions are moved.
    fn slice(&mut self, index: NodeId, object: Var, to: Var) {
        let file = self.file;
        let arena = &self.facts(file).arena;
        let NodeKind::Other(parts) = arena.kind(index) else { return };
        let text = arena.list(parts).next().map(|first| arena.kind(first));
        let start = match text {
            Some(NodeKind::Number(name)) => self.facts(file).text(name).parse::<u32>().ok(),
            _ => None,
        };
        let part = self.graph.container();
        self.graph.put(to, part);
        match start {
            // `xs[:3]` reads the same as `xs[3:]` here, so only a slice with both ends says where it starts.
            Some(start) if arena.list(parts).len() >= 2 && start < 64 => {
                for at in 0..16 {
                    let (from, key) = (self.position(start + at), self.position(at));
                    let field = self.graph.field(part, key);
                    let site = self.no_site();
                    self.graph.use_at(object, Use::Load { key: from, to: field, site, this: None });
                }
            }
            _ => {
                let field = self.graph.field(part, ELEMENT);
                self.graph.use_at(object, Use::LoadAny { to: field });
            }
        }
    }

    fn collection(&mut self, kind: CollectionKind, items: List) -> Option<Var> {
        let file = self.file;
        let arena = &self.facts(file).arena;
        let container = self.graph.container();
        let mut position = 0;
        let mut known = true;
        for item in arena.list(items) {
            match arena.kind(item) {
                NodeKind::Entry { key, value } => {
                    let key_var = self.expr(key);
                    let constant = self.constant(file, key);
                    let value = self.expr(value);
                    let Some(value) = value.filter(|_| !self.overwritten.contains(&item)) else { continue };
                    match (constant, arena.kind(key)) {
                        (Some(key), _) => {
                            let field = self.graph.field(container, key);
                            self.graph.flow(value, field);
                        }
                        (None, NodeKind::Name(_)) => {
                            let object = self.graph.var();
                            self.graph.put(object, container);
                            let key = key_var.or_else(|| self.key_name(key)).unwrap_or_else(|| self.graph.var());
                            let site = self.no_site();
                            self.dynamics.push(Dynamic { object, key, value, write: true, site, found: Vec::new() });
                        }
                        _ => {
                            let field = self.graph.field(container, ELEMENT);
                            self.graph.flow(value, field);
                        }
                    }
                }
                NodeKind::Spread { value, .. } => {
                    if let Some(value) = self.expr(value) {
                        if kind == CollectionKind::Dict {
                            self.graph.use_at(value, Use::Copy { to: container });
                        } else {
                            let field = self.graph.field(container, ELEMENT);
                            self.iterate_var(item, value, field);
                        }
                    }
                    known = false;
                }
                _ => {
                    let value = self.expr(item);
                    let key = if known && position < 256 && kind != CollectionKind::Set { self.position(position) } else { ELEMENT };
                    position += 1;
                    if let Some(value) = value {
                        let field = self.graph.field(container, key);
                        self.graph.flow(value, field);
                    }
                }
            }
        }
        self.some(container)
    }

    /// Elements of what `var` holds go to `to`.
    pub(super) fn iterate_var(&mut self, node: NodeId, var: Var, to: Var) {
        let (site, _) = self.site(node, self.scope, Vec::new(), CallKind::Implicit, false);
        self.graph.use_at(var, Use::Iterate { to, site });
    }

    fn loop_node(&mut self, node: NodeId, kind: LoopKind, target: Option<NodeId>, source: Option<NodeId>, body: NodeId) -> Option<Var> {
        let value = source.and_then(|source| self.expr(source));
        self.depth += 1;
        if let Some(target) = target {
            let element = value.map(|value| {
                let element = self.graph.var();
                self.iterate_var(source.unwrap_or(node), value, element);
                element
            });
            self.bind(target, element, None);
        }
        let body = self.expr(body);
        self.depth -= 1;
        if kind != LoopKind::Comprehension {
            return None;
        }
        let container = self.graph.container();
        if let Some(body) = body {
            let field = self.graph.field(container, ELEMENT);
            self.graph.flow(body, field);
        }
        self.some(container)
    }

    fn with_item(&mut self, node: NodeId, item: NodeId, is_async: bool) {
        let arena = &self.facts(self.file).arena;
        let (target, value) = match arena.kind(item) {
            NodeKind::Assign { target, value, op: AssignOp::With } => (Some(target), value),
            _ => (None, item),
        };
        let manager = self.expr(value);
        let mut entered = None;
        if let Some(manager) = manager {
            let (enter, exit) = if is_async { ("__aenter__", "__aexit__") } else { ("__enter__", "__exit__") };
            let (site, result) = self.site(node, self.scope, Vec::new(), CallKind::Implicit, false);
            let key = self.symbol(enter);
            self.graph.use_at(manager, Use::Method { key, site, this: None });
            let (site, _) = self.site(node, self.scope, Vec::new(), CallKind::Implicit, false);
            let key = self.symbol(exit);
            self.graph.use_at(manager, Use::Method { key, site, this: None });
            // `@contextmanager`: what the generator yields.
            self.graph.use_at(manager, Use::LoadAny { to: result });
            entered = Some(result);
        }
        if let Some(target) = target {
            let entered = self.seeded(target, entered);
            self.bind(target, entered, None);
        }
    }
}
