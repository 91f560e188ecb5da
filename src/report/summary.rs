//! The last lines of a run for people: what was found, in how much code, and everything that was left out, silenced or not understood.
//! Nothing is dropped in silence: each line stands whenever its count is not zero.

use std::collections::BTreeMap;

use crate::model::finding::{Finding, Level, Outcome, Statistics};
use crate::model::problem::ProblemKind;

/// Findings by level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub errors: usize,
    pub warnings: usize,
    pub notes: usize,
}

impl Counts {
    /// Counts findings by level.
    pub fn of(findings: &[Finding]) -> Counts {
        let at = |level| findings.iter().filter(|finding| finding.level == level).count();
        Counts { errors: at(Level::Error), warnings: at(Level::Warning), notes: at(Level::Note) }
    }

    /// `2 errors and 1 note`, or `nothing`.
    pub(super) fn text(self) -> String {
        let parts = [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")];
        let parts: Vec<String> = parts.into_iter().filter(|&(count, _)| count > 0).map(|(count, word)| plural(count, word)).collect();
        if parts.is_empty() { "nothing".to_owned() } else { list(&parts) }
    }
}

/// The summary, line by line.
pub fn summary(outcome: &Outcome) -> Vec<String> {
    let statistics = &outcome.statistics;
    let scope = format!("{} ({})", plural(statistics.files as usize, "file"), plural(statistics.lines as usize, "line"));
    let mut lines = vec![format!("Found {} in {scope}.", Counts::of(&outcome.reported).text())];
    lines.extend(silenced(outcome));
    lines.extend(baseline(outcome));
    lines.extend(skipped(statistics));
    lines.extend(unread(statistics));
    lines.extend(unresolved(statistics));
    lines.extend(troubles(outcome));
    lines
}

fn silenced(outcome: &Outcome) -> Option<String> {
    let mut parts = Vec::new();
    if !outcome.suppressed.is_empty() {
        parts.push(format!("{} suppressed by a comment", plural(outcome.suppressed.len(), "finding")));
    }
    match &outcome.narrowed {
        Some(narrowed) if narrowed.hidden > 0 && narrowed.since.is_empty() => {
            parts.push(format!("{} away from the changed lines", plural(narrowed.hidden as usize, "finding")));
        }
        Some(narrowed) if narrowed.hidden > 0 => {
            let since = super::clean_line(&narrowed.since);
            parts.push(format!("{} there already at {since}", plural(narrowed.hidden as usize, "finding")));
        }
        _ => {}
    }
    (!parts.is_empty()).then(|| format!("Not shown: {}.", list(&parts)))
}

/// `known 51 (-3)`: how much debt there is, and how much is gone since it was last written down.
fn baseline(outcome: &Outcome) -> Option<String> {
    let known = outcome.known.len();
    let usage = outcome.baseline.as_ref()?;
    let fixed = if usage.fixed > 0 { format!(" (-{})", thousands(usage.fixed as usize)) } else { String::new() };
    let updated = if usage.updated { "; what is fixed has left it" } else { "" };
    Some(format!("Baseline {}: known {}{fixed}{updated}.", super::clean_line(&usage.path), thousands(known)))
}

fn skipped(statistics: &Statistics) -> Option<String> {
    let total: u32 = statistics.skipped.values().sum();
    let reasons: Vec<String> = statistics
        .skipped
        .iter()
        .filter(|&(_, &count)| count > 0)
        .map(|(reason, count)| format!("{} {}", thousands(*count as usize), reason.name()))
        .collect();
    (total > 0).then(|| format!("Left out: {} ({}).", plural(total as usize, "file"), reasons.join(", ")))
}

/// No rule of the default profile looks into tests, or into more than imports and exports of code for browsers and of markup.
fn unread(statistics: &Statistics) -> Option<String> {
    let parts = [
        (statistics.tests_unread, "of tests"),
        (statistics.inline_tests_unread, "with tests in them, of which these"),
        (statistics.outlined, "for browsers or of markup alone, but for imports and exports"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{} {what}", plural(*count as usize, "file"))).collect();
    (!parts.is_empty()).then(|| format!("Searched for credentials only: {}.", parts.join("; ")))
}

fn unresolved(statistics: &Statistics) -> Option<String> {
    let (unresolved, imports) = (statistics.imports_unresolved as usize, statistics.imports as usize);
    (unresolved > 0)
        .then(|| format!("Not resolved: {} of {} that look first-party.", thousands(unresolved), plural(imports.max(unresolved), "import")))
}

fn troubles(outcome: &Outcome) -> Option<String> {
    let mut kinds: BTreeMap<ProblemKind, usize> = BTreeMap::new();
    for problem in &outcome.problems {
        *kinds.entry(problem.kind).or_default() += 1;
    }
    let parts: Vec<String> = kinds.iter().map(|(kind, &count)| plural(count, kind_word(*kind))).collect();
    (!parts.is_empty()).then(|| format!("Not fully analysed: {}.", list(&parts)))
}

/// The word for a kind of problem in running text.
pub(crate) fn kind_word(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Unreadable => "unreadable file",
        ProblemKind::Syntax => "syntax error",
        ProblemKind::Limit => "exceeded limit",
        ProblemKind::Manifest => "project file not understood",
        ProblemKind::Document => "document not compared",
        ProblemKind::Directive => "archcheck comment not understood",
        ProblemKind::Internal => "internal error",
    }
}

/// `1 file`, `1,204 files`; words of several parts take their `s` after the first noun.
pub fn plural(count: usize, word: &str) -> String {
    let number = thousands(count);
    if count == 1 {
        return format!("{number} {word}");
    }
    match word.split_once(" not ") {
        Some((noun, rest)) => format!("{number} {noun}s not {rest}"),
        None => format!("{number} {word}s"),
    }
}

/// `1,204`.
pub(super) fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `a, b and c`.
pub(super) fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_run_says_so_in_one_line() {
        assert_eq!(summary(&Outcome::default()), ["Found nothing in 0 files (0 lines)."]);
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(plural(1, "project file not understood"), "1 project file not understood");
        assert_eq!(plural(1_234_567, "project file not understood"), "1,234,567 project files not understood");
    }
}
