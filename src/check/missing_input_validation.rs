//! `missing-input-validation`: a handler that puts what a client sent into queries, models or calls without having looked at it.
//!
//! Bodies count, not the ids in paths. What a schema, a form, a typed parameter or a function called like one has seen is validated; so is a value
//! that is converted, matched or compared where it is used. That a value is there at all (`if (!body.name)`) says nothing of what it is. Where a package
//! has no library for validation, its handlers get notes, the first of which counts all.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Context;
use super::body_params::{body_params, parsed_values, query_params};
use super::handlers::{Handler, code_of, handler_name, handlers, package, route_text};
use super::input_checks::{is_checked, is_checked_around};
use super::loops::{bound_names, parameter_names};
use super::query_methods::{has, methods};
use super::sensitive::carriers;
use super::spelling::{call_span, spelled_callee};
use super::unasked_validation::unasked;
use crate::model::body::{AssignOp, CallForm, NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts, Name, ParamKind};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::{Access, ApiFact, SourceKind};
use crate::model::nesting::{arguments, called_name, chain, chain_root, last_name, spell, walk_deep};
use crate::model::program::{CallKind, Program, Resolution, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId, Span};
use crate::model::summary::QueryEffect;
use crate::rulebook::vocabulary::{api_names, vocabulary};

const RULE: &str = "missing-input-validation";

/// Places named with one finding.
const MAX_PLACES: usize = 6;

/// Most handlers that get a note of their own in a package that validates nothing.
const MAX_NOTES: usize = 24;

/// From how many characters on another use of a handler is told of by itself.
const FAR: u32 = 500;

/// Body data of a handler: where it comes in, and the names that carry it.
#[derive(Default)]
pub(super) struct Input {
    pub(super) sources: FxHashSet<NodeId>,
    pub(super) names: FxHashSet<Name>,
    /// Names of a whole body, nothing taken out of it yet.
    pub(super) whole: FxHashSet<Name>,
    /// Names that are given something else later: a conversion, a default.
    pub(super) converted: FxHashSet<Name>,
    /// Fields of the body that a middleware before the handler sets: `req.body.userId = session.userId`.
    pub(super) own_fields: FxHashSet<String>,
    /// Names of rows that are made of it, not yet stored: `new User(req.body)`, `User.build(req.body)`.
    pub(super) made: FxHashMap<Name, NodeId>,
    /// It came with the address, behind the `?`.
    pub(super) of_query: bool,
}

impl Input {
    /// True when the value of the expression is, or holds, body data as it came.
    pub(super) fn is_in(&self, facts: &FileFacts, node: NodeId) -> bool {
        let mut found = false;
        carriers(facts, node, &mut |carrier, _| found |= self.is_of(facts, carrier));
        found || self.is_of(facts, node)
    }

    /// The expression is body data, or a part of it.
    fn is_of(&self, facts: &FileFacts, node: NodeId) -> bool {
        if let NodeKind::Member { name, .. } = facts.arena.kind(node)
            && self.own_fields.contains(facts.text(name))
        {
            return false;
        }
        chain(facts, node).any(|link| self.sources.contains(&link))
            || matches!(facts.arena.kind(chain_root(facts, node)), NodeKind::Name(name) if self.names.contains(&name) && !self.converted.contains(&name) && is_read(facts, node))
    }
}

/// A chain of members and getters, not the result of some method.
fn is_read(facts: &FileFacts, node: NodeId) -> bool {
    chain(facts, node).all(|link| match facts.arena.kind(link) {
        NodeKind::Call { .. } => called_name(facts, link).is_some_and(|name| api_names().validation.reads.has(name)),
        _ => true,
    })
}

/// A use of what nobody has looked at.
struct Use {
    node: NodeId,
    text: String,
    /// It becomes part of a row, as it came. What only finds rows, or is handed on alone, may be looked at elsewhere, and does less.
    is_kept: bool,
}

/// A handler with its uses of what it has not looked at, the worst first.
struct Unchecked<'a> {
    handler: Handler<'a>,
    uses: Vec<Use>,
    source: Option<Span>,
}

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

/// TypeScript: the values of the address's query, and the names they are given.
fn query_input(program: &Program, handler: &Handler) -> Input {
    let file = handler.function.file;
    let facts = program.file(file);
    let mut input = Input { of_query: true, ..Input::default() };
    if facts.language.family() != Family::TypeScript || !facts.names.may_hold("query") && !facts.names.may_hold("Query") {
        return input;
    }
    let given: Vec<Name> = query_params(program, handler)
        .into_iter()
        .chain(destructured(facts, handler, "query"))
        .chain(taken_out(facts, handler, "query"))
        .collect();
    input.names.extend(&given);
    input.whole.extend(given);
    for body in handler.code.iter().filter_map(|part| facts.def(part.def).body) {
        facts.arena.walk(body, |node| {
            if let NodeKind::Member { object, name, .. } = facts.arena.kind(node)
                && facts.text(name) == "query"
                && last_name(facts, object).is_some_and(|name| matches!(facts.text(name), "req" | "request" | "ctx"))
                && matches!(facts.arena.kind(object), NodeKind::Name(_) | NodeKind::Member { .. })
            {
                input.sources.insert(node);
            }
        });
    }
    follow_all(program, handler, &mut input);
    input
}

/// `({ body }, res) => …`, `({ query }: Request) => …`: the names of a part of the request that a handler takes out of it at once.
fn destructured(facts: &FileFacts, handler: &Handler, part: &str) -> Vec<Name> {
    let mut names = Vec::new();
    for code in &handler.code {
        let params = &facts.def(code.def).params;
        let Some(first) = params.iter().find(|param| param.kind != ParamKind::Receiver) else { continue };
        let says_request = first.annotation.is_some_and(|annotation| {
            let base = match facts.arena.kind(annotation) {
                NodeKind::Apply { base, .. } => base,
                _ => annotation,
            };
            last_name(facts, base).is_some_and(|name| facts.text(name).ends_with("Request"))
        });
        let Some(pattern) = first.pattern.filter(|_| says_request || first.annotation.is_none() && params.len() > 1) else { continue };
        facts.arena.walk(pattern, |node| {
            if let NodeKind::Entry { key, value } = facts.arena.kind(node)
                && facts.string(key) == Some(part)
            {
                names.extend(bound_names(facts, value));
            }
        });
    }
    names
}

/// `const { body } = req`, `const { body, params } = ctx.request`
fn taken_out(facts: &FileFacts, handler: &Handler, part: &str) -> Vec<Name> {
    let mut names = Vec::new();
    let Some(body) = facts.def(handler.function.def).body else { return names };
    walk_deep(facts, body, |node| {
        if let NodeKind::Declare { target, value: Some(value), .. } = facts.arena.kind(node)
            && let NodeKind::Collection { items, .. } = facts.arena.kind(target)
            && last_name(facts, value).is_some_and(|name| matches!(facts.text(name), "req" | "request"))
        {
            for item in facts.arena.list(items) {
                if let NodeKind::Entry { key, value } = facts.arena.kind(item)
                    && facts.string(key) == Some(part)
                {
                    names.extend(bound_names(facts, value));
                }
            }
        }
        true
    });
    names
}

/// The body data of a handler and the names it is given in it.
fn input(program: &Program, handler: &Handler) -> Input {
    let file = handler.function.file;
    let facts = program.file(file);
    let mut given = body_params(program, handler);
    match facts.language.family() {
        Family::Rust => given.extend(handler.code.iter().flat_map(|part| parsed_values(facts, part.def))),
        Family::TypeScript => {
            given.extend(destructured(facts, handler, "body"));
            given.extend(taken_out(facts, handler, "body"));
        }
        Family::Python => {}
    }
    let mut input = Input { names: given.iter().copied().collect(), whole: given.into_iter().collect(), ..Input::default() };
    for &part in &handler.code {
        let def = facts.def(part.def);
        let roots = def.body.into_iter().chain(def.params.iter().flat_map(|param| param.pattern));
        for root in roots {
            facts.arena.walk(root, |node| {
                if is_body(program, file, node) {
                    input.sources.insert(node);
                }
            });
        }
    }
    follow_all(program, handler, &mut input);
    input
}

/// The names that input goes on under.
fn follow_all(program: &Program, handler: &Handler, input: &mut Input) {
    let facts = program.file(handler.function.file);
    let Some(body) = facts.def(handler.function.def).body else { return };
    if input.sources.is_empty() && input.names.is_empty() {
        return;
    }
    for _ in 0..4 {
        let before = input.names.len();
        walk_deep(facts, body, |node| {
            follow(facts, node, input);
            follow_made(program, handler.function.file, node, input);
            true
        });
        if input.names.len() == before {
            break;
        }
    }
}

fn follow(facts: &FileFacts, node: NodeId, input: &mut Input) {
    match facts.arena.kind(node) {
        // `day = parse(day)`: from here on it is what the conversion made of it.
        NodeKind::Assign { target, value, op: AssignOp::Set }
            if matches!(facts.arena.kind(target), NodeKind::Name(name) if input.names.contains(&name)) && !input.is_in(facts, value) =>
        {
            input.converted.extend(bound_names(facts, target));
        }
        NodeKind::Declare { target, value: Some(value), .. } | NodeKind::Assign { target, value, op: AssignOp::Set }
            if input.is_in(facts, value) && !matches!(facts.arena.kind(target), NodeKind::Member { .. } | NodeKind::Index { .. }) =>
        {
            if let (NodeKind::Name(name), true) = (facts.arena.kind(target), is_whole(facts, value, input)) {
                input.whole.insert(name);
            }
            input.names.extend(bound_names(facts, target));
        }
        NodeKind::Loop { target: Some(target), source: Some(source), .. } if input.is_in(facts, source) => {
            input.names.extend(bound_names(facts, target))
        }
        // `body.items.map((item) => …)`
        NodeKind::Call { callee, .. } => {
            let NodeKind::Member { object, name, .. } = facts.arena.kind(callee) else { return };
            if !input.is_of(facts, object) {
                // `rows.push({ title: item.title })`
                if let NodeKind::Name(list) = facts.arena.kind(object)
                    && facts.language.family() == Family::TypeScript
                    && matches!(facts.text(name), "push" | "unshift")
                    && arguments(facts, node).any(|argument| first_use(facts, argument, input).is_some())
                {
                    input.names.insert(list);
                }
                return;
            }
            for argument in arguments(facts, node) {
                if let NodeKind::Closure(def) = facts.arena.kind(argument) {
                    input.names.extend(facts.def(def).params.iter().take(1).flat_map(|param| parameter_names(facts, param)));
                }
            }
        }
        _ => {}
    }
}

/// `const order = new Order({ title: req.body.title })`
fn follow_made(program: &Program, file: FileId, node: NodeId, input: &mut Input) {
    let facts = program.file(file);
    if let NodeKind::Declare { target, value: Some(value), .. } = facts.arena.kind(node)
        && let NodeKind::Name(name) = facts.arena.kind(target)
        && is_made_of(program, file, value, input, 0).is_some()
    {
        input.names.insert(name);
    }
    if let NodeKind::Declare { target, value: Some(value), .. } = facts.arena.kind(node)
        && let (NodeKind::Name(name), NodeKind::Call { form, .. }) = (facts.arena.kind(target), facts.arena.kind(value))
        && (form == CallForm::New || called_name(facts, value).is_some_and(|name| matches!(name, "build" | "create" | "merge" | "preload")))
        && facts.language.family() == Family::TypeScript
        && let Some(used) = arguments(facts, value).find_map(|argument| first_use(facts, argument, input))
    {
        input.made.insert(name, used);
    }
}

/// The input that is in an object of an old constructor (`new Order(req.body)`), or in what a list is turned into (`items.map((item) => ({ … }))`).
fn is_made_of(program: &Program, file: FileId, node: NodeId, input: &Input, depth: u8) -> Option<NodeId> {
    let facts = program.file(file);
    if facts.language.family() != Family::TypeScript || depth > 6 {
        return None;
    }
    let within = |node| is_made_of(program, file, node, input, depth + 1);
    match facts.arena.kind(node) {
        NodeKind::Entry { value, .. } | NodeKind::Spread { value, .. } | NodeKind::Await(value) | NodeKind::Cast { value, .. } => {
            within(value)
        }
        NodeKind::Collection { items, .. } => facts.arena.list(items).find_map(within),
        NodeKind::Call { callee, form: CallForm::New, .. } => {
            let Value::Def(constructor) = program.value(file, callee) else { return None };
            let is_plain = program.def(constructor).kind == DefKind::Function && !is_checked_below(program, constructor);
            let mut given = arguments(facts, node).filter(|_| is_plain);
            given.find_map(|argument| first_use(facts, argument, input).or_else(|| within(argument)))
        }
        NodeKind::Call { callee, .. } => {
            let NodeKind::Member { object, name, .. } = facts.arena.kind(callee) else { return None };
            if !matches!(facts.text(name), "map" | "flatMap") || !input.is_of(facts, object) {
                return None;
            }
            arguments(facts, node).find_map(|argument| {
                let NodeKind::Closure(def) = facts.arena.kind(argument) else { return None };
                first_use(facts, facts.def(def).body?, input)
            })
        }
        _ => None,
    }
}

/// The body as a whole: `req.body`, `await request.json()`, or a name that is given one.
fn is_whole(facts: &FileFacts, node: NodeId, input: &Input) -> bool {
    match facts.arena.kind(node) {
        NodeKind::Await(value) | NodeKind::Propagate(value) | NodeKind::Cast { value, .. } | NodeKind::Spread { value, .. } => {
            is_whole(facts, value, input)
        }
        NodeKind::Name(name) => input.whole.contains(&name),
        NodeKind::Call { callee, .. } => arguments(facts, node).len() == 0 && input.sources.contains(&callee),
        _ => input.sources.contains(&node),
    }
}

/// `req.body`, `request.get_json()`, `await request.json()`, `ctx.request.body`: by what is known of the framework, or by these names.
fn is_body(program: &Program, file: FileId, node: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Member { object, name, .. } = facts.arena.kind(node) else { return false };
    let name = facts.text(name);
    if !api_names().validation.bodies.has(name) {
        return false;
    }
    let known =
        program.api(file, node).is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Source(SourceKind::Request)));
    if known {
        return true;
    }
    let receiver = last_name(facts, object).map(|name| facts.text(name)).unwrap_or_default();
    match facts.language.family() {
        Family::TypeScript => matches!(receiver, "req" | "request") && matches!(name, "body" | "json" | "formData" | "parseBody"),
        Family::Python => {
            receiver == "request" && matches!(name, "json" | "get_json" | "form" | "data" | "POST") && !is_answer(program, file, object)
        }
        Family::Rust => false,
    }
}

/// A request that the code itself sends.
fn is_answer(program: &Program, file: FileId, object: NodeId) -> bool {
    program.api(file, object).is_some_and(|api| api.path.starts_with("requests.") || api.path.starts_with("httpx."))
}

/// Where unseen data goes into a query, a model, or a function that writes.
fn uses(context: &Context, handler: &Handler, input: &Input) -> Vec<Use> {
    let program = context.program;
    let file = handler.function.file;
    let facts = program.file(file);
    let mut found: Vec<Use> = Vec::new();
    for query in handler.queries.iter().filter(|query| !compares_only(program, file, query)) {
        let given = || {
            chain(facts, program.nesting(file).chain_top(facts, query.site))
                .flat_map(|link| given_to(facts, link))
                .filter(|given| query.access != Access::Read || !is_named_id(facts, given.0))
                .filter_map(|(argument, finds)| Some((used_in(program, file, argument, input)?, finds)))
        };
        // Whoever asks for a row by its id gets it or not.
        let by_id = |node: NodeId| query.access == Access::Read && is_id(facts, node);
        if let Some((node, finds)) = given().find(|given| !given.1).or_else(|| given().next()).filter(|given| !by_id(given.0)) {
            let text = format!("is given to `{}`", spelled_callee(facts, query.site));
            found.push(Use { node, text, is_kept: query.access == Access::Write && !finds });
        }
    }
    let rows = if facts.language.family() == Family::TypeScript { stored_rows(facts, handler) } else { FxHashMap::default() };
    found.extend(input.made.iter().filter(|(name, _)| rows.contains_key(name)).map(|(name, &node)| {
        let text = format!("is in `{}`, which `{}` stores", facts.text(*name), rows[name]);
        Use { node, text, is_kept: true }
    }));
    let writes = handler.code.iter().any(|&part| {
        context
            .summaries
            .of(part)
            .is_some_and(|summary| !summary.writes.is_empty() || summary.reaches.iter().any(|reach| reach.access == Access::Write))
    });
    let Some(body) = facts.def(handler.function.def).body else { return found };
    walk_deep(facts, body, |node| {
        match facts.arena.kind(node) {
            NodeKind::Assign { target, value, op: AssignOp::Set | AssignOp::Augment(_) } if writes => {
                if let NodeKind::Member { object, name, .. } = facts.arena.kind(target)
                    && !is_request_or_answer(facts, object)
                    && input.is_in(facts, value)
                {
                    let text = format!("is kept as `{}`", facts.text(name));
                    found.push(Use { node: value, text, is_kept: true });
                }
            }
            NodeKind::Call { form, .. } if form != CallForm::Pattern => {
                found.extend(in_call(context, handler, node, input).or_else(|| into_row(facts, node, input, &rows)));
            }
            _ => {}
        }
        true
    });
    found.sort_by_key(|used| (facts.arena.span(used.node), !used.is_kept));
    found.dedup_by_key(|used| facts.arena.span(used.node).start);
    found.sort_by_key(|used| !used.is_kept);
    found
}

/// Local rows that the handler stores, and by what: `user.save()`, `users.save(user)`.
fn stored_rows(facts: &FileFacts, handler: &Handler) -> FxHashMap<Name, String> {
    let mut rows = FxHashMap::default();
    for query in handler.queries.iter().filter(|query| query.access == Access::Write) {
        let given = arguments(facts, query.site).next();
        let is_given = called_name(facts, query.site).is_some_and(|name| matches!(name, "save" | "insert" | "persist" | "upsert"));
        for node in [Some(chain_root(facts, query.site)), given.filter(|_| is_given)].into_iter().flatten() {
            if let NodeKind::Name(name) = facts.arena.kind(node) {
                rows.entry(name).or_insert_with(|| spelled_callee(facts, query.site));
            }
        }
    }
    rows
}

/// `Object.assign(user, req.body)`, `user.set(req.body)`, `post.comments.push({ text: req.body.text })` of a row that the handler stores.
fn into_row(facts: &FileFacts, call: NodeId, input: &Input, rows: &FxHashMap<Name, String>) -> Option<Use> {
    let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return None };
    let NodeKind::Member { object, name, .. } = facts.arena.kind(callee) else { return None };
    let mut given = arguments(facts, call);
    let row = match facts.text(name) {
        "assign" | "merge" | "extend" | "defaults" => given.next()?,
        "set" => object,
        "push" | "unshift" | "addToSet" if matches!(facts.arena.kind(object), NodeKind::Member { .. }) => object,
        _ => return None,
    };
    let NodeKind::Name(root) = facts.arena.kind(chain_root(facts, row)) else { return None };
    let stored = rows.get(&root).filter(|_| !input.names.contains(&root))?;
    let node = given.find_map(|argument| first_use(facts, argument, input))?;
    Some(Use { node, text: format!("is put into `{}`, which `{stored}` stores", facts.text(root)), is_kept: true })
}

/// What one link of a query is given, and whether it only tells which rows are meant: `filter(name=…)`, `{ where: { name } }`.
fn given_to(facts: &FileFacts, link: NodeId) -> Vec<(NodeId, bool)> {
    let words = methods();
    let name = called_name(facts, link).unwrap_or_default();
    let mut given = Vec::new();
    for (at, argument) in arguments(facts, link).enumerate() {
        let finds = has(&words.finds, name) || at == 0 && has(&words.finds_first, name);
        match facts.arena.kind(argument) {
            NodeKind::Collection { items, .. } if !finds => {
                given.extend(facts.arena.list(items).map(|item| (item, is_condition(facts, item))))
            }
            _ => given.push((argument, finds)),
        }
    }
    given
}

fn is_condition(facts: &FileFacts, item: NodeId) -> bool {
    matches!(facts.arena.kind(item), NodeKind::Entry { key, .. } if matches!(facts.string(key), Some("where" | "filter" | "_id")))
}

fn is_id(facts: &FileFacts, node: NodeId) -> bool {
    let mut id = false;
    carriers(facts, node, &mut |_, name| {
        id |= crate::model::words::words(name).last().is_some_and(|word| matches!(word.as_str(), "id" | "ids" | "uuid" | "pk"));
    });
    id
}

/// A question to a mapper that binds what it is given: no row fits a value of another kind. Where objects are conditions (MongoDB), or text is the
/// question, what clients send may ask for more.
fn compares_only(program: &Program, file: FileId, query: &QueryEffect) -> bool {
    let is_read = matches!(&program.knowledge.entries[query.entry as usize].fact, ApiFact::Query(fact) if fact.access == Access::Read);
    let path = &program.apis[query.api.0 as usize].path;
    // In JavaScript what was a value may come as an object, and is a condition then.
    let binds = program.file(file).language.family() == Family::Python;
    is_read && binds && !methods().objects_are_conditions.iter().any(|library| path.contains(library.as_str()))
}

/// `id=…`, `pk=…`, `order_id=…`.
fn is_named_id(facts: &FileFacts, argument: NodeId) -> bool {
    let is_it =
        |name: &str| crate::model::words::words(name).last().is_some_and(|word| matches!(word.as_str(), "id" | "ids" | "uuid" | "pk"));
    matches!(facts.arena.kind(argument), NodeKind::Argument { name, .. } if is_it(facts.text(name)))
}

fn is_request_or_answer(facts: &FileFacts, object: NodeId) -> bool {
    let name = match facts.arena.kind(chain_root(facts, object)) {
        NodeKind::Name(name) => facts.text(name),
        NodeKind::Receiver => "self",
        _ => return false,
    };
    vocabulary().objects.requests.has(name)
}

/// The first part of an argument that is unseen data.
fn first_use(facts: &FileFacts, argument: NodeId, input: &Input) -> Option<NodeId> {
    let mut found = None;
    carriers(facts, argument, &mut |carrier, _| {
        if found.is_none() && input.is_of(facts, carrier) {
            found = Some(carrier);
        }
    });
    found.or_else(|| input.is_of(facts, argument).then_some(argument))
}

/// As [`first_use`], also in a statement that is built in place: `insert(users).values(**body)`.
fn used_in(program: &Program, file: FileId, argument: NodeId, input: &Input) -> Option<NodeId> {
    let facts = program.file(file);
    first_use(facts, argument, input).or_else(|| is_made_of(program, file, argument, input, 0)).or_else(|| {
        let builds = |link: &NodeId| {
            matches!(facts.arena.kind(*link), NodeKind::Call { .. }) && matches!(program.value(file, *link), Value::Api { .. })
        };
        chain(facts, argument)
            .filter(builds)
            .flat_map(|link| arguments(facts, link).collect::<Vec<_>>())
            .find_map(|inner| first_use(facts, inner, input))
    })
}

/// Unseen data given to a model's constructor or to a function that writes.
fn in_call(context: &Context, handler: &Handler, call: NodeId, input: &Input) -> Option<Use> {
    let program = context.program;
    let file = handler.function.file;
    let facts = program.file(file);
    let used = |argument| first_use(facts, argument, input).or_else(|| is_made_of(program, file, argument, input, 0));
    let node = arguments(facts, call).find_map(used)?;
    let spelled = spelled_callee(facts, call);
    if constructs_model(program, file, call) {
        return Some(Use { node, text: format!("is given to `{spelled}`"), is_kept: true });
    }
    if makes_unchecked(program, file, call) {
        return Some(Use { node, text: format!("is given to `{spelled}`, which takes whatever comes"), is_kept: false });
    }
    if is_given_to_row(context, handler, call, node, input) {
        return Some(Use { node, text: format!("is given to `{spelled}`, which sets what is in it"), is_kept: true });
    }
    let leads_to = |wanted: &dyn Fn(Access) -> bool| {
        handler.code.iter().flat_map(|&part| program.calls_at(part, call)).any(|edge| {
            edge.kind == CallKind::Call
                && edge.resolution != Resolution::NameOnly
                && context.summaries.of(edge.callee).is_some_and(|summary| summary.reaches.iter().any(|reach| wanted(reach.access)))
                && !is_checked_below(program, edge.callee)
        })
    };
    if input.of_query && is_whole(facts, node, input) && leads_to(&|_| true) {
        return Some(Use { node, text: format!("is given to `{spelled}` whole, which queries the database"), is_kept: false });
    }
    if leads_to(&|access| access == Access::Write) {
        let text = format!("is given to `{spelled}`, which writes to the database");
        return Some(Use { node, text, is_kept: is_whole(facts, node, input) });
    }
    // `import_rows.delay(**request.data)`: what runs later trusts what it is given.
    starts_job(program, file, call).then(|| Use { node, text: format!("is given to `{spelled}`, a job"), is_kept: false })
}

/// The call hands its arguments to a job of the project.
fn starts_job(program: &Program, file: FileId, call: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return false };
    let NodeKind::Member { object, name, .. } = facts.arena.kind(callee) else { return false };
    let later = api_names().waits.jobs.has(facts.text(name));
    later && matches!(program.value(file, object), Value::Def(task) if program.is(task, Role::Task))
}

/// `user.from_dict(body)`: a row's own method takes the whole body, and the handler keeps the row.
fn is_given_to_row(context: &Context, handler: &Handler, call: NodeId, given: NodeId, input: &Input) -> bool {
    let program = context.program;
    let facts = program.file(handler.function.file);
    let keeps = || {
        handler.code.iter().any(|&part| {
            context
                .summaries
                .of(part)
                .is_some_and(|summary| !summary.writes.is_empty() || summary.reaches.iter().any(|reach| reach.access == Access::Write))
        })
    };
    is_whole(facts, given, input)
        && handler.code.iter().flat_map(|&part| program.calls_at(part, call)).any(|edge| {
            let class = GlobalDef { file: edge.callee.file, def: program.def(edge.callee).parent };
            edge.kind == CallKind::Call
                && edge.resolution != Resolution::NameOnly
                && program.role(class).is_some_and(|evidence| evidence.role == Role::Model)
                && program.def_roles.contains_key(&class)
                && sets_what_comes(program, edge.callee)
                && !is_checked_below(program, edge.callee)
        })
        && keeps()
}

/// Sets fields by the names it is given: `setattr(self, field, data[field])`, `self.name = data["name"]`.
fn sets_what_comes(program: &Program, method: GlobalDef) -> bool {
    let facts = program.file(method.file);
    let Some(body) = facts.def(method.def).body else { return false };
    let mut sets = false;
    walk_deep(facts, body, |node| {
        sets |= match facts.arena.kind(node) {
            NodeKind::Call { .. } => called_name(facts, node) == Some("setattr"),
            NodeKind::Assign { target, .. } => {
                matches!(facts.arena.kind(target), NodeKind::Member { object, .. } if facts.arena.kind(object) == NodeKind::Receiver)
            }
            _ => false,
        };
        !sets
    });
    sets
}

fn constructs_model(program: &Program, file: FileId, call: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return false };
    match program.value(file, callee) {
        Value::Def(class) => {
            program.role(class).is_some_and(|evidence| evidence.role == Role::Model) && program.def_roles.contains_key(&class)
        }
        _ => false,
    }
}

/// The call makes an object of a class that only names its fields: a `@dataclass` has types for its readers and asks nothing when it is made.
fn makes_unchecked(program: &Program, file: FileId, call: NodeId) -> bool {
    let NodeKind::Call { callee, .. } = program.file(file).arena.kind(call) else { return false };
    let Value::Def(class) = program.value(file, callee) else { return false };
    let (own, def) = (program.file(class.file), program.def(class));
    let is_plain = |&decorator: &NodeId| {
        let path = program.called_api(class.file, decorator).or_else(|| program.api(class.file, decorator)).map(|api| api.path.as_str());
        path.is_some_and(|path| path.starts_with("dataclasses.dataclass"))
    };
    let asks = own.definitions().any(|(_, method)| method.parent == class.def && own.text(method.name) == "__post_init__");
    def.kind == DefKind::Class && def.decorators.iter().any(is_plain) && !asks
}

/// The function itself looks at what it is given.
fn is_checked_below(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    let names = facts.def(function.def).params.iter().flat_map(|param| parameter_names(facts, param)).collect();
    is_checked(program, &code_of(program, function), &Input { names, ..Input::default() }, 1)
}

fn finding(program: &Program, unchecked: &Unchecked) -> Option<Finding> {
    let function = unchecked.handler.function;
    let facts = program.file(function.file);
    let Use { node, text, is_kept } = unchecked.uses.first()?;
    let name = handler_name(program, function);
    let spelled = spell(facts, *node);
    let mut related: Vec<Label> = Vec::new();
    if let Some(source) = unchecked.source {
        related.push(Label { location: program.location(function.file, source), text: "what the client sent".to_string() });
    }
    related.extend(unchecked.uses.iter().skip(1).take(MAX_PLACES).map(|Use { node, text, .. }| Label {
        location: program.location(function.file, facts.arena.span(*node)),
        text: format!("`{}` {text}", spell(facts, *node)),
    }));
    Some(Finding {
        rule: RULE.into(),
        level: if *is_kept { Level::Warning } else { Level::Note },
        message: format!("handler `{name}`{} uses `{spelled}` as the client sent it: it {text}", route_text(unchecked.handler.route)),
        primary: Label { location: program.location(function.file, facts.arena.span(*node)), text: "not validated".to_string() },
        related,
        flow: Vec::new(),
        help: Some(help(facts.language.family()).to_string()),
        subject: program.qualified_name(function),
        fingerprint: String::new(),
        confidence: Confidence::Medium,
        redact: Vec::new(),
    })
}

/// A long handler: the first use far from the one that is told of, which may be overlooked there. A note.
fn elsewhere(program: &Program, unchecked: &Unchecked) -> Option<Finding> {
    let facts = program.file(unchecked.handler.function.file);
    let start = |used: &Use| facts.arena.span(used.node).start;
    let told = start(unchecked.uses.first()?);
    let far = unchecked.uses.iter().position(|used| start(used).abs_diff(told) >= FAR)?;
    let Use { node, text, .. } = &unchecked.uses[far];
    let uses = vec![Use { node: *node, text: text.clone(), is_kept: false }];
    let handler = &unchecked.handler;
    let Handler { function, route, delegates, .. } = *handler;
    let handler = Handler { function, route, code: handler.code.clone(), queries: handler.queries.clone(), delegates };
    let found = finding(program, &Unchecked { handler, uses, source: unchecked.source })?;
    Some(Finding { subject: format!("{} again", found.subject), ..found })
}

fn help(family: Family) -> &'static str {
    match family {
        Family::Python => {
            "describe the body by a model or schema (Pydantic, marshmallow, a serializer, a form), and use what it gives instead of the raw body"
        }
        Family::TypeScript => {
            "describe the body by a schema (zod, joi, class-validator, the route's own `schema`), parse it first, and use the result"
        }
        Family::Rust => "take a type with the fields that are needed instead of a free value, and validate it (`validator`, `garde`)",
    }
}

/// Notes for a package that validates nothing, at the handlers with most of it; the first says how many there are.
fn notes(program: &Program, handlers: &[Unchecked]) -> Vec<Finding> {
    let mut worst: Vec<&Unchecked> = handlers.iter().collect();
    worst.sort_by_key(|unchecked| (std::cmp::Reverse(unchecked.uses.len()), unchecked.handler.function));
    let others = worst.iter().skip(1).take(MAX_NOTES - 1).filter_map(|unchecked| {
        let found = finding(program, unchecked)?;
        Some(Finding { level: Level::Note, message: format!("{}; nothing in the project validates input", found.message), ..found })
    });
    note(program, &worst).into_iter().chain(others).collect()
}

/// The note at the handler with most of it, which counts all.
fn note(program: &Program, worst: &[&Unchecked]) -> Option<Finding> {
    let first = worst.first()?;
    let mut finding = finding(program, first)?;
    let others = worst.iter().skip(1).take(MAX_PLACES).filter_map(|unchecked| {
        let file = unchecked.handler.function.file;
        let Use { node, .. } = unchecked.uses.first()?;
        let text = format!("`{}` uses `{}`", handler_name(program, unchecked.handler.function), spell(program.file(file), *node));
        Some(Label { location: program.location(file, call_span(program.file(file), *node)), text })
    });
    finding.related = others.collect();
    finding.level = Level::Note;
    let name = handler_name(program, first.handler.function);
    finding.message = match worst.len() {
        1 => format!("`{name}` uses a body as clients sent it: nothing in the project validates input"),
        count => format!("{count} handlers use bodies as clients sent them, `{name}` most: nothing in the project validates input"),
    };
    finding.subject = "no validation".to_string();
    Some(finding)
}
