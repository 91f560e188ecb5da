//! Classes: bases, members through the hierarchy, `impl` blocks, attributes assigned to the receiver.

use rustc_hash::{FxHashMap, FxHashSet};

use super::evaluate::Linker;
use super::scopes::is_class_like;
use super::tables::UNKNOWN;
use crate::model::body::{AssignOp, CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, Definition, FileFacts};
use crate::model::knowledge::{ApiFact, RoleSign};
use crate::model::program::{ApiId, Value, ValueId};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};

/// What a class extends.
#[derive(Clone, Default)]
pub(super) struct ClassInfo {
    /// Project classes, interfaces and traits it extends or implements, in order.
    pub(super) bases: Vec<GlobalDef>,
    /// Bases outside the project, as access paths of the classes.
    pub(super) outside: Vec<ApiId>,
    /// Value of the first type argument given to a base (`class Users(Repository[User])`).
    pub(super) argument: ValueId,
}

/// Most classes looked at in one hierarchy.
const WIDEST_HIERARCHY: usize = 64;
/// Most literals that are spread into one another and looked at for one member.
const MOST_SPREADS: usize = 32;

impl<'a> Linker<'a> {
    /// Reads every `impl` block: self type → blocks, trait → implementors.
    pub(super) fn collect_impls(&mut self) {
        for file in 0..self.facts.len() {
            let file = FileId(file as u32);
            for def in self.scopes[file.index()].impls.clone() {
                let block = GlobalDef { file, def };
                if let Some(class) = self.impl_type(block) {
                    self.impls.entry(class).or_default().push(block);
                    for (name, member) in self.scopes[file.index()].members(def) {
                        self.impl_members.entry(class).or_default().entry(name).or_default().push((block, member));
                    }
                }
            }
        }
    }

    /// What the `impl` blocks of a type declare under a name, in the order of the blocks.
    pub(super) fn members_of_impls(&self, class: GlobalDef, name: &str) -> &[(GlobalDef, DefId)] {
        self.impl_members.get(&class).and_then(|members| members.get(name)).map_or(&[], Vec::as_slice)
    }

    /// The type an `impl` block is for.
    pub(super) fn impl_type(&mut self, block: GlobalDef) -> Option<GlobalDef> {
        let def = self.facts[block.file.index()].def(block.def);
        let base = *def.implements.first().or(def.bases.first())?;
        let value = self.within(block, |linker| linker.type_value(base));
        match self.get(value) {
            Value::Instance { class, .. } => Some(class),
            _ => None,
        }
    }

    /// What a class extends, evaluated once; circles end empty.
    pub(super) fn class_info(&mut self, class: GlobalDef) -> ClassInfo {
        if let Some(known) = self.classes.get(&class) {
            return known.clone().unwrap_or_default();
        }
        self.classes.insert(class, None);
        let mut info = ClassInfo::default();
        let def = self.facts[class.file.index()].def(class.def);
        let scope = GlobalDef { file: class.file, def: def.parent };
        let nodes: Vec<NodeId> = def.bases.iter().chain(&def.implements).copied().collect();
        self.add_bases(&mut info, scope, &nodes);
        for block in self.impls.get(&class).cloned().unwrap_or_default() {
            let block_def = self.facts[block.file.index()].def(block.def);
            let traits: Vec<NodeId> = block_def.bases.iter().skip(1).copied().collect();
            let scope = GlobalDef { file: block.file, def: block_def.parent };
            self.add_bases(&mut info, scope, &traits);
        }
        self.classes.insert(class, Some(info.clone()));
        info
    }

    fn add_bases(&mut self, info: &mut ClassInfo, scope: GlobalDef, nodes: &[NodeId]) {
        for &node in nodes {
            let value = self.within(scope, |linker| linker.base_value(node));
            match self.get(value) {
                Value::Instance { class, argument } => {
                    info.bases.push(class);
                    info.argument = self.join(info.argument, argument);
                }
                Value::Api { api, subject, .. } => {
                    if self.family(scope.file) == Family::Python {
                        info.bases.extend(self.mixed_in(api));
                    }
                    info.outside.push(api);
                    if let Some(class) = subject {
                        let argument = self.value(Value::Instance { class, argument: UNKNOWN });
                        info.argument = self.join(info.argument, argument);
                    }
                }
                _ => {}
            }
        }
    }

    /// A base class expression: an instance for project classes, the class path for outside ones.
    pub(super) fn base_value(&mut self, node: NodeId) -> ValueId {
        let here = self.here();
        let facts = &self.facts[here.file.index()];
        match facts.arena.kind(node) {
            NodeKind::Argument { .. } => UNKNOWN,
            NodeKind::Apply { base, args } | NodeKind::Call { callee: base, args, .. } if self.is_plain_base(base) => {
                let subject = facts.arena.list(args).filter_map(|arg| self.class_of_type(arg)).next();
                let argument = match subject {
                    Some(class) => self.value(Value::Instance { class, argument: UNKNOWN }),
                    None => UNKNOWN,
                };
                let value = self.base_value(base);
                let is_call = matches!(facts.arena.kind(node), NodeKind::Call { .. });
                // Of which classes it is made, data flow asks: `extends IntersectionType(Page, Shop)`.
                if is_call && self.family(here.file) == Family::TypeScript {
                    for arg in facts.arena.list(args) {
                        self.eval(arg);
                    }
                }
                match self.get(value) {
                    Value::Instance { class, .. } => self.value(Value::Instance { class, argument }),
                    // `class Base(declarative_base())`, `extends PartialType(Dto)`: what the call gives.
                    Value::Api { api, .. } if is_call => {
                        let api = self.apis.step(api, "()");
                        self.value(Value::Api { api, subject: None, guessed: false })
                    }
                    Value::Api { api, guessed, .. } => self.value(Value::Api { api, subject, guessed }),
                    _ => value,
                }
            }
            NodeKind::Index { object, index } => {
                let subject = self.class_of_type(index);
                let argument = match subject {
                    Some(class) => self.value(Value::Instance { class, argument: UNKNOWN }),
                    None => UNKNOWN,
                };
                let value = self.base_value(object);
                match self.get(value) {
                    Value::Instance { class, .. } => self.value(Value::Instance { class, argument }),
                    Value::Api { api, guessed, .. } => self.value(Value::Api { api, subject, guessed }),
                    _ => value,
                }
            }
            _ => {
                let value = self.eval(node);
                match self.get(value) {
                    Value::Def(class) if is_class_like(self.facts[class.file.index()].def(class.def).kind) => {
                        self.value(Value::Instance { class, argument: UNKNOWN })
                    }
                    _ => value,
                }
            }
        }
    }

    fn is_plain_base(&self, base: NodeId) -> bool {
        let here = self.here();
        matches!(self.facts[here.file.index()].arena.kind(base), NodeKind::Name(_) | NodeKind::Member { .. })
    }

    /// A class and everything it extends in the project, in the order in which members are looked for: in Python that of the C3
    /// linearisation (Barrett et al., *A Monotonic Superclass Linearization for Dylan*, OOPSLA 1996; docs.python.org, "The
    /// Python 2.3 Method Resolution Order"), elsewhere, and where C3 finds none, nearest first.
    pub(super) fn hierarchy(&mut self, class: GlobalDef) -> Vec<GlobalDef> {
        if self.family(class.file) == Family::Python {
            let bases = self.class_info(class).bases;
            if bases.len() > 1
                && let Some(order) = self.linearised(class, &mut Vec::new())
            {
                return order;
            }
        }
        let mut order = vec![class];
        let mut at = 0;
        while at < order.len() && order.len() < WIDEST_HIERARCHY {
            for base in self.class_info(order[at]).bases {
                if !order.contains(&base) {
                    order.push(base);
                }
            }
            at += 1;
        }
        order
    }

    /// The C3 linearisation; `None` when the bases contradict each other or form a circle. Bases outside the project are left out.
    fn linearised(&mut self, class: GlobalDef, open: &mut Vec<GlobalDef>) -> Option<Vec<GlobalDef>> {
        if open.contains(&class) || open.len() >= WIDEST_HIERARCHY {
            return None;
        }
        if let Some(known) = self.linearisations.get(&class) {
            return known.clone();
        }
        let bases = self.class_info(class).bases;
        open.push(class);
        // The first that has none decides: to ask the others too would take twice as long at each level of a hierarchy that is too deep.
        let sequences: Option<Vec<Vec<GlobalDef>>> = bases.iter().map(|&base| self.linearised(base, open)).collect();
        open.pop();
        let order = sequences.and_then(|mut sequences| {
            sequences.push(bases);
            merge(class, sequences)
        });
        // Whoever asks first, from above or from below: a hierarchy of more classes has none, so that ten thousand levels do not keep ten thousand lists of them.
        let order = order.filter(|order| order.len() <= WIDEST_HIERARCHY);
        // What a circle cut short is not remembered.
        if open.is_empty() || order.is_some() {
            self.linearisations.insert(class, order.clone());
        }
        order
    }

    /// Some method of the class, or of what it extends, assigns this attribute to its receiver.
    pub(super) fn has_assigned(&mut self, class: GlobalDef, name: &str) -> bool {
        self.hierarchy(class).into_iter().any(|owner| {
            if !self.assigned.contains_key(&owner) {
                let table = self.collect_assigned(owner);
                self.assigned.insert(owner, table);
            }
            self.assigned.get(&owner).is_some_and(|table| table.contains_key(name))
        })
    }

    /// The definition of a member, through `impl` blocks and bases.
    pub(super) fn find_member(&mut self, class: GlobalDef, name: &str) -> Option<GlobalDef> {
        if let Some(own) = self.own_member(class, name) {
            return Some(own);
        }
        let hierarchy = self.hierarchy(class);
        hierarchy.into_iter().skip(1).find_map(|base| self.own_member(base, name))
    }

    /// A member declared by the class itself or one of its `impl` blocks.
    pub(super) fn own_member(&self, class: GlobalDef, name: &str) -> Option<GlobalDef> {
        if let Some(def) = self.scopes[class.file.index()].member(class.def, name) {
            return Some(GlobalDef { file: class.file, def });
        }
        self.members_of_impls(class, name).first().map(|&(block, def)| GlobalDef { file: block.file, def })
    }

    /// `value.name`.
    pub(super) fn member(&mut self, value: ValueId, name: &str) -> ValueId {
        match self.get(value) {
            Value::Module(module) => self.module_member(module, name).unwrap_or(UNKNOWN),
            Value::Namespace(path) => {
                let path = self.apis.path(path).to_string();
                self.namespace_member(&path, name)
            }
            Value::Def(def) => self.static_member(def, name),
            Value::Instance { class, argument } => self.instance_member(class, argument, name),
            Value::Api { api, subject, guessed } => {
                if let Some(class) = subject
                    && self.is_wrapper(api)
                {
                    return self.instance_member(class, UNKNOWN, name);
                }
                // `device.interfaces.all()`: what hangs on an attribute of an instance is no longer about the instance's class.
                let subject = subject.filter(|_| !self.is_attribute(api));
                let holder = api;
                let api = self.apis.step_name(api, name);
                if !self.apis.is_known(api)
                    && let held = self.held(holder, name)
                    && held != UNKNOWN
                {
                    return held;
                }
                self.value(Value::Api { api, subject, guessed })
            }
            Value::Literal(file, node) => self.literal_member(file, node, name, &mut Vec::new()),
            Value::Unknown | Value::Method { .. } | Value::Collection(_) | Value::Mapping(_) => UNKNOWN,
        }
    }

    /// The path is an attribute of an instance: `Model().interfaces`.
    pub(super) fn is_attribute(&self, api: ApiId) -> bool {
        let path = self.apis.path(api);
        path.contains("().") && !path.ends_with([')', ']'])
    }

    /// A Rust extractor around a type derefs to it (`Json<User>`: `.name` is the user's).
    fn is_wrapper(&mut self, api: ApiId) -> bool {
        let Some(class) = self.apis.path(api).strip_suffix("()") else { return false };
        let class = class.to_string();
        let class = self.apis.intern_beside(api, &class);
        self.apis.facts(class).any(|(fact, _)| matches!(fact, ApiFact::ParameterSource(_)))
    }

    /// `{ a: 1 }.a`. `seen` are the literals looked at on the way: `state = { ...state, a: 1 }` holds itself.
    fn literal_member(&mut self, file: FileId, node: NodeId, name: &str, seen: &mut Vec<(FileId, NodeId)>) -> ValueId {
        if seen.contains(&(file, node)) || seen.len() > MOST_SPREADS {
            return UNKNOWN;
        }
        seen.push((file, node));
        let facts = &self.facts[file.index()];
        let NodeKind::Collection { kind: CollectionKind::Dict, items } = facts.arena.kind(node) else { return UNKNOWN };
        for item in facts.arena.list(items) {
            match facts.arena.kind(item) {
                NodeKind::Entry { key, value } if facts.string(key) == Some(name) => {
                    return self.node_values[file.index()][value.index()];
                }
                NodeKind::Spread { value, .. } => {
                    let inner = self.node_values[file.index()][value.index()];
                    if let Value::Literal(file, node) = self.get(inner) {
                        let found = self.literal_member(file, node, name, seen);
                        if found != UNKNOWN {
                            return found;
                        }
                    }
                }
                _ => {}
            }
        }
        self.given_property(file, node, name)
    }

    /// `Class.name`, `Enum::Variant`, `Type::function`.
    pub(super) fn static_member(&mut self, def: GlobalDef, name: &str) -> ValueId {
        let kind = self.facts[def.file.index()].def(def.def).kind;
        if !is_class_like(kind) {
            return self.function_property(def, name);
        }
        if let Some(method) = self.method_among_blocks(def, name) {
            return self.value(Value::Method { method, receiver: def });
        }
        if let Some(member) = self.find_member(def, name) {
            let found = self.facts[member.file.index()].def(member.def);
            return match found.kind {
                DefKind::Method if found.flags.has(DefFlags::CLASS_METHOD) || found.flags.has(DefFlags::STATIC) => {
                    self.value(Value::Method { method: member, receiver: def })
                }
                DefKind::Method if self.family(member.file) == Family::Rust => self.value(Value::Method { method: member, receiver: def }),
                DefKind::Method => self.value(Value::Def(member)),
                DefKind::Field => {
                    let value = self.variable(member);
                    self.about(value, def)
                }
                _ => self.def_value(member),
            };
        }
        self.outside_class_member(def, def, name, false)
    }

    /// A class attribute that speaks for its class: `objects = UserManager()` is about the model it stands in.
    fn about(&mut self, value: ValueId, class: GlobalDef) -> ValueId {
        match self.get(value) {
            Value::Api { api, subject: None, guessed } => self.value(Value::Api { api, subject: Some(class), guessed }),
            Value::Instance { class: manager, argument: UNKNOWN } if !self.class_info(manager).outside.is_empty() => {
                let argument = self.value(Value::Instance { class, argument: UNKNOWN });
                self.value(Value::Instance { class: manager, argument })
            }
            _ => value,
        }
    }

    /// `Tutorial.create = (…) => …` beside `const Tutorial = function (…) {}`: what JavaScript had before classes.
    fn function_property(&mut self, def: GlobalDef, name: &str) -> ValueId {
        let facts: &'a FileFacts = &self.facts[def.file.index()];
        if facts.language.family() != Family::TypeScript || facts.def(def.def).parent != DefId::MODULE {
            return UNKNOWN;
        }
        let own = facts.text(facts.def(def.def).name);
        let table = self.properties.entry(def.file).or_insert_with(|| top_level_properties(facts));
        let Some(&value) = table.get(&(own, name.to_string())) else { return UNKNOWN };
        let known = self.node_values[def.file.index()][value.index()];
        if known != UNKNOWN {
            return known;
        }
        match facts.arena.kind(value) {
            NodeKind::Closure(closure) => self.value(Value::Def(GlobalDef { file: def.file, def: closure })),
            _ => UNKNOWN,
        }
    }

    /// `instance.name`.
    fn instance_member(&mut self, class: GlobalDef, argument: ValueId, name: &str) -> ValueId {
        if std::mem::take(&mut self.wants_method)
            && let Some(method) = self.method_among_blocks(class, name)
        {
            return self.value(Value::Method { method, receiver: class });
        }
        if let Some(member) = self.find_member(class, name) {
            let found = self.facts[member.file.index()].def(member.def);
            return match found.kind {
                DefKind::Method if found.flags.has(DefFlags::GETTER) => {
                    let here = self.here();
                    self.implicit_here(here, member);
                    self.return_value(member, Some(class), argument)
                }
                DefKind::Method => self.value(Value::Method { method: member, receiver: class }),
                DefKind::Field => {
                    if argument != UNKNOWN && self.is_first_param(class, member) {
                        return argument;
                    }
                    let declared = self.variable(member);
                    if declared != UNKNOWN {
                        return declared;
                    }
                    let bounded = self.bounded_in_block(class, member);
                    if bounded != UNKNOWN {
                        return bounded;
                    }
                    let assigned = self.assigned_member(class, name);
                    if assigned != UNKNOWN { assigned } else { self.convention(class.file, name) }
                }
                _ => self.def_value(member),
            };
        }
        let assigned = self.assigned_member(class, name);
        if assigned != UNKNOWN {
            return assigned;
        }
        let target = self.through_deref(class, name);
        if target != UNKNOWN {
            return target;
        }
        let subject = match self.class_of(argument) {
            Some(given) => given,
            None => self.kept_rows(class).unwrap_or(class),
        };
        let outside = self.outside_class_member(class, subject, name, true);
        if outside != UNKNOWN { outside } else { self.convention(class.file, name) }
    }

    /// The rows a repository of the project keeps: `class Orders extends Repository<Order>`.
    fn kept_rows(&mut self, class: GlobalDef) -> Option<GlobalDef> {
        self.hierarchy(class).into_iter().find_map(|owner| {
            let info = self.class_info(owner);
            let is_repository = |fact: &ApiFact| matches!(fact, ApiFact::Role { role: Role::Repository, sign: RoleSign::Base, .. });
            let keeps = info.outside.iter().any(|&api| self.apis.facts(api).any(|(fact, _)| is_repository(fact)));
            self.class_of(info.argument).filter(|_| keeps)
        })
    }

    /// A member a base outside the project provides: the first base knowledge speaks of, else the first base.
    fn outside_class_member(&mut self, class: GlobalDef, subject: GlobalDef, name: &str, on_instance: bool) -> ValueId {
        let mut first = None;
        for base in self.hierarchy(class) {
            for api in self.class_info(base).outside {
                let owner = if on_instance { self.apis.step(api, "()") } else { api };
                let member = self.apis.step_name(owner, name);
                if self.apis.is_known(member) {
                    return self.value(Value::Api { api: member, subject: Some(subject), guessed: false });
                }
                first = first.or(Some(member));
            }
        }
        match first {
            Some(api) => self.value(Value::Api { api, subject: Some(subject), guessed: false }),
            None => UNKNOWN,
        }
    }

    /// An attribute some method assigns: `self.repo = repo`.
    fn assigned_member(&mut self, class: GlobalDef, name: &str) -> ValueId {
        for owner in self.hierarchy(class) {
            if !self.assigned.contains_key(&owner) {
                let table = self.collect_assigned(owner);
                self.assigned.insert(owner, table);
            }
            let Some(&(method, node)) = self.assigned.get(&owner).and_then(|table| table.get(name)) else { continue };
            self.run(GlobalDef { file: owner.file, def: method });
            let value = self.node_values[owner.file.index()][node.index()];
            if value != UNKNOWN {
                return value;
            }
        }
        UNKNOWN
    }

    /// All attributes assigned to the receiver in the methods of a class: name → (method, value node), constructor first.
    pub(super) fn collect_assigned(&self, class: GlobalDef) -> FxHashMap<&'a str, (DefId, NodeId)> {
        let facts = &self.facts[class.file.index()];
        let mut table = FxHashMap::default();
        if facts.language.family() == Family::Rust {
            return table;
        }
        let mut methods: Vec<DefId> = facts
            .definitions()
            .skip(class.def.index() + 1)
            .filter(|(_, def)| def.parent == class.def && def.kind == DefKind::Method && def.body.is_some())
            .map(|(id, _)| id)
            .collect();
        methods.sort_by_key(|&id| !matches!(facts.text(facts.def(id).name), "__init__" | "constructor" | "setUp"));
        for method in methods {
            let Some(body) = facts.def(method).body else { continue };
            facts.arena.walk(body, |node| {
                let (target, value) = match facts.arena.kind(node) {
                    NodeKind::Assign { target, value, op: AssignOp::Set | AssignOp::With } => (target, Some(value)),
                    NodeKind::Declare { target, value, annotation, .. } => (target, annotation.or(value)),
                    _ => return,
                };
                if let (NodeKind::Member { object, name, .. }, Some(value)) = (facts.arena.kind(target), value)
                    && matches!(facts.arena.kind(object), NodeKind::Receiver)
                {
                    // `self.client = None`, and another method makes it when it is first asked for.
                    let entry = table.entry(facts.text(name)).or_insert((method, value));
                    if matches!(facts.arena.kind(entry.1), NodeKind::Null) {
                        *entry = (method, value);
                    }
                }
            });
        }
        table
    }

    /// Direct subclasses and implementors of every class, for dispatch; of an interface also what makes an object of it: `const orders: Orders = { … }`,
    /// `function makeOrders(db): Orders { return { … } }`.
    pub(super) fn subclasses(&mut self) -> FxHashMap<GlobalDef, Vec<GlobalDef>> {
        let mut table: FxHashMap<GlobalDef, Vec<GlobalDef>> = FxHashMap::default();
        let mut seen: FxHashSet<(GlobalDef, GlobalDef)> = FxHashSet::default();
        for file in 0..self.facts.len() {
            let file = FileId(file as u32);
            let classes: Vec<DefId> = self.facts[file.index()]
                .definitions()
                .filter(|(_, def)| is_class_like(def.kind) && def.kind != DefKind::Impl)
                .map(|(id, _)| id)
                .collect();
            for def in classes {
                let class = GlobalDef { file, def };
                for base in self.class_info(class).bases {
                    if seen.insert((base, class)) {
                        table.entry(base).or_default().push(class);
                    }
                }
            }
            for (interface, maker) in self.makers(file) {
                table.entry(interface).or_default().push(maker);
            }
        }
        table
    }

    /// Functions and variables of a TypeScript file that make an object of an interface, with the interface.
    fn makers(&mut self, file: FileId) -> Vec<(GlobalDef, GlobalDef)> {
        let facts = &self.facts[file.index()];
        if facts.language.family() != Family::TypeScript {
            return Vec::new();
        }
        let makes = |(id, def): (DefId, &Definition)| {
            let is_maker = matches!(def.kind, DefKind::Function | DefKind::Method | DefKind::Variable);
            let annotation = def.annotation.filter(|_| is_maker)?;
            made_object(facts, id)?;
            Some((id, def.parent, annotation))
        };
        let makers: Vec<(DefId, DefId, NodeId)> = facts.definitions().filter_map(makes).collect();
        let mut found = Vec::new();
        for (id, parent, annotation) in makers {
            let made = self.within(GlobalDef { file, def: parent }, |linker| linker.type_value(annotation));
            if let Value::Instance { class, .. } = self.get(made)
                && matches!(self.facts[class.file.index()].def(class.def).kind, DefKind::Interface | DefKind::TypeAlias)
            {
                found.push((class, GlobalDef { file, def: id }));
            }
        }
        found
    }

    /// What an object that a function or variable makes has under a name, if it is a function.
    pub(super) fn made_member(&self, maker: GlobalDef, name: &str) -> Option<GlobalDef> {
        let facts = &self.facts[maker.file.index()];
        let object = made_object(facts, maker.def)?;
        let NodeKind::Collection { items, .. } = facts.arena.kind(object) else { return None };
        facts.arena.list(items).find_map(|item| {
            let value = match facts.arena.kind(item) {
                NodeKind::Entry { key, value } if facts.string(key) == Some(name) => value,
                NodeKind::Name(own) if facts.text(own) == name => item,
                _ => return None,
            };
            match facts.arena.kind(value) {
                NodeKind::Closure(def) => Some(GlobalDef { file: maker.file, def }),
                _ => match self.get(self.node_values[maker.file.index()][value.index()]) {
                    Value::Def(def) if matches!(self.facts[def.file.index()].def(def.def).kind, DefKind::Function | DefKind::Method) => {
                        Some(def)
                    }
                    _ => None,
                },
            }
        })
    }
}

/// The object literal that a variable is, or that a function gives back at its end.
fn made_object(facts: &FileFacts, maker: DefId) -> Option<NodeId> {
    let def = facts.def(maker);
    let mut value = match def.kind {
        DefKind::Variable => def.value?,
        _ => def.body?,
    };
    loop {
        value = match facts.arena.kind(value) {
            NodeKind::Block { items, .. } => facts.arena.list(items).last()?,
            NodeKind::Return(Some(value)) | NodeKind::Cast { value, .. } => value,
            NodeKind::Collection { kind: CollectionKind::Dict, .. } => return Some(value),
            _ => return None,
        };
    }
}

/// The merge of C3: takes the first head that stands in no other tail, until all sequences are empty.
fn merge(class: GlobalDef, mut sequences: Vec<Vec<GlobalDef>>) -> Option<Vec<GlobalDef>> {
    let mut order = vec![class];
    loop {
        sequences.retain(|sequence| !sequence.is_empty());
        if sequences.is_empty() {
            return Some(order);
        }
        let head = sequences
            .iter()
            .map(|sequence| sequence[0])
            .find(|head| sequences.iter().all(|sequence| !sequence[1..].contains(head)))
            .filter(|_| order.len() < WIDEST_HIERARCHY)?;
        order.push(head);
        for sequence in &mut sequences {
            if sequence[0] == head {
                sequence.remove(0);
            }
        }
    }
}

/// `X.name = value` at the top level of a file: (X, name) → value.
pub(super) fn top_level_properties(facts: &FileFacts) -> FxHashMap<(&str, String), NodeId> {
    let mut table = FxHashMap::default();
    let Some(body) = facts.def(DefId::MODULE).body else { return table };
    let NodeKind::Block { items, .. } = facts.arena.kind(body) else { return table };
    for item in facts.arena.list(items) {
        if let NodeKind::Assign { target, value, op: AssignOp::Set } = facts.arena.kind(item)
            && let NodeKind::Member { object, name, .. } = facts.arena.kind(target)
            && let NodeKind::Name(owner) = facts.arena.kind(object)
        {
            table.insert((facts.text(owner), facts.text(name).to_string()), value);
        }
    }
    table
}
