//! What whoever keeps an engine does over and over, the language server and `--watch` alike: wait for what happens and take a burst of it as one, answer
//! it as quickly as can be, and look at everything when nothing happens.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::{Change, Engine, Stop};
use crate::model::finding::Outcome;

/// So many changes at once are another state of the repository.
const MANY: usize = 50;

/// What is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long nothing must come before what came is taken as one.
    pub quiet: Duration,
    /// Likewise once as many as this came: a checkout or a formatter is at work.
    pub flood: (usize, Duration),
    /// Most that is taken as one, so that someone who never stops sees something too.
    pub most: usize,
    /// How long nothing must happen before everything is looked at.
    pub settled: Duration,
}

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn<T> {
    Batch(Vec<T>),
    /// Nothing, for a while.
    Settled,
    /// Nobody is left who could send anything.
    Ended,
}

impl Pace {
    /// Waits for the next turn; where nothing is `open`, as long as it takes.
    pub fn turn<T>(&self, inbox: &Receiver<T>, open: bool) -> Turn<T> {
        let first = match open {
            true => inbox.recv_timeout(self.settled),
            false => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let mut batch = match first {
            Ok(first) => vec![first],
            Err(RecvTimeoutError::Timeout) => return Turn::Settled,
            Err(RecvTimeoutError::Disconnected) => return Turn::Ended,
        };
        while batch.len() < self.most {
            let quiet = if batch.len() < self.flood.0 { self.quiet } else { self.flood.1 };
            match inbox.recv_timeout(quiet) {
                Ok(next) => batch.push(next),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return Turn::Ended,
            }
        }
        Turn::Batch(batch)
    }
}

/// What a check said.
#[derive(Clone, Debug)]
pub struct Answer {
    pub outcome: Outcome,
    /// It was said without looking at everything; that may correct it, and is to follow.
    pub open: bool,
}

impl Engine {
    /// Answers quickly where that is wanted and possible, else with a look at everything; `None` where that was wanted no more before it ended.
    pub fn answer(&mut self, quickly: bool, stop: &Stop) -> Option<Answer> {
        let quick = if quickly { self.check_quickly() } else { None };
        match quick {
            Some(outcome) => Some(Answer { outcome, open: true }),
            None => self.check_unless(stop).map(|outcome| Answer { outcome, open: false }),
        }
    }
}

/// Of several texts of one file only the last counts; very many changes are a look at everything.
pub fn merged(changes: Vec<Change>) -> Vec<Change> {
    let mut kept: Vec<Change> = Vec::new();
    for change in changes {
        if let (Change::Set { path, .. }, Some(Change::Set { path: before, .. })) = (&change, kept.last())
            && path == before
        {
            kept.pop();
        }
        if change != Change::Config || kept.last() != Some(&Change::Config) {
            kept.push(change);
        }
    }
    // First, so that none of the files is looked at alone before.
    if kept.iter().filter(|change| !matches!(change, Change::Set { .. })).count() > MANY {
        kept.insert(0, Change::Config);
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn of_several_texts_the_last_counts() {
        let set = |path: &str, text: &str| Change::Set { path: path.into(), text: text.into() };
        let changes = vec![set("a", "1"), set("a", "2"), set("b", "1"), set("a", "3"), Change::Config, Change::Config];
        assert_eq!(merged(changes), [set("a", "2"), set("b", "1"), set("a", "3"), Change::Config]);
        let disk = |at: usize| Change::Disk { path: format!("{at}.py").into() };
        assert_eq!(merged((0..MANY).map(disk).collect()).len(), MANY);
        assert_eq!(merged((0..=MANY).map(disk).collect()).first(), Some(&Change::Config));
    }

    #[test]
    fn what_is_there_already_is_one_turn() {
        let long = Duration::from_secs(60);
        let pace =
            Pace { quiet: Duration::from_millis(1), flood: (3, Duration::from_millis(1)), most: 4, settled: Duration::from_millis(1) };
        let (sender, inbox) = channel();
        (0..6).for_each(|number| sender.send(number).expect("a receiver"));
        assert_eq!(pace.turn(&inbox, false), Turn::Batch(vec![0, 1, 2, 3]));
        assert_eq!(Pace { settled: long, ..pace }.turn(&inbox, true), Turn::Batch(vec![4, 5]));
        assert_eq!(pace.turn(&inbox, true), Turn::Settled);
        drop(sender);
        assert_eq!(pace.turn(&inbox, false), Turn::Ended);
    }
}
