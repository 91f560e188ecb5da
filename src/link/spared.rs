//! Which code is not looked into: what is a test by its path or the configuration, and modules for browsers. Tests within other files say so themselves.
//!
//! No rule that is built in judges such code, and nothing it judges runs it. What else tests say, of types that functions are given or of routes, is not what the
//! program does. Whoever draws the whole graph, or has rules of his own, asks for everything ([`Wants`](super::Wants)).

use rustc_hash::FxHashSet;

use super::Inputs;
use super::evaluate::Linker;
use super::modules::Target;
use super::roles::{Clients, is_ambient, name_hints};
use crate::model::project::Project;
use crate::model::role::Role;
use crate::model::source::FileId;
use crate::model::spared::Spared;
use crate::rulebook::{Folders, Rulebook};

/// What is spared where nobody asks for it.
pub fn spared(inputs: &Inputs) -> Spared {
    let mut is_test = tests(inputs.project, inputs.rulebook, inputs.configured);
    let files = inputs.project.files.iter().zip(inputs.facts);
    Spared::new(files.map(|(file, facts)| facts.for_browsers || is_test(&file.path)).collect())
}

/// Whether a file is code of tests by its path, or by the configuration, which comes first.
pub fn tests<'a>(project: &'a Project, rulebook: &'a Rulebook, configured: &'a dyn Fn(&str) -> Vec<Role>) -> impl FnMut(&str) -> bool + 'a {
    let mut folders = Folders::default();
    move |path: &str| {
        let configured = configured(path);
        let mut hint = || name_hints(project, path, &rulebook.names, &mut folders).first().map(|evidence| evidence.role);
        configured.contains(&Role::Test) || configured.is_empty() && hint() == Some(Role::Test)
    }
}

impl Linker<'_> {
    /// Files with JSX that only spared code imports run where that runs: what a module for browsers imports is packed with it. So do all files of a package that
    /// is a client by its dependencies, but for those that others import.
    pub(super) fn spare_clients(&mut self, inputs: &Inputs) {
        if self.spared == Spared::default() {
            return;
        }
        let (mut clients, mut folders) = (Clients::default(), Folders::default());
        let files = || (0..self.facts.len() as u32).map(FileId);
        let mut is_imported = vec![false; self.facts.len()];
        for target in self.import_targets.iter().flatten() {
            if let Target::Module(module) = target {
                is_imported[module.file.index()] = true;
            }
        }
        let mut is_client = |file: FileId| {
            let path = &inputs.project.files[file.index()].path;
            let mut is_other =
                || name_hints(inputs.project, path, &inputs.rulebook.names, &mut folders).first().is_some_and(|hint| is_ambient(hint.role));
            self.client_package(file, &inputs.rulebook.names, &mut clients).is_some_and(|client| client.role == Role::Frontend)
                && (inputs.configured)(path).is_empty()
                && !is_other()
        };
        let may_be = |&file: &FileId| !self.spared.file(file) && (is_imported[file.index()] && self.has_jsx(file) || is_client(file));
        let mut components: FxHashSet<FileId> = files().filter(may_be).collect();
        // Whoever is imported from elsewhere is none, and what that imports neither.
        let mut others: Vec<FileId> = files().filter(|file| !self.spared.file(*file) && !components.contains(file)).collect();
        while let Some(file) = others.pop() {
            for target in &self.import_targets[file.index()] {
                if let Target::Module(module) = target
                    && components.remove(&module.file)
                {
                    others.push(module.file);
                }
            }
        }
        self.spared = Spared::new(files().map(|file| self.spared.file(file) || components.contains(&file)).collect());
    }
}
