//! `missing-input-validation`: a handler that puts what a client sent into queries, models or calls without having looked at it.
//!
//! Bodies count, not the ids in paths. What a schema, a form, a typed parameter or a function called like one has seen is validated; so is a value
//! that is converted, matched or compared where it is used. That a value is there at all (`if (!body.name)`) says nothing of what it is. Where a package
//! has no library for validation, its handlers get notes, the first of which counts all.

mod findings;
pub(super) mod input;
mod sources;
mod uses;

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Context;
use super::handlers::{Handler, handler_name, handlers, package};
use super::input_checks::{is_checked, is_checked_around};
use super::unasked_validation::unasked;
use crate::model::body::{AssignOp, NodeKind};
use crate::model::finding::Finding;
use crate::model::nesting::last_name;
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId, Span};
use crate::rulebook::vocabulary::vocabulary;
use findings::{Unchecked, elsewhere, finding, notes};
use input::Input;
use sources::{input, query_input};
use uses::{Use, uses};

/// Finds handlers that use bodies unseen.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let validates = packages_with_validation(context, false);
    let validates_routes = packages_with_validation(context, true);
    let fields = own_fields(context);
    let handlers = handlers(context);
    let mut findings = unasked(context, &handlers);
    let mut without: BTreeMap<Option<usize>, Vec<Unchecked>> = BTreeMap::new();
    for handler in handlers {
        let package = package(program, handler.function);
        if is_exempt(program, &handler) || validates_routes.contains(&package) {
            continue;
        }
        let own = fields_before(&handler, &fields);
        let of_body = if takes_body(program, &handler) { uses_of(context, &handler, input(program, &handler), own) } else { None };
        let Some((uses, source)) = of_body.or_else(|| of_query(context, &handler)) else { continue };
        let unchecked = Unchecked { handler, uses, source };
        if validates.contains(&package) || context.settings.strict() {
            findings.extend(finding(program, &unchecked));
            findings.extend(elsewhere(program, &unchecked));
        } else {
            without.entry(package).or_default().push(unchecked);
        }
    }
    findings.extend(without.values().flat_map(|handlers| notes(program, handlers)));
    findings
}

fn takes_body(program: &Program, handler: &Handler) -> bool {
    let by_name = matches!(
        program.name(handler.function),
        "post" | "put" | "patch" | "create" | "update" | "partial_update" | "POST" | "PUT" | "PATCH"
    );
    let reads_only =
        |route: &crate::model::program::Route| route.methods.iter().all(|method| matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS"));
    // One function may answer to several routes: `add_route("GET", "/", view)`, `add_route("POST", "/", view)`.
    let elsewhere = || program.routes.iter().any(|route| route.handler == handler.function && !reads_only(route));
    by_name || handler.route.is_none_or(|route| !reads_only(route) || elsewhere())
}

/// What others sign or what tests the system is not typed in by a user.
fn is_exempt(program: &Program, handler: &Handler) -> bool {
    let path = handler.route.and_then(|route| route.path.as_deref()).unwrap_or_default();
    let file = program.path(handler.function.file);
    [path, &handler_name(program, handler.function), file]
        .iter()
        .any(|text| crate::model::words::words(text).iter().any(|word| vocabulary().objects.exempt.has(word)))
}

/// Packages of the project that import a library which checks input, or, with `routes`, one that checks all of it by the document of the API.
fn packages_with_validation(context: &Context, routes: bool) -> FxHashSet<Option<usize>> {
    let uses = |context: &Context, &routes: &bool, file: FileId| {
        let program = context.program;
        let facts = program.file(file);
        let wanted = if routes { &program.knowledge.validates_routes } else { &program.knowledge.validates_input };
        let imports = facts.imports.iter().any(|import| {
            let specifier = facts.text(import.specifier);
            import.level == 0
                && wanted.iter().any(|library| {
                    specifier.strip_prefix(library.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', ':', '/']))
                })
        });
        let uses = imports || !routes && facts.language.family() == Family::Rust;
        uses.then(|| program.project.package_of(program.path(file))).into_iter().collect()
    };
    let name = if routes { "missing-input-validation: routes" } else { "missing-input-validation: packages" };
    context.in_files(name, routes, uses).into_iter().collect()
}

/// The fields that functions of the server write into bodies, by the function's name.
fn own_fields(context: &Context) -> FxHashMap<String, Vec<String>> {
    let mut fields: FxHashMap<String, Vec<String>> = FxHashMap::default();
    for (function, field) in context.in_files("missing-input-validation: fields", (), written_fields) {
        fields.entry(function).or_default().push(field);
    }
    fields
}

fn written_fields(context: &Context, (): &(), file: FileId) -> Vec<(String, String)> {
    let program = context.program;
    let facts = program.file(file);
    let mut fields = Vec::new();
    if facts.names.may_hold("body") {
        for node in facts.arena.ids() {
            if let NodeKind::Assign { target, op: AssignOp::Set, .. } = facts.arena.kind(node)
                && let NodeKind::Member { object, name, .. } = facts.arena.kind(target)
                && let NodeKind::Member { object: request, name: body, .. } = facts.arena.kind(object)
                && facts.text(body) == "body"
                && last_name(facts, request).is_some_and(|name| matches!(facts.text(name), "req" | "request"))
            {
                let owner = program.nesting(file).owner(node);
                let outer = program.outermost(GlobalDef { file, def: owner });
                fields.push((program.name(outer).to_string(), facts.text(name).to_string()));
            }
        }
    }
    fields
}

/// Those that stand before a handler: `app.delete("/cards/:id", addOwner, remove)`.
fn fields_before(handler: &Handler, fields: &FxHashMap<String, Vec<String>>) -> FxHashSet<String> {
    let guards = handler.route.iter().flat_map(|route| &route.guards);
    guards.filter_map(|guard| fields.get(guard.rsplit('.').next().unwrap_or(guard))).flatten().cloned().collect()
}

/// What a handler does with what nobody has looked at, and where that comes in.
fn uses_of(context: &Context, handler: &Handler, mut input: Input, own_fields: FxHashSet<String>) -> Option<(Vec<Use>, Option<Span>)> {
    let program = context.program;
    input.own_fields = own_fields;
    if input.sources.is_empty() && input.names.is_empty() {
        return None;
    }
    let facts = program.file(handler.function.file);
    if is_checked_around(program, handler) || is_checked(program, &handler.code, &input, 0) {
        return None;
    }
    let uses = uses(context, handler, &input);
    let source = input.sources.iter().map(|&node| facts.arena.span(node)).min_by_key(|span| span.start);
    (!uses.is_empty()).then_some((uses, source))
}

/// The same for what stands behind the `?` of an address: a note, since less fits into it.
fn of_query(context: &Context, handler: &Handler) -> Option<(Vec<Use>, Option<Span>)> {
    let (mut uses, source) = uses_of(context, handler, query_input(context.program, handler), FxHashSet::default())?;
    uses.iter_mut().for_each(|used| used.is_kept = false);
    Some((uses, source))
}
