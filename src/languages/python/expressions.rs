//! Expressions: the dispatcher, names, collections, comprehensions, calls' arguments.

use super::kinds::Kind;
use super::lower::{Lowering, ScopeKind};
use crate::model::body::{AssignOp, CollectionKind, List, LoopKind, NodeId, NodeKind, UnaryOp};
use crate::model::facts::DefFlags;
use crate::model::source::Span;

impl<'t> Lowering<'t> {
    /// The expression (or, inside a syntax error, anything) under the cursor.
    pub(super) fn expression(&mut self) -> NodeId {
        // Leaves first: they need no bookkeeping.
        match self.kind() {
            Kind::Identifier => return self.identifier(),
            Kind::Integer | Kind::Float => return self.leaf(NodeKind::Number),
            Kind::True => return self.constant(NodeKind::Bool(true)),
            Kind::False => return self.constant(NodeKind::Bool(false)),
            Kind::None => return self.constant(NodeKind::Null),
            Kind::Ellipsis => return self.constant(NodeKind::Other(List::EMPTY)),
            _ => {}
        }
        if self.enter().is_none() {
            let span = self.span();
            return self.other(&[], span);
        }
        let node = self.compound();
        self.leave();
        node
    }

    fn compound(&mut self) -> NodeId {
        let span = self.span();
        match self.kind() {
            Kind::Attribute | Kind::Call | Kind::Subscript | Kind::BinaryOperator | Kind::BooleanOperator => self.chain(),
            Kind::String => self.string(),
            Kind::ConcatenatedString => self.concatenated_string(),
            Kind::ParenthesizedExpression => self.parenthesized(),
            Kind::List | Kind::ListPattern => self.collection(CollectionKind::List),
            Kind::Tuple | Kind::TuplePattern | Kind::PatternList | Kind::ExpressionList => self.collection(CollectionKind::Tuple),
            Kind::Set => self.collection(CollectionKind::Set),
            Kind::Dictionary => self.collection(CollectionKind::Dict),
            Kind::Pair => self.pair(),
            Kind::ListComprehension | Kind::SetComprehension | Kind::DictionaryComprehension | Kind::GeneratorExpression => {
                self.comprehension()
            }
            Kind::KeywordArgument => self.keyword_argument(),
            Kind::ListSplat | Kind::ListSplatPattern => self.spread(false),
            Kind::DictionarySplat | Kind::DictionarySplatPattern => self.spread(true),
            Kind::ComparisonOperator => self.comparison(),
            Kind::NotOperator => self.unary(UnaryOp::Not),
            Kind::UnaryOperator => self.unary_operator(),
            Kind::ConditionalExpression => self.conditional(),
            Kind::NamedExpression => self.walrus(),
            Kind::AsPattern => self.as_pattern(),
            Kind::AsPatternTarget => match self.only_child() {
                Some(target) => target,
                None => self.other(&[], span),
            },
            Kind::Await => match self.only_child() {
                Some(value) => self.push(NodeKind::Await(value), span),
                None => self.other(&[], span),
            },
            Kind::Yield => self.yield_expression(),
            Kind::Lambda => self.lambda(),
            Kind::Slice => {
                let base = self.stack.len();
                self.push_children();
                self.other_from(base, span)
            }
            Kind::Assignment => self.assignment(),
            Kind::AugmentedAssignment => self.augmented_assignment(),
            Kind::Type | Kind::GenericType | Kind::UnionType | Kind::ConstrainedType | Kind::MemberType => self.annotation(),
            Kind::CasePattern | Kind::ClassPattern | Kind::UnionPattern | Kind::DictPattern | Kind::SplatPattern => self.pattern(),
            kind if is_statement(kind) => self.statement_as_expression(span),
            _ => {
                let base = self.stack.len();
                self.push_children();
                self.other_from(base, span)
            }
        }
    }

    /// Statements appear in expression position only inside syntax errors.
    fn statement_as_expression(&mut self, span: Span) -> NodeId {
        let base = self.stack.len();
        self.statement();
        if self.stack.len() == base + 1
            && let Some(only) = self.stack.pop()
        {
            return only;
        }
        let items = self.list_from(base);
        self.push(NodeKind::Block { items, value: false }, span)
    }

    pub(super) fn identifier(&mut self) -> NodeId {
        let span = self.span();
        let text = self.slice(span);
        if self.scope.receiver == Some(text) {
            return self.push(NodeKind::Receiver, span);
        }
        self.name_node(text, span)
    }

    fn leaf(&mut self, make: impl FnOnce(crate::model::facts::Name) -> NodeKind) -> NodeId {
        let span = self.span();
        let text = self.slice(span);
        let name = self.names.intern(text);
        self.push(make(name), span)
    }

    fn constant(&mut self, kind: NodeKind) -> NodeId {
        let span = self.span();
        self.push(kind, span)
    }

    /// Parentheses vanish; a thousand of them around one expression too.
    fn parenthesized(&mut self) -> NodeId {
        let span = self.span();
        let mut levels = 0;
        while self.kind() == Kind::ParenthesizedExpression && self.down_to_named() {
            levels += 1;
        }
        let node = if levels == 0 { self.other(&[], span) } else { self.expression() };
        for _ in 0..levels {
            // Passes comments and errors behind the expression.
            while self.next() {}
            self.up();
        }
        node
    }

    fn collection(&mut self, kind: CollectionKind) -> NodeId {
        let span = self.span();
        let base = self.stack.len();
        self.push_children();
        let items = self.list_from(base);
        self.push(NodeKind::Collection { kind, items }, span)
    }

    fn pair(&mut self) -> NodeId {
        let span = self.span();
        match self.two_children() {
            Some((key, value)) => self.push(NodeKind::Entry { key, value }, span),
            None => self.other(&[], span),
        }
    }

    /// The first two children that are not tokens, as expressions.
    fn two_children(&mut self) -> Option<(NodeId, NodeId)> {
        if !self.down_to_named() {
            return None;
        }
        let first = self.expression();
        let mut second = None;
        while self.next_named() {
            second = Some(self.expression());
        }
        self.up();
        Some((first, second?))
    }

    fn spread(&mut self, named: bool) -> NodeId {
        let span = self.span();
        match self.only_child() {
            Some(value) => self.push(NodeKind::Spread { value, named }, span),
            None => self.other(&[], span),
        }
    }

    pub(super) fn keyword_argument(&mut self) -> NodeId {
        let span = self.span();
        let mut name = None;
        let mut value = None;
        if self.down_to_named() {
            let text = self.source();
            name = Some(self.names.intern(text));
            while self.next_named() {
                value = Some(self.expression());
            }
            self.up();
        }
        match (name, value) {
            (Some(name), Some(value)) => self.push(NodeKind::Argument { name, value }, span),
            _ => self.other(&[], span),
        }
    }

    fn unary(&mut self, op: UnaryOp) -> NodeId {
        let span = self.span();
        match self.only_child() {
            Some(value) => self.push(NodeKind::Unary { op, value }, span),
            None => self.other(&[], span),
        }
    }

    /// `-x`, `+x`, `~x`.
    fn unary_operator(&mut self) -> NodeId {
        let op = if self.source().starts_with('-') { UnaryOp::Negate } else { UnaryOp::Number };
        self.unary(op)
    }

    /// `a if test else b`.
    fn conditional(&mut self) -> NodeId {
        let span = self.span();
        let base = self.stack.len();
        self.push_children();
        match self.stack[base..] {
            [then, condition, otherwise] => {
                self.stack.truncate(base);
                self.push(NodeKind::If { condition, then, otherwise: Some(otherwise) }, span)
            }
            _ => self.other_from(base, span),
        }
    }

    fn walrus(&mut self) -> NodeId {
        let span = self.span();
        match self.two_children() {
            Some((target, value)) => {
                self.note_rebinding(target);
                self.push(NodeKind::Assign { target, value, op: AssignOp::Set }, span)
            }
            None => self.other(&[], span),
        }
    }

    /// `value as target` of `with` items and `except` clauses.
    fn as_pattern(&mut self) -> NodeId {
        let span = self.span();
        match self.two_children() {
            Some((value, target)) => {
                self.note_rebinding(target);
                self.push(NodeKind::Assign { target, value, op: AssignOp::With }, span)
            }
            None => self.other(&[], span),
        }
    }

    /// `yield x`, `yield from x` (a `Spread`).
    fn yield_expression(&mut self) -> NodeId {
        let span = self.span();
        if self.scope.kind == ScopeKind::Function {
            self.defs[self.scope.owner.index()].flags.set(DefFlags::GENERATOR);
        }
        let (mut is_from, mut value) = (false, None);
        if self.down() {
            loop {
                match self.kind() {
                    Kind::FromToken => is_from = true,
                    kind if kind.is_token() => {}
                    _ => value = Some(self.expression()),
                }
                if !self.next() {
                    break;
                }
            }
            self.up();
        }
        if is_from && let Some(inner) = value {
            let at = self.arena.span(inner);
            value = Some(self.push(NodeKind::Spread { value: inner, named: false }, at));
        }
        self.push(NodeKind::Yield(value), span)
    }
}

/// One clause of a comprehension.
enum Clause {
    For { is_async: bool, target: NodeId, source: NodeId },
    If(NodeId),
}

/// Comprehensions.
impl<'t> Lowering<'t> {
    /// `[body for target in source if test]`: loops and conditions around the element, the first clause outermost.
    pub(super) fn comprehension(&mut self) -> NodeId {
        let span = self.span();
        let first_node = self.arena.len();
        let outer_rebound = std::mem::take(&mut self.receiver_rebound);
        let mut clauses: Vec<Clause> = Vec::new();
        let mut body = None;
        if self.down_to_named() {
            loop {
                match self.kind() {
                    Kind::ForInClause => clauses.extend(self.for_in_clause()),
                    Kind::IfClause => clauses.extend(self.only_child().map(Clause::If)),
                    _ => body = Some(self.expression()),
                }
                if !self.next_named() {
                    break;
                }
            }
            self.up();
        }
        if self.receiver_rebound {
            self.unbind_receiver(self.scope.receiver, first_node);
        }
        self.receiver_rebound = outer_rebound;
        let mut node = match body {
            Some(body) => body,
            None => self.other(&[], span),
        };
        while let Some(clause) = clauses.pop() {
            let kind = match clause {
                Clause::If(condition) => NodeKind::If { condition, then: node, otherwise: None },
                Clause::For { is_async, target, source } => {
                    NodeKind::Loop { kind: LoopKind::Comprehension, is_async, target: Some(target), source: Some(source), body: node }
                }
            };
            node = self.push(kind, span);
        }
        node
    }

    fn for_in_clause(&mut self) -> Option<Clause> {
        let (mut is_async, mut target) = (false, None);
        let base = self.stack.len();
        if self.down() {
            loop {
                match self.kind() {
                    Kind::AsyncToken => is_async = true,
                    kind if kind.is_token() => {}
                    _ if target.is_none() => target = Some(self.target()),
                    _ => {
                        let source = self.expression();
                        self.stack.push(source);
                    }
                }
                if !self.next() {
                    break;
                }
            }
            self.up();
        }
        let sources = self.stack.split_off(base);
        let source = match sources[..] {
            [source] => source,
            _ => {
                let at = self.span();
                let items = self.arena.push_list(&sources);
                self.push(NodeKind::Collection { kind: CollectionKind::Tuple, items }, at)
            }
        };
        Some(Clause::For { is_async, target: target?, source })
    }
}

/// The kinds that [`Lowering::statement`] handles itself.
fn is_statement(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::ExpressionStatement
            | Kind::ImportStatement
            | Kind::ImportFromStatement
            | Kind::FutureImportStatement
            | Kind::PassStatement
            | Kind::FunctionDefinition
            | Kind::ClassDefinition
            | Kind::DecoratedDefinition
            | Kind::IfStatement
            | Kind::ForStatement
            | Kind::WhileStatement
            | Kind::TryStatement
            | Kind::WithStatement
            | Kind::MatchStatement
            | Kind::ReturnStatement
            | Kind::RaiseStatement
            | Kind::DeleteStatement
            | Kind::AssertStatement
            | Kind::BreakStatement
            | Kind::ContinueStatement
            | Kind::PrintStatement
            | Kind::ExecStatement
            | Kind::TypeAliasStatement
            | Kind::Block
    )
}
