//! What is said of an operation whose writes do not stand and fall together, and how loudly.

use super::tables::stem;
use crate::check::Context;
use crate::check::handlers::handler_name;
use crate::check::lesser_writes::{called, is_asked_for_again, lets_in, may_be_in_callers, only_removes};
use crate::check::spelling::{call_span, spelled_callee};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::FileFacts;
use crate::model::finding::{Finding, Label, Level};
use crate::model::knowledge::WriteMode;
use crate::model::nesting::called_name;
use crate::model::program::Program;
use crate::model::role::{GlobalDef, Role};
use crate::model::source::FileId;
use crate::model::summary::Write;
use crate::model::words::words;
use crate::rulebook::vocabulary::{Words, vocabulary};

pub(in crate::check) const RULE: &str = "missing-transaction";

/// Most further writes listed with one finding.
const MAX_PLACES: usize = 5;

/// Writes of one function that belong together, in source order.
pub(super) struct Operation<'a> {
    pub(super) function: GlobalDef,
    pub(super) first: &'a Write,
    pub(super) second: &'a Write,
    pub(super) others: Vec<&'a Write>,
    /// One of the two is a call to an operation that is reported itself.
    pub(super) is_around: bool,
    /// The two commit sessions that are not known to be one.
    pub(super) is_apart: bool,
    /// That they belong together is likely and no more: a note.
    pub(super) is_loose: bool,
    /// What makes it a note whatever else is known.
    pub(super) excuse: Option<&'static str>,
}

pub(super) fn finding(context: &Context, operation: &Operation) -> Finding {
    let program = context.program;
    let Operation { function, first, second, others, .. } = operation;
    let facts = program.file(function.file);
    let commits = first.mode == WriteMode::OnCommit;
    let name = handler_name(program, *function);
    let (one, other) = (what(program, facts, first), what(program, facts, second));
    let (level, remark) = level(context, operation);
    let message = if commits {
        format!("`{name}` commits twice: when {other} fails, what {one} committed stays{remark}")
    } else {
        format!("`{name}` writes without a transaction: when {other} fails, what {one} wrote stays{remark}")
    };
    let label = |write: &Write, text: String| Label { location: program.location(function.file, call_span(facts, write.site)), text };
    let mut related = vec![label(first, format!("{} first{}", if commits { "commits" } else { "writes" }, tables(first)))];
    if second.via.is_some() {
        let (at, node) = second.target;
        let text = format!("{} here", if commits { "commits" } else { "writes" });
        related.push(Label { location: program.location(at.file, call_span(program.file(at.file), node)), text });
    }
    related.extend(others.iter().take(MAX_PLACES).map(|write| label(write, format!("then this{}", tables(write)))));
    let help = if commits {
        "let the called functions leave the commit to their caller (`flush` gives ids), and commit once at the end"
    } else {
        "open one transaction around the writes and hand its handle to each of them"
    };
    Finding {
        rule: RULE.into(),
        level,
        message,
        primary: label(second, format!("{} on its own{}", if commits { "commits" } else { "writes" }, tables(second))),
        related,
        flow: Vec::new(),
        help: Some(help.to_string()),
        subject: program.qualified_name(*function),
        fingerprint: String::new(),
        confidence: first.confidence.min(second.confidence),
        redact: Vec::new(),
    }
}

/// How loudly an operation is told, and what makes it less.
fn level(context: &Context, operation: &Operation) -> (Level, &'static str) {
    let program = context.program;
    let Operation { function, first, second, is_loose, .. } = operation;
    let facts = program.file(function.file);
    match first.mode {
        _ if operation.excuse.is_some() => (Level::Note, operation.excuse.unwrap_or_default()),
        _ if operation.is_apart => (Level::Note, "; fine where each of them is a unit of work that may stand by itself"),
        _ if operation.is_around => (Level::Note, "; one of them writes without one itself, and a transaction here is around both"),
        WriteMode::Document => (Level::Note, "; transactions need a replica set here"),
        _ if *is_loose => (Level::Note, "; fine where either may stand by itself"),
        WriteMode::Immediate if !is_structural(program, facts, first, second) => (Level::Note, "; fine where they may differ for a while"),
        _ if only_removes(&|write| called(facts, write, &|via| program.name(via).to_string()), first, second) => {
            (Level::Note, "; doing it again removes the rest")
        }
        _ if lets_in(&called(facts, second, &|via| program.name(via).to_string())) => (Level::Note, "; whoever logs in again gets another"),
        _ if is_asked_for_again(facts, first) || is_asked_for_again(facts, second) => (Level::Note, "; whoever asks again gets another"),
        // What is made where it was missing, or by a function that does something of its own, may well stand when the rest fails.
        WriteMode::OnCommit
            if first.via.is_some_and(|via| !is_method_of_row(program, function.file, first.site, via))
                || is_conditional(program, first.site, *function) =>
        {
            (Level::Note, "; fine where what is committed first may stand by itself")
        }
        WriteMode::Immediate if first.via.is_some_and(|via| !is_method_of_row(program, function.file, first.site, via)) => {
            (Level::Note, "; fine where what the first writes may stand by itself")
        }
        _ if may_be_in_callers(context, *function, first, second) => (Level::Note, "; fine where whoever calls it has opened one"),
        _ => (Level::Warning, ""),
    }
}

/// The write stands below a condition: `if trail is None: …`.
fn is_conditional(program: &Program, site: NodeId, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    program.nesting(function.file).around(site).any(|node| match facts.arena.kind(node) {
        NodeKind::If { then, otherwise, .. } => {
            let site = facts.arena.span(site);
            facts.arena.span(then).contains(site) || otherwise.is_some_and(|otherwise| facts.arena.span(otherwise).contains(site))
        }
        _ => false,
    })
}

/// `order.add_line(…)`: the method of a row writes what belongs to it.
fn is_method_of_row(program: &Program, file: FileId, site: NodeId, via: GlobalDef) -> bool {
    let facts = program.file(file);
    let class = GlobalDef { file: via.file, def: program.def(via).parent };
    let is_called_on =
        matches!(facts.arena.kind(site), NodeKind::Call { callee, .. } if matches!(facts.arena.kind(callee), NodeKind::Member { .. }));
    is_called_on && (program.is(class, Role::Model) || program.is(class, Role::Repository))
}

/// Rows come and go together (a parent and its children, a link and its counter), or a table is emptied and filled. Two updates are
/// often of things that merely follow each other.
fn is_structural(program: &Program, facts: &FileFacts, first: &Write, second: &Write) -> bool {
    let verbs = |write: &Write| -> Vec<String> {
        let name = write.via.map_or_else(|| called_name(facts, write.site).unwrap_or_default(), |via| program.name(via));
        words(name)
    };
    let has = |write: &Write, known: &Words| verbs(write).iter().any(|word| known.has(word));
    let changes_rows = |write: &Write| {
        let by_sql = write.via.is_none() && matches!(called_name(facts, write.site), Some("execute" | "query" | "exec" | "save"));
        by_sql || has(write, &vocabulary().writes.structural)
    };
    let counts = |write: &Write| has(write, &vocabulary().writes.counting);
    [first, second].into_iter().all(|write| changes_rows(write) || counts(write))
}

fn what(program: &Program, facts: &FileFacts, write: &Write) -> String {
    match write.via {
        Some(via) => format!("`{}`", program.short_name(via)),
        None => {
            let called = spelled_callee(facts, write.site);
            let named = write.tables.first().filter(|table| !called.to_ascii_lowercase().contains(&stem(table)));
            named.map_or(format!("`{called}`"), |table| format!("`{called}` on `{table}`"))
        }
    }
}

fn tables(write: &Write) -> String {
    write.tables.first().map_or(String::new(), |table| format!(", `{table}`"))
}
