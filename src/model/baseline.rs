//! The debt a project has accepted: findings by what they are about, never by line, so that edits elsewhere do not touch it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::finding::Finding;
use super::source::Span;

/// One line of the baseline: so many findings of one rule, in one file, about one thing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry {
    pub rule: Arc<str>,
    pub path: Arc<str>,
    /// The findings' subject: symbols, never lines.
    pub subject: String,
    pub count: u32,
    /// What somebody wrote beside it; kept when the file is written anew.
    pub because: Option<String>,
}

impl Entry {
    /// What makes two entries the same.
    pub fn key(&self) -> (&str, &str, &str) {
        (&self.rule, &self.path, &self.subject)
    }
}

/// What a finding is looked up by.
pub fn key(finding: &Finding) -> (&str, &str, &str) {
    (&finding.rule, &finding.primary.location.path, &finding.subject)
}

/// A baseline file as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Relative to the root where it stands below it.
    pub path: Arc<str>,
    pub text: Arc<str>,
    /// In the file's order, each with its place.
    pub entries: Vec<(Entry, Span)>,
}

/// How a run compares with its baseline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaselineUse {
    /// The baseline's file.
    pub path: Arc<str>,
    /// Findings the baseline lists that are gone: the debt that shrank.
    pub fixed: u32,
    /// True when the file lists more than there is, or the same thing twice.
    pub stale: bool,
    /// The baseline without what is fixed, sorted.
    pub left: Vec<Entry>,
    /// True once `left` has been written.
    pub updated: bool,
}
