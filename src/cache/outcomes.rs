//! Whole results of runs and looks at everything, each in a file of its own: the newest few.

use super::Key;
use super::folder::Folder;
use super::pack::{read_small, sealed, unsealed};

/// None is kept that is larger, and of each kind not more than four times as much of all.
const MAX_BYTES: u64 = 32 << 20;

/// What is kept so.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// What a run said.
    Outcome,
    /// What a run found, for the next one to go on from.
    Look,
}

impl Kind {
    fn extension(self) -> &'static str {
        match self {
            Kind::Outcome => "outcome",
            Kind::Look => "look",
        }
    }

    /// Kept beside each other: of other options, of another branch.
    fn most(self) -> usize {
        match self {
            Kind::Outcome => 16,
            Kind::Look => 8,
        }
    }
}

pub(super) fn read(folder: &Folder, kind: Kind, key: Key) -> Option<Vec<u8>> {
    let bytes = read_small(&folder.at().join(name(kind, key)), MAX_BYTES)?;
    unsealed(&bytes).map(<[u8]>::to_vec)
}

pub(super) fn write(folder: &Folder, kind: Kind, key: Key, content: &[u8]) {
    let bytes = sealed(content);
    if bytes.len() as u64 > MAX_BYTES {
        return;
    }
    folder.replace(&folder.at().join(name(kind, key)), &bytes);
    let mut total = 0;
    for (at, (path, length)) in folder.newest_first(kind.extension()).into_iter().enumerate() {
        total += length;
        if at >= kind.most() || total > 4 * MAX_BYTES {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn name(kind: Kind, key: Key) -> String {
    format!("{}.{}", key.hex(), kind.extension())
}
