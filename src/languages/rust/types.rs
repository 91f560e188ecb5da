//! Types as nodes: paths, `Apply` for generics, the inner type of references, the first trait of `dyn`, `impl` and bounds.

use super::kinds::Kind;
use super::lower::{Cursor, Lowering};
use crate::model::body::{CollectionKind, List, NodeId, NodeKind};
use crate::model::facts::{Name, TypeParam};
use crate::model::source::Span;

/// Generic types nested deeper are not copied when a bound is put in a parameter's place.
const MAX_COPY_DEPTH: u32 = 16;

impl Lowering<'_> {
    /// The type under the cursor.
    pub(super) fn type_(&mut self, c: &mut Cursor) -> NodeId {
        self.deeper(c, |this, c| {
            let kind = this.kind(c);
            this.type_or_path(c, kind)
        })
    }

    /// A type, or the path of a constructor.
    pub(super) fn type_or_path(&mut self, c: &mut Cursor, kind: Kind) -> NodeId {
        let span = self.span(c);
        match kind {
            Kind::TypeIdentifier if self.slice(span) == "_" => self.nothing(span),
            Kind::TypeIdentifier | Kind::PrimitiveType | Kind::Identifier | Kind::Metavariable => self.name_node(self.slice(span), span),
            Kind::ScopedTypeIdentifier => self.scoped_type(c, span),
            Kind::GenericType | Kind::GenericTypeWithTurbofish => self.generic_type(c, span),
            Kind::ReferenceType | Kind::PointerType | Kind::RemovedTraitBound | Kind::HigherRankedTraitBound => self.first_type(c, span),
            Kind::AbstractType | Kind::DynamicType | Kind::BoundedType | Kind::TraitBounds => self.first_type(c, span),
            Kind::BracketedType => self.bracketed_type(c, span),
            Kind::UnitType => self.push(NodeKind::Null, span),
            Kind::TupleType => {
                let mark = self.stack.len();
                self.types(c);
                let items = self.list(mark);
                self.push(NodeKind::Collection { kind: CollectionKind::Tuple, items }, span)
            }
            Kind::ArrayType => {
                let fields = self.fields();
                let mut element = None;
                self.each(c, |this, c, _| {
                    if c.field_id() == fields.element {
                        element = Some(this.type_(c));
                    }
                });
                let element = element.unwrap_or_else(|| self.nothing(span));
                let base = self.name_node("Vec", span);
                let args = self.arena.push_list(&[element]);
                self.push(NodeKind::Apply { base, args }, span)
            }
            Kind::FunctionType => self.function_type(c, span),
            Kind::ScopedIdentifier | Kind::SelfValue | Kind::Crate | Kind::Super => self.expression(c),
            _ => self.nothing(span),
        }
    }

    /// Collects the types under the cursor's node.
    fn types(&mut self, c: &mut Cursor) {
        self.each(c, |this, c, kind| {
            if is_type(kind) {
                let node = this.type_(c);
                this.stack.push(node);
            }
        });
    }

    /// `a::b::T`, `Vec<u8>::X`, `<T as Trait>::X`.
    fn scoped_type(&mut self, c: &mut Cursor, span: Span) -> NodeId {
        let fields = self.fields();
        let mut object = None;
        let mut node = None;
        self.each(c, |this, c, kind| {
            let field = c.field_id();
            if field == fields.path {
                object = Some(match kind {
                    Kind::Identifier | Kind::ScopedIdentifier | Kind::SelfValue => this.path_prefix(c, kind),
                    _ => this.type_(c),
                });
            } else if field == fields.name {
                let name = this.name_of(c);
                node = Some(match object {
                    Some(object) => this.push(NodeKind::Member { object, name, path: true }, span),
                    None => this.push(NodeKind::Name(name), span),
                });
            }
        });
        node.unwrap_or_else(|| self.nothing(span))
    }

    /// The part of a path before `::`, where `self` is a module.
    fn path_prefix(&mut self, c: &mut Cursor, kind: Kind) -> NodeId {
        if kind == Kind::SelfValue {
            return self.name_node("self", self.span(c));
        }
        self.expression(c)
    }

    fn generic_type(&mut self, c: &mut Cursor, span: Span) -> NodeId {
        let mut base = None;
        let mut args = List::EMPTY;
        self.each(c, |this, c, kind| match kind {
            Kind::Token => {}
            Kind::TypeArguments => args = this.type_arguments(c),
            _ => base = Some(this.type_(c)),
        });
        let base = base.unwrap_or_else(|| self.nothing(span));
        self.push(NodeKind::Apply { base, args }, span)
    }

    /// `<A, Item = B, 3>`; lifetimes vanish.
    pub(super) fn type_arguments(&mut self, c: &mut Cursor) -> List {
        let mark = self.stack.len();
        self.each(c, |this, c, kind| {
            let node = match kind {
                Kind::Token | Kind::Lifetime | Kind::TraitBounds | Kind::AttributeItem => return,
                Kind::TypeBinding => this.type_binding(c),
                Kind::Block
                | Kind::IntegerLiteral
                | Kind::StringLiteral
                | Kind::RawStringLiteral
                | Kind::CharLiteral
                | Kind::BooleanLiteral
                | Kind::FloatLiteral => this.expression(c),
                _ => this.type_(c),
            };
            this.stack.push(node);
        });
        self.list(mark)
    }

    fn type_binding(&mut self, c: &mut Cursor) -> NodeId {
        let span = self.span(c);
        let fields = self.fields();
        let (mut name, mut value) = (None, None);
        self.each(c, |this, c, _| {
            let field = c.field_id();
            if field == fields.name {
                name = Some(this.name_of(c));
            } else if field == fields.type_ {
                value = Some(this.type_(c));
            }
        });
        match (name, value) {
            (Some(name), Some(value)) => self.push(NodeKind::Argument { name, value }, span),
            _ => self.nothing(span),
        }
    }

    /// What a reference points to, the trait of a bound; of several traits those that say something.
    fn first_type(&mut self, c: &mut Cursor, span: Span) -> NodeId {
        let mark = self.stack.len();
        self.types(c);
        let (said, first) = (self.stack.len(), self.stack.get(mark).copied());
        for at in mark..said {
            let node = self.stack[at];
            if !self.is_marker(node) {
                self.stack.push(node);
            }
        }
        let traits: Vec<NodeId> = self.stack.drain(mark..).skip(said - mark).collect();
        match traits.as_slice() {
            [] => first.unwrap_or_else(|| self.nothing(span)),
            &[node] => node,
            _ => {
                let parts = self.arena.push_list(&traits);
                self.push(NodeKind::Union(parts), span)
            }
        }
    }

    /// True for traits that say nothing about what a value does.
    fn is_marker(&self, node: NodeId) -> bool {
        match self.arena.kind(node) {
            NodeKind::Name(name) => matches!(self.names.get(name), "Send" | "Sync" | "Sized" | "Unpin" | "Clone" | "Copy" | "Debug"),
            NodeKind::Other(_) => true,
            _ => false,
        }
    }

    /// `<T>::f` and `<T as Trait>::f`.
    fn bracketed_type(&mut self, c: &mut Cursor, span: Span) -> NodeId {
        let fields = self.fields();
        let mut node = None;
        self.each(c, |this, c, kind| match kind {
            Kind::Token => {}
            Kind::QualifiedType => {
                let (mut value, mut to) = (None, None);
                this.each(c, |this, c, _| {
                    let field = c.field_id();
                    if field == fields.type_ {
                        value = Some(this.type_(c));
                    } else if field == fields.alias {
                        to = Some(this.type_(c));
                    }
                });
                if let (Some(value), Some(to)) = (value, to) {
                    node = Some(this.push(NodeKind::Cast { value, to }, span));
                }
            }
            _ => node = Some(this.type_(c)),
        });
        node.unwrap_or_else(|| self.nothing(span))
    }

    /// `Fn(A) -> B` is `Fn` applied to its types; a `fn` pointer is unknown.
    fn function_type(&mut self, c: &mut Cursor, span: Span) -> NodeId {
        let fields = self.fields();
        let mut base = None;
        let mark = self.stack.len();
        self.each(c, |this, c, kind| {
            if c.field_id() == fields.trait_ {
                base = Some(this.type_(c));
            } else if kind == Kind::Parameters {
                this.types(c);
            } else if is_type(kind) {
                let node = this.type_(c);
                this.stack.push(node);
            }
        });
        let args = self.list(mark);
        match base {
            Some(base) => self.push(NodeKind::Apply { base, args }, span),
            None => self.push(NodeKind::Other(args), span),
        }
    }

    /// Remembers the bounds of `<T: Repo, …>`.
    pub(super) fn type_parameters(&mut self, c: &mut Cursor) {
        let fields = self.fields();
        self.each(c, |this, c, kind| {
            if kind != Kind::TypeParameter {
                return;
            }
            let (mut name, mut bounded) = (None, false);
            this.each(c, |this, c, kind| {
                if c.field_id() == fields.name {
                    name = Some(this.name_of(c));
                } else if kind == Kind::TraitBounds {
                    this.bound(name, c);
                    bounded = true;
                }
            });
            if !bounded {
                let scope = this.scope;
                this.defs[scope.index()].type_params.push(TypeParam { name, bounds: Vec::new() });
            }
        });
    }

    /// Remembers the bounds of `where T: Repo, …`.
    pub(super) fn where_clause(&mut self, c: &mut Cursor) {
        let fields = self.fields();
        self.each(c, |this, c, kind| {
            if kind != Kind::WherePredicate {
                return;
            }
            let mut name = None;
            this.each(c, |this, c, kind| {
                if c.field_id() == fields.left && kind == Kind::TypeIdentifier {
                    name = Some(this.name_of(c));
                } else if kind == Kind::TraitBounds {
                    this.bound(name, c);
                }
            });
        });
    }

    /// The bounds under the cursor: all of them for the definition, the first that says something in the parameter's place.
    fn bound(&mut self, name: Option<Name>, c: &mut Cursor) {
        let mut bounds = Vec::new();
        self.each(c, |this, c, kind| {
            if is_type(kind) {
                bounds.push(this.type_(c));
            }
        });
        if let (Some(name), Some(&first)) = (name, bounds.iter().find(|&&bound| !self.is_marker(bound))) {
            self.bounds.push((name, first));
        }
        let scope = self.scope;
        self.defs[scope.index()].type_params.push(TypeParam { name, bounds });
    }

    /// A type with its generic parameters replaced by what bounds them: `T` by `Repo` for `T: Repo`, also inside `Arc<T>`.
    pub(super) fn bounded(&mut self, annotation: NodeId) {
        if self.bounds.is_empty() {
            return;
        }
        let mut found = Vec::new();
        self.arena.walk(annotation, |id| {
            if let NodeKind::Name(name) = self.arena.kind(id)
                && let Some(&(_, bound)) = self.bounds.iter().rev().find(|(known, _)| *known == name)
            {
                found.push((id, bound));
            }
        });
        for (id, bound) in found {
            if let Some(copy) = self.copy_type(bound, 0) {
                let kind = self.arena.kind(copy);
                self.arena.replace(id, kind);
            }
        }
    }

    /// True when a type names a generic parameter that has a bound.
    pub(super) fn is_bounded(&self, annotation: NodeId) -> bool {
        let mut found = false;
        self.arena.walk(annotation, |id| {
            found |= matches!(self.arena.kind(id), NodeKind::Name(name) if self.bounds.iter().any(|&(known, _)| known == name));
        });
        found
    }

    pub(super) fn copy_type(&mut self, node: NodeId, depth: u32) -> Option<NodeId> {
        if depth > MAX_COPY_DEPTH {
            return None;
        }
        let span = self.arena.span(node);
        let kind = match self.arena.kind(node) {
            NodeKind::Member { object, name, path } => {
                let object = self.copy_type(object, depth + 1)?;
                NodeKind::Member { object, name, path }
            }
            NodeKind::Apply { base, args } => {
                let base = self.copy_type(base, depth + 1)?;
                let args: Vec<NodeId> = self.arena.list(args).collect();
                let mut copies = Vec::with_capacity(args.len());
                for arg in args {
                    copies.push(self.copy_type(arg, depth + 1)?);
                }
                NodeKind::Apply { base, args: self.arena.push_list(&copies) }
            }
            NodeKind::Union(parts) => {
                let parts: Vec<NodeId> = self.arena.list(parts).collect();
                let mut copies = Vec::with_capacity(parts.len());
                for part in parts {
                    copies.push(self.copy_type(part, depth + 1)?);
                }
                NodeKind::Union(self.arena.push_list(&copies))
            }
            kind @ (NodeKind::Name(_) | NodeKind::Null) => kind,
            _ => NodeKind::Other(List::EMPTY),
        };
        Some(self.push(kind, span))
    }
}

/// True for nodes that stand for a type.
fn is_type(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::TypeIdentifier
            | Kind::PrimitiveType
            | Kind::ScopedTypeIdentifier
            | Kind::GenericType
            | Kind::GenericTypeWithTurbofish
            | Kind::ReferenceType
            | Kind::PointerType
            | Kind::AbstractType
            | Kind::DynamicType
            | Kind::BoundedType
            | Kind::BracketedType
            | Kind::UnitType
            | Kind::TupleType
            | Kind::ArrayType
            | Kind::FunctionType
            | Kind::HigherRankedTraitBound
            | Kind::Metavariable
            | Kind::NeverType
    )
}
