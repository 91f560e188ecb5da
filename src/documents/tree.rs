//! YAML or JSON as a tree of nodes with places.
//!
//! `serde` formats forget where things stand, so this listens to the parser's events. Aliases are shared, not copied, so that no document grows
//! beyond its text; a tree with an alias inside its own anchor is a circle, which whoever walks it bounds.

use granit_parser::{Event, Parser, ScalarStyle, StrInput};
use rustc_hash::FxHashMap;

use crate::model::source::Span;

/// Most nodes of one document.
const MOST: usize = 1_500_000;
/// Longest chain of merged mappings (`<<`) that is followed.
const MERGES: u8 = 8;

/// A node of a [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At(u32);

#[derive(Debug)]
enum Kind {
    Scalar { text: String, plain: bool },
    List(Vec<At>),
    Map(Vec<(At, At)>),
}

#[derive(Debug)]
struct Node {
    kind: Kind,
    span: Span,
}

/// Whether two texts are YAML with the same documents: the same values, anchors and styles, in the same order.
pub(super) fn say_the_same(before: &str, after: &str) -> bool {
    let (mut one, mut other) = (events(before), events(after));
    for _ in 0..MOST {
        match (one.next(), other.next()) {
            (None, None) => return true,
            (Some(Ok((said, _))), Some(Ok((again, _)))) if said == again => {}
            _ => return false,
        }
    }
    false
}

fn events(text: &str) -> Parser<'_, StrInput<'_>> {
    let mut options = granit_parser::Options::default();
    options.set_emit_comments(false);
    Parser::new_from_str_with_options(text, options)
}

/// The first document of a text.
#[derive(Debug)]
pub struct Tree {
    nodes: Vec<Node>,
}

/// A collection that is not closed yet; of a mapping, the key that waits for its value.
struct Open {
    at: At,
    key: Option<At>,
}

impl Tree {
    /// Reads YAML, and JSON as a part of it; `None` for what is neither, or too large.
    pub fn read(text: &str) -> Option<Tree> {
        let mut tree = Tree { nodes: Vec::new() };
        let mut anchors: FxHashMap<usize, At> = FxHashMap::default();
        let mut open: Vec<Open> = Vec::new();
        for event in events(text) {
            let (event, place) = event.ok()?;
            if tree.nodes.len() > MOST {
                return None;
            }
            let span = place.byte_range().map_or(Span::default(), |range| Span::new(range.start, range.end.max(range.start)));
            let (at, anchor, opens) = match event {
                Event::Scalar(text, style, anchor, _) => {
                    let kind = Kind::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain };
                    (tree.push(kind, span), anchor, false)
                }
                Event::SequenceStart(_, anchor, _) => (tree.push(Kind::List(Vec::new()), span), anchor, true),
                Event::MappingStart(_, anchor, _) => (tree.push(Kind::Map(Vec::new()), span), anchor, true),
                Event::Alias(anchor) => (*anchors.get(&anchor)?, 0, false),
                Event::SequenceEnd | Event::MappingEnd => {
                    open.pop();
                    continue;
                }
                Event::DocumentEnd => break,
                _ => continue,
            };
            if anchor != 0 {
                anchors.insert(anchor, at);
            }
            tree.attach(open.last_mut(), at);
            if opens {
                open.push(Open { at, key: None });
            }
        }
        (!tree.nodes.is_empty()).then_some(tree)
    }

    fn push(&mut self, kind: Kind, span: Span) -> At {
        self.nodes.push(Node { kind, span });
        At(self.nodes.len() as u32 - 1)
    }

    fn attach(&mut self, parent: Option<&mut Open>, child: At) {
        let Some(parent) = parent else { return };
        match (&mut self.nodes[parent.at.0 as usize].kind, parent.key.take()) {
            (Kind::List(items), _) => items.push(child),
            (Kind::Map(entries), Some(key)) => entries.push((key, child)),
            (Kind::Map(_), None) => parent.key = Some(child),
            (Kind::Scalar { .. }, _) => {}
        }
    }

    /// The outermost node.
    pub fn root(&self) -> At {
        At(0)
    }

    /// Where a scalar stands; of a collection, where it begins.
    pub fn span(&self, at: At) -> Span {
        self.nodes[at.0 as usize].span
    }

    /// The text of a scalar that is one; not null.
    pub fn text(&self, at: At) -> Option<&str> {
        match &self.nodes[at.0 as usize].kind {
            Kind::Scalar { text, plain } => (!plain || !matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")).then_some(text),
            _ => None,
        }
    }

    /// The value of `true` and `false`.
    pub fn flag(&self, at: At) -> Option<bool> {
        match self.text(at)? {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        }
    }

    /// The entries of a mapping whose keys are texts: key, its place, and value. What is merged into it (`<<`) comes last.
    pub fn entries(&self, at: At) -> Vec<(&str, Span, At)> {
        let mut found = Vec::new();
        self.gather(at, MERGES, &mut found);
        found
    }

    fn gather<'a>(&'a self, at: At, merges: u8, out: &mut Vec<(&'a str, Span, At)>) {
        let Kind::Map(entries) = &self.nodes[at.0 as usize].kind else { return };
        for &(key, value) in entries {
            let Kind::Scalar { text, .. } = &self.nodes[key.0 as usize].kind else { continue };
            if text != "<<" {
                out.push((text, self.span(key), value));
            } else if merges > 0 {
                match &self.nodes[value.0 as usize].kind {
                    Kind::List(items) => items.iter().take(MERGES as usize).for_each(|&item| self.gather(item, merges - 1, out)),
                    _ => self.gather(value, merges - 1, out),
                }
            }
        }
    }

    /// The value of a key of a mapping.
    pub fn get(&self, at: At, key: &str) -> Option<At> {
        self.entry(at, key).map(|(_, value)| value)
    }

    /// The value of a key, and where the key stands.
    pub fn entry(&self, at: At, key: &str) -> Option<(Span, At)> {
        let Kind::Map(entries) = &self.nodes[at.0 as usize].kind else { return None };
        let plain = entries.iter().find(|(own, _)| matches!(&self.nodes[own.0 as usize].kind, Kind::Scalar { text, .. } if text == key));
        match plain {
            Some(&(own, value)) => Some((self.span(own), value)),
            None => self.entries(at).into_iter().find(|(own, ..)| *own == key).map(|(_, span, value)| (span, value)),
        }
    }

    /// The items of a list.
    pub fn items(&self, at: At) -> &[At] {
        match &self.nodes[at.0 as usize].kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The node a JSON pointer leads to, with or without `#` before it; `~1` is `/` and `~0` is `~`, and `%7B` what a URL means by it.
    pub fn pointer(&self, pointer: &str) -> Option<At> {
        let path = pointer.strip_prefix('#').unwrap_or(pointer);
        let mut at = self.root();
        for part in path.split('/').skip(1) {
            let part = percent_encoding::percent_decode_str(part).decode_utf8_lossy();
            let part = part.replace("~1", "/").replace("~0", "~");
            at = match &self.nodes[at.0 as usize].kind {
                Kind::List(items) => *items.get(part.parse::<usize>().ok()?)?,
                _ => self.get(at, &part)?,
            };
        }
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::Tree;

    #[test]
    fn places_are_bytes_of_the_text() {
        let text = "ä: 1\nb:\n  - x\n  - {y: 'z'}\n";
        let tree = Tree::read(text).unwrap_or_else(|| panic!("no tree"));
        let (key, value) = tree.entry(tree.root(), "b").unwrap_or_else(|| panic!("no b"));
        assert_eq!(&text[key.range()], "b");
        let second = tree.items(value)[1];
        assert_eq!(tree.get(second, "y").and_then(|at| tree.text(at)), Some("z"));
        assert_eq!(tree.pointer("#/b/1/y").map(|at| &text[tree.span(at).range()]), Some("'z'"));
    }

    #[test]
    fn json_is_read_with_tabs_and_long_values() {
        let long = "k".repeat(900);
        let text = format!("{{\n\t\"a\": {{\"{long}\": true}},\n\t\"b/c\": null\n}}\n");
        let tree = Tree::read(&text).unwrap_or_else(|| panic!("no tree"));
        assert_eq!(tree.pointer("#/a").map(|at| tree.entries(at).len()), Some(1));
        let null = tree.pointer("/b~1c").unwrap_or_else(|| panic!("no b/c"));
        assert_eq!(tree.text(null), None);
    }

    #[test]
    fn aliases_and_merges_are_shared() {
        let tree = Tree::read("a: &a {x: 1}\nb: *a\nc:\n  <<: *a\n  y: 2\n").unwrap_or_else(|| panic!("no tree"));
        assert_eq!(tree.pointer("/b/x").and_then(|at| tree.text(at)), Some("1"));
        assert_eq!(tree.pointer("/c/x").and_then(|at| tree.text(at)), Some("1"));
        let circle = Tree::read("a: &a\n  <<: *a\n  b: *a\n").unwrap_or_else(|| panic!("no tree"));
        assert!(circle.pointer("/a/b/b/b").is_some());
        assert!(circle.get(circle.root(), "zzz").is_none());
    }

    #[test]
    fn what_is_no_document_is_none() {
        assert!(Tree::read("a: [1").is_none());
        assert!(Tree::read("").is_none());
        assert!(Tree::read(&"[".repeat(100_000)).is_none());
    }
}
