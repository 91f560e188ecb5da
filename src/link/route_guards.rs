//! What stands before handlers: what is given with the route, and what decorators and parameters declare.

use super::evaluate::Linker;
use crate::model::body::{CollectionKind, NodeId, NodeKind};
use crate::model::facts::DefKind;
use crate::model::knowledge::ApiFact;
use crate::model::program::Value;
use crate::model::role::GlobalDef;
use crate::model::source::FileId;

impl Linker<'_> {
    /// What stands between the path and the handler, as written.
    pub(super) fn guards_given(&self, file: FileId, args: &[NodeId], path: Option<NodeId>) -> Vec<String> {
        let mut found = Vec::new();
        let last = args.len().saturating_sub(1);
        // `get("/seats", { preHandler: [signedIn], handler: show })`
        if let Some(&options) = args.last().filter(|&&arg| self.names_handler(file, arg)) {
            self.spell_all(file, options, &mut found);
        }
        for &arg in args.iter().take(last).filter(|&&arg| Some(arg) != path) {
            self.spell_all(file, arg, &mut found);
        }
        found
    }

    fn spell_all(&self, file: FileId, node: NodeId, out: &mut Vec<String>) {
        let facts = &self.facts[file.index()];
        match facts.arena.kind(node) {
            NodeKind::Collection { kind: CollectionKind::List, items } => {
                for item in facts.arena.list(items) {
                    self.spell_all(file, item, out);
                }
            }
            NodeKind::Collection { kind: CollectionKind::Dict, items } => {
                for item in facts.arena.list(items) {
                    if let NodeKind::Entry { key, value } = facts.arena.kind(item)
                        && facts.string(key).is_some_and(|key| self.knowledge.guard_options.iter().any(|own| own == key))
                    {
                        self.spell_all(file, value, out);
                    }
                }
            }
            _ => out.extend(self.spelled(file, node)),
        }
    }

    /// Options of a route that name what answers it.
    fn names_handler(&self, file: FileId, node: NodeId) -> bool {
        let facts = &self.facts[file.index()];
        let NodeKind::Collection { kind: CollectionKind::Dict, items } = facts.arena.kind(node) else { return false };
        facts
            .arena
            .list(items)
            .any(|item| matches!(facts.arena.kind(item), NodeKind::Entry { key, .. } if facts.string(key) == Some("handler")))
    }

    /// A name, a chain of names, or what a call calls.
    fn spelled(&self, file: FileId, node: NodeId) -> Option<String> {
        let facts = &self.facts[file.index()];
        match facts.arena.kind(node) {
            NodeKind::Name(name) => Some(facts.text(name).to_string()),
            NodeKind::Receiver => Some("this".to_string()),
            NodeKind::Member { object, name, .. } => Some(format!("{}.{}", self.spelled(file, object)?, facts.text(name))),
            NodeKind::Call { callee, .. } => self.spelled(file, callee),
            NodeKind::Argument { value, .. } => self.spelled(file, value),
            _ => None,
        }
    }

    /// Guards by decorators of a handler and its class, and by its parameters.
    pub(super) fn guards_declared(&mut self, handler: GlobalDef) -> Vec<String> {
        let facts = &self.facts[handler.file.index()];
        let def = facts.def(handler.def);
        let mut nodes = def.decorators.clone();
        if def.kind == DefKind::Method {
            nodes.extend(&facts.def(def.parent).decorators);
        }
        for param in &def.params {
            nodes.extend(param.default);
            let annotated = param.annotation.map(|annotation| {
                let mut calls = Vec::new();
                facts.arena.walk(annotation, |node| {
                    if matches!(facts.arena.kind(node), NodeKind::Call { .. }) {
                        calls.push(node);
                    }
                });
                calls
            });
            nodes.extend(annotated.into_iter().flatten());
        }
        let mut found = Vec::new();
        for node in nodes {
            let callee = match facts.arena.kind(node) {
                NodeKind::Call { callee, .. } => callee,
                _ => node,
            };
            let Value::Api { api, .. } = self.get(self.node_values[handler.file.index()][callee.index()]) else { continue };
            if !self.apis.facts(api).any(|(fact, _)| matches!(fact, ApiFact::Guard | ApiFact::TakesGuards)) {
                continue;
            }
            let args: Vec<NodeId> = match facts.arena.kind(node) {
                NodeKind::Call { args, .. } => facts.arena.list(args).collect(),
                _ => Vec::new(),
            };
            let before = found.len();
            for arg in args {
                self.spell_all(handler.file, arg, &mut found);
            }
            if found.len() == before {
                found.extend(self.spelled(handler.file, callee));
            }
        }
        found
    }
}
