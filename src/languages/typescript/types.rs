//! Types as nodes: names, members, `Apply`, `Union`, object types as objects of types, and literals; every other type keeps only the types inside it.

use crate::model::body::{CollectionKind, List, NodeId, NodeKind};
use crate::model::facts::Name;
use crate::model::source::Span;

use super::grammar::Kind;
use super::lower::Lowering;

impl Lowering<'_> {
    /// True when the node at the cursor can be lowered as a type.
    pub(super) fn is_type_here(&self) -> bool {
        let kind = self.kind();
        // `import("x").T` is read as an expression.
        kind.is_type() || matches!(kind, Kind::Member | Kind::Call)
    }

    /// The type at the cursor.
    pub(super) fn type_node(&mut self) -> NodeId {
        self.in_type += 1;
        let node = self.deeper(Self::type_inner);
        self.in_type -= 1;
        node
    }

    fn type_inner(&mut self) -> NodeId {
        let span = self.span();
        let kind = self.kind();
        let node = match kind {
            Kind::TypeName | Kind::PredefinedType | Kind::Identifier => NodeKind::Name(self.name()),
            Kind::ThisType => NodeKind::Receiver,
            // A value of `Request & { user: User }` is a `Request` too.
            Kind::UnionType | Kind::IntersectionType => NodeKind::Union(self.type_chain(kind)),
            Kind::NestedName => return self.nested_name(span),
            Kind::GenericType => return self.generic_type(span),
            Kind::ArrayType => return self.array_type(span),
            Kind::LiteralType => return self.literal_type(span),
            Kind::ParenthesizedType | Kind::ReadonlyType => return self.inner_type(span),
            Kind::TypeQuery => NodeKind::Other(self.query()),
            Kind::ObjectType => NodeKind::Collection { kind: CollectionKind::Dict, items: self.typed_properties() },
            Kind::LookupType => return self.lookup_type(span),
            Kind::Member | Kind::Call | Kind::Subscript | Kind::Instantiation => return self.expression(),
            _ => {
                let mark = self.mark();
                self.each_child(Self::type_part);
                NodeKind::Other(self.list(mark))
            }
        };
        self.push(node, span)
    }

    /// Gathers the types in a part of a type.
    fn type_part(&mut self, kind: Kind) {
        match kind {
            Kind::TypeAnnotation | Kind::PredicateAnnotation => {
                let annotation = self.annotation();
                self.stack.extend(annotation);
            }
            Kind::Parameters | Kind::PropertySignature | Kind::MethodSignature => self.each_child(Self::type_part),
            Kind::Parameter => self.each_child(|lowering, kind| {
                if kind == Kind::TypeAnnotation {
                    lowering.type_part(kind);
                }
            }),
            _ if self.is_type_here() => {
                let part = self.type_node();
                self.stack.push(part);
            }
            _ => {}
        }
    }

    /// The type inside an annotation at the cursor.
    pub(super) fn annotation(&mut self) -> Option<NodeId> {
        let mut annotation = None;
        self.each_child(|lowering, _| {
            if annotation.is_none() && lowering.is_type_here() {
                annotation = Some(lowering.type_node());
            }
        });
        annotation
    }

    /// The types directly inside the node at the cursor.
    pub(super) fn types_inside(&mut self) -> Vec<NodeId> {
        let mark = self.mark();
        self.each_child(Self::type_part);
        self.take(mark)
    }

    /// The types in `<…>` at the cursor.
    pub(super) fn type_arguments(&mut self) -> List {
        let mark = self.mark();
        self.each_child(Self::type_part);
        self.list(mark)
    }

    /// The members of a left-nested `A | B | C` (or `&`), in a loop: generated unions have thousands.
    fn type_chain(&mut self, kind: Kind) -> List {
        let mark = self.mark();
        let mut levels = 0;
        while self.kind() == kind && self.enter() {
            levels += 1;
        }
        let first = self.kind();
        self.type_part(first);
        for _ in 0..levels {
            while self.next() {
                let kind = self.kind();
                self.type_part(kind);
            }
            self.up();
        }
        self.list(mark)
    }

    /// `a.b.T`
    fn nested_name(&mut self, span: Span) -> NodeId {
        let mut path: Option<NodeId> = None;
        self.each_child(|lowering, kind| {
            let part = Span { start: span.start, end: lowering.span().end };
            match (kind, path) {
                (Kind::NestedName | Kind::Member, _) => path = Some(lowering.type_node()),
                (Kind::Identifier, None) => {
                    let name = lowering.name();
                    path = Some(lowering.push(NodeKind::Name(name), part));
                }
                (Kind::TypeName | Kind::PropertyName | Kind::Identifier, Some(object)) => {
                    let name = lowering.name();
                    path = Some(lowering.push(NodeKind::Member { object, name, path: false }, part));
                }
                _ => {}
            }
        });
        path.unwrap_or_else(|| self.other(span))
    }

    fn generic_type(&mut self, span: Span) -> NodeId {
        let mut base = None;
        let mut args = List::EMPTY;
        self.each_child(|lowering, kind| match kind {
            Kind::TypeArguments => args = lowering.type_arguments(),
            _ if base.is_none() && lowering.is_type_here() => base = Some(lowering.type_node()),
            _ => {}
        });
        match base {
            Some(base) => self.push(NodeKind::Apply { base, args }, span),
            None => self.other(span),
        }
    }

    /// `T[]` is `Array<T>`.
    fn array_type(&mut self, span: Span) -> NodeId {
        let element = self.inner_type(span);
        let name = self.names.intern("Array");
        let base = self.push(NodeKind::Name(name), span);
        let args = self.arena.push_list(&[element]);
        self.push(NodeKind::Apply { base, args }, span)
    }

    fn inner_type(&mut self, span: Span) -> NodeId {
        match self.annotation() {
            Some(inner) => inner,
            None => self.other(span),
        }
    }

    fn literal_type(&mut self, span: Span) -> NodeId {
        match self.optional_operand() {
            Some(literal) => literal,
            None => self.other(span),
        }
    }

    /// `T['field']`, `T[0]`
    fn lookup_type(&mut self, span: Span) -> NodeId {
        match self.types_inside()[..] {
            [object, index] => self.push(NodeKind::Index { object, index }, span),
            _ => self.other(span),
        }
    }

    /// The members of an object type at the cursor: properties under their names, and the types of the others.
    fn typed_properties(&mut self) -> List {
        let mark = self.mark();
        self.each_child(|lowering, kind| match kind {
            Kind::PropertySignature => {
                let span = lowering.span();
                let (mut name, mut annotation) = (None, None);
                lowering.each_child(|lowering, kind| match kind {
                    Kind::TypeAnnotation => annotation = lowering.annotation(),
                    _ if kind.is_property_name() => name = Some(lowering.property_name()),
                    _ => {}
                });
                if let (Some(name), Some(annotation)) = (name, annotation) {
                    let entry = lowering.property(name, annotation, span);
                    lowering.stack.push(entry);
                }
            }
            _ => lowering.type_part(kind),
        });
        self.list(mark)
    }

    /// A property of an object type: its name, and its type as the value.
    pub(super) fn property(&mut self, name: Name, annotation: NodeId, span: Span) -> NodeId {
        let key = self.push(NodeKind::Str(name), span);
        self.push(NodeKind::Entry { key, value: annotation }, span)
    }

    /// `typeof x`, `typeof import("x")`: the expression is kept.
    fn query(&mut self) -> List {
        let mark = self.mark();
        self.each_child(Self::element);
        self.list(mark)
    }
}
