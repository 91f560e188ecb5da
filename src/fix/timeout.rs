//! Gives a call a time limit, where the library takes it as the argument `timeout` in seconds.

use super::Proposal;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::FileFacts;
use crate::model::finding::{Edit, Finding};
use crate::model::source::{Family, Span};

/// Long enough for a slow service, short enough for who waits.
const SECONDS: &str = "10";
/// Libraries whose calls take `timeout` in seconds and have no other place for it that would be better.
const CALLS: [&str; 3] = ["requests.", "urllib.request.urlopen", "urlopen"];

/// The call with the argument. One that says `timeout=None` means it, and a call over several lines is the user's to lay out.
pub(super) fn given(finding: &Finding, text: &str, facts: &FileFacts) -> Option<Proposal> {
    let place = finding.primary.location.span;
    let called = text.get(place.range())?;
    let python = facts.language.family() == Family::Python;
    if !python || !CALLS.iter().any(|call| called.starts_with(call)) || called.contains("Session(") {
        return None;
    }
    let (call, span) = call_at(facts, place)?;
    let inside = text.get(span.range())?;
    let mut has_limit = false;
    facts.arena.children(call, |node| {
        has_limit |= matches!(facts.arena.kind(node), NodeKind::Argument { name, .. } if facts.text(name) == "timeout");
    });
    if has_limit || !inside.ends_with(')') || inside.contains('\n') {
        return None;
    }
    let head = inside[..inside.len() - 1].trim_end();
    let comma = match head.chars().next_back() {
        Some('(') => "",
        Some(',') => " ",
        _ => ", ",
    };
    let at = span.start as usize + head.len();
    let edit = Edit { span: Span::new(at, span.end as usize - 1), text: format!("{comma}timeout={SECONDS}") };
    Some(Proposal { title: format!("Add `timeout={SECONDS}`"), edit, removes: String::new(), adds: format!(" timeout={SECONDS}") })
}

/// The call that begins with this span: the smallest that holds it.
fn call_at(facts: &FileFacts, place: Span) -> Option<(NodeId, Span)> {
    let calls = facts.arena.ids().filter(|&node| matches!(facts.arena.kind(node), NodeKind::Call { .. }));
    let found = calls.map(|node| (node, facts.arena.span(node))).filter(|(_, span)| span.start == place.start && span.end > place.end);
    found.min_by_key(|(_, span)| span.end)
}
