//! Which code is not looked into: what is a test by its path or the configuration, and modules for browsers. Tests within other files say so themselves.
//!
//! No rule that is built in judges such code, and nothing it judges runs it. What else tests say, of types that functions are given or of routes, is not what the
//! program does. Whoever draws the whole graph, or has rules of his own, asks for everything ([`Wants`](super::Wants)).

use super::Inputs;
use super::roles::name_hints;
use crate::model::role::Role;
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
