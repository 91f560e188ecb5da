//! All files of a project on one page: parts in rows, files in parts, and every import or call between files. Made by `view`, written by `report`.

use std::sync::Arc;

use super::role::Role;
use super::view::{Cause, Relation};

/// The whole project as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atlas {
    pub relation: Relation,
    /// Names of the rows, the highest layer first; a row may have none.
    pub rows: Vec<String>,
    pub groups: Vec<Group>,
    /// Sorted by path; outside packages come last.
    pub sheets: Vec<Sheet>,
    /// Sorted by ends and line.
    pub links: Vec<Link>,
    /// What is not in it, in sentences.
    pub notes: Vec<String>,
}

/// A part of `archcheck.toml`, a role, or what belongs to none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    /// The role whose colour it has.
    pub role: Option<Role>,
    /// Index of its row.
    pub row: u32,
}

/// A file, or a package outside the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Its path; the name of an outside package.
    pub path: Arc<str>,
    /// Index of its group.
    pub group: u32,
    pub role: Option<Role>,
    /// Lines of code and text; zero for an outside package.
    pub lines: u32,
    pub is_test: bool,
    pub external: bool,
}

/// One import or call from one file to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Indices of sheets.
    pub from: u32,
    pub to: u32,
    /// One-based line in the first file.
    pub line: u32,
    pub cause: Cause,
    /// The rule that reports it.
    pub broken: Option<Arc<str>>,
    /// What is imported or called, where it is known; empty otherwise.
    pub name: String,
}
