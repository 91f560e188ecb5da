//! For people at a terminal: each finding drawn with its source, the other end of its evidence, the numbered steps of its call chain
//! or data flow, and what to do; then the problems and the summary.

use std::io::{self, Write};

use codespan_reporting::diagnostic::{Diagnostic, Severity};
use codespan_reporting::files::Error;
use codespan_reporting::term::termcolor::{Ansi, NoColor};
use codespan_reporting::term::{self, Config};

use super::snippet::{self, Mark, Views};
use super::texts::Texts;
use super::{Context, Detail, mask::Masks, summary};
use crate::model::finding::{Confidence, Finding, Label, Level};

/// Problems shown before "and more", unless everything is asked for.
const PROBLEMS: usize = 10;
/// Labels drawn for one finding; the rest is counted.
const LABELS: usize = 12;
/// Steps of a flow shown for one finding; the rest is counted.
const STEPS: usize = 40;

/// Writes the outcome for people.
pub fn write(context: &Context, out: &mut dyn Write) -> io::Result<()> {
    let texts = Texts::new(context.sources, Masks::new(context.outcome, context.sources));
    for finding in &context.outcome.reported {
        write_finding(context, &texts, finding, None, out)?;
    }
    if context.detail == Detail::Full || context.silenced {
        write_silenced(context, &texts, out)?;
    }
    if context.detail == Detail::Brief {
        return Ok(());
    }
    write_problems(context, &texts, out)?;
    if !context.outcome.problems.is_empty() {
        writeln!(out)?;
    }
    for line in summary::summary(context.outcome) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn write_silenced(context: &Context, texts: &Texts, out: &mut dyn Write) -> io::Result<()> {
    for suppressed in &context.outcome.suppressed {
        let place = texts.place(&suppressed.comment.path, suppressed.comment.span.start);
        let note = format!("suppressed at {place}: {}", texts.one_line(&suppressed.reason));
        write_finding(context, texts, &suppressed.finding, Some(note), out)?;
    }
    for finding in &context.outcome.known {
        write_finding(context, texts, finding, Some("known from the baseline".to_owned()), out)?;
    }
    Ok(())
}

fn write_finding(context: &Context, texts: &Texts, finding: &Finding, status: Option<String>, out: &mut dyn Write) -> io::Result<()> {
    let mut diagnostic =
        Diagnostic::new(severity(finding.level)).with_code(super::clean_line(&finding.rule)).with_message(texts.one_line(&finding.message));
    let mut marks = snippet::marks(&finding.primary, &finding.related);
    let left_out = marks.len().saturating_sub(LABELS);
    marks.truncate(LABELS);
    let views = snippet::attach(texts, &marks, &mut diagnostic);
    diagnostic.notes = notes(context, texts, finding, &marks);
    if left_out > 0 {
        diagnostic.notes.push(format!("and {left_out} more related places"));
    }
    diagnostic.notes.extend(status);
    draw(&views, &diagnostic, context.color, out)?;
    writeln!(out)
}

fn notes(context: &Context, texts: &Texts, finding: &Finding, marks: &[Mark]) -> Vec<String> {
    let mut notes = Vec::new();
    for mark in marks.iter().filter(|mark| texts.get(&mark.label.location.path).is_none()) {
        let path = super::clean_line(&mark.label.location.path);
        notes.push(format!("at {path}: {} (its text is not at hand)", texts.one_line(&mark.label.text)));
    }
    notes.extend(flow(texts, &finding.flow));
    if let Some(help) = &finding.help {
        notes.push(format!("help: {}", texts.block(help)));
    }
    if context.detail == Detail::Full {
        notes.push(format!("confidence: {}", confidence(finding.confidence)));
    }
    notes
}

/// The flow as one note of numbered steps, each with its place.
fn flow(texts: &Texts, steps: &[Label]) -> Option<String> {
    if steps.is_empty() {
        return None;
    }
    let mut lines = vec!["step by step:".to_owned()];
    let width = steps.len().min(STEPS).to_string().len();
    for (at, step) in steps.iter().take(STEPS).enumerate() {
        let place = texts.place(&step.location.path, step.location.span.start);
        lines.push(format!("  {:>width$}. {place}: {}", at + 1, texts.one_line(&step.text)));
    }
    if steps.len() > STEPS {
        lines.push(format!("  and {} more steps", steps.len() - STEPS));
    }
    Some(lines.join("\n"))
}

fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "high (resolved through imports, annotations or constructors)",
        Confidence::Medium => "medium (a light type or a conventional name decided)",
        Confidence::Low => "low (a naming convention or a folder decided)",
    }
}

/// The problems, one line each; the first few only, unless everything is asked for.
pub(crate) fn write_problems(context: &Context, texts: &Texts, out: &mut dyn Write) -> io::Result<()> {
    let problems = &context.outcome.problems;
    let shown = if context.detail == Detail::Full { problems.len() } else { PROBLEMS };
    for problem in problems.iter().take(shown) {
        let place = match problem.span {
            Some(span) if !problem.path.is_empty() => texts.place(&problem.path, span.start),
            _ => super::clean_line(&problem.path).into_owned(),
        };
        let separator = if place.is_empty() { "" } else { ": " };
        writeln!(out, "{place}{separator}{}: {}", summary::kind_word(problem.kind), texts.one_line(&problem.message))?;
    }
    let rest = problems.len().saturating_sub(shown);
    if rest > 0 {
        writeln!(out, "and {} like these (all with --verbose)", summary::plural(rest, "more problem").replace("more problems", "more"))?;
    }
    Ok(())
}

/// The renderer's word for a level.
pub(crate) fn severity(level: Level) -> Severity {
    match level {
        Level::Error => Severity::Error,
        Level::Warning => Severity::Warning,
        Level::Note => Severity::Note,
    }
}

/// Draws one diagnostic, in colour or without.
pub(crate) fn draw(views: &Views, diagnostic: &Diagnostic<usize>, color: bool, out: &mut dyn Write) -> io::Result<()> {
    let config = Config::default();
    // Drawn into memory: a failed write must come back as what it is (a closed pipe), not as the renderer's own error.
    let mut buffer = Vec::new();
    let drawn = if color {
        term::emit_to_write_style(&mut Ansi::new(&mut buffer), &config, views, diagnostic)
    } else {
        term::emit_to_write_style(&mut NoColor::new(&mut buffer), &config, views, diagnostic)
    };
    match drawn {
        Ok(()) => out.write_all(trim_end(&buffer)),
        Err(Error::Io(error)) => Err(error),
        Err(error) => Err(io::Error::other(error)),
    }?;
    writeln!(out)
}

/// Without the blank line the renderer ends with: whether one follows is the caller's business.
fn trim_end(buffer: &[u8]) -> &[u8] {
    buffer.trim_ascii_end()
}
