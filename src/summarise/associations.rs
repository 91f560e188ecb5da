//! The names under which the models of a TypeScript project reach each other.

use std::sync::OnceLock;

use rustc_hash::FxHashSet;

use crate::model::body::NodeKind;
use crate::model::nesting::{arguments, called_name, last_name};
use crate::model::program::Program;
use crate::model::source::Family;

/// The names under which the project's models reach each other: `Post` and `posts` of `User.hasMany(Post, { as: "posts" })`. Read when a
/// query first asks.
#[derive(Default)]
pub struct Associations(OnceLock<FxHashSet<String>>);

impl Associations {
    /// An association of this name is declared, in the singular or plural.
    pub(super) fn has(&self, program: &Program, name: Option<&str>) -> bool {
        name.is_some_and(|name| self.0.get_or_init(|| associations(program)).contains(&singular(name)))
    }
}

fn associations(program: &Program) -> FxHashSet<String> {
    let mut names = FxHashSet::default();
    for facts in program.facts.iter().filter(|facts| facts.language.family() == Family::TypeScript) {
        for call in facts.arena.ids() {
            if !matches!(called_name(facts, call), Some("hasMany" | "hasOne" | "belongsTo" | "belongsToMany")) {
                continue;
            }
            for (position, argument) in arguments(facts, call).enumerate() {
                if position == 0 {
                    names.extend(last_name(facts, argument).map(|name| singular(facts.text(name))));
                }
                let NodeKind::Collection { items, .. } = facts.arena.kind(argument) else { continue };
                for item in facts.arena.list(items) {
                    if let NodeKind::Entry { key, value } = facts.arena.kind(item)
                        && facts.string(key) == Some("as")
                    {
                        names.extend(facts.string(value).map(singular));
                    }
                }
            }
        }
    }
    names
}

/// One spelling for `Category` and `categories`.
fn singular(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    match lower.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => lower.strip_suffix('s').unwrap_or(&lower).to_string(),
    }
}
