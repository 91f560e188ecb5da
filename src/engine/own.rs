//! The user's own rules: read, put into the rulebook, their queries tried on the grammars.

use std::path::Path;
use std::sync::Arc;

use crate::config::own::{self, OwnFile};
use crate::config::{self, ConfigError};
use crate::lower::queries::{self, Queries};
use crate::model::rule::{Rule, RuleKind};
use crate::rulebook::{LoadError, Rulebook};

/// Adds the rules below `.archcheck/` of a root to the rulebook. What is wrong in them is told, and left out.
pub fn add_own_rules(root: &Path, book: &mut Rulebook) -> Vec<ConfigError> {
    let (files, mut errors) = own::load(root);
    errors.extend(add(&files, book));
    errors
}

/// Adds own rules that were read.
pub(super) fn add(files: &[OwnFile], book: &mut Rulebook) -> Vec<ConfigError> {
    let mut errors = Vec::new();
    for (path, text) in files {
        let added = if path.ends_with(".md") { book.add_page(path, text) } else { book.add_query(path, text) };
        errors.extend(added.err().unwrap_or_default().into_iter().map(|error| located(files, error)));
    }
    let is_own = |path: &str| files.iter().any(|(own, _)| own == path);
    for rule in &book.rules {
        for query in rule.queries.iter().filter(|query| is_own(&query.file)) {
            errors.extend(queries::wrong(query).map(|wrong| {
                let text = files.iter().find(|(path, _)| **path == *wrong.file).map_or("", |(_, text)| text);
                let line = 1 + text.as_bytes().get(..wrong.at).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count() as u32;
                own::at_line(&wrong.file, text, Some(line), wrong.message, Some(wrong.help))
            }));
        }
    }
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".md")) {
        let stem = path.rsplit('/').next().and_then(|name| name.strip_suffix(".md")).unwrap_or_default();
        let empty = book.rule(stem).is_some_and(|rule| rule.kind == RuleKind::Query && rule.queries.is_empty());
        if empty {
            let help = format!("write it in a block ```` ```query python ````, or in `.archcheck/queries/python/{stem}.scm`");
            errors.push(own::at_line(path, text, Some(1), format!("the rule `{stem}` is a query, but has none"), Some(help)));
        }
    }
    errors
}

fn located(files: &[OwnFile], error: LoadError) -> ConfigError {
    let text = files.iter().find(|(path, _)| *path == error.file).map_or("", |(_, text)| text);
    config::own::at_line(&error.file, text, error.line, error.message, error.help)
}

/// The queries of the rules that are on.
pub(super) fn queries_of(rules: &[Rule], is_on: impl Fn(&Rule) -> bool) -> Arc<Queries> {
    let on = rules.iter().filter(|rule| rule.kind == RuleKind::Query && is_on(rule));
    Arc::new(Queries::new(on.flat_map(|rule| rule.queries.iter().map(|query| (rule.id.clone(), query.clone()))).collect()))
}
