//! One Python file to facts: the walk over the syntax tree and what all its parts share.
//!
//! One cursor visits every node once. A handler is called with the cursor on its node, visits the children with
//! [`Lowering::down`] and [`Lowering::next`], and leaves the cursor where it found it. Comments, line continuations and
//! syntax errors can stand between any two children, so these two take them out of the way: handlers never see them.
//!
//! Handlers know children by their kind and order; the grammar's field names are not needed.

use tree_sitter::{Node as SyntaxNode, Tree, TreeCursor};

use super::kinds::{KINDS, Kind};
use super::parse;
use crate::model::body::{Arena, NodeId, NodeKind};
use crate::model::facts::{Comment, DefFlags, DefId, DefKind, Definition, FileFacts, Import, Interner, Name};
use crate::model::problem::{Problem, ProblemKind};
use crate::model::source::{Language, Span};

/// Handlers nested deeper than this leave their subtree out. Real code stays under 40; the cap keeps hostile input off the stack.
const MAX_DEPTH: u32 = 200;
/// Syntax errors told one by one; the rest are counted.
const MAX_SYNTAX_PROBLEMS: usize = 3;

/// Lowers the text of one Python file. Never fails: what cannot be parsed or lies too deep is told in `problems`.
pub fn lower(text: &str) -> FileFacts {
    let Some(tree) = parse::parse(text) else {
        return unparsed(text);
    };
    let root = tree.root_node();
    let mut lowering = Lowering {
        text,
        cursor: root.walk(),
        kinds: &KINDS,
        arena: Arena::default(),
        names: Interner::default(),
        defs: Vec::with_capacity(text.len() / 512 + 4),
        imports: Vec::new(),
        all: None,
        comments: Vec::new(),
        remarks: Vec::new(),
        stack: Vec::new(),
        links: Vec::new(),
        strays: Vec::new(),
        literal: String::new(),
        literal_start: 0,
        scope: Scope::module(),
        receiver_rebound: false,
        lazy: false,
        depth: 0,
        cut: Cut::default(),
        comment_spans: Vec::new(),
    };
    lowering.module();
    lowering.finish(&tree)
}

/// The facts of a file whose parse was given up: a module without code.
fn unparsed(text: &str) -> FileFacts {
    let mut names = Interner::default();
    let module = Definition { span: Span::new(0, text.len()), ..empty_definition(names.intern("")) };
    let message = "parsing takes too many steps: the file was left out";
    let lines = crate::languages::lines::count(text);
    FileFacts {
        matches: Vec::new(),
        language: Language::Python,
        names: names.finish(),
        arena: Arena::default(),
        defs: vec![module],
        imports: Vec::new(),
        exports: Vec::new(),
        mods: Vec::new(),
        all: None,
        comments: Vec::new(),
        remarks: Vec::new(),
        lines,
        code_starts: crate::languages::lines::code_starts(text, &mut []),
        problems: vec![Problem::new(ProblemKind::Limit, None, message)],
        for_browsers: false,
        is_markup: false,
        is_outline: false,
    }
}

/// A definition of kind module with nothing in it, to be filled.
pub(super) fn empty_definition(name: Name) -> Definition {
    Definition {
        name,
        kind: DefKind::Module,
        flags: DefFlags::PUBLIC,
        parent: DefId::MODULE,
        span: Span::default(),
        name_span: Span::default(),
        decorators: Vec::new(),
        params: Vec::new(),
        annotation: None,
        body: None,
        value: None,
        bases: Vec::new(),
        implements: Vec::new(),
        type_params: Vec::new(),
    }
}

/// What the code being lowered stands in.
#[derive(Clone, Copy)]
pub(super) struct Scope<'t> {
    /// The innermost definition that owns code.
    pub owner: DefId,
    pub kind: ScopeKind,
    /// True inside any function, however deep.
    pub in_function: bool,
    /// The name of the receiver (`self`, `cls`) as seen from here.
    pub receiver: Option<&'t str>,
    /// Under `if TYPE_CHECKING`.
    pub typing: bool,
    /// Under `if __name__ == "__main__"`: code that does not run when another module imports this one.
    pub as_script: bool,
    /// Under another `if`, or a `try`.
    pub conditional: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ScopeKind {
    Module,
    Class,
    Function,
}

impl Scope<'_> {
    fn module() -> Self {
        Scope {
            owner: DefId::MODULE,
            kind: ScopeKind::Module,
            in_function: false,
            receiver: None,
            typing: false,
            as_script: false,
            conditional: false,
        }
    }
}

/// A link of a left-nested chain (`a.b`, `f()`, `a + b`), open while its left end is being lowered.
pub(super) struct Link {
    pub kind: Kind,
    pub span: Span,
}

/// What the depth cap left out.
#[derive(Default)]
struct Cut {
    places: u32,
    bytes: u64,
    first: Option<Span>,
}

/// The state of one walk.
pub(super) struct Lowering<'t> {
    pub text: &'t str,
    cursor: TreeCursor<'t>,
    kinds: &'static [Kind],
    pub arena: Arena,
    pub names: Interner,
    pub defs: Vec<Definition>,
    pub imports: Vec<Import>,
    pub all: Option<Vec<Name>>,
    comments: Vec<Comment>,
    remarks: Vec<Span>,
    /// Child lists under construction: a handler remembers the height, pushes, and takes everything above it.
    pub stack: Vec<NodeId>,
    pub links: Vec<Link>,
    /// What was found inside syntax errors in the middle of an expression; the enclosing block takes it.
    strays: Vec<NodeId>,
    /// Literal text of an f-string not yet made a `Str`, and where it starts.
    pub literal: String,
    pub literal_start: u32,
    pub scope: Scope<'t>,
    /// Set when the receiver's name is bound again.
    pub receiver_rebound: bool,
    /// Set by the `lazy` of `lazy import a`.
    pub lazy: bool,
    depth: u32,
    cut: Cut,
    comment_spans: Vec<Span>,
}

/// Moving and looking.
impl<'t> Lowering<'t> {
    /// The kind of the node under the cursor.
    pub(super) fn kind(&self) -> Kind {
        self.kind_of(self.cursor.node())
    }

    fn kind_of(&self, node: SyntaxNode<'t>) -> Kind {
        self.kinds.get(node.kind_id() as usize).copied().unwrap_or(Kind::Error)
    }

    pub(super) fn span(&self) -> Span {
        let node = self.cursor.node();
        Span::new(node.start_byte(), node.end_byte())
    }

    /// The source text of the node under the cursor.
    pub(super) fn source(&self) -> &'t str {
        self.slice(self.span())
    }

    pub(super) fn slice(&self, span: Span) -> &'t str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// Moves to the first child that is code. False, and nothing moved, when there is none.
    pub(super) fn down(&mut self) -> bool {
        if !self.cursor.goto_first_child() {
            return false;
        }
        if self.settle() {
            return true;
        }
        self.up();
        false
    }

    /// Moves to the next sibling that is code. False, and on the last child, when there is none.
    pub(super) fn next(&mut self) -> bool {
        self.cursor.goto_next_sibling() && self.settle()
    }

    pub(super) fn up(&mut self) {
        self.cursor.goto_parent();
    }

    /// Moves down, or on, to a child that is not a token.
    pub(super) fn down_to_named(&mut self) -> bool {
        self.down() && (self.skip_tokens() || self.back_up())
    }

    /// Moves on to the next sibling that is not a token.
    pub(super) fn next_named(&mut self) -> bool {
        self.next() && self.skip_tokens()
    }

    fn skip_tokens(&mut self) -> bool {
        while self.kind().is_token() {
            if !self.next() {
                return false;
            }
        }
        true
    }

    fn back_up(&mut self) -> bool {
        self.up();
        false
    }

    /// Passes over comments, line continuations and syntax errors, taking notes.
    fn settle(&mut self) -> bool {
        loop {
            let node = self.cursor.node();
            match self.kind_of(node) {
                Kind::Comment => self.comment(node),
                Kind::LineContinuation => {}
                Kind::Error if is_lazy_keyword(self.text, node) => self.lazy = true,
                Kind::Error => {
                    let stray = self.error();
                    self.strays.push(stray);
                }
                _ => return true,
            }
            if !self.cursor.goto_next_sibling() {
                return false;
            }
        }
    }

    /// What can be made of the children of a syntax error.
    fn error(&mut self) -> NodeId {
        let span = self.span();
        let Some(_) = self.enter() else {
            return self.arena.push(NodeKind::Other(crate::model::body::List::EMPTY), span);
        };
        let base = self.stack.len();
        if self.down() {
            loop {
                if !self.kind().is_token() {
                    self.statement();
                }
                if !self.next() {
                    break;
                }
            }
            self.up();
        }
        self.leave();
        self.other_from(base, span)
    }

    fn comment(&mut self, node: SyntaxNode<'t>) {
        let span = Span::new(node.start_byte(), node.end_byte());
        self.comment_spans.push(span);
        let text = self.slice(span);
        if crate::languages::is_remark(text) {
            self.remarks.push(span);
        }
        if has_marker(text) || crate::model::words::tells_of_single_rows(text) {
            self.comments.push(Comment { text: self.names.intern(text.trim_end()), span });
        }
    }

    /// Goes one level deeper, or notes that the node under the cursor is left out.
    pub(super) fn enter(&mut self) -> Option<()> {
        if self.depth >= MAX_DEPTH {
            let span = self.span();
            self.cut.places += 1;
            self.cut.bytes += u64::from(span.end - span.start);
            self.cut.first.get_or_insert(span);
            return None;
        }
        self.depth += 1;
        Some(())
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }
}

/// Making nodes.
impl<'t> Lowering<'t> {
    pub(super) fn push(&mut self, kind: NodeKind, span: Span) -> NodeId {
        self.arena.push(kind, span)
    }

    /// The list of all nodes on the stack above `base`, taken off.
    pub(super) fn list_from(&mut self, base: usize) -> crate::model::body::List {
        let list = self.arena.push_list(&self.stack[base..]);
        self.stack.truncate(base);
        list
    }

    pub(super) fn other_from(&mut self, base: usize, span: Span) -> NodeId {
        let items = self.list_from(base);
        self.push(NodeKind::Other(items), span)
    }

    pub(super) fn other(&mut self, items: &[NodeId], span: Span) -> NodeId {
        let items = self.arena.push_list(items);
        self.push(NodeKind::Other(items), span)
    }

    pub(super) fn str_node(&mut self, text: &str, span: Span) -> NodeId {
        let name = self.names.intern(text);
        self.push(NodeKind::Str(name), span)
    }

    pub(super) fn name_node(&mut self, text: &str, span: Span) -> NodeId {
        let name = self.names.intern(text);
        self.push(NodeKind::Name(name), span)
    }

    /// Takes a node out of use that a repair has replaced, so that nobody who lists all nodes meets its content twice.
    pub(super) fn retire(&mut self, node: NodeId) {
        self.arena.replace(node, NodeKind::Other(crate::model::body::List::EMPTY));
    }

    /// What syntax errors inside the statement just lowered held, as statements of its block.
    pub(super) fn take_strays(&mut self) {
        self.stack.append(&mut self.strays);
    }

    /// The node, if it is a name, as text.
    pub(super) fn name_of(&self, node: NodeId) -> Option<&str> {
        match self.arena.kind(node) {
            NodeKind::Name(name) => Some(self.names.get(name)),
            _ => None,
        }
    }

    /// The last name of `a`, `x.a`, `x.y.a`.
    pub(super) fn last_name_of(&self, node: NodeId) -> Option<&str> {
        match self.arena.kind(node) {
            NodeKind::Name(name) | NodeKind::Member { name, .. } => Some(self.names.get(name)),
            _ => None,
        }
    }
}

/// Beginning and end.
impl<'t> Lowering<'t> {
    fn module(&mut self) {
        let span = Span::new(0, self.text.len());
        let name = self.names.intern("");
        self.defs.push(Definition { span, ..empty_definition(name) });
        let body = self.block();
        self.defs[0].body = Some(body);
    }

    fn finish(self, tree: &Tree) -> FileFacts {
        let lines = crate::languages::lines::count(self.text);
        let mut comment_spans = self.comment_spans;
        let mut problems = syntax_problems(self.text, tree);
        if self.cut.places > 0 {
            let Cut { places, bytes, first } = self.cut;
            let message = format!("code nested deeper than {MAX_DEPTH} levels was left out in {places} places ({bytes} bytes)");
            problems.push(Problem::new(ProblemKind::Limit, first, message));
        }
        FileFacts {
            matches: Vec::new(),
            language: Language::Python,
            names: self.names.finish(),
            arena: self.arena,
            defs: self.defs,
            imports: self.imports,
            exports: Vec::new(),
            mods: Vec::new(),
            all: self.all,
            comments: self.comments,
            remarks: self.remarks,
            lines,
            code_starts: crate::languages::lines::code_starts(self.text, &mut comment_spans),
            problems,
            for_browsers: false,
            is_markup: false,
            is_outline: false,
        }
    }
}

/// The first syntax errors one by one, and how many more there are.
fn syntax_problems(text: &str, tree: &Tree) -> Vec<Problem> {
    let root = tree.root_node();
    if !root.has_error() {
        return Vec::new();
    }
    let mut problems = Vec::new();
    let mut count = 0usize;
    let mut cursor = root.walk();
    'walk: loop {
        let node = cursor.node();
        let own = (node.is_error() || node.is_missing()) && !is_lazy_keyword(text, node);
        if own {
            count += 1;
            if count <= MAX_SYNTAX_PROBLEMS {
                let span = Span::new(node.start_byte(), node.end_byte());
                let message = if node.is_missing() {
                    format!("syntax error: `{}` is missing", node.kind())
                } else {
                    "syntax error: this part was skipped".to_owned()
                };
                problems.push(Problem::new(ProblemKind::Syntax, Some(span), message));
            }
        }
        // An error inside an error is the same trouble.
        if !own && node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                break 'walk;
            }
        }
    }
    if count > MAX_SYNTAX_PROBLEMS {
        let message = format!("{} more syntax errors in this file", count - MAX_SYNTAX_PROBLEMS);
        problems.push(Problem::new(ProblemKind::Syntax, None, message));
    }
    problems
}

/// True for the soft keyword of `lazy import a` (PEP 810), which the grammar does not know: an error that is just this word before an import.
fn is_lazy_keyword(text: &str, node: SyntaxNode) -> bool {
    node.is_error()
        && text.get(node.byte_range()) == Some("lazy")
        && node.next_sibling().is_some_and(|next| matches!(next.kind(), "import_statement" | "import_from_statement"))
}

/// True for comments that archcheck reads later.
fn has_marker(text: &str) -> bool {
    ["archcheck:", "TODO", "FIXME", "HACK", "XXX"].iter().any(|marker| memchr::memmem::find(text.as_bytes(), marker.as_bytes()).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_whose_parse_was_given_up_is_an_empty_module() {
        let facts = unparsed("x = 1\n\n# y\n");
        assert_eq!(
            crate::lower::render::render(&facts),
            "#0 module public\nproblem Limit: parsing takes too many steps: the file was left out\nlines 3 code 2\n"
        );
    }
}
