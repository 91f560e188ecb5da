//! Records of what happened: audit logs, history, counters of use.

use crate::model::words::words;
use crate::rulebook::vocabulary::vocabulary;

/// Names of tables and functions that keep a record beside the operation: audit logs, history, counters of use, caches.
pub(super) fn is_record(name: &str) -> bool {
    let words = words(name);
    // An address that is to be confirmed is no mail that was sent: `deleteEmailVerification`.
    let is_address = words.iter().any(|word| vocabulary().records.confirmations.has(word))
        && !words.iter().any(|word| vocabulary().records.sending.has(word));
    // `addMemberWithEmail`, `removeByEmail`: whom it is about, not what is sent.
    let tells_whom = |at: usize| at > 0 && vocabulary().records.before_whom.has(&words[at - 1]);
    let is_no_record = |at: usize, word: &str| vocabulary().records.mail.has(word) && (is_address || tells_whom(at));
    words.iter().enumerate().any(|(at, word)| vocabulary().records.kept.has(word) && !is_no_record(at, word))
}

/// The same of a table: who wants to be told of events is a setting (`webhook`, `linkWebhook`), what was sent to them a record.
pub(super) fn is_record_table(table: &str) -> bool {
    let words = words(table);
    let is_setting = words.last().is_some_and(|last| vocabulary().records.settings.has(last));
    let others = words.len() - usize::from(is_setting);
    is_record(&words[..others].join("_"))
}
