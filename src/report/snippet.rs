//! The pieces of source around labels, as `codespan-reporting` wants them: only the lines a diagnostic shows, each windowed
//! around its labels, cleaned and masked. Whole files are never copied, and a 6 kB line prints as a few hundred columns.

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use codespan_reporting::diagnostic::{Diagnostic, Label as DrawnLabel, LabelStyle};
use codespan_reporting::files::{Error, Files};

use super::texts::{Text, Texts};
use crate::model::finding::Label;
use crate::model::source::Span;

/// Columns kept on each side of a label, on lines longer than [`WHOLE`].
const CONTEXT: usize = 120;
/// Lines up to this many columns are shown whole.
const WHOLE: usize = 2 * CONTEXT;
/// Labels over more lines than this are cut to their first line.
const TALL: u32 = 12;
const ELLIPSIS: &str = "…";

/// A label to draw: its place, style and text.
pub(crate) struct Mark<'a> {
    pub(crate) label: &'a Label,
    pub(crate) primary: bool,
}

/// The views of all files a diagnostic shows. File ids are indexes.
#[derive(Default)]
pub(crate) struct Views {
    views: Vec<View>,
}

/// A file with the marks in it.
type Marked<'m> = (&'m str, Rc<Text>, Vec<(Span, &'m Mark<'m>)>);

/// Adds the marks whose text is at hand to `diagnostic` as labels, and returns the views they point into.
pub(crate) fn attach(texts: &Texts, marks: &[Mark], diagnostic: &mut Diagnostic<usize>) -> Views {
    let mut files: Vec<Marked> = Vec::new();
    for mark in marks {
        let location = &mark.label.location;
        let Some(text) = texts.get(&location.path) else { continue };
        let span = shortened(&text, location.span);
        match files.iter_mut().find(|(path, ..)| **path == *location.path) {
            Some((_, _, spans)) => spans.push((span, mark)),
            None => files.push((&location.path, text, vec![(span, mark)])),
        }
    }
    let mut views = Views::default();
    for (path, text, marks) in files {
        let spans: Vec<Span> = marks.iter().map(|(span, _)| *span).collect();
        let view = View::new(texts, path, &text, &spans);
        for (span, mark) in marks {
            let style = if mark.primary { LabelStyle::Primary } else { LabelStyle::Secondary };
            let range = view.translate(&text, span);
            let label = DrawnLabel::new(style, views.views.len(), range).with_message(texts.one_line(&mark.label.text));
            diagnostic.labels.push(label);
        }
        views.views.push(view);
    }
    views
}

/// The span to draw: inside the text, not taller than can be read.
fn shortened(text: &Text, span: Span) -> Span {
    let span = text.clamp(span);
    let tall = text.lines.line(span.end) - text.lines.line(span.start) > TALL;
    if tall { text.first_line(span) } else { span }
}

/// One file's lines, as far as they are shown.
struct View {
    name: String,
    text: String,
    lines: Vec<Line>,
}

struct Line {
    /// Zero-based line in the file.
    index: u32,
    /// Where the line, cut to its window, stands in the file.
    source: Range<usize>,
    /// Where it stands in the view, without the line break.
    view: Range<usize>,
    /// Bytes of the ellipsis before it, and characters it stands for.
    lead: usize,
    hidden: usize,
}

impl View {
    fn new(texts: &Texts, path: &str, text: &Text, spans: &[Span]) -> View {
        let mut view = View { name: super::clean_line(path).into_owned(), text: String::new(), lines: Vec::new() };
        for index in shown_lines(text, spans) {
            view.push_line(texts, path, text, index, spans);
        }
        view
    }

    fn push_line(&mut self, texts: &Texts, path: &str, text: &Text, index: u32, spans: &[Span]) {
        let line = text.line(index);
        let content = text.text.get(line.clone()).unwrap_or("");
        let window = window(content, focus(&line, spans));
        let source = line.start + window.start..line.start + window.end;
        let start = self.text.len();
        let hidden = content.get(..window.start).map_or(0, |cut| cut.chars().count());
        let lead = if hidden > 0 { ELLIPSIS.len() } else { 0 };
        if hidden > 0 {
            self.text.push_str(ELLIPSIS);
        }
        let shown = texts.masks.source(path, &text.text, source.clone());
        self.text.push_str(&super::clean_line(&shown));
        if window.end < content.len() {
            self.text.push_str(ELLIPSIS);
        }
        self.lines.push(Line { index, source, view: start..self.text.len(), lead, hidden });
        self.text.push('\n');
    }

    /// A span of the file as a range of the view.
    fn translate(&self, text: &Text, span: Span) -> Range<usize> {
        let start = self.offset(text, span.start);
        start..self.offset(text, span.end).max(start)
    }

    fn offset(&self, text: &Text, offset: u32) -> usize {
        let index = text.lines.line(offset);
        let Some(line) = self.lines.iter().find(|line| line.index == index) else { return 0 };
        let inside = (offset as usize).clamp(line.source.start, line.source.end) - line.source.start;
        line.view.start + line.lead + inside
    }

    fn line_at(&self, offset: usize) -> Option<&Line> {
        let at = self.lines.partition_point(|line| line.view.start <= offset);
        self.lines.get(at.saturating_sub(1))
    }
}

/// The lines that may be drawn: every line of a label, and single lines between two of them.
fn shown_lines(text: &Text, spans: &[Span]) -> Vec<u32> {
    let mut lines: BTreeSet<u32> = BTreeSet::new();
    for span in spans {
        lines.extend(text.lines.line(span.start)..=text.lines.line(span.end));
    }
    let between: Vec<u32> = lines.iter().filter(|&&line| lines.contains(&(line + 2))).map(|line| line + 1).collect();
    lines.extend(between);
    lines.into_iter().collect()
}

/// The part of a line to keep in view: the first (most important) label on it.
fn focus(line: &Range<usize>, spans: &[Span]) -> Range<usize> {
    let touching = spans.iter().find(|span| span.start as usize <= line.end && line.start <= span.end as usize);
    touching.map_or(0..0, |span| {
        let start = (span.start as usize).max(line.start) - line.start;
        let end = (span.end as usize).min(line.end) - line.start;
        start..end.max(start)
    })
}

/// The byte range of `line` to show: all of a short line, else `CONTEXT` columns on each side of the focus.
pub(crate) fn window(line: &str, focus: Range<usize>) -> Range<usize> {
    if line.chars().nth(WHOLE).is_none() {
        return 0..line.len();
    }
    let start = floor(line, focus.start);
    let before = line.get(..start).unwrap_or("").char_indices().rev().nth(CONTEXT - 1).map_or(0, |(at, _)| at);
    // A label longer than a window keeps its beginning.
    let rest = line.get(start..).unwrap_or("");
    let label = line.get(start..floor(line, focus.end).max(start)).unwrap_or("").chars().take(WHOLE).count();
    let after = rest.char_indices().nth(label + CONTEXT).map_or(line.len(), |(at, _)| start + at);
    before..after
}

fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

impl<'v> Files<'v> for Views {
    type FileId = usize;
    type Name = &'v str;
    type Source = &'v str;

    fn name(&'v self, id: usize) -> Result<&'v str, Error> {
        self.view(id).map(|view| view.name.as_str())
    }

    fn source(&'v self, id: usize) -> Result<&'v str, Error> {
        self.view(id).map(|view| view.text.as_str())
    }

    fn line_index(&'v self, id: usize, byte: usize) -> Result<usize, Error> {
        let line = self.view(id)?.line_at(byte);
        line.map(|line| line.index as usize).ok_or(Error::LineTooLarge { given: byte, max: 0 })
    }

    fn column_number(&'v self, id: usize, _: usize, byte: usize) -> Result<usize, Error> {
        let view = self.view(id)?;
        let Some(line) = view.line_at(byte) else { return Ok(1) };
        let start = line.view.start + line.lead;
        let shown = view.text.get(start..byte.max(start)).map_or(0, |text| text.chars().count());
        Ok(line.hidden + shown + 1)
    }

    fn line_range(&'v self, id: usize, index: usize) -> Result<Range<usize>, Error> {
        // Lines inside a tall label that are not drawn have no text here.
        let lines = &self.view(id)?.lines;
        Ok(lines.iter().find(|line| line.index as usize == index).map_or(0..0, |line| line.view.clone()))
    }
}

impl Views {
    fn view(&self, id: usize) -> Result<&View, Error> {
        self.views.get(id).ok_or(Error::FileMissing)
    }
}

/// The marks of a finding in drawing order: the primary label first, then the related ones, each place and text once.
pub(crate) fn marks<'a>(primary: &'a Label, related: &'a [Label]) -> Vec<Mark<'a>> {
    let mut seen: BTreeSet<&Label> = BTreeSet::new();
    let primary = std::iter::once(Mark { label: primary, primary: true });
    let related = related.iter().map(|label| Mark { label, primary: false });
    primary.chain(related).filter(|mark| seen.insert(mark.label)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_short_line_is_shown_whole() {
        assert_eq!(window("let x = 1;", 4..5), 0..10);
    }

    #[test]
    fn a_long_line_keeps_120_columns_on_each_side() {
        let line = "x".repeat(6000);
        assert_eq!(window(&line, 3000..3010), 2880..3130);
        assert_eq!(window(&line, 0..3), 0..123);
        assert_eq!(window(&line, 5999..6000), 5879..6000);
        assert_eq!(window(&line, 1000..5000), 880..1360);
    }

    proptest! {
        #[test]
        fn a_window_is_valid_holds_the_start_and_is_narrow(line in "[a-zé漢🦀\t]{0,600}", start in 0usize..2000, length in 0usize..2000) {
            let window = window(&line, start..start + length);
            let text = line.get(window.clone());
            prop_assert!(text.is_some());
            prop_assert!(text.map_or(0, |text| text.chars().count()) <= WHOLE + 2 * CONTEXT);
            let start = floor(&line, start);
            prop_assert!(window.start <= start && start <= window.end);
        }
    }
}
