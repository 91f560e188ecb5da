//! `archcheck [check] [PATH…]`: analyse and report.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::builder::{FalseyValueParser, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use super::baseline::shrink_baseline;
use super::changes::{self, Scope};
use super::target::{self, Target, target};
use super::terminal::{self, Color, Progress, Stream};
use super::{draw_config_errors, unknown_rule};
use crate::engine::{BaselineMode, Engine, Options};
use crate::model::contract::Date;
use crate::model::finding::{Level, Outcome, Statistics};
use crate::model::problem::ProblemKind;
use crate::model::rule::Profile;
use crate::report::{self, Context, Detail, Format};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Files and folders to report on [default: the current folder]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to write the report
    #[arg(long, short, alias = "output-format", value_parser = formats(), default_value = "human", env = "ARCHCHECK_FORMAT")]
    format: Format,
    /// Write the report to a file
    #[arg(long, short, alias = "output-file", value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only these rules or categories (comma-separated, repeatable)
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// Not these rules or categories (comma-separated, repeatable)
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Which rules are on unless the configuration says otherwise
    #[arg(long)]
    profile: Option<ProfileName>,
    /// The mildest level that makes the exit status 1
    #[arg(long, value_name = "LEVEL", default_value = "warning")]
    fail_on: FailOn,
    /// A configuration file instead of the project's `archcheck.toml`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Threads [default: one per processor]
    #[arg(long, short, alias = "threads", value_name = "N", default_value_t = 0, hide_default_value = true)]
    jobs: usize,
    /// Show counts of files, code and findings after the report
    #[arg(long)]
    statistics: bool,
    /// Findings only, no summary
    #[arg(long, short, conflicts_with = "verbose")]
    quiet: bool,
    /// Every problem and every silenced finding too
    #[arg(long, short)]
    verbose: bool,
    /// When to use colours
    #[arg(long, default_value = "auto", value_name = "WHEN")]
    color: Color,
    /// Report what comments silence, too
    #[arg(long)]
    no_ignores: bool,
    /// Only what is new since a commit: a branch, a tag, `HEAD` for uncommitted work
    #[arg(long, value_name = "REF", conflicts_with = "diff")]
    since: Option<String>,
    /// Only what touches the lines of a unified diff (`-` for standard input)
    #[arg(long, value_name = "FILE")]
    diff: Option<PathBuf>,
    /// A baseline instead of the project's `archcheck-baseline.json`
    #[arg(long, value_name = "FILE", conflicts_with = "no_baseline")]
    baseline: Option<PathBuf>,
    /// Report what the baseline lists, too
    #[arg(long)]
    no_baseline: bool,
    /// Write no file; a baseline that lists more than there is fails the run
    #[arg(long, env = "CI", value_parser = FalseyValueParser::new())]
    ci: bool,
    /// Write silenced and known findings too, marked as such
    #[arg(long)]
    silenced: bool,
    /// The day on which exceptions of the contract may have ended [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = target::day)]
    today: Option<Date>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ProfileName {
    Default,
    Strict,
}

impl ProfileName {
    pub(super) fn profile(self) -> Profile {
        match self {
            ProfileName::Default => Profile::Default,
            ProfileName::Strict => Profile::Strict,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Note,
    Never,
}

impl Arguments {
    fn scope(&self) -> Scope<'_> {
        match (&self.since, &self.diff) {
            (Some(reference), _) => Scope::Since(reference),
            (None, Some(file)) => Scope::Diff(file),
            (None, None) => Scope::All,
        }
    }
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Target { root, shown } = target(&arguments.paths)?;
    let options = Options {
        config: arguments.config.clone(),
        profile: arguments.profile.map(ProfileName::profile),
        select: words(&arguments.select),
        ignore: words(&arguments.ignore),
        suppressions: !arguments.no_ignores,
        baseline: match (arguments.no_baseline, arguments.ci) {
            (true, _) => BaselineMode::Off,
            (_, true) => BaselineMode::Strict,
            _ => BaselineMode::Shrink,
        },
        baseline_file: arguments.baseline.clone(),
        paths: shown,
        jobs: arguments.jobs,
        today: Some(arguments.today.unwrap_or_else(target::today)),
    };
    let progress = Progress::start(arguments.quiet);
    let (mut engine, _) = Engine::open(&root, options);
    if !engine.config_errors().is_empty() {
        drop(progress);
        draw_config_errors(engine.config_errors());
        return Ok(ExitCode::from(2));
    }
    if let Some(word) = engine.unknown_names().first() {
        drop(progress);
        let rules = &engine.rulebook().rules;
        return Err(unknown_rule(word, "rule or category", rules.iter().flat_map(|rule| [&*rule.id, &*rule.category])).into());
    }
    let outcome = changes::check(&mut engine, &root, &arguments.scope());
    drop(progress);
    let mut outcome = outcome?;
    if !engine.config_errors().is_empty() {
        draw_config_errors(engine.config_errors());
        return Ok(ExitCode::from(2));
    }
    if !arguments.ci {
        shrink_baseline(arguments.baseline.as_deref(), &root, &mut outcome);
    }
    write_report(&arguments, &engine, &outcome)?;
    Ok(exit_code(&outcome, arguments.fail_on))
}

fn write_report(arguments: &Arguments, engine: &Engine, outcome: &Outcome) -> anyhow::Result<()> {
    let stream = if arguments.output.is_some() { Stream::File } else { Stream::Stdout };
    let rules = engine.rules_on();
    let context = Context {
        color: terminal::color(arguments.color, stream),
        detail: match (arguments.quiet, arguments.verbose) {
            (true, _) => Detail::Brief,
            (_, true) => Detail::Full,
            _ => Detail::Normal,
        },
        silenced: arguments.silenced,
        ..Context::new(outcome, &rules, engine)
    };
    let mut out: Box<dyn Write> = match &arguments.output {
        Some(path) => Box::new(File::create(path).with_context(|| format!("cannot write `{}`", path.display()))?),
        None => Box::new(io::stdout().lock()),
    };
    let mut out = BufWriter::new(&mut out);
    report::write(arguments.format, &context, &mut out)?;
    let for_people = matches!(arguments.format, Format::Human | Format::Concise);
    if arguments.statistics && for_people {
        write_statistics(&outcome.statistics, &mut out)?;
    }
    out.flush()?;
    if arguments.statistics && !for_people {
        write_statistics(&outcome.statistics, &mut io::stderr().lock())?;
    }
    Ok(())
}

fn exit_code(outcome: &Outcome, fail_on: FailOn) -> ExitCode {
    let limit = match fail_on {
        FailOn::Error => Some(Level::Error),
        FailOn::Warning => Some(Level::Warning),
        FailOn::Note => Some(Level::Note),
        FailOn::Never => None,
    };
    if outcome.problems.iter().any(|problem| problem.kind == ProblemKind::Internal) {
        return ExitCode::from(2);
    }
    let failing = limit.is_some_and(|limit| outcome.reported.iter().any(|finding| finding.level >= limit));
    if failing { ExitCode::from(1) } else { ExitCode::SUCCESS }
}

fn write_statistics(statistics: &Statistics, out: &mut dyn Write) -> io::Result<()> {
    let mut row = |name: &str, count: u32| writeln!(out, "{count:>9}  {name}");
    row("files", statistics.files)?;
    for (language, &count) in &statistics.files_by_language {
        row(&format!("  {language}"), count)?;
    }
    row("lines", statistics.lines)?;
    row("definitions", statistics.definitions)?;
    row("imports", statistics.imports)?;
    row("  first-party, not resolved", statistics.imports_unresolved)?;
    row("  of code that a tool writes", statistics.imports_generated)?;
    row("calls", statistics.calls)?;
    row("  resolved", statistics.calls_resolved)?;
    row("  variables with too many targets to follow", statistics.coverage.full_sets)?;
    for (language, coverage) in &statistics.coverage.languages {
        let (imports, calls) = (coverage.imports, coverage.calls);
        row(&format!("{language} imports, first-party"), imports.first_party)?;
        row("  external", imports.external)?;
        row("  of code that a tool writes", imports.generated)?;
        row("  first-party, not resolved", imports.unresolved)?;
        row(&format!("{language} calls, exact"), calls.exact)?;
        row("  inferred", calls.inferred)?;
        row("  by name only", calls.name_only)?;
        row("  external", calls.external)?;
        row("  unknown", calls.unknown)?;
    }
    row("routes", statistics.routes)?;
    for (reason, &count) in &statistics.skipped {
        row(&format!("left out: {}", reason.name()), count)?;
    }
    row("findings", statistics.findings_by_rule.values().sum())?;
    for (rule, &count) in &statistics.findings_by_rule {
        row(&format!("  {rule}"), count)?;
    }
    for import in &statistics.coverage.unresolved {
        let (path, specifier) = (report::clean_line(&import.path), report::clean_line(&import.specifier));
        let what = if import.generated { "generated code" } else { "not resolved" };
        writeln!(out, "{what}: {path}:{} {specifier}", import.line)?;
    }
    Ok(())
}

pub(super) fn words(given: &[String]) -> Vec<String> {
    given.iter().map(|word| word.trim().to_string()).filter(|word| !word.is_empty()).collect()
}

/// `report` knows nothing of clap, so its formats are made known here.
fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name)).map(|name| Format::from_name(&name).unwrap_or(Format::Human))
}
