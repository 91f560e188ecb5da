//! Workflow commands of GitHub Actions, `::error file=…,line=…::message`: annotations on the files of a pull request without an upload.
//!
//! GitHub shows ten errors, ten warnings and ten notices of one step, in the order they come, so the most severe stand first and the first
//! notice tells of what is over the limit. The log holds them all; its lines have no place, so the message starts with one.
//! Source: "Workflow commands for GitHub Actions" and the runner's own limits.

use std::io::{self, Write};

use super::prose::{body, by_severity, cut};
use super::texts::Texts;
use super::{Context, Counts, Detail, mask::Masks, summary};
use crate::model::finding::{Finding, Level};

/// Annotations of one level that GitHub shows for one step.
const SHOWN: usize = 10;
/// Bytes of a message that the runner keeps.
const MESSAGE: usize = 4000;

/// Writes the findings as workflow commands, then the summary as lines of the log.
pub fn write(context: &Context, out: &mut dyn Write) -> io::Result<()> {
    let texts = Texts::new(context.sources, Masks::new(context.outcome, context.sources));
    let findings = by_severity(context);
    let severe = findings.iter().take_while(|finding| finding.level != Level::Note).count();
    let (severe, notes) = findings.split_at(severe);
    for finding in severe {
        write_command(context, &texts, finding, out)?;
    }
    if let Some(text) = over_limit(Counts::of(&context.outcome.reported)) {
        writeln!(out, "::notice title=archcheck::{}", data(&text))?;
    }
    for finding in notes {
        write_command(context, &texts, finding, out)?;
    }
    if context.detail == Detail::Brief {
        return Ok(());
    }
    let mut log = Vec::new();
    super::human::write_problems(context, &texts, &mut log)?;
    for line in super::summary(context.outcome) {
        writeln!(log, "{line}")?;
    }
    String::from_utf8_lossy(&log).lines().try_for_each(|line| writeln!(out, "{}", plain(line)))
}

/// A line of the log that is no command, even where a file is named like one.
fn plain(line: &str) -> String {
    line.replace("::", ": :").replace("##[", "# #[")
}

fn write_command(context: &Context, texts: &Texts, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let location = &finding.primary.location;
    let mut properties = format!("file={}", property(&super::clean_line(&context.located(&location.path))));
    if let Some(text) = texts.get(&location.path) {
        // One line, because an annotation stands below the last line of its range.
        let span = text.first_line(location.span);
        let (start, end) = (text.position(span.start), text.position(span.end));
        let (line, column) = (start.line + 1, start.column + 1);
        properties.push_str(&format!(",line={line},endLine={line},col={column},endColumn={}", end.column + 1));
    }
    let rule = super::clean_line(&finding.rule);
    let place = texts.place(&location.path, location.span.start);
    let message = cut(&format!("{place}: {}", body(texts, finding)), MESSAGE);
    writeln!(out, "::{} {properties},title={}::{}", command(finding.level), property(&format!("archcheck ({rule})")), data(&message))
}

fn command(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    }
}

/// What GitHub will not show, in words. The sentence itself is a notice, and takes the place of one.
fn over_limit(counts: Counts) -> Option<String> {
    let over = |count: usize, limit: usize| count.saturating_sub(limit);
    let severe = over(counts.errors, SHOWN) + over(counts.warnings, SHOWN);
    let notes = if severe > 0 || counts.notes > SHOWN { over(counts.notes, SHOWN - 1) } else { 0 };
    let parts = [(over(counts.errors, SHOWN), "error"), (over(counts.warnings, SHOWN), "warning"), (notes, "note")];
    let parts: Vec<String> = parts.into_iter().filter(|&(count, _)| count > 0).map(|(count, word)| summary::plural(count, word)).collect();
    (!parts.is_empty())
        .then(|| format!("GitHub shows {SHOWN} annotations of each level: {} more in the log of this step.", summary::list(&parts)))
}

/// The text after `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_escaped_so_that_no_text_ends_them_or_starts_another() {
        assert_eq!(data("100%\r\n::error::x"), "100%25%0D%0A::error::x");
        assert_eq!(plain("::error::x.py:1:1: ##[error]"), ": :error: :x.py:1:1: # #[error]");
        assert_eq!(property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
    }

    #[test]
    fn what_github_does_not_show_is_counted() {
        let told = |errors, warnings, notes| over_limit(Counts { errors, warnings, notes });
        assert_eq!(told(10, 10, 10), None);
        assert_eq!(told(12, 3, 0).as_deref(), Some("GitHub shows 10 annotations of each level: 2 errors more in the log of this step."));
        // The sentence is a notice too.
        assert!(told(0, 0, 11).is_some_and(|text| text.contains(" 2 notes ")));
        assert!(told(11, 0, 10).is_some_and(|text| text.contains(" 1 error and 1 note ")));
    }
}
