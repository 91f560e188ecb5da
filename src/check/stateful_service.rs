//! `stateful-service`: state of the process that requests change.
//!
//! A container or counter that belongs to the module, or to an object that outlives requests, and that code which runs for each request
//! fills, changes or counts up. With two processes each has its own; a restart forgets it. Values that are made once and kept (a client, a
//! connection, a lazy value) are no state; nor is what is filled when the program starts.

use rustc_hash::FxHashSet;

use super::Context;
use super::handlers::handler_name;
use super::requests::{Requests, in_development_branch};
use super::scope::{in_scope, is_start_up};
use crate::model::body::{AssignOp, BinaryOp, CallForm, CollectionKind, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{DefFlags, DefId, DefKind, Definition, FileFacts, Name};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::nesting::{arguments, called_name, last_name};
use crate::model::program::{Program, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::model::words::words;
use crate::rulebook::vocabulary::{Words, api_names, vocabulary};

const RULE: &str = "stateful-service";

/// What a variable holds at first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// A list, map or set.
    Container,
    /// A number or truth value.
    Scalar,
    /// TypeScript: nothing yet; state when it is given what a request brought.
    Nothing,
}

/// Calls that tell the time.
const CLOCKS: [&str; 4] = ["now", "utcnow", "monotonic", "time"];

/// Finds state that requests change.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let nestings = &*program.nestings;
    let requests = context.requests();
    let mut seen: FxHashSet<(GlobalDef, String)> = FxHashSet::default();
    let mut findings = Vec::new();
    let listeners = context.in_files("stateful-service: sockets", (), socket_listeners);
    let of_sockets = listeners.iter().filter(|&&function| requests.handler(function).is_none());
    for &function in requests.functions().iter().chain(of_sockets) {
        let facts = program.file(function.file);
        if !in_scope(program, function) || program.is(function, Role::Task) && !is_called_as_it_is(program, requests, function) {
            continue;
        }
        let Some(body) = facts.def(function.def).body else { continue };
        if is_start_up(program.name(function)) {
            continue;
        }
        let nesting = nestings.of(function.file);
        if facts.language.family() == Family::Rust {
            for (node, state, name) in super::rust_statics::changes(context, function, body) {
                if !coordinates(&name) && !takes_out_of_a_cache(facts, node, &name) && seen.insert((state, name.clone())) {
                    findings.push(finding(
                        program,
                        requests,
                        function,
                        node,
                        &State { def: state, holds: Holds::Container, field: program.def(state).kind != DefKind::Variable },
                        &name,
                    ));
                }
            }
            continue;
        }
        facts.arena.walk(body, |node| {
            let Some((target, how)) = change(facts, node) else { return };
            let Some((state, name)) = state(program, function, target) else { return };
            let fits = match state.holds {
                Holds::Container => true,
                Holds::Scalar => how == Change::Set && !is_kept_value(facts, nesting, node, &name),
                Holds::Nothing => how == Change::Set && is_given_by_request(facts, function, node),
            };
            if fits
                && !coordinates(&name)
                && !takes_out_of_a_cache(facts, node, &name)
                && how.fits(state.holds)
                && !is_memo(context, facts, function, node, &name)
                && !is_under_way(facts, &name)
                && !in_development_branch(facts, nesting, node)
                && seen.insert((state.def, name.clone()))
            {
                findings.push(finding(program, requests, function, node, &state, &name));
            }
        });
    }
    findings
}

/// A handler, or what it leads to, calls the task in place and not by a queue: `send_reminders()`.
fn is_called_as_it_is(program: &Program, requests: &Requests, function: GlobalDef) -> bool {
    requests.chain(function).last().is_some_and(|&(caller, site)| {
        let facts = program.file(caller.file);
        facts.language.family() == Family::Python && called_name(facts, site) == Some(program.name(function))
    })
}

/// TypeScript: what runs for each message or connection of a socket: `socket.on("message", (body) => …)`.
fn socket_listeners(context: &Context, (): &(), file: FileId) -> Vec<GlobalDef> {
    let program = context.program;
    let facts = program.file(file);
    let mut found = Vec::new();
    if facts.language.family() != Family::TypeScript || !["socket", "io", "ws", "wss"].iter().any(|name| facts.names.may_hold(name)) {
        return found;
    }
    for call in facts.arena.ids() {
        let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { continue };
        let NodeKind::Member { object, name, .. } = facts.arena.kind(callee) else { continue };
        let is_socket = || {
            last_name(facts, object)
                .is_some_and(|name| words(facts.text(name)).last().is_some_and(|word| vocabulary().requests.sockets.has(word)))
        };
        if facts.text(name) != "on" || !is_socket() {
            continue;
        }
        for argument in arguments(facts, call).skip(1) {
            if let NodeKind::Closure(def) = facts.arena.kind(argument) {
                found.push(GlobalDef { file, def });
            }
        }
    }
    found
}

/// What is in it only while something runs: calls that are under way, locks.
fn coordinates(name: &str) -> bool {
    words(name).iter().any(|word| vocabulary().requests.coordination.has(word))
}

/// Whoever keeps copies has to drop those that are old: what counts is what is put in.
fn takes_out_of_a_cache(facts: &FileFacts, change: NodeId, name: &str) -> bool {
    let takes = match facts.arena.kind(change) {
        NodeKind::Unary { op: UnaryOp::Delete, .. } => true,
        _ => called_name(facts, change).is_some_and(|called| {
            matches!(called, "pop" | "popitem" | "remove" | "discard" | "clear" | "delete" | "retain" | "drain" | "invalidate")
        }),
    };
    takes && words(name).iter().any(|word| vocabulary().requests.caches.has(word))
}

/// Entries are there only while the function runs that puts them in, which takes them out in the end whatever happens:
/// `running.set(id, work); try { … } finally { running.delete(id) }`.
fn is_under_way(facts: &FileFacts, name: &str) -> bool {
    let name = name.rsplit('.').next().unwrap_or(name);
    let calls = |node: NodeId, wanted: &[&str]| match facts.arena.kind(node) {
        NodeKind::Call { callee, .. } => matches!(facts.arena.kind(callee), NodeKind::Member { object, name: called, .. }
            if wanted.contains(&facts.text(called)) && last_name(facts, object).is_some_and(|own| facts.text(own) == name)),
        _ => false,
    };
    let (mut puts, mut keeps) = (false, false);
    for body in facts.defs.iter().filter_map(|def| def.body) {
        let (mut here, mut ends) = (false, false);
        facts.arena.walk(body, |node| match facts.arena.kind(node) {
            NodeKind::Call { .. } => here |= calls(node, &["set", "add"]),
            NodeKind::Assign { target, .. } => {
                here |= matches!(facts.arena.kind(target), NodeKind::Index { object, .. } if last_name(facts, object).is_some_and(|own| facts.text(own) == name));
            }
            NodeKind::Try { finally: Some(finally), .. } => {
                facts.arena.walk(finally, |inner| ends |= calls(inner, &["delete", "pop", "discard", "remove"]));
            }
            _ => {}
        });
        puts |= here;
        keeps |= here && !ends;
    }
    puts && !keeps
}

/// What was computed once is kept under its key: the function looks the entry up first and asks no database or service for it, so that every
/// process comes to the same value. An empty container that is put in is state that grows.
fn is_memo(context: &Context, facts: &FileFacts, function: GlobalDef, change: NodeId, name: &str) -> bool {
    let kept = match facts.arena.kind(change) {
        NodeKind::Assign { target, value, op: AssignOp::Set } if matches!(facts.arena.kind(target), NodeKind::Index { .. }) => Some(value),
        NodeKind::Call { .. } if called_name(facts, change) == Some("set") => arguments(facts, change).nth(1),
        _ => None,
    };
    let Some(kept) =
        kept.filter(|&kept| !matches!(facts.arena.kind(kept), NodeKind::Collection { .. } | NodeKind::Bool(_) | NodeKind::Number(_)))
    else {
        return false;
    };
    let asks_outside = context.summaries.of(function).is_some_and(|summary| !summary.reaches.is_empty());
    let Some(body) = facts.def(function.def).body.filter(|_| !asks_outside) else { return false };
    let before = facts.arena.span(change).start;
    let name = name.rsplit('.').next().unwrap_or(name);
    let is_it = |node: NodeId| last_name(facts, node).is_some_and(|own| facts.text(own) == name);
    let mut looks_up = false;
    facts.arena.walk(body, |node| {
        looks_up |= match facts.arena.kind(node) {
            NodeKind::Call { callee, .. } => match facts.arena.kind(callee) {
                NodeKind::Member { object, name, .. } => {
                    matches!(facts.text(name), "get" | "has") && is_it(object) && facts.arena.span(node).start < before
                }
                _ => false,
            },
            NodeKind::Binary { op: BinaryOp::In | BinaryOp::NotIn, right, .. } => is_it(right),
            // `store[key] = store[key] || made()`
            NodeKind::Binary { op: BinaryOp::Or | BinaryOp::Coalesce, left, .. } => {
                matches!(facts.arena.kind(left), NodeKind::Index { object, .. } if is_it(object))
                    && facts.arena.span(kept).contains(facts.arena.span(node))
            }
            _ => false,
        };
    });
    looks_up
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    /// A method or an entry: the container itself stays.
    Inside,
    Set,
}

impl Change {
    fn fits(self, holds: Holds) -> bool {
        (holds == Holds::Container) == (self == Change::Inside)
    }
}

/// What a statement changes, and how.
fn change(facts: &FileFacts, node: NodeId) -> Option<(NodeId, Change)> {
    match facts.arena.kind(node) {
        NodeKind::Call { callee, form: CallForm::Plain, .. } => match facts.arena.kind(callee) {
            NodeKind::Member { object, name, path: false } if api_names().statics.collection_changes.has(facts.text(name)) => {
                Some((object, Change::Inside))
            }
            _ => None,
        },
        // A flag that goes up once is about the process itself: loaded, registered, warned.
        NodeKind::Assign { target, value, op: AssignOp::Set }
            if matches!(facts.arena.kind(value), NodeKind::Bool(true)) && !matches!(facts.arena.kind(target), NodeKind::Index { .. }) =>
        {
            None
        }
        NodeKind::Assign { target, op: AssignOp::Set | AssignOp::Augment(_), .. } => match facts.arena.kind(target) {
            NodeKind::Index { object, .. } => Some((container(facts, object), Change::Inside)),
            _ => Some((target, Change::Set)),
        },
        NodeKind::Unary { op: UnaryOp::Delete, value } => match facts.arena.kind(value) {
            NodeKind::Index { object, .. } => Some((object, Change::Inside)),
            _ => None,
        },
        NodeKind::Unary { op: UnaryOp::Step, value } => Some((value, Change::Set)),
        _ => None,
    }
}

/// `seen` of `seen[day][name]`.
fn container(facts: &FileFacts, object: NodeId) -> NodeId {
    match facts.arena.kind(object) {
        NodeKind::Index { object, .. } => container(facts, object),
        _ => object,
    }
}

struct State {
    def: GlobalDef,
    holds: Holds,
    /// A field of an object that is made once.
    field: bool,
}

/// The variable of the module, or the field of a long-lived object, that the node names.
fn state(program: &Program, function: GlobalDef, target: NodeId) -> Option<(State, String)> {
    let facts = program.file(function.file);
    if let Some(found) = state_of_another(program, function, target).or_else(|| state_in_object(program, function, target)) {
        return Some(found);
    }
    match facts.arena.kind(target) {
        NodeKind::Name(name) => {
            let name = facts.text(name);
            let (def, variable) = facts
                .definitions()
                .find(|(_, def)| def.kind == DefKind::Variable && def.parent == DefId::MODULE && facts.text(def.name) == name)?;
            let is_empty = variable.value.is_none_or(|value| matches!(facts.arena.kind(value), NodeKind::Null));
            let holds =
                if is_empty && facts.language.family() == Family::TypeScript { Holds::Nothing } else { holds(facts, variable.value?)? };
            let local = binds(facts, function.def, name, holds == Holds::Scalar);
            (!local).then(|| (State { def: GlobalDef { file: function.file, def }, holds, field: false }, name.to_string()))
        }
        NodeKind::Member { object, name, path: false } => {
            let class = class_of(facts, function.def)?;
            let (field, name) = (name, facts.text(name));
            let own = facts.arena.kind(object) == NodeKind::Receiver
                || last_name(facts, object).is_some_and(|object| facts.text(object) == facts.text(facts.def(class).name));
            let Some((def, field)) =
                facts.definitions().find(|(_, def)| def.kind == DefKind::Field && def.parent == class && facts.text(def.name) == name)
            else {
                return state_of_one(program, GlobalDef { file: function.file, def: class }, field).filter(|_| own);
            };
            let lasts = own && outlives_requests(program, facts, GlobalDef { file: function.file, def: class }, field);
            let holds = holds(facts, field.value?)?;
            (lasts && holds == Holds::Container)
                .then(|| (State { def: GlobalDef { file: function.file, def }, holds, field: true }, name.to_string()))
        }
        _ => None,
    }
}

/// A container that the constructor of a Python class makes, where a module makes one object of the class.
fn state_of_one(program: &Program, class: GlobalDef, name: Name) -> Option<(State, String)> {
    let facts = program.file(class.file);
    if facts.language.family() != Family::Python || is_described(facts, facts.def(class.def)) {
        return None;
    }
    let set = set_in_constructor(facts, class.def, name)?;
    let NodeKind::Assign { value, .. } = facts.arena.kind(set) else { return None };
    let holds = holds(facts, value).filter(|&holds| holds == Holds::Container)?;
    is_made_by_module(program, class).then(|| (State { def: class, holds, field: true }, facts.text(name).to_string()))
}

/// The variable of another module: `import { seen } from './seen'; seen.push(id)`.
fn state_of_another(program: &Program, function: GlobalDef, target: NodeId) -> Option<(State, String)> {
    let def = module_variable(program, function, target).filter(|def| def.file != function.file)?;
    let facts = program.file(def.file);
    let variable = facts.def(def.def);
    let holds = variable.value.and_then(|value| holds(facts, value))?;
    (holds == Holds::Container).then(|| (State { def, holds, field: false }, facts.text(variable.name).to_string()))
}

/// The variable of this module, or of the one that it is imported from, that a name stands for.
fn module_variable(program: &Program, function: GlobalDef, node: NodeId) -> Option<GlobalDef> {
    let facts = program.file(function.file);
    let NodeKind::Name(name) = facts.arena.kind(node) else { return None };
    let name = facts.text(name);
    if binds(facts, function.def, name, false) {
        return None;
    }
    let is_variable = |id: GlobalDef| program.def(id).kind == DefKind::Variable && program.def(id).parent == DefId::MODULE;
    let own = facts.definitions().map(|(def, _)| GlobalDef { file: function.file, def });
    let own = own.into_iter().find(|&id| is_variable(id) && program.name(id) == name);
    let imported = || program.imports_of(function.file).iter().find(|edge| edge.name == name)?.definition;
    own.or_else(imported).filter(|&id| is_variable(id))
}

/// A container in an object of the module: `export const store = { byId: {}, put(user) { this.byId[user.id] = user } }`.
fn state_in_object(program: &Program, function: GlobalDef, target: NodeId) -> Option<(State, String)> {
    let facts = program.file(function.file);
    let NodeKind::Member { object, name, path: false } = facts.arena.kind(target) else { return None };
    if facts.language.family() != Family::TypeScript {
        return None;
    }
    let entry = |facts: &FileFacts, value: NodeId, wanted: &dyn Fn(Option<&str>, NodeId) -> bool| {
        let NodeKind::Collection { items, .. } = facts.arena.kind(value) else { return false };
        facts.arena.list(items).any(|item| match facts.arena.kind(item) {
            NodeKind::Entry { key, value } => wanted(facts.string(key), value),
            _ => false,
        })
    };
    let variables = |facts: &FileFacts| -> Vec<(DefId, NodeId)> {
        let own = facts.definitions().filter(|(_, def)| def.kind == DefKind::Variable && def.parent == DefId::MODULE);
        own.filter_map(|(id, def)| Some((id, def.value?))).collect()
    };
    let def = match facts.arena.kind(object) {
        NodeKind::Receiver => {
            let is_own = |_: Option<&str>, value: NodeId| matches!(facts.arena.kind(value), NodeKind::Closure(def) | NodeKind::Define(def) if def == function.def);
            let (id, _) = variables(facts).into_iter().find(|&(_, value)| entry(facts, value, &is_own))?;
            GlobalDef { file: function.file, def: id }
        }
        NodeKind::Name(_) => module_variable(program, function, object)?,
        _ => return None,
    };
    let home = program.file(def.file);
    let variable = home.def(def.def);
    let name = facts.text(name);
    let is_container = |key: Option<&str>, value: NodeId| key == Some(name) && holds(home, value) == Some(Holds::Container);
    let is_state = variable.kind == DefKind::Variable && variable.parent == DefId::MODULE && entry(home, variable.value?, &is_container);
    is_state.then(|| (State { def, holds: Holds::Container, field: false }, format!("{}.{name}", home.text(variable.name))))
}

/// An attribute of a Python class is one for all its objects; an object that a container injects is one for all requests.
fn outlives_requests(program: &Program, facts: &FileFacts, class: GlobalDef, field: &Definition) -> bool {
    let def = facts.def(class.def);
    match facts.language.family() {
        Family::Python => !is_described(facts, def) && set_in_constructor(facts, class.def, field.name).is_none(),
        Family::TypeScript => {
            let decorated = |wanted: &Words| {
                def.decorators.iter().any(|&decorator| {
                    let call = called_name(facts, decorator).or_else(|| last_name(facts, decorator).map(|name| facts.text(name)));
                    call.is_some_and(|name| wanted.has(name))
                })
            };
            let scoped = def.decorators.iter().any(|&decorator| {
                let mut found = false;
                facts.arena.walk(decorator, |node| {
                    found |= matches!(facts.arena.kind(node), NodeKind::Entry { key, .. } if facts.string(key) == Some("scope"));
                });
                found
            });
            field.flags.has(DefFlags::STATIC) || (!scoped && (decorated(&api_names().types.shared) || program.is(class, Role::Service)))
        }
        Family::Rust => false,
    }
}

/// An object of the class is made once and kept by a module: `permissions = Permissions()`, also by a function that keeps it in a variable of the module.
fn is_made_by_module(program: &Program, class: GlobalDef) -> bool {
    let name = program.name(class);
    program.facts.iter().enumerate().filter(|(_, facts)| facts.language.family() == Family::Python && facts.names.may_hold(name)).any(
        |(at, facts)| {
            let file = FileId(at as u32);
            facts.arena.ids().any(|node| {
                let NodeKind::Call { callee, .. } = facts.arena.kind(node) else { return false };
                if last_name(facts, callee).is_none_or(|own| facts.text(own) != name) || program.value(file, callee) != Value::Def(class) {
                    return false;
                }
                let nesting = program.nesting(file);
                let kept = match nesting.parent(node).map(|parent| facts.arena.kind(parent)) {
                    Some(NodeKind::Assign { target, op: AssignOp::Set, .. } | NodeKind::Declare { target, .. }) => target,
                    _ => return false,
                };
                let owner = nesting.owner(node);
                match facts.arena.kind(kept) {
                    NodeKind::Name(kept) => owner == DefId::MODULE || super::requests::is_module_variable(facts, owner, facts.text(kept)),
                    _ => false,
                }
            }) && in_scope(program, GlobalDef { file, def: DefId::MODULE })
        },
    )
}

/// A class whose attributes describe its objects: a model, a schema, a data class.
fn is_described(facts: &FileFacts, class: &Definition) -> bool {
    let named = |node: NodeId, ends: &Words| {
        last_name(facts, node).is_some_and(|name| ends.ends(facts.text(name)))
            || called_name(facts, node).is_some_and(|name| ends.ends(name))
    };
    class.bases.iter().any(|&base| named(base, &api_names().types.described))
        || class.decorators.iter().any(|&decorator| named(decorator, &api_names().types.data))
}

/// `self.items = []` in `__init__`: each object has its own.
fn set_in_constructor(facts: &FileFacts, class: DefId, field: Name) -> Option<NodeId> {
    let constructor = facts.definitions().find(|(_, def)| def.parent == class && matches!(facts.text(def.name), "__init__" | "__new__"))?;
    let mut found = None;
    facts.arena.walk(constructor.1.body?, |node| {
        if let NodeKind::Assign { target, .. } | NodeKind::Declare { target, .. } = facts.arena.kind(node)
            && let NodeKind::Member { object, name, .. } = facts.arena.kind(target)
            && facts.arena.kind(object) == NodeKind::Receiver
            && name == field
        {
            found = Some(node);
        }
    });
    found
}

fn class_of(facts: &FileFacts, function: DefId) -> Option<DefId> {
    let mut at = function;
    for _ in 0..32 {
        let def = facts.def(at);
        if def.kind == DefKind::Class {
            return Some(at);
        }
        if at == DefId::MODULE {
            return None;
        }
        at = def.parent;
    }
    None
}

fn holds(facts: &FileFacts, value: NodeId) -> Option<Holds> {
    const MAKERS: &[&str] = &["dict", "list", "set", "defaultdict", "OrderedDict", "Counter", "deque", "Map", "Set", "Array", "Object"];
    match facts.arena.kind(value) {
        NodeKind::Collection { kind: CollectionKind::Tuple, .. } => None,
        // A list of several is one that the program comes with; in JavaScript many start with a few rows and let requests change them.
        NodeKind::Collection { items, kind } => {
            let is_list = kind == CollectionKind::List && facts.language.family() == Family::TypeScript;
            (is_list || facts.arena.list(items).len() <= 1).then_some(Holds::Container)
        }
        // `last_run = datetime.now()`
        NodeKind::Call { .. } if called_name(facts, value).is_some_and(|name| CLOCKS.contains(&name)) => {
            (facts.language.family() == Family::Python).then_some(Holds::Scalar)
        }
        NodeKind::Call { .. } => called_name(facts, value).filter(|name| MAKERS.contains(name)).map(|_| Holds::Container),
        NodeKind::Number(_) | NodeKind::Bool(_) => Some(Holds::Scalar),
        NodeKind::Cast { value, .. } => holds(facts, value),
        _ => None,
    }
}

/// `current = req.body.user`, directly or by a local variable.
fn is_given_by_request(facts: &FileFacts, function: GlobalDef, node: NodeId) -> bool {
    let NodeKind::Assign { value, .. } = facts.arena.kind(node) else { return false };
    let mut locals = Vec::new();
    reads_request(facts, value, &mut locals)
        || locals
            .into_iter()
            .take(4)
            .flat_map(|name| super::sensitive::assigned(facts, function.def, name))
            .any(|value| reads_request(facts, value, &mut Vec::new()))
}

fn reads_request(facts: &FileFacts, value: NodeId, locals: &mut Vec<Name>) -> bool {
    let mut found = false;
    facts.arena.walk(value, |node| match facts.arena.kind(node) {
        NodeKind::Member { object, name, .. } => {
            found |= matches!(facts.text(name), "body" | "query" | "params" | "user" | "headers" | "cookies" | "session")
                && matches!(facts.arena.kind(object), NodeKind::Name(root) if matches!(facts.text(root), "req" | "request" | "ctx"));
        }
        NodeKind::Name(name) => locals.push(name),
        _ => {}
    });
    found
}

/// A parameter or local variable of the function, or of one around it, has the name; in Python a variable that is assigned is local
/// unless the function says `global`.
fn binds(facts: &FileFacts, function: DefId, name: &str, assigned: bool) -> bool {
    let mut at = function;
    for _ in 0..32 {
        if at == DefId::MODULE {
            return false;
        }
        let def = facts.def(at);
        let parameter = def.params.iter().any(|param| {
            param.name.is_some_and(|own| facts.text(own) == name)
                || param.pattern.is_some_and(|pattern| super::loops::bound_names(facts, pattern).iter().any(|own| facts.text(*own) == name))
        });
        let function = matches!(def.kind, DefKind::Function | DefKind::Method);
        if parameter || function && declares(facts, at, name) {
            return true;
        }
        if function && facts.language.family() == Family::Python && assigned {
            return !super::requests::is_module_variable(facts, at, name);
        }
        at = def.parent;
    }
    false
}

fn declares(facts: &FileFacts, function: DefId, name: &str) -> bool {
    let Some(body) = facts.def(function).body else { return false };
    let python = facts.language.family() == Family::Python;
    let mut found = false;
    let is = |node: NodeId| super::loops::bound_names(facts, node).iter().any(|own| facts.text(*own) == name);
    facts.arena.walk(body, |node| match facts.arena.kind(node) {
        NodeKind::Declare { target, .. } => found |= is(target),
        NodeKind::Loop { target: Some(target), .. } => found |= is(target),
        NodeKind::Assign { target, op, .. } if python && op != AssignOp::Set => found |= op == AssignOp::With && is(target),
        NodeKind::Assign { target, .. } if python => {
            found |= matches!(facts.arena.kind(target), NodeKind::Name(_))
                && is(target)
                && !super::requests::is_module_variable(facts, function, name);
        }
        _ => {}
    });
    found
}

/// `if (!started) started = true`, `if not loaded: loaded = True`: set once. Or set back in a `finally`.
fn is_kept_value(facts: &FileFacts, nesting: &crate::model::nesting::Nesting, node: NodeId, name: &str) -> bool {
    let span = facts.arena.span(node);
    nesting.around(node).any(|around| {
        // `finally { busy = false }`: it says that something is under way.
        if let NodeKind::Try { finally: Some(finally), .. } = facts.arena.kind(around) {
            return facts.arena.span(finally).contains(span);
        }
        let NodeKind::If { condition, .. } = facts.arena.kind(around) else { return false };
        let mut asks = false;
        facts.arena.walk(condition, |inner| asks |= matches!(facts.arena.kind(inner), NodeKind::Name(own) if facts.text(own) == name));
        asks
    })
}

fn finding(program: &Program, requests: &Requests, function: GlobalDef, node: NodeId, state: &State, name: &str) -> Finding {
    let facts = program.file(function.file);
    let handler = requests.handler(function).unwrap_or(function);
    let whose = if state.field { "of an object that outlives the request" } else { "of the module" };
    let place = program.location(function.file, facts.arena.span(node));
    let mut related = vec![
        Label { location: program.name_location(state.def), text: "lives as long as the process".to_string() },
        Label { location: program.name_location(handler), text: "runs for each request".to_string() },
    ];
    let chain = requests.steps(program, function);
    related.extend(chain.iter().take(3).cloned());
    Finding {
        rule: RULE.into(),
        level: Level::Note,
        message: format!(
            "`{name}`, {whose}, is changed by requests (`{}`): every process has its own, and a restart forgets it",
            handler_name(program, handler)
        ),
        primary: Label { location: place, text: "changed here".to_string() },
        related,
        flow: chain,
        help: Some("keep it in a store that all processes share (the database, Redis), or in the request".to_string()),
        subject: format!("{} {name}", program.modules[function.file.index()]),
        fingerprint: String::new(),
        confidence: Confidence::Medium,
        redact: Vec::new(),
    }
}
