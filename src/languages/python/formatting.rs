//! Text building by methods and operators: `"…" % x`, `"…".format(x)`, `"…".join(xs)`.
//!
//! The literal is cut at its placeholders and each takes its argument's node. Every argument stands in the result exactly once:
//! one used twice is copied, one no placeholder uses comes last in an `Other`, and when arguments cannot be told apart
//! (`"%s %s" % row`) the first placeholder holds them all.

use std::collections::VecDeque;

use super::lower::Lowering;
use crate::model::body::{CollectionKind, List, NodeId, NodeKind, TextForm};
use crate::model::facts::Name;
use crate::model::source::Span;

/// A piece of a format string.
#[derive(Debug, PartialEq)]
enum Piece {
    Text(String),
    Hole(Hole),
}

/// A placeholder.
#[derive(Debug, Default, PartialEq)]
struct Hole {
    /// Which argument: by position in turn when there is none.
    key: Option<String>,
    /// `.name` and `[key]` after the argument's key.
    path: Vec<Step>,
    /// `int` or `float` when it formats a number.
    number: Option<&'static str>,
    /// Extra arguments it takes in turn before its own (`%*d`).
    extra: usize,
}

#[derive(Debug, PartialEq)]
enum Step {
    Member(String),
    Index(String),
}

/// Parts of a formatted text that may be formatted once more.
const MOST_PARTS: usize = 64;

/// The arguments of a format, each given out once.
#[derive(Default)]
struct Arguments {
    positional: Vec<(NodeId, bool)>,
    named: Vec<(Name, NodeId, bool)>,
    next: usize,
    /// Arguments that cannot be told apart (`*args`, `% row`), in source order.
    rest: VecDeque<NodeId>,
}

impl<'t> Lowering<'t> {
    /// A method of a literal that builds text; `None` for any other call.
    pub(super) fn text_method(&mut self, callee: NodeId, object: NodeId, name: Name, args: List, span: Span) -> Option<NodeId> {
        if !matches!(self.arena.kind(object), NodeKind::Str(_) | NodeKind::Text { .. }) || self.is_long_format(object) {
            return None;
        }
        let method = match self.names.get(name) {
            "format" => Method::Format,
            "format_map" => Method::FormatMap,
            "join" => Method::Join,
            _ => return None,
        };
        if method == Method::Join {
            let only = self.only_of(args)?;
            self.retire(callee);
            return Some(self.join(object, only, span));
        }
        self.retire(callee);
        let mut arguments = Arguments::default();
        for arg in self.arena.list(args) {
            match self.arena.kind(arg) {
                _ if method == Method::FormatMap => arguments.rest.push_back(arg),
                NodeKind::Argument { name, value } => arguments.named.push((name, value, false)),
                NodeKind::Spread { value, .. } => arguments.rest.push_back(value),
                _ => arguments.positional.push((arg, false)),
            }
        }
        Some(self.format(object, arguments, split_braces, span))
    }

    /// A text that was formatted before and has many parts. To format it again and again, `"…" % a % b % c …`, would copy them each time.
    pub(super) fn is_long_format(&self, text: NodeId) -> bool {
        matches!(self.arena.kind(text), NodeKind::Text { parts, form: TextForm::Format } if self.arena.list(parts).len() > MOST_PARTS)
    }

    fn only_of(&self, list: List) -> Option<NodeId> {
        let mut items = self.arena.list(list);
        items.next().filter(|_| items.next().is_none())
    }

    fn join(&mut self, separator: NodeId, items: NodeId, span: Span) -> NodeId {
        let base = self.stack.len();
        self.stack.push(separator);
        match self.arena.kind(items) {
            NodeKind::Collection { kind: CollectionKind::List | CollectionKind::Tuple, items: list } => {
                self.stack.extend(self.arena.list(list));
                self.retire(items);
            }
            _ => self.stack.push(items),
        }
        let parts = self.list_from(base);
        self.push(NodeKind::Text { parts, form: TextForm::Join }, span)
    }

    /// `"…" % right`.
    pub(super) fn percent_format(&mut self, left: NodeId, right: NodeId, span: Span) -> NodeId {
        let mut arguments = Arguments::default();
        match self.arena.kind(right) {
            NodeKind::Collection { kind: CollectionKind::Tuple, items } => {
                for item in self.arena.list(items) {
                    match self.arena.kind(item) {
                        NodeKind::Spread { value, .. } => arguments.rest.push_back(value),
                        _ => arguments.positional.push((item, false)),
                    }
                }
                self.retire(right);
            }
            NodeKind::Collection { kind: CollectionKind::Dict, items } => {
                let mut entries = Vec::new();
                for item in self.arena.list(items) {
                    match self.arena.kind(item) {
                        NodeKind::Entry { key, value } => match self.arena.kind(key) {
                            NodeKind::Str(name) => entries.push((item, key, name, value)),
                            _ => arguments.rest.push_back(item),
                        },
                        _ => arguments.rest.push_back(item),
                    }
                }
                for (entry, key, name, value) in entries {
                    self.retire(entry);
                    self.retire(key);
                    arguments.named.push((name, value, false));
                }
                self.retire(right);
            }
            // One value for one placeholder; a variable may be a tuple or a dict, then it is for all of them.
            _ => arguments.rest.push_back(right),
        }
        self.format(left, arguments, split_percent, span)
    }

    /// Cuts the literal parts of `template` at their placeholders and fills these.
    fn format(&mut self, template: NodeId, mut arguments: Arguments, split: fn(&str) -> Vec<Piece>, span: Span) -> NodeId {
        let base = self.stack.len();
        let parts: Vec<NodeId> = match self.arena.kind(template) {
            NodeKind::Text { parts, form } if form != TextForm::Join => self.arena.list(parts).collect(),
            _ => vec![template],
        };
        if !parts.contains(&template) {
            self.retire(template);
        }
        for part in parts {
            let NodeKind::Str(name) = self.arena.kind(part) else {
                self.stack.push(part);
                continue;
            };
            let pieces = split(self.names.get(name));
            let at = self.arena.span(part);
            self.retire(part);
            for piece in pieces {
                let node = match piece {
                    Piece::Text(text) => self.str_node(&text, at),
                    Piece::Hole(hole) => self.fill(&hole, &mut arguments, at),
                };
                self.stack.push(node);
            }
        }
        let unused: Vec<NodeId> = arguments
            .positional
            .iter()
            .filter(|(_, used)| !used)
            .map(|&(node, _)| node)
            .chain(arguments.named.iter().filter(|(.., used)| !used).map(|&(_, node, _)| node))
            .chain(arguments.rest)
            .collect();
        if !unused.is_empty() {
            let rest = self.other(&unused, span);
            self.stack.push(rest);
        }
        let parts = self.list_from(base);
        self.push(NodeKind::Text { parts, form: TextForm::Format }, span)
    }

    fn fill(&mut self, hole: &Hole, arguments: &mut Arguments, at: Span) -> NodeId {
        for _ in 0..hole.extra {
            arguments.next += 1;
        }
        let found = match &hole.key {
            None => {
                arguments.next += 1;
                arguments.positional.get_mut(arguments.next - 1).map(|(node, used)| (*node, std::mem::replace(used, true)))
            }
            Some(key) => match key.parse::<usize>() {
                Ok(index) => arguments.positional.get_mut(index).map(|(node, used)| (*node, std::mem::replace(used, true))),
                Err(_) => {
                    let key = self.names.intern(key);
                    let found = arguments.named.iter_mut().find(|(name, ..)| *name == key);
                    found.map(|(_, node, used)| (*node, std::mem::replace(used, true)))
                }
            },
        };
        let mut node = match found {
            Some((node, false)) => node,
            Some((node, true)) => self.copy(node, 0),
            None => self.unresolved(arguments, at),
        };
        for step in &hole.path {
            let span = self.arena.span(node);
            node = match step {
                Step::Member(name) => {
                    let name = self.names.intern(name);
                    self.push(NodeKind::Member { object: node, name, path: false }, span)
                }
                Step::Index(key) => {
                    let name = self.names.intern(key);
                    let digits = key.bytes().all(|byte| byte.is_ascii_digit());
                    let index = self.push(if digits { NodeKind::Number(name) } else { NodeKind::Str(name) }, span);
                    self.push(NodeKind::Index { object: node, index }, span)
                }
            };
        }
        match hole.number {
            Some(number) => self.cast(node, number),
            None => node,
        }
    }

    /// A placeholder whose argument is not known: the first of them takes all that is left to choose from.
    fn unresolved(&mut self, arguments: &mut Arguments, at: Span) -> NodeId {
        if arguments.positional.is_empty()
            && arguments.named.is_empty()
            && arguments.rest.len() == 1
            && let Some(only) = arguments.rest.pop_front()
        {
            return only;
        }
        let rest: Vec<NodeId> = arguments.rest.drain(..).collect();
        self.other(&rest, at)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Format,
    FormatMap,
    Join,
}

/// The number type a format spec asks for (`.2f`, `>10d`, `,`), if it accepts nothing but numbers.
pub(super) fn numeric_spec(spec: &str) -> Option<&'static str> {
    match spec.bytes().last()? {
        b'd' | b'b' | b'o' | b'x' | b'X' | b'c' | b'n' => Some("int"),
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'%' | b',' => Some("float"),
        _ => None,
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    if text.is_empty() {
        return;
    }
    match pieces.last_mut() {
        Some(Piece::Text(last)) => last.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

/// Cuts `"a %s %(name)d %%"`.
fn split_percent(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'%', rest.as_bytes()) {
        push_text(&mut pieces, &rest[..at]);
        rest = &rest[at + 1..];
        match percent_hole(rest) {
            Some((used, Some(hole))) => {
                pieces.push(Piece::Hole(hole));
                rest = &rest[used..];
            }
            Some((used, None)) => {
                push_text(&mut pieces, "%");
                rest = &rest[used..];
            }
            None => push_text(&mut pieces, "%"),
        }
    }
    push_text(&mut pieces, rest);
    pieces
}

/// The placeholder whose text after `%` begins `rest`, and its length; no hole for `%%`.
fn percent_hole(rest: &str) -> Option<(usize, Option<Hole>)> {
    let bytes = rest.as_bytes();
    let mut hole = Hole::default();
    let mut at = 0;
    if bytes.first() == Some(&b'(') {
        let close = memchr::memchr(b')', bytes)?;
        hole.key = Some(rest[1..close].to_owned());
        at = close + 1;
    }
    while matches!(bytes.get(at), Some(b'#' | b'-' | b'+' | b' ' | b'.' | b'*' | b'h' | b'l' | b'L' | b'0'..=b'9')) {
        hole.extra += usize::from(bytes[at] == b'*');
        at += 1;
    }
    hole.number = match bytes.get(at)? {
        b's' | b'r' | b'a' | b'c' => None,
        b'd' | b'i' | b'u' | b'o' | b'x' | b'X' => Some("int"),
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => Some("float"),
        b'%' => return Some((at + 1, None)),
        _ => return None,
    };
    Some((at + 1, Some(hole)))
}

/// Cuts `"a {} {0} {user.name!r:>10} {{"`.
fn split_braces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = memchr::memchr2(b'{', b'}', rest.as_bytes()) {
        push_text(&mut pieces, &rest[..at]);
        let brace = &rest[at..at + 1];
        rest = &rest[at + 1..];
        if rest.starts_with(brace) {
            push_text(&mut pieces, brace);
            rest = &rest[1..];
        } else if brace == "{"
            && let Some(length) = hole_length(rest)
        {
            brace_holes(&rest[..length], &mut pieces);
            rest = &rest[length + 1..];
        } else {
            push_text(&mut pieces, brace);
        }
    }
    push_text(&mut pieces, rest);
    pieces
}

/// Bytes up to the brace that closes a hole, whose spec may hold holes itself (`{:{width}}`).
fn hole_length(rest: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The hole with this text between its braces, and the holes in its spec.
fn brace_holes(text: &str, pieces: &mut Vec<Piece>) {
    let (field, spec) = text.split_once(':').unwrap_or((text, ""));
    let field = field.split('!').next().unwrap_or_default();
    let end = field.find(['.', '[']).unwrap_or(field.len());
    let mut hole = Hole { number: numeric_spec(spec), ..Hole::default() };
    if end > 0 {
        hole.key = Some(field[..end].to_owned());
    }
    let mut rest = &field[end..];
    while let Some(first) = rest.chars().next() {
        if first == '[' {
            let close = rest.find(']').unwrap_or(rest.len());
            hole.path.push(Step::Index(rest[1..close].to_owned()));
            rest = rest.get(close + 1..).unwrap_or_default();
        } else {
            let body = rest.strip_prefix('.').unwrap_or(rest);
            let length = body.find(['.', '[']).unwrap_or(body.len());
            hole.path.push(Step::Member(body[..length].to_owned()));
            rest = &body[length..];
        }
    }
    pieces.push(Piece::Hole(hole));
    // Widths and precisions taken from arguments follow their value.
    let inner: Vec<&str> = spec.split('{').skip(1).filter_map(|part| part.split('}').next()).collect();
    for part in inner {
        let key = (!part.is_empty()).then(|| part.to_owned());
        pieces.push(Piece::Hole(Hole { key, number: Some("int"), ..Hole::default() }));
    }
}
