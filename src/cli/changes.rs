//! `--since REF` and `--diff FILE`: a run over what a change brings in.

use std::io::Read as _;
use std::path::Path;

use super::UsageError;
use super::git;
use crate::engine::Engine;
use crate::model::finding::Outcome;
use crate::model::problem::{Problem, ProblemKind};
use crate::report::clean_line;
use crate::triage::Changes;

/// Everything, or what a change brings in.
#[derive(Clone, Debug)]
pub(super) enum Scope<'a> {
    All,
    /// What is new since a commit.
    Since(&'a str),
    /// What stands on the lines of a unified diff; `-` is standard input.
    Diff(&'a Path),
}

/// Checks the engine's project in that scope.
pub(super) fn check(engine: &mut Engine, root: &Path, scope: &Scope<'_>) -> Result<Outcome, UsageError> {
    match scope {
        Scope::All => Ok(engine.check()),
        Scope::Since(reference) => since(engine, root, reference),
        Scope::Diff(file) => touched(engine, root, file),
    }
}

fn since(engine: &mut Engine, root: &Path, reference: &str) -> Result<Outcome, UsageError> {
    let earlier = git::earlier(root, reference)?;
    let mut changes = Changes::parse(&earlier.diff, &|path| Some(path.to_string()))
        .map_err(|error| UsageError::new(format!("git's own diff was not understood, {error}")))?;
    for path in &earlier.untracked {
        changes.add_whole(path);
    }
    let mut before = engine.before(&earlier.files.tree());
    let mut outcome = engine.check_since(&mut before, &changes, &earlier.name);
    outcome.problems.extend(earlier.remark.map(|remark| Problem::new(ProblemKind::Limit, None, remark)));
    outcome.problems.sort();
    Ok(outcome)
}

fn touched(engine: &mut Engine, root: &Path, file: &Path) -> Result<Outcome, UsageError> {
    let shown = if file == Path::new("-") { "standard input".to_string() } else { format!("`{}`", file.display()) };
    let bytes = match file == Path::new("-") {
        true => {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
        }
        false => std::fs::read(file),
    };
    let text = bytes.map_err(|error| UsageError::new(format!("cannot read {shown}: {error}")))?;
    let text = String::from_utf8_lossy(&text);
    let above = folders_above(root);
    let changes = Changes::parse(&text, &|path| place(root, &above, path)).map_err(|error| {
        UsageError::new(format!("{} is not understood, {error}", clean_line(&shown)))
            .help("a unified diff is what `git diff`, `gh pr diff` and `diff -u` write")
    })?;
    Ok(engine.check_touched(&changes))
}

/// The root's folder as a diff of the whole repository writes it, with a slash at the end; empty when the root is the repository.
fn folders_above(root: &Path) -> String {
    let top = root.ancestors().find(|above| above.join(".git").exists());
    let below = top.and_then(|top| root.strip_prefix(top).ok()).filter(|below| !below.as_os_str().is_empty());
    below.map(|below| format!("{}/", below.to_string_lossy().replace('\\', "/"))).unwrap_or_default()
}

/// The project's file that a path of a diff means. Paths may count from the repository's top or from the root.
fn place(root: &Path, above: &str, path: &str) -> Option<String> {
    let path = path.strip_prefix("./").unwrap_or(path);
    let from_top = path.strip_prefix(above).filter(|path| root.join(path).is_file());
    let from_root = || Some(path).filter(|path| root.join(path).is_file());
    from_top.or_else(from_root).map(str::to_string)
}
