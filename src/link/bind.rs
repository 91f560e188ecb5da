//! Patterns and elements: what the names of a pattern stand for when the whole has a value, and what iterating or indexing
//! a value gives.

use super::evaluate::Linker;
use super::tables::UNKNOWN;
use crate::model::body::{AssignOp, CallForm, CollectionKind, NodeId, NodeKind};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::last_name;
use crate::model::program::{Value, ValueId};

/// Patterns in patterns that are bound. Alternatives and assignments lean to the left, so that they may be as deep as a file is long.
const DEEPEST_PATTERN: u32 = 500;

impl<'a> Linker<'a> {
    /// Binds a pattern to a value.
    pub(super) fn bind(&mut self, pattern: NodeId, value: ValueId) {
        if self.patterns_open < DEEPEST_PATTERN {
            self.patterns_open += 1;
            self.bind_pattern(pattern, value);
            self.patterns_open -= 1;
        }
    }

    fn bind_pattern(&mut self, pattern: NodeId, value: ValueId) {
        let file = self.here().file;
        let facts = &self.facts[file.index()];
        let arena = &facts.arena;
        if value != UNKNOWN {
            self.node_values[file.index()][pattern.index()] = value;
        }
        match arena.kind(pattern) {
            NodeKind::Name(name) => {
                if let Some(frame) = self.frames.last_mut() {
                    let slot = frame.locals.entry(name).or_insert(UNKNOWN);
                    if value != UNKNOWN {
                        *slot = value;
                    }
                }
            }
            NodeKind::Spread { value: inner, .. } => self.bind(inner, value),
            NodeKind::Assign { target, value: default, op: AssignOp::Default } => {
                let fallback = self.eval(default);
                let value = self.join(value, fallback);
                self.bind(target, value);
            }
            NodeKind::Collection { items, .. } => {
                let items: Vec<NodeId> = arena.list(items).collect();
                for (at, item) in items.into_iter().enumerate() {
                    match arena.kind(item) {
                        NodeKind::Entry { key, value: inner } => {
                            let member = match facts.string(key) {
                                Some(name) => self.member(value, name),
                                None => UNKNOWN,
                            };
                            self.bind(inner, member);
                        }
                        _ => {
                            let element = self.tuple_item(value, at);
                            self.bind(item, element);
                        }
                    }
                }
            }
            NodeKind::Call { callee, args, form: CallForm::Pattern } => {
                let constructor = self.eval(callee);
                let constructed = self.constructed(callee, constructor);
                // A `Result<T, E>` stands for its `T`, which is not what failed.
                let failed = last_name(facts, callee).is_some_and(|name| facts.text(name) == "Err");
                let value = if failed && constructed.is_none() { UNKNOWN } else { value };
                for (at, arg) in arena.list(args).enumerate() {
                    match arena.kind(arg) {
                        NodeKind::Argument { name, value: inner } => {
                            let member = match constructed {
                                Some(owner) => self.field_of(owner, facts.text(name)),
                                None => self.member(value, facts.text(name)),
                            };
                            self.bind(inner, member);
                        }
                        _ => {
                            let inner = match constructed {
                                Some(owner) => match self.field_of(owner, &at.to_string()) {
                                    // `Checked(body): Checked<Order>` of `struct Checked<T>(pub T)`
                                    UNKNOWN if at == 0 => self.argument_of(value),
                                    field => field,
                                },
                                None => self.unwrap_pattern(constructor, value),
                            };
                            self.bind(arg, inner);
                        }
                    }
                }
            }
            NodeKind::Binary { left, right, .. } => {
                self.bind(left, value);
                self.bind(right, value);
            }
            NodeKind::Member { .. } | NodeKind::Index { .. } => {}
            _ => {
                let mut children = Vec::new();
                arena.children(pattern, |child| children.push(child));
                for child in children {
                    self.bind(child, UNKNOWN);
                }
            }
        }
    }

    /// What a generic type of the project is for, where a value is of one.
    fn argument_of(&self, value: ValueId) -> ValueId {
        match self.get(value) {
            Value::Instance { argument, .. } => argument,
            _ => UNKNOWN,
        }
    }

    /// What stands inside `Some(x)`, `Ok(x)`, `Path(x)`, `Json(x)` when the whole has this value.
    fn unwrap_pattern(&mut self, constructor: ValueId, value: ValueId) -> ValueId {
        match (self.get(constructor), self.get(value)) {
            // The type `State<Collection<Book>>` was unwrapped before.
            (Value::Api { api, .. }, _) if self.apis.facts(api).any(|(fact, _)| *fact == ApiFact::Transparent) => value,
            (Value::Api { .. }, Value::Api { subject: Some(class), .. }) => self.value(Value::Instance { class, argument: UNKNOWN }),
            (Value::Instance { .. } | Value::Def(_), _) => UNKNOWN,
            _ => value,
        }
    }

    /// Binds the target of a loop to the elements of its source: `enumerate`, `zip`, `.items()` and `.entries()` included.
    pub(super) fn bind_loop(&mut self, target: NodeId, source: NodeId, value: ValueId) {
        let file = self.here().file;
        let facts = &self.facts[file.index()];
        let arena = &facts.arena;
        if let (NodeKind::Collection { items: targets, .. }, NodeKind::Call { callee, args, .. }) = (arena.kind(target), arena.kind(source))
        {
            let targets: Vec<NodeId> = arena.list(targets).collect();
            let args: Vec<NodeId> = arena.list(args).collect();
            let (name, object) = match arena.kind(callee) {
                NodeKind::Name(name) => (facts.text(name), None),
                NodeKind::Member { name, object, .. } => (facts.text(name), Some(object)),
                _ => ("", None),
            };
            match (name, targets.as_slice()) {
                ("enumerate" | "entries" | "items", &[first, second]) => {
                    let whole = match object {
                        Some(object) => self.node_values[file.index()][object.index()],
                        None => args.first().map_or(UNKNOWN, |arg| self.node_values[file.index()][arg.index()]),
                    };
                    let element = self.element(whole);
                    self.bind(first, UNKNOWN);
                    self.bind(second, element);
                    return;
                }
                ("zip", _) if object.is_none() => {
                    for (target, arg) in targets.into_iter().zip(args) {
                        let whole = self.node_values[file.index()][arg.index()];
                        let element = self.element(whole);
                        self.bind(target, element);
                    }
                    return;
                }
                _ => {}
            }
        }
        let element = self.element(value);
        self.bind(target, element);
    }

    /// What iterating a value gives.
    pub(super) fn element(&mut self, value: ValueId) -> ValueId {
        match self.get(value) {
            Value::Collection(element) | Value::Mapping(element) => element,
            Value::Literal(file, node) => {
                let arena = &self.facts[file.index()].arena;
                match arena.kind(node) {
                    NodeKind::Collection { kind: CollectionKind::Tuple, items } => {
                        arena.list(items).next().map_or(UNKNOWN, |first| self.node_values[file.index()][first.index()])
                    }
                    _ => UNKNOWN,
                }
            }
            // The rows of a relation (`device.interfaces.all()`) are not of the class that has it.
            Value::Api { api, subject: Some(owner), guessed } if self.is_attribute(api) => {
                if let Some(class) = self.reverse_row(api, owner) {
                    return self.value(Value::Instance { class, argument: UNKNOWN });
                }
                let api = self.apis.step(api, "[]");
                self.value(Value::Api { api, subject: None, guessed })
            }
            Value::Api { subject: Some(class), .. } => self.value(Value::Instance { class, argument: UNKNOWN }),
            Value::Api { api, subject, guessed } if !self.apis.path(api).starts_with("builtins.") => {
                let api = self.apis.step(api, "[]");
                self.value(Value::Api { api, subject, guessed })
            }
            _ => UNKNOWN,
        }
    }

    fn tuple_item(&mut self, value: ValueId, at: usize) -> ValueId {
        match self.get(value) {
            Value::Literal(file, node) => {
                let arena = &self.facts[file.index()].arena;
                match arena.kind(node) {
                    NodeKind::Collection { items, .. } => {
                        arena.list(items).nth(at).map_or(UNKNOWN, |item| self.node_values[file.index()][item.index()])
                    }
                    _ => UNKNOWN,
                }
            }
            Value::Collection(element) => element,
            _ => UNKNOWN,
        }
    }

    /// `value["key"]`, `value[i]`.
    pub(super) fn element_at(&mut self, value: ValueId, key: Option<&str>) -> ValueId {
        match (self.get(value), key) {
            (Value::Literal(..), Some(key)) => self.member(value, key),
            (Value::Collection(_) | Value::Mapping(_), _) => self.element(value),
            (Value::Api { api, subject, guessed }, _) => {
                if let Some(class) = subject {
                    return self.value(Value::Instance { class, argument: UNKNOWN });
                }
                let api = self.apis.step(api, "[]");
                self.value(Value::Api { api, subject, guessed })
            }
            _ => UNKNOWN,
        }
    }
}
