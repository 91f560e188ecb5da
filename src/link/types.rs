//! Type annotations to values: what an expression of that type stands for.

use super::evaluate::Linker;
use super::scopes::{Binding, is_class_like};
use super::tables::UNKNOWN;
use crate::model::body::{List, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind};
use crate::model::knowledge::ApiFact;
use crate::model::program::{ApiId, Value, ValueId};
use crate::model::role::GlobalDef;
use crate::model::source::Family;

/// Wrappers that leave no trace: the value is that of the type argument (its position counted from the end for `Result`-likes).
const TRANSPARENT: &[&str] = &[
    "Optional",
    "Annotated",
    "Promise",
    "PromiseLike",
    "Awaitable",
    "Awaited",
    "Coroutine",
    "Result",
    "Option",
    "Box",
    "Arc",
    "Rc",
    "RefCell",
    "Mutex",
    "RwLock",
    "Cow",
    "Pin",
    "State",
    "Extension",
    "Data",
    "ClassVar",
    "Final",
    "Mapped",
    "Readonly",
    "Partial",
    "Required",
    "NonNullable",
    "Generator",
    "AsyncGenerator",
    "Cell",
    "OnceCell",
    "OnceLock",
    "LazyLock",
    "Lazy",
    "ThinData",
    "MutexGuard",
    "ReqData",
    "DynamicMapped",
    "WriteOnlyMapped",
];

/// Collections by the name of their type.
const COLLECTIONS: &[&str] = &[
    "list",
    "List",
    "Sequence",
    "Iterable",
    "Iterator",
    "AsyncIterator",
    "AsyncIterable",
    "Collection",
    "set",
    "Set",
    "frozenset",
    "FrozenSet",
    "AbstractSet",
    "deque",
    "Deque",
    "Array",
    "ReadonlyArray",
    "Vec",
    "VecDeque",
    "HashSet",
    "BTreeSet",
    "IndexSet",
    "SmallVec",
    "Stream",
    "Observable",
    "ReadonlySet",
    "IntoIterator",
    "ExactSizeIterator",
    "DoubleEndedIterator",
    "IntoParallelIterator",
    "ParallelIterator",
    "TryStream",
    "MutableSequence",
    "BoxStream",
];

/// Mappings by the name of their type; the value type is the second argument.
const MAPPINGS: &[&str] = &[
    "dict",
    "Dict",
    "Mapping",
    "MutableMapping",
    "defaultdict",
    "DefaultDict",
    "OrderedDict",
    "Map",
    "ReadonlyMap",
    "Record",
    "HashMap",
    "BTreeMap",
    "IndexMap",
    "WeakMap",
];

/// `ModelResult<Self>`, `QueryResult<T>`: what a library calls its own `Result`.
fn is_result_of_library(name: &str, args: &[NodeId]) -> bool {
    name.ends_with("Result") && args.len() == 1
}

impl<'a> Linker<'a> {
    /// The value of something annotated with this type; remembered at the annotation's node.
    pub(super) fn type_value(&mut self, node: NodeId) -> ValueId {
        let file = self.here().file;
        let value = self.type_kind(node);
        if value != UNKNOWN {
            self.node_values[file.index()][node.index()] = value;
        }
        value
    }

    fn type_kind(&mut self, node: NodeId) -> ValueId {
        let here = self.here();
        let facts = &self.facts[here.file.index()];
        let arena = &facts.arena;
        match arena.kind(node) {
            NodeKind::Name(name) => {
                let name = facts.text(name);
                let value = self.lookup_static(here, name, true);
                match self.get(value) {
                    Value::Api { api, .. } if self.apis.path(api).ends_with(".TypeVar()") => self.bound_of(here, name),
                    _ => self.instance_of(value),
                }
            }
            NodeKind::Member { .. } => {
                let value = self.eval(node);
                self.instance_of(value)
            }
            NodeKind::Apply { base, args } => {
                let args: Vec<NodeId> = arena.list(args).collect();
                self.generic(base, &args)
            }
            NodeKind::Index { object, index } if self.family(here.file) == Family::TypeScript => self.looked_up_type(object, index),
            // `list[int]` where the lowering saw an expression, not a type.
            NodeKind::Index { object, index } => {
                let args = match arena.kind(index) {
                    NodeKind::Collection { items, .. } => arena.list(items).collect(),
                    _ => vec![index],
                };
                self.generic(object, &args)
            }
            NodeKind::Union(parts) => {
                let mut found = UNKNOWN;
                for part in arena.list(parts) {
                    let value = self.type_value(part);
                    found = self.join(found, value);
                }
                found
            }
            NodeKind::Binary { left, right, .. } => {
                let a = self.type_value(left);
                let b = self.type_value(right);
                self.join(a, b)
            }
            NodeKind::Receiver => match self.current_class() {
                Some(class) => self.value(Value::Instance { class, argument: UNKNOWN }),
                None => UNKNOWN,
            },
            NodeKind::Collection { items, .. } if self.family(here.file) == Family::TypeScript => self.object_type(node, items),
            NodeKind::Collection { items, .. } => {
                for item in arena.list(items) {
                    self.type_value(item);
                }
                let file = here.file;
                self.value(Value::Literal(file, node))
            }
            // TypeScript `typeof value`.
            NodeKind::Other(parts) if arena.list(parts).len() == 1 => arena.list(parts).next().map_or(UNKNOWN, |part| self.eval(part)),
            _ => UNKNOWN,
        }
    }

    /// `{ em: EntityManager }`: an object of which some member is known. What says only that something is a text says nothing.
    fn object_type(&mut self, node: NodeId, items: List) -> ValueId {
        let file = self.here().file;
        let arena = &self.facts[file.index()].arena;
        let mut says = false;
        for item in arena.list(items) {
            match arena.kind(item) {
                NodeKind::Entry { value, .. } => {
                    let value = self.type_value(value);
                    says |= match self.get(value) {
                        Value::Api { api, .. } => !self.apis.path(api).starts_with("builtins."),
                        Value::Unknown => false,
                        _ => true,
                    };
                }
                _ => {
                    self.type_value(item);
                }
            }
        }
        if says { self.value(Value::Literal(file, node)) } else { UNKNOWN }
    }

    /// What is annotated with an object type is what it is made as, where that says more: `req.body as { name: Name }` is the body.
    pub(super) fn declared_as(&self, declared: ValueId, made: ValueId) -> ValueId {
        match (self.get(declared), self.get(made)) {
            (Value::Literal(..), Value::Unknown | Value::Literal(..)) => declared,
            (Value::Literal(..), _) => made,
            _ => self.join(declared, made),
        }
    }

    /// `Client['user']` is what its instances have under the name; `Parameters<F>[0]` what a library calls `F` with.
    fn looked_up_type(&mut self, object: NodeId, index: NodeId) -> ValueId {
        let file = self.here().file;
        let facts = &self.facts[file.index()];
        if let Some(name) = facts.string(index) {
            let value = self.type_value(object);
            return self.member(value, name);
        }
        let (NodeKind::Number(position), Some(callback)) = (facts.arena.kind(index), self.parameters_of(object)) else { return UNKNOWN };
        // `Parameters<Parameters<typeof db.transaction>[0]>[0]`: the first parameter of the function that `transaction` is given.
        let NodeKind::Index { object: outer, .. } = facts.arena.kind(callback) else { return UNKNOWN };
        let Some(function) = self.parameters_of(outer) else { return UNKNOWN };
        let function = self.type_value(function);
        let Value::Api { api, .. } = self.get(function) else { return UNKNOWN };
        let position: usize = facts.text(position).parse().unwrap_or(usize::MAX);
        let path = self.apis.facts(api).find_map(|(fact, _)| match fact {
            ApiFact::CallbackParams(paths) => paths.get(position).cloned(),
            _ => None,
        });
        let family = self.apis.family(api);
        path.map_or(UNKNOWN, |path| self.api(&path, family))
    }

    /// `F` of `Parameters<F>`.
    fn parameters_of(&self, node: NodeId) -> Option<NodeId> {
        let facts = &self.facts[self.here().file.index()];
        let NodeKind::Apply { base, args } = facts.arena.kind(node) else { return None };
        let NodeKind::Name(name) = facts.arena.kind(base) else { return None };
        facts.arena.list(args).next().filter(|_| facts.text(name) == "Parameters")
    }

    /// `ReturnType<typeof express>`: what calling it gives.
    fn result_of_type(&mut self, function: NodeId) -> ValueId {
        let value = self.type_value(function);
        match self.get(value) {
            Value::Def(def) if super::calls::is_callable(self.facts[def.file.index()].def(def.def).kind) => {
                self.return_value(def, None, UNKNOWN)
            }
            Value::Api { api, subject, guessed } => {
                let api = self.apis.step(api, "()");
                self.value(Value::Api { api, subject, guessed })
            }
            _ => UNKNOWN,
        }
    }

    fn generic(&mut self, base: NodeId, args: &[NodeId]) -> ValueId {
        let here = self.here();
        let facts = &self.facts[here.file.index()];
        let name = match facts.arena.kind(base) {
            NodeKind::Name(name) | NodeKind::Member { name, .. } => facts.text(name),
            _ => return UNKNOWN,
        };
        if name == "Annotated" {
            // `Annotated[T, Depends(f)]`: the framework calls `f`.
            for &extra in args.iter().skip(1) {
                let value = self.eval(extra);
                if let Some(&first) = args.first() {
                    let declared = self.type_value(first);
                    if declared == UNKNOWN {
                        return value;
                    }
                }
            }
        }
        let local = self.base_of_generic(base);
        let is_project_class = matches!(self.get(local), Value::Def(_));
        if !is_project_class {
            if name == "type" || name == "Type" {
                return args.first().map_or(UNKNOWN, |&arg| self.class_itself(arg));
            }
            if name == "ReturnType" {
                return args.first().map_or(UNKNOWN, |&arg| self.result_of_type(arg));
            }
            if TRANSPARENT.contains(&name) || self.family(here.file) == Family::Rust && is_result_of_library(name, args) {
                let at = if name == "Coroutine" { args.len().saturating_sub(1) } else { 0 };
                return args.get(at).map_or(UNKNOWN, |&arg| self.type_value(arg));
            }
            // A library's `Collection` may be one of documents.
            let is_of_library = matches!(self.get(local), Value::Api { api, .. } if self.knowledge.leads_on(self.apis.path(api)));
            if COLLECTIONS.contains(&name) && !is_of_library {
                // `Iterator<Item = User>`
                let element = args.first().map(|&arg| match facts.arena.kind(arg) {
                    NodeKind::Argument { value, .. } => value,
                    _ => arg,
                });
                let element = element.map_or(UNKNOWN, |arg| self.type_value(arg));
                return self.value(Value::Collection(element));
            }
            if MAPPINGS.contains(&name) {
                let element = args.get(1).map_or(UNKNOWN, |&arg| self.type_value(arg));
                return self.value(Value::Mapping(element));
            }
        }
        if let Value::Api { api, .. } = self.get(local)
            && self.apis.facts(api).any(|(fact, _)| matches!(fact, ApiFact::Transparent))
        {
            return args.last().map_or(UNKNOWN, |&arg| self.type_value(arg));
        }
        let argument = args.first().map_or(UNKNOWN, |&arg| self.type_value(arg));
        // `Shared<AppState>` of `type Shared<T> = State<Arc<T>>` is what `T` is.
        if let Value::Api { api, .. } = self.get(local)
            && self.family(here.file) == Family::Rust
            && self.apis.path(api).trim_end_matches("()").bytes().eq(self.apis.path(api).bytes().next().filter(u8::is_ascii_uppercase))
        {
            return argument;
        }
        match self.get(local) {
            Value::Def(class) if is_class_like(self.facts[class.file.index()].def(class.def).kind) => {
                self.value(Value::Instance { class, argument })
            }
            Value::Def(alias) if self.facts[alias.file.index()].def(alias.def).kind == DefKind::TypeAlias => argument,
            Value::Api { api, guessed, .. } => {
                let subject = args.iter().find_map(|&arg| self.class_of_type(arg));
                let api = self.of_argument(api, argument).unwrap_or(api);
                let api = self.apis.step(api, "()");
                self.value(Value::Api { api, subject, guessed })
            }
            _ => UNKNOWN,
        }
    }

    /// What a generic type is for an argument of a library, where that is another type: `r2d2.Pool<r2d2_sqlite.SqliteConnectionManager>`.
    fn of_argument(&mut self, base: ApiId, argument: ValueId) -> Option<ApiId> {
        let Value::Api { api, .. } = self.get(argument) else { return None };
        let written = format!("{}<{}>", self.apis.path(base), self.apis.path(api).trim_end_matches("()"));
        let other = self.knowledge.canonical(&written)?;
        Some(self.apis.intern_beside(base, other))
    }

    /// `type[X]`: the class, not an instance.
    pub(super) fn class_itself(&mut self, arg: NodeId) -> ValueId {
        let instance = self.type_value(arg);
        match self.get(instance) {
            Value::Api { api, subject, guessed } => match self.apis.path(api).strip_suffix("()") {
                Some(class) => {
                    let class = class.to_string();
                    let api = self.apis.intern_beside(api, &class);
                    self.value(Value::Api { api, subject, guessed })
                }
                None => UNKNOWN,
            },
            _ => match self.class_of(instance) {
                Some(class) => self.value(Value::Def(class)),
                None => UNKNOWN,
            },
        }
    }

    /// What a type variable is bound to: `ModelType = TypeVar("ModelType", bound=Model)`.
    fn bound_of(&mut self, from: GlobalDef, name: &str) -> ValueId {
        let scopes = &self.scopes[from.file.index()];
        let Some(Binding::Def(def)) = scopes.name(DefId::MODULE, name) else { return UNKNOWN };
        let facts = &self.facts[from.file.index()];
        let Some(NodeKind::Call { args, .. }) = facts.def(def).value.map(|value| facts.arena.kind(value)) else { return UNKNOWN };
        let bound = facts.arena.list(args).find_map(|arg| match facts.arena.kind(arg) {
            NodeKind::Argument { name, value } if facts.text(name) == "bound" => Some(value),
            _ => None,
        });
        match bound {
            Some(bound) => self.within(GlobalDef { file: from.file, def: DefId::MODULE }, |linker| linker.type_value(bound)),
            None => UNKNOWN,
        }
    }

    fn base_of_generic(&mut self, base: NodeId) -> ValueId {
        let here = self.here();
        let facts = &self.facts[here.file.index()];
        match facts.arena.kind(base) {
            NodeKind::Name(name) => {
                let value = self.lookup_static(here, facts.text(name), true);
                if value != UNKNOWN {
                    self.node_values[here.file.index()][base.index()] = value;
                }
                value
            }
            _ => self.eval(base),
        }
    }

    /// An instance of what a type expression names.
    pub(super) fn instance_of(&mut self, value: ValueId) -> ValueId {
        match self.get(value) {
            Value::Def(class) if is_class_like(self.facts[class.file.index()].def(class.def).kind) || self.is_object_type(class) => {
                self.value(Value::Instance { class, argument: UNKNOWN })
            }
            Value::Api { guessed: true, .. } => UNKNOWN,
            Value::Api { api, subject, guessed } => {
                let api = self.apis.step(api, "()");
                self.value(Value::Api { api, subject, guessed })
            }
            Value::Instance { .. } | Value::Literal(..) => value,
            _ => UNKNOWN,
        }
    }

    /// `type Orders = { find(id: string): Promise<Order> }`: its members are definitions, as an interface's are.
    fn is_object_type(&self, alias: GlobalDef) -> bool {
        let facts = &self.facts[alias.file.index()];
        let def = facts.def(alias.def);
        def.kind == DefKind::TypeAlias && def.value.is_some_and(|value| matches!(facts.arena.kind(value), NodeKind::Collection { .. }))
    }

    /// The project class a type names, also inside a wrapper or a collection.
    pub(super) fn class_of_type(&mut self, node: NodeId) -> Option<GlobalDef> {
        let value = self.type_value(node);
        self.class_of(value)
    }

    /// The project class a value is about: itself, its elements, its subject.
    pub(super) fn class_of(&self, value: ValueId) -> Option<GlobalDef> {
        match self.get(value) {
            Value::Def(class) if is_class_like(self.facts[class.file.index()].def(class.def).kind) => Some(class),
            Value::Instance { class, .. } => Some(class),
            Value::Collection(element) => match self.get(element) {
                Value::Instance { class, .. } => Some(class),
                _ => None,
            },
            Value::Api { subject, .. } => subject,
            _ => None,
        }
    }
}
