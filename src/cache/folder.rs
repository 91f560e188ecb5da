//! The folder: made so that no tool takes it for the project's, believed only where it was made, kept small.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::pack::{Pack, PackError, read_small};
use super::stamps::modified;
use super::{BUILD, FOLDER, Key, Place};

/// Folders of other builds that are kept: an editor's beside the command line's.
const OTHER_BUILDS: usize = 2;
/// A temporary file this much older than ours belongs to no run that still runs.
const ABANDONED: i128 = 3_600_000_000_000;
/// What is kept once for each root: stamps, and what was found in single files.
const OF_ROOTS: [&str; 2] = ["stamps", "found"];
/// Roots of which it is kept.
const MOST_ROOTS: usize = 64;
const MADE_HERE: &str = "made-here";
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is archcheck's cache; it may be deleted at any time.\n";

pub(super) struct Folder {
    /// As the user knows it.
    shown: String,
    /// The part of this build.
    at: PathBuf,
    /// In the names of files that belong to one root.
    root: Key,
}

impl Folder {
    /// Opens the folder, or makes it. What is in the way comes back in words.
    pub(super) fn open(root: &Path, place: &Place) -> Result<Folder, String> {
        let (top, shown) = match place {
            Place::Root => (root.join(FOLDER), FOLDER.to_string()),
            Place::Named(path) => (path.clone(), path.display().to_string()),
        };
        let failed = |error: io::Error| format!("no cache is used: `{shown}` cannot be made: {}", plain(&error));
        match fs::symlink_metadata(&top) {
            Ok(found) if found.is_dir() => {}
            Ok(_) if *place != Place::Root && top.is_dir() => {}
            Ok(found) => {
                let what = if found.file_type().is_symlink() { "a link" } else { "no folder" };
                return Err(format!("no cache is used: `{shown}` is {what}"));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => make(&top, *place == Place::Root).map_err(failed)?,
            Err(error) => return Err(failed(error)),
        }
        if *place == Place::Root && !made_here(&top) {
            return Err(format!(
                "no cache is used: `{shown}` was not made here, so what it says of the code is not believed. Delete it, or name it with `--cache-dir {shown}`"
            ));
        }
        let at = top.join(BUILD);
        if fs::symlink_metadata(&at).is_err() {
            // A folder that cannot be written can still be read.
            fs::create_dir(&at).or_else(|error| if at.is_dir() { Ok(()) } else { Err(error) }).map_err(failed)?;
        }
        if !fs::symlink_metadata(&at).is_ok_and(|metadata| metadata.is_dir()) {
            return Err(format!("no cache is used: `{shown}/{BUILD}` is no folder"));
        }
        let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
        Ok(Folder { shown, at, root: Key::of(&[root.as_os_str().as_encoded_bytes()]) })
    }

    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    pub(super) fn at(&self) -> &Path {
        &self.at
    }

    /// The file of this root's stamps.
    pub(super) fn stamps(&self) -> PathBuf {
        self.at.join(format!("{}.stamps", self.root.hex()))
    }

    /// The file of what was found in this root's files.
    pub(super) fn found(&self) -> PathBuf {
        self.at.join(format!("{}.found", self.root.hex()))
    }

    /// Every pack that can be read, the newest first. One that cannot is thrown away, unless its file could not be read just now.
    pub(super) fn packs(&self) -> Vec<Pack> {
        let mut packs = Vec::new();
        for (path, _) in self.newest_first("pack") {
            match Pack::own(path.clone()) {
                Ok(pack) => packs.push(pack),
                Err(PackError::Unreadable(_)) => {}
                Err(_) => {
                    let _ = fs::remove_file(path);
                }
            }
        }
        packs
    }

    /// Files with this extension, the newest first, with their lengths.
    pub(super) fn newest_first(&self, extension: &str) -> Vec<(PathBuf, u64)> {
        let mut found: Vec<(i128, PathBuf, u64)> = Vec::new();
        for (path, metadata) in entries(&self.at) {
            if metadata.is_file() && path.extension().is_some_and(|own| own == extension) {
                found.push((modified(&metadata).unwrap_or(0), path, metadata.len()));
            }
        }
        found.sort_by(|a, b| b.cmp(a));
        found.into_iter().map(|(_, path, length)| (path, length)).collect()
    }

    /// A new file of this process.
    pub(super) fn temporary(&self) -> io::Result<(PathBuf, File)> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // A process that was killed may have had our number.
        for _ in 0..64 {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = self.at.join(format!("{}-{count}.tmp", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok((path, file)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Puts a file in the place of another, whole or not at all. What cannot be written is not kept.
    pub(super) fn replace(&self, target: &Path, bytes: &[u8]) {
        let Ok((path, mut file)) = self.temporary() else { return };
        let written = file.write_all(bytes);
        drop(file);
        if written.and_then(|()| fs::rename(&path, target)).is_err() {
            let _ = fs::remove_file(&path);
        }
    }

    /// Throws away what killed runs and other builds left.
    pub(super) fn sweep(&self) {
        for (path, _) in OF_ROOTS.iter().flat_map(|of| self.newest_first(of).into_iter().skip(MOST_ROOTS)) {
            let _ = fs::remove_file(path);
        }
        let Some(now) = self.temporary().ok().and_then(|(path, file)| {
            let now = file.metadata().ok().and_then(|metadata| modified(&metadata));
            let _ = fs::remove_file(path);
            now
        }) else {
            return;
        };
        for (path, metadata) in entries(&self.at) {
            let age = modified(&metadata).map_or(0, |time| now - time);
            if metadata.is_file() && age > ABANDONED && path.extension().is_some_and(|own| own == "tmp") {
                let _ = fs::remove_file(path);
            }
        }
        let Some(top) = self.at.parent() else { return };
        let is_build = |path: &Path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| name.len() == BUILD.len() && name.bytes().all(|byte| byte.is_ascii_hexdigit()))
        };
        let mut others: Vec<(i128, PathBuf)> = entries(top)
            .into_iter()
            .filter(|(path, metadata)| metadata.is_dir() && *path != self.at && is_build(path))
            .map(|(path, metadata)| (modified(&metadata).unwrap_or(0), path))
            .collect();
        others.sort_by(|a, b| b.cmp(a));
        for (_, path) in others.into_iter().skip(OTHER_BUILDS) {
            let _ = fs::remove_dir_all(path);
        }
    }
}

/// Entries of a folder with what they are; links as themselves.
fn entries(folder: &Path) -> Vec<(PathBuf, Metadata)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.flatten().filter_map(|entry| Some((entry.path(), entry.metadata().ok()?))).collect()
}

/// Makes the folder: under another name first when it is to be believed later, so that nobody ever sees half of it. Who was quicker has made the same.
fn make(top: &Path, own: bool) -> io::Result<()> {
    if !own {
        fs::create_dir_all(top)?;
        return fill(top);
    }
    let draft = top.with_file_name(format!("{FOLDER}.{}", std::process::id()));
    fs::create_dir(&draft)?;
    let made = fill(&draft).and_then(|()| fs::rename(&draft, top));
    if made.is_err() {
        let _ = fs::remove_dir_all(&draft);
    }
    made.or_else(|error| if top.is_dir() { Ok(()) } else { Err(error) })
}

fn fill(folder: &Path) -> io::Result<()> {
    write_new(&folder.join(".gitignore"), "*\n")?;
    write_new(&folder.join("CACHEDIR.TAG"), TAG)?;
    write_new(&folder.join(MADE_HERE), &mark(folder).unwrap_or_default())
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(text.as_bytes()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// True when the folder is the one that was made, not a copy of it. An empty one says nothing that could be believed wrongly.
fn made_here(top: &Path) -> bool {
    let is_empty = || fs::read_dir(top).is_ok_and(|mut entries| entries.next().is_none());
    if is_empty() && make(top, true).is_err() {
        return false;
    }
    let text = read_small(&top.join(MADE_HERE), 256);
    text.is_some_and(|text| mark(top).is_some_and(|mark| mark.as_bytes() == text))
}

/// What no copy of a folder shares with it: its inode, and when it was made where the file system knows that.
fn mark(top: &Path) -> Option<String> {
    let metadata = fs::symlink_metadata(top).ok()?;
    let made = metadata.created().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok()).map_or(0, |since| since.as_nanos());
    Some(format!("{} {made}\n", inode(&metadata)))
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}

/// Without the operating system's number, which helps nobody.
fn plain(error: &io::Error) -> String {
    error.kind().to_string()
}
