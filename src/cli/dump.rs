//! `archcheck dump STAGE PATH`: what a stage saw. The first tool for every bug; its output is for people and may change.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::UsageError;
use super::target::target;
use crate::discover;
use crate::engine::{self, Engine, FileStage, Options, ProgramStage};
use crate::model::finding::Location;
use crate::model::source::LineIndex;
use crate::report::Sources;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    stage: Stage,
    /// A file for `tree` and `facts`, a file or folder for the others
    #[arg(value_name = "PATH")]
    path: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Stage {
    /// Packages, files and what was left out.
    Project,
    /// The syntax tree of a file.
    Tree,
    /// What lowering made of a file.
    Facts,
    /// Modules, imports, calls, roles and routes.
    Program,
    /// What each function does.
    Summaries,
    /// What the checks said, before and after triage.
    Findings,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let text = match arguments.stage {
        Stage::Tree => file(&arguments.path, FileStage::Tree)?,
        Stage::Facts => file(&arguments.path, FileStage::Facts)?,
        Stage::Project => discover::render::render(open(&arguments.path)?.project()),
        Stage::Program => open(&arguments.path)?.dump(ProgramStage::Program),
        Stage::Summaries => open(&arguments.path)?.dump(ProgramStage::Summaries),
        Stage::Findings => findings(&mut open(&arguments.path)?),
    };
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn file(path: &std::path::Path, stage: FileStage) -> Result<String, UsageError> {
    if path.is_dir() {
        return Err(UsageError::new(format!("`{}` is a folder", path.display())).help("`dump tree` and `dump facts` show one file"));
    }
    engine::dump_file(path, stage).map_err(UsageError::new)
}

fn open(path: &std::path::Path) -> Result<Engine, UsageError> {
    let target = target(&[path.to_path_buf()])?;
    Ok(Engine::open(&target.root, Options { paths: target.shown, ..Options::default() }).0)
}

fn findings(engine: &mut Engine) -> String {
    let outcome = engine.check();
    let mut text = String::new();
    for finding in &outcome.reported {
        text += &format!("reported {finding:#?}\n  at {}\n", shown(engine, &finding.primary.location));
    }
    for suppressed in &outcome.suppressed {
        text += &format!("suppressed {suppressed:#?}\n  at {}\n", shown(engine, &suppressed.finding.primary.location));
    }
    for problem in &outcome.problems {
        text += &format!("problem {problem:?}\n");
    }
    text
}

fn shown(engine: &Engine, location: &Location) -> String {
    match engine.text(&location.path) {
        Some(text) => format!("{}:{}", location.path, LineIndex::new(&text).line(location.span.start) + 1),
        None => location.path.to_string(),
    }
}
