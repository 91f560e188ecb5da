//! Settings that an ignore file names and that are in the repository all the same: `.env` was committed first and ignored later, or was added by force.
//!
//! Whether git holds such a file is looked up in its index, of which one thing has to be known: an entry ends with two bytes that hold the length of its
//! path, the path itself, and a zero (<https://git-scm.com/docs/index-format>, versions 2 and 3; in version 4 paths are cut short, and nothing is found).
//! A tree without git was handed over whole, with what lies in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ignore::gitignore::Gitignore;
use memchr::memmem;

use super::walk::{Entry, file_name};

/// Such files, one folder a time.
const PREFIX: &str = ".env";

/// The index of a repository with a million files is smaller.
const MAX_INDEX_BYTES: u64 = 256 << 20;

/// No project has more such files in one folder.
const MOST_IN_FOLDER: usize = 64;

/// Ignored settings beside manifests that are part of the repository, as entries of the walk. `known` is what the walk found, sorted by path.
pub(super) fn settings(root: &Path, known: &[Entry]) -> Vec<Entry> {
    let beside = known.iter().filter(|entry| super::manifests::is_manifest_name(file_name(&entry.path)));
    let mut folders: BTreeSet<&str> = beside.map(|entry| folder_of(&entry.path)).collect();
    folders.insert("");
    let is_known = |path: &str| known.binary_search_by(|entry| (*entry.path).cmp(path)).is_ok();
    let mut found: Vec<Entry> = Vec::new();
    for folder in folders {
        found.extend(settings_in(root, folder).into_iter().filter(|entry| !is_known(&entry.path) && !is_unwanted(root, &entry.path)));
    }
    if found.is_empty() {
        return found;
    }
    match index(root) {
        Index::None => found,
        Index::Unread => Vec::new(),
        Index::Read { bytes, prefix } => {
            found.retain(|entry| holds(&bytes, &format!("{prefix}{}", entry.path)));
            found
        }
    }
}

/// The regular files of a folder that hold settings.
fn settings_in(root: &Path, folder: &str) -> Vec<Entry> {
    let Ok(listed) = fs::read_dir(root.join(folder)) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in listed.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        let Some(metadata) = entry.metadata().ok().filter(fs::Metadata::is_file) else { continue };
        let path = if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") };
        found.push(Entry { path: path.into(), bytes: metadata.len() });
        if found.len() == MOST_IN_FOLDER {
            break;
        }
    }
    found
}

/// Named by an ignore file that is not git's: it is meant for us.
fn is_unwanted(root: &Path, path: &str) -> bool {
    let above = Path::new(folder_of(path)).ancestors();
    above.flat_map(|folder| [".ignore", ".archcheckignore"].map(|name| (folder, root.join(folder).join(name)))).any(|(folder, ignores)| {
        let inside = Path::new(path).strip_prefix(folder);
        ignores.is_file() && inside.is_ok_and(|inside| Gitignore::new(&ignores).0.matched_path_or_any_parents(inside, false).is_ignore())
    })
}

/// What git knows of the tree that holds the root.
enum Index {
    /// There is no repository.
    None,
    /// There is one whose index cannot be read.
    Unread,
    /// `prefix` leads from the top of the repository to the root: `services/api/`.
    Read { bytes: Vec<u8>, prefix: String },
}

fn index(root: &Path) -> Index {
    let Ok(root) = root.canonicalize() else { return Index::Unread };
    let Some(top) = root.ancestors().find(|folder| folder.join(".git").exists()) else { return Index::None };
    let path = top.join(".git/index");
    let is_small = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MAX_INDEX_BYTES);
    let prefix = root.strip_prefix(top).ok().and_then(Path::to_str).map(|prefix| prefix.replace('\\', "/"));
    match (prefix, is_small.then(|| fs::read(&path).ok()).flatten()) {
        (Some(prefix), Some(bytes)) => Index::Read { bytes, prefix: if prefix.is_empty() { prefix } else { format!("{prefix}/") } },
        _ => Index::Unread,
    }
}

/// True when an entry of the index has this path.
fn holds(index: &[u8], path: &str) -> bool {
    const LENGTH: u16 = 0xfff;
    let ended = [path.as_bytes(), b"\0"].concat();
    memmem::find_iter(index, &ended).any(|at| {
        let flags = at.checked_sub(2).map(|from| u16::from_be_bytes([index[from], index[from + 1]]));
        flags.is_some_and(|flags| usize::from(flags & LENGTH) == path.len().min(usize::from(LENGTH)))
    })
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::holds;

    /// Entries as git writes them: what stands before the flags is of no interest here.
    fn index(paths: &[&str]) -> Vec<u8> {
        let mut bytes = b"DIRC\0\0\0\x02\0\0\0\x01".to_vec();
        for path in paths {
            bytes.extend([7; 60]);
            bytes.extend(u16::try_from(path.len()).unwrap().to_be_bytes());
            bytes.extend(path.as_bytes());
            bytes.push(0);
        }
        bytes
    }

    #[test]
    fn whole_paths_are_found() {
        let index = index(&["api/.env", "web/.env.local"]);
        assert!(holds(&index, "api/.env"));
        assert!(holds(&index, "web/.env.local"));
        for other in [".env", "web/.env", "pi/.env", "api/.en", "api/.env.local"] {
            assert!(!holds(&index, other), "{other}");
        }
        assert!(!holds(b"", ".env"));
        assert!(!holds(b".env\0", ".env"));
    }
}
