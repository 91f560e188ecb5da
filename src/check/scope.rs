//! Which code the rules about data access judge.

use crate::model::program::Program;
use crate::model::role::{GlobalDef, Role};
use crate::model::words::words;

/// Tests, migrations, scripts and code for browsers are out.
pub(super) fn in_scope(program: &Program, function: GlobalDef) -> bool {
    let out = [Role::Test, Role::Migration, Role::Script, Role::Frontend];
    let seeds = |path: &str| {
        path.split('/').any(|part| {
            let stem = part.split('.').next().unwrap_or(part);
            words(stem).iter().any(|word| {
                matches!(
                    word.as_str(),
                    "seed"
                        | "seeds"
                        | "seeder"
                        | "seeders"
                        | "fixture"
                        | "fixtures"
                        | "datacreator"
                        | "test"
                        | "tests"
                        | "testing"
                        | "mock"
                        | "mocks"
                        | "fixes"
                        | "backfill"
                        | "backfills"
                )
            })
        })
    };
    !out.iter().any(|&role| program.is(function, role)) && !seeds(program.path(function.file))
}

/// Start-up code runs once per process.
pub(super) fn is_start_up(name: &str) -> bool {
    let words = words(name);
    let start = ["startup", "bootstrap", "lifespan", "main", "seed", "seeds", "migrate", "backfill", "populate", "init"];
    words.first().is_some_and(|word| start.contains(&word.as_str()))
        && (words.len() <= 2 || matches!(words[0].as_str(), "seed" | "migrate" | "backfill"))
        || words.iter().any(|word| matches!(word.as_str(), "startup" | "bootstrap"))
        || words.len() == 2
            && matches!(words[0].as_str(), "create" | "configure" | "build" | "make" | "setup" | "start")
            && matches!(words[1].as_str(), "app" | "application" | "server")
}
