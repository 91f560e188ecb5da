//! Where unseen body data goes: into a query, a model, a row, or a function that writes.

use rustc_hash::FxHashMap;

use super::input::{Input, first_use, is_whole};
use super::sources::{is_checked_below, is_made_of};
use crate::check::Context;
use crate::check::handlers::Handler;
use crate::check::query_methods::{has, methods};
use crate::check::sensitive::carriers;
use crate::check::spelling::spelled_callee;
use crate::model::body::{AssignOp, CallForm, NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts, Name};
use crate::model::knowledge::{Access, ApiFact};
use crate::model::nesting::{arguments, called_name, chain, chain_root, spell, walk_deep};
use crate::model::program::{CallKind, Program, Resolution, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::model::summary::QueryEffect;
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// A use of what nobody has looked at.
pub(super) struct Use {
    pub(super) node: NodeId,
    pub(super) text: String,
    /// It becomes part of a row, as it came. What only finds rows, or is handed on alone, may be looked at elsewhere, and does less.
    pub(super) is_kept: bool,
}

/// Where unseen data goes into a query, a model, or a function that writes.
pub(super) fn uses(context: &Context, handler: &Handler, input: &Input) -> Vec<Use> {
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
    let writes = writes(context, handler);
    let Some(body) = facts.def(handler.function.def).body else { return found };
    let saved = saved_objects(facts, body);
    walk_deep(facts, body, |node| {
        match facts.arena.kind(node) {
            // `req.user.name = req.body.name`, `user[key] = value`, then `await req.user.save()`: a row that nothing tells the model of.
            NodeKind::Assign { target, value, op: AssignOp::Set }
                if !writes && !input.of_query && is_part_of_saved(facts, target, &saved) && input.is_in(facts, value) =>
            {
                found.push(Use { node: value, text: "is kept in a row that is saved".to_string(), is_kept: false });
            }
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

/// TypeScript: what `save()` is called on, as it is spelled.
fn saved_objects(facts: &FileFacts, body: NodeId) -> Vec<String> {
    let mut saved = Vec::new();
    if facts.language.family() == Family::TypeScript && facts.names.may_hold("save") {
        walk_deep(facts, body, |node| {
            if let NodeKind::Call { callee, .. } = facts.arena.kind(node)
                && let NodeKind::Member { object, name, .. } = facts.arena.kind(callee)
                && facts.text(name) == "save"
            {
                saved.push(spell(facts, object));
            }
            true
        });
    }
    saved
}

/// A field of an object that is saved: `user.name`, `user[key]`.
fn is_part_of_saved(facts: &FileFacts, target: NodeId, saved: &[String]) -> bool {
    match facts.arena.kind(target) {
        NodeKind::Member { object, .. } | NodeKind::Index { object, .. } => !saved.is_empty() && saved.contains(&spell(facts, object)),
        _ => false,
    }
}

/// The handler writes, itself or through what it calls.
fn writes(context: &Context, handler: &Handler) -> bool {
    handler.code.iter().any(|&part| {
        context
            .summaries
            .of(part)
            .is_some_and(|summary| !summary.writes.is_empty() || summary.reaches.iter().any(|reach| reach.access == Access::Write))
    })
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
    let is_typescript = facts.language.family() == Family::TypeScript;
    if is_typescript && !input.of_query && !is_id(facts, node) && leads_to(&|_| true) {
        return Some(Use { node, text: format!("is given to `{spelled}`, which queries the database"), is_kept: false });
    }
    if is_typescript && !input.of_query && asks_service(program, file, call) {
        return Some(Use { node, text: format!("is given to `{spelled}`, another service's"), is_kept: false });
    }
    // `import_rows.delay(**request.data)`: what runs later trusts what it is given.
    starts_job(program, file, call).then(|| Use { node, text: format!("is given to `{spelled}`, a job"), is_kept: false })
}

/// A method of a library's client that is waited for: `await redis.set(key, token)`, `await photos.track({ url })`. What it only looks up by its key,
/// it finds or not.
fn asks_service(program: &Program, file: FileId, call: NodeId) -> bool {
    let facts = program.file(file);
    let is_waited = program.nesting(file).parent(call).is_some_and(|parent| matches!(facts.arena.kind(parent), NodeKind::Await(_)));
    let looks_up = matches!(called_name(facts, call), Some("get" | "exists" | "has" | "del" | "delete" | "find"));
    let of_client = || {
        let api = program.called_api(file, call)?;
        let (client, _) = api.path.rsplit_once('.')?;
        let harmless = |fact: &ApiFact| matches!(fact, ApiFact::Query(_) | ApiFact::Validator | ApiFact::Source(_));
        (client.contains("()") && !program.facts_of(api).any(|(fact, _)| harmless(fact))).then_some(())
    };
    is_waited && !looks_up && of_client().is_some()
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
        && writes(context, handler)
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
