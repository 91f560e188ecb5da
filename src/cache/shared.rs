//! What a run takes from a store that machines share, and what it will send there. It knows neither addresses nor networks; see `remote`.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use super::Key;
#[cfg(feature = "remote-store")]
use super::remote::Remote;

/// Bytes of new records that wait to be sent; more are not sent.
const MOST_WAITING: usize = 1 << 30;

pub(super) struct Shared {
    remote: Remote,
    found: Mutex<HashMap<Key, Vec<u8>>>,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    records: HashMap<Key, Vec<u8>>,
    bytes: usize,
}

impl Shared {
    pub(super) fn open(address: &str) -> Result<Shared, String> {
        Ok(Shared { remote: Remote::open(address)?, found: Mutex::default(), waiting: Mutex::default() })
    }

    pub(super) fn fetch(&self, mut keys: Vec<Key>) -> Option<String> {
        keys.sort_unstable();
        keys.dedup();
        let (found, trouble) = self.remote.fetch(keys);
        *held(&self.found) = found;
        trouble
    }

    pub(super) fn get(&self, key: Key) -> Option<Vec<u8>> {
        held(&self.found).get(&key).cloned()
    }

    pub(super) fn put(&self, key: Key, record: &[u8]) {
        let mut waiting = held(&self.waiting);
        if waiting.bytes + record.len() <= MOST_WAITING && waiting.records.insert(key, record.to_vec()).is_none() {
            waiting.bytes += record.len();
        }
    }

    pub(super) fn send(self) -> Option<String> {
        let waiting = self.waiting.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut records: Vec<_> = waiting.records.into_iter().collect();
        records.sort_unstable_by_key(|(key, _)| *key);
        self.remote.send(records)
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// This build speaks to no store.
#[cfg(not(feature = "remote-store"))]
enum Remote {}

#[cfg(not(feature = "remote-store"))]
impl Remote {
    fn open(_address: &str) -> Result<Remote, String> {
        Err("no store is used: this build of archcheck was made without the feature `remote-store`".to_string())
    }

    fn fetch(&self, _keys: Vec<Key>) -> (HashMap<Key, Vec<u8>>, Option<String>) {
        match *self {}
    }

    fn send(&self, _records: Vec<(Key, Vec<u8>)>) -> Option<String> {
        match *self {}
    }
}
