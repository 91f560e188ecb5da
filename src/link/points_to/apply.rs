//! What happens when an object reaches a use: a member is read, a function called, a container iterated.

use super::graph::{ANY, Obj, SiteId, Sym, Thing, Use, Var};
use super::{Site, Solver};
use crate::model::facts::{DefFlags, DefKind};
use crate::model::program::CallKind;
use crate::model::role::GlobalDef;
use crate::model::source::Family;

impl<'a> Solver<'_, 'a> {
    pub(super) fn apply(&mut self, what: Use, obj: Obj) {
        match what {
            Use::Load { key, to, site, this } => self.load(obj, key, to, site, this),
            Use::LoadAny { to } => self.load_any(obj, to),
            Use::Store { key, from } => {
                if let Some(field) = self.stored(obj, key) {
                    self.graph.flow(from, field);
                }
            }
            Use::Method { key, site, this } => self.method(obj, key, site, this),
            Use::Call { site, this } => self.call(site, obj, this),
            Use::Bind { receiver, to, site } => self.bind_to(obj, receiver, to, site),
            Use::Iterate { to, site } => self.iterate(obj, to, site),
            Use::Next { to, site } => match self.graph.thing(obj) {
                Thing::Instance(_) => self.call_special(obj, &["__next__", "__anext__"], site, to),
                _ => self.load_any(obj, to),
            },
            Use::SuperLoad { key, class, to, site } => {
                for (var, receiver) in self.find_super(obj, class, key) {
                    self.read(var, receiver, to, site);
                }
            }
            Use::SuperCall { key, class, site } => {
                for (var, receiver) in self.find_super(obj, class, key) {
                    self.graph.use_at(var, Use::Call { site, this: receiver });
                }
            }
            Use::ClassOf { to } => {
                if let Thing::Instance(class) = self.graph.thing(obj) {
                    let class = self.graph.obj(Thing::Class(class));
                    self.graph.put(to, class);
                }
            }
            Use::Construct { site } => {
                if let Thing::Class(_) = self.graph.thing(obj) {
                    self.call(site, obj, None);
                }
            }
            Use::Copy { to } => {
                if matches!(self.graph.thing(obj), Thing::Container(_) | Thing::Prototype(_) | Thing::Made(_) | Thing::Instance(_)) {
                    self.graph.mirror(obj, to);
                }
            }
            Use::CopyFrom { objects } => {
                self.graph.use_at(objects, Use::Copy { to: obj });
            }
        }
    }

    /// The field that an assignment to `obj.key` writes.
    fn stored(&mut self, obj: Obj, key: Sym) -> Option<Var> {
        match self.graph.thing(obj) {
            Thing::Module(module) => Some(match self.linker.family(module.file) {
                Family::Python => self.module_name(module.file, key),
                _ => self.module_member(module.file, key),
            }),
            Thing::Bound { function, .. } => Some(self.graph.field(function, key)),
            Thing::Resolve(_) => None,
            _ => Some(self.graph.field(obj, key)),
        }
    }

    fn load(&mut self, obj: Obj, key: Sym, to: Var, site: SiteId, this: Option<Obj>) {
        if self.native_property(obj, key, to) {
            return;
        }
        if matches!(self.graph.thing(obj), Thing::Generator(_)) {
            // Destructuring what a generator yields.
            if self.position_syms.contains(&key) {
                self.load_any(obj, to);
            }
            return;
        }
        let found = self.find(obj, key);
        for &(var, receiver) in &found.fields {
            self.read(var, this.or(receiver), to, site);
        }
        for &prototype in &found.prototypes {
            self.graph.use_at(prototype, Use::Load { key, to, site, this: this.or(Some(obj)) });
        }
        if let Thing::Instance(class) = self.graph.thing(obj) {
            self.fallback(obj, class, key, site, to);
        }
    }

    /// `__getattr__`, for attributes that no class and no assignment of the project makes.
    fn fallback(&mut self, obj: Obj, class: GlobalDef, key: Sym, site: SiteId, to: Var) {
        let text = self.text_of(key);
        if self.linker.family(class.file) != Family::Python || text.starts_with("__") || self.defines(class, text) {
            return;
        }
        let assigned = self.graph.known_field(obj, key).is_some_and(|var| !self.graph.objects(var).is_empty());
        if !assigned && self.defines(class, "__getattr__") && !self.assigns(class, text) {
            self.call_special(obj, &["__getattr__"], site, to);
        }
    }

    /// Some method of the class or of what it extends assigns this attribute.
    fn assigns(&mut self, class: GlobalDef, text: &str) -> bool {
        self.linker.has_assigned(class, text)
    }

    /// A field's content becomes a value: functions of classes become methods, getters run.
    fn read(&mut self, var: Var, receiver: Option<Obj>, to: Var, site: SiteId) {
        match receiver {
            Some(receiver) => self.graph.use_at(var, Use::Bind { receiver, to, site }),
            None => self.graph.flow(var, to),
        }
    }

    fn bind_to(&mut self, obj: Obj, receiver: Obj, to: Var, site: SiteId) {
        let Thing::Function(function) = self.graph.thing(obj) else {
            self.graph.put(to, obj);
            return;
        };
        if self.is_getter(function, receiver) {
            self.invoke(site, function, Some(receiver), true);
            let result = self.function(function).result;
            self.graph.flow(result, to);
            return;
        }
        let bound = match self.receiver_of(function, receiver) {
            Some(receiver) if self.linker.family(function.file) == Family::Python => {
                self.graph.obj(Thing::Bound { function: obj, receiver })
            }
            _ => obj,
        };
        self.graph.put(to, bound);
    }

    fn is_getter(&self, function: GlobalDef, receiver: Obj) -> bool {
        let def = self.facts(function.file).def(function.def);
        def.flags.has(DefFlags::GETTER) && (!matches!(self.graph.thing(receiver), Thing::Class(_)) || def.flags.has(DefFlags::STATIC))
    }

    /// What a function found at `receiver` is called on.
    pub(super) fn receiver_of(&mut self, function: GlobalDef, receiver: Obj) -> Option<Obj> {
        if self.linker.family(function.file) != Family::Python {
            return Some(receiver);
        }
        let flags = self.facts(function.file).def(function.def).flags;
        match self.graph.thing(receiver) {
            _ if flags.has(DefFlags::STATIC) => None,
            Thing::Instance(class) if flags.has(DefFlags::CLASS_METHOD) => Some(self.graph.obj(Thing::Class(class))),
            Thing::Instance(_) => Some(receiver),
            Thing::Class(_) if flags.has(DefFlags::CLASS_METHOD) => Some(receiver),
            _ => None,
        }
    }

    fn load_any(&mut self, obj: Obj, to: Var) {
        match self.graph.thing(obj) {
            Thing::Container(_) | Thing::Prototype(_) => {
                let any = self.graph.field(obj, ANY);
                self.graph.flow(any, to);
            }
            Thing::Generator(function) => {
                let yields = self.function(function).yields;
                self.graph.flow(yields, to);
            }
            _ => {}
        }
    }

    fn iterate(&mut self, obj: Obj, to: Var, site: SiteId) {
        match self.graph.thing(obj) {
            Thing::Instance(_) => {
                let iterator = self.graph.var();
                self.call_special(obj, &["__iter__", "__aiter__"], site, iterator);
                self.graph.use_at(iterator, Use::Next { to, site });
            }
            _ => self.load_any(obj, to),
        }
    }

    /// A method that the language calls: `__iter__`, `__enter__`.
    pub(super) fn call_special(&mut self, obj: Obj, names: &[&'a str], from: SiteId, to: Var) {
        let site = self.implied_site(from, to);
        for name in names {
            let key = self.symbol(name);
            let Thing::Instance(class) = self.graph.thing(obj) else { continue };
            if self.defines(class, name) {
                self.method(obj, key, site, None);
            }
        }
    }

    /// A call at the same place, that nobody wrote.
    pub(super) fn implied_site(&mut self, from: SiteId, to: Var) -> SiteId {
        let Site { file, node, caller, .. } = self.sites[from.0 as usize];
        self.sites.push(Site { file, node, caller, args: Vec::new(), result: to, kind: CallKind::Implicit, new: false });
        SiteId(self.sites.len() as u32 - 1)
    }

    /// `obj.key(…)`.
    fn method(&mut self, obj: Obj, key: Sym, site: SiteId, this: Option<Obj>) {
        if this.is_none() && self.native_method(obj, key, site) {
            return;
        }
        let Site { file, kind, .. } = self.sites[site.0 as usize];
        let python = self.linker.family(file) == Family::Python;
        // `List[int]` asks the metaclass, not `__getitem__`.
        if kind == CallKind::Implicit && python && matches!(self.graph.thing(obj), Thing::Class(_)) {
            return;
        }
        let found = self.find(obj, key);
        for &(var, receiver) in &found.fields {
            // In JavaScript a function is called on what it is taken from.
            let receiver = this.or(receiver).or(match self.graph.thing(obj) {
                _ if python => None,
                Thing::Container(_) | Thing::Prototype(_) | Thing::Made(_) | Thing::Instance(_) | Thing::Function(_) => Some(obj),
                _ => None,
            });
            self.graph.use_at(var, Use::Call { site, this: receiver });
        }
        for &prototype in &found.prototypes {
            self.graph.use_at(prototype, Use::Method { key, site, this: this.or(Some(obj)) });
        }
        if let Thing::Instance(class) = self.graph.thing(obj) {
            let result = self.graph.var();
            let before = self.sites.len();
            self.fallback(obj, class, key, site, result);
            if self.sites.len() > before {
                self.graph.use_at(result, Use::Call { site, this: None });
            }
        }
    }

    /// An object is called.
    pub(super) fn call(&mut self, site: SiteId, callee: Obj, this: Option<Obj>) {
        match self.graph.thing(callee) {
            Thing::Function(function) => {
                if let Some(receiver) = this
                    && self.is_getter(function, receiver)
                {
                    self.invoke(site, function, Some(receiver), true);
                    let result = self.function(function).result;
                    self.graph.use_at(result, Use::Call { site, this: None });
                    return;
                }
                let python = self.linker.family(function.file) == Family::Python;
                // What hangs on an object is no method in Python, unless it was found at a class.
                let receiver = this.and_then(|receiver| self.receiver_of(function, receiver));
                if !python && self.sites[site.0 as usize].new {
                    self.construct_function(site, function);
                } else {
                    self.invoke(site, function, receiver, false);
                }
            }
            Thing::Bound { function, receiver } => {
                if let Thing::Function(function) = self.graph.thing(function) {
                    self.invoke(site, function, Some(receiver), false);
                }
            }
            Thing::Class(class) => self.construct(site, class),
            Thing::Instance(_) => {
                let key = self.symbol("__call__");
                self.method(callee, key, site, None);
            }
            Thing::Partial(made) => self.call_partial(site, made),
            Thing::Resolve(promise) => self.resolve(site, promise),
            _ => {}
        }
    }

    /// `C(…)`, `new C(…)`.
    fn construct(&mut self, site: SiteId, class: GlobalDef) {
        let def = self.facts(class.file).def(class.def);
        if def.kind != DefKind::Class {
            return;
        }
        let instance = self.graph.obj(Thing::Instance(class));
        let result = self.sites[site.0 as usize].result;
        self.graph.put(result, instance);
        let python = self.linker.family(class.file) == Family::Python;
        if python && self.defines(class, "__new__") {
            let key = self.symbol("__new__");
            let class_obj = self.graph.obj(Thing::Class(class));
            self.method(class_obj, key, site, None);
        }
        let key = self.symbol(if python { "__init__" } else { "constructor" });
        let order = self.mro(class);
        let name = self.text_of(key);
        for &base in order.iter() {
            let scopes = &self.linker.scopes[base.file.index()];
            let Some(own) = scopes.member(base.def, name) else { continue };
            let constructor = GlobalDef { file: base.file, def: own };
            if self.facts(base.file).def(own).kind == DefKind::Method {
                self.invoke_constructor(site, constructor, instance);
            }
            return;
        }
        // Nothing of the project runs; the class itself stands for what does.
        let kind = self.sites[site.0 as usize].kind;
        self.edge(site, class, kind);
    }
}
