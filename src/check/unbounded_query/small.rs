//! Why a table that is answered whole may well be small: nothing here adds rows to it, or all that is asked for is a list of names to choose from.

use std::cell::OnceCell;

use rustc_hash::FxHashSet;

use crate::check::Context;
use crate::model::body::{CallForm, CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefId, FileFacts};
use crate::model::knowledge::Access;
use crate::model::nesting::{argument_value, arguments, called_name, chain, last_name};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::model::words::words;
use crate::rulebook::vocabulary::vocabulary;

/// From how many tables on whose writes are seen it says something that those of another are not.
const SEEN: usize = 3;

/// What the project writes to, found when first asked for.
#[derive(Default)]
pub(super) struct Filled {
    written: OnceCell<Vec<Written>>,
}

impl Filled {
    /// What is said of a table that may be small.
    pub(super) fn why_small(&self, context: &Context, table: &str, file: FileId, site: NodeId) -> Option<&'static str> {
        let facts = context.program.file(file);
        if facts.language.family() == Family::Python {
            return None;
        }
        if columns(facts, site).is_some_and(|columns| is_choice(&columns)) {
            return Some("; fine for a list of names to choose from, as long as it is short");
        }
        let written = self.written.get_or_init(|| context.in_files("unbounded-query: written", (), written));
        is_filled_elsewhere(written, table).then_some("; fine if it stays small: nothing here but migrations and seeds adds rows to it")
    }
}

/// A key and one text: `select: { id: true, name: true }`, `SELECT id, name FROM …`.
fn is_choice(columns: &[String]) -> bool {
    let queries = &vocabulary().queries;
    let [one, other] = columns else { return false };
    let is_key = |column: &String| queries.choice_keys.has(column);
    let is_text = |column: &String| words(column).last().is_some_and(|word| queries.choice_texts.has(word));
    is_key(one) && is_text(other) || is_key(other) && is_text(one)
}

/// The columns that a query names, if it does.
fn columns(facts: &FileFacts, site: NodeId) -> Option<Vec<String>> {
    for link in chain(facts, site) {
        let name = called_name(facts, link);
        for argument in arguments(facts, link) {
            let argument = argument_value(facts, argument);
            if name == Some("select") && matches!(facts.arena.kind(argument), NodeKind::Collection { .. }) {
                return listed(facts, argument);
            }
            if let Some(found) = facts.string(argument).and_then(selected) {
                return Some(found);
            }
            let NodeKind::Collection { items, kind: CollectionKind::Dict } = facts.arena.kind(argument) else { continue };
            let entries = facts.arena.list(items).filter_map(|item| match facts.arena.kind(item) {
                NodeKind::Entry { key, value } => Some((facts.string(key)?, value)),
                _ => None,
            });
            let mut picks = entries.filter(|(key, _)| matches!(*key, "select" | "attributes" | "include" | "relations"));
            if let (Some(("select" | "attributes", value)), None) = (picks.next(), picks.next()) {
                return listed(facts, value);
            }
        }
    }
    None
}

/// `{ id: true, name: true }`, `["id", "name"]`
fn listed(facts: &FileFacts, columns: NodeId) -> Option<Vec<String>> {
    let NodeKind::Collection { items, .. } = facts.arena.kind(columns) else { return None };
    let named = facts.arena.list(items).map(|item| match facts.arena.kind(item) {
        NodeKind::Entry { key, value } if !matches!(facts.arena.kind(value), NodeKind::Collection { .. }) => facts.string(key),
        NodeKind::Str(text) => Some(facts.text(text)),
        _ => None,
    });
    named.map(|name| name.map(str::to_string)).collect()
}

/// The columns of a statement, by the names they are given: `SELECT id, title AS name FROM …`.
fn selected(sql: &str) -> Option<Vec<String>> {
    let text = sql.trim_start();
    let rest = text.get(..6).filter(|word| word.eq_ignore_ascii_case("select")).and_then(|_| text.get(6..))?;
    let end = rest.to_ascii_lowercase().find(" from ")?;
    let last = |column: &str| column.split_whitespace().last()?.rsplit('.').next().map(|name| name.trim_matches(['"', '`']).to_lowercase());
    let columns = rest.get(..end)?;
    if columns.contains(['(', '*']) {
        return None;
    }
    columns.split(',').map(last).collect()
}

/// Rows of other tables are written here, and none of this one.
fn is_filled_elsewhere(written: &[Written], table: &str) -> bool {
    let (mut tables, mut unknown): (FxHashSet<&str>, usize) = (FxHashSet::default(), 0);
    let own = plain(table);
    for one in written {
        match one {
            Written::Table(name) => drop(tables.insert(name)),
            Written::Unknown => unknown += 1,
            Written::Named(_) => {}
        }
    }
    let is_own = |one: &Written| match one {
        Written::Table(name) | Written::Named(name) => name.contains(&own),
        Written::Unknown => false,
    };
    own.len() >= 3 && tables.len() >= SEEN && unknown <= tables.len() && !written.iter().any(is_own)
}

#[derive(Clone)]
enum Written {
    /// A table that a query writes to.
    Table(String),
    /// A query writes, and nothing shows where.
    Unknown,
    /// What rows may be added to by the look of it.
    Named(String),
}

/// What the code of a file writes to. Tests, migrations and seeds are not asked.
fn written(context: &Context, (): &(), file: FileId) -> Vec<Written> {
    let program = context.program;
    let facts = program.file(file);
    let beside = [Role::Test, Role::Migration, Role::Script, Role::Frontend];
    if facts.language.family() == Family::Python || program.is_any(GlobalDef { file, def: DefId::MODULE }, &beside) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for function in program.functions_of(file) {
        let queries = context.summaries.of(function).map(|summary| summary.queries.as_slice()).unwrap_or_default();
        found.extend(queries.iter().filter(|query| query.access == Access::Write).map(|query| match &query.table {
            Some(table) => Written::Table(plain(table)),
            None => Written::Unknown,
        }));
    }
    let adds = |name: &str| words(name).first().is_some_and(|word| vocabulary().queries.adds_rows.has(word));
    let mut names: FxHashSet<String> = FxHashSet::default();
    for node in facts.arena.ids() {
        match facts.arena.kind(node) {
            NodeKind::Call { callee, form: CallForm::New, .. } => {
                names.extend(last_name(facts, callee).map(|name| plain(facts.text(name))))
            }
            NodeKind::Call { callee, .. } if called_name(facts, node).is_some_and(adds) => {
                let links = chain(facts, callee).filter(|link| !matches!(facts.arena.kind(*link), NodeKind::Call { .. }));
                names.extend(links.filter_map(|link| last_name(facts, link)).map(|name| plain(facts.text(name))));
                names.extend(arguments(facts, node).filter_map(|given| last_name(facts, given)).map(|name| plain(facts.text(name))));
            }
            // `data: { stickers: { create: […] } }`
            NodeKind::Entry { key, value } => {
                if let (Some(key), NodeKind::Collection { items, .. }) = (facts.string(key), facts.arena.kind(value))
                    && facts.arena.list(items).any(|item| match facts.arena.kind(item) {
                        NodeKind::Entry { key, .. } => {
                            matches!(facts.string(key), Some("create" | "createMany" | "connectOrCreate" | "upsert"))
                        }
                        _ => false,
                    })
                {
                    names.insert(plain(key));
                }
            }
            _ => {}
        }
    }
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_unstable();
    found.extend(names.into_iter().map(Written::Named));
    found
}

/// A table's name without what tells its spellings apart: `sticker_packs`, `StickerPackEntity`.
fn plain(name: &str) -> String {
    let parts = words(name);
    let kept = parts.iter().filter(|word| !vocabulary().queries.endings.has(word.as_str()));
    let joined: String = kept.map(String::as_str).collect();
    joined.strip_suffix('s').unwrap_or(&joined).to_string()
}
