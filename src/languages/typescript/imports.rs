//! What a file brings in and gives out: `import`, `export`, `require`, `import()`, `module.exports`.

use rustc_hash::FxHashSet;

use crate::model::body::{AssignOp, CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, Export, Import, ImportItem, ImportKind, Name};
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
            erasable: false,
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
        self.is_module |= self.scope == DefId::MODULE;
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
            let at = self.add_import(source, item, Some(local), kind, span);
            self.imports[at].erasable = kind == ImportKind::Load && !self.is_script;
        }
    }

    /// `import x = require("m")`
    fn import_require(&mut self, bound: &mut Vec<(ImportItem, Name, bool, Span)>) -> Option<Name> {
        let span = self.span();
        let exported = self.text.get(..span.start as usize).is_some_and(|before| before.trim_end().ends_with("export import"));
        let mut source = None;
        self.each_child(|lowering, kind| match kind {
            Kind::Identifier => {
                let (name, span) = (lowering.name(), lowering.span());
                bound.push((ImportItem::Module, name, false, span));
                if exported {
                    let value = lowering.push(NodeKind::Name(name), span);
                    lowering.value_names.insert(name);
                    lowering.add_export(name, value, span);
                }
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
        self.is_module |= self.scope == DefId::MODULE;
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
                if !type_only && !specifier.type_only {
                    self.value_names.insert(specifier.name);
                }
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

    pub(super) fn is_named(&self, node: NodeId, text: &str) -> bool {
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

    // --- what the compiler drops ---

    /// Settles which imports the compiler drops because the file uses their names in types at most. Types of decorated members count as
    /// values: `emitDecoratorMetadata` writes them into the output, and containers inject by them.
    pub(super) fn settle_erasable(&mut self, understood: bool) {
        if !self.imports.iter().any(|import| import.erasable) {
            return;
        }
        let mut used = std::mem::take(&mut self.value_names);
        self.add_decorated_types(&mut used);
        // Without `jsx: react-jsx`, elements are calls of `React.createElement`.
        used.insert(self.names.intern("React"));
        for import in &mut self.imports {
            import.erasable &= understood && import.local.is_some_and(|local| !used.contains(&local));
        }
    }

    /// What the compiler writes of a type: its own name, not those of its arguments (`Ref<User>` is written as `Ref`).
    fn add_written_types(&self, annotation: NodeId, used: &mut FxHashSet<Name>, depth: u8) {
        match self.arena.kind(annotation) {
            NodeKind::Name(name) => {
                used.insert(name);
            }
            NodeKind::Member { object, .. } if depth < 16 => self.add_written_types(object, used, depth + 1),
            NodeKind::Apply { base, .. } if depth < 16 => self.add_written_types(base, used, depth + 1),
            NodeKind::Union(parts) if depth < 16 => {
                for part in self.arena.list(parts) {
                    self.add_written_types(part, used, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn add_decorated_types(&self, used: &mut FxHashSet<Name>) {
        for def in &self.defs {
            let own = || !def.decorators.is_empty() || def.params.iter().any(|param| !param.decorators.is_empty());
            let decorated = match def.kind {
                DefKind::Method if self.names.get(def.name) == "constructor" => {
                    own() || !self.defs[def.parent.index()].decorators.is_empty()
                }
                DefKind::Method | DefKind::Field => own(),
                _ => false,
            };
            if !decorated {
                continue;
            }
            for annotation in def.annotation.into_iter().chain(def.params.iter().filter_map(|param| param.annotation)) {
                self.add_written_types(annotation, used, 0);
            }
        }
    }

    /// `declare module "m" { … }` in a file with imports or exports adds to the types of `m`; in any other file it declares one.
    pub(super) fn add_augmentations(&mut self) {
        let augmented = std::mem::take(&mut self.augmented);
        for (specifier, span) in augmented.into_iter().filter(|_| self.is_module).collect::<Vec<_>>() {
            self.add_import(specifier, ImportItem::Nothing, None, ImportKind::Type, span);
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
