//! How much of the import graph and the call graph is known: what no report may be silent about.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::source::Family;

/// An import that looks like one of the project's own modules, and none is there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unresolved {
    pub path: Arc<str>,
    /// One-based.
    pub line: u32,
    /// As written.
    pub specifier: String,
    pub family: Family,
    /// A tool writes what it names, and it was left out or is not committed.
    pub generated: bool,
}

/// Where the imports of one language lead, in imported names; Rust paths without `use` count too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportCoverage {
    /// To a module of the project.
    pub first_party: u32,
    /// To a package outside it, or a file that is no code.
    pub external: u32,
    /// To the project's own code that a tool writes: left out, or not committed.
    pub generated: u32,
    /// Nowhere, though it looks first-party.
    pub unresolved: u32,
}

/// What the call sites of one language call, by the surest edge of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallCoverage {
    pub exact: u32,
    pub inferred: u32,
    pub name_only: u32,
    /// Something outside the project.
    pub external: u32,
    pub unknown: u32,
}

impl CallCoverage {
    /// All call sites.
    pub fn total(self) -> u32 {
        self.exact + self.inferred + self.name_only + self.external + self.unknown
    }
}

/// Both, for one language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanguageCoverage {
    pub imports: ImportCoverage,
    pub calls: CallCoverage,
}

/// Coverage by the name of the language, and every import that is not resolved, sorted by place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    pub languages: BTreeMap<String, LanguageCoverage>,
    pub unresolved: Vec<Unresolved>,
    /// Variables of the points-to analysis that held more functions and objects than are followed: calls through them can miss targets.
    pub full_sets: u32,
}

impl Coverage {
    /// The imports of code that a tool writes (`generated`), or those that nothing explains.
    pub fn missing(&self, generated: bool) -> impl Iterator<Item = &Unresolved> {
        self.unresolved.iter().filter(move |missing| missing.generated == generated)
    }
}
