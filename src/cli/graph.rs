//! `archcheck graph [PATH]`: who imports whom, who calls whom.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::target::folder;
use crate::engine::{Engine, Options};
use crate::model::view::Relation;
use crate::report::graph;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The folder to look at; names are relative to it
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// What the edges are
    #[arg(long, default_value = "imports")]
    kind: Kind,
    /// How to write the graph
    #[arg(long, short, default_value = "json")]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Kind {
    Imports,
    Calls,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Json,
}

impl Kind {
    pub(super) fn relation(self) -> Relation {
        match self {
            Kind::Imports => Relation::Imports,
            Kind::Calls => Relation::Calls,
        }
    }
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let root = folder(&arguments.path)?;
    let (engine, _) = Engine::open(&root, Options::default());
    let view = engine.view(arguments.kind.relation());
    let mut out = BufWriter::new(io::stdout().lock());
    match arguments.format {
        Format::Json => graph::json::write(&view, &mut out)?,
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
