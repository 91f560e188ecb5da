//! Why a handler is said to hold business logic: kinds of reasons, their points, and their places.

use crate::model::body::NodeId;
use crate::model::facts::FileFacts;
use crate::model::source::Span;

/// Kinds of reasons. Each kind scores up to its own limit, so that one habit repeated does not make a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::check) enum Kind {
    Writes,
    Reads,
    Loop,
    Decision,
    Arithmetic,
    State,
    Secret,
    Transaction,
    Effect,
}

impl Kind {
    /// Most points of the kind.
    pub(super) fn limit(self) -> i64 {
        match self {
            Kind::Writes | Kind::Loop | Kind::Arithmetic => 2,
            Kind::Decision => 3,
            Kind::Secret => 2,
            Kind::Reads | Kind::State | Kind::Transaction | Kind::Effect => 1,
        }
    }
}

/// One reason, with its place.
pub(in crate::check) struct Reason {
    pub(in crate::check) kind: Kind,
    pub(super) points: i64,
    pub(super) text: String,
    pub(super) span: Span,
    /// A limit that is enforced: a rule of the domain even where it stands alone.
    pub(super) is_rule: bool,
}

pub(in crate::check) fn reason(facts: &FileFacts, kind: Kind, points: i64, text: String, node: NodeId) -> Reason {
    Reason { kind, points, text, span: facts.arena.span(node), is_rule: false }
}
