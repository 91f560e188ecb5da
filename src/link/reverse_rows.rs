//! Rows that are reached by the other side of a relation, which has no field in the class that is asked: `for item in order.items.all()`
//! after `order = ForeignKey(Order, related_name="items")`.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::evaluate::Linker;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts};
use crate::model::knowledge::{ApiFact, ArgumentRef, RelationFact};
use crate::model::program::{ApiId, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};

/// Model and name of the other side → the model that declares the relation; `None` where two of them do.
pub(super) type ReverseRows = FxHashMap<(GlobalDef, String), Option<GlobalDef>>;

impl<'a> Linker<'a> {
    /// The model whose rows an attribute of a row gives, where that is the other side of a relation.
    pub(super) fn reverse_row(&mut self, attribute: ApiId, owner: GlobalDef) -> Option<GlobalDef> {
        let (_, name) = self.apis.path(attribute).rsplit_once("().")?;
        if name.contains('.') || self.family(owner.file) != Family::Python {
            return None;
        }
        let name = name.to_string();
        if self.reverse_rows.is_none() {
            self.reverse_rows = Some(FxHashMap::default());
            let known = self.declared_relations();
            self.reverse_rows = Some(known);
        }
        let owners = self.hierarchy(owner);
        let known = self.reverse_rows.as_ref()?;
        owners.into_iter().find_map(|owner| known.get(&(owner, name.clone())).copied()).flatten()
    }

    fn declared_relations(&mut self) -> ReverseRows {
        let mut found = ReverseRows::default();
        for at in 0..self.facts.len() as u32 {
            let file = FileId(at);
            let facts = &self.facts[file.index()];
            if facts.language.family() != Family::Python {
                continue;
            }
            for (_, def) in facts.definitions().filter(|(_, def)| def.kind == DefKind::Field) {
                let (Some(call), DefKind::Class) = (def.value, facts.def(def.parent).kind) else { continue };
                let NodeKind::Call { callee, args, .. } = facts.arena.kind(call) else { continue };
                let args: Vec<NodeId> = facts.arena.list(args).collect();
                let module = GlobalDef { file, def: DefId::MODULE };
                let value = self.within(module, |linker| linker.eval(callee));
                let Value::Api { api, .. } = self.get(value) else { continue };
                let Some(fact) = self.relation(api) else { continue };
                let declares = GlobalDef { file, def: def.parent };
                if let (Some(name), Some(target)) = (self.other_side(declares, &args, fact), self.related_model(declares, &args, fact)) {
                    found.entry((target, name)).and_modify(|known| *known = None).or_insert(Some(declares));
                }
            }
        }
        found
    }

    fn relation(&self, api: ApiId) -> Option<&'a RelationFact> {
        self.apis.facts(api).find_map(|(fact, _)| match fact {
            ApiFact::Relation(relation) => Some(relation),
            _ => None,
        })
    }

    fn other_side(&self, declares: GlobalDef, args: &[NodeId], fact: &RelationFact) -> Option<String> {
        let facts = &self.facts[declares.file.index()];
        let named = self.argument(declares.file, args, &ArgumentRef::Name(fact.reverse.clone()?));
        match (named.map(|node| facts.string(node)), &fact.reverse_suffix) {
            (Some(name), _) => name.filter(|name| !name.contains(['%', '+'])).map(str::to_string),
            (None, Some(suffix)) => Some(format!("{}{suffix}", facts.text(facts.def(declares.def).name).to_lowercase())),
            (None, None) => None,
        }
    }

    /// The class that is named, as itself or as text.
    fn related_model(&mut self, declares: GlobalDef, args: &[NodeId], fact: &RelationFact) -> Option<GlobalDef> {
        let file = declares.file;
        let node =
            self.argument(file, args, fact.target.as_ref()?).or_else(|| self.argument(file, args, &ArgumentRef::Name("to".into())))?;
        let Some(text) = self.facts[file.index()].string(node) else {
            let value = self.within(GlobalDef { file, def: DefId::MODULE }, |linker| linker.eval(node));
            return match self.get(value) {
                Value::Def(class) => Some(class),
                _ => None,
            };
        };
        if text == "self" {
            return Some(declares);
        }
        self.class_labelled(text)
    }

    /// The one class of the project that a text means: `"orders.Order"`.
    fn class_labelled(&mut self, text: &str) -> Option<GlobalDef> {
        if self.class_names.is_none() {
            self.class_names = Some(self.classes_by_name());
        }
        let name = text.rsplit('.').next().unwrap_or(text);
        self.class_names.as_ref()?.get(name).copied().flatten()
    }

    /// The model that a field names by a text: `ForeignKey("orders.Order")`.
    pub(super) fn model_in_text(&mut self, facts: &[ApiFact], args: &[NodeId]) -> Option<GlobalDef> {
        let target = facts.iter().find_map(|fact| match fact {
            ApiFact::Relation(relation) => relation.target.clone(),
            _ => None,
        })?;
        let file = self.here().file;
        let node = self.argument(file, args, &target)?;
        let text = self.facts[file.index()].string(node)?;
        self.class_labelled(text)
    }

    /// The classes of modules by name; `None` where two have it.
    fn classes_by_name(&self) -> FxHashMap<&'a str, Option<GlobalDef>> {
        let mut classes: FxHashMap<&'a str, Option<GlobalDef>> = FxHashMap::default();
        let all: &'a [Arc<FileFacts>] = self.facts;
        for (facts, at) in all.iter().zip(0..) {
            if facts.language.family() != Family::Python {
                continue;
            }
            for (def, definition) in facts.definitions().filter(|(_, def)| def.kind == DefKind::Class && def.parent == DefId::MODULE) {
                let class = GlobalDef { file: FileId(at), def };
                classes.entry(facts.text(definition.name)).and_modify(|known| *known = None).or_insert(Some(class));
            }
        }
        classes
    }
}
