//! Stages 3 to 5 from facts to findings, on whatever holds the facts: the engine, or the thread that goes on from one edit to the next.

use std::sync::{Arc, OnceLock};

use globset::{GlobSet, GlobSetBuilder};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::found::Found;
use super::stop::{self, Stop};
use super::{Analysis, Engine, clock, flow_limits, guarded, internal, marks, nearest_name};
use crate::check::hardcoded_secret::Secrets;
use crate::check::{self, Check, Memo};
use crate::config::{self, Config};
use crate::link::{self, Linked};
use crate::model::facts::FileFacts;
use crate::model::nesting::Nestings;
use crate::model::program::Program;
use crate::model::project::Project;
use crate::model::role::{GlobalDef, Role};
use crate::model::rule::{Rule, Settings};
use crate::model::source::{FileId, LineIndex};
use crate::model::spared::Spared;
use crate::model::summary::Summaries;
use crate::model::trace;
use crate::rulebook::Rulebook;
use crate::summarise::{self, Associations, Effects, FileEffects, Units};
use crate::triage::Selection;
use crate::view;

/// What is asked of a run.
pub(super) struct Asked {
    settings: Settings,
    selection: Selection,
    roles: RoleGlobs,
    call_coverage: bool,
    /// Rules of the user's own, or a contract, may be about tests and browsers, too.
    of_all: bool,
    marked: bool,
}

/// What the stages after lowering read.
#[derive(Clone, Copy)]
pub(super) struct Ground<'e> {
    pub(super) project: &'e Project,
    pub(super) facts: &'e [Arc<FileFacts>],
    pub(super) texts: &'e [(Arc<str>, Arc<str>)],
    pub(super) rulebook: &'e Rulebook,
    pub(super) asked: &'e Asked,
    /// What earlier runs found in single files.
    pub(super) found: &'e Found,
    /// Whether what is done is still wanted.
    pub(super) stop: &'e Stop,
    pub(super) clock: &'e clock::Clock,
}

/// What is known of a program when an edit comes.
#[derive(Default)]
pub(super) struct Known {
    /// What functions do to the database, where that is known.
    pub(super) effects: Option<Effects>,
    /// What was looked at in the program for each file of those: numbers of parts, in order.
    pub(super) seen: Vec<Vec<u32>>,
    /// How data flows, and through which functions; `None` when that has to be found out.
    pub(super) flows: Option<(Arc<Summaries>, Arc<Units>)>,
}

/// What edits changed.
#[derive(Default)]
pub(super) struct Changes {
    /// Definitions whose code or value is another.
    pub(super) touched: Vec<GlobalDef>,
    /// Functions that are called by others now.
    pub(super) callees: Vec<GlobalDef>,
    /// Numbers of the parts of the program that may be others now.
    pub(super) parts: FxHashSet<u32>,
    /// The names by which models reach each other may be others now; any file may ask for those.
    pub(super) relations: bool,
}

/// What a look at everything makes.
pub(super) struct Whole<'e> {
    pub(super) analysis: Analysis,
    pub(super) linked: Linked<'e>,
    /// The credentials that were found.
    pub(super) secrets: OnceLock<Secrets>,
    pub(super) known: Known,
}

impl Engine {
    pub(super) fn asked(&self) -> Asked {
        let settings = self.settings();
        Asked {
            of_all: !self.own.is_empty() || settings.contracts().any(|contract| !contract.layers.is_empty() || !contract.rules.is_empty()),
            settings,
            selection: self.selection(),
            roles: RoleGlobs::new(&self.config),
            call_coverage: self.options.call_coverage,
            marked: self.marked,
        }
    }

    pub(super) fn ground<'e>(&'e self, asked: &'e Asked, found: &'e Found, stop: &'e Stop) -> Ground<'e> {
        let Engine { project, facts, texts, rulebook, clock, .. } = self;
        Ground { project, facts, texts, rulebook, asked, found, stop, clock }
    }

    /// Links the program, with the whole call graph, for as long as `with` needs it.
    pub(super) fn linked<R>(&self, with: impl FnOnce(&Program) -> R) -> R {
        let (asked, found) = (self.asked(), Found::default());
        let ground = self.ground(&asked, &found, &stop::NEVER);
        let nestings = Arc::new(Nestings::new(&self.facts));
        with(&ground.link(link::Wants { call_graph: true, nestings, spared: Spared::default() }).program)
    }

    /// From facts to findings; unwinds when that is wanted no more.
    pub(super) fn analyse(&self, stop: &Stop) -> Analysis {
        let (asked, found) = (self.asked(), Found::of(self));
        let lines: Vec<&LineIndex> = self.notes.iter().map(|notes| &notes.lines).collect();
        let whole = self.ground(&asked, &found, stop).whole(&lines, None);
        if let (Some(store), Some(secrets)) = (&self.store, whole.secrets.get())
            && let Some(found) = found.to_keep(secrets, &self.facts, &self.texts)
        {
            store.save_found(&found);
        }
        whole.analysis
    }

    pub(super) fn context<'c>(
        &'c self,
        program: &'c Program<'c>,
        summaries: &'c Summaries,
        settings: &'c Settings,
        secrets: &'c OnceLock<Secrets>,
    ) -> check::Context<'c> {
        check::Context::new(program, summaries, settings, &self.rulebook.rules, &self.texts, secrets)
    }
}

impl Asked {
    /// Nothing is asked for but what the default profile looks for, and that is not found in tests.
    pub(super) fn is_usual(&self, rules: &[Rule]) -> bool {
        let usual = Selection::default();
        let asks_more = |rule: &Rule| self.selection.is_on(rule) && !usual.is_on(rule);
        !self.of_all && !self.call_coverage && !self.marked && !self.settings.strict() && !rules.iter().any(asks_more)
    }

    /// The roles that the configuration gives a file.
    pub(super) fn roles_of(&self, path: &str) -> Vec<Role> {
        self.roles.of(path)
    }
}

impl<'e> Ground<'e> {
    /// Everything there is to say, and what it was made of; unwinds when that is wanted no more.
    pub(super) fn whole(&self, lines: &[&LineIndex], memo: Option<&Memo>) -> Whole<'e> {
        let call_graph = self.asked.call_coverage || check::ASK_CALL_GRAPH.iter().any(|id| self.is_on(id));
        let nestings = Arc::new(Nestings::new(self.facts));
        let secrets = OnceLock::new();
        let spared = self.spared();
        let prepare = || {
            (0..self.facts.len() as u32).into_par_iter().map(FileId).filter(|&file| !spared.file(file)).for_each(|file| {
                nestings.of(file);
            });
            if self.is_on("hardcoded-secret") {
                let _ = secrets.set(self.clock.time("secrets", "", || self.found.secrets(self.facts, self.texts)));
            }
        };
        let linked = || {
            let wants = |call_graph, spared| link::Wants { call_graph, nestings: nestings.clone(), spared };
            if !call_graph || spared == Spared::default() {
                return (self.link(wants(call_graph, spared.clone())), None);
            }
            // The whole graph is everybody's, and what rules say is the same whether somebody asks for it or not.
            let Linked { program: mut all, .. } = self.link(wants(true, Spared::default()));
            let coverage = view::coverage(&all, lines, self.asked.call_coverage);
            let graph = std::mem::take(&mut all.call_graph);
            let counts = (all.flow_limits, all.calls_seen, all.calls_known, all.routes.len() as u32);
            drop(all);
            let mut linked = self.link(wants(false, spared.clone()));
            linked.program.call_graph = graph;
            (linked.program.flow_limits, linked.program.calls_seen, linked.program.calls_known) = (counts.0, counts.1, counts.2);
            (linked, Some((coverage, counts.3)))
        };
        let ((linked, all), ()) = rayon::join(linked, prepare);
        let (mut analysis, known) = self.examine(&linked.program, &secrets, Known::default(), &Changes::default(), memo);
        self.stop.pass();
        match all {
            Some((coverage, routes)) => (analysis.coverage, analysis.routes) = (coverage, routes),
            None => {
                let coverage = || view::coverage(&linked.program, lines, self.asked.call_coverage);
                analysis.coverage = self.clock.time("coverage", "", coverage);
            }
        }
        Whole { analysis, linked, secrets, known }
    }

    /// What the rules say of a linked program, and what was found out on the way. `known` still holds but for what changed; the memo knows of that, too.
    pub(super) fn examine(
        &self,
        program: &Program,
        secrets: &OnceLock<Secrets>,
        known: Known,
        changes: &Changes,
        memo: Option<&Memo>,
    ) -> (Analysis, Known) {
        let Known { effects: before, seen, flows } = known;
        let queries = ("query", check::query::check as Check);
        let all = check::ANALYSES.iter().filter(|(id, _)| self.is_on(id)).chain([&queries]);
        let (late, early): (Vec<_>, Vec<_>) = all.partition(|(id, _)| check::ASK_FLOWS.contains(id));
        let run = |checks: Vec<&(&'static str, Check)>, context: &check::Context| -> Vec<_> {
            let timed = |(id, check): &(&'static str, Check)| {
                self.stop.pass();
                (*id, self.clock.time("check", id, || guarded(|| check(context))))
            };
            checks.into_par_iter().with_max_len(1).map(timed).collect()
        };
        let effects = || {
            let (effects, seen) = self.clock.time("summarise", "effects", || effects(program, before, seen, changes, memo));
            let results = run(early, &self.context(program, effects.summaries(), secrets).remembering(memo));
            (effects, seen, results)
        };
        let flows = || {
            let anew = || {
                let (flows, units) = summarise::flows_noting(program, check::sql_texts(&self.asked.settings), memo.is_some());
                (Arc::new(flows), Arc::new(units))
            };
            flows.unwrap_or_else(|| self.clock.time("summarise", "flows", anew))
        };
        self.stop.pass();
        let (flows, (effects, seen, mut results)) = rayon::join(flows, effects);
        let mut summaries = effects.summaries().clone();
        summaries.add_flows(flows.0.clone());
        let context = self.context(program, &summaries, secrets);
        results.extend(run(late, &context));
        let untaught = program.untaught.iter().map(|path| (path.clone(), nearest_name(program, path))).collect();
        let mut analysis = Analysis {
            calls: program.calls_seen,
            calls_resolved: program.calls_known,
            routes: program.routes.len() as u32,
            untaught,
            ..Analysis::default()
        };
        if self.asked.marked {
            analysis.marks = guarded(|| marks::marks(program, &summaries)).unwrap_or_default();
        }
        analysis.problems.extend(flow_limits(&summaries.flow_limits));
        if self.is_on("openapi-drift") {
            analysis.problems.extend(guarded(|| check::openapi_drift::left_out(&context)).unwrap_or_default());
        }
        if self.is_on("dbml-drift") {
            analysis.problems.extend(guarded(|| check::dbml_drift::left_out(&context)).unwrap_or_default());
        }
        if self.is_on("contract") {
            analysis.mistakes = guarded(|| check::contract::mistakes(&context)).unwrap_or_default();
        }
        for (id, result) in results {
            match result {
                Some(findings) => analysis.findings.extend(findings),
                None => analysis.problems.push(internal(format!("the rule `{id}` failed on this repository and reports nothing"))),
            }
        }
        (analysis, Known { effects: Some(effects), seen, flows: Some(flows) })
    }

    /// The code that is not looked into: none where somebody asks for more than the built-in rules.
    fn spared(&self) -> Spared {
        if self.asked.of_all { Spared::default() } else { self.with_inputs(|inputs| link::spared(inputs)) }
    }

    fn with_inputs<R>(&self, with: impl FnOnce(&link::Inputs<'e, '_>) -> R) -> R {
        let texts = self.texts;
        with(&link::Inputs {
            project: self.project,
            facts: self.facts,
            rulebook: self.rulebook,
            manifests: &|path| {
                let at = texts.binary_search_by(|(known, _)| (**known).cmp(path)).ok()?;
                Some(texts[at].1.to_string())
            },
            texts,
            configured: &|path| self.asked.roles.of(path),
        })
    }

    pub(super) fn link(&self, wants: link::Wants<'e>) -> Linked<'e> {
        let linking = self.clock.stage("link");
        let done = |part: &str| {
            linking.done(part);
            self.stop.pass();
        };
        self.with_inputs(|inputs| link::link_keeping(inputs, wants, &done))
    }

    fn context<'c>(&self, program: &'c Program<'c>, summaries: &'c Summaries, secrets: &'c OnceLock<Secrets>) -> check::Context<'c>
    where
        'e: 'c,
    {
        check::Context::new(program, summaries, &self.asked.settings, &self.rulebook.rules, self.texts, secrets)
    }

    fn is_on(&self, id: &str) -> bool {
        self.rulebook.rule(id).is_none_or(|rule| self.asked.selection.is_on(rule))
    }
}

/// What functions do to the database, with what was looked at for each file; made from what was known before, where something was.
fn effects(
    program: &Program,
    before: Option<Effects>,
    mut seen: Vec<Vec<u32>>,
    changes: &Changes,
    memo: Option<&Memo>,
) -> (Effects, Vec<Vec<u32>>) {
    let associations = Associations::default();
    let read = |file: FileId| {
        let effects = || Arc::new(summarise::effects_of(program, file, &associations));
        if memo.is_some() { trace::traced(effects) } else { (effects(), Vec::new()) }
    };
    let all = || (0..program.facts.len() as u32).into_par_iter().with_min_len(16).map(|file| read(FileId(file))).unzip();
    let Some(mut effects) = before else {
        let (files, seen) = all();
        return (Effects::of(program, files), seen);
    };
    let summaries = effects.summaries().clone();
    if changes.relations {
        let files: Vec<Arc<FileEffects>>;
        (files, seen) = all();
        effects = Effects::of(program, files);
    } else {
        let is_stale = |file: &FileId| seen[file.index()].iter().any(|number| changes.parts.contains(number));
        let stale: Vec<FileId> = (0..seen.len() as u32).map(FileId).filter(is_stale).collect();
        let mut files = Vec::new();
        for (file, (effects, parts)) in stale.par_iter().map(|&file| (file, read(file))).collect::<Vec<_>>() {
            files.push((file, effects));
            seen[file.index()] = parts;
        }
        effects.update(program, files, &changes.touched, &changes.callees);
    }
    if let Some(memo) = memo {
        memo.changed(&summaries.differences(effects.summaries()));
    }
    (effects, seen)
}

/// The configuration's parts that redefine roles by path.
struct RoleGlobs {
    globs: GlobSet,
    roles: Vec<Role>,
}

impl RoleGlobs {
    fn new(config: &Config) -> RoleGlobs {
        let mut set = GlobSetBuilder::new();
        let mut roles = Vec::new();
        for (role, glob) in config.role_globs() {
            // Config has told the user of globs that are not valid.
            if let Ok(glob) = config::glob(&glob.value) {
                set.add(glob);
                roles.push(role);
            }
        }
        RoleGlobs { globs: set.build().unwrap_or_else(|_| GlobSet::empty()), roles }
    }

    fn of(&self, path: &str) -> Vec<Role> {
        let mut found: Vec<Role> = self.globs.matches(path).into_iter().filter_map(|at| self.roles.get(at).copied()).collect();
        found.dedup();
        found
    }
}
