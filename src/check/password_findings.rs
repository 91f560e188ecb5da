//! How the parts of `weak-password-hash` say what they found about hashes and comparisons.

use super::requests::named;
use super::spelling::{call_span, spelled_callee};
use crate::model::body::NodeId;
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::program::Program;
use crate::model::role::GlobalDef;

pub(super) const RULE: &str = "weak-password-hash";

/// A finding on a call.
pub(super) fn finding(program: &Program, function: GlobalDef, node: NodeId, level: Level, message: String, label: &str) -> Finding {
    let facts = program.file(function.file);
    Finding {
        rule: RULE.into(),
        level,
        message,
        primary: Label { location: program.location(function.file, call_span(facts, node)), text: label.to_string() },
        related: Vec::new(),
        flow: Vec::new(),
        help: Some(SLOW.to_string()),
        subject: format!("{} {}", program.qualified_name(named(program, function)), spelled_callee(facts, node)),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}

const SLOW: &str = "hash passwords with Argon2id, scrypt or bcrypt (`argon2`, `passlib`, `bcrypt`), which are slow and salted by design, and compare with their own `verify`";
