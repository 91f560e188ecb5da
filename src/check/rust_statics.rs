//! `stateful-service` in Rust: collections behind a lock, in a `static` or in a field of the application's state, which code that runs for
//! requests changes.
//!
//! A `static` stands in the file of the function, or the change is not seen. Counters and flags (atomics) mostly measure or number, and are
//! left alone; so are channels, connections and tasks, which live and die with the process, and what stands in for a store on purpose.

use super::Context;
use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts};
use crate::model::nesting::{called_name, last_name};
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::FileId;
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// Longest chain of calls and local names behind a change.
const DEEPEST: u8 = 24;

/// The calls of a body that change such a `static`, with it and its name. What is looked up first and computed without asking a database is a
/// memo, and left out.
pub(super) fn changes(context: &Context, function: GlobalDef, body: NodeId) -> Vec<(NodeId, GlobalDef, String)> {
    let facts = context.program.file(function.file);
    let mut found = Vec::new();
    facts.arena.walk(body, |node| {
        let NodeKind::Call { callee, form: CallForm::Plain, .. } = facts.arena.kind(node) else { return };
        let NodeKind::Member { object, name, path: false } = facts.arena.kind(callee) else { return };
        if !api_names().statics.changes.has(facts.text(name)) {
            return;
        }
        if let Some((def, name)) = collection(facts, body, object, DEEPEST) {
            found.push((node, GlobalDef { file: function.file, def }, name));
        } else if let Some((field, name)) = field_behind(context.program, function, body, object, DEEPEST) {
            found.push((node, field, name));
        }
    });
    let asks_outside = context.summaries.of(function).is_some_and(|summary| !summary.reaches.is_empty());
    found.retain(|&(node, state, _)| asks_outside || state.file != function.file || !looked_up(facts, body, node, state.def));
    found
}

/// The field behind `state.sessions.lock().unwrap()`, `self.rows.write().await`, or the parameter that is such a collection by itself.
fn field_behind(program: &Program, function: GlobalDef, body: NodeId, node: NodeId, depth: u8) -> Option<(GlobalDef, String)> {
    let facts = program.file(function.file);
    if depth == 0 {
        return None;
    }
    match facts.arena.kind(node) {
        NodeKind::Call { callee, .. } => match facts.arena.kind(callee) {
            NodeKind::Member { object, path: false, .. } => field_behind(program, function, body, object, depth - 1),
            _ => None,
        },
        NodeKind::Await(inner) | NodeKind::Propagate(inner) => field_behind(program, function, body, inner, depth - 1),
        NodeKind::Name(name) => {
            if let Some(value) = declared(facts, body, name) {
                return field_behind(program, function, body, value, depth - 1);
            }
            // `sessions: web::Data<Sessions>`, where `type Sessions = DashMap<…>`
            let def = facts.def(function.def);
            let param = def.params.iter().find(|param| param.name == Some(name))?;
            let annotation = param.annotation?;
            let NodeKind::Apply { base, args } = facts.arena.kind(annotation) else { return None };
            let is_shared = last_name(facts, base).is_some_and(|name| api_names().statics.extractors.has(facts.text(name)));
            let held = facts.arena.list(args).next_back()?;
            let kept = is_shared && is_collection_behind_lock(program, function.file, held, 0);
            kept.then(|| (function, facts.text(name).to_string()))
        }
        NodeKind::Member { object, name, path: false } => {
            let class = class_of(program, function, object)?;
            let own = program.file(class.file);
            let wanted = facts.text(name);
            let (field, def) =
                own.definitions().find(|(_, def)| def.kind == DefKind::Field && def.parent == class.def && own.text(def.name) == wanted)?;
            let kept = !stands_in(own.text(own.def(class.def).name)) && is_collection_behind_lock(program, class.file, def.annotation?, 0);
            kept.then(|| (GlobalDef { file: class.file, def: field }, wanted.to_string()))
        }
        _ => None,
    }
}

/// The struct that the expression is an instance of.
fn class_of(program: &Program, function: GlobalDef, object: NodeId) -> Option<GlobalDef> {
    let facts = program.file(function.file);
    let of_value = match program.value(function.file, object) {
        Value::Instance { class, .. } | Value::Api { subject: Some(class), .. } => Some(class),
        _ => None,
    };
    of_value.or_else(|| {
        if facts.arena.kind(object) != NodeKind::Receiver {
            return None;
        }
        let block = facts.def(facts.def(function.def).parent);
        let base = *block.bases.first().filter(|_| block.kind == DefKind::Impl)?;
        super::rust_error_types::type_named(program, function.file, base)
    })
}

/// `InMemoryUsers`, `MockStore`, `MetricsRegistry`: kept in memory by design, or about the process itself.
fn stands_in(class: &str) -> bool {
    vocabulary().statics.stand_ins.in_name(class)
}

/// The type is a collection behind a lock, of plain data.
fn is_collection_behind_lock(program: &Program, file: FileId, annotation: NodeId, depth: u8) -> bool {
    let facts = program.file(file);
    let (mut locked, mut many, mut of_process) = (false, false, false);
    let mut aliased = Vec::new();
    facts.arena.walk(annotation, |node| {
        if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(node) {
            let name = facts.text(name);
            locked |= api_names().statics.locks.has(name);
            many |= api_names().statics.collections.has(name);
            of_process |= api_names().statics.of_process.ends(name);
            aliased.extend(alias_of(program, file, node, name));
        }
    });
    if of_process {
        return false;
    }
    locked && many
        || depth < 2
            && aliased
                .into_iter()
                .any(|alias| program.def(alias).value.is_some_and(|value| is_collection_behind_lock(program, alias.file, value, depth + 1)))
}

/// `Sessions` of `type Sessions = DashMap<…>`, here or where the file imports it from.
pub(super) fn alias_of(program: &Program, file: FileId, node: NodeId, name: &str) -> Option<GlobalDef> {
    let is_alias = |def: GlobalDef| program.def(def).kind == DefKind::TypeAlias;
    match program.value(file, node) {
        Value::Def(def) => return Some(def).filter(|&def| is_alias(def)),
        // An alias stands for what it names.
        Value::Unknown | Value::Api { .. } | Value::Mapping(_) | Value::Literal(..) => {}
        _ => return None,
    }
    let facts = program.file(file);
    let named = |file: FileId| {
        let own = program.file(file);
        own.definitions()
            .find(|(_, def)| def.kind == DefKind::TypeAlias && own.text(def.name) == name)
            .map(|(def, _)| GlobalDef { file, def })
    };
    let is_imported = facts.imports.iter().any(|import| import.local.is_some_and(|local| facts.text(local) == name));
    named(file).or_else(|| {
        let mut files =
            (0..program.facts.len()).map(|at| FileId(at as u32)).filter(|&other| is_imported && program.file(other).names.may_hold(name));
        files.find_map(named)
    })
}

/// The entry is asked for before it is put in.
fn looked_up(facts: &FileFacts, body: NodeId, change: NodeId, state: DefId) -> bool {
    if called_name(facts, change).is_some_and(|name| name.starts_with("or_")) {
        return true;
    }
    let before = facts.arena.span(change).start;
    let mut found = false;
    facts.arena.walk(body, |node| {
        if let NodeKind::Call { callee, .. } = facts.arena.kind(node)
            && let NodeKind::Member { object, name, .. } = facts.arena.kind(callee)
            && matches!(facts.text(name), "get" | "contains_key" | "contains" | "get_mut")
            && facts.arena.span(node).start < before
        {
            found |= collection(facts, body, object, DEEPEST).is_some_and(|(def, _)| def == state);
        }
    });
    found
}

/// The `static` behind `USERS.lock().unwrap()`, or behind a local name for it.
fn collection(facts: &FileFacts, body: NodeId, node: NodeId, depth: u8) -> Option<(DefId, String)> {
    if depth == 0 {
        return None;
    }
    match facts.arena.kind(node) {
        NodeKind::Call { callee, .. } => match facts.arena.kind(callee) {
            NodeKind::Member { object, path: false, .. } => collection(facts, body, object, depth - 1),
            _ => None,
        },
        NodeKind::Await(inner) | NodeKind::Propagate(inner) => collection(facts, body, inner, depth - 1),
        NodeKind::Name(name) => {
            if let Some(value) = declared(facts, body, name) {
                return collection(facts, body, value, depth - 1);
            }
            let text = facts.text(name);
            let (id, def) = facts.definitions().find(|(_, def)| {
                def.kind == DefKind::Variable && matches!(facts.def(def.parent).kind, DefKind::Module) && facts.text(def.name) == text
            })?;
            let (mut locked, mut many) = (false, false);
            facts.arena.walk(def.annotation?, |node| {
                if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(node) {
                    locked |= api_names().statics.locks.has(facts.text(name));
                    many |= api_names().statics.collections.has(facts.text(name));
                }
            });
            (locked && many).then(|| (id, text.to_string()))
        }
        _ => None,
    }
}

/// What a `let` of the body gives a name.
fn declared(facts: &FileFacts, body: NodeId, name: crate::model::facts::Name) -> Option<NodeId> {
    let mut found = None;
    facts.arena.walk(body, |node| {
        if let NodeKind::Declare { target, value: Some(value), .. } = facts.arena.kind(node)
            && facts.arena.kind(target) == NodeKind::Name(name)
        {
            found = Some(value);
        }
    });
    found
}
