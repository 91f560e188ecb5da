//! Stage 5: `Program` and `Summaries` to findings. One file per rule.
//!
//! A check is a pure function; it makes findings at the rule's own level (or lower, when it says why) and knows nothing of
//! suppressions, configuration levels or formats. The engine runs the checks in parallel and triage sorts what they say.

mod bounds;
mod business_logic_in_handler;
mod contract;
mod data_access_in_handler;
mod dependence;
mod handlers;
pub mod hardcoded_secret;
mod import_cycle;
mod layers;
mod loops;
mod missing_transaction;
mod n_plus_one;
mod scope;
mod spelling;
mod sql_injection;

use std::sync::Arc;

use crate::model::finding::Finding;
use crate::model::program::Program;
use crate::model::rule::{Rule, Settings};
use crate::model::summary::Summaries;

/// What a check may ask.
pub struct Context<'a> {
    pub program: &'a Program<'a>,
    pub summaries: &'a Summaries,
    pub settings: &'a Settings,
    /// The pages of all rules, for the help they give per framework.
    pub rules: &'a [Rule],
    /// Text files that are not source code, with their text, sorted by path (for rules that read configuration).
    pub texts: &'a [(Arc<str>, Arc<str>)],
}

/// A rule's code.
pub type Check = fn(&Context) -> Vec<Finding>;

/// Rule id → code, in order of id.
pub const ANALYSES: &[(&str, Check)] = &[
    ("business-logic-in-handler", business_logic_in_handler::check),
    ("contract", contract::check),
    ("data-access-in-handler", data_access_in_handler::check),
    ("hardcoded-secret", hardcoded_secret::check),
    ("import-cycle", import_cycle::check),
    ("layer-skip", layers::skips),
    ("layer-violation", layers::violations),
    ("missing-transaction", missing_transaction::check),
    ("n-plus-one", n_plus_one::check),
    ("sql-injection", sql_injection::check),
];
