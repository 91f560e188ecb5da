//! Which text a file had when it was last looked at, so that a file that did not change need not be read.
//!
//! A file is taken for unchanged when its size, times and inode are as they were *and* it was old enough then: a file that was written in the same tick of the
//! clock as it was read can change again without a trace (the "racy" entries of git's index). The clock is the file system's own: the time of a file that is
//! made when the run starts.

use std::fs::Metadata;
use std::path::Path;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::Key;
use super::pack::{read_small, sealed, unsealed};
use crate::model::finding::SkipReason;

/// FAT counts in steps of two seconds; others count finer.
const TICK: i128 = 2_000_000_000;
/// No file of stamps is longer.
const MAX_BYTES: u64 = 1 << 29;

/// What the file system says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stat {
    bytes: u64,
    modified: i128,
    /// Content and names; nobody can set it back.
    changed: i128,
    inode: u64,
}

/// A file as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    pub stat: Stat,
    pub seen: Seen,
}

/// What was in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Seen {
    /// A text with this key.
    Text(Key),
    /// Nothing that is analysed.
    LeftOut(SkipReason),
}

/// The stamps of one root.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stamps {
    /// When the run that took them started.
    taken: i128,
    /// Path and stamp, sorted.
    files: Vec<(String, Stamp)>,
}

impl Stamps {
    /// The stamps of these files, which a run took that started at `taken`.
    pub fn new(taken: i128, mut files: Vec<(String, Stamp)>) -> Stamps {
        files.sort_by(|a, b| a.0.cmp(&b.0));
        Stamps { taken, files }
    }

    pub(super) fn read(path: &Path) -> Stamps {
        let read = || postcard::from_bytes(unsealed(&read_small(path, MAX_BYTES)?)?).ok();
        read().unwrap_or_default()
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        sealed(&postcard::to_allocvec(self).unwrap_or_default())
    }

    /// The files by path.
    pub fn by_path(&self) -> FxHashMap<&str, &Stamp> {
        self.files.iter().map(|(path, stamp)| (path.as_str(), stamp)).collect()
    }

    /// True when a file that has this stat now has the text of its stamp for certain.
    pub fn vouch(&self, stamp: &Stamp, now: &Stat) -> bool {
        let old = |time: i128| time < self.taken - TICK;
        stamp.stat == *now && old(now.modified) && old(now.changed)
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

/// What the file system says of the file, without following a link at its end.
pub fn stat(path: &Path) -> Option<Stat> {
    let metadata = std::fs::symlink_metadata(path).ok().filter(Metadata::is_file)?;
    let modified = modified(&metadata)?;
    let (changed, inode) = own(&metadata).unwrap_or((modified, 0));
    Some(Stat { bytes: metadata.len(), modified, changed, inode })
}

/// Nanoseconds since 1970.
pub(super) fn modified(metadata: &Metadata) -> Option<i128> {
    let time = metadata.modified().ok()?;
    Some(match time.duration_since(std::time::UNIX_EPOCH) {
        Ok(since) => since.as_nanos() as i128,
        Err(before) => -(before.duration().as_nanos() as i128),
    })
}

/// Time of the last change of any kind, and the inode.
#[cfg(unix)]
fn own(metadata: &Metadata) -> Option<(i128, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec()), metadata.ino()))
}

#[cfg(not(unix))]
fn own(_: &Metadata) -> Option<(i128, u64)> {
    None
}
