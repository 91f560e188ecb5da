//! What an editor does to a repository: buffers that differ from the disk, files that come and go. Text that did not change keeps its facts.
//!
//! After any sequence of changes the engine says what a new one would say of the same text. So whatever can alter more than one file's facts
//! (which files there are, manifests, the configuration) has everything looked at again; that costs reading and hashing, not lowering.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;

use super::moved::Gist;
use super::places::Moves;
use super::{Analysis, Engine, Lowered, lower_text, notes_of_text};
use crate::cache::Key;
use crate::check;
use crate::config::{self, Config, ConfigError};
use crate::discover::{self, DiscoverOptions};
use crate::lower::queries::Queries;
use crate::model::facts::FileFacts;
use crate::model::finding::{Outcome, SkipReason};
use crate::model::source::{FileId, Language, SourceFile};

/// Something that happened to the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A file has this text in an editor's buffer, or on the disk.
    Set { path: Arc<str>, text: Arc<str> },
    /// What is on the disk counts: the file's buffer was closed, or another program wrote it.
    Disk { path: Arc<str> },
    /// A file is gone.
    Remove { path: Arc<str> },
    /// Configuration, manifests or ignore files changed, or files came: look at everything again.
    Config,
}

/// Facts by path, to be taken once by whoever finds the same text again.
#[derive(Default)]
pub(super) struct Kept(FxHashMap<Arc<str>, (Key, Mutex<Option<Lowered>>)>);

impl Kept {
    /// What was made of this text.
    pub(super) fn take(&self, path: &str, hash: Key) -> Option<Lowered> {
        let (known, lowered) = self.0.get(path)?;
        if *known != hash {
            return None;
        }
        lowered.lock().ok()?.take()
    }

    /// Whoever finds this text may take it.
    pub(super) fn put(&mut self, path: &Arc<str>, hash: Key, lowered: Lowered) {
        self.0.insert(path.clone(), (hash, Mutex::new(Some(lowered))));
    }
}

/// What the last whole check found, and the facts it had of files that changed since.
pub(super) struct Last {
    analysis: Analysis,
    base: BTreeMap<Arc<str>, Arc<FileFacts>>,
}

impl Last {
    pub(super) fn new(analysis: Analysis) -> Last {
        Last { analysis, base: BTreeMap::new() }
    }
}

impl Engine {
    /// Takes in what changed; false when nothing did, so that a check would say the same as the last one.
    pub fn apply(&mut self, changes: Vec<Change>) -> bool {
        // What was kept on the disk is of the files as they were.
        self.store = None;
        self.options.recall = false;
        let mut again = self.recalled.take().is_some();
        (self.touched, self.refused) = (false, None);
        // Once everything is looked at again anyway, single files are not; after a recalled result there are no facts to change.
        for change in changes {
            again |= match change {
                Change::Set { path, text } => {
                    let known = self.buffers.insert(path.clone(), text.clone()).is_some();
                    again || !self.set(&path, &text, known)
                }
                Change::Disk { path } => {
                    self.buffers.remove(&path);
                    again || !self.read_again(&path)
                }
                Change::Remove { path } => {
                    self.buffers.remove(&path);
                    true
                }
                Change::Config => true,
            };
        }
        if again {
            (self.last, self.warm) = (None, None);
            self.reload();
        }
        again || self.touched
    }

    /// Gives a known source or text file new text; false when the change needs a look at everything. `known`: this text is not the first that an
    /// editor has of the path.
    fn set(&mut self, path: &Arc<str>, text: &Arc<str>, known: bool) -> bool {
        if discover::is_structural(path) {
            return false;
        }
        if let Ok(at) = self.texts.binary_search_by(|(known, _)| known.cmp(path)) {
            if discover::judge_text(text).is_some() {
                return false;
            }
            self.touched |= self.texts[at].1 != *text;
            self.last = self.last.take().filter(|_| self.texts[at].1 == *text);
            self.texts[at].1 = text.clone();
            self.text_notes[at] = notes_of_text(path, text);
            return true;
        }
        let language = Language::of_path(path);
        let left_out = language.map_or_else(|| discover::judge_text(text), |language| discover::judge(path, text, language)).is_some();
        match (self.position(path), language) {
            (Ok(at), Some(language)) if !left_out => {
                let hash = Key::of_text(text);
                let file = SourceFile { path: path.clone(), language, bytes: text.len() as u64 };
                if hash == self.hashes[at] {
                    return true;
                }
                let unread = self.unread.as_ref().and_then(|unread| unread.get(at).copied());
                let lower = |engine: &Engine| {
                    let part = engine.lower_part(&file, text, unread).map(|(_, made)| made);
                    part.or_else(|| lower_text(&file, text, &engine.queries, &engine.clock))
                };
                let Some((facts, notes)) = self.install(lower) else {
                    return false;
                };
                self.touched = true;
                self.project.files[at] = file;
                let before = std::mem::replace(&mut self.facts[at], facts);
                (self.notes[at], self.hashes[at]) = (notes, hash);
                if let Some(last) = &mut self.last {
                    last.base.entry(path.clone()).or_insert(before);
                }
                true
            }
            (Ok(_), _) => false,
            // A new file may be ignored, generated or begin a package. Once that is looked at, more text of a file that is left out changes nothing,
            // unless its text was the reason.
            (Err(_), _) => known && (left_out || !self.left_out_for_its_text(path)),
        }
    }

    /// From now on keeps what checks find, so that [`Engine::check_moved`] can answer.
    pub fn keep_findings(&mut self) {
        self.keeps = true;
    }

    /// What [`Engine::check`] says, without looking at everything: where only places changed, or the code of functions in a way that other files cannot see.
    /// `None` where more changed. It may differ from the whole check where code learns from code in circles; who shows it has the whole check follow.
    pub fn check_quickly(&mut self) -> Option<Outcome> {
        self.check_moved().or_else(|| self.check_edited())
    }

    /// Why [`Engine::check_quickly`] had no answer, after it looked at an edit.
    pub fn slowed_by(&self) -> Option<&'static str> {
        self.refused
    }

    fn check_edited(&mut self) -> Option<Outcome> {
        let last = self.last.as_ref()?;
        let edit = |path: &Arc<str>| {
            let at = self.position(path).ok()?;
            Some((FileId(at as u32), self.facts[at].clone()))
        };
        let edits = last.base.keys().map(edit).collect::<Option<Vec<_>>>()?;
        match self.analyse_edits(edits) {
            Ok(analysis) => {
                self.refused = None;
                self.last = Some(Last::new(analysis.clone()));
                Some(self.conclude(analysis))
            }
            Err(reason) => {
                self.refused = Some(reason);
                None
            }
        }
    }

    /// What [`Engine::check`] says, without linking, where since the last whole check only places changed: blank lines, layout, comments. `None` where
    /// more changed, or where a check measures distances. Counts of whole files are new; the lines of unresolved imports are those of the last check.
    pub fn check_moved(&mut self) -> Option<Outcome> {
        let last = self.last.as_ref()?;
        let mut analysis = last.analysis.clone();
        for (path, before) in &last.base {
            let now = &self.facts[self.position(path).ok()?];
            let moves = Moves::between(before, now)?;
            if !check::is_laid_out_alike(before, now) {
                return None;
            }
            analysis.findings.iter_mut().try_for_each(|finding| moves.finding(path, finding))?;
            analysis.marks.iter_mut().try_for_each(|mark| moves.place(path, &mut mark.place))?;
        }
        Some(self.conclude(analysis))
    }

    /// Whether the file is missing because of what stood in it.
    fn left_out_for_its_text(&self, path: &Arc<str>) -> bool {
        let skipped = &self.project.skipped;
        let by_text = [SkipReason::Generated, SkipReason::Minified, SkipReason::Binary, SkipReason::TooLarge, SkipReason::NotUtf8];
        by_text.iter().filter_map(|reason| skipped.get(reason)).any(|paths| paths.binary_search(path).is_ok())
            || self.failures.iter().any(|problem| problem.path == *path)
    }

    /// Takes a known file's text from the disk; false when the change needs a look at everything.
    fn read_again(&mut self, path: &Arc<str>) -> bool {
        let text = match self.position(path) {
            Ok(at) => discover::read(&self.root, &self.project.files[at]),
            Err(_) => discover::read_text(&self.root, path),
        };
        text.is_ok_and(|text| self.set(path, &text, false))
    }

    /// A source file's text as it counts now, or why it is left out.
    pub(super) fn source_now(&self, file: &SourceFile) -> Result<Arc<str>, SkipReason> {
        let Some(text) = self.buffers.get(&file.path) else { return discover::read(&self.root, file) };
        discover::judge(&file.path, text, file.language).map_or_else(|| Ok(text.clone()), Err)
    }

    /// Any other file's text as it counts now.
    pub(super) fn text_now(&self, path: &Arc<str>) -> Result<Arc<str>, SkipReason> {
        let Some(text) = self.buffers.get(path) else { return discover::read_text(&self.root, path) };
        discover::judge_text(text).map_or_else(|| Ok(text.clone()), Err)
    }

    /// The configuration, from a buffer where an editor has one of it.
    pub(super) fn load_config(&self) -> Result<Config, Vec<ConfigError>> {
        config::load_over(&self.root, self.options.config.as_deref(), &|path| self.buffers.get(path).map(|text| text.to_string()))
    }

    /// Before everything is looked at again: sets the facts there are aside, unless other rules ask other queries now.
    pub(super) fn keep_lowered(&mut self, before: &Arc<Queries>) {
        if !self.queries.same(before) {
            return;
        }
        // The compiled ones.
        self.queries = before.clone();
        let files = std::mem::take(&mut self.project.files).into_iter().zip(std::mem::take(&mut self.hashes));
        let lowered = std::mem::take(&mut self.facts).into_iter().zip(std::mem::take(&mut self.notes));
        // Of which only a part was lowered may have to be lowered as a whole now.
        let unread = self.unread.take().unwrap_or_default();
        let is_part = |at: usize, facts: &FileFacts| facts.is_outline || unread.get(at) == Some(&true) && Gist::of(facts).is_blank();
        let whole = files.zip(lowered).enumerate().filter(|(at, (_, (facts, _)))| !is_part(*at, facts));
        self.kept = Kept(whole.map(|(_, ((file, hash), lowered))| (file.path, (hash, Mutex::new(Some(lowered))))).collect());
    }

    /// Where the repository is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether an editor has text of the file.
    pub fn is_open(&self, path: &str) -> bool {
        self.buffers.contains_key(path)
    }

    /// How to list what is there to be looked at: `discover::listing`.
    pub fn listing_options(&self) -> DiscoverOptions {
        self.discover_options()
    }

    /// Whether the configuration could not be read as it stands, so that a check is of no use. Other mistakes in it are known after a check only.
    pub fn is_misread(&self) -> bool {
        self.config_errors_read > 0
    }

    /// Whether a path is a source file or a text that is looked at.
    pub fn knows(&self, path: &str) -> bool {
        self.line_index(path).is_some() || self.texts.binary_search_by(|(known, _)| (**known).cmp(path)).is_ok()
    }
}
