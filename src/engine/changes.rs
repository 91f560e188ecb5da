//! A run over what a change brings in: the same rules on an earlier state of the files, and the findings that were not there.

use std::path::Path;
use std::sync::Arc;

use super::{BaselineMode, Engine, internal};
use crate::model::finding::Outcome;
use crate::model::problem::ProblemKind;
use crate::triage::{self, Changes};

impl Engine {
    /// The rules and the configuration of this engine on an earlier state of its repository, laid out below `root`. Files that did not change are not
    /// lowered again.
    ///
    /// What the configuration says of files that were not there then is no mistake, so it is not told.
    pub fn before(&self, root: &Path) -> Engine {
        let mut before = Engine {
            root: root.to_path_buf(),
            options: super::Options { baseline: BaselineMode::Off, cache: None, facts: Vec::new(), recall: false, ..self.options.clone() },
            pool: None,
            config: self.config.clone(),
            config_errors: Vec::new(),
            config_errors_read: 0,
            baseline: None,
            rulebook: self.rulebook.clone(),
            broken: self.broken.clone(),
            queries: self.queries.clone(),
            project: super::Project::default(),
            facts: Vec::new(),
            notes: Vec::new(),
            texts: Vec::new(),
            text_notes: Vec::new(),
            buffers: Default::default(),
            hashes: Vec::new(),
            kept: super::Kept::default(),
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
            own: self.own.clone(),
            store: None,
            recalled: None,
            cache_troubles: Vec::new(),
            clock: Default::default(),
        };
        self.install(|engine| before.discover_and_lower(Some(engine)));
        before
    }

    /// As [`Engine::check`], but only what was not there in `before`. `since` names that state for the reader.
    pub fn check_since(&mut self, before: &mut Engine, changes: &Changes, since: &str) -> Outcome {
        let mut outcome = self.check();
        let earlier = self.install(|_| before.check());
        if earlier.problems.iter().any(|problem| problem.kind == ProblemKind::Internal) {
            outcome.problems.push(internal(format!("the analysis of `{since}` failed, so more may be shown than is new")));
            outcome.problems.sort();
        }
        let files: Vec<Arc<str>> = before.all_notes().into_iter().map(|notes| notes.path).collect();
        triage::only_new(&mut outcome, &earlier.reported, &files, changes, &self.all_notes(), since);
        outcome
    }

    /// As [`Engine::check`], but only findings whose evidence touches a changed line.
    pub fn check_touched(&mut self, changes: &Changes) -> Outcome {
        let mut outcome = self.check();
        triage::only_touched(&mut outcome, changes, &self.all_notes());
        outcome
    }
}
