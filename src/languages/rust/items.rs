//! Items: functions, types and their members, traits, `impl` blocks, modules, constants.

use super::kinds::Kind;
use super::lexer::{TokenKind, token};
use super::lower::{Cursor, Lowering};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, Definition, ModDeclaration, Name, Param, ParamKind};
use crate::model::source::Span;

/// The attributes before an item.
#[derive(Default)]
pub(super) struct Attributes {
    pub(super) nodes: Vec<NodeId>,
    /// Where the first one starts.
    pub(super) start: Option<u32>,
    /// One of them makes the item a test or test code.
    pub(super) test: bool,
    /// There is a `#[cfg(…)]`.
    pub(super) conditional: bool,
    /// `#[path = "…"]`, also several behind `#[cfg_attr(…)]`.
    pub(super) paths: Vec<Name>,
    /// The paths hold on some conditions only.
    pub(super) paths_conditional: bool,
}

/// What [`Lowering::enter_scope`] has to put back.
pub(super) struct Outer {
    scope: DefId,
    test: bool,
    bounds: usize,
}

impl Kind {
    /// True for what makes a definition, an import or a module declaration.
    pub(super) fn is_item(self) -> bool {
        matches!(
            self,
            Kind::MacroDefinition
                | Kind::ModItem
                | Kind::ForeignModItem
                | Kind::StructItem
                | Kind::UnionItem
                | Kind::EnumItem
                | Kind::ExternCrateDeclaration
                | Kind::ConstItem
                | Kind::StaticItem
                | Kind::TypeItem
                | Kind::AssociatedType
                | Kind::FunctionItem
                | Kind::FunctionSignatureItem
                | Kind::ImplItem
                | Kind::TraitItem
                | Kind::UseDeclaration
        )
    }
}

impl Lowering<'_> {
    /// An item; collects the `Define` of the definition it makes.
    pub(super) fn item(&mut self, c: &mut Cursor, kind: Kind, attributes: Attributes) {
        let span = self.span(c);
        let id = match kind {
            Kind::FunctionItem | Kind::FunctionSignatureItem => self.function(c, attributes),
            Kind::StructItem | Kind::UnionItem => self.struct_(c, attributes),
            Kind::EnumItem => self.enum_(c, attributes),
            Kind::TraitItem => self.trait_(c, attributes),
            Kind::ImplItem => self.impl_(c, attributes),
            Kind::ConstItem | Kind::StaticItem => self.constant(c, kind, attributes),
            Kind::TypeItem | Kind::AssociatedType => self.type_alias(c, attributes),
            Kind::MacroDefinition => self.macro_definition(c, attributes),
            Kind::ModItem => match self.module(c, attributes) {
                Some(id) => id,
                None => return,
            },
            Kind::ForeignModItem => return self.foreign_module(c),
            Kind::UseDeclaration => return self.use_declaration(c, attributes),
            Kind::ExternCrateDeclaration => return self.extern_crate(c, attributes),
            _ => return,
        };
        // Members are found through their parent; everything else stands somewhere.
        if !matches!(self.parent_kind(), DefKind::Impl | DefKind::Trait) {
            let node = self.push(NodeKind::Define(id), span);
            self.stack.push(node);
        }
    }

    /// Adds a definition in the current scope; its name and parts come later.
    pub(super) fn begin(&mut self, kind: DefKind, span: Span, attributes: Attributes) -> DefId {
        let id = DefId(self.defs.len() as u32);
        let mut flags = DefFlags::default();
        if self.test || attributes.test {
            flags.set(DefFlags::TEST);
        }
        self.defs.push(Definition {
            name: Name(0),
            kind,
            flags,
            parent: self.scope,
            span: Span { start: attributes.start.unwrap_or(span.start), end: span.end },
            name_span: Span { start: span.start, end: span.start },
            decorators: attributes.nodes,
            params: Vec::new(),
            annotation: None,
            body: None,
            value: None,
            bases: Vec::new(),
            implements: Vec::new(),
            type_params: Vec::new(),
        });
        id
    }

    pub(super) fn enter_scope(&mut self, id: DefId) -> Outer {
        let outer = Outer { scope: self.scope, test: self.test, bounds: self.bounds.len() };
        self.scope = id;
        self.test = self.defs[id.index()].flags.has(DefFlags::TEST);
        outer
    }

    pub(super) fn leave_scope(&mut self, outer: Outer) {
        self.scope = outer.scope;
        self.test = outer.test;
        self.bounds.truncate(outer.bounds);
    }

    fn def(&mut self, id: DefId) -> &mut Definition {
        &mut self.defs[id.index()]
    }

    /// Takes what all items share from a child: name and visibility. True when the child was one of these.
    fn common(&mut self, c: &Cursor, kind: Kind, id: DefId) -> bool {
        if c.field_id() == self.fields().name {
            let name = self.name_of(c);
            let span = self.span(c);
            let def = self.def(id);
            def.name = name;
            def.name_span = span;
            return true;
        }
        if kind == Kind::VisibilityModifier {
            self.def(id).flags.set(DefFlags::PUBLIC);
            return true;
        }
        false
    }

    fn parent_kind(&self) -> DefKind {
        self.defs[self.scope.index()].kind
    }

    fn function(&mut self, c: &mut Cursor, attributes: Attributes) -> DefId {
        let parent = self.parent_kind();
        let kind = if matches!(parent, DefKind::Impl | DefKind::Trait) { DefKind::Method } else { DefKind::Function };
        let id = self.begin(kind, self.span(c), attributes);
        self.inherit_visibility(id, parent);
        let outer = self.enter_scope(id);
        let fields = self.fields();
        let mut params = Vec::new();
        self.each(c, |this, c, kind| {
            let field = c.field_id();
            if this.common(c, kind, id) {
            } else if kind == Kind::FunctionModifiers {
                if this.slice_of(c).split_whitespace().any(|word| word == "async") {
                    this.def(id).flags.set(DefFlags::ASYNC);
                }
            } else if kind == Kind::TypeParameters {
                this.type_parameters(c);
            } else if kind == Kind::Parameters {
                params = this.parameters(c);
            } else if field == fields.return_type {
                let annotation = this.type_(c);
                this.def(id).annotation = Some(annotation);
            } else if kind == Kind::WhereClause {
                this.where_clause(c);
            } else if field == fields.body {
                // Bounds are complete here, and closures inside must not see them as types of their own.
                let body = this.expression(c);
                this.def(id).body = Some(body);
            }
        });
        for param in &params {
            if let Some(annotation) = param.annotation {
                self.bounded(annotation);
            }
        }
        self.leave_scope(outer);
        let receiver = params.iter().find(|param| param.kind == ParamKind::Receiver).map(|param| self.slice(param.span));
        let has_receiver = receiver.is_some();
        let is_mutable = receiver.is_some_and(|text| text.starts_with('&') && text.contains("mut "));
        let def = self.def(id);
        def.params = params;
        if is_mutable {
            def.flags.set(DefFlags::MUTABLE_RECEIVER);
        }
        if kind == DefKind::Method && !has_receiver {
            def.flags.set(DefFlags::STATIC);
        }
        if parent == DefKind::Trait && def.body.is_none() {
            def.flags.set(DefFlags::ABSTRACT);
        }
        id
    }

    /// Members of traits and of trait implementations, and variants, are as visible as what they belong to.
    fn inherit_visibility(&mut self, id: DefId, parent: DefKind) {
        let owner = &self.defs[self.scope.index()];
        let visible = match parent {
            DefKind::Trait | DefKind::Enum | DefKind::Variant => owner.flags.has(DefFlags::PUBLIC),
            DefKind::Impl => owner.bases.len() > 1,
            _ => false,
        };
        if visible {
            self.def(id).flags.set(DefFlags::PUBLIC);
        }
    }

    fn parameters(&mut self, c: &mut Cursor) -> Vec<Param> {
        let mut params = Vec::new();
        let mut attributes = Attributes::default();
        self.each(c, |this, c, kind| {
            let span = this.span(c);
            let mut param = match kind {
                Kind::Token => return,
                Kind::AttributeItem => return this.attribute(c, &mut attributes),
                Kind::SelfParameter => this.receiver(span),
                Kind::Parameter => this.parameter(c),
                Kind::Underscore => {
                    let pattern = this.nothing(span);
                    this.param_of(pattern, span)
                }
                Kind::VariadicParameter => Param { kind: ParamKind::Rest, ..this.receiver(span) },
                Kind::Error => return,
                // A type alone: a parameter without a name.
                _ => {
                    let annotation = Some(this.type_(c));
                    let pattern = Some(this.nothing(span));
                    Param { name: None, pattern, kind: ParamKind::Normal, annotation, ..this.receiver(span) }
                }
            };
            param.decorators = std::mem::take(&mut attributes).nodes;
            params.push(param);
        });
        params
    }

    fn receiver(&mut self, span: Span) -> Param {
        let name = Some(self.names.intern("self"));
        Param { name, pattern: None, kind: ParamKind::Receiver, annotation: None, default: None, decorators: Vec::new(), span }
    }

    /// `x: T`, `mut x: T`, `Path(id): Path<i32>`, `self: Arc<Self>`.
    pub(super) fn parameter(&mut self, c: &mut Cursor) -> Param {
        let span = self.span(c);
        let fields = self.fields();
        let (mut param, mut annotation) = (None, None);
        self.each(c, |this, c, kind| {
            let field = c.field_id();
            if field == fields.pattern && kind == Kind::SelfValue {
                param = Some(this.receiver(span));
            } else if field == fields.pattern {
                let pattern = this.pattern(c);
                param = Some(this.param_of(pattern, span));
            } else if field == fields.type_ {
                annotation = Some(this.type_(c));
            }
        });
        let param = param.unwrap_or_else(|| {
            let pattern = self.nothing(span);
            self.param_of(pattern, span)
        });
        Param { annotation, ..param }
    }

    fn struct_(&mut self, c: &mut Cursor, attributes: Attributes) -> DefId {
        let id = self.begin(DefKind::Struct, self.span(c), attributes);
        let outer = self.enter_scope(id);
        // `struct A<T>(T) where T: Repo;`: the bounds may come after the fields.
        let first_field = self.defs.len();
        self.each(c, |this, c, kind| match kind {
            _ if this.common(c, kind, id) => {}
            Kind::TypeParameters => this.type_parameters(c),
            Kind::WhereClause => this.where_clause(c),
            Kind::FieldDeclarationList | Kind::OrderedFieldDeclarationList => this.members(c, kind),
            _ => {}
        });
        self.bound_fields(first_field);
        self.leave_scope(outer);
        id
    }

    fn bound_fields(&mut self, first: usize) {
        for at in first..self.defs.len() {
            if let (DefKind::Field, Some(annotation)) = (self.defs[at].kind, self.defs[at].annotation) {
                self.bounded(annotation);
            }
        }
    }

    /// The fields of a struct or variant; those of a tuple are named `0`, `1`, ….
    fn members(&mut self, c: &mut Cursor, list: Kind) {
        let parent = self.parent_kind();
        let mut attributes = Attributes::default();
        let mut public = false;
        let mut index = 0;
        self.each(c, |this, c, kind| match kind {
            Kind::Token => {}
            Kind::AttributeItem => this.attribute(c, &mut attributes),
            Kind::VisibilityModifier => public = true,
            Kind::FieldDeclaration => {
                let id = this.begin(DefKind::Field, this.span(c), std::mem::take(&mut attributes));
                this.inherit_visibility(id, parent);
                this.field_declaration(c, id);
            }
            _ if list == Kind::OrderedFieldDeclarationList && kind != Kind::Error => {
                let span = this.span(c);
                let id = this.begin(DefKind::Field, span, std::mem::take(&mut attributes));
                this.inherit_visibility(id, parent);
                let annotation = this.type_(c);
                let name = this.names.intern(&index.to_string());
                let def = this.def(id);
                def.name = name;
                def.name_span = span;
                def.annotation = Some(annotation);
                if std::mem::take(&mut public) {
                    def.flags.set(DefFlags::PUBLIC);
                }
                index += 1;
            }
            _ => {}
        });
    }

    fn field_declaration(&mut self, c: &mut Cursor, id: DefId) {
        let fields = self.fields();
        self.each(c, |this, c, kind| {
            if this.common(c, kind, id) {
            } else if c.field_id() == fields.type_ {
                let annotation = this.type_(c);
                this.def(id).annotation = Some(annotation);
            }
        });
    }

    fn enum_(&mut self, c: &mut Cursor, attributes: Attributes) -> DefId {
        let id = self.begin(DefKind::Enum, self.span(c), attributes);
        let outer = self.enter_scope(id);
        let first = self.defs.len();
        self.each(c, |this, c, kind| match kind {
            _ if this.common(c, kind, id) => {}
            Kind::TypeParameters => this.type_parameters(c),
            Kind::WhereClause => this.where_clause(c),
            Kind::EnumVariantList => {
                let mut attributes = Attributes::default();
                this.each(c, |this, c, kind| match kind {
                    Kind::AttributeItem => this.attribute(c, &mut attributes),
                    Kind::EnumVariant => this.variant(c, std::mem::take(&mut attributes)),
                    _ => {}
                });
            }
            _ => {}
        });
        self.bound_fields(first);
        self.leave_scope(outer);
        id
    }

    fn variant(&mut self, c: &mut Cursor, attributes: Attributes) {
        let id = self.begin(DefKind::Variant, self.span(c), attributes);
        self.inherit_visibility(id, DefKind::Enum);
        let outer = self.enter_scope(id);
        let fields = self.fields();
        self.each(c, |this, c, kind| {
            if this.common(c, kind, id) {
            } else if matches!(kind, Kind::FieldDeclarationList | Kind::OrderedFieldDeclarationList) {
                this.members(c, kind);
            } else if c.field_id() == fields.value {
                let value = this.expression(c);
                this.def(id).value = Some(value);
            }
        });
        self.leave_scope(outer);
    }

    fn trait_(&mut self, c: &mut Cursor, attributes: Attributes) -> DefId {
        let id = self.begin(DefKind::Trait, self.span(c), attributes);
        let outer = self.enter_scope(id);
        self.each(c, |this, c, kind| match kind {
            _ if this.common(c, kind, id) => {}
            Kind::TypeParameters => this.type_parameters(c),
            Kind::TraitBounds => {
                let mut bases = Vec::new();
                this.each(c, |this, c, kind| {
                    if !matches!(kind, Kind::Token | Kind::Lifetime) {
                        bases.push(this.type_(c));
                    }
                });
                this.def(id).bases = bases;
            }
            Kind::WhereClause => this.where_clause(c),
            Kind::DeclarationList => this.declarations(c),
            _ => {}
        });
        self.leave_scope(outer);
        id
    }

    /// An `impl` block is named after its self type.
    fn impl_(&mut self, c: &mut Cursor, attributes: Attributes) -> DefId {
        let id = self.begin(DefKind::Impl, self.span(c), attributes);
        let outer = self.enter_scope(id);
        let fields = self.fields();
        let mut of_trait = None;
        self.each(c, |this, c, kind| {
            let field = c.field_id();
            if kind == Kind::TypeParameters {
                this.type_parameters(c);
            } else if kind == Kind::WhereClause {
                this.where_clause(c);
            } else if field == fields.trait_ {
                of_trait = Some(this.type_(c));
            } else if field == fields.type_ {
                let name_span = this.span(c);
                let self_type = this.type_(c);
                let name = this.last_name(self_type).unwrap_or_else(|| this.names.intern(""));
                let def = this.def(id);
                def.name = name;
                def.name_span = name_span;
                def.bases = vec![self_type];
                def.bases.extend(of_trait);
            } else if kind == Kind::DeclarationList {
                this.declarations(c);
            }
        });
        // `impl<T: Repo> Service<T>`: what the methods know of `T`.
        if let Some(&self_type) = self.defs[id.index()].bases.first()
            && self.is_bounded(self_type)
            && let Some(copy) = self.copy_type(self_type, 0)
        {
            self.bounded(copy);
            self.def(id).implements.push(copy);
        }
        self.leave_scope(outer);
        id
    }

    /// The last name of a path or type: `User` of `models::User<T>`.
    pub(super) fn last_name(&self, node: NodeId) -> Option<Name> {
        match self.arena.kind(node) {
            NodeKind::Name(name) | NodeKind::Member { name, .. } => Some(name),
            NodeKind::Apply { base, .. } => match self.arena.kind(base) {
                NodeKind::Name(name) | NodeKind::Member { name, .. } => Some(name),
                _ => None,
            },
            _ => None,
        }
    }

    /// The members of a trait or `impl`: definitions only.
    fn declarations(&mut self, c: &mut Cursor) {
        let mark = self.stack.len();
        self.statements(c);
        self.stack.truncate(mark);
    }

    fn constant(&mut self, c: &mut Cursor, kind: Kind, attributes: Attributes) -> DefId {
        let id = self.begin(DefKind::Variable, self.span(c), attributes);
        let fields = self.fields();
        let mut mutable = false;
        self.inherit_visibility(id, self.parent_kind());
        self.each(c, |this, c, kind| {
            let field = c.field_id();
            if this.common(c, kind, id) {
            } else if kind == Kind::MutableSpecifier {
                mutable = true;
            } else if field == fields.type_ {
                let annotation = this.type_(c);
                this.def(id).annotation = Some(annotation);
            } else if field == fields.value {
                let value = this.expression(c);
                this.def(id).value = Some(value);
            }
        });
        if kind == Kind::ConstItem || !mutable {
            self.def(id).flags.set(DefFlags::CONSTANT);
        }
        id
    }

    fn type_alias(&mut self, c: &mut Cursor, attributes: Attributes) -> DefId {
        let id = self.begin(DefKind::TypeAlias, self.span(c), attributes);
        let fields = self.fields();
        self.inherit_visibility(id, self.parent_kind());
        self.each(c, |this, c, kind| {
            if this.common(c, kind, id) {
            } else if c.field_id() == fields.type_ {
                let value = this.type_(c);
                this.def(id).value = Some(value);
            } else if kind == Kind::TraitBounds {
                let bound = this.type_(c);
                this.def(id).bases.push(bound);
            }
        });
        id
    }

    /// `macro_rules!`: what it expands to is not followed; the paths it names through the crate's root are its value.
    fn macro_definition(&mut self, c: &mut Cursor, attributes: Attributes) -> DefId {
        let id = self.begin(DefKind::Macro, self.span(c), attributes);
        let span = self.defs[id.index()].span;
        let exported = self.slice(span).contains("#[macro_export]");
        self.each(c, |this, c, kind| {
            this.common(c, kind, id);
        });
        if exported {
            self.def(id).flags.set(DefFlags::PUBLIC);
        }
        let mark = self.stack.len();
        self.root_paths(span);
        if self.stack.len() > mark {
            let items = self.list(mark);
            let value = self.push(NodeKind::Other(items), span);
            self.def(id).value = Some(value);
        }
        id
    }

    /// Collects the paths `$crate::a::b` and `crate::a::b` in the tokens of a macro.
    fn root_paths(&mut self, span: Span) {
        let text = self.text.as_bytes().get(..span.end as usize).unwrap_or_default();
        let word_at = |at: usize| {
            let colons = token(text, at);
            let after = colons.start + 2;
            let word = (text.get(colons.start..after) == Some(b"::")).then(|| token(text, after));
            word.filter(|word| word.kind == TokenKind::Word)
        };
        let mut at = span.start as usize;
        loop {
            let first = token(text, at);
            if first.kind == TokenKind::End {
                return;
            }
            at = first.end;
            if first.kind != TokenKind::Word || text.get(first.start..first.end) != Some(b"crate") || word_at(at).is_none() {
                continue;
            }
            let mut node = self.name_node("crate", Span::new(first.start, first.end));
            while let Some(word) = word_at(at) {
                let name = self.identifier(self.text.get(word.start..word.end).unwrap_or_default());
                node = self.push(NodeKind::Member { object: node, name, path: true }, Span::new(first.start, word.end));
                at = word.end;
            }
            self.stack.push(node);
        }
    }

    /// `mod x { … }` is a definition, `mod x;` a declaration.
    fn module(&mut self, c: &mut Cursor, attributes: Attributes) -> Option<DefId> {
        let span = self.span(c);
        if self.byte(span.end.saturating_sub(1)) == b';' {
            self.module_declaration(c, &attributes);
            return None;
        }
        let conditional = self.conditional;
        self.conditional |= attributes.conditional;
        let id = self.begin(DefKind::Module, span, attributes);
        let outer = self.enter_scope(id);
        self.each(c, |this, c, kind| {
            if this.common(c, kind, id) {
            } else if kind == Kind::DeclarationList {
                let mark = this.stack.len();
                let place = this.span(c);
                this.statements(c);
                let items = this.list(mark);
                let body = this.push(NodeKind::Block { items, value: false }, place);
                this.def(id).body = Some(body);
            }
        });
        self.leave_scope(outer);
        self.conditional = conditional;
        Some(id)
    }

    fn module_declaration(&mut self, c: &mut Cursor, attributes: &Attributes) {
        let span = self.span(c);
        let fields = self.fields();
        let (mut name, mut public) = (None, false);
        self.each(c, |this, c, kind| {
            if c.field_id() == fields.name {
                name = Some(this.name_of(c));
            } else if kind == Kind::VisibilityModifier {
                public = true;
            }
        });
        let Some(name) = name else { return };
        let scope = self.module_scope();
        let test = self.test || attributes.test;
        let paths = attributes.paths.iter().copied().map(Some);
        let always = attributes.paths.is_empty() || attributes.paths_conditional;
        for path in paths.chain(always.then_some(None)) {
            self.mods.push(ModDeclaration { name, path, scope, test, public, span });
        }
    }

    /// The innermost module the walk is in.
    pub(super) fn module_scope(&self) -> DefId {
        let mut scope = self.scope;
        while self.defs[scope.index()].kind != DefKind::Module {
            scope = self.defs[scope.index()].parent;
        }
        scope
    }

    /// `extern "C" { … }`: its functions belong to the scope around it.
    fn foreign_module(&mut self, c: &mut Cursor) {
        self.each(c, |this, c, kind| {
            if kind == Kind::DeclarationList {
                this.statements(c);
            }
        });
    }
}
