//! Destructuring: `{ a, b: c = 1, ...rest }` and `[a, , b]`, in declarations, parameters and assignments.
//!
//! Patterns have the shape of the literals they look like: `Collection`, `Entry`, `Spread`, and `Assign` with op `Default`.

use crate::model::body::{AssignOp, CollectionKind, List, NodeId, NodeKind};
use crate::model::facts::Name;
use crate::model::source::Span;

use super::grammar::Kind;
use super::lower::Lowering;

/// How deep a pattern is followed when its names are collected.
const MAX_PATTERN_DEPTH: u32 = 50;

/// One name a pattern binds.
pub(super) struct Binding {
    pub(super) name: Name,
    pub(super) span: Span,
    /// The name's node in the pattern.
    pub(super) node: NodeId,
    /// The expression that says which part of the value it is.
    pub(super) value: Option<NodeId>,
}

impl Lowering<'_> {
    pub(super) fn pattern_properties(&mut self) -> List {
        let mark = self.mark();
        self.each_child(|lowering, kind| match kind {
            Kind::PairPattern => {
                let pair = lowering.deeper(Self::pair);
                lowering.stack.push(pair);
            }
            Kind::ShorthandPattern => {
                let entry = lowering.shorthand();
                lowering.stack.push(entry);
            }
            Kind::ObjectAssignmentPattern => {
                let entry = lowering.deeper(Self::shorthand_with_default);
                lowering.stack.push(entry);
            }
            _ => lowering.element(kind),
        });
        self.list(mark)
    }

    /// `{ a = 1 }` is `a: a = 1`.
    fn shorthand_with_default(&mut self) -> NodeId {
        let span = self.span();
        let value = self.default_pattern(span);
        let NodeKind::Assign { target, .. } = self.arena.kind(value) else { return value };
        let NodeKind::Name(name) = self.arena.kind(target) else { return value };
        let key_span = self.arena.span(target);
        let key = self.push(NodeKind::Str(name), key_span);
        self.push(NodeKind::Entry { key, value }, span)
    }

    /// `target = default`.
    pub(super) fn default_pattern(&mut self, span: Span) -> NodeId {
        let mut target = None;
        let mut value = None;
        self.each_child(|lowering, kind| {
            if kind.is_expression() {
                let side = lowering.expression();
                if target.is_none() {
                    target = Some(side);
                } else {
                    value = Some(side);
                }
            }
        });
        match (target, value) {
            (Some(target), Some(value)) => self.push(NodeKind::Assign { target, value, op: AssignOp::Default }, span),
            (Some(target), None) => target,
            (None, _) => self.other(span),
        }
    }

    /// The names a lowered pattern binds, each with the part of `value` it gets: `{ a: [b] }` binds `b` to `value.a[0]`.
    pub(super) fn bindings(&mut self, pattern: NodeId, value: Option<NodeId>) -> Vec<Binding> {
        let mut found = Vec::new();
        self.collect_bindings(pattern, value, 0, &mut found);
        found
    }

    fn collect_bindings(&mut self, pattern: NodeId, value: Option<NodeId>, depth: u32, found: &mut Vec<Binding>) {
        if depth > MAX_PATTERN_DEPTH {
            return;
        }
        let span = self.arena.span(pattern);
        match self.arena.kind(pattern) {
            NodeKind::Name(name) => found.push(Binding { name, span, node: pattern, value }),
            NodeKind::Assign { target, op: AssignOp::Default, .. } => self.collect_bindings(target, value, depth + 1, found),
            NodeKind::Spread { value: rest, .. } => self.collect_bindings(rest, value, depth + 1, found),
            NodeKind::Collection { kind: CollectionKind::Dict, items } => {
                for item in self.arena.list(items).collect::<Vec<_>>() {
                    let NodeKind::Entry { key, value: part } = self.arena.kind(item) else {
                        self.collect_bindings(item, value, depth + 1, found);
                        continue;
                    };
                    let value = value.map(|object| self.part(object, key, self.arena.span(item)));
                    self.collect_bindings(part, value, depth + 1, found);
                }
            }
            NodeKind::Collection { items, .. } => {
                for (at, item) in self.arena.list(items).collect::<Vec<_>>().into_iter().enumerate() {
                    let value = match self.arena.kind(item) {
                        NodeKind::Other(_) => continue,
                        NodeKind::Spread { .. } => value,
                        _ => value.map(|object| self.element_of(object, at, self.arena.span(item))),
                    };
                    self.collect_bindings(item, value, depth + 1, found);
                }
            }
            _ => {}
        }
    }

    fn part(&mut self, object: NodeId, key: NodeId, span: Span) -> NodeId {
        match self.arena.kind(key) {
            NodeKind::Str(name) => self.push(NodeKind::Member { object, name, path: false }, span),
            _ => self.push(NodeKind::Index { object, index: key }, span),
        }
    }

    fn element_of(&mut self, object: NodeId, at: usize, span: Span) -> NodeId {
        let number = self.names.intern(&at.to_string());
        let index = self.push(NodeKind::Number(number), span);
        self.push(NodeKind::Index { object, index }, span)
    }
}
