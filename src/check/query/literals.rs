//! What a value is, as far as the code says: literals, what collections hold, and where names are set.

use super::Place;
use super::predicates::ORIGINS;
use crate::check::relations::field_of;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::DefKind;
use crate::model::nesting::{arguments, called_name, named_argument};
use crate::model::program::Value;
use crate::model::role::GlobalDef;
use crate::model::source::FileId;

/// Texts collected for one value.
const MOST: usize = 1_000;

impl Place<'_> {
    /// True when one of the words is what a value is or holds.
    pub(super) fn is_literal(&self, node: NodeId, words: &[String]) -> bool {
        let mut texts = Vec::new();
        self.literals(self.file, node, 0, &mut texts);
        texts.iter().any(|text| words.contains(text))
    }

    /// True when one of the words is what a field of settings is or holds unless it is set from outside: `settings.origins`, where no class
    /// below the settings' own sets it otherwise.
    pub(super) fn is_default(&self, node: NodeId, words: &[String]) -> bool {
        let program = self.context.program;
        let NodeKind::Member { object, name, .. } = program.file(self.file).arena.kind(node) else { return false };
        let name = program.file(self.file).text(name);
        let (Value::Instance { class, .. } | Value::Def(class)) = program.value(self.file, object) else { return false };
        let Some(field) = field_of(program, class, name) else { return false };
        let Some(value) = program.def(field).value else { return false };
        let mut texts = Vec::new();
        self.literals(field.file, value, 0, &mut texts);
        texts.iter().any(|text| words.contains(text)) && !self.is_set_below(class, name)
    }

    /// A class that extends this one has a field of this name.
    fn is_set_below(&self, class: GlobalDef, name: &str) -> bool {
        let program = self.context.program;
        program.facts.iter().enumerate().filter(|(_, facts)| facts.names.may_hold(name)).any(|(at, facts)| {
            let file = FileId(at as u32);
            let fields = facts.definitions().filter(|(_, def)| def.kind == DefKind::Field && facts.text(def.name) == name);
            let owners = fields.map(|(_, def)| facts.def(def.parent));
            owners.flat_map(|owner| &owner.bases).any(|&base| program.value(file, base) == Value::Def(class))
        })
    }

    fn literals(&self, file: FileId, node: NodeId, depth: u8, texts: &mut Vec<String>) {
        if depth > ORIGINS || texts.len() > MOST {
            return;
        }
        let facts = self.context.program.file(file);
        match facts.arena.kind(node) {
            NodeKind::Str(text) => texts.push(facts.text(text).to_string()),
            NodeKind::Bool(value) => texts.push(value.to_string()),
            NodeKind::Argument { value, .. } | NodeKind::Cast { value, .. } => self.literals(file, value, depth, texts),
            NodeKind::Collection { items, .. } => {
                let entries = facts.arena.list(items);
                let all_known = entries
                    .clone()
                    .all(|item| matches!(facts.arena.kind(item), NodeKind::Entry { key, .. } if self.key(file, key).is_some()));
                if all_known {
                    texts.push("{}".to_string());
                }
                for item in entries {
                    self.literals(file, item, depth + 1, texts);
                }
            }
            NodeKind::Entry { key, value } => {
                let mut held = Vec::new();
                self.literals(file, value, depth + 1, &mut held);
                let Some(key) = self.key(file, key) else { return };
                texts.push(format!("{key}:"));
                texts.extend(held.iter().filter(|text| !text.contains(": ")).map(|text| format!("{key}: {text}")));
                texts.extend(held.into_iter().filter(|text| text.contains(": ")));
            }
            // `origins: list[str] = Field(default=["*"])`
            NodeKind::Call { .. } if called_name(facts, node) == Some("Field") => {
                let default = named_argument(facts, node, "default").or_else(|| arguments(facts, node).next());
                default.into_iter().for_each(|value| self.literals(file, value, depth + 1, texts));
            }
            NodeKind::Name(name) => {
                let own = (file == self.file).then(|| self.local_values(node, facts.text(name))).flatten();
                match own.as_deref() {
                    // What is set twice is not known.
                    Some([value]) => self.literals(file, *value, depth + 1, texts),
                    Some(_) => {}
                    None => self.literals_of_definition(file, node, depth, texts),
                }
            }
            _ => {}
        }
    }

    fn key(&self, file: FileId, key: NodeId) -> Option<&str> {
        let facts = self.context.program.file(file);
        match facts.arena.kind(key) {
            NodeKind::Str(text) | NodeKind::Name(text) => Some(facts.text(text)),
            _ => None,
        }
    }

    fn literals_of_definition(&self, file: FileId, node: NodeId, depth: u8, texts: &mut Vec<String>) {
        let program = self.context.program;
        let Value::Def(def) = program.value(file, node) else { return };
        let definition = program.def(def);
        // A field of settings may be set from outside.
        if definition.kind == DefKind::Variable
            && let Some(value) = definition.value
        {
            self.literals(def.file, value, depth + 1, texts);
        }
    }
}
