//! DBML (<https://dbml.dbdiagram.io/docs/>): tables, columns with their settings, references, partial tables.
//!
//! The reader recovers: what it does not understand it leaves out up to the next line or block. Enumerations, groups, notes, indexes and
//! the project's own block are recognised and passed over.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::schema::{Class, Column, Schema, Table};
use crate::model::source::Span;

/// Most tokens of one document.
const MOST: usize = 400_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A bare or a double-quoted name, a number.
    Word,
    /// `'text'`, `'''text'''`, `` `expression` ``.
    Text,
    Symbol(u8),
}

#[derive(Clone, Copy, Debug)]
struct Token {
    kind: Kind,
    span: Span,
    /// The first one on its line.
    first: bool,
}

/// Reads a document.
pub fn read(path: &Arc<str>, text: &str) -> Schema {
    let head: String = text.lines().take(8).filter(|line| line.trim_start().starts_with("//")).collect::<String>().to_ascii_lowercase();
    let generated = ["generated", "do not edit", "do not modify"].iter().any(|words| head.contains(words));
    let mut reader = Reader {
        text,
        tokens: tokens(text),
        at: 0,
        tables: Vec::new(),
        partials: BTreeMap::new(),
        enums: Vec::new(),
        references: Vec::new(),
    };
    reader.document();
    reader.join();
    Schema { path: path.clone(), tables: reader.tables.into_iter().map(|draft| draft.table).collect(), generated }
}

struct Draft {
    table: Table,
    alias: Option<String>,
    partials: Vec<String>,
}

struct Reader<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    tables: Vec<Draft>,
    partials: BTreeMap<String, Vec<Column>>,
    enums: Vec<String>,
    /// Table and column that refer, and the table they refer to.
    references: Vec<(String, String, String)>,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    fn is(&self, symbol: u8) -> bool {
        self.peek().is_some_and(|token| token.kind == Kind::Symbol(symbol))
    }

    fn take(&mut self, symbol: u8) -> bool {
        let found = self.is(symbol);
        self.at += usize::from(found);
        found
    }

    fn word(&self, token: Token) -> &'t str {
        let word = &self.text[token.span.range()];
        word.strip_prefix('"').and_then(|word| word.strip_suffix('"')).unwrap_or(word)
    }

    fn document(&mut self) {
        while let Some(token) = self.peek() {
            self.at += 1;
            if token.kind != Kind::Word {
                continue;
            }
            match self.word(token).to_ascii_lowercase().as_str() {
                "table" => self.table(false),
                "tablepartial" => self.table(true),
                "ref" => self.reference_block(),
                "enum" => {
                    if let Some((name, _)) = self.name() {
                        self.enums.push(name.to_ascii_lowercase());
                    }
                    self.skip_block();
                }
                "tablegroup" | "project" | "note" | "records" | "diagramview" => self.skip_block(),
                _ => {}
            }
        }
    }

    /// `schema.name`: the last part, and its place.
    fn name(&mut self) -> Option<(String, Span)> {
        let mut last = None;
        while let Some(token) = self.peek().filter(|token| token.kind == Kind::Word) {
            last = Some((self.word(token).to_string(), token.span));
            self.at += 1;
            if !self.take(b'.') {
                break;
            }
        }
        last
    }

    /// Up to the block's opening brace, and over the block. Stops at the next line where there is none.
    fn skip_block(&mut self) {
        while let Some(token) = self.peek() {
            if token.kind == Kind::Symbol(b'{') {
                return self.skip_braces();
            }
            if token.first {
                return;
            }
            self.at += 1;
        }
    }

    fn skip_braces(&mut self) {
        let mut depth = 0;
        while let Some(token) = self.peek() {
            self.at += 1;
            match token.kind {
                Kind::Symbol(b'{') => depth += 1,
                Kind::Symbol(b'}') => {
                    depth -= 1;
                    if depth <= 0 {
                        return;
                    }
                }
                _ => {}
            }
        }
    }

    fn table(&mut self, partial: bool) {
        let space = self.peek().filter(|_| matches!(self.tokens.get(self.at + 1), Some(Token { kind: Kind::Symbol(b'.'), .. })));
        let space = space.map(|token| self.word(token).to_string());
        let Some((name, span)) = self.name() else { return };
        let mut alias = None;
        while let Some(token) = self.peek() {
            match token.kind {
                Kind::Symbol(b'{') => break,
                Kind::Symbol(b'[') => {
                    self.settings();
                }
                Kind::Word if self.word(token).eq_ignore_ascii_case("as") => {
                    self.at += 1;
                    alias = self.name().map(|(name, _)| name);
                }
                _ => return,
            }
        }
        if !self.take(b'{') {
            return;
        }
        let mut draft = Draft { table: Table { name, space, span, columns: Vec::new(), open: false }, alias, partials: Vec::new() };
        while let Some(token) = self.peek() {
            match token.kind {
                Kind::Symbol(b'}') => {
                    self.at += 1;
                    break;
                }
                Kind::Symbol(b'~') => {
                    self.at += 1;
                    draft.partials.extend(self.name().map(|(name, _)| name));
                }
                Kind::Word => self.entry(token, &mut draft),
                Kind::Symbol(b'{') => self.skip_braces(),
                _ => self.at += 1,
            }
        }
        match partial {
            true => {
                self.partials.insert(draft.table.name, draft.table.columns);
            }
            false => self.tables.push(draft),
        }
    }

    /// A column, or one of the blocks in a table.
    fn entry(&mut self, token: Token, draft: &mut Draft) {
        let name = self.word(token).to_string();
        self.at += 1;
        let block = matches!(name.to_ascii_lowercase().as_str(), "indexes" | "note" | "checks" | "records")
            && !self.text[token.span.range()].starts_with('"');
        if block && self.is(b'{') {
            return self.skip_braces();
        }
        if block && self.is(b':') {
            self.at += 2;
            return;
        }
        let start = self.peek();
        let mut end = None;
        while let Some(next) = self.peek() {
            let stops = next.first || matches!(next.kind, Kind::Symbol(b'}'));
            let settings =
                next.kind == Kind::Symbol(b'[') && !self.tokens.get(self.at + 1).is_some_and(|token| token.kind == Kind::Symbol(b']'));
            if stops || settings {
                break;
            }
            end = Some(next.span);
            self.at += 1;
        }
        let (Some(start), Some(end)) = (start, end) else { return };
        let kind = self.text[start.span.start as usize..end.end as usize].trim_matches('"').to_string();
        let mut column = Column { class: Class::of(&kind), kind, name, span: token.span, nullable: None, refers: None, key: false };
        if self.peek().is_some_and(|next| next.kind == Kind::Symbol(b'[')) {
            for setting in self.settings() {
                self.setting(&setting, &mut column);
            }
        }
        draft.table.columns.push(column);
    }

    fn setting(&self, setting: &[Token], column: &mut Column) {
        let words: Vec<String> = setting.iter().take(3).map(|token| self.word(*token).to_ascii_lowercase()).collect();
        match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["pk", ..] | ["primary", "key", ..] => {
                column.key = true;
                column.nullable = Some(false);
            }
            ["not", "null", ..] => column.nullable = Some(false),
            ["null"] => column.nullable = Some(true),
            ["ref", ":", ..] => column.refers = self.target(&setting[2..]),
            _ => {}
        }
    }

    /// The table of `> schema.table.column`.
    fn target(&self, tokens: &[Token]) -> Option<String> {
        // `<` is the other direction: this column is referred to.
        if tokens.first().is_none_or(|token| token.kind == Kind::Symbol(b'<')) {
            return None;
        }
        let words: Vec<Token> = tokens.iter().copied().filter(|token| token.kind == Kind::Word).collect();
        words.len().checked_sub(2).map(|at| self.word(words[at]).to_string())
    }

    /// `[a, b: c]`, split at commas.
    fn settings(&mut self) -> Vec<Vec<Token>> {
        let mut all = vec![Vec::new()];
        self.at += 1;
        let mut depth = 1;
        while let Some(token) = self.peek() {
            self.at += 1;
            match token.kind {
                Kind::Symbol(b'[') => depth += 1,
                Kind::Symbol(b']') => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                Kind::Symbol(b',') if depth == 1 => {
                    all.push(Vec::new());
                    continue;
                }
                // A bracket that nobody closed ends with its block.
                Kind::Symbol(b'}') => {
                    self.at -= 1;
                    break;
                }
                _ => {}
            }
            if let Some(last) = all.last_mut() {
                last.push(token);
            }
        }
        all
    }

    /// `Ref name: a.x > b.y`, `Ref { a.x > b.y }`.
    fn reference_block(&mut self) {
        if self.peek().is_some_and(|token| token.kind == Kind::Word) {
            self.name();
        }
        if self.is(b'[') {
            self.settings();
        }
        if self.take(b':') {
            return self.reference();
        }
        if !self.take(b'{') {
            return;
        }
        while let Some(token) = self.peek() {
            match token.kind {
                Kind::Symbol(b'}') => {
                    self.at += 1;
                    return;
                }
                Kind::Word => self.reference(),
                _ => self.at += 1,
            }
        }
    }

    fn reference(&mut self) {
        let left = self.path();
        let Some(Token { kind: Kind::Symbol(sign), .. }) = self.peek() else { return };
        if !matches!(sign, b'<' | b'>' | b'-') {
            return;
        }
        self.at += 1;
        let both = sign == b'<' && self.take(b'>');
        let right = self.path();
        if self.is(b'[') {
            self.settings();
        }
        if both || left.len() < 2 || right.len() < 2 {
            return;
        }
        let (from, to) = if sign == b'<' { (right, left) } else { (left, right) };
        self.references.push((from[from.len() - 2].clone(), from[from.len() - 1].clone(), to[to.len() - 2].clone()));
    }

    fn path(&mut self) -> Vec<String> {
        let mut parts = Vec::new();
        while let Some(token) = self.peek().filter(|token| token.kind == Kind::Word) {
            parts.push(self.word(token).to_string());
            self.at += 1;
            if !self.take(b'.') {
                break;
            }
        }
        // `a.(x, y)`: of several columns nothing is compared.
        if self.is(b'(') {
            parts.clear();
            while let Some(token) = self.peek() {
                self.at += 1;
                if token.kind == Kind::Symbol(b')') {
                    break;
                }
            }
        }
        parts
    }

    /// Partial tables into tables, references into columns, types that are enumerations.
    fn join(&mut self) {
        for draft in &mut self.tables {
            for name in std::mem::take(&mut draft.partials) {
                match self.partials.get(&name) {
                    Some(columns) => {
                        for column in columns {
                            if !draft.table.columns.iter().any(|own| own.name == column.name) {
                                draft.table.columns.push(Column { span: draft.table.span, ..column.clone() });
                            }
                        }
                    }
                    None => draft.table.open = true,
                }
            }
            for column in &mut draft.table.columns {
                let last = column.kind.rsplit('.').next().unwrap_or(&column.kind).to_ascii_lowercase();
                if self.enums.contains(&last) {
                    column.class = None;
                }
            }
        }
        let aliases: BTreeMap<String, String> =
            self.tables.iter().filter_map(|draft| Some((draft.alias.clone()?, draft.table.name.clone()))).collect();
        let real = |name: &String| aliases.get(name).unwrap_or(name).clone();
        for (table, column, target) in std::mem::take(&mut self.references) {
            let (table, target) = (real(&table), real(&target));
            let found = self.tables.iter_mut().find(|draft| draft.table.name == table);
            if let Some(column) = found.and_then(|draft| draft.table.columns.iter_mut().find(|own| own.name == column)) {
                column.refers = Some(target);
            }
        }
    }
}

/// Words, texts and symbols; comments vanish.
fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let (mut at, mut first) = (0, true);
    while at < bytes.len() && found.len() < MOST {
        let rest = &text[at..];
        let (kind, length) = match bytes[at] {
            b'\n' => {
                first = true;
                at += 1;
                continue;
            }
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'/' if rest.starts_with("//") => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            b'/' if rest.starts_with("/*") => {
                at += rest.find("*/").map_or(rest.len(), |end| end + 2);
                continue;
            }
            b'\'' if rest.starts_with("'''") => (Kind::Text, rest[3..].find("'''").map_or(rest.len(), |end| end + 6)),
            b'\'' => (Kind::Text, quoted(rest, b'\'')),
            b'`' => (Kind::Text, rest[1..].find('`').map_or(rest.len(), |end| end + 2)),
            b'"' => (Kind::Word, quoted(rest, b'"')),
            _ => {
                let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                match length {
                    0 => (Kind::Symbol(if bytes[at].is_ascii() { bytes[at] } else { b'?' }), rest.chars().next().map_or(1, char::len_utf8)),
                    _ => (Kind::Word, length),
                }
            }
        };
        found.push(Token { kind, span: Span::new(at, at + length), first });
        first = false;
        at += length;
    }
    found
}

/// Length of a quoted text on one line, with its quotes.
fn quoted(rest: &str, quote: u8) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'\n' => return at,
            byte if byte == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    // A backslash at the very end is no reason to go beyond it.
    rest.len()
}

#[cfg(test)]
#[path = "dbml_tests.rs"]
mod tests;
