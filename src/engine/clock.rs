//! Reads the clock between the pieces of a run, for `--timings`. What is reported never depends on it.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::Engine;
use crate::model::timings::Lap;

/// The times of an engine's stages, in the order in which they ended.
#[derive(Debug, Default)]
pub(super) struct Clock {
    laps: Mutex<Vec<Lap>>,
}

impl Clock {
    /// Begins to time the parts of a stage.
    pub(super) fn stage(&self, stage: &'static str) -> Stage<'_> {
        Stage { clock: self, stage, last: Mutex::new(Instant::now()) }
    }

    /// Times one piece of work.
    pub(super) fn time<R>(&self, stage: &'static str, part: &str, work: impl FnOnce() -> R) -> R {
        let start = self.start();
        let result = work();
        self.end(stage, part, start);
        result
    }

    /// Begins to time work that needs the engine for itself.
    pub(super) fn start(&self) -> Instant {
        Instant::now()
    }

    /// The work begun then is done.
    pub(super) fn end(&self, stage: &'static str, part: &str, start: Instant) {
        self.add(Lap { stage, part: part.to_string(), time: start.elapsed(), threads: false });
    }

    /// Times one of many pieces of work on several threads.
    pub(super) fn share<R>(&self, stage: &'static str, part: &str, work: impl FnOnce() -> R) -> R {
        let start = Instant::now();
        let result = work();
        self.sum(stage, part, start.elapsed());
        result
    }

    fn sum(&self, stage: &'static str, part: &str, time: Duration) {
        let mut laps = self.laps.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match laps.iter_mut().rfind(|lap| lap.threads && lap.stage == stage && lap.part == part) {
            Some(lap) => lap.time += time,
            None => laps.push(Lap { stage, part: part.to_string(), time, threads: true }),
        }
    }

    fn add(&self, lap: Lap) {
        self.laps.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(lap);
    }
}

/// A stage whose parts end one after the other.
pub(super) struct Stage<'a> {
    clock: &'a Clock,
    stage: &'static str,
    last: Mutex<Instant>,
}

impl Stage<'_> {
    /// The time since the last part ended was this part's.
    pub(super) fn done(&self, part: &str) {
        let mut last = self.last.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let now = Instant::now();
        self.clock.add(Lap { stage: self.stage, part: part.to_string(), time: now - *last, threads: false });
        *last = now;
    }
}

impl Engine {
    /// The times of all stages since this was last asked, in the order in which they ended; rules in the order of their ids.
    pub fn timings(&self) -> Vec<Lap> {
        std::mem::take(&mut *self.clock.laps.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}
