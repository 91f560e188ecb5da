//! Which code the rules about data access judge.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::loading::Callers;
use crate::model::facts::{DefId, FileFacts};
use crate::model::program::Program;
use crate::model::role::{GlobalDef, Role};
use crate::model::source::FileId;
use crate::model::words::words;
use crate::rulebook::vocabulary::vocabulary;

/// Tests, migrations, scripts and code for browsers are out.
pub(super) fn in_scope(program: &Program, function: GlobalDef) -> bool {
    let out = [Role::Test, Role::Migration, Role::Script, Role::Frontend];
    !program.is_any(function, &out) && !holds_samples(program.path(function.file))
}

/// Which files the rules about upkeep judge: written code that does not run in a browser, scripts among it.
pub(super) fn is_kept_up(program: &Program, file: FileId) -> bool {
    is_kept_up_or_frontend(program, file) && !program.is(GlobalDef { file, def: DefId::MODULE }, Role::Frontend)
}

/// As [`is_kept_up`], with code for browsers: for rules about the graph.
pub(super) fn is_kept_up_or_frontend(program: &Program, file: FileId) -> bool {
    let module = GlobalDef { file, def: DefId::MODULE };
    let path = program.path(file);
    let is_declaration = path.ends_with(".pyi") || [".d.ts", ".d.mts", ".d.cts"].iter().any(|end| path.ends_with(end));
    !is_declaration && !program.is_any(module, &[Role::Test, Role::Migration]) && !holds_samples(path)
}

/// Command-line tools and one-off scripts.
pub(super) fn is_script(program: &Program, file: FileId) -> bool {
    program.is(GlobalDef { file, def: DefId::MODULE }, Role::Script)
}

/// Programs that somebody starts by hand, and can stop: command lines, tools of developers, files that nothing can import.
pub(super) fn is_tool(program: &Program, owner: GlobalDef) -> bool {
    let path = program.path(owner.file);
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    // What only pipelines run, and what lies beside the program.
    let tools = [".github/", ".gitlab/", "extra/", "contrib/"].iter().any(|start| path.starts_with(start))
        || below_example(program, path, folders)
            .split('/')
            .any(|folder| words(folder).iter().any(|word| vocabulary().audience.tools.has(word)));
    // Elsewhere commands may be those of a bus.
    let tools = tools || path.ends_with(".rs") && folders.split('/').any(|folder| vocabulary().audience.commands.has(folder));
    program.is(owner, Role::Script)
        || tools
        || holds_samples(path)
        || is_run_alone(program, owner.file)
        || is_for_looking(program, owner.file)
        || name.ends_with(".py") && name.contains('-')
}

/// Rust: an example that is a package of its own is a whole application: only what lies below its folder says what a file is for.
fn below_example<'a>(program: &Program, path: &str, folders: &'a str) -> &'a str {
    if !path.ends_with(".rs") || !folders.split('/').any(|folder| folder == "examples") {
        return folders;
    }
    let root = program.project.package_of(path).map_or("", |at| program.project.packages[at].root.as_str());
    let is_example = root.split('/').any(|folder| folder == "examples");
    if is_example { folders.strip_prefix(root).unwrap_or(folders) } else { folders }
}

/// Python that reads its command line and starts itself, in a folder of helpers: `utils/import/bulk.py`.
fn is_run_alone(program: &Program, file: FileId) -> bool {
    let facts = program.file(file);
    program.path(file).split('/').next().is_some_and(|folder| vocabulary().audience.run_alone.has(folder))
        && program.path(file).ends_with(".py")
        && facts.names.may_hold("__main__")
}

/// What somebody runs to see what is wrong: `webhook-debug.js` beside a manifest, a Python file that starts itself and is called `store_diagnostic.py`.
fn is_for_looking(program: &Program, file: FileId) -> bool {
    let path = program.path(file);
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    let words = words(stem);
    let says = |wanted: &[&str]| words.len() > 1 && words.iter().any(|word| wanted.contains(&word.as_str()));
    let is_beside_manifest = || program.project.package_of(path).is_some_and(|at| program.project.packages[at].root == folder);
    match ending {
        "js" | "mjs" | "cjs" | "ts" => says(&["debug"]) && is_beside_manifest(),
        "py" => says(&["debug", "diagnostic", "diagnostics", "diagnose", "smoke"]) && program.file(file).names.may_hold("__main__"),
        _ => false,
    }
}

/// Seeds, fixtures, mocks, back-fills: by a folder's or the file's name.
fn holds_samples(path: &str) -> bool {
    // Asked for every function by many rules: most paths hold none of these letters in a row.
    static MAY_HOLD: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| letters(&["seed", "fix", "datacreator", "test", "mock", "backfill"]));
    if MAY_HOLD.as_ref().is_some_and(|letters| !letters.is_match(path)) {
        return false;
    }
    let samples = &vocabulary().audience.samples;
    // `mock-server/mock-server.service.ts`, `test-plans/test-plan.controller.ts`: what the program is about.
    let is_of_layer = path.rsplit('.').nth(1).is_some_and(|suffix| vocabulary().audience.suffixes_of_layers.has(suffix));
    let is_about = |part: &str| {
        let words = crate::model::words::words(part);
        is_of_layer && words.len() > 1 && words.last().is_some_and(|last| !samples.has(last))
    };
    let holds = |part: &str| samples.in_name(part) && !is_about(part);
    path.split('/').any(|part| holds(part.split('.').next().unwrap_or(part)))
}

/// A search for any of these, in whatever case; `None` where none can be made.
pub(super) fn letters(words: &[&str]) -> Option<AhoCorasick> {
    AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()
}

/// False when no name of the file holds what is searched for.
pub(super) fn may_name(facts: &FileFacts, letters: &Option<AhoCorasick>) -> bool {
    letters.as_ref().is_none_or(|letters| letters.is_match(facts.names.joined()))
}

/// The framework calls it before the first request, or all that calls it runs then.
pub(super) fn runs_at_start(program: &Program, callers: &Callers, function: GlobalDef) -> bool {
    let starts = |function: GlobalDef| vocabulary().lifetimes.hooks.has(program.name(function));
    let calls = callers.of_function(function);
    starts(function) || !calls.is_empty() && calls.iter().all(|call| starts(program.outermost(call.caller)))
}

/// Start-up code runs once per process.
pub(super) fn is_start_up(name: &str) -> bool {
    let words = words(name);
    words.first().is_some_and(|word| vocabulary().lifetimes.start_up.has(word))
        && (words.len() <= 2 || matches!(words[0].as_str(), "seed" | "migrate" | "backfill"))
        || words.iter().any(|word| matches!(word.as_str(), "startup" | "bootstrap"))
            && !words.first().is_some_and(|word| vocabulary().requests.readers.has(word))
        || words.len() == 2
            && matches!(words[0].as_str(), "load" | "read" | "init")
            && matches!(words[1].as_str(), "config" | "configuration" | "settings")
        || words.len() == 2
            && vocabulary().requests.builders.has(&words[0])
            && matches!(words[1].as_str(), "app" | "application" | "server")
}
