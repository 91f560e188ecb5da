//! `archcheck prove [PATH]`: for each line of the contract, an edge that breaks it, and whether it is found.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::cache::Caching;
use super::refused;
use super::target::{target, today};
use crate::check::contract::Proof;
use crate::engine::{Engine, Options};
use crate::report::clean_line;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The folder of the project [default: the current folder]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// A configuration file instead of the project's `archcheck.toml`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    caching: Caching,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let target = target(&arguments.paths)?;
    let (engine, _) = Engine::open(
        &target.root,
        Options {
            config: arguments.config,
            today: Some(today()),
            cache: arguments.caching.place(),
            store: arguments.caching.store(),
            ..Options::default()
        },
    );
    if let Some(status) = refused(&engine) {
        return Ok(status);
    }
    let proofs = engine.prove();
    let mut out = io::stdout().lock();
    if proofs.is_empty() {
        writeln!(out, "nothing to prove: no order, rule or front door is stated; `archcheck init` writes some")?;
    }
    for proof in &proofs {
        writeln!(out, "{}", line(proof))?;
    }
    let is_proven = |proof: &Proof| proof.fires || proof.none_yet;
    Ok(if proofs.iter().all(is_proven) { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// `fires  rule one-door: src/a.py → sqlalchemy`.
fn line(proof: &Proof) -> String {
    let word = match (proof.fires, proof.none_yet) {
        (true, _) => "fires",
        (false, true) => "later",
        (false, false) => "SILENT",
    };
    let edge = match proof.edge.as_str() {
        "" => "no edge can break it".to_string(),
        edge => clean_line(edge).into_owned(),
    };
    let more = if proof.tried > 1 { format!(" (and {} other pairs)", proof.tried - 1) } else { String::new() };
    let more = if proof.fires { more.as_str() } else { "" };
    format!("{word:<7} {:<10} {:<28} {edge}{more}", proof.kind, clean_line(&proof.name))
}
