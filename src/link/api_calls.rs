//! What calls of libraries give, and what they are about.

use super::collections::SAME_COLLECTION;
use super::evaluate::Linker;
use super::scopes::is_class_like;
use super::tables::UNKNOWN;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::DefKind;
use crate::model::knowledge::{ApiFact, ArgumentRef, Gives, Subject};
use crate::model::program::{ApiId, Value, ValueId};
use crate::model::role::GlobalDef;

impl<'a> Linker<'a> {
    /// Calling something outside the project.
    #[expect(clippy::too_many_arguments, reason = "the pieces of one call, each needed once")]
    pub(super) fn call_api(
        &mut self,
        node: NodeId,
        api: ApiId,
        subject: Option<GlobalDef>,
        guessed: bool,
        receiver: ValueId,
        callee: NodeId,
        nodes: &[NodeId],
        values: &[ValueId],
    ) -> ValueId {
        let here = self.here();
        let path = self.apis.path(api);
        if SAME_COLLECTION.contains(&path) {
            return self.same_collection(values);
        }
        if let Some(builtin) = path.strip_prefix("builtins.") {
            return match builtin {
                "super" | "getattr" => UNKNOWN,
                _ => {
                    let api = self.apis.step(api, "()");
                    self.value(Value::Api { api, subject: None, guessed: false })
                }
            };
        }
        let subject = match self.callee_subject(callee) {
            Some(class) => Some(class),
            None => subject,
        };
        let facts: Vec<ApiFact> = self.apis.facts(api).map(|(fact, _)| fact.clone()).collect();
        for fact in &facts {
            if let ApiFact::Gives { gives, subject: from } = fact {
                let subject = self.subject(from, subject, nodes, values).or_else(|| self.model_in_text(&facts, nodes));
                return self.gives(here, node, *gives, subject, receiver, api, guessed, values);
            }
        }
        if let Some(ApiFact::Query(query)) = facts.iter().find(|fact| matches!(fact, ApiFact::Query(_))) {
            let from = query.subject.clone();
            let subject = self.subject(&from, subject, nodes, values);
            let api = self.apis.step(api, "()");
            return self.value(Value::Api { api, subject, guessed });
        }
        // `debounce(fn)`, `asyncHandler(fn)`: a plain function of a package that takes one function stands for that function.
        // A class (`new Promise(f)`) does not.
        let path = self.apis.path(api);
        let is_class = path.rsplit(['.', '/']).next().is_some_and(|name| name.starts_with(|c: char| c.is_ascii_uppercase()));
        if facts.is_empty() && !path.contains("()") && !is_class {
            let functions: Vec<ValueId> = values.iter().copied().filter(|&value| self.is_function(value)).collect();
            if functions.len() == 1 && values.len() <= 2 {
                return functions[0];
            }
        }
        let result = self.associated(api, callee).unwrap_or(api);
        let result = self.apis.step(result, "()");
        self.value(Value::Api { api: result, subject, guessed })
    }

    /// Rust: `Type::function(…)` outside the project gives a `Type`.
    fn associated(&mut self, api: ApiId, callee: NodeId) -> Option<ApiId> {
        let here = self.here();
        let arena = &self.facts[here.file.index()].arena;
        let callee = match arena.kind(callee) {
            NodeKind::Apply { base, .. } => base,
            _ => callee,
        };
        let NodeKind::Member { path: true, .. } = arena.kind(callee) else { return None };
        let path = self.apis.path(api);
        let (owner, _) = path.rsplit_once('.')?;
        let name = owner.rsplit(['.', '/']).next()?;
        if !name.starts_with(|c: char| c.is_ascii_uppercase()) {
            return None;
        }
        let owner = owner.to_string();
        Some(self.apis.intern_beside(api, &owner))
    }

    /// The model named by explicit type arguments at the callee: `query_as::<_, User>`, `em.find<User>`.
    fn callee_subject(&mut self, callee: NodeId) -> Option<GlobalDef> {
        let here = self.here();
        match self.get(self.node_values[here.file.index()][callee.index()]) {
            Value::Api { subject, .. } => subject,
            _ => None,
        }
    }

    /// The model class a call is about.
    fn subject(&mut self, from: &Subject, own: Option<GlobalDef>, nodes: &[NodeId], values: &[ValueId]) -> Option<GlobalDef> {
        let argument = match from {
            Subject::Argument(argument) => argument,
            Subject::Attribute(path) => return self.subject_named(own?, path),
            _ => return own,
        };
        let here = self.here();
        let facts = &self.facts[here.file.index()];
        let at = match argument {
            ArgumentRef::Position(at) => Some(*at as usize),
            ArgumentRef::Name(name) => nodes.iter().position(|&node| match facts.arena.kind(node) {
                NodeKind::Argument { name: own, .. } => facts.text(own) == name,
                _ => false,
            }),
        };
        let at = at?;
        let value = values.get(at).copied().unwrap_or(UNKNOWN);
        let mut node = *nodes.get(at)?;
        if let Some(class) = self.column_of(node).or_else(|| self.class_of(value)) {
            return Some(class);
        }
        // `select(User.id)`, `select([User.id, …])`, `select(func.count(User.id))`: the class the column is taken from.
        for _ in 0..4 {
            node = match facts.arena.kind(node) {
                NodeKind::Member { object, .. } => object,
                NodeKind::Collection { items, .. } => facts.arena.list(items).next()?,
                NodeKind::Call { args, .. } => facts.arena.list(args).next()?,
                NodeKind::Argument { value, .. } => value,
                _ => break,
            };
            let value = self.node_values[here.file.index()][node.index()];
            if let Some(class) = self.column_of(node).or_else(|| self.class_of(value)) {
                return Some(class);
            }
        }
        own
    }

    /// The class whose field is named: `User.id` is of `User`, whatever class its values have.
    fn column_of(&self, node: NodeId) -> Option<GlobalDef> {
        let file = self.here().file.index();
        let NodeKind::Member { object, path: false, .. } = self.facts[file].arena.kind(node) else { return None };
        let value = |node: NodeId| self.get(self.node_values[file][node.index()]);
        let is_class = |def: GlobalDef| self.facts[def.file.index()].def(def.def).kind == DefKind::Class;
        match (value(object), value(node)) {
            (_, Value::Def(nested)) if is_class(nested) => None,
            (Value::Def(class), _) if is_class(class) => Some(class),
            _ => None,
        }
    }

    /// One of the rows of a model that is no class, where knowledge has a name for it: `sequelize.define("user", …).findAll()`.
    fn row_of_rows(&mut self, api: ApiId, guessed: bool) -> ValueId {
        let rows = self.apis.step(api, "()");
        let row = self.apis.step(rows, "[]");
        let is_named = !self.apis.path(row).ends_with("()[]");
        if is_named { self.value(Value::Api { api: row, subject: None, guessed }) } else { UNKNOWN }
    }

    #[expect(clippy::too_many_arguments, reason = "the pieces of one call, each needed once")]
    fn gives(
        &mut self,
        here: GlobalDef,
        node: NodeId,
        gives: Gives,
        subject: Option<GlobalDef>,
        receiver: ValueId,
        api: ApiId,
        guessed: bool,
        values: &[ValueId],
    ) -> ValueId {
        match gives {
            Gives::Row => match subject {
                Some(class) => self.value(Value::Instance { class, argument: UNKNOWN }),
                None => {
                    let api = self.apis.step(api, "()");
                    self.value(Value::Api { api, subject, guessed })
                }
            },
            Gives::Rows => {
                let element = match subject {
                    Some(class) => self.value(Value::Instance { class, argument: UNKNOWN }),
                    None => self.row_of_rows(api, guessed),
                };
                self.value(Value::Collection(element))
            }
            Gives::Receiver => match self.get(receiver) {
                Value::Api { api: own, subject: old, guessed } => self.value(Value::Api { api: own, subject: subject.or(old), guessed }),
                Value::Unknown | Value::Def(_) | Value::Module(_) => {
                    let api = self.apis.step(api, "()");
                    self.value(Value::Api { api, subject, guessed })
                }
                _ => receiver,
            },
            Gives::Scalar => UNKNOWN,
            Gives::Path => {
                let api = self.apis.step(api, "()");
                self.value(Value::Api { api, subject, guessed })
            }
            Gives::Element => self.element(receiver),
            Gives::LastArgument => values.last().copied().unwrap_or(UNKNOWN),
            Gives::ResultOfArgument => {
                let function = values.first().copied().unwrap_or(UNKNOWN);
                match self.get(function) {
                    Value::Def(def) => {
                        self.implicit.insert((here, node, def));
                        if is_class_like(self.facts[def.file.index()].def(def.def).kind) {
                            return self.value(Value::Instance { class: def, argument: UNKNOWN });
                        }
                        self.return_value(def, None, UNKNOWN)
                    }
                    Value::Method { method, receiver } => {
                        self.implicit.insert((here, node, method));
                        self.return_value(method, Some(receiver), UNKNOWN)
                    }
                    Value::Instance { class, .. } => match self.find_member(class, "__call__") {
                        Some(method) => {
                            self.implicit.insert((here, node, method));
                            self.return_value(method, Some(class), UNKNOWN)
                        }
                        None => UNKNOWN,
                    },
                    _ => UNKNOWN,
                }
            }
        }
    }
}
