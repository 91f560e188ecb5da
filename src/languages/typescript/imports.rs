//! What a file brings in and gives out: `import`, `export`, `require`, `import()`, `module.exports`.

use crate::model::body::{AssignOp, CollectionKind, List, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefKind, Export, Import, ImportItem, ImportKind, Name};
use crate::model::source::Span;

use super::grammar::Kind;
use super::lower::{Hint, Lowering, Outer, exported_flags};
use super::repair::Broken;

/// One name in `import { … }` or `export { … }`.
struct Specifier {
    name: Name,
    alias: Name,
    type_only: bool,
    span: Span,
    /// The name on its own, for the value of an export.
    name_span: Span,
}

/// The functions of test runners that name a module in a string.
const MOCKS: &[&str] = &[
    "mock",
    "unmock",
    "doMock",
    "dontMock",
    "doUnmock",
    "setMock",
    "requireActual",
    "requireMock",
    "importActual",
    "importMock",
    "createMockFromModule",
];

impl Lowering<'_> {
    pub(super) fn add_import(&mut self, specifier: Name, item: ImportItem, local: Option<Name>, kind: ImportKind, span: Span) -> usize {
        let scope = self.scope;
        self.imports.push(Import {
            specifier,
            level: 0,
            item,
            local,
            kind,
            re_export: false,
            conditional: self.conditional > 0,
            scope,
            span,
        });
        self.imports.len() - 1
    }

    /// The module string at the cursor.
    fn source(&mut self) -> Name {
        let span = self.span();
        self.sources.push(span.start);
        let node = self.string();
        match self.arena.kind(node) {
            NodeKind::Str(name) => name,
            _ => self.names.intern(""),
        }
    }

    // --- import statements ---

    pub(super) fn import_statement(&mut self) {
        let span = self.span();
        let mut kind = ImportKind::Load;
        let mut bound: Vec<(ImportItem, Name, bool, Span)> = Vec::new();
        let mut source = None;
        self.each_child(|lowering, child| match child {
            Kind::TypeToken | Kind::TypeofToken => kind = ImportKind::Type,
            Kind::ImportClause => lowering.import_clause(&mut bound),
            Kind::ImportRequire => source = lowering.import_require(&mut bound),
            Kind::String => source = Some(lowering.source()),
            _ => {}
        });
        let Some(source) = source else { return };
        if bound.is_empty() {
            self.add_import(source, ImportItem::Nothing, None, kind, span);
        }
        for (item, local, type_only, span) in bound {
            let kind = if type_only { ImportKind::Type } else { kind };
            self.add_import(source, item, Some(local), kind, span);
        }
    }

    /// `import x = require("m")`
    fn import_require(&mut self, bound: &mut Vec<(ImportItem, Name, bool, Span)>) -> Option<Name> {
        let span = self.span();
        let mut source = None;
        self.each_child(|lowering, kind| match kind {
            Kind::Identifier => {
                let name = lowering.name();
                bound.push((ImportItem::Module, name, false, span));
            }
            Kind::String => source = Some(lowering.source()),
            _ => {}
        });
        source
    }

    /// `x, { a as b }` or `* as n`.
    fn import_clause(&mut self, bound: &mut Vec<(ImportItem, Name, bool, Span)>) {
        let default = self.names.intern("default");
        self.each_child(|lowering, kind| {
            let span = lowering.span();
            match kind {
                Kind::Identifier => {
                    let name = lowering.name();
                    bound.push((ImportItem::Named(default), name, false, span));
                }
                Kind::NamespaceImport => lowering.each_child(|lowering, kind| {
                    if kind == Kind::Identifier {
                        let name = lowering.name();
                        bound.push((ImportItem::Module, name, false, span));
                    }
                }),
                Kind::NamedImports => {
                    for specifier in lowering.specifiers(Kind::ImportSpecifier) {
                        bound.push((ImportItem::Named(specifier.name), specifier.alias, specifier.type_only, specifier.span));
                    }
                }
                _ => {}
            }
        });
    }

    /// The specifiers in the braces at the cursor.
    fn specifiers(&mut self, specifier: Kind) -> Vec<Specifier> {
        let mut found = Vec::new();
        self.each_child(|lowering, kind| {
            if kind == specifier {
                found.extend(lowering.specifier());
            }
        });
        found
    }

    fn specifier(&mut self) -> Option<Specifier> {
        let span = self.span();
        let mut names: Vec<(Name, Span)> = Vec::new();
        let mut type_only = false;
        self.each_child(|lowering, kind| match kind {
            Kind::TypeToken | Kind::TypeofToken => type_only = true,
            Kind::Identifier | Kind::String | Kind::DefaultToken => {
                let span = lowering.span();
                let name = lowering.property_name();
                names.push((name, span));
            }
            _ => {}
        });
        let &(name, name_span) = names.first()?;
        let &(alias, _) = names.last()?;
        Some(Specifier { name, alias, type_only, span, name_span })
    }

    // --- export statements ---

    pub(super) fn export(&mut self, top: bool) {
        let span = self.span();
        let mut outer = Outer { flags: DefFlags::PUBLIC, decorators: vec![] };
        let mut type_only = false;
        let mut star = false;
        let mut equals = false;
        let mut namespace = None;
        let mut specifiers = Vec::new();
        let mut source = None;
        self.each_child(|lowering, kind| match kind {
            Kind::Decorator => {
                let decorator = lowering.operand();
                outer.decorators.push(decorator);
            }
            Kind::TypeToken => type_only = true,
            Kind::DefaultToken => outer.flags.set(DefFlags::DEFAULT_EXPORT),
            Kind::StarToken => star = true,
            Kind::EqualsToken => equals = true,
            Kind::NamespaceExport => namespace = lowering.namespace_export(),
            Kind::ExportClause => specifiers = lowering.specifiers(Kind::ExportSpecifier),
            Kind::String if !outer.flags.has(DefFlags::DEFAULT_EXPORT) && !equals => source = Some(lowering.source()),
            Kind::Error => type_only |= lowering.slice(lowering.span()) == "type",
            _ if kind.is_expression() => lowering.export_value(outer.flags, equals),
            _ if kind.is_statement() => {
                lowering.declaration(kind, std::mem::take(&mut outer), top);
            }
            _ => {}
        });
        let Some(source) = source else {
            for specifier in specifiers {
                let value = self.push(NodeKind::Name(specifier.name), specifier.name_span);
                self.add_export(specifier.alias, value, specifier.span);
            }
            return;
        };
        let kind = if type_only { ImportKind::Type } else { ImportKind::Load };
        let first = self.imports.len();
        if star {
            self.add_import(source, ImportItem::Star, None, kind, span);
        }
        if let Some(name) = namespace {
            self.add_import(source, ImportItem::Module, Some(name), kind, span);
        }
        for specifier in specifiers {
            let kind = if specifier.type_only { ImportKind::Type } else { kind };
            self.add_import(source, ImportItem::Named(specifier.name), Some(specifier.alias), kind, specifier.span);
        }
        if self.imports.len() == first {
            self.add_import(source, ImportItem::Nothing, None, kind, span);
        }
        for import in &mut self.imports[first..] {
            import.re_export = true;
        }
    }

    /// `* as name`
    fn namespace_export(&mut self) -> Option<Name> {
        let mut name = None;
        self.each_child(|lowering, kind| {
            if matches!(kind, Kind::Identifier | Kind::String | Kind::DefaultToken) {
                name = Some(lowering.property_name());
            }
        });
        name
    }

    /// `export default value`, `export = value`.
    fn export_value(&mut self, flags: DefFlags, equals: bool) {
        let span = self.span();
        let default = self.names.intern("default");
        let flags = if equals { exported_flags(true) } else { flags };
        let value = self.named_expression(Hint { name: default, span: Span { start: span.start, end: span.start }, flags, weak: true });
        self.stack.push(value);
        let exported = if equals { self.names.intern("=") } else { default };
        self.add_export(exported, value, span);
    }

    /// Records an export of this file. Only its own module exports: a namespace's members are merely public.
    fn add_export(&mut self, exported: Name, value: NodeId, span: Span) {
        if self.defs[self.scope.index()].kind == DefKind::Module && self.scope.index() != 0 {
            return;
        }
        if let NodeKind::Closure(id) | NodeKind::Define(id) = self.arena.kind(value) {
            let default = matches!(self.names.get(exported), "default" | "=");
            self.def(id).flags.set(exported_flags(default));
        }
        self.exports.push(Export { exported, value, span });
    }

    /// Records the export of a declaration with `export` before it.
    pub(super) fn export_declared(&mut self, flags: DefFlags, name: Name, value: NodeId, span: Span) {
        if flags.has(DefFlags::DEFAULT_EXPORT) {
            let default = self.names.intern("default");
            self.add_export(default, value, span);
        } else if flags.has(DefFlags::PUBLIC) {
            self.add_export(name, value, span);
        }
    }

    // --- CommonJS exports ---

    /// `module.exports`
    pub(super) fn is_module_exports(&self, node: NodeId) -> bool {
        let NodeKind::Member { object, name, .. } = self.arena.kind(node) else { return false };
        self.names.get(name) == "exports" && self.is_named(object, "module")
    }

    fn is_named(&self, node: NodeId, text: &str) -> bool {
        matches!(self.arena.kind(node), NodeKind::Name(name) if self.names.get(name) == text)
    }

    /// `module.exports = …`, `module.exports.x = …`, `exports.x = …`.
    pub(super) fn recognise_export(&mut self, target: NodeId, value: NodeId, span: Span) {
        let NodeKind::Member { object, name, .. } = self.arena.kind(target) else { return };
        let mut value = value;
        while let NodeKind::Assign { value: inner, op: AssignOp::Set, .. } = self.arena.kind(value) {
            value = inner;
        }
        if self.is_module_exports(target) {
            self.export_object(value, span);
        } else if self.is_named(object, "exports") || self.is_module_exports(object) {
            self.add_export(name, value, span);
        }
    }

    /// The value of `module.exports`: itself, and each key of an object literal. A module passed on whole is a re-export.
    fn export_object(&mut self, value: NodeId, span: Span) {
        if let NodeKind::Collection { kind: CollectionKind::Dict, items } = self.arena.kind(value) {
            for item in self.arena.list(items).collect::<Vec<_>>() {
                let NodeKind::Entry { key, value } = self.arena.kind(item) else { continue };
                if let NodeKind::Str(name) = self.arena.kind(key) {
                    let span = self.arena.span(item);
                    self.add_export(name, value, span);
                }
            }
        }
        if let Some((call, at)) = self.last_load
            && call == value
        {
            self.imports[at].item = ImportItem::Star;
            self.imports[at].re_export = true;
        }
        let equals = self.names.intern("=");
        self.add_export(equals, value, span);
    }

    // --- calls that load modules ---

    /// Looks at a call for what it loads: `require("m")`, `import("m")`, `jest.mock("m")`; else for text it builds.
    pub(super) fn recognise_call(&mut self, call: NodeId, callee: NodeId, args: List) {
        let first = self.arena.list(args).next();
        let specifier = match first.map(|first| self.arena.kind(first)) {
            Some(NodeKind::Str(specifier)) => Some(specifier),
            _ => None,
        };
        match self.arena.kind(callee) {
            NodeKind::Name(name) => {
                let Some(specifier) = specifier else { return };
                let kind = match self.names.get(name) {
                    _ if self.in_type > 0 => ImportKind::Type,
                    "import" => ImportKind::Deferred,
                    "require" => self.load_kind(),
                    _ if self.require_names.contains(&name) => self.load_kind(),
                    _ => return,
                };
                let span = self.arena.span(call);
                let at = self.add_import(specifier, ImportItem::Nothing, None, kind, span);
                self.last_load = Some((call, at));
            }
            NodeKind::Member { object, name, .. } => {
                if let (NodeKind::Name(object), Some(specifier)) = (self.arena.kind(object), specifier)
                    && self.names_module(object, name)
                {
                    let span = self.arena.span(call);
                    self.add_import(specifier, ImportItem::Nothing, None, ImportKind::String, span);
                    return;
                }
                self.recognise_text_call(call, callee, args);
            }
            _ => {}
        }
    }

    /// `require.resolve`, `jest.mock`, `vi.mock` …
    fn names_module(&self, object: Name, name: Name) -> bool {
        let name = self.names.get(name);
        match self.names.get(object) {
            "require" => name == "resolve",
            "jest" | "vi" => MOCKS.contains(&name),
            _ => name == "resolve" && self.require_names.contains(&object),
        }
    }

    /// When a `require` here takes effect: as the module loads, unless it stands in a function.
    fn load_kind(&self) -> ImportKind {
        match self.defs[self.scope.index()].kind {
            DefKind::Function | DefKind::Method => ImportKind::Deferred,
            _ => ImportKind::Load,
        }
    }

    /// `import("m").T` in a type names what it imports.
    pub(super) fn name_type_import(&mut self, object: NodeId, name: Name) {
        if let Some((call, at)) = self.last_load
            && call == object
            && self.imports[at].kind == ImportKind::Type
        {
            self.imports[at].item = ImportItem::Named(name);
        }
    }

    /// Binds `const target = require("m")` (or `await import("m")`, or a member of either). False when `value` is no such
    /// load, or when `target` takes it apart deeper than imports can say.
    pub(super) fn bind_load(&mut self, target: NodeId, value: NodeId) -> bool {
        self.note_require_alias(target, value);
        let Some((call, at)) = self.last_load.take() else { return false };
        let is_load = |lowering: &Self, node: NodeId| match lowering.arena.kind(node) {
            NodeKind::Await(inner) => inner == call,
            _ => node == call,
        };
        if is_load(self, value) {
            return self.bind_pattern(target, at);
        }
        if let (NodeKind::Member { object, name, .. }, NodeKind::Name(local)) = (self.arena.kind(value), self.arena.kind(target))
            && is_load(self, object)
        {
            self.imports[at].item = ImportItem::Named(name);
            self.imports[at].local = Some(local);
            return true;
        }
        false
    }

    fn bind_pattern(&mut self, target: NodeId, at: usize) -> bool {
        match self.arena.kind(target) {
            NodeKind::Name(local) => {
                self.imports[at].item = ImportItem::Module;
                self.imports[at].local = Some(local);
                true
            }
            NodeKind::Collection { kind: CollectionKind::Dict, items } => {
                let items: Vec<NodeId> = self.arena.list(items).collect();
                let bound: Option<Vec<(ImportItem, Name, Span)>> = items.into_iter().map(|item| self.bound_part(item)).collect();
                let Some(bound) = bound.filter(|bound| !bound.is_empty()) else { return false };
                let template = self.imports[at].clone();
                self.imports.truncate(at);
                for (item, local, span) in bound {
                    self.imports.push(Import { item, local: Some(local), span, ..template.clone() });
                }
                true
            }
            _ => false,
        }
    }

    /// `{ a }`, `{ a: b }`, `{ a = 1 }` or `{ ...rest }` of a loaded module.
    fn bound_part(&self, item: NodeId) -> Option<(ImportItem, Name, Span)> {
        let span = self.arena.span(item);
        match self.arena.kind(item) {
            NodeKind::Spread { value, .. } => match self.arena.kind(value) {
                NodeKind::Name(local) => Some((ImportItem::Module, local, span)),
                _ => None,
            },
            NodeKind::Entry { key, value } => {
                let NodeKind::Str(name) = self.arena.kind(key) else { return None };
                let target = match self.arena.kind(value) {
                    NodeKind::Assign { target, op: AssignOp::Default, .. } => target,
                    _ => value,
                };
                match self.arena.kind(target) {
                    NodeKind::Name(local) => Some((ImportItem::Named(name), local, span)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// `const load = createRequire(import.meta.url)`, `const load = require`.
    fn note_require_alias(&mut self, target: NodeId, value: NodeId) {
        let NodeKind::Name(local) = self.arena.kind(target) else { return };
        let is_require = match self.arena.kind(value) {
            NodeKind::Name(name) => self.names.get(name) == "require",
            NodeKind::Call { callee, .. } => match self.arena.kind(callee) {
                NodeKind::Name(name) | NodeKind::Member { name, .. } => self.names.get(name) == "createRequire",
                _ => false,
            },
            _ => false,
        };
        if is_require {
            self.require_names.push(local);
        }
    }

    // --- broken regions ---

    /// Finds the module strings in regions the parser could not read: `from "m"` and `import "m"`. What they bind is unknown.
    pub(super) fn scan_for_imports(&mut self, errors: &[Broken]) {
        self.sources.sort_unstable();
        for error in errors.iter().filter(|error| !error.missing) {
            let region = self.slice(error.span);
            for keyword in ["from", "import"] {
                for at in memchr::memmem::find_iter(region.as_bytes(), keyword) {
                    self.import_after_keyword(region, at, keyword.len(), error.span.start);
                }
            }
        }
    }

    fn import_after_keyword(&mut self, region: &str, at: usize, length: usize, offset: u32) {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'.');
        if at > 0 && is_word(region.as_bytes()[at - 1]) {
            return;
        }
        let after = &region[at + length..];
        let quoted = after.trim_start_matches([' ', '\t']);
        let Some(quote) = quoted.chars().next().filter(|quote| matches!(quote, '"' | '\'')) else { return };
        let Some(end) = quoted[1..].find([quote, '\n']) else { return };
        let specifier = &quoted[1..1 + end];
        let start = offset + (at + length + after.len() - quoted.len()) as u32;
        let in_comment = self.comment_spans.iter().any(|comment| comment.start <= start && start < comment.end);
        if !quoted[1 + end..].starts_with(quote) || specifier.is_empty() || self.sources.binary_search(&start).is_ok() || in_comment {
            return;
        }
        let specifier = self.names.intern(specifier);
        let span = Span { start: offset + at as u32, end: start + end as u32 + 2 };
        self.add_import(specifier, ImportItem::Nothing, None, ImportKind::Load, span);
    }
}
