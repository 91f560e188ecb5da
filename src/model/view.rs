//! Graphs as people ask for them: who imports whom, who calls whom, with names, lines and kinds. Made by `view`, written by `report`.

use std::sync::Arc;

use super::facts::ImportKind;
use super::program::{CallKind, Resolution};
use super::source::Family;

/// What the edges of a view are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Imports,
    Calls,
}

impl Relation {
    /// The word used in output.
    pub fn name(self) -> &'static str {
        match self {
            Relation::Imports => "imports",
            Relation::Calls => "calls",
        }
    }
}

/// What a node of a view stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// A file as its language knows it, or a Rust inline module. As a caller: the code that runs when it loads.
    Module,
    /// A class, struct, enum, interface or trait.
    Class,
    Function,
    Method,
    /// A function without a name, or (Python) one whose name is that of a variable.
    Lambda,
    /// A JavaScript arrow function, with the name of its variable if it has one.
    Arrow,
    /// Something outside the project: a package, a builtin, a library's function.
    External,
}

impl Thing {
    /// The word used in output.
    pub fn name(self) -> &'static str {
        match self {
            Thing::Module => "module",
            Thing::Class => "class",
            Thing::Function => "function",
            Thing::Method => "method",
            Thing::Lambda => "lambda",
            Thing::Arrow => "arrow",
            Thing::External => "external",
        }
    }
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The name as its language writes it, unique in the view: `app.db.User.save`, `clinic::db::Pool::get`.
    pub id: String,
    pub thing: Thing,
    /// The file that holds it; empty for what is outside.
    pub path: Arc<str>,
    /// One-based line and column of its name; zero for modules (all of the file) and for what is outside.
    pub line: u32,
    pub column: u32,
}

/// Why an edge of a view is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    Import(ImportKind),
    Call(CallKind),
}

/// One edge, for one place in the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Indices of nodes.
    pub from: u32,
    pub to: u32,
    /// The file of the place, and its one-based line and column.
    pub path: Arc<str>,
    pub line: u32,
    pub column: u32,
    pub cause: Cause,
    pub resolution: Resolution,
    /// The import passes the name on (`export … from`, `pub use`).
    pub re_export: bool,
    /// Imports: the id of what is imported, where its definition is known and is no module.
    pub definition: Option<String>,
}

/// An import that looks like one of the project's own modules, and none is there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unresolved {
    pub path: Arc<str>,
    /// One-based.
    pub line: u32,
    /// As written.
    pub specifier: String,
    pub family: Family,
}

/// A graph of the whole project: nodes sorted by id, edges by ends and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub relation: Relation,
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    /// Of an import graph.
    pub unresolved: Vec<Unresolved>,
}
