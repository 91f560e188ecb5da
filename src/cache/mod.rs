//! What is kept between runs: records by the hash of what they were made from, and which text stood in a file when it was last looked at.
//!
//! It knows bytes, not facts: what a record means is the engine's to say. A run appends its new records as one file and never changes one that is there, so
//! that runs beside each other, or one that is killed, can at most lose work. Whatever is wrong with an entry (cut off, altered, of another build of
//! archcheck), it is a miss; whatever is wrong with the folder, the run goes on without it and says so.
//!
//! ```text
//! .archcheck-cache/            .gitignore, CACHEDIR.TAG, made-here
//! └── <build>/                 one folder for each build of archcheck; the oldest go
//!     ├── <n>.pack             records (see `pack`)
//!     ├── <root>.stamps        path → size, times, inode → hash of the text (see `stamps`)
//!     ├── <root>.found         what was found in single files
//!     ├── <key>.outcome        whole results
//!     ├── <key>.look           what runs found, for others to go on from
//!     └── <process>.tmp        a file in the making; left over only where a run was killed
//! ```

mod folder;
mod outcomes;
mod pack;
#[cfg(feature = "remote-store")]
mod remote;
mod shared;
mod stamps;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

pub use pack::{PackError, is_pack, write_pack};
pub use stamps::{Seen, Stamp, Stamps, Stat, stat};

use folder::Folder;
use outcomes::Kind;
use pack::{Pack, Pending, read_small, sealed, unsealed};
use shared::Shared;

/// The folder in the root.
pub const FOLDER: &str = ".archcheck-cache";

/// No more is kept of what was found in the files of a root.
const MAX_FOUND: u64 = 32 << 20;

/// What tells one build of archcheck from another: a hash of its sources.
pub const BUILD: &str = env!("ARCHCHECK_BUILD");

/// A hash of 128 bits: the name of a record, or of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Key(pub [u8; 16]);

impl Key {
    /// The key of some parts; `["ab", "c"]` and `["a", "bc"]` have different ones.
    pub fn of(parts: &[&[u8]]) -> Key {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Key::cut(hasher.finalize())
    }

    /// The key of a text.
    pub fn of_text(text: &str) -> Key {
        Key::cut(blake3::hash(text.as_bytes()))
    }

    fn cut(hash: blake3::Hash) -> Key {
        let mut key = [0; 16];
        key.copy_from_slice(&hash.as_bytes()[..16]);
        Key(key)
    }

    fn hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Where to keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// [`FOLDER`] in the root. It is believed only where it was made: one that came with a checkout could say anything about the code beside it.
    Root,
    /// A folder the user names, and vouches for.
    Named(PathBuf),
}

/// The cache of one run.
pub struct Cache {
    folder: Option<Folder>,
    /// Newest first.
    packs: Vec<Pack>,
    pending: Option<Mutex<Pending>>,
    shared: Option<Shared>,
}

impl Cache {
    /// Opens the cache for a root. `more` are packs to read besides, `store` is the address of a store that machines share. What is wrong with any of them comes back
    /// in words, with a cache that does without it.
    pub fn open(root: &Path, place: Option<&Place>, more: &[PathBuf], store: Option<&str>) -> (Cache, Vec<String>) {
        let mut troubles = Vec::new();
        let mut cache = Cache { folder: None, packs: Vec::new(), pending: None, shared: None };
        match store.map(Shared::open).transpose() {
            Ok(shared) => cache.shared = shared,
            Err(trouble) => troubles.push(trouble),
        }
        for path in more {
            match Pack::open(path) {
                Ok(pack) => cache.packs.push(pack),
                Err(error) => troubles.push(format!("the facts in `{}` are not used: {error}", path.display())),
            }
        }
        match place.map(|place| Folder::open(root, place)).transpose() {
            Ok(Some(folder)) => {
                cache.packs.extend(folder.packs());
                match folder.temporary() {
                    Ok(file) => cache.pending = Some(Mutex::new(Pending::new(file))),
                    Err(error) => troubles.push(format!("nothing new is kept in `{}`: {error}", folder.shown())),
                }
                cache.folder = Some(folder);
            }
            Ok(None) => {}
            Err(trouble) => troubles.push(trouble),
        }
        (cache, troubles)
    }

    /// The record with this key, if there is a whole one.
    pub fn get(&self, key: Key) -> Option<Vec<u8>> {
        let here = self.packs.iter().find_map(|pack| pack.get(key));
        here.or_else(|| {
            let record = self.shared.as_ref()?.get(key)?;
            self.keep(key, &record);
            Some(record)
        })
    }

    /// Keeps a record. What cannot be written is not kept.
    pub fn put(&self, key: Key, record: &[u8]) {
        self.keep(key, record);
        if let Some(shared) = &self.shared {
            shared.put(key, record);
        }
    }

    fn keep(&self, key: Key, record: &[u8]) {
        if let Some(pending) = &self.pending {
            pending.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).add(key, record);
        }
    }

    /// True when machines share a store.
    pub fn shares(&self) -> bool {
        self.shared.is_some()
    }

    /// Asks the store that machines share for the records that are not here. What went wrong comes back in words.
    pub fn fetch(&self, mut keys: Vec<Key>) -> Option<String> {
        keys.retain(|key| !self.packs.iter().any(|pack| pack.has(*key)));
        self.shared.as_ref()?.fetch(keys)
    }

    /// Sends what is new to the store that machines share. What went wrong comes back in words.
    pub fn send(&mut self) -> Option<String> {
        self.shared.take()?.send()
    }

    /// Ends the taking of records: those put become one more pack, and what is too much is thrown away. What went wrong comes back in words.
    pub fn save(&mut self) -> Option<String> {
        let pending = self.pending.take()?.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        let folder = self.folder.as_ref()?;
        match pending.finish(&self.packs, folder.at()) {
            Ok(true) => {
                folder.sweep();
                None
            }
            Ok(false) => None,
            Err(error) => Some(format!("nothing new is kept in `{}`: {error}", folder.shown())),
        }
    }

    /// What files of this root were like when they were last looked at.
    pub fn stamps(&self) -> Stamps {
        self.folder.as_ref().map(|folder| Stamps::read(&folder.stamps())).unwrap_or_default()
    }

    /// The file system's time when this cache was opened, in nanoseconds; `None` when nothing can be written.
    pub fn opened(&self) -> Option<i128> {
        self.pending.as_ref()?.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).started()
    }

    /// Keeps them for the next run.
    pub fn save_stamps(&self, stamps: &Stamps) {
        if let Some(folder) = &self.folder {
            folder.replace(&folder.stamps(), &stamps.bytes());
        }
    }

    /// A whole result.
    pub fn outcome(&self, key: Key) -> Option<Vec<u8>> {
        outcomes::read(self.folder.as_ref()?, Kind::Outcome, key)
    }

    /// Keeps a whole result.
    pub fn save_outcome(&self, key: Key, outcome: &[u8]) {
        if let Some(folder) = &self.folder {
            outcomes::write(folder, Kind::Outcome, key, outcome);
        }
    }

    /// A look at everything, for a run to go on from.
    pub fn look(&self, key: Key) -> Option<Vec<u8>> {
        outcomes::read(self.folder.as_ref()?, Kind::Look, key)
    }

    /// What earlier runs found in single files of this root.
    pub fn found(&self) -> Option<Vec<u8>> {
        let bytes = read_small(&self.folder.as_ref()?.found(), MAX_FOUND)?;
        unsealed(&bytes).map(<[u8]>::to_vec)
    }

    /// Keeps it for the next run.
    pub fn save_found(&self, found: &[u8]) {
        if let Some(folder) = self.folder.as_ref().filter(|_| found.len() as u64 <= MAX_FOUND - 64) {
            folder.replace(&folder.found(), &sealed(found));
        }
    }

    /// Keeps a look.
    pub fn save_look(&self, key: Key, look: &[u8]) {
        if let Some(folder) = &self.folder {
            outcomes::write(folder, Kind::Look, key, look);
        }
    }
}

/// Fills a buffer from a place in a file.
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> std::io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset);
    #[cfg(windows)]
    {
        let mut done = 0;
        while done < buffer.len() {
            match std::os::windows::fs::FileExt::seek_read(file, &mut buffer[done..], offset + done as u64)? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                read => done += read,
            }
        }
        Ok(())
    }
    #[cfg(not(any(unix, windows)))]
    {
        let _ = (file, buffer, offset);
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests;
