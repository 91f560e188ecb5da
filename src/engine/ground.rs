//! Stages 3 to 5 from facts to findings, on whatever holds the facts: the engine, or the thread that goes on from one edit to the next.

use std::sync::{Arc, OnceLock};

use globset::{GlobSet, GlobSetBuilder};
use rayon::prelude::*;

use super::{Analysis, Engine, clock, flow_limits, guarded, internal, marks, nearest_name};
use crate::check::hardcoded_secret::{self, Secrets};
use crate::check::{self, Check, Memo};
use crate::config::{self, Config};
use crate::link::{self, Linked};
use crate::model::facts::FileFacts;
use crate::model::nesting::Nestings;
use crate::model::program::Program;
use crate::model::project::Project;
use crate::model::role::Role;
use crate::model::rule::Settings;
use crate::model::source::{FileId, LineIndex};
use crate::model::summary::Summaries;
use crate::rulebook::Rulebook;
use crate::summarise::{self, Associations, FileEffects, Units};
use crate::triage::Selection;
use crate::view;

/// What is asked of a run.
pub(super) struct Asked {
    settings: Settings,
    selection: Selection,
    roles: RoleGlobs,
    call_coverage: bool,
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
    pub(super) clock: &'e clock::Clock,
}

/// What is known of a program when an edit comes.
#[derive(Clone, Default)]
pub(super) struct Known {
    /// What each file says of the database, where that is known.
    pub(super) effects: Option<Vec<Arc<FileEffects>>>,
    /// How data flows, and through which functions; `None` when that has to be found out.
    pub(super) flows: Option<Arc<(Summaries, Units)>>,
    /// What the rules saw of the database, whether or not it still holds.
    pub(super) summaries: Option<Arc<Summaries>>,
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
        Asked {
            settings: self.settings(),
            selection: self.selection(),
            roles: RoleGlobs::new(&self.config),
            call_coverage: self.options.call_coverage,
            marked: self.marked,
        }
    }

    pub(super) fn ground<'e>(&'e self, asked: &'e Asked) -> Ground<'e> {
        Ground { project: &self.project, facts: &self.facts, texts: &self.texts, rulebook: &self.rulebook, asked, clock: &self.clock }
    }

    /// Links the program, with the whole call graph, for as long as `with` needs it.
    pub(super) fn linked<R>(&self, with: impl FnOnce(&Program) -> R) -> R {
        let asked = self.asked();
        let ground = self.ground(&asked);
        with(&ground.link(link::Wants { call_graph: true, nestings: Arc::new(Nestings::new(&self.facts)) }).program)
    }

    /// From facts to findings.
    pub(super) fn analyse(&self) -> Analysis {
        let asked = self.asked();
        let lines: Vec<&LineIndex> = self.notes.iter().map(|notes| &notes.lines).collect();
        self.ground(&asked).whole(&lines, None).analysis
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

impl<'e> Ground<'e> {
    /// Everything there is to say, and what it was made of.
    pub(super) fn whole(&self, lines: &[&LineIndex], memo: Option<&Memo>) -> Whole<'e> {
        let call_graph = self.asked.call_coverage || check::ASK_CALL_GRAPH.iter().any(|id| self.is_on(id));
        let nestings = Arc::new(Nestings::new(self.facts));
        let secrets = OnceLock::new();
        let prepare = || {
            (0..self.facts.len() as u32).into_par_iter().for_each(|file| {
                nestings.of(FileId(file));
            });
            if self.is_on("hardcoded-secret") {
                let _ = secrets.set(self.clock.time("secrets", "", || self.find_secrets()));
            }
        };
        let (linked, ()) = rayon::join(|| self.link(link::Wants { call_graph, nestings: nestings.clone() }), prepare);
        let (mut analysis, known) = self.examine(&linked.program, &secrets, Known::default(), &[], memo);
        let coverage = || view::coverage(&linked.program, lines, self.asked.call_coverage);
        analysis.coverage = self.clock.time("coverage", "", coverage);
        Whole { analysis, linked, secrets, known }
    }

    /// What the rules say of a linked program, and what was found out on the way. `known` still holds but for the files that were `edited`; the memo
    /// knows what changed of the program.
    pub(super) fn examine(
        &self,
        program: &Program,
        secrets: &OnceLock<Secrets>,
        known: Known,
        edited: &[FileId],
        memo: Option<&Memo>,
    ) -> (Analysis, Known) {
        let Known { effects: before, flows, summaries: seen } = known;
        let queries = ("query", check::query::check as Check);
        let all = check::ANALYSES.iter().filter(|(id, _)| self.is_on(id)).chain([&queries]);
        let (late, early): (Vec<_>, Vec<_>) = all.partition(|(id, _)| check::ASK_FLOWS.contains(id));
        let run = |checks: Vec<&(&'static str, Check)>, context: &check::Context| -> Vec<_> {
            let timed = |(id, check): &(&'static str, Check)| (*id, self.clock.time("check", id, || guarded(|| check(context))));
            checks.into_par_iter().with_max_len(1).map(timed).collect()
        };
        let summaries = || {
            let associations = Associations::default();
            let by_file = |file: u32| match &before {
                Some(before) if !edited.contains(&FileId(file)) => before[file as usize].clone(),
                _ => Arc::new(summarise::effects_of(program, FileId(file), &associations)),
            };
            let effects = || {
                let files: Vec<Arc<FileEffects>> = (0..program.facts.len() as u32).into_par_iter().with_min_len(16).map(by_file).collect();
                (summarise::effects_from(program, &files), files)
            };
            let (effects, files) = self.clock.time("summarise", "effects", effects);
            if let (Some(memo), Some(seen)) = (memo, &seen) {
                memo.changed(&seen.differences(&effects));
            }
            let results = run(early, &self.context(program, &effects, secrets).remembering(memo));
            (effects, files, results)
        };
        let flows = || {
            flows.unwrap_or_else(|| {
                self.clock.time("summarise", "flows", || Arc::new(summarise::flows_noting(program, check::sql_texts(&self.asked.settings))))
            })
        };
        let (flows, (mut summaries, effects, mut results)) = rayon::join(flows, summaries);
        let seen = memo.map(|_| Arc::new(summaries.clone()));
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
        (analysis, Known { effects: Some(effects), flows: Some(flows), summaries: seen })
    }

    pub(super) fn link(&self, wants: link::Wants<'e>) -> Linked<'e> {
        let texts = self.texts;
        let inputs = link::Inputs {
            project: self.project,
            facts: self.facts,
            rulebook: self.rulebook,
            manifests: &|path| {
                let at = texts.binary_search_by(|(known, _)| (**known).cmp(path)).ok()?;
                Some(texts[at].1.to_string())
            },
            texts,
            configured: &|path| self.asked.roles.of(path),
        };
        let linking = self.clock.stage("link");
        link::link_keeping(&inputs, wants, &|part| linking.done(part))
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

    fn find_secrets(&self) -> Secrets {
        let in_text = |(path, text): &(Arc<str>, Arc<str>)| hardcoded_secret::scan_text(path, text);
        let (sources, texts) = rayon::join(
            || self.facts.par_iter().map(|facts| hardcoded_secret::scan_source(facts)).collect(),
            || self.texts.par_iter().map(in_text).collect(),
        );
        Secrets { sources, texts }
    }
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
