//! Left-nested chains (`a.b().c[0]`, `a + b + c`) and comparisons.
//!
//! A query builder or a sum of strings can have thousands of links, each nested in the next. They are unrolled: down to the
//! left end first, then link by link on the way back, so that their length does not count as depth.

use super::kinds::Kind;
use super::lower::{Link, Lowering};
use crate::model::body::{BinaryOp, CallForm, CollectionKind, List, NodeId, NodeKind, TextForm};
use crate::model::source::Span;

/// Copying an operand that is used twice stops at this depth.
const MAX_COPY_DEPTH: u32 = 8;

impl<'t> Lowering<'t> {
    /// The chain that ends at the node under the cursor.
    pub(super) fn chain(&mut self) -> NodeId {
        let base = self.links.len();
        loop {
            let kind = self.kind();
            if !matches!(kind, Kind::Attribute | Kind::Call | Kind::Subscript | Kind::BinaryOperator | Kind::BooleanOperator) {
                break;
            }
            let span = self.span();
            if !self.down() {
                break;
            }
            self.links.push(Link { kind, span });
        }
        let mut left = if self.links.len() == base {
            // A link without children is what the parser makes up after an error.
            let span = self.span();
            self.other(&[], span)
        } else {
            self.expression()
        };
        // Operands of a sum still open, on the stack: whether it builds text is known at its end.
        let mut sum: Option<usize> = None;
        while self.links.len() > base {
            let Some(Link { kind, span }) = self.links.pop() else { break };
            let is_operator = matches!(kind, Kind::BinaryOperator | Kind::BooleanOperator);
            if is_operator && let Some((op, right)) = self.operator_and_right() {
                if op == Kind::Plus {
                    if sum.is_none() {
                        sum = Some(self.stack.len());
                        self.stack.push(left);
                    }
                    self.stack.push(right);
                } else {
                    left = self.close_sum(&mut sum, left);
                    left = self.binary(op, left, right, span);
                }
            } else {
                left = self.close_sum(&mut sum, left);
                left = match kind {
                    Kind::Attribute => self.attribute(left, span),
                    Kind::Call => self.call(left, span),
                    Kind::Subscript => self.subscript(left, span),
                    _ => left,
                };
            }
            self.up();
        }
        self.close_sum(&mut sum, left)
    }

    /// From the left operand on: the operator and the right operand.
    fn operator_and_right(&mut self) -> Option<(Kind, NodeId)> {
        let mut op = Kind::Token;
        let mut right = None;
        while self.next() {
            match self.kind() {
                kind if kind.operator().is_some() => op = kind,
                kind if kind.is_token() => {}
                _ => right = Some(self.expression()),
            }
        }
        Some((op, right?))
    }

    /// Ends a sum. When one operand is text all of it is, as Python would refuse anything else; sums of literals are one literal.
    fn close_sum(&mut self, sum: &mut Option<usize>, left: NodeId) -> NodeId {
        let Some(base) = sum.take() else {
            return left;
        };
        let operands = self.stack.split_off(base);
        let start = operands.first().map_or(0, |&first| self.arena.span(first).start);
        let end = operands.last().map_or(0, |&last| self.arena.span(last).end);
        let span = Span { start, end };
        let kind_of = |node: NodeId| self.arena.kind(node);
        if operands.iter().all(|&node| matches!(kind_of(node), NodeKind::Str(_))) {
            let mut text = String::new();
            for &operand in &operands {
                if let NodeKind::Str(name) = self.arena.kind(operand) {
                    text.push_str(self.names.get(name));
                }
                self.retire(operand);
            }
            return self.str_node(&text, span);
        }
        if operands.iter().any(|&node| matches!(kind_of(node), NodeKind::Str(_) | NodeKind::Text { .. })) {
            let base = self.stack.len();
            for &operand in &operands {
                self.push_text_parts(operand);
            }
            let parts = self.list_from(base);
            return self.push(NodeKind::Text { parts, form: TextForm::Concat }, span);
        }
        let mut operands = operands.into_iter();
        let mut left = operands.next().unwrap_or(left);
        for right in operands {
            let span = Span { start, end: self.arena.span(right).end };
            left = self.push(NodeKind::Binary { op: BinaryOp::Add, left, right }, span);
        }
        left
    }

    /// Pushes a part of a text; text inside text is spliced in, except a join, whose first part is a separator.
    pub(super) fn push_text_parts(&mut self, part: NodeId) {
        match self.arena.kind(part) {
            NodeKind::Text { parts, form } if form != TextForm::Join => {
                self.stack.extend(self.arena.list(parts));
                self.retire(part);
            }
            _ => self.stack.push(part),
        }
    }

    fn binary(&mut self, op: Kind, left: NodeId, right: NodeId, span: Span) -> NodeId {
        let is_text = matches!(self.arena.kind(left), NodeKind::Str(_) | NodeKind::Text { .. });
        if op == Kind::Percent && is_text && !self.is_long_format(left) {
            return self.percent_format(left, right, span);
        }
        let op = op.operator().unwrap_or(BinaryOp::Other);
        self.push(NodeKind::Binary { op, left, right }, span)
    }

    fn attribute(&mut self, object: NodeId, span: Span) -> NodeId {
        let mut name = "";
        while self.next_named() {
            name = self.source();
        }
        let name = self.names.intern(name);
        self.push(NodeKind::Member { object, name, path: false }, span)
    }

    fn subscript(&mut self, object: NodeId, span: Span) -> NodeId {
        let base = self.stack.len();
        while self.next_named() {
            let index = self.expression();
            self.stack.push(index);
        }
        let index = match self.stack[base..] {
            [index] => {
                self.stack.truncate(base);
                index
            }
            _ => {
                let at = Span { start: self.arena.span(object).end, end: span.end };
                let items = self.list_from(base);
                self.push(NodeKind::Collection { kind: CollectionKind::Tuple, items }, at)
            }
        };
        self.push(NodeKind::Index { object, index }, span)
    }

    fn call(&mut self, callee: NodeId, span: Span) -> NodeId {
        let mut args = List::EMPTY;
        while self.next_named() {
            if self.kind() == Kind::ArgumentList {
                let base = self.stack.len();
                self.push_children();
                args = self.list_from(base);
            } else {
                // `f(x for x in xs)`.
                let only = self.expression();
                args = self.arena.push_list(&[only]);
            }
        }
        match self.arena.kind(callee) {
            NodeKind::Name(name) if self.names.get(name) == "super" => {
                self.retire(callee);
                return self.push(NodeKind::Super, span);
            }
            NodeKind::Member { object, name, .. } => {
                if let Some(text) = self.text_method(callee, object, name, args, span) {
                    return text;
                }
            }
            _ => {}
        }
        self.note_import_call(callee, args, span);
        self.push(NodeKind::Call { callee, args, form: CallForm::Plain }, span)
    }

    /// `a < b <= c`: `a < b and b <= c`.
    pub(super) fn comparison(&mut self) -> NodeId {
        let span = self.span();
        if !self.down_to_named() {
            return self.other(&[], span);
        }
        let mut left = self.expression();
        let mut whole: Option<NodeId> = None;
        let mut op = BinaryOp::Other;
        while self.next() {
            let kind = self.kind();
            if kind.is_token() {
                op = kind.operator().unwrap_or(op);
                continue;
            }
            let right = self.expression();
            if whole.is_some() {
                // The middle operand again.
                left = self.copy(left, 0);
            }
            let at = Span { start: self.arena.span(left).start, end: self.arena.span(right).end };
            let test = self.push(NodeKind::Binary { op, left, right }, at);
            whole = Some(match whole {
                None => test,
                Some(before) => {
                    let at = Span { start: span.start, end: at.end };
                    self.push(NodeKind::Binary { op: BinaryOp::And, left: before, right: test }, at)
                }
            });
            left = right;
        }
        self.up();
        whole.unwrap_or(left)
    }

    /// A second node for an operand that is used twice. What computes something is not computed twice: `Other`.
    pub(super) fn copy(&mut self, node: NodeId, depth: u32) -> NodeId {
        let span = self.arena.span(node);
        let kind = match self.arena.kind(node) {
            kind @ (NodeKind::Name(_)
            | NodeKind::Receiver
            | NodeKind::Str(_)
            | NodeKind::Number(_)
            | NodeKind::Bool(_)
            | NodeKind::Null) => kind,
            NodeKind::Member { object, name, path } if depth < MAX_COPY_DEPTH => {
                let object = self.copy(object, depth + 1);
                NodeKind::Member { object, name, path }
            }
            NodeKind::Index { object, index } if depth < MAX_COPY_DEPTH => {
                let object = self.copy(object, depth + 1);
                let index = self.copy(index, depth + 1);
                NodeKind::Index { object, index }
            }
            _ => NodeKind::Other(List::EMPTY),
        };
        self.push(kind, span)
    }
}
