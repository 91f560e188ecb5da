//! `file-too-long`: a file that holds more code than one subject needs.
//!
//! What counts as a line of code is said in `extent.rs`.

use super::Context;
use super::extent::lines_of_file;
use super::scope::{is_kept_up, is_script};
use crate::model::facts::{DefFlags, DefId};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::source::{FileId, Span};

const RULE: &str = "file-too-long";

/// Finds files with too many lines of code.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let limit = usize::try_from(context.settings.integer(RULE, "max-lines", 500)).unwrap_or(500);
    let mut findings = Vec::new();
    for (at, facts) in program.facts.iter().enumerate() {
        let file = FileId(at as u32);
        let is_test = facts.def(DefId::MODULE).flags.has(DefFlags::TEST);
        if facts.code_starts.len() <= limit || is_test || !is_kept_up(program, file) || is_script(program, file) {
            continue;
        }
        let lines = lines_of_file(facts);
        if lines <= limit {
            continue;
        }
        let start = facts.code_starts.first().copied().unwrap_or(0);
        let biggest = facts.definitions().skip(1).filter(|(_, def)| def.parent == DefId::MODULE && def.body.is_some());
        let biggest = biggest.max_by_key(|(id, def)| (facts.code_lines_of(def.span).len(), std::cmp::Reverse(*id)));
        let biggest = biggest.filter(|(_, def)| facts.code_lines_of(def.span).len() * 10 >= lines);
        let related = biggest.map(|(_, def)| Label {
            location: program.location(file, def.name_span),
            text: format!("the largest part: {} lines of code", facts.code_lines_of(def.span).len()),
        });
        findings.push(Finding {
            rule: RULE.into(),
            level: Level::Note,
            message: format!("the file has {lines} lines of code, more than {limit}"),
            primary: Label { location: program.location(file, Span { start, end: start }), text: format!("{lines} lines of code") },
            related: related.into_iter().collect(),
            flow: Vec::new(),
            help: Some("divide it by subject: what changes for one reason belongs in one module".to_string()),
            subject: program.path(file).to_string(),
            fingerprint: String::new(),
            confidence: Confidence::High,
            redact: Vec::new(),
        });
    }
    findings
}
