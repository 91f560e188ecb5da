//! Definitions and calls in the code: decorators, arguments, callees.

use super::graph::Use;
use super::{Arg, Solver, Spread, Var};
use crate::model::body::{CallForm, List, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind};
use crate::model::program::{CallKind, Value};
use crate::model::role::GlobalDef;

/// Python decorators of attributes: what they decorate is not made anew.
const ACCESSORS: &[&str] = &["setter", "deleter", "getter"];

impl<'a> Solver<'_, 'a> {
    /// A function or class is defined here: its decorators make of it what its name stands for.
    pub(super) fn define(&mut self, def: DefId) -> Option<Var> {
        let file = self.file;
        let facts = self.facts(file);
        let definition = facts.def(def);
        let id = GlobalDef { file, def };
        let obj = self.definition(id);
        if !matches!(definition.kind, DefKind::Function | DefKind::Method | DefKind::Class) {
            return None;
        }
        let mut var = self.some(obj)?;
        let python = self.python();
        let mut keeps = false;
        for &decorator in definition.decorators.iter().rev() {
            let accessor = matches!(facts.arena.kind(decorator), NodeKind::Member { name, .. } if ACCESSORS.contains(&facts.text(name)));
            keeps |= accessor;
            let callee = self.expr(decorator);
            let known = self.linker.node_values[file.index()][decorator.index()];
            let outside = matches!(self.linker.get(known), Value::Api { .. });
            self.callers.insert((file, decorator), self.scope);
            if let Some(callee) = callee
                && !outside
                && !accessor
                && python
            {
                let arg = Arg { var: Some(var), constant: None, name: None, spread: Spread::No };
                let (site, result) = self.site(decorator, self.scope, vec![arg], CallKind::Call, false);
                self.graph.use_at(callee, Use::Call { site, this: None });
                self.decorated.push((result, var, id));
                var = result;
            }
        }
        if !keeps {
            self.assign_name(definition.name, Some(var), None);
        }
        Some(var)
    }

    /// JavaScript's `arguments`, of the nearest function that is no arrow.
    pub(super) fn arguments_object(&mut self) -> Option<Var> {
        let facts = self.facts(self.file);
        let mut at = self.scope.def;
        while facts.def(at).flags.has(DefFlags::ARROW) && at != DefId::MODULE {
            at = facts.def(at).parent;
        }
        if !matches!(facts.def(at).kind, DefKind::Function | DefKind::Method) {
            return None;
        }
        let id = GlobalDef { file: self.file, def: at };
        let obj = match self.arguments.get(&id) {
            Some(&known) => known,
            None => {
                let made = self.graph.container();
                self.arguments.insert(id, made);
                made
            }
        };
        self.some(obj)
    }

    /// The arguments of a call.
    pub(super) fn arguments(&mut self, args: List) -> Vec<Arg> {
        let file = self.file;
        let arena = &self.facts(file).arena;
        arena
            .list(args)
            .map(|arg| match arena.kind(arg) {
                NodeKind::Argument { name, value } => {
                    let constant = self.constant(file, value);
                    let name = self.sym(file, name);
                    Arg { var: self.expr(value), constant, name: Some(name), spread: Spread::No }
                }
                NodeKind::Spread { value, named } => {
                    Arg { var: self.expr(value), constant: None, name: None, spread: if named { Spread::Named } else { Spread::Items } }
                }
                _ => Arg { constant: self.constant(file, arg), var: self.expr(arg), name: None, spread: Spread::No },
            })
            .collect()
    }

    /// The values in a tagged template: arguments after the array of texts.
    fn tagged_arguments(&mut self, args: List) -> Vec<Arg> {
        let arena = &self.facts(self.file).arena;
        let nothing = Arg { var: None, constant: None, name: None, spread: Spread::No };
        let mut all = vec![nothing];
        for text in arena.list(args) {
            let NodeKind::Text { parts, .. } = arena.kind(text) else { continue };
            for part in arena.list(parts).filter(|&part| !matches!(arena.kind(part), NodeKind::Str(_))) {
                all.push(Arg { var: self.expr(part), ..nothing });
            }
        }
        all
    }

    pub(super) fn call_node(&mut self, node: NodeId, callee: NodeId, args: List, form: CallForm) -> Option<Var> {
        let file = self.file;
        let arena = &self.facts(file).arena;
        let base = match arena.kind(callee) {
            NodeKind::Apply { base, .. } => base,
            _ => callee,
        };
        let new = form == CallForm::New;
        if self.in_default {
            self.callers.insert((file, node), self.scope);
        }
        match arena.kind(base) {
            NodeKind::Member { object, name, .. } => {
                let key = self.sym(file, name);
                if matches!(arena.kind(object), NodeKind::Super) {
                    let args = self.arguments(args);
                    let receiver = self.receiver()?;
                    let (site, result) = self.site(node, self.scope, args, CallKind::Call, false);
                    match self.class_here() {
                        Some(class) => self.graph.use_at(receiver, Use::SuperCall { key, class, site }),
                        None => {
                            // In an object literal: what its prototype has.
                            let (parent, parents) = (self.symbol("__proto__"), self.graph.var());
                            let nowhere = self.no_site();
                            self.graph.use_at(receiver, Use::Load { key: parent, to: parents, site: nowhere, this: None });
                            self.graph.use_at(parents, Use::Method { key, site, this: None });
                        }
                    }
                    return Some(result);
                }
                let receiver = self.expr(object);
                let args = self.arguments(args);
                if let Some(result) = self.native_call(node, base, receiver, &args) {
                    return result;
                }
                let (site, result) = self.site(node, self.scope, args, CallKind::Call, new);
                match receiver {
                    Some(receiver) if new => {
                        let to = self.graph.var();
                        self.graph.use_at(receiver, Use::Load { key, to, site, this: None });
                        self.graph.use_at(to, Use::Call { site, this: None });
                    }
                    Some(receiver) => {
                        self.methods.push(site);
                        self.graph.use_at(receiver, Use::Method { key, site, this: None });
                    }
                    None => {
                        self.methods.push(site);
                        if let Some(callee) = self.light_function(base, None) {
                            self.graph.use_at(callee, Use::Call { site, this: None });
                        }
                    }
                }
                Some(result)
            }
            NodeKind::Super => {
                // `super(…)` in a constructor.
                let args = self.arguments(args);
                let (receiver, class) = (self.receiver()?, self.class_here()?);
                let (site, _) = self.site(node, self.scope, args, CallKind::Call, false);
                let key = self.symbol("constructor");
                self.graph.use_at(receiver, Use::SuperCall { key, class, site });
                None
            }
            _ => {
                let called = self.expr(base);
                let args = if form == CallForm::Tagged { self.tagged_arguments(args) } else { self.arguments(args) };
                if let Some(result) = self.native_call(node, base, None, &args) {
                    return result;
                }
                let (site, result) = self.site(node, self.scope, args, CallKind::Call, new);
                if let Some(called) = called {
                    self.graph.use_at(called, Use::Call { site, this: None });
                }
                Some(result)
            }
        }
    }
}
