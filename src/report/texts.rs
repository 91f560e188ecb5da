//! The files a report speaks of, read once: text and line index, with positions as each format counts them.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Sources, mask::Masks};
use crate::model::source::{LineIndex, Position, Span};

/// One file's text with its lines.
pub(crate) struct Text {
    pub(crate) text: Arc<str>,
    pub(crate) lines: LineIndex,
}

impl Text {
    /// Zero-based line and column in characters.
    pub(crate) fn position(&self, offset: u32) -> Position {
        self.lines.position_chars(&self.text, offset)
    }

    /// Zero-based line and column in UTF-16 units.
    pub(crate) fn position_utf16(&self, offset: u32) -> Position {
        self.lines.position_utf16(&self.text, offset)
    }

    /// The span cut to the text, and to character boundaries (outwards).
    pub(crate) fn clamp(&self, span: Span) -> Span {
        let length = self.text.len();
        let mut start = (span.start as usize).min(length);
        let mut end = (span.end as usize).clamp(start, length);
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        Span::new(start, end)
    }

    /// Byte range of a zero-based line, without its line break.
    pub(crate) fn line(&self, line: u32) -> std::ops::Range<usize> {
        let start = self.lines.start_of(line) as usize;
        let end = if line + 1 < self.lines.lines() { self.lines.start_of(line + 1) as usize } else { self.text.len() };
        let content = self.text.get(start..end).unwrap_or("").trim_end_matches(['\n', '\r']);
        start..start + content.len()
    }

    /// The part of `span` on its first line.
    pub(crate) fn first_line(&self, span: Span) -> Span {
        let span = self.clamp(span);
        let line = self.line(self.lines.line(span.start));
        let end = (span.end as usize).min(line.end).max(span.start as usize);
        Span::new(span.start as usize, end)
    }
}

/// All files a report touches, and the secrets to blot out of them.
pub(crate) struct Texts<'a> {
    sources: &'a dyn Sources,
    cache: RefCell<FxHashMap<String, Option<Rc<Text>>>>,
    pub(crate) masks: Masks,
}

impl<'a> Texts<'a> {
    pub(crate) fn new(sources: &'a dyn Sources, masks: Masks) -> Texts<'a> {
        Texts { sources, cache: RefCell::default(), masks }
    }

    /// The file at `path`, if the sources have it.
    pub(crate) fn get(&self, path: &str) -> Option<Rc<Text>> {
        if let Some(known) = self.cache.borrow().get(path) {
            return known.clone();
        }
        let text = self.sources.text(path).map(|text| {
            let lines = LineIndex::new(&text);
            Rc::new(Text { text, lines })
        });
        self.cache.borrow_mut().insert(path.to_owned(), text.clone());
        text
    }

    /// `path:line:column` with the path clean; the path alone when its text is not at hand.
    pub(crate) fn place(&self, path: &str, offset: u32) -> String {
        let clean = super::clean_line(path);
        match self.get(path) {
            Some(text) => {
                let position = text.position(text.clamp(Span { start: offset, end: offset }).start);
                format!("{clean}:{}:{}", position.line + 1, position.column + 1)
            }
            None => clean.into_owned(),
        }
    }

    /// A message made fit for one line: secrets blotted out, control characters replaced.
    pub(crate) fn one_line(&self, message: &str) -> String {
        super::clean_line(&self.masks.message(message)).trim_end().to_owned()
    }

    /// A message that may have several lines.
    pub(crate) fn block(&self, message: &str) -> String {
        super::clean_block(&self.masks.message(message)).trim_end().to_owned()
    }
}
