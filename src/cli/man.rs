//! `archcheck man [FOLDER]`: the manual pages, made of the same texts as `--help`.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Write one page a command into this folder, instead of the first page to standard output
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut command = super::CommandLine::command();
    // Gives the parts their full names, `archcheck-why`.
    command.build();
    let Some(folder) = arguments.folder else {
        io::stdout().lock().write_all(&page(&command)?)?;
        return Ok(ExitCode::SUCCESS);
    };
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    for part in std::iter::once(&command).chain(command.get_subcommands().filter(|part| !part.is_hide_set())) {
        let file = folder.join(format!("{}.1", name(part)));
        fs::write(&file, page(part)?).with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// A page in roff. No date: the same version makes the same bytes.
fn page(command: &Command) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let man = Man::new(command.clone()).title(name(command).to_uppercase());
    man.source(concat!("archcheck ", env!("CARGO_PKG_VERSION"))).render(&mut out)?;
    Ok(out)
}
