//! What archcheck itself could not do: a file it could not read or parse wholly, a limit it hit, an import it could not resolve.
//! Problems are not findings: they are shown beside them (SARIF `toolExecutionNotifications`) and never change what is reported.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::source::Span;

/// What kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// The file could not be read, or is not text.
    Unreadable,
    /// The parser recovered from a syntax error; the rest of the file was analysed.
    Syntax,
    /// A stated limit was hit (size, nesting, time); the message says which and what was left out.
    Limit,
    /// A manifest, tsconfig or other project file could not be understood.
    Manifest,
    /// A document that says what the code should be, and that nothing is compared with.
    Document,
    /// A comment addressed to archcheck that it does not understand.
    Directive,
    /// A mistake of archcheck's own; the result is not to be trusted.
    Internal,
}

/// One thing archcheck could not do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// The file it is about; empty for the run as a whole, or while a file's facts do not know their path.
    pub path: Arc<str>,
    pub span: Option<Span>,
    pub kind: ProblemKind,
    /// A sentence for the user.
    pub message: String,
}

impl Problem {
    /// A problem of a file whose path the engine fills in.
    pub fn new(kind: ProblemKind, span: Option<Span>, message: impl Into<String>) -> Problem {
        Problem { path: Arc::from(""), span, kind, message: message.into() }
    }

    /// The same problem with its path.
    pub fn at(self, path: &Arc<str>) -> Problem {
        Problem { path: path.clone(), ..self }
    }
}
