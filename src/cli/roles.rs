//! `archcheck roles [PATH]`: what each file and definition is, with the evidence.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::UsageError;
use super::cache::Caching;
use super::target::target;
use crate::engine::{Engine, Options, RoleRow};
use crate::model::role::Role;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Files and folders [default: the current folder]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only this role (repeatable)
    #[arg(long, value_name = "ROLE")]
    role: Vec<String>,
    #[command(flatten)]
    caching: Caching,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut wanted = Vec::new();
    for word in &arguments.role {
        let known = Role::ALL.map(Role::name);
        wanted.push(Role::from_name(word).ok_or_else(|| {
            let help = crate::config::did_you_mean(word, known)
                .map_or_else(|| format!("the roles are {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
            UsageError::new(format!("unknown role `{word}`")).help(help)
        })?);
    }
    let target = target(&arguments.paths)?;
    let (engine, _) = Engine::open(
        &target.root,
        Options { paths: target.shown, cache: arguments.caching.place(), store: arguments.caching.store(), ..Options::default() },
    );
    let rows = engine.roles();
    let mut out = io::stdout().lock();
    for row in rows.iter().filter(|row| wanted.is_empty() || wanted.contains(&row.role)) {
        writeln!(out, "{}", shown(row))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `app/api/users.py:12 create_user  router  framework: registered with fastapi.APIRouter.post`.
fn shown(row: &RoleRow) -> String {
    let line = row.line.map(|line| format!(":{line}")).unwrap_or_default();
    let name = row.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    format!("{:<60} {:<12} {}: {}", format!("{}{line}{name}", row.path), row.role.name(), row.strength.name(), row.reason)
}
