//! Calls: what they give. The edges they make are in `call_edges.rs`.

use super::evaluate::{Linker, Registration};
use super::modules::Target;
use super::scopes::is_class_like;
use super::tables::UNKNOWN;
use crate::model::body::{CallForm, List, NodeId, NodeKind};
use crate::model::facts::{DefKind, ParamKind};
use crate::model::knowledge::{ApiFact, ArgumentRef, Gives, Subject};
use crate::model::program::{ApiId, Value, ValueId};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};

/// Functions that give back the collection they are given.
const SAME_COLLECTION: &[&str] = &[
    "builtins.list",
    "builtins.sorted",
    "builtins.set",
    "builtins.tuple",
    "builtins.reversed",
    "builtins.iter",
    "builtins.frozenset",
    "Array.from",
    "Promise.all",
    "Promise.allSettled",
    "asyncio.gather",
    "Object.values",
];

/// Methods of a collection that give a collection of the same elements.
const KEEPS_ELEMENTS: &[&str] = &[
    "filter",
    "slice",
    "sort",
    "sorted",
    "reverse",
    "concat",
    "copy",
    "iter",
    "into_iter",
    "iter_mut",
    "values",
    "skip",
    "take",
    "rev",
    "to_vec",
    "clone",
    "collect",
    "cloned",
    "copied",
    "chunks",
    "dedup",
    "drain",
    "splice",
    "union",
    "difference",
    "intersection",
    "peekable",
    "fuse",
    "step_by",
    "chain",
    "unwrap",
    "expect",
    "unwrap_or_default",
    "as_slice",
    "toSorted",
    "toReversed",
    "skip_while",
    "take_while",
    "inspect",
    "enumerate_values",
];

/// Methods of a collection that give one element.
const GIVES_ELEMENT: &[&str] = &[
    "find",
    "pop",
    "at",
    "first",
    "last",
    "shift",
    "next",
    "get",
    "max_by_key",
    "min_by_key",
    "nth",
    "findLast",
    "popleft",
    "setdefault",
    "remove",
];

/// Methods of a collection that call their function argument with each element.
const EACH_ELEMENT: &[&str] = &[
    "map",
    "forEach",
    "filter",
    "flatMap",
    "some",
    "every",
    "find",
    "findIndex",
    "findLast",
    "for_each",
    "filter_map",
    "flat_map",
    "any",
    "all",
    "then",
    "sort_by_key",
    "partition",
    "position",
    "for_each_concurrent",
    "try_for_each",
    "retain",
    "inspect",
    "group_by",
    "sort_by",
    "take_while",
    "skip_while",
    "map_while",
    "find_map",
];

/// Methods of `Option`, `Result` and friends, and builders' `clone`, that leave the value as it is.
const SAME_VALUE: &[&str] = &[
    "unwrap",
    "expect",
    "clone",
    "as_ref",
    "as_mut",
    "unwrap_or_default",
    "unwrap_or_else",
    "unwrap_or",
    "ok_or",
    "ok_or_else",
    "map_err",
    "ok",
    "cloned",
    "to_owned",
    "as_deref",
    "as_deref_mut",
    "borrow",
    "borrow_mut",
    "lock",
    "read",
    "write",
    "into_inner",
    "inner",
    "get_ref",
    "deref",
    "context",
    "with_context",
    "copied",
    "take",
    "or_else",
    "filter",
    "into",
    "iter",
    "then",
    "catch",
    "finally",
    "boxed",
    "await_holding",
];

impl<'a> Linker<'a> {
    pub(super) fn eval_call(&mut self, node: NodeId, callee: NodeId, args: List, form: CallForm) -> ValueId {
        let file = self.here().file;
        let facts = &self.facts[file.index()];
        let arena = &facts.arena;
        let mut callee_value = match form {
            CallForm::Macro => self.macro_value(callee),
            _ => {
                self.current_callee = Some(match arena.kind(callee) {
                    NodeKind::Apply { base, .. } => base,
                    _ => callee,
                });
                self.eval(callee)
            }
        };
        if let Some(module) = self.required_module(file, callee, args) {
            return module;
        }
        let receiver = match arena.kind(callee) {
            NodeKind::Member { object, .. } => Some(object),
            NodeKind::Apply { base, .. } => match arena.kind(base) {
                NodeKind::Member { object, .. } => Some(object),
                _ => None,
            },
            _ => None,
        };
        let receiver_value = receiver.map_or(UNKNOWN, |object| self.node_values[file.index()][object.index()]);
        let method = match arena.kind(callee) {
            NodeKind::Member { name, path: false, .. } => facts.text(name),
            _ => "",
        };
        // `query.load::<User>(conn)` is `query.load(conn)`.
        let applied = match arena.kind(callee) {
            NodeKind::Apply { base, .. } => base,
            _ => callee,
        };
        if let NodeKind::Member { name, path, .. } = arena.kind(applied)
            && let Some(extension) = self.extension(file, callee_value, receiver_value, facts.text(name), path)
        {
            let extension = self.of_type_argument(extension, callee);
            callee_value = extension;
            self.node_values[file.index()][applied.index()] = extension;
            self.node_values[file.index()][callee.index()] = extension;
        }
        let arg_nodes: Vec<NodeId> = arena.list(args).collect();
        self.hint_closures(file, callee_value, receiver_value, method, &arg_nodes);
        let mut arg_values = Vec::with_capacity(arg_nodes.len());
        for &arg in &arg_nodes {
            let value = self.eval(arg);
            arg_values.push(self.rust_callable(file, arg, value));
        }
        callee_value = self.rust_callable(file, callee, callee_value);
        if self.family(file) == Family::Rust {
            let narrowed = self.narrowed(callee_value, method.is_empty(), &arg_values);
            if narrowed != Some(callee_value) {
                self.node_values[file.index()][callee.index()] = narrowed.unwrap_or(UNKNOWN);
                if let NodeKind::Apply { base, .. } = arena.kind(callee) {
                    self.node_values[file.index()][base.index()] = narrowed.unwrap_or(UNKNOWN);
                }
                callee_value = narrowed.unwrap_or(callee_value);
            }
        }
        if let Value::Api { api, .. } = self.get(callee_value)
            && self.apis.facts(api).any(|(fact, _)| matches!(fact, ApiFact::Route(route) if route.handlers.is_some()))
        {
            self.registrations.push(Registration { file, call: node });
            self.hint_handlers(api, &arg_values);
            self.hint_listed(api, file, &arg_nodes);
        }
        if let Value::Api { api, .. } = self.get(callee_value)
            && let Some(decorator) = self.decorator_called(file, api)
        {
            self.registrations.push(Registration { file, call: node });
            self.hint_handlers(decorator, &arg_values);
        }
        if let Value::Api { api, .. } = self.get(callee_value) {
            self.hint_callbacks(api, &arg_values);
        }
        if let Some(result) = self.collection_call(receiver_value, method, &arg_values) {
            return result;
        }
        match self.get(callee_value) {
            Value::Def(function) => self.call_def(function, None, UNKNOWN, &arg_nodes, &arg_values, callee),
            Value::Method { method, receiver } => {
                let argument = match self.get(receiver_value) {
                    Value::Instance { argument, .. } if argument != UNKNOWN => argument,
                    _ => self.inherited_argument(receiver),
                };
                self.call_def(method, Some(receiver), argument, &arg_nodes, &arg_values, callee)
            }
            // `pool.get().await.unwrap()` is what `get` gave.
            Value::Api { api, .. } if self.family(file) == Family::Rust && SAME_VALUE.contains(&method) && !self.apis.is_known(api) => {
                receiver_value
            }
            Value::Api { api, subject, guessed } => {
                let held = self.held_under(api, &arg_nodes);
                if held != UNKNOWN {
                    return held;
                }
                self.call_api(node, api, subject, guessed, receiver_value, callee, &arg_nodes, &arg_values)
            }
            Value::Instance { class, argument } => match self.find_member(class, "__call__") {
                Some(method) => self.return_value(method, Some(class), argument),
                // Tuple structs and enum variants are called by name.
                None if self.family(file) == Family::Rust => callee_value,
                None => UNKNOWN,
            },
            Value::Unknown if SAME_VALUE.contains(&method) => receiver_value,
            Value::Unknown if method == "build" => self.built(file, node),
            _ => UNKNOWN,
        }
    }

    /// `require('./x')`, `import('./x')`: the module.
    fn required_module(&mut self, file: FileId, callee: NodeId, args: List) -> Option<ValueId> {
        let facts = &self.facts[file.index()];
        if facts.language.family() != Family::TypeScript {
            return None;
        }
        let NodeKind::Name(name) = facts.arena.kind(callee) else { return None };
        let name = facts.text(name);
        if !matches!(name, "require" | "import") {
            return None;
        }
        let specifier = facts.arena.list(args).next().and_then(|arg| facts.string(arg))?;
        let target: Target = self.modules.typescript.resolve(file, specifier).into();
        Some(match target {
            Target::Module(module) if name == "require" => self.common_js_value(module),
            other => self.target_value(other),
        })
    }

    /// The module of the project that `require('./x')` or `import('./x')` loads.
    pub(super) fn loaded_module(&self, file: FileId, callee: NodeId, args: &[NodeId]) -> Option<GlobalDef> {
        let facts = &self.facts[file.index()];
        let NodeKind::Name(name) = facts.arena.kind(callee) else { return None };
        if facts.language.family() != Family::TypeScript || !matches!(facts.text(name), "require" | "import") {
            return None;
        }
        let specifier = facts.string(*args.first()?)?;
        match self.modules.typescript.resolve(file, specifier).into() {
            Target::Module(module) => Some(module),
            _ => None,
        }
    }

    /// `load::<User>` is about users.
    fn of_type_argument(&mut self, method: ValueId, callee: NodeId) -> ValueId {
        let facts = &self.facts[self.here().file.index()];
        let (NodeKind::Apply { args, .. }, Value::Api { api, subject: None, guessed }) = (facts.arena.kind(callee), self.get(method))
        else {
            return method;
        };
        let subject = facts.arena.list(args).find_map(|argument| self.class_of_type(argument));
        if subject.is_some() { self.value(Value::Api { api, subject, guessed }) } else { method }
    }

    /// A method that an imported extension trait brings to a receiver of which nothing better is known, or a function that a macro makes for a
    /// type of the project, which is then what the call is about.
    fn extension(&mut self, file: FileId, callee: ValueId, receiver: ValueId, method: &str, is_path: bool) -> Option<ValueId> {
        let extensions = &self.extensions_of[file.index()];
        if extensions.is_empty() {
            return None;
        }
        match self.get(callee) {
            Value::Unknown => {}
            Value::Api { api, .. } if !self.apis.is_known(api) => {}
            _ => return None,
        }
        let knowledge = self.knowledge;
        let found = extensions
            .iter()
            .map(|&at| &knowledge.extensions[at as usize])
            .filter(|extension| extension.on_types == is_path)
            .find(|extension| {
                extension.methods.iter().any(|own| own == method || own.strip_suffix('*').is_some_and(|start| method.starts_with(start)))
            })?;
        let subject = match self.get(receiver) {
            Value::Def(class) if is_path && matches!(self.facts[class.file.index()].def(class.def).kind, DefKind::Struct) => Some(class),
            Value::Instance { class, .. } if is_path => Some(class),
            _ if is_path => return None,
            Value::Api { subject, .. } => subject,
            Value::Collection(_) | Value::Mapping(_) => return None,
            _ => None,
        };
        let owner = self.apis.intern(&found.api);
        let api = self.apis.step_name(owner, method);
        Some(self.value(Value::Api { api, subject, guessed: true }))
    }

    /// `println!` is the path `println!`; `sqlx::query!` is `sqlx.query!`.
    fn macro_value(&mut self, callee: NodeId) -> ValueId {
        let here = self.here();
        let facts = &self.facts[here.file.index()];
        let value = match facts.arena.kind(callee) {
            NodeKind::Name(name) => {
                let text = facts.text(name);
                let found = self.lookup_static(here, text, false);
                match self.get(found) {
                    Value::Api { .. } => found,
                    Value::Def(def) if self.facts[def.file.index()].def(def.def).kind == DefKind::Macro => UNKNOWN,
                    _ => self.api(text),
                }
            }
            _ => self.eval(callee),
        };
        match self.get(value) {
            Value::Api { api, subject, guessed } => {
                let api = self.apis.step(api, "!");
                let value = self.value(Value::Api { api, subject, guessed });
                self.node_values[here.file.index()][callee.index()] = value;
                value
            }
            _ => UNKNOWN,
        }
    }

    /// Tells function arguments what they will be called with, before they are walked.
    fn hint_closures(&mut self, file: FileId, callee: ValueId, receiver: ValueId, method: &str, args: &[NodeId]) {
        let arena = &self.facts[file.index()].arena;
        let closures: Vec<GlobalDef> = args
            .iter()
            .filter_map(|&arg| match arena.kind(arg) {
                NodeKind::Closure(def) => Some(GlobalDef { file, def }),
                _ => None,
            })
            .collect();
        if closures.is_empty() {
            return;
        }
        let mut hints: Vec<ValueId> = Vec::new();
        match self.get(callee) {
            Value::Api { api, .. } => {
                let facts: Vec<ApiFact> = self.apis.facts(api).map(|(fact, _)| fact.clone()).collect();
                for fact in facts {
                    match fact {
                        ApiFact::Route(route) => {
                            let params: Vec<ValueId> = route.params.iter().map(|path| self.api(path)).collect();
                            hints = params;
                        }
                        ApiFact::CallbackParams(paths) => hints = paths.iter().map(|path| self.api(path)).collect(),
                        ApiFact::CallsArgument | ApiFact::Transaction if hints.is_empty() => hints = vec![receiver],
                        ApiFact::Iterates if hints.is_empty() => {
                            let element = self.element(receiver);
                            hints = vec![element];
                        }
                        _ => {}
                    }
                }
            }
            _ if EACH_ELEMENT.contains(&method) => {
                let element = match self.get(receiver) {
                    Value::Collection(_) | Value::Mapping(_) => self.element(receiver),
                    _ => receiver,
                };
                hints = vec![element];
            }
            Value::Unknown if matches!(method, "reduce" | "fold" | "try_fold") => {
                let element = self.element(receiver);
                hints = vec![UNKNOWN, element];
            }
            Value::Unknown if matches!(method, "and_then" | "map_or" | "map_or_else" | "unwrap_or_else" | "is_some_and" | "inspect") => {
                hints = vec![receiver]
            }
            _ => {}
        }
        for closure in closures {
            for (at, &hint) in hints.iter().enumerate() {
                self.hint(closure, at, hint);
            }
        }
    }

    /// Tells functions given by name what a library will call them with: `app.register(users)`.
    fn hint_callbacks(&mut self, api: ApiId, args: &[ValueId]) {
        let Some(paths) = self.apis.facts(api).find_map(|(fact, _)| match fact {
            ApiFact::CallbackParams(paths) => Some(paths),
            _ => None,
        }) else {
            return;
        };
        let hints: Vec<ValueId> = paths.iter().map(|path| self.api(path)).collect();
        for &arg in args {
            let Value::Def(function) = self.get(arg) else { continue };
            if !is_callable(self.facts[function.file.index()].def(function.def).kind) {
                continue;
            }
            for (at, &hint) in hints.iter().enumerate() {
                self.hint(function, at, hint);
            }
        }
    }

    /// Methods of collections, whose elements stay known.
    fn collection_call(&mut self, receiver: ValueId, method: &str, args: &[ValueId]) -> Option<ValueId> {
        let element = match self.get(receiver) {
            Value::Collection(element) | Value::Mapping(element) => element,
            _ => return None,
        };
        if KEEPS_ELEMENTS.contains(&method) {
            return Some(self.value(Value::Collection(element)));
        }
        if GIVES_ELEMENT.contains(&method) {
            return Some(element);
        }
        if matches!(method, "map" | "flatMap" | "filter_map" | "flat_map" | "and_then") {
            let result = match args.first().map(|&arg| self.get(arg)) {
                Some(Value::Def(function)) => self.return_value(function, None, UNKNOWN),
                _ => UNKNOWN,
            };
            let result = if matches!(method, "flatMap" | "flat_map") { self.element_or_self(result) } else { result };
            return Some(self.value(Value::Collection(result)));
        }
        Some(UNKNOWN)
    }

    fn element_or_self(&mut self, value: ValueId) -> ValueId {
        match self.get(value) {
            Value::Collection(element) => element,
            _ => value,
        }
    }

    /// Calling a project function or class.
    fn call_def(
        &mut self,
        def: GlobalDef,
        receiver: Option<GlobalDef>,
        argument: ValueId,
        nodes: &[NodeId],
        values: &[ValueId],
        callee: NodeId,
    ) -> ValueId {
        let kind = self.facts[def.file.index()].def(def.def).kind;
        if is_class_like(kind) {
            let argument = self.explicit_argument(callee);
            if let Some(constructor) = self.constructor(def) {
                self.hint_arguments(constructor, nodes, values);
            }
            return self.value(Value::Instance { class: def, argument });
        }
        if !matches!(kind, DefKind::Function | DefKind::Method) {
            return UNKNOWN;
        }
        self.hint_arguments(def, nodes, values);
        let mut result = self.result_by_type_variable(def, values);
        if result == UNKNOWN {
            result = self.return_value(def, receiver, argument);
        }
        // `wrap(async (req, res) => …)` that gives back a closure of its own stands for the function it wraps.
        let gives_closure = match self.get(result) {
            Value::Def(inner) => inner.file == def.file && self.facts[inner.file.index()].def(inner.def).parent == def.def,
            _ => false,
        };
        if gives_closure && let Some(&wrapped) = values.iter().find(|&&value| self.is_function(value)) {
            return wrapped;
        }
        result
    }

    /// The type argument a class gives to a generic base: `class Users(Repository[User])`.
    fn inherited_argument(&mut self, class: GlobalDef) -> ValueId {
        for base in self.hierarchy(class) {
            let argument = self.class_info(base).argument;
            if argument != UNKNOWN {
                return argument;
            }
        }
        UNKNOWN
    }

    pub(super) fn is_function(&self, value: ValueId) -> bool {
        match self.get(value) {
            Value::Def(def) => matches!(self.facts[def.file.index()].def(def.def).kind, DefKind::Function | DefKind::Method),
            Value::Method { .. } => true,
            _ => false,
        }
    }

    /// The type argument written at a construction: `new Repo<User>()`.
    fn explicit_argument(&mut self, callee: NodeId) -> ValueId {
        let file = self.here().file;
        let arena = &self.facts[file.index()].arena;
        match arena.kind(callee) {
            NodeKind::Apply { args, .. } => match arena.list(args).next() {
                Some(first) => self.type_value(first),
                None => UNKNOWN,
            },
            _ => UNKNOWN,
        }
    }

    /// The function that runs when a class is constructed, own or inherited.
    pub(super) fn constructor(&mut self, class: GlobalDef) -> Option<GlobalDef> {
        match self.family(class.file) {
            Family::Python => self.find_member(class, "__init__"),
            Family::TypeScript => self.find_member(class, "constructor"),
            Family::Rust => None,
        }
        .filter(|member| self.facts[member.file.index()].def(member.def).kind == DefKind::Method)
    }

    /// Lets unannotated parameters learn from this call.
    fn hint_arguments(&mut self, function: GlobalDef, nodes: &[NodeId], values: &[ValueId]) {
        let here = self.here();
        let arena = &self.facts[here.file.index()].arena;
        let facts = &self.facts[function.file.index()];
        let params = &facts.def(function.def).params;
        if params.iter().all(|param| param.annotation.is_some() || param.kind != ParamKind::Normal) {
            return;
        }
        for (at, (&node, &value)) in nodes.iter().zip(values).enumerate() {
            match arena.kind(node) {
                NodeKind::Spread { .. } => return,
                NodeKind::Argument { name, .. } => {
                    let name = self.facts[here.file.index()].text(name);
                    let position = params
                        .iter()
                        .filter(|param| param.kind != ParamKind::Receiver)
                        .position(|param| param.name.is_some_and(|own| facts.text(own) == name));
                    if let Some(position) = position {
                        self.hint(function, position, value);
                    }
                }
                _ => self.hint(function, at, value),
            }
        }
    }

    /// What calling a function gives: its declared return type, else what its body returns.
    pub(super) fn return_value(&mut self, function: GlobalDef, receiver: Option<GlobalDef>, argument: ValueId) -> ValueId {
        let facts = &self.facts[function.file.index()];
        let def = facts.def(function.def);
        if let Some(annotation) = def.annotation {
            // `Self` and type variables are what the receiver is.
            if let NodeKind::Name(name) = facts.arena.kind(annotation)
                && facts.text(name) == "Self"
                && let Some(class) = receiver
            {
                return self.value(Value::Instance { class, argument });
            }
            // `-> T` of a generic repository is what the receiver is a repository of.
            if argument != UNKNOWN && self.names_type_variable(function, annotation) {
                return argument;
            }
            let known = self.node_values[function.file.index()][annotation.index()];
            let declared = if known != UNKNOWN { known } else { self.within(function, |linker| linker.type_value(annotation)) };
            let is_builtin = match self.get(declared) {
                Value::Api { api, .. } => matches!(self.apis.path(api), "builtins.object()" | "Any()" | "typing.Any()"),
                _ => false,
            };
            if declared != UNKNOWN && !is_builtin {
                return declared;
            }
            if argument != UNKNOWN && self.names_type_variable(function, annotation) {
                return argument;
            }
            if let NodeKind::Apply { args, .. } = facts.arena.kind(annotation)
                && let Some(inner) = facts.arena.list(args).next()
                && argument != UNKNOWN
                && self.names_type_variable(function, inner)
            {
                return argument;
            }
        }
        self.run(function)
    }

    /// `remember<T>(name: string, make: () => T): T` gives what the function it is given gives; `keep<T>(value: T): T` gives the value.
    fn result_by_type_variable(&mut self, function: GlobalDef, values: &[ValueId]) -> ValueId {
        let facts = &self.facts[function.file.index()];
        let def = facts.def(function.def);
        if facts.language.family() != Family::TypeScript {
            return UNKNOWN;
        }
        let Some(annotation) = def.annotation else { return UNKNOWN };
        let result = match facts.arena.kind(annotation) {
            // `Promise<T>`
            NodeKind::Apply { args, .. } if facts.arena.list(args).len() == 1 => facts.arena.list(args).next().unwrap_or(annotation),
            _ => annotation,
        };
        let NodeKind::Name(variable) = facts.arena.kind(result) else { return UNKNOWN };
        if !self.names_type_variable(function, result) {
            return UNKNOWN;
        }
        for (param, &value) in def.params.iter().filter(|param| param.kind != ParamKind::Receiver).zip(values) {
            let Some(annotation) = param.annotation else { continue };
            match facts.arena.kind(annotation) {
                NodeKind::Name(name) if name == variable => return value,
                // A function's type keeps the types of its parameters and, last, of its result.
                NodeKind::Other(parts) => {
                    let result = facts.arena.list(parts).last();
                    let gives = result.is_some_and(|result| {
                        let mut found = false;
                        facts.arena.walk(result, |node| found |= facts.arena.kind(node) == NodeKind::Name(variable));
                        found
                    });
                    if let (true, Value::Def(given)) = (gives, self.get(value))
                        && self.is_function(value)
                    {
                        return self.return_value(given, None, UNKNOWN);
                    }
                }
                _ => {}
            }
        }
        UNKNOWN
    }

    /// True when an annotation names a type variable (`T`, `ModelType`, bound nowhere to a class).
    fn names_type_variable(&mut self, function: GlobalDef, node: NodeId) -> bool {
        let facts = &self.facts[function.file.index()];
        match facts.arena.kind(node) {
            NodeKind::Name(name) => {
                let text = facts.text(name);
                let owner = facts.def(function.def).parent;
                if facts.def(owner).type_params.iter().any(|param| param.name == Some(name)) {
                    return true;
                }
                let value = self.lookup_static(function, text, true);
                match self.get(value) {
                    Value::Api { api, .. } => {
                        let path = self.apis.path(api);
                        path.ends_with("TypeVar()") || path == text
                    }
                    Value::Unknown => true,
                    _ => false,
                }
            }
            NodeKind::Union(parts) => {
                let parts: Vec<NodeId> = facts.arena.list(parts).collect();
                parts.into_iter().any(|part| self.names_type_variable(function, part))
            }
            _ => false,
        }
    }

    /// Calling something outside the project.
    #[expect(clippy::too_many_arguments, reason = "the pieces of one call, each needed once")]
    fn call_api(
        &mut self,
        node: NodeId,
        api: ApiId,
        subject: Option<GlobalDef>,
        guessed: bool,
        receiver: ValueId,
        callee: NodeId,
        nodes: &[NodeId],
        values: &[ValueId],
    ) -> ValueId {
        let here = self.here();
        let path = self.apis.path(api);
        if SAME_COLLECTION.contains(&path) {
            return self.same_collection(values);
        }
        if let Some(builtin) = path.strip_prefix("builtins.") {
            return match builtin {
                "super" | "getattr" => UNKNOWN,
                _ => {
                    let api = self.apis.step(api, "()");
                    self.value(Value::Api { api, subject: None, guessed: false })
                }
            };
        }
        let subject = match self.callee_subject(callee) {
            Some(class) => Some(class),
            None => subject,
        };
        let facts: Vec<ApiFact> = self.apis.facts(api).map(|(fact, _)| fact.clone()).collect();
        for fact in &facts {
            if let ApiFact::Gives { gives, subject: from } = fact {
                let subject = self.subject(from, subject, nodes, values);
                return self.gives(here, node, *gives, subject, receiver, api, guessed, values);
            }
        }
        if let Some(ApiFact::Query(query)) = facts.iter().find(|fact| matches!(fact, ApiFact::Query(_))) {
            let from = query.subject.clone();
            let subject = self.subject(&from, subject, nodes, values);
            let api = self.apis.step(api, "()");
            return self.value(Value::Api { api, subject, guessed });
        }
        // `debounce(fn)`, `asyncHandler(fn)`: a plain function of a package that takes one function stands for that function.
        // A class (`new Promise(f)`) does not.
        let path = self.apis.path(api);
        let is_class = path.rsplit(['.', '/']).next().is_some_and(|name| name.starts_with(|c: char| c.is_ascii_uppercase()));
        if facts.is_empty() && !path.contains("()") && !is_class {
            let functions: Vec<ValueId> = values.iter().copied().filter(|&value| self.is_function(value)).collect();
            if functions.len() == 1 && values.len() <= 2 {
                return functions[0];
            }
        }
        let result = self.associated(api, callee).unwrap_or(api);
        let result = self.apis.step(result, "()");
        self.value(Value::Api { api: result, subject, guessed })
    }

    /// Rust: `Type::function(…)` outside the project gives a `Type`.
    fn associated(&mut self, api: ApiId, callee: NodeId) -> Option<ApiId> {
        let here = self.here();
        let arena = &self.facts[here.file.index()].arena;
        let callee = match arena.kind(callee) {
            NodeKind::Apply { base, .. } => base,
            _ => callee,
        };
        let NodeKind::Member { path: true, .. } = arena.kind(callee) else { return None };
        let path = self.apis.path(api);
        let (owner, _) = path.rsplit_once('.')?;
        let name = owner.rsplit(['.', '/']).next()?;
        if !name.starts_with(|c: char| c.is_ascii_uppercase()) {
            return None;
        }
        let owner = owner.to_string();
        Some(self.apis.intern(&owner))
    }

    /// The model named by explicit type arguments at the callee: `query_as::<_, User>`, `em.find<User>`.
    fn callee_subject(&mut self, callee: NodeId) -> Option<GlobalDef> {
        let here = self.here();
        match self.get(self.node_values[here.file.index()][callee.index()]) {
            Value::Api { subject, .. } => subject,
            _ => None,
        }
    }

    fn same_collection(&mut self, values: &[ValueId]) -> ValueId {
        let first = values.first().copied().unwrap_or(UNKNOWN);
        match self.get(first) {
            Value::Collection(_) => first,
            Value::Mapping(element) => self.value(Value::Collection(element)),
            Value::Literal(..) => first,
            _ => {
                let element = self.element(first);
                self.value(Value::Collection(element))
            }
        }
    }

    /// The model class a call is about.
    fn subject(&mut self, from: &Subject, own: Option<GlobalDef>, nodes: &[NodeId], values: &[ValueId]) -> Option<GlobalDef> {
        let argument = match from {
            Subject::Argument(argument) => argument,
            Subject::Attribute(path) => return self.subject_named(own?, path),
            _ => return own,
        };
        let here = self.here();
        let facts = &self.facts[here.file.index()];
        let at = match argument {
            ArgumentRef::Position(at) => Some(*at as usize),
            ArgumentRef::Name(name) => nodes.iter().position(|&node| match facts.arena.kind(node) {
                NodeKind::Argument { name: own, .. } => facts.text(own) == name,
                _ => false,
            }),
        };
        let at = at?;
        let value = values.get(at).copied().unwrap_or(UNKNOWN);
        let mut node = *nodes.get(at)?;
        if let Some(class) = self.column_of(node).or_else(|| self.class_of(value)) {
            return Some(class);
        }
        // `select(User.id)`, `select([User.id, …])`, `select(func.count(User.id))`: the class the column is taken from.
        for _ in 0..4 {
            node = match facts.arena.kind(node) {
                NodeKind::Member { object, .. } => object,
                NodeKind::Collection { items, .. } => facts.arena.list(items).next()?,
                NodeKind::Call { args, .. } => facts.arena.list(args).next()?,
                NodeKind::Argument { value, .. } => value,
                _ => break,
            };
            let value = self.node_values[here.file.index()][node.index()];
            if let Some(class) = self.column_of(node).or_else(|| self.class_of(value)) {
                return Some(class);
            }
        }
        own
    }

    /// The class whose field is named: `User.id` is of `User`, whatever class its values have.
    fn column_of(&self, node: NodeId) -> Option<GlobalDef> {
        let file = self.here().file.index();
        let NodeKind::Member { object, path: false, .. } = self.facts[file].arena.kind(node) else { return None };
        let value = |node: NodeId| self.get(self.node_values[file][node.index()]);
        let is_class = |def: GlobalDef| self.facts[def.file.index()].def(def.def).kind == DefKind::Class;
        match (value(object), value(node)) {
            (_, Value::Def(nested)) if is_class(nested) => None,
            (Value::Def(class), _) if is_class(class) => Some(class),
            _ => None,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the pieces of one call, each needed once")]
    fn gives(
        &mut self,
        here: GlobalDef,
        node: NodeId,
        gives: Gives,
        subject: Option<GlobalDef>,
        receiver: ValueId,
        api: ApiId,
        guessed: bool,
        values: &[ValueId],
    ) -> ValueId {
        match gives {
            Gives::Row => match subject {
                Some(class) => self.value(Value::Instance { class, argument: UNKNOWN }),
                None => {
                    let api = self.apis.step(api, "()");
                    self.value(Value::Api { api, subject, guessed })
                }
            },
            Gives::Rows => {
                let element = match subject {
                    Some(class) => self.value(Value::Instance { class, argument: UNKNOWN }),
                    None => UNKNOWN,
                };
                self.value(Value::Collection(element))
            }
            Gives::Receiver => match self.get(receiver) {
                Value::Api { api: own, subject: old, guessed } => self.value(Value::Api { api: own, subject: subject.or(old), guessed }),
                Value::Unknown | Value::Def(_) | Value::Module(_) => {
                    let api = self.apis.step(api, "()");
                    self.value(Value::Api { api, subject, guessed })
                }
                _ => receiver,
            },
            Gives::Scalar => UNKNOWN,
            Gives::Path => {
                let api = self.apis.step(api, "()");
                self.value(Value::Api { api, subject, guessed })
            }
            Gives::Element => self.element(receiver),
            Gives::LastArgument => values.last().copied().unwrap_or(UNKNOWN),
            Gives::ResultOfArgument => {
                let function = values.first().copied().unwrap_or(UNKNOWN);
                match self.get(function) {
                    Value::Def(def) => {
                        self.implicit.insert((here, node, def));
                        if is_class_like(self.facts[def.file.index()].def(def.def).kind) {
                            return self.value(Value::Instance { class: def, argument: UNKNOWN });
                        }
                        self.return_value(def, None, UNKNOWN)
                    }
                    Value::Method { method, receiver } => {
                        self.implicit.insert((here, node, method));
                        self.return_value(method, Some(receiver), UNKNOWN)
                    }
                    Value::Instance { class, .. } => match self.find_member(class, "__call__") {
                        Some(method) => {
                            self.implicit.insert((here, node, method));
                            self.return_value(method, Some(class), UNKNOWN)
                        }
                        None => UNKNOWN,
                    },
                    _ => UNKNOWN,
                }
            }
        }
    }

    /// Remembers a call nobody wrote (a property read). The site is found when edges are made; here the frame's body stands for it.
    pub(super) fn implicit_here(&mut self, caller: GlobalDef, callee: GlobalDef) {
        if let Some(node) = self.current_member {
            self.implicit.insert((caller, node, callee));
        }
    }

    /// `object.name`, remembered as the place of a property read.
    /// What a Rust path starts with: never a local, whatever that is called (`let openapi = …; get(openapi::handler)`).
    fn path_start(&mut self, here: GlobalDef, node: NodeId, object: NodeId) -> ValueId {
        let facts = &self.facts[here.file.index()];
        let (NodeKind::Member { path: true, .. }, NodeKind::Name(first)) = (facts.arena.kind(node), facts.arena.kind(object)) else {
            return UNKNOWN;
        };
        if self.family(here.file) != Family::Rust {
            return UNKNOWN;
        }
        let mut value = self.lookup_static(here, facts.text(first), false);
        // Nor does a function begin a path: in `fn rocket() { rocket::build() }` it is the crate.
        if matches!(self.get(value), Value::Def(def) if is_callable(self.facts[def.file.index()].def(def.def).kind)) {
            value = self.rust_outside(here, facts.text(first));
            if value == UNKNOWN {
                value = self.api(facts.text(first));
            }
        }
        if value != UNKNOWN {
            self.node_values[here.file.index()][object.index()] = value;
        }
        value
    }

    pub(super) fn eval_member(&mut self, node: NodeId, object: NodeId, name: &str) -> ValueId {
        let here = self.here();
        let arena = &self.facts[here.file.index()].arena;
        let is_called = self.current_callee.take() == Some(node) && self.family(here.file) == Family::Rust;
        if let (NodeKind::Cast { value, to }, NodeKind::Member { path: true, .. }) = (arena.kind(object), arena.kind(node)) {
            return self.qualified_member(value, to, name);
        }
        if matches!(arena.kind(object), NodeKind::Super) {
            return self.super_member(name);
        }
        let mut value = self.path_start(here, node, object);
        if value == UNKNOWN {
            value = self.eval(object);
        }
        if value == UNKNOWN
            && let (NodeKind::Member { path: true, .. }, NodeKind::Name(first)) = (arena.kind(node), arena.kind(object))
        {
            // A path that starts with a name nothing defines starts with a crate no manifest lists.
            value = self.api(self.facts[here.file.index()].text(first));
            self.node_values[here.file.index()][object.index()] = value;
        }
        let before = self.current_member.replace(node);
        self.wants_method = is_called;
        let result = self.member(value, name);
        self.wants_method = false;
        self.current_member = before;
        if result == UNKNOWN && matches!(self.get(value), Value::Unknown | Value::Api { .. }) {
            return self.convention(here.file, name);
        }
        result
    }

    fn super_member(&mut self, name: &str) -> ValueId {
        let Some(class) = self.current_class() else { return UNKNOWN };
        for base in self.hierarchy(class).into_iter().skip(1) {
            if let Some(method) = self.own_member(base, name) {
                return self.value(Value::Method { method, receiver: class });
            }
        }
        let outside = self.class_info(class).outside;
        match outside.first() {
            Some(&api) => {
                let owner = self.apis.step(api, "()");
                let member = self.apis.step_name(owner, name);
                self.value(Value::Api { api: member, subject: Some(class), guessed: false })
            }
            None => UNKNOWN,
        }
    }
}

/// The definition kinds a call may lead to.
pub(super) fn is_callable(kind: DefKind) -> bool {
    matches!(kind, DefKind::Function | DefKind::Method)
}
