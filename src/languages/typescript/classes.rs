//! Classes, interfaces, enums, type aliases and namespaces, with their members.

use crate::model::body::{CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, Name};
use crate::model::source::Span;

use super::grammar::Kind;
use super::lower::{Hint, Lowering, Outer};

impl Lowering<'_> {
    /// Gathers the place where a definition stands.
    fn define_here(&mut self, id: DefId, span: Span) {
        let node = self.push(NodeKind::Define(id), span);
        self.stack.push(node);
    }

    // --- classes ---

    pub(super) fn class_declaration(&mut self, outer: Outer) -> DefId {
        let span = self.span();
        let id = self.class(None, outer);
        self.define_here(id, span);
        id
    }

    /// A class used as a value.
    pub(super) fn class_expression(&mut self, hint: Option<Hint>) -> NodeId {
        let span = self.span();
        let flags = hint.map(|hint| hint.flags).unwrap_or_default();
        let id = self.class(hint, Outer { flags, decorators: vec![] });
        self.push(NodeKind::Define(id), span)
    }

    fn class(&mut self, hint: Option<Hint>, outer: Outer) -> DefId {
        let mut span = self.span();
        if let Some(&first) = outer.decorators.first() {
            span.start = span.start.min(self.arena.span(first).start.saturating_sub(1));
        }
        let mut flags = outer.flags;
        if self.kind() == Kind::AbstractClass {
            flags.set(DefFlags::ABSTRACT);
        }
        let (name, name_span) = match hint {
            Some(hint) => (hint.name, hint.span),
            None => (self.names.intern("<class>"), Span { start: span.start, end: span.start + "class".len() as u32 }),
        };
        let id = self.define(name, DefKind::Class, flags, span, name_span);
        self.def(id).decorators = outer.decorators;
        let named = hint.is_some_and(|hint| !hint.weak);
        self.each_child(|lowering, kind| match kind {
            Kind::Decorator => {
                let decorator = lowering.operand();
                lowering.def(id).decorators.push(decorator);
            }
            Kind::Identifier | Kind::TypeName if !named => lowering.name_definition(id),
            Kind::ClassHeritage => lowering.heritage(id),
            Kind::ClassBody => lowering.inside(id, Self::class_body),
            _ => {}
        });
        id
    }

    /// Names a definition after the node at the cursor.
    fn name_definition(&mut self, id: DefId) {
        let span = self.span();
        let name = self.property_name();
        let def = self.def(id);
        def.name = name;
        def.name_span = span;
    }

    fn heritage(&mut self, id: DefId) {
        self.each_child(|lowering, kind| match kind {
            Kind::Extends => lowering.extends(id),
            Kind::Implements => {
                let types = lowering.types_inside();
                lowering.def(id).implements = types;
            }
            // JavaScript: `extends expression`.
            _ if kind.is_expression() => {
                let base = lowering.expression();
                lowering.def(id).bases.push(base);
            }
            _ => {}
        });
    }

    fn extends(&mut self, id: DefId) {
        self.each_child(|lowering, kind| match kind {
            Kind::TypeArguments => {
                let args = lowering.type_arguments();
                let end = lowering.span().end;
                if let Some(base) = lowering.def(id).bases.pop() {
                    let start = lowering.arena.span(base).start;
                    let base = lowering.push(NodeKind::Apply { base, args }, Span { start, end });
                    lowering.def(id).bases.push(base);
                }
            }
            _ if kind.is_expression() => {
                let base = lowering.expression();
                lowering.def(id).bases.push(base);
            }
            _ => {}
        });
    }

    fn class_body(&mut self) {
        let mut decorators = Vec::new();
        let mut overload = None;
        self.each_child(|lowering, kind| match kind {
            Kind::Decorator => {
                let decorator = lowering.operand();
                decorators.push(decorator);
            }
            Kind::Method | Kind::MethodSignature | Kind::AbstractMethod => {
                let id = lowering.function(DefKind::Method, DefFlags::default(), None, overload.take());
                if kind == Kind::MethodSignature {
                    overload = Some(id);
                }
                lowering.decorate(id, std::mem::take(&mut decorators));
            }
            Kind::Field => lowering.field(std::mem::take(&mut decorators)),
            Kind::StaticBlock => lowering.static_block(),
            Kind::Error => lowering.discard(),
            _ => {}
        });
    }

    /// Adds decorators that stand before a member.
    fn decorate(&mut self, id: DefId, decorators: Vec<NodeId>) {
        if let Some(&first) = decorators.first() {
            let start = self.arena.span(first).start.saturating_sub(1);
            let def = self.def(id);
            def.span.start = def.span.start.min(start);
            def.decorators.splice(0..0, decorators);
        }
    }

    /// Lowers what a broken region holds for its definitions and imports, and drops its values.
    fn discard(&mut self) {
        let mark = self.mark();
        self.stray(Kind::Error);
        self.stack.truncate(mark);
    }

    fn field(&mut self, decorators: Vec<NodeId>) {
        let span = self.span();
        let placeholder = self.names.intern("");
        let id = self.define(placeholder, DefKind::Field, DefFlags::default(), span, span);
        let mut past_equals = false;
        let mut hint = None;
        self.each_child(|lowering, kind| match kind {
            Kind::Decorator => {
                let decorator = lowering.operand();
                lowering.def(id).decorators.push(decorator);
            }
            Kind::StaticToken => lowering.def(id).flags.set(DefFlags::STATIC),
            Kind::ReadonlyToken => lowering.def(id).flags.set(DefFlags::CONSTANT),
            Kind::AbstractToken => lowering.def(id).flags.set(DefFlags::ABSTRACT),
            Kind::TypeAnnotation => {
                let annotation = lowering.annotation();
                lowering.def(id).annotation = annotation;
            }
            Kind::EqualsToken => past_equals = true,
            _ if past_equals && kind.is_expression() => {
                let value = match hint {
                    Some(hint) => lowering.named_expression(hint),
                    None => lowering.expression(),
                };
                lowering.def(id).value = Some(value);
            }
            _ if kind.is_property_name() => {
                lowering.name_definition(id);
                let def = lowering.def(id);
                hint = Some(Hint { name: def.name, span: def.name_span, flags: DefFlags::default(), weak: false });
            }
            _ => {}
        });
        self.decorate(id, decorators);
    }

    /// `static { … }` runs when the class is defined: a static method named `static`.
    fn static_block(&mut self) {
        let span = self.span();
        let name = self.names.intern("static");
        let name_span = Span { start: span.start, end: span.start + "static".len() as u32 };
        let id = self.define(name, DefKind::Method, DefFlags::STATIC, span, name_span);
        self.each_child(|lowering, kind| {
            if kind == Kind::Block {
                let body = lowering.inside(id, Self::block);
                lowering.def(id).body = Some(body);
            }
        });
    }

    /// The name at the cursor as members are called: `"a-b"` without its quotes, `["x"]` as `x`, other computed names as written.
    pub(super) fn property_name(&mut self) -> Name {
        let kind = self.kind();
        if !matches!(kind, Kind::String | Kind::ComputedName) {
            return self.name();
        }
        let raw = self.slice(self.span());
        let inner = raw.strip_prefix('[').and_then(|raw| raw.strip_suffix(']')).unwrap_or(raw).trim();
        let quoted = ['"', '\''].into_iter().find_map(|quote| inner.strip_prefix(quote)?.strip_suffix(quote));
        self.names.intern(quoted.unwrap_or(raw))
    }

    // --- interfaces and type aliases ---

    pub(super) fn interface(&mut self, outer: Outer) -> DefId {
        let span = self.span();
        let placeholder = self.names.intern("");
        let id = self.define(placeholder, DefKind::Interface, outer.flags, span, span);
        self.each_child(|lowering, kind| match kind {
            Kind::TypeName => lowering.name_definition(id),
            Kind::ExtendsType => {
                let types = lowering.types_inside();
                lowering.def(id).bases = types;
            }
            Kind::ObjectType => {
                let mark = lowering.mark();
                lowering.members(id);
                lowering.stack.truncate(mark);
            }
            _ => {}
        });
        self.define_here(id, span);
        id
    }

    pub(super) fn type_alias(&mut self, outer: Outer) -> DefId {
        let span = self.span();
        let placeholder = self.names.intern("");
        let id = self.define(placeholder, DefKind::TypeAlias, outer.flags, span, span);
        let mut past_equals = false;
        self.each_child(|lowering, kind| match kind {
            Kind::TypeName if !past_equals => lowering.name_definition(id),
            Kind::EqualsToken => past_equals = true,
            // The members of `type T = { … }` are definitions, as an interface's are.
            Kind::ObjectType if past_equals => {
                let span = lowering.span();
                let mark = lowering.mark();
                lowering.members(id);
                let items = lowering.list(mark);
                let value = lowering.push(NodeKind::Collection { kind: CollectionKind::Dict, items }, span);
                lowering.def(id).value = Some(value);
            }
            _ if past_equals && lowering.is_type_here() => {
                let value = lowering.type_node();
                lowering.def(id).value = Some(value);
            }
            _ => {}
        });
        self.define_here(id, span);
        id
    }

    /// The members of an interface or object type as definitions of `owner`; their types are gathered.
    fn members(&mut self, owner: DefId) {
        self.inside(owner, |lowering| {
            let mut overload = None;
            lowering.each_child(|lowering, kind| match kind {
                Kind::PropertySignature => {
                    let span = lowering.span();
                    let placeholder = lowering.names.intern("");
                    let id = lowering.define(placeholder, DefKind::Field, DefFlags::default(), span, span);
                    lowering.property_signature(id);
                }
                Kind::MethodSignature => {
                    let id = lowering.function(DefKind::Method, DefFlags::default(), None, overload.take());
                    overload = Some(id);
                }
                _ if kind.is_type() => {
                    let other = lowering.type_node();
                    lowering.stack.push(other);
                }
                _ => {}
            });
        });
    }

    fn property_signature(&mut self, id: DefId) {
        let span = self.span();
        self.each_child(|lowering, kind| match kind {
            Kind::ReadonlyToken => lowering.def(id).flags.set(DefFlags::CONSTANT),
            Kind::TypeAnnotation => {
                if let Some(annotation) = lowering.annotation() {
                    lowering.def(id).annotation = Some(annotation);
                    let name = lowering.def(id).name;
                    let entry = lowering.property(name, annotation, span);
                    lowering.stack.push(entry);
                }
            }
            _ if kind.is_property_name() => lowering.name_definition(id),
            _ => {}
        });
    }

    // --- enums and namespaces ---

    pub(super) fn enumeration(&mut self, outer: Outer) -> DefId {
        let span = self.span();
        let placeholder = self.names.intern("");
        let id = self.define(placeholder, DefKind::Enum, outer.flags, span, span);
        self.each_child(|lowering, kind| match kind {
            Kind::Identifier => lowering.name_definition(id),
            Kind::EnumBody => lowering.inside(id, Self::variants),
            _ => {}
        });
        self.define_here(id, span);
        id
    }

    fn variants(&mut self) {
        self.each_child(|lowering, kind| {
            let span = lowering.span();
            if kind == Kind::EnumAssignment {
                let placeholder = lowering.names.intern("");
                let id = lowering.define(placeholder, DefKind::Variant, DefFlags::CONSTANT, span, span);
                lowering.variant(id);
            } else if kind.is_property_name() {
                let name = lowering.property_name();
                lowering.define(name, DefKind::Variant, DefFlags::CONSTANT, span, span);
            }
        });
    }

    fn variant(&mut self, id: DefId) {
        let mut past_equals = false;
        self.each_child(|lowering, kind| match kind {
            Kind::EqualsToken => past_equals = true,
            _ if past_equals && kind.is_expression() => {
                let value = lowering.expression();
                lowering.def(id).value = Some(value);
            }
            _ if kind.is_property_name() => lowering.name_definition(id),
            _ => {}
        });
    }

    /// `namespace N { … }`, `declare module "m" { … }`.
    pub(super) fn namespace(&mut self, outer: Outer) -> DefId {
        let span = self.span();
        let placeholder = self.names.intern("");
        let id = self.define(placeholder, DefKind::Module, outer.flags, span, span);
        self.each_child(|lowering, kind| match kind {
            Kind::Identifier | Kind::NestedName | Kind::Member | Kind::String => {
                lowering.name_definition(id);
                let specifier = lowering.def(id).name;
                if kind == Kind::String && !lowering.names.get(specifier).contains('*') {
                    let span = lowering.span();
                    lowering.augmented.push((specifier, span));
                }
            }
            Kind::Block => lowering.namespace_body(id),
            _ => {}
        });
        self.define_here(id, span);
        id
    }

    /// The block at the cursor as the code of a namespace.
    pub(super) fn namespace_body(&mut self, id: DefId) {
        let span = self.span();
        let body = self.inside(id, |lowering| {
            let mark = lowering.mark();
            lowering.each_child(|lowering, kind| {
                lowering.top = true;
                lowering.statement(kind);
            });
            let items = lowering.list(mark);
            lowering.push(NodeKind::Block { items, value: false }, span)
        });
        self.def(id).body = Some(body);
    }
}
