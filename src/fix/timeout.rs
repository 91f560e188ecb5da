//! Gives a call a time limit: in Python where the library takes it as the argument `timeout` in seconds, in TypeScript among the options of `fetch` and
//! `axios`, in milliseconds.

use super::Proposal;
use crate::model::body::{CollectionKind, NodeId, NodeKind};
use crate::model::facts::FileFacts;
use crate::model::finding::{Edit, Finding};
use crate::model::nesting::arguments;
use crate::model::source::{Family, Span};

/// Long enough for a slow service, short enough for who waits. Seconds.
const SECONDS: &str = "10";
/// The same in milliseconds.
const MILLISECONDS: &str = "10000";
/// Libraries whose calls take `timeout` in seconds and have no other place for it that would be better.
const CALLS: [&str; 3] = ["requests.", "urllib.request.urlopen", "urlopen"];

/// The call with the limit. One that says `timeout=None` means it.
pub(super) fn given(finding: &Finding, text: &str, facts: &FileFacts) -> Option<Proposal> {
    let place = finding.primary.location.span;
    let called = text.get(place.range())?;
    let (call, span) = call_at(facts, place)?;
    match facts.language.family() {
        Family::Python if CALLS.iter().any(|own| called.starts_with(own)) && !called.contains("Session(") => {
            argument(facts, text, call, span)
        }
        Family::TypeScript => option(facts, text, called, call, span),
        _ => None,
    }
}

/// `timeout=10` as the last argument.
fn argument(facts: &FileFacts, text: &str, call: NodeId, span: Span) -> Option<Proposal> {
    let has_limit = arguments(facts, call)
        .any(|node| matches!(facts.arena.kind(node), NodeKind::Argument { name, .. } if facts.text(name) == "timeout"));
    if has_limit {
        return None;
    }
    let added = format!("timeout={SECONDS}");
    let edit = last_in(text, span, ')', &added)?;
    Some(Proposal { title: format!("Add `{added}`"), edit, removes: String::new(), adds: format!(" {added}") })
}

/// The limit as a property of the options, which are an object written here, or which the call does not have yet.
fn option(facts: &FileFacts, text: &str, called: &str, call: NodeId, span: Span) -> Option<Proposal> {
    let (at, key, value, shape) = match called {
        "fetch" => (1, "signal", format!("AbortSignal.timeout({MILLISECONDS})"), format!("(call AbortSignal.timeout {MILLISECONDS})")),
        "axios.create" => (0, "timeout", MILLISECONDS.to_string(), MILLISECONDS.to_string()),
        "axios.get" | "axios.delete" | "axios.head" | "axios.options" => (1, "timeout", MILLISECONDS.to_string(), MILLISECONDS.to_string()),
        "axios.post" | "axios.put" | "axios.patch" => (2, "timeout", MILLISECONDS.to_string(), MILLISECONDS.to_string()),
        _ => return None,
    };
    let given: Vec<NodeId> = arguments(facts, call).collect();
    let (entry, shape) = (format!("{key}: {value}"), format!("{key:?}:{shape}"));
    let title = format!("Add `{entry}`");
    if given.len() == at {
        let edit = last_in(text, span, ')', &format!("{{ {entry} }}"))?;
        return Some(Proposal { title, edit, removes: String::new(), adds: format!(" (dict {shape})") });
    }
    let (options, true) = (*given.get(at)?, given.len() == at + 1) else { return None };
    let NodeKind::Collection { kind: CollectionKind::Dict, items } = facts.arena.kind(options) else { return None };
    // What is spread over may hold the key, and one that is there was put there on purpose.
    let plain =
        |item| matches!(facts.arena.kind(item), NodeKind::Entry { key: own, .. } if facts.string(own).is_some_and(|own| own != key));
    if !facts.arena.list(items).all(plain) {
        return None;
    }
    let edit = last_in(text, facts.arena.span(options), '}', &entry)?;
    Some(Proposal { title, edit, removes: String::new(), adds: format!(" {shape}") })
}

/// The edit that puts one more item before the bracket that ends the span: on a line of its own where the last item stands on one.
fn last_in(text: &str, span: Span, bracket: char, item: &str) -> Option<Edit> {
    let inside = text.get(span.range())?.strip_suffix(bracket)?;
    let head = inside.trim_end();
    let tail = &inside[head.len()..];
    let start = span.start as usize;
    let (at, end) = (start + head.len(), start + inside.len());
    let last = head.lines().next_back()?;
    // A comment at the end would swallow what is put behind it.
    if last.contains("//") || last.contains('#') {
        return None;
    }
    if head.ends_with(['(', '{']) {
        let (before, after) = if bracket == '}' { (" ", " ") } else { ("", "") };
        return Some(Edit { span: Span::new(at, end), text: format!("{before}{item}{after}") });
    }
    let comma = if head.ends_with(',') { "" } else { "," };
    if !tail.contains('\n') {
        let after = if bracket == '}' { " " } else { "" };
        return Some(Edit { span: Span::new(at, end), text: format!("{comma} {item}{after}") });
    }
    let line = tail.find('\n').map(|newline| &tail[..=newline])?;
    let indent: String = text[..at].lines().next_back()?.chars().take_while(|char| matches!(char, ' ' | '\t')).collect();
    let trailing = if head.ends_with(',') { "," } else { "" };
    Some(Edit { span: Span::new(at, at), text: format!("{comma}{line}{indent}{item}{trailing}") })
}

/// The call that begins with this span: the smallest that holds it.
fn call_at(facts: &FileFacts, place: Span) -> Option<(NodeId, Span)> {
    let calls = facts.arena.ids().filter(|&node| matches!(facts.arena.kind(node), NodeKind::Call { .. }));
    let found = calls.map(|node| (node, facts.arena.span(node))).filter(|(_, span)| span.start == place.start && span.end > place.end);
    found.min_by_key(|(_, span)| span.end)
}
