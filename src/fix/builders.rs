//! Mends calls of Rust that are made of a chain of methods: `Client::builder()` of `reqwest` is given a time limit, and values that `format!` writes into the
//! SQL of `sqlx` are bound by `bind`.
//!
//! Values are bound for MySQL, MariaDB and SQLite only: those compare whatever they are given, while PostgreSQL asks that a bound value has the type of the
//! column, which is not known here.

use super::{Proposal, holes};
use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::facts::{DefId, FileFacts, ImportItem};
use crate::model::finding::{Edit, Finding};
use crate::model::source::{Family, Span};

/// Long enough for a slow service, short enough for who waits.
const LIMIT: &str = ".timeout(std::time::Duration::from_secs(10))";
/// The same in the shape of the code.
const LIMIT_SHAPE: &str = ".timeout (call std::time::Duration::from_secs 10))";
/// What begins the chain that builds a client; all have the method `timeout`.
const BUILDERS: [&str; 2] = ["Client::builder", "ClientBuilder::new"];
const NUMBERS: [&str; 6] = ["i8", "i16", "i32", "i64", "u16", "u32"];

/// The builder with a limit, as the first thing that is said to it.
pub(super) fn limited(finding: &Finding, text: &str, facts: &FileFacts, shape: &dyn Fn(NodeId) -> String) -> Option<Proposal> {
    let place = finding.primary.location.span;
    let called = text.get(place.range())?;
    if facts.language.family() != Family::Rust || !BUILDERS.iter().any(|builder| called.ends_with(builder)) {
        return None;
    }
    let calls = facts.arena.ids().filter(|&node| matches!(facts.arena.kind(node), NodeKind::Call { .. }));
    let begun = calls.filter(|&node| facts.arena.span(node).start == place.start && facts.arena.span(node).end > place.end);
    let begun: Vec<NodeId> = begun.collect();
    let end = |node: &NodeId| facts.arena.span(*node).end;
    let (first, whole) = (*begun.iter().min_by_key(|node| end(node))?, *begun.iter().max_by_key(|node| end(node))?);
    let (at, before) = (end(&first) as usize, shape(whole));
    // Where the next method stands on a line of its own, this one does too.
    let rest = text.get(at..)?;
    let blanks = &rest[..rest.len() - rest.trim_start().len()];
    let blanks = if blanks.contains('\n') && rest.trim_start().starts_with('.') { blanks } else { "" };
    let inner = shape(first);
    Some(Proposal {
        title: "Add `.timeout(…)` of ten seconds".to_string(),
        edit: Edit { span: Span::new(at, at), text: format!("{blanks}{LIMIT}") },
        adds: before.replacen(&inner, &format!("(call {inner}{LIMIT_SHAPE}"), 1),
        removes: before,
    })
}

/// The call with its values bound.
pub(super) fn bound(finding: &Finding, text: &str, facts: &FileFacts, shape: &dyn Fn(NodeId) -> String) -> Option<Proposal> {
    let span = finding.primary.location.span;
    if facts.language.family() != Family::Rust || !takes_any_type(facts) {
        return None;
    }
    let (before, after) = (text.get(..span.start as usize)?, text.get(span.end as usize..)?);
    if !before.ends_with("(&") || !after.starts_with(')') {
        return None;
    }
    let (call, query) = asked(facts, span)?;
    let content = text.get(span.range())?.strip_prefix("format!(")?.strip_suffix(')')?.trim();
    let (content, given) = content.strip_prefix('"')?.split_once('"')?;
    let given: Vec<&str> = given.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    if content.contains(['\\', '?']) {
        return None;
    }
    let (sql, names) = parsed(content, &given, &|name| annotation(facts, span, name))?;
    let binds: String = names.iter().map(|name| format!(".bind(&{name})")).collect();
    let edit = Edit { span: Span { start: span.start - 1, end: span.end + 1 }, text: format!("\"{sql}\"){binds}") };
    let removes = shape(call);
    let bare = removes.replacen(&shape(query), &format!("{sql:?}"), 1);
    let adds = names.iter().fold(bare, |inner, name| format!("(call {inner}.bind {name})"));
    let said: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    Some(Proposal { title: format!("Bind {} instead of writing it into the SQL", said.join(" and ")), edit, removes, adds })
}

/// The file names a database of `sqlx` that compares values of any type, and no other.
fn takes_any_type(facts: &FileFacts) -> bool {
    let (mut any, mut strict) = (false, false);
    for import in facts.imports.iter().filter(|import| facts.text(import.specifier).starts_with("sqlx")) {
        let ImportItem::Named(name) = import.item else { continue };
        let name = facts.text(name);
        any |= name.starts_with("MySql") || name.starts_with("Sqlite");
        strict |= !(name.starts_with("MySql") || name.starts_with("Sqlite"))
            && (name.starts_with("Pg") || matches!(name, "Postgres" | "Any" | "AnyPool"));
    }
    any && !strict
}

/// The call of `sqlx` that is given the text at this place, and the text.
fn asked(facts: &FileFacts, span: Span) -> Option<(NodeId, NodeId)> {
    let texts = facts.arena.ids().filter(|&node| facts.arena.span(node) == span);
    let query = texts.into_iter().find(|&node| matches!(facts.arena.kind(node), NodeKind::Text { .. }))?;
    let calls = facts.arena.ids().filter(|&node| matches!(facts.arena.kind(node), NodeKind::Call { .. }));
    let around = calls.filter(|&node| facts.arena.span(node).start < span.start && facts.arena.span(node).end == span.end + 1);
    Some((around.min_by_key(|&node| facts.arena.span(node).end - facts.arena.span(node).start)?, query))
}

/// The SQL with `?` for every hole, and the names; `None` when a hole is no plain value that is compared.
fn parsed(content: &str, given: &[&str], annotation: &dyn Fn(&str) -> Option<String>) -> Option<(String, Vec<String>)> {
    let (mut names, mut given) = (Vec::new(), given.iter());
    let sql = holes::bound(content, "{", |hole| {
        let name = if hole.value.is_empty() { *given.next()? } else { hole.value };
        let plain =
            name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_') && !name.starts_with(|char: char| char.is_ascii_digit());
        let typed = annotation(name)?;
        let fits = if hole.quoted { matches!(typed.as_str(), "String" | "str") } else { NUMBERS.contains(&typed.as_str()) };
        if !plain || hole.in_literal || !fits || !holes::ends(hole.after) {
            return None;
        }
        names.push(name.to_string());
        Some("?".to_string())
    })?;
    (!names.is_empty() && given.next().is_none() && !sql.contains('}')).then_some((sql, names))
}

/// The type of a parameter of the function around, when that is one word, or of what is taken out of one (`Path(name): Path<String>`).
pub(super) fn annotation(facts: &FileFacts, place: Span, name: &str) -> Option<String> {
    let around = facts.definitions().filter(|(id, def)| *id != DefId::MODULE && !def.params.is_empty() && def.span.contains(place));
    let (_, function) = around.min_by_key(|(_, def)| def.span.end - def.span.start)?;
    let is_named = |node: NodeId| matches!(facts.arena.kind(node), NodeKind::Name(own) if facts.text(own) == name);
    let word = |node: NodeId| match facts.arena.kind(node) {
        NodeKind::Name(word) => Some(facts.text(word).to_string()),
        _ => None,
    };
    function.params.iter().find_map(|param| {
        let typed = param.annotation?;
        match param.pattern.map(|pattern| facts.arena.kind(pattern)) {
            None => param.name.is_some_and(|own| facts.text(own) == name).then(|| word(typed)).flatten(),
            Some(NodeKind::Call { args, form: CallForm::Pattern, .. }) => {
                let mut items = facts.arena.list(args);
                let (only, None) = (items.next()?, items.next()) else { return None };
                let NodeKind::Apply { args, .. } = facts.arena.kind(typed) else { return None };
                let mut args = facts.arena.list(args);
                let (inner, None) = (args.next()?, args.next()) else { return None };
                is_named(only).then(|| word(inner)).flatten()
            }
            Some(_) => None,
        }
    })
}
