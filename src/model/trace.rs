//! What a piece of work looks at in a program, noted while it looks. Whoever keeps its result knows by that when the result may be another.
//!
//! A program's parts note themselves: [`Tracked`] fields, the facts of files ([`Files`]), and the functions of `Program` and `Summaries`. Nothing
//! is noted, and next to nothing is spent, unless [`traced`] is at work on the thread.

use std::cell::{Cell, RefCell};
use std::ops::{Deref, DerefMut, Index};
use std::sync::Arc;

use super::facts::FileFacts;
use super::source::FileId;

/// A part of a program that an edit may leave as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Something of which no more is known than that it may change with any edit: which files there are, and all of them.
    Files,
    /// All edges of the call graph.
    Calls,
    Imports,
    Routes,
    /// Roles, with the places of their evidence.
    Roles,
    /// A file: its facts, what its nodes stand for, the calls that leave it.
    File(FileId),
    /// The calls that lead to functions of a file.
    Callers(FileId),
    /// What functions of a file do to the database, and how data flows through them.
    Summary(FileId),
}

impl Part {
    /// Equal parts have equal numbers, and others have others.
    pub fn number(self) -> u32 {
        const ALONE: u32 = 5;
        match self {
            Part::Files => 0,
            Part::Calls => 1,
            Part::Imports => 2,
            Part::Routes => 3,
            Part::Roles => 4,
            Part::File(file) => ALONE + 3 * file.0,
            Part::Callers(file) => ALONE + 3 * file.0 + 1,
            Part::Summary(file) => ALONE + 3 * file.0 + 2,
        }
    }
}

thread_local! {
    static ON: Cell<bool> = const { Cell::new(false) };
    static SEEN: RefCell<Seen> = const { RefCell::new(Seen { bits: Vec::new(), list: Vec::new(), last: u32::MAX }) };
}

/// Numbers of parts, each once.
struct Seen {
    bits: Vec<u64>,
    list: Vec<u32>,
    last: u32,
}

impl Seen {
    fn add(&mut self, number: u32) {
        if number == self.last {
            return;
        }
        self.last = number;
        let (word, bit) = (number as usize / 64, 1 << (number % 64));
        if word >= self.bits.len() {
            self.bits.resize(word + 1, 0);
        }
        if self.bits[word] & bit == 0 {
            self.bits[word] |= bit;
            self.list.push(number);
        }
    }

    fn take(&mut self) -> Vec<u32> {
        for &number in &self.list {
            self.bits[number as usize / 64] = 0;
        }
        self.last = u32::MAX;
        let mut list = std::mem::take(&mut self.list);
        list.sort_unstable();
        list
    }
}

/// Whether what is looked at on this thread is noted.
#[inline]
pub fn is_on() -> bool {
    ON.get()
}

/// A part is looked at.
#[inline]
pub fn note(part: Part) {
    if ON.get() {
        SEEN.with_borrow_mut(|seen| seen.add(part.number()));
    }
}

/// Ends tracing, also when the work fails.
struct Off;

impl Drop for Off {
    fn drop(&mut self) {
        ON.set(false);
    }
}

/// Does the work, and tells the numbers of the parts it looked at, in order. Not for work inside of such work.
pub fn traced<R>(work: impl FnOnce() -> R) -> (R, Vec<u32>) {
    SEEN.with_borrow_mut(|seen| drop(seen.take()));
    ON.set(true);
    let off = Off;
    let result = work();
    drop(off);
    (result, SEEN.with_borrow_mut(Seen::take))
}

/// Does work of which nothing is noted: for what is shared, whose users note for themselves what they look at in it.
pub fn unnoted<R>(work: impl FnOnce() -> R) -> R {
    struct On(bool);
    impl Drop for On {
        fn drop(&mut self) {
            ON.set(self.0);
        }
    }
    let _on = On(ON.replace(false));
    work()
}

/// Something that is noted as a whole when it is looked at.
#[derive(Debug)]
pub struct Tracked<T> {
    value: T,
    part: Part,
}

impl<T> Tracked<T> {
    pub fn new(part: Part, value: T) -> Tracked<T> {
        Tracked { value, part }
    }

    /// For who notes by himself what he looks at in it.
    #[inline]
    pub(super) fn unnoted(&self) -> &T {
        &self.value
    }
}

impl<T> Deref for Tracked<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        note(self.part);
        &self.value
    }
}

impl<T> DerefMut for Tracked<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<'t, T> IntoIterator for &'t Tracked<T>
where
    &'t T: IntoIterator,
{
    type Item = <&'t T as IntoIterator>::Item;
    type IntoIter = <&'t T as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        note(self.part);
        self.value.into_iter()
    }
}

/// The facts of all files, by [`FileId`]. As a slice they are noted as a whole, by an index as that file.
#[derive(Clone, Copy)]
pub struct Files<'a>(&'a [Arc<FileFacts>]);

impl<'a> Files<'a> {
    pub fn new(facts: &'a [Arc<FileFacts>]) -> Files<'a> {
        Files(facts)
    }

    /// How many there are; that does not change while a program is kept.
    #[inline]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The facts of one file.
    #[inline]
    pub fn of(&self, file: FileId) -> &'a FileFacts {
        note(Part::File(file));
        &self.0[file.index()]
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'a, Arc<FileFacts>> {
        note(Part::Files);
        self.0.iter()
    }

    /// Where `at` is the number of a file.
    pub fn get(&self, at: usize) -> Option<&'a Arc<FileFacts>> {
        note(Part::File(FileId(at as u32)));
        self.0.get(at)
    }
}

impl<'a> Deref for Files<'a> {
    type Target = [Arc<FileFacts>];

    #[inline]
    fn deref(&self) -> &Self::Target {
        note(Part::Files);
        self.0
    }
}

impl<'a> IntoIterator for Files<'a> {
    type Item = &'a Arc<FileFacts>;
    type IntoIter = std::slice::Iter<'a, Arc<FileFacts>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Index<usize> for Files<'_> {
    type Output = Arc<FileFacts>;

    #[inline]
    fn index(&self, at: usize) -> &Arc<FileFacts> {
        note(Part::File(FileId(at as u32)));
        &self.0[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_at_is_told_once_and_only_while_it_is_asked_for() {
        let calls = Tracked::new(Part::Calls, vec![1, 2]);
        assert_eq!(calls.len(), 2);
        let (sum, seen) = traced(|| {
            note(Part::File(FileId(40)));
            note(Part::Summary(FileId(2)));
            note(Part::File(FileId(40)));
            calls.iter().sum::<i32>() + calls.unnoted().len() as i32
        });
        assert_eq!((sum, seen), (5, [Part::Calls, Part::Summary(FileId(2)), Part::File(FileId(40))].map(Part::number).to_vec()));
        assert!(!is_on());
        let beside = || unnoted(|| note(Part::Imports));
        assert_eq!(traced(beside).1, Vec::<u32>::new());
        assert_eq!(traced(|| ()).1, Vec::<u32>::new());
    }

    #[test]
    fn work_that_fails_ends_the_tracing() {
        let failed = std::panic::catch_unwind(|| traced(|| std::panic::panic_any("on purpose")));
        assert!(failed.is_err() && !is_on());
    }
}
