//! What a run takes from earlier runs: the facts of files whose text is known, and the whole result when nothing it depends on has changed.
//!
//! A text's facts depend on the text, its language and this build alone; what the queries of rules match, on the queries too. A whole result depends on every
//! text and on all that [`Engine::key`] lists. Facts are kept under the hash of the text that was lowered, never of one that was only looked at, so that a file that is
//! written while it is read costs a miss at most.

use std::path::Path;
use std::sync::{Arc, Mutex};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Engine, Lowered, Options, guarded};
use crate::cache::{self, Cache, Key, Seen, Stamp, Stamps, Stat};
use crate::discover;
use crate::lower;
use crate::lower::queries::{self, Queries};
use crate::model::facts::FileFacts;
use crate::model::finding::{Outcome, SkipReason};
use crate::model::problem::{Problem, ProblemKind};
use crate::model::query::QueryMatch;
use crate::model::source::{Language, LineIndex, SourceFile};
use crate::triage::{self, Directives, FileNotes};

/// The cache of one look at the files.
pub(super) struct Store {
    cache: Cache,
    /// What tells these queries from others.
    queries: Key,
    /// The source files as discovery found them, and then the text files.
    inputs: Vec<Input>,
    sources: usize,
    /// What discovery knows besides the files.
    project: Key,
    /// Every file was as the last run left it.
    unchanged: bool,
}

struct Input {
    path: Arc<str>,
    stat: Option<Stat>,
    /// What it holds, as far as a result depends on it.
    state: Mutex<Option<Seen>>,
}

impl Input {
    fn seen(&self) -> Option<Seen> {
        *self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// The facts of a text, as they are kept.
#[derive(Serialize, Deserialize)]
struct Record {
    facts: FileFacts,
    lines: LineIndex,
    directives: Directives,
}

/// The matches of a text, as they are kept.
#[derive(Default, Serialize, Deserialize)]
struct Matches {
    matches: Vec<QueryMatch>,
    problems: Vec<Problem>,
}

impl Store {
    /// Opens the cache for the files that discovery found.
    pub(super) fn open(engine: &Engine) -> (Option<Store>, Vec<String>) {
        let options = &engine.options;
        if options.cache.is_none() && options.facts.is_empty() && options.store.is_none() {
            return (None, Vec::new());
        }
        let (cache, troubles) = Cache::open(&engine.root, options.cache.as_ref(), &options.facts, options.store.as_deref());
        let project = &engine.project;
        let paths: Vec<&Arc<str>> =
            project.files.iter().map(|file| &file.path).chain(project.texts.iter().map(|text| &text.path)).collect();
        let stamps = cache.stamps();
        let known = stamps.by_path();
        let inputs: Vec<Input> = engine.install(|engine| {
            let input = |path: &&Arc<str>| {
                let stat = cache::stat(&engine.root.join(&***path));
                let stamp = known.get(&***path).filter(|stamp| stat.is_some_and(|stat| stamps.vouch(stamp, &stat)));
                Input { path: (**path).clone(), stat, state: Mutex::new(stamp.map(|stamp| stamp.seen)) }
            };
            paths.par_iter().map(input).collect()
        });
        let unchanged = stamps.len() == inputs.len() && inputs.iter().all(|input| input.seen().is_some());
        let described = postcard::to_allocvec(&(&project.packages, &project.stack, &project.skipped, &project.links, &project.problems));
        let store = Store {
            cache,
            queries: Key::of(&[engine.queries.description().as_bytes()]),
            inputs,
            sources: project.files.len(),
            project: Key::of(&[&described.unwrap_or_default()]),
            unchanged,
        };
        (Some(store), troubles)
    }

    /// What is known of an input.
    pub(super) fn state(&self, at: usize) -> Option<Seen> {
        self.inputs.get(at)?.seen()
    }

    fn note(&self, at: usize, state: Option<Seen>) {
        if let Some(input) = self.inputs.get(at) {
            *input.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = state;
        }
    }

    /// What is known of a source file without reading it.
    pub(super) fn known(&self, at: usize, file: &SourceFile) -> Option<Result<(Lowered, Key), SkipReason>> {
        match self.state(at)? {
            Seen::Text(text) => self.of_text(file, text).map(|found| Ok((found, text))),
            Seen::LeftOut(reason) => Some(Err(reason)),
        }
    }

    /// What is known of the part of a source file that is asked for, without reading it.
    pub(super) fn known_part(&self, at: usize, file: &SourceFile, part: Part) -> Option<(Lowered, Key)> {
        let Seen::Text(text) = self.state(at)? else { return None };
        let record = self.cache.get(part_key(file.language, text, part, self.queries))?;
        let Record { facts, lines, directives } = postcard::from_bytes(&record).ok()?;
        Some(((Arc::new(facts), FileNotes { path: file.path.clone(), lines, directives }), text))
    }

    /// Keeps what was made of a part of a file.
    pub(super) fn keep_part(&self, file: &SourceFile, text: Key, part: Part, (facts, notes): &Lowered) {
        let encoded = postcard::to_allocvec(&Borrowed { facts, lines: &notes.lines, directives: &notes.directives });
        self.keep(part_key(file.language, text, part, self.queries), encoded);
    }

    /// What was made of a file when it had this text, if that is kept.
    pub(super) fn of_text(&self, file: &SourceFile, text: Key) -> Option<Lowered> {
        self.record(file, text).and_then(|found| self.matched(file, text, found))
    }

    /// Remembers what reading a file gave; the source files come first, then the texts.
    pub(super) fn read(&self, at: usize, read: &Result<Arc<str>, SkipReason>) {
        self.note(at, state_of(read));
    }

    /// The index of the first text file.
    pub(super) fn sources(&self) -> usize {
        self.sources
    }

    /// The facts of a text: kept ones, or new ones that are kept from now on.
    pub(super) fn lower(&self, file: &SourceFile, text: &str, queries: &Queries) -> Option<Lowered> {
        let key = Key::of_text(text);
        let (facts, notes) = match self.record(file, key) {
            Some(found) => found,
            None => {
                let (facts, notes) = guarded(|| plain(file, text))?;
                let encoded = postcard::to_allocvec(&Borrowed { facts: &facts, lines: &notes.lines, directives: &notes.directives });
                self.keep(facts_key(file.language, key), encoded);
                (facts, notes)
            }
        };
        if let Some(matched) = self.kept_matches(file, key) {
            return Some(with_matches(facts, notes, matched));
        }
        let (matches, problems) = guarded(|| queries::matches(queries, text, file.language))?;
        let matched = Matches { matches, problems };
        self.keep(matches_key(file.language, key, self.queries), postcard::to_allocvec(&matched));
        Some(with_matches(facts, notes, matched))
    }

    fn keep(&self, key: Key, encoded: postcard::Result<Vec<u8>>) {
        if let Ok(encoded) = encoded {
            self.cache.put(key, &encoded);
        }
    }

    fn record(&self, file: &SourceFile, text: Key) -> Option<Plain> {
        let record = self.cache.get(facts_key(file.language, text))?;
        let Record { facts, lines, directives } = postcard::from_bytes(&record).ok()?;
        Some((facts, FileNotes { path: file.path.clone(), lines, directives }))
    }

    fn matched(&self, file: &SourceFile, text: Key, (facts, notes): Plain) -> Option<Lowered> {
        Some(with_matches(facts, notes, self.kept_matches(file, text)?))
    }

    fn kept_matches(&self, file: &SourceFile, text: Key) -> Option<Matches> {
        postcard::from_bytes(&self.cache.get(matches_key(file.language, text, self.queries))?).ok()
    }

    /// Writes what is new, for the next run. What could not be written comes back in words.
    pub(super) fn save(&mut self) -> Vec<String> {
        let opened = self.cache.opened();
        let troubles = [self.cache.save(), self.cache.send()];
        let stamp = |input: &Input| Some((input.path.to_string(), Stamp { stat: input.stat?, seen: input.seen()? }));
        if let Some(opened) = opened.filter(|_| !self.unchanged) {
            self.cache.save_stamps(&Stamps::new(opened, self.inputs.iter().filter_map(stamp).collect()));
        }
        troubles.into_iter().flatten().collect()
    }

    /// A look at everything, as it was kept.
    pub(super) fn look(&self, key: Key) -> Option<Vec<u8>> {
        self.cache.look(key)
    }

    /// What earlier runs found in single files.
    pub(super) fn found(&self) -> Option<Vec<u8>> {
        self.cache.found()
    }

    pub(super) fn save_found(&self, found: &[u8]) {
        self.cache.save_found(found);
    }

    pub(super) fn save_look(&self, key: Key, look: &[u8]) {
        self.cache.save_look(key, look);
    }

    /// Everything the files say; `None` when a file could not be read, which may be otherwise the next time.
    fn files_key(&self) -> Option<Key> {
        self.inputs_key(|_| true)
    }

    /// Everything but what stands in source files.
    pub(super) fn ground_key(&self) -> Option<Key> {
        self.inputs_key(|at| at >= self.sources)
    }

    fn inputs_key(&self, counts: impl Fn(usize) -> bool) -> Option<Key> {
        let mut bytes = Vec::new();
        for at in 0..self.inputs.len() {
            bytes.extend((self.inputs[at].path.len() as u64).to_le_bytes());
            bytes.extend(self.inputs[at].path.as_bytes());
            match self.state(at)? {
                Seen::Text(text) if counts(at) => bytes.extend(text.0),
                Seen::Text(_) => bytes.extend([0; 16]),
                Seen::LeftOut(reason) => bytes.extend(Key::of(&[reason.name().as_bytes()]).0),
            }
        }
        Some(Key::of(&[&self.project.0, &(self.sources as u64).to_le_bytes(), &bytes]))
    }
}

/// [`Record`], to be written.
#[derive(Serialize)]
struct Borrowed<'a> {
    facts: &'a FileFacts,
    lines: &'a LineIndex,
    directives: &'a Directives,
}

fn state_of(read: &Result<Arc<str>, SkipReason>) -> Option<Seen> {
    match read {
        Ok(text) => Some(Seen::Text(Key::of_text(text))),
        Err(SkipReason::Unreadable) => None,
        Err(reason) => Some(Seen::LeftOut(*reason)),
    }
}

fn facts_key(language: Language, text: Key) -> Key {
    Key::of(&[b"facts", language_name(language), &text.0])
}

/// What stands for a whole file where nobody asks for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Nothing but the lines of a test.
    Test,
    /// An [outline](crate::lower::outline).
    Outline,
}

fn part_key(language: Language, text: Key, part: Part, queries: Key) -> Key {
    let part: &[u8] = match part {
        Part::Test => b"test",
        Part::Outline => b"outline",
    };
    Key::of(&[part, language_name(language), &text.0, &queries.0])
}

fn matches_key(language: Language, text: Key, queries: Key) -> Key {
    Key::of(&[b"matches", language_name(language), &text.0, &queries.0])
}

pub(super) fn language_name(language: Language) -> &'static [u8] {
    match language {
        Language::Python => b"python",
        Language::TypeScript => b"typescript",
        Language::Tsx => b"tsx",
        Language::JavaScript => b"javascript",
        Language::Rust => b"rust",
    }
}

/// Facts to which matches are still to be added.
type Plain = (FileFacts, FileNotes);

/// The facts of a text without what queries match.
fn plain(file: &SourceFile, text: &str) -> Plain {
    let facts = lower::lower(file, text);
    let lines = LineIndex::new(text);
    let directives = triage::in_source(text, &facts, &lines);
    (facts, FileNotes { path: file.path.clone(), lines, directives })
}

fn with_matches(mut facts: FileFacts, notes: FileNotes, matched: Matches) -> Lowered {
    facts.matches = matched.matches;
    facts.problems.extend(matched.problems);
    (Arc::new(facts), notes)
}

/// One part of the work of lowering, for machines beside each other: `2/4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From one.
    pub number: u32,
    pub of: u32,
}

impl Shard {
    /// `K/N` with 1 ≤ K ≤ N.
    pub fn parse(text: &str) -> Option<Shard> {
        let (number, of) = text.split_once('/')?;
        let shard = Shard { number: number.trim().parse().ok()?, of: of.trim().parse().ok()? };
        (1..=shard.of).contains(&shard.number).then_some(shard)
    }

    /// By name, so that a file stays where it is when others come and go.
    fn holds(self, path: &str) -> bool {
        let hash = Key::of(&[path.as_bytes()]).0;
        u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]]) % self.of == self.number - 1
    }
}

impl Engine {
    /// Lowers the files of a shard alone and returns their facts as a pack for [`Options::facts`], with the number of files. Files that are left out, or
    /// that fail, are not in it; who takes the pack sees to them. `None` when the configuration has mistakes, which the engine then holds.
    pub fn facts_of(root: &Path, options: Options, shard: Shard) -> (Engine, Option<(Vec<u8>, u32)>) {
        let mut engine = Engine::new(root, options);
        engine.read_config();
        if !engine.config_errors.is_empty() {
            return (engine, None);
        }
        engine.discover();
        let facts = engine.lower_shard(shard);
        (engine, Some(facts))
    }

    fn lower_shard(&mut self, shard: Shard) -> (Vec<u8>, u32) {
        let mut files = std::mem::take(&mut self.project.files);
        files.retain(|file| shard.holds(&file.path));
        let queries = Key::of(&[self.queries.description().as_bytes()]);
        let (mut cache, troubles) = Cache::open(&self.root, None, &[], self.options.store.as_deref());
        self.cache_troubles = troubles;
        if cache.shares() {
            let keys = self.install(|engine| {
                let keys = |file: &SourceFile| {
                    let text = Key::of_text(&discover::read(&engine.root, file).ok()?);
                    Some([facts_key(file.language, text), matches_key(file.language, text, queries)])
                };
                files.par_iter().filter_map(keys).collect::<Vec<_>>()
            });
            let trouble = cache.fetch(keys.into_iter().flatten().collect());
            self.cache_troubles.extend(trouble);
        }
        let records: Vec<[(Key, Vec<u8>); 2]> =
            self.install(|engine| files.par_iter().filter_map(|file| engine.records(file, queries, &cache)).collect());
        self.cache_troubles.extend(cache.send());
        let count = records.len() as u32;
        let records: Vec<_> = records.into_iter().flatten().collect();
        let mut pack = Vec::new();
        // Writing to memory does not fail.
        let _ = cache::write_pack(&mut pack, &records);
        (pack, count)
    }

    /// The records of a file, known ones or new ones.
    fn records(&self, file: &SourceFile, queries: Key, cache: &Cache) -> Option<[(Key, Vec<u8>); 2]> {
        let text = discover::read(&self.root, file).ok()?;
        let key = Key::of_text(&text);
        let (of_facts, of_matches) = (facts_key(file.language, key), matches_key(file.language, key, queries));
        if let (Some(facts), Some(matched)) = (cache.get(of_facts), cache.get(of_matches)) {
            return Some([(of_facts, facts), (of_matches, matched)]);
        }
        let (facts, notes) = guarded(|| plain(file, &text))?;
        let (matches, problems) = guarded(|| queries::matches(&self.queries, &text, file.language))?;
        let record = postcard::to_allocvec(&Borrowed { facts: &facts, lines: &notes.lines, directives: &notes.directives }).ok()?;
        let matched = postcard::to_allocvec(&Matches { matches, problems }).ok()?;
        cache.put(of_facts, &record);
        cache.put(of_matches, &matched);
        Some([(of_facts, record), (of_matches, matched)])
    }

    /// Everything the result of a run depends on, besides this build; `None` when it must not be kept.
    fn key(&self) -> Option<Key> {
        let (asked, files) = (self.asked_key()?, self.store.as_ref()?.files_key()?);
        Some(Key::of(&[b"outcome", &asked.0, &files.0]))
    }

    /// What is asked of this run; `None` when nothing of it must be kept.
    pub(super) fn asked_key(&self) -> Option<Key> {
        if !self.buffers.is_empty() || !self.config_errors.is_empty() || !self.failures.is_empty() {
            return None;
        }
        let options = &self.options;
        let dated = self.config.text.contains("until") || self.project.texts.iter().any(|text| text.path.ends_with("/archcheck.toml"));
        let asked = format!(
            "{:?}",
            (
                (options.profile, &options.select, &options.ignore, options.suppressions, &options.paths),
                (options.baseline, self.baseline.as_ref().map(|baseline| (&baseline.path, &baseline.text))),
                (&self.config.path, &self.config.text),
                &self.own,
                (options.today.filter(|_| dated), options.call_coverage),
            )
        );
        Some(Key::of(&[asked.as_bytes()]))
    }

    /// The cache, for a file whose text is the disk's.
    pub(super) fn store_of(&self, path: &Arc<str>) -> Option<&Store> {
        self.store.as_ref().filter(|_| !self.buffers.contains_key(path))
    }

    /// True when the result of this run is known; then no file is lowered.
    pub(super) fn recall(&mut self) -> bool {
        self.recalled = None;
        if !self.options.recall || self.options.cache.is_none() {
            return false;
        }
        self.look_at_doubtful();
        let found = self.key().and_then(|key| self.store.as_ref()?.cache.outcome(key));
        self.recalled = found.and_then(|bytes| postcard::from_bytes(&bytes).ok()).or_else(|| self.take_up());
        if self.recalled.is_some() {
            self.save();
        }
        self.recalled.is_some()
    }

    /// Asks the store that machines share for the facts of all texts at once: one by one they would cost a round trip each.
    pub(super) fn fetch(&mut self) {
        if !self.store.as_ref().is_some_and(|store| store.cache.shares()) {
            return;
        }
        self.look_at_doubtful();
        let Some(store) = &self.store else { return };
        let of_file = |(at, file): (usize, &SourceFile)| match store.state(at) {
            Some(Seen::Text(text)) => Some([facts_key(file.language, text), matches_key(file.language, text, store.queries)]),
            _ => None,
        };
        let keys: Vec<Key> = self.project.files.iter().enumerate().filter_map(of_file).flatten().collect();
        let trouble = store.cache.fetch(keys);
        self.cache_troubles.extend(trouble);
    }

    /// Reads the files of which it is not known what they hold.
    fn look_at_doubtful(&self) {
        let Some(store) = &self.store else { return };
        self.install(|engine| {
            (0..store.inputs.len()).into_par_iter().filter(|&at| store.state(at).is_none()).for_each(|at| {
                let read = match engine.project.files.get(at) {
                    Some(file) => discover::read(&engine.root, file),
                    None => discover::read_text(&engine.root, &store.inputs[at].path),
                };
                store.read(at, &read);
            });
        });
    }

    /// Whether what [`Engine::check`] says is that of an equal run before, until something is applied.
    pub fn is_recalled(&self) -> bool {
        self.recalled.is_some()
    }

    /// Writes what this look at the files found out, for the next run.
    pub(super) fn save(&mut self) {
        let troubles = self.store.as_mut().map(Store::save);
        self.cache_troubles.extend(troubles.into_iter().flatten());
    }

    /// Keeps the result of this run, if the next may have it.
    pub(super) fn keep(&self, outcome: &Outcome) {
        let whole = !outcome.problems.iter().any(|problem| problem.kind == ProblemKind::Internal);
        if let (true, Some(store), Some(key)) = (whole, &self.store, self.key())
            && let Ok(bytes) = postcard::to_allocvec(outcome)
        {
            store.cache.save_outcome(key, &bytes);
        }
    }

    /// What is wrong with the cache, for the user to know; results do not depend on it.
    pub fn cache_troubles(&self) -> &[String] {
        &self.cache_troubles
    }
}
