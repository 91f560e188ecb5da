//! Patterns: bindings, constructors, destructuring, alternatives.
//!
//! A lower-case identifier binds; one that begins with a capital is a constant or a variant (`None`, `MAX`), written as a
//! constructor pattern without arguments. References, `ref` and `mut` vanish.

use super::kinds::Kind;
use super::lower::{Cursor, Lowering};
use crate::model::body::{AssignOp, BinaryOp, CallForm, CollectionKind, List, NodeId, NodeKind};
use crate::model::source::Span;

impl Lowering<'_> {
    /// The pattern under the cursor.
    pub(super) fn pattern(&mut self, c: &mut Cursor) -> NodeId {
        self.deeper(c, |this, c| this.bare_pattern(c))
    }

    fn bare_pattern(&mut self, c: &mut Cursor) -> NodeId {
        let span = self.span(c);
        match self.kind(c) {
            Kind::Identifier | Kind::ShorthandFieldIdentifier => self.binding(c, span),
            Kind::MutPattern | Kind::RefPattern | Kind::ReferencePattern => self.inner_pattern(c, span),
            Kind::OrPattern => self.or_pattern(c),
            Kind::TuplePattern => self.collection_pattern(c, CollectionKind::Tuple, span),
            Kind::SlicePattern => self.collection_pattern(c, CollectionKind::List, span),
            Kind::TupleStructPattern | Kind::StructPattern => self.constructor(c, span),
            Kind::CapturedPattern => self.captured(c, span),
            Kind::RangePattern => {
                let mark = self.stack.len();
                self.arguments(c, false);
                if self.stack.len() == mark + 2 {
                    let (left, right) = (self.stack[mark], self.stack[mark + 1]);
                    self.stack.truncate(mark);
                    return self.push(NodeKind::Binary { op: BinaryOp::Range, left, right }, span);
                }
                let items = self.list(mark);
                self.push(NodeKind::Other(items), span)
            }
            Kind::Underscore | Kind::RemainingFieldPattern | Kind::Token => self.nothing(span),
            Kind::GenericPattern => {
                let mut base = None;
                let mut args = List::EMPTY;
                self.each(c, |this, c, kind| match kind {
                    Kind::Token => {}
                    Kind::TypeArguments => args = this.type_arguments(c),
                    _ => base = Some(this.expression(c)),
                });
                let base = base.unwrap_or_else(|| self.nothing(span));
                self.push(NodeKind::Apply { base, args }, span)
            }
            // Literals, paths, macros, constants.
            _ => self.expression(c),
        }
    }

    fn binding(&mut self, c: &mut Cursor, span: Span) -> NodeId {
        let text = self.slice(span);
        match text {
            "None" => self.push(NodeKind::Null, span),
            "_" => self.nothing(span),
            _ => {
                let name = self.name_of(c);
                let node = self.push(NodeKind::Name(name), span);
                if text.starts_with(char::is_uppercase) {
                    return self.push(NodeKind::Call { callee: node, args: List::EMPTY, form: CallForm::Pattern }, span);
                }
                node
            }
        }
    }

    /// What `&P`, `mut P`, `ref P` wrap.
    fn inner_pattern(&mut self, c: &mut Cursor, span: Span) -> NodeId {
        let mut inner = None;
        self.each(c, |this, c, kind| {
            if !kind.is_trivia() {
                inner = Some(this.pattern(c));
            }
        });
        inner.unwrap_or_else(|| self.nothing(span))
    }

    /// `A | B | C …`, which nests to the left, however long.
    fn or_pattern(&mut self, c: &mut Cursor) -> NodeId {
        let mut spans = Vec::new();
        while self.kind(c) == Kind::OrPattern {
            spans.push(self.span(c));
            if !c.goto_first_child() {
                break;
            }
            while self.kind(c).is_trivia() && c.goto_next_sibling() {}
        }
        let mut left = self.pattern(c);
        while let Some(span) = spans.pop() {
            if self.next(c).is_some() {
                let right = self.pattern(c);
                left = self.push(NodeKind::Binary { op: BinaryOp::Or, left, right }, span);
            }
            c.goto_parent();
        }
        left
    }

    fn collection_pattern(&mut self, c: &mut Cursor, kind: CollectionKind, span: Span) -> NodeId {
        let mark = self.stack.len();
        self.each(c, |this, c, kind| {
            if !kind.is_trivia() {
                let item = this.pattern(c);
                this.stack.push(item);
            }
        });
        let items = self.list(mark);
        self.push(NodeKind::Collection { kind, items }, span)
    }

    /// `Some(x)`, `User { name, age: a, .. }`.
    fn constructor(&mut self, c: &mut Cursor, span: Span) -> NodeId {
        let fields = self.fields();
        let mut callee = None;
        let mark = self.stack.len();
        self.each(c, |this, c, kind| {
            if c.field_id() == fields.type_ {
                callee = Some(this.type_or_path(c, kind));
            } else if kind == Kind::FieldPattern {
                this.field_pattern(c);
            } else if !kind.is_trivia() && kind != Kind::RemainingFieldPattern {
                let item = this.pattern(c);
                this.stack.push(item);
            }
        });
        let args = self.list(mark);
        let callee = callee.unwrap_or_else(|| self.nothing(span));
        self.push(NodeKind::Call { callee, args, form: CallForm::Pattern }, span)
    }

    fn field_pattern(&mut self, c: &mut Cursor) {
        let span = self.span(c);
        let fields = self.fields();
        let (mut name, mut value) = (None, None);
        self.each(c, |this, c, kind| {
            let field = c.field_id();
            if field == fields.name {
                name = Some(this.name_of(c));
                if kind == Kind::ShorthandFieldIdentifier {
                    value = Some(this.pattern(c));
                }
            } else if field == fields.pattern {
                value = Some(this.pattern(c));
            }
        });
        if let (Some(name), Some(value)) = (name, value) {
            let node = self.push(NodeKind::Argument { name, value }, span);
            self.stack.push(node);
        }
    }

    /// `x @ P`: the binding takes what the pattern tests.
    fn captured(&mut self, c: &mut Cursor, span: Span) -> NodeId {
        let (mut target, mut value) = (None, None);
        self.each(c, |this, c, kind| {
            if kind.is_trivia() {
            } else if target.is_none() {
                target = Some(this.pattern(c));
            } else {
                value = Some(this.pattern(c));
            }
        });
        let target = target.unwrap_or_else(|| self.nothing(span));
        let value = value.unwrap_or_else(|| self.nothing(span));
        self.push(NodeKind::Assign { target, value, op: AssignOp::Test }, span)
    }
}
