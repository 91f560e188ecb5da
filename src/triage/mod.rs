//! Stage 6: suppressions, levels, de-duplication, fingerprints: findings to what is reported and what was silenced.
//!
//! The order matters. Findings are sorted and de-duplicated first and get their fingerprints then, so that a finding's identity depends on
//! neither the rules selected, nor the comments around it. It decides nothing about code: what is wrong was said by the checks.

mod baseline;
mod changes;
mod identity;
mod selection;
mod suppressions;

use std::sync::Arc;

use crate::model::finding::{Finding, Suppressed};
use crate::model::problem::Problem;
use crate::model::rule::Rule;
use crate::model::source::LineIndex;

pub use baseline::{Compared, compare, entries};
pub use changes::{Changes, DiffError, only_new, only_touched};
pub use selection::{Selection, UnknownName};
pub use suppressions::{Directives, in_source, in_text, speaks_of};

/// The rule that reports suppressions which silence nothing.
pub const UNUSED_SUPPRESSION: &str = "unused-suppression";

/// The rule that reports suppressions without a reason.
pub const SUPPRESSION_WITHOUT_REASON: &str = "suppression-without-reason";

/// The rule that reports lines of the baseline which list more than there is.
pub const STALE_BASELINE: &str = "stale-baseline";

/// What triage knows of a file besides its findings.
#[derive(Clone, Debug)]
pub struct FileNotes {
    pub path: Arc<str>,
    pub lines: LineIndex,
    pub directives: Directives,
}

/// What triage says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Triaged {
    /// Sorted by path, span, rule.
    pub reported: Vec<Finding>,
    /// In the same order.
    pub suppressed: Vec<Suppressed>,
    pub problems: Vec<Problem>,
}

/// Sorts the checks' findings into what is reported and what a comment silenced. `files` is sorted by path.
pub fn triage(findings: Vec<Finding>, files: &[FileNotes], rules: &[Rule], selection: &Selection) -> Triaged {
    let findings = identity::identify(identity::distinct(findings, files));
    let findings: Vec<Finding> = findings.into_iter().filter_map(|finding| at_its_level(finding, rules, selection)).collect();
    let mut triaged = match selection.suppressions {
        true => suppressions::apply(findings, files, rules, selection),
        false => Triaged { reported: findings, ..Triaged::default() },
    };
    triaged.reported.retain(|finding| selection.shows(&finding.primary.location.path));
    triaged.suppressed.retain(|suppressed| selection.shows(&suppressed.finding.primary.location.path));
    triaged.reported.sort_by(|a, b| identity::order(a).cmp(&identity::order(b)));
    triaged
}

/// Adds findings of triage's own, at the levels the user wants, and keeps the order of all output.
pub fn add_own(reported: &mut Vec<Finding>, own: Vec<Finding>, rules: &[Rule], selection: &Selection) {
    reported.extend(identity::identify(own).into_iter().filter_map(|finding| at_its_level(finding, rules, selection)));
    reported.sort_by(|a, b| identity::order(a).cmp(&identity::order(b)));
}

/// The finding at the level the user wants for its rule, or nothing when the rule is off.
fn at_its_level(mut finding: Finding, rules: &[Rule], selection: &Selection) -> Option<Finding> {
    let rule = rules.iter().find(|rule| rule.id == finding.rule);
    finding.level = selection.level(&finding.rule, rule, finding.level)?;
    Some(finding)
}

#[cfg(test)]
mod tests;
