//! The SQL that a query is given, as far as it stands in the file.

use super::reader::Reader;
use crate::model::body::{NodeId, NodeKind, TextForm};
use crate::model::nesting::{arguments, chain, chain_root};
use crate::model::program::Value;
use crate::summarise::sql;

impl<'p> Reader<'_, 'p> {
    /// The SQL text of a chain, if it is constant enough to read its words: an argument of the call or of a link before it.
    pub(super) fn sql_text(&self, top: NodeId, call: NodeId) -> Option<String> {
        let links = chain(self.facts, call).chain(std::iter::once(top));
        for link in links {
            for argument in arguments(self.facts, link).take(3) {
                if let Some(text) = self.constant_text(argument, 0) {
                    return Some(text);
                }
            }
        }
        // `let statement = conn.prepare("select …")?; statement.query_map(…)`
        let root = chain_root(self.facts, call);
        let NodeKind::Name(_) = self.facts.arena.kind(root) else { return None };
        let prepared = self.values_of(root).into_iter().flat_map(|value| self.branches(value, 0));
        let prepared = prepared.flat_map(|value| chain(self.facts, value).collect::<Vec<_>>());
        prepared.flat_map(|link| arguments(self.facts, link).take(1)).find_map(|argument| self.constant_text(argument, 0))
    }

    /// What an expression may be: `if paid { query(a) } else { query(b) }`.
    fn branches(&self, node: NodeId, depth: u8) -> Vec<NodeId> {
        let arena = &self.facts.arena;
        let inner: Vec<NodeId> = match arena.kind(node) {
            _ if depth > 3 => Vec::new(),
            NodeKind::If { then, otherwise, .. } => std::iter::once(then).chain(otherwise).collect(),
            NodeKind::Match { arms, .. } => arena.list(arms).collect(),
            NodeKind::Arm { body, .. } => vec![body],
            NodeKind::Block { items, value: true } => arena.list(items).last().into_iter().collect(),
            _ => Vec::new(),
        };
        if inner.is_empty() {
            return vec![node];
        }
        inner.into_iter().flat_map(|part| self.branches(part, depth + 1)).collect()
    }

    fn constant_text(&self, node: NodeId, depth: u8) -> Option<String> {
        if depth > 3 {
            return None;
        }
        match self.facts.arena.kind(node) {
            NodeKind::Str(name) => sql_like(self.facts.text(name)),
            NodeKind::Text { parts, form } if form != TextForm::Join => {
                let mut text = String::new();
                for part in self.facts.arena.list(parts).take(64) {
                    text.push_str(self.facts.string(part).unwrap_or("…"));
                }
                sql_like(&text)
            }
            NodeKind::Argument { value, .. } | NodeKind::Cast { value, .. } => self.constant_text(value, depth + 1),
            // `query({ text: "select …" })`
            NodeKind::Collection { items, .. } => self.facts.arena.list(items).find_map(|item| match self.facts.arena.kind(item) {
                NodeKind::Entry { key, value } if matches!(self.facts.string(key), Some("text" | "sql" | "query")) => {
                    self.constant_text(value, depth + 1)
                }
                _ => None,
            }),
            NodeKind::Call { .. } => arguments(self.facts, node).take(2).find_map(|argument| self.constant_text(argument, depth + 1)),
            NodeKind::Name(_) => self.values_of(node).into_iter().find_map(|value| self.constant_text(value, depth + 1)),
            NodeKind::Member { .. } => match self.program.value(self.file, node) {
                Value::Def(def) if def.file == self.file => {
                    self.program.def(def).value.and_then(|value| self.constant_text(value, depth + 1))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

fn sql_like(text: &str) -> Option<String> {
    sql::read(text).map(|_| text.to_string())
}
