//! `archcheck ask PATH` and `archcheck context`: what somebody, or an agent, should know before changing code.

use std::io::{self, BufWriter, Write};
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::cache::Caching;
use super::target::{project_of, today};
use super::{UsageError, refused};
use crate::engine::{Engine, Options};
use crate::report::briefing::{self, Answer, RuleLine};

#[derive(Args, Debug)]
pub(super) struct Ask {
    /// A file, a folder, or a file that is to be written
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// How to write it
    #[arg(long, short, default_value = "human")]
    format: Format,
    #[command(flatten)]
    caching: Caching,
}

#[derive(Args, Debug)]
pub(super) struct Context {
    /// The project
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    #[command(flatten)]
    caching: Caching,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
}

pub(super) fn ask(arguments: Ask) -> anyhow::Result<ExitCode> {
    let path = absolute(&arguments.path)?;
    let root = project_of(&path);
    let asked =
        relative(&path, &root).ok_or_else(|| UsageError::new(format!("`{}` has a name that is not Unicode", arguments.path.display())))?;
    let (mut engine, _) = Engine::open(
        &root,
        Options {
            paths: vec![asked.clone()].into_iter().filter(|path| !path.is_empty()).collect(),
            today: Some(today()),
            cache: arguments.caching.place(),
            store: arguments.caching.store(),
            ..Options::default()
        },
    );
    if let Some(status) = refused(&engine) {
        return Ok(status);
    }
    let outcome = engine.check();
    if let Some(status) = refused(&engine) {
        return Ok(status);
    }
    let Some(briefing) = engine.briefing(&asked) else {
        let error = UsageError::new(format!("`{}` is no source file, and there is none near it", arguments.path.display()));
        return Err(error
            .help("files that are generated, vendored or ignored are not analysed: `archcheck --statistics` counts them")
            .into());
    };
    let answer = Answer::new(briefing, &outcome, &engine.rules_on(), &engine);
    let mut out = BufWriter::new(io::stdout().lock());
    match arguments.format {
        Format::Human => briefing::human(&answer, &mut out)?,
        Format::Json => briefing::json(&answer, &mut out)?,
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn context(arguments: Context) -> anyhow::Result<ExitCode> {
    let root = project_of(&absolute(&arguments.path)?);
    let (engine, _) =
        Engine::open(&root, Options { cache: arguments.caching.place(), store: arguments.caching.store(), ..Options::default() });
    if let Some(status) = refused(&engine) {
        return Ok(status);
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let rules: Vec<RuleLine> = engine.rules_on().iter().map(RuleLine::of).collect();
    briefing::context(&engine.guide(), &engine.stack(), &rules, &mut out)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The path from the top of the file system, also of a file that is not there: as far as it is there, links are followed.
fn absolute(path: &Path) -> Result<PathBuf, UsageError> {
    let wrong = |error: io::Error| UsageError::new(format!("cannot read `{}`: {error}", path.display()));
    let mut found = std::path::absolute(path).map_err(wrong)?;
    let mut missing = Vec::new();
    loop {
        match found.canonicalize() {
            Ok(there) => {
                found = there;
                break;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && found.file_name().is_some() => {
                missing.extend(found.file_name().map(|name| name.to_owned()));
                found.pop();
            }
            Err(error) => return Err(wrong(error)),
        }
    }
    found.extend(missing.into_iter().rev());
    Ok(found)
}

fn relative(path: &Path, root: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path
        .strip_prefix(root)
        .ok()?
        .components()
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    Some(parts?.join("/"))
}
