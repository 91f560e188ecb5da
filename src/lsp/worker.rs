//! The thread of one root: it owns the engine, takes in changes in batches, and sends what the check says.
//!
//! Where what is shown has only moved, a look at everything follows when nothing happens for a moment; it is given up as soon as something does. One that
//! is needed to say anything at all runs to its end, unless the settings change or the root goes: somebody who never stops typing would never be told.
//!
//! A panic costs only the batch that caused it: the engine is opened anew with the buffers there were.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::Event;
use super::diagnostics::{self, FileReport, Texts};
use super::positions::Encoding;
use crate::discover;
use crate::engine::{Change, Engine, Options, Pace, Stop, Turn, merged};
use crate::model::finding::Outcome;
use crate::model::rule::Rule;
use crate::report::Sources as _;

/// Editors send the parts of one edit together, and whoever types waits for each millisecond.
const PACE: Pace =
    Pace { quiet: Duration::from_millis(2), flood: (usize::MAX, Duration::ZERO), most: 200, settled: Duration::from_millis(400) };

/// What a worker is told.
pub enum Job {
    Change(Change),
    /// An open file was saved: it may be new on the disk.
    Saved(Arc<str>),
    /// Other settings: everything anew.
    Configure(Box<Setup>),
}

/// How to open the engine.
#[derive(Clone, Debug)]
pub struct Setup {
    pub root: PathBuf,
    pub options: Options,
    pub marks: bool,
    pub encoding: Encoding,
    pub pages: Option<PathBuf>,
}

/// What a check says.
pub struct Analysed {
    pub root: usize,
    /// The last job that is in it.
    pub generation: u64,
    pub files: BTreeMap<Arc<str>, Arc<FileReport>>,
    /// The rules there are, for their pages.
    pub rules: Arc<Vec<Rule>>,
    /// What the user should hear: the analysis failed.
    pub failed: Option<String>,
}

/// The way to a worker.
pub struct Worker {
    jobs: Option<Sender<(u64, Job)>>,
    sent: Arc<Sent>,
    thread: Option<JoinHandle<()>>,
}

/// The numbers of the last jobs sent, for the thread to see while it is busy.
#[derive(Default)]
struct Sent {
    any: AtomicU64,
    /// The last that makes everything anew.
    anew: AtomicU64,
}

impl Worker {
    /// Starts a thread that opens the engine and checks at once.
    pub fn start(root: usize, setup: Setup, events: Sender<Event>) -> Worker {
        let (jobs, inbox) = channel();
        let sent = Arc::new(Sent::default());
        let seen = sent.clone();
        let run = move || work(root, setup, &inbox, events, seen);
        let thread = std::thread::Builder::new().name("analysis".to_string()).stack_size(super::STACK_BYTES).spawn(run).ok();
        Worker { jobs: Some(jobs), sent, thread }
    }

    /// Hands over a job. `generation` rises from job to job.
    pub fn send(&self, generation: u64, job: Job) {
        if matches!(job, Job::Configure(_)) {
            self.sent.anew.store(generation, Ordering::Relaxed);
        }
        self.sent.any.store(generation, Ordering::Relaxed);
        if let Some(jobs) = &self.jobs {
            // A thread that is gone was told to go.
            let _ = jobs.send((generation, job));
        }
    }

    /// Lets the thread end, without waiting.
    pub fn stop(&mut self) {
        self.sent.any.store(u64::MAX, Ordering::Relaxed);
        self.sent.anew.store(u64::MAX, Ordering::Relaxed);
        self.jobs.take();
        self.thread.take();
    }
}

struct State {
    setup: Setup,
    engine: Option<Engine>,
    /// The buffers, to open the engine anew.
    buffers: BTreeMap<Arc<str>, Arc<str>>,
    files: BTreeMap<Arc<str>, Arc<FileReport>>,
    rules: Arc<Vec<Rule>>,
    outcome: Outcome,
    texts: Texts,
    /// What is shown was found without looking at everything; the whole check of it is to come.
    moved: bool,
    sent: Arc<Sent>,
    root: usize,
    events: Sender<Event>,
}

/// How a batch ended.
enum Ended {
    /// It was checked; with what to tell the user when that failed.
    Checked(Option<String>),
    /// The check was given up for what comes next.
    GivenUp,
}

fn work(root: usize, setup: Setup, inbox: &Receiver<(u64, Job)>, events: Sender<Event>, sent: Arc<Sent>) {
    let mut state = State {
        setup,
        engine: None,
        buffers: BTreeMap::new(),
        files: BTreeMap::new(),
        rules: Arc::default(),
        outcome: Outcome::default(),
        texts: Texts::new(),
        moved: false,
        sent,
        root,
        events,
    };
    let mut generation = 0;
    let mut batch = Vec::new();
    loop {
        if let Ended::Checked(failed) = state.run(std::mem::take(&mut batch), generation)
            && !state.tell(generation, failed)
        {
            return;
        }
        match PACE.turn(inbox, state.moved) {
            Turn::Batch(jobs) => {
                generation = jobs.last().map_or(generation, |(number, _)| *number);
                batch = jobs.into_iter().map(|(_, job)| job).collect();
            }
            Turn::Settled => {}
            Turn::Ended => return,
        }
    }
}

impl State {
    /// Takes in a batch, up to the job of this number, and checks.
    fn run(&mut self, batch: Vec<Job>, generation: u64) -> Ended {
        let mut changes = Vec::new();
        for job in batch {
            match job {
                Job::Change(change) => changes.push(change),
                Job::Saved(path) => {
                    let known = self.engine.as_ref().is_some_and(|engine| engine.knows(&path));
                    changes.extend((!known || discover::is_structural(&path)).then_some(Change::Config));
                }
                Job::Configure(setup) => {
                    self.setup = *setup;
                    self.engine = None;
                }
            }
        }
        self.remember(&changes);
        let changes = merged(changes);
        if let Ok(checked) = catch_unwind(AssertUnwindSafe(|| self.analyse(changes, generation))) {
            return if checked { Ended::Checked(None) } else { Ended::GivenUp };
        }
        self.engine = None;
        match catch_unwind(AssertUnwindSafe(|| self.analyse(Vec::new(), generation))) {
            Ok(true) => Ended::Checked(None),
            Ok(false) => Ended::GivenUp,
            Err(_) => {
                let said = "archcheck failed on this state of the repository and shows what it said before; please report it";
                Ended::Checked(Some(said.to_string()))
            }
        }
    }

    /// Keeps buffers and texts in step with the changes.
    fn remember(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Set { path, text } => {
                    self.buffers.insert(path.clone(), text.clone());
                    self.texts.remove(path);
                }
                Change::Disk { path } => {
                    self.buffers.remove(path);
                    self.texts.remove(path);
                }
                Change::Remove { path } => {
                    self.buffers.remove(path);
                    self.texts.clear();
                }
                Change::Config => self.texts.clear(),
            }
        }
    }

    /// Checks after these changes; false when that was given up.
    fn analyse(&mut self, changes: Vec<Change>, generation: u64) -> bool {
        let settled = changes.is_empty();
        let changed = match &mut self.engine {
            Some(engine) => engine.apply(changes),
            None => {
                let (mut engine, _) = Engine::open(&self.setup.root, self.setup.options.clone());
                if engine.is_recalled() && self.is_on_the_disk(&engine) {
                    // What the last run said of the same files is there at once, and all that follows in its time.
                    self.outcome = engine.check();
                    self.report(&engine);
                    self.tell(generation, None);
                }
                engine.mark_roles(self.setup.marks);
                engine.keep_findings();
                let buffers = self.buffers.iter().map(|(path, text)| Change::Set { path: path.clone(), text: text.clone() });
                engine.apply(buffers.collect());
                self.engine = Some(engine);
                self.texts.clear();
                true
            }
        };
        let Some(mut engine) = self.engine.take() else { return true };
        let checked = self.check(&mut engine, changed, settled, generation);
        if checked {
            self.report(&engine);
        }
        self.engine = Some(engine);
        checked
    }

    /// Checks where there is reason to; false when that was given up.
    fn check(&mut self, engine: &mut Engine, changed: bool, settled: bool, generation: u64) -> bool {
        if changed || settled && self.moved {
            let sent = self.sent.clone();
            let stop = match settled && self.moved {
                true => Stop::when(move || sent.any.load(Ordering::Relaxed) > generation),
                false => Stop::when(move || sent.anew.load(Ordering::Relaxed) > generation),
            };
            let Some(answer) = engine.answer(changed, &stop) else { return false };
            (self.outcome, self.moved) = (answer.outcome, answer.open);
            // Nobody here asks how long it took, and they would pile up.
            drop(engine.timings());
        }
        true
    }

    /// Whether no buffer differs from the disk.
    fn is_on_the_disk(&self, engine: &Engine) -> bool {
        self.buffers.iter().all(|(path, text)| engine.text(path).is_none_or(|there| there == *text))
    }

    /// Makes what is shown of the outcome.
    fn report(&mut self, engine: &Engine) {
        let setup = &self.setup;
        let context = diagnostics::Context { engine, root: &setup.root, pages: setup.pages.as_deref(), encoding: setup.encoding };
        self.files = diagnostics::reports(&context, &self.outcome, &mut self.texts);
        if *self.rules != engine.rulebook().rules {
            self.rules = Arc::new(engine.rulebook().rules.clone());
        }
    }

    /// Sends what is shown; false when nobody is there.
    fn tell(&self, generation: u64, failed: Option<String>) -> bool {
        let analysed = Analysed { root: self.root, generation, files: self.files.clone(), rules: self.rules.clone(), failed };
        self.events.send(Event::Analysed(analysed)).is_ok()
    }
}
