//! Whole results of runs, each in a file of its own: the newest few.

use super::Key;
use super::folder::Folder;
use super::pack::{read_small, sealed, unsealed};

/// Kept beside each other: of other options, of another branch.
const MOST: usize = 16;
/// No result is kept that is larger, and not more than four times as much of all.
const MAX_BYTES: u64 = 32 << 20;

pub(super) fn read(folder: &Folder, key: Key) -> Option<Vec<u8>> {
    let bytes = read_small(&folder.at().join(name(key)), MAX_BYTES)?;
    unsealed(&bytes).map(<[u8]>::to_vec)
}

pub(super) fn write(folder: &Folder, key: Key, outcome: &[u8]) {
    let bytes = sealed(outcome);
    if bytes.len() as u64 > MAX_BYTES {
        return;
    }
    folder.replace(&folder.at().join(name(key)), &bytes);
    let mut total = 0;
    for (at, (path, length)) in folder.newest_first("outcome").into_iter().enumerate() {
        total += length;
        if at >= MOST || total > 4 * MAX_BYTES {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn name(key: Key) -> String {
    format!("{}.outcome", key.hex())
}
