//! Rust text to [`FileFacts`]: one parse, one walk with one cursor.
//!
//! This file holds the entry and the state of the walk; the constructs stand in `items`, `expressions`, `control`, `patterns`,
//! `types`, `uses`, `macros` and `attributes`. Nothing here resolves a name or knows a framework.
//!
//! The text is prepared first (`prepare.rs`) so that most macros are ordinary calls to the grammar; everything that lowering
//! stores is read from the original text at the same offsets.

use std::cell::RefCell;
use std::ops::{ControlFlow, Range};

use tree_sitter::{ParseOptions, Parser, Tree, TreeCursor};

use super::kinds::{Fields, GRAMMAR, Grammar, Kind};
use super::prepare::prepare;
use crate::languages::parts::ranges;
use crate::model::body::{Arena, List, NodeId, NodeKind};
use crate::model::facts::{Comment, DefFlags, DefId, DefKind, Definition, FileFacts, Import, Interner, ModDeclaration, Name};
use crate::model::problem::{Problem, ProblemKind};
use crate::model::source::{Language, Span};

/// Handlers nest at most this deep; what lies deeper is one empty `Other`. Chains, parentheses and `else if` do not count.
const MAX_DEPTH: u32 = 200;
/// Syntax errors told one by one; the rest is a number.
const MAX_ERRORS_TOLD: usize = 3;

pub(super) type Cursor<'tree> = TreeCursor<'tree>;

/// The facts of a Rust file. Never fails: what cannot be understood is left out and told in `problems`.
pub fn lower(text: &str) -> FileFacts {
    lower_parts(text, &[])
}

/// The facts of a file that is blank outside of these parts; without any, all of it is read.
pub fn lower_parts(text: &str, parts: &[Range<usize>]) -> FileFacts {
    let prepared = prepare(text);
    let mut lowering = Lowering::new(text, &prepared.text);
    match parse_within(&prepared.text, &ranges(text.as_bytes(), parts)) {
        Some(tree) => {
            let root = tree.root_node();
            if root.has_error() {
                lowering.syntax_problems(&mut root.walk());
            }
            lowering.file(&mut root.walk());
        }
        None => {
            lowering.problems.push(Problem::new(
                ProblemKind::Limit,
                None,
                "parsing was given up: the text makes the parser try too many ways; only imports were read",
            ));
            lowering.rescue(Span::new(0, text.len()));
        }
    }
    lowering.finish(prepared.comments, prepared.comment_spans, prepared.code_starts)
}

/// Parses text with this thread's parser. `None` when the parser needs far more steps than real code of this size does.
/// Steps are counted, never timed, so that the same text always gives the same tree.
pub(super) fn parse(text: &[u8]) -> Option<Tree> {
    parse_within(text, &[])
}

fn parse_within(text: &[u8], parts: &[tree_sitter::Range]) -> Option<Tree> {
    thread_local! {
        static PARSER: RefCell<Option<Parser>> = const { RefCell::new(None) };
    }
    PARSER.with_borrow_mut(|slot| {
        if slot.is_none() {
            let mut parser = Parser::new();
            parser.set_language(&GRAMMAR.language).ok()?;
            *slot = Some(parser);
        }
        let parser = slot.as_mut()?;
        parser.set_included_ranges(parts).ok()?;
        // Code takes half a step a byte; the parser reports every hundredth.
        let mut left = 2_000 + text.len() / 10;
        let mut progress = |_: &tree_sitter::ParseState| {
            left = left.saturating_sub(1);
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let options = ParseOptions::new().progress_callback(&mut progress);
        let tree = parser.parse_with_options(&mut |at, _| text.get(at..).unwrap_or_default(), None, Some(options));
        if tree.is_none() {
            parser.reset();
        }
        tree
    })
}

/// The state of the walk.
pub(super) struct Lowering<'t> {
    pub(super) text: &'t str,
    /// The text as parsed: same length, see `prepare.rs`.
    pub(super) prepared: &'t [u8],
    /// What to add to a node's offset to get the file's (wrapping): not zero inside a fragment parsed on its own.
    pub(super) offset: usize,
    pub(super) grammar: &'static Grammar,
    pub(super) arena: Arena,
    pub(super) names: Interner,
    pub(super) defs: Vec<Definition>,
    pub(super) imports: Vec<Import>,
    pub(super) mods: Vec<ModDeclaration>,
    pub(super) problems: Vec<Problem>,
    /// The definition the walk is in.
    pub(super) scope: DefId,
    /// The walk is in test code.
    pub(super) test: bool,
    /// The walk is in code behind a `#[cfg]`.
    pub(super) conditional: bool,
    /// Bounds of the generic parameters in scope: `T: Repo`.
    pub(super) bounds: Vec<(Name, NodeId)>,
    /// Collects the members of lists, innermost last.
    pub(super) stack: Vec<NodeId>,
    /// Collects the links of operator and method chains, innermost last.
    pub(super) links: Vec<(Kind, Span)>,
    /// Bytes that may still be parsed as fragments.
    pub(super) fragment_budget: usize,
    /// Something was nested too deep to be kept.
    pub(super) cut: bool,
    depth: u32,
}

impl<'t> Lowering<'t> {
    fn new(text: &'t str, prepared: &'t [u8]) -> Lowering<'t> {
        let mut names = Interner::default();
        let whole = Span::new(0, text.len());
        let module = Definition {
            name: names.intern(""),
            kind: DefKind::Module,
            flags: DefFlags::PUBLIC,
            parent: DefId::MODULE,
            span: whole,
            name_span: Span::default(),
            decorators: Vec::new(),
            params: Vec::new(),
            annotation: None,
            body: None,
            value: None,
            bases: Vec::new(),
            implements: Vec::new(),
            type_params: Vec::new(),
        };
        Lowering {
            text,
            prepared,
            offset: 0,
            grammar: &GRAMMAR,
            arena: Arena::default(),
            names,
            defs: vec![module],
            imports: Vec::new(),
            mods: Vec::new(),
            problems: Vec::new(),
            scope: DefId::MODULE,
            test: false,
            conditional: false,
            bounds: Vec::new(),
            stack: Vec::new(),
            links: Vec::new(),
            fragment_budget: text.len() * 2 + 65_536,
            depth: 0,
            cut: false,
        }
    }

    fn file(&mut self, c: &mut Cursor) {
        let mark = self.stack.len();
        self.statements(c);
        let items = self.list(mark);
        let body = self.push(NodeKind::Block { items, value: false }, Span::new(0, self.text.len()));
        self.defs[0].body = Some(body);
    }

    fn finish(mut self, comments: Vec<Span>, remarks: Vec<Span>, code_starts: Vec<u32>) -> FileFacts {
        if self.cut {
            let message = format!("code nested more than {MAX_DEPTH} levels deep was left out");
            self.problems.push(Problem::new(ProblemKind::Limit, None, message));
        }
        let comments = comments
            .into_iter()
            .map(|span| Comment { text: self.names.intern(self.text.get(span.range()).unwrap_or_default()), span })
            .collect();
        let remarks = remarks.into_iter().filter(|span| self.text.get(span.range()).is_some_and(crate::languages::is_remark)).collect();
        FileFacts {
            matches: Vec::new(),
            language: Language::Rust,
            lines: crate::languages::lines::count(self.text),
            names: self.names.finish(),
            arena: self.arena,
            defs: self.defs,
            imports: self.imports,
            exports: Vec::new(),
            mods: self.mods,
            all: None,
            comments,
            remarks,
            code_starts,
            problems: self.problems,
            for_browsers: false,
            is_markup: false,
            is_outline: false,
        }
    }

    /// Tells the first syntax errors and counts the rest. Goes only where errors are.
    fn syntax_problems(&mut self, c: &mut Cursor) {
        let mut found = 0;
        'walk: loop {
            let node = c.node();
            if node.is_error() || node.is_missing() {
                found += 1;
                if found <= MAX_ERRORS_TOLD {
                    let span = self.span(c);
                    let line_end = self.slice(span).find('\n').map_or(span.end, |at| span.start + at as u32);
                    let message = "syntax error; the rest of the file was analysed";
                    self.problems.push(Problem::new(ProblemKind::Syntax, Some(Span { start: span.start, end: line_end }), message));
                }
            } else if node.has_error() && c.goto_first_child() {
                continue;
            }
            while !c.goto_next_sibling() {
                if !c.goto_parent() {
                    break 'walk;
                }
            }
        }
        if found > MAX_ERRORS_TOLD {
            let message = format!("{} more syntax errors", found - MAX_ERRORS_TOLD);
            self.problems.push(Problem::new(ProblemKind::Syntax, None, message));
        }
    }

    /// Runs a handler one level deeper; at the cap the node becomes an empty `Other`.
    pub(super) fn deeper(&mut self, c: &mut Cursor, handler: impl FnOnce(&mut Self, &mut Cursor) -> NodeId) -> NodeId {
        if self.depth >= MAX_DEPTH {
            self.cut = true;
            return self.nothing(self.span(c));
        }
        self.depth += 1;
        let node = handler(self, c);
        self.depth -= 1;
        node
    }

    /// True when another level may be entered; every true must be followed by a [`Lowering::leave`].
    pub(super) fn enter(&mut self) -> bool {
        if self.depth >= MAX_DEPTH {
            self.cut = true;
            return false;
        }
        self.depth += 1;
        true
    }

    /// Leaves a level.
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Calls `visit` on every child that is not a comment, the cursor standing on it.
    pub(super) fn each(&mut self, c: &mut Cursor, mut visit: impl FnMut(&mut Self, &mut Cursor, Kind)) {
        if !c.goto_first_child() {
            return;
        }
        loop {
            let kind = self.kind(c);
            if !kind.is_comment() {
                visit(self, c, kind);
            }
            if !c.goto_next_sibling() {
                break;
            }
        }
        c.goto_parent();
    }

    /// Moves to the next sibling that is not a token or comment.
    pub(super) fn next(&self, c: &mut Cursor) -> Option<Kind> {
        while c.goto_next_sibling() {
            let kind = self.kind(c);
            if !kind.is_trivia() {
                return Some(kind);
            }
        }
        None
    }

    /// The kind of the node under the cursor.
    pub(super) fn kind(&self, c: &Cursor) -> Kind {
        self.grammar.kind(c.node())
    }

    /// The fields of the grammar.
    pub(super) fn fields(&self) -> &'static Fields {
        &self.grammar.fields
    }

    /// The place of the node under the cursor in the file.
    pub(super) fn span(&self, c: &Cursor) -> Span {
        let node = c.node();
        let limit = self.text.len();
        let start = node.start_byte().wrapping_add(self.offset).min(limit);
        Span::new(start, node.end_byte().wrapping_add(self.offset).clamp(start, limit))
    }

    /// The original text of a span.
    pub(super) fn slice(&self, span: Span) -> &'t str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The original text of the node under the cursor.
    pub(super) fn slice_of(&self, c: &Cursor) -> &'t str {
        self.slice(self.span(c))
    }

    /// Byte of the original text.
    pub(super) fn byte(&self, at: u32) -> u8 {
        self.text.as_bytes().get(at as usize).copied().unwrap_or(0)
    }

    /// Interns an identifier, `r#` taken off.
    pub(super) fn identifier(&mut self, text: &str) -> Name {
        self.names.intern(text.strip_prefix("r#").unwrap_or(text))
    }

    /// The identifier under the cursor.
    pub(super) fn name_of(&mut self, c: &Cursor) -> Name {
        let text = self.slice_of(c);
        self.identifier(text)
    }

    /// Adds a node.
    pub(super) fn push(&mut self, kind: NodeKind, span: Span) -> NodeId {
        self.arena.push(kind, span)
    }

    /// Adds an `Other` without children.
    pub(super) fn nothing(&mut self, span: Span) -> NodeId {
        self.arena.push(NodeKind::Other(List::EMPTY), span)
    }

    /// Makes a list of what was collected since `mark`.
    pub(super) fn list(&mut self, mark: usize) -> List {
        let list = self.arena.push_list(&self.stack[mark..]);
        self.stack.truncate(mark);
        list
    }

    /// Adds a name node.
    pub(super) fn name_node(&mut self, text: &str, span: Span) -> NodeId {
        let name = self.identifier(text);
        self.push(NodeKind::Name(name), span)
    }
}
