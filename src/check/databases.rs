//! Which database the project talks to, as far as its Prisma schema or the drivers it depends on tell.

use super::Context;
use crate::documents::prisma;
use crate::model::program::Program;
use crate::model::source::FileId;
use crate::rulebook::vocabulary::{Words, api_names};

/// A database whose SQL is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Database {
    Postgres,
    MySql,
    Sqlite,
}

/// The databases of the project's packages.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Databases {
    /// By the number of the package.
    of_packages: Vec<Option<Database>>,
    /// The only one of the whole project.
    of_all: Option<Database>,
}

impl Databases {
    pub(super) fn of(context: &Context) -> Databases {
        let project = context.program.project;
        let mut of_packages: Vec<Option<Database>> = project
            .packages
            .iter()
            .map(|package| {
                let mut named: Vec<Database> = Vec::new();
                for dependency in package.dependencies.iter().filter(|dependency| !dependency.dev) {
                    let name = dependency.package.as_deref().unwrap_or(&dependency.name);
                    named.extend(by_driver(name));
                }
                only(&named)
            })
            .collect();
        let mut all: Vec<Database> = of_packages.iter().flatten().copied().collect();
        for (path, text) in context.texts.iter().filter(|(path, _)| path.ends_with(".prisma")) {
            let Some(database) = prisma::provider(text).and_then(by_provider) else { continue };
            all.push(database);
            if let Some(own) = project.package_of(path).and_then(|package| of_packages.get_mut(package)) {
                *own = Some(database);
            }
        }
        all.dedup();
        Databases { of_packages, of_all: only(&all) }
    }

    /// The one that the code of a file talks to.
    pub(super) fn at(&self, program: &Program, file: FileId) -> Option<Database> {
        let package = program.project.package_of(program.path(file));
        // Of crates that speak to several, code names the pool of one: `SqlitePool`.
        let named = || {
            let (names, known) = (&program.file(file).names, &api_names().databases);
            let holds = |words: &Words| words.any(|word| word.ends_with("Pool") && names.may_hold(word));
            match () {
                () if holds(&known.postgres) => Some(Database::Postgres),
                () if holds(&known.mysql) => Some(Database::MySql),
                () if holds(&known.sqlite) => Some(Database::Sqlite),
                () => None,
            }
        };
        package.and_then(|package| *self.of_packages.get(package)?).or_else(named).or(self.of_all)
    }
}

/// The one database that is meant: one in a file is mostly for tests where there is another.
fn only(named: &[Database]) -> Option<Database> {
    let mut served = named.iter().copied().filter(|&database| database != Database::Sqlite);
    match served.next() {
        None => named.first().copied(),
        Some(first) => served.all(|other| other == first).then_some(first),
    }
}

fn by_driver(name: &str) -> Option<Database> {
    let names = &api_names().databases;
    match () {
        () if names.postgres.has(name) => Some(Database::Postgres),
        () if names.mysql.has(name) => Some(Database::MySql),
        () if names.sqlite.has(name) => Some(Database::Sqlite),
        () => None,
    }
}

fn by_provider(provider: &str) -> Option<Database> {
    match provider {
        "postgresql" | "postgres" | "cockroachdb" => Some(Database::Postgres),
        "mysql" => Some(Database::MySql),
        "sqlite" => Some(Database::Sqlite),
        _ => None,
    }
}
