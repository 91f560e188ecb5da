//! What functions will be called with, told to them before they are walked.

use super::calls::is_callable;
use super::collections::EACH_ELEMENT;
use super::evaluate::Linker;
use super::tables::UNKNOWN;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::ParamKind;
use crate::model::knowledge::ApiFact;
use crate::model::program::{ApiId, Value, ValueId};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};

impl<'a> Linker<'a> {
    /// Tells function arguments what they will be called with, before they are walked.
    pub(super) fn hint_closures(&mut self, file: FileId, callee: ValueId, receiver: ValueId, method: &str, args: &[NodeId]) {
        let arena = &self.facts[file.index()].arena;
        let closures: Vec<GlobalDef> = args
            .iter()
            .filter_map(|&arg| match arena.kind(arg) {
                NodeKind::Closure(def) => Some(GlobalDef { file, def }),
                _ => None,
            })
            .collect();
        if closures.is_empty() {
            return;
        }
        let mut hints: Vec<ValueId> = Vec::new();
        match self.get(callee) {
            Value::Api { api, .. } => {
                let facts: Vec<ApiFact> = self.apis.facts(api).map(|(fact, _)| fact.clone()).collect();
                for fact in facts {
                    match fact {
                        ApiFact::Route(route) => {
                            let params: Vec<ValueId> = route.params.iter().map(|path| self.api(path, self.family(file))).collect();
                            hints = params;
                        }
                        ApiFact::CallbackParams(paths) => hints = paths.iter().map(|path| self.api(path, self.family(file))).collect(),
                        ApiFact::CallsArgument | ApiFact::Transaction if hints.is_empty() => hints = vec![receiver],
                        ApiFact::Iterates if hints.is_empty() => {
                            let element = self.element(receiver);
                            hints = vec![element];
                        }
                        _ => {}
                    }
                }
                if hints.is_empty() && self.family(file) == Family::TypeScript && !self.apis.is_known(api) {
                    match method {
                        // `User.create(values).then((user) => …)`
                        "then" => hints = vec![receiver],
                        // The rows of a query that was awaited: `users.map((user) => user.populate("posts"))`
                        "map" | "forEach" | "filter" | "flatMap" => hints = vec![self.element(receiver)],
                        _ => {}
                    }
                }
            }
            // `User.findAll().then((users) => …)`
            _ if method == "then" && self.family(file) == Family::TypeScript => hints = vec![receiver],
            _ if EACH_ELEMENT.contains(&method) => {
                let element = match self.get(receiver) {
                    Value::Collection(_) | Value::Mapping(_) => self.element(receiver),
                    _ => receiver,
                };
                hints = vec![element];
            }
            Value::Unknown if matches!(method, "reduce" | "fold" | "try_fold") => {
                let element = self.element(receiver);
                hints = vec![UNKNOWN, element];
            }
            Value::Unknown if matches!(method, "and_then" | "map_or" | "map_or_else" | "unwrap_or_else" | "is_some_and" | "inspect") => {
                hints = vec![receiver]
            }
            _ => {}
        }
        for closure in closures {
            for (at, &hint) in hints.iter().enumerate() {
                self.hint(closure, at, hint);
            }
        }
    }

    /// Tells functions given by name what a library will call them with: `app.register(users)`.
    pub(super) fn hint_callbacks(&mut self, api: ApiId, args: &[ValueId]) {
        let Some(paths) = self.apis.facts(api).find_map(|(fact, _)| match fact {
            ApiFact::CallbackParams(paths) => Some(paths),
            _ => None,
        }) else {
            return;
        };
        let family = self.apis.family(api);
        let hints: Vec<ValueId> = paths.iter().map(|path| self.api(path, family)).collect();
        for &arg in args {
            let Value::Def(function) = self.get(arg) else { continue };
            if !is_callable(self.facts[function.file.index()].def(function.def).kind) {
                continue;
            }
            for (at, &hint) in hints.iter().enumerate() {
                self.hint(function, at, hint);
            }
        }
    }

    /// Lets unannotated parameters learn from this call.
    pub(super) fn hint_arguments(&mut self, function: GlobalDef, nodes: &[NodeId], values: &[ValueId]) {
        let here = self.here();
        let arena = &self.facts[here.file.index()].arena;
        let facts = &self.facts[function.file.index()];
        let params = &facts.def(function.def).params;
        if params.iter().all(|param| param.annotation.is_some() || param.kind != ParamKind::Normal) {
            return;
        }
        for (at, (&node, &value)) in nodes.iter().zip(values).enumerate() {
            match arena.kind(node) {
                NodeKind::Spread { .. } => return,
                NodeKind::Argument { name, .. } => {
                    let name = self.facts[here.file.index()].text(name);
                    let position = params
                        .iter()
                        .filter(|param| param.kind != ParamKind::Receiver)
                        .position(|param| param.name.is_some_and(|own| facts.text(own) == name));
                    if let Some(position) = position {
                        self.hint(function, position, value);
                    }
                }
                _ => self.hint(function, at, value),
            }
        }
    }
}
