//! The places where calls are made.

use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind};
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::source::FileId;

/// One call in the code of a definition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    pub(super) caller: GlobalDef,
    pub(super) call: NodeId,
    pub(super) callee: NodeId,
}

/// Every call of a file, in order of definitions: in bodies, defaults of parameters and values of fields. Patterns are no calls.
pub(super) fn sites(program: &Program, file: FileId) -> Vec<Site> {
    let facts = program.file(file);
    let mut found = Vec::new();
    for (def, definition) in facts.definitions() {
        let mut roots: Vec<NodeId> = definition.body.into_iter().collect();
        roots.extend(definition.params.iter().filter_map(|param| param.default));
        if definition.kind == DefKind::Field {
            roots.extend(definition.value);
        }
        for root in roots {
            facts.arena.walk(root, |call| {
                if let NodeKind::Call { form, callee, .. } = facts.arena.kind(call)
                    && form != CallForm::Pattern
                {
                    found.push(Site { caller: GlobalDef { file, def }, call, callee });
                }
            });
        }
    }
    found
}

/// The definition in which another stands.
pub(super) fn outer(program: &Program, def: GlobalDef) -> Option<GlobalDef> {
    (def.def != DefId::MODULE).then(|| GlobalDef { file: def.file, def: program.def(def).parent })
}
