//! `archcheck graph [PATH]`: who imports whom, who calls whom; as data or as a picture.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use super::target::{folder, today};
use super::{UsageError, refused};
use crate::engine::{Engine, Options};
use crate::model::view::{Level, Picture, Relation, View};
use crate::report::graph;
use crate::view::{self, Choice, Found, Unknown};

/// Boxes of a picture unless the user says otherwise.
const BOXES: usize = 40;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The folder to look at; names and paths are relative to it
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// What the arrows are
    #[arg(long, default_value = "imports")]
    kind: Kind,
    /// How to write it [default: by the name of the output file, else json]
    #[arg(long, short)]
    format: Option<Format>,
    /// What a box is [default: json has files, or functions for calls; pictures have what fits]
    #[arg(long)]
    level: Option<LevelName>,
    /// Only this file, folder, part, role or name, and its neighbours
    #[arg(long, value_name = "PATH")]
    focus: Option<String>,
    /// Only what reaches this file, folder, part, role or name
    #[arg(long, value_name = "PATH")]
    reaches: Option<String>,
    /// Tests too (always in json of files and functions)
    #[arg(long)]
    tests: bool,
    /// Packages outside the project too (always in json of files and functions)
    #[arg(long)]
    external: bool,
    /// Boxes a picture may have
    #[arg(long, value_name = "N", default_value_t = BOXES, value_parser = boxes)]
    boxes: usize,
    /// Write to a file
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// A configuration file instead of the folder's `archcheck.toml`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Kind {
    Imports,
    Calls,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Every node and every edge with its line; for programs.
    Json,
    /// Graphviz.
    Dot,
    /// For Markdown: GitHub and GitLab draw it.
    Mermaid,
    /// A picture, drawn without help from another program.
    Svg,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LevelName {
    Function,
    File,
    /// Folders.
    Package,
    /// Parts of `archcheck.toml`, or roles where there are none.
    Layer,
}

impl Kind {
    pub(super) fn relation(self) -> Relation {
        match self {
            Kind::Imports => Relation::Imports,
            Kind::Calls => Relation::Calls,
        }
    }
}

impl LevelName {
    fn level(self) -> Level {
        match self {
            LevelName::Function => Level::Function,
            LevelName::File => Level::File,
            LevelName::Package => Level::Package,
            LevelName::Layer => Level::Layer,
        }
    }
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let format = format(&arguments);
    let relation = arguments.kind.relation();
    if relation == Relation::Imports && arguments.level == Some(LevelName::Function) {
        return Err(UsageError::new("imports are between files: `--level function` is for `--kind calls`").into());
    }
    let root = folder(&arguments.path)?;
    let (engine, _) = Engine::open(&root, Options { config: arguments.config.clone(), today: Some(today()), ..Options::default() });
    if let Some(status) = refused(&engine) {
        return Ok(status);
    }
    let view = engine.view(relation);
    let finest = if relation == Relation::Calls { LevelName::Function } else { LevelName::File };
    let is_whole = format == Format::Json && arguments.level.is_none_or(|level| level == finest);
    let found = |word: &Option<String>| word.as_deref().map(|word| view::find(&view, word).map_err(unknown)).transpose();
    let choice = Choice {
        tests: arguments.tests || is_whole,
        external: arguments.external || is_whole,
        focus: found(&arguments.focus)?,
        reaches: found(&arguments.reaches)?,
    };
    let asked: BTreeSet<String> =
        choice.focus.iter().flat_map(|found: &Found| &found.nodes).map(|&node| view.nodes[node as usize].id.clone()).collect();
    let view = view::narrow(&view, &choice);
    let mut out: Box<dyn Write> = match &arguments.output {
        Some(path) => Box::new(File::create(path).with_context(|| format!("cannot write `{}`", path.display()))?),
        None => Box::new(io::stdout().lock()),
    };
    let mut out = BufWriter::new(&mut out);
    if is_whole {
        graph::json::write(&view, &mut out)?;
    } else {
        write(&picture(&view, &arguments, format, &asked), format, &mut out)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn picture(view: &View, arguments: &Arguments, format: Format, asked: &BTreeSet<String>) -> Picture {
    // A program that asked for a level gets all of it.
    let limit = if format == Format::Json { usize::MAX } else { arguments.boxes };
    view::picture(view, arguments.level.map(LevelName::level), limit, asked)
}

fn write(picture: &Picture, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Json => graph::json::write_picture(picture, out),
        Format::Dot => graph::dot::write(picture, out),
        Format::Mermaid => graph::mermaid::write(picture, out),
        Format::Svg => graph::svg::write(picture, out),
    }
}

fn format(arguments: &Arguments) -> Format {
    let by_name = || match arguments.output.as_deref()?.extension()?.to_str()? {
        "svg" => Some(Format::Svg),
        "dot" | "gv" => Some(Format::Dot),
        "mmd" | "mermaid" => Some(Format::Mermaid),
        _ => None,
    };
    arguments.format.or_else(by_name).unwrap_or(Format::Json)
}

fn boxes(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 2..=200) => Ok(count),
        _ => Err("a number from 2 to 200".to_string()),
    }
}

/// "nothing is called `x`", with what was meant.
pub(super) fn unknown(unknown: Unknown) -> UsageError {
    let error = UsageError::new(format!("nothing here is called `{}`", unknown.word));
    match unknown.near {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help("name a file or folder, a part of archcheck.toml, a role, a module or a definition (or the end of its name)"),
    }
}
