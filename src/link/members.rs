//! What a member is, of whatever it is asked of.

use super::calls::is_callable;
use super::evaluate::Linker;
use super::tables::UNKNOWN;
use crate::model::body::{NodeId, NodeKind};
use crate::model::program::{Value, ValueId};
use crate::model::role::GlobalDef;
use crate::model::source::Family;

impl<'a> Linker<'a> {
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
                value = self.api(facts.text(first), Family::Rust);
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
            value = self.api(self.facts[here.file.index()].text(first), Family::Rust);
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
