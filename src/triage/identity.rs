//! One finding for one fact, and a name for it that survives edits elsewhere in the file.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::FileNotes;
use crate::model::finding::Finding;
use crate::model::source::Span;

/// The order of all output.
pub(super) fn order(finding: &Finding) -> impl Ord + '_ {
    let place = &finding.primary.location;
    (&place.path, place.span, &finding.rule, &finding.subject, &finding.message)
}

/// Sorts, and drops what says the same thing twice: the same rule at the same place, or at a place inside one that starts on the same line.
pub(super) fn distinct(mut findings: Vec<Finding>, files: &[FileNotes]) -> Vec<Finding> {
    // Best first among equals, so that the one kept does not hang on the order in which the checks ran.
    findings.sort_by_cached_key(|finding| {
        let place = &finding.primary.location;
        let strength = (Reverse(finding.level), Reverse(finding.confidence), Reverse(finding.flow.len()));
        let span = (place.span.start, Reverse(place.span.end));
        (place.path.clone(), finding.rule.clone(), span, strength, finding.subject.clone(), finding.message.clone())
    });
    let mut kept: Vec<Finding> = Vec::with_capacity(findings.len());
    // Start of the kept findings of one rule and file that could still hold a later one.
    let mut open: Vec<(u32, Span)> = Vec::new();
    for finding in findings {
        let place = &finding.primary.location;
        let same_group = kept.last().is_some_and(|last: &Finding| last.rule == finding.rule && last.primary.location.path == place.path);
        if !same_group {
            open.clear();
        }
        let line = line_of(files, &place.path, place.span.start);
        open.retain(|&(start, _)| start == line);
        if open.iter().any(|&(_, outer)| outer.contains(place.span)) {
            continue;
        }
        open.push((line, place.span));
        kept.push(finding);
    }
    kept.sort_by(|a, b| order(a).cmp(&order(b)));
    kept
}

/// Gives each finding its fingerprint: rule, path, subject, and the ordinal among findings that agree in these.
pub(super) fn identify(mut findings: Vec<Finding>) -> Vec<Finding> {
    let mut seen: BTreeMap<(Arc<str>, Arc<str>, String), u32> = BTreeMap::new();
    for finding in &mut findings {
        let key = (finding.rule.clone(), finding.primary.location.path.clone(), finding.subject.clone());
        let ordinal = seen.entry(key).and_modify(|count| *count += 1).or_insert(0);
        finding.fingerprint = fingerprint(&finding.rule, &finding.primary.location.path, &finding.subject, *ordinal);
    }
    findings
}

/// 32 hex digits.
pub(super) fn fingerprint(rule: &str, path: &str, subject: &str, ordinal: u32) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [rule, path, subject] {
        hasher.update(part.as_bytes());
        hasher.update(&[0]);
    }
    hasher.update(&ordinal.to_le_bytes());
    hasher.finalize().to_hex()[..32].to_string()
}

/// The line of an offset; every offset has its own where the file is not known, so that nothing is taken for the same line.
fn line_of(files: &[FileNotes], path: &Arc<str>, offset: u32) -> u32 {
    match files.binary_search_by(|file| file.path.cmp(path)) {
        Ok(at) => files[at].lines.line(offset),
        Err(_) => offset,
    }
}
