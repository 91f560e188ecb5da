//! Edits that mend a finding: only where it is certain what to write, and small.
//!
//! A fix is proposed from the finding, the file's text and its facts. Whether the edited text means the same apart from the fix is for the engine to try:
//! each fix says what it changes in the [shape](crate::lower::render::shape) of the code.

mod binding;
mod builders;
mod comments;
mod holes;
mod placeholders;
mod timeout;

#[cfg(test)]
mod tests;

use crate::model::body::NodeId;
use crate::model::facts::FileFacts;
use crate::model::finding::{Edit, Finding};

/// A way to mend a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// What is done, in a few words: `Add timeout=10`.
    pub title: String,
    pub edit: Edit,
    /// What of the shape of the code goes; empty when the edit only adds something.
    pub removes: String,
    /// What the edit adds to the shape of the code; empty when the code stays as it is.
    pub adds: String,
}

impl Proposal {
    /// Whether the shape of the edited code is the one before with what the fix is there to change, and nothing else. The value of a variable stands in
    /// it twice: in the body of its module and as its definition.
    pub fn keeps(&self, before: &str, after: &str) -> bool {
        match (self.removes.is_empty(), self.adds.is_empty()) {
            (true, true) => after == before,
            (true, false) => {
                let count = |shape: &str| shape.matches(&self.adds).count();
                count(after) > count(before) && after.replace(&self.adds, "") == before.replace(&self.adds, "")
            }
            _ => (1..=2).any(|times| before.replacen(&self.removes, &self.adds, times) == after),
        }
    }
}

/// Whether some findings of this rule have a fix.
pub fn mends(rule: &str) -> bool {
    matches!(rule, "unused-suppression" | "missing-timeout" | "sql-injection")
}

/// How to mend a finding of a source file; `None` where that is not certain. `shape` is that of a piece of the code.
pub fn propose(finding: &Finding, text: &str, facts: &FileFacts, shape: &dyn Fn(NodeId) -> String) -> Option<Proposal> {
    match &*finding.rule {
        "unused-suppression" => comments::without(finding, text, facts),
        "sql-injection" => binding::bound(finding, text, facts, shape)
            .or_else(|| placeholders::bound(finding, text, facts, shape))
            .or_else(|| builders::bound(finding, text, facts, shape)),
        "missing-timeout" => timeout::given(finding, text, facts).or_else(|| builders::limited(finding, text, facts, shape)),
        _ => None,
    }
}

/// How to mend a finding of a file that is no source file and whose comments begin with `#`. Nothing but comments may go.
pub fn propose_in_text(finding: &Finding, text: &str) -> Option<Proposal> {
    (*finding.rule == *"unused-suppression").then(|| comments::without_hash(finding, text)).flatten()
}
