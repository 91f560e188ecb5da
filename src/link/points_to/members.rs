//! Where a member of an object is found: own fields, the classes in the order of their resolution, prototypes.

use std::rc::Rc;

use super::Solver;
use super::graph::{Obj, Sym, Thing, Var};
use crate::model::facts::DefId;
use crate::model::role::GlobalDef;
use crate::model::source::Family;

/// Where a member may be.
#[derive(Default)]
pub(super) struct Found {
    /// Fields, and for functions in them the receiver they are bound to.
    pub(super) fields: Vec<(Var, Option<Obj>)>,
    /// Objects whose members are this object's too, with the receiver staying what it is (prototypes).
    pub(super) prototypes: Vec<Var>,
}

impl Solver<'_, '_> {
    /// A class and what it extends in the project, in the order in which members are looked for.
    pub(super) fn mro(&mut self, class: GlobalDef) -> Rc<Vec<GlobalDef>> {
        if let Some(known) = self.mros.get(&class) {
            return known.clone();
        }
        let order = Rc::new(self.linker.hierarchy(class));
        self.mros.insert(class, order.clone());
        order
    }

    /// The class defines this member itself.
    fn has_own(&self, class: GlobalDef, text: &str) -> bool {
        self.linker.scopes[class.file.index()].member(class.def, text).is_some()
    }

    /// Fields of the classes that may give a member, up to the first that surely does. `receiver`: functions are bound to it.
    fn in_classes(&mut self, order: &[GlobalDef], key: Sym, receiver: Option<Obj>, found: &mut Found) -> bool {
        let text = self.text_of(key);
        for &class in order {
            let obj = self.graph.obj(Thing::Class(class));
            let own = self.has_own(class, text);
            // A data member without a value is only declared.
            found.fields.push((self.graph.field(obj, key), receiver));
            if own {
                return true;
            }
        }
        false
    }

    /// Where `obj.key` is.
    pub(super) fn find(&mut self, obj: Obj, key: Sym) -> Rc<Found> {
        if let Some(known) = self.looked_up.get(&(obj, key)) {
            return known.clone();
        }
        let mut found = Found::default();
        match self.graph.thing(obj) {
            Thing::Instance(class) => {
                let order = self.mro(class);
                let own = self.graph.field(obj, key);
                found.fields.push((own, None));
                for &base in order.iter().skip(1) {
                    let base = self.graph.obj(Thing::Instance(base));
                    let inherited = self.graph.field(base, key);
                    self.graph.flow(inherited, own);
                }
                self.in_classes(&order, key, Some(obj), &mut found);
            }
            Thing::Class(class) => {
                let order = self.mro(class);
                self.in_classes(&order, key, Some(obj), &mut found);
            }
            Thing::Module(module) if module.def == DefId::MODULE => {
                found.fields.push((self.module_member(module.file, key), None));
            }
            Thing::Module(_) => {}
            Thing::Function(function) if self.linker.family(function.file) == Family::TypeScript => {
                let field = self.graph.field(obj, key);
                if self.text_of(key) == "prototype" {
                    let prototype = self.graph.obj(Thing::Prototype(function));
                    self.graph.put(field, prototype);
                }
                found.fields.push((field, None));
            }
            Thing::Made(function) => {
                found.fields.push((self.graph.field(obj, key), None));
                let maker = self.graph.obj(Thing::Function(function));
                let prototype = self.symbol("prototype");
                let prototypes = self.find(maker, prototype);
                found.prototypes.extend(prototypes.fields.iter().map(|&(var, _)| var));
            }
            Thing::Container(_) | Thing::Prototype(_) | Thing::Generator(_) => {
                // Functions are called on it in JavaScript, and getters run.
                found.fields.push((self.graph.field(obj, key), Some(obj)));
                if self.position_syms.contains(&key) {
                    found.fields.push((self.graph.field(obj, super::graph::ELEMENT), None));
                }
                let parent = self.symbol("__proto__");
                if key != parent
                    && let Some(parent) = self.graph.known_field(obj, parent)
                {
                    found.prototypes.push(parent);
                }
            }
            Thing::Function(_) | Thing::Partial(_) => found.fields.push((self.graph.field(obj, key), None)),
            Thing::Bound { function, .. } => found.fields.push((self.graph.field(function, key), None)),
            Thing::Resolve(_) => {}
        }
        let found = Rc::new(found);
        // A container may still get a prototype.
        if !matches!(self.graph.thing(obj), Thing::Container(_)) {
            self.looked_up.insert((obj, key), found.clone());
        }
        found
    }

    /// Where `super().key` of `class` is for this receiver.
    pub(super) fn find_super(&mut self, receiver: Obj, class: GlobalDef, key: Sym) -> Vec<(Var, Option<Obj>)> {
        let own = match self.graph.thing(receiver) {
            Thing::Instance(own) | Thing::Class(own) => own,
            _ => return Vec::new(),
        };
        let order = self.mro(own);
        let Some(at) = order.iter().position(|&other| other == class) else { return Vec::new() };
        let mut found = Found::default();
        self.in_classes(&order[at + 1..], key, Some(receiver), &mut found);
        found.fields
    }

    /// The class, with what it extends, defines a member of this name.
    pub(super) fn defines(&mut self, class: GlobalDef, text: &str) -> bool {
        self.mro(class).iter().any(|&class| self.has_own(class, text))
    }
}
