//! Binds values that a template writes into SQL which a driver's method runs right there: ``pool.query(`… where a = '${b}'`)`` becomes
//! ``pool.query(`… where a = $1`, [b])``.
//!
//! Only in files that import the driver, since each has placeholders of its own, and only for values the database compares with something: there a bound
//! value means what the written one did.

use super::{Proposal, holes};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::FileFacts;
use crate::model::finding::{Edit, Finding};
use crate::model::source::{Family, Span};

/// Methods that take the values as their second argument.
const METHODS: [&str; 2] = [".query(", ".execute("];

/// How a driver writes the place of a bound value.
#[derive(Clone, Copy)]
enum Placeholder {
    /// `$1`, `$2`
    Numbered,
    /// `?`
    Question,
}

/// The call with its values bound.
pub(super) fn bound(finding: &Finding, text: &str, facts: &FileFacts, shape: &dyn Fn(NodeId) -> String) -> Option<Proposal> {
    let span = finding.primary.location.span;
    if facts.language.family() != Family::TypeScript {
        return None;
    }
    let placeholder = placeholder(facts)?;
    let (before, after) = (text.get(..span.start as usize)?, text.get(span.end as usize..)?);
    if !METHODS.iter().any(|call| before.ends_with(call)) || !after.starts_with(')') {
        return None;
    }
    let content = text.get(span.range())?.strip_prefix('`')?.strip_suffix('`')?;
    if content.replace("${", "").contains(['`', '\\', '$', '?']) {
        return None;
    }
    let (node, holes) = template(facts, span)?;
    let (sql, values) = parsed(content, placeholder)?;
    if values.len() != holes.len() {
        return None;
    }
    let given = values.join(", ");
    let edit = Edit { span, text: format!("`{sql}`, [{given}]") };
    let list: String = holes.iter().map(|&hole| format!(" {}", shape(hole))).collect();
    let said: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
    Some(Proposal {
        title: format!("Bind {} instead of writing it into the SQL", said.join(" and ")),
        edit,
        removes: shape(node),
        adds: format!("{sql:?} (list{list})"),
    })
}

/// The placeholder of the one driver this file imports.
fn placeholder(facts: &FileFacts) -> Option<Placeholder> {
    let (mut numbered, mut question) = (false, false);
    for import in &facts.imports {
        match facts.text(import.specifier) {
            "pg" | "pg-pool" => numbered = true,
            "mysql" | "mysql2" | "mysql2/promise" | "mariadb" => question = true,
            _ => {}
        }
    }
    match (numbered, question) {
        (true, false) => Some(Placeholder::Numbered),
        (false, true) => Some(Placeholder::Question),
        _ => None,
    }
}

/// The template at this place, and the values in it.
fn template(facts: &FileFacts, span: Span) -> Option<(NodeId, Vec<NodeId>)> {
    facts.arena.ids().filter(|&node| facts.arena.span(node) == span).find_map(|node| match facts.arena.kind(node) {
        NodeKind::Text { parts, .. } => {
            let holes = facts.arena.list(parts).filter(|&part| !matches!(facts.arena.kind(part), NodeKind::Str(_)));
            Some((node, holes.collect()))
        }
        _ => None,
    })
}

/// The SQL with a placeholder for every hole, and the values; `None` when a hole is more than a name and its members, or stands where no value can be bound.
fn parsed(content: &str, placeholder: Placeholder) -> Option<(String, Vec<String>)> {
    let mut values: Vec<String> = Vec::new();
    let sql = holes::bound(content, "${", |hole| {
        let value = hole.value;
        let plain = value.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.'));
        let ends = holes::ends(hole.after) || hole.after.starts_with(['\n', '\r']);
        if !plain || !value.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_') || hole.in_literal || !ends {
            return None;
        }
        values.push(value.to_string());
        Some(match placeholder {
            Placeholder::Numbered => format!("${}", values.len()),
            Placeholder::Question => "?".to_string(),
        })
    })?;
    (!values.is_empty()).then_some((sql, values))
}
