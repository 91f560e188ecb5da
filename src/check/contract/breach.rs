//! One thing that breaks one line of a contract.

use super::edges::{Edge, End};
use super::ground::{EdgeId, Ground};
use crate::model::contract::Terms;
use crate::model::source::{FileId, Span};

/// The line that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Line {
    /// Index into `Contract::layers`.
    Layers(usize),
    /// Index into `Contract::rules`.
    Rule(usize),
    /// The front door of a part: index into `Contract::parts`.
    Door(usize),
}

/// What is depended on: a file of the project, or something outside by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    File(FileId),
    Outside(String),
    /// Something is missing (`a must use b`).
    Missing,
}

/// How a line is broken.
#[derive(Clone, Debug)]
pub(super) struct Breach {
    pub(super) line: Line,
    pub(super) from: FileId,
    pub(super) target: Target,
    /// The edges from the one that is to blame to the target: one for a direct dependency, none where one is missing.
    pub(super) way: Vec<EdgeId>,
    /// The parts at both ends; `None` when no part holds the file.
    pub(super) from_part: Option<String>,
    pub(super) to_part: Option<String>,
    /// Ends the sentence "`a` imports `x` from `b`, …".
    pub(super) reason: String,
    /// What to say at the line of the contract.
    pub(super) label: String,
    pub(super) help: String,
    /// Further targets of the same kind at the end of the same way.
    pub(super) more: usize,
}

impl Ground<'_> {
    /// What stands with a line.
    pub(super) fn terms(&self, line: Line) -> &Terms {
        static NONE: Terms = Terms { because: None, fix: None, level: None, none_yet: None, types: None, tests: false };
        match line {
            Line::Layers(at) => &self.contract.layers[at].terms,
            Line::Rule(at) => &self.contract.rules[at].terms,
            Line::Door(_) => &NONE,
        }
    }

    /// The name of a line.
    pub(super) fn line_name(&self, line: Line) -> &str {
        match line {
            Line::Layers(at) => &self.contract.layers[at].name.value,
            Line::Rule(at) => &self.contract.rules[at].name.value,
            Line::Door(at) => &self.contract.parts[at].name.value,
        }
    }

    /// Where a line stands.
    pub(super) fn line_span(&self, line: Line) -> Span {
        match line {
            Line::Layers(at) => self.contract.layers[at].span,
            Line::Rule(at) => self.contract.rules[at].span,
            Line::Door(at) => self.contract.parts[at].name.span,
        }
    }

    /// Where an edge leads, for grouping. `part` is the outside word it is known by.
    pub(super) fn target(&self, edge: &Edge, part: Option<&str>) -> Target {
        match &edge.to {
            End::Code(def) => Target::File(def.file),
            End::Outside(outside) => {
                let ambient = part.and_then(crate::model::contract::Ambient::from_name).filter(|known| Some(*known) == outside.ambient);
                let packages = part.and_then(|part| self.pieces.find(part)).map(|piece| &self.pieces.all[piece].kind);
                let package = match packages {
                    Some(super::pieces::Kind::Packages(packages)) => packages.iter().find(|package| outside.lies_in(package)).copied(),
                    _ => None,
                };
                Target::Outside(match (ambient, package) {
                    (Some(_), _) if matches!(outside.name.as_str(), "" | "default") => outside.path.clone(),
                    (Some(_), _) => format!("{}.{}", outside.path, outside.name),
                    (None, Some(package)) => package.to_string(),
                    (None, None) => outside.package().to_string(),
                })
            }
        }
    }
}
