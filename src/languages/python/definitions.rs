//! Definitions: functions, classes, lambdas, parameters, fields and module variables, type aliases.

use super::kinds::Kind;
use super::lower::{Lowering, Scope, ScopeKind, empty_definition};
use crate::model::body::{CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, Definition, Param, ParamKind};
use crate::model::source::Span;

/// Decorators of the definition that follows, and the place where the whole begins.
pub(super) struct Decorated {
    id: DefId,
    decorators: Vec<NodeId>,
    span: Span,
}

/// Functions that take the class although no decorator says so.
const IMPLICIT_CLASS_METHODS: &[&str] = &["__new__", "__init_subclass__", "__class_getitem__"];

impl<'t> Lowering<'t> {
    /// Reserves a definition, so that it comes before everything defined inside it.
    fn reserve(&mut self, kind: DefKind) -> DefId {
        let id = DefId(self.defs.len() as u32);
        let name = self.names.intern("");
        self.defs.push(Definition { kind, parent: self.scope.owner, flags: DefFlags::default(), ..empty_definition(name) });
        id
    }

    pub(super) fn decorated(&mut self) -> NodeId {
        let span = self.span();
        let id = self.reserve(DefKind::Function);
        let mut decorators = Vec::new();
        let mut node = None;
        if self.down_to_named() {
            loop {
                match self.kind() {
                    Kind::Decorator => decorators.extend(self.only_child()),
                    Kind::FunctionDefinition => {
                        node = Some(self.function(Some(Decorated { id, decorators: std::mem::take(&mut decorators), span })));
                    }
                    Kind::ClassDefinition => {
                        node = Some(self.class(Some(Decorated { id, decorators: std::mem::take(&mut decorators), span })));
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
        // A decorator with nothing under it is a syntax error; its code stays visible.
        node.unwrap_or_else(|| self.other(&decorators, span))
    }

    pub(super) fn function(&mut self, decorated: Option<Decorated>) -> NodeId {
        let own_span = self.span();
        let is_method = self.scope.kind == ScopeKind::Class;
        let Decorated { id, decorators, span } = decorated.unwrap_or_else(|| {
            let id = self.reserve(DefKind::Function);
            Decorated { id, decorators: Vec::new(), span: own_span }
        });
        let mut flags = self.decorator_flags(&decorators, is_method);
        let mut definition = Definition {
            kind: if is_method { DefKind::Method } else { DefKind::Function },
            parent: self.scope.owner,
            span,
            decorators,
            ..empty_definition(self.defs[id.index()].name)
        };
        let outer = self.scope;
        let outer_rebound = std::mem::take(&mut self.receiver_rebound);
        let mut receiver = outer.receiver;
        let first_node = self.arena.len();
        if self.down() {
            loop {
                match self.kind() {
                    Kind::AsyncToken => flags.set(DefFlags::ASYNC),
                    Kind::Identifier => {
                        let name = self.source();
                        definition.name_span = self.span();
                        definition.name = self.names.intern(name);
                        if is_public(name) {
                            flags.set(DefFlags::PUBLIC);
                        }
                        if is_method && IMPLICIT_CLASS_METHODS.contains(&name) {
                            flags.set(DefFlags::CLASS_METHOD);
                        }
                    }
                    Kind::Parameters => {
                        let has_receiver = is_method && !flags.has(DefFlags::STATIC);
                        definition.params = self.parameters(has_receiver, &mut receiver);
                    }
                    Kind::Type => definition.annotation = Some(self.annotation()),
                    Kind::Block => {
                        self.scope = Scope { owner: id, kind: ScopeKind::Function, in_function: true, receiver, ..outer };
                        definition.body = Some(self.block());
                        self.scope = outer;
                    }
                    _ => {}
                }
                if !self.next() {
                    break;
                }
            }
            self.up();
        }
        if self.receiver_rebound && !is_method {
            self.unbind_receiver(receiver, first_node);
        }
        self.receiver_rebound = outer_rebound;
        // The body may have set the generator flag meanwhile.
        flags.set(self.defs[id.index()].flags);
        self.defs[id.index()] = Definition { flags, ..definition };
        self.push(NodeKind::Define(id), span)
    }

    fn decorator_flags(&self, decorators: &[NodeId], is_method: bool) -> DefFlags {
        let mut flags = DefFlags::default();
        for &decorator in decorators {
            match self.last_name_of(decorator) {
                Some("staticmethod") if is_method => flags.set(DefFlags::STATIC),
                Some("classmethod") if is_method => flags.set(DefFlags::CLASS_METHOD),
                Some("property" | "cached_property") => flags.set(DefFlags::GETTER),
                Some("abstractmethod") => flags.set(DefFlags::ABSTRACT),
                Some("abstractproperty") => flags.set(DefFlags::ABSTRACT | DefFlags::GETTER),
                _ => {}
            }
        }
        flags
    }

    /// A nested function, lambda or comprehension that binds the receiver's name itself means its own variable.
    pub(super) fn unbind_receiver(&mut self, receiver: Option<&str>, first_node: usize) {
        let Some(receiver) = receiver else { return };
        let name = self.names.intern(receiver);
        for id in self.arena.ids().skip(first_node.saturating_sub(1)) {
            if self.arena.kind(id) == NodeKind::Receiver {
                self.arena.replace(id, NodeKind::Name(name));
            }
        }
    }

    pub(super) fn class(&mut self, decorated: Option<Decorated>) -> NodeId {
        let own_span = self.span();
        let Decorated { id, decorators, span } = decorated.unwrap_or_else(|| {
            let id = self.reserve(DefKind::Class);
            Decorated { id, decorators: Vec::new(), span: own_span }
        });
        let mut definition = Definition {
            kind: DefKind::Class,
            flags: DefFlags::default(),
            parent: self.scope.owner,
            span,
            decorators,
            ..empty_definition(self.defs[id.index()].name)
        };
        let outer = self.scope;
        if self.down() {
            loop {
                match self.kind() {
                    Kind::Identifier => {
                        let name = self.source();
                        definition.name_span = self.span();
                        definition.name = self.names.intern(name);
                        if is_public(name) {
                            definition.flags.set(DefFlags::PUBLIC);
                        }
                    }
                    Kind::ArgumentList => {
                        definition.bases = self.bases();
                        if definition.bases.iter().any(|&base| self.is_abstract_base(base)) {
                            definition.flags.set(DefFlags::ABSTRACT);
                        }
                    }
                    Kind::Block => {
                        self.scope = Scope { owner: id, kind: ScopeKind::Class, ..outer };
                        definition.body = Some(self.block());
                        self.scope = outer;
                    }
                    _ => {}
                }
                if !self.next() {
                    break;
                }
            }
            self.up();
        }
        self.defs[id.index()] = definition;
        self.push(NodeKind::Define(id), span)
    }

    /// `(Base, Repo[User], metaclass=Meta)`: generic bases read as types.
    fn bases(&mut self) -> Vec<NodeId> {
        let mut bases = Vec::new();
        if self.down_to_named() {
            loop {
                bases.push(match self.kind() {
                    Kind::Subscript => self.annotation(),
                    Kind::KeywordArgument => self.keyword_argument(),
                    _ => self.expression(),
                });
                if !self.next_named() {
                    break;
                }
            }
            self.up();
        }
        bases
    }

    /// `ABC`, `Protocol`, `Protocol[T]`, `metaclass=ABCMeta`.
    fn is_abstract_base(&self, base: NodeId) -> bool {
        let base = match self.arena.kind(base) {
            NodeKind::Apply { base, .. } => base,
            NodeKind::Argument { value, .. } => value,
            _ => base,
        };
        matches!(self.last_name_of(base), Some("ABC" | "ABCMeta" | "Protocol"))
    }

    pub(super) fn lambda(&mut self) -> NodeId {
        let span = self.span();
        let id = self.reserve(DefKind::Function);
        let name = self.names.intern("<lambda>");
        let outer = self.scope;
        let mut receiver = outer.receiver;
        let mut params = Vec::new();
        let mut body = None;
        if self.down_to_named() {
            loop {
                if self.kind() == Kind::LambdaParameters {
                    params = self.parameters(false, &mut receiver);
                } else {
                    self.scope = Scope { owner: id, kind: ScopeKind::Function, in_function: true, receiver, ..outer };
                    let value = self.expression();
                    self.scope = outer;
                    let items = self.arena.push_list(&[value]);
                    let at = self.arena.span(value);
                    body = Some(self.push(NodeKind::Block { items, value: true }, at));
                }
                if !self.next_named() {
                    break;
                }
            }
            self.up();
        }
        let definition = &mut self.defs[id.index()];
        definition.name = name;
        definition.flags.set(DefFlags::CLOSURE);
        definition.span = span;
        definition.name_span = Span { start: span.start, end: span.end.min(span.start + "lambda".len() as u32) };
        definition.params = params;
        definition.body = body;
        self.push(NodeKind::Closure(id), span)
    }

    /// The parameters under the cursor. `receiver` becomes the first one's name for a method, and nothing where a parameter
    /// hides the outer receiver.
    fn parameters(&mut self, has_receiver: bool, receiver: &mut Option<&'t str>) -> Vec<Param> {
        let mut params = Vec::new();
        let mut keyword_only = false;
        if has_receiver {
            *receiver = None;
        }
        if !self.down_to_named() {
            return params;
        }
        loop {
            match self.kind() {
                Kind::KeywordSeparator => keyword_only = true,
                Kind::PositionalSeparator => {}
                _ => {
                    let mut read = self.parameter(keyword_only);
                    keyword_only |= read.param.kind == ParamKind::Rest;
                    if has_receiver && params.is_empty() && read.param.kind == ParamKind::Normal {
                        read.param.kind = ParamKind::Receiver;
                        *receiver = Some(read.name);
                    } else if *receiver == Some(read.name) {
                        *receiver = None;
                    }
                    params.push(read.param);
                }
            }
            if !self.next_named() {
                break;
            }
        }
        self.up();
        params
    }

    fn parameter(&mut self, keyword_only: bool) -> Parameter<'t> {
        let normal = if keyword_only { ParamKind::KeywordOnly } else { ParamKind::Normal };
        let mut read = Parameter {
            name: "",
            param: Param {
                name: None,
                pattern: None,
                kind: normal,
                annotation: None,
                default: None,
                decorators: Vec::new(),
                span: self.span(),
            },
        };
        match self.kind() {
            Kind::DefaultParameter | Kind::TypedParameter | Kind::TypedDefaultParameter => {
                if self.down_to_named() {
                    self.parameter_name(&mut read);
                    while self.next_named() {
                        match self.kind() {
                            Kind::Type => read.param.annotation = Some(self.annotation()),
                            _ => read.param.default = Some(self.expression()),
                        }
                    }
                    self.up();
                }
            }
            _ => self.parameter_name(&mut read),
        }
        read
    }

    /// `x`, `*x`, `**x`, or Python 2's `(a, b)`.
    fn parameter_name(&mut self, read: &mut Parameter<'t>) {
        let splat = match self.kind() {
            Kind::Identifier => {
                read.name = self.source();
                read.param.name = Some(self.names.intern(read.name));
                return;
            }
            Kind::ListSplatPattern | Kind::ListSplat => ParamKind::Rest,
            Kind::DictionarySplatPattern | Kind::DictionarySplat => ParamKind::KeywordRest,
            _ => {
                read.param.pattern = Some(self.expression());
                return;
            }
        };
        read.param.kind = splat;
        if self.down_to_named() {
            read.name = self.source();
            read.param.name = Some(self.names.intern(read.name));
            self.up();
        }
    }

    /// `type Alias = …`.
    pub(super) fn type_alias(&mut self) -> Option<NodeId> {
        let span = self.span();
        let mut name = None;
        let mut value = None;
        if self.down_to_named() {
            loop {
                if name.is_none() {
                    name = Some(self.span());
                } else {
                    value = Some(self.annotation());
                }
                if !self.next_named() {
                    break;
                }
            }
            self.up();
        }
        // `type Pair[T] = …`: the name ends where its parameters begin.
        let whole = name?;
        let text = self.slice(whole).split(['[', ' ']).next().unwrap_or_default();
        let name_span = Span { start: whole.start, end: whole.start + text.len() as u32 };
        let id = self.reserve(DefKind::TypeAlias);
        let name = self.names.intern(text);
        let definition = &mut self.defs[id.index()];
        definition.name = name;
        if is_public(text) {
            definition.flags.set(DefFlags::PUBLIC);
        }
        definition.span = span;
        definition.name_span = name_span;
        definition.value = value;
        Some(self.push(NodeKind::Define(id), span))
    }
}

struct Parameter<'t> {
    name: &'t str,
    param: Param,
}

/// Module variables and class fields.
impl<'t> Lowering<'t> {
    /// A module variable or a class field for every name that an assignment outside functions binds.
    pub(super) fn define_variables(&mut self, target: NodeId, annotation: Option<NodeId>, value: Option<NodeId>, span: Span) {
        match self.arena.kind(target) {
            NodeKind::Name(name) => {
                let kind = if self.scope.kind == ScopeKind::Class { DefKind::Field } else { DefKind::Variable };
                let name_span = self.arena.span(target);
                let mut flags = variable_flags(self.slice(name_span));
                if annotation.is_some_and(|annotation| self.is_final(annotation)) {
                    flags.set(DefFlags::CONSTANT);
                }
                // In `a = b = value`, the value of `a` is the value of `b`.
                let value = value.map(|value| self.assigned_value(value));
                let id = self.reserve(kind);
                let definition = &mut self.defs[id.index()];
                definition.name = name;
                definition.flags = flags;
                definition.span = span;
                definition.name_span = name_span;
                definition.annotation = annotation;
                definition.value = value;
            }
            NodeKind::Collection { items, .. } => {
                let targets: Vec<NodeId> = self.arena.list(items).collect();
                for (at, &target) in targets.iter().enumerate() {
                    // Deeper patterns (`(a, (b, c)) = …`) have no single value to point at, but the names are still defined.
                    let part = value.and_then(|value| self.part_of(value, at, &targets));
                    self.define_variables(target, None, part, span);
                }
            }
            NodeKind::Spread { value: inner, .. } => self.define_variables(inner, None, None, span),
            _ => {}
        }
    }

    fn assigned_value(&self, mut value: NodeId) -> NodeId {
        while let NodeKind::Assign { value: inner, .. } = self.arena.kind(value) {
            value = inner;
        }
        value
    }

    /// What the target at `at` gets from `value`: the literal's element, or an index into the value.
    fn part_of(&mut self, value: NodeId, at: usize, targets: &[NodeId]) -> Option<NodeId> {
        if targets[..=at].iter().any(|&target| matches!(self.arena.kind(target), NodeKind::Spread { .. })) {
            return None;
        }
        let value = self.assigned_value(value);
        if let NodeKind::Collection { kind: CollectionKind::Tuple | CollectionKind::List, items } = self.arena.kind(value) {
            let spread = self.arena.list(items).any(|item| matches!(self.arena.kind(item), NodeKind::Spread { .. }));
            let elements = self.arena.list(items);
            if !spread && elements.len() == targets.len() {
                return self.arena.list(items).nth(at);
            }
        }
        let span = self.arena.span(value);
        let number = self.names.intern(&at.to_string());
        let index = self.push(NodeKind::Number(number), span);
        Some(self.push(NodeKind::Index { object: value, index }, span))
    }
}

fn is_public(name: &str) -> bool {
    !name.starts_with('_')
}

fn variable_flags(name: &str) -> DefFlags {
    let mut flags = DefFlags::default();
    if is_public(name) {
        flags.set(DefFlags::PUBLIC);
    }
    let has_letter = name.bytes().any(|byte| byte.is_ascii_uppercase());
    if has_letter && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_') {
        flags.set(DefFlags::CONSTANT);
    }
    flags
}
