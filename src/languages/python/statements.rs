//! Statements: control flow and bindings. Definitions and imports have their own files.

use super::kinds::Kind;
use super::lower::{Lowering, ScopeKind};
use crate::model::body::{AssignOp, BinaryOp, CollectionKind, List, LoopKind, NodeId, NodeKind, UnaryOp};
use crate::model::facts::Name;
use crate::model::source::Span;

impl<'t> Lowering<'t> {
    /// The block (or module, or error) under the cursor with all its statements.
    pub(super) fn block(&mut self) -> NodeId {
        let span = self.span();
        let base = self.stack.len();
        if self.enter().is_some() {
            if self.down() {
                loop {
                    self.statement();
                    self.take_strays();
                    if !self.next() {
                        break;
                    }
                }
                self.up();
            }
            self.take_strays();
            self.leave();
        }
        let items = self.list_from(base);
        self.push(NodeKind::Block { items, value: false }, span)
    }

    /// The statement under the cursor: pushes its nodes (none, one or several) on the stack.
    pub(super) fn statement(&mut self) {
        let span = self.span();
        let node = match self.kind() {
            Kind::ExpressionStatement => return self.expression_statement(),
            Kind::ImportStatement => return self.import_statement(),
            Kind::ImportFromStatement => return self.import_from_statement(false),
            Kind::FutureImportStatement => return self.import_from_statement(true),
            Kind::PassStatement => return,
            kind if kind.is_token() => return,
            Kind::FunctionDefinition => self.function(None),
            Kind::ClassDefinition => self.class(None),
            Kind::DecoratedDefinition => self.decorated(),
            Kind::IfStatement => self.if_statement(),
            Kind::ForStatement => self.for_statement(),
            Kind::WhileStatement => self.while_statement(),
            Kind::TryStatement => self.try_statement(),
            Kind::WithStatement => self.with_statement(),
            Kind::MatchStatement => self.match_statement(),
            Kind::ReturnStatement => {
                let value = self.only_child();
                self.push(NodeKind::Return(value), span)
            }
            Kind::RaiseStatement => self.raise_statement(),
            Kind::DeleteStatement => match self.only_child() {
                Some(value) => self.push(NodeKind::Unary { op: UnaryOp::Delete, value }, span),
                None => return,
            },
            Kind::AssertStatement => match self.assert_statement() {
                Some(node) => node,
                None => return,
            },
            Kind::BreakStatement => self.push(NodeKind::Break(None), span),
            Kind::ContinueStatement => self.push(NodeKind::Continue, span),
            Kind::PrintStatement => self.command("print"),
            Kind::ExecStatement => self.command("exec"),
            Kind::TypeAliasStatement => match self.type_alias() {
                Some(node) => node,
                None => return,
            },
            Kind::Block => self.block(),
            _ => self.expression(),
        };
        self.stack.push(node);
    }

    /// The value of a statement that holds at most one expression (a bare `a, b` is one).
    pub(super) fn only_child(&mut self) -> Option<NodeId> {
        if !self.down_to_named() {
            return None;
        }
        let value = self.expression();
        self.up();
        Some(value)
    }

    fn expression_statement(&mut self) {
        let span = self.span();
        let base = self.stack.len();
        self.push_children();
        if self.stack.len() > base + 1 {
            // `a, b` without parentheses.
            let items = self.list_from(base);
            let tuple = self.push(NodeKind::Collection { kind: CollectionKind::Tuple, items }, span);
            self.stack.push(tuple);
        } else if let Some(&node) = self.stack.get(base)
            && self.scope.kind == ScopeKind::Module
        {
            self.note_all(node);
        }
    }

    /// `target = value`, `target: T`, `target: T = value`, `a = b = value`.
    pub(super) fn assignment(&mut self) -> NodeId {
        let span = self.span();
        let (mut target, mut annotation, mut value) = (None, None, None);
        if self.down_to_named() {
            loop {
                match self.kind() {
                    Kind::Type => annotation = Some(self.annotation()),
                    kind if kind.is_token() => {}
                    _ if target.is_none() => target = Some(self.target()),
                    _ => value = Some(self.expression()),
                }
                if !self.next() {
                    break;
                }
            }
            self.up();
        }
        let Some(target) = target else {
            return self.other(&[], span);
        };
        let node = match (annotation, value) {
            (None, Some(value)) => self.push(NodeKind::Assign { target, value, op: AssignOp::Set }, span),
            _ => {
                let constant = annotation.is_some_and(|annotation| self.is_final(annotation));
                self.push(NodeKind::Declare { target, annotation, value, constant }, span)
            }
        };
        if self.scope.kind != ScopeKind::Function {
            self.define_variables(target, annotation, value, span);
        }
        node
    }

    pub(super) fn augmented_assignment(&mut self) -> NodeId {
        let span = self.span();
        let (mut target, mut value, mut op) = (None, None, BinaryOp::Other);
        if self.down() {
            loop {
                let kind = self.kind();
                match kind {
                    kind if kind.is_token() => op = kind.operator().unwrap_or(op),
                    _ if target.is_none() => target = Some(self.target()),
                    _ => value = Some(self.expression()),
                }
                if !self.next() {
                    break;
                }
            }
            self.up();
        }
        match (target, value) {
            (Some(target), Some(value)) => self.push(NodeKind::Assign { target, value, op: AssignOp::Augment(op) }, span),
            _ => self.other(&[], span),
        }
    }

    /// An expression that is being bound.
    pub(super) fn target(&mut self) -> NodeId {
        let target = self.expression();
        self.note_rebinding(target);
        target
    }

    pub(super) fn note_rebinding(&mut self, target: NodeId) {
        match self.arena.kind(target) {
            NodeKind::Receiver => self.receiver_rebound = true,
            NodeKind::Collection { items, .. } => {
                self.receiver_rebound |= self.arena.list(items).any(|item| self.arena.kind(item) == NodeKind::Receiver);
            }
            _ => {}
        }
    }

    pub(super) fn is_final(&self, annotation: NodeId) -> bool {
        let base = match self.arena.kind(annotation) {
            NodeKind::Apply { base, .. } => base,
            _ => annotation,
        };
        self.last_name_of(base) == Some("Final")
    }

    /// `raise A from B`: a cause that computes something stands before the raise, so that no call is lost.
    fn raise_statement(&mut self) -> NodeId {
        let span = self.span();
        let mut value = None;
        if self.down() {
            let mut is_cause = false;
            loop {
                match self.kind() {
                    Kind::FromToken => is_cause = true,
                    kind if kind.is_token() => {}
                    _ if is_cause => {
                        let cause = self.expression();
                        self.keep_unless_plain(cause);
                    }
                    _ => value = Some(self.expression()),
                }
                if !self.next() {
                    break;
                }
            }
            self.up();
        }
        self.push(NodeKind::Raise(value), span)
    }

    /// `assert test, message`.
    fn assert_statement(&mut self) -> Option<NodeId> {
        let span = self.span();
        if !self.down_to_named() {
            return None;
        }
        let test = self.expression();
        if self.next_named() {
            let message = self.expression();
            self.keep_unless_plain(message);
        }
        self.up();
        Some(self.push(NodeKind::Assert(test), span))
    }

    /// Keeps an expression the IR has no place for as a statement, unless it does nothing.
    fn keep_unless_plain(&mut self, node: NodeId) {
        match self.arena.kind(node) {
            NodeKind::Name(_) | NodeKind::Null | NodeKind::Str(_) => {}
            _ => self.stack.push(node),
        }
    }

    /// Python 2's `print x` and `exec x`, as a call.
    fn command(&mut self, name: &str) -> NodeId {
        let span = self.span();
        let callee = self.name_node(name, Span { start: span.start, end: span.start + name.len() as u32 });
        let base = self.stack.len();
        self.push_children();
        let args = self.list_from(base);
        self.push(NodeKind::Call { callee, args, form: crate::model::body::CallForm::Plain }, span)
    }

    /// Pushes every child that is not a token as an expression.
    pub(super) fn push_children(&mut self) {
        if !self.down_to_named() {
            return;
        }
        loop {
            let node = self.expression();
            self.stack.push(node);
            if !self.next_named() {
                break;
            }
        }
        self.up();
    }

    /// An `else` or `finally` clause: its block.
    fn clause_block(&mut self) -> Option<NodeId> {
        if !self.down_to_named() {
            return None;
        }
        let mut block = None;
        loop {
            if self.kind() == Kind::Block {
                block = Some(self.block());
            }
            if !self.next_named() {
                break;
            }
        }
        self.up();
        block
    }

    fn empty_block(&mut self, span: Span) -> NodeId {
        self.push(NodeKind::Block { items: List::EMPTY, value: false }, span)
    }

    /// `if … elif … else`: a flat list of arms in the syntax, nested here.
    fn if_statement(&mut self) -> NodeId {
        let span = self.span();
        let outer = self.scope;
        let mut guards = Guards { typing_after: outer.typing, unconditional: true };
        let mut arms: Vec<(NodeId, NodeId, u32)> = Vec::new();
        let mut otherwise = None;
        let mut condition = None;
        if self.down_to_named() {
            loop {
                match self.kind() {
                    Kind::Block => {
                        let block = self.block();
                        if let Some(condition) = condition.take() {
                            arms.push((condition, block, span.start));
                        }
                    }
                    Kind::ElifClause => {
                        self.scope = outer;
                        self.scope.conditional |= !guards.unconditional;
                        let start = self.span().start;
                        if let Some((condition, block)) = self.elif_clause(&mut guards) {
                            arms.push((condition, block, start));
                        }
                    }
                    Kind::ElseClause => {
                        self.scope = outer;
                        self.scope.typing = guards.typing_after;
                        self.scope.conditional |= !guards.unconditional;
                        otherwise = self.clause_block();
                    }
                    _ => {
                        let test = self.expression();
                        self.guard(test, &mut guards);
                        condition = Some(test);
                    }
                }
                if !self.next_named() {
                    break;
                }
            }
            self.up();
        }
        self.scope = outer;
        while let Some((condition, then, start)) = arms.pop() {
            let span = Span { start, end: span.end };
            otherwise = Some(self.push(NodeKind::If { condition, then, otherwise }, span));
        }
        match (otherwise, condition) {
            (Some(node), _) => node,
            (None, Some(condition)) => {
                let then = self.empty_block(Span { start: span.end, end: span.end });
                self.push(NodeKind::If { condition, then, otherwise: None }, span)
            }
            (None, None) => self.other(&[], span),
        }
    }

    fn elif_clause(&mut self, guards: &mut Guards) -> Option<(NodeId, NodeId)> {
        if !self.down_to_named() {
            return None;
        }
        let condition = self.expression();
        self.guard(condition, guards);
        let mut block = None;
        while self.next_named() {
            if self.kind() == Kind::Block {
                block = Some(self.block());
            }
        }
        let end = self.span().end;
        self.up();
        let block = block.unwrap_or_else(|| self.empty_block(Span { start: end, end }));
        Some((condition, block))
    }

    /// Sets the scope for the arm under `condition`, and what its sibling arms may assume.
    fn guard(&mut self, condition: NodeId, guards: &mut Guards) {
        match self.type_checking(condition) {
            Some(true) => self.scope.typing = true,
            Some(false) => {
                self.scope.typing = guards.typing_after;
                guards.typing_after = true;
            }
            None => {
                self.scope.typing = guards.typing_after;
                self.scope.as_script |= self.is_main_test(condition);
                self.scope.conditional = true;
                guards.unconditional = false;
            }
        }
    }

    /// `__name__ == "__main__"`.
    fn is_main_test(&self, condition: NodeId) -> bool {
        let NodeKind::Binary { op: BinaryOp::Equal, left, right } = self.arena.kind(condition) else { return false };
        [left, right].iter().any(|&side| self.name_of(side) == Some("__name__"))
    }

    /// Whether a condition says `TYPE_CHECKING` (true), `not TYPE_CHECKING` (false) or nothing of the kind.
    fn type_checking(&self, condition: NodeId) -> Option<bool> {
        match self.arena.kind(condition) {
            NodeKind::Name(name) | NodeKind::Member { name, .. } => (self.names.get(name) == "TYPE_CHECKING").then_some(true),
            NodeKind::Unary { op: UnaryOp::Not, value } => {
                let name = self.last_name_of(value)?;
                (name == "TYPE_CHECKING").then_some(false)
            }
            NodeKind::Binary { op: BinaryOp::And, left, right } => {
                [left, right].iter().any(|&side| self.last_name_of(side) == Some("TYPE_CHECKING")).then_some(true)
            }
            _ => None,
        }
    }

    fn for_statement(&mut self) -> NodeId {
        let span = self.span();
        let (mut is_async, mut target, mut source, mut body, mut otherwise) = (false, None, None, None, None);
        if self.down() {
            loop {
                match self.kind() {
                    Kind::AsyncToken => is_async = true,
                    kind if kind.is_token() => {}
                    Kind::Block => body = Some(self.block()),
                    Kind::ElseClause => otherwise = self.clause_block(),
                    _ if target.is_none() => target = Some(self.target()),
                    _ => source = Some(self.expression()),
                }
                if !self.next() {
                    break;
                }
            }
            self.up();
        }
        let body = body.unwrap_or_else(|| self.empty_block(span));
        let node = self.push(NodeKind::Loop { kind: LoopKind::ForEach, is_async, target, source, body }, span);
        self.followed_by(node, otherwise, span)
    }

    fn while_statement(&mut self) -> NodeId {
        let span = self.span();
        let (mut source, mut body, mut otherwise) = (None, None, None);
        if self.down_to_named() {
            loop {
                match self.kind() {
                    Kind::Block => body = Some(self.block()),
                    Kind::ElseClause => otherwise = self.clause_block(),
                    _ => source = Some(self.expression()),
                }
                if !self.next_named() {
                    break;
                }
            }
            self.up();
        }
        let body = body.unwrap_or_else(|| self.empty_block(span));
        let endless = source.is_some_and(|source| match self.arena.kind(source) {
            NodeKind::Bool(value) => value,
            NodeKind::Number(name) => self.names.get(name) == "1",
            _ => false,
        });
        let (kind, source) = if endless { (LoopKind::Infinite, None) } else { (LoopKind::While, source) };
        let node = self.push(NodeKind::Loop { kind, is_async: false, target: None, source, body }, span);
        self.followed_by(node, otherwise, span)
    }

    /// A loop's `else` runs after it (unless it broke out): a block of both.
    fn followed_by(&mut self, node: NodeId, otherwise: Option<NodeId>, span: Span) -> NodeId {
        let Some(otherwise) = otherwise else {
            return node;
        };
        let items = self.arena.push_list(&[node, otherwise]);
        self.push(NodeKind::Block { items, value: false }, span)
    }

    fn try_statement(&mut self) -> NodeId {
        let span = self.span();
        let outer = self.scope;
        self.scope.conditional = true;
        let base = self.stack.len();
        let (mut body, mut otherwise, mut finally) = (None, None, None);
        if self.down_to_named() {
            loop {
                match self.kind() {
                    Kind::Block => body = Some(self.block()),
                    Kind::ElseClause => otherwise = self.clause_block(),
                    Kind::FinallyClause => finally = self.clause_block(),
                    Kind::ExceptClause => {
                        let handler = self.except_clause();
                        self.stack.push(handler);
                    }
                    _ => {
                        let stray = self.expression();
                        self.stack.push(stray);
                    }
                }
                if !self.next_named() {
                    break;
                }
            }
            self.up();
        }
        self.scope = outer;
        let handlers = self.list_from(base);
        let body = body.unwrap_or_else(|| self.empty_block(span));
        self.push(NodeKind::Try { body, handlers, otherwise, finally }, span)
    }

    /// `except E as e`, `except (A, B)`, `except A, B`, `except* E`.
    fn except_clause(&mut self) -> NodeId {
        let span = self.span();
        let base = self.stack.len();
        let (mut binding, mut body) = (None, None);
        let mut after_as = false;
        if self.down() {
            loop {
                match self.kind() {
                    Kind::AsToken => after_as = true,
                    kind if kind.is_token() => {}
                    Kind::Block => body = Some(self.block()),
                    _ if after_as => binding = Some(self.target()),
                    _ => {
                        let node = self.expression();
                        self.push_exception_types(node, &mut binding);
                    }
                }
                if !self.next() {
                    break;
                }
            }
            self.up();
        }
        let types = self.list_from(base);
        let body = body.unwrap_or_else(|| self.empty_block(span));
        self.push(NodeKind::Handler { types, binding, body }, span)
    }

    fn push_exception_types(&mut self, node: NodeId, binding: &mut Option<NodeId>) {
        let types = match self.arena.kind(node) {
            NodeKind::Assign { target, value, op: AssignOp::With } => {
                *binding = Some(target);
                value
            }
            _ => node,
        };
        match self.arena.kind(types) {
            NodeKind::Collection { kind: CollectionKind::Tuple, items } => self.stack.extend(self.arena.list(items)),
            _ => self.stack.push(types),
        }
    }

    fn with_statement(&mut self) -> NodeId {
        let span = self.span();
        let base = self.stack.len();
        let (mut is_async, mut body) = (false, None);
        if self.down() {
            loop {
                match self.kind() {
                    Kind::AsyncToken => is_async = true,
                    Kind::WithClause => self.with_clause(),
                    Kind::Block => body = Some(self.block()),
                    _ => {}
                }
                if !self.next() {
                    break;
                }
            }
            self.up();
        }
        let items = self.list_from(base);
        let body = body.unwrap_or_else(|| self.empty_block(span));
        self.push(NodeKind::With { items, body, is_async }, span)
    }

    fn with_clause(&mut self) {
        if !self.down_to_named() {
            return;
        }
        loop {
            // `with (a as b, c as d):` reads as one item that is a tuple.
            let item = self.only_child();
            match item.map(|item| (item, self.arena.kind(item))) {
                Some((_, NodeKind::Collection { kind: CollectionKind::Tuple, items })) => self.stack.extend(self.arena.list(items)),
                Some((item, _)) => self.stack.push(item),
                None => {}
            }
            if !self.next_named() {
                break;
            }
        }
        self.up();
    }
}

/// What the arms of one `if` statement may assume about `TYPE_CHECKING` and about being conditional at all.
struct Guards {
    /// Whether the arms still to come are for type checkers only.
    typing_after: bool,
    /// True while only `TYPE_CHECKING` has been tested: `else` then always runs.
    unconditional: bool,
}

/// `__all__`.
impl<'t> Lowering<'t> {
    /// Follows what a module-level statement does to `__all__`. Anything but literal changes makes it unknown.
    fn note_all(&mut self, statement: NodeId) {
        match self.arena.kind(statement) {
            NodeKind::Assign { target, value, op } if self.name_of(target) == Some("__all__") => {
                let names = self.literal_names(value);
                match op {
                    AssignOp::Set => self.all = names,
                    _ => self.extend_all(names),
                }
            }
            NodeKind::Declare { target, value: Some(value), .. } if self.name_of(target) == Some("__all__") => {
                self.all = self.literal_names(value);
            }
            NodeKind::Call { callee, args, .. } => {
                let NodeKind::Member { object, name, .. } = self.arena.kind(callee) else { return };
                if self.name_of(object) != Some("__all__") {
                    return;
                }
                let Some(arg) = self.arena.list(args).next() else { return };
                match self.names.get(name) {
                    "extend" => {
                        let names = self.literal_names(arg);
                        self.extend_all(names);
                    }
                    "append" => {
                        let names = self.literal_name(arg).map(|name| vec![name]);
                        self.extend_all(names);
                    }
                    "remove" => {
                        let removed = self.literal_name(arg);
                        if let (Some(all), Some(removed)) = (&mut self.all, removed) {
                            all.retain(|&name| name != removed);
                        }
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn extend_all(&mut self, names: Option<Vec<Name>>) {
        self.all = match (self.all.take(), names) {
            (Some(mut all), Some(names)) => {
                all.extend(names);
                Some(all)
            }
            _ => None,
        };
    }

    fn literal_name(&self, node: NodeId) -> Option<Name> {
        match self.arena.kind(node) {
            NodeKind::Str(name) => Some(name),
            _ => None,
        }
    }

    /// The strings of `["a", "b"]`, `("a",)`, or a sum of two such.
    fn literal_names(&self, node: NodeId) -> Option<Vec<Name>> {
        match self.arena.kind(node) {
            NodeKind::Collection { items, kind } if kind != CollectionKind::Dict => {
                self.arena.list(items).map(|item| self.literal_name(item)).collect()
            }
            NodeKind::Binary { op: BinaryOp::Add, left, right } => {
                let (NodeKind::Collection { .. }, NodeKind::Collection { .. }) = (self.arena.kind(left), self.arena.kind(right)) else {
                    return None;
                };
                let mut names = self.literal_names(left)?;
                names.extend(self.literal_names(right)?);
                Some(names)
            }
            _ => None,
        }
    }
}
