//! Annotations: subscripts are `Apply`, `|` is `Union`, and strings are read as the types they name.

use super::kinds::Kind;
use super::lower::Lowering;
use crate::model::body::{CallForm, CollectionKind, List, NodeId, NodeKind};
use crate::model::source::Span;

/// Brackets nested deeper than this in a string annotation leave it a string.
const MAX_STRING_DEPTH: u32 = 16;
/// String annotations longer than this stay strings.
const MAX_STRING_LENGTH: usize = 1000;

impl<'t> Lowering<'t> {
    /// The type under the cursor.
    pub(super) fn annotation(&mut self) -> NodeId {
        let span = self.span();
        if self.enter().is_none() {
            return self.other(&[], span);
        }
        let node = match self.kind() {
            Kind::Type | Kind::ParenthesizedExpression => self.inner_annotation(span),
            Kind::Subscript | Kind::GenericType => self.applied(span),
            Kind::BinaryOperator | Kind::UnionType => self.union(span),
            Kind::List => self.annotation_list(span),
            Kind::String => {
                let node = self.string();
                self.string_annotation(node)
            }
            Kind::ConstrainedType | Kind::MemberType | Kind::SplatType => {
                let base = self.stack.len();
                self.push_annotations();
                self.other_from(base, span)
            }
            _ => self.expression(),
        };
        self.leave();
        node
    }

    fn inner_annotation(&mut self, span: Span) -> NodeId {
        if !self.down_to_named() {
            return self.other(&[], span);
        }
        let node = self.annotation();
        self.up();
        node
    }

    fn push_annotations(&mut self) {
        if !self.down_to_named() {
            return;
        }
        loop {
            let node = self.annotation();
            self.stack.push(node);
            if !self.next_named() {
                break;
            }
        }
        self.up();
    }

    fn annotation_list(&mut self, span: Span) -> NodeId {
        let base = self.stack.len();
        self.push_annotations();
        let items = self.list_from(base);
        self.push(NodeKind::Collection { kind: CollectionKind::List, items }, span)
    }

    /// `base[args]`. What stands in `Literal[…]`, and after the first argument of `Annotated[…]`, are values, not types.
    fn applied(&mut self, span: Span) -> NodeId {
        if !self.down_to_named() {
            return self.other(&[], span);
        }
        let base = self.annotation();
        let values_from = match self.last_name_of(base) {
            Some("Literal") => 0,
            Some("Annotated") => 1,
            _ => usize::MAX,
        };
        let start = self.stack.len();
        while self.next_named() {
            if self.kind() == Kind::TypeParameter {
                if self.down_to_named() {
                    self.type_argument(start, values_from);
                    while self.next_named() {
                        self.type_argument(start, values_from);
                    }
                    self.up();
                }
            } else {
                self.type_argument(start, values_from);
            }
        }
        self.up();
        let args = self.list_from(start);
        self.push(NodeKind::Apply { base, args }, span)
    }

    fn type_argument(&mut self, start: usize, values_from: usize) {
        let is_value = self.stack.len() - start >= values_from;
        let arg = match self.kind() {
            Kind::Type if is_value => self.only_child(),
            _ if is_value => Some(self.expression()),
            _ => Some(self.annotation()),
        };
        self.stack.extend(arg);
    }

    /// `A | B | C`, which nests to the left: unrolled, so that its length does not count as depth.
    fn union(&mut self, span: Span) -> NodeId {
        let mut levels = 0;
        while matches!(self.kind(), Kind::BinaryOperator | Kind::UnionType) && self.down_to_named() {
            levels += 1;
        }
        let start = self.stack.len();
        let first = self.annotation();
        self.stack.push(first);
        let mut only_pipes = true;
        for _ in 0..levels {
            while self.next() {
                match self.kind() {
                    Kind::Pipe => {}
                    kind if kind.is_token() => only_pipes = false,
                    _ => {
                        let member = self.annotation();
                        self.stack.push(member);
                    }
                }
            }
            self.up();
        }
        let members = self.list_from(start);
        self.push(if only_pipes { NodeKind::Union(members) } else { NodeKind::Other(members) }, span)
    }

    /// A forward reference (`"User"`, `"list[User] | None"`) as the type it names; a string that is no type stays one.
    pub(super) fn string_annotation(&mut self, node: NodeId) -> NodeId {
        let span = self.arena.span(node);
        let source = self.slice(span);
        let quotes = if source.starts_with("\"\"\"") || source.starts_with("'''") { 3 } else { 1 };
        // Prefixed, escaped and concatenated strings are not worth reading: nobody writes types so.
        let plain = matches!(self.arena.kind(node), NodeKind::Str(_)) && source.starts_with(['"', '\'']);
        let Some(content) = source.len().checked_sub(quotes).and_then(|end| source.get(quotes..end)) else {
            return node;
        };
        if !plain || content.len() > MAX_STRING_LENGTH || content.contains('\\') {
            return node;
        }
        let reader = |lowering: &mut Self, dry| {
            let mut reader = Reader { lowering, text: content, at: 0, start: span.start as usize + quotes, dry, depth: 0 };
            reader.whole()
        };
        // The first pass only looks, so that no half-read type leaves nodes behind.
        if reader(self, true).is_none() {
            return node;
        }
        match reader(self, false) {
            Some(read) => {
                self.retire(node);
                read
            }
            None => node,
        }
    }
}

/// Reads the expressions that stand in string annotations: dotted names, subscripts, unions, literals, calls.
struct Reader<'l, 't, 's> {
    lowering: &'l mut Lowering<'t>,
    text: &'s str,
    at: usize,
    /// Where `text` starts in the file.
    start: usize,
    /// Makes no nodes.
    dry: bool,
    depth: u32,
}

impl<'s> Reader<'_, '_, 's> {
    fn whole(&mut self) -> Option<NodeId> {
        let node = self.union()?;
        self.spaces();
        (self.at == self.text.len()).then_some(node)
    }

    fn spaces(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, token: char) -> bool {
        self.spaces();
        let found = self.text[self.at..].starts_with(token);
        if found {
            self.at += token.len_utf8();
        }
        found
    }

    fn word(&mut self) -> Option<&'s str> {
        self.spaces();
        let rest = &self.text[self.at..];
        let end = rest.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(rest.len());
        self.at += end;
        (end > 0).then(|| &rest[..end])
    }

    fn span_from(&self, start: usize) -> Span {
        Span::new(self.start + start, self.start + self.at)
    }

    fn push(&mut self, kind: NodeKind, start: usize) -> NodeId {
        let span = self.span_from(start);
        if self.dry { NodeId(std::num::NonZeroU32::MIN) } else { self.lowering.push(kind, span) }
    }

    fn list(&mut self, items: &[NodeId]) -> List {
        if self.dry { List::EMPTY } else { self.lowering.arena.push_list(items) }
    }

    fn union(&mut self) -> Option<NodeId> {
        if self.depth > MAX_STRING_DEPTH {
            return None;
        }
        self.depth += 1;
        self.spaces();
        let start = self.at;
        let first = self.item()?;
        let mut members = vec![first];
        while self.eat('|') {
            members.push(self.item()?);
        }
        self.depth -= 1;
        if members.len() == 1 {
            return Some(first);
        }
        let members = self.list(&members);
        Some(self.push(NodeKind::Union(members), start))
    }

    fn item(&mut self) -> Option<NodeId> {
        self.spaces();
        let start = self.at;
        if self.eat('[') {
            let items = self.items(']', false)?;
            return Some(self.push(NodeKind::Collection { kind: CollectionKind::List, items }, start));
        }
        if let Some(quote) = self.text[self.at..].chars().next().filter(|char| matches!(char, '"' | '\'')) {
            return self.quoted(quote, start);
        }
        if self.text[self.at..].starts_with("...") {
            self.at += 3;
            return Some(self.push(NodeKind::Other(List::EMPTY), start));
        }
        let word = self.word()?;
        let name = self.lowering.names.intern(word);
        let mut node = match word {
            "None" => self.push(NodeKind::Null, start),
            "True" | "False" => self.push(NodeKind::Bool(word == "True"), start),
            _ if word.starts_with(|char: char| char.is_ascii_digit()) => self.push(NodeKind::Number(name), start),
            _ => self.push(NodeKind::Name(name), start),
        };
        loop {
            if self.eat('.') {
                let word = self.word()?;
                let name = self.lowering.names.intern(word);
                node = self.push(NodeKind::Member { object: node, name, path: false }, start);
            } else if self.eat('[') {
                let args = self.items(']', false)?;
                node = self.push(NodeKind::Apply { base: node, args }, start);
            } else if self.eat('(') {
                let args = self.items(')', true)?;
                node = self.push(NodeKind::Call { callee: node, args, form: CallForm::Plain }, start);
            } else {
                return Some(node);
            }
        }
    }

    /// `a, b, c` up to the closing bracket; in calls also `name=value`.
    fn items(&mut self, close: char, named: bool) -> Option<List> {
        let mut items = Vec::new();
        while !self.eat(close) {
            self.spaces();
            let start = self.at;
            let name = if named { self.argument_name() } else { None };
            let value = self.union()?;
            items.push(match name {
                Some(name) => {
                    let name = self.lowering.names.intern(name);
                    self.push(NodeKind::Argument { name, value }, start)
                }
                None => value,
            });
            if !self.eat(',') {
                if self.eat(close) {
                    break;
                }
                return None;
            }
        }
        Some(self.list(&items))
    }

    fn argument_name(&mut self) -> Option<&'s str> {
        let start = self.at;
        let name = self.word();
        if name.is_some() && self.eat('=') {
            return name;
        }
        self.at = start;
        None
    }

    /// A string in a string (`"Literal['a']"`).
    fn quoted(&mut self, quote: char, start: usize) -> Option<NodeId> {
        self.at += 1;
        let length = self.text[self.at..].find(quote)?;
        let value = &self.text[self.at..self.at + length];
        self.at += length + 1;
        let name = self.lowering.names.intern(value);
        Some(self.push(NodeKind::Str(name), start))
    }
}
