//! A user's mistake in a file of ours (`archcheck.toml`, a rule page) drawn by the renderer of findings.
//!
//! The stages that read those files have their own error types; what they have in common is a [`Mistake`].

use std::io::{self, Write};
use std::sync::Arc;

use codespan_reporting::diagnostic::Diagnostic;

use super::mask::Masks;
use super::texts::Texts;
use super::{Sources, human, snippet};
use crate::model::finding::{Label, Level, Location};
use crate::model::source::Span;

/// Something wrong in a file written for archcheck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub level: Level,
    /// What is wrong, in one sentence.
    pub title: String,
    /// Where, if it has a place: the file and the bytes.
    pub place: Option<(Arc<str>, Span)>,
    /// What to say at the place.
    pub label: String,
    /// How to mend it.
    pub help: Option<String>,
}

/// Draws a mistake.
pub fn draw(mistake: &Mistake, sources: &dyn Sources, color: bool, out: &mut dyn Write) -> io::Result<()> {
    let texts = Texts::new(sources, Masks::default());
    let mut diagnostic = Diagnostic::new(human::severity(mistake.level)).with_message(texts.one_line(&mistake.title));
    let label = mistake
        .place
        .as_ref()
        .map(|(path, span)| Label { location: Location { path: path.clone(), span: *span }, text: mistake.label.clone() });
    let marks: Vec<snippet::Mark> = label.iter().map(|label| snippet::Mark { label, primary: true }).collect();
    let views = snippet::attach(&texts, &marks, &mut diagnostic);
    if let Some((path, _)) = mistake.place.as_ref().filter(|(path, _)| texts.get(path).is_none()) {
        diagnostic.notes.push(format!("in {}", super::clean_line(path)));
    }
    diagnostic.notes.extend(mistake.help.as_ref().map(|help| format!("help: {}", texts.block(help))));
    human::draw(&views, &diagnostic, color, out)
}
