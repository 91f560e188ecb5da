//! Whether anything on a query's chain, in its arguments or around it leaves rows out.

use super::filters::{hardly_narrows, hardly_narrows_by, may_be_nothing, only_presentation};
use crate::check::answered::answers;
use crate::check::loading::owner_of;
use crate::check::query_methods::{has, methods};
use crate::check::sensitive::assigned;
use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::facts::{FileFacts, Name};
use crate::model::nesting::{Nesting, argument_value, arguments, called_name, chain, chain_root, walk_deep};
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::Family;
use crate::model::summary::QueryEffect;
use crate::model::words::words;
use crate::rulebook::vocabulary::api_names;

/// The query is kept in a local first, and something narrows it there: `q = q.filter(…)`, or a function of the project that may.
pub(super) fn is_narrowed_before(program: &Program, function: GlobalDef, site: NodeId) -> bool {
    let facts = program.file(function.file);
    let NodeKind::Name(name) = facts.arena.kind(chain_root(facts, site)) else { return false };
    let of_driver = |value: NodeId| {
        facts.language.family() == Family::Python && chain(facts, value).any(|link| called_name(facts, link) == Some("cursor"))
    };
    assigned(facts, function.def, name).into_iter().filter(|&value| !of_driver(value)).any(|value| {
        chain(facts, value).any(|link| match facts.arena.kind(link) {
            NodeKind::Call { callee, .. } => {
                let name = called_name(facts, link).unwrap_or_default();
                has(&methods().narrows, name)
                    // `const one = User.findOne({ id }); one.exec(answer)`
                    || api_names().orm.starts_at_one.has(name)
                    || matches!(program.value(function.file, callee), Value::Def(_) | Value::Method { .. })
            }
            _ => false,
        })
    })
}

/// The query reads many rows and nothing on its chain or in its arguments narrows it.
pub(super) fn gives_all(
    facts: &FileFacts,
    nesting: &Nesting,
    query: &QueryEffect,
    many: bool,
    (first_filter, open): (usize, &[Name]),
) -> bool {
    let name = called_name(facts, query.site).unwrap_or_default();
    // Builders of Piccolo and Tortoise run where they are awaited; elsewhere a `select` goes on.
    let runs_alone = matches!(name, "select" | "objects") && facts.language.family() == Family::Python;
    if !many && !has(&methods().gives_many, name) && !runs_alone || is_narrowed_by_link(facts, nesting, query.site, many) {
        return false;
    }
    let Given { filtered, sql } = given(facts, nesting, query.site, many, open);
    if filtered || takes_filter(facts, nesting, query.site, many, (first_filter, open)) {
        return false;
    }
    let sql = sql.or_else(|| prepared(facts, nesting, query.site));
    // Of `Order.find().populate("items").exec()` the beginning says what is asked for.
    let is_found = || name == "exec" && chain(facts, query.site).any(|link| called_name(facts, link) == Some("find"));
    let needs_sql = !many && api_names().statements.sql.has(name) && !is_found();
    !sql.is_some_and(sql_narrows) && (!needs_sql || sql.is_some() || selects_in_place(facts, query.site))
}

/// A link of the chain leaves rows out.
fn is_narrowed_by_link(facts: &FileFacts, nesting: &Nesting, site: NodeId, many: bool) -> bool {
    chain(facts, nesting.chain_top(facts, site)).any(|link| {
        let name = called_name(facts, link).unwrap_or_default();
        has(&methods().narrows, name) && !is_looked_up(facts, link, site) && !hardly_narrows_by(facts, link)
            || many && link != site && narrows_by_name(name) && !hardly_narrows_by(facts, link)
            // `Order.findById(id).populate("items").exec()`
            || link != site && api_names().orm.starts_at_one.has(name)
            || name == "to_list" && arguments(facts, link).any(|size| is_number(facts, argument_value(facts, size)))
    })
}

/// What the arguments of a query say.
struct Given<'a> {
    /// They leave rows out.
    filtered: bool,
    /// The first text that may be SQL.
    sql: Option<&'a str>,
}

fn given<'a>(facts: &'a FileFacts, nesting: &Nesting, site: NodeId, many: bool, open: &[Name]) -> Given<'a> {
    let name = called_name(facts, site).unwrap_or_default();
    let mut filtered = false;
    let mut sql = None;
    let links = chain(facts, site).filter(|&link| !hardly_narrows_by(facts, link));
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
                    // One row for each kind: `{ attributes: ["kind", [fn("COUNT", col("id")), "n"]], group: ["kind"] }`.
                    filtered |= facts.string(key).is_some_and(|key| api_names().orm.groups_by.has(key));
                }
                NodeKind::Call { .. } => {
                    filtered |= called_name(facts, node).is_some_and(|name| has(&methods().narrows, name)) || aggregates(facts, node)
                }
                // A key or a name is no SQL.
                NodeKind::Str(text) if facts.text(text).contains(char::is_whitespace) => sql = sql.or(Some(facts.text(text))),
                NodeKind::Str(text) if many => filtered |= facts.text(text).to_ascii_lowercase().contains("count("),
                // A statement made elsewhere: whatever it says.
                NodeKind::Name(name) if open.contains(&name) => {}
                NodeKind::Name(_) => {
                    filtered |= api_names().statements.given.has(name) && is_statement(facts, node) && !may_be_nothing(facts, nesting, node)
                }
                _ => {}
            }
            true
        });
    }
    Given { filtered, sql }
}

/// Sequelize: `fn("DISTINCT", col("kind"))`.
fn aggregates(facts: &FileFacts, call: NodeId) -> bool {
    let function = || arguments(facts, call).next().and_then(|first| facts.string(first));
    called_name(facts, call) == Some("fn") && function().is_some_and(|name| api_names().orm.aggregates.has(name.to_ascii_uppercase()))
}

/// `let mut statement = conn.prepare("…")?; statement.query_map(…)`
fn prepared<'a>(facts: &'a FileFacts, nesting: &Nesting, site: NodeId) -> Option<&'a str> {
    let NodeKind::Name(root) = facts.arena.kind(chain_root(facts, site)) else { return None };
    let mut sql = None;
    for value in assigned(facts, nesting.owner(site), root) {
        walk_deep(facts, value, |node| {
            if let NodeKind::Str(text) = facts.arena.kind(node) {
                sql = sql.or(Some(facts.text(text)).filter(|text| text.contains(char::is_whitespace)));
            }
            true
        });
    }
    sql
}

/// The statement leaves rows out or makes them one.
fn sql_narrows(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["where", "limit", "count(", "group by", "fetch first", "distinct"].iter().any(|word| text.contains(word))
}

/// `collection.find(filter).toArray()`, `collection.find(filter).to_list(None)`
fn takes_filter(facts: &FileFacts, nesting: &Nesting, site: NodeId, many: bool, (first_filter, open): (usize, &[Name])) -> bool {
    let name = called_name(facts, site).unwrap_or_default();
    let asks = chain(facts, site).filter(|&link| match called_name(facts, link) {
        Some("find") => many || link == site || matches!(name, "to_list" | "exec"),
        Some("find_many" | "aggregate") => name == "to_list",
        _ => false,
    });
    asks.flat_map(|link| arguments(facts, link).nth(first_filter)).any(|first| match facts.arena.kind(first) {
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
    })
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
    api_names().orm.narrows.starts(&words(name).join("_")) && name != "find"
}

/// A builder is kept in a local that is narrowed or handed on before it runs: `const q = db("users"); q.where(…); await q`. Rows of which the
/// first is taken (`const [user] = await …`) are one.
pub(super) fn is_narrowed_later(facts: &FileFacts, nesting: &Nesting, site: NodeId) -> bool {
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

/// `result = await session.execute(…)`, of which nothing but one value is ever taken: `result.scalar_one()`.
pub(super) fn gives_one(facts: &FileFacts, nesting: &Nesting, site: NodeId) -> bool {
    let top = nesting.chain_top(facts, site);
    // `queue.jobs.all()[0]`
    let takes_first = |link: NodeId| matches!(facts.arena.kind(link), NodeKind::Index { index, .. } if is_number(facts, index));
    if facts.language.family() == Family::Python && chain(facts, top).take_while(|&link| link != site).any(takes_first) {
        return true;
    }
    let mut at = nesting.parent(top);
    while let Some(node) = at.filter(|&node| matches!(facts.arena.kind(node), NodeKind::Await(_))) {
        at = nesting.parent(node);
    }
    let Some(declared) = at.filter(|_| facts.language.family() == Family::Python) else { return false };
    let (NodeKind::Declare { target, .. } | NodeKind::Assign { target, .. }) = facts.arena.kind(declared) else { return false };
    let NodeKind::Name(name) = facts.arena.kind(target) else { return false };
    let Some(body) = facts.def(nesting.owner(declared)).body else { return false };
    let (mut one, mut more) = (false, false);
    walk_deep(facts, body, |node| {
        if facts.arena.kind(node) == NodeKind::Name(name) && facts.arena.span(node).start > facts.arena.span(declared).end {
            let takes_one = nesting.parent(node).is_some_and(|member| match facts.arena.kind(member) {
                NodeKind::Member { name, .. } => api_names().orm.gives_one.has(facts.text(name)),
                _ => false,
            });
            one |= takes_one;
            more |= !takes_one;
        }
        true
    });
    one && !more
}

fn is_number(facts: &FileFacts, node: NodeId) -> bool {
    matches!(facts.arena.kind(node), NodeKind::Number(_))
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
