//! What type arguments and type variables say of a call's result.

use super::evaluate::Linker;
use super::tables::UNKNOWN;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::ParamKind;
use crate::model::program::{Value, ValueId};
use crate::model::role::GlobalDef;
use crate::model::source::Family;

impl<'a> Linker<'a> {
    /// The type argument a class gives to a generic base: `class Users(Repository[User])`.
    pub(super) fn inherited_argument(&mut self, class: GlobalDef) -> ValueId {
        for base in self.hierarchy(class) {
            let argument = self.class_info(base).argument;
            if argument != UNKNOWN {
                return argument;
            }
        }
        UNKNOWN
    }

    /// The type argument written at a construction: `new Repo<User>()`.
    pub(super) fn explicit_argument(&mut self, callee: NodeId) -> ValueId {
        let file = self.here().file;
        let arena = &self.facts[file.index()].arena;
        match arena.kind(callee) {
            NodeKind::Apply { args, .. } => match arena.list(args).next() {
                Some(first) => self.type_value(first),
                None => UNKNOWN,
            },
            _ => UNKNOWN,
        }
    }

    /// `remember<T>(name: string, make: () => T): T` gives what the function it is given gives; `keep<T>(value: T): T` gives the value.
    pub(super) fn result_by_type_variable(&mut self, function: GlobalDef, values: &[ValueId]) -> ValueId {
        let facts = &self.facts[function.file.index()];
        let def = facts.def(function.def);
        if facts.language.family() != Family::TypeScript {
            return UNKNOWN;
        }
        let Some(annotation) = def.annotation else { return UNKNOWN };
        let result = match facts.arena.kind(annotation) {
            // `Promise<T>`
            NodeKind::Apply { args, .. } if facts.arena.list(args).len() == 1 => facts.arena.list(args).next().unwrap_or(annotation),
            _ => annotation,
        };
        let NodeKind::Name(variable) = facts.arena.kind(result) else { return UNKNOWN };
        if !self.names_type_variable(function, result) {
            return UNKNOWN;
        }
        for (param, &value) in def.params.iter().filter(|param| param.kind != ParamKind::Receiver).zip(values) {
            let Some(annotation) = param.annotation else { continue };
            match facts.arena.kind(annotation) {
                NodeKind::Name(name) if name == variable => return value,
                // A function's type keeps the types of its parameters and, last, of its result.
                NodeKind::Other(parts) => {
                    let result = facts.arena.list(parts).last();
                    let gives = result.is_some_and(|result| {
                        let mut found = false;
                        facts.arena.walk(result, |node| found |= facts.arena.kind(node) == NodeKind::Name(variable));
                        found
                    });
                    if let (true, Value::Def(given)) = (gives, self.get(value))
                        && self.is_function(value)
                    {
                        return self.return_value(given, None, UNKNOWN);
                    }
                }
                _ => {}
            }
        }
        UNKNOWN
    }

    /// True when an annotation names a type variable (`T`, `ModelType`, bound nowhere to a class).
    pub(super) fn names_type_variable(&mut self, function: GlobalDef, node: NodeId) -> bool {
        let facts = &self.facts[function.file.index()];
        match facts.arena.kind(node) {
            NodeKind::Name(name) => {
                let text = facts.text(name);
                let owner = facts.def(function.def).parent;
                if facts.def(owner).type_params.iter().any(|param| param.name == Some(name)) {
                    return true;
                }
                let value = self.lookup_static(function, text, true);
                match self.get(value) {
                    Value::Api { api, .. } => {
                        let path = self.apis.path(api);
                        path.ends_with("TypeVar()") || path == text
                    }
                    Value::Unknown => true,
                    _ => false,
                }
            }
            NodeKind::Union(parts) => {
                let parts: Vec<NodeId> = facts.arena.list(parts).collect();
                parts.into_iter().any(|part| self.names_type_variable(function, part))
            }
            _ => false,
        }
    }
}
