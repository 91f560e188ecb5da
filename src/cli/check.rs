//! `archcheck [check] [PATH…]`: analyse and report.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::{FalseyValueParser, PossibleValuesParser, TypedValueParser, ValueParser};
use clap::{Args, ValueEnum};

use super::baseline::shrink_baseline;
use super::cache::{self, Caching};
use super::changes::{self, Scope};
use super::outputs::{Output, Reports, asks_coverage};
use super::target::{self, Target, target};
use super::terminal::{Color, Progress};
use super::watch::{self, End, How, Reporter, Watch};
use super::{UsageError, draw_config_errors, fix, refused, timings, unknown_rule};
use crate::engine::{Answer, BaselineMode, Engine, Options, Stop};
use crate::model::contract::Date;
use crate::model::finding::{Level, Outcome};
use crate::model::problem::ProblemKind;
use crate::model::rule::Profile;
use crate::report::{Detail, Format};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Files and folders to report on [default: the current folder]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How to write the report [default: human; under GitHub Actions with annotations]
    #[arg(long, short, alias = "output-format", value_parser = formats(), env = "ARCHCHECK_FORMAT")]
    format: Option<Format>,
    /// Write the report to a file; `FORMAT=FILE` writes one more report (repeatable, `-` for standard output)
    #[arg(long, short, alias = "output-file", value_name = "[FORMAT=]FILE", value_parser = ValueParser::from(Output::parse))]
    output: Vec<Output>,
    /// Which of several runs of one commit this is, for SARIF: runs of another category do not close each other's alerts
    #[arg(long, value_name = "NAME")]
    category: Option<String>,
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
    /// Show how long each stage and each rule took, on standard error
    #[arg(long)]
    timings: bool,
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
    /// Only what touches the lines of a unified diff (`-` for standard input); with `--fix`: show the fixes as a diff and write nothing
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    diff: Option<Option<PathBuf>>,
    /// Write the fixes that are certain into the files, and report what is left
    #[arg(long, conflicts_with_all = ["watch", "since"])]
    fix: bool,
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
    /// Stay, and check again whenever files change; `--watch=poll` looks by itself where the system tells of no changes
    #[arg(long, short, value_name = "HOW", num_args = 0..=1, require_equals = true, default_missing_value = "events", conflicts_with = "diff")]
    watch: Option<How>,
    /// Facts that other machines made with `archcheck facts`: a file, or a folder of them (repeatable)
    #[arg(long, value_name = "FILE")]
    facts: Vec<PathBuf>,
    #[command(flatten)]
    caching: Caching,
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
    /// With `--fix`, `--diff` takes no file: a word after it is one more path.
    fn settled(mut self) -> Result<Arguments, UsageError> {
        let Some(word) = self.diff.take() else { return Ok(self) };
        match (self.fix, word) {
            (false, None) => {
                let wrong = UsageError::new("`--diff` takes the file of a diff, or `-`");
                return Err(wrong.help("`--fix --diff` shows what `--fix` would write"));
            }
            (true, Some(path)) => {
                self.paths.push(path);
                self.diff = Some(None);
            }
            (_, word) => self.diff = Some(word),
        }
        Ok(self)
    }

    /// What `--watch` cannot go with.
    fn can_stay(&self) -> Result<(), UsageError> {
        let what = match self.format {
            Some(format) if !matches!(format, Format::Human | Format::Concise | Format::Json) => {
                let wrong = UsageError::new(format!("`--watch` writes no report in the format `{}`", format.name()));
                return Err(wrong.help("`human` and `concise` are for people, `json` writes one document after each check"));
            }
            _ if self.ci => "--ci` or the variable `CI",
            _ if !self.output.is_empty() => "--output",
            _ if !self.facts.is_empty() => "--facts",
            _ => return Ok(()),
        };
        let wrong = UsageError::new(format!("`--watch` cannot go with `{what}`"));
        Err(wrong.help("it stays and shows each report in place of the last; a run without it ends, and writes what is asked for"))
    }

    fn scope(&self) -> Scope<'_> {
        match (&self.since, &self.diff) {
            (Some(reference), _) => Scope::Since(reference),
            (None, Some(Some(file))) => Scope::Diff(file),
            (None, _) => Scope::All,
        }
    }
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let arguments = arguments.settled()?;
    if arguments.watch.is_some() {
        arguments.can_stay()?;
    }
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
        call_coverage: arguments.statistics || asks_coverage(arguments.format, &arguments.output),
        today: Some(arguments.today.unwrap_or_else(target::today)),
        cache: arguments.caching.place(),
        store: arguments.caching.store(),
        facts: cache::packs(&arguments.facts)?,
        recall: matches!(arguments.scope(), Scope::All),
        tests: arguments.fix,
    };
    if let Some(how) = arguments.watch {
        return stay(&arguments, &root, options, how);
    }
    let progress = Progress::start(arguments.quiet);
    let (mut engine, _) = Engine::open(&root, options);
    if !engine.config_errors().is_empty() {
        drop(progress);
        draw_config_errors(engine.config_errors());
        return Ok(ExitCode::from(2));
    }
    if let Err(unknown) = known_words(&engine) {
        drop(progress);
        return Err(unknown.into());
    }
    if !arguments.quiet {
        cache::tell(&engine);
    }
    if arguments.fix && engine.config_errors().is_empty() {
        let written = fix::fix(&mut engine, &root, arguments.diff.is_some());
        if arguments.diff.is_some() {
            drop(progress);
            return written;
        }
        written?;
    }
    let outcome = changes::check(&mut engine, &root, &arguments.scope());
    drop(progress);
    once(&mut engine, &root, &arguments, outcome?)
}

/// `--select` and `--ignore` name what there is.
fn known_words(engine: &Engine) -> Result<(), UsageError> {
    let rules = &engine.rulebook().rules;
    let unknown = |word: &String| unknown_rule(word, "rule or category", rules.iter().flat_map(|rule| [&*rule.id, &*rule.category]));
    engine.unknown_names().first().map_or(Ok(()), |word| Err(unknown(word)))
}

/// `--watch`.
fn stay(arguments: &Arguments, root: &Path, options: Options, how: How) -> anyhow::Result<ExitCode> {
    let named = arguments.config.iter().chain(&arguments.baseline).filter_map(|file| {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(folder.canonicalize().ok()?.join(file.file_name()?))
    });
    let watch = Watch { root, how, named: named.collect(), quiet: arguments.quiet, verbose: arguments.verbose };
    match watch::watch(&watch, options, &mut Stay { arguments, root })? {
        End::Asked => Ok(ExitCode::SUCCESS),
        End::Gone => Err(UsageError::new("the folder that was watched is gone").into()),
    }
}

struct Stay<'a> {
    arguments: &'a Arguments,
    root: &'a Path,
}

impl Reporter for Stay<'_> {
    fn opened(&mut self, engine: &Engine) -> anyhow::Result<()> {
        known_words(engine)?;
        if !self.arguments.quiet {
            cache::tell(engine);
        }
        Ok(())
    }

    fn check(&mut self, engine: &mut Engine, quickly: bool, stop: &Stop) -> anyhow::Result<Option<Answer>> {
        match self.arguments.scope() {
            Scope::All => Ok(engine.answer(quickly, stop)),
            scope => Ok(Some(Answer { outcome: changes::check(engine, self.root, &scope)?, open: false })),
        }
    }

    fn write(&mut self, engine: &mut Engine, outcome: &Outcome) -> anyhow::Result<()> {
        once(engine, self.root, self.arguments, outcome.clone()).map(drop)
    }
}

/// The reports of one check.
fn once(engine: &mut Engine, root: &Path, arguments: &Arguments, mut outcome: Outcome) -> anyhow::Result<ExitCode> {
    if let Some(status) = refused(engine) {
        return Ok(status);
    }
    // What is half written is not fixed.
    if !arguments.ci && arguments.watch.is_none() {
        shrink_baseline(arguments.baseline.as_deref(), root, &mut outcome);
    }
    let reports = Reports {
        format: arguments.format,
        outputs: &arguments.output,
        detail: match (arguments.quiet, arguments.verbose) {
            (true, _) => Detail::Brief,
            (_, true) => Detail::Full,
            _ => Detail::Normal,
        },
        color: arguments.color,
        silenced: arguments.silenced,
        statistics: arguments.statistics,
        category: arguments.category.as_deref(),
    };
    if reports.asks_for(Format::Sarif) {
        outcome.fixes = engine.fixes(&outcome);
    }
    reports.write(engine, root, &outcome)?;
    let laps = engine.timings();
    if arguments.timings {
        timings::write(&laps, &mut std::io::stderr().lock())?;
    }
    Ok(exit_code(&outcome, arguments.fail_on))
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

pub(super) fn words(given: &[String]) -> Vec<String> {
    given.iter().map(|word| word.trim().to_string()).filter(|word| !word.is_empty()).collect()
}

/// `report` knows nothing of clap, so its formats are made known here.
fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name)).map(|name| Format::from_name(&name).unwrap_or(Format::Human))
}
