//! `match` statements and their patterns.

use super::kinds::Kind;
use super::lower::Lowering;
use crate::model::body::{AssignOp, BinaryOp, CallForm, CollectionKind, List, NodeId, NodeKind, UnaryOp};
use crate::model::source::Span;

impl<'t> Lowering<'t> {
    pub(super) fn match_statement(&mut self) -> NodeId {
        let span = self.span();
        let outer = self.scope;
        let base = self.stack.len();
        let mut arms = List::EMPTY;
        if self.down_to_named() {
            loop {
                if self.kind() == Kind::Block {
                    self.scope.conditional = true;
                    arms = self.cases();
                    self.scope = outer;
                } else {
                    let subject = self.expression();
                    self.stack.push(subject);
                }
                if !self.next_named() {
                    break;
                }
            }
            self.up();
        }
        let subject = self.one_or_tuple(base, span);
        self.push(NodeKind::Match { subject, arms }, span)
    }

    fn one_or_tuple(&mut self, base: usize, span: Span) -> NodeId {
        if self.stack.len() == base + 1
            && let Some(only) = self.stack.pop()
        {
            return only;
        }
        let items = self.list_from(base);
        self.push(NodeKind::Collection { kind: CollectionKind::Tuple, items }, span)
    }

    fn cases(&mut self) -> List {
        let base = self.stack.len();
        if self.down_to_named() {
            loop {
                let arm = if self.kind() == Kind::CaseClause { self.case_clause() } else { self.expression() };
                self.stack.push(arm);
                if !self.next_named() {
                    break;
                }
            }
            self.up();
        }
        self.list_from(base)
    }

    fn case_clause(&mut self) -> NodeId {
        let span = self.span();
        let base = self.stack.len();
        let (mut guard, mut body) = (None, None);
        if self.down_to_named() {
            loop {
                match self.kind() {
                    Kind::CasePattern => {
                        let pattern = self.pattern();
                        self.stack.push(pattern);
                    }
                    Kind::IfClause => guard = self.only_child(),
                    Kind::Block => body = Some(self.block()),
                    _ => {}
                }
                if !self.next_named() {
                    break;
                }
            }
            self.up();
        }
        let pattern = self.one_or_tuple(base, span);
        let body = body.unwrap_or_else(|| self.push(NodeKind::Block { items: List::EMPTY, value: false }, span));
        self.push(NodeKind::Arm { pattern, guard, body }, span)
    }

    /// The pattern under the cursor: names are captures, dotted names values, `_` is `Other`.
    pub(super) fn pattern(&mut self) -> NodeId {
        let span = self.span();
        if self.enter().is_none() {
            return self.other(&[], span);
        }
        let node = match self.kind() {
            Kind::CasePattern => self.case_pattern(span),
            Kind::AsPattern => self.as_case_pattern(span),
            Kind::ClassPattern => self.class_pattern(span),
            Kind::KeywordPattern => self.keyword_pattern(span),
            Kind::SplatPattern => self.splat_pattern(span),
            Kind::UnionPattern => self.union_pattern(span),
            Kind::ListPattern => self.sequence_pattern(CollectionKind::List, span),
            Kind::TuplePattern => self.tuple_or_group(span),
            Kind::DictPattern => self.dict_pattern(span),
            Kind::DottedName => self.dotted_pattern(span),
            Kind::Underscore | Kind::ComplexPattern => self.other(&[], span),
            _ => self.expression(),
        };
        self.leave();
        node
    }

    /// A wrapper around one pattern.
    fn case_pattern(&mut self, span: Span) -> NodeId {
        let base = self.stack.len();
        self.push_patterns();
        match self.stack[base..] {
            [only] => {
                self.stack.truncate(base);
                only
            }
            _ => self.other_from(base, span),
        }
    }

    /// Pushes the patterns among the children: `_` and `-1` come as bare tokens.
    fn push_patterns(&mut self) {
        if !self.down() {
            return;
        }
        let mut minus = None;
        loop {
            let span = self.span();
            match self.kind() {
                Kind::Minus => minus = Some(span.start),
                Kind::Underscore => {
                    let any = self.other(&[], span);
                    self.stack.push(any);
                }
                kind if kind.is_token() => {}
                _ => {
                    let mut node = self.pattern();
                    if let Some(start) = minus.take() {
                        node = self.push(NodeKind::Unary { op: UnaryOp::Negate, value: node }, Span { start, ..span });
                    }
                    self.stack.push(node);
                }
            }
            if !self.next() {
                break;
            }
        }
        self.up();
    }

    /// `pattern as name`: binds what the pattern matched.
    fn as_case_pattern(&mut self, span: Span) -> NodeId {
        let (mut value, mut target) = (None, None);
        if self.down_to_named() {
            loop {
                match self.kind() {
                    Kind::Identifier if value.is_some() => target = Some(self.target()),
                    _ => value = Some(self.pattern()),
                }
                if !self.next_named() {
                    break;
                }
            }
            self.up();
        }
        match (value, target) {
            (Some(value), Some(target)) => self.push(NodeKind::Assign { target, value, op: AssignOp::Set }, span),
            (Some(value), None) => value,
            _ => self.other(&[], span),
        }
    }

    /// `Point(x, y=0)`.
    fn class_pattern(&mut self, span: Span) -> NodeId {
        let base = self.stack.len();
        let mut callee = None;
        if self.down_to_named() {
            loop {
                let node = self.pattern();
                if callee.is_none() {
                    callee = Some(node);
                } else {
                    self.stack.push(node);
                }
                if !self.next_named() {
                    break;
                }
            }
            self.up();
        }
        let args = self.list_from(base);
        match callee {
            Some(callee) => self.push(NodeKind::Call { callee, args, form: CallForm::Pattern }, span),
            None => self.push(NodeKind::Other(args), span),
        }
    }

    fn keyword_pattern(&mut self, span: Span) -> NodeId {
        let base = self.stack.len();
        self.push_patterns();
        if let [key, value] = self.stack[base..]
            && let NodeKind::Name(name) = self.arena.kind(key)
        {
            self.stack.truncate(base);
            self.retire(key);
            return self.push(NodeKind::Argument { name, value }, span);
        }
        self.other_from(base, span)
    }

    /// `*rest`, `**rest`, `*_`.
    fn splat_pattern(&mut self, span: Span) -> NodeId {
        let named = self.source().starts_with("**");
        let value = match self.only_child() {
            Some(value) => value,
            None => self.other(&[], span),
        };
        self.note_rebinding(value);
        self.push(NodeKind::Spread { value, named }, span)
    }

    fn union_pattern(&mut self, span: Span) -> NodeId {
        let base = self.stack.len();
        self.push_patterns();
        let choices = self.stack.split_off(base);
        let mut choices = choices.into_iter();
        let Some(mut left) = choices.next() else {
            return self.other(&[], span);
        };
        for right in choices {
            let span = Span { start: span.start, end: self.arena.span(right).end };
            left = self.push(NodeKind::Binary { op: BinaryOp::Or, left, right }, span);
        }
        left
    }

    fn sequence_pattern(&mut self, kind: CollectionKind, span: Span) -> NodeId {
        let base = self.stack.len();
        self.push_patterns();
        let items = self.list_from(base);
        self.push(NodeKind::Collection { kind, items }, span)
    }

    /// `(a, b)` is a sequence, `(a)` is only a group.
    fn tuple_or_group(&mut self, span: Span) -> NodeId {
        let comma = self.source().trim_end_matches(')').trim_end().ends_with(',');
        let tuple = self.sequence_pattern(CollectionKind::Tuple, span);
        if let NodeKind::Collection { items, .. } = self.arena.kind(tuple)
            && !comma
        {
            let mut items = self.arena.list(items);
            if let (Some(only), None) = (items.next(), items.next()) {
                return only;
            }
        }
        tuple
    }

    fn dict_pattern(&mut self, span: Span) -> NodeId {
        let base = self.stack.len();
        self.push_patterns();
        let parts = self.stack.split_off(base);
        let mut key = None;
        for node in parts {
            match key.take() {
                None if matches!(self.arena.kind(node), NodeKind::Spread { .. }) => self.stack.push(node),
                None => key = Some(node),
                Some(key) => {
                    let span = Span { start: self.arena.span(key).start, end: self.arena.span(node).end };
                    let entry = self.push(NodeKind::Entry { key, value: node }, span);
                    self.stack.push(entry);
                }
            }
        }
        self.stack.extend(key);
        let items = self.list_from(base);
        self.push(NodeKind::Collection { kind: CollectionKind::Dict, items }, span)
    }

    /// `name` captures, `module.NAME` compares.
    fn dotted_pattern(&mut self, span: Span) -> NodeId {
        let mut node: Option<NodeId> = None;
        if self.down_to_named() {
            loop {
                node = Some(match node {
                    None => self.identifier(),
                    Some(object) => {
                        let at = Span { start: span.start, end: self.span().end };
                        let text = self.source();
                        let name = self.names.intern(text);
                        self.push(NodeKind::Member { object, name, path: false }, at)
                    }
                });
                if !self.next_named() {
                    break;
                }
            }
            self.up();
        }
        node.unwrap_or_else(|| self.other(&[], span))
    }
}
