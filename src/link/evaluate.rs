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
use super::scopes::{Binding, FileScopes, MembersByName};
use super::tables::{ApiTable, UNKNOWN, ValueTable};
use crate::model::body::{Arena, AssignOp, CallForm, CollectionKind, LoopKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, Name, ParamKind};
use crate::model::knowledge::Knowledge;
use crate::model::program::{Value, ValueId};
use crate::model::project::Project;
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};

/// Deepest nesting of nodes that is evaluated; lowering caps real nesting far below, only unrolled chains come near.
const DEEPEST_NODE: u32 = 3000;
/// Longest chain of functions asked for their result on demand.
const DEEPEST_DEMAND: usize = 40;

/// One function (or module) being walked.
pub(super) struct Frame {
    pub(super) file: FileId,
    pub(super) def: DefId,
    pub(super) locals: FxHashMap<Name, ValueId>,
    returns: ValueId,
    yields: ValueId,
    /// Nested functions seen so far: walked at the end, when all locals are known.
    pending: Vec<DefId>,
    /// The frame whose locals this one sees (its enclosing function).
    parent: Option<usize>,
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
    /// How many modules the name that is looked for was followed through.
    pub(super) re_exports_open: u32,
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
    /// Files by what a file that loads them from a folder calls them.
    pub(super) named_files: FxHashMap<(FileId, String), Arc<[FileId]>>,
    /// The files that were looked at for it.
    pub(super) judged_by_name: FxHashSet<FileId>,
    pub(super) frames: Vec<Frame>,
    depth: u32,
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
}

/// The families of the files' languages, each once.
fn families(facts: &[Arc<FileFacts>]) -> Vec<Family> {
    let mut found: Vec<Family> = Vec::new();
    for family in facts.iter().map(|facts| facts.language.family()) {
        if !found.contains(&family) {
            found.push(family);
        }
    }
    found
}

/// A function written here. Whatever type it is given, `const show: RequestHandler = (request, response) => …`, it is this function that is called.
fn is_function(arena: &Arena, mut node: NodeId) -> bool {
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
            apis: ApiTable::new(knowledge, families(facts)),
            values: ValueTable::new(),
            node_values: facts.iter().map(|facts| vec![UNKNOWN; facts.arena.len()]).collect(),
            import_targets: Vec::new(),
            frameworks_of: Vec::new(),
            package_frameworks: FxHashMap::default(),
            extensions_of: Vec::new(),
            generated: FxHashMap::default(),
            import_values: FxHashMap::default(),
            member_values: FxHashMap::default(),
            re_exports_open: 0,
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

    /// The value of an access path.
    pub(super) fn api(&mut self, path: &str) -> ValueId {
        let api = self.apis.intern(path);
        self.values.intern(Value::Api { api, subject: None, guessed: false })
    }

    pub(super) fn join(&self, a: ValueId, b: ValueId) -> ValueId {
        if a == UNKNOWN { b } else { a }
    }

    /// Runs `work` with a frame in which the static scope is `def` (for annotations, base classes, module variables).
    pub(super) fn within<T>(&mut self, at: GlobalDef, work: impl FnOnce(&mut Linker<'a>) -> T) -> T {
        let parent = self.frame_of(GlobalDef { file: at.file, def: self.facts[at.file.index()].def(at.def).parent });
        self.frames.push(Frame::new(at, parent));
        let depth = std::mem::take(&mut self.depth);
        let result = work(self);
        self.depth = depth;
        self.frames.pop();
        result
    }

    /// The open frame of a function, for the closures and nested functions that see its locals.
    fn frame_of(&self, function: GlobalDef) -> Option<usize> {
        if function.def == DefId::MODULE {
            return None;
        }
        self.frames.iter().rposition(|frame| frame.file == function.file && frame.def == function.def)
    }

    pub(super) fn here(&self) -> GlobalDef {
        match self.frames.last() {
            Some(frame) => GlobalDef { file: frame.file, def: frame.def },
            None => GlobalDef { file: FileId(0), def: DefId::MODULE },
        }
    }

    /// Walks a body unless it is walked already; gives what it returns (or yields).
    pub(super) fn run(&mut self, function: GlobalDef) -> ValueId {
        match self.states.get(&function) {
            Some(State::Open) => return UNKNOWN,
            Some(&State::Done(result)) => return result,
            None => {}
        }
        if self.frames.len() > DEEPEST_DEMAND {
            return UNKNOWN;
        }
        let facts = &self.facts[function.file.index()];
        let def = facts.def(function.def);
        self.states.insert(function, State::Open);
        let parent = self.enclosing_frame(function);
        self.frames.push(Frame::new(function, parent));
        let depth = std::mem::take(&mut self.depth);
        for &decorator in &def.decorators {
            self.eval(decorator);
        }
        self.hint_decorated(function);
        self.bind_parameters(function);
        // Frameworks read what a handler says that it gives.
        if let (false, Some(annotation)) = (def.decorators.is_empty(), def.annotation) {
            self.type_value(annotation);
        }
        let mut result = UNKNOWN;
        match def.body {
            Some(body) => {
                let last = self.eval(body);
                if matches!(facts.arena.kind(body), NodeKind::Block { value: true, .. }) {
                    result = last;
                }
            }
            None => {
                // Fields and variables: their value may hold closures nobody else walks.
                if matches!(def.kind, DefKind::Field)
                    && let Some(value) = def.value
                {
                    self.eval(value);
                }
            }
        }
        self.walk_pending();
        if let Some(frame) = self.frames.pop() {
            result = self.join(result, frame.returns);
            result = self.join(result, frame.yields);
        }
        self.depth = depth;
        self.states.insert(function, State::Done(result));
        result
    }

    /// The open frame of the nearest enclosing function (through the class of a method in a function).
    fn enclosing_frame(&self, function: GlobalDef) -> Option<usize> {
        let facts = &self.facts[function.file.index()];
        let mut at = facts.def(function.def).parent;
        for _ in 0..8 {
            if at == DefId::MODULE {
                return None;
            }
            if let Some(frame) = self.frame_of(GlobalDef { file: function.file, def: at }) {
                return Some(frame);
            }
            at = facts.def(at).parent;
        }
        None
    }

    fn walk_pending(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        let (file, pending) = (frame.file, std::mem::take(&mut frame.pending));
        for def in pending {
            self.run(GlobalDef { file, def });
            let facts = &self.facts[file.index()];
            if super::scopes::is_class_like(facts.def(def).kind) {
                let methods: Vec<DefId> = facts
                    .definitions()
                    .skip(def.index() + 1)
                    .filter(|(_, member)| member.parent == def && member.kind == DefKind::Method)
                    .map(|(id, _)| id)
                    .collect();
                for method in methods {
                    self.run(GlobalDef { file, def: method });
                }
            }
        }
    }

    fn bind_parameters(&mut self, function: GlobalDef) {
        let facts = &self.facts[function.file.index()];
        let def = facts.def(function.def);
        let mut position = 0;
        for param in &def.params {
            for &decorator in &param.decorators {
                self.eval(decorator);
            }
            if param.kind == ParamKind::Receiver {
                continue;
            }
            let default = param.default.map_or(UNKNOWN, |default| self.eval(default));
            let mut value = match param.annotation {
                Some(annotation) => self.type_value(annotation),
                None => UNKNOWN,
            };
            if value == UNKNOWN {
                value = default;
            }
            if value == UNKNOWN || matches!(self.get(value), Value::Literal(..)) {
                let hint = self.hints.get(&function).and_then(|hints| hints.get(position)).copied().unwrap_or(UNKNOWN);
                value = self.declared_as(value, hint);
            }
            match param.kind {
                ParamKind::Rest if value != UNKNOWN && !matches!(self.get(value), Value::Collection(_)) => {
                    value = self.value(Value::Collection(value));
                }
                ParamKind::KeywordRest if value != UNKNOWN => value = self.value(Value::Mapping(value)),
                _ => {}
            }
            if value == UNKNOWN
                && let Some(name) = param.name
            {
                value = self.meant_by_name(function, facts.text(name), param.annotation.is_some());
            }
            if let Some(name) = param.name
                && let Some(frame) = self.frames.last_mut()
            {
                frame.locals.insert(name, value);
            }
            if let Some(pattern) = param.pattern {
                self.bind(pattern, value);
            }
            position += 1;
        }
    }

    /// Remembers what a caller passes for an unannotated parameter (zero-based, receiver not counted).
    pub(super) fn hint(&mut self, function: GlobalDef, position: usize, value: ValueId) {
        if value == UNKNOWN || position >= 16 {
            return;
        }
        let def = self.facts[function.file.index()].def(function.def);
        let param = def.params.iter().filter(|param| param.kind != ParamKind::Receiver).nth(position);
        if param.is_none_or(|param| param.annotation.is_some() || param.kind != ParamKind::Normal) {
            return;
        }
        if let Some(offers) = &mut self.offers {
            offers.insert((function, position, value));
        }
        let here = self.here();
        let hints = self.hints.entry(function).or_default();
        if hints.len() <= position {
            hints.resize(position + 1, UNKNOWN);
        }
        if hints[position] == UNKNOWN {
            hints[position] = value;
            self.hinted_by.insert((function, position), here);
            if self.states.contains_key(&function) {
                self.stale.insert(function);
            }
        }
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
                if held != UNKNOWN { held } else { self.element_at(value, facts.string(index)) }
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
                if op.is_test() { self.builtin(file, "bool") } else { self.join(a, b) }
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
        self.api(name)
    }

    /// The receiver of the method we are in: an instance of its class, or the class itself in class methods.
    fn receiver(&mut self) -> ValueId {
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
    fn lookup(&mut self, name: Name) -> ValueId {
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
                    return self.api(&format!("builtins.{name}"));
                }
                UNKNOWN
            }
            Family::TypeScript => match name {
                "string" | "number" | "boolean" | "bigint" => self.api(&format!("builtins.{name}")),
                _ => self.api(name),
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
                    let target = self.alias_target(id, value);
                    if target == UNKNOWN { self.value(Value::Def(id)) } else { target }
                }
                None => self.value(Value::Def(id)),
            },
            DefKind::Variant => {
                let class = GlobalDef { file: id.file, def: def.parent };
                self.value(Value::Instance { class, argument: UNKNOWN })
            }
            _ => self.value(Value::Def(id)),
        }
    }

    /// The class or API behind `type X = Y`.
    fn alias_target(&mut self, id: GlobalDef, value: NodeId) -> ValueId {
        if let Some(known) = self.variable_values.get(&id) {
            return known.unwrap_or(UNKNOWN);
        }
        self.variable_values.insert(id, None);
        let result = self.within(GlobalDef { file: id.file, def: self.facts[id.file.index()].def(id.def).parent }, |linker| {
            let instance = linker.type_value(value);
            match linker.get(instance) {
                Value::Instance { class, .. } => linker.value(Value::Def(class)),
                // `type Req = Request & { user: User }`: what an instance of it can do, a `Request` can.
                Value::Api { api, subject, guessed } => match linker.apis.path(api).strip_suffix("()").map(str::to_string) {
                    Some(class) => {
                        let api = linker.apis.intern(&class);
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
                let api = self.apis.intern(&convention.api);
                self.value(Value::Api { api, subject: None, guessed: true })
            }
            None => UNKNOWN,
        }
    }
}

impl Frame {
    fn new(at: GlobalDef, parent: Option<usize>) -> Frame {
        Frame { file: at.file, def: at.def, locals: FxHashMap::default(), returns: UNKNOWN, yields: UNKNOWN, pending: Vec::new(), parent }
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
