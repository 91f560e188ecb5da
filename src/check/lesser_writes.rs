//! Writes that do little harm alone, for `missing-transaction`: times that are touched, rows that are only removed, functions that make what will
//! write later, and handles that come from callers nobody sees.

use super::Context;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::FileFacts;
use crate::model::knowledge::WriteMode;
use crate::model::nesting::{arguments, around, called_name, chain, chain_root};
use crate::model::program::Program;
use crate::model::role::{GlobalDef, Role};
use crate::model::source::Family;
use crate::model::summary::Write;
use crate::model::words::words;
use crate::rulebook::vocabulary::{Words, vocabulary};

/// All that the write changes says when something was changed or seen last: `row.save(update_fields=["last_change"])`, `update({ data: { updatedAt } })`.
pub(super) fn is_touch(facts: &FileFacts, site: NodeId) -> bool {
    let mut names: Vec<&str> = Vec::new();
    for argument in arguments(facts, site) {
        match facts.arena.kind(argument) {
            NodeKind::Argument { name, value } if facts.text(name) == "update_fields" => {
                facts.arena.walk(value, |node| names.extend(facts.string(node)));
            }
            NodeKind::Collection { items, .. } => {
                for item in facts.arena.list(items) {
                    let NodeKind::Entry { key, value } = facts.arena.kind(item) else { continue };
                    if let (Some("data" | "set" | "$set"), NodeKind::Collection { items, .. }) =
                        (facts.string(key), facts.arena.kind(value))
                    {
                        names.extend(facts.arena.list(items).filter_map(|item| match facts.arena.kind(item) {
                            NodeKind::Entry { key, .. } => facts.string(key),
                            _ => Some(""),
                        }));
                    }
                }
            }
            _ => {}
        }
    }
    !names.is_empty() && names.into_iter().all(is_time_of_change)
}

/// `updated_at`, `lastSeen`, `modified`; `paid_at` and `deleted_at` say more than when.
fn is_time_of_change(name: &str) -> bool {
    words(name).first().is_some_and(|word| vocabulary().writes.times.has(word))
}

/// A step of the statement lets it be repeated: `.onConflict((oc) => oc.doNothing())`, `.on_conflict_do_nothing()`.
pub(super) fn is_repeated_by_chain(facts: &FileFacts, site: NodeId) -> bool {
    chain(facts, site).filter_map(|link| called_name(facts, link)).any(|name| {
        let words = words(name);
        words.windows(2).any(|two| two[0] == "on" && (two[1] == "conflict" || two[1] == "duplicate")) || name == "orIgnore"
    })
}

/// It makes data for tests, demonstrations or a first look, by its name, its class or its file.
pub(super) fn is_made_up(program: &Program, function: GlobalDef) -> bool {
    let path = program.path(function.file);
    let stem = path.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
    // `factories.py` is where Python's tests get their rows from.
    let of_tests = stem == "factories" && program.file(function.file).language.family() == Family::Python;
    of_tests
        || vocabulary().writes.made_up.in_name(&program.short_name(program.outermost(function)))
        || vocabulary().writes.made_up.in_name(stem)
}

/// `createApiMiddleware(server)`, `buildRouter(db)`: it makes what will write when a request comes.
pub(super) fn makes_handler(name: &str) -> bool {
    let words = words(name);
    let (first, last) = (words.first().map_or("", String::as_str), words.last().map_or("", String::as_str));
    vocabulary().writes.makers.has(first) && vocabulary().writes.made.has(last)
}

/// `createRefreshToken(user)`, `startSession(user)`: the user is there without it.
pub(super) fn lets_in(name: &str) -> bool {
    let words = words(name);
    let has = |known: &Words| words.iter().any(|word| known.has(word));
    has(&vocabulary().writes.sessions) || has(&vocabulary().writes.of_sessions) && has(&vocabulary().writes.tokens)
}

/// A token that somebody is sent to prove who they are: whoever asks again gets another. TypeScript, whose tables say what tokens are for.
pub(super) fn is_asked_for_again(facts: &FileFacts, write: &Write) -> bool {
    let is_sent = |table: &String| {
        let words = words(table);
        let has = |known: &Words| words.iter().any(|word| known.has(word));
        has(&vocabulary().writes.asked_again) && has(&vocabulary().writes.sent)
    };
    facts.language.family() == Family::TypeScript && write.tables.iter().any(is_sent)
}

/// Both only remove rows: whoever does it again removes what is left.
pub(super) fn only_removes(name: &dyn Fn(&Write) -> String, first: &Write, second: &Write) -> bool {
    let removes = |write: &Write| {
        let words = words(&name(write));
        let has = |known: &Words| words.iter().any(|word| known.has(word));
        has(&vocabulary().writes.removing) && !has(&vocabulary().writes.adding)
    };
    removes(first) && removes(second)
}

/// What it writes with was given to it or to its object, and no call of it is known: whoever calls it may have opened a transaction.
pub(super) fn may_be_in_callers(context: &Context, function: GlobalDef, first: &Write, second: &Write) -> bool {
    let program = context.program;
    let facts = program.file(function.file);
    let is_handed = |write: &Write| match facts.arena.kind(chain_root(facts, write.site)) {
        NodeKind::Receiver => true,
        NodeKind::Name(name) => around(facts, function.def).any(|at| facts.def(at).params.iter().any(|param| param.name == Some(name))),
        _ => false,
    };
    let by_hand = |write: &Write| write.via.is_none() && write.mode == WriteMode::Immediate && is_handed(write);
    // Django's and Tortoise's rows have a connection of their own.
    facts.language.family() != Family::Python
        && by_hand(first)
        && by_hand(second)
        && !program.is(function, Role::Router)
        && !program.routes.iter().any(|route| program.outermost(route.handler) == program.outermost(function))
        && context.callers().of_function(program.outermost(function)).is_empty()
}

/// What a write is called by; a statement, by its verb.
pub(super) fn called(facts: &FileFacts, write: &Write, via: &dyn Fn(GlobalDef) -> String) -> String {
    let statement = arguments(facts, write.site).next().and_then(|first| facts.string(first));
    let verb = statement.and_then(|text| text.split_whitespace().next()).filter(|_| write.via.is_none()).map(str::to_ascii_lowercase);
    verb.or_else(|| write.via.map(via)).unwrap_or_else(|| called_name(facts, write.site).unwrap_or_default().to_string())
}
