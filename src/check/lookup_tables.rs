//! Which tables stay small, by what they are called.

use crate::model::words::words;
use crate::rulebook::vocabulary::vocabulary;

/// Tables that stay small, by the last word of their name: `OrderStatus`, but not `MenuItem`; `TagEntity` is named after tags.
pub(super) fn is_lookup(table: &str) -> bool {
    let words = words(table);
    let says_kind = |word: &&String| vocabulary().queries.endings.has(word);
    words.iter().rev().find(|word| !says_kind(word)).is_some_and(|word| vocabulary().queries.lookup_tables.has(word))
}

/// Tables of that kind that users fill: tags, categories, groups. They grow, if slowly.
pub(super) fn may_grow(table: &str) -> bool {
    let words = words(table);
    let says_kind = |word: &&String| vocabulary().queries.endings.has(word);
    words.iter().rev().find(|word| !says_kind(word)).is_some_and(|word| vocabulary().queries.growing_lookups.has(word))
}
