//! What rules found out about each file, kept from one edit to the next.
//!
//! A rule that looks at one file after the other says so by [`Context::each_file`]. What it looked at for a file is noted ([`trace`]), whatever that
//! was: the file itself, the files of functions that it calls, their summaries. After an edit it looks again at those files alone for which it had
//! looked at something that is another now. No rule declares what it depends on, so none can declare it wrongly.

use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard};

use rustc_hash::{FxHashMap, FxHashSet};

use super::Context;
use crate::model::source::FileId;
use crate::model::trace::{self, Part};

/// How a rule looks at a file. Without surroundings of its own: all it may know beside the context is what it is given.
pub(super) type Look<K, T> = fn(&Context, &K, FileId) -> T;

/// Tables of rules, and what changed since they were made.
#[derive(Default)]
pub struct Memo {
    /// [`Table`]s and [`Whole`]s by the names of their questions.
    tables: Mutex<FxHashMap<&'static str, Box<dyn Any + Send>>>,
    /// Numbers of the parts that each edit changed.
    history: Mutex<Vec<Vec<u32>>>,
}

impl Memo {
    /// An edit changed these parts.
    pub fn changed(&self, parts: &[Part]) {
        let mut numbers: Vec<u32> = parts.iter().map(|part| part.number()).chain([Part::Files.number()]).collect();
        numbers.sort_unstable();
        numbers.dedup();
        self.edits().push(numbers);
    }

    fn edits(&self) -> MutexGuard<'_, Vec<Vec<u32>>> {
        self.history.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn take<Kept: 'static>(&self, name: &'static str) -> Option<Kept> {
        let kept = self.tables.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).remove(name)?;
        kept.downcast().ok().map(|kept| *kept)
    }

    fn put<Kept: Send + 'static>(&self, name: &'static str, kept: Kept) {
        self.tables.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(name, Box::new(kept));
    }
}

/// What was found out about the program.
struct Whole<T> {
    /// How many edits are in it.
    edits: usize,
    item: Arc<T>,
    /// Numbers of the parts that were looked at, in order.
    seen: Vec<u32>,
}

/// What was found out about each file.
struct Table<K, T> {
    known: K,
    /// How many edits are in it.
    edits: usize,
    items: Arc<Vec<T>>,
    /// By number of a part, which files it was looked at for; but for each file itself.
    readers: FxHashMap<u32, Vec<FileId>>,
}

impl<K, T> Table<K, T> {
    /// The files of which something that was looked at has changed.
    fn stale(&self, history: &[Vec<u32>], files: usize) -> Vec<FileId> {
        let changed: FxHashSet<u32> = history.iter().skip(self.edits).flatten().copied().collect();
        let mut stale: Vec<FileId> = (0..files as u32).map(FileId).filter(|&file| changed.contains(&Part::File(file).number())).collect();
        let mut numbers: Vec<u32> = changed.into_iter().collect();
        numbers.sort_unstable();
        stale.extend(numbers.iter().filter_map(|number| self.readers.get(number)).flatten());
        stale.sort_unstable();
        stale.dedup();
        stale
    }

    /// Notes what was looked at for a file. What it looked at before stays noted: at worst it is looked at once too often.
    fn note(&mut self, file: FileId, seen: Vec<u32>) {
        let own = Part::File(file).number();
        for number in seen.into_iter().filter(|&number| number != own) {
            let readers = self.readers.entry(number).or_default();
            if let Err(at) = readers.binary_search(&file) {
                readers.insert(at, file);
            }
        }
    }
}

impl Context<'_> {
    /// What `look` says of each file, in order. `name` is that of the question, and of no other. `known` is what it has been told; where that is
    /// something else than last time, every file is looked at.
    pub(super) fn each_file<K, T>(&self, name: &'static str, known: K, look: Look<K, T>) -> Arc<Vec<T>>
    where
        K: PartialEq + Send + 'static,
        T: Send + Sync + 'static,
    {
        let files = || (0..self.program.facts.len() as u32).map(FileId);
        let Some(memo) = self.memo.filter(|_| !trace::is_on()) else {
            // Inside of work that is noted: it depends on all of them.
            trace::note(Part::Files);
            return Arc::new(files().map(|file| look(self, &known, file)).collect());
        };
        // Nobody holds what it said last.
        let before = memo.take::<Table<K, T>>(name).filter(|table| table.known == known && Arc::strong_count(&table.items) == 1);
        let mut table = match before {
            Some(table) => table,
            None => {
                let mut table = Table { known, edits: memo.edits().len(), items: Arc::default(), readers: FxHashMap::default() };
                let items = files().map(|file| {
                    let (item, seen) = trace::traced(|| look(self, &table.known, file));
                    table.note(file, seen);
                    item
                });
                let items: Arc<Vec<T>> = Arc::new(items.collect());
                table.items = items.clone();
                memo.put(name, table);
                return items;
            }
        };
        let stale = table.stale(&memo.edits(), self.program.facts.len());
        for file in stale {
            let (item, seen) = trace::traced(|| look(self, &table.known, file));
            if let Some(place) = Arc::get_mut(&mut table.items).and_then(|items| items.get_mut(file.index())) {
                *place = item;
            }
            table.note(file, seen);
        }
        table.edits = memo.edits().len();
        let items = table.items.clone();
        memo.put(name, table);
        items
    }

    /// What `look` says of the program; it looks again when something that it looked at has changed. `name` is that of the question, and of no other.
    pub(super) fn kept<T: Send + Sync + 'static>(&self, name: &'static str, look: fn(&Context) -> T) -> Arc<T> {
        let Some(memo) = self.memo.filter(|_| !trace::is_on()) else { return Arc::new(look(self)) };
        let edits = memo.edits().len();
        let is_same = |whole: &Whole<T>| {
            let history = memo.edits();
            !history.iter().skip(whole.edits).flatten().any(|number| whole.seen.binary_search(number).is_ok())
        };
        let whole = memo.take::<Whole<T>>(name).filter(is_same).map(|whole| Whole { edits, ..whole });
        let whole = whole.unwrap_or_else(|| {
            let (item, seen) = trace::traced(|| look(self));
            Whole { edits, item: Arc::new(item), seen }
        });
        let item = whole.item.clone();
        memo.put(name, whole);
        item
    }

    /// As [`Context::each_file`], for what says nothing of most files and several things of others: all of it, in order of files.
    pub(super) fn in_files<K, T>(&self, name: &'static str, known: K, look: Look<K, Vec<T>>) -> Vec<T>
    where
        K: PartialEq + Send + 'static,
        T: Clone + Send + Sync + 'static,
    {
        self.each_file(name, known, look).iter().flatten().cloned().collect()
    }
}
