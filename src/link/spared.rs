//! Which code is not looked into: what is a test by its path or the configuration, and modules for browsers. Tests within other files say so themselves.
//!
//! No rule that is built in judges such code, and nothing it judges runs it. What else tests say, of types that functions are given or of routes, is not what the
//! program does. Whoever draws the whole graph, or has rules of his own, asks for everything ([`Wants`](super::Wants)).

use rustc_hash::FxHashSet;

use super::Inputs;
use super::evaluate::Linker;
use super::modules::Target;
use super::roles::name_hints;
use crate::model::role::Role;
use crate::model::source::FileId;
use crate::model::spared::{Spared, is_for_browsers};

/// What is spared where nobody asks for it.
pub fn spared(inputs: &Inputs) -> Spared {
    let is_test = |path: &str| {
        let configured = (inputs.configured)(path);
        let hint = || name_hints(inputs.project, path, &inputs.rulebook.names).first().map(|evidence| evidence.role);
        configured.contains(&Role::Test) || configured.is_empty() && hint() == Some(Role::Test)
    };
    let files = inputs.project.files.iter().zip(inputs.facts);
    Spared::new(files.map(|(file, facts)| is_for_browsers(facts) || is_test(&file.path)).collect())
}

impl Linker<'_> {
    /// Files with JSX that only spared code imports run where that runs: what a module for browsers imports is packed with it.
    pub(super) fn spare_components(&mut self) {
        if self.spared == Spared::default() {
            return;
        }
        let files = || (0..self.facts.len() as u32).map(FileId);
        let mut importers: Vec<Vec<FileId>> = vec![Vec::new(); self.facts.len()];
        for file in files() {
            for target in &self.import_targets[file.index()] {
                if let Target::Module(module) = target {
                    importers[module.file.index()].push(file);
                }
            }
        }
        let may_be = |file: &FileId| !self.spared.file(*file) && !importers[file.index()].is_empty() && self.has_jsx(*file);
        let mut components: FxHashSet<FileId> = files().filter(may_be).collect();
        // Whoever is imported from elsewhere is none, and what that imports neither.
        let is_out = |file: FileId, components: &FxHashSet<FileId>| {
            let is_in = |importer: &FileId| self.spared.file(*importer) || components.contains(importer);
            !importers[file.index()].iter().all(is_in)
        };
        loop {
            let out: Vec<FileId> = files().filter(|file| components.contains(file) && is_out(*file, &components)).collect();
            if out.is_empty() {
                break;
            }
            out.iter().for_each(|file| {
                components.remove(file);
            });
        }
        self.spared = Spared::new(files().map(|file| self.spared.file(file) || components.contains(&file)).collect());
    }
}
