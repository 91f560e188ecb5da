//! `--no-cache`, `--cache-dir` and `--facts`, and `archcheck facts`: what runs and machines take from each other.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use clap::builder::FalseyValueParser;

use super::check::{ProfileName, words};
use super::target::{Target, target};
use super::{UsageError, refused};
use crate::cache::{self, Place};
use crate::engine::{Engine, Options, Shard};
use crate::report::clean_line;

/// What commands that look at a whole project say of the cache.
#[derive(Args, Debug)]
#[command(next_help_heading = "Cache")]
pub(super) struct Caching {
    /// Keep nothing between runs, and take nothing from earlier ones
    #[arg(long, env = "ARCHCHECK_NO_CACHE", value_parser = FalseyValueParser::new())]
    no_cache: bool,
    /// Where to keep what later runs can take up [default: `.archcheck-cache` in the project's root]
    #[arg(long, value_name = "FOLDER", env = "ARCHCHECK_CACHE_DIR")]
    cache_dir: Option<PathBuf>,
    #[command(flatten)]
    sharing: Sharing,
}

/// What commands that lower files say of a store that machines share.
#[derive(Args, Debug)]
pub(super) struct Sharing {
    /// Also take facts from a store that machines share, and keep them there: `s3://bucket/folder`, `gcs://bucket/folder`, `redis://host:6379/0` or `file:///folder`
    #[arg(long, value_name = "URL", env = "ARCHCHECK_CACHE_STORE", hide_env_values = true, hide = cfg!(not(feature = "remote-store")))]
    cache_store: Option<String>,
}

impl Sharing {
    /// The address; an empty one is none, so that a variable can switch it off.
    pub(super) fn store(&self) -> Option<String> {
        self.cache_store.clone().filter(|address| !address.trim().is_empty())
    }
}

impl Caching {
    pub(super) fn store(&self) -> Option<String> {
        self.sharing.store().filter(|_| !self.no_cache)
    }

    pub(super) fn place(&self) -> Option<Place> {
        match (self.no_cache, &self.cache_dir) {
            (true, _) => None,
            (false, Some(folder)) => Some(Place::Named(folder.clone())),
            (false, None) => Some(Place::Root),
        }
    }
}

/// Says on standard error what is wrong with the cache: slower than it could be, but nothing is missing.
pub(super) fn tell(engine: &Engine) {
    let mut stderr = io::stderr().lock();
    for trouble in engine.cache_troubles() {
        // When standard error is gone there is nobody left to tell.
        let _ = writeln!(stderr, "note: {}", clean_line(trouble));
    }
}

/// The files of facts that these names mean: each a file, or a folder that holds some.
pub(super) fn packs(names: &[PathBuf]) -> Result<Vec<PathBuf>, UsageError> {
    let mut packs = Vec::new();
    for name in names {
        let wrong = |error: io::Error| UsageError::new(format!("cannot read `{}`: {error}", name.display()));
        if !name.metadata().map_err(wrong)?.is_dir() {
            packs.push(name.clone());
            continue;
        }
        let entries = std::fs::read_dir(name).map_err(wrong)?;
        let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| cache::is_pack(path)).collect();
        if found.is_empty() {
            let wrong = UsageError::new(format!("`{}` holds no file of facts", name.display()));
            return Err(wrong.help("`archcheck facts --shard 1/4 --output FILE` makes one"));
        }
        found.sort();
        packs.extend(found);
    }
    Ok(packs)
}

#[derive(Args, Debug)]
pub(super) struct Facts {
    /// The project
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Which part of the files: the second of four is `2/4`
    #[arg(long, value_name = "K/N", default_value = "1/1", value_parser = shard)]
    shard: Shard,
    #[command(flatten)]
    sharing: Sharing,
    /// The file to write [default: archcheck-facts-K-of-N, and none with a store]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only these rules or categories, as in the run that takes the facts
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// Not these rules or categories, as in the run that takes the facts
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// The profile of the run that takes the facts
    #[arg(long)]
    profile: Option<ProfileName>,
    /// A configuration file instead of the project's `archcheck.toml`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Threads [default: one per processor]
    #[arg(long, short, alias = "threads", value_name = "N", default_value_t = 0, hide_default_value = true)]
    jobs: usize,
}

pub(super) fn facts(arguments: Facts) -> anyhow::Result<ExitCode> {
    let Target { root, .. } = target(std::slice::from_ref(&arguments.path))?;
    let options = Options {
        config: arguments.config,
        profile: arguments.profile.map(ProfileName::profile),
        select: words(&arguments.select),
        ignore: words(&arguments.ignore),
        jobs: arguments.jobs,
        store: arguments.sharing.store(),
        ..Options::default()
    };
    let stored = options.store.is_some();
    let (engine, facts) = Engine::facts_of(&root, options, arguments.shard);
    if let Some(status) = refused(&engine) {
        return Ok(status);
    }
    tell(&engine);
    let (pack, files) = facts.unwrap_or_default();
    if stored && arguments.output.is_none() {
        writeln!(io::stderr().lock(), "the facts of {files} files are for the store")?;
        return Ok(ExitCode::SUCCESS);
    }
    let Shard { number, of } = arguments.shard;
    let output = arguments.output.unwrap_or_else(|| PathBuf::from(format!("archcheck-facts-{number}-of-{of}")));
    write(&output, &pack).with_context(|| format!("cannot write `{}`", output.display()))?;
    writeln!(io::stderr().lock(), "wrote the facts of {files} files to `{}`", clean_line(&output.display().to_string()))?;
    Ok(ExitCode::SUCCESS)
}

fn write(output: &Path, pack: &[u8]) -> io::Result<()> {
    match output == Path::new("-") {
        true => io::stdout().lock().write_all(pack),
        false => std::fs::write(output, pack),
    }
}

fn shard(text: &str) -> Result<Shard, String> {
    Shard::parse(text).ok_or_else(|| "write the second part of four as 2/4".to_string())
}
