//! `archcheck test [RULE…]`: run the examples of the project's own rules.
//!
//! Each example is laid out in a temporary folder together with the rules below `.archcheck/` and checked there; marks and findings must agree both ways.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::git::Scratch;
use super::target::target;
use super::{UsageError, draw_config_errors, unknown_rule};
use crate::config::own;
use crate::engine::{BaselineMode, Engine, Options, add_own_rules};
use crate::model::finding::Finding;
use crate::model::rule::{Example, Profile, Rule};
use crate::model::source::LineIndex;
use crate::rulebook::{Rulebook, marks};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Rules to test [default: all below `.archcheck/rules`]
    #[arg(value_name = "RULE")]
    rules: Vec<String>,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let root = target(&[])?.root;
    let (files, _) = own::load(&root);
    let mut book = Rulebook::built_in();
    let errors = add_own_rules(&root, &mut book);
    if !errors.is_empty() {
        draw_config_errors(&errors);
        return Ok(ExitCode::from(2));
    }
    let pages: Vec<(&str, &Rule)> =
        files.iter().filter_map(|(path, _)| Some((path.as_str(), book.rule(path.rsplit('/').next()?.strip_suffix(".md")?)?))).collect();
    if pages.is_empty() {
        return Err(UsageError::new("this project has no rules of its own").help("`archcheck new rule my-rule` writes the first").into());
    }
    if let Some(word) = arguments.rules.iter().find(|word| !pages.iter().any(|(_, rule)| *rule.id == ***word)) {
        return Err(unknown_rule(word, "rule of this project", pages.iter().map(|(_, rule)| &*rule.id)).into());
    }
    let chosen = pages.iter().filter(|(_, rule)| arguments.rules.is_empty() || arguments.rules.iter().any(|word| **word == *rule.id));
    let mut out = io::stdout().lock();
    let mut failed = false;
    for (path, rule) in chosen {
        let mut failures = String::new();
        let examples = rule.examples();
        for example in &examples {
            failures.push_str(&marks::compare(path, example, Some(&rule.id), findings(&files, rule, example)?));
        }
        let marked = examples
            .iter()
            .flat_map(|example| &example.files)
            .any(|file| file.text.lines().any(|line| marks::mark(line, "expect").is_some()));
        if !marked {
            failures.push_str(&format!(
                "{path}: no example has a finding: mark a line with `# expect: {}` or `// expect: {}`\n",
                rule.id, rule.id
            ));
        }
        let examples = crate::report::plural(examples.len(), "example");
        writeln!(out, "{} {} ({examples})", if failures.is_empty() { "ok    " } else { "FAILED" }, rule.id)?;
        write!(out, "{failures}")?;
        failed |= !failures.is_empty();
    }
    Ok(if failed { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// The findings of an example, with path and one-based line.
fn findings(own: &[own::OwnFile], rule: &Rule, example: &Example) -> anyhow::Result<Vec<(String, u32, Finding)>> {
    let scratch = Scratch::new()?;
    let root = scratch.tree();
    let rules = own.iter().map(|(path, text)| (path.as_str(), text.clone()));
    let examples = example.files.iter().map(|file| (file.path.as_str(), Arc::from(file.text.as_str())));
    for (path, text) in rules.chain(examples) {
        write_below(&root, path, &text)?;
    }
    let options =
        Options { profile: Some(Profile::Strict), select: vec![rule.id.to_string()], baseline: BaselineMode::Off, ..Options::default() };
    let (mut engine, _) = Engine::open(&root, options);
    let place = |finding: Finding| {
        let path = finding.primary.location.path.to_string();
        let text = example.files.iter().find(|file| file.path == path).map_or("", |file| &file.text);
        let line = LineIndex::new(text).line(finding.primary.location.span.start) + 1;
        (path, line, finding)
    };
    Ok(engine.check().reported.into_iter().map(place).collect())
}

/// Writes a file of an example. One that points out of the folder is left out.
fn write_below(root: &Path, path: &str, text: &str) -> io::Result<()> {
    let relative = PathBuf::from(path);
    if relative.components().any(|part| !matches!(part, std::path::Component::Normal(_))) {
        return Err(io::Error::other(format!("the example's path `{path}` leads out of its folder")));
    }
    let path = root.join(relative);
    std::fs::create_dir_all(path.parent().unwrap_or(root))?;
    std::fs::write(path, text)
}
