//! Calls that write to a log, by their library or by how they are called.

use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::facts::FileFacts;
use crate::model::knowledge::ApiFact;
use crate::model::nesting::last_name;
use crate::model::program::Program;
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::api_names;

/// A call of a logger: known by its library, or by the receiver's and the method's names.
pub(super) fn is_logger(program: &Program, file: FileId, call: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Call { callee, form, .. } = facts.arena.kind(call) else { return false };
    if form == CallForm::Pattern || form == CallForm::Jsx {
        return false;
    }
    let known = program.called_api(file, call).is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Logs));
    known || is_called_like_logger(facts, callee, form)
}

fn is_called_like_logger(facts: &FileFacts, callee: NodeId, form: CallForm) -> bool {
    match facts.arena.kind(callee) {
        NodeKind::Member { object, name, path: false } => {
            let receiver = last_name(facts, object).map(|name| facts.text(name)).unwrap_or_default();
            api_names().logging.levels.has(facts.text(name)) && (is_called_logger(receiver) || makes_logger(facts, object))
        }
        NodeKind::Name(name) if form == CallForm::Macro => api_names().logging.macros.has(facts.text(name)),
        NodeKind::Member { object, name, path: true } if form == CallForm::Macro => {
            let package = last_name(facts, object).map(|name| facts.text(name)).unwrap_or_default();
            matches!(package, "log" | "tracing") && api_names().logging.levels.has(facts.text(name))
        }
        NodeKind::Name(name) => facts.language.family() == Family::Python && facts.text(name) == "print",
        _ => false,
    }
}

fn is_called_logger(name: &str) -> bool {
    api_names().logging.loggers.has(name.trim_start_matches('_').to_ascii_lowercase())
}

/// `Logger.get("api")`, `this.logger.child({ … })`, `getLogger(name)`.
fn makes_logger(facts: &FileFacts, node: NodeId) -> bool {
    let NodeKind::Call { callee, form: CallForm::Plain, .. } = facts.arena.kind(node) else { return false };
    match facts.arena.kind(callee) {
        NodeKind::Member { object, name, path: false } => {
            let of_logger = last_name(facts, object).is_some_and(|name| is_called_logger(facts.text(name)));
            of_logger && api_names().logging.makers.has(facts.text(name))
        }
        NodeKind::Name(name) => api_names().logging.factories.has(facts.text(name)),
        _ => false,
    }
}
