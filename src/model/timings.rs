//! Where the time of a run went. Clocks are read for this alone: nothing that is reported depends on one.

use std::time::Duration;

/// The time of one piece of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lap {
    /// The stage: `lower`, `link`, `check` …
    pub stage: &'static str,
    /// The part of the stage: a rule's id under `check`; empty for the stage as a whole.
    pub part: String,
    pub time: Duration,
    /// The sum over all threads, each of which did some of it; otherwise time by the clock on the wall.
    pub threads: bool,
}
