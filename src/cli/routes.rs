//! `archcheck routes [PATH]`: every route with its method, full path, handler, what stands before it, and where it is registered.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::cache::Caching;
use super::target::target;
use crate::engine::{Engine, Options, RoutePlace, RouteRow};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Files and folders [default: the current folder]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The form of the list
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// Routes in tests too
    #[arg(long)]
    tests: bool,
    #[command(flatten)]
    caching: Caching,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Human,
    Json,
}

/// The JSON list: a public format, described in `docs/routes.md`.
#[derive(Serialize)]
struct List<'a> {
    format: &'static str,
    version: u32,
    routes: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    methods: &'a [String],
    path: Option<&'a str>,
    written: Option<&'a str>,
    framework: &'a str,
    handler: Named<'a>,
    registered: Place<'a>,
    guards: &'a [String],
    takes: &'a [String],
    test: bool,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    file: &'a str,
    line: u32,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: u32,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let target = target(&arguments.paths)?;
    let (engine, _) = Engine::open(
        &target.root,
        Options { paths: target.shown, cache: arguments.caching.place(), store: arguments.caching.store(), ..Options::default() },
    );
    let mut rows = engine.routes();
    rows.retain(|row| arguments.tests || !row.test);
    let mut out = io::stdout().lock();
    match arguments.format {
        Format::Human => {
            rows.sort_by_key(order);
            let width = rows.iter().map(|row| row.path.as_ref().map_or(1, String::len)).max().unwrap_or(0).min(60);
            for row in &rows {
                writeln!(out, "{}", line(row, width))?;
            }
            if rows.is_empty() {
                writeln!(out, "No routes found.")?;
            }
        }
        Format::Json => {
            let list = List { format: "archcheck-routes", version: 1, routes: rows.iter().map(item).collect() };
            serde_json::to_writer_pretty(&mut out, &list)?;
            writeln!(out)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// By path; those without one last.
fn order(row: &RouteRow) -> (bool, Option<String>, Vec<String>, String, u32) {
    (row.path.is_none(), row.path.clone(), row.methods.clone(), row.place.path.to_string(), row.place.line)
}

/// `GET    /api/users/{id}  app.users.show  app/users.py:12  (guards: login)`.
fn line(row: &RouteRow, width: usize) -> String {
    let path = row.path.as_deref().unwrap_or("-");
    let mut text = format!("{:<7} {path:<width$}  {}  {}", row.methods.join(","), row.handler, shown(&row.place));
    if row.handler_place.path != row.place.path {
        text += &format!("  -> {}", shown(&row.handler_place));
    }
    for (what, names) in [("guards", &row.guards), ("takes", &row.takes)] {
        if !names.is_empty() {
            text += &format!("  ({what}: {})", names.join(", "));
        }
    }
    text
}

fn shown(place: &RoutePlace) -> String {
    format!("{}:{}", place.path, place.line)
}

fn item(row: &RouteRow) -> Item<'_> {
    Item {
        methods: &row.methods,
        path: row.path.as_deref(),
        written: row.written.as_deref(),
        framework: &row.framework,
        handler: Named { name: &row.handler, file: &row.handler_place.path, line: row.handler_place.line },
        registered: Place { file: &row.place.path, line: row.place.line },
        guards: &row.guards,
        takes: &row.takes,
        test: row.test,
    }
}
