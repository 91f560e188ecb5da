//! Code that only runs where a setting says so.

use super::vocabulary::vocabulary;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{FileFacts, Name};
use crate::model::nesting::{Nesting, last_name};

/// It stands under a condition on a setting: `if settings.IS_DEMO:`.
pub fn depends_on_setting(facts: &FileFacts, nesting: &Nesting, site: NodeId) -> bool {
    nesting.around(site).any(|node| match facts.arena.kind(node) {
        NodeKind::If { condition, .. } => {
            let mut found = false;
            facts.arena.walk(condition, |part| {
                found |= matches!(facts.arena.kind(part), NodeKind::Member { object, name, .. } if is_setting(facts, object, name));
            });
            found
        }
        _ => false,
    })
}

/// `settings.IS_DEMO`.
fn is_setting(facts: &FileFacts, object: NodeId, name: Name) -> bool {
    let is_constant = |text: &str| text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase);
    let holder = last_name(facts, object);
    is_constant(facts.text(name)) && holder.is_some_and(|holder| vocabulary().loops.settings.in_name(facts.text(holder)))
}
