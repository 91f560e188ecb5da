//! Contracts: names for pieces of the code and who may import whom, as `archcheck.toml` says it.
//!
//! Only what was said, each with its place. What a part holds and whether the code keeps to it is `check/contract.rs`.

use std::sync::Arc;

use super::source::Span;

/// A value and where the user wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct Located<T> {
    pub value: T,
    pub span: Span,
}

/// Parts, layers and rules, each in order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contract {
    /// The file that says it, relative to the root; empty when there is none.
    pub path: Arc<str>,
    pub parts: Vec<Part>,
    pub layers: Vec<Layers>,
    pub rules: Vec<ImportRule>,
}

/// A named piece of the code. A part with the name of a role redefines that role.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub name: Located<String>,
    pub form: PartForm,
    /// Anyone may use it.
    pub open: bool,
}

/// What makes up a part.
#[derive(Clone, Debug, PartialEq)]
pub enum PartForm {
    /// The files these globs match.
    Paths(Vec<Located<String>>),
    /// One part for each folder that matches (`src/features/{name}`), and the files through which others may enter it.
    Each { pattern: Located<String>, public: Vec<Located<String>> },
    /// Outside packages, with their submodules.
    Packages(Vec<Located<String>>),
}

/// One dimension of layers: `house = "cli > engine > check | link > model"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Layers {
    pub name: String,
    /// The order as written.
    pub span: Span,
    /// High to low.
    pub steps: Vec<Step>,
}

/// The parts of one height.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub members: Vec<Member>,
    pub siblings: Siblings,
    pub reach: Reach,
}

/// A part in its layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    pub part: Located<String>,
    /// `name?`: the project may lack it.
    pub optional: bool,
}

/// Whether parts of one layer may import each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Siblings {
    /// `a | b`
    Strangers,
    /// `a : b`
    Friends,
}

/// How far down a layer may import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// `a > b`
    AnythingBelow,
    /// `a >> b`
    NextOnly,
}

/// One sentence of `[rules]`.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportRule {
    pub name: String,
    /// The sentence as written.
    pub span: Span,
    pub form: RuleForm,
    pub subjects: Vec<Located<String>>,
    pub objects: Vec<Located<String>>,
}

/// What a sentence demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleForm {
    /// `a must not import b`
    MustNot,
    /// `only a may import b`
    Only,
}

impl Contract {
    /// True when it demands nothing.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty() && self.rules.is_empty()
    }

    /// Every mention of a part in layers and rules, and whether the project may lack it there.
    pub fn mentions(&self) -> impl Iterator<Item = (&Located<String>, bool)> {
        let members = self.layers.iter().flat_map(|layers| &layers.steps).flat_map(|step| &step.members);
        let named = self.rules.iter().flat_map(|rule| rule.subjects.iter().chain(&rule.objects));
        members.map(|member| (&member.part, member.optional)).chain(named.map(|part| (part, false)))
    }
}
