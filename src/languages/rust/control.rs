//! Control structure: blocks, statements, `if`, `match`, loops, closures.

use super::items::Attributes;
use super::kinds::Kind;
use super::lexer;
use super::lower::{Cursor, Lowering};
use crate::model::body::{AssignOp, BinaryOp, LoopKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefKind, Param, ParamKind};
use crate::model::source::Span;

impl Lowering<'_> {
    /// Collects the statements and items under the cursor's node. True when the last one is the value.
    pub(super) fn statements(&mut self, c: &mut Cursor) -> bool {
        if !self.enter() {
            return false;
        }
        let mut attributes = Attributes::default();
        let mut value = false;
        self.each(c, |this, c, kind| match kind {
            Kind::Token | Kind::Label | Kind::Shebang => {}
            Kind::AttributeItem => this.attribute(c, &mut attributes),
            Kind::InnerAttributeItem => this.inner_attribute(c),
            Kind::EmptyStatement => value = false,
            Kind::ExpressionStatement => {
                attributes = Attributes::default();
                value = this.expression_statement(c);
            }
            Kind::LetDeclaration => {
                attributes = Attributes::default();
                this.let_declaration(c);
                value = false;
            }
            Kind::Error => {
                let span = this.span(c);
                value = this.statements(c);
                this.rescue(span);
            }
            _ if kind.is_item() => {
                this.item(c, kind, std::mem::take(&mut attributes));
                value = false;
            }
            _ => {
                attributes = Attributes::default();
                let node = this.expression(c);
                this.stack.push(node);
                value = true;
            }
        });
        self.leave();
        value
    }

    /// `f();`, or a block-like expression with or without `;`. True when there is no `;`.
    fn expression_statement(&mut self, c: &mut Cursor) -> bool {
        let span = self.span(c);
        self.each(c, |this, c, kind| {
            if kind != Kind::Token {
                let node = this.expression(c);
                this.stack.push(node);
            }
        });
        self.byte(span.end.saturating_sub(1)) != b';'
    }

    /// `let P: T = v else { … };`: the diverging block stands behind the declaration.
    fn let_declaration(&mut self, c: &mut Cursor) {
        let span = self.span(c);
        let fields = self.fields();
        let (mut target, mut annotation, mut value, mut otherwise) = (None, None, None, None);
        self.each(c, |this, c, kind| {
            let field = c.field_id();
            if kind.is_trivia() {
            } else if field == fields.pattern {
                target = Some(this.pattern(c));
            } else if field == fields.type_ {
                annotation = Some(this.type_(c));
            } else if field == fields.value {
                value = Some(this.expression(c));
            } else if field == fields.alternative {
                otherwise = Some(this.expression(c));
            }
        });
        let target = target.unwrap_or_else(|| self.nothing(span));
        let node = self.push(NodeKind::Declare { target, annotation, value, constant: false }, span);
        self.stack.push(node);
        if let Some(block) = otherwise {
            let items = self.arena.push_list(&[block]);
            let node = self.push(NodeKind::Other(items), self.arena.span(block));
            self.stack.push(node);
        }
    }

    /// `{ … }`.
    pub(super) fn block(&mut self, c: &mut Cursor) -> NodeId {
        let span = self.span(c);
        let mark = self.stack.len();
        let value = self.statements(c);
        let items = self.list(mark);
        self.push(NodeKind::Block { items, value }, span)
    }

    /// `unsafe { … }`, `try { … }`, `const { … }`: the block.
    pub(super) fn wrapped_block(&mut self, c: &mut Cursor, span: Span) -> NodeId {
        let mut block = None;
        self.each(c, |this, c, kind| {
            if kind == Kind::Block {
                block = Some(this.block(c));
            }
        });
        block.unwrap_or_else(|| self.nothing(span))
    }

    /// `let P = v` in a condition.
    pub(super) fn let_condition(&mut self, c: &mut Cursor, span: Span) -> NodeId {
        let fields = self.fields();
        let (mut target, mut value) = (None, None);
        self.each(c, |this, c, kind| {
            let field = c.field_id();
            if kind.is_trivia() {
            } else if field == fields.pattern {
                target = Some(this.pattern(c));
            } else if field == fields.value {
                value = Some(this.expression(c));
            }
        });
        let target = target.unwrap_or_else(|| self.nothing(span));
        let value = value.unwrap_or_else(|| self.nothing(span));
        self.push(NodeKind::Assign { target, value, op: AssignOp::Test }, span)
    }

    /// `a && let P = v && b`.
    pub(super) fn let_chain(&mut self, c: &mut Cursor, span: Span) -> NodeId {
        let mut chain = None;
        self.each(c, |this, c, kind| {
            if kind == Kind::Token {
                return;
            }
            let right = this.expression(c);
            chain = Some(match chain {
                None => right,
                Some(left) => {
                    let place = Span { start: span.start, end: this.arena.span(right).end };
                    this.push(NodeKind::Binary { op: BinaryOp::And, left, right }, place)
                }
            });
        });
        chain.unwrap_or_else(|| self.nothing(span))
    }

    /// `if … else if … else …`, however long.
    pub(super) fn if_expression(&mut self, c: &mut Cursor) -> NodeId {
        let fields = self.fields();
        // Each `if` of the chain, the cursor standing on the innermost one.
        let mut branches = Vec::new();
        let mut otherwise = None;
        let mut up = 0;
        loop {
            let span = self.span(c);
            let (mut condition, mut then) = (None, None);
            let mut chained = false;
            if c.goto_first_child() {
                loop {
                    let kind = self.kind(c);
                    let field = c.field_id();
                    if kind.is_comment() {
                    } else if field == fields.condition {
                        condition = Some(self.expression(c));
                    } else if field == fields.consequence {
                        then = Some(self.expression(c));
                    } else if field == fields.alternative && c.goto_first_child() {
                        while self.kind(c).is_trivia() && c.goto_next_sibling() {}
                        if self.kind(c) == Kind::IfExpression {
                            chained = true;
                            break;
                        }
                        otherwise = Some(self.expression(c));
                        c.goto_parent();
                    }
                    if !c.goto_next_sibling() {
                        break;
                    }
                }
                if !chained {
                    c.goto_parent();
                }
            }
            let condition = condition.unwrap_or_else(|| self.nothing(span));
            let then = then.unwrap_or_else(|| self.nothing(span));
            branches.push((condition, then, span));
            if !chained {
                break;
            }
            up += 2;
        }
        for _ in 0..up {
            c.goto_parent();
        }
        for (condition, then, span) in branches.into_iter().rev() {
            otherwise = Some(self.push(NodeKind::If { condition, then, otherwise }, span));
        }
        otherwise.unwrap_or_else(|| self.nothing(self.span(c)))
    }

    /// `match subject { arms }`.
    pub(super) fn match_expression(&mut self, c: &mut Cursor, span: Span) -> NodeId {
        let mut subject = None;
        let mark = self.stack.len();
        self.each(c, |this, c, kind| match kind {
            Kind::Token => {}
            Kind::MatchBlock => this.each(c, |this, c, kind| {
                if kind == Kind::MatchArm {
                    this.match_arm(c);
                } else if kind == Kind::Error {
                    let span = this.span(c);
                    let node = this.other(c, kind, span);
                    this.stack.push(node);
                }
            }),
            _ => subject = Some(this.expression(c)),
        });
        let arms = self.list(mark);
        let subject = subject.unwrap_or_else(|| self.nothing(span));
        self.push(NodeKind::Match { subject, arms }, span)
    }

    fn match_arm(&mut self, c: &mut Cursor) {
        let span = self.span(c);
        let fields = self.fields();
        let (mut pattern, mut guard, mut body) = (None, None, None);
        self.each(c, |this, c, kind| match kind {
            Kind::MatchPattern => this.each(c, |this, c, kind| {
                if c.field_id() == fields.condition {
                    guard = Some(this.expression(c));
                } else if kind != Kind::Token {
                    pattern = Some(this.pattern(c));
                }
            }),
            _ if c.field_id() == fields.value => body = Some(this.expression(c)),
            _ => {}
        });
        let pattern = pattern.unwrap_or_else(|| self.nothing(span));
        let body = body.unwrap_or_else(|| self.nothing(span));
        let node = self.push(NodeKind::Arm { pattern, guard, body }, span);
        self.stack.push(node);
    }

    /// `for`, `while`, `loop`.
    pub(super) fn loop_expression(&mut self, c: &mut Cursor, kind: Kind, span: Span) -> NodeId {
        let fields = self.fields();
        let (mut target, mut source, mut body) = (None, None, None);
        self.each(c, |this, c, kind| {
            let field = c.field_id();
            if kind.is_trivia() {
            } else if field == fields.pattern {
                target = Some(this.pattern(c));
            } else if field == fields.value || field == fields.condition {
                source = Some(this.expression(c));
            } else if field == fields.body {
                body = Some(this.expression(c));
            }
        });
        let kind = match kind {
            Kind::ForExpression => LoopKind::ForEach,
            Kind::LoopExpression => LoopKind::Infinite,
            _ => match source.map(|source| self.arena.kind(source)) {
                Some(NodeKind::Bool(true)) => LoopKind::Infinite,
                _ => LoopKind::While,
            },
        };
        let body = body.unwrap_or_else(|| self.nothing(span));
        self.push(NodeKind::Loop { kind, is_async: false, target, source, body }, span)
    }

    /// `move |x: T| …`, `async |x| …`.
    pub(super) fn closure(&mut self, c: &mut Cursor) -> NodeId {
        let span = self.span(c);
        let fields = self.fields();
        let id = self.begin(DefKind::Function, span, Attributes::default());
        let outer = self.enter_scope(id);
        let (mut params, mut annotation, mut body) = (Vec::new(), None, None);
        let mut flags = DefFlags::CLOSURE;
        self.each(c, |this, c, kind| {
            let field = c.field_id();
            if kind == Kind::ClosureParameters {
                params = this.closure_parameters(c);
            } else if field == fields.return_type {
                annotation = Some(this.type_(c));
            } else if field == fields.body {
                body = Some(this.expression(c));
            } else if kind == Kind::Token && this.slice_of(c) == "async" {
                flags.set(DefFlags::ASYNC);
            }
        });
        let body = body.map(|body| self.as_block(body));
        self.leave_scope(outer);
        self.name_closure(id, flags, span);
        let def = &mut self.defs[id.index()];
        def.params = params;
        def.annotation = annotation;
        def.body = body;
        self.push(NodeKind::Closure(id), span)
    }

    /// `async { … }`, `gen { … }`: a closure without parameters.
    pub(super) fn code_block(&mut self, c: &mut Cursor, kind: Kind) -> NodeId {
        let span = self.span(c);
        let id = self.begin(DefKind::Function, span, Attributes::default());
        let outer = self.enter_scope(id);
        let body = self.wrapped_block(c, span);
        self.leave_scope(outer);
        let flag = if kind == Kind::AsyncBlock { DefFlags::ASYNC } else { DefFlags::GENERATOR };
        self.name_closure(id, DefFlags::CLOSURE | flag, span);
        self.defs[id.index()].body = Some(body);
        self.push(NodeKind::Closure(id), span)
    }

    fn name_closure(&mut self, id: crate::model::facts::DefId, flags: DefFlags, span: Span) {
        let first = lexer::token(self.text.as_bytes(), span.start as usize);
        let def = &mut self.defs[id.index()];
        def.name = self.names.intern("<lambda>");
        def.name_span = Span::new(first.start, first.end);
        def.flags.set(flags);
    }

    /// A closure's body as a block whose value it is.
    fn as_block(&mut self, body: NodeId) -> NodeId {
        if matches!(self.arena.kind(body), NodeKind::Block { .. }) {
            return body;
        }
        let items = self.arena.push_list(&[body]);
        self.push(NodeKind::Block { items, value: true }, self.arena.span(body))
    }

    fn closure_parameters(&mut self, c: &mut Cursor) -> Vec<Param> {
        let mut params = Vec::new();
        self.each(c, |this, c, kind| match kind {
            Kind::Token => {}
            Kind::Parameter => params.push(this.parameter(c)),
            _ => {
                let span = this.span(c);
                let pattern = this.pattern(c);
                params.push(this.param_of(pattern, span));
            }
        });
        params
    }

    /// A parameter that is only a pattern.
    pub(super) fn param_of(&mut self, pattern: NodeId, span: Span) -> Param {
        let (name, pattern) = match self.arena.kind(pattern) {
            NodeKind::Name(name) => (Some(name), None),
            _ => (None, Some(pattern)),
        };
        Param { name, pattern, kind: ParamKind::Normal, annotation: None, default: None, decorators: Vec::new(), span }
    }
}
