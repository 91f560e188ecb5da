//! Secrets blotted out, in whatever is printed: source lines, messages, labels, of the finding that found them and of all others.
//!
//! The rule that finds a secret says where it is (`Finding::redact`) and writes its own message masked. Here every line of that
//! file, and every text of every finding, is masked too: two findings often share a line.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::Sources;
use crate::model::finding::{Finding, Outcome, masked, shown};
use crate::model::source::Span;

/// Shorter secrets are too common as words to be blotted out of messages; their places in the source still are.
const SEARCHED: usize = 8;

/// The secrets of an outcome.
#[derive(Default)]
pub struct Masks {
    /// Disjoint spans in order, by path.
    spans: BTreeMap<Arc<str>, Vec<Span>>,
    /// The secrets themselves and what stands for each.
    secrets: Option<(AhoCorasick, Vec<String>)>,
}

impl Masks {
    /// The masks for everything `outcome` holds.
    pub fn new(outcome: &Outcome, sources: &dyn Sources) -> Masks {
        let silenced = outcome.suppressed.iter().map(|suppressed| &suppressed.finding);
        let all = outcome.reported.iter().chain(silenced).chain(&outcome.known);
        let mut spans = spans_by_path(all);
        spans.values_mut().for_each(merge);
        let secrets = secret_texts(&spans, sources);
        Masks { spans, secrets }
    }

    /// `range` of the file's text with every secret in it blotted out; as many bytes as before.
    pub fn source<'t>(&self, path: &str, text: &'t str, range: std::ops::Range<usize>) -> Cow<'t, str> {
        let piece = text.get(range.clone()).unwrap_or("");
        let spans = self.spans.get(path).map_or(&[][..], Vec::as_slice);
        let touching = |span: &&Span| (span.start as usize) < range.end && range.start < span.end as usize;
        if !spans.iter().any(|span| touching(&span)) {
            return Cow::Borrowed(piece);
        }
        let mut out = String::with_capacity(piece.len());
        for (at, c) in piece.char_indices() {
            let at = (range.start + at) as u32;
            let secret = spans.iter().find(|span| span.start <= at && at < span.end);
            match secret {
                Some(span) if !matches!(c, '\n' | '\r') && !is_shown(text, *span, at) => (0..c.len_utf8()).for_each(|_| out.push('*')),
                _ => out.push(c),
            }
        }
        Cow::Owned(out)
    }

    /// A message, label or name with every secret in it blotted out.
    pub fn message<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match &self.secrets {
            Some((searcher, masked)) if searcher.is_match(text) => Cow::Owned(searcher.replace_all(text, masked)),
            _ => Cow::Borrowed(text),
        }
    }
}

fn is_shown(text: &str, span: Span, at: u32) -> bool {
    let secret = text.get(span.range()).unwrap_or("");
    let before = text.get(span.start as usize..at as usize).unwrap_or(secret);
    before.chars().take(8).count() < shown(secret)
}

fn spans_by_path<'f>(findings: impl Iterator<Item = &'f Finding>) -> BTreeMap<Arc<str>, Vec<Span>> {
    let mut spans: BTreeMap<Arc<str>, Vec<Span>> = BTreeMap::new();
    for finding in findings.filter(|finding| !finding.redact.is_empty()) {
        spans.entry(finding.primary.location.path.clone()).or_default().extend(&finding.redact);
    }
    spans
}

/// Sorts and joins overlapping spans, so that a secret inside another is not half shown.
fn merge(spans: &mut Vec<Span>) {
    spans.sort_unstable();
    spans.dedup_by(|next, previous| {
        let overlap = next.start <= previous.end;
        if overlap {
            previous.end = previous.end.max(next.end);
        }
        overlap
    });
}

fn secret_texts(spans: &BTreeMap<Arc<str>, Vec<Span>>, sources: &dyn Sources) -> Option<(AhoCorasick, Vec<String>)> {
    let mut secrets = Vec::new();
    for (path, spans) in spans {
        let Some(text) = sources.text(path) else { continue };
        secrets.extend(spans.iter().filter_map(|span| text.get(span.range())).filter(|secret| secret.len() >= SEARCHED).map(str::to_owned));
    }
    secrets.sort_unstable();
    secrets.dedup();
    if secrets.is_empty() {
        return None;
    }
    // Searched in short messages: the automaton that is made soonest.
    let kind = Some(AhoCorasickKind::NoncontiguousNFA);
    let searcher = AhoCorasick::builder().kind(kind).match_kind(MatchKind::LeftmostLongest).build(&secrets).ok()?;
    let masks = secrets.iter().map(|secret| masked(secret)).collect();
    Some((searcher, masks))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masks(path: &str, spans: &[Span]) -> Masks {
        let mut spans = spans.to_vec();
        merge(&mut spans);
        Masks { spans: BTreeMap::from([(Arc::from(path), spans)]), secrets: None }
    }

    #[test]
    fn a_secret_shows_a_quarter_and_four_characters_at_most() {
        assert_eq!(masked("123456"), "1****");
        assert_eq!(masked("ghp_0123456789abcdef"), "ghp_****");
        assert_eq!(masked("abc"), "****");
        assert_eq!(masked("ünïcödé-ünïcödé-ünïcödé"), "ünïc****");
    }

    #[test]
    fn source_is_masked_across_lines_and_wide_characters_with_its_length_kept() {
        let text = "a = 'pässwörd-one\nsecond line of it'";
        let masks = masks("a.py", &[Span::new(5, 37), Span::new(7, 20)]);
        let masked = masks.source("a.py", text, 0..text.len());
        assert_eq!(masked, "a = 'päss*********\n*****************'");
        assert_eq!(masked.len(), text.len());
        assert_eq!(masks.source("a.py", text, 20..26), "******");
        assert_eq!(masks.source("b.py", text, 0..5), "a = '");
    }
}
