//! `archcheck baseline [PATH…]`: write down the findings there are, so that later runs report only what is new.
//!
//! The file only shrinks by itself: a local run takes out what is fixed, and this command adds to a file that is there only when told to with `--add`.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use super::cache::Caching;
use super::check::{ProfileName, words};
use super::target::{Target, target, today};
use super::terminal::Progress;
use super::{refused, unknown_rule};
use crate::config::baseline::{FILE_NAME, render};
use crate::engine::{Engine, Options};
use crate::model::baseline::Entry;
use crate::model::finding::Outcome;
use crate::model::problem::ProblemKind;
use crate::report::plural;
use crate::triage;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Files and folders whose findings are meant [default: the current folder]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Add new findings to a baseline that is there already
    #[arg(long)]
    add: bool,
    /// Only these rules or categories (comma-separated, repeatable)
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// Not these rules or categories (comma-separated, repeatable)
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Which rules are on unless the configuration says otherwise
    #[arg(long)]
    profile: Option<ProfileName>,
    /// A configuration file instead of the project's `archcheck.toml`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The file to write instead of `archcheck-baseline.json` in the project's root
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Threads [default: one per processor]
    #[arg(long, short, alias = "threads", value_name = "N", default_value_t = 0, hide_default_value = true)]
    jobs: usize,
    /// Say nothing
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    caching: Caching,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Target { root, shown } = target(&arguments.paths)?;
    let file = arguments.baseline.clone().unwrap_or_else(|| root.join(FILE_NAME));
    let options = Options {
        config: arguments.config.clone(),
        today: Some(today()),
        profile: arguments.profile.map(ProfileName::profile),
        select: words(&arguments.select),
        ignore: words(&arguments.ignore),
        // A file that is not there yet is no mistake here.
        baseline_file: arguments.baseline.clone().filter(|file| file.exists()),
        paths: shown,
        jobs: arguments.jobs,
        cache: arguments.caching.place(),
        store: arguments.caching.store(),
        ..Options::default()
    };
    let progress = Progress::start(arguments.quiet);
    let (mut engine, _) = Engine::open(&root, options);
    if engine.config_errors().is_empty()
        && let Some(word) = engine.unknown_names().first()
    {
        drop(progress);
        let rules = &engine.rulebook().rules;
        return Err(unknown_rule(word, "rule or category", rules.iter().flat_map(|rule| [&*rule.id, &*rule.category])).into());
    }
    let outcome = engine.check();
    drop(progress);
    if let Some(status) = refused(&engine) {
        return Ok(status);
    }
    if outcome.problems.iter().any(|problem| problem.kind == ProblemKind::Internal) {
        anyhow::bail!("a part of the analysis failed, so the baseline would be wrong; `archcheck` says what failed");
    }
    let (entries, told) = next(&outcome, arguments.add);
    std::fs::write(&file, render(&entries)).with_context(|| format!("cannot write `{}`", file.display()))?;
    if !arguments.quiet {
        let name = file.file_name().map_or(FILE_NAME.into(), |name| name.to_string_lossy());
        writeln!(io::stdout().lock(), "{name}: {told}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The entries to write, and what to say of them.
fn next(outcome: &Outcome, add: bool) -> (Vec<Entry>, String) {
    let found = triage::entries(&outcome.reported);
    let Some(usage) = &outcome.baseline else {
        return (found, format!("{} known.", plural(outcome.reported.len(), "finding")));
    };
    let mut entries = usage.left.clone();
    let known = entries.iter().map(|entry| entry.count as usize).sum::<usize>();
    let fixed = if usage.fixed > 0 { format!(" (-{})", usage.fixed) } else { String::new() };
    let new = outcome.reported.len();
    if add {
        // The same thing can be in both: as often as it was known, and oftener.
        entries.extend(found);
        return (entries, format!("known {}{fixed}, {} of them added.", known + new, new));
    }
    let left_out = match new {
        0 => String::new(),
        _ => format!(" {} not added; `archcheck baseline --add` adds them.", plural(new, "new finding")),
    };
    (entries, format!("known {known}{fixed}.{left_out}"))
}

/// Takes out of the baseline's file what is fixed. A file that cannot be written is told and changes nothing else.
pub(super) fn shrink_baseline(explicit: Option<&Path>, root: &Path, outcome: &mut Outcome) {
    let Some(usage) = outcome.baseline.as_mut().filter(|usage| usage.stale) else { return };
    let file = explicit.map_or_else(|| root.join(FILE_NAME), Path::to_path_buf);
    match std::fs::write(&file, render(&usage.left)) {
        Ok(()) => usage.updated = true,
        // When standard error is gone there is nobody left to tell.
        Err(error) => drop(writeln!(io::stderr().lock(), "warning: `{}` keeps what is fixed: {error}", usage.path)),
    }
}
