//! Records of what happened: audit logs, history, counters of use.

use crate::model::words::words;
use crate::rulebook::vocabulary::vocabulary;

/// Names of tables and functions that keep a record beside the operation: audit logs, history, counters of use, caches.
pub(super) fn is_record(name: &str) -> bool {
    let words = words(name);
    // An address that is to be confirmed is no mail that was sent: `deleteEmailVerification`.
    let is_address = words.iter().any(|word| vocabulary().records.confirmations.has(word))
        && !words.iter().any(|word| vocabulary().records.sending.has(word));
    words.iter().filter(|word| !(is_address && vocabulary().records.mail.has(word))).any(|word| vocabulary().records.kept.has(word))
}
