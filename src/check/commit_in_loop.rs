//! A commit for each row that a loop changes. Part of `n-plus-one`: the rows go to the database one by one, each with a round trip and a
//! transaction of its own, where one commit after the loop writes them all.

use super::Context;
use super::bounds::bound;
use super::dependence::Dependence;
use super::loops::{Place, Repetition, RepetitionKind, around};
use super::scope::{in_scope, is_start_up};
use super::spelling::{call_span, spelled_callee};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefId, FileFacts};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::nesting::{chain_root, walk_deep};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};

/// Finds such commits in a Python file.
pub(super) fn in_file(context: &Context, file: FileId) -> Vec<Finding> {
    let program = context.program;
    let facts = program.file(file);
    let mut findings = Vec::new();
    if facts.language.family() != Family::Python {
        return findings;
    }
    for function in program.functions_of(file) {
        if function.def == DefId::MODULE
            || !in_scope(program, function)
            || program.is(function, Role::Task)
            || is_start_up(program.name(function))
        {
            continue;
        }
        let Some(summary) = context.summaries.of(function) else { continue };
        for write in summary.writes.iter().filter(|write| write.via.is_none() && write.framework == u16::MAX) {
            let place = Place { program, summaries: context.summaries, file, facts, nesting: program.nesting(file) };
            let Some(repetition) = around(&place, write.site, false).into_iter().next() else { continue };
            if repetition.kind == RepetitionKind::ForEach
                && bound(&place, &repetition, write.site).is_none()
                && is_done_each_time(&place, &repetition, write.site)
                && changes_item(facts, &repetition)
            {
                findings.push(finding(&place, function, &repetition, write.site));
            }
        }
    }
    findings
}

/// Neither now and then (`if n % 100 == 0`) nor so that one row may fail alone.
fn is_done_each_time(place: &Place, repetition: &Repetition, site: NodeId) -> bool {
    let facts = place.facts;
    let mut within = place.nesting.around(site).take_while(|&node| node != repetition.node);
    !within.any(|node| matches!(facts.arena.kind(node), NodeKind::If { .. } | NodeKind::Try { .. } | NodeKind::With { .. }))
}

/// The loop sets fields of its rows.
fn changes_item(facts: &FileFacts, repetition: &Repetition) -> bool {
    let Some(body) = repetition.body else { return false };
    let dependence = Dependence::of(facts, &repetition.items, body);
    let mut changes = false;
    walk_deep(facts, body, |node| {
        if let NodeKind::Assign { target, .. } = facts.arena.kind(node)
            && let NodeKind::Member { object, .. } = facts.arena.kind(target)
            && let NodeKind::Name(name) = facts.arena.kind(chain_root(facts, object))
        {
            changes |= dependence.has(name);
        }
        !changes
    });
    changes
}

fn finding(place: &Place, function: GlobalDef, repetition: &Repetition, site: NodeId) -> Finding {
    let (program, facts) = (place.program, place.facts);
    let called = spelled_callee(facts, site);
    let item = repetition.items.first().map_or("item", |&name| facts.text(name));
    let head = Label { location: program.location(place.file, repetition.head(facts)), text: format!("repeats for each `{item}`") };
    Finding {
        rule: "n-plus-one".into(),
        level: Level::Note,
        message: format!("`{called}` commits once for each `{item}`; fine where each has to be kept even if the next one fails"),
        primary: Label { location: program.location(place.file, call_span(facts, site)), text: "one commit per item".to_string() },
        related: vec![head.clone()],
        flow: vec![head],
        help: Some("commit once, after the loop".to_string()),
        subject: format!("{} {called}", program.qualified_name(function)),
        fingerprint: String::new(),
        confidence: Confidence::Medium,
        redact: Vec::new(),
    }
}
