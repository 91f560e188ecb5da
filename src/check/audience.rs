//! Who gets to see an answer: administrators, developers, or everybody.

use super::requests::named;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::DefId;
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::rulebook::vocabulary::vocabulary;

/// What is said of answers that only administrators get.
pub(super) const TO_ADMINISTRATORS: &str = "; only administrators see it";

/// A guard beside it, a parameter or the file says that administrators alone come here: they keep the server and need to know.
pub(super) fn is_for_administrators(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    let says = |node: NodeId| {
        let mut found = false;
        facts.arena.walk_while(node, |inner| {
            let name = match facts.arena.kind(inner) {
                NodeKind::Name(name) | NodeKind::Member { name, .. } => Some(name),
                _ => None,
            };
            found = found || name.is_some_and(|name| vocabulary().audience.administrators.in_name(facts.text(name)));
            !found
        });
        found
    };
    let mut at = named(program, function).def;
    for _ in 0..8 {
        let def = facts.def(at);
        let given = def.params.iter().flat_map(|param| [param.annotation, param.default]).flatten();
        if def.decorators.iter().copied().chain(given).any(says) {
            return true;
        }
        if at == DefId::MODULE {
            break;
        }
        at = def.parent;
    }
    program.path(function.file).split('/').any(|part| vocabulary().audience.administrators.in_name(part.split('.').next().unwrap_or(part)))
}

/// Examples, stand-ins and tools of developers: what they tell, they tell whoever runs them.
pub(super) fn is_for_show(path: &str) -> bool {
    path.split('/').any(|part| vocabulary().audience.for_show.in_name(part.split('.').next().unwrap_or(part)))
}
