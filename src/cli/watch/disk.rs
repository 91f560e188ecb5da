//! What changes on the disk: told by the system where it can (`notify`), else found by looking twice a second.
//!
//! Only folders that discovery looks into are watched, one by one where the system takes them one by one: build output and dependencies cost
//! nothing, and what is ignored never wakes anybody. What came or went is settled by listing the files as discovery does, so that one set of rules decides
//! what matters.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};

use clap::ValueEnum;
use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::config::own;
use crate::discover::{self, DiscoverOptions, Listing};
use crate::engine::{Change, Engine, merged};

/// Between two looks, where nobody tells.
const PAUSE: Duration = Duration::from_millis(400);
/// How long nothing must change before it is told: a checkout writes many files.
const QUIET: Duration = Duration::from_millis(120);
/// How many times as long as a look takes nothing is looked at.
const REST: u32 = 20;
/// How often folders that appear while folders are taken up are listed again.
const MOST_ROUNDS: usize = 5;
/// One watch for everything below the root, on systems where that is what they offer; elsewhere each folder has its own.
const WHOLE: bool = cfg!(any(target_os = "macos", windows));

/// Files in the root that count though they are neither code nor text that rules read.
const OWN: [&str; 3] = ["archcheck-baseline.json", "archcheck.toml", ".archcheck.toml"];

/// How changes are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in super::super) enum How {
    /// The system tells; looked at twice a second only where it cannot
    Events,
    /// Looked at twice a second: for shared folders and network disks, of which the system tells nothing
    Poll,
}

/// What wakes the loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// Something may have changed: [`Disk::news`].
    Changed,
    /// Somebody wants to leave.
    End,
}

/// What changed since it was last asked.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) changes: Vec<Change>,
    /// How many files that concerns.
    pub(super) files: usize,
}

/// The project's files on the disk.
pub(super) struct Disk {
    shared: Arc<Shared>,
    /// `None` where the system tells nothing.
    watcher: Option<RecommendedWatcher>,
    watched: BTreeSet<PathBuf>,
    files: Vec<Arc<str>>,
}

/// What has not been asked for yet.
#[derive(Clone)]
pub(super) struct Pending(Arc<Shared>);

impl Pending {
    pub(super) fn any(&self) -> bool {
        let heard = lock(&self.0.heard);
        heard.anything || !heard.paths.is_empty()
    }
}

/// What the threads that listen know.
struct Shared {
    root: PathBuf,
    /// Files that count wherever they are.
    named: Vec<PathBuf>,
    /// What standard output and standard error are written to.
    streams: Vec<Metadata>,
    /// The folders that are looked into.
    folders: Mutex<BTreeSet<PathBuf>>,
    /// How to list.
    options: Mutex<DiscoverOptions>,
    heard: Mutex<Heard>,
    signals: Sender<Signal>,
}

#[derive(Default)]
struct Heard {
    paths: BTreeSet<PathBuf>,
    /// Of these, what came, went or has another name.
    moved: BTreeSet<PathBuf>,
    /// More than could be told.
    anything: bool,
}

impl Disk {
    /// `named` are files that count though they may be outside the root.
    pub(super) fn new(root: &Path, named: &[PathBuf], signals: Sender<Signal>) -> Disk {
        let own = OWN.iter().map(|name| root.join(name));
        let shared = Shared {
            root: root.to_path_buf(),
            named: own.chain(named.iter().cloned()).collect(),
            streams: streams(),
            folders: Mutex::default(),
            options: Mutex::default(),
            heard: Mutex::default(),
            signals,
        };
        Disk { shared: Arc::new(shared), watcher: None, watched: BTreeSet::new(), files: Vec::new() }
    }

    /// Begins to listen.
    pub(super) fn follow(&mut self, how: How, options: DiscoverOptions) {
        *lock(&self.shared.options) = options;
        if how == How::Events {
            let shared = self.shared.clone();
            let listen = move |event: notify::Result<Event>| match event {
                Ok(event) => shared.hear(event),
                Err(_) => shared.hear_anything(),
            };
            match notify::recommended_watcher(listen) {
                Ok(watcher) => self.watcher = Some(watcher),
                Err(error) => warn(&error, 0),
            }
        }
        self.list(&[]);
        if self.watcher.is_none() {
            self.poll();
        }
    }

    /// What has to be asked of the engine's owner while it checks.
    pub(super) fn pending(&self) -> Pending {
        Pending(self.shared.clone())
    }

    /// What changed.
    pub(super) fn news(&mut self, engine: &Engine) -> News {
        let heard = std::mem::take(&mut *lock(&self.shared.heard));
        if heard.anything {
            self.list(std::slice::from_ref(&self.shared.root.clone()));
            return News { changes: vec![Change::Config], files: heard.paths.len() };
        }
        let (mut changes, mut everything, mut list, mut files) = (Vec::new(), false, false, 0);
        let moved: Vec<PathBuf> = heard.moved.into_iter().collect();
        // Another folder of this name may hold other files of the same names.
        everything |= moved.iter().any(|path| lock(&self.shared.folders).contains(path));
        for path in heard.paths {
            let shared = &self.shared;
            let name = below(&shared.root, &path);
            let is_known = |name: &String| self.files.binary_search_by(|known| (**known).cmp(name)).is_ok();
            match name {
                _ if shared.counts_anyway(&path) => (everything, files) = (true, files + 1),
                None => {}
                Some(_) if path.is_dir() || lock(&shared.folders).contains(&path) => list = true,
                Some(name) if is_known(&name) => {
                    let is_file = path.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
                    let alone = is_file && engine.knows(&name) && !discover::is_structural(&name);
                    everything |= !alone;
                    changes.push(Change::Disk { path: Arc::from(name) });
                    files += 1;
                }
                // What came and went again, as editors' copies do, was never there.
                Some(_) if path.symlink_metadata().is_err() => {}
                Some(_) => list = true,
            }
        }
        if list || everything {
            let before = std::mem::take(&mut self.files);
            self.list(&moved);
            let (old, new): (BTreeSet<_>, BTreeSet<_>) = (before.iter().collect(), self.files.iter().collect());
            let told = |path: &Arc<str>| changes.iter().any(|change| matches!(change, Change::Disk { path: told } if told == path));
            let others = old.symmetric_difference(&new).filter(|path| !told(path)).count();
            everything |= old != new;
            files += others;
        }
        if everything {
            changes = vec![Change::Config];
        }
        News { changes: merged(changes), files }
    }

    /// Takes up how to list now; true when folders or files came with it.
    pub(super) fn widen(&mut self, options: DiscoverOptions) -> bool {
        {
            let mut known = lock(&self.shared.options);
            if known.exclude == options.exclude {
                return false;
            }
            *known = options;
        }
        let before = self.files.clone();
        self.list(&[]);
        before != self.files
    }

    /// Lists the files and watches the folders they are in. Folders in or below `moved` are others than they were.
    fn list(&mut self, moved: &[PathBuf]) {
        let mut known = Listing::default();
        for round in 0..MOST_ROUNDS {
            let listing = discover::listing(&self.shared.root, &lock(&self.shared.options));
            if round > 0 && listing == known {
                break;
            }
            let folders = self.folders_of(&listing);
            *lock(&self.shared.folders) = folders.clone();
            let moved = if round == 0 { moved } else { &[] };
            // Without somebody who tells, nothing can come between.
            let more = self.watch(folders, moved);
            known = listing;
            if !more {
                break;
            }
        }
        self.files = known.files;
    }

    fn folders_of(&self, listing: &Listing) -> BTreeSet<PathBuf> {
        let shared = &self.shared;
        let mut folders: BTreeSet<PathBuf> = listing.folders.iter().map(|folder| shared.root.join(&**folder)).collect();
        folders.insert(shared.root.clone());
        add_folders(&shared.root.join(own::FOLDER), &mut folders);
        folders.extend(shared.named.iter().filter_map(|path| path.parent()).filter(|folder| folder.is_dir()).map(Path::to_path_buf));
        folders
    }

    /// Watches these folders and no others; true when any is new.
    fn watch(&mut self, folders: BTreeSet<PathBuf>, moved: &[PathBuf]) -> bool {
        let Some(watcher) = &mut self.watcher else { return false };
        let folders = match WHOLE {
            true => folders.into_iter().filter(|folder| *folder == self.shared.root || !folder.starts_with(&self.shared.root)).collect(),
            false => folders,
        };
        let is_old = |folder: &PathBuf| !folders.contains(folder) || moved.iter().any(|moved| folder.starts_with(moved));
        let old: Vec<PathBuf> = self.watched.iter().filter(|folder| is_old(folder)).cloned().collect();
        for folder in old {
            // One that is gone is not watched any more.
            let _ = watcher.unwatch(&folder);
            self.watched.remove(&folder);
        }
        let new: Vec<&PathBuf> = folders.difference(&self.watched).collect();
        let mut failed = None;
        for folder in &new {
            let mode = if WHOLE && **folder == self.shared.root { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
            match watcher.watch(folder, mode) {
                Ok(()) => {}
                Err(error) if is_of_one_folder(&error) => {}
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        let more = !new.is_empty();
        self.watched = folders.clone();
        if let Some(error) = failed {
            warn(&error, folders.len());
            (self.watcher, self.watched) = (None, BTreeSet::new());
            self.poll();
        }
        more
    }

    /// Looks again and again, on a thread of its own that lives as long as the process.
    fn poll(&self) {
        let shared = self.shared.clone();
        let look = move || {
            let mut seen = shared.stamps();
            loop {
                let begun = Instant::now();
                let mut now = shared.stamps();
                let taken = begun.elapsed();
                while now != seen {
                    std::thread::sleep(QUIET);
                    let later = shared.stamps();
                    if std::mem::replace(&mut now, later.clone()) == later {
                        break;
                    }
                }
                let gone = !shared.root.is_dir();
                let changed = seen.iter().filter(|(path, _)| !now.contains_key(*path)).map(|(path, _)| path);
                let changed = changed.chain(now.iter().filter(|(path, stamp)| seen.get(*path) != Some(stamp)).map(|(path, _)| path));
                changed.for_each(|path| shared.hear_of(path.clone()));
                if gone {
                    shared.hear_of(shared.root.clone());
                    return;
                }
                seen = now;
                std::thread::sleep(PAUSE.max(taken * REST));
            }
        };
        // Where no thread can be had nothing else works either.
        let _ = std::thread::Builder::new().name("disk".to_string()).spawn(look);
    }
}

impl Shared {
    /// Takes in what the system tells, where it matters.
    fn hear(&self, event: Event) {
        if event.need_rescan() {
            return self.hear_anything();
        }
        // Files are opened and read by archcheck itself, too.
        if matches!(event.kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write)) {
            return;
        }
        let is_moved = matches!(event.kind, EventKind::Create(_) | EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)));
        for path in event.paths {
            if self.matters(&path) {
                if is_moved {
                    lock(&self.heard).moved.insert(path.clone());
                }
                self.hear_of(path);
            }
        }
    }

    /// One signal for each path, however often it is written.
    fn hear_of(&self, path: PathBuf) {
        if lock(&self.heard).paths.insert(path) {
            // Whoever listened may be gone already.
            let _ = self.signals.send(Signal::Changed);
        }
    }

    fn hear_anything(&self) {
        if !std::mem::replace(&mut lock(&self.heard).anything, true) {
            let _ = self.signals.send(Signal::Changed);
        }
    }

    /// Whether anybody wants to know. Without this a log that is written all the time would have everything looked at all the time.
    fn matters(&self, path: &Path) -> bool {
        if self.counts_anyway(path) {
            return true;
        }
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
        {
            let folders = lock(&self.folders);
            if folders.contains(path) {
                return true;
            }
            if !path.parent().is_some_and(|folder| folders.contains(folder)) {
                return false;
            }
        }
        match discover::may_matter(name, false) {
            true => !self.is_stream(path),
            false => (discover::may_matter(name, true) || name == own::FOLDER) && path.is_dir(),
        }
    }

    fn counts_anyway(&self, path: &Path) -> bool {
        let own = self.root.join(own::FOLDER);
        self.named.iter().any(|named| named == path) || path.starts_with(&own)
    }

    /// The report itself goes there.
    fn is_stream(&self, path: &Path) -> bool {
        !self.streams.is_empty() && path.metadata().is_ok_and(|file| self.streams.iter().any(|stream| is_same(stream, &file)))
    }

    /// What tells that a file changed, of every file that is listed.
    fn stamps(&self) -> BTreeMap<PathBuf, (u64, Option<SystemTime>)> {
        let listing = discover::listing(&self.root, &lock(&self.options));
        let mut own = Vec::new();
        add_files(&self.root.join(own::FOLDER), &mut own);
        let listed = listing.files.iter().map(|path| self.root.join(&**path));
        let stamp = |path: PathBuf| {
            let metadata = path.metadata().ok()?;
            let is_stream = self.streams.iter().any(|stream| is_same(stream, &metadata));
            (!is_stream).then(|| (path, (metadata.len(), metadata.modified().ok())))
        };
        listed.chain(own).chain(self.named.iter().cloned()).filter_map(stamp).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// A path below the root as archcheck names it.
fn below(root: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.strip_prefix(root).ok()?.components().map(|part| part.as_os_str().to_str()).collect();
    parts.map(|parts| parts.join("/"))
}

fn add_folders(folder: &Path, out: &mut BTreeSet<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    out.insert(folder.to_path_buf());
    for entry in entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
        add_folders(&entry.path(), out);
    }
}

fn add_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => add_files(&entry.path(), out),
            _ => out.push(entry.path()),
        }
    }
}

/// The folder went away meanwhile, or must not be read: it is left out, as it is when it is listed.
fn is_of_one_folder(error: &notify::Error) -> bool {
    match &error.kind {
        ErrorKind::PathNotFound => true,
        ErrorKind::Io(error) => matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied),
        _ => false,
    }
}

/// When standard error is gone there is nobody left to tell.
fn warn(error: &notify::Error, folders: usize) {
    let _ = writeln!(std::io::stderr().lock(), "warning: {}", trouble(error, folders));
}

/// Why the system tells nothing, and what helps.
fn trouble(error: &notify::Error, folders: usize) -> String {
    let instead = "files are looked at twice a second instead";
    let reached = |limit: &str, of: &str, more: String| {
        let now = std::fs::read_to_string(format!("/proc/sys/fs/inotify/{limit}")).unwrap_or_default();
        let now = if now.trim().is_empty() { String::new() } else { format!(" = {}", now.trim()) };
        format!("the system's limit of {of} is reached (fs.inotify.{limit}{now}{more}): {instead}; `sysctl fs.inotify.{limit}=…` raises it")
    };
    match &error.kind {
        ErrorKind::MaxFilesWatch => reached("max_user_watches", "watched folders", format!("; this project has {folders}")),
        // EMFILE: too many open files, or too many programs that watch.
        ErrorKind::Io(error) if cfg!(target_os = "linux") && error.raw_os_error() == Some(24) => {
            reached("max_user_instances", "programs that watch", String::new())
        }
        _ => format!("changes cannot be watched ({error}): {instead}"),
    }
}

#[cfg(unix)]
fn streams() -> Vec<Metadata> {
    use std::os::fd::AsFd;
    let (out, err) = (std::io::stdout(), std::io::stderr());
    let owned = [out.as_fd().try_clone_to_owned(), err.as_fd().try_clone_to_owned()];
    let metadata = owned.into_iter().flatten().filter_map(|stream| std::fs::File::from(stream).metadata().ok());
    metadata.filter(Metadata::is_file).collect()
}

#[cfg(not(unix))]
fn streams() -> Vec<Metadata> {
    Vec::new()
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, _: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_named() {
        let said = trouble(&notify::Error::new(ErrorKind::MaxFilesWatch), 9000);
        for part in ["fs.inotify.max_user_watches", "9000", "twice a second", "sysctl"] {
            assert!(said.contains(part), "{said}");
        }
        if cfg!(target_os = "linux") {
            let said = trouble(&notify::Error::io(std::io::Error::from_raw_os_error(24)), 0);
            assert!(said.contains("fs.inotify.max_user_instances"), "{said}");
        }
        assert!(trouble(&notify::Error::generic("no"), 0).contains("(no): files are looked at"));
    }
}
