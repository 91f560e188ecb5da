//! Binding the arguments of a call to the parameters of a function.

use super::graph::{ELEMENT, Obj, SiteId, Thing, Use, Var};
use super::{Arg, FlowCall, Function, Solver, Spread, THIS};
use crate::model::body::NodeId;
use crate::model::facts::{DefFlags, ParamKind};
use crate::model::program::CallKind;
use crate::model::role::GlobalDef;
use crate::model::source::Family;

impl<'a> Solver<'_, 'a> {
    /// Remembers an edge of the call graph.
    pub(super) fn edge(&mut self, site: SiteId, callee: GlobalDef, kind: CallKind) {
        if site == SiteId(0) {
            return;
        }
        let from = &self.sites[site.0 as usize];
        self.edges.insert(FlowCall { caller: from.caller, site: from.node, callee, kind });
    }

    /// The call at `site` runs `function`, on a receiver if it has one. `implied`: a getter; it takes no arguments and its
    /// result is read elsewhere.
    pub(super) fn invoke(&mut self, site: SiteId, function: GlobalDef, receiver: Option<Obj>, implied: bool) {
        let kind = if implied { CallKind::Implicit } else { self.sites[site.0 as usize].kind };
        self.edge(site, function, kind);
        let variables = self.function(function);
        if let Some(receiver) = receiver {
            self.receive(function, &variables, receiver);
            let python = self.linker.family(function.file) == Family::Python;
            let own = if python { 0 } else { THIS };
            if !implied && self.passes.get(&function).is_some_and(|passes| passes.contains(&own)) {
                let result = self.sites[site.0 as usize].result;
                self.graph.put(result, receiver);
            }
        }
        let python = self.linker.family(function.file) == Family::Python;
        let shifted = python && receiver.is_some();
        let callee = self.graph.obj(Thing::Function(function));
        // A function may be called at one place both as a method and not; arguments are bound once for each.
        let key = match shifted {
            true => self.graph.obj(Thing::Bound { function: callee, receiver: callee }),
            false => callee,
        };
        if implied || !self.bound.insert((site, key)) {
            return;
        }
        let args = self.sites[site.0 as usize].args.clone();
        let result = self.sites[site.0 as usize].result;
        self.bind_arguments(function, &variables, &args, usize::from(shifted), Some(result));
        self.give_result(function, &variables, result);
    }

    /// A constructor runs: its result is the instance, which is there already.
    pub(super) fn invoke_constructor(&mut self, site: SiteId, function: GlobalDef, instance: Obj) {
        let kind = self.sites[site.0 as usize].kind;
        self.edge(site, function, kind);
        let variables = self.function(function);
        self.receive(function, &variables, instance);
        let callee = self.graph.obj(Thing::Function(function));
        if self.bound.insert((site, callee)) {
            let args = self.sites[site.0 as usize].args.clone();
            let python = self.linker.family(function.file) == Family::Python;
            self.bind_arguments(function, &variables, &args, usize::from(python), None);
        }
    }

    /// JavaScript: `new F(…)` for a function.
    pub(super) fn construct_function(&mut self, site: SiteId, function: GlobalDef) {
        let made = self.graph.obj(Thing::Made(function));
        let result = self.sites[site.0 as usize].result;
        self.graph.put(result, made);
        self.invoke(site, function, Some(made), false);
    }

    fn receive(&mut self, function: GlobalDef, variables: &Function, receiver: Obj) {
        let python = self.linker.family(function.file) == Family::Python;
        let var = match (python, variables.params.first()) {
            (true, Some(&first)) => first,
            (true, None) => return,
            (false, _) => variables.this,
        };
        // `def f(*args)` as a method: the receiver is among the arguments.
        let first = self.facts(function.file).def(function.def).params.first().map(|param| param.kind);
        match (first, variables.rest) {
            (Some(ParamKind::Rest), Some(rest)) if python => {
                let zero = self.position(0);
                let field = self.graph.field(rest, zero);
                self.graph.put(field, receiver);
            }
            _ => self.graph.put(var, receiver),
        }
    }

    fn give_result(&mut self, function: GlobalDef, variables: &Function, result: Var) {
        let flags = self.facts(function.file).def(function.def).flags;
        if flags.has(DefFlags::GENERATOR) {
            let generator = self.graph.obj(Thing::Generator(function));
            self.graph.put(result, generator);
            return;
        }
        self.graph.flow(variables.result, result);
    }

    /// Arguments flow into parameters, and those that the function gives back into `result`. `skip`: parameters before the first
    /// argument (the receiver).
    fn bind_arguments(&mut self, function: GlobalDef, variables: &Function, args: &[Arg], skip: usize, result: Option<Var>) {
        let passes: Vec<u32> = self.passes.get(&function).cloned().unwrap_or_default();
        let result_of = |at: usize| result.filter(|_| passes.contains(&(at as u32)));
        let facts = self.facts(function.file);
        let params = &facts.def(function.def).params;
        if let Some(&all) = self.arguments.get(&function) {
            for (at, arg) in args.iter().enumerate() {
                match arg.spread {
                    Spread::No => {
                        let key = self.position(at as u32);
                        let field = self.graph.field(all, key);
                        self.give(*arg, field);
                    }
                    _ => {
                        let field = self.graph.field(all, ELEMENT);
                        if let Some(var) = arg.var {
                            self.graph.use_at(var, Use::LoadAny { to: field });
                        }
                    }
                }
            }
        }
        let positional: Vec<usize> = params
            .iter()
            .enumerate()
            .filter(|(_, param)| matches!(param.kind, ParamKind::Normal | ParamKind::Receiver))
            .map(|(at, _)| at)
            .collect();
        let mut next = skip;
        // `*args` takes the receiver too when nothing else does.
        let mut spread_seen = false;
        for arg in args {
            match (arg.spread, arg.name) {
                (Spread::Items, _) => {
                    let Some(var) = arg.var else { continue };
                    if !spread_seen {
                        // Positions of what is spread follow on.
                        for (offset, &at) in positional.iter().skip(next).enumerate() {
                            let key = self.position(offset as u32);
                            let site = self.no_site();
                            self.graph.use_at(var, Use::Load { key, to: variables.params[at], site, this: None });
                            if let Some(to) = result_of(at) {
                                self.graph.use_at(var, Use::Load { key, to, site, this: None });
                            }
                        }
                    }
                    spread_seen = true;
                    if let Some(rest) = variables.rest {
                        let field = self.graph.field(rest, ELEMENT);
                        self.graph.use_at(var, Use::LoadAny { to: field });
                        if next >= positional.len() && args.len() == 1 + usize::from(args.iter().any(|arg| arg.spread == Spread::Named)) {
                            self.graph.use_at(var, Use::Copy { to: rest });
                        }
                    }
                }
                (Spread::Named, _) => {
                    let Some(var) = arg.var else { continue };
                    for (at, param) in params.iter().enumerate() {
                        if matches!(param.kind, ParamKind::Normal | ParamKind::KeywordOnly)
                            && let Some(name) = param.name
                        {
                            let key = self.sym(function.file, name);
                            let site = self.no_site();
                            self.graph.use_at(var, Use::Load { key, to: variables.params[at], site, this: None });
                            if let Some(to) = result_of(at) {
                                self.graph.use_at(var, Use::Load { key, to, site, this: None });
                            }
                        }
                    }
                    if let Some(rest) = variables.named_rest {
                        self.graph.use_at(var, Use::Copy { to: rest });
                    }
                }
                (Spread::No, Some(name)) => {
                    let at = params.iter().position(|param| param.name.is_some_and(|own| facts.text(own) == self.text_of(name)));
                    match at.filter(|&at| !matches!(params[at].kind, ParamKind::Rest | ParamKind::KeywordRest)) {
                        Some(at) => self.give_both(*arg, variables.params[at], result_of(at)),
                        None => {
                            if let Some(rest) = variables.named_rest {
                                let field = self.graph.field(rest, name);
                                self.give(*arg, field);
                            }
                        }
                    }
                }
                (Spread::No, None) => {
                    match positional.get(next) {
                        Some(&at) if !spread_seen => self.give_both(*arg, variables.params[at], result_of(at)),
                        Some(&at) => {
                            for &later in positional.iter().skip_while(|&&later| later != at) {
                                self.give_both(*arg, variables.params[later], result_of(later));
                            }
                        }
                        None => {
                            if let Some(rest) = variables.rest {
                                let key = self.position((next - positional.len()) as u32);
                                let key = if spread_seen { ELEMENT } else { key };
                                let field = self.graph.field(rest, key);
                                self.give(*arg, field);
                            }
                        }
                    }
                    next += 1;
                }
            }
        }
    }

    fn give_both(&mut self, arg: Arg, param: Var, result: Option<Var>) {
        self.give(arg, param);
        if let (Some(var), Some(result)) = (arg.var, result) {
            self.graph.flow(var, result);
        }
    }

    pub(super) fn give(&mut self, arg: Arg, to: Var) {
        if let Some(constant) = arg.constant {
            let known = self.constants.entry(to).or_default();
            if !known.contains(&constant) && known.len() < 64 {
                known.push(constant);
            }
        }
        if let Some(var) = arg.var {
            self.graph.flow(var, to);
        }
    }

    /// `functools.partial(f, a)` or `f.bind(this, a)` is called: what was given then comes first.
    pub(super) fn call_partial(&mut self, site: SiteId, made: SiteId) {
        // One inner call for each pair of a written call and a place: `f = partial(f, a)` calls itself, with more arguments each time.
        let written = self.written.get(&site).copied().unwrap_or(site);
        let key = self.graph.obj(Thing::Partial(made));
        let Some((function, given)) = self.partials.get(&made).cloned().filter(|_| self.bound.insert((written, key))) else { return };
        let from = &self.sites[site.0 as usize];
        let mut args = given;
        args.extend(from.args.iter().copied());
        let inner = super::Site {
            file: from.file,
            node: from.node,
            caller: from.caller,
            args,
            result: from.result,
            kind: from.kind,
            new: from.new,
        };
        self.sites.push(inner);
        let inner = SiteId(self.sites.len() as u32 - 1);
        self.written.insert(inner, written);
        self.graph.use_at(function, Use::Call { site: inner, this: None });
    }

    /// `resolve(value)`: the promise made at the other site gives the value.
    pub(super) fn resolve(&mut self, site: SiteId, promise: SiteId) {
        self.quiet.insert(site);
        let result = self.sites[promise.0 as usize].result;
        if let Some(var) = self.sites[site.0 as usize].args.first().and_then(|arg| arg.var) {
            self.graph.flow(var, result);
        }
    }

    /// A site for reads of which no call can come.
    pub(super) fn no_site(&mut self) -> SiteId {
        SiteId(0)
    }

    /// Makes the record of a call.
    pub(super) fn site(&mut self, node: NodeId, caller: GlobalDef, args: Vec<Arg>, kind: CallKind, new: bool) -> (SiteId, Var) {
        let result = self.graph.var();
        self.sites.push(super::Site { file: caller.file, node, caller, args, result, kind, new });
        (SiteId(self.sites.len() as u32 - 1), result)
    }
}
