//! From where a specifier is looked at: files between which the algorithm cannot tell are answered once.
//!
//! A relative specifier means the same in all files of a folder that one tsconfig speaks for. Any other means the same below the nearest folder with a
//! `package.json`, a tsconfig or a `node_modules`: nothing between it and the file is asked.

use std::sync::{Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;

use crate::model::source::FileId;

use super::files::{ProjectFiles, folder_of};

/// A place from which every specifier of a kind means the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Standpoint {
    /// The number of a folder.
    folder: u32,
    /// The number of a tsconfig.
    config: u32,
    /// For specifiers of packages and aliases, from all folders below.
    below: bool,
}

/// The standpoints of a project's files.
pub(super) struct Standpoints {
    /// By file: for its relative specifiers, and for all others.
    files: Box<[OnceLock<[Standpoint; 2]>]>,
    numbers: Mutex<FxHashMap<String, u32>>,
}

impl Standpoints {
    pub(super) fn new(files: usize) -> Standpoints {
        Standpoints { files: (0..files).map(|_| OnceLock::new()).collect(), numbers: Mutex::default() }
    }

    /// From where a specifier in a file is looked at. `config` tells the path of the tsconfig that speaks for it.
    pub(super) fn of(&self, file: FileId, path: &str, specifier: &str, files: &ProjectFiles, config: &dyn Fn() -> String) -> Standpoint {
        let both = || {
            let (folder, config) = (folder_of(path), self.number(&config()));
            let home = self.number(files.home_of(folder));
            [Standpoint { folder: self.number(folder), config, below: false }, Standpoint { folder: home, config, below: true }]
        };
        let [relative, other] = match self.files.get(file.index()) {
            Some(known) => *known.get_or_init(both),
            None => both(),
        };
        // What stands behind a loader's mark may be either.
        let is_relative = specifier.starts_with(['.', '/']) || specifier.contains('!');
        if is_relative { relative } else { other }
    }

    fn number(&self, text: &str) -> u32 {
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&known) = numbers.get(text) {
            return known;
        }
        let next = numbers.len() as u32;
        numbers.insert(text.to_owned(), next);
        next
    }
}
