//! Markdown for the summary of a CI job or a comment on a pull request: counts, the delta, a table of what is reported, then what was left out.
//!
//! GitHub takes 1 MiB a summary: the table is cut before that, the most severe first, and says how many rows are missing.

use std::io::{self, Write};

use super::prose::{by_severity, headline};
use super::texts::Texts;
use super::{Context, Counts, mask::Masks, summary};
use crate::model::finding::{Finding, Level, Outcome};

/// Bytes of findings and of problems; together with the frame they stay below what GitHub takes, even when several steps write.
const FINDINGS: usize = 600_000;
const PROBLEMS: usize = 100_000;
/// Bytes of one message.
const MESSAGE: usize = 2_000;

/// Writes the outcome as Markdown.
pub fn write(context: &Context, out: &mut dyn Write) -> io::Result<()> {
    let texts = Texts::new(context.sources, Masks::new(context.outcome, context.sources));
    let outcome = context.outcome;
    writeln!(out, "## archcheck: {}\n", verdict(outcome))?;
    write_counts(outcome, out)?;
    write_findings(context, &texts, out)?;
    write_rest(context, &texts, out)
}

fn verdict(outcome: &Outcome) -> String {
    let counts = Counts::of(&outcome.reported);
    let new = if compared(outcome) && !outcome.reported.is_empty() { " new" } else { "" };
    match counts {
        Counts { errors: 0, warnings: 0, notes: 0 } if compared(outcome) => "nothing new".to_owned(),
        _ => format!("{}{new}", counts.text()),
    }
}

/// Whether what is reported is only what came in since a baseline or a commit.
fn compared(outcome: &Outcome) -> bool {
    outcome.baseline.is_some() || outcome.narrowed.is_some()
}

fn write_counts(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let counts = Counts::of(&outcome.reported);
    let mut columns = vec![("errors", counts.errors), ("warnings", counts.warnings), ("notes", counts.notes)];
    if let Some(usage) = &outcome.baseline {
        columns.push(("known", outcome.known.len()));
        columns.push(("fixed", usage.fixed as usize));
    }
    if let Some(narrowed) = &outcome.narrowed {
        columns.push(("there before", narrowed.hidden as usize));
    }
    if !outcome.suppressed.is_empty() {
        columns.push(("suppressed", outcome.suppressed.len()));
    }
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let values: Vec<String> = columns.iter().map(|(_, count)| summary::thousands(*count)).collect();
    writeln!(out, "| {} |\n|{}\n| {} |\n", names.join(" | "), "---:|".repeat(columns.len()), values.join(" | "))
}

fn write_findings(context: &Context, texts: &Texts, out: &mut dyn Write) -> io::Result<()> {
    let findings = by_severity(context);
    if findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "| level | rule | place | finding |\n|---|---|---|---|")?;
    let rows: Vec<String> = findings.iter().map(|finding| row(context, texts, finding)).collect();
    let shown = within(&rows, FINDINGS);
    for row in rows.iter().take(shown) {
        writeln!(out, "{row}")?;
    }
    writeln!(out)?;
    if shown < rows.len() {
        writeln!(out, "{} not listed, the least severe ones.\n", summary::plural(rows.len() - shown, "more finding"))?;
    }
    Ok(())
}

/// How many of the lines fit into `limit` bytes.
fn within(lines: &[String], limit: usize) -> usize {
    let mut size = 0;
    lines
        .iter()
        .take_while(|line| {
            size += line.len() + 1;
            size <= limit
        })
        .count()
}

fn row(context: &Context, texts: &Texts, finding: &Finding) -> String {
    let level = match finding.level {
        Level::Error => "**error**",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    let location = &finding.primary.location;
    let path = context.located(&location.path);
    let line = texts.get(&location.path).map(|text| text.position(text.clamp(location.span).start).line + 1);
    let place = line.map_or_else(|| super::clean_line(&path).into_owned(), |line| format!("{}:{line}", super::clean_line(&path)));
    let place = match (context.links, line) {
        (Some(links), Some(line)) => format!("[{}]({links}/{}#L{line})", code(&place), super::sarif::uri(&path)),
        _ => code(&place),
    };
    let message = super::prose::cut(&headline(texts, finding), MESSAGE);
    format!("| {level} | {} | {place} | {} |", code(&super::clean_line(&finding.rule)), inline(&message))
}

fn write_rest(context: &Context, texts: &Texts, out: &mut dyn Write) -> io::Result<()> {
    for line in super::summary(context.outcome) {
        writeln!(out, "{}  ", inline(&line))?;
    }
    let problems: Vec<String> = context
        .outcome
        .problems
        .iter()
        .map(|problem| {
            let place = match problem.span {
                Some(span) => texts.place(&problem.path, span.start),
                None => super::clean_line(&problem.path).into_owned(),
            };
            let place = if place.is_empty() { place } else { format!("{}: ", code(&place)) };
            format!("- {place}{} ({})", inline(&texts.one_line(&problem.message)), super::json::problem_kind(problem.kind))
        })
        .collect();
    if problems.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n<details><summary>Not fully analysed: {}</summary>\n", summary::plural(problems.len(), "place"))?;
    let shown = within(&problems, PROBLEMS);
    for problem in problems.iter().take(shown) {
        writeln!(out, "{problem}")?;
    }
    if shown < problems.len() {
        writeln!(out, "- {} not listed", summary::plural(problems.len() - shown, "more problem"))?;
    }
    writeln!(out, "\n</details>")
}

/// Text as a code span, with a fence longer than any in it. A bar is escaped, because a table ends its cell there even in code.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{pad}{}{pad}{fence}", text.replace('|', "\\|"))
}

/// A message as Markdown: what stands between single backquotes stays code, everything else means itself.
fn inline(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    // An even number of pieces is an odd number of backquotes: not one of them can be trusted.
    if pieces.len().is_multiple_of(2) {
        return escaped(text);
    }
    let piece = |(at, piece): (usize, &&str)| match (at % 2, piece.is_empty()) {
        (0, _) => escaped(piece),
        (_, true) => "\\`\\`".to_owned(),
        _ => code(piece),
    };
    pieces.iter().enumerate().map(piece).collect()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A mention or a reference to an issue would reach people that have nothing to do with it.
            '@' | '#' => {
                out.push_str("<span>");
                out.push(c);
                out.push_str("</span>");
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '!' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_keep_their_code_and_nothing_else_becomes_markup() {
        assert_eq!(inline("`a|b` of *x* <img> [y](z)"), "`a\\|b` of \\*x\\* &lt;img&gt; \\[y\\](z)");
        assert_eq!(inline("one ` alone"), "one \\` alone");
        assert_eq!(inline("ask @team"), "ask <span>@</span>team");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`x`"), "`` `x` ``");
    }
}
