//! The technology stack of each package, with the evidence: what `archcheck stack` prints.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::source::{Family, Span};

/// What a library is to an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StackKind {
    Framework,
    Orm,
    Driver,
    Validation,
    Auth,
    Queue,
    Logging,
    Test,
}

impl StackKind {
    /// Every kind, in the order of output.
    pub const ALL: [StackKind; 8] = [
        StackKind::Framework,
        StackKind::Orm,
        StackKind::Driver,
        StackKind::Validation,
        StackKind::Auth,
        StackKind::Queue,
        StackKind::Logging,
        StackKind::Test,
    ];

    /// The word used in output, in `rules/stack.toml` and in `stack/stack.yaml`.
    pub fn name(self) -> &'static str {
        match self {
            StackKind::Framework => "framework",
            StackKind::Orm => "orm",
            StackKind::Driver => "driver",
            StackKind::Validation => "validation",
            StackKind::Auth => "auth",
            StackKind::Queue => "queue",
            StackKind::Logging => "logging",
            StackKind::Test => "test",
        }
    }
}

/// Why something is believed to be in use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StackEvidence {
    /// A manifest declares it.
    Manifest { path: Arc<str>, dependency: String, span: Span },
    /// The code imports it this many times.
    Imports { name: String, count: u32 },
    /// `stack/stack.yaml` says so.
    Declared { path: Arc<str> },
}

/// One part of a package's stack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StackItem {
    pub kind: StackKind,
    /// As people write it: `FastAPI`.
    pub name: String,
    pub evidence: Vec<StackEvidence>,
}

/// The stack of one package.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageStack {
    /// The package's folder; empty for the root.
    pub root: String,
    pub name: Option<String>,
    /// Languages with their number of source files, most files first.
    pub languages: Vec<(Family, u32)>,
    /// Sorted by kind, then name.
    pub items: Vec<StackItem>,
}
