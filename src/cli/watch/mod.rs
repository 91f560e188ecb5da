//! `--watch`: one process that keeps the engine, checks at once, and again whenever files change. It goes on as it does for an editor (`engine/turns.rs`): what
//! one edit changes is said at once, and everything is looked at while nothing happens; a second report follows only where that says something else.
//!
//! [`disk`] tells what changed. The report goes to standard output, and one line on how it came about to standard error: that holds a time, which no report may.

mod disk;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use super::terminal::Progress;
use crate::engine::{Answer, Change, Engine, Options, Pace, Stop, Turn};
use crate::model::finding::Outcome;
use crate::report::plural;
use disk::{Disk, News, Signal};

pub(super) use disk::How;

/// A file is often written in two steps, and a checkout writes hundreds. Who saves often need not pay for a look at everything each time.
const PACE: Pace =
    Pace { quiet: Duration::from_millis(40), flood: (20, Duration::from_millis(200)), most: usize::MAX, settled: Duration::from_secs(1) };
/// How long a check may take to notice that it is wanted no more.
const FAREWELL: Duration = Duration::from_millis(300);

/// What to watch and how to speak of it.
pub(super) struct Watch<'a> {
    pub(super) root: &'a Path,
    pub(super) how: How,
    /// Files outside of what is looked at that count all the same.
    pub(super) named: Vec<PathBuf>,
    /// Says nothing but the report.
    pub(super) quiet: bool,
    /// Says also when a look at everything says what was said.
    pub(super) verbose: bool,
}

/// What is done with the engine.
pub(super) trait Reporter {
    /// Whether the words on the command line mean something.
    ///
    /// # Errors
    /// One that does not.
    fn opened(&mut self, engine: &Engine) -> anyhow::Result<()>;

    /// What to say of the project as it is; `None` when that is wanted no more. `quickly`: it need not be the last word.
    ///
    /// # Errors
    /// It cannot be said.
    fn check(&mut self, engine: &mut Engine, quickly: bool, stop: &Stop) -> anyhow::Result<Option<Answer>>;

    /// Writes the report, or the mistakes in the configuration.
    ///
    /// # Errors
    /// It cannot be written.
    fn write(&mut self, engine: &mut Engine, outcome: &Outcome) -> anyhow::Result<()>;
}

/// Why watching ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Somebody pressed Ctrl-C.
    Asked,
    /// There is nothing to watch any more.
    Gone,
}

/// Checks now and after every change, until it is ended from outside.
pub(super) fn watch(watch: &Watch<'_>, options: Options, reporter: &mut dyn Reporter) -> anyhow::Result<End> {
    let (signals, inbox) = channel();
    let ended = Arc::new(AtomicBool::new(false));
    end_on_interrupt(signals.clone(), ended.clone());

    let begun = Instant::now();
    let progress = Progress::start(watch.quiet);
    let mut disk = Disk::new(watch.root, &watch.named, signals);
    let (mut engine, _) = Engine::open_after(watch.root, options, |engine| disk.follow(watch.how, engine.listing_options()));
    drop(progress);
    reporter.opened(&engine)?;
    engine.keep_findings();
    let mut screen = Screen { watch, shown: None };

    // What an equal run found is there at once; then the files are read, for what is to come.
    let recalled = engine.is_recalled();
    let stop = Stop::when(move || ended.load(Ordering::Relaxed));
    let first = screen.answer(&mut engine, reporter, &stop, Because::Start, begun)?;
    let Some(mut open) = first else { return Ok(End::Asked) };
    if recalled {
        engine.apply(Vec::new());
        open = true;
    }
    loop {
        match PACE.turn(&inbox, open) {
            Turn::Ended => return Ok(End::Asked),
            Turn::Settled => {
                let pending = disk.pending();
                let other = stop.clone();
                let stop = Stop::when(move || other.is_asked() || pending.any());
                open = !screen.look_at_everything(&mut engine, reporter, &stop)?;
            }
            Turn::Batch(signals) => {
                if signals.contains(&Signal::End) {
                    return Ok(End::Asked);
                }
                let begun = Instant::now();
                let News { changes, files } = disk.news(&engine);
                if !watch.root.is_dir() {
                    return Ok(End::Gone);
                }
                if changes.is_empty() {
                    continue;
                }
                let progress = Progress::start(watch.quiet);
                let mut changed = engine.apply(changes);
                // Other files may be looked at now.
                if disk.widen(engine.listing_options()) {
                    changed |= engine.apply(vec![Change::Config]);
                }
                drop(progress);
                if changed {
                    match screen.answer(&mut engine, reporter, &stop, Because::Changed(files), begun)? {
                        Some(now) => open = now,
                        None => return Ok(End::Asked),
                    }
                }
            }
        }
    }
}

/// Why a report is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Because {
    Start,
    /// So many files changed.
    Changed(usize),
    /// A look at everything says something else than was said at once.
    Whole,
}

/// What is shown.
struct Screen<'a> {
    watch: &'a Watch<'a>,
    shown: Option<Outcome>,
}

impl Screen<'_> {
    /// Checks and shows it; whether a look at everything is to follow, or `None` when it ends.
    fn answer(
        &mut self,
        engine: &mut Engine,
        reporter: &mut dyn Reporter,
        stop: &Stop,
        because: Because,
        begun: Instant,
    ) -> anyhow::Result<Option<bool>> {
        let answer = match engine.is_misread() {
            true => Answer { outcome: Outcome::default(), open: false },
            false => {
                let progress = Progress::start(self.watch.quiet);
                let answer = reporter.check(engine, because != Because::Start, stop)?;
                drop(progress);
                let Some(answer) = answer else { return Ok(None) };
                answer
            }
        };
        let open = answer.open;
        self.show(engine, reporter, answer, because, begun)?;
        Ok(Some(open))
    }

    /// Looks at everything, and shows what is another; false when that was given up.
    fn look_at_everything(&mut self, engine: &mut Engine, reporter: &mut dyn Reporter, stop: &Stop) -> anyhow::Result<bool> {
        let begun = Instant::now();
        if engine.is_misread() {
            return Ok(true);
        }
        let mistakes = engine.config_errors().to_vec();
        let Some(answer) = reporter.check(engine, false, stop)? else { return Ok(false) };
        if self.shown.as_ref() != Some(&answer.outcome) || mistakes != engine.config_errors() {
            self.show(engine, reporter, answer, Because::Whole, begun)?;
            return Ok(true);
        }
        // Its times are not the next report's.
        drop(engine.timings());
        if self.watch.verbose {
            say(&format!("looked at everything in {}: the same", span(begun.elapsed())));
        }
        Ok(true)
    }

    fn show(
        &mut self,
        engine: &mut Engine,
        reporter: &mut dyn Reporter,
        answer: Answer,
        because: Because,
        begun: Instant,
    ) -> anyhow::Result<()> {
        let taken = begun.elapsed();
        clear();
        reporter.write(engine, &answer.outcome)?;
        self.shown = Some(answer.outcome);
        if !self.watch.quiet {
            let project = engine.project();
            let files = plural(project.files.len() + project.texts.len(), "file");
            let why = match because {
                Because::Start => "everything".to_string(),
                Because::Changed(files) => format!("{} changed", plural(files, "file")),
                Because::Whole => "everything again".to_string(),
            };
            let how = match (self.watch.verbose && matches!(because, Because::Changed(_)), answer.open) {
                (false, _) => String::new(),
                (true, true) => "; a look at everything follows".to_string(),
                (true, false) => format!("; everything was looked at: {}", engine.slowed_by().unwrap_or("it had to be read again")),
            };
            say(&format!("watching {files}; last check: {} ({why}{how})", span(taken)));
        }
        Ok(())
    }
}

/// Ctrl-C ends with status 0: that is how one leaves. A check that runs is given up; one that does not notice in time is cut off.
fn end_on_interrupt(signals: Sender<Signal>, ended: Arc<AtomicBool>) {
    let end = move || {
        ended.store(true, Ordering::Relaxed);
        // Whoever listened may be gone already.
        let _ = signals.send(Signal::End);
        std::thread::sleep(FAREWELL);
        std::process::exit(0);
    };
    // Without it Ctrl-C ends the process as ever.
    let _ = ctrlc::set_handler(end);
}

/// When standard error is gone there is nobody left to tell.
fn say(what: &str) {
    let _ = writeln!(io::stderr().lock(), "archcheck: {what}");
}

/// On a terminal the last report makes way; in a file or a pipe reports follow each other.
fn clear() {
    let mut stdout = io::stdout();
    if stdout.is_terminal() {
        let _ = write!(stdout, "\x1b[2J\x1b[3J\x1b[H");
        let _ = stdout.flush();
    }
}

fn span(taken: Duration) -> String {
    let milliseconds = taken.as_millis();
    if milliseconds < 1000 { format!("{milliseconds} ms") } else { format!("{:.1} s", taken.as_secs_f64()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_counts_are_written_for_people() {
        assert_eq!([38, 999, 1000, 12_340].map(|ms| span(Duration::from_millis(ms))), ["38 ms", "999 ms", "1.0 s", "12.3 s"]);
        assert_eq!([0, 1, 2].map(|count| plural(count, "file")), ["0 files", "1 file", "2 files"]);
    }
}
