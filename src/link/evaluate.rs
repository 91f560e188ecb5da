//! Light types: what each name and expression stands for, found by one walk through every body in source order.
//!
//! Demand-driven: a call's result asks for the callee's return type, which may walk the callee's body first. Circles end
//! at `Unknown`. Parameters without annotation learn from call sites (a second round walks those bodies again).

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::classes::ClassInfo;
use super::holders::Held;
use super::modules::{Modules, Target};
use super::objects::Given;
use super::references::TextNames;
use super::reverse_rows::ReverseRows;
use super::scopes::{FileScopes, MembersByName};
use super::tables::{ApiTable, UNKNOWN, ValueTable};
use crate::model::body::{Arena, AssignOp, BinaryOp, CallForm, CollectionKind, LoopKind, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts, Name};
use crate::model::knowledge::Knowledge;
use crate::model::program::{ApiId, Value, ValueId};
use crate::model::project::Project;
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::model::spared::Spared;

/// Deepest nesting of nodes that is evaluated; lowering caps real nesting far below, only unrolled chains come near.
const DEEPEST_NODE: u32 = 3000;

/// One function (or module) being walked.
pub(super) struct Frame {
    pub(super) file: FileId,
    pub(super) def: DefId,
    pub(super) locals: FxHashMap<Name, ValueId>,
    pub(super) returns: ValueId,
    pub(super) yields: ValueId,
    /// Nested functions seen so far: walked at the end, when all locals are known.
    pub(super) pending: Vec<DefId>,
    /// The frame whose locals this one sees (its enclosing function).
    pub(super) parent: Option<usize>,
}

/// Modules that are asked for a member by way of one another.
#[derive(Default)]
pub(super) struct Circle {
    /// The questions that stand open, the outermost first.
    pub(super) open: Vec<(GlobalDef, Box<str>)>,
    /// One of them was asked again on the way.
    pub(super) is_cut: bool,
    /// Somebody knew of a member.
    pub(super) has_found: bool,
    /// Questions that nobody could answer.
    pub(super) missed: Vec<(GlobalDef, Box<str>)>,
}

/// How far a function is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Open,
    Done(ValueId),
}

/// A function given to a route registration.
pub(super) struct Registration {
    pub(super) file: FileId,
    pub(super) call: NodeId,
}

pub(super) struct Linker<'a> {
    pub(super) project: &'a Project,
    pub(super) facts: &'a [Arc<FileFacts>],
    pub(super) knowledge: &'a Knowledge,
    pub(super) modules: Modules,
    pub(super) scopes: Vec<FileScopes<'a>>,
    pub(super) apis: ApiTable<'a>,
    pub(super) values: ValueTable,
    pub(super) node_values: Vec<Vec<ValueId>>,
    pub(super) import_targets: Vec<Vec<Target>>,
    /// Names of frameworks' packages a file imports, for conventions.
    pub(super) frameworks_of: Vec<Vec<u16>>,
    /// Frameworks the manifests of a package name.
    pub(super) package_frameworks: FxHashMap<usize, Vec<u16>>,
    /// Extensions (indices into `Knowledge::extensions`) whose import a file has.
    pub(super) extensions_of: Vec<Vec<u16>>,
    /// Names made by derive macros, by module.
    pub(super) generated: FxHashMap<GlobalDef, FxHashMap<&'a str, ValueId>>,
    pub(super) import_values: FxHashMap<(FileId, u32), Option<ValueId>>,
    pub(super) member_values: FxHashMap<GlobalDef, FxHashMap<Box<str>, Option<ValueId>>>,
    /// The variables that modules of TypeScript export by their names, as far as asked for.
    pub(super) exported_variables: FxHashMap<FileId, FxHashMap<Box<str>, Option<GlobalDef>>>,
    /// How many modules the name that is looked for was followed through.
    pub(super) re_exports_open: u32,
    /// What the question for a member of a module came by so far.
    pub(super) circle: Circle,
    /// How many patterns the one that is bound stands in.
    pub(super) patterns_open: u32,
    pub(super) globs_open: FxHashSet<(GlobalDef, String)>,
    pub(super) variable_values: FxHashMap<GlobalDef, Option<ValueId>>,
    pub(super) states: FxHashMap<GlobalDef, State>,
    pub(super) hints: FxHashMap<GlobalDef, Vec<ValueId>>,
    /// In whose code the hint was given that counts.
    pub(super) hinted_by: FxHashMap<(GlobalDef, usize), GlobalDef>,
    /// Every hint given, counting or not, while code is looked at again.
    pub(super) offers: Option<FxHashSet<(GlobalDef, usize, ValueId)>>,
    pub(super) stale: FxHashSet<GlobalDef>,
    /// What was walked again because of hints.
    pub(super) restarted: FxHashSet<GlobalDef>,
    pub(super) classes: FxHashMap<GlobalDef, Option<ClassInfo>>,
    /// Python: method resolution orders.
    pub(super) linearisations: FxHashMap<GlobalDef, Option<Vec<GlobalDef>>>,
    pub(super) impls: FxHashMap<GlobalDef, Vec<GlobalDef>>,
    /// What the `impl` blocks of a type declare under a name: (block, member), in the order of the blocks.
    pub(super) impl_members: FxHashMap<GlobalDef, MembersByName<'a>>,
    pub(super) assigned: FxHashMap<GlobalDef, FxHashMap<&'a str, (DefId, NodeId)>>,
    /// Properties given to functions at the top level of JavaScript files.
    pub(super) properties: FxHashMap<FileId, FxHashMap<(&'a str, String), NodeId>>,
    /// What files give the objects of their module variables.
    pub(super) given: FxHashMap<FileId, Given>,
    /// What is evaluated for it.
    pub(super) given_open: FxHashSet<(FileId, NodeId)>,
    pub(super) held: Held,
    /// Classes of Python's modules by name, once somebody asks; `None` where two have it.
    pub(super) class_names: Option<FxHashMap<&'a str, Option<GlobalDef>>>,
    /// What the other sides of relations give, once somebody asks.
    pub(super) reverse_rows: Option<ReverseRows>,
    /// The class that the base of all models is made with, by what makes the base.
    pub(super) mixed_in: FxHashMap<ApiId, Option<GlobalDef>>,
    /// Files by what a file that loads them from a folder calls them.
    pub(super) named_files: FxHashMap<(FileId, String), Arc<[FileId]>>,
    /// The files that were looked at for it.
    pub(super) judged_by_name: FxHashSet<FileId>,
    pub(super) frames: Vec<Frame>,
    pub(super) depth: u32,
    /// Calls the framework makes: (caller, node, callee).
    pub(super) implicit: FxHashSet<(GlobalDef, NodeId, GlobalDef)>,
    pub(super) registrations: Vec<Registration>,
    /// Where they were, once routes are made of them.
    pub(super) registered: FxHashSet<(FileId, NodeId)>,
    /// What texts can name, once the import graph is made.
    pub(super) text_names: Option<Arc<TextNames>>,
    /// The member expression being evaluated, for property reads.
    pub(super) current_member: Option<NodeId>,
    /// The callee about to be evaluated: a member there is a method, never a field.
    pub(super) current_callee: Option<NodeId>,
    /// The member being looked up is called.
    pub(super) wants_method: bool,
    /// Project traits of Rust `impl` blocks.
    pub(super) block_traits: FxHashMap<GlobalDef, Option<GlobalDef>>,
    /// Bounds of Rust generic parameters, by owner and name.
    pub(super) param_values: FxHashMap<(GlobalDef, Name), ValueId>,
    /// `Deref` implementations the current lookup went through.
    pub(super) derefs: u8,
    pub(super) spared: Spared,
}

/// A function written here. Whatever type it is given, `const show: RequestHandler = (request, response) => …`, it is this function that is called.
pub(super) fn is_function(arena: &Arena, mut node: NodeId) -> bool {
    while let NodeKind::Cast { value, .. } = arena.kind(node) {
        node = value;
    }
    matches!(arena.kind(node), NodeKind::Closure(_))
}

impl<'a> Linker<'a> {
    pub(super) fn new(project: &'a Project, facts: &'a [Arc<FileFacts>], knowledge: &'a Knowledge, modules: Modules) -> Linker<'a> {
        Linker {
            project,
            facts,
            knowledge,
            modules,
            scopes: facts.iter().map(|facts| FileScopes::of(facts)).collect(),
            apis: ApiTable::new(knowledge),
            values: ValueTable::new(),
            node_values: facts.iter().map(|facts| vec![UNKNOWN; facts.arena.len()]).collect(),
            import_targets: Vec::new(),
            frameworks_of: Vec::new(),
            package_frameworks: FxHashMap::default(),
            extensions_of: Vec::new(),
            generated: FxHashMap::default(),
            import_values: FxHashMap::default(),
            member_values: FxHashMap::default(),
            exported_variables: FxHashMap::default(),
            re_exports_open: 0,
            circle: Circle::default(),
            patterns_open: 0,
            globs_open: FxHashSet::default(),
            variable_values: FxHashMap::default(),
            states: FxHashMap::default(),
            hints: FxHashMap::default(),
            hinted_by: FxHashMap::default(),
            offers: None,
            stale: FxHashSet::default(),
            restarted: FxHashSet::default(),
            classes: FxHashMap::default(),
            linearisations: FxHashMap::default(),
            impls: FxHashMap::default(),
            impl_members: FxHashMap::default(),
            assigned: FxHashMap::default(),
            properties: FxHashMap::default(),
            given: FxHashMap::default(),
            given_open: FxHashSet::default(),
            held: Held::default(),
            class_names: None,
            reverse_rows: None,
            mixed_in: FxHashMap::default(),
            named_files: FxHashMap::default(),
            judged_by_name: FxHashSet::default(),
            frames: Vec::new(),
            depth: 0,
            implicit: FxHashSet::default(),
            registrations: Vec::new(),
            registered: FxHashSet::default(),
            text_names: None,
            current_member: None,
            current_callee: None,
            wants_method: false,
            block_traits: FxHashMap::default(),
            param_values: FxHashMap::default(),
            derefs: 0,
            spared: Spared::default(),
        }
    }

    /// Walks every body; then once more those whose parameters have learnt something since.
    pub(super) fn evaluate_all(&mut self) {
        let all: Vec<GlobalDef> = self
            .facts
            .iter()
            .enumerate()
            .flat_map(|(file, facts)| facts.definitions().map(move |(def, _)| GlobalDef { file: FileId(file as u32), def }))
            .collect();
        let modules = all.iter().filter(|id| id.def == DefId::MODULE);
        for &module in modules {
            self.run(module);
        }
        for &def in &all {
            self.run(def);
        }
        for _ in 0..2 {
            let mut stale: Vec<GlobalDef> = self.stale.drain().collect();
            if stale.is_empty() {
                break;
            }
            stale.sort_unstable();
            for function in &stale {
                self.states.remove(function);
            }
            self.restarted.extend(&stale);
            for function in stale {
                self.run(function);
            }
        }
    }

    pub(super) fn family(&self, file: FileId) -> Family {
        self.facts[file.index()].language.family()
    }

    pub(super) fn get(&self, id: ValueId) -> Value {
        self.values.get(id)
    }

    pub(super) fn value(&mut self, value: Value) -> ValueId {
        self.values.intern(value)
    }

    /// The value of an access path in code of a family.
    pub(super) fn api(&mut self, path: &str, family: Family) -> ValueId {
        let api = self.apis.intern(path, family);
        self.values.intern(Value::Api { api, subject: None, guessed: false })
    }

    pub(super) fn join(&self, a: ValueId, b: ValueId) -> ValueId {
        if a == UNKNOWN { b } else { a }
    }

    /// What the project keeps in the global object of JavaScript, under a name of its own.
    fn is_kept_globally(&self, value: ValueId) -> bool {
        let Value::Api { api, .. } = self.get(value) else { return false };
        let path = self.apis.path(api);
        ["globalThis.", "global."].iter().any(|object| path.starts_with(object)) && !self.apis.is_known(api)
    }

    fn is_class_of_python(&self, value: ValueId) -> bool {
        let is_class = |def: GlobalDef| self.facts[def.file.index()].def(def.def).kind == DefKind::Class;
        matches!(self.get(value), Value::Def(class) if self.family(class.file) == Family::Python && is_class(class))
    }

    /// What a node stands for; remembers it.
    pub(super) fn eval(&mut self, node: NodeId) -> ValueId {
        if self.depth >= DEEPEST_NODE {
            return UNKNOWN;
        }
        self.depth += 1;
        let value = self.eval_kind(node);
        self.depth -= 1;
        let file = self.here().file;
        if value != UNKNOWN {
            self.node_values[file.index()][node.index()] = value;
        }
        value
    }

    fn eval_kind(&mut self, node: NodeId) -> ValueId {
        let file = self.here().file;
        let facts = &self.facts[file.index()];
        let arena = &facts.arena;
        match arena.kind(node) {
            NodeKind::Name(name) => self.lookup(name),
            NodeKind::Receiver => self.receiver(),
            NodeKind::Super => UNKNOWN,
            NodeKind::Member { object, name, .. } => self.eval_member(node, object, facts.text(name)),
            NodeKind::Index { object, index } => {
                let value = self.eval(object);
                self.eval(index);
                let held = self.held_item(value, facts.string(index));
                match () {
                    () if held != UNKNOWN => held,
                    // `Repository[User](session)`: the class itself.
                    () if self.is_class_of_python(value) && facts.string(index).is_none() => value,
                    () => self.element_at(value, facts.string(index)),
                }
            }
            NodeKind::Call { callee, args, form } => match form {
                CallForm::Pattern => UNKNOWN,
                _ => self.eval_call(node, callee, args, form),
            },
            NodeKind::Argument { value, .. } | NodeKind::Await(value) | NodeKind::Propagate(value) => self.eval(value),
            NodeKind::Spread { value, .. } => {
                self.eval(value);
                UNKNOWN
            }
            NodeKind::Str(_) => self.builtin(file, "str"),
            NodeKind::Text { parts, .. } => {
                arena.list(parts).for_each(|part| {
                    self.eval(part);
                });
                self.builtin(file, "str")
            }
            NodeKind::Number(_) => self.builtin(file, "int"),
            NodeKind::Bool(_) => self.builtin(file, "bool"),
            NodeKind::Bytes(_) | NodeKind::Null | NodeKind::Regex(_) | NodeKind::Continue => UNKNOWN,
            NodeKind::Unary { value, .. } => self.eval(value),
            NodeKind::Binary { op, left, right } => {
                let a = self.eval(left);
                let b = self.eval(right);
                match op {
                    _ if op.is_test() => self.builtin(file, "bool"),
                    // `globalThis.prisma ?? new PrismaClient()`: what is kept there is what was made here before.
                    BinaryOp::Or | BinaryOp::Coalesce if b != UNKNOWN && self.is_kept_globally(a) => b,
                    _ => self.join(a, b),
                }
            }
            NodeKind::Collection { kind, items } => self.eval_collection(node, kind, items),
            NodeKind::Entry { key, value } => {
                self.eval(key);
                self.eval(value)
            }
            NodeKind::Closure(def) => {
                let closure = GlobalDef { file, def };
                self.run(closure);
                self.value(Value::Def(closure))
            }
            NodeKind::Define(def) => {
                self.define(def);
                self.value(Value::Def(GlobalDef { file, def }))
            }
            NodeKind::If { condition, then, otherwise } => {
                self.eval(condition);
                let a = self.eval(then);
                let b = otherwise.map_or(UNKNOWN, |otherwise| self.eval(otherwise));
                self.join(a, b)
            }
            NodeKind::Loop { kind, target, source, body, .. } => {
                let value = source.map_or(UNKNOWN, |source| self.eval(source));
                if let (Some(target), Some(source)) = (target, source) {
                    self.bind_loop(target, source, value);
                }
                let body = self.eval(body);
                if kind == LoopKind::Comprehension { self.value(Value::Collection(body)) } else { UNKNOWN }
            }
            NodeKind::Block { items, value } => {
                let mut last = UNKNOWN;
                for item in arena.list(items) {
                    last = self.eval(item);
                }
                if value { last } else { UNKNOWN }
            }
            NodeKind::Match { subject, arms } => {
                let subject = self.eval(subject);
                let mut result = UNKNOWN;
                for arm in arena.list(arms) {
                    if let NodeKind::Arm { pattern, guard, body } = arena.kind(arm) {
                        self.bind(pattern, subject);
                        if let Some(guard) = guard {
                            self.eval(guard);
                        }
                        let value = self.eval(body);
                        result = self.join(result, value);
                    }
                }
                result
            }
            NodeKind::Handler { types, binding, body } => {
                let mut value = UNKNOWN;
                for kind in arena.list(types) {
                    let instance = self.type_value(kind);
                    value = self.join(value, instance);
                }
                if let Some(binding) = binding {
                    self.bind(binding, value);
                }
                self.eval(body);
                UNKNOWN
            }
            NodeKind::Assign { target, value, op } => {
                let result = self.eval(value);
                match op {
                    AssignOp::Augment(_) => {
                        self.eval(target);
                    }
                    _ => {
                        if let (AssignOp::Set, NodeKind::Member { object, .. }) = (op, arena.kind(target)) {
                            self.eval(object);
                        } else if let NodeKind::Index { .. } = arena.kind(target) {
                            self.eval(target);
                        }
                        self.bind(target, result);
                    }
                }
                result
            }
            NodeKind::Declare { target, annotation, value, .. } => {
                let found = value.map_or(UNKNOWN, |value| self.eval(value));
                let declared = annotation.map_or(UNKNOWN, |annotation| self.type_value(annotation));
                let result = if value.is_some_and(|value| is_function(arena, value)) { found } else { self.declared_as(declared, found) };
                self.bind(target, result);
                result
            }
            NodeKind::Return(value) | NodeKind::Yield(value) => {
                let result = value.map_or(UNKNOWN, |value| self.eval(value));
                let is_return = matches!(arena.kind(node), NodeKind::Return(_));
                if let Some(frame) = self.frames.last_mut() {
                    let slot = if is_return { &mut frame.returns } else { &mut frame.yields };
                    if *slot == UNKNOWN {
                        *slot = result;
                    }
                }
                UNKNOWN
            }
            NodeKind::Cast { value: given, to } => {
                let value = self.eval(given);
                let declared = self.type_value(to);
                if is_function(arena, given) { value } else { self.declared_as(declared, value) }
            }
            NodeKind::Apply { base, args } => {
                let value = self.eval(base);
                let subject = arena.list(args).filter_map(|arg| self.class_of_type(arg)).last();
                match (self.get(value), subject) {
                    (Value::Api { api, guessed, .. }, Some(_)) => self.value(Value::Api { api, subject, guessed }),
                    _ => value,
                }
            }
            NodeKind::Raise(_)
            | NodeKind::Break(_)
            | NodeKind::Assert(_)
            | NodeKind::Try { .. }
            | NodeKind::With { .. }
            | NodeKind::Arm { .. }
            | NodeKind::Union(_)
            | NodeKind::Other(_) => {
                let mut children = Vec::new();
                arena.children(node, |child| children.push(child));
                let mut result = UNKNOWN;
                for child in children {
                    let value = self.eval(child);
                    result = self.join(result, value);
                }
                if matches!(arena.kind(node), NodeKind::Other(_)) { result } else { UNKNOWN }
            }
        }
    }

    fn define(&mut self, def: DefId) {
        let Some(frame) = self.frames.last_mut() else { return };
        if frame.def == DefId::MODULE {
            return;
        }
        frame.pending.push(def);
    }

    fn eval_collection(&mut self, node: NodeId, kind: CollectionKind, items: crate::model::body::List) -> ValueId {
        let file = self.here().file;
        let arena = &self.facts[file.index()].arena;
        let mut first = UNKNOWN;
        for item in arena.list(items) {
            let value = self.eval(item);
            first = self.join(first, value);
        }
        match kind {
            CollectionKind::Dict | CollectionKind::Tuple => self.value(Value::Literal(file, node)),
            CollectionKind::List | CollectionKind::Set => self.value(Value::Collection(first)),
        }
    }
}

impl Frame {
    pub(super) fn new(at: GlobalDef, parent: Option<usize>) -> Frame {
        Frame { file: at.file, def: at.def, locals: FxHashMap::default(), returns: UNKNOWN, yields: UNKNOWN, pending: Vec::new(), parent }
    }
}
