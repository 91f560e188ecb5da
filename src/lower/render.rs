//! Prints [`FileFacts`] as compact, stable text: what `archcheck dump facts` shows and what the tests of the lowerings compare.
//!
//! Statements stand one to a line with their blocks indented, expressions are S-expressions on one line:
//!
//! ```text
//! #1 function load public async
//!   param id: int
//!   body
//!     for row in (call db.rows id)
//!       (return row.name)
//! import app.db {session} as session type
//! ```
//!
//! It shows every fact but the spans of nodes, and nothing else: no source text, no file name, no opinion. Nothing parses it.

use std::fmt::Write;

use crate::model::body::{AssignOp, BinaryOp, CallForm, CollectionKind, List, LoopKind, NodeId, NodeKind, TextForm, UnaryOp};
use crate::model::facts::{DefFlags, DefId, DefKind, Definition, FileFacts, Import, ImportItem, ImportKind, Name, Param, ParamKind};

/// Nodes nested deeper than this print as `…`: a long operator chain is as deep in the arena as it is long.
const MAX_DEPTH: usize = 150;

/// All facts of a file as text. Ends with a newline.
pub fn render(facts: &FileFacts) -> String {
    let mut printer = Printer { facts, out: shape(facts) };
    for comment in &facts.comments {
        let _ = writeln!(printer.out, "comment {:?}", facts.text(comment.text));
    }
    for problem in &facts.problems {
        let _ = write!(printer.out, "problem {:?}", problem.kind);
        if let Some(span) = problem.span {
            let _ = write!(printer.out, " {}..{}", span.start, span.end);
        }
        let _ = writeln!(printer.out, ": {}", problem.message);
    }
    let _ = writeln!(printer.out, "lines {} code {}", facts.lines, facts.code_lines());
    printer.out
}

/// The code alone, without comments, problems and lengths: equal for texts that mean the same to every rule about code.
pub fn shape(facts: &FileFacts) -> String {
    let mut printer = Printer { facts, out: String::new() };
    for (id, def) in facts.definitions() {
        printer.definition(id, def);
    }
    for import in &facts.imports {
        printer.import(import);
    }
    for export in &facts.exports {
        let _ = write!(printer.out, "export {} = ", facts.text(export.exported));
        printer.expression(export.value, 0);
        printer.out.push('\n');
    }
    for module in &facts.mods {
        let _ = write!(printer.out, "mod {}", facts.text(module.name));
        if let Some(path) = module.path {
            let _ = write!(printer.out, " path {:?}", facts.text(path));
        }
        printer.words(&[(module.public, " public"), (module.test, " test")]);
        printer.scope(module.scope);
        printer.out.push('\n');
    }
    if let Some(all) = &facts.all {
        printer.out.push_str("all");
        for &name in all {
            let _ = write!(printer.out, " {}", facts.text(name));
        }
        printer.out.push('\n');
    }
    printer.out
}

/// The body of one definition, one statement a line. Empty when it has none.
pub fn render_body(facts: &FileFacts, def: DefId) -> String {
    let mut printer = Printer { facts, out: String::new() };
    if let Some(body) = facts.def(def).body {
        printer.block(body, 0, 0);
    }
    printer.out
}

/// One node as an expression on one line, without a newline.
pub fn render_node(facts: &FileFacts, node: NodeId) -> String {
    let mut printer = Printer { facts, out: String::new() };
    printer.expression(node, 0);
    printer.out
}

struct Printer<'a> {
    facts: &'a FileFacts,
    out: String,
}

impl Printer<'_> {
    fn definition(&mut self, id: DefId, def: &Definition) {
        let name = self.facts.text(def.name);
        let _ = write!(self.out, "#{} {}", id.0, kind_name(def.kind));
        if !name.is_empty() {
            let _ = write!(self.out, " {name}");
        }
        for (flag, word) in FLAGS {
            if def.flags.has(*flag) {
                let _ = write!(self.out, " {word}");
            }
        }
        self.scope(def.parent);
        self.out.push('\n');
        for &node in &def.decorators {
            self.labelled("decorator ", node);
        }
        for &node in &def.bases {
            self.labelled("base ", node);
        }
        for &node in &def.implements {
            self.labelled("implements ", node);
        }
        for &node in def.type_params.iter().flat_map(|param| &param.bounds) {
            self.labelled("bound ", node);
        }
        for param in &def.params {
            self.param(param);
        }
        if let Some(node) = def.annotation {
            self.labelled("type ", node);
        }
        if let Some(node) = def.value {
            self.labelled("value ", node);
        }
        if let Some(body) = def.body {
            let value = matches!(self.facts.arena.kind(body), NodeKind::Block { value: true, .. });
            self.out.push_str(if value { "  body value\n" } else { "  body\n" });
            self.block(body, 2, 0);
        }
    }

    fn param(&mut self, param: &Param) {
        self.out.push_str("  param ");
        self.out.push_str(match param.kind {
            ParamKind::Normal => "",
            ParamKind::KeywordOnly => "keyword ",
            ParamKind::Rest => "*",
            ParamKind::KeywordRest => "**",
            ParamKind::Receiver => "receiver ",
        });
        if let Some(name) = param.name {
            self.out.push_str(self.facts.text(name));
        }
        if let Some(pattern) = param.pattern {
            self.out.push_str("pattern ");
            self.expression(pattern, 0);
        }
        for (before, node) in [(": ", param.annotation), (" = ", param.default)] {
            if let Some(node) = node {
                self.out.push_str(before);
                self.expression(node, 0);
            }
        }
        for &node in &param.decorators {
            self.out.push_str(" @");
            self.expression(node, 0);
        }
        self.out.push('\n');
    }

    fn import(&mut self, import: &Import) {
        let _ = write!(self.out, "import {}{}", ".".repeat(import.level as usize), self.facts.text(import.specifier));
        match import.item {
            ImportItem::Module => self.out.push_str(" (module)"),
            ImportItem::Root => self.out.push_str(" (root)"),
            ImportItem::Named(name) => {
                let _ = write!(self.out, " {{{}}}", self.facts.text(name));
            }
            ImportItem::Star => self.out.push_str(" *"),
            ImportItem::Nothing => self.out.push_str(" (nothing)"),
            ImportItem::Matching => self.out.push_str(" (matching)"),
        }
        if let Some(local) = import.local {
            let _ = write!(self.out, " as {}", self.facts.text(local));
        }
        self.out.push_str(match import.kind {
            ImportKind::Load => "",
            ImportKind::Type => " type",
            ImportKind::Dropped => " dropped",
            ImportKind::Deferred => " deferred",
            ImportKind::String => " string",
            ImportKind::Test => " test",
        });
        self.words(&[(import.re_export, " re-export"), (import.conditional, " conditional")]);
        self.scope(import.scope);
        self.out.push('\n');
    }

    fn words(&mut self, words: &[(bool, &str)]) {
        for (shown, word) in words {
            if *shown {
                self.out.push_str(word);
            }
        }
    }

    /// Where something stands, unless that is the file's module.
    fn scope(&mut self, scope: DefId) {
        if scope != DefId::MODULE {
            let _ = write!(self.out, " in #{}", scope.0);
        }
    }

    fn labelled(&mut self, label: &str, node: NodeId) {
        self.out.push_str("  ");
        self.out.push_str(label);
        self.expression(node, 0);
        self.out.push('\n');
    }

    /// The statements of a block, or a lone expression, each on its own line.
    fn block(&mut self, node: NodeId, indent: usize, depth: usize) {
        match self.facts.arena.kind(node) {
            NodeKind::Block { items, .. } => {
                for item in self.facts.arena.list(items) {
                    self.statement(item, indent + 1, depth + 1);
                }
            }
            _ => self.statement(node, indent + 1, depth + 1),
        }
    }

    fn is_block(&self, node: NodeId) -> bool {
        matches!(self.facts.arena.kind(node), NodeKind::Block { .. })
    }

    fn start(&mut self, indent: usize, word: &str) {
        // `indent` counts levels of two spaces; the outermost level of a bare body is one.
        for _ in 1..indent {
            self.out.push_str("  ");
        }
        self.out.push_str(word);
    }

    fn section(&mut self, word: &str, body: Option<NodeId>, indent: usize, depth: usize) {
        if let Some(body) = body {
            self.start(indent, word);
            self.out.push('\n');
            self.block(body, indent, depth);
        }
    }

    fn statement(&mut self, node: NodeId, indent: usize, depth: usize) {
        if depth > MAX_DEPTH {
            self.start(indent, "…\n");
            return;
        }
        match self.facts.arena.kind(node) {
            NodeKind::If { condition, then, otherwise } if self.is_block(then) => {
                self.start(indent, "if ");
                self.expression(condition, depth);
                self.out.push('\n');
                self.block(then, indent, depth);
                self.section("else", otherwise, indent, depth);
            }
            NodeKind::Loop { kind, is_async, target, source, body } if kind != LoopKind::Comprehension && self.is_block(body) => {
                self.start(indent, "");
                self.loop_head(kind, is_async, target, source, depth);
                self.out.push('\n');
                self.block(body, indent, depth);
            }
            NodeKind::Match { subject, arms } => {
                self.start(indent, "match ");
                self.expression(subject, depth);
                self.out.push('\n');
                for arm in self.facts.arena.list(arms) {
                    self.statement(arm, indent + 1, depth + 1);
                }
            }
            NodeKind::Arm { pattern, guard, body } => {
                self.start(indent, "arm ");
                self.expression(pattern, depth);
                if let Some(guard) = guard {
                    self.out.push_str(" if ");
                    self.expression(guard, depth);
                }
                self.out.push('\n');
                self.block(body, indent, depth);
            }
            NodeKind::Try { body, handlers, otherwise, finally } => {
                self.section("try", Some(body), indent, depth);
                for handler in self.facts.arena.list(handlers) {
                    self.statement(handler, indent, depth + 1);
                }
                self.section("else", otherwise, indent, depth);
                self.section("finally", finally, indent, depth);
            }
            NodeKind::Handler { types, binding, body } => {
                self.start(indent, "handler");
                self.rest(types, depth);
                if let Some(binding) = binding {
                    self.out.push_str(" as ");
                    self.expression(binding, depth);
                }
                self.out.push('\n');
                self.block(body, indent, depth);
            }
            NodeKind::With { items, body, is_async } => {
                self.start(indent, if is_async { "async-with" } else { "with" });
                self.rest(items, depth);
                self.out.push('\n');
                self.block(body, indent, depth);
            }
            NodeKind::Block { value, .. } => {
                self.start(indent, if value { "block value\n" } else { "block\n" });
                self.block(node, indent, depth);
            }
            _ => {
                self.start(indent, "");
                self.expression(node, depth);
                self.out.push('\n');
            }
        }
    }

    fn loop_head(&mut self, kind: LoopKind, is_async: bool, target: Option<NodeId>, source: Option<NodeId>, depth: usize) {
        self.words(&[(is_async, "async-")]);
        self.out.push_str(match kind {
            LoopKind::ForEach => "for",
            LoopKind::Counted => "counted",
            LoopKind::While => "while",
            LoopKind::Infinite => "infinite",
            LoopKind::Comprehension => "comprehension",
        });
        if let Some(target) = target {
            self.out.push(' ');
            self.expression(target, depth);
            self.out.push_str(" in");
        }
        self.next_option(source, depth);
    }

    /// A node on one line; blocks inside it as `{ a; b }`.
    fn expression(&mut self, node: NodeId, depth: usize) {
        if depth > MAX_DEPTH {
            self.out.push('…');
            return;
        }
        let depth = depth + 1;
        match self.facts.arena.kind(node) {
            NodeKind::Name(name) => self.push_name(name),
            NodeKind::Receiver => self.out.push_str("<receiver>"),
            NodeKind::Super => self.out.push_str("<super>"),
            NodeKind::Member { object, name, path } => {
                self.expression(object, depth);
                self.out.push_str(if path { "::" } else { "." });
                self.push_name(name);
            }
            NodeKind::Index { object, index } => {
                self.expression(object, depth);
                self.out.push('[');
                self.expression(index, depth);
                self.out.push(']');
            }
            NodeKind::Call { callee, args, form } => {
                self.open(match form {
                    CallForm::Plain => "call",
                    CallForm::New => "new",
                    CallForm::Macro => "macro",
                    CallForm::Tagged => "tagged",
                    CallForm::Jsx => "jsx",
                    CallForm::Pattern => "pattern",
                });
                self.next(callee, depth);
                self.close_list(args, depth);
            }
            NodeKind::Argument { name, value } => {
                self.push_name(name);
                self.out.push('=');
                self.expression(value, depth);
            }
            NodeKind::Spread { value, named } => {
                self.out.push_str(if named { "**" } else { "*" });
                self.expression(value, depth);
            }
            NodeKind::Str(name) => self.quoted("", name),
            NodeKind::Bytes(name) => self.quoted("b", name),
            NodeKind::Number(name) => self.push_name(name),
            NodeKind::Regex(name) => {
                self.out.push_str("(regex ");
                self.quoted("", name);
                self.out.push(')');
            }
            NodeKind::Bool(value) => self.out.push_str(if value { "true" } else { "false" }),
            NodeKind::Null => self.out.push_str("null"),
            NodeKind::Text { parts, form } => {
                self.open("text ");
                self.out.push_str(match form {
                    TextForm::Interpolated => "interpolated",
                    TextForm::Format => "format",
                    TextForm::Concat => "concat",
                    TextForm::Join => "join",
                });
                self.close_list(parts, depth);
            }
            NodeKind::Await(value) => self.unary("await", value, depth),
            NodeKind::Propagate(value) => self.unary("?", value, depth),
            NodeKind::Unary { op, value } => self.unary(unary_name(op), value, depth),
            NodeKind::Binary { op, left, right } => {
                self.open(binary_name(op));
                self.next(left, depth);
                self.next(right, depth);
                self.out.push(')');
            }
            NodeKind::Collection { kind, items } => {
                self.open(match kind {
                    CollectionKind::List => "list",
                    CollectionKind::Tuple => "tuple",
                    CollectionKind::Set => "set",
                    CollectionKind::Dict => "dict",
                });
                self.close_list(items, depth);
            }
            NodeKind::Entry { key, value } => {
                self.expression(key, depth);
                self.out.push(':');
                self.expression(value, depth);
            }
            NodeKind::Closure(def) => {
                let _ = write!(self.out, "(closure #{})", def.0);
            }
            NodeKind::Define(def) => {
                let _ = write!(self.out, "(define #{})", def.0);
            }
            NodeKind::If { condition, then, otherwise } => {
                self.open("if");
                self.next(condition, depth);
                self.next(then, depth);
                self.next_option(otherwise, depth);
                self.out.push(')');
            }
            NodeKind::Loop { kind, is_async, target, source, body } => {
                self.out.push('(');
                self.loop_head(kind, is_async, target, source, depth);
                self.out.push_str(" =>");
                self.next(body, depth);
                self.out.push(')');
            }
            NodeKind::Block { items, value } => {
                self.out.push_str(if value { "{=" } else { "{" });
                for (at, item) in self.facts.arena.list(items).enumerate() {
                    self.out.push_str(if at == 0 { " " } else { "; " });
                    self.expression(item, depth);
                }
                self.out.push_str(" }");
            }
            NodeKind::Match { subject, arms } => {
                self.open("match");
                self.next(subject, depth);
                self.close_list(arms, depth);
            }
            NodeKind::Arm { pattern, guard, body } => {
                self.open("arm");
                self.next(pattern, depth);
                if let Some(guard) = guard {
                    self.out.push_str(" if");
                    self.next(guard, depth);
                }
                self.out.push_str(" =>");
                self.next(body, depth);
                self.out.push(')');
            }
            NodeKind::Try { body, handlers, otherwise, finally } => {
                self.open("try");
                self.next(body, depth);
                self.rest(handlers, depth);
                for (word, part) in [(" else", otherwise), (" finally", finally)] {
                    if part.is_some() {
                        self.out.push_str(word);
                        self.next_option(part, depth);
                    }
                }
                self.out.push(')');
            }
            NodeKind::Handler { types, binding, body } => {
                self.open("handler");
                self.rest(types, depth);
                if binding.is_some() {
                    self.out.push_str(" as");
                    self.next_option(binding, depth);
                }
                self.out.push_str(" =>");
                self.next(body, depth);
                self.out.push(')');
            }
            NodeKind::With { items, body, is_async } => {
                self.open(if is_async { "async-with" } else { "with" });
                self.rest(items, depth);
                self.out.push_str(" =>");
                self.next(body, depth);
                self.out.push(')');
            }
            NodeKind::Assign { target, value, op } => {
                self.open(match op {
                    AssignOp::Set => "=",
                    AssignOp::Augment(op) => binary_name(op),
                    AssignOp::With => "with=",
                    AssignOp::Test => "test=",
                    AssignOp::Default => "default=",
                });
                if let AssignOp::Augment(_) = op {
                    self.out.push('=');
                }
                self.next(target, depth);
                self.next(value, depth);
                self.out.push(')');
            }
            NodeKind::Declare { target, annotation, value, constant } => {
                self.open(if constant { "const" } else { "declare" });
                self.next(target, depth);
                if let Some(annotation) = annotation {
                    self.out.push_str(": ");
                    self.expression(annotation, depth);
                }
                if let Some(value) = value {
                    self.out.push_str(" = ");
                    self.expression(value, depth);
                }
                self.out.push(')');
            }
            NodeKind::Return(value) => self.optional("return", value, depth),
            NodeKind::Raise(value) => self.optional("raise", value, depth),
            NodeKind::Yield(value) => self.optional("yield", value, depth),
            NodeKind::Break(value) => self.optional("break", value, depth),
            NodeKind::Continue => self.out.push_str("(continue)"),
            NodeKind::Assert(value) => self.unary("assert", value, depth),
            NodeKind::Cast { value, to } => {
                self.open("cast");
                self.next(value, depth);
                self.next(to, depth);
                self.out.push(')');
            }
            NodeKind::Apply { base, args } => {
                self.open("apply");
                self.next(base, depth);
                self.close_list(args, depth);
            }
            NodeKind::Union(items) => {
                self.open("union");
                self.close_list(items, depth);
            }
            NodeKind::Other(items) => {
                self.open("other");
                self.close_list(items, depth);
            }
        }
    }

    fn open(&mut self, word: &str) {
        self.out.push('(');
        self.out.push_str(word);
    }

    fn next(&mut self, node: NodeId, depth: usize) {
        self.out.push(' ');
        self.expression(node, depth);
    }

    fn next_option(&mut self, node: Option<NodeId>, depth: usize) {
        if let Some(node) = node {
            self.next(node, depth);
        }
    }

    fn rest(&mut self, items: List, depth: usize) {
        for item in self.facts.arena.list(items) {
            self.next(item, depth);
        }
    }

    fn close_list(&mut self, items: List, depth: usize) {
        self.rest(items, depth);
        self.out.push(')');
    }

    fn unary(&mut self, word: &str, value: NodeId, depth: usize) {
        self.optional(word, Some(value), depth);
    }

    fn optional(&mut self, word: &str, value: Option<NodeId>, depth: usize) {
        self.open(word);
        self.next_option(value, depth);
        self.out.push(')');
    }

    fn push_name(&mut self, name: Name) {
        self.out.push_str(self.facts.text(name));
    }

    fn quoted(&mut self, prefix: &str, name: Name) {
        let _ = write!(self.out, "{prefix}{:?}", self.facts.text(name));
    }
}

const FLAGS: &[(DefFlags, &str)] = &[
    (DefFlags::PUBLIC, "public"),
    (DefFlags::DEFAULT_EXPORT, "default-export"),
    (DefFlags::ASYNC, "async"),
    (DefFlags::GENERATOR, "generator"),
    (DefFlags::STATIC, "static"),
    (DefFlags::CLASS_METHOD, "class-method"),
    (DefFlags::GETTER, "getter"),
    (DefFlags::ABSTRACT, "abstract"),
    (DefFlags::TEST, "test"),
    (DefFlags::CLOSURE, "closure"),
    (DefFlags::PARAMETER_PROPERTY, "parameter-property"),
    (DefFlags::CONSTANT, "constant"),
    (DefFlags::PRIVATE, "private"),
];

fn kind_name(kind: DefKind) -> &'static str {
    match kind {
        DefKind::Module => "module",
        DefKind::Function => "function",
        DefKind::Method => "method",
        DefKind::Class => "class",
        DefKind::Struct => "struct",
        DefKind::Enum => "enum",
        DefKind::Interface => "interface",
        DefKind::Trait => "trait",
        DefKind::Impl => "impl",
        DefKind::Field => "field",
        DefKind::Variant => "variant",
        DefKind::Variable => "variable",
        DefKind::TypeAlias => "type-alias",
        DefKind::Macro => "macro",
    }
}

fn unary_name(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Not => "not",
        UnaryOp::Negate => "negate",
        UnaryOp::TypeOf => "typeof",
        UnaryOp::Delete => "delete",
        UnaryOp::Step => "step",
        UnaryOp::Number => "number",
        UnaryOp::Other => "unary",
    }
}

fn binary_name(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Remainder => "%",
        BinaryOp::Power => "**",
        BinaryOp::Bits => "bits",
        BinaryOp::And => "and",
        BinaryOp::Or => "or",
        BinaryOp::Coalesce => "??",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::In => "in",
        BinaryOp::NotIn => "not-in",
        BinaryOp::Is => "is",
        BinaryOp::IsNot => "is-not",
        BinaryOp::InstanceOf => "instanceof",
        BinaryOp::Range => "range",
        BinaryOp::Other => "operator",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::body::Arena;
    use crate::model::facts::Interner;
    use crate::model::source::{Language, Span};

    fn facts_of(build: impl FnOnce(&mut Arena, &mut Interner) -> NodeId) -> FileFacts {
        let mut arena = Arena::default();
        let mut names = Interner::default();
        let body = build(&mut arena, &mut names);
        let module = Definition {
            name: names.intern(""),
            kind: DefKind::Module,
            flags: DefFlags::PUBLIC,
            parent: DefId::MODULE,
            span: Span::default(),
            name_span: Span::default(),
            decorators: vec![],
            params: vec![],
            annotation: None,
            body: Some(body),
            value: None,
            bases: vec![],
            implements: vec![],
            type_params: vec![],
        };
        FileFacts {
            matches: Vec::new(),
            language: Language::Python,
            names: names.finish(),
            arena,
            defs: vec![module],
            imports: vec![],
            exports: vec![],
            mods: vec![],
            all: None,
            comments: vec![],
            remarks: vec![],
            lines: 1,
            code_starts: vec![0],
            problems: vec![],
            for_browsers: false,
            is_markup: false,
            is_outline: false,
        }
    }

    #[test]
    fn statements_are_indented_and_expressions_stay_on_a_line() {
        let facts = facts_of(|arena, names| {
            let at = Span::default();
            let x = arena.push(NodeKind::Name(names.intern("x")), at);
            let row = arena.push(NodeKind::Member { object: x, name: names.intern("row"), path: false }, at);
            let text = arena.push(NodeKind::Str(names.intern("a\n")), at);
            let args = arena.push_list(&[text]);
            let call = arena.push(NodeKind::Call { callee: row, args, form: CallForm::Plain }, at);
            let items = arena.push_list(&[call]);
            let then = arena.push(NodeKind::Block { items, value: false }, at);
            let condition = arena.push(NodeKind::If { condition: x, then, otherwise: Some(then) }, at);
            let items = arena.push_list(&[condition, call]);
            arena.push(NodeKind::Block { items, value: false }, at)
        });
        let expected = "\
#0 module public
  body
    if x
      (call x.row \"a\\n\")
    else
      (call x.row \"a\\n\")
    (call x.row \"a\\n\")
lines 1 code 1
";
        assert_eq!(render(&facts), expected);
        assert_eq!(
            render_body(&facts, DefId::MODULE),
            "if x\n  (call x.row \"a\\n\")\nelse\n  (call x.row \"a\\n\")\n(call x.row \"a\\n\")\n"
        );
    }

    #[test]
    fn deep_chains_are_cut_instead_of_overflowing_the_stack() {
        let facts = facts_of(|arena, names| {
            let mut node = arena.push(NodeKind::Name(names.intern("x")), Span::default());
            for _ in 0..200_000 {
                node = arena.push(NodeKind::Await(node), Span::default());
            }
            node
        });
        assert!(render(&facts).contains("(await …)"));
    }
}
