//! `--watch`: the same run again whenever a file changes, on the same engine, which keeps the program as it does for an editor: what one edit changes is
//! said at once, and everything is looked at while nothing happens; a second report follows only where that says something else.
//!
//! The disk is looked at twice a second: names, sizes and times of what discovery would list. That needs no service of the system, works on every file
//! system, and costs a few hundredths of a second on a large repository.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::discover;
use crate::engine::{Change, Engine};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(400);
/// How long nothing must change before a run: a checkout or a formatter changes many files.
const QUIET: Duration = Duration::from_millis(120);

/// What tells that a file changed.
type Stamp = (u64, Option<SystemTime>);

/// How a run of [`watch`] looks at the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// As quickly as it can be said.
    Quick,
    /// At everything.
    Whole,
}

/// What a run said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// What one more look at everything may correct.
    First,
    /// The last word on the project as it is.
    Last,
    /// Nothing: it was said before.
    Nothing,
}

/// Runs `run` now and after every change, until the process is ended or `run` fails.
pub(super) fn watch(engine: &mut Engine, mut run: impl FnMut(&mut Engine, Look) -> anyhow::Result<Said>) -> anyhow::Result<()> {
    engine.keep_findings();
    let mut seen = stamps(engine);
    loop {
        clear();
        let mut open = run(engine, Look::Quick)? == Said::First;
        tell();
        let mut now = stamps(engine);
        while now == seen {
            std::thread::sleep(PAUSE);
            now = stamps(engine);
            if open && now == seen {
                open = false;
                if run(engine, Look::Whole)? != Said::Nothing {
                    tell();
                }
            }
        }
        loop {
            std::thread::sleep(QUIET);
            let later = stamps(engine);
            if later == now {
                break;
            }
            now = later;
        }
        engine.apply(changes(&seen, &now));
        seen = now;
    }
}

/// When standard error is gone there is nobody left to tell.
fn tell() {
    let _ = writeln!(io::stderr().lock(), "archcheck: watching for changes; press Ctrl-C to end");
}

/// On a terminal the last report makes way; in a file or a pipe reports follow each other.
fn clear() {
    let mut stdout = io::stdout();
    if stdout.is_terminal() {
        let _ = write!(stdout, "\x1b[2J\x1b[3J\x1b[H");
        let _ = stdout.flush();
    }
}

fn stamps(engine: &Engine) -> BTreeMap<Arc<str>, Stamp> {
    let root = engine.root();
    let listed = engine.listing();
    let own = ["archcheck-baseline.json", "archcheck.toml", ".archcheck.toml"].map(Arc::from);
    let mut stamps: BTreeMap<Arc<str>, Stamp> =
        listed.into_iter().chain(own).filter_map(|path| Some((path.clone(), stamp(&root.join(&*path))?))).collect();
    add_folder(root, Path::new(".archcheck"), &mut stamps);
    stamps
}

/// The project's own rules lie in a hidden folder.
fn add_folder(root: &Path, folder: &Path, stamps: &mut BTreeMap<Arc<str>, Stamp>) {
    for entry in std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten() {
        let path = folder.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => add_folder(root, &path, stamps),
            _ => {
                let name = path.to_string_lossy().replace('\\', "/");
                stamps.extend(stamp(&root.join(&path)).map(|stamp| (Arc::from(name), stamp)));
            }
        }
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = path.metadata().ok()?;
    Some((metadata.len(), metadata.modified().ok()))
}

/// What happened between two looks.
fn changes(before: &BTreeMap<Arc<str>, Stamp>, after: &BTreeMap<Arc<str>, Stamp>) -> Vec<Change> {
    let came_or_went = before.keys().any(|path| !after.contains_key(path)) || after.keys().any(|path| !before.contains_key(path));
    let changed: Vec<&Arc<str>> = after.iter().filter(|(path, stamp)| before.get(*path) != Some(stamp)).map(|(path, _)| path).collect();
    if came_or_went || changed.iter().any(|path| discover::is_structural(path) || path.starts_with(".archcheck/")) {
        return vec![Change::Config];
    }
    changed.into_iter().map(|path| Change::Disk { path: path.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_come_or_go_have_everything_looked_at() {
        let at = |entries: &[(&str, u64)]| entries.iter().map(|(path, size)| (Arc::from(*path), (*size, None))).collect();
        let before: BTreeMap<Arc<str>, Stamp> = at(&[("a.py", 1), ("archcheck.toml", 1)]);
        assert_eq!(changes(&before, &at(&[("a.py", 2), ("archcheck.toml", 1)])), [Change::Disk { path: "a.py".into() }]);
        assert_eq!(changes(&before, &at(&[("a.py", 1), ("archcheck.toml", 2)])), [Change::Config]);
        assert_eq!(changes(&before, &at(&[("a.py", 1)])), [Change::Config]);
        assert_eq!(changes(&before, &before), []);
    }
}
