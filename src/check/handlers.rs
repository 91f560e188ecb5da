//! The handlers of a program, with the code that is lexically theirs and what the project's own habit is.
//!
//! A handler is what a route leads to, or a function that a framework fact makes a router. Closures inside it are its code,
//! also those it returns (`function placeOrder() { return (req, res) => … }`) and those that run later.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Context;
use super::bounds::words;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, Definition, Name};
use crate::model::finding::Confidence;
use crate::model::nesting::{around, last_name};
use crate::model::program::{CallKind, Program, Resolution, Route, Value};
use crate::model::role::{GlobalDef, Role, Strength};
use crate::model::source::Family;
use crate::model::summary::QueryEffect;
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// One handler.
pub(super) struct Handler<'a> {
    pub(super) function: GlobalDef,
    /// Its first route; `None` when only its role says that it is a handler.
    pub(super) route: Option<&'a Route>,
    /// The function and the closures in it, in source order.
    pub(super) code: Vec<GlobalDef>,
    /// Queries its own code runs, in source order.
    pub(super) queries: Vec<&'a QueryEffect>,
    /// The first call that leads to a function of a service or repository.
    pub(super) delegates: Option<GlobalDef>,
}

/// All handlers in order of files, health checks and test code left out.
pub(super) fn handlers<'a>(context: &'a Context) -> Vec<Handler<'a>> {
    let program = context.program;
    let mut routes: FxHashMap<GlobalDef, &Route> = FxHashMap::default();
    // The route of a class is one that its library answers; what the class has itself are routes of their own.
    for route in program.routes.iter().filter(|route| is_function(program, route.handler)) {
        routes.entry(route.handler).or_insert(route);
    }
    let mut functions: Vec<GlobalDef> = routes.keys().copied().collect();
    let by_role = program.def_roles.iter().filter(|(def, evidence)| {
        evidence.role == Role::Router
            && evidence.strength >= Strength::Framework
            && program.def(**def).body.is_some()
            && is_function(program, **def)
    });
    functions.extend(by_role.map(|(def, _)| *def));
    functions.extend(methods_of_services(program));
    functions.sort_unstable();
    functions.dedup();
    let known: FxHashSet<GlobalDef> = functions.iter().copied().collect();
    functions
        .into_iter()
        .filter(|&function| in_scope(program, function) && !is_inside(program, function, &known))
        .map(|function| (function, routes.get(&function).copied()))
        .filter(|(function, route)| !is_health_check(program, *function, *route))
        .map(|(function, route)| handler(context, function, route))
        .collect()
}

/// What clients call of a Rust `impl` block that a framework's attribute makes a service: `#[tonic::async_trait] impl Orders for Server`,
/// `#[Object] impl Query`.
fn methods_of_services(program: &Program) -> Vec<GlobalDef> {
    let blocks = program.def_roles.iter().filter(|(block, evidence)| {
        evidence.role == Role::Router && evidence.strength >= Strength::Framework && program.def(**block).kind == DefKind::Impl
    });
    let methods = blocks.flat_map(|(block, _)| {
        let facts = program.file(block.file);
        // Juniper's resolvers need not be asynchronous: `fn users(context: &Context) -> FieldResult<Vec<User>>`.
        let asks = |def: &Definition| {
            def.flags.has(DefFlags::ASYNC)
                || def.params.iter().any(|param| param.name.is_some_and(|name| matches!(facts.text(name), "context" | "ctx" | "executor")))
        };
        let own = facts
            .definitions()
            .filter(|(_, def)| def.parent == block.def && def.kind == DefKind::Method && asks(def) && def.body.is_some());
        own.map(|(def, _)| GlobalDef { file: block.file, def }).collect::<Vec<_>>()
    });
    methods.collect()
}

/// A method of such a service.
pub(super) fn is_of_service(program: &Program, method: GlobalDef) -> bool {
    let block = GlobalDef { file: method.file, def: program.def(method).parent };
    program.def(block).kind == DefKind::Impl
        && program.def_roles.get(&block).is_some_and(|evidence| evidence.role == Role::Router && evidence.strength >= Strength::Framework)
}

fn is_function(program: &Program, def: GlobalDef) -> bool {
    matches!(program.def(def).kind, DefKind::Function | DefKind::Method)
}

/// True when the handler is a closure in another handler: one place is enough.
fn is_inside(program: &Program, function: GlobalDef, known: &FxHashSet<GlobalDef>) -> bool {
    let facts = program.file(function.file);
    facts.def(function.def).flags.has(DefFlags::CLOSURE)
        && around(facts, function.def).skip(1).take(64).any(|at| known.contains(&GlobalDef { file: function.file, def: at }))
}

fn in_scope(program: &Program, function: GlobalDef) -> bool {
    ![Role::Test, Role::Migration, Role::Script, Role::Frontend].iter().any(|&role| program.is(function, role))
        && program.def(function).body.is_some()
}

/// Liveness and readiness probes query by design.
fn is_health_check(program: &Program, function: GlobalDef, route: Option<&Route>) -> bool {
    let probe = |text: &str| vocabulary().probes.paths.has(text);
    let name = words(program.name(function));
    let named = name.len() <= 3
        && name.iter().any(|word| probe(word))
        && name.iter().all(|word| probe(word) || vocabulary().probes.beside.has(word));
    let routed = route.and_then(|route| route.path.as_deref()).is_some_and(|path| {
        let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
        words(last).iter().all(|word| probe(word) || matches!(word.as_str(), "check" | "db" | "database"))
            && words(last).iter().any(|word| probe(word))
            && !path.contains(['{', ':', '<'])
    });
    named || routed
}

pub(super) fn handler<'a>(context: &'a Context, function: GlobalDef, route: Option<&'a Route>) -> Handler<'a> {
    let program = context.program;
    let code = code_of(program, function);
    let mut queries: Vec<&QueryEffect> = Vec::new();
    let mut seen: FxHashSet<NodeId> = FxHashSet::default();
    for &part in &code {
        for query in context.summaries.of(part).map(|summary| summary.queries.as_slice()).unwrap_or_default() {
            if query.confidence >= Confidence::Medium && seen.insert(query.site) {
                queries.push(query);
            }
        }
    }
    let below = queries.iter().find_map(|query| asked_below(program, function, query.site));
    queries.retain(|query| asked_below(program, function, query.site).is_none());
    let arena = &program.file(function.file).arena;
    queries.sort_by_key(|query| (arena.span(query.site), query.site));
    let delegates = code.iter().flat_map(|&part| program.calls_from(part)).find_map(|edge| {
        let follows = edge.kind != CallKind::Passed && edge.resolution != Resolution::NameOnly && !code.contains(&edge.callee);
        let follows = follows && !only_answers(context, edge.callee);
        (follows && is_layer_below(context, edge.callee)).then_some(edge.callee)
    });
    let delegates = delegates.or(below);
    Handler { function, route, code, queries, delegates }
}

/// The class of the project that answers, where a library wrote what it answers with: `orders.create(…)` of a service that has the method
/// from its base.
fn asked_below(program: &Program, function: GlobalDef, site: NodeId) -> Option<GlobalDef> {
    let arena = &program.file(function.file).arena;
    let NodeKind::Call { callee, .. } = arena.kind(site) else { return None };
    let NodeKind::Member { object, .. } = arena.kind(callee) else { return None };
    let Value::Instance { class, .. } = program.value(function.file, object) else { return None };
    let role = program.role(class)?.role;
    matches!(role, Role::Service | Role::Repository).then_some(class)
}

/// A service or repository by the project's own layout: named or configured so, not merely called by handlers. A repository
/// must lead to a query: managers and query sets that only narrow a query down are part of building it.
fn is_layer_below(context: &Context, callee: GlobalDef) -> bool {
    let leads_to_query = || context.summaries.of(callee).is_some_and(|summary| !summary.reaches.is_empty());
    context.program.role(callee).is_some_and(|evidence| match evidence.role {
        Role::Service => evidence.strength != Strength::Content,
        Role::Repository => evidence.strength != Strength::Content && leads_to_query(),
        _ => false,
    })
}

/// A function that is given the response and asks for nothing: it answers, wherever it lies (`service/response.js`).
fn only_answers(context: &Context, callee: GlobalDef) -> bool {
    let facts = context.program.file(callee.file);
    let is_response = |name: Name| api_names().answers.objects.has(facts.text(name));
    facts.language.family() == Family::TypeScript
        && facts.def(callee.def).params.iter().any(|param| param.name.is_some_and(is_response))
        && context.summaries.of(callee).is_none_or(|summary| summary.queries.is_empty() && summary.reaches.is_empty())
}

/// A handler's name for messages: an unnamed closure goes by the key or variable it is kept under, or by the function around it.
pub(super) fn handler_name(program: &Program, function: GlobalDef) -> String {
    let facts = program.file(function.file);
    let mut at = function.def;
    let mut key = None;
    while at != DefId::MODULE {
        let def = GlobalDef { file: function.file, def: at };
        if facts.text(facts.def(at).name).starts_with('<') {
            key = key.or_else(|| kept_under(program, def));
        }
        let name = program.short_name(def);
        if !name.starts_with('<') {
            return match key {
                Some(key) if key != name => format!("{name}.{key}"),
                _ => name,
            };
        }
        at = facts.def(at).parent;
    }
    key.map_or_else(|| "anonymous function".to_string(), str::to_string)
}

/// The key an unnamed closure's value stands under: `orders.create = [check, (req, res) => …]`, `{ create: procedure.mutation(() => …) }`.
fn kept_under<'a>(program: &'a Program, closure: GlobalDef) -> Option<&'a str> {
    let facts = program.file(closure.file);
    let nesting = program.nesting(closure.file);
    let mut at = nesting.place(closure.def)?;
    for _ in 0..16 {
        at = nesting.parent(at)?;
        match facts.arena.kind(at) {
            NodeKind::Entry { key, .. } => return facts.string(key),
            NodeKind::Assign { target, .. } => return last_name(facts, target).map(|name| facts.text(name)),
            NodeKind::Call { .. }
            | NodeKind::Collection { .. }
            | NodeKind::Member { .. }
            | NodeKind::Argument { .. }
            | NodeKind::Cast { .. } => {}
            _ => return None,
        }
    }
    None
}

/// A function and the closures in it.
pub(super) fn code_of(program: &Program, function: GlobalDef) -> Vec<GlobalDef> {
    let facts = program.file(function.file);
    let mut code = vec![function];
    // Parents come before children.
    for (def, definition) in facts.definitions().skip(function.def.index() + 1) {
        let parent = GlobalDef { file: function.file, def: definition.parent };
        if definition.flags.has(DefFlags::CLOSURE) && code.contains(&parent) {
            code.push(GlobalDef { file: function.file, def });
        }
    }
    code
}

/// What most handlers of a package do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// Handlers hand their work to services or repositories; a query in a handler is an exception.
    Layered,
    /// Some do, and more do not.
    Mixed,
    /// There is no such layer.
    Flat,
}

/// Share of handlers that delegate from which a package counts as layered.
const LAYERED_PERCENT: usize = 50;

/// The share from which there is such a layer, at least.
const MIXED_PERCENT: usize = 20;

/// The habit of each package, by its index in the project (`None`: no package).
pub(super) fn habits(program: &Program, handlers: &[Handler]) -> FxHashMap<Option<usize>, Habit> {
    let mut counts: FxHashMap<Option<usize>, (usize, usize)> = FxHashMap::default();
    for handler in handlers {
        let (delegating, querying) = counts.entry(package(program, handler.function)).or_default();
        *delegating += usize::from(handler.delegates.is_some());
        *querying += usize::from(handler.delegates.is_none() && !handler.queries.is_empty());
    }
    counts
        .into_iter()
        .map(|(package, (delegating, querying))| {
            let is_from = |percent: usize| delegating >= 2 && delegating * 100 >= (delegating + querying) * percent;
            let habit = match () {
                () if is_from(LAYERED_PERCENT) => Habit::Layered,
                () if is_from(MIXED_PERCENT) => Habit::Mixed,
                () => Habit::Flat,
            };
            (package, habit)
        })
        .collect()
}

/// The package a function belongs to.
pub(super) fn package(program: &Program, function: GlobalDef) -> Option<usize> {
    program.project.package_of(program.path(function.file))
}

/// `POST /orders`, or nothing.
pub(super) fn route_text(route: Option<&Route>) -> String {
    match route {
        Some(Route { methods, path: Some(path), .. }) => {
            let method = methods.first().map(String::as_str).filter(|method| *method != "*").unwrap_or_default();
            format!(" (`{}`)", format!("{method} {path}").trim())
        }
        _ => String::new(),
    }
}
