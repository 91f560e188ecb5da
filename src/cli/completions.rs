//! `archcheck completions SHELL`.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    shell: Shell,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    // Into memory first: the generator panics when its writer fails, and a closed pipe is no failure.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::CommandLine::command(), "archcheck", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}
