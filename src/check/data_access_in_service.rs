//! `data-access-in-service`: a service that builds or runs a query in a project that has repositories for that.
//!
//! Presumes a layer below the services, so it asks first whether the package has one that its services use. Starting and ending
//! transactions is a service's business, and so are the ready-made methods of a framework's own repositories.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Context;
use super::batching::query_fact;
use super::handlers::{code_of, package};
use super::requests::named;
use super::spelling::{call_span, spelled_callee};
use crate::model::body::NodeId;
use crate::model::facts::{DefFlags, DefKind};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::{ApiFact, RoleSign};
use crate::model::program::{CallKind, Program, Resolution};
use crate::model::role::{GlobalDef, Role, Strength};
use crate::model::summary::QueryEffect;

const RULE: &str = "data-access-in-service";

/// Share of services with data access that must leave it to repositories for the package to have that habit.
const HABIT_PERCENT: usize = 30;

/// Most further places listed with one finding.
const MAX_PLACES: usize = 6;

struct Service<'a> {
    function: GlobalDef,
    queries: Vec<(GlobalDef, &'a QueryEffect)>,
    /// The first function of a repository it calls.
    repository: Option<GlobalDef>,
}

/// Finds services that query.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let own = repository_classes(program);
    let in_repository = |function: GlobalDef| own.contains(&GlobalDef { file: function.file, def: program.def(function).parent });
    let functions = program.functions().filter(|&function| is_service(program, function) && !in_repository(function));
    let services: Vec<Service> = functions.map(|function| service(context, function)).collect();
    // Per package: services that leave queries to repositories, and services with queries of their own.
    let mut habits: FxHashMap<Option<usize>, (usize, usize)> = FxHashMap::default();
    for service in &services {
        let (delegating, querying) = habits.entry(package(program, service.function)).or_default();
        *delegating += usize::from(service.repository.is_some());
        *querying += usize::from(!service.queries.is_empty() && service.repository.is_none());
    }
    let layered = |function: GlobalDef| {
        habits
            .get(&package(program, function))
            .is_some_and(|&(delegating, querying)| delegating >= 2 && delegating * 100 >= (delegating + querying) * HABIT_PERCENT)
    };
    let mut examples: FxHashMap<Option<usize>, GlobalDef> = FxHashMap::default();
    for service in &services {
        if let Some(repository) = service.repository {
            examples.entry(package(program, service.function)).or_insert(repository);
        }
    }
    let querying = services.iter().filter(|service| layered(service.function));
    querying.filter_map(|service| finding(program, service, examples.get(&package(program, service.function)).copied())).collect()
}

/// Classes that are or extend a repository: a service built on the project's CRUD base is its own repository.
fn repository_classes(program: &Program) -> FxHashSet<GlobalDef> {
    let mut classes: FxHashSet<GlobalDef> = FxHashSet::default();
    for at in 0..program.facts.len() {
        let file = crate::model::source::FileId(at as u32);
        for (def, definition) in program.file(file).definitions() {
            let class = GlobalDef { file, def };
            if definition.kind != DefKind::Class || program.role(class).is_none_or(|evidence| evidence.role != Role::Repository) {
                continue;
            }
            let mut open = vec![class];
            while let Some(class) = open.pop() {
                if classes.insert(class) {
                    open.extend(program.subclasses.get(&class).into_iter().flatten().copied());
                }
            }
        }
    }
    classes
}

/// A named function or method whose own role, or whose class's or file's, is that of a service.
fn is_service(program: &Program, function: GlobalDef) -> bool {
    let def = program.def(function);
    let out = [Role::Test, Role::Migration, Role::Script, Role::Frontend, Role::Task];
    function.def != crate::model::facts::DefId::MODULE
        && !def.flags.has(DefFlags::CLOSURE)
        && program.role(function).is_some_and(|evidence| evidence.role == Role::Service)
        && !out.iter().any(|&role| program.is(function, role))
        && !program.file_roles[function.file.index()].iter().any(|evidence| evidence.role == Role::Repository)
}

fn service<'a>(context: &'a Context, function: GlobalDef) -> Service<'a> {
    let program = context.program;
    let code = code_of(program, function);
    let mut seen: FxHashSet<NodeId> = FxHashSet::default();
    let mut queries = Vec::new();
    for &part in &code {
        for query in context.summaries.of(part).map(|summary| summary.queries.as_slice()).unwrap_or_default() {
            if query.confidence >= Confidence::Medium && !query.deferred && seen.insert(query.site) && counts(program, query) {
                queries.push((part, query));
            }
        }
    }
    let arena = &program.file(function.file).arena;
    queries.sort_by_key(|(_, query)| (arena.span(query.site).start, query.site));
    let repository = code.iter().flat_map(|&part| program.calls_from(part)).find_map(|edge| {
        let follows = edge.kind == CallKind::Call && edge.resolution != Resolution::NameOnly;
        (follows && is_repository(context, edge.callee)).then_some(edge.callee)
    });
    Service { function, queries, repository }
}

/// Building a query is data access; flushing and refreshing belong to the unit of work, and a framework's repository is one.
fn counts(program: &Program, query: &QueryEffect) -> bool {
    let path = program.apis[query.api.0 as usize].path.as_str();
    // What is only recorded for the session builds no query.
    let recorded = query_fact(program, query).is_some_and(|fact| fact.deferred);
    let unit_of_work = recorded || ["flush", "refresh", "commit", "rollback", "save"].iter().any(|end| path.ends_with(&format!(".{end}")));
    let of_repository = path.rsplit_once("().").is_some_and(|(owner, method)| {
        let knowledge = program.knowledge;
        let is_repository = knowledge.facts(owner).iter().any(|found| {
            matches!(knowledge.entries[found.entry as usize].fact, ApiFact::Role { role: Role::Repository, sign: RoleSign::Base, .. })
        });
        is_repository && method != "query"
    });
    !unit_of_work && !of_repository
}

/// A repository of the project that leads to a query.
fn is_repository(context: &Context, callee: GlobalDef) -> bool {
    let leads = context.summaries.of(callee).is_some_and(|summary| !summary.reaches.is_empty());
    leads
        && context.program.role(callee).is_some_and(|evidence| evidence.role == Role::Repository && evidence.strength >= Strength::Folder)
        && !context.program.is(callee, Role::Test)
}

fn finding(program: &Program, service: &Service, example: Option<GlobalDef>) -> Option<Finding> {
    let &(part, query) = service.queries.first()?;
    let facts = program.file(part.file);
    let spelled = spelled_callee(facts, query.site);
    let table = query.table.as_ref().map_or(String::new(), |table| format!(" on `{table}`"));
    let more = match service.queries.len() {
        1 => String::new(),
        2 => ", and one more query".to_string(),
        count => format!(", and {} more queries", count - 1),
    };
    let name = program.short_name(named(program, service.function));
    let message = format!("the service `{name}` runs `{spelled}`{table} itself{more}, where others leave queries to repositories");
    let label = |part: GlobalDef, query: &QueryEffect, text: &str| Label {
        location: program.location(part.file, call_span(program.file(part.file), query.site)),
        text: text.to_string(),
    };
    let mut related: Vec<Label> = Vec::new();
    if let Some(evidence) = program.role(service.function) {
        let location = evidence.place.map_or_else(|| program.name_location(service.function), |(file, span)| program.location(file, span));
        related.push(Label { location, text: format!("a service: {}", evidence.reason) });
    }
    if let Some(example) = example {
        related.push(Label { location: program.name_location(example), text: "a repository that services call".to_string() });
    }
    related.extend(service.queries.iter().skip(1).take(MAX_PLACES).map(|&(part, query)| label(part, query, "another query")));
    let help = match example {
        Some(example) => format!(
            "move the query into a repository, such as the one of `{}` in `{}`, and call that",
            program.short_name(example),
            program.path(example.file)
        ),
        None => "move the query into a repository and call that".to_string(),
    };
    Some(Finding {
        rule: RULE.into(),
        level: Level::Note,
        message,
        primary: label(part, query, "a query in the service"),
        related,
        flow: Vec::new(),
        help: Some(help),
        subject: program.qualified_name(service.function),
        fingerprint: String::new(),
        confidence: query.confidence,
        redact: Vec::new(),
    })
}
