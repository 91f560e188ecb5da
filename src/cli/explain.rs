//! `archcheck explain ID`: a rule's page.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;

use super::target::target;
use super::{draw_config_errors, unknown_rule};
use crate::engine::add_own_rules;
use crate::model::rule::{Profile, Rule};
use crate::rulebook::Rulebook;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The rule's id, as findings show it
    #[arg(value_name = "RULE")]
    id: String,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut book = Rulebook::built_in();
    draw_config_errors(&add_own_rules(&target(&[])?.root, &mut book));
    let rule = book.rule(&arguments.id).ok_or_else(|| unknown_rule(&arguments.id, "rule", book.rules.iter().map(|rule| &*rule.id)))?;
    io::stdout().lock().write_all(page(rule).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn page(rule: &Rule) -> String {
    let mut text = format!("# {}\n\n{}\n\n", rule.id, rule.title);
    let profile = if rule.profile == Profile::Strict { ", only in the strict profile" } else { "" };
    text += &format!("{} · {}{profile} · precision {}\n", rule.category, rule.level.name(), rule.precision);
    if !rule.tags.is_empty() {
        text += &format!("{}\n", rule.tags.join(", "));
    }
    text += &format!("\n{}\n", rule.markdown.trim_end());
    if !rule.help.is_empty() {
        text += "\n## How to mend it\n\n";
        for (framework, help) in &rule.help {
            let whom = if framework == "default" { String::new() } else { format!("{framework}: ") };
            text += &format!("- {whom}{}\n", help.trim());
        }
    }
    if !rule.options.is_empty() {
        text += &format!("\n## Options\n\n```toml\n[options.{}]\n", rule.id);
        for (name, value) in &rule.options {
            text += &format!("{name} = {value}\n");
        }
        text += "```\n";
    }
    text
}
