//! The baseline: findings that were there before archcheck came are known, and what is fixed leaves.
//!
//! Debt only shrinks. Of findings about the same thing, as many as the baseline counts are known, the first in the file; the others are new. A line that
//! counts more than there are is stale. Only lines whose rule ran, on files that were asked for, are judged; the others stay as they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{STALE_BASELINE, Selection};
use crate::model::baseline::{Baseline, BaselineUse, Entry, key};
use crate::model::finding::{Confidence, Finding, Label, Level, Location};
use crate::model::rule::Rule;
use crate::model::source::Span;

/// What a baseline makes of the findings of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compared {
    /// The findings the baseline does not know, in their order.
    pub new: Vec<Finding>,
    /// The findings it knows, in their order.
    pub known: Vec<Finding>,
    /// One finding for each stale line, in the baseline's order.
    pub stale: Vec<Finding>,
    pub usage: BaselineUse,
}

/// The baseline that knows exactly these findings, sorted.
pub fn entries(findings: &[Finding]) -> Vec<Entry> {
    let mut counts: BTreeMap<(&str, &str, &str), u32> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| &*finding.rule != STALE_BASELINE) {
        *counts.entry(key(finding)).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|((rule, path, subject), count)| Entry {
            rule: Arc::from(rule),
            path: Arc::from(path),
            subject: subject.to_string(),
            count,
            because: None,
        })
        .collect()
}

/// Sorts findings into new and known. `complete` is false when a part of the analysis failed: then nothing counts as fixed.
pub fn compare(findings: Vec<Finding>, baseline: &Baseline, rules: &[Rule], selection: &Selection, complete: bool) -> Compared {
    let mut compared = Compared { usage: BaselineUse { path: baseline.path.clone(), ..BaselineUse::default() }, ..Compared::default() };
    let mut found: BTreeMap<(String, String, String), u32> = BTreeMap::new();
    let mut listed: BTreeMap<(&str, &str, &str), u32> = BTreeMap::new();
    for (entry, _) in &baseline.entries {
        // A line that stands there twice, after a merge, counts once.
        let count = listed.entry(entry.key()).or_default();
        *count = entry.count.max(*count);
    }
    for finding in findings {
        let (rule, path, subject) = key(&finding);
        let count = found.entry((rule.to_string(), path.to_string(), subject.to_string())).or_default();
        *count += 1;
        let is_known = listed.get(&key(&finding)).is_some_and(|limit| *count <= *limit);
        if is_known { compared.known.push(finding) } else { compared.new.push(finding) }
    }
    for (entry, span) in &baseline.entries {
        let (rule, path, subject) = entry.key();
        let there = found.get(&(rule.to_string(), path.to_string(), subject.to_string())).copied().unwrap_or(0);
        // Of a line that stands there twice only one may use up what was found.
        let limit = listed.remove(&entry.key()).unwrap_or(0);
        let there = if is_judged(entry, rules, selection) && complete { there.min(limit) } else { limit };
        if there < entry.count {
            compared.usage.fixed += entry.count.min(limit).saturating_sub(there);
            compared.stale.push(stale(baseline, entry, *span, there));
        }
        if there > 0 {
            compared.usage.left.push(Entry { count: there.min(entry.count), ..entry.clone() });
        }
    }
    compared.usage.left.sort();
    compared.usage.stale = !compared.stale.is_empty();
    compared
}

/// True when this run would have found what the entry lists.
fn is_judged(entry: &Entry, rules: &[Rule], selection: &Selection) -> bool {
    let rule = rules.iter().find(|rule| rule.id == entry.rule);
    // Nothing can ever match the line of a rule that is not there.
    let ran = rule.map_or(selection.select.is_empty(), |rule| selection.is_on(rule));
    ran && selection.shows(&entry.path)
}

fn stale(baseline: &Baseline, entry: &Entry, span: Span, there: u32) -> Finding {
    let (rule, path, _) = entry.key();
    let message = match there {
        0 => format!("`{rule}` no longer finds this in `{path}`, but the baseline still lists it."),
        _ => format!(
            "Of the {} findings of `{rule}` that the baseline lists for this in `{path}`, only {there} {} left.",
            entry.count,
            if there == 1 { "is" } else { "are" }
        ),
    };
    let label = Label {
        location: Location { path: baseline.path.clone(), span },
        text: if there == 0 { "matches nothing" } else { "counts more than there are" }.to_string(),
    };
    Finding {
        rule: Arc::from(STALE_BASELINE),
        level: Level::Error,
        message,
        primary: label,
        related: Vec::new(),
        flow: Vec::new(),
        help: Some(format!("run `archcheck` on your machine, which takes it out of `{}`, and commit the file", baseline.path)),
        subject: format!("{rule} {path} {}", entry.subject),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::triage::tests::{finding, rules};

    fn about(rule: &str, path: &str, subject: &str, at: usize) -> Finding {
        Finding { subject: subject.to_string(), ..finding(rule, path, at, at + 1) }
    }

    fn baseline(entries: &[(&str, &str, &str, u32)]) -> Baseline {
        let entry = |(rule, path, subject, count): &(&str, &str, &str, u32)| {
            (
                Entry { rule: (*rule).into(), path: (*path).into(), subject: subject.to_string(), count: *count, because: None },
                Span::new(0, 1),
            )
        };
        Baseline { path: "b.json".into(), text: "".into(), entries: entries.iter().map(entry).collect() }
    }

    fn subjects(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.subject.as_str()).collect()
    }

    fn left(compared: &Compared) -> Vec<(&str, u32)> {
        compared.usage.left.iter().map(|entry| (entry.subject.as_str(), entry.count)).collect()
    }

    #[test]
    fn known_new_and_fixed() {
        let known =
            baseline(&[("n-plus-one", "a.py", "a.f q", 1), ("n-plus-one", "a.py", "a.g q", 2), ("sql-injection", "a.py", "a.h", 1)]);
        let findings = vec![
            about("n-plus-one", "a.py", "a.f q", 1),
            about("n-plus-one", "a.py", "a.f q", 9),
            about("n-plus-one", "a.py", "a.g q", 20),
        ];
        let compared = compare(findings, &known, &rules(), &Selection::default(), true);
        assert_eq!(compared.new.iter().map(|finding| finding.primary.location.span.start).collect::<Vec<_>>(), [9]);
        assert_eq!(subjects(&compared.known), ["a.f q", "a.g q"]);
        assert_eq!(compared.usage.fixed, 2);
        assert_eq!(left(&compared), [("a.f q", 1), ("a.g q", 1)]);
        assert_eq!(compared.stale.len(), 2);
        assert_eq!(
            compared.stale[0].message,
            "Of the 2 findings of `n-plus-one` that the baseline lists for this in `a.py`, only 1 is left."
        );
    }

    #[test]
    fn only_what_ran_is_judged() {
        let known = baseline(&[("n-plus-one", "a/x.py", "f", 1), ("sql-injection", "b/y.py", "g", 1), ("gone-rule", "a/x.py", "h", 1)]);
        let left_with = |selection: Selection, complete: bool| compare(Vec::new(), &known, &rules(), &selection, complete).usage.left.len();
        assert_eq!(left_with(Selection::default(), true), 0);
        assert_eq!(left_with(Selection { select: vec!["n-plus-one".into()], ..Selection::default() }, true), 2);
        assert_eq!(left_with(Selection { ignore: vec!["n-plus-one".into()], ..Selection::default() }, true), 1);
        assert_eq!(left_with(Selection { paths: vec!["a".into()], ..Selection::default() }, true), 1);
        // A rule of the strict profile cannot have run under the default one.
        let strict = baseline(&[("todo-comment", "a/x.py", "f", 1)]);
        assert_eq!(compare(Vec::new(), &strict, &rules(), &Selection::default(), true).usage.left.len(), 1);
        assert_eq!(left_with(Selection::default(), false), 3);
    }

    #[test]
    fn a_line_that_stands_there_twice_counts_once() {
        let known = baseline(&[("n-plus-one", "a.py", "f", 1), ("n-plus-one", "a.py", "f", 1)]);
        let findings = vec![about("n-plus-one", "a.py", "f", 1), about("n-plus-one", "a.py", "f", 2)];
        let compared = compare(findings, &known, &rules(), &Selection::default(), true);
        assert_eq!((compared.known.len(), compared.new.len(), compared.stale.len()), (1, 1, 1));
        assert_eq!((left(&compared), compared.usage.fixed), (vec![("f", 1)], 0));
    }

    #[test]
    fn a_baseline_of_its_own_findings_knows_them_all() {
        let findings = vec![about("n-plus-one", "b.py", "f", 1), about("n-plus-one", "a.py", "f", 1), about("n-plus-one", "a.py", "f", 7)];
        let own =
            Baseline { entries: entries(&findings).into_iter().map(|entry| (entry, Span::new(0, 1))).collect(), ..Baseline::default() };
        let compared = compare(findings, &own, &rules(), &Selection::default(), true);
        assert_eq!((compared.known.len(), compared.new.len(), compared.stale.len()), (3, 0, 0));
    }
}
