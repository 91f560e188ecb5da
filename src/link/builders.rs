//! Values made by derived builders of Rust: `NewOrder::builder().user(id).build()` of `#[derive(bon::Builder)]` or `#[derive(TypedBuilder)]`.
//!
//! The builder's type and its setters are made by the macro, so nothing names them; what `build` gives is the type that the chain began with.

use super::evaluate::Linker;
use super::roles::derived;
use super::tables::UNKNOWN;
use crate::model::body::NodeId;
use crate::model::body::NodeKind;
use crate::model::facts::DefKind;
use crate::model::nesting::{called_name, chain, last_name};
use crate::model::program::{Value, ValueId};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};

impl Linker<'_> {
    /// What `build` at the end of a chain gives, when the chain began with the `builder` that a macro gave a type of the project.
    pub(super) fn built(&mut self, file: FileId, call: NodeId) -> ValueId {
        let facts = &self.facts[file.index()];
        if facts.language.family() != Family::Rust || called_name(facts, call) != Some("build") {
            return UNKNOWN;
        }
        let begun = chain(facts, call).find_map(|link| {
            let NodeKind::Call { callee, .. } = facts.arena.kind(link) else { return None };
            let NodeKind::Member { object, path: true, .. } = facts.arena.kind(callee) else { return None };
            (called_name(facts, link) == Some("builder")).then_some(object)
        });
        let Some(object) = begun else { return UNKNOWN };
        match self.get(self.node_values[file.index()][object.index()]) {
            Value::Def(class) if self.derives_builder(class) => self.value(Value::Instance { class, argument: UNKNOWN }),
            _ => UNKNOWN,
        }
    }

    fn derives_builder(&self, class: GlobalDef) -> bool {
        let facts = &self.facts[class.file.index()];
        let def = facts.def(class.def);
        def.kind == DefKind::Struct
            && def
                .decorators
                .iter()
                .flat_map(|&decorator| derived(facts, decorator))
                .any(|name| last_name(facts, name).is_some_and(|name| matches!(facts.text(name), "Builder" | "TypedBuilder")))
    }
}
