//! Graphs as people ask for them: who imports whom, who calls whom, with names, lines and kinds. Made by `view`, written by `report`.

use std::sync::Arc;

use super::coverage::Unresolved;
use super::facts::ImportKind;
use super::program::{CallKind, Resolution};
use super::role::Role;

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
    /// The role in the architecture, if one is known.
    pub role: Option<Role>,
    /// The part of `archcheck.toml` that holds the file, the one with the most exact glob.
    pub part: Option<Arc<str>>,
    /// Test code.
    pub is_test: bool,
}

impl Node {
    /// Something outside the project.
    pub fn external(id: String) -> Node {
        Node { id, thing: Thing::External, path: "".into(), line: 0, column: 0, role: None, part: None, is_test: false }
    }
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
    /// The rule that reports this import or call.
    pub broken: Option<Arc<str>>,
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

/// What a box of a picture stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Function,
    File,
    /// A folder with what is below it, or the files of a folder.
    Package,
    /// A part of `archcheck.toml`, or a role where there are no parts.
    Layer,
}

impl Level {
    /// The word used in output.
    pub fn name(self) -> &'static str {
        match self {
            Level::Function => "function",
            Level::File => "file",
            Level::Package => "package",
            Level::Layer => "layer",
        }
    }
}

/// One box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Unique in the picture: a path, a part, a role, a name.
    pub id: String,
    /// What stands in it.
    pub label: String,
    pub level: Level,
    /// Number of files, or of functions where boxes are functions.
    pub size: u32,
    /// The role that most of it has.
    pub role: Option<Role>,
    pub external: bool,
    /// The user asked for it by name.
    pub focus: bool,
}

/// All edges from one box to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    pub from: u32,
    pub to: u32,
    /// Number of imports or calls.
    pub weight: u32,
    /// The strongest reason: what runs when the module loads before what runs later before types.
    pub cause: Cause,
    /// The surest of them.
    pub resolution: Resolution,
    /// The first rule that reports one of them.
    pub broken: Option<Arc<str>>,
    /// Where the first of them is; of the reported ones, if any is.
    pub path: Arc<str>,
    pub line: u32,
}

/// A graph small enough to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub relation: Relation,
    /// Sorted by id.
    pub blocks: Vec<Block>,
    /// Sorted by ends.
    pub arrows: Vec<Arrow>,
    /// What is not in it, in sentences.
    pub notes: Vec<String>,
}

/// One hop of a chain, by the place of its import or call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    pub from: String,
    pub to: String,
    pub edge: Edge,
}
