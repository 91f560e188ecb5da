//! Stage 7: an [`Outcome`] to text, one file per format.
//!
//! Every format gets the same [`Context`] and writes to a `Write`; none reads a file, looks at a clock or decides what is reported.
//! What they share stands beside them: `clean` (no control character reaches a terminal), `mask` (no secret is printed whole),
//! `texts` (lines and columns) and `snippet` (the piece of source around a label).

pub mod briefing;
mod clean;
pub mod concise;
pub mod errors;
pub mod github;
pub mod gitlab;
pub mod graph;
pub mod human;
pub mod json;
pub mod junit;
mod line_hash;
pub mod markdown;
mod mask;
mod page;
mod prose;
pub mod rdjson;
pub mod sarif;
mod snippet;
mod summary;
mod texts;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::Arc;

use crate::model::finding::Outcome;
use crate::model::rule::Rule;

pub use clean::{clean_block, clean_line};
pub use mask::Masks;
pub use page::page;
pub use summary::{Counts, plural, summary};

/// Where the reports get source text from: the engine's files, an editor's buffers, a test's map.
pub trait Sources {
    /// The text of the file with this path (relative to the root), or `None` when there is none.
    fn text(&self, path: &str) -> Option<Arc<str>>;
}

/// How much the formats for people say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Findings only.
    Brief,
    /// Findings, the first problems, the summary.
    #[default]
    Normal,
    /// Everything: all problems, the silenced findings, the confidence of each finding.
    Full,
}

/// Everything a format needs.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub outcome: &'a Outcome,
    /// The rules that were on, for their titles and pages.
    pub rules: &'a [Rule],
    pub sources: &'a dyn Sources,
    /// Whether to write ANSI colours (human only).
    pub color: bool,
    pub detail: Detail,
    /// Whether SARIF carries suppressed and known findings too, marked as such. GitHub shows them as open alerts, so: no by default.
    pub silenced: bool,
    /// Which of several runs of one commit this is (`backend`): SARIF's category.
    pub category: Option<&'a str>,
    /// The analysed folder inside the repository (`services/shop`, forward slashes), for formats whose reader starts at the repository; mostly empty.
    pub folder: &'a str,
    /// Where the repository's files can be read in a browser, without the last slash (Markdown only).
    pub links: Option<&'a str>,
}

impl<'a> Context<'a> {
    /// A context with the defaults: no colour, normal detail, silenced findings only counted.
    pub fn new(outcome: &'a Outcome, rules: &'a [Rule], sources: &'a dyn Sources) -> Context<'a> {
        Context { outcome, rules, sources, color: false, detail: Detail::Normal, silenced: false, category: None, folder: "", links: None }
    }

    /// A path as the repository knows it.
    pub(crate) fn located<'p>(&self, path: &'p str) -> Cow<'p, str> {
        if self.folder.is_empty() { Cow::Borrowed(path) } else { Cow::Owned(format!("{}/{path}", self.folder)) }
    }

    /// The rule with this id, if it was on.
    pub(crate) fn rule(&self, id: &str) -> Option<&'a Rule> {
        self.rules.iter().find(|rule| &*rule.id == id)
    }
}

/// The formats, as `--format` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Human,
    Concise,
    Json,
    Sarif,
    Github,
    Gitlab,
    Junit,
    Rdjson,
    Markdown,
}

impl Format {
    /// Every format, in the order of the help text.
    pub const ALL: [Format; 9] = [
        Format::Human,
        Format::Concise,
        Format::Json,
        Format::Sarif,
        Format::Github,
        Format::Gitlab,
        Format::Junit,
        Format::Rdjson,
        Format::Markdown,
    ];

    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Human => "human",
            Format::Concise => "concise",
            Format::Json => "json",
            Format::Sarif => "sarif",
            Format::Github => "github",
            Format::Gitlab => "gitlab",
            Format::Junit => "junit",
            Format::Rdjson => "rdjson",
            Format::Markdown => "markdown",
        }
    }

    /// Whether the format has a place for what was left out or not understood. Where it has none, that must be told elsewhere.
    pub fn holds_summary(self) -> bool {
        !matches!(self, Format::Gitlab | Format::Rdjson)
    }

    /// The format with this name.
    pub fn from_name(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// Writes the outcome in a format.
pub fn write(format: Format, context: &Context, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(context, out),
        Format::Concise => concise::write(context, out),
        Format::Json => json::write(context, out),
        Format::Sarif => sarif::write(context, out),
        Format::Github => github::write(context, out),
        Format::Gitlab => gitlab::write(context, out),
        Format::Junit => junit::write(context, out),
        Format::Rdjson => rdjson::write(context, out),
        Format::Markdown => markdown::write(context, out),
    }
}
