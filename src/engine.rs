//! The pipeline: the only file that knows all stages, and where rayon lives.
//!
//! `open` discovers and lowers everything once; `apply` replaces the facts of changed files; `check` links, summarises, checks and triages from
//! facts, which is cheap. The command line calls them once, an editor for ever. The engine decides nothing about code and prints nothing.

mod clock;
mod contracts;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::cache::{self, Key};
use crate::check::{self, hardcoded_secret};
use crate::config::own::OwnFile;
use crate::config::{self, Config, ConfigError};
use crate::discover::stack;
use crate::discover::{self, DiscoverOptions};
use crate::languages;
use crate::link;
use crate::lower::queries::Queries;
use crate::lower::{self, render};
use crate::model::atlas::Atlas;
use crate::model::baseline::Baseline;
use crate::model::briefing::{Briefing, Guide};
use crate::model::contract::{ContractMistake, Date};
use crate::model::coverage::Coverage;
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts};
use crate::model::finding::{Finding, Outcome, SkipReason, Statistics};
use crate::model::problem::{Problem, ProblemKind};
use crate::model::program::Program;
use crate::model::project::Project;
use crate::model::role::{GlobalDef, Role, RoleEvidence, Strength};
use crate::model::rule::{Profile, Rule};
use crate::model::source::{Family, FileId, Language, LineIndex, SourceFile};
use crate::model::stack::PackageStack;
use crate::model::summary::FlowLimits;
use crate::model::view::{Relation, View};
use crate::report::Sources;
use crate::rulebook::Rulebook;
use crate::summarise;
use crate::triage::{self, Directives, FileNotes, Selection};
use crate::view;

/// Deep input recurses in bounded but large frames; two megabytes, the default, are too few for it.
const STACK_BYTES: usize = 16 << 20;

/// How to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// A configuration file instead of the one in the root.
    pub config: Option<PathBuf>,
    /// Instead of the configuration's.
    pub profile: Option<Profile>,
    /// Rule ids and categories; when there is any, nothing else is on.
    pub select: Vec<String>,
    /// Rule ids and categories that are off.
    pub ignore: Vec<String>,
    /// Whether comments may silence findings.
    pub suppressions: bool,
    /// What the baseline does.
    pub baseline: BaselineMode,
    /// A baseline instead of the one in the root.
    pub baseline_file: Option<PathBuf>,
    /// Files and folders (relative to the root) whose findings are shown; empty for all.
    pub paths: Vec<String>,
    /// Threads; zero for as many as there are processors.
    pub jobs: usize,
    /// Whether [`Statistics::coverage`] counts calls; that takes the whole call graph, which few rules ask for.
    pub call_coverage: bool,
    /// The day on which exceptions may have ended; without one, none has. The engine reads no clock.
    pub today: Option<Date>,
    /// Where facts and results are kept between runs; `None` keeps nothing.
    pub cache: Option<cache::Place>,
    /// Files of facts that other machines made of the same texts, as [`Engine::facts_of`] returns them.
    pub facts: Vec<PathBuf>,
    /// The address of a store of facts that machines share; without one, no network is used.
    pub store: Option<String>,
    /// Whether the result of an equal run may be taken from the cache. Then only [`Engine::check`], the rules and the texts of files may be asked for.
    pub recall: bool,
    /// Whether the code of tests is lowered where no rule that is on asks for it. Without it only [`Engine::check`], the rules and the texts of files may be
    /// asked for.
    pub tests: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            config: None,
            profile: None,
            select: Vec::new(),
            ignore: Vec::new(),
            suppressions: true,
            baseline: BaselineMode::Shrink,
            baseline_file: None,
            paths: Vec::new(),
            jobs: 0,
            call_coverage: true,
            today: None,
            cache: None,
            facts: Vec::new(),
            store: None,
            recall: false,
            tests: true,
        }
    }
}

/// What becomes of findings that the baseline lists, and of lines it lists too much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BaselineMode {
    /// No baseline is read.
    Off,
    /// Known findings are set apart; what is fixed stands in [`Outcome::baseline`], for who may write the file.
    #[default]
    Shrink,
    /// Known findings are set apart; a line that lists too much is a finding.
    Strict,
}

/// A repository under analysis.
pub struct Engine {
    root: PathBuf,
    options: Options,
    pool: Option<Arc<rayon::ThreadPool>>,
    config: Config,
    config_errors: Vec<ConfigError>,
    /// How many of them reading found; the others came with the last check.
    config_errors_read: usize,
    baseline: Option<Baseline>,
    rulebook: Arc<Rulebook>,
    /// What is wrong with the files that the rulebook was made of.
    broken: Vec<Problem>,
    /// Those of the rules that are on.
    queries: Arc<Queries>,
    project: Project,
    /// Parallel to `project.files`.
    facts: Vec<Arc<FileFacts>>,
    /// Parallel to `project.files`.
    notes: Vec<FileNotes>,
    /// Text files that rules read, sorted by path.
    texts: Vec<(Arc<str>, Arc<str>)>,
    /// Parallel to `texts`.
    text_notes: Vec<FileNotes>,
    /// Text that differs from the disk.
    buffers: BTreeMap<Arc<str>, Arc<str>>,
    /// Of every source file the hash of its text; parallel to `project.files`.
    hashes: Vec<Key>,
    /// What the last look at everything made of each file, while it is looked at again.
    kept: Kept,
    /// Whether the changes of the last [`Engine::apply`] changed anything.
    touched: bool,
    /// Whether a check marks the roles of definitions.
    marked: bool,
    /// What it marked.
    marks: Vec<RoleMark>,
    /// Whether what a check finds is kept, to be moved when only places change.
    keeps: bool,
    last: Option<Last>,
    /// The program of the last whole check and of the edits since.
    warm: Option<warm::Warm>,
    /// Why the last edit needed a whole check.
    refused: Option<link::Reason>,
    /// What a report says of each file, where there are no facts of them; parallel to `project.files`.
    gists: Option<Vec<moved::Gist>>,
    /// Which files are tests that nobody looks into, parallel to `project.files`; empty where everything is lowered, `None` until all are.
    unread: Option<Vec<bool>>,
    /// Files whose lowering failed.
    failures: Vec<Problem>,
    /// The user's own rules, as they were read.
    own: Vec<OwnFile>,
    /// The cache of the last look at all files.
    store: Option<store::Store>,
    /// The result of an equal run.
    recalled: Option<Outcome>,
    cache_troubles: Vec<String>,
    clock: Arc<clock::Clock>,
}

/// One line of `archcheck roles`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleRow {
    pub path: Arc<str>,
    /// One-based line of the definition; `None` for the file as a whole.
    pub line: Option<u32>,
    pub name: Option<String>,
    pub role: Role,
    pub strength: Strength,
    pub reason: String,
}

/// One line of `archcheck routes`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteRow {
    /// `GET`, …; `*` for any.
    pub methods: Vec<String>,
    /// The full path, variable parts as `{name}`, what is unknown as `{?}`; `None` for what answers no HTTP request by a path.
    pub path: Option<String>,
    /// As written at the registration.
    pub written: Option<String>,
    pub framework: String,
    /// Where it is registered.
    pub place: RoutePlace,
    /// The handler's name with its module.
    pub handler: String,
    pub handler_place: RoutePlace,
    /// What stands before the handler.
    pub guards: Vec<String>,
    /// Classes of the project by which a request's data is checked or read: types of the handler's parameters.
    pub takes: Vec<String>,
    /// It stands in a test.
    pub test: bool,
}

/// A file and a one-based line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutePlace {
    pub path: Arc<str>,
    pub line: u32,
}

/// A stage of the whole program, for `archcheck dump`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramStage {
    Program,
    Summaries,
}

/// What link, summarise and check say.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Analysis {
    findings: Vec<Finding>,
    coverage: Coverage,
    calls: u32,
    calls_resolved: u32,
    routes: u32,
    /// Paths of `[[knowledge]]` that nothing in the program has, each with the nearest name there is.
    #[serde(skip)]
    untaught: Vec<(String, Option<String>)>,
    /// What is wrong with the contracts themselves.
    #[serde(skip)]
    mistakes: Vec<ContractMistake>,
    /// Stages that failed.
    problems: Vec<Problem>,
    /// Roles of definitions, when they were asked for.
    #[serde(skip)]
    marks: Vec<RoleMark>,
}

impl Engine {
    /// Looks at everything below `root`. Mistakes in the configuration are in [`Engine::config_errors`]; the rest of the run then has the defaults.
    pub fn open(root: &Path, options: Options) -> (Engine, Vec<Problem>) {
        Engine::open_after(root, options, |_| {})
    }

    /// Likewise, for who watches the files: `prepare` is run when it is known which files will be looked at, and before any is.
    pub fn open_after(root: &Path, options: Options, prepare: impl FnOnce(&Engine)) -> (Engine, Vec<Problem>) {
        let mut engine = Engine::new(root, options);
        engine.read_everything(prepare);
        let problems = engine.problems();
        (engine, problems)
    }

    fn new(root: &Path, options: Options) -> Engine {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(options.jobs).stack_size(STACK_BYTES).build().ok().map(Arc::new);
        Engine {
            root: root.to_path_buf(),
            options,
            pool,
            config: Config::default(),
            config_errors: Vec::new(),
            config_errors_read: 0,
            baseline: None,
            rulebook: Arc::default(),
            broken: Vec::new(),
            queries: Arc::default(),
            project: Project::default(),
            facts: Vec::new(),
            notes: Vec::new(),
            texts: Vec::new(),
            text_notes: Vec::new(),
            buffers: BTreeMap::new(),
            hashes: Vec::new(),
            kept: Kept::default(),
            touched: false,
            marked: false,
            marks: Vec::new(),
            keeps: false,
            last: None,
            warm: None,
            refused: None,
            gists: None,
            unread: None,
            failures: Vec::new(),
            own: Vec::new(),
            store: None,
            recalled: None,
            cache_troubles: Vec::new(),
            clock: Arc::default(),
        }
    }

    /// Everything archcheck has to say about the repository as it is now.
    pub fn check(&mut self) -> Outcome {
        if let Some(outcome) = &self.recalled {
            return outcome.clone();
        }
        let analysis = self.look_at_everything(&stop::NEVER);
        self.say(analysis)
    }

    /// What [`Engine::check`] says, or `None` when that was not wanted any more before it was known. Then the engine knows what it knew before, and
    /// [`Engine::check_quickly`] goes on from there.
    pub fn check_unless(&mut self, stop: &Stop) -> Option<Outcome> {
        if let Some(outcome) = &self.recalled {
            return Some(outcome.clone());
        }
        let analysis = self.look_at_everything(stop);
        (analysis.is_some() || !stop.is_asked()).then(|| self.say(analysis))
    }

    fn look_at_everything(&mut self, stop: &Stop) -> Option<Analysis> {
        match self.keeps {
            true => self.analyse_and_keep(stop),
            false => self.install(|engine| guarded(|| engine.analyse(stop))),
        }
    }

    /// Takes in what a look at everything found; `None` for one that failed.
    fn say(&mut self, analysis: Option<Analysis>) -> Outcome {
        let failed =
            || Analysis { problems: vec![internal("the analysis failed on this repository and reports nothing")], ..Analysis::default() };
        let analysis = analysis.unwrap_or_else(failed);
        let whole = !analysis.problems.iter().any(|problem| problem.kind == ProblemKind::Internal);
        self.last = (self.keeps && whole).then(|| Last::new(analysis.clone()));
        let look = self.look_of(&analysis);
        let outcome = self.conclude(analysis);
        self.keep_look(look);
        outcome
    }

    /// From what the checks found to what is reported.
    fn conclude(&mut self, analysis: Analysis) -> Outcome {
        let statistics = self.statistics(&analysis);
        self.marks = analysis.marks;
        self.config_errors.truncate(self.config_errors_read);
        self.config_errors
            .extend(analysis.untaught.iter().map(|(path, near)| config::unmatched_knowledge(&self.config, path, near.as_deref())));
        let drawn: Vec<ConfigError> = analysis.mistakes.iter().map(|mistake| self.drawn(mistake)).collect();
        self.config_errors.extend(drawn);
        let notes = self.all_notes();
        let triage = || triage::triage(analysis.findings, &notes, &self.rulebook.rules, &self.selection());
        let triaged = self.clock.time("triage", "", triage);
        let mut problems = self.problems();
        problems.extend(triaged.problems);
        problems.extend(analysis.problems);
        problems.sort();
        problems.dedup();
        let mut outcome =
            Outcome { reported: triaged.reported, suppressed: triaged.suppressed, problems, statistics, ..Outcome::default() };
        self.raise(&mut outcome.reported);
        self.compare_with_baseline(&mut outcome);
        outcome.count_by_rule();
        self.keep(&outcome);
        outcome
    }

    /// Sets the findings apart that the baseline lists.
    fn compare_with_baseline(&self, outcome: &mut Outcome) {
        let Some(baseline) = &self.baseline else { return };
        let complete = !outcome.problems.iter().any(|problem| problem.kind == ProblemKind::Internal);
        let findings = std::mem::take(&mut outcome.reported);
        let compared = triage::compare(findings, baseline, &self.rulebook.rules, &self.selection(), complete);
        outcome.reported = compared.new;
        outcome.known = compared.known;
        if self.options.baseline == BaselineMode::Strict {
            triage::add_own(&mut outcome.reported, compared.stale, &self.rulebook.rules, &self.selection());
        }
        outcome.baseline = Some(compared.usage);
    }

    /// The role of every file and definition that has one, with its evidence, in order of files.
    pub fn roles(&self) -> Vec<RoleRow> {
        self.install(|engine| engine.linked(|program| engine.role_rows(program)))
    }

    /// Every route with its full paths, one row for each, in order of files.
    pub fn routes(&self) -> Vec<RouteRow> {
        self.install(|engine| engine.linked(|program| engine.route_rows(program)))
    }

    /// The import graph or the call graph, with the parts of the configuration and what the rules about dependencies report.
    pub fn view(&self, relation: Relation) -> View {
        self.install(|engine| {
            let lines: Vec<&LineIndex> = engine.notes.iter().map(|notes| &notes.lines).collect();
            engine.linked(|program| {
                let mut view = view::view(program, relation, &lines);
                let findings = guarded(|| engine.findings_on_edges(program)).unwrap_or_default();
                view::mark(&mut view, &findings, &|path| engine.line_index(path));
                let parts = &engine.config.contract.parts;
                let globs = config::PartGlobs::of(parts);
                view::divide(&mut view, &|path| globs.parts(path).first().map(|&at| Arc::from(parts[at].name.value.as_str())));
                view
            })
        })
    }

    /// Every file in its part and every import or call between files, for a page that shows all of them.
    pub fn atlas(&self, relation: Relation) -> Atlas {
        let lines: BTreeMap<&str, u32> = self.files().map(|(path, facts)| (&**path, facts.lines)).collect();
        view::atlas(&self.view(relation), &|path| lines.get(path).copied().unwrap_or(0), &self.config.contract.layers)
    }

    /// What somebody should know of a path before touching it; relative to the root, with forward slashes. `None` where nothing near it is known.
    pub fn briefing(&self, path: &str) -> Option<Briefing> {
        self.grounded(|ground| view::briefing(ground, path))
    }

    /// The architecture of the whole project.
    pub fn guide(&self) -> Guide {
        self.grounded(view::guide)
    }

    fn grounded<R: Send>(&self, with: impl FnOnce(&view::Ground) -> R + Send) -> R {
        self.install(|engine| {
            let lines: Vec<&LineIndex> = engine.notes.iter().map(|notes| &notes.lines).collect();
            engine.linked(|program| with(&view::Ground::new(program, &lines, &engine.config)))
        })
    }

    /// What is reported about single imports and calls.
    fn findings_on_edges(&self, program: &Program) -> Vec<Finding> {
        let selection = self.selection();
        let settings = self.settings();
        let summaries = summarise::summarise(program);
        let secrets = OnceLock::new();
        let context = self.context(program, &summaries, &settings, &secrets);
        let is_on = |id: &str| self.rulebook.rule(id).is_none_or(|rule| selection.is_on(rule));
        let checks = check::ANALYSES.iter().filter(|(id, _)| view::MARKED.contains(id) && is_on(id));
        let findings = checks.flat_map(|(_, check)| check(&context)).collect();
        triage::triage(findings, &self.all_notes(), &self.rulebook.rules, &selection).reported
    }

    fn line_index(&self, path: &str) -> Option<&LineIndex> {
        self.project.files.binary_search_by(|file| (*file.path).cmp(path)).ok().map(|at| &self.notes[at].lines)
    }

    /// A stage of the whole program as text.
    pub fn dump(&self, stage: ProgramStage) -> String {
        self.install(|engine| {
            engine.linked(|program| match stage {
                ProgramStage::Program => link::render::render(program),
                ProgramStage::Summaries => summarise::render(program, &summarise::summarise(program)),
            })
        })
    }

    /// The mistakes in the configuration. Names that only the linked program can refute are among them after [`Engine::check`].
    pub fn config_errors(&self) -> &[ConfigError] {
        &self.config_errors
    }

    /// The configuration in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The rules there are, on or off.
    pub fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }

    /// The rules that are on.
    pub fn rules_on(&self) -> Vec<Rule> {
        let selection = self.selection();
        self.rulebook.rules.iter().filter(|rule| selection.is_on(rule)).cloned().collect()
    }

    /// The words of `--select` and `--ignore` that name neither a rule nor a category.
    pub fn unknown_names(&self) -> Vec<String> {
        self.selection().unknown(&self.rulebook.rules).into_iter().map(|unknown| unknown.0).collect()
    }

    /// The repository as discovery found it.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// Path and facts of every source file, sorted by path.
    pub fn files(&self) -> impl Iterator<Item = (&Arc<str>, &FileFacts)> {
        self.project.files.iter().map(|file| &file.path).zip(self.facts.iter().map(|facts| &**facts))
    }

    /// The technology stack of each package.
    pub fn stack(&self) -> Vec<PackageStack> {
        stack::stack(&self.project, &stack::count_imports(&self.project, &self.facts))
    }

    fn role_rows(&self, program: &Program) -> Vec<RoleRow> {
        let selection = self.selection();
        let mut rows = Vec::new();
        for (at, notes) in self.notes.iter().enumerate().filter(|(_, notes)| selection.shows(&notes.path)) {
            let file = FileId(at as u32);
            let row = |line: Option<u32>, name: Option<String>, evidence: &RoleEvidence| RoleRow {
                path: notes.path.clone(),
                line,
                name,
                role: evidence.role,
                strength: evidence.strength,
                reason: evidence.reason.clone(),
            };
            rows.extend(program.file_roles[at].first().map(|evidence| row(None, None, evidence)));
            for (def, definition) in self.facts[at].definitions() {
                let id = GlobalDef { file, def };
                if let Some(evidence) = program.def_roles.get(&id) {
                    let line = notes.lines.line(definition.name_span.start) + 1;
                    rows.push(row(Some(line), Some(program.short_name(id)), evidence));
                }
            }
        }
        rows
    }

    /// Reads configuration and rules, discovers and lowers everything again.
    fn reload(&mut self) {
        self.read_everything(|_| {});
    }

    fn read_everything(&mut self, prepare: impl FnOnce(&Engine)) {
        let opening = self.clock.start();
        let queries = self.queries.clone();
        self.read_config();
        self.keep_lowered(&queries);
        self.clock.end("open", "", opening);
        prepare(self);
        self.discover_and_lower(None);
        self.kept = Kept::default();
    }

    /// Looks at the files, with the configuration at hand. What `like` has lowered with the same bytes is taken from there.
    fn discover_and_lower(&mut self, like: Option<&Engine>) {
        let discovering = self.clock.start();
        self.discover();
        self.clock.end("discover", "", discovering);
        (self.gists, self.unread) = (None, None);
        (self.store, self.cache_troubles) = store::Store::open(self);
        if self.recall() {
            return;
        }
        self.fetch();
        let lowering = self.clock.start();
        self.lower_all(like);
        self.clock.end("lower", "", lowering);
        let reading = self.clock.start();
        self.read_texts();
        self.save();
        self.clock.end("texts", "", reading);
        self.read_nested();
        for config in std::iter::once(&self.config).chain(&self.config.nested) {
            let paths = self.project.files.iter().map(|file| &*file.path);
            self.config_errors.extend(config::check_parts(config, paths));
        }
        self.config_errors_read = self.config_errors.len();
    }

    fn discover_options(&self) -> DiscoverOptions {
        let exclude = self.config.exclude.iter().map(|pattern| pattern.value.clone()).collect();
        DiscoverOptions { exclude, threads: self.options.jobs, ..DiscoverOptions::default() }
    }

    fn discover(&mut self) {
        self.project = discover::discover(&self.root, &self.discover_options());
    }

    fn read_config(&mut self) {
        let (built_in, broken) = Rulebook::load_built_in();
        self.rulebook = Arc::new(built_in);
        self.broken = broken.iter().map(|error| internal(format!("a file that archcheck carries is left out: {error}"))).collect();
        self.config_errors.clear();
        self.config = match self.load_config() {
            Ok(config) => config,
            Err(errors) => {
                self.config_errors = errors;
                Config::default()
            }
        };
        let (own, errors) = config::own::load(&self.root);
        self.config_errors.extend(errors);
        self.config_errors.extend(own::add(&own, Arc::make_mut(&mut self.rulebook)));
        self.own = own;
        for knowledge in &self.config.knowledge {
            let added = Arc::make_mut(&mut self.rulebook).add_knowledge(&self.config.path, std::slice::from_ref(&knowledge.value));
            let errors = added.err().unwrap_or_default().into_iter();
            self.config_errors.extend(errors.map(|error| self.config.error(knowledge.span, error.message, "in this table", error.help)));
        }
        self.config_errors.extend(config::check_names(&self.config, &self.rulebook.rules));
        self.queries = own::queries_of(&self.rulebook.rules, |rule| self.selection().is_on(rule));
        self.read_baseline();
    }

    fn read_baseline(&mut self) {
        self.baseline = match self.options.baseline {
            BaselineMode::Off => None,
            _ => config::baseline::load(&self.root, self.options.baseline_file.as_deref()).unwrap_or_else(|errors| {
                self.config_errors.extend(errors);
                None
            }),
        };
    }

    fn lower_all(&mut self, like: Option<&Engine>) {
        let unread = self.unread_tests();
        let files = std::mem::take(&mut self.project.files);
        let lower = |engine: &Engine, at: usize| engine.read_and_lower(at, &files[at], unread.get(at).copied(), like);
        let lowered = self.install(|engine| (0..files.len()).into_par_iter().map(|at| lower(engine, at)).collect::<Vec<_>>());
        (self.facts, self.notes, self.hashes, self.failures) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut left = Vec::new();
        for (at, (file, lowered)) in files.into_iter().zip(lowered).enumerate() {
            match lowered {
                Ok(((facts, notes), hash)) => {
                    left.extend(unread.get(at));
                    self.project.files.push(file);
                    self.facts.push(facts);
                    self.notes.push(notes);
                    self.hashes.push(hash);
                }
                Err(Failure::Skipped(reason)) => self.skip(reason, file.path),
                Err(Failure::Crashed) => self.failures.push(crash(&file.path)),
            }
        }
        self.unread = Some(left);
    }

    fn read_texts(&mut self) {
        let files = std::mem::take(&mut self.project.texts);
        let read =
            self.install(|engine| files.par_iter().enumerate().map(|(at, file)| engine.read_text(at, &file.path)).collect::<Vec<_>>());
        (self.texts, self.text_notes) = (Vec::new(), Vec::new());
        for (file, text) in files.into_iter().zip(read) {
            match text {
                Ok(text) => {
                    self.text_notes.push(notes_of_text(&file.path, &text));
                    self.texts.push((file.path.clone(), text));
                    self.project.texts.push(file);
                }
                Err(reason) => self.skip(reason, file.path),
            }
        }
    }

    fn skip(&mut self, reason: SkipReason, path: Arc<str>) {
        let paths = self.project.skipped.entry(reason).or_default();
        let at = paths.partition_point(|known| *known < path);
        paths.insert(at, path);
    }

    fn read_text(&self, at: usize, path: &Arc<str>) -> Result<Arc<str>, SkipReason> {
        let text = self.text_now(path);
        if let Some(store) = self.store_of(path) {
            store.read(store.sources() + at, &text);
        }
        text
    }

    /// Which source files are tests that no rule which is on looks into, other than for secrets. Empty where everything is lowered.
    fn unread_tests(&self) -> Vec<bool> {
        if let Some(unread) = &self.unread {
            return unread.clone();
        }
        if self.options.tests {
            return Vec::new();
        }
        let asked = self.asked();
        if !asked.is_usual(&self.rulebook.rules) {
            return Vec::new();
        }
        let configured = |path: &str| asked.roles_of(path);
        let mut is_test = link::tests_among(&self.project, &self.rulebook, &configured);
        self.project.files.iter().map(|file| is_test(&file.path)).collect()
    }

    /// Where everything is read, `unread` is `None`; else it says whether this is a test that nobody asks about.
    fn read_and_lower(&self, at: usize, file: &SourceFile, unread: Option<bool>, like: Option<&Engine>) -> Result<(Lowered, Key), Failure> {
        let known = self.store_of(&file.path).and_then(|store| store.known(at, file));
        // What another run asked of it is more than this one says it read.
        let is_more = |known: &Result<(Lowered, Key), SkipReason>| known.as_ref().is_ok_and(|((facts, _), _)| may_be_unread(facts, unread));
        if let Some(known) = known.filter(|known| !is_more(known)) {
            return known.map_err(Failure::Skipped);
        }
        let part = unread.map(|is_test| if is_test { Part::Test } else { Part::Outline });
        if let Some(known) = part.and_then(|part| self.store_of(&file.path)?.known_part(at, file, part)) {
            return Ok(known);
        }
        let text = self.clock.share("lower", "read", || self.source_now(file));
        if let Some(store) = self.store_of(&file.path) {
            store.read(at, &text);
        }
        let text = text.map_err(Failure::Skipped)?;
        let hash = Key::of_text(&text);
        if let Some((part, made)) = self.lower_part(file, &text, unread) {
            if let Some(store) = self.store_of(&file.path) {
                store.keep_part(file, hash, part, &made);
            }
            return Ok((made, hash));
        }
        let known = || like.and_then(|like| like.lowered(file, &text));
        if let Some(lowered) = self.kept.take(&file.path, hash).or_else(known) {
            return Ok((lowered, hash));
        }
        let lowered = match &self.store {
            Some(store) => store.lower(file, &text, &self.queries),
            None => lower_text(file, &text, &self.queries, &self.clock),
        };
        Ok((lowered.ok_or(Failure::Crashed)?, hash))
    }

    /// The facts of as much of a file as somebody asks about; `None` where that is the whole of it. `unread` as above.
    fn lower_part(&self, file: &SourceFile, text: &str, unread: Option<bool>) -> Option<(Part, Lowered)> {
        let test = (unread == Some(true)).then(|| unread_test(file, text)).flatten().map(|test| (Part::Test, test));
        test.or_else(|| unread.and_then(|_| Some((Part::Outline, outlined(file, text, &self.queries, &self.clock)?))))
    }

    /// What was made of a file that has this text here too.
    fn lowered(&self, file: &SourceFile, text: &str) -> Option<Lowered> {
        let at = self.position(&file.path).ok()?;
        let same = Sources::text(self, &file.path).is_some_and(|own| *own == *text);
        same.then(|| (self.facts[at].clone(), self.notes[at].clone()))
    }

    fn position(&self, path: &Arc<str>) -> Result<usize, usize> {
        self.project.files.binary_search_by(|file| file.path.cmp(path))
    }

    /// Runs on threads with deep stacks.
    fn install<R: Send>(&self, run: impl FnOnce(&Engine) -> R + Send) -> R {
        match &self.pool {
            Some(pool) => pool.install(|| run(self)),
            None => run(self),
        }
    }

    fn selection(&self) -> Selection {
        Selection {
            profile: self.options.profile.unwrap_or(self.config.profile),
            levels: self.config.levels.iter().map(|(id, setting)| (id.clone(), setting.level)).collect(),
            select: self.options.select.clone(),
            ignore: self.options.ignore.clone(),
            suppressions: self.options.suppressions,
            paths: self.options.paths.clone(),
        }
    }

    fn all_notes(&self) -> Vec<FileNotes> {
        let mut notes: Vec<FileNotes> = self.notes.iter().chain(&self.text_notes).cloned().collect();
        notes.sort_by(|a, b| a.path.cmp(&b.path));
        notes
    }

    /// What could not be done, so far.
    fn problems(&self) -> Vec<Problem> {
        let mut problems = self.project.problems.clone();
        problems.extend(self.broken.iter().cloned());
        problems.extend(self.failures.iter().cloned());
        for (file, gist) in self.project.files.iter().zip(self.gists().iter()) {
            problems.extend(gist.problems.iter().map(|problem| problem.clone().at(&file.path)));
        }
        problems.sort();
        problems
    }

    /// What a report says of each file, in the order of the files.
    fn gists(&self) -> Cow<'_, [moved::Gist]> {
        match &self.gists {
            Some(gists) => Cow::Borrowed(gists),
            None => Cow::Owned(self.facts.iter().map(|facts| moved::Gist::of(facts)).collect()),
        }
    }

    fn statistics(&self, analysis: &Analysis) -> Statistics {
        let gists = self.gists();
        let mut statistics = Statistics {
            files: gists.len() as u32,
            imports_unresolved: analysis.coverage.missing(false).count() as u32,
            imports_generated: analysis.coverage.missing(true).count() as u32,
            coverage: analysis.coverage.clone(),
            calls: analysis.calls,
            calls_resolved: analysis.calls_resolved,
            routes: analysis.routes,
            ..Statistics::default()
        };
        for (file, gist) in self.project.files.iter().zip(gists.iter()) {
            *statistics.files_by_language.entry(file.language.family().name().to_string()).or_default() += 1;
            statistics.lines += gist.lines;
            statistics.imports += gist.imports;
            statistics.definitions += gist.definitions;
        }
        let unread = self.unread_tests();
        statistics.tests_unread = unread.iter().zip(gists.iter()).filter(|(unread, gist)| **unread && gist.is_blank()).count() as u32;
        let outlined = |family: Family| {
            let files = self.project.files.iter().zip(gists.iter());
            files.filter(|(file, gist)| gist.is_outline && file.language.family() == family).count() as u32
        };
        (statistics.outlined, statistics.inline_tests_unread) = (outlined(Family::TypeScript), outlined(Family::Rust));
        statistics.skipped = self.project.skipped.iter().map(|(&reason, paths)| (reason, paths.len() as u32)).collect();
        statistics
    }
}

impl Sources for Engine {
    fn text(&self, path: &str) -> Option<Arc<str>> {
        if let Some(buffer) = self.buffers.get(path) {
            return Some(buffer.clone());
        }
        if path == &*self.config.path {
            return Some(self.config.text.clone());
        }
        if let Some(baseline) = self.baseline.as_ref().filter(|baseline| path == &*baseline.path) {
            return Some(baseline.text.clone());
        }
        let source = self.project.files.binary_search_by(|file| (*file.path).cmp(path)).ok().map(|at| &self.project.files[at]);
        match source {
            Some(file) => discover::read(&self.root, file).ok(),
            None => match self.texts.binary_search_by(|(known, _)| (**known).cmp(path)) {
                Ok(at) => Some(self.texts[at].1.clone()),
                // A result from the cache needs the texts of what it reports alone.
                Err(_) if self.recalled.is_some() && self.project.texts.iter().any(|text| *text.path == *path) => {
                    discover::read_text(&self.root, path).ok()
                }
                Err(_) => None,
            },
        }
    }
}

/// What the first stages make of a single file, for `archcheck dump`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileStage {
    /// The syntax tree as an S-expression.
    Tree,
    /// The facts.
    Facts,
}

/// Prints a stage of one file, on its own.
pub fn dump_file(path: &Path, stage: FileStage) -> Result<String, String> {
    let name = path.to_string_lossy().replace('\\', "/");
    let language = Language::of_path(&name).ok_or_else(|| format!("`{name}` is not a source file archcheck knows"))?;
    let file = SourceFile { path: Arc::from(name.as_str()), language, bytes: 0 };
    let text = discover::read(Path::new(""), &file).map_err(|reason| format!("`{name}` is left out: {}", reason.name()))?;
    // Deep input needs the deep stack here too.
    let run = move || match stage {
        FileStage::Tree => languages::tree::print(&text, language),
        FileStage::Facts => render::render(&lower::lower(&file, &text)),
    };
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(run).map_err(|error| error.to_string())?;
    thread.join().map_err(|_| format!("internal error on `{name}`"))
}

/// Where following data was cut off, in one problem for the run.
/// The function of the project whose name is nearest to a path of `[[knowledge]]`.
fn nearest_name(program: &Program, path: &str) -> Option<String> {
    let named = |function: &GlobalDef| function.def != DefId::MODULE && !program.def(*function).flags.has(DefFlags::CLOSURE);
    let names: Vec<String> = program.functions().filter(named).map(|function| program.qualified_name(function)).collect();
    config::did_you_mean(path, names.iter().map(String::as_str)).map(str::to_string)
}

fn flow_limits(limits: &FlowLimits) -> Option<Problem> {
    let parts: Vec<String> = [
        (limits.depth, "expressions nested too deeply"),
        (limits.fuel, "functions too large"),
        (limits.strands, "values of too many origins"),
        (limits.flows, "flows beyond those kept of one function"),
        (limits.rounds, "groups of recursive functions that did not settle"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    let message = format!("data flow was followed up to its limits: {}", parts.join(", "));
    (!parts.is_empty()).then(|| Problem::new(ProblemKind::Limit, None, message))
}

/// Why a file has no facts.
enum Failure {
    Skipped(SkipReason),
    /// Lowering panicked: a mistake of ours, which must not cost the user the rest of the run.
    Crashed,
}

fn lower_text(file: &SourceFile, text: &str, queries: &Queries, clock: &clock::Clock) -> Option<Lowered> {
    lower_by(file, (text, std::slice::from_ref(&(0..text.len()))), queries, clock, &|| lower::lower(file, text))
}

/// Text with the parts of it that are not blank, and how facts are made of it.
fn lower_by(
    file: &SourceFile,
    (text, parts): (&str, &[Range<usize>]),
    queries: &Queries,
    clock: &clock::Clock,
    lower: &dyn Fn() -> FileFacts,
) -> Option<Lowered> {
    guarded(|| {
        let mut facts = clock.share("lower", "parse and walk", lower);
        clock.share("lower", "queries", || lower::match_queries(&mut facts, file, text, parts, queries));
        let lines = LineIndex::new(text);
        let directives = triage::in_source(text, &facts, &lines);
        (Arc::new(facts), FileNotes { path: file.path.clone(), lines, directives })
    })
}

/// These facts are of a whole file of which a part may do.
fn may_be_unread(facts: &FileFacts, unread: Option<bool>) -> bool {
    let has_tests = || facts.defs.iter().any(|def| def.kind == DefKind::Module && def.flags.has(DefFlags::TEST));
    match unread {
        None => false,
        Some(true) => true,
        Some(false) => facts.for_browsers || facts.is_markup || facts.language == Language::Rust && has_tests(),
    }
}

/// A test of which nothing is asked but that it is there; `None` for one that may hold credentials, or comments for archcheck.
fn unread_test(file: &SourceFile, text: &str) -> Option<Lowered> {
    if text.contains("archcheck:") || hardcoded_secret::may_show_in_test(text) {
        return None;
    }
    let facts = FileFacts { lines: languages::lines::count(text), ..lower::lower(file, "") };
    Some((Arc::new(facts), FileNotes { path: file.path.clone(), lines: LineIndex::new(text), directives: Directives::default() }))
}

/// The facts of the part of a file that somebody asks about; `None` where that is the whole of it, or where the rest may hold credentials, or comments for
/// archcheck.
fn outlined(file: &SourceFile, text: &str, queries: &Queries, clock: &clock::Clock) -> Option<Lowered> {
    let outline = lower::outline::of(file, text)?;
    let is_test = file.language.family() == Family::Rust;
    let may_show = |part: &str| if is_test { hardcoded_secret::may_show_in_test(part) } else { hardcoded_secret::may_show(part) };
    let speaks = |part: &str| part.contains("archcheck:") || may_show(part);
    if outline.left_out.iter().any(|part| text.get(part.clone()).is_none_or(speaks)) {
        return None;
    }
    let lower = || lower::lower_outline(file, &outline);
    // Its lines are those of the text.
    let (facts, notes) = lower_by(file, (&outline.text, &outline.parts), queries, clock, &lower)?;
    // What cannot be read of an outline may well be readable in its place.
    let is_broken = facts.problems.iter().any(|problem| problem.kind == ProblemKind::Syntax);
    (!is_broken).then_some((facts, notes))
}

/// Runs what must not take the whole process down. A panic is a mistake of ours: its message goes to standard error, and the run says what is missing.
fn guarded<R>(run: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(run)).ok()
}

fn internal(message: impl Into<String>) -> Problem {
    let message = format!("{}; this is a mistake in archcheck, please report it", message.into());
    Problem::new(ProblemKind::Internal, None, message)
}

fn notes_of_text(path: &Arc<str>, text: &str) -> FileNotes {
    let lines = LineIndex::new(text);
    let directives = triage::in_text(text, &lines);
    FileNotes { path: path.clone(), lines, directives }
}

fn crash(path: &Arc<str>) -> Problem {
    internal("archcheck failed on this file and left it out").at(path)
}

/// What is made of one file's text.
type Lowered = (Arc<FileFacts>, FileNotes);

mod changes;
mod edits;
mod found;
mod graft;
mod ground;
mod live;
mod marks;
mod moved;
mod own;
mod places;
mod routes;
mod stop;
mod store;
mod turns;
mod warm;

use live::{Kept, Last};
use store::Part;

pub use edits::{fix, suppression};
pub use live::Change;
pub use marks::RoleMark;
pub use own::add_own_rules;
pub use stop::Stop;
pub use store::Shard;
pub use turns::{Answer, Pace, Turn, merged};

#[cfg(test)]
mod tests;
