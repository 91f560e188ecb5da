//! `--fix` and `--fix --diff`: the fixes that are certain, written or shown.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use similar::TextDiff;

use super::refused;
use crate::engine::{Change, Engine};
use crate::model::finding::Fix;
use crate::report::{Sources, clean_line, plural};

/// A fix may bring another: a suppression that has nothing to silence any more.
const ROUNDS: usize = 4;
const CONTEXT: usize = 3;
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Writes the fixes, or shows them as a unified diff. Exit status 1 when something is shown.
pub(super) fn fix(engine: &mut Engine, root: &Path, show: bool) -> anyhow::Result<ExitCode> {
    let (mut fixed, mut files) = (0, 0);
    for _ in 0..ROUNDS {
        let outcome = engine.check();
        if !engine.config_errors().is_empty() {
            // The run that follows tells of them.
            return Ok(if show { refused(engine).unwrap_or(ExitCode::from(2)) } else { ExitCode::SUCCESS });
        }
        let edited = edited(engine, engine.fixes(&outcome));
        if show {
            return shown(&edited);
        }
        let mut written = Vec::new();
        for file in &edited {
            if write(root, file)? {
                (fixed, files) = (fixed + file.fixes, files + 1);
                written.push(Change::Disk { path: file.path.clone() });
            }
        }
        if written.is_empty() {
            break;
        }
        engine.apply(written);
    }
    if fixed > 0 {
        // When standard error is gone there is nobody left to tell.
        let _ = writeln!(io::stderr().lock(), "Fixed {} in {}.", plural(fixed, "finding"), plural(files, "file"));
    }
    Ok(ExitCode::SUCCESS)
}

/// A file before and after.
struct Edited {
    path: Arc<str>,
    before: Arc<str>,
    after: String,
    fixes: usize,
}

/// All fixes of each file, those that overlap an earlier one left for the next round.
fn edited(engine: &Engine, fixes: Vec<Fix>) -> Vec<Edited> {
    let mut by_path: BTreeMap<Arc<str>, Vec<Fix>> = BTreeMap::new();
    for fix in fixes {
        by_path.entry(fix.path.clone()).or_default().push(fix);
    }
    let mut files = Vec::new();
    for (path, mut fixes) in by_path {
        let Some(before) = engine.text(&path) else { continue };
        fixes.sort_by_key(|fix| std::cmp::Reverse((fix.edit.span.start, fix.edit.span.end)));
        let (mut after, mut first, mut count) = (before.to_string(), u32::MAX, 0);
        for fix in fixes {
            if fix.edit.span.end > first {
                continue;
            }
            let Some(text) = fix.edit.applied(&after) else { continue };
            (after, first, count) = (text, fix.edit.span.start, count + 1);
        }
        files.push(Edited { path, before, after, fixes: count });
    }
    files
}

/// Writes a file; false when what is on the disk is not the text that was analysed (another encoding, another program).
fn write(root: &Path, file: &Edited) -> anyhow::Result<bool> {
    let path = root.join(&*file.path);
    let there = std::fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let mark = if there.starts_with(BYTE_ORDER_MARK.as_bytes()) { BYTE_ORDER_MARK } else { "" };
    if there.strip_prefix(mark.as_bytes()) != Some(file.before.as_bytes()) {
        let _ =
            writeln!(io::stderr().lock(), "warning: `{}` is left as it is: it is not UTF-8, or has just changed", clean_line(&file.path));
        return Ok(false);
    }
    std::fs::write(&path, format!("{mark}{}", file.after)).with_context(|| format!("cannot write `{}`", path.display()))?;
    Ok(true)
}

fn shown(files: &[Edited]) -> anyhow::Result<ExitCode> {
    let mut stdout = io::stdout().lock();
    for file in files {
        let diff = TextDiff::from_lines(&*file.before, file.after.as_str());
        let (from, to) = (format!("a/{}", file.path), format!("b/{}", file.path));
        write!(stdout, "{}", diff.unified_diff().context_radius(CONTEXT).header(&from, &to))?;
    }
    Ok(if files.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
