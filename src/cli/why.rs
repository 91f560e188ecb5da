//! `archcheck why A B`: the shortest chains by which one thing depends on another.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::graph::{Kind, unknown};
use super::refused;
use super::target::folder;
use crate::engine::{Engine, Options};
use crate::report::graph::why;
use crate::view;

/// Chains shown with `--all`: enough for people and programs, few enough to end.
const ALL: usize = 100;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Where the chain begins: a file, folder, part, role, module or definition (or the end of its name)
    #[arg(value_name = "A")]
    from: String,
    /// Where it ends; also a package outside the project
    #[arg(value_name = "B")]
    to: String,
    /// What the links of the chain are
    #[arg(long, default_value = "imports")]
    kind: Kind,
    /// Show so many chains, the shortest first
    #[arg(long, short = 'n', value_name = "N", default_value_t = 1)]
    chains: usize,
    /// Show every chain (a hundred at most), the shortest first
    #[arg(long, conflicts_with = "chains")]
    all: bool,
    /// How to write it
    #[arg(long, short, default_value = "human")]
    format: Format,
    /// The folder of the project
    #[arg(long, value_name = "PATH", default_value = ".")]
    root: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
}

/// Status 0 when there is a chain, 1 when there is none, 2 when a word names nothing.
pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let root = folder(&arguments.root)?;
    let (engine, _) = Engine::open(&root, Options::default());
    if let Some(status) = refused(&engine) {
        return Ok(status);
    }
    let view = engine.view(arguments.kind.relation());
    let (from, to) = (view::find(&view, &arguments.from).map_err(unknown)?, view::find(&view, &arguments.to).map_err(unknown)?);
    let count = if arguments.all { ALL } else { arguments.chains.clamp(1, ALL) };
    let chains = view::why(&view, &from, &to, count);
    let question = why::Question { from: &arguments.from, to: &arguments.to, relation: arguments.kind.relation() };
    let mut out = BufWriter::new(io::stdout().lock());
    match arguments.format {
        Format::Human => why::human(&question, &chains.chains, chains.only_types, &mut out)?,
        Format::Json => why::json(&question, &chains.chains, chains.only_types, &mut out)?,
    }
    out.flush()?;
    Ok(if chains.chains.is_empty() { ExitCode::from(1) } else { ExitCode::SUCCESS })
}
