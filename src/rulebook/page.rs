//! Rule pages: TOML front matter between `+++` lines, Markdown, and fenced examples that run as tests.
//!
//! ````markdown
//! +++
//! id = "n-plus-one"
//! kind = "analysis"
//! …
//! +++
//! Why it matters.
//!
//! ## In a loop
//! ```python app/orders.py
//! rows = [repo.get(i) for i in ids]  # expect: n-plus-one
//! ```
//! ````
//!
//! A block whose info string names a path is a file; the files under one heading are one small repository. Blocks without
//! a path are prose. The marks are read by the tests, not here.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::error::LoadError;
use crate::model::examples::{Fence, closes, lines, opens};
use crate::model::finding::Level;
use crate::model::query::RuleQuery;
use crate::model::role::Role;
use crate::model::rule::{Profile, Rule, RuleKind};

/// SARIF's words for `precision`.
const PRECISIONS: [&str; 4] = ["very-high", "high", "medium", "low"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FrontMatter {
    id: String,
    kind: RuleKind,
    level: Level,
    #[serde(default = "on_by_default")]
    profile: Profile,
    #[serde(default = "middling")]
    precision: String,
    title: String,
    #[serde(default)]
    tags: Vec<String>,
    security_severity: Option<String>,
    #[serde(default)]
    options: BTreeMap<String, toml::Value>,
    #[serde(default)]
    help: BTreeMap<String, String>,
    /// Only of queries.
    message: Option<String>,
    not_in: Option<Vec<Role>>,
}

/// Code that query rules leave alone unless their page says otherwise: nobody serves requests with it.
const NOT_IN: &[Role] = &[Role::Test, Role::Migration, Role::Script, Role::Frontend];

fn on_by_default() -> Profile {
    Profile::Default
}

fn middling() -> String {
    "medium".to_string()
}

/// Reads a page. Its folder is the rule's category.
pub(super) fn parse(file: &str, text: &str) -> Result<Rule, Vec<LoadError>> {
    let (front, markdown, below) = split(file, text).map_err(|error| vec![error])?;
    let matter: FrontMatter = toml::from_str(front).map_err(|error| vec![LoadError::of_toml(file, front, 1, &error)])?;
    let mut errors = check(file, front, &matter);
    let queries = queries(file, text, markdown, &mut errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Rule {
        id: Arc::from(matter.id.as_str()),
        category: Arc::from(category(file)),
        kind: matter.kind,
        level: matter.level,
        profile: matter.profile,
        precision: matter.precision,
        title: matter.title,
        tags: matter.tags,
        security_severity: matter.security_severity,
        options: matter.options,
        help: matter.help,
        message: matter.message,
        not_in: matter.not_in.unwrap_or_else(|| NOT_IN.to_vec()),
        queries,
        markdown_line: below + line_ends(&markdown[..markdown.len() - markdown.trim_start().len()]),
        markdown: markdown.trim().to_string(),
    })
}

/// Front matter, what is below it, and the zero-based line at which that starts.
fn split<'a>(file: &str, text: &'a str) -> Result<(&'a str, &'a str, u32), LoadError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut at = 0;
    let mut start = None;
    for (line, content) in lines(text).enumerate() {
        let end = at + content.len();
        if content.trim_end() == "+++" {
            match start {
                None if line == 0 => start = Some(end),
                None => break,
                Some(start) => return Ok((&text[start..at], &text[end..], line as u32 + 1)),
            }
        } else if start.is_none() {
            break;
        }
        at = end;
    }
    let message = if start.is_some() { "the front matter has no end" } else { "the page does not open with front matter" };
    Err(LoadError::at(file, 1, message).help("it is TOML between two lines `+++`"))
}

fn check(file: &str, front: &str, matter: &FrontMatter) -> Vec<LoadError> {
    let mut errors = Vec::new();
    let mut wrong = |key: &str, message: String, help: String| {
        let offset = front.find(&format!("{key} =")).or_else(|| front.find(key)).unwrap_or(0);
        let error = LoadError::at_offset(file, front, offset, message);
        errors.push(LoadError { line: error.line.map(|line| line + 1), ..error }.help(help));
    };
    let stem = file.rsplit('/').next().and_then(|name| name.strip_suffix(".md")).unwrap_or(file);
    if matter.id != stem {
        wrong("id", format!("id `{}` differs from the file's name", matter.id), format!("write `{stem}`, or rename the file"));
    }
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if matter.id.is_empty() || !matter.id.chars().all(plain) {
        wrong("id", format!("id `{}` is no rule id", matter.id), "small letters, digits and `-`".to_string());
    }
    if !PRECISIONS.contains(&matter.precision.as_str()) {
        let guess = super::error::nearest(&matter.precision, PRECISIONS.into_iter());
        let help = guess.map_or_else(|| format!("one of `{}`", PRECISIONS.join("`, `")), |guess| format!("did you mean `{guess}`?"));
        wrong("precision", format!("unknown precision `{}`", matter.precision), help);
    }
    if matter.security_severity.as_ref().is_some_and(|severity| severity.parse::<f32>().is_err()) {
        wrong("security-severity", "`security-severity` is no number".to_string(), "a CVSS score as text, `\"8.1\"`".to_string());
    }
    errors
}

/// `rules/security/hardcoded-secret.md` → `security`; a page outside any folder is the user's `custom`.
fn category(file: &str) -> &str {
    file.rsplit('/').nth(1).filter(|folder| !folder.is_empty() && *folder != "rules").unwrap_or("custom")
}

fn line_ends(text: &str) -> u32 {
    memchr::memchr_iter(b'\n', text.as_bytes()).count() as u32
}

/// The queries that stand in the page: blocks whose first word is `query`, then the language.
fn queries(file: &str, text: &str, markdown: &str, errors: &mut Vec<LoadError>) -> Vec<RuleQuery> {
    let mut found: Vec<RuleQuery> = Vec::new();
    // Few pages have any, and all are read before anything else is done.
    let opens_query = |(at, _): (usize, &str)| markdown[..at].trim_end_matches([' ', '\t']).ends_with(['`', '~']);
    if !markdown.match_indices("query").any(opens_query) {
        return found;
    }
    // `markdown` is a piece of `text`.
    let mut at = (markdown.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let mut open: Option<(Fence, &str, usize)> = None;
    for line in lines(markdown) {
        let end = at + line.len();
        if let Some((fence, word, start)) = &open {
            if closes(line, fence) {
                let query = text.get(*start..at).unwrap_or_default();
                match super::query::family(word) {
                    _ if *word == SKIPPED => {}
                    Some(family) => match super::query::parse(file, text, *start, query, family) {
                        Ok(query) => found.push(query),
                        Err(wrong) => errors.extend(wrong),
                    },
                    None => errors.push(
                        LoadError::at_offset(file, text, *start, format!("`{word}` is no language of queries"))
                            .help("one of `python`, `typescript`, `rust`"),
                    ),
                }
                open = None;
            }
        } else if let Some(fence) = opens(line) {
            let mut words = line.trim().trim_start_matches(fence.marker).split_whitespace();
            let is_query = words.next() == Some("query");
            open = Some((fence, if is_query { words.next().unwrap_or_default() } else { "" }, end));
            if !is_query {
                // Any other block: only its end matters.
                open = open.map(|(fence, _, start)| (fence, SKIPPED, start));
            }
        }
        at = end;
    }
    found
}

/// Stands for the language of a block that is no query.
const SKIPPED: &str = "\u{0}";
