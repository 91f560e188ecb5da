//! Paths on the command line to the root that is analysed and the part of it that is reported.
//!
//! A folder is its own root, unless a folder above it in the same repository holds an `archcheck.toml`: rules are the project's, not a folder's. A
//! file, or several paths, belong to the project around them, because one file alone says little about an architecture.

use std::path::{Path, PathBuf};

use super::UsageError;
use crate::config::roots;
use crate::model::contract::Date;

/// What to analyse and what to report.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) root: PathBuf,
    /// Relative to the root, with forward slashes; empty when everything is reported.
    pub(super) shown: Vec<String>,
}

/// Finds the root of the paths given; none means the current folder.
pub(super) fn target(paths: &[PathBuf]) -> Result<Target, UsageError> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here[..] } else { paths };
    let mut absolute = Vec::new();
    for path in paths {
        absolute.push(path.canonicalize().map_err(|error| missing(path, &error))?);
    }
    let root = match absolute.as_slice() {
        [folder] if folder.is_dir() => roots::configured(folder),
        _ => roots::of_project(&common_folder(&absolute)),
    };
    let mut shown: Vec<String> = absolute.iter().filter_map(|path| slashes(path.strip_prefix(&root).ok()?)).collect();
    if shown.iter().any(String::is_empty) {
        shown.clear();
    }
    shown.sort();
    shown.dedup();
    Ok(Target { root, shown })
}

/// The folder a graph is drawn of: the one given, or the one around the file given. No folder above it is looked at, so that names are relative to it.
pub(super) fn folder(path: &Path) -> Result<PathBuf, UsageError> {
    let absolute = path.canonicalize().map_err(|error| missing(path, &error))?;
    Ok(common_folder(&[absolute]))
}

/// The day it is, in UTC: so that all machines agree on when an exception ends.
pub(super) fn today() -> Date {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Date::of_unix_seconds(since.as_secs())
}

/// A day given as an argument.
pub(super) fn day(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "write a day as 2027-03-01".to_string())
}

/// The root of the project around a path, which need not be there.
pub(super) fn project_of(path: &Path) -> PathBuf {
    let folder = path.ancestors().find(|above| above.is_dir()).unwrap_or(path);
    roots::of_project(folder)
}

fn missing(path: &Path, error: &std::io::Error) -> UsageError {
    const COMMANDS: [&str; 19] = [
        "check",
        "init",
        "baseline",
        "stack",
        "roles",
        "routes",
        "graph",
        "picture",
        "why",
        "rules",
        "explain",
        "new",
        "test",
        "prove",
        "schema",
        "facts",
        "dump",
        "lsp",
        "completions",
    ];
    let shown = path.display().to_string();
    let wrong = UsageError::new(match error.kind() {
        std::io::ErrorKind::NotFound => format!("no such file or folder: `{shown}`"),
        _ => format!("cannot read `{shown}`: {error}"),
    });
    match crate::config::did_you_mean(&shown, COMMANDS) {
        Some(command) => wrong.help(format!("did you mean the command `{command}`?")),
        None => wrong,
    }
}

/// The deepest folder that holds all paths.
fn common_folder(paths: &[PathBuf]) -> PathBuf {
    let mut common: Option<PathBuf> = None;
    for path in paths {
        let folder = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(path) };
        common = Some(match common {
            None => folder.to_path_buf(),
            Some(known) => known.ancestors().find(|above| folder.starts_with(above)).map(Path::to_path_buf).unwrap_or(known),
        });
    }
    common.unwrap_or_default()
}

fn slashes(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.components().map(|part| part.as_os_str().to_str()).collect();
    Some(parts?.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn roots_of_folders_files_and_several_paths() {
        let temporary = tempfile::tempdir().expect("a folder");
        let base = temporary.path().canonicalize().expect("a path");
        for file in [
            "mono/.git/HEAD",
            "mono/api/pyproject.toml",
            "mono/api/app/a.py",
            "mono/api/app/b.py",
            "mono/web/x.ts",
            "rules/archcheck.toml",
            "rules/src/y.rs",
        ] {
            let path = base.join(file);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, "").expect("a file");
        }
        let found = |paths: &[&str]| {
            let paths: Vec<PathBuf> = paths.iter().map(|path| base.join(path)).collect();
            let target = target(&paths).expect("a target");
            (slashes(target.root.strip_prefix(&base).expect("below")).expect("Unicode"), target.shown.join(" "))
        };
        let text = |root: &str, shown: &str| (root.to_string(), shown.to_string());
        assert_eq!(found(&["mono"]), text("mono", ""));
        assert_eq!(found(&["mono/api/app"]), text("mono/api/app", ""));
        assert_eq!(found(&["mono/api/app/a.py"]), text("mono/api", "app/a.py"));
        assert_eq!(found(&["mono/api/app/a.py", "mono/web"]), text("mono", "api/app/a.py web"));
        assert_eq!(found(&["rules/src"]), text("rules", "src"));
    }

    #[test]
    fn a_missing_path_that_looks_like_a_command() {
        let error = target(&[PathBuf::from("chek")]).expect_err("no such path");
        assert_eq!(
            (error.message.as_str(), error.help.as_deref()),
            ("no such file or folder: `chek`", Some("did you mean the command `check`?"))
        );
    }
}
