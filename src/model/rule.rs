//! Rules as the rulebook holds them: one page each, data only.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::contract::{Contract, Date};
use super::finding::Level;
use super::query::RuleQuery;
use super::role::Role;

/// How a rule is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleKind {
    /// Over the graphs, from `archcheck.toml`.
    Contract,
    /// A tree-sitter query with whole-program predicates.
    Query,
    /// Rust code in `check/`.
    Analysis,
}

/// Which profile switches a rule on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    Default,
    Strict,
}

/// One example file of a page, with the marks found in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleFile {
    pub path: String,
    pub text: String,
}

/// One example: files that are analysed together as a small repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The heading it stands under.
    pub title: String,
    /// One-based line of the page at which its first block starts.
    pub line: u32,
    pub files: Vec<ExampleFile>,
}

/// One rule: its page, parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub id: Arc<str>,
    /// The folder of the page: `architecture`, `data-access` …
    pub category: Arc<str>,
    pub kind: RuleKind,
    pub level: Level,
    pub profile: Profile,
    /// SARIF `precision`: `very-high`, `high`, `medium`, `low`.
    pub precision: String,
    /// One sentence: what the rule holds. SARIF `shortDescription`.
    pub title: String,
    /// SARIF tags, CWE numbers among them as `external/cwe/cwe-089`.
    pub tags: Vec<String>,
    /// SARIF `security-severity`, only on security rules.
    pub security_severity: Option<String>,
    /// Option name → default value.
    pub options: BTreeMap<String, toml::Value>,
    /// How to mend it: key `default`, and per framework or ORM name (`sqlalchemy`, `prisma` …).
    pub help: BTreeMap<String, String>,
    /// Query rules: what a finding says, with `{capture}` for what was captured. The title, when there is none.
    pub message: Option<String>,
    /// Query rules: roles whose code they do not judge.
    pub not_in: Vec<Role>,
    /// Query rules: the query for each family of languages.
    pub queries: Vec<RuleQuery>,
    /// The page below the front matter, Markdown.
    pub markdown: String,
    /// The zero-based line of the page at which that begins.
    pub markdown_line: u32,
}

impl Rule {
    /// The examples of its page. Read when somebody asks: a run does not.
    pub fn examples(&self) -> Vec<Example> {
        super::examples::examples(&self.markdown, self.markdown_line)
    }
}

/// What configuration says to the checks: the profile, the rules' options with defaults filled in, and the contract.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub profile: Profile,
    /// Rule id → option → value.
    pub options: BTreeMap<String, BTreeMap<String, toml::Value>>,
    pub contract: Contract,
    /// What the files of folders add for their own code, in order of their paths.
    pub nested: Vec<Contract>,
    /// The day of the run, on which exceptions may have ended; without one, none has.
    pub today: Option<Date>,
}

impl Settings {
    /// An integer option of a rule, or `default` when it is not set.
    pub fn integer(&self, rule: &str, option: &str, default: i64) -> i64 {
        self.options.get(rule).and_then(|options| options.get(option)).and_then(toml::Value::as_integer).unwrap_or(default)
    }

    /// A yes-or-no option of a rule; no when it is not set.
    pub fn flag(&self, rule: &str, option: &str) -> bool {
        self.options.get(rule).and_then(|options| options.get(option)).and_then(toml::Value::as_bool).unwrap_or(false)
    }

    /// The contract of the whole, then those of folders.
    pub fn contracts(&self) -> impl Iterator<Item = &Contract> {
        std::iter::once(&self.contract).chain(&self.nested)
    }

    /// True under `profile = "strict"`.
    pub fn strict(&self) -> bool {
        self.profile == Profile::Strict
    }
}
