//! `archcheck lsp`: starts the language server.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::Serve;
use super::target::today;
use crate::report::page;
use crate::rulebook::Rulebook;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Standard input and output; there is no other way, but editors say so
    #[arg(long, hide = true)]
    stdio: bool,
}

pub(super) fn run(_: Arguments, serve: Serve) -> anyhow::Result<ExitCode> {
    let polite = serve(today, pages()).map_err(anyhow::Error::msg)?;
    Ok(if polite { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A folder with the page of every built-in rule, written once for each version: editors open them. `None` where nothing can be written.
fn pages() -> Option<PathBuf> {
    let folder = cache_folder()?.join("archcheck").join(env!("CARGO_PKG_VERSION")).join("rules");
    std::fs::create_dir_all(&folder).ok()?;
    for rule in &Rulebook::built_in().rules {
        let (file, text) = (folder.join(format!("{}.md", rule.id)), page(rule));
        if std::fs::read_to_string(&file).is_ok_and(|there| there == text) {
            continue;
        }
        std::fs::write(&file, text).ok()?;
    }
    Some(folder)
}

/// Where the system keeps what can be made again.
fn cache_folder() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = |below: &str| Some(variable("HOME")?.join(below));
    let own = variable("XDG_CACHE_HOME").or_else(|| variable("LOCALAPPDATA"));
    own.or_else(|| if cfg!(target_os = "macos") { home("Library/Caches") } else { home(".cache") }).filter(|path| path != Path::new("/"))
}
