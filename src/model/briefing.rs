//! What somebody should know before touching a file or a project: made by `view`, written by `report` for `archcheck ask` and `archcheck context`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::role::{Role, RoleEvidence};

/// What the path asked about is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    File,
    /// All files below it.
    Folder,
    /// No file yet: judged by the parts that will hold it, and by its neighbours.
    New,
}

impl Subject {
    /// The word used in output.
    pub fn name(self) -> &'static str {
        match self {
            Subject::File => "file",
            Subject::Folder => "folder",
            Subject::New => "new",
        }
    }
}

/// One file or folder in its architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Briefing {
    /// Relative to the root, with forward slashes.
    pub path: String,
    pub subject: Subject,
    pub files: u32,
    pub lines: u32,
    /// Names of the languages' families, sorted.
    pub languages: Vec<&'static str>,
    /// Parts of `archcheck.toml` that hold it, the most exact first.
    pub parts: Vec<String>,
    /// Of a file: its own. Of a folder or a new file: what most of the files there have.
    pub role: Option<RoleEvidence>,
    /// Of a file: definitions with a role of their own.
    pub holds: Vec<Held>,
    /// What it imports inside the project, by part or role, the most first.
    pub uses: Vec<Neighbour>,
    /// What imports it.
    pub used_by: Vec<Neighbour>,
    pub may: Vec<Permission>,
    pub must_not: Vec<Permission>,
    /// Sentences of `archcheck.toml` about it.
    pub said: Vec<Said>,
}

/// A definition with its role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// One-based.
    pub line: u32,
    pub name: String,
    pub role: Role,
    pub reason: String,
}

/// A part, role or folder on the other end of imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    pub name: String,
    /// Number of imports.
    pub imports: u32,
    /// The files, sorted.
    pub paths: Vec<Arc<str>>,
}

/// What may or must not be imported, and what says so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// A part or role.
    pub what: String,
    pub why: String,
}

/// A rule of `archcheck.toml` in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub name: String,
    pub text: String,
    pub because: Option<String>,
    pub fix: Option<String>,
}

/// The architecture of a project in a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guide {
    pub pieces: Vec<Piece>,
    /// Orders of `archcheck.toml`, or the one that holds where there is none.
    pub orders: Vec<Said>,
    pub rules: Vec<Said>,
    /// Framework → number of routes.
    pub routes: BTreeMap<String, u32>,
}

/// A part or role, where it lies and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub name: String,
    pub files: u32,
    /// The folders that hold most of it, the fullest first, each with a slash at the end; a file where there is only one.
    pub places: Vec<String>,
    /// What it imports, the most first.
    pub uses: Vec<(String, u32)>,
}
