//! One line for each finding, `path:line:column: error[rule-id]: message`, as editors' quickfix lists and `grep` like it; then the counts.

use std::io::{self, Write};

use super::texts::Texts;
use super::{Context, Detail, mask::Masks};

/// Writes the outcome, one line a finding.
pub fn write(context: &Context, out: &mut dyn Write) -> io::Result<()> {
    let texts = Texts::new(context.sources, Masks::new(context.outcome, context.sources));
    for finding in &context.outcome.reported {
        let location = &finding.primary.location;
        let place = texts.place(&location.path, location.span.start);
        let message = texts.one_line(finding.message.lines().next().unwrap_or(""));
        writeln!(out, "{place}: {}[{}]: {message}", finding.level.name(), super::clean_line(&finding.rule))?;
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
