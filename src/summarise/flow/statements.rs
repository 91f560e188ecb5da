//! Statements: branches meet, loops settle, assignments replace.

use super::Analysis;
use super::build::Piece;
use super::environment::{Environment, Variable};
use super::evaluate::{DEEPEST, Frame, result_join};
use super::lookup::{self, Safety};
use super::reads::Growing;
use super::value::{Key, Kind, Value};
use crate::model::body::{AssignOp, BinaryOp, CollectionKind, List, LoopKind, NodeId, NodeKind};
use crate::model::program::Value as Known;
use crate::model::role::GlobalDef;
use crate::model::source::Family;

impl<'a> Analysis<'_, 'a> {
    pub(super) fn block(&mut self, frame: &mut Frame<'a>, items: List, value: bool) -> Value {
        let mut last = Value::harmless();
        for item in frame.list(items) {
            last = self.evaluate(frame, item);
            if frame.env.dead {
                return Value::harmless();
            }
        }
        if value { last } else { Value::harmless() }
    }

    pub(super) fn branch(&mut self, frame: &mut Frame<'a>, condition: NodeId, then: NodeId, otherwise: Option<NodeId>) -> Value {
        self.evaluate(frame, condition);
        self.prepare(frame, condition, 0);
        let start = frame.env.clone();
        self.refine(frame, condition, true);
        let a = self.evaluate(frame, then);
        let then_env = std::mem::replace(&mut frame.env, start);
        self.refine(frame, condition, false);
        let b = otherwise.map(|node| self.evaluate(frame, node));
        let (then_dead, else_dead) = (then_env.dead, frame.env.dead);
        let else_env = std::mem::take(&mut frame.env);
        frame.env = then_env.join(else_env);
        match b {
            Some(b) if then_dead => b,
            Some(_) if else_dead => a,
            Some(b) => result_join(a, b),
            None => a,
        }
    }

    pub(super) fn repeat(
        &mut self,
        frame: &mut Frame<'a>,
        kind: LoopKind,
        target: Option<NodeId>,
        source: Option<NodeId>,
        body: NodeId,
    ) -> Value {
        let over = source.map(|source| self.evaluate(frame, source));
        // Each pass lets data go one assignment further round the loop; deep nests get one pass each.
        let passes = if frame.loops >= 3 { 1 } else { 3 };
        let outer = std::mem::take(&mut frame.breaks);
        let mut element = Value::harmless();
        let mut any = false;
        // Every pass came to its end: what each of them says of its element holds for all.
        let mut whole = true;
        let mut vouched = kind == LoopKind::ForEach;
        for _ in 0..passes {
            let start = frame.env.clone();
            if let (Some(target), Some(over)) = (target, &over) {
                let each =
                    if kind == LoopKind::While { over.clone() } else { over.walked(frame.facts.language.family() == Family::Python) };
                self.bind(frame, target, each);
            }
            if let (LoopKind::While, Some(condition)) = (kind, source) {
                self.refine(frame, condition, true);
            }
            frame.loops += 1;
            let value = self.evaluate(frame, body);
            frame.loops -= 1;
            element = if any { element.join(&value) } else { value };
            any = true;
            whole &= frame.breaks.is_empty();
            vouched &= target.is_some_and(|target| checks_element(frame, target));
            let mut after = std::mem::take(&mut frame.env);
            for left in frame.breaks.drain(..) {
                after = after.join(left);
            }
            frame.env = start.clone().join(after);
            if frame.env == start {
                break;
            }
        }
        frame.breaks = outer;
        match (kind, source) {
            (LoopKind::While, Some(condition)) if whole => self.refine(frame, condition, false),
            (LoopKind::ForEach, Some(source)) if whole && vouched => self.check_elements(frame, source, 0),
            _ => {}
        }
        match kind {
            LoopKind::Comprehension if makes_mapping(frame, body) => element,
            LoopKind::Comprehension => Value::elements(element),
            _ => Value::harmless(),
        }
    }

    pub(super) fn match_(&mut self, frame: &mut Frame<'a>, subject: NodeId, arms: List) -> Value {
        let held = self.evaluate(frame, subject);
        let start = frame.env.clone();
        let mut end: Option<Environment> = None;
        let mut result: Option<Value> = None;
        let mut complete = frame.facts.language.family() == Family::Rust;
        for arm in frame.list(arms) {
            let NodeKind::Arm { pattern, guard, body } = frame.kind(arm) else { continue };
            frame.env = start.clone();
            if is_literal_pattern(frame, pattern, 0) {
                self.check_place(frame, subject);
            } else {
                complete |= matches!(frame.kind(pattern), NodeKind::Other(_) | NodeKind::Name(_)) && guard.is_none();
                if let NodeKind::Name(_) | NodeKind::Call { .. } | NodeKind::Collection { .. } = frame.kind(pattern) {
                    self.bind(frame, pattern, held.clone());
                }
            }
            if let Some(guard) = guard {
                self.evaluate(frame, guard);
                self.refine(frame, guard, true);
            }
            let value = self.evaluate(frame, body);
            let env = std::mem::take(&mut frame.env);
            if !env.dead {
                result = Some(match result {
                    Some(have) => result_join(have, value),
                    None => value,
                });
            }
            end = Some(match end {
                Some(have) => have.join(env),
                None => env,
            });
        }
        let mut end = end.unwrap_or_else(|| start.clone());
        if !complete {
            end = end.join(start);
        }
        // A `break` out of a `switch` is the end of its arm.
        frame.env = end;
        if frame.facts.language.family() == Family::TypeScript {
            let broken: Vec<Environment> = std::mem::take(&mut frame.breaks);
            for env in broken {
                let here = std::mem::take(&mut frame.env);
                frame.env = here.join(env);
            }
        }
        result.unwrap_or_default()
    }

    pub(super) fn try_(
        &mut self,
        frame: &mut Frame<'a>,
        body: NodeId,
        handlers: List,
        otherwise: Option<NodeId>,
        finally: Option<NodeId>,
    ) -> Value {
        let start = frame.env.clone();
        let value = self.evaluate(frame, body);
        let mut after = frame.env.clone();
        if let Some(otherwise) = otherwise {
            self.evaluate(frame, otherwise);
            after = frame.env.clone();
        }
        // The body may have failed anywhere: before its first assignment or after its last.
        let mut failed = start;
        if !after.dead {
            failed = failed.join(after.clone());
        }
        for handler in frame.list(handlers) {
            frame.env = failed.clone();
            if let NodeKind::Handler { binding, body, .. } = frame.kind(handler) {
                if let Some(binding) = binding {
                    let error = self.unknown_at(frame, binding);
                    self.bind(frame, binding, error);
                }
                self.evaluate(frame, body);
            }
            let env = std::mem::take(&mut frame.env);
            after = after.join(env);
        }
        let dead = after.dead;
        frame.env = if dead { failed } else { after };
        if let Some(finally) = finally {
            self.evaluate(frame, finally);
        }
        frame.env.dead |= dead;
        value
    }

    pub(super) fn declare(&mut self, frame: &mut Frame<'a>, target: NodeId, annotation: Option<NodeId>, value: Option<NodeId>) -> Value {
        let held = match value {
            Some(value) => self.evaluate(frame, value),
            None => Value::harmless(),
        };
        let safe = annotation.is_some_and(|node| lookup::safety(self.program, &self.scopes, frame.file, node) == Safety::Safe);
        let held = if safe { Value::number() } else { held };
        self.bind(frame, target, held);
        if let Some(value) = value {
            self.bind_tested(frame, target, value);
            self.note_condition(frame, target, value);
        }
        Value::harmless()
    }

    /// `const { sort } = query`: fields whose class says that they have a fixed form, as when they are read one by one.
    fn bind_tested(&mut self, frame: &mut Frame<'a>, target: NodeId, value: NodeId) {
        let NodeKind::Collection { kind: CollectionKind::Dict, items } = frame.kind(target) else { return };
        let Known::Instance { class, .. } = self.program.value(frame.file, value) else { return };
        for item in frame.list(items) {
            let NodeKind::Entry { key, value: pattern } = frame.kind(item) else { continue };
            let NodeKind::Str(name) = frame.kind(key) else { continue };
            let field = self.find_field(class, frame.facts.text(name));
            if field.is_some_and(|field| lookup::field_safety(self.program, &self.scopes, field) == Safety::Safe) {
                self.bind(frame, pattern, Value::number());
            }
        }
    }

    pub(super) fn assign(&mut self, frame: &mut Frame<'a>, node: NodeId, target: NodeId, value: NodeId, op: AssignOp) -> Value {
        let held = self.evaluate(frame, value);
        let held = match op {
            AssignOp::Augment(BinaryOp::Add) => {
                let before = self.evaluate(frame, target);
                self.add(frame, node, &before, &held, Some((target, value)))
            }
            AssignOp::Augment(BinaryOp::Remainder) => {
                let before = self.evaluate(frame, target);
                let tail = before.tail;
                self.build(frame, node, vec![Piece::value(Value { tail: None, ..before }), Piece::after(held.flat(), tail)])
            }
            AssignOp::Augment(BinaryOp::Or | BinaryOp::And | BinaryOp::Coalesce | BinaryOp::Bits) => {
                let before = self.evaluate(frame, target);
                before.join(&held)
            }
            AssignOp::Augment(BinaryOp::Multiply) => {
                let before = self.evaluate(frame, target);
                if before.kind == Kind::Text { before } else { Value::number() }
            }
            AssignOp::Augment(_) => Value::number(),
            AssignOp::Set | AssignOp::With | AssignOp::Test | AssignOp::Default => held,
        };
        self.bind(frame, target, held.clone());
        if op == AssignOp::Set {
            self.note_condition(frame, target, value);
        }
        held
    }

    /// Puts a value into a target or pattern.
    pub(super) fn bind(&mut self, frame: &mut Frame<'a>, target: NodeId, value: Value) {
        if frame.depth >= DEEPEST {
            self.limits.depth += 1;
            return;
        }
        frame.depth += 1;
        self.bind_at(frame, target, value);
        frame.depth -= 1;
    }

    pub(super) fn bind_at(&mut self, frame: &mut Frame<'a>, target: NodeId, value: Value) {
        match frame.kind(target) {
            NodeKind::Name(name) => {
                self.forget_conditions(frame, name);
                let value = if let Some(kind) = self.api_source(frame.file, target) {
                    self.source_at(frame, target, kind)
                } else if !value.is_harmless() && self.has_safe_type(frame, target) {
                    Value::number()
                } else {
                    value
                };
                frame.env.set(Variable::named(name), value);
            }
            NodeKind::Member { object, name, .. } => {
                if frame.kind(object) == NodeKind::Receiver
                    && let Some(class) = frame.class
                {
                    let key = self.keys.name(self.program, frame.file, name);
                    self.put_field(class, key, &value);
                }
                if let Some(place) = self.place(frame, target) {
                    self.ensure(frame, target);
                    frame.env.put(&place, value);
                }
            }
            NodeKind::Index { object, index } => {
                let at = self.evaluate(frame, index);
                if let Some(place) = self.place(frame, target) {
                    self.ensure(frame, target);
                    frame.env.put(&place, value);
                } else if let Some(place) = self.place(frame, object) {
                    self.ensure(frame, object);
                    let mut held = frame.env.at(&place).cloned().unwrap_or_default();
                    held.put_any(&at, &value);
                    frame.env.put(&place, held);
                }
            }
            NodeKind::Collection { kind: CollectionKind::Dict, items } => {
                for item in frame.list(items) {
                    match frame.kind(item) {
                        NodeKind::Entry { key, value: pattern } => {
                            let part = match frame.kind(key) {
                                NodeKind::Str(name) => {
                                    let key = self.keys.name(self.program, frame.file, name);
                                    value.member(key)
                                }
                                _ => value.element(),
                            };
                            self.bind(frame, pattern, part);
                        }
                        NodeKind::Spread { value: pattern, .. } => self.bind(frame, pattern, value.clone()),
                        _ => self.bind(frame, item, value.element()),
                    }
                }
            }
            NodeKind::Collection { items, .. } => {
                for (at, item) in frame.list(items).into_iter().enumerate() {
                    match frame.kind(item) {
                        NodeKind::Spread { value: pattern, .. } => self.bind(frame, pattern, Value::elements(value.element())),
                        _ => self.bind(frame, item, value.at(at)),
                    }
                }
            }
            NodeKind::Assign { target, value: default, .. } => {
                let default = self.evaluate(frame, default);
                self.bind(frame, target, value.join(&default));
            }
            NodeKind::Call { args, .. } => {
                for arg in frame.list(args) {
                    match frame.kind(arg) {
                        NodeKind::Argument { name, value: pattern } => {
                            let key = self.keys.name(self.program, frame.file, name);
                            self.bind(frame, pattern, value.member(key));
                        }
                        _ => self.bind(frame, arg, value.clone()),
                    }
                }
            }
            NodeKind::Argument { name, value: pattern } => {
                let key = self.keys.name(self.program, frame.file, name);
                self.bind(frame, pattern, value.member(key));
            }
            NodeKind::Cast { value: pattern, .. } | NodeKind::Spread { value: pattern, .. } => self.bind(frame, pattern, value),
            NodeKind::Unary { value: pattern, .. } | NodeKind::Apply { base: pattern, .. } => self.bind(frame, pattern, value),
            NodeKind::Union(parts) | NodeKind::Other(parts) => {
                for part in frame.list(parts) {
                    self.bind(frame, part, value.clone());
                }
            }
            _ => {}
        }
    }

    /// Some method puts `value` into a field of its class's instances.
    pub(super) fn put_field(&mut self, class: GlobalDef, key: Key, value: &Value) {
        let value = Value { checked: false, ..value.clone() };
        let grown = match self.fields.get(&(class, key)) {
            Some(have) => Some(have.join(&value)).filter(|joined| joined != have),
            None => Some(value),
        };
        if let Some(grown) = grown {
            self.fields.insert((class, key), grown);
            self.reads.grow(Growing::Field(class, key));
        }
    }
}

/// `{key: value for …}`, whatever the comprehension asks and walks over on the way.
fn makes_mapping(frame: &Frame, body: NodeId) -> bool {
    let mut at = body;
    for _ in 0..8 {
        at = match frame.kind(at) {
            NodeKind::If { then, .. } => then,
            NodeKind::Loop { kind: LoopKind::Comprehension, body, .. } => body,
            kind => return matches!(kind, NodeKind::Entry { .. }),
        };
    }
    false
}

/// At the end of a pass over a loop's body, its element (of a pair, the key) has been checked.
fn checks_element(frame: &Frame, target: NodeId) -> bool {
    let first = match frame.kind(target) {
        NodeKind::Collection { items, .. } => frame.facts.arena.list(items).next(),
        _ => Some(target),
    };
    match first.map(|first| frame.kind(first)) {
        Some(NodeKind::Name(name)) if !frame.env.dead => {
            frame.env.get(Variable::named(name)).is_some_and(|value| value.checked && value.is_harmless())
        }
        _ => false,
    }
}

/// A pattern that only constants match.
pub(super) fn is_literal_pattern(frame: &Frame, pattern: NodeId, depth: u8) -> bool {
    match frame.kind(pattern) {
        NodeKind::Str(_) | NodeKind::Number(_) | NodeKind::Bool(_) | NodeKind::Null => true,
        NodeKind::Member { .. } => true,
        NodeKind::Call { args, .. } if depth < 4 => {
            let mut args = frame.facts.arena.list(args);
            args.len() > 0 && args.all(|arg| is_literal_pattern(frame, arg, depth + 1))
        }
        NodeKind::Union(parts) if depth < 4 => frame.facts.arena.list(parts).all(|part| is_literal_pattern(frame, part, depth + 1)),
        NodeKind::Binary { op: BinaryOp::Bits | BinaryOp::Or, left, right } if depth < 4 => {
            is_literal_pattern(frame, left, depth + 1) && is_literal_pattern(frame, right, depth + 1)
        }
        NodeKind::Other(parts) if depth < 4 => {
            let mut parts = frame.facts.arena.list(parts);
            parts.len() > 0 && parts.all(|part| is_literal_pattern(frame, part, depth + 1))
        }
        _ => false,
    }
}
