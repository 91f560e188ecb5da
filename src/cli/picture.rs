//! `archcheck picture [PATH]`: the architecture as one HTML page to look at and walk through.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use super::graph::Kind;
use super::refused;
use super::target::{folder, today};
use crate::engine::{Engine, Options};
use crate::report::graph::page::{self, Frame};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The folder to look at
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// The file to write; `-` for standard output
    #[arg(long, short, value_name = "FILE", default_value = "archcheck.html")]
    output: PathBuf,
    /// What the arrows are
    #[arg(long, default_value = "imports")]
    kind: Kind,
    /// Where a place leads when it is clicked: an address with `{path}` and `{line}`, as in `https://example.org/blob/main/{path}#L{line}`
    #[arg(long, value_name = "ADDRESS", default_value = "", hide_default_value = true)]
    links: String,
    /// The heading [default: the folder's name]
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// A configuration file instead of the folder's `archcheck.toml`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let root = folder(&arguments.path)?;
    let (mut engine, _) = Engine::open(&root, Options { config: arguments.config.clone(), today: Some(today()), ..Options::default() });
    if let Some(status) = refused(&engine) {
        return Ok(status);
    }
    let outcome = engine.check();
    if let Some(status) = refused(&engine) {
        return Ok(status);
    }
    let atlas = engine.atlas(arguments.kind.relation());
    let folder_name = || root.file_name().map_or_else(|| "project".to_string(), |name| name.to_string_lossy().into_owned());
    let title = arguments.title.unwrap_or_else(folder_name);
    let frame = Frame { title: &title, links: &arguments.links };
    if arguments.output.as_os_str() == "-" {
        let mut out = BufWriter::new(io::stdout().lock());
        page::write(&frame, &atlas, &outcome, &engine, &mut out)?;
        out.flush()?;
    } else {
        let shown = arguments.output.display();
        let mut out = BufWriter::new(File::create(&arguments.output).with_context(|| format!("cannot write `{shown}`"))?);
        page::write(&frame, &atlas, &outcome, &engine, &mut out)?;
        out.flush()?;
        writeln!(io::stderr(), "wrote {shown}: open it in a browser")?;
    }
    Ok(ExitCode::SUCCESS)
}
