//! Expressions: operands, operators, calls, literals and collections.
//!
//! Whatever nests to the left (`a + b + …`, `x.f().g()…`, `a::b::…`) or merely wraps (`(…)`, `&…`, `!…`) is unrolled with a
//! list of links instead of recursion, so that its length is not bounded by the stack.

use super::kinds::Kind;
use super::lower::{Cursor, Lowering};
use crate::model::body::{AssignOp, BinaryOp, CallForm, CollectionKind, NodeId, NodeKind, TextForm, UnaryOp};
use crate::model::source::Span;

/// A concatenation longer than this goes on as a nested one, so that a long chain costs linear time.
const MAX_CONCAT_PARTS: usize = 64;

impl Lowering<'_> {
    /// The expression under the cursor.
    pub(super) fn expression(&mut self, c: &mut Cursor) -> NodeId {
        self.deeper(c, |this, c| this.chain(c))
    }

    /// Goes down to the first operand, then builds the links around it.
    fn chain(&mut self, c: &mut Cursor) -> NodeId {
        let base = self.links.len();
        let mut kind = self.kind(c);
        while is_link(kind) {
            let span = self.span(c);
            match self.first_operand(c, kind) {
                Some(operand) => {
                    self.links.push((kind, span));
                    kind = operand;
                }
                None => break,
            }
        }
        let in_path = self.links.len() > base && self.links.last().is_some_and(|link| link.0 == Kind::ScopedIdentifier);
        let mut value = match kind {
            Kind::SelfValue if in_path => self.plain_name(c),
            _ => self.operand(c, kind),
        };
        while self.links.len() > base {
            let Some((kind, span)) = self.links.pop() else { break };
            value = self.extend(c, kind, span, value);
            c.goto_parent();
        }
        value
    }

    /// Moves to the first operand of a link; stays when there is none.
    fn first_operand(&self, c: &mut Cursor, link: Kind) -> Option<Kind> {
        if !c.goto_first_child() {
            return None;
        }
        let mut kind = self.kind(c);
        // `::a::b` has no first operand.
        let global = link == Kind::ScopedIdentifier && kind == Kind::Token;
        while kind.is_trivia() && !global {
            if !c.goto_next_sibling() {
                c.goto_parent();
                return None;
            }
            kind = self.kind(c);
        }
        if global {
            c.goto_parent();
            return None;
        }
        Some(kind)
    }

    /// Builds one link around `value`, whose node is under the cursor.
    fn extend(&mut self, c: &mut Cursor, link: Kind, span: Span, value: NodeId) -> NodeId {
        match link {
            Kind::ParenthesizedExpression | Kind::ReferenceExpression => value,
            Kind::UnaryExpression => match self.byte(span.start) {
                b'!' => self.push(NodeKind::Unary { op: UnaryOp::Not, value }, span),
                b'-' => self.push(NodeKind::Unary { op: UnaryOp::Negate, value }, span),
                _ => value,
            },
            Kind::TryExpression => self.push(NodeKind::Propagate(value), span),
            Kind::AwaitExpression => self.push(NodeKind::Await(value), span),
            Kind::FieldExpression | Kind::ScopedIdentifier => {
                if self.next(c).is_none() {
                    return value;
                }
                let name = self.name_of(c);
                self.push(NodeKind::Member { object: value, name, path: link == Kind::ScopedIdentifier }, span)
            }
            Kind::GenericFunction => {
                let args = match self.next(c) {
                    Some(Kind::TypeArguments) => self.type_arguments(c),
                    _ => return value,
                };
                self.push(NodeKind::Apply { base: value, args }, span)
            }
            Kind::CallExpression => self.call(c, span, value),
            Kind::IndexExpression => match self.next(c) {
                Some(kind) => {
                    let mut index = self.expression(c);
                    if kind == Kind::RangeExpression && !matches!(self.arena.kind(index), NodeKind::Other(_)) {
                        let items = self.arena.push_list(&[index]);
                        index = self.push(NodeKind::Other(items), self.arena.span(index));
                    }
                    self.push(NodeKind::Index { object: value, index }, span)
                }
                None => value,
            },
            Kind::TypeCast => match self.next(c) {
                Some(_) => {
                    let to = self.type_(c);
                    self.push(NodeKind::Cast { value, to }, span)
                }
                None => value,
            },
            Kind::BinaryExpression => {
                let operator = self.operator(c);
                match self.next(c) {
                    Some(_) => {
                        let right = self.expression(c);
                        self.binary(operator, value, right, span)
                    }
                    None => value,
                }
            }
            Kind::AssignmentExpression | Kind::CompoundAssignment => {
                let op = match link {
                    Kind::CompoundAssignment => AssignOp::Augment(binary_op(self.operator(c).trim_end_matches('='))),
                    _ => AssignOp::Set,
                };
                match self.next(c) {
                    Some(_) => {
                        let right = self.expression(c);
                        self.push(NodeKind::Assign { target: value, value: right, op }, span)
                    }
                    None => value,
                }
            }
            _ => value,
        }
    }

    /// Moves to the operator after the operand under the cursor and returns it as written.
    fn operator(&self, c: &mut Cursor) -> &'static str {
        while c.goto_next_sibling() {
            let node = c.node();
            if self.grammar.kind(node) == Kind::Token {
                return self.grammar.language.node_kind_for_id(node.kind_id()).unwrap_or_default();
            }
        }
        ""
    }

    /// A binary operation; `+` on text builds text.
    pub(super) fn binary(&mut self, operator: &str, left: NodeId, right: NodeId, span: Span) -> NodeId {
        let op = binary_op(operator);
        if op != BinaryOp::Add || !(self.is_text(left) || self.is_text(right)) {
            return self.push(NodeKind::Binary { op, left, right }, span);
        }
        let mark = self.stack.len();
        match self.arena.kind(left) {
            NodeKind::Text { parts, form: TextForm::Concat } if self.arena.list(parts).len() < MAX_CONCAT_PARTS => {
                self.stack.extend(self.arena.list(parts));
            }
            _ => self.stack.push(left),
        }
        self.stack.push(right);
        let parts = self.list(mark);
        self.push(NodeKind::Text { parts, form: TextForm::Concat }, span)
    }

    /// True for what is text by its form: literals, built text, and either of them made a `String`.
    fn is_text(&self, node: NodeId) -> bool {
        match self.arena.kind(node) {
            NodeKind::Str(_) | NodeKind::Text { .. } => true,
            NodeKind::Call { callee, args, form: CallForm::Plain } => {
                let NodeKind::Member { object, name, path } = self.arena.kind(callee) else { return false };
                let literal = |node: NodeId| matches!(self.arena.kind(node), NodeKind::Str(_) | NodeKind::Text { .. });
                match (self.names.get(name), path) {
                    ("to_string" | "to_owned" | "into" | "clone", false) => literal(object),
                    ("from", true) => self.arena.list(args).next().is_some_and(literal),
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// A call; the callee is under the cursor. A macro made a call by `prepare` has its `!` in the original text.
    fn call(&mut self, c: &mut Cursor, span: Span, callee: NodeId) -> NodeId {
        let is_macro = self.byte(self.span(c).end) == b'!';
        while self.kind(c) != Kind::Arguments {
            if !c.goto_next_sibling() {
                return callee;
            }
        }
        let mark = self.stack.len();
        self.arguments(c, is_macro);
        if is_macro {
            return self.finish_macro(callee, mark, span);
        }
        let args = self.list(mark);
        self.push(NodeKind::Call { callee, args, form: CallForm::Plain }, span)
    }

    /// Collects arguments; those of a macro may be named.
    pub(super) fn arguments(&mut self, c: &mut Cursor, named: bool) {
        self.each(c, |this, c, kind| {
            if kind.is_trivia() {
                return;
            }
            let value = this.expression(c);
            let value = match this.arena.kind(value) {
                NodeKind::Assign { target, value: named_value, op: AssignOp::Set } if named => this.named(target, named_value, value),
                _ => value,
            };
            this.stack.push(value);
        });
    }

    /// Makes `assignment` the argument `target = value` when the target is a name (`user.id = …` in log macros too).
    fn named(&mut self, target: NodeId, value: NodeId, assignment: NodeId) -> NodeId {
        if !matches!(self.arena.kind(target), NodeKind::Name(_) | NodeKind::Member { .. } | NodeKind::Str(_)) {
            return assignment;
        }
        let name = match self.arena.kind(target) {
            NodeKind::Name(name) | NodeKind::Str(name) => name,
            _ => self.identifier(self.slice(self.arena.span(target))),
        };
        self.arena.replace(assignment, NodeKind::Argument { name, value });
        assignment
    }

    /// An expression that is not a link.
    fn operand(&mut self, c: &mut Cursor, kind: Kind) -> NodeId {
        let span = self.span(c);
        match kind {
            Kind::Identifier | Kind::Metavariable | Kind::TypeIdentifier | Kind::FieldIdentifier => self.plain_name(c),
            Kind::SelfValue => self.push(NodeKind::Receiver, span),
            Kind::Super | Kind::Crate => self.plain_name(c),
            Kind::ScopedIdentifier => {
                // `::a`: the name alone.
                let name = self.slice(span).trim_start_matches(':').trim();
                self.name_node(name, span)
            }
            Kind::StringLiteral | Kind::RawStringLiteral | Kind::CharLiteral => self.literal(span),
            Kind::IntegerLiteral | Kind::FloatLiteral | Kind::NegativeLiteral => {
                let name = self.names.intern(self.slice(span));
                self.push(NodeKind::Number(name), span)
            }
            Kind::BooleanLiteral => match self.slice(span) {
                "true" => self.push(NodeKind::Bool(true), span),
                "false" => self.push(NodeKind::Bool(false), span),
                // A condition of `cfg_if!`, patched for the parser.
                _ => self.nothing(span),
            },
            Kind::UnitExpression => self.push(NodeKind::Null, span),
            Kind::MacroInvocation => self.macro_invocation(c),
            Kind::ArrayExpression => self.array(c, span),
            Kind::TupleExpression => {
                let mark = self.stack.len();
                self.arguments(c, false);
                let items = self.list(mark);
                self.push(NodeKind::Collection { kind: CollectionKind::Tuple, items }, span)
            }
            Kind::StructExpression => self.struct_expression(c, span),
            Kind::RangeExpression => self.range(c, span),
            Kind::ReturnExpression => {
                let value = self.only_operand(c);
                self.push(NodeKind::Return(value), span)
            }
            Kind::BreakExpression => {
                let value = self.only_operand(c);
                self.push(NodeKind::Break(value), span)
            }
            Kind::YieldExpression => {
                let value = self.only_operand(c);
                self.push(NodeKind::Yield(value), span)
            }
            Kind::ContinueExpression => self.push(NodeKind::Continue, span),
            Kind::LetCondition => self.let_condition(c, span),
            Kind::LetChain => self.let_chain(c, span),
            Kind::IfExpression => self.if_expression(c),
            Kind::MatchExpression => self.match_expression(c, span),
            Kind::WhileExpression | Kind::LoopExpression | Kind::ForExpression => self.loop_expression(c, kind, span),
            Kind::ClosureExpression => self.closure(c),
            Kind::AsyncBlock | Kind::GenBlock => self.code_block(c, kind),
            Kind::Block => self.block(c),
            Kind::UnsafeBlock | Kind::TryBlock | Kind::ConstBlock => self.wrapped_block(c, span),
            Kind::GenericType | Kind::GenericTypeWithTurbofish | Kind::BracketedType | Kind::ScopedTypeIdentifier | Kind::PrimitiveType => {
                self.type_(c)
            }
            Kind::Token | Kind::Underscore | Kind::LineComment | Kind::BlockComment => self.nothing(span),
            _ => self.other(c, kind, span),
        }
    }

    /// An identifier: `None` is no value, `_` nothing.
    fn plain_name(&mut self, c: &mut Cursor) -> NodeId {
        let span = self.span(c);
        match self.slice(span) {
            "None" => self.push(NodeKind::Null, span),
            "_" => self.nothing(span),
            name => self.name_node(name, span),
        }
    }

    /// Keeps what is not understood: its children, so that data flows through.
    pub(super) fn other(&mut self, c: &mut Cursor, kind: Kind, span: Span) -> NodeId {
        let mark = self.stack.len();
        if kind == Kind::Error {
            self.statements(c);
            self.rescue(span);
        } else {
            self.each(c, |this, c, kind| {
                if !kind.is_trivia() {
                    let node = this.expression(c);
                    this.stack.push(node);
                }
            });
        }
        let items = self.list(mark);
        self.push(NodeKind::Other(items), span)
    }

    /// The one operand of `return`, `break`, `yield`, if there is one.
    fn only_operand(&mut self, c: &mut Cursor) -> Option<NodeId> {
        let mut value = None;
        self.each(c, |this, c, kind| {
            if !kind.is_trivia() {
                value = Some(this.expression(c));
            }
        });
        value
    }

    fn range(&mut self, c: &mut Cursor, span: Span) -> NodeId {
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

    /// `[a, b]`, `[a; n]`, and an object of `json!`, which `prepare` made an array of keys and values.
    fn array(&mut self, c: &mut Cursor, span: Span) -> NodeId {
        let mark = self.stack.len();
        self.arguments(c, false);
        if self.byte(span.start) != b'{' {
            let items = self.list(mark);
            return self.push(NodeKind::Collection { kind: CollectionKind::List, items }, span);
        }
        let pairs = (self.stack.len() - mark) / 2;
        for at in 0..pairs {
            let (key, value) = (self.stack[mark + 2 * at], self.stack[mark + 2 * at + 1]);
            let place = Span { start: self.arena.span(key).start, end: self.arena.span(value).end };
            self.stack[mark + at] = self.push(NodeKind::Entry { key, value }, place);
        }
        self.stack.truncate(mark + pairs);
        let items = self.list(mark);
        self.push(NodeKind::Collection { kind: CollectionKind::Dict, items }, span)
    }

    /// `User { name, age: 3, ..base }`.
    fn struct_expression(&mut self, c: &mut Cursor, span: Span) -> NodeId {
        let mut callee = None;
        let mark = self.stack.len();
        self.each(c, |this, c, kind| match kind {
            Kind::FieldInitializerList => this.each(c, |this, c, kind| this.field_initializer(c, kind)),
            Kind::Token => {}
            _ if callee.is_none() => callee = Some(this.type_(c)),
            _ => {}
        });
        let args = self.list(mark);
        let callee = callee.unwrap_or_else(|| self.nothing(span));
        self.push(NodeKind::Call { callee, args, form: CallForm::New }, span)
    }

    fn field_initializer(&mut self, c: &mut Cursor, kind: Kind) {
        let span = self.span(c);
        let node = match kind {
            Kind::ShorthandFieldInitializer => {
                let mut field = None;
                self.each(c, |this, c, kind| {
                    if kind == Kind::Identifier {
                        field = Some((this.name_of(c), this.plain_name(c)));
                    }
                });
                let Some((name, value)) = field else { return };
                self.push(NodeKind::Argument { name, value }, span)
            }
            Kind::FieldInitializer => {
                let (mut name, mut value) = (None, None);
                self.each(c, |this, c, kind| {
                    if kind.is_trivia() {
                    } else if name.is_none() {
                        name = Some(this.name_of(c));
                    } else {
                        value = Some(this.expression(c));
                    }
                });
                let (Some(name), Some(value)) = (name, value) else { return };
                self.push(NodeKind::Argument { name, value }, span)
            }
            Kind::BaseFieldInitializer => {
                let Some(value) = self.only_operand(c) else { return };
                self.push(NodeKind::Spread { value, named: false }, span)
            }
            _ => return,
        };
        self.stack.push(node);
    }
}

/// True for nodes whose first operand may nest without bound.
fn is_link(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::ParenthesizedExpression
            | Kind::ReferenceExpression
            | Kind::UnaryExpression
            | Kind::TryExpression
            | Kind::AwaitExpression
            | Kind::FieldExpression
            | Kind::ScopedIdentifier
            | Kind::GenericFunction
            | Kind::CallExpression
            | Kind::IndexExpression
            | Kind::TypeCast
            | Kind::BinaryExpression
            | Kind::AssignmentExpression
            | Kind::CompoundAssignment
    )
}

/// The operation an operator stands for.
pub(super) fn binary_op(operator: &str) -> BinaryOp {
    match operator {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Subtract,
        "*" => BinaryOp::Multiply,
        "/" => BinaryOp::Divide,
        "%" => BinaryOp::Remainder,
        "&" | "|" | "^" | "<<" | ">>" => BinaryOp::Bits,
        "&&" => BinaryOp::And,
        "||" => BinaryOp::Or,
        "==" => BinaryOp::Equal,
        "!=" => BinaryOp::NotEqual,
        "<" => BinaryOp::Less,
        "<=" => BinaryOp::LessEqual,
        ">" => BinaryOp::Greater,
        ">=" => BinaryOp::GreaterEqual,
        ".." | "..=" => BinaryOp::Range,
        _ => BinaryOp::Other,
    }
}
