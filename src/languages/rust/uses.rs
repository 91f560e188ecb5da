//! Imports: `use` trees and `extern crate`.

use super::items::Attributes;
use super::kinds::Kind;
use super::lexer::{TokenKind, token};
use super::lower::{Cursor, Lowering, parse};
use crate::model::facts::{DefFlags, Import, ImportItem, ImportKind, ModDeclaration, Name};
use crate::model::source::Span;

/// A lost `use` longer than this is not looked for.
const MAX_LOST_USE: usize = 4_096;

/// What all imports of one statement share.
#[derive(Clone, Copy)]
struct Statement {
    kind: ImportKind,
    re_export: bool,
    conditional: bool,
}

impl Lowering<'_> {
    /// `use a::{b, c as d, e::*};`
    pub(super) fn use_declaration(&mut self, c: &mut Cursor, attributes: Attributes) {
        let mut statement = self.import_statement(&attributes);
        let mut path = String::new();
        self.each(c, |this, c, kind| match kind {
            Kind::Token => {}
            Kind::VisibilityModifier => statement.re_export = true,
            _ => this.use_clause(c, kind, &mut path, statement),
        });
    }

    /// `extern crate a as b;`
    pub(super) fn extern_crate(&mut self, c: &mut Cursor, attributes: Attributes) {
        let span = self.span(c);
        let mut statement = self.import_statement(&attributes);
        let fields = self.fields();
        let (mut name, mut alias) = (None, None);
        self.each(c, |this, c, kind| {
            let field = c.field_id();
            if kind == Kind::VisibilityModifier {
                statement.re_export = true;
            } else if field == fields.name {
                name = Some(this.slice_of(c));
            } else if field == fields.alias {
                alias = Some(this.slice_of(c));
            }
        });
        let Some(name) = name else { return };
        let specifier = self.identifier(name);
        let local = self.local_name(alias.unwrap_or(name));
        self.import(specifier, ImportItem::Module, local, statement, span);
    }

    fn import_statement(&self, attributes: &Attributes) -> Statement {
        let kind = if self.test || attributes.test { ImportKind::Test } else { ImportKind::Load };
        Statement { kind, re_export: false, conditional: self.conditional || attributes.conditional }
    }

    fn import(&mut self, specifier: Name, item: ImportItem, local: Option<Name>, statement: Statement, span: Span) {
        self.imports.push(Import {
            specifier,
            level: 0,
            item,
            local,
            kind: statement.kind,
            re_export: statement.re_export,
            conditional: statement.conditional,
            erasable: false,
            scope: self.scope,
            span,
        });
    }

    /// The name a `use` binds; `_` binds none.
    fn local_name(&mut self, text: &str) -> Option<Name> {
        (text != "_").then(|| self.identifier(text))
    }

    /// One clause of a `use` tree below `path`, which is as it was again afterwards.
    fn use_clause(&mut self, c: &mut Cursor, kind: Kind, path: &mut String, statement: Statement) {
        if !self.enter() {
            return;
        }
        let span = self.span(c);
        let length = path.len();
        let fields = self.fields();
        match kind {
            Kind::UseList => self.each(c, |this, c, kind| {
                if !kind.is_trivia() {
                    this.use_clause(c, kind, path, statement);
                }
            }),
            Kind::ScopedUseList => {
                let mut global = true;
                self.each(c, |this, c, kind| {
                    if c.field_id() == fields.path {
                        extend(path, this.slice_of(c));
                        global = false;
                    } else if kind == Kind::UseList {
                        if global {
                            path.push_str("::");
                        }
                        this.use_clause(c, kind, path, statement);
                    }
                });
            }
            Kind::UseAsClause => {
                let mut alias = None;
                self.each(c, |this, c, _| {
                    let field = c.field_id();
                    if field == fields.path {
                        extend(path, this.slice_of(c));
                    } else if field == fields.alias {
                        alias = Some(this.slice_of(c));
                    }
                });
                self.use_path(path, alias, statement, span);
            }
            Kind::UseWildcard => {
                self.each(c, |this, c, kind| {
                    if kind != Kind::Token {
                        extend(path, this.slice_of(c));
                    }
                });
                let specifier = self.names.intern(path);
                self.import(specifier, ImportItem::Star, None, statement, span);
            }
            Kind::Error => {}
            _ => {
                extend(path, self.slice(span));
                self.use_path(path, None, statement, span);
            }
        }
        path.truncate(length);
        self.leave();
    }

    /// A whole path: its last segment is the item, unless that is `self` or the path has one segment.
    fn use_path(&mut self, path: &str, alias: Option<&str>, statement: Statement, span: Span) {
        let (module, last) = path.rsplit_once("::").unwrap_or(("", path));
        let (specifier, item, bound) = if module.is_empty() {
            (path, ImportItem::Module, last)
        } else if last == "self" {
            (module, ImportItem::Module, module.rsplit("::").next().unwrap_or(module))
        } else {
            (module, ImportItem::Named(self.identifier(last)), last)
        };
        let specifier = self.names.intern(specifier);
        let local = self.local_name(alias.unwrap_or(bound));
        self.import(specifier, item, local, statement, span);
    }

    /// Finds `use …;` and `mod x;` in text that the parser could not read.
    pub(super) fn rescue(&mut self, span: Span) {
        let bytes = self.text.as_bytes();
        let end = (span.end as usize).min(bytes.len());
        let mut at = span.start as usize;
        // Where a statement may begin: after `;`, brackets, or a visibility.
        let mut free = Some(at);
        while at < end {
            let next = token(bytes, at);
            if next.kind == TokenKind::End || next.end > end {
                break;
            }
            let text = &bytes[next.start..next.end];
            at = next.end;
            match (next.kind, text) {
                (TokenKind::Comment, _) => {}
                (TokenKind::Word, b"use") if free.is_some() => {
                    if let Some(length) = memchr::memchr(b';', &bytes[at..end.min(at + MAX_LOST_USE)]) {
                        let start = free.unwrap_or(next.start).min(next.start);
                        self.lost_use(Span::new(start, at + length + 1));
                    }
                    free = None;
                }
                (TokenKind::Word, b"mod") if free.is_some() => {
                    self.lost_module(next.start, at);
                    free = None;
                }
                // Keeps where `pub` begins, so that a lost re-export is one.
                (TokenKind::Word, b"pub") => free = Some(next.start),
                (TokenKind::Open | TokenKind::Close, _) | (TokenKind::Punct, b";") => {
                    let visibility = matches!(text, b"(" | b")") && free.is_some_and(|from| bytes[from..].starts_with(b"pub"));
                    free = if visibility { free } else { Some(next.end) };
                }
                (TokenKind::Word, b"crate" | b"super") if free.is_some_and(|from| bytes[from..].starts_with(b"pub")) => {}
                _ => free = None,
            }
        }
    }

    fn lost_use(&mut self, span: Span) {
        let known = self.imports.iter().rev().take(256).any(|import| span.contains(import.span));
        let length = (span.end - span.start) as usize;
        if known || self.fragment_budget < length {
            return;
        }
        self.fragment_budget -= length;
        let Some(tree) = self.prepared.get(span.range()).and_then(parse) else { return };
        if tree.root_node().has_error() {
            return;
        }
        let offset = std::mem::replace(&mut self.offset, span.start as usize);
        self.each(&mut tree.root_node().walk(), |this, c, kind| {
            if kind == Kind::UseDeclaration {
                this.use_declaration(c, Attributes::default());
            }
        });
        self.offset = offset;
    }

    fn lost_module(&mut self, start: usize, at: usize) {
        let bytes = self.text.as_bytes();
        let name = token(bytes, at);
        let end = token(bytes, name.end);
        let span = Span::new(start, end.end);
        let known = self.mods.iter().rev().take(256).any(|module| module.span.contains(span) || span.contains(module.span));
        if name.kind != TokenKind::Word || bytes.get(end.start) != Some(&b';') || known {
            return;
        }
        let name = self.identifier(self.text.get(name.start..name.end).unwrap_or_default());
        let scope = self.module_scope();
        let public = self.defs[scope.index()].flags.has(DefFlags::PUBLIC);
        self.mods.push(ModDeclaration { name, path: None, scope, test: self.test, public, span });
    }
}

/// Adds the segments of a path as written to `path`, without the white space and comments it may hold.
fn extend(path: &mut String, text: &str) {
    if !path.is_empty() && !path.ends_with("::") {
        path.push_str("::");
    }
    if text.bytes().all(|byte| byte == b':' || super::lexer::is_word(byte)) {
        path.push_str(text);
        return;
    }
    let mut at = 0;
    loop {
        let next = token(text.as_bytes(), at);
        match next.kind {
            TokenKind::End => return,
            TokenKind::Comment => {}
            _ => {
                let piece = text.get(next.start..next.end).unwrap_or_default();
                path.push_str(piece.strip_prefix("r#").unwrap_or(piece));
            }
        }
        at = next.end;
    }
}
