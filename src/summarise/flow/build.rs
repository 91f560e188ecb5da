//! Operators, text building and literals.
//!
//! Here a value becomes part of a text: from then on its strands remember where, and what SQL has at that place.

use std::collections::BTreeMap;

use super::evaluate::Frame;
use super::lookup::{self, Safety};
use super::text;
use super::value::{Key, Kind, MOST_STRANDS, Origin, Shape, Strand, Value, merge, sorted};
use super::{Analysis, End};
use crate::model::body::{BinaryOp, CollectionKind, List, NodeId, NodeKind, TextForm, UnaryOp};
use crate::model::facts::{DefId, Name};
use crate::model::knowledge::SinkKind;
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::model::summary::{Built, Hole, SqlTexts};
use crate::rulebook::vocabulary::vocabulary;

/// Bytes of each literal piece that are looked at to judge the places after it.
const CONTEXT: usize = 400;

/// Elements a list keeps apart.
const MOST_ITEMS: usize = 16;

impl<'a> Analysis<'_, 'a> {
    pub(super) fn unary(&mut self, frame: &mut Frame<'a>, op: UnaryOp, value: NodeId) -> Value {
        let held = self.evaluate(frame, value);
        match op {
            UnaryOp::Not | UnaryOp::Negate | UnaryOp::Number | UnaryOp::TypeOf | UnaryOp::Step => Value::number(),
            UnaryOp::Delete => Value::harmless(),
            UnaryOp::Other => held,
        }
    }

    pub(super) fn binary(&mut self, frame: &mut Frame<'a>, node: NodeId, op: BinaryOp, left: NodeId, right: NodeId) -> Value {
        match op {
            BinaryOp::And => {
                self.evaluate(frame, left);
                self.prepare(frame, left, 0);
                let env = frame.env.clone();
                self.refine(frame, left, true);
                let b = self.evaluate(frame, right);
                frame.env = env.join(std::mem::take(&mut frame.env));
                // The left side is the whole only where it is nothing: false, empty, zero.
                if frame.facts.language.family() == Family::Rust { Value::number() } else { b }
            }
            BinaryOp::Or | BinaryOp::Coalesce => {
                let a = self.evaluate(frame, left);
                self.prepare(frame, left, 0);
                let env = frame.env.clone();
                self.refine(frame, left, false);
                let b = self.evaluate(frame, right);
                frame.env = env.join(std::mem::take(&mut frame.env));
                a.join(&b)
            }
            BinaryOp::Add => {
                let a = self.evaluate(frame, left);
                let b = self.evaluate(frame, right);
                self.add(frame, node, &a, &b, Some((left, right)))
            }
            BinaryOp::Remainder => {
                let a = self.evaluate(frame, left);
                let b = self.evaluate(frame, right);
                let listed = matches!(frame.kind(right), NodeKind::Collection { .. });
                let python = frame.facts.language.family() == Family::Python;
                if python && (a.kind == Kind::Text || listed) {
                    let before = a.tail;
                    let head = Value { tail: None, ..a };
                    self.build(frame, node, vec![Piece::value(head), Piece::after(Value { tail: None, ..b.flat() }, before)])
                } else if python && !a.strands.is_empty() {
                    Value { kind: Kind::Any, ..a.join(&b.flat()) }
                } else {
                    Value::number()
                }
            }
            BinaryOp::Multiply => {
                let a = self.evaluate(frame, left);
                let b = self.evaluate(frame, right);
                // Python: `["?"] * n`, `"?," * n`.
                match (a.kind, b.kind) {
                    (Kind::Text, _) => a,
                    (_, Kind::Text) => b,
                    _ if a.shape.is_some() => Value::elements(a.element()),
                    _ if b.shape.is_some() => Value::elements(b.element()),
                    _ => Value::number(),
                }
            }
            BinaryOp::Divide => {
                // Python: `path / name` on paths.
                let a = self.evaluate(frame, left);
                let b = self.evaluate(frame, right);
                if b.kind == Kind::Text || a.kind == Kind::Text { a.join(&b) } else { Value::number() }
            }
            BinaryOp::Bits => {
                let a = self.evaluate(frame, left);
                let b = self.evaluate(frame, right);
                if frame.facts.language.family() == Family::Python { Value { kind: Kind::Any, ..a.join(&b) } } else { Value::number() }
            }
            BinaryOp::Other => {
                let a = self.evaluate(frame, left);
                let b = self.evaluate(frame, right);
                Value { kind: Kind::Any, ..a.join(&b) }
            }
            _ => {
                self.evaluate(frame, left);
                self.evaluate(frame, right);
                Value::number()
            }
        }
    }

    /// `a + b`: text, a longer list, or a number.
    pub(super) fn add(&mut self, frame: &mut Frame<'a>, node: NodeId, a: &Value, b: &Value, nodes: Option<(NodeId, NodeId)>) -> Value {
        if a.kind == Kind::Number && b.kind == Kind::Number {
            return Value::number();
        }
        let listed = |value: &Value| matches!(value.shape.as_deref(), Some(Shape::Elements(_) | Shape::Tuple(_)));
        if listed(a) || listed(b) {
            return Value { strands: merge(&a.strands, &b.strands), ..Value::elements(a.element().join(&b.element())) };
        }
        let texts = a.kind == Kind::Text || b.kind == Kind::Text || a.strands.iter().chain(&b.strands).any(|strand| strand.built.is_some());
        if texts {
            let is_sql = |node: Option<NodeId>| node.is_some_and(|node| holds_sql(frame, node));
            let pieces = vec![
                Piece::Value { value: a.flat(), before: None, whole: is_sql(nodes.map(|(left, _)| left)) },
                Piece::Value { value: b.flat(), before: a.tail, whole: is_sql(nodes.map(|(_, right)| right)) },
            ];
            return self.build(frame, node, pieces);
        }
        // Two values of which neither is known to be text: numbers as likely as not.
        Value { kind: Kind::Any, shape: None, ..a.flat().join(&b.flat()) }
    }

    pub(super) fn text(&mut self, frame: &mut Frame<'a>, node: NodeId, parts: List, form: TextForm) -> Value {
        let nodes = frame.list(parts);
        if form == TextForm::Join {
            let mut all = Value::text();
            for (at, &part) in nodes.iter().enumerate() {
                let value = self.evaluate(frame, part);
                if at > 0 {
                    all.strands = merge(&all.strands, &value.all_strands());
                }
            }
            return all;
        }
        let mut pieces = Vec::with_capacity(nodes.len());
        for part in nodes {
            pieces.push(match frame.kind(part) {
                NodeKind::Str(name) => Piece::Literal(name),
                _ => {
                    let value = self.evaluate(frame, part).flat();
                    Piece::Value { value, before: None, whole: holds_sql(frame, part) }
                }
            });
        }
        self.build(frame, node, pieces)
    }

    /// Text out of pieces. What is put into it remembers where, and what stands around it.
    pub(super) fn build(&mut self, frame: &mut Frame<'a>, node: NodeId, pieces: Vec<Piece>) -> Value {
        let facts = frame.facts;
        let literals = pieces.iter().filter(|piece| matches!(piece, Piece::Literal(name) if !facts.text(*name).trim().is_empty())).count();
        let mut values = pieces.iter().filter_map(|piece| match piece {
            Piece::Value { value, .. } => Some(value),
            Piece::Literal(_) => None,
        });
        // `f"{x}"` is `x`.
        if let (0, Some(only), None) = (literals, values.next(), values.next()) {
            return Value { kind: Kind::Text, checked: false, ..only.flat() };
        }
        let grows = matches!(frame.kind(node), NodeKind::Assign { .. } | NodeKind::Call { .. });
        let text_of = |reference: Option<(FileId, Name)>| reference.map_or("", |(file, name)| self.program.file(file).text(name));
        let sql = pieces.iter().any(|piece| match piece {
            Piece::Literal(name) => text::reads_as_sql(facts.text(*name)),
            Piece::Value { value, before, .. } => {
                value.sql || (value.strands.is_empty() && text::reads_as_sql(text_of(value.tail))) || text::reads_as_sql(text_of(*before))
            }
        });
        let statement = self.is_statement(frame, &pieces);
        let setting = match pieces.first() {
            Some(Piece::Literal(name)) => text::opens_setting(facts.text(*name)),
            Some(Piece::Value { value, before, .. }) => {
                value.setting
                    || text::opens_setting(text_of(*before))
                    || (value.strands.is_empty() && text::opens_setting(text_of(value.tail)))
            }
            None => false,
        };
        let mut strands: Vec<Strand> = Vec::new();
        let mut tail: Option<(FileId, Name)> = None;
        let mut fresh: Vec<(Strand, Hole, bool)> = Vec::new();
        let mut so_far = String::new();
        for (at, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Literal(name) => {
                    tail = Some((frame.file, *name));
                    so_far.push_str(text::last_chars(facts.text(*name), CONTEXT));
                }
                Piece::Value { value, before, whole } => {
                    let all = value.all_strands();
                    if so_far.is_empty() {
                        so_far.push_str(text::last_chars(text_of(*before), CONTEXT));
                    }
                    if all.is_empty() {
                        tail = value.tail.or(tail);
                        so_far.push_str(text::last_chars(text_of(value.tail), CONTEXT));
                        continue;
                    }
                    let after = match pieces.get(at + 1) {
                        Some(Piece::Literal(name)) => facts.text(*name),
                        Some(Piece::Value { value: next, .. }) if next.strands.is_empty() => text_of(next.tail),
                        _ => "",
                    };
                    let hole = if setting { Hole::Setting } else { text::hole(&so_far, after) };
                    // `:{name}`, `{{${key}}}`: the driver takes it for the name of a parameter.
                    let named = text::ends_in_placeholder(&so_far);
                    // The first piece may be what the text was before: then nothing is put into it.
                    let first = at == 0 && (grows || all.iter().all(|strand| strand.built.is_some()));
                    // What a statement begins with, or what stands behind the end of one, is a statement given whole.
                    let first =
                        first || (at == 0 && before.is_none() && text::continues_statement(after)) || text::ends_statement(&so_far, after);
                    for strand in all.into_iter().filter(|strand| !named || matches!(strand.origin, Origin::Source(_))) {
                        fresh.push((strand, hole, *whole || first));
                    }
                    tail = value.tail.or(tail).or(*before);
                    so_far.push_str(text_of(value.tail));
                    so_far.push('?');
                }
            }
        }
        for (mut strand, hole, whole) in fresh {
            let keep = match strand.built {
                Some(built) => built.sql || !sql,
                // SQL put together from whole pieces of SQL: the pieces are judged where they are made.
                None => whole && (grows || hole != Hole::Value),
            };
            if !keep {
                // `${column} = ?`, joined and put into a statement, is still a name.
                let hole = match strand.built {
                    Some(Built { hole: Hole::Identifier, .. }) if hole != Hole::Setting => Hole::Identifier,
                    _ => hole,
                };
                strand.built = Some(Built { function: frame.function, node, hole, sql });
                strand.way = self.ways.then(strand.way, frame.step(node));
                if statement && self.texts == SqlTexts::All {
                    let end = End { kind: SinkKind::Sql, place: (frame.function, node), api: None, request: false, runs: false };
                    self.arrive(frame.unit, &strand, end);
                }
            }
            strands.push(strand);
        }
        if strands.len() > MOST_STRANDS {
            self.limits.strands += 1;
        }
        Value { strands: sorted(strands), kind: Kind::Text, tail, sql, statement, setting, ..Value::default() }
    }

    /// The literal pieces together, with something for each value, are a statement.
    fn is_statement(&self, frame: &Frame<'a>, pieces: &[Piece]) -> bool {
        let mut whole = String::new();
        for piece in pieces {
            match piece {
                Piece::Literal(name) => whole.push_str(frame.facts.text(*name)),
                Piece::Value { value, .. } if value.statement => return true,
                Piece::Value { value, before, .. } => {
                    // A template's own text comes with the values put into it.
                    let nothing_yet = whole.trim_matches([' ', '?']).is_empty();
                    if let Some((file, name)) = before.filter(|_| nothing_yet).or(value.tail.filter(|_| value.strands.is_empty())) {
                        whole.push_str(self.program.file(file).text(name));
                    }
                    whole.push_str(" ? ");
                }
            }
            if whole.len() > 2000 {
                break;
            }
        }
        text::is_statement(&whole)
    }

    pub(super) fn cast(&mut self, frame: &mut Frame<'a>, value: NodeId, to: NodeId) -> Value {
        let held = self.evaluate(frame, value);
        if held.is_harmless() {
            return held;
        }
        let safe = lookup::safety(self.program, &self.scopes, frame.file, to) == Safety::Safe;
        // TypeScript's `as number` checks nothing.
        let checks = frame.facts.language.family() != Family::TypeScript;
        let sourced = held.all_strands().iter().any(|strand| matches!(strand.origin, Origin::Source(_)));
        if safe && (checks || !sourced) { Value::number() } else { held }
    }

    pub(super) fn collection(&mut self, frame: &mut Frame<'a>, kind: CollectionKind, items: List) -> Value {
        let nodes = frame.list(items);
        if kind == CollectionKind::Dict {
            return self.object(frame, &nodes);
        }
        let mut apart = Vec::new();
        let mut spread = nodes.len() > MOST_ITEMS || kind == CollectionKind::Set;
        for &node in &nodes {
            let value = self.evaluate(frame, node);
            match frame.kind(node) {
                NodeKind::Spread { .. } => {
                    spread = true;
                    apart.push(value.element());
                }
                _ => apart.push(value),
            }
        }
        if spread {
            let all = apart.iter().fold(Value::harmless(), |all, value| if all.is_harmless() { value.clone() } else { all.join(value) });
            return Value::elements(all);
        }
        Value::shaped(Shape::Tuple(apart))
    }

    pub(super) fn object(&mut self, frame: &mut Frame<'a>, nodes: &[NodeId]) -> Value {
        let mut object = Value::shaped(Shape::Fields(BTreeMap::new()));
        for &node in nodes {
            match frame.kind(node) {
                NodeKind::Entry { key, value } => {
                    let held = self.evaluate(frame, value);
                    match frame.kind(key) {
                        NodeKind::Str(name) | NodeKind::Number(name) => {
                            let key = self.keys.name(self.program, frame.file, name);
                            object.set(&[key], held);
                        }
                        _ => {
                            let named = self.evaluate(frame, key);
                            object.put_any(&named, &held);
                        }
                    }
                }
                NodeKind::Spread { .. } => {
                    // Which names an unknown object has, nobody knows: the ones written beside it keep their meaning.
                    let held = self.evaluate(frame, node).without_unknown();
                    object.strands = merge(&object.strands, &held.strands);
                    if let Some(Shape::Fields(fields)) = held.shape.as_deref() {
                        for (key, value) in fields {
                            match *key {
                                Key::KEYS | Key::VALUES => object.set_more(*key, value),
                                key => object.set(&[key], value.clone()),
                            }
                        }
                    } else {
                        object.strands = merge(&object.strands, &held.all_strands());
                    }
                }
                _ => {
                    let held = self.evaluate(frame, node);
                    object.strands = merge(&object.strands, &held.all_strands());
                }
            }
        }
        object
    }

    pub(super) fn closure(&mut self, frame: &mut Frame<'a>, def: DefId) -> Value {
        let closure = GlobalDef { file: frame.file, def };
        if !frame.is_module() {
            self.run(frame, closure, &[]);
        }
        Value::shaped(Shape::Closure(closure))
    }
}

/// One piece of a text.
pub(super) enum Piece {
    Literal(Name),
    Value {
        value: Value,
        /// The literal text that stands before it when that is not the piece before.
        before: Option<(FileId, Name)>,
        /// Its name says that it is a piece of SQL itself.
        whole: bool,
    },
}

impl Piece {
    pub(super) fn value(value: Value) -> Piece {
        Piece::Value { value, before: None, whole: false }
    }

    pub(super) fn after(value: Value, before: Option<(FileId, Name)>) -> Piece {
        Piece::Value { value, before, whole: false }
    }
}

/// The name says that it holds a piece of SQL: `base_query`, `whereClause`, `self.sql`.
pub(super) fn holds_sql(frame: &Frame, node: NodeId) -> bool {
    let name = match frame.kind(node) {
        NodeKind::Name(name) | NodeKind::Member { name, .. } => frame.facts.text(name),
        NodeKind::Call { callee, .. } => match frame.kind(callee) {
            NodeKind::Name(name) | NodeKind::Member { name, .. } => frame.facts.text(name),
            _ => return false,
        },
        _ => return false,
    };
    let lower = name.to_ascii_lowercase();
    vocabulary().sql.holders.within(&lower)
}
