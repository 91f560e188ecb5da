//! One line for each finding, `path:line:column: error[rule-id]: message`, as editors' quickfix lists and `grep` like it; then the counts.

use std::io::{self, Write};

use super::texts::Texts;
use super::{Context, Detail, mask::Masks};
use crate::model::finding::Finding;

/// Writes the outcome, one line a finding.
pub fn write(context: &Context, out: &mut dyn Write) -> io::Result<()> {
    let texts = Texts::new(context.sources, Masks::new(context.outcome, context.sources));
    for finding in &context.outcome.reported {
        write_line(&texts, finding, "", out)?;
    }
    if context.silenced {
        for suppressed in &context.outcome.suppressed {
            write_line(&texts, &suppressed.finding, " (suppressed)", out)?;
        }
        for finding in &context.outcome.known {
            write_line(&texts, finding, " (known)", out)?;
        }
    }
    if context.detail == Detail::Brief {
        return Ok(());
    }
    super::human::write_problems(context, &texts, out)?;
    for line in super::summary(context.outcome) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn write_line(texts: &Texts, finding: &Finding, status: &str, out: &mut dyn Write) -> io::Result<()> {
    let location = &finding.primary.location;
    let place = texts.place(&location.path, location.span.start);
    let message = texts.one_line(finding.message.lines().next().unwrap_or(""));
    writeln!(out, "{place}: {}[{}]: {message}{status}", finding.level.name(), super::clean_line(&finding.rule))
}
