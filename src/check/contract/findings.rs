//! Breaches to findings: one for each file and what it depends on, with every line of the contract that forbids it.

use std::collections::BTreeMap;

use super::breach::{Breach, Target};
use super::edges::{Deed, Edge};
use super::ground::Ground;
use crate::model::contract::{Date, Exception};
use crate::model::finding::{Confidence, Finding, Label, Level, Location};
use crate::model::source::Span;

pub(super) const RULE: &str = "contract";

/// Most places listed with one finding.
const MAX_PLACES: usize = 8;

/// A breach with the exceptions that no longer hold for it.
pub(super) struct Judged<'a> {
    pub(super) breach: Breach,
    pub(super) expired: Vec<&'a Exception>,
}

/// The findings of one contract, at `level` where the line says none.
pub(super) fn findings(ground: &Ground, judged: Vec<Judged>, level: Level, today: Option<Date>) -> Vec<Finding> {
    let mut groups: BTreeMap<_, Vec<Judged>> = BTreeMap::new();
    for one in judged {
        // Ways are told apart by the line they break: another line may have another way.
        let way = (one.breach.way.len() != 1).then_some(one.breach.line);
        groups.entry((one.breach.from, one.breach.target.clone(), way)).or_default().push(one);
    }
    groups.into_values().filter_map(|group| finding(ground, &group, level, today)).collect()
}

fn finding(ground: &Ground, group: &[Judged], level: Level, today: Option<Date>) -> Option<Finding> {
    let program = ground.program;
    let breach = &group.first()?.breach;
    let from = breach.from;
    let first = breach.way.first().map(|edge| &ground.edges[*edge]);
    let span = first.map_or_else(Span::default, |edge| edge.span);
    let mut related: Vec<Label> = Vec::new();
    for Judged { breach, .. } in group {
        let location = Location { path: ground.contract.path.clone(), span: ground.line_span(breach.line) };
        if related.iter().all(|label| label.location != location) {
            let because = ground.terms(breach.line).because.as_ref().map(|because| format!(", because {because}")).unwrap_or_default();
            related.push(Label { location, text: format!("{}{because}", breach.label) });
        }
    }
    for exception in group.iter().flat_map(|one| &one.expired) {
        let (until, today) = (exception.until.as_ref()?, today?);
        let location = Location { path: ground.contract.path.clone(), span: until.span };
        if related.iter().all(|label| label.location != location) {
            let text = format!("this exception ended on {}, and today is {today}", until.value);
            related.push(Label { location, text });
        }
    }
    if breach.way.len() == 1 {
        related.extend(other_places(ground, group, span));
    }
    let fix = group.iter().find_map(|one| ground.terms(one.breach.line).fix.clone());
    let target = target_name(ground, &breach.target);
    Some(Finding {
        rule: RULE.into(),
        level: group.iter().map(|one| ground.terms(one.breach.line).level.unwrap_or(level)).max()?,
        message: message(ground, breach),
        primary: Label { location: program.location(from, span), text: label(breach) },
        related,
        flow: if breach.way.len() > 1 { flow(ground, breach) } else { Vec::new() },
        help: Some(fix.unwrap_or_else(|| breach.help.clone())),
        subject: match breach.way.len() {
            1 => format!("{} -> {target}", program.modules[from.index()]),
            0 => format!("{}: {}", program.modules[from.index()], ground.line_name(breach.line)),
            _ => format!("{}: {} ~> {target}", ground.line_name(breach.line), program.modules[from.index()]),
        },
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    })
}

fn label(breach: &Breach) -> String {
    match (&breach.to_part, &breach.target) {
        (_, Target::Missing) => "this file".to_string(),
        (Some(part), _) if breach.way.len() > 1 => format!("the way to `{part}` begins here"),
        (Some(part), _) => format!("part `{part}`"),
        (None, _) => "no part of the rule".to_string(),
    }
}

fn message(ground: &Ground, breach: &Breach) -> String {
    let path = ground.program.path(breach.from);
    let importer = match &breach.from_part {
        Some(part) if **part != **path => format!("`{path}` (part `{part}`)"),
        _ => format!("`{path}`"),
    };
    let Some(last) = breach.way.last().map(|edge| &ground.edges[*edge]) else {
        return format!("{importer} {}", breach.reason);
    };
    let to = target_name(ground, &breach.target);
    let part = match &breach.to_part {
        Some(part) if *part != to => format!(" (part `{part}`)"),
        _ => String::new(),
    };
    let reason = &breach.reason;
    if let [_, .., _] = breach.way.as_slice() {
        let through: Vec<String> =
            breach.way[1..].iter().map(|edge| format!("`{}`", ground.program.path(ground.edges[*edge].from.file))).collect();
        let through = match through.as_slice() {
            [one] => one.clone(),
            [first, .., last] => format!("{first} … {last}"),
            [] => String::new(),
        };
        let more = if breach.more > 0 { format!(" and {} more", breach.more) } else { String::new() };
        return format!("{importer} reaches `{to}`{part}{more} through {through}, {reason}");
    }
    let comma = if reason.starts_with("and ") { "" } else { "," };
    format!("{importer} {} {}{part}{comma} {reason}", verb(last), thing(last, &breach.target, &to))
}

fn verb(edge: &Edge) -> &'static str {
    match edge.deed {
        Deed::Import => "imports",
        Deed::Call => "calls",
        Deed::Read => "reads",
    }
}

/// What is imported or called, and where it is from.
fn thing(edge: &Edge, target: &Target, to: &str) -> String {
    match (edge.name.as_str(), target) {
        ("", _) => format!("`{to}`"),
        (name, Target::Outside(_)) if edge.deed != Deed::Import => format!("`{name}`"),
        (name, Target::Outside(_)) if to.ends_with(name) => format!("`{to}`"),
        (name, _) => format!("`{name}` from `{to}`"),
    }
}

fn target_name(ground: &Ground, target: &Target) -> String {
    match target {
        Target::File(file) => ground.program.path(*file).to_string(),
        Target::Outside(name) => name.clone(),
        Target::Missing => String::new(),
    }
}

/// The other places from which the same is used.
fn other_places(ground: &Ground, group: &[Judged], first: Span) -> Vec<Label> {
    let edges = group.iter().filter_map(|one| one.breach.way.first()).map(|edge| &ground.edges[*edge]);
    let mut places: Vec<(Span, &str)> = edges.map(|edge| (edge.span, edge.name.as_str())).collect();
    places.dedup();
    let mut labels: Vec<Label> = Vec::new();
    for (span, name) in places.into_iter().filter(|(span, _)| *span != first) {
        let text = if name.is_empty() { "and here".to_string() } else { format!("and `{name}`") };
        let label = Label { location: ground.program.location(group[0].breach.from, span), text };
        if labels.len() < MAX_PLACES && !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels
}

/// Every step of a way.
fn flow(ground: &Ground, breach: &Breach) -> Vec<Label> {
    let step = |edge: &Edge| {
        let to = match &edge.to {
            super::edges::End::Code(def) => ground.program.path(def.file).to_string(),
            super::edges::End::Outside(outside) => outside.package().to_string(),
        };
        let text = match edge.name.as_str() {
            "" => format!("{} `{to}`", verb(edge)),
            name => format!("{} `{name}` from `{to}`", verb(edge)),
        };
        Label { location: ground.program.location(edge.from.file, edge.span), text }
    };
    breach.way.iter().map(|edge| step(&ground.edges[*edge])).collect()
}
