//! Binds values that an f-string writes into SQL, where SQLAlchemy's `text` is executed right there: `execute(text(f"… = '{name}'"))` becomes
//! `execute(text("… = :name"), {"name": name})`.
//!
//! Only for parameters whose annotation says that the database gets what it got before: `str` between quotes, `int` without.

use super::builders::annotation;
use super::{Proposal, holes};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::FileFacts;
use crate::model::finding::{Edit, Finding};
use crate::model::source::{Family, Span};

/// Only `text` has this form of bound values for every driver.
const API: &str = "SQL for `sqlalchemy.text` ";
const EXECUTES: [&str; 3] = ["execute(text(", "scalars(text(", "scalar(text("];

/// The call with its values bound.
pub(super) fn bound(finding: &Finding, text: &str, facts: &FileFacts, shape: &dyn Fn(NodeId) -> String) -> Option<Proposal> {
    let span = finding.primary.location.span;
    if facts.language.family() != Family::Python || !finding.message.starts_with(API) {
        return None;
    }
    let before = text.get(..span.start as usize)?;
    let after = text.get(span.end as usize..)?;
    if !EXECUTES.iter().any(|call| before.ends_with(&format!(".{call}"))) || !after.starts_with("))") {
        return None;
    }
    let written = text.get(span.range())?.strip_prefix('f')?;
    let quote = written.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let content = written.strip_prefix(quote)?.strip_suffix(quote)?;
    if content.contains([quote, '\\', '\n', ':']) {
        return None;
    }
    let (sql, names) = parsed(content, &|name| annotation(facts, span, name))?;
    let node = facts.arena.ids().find(|&node| facts.arena.span(node) == span && matches!(facts.arena.kind(node), NodeKind::Text { .. }))?;
    let entries = |entry: &dyn Fn(&str) -> String| names.iter().map(|name| entry(name)).collect::<Vec<_>>();
    let given = entries(&|name| format!("\"{name}\": {name}")).join(", ");
    let edit = Edit { span: Span { start: span.start, end: span.end + 1 }, text: format!("{quote}{sql}{quote}), {{{given}}}") };
    let said = entries(&|name| format!("`{name}`")).join(" and ");
    Some(Proposal {
        title: format!("Bind {said} instead of writing it into the SQL"),
        edit,
        removes: format!("{})", shape(node)),
        adds: format!("{sql:?}) (dict{})", entries(&|name| format!(" \"{name}\":{name}")).concat()),
    })
}

/// The SQL with `:name` for every hole, and the names; `None` when a hole is no plain value.
fn parsed(content: &str, annotation: &dyn Fn(&str) -> Option<String>) -> Option<(String, Vec<String>)> {
    let mut names: Vec<String> = Vec::new();
    let sql = holes::bound(content, "{", |hole| {
        let name = hole.value;
        let plain =
            name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let wanted = if hole.quoted { "str" } else { "int" };
        if !plain || !(hole.quoted || holes::ends(hole.after)) || annotation(name)? != wanted {
            return None;
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_string());
        }
        Some(format!(":{name}"))
    })?;
    // A brace that is left was written twice, for itself.
    (!names.is_empty() && !sql.contains('}')).then_some((sql, names))
}
