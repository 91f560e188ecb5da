//! Functions in all their forms, and their parameters.

use crate::model::body::{List, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, Param, ParamKind};
use crate::model::source::Span;

use super::grammar::Kind;
use super::lower::{Hint, Lowering, Outer};

impl Lowering<'_> {
    /// `function f() {}` or the signature of an overload. Gathers a `Define`, except for the implementation of overloads that
    /// have one already.
    pub(super) fn function_declaration(&mut self, outer: Outer) -> DefId {
        let span = self.span();
        let before = self.defs.len();
        let last = self.overload.take();
        let is_signature = self.kind() == Kind::FunctionSignature;
        let id = self.function(DefKind::Function, outer.flags, None, last);
        self.def(id).decorators.extend(outer.decorators);
        if is_signature {
            self.overload = Some(id);
        }
        if id.index() >= before {
            let node = self.push(NodeKind::Define(id), span);
            self.stack.push(node);
        }
        id
    }

    /// An arrow function or function expression, as a `Closure`.
    pub(super) fn closure(&mut self, hint: Option<Hint>) -> NodeId {
        let span = self.span();
        let mut flags = DefFlags::CLOSURE | hint.map(|hint| hint.flags).unwrap_or_default();
        if self.kind() == Kind::Arrow {
            flags.set(DefFlags::ARROW);
        }
        let id = self.function(DefKind::Function, flags, hint, None);
        self.push(NodeKind::Closure(id), span)
    }

    /// `{ f() {} }` is `f: function () {}`.
    pub(super) fn object_method(&mut self) -> NodeId {
        let span = self.span();
        let mut key = None;
        let id = self.function_with(DefKind::Function, DefFlags::CLOSURE, None, None, &mut |lowering| key = Some(lowering.property_key()));
        let value = self.push(NodeKind::Closure(id), span);
        match key {
            Some(key) => self.push(NodeKind::Entry { key, value }, span),
            None => value,
        }
    }

    /// The function, method or signature at the cursor.
    ///
    /// `overload` is the definition of a signature that directly precedes: if it has the same name, this is its
    /// implementation and takes its place.
    pub(super) fn function(&mut self, kind: DefKind, flags: DefFlags, hint: Option<Hint>, overload: Option<DefId>) -> DefId {
        self.function_with(kind, flags, hint, overload, &mut |_| {})
    }

    fn function_with(
        &mut self,
        kind: DefKind,
        flags: DefFlags,
        hint: Option<Hint>,
        overload: Option<DefId>,
        on_name: &mut dyn FnMut(&mut Self),
    ) -> DefId {
        let span = self.span();
        let is_arrow = self.kind() == Kind::Arrow;
        let start = Span { start: span.start, end: self.first_token_end() };
        let placeholder = self.names.intern("<lambda>");
        let mut id = match hint {
            Some(hint) => self.define(hint.name, kind, flags, span, hint.span),
            None => self.define(placeholder, kind, flags, span, start),
        };
        let mut named = hint.is_some_and(|hint| !hint.weak);
        let mut past_arrow = false;
        self.each_child(|lowering, child| match child {
            Kind::Identifier if is_arrow && !past_arrow => lowering.lone_parameter(id),
            Kind::AsyncToken => lowering.def(id).flags.set(DefFlags::ASYNC),
            Kind::StarToken => lowering.def(id).flags.set(DefFlags::GENERATOR),
            Kind::StaticToken => lowering.def(id).flags.set(DefFlags::STATIC),
            Kind::Accessibility if lowering.slice(lowering.span()) != "public" => lowering.def(id).flags.set(DefFlags::PRIVATE),
            Kind::GetToken => lowering.def(id).flags.set(DefFlags::GETTER),
            Kind::AbstractToken => lowering.def(id).flags.set(DefFlags::ABSTRACT),
            Kind::ArrowToken => past_arrow = true,
            Kind::Decorator => {
                let decorator = lowering.operand();
                lowering.def(id).decorators.push(decorator);
            }
            Kind::Parameters => lowering.inside(id, |lowering| lowering.parameters(id)),
            Kind::TypeAnnotation | Kind::PredicateAnnotation => {
                let annotation = lowering.annotation();
                lowering.def(id).annotation = annotation;
            }
            Kind::Block => {
                let body = lowering.inside(id, Self::block);
                lowering.def(id).body = Some(body);
            }
            _ if past_arrow && child.is_expression() => {
                let body = lowering.inside(id, Self::value_block);
                lowering.def(id).body = Some(body);
            }
            Kind::Identifier if !named => {
                id = lowering.rename(id, overload);
                named = true;
            }
            _ if !is_arrow && child.is_property_name() => {
                id = lowering.rename(id, overload);
                on_name(lowering);
            }
            _ => {}
        });
        id
    }

    /// Names a definition after the node at the cursor. If `overload` has that name, the new definition is dropped for it:
    /// nothing was lowered into it yet but flags and decorators.
    fn rename(&mut self, id: DefId, overload: Option<DefId>) -> DefId {
        let name_span = self.span();
        let name = self.property_name();
        if let Some(overload) = overload
            && self.def(overload).name == name
            && id.index() + 1 == self.defs.len()
            && let Some(new) = self.defs.pop()
        {
            let def = self.def(overload);
            def.flags.set(new.flags);
            def.span = new.span;
            def.name_span = name_span;
            def.params.clear();
            def.annotation = None;
            def.decorators.extend(new.decorators);
            return overload;
        }
        let def = self.def(id);
        def.name = name;
        def.name_span = name_span;
        id
    }

    /// Where the first token of the node at the cursor ends.
    fn first_token_end(&mut self) -> u32 {
        let mut end = self.span().end;
        if self.down() {
            end = self.span().end;
            self.up();
        }
        end
    }

    /// The body of an arrow function that is an expression.
    fn value_block(&mut self) -> NodeId {
        let span = self.span();
        let value = self.expression();
        let items = self.arena.push_list(&[value]);
        self.push(NodeKind::Block { items, value: true }, span)
    }

    // --- parameters ---

    /// `x => …`
    fn lone_parameter(&mut self, id: DefId) {
        let span = self.span();
        let name = Some(self.name());
        self.def(id).params.push(Param {
            name,
            pattern: None,
            kind: ParamKind::Normal,
            annotation: None,
            default: None,
            decorators: vec![],
            span,
        });
    }

    fn parameters(&mut self, id: DefId) {
        self.each_child(|lowering, kind| match kind {
            Kind::Parameter => lowering.parameter(id),
            _ if kind.is_expression() => {
                // JavaScript has bare patterns here.
                let span = lowering.span();
                let pattern = lowering.expression();
                lowering.add_parameter(id, pattern, Param::at(span));
            }
            _ => {}
        });
    }

    fn parameter(&mut self, id: DefId) {
        let span = self.span();
        let mut param = Param::at(span);
        let mut pattern = None;
        let mut is_property = false;
        let mut is_receiver = false;
        let mut flags = DefFlags::PARAMETER_PROPERTY;
        let mut past_equals = false;
        self.each_child(|lowering, kind| match kind {
            Kind::Decorator => {
                let decorator = lowering.operand();
                param.decorators.push(decorator);
            }
            Kind::Accessibility | Kind::Override => is_property = true,
            Kind::ReadonlyToken => {
                is_property = true;
                flags.set(DefFlags::CONSTANT);
            }
            Kind::TypeAnnotation => param.annotation = lowering.annotation(),
            Kind::EqualsToken => past_equals = true,
            // `this: T` only tells the type checker what the receiver is.
            Kind::This if !past_equals => is_receiver = true,
            _ if kind.is_expression() && past_equals => {
                let hint = pattern.and_then(|pattern| lowering.binding_hint(pattern));
                param.default = Some(match hint {
                    Some(hint) => lowering.named_expression(hint),
                    None => lowering.expression(),
                });
            }
            _ if kind.is_expression() => pattern = Some(lowering.expression()),
            _ => {}
        });
        let Some(pattern) = pattern.filter(|_| !is_receiver) else { return };
        if is_property {
            self.parameter_property(id, pattern, flags, &param);
        }
        self.add_parameter(id, pattern, param);
    }

    /// The hint a plain name gives to what is bound to it.
    pub(super) fn binding_hint(&self, pattern: NodeId) -> Option<Hint> {
        match self.arena.kind(pattern) {
            NodeKind::Name(name) => Some(Hint { name, span: self.arena.span(pattern), flags: DefFlags::default(), weak: false }),
            _ => None,
        }
    }

    fn add_parameter(&mut self, id: DefId, pattern: NodeId, mut param: Param) {
        let mut pattern = pattern;
        if let NodeKind::Assign { target, value, .. } = self.arena.kind(pattern) {
            param.default = Some(value);
            pattern = target;
        }
        if let NodeKind::Spread { value, .. } = self.arena.kind(pattern) {
            param.kind = ParamKind::Rest;
            pattern = value;
        }
        match self.arena.kind(pattern) {
            NodeKind::Name(name) => param.name = Some(name),
            _ => param.pattern = Some(pattern),
        }
        self.def(id).params.push(param);
    }

    /// `constructor(private readonly repo: Repo)` declares a field too.
    fn parameter_property(&mut self, id: DefId, pattern: NodeId, flags: DefFlags, param: &Param) {
        let NodeKind::Name(name) = self.arena.kind(pattern) else { return };
        let name_span = self.arena.span(pattern);
        let class = self.def(id).parent;
        let field = self.define(name, DefKind::Field, flags, param.span, name_span);
        let def = self.def(field);
        def.parent = class;
        def.annotation = param.annotation;
        def.decorators.clone_from(&param.decorators);
    }

    /// The block at the cursor.
    pub(super) fn block(&mut self) -> NodeId {
        let span = self.span();
        let top = std::mem::take(&mut self.top);
        let mark = self.mark();
        self.each_child(Self::statement);
        let items: List = self.list(mark);
        self.top = top;
        self.push(NodeKind::Block { items, value: false }, span)
    }
}

impl Param {
    /// A parameter of which only the place is known yet.
    fn at(span: Span) -> Param {
        Param { name: None, pattern: None, kind: ParamKind::Normal, annotation: None, default: None, decorators: vec![], span }
    }
}
