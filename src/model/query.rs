//! Rule queries: what the page's query demands of the whole program, and what it matched in a file. Data only.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::finding::Level;
use super::source::{Family, Span};

/// One query of a rule, for one family of languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleQuery {
    pub family: Family,
    /// The file it stands in, and where.
    pub file: Arc<str>,
    pub start: usize,
    /// The query as tree-sitter reads it.
    pub text: String,
    /// Its patterns, in order.
    pub patterns: Vec<Pattern>,
    /// The text of each pattern without what it asks of the program: all that the matcher must know. Patterns of one shape match at the same nodes.
    pub shapes: Vec<String>,
}

/// One pattern of a query, with what it asks beyond syntax.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern {
    /// Sets of literals: a file that lacks every member of one of them cannot match. Found in the predicates.
    pub needs: Vec<Vec<String>>,
    /// What the program must say.
    pub predicates: Vec<Predicate>,
    /// What the text of a capture must hold, or must not.
    pub contains: Vec<Contains>,
    /// `(#set! message "…")`, instead of the page's.
    pub message: Option<String>,
    /// `(#set! level "note")`, instead of the rule's.
    pub level: Option<Level>,
    /// `(#set! unguarded-level "note")`: where no routes of the package ask who the client is.
    pub unguarded_level: Option<Level>,
    /// `(#set! help "axum")`: the key of the page's help.
    pub help: Option<String>,
}

/// A predicate over the whole program: true when one of the words fits what is captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predicate {
    pub test: Test,
    pub negated: bool,
    /// Without `@`; empty where the predicate asks about the file.
    pub capture: String,
    pub words: Vec<String>,
}

/// `#contains?`, `#function-contains?`, `#file-contains?`: a text holds one of the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contains {
    pub scope: TextScope,
    pub negated: bool,
    pub capture: String,
    pub words: Vec<String>,
}

/// Whose text a [`Contains`] looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextScope {
    /// What is captured.
    Capture,
    /// The innermost function around it; the file for code outside functions.
    Function,
    File,
}

/// What a predicate asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// The name or call means this library function, or this definition of the project, through imports and types.
    ResolvesTo,
    /// The code around it has this role.
    Role,
    /// Its file belongs to this part of `archcheck.toml`, or has this role.
    Layer,
    /// It runs once for each item of a collection.
    InLoop,
    /// It runs only in development or tests: below a condition that asks for the environment.
    InDevelopment,
    /// The function, or what it calls, does this: `database-query`, `database-read`, `database-write`, or calls this path.
    Reaches,
    /// Its value is fixed by the code.
    Constant,
    /// The code says what it is, itself or where its name is set: one of these texts, `true`, `false`, and of what it holds `key:` and `key: text`.
    Literal,
    /// A field of settings, which may be set from outside, and is one of these texts where nobody does.
    Default,
    /// It holds data from outside: a request, a message, the command line.
    Tainted,
    /// The file imports this package or module.
    Imports,
    /// A file of the same package (manifest) imports it.
    PackageImports,
    /// A file of the same package has a name or text that holds one of these.
    PackageNames,
    /// A class of the same package extends this one, by its last name.
    PackageExtends,
    /// Another module of the same package gives the setting of this name another value.
    Overridden,
}

impl Test {
    /// Every test with its name in a query, without `#`, `not-` and `?`.
    pub const ALL: [(&str, Test); 15] = [
        ("resolves-to", Test::ResolvesTo),
        ("role", Test::Role),
        ("layer", Test::Layer),
        ("in-loop", Test::InLoop),
        ("in-development", Test::InDevelopment),
        ("reaches", Test::Reaches),
        ("constant", Test::Constant),
        ("literal", Test::Literal),
        ("default", Test::Default),
        ("tainted", Test::Tainted),
        ("imports", Test::Imports),
        ("package-imports", Test::PackageImports),
        ("package-names", Test::PackageNames),
        ("package-extends", Test::PackageExtends),
        ("overridden", Test::Overridden),
    ];

    /// True when it asks about a captured node, not about the file.
    pub fn has_capture(self) -> bool {
        !matches!(self, Test::Imports | Test::PackageImports | Test::PackageNames | Test::PackageExtends)
    }

    /// True when it compares with words.
    pub fn has_words(self) -> bool {
        !matches!(self, Test::InLoop | Test::InDevelopment | Test::Constant | Test::Tainted | Test::Overridden)
    }
}

/// What a pattern matched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueryMatch {
    pub rule: Arc<str>,
    /// Index into the patterns of the rule's query for the file's family.
    pub pattern: u32,
    pub captures: Vec<Capture>,
}

/// One capture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Capture {
    /// Without `@`.
    pub name: String,
    pub span: Span,
    /// The text, cut where it is long.
    pub text: String,
}

impl QueryMatch {
    /// The capture a finding stands at: `@finding`, else the first.
    pub fn finding(&self) -> Option<&Capture> {
        self.captures.iter().find(|capture| capture.name == "finding").or_else(|| self.captures.first())
    }
}
