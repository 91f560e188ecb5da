//! `function-too-long`: more lines of code than somebody can hold in mind.
//!
//! What counts as a line of a function is said in `extent.rs`. An anonymous function belongs to the function around it, unless that one is
//! short enough.

use super::Context;
use super::extent::{children, lines_of_function};
use super::scope::{is_kept_up, is_script};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::source::FileId;

const RULE: &str = "function-too-long";

/// Finds functions with too many lines of code.
pub fn check(context: &Context) -> Vec<Finding> {
    let limit = usize::try_from(context.settings.integer(RULE, "max-lines", 50)).unwrap_or(50);
    context.in_files(RULE, limit, |context, &limit, file| {
        let program = context.program;
        let facts = program.file(file);
        let mut findings = Vec::new();
        if facts.code_starts.len() > limit && is_kept_up(program, file) && !is_script(program, file) {
            in_file(program, file, facts, limit, &mut findings);
        }
        findings
    })
}

fn in_file(program: &Program, file: FileId, facts: &FileFacts, limit: usize, findings: &mut Vec<Finding>) {
    let inside = children(facts);
    // Definitions whose code, or that of an anonymous function around them, is reported.
    let mut told = vec![false; facts.defs.len()];
    for (id, def) in facts.definitions().skip(1) {
        let is_function = matches!(def.kind, DefKind::Function | DefKind::Method) && def.body.is_some() && !def.flags.has(DefFlags::TEST);
        let is_anonymous = facts.text(def.name).starts_with('<');
        told[id.index()] = is_anonymous && told[def.parent.index()];
        if !is_function || told[id.index()] {
            continue;
        }
        let lines = lines_of_function(facts, program.nesting(file), &inside, id, limit);
        if lines > limit {
            told[id.index()] = true;
            findings.push(finding(program, GlobalDef { file, def: id }, lines, limit));
        }
    }
}

fn finding(program: &Program, function: GlobalDef, lines: usize, limit: usize) -> Finding {
    let name = program.short_name(function);
    let (who, subject) = if name.starts_with('<') {
        let around = around(program, function);
        (format!("an anonymous function in `{around}`"), format!("<anonymous> in {around}"))
    } else {
        (format!("`{name}`"), program.qualified_name(function))
    };
    Finding {
        rule: RULE.into(),
        level: Level::Note,
        message: format!("{who} has {lines} lines of code, more than {limit}"),
        primary: Label { location: program.name_location(function), text: format!("{lines} lines of code") },
        related: Vec::new(),
        flow: Vec::new(),
        help: Some("give each of its steps a function whose name says what the step is for".to_string()),
        subject,
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}

/// The nearest definition around that has a name; the module if there is none.
fn around(program: &Program, function: GlobalDef) -> String {
    let facts = program.file(function.file);
    let mut at = facts.def(function.def).parent;
    for _ in 0..64 {
        if at == DefId::MODULE || !facts.text(facts.def(at).name).starts_with('<') {
            break;
        }
        at = facts.def(at).parent;
    }
    program.short_name(GlobalDef { file: function.file, def: at })
}
