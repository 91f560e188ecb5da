//! `archcheck rules`: the catalogue.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;

use super::draw_config_errors;
use super::target::target;
use crate::engine::add_own_rules;
use crate::model::rule::{Profile, Rule};
use crate::rulebook::Rulebook;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut book = Rulebook::built_in();
    draw_config_errors(&add_own_rules(&target(&[])?.root, &mut book));
    let mut rules: Vec<&Rule> = book.rules.iter().collect();
    rules.sort_by(|a, b| (&a.category, &a.id).cmp(&(&b.category, &b.id)));
    let mut out = io::stdout().lock();
    if arguments.json {
        let list: Vec<serde_json::Value> = rules.iter().map(|rule| as_json(rule)).collect();
        serde_json::to_writer_pretty(&mut out, &list)?;
        writeln!(out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut category = "";
    for rule in rules {
        if *rule.category != *category {
            let gap = if category.is_empty() { "" } else { "\n" };
            writeln!(out, "{gap}{}", rule.category)?;
            category = &rule.category;
        }
        let strict = if rule.profile == Profile::Strict { " (strict)" } else { "" };
        writeln!(out, "  {:<28} {:<8} {}{strict}", rule.id, rule.level.name(), rule.title)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(rule: &Rule) -> serde_json::Value {
    serde_json::json!({
        "id": &*rule.id,
        "category": &*rule.category,
        "level": rule.level,
        "profile": rule.profile,
        "precision": rule.precision,
        "title": rule.title,
        "tags": rule.tags,
        "options": rule.options,
    })
}
