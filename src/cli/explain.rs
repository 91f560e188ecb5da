//! `archcheck explain ID`: a rule's page.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;

use super::target::target;
use super::{draw_config_errors, unknown_rule};
use crate::engine::add_own_rules;
use crate::report::page;
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
