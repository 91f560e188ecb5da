//! What is said of a secret in a log.

use crate::check::requests::named;
use crate::check::spelling::{call_span, spelled_callee};
use crate::model::body::NodeId;
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::program::Program;
use crate::model::role::GlobalDef;

pub(super) const RULE: &str = "sensitive-data-in-log";

/// What a whole body is called.
pub(super) const BODY: &str = "a whole request body";

/// What is logged.
pub(super) struct Logged {
    pub(super) node: NodeId,
    pub(super) what: String,
    pub(super) name: String,
    pub(super) confidence: Confidence,
    pub(super) level: Level,
}

pub(super) fn finding(program: &Program, function: GlobalDef, call: NodeId, logged: &Logged) -> Finding {
    let facts = program.file(function.file);
    let spelled = spelled_callee(facts, call);
    Finding {
        rule: RULE.into(),
        level: logged.level,
        message: format!("`{spelled}` logs `{}`, {}", logged.name, logged.what),
        primary: Label { location: program.location(function.file, call_span(facts, call)), text: "ends in the log".to_string() },
        related: vec![Label { location: program.location(function.file, facts.arena.span(logged.node)), text: logged.what.clone() }],
        flow: Vec::new(),
        help: Some(
            "leave it out, or log what identifies it: an id, its length, the last characters; let the logger redact fields of such names"
                .to_string(),
        ),
        subject: format!("{} {}", program.qualified_name(named(program, function)), logged.name),
        fingerprint: String::new(),
        confidence: logged.confidence,
        redact: Vec::new(),
    }
}
