//! What a name stands for where it is written.

use super::evaluate::{Linker, is_function};
use super::frames::DEEPEST_DEMAND;
use super::scopes::Binding;
use super::tables::UNKNOWN;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, Name};
use crate::model::program::{Value, ValueId};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};

impl<'a> Linker<'a> {
    /// An instance of a builtin type; names are unified over the languages where rules do not care.
    pub(super) fn builtin(&mut self, file: FileId, name: &str) -> ValueId {
        let name = match (self.family(file), name) {
            (Family::TypeScript, "str") => "builtins.string()",
            (Family::TypeScript, "int") => "builtins.number()",
            (Family::TypeScript, "bool") => "builtins.boolean()",
            (Family::Rust, "int") => "builtins.i64()",
            (_, "int") => "builtins.int()",
            (_, "bool") => "builtins.bool()",
            _ => "builtins.str()",
        };
        self.api(name, self.family(file))
    }

    /// The receiver of the method we are in: an instance of its class, or the class itself in class methods.
    pub(super) fn receiver(&mut self) -> ValueId {
        let Some(class) = self.current_class() else { return UNKNOWN };
        let here = self.here();
        let flags = self.facts[here.file.index()].def(here.def).flags;
        if flags.has(DefFlags::CLASS_METHOD) || flags.has(DefFlags::STATIC) {
            return self.value(Value::Def(class));
        }
        let argument = self.impl_argument();
        self.value(Value::Instance { class, argument })
    }

    /// The class (for `impl` blocks, the self type) around the function being walked.
    pub(super) fn current_class(&mut self) -> Option<GlobalDef> {
        let here = self.here();
        let facts = &self.facts[here.file.index()];
        let mut at = here.def;
        for _ in 0..64 {
            let def = facts.def(at);
            if def.kind == DefKind::Impl {
                return self.impl_type(GlobalDef { file: here.file, def: at });
            }
            if super::scopes::is_class_like(def.kind) {
                return Some(GlobalDef { file: here.file, def: at });
            }
            if at == DefId::MODULE {
                return None;
            }
            at = def.parent;
        }
        None
    }

    /// A name in the scope of the current frame.
    pub(super) fn lookup(&mut self, name: Name) -> ValueId {
        let mut at = self.frames.len().checked_sub(1);
        while let Some(index) = at {
            let frame = &self.frames[index];
            if let Some(&value) = frame.locals.get(&name) {
                if value != UNKNOWN {
                    return value;
                }
                let file = frame.file;
                let text = self.facts[file.index()].text(name);
                return self.convention(file, text);
            }
            at = frame.parent;
        }
        let here = self.here();
        let text = self.facts[here.file.index()].text(name);
        self.lookup_static(here, text, false)
    }

    /// A name by the static scopes around a definition.
    pub(super) fn lookup_static(&mut self, from: GlobalDef, name: &str, wants_type: bool) -> ValueId {
        let facts = &self.facts[from.file.index()];
        let family = facts.language.family();
        if family == Family::Rust
            && let Some(value) = self.rust_keyword(from, name)
        {
            return value;
        }
        let mut at = from.def;
        for _ in 0..256 {
            let def = facts.def(at);
            if !def.type_params.is_empty()
                && let Some(bound) = self.type_param(GlobalDef { file: from.file, def: at }, name)
            {
                return bound;
            }
            // Methods do not see the names of their class; the class body itself does.
            let skip = super::scopes::is_class_like(def.kind) && at != from.def;
            if !skip {
                let scopes = &self.scopes[from.file.index()];
                let binding = if wants_type { scopes.type_name(at, name) } else { scopes.name(at, name) };
                if let Some(binding) = binding {
                    let value = self.binding_value(from.file, binding);
                    if value != UNKNOWN {
                        return value;
                    }
                    if matches!(binding, Binding::Def(_)) {
                        return self.convention(from.file, name);
                    }
                }
                for star in self.scopes[from.file.index()].stars(at).to_vec() {
                    if let Some(value) = self.star_member(from.file, star, name) {
                        return value;
                    }
                }
                // A Rust module sees nothing of the module around it.
                if family == Family::Rust && def.kind == DefKind::Module {
                    break;
                }
            }
            if at == DefId::MODULE {
                break;
            }
            at = def.parent;
        }
        if family == Family::Rust
            && let Some(&made) = self.generated.get(&self.rust_module_of(from)).and_then(|names| names.get(name))
        {
            return made;
        }
        self.outside_name(from, name)
    }

    /// A name nothing in the file defines: builtins, globals, extern crates, conventions.
    fn outside_name(&mut self, from: GlobalDef, name: &str) -> ValueId {
        let guess = self.convention(from.file, name);
        if guess != UNKNOWN {
            return guess;
        }
        match self.family(from.file) {
            Family::Python => {
                if PYTHON_BUILTINS.contains(&name) || name.ends_with("Error") || name == "Exception" {
                    return self.api(&format!("builtins.{name}"), Family::Python);
                }
                UNKNOWN
            }
            Family::TypeScript => match name {
                "string" | "number" | "boolean" | "bigint" => self.api(&format!("builtins.{name}"), Family::TypeScript),
                _ => self.api(name, Family::TypeScript),
            },
            Family::Rust => self.rust_outside(from, name),
        }
    }

    /// What a binding stands for.
    pub(super) fn binding_value(&mut self, file: FileId, binding: Binding) -> ValueId {
        match binding {
            Binding::Def(def) => self.def_value(GlobalDef { file, def }),
            Binding::Import(at) => self.import_value(file, at),
        }
    }

    /// What naming a definition gives.
    pub(super) fn def_value(&mut self, id: GlobalDef) -> ValueId {
        let def = self.facts[id.file.index()].def(id.def);
        match def.kind {
            DefKind::Module => self.value(Value::Module(id)),
            DefKind::Variable => self.variable(id),
            DefKind::TypeAlias => match def.value {
                Some(value) => {
                    let target = self.alias_target(id, &[value]);
                    if target == UNKNOWN { self.value(Value::Def(id)) } else { target }
                }
                // `type Client: GenericClient;` of a trait is what it must be for all that implement it.
                None => {
                    let bounds: Vec<NodeId> = def.bases.clone();
                    let target = self.alias_target(id, &bounds);
                    if target == UNKNOWN { self.value(Value::Def(id)) } else { target }
                }
            },
            DefKind::Variant => {
                let class = GlobalDef { file: id.file, def: def.parent };
                self.value(Value::Instance { class, argument: UNKNOWN })
            }
            _ => self.value(Value::Def(id)),
        }
    }

    /// The class or API behind `type X = Y`, or behind the first known bound of `type X: Y + Z`.
    fn alias_target(&mut self, id: GlobalDef, values: &[NodeId]) -> ValueId {
        if let Some(known) = self.variable_values.get(&id) {
            return known.unwrap_or(UNKNOWN);
        }
        self.variable_values.insert(id, None);
        let result = self.within(GlobalDef { file: id.file, def: self.facts[id.file.index()].def(id.def).parent }, |linker| {
            let instance = values.iter().map(|&value| linker.type_value(value)).find(|&value| value != UNKNOWN).unwrap_or(UNKNOWN);
            match linker.get(instance) {
                Value::Instance { class, .. } => linker.value(Value::Def(class)),
                // `type Req = Request & { user: User }`: what an instance of it can do, a `Request` can.
                Value::Api { api, subject, guessed } => match linker.apis.path(api).strip_suffix("()").map(str::to_string) {
                    Some(class) => {
                        let api = linker.apis.intern_beside(api, &class);
                        linker.value(Value::Api { api, subject, guessed })
                    }
                    None => UNKNOWN,
                },
                Value::Literal(..) => instance,
                _ => UNKNOWN,
            }
        });
        self.variable_values.insert(id, Some(result));
        result
    }

    /// The value of a module-level variable or a class attribute.
    pub(super) fn variable(&mut self, id: GlobalDef) -> ValueId {
        if let Some(known) = self.variable_values.get(&id) {
            return known.unwrap_or(UNKNOWN);
        }
        if self.frames.len() > DEEPEST_DEMAND {
            return UNKNOWN;
        }
        self.variable_values.insert(id, None);
        let def = self.facts[id.file.index()].def(id.def);
        let scope = GlobalDef { file: id.file, def: def.parent };
        let (annotation, value) = (def.annotation, def.value);
        let result = self.within(scope, |linker| {
            let declared = annotation.map_or(UNKNOWN, |annotation| linker.type_value(annotation));
            let arena = &linker.facts[scope.file.index()].arena;
            let is_shape = matches!(linker.get(declared), Value::Literal(..));
            if declared != UNKNOWN && !is_shape && !value.is_some_and(|value| is_function(arena, value)) {
                return declared;
            }
            let made = match value {
                Some(value) if linker.is_type_expression(value) => linker.class_itself(value),
                Some(value) => linker.eval(value),
                None => UNKNOWN,
            };
            if is_shape { linker.declared_as(declared, made) } else { made }
        });
        self.variable_values.insert(id, Some(result));
        result
    }

    /// `SessionDep = Annotated[Session, Depends(get_db)]`: a variable that names a type.
    fn is_type_expression(&self, value: NodeId) -> bool {
        let facts = &self.facts[self.here().file.index()];
        let NodeKind::Index { object, .. } = facts.arena.kind(value) else { return false };
        let (NodeKind::Name(name) | NodeKind::Member { name, .. }) = facts.arena.kind(object) else { return false };
        facts.language.family() == Family::Python && matches!(facts.text(name), "Annotated" | "Optional" | "Union")
    }

    /// The instance a conventional name stands for, in a file that imports the framework.
    pub(super) fn convention(&mut self, file: FileId, name: &str) -> ValueId {
        let knowledge = self.knowledge;
        let handed = knowledge.package_conventions.iter().find(|convention| {
            convention.names.iter().any(|own| own == name)
                && knowledge.frameworks[convention.framework as usize].family == self.facts[file.index()].language.family()
                && self.frameworks_of_package(file).contains(&convention.framework)
        });
        let frameworks = &self.frameworks_of[file.index()];
        if frameworks.is_empty() && handed.is_none() {
            return UNKNOWN;
        }
        let found = knowledge.conventions.iter().find(|convention| {
            frameworks.contains(&convention.framework)
                && convention.names.iter().any(|pattern| match pattern.strip_prefix('*') {
                    Some(suffix) => name.ends_with(suffix),
                    None => name == pattern,
                })
        });
        match found.or(handed) {
            Some(convention) => {
                let api = self.apis.intern(&convention.api, self.family(file));
                self.value(Value::Api { api, subject: None, guessed: true })
            }
            None => UNKNOWN,
        }
    }
}

/// Builtin functions and types of Python that rules may speak of (`builtins` module documentation, 3.14).
const PYTHON_BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "bool",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "compile",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "locals",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
    "__import__",
];
