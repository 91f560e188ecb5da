//! Addresses of databases with their passwords in them.

use super::findings::Logged;
use crate::check::sensitive::{Secret, assigned, constant, hides, parts, secret};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefId, FileFacts};
use crate::model::finding::{Confidence, Level};
use crate::model::knowledge::{ApiFact, SourceKind};
use crate::model::nesting::{arguments, called_name, last_name, spell};
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::source::Family;
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// An address put together with a password: `mongodb://${db.user}:${db.password}@${db.host}`.
fn holds_password(facts: &FileFacts, value: NodeId) -> bool {
    let (mut is_url, mut password) = (false, false);
    facts.arena.walk_while(value, |inner| {
        is_url |= facts.string(inner).is_some_and(|text| text.contains("://"));
        if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(inner) {
            password |= secret(facts.text(name)) == Some(Secret::Password);
        }
        // `os.environ["REDIS_PASS"]`
        if let NodeKind::Index { index, .. } = facts.arena.kind(inner) {
            password |= facts.string(index).is_some_and(is_variable_of_password);
        }
        !matches!(facts.arena.kind(inner), NodeKind::Closure(_))
    });
    is_url && password && !hides(facts, value)
}

/// A variable of the environment that holds a password: `REDISPASS`, `DB_PASSWORD`.
fn is_variable_of_password(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && ["PASS", "PASSWD", "PASSWORD", "PWD"].iter().any(|end| name.ends_with(end))
}

/// The address of a database with its password in it: `DATABASE_URL`, `mongoUri`, unless it is known to be a text without one.
pub(super) fn connection(program: &Program, function: GlobalDef, node: NodeId, name: &str) -> Option<Logged> {
    let facts = program.file(function.file);
    let words = parts(name);
    let is_address = words.last().is_some_and(|word| vocabulary().logs.addresses.has(word))
        || words.ends_with(&["connection".to_string(), "string".to_string()]);
    if !is_address {
        return None;
    }
    let logged = |what: &str, confidence: Confidence| Logged {
        node,
        what: what.to_string(),
        name: spell(facts, node),
        confidence,
        level: Level::Warning,
    };
    if is_put_together(facts, function, node) {
        return Some(logged("an address with a password in it", Confidence::High));
    }
    let is_of_store = names_store(&words) || facts.language.family() == Family::Rust && is_store_by_owner(facts, function, node);
    if !is_of_store || is_local_file(facts) {
        return None;
    }
    let is_told = facts.language.family() == Family::Rust && is_setting(facts, node) || comes_from_outside(program, function, node);
    is_told.then(|| logged("the address of a database, its password in it", Confidence::Medium))
}

/// The last word or one of the others names a database or a broker.
fn names_store(words: &[String]) -> bool {
    words.iter().any(|word| vocabulary().logs.stores.has(word))
}

/// A local that is given an address and a password to put into it.
fn is_put_together(facts: &FileFacts, function: GlobalDef, node: NodeId) -> bool {
    let NodeKind::Name(name) = facts.arena.kind(node) else { return false };
    let given = assigned(facts, function.def, name).into_iter().chain(constant(facts, name));
    given.into_iter().any(|value| holds_password(facts, value))
}

/// Rust: the whole file of a local database has no password.
fn is_local_file(facts: &FileFacts) -> bool {
    facts.language.family() == Family::Rust && api_names().texts.local_databases.any(|name| facts.names.may_hold(name))
}

/// What it is, or what it was given, comes out of the environment or a file of settings.
fn comes_from_outside(program: &Program, function: GlobalDef, node: NodeId) -> bool {
    let facts = program.file(function.file);
    let values = match facts.arena.kind(node) {
        NodeKind::Name(name) => {
            let mut values = assigned(facts, function.def, name);
            values.extend(constant(facts, name));
            // What a module gives its variable later on: `mongoUri = process.env.MONGODB_URI`.
            let Some(body) = facts.def(DefId::MODULE).body else { return false };
            facts.arena.walk(body, |inner| match facts.arena.kind(inner) {
                NodeKind::Assign { target, value, .. } if facts.arena.kind(target) == NodeKind::Name(name) => values.push(value),
                _ => {}
            });
            values
        }
        // `process.env.DATABASE_URL`, `config.databaseUrl`
        NodeKind::Member { .. } | NodeKind::Index { .. } => vec![node],
        _ => return false,
    };
    values.into_iter().any(|value| {
        let mut found = false;
        facts.arena.walk(value, |inner| {
            found |= program
                .api(function.file, inner)
                .is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Source(SourceKind::Outside)));
        });
        found
    })
}

/// Rust: what holds the address, or the variable that it is read from, speaks of a database: `CONFIG.database.url`, `let url =
/// env::var("DATABASE_URL")`.
fn is_store_by_owner(facts: &FileFacts, function: GlobalDef, node: NodeId) -> bool {
    let speaks = |text: &str| parts(text).iter().any(|word| vocabulary().logs.owners_of_stores.has(word));
    match facts.arena.kind(node) {
        NodeKind::Member { object, .. } => last_name(facts, object).is_some_and(|name| speaks(facts.text(name))),
        NodeKind::Name(name) => assigned(facts, function.def, name).into_iter().any(|value| {
            let mut found = false;
            facts.arena.walk(value, |inner| {
                found |= called_name(facts, inner) == Some("var")
                    && arguments(facts, inner).next().is_some_and(|key| {
                        // `env::var(DATABASE_URL)`, of a constant
                        let named = || last_name(facts, key).map(|name| facts.text(name));
                        facts.string(key).or_else(named).is_some_and(|key| speaks(key) && key.ends_with("URL"))
                    });
            });
            found
        }),
        _ => false,
    }
}

/// Rust: a field of the settings: `config.db_url`, `CONFIG.database.url`.
fn is_setting(facts: &FileFacts, node: NodeId) -> bool {
    let mut at = node;
    while let NodeKind::Member { object, .. } = facts.arena.kind(at) {
        at = object;
        let named =
            last_name(facts, at).is_some_and(|name| parts(facts.text(name)).iter().any(|word| vocabulary().logs.settings.has(word)));
        if named {
            return true;
        }
    }
    false
}
