//! What a function that queries is given: handles, what narrows nothing, or what may bound it.

use crate::model::body::{CollectionKind, NodeId, NodeKind};
use crate::model::facts::{FileFacts, Name};
use crate::model::knowledge::{Framework, FrameworkKind};
use crate::model::nesting::{argument_value, arguments, called_name, last_name};
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// A call that is given anything but handles may be told how much to fetch.
pub(super) fn has_bound_argument(program: &Program, file: FileId, call: NodeId) -> bool {
    let facts = program.file(file);
    arguments(facts, call).any(|argument| {
        let value = argument_value(facts, argument);
        if is_of_database(program, file, value) || is_of_database(program, file, handle(facts, value)) || says_nothing(facts, value) {
            return false;
        }
        // `context.database()`
        let handle = handle(facts, value);
        let name = match facts.arena.kind(handle) {
            NodeKind::Call { .. } if arguments(facts, handle).next().is_none() => called_name(facts, handle),
            _ => last_name(facts, handle).map(|name| facts.text(name)),
        };
        let name = name.unwrap_or("?");
        !vocabulary().queries.handles.has(name)
    })
}

/// TypeScript: an argument that narrows nothing: `{}`, `undefined`, names of relations, and `req.query`, in which nothing may stand.
fn says_nothing(facts: &FileFacts, value: NodeId) -> bool {
    facts.language.family() == Family::TypeScript
        && match facts.arena.kind(value) {
            NodeKind::Null => true,
            NodeKind::Name(name) => facts.text(name) == "undefined",
            NodeKind::Collection { items, kind } => {
                facts.arena.list(items).len() == 0
                    || kind == CollectionKind::List
                        && facts.arena.list(items).all(|item| matches!(facts.arena.kind(item), NodeKind::Str(_)))
            }
            NodeKind::Member { object, name, .. } => {
                facts.text(name) == "query"
                    && matches!(facts.arena.kind(object), NodeKind::Name(name) if api_names().answers.requests.has(facts.text(name)))
            }
            NodeKind::Cast { value, .. } => says_nothing(facts, value),
            _ => false,
        }
}

/// The parameters of a callee that are given what narrows nothing.
pub(super) fn open_params(program: &Program, file: FileId, call: NodeId, callee: GlobalDef) -> Vec<Name> {
    let facts = program.file(file);
    let given = arguments(facts, call).zip(&program.def(callee).params);
    given.filter(|(argument, _)| says_nothing(facts, argument_value(facts, *argument))).filter_map(|(_, param)| param.name).collect()
}

/// A connection, pool or session of a library for databases.
fn is_of_database(program: &Program, file: FileId, value: NodeId) -> bool {
    program.api(file, value).is_some_and(|api| {
        let root = api.path.split('.').next().unwrap_or_default();
        let is_database = |framework: &Framework| {
            matches!(framework.kind, FrameworkKind::Driver | FrameworkKind::Orm) && framework.packages.iter().any(|name| name == root)
        };
        api.path.ends_with("()") && program.knowledge.frameworks.iter().any(is_database)
    })
}

/// What a handle is handed on from: `&state`, `pool.get_ref()`, `Arc::clone(&db)`.
fn handle(facts: &FileFacts, value: NodeId) -> NodeId {
    let mut at = value;
    for _ in 0..4 {
        at = match facts.arena.kind(at) {
            NodeKind::Unary { value, .. } => value,
            NodeKind::Call { callee, .. } if called_name(facts, at).is_some_and(|name| api_names().answers.references.has(name)) => {
                match (arguments(facts, at).next(), facts.arena.kind(callee)) {
                    (Some(given), _) => given,
                    (None, NodeKind::Member { object, .. }) => object,
                    _ => return at,
                }
            }
            _ => return at,
        };
    }
    at
}
