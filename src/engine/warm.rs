//! From one edit to the next without linking everything again: a thread keeps the program of the last look at everything and takes edits in.
//!
//! The thread is there because the program borrows the facts it was made of: both live on its stack. Facts that edits make are added to a chain that
//! lives as long. An edit that changes what other files know ends the thread; then everything is looked at again, in a new one.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};

use super::found::Found;
use super::graft::graft;
use super::ground::{Asked, Changes, Ground, Whole};
use super::stop::{self, Stop};
use super::{Analysis, Engine, STACK_BYTES, clock, guarded};
use crate::check::{Memo, hardcoded_secret};
use crate::link::{Edit, Reason};
use crate::model::facts::FileFacts;
use crate::model::project::Project;
use crate::model::source::{FileId, LineIndex};
use crate::model::trace::Part;
use crate::rulebook::Rulebook;
use crate::summarise;

/// Most edits between two looks at everything: each keeps the facts it made.
const MOST_EDITS: usize = 500;
/// Most files that one batch of edits changes.
const MOST_FILES: usize = 8;

/// New facts of a file, as lowering makes them.
pub(super) type Edited = (FileId, Arc<FileFacts>);

/// The way to the thread.
pub(super) struct Warm {
    edits: Sender<Vec<Edited>>,
    answers: Mutex<Receiver<Result<Analysis, Reason>>>,
}

/// What the thread needs for itself.
struct Owned {
    project: Project,
    facts: Vec<Arc<FileFacts>>,
    texts: Vec<(Arc<str>, Arc<str>)>,
    rulebook: Arc<Rulebook>,
    lines: Vec<LineIndex>,
    asked: Asked,
    pool: Option<Arc<rayon::ThreadPool>>,
    stop: Stop,
    clock: Arc<clock::Clock>,
}

/// The facts of all files after each edit.
struct Chain {
    facts: Vec<Arc<FileFacts>>,
    next: OnceLock<Box<Chain>>,
}

/// What goes on from one edit to the next.
struct Live<'a> {
    ground: Ground<'a>,
    whole: Whole<'a>,
    /// What rules found out about each file.
    memo: Memo,
}

impl Engine {
    /// Looks at everything, and keeps the program for edits to come. When that is wanted no more, the program there was is kept.
    pub(super) fn analyse_and_keep(&mut self, stop: &Stop) -> Option<Analysis> {
        // The old one makes room first, unless it may have to go on.
        let before = self.warm.take().filter(|_| stop.is_possible());
        let owned = Owned {
            project: self.project.clone(),
            facts: self.facts.clone(),
            texts: self.texts.clone(),
            rulebook: self.rulebook.clone(),
            lines: self.notes.iter().map(|notes| notes.lines.clone()).collect(),
            asked: self.asked(),
            pool: self.pool.clone(),
            stop: stop.clone(),
            clock: self.clock.clone(),
        };
        let (edits, asked) = channel();
        let (answer, answers) = channel();
        let run = move || owned.live(&asked, &answer);
        std::thread::Builder::new().name("program".to_string()).stack_size(STACK_BYTES).spawn(run).ok()?;
        let warm = Warm { edits, answers: Mutex::new(answers) };
        let analysis = warm.answer().ok();
        self.warm = match &analysis {
            Some(_) => Some(warm),
            None => before.filter(|_| stop.is_asked()),
        };
        analysis
    }

    /// What the rules say after edits of a few files; `Err` when everything has to be looked at.
    pub(super) fn analyse_edits(&mut self, edits: Vec<Edited>) -> Result<Analysis, Reason> {
        let warm = self.warm.take().ok_or("there is no program")?;
        if edits.len() > MOST_FILES {
            return Err("many files changed");
        }
        warm.edits.send(edits).map_err(|_| "the program is gone")?;
        let analysis = warm.answer()?;
        self.warm = Some(warm);
        Ok(analysis)
    }
}

impl Warm {
    fn answer(&self) -> Result<Analysis, Reason> {
        let answers = self.answers.lock().map_err(|_| "the program is gone")?;
        answers.recv().map_err(|_| "the program is gone")?
    }
}

impl Owned {
    fn live(&self, edits: &Receiver<Vec<Edited>>, answers: &Sender<Result<Analysis, Reason>>) {
        let found = Found::default();
        let chain = Chain { facts: self.facts.clone(), next: OnceLock::new() };
        let ground = Ground {
            project: &self.project,
            facts: &chain.facts,
            texts: &self.texts,
            rulebook: &self.rulebook,
            asked: &self.asked,
            found: &found,
            stop: &self.stop,
            clock: &self.clock,
        };
        let lines: Vec<&LineIndex> = self.lines.iter().collect();
        let memo = Memo::default();
        let whole = self.install(|| guarded(|| ground.whole(&lines, Some(&memo))));
        // An edit is answered to the end.
        let ground = Ground { stop: &stop::NEVER, ..ground };
        let Some(whole) = whole else {
            let _ = answers.send(Err("the analysis failed"));
            return;
        };
        if answers.send(Ok(whole.analysis.clone())).is_err() {
            return;
        }
        let mut live = Live { ground, whole, memo };
        let mut at = &chain;
        let mut count = 0;
        for batch in edits {
            count += batch.len();
            let answer = if count > MOST_EDITS { Err("many edits") } else { self.take_in(&mut live, &mut at, batch) };
            let go_on = answer.is_ok();
            if answers.send(answer).is_err() || !go_on {
                return;
            }
        }
    }

    fn take_in<'a>(&self, live: &mut Live<'a>, at: &mut &'a Chain, batch: Vec<Edited>) -> Result<Analysis, Reason> {
        let mut changes = Changes::default();
        for (file, facts) in batch {
            let grafted = guarded(|| graft(&at.facts[file.index()], &facts)).flatten().ok_or("other files may see the change")?;
            let mut all = at.facts.clone();
            all[file.index()] = Arc::new(grafted.facts);
            *at = at.next.get_or_init(|| Box::new(Chain { facts: all, next: OnceLock::new() }));
            let now: &'a [Arc<FileFacts>] = &at.facts;
            let edit = Edit { file, changed: &grafted.changed, moved: &grafted.moved };
            let linked = &mut live.whole.linked;
            let begun = self.clock.start();
            let reworked = self.install(|| guarded(|| linked.rework(now, &edit))).ok_or("the analysis failed")??;
            self.clock.end("rework", "", begun);
            live.memo.changed(&reworked.parts);
            changes.touched.extend(reworked.touched);
            changes.callees.extend(reworked.callees);
            changes.parts.extend(reworked.parts.iter().map(|part| part.number()).chain([Part::Files.number()]));
            live.ground.facts = now;
            if let Some(secrets) = live.whole.secrets.get_mut() {
                secrets.sources[file.index()] = hardcoded_secret::scan_source(&facts);
            }
        }
        let (ground, program, secrets, memo) = (&live.ground, &live.whole.linked.program, &live.whole.secrets, &live.memo);
        changes.relations = changes.touched.iter().any(|function| {
            let names = &program.file(function.file).names;
            ["hasMany", "hasOne", "belongsTo"].iter().any(|name| names.may_hold(name))
        });
        let mut known = std::mem::take(&mut live.whole.known);
        known.flows = known.flows.filter(|(_, units)| summarise::flows_are_same(program, units, &changes.touched));
        let examined = self.install(|| guarded(|| ground.examine(program, secrets, known, &changes, Some(memo))));
        let (analysis, known) = examined.ok_or("the analysis failed")?;
        live.whole.known = known;
        // Imports that lead nowhere are those of the last look at everything.
        live.whole.analysis = Analysis { coverage: live.whole.analysis.coverage.clone(), ..analysis };
        Ok(live.whole.analysis.clone())
    }

    fn install<R: Send>(&self, run: impl FnOnce() -> R + Send) -> R {
        match &self.pool {
            Some(pool) => pool.install(run),
            None => run(),
        }
    }
}
