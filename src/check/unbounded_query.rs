//! `unbounded-query`: a list endpoint that answers with every row of a table.
//!
//! The evidence is a route that reads, a query that gives rows with nothing on its chain that narrows, limits or pages it, run by the handler
//! itself or by what it directly hands over to, and that the rows become the answer. Small tables by their name, streams, exports and
//! pagination by the framework are left out.

use super::Context;
use super::batching::query_fact;
use super::handlers::{Handler, handler, handler_name, handlers, is_of_service, route_text};
use super::loading::owner_of;
use super::lookup_tables::is_lookup;
use super::loops::parameter_names;
use super::query_methods::{has, methods};
use super::resolvers::query_resolvers;
use super::sensitive::assigned;
use super::spelling::{call_span, spelled_callee};
use crate::model::body::{BinaryOp, CallForm, CollectionKind, List, NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts, Name};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::{Access, ArgumentRef, Framework, FrameworkKind, Subject};
use crate::model::nesting::{Nesting, argument_value, arguments, called_name, chain, chain_root, last_name, walk_deep};
use crate::model::program::{CallKind, Program, Resolution, Route, VIEW_METHODS, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::model::summary::QueryEffect;
use crate::model::words::{has_word, words};

const RULE: &str = "unbounded-query";

/// Calls followed from the handler to the query.
const MAX_DEPTH: u8 = 3;

/// Finds list endpoints without a bound.
pub fn check(context: &Context) -> Vec<Finding> {
    let handlers = handlers(context);
    let mut findings: Vec<Finding> = handlers.iter().filter_map(|handler| in_handler(context, handler, false)).collect();
    // What a schema's `Query` has is read by definition: `{ Query: { books: () => Book.find() } }`.
    for resolver in query_resolvers(context) {
        if !handlers.iter().any(|handler| handler.code.contains(&resolver)) {
            findings.extend(in_handler(context, &handler(context, resolver, None), true));
        }
    }
    findings.extend(super::unpaged_views::check(context));
    findings
}

fn in_handler(context: &Context, handler: &Handler, only_reads: bool) -> Option<Finding> {
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
    if is_lookup(table) {
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
    Some(Finding {
        rule: RULE.into(),
        level: if is_for_few(program, handler) { Level::Note } else { Level::Warning },
        message: format!(
            "`{name}`{} answers with every row of `{table}`: `{}` has no limit",
            route_text(handler.route),
            spelled_callee(facts, query.site)
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
    (!has_word(name, &["collection", "repository", "repo", "model", "db", "database", "client"])).then_some(name)
}

/// Exports, streams and administrators' downloads are meant to be whole.
fn is_exempt(program: &Program, handler: &Handler) -> bool {
    let path = handler.route.and_then(|route| route.path.as_deref()).unwrap_or_default();
    let whole = |text: &str| {
        words(text).iter().any(|word| {
            matches!(
                word.as_str(),
                "export" | "exports" | "download" | "csv" | "dump" | "backup" | "stream" | "sitemap" | "feed" | "rss" | "cron" | "metrics"
            )
        })
    };
    whole(path) || whole(program.name(handler.function))
}

/// Pages of administrators: few people ask for them, and they want to see everything.
fn is_for_few(program: &Program, handler: &Handler) -> bool {
    let path = handler.route.and_then(|route| route.path.as_deref()).unwrap_or_default();
    let speaks = |text: &str| {
        text.split(['/', '.']).any(|part| has_word(part, &["admin", "administration", "management", "backoffice", "moderation"]))
    };
    speaks(path) || speaks(program.path(handler.function.file))
}

/// The query is kept in a local first, and something narrows it there: `q = q.filter(…)`, or a function of the project that may.
fn is_narrowed_before(program: &Program, function: GlobalDef, site: NodeId) -> bool {
    let facts = program.file(function.file);
    let NodeKind::Name(name) = facts.arena.kind(chain_root(facts, site)) else { return false };
    let of_driver = |value: NodeId| {
        facts.language.family() == Family::Python && chain(facts, value).any(|link| called_name(facts, link) == Some("cursor"))
    };
    assigned(facts, function.def, name).into_iter().filter(|&value| !of_driver(value)).any(|value| {
        chain(facts, value).any(|link| match facts.arena.kind(link) {
            NodeKind::Call { callee, .. } => {
                has(&methods().narrows, called_name(facts, link).unwrap_or_default())
                    || matches!(program.value(function.file, callee), Value::Def(_) | Value::Method { .. })
            }
            _ => false,
        })
    })
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
                gives_all(facts, nesting, query, many, (usize::from(names_model), open))
                    && !is_narrowed_before(program, function, query.site)
                    && !(many && is_narrowed_later(facts, nesting, query.site))
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

/// A call that is given anything but handles may be told how much to fetch.
fn has_bound_argument(program: &Program, file: FileId, call: NodeId) -> bool {
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
        !matches!(
            name,
            "db" | "session"
                | "conn"
                | "connection"
                | "pool"
                | "client"
                | "db_session"
                | "database"
                | "prisma"
                | "state"
                | "app_state"
                | "ctx"
                | "context"
                | "executor"
                | "tx"
                | "transaction"
                | "db_pool"
                | "pg_pool"
                | "db_conn"
                | "repo"
                | "repos"
                | "repository"
                | "repositories"
                // What a request asks for is looked for in the function that reads it.
                | "req"
                | "request"
                | "res"
                | "response"
                | "reply"
                | "next"
        )
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
                    && matches!(facts.arena.kind(object), NodeKind::Name(name) if matches!(facts.text(name), "req" | "request" | "ctx"))
            }
            NodeKind::Cast { value, .. } => says_nothing(facts, value),
            _ => false,
        }
}

/// The parameters of a callee that are given what narrows nothing.
fn open_params(program: &Program, file: FileId, call: NodeId, callee: GlobalDef) -> Vec<Name> {
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
            NodeKind::Call { callee, .. }
                if matches!(called_name(facts, at), Some("get_ref" | "as_ref" | "clone" | "deref" | "borrow" | "into_inner")) =>
            {
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

/// The function speaks of pages, limits or slices anywhere.
fn bounds(facts: &FileFacts, body: NodeId) -> bool {
    // `let cursor = orders.find(…)` is what the query gives.
    let mut given: Vec<Name> = Vec::new();
    walk_deep(facts, body, |node| {
        if let NodeKind::Declare { target, .. } = facts.arena.kind(node)
            && let NodeKind::Name(name) = facts.arena.kind(target)
            && facts.text(name) == "cursor"
        {
            given.push(name);
        }
        true
    });
    // What a driver calls so gives rows, no page of them: `cursor.execute(…)`, `cursor.fetchall()`.
    let mut of_driver = false;
    if facts.language.family() == Family::Python {
        facts.arena.walk(body, |node| of_driver |= matches!(called_name(facts, node), Some("fetchall" | "fetchone" | "cursor")));
    }
    let mut found = false;
    walk_deep(facts, body, |node| {
        if matches!(facts.arena.kind(node), NodeKind::Name(name) if given.contains(&name)) {
            return !found;
        }
        // `limit(1)` belongs to a query for one row.
        if facts.language.family() == Family::TypeScript && asks_one(facts, node) {
            if let NodeKind::Call { callee, .. } = facts.arena.kind(node)
                && let NodeKind::Member { object, .. } = facts.arena.kind(callee)
            {
                found |= bounds(facts, object);
            }
            return false;
        }
        let name = match facts.arena.kind(node) {
            NodeKind::Name(name) | NodeKind::Member { name, .. } | NodeKind::Argument { name, .. } => Some(facts.text(name)),
            NodeKind::Entry { key, .. } => facts.string(key),
            // `rows[:20]`
            NodeKind::Index { index, .. } if facts.language.family() == Family::Python => {
                found |= matches!(facts.arena.kind(index), NodeKind::Other(_));
                None
            }
            NodeKind::Str(text) => {
                let text = facts.text(text).to_ascii_lowercase();
                found |= text.contains("limit ") || text.contains("fetch first") || text.contains("select top");
                None
            }
            _ => None,
        };
        found |= name.is_some_and(|name| {
            words(name).iter().any(|word| {
                word == "cursor" && !of_driver
                    || matches!(
                        word.as_str(),
                        "limit"
                            | "page"
                            | "pages"
                            | "paginate"
                            | "paginated"
                            | "paginator"
                            | "pagination"
                            | "paging"
                            | "offset"
                            | "take"
                            | "skip"
                            | "per"
                            | "top"
                            | "slice"
                            | "chunk"
                            | "stream"
                    )
            })
        });
        !found
    });
    found
}

/// `.limit(1)`, `take: 1`
fn asks_one(facts: &FileFacts, node: NodeId) -> bool {
    let is_one = |node: NodeId| matches!(facts.arena.kind(node), NodeKind::Number(number) if facts.text(number) == "1");
    match facts.arena.kind(node) {
        NodeKind::Call { .. } if matches!(called_name(facts, node), Some("limit" | "take")) => {
            arguments(facts, node).len() == 1 && arguments(facts, node).all(is_one)
        }
        NodeKind::Entry { key, value } => matches!(facts.string(key), Some("limit" | "take")) && is_one(value),
        _ => false,
    }
}

/// The query reads many rows and nothing on its chain or in its arguments narrows it.
fn gives_all(facts: &FileFacts, nesting: &Nesting, query: &QueryEffect, many: bool, (first_filter, open): (usize, &[Name])) -> bool {
    let name = called_name(facts, query.site).unwrap_or_default();
    let known = many;
    // Builders of Piccolo and Tortoise run where they are awaited; elsewhere a `select` goes on.
    let runs_alone = matches!(name, "select" | "objects") && facts.language.family() == Family::Python;
    if !known && !has(&methods().gives_many, name) && !runs_alone {
        return false;
    }
    let top = nesting.chain_top(facts, query.site);
    let narrows = chain(facts, top).any(|link| {
        let name = called_name(facts, link).unwrap_or_default();
        has(&methods().narrows, name) && !is_looked_up(facts, link, query.site) && !hardly_narrows_by(facts, link)
            || known && link != query.site && narrows_by_name(name) && !hardly_narrows_by(facts, link)
            || name == "to_list" && arguments(facts, link).any(|size| is_number(facts, argument_value(facts, size)))
    });
    if narrows {
        return false;
    }
    let mut filtered = false;
    let mut sql = None;
    let links = chain(facts, query.site).filter(|&link| !hardly_narrows_by(facts, link));
    for argument in links.flat_map(|link| arguments(facts, link).collect::<Vec<_>>()) {
        // What is done with each row is no part of the query.
        if name.starts_with("query_") && matches!(facts.arena.kind(argument), NodeKind::Closure(_)) {
            continue;
        }
        walk_deep(facts, argument, |node| {
            match facts.arena.kind(node) {
                NodeKind::Entry { key, value } => {
                    let is_filter = facts.string(key).is_some_and(|key| matches!(key, "where" | "filter" | "distinct"));
                    // What it mentions is asked for by nobody, or leaves most rows in.
                    if is_filter && hardly_narrows(facts, value) {
                        return false;
                    }
                    filtered |= is_filter && !may_be_nothing(facts, nesting, value);
                    filtered |= facts.string(key).is_some_and(|key| matches!(key, "take" | "limit" | "first"));
                }
                NodeKind::Call { .. } => filtered |= called_name(facts, node).is_some_and(|name| has(&methods().narrows, name)),
                // A key or a name is no SQL.
                NodeKind::Str(text) if facts.text(text).contains(char::is_whitespace) => sql = sql.or(Some(facts.text(text))),
                NodeKind::Str(text) if known => filtered |= facts.text(text).to_ascii_lowercase().contains("count("),
                // A statement made elsewhere: whatever it says.
                NodeKind::Name(name) if open.contains(&name) => {}
                NodeKind::Name(_) => {
                    filtered |= matches!(name, "execute" | "scalars" | "exec" | "query" | "find" | "findMany" | "findAll")
                        && is_statement(facts, node)
                        && !may_be_nothing(facts, nesting, node)
                }
                _ => {}
            }
            true
        });
    }
    // `let mut statement = conn.prepare("…")?; statement.query_map(…)`
    if sql.is_none()
        && let NodeKind::Name(root) = facts.arena.kind(chain_root(facts, query.site))
    {
        for value in assigned(facts, nesting.owner(query.site), root) {
            walk_deep(facts, value, |node| {
                if let NodeKind::Str(text) = facts.arena.kind(node) {
                    sql = sql.or(Some(facts.text(text)).filter(|text| text.contains(char::is_whitespace)));
                }
                true
            });
        }
    }
    let sql_narrows = sql.is_some_and(|text| {
        let text = text.to_ascii_lowercase();
        ["where", "limit", "count(", "group by", "fetch first", "distinct"].iter().any(|word| text.contains(word))
    });
    // `collection.find(filter).toArray()`, `collection.find(filter).to_list(None)`
    let asks = chain(facts, query.site).filter(|&link| match called_name(facts, link) {
        Some("find") => known || link == query.site || name == "to_list",
        Some("find_many" | "aggregate") => name == "to_list",
        _ => false,
    });
    let takes_filter = asks.flat_map(|link| arguments(facts, link).nth(first_filter)).any(|first| match facts.arena.kind(first) {
        NodeKind::Collection { items, .. } => {
            facts.arena.list(items).len() > 0 && !only_presentation(facts, first) && !hardly_narrows(facts, first)
        }
        // `find(req.query)`: what the client does not ask for is not asked for.
        NodeKind::Member { object, name, .. } if facts.text(name) == "query" && facts.language.family() == Family::TypeScript => {
            !matches!(facts.arena.kind(object), NodeKind::Name(name) if matches!(facts.text(name), "req" | "request" | "ctx"))
        }
        // `doc! {}`
        NodeKind::Call { args, form: CallForm::Macro, .. } => facts.arena.list(args).len() > 0,
        NodeKind::Null | NodeKind::Closure(_) => false,
        NodeKind::Name(name) if facts.text(name) == "None" || open.contains(&name) => false,
        _ => !may_be_nothing(facts, nesting, first),
    });
    let needs_sql = !known && matches!(name, "query" | "execute" | "exec" | "fetch_all" | "fetchall" | "fetch");
    !filtered && !sql_narrows && !takes_filter && (!needs_sql || sql.is_some() || selects_in_place(facts, query.site))
}

/// An object as a filter that leaves most rows in, or all where the client asks for nothing: usual states (`{ active: true, deletedAt: null }`), conditions
/// that are there if they are asked for (`...(q && { title: q })`), and parts of a text (`{ title: { contains: q } }`).
fn hardly_narrows(facts: &FileFacts, filter: NodeId) -> bool {
    let filter = match facts.arena.kind(filter) {
        NodeKind::Cast { value, .. } => value,
        _ => filter,
    };
    let NodeKind::Collection { items, .. } = facts.arena.kind(filter) else { return false };
    let is_left_out = |node: NodeId| match facts.arena.kind(node) {
        NodeKind::Null => true,
        NodeKind::Name(name) => facts.text(name) == "undefined",
        NodeKind::Collection { items, .. } => facts.arena.list(items).len() == 0,
        _ => false,
    };
    let is_optional = |value: NodeId| match facts.arena.kind(value) {
        NodeKind::Binary { op: BinaryOp::And, .. } => true,
        NodeKind::If { then, otherwise: Some(otherwise), .. } => is_left_out(then) || is_left_out(otherwise),
        _ => false,
    };
    let is_part_of_text = |value: NodeId| match facts.arena.kind(value) {
        NodeKind::Collection { items, .. } => {
            facts.arena.list(items).len() > 0
                && facts.arena.list(items).all(|item| match facts.arena.kind(item) {
                    NodeKind::Entry { key, .. } => match facts.string(key) {
                        Some(key) => matches!(key, "contains" | "startsWith" | "mode" | "$regex" | "$options"),
                        None => last_name(facts, key).is_some_and(|name| matches!(facts.text(name), "like" | "iLike")),
                    },
                    _ => false,
                })
        }
        NodeKind::Call { .. } => matches!(called_name(facts, value), Some("ILike" | "Like")),
        _ => false,
    };
    facts.language.family() == Family::TypeScript
        && facts.arena.list(items).len() > 0
        && facts.arena.list(items).all(|item| match facts.arena.kind(item) {
            NodeKind::Entry { key, value } => {
                is_usual(facts, facts.string(key).unwrap_or_default(), value) || is_optional(value) || is_part_of_text(value)
            }
            NodeKind::Spread { value, .. } => is_optional(value),
            _ => false,
        })
}

/// Most rows are so: active, published, not deleted. `open: true` is another matter.
fn is_usual(facts: &FileFacts, name: &str, value: NodeId) -> bool {
    const ON: &[&str] = &["active", "enabled", "published", "visible", "available", "public", "shown", "approved", "live"];
    const OFF: &[&str] = &["deleted", "delete", "archived", "hidden", "disabled", "removed", "banned", "blocked", "draft"];
    match facts.arena.kind(value) {
        NodeKind::Bool(true) => has_word(name, ON),
        NodeKind::Bool(false) | NodeKind::Null => has_word(name, OFF),
        _ => false,
    }
}

/// The same of a link of a builder: `.where(eq(kites.hidden, false))`, `.where("active", true)`, `.whereNull("deleted_at")`.
fn hardly_narrows_by(facts: &FileFacts, link: NodeId) -> bool {
    if facts.language.family() != Family::TypeScript || !matches!(facts.arena.kind(link), NodeKind::Call { .. }) {
        return false;
    }
    let given: Vec<NodeId> = arguments(facts, link).collect();
    match (called_name(facts, link), &given[..]) {
        (Some("whereNull"), [column]) => facts.string(*column).is_some_and(is_of_deletion),
        (Some("where" | "andWhere"), [condition]) => is_switch(facts, *condition, 0),
        (Some("where" | "andWhere"), [column, .., value]) => {
            facts.string(*column).is_some_and(|name| is_usual(facts, name.rsplit('.').next().unwrap_or(name), *value))
        }
        _ => false,
    }
}

fn is_of_deletion(name: &str) -> bool {
    has_word(name.rsplit('.').next().unwrap_or(name), &["deleted", "archived", "removed", "disabled"])
}

/// `eq(kites.hidden, false)`, `isNull(kites.deletedAt)`, and several of them.
fn is_switch(facts: &FileFacts, condition: NodeId, depth: u8) -> bool {
    let given: Vec<NodeId> = arguments(facts, condition).collect();
    let name = |node: NodeId| last_name(facts, node).map(|name| facts.text(name)).unwrap_or_default();
    match (called_name(facts, condition), &given[..]) {
        (Some("isNull"), [column]) => is_of_deletion(name(*column)),
        (Some("eq"), [column, value]) => is_usual(facts, name(*column), *value),
        (Some("and"), all) if depth < 4 => !all.is_empty() && all.iter().all(|&inner| is_switch(facts, inner, depth + 1)),
        (None, _) => hardly_narrows(facts, condition),
        _ => false,
    }
}

/// A filter that is none unless the client asks for one: `const condition = title ? { title } : null`.
fn may_be_nothing(facts: &FileFacts, nesting: &Nesting, filter: NodeId) -> bool {
    let value = match facts.arena.kind(filter) {
        NodeKind::Name(name) => match assigned(facts, nesting.owner(filter), name)[..] {
            [value] => value,
            _ => return false,
        },
        _ => filter,
    };
    let is_nothing = |node: NodeId| match facts.arena.kind(node) {
        NodeKind::Null => true,
        NodeKind::Name(name) => facts.text(name) == "undefined",
        NodeKind::Collection { items, .. } => facts.arena.list(items).len() == 0,
        _ => false,
    };
    if let NodeKind::Name(name) = facts.arena.kind(filter)
        && value != filter
        && is_nothing(value)
    {
        return is_filled_if_asked(facts, nesting, filter, name);
    }
    match facts.arena.kind(value) {
        NodeKind::If { then, otherwise: Some(otherwise), .. } => is_nothing(then) || is_nothing(otherwise),
        _ => false,
    }
}

/// `const where = {}; if (search) where.name = search;`: whatever fills it stands under a condition, and it is handed to nobody who might.
fn is_filled_if_asked(facts: &FileFacts, nesting: &Nesting, filter: NodeId, name: Name) -> bool {
    let Some(body) = facts.def(nesting.owner(filter)).body else { return false };
    let is_it = |node: NodeId| facts.arena.kind(chain_root(facts, node)) == NodeKind::Name(name);
    let mut surely = false;
    walk_deep(facts, body, |node| {
        surely |= match facts.arena.kind(node) {
            NodeKind::Assign { target, .. } if is_it(target) => {
                !nesting.around(node).any(|at| matches!(facts.arena.kind(at), NodeKind::If { .. }))
            }
            NodeKind::Call { callee, .. } => {
                is_it(callee) && matches!(facts.arena.kind(callee), NodeKind::Member { .. }) || {
                    let mut given = arguments(facts, node).map(|argument| argument_value(facts, argument));
                    given.any(|given| facts.arena.kind(given) == NodeKind::Name(name)) && !reads_by_name(facts, node)
                }
            }
            _ => false,
        };
        !surely
    });
    !surely
}

/// A query or a count that is given the filter does not fill it.
fn reads_by_name(facts: &FileFacts, call: NodeId) -> bool {
    called_name(facts, call)
        .is_some_and(|name| ["find", "count", "log", "debug", "aggregate", "estimated"].iter().any(|verb| name.starts_with(verb)))
}

/// `context.get("db").order.findMany()`: what the query is asked of is looked up by a name.
fn is_looked_up(facts: &FileFacts, link: NodeId, site: NodeId) -> bool {
    let mut given = arguments(facts, link);
    called_name(facts, link) == Some("get")
        && chain(facts, site).skip(1).any(|inner| inner == link)
        && given.next().is_some_and(|name| matches!(facts.arena.kind(name), NodeKind::Str(_)))
        && given.next().is_none()
}

/// A link of a query builder that leaves rows out or makes them one: `whereNull`, `findById`, `executeTakeFirst`.
fn narrows_by_name(name: &str) -> bool {
    ["where", "find", "execute_take", "first", "count", "min", "max", "sum", "avg", "match"]
        .iter()
        .any(|verb| words(name).join("_").starts_with(verb))
        && name != "find"
}

/// A builder is kept in a local that is narrowed or handed on before it runs: `const q = db("users"); q.where(…); await q`. Rows of which the
/// first is taken (`const [user] = await …`) are one.
fn is_narrowed_later(facts: &FileFacts, nesting: &Nesting, site: NodeId) -> bool {
    let top = nesting.chain_top(facts, site);
    let mut at = nesting.parent(top);
    while let Some(node) = at.filter(|&node| matches!(facts.arena.kind(node), NodeKind::Await(_) | NodeKind::Cast { .. })) {
        at = nesting.parent(node);
    }
    let Some((NodeKind::Declare { target, .. } | NodeKind::Assign { target, .. }, declared)) =
        at.map(|node| (facts.arena.kind(node), node))
    else {
        return false;
    };
    match facts.arena.kind(target) {
        NodeKind::Collection { .. } => true,
        NodeKind::Name(name) if nesting.parent(top) == Some(declared) => {
            let Some(body) = facts.def(nesting.owner(declared)).body else { return true };
            let mut narrowed = false;
            walk_deep(facts, body, |node| {
                if let NodeKind::Call { callee, .. } = facts.arena.kind(node) {
                    let is_on_it = facts.arena.kind(chain_root(facts, callee)) == NodeKind::Name(name);
                    let is_given =
                        arguments(facts, node).any(|given| facts.arena.kind(argument_value(facts, given)) == NodeKind::Name(name));
                    let own = called_name(facts, node).unwrap_or_default();
                    narrowed |= is_on_it && (has(&methods().narrows, own) || narrows_by_name(own)) || is_given && !answers(facts, node);
                }
                !narrowed
            });
            narrowed
        }
        _ => false,
    }
}

fn is_number(facts: &FileFacts, node: NodeId) -> bool {
    matches!(facts.arena.kind(node), NodeKind::Number(_))
}

/// `find({ order: …, relations: … })` filters nothing; nor does `find({ where: { active: true } })`, as good as.
fn only_presentation(facts: &FileFacts, object: NodeId) -> bool {
    let NodeKind::Collection { items, .. } = facts.arena.kind(object) else { return false };
    facts.arena.list(items).all(|item| {
        let NodeKind::Entry { key, value } = facts.arena.kind(item) else { return false };
        match facts.string(key) {
            Some("order" | "relations" | "select" | "sort" | "include" | "orderBy" | "attributes") => true,
            Some("where") => hardly_narrows(facts, value),
            _ => false,
        }
    })
}

/// A local that holds a statement or options.
fn is_statement(facts: &FileFacts, node: NodeId) -> bool {
    let NodeKind::Name(name) = facts.arena.kind(node) else { return false };
    owner_of(facts, node).is_some_and(|owner| {
        let def = facts.def(owner);
        def.params.iter().any(|param| param.name == Some(name))
            || def.body.is_some_and(|body| {
                let mut bound = false;
                facts.arena.walk(body, |at| match facts.arena.kind(at) {
                    NodeKind::Declare { target, .. } | NodeKind::Assign { target, .. } => {
                        bound |= facts.arena.kind(target) == NodeKind::Name(name)
                    }
                    _ => {}
                });
                bound
            })
    })
}

/// `execute(select(User))`.
fn selects_in_place(facts: &FileFacts, call: NodeId) -> bool {
    arguments(facts, call).any(|argument| chain(facts, argument).any(|link| called_name(facts, link) == Some("select")))
}

/// `Model.findAll().then((rows) => { res.send(rows) })`, `db.query(sql, (error, rows) => { res.send(rows) })`
fn is_answered_then(facts: &FileFacts, nesting: &Nesting, top: NodeId, site: NodeId) -> bool {
    let answered = |function: Option<NodeId>, skipped: usize| {
        let Some(NodeKind::Closure(def)) = function.map(|function| facts.arena.kind(function)) else { return false };
        let def = facts.def(def);
        let names: Vec<Name> = def.params.iter().skip(skipped).flat_map(|param| parameter_names(facts, param)).collect();
        def.body.is_some_and(|body| is_used_in_answer(facts, nesting, body, &names, 0, 0))
    };
    let mut then = chain(facts, top).filter(|&link| called_name(facts, link) == Some("then"));
    then.any(|link| answered(arguments(facts, link).next(), 0)) || answered(arguments(facts, site).last(), 1)
}

/// One of the names, or what is made of it, stands in the answer, after a place in the text.
fn is_used_in_answer(facts: &FileFacts, nesting: &Nesting, body: NodeId, names: &[Name], after: u32, depth: u8) -> bool {
    let mut answered = false;
    walk_deep(facts, body, |node| {
        match facts.arena.kind(node) {
            NodeKind::Name(name) if names.contains(&name) && facts.arena.span(node).start > after => {
                answered |= leaves(facts, nesting, node);
            }
            // `const shown = rows.map((row) => …)`
            NodeKind::Declare { target, value: Some(value), .. } if depth == 0 && facts.arena.span(node).start > after => {
                let mapped = chain(facts, value).any(|link| called_name(facts, link) == Some("map"));
                let is_made_of_it = matches!(facts.arena.kind(chain_root(facts, value)), NodeKind::Name(name) if names.contains(&name));
                if mapped && is_made_of_it || holds_rows(facts, value, names) {
                    let made = super::loops::bound_names(facts, target);
                    answered |= is_used_in_answer(facts, nesting, body, &made, facts.arena.span(node).end, 1);
                }
            }
            // `match rows { Ok(rows) => Json(rows), … }`
            NodeKind::Match { subject, arms } if depth == 0 && facts.arena.span(node).start > after => {
                let of_rows = matches!(facts.arena.kind(subject), NodeKind::Name(name) if names.contains(&name));
                answered |= of_rows && is_matched_in_answer(facts, nesting, arms, 1);
            }
            // `for row in rows { shown.push(…) }`
            NodeKind::Loop { source: Some(source), body: each, .. } if depth == 0 && facts.arena.span(node).start > after => {
                let of_rows = matches!(facts.arena.kind(chain_root(facts, source)), NodeKind::Name(name) if names.contains(&name));
                let made = if of_rows { gathered(facts, each) } else { Vec::new() };
                answered |= !made.is_empty() && is_used_in_answer(facts, nesting, body, &made, facts.arena.span(node).end, 1);
            }
            _ => {}
        }
        !answered
    });
    answered
}

/// What an arm binds, but for the error, stands in the answer.
fn is_matched_in_answer(facts: &FileFacts, nesting: &Nesting, arms: List, depth: u8) -> bool {
    facts.arena.list(arms).any(|arm| {
        let NodeKind::Arm { pattern, body, .. } = facts.arena.kind(arm) else { return false };
        let names = super::loops::bound_names(facts, pattern);
        called_name(facts, pattern) != Some("Err") && is_used_in_answer(facts, nesting, body, &names, 0, depth)
    })
}

/// Lists to which each round of a loop adds something.
fn gathered(facts: &FileFacts, each: NodeId) -> Vec<Name> {
    let NodeKind::Block { items, .. } = facts.arena.kind(each) else { return Vec::new() };
    let adds = facts.arena.list(items).filter_map(|statement| {
        let NodeKind::Call { callee, .. } = facts.arena.kind(statement) else { return None };
        match facts.arena.kind(callee) {
            NodeKind::Member { object, name, .. } if matches!(facts.text(name), "push" | "append" | "insert" | "add") => {
                match facts.arena.kind(object) {
                    NodeKind::Name(list) => Some(list),
                    _ => None,
                }
            }
            _ => None,
        }
    });
    adds.collect()
}

/// `{ data: rows, ok: true }`
fn holds_rows(facts: &FileFacts, object: NodeId, names: &[Name]) -> bool {
    let NodeKind::Collection { items, .. } = facts.arena.kind(object) else { return false };
    facts.arena.list(items).any(|item| match facts.arena.kind(item) {
        NodeKind::Entry { value, .. } => matches!(facts.arena.kind(value), NodeKind::Name(name) if names.contains(&name)),
        _ => false,
    })
}

/// The rows leave the function: returned, answered with, or kept in a variable that is.
pub(super) fn is_answered(facts: &FileFacts, nesting: &Nesting, site: NodeId) -> bool {
    let mut at = nesting.chain_top(facts, site);
    if is_answered_then(facts, nesting, at, site) {
        return true;
    }
    for _ in 0..64 {
        let Some(parent) = nesting.parent(at) else {
            let owner = nesting.owner(at);
            return matches!(facts.def(owner).kind, DefKind::Function | DefKind::Method) && is_value(facts, at);
        };
        match facts.arena.kind(parent) {
            NodeKind::Return(_) => return true,
            // `ctx.body = await db("users")`
            NodeKind::Assign { target, .. } if is_body(facts, target) => return true,
            NodeKind::Declare { target, .. } | NodeKind::Assign { target, .. } => {
                let names = super::loops::bound_names(facts, target);
                let owner = nesting.owner(parent);
                let Some(body) = facts.def(owner).body else { return false };
                return is_used_in_answer(facts, nesting, body, &names, facts.arena.span(parent).end, 0);
            }
            // `match rows().await { Ok(rows) => Json(rows), … }`
            NodeKind::Match { subject, arms } if subject == at => {
                return is_matched_in_answer(facts, nesting, arms, 0);
            }
            // `for row in rows(): shown.append(…)`
            NodeKind::Loop { source: Some(source), body: each, .. } if source == at && !is_value(facts, parent) => {
                let made = gathered(facts, each);
                let owner = nesting.owner(parent);
                let Some(body) = facts.def(owner).body.filter(|_| !made.is_empty()) else { return false };
                return is_used_in_answer(facts, nesting, body, &made, facts.arena.span(parent).end, 1);
            }
            NodeKind::Loop { .. } | NodeKind::If { .. } if !is_value(facts, parent) => return false,
            NodeKind::Call { .. } => {
                return answers(facts, parent)
                    || matches!(facts.arena.kind(nesting.chain_top(facts, parent)), NodeKind::Call { .. })
                        && leaves(facts, nesting, parent);
            }
            NodeKind::Block { value: true, .. }
            | NodeKind::Await(_)
            | NodeKind::Propagate(_)
            | NodeKind::Collection { .. }
            | NodeKind::Entry { .. } => at = parent,
            NodeKind::Argument { .. } | NodeKind::Member { .. } | NodeKind::Cast { .. } | NodeKind::Loop { .. } | NodeKind::If { .. } => {
                at = parent
            }
            _ => return false,
        }
    }
    false
}

fn is_value(facts: &FileFacts, node: NodeId) -> bool {
    matches!(
        facts.arena.kind(node),
        NodeKind::Block { value: true, .. } | NodeKind::Loop { kind: crate::model::body::LoopKind::Comprehension, .. }
    )
}

/// `res.json(rows)`, `jsonify(rows)`, `Response(rows)`.
fn answers(facts: &FileFacts, call: NodeId) -> bool {
    called_name(facts, call).is_some_and(|name| {
        matches!(
            name,
            "json"
                | "send"
                | "jsonify"
                | "JSONResponse"
                | "JsonResponse"
                | "Response"
                | "Json"
                | "Success"
                | "SuccessExtra"
                | "render"
                | "render_template"
                | "json_response"
                | "write"
                | "finish"
                | "dump"
                | "Ok"
        )
    })
}

/// The use stands in a `return` or in what answers a request.
fn leaves(facts: &FileFacts, nesting: &Nesting, node: NodeId) -> bool {
    let is_counted = nesting.parent(node).is_some_and(|parent| {
        matches!(facts.arena.kind(parent), NodeKind::Member { object, name, .. } if object == node && facts.text(name) == "length")
    });
    !is_counted
        && nesting.around(node).any(|at| match facts.arena.kind(at) {
            NodeKind::Return(_) => true,
            NodeKind::Call { .. } => answers(facts, at),
            NodeKind::Assign { target, .. } => is_body(facts, target),
            _ => false,
        })
}

/// `ctx.body`
fn is_body(facts: &FileFacts, target: NodeId) -> bool {
    matches!(facts.arena.kind(target), NodeKind::Member { name, .. } if facts.text(name) == "body")
}
