//! Statements: control flow and declarations. Each handler gathers the nodes its statement becomes (none, one or several).

use crate::model::body::{List, LoopKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefKind};
use crate::model::source::Span;

use super::grammar::Kind;
use super::lower::{Hint, Lowering, Outer};

impl Lowering<'_> {
    /// All statements of the file.
    pub(super) fn statements(&mut self) {
        self.each_child(|lowering, kind| {
            lowering.top = true;
            lowering.statement(kind);
        });
    }

    /// The statement at the cursor.
    pub(super) fn statement(&mut self, kind: Kind) {
        if self.at_limit() {
            let span = self.span();
            let other = self.other(span);
            self.stack.push(other);
            return;
        }
        self.depth += 1;
        self.statement_inner(kind);
        self.depth -= 1;
    }

    fn statement_inner(&mut self, kind: Kind) {
        let top = std::mem::take(&mut self.top);
        if !matches!(kind, Kind::Function | Kind::FunctionSignature | Kind::Export | Kind::Ambient) {
            self.overload = None;
        }
        let span = self.span();
        let node = match kind {
            Kind::ExpressionStatement => return self.expression_statement(top),
            Kind::Export => return self.export(top),
            Kind::ImportStatement => return self.import_statement(),
            Kind::If => self.if_statement(),
            Kind::Block => self.block(),
            Kind::For => self.for_statement(span),
            Kind::ForIn => self.for_in(span),
            Kind::While => self.while_statement(span),
            Kind::DoWhile => self.do_while(span),
            Kind::Switch => self.switch(span),
            Kind::Try => self.sometimes(|lowering| lowering.try_statement(span)),
            Kind::With => self.with(span),
            Kind::Return => {
                let value = self.optional_operand();
                self.push(NodeKind::Return(value), span)
            }
            Kind::Throw => {
                let value = self.optional_operand();
                self.push(NodeKind::Raise(value), span)
            }
            Kind::Break => self.push(NodeKind::Break(None), span),
            Kind::Continue => self.push(NodeKind::Continue, span),
            Kind::Labeled => return self.each_child(Self::labeled_part),
            Kind::Nothing => return,
            _ if self.declaration(kind, Outer::default(), top) => return,
            _ => return self.stray(kind),
        };
        self.stack.push(node);
    }

    /// Code in a place where it has no meaning of its own: broken regions, unknown nodes. Gathers what can be lowered.
    pub(super) fn stray(&mut self, kind: Kind) {
        if kind.is_expression() {
            let expression = self.expression();
            self.stack.push(expression);
        } else if kind.is_statement() {
            self.statement(kind);
        } else if !kind.is_type() && self.cursor.node().is_named() {
            let span = self.span();
            let node = self.deeper(|lowering| lowering.parts(span));
            if self.arena.kind(node) != NodeKind::Other(List::EMPTY) {
                self.stack.push(node);
            }
        }
    }

    fn labeled_part(&mut self, kind: Kind) {
        match kind {
            Kind::Unknown => {}
            _ => self.stray(kind),
        }
    }

    fn expression_statement(&mut self, top: bool) {
        self.each_child(|lowering, kind| match kind {
            // `namespace N {}` without `declare` is read as an expression.
            Kind::Namespace => {
                lowering.declaration(kind, Outer::default(), top);
            }
            _ => lowering.element(kind),
        });
    }

    /// The statement at the cursor as a block, whether or not it has braces.
    fn body(&mut self) -> NodeId {
        let kind = self.kind();
        if kind == Kind::Block {
            return self.deeper(Self::block);
        }
        let span = self.span();
        let mark = self.mark();
        self.statement(kind);
        let items = self.list(mark);
        self.push(NodeKind::Block { items, value: false }, span)
    }

    // --- declarations ---

    /// The declaration at the cursor, if it is one.
    pub(super) fn declaration(&mut self, kind: Kind, outer: Outer, top: bool) -> bool {
        let flags = outer.flags;
        let gathered = self.mark();
        let id = match kind {
            Kind::Variables => {
                self.variables(&outer, top);
                return true;
            }
            Kind::ImportAlias => {
                self.import_alias(&outer, top);
                return true;
            }
            Kind::Ambient => {
                self.ambient(outer, top);
                return true;
            }
            Kind::Function | Kind::FunctionSignature => self.function_declaration(outer),
            Kind::ClassDeclaration | Kind::AbstractClass => self.class_declaration(outer),
            Kind::Interface => self.interface(outer),
            Kind::TypeAlias => self.type_alias(outer),
            Kind::Enum => self.enumeration(outer),
            Kind::Namespace => self.namespace(outer),
            _ => return false,
        };
        if let Some(&node) = self.stack[gathered..].last() {
            let name = self.def(id).name;
            let span = self.def(id).name_span;
            self.export_declared(flags, name, node, span);
        }
        true
    }

    /// `declare …`; `declare global { … }` is a namespace of that name.
    fn ambient(&mut self, outer: Outer, top: bool) {
        let span = self.span();
        let mut outer = Some(outer);
        let mut global = None;
        self.each_child(|lowering, kind| match kind {
            Kind::GlobalToken => {
                let name = lowering.names.intern("global");
                let name_span = lowering.span();
                global = Some(lowering.define(name, DefKind::Module, DefFlags::default(), span, name_span));
            }
            Kind::Block => {
                if let Some(id) = global {
                    lowering.namespace_body(id);
                    let node = lowering.push(NodeKind::Define(id), span);
                    lowering.stack.push(node);
                }
            }
            _ => {
                if kind.is_statement() {
                    lowering.declaration(kind, outer.take().unwrap_or_default(), top);
                }
            }
        });
    }

    /// `const a = 1, { b } = c`. Directly in a module each name is a definition too.
    fn variables(&mut self, outer: &Outer, top: bool) {
        let mut constant = false;
        self.each_child(|lowering, kind| match kind {
            Kind::ConstToken | Kind::UsingToken => constant = true,
            Kind::Declarator => lowering.declarator(outer, top, constant),
            Kind::Error => lowering.stray(kind),
            _ => {}
        });
    }

    fn declarator(&mut self, outer: &Outer, top: bool, constant: bool) {
        let span = self.span();
        let mut target = None;
        let mut annotation = None;
        let mut value = None;
        self.last_load = None;
        self.each_child(|lowering, kind| match (kind, target) {
            (Kind::TypeAnnotation, _) => annotation = lowering.annotation(),
            (_, None) if kind.is_expression() => target = Some(lowering.expression()),
            (_, Some(target)) if kind.is_expression() => {
                value = Some(match lowering.binding_hint(target) {
                    Some(hint) => lowering.named_expression(Hint { flags: outer.flags, ..hint }),
                    None => lowering.expression(),
                });
            }
            _ => {}
        });
        let Some(target) = target else { return };
        let node = self.push(NodeKind::Declare { target, annotation, value, constant }, span);
        self.stack.push(node);
        // A name bound to a loaded module is an import, as with `import`.
        if value.is_some_and(|value| self.bind_load(target, value)) {
            return;
        }
        let is_module = self.defs[self.scope.index()].kind == DefKind::Module;
        if top && is_module {
            self.module_variables(outer, target, annotation, value, constant, span);
        }
    }

    fn module_variables(
        &mut self,
        outer: &Outer,
        target: NodeId,
        annotation: Option<NodeId>,
        value: Option<NodeId>,
        constant: bool,
        span: Span,
    ) {
        let mut flags = outer.flags;
        if constant {
            flags.set(DefFlags::CONSTANT);
        }
        let whole = matches!(self.arena.kind(target), NodeKind::Name(_));
        for binding in self.bindings(target, value) {
            let id = self.define(binding.name, DefKind::Variable, flags, span, binding.span);
            let def = self.def(id);
            def.value = binding.value;
            def.annotation = annotation.filter(|_| whole);
            self.export_declared(flags, binding.name, binding.node, binding.span);
        }
    }

    // --- control flow ---

    /// `if … else if … else …` in a loop: generated chains are long.
    fn if_statement(&mut self) -> NodeId {
        self.conditional += 1;
        let mut branches = Vec::new();
        let mut otherwise = None;
        let mut levels = 0;
        loop {
            let branch = self.branch(&mut otherwise);
            let nested = branch.nested;
            branches.push(branch);
            if !nested {
                break;
            }
            levels += 2;
        }
        let mut node = None;
        for branch in branches.into_iter().rev() {
            let otherwise = node.or(otherwise);
            let condition = branch.condition.unwrap_or_else(|| self.other(branch.span));
            let then = branch.then.unwrap_or_else(|| self.other(branch.span));
            node = Some(self.push(NodeKind::If { condition, then, otherwise }, branch.span));
        }
        for _ in 0..levels {
            self.leave();
        }
        self.conditional -= 1;
        node.unwrap_or_else(|| {
            let span = self.span();
            self.other(span)
        })
    }

    /// One `if (condition) then`. If an `if` stands after its `else`, the cursor is left on it.
    fn branch(&mut self, otherwise: &mut Option<NodeId>) -> Branch {
        let mut branch = Branch { condition: None, then: None, span: self.span(), nested: false };
        if !self.enter() {
            return branch;
        }
        loop {
            match self.kind() {
                Kind::Parenthesized if branch.condition.is_none() => branch.condition = Some(self.expression()),
                Kind::Else => branch.nested = self.enter_else_if(otherwise),
                kind if branch.condition.is_some() && branch.then.is_none() && kind.is_statement() => branch.then = Some(self.body()),
                _ => {}
            }
            if branch.nested {
                return branch;
            }
            if !self.next() {
                break;
            }
        }
        self.up();
        branch
    }

    /// In an `else`: moves to the `if` in it and returns true, or lowers what it holds.
    fn enter_else_if(&mut self, otherwise: &mut Option<NodeId>) -> bool {
        if !self.enter() {
            return false;
        }
        loop {
            match self.kind() {
                Kind::If => return true,
                kind if kind.is_statement() => *otherwise = Some(self.body()),
                _ => {}
            }
            if !self.next() {
                break;
            }
        }
        self.up();
        false
    }

    /// `for (init; condition; step)`: `init` stands before the loop, `step` ends its body.
    fn for_statement(&mut self, span: Span) -> NodeId {
        let fields = self.grammar.fields;
        let mark = self.mark();
        let mut condition = None;
        let mut step = None;
        let mut body = None;
        self.each_child(|lowering, kind| {
            let field = lowering.cursor.field_id();
            if field == fields.initializer {
                lowering.stray(kind);
            } else if field == fields.condition && kind.is_expression() {
                condition = Some(lowering.expression());
            } else if field == fields.increment && kind.is_expression() {
                step = Some(lowering.expression());
            } else if field == fields.body {
                body = Some(lowering.body());
            }
        });
        let body = self.body_then(body, step, span);
        let kind = if condition.is_some() { LoopKind::Counted } else { LoopKind::Infinite };
        let node = self.push(NodeKind::Loop { kind, is_async: false, target: None, source: condition, body }, span);
        if self.mark() == mark {
            return node;
        }
        self.stack.push(node);
        let items = self.list(mark);
        self.push(NodeKind::Block { items, value: false }, span)
    }

    /// A loop's body with its step at the end.
    fn body_then(&mut self, body: Option<NodeId>, step: Option<NodeId>, span: Span) -> NodeId {
        let Some(body) = body else {
            let items = step.map_or(List::EMPTY, |step| self.arena.push_list(&[step]));
            return self.push(NodeKind::Block { items, value: false }, span);
        };
        if let (Some(step), NodeKind::Block { items, value }) = (step, self.arena.kind(body)) {
            let items: Vec<NodeId> = self.arena.list(items).chain([step]).collect();
            let items = self.arena.push_list(&items);
            self.arena.replace(body, NodeKind::Block { items, value });
        }
        body
    }

    /// `for (const x of xs)`, `for await (…)`, `for (const key in object)`.
    fn for_in(&mut self, span: Span) -> NodeId {
        let fields = self.grammar.fields;
        let mut is_async = false;
        let mut target = None;
        let mut source = None;
        let mut body = None;
        self.each_child(|lowering, kind| {
            if kind == Kind::AwaitToken {
                // `for await (`, not `for (await using x of`.
                is_async |= target.is_none();
                return;
            }
            let field = lowering.cursor.field_id();
            if field == fields.left && kind.is_expression() {
                target = Some(lowering.expression());
            } else if field == fields.right && kind.is_expression() {
                source = Some(lowering.expression());
            } else if field == fields.body {
                body = Some(lowering.body());
            }
        });
        let body = self.body_then(body, None, span);
        self.push(NodeKind::Loop { kind: LoopKind::ForEach, is_async, target, source, body }, span)
    }

    fn while_statement(&mut self, span: Span) -> NodeId {
        let mut condition = None;
        let mut body = None;
        self.each_child(|lowering, kind| match condition {
            None if kind == Kind::Parenthesized => condition = Some(lowering.expression()),
            Some(_) if kind.is_statement() => body = Some(lowering.body()),
            _ => {}
        });
        self.conditioned_loop(condition, body, span)
    }

    fn do_while(&mut self, span: Span) -> NodeId {
        let mut condition = None;
        let mut body = None;
        self.each_child(|lowering, kind| match body {
            None if kind.is_statement() => body = Some(lowering.body()),
            Some(_) if kind == Kind::Parenthesized => condition = Some(lowering.expression()),
            _ => {}
        });
        self.conditioned_loop(condition, body, span)
    }

    fn conditioned_loop(&mut self, condition: Option<NodeId>, body: Option<NodeId>, span: Span) -> NodeId {
        let endless = condition.is_some_and(|condition| match self.arena.kind(condition) {
            NodeKind::Bool(value) => value,
            NodeKind::Number(number) => self.names.get(number) == "1",
            _ => false,
        });
        let body = self.body_then(body, None, span);
        let (kind, source) = if endless { (LoopKind::Infinite, None) } else { (LoopKind::While, condition) };
        self.push(NodeKind::Loop { kind, is_async: false, target: None, source, body }, span)
    }

    fn switch(&mut self, span: Span) -> NodeId {
        let mut subject = None;
        let mark = self.mark();
        self.each_child(|lowering, kind| match kind {
            Kind::Parenthesized => subject = Some(lowering.expression()),
            Kind::SwitchBody => lowering.sometimes(|lowering| lowering.each_child(Self::case)),
            _ => {}
        });
        let arms = self.list(mark);
        let subject = subject.unwrap_or_else(|| self.other(span));
        self.push(NodeKind::Match { subject, arms }, span)
    }

    /// A `case` or `default` with the statements up to the next one; falling through is not followed.
    fn case(&mut self, kind: Kind) {
        if !matches!(kind, Kind::SwitchCase | Kind::SwitchDefault) {
            return;
        }
        let span = self.span();
        let mut pattern = None;
        let mut past_colon = false;
        let mark = self.mark();
        self.each_child(|lowering, kind| match kind {
            Kind::ColonToken => past_colon = true,
            _ if past_colon => lowering.stray(kind),
            _ if kind.is_expression() => pattern = Some(lowering.expression()),
            _ => {}
        });
        let items = self.list(mark);
        let body = self.push(NodeKind::Block { items, value: false }, span);
        let pattern = pattern.unwrap_or_else(|| self.other(Span { start: span.start, end: span.start }));
        let arm = self.push(NodeKind::Arm { pattern, guard: None, body }, span);
        self.stack.push(arm);
    }

    fn try_statement(&mut self, span: Span) -> NodeId {
        let mut body = None;
        let mut handlers = List::EMPTY;
        let mut finally = None;
        self.each_child(|lowering, kind| match kind {
            Kind::Block => body = Some(lowering.body()),
            Kind::Catch => {
                let handler = lowering.catch();
                handlers = lowering.arena.push_list(&[handler]);
            }
            Kind::Finally => lowering.each_child(|lowering, kind| {
                if kind == Kind::Block {
                    finally = Some(lowering.body());
                }
            }),
            _ => {}
        });
        let body = body.unwrap_or_else(|| self.other(span));
        self.push(NodeKind::Try { body, handlers, otherwise: None, finally }, span)
    }

    fn catch(&mut self) -> NodeId {
        let span = self.span();
        let mut binding = None;
        let mut body = None;
        self.each_child(|lowering, kind| match kind {
            Kind::Block => body = Some(lowering.body()),
            _ if binding.is_none() && kind.is_expression() => binding = Some(lowering.expression()),
            _ => {}
        });
        let body = body.unwrap_or_else(|| self.other(span));
        self.push(NodeKind::Handler { types: List::EMPTY, binding, body }, span)
    }

    /// The old `with (object) …`.
    fn with(&mut self, span: Span) -> NodeId {
        let mut items = List::EMPTY;
        let mut body = None;
        self.each_child(|lowering, kind| match kind {
            Kind::Parenthesized if items == List::EMPTY => {
                let object = lowering.expression();
                items = lowering.arena.push_list(&[object]);
            }
            _ if kind.is_statement() => body = Some(lowering.body()),
            _ => {}
        });
        let body = body.unwrap_or_else(|| self.other(span));
        self.push(NodeKind::With { items, body, is_async: false }, span)
    }

    /// `import A = B.C`, a constant alias.
    fn import_alias(&mut self, outer: &Outer, top: bool) {
        let span = self.span();
        let mut target = None;
        let mut value = None;
        self.each_child(|lowering, kind| match (kind, target) {
            (Kind::Identifier, None) => target = Some(lowering.expression()),
            (Kind::Identifier, Some(_)) => value = Some(lowering.expression()),
            (Kind::NestedName, Some(_)) => value = Some(lowering.type_node()),
            _ => {}
        });
        let (Some(target), Some(value)) = (target, value) else { return };
        let node = self.push(NodeKind::Declare { target, annotation: None, value: Some(value), constant: true }, span);
        self.stack.push(node);
        if top {
            self.module_variables(outer, target, None, Some(value), true, span);
        }
    }
}

/// One arm of an `if` chain.
struct Branch {
    condition: Option<NodeId>,
    then: Option<NodeId>,
    span: Span,
    /// The `else` holds another `if`.
    nested: bool,
}
