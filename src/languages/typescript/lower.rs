//! One file's text to [`FileFacts`]: parse, one cursor walk, done. The tree dies here.
//!
//! This file holds the walk's state and its small tools; what each construct becomes stands in the files beside it. Every
//! handler finds the cursor on its node and leaves it there. Nesting is recursion with a counter (`MAX_DEPTH`); chains
//! (`a + b + …`, `x.f().g()…`, `else if … else if …`) are loops, so their length does not matter.

use std::cell::Cell;
use std::ops::Range;

use rustc_hash::FxHashSet;
use tree_sitter::{Tree, TreeCursor};

use crate::model::body::{Arena, BinaryOp, List, NodeId, NodeKind};
use crate::model::facts::{Comment, DefFlags, DefId, DefKind, Definition, Export, FileFacts, Import, Interner, Name};
use crate::model::problem::{Problem, ProblemKind};
use crate::model::source::{Language, Span};

use super::grammar::{Grammar, Kind};
use super::repair;

/// How deep handlers may nest. Deeper code becomes an empty `Other` and one problem: the stack must hold on any input.
const MAX_DEPTH: u32 = 200;

/// The facts of a TypeScript, TSX or JavaScript file. Never fails: what could not be read is said in `problems`.
pub fn lower(text: &str, language: Language) -> FileFacts {
    match repair::parse(text, language) {
        Some(parsed) => Lowering::new(text, &parsed.tree, parsed.grammar, language).file(&parsed, language),
        None => unparsed(text, language),
    }
}

/// The facts of an [outline](super::outline), which is blank outside of these parts.
pub fn lower_outline(text: &str, parts: &[Range<usize>], language: Language) -> FileFacts {
    match repair::parse_outline(text, parts, language) {
        Some(parsed) => Lowering::new(text, &parsed.tree, parsed.grammar, language).file(&parsed, language),
        None => unparsed(text, language),
    }
}

/// A file whose parsing was given up: an empty module and a problem.
fn unparsed(text: &str, language: Language) -> FileFacts {
    let mut names = Interner::default();
    let name = names.intern("");
    let mut arena = Arena::default();
    let span = Span::new(0, text.len());
    let body = arena.push(NodeKind::Block { items: List::EMPTY, value: false }, span);
    let message = "parsing was given up: the file takes too many parser steps for its size";
    FileFacts {
        matches: Vec::new(),
        language,
        names: names.finish(),
        arena,
        defs: vec![Definition { body: Some(body), ..definition(name, DefKind::Module, DefFlags::default(), DefId::MODULE, span, span) }],
        imports: vec![],
        exports: vec![],
        mods: vec![],
        all: None,
        comments: vec![],
        remarks: vec![],
        lines: crate::languages::lines::count(text),
        code_starts: crate::languages::lines::code_starts(text, &mut []),
        problems: vec![Problem::new(ProblemKind::Limit, None, message)],
        for_browsers: false,
        is_markup: false,
        is_outline: false,
    }
}

/// A definition with nothing in it yet.
fn definition(name: Name, kind: DefKind, flags: DefFlags, parent: DefId, span: Span, name_span: Span) -> Definition {
    Definition {
        name,
        kind,
        flags,
        parent,
        span,
        name_span,
        decorators: vec![],
        params: vec![],
        annotation: None,
        body: None,
        value: None,
        bases: vec![],
        implements: vec![],
        type_params: vec![],
    }
}

/// What surrounds a declaration and belongs to it: `@D() export default class …`.
#[derive(Default)]
pub(super) struct Outer {
    pub(super) flags: DefFlags,
    /// Decorators that stand before `export`.
    pub(super) decorators: Vec<NodeId>,
}

/// The name a function or class expression gets from where it is put: `const f = () => …`, `{ f: () => … }`.
#[derive(Clone, Copy)]
pub(super) struct Hint {
    pub(super) name: Name,
    pub(super) span: Span,
    pub(super) flags: DefFlags,
    /// The expression's own name is better: `export default function f() {}`.
    pub(super) weak: bool,
}

/// The node at the cursor.
#[derive(Clone, Copy)]
struct Here {
    id: u16,
    kind: Kind,
    span: Span,
}

/// The state of the walk over one file.
pub(super) struct Lowering<'t> {
    pub(super) text: &'t str,
    pub(super) grammar: &'static Grammar,
    pub(super) cursor: TreeCursor<'t>,
    here: Cell<Option<Here>>,
    pub(super) arena: Arena,
    pub(super) names: Interner,
    pub(super) defs: Vec<Definition>,
    pub(super) imports: Vec<Import>,
    pub(super) exports: Vec<Export>,
    pub(super) comments: Vec<Comment>,
    /// Where all comments are, for counting lines of code.
    pub(super) comment_spans: Vec<Span>,
    /// Children gathered for lists that are not complete yet. Each handler pops what it pushed.
    pub(super) stack: Vec<NodeId>,
    /// The definition whose code is being lowered.
    pub(super) scope: DefId,
    /// The statement at the cursor stands directly in a module or namespace, so its variables are definitions.
    pub(super) top: bool,
    /// Inside `if`, `try` … of the current scope.
    pub(super) conditional: u32,
    /// Inside a type, where `import("x")` loads nothing.
    pub(super) in_type: u32,
    /// A tag that was misread as `tag < T >` and waits for its template.
    pub(super) pending_tag: Option<NodeId>,
    /// Names that mean `require` here.
    pub(super) require_names: Vec<Name>,
    /// JavaScript, of which the compiler drops nothing and whose comments hold its types.
    pub(super) is_script: bool,
    /// The file has an `import` or `export` statement.
    pub(super) is_module: bool,
    /// Names that stand outside types somewhere.
    pub(super) value_names: FxHashSet<Name>,
    /// The modules that `declare module "m"` names, with its place.
    pub(super) augmented: Vec<(Name, Span)>,
    /// The last path built below the file's own folder, as an import that names it.
    pub(super) last_path: Option<(NodeId, usize)>,
    /// The last `require(…)` or `import(…)` call, and its place in `imports`.
    pub(super) last_load: Option<(NodeId, usize)>,
    /// Where the module strings of lowered imports start, so that the scan of broken regions does not report them again.
    pub(super) sources: Vec<u32>,
    /// The definition of a function signature that directly precedes, in case its implementation follows.
    pub(super) overload: Option<DefId>,
    /// The levels of the chains being lowered, see [`expressions`](super::expressions).
    pub(super) levels: Vec<Kind>,
    pub(super) depth: u32,
    cut: bool,
}

impl<'t> Lowering<'t> {
    fn new(text: &'t str, tree: &'t Tree, grammar: &'static Grammar, language: Language) -> Lowering<'t> {
        Lowering {
            text,
            grammar,
            cursor: tree.walk(),
            here: Cell::new(None),
            arena: Arena::default(),
            names: Interner::default(),
            defs: Vec::new(),
            imports: Vec::new(),
            exports: Vec::new(),
            comments: Vec::new(),
            comment_spans: Vec::new(),
            stack: Vec::new(),
            scope: DefId::MODULE,
            top: true,
            conditional: 0,
            in_type: 0,
            pending_tag: None,
            require_names: Vec::new(),
            is_script: language == Language::JavaScript,
            is_module: false,
            value_names: FxHashSet::default(),
            augmented: Vec::new(),
            last_path: None,
            last_load: None,
            sources: Vec::new(),
            overload: None,
            levels: Vec::new(),
            depth: 0,
            cut: false,
        }
    }

    fn file(mut self, parsed: &repair::Parsed, language: Language) -> FileFacts {
        let span = Span::new(0, self.text.len());
        let name = self.names.intern("");
        self.defs.push(definition(name, DefKind::Module, DefFlags::default(), DefId::MODULE, span, Span::new(0, 0)));
        let mark = self.mark();
        self.statements();
        let items = self.list(mark);
        let body = self.arena.push(NodeKind::Block { items, value: false }, span);
        self.defs[0].body = Some(body);
        self.mark_exported();
        self.add_augmentations();
        self.settle_erasable(!self.cut && !parsed.tree.root_node().has_error());

        let mut problems = Vec::new();
        if parsed.tree.root_node().has_error() {
            let errors = repair::errors(parsed);
            self.scan_for_imports(&errors);
            problems = repair::problems(&errors);
        }
        if self.cut {
            let message = format!("code nested more than {MAX_DEPTH} levels deep was left out");
            problems.push(Problem::new(ProblemKind::Limit, None, message));
        }
        let mut remarks = self.comment_spans.clone();
        remarks.retain(|span| self.text.get(span.range()).is_some_and(crate::languages::is_remark));
        remarks.sort_unstable();
        FileFacts {
            matches: Vec::new(),
            language,
            arena: self.arena,
            defs: self.defs,
            imports: self.imports,
            exports: self.exports,
            mods: vec![],
            all: None,
            comments: self.comments,
            lines: crate::languages::lines::count(self.text),
            code_starts: crate::languages::lines::code_starts(self.text, &mut self.comment_spans),
            remarks,
            problems,
            for_browsers: false,
            is_markup: false,
            is_outline: false,
            names: self.names.finish(),
        }
    }

    /// Exported names make their definitions public: `export { a }`, `module.exports = a`.
    fn mark_exported(&mut self) {
        let mut flags = rustc_hash::FxHashMap::<Name, DefFlags>::default();
        for export in &self.exports {
            if let NodeKind::Name(name) = self.arena.kind(export.value) {
                let default = matches!(self.names.get(export.exported), "default" | "=");
                flags.entry(name).or_default().set(exported_flags(default));
            }
        }
        if flags.is_empty() {
            return;
        }
        for def in self.defs.iter_mut().skip(1).filter(|def| def.parent == DefId::MODULE) {
            if let Some(&found) = flags.get(&def.name) {
                def.flags.set(found);
            }
        }
    }

    // --- the cursor ---

    /// What is at the cursor. Asked several times at most nodes, so the answer is kept until the cursor moves.
    fn here(&self) -> Here {
        if let Some(here) = self.here.get() {
            return here;
        }
        let node = self.cursor.node();
        let id = node.kind_id();
        let here = Here { id, kind: self.grammar.kind(id), span: Span::new(node.start_byte(), node.end_byte()) };
        self.here.set(Some(here));
        here
    }

    /// The kind of the node at the cursor.
    pub(super) fn kind(&self) -> Kind {
        self.here().kind
    }

    /// The bytes of the node at the cursor.
    pub(super) fn span(&self) -> Span {
        self.here().span
    }

    /// The operator the token at the cursor is.
    pub(super) fn operator(&self) -> Option<BinaryOp> {
        self.grammar.operator(self.here().id)
    }

    /// Moves to the first child, if there is one.
    pub(super) fn down(&mut self) -> bool {
        self.here.set(None);
        self.cursor.goto_first_child()
    }

    /// Moves to the next sibling, if there is one.
    pub(super) fn across(&mut self) -> bool {
        self.here.set(None);
        self.cursor.goto_next_sibling()
    }

    /// Moves to the parent.
    pub(super) fn up(&mut self) {
        self.here.set(None);
        self.cursor.goto_parent();
    }

    /// Runs `visit` on each child but comments, which are noted. The cursor returns to the node.
    pub(super) fn each_child(&mut self, mut visit: impl FnMut(&mut Self, Kind)) {
        if !self.down() {
            return;
        }
        loop {
            match self.kind() {
                Kind::Comment => self.comment(),
                kind => visit(self, kind),
            }
            if !self.across() {
                break;
            }
        }
        self.up();
    }

    /// Moves to the first child that is no comment.
    pub(super) fn enter(&mut self) -> bool {
        if !self.down() {
            return false;
        }
        while self.kind() == Kind::Comment {
            self.comment();
            if !self.across() {
                self.up();
                return false;
            }
        }
        true
    }

    /// Moves to the next sibling that is no comment.
    pub(super) fn next(&mut self) -> bool {
        while self.across() {
            if self.kind() != Kind::Comment {
                return true;
            }
            self.comment();
        }
        false
    }

    /// Moves to the parent, past the siblings that are left.
    pub(super) fn leave(&mut self) {
        while self.next() {}
        self.up();
    }

    // --- names and text ---

    /// The source text of a span; empty if it does not fall on characters.
    pub(super) fn slice(&self, span: Span) -> &'t str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The source text of the node at the cursor, as a name.
    pub(super) fn name(&mut self) -> Name {
        let text = self.slice(self.span());
        self.names.intern(text)
    }

    // --- nodes ---

    /// Adds a node with the given span.
    pub(super) fn push(&mut self, kind: NodeKind, span: Span) -> NodeId {
        self.arena.push(kind, span)
    }

    /// A node that stands for nothing known.
    pub(super) fn other(&mut self, span: Span) -> NodeId {
        self.push(NodeKind::Other(List::EMPTY), span)
    }

    /// Where the list that is about to be gathered starts on the stack.
    pub(super) fn mark(&self) -> usize {
        self.stack.len()
    }

    /// Ends a list: everything gathered since `mark`.
    pub(super) fn list(&mut self, mark: usize) -> List {
        let list = self.arena.push_list(&self.stack[mark..]);
        self.stack.truncate(mark);
        list
    }

    /// Ends a list as a vector.
    pub(super) fn take(&mut self, mark: usize) -> Vec<NodeId> {
        self.stack.split_off(mark)
    }

    /// Runs `handler` one level deeper, or leaves the node out when that is too deep.
    pub(super) fn deeper(&mut self, handler: impl FnOnce(&mut Self) -> NodeId) -> NodeId {
        if self.at_limit() {
            let span = self.span();
            return self.other(span);
        }
        self.depth += 1;
        let id = handler(self);
        self.depth -= 1;
        id
    }

    /// True when nothing may nest deeper; the file then gets a problem.
    pub(super) fn at_limit(&mut self) -> bool {
        let at_limit = self.depth >= MAX_DEPTH;
        if at_limit {
            self.cut = true;
            self.pending_tag = None;
        }
        at_limit
    }

    // --- definitions ---

    /// Opens a definition in the current scope.
    pub(super) fn define(&mut self, name: Name, kind: DefKind, flags: DefFlags, span: Span, name_span: Span) -> DefId {
        let id = DefId(self.defs.len() as u32);
        self.defs.push(definition(name, kind, flags, self.scope, span, name_span));
        id
    }

    /// The definition being filled in.
    pub(super) fn def(&mut self, id: DefId) -> &mut Definition {
        &mut self.defs[id.index()]
    }

    /// Runs `handler` with `scope` as the definition whose code is lowered.
    pub(super) fn inside<T>(&mut self, scope: DefId, handler: impl FnOnce(&mut Self) -> T) -> T {
        let before = (self.scope, self.conditional, self.top, self.in_type);
        (self.scope, self.conditional, self.top, self.in_type) = (scope, 0, false, 0);
        let result = handler(self);
        (self.scope, self.conditional, self.top, self.in_type) = before;
        result
    }

    /// Code that runs only sometimes: imports in it are conditional.
    pub(super) fn sometimes<T>(&mut self, handler: impl FnOnce(&mut Self) -> T) -> T {
        self.conditional += 1;
        let result = handler(self);
        self.conditional -= 1;
        result
    }
}

/// The flags that being exported gives a definition.
pub(super) fn exported_flags(default: bool) -> DefFlags {
    if default { DefFlags::PUBLIC | DefFlags::DEFAULT_EXPORT } else { DefFlags::PUBLIC }
}
