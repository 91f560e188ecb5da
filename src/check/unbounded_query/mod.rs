//! `unbounded-query`: a list endpoint that answers with every row of a table.
//!
//! The evidence is a route that reads, a query that gives rows with nothing on its chain that narrows, limits or pages it, run by the handler
//! itself or by what it directly hands over to, and that the rows become the answer. Small tables by their name, streams, exports and
//! pagination by the framework are left out.

mod arguments;
mod filters;
mod narrowing;
mod paging;
mod small;

use super::answered::is_answered;
use super::batching::query_fact;
use super::handlers::{Handler, handler, handler_name, handlers, is_of_service, route_text};
use super::lookup_tables::{is_lookup, may_grow};
use super::resolvers::query_resolvers;
use super::spelling::{call_span, spelled_callee};
use super::{Context, unpaged_views};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{FileFacts, Name};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::{Access, ArgumentRef, Subject};
use crate::model::nesting::{Nesting, called_name, chain, last_name};
use crate::model::program::{CallKind, Program, Resolution, Route, VIEW_METHODS};
use crate::model::role::GlobalDef;
use crate::model::source::Family;
use crate::model::summary::QueryEffect;
use crate::model::words::words;
use crate::rulebook::vocabulary::vocabulary;
use arguments::{has_bound_argument, open_params};
use narrowing::{gives_all, gives_one, is_narrowed_before, is_narrowed_later};
use paging::bounds;
use small::Filled;

const RULE: &str = "unbounded-query";

/// Calls that fill a page.
const PAGES: &[&str] = &["render", "render_template", "TemplateResponse"];

/// Why it may be fine where the page is about something else.
const OFFERED: &str = "; fine where they are what a form on the page offers";

/// Calls followed from the handler to the query.
const MAX_DEPTH: u8 = 3;

/// Finds list endpoints without a bound.
pub fn check(context: &Context) -> Vec<Finding> {
    let handlers = handlers(context);
    let filled = Filled::default();
    let mut findings: Vec<Finding> = handlers.iter().filter_map(|handler| in_handler(context, &filled, handler, false)).collect();
    // What a schema's `Query` has is read by definition: `{ Query: { books: () => Book.find() } }`.
    for resolver in query_resolvers(context) {
        if !handlers.iter().any(|handler| handler.code.contains(&resolver)) {
            findings.extend(in_handler(context, &filled, &handler(context, resolver, None), true));
        }
    }
    findings.extend(unpaged_views::check(context));
    findings
}

fn in_handler(context: &Context, filled: &Filled, handler: &Handler, only_reads: bool) -> Option<Finding> {
    let program = context.program;
    // A handler of all methods, or of a service that has no routes, reads when it writes nothing.
    let is_open = match handler.route {
        Some(route) => route.methods.iter().any(|method| method == "*") || is_action(program, route),
        None => is_of_service(program, handler.function),
    };
    let reads = only_reads
        || is_open && handler.queries.iter().all(|query| query.access == Access::Read)
        || handler.route.is_some_and(|route| route.methods.iter().any(|method| method == "GET" || method == "QUERY"))
        || VIEW_METHODS.iter().any(|(name, method)| *method == "GET" && *name == program.name(handler.function));
    if !reads || is_exempt(program, handler) {
        return None;
    }
    let mut way = Vec::new();
    let (function, query) = unbounded(context, &handler.code, &[], &mut way, 0)?;
    let facts = program.file(function.file);
    let many = query_fact(program, query).is_some_and(|fact| fact.many);
    let table = query.table.as_deref().or_else(|| asked(facts, query.site).filter(|_| many))?;
    let grows_slowly = may_grow(table) && facts.language.family() == Family::TypeScript;
    if is_lookup(table) && !grows_slowly {
        return None;
    }
    let name = handler_name(program, handler.function);
    let label = |at: GlobalDef, node: NodeId, text: String| Label {
        location: program.location(at.file, call_span(program.file(at.file), node)),
        text,
    };
    let mut related: Vec<Label> = Vec::new();
    if let Some(route) = handler.route {
        related.push(Label { location: route.place.clone(), text: format!("the route{}", route_text(handler.route)) });
    }
    related.extend(way.iter().map(|&(at, node)| label(at, node, "calls what queries".to_string())));
    let is_note = grows_slowly || is_for_few(program, handler);
    let small = if is_note { None } else { filled.why_small(context, table, function.file, query.site) };
    let small = small.or_else(|| is_offered_beside(program, handler, table).then_some(OFFERED)).filter(|_| !is_note);
    Some(Finding {
        rule: RULE.into(),
        level: if is_note || small.is_some() { Level::Note } else { Level::Warning },
        message: format!(
            "`{name}`{} answers with every row of `{table}`: `{}` has no limit{}",
            route_text(handler.route),
            spelled_callee(facts, query.site),
            small.unwrap_or_default()
        ),
        primary: label(function, query.site, "gives all rows".to_string()),
        related,
        flow: Vec::new(),
        help: Some("take a page size with an upper bound and an offset or cursor from the request, and give them to the query".to_string()),
        subject: format!("{} {table}", program.qualified_name(handler.function)),
        fingerprint: String::new(),
        confidence: query.confidence,
        redact: Vec::new(),
    })
}

/// The handler fills a page that is about the rows of another query, by its name or route: these are what a form on it offers.
fn is_offered_beside(program: &Program, handler: &Handler, table: &str) -> bool {
    let facts = program.file(handler.function.file);
    let fills_page = |&part: &GlobalDef| {
        let fills = |node: NodeId| called_name(facts, node).is_some_and(|name| PAGES.contains(&name));
        part.file == handler.function.file && facts.def(part.def).body.is_some_and(|body| facts.arena.any(body, fills))
    };
    let stem = |word: &str| word.strip_suffix("ies").map_or_else(|| word.trim_end_matches('s').to_string(), |start| format!("{start}y"));
    let path = handler.route.and_then(|route| route.path.as_deref()).unwrap_or_default();
    let said: Vec<String> = words(program.name(handler.function)).iter().chain(&words(path)).map(|word| stem(word)).collect();
    let is_about = |table: &str| words(table).iter().any(|word| said.contains(&stem(word)));
    let mut others = handler.queries.iter().filter(|query| query.access == Access::Read).filter_map(|query| query.table.as_deref());
    !is_about(table) && others.any(|other| other != table && is_about(other)) && handler.code.iter().any(fills_page)
}

/// A function of the server that pages call by name: whatever it does, it is sent with POST.
fn is_action(program: &Program, route: &Route) -> bool {
    route.framework == "nextjs" && route.path.is_none() && !VIEW_METHODS.iter().any(|(_, method)| *method == program.name(route.handler))
}

/// What the innermost call of a chain is made on, by its name: `orders` of `this.orders.find().toArray()`.
fn asked(facts: &FileFacts, site: NodeId) -> Option<&str> {
    let first = chain(facts, site).filter(|&link| matches!(facts.arena.kind(link), NodeKind::Call { .. })).last()?;
    let NodeKind::Call { callee, .. } = facts.arena.kind(first) else { return None };
    let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return None };
    // `db["orders"].find({})`
    if let NodeKind::Index { index, .. } = facts.arena.kind(object)
        && let Some(key) = facts.string(index)
    {
        return Some(key);
    }
    let name = facts.text(last_name(facts, object)?);
    (!vocabulary().queries.askers.in_name(name)).then_some(name)
}

/// Exports, streams and administrators' downloads are meant to be whole.
fn is_exempt(program: &Program, handler: &Handler) -> bool {
    let path = handler.route.and_then(|route| route.path.as_deref()).unwrap_or_default();
    let whole = |text: &str| words(text).iter().any(|word| vocabulary().queries.whole.has(word));
    whole(path) || whole(program.name(handler.function))
}

/// Pages of administrators: few people ask for them, and they want to see everything.
fn is_for_few(program: &Program, handler: &Handler) -> bool {
    let path = handler.route.and_then(|route| route.path.as_deref()).unwrap_or_default();
    let speaks = |text: &str| text.split(['/', '.']).any(|part| vocabulary().audience.few.in_name(part));
    // `/options/customers`: what a form offers, kept short by whoever fills it.
    let offers = || path.split('/').any(|part| matches!(part, "options" | "choices"));
    speaks(path) || offers() || speaks(program.path(handler.function.file)) || demands_administrator(program, handler)
}

/// Python: the handler begins with a call that lets nobody but administrators pass: `check_admin_access(user)`.
fn demands_administrator(program: &Program, handler: &Handler) -> bool {
    let facts = program.file(handler.function.file);
    let Some(NodeKind::Block { items, .. }) = facts.def(handler.function.def).body.map(|body| facts.arena.kind(body)) else { return false };
    let demands = |name: &str| {
        let words = words(name);
        words.first().is_some_and(|verb| matches!(verb.as_str(), "check" | "require" | "ensure" | "verify" | "assert"))
            && words.iter().any(|word| vocabulary().audience.administrators.has(word))
    };
    let is_demand = |item: NodeId| {
        let call = match facts.arena.kind(item) {
            NodeKind::Await(value) => value,
            _ => item,
        };
        called_name(facts, call).is_some_and(demands)
    };
    facts.language.family() == Family::Python && facts.arena.list(items).take(3).any(is_demand)
}

/// The first unbounded query of the functions or of what they directly return a call of.
fn unbounded<'a>(
    context: &'a Context,
    code: &[GlobalDef],
    open: &[Name],
    way: &mut Vec<(GlobalDef, NodeId)>,
    depth: u8,
) -> Option<(GlobalDef, &'a QueryEffect)> {
    let program = context.program;
    for &function in code {
        let facts = program.file(function.file);
        let Some(summary) = context.summaries.of(function) else { continue };
        if program.def(function).body.is_some_and(|body| bounds(facts, body)) {
            return None;
        }
        let nesting = program.nesting(function.file);
        for query in &summary.queries {
            let counts = query.access == Access::Read && query.confidence >= Confidence::Medium;
            let fact = query_fact(program, query);
            let many = fact.is_some_and(|fact| fact.many);
            // `manager.find(Order, filter)`
            let names_model = fact.is_some_and(|fact| fact.subject == Subject::Argument(ArgumentRef::Position(0)));
            let is_all = || {
                let is_narrowed =
                    is_narrowed_before(program, function, query.site) || many && is_narrowed_later(facts, nesting, query.site);
                let is_open = gives_all(facts, nesting, query, many, (usize::from(names_model), open));
                is_open && !is_narrowed && !gives_one(facts, nesting, query.site)
            };
            if counts && is_all() && (is_answered(facts, nesting, query.site) || is_fetched(facts, nesting, function, query.site)) {
                return Some((function, query));
            }
        }
        if depth >= MAX_DEPTH {
            continue;
        }
        for edge in program.calls_from(function) {
            // The only implementation of an interface is as good as a function that is named.
            let is_sure = edge.resolution == Resolution::Exact
                || edge.resolution == Resolution::Inferred && program.calls_at(function, edge.site).len() == 1;
            let follows = edge.kind == CallKind::Call && is_sure && !code.contains(&edge.callee);
            // An argument may be what bounds it.
            if !follows || has_bound_argument(program, function.file, edge.site) || !is_answered(facts, nesting, edge.site) {
                continue;
            }
            way.push((function, edge.site));
            let open = open_params(program, function.file, edge.site, edge.callee);
            if let Some(found) = unbounded(context, &[edge.callee], &open, way, depth + 1) {
                return Some(found);
            }
            way.pop();
        }
    }
    None
}

/// `cursor.execute("SELECT …")`, then `return cursor.fetchall()`.
fn is_fetched(facts: &FileFacts, nesting: &Nesting, function: GlobalDef, site: NodeId) -> bool {
    let receiver = |call: NodeId| match facts.arena.kind(call) {
        NodeKind::Call { callee, .. } => match facts.arena.kind(callee) {
            NodeKind::Member { object, .. } => match facts.arena.kind(object) {
                NodeKind::Name(name) => Some(name),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    if facts.language.family() != Family::Python || called_name(facts, site) != Some("execute") {
        return false;
    }
    let (Some(cursor), Some(body)) = (receiver(site), facts.def(function.def).body) else { return false };
    let after = facts.arena.span(site).end;
    let mut found = false;
    facts.arena.walk(body, |node| {
        found |= called_name(facts, node) == Some("fetchall")
            && receiver(node) == Some(cursor)
            && facts.arena.span(node).start > after
            && is_answered(facts, nesting, node);
    });
    found
}
