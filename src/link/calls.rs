//! Calls: what functions of the project give. The edges they make are in `call_edges.rs`, what libraries' functions give in `api_calls.rs`.

use super::evaluate::{Linker, Registration};
use super::modules::Target;
use super::scopes::is_class_like;
use super::tables::UNKNOWN;
use crate::model::body::{CallForm, List, NodeId, NodeKind};
use crate::model::facts::DefKind;
use crate::model::knowledge::ApiFact;
use crate::model::program::{Value, ValueId};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};

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
            other => self.target_value(other, Family::TypeScript),
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
        let owner = self.apis.intern(&found.api, self.family(self.here().file));
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
                    _ => self.api(text, Family::Rust),
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

    pub(super) fn is_function(&self, value: ValueId) -> bool {
        match self.get(value) {
            Value::Def(def) => matches!(self.facts[def.file.index()].def(def.def).kind, DefKind::Function | DefKind::Method),
            Value::Method { .. } => true,
            _ => false,
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

    /// Remembers a call nobody wrote (a property read). The site is found when edges are made; here the frame's body stands for it.
    pub(super) fn implicit_here(&mut self, caller: GlobalDef, callee: GlobalDef) {
        if let Some(node) = self.current_member {
            self.implicit.insert((caller, node, callee));
        }
    }
}

/// The definition kinds a call may lead to.
pub(super) fn is_callable(kind: DefKind) -> bool {
    matches!(kind, DefKind::Function | DefKind::Method)
}
