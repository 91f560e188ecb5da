//! Functions and methods of the languages themselves that call, keep or give back what they are given.

use super::graph::{ELEMENT, Obj, SiteId, Sym, Thing, Use, Var};
use super::{Arg, Solver, Spread};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::Name;
use crate::model::program::{CallKind, Value};
use crate::model::role::GlobalDef;
use crate::model::source::Family;

/// Array methods that call their first argument with each element.
const EACH: &[&str] =
    &["map", "forEach", "filter", "flatMap", "some", "every", "find", "findIndex", "findLast", "findLastIndex", "sort", "toSorted"];

fn plain(var: Option<Var>) -> Arg {
    Arg { var, constant: None, name: None, spread: Spread::No }
}

impl<'a> Solver<'_, 'a> {
    /// The value of an argument by position.
    fn at(args: &[Arg], position: usize) -> Option<Var> {
        args.iter().filter(|arg| arg.name.is_none() && arg.spread == Spread::No).nth(position)?.var
    }

    fn named(&self, args: &[Arg], name: &str) -> Option<Var> {
        args.iter().find(|arg| arg.name.is_some_and(|own| self.text_of(own) == name))?.var
    }

    /// A container with these elements.
    fn collected(&mut self, elements: Var) -> Option<Var> {
        let container = self.graph.container();
        let field = self.graph.field(container, ELEMENT);
        self.graph.flow(elements, field);
        let var = self.graph.var();
        self.graph.put(var, container);
        Some(var)
    }

    /// `function` is called at `node` with these arguments; gives its result.
    fn callback(&mut self, node: NodeId, function: Var, args: Vec<Arg>) -> Var {
        let (site, result) = self.site(node, self.scope, args, CallKind::Passed, false);
        self.graph.use_at(function, Use::Call { site, this: None });
        result
    }

    /// Elements of all these arguments.
    fn elements(&mut self, node: NodeId, vars: &[Option<Var>]) -> Var {
        let element = self.graph.var();
        for var in vars.iter().flatten() {
            self.iterate_var(node, *var, element);
        }
        element
    }

    /// Calls of functions outside the project that are understood. `Some(result)` when nothing else needs to be done.
    pub(super) fn native_call(&mut self, node: NodeId, callee: NodeId, receiver: Option<Var>, args: &[Arg]) -> Option<Option<Var>> {
        let known = self.linker.node_values[self.file.index()][callee.index()];
        let path = match self.linker.get(known) {
            Value::Api { api, .. } => self.linker.apis.path(api).to_string(),
            _ => String::new(),
        };
        if self.python() { self.python_native(node, &path, args) } else { self.javascript_native(node, callee, &path, receiver, args) }
    }

    fn python_native(&mut self, node: NodeId, path: &str, args: &[Arg]) -> Option<Option<Var>> {
        let name = path.strip_prefix("builtins.").unwrap_or(path);
        let positional: Vec<Option<Var>> = args.iter().filter(|arg| arg.name.is_none()).map(|arg| arg.var).collect();
        Some(match name {
            "map" | "filter" | "functools.reduce" | "itertools.starmap" | "itertools.takewhile" | "itertools.dropwhile" => {
                let element = self.elements(node, &positional);
                let mut results = self.graph.var();
                for function in positional.iter().flatten() {
                    let arity = if name == "functools.reduce" { 2 } else { positional.len().saturating_sub(1).max(1) };
                    let given = vec![plain(Some(element)); arity];
                    let result = self.callback(node, *function, given);
                    if name == "map" || name == "itertools.starmap" {
                        self.graph.flow(result, results);
                    }
                }
                if !matches!(name, "map" | "itertools.starmap") {
                    results = element;
                }
                self.collected(results)
            }
            "sorted" | "min" | "max" => {
                let element = self.elements(node, &positional);
                if let Some(function) = self.named(args, "key") {
                    self.callback(node, function, vec![plain(Some(element))]);
                }
                if name == "sorted" { self.collected(element) } else { Some(element) }
            }
            "list" | "tuple" | "set" | "frozenset" | "reversed" | "iter" | "itertools.chain" | "asyncio.gather" => {
                let element = self.elements(node, &positional);
                self.collected(element)
            }
            "enumerate" | "zip" => {
                let pair = self.graph.container();
                for (at, var) in positional.iter().enumerate() {
                    let key = self.position(at as u32 + u32::from(name == "enumerate"));
                    if let Some(var) = var {
                        let field = self.graph.field(pair, key);
                        self.iterate_var(node, *var, field);
                    }
                }
                let pairs = self.graph.var();
                self.graph.put(pairs, pair);
                self.collected(pairs)
            }
            "dict" => {
                let container = self.graph.container();
                for arg in args {
                    match (arg.name, arg.var) {
                        (Some(name), Some(var)) => {
                            let field = self.graph.field(container, name);
                            self.graph.flow(var, field);
                        }
                        (None, Some(var)) => self.graph.use_at(var, Use::Copy { to: container }),
                        _ => {}
                    }
                }
                let var = self.graph.var();
                self.graph.put(var, container);
                Some(var)
            }
            "next" | "anext" => {
                let to = self.graph.var();
                if let Some(Some(var)) = positional.first() {
                    let (site, _) = self.site(node, self.scope, Vec::new(), CallKind::Implicit, false);
                    self.graph.use_at(*var, Use::Next { to, site });
                }
                Some(to)
            }
            "getattr" => {
                let to = self.graph.var();
                if let (Some(Some(object)), Some(key)) = (positional.first(), args.get(1).and_then(|arg| arg.constant)) {
                    let (site, _) = self.site(node, self.scope, Vec::new(), CallKind::Implicit, false);
                    self.graph.use_at(*object, Use::Load { key, to, site, this: None });
                }
                if let Some(Some(default)) = positional.get(2) {
                    self.graph.flow(*default, to);
                }
                Some(to)
            }
            "setattr" => {
                if let (Some(Some(object)), Some(key), Some(Some(from))) =
                    (positional.first(), args.get(1).and_then(|arg| arg.constant), positional.get(2))
                {
                    self.graph.use_at(*object, Use::Store { key, from: *from });
                }
                None
            }
            "type" if positional.len() == 1 => {
                let to = self.graph.var();
                if let Some(Some(var)) = positional.first() {
                    self.graph.use_at(*var, Use::ClassOf { to });
                }
                Some(to)
            }
            "functools.partial" | "functools.partialmethod" => {
                let function = positional.first().copied().flatten()?;
                self.partial(node, function, args.get(1..).unwrap_or_default().to_vec())
            }
            "typing.cast" => positional.get(1).copied().flatten(),
            "copy.copy" | "copy.deepcopy" => positional.first().copied().flatten(),
            "property" => {
                // `x = property(get)`: reads call it, but where they stand is not followed.
                None
            }
            _ => return None,
        })
    }

    /// A function with its first arguments, to be called later.
    fn partial(&mut self, node: NodeId, function: Var, given: Vec<Arg>) -> Option<Var> {
        let (site, result) = self.site(node, self.scope, Vec::new(), CallKind::Implicit, false);
        self.partials.insert(site, (function, given));
        self.quiet.insert(site);
        let partial = self.graph.obj(Thing::Partial(site));
        self.graph.put(result, partial);
        Some(result)
    }

    fn javascript_native(&mut self, node: NodeId, callee: NodeId, path: &str, receiver: Option<Var>, args: &[Arg]) -> Option<Option<Var>> {
        let file = self.file;
        let facts = self.facts(file);
        let first = Self::at(args, 0);
        match path {
            "require" | "import" => return None,
            "Object.assign" => {
                let target = first?;
                for source in args.iter().skip(1).filter_map(|arg| arg.var) {
                    let objects = source;
                    self.graph.use_at(target, Use::CopyFrom { objects });
                }
                return Some(Some(target));
            }
            "Object.create" => {
                let made = self.graph.container();
                let key = self.symbol("__proto__");
                let field = self.graph.field(made, key);
                if let Some(first) = first {
                    self.graph.flow(first, field);
                }
                let var = self.graph.var();
                self.graph.put(var, made);
                return Some(Some(var));
            }
            "Object.values" | "Array.from" | "Promise.all" | "Promise.allSettled" | "Object.freeze" => {
                if path == "Object.freeze" {
                    return Some(first);
                }
                let element = self.elements(node, &[first]);
                if let (Some(function), "Array.from") = (Self::at(args, 1), path) {
                    let result = self.callback(node, function, vec![plain(Some(element))]);
                    return Some(self.collected(result));
                }
                return Some(self.collected(element));
            }
            "Promise.resolve" | "Object" => return Some(first),
            "Object.entries" => {
                let element = self.elements(node, &[first]);
                let pair = self.graph.container();
                let one = self.position(1);
                let field = self.graph.field(pair, one);
                self.graph.flow(element, field);
                let pairs = self.graph.var();
                self.graph.put(pairs, pair);
                return Some(self.collected(pairs));
            }
            "Promise" => {
                let (site, result) = self.site(node, self.scope, Vec::new(), CallKind::Implicit, false);
                let resolve = self.graph.var();
                let obj = self.graph.obj(Thing::Resolve(site));
                self.graph.put(resolve, obj);
                if let Some(executor) = first {
                    self.callback(node, executor, vec![plain(Some(resolve)), plain(None)]);
                }
                return Some(Some(result));
            }
            "Map" | "Set" | "WeakMap" | "WeakSet" | "Array" => {
                let container = self.graph.container();
                if let Some(first) = first {
                    let field = self.graph.field(container, ELEMENT);
                    self.iterate_var(node, first, field);
                }
                let var = self.graph.var();
                self.graph.put(var, container);
                return Some(Some(var));
            }
            "setTimeout" | "setImmediate" | "setInterval" | "queueMicrotask" | "process.nextTick" => {
                if let Some(function) = first {
                    let given = args.iter().skip(2).copied().collect();
                    self.callback(node, function, given);
                }
                return Some(None);
            }
            "Reflect.apply" => {
                if let Some(function) = first {
                    let given = args.get(2).map(|arg| Arg { spread: Spread::Items, ..*arg }).into_iter().collect();
                    return Some(Some(self.callback(node, function, given)));
                }
            }
            "Reflect.construct" => {
                if let Some(function) = first {
                    let given = args.get(1).map(|arg| Arg { spread: Spread::Items, ..*arg }).into_iter().collect();
                    let (site, result) = self.site(node, self.scope, given, CallKind::Call, true);
                    self.graph.use_at(function, Use::Call { site, this: None });
                    return Some(Some(result));
                }
            }
            "Object.defineProperty" => {
                if let (Some(object), Some(key), Some(described)) = (first, args.get(1).and_then(|arg| arg.constant), Self::at(args, 2)) {
                    let value = self.graph.var();
                    let (word, site) = (self.symbol("value"), self.no_site());
                    self.graph.use_at(described, Use::Load { key: word, to: value, site, this: None });
                    self.graph.use_at(object, Use::Store { key, from: value });
                }
                return Some(first);
            }
            "Object.setPrototypeOf" => {
                let key = self.symbol("__proto__");
                if let (Some(object), Some(from)) = (first, Self::at(args, 1)) {
                    self.graph.use_at(object, Use::Store { key, from });
                }
                return Some(first);
            }
            _ => {}
        }
        let NodeKind::Member { name, .. } = facts.arena.kind(callee) else { return None };
        let method = facts.text(name);
        let receiver = receiver?;
        let function = first;
        match method {
            _ if EACH.contains(&method) => {
                let function = function?;
                let element = self.elements(node, &[Some(receiver)]);
                let array = plain(Some(receiver));
                let given = match method {
                    "sort" | "toSorted" => vec![plain(Some(element)), plain(Some(element))],
                    _ => vec![plain(Some(element)), plain(None), array],
                };
                let result = self.callback(node, function, given);
                self.own_method(node, receiver, name, args);
                Some(match method {
                    "map" => self.collected(result),
                    "flatMap" => {
                        let inner = self.elements(node, &[Some(result)]);
                        self.collected(inner)
                    }
                    "find" | "findLast" => Some(element),
                    "filter" | "sort" | "toSorted" => Some(receiver),
                    _ => None,
                })
            }
            "reduce" | "reduceRight" => {
                let function = function?;
                let element = self.elements(node, &[Some(receiver)]);
                let start = Self::at(args, 1).unwrap_or(element);
                let state = self.graph.var();
                self.graph.flow(start, state);
                let result = self.callback(node, function, vec![plain(Some(state)), plain(Some(element))]);
                self.graph.flow(result, state);
                Some(Some(state))
            }
            "then" | "catch" | "finally" => {
                let result = self.graph.var();
                for (at, arg) in args.iter().enumerate() {
                    let Some(function) = arg.var else { continue };
                    let value = (method == "then" && at == 0).then_some(receiver);
                    let given = self.callback(node, function, vec![plain(value)]);
                    self.graph.flow(given, result);
                }
                if method != "then" {
                    self.graph.flow(receiver, result);
                }
                self.own_method(node, receiver, name, args);
                Some(Some(result))
            }
            _ => None,
        }
    }

    /// The receiver may be of the project and have a method of that name itself.
    fn own_method(&mut self, node: NodeId, receiver: Var, name: Name, args: &[Arg]) {
        let key = self.sym(self.file, name);
        let (site, _) = self.site(node, self.scope, args.to_vec(), CallKind::Call, false);
        self.graph.use_at(receiver, Use::Method { key, site, this: None });
    }

    /// Properties the language itself gives.
    pub(super) fn native_property(&mut self, obj: Obj, key: Sym, to: Var) -> bool {
        match (self.graph.thing(obj), self.text_of(key)) {
            // A class's methods hang on its prototype; here they hang on the class.
            (Thing::Class(class), "prototype") if self.linker.family(class.file) == Family::TypeScript => {
                self.graph.put(to, obj);
                true
            }
            (Thing::Instance(class), "__class__" | "constructor") => {
                let class = self.graph.obj(Thing::Class(class));
                self.graph.put(to, class);
                true
            }
            (Thing::Bound { receiver, .. }, "__self__") => {
                self.graph.put(to, receiver);
                true
            }
            _ => false,
        }
    }

    /// Methods of containers and functions. True when the object can have no other method of that name.
    pub(super) fn native_method(&mut self, obj: Obj, key: Sym, site: SiteId) -> bool {
        let python = self.linker.family(self.sites[site.0 as usize].file) == Family::Python;
        match self.graph.thing(obj) {
            Thing::Function(_) | Thing::Bound { .. } | Thing::Partial(_) if !python => self.function_method(obj, key, site),
            Thing::Container(_) => {
                self.quiet.insert(site);
                self.container_method(obj, key, site, python);
                python
            }
            Thing::Generator(function) if matches!(self.text_of(key), "next" | "return" | "throw" | "send") => {
                self.next_of(function, site, python);
                true
            }
            _ => false,
        }
    }

    /// `generator.next()`: JavaScript wraps what is yielded, and at the end what is returned.
    fn next_of(&mut self, function: GlobalDef, site: SiteId, python: bool) {
        let result = self.sites[site.0 as usize].result;
        let variables = self.function(function);
        if python {
            self.graph.flow(variables.yields, result);
            return;
        }
        let step = self.graph.container();
        let key = self.symbol("value");
        let field = self.graph.field(step, key);
        self.graph.flow(variables.yields, field);
        self.graph.flow(variables.result, field);
        self.graph.put(result, step);
    }

    /// `f.call(this, a)`, `f.apply(this, xs)`, `f.bind(this, a)`.
    fn function_method(&mut self, obj: Obj, key: Sym, site: SiteId) -> bool {
        let text = self.text_of(key);
        if !matches!(text, "call" | "apply" | "bind") {
            return false;
        }
        let args = self.sites[site.0 as usize].args.clone();
        let result = self.sites[site.0 as usize].result;
        if let (Thing::Function(function), Some(this)) = (self.graph.thing(obj), args.first().and_then(|arg| arg.var)) {
            let own = self.function(function).this;
            self.graph.flow(this, own);
        }
        let mut given: Vec<Arg> = args.get(1..).unwrap_or_default().to_vec();
        if text == "apply" {
            given.truncate(1);
            for arg in &mut given {
                arg.spread = Spread::Items;
            }
        }
        if text == "bind" {
            let function = self.graph.var();
            self.graph.put(function, obj);
            // One partial for each place and function.
            let made = self.implied_site(site, result);
            self.partials.insert(made, (function, given));
            self.quiet.insert(made);
            let partial = self.graph.obj(Thing::Partial(made));
            self.graph.put(result, partial);
            return true;
        }
        let inner = self.implied_site(site, result);
        self.sites[inner.0 as usize].args = given;
        self.sites[inner.0 as usize].kind = CallKind::Call;
        self.call(inner, obj, None);
        true
    }

    fn container_method(&mut self, obj: Obj, key: Sym, site: SiteId, python: bool) {
        let args = self.sites[site.0 as usize].args.clone();
        let result = self.sites[site.0 as usize].result;
        let element = self.graph.field(obj, ELEMENT);
        let var = self.graph.var();
        self.graph.put(var, obj);
        let constant = args.first().and_then(|arg| arg.constant);
        match (self.text_of(key), python) {
            ("append" | "add" | "appendleft", true) | ("push" | "unshift" | "add", false) => {
                for arg in &args {
                    self.give(Arg { constant: None, ..*arg }, element);
                }
            }
            ("insert", true) => {
                if let Some(value) = args.get(1).and_then(|arg| arg.var) {
                    self.graph.flow(value, element);
                }
            }
            ("set", false) => {
                if let Some(value) = args.get(1).and_then(|arg| arg.var) {
                    let field = constant.map_or(element, |key| self.graph.field(obj, key));
                    self.graph.flow(value, field);
                }
            }
            ("extend", true) => {
                if let Some(values) = args.first().and_then(|arg| arg.var) {
                    self.graph.use_at(values, Use::Iterate { to: element, site });
                }
            }
            ("update", true) => {
                for arg in &args {
                    match (arg.name, arg.var) {
                        (Some(name), Some(var)) => {
                            let field = self.graph.field(obj, name);
                            self.graph.flow(var, field);
                        }
                        (None, Some(var)) => self.graph.use_at(var, Use::Copy { to: obj }),
                        _ => {}
                    }
                }
            }
            ("get" | "pop" | "setdefault" | "popleft", true) | ("get" | "pop" | "shift" | "at", false) => {
                match constant {
                    Some(key) => {
                        let no_site = self.no_site();
                        self.graph.use_at(var, Use::Load { key, to: result, site: no_site, this: None });
                        self.graph.flow(element, result);
                    }
                    None => self.graph.use_at(var, Use::LoadAny { to: result }),
                }
                if let (Some(default), true) = (args.get(1).and_then(|arg| arg.var), python) {
                    self.graph.flow(default, result);
                    if self.text_of(key) == "setdefault" {
                        self.graph.flow(default, element);
                    }
                }
            }
            ("values", _) => {
                let any = self.graph.var();
                self.graph.use_at(var, Use::LoadAny { to: any });
                if let Some(all) = self.collected(any) {
                    self.graph.flow(all, result);
                }
            }
            ("items", true) | ("entries", false) => {
                let pair = self.graph.container();
                let one = self.position(1);
                let field = self.graph.field(pair, one);
                self.graph.use_at(var, Use::LoadAny { to: field });
                let pairs = self.graph.var();
                self.graph.put(pairs, pair);
                if let Some(all) = self.collected(pairs) {
                    self.graph.flow(all, result);
                }
            }
            ("copy", true) | ("slice" | "concat" | "reverse", false) => self.graph.put(result, obj),
            ("sort", true) => {
                if let Some(function) = self.named(&args, "key") {
                    let inner = self.implied_site(site, result);
                    let any = self.graph.var();
                    self.graph.use_at(var, Use::LoadAny { to: any });
                    self.sites[inner.0 as usize].args = vec![plain(Some(any))];
                    self.sites[inner.0 as usize].kind = CallKind::Passed;
                    self.sites[inner.0 as usize].result = self.graph.var();
                    self.graph.use_at(function, Use::Call { site: inner, this: None });
                }
            }
            _ => {}
        }
    }
}
