//! The JSON report: a public format with its own structs, so that changes inside never change it by accident. Described in `docs/formats.md`.
//!
//! Lines and columns count from 1, columns in characters; offsets are bytes from 0. Additions keep the version; anything else raises it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::texts::Texts;
use super::{Context, Counts, mask::Masks};
use crate::model::coverage::{LanguageCoverage, Unresolved};
use crate::model::finding::{Finding, Label, Location, SkipReason, Statistics};
use crate::model::problem::{Problem, ProblemKind};
use crate::model::source::Span;

/// The version of the format.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    format: &'static str,
    version: u32,
    tool: Tool,
    summary: Summary,
    findings: Vec<Item<'a>>,
    suppressed: Vec<SuppressedItem<'a>>,
    known: Vec<Item<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<BaselineItem<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    narrowed: Option<NarrowedItem<'a>>,
    problems: Vec<ProblemItem>,
    statistics: Totals<'a>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Summary {
    errors: usize,
    warnings: usize,
    notes: usize,
    suppressed: usize,
    known: usize,
    problems: usize,
}

#[derive(Serialize)]
struct Item<'a> {
    rule: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'a str>,
    level: &'static str,
    confidence: &'static str,
    message: String,
    location: Place,
    label: String,
    related: Vec<Step>,
    flow: Vec<Step>,
    help: Option<String>,
    subject: String,
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct SuppressedItem<'a> {
    #[serde(flatten)]
    finding: Item<'a>,
    reason: String,
    comment: Place,
}

#[derive(Serialize)]
struct BaselineItem<'a> {
    path: &'a str,
    known: usize,
    fixed: u32,
    updated: bool,
}

#[derive(Serialize)]
struct NarrowedItem<'a> {
    since: Option<&'a str>,
    hidden: u32,
}

#[derive(Serialize)]
struct Step {
    location: Place,
    text: String,
}

#[derive(Serialize)]
struct Place {
    path: String,
    /// Absent when the text of the file is not at hand.
    #[serde(flatten)]
    region: Option<Region>,
}

#[derive(Serialize)]
struct Region {
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    offset: u32,
    end_offset: u32,
}

#[derive(Serialize)]
struct ProblemItem {
    kind: &'static str,
    message: String,
    location: Option<Place>,
}

#[derive(Serialize)]
struct Totals<'a> {
    files: u32,
    lines: u32,
    files_by_language: &'a BTreeMap<String, u32>,
    skipped: BTreeMap<&'static str, u32>,
    definitions: u32,
    imports: u32,
    imports_unresolved: u32,
    imports_generated: u32,
    calls: u32,
    calls_resolved: u32,
    routes: u32,
    findings_by_rule: &'a BTreeMap<String, u32>,
    coverage: &'a BTreeMap<String, LanguageCoverage>,
    unresolved: Vec<MissingImport<'a>>,
    generated: Vec<MissingImport<'a>>,
    full_sets: u32,
}

#[derive(Serialize)]
struct MissingImport<'a> {
    path: &'a str,
    line: u32,
    specifier: &'a str,
    language: &'static str,
}

/// Writes the outcome as JSON.
pub fn write(context: &Context, out: &mut dyn Write) -> io::Result<()> {
    let texts = Texts::new(context.sources, Masks::new(context.outcome, context.sources));
    let report = report(context, &texts);
    serde_json::to_writer_pretty(&mut *out, &report).map_err(io::Error::from)?;
    writeln!(out)
}

fn report<'a>(context: &Context<'a>, texts: &Texts) -> Report<'a> {
    let outcome = context.outcome;
    let counts = Counts::of(&outcome.reported);
    let suppressed = outcome.suppressed.iter().map(|suppressed| SuppressedItem {
        finding: item(context, texts, &suppressed.finding),
        reason: texts.masks.message(&suppressed.reason).into_owned(),
        comment: place(texts, &suppressed.comment),
    });
    Report {
        format: "archcheck",
        version: VERSION,
        tool: Tool { name: "archcheck", version: env!("CARGO_PKG_VERSION") },
        summary: Summary {
            errors: counts.errors,
            warnings: counts.warnings,
            notes: counts.notes,
            suppressed: outcome.suppressed.len(),
            known: outcome.known.len(),
            problems: outcome.problems.len(),
        },
        findings: outcome.reported.iter().map(|finding| item(context, texts, finding)).collect(),
        suppressed: suppressed.collect(),
        known: outcome.known.iter().map(|finding| item(context, texts, finding)).collect(),
        baseline: outcome.baseline.as_ref().map(|usage| BaselineItem {
            path: &usage.path,
            known: outcome.known.len(),
            fixed: usage.fixed,
            updated: usage.updated,
        }),
        narrowed: outcome.narrowed.as_ref().map(|narrowed| NarrowedItem {
            since: Some(narrowed.since.as_str()).filter(|since| !since.is_empty()),
            hidden: narrowed.hidden,
        }),
        problems: outcome.problems.iter().map(|problem| problem_item(texts, problem)).collect(),
        statistics: totals(&outcome.statistics),
    }
}

fn item<'a>(context: &Context<'a>, texts: &Texts, finding: &'a Finding) -> Item<'a> {
    let text = |text: &str| texts.masks.message(text).into_owned();
    Item {
        rule: &finding.rule,
        category: context.rule(&finding.rule).map(|rule| &*rule.category),
        level: finding.level.name(),
        confidence: finding.confidence.name(),
        message: text(&finding.message),
        location: place(texts, &finding.primary.location),
        label: text(&finding.primary.text),
        related: finding.related.iter().map(|label| step(texts, label)).collect(),
        flow: finding.flow.iter().map(|label| step(texts, label)).collect(),
        help: finding.help.as_deref().map(text),
        subject: text(&finding.subject),
        fingerprint: &finding.fingerprint,
    }
}

fn step(texts: &Texts, label: &Label) -> Step {
    Step { location: place(texts, &label.location), text: texts.masks.message(&label.text).into_owned() }
}

fn place(texts: &Texts, location: &Location) -> Place {
    Place { path: location.path.to_string(), region: region(texts, &location.path, location.span) }
}

fn region(texts: &Texts, path: &str, span: Span) -> Option<Region> {
    let text = texts.get(path)?;
    let span = text.clamp(span);
    let (start, end) = (text.position(span.start), text.position(span.end));
    Some(Region {
        line: start.line + 1,
        column: start.column + 1,
        end_line: end.line + 1,
        end_column: end.column + 1,
        offset: span.start,
        end_offset: span.end,
    })
}

fn problem_item(texts: &Texts, problem: &Problem) -> ProblemItem {
    let location = (!problem.path.is_empty())
        .then(|| Place { path: problem.path.to_string(), region: problem.span.and_then(|span| region(texts, &problem.path, span)) });
    ProblemItem { kind: problem_kind(problem.kind), message: texts.masks.message(&problem.message).into_owned(), location }
}

/// The word for a kind of problem in machine-readable formats.
pub(crate) fn problem_kind(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Unreadable => "unreadable",
        ProblemKind::Syntax => "syntax",
        ProblemKind::Limit => "limit",
        ProblemKind::Manifest => "manifest",
        ProblemKind::Document => "document",
        ProblemKind::Directive => "directive",
        ProblemKind::Internal => "internal",
    }
}

fn totals(statistics: &Statistics) -> Totals<'_> {
    Totals {
        files: statistics.files,
        lines: statistics.lines,
        files_by_language: &statistics.files_by_language,
        skipped: statistics.skipped.iter().map(|(reason, count)| (skip_word(*reason), *count)).collect(),
        definitions: statistics.definitions,
        imports: statistics.imports,
        imports_unresolved: statistics.imports_unresolved,
        imports_generated: statistics.imports_generated,
        calls: statistics.calls,
        calls_resolved: statistics.calls_resolved,
        routes: statistics.routes,
        findings_by_rule: &statistics.findings_by_rule,
        coverage: &statistics.coverage.languages,
        unresolved: statistics.coverage.missing(false).map(missing).collect(),
        generated: statistics.coverage.missing(true).map(missing).collect(),
        full_sets: statistics.coverage.full_sets,
    }
}

fn missing(import: &Unresolved) -> MissingImport<'_> {
    MissingImport { path: &import.path, line: import.line, specifier: &import.specifier, language: import.family.name() }
}

/// The word for a reason to leave a file out, in machine-readable formats.
pub(crate) fn skip_word(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::Generated => "generated",
        SkipReason::Vendored => "vendored",
        SkipReason::Minified => "minified",
        SkipReason::Binary => "binary",
        SkipReason::TooLarge => "too-large",
        SkipReason::Unreadable => "unreadable",
        SkipReason::NotUtf8 => "not-utf8",
        SkipReason::Link => "link",
    }
}
