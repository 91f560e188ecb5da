//! Imports: statements, and calls that import a module named in a literal.

use super::kinds::Kind;
use super::lower::Lowering;
use crate::model::body::{List, NodeId, NodeKind, TextForm};
use crate::model::facts::{Import, ImportItem, ImportKind, Name};
use crate::model::source::Span;

/// What the names of one `from … import` share.
struct From {
    specifier: Name,
    level: u8,
    span: Span,
}

impl<'t> Lowering<'t> {
    /// `import a`, `import a.b`, `import a.b as x`.
    pub(super) fn import_statement(&mut self) {
        let statement = self.span();
        let first = self.imports.len();
        if !self.down_to_named() {
            return;
        }
        loop {
            let span = self.span();
            match self.kind() {
                Kind::DottedName => {
                    let specifier = self.dotted_name();
                    let text = self.names.get(specifier);
                    let root = text.split('.').next().unwrap_or_default().to_owned();
                    let item = if root.len() == text.len() { ImportItem::Module } else { ImportItem::Root };
                    let local = self.names.intern(&root);
                    self.import(From { specifier, level: 0, span }, item, Some(local));
                }
                Kind::AliasedImport => {
                    if let Some((specifier, alias)) = self.aliased() {
                        self.import(From { specifier, level: 0, span }, ImportItem::Module, Some(alias));
                    }
                }
                _ => {}
            }
            if !self.next_named() {
                break;
            }
        }
        self.up();
        self.whole_statement(first, statement);
    }

    /// `from a import b as c`, `from . import x`, `from m import *`, `from __future__ import x`.
    pub(super) fn import_from_statement(&mut self, is_future: bool) {
        let statement = self.span();
        let first = self.imports.len();
        let mut level = 0;
        let mut module = is_future.then(|| self.names.intern("__future__"));
        if !self.down_to_named() {
            return;
        }
        loop {
            let span = self.span();
            match self.kind() {
                Kind::RelativeImport => {
                    let (dots, name) = self.relative_import();
                    level = dots;
                    module = Some(name);
                }
                Kind::DottedName => {
                    let name = self.dotted_name();
                    match module {
                        None => module = Some(name),
                        Some(specifier) => self.import(From { specifier, level, span }, ImportItem::Named(name), Some(name)),
                    }
                }
                Kind::AliasedImport => {
                    if let (Some((name, alias)), Some(specifier)) = (self.aliased(), module) {
                        self.import(From { specifier, level, span }, ImportItem::Named(name), Some(alias));
                    }
                }
                Kind::WildcardImport => {
                    if let Some(specifier) = module {
                        self.import(From { specifier, level, span }, ImportItem::Star, None);
                    }
                }
                _ => {}
            }
            if !self.next_named() {
                break;
            }
        }
        self.up();
        self.whole_statement(first, statement);
    }

    /// A statement that imports one thing is that import's place; of several, each has its own.
    fn whole_statement(&mut self, first: usize, statement: Span) {
        self.lazy = false;
        if let [import] = &mut self.imports[first..] {
            import.span = statement;
        }
    }

    fn import(&mut self, from: From, item: ImportItem, local: Option<Name>) {
        let kind = match (self.scope.typing, self.scope.in_function || self.scope.as_script || self.lazy) {
            (true, _) => ImportKind::Type,
            (false, true) => ImportKind::Deferred,
            (false, false) => ImportKind::Load,
        };
        self.imports.push(Import {
            specifier: from.specifier,
            level: from.level,
            item,
            local,
            kind,
            re_export: false,
            conditional: self.scope.conditional,
            erasable: false,
            scope: self.scope.owner,
            span: from.span,
        });
    }

    /// The dotted name under the cursor, without the spaces that may stand around its dots.
    fn dotted_name(&mut self) -> Name {
        let text = self.source();
        if text.bytes().any(|byte| byte.is_ascii_whitespace() || byte == b'\\') {
            let packed: String = text.chars().filter(|char| !char.is_whitespace() && *char != '\\').collect();
            self.names.intern(&packed)
        } else {
            self.names.intern(text)
        }
    }

    fn aliased(&mut self) -> Option<(Name, Name)> {
        let (mut name, mut alias) = (None, None);
        if self.down_to_named() {
            loop {
                match self.kind() {
                    Kind::DottedName => name = Some(self.dotted_name()),
                    Kind::Identifier => {
                        let text = self.source();
                        alias = Some(self.names.intern(text));
                    }
                    _ => {}
                }
                if !self.next_named() {
                    break;
                }
            }
            self.up();
        }
        Some((name?, alias?))
    }

    /// The dots and the name of `..a.b`.
    fn relative_import(&mut self) -> (u8, Name) {
        let mut level = 0u8;
        let mut name = None;
        if self.down_to_named() {
            loop {
                match self.kind() {
                    Kind::ImportPrefix => level = dots(self.source()),
                    Kind::DottedName => name = Some(self.dotted_name()),
                    _ => {}
                }
                if !self.next_named() {
                    break;
                }
            }
            self.up();
        }
        (level, name.unwrap_or_else(|| self.names.intern("")))
    }

    /// Notes `importlib.import_module("a.b")`, `import_module(".b", package="a")` and `__import__("a")`. Of a name that is only partly
    /// literal, `import_module(f"a.b.{name}")`, the package in front is what is imported for sure.
    pub(super) fn note_import_call(&mut self, callee: NodeId, args: List, span: Span) {
        if !matches!(self.last_name_of(callee), Some("import_module" | "__import__")) {
            return;
        }
        let Some(written) = self.import_argument(args, "name", 0).and_then(|arg| self.module_in(arg)) else { return };
        let level = dots(&written);
        let rest = written.trim_start_matches('.').to_owned();
        if rest.is_empty() || rest.chars().any(|char| !(char.is_alphanumeric() || char == '_' || char == '.')) {
            return;
        }
        // With a literal package, one dot is that package itself; otherwise the dots count from the importing module.
        let package = self.import_argument(args, "package", 1).and_then(|arg| self.string_of(arg));
        let (specifier, level) = match package {
            Some(package) if level == 1 => (format!("{package}.{rest}"), 0),
            _ => (rest, level),
        };
        let specifier = self.names.intern(&specifier);
        self.import(From { specifier, level, span }, ImportItem::Nothing, None);
    }

    /// The argument with this name, or at this place.
    fn import_argument(&self, args: List, name: &str, at: usize) -> Option<NodeId> {
        let named = self.arena.list(args).find_map(|arg| match self.arena.kind(arg) {
            NodeKind::Argument { name: own, value } if self.names.get(own) == name => Some(value),
            _ => None,
        });
        let placed = || self.arena.list(args).nth(at).filter(|&arg| !matches!(self.arena.kind(arg), NodeKind::Argument { .. }));
        named.or_else(placed)
    }

    /// The module that an expression names: all of a literal; of built text the dotted name up to the last dot before the first hole.
    /// `__name__` and `__package__` in front are the package itself.
    fn module_in(&self, arg: NodeId) -> Option<String> {
        let parts = match self.arena.kind(arg) {
            NodeKind::Str(name) => return Some(self.names.get(name).to_owned()),
            NodeKind::Text { parts, form } if form != TextForm::Join => parts,
            _ => return None,
        };
        let mut head = String::new();
        for (at, part) in self.arena.list(parts).enumerate() {
            match (self.string_of(part), self.name_of(part)) {
                (Some(text), _) => head.push_str(text),
                (None, Some("__name__" | "__package__")) if at == 0 => {}
                _ => return head.rsplit_once('.').map(|(package, _)| package.to_owned()),
            }
        }
        Some(head)
    }

    fn string_of(&self, node: NodeId) -> Option<&str> {
        match self.arena.kind(node) {
            NodeKind::Str(name) => Some(self.names.get(name)),
            _ => None,
        }
    }
}

/// The number of leading dots (a file with more than 255 of them is nobody's).
fn dots(text: &str) -> u8 {
    let count = text.bytes().take_while(|byte| *byte == b'.' || byte.is_ascii_whitespace()).filter(|byte| *byte == b'.').count();
    count.min(255) as u8
}
