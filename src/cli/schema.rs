//! `archcheck schema`: the form of `archcheck.toml` as a JSON Schema, for editors.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;

#[derive(Args, Debug)]
pub(super) struct Arguments {}

pub(super) fn run(_: Arguments) -> anyhow::Result<ExitCode> {
    write!(io::stdout().lock(), "{}", crate::config::schema::schema())?;
    Ok(ExitCode::SUCCESS)
}
