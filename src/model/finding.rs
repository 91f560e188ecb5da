//! What archcheck says about somebody's code, and the result of a whole run.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::baseline::BaselineUse;
use super::coverage::Coverage;
use super::problem::Problem;
use super::source::Span;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Note,
    Warning,
    Error,
}

impl Level {
    /// The word used in every output.
    pub fn name(self) -> &'static str {
        match self {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// How sure archcheck is: what the weakest link of the evidence was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A naming convention or a folder decided.
    Low,
    /// A light type or a conventional name in a file that imports the library.
    Medium,
    /// Resolved through imports, annotations or constructors.
    High,
}

impl Confidence {
    /// The word used in machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

/// A place in a file. The path is relative to the root, with forward slashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    pub path: Arc<str>,
    pub span: Span,
}

/// A place and what to say there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Label {
    pub location: Location,
    pub text: String,
}

/// A claim about somebody's code, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's id, e.g. `n-plus-one`.
    pub rule: Arc<str>,
    pub level: Level,
    /// What is wrong; the first sentence stands alone in a one-line format. Backticks around code.
    pub message: String,
    /// The place on the user's code, with a short text for the label.
    pub primary: Label,
    /// Other places that belong to the evidence: the other end of an edge, the role's decorator, the user's config line.
    pub related: Vec<Label>,
    /// Ordered steps: a call chain from the loop to the query, a data flow from source to sink. Empty when there is none.
    pub flow: Vec<Label>,
    /// How to mend it in the framework at hand.
    pub help: Option<String>,
    /// What the finding is about in terms that survive edits elsewhere: symbol path, target, API. Part of the fingerprint.
    pub subject: String,
    /// Stable identity, made by triage from rule, path, subject and an ordinal among equals. Hex.
    pub fingerprint: String,
    pub confidence: Confidence,
    /// Byte ranges of the primary label's file that hold a secret: no format ever prints them whole.
    #[serde(default)]
    pub redact: Vec<Span>,
}

/// A piece of a text and what stands there instead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

impl Edit {
    /// `text` with the edit; `None` when the span is none of it.
    pub fn applied(&self, text: &str) -> Option<String> {
        let (before, after) = (text.get(..self.span.start as usize)?, text.get(self.span.end as usize..)?);
        (self.span.start <= self.span.end).then(|| [before, &self.text, after].concat())
    }
}

/// An edit that mends a finding and is certain to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// The finding's.
    pub fingerprint: String,
    /// The finding's file.
    pub path: Arc<str>,
    /// What is done, in a few words.
    pub title: String,
    pub edit: Edit,
}

/// Why a file was left out of the analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    Generated,
    Vendored,
    Minified,
    Binary,
    TooLarge,
    Unreadable,
    NotUtf8,
    /// A symbolic link that leads outside the root or in a circle.
    Link,
}

impl SkipReason {
    /// The words used in summaries.
    pub fn name(self) -> &'static str {
        match self {
            SkipReason::Generated => "generated",
            SkipReason::Vendored => "vendored",
            SkipReason::Minified => "minified",
            SkipReason::Binary => "binary",
            SkipReason::TooLarge => "too large",
            SkipReason::Unreadable => "unreadable",
            SkipReason::NotUtf8 => "not UTF-8",
            SkipReason::Link => "link out of the root or in a circle",
        }
    }
}

/// Counts of a run. No clocks: they would make equal runs differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    pub files: u32,
    pub lines: u32,
    pub files_by_language: BTreeMap<String, u32>,
    /// Files left out, by reason.
    pub skipped: BTreeMap<SkipReason, u32>,
    pub definitions: u32,
    pub imports: u32,
    /// Code of tests that was searched for credentials and not looked into otherwise.
    #[serde(default)]
    pub tests_unread: u32,
    /// Files whose own tests were searched for credentials and not looked into otherwise.
    #[serde(default)]
    pub inline_tests_unread: u32,
    /// Modules for browsers or of markup alone of which imports and exports were read.
    #[serde(default)]
    pub outlined: u32,
    /// Imports that look first-party but lead to no file.
    pub imports_unresolved: u32,
    /// Imports of the project's own generated code, which was left out or is not there.
    pub imports_generated: u32,
    pub calls: u32,
    /// Calls whose target in the project or in a known library is known.
    pub calls_resolved: u32,
    pub routes: u32,
    pub findings_by_rule: BTreeMap<String, u32>,
    /// How much of imports and calls is known.
    #[serde(default)]
    pub coverage: Coverage,
}

/// A finding that a comment silenced, with the reason given there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppressed {
    pub finding: Finding,
    pub reason: String,
    pub comment: Location,
}

/// The result of a run, in output order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// To be reported, sorted by path, span, rule.
    pub reported: Vec<Finding>,
    pub suppressed: Vec<Suppressed>,
    /// Findings listed in the baseline.
    pub known: Vec<Finding>,
    /// What the baseline did; `None` without one.
    pub baseline: Option<BaselineUse>,
    /// How the run was narrowed to a change; `None` when everything is reported.
    pub narrowed: Option<Narrowed>,
    pub problems: Vec<Problem>,
    pub statistics: Statistics,
    /// Fixes of reported findings, where somebody asked for them.
    pub fixes: Vec<Fix>,
}

impl Outcome {
    /// Counts the reported findings by rule anew.
    pub fn count_by_rule(&mut self) {
        let counts = &mut self.statistics.findings_by_rule;
        counts.clear();
        for finding in &self.reported {
            *counts.entry(finding.rule.to_string()).or_default() += 1;
        }
    }
}

/// A run that reports only what a change brings in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Narrowed {
    /// The state it was compared with; empty when only a diff was given.
    pub since: String,
    /// Findings that are not the change's.
    pub hidden: u32,
}

/// A secret as it may be shown: a quarter of it, four characters at most, then `****`. No format prints more.
pub fn masked(secret: &str) -> String {
    let mut text: String = secret.chars().take(shown(secret)).collect();
    text.push_str("****");
    text
}

/// How many characters of a secret may be shown.
pub fn shown(secret: &str) -> usize {
    (secret.chars().take(16).count() / 4).min(4)
}
