//! What a value is, as far as the code says: literals, what collections hold, and where names are set.

use super::Place;
use super::predicates::ORIGINS;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::DefKind;
use crate::model::program::Value;
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
