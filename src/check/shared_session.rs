//! `shared-session`: one session or connection that several tasks or requests use at the same time.
//!
//! Three shapes. Work that runs side by side (`gather`, `Promise.all`, tasks, threads) is given the same session, directly or inside an
//! object that holds it ([`held`](super::held_sessions)). Work that runs after the response is given the request's session. And a session
//! that a module or class holds is used by handlers. What is made to be shared (engines, pools, clients) has no such fact, and a
//! session that the work opens itself is its own.

use rustc_hash::FxHashSet;

use super::Context;
use super::handlers::handler_name;
use super::held_sessions::{Held, Key, Mention};
use super::passed::{Passed, by_place, passed};
use super::requests::{Requests, is_module_variable, named};
use super::spelling::{call_span, spelled_callee};
use crate::model::body::{AssignOp, BinaryOp, CollectionKind, LoopKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, Name, Param};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::{ApiFact, Concurrency, ResourceKind};
use crate::model::nesting::{Nesting, Nestings, arguments, called_name, spell, walk_deep};
use crate::model::program::{ApiId, CallEdge, CallKind, Program, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId, Span};

const RULE: &str = "shared-session";

/// What is said where no task waits between two uses of the session.
const IN_TURNS: &str = "; no task waits between two uses of it yet, one that does will mix them";

/// Most other places listed with one finding.
const MAX_PLACES: usize = 6;

/// Finds sessions in two hands.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let nestings = &*program.nestings;
    let held = Held::new(program, nestings);
    let mut findings = Vec::new();
    for file in context.in_files(RULE, (), with_branches) {
        findings.extend(concurrent(context, &held, file));
    }
    findings.extend(globals(context, nestings));
    findings
}

fn is_out(program: &Program, def: GlobalDef) -> bool {
    [Role::Test, Role::Migration, Role::Script, Role::Frontend].iter().any(|&role| program.is(def, role))
}

// ---------------------------------------------------------------------------------------------- side by side

/// One piece of work that runs beside others.
struct Branch {
    node: NodeId,
    /// The loop, comprehension or callback that starts it again and again.
    repeated: Option<NodeId>,
}

/// A call that runs work at the same time as other code.
struct Site {
    call: NodeId,
    runs: Concurrency,
    /// The function around it that is no closure, or the outermost closure.
    function: GlobalDef,
}

/// The file, if a call in it runs work at the same time as other code.
fn with_branches(context: &Context, (): &(), file: FileId) -> Vec<FileId> {
    let program = context.program;
    let branches = |call: NodeId| {
        let api = program.called_api(file, call);
        api.is_some_and(|api| program.facts_of(api).any(|(fact, _)| matches!(fact, ApiFact::Concurrent(_))))
    };
    let has = !is_out(program, GlobalDef { file, def: DefId::MODULE }) && program.file(file).arena.ids().any(branches);
    has.then_some(file).into_iter().collect()
}

fn concurrent(context: &Context, held: &Held, file: FileId) -> Vec<Finding> {
    let program = held.program;
    let facts = program.file(file);
    let mut sites: Vec<Site> = Vec::new();
    for call in facts.arena.ids() {
        let Some(api) = program.called_api(file, call) else { continue };
        let runs = program.facts_of(api).find_map(|(fact, _)| match fact {
            ApiFact::Concurrent(runs) => Some(*runs),
            _ => None,
        });
        if let Some(runs) = runs {
            let owner = held.nestings.of(file).owner(call);
            let function = held.outer(GlobalDef { file, def: owner });
            if function.def != DefId::MODULE && !is_out(program, function) {
                sites.push(Site { call, runs, function });
            }
        }
    }
    let mut findings = Vec::new();
    for site in &sites {
        findings.extend(match site.runs {
            Concurrency::Together => together(held, site),
            Concurrency::Task | Concurrency::Thread => started(held, site, &sites),
            Concurrency::AfterResponse => after_response(context, held, site),
        });
    }
    findings
}

/// `gather(f(session), g(session))`: two branches with one session, or one that is started for each item.
fn together(held: &Held, site: &Site) -> Option<Finding> {
    let facts = held.program.file(site.function.file);
    let branches = branches(held, site);
    let mut first: Vec<(Mention, NodeId)> = Vec::new();
    for branch in &branches {
        for mention in held.mentions(site.function, branch.node) {
            if is_made_in(held, site.function, &mention.key, branch.repeated.unwrap_or(branch.node))
                || is_safe_to_share(held, site, branch.node, &mention)
            {
                continue;
            }
            if branch.repeated.is_some() {
                let text = "each of them uses it";
                return Some(shared(held, site, &mention, &[(mention.site, text)], many(facts, site)));
            }
            if let Some((other, _)) = first.iter().find(|(known, node)| known.key == mention.key && *node != branch.node) {
                let places = [(other.site, "one task uses it"), (mention.site, "another one, too")];
                let finding = shared(held, site, &mention, &places, many(facts, site));
                return Some(
                    match branches.iter().all(|branch| branch.repeated.is_none() && is_done_with_it_first(held, site, branch.node)) {
                        true => Finding { level: Level::Warning, message: format!("{}{IN_TURNS}", finding.message), ..finding },
                        false => finding,
                    },
                );
            }
            first.push((mention, branch.node));
        }
    }
    None
}

/// It gives each task a session of its own, or none of them waits while it uses it.
fn is_safe_to_share(held: &Held, site: &Site, branch: NodeId, mention: &Mention) -> bool {
    is_used_at_once(held, site, branch, mention) || held.is_of_context(mention)
}

/// Tasks of one loop that use a connection which answers at once, in a function that waits for nothing: no other task runs until it is done there.
fn is_used_at_once(held: &Held, site: &Site, branch: NodeId, mention: &Mention) -> bool {
    let program = held.program;
    let facts = program.file(site.function.file);
    let is_async = |function: GlobalDef| program.def(function).flags.has(DefFlags::ASYNC);
    let mut leaves_loop = false;
    walk_deep(facts, branch, |node| {
        leaves_loop |= matches!(called_name(facts, node), Some("to_thread" | "run_in_executor" | "run_sync"));
        true
    });
    let user = held.user(mention);
    let own = program.file(user.file);
    own.imports.iter().any(|import| own.text(import.specifier) == "sqlite3")
        && matches!(mention.kind, ResourceKind::LocalConnection | ResourceKind::Connection)
        && facts.language.family() == Family::Python
        && matches!(site.runs, Concurrency::Together | Concurrency::Task)
        && !leaves_loop
        && !is_async(user)
}

/// The branch waits for nothing before it has used its session for the last time: on one loop the others find it as they would alone.
fn is_done_with_it_first(held: &Held, site: &Site, branch: NodeId) -> bool {
    let program = held.program;
    let owner = GlobalDef { file: site.function.file, def: held.nestings.of(site.function.file).owner(branch) };
    let mut called = program.calls_at(owner, branch).iter().filter(|edge| edge.kind == CallKind::Call).map(|edge| edge.callee);
    let (Some(callee), None) = (called.next(), called.next()) else { return false };
    let facts = program.file(callee.file);
    let Some(body) = facts.def(callee.def).body.filter(|_| facts.language.family() == Family::Python) else { return false };
    let mut waits: Vec<Span> = Vec::new();
    let mut rounds: Vec<Span> = Vec::new();
    walk_deep(facts, body, |node| {
        match facts.arena.kind(node) {
            NodeKind::Await(_) => waits.push(facts.arena.span(node)),
            NodeKind::Loop { .. } => rounds.push(facts.arena.span(node)),
            _ => {}
        }
        true
    });
    let last = held.mentions(callee, body).iter().map(|mention| facts.arena.span(mention.site)).max_by_key(|span| span.end);
    let Some(last) = last else { return false };
    waits.iter().all(|wait| wait.start > last.end && !rounds.iter().any(|round| round.contains(*wait) && round.contains(last)))
}

fn many(facts: &FileFacts, site: &Site) -> String {
    format!("several tasks that `{}` runs at the same time", spelled_callee(facts, site.call))
}

/// What the call is given, taken apart: lists, comprehensions, callbacks per item, and lists that were filled before.
fn branches(held: &Held, site: &Site) -> Vec<Branch> {
    let facts = held.program.file(site.function.file);
    let mut found = Vec::new();
    for argument in arguments(facts, site.call) {
        if !matches!(facts.arena.kind(argument), NodeKind::Argument { .. }) {
            split(held, site.function, argument, None, 0, &mut found);
        }
    }
    found
}

fn split(held: &Held, function: GlobalDef, node: NodeId, repeated: Option<NodeId>, depth: u8, out: &mut Vec<Branch>) {
    let facts = held.program.file(function.file);
    if depth > 4 || out.len() > 256 {
        return;
    }
    match facts.arena.kind(node) {
        NodeKind::Spread { value, .. } | NodeKind::Await(value) | NodeKind::Cast { value, .. } => {
            split(held, function, value, repeated, depth + 1, out);
        }
        NodeKind::Collection { kind, items } if kind != CollectionKind::Dict => {
            facts.arena.list(items).for_each(|item| split(held, function, item, repeated, depth + 1, out));
        }
        NodeKind::Loop { kind: LoopKind::Comprehension, body, .. } => out.push(Branch { node: body, repeated: Some(node) }),
        NodeKind::Call { callee, args, .. } => {
            let per_item =
                matches!(called_name(facts, node), Some("map" | "flatMap")) && matches!(facts.arena.kind(callee), NodeKind::Member { .. });
            let callback = facts.arena.list(args).next().filter(|_| per_item);
            match callback {
                Some(callback) => out.push(Branch { node: callback, repeated: Some(node) }),
                None => out.push(Branch { node, repeated }),
            }
        }
        NodeKind::Name(name) => {
            let Some(body) = held.program.def(function).body else { return };
            let mut values = Vec::new();
            walk_deep(facts, body, |inner| {
                match facts.arena.kind(inner) {
                    NodeKind::Declare { target, value: Some(value), .. } | NodeKind::Assign { target, value, op: AssignOp::Set }
                        if facts.arena.kind(target) == NodeKind::Name(name) =>
                    {
                        values.push((value, None));
                    }
                    // `tasks.append(work(session))`
                    NodeKind::Call { callee, args, .. } => {
                        if let NodeKind::Member { object, name: method, .. } = facts.arena.kind(callee)
                            && facts.arena.kind(object) == NodeKind::Name(name)
                            && matches!(facts.text(method), "append" | "push" | "add")
                        {
                            let around = held.loop_around(function.file, inner);
                            let around = around.filter(|&around| !is_for_one_item(held, function, inner, around));
                            values.extend(facts.arena.list(args).map(|value| (value, around)));
                        }
                    }
                    _ => {}
                }
                true
            });
            for (value, around) in values.into_iter().take(32) {
                split(held, function, value, around.or(repeated), depth + 1, out);
            }
        }
        _ => out.push(Branch { node, repeated }),
    }
}

/// `for channel in channels: if channel == MAIL: tasks.append(send(session))`: of the items of the loop, it is done for one.
fn is_for_one_item(held: &Held, function: GlobalDef, node: NodeId, around: NodeId) -> bool {
    let facts = held.program.file(function.file);
    let nesting = held.nestings.of(function.file);
    let NodeKind::Loop { target: Some(target), .. } = facts.arena.kind(around) else { return false };
    let NodeKind::Name(item) = facts.arena.kind(target) else { return false };
    let chain: Vec<NodeId> = nesting.around(node).take_while(|&outer| outer != around).collect();
    chain.windows(2).any(|pair| match facts.arena.kind(pair[1]) {
        NodeKind::If { condition, then, .. } if then == pair[0] => match facts.arena.kind(condition) {
            NodeKind::Binary { op: BinaryOp::Equal, left, right } => {
                facts.arena.kind(left) == NodeKind::Name(item) || facts.arena.kind(right) == NodeKind::Name(item)
            }
            _ => false,
        },
        _ => false,
    })
}

/// `tg.create_task(f(session))` twice or in a loop; or once, when nobody waits for it and the session ends with the request.
fn started(held: &Held, site: &Site, all: &[Site]) -> Option<Finding> {
    let (program, file) = (held.program, site.function.file);
    let facts = program.file(file);
    let what = if site.runs == Concurrency::Thread { "threads" } else { "tasks" };
    // `Thread(target=f, args=(session,))` starts later; the call that makes it is what is seen here.
    for mention in arguments(facts, site.call).flat_map(|argument| held.mentions(site.function, argument)) {
        if is_made_in(held, site.function, &mention.key, site.call) || is_safe_to_share(held, site, site.call, &mention) {
            continue;
        }
        if let Some(around) = held.loop_around(file, site.call)
            && !is_made_in(held, site.function, &mention.key, around)
        {
            let text = "each of them uses it";
            return Some(shared(held, site, &mention, &[(mention.site, text)], format!("several {what} that the loop starts")));
        }
        let earlier = all.iter().filter(|other| other.function == site.function && other.runs == site.runs && other.call < site.call);
        for other in earlier {
            let same = arguments(facts, other.call)
                .flat_map(|argument| held.mentions(site.function, argument))
                .find(|known| known.key == mention.key && !is_made_in(held, site.function, &known.key, other.call));
            if let Some(known) = same
                && !held.awaited(file, other.call)
                && held.same_path(file, other.call, site.call)
            {
                let places = [(known.site, "one uses it"), (mention.site, "another one, too")];
                return Some(shared(held, site, &mention, &places, format!("several {what} that run at the same time")));
            }
        }
    }
    None
}

/// The session is made by the work itself: a variable that is bound inside it.
fn is_made_in(held: &Held, function: GlobalDef, key: &Key, inside: NodeId) -> bool {
    let Key::Variable(name) = key else { return false };
    held.binds(function.file, inside, *name)
}

/// `background_tasks.add_task(f, session)`: the request's session is closed, or in use elsewhere, when the work runs.
fn after_response(context: &Context, held: &Held, site: &Site) -> Option<Finding> {
    let program = held.program;
    let facts = program.file(site.function.file);
    for mention in arguments(facts, site.call).flat_map(|argument| held.mentions(site.function, argument)) {
        let from_request = match mention.key {
            Key::Receiver => true,
            Key::Variable(name) if held.is_parameter(site.function, name) => !is_left_empty(context, site.function, name),
            Key::Variable(name) => held.is_closed_here(site.function, name),
            Key::Global(_) => false,
        };
        if from_request {
            return Some(outlives(held, site, &mention));
        }
    }
    None
}

/// `session: AsyncSession | None = None`, and no caller gives one: the work opens its own.
fn is_left_empty(context: &Context, function: GlobalDef, name: Name) -> bool {
    let program = context.program;
    let own = program.file(function.file);
    let is_empty =
        |param: &Param| param.name == Some(name) && param.default.is_some_and(|default| own.arena.kind(default) == NodeKind::Null);
    let leaves_out = |call: &CallEdge| {
        let facts = program.file(call.caller.file);
        let found = by_place(program, facts, call.site, function).and_then(|params| params.enumerate().find(|(_, param)| is_empty(param)));
        found.is_some_and(|param| passed(facts, call.site, param, own, name) == Passed::Nothing)
    };
    program.def(function).params.iter().any(is_empty) && context.callers().of_function(function).iter().all(leaves_out)
}

fn shared(held: &Held, site: &Site, mention: &Mention, places: &[(NodeId, &str)], by: String) -> Finding {
    let program = held.program;
    let facts = program.file(site.function.file);
    let what = holder(held, site.function, mention);
    let message = format!("{what} is used by {by}");
    let mut related: Vec<Label> = Vec::new();
    for &(node, text) in places {
        related.push(Label { location: program.location(site.function.file, call_span(facts, node)), text: text.to_string() });
    }
    related.extend(origin(held, site.function, mention));
    let strict = mention.kind == ResourceKind::Session || facts.language.family() == Family::Python;
    Finding {
        level: if strict && mention.confidence == Confidence::High { Level::Error } else { Level::Warning },
        message,
        primary: Label {
            location: program.location(site.function.file, call_span(facts, site.call)),
            text: "runs them at the same time".to_string(),
        },
        related,
        flow: held.chain(mention),
        help: Some(help(facts, mention.kind)),
        subject: format!("{} {}", program.qualified_name(named(program, site.function)), spelled_callee(facts, site.call)),
        confidence: mention.confidence,
        ..base()
    }
}

fn outlives(held: &Held, site: &Site, mention: &Mention) -> Finding {
    let program = held.program;
    let facts = program.file(site.function.file);
    let what = holder(held, site.function, mention);
    let mut related = vec![Label {
        location: program.location(site.function.file, call_span(facts, mention.site)),
        text: "what is handed over".to_string(),
    }];
    related.extend(origin(held, site.function, mention));
    Finding {
        // No two use it at once: it is kept longer, or opened again.
        level: Level::Warning,
        message: format!("{what} is used by work that runs after the response, when the request's session is closed or in other hands"),
        primary: Label {
            location: program.location(site.function.file, call_span(facts, site.call)),
            text: "runs after the response".to_string(),
        },
        related,
        flow: held.chain(mention),
        help: Some("hand over ids instead, and let the background work open a session of its own".to_string()),
        subject: format!("{} {}", program.qualified_name(named(program, site.function)), spelled_callee(facts, site.call)),
        confidence: mention.confidence,
        ..base()
    }
}

fn base() -> Finding {
    Finding {
        rule: RULE.into(),
        level: Level::Error,
        message: String::new(),
        primary: Label { location: crate::model::finding::Location { path: "".into(), span: Span::default() }, text: String::new() },
        related: Vec::new(),
        flow: Vec::new(),
        help: None,
        subject: String::new(),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}

/// `the session `db`` or `the session that `service` holds`.
fn holder(held: &Held, function: GlobalDef, mention: &Mention) -> String {
    let facts = held.program.file(function.file);
    let kind = mention.kind.name();
    let name = match &mention.key {
        Key::Receiver if mention.direct => spell(facts, mention.site),
        Key::Receiver => {
            return format!("the {kind} that `{}` holds", if facts.language.family() == Family::TypeScript { "this" } else { "self" });
        }
        Key::Variable(name) => facts.text(*name).to_string(),
        Key::Global(def) => held.program.name(*def).to_string(),
    };
    if mention.direct { format!("the {kind} `{name}`") } else { format!("the {kind} that `{name}` holds") }
}

/// Where the session comes from, as a place.
fn origin(held: &Held, function: GlobalDef, mention: &Mention) -> Option<Label> {
    let program = held.program;
    match mention.key {
        Key::Variable(name) => {
            let span = held.declaration(function, name)?;
            Some(Label { location: program.location(function.file, span), text: format!("the {} comes from here", mention.kind.name()) })
        }
        Key::Global(def) => Some(Label { location: program.name_location(def), text: "held by the module".to_string() }),
        Key::Receiver => None,
    }
}

fn help(facts: &FileFacts, kind: ResourceKind) -> String {
    match (facts.language.family(), kind) {
        (Family::Python, ResourceKind::Session) => {
            "open a session in each task (`async with SessionLocal() as session:`), or await one after the other"
        }
        (Family::Python, _) => "take a connection from the pool in each task, or await one after the other",
        (_, ResourceKind::Session) => "await one after the other: operations of one session cannot run in parallel",
        _ => "await one after the other, or take a client from the pool for each: on one connection the driver only queues them",
    }
    .to_string()
}

// ---------------------------------------------------------------------------------------------- held by a module

/// A session that a module or class holds, and how it was made.
#[derive(Clone)]
struct Global {
    file: FileId,
    /// The name's place.
    span: Span,
    name: String,
    /// The class whose attribute it is.
    class: Option<GlobalDef>,
    /// What an application keeps, of which it is an attribute: `app.state.db = Session()`.
    kept: Option<ApiId>,
    call: NodeId,
    kind: ResourceKind,
}

fn globals(context: &Context, nestings: &Nestings) -> Vec<Finding> {
    let program = context.program;
    let candidates: Vec<Global> =
        context.in_files("shared-session: held by modules", (), |context, (): &(), file| held_by(context.program, file));
    if candidates.is_empty() && !has_default(context) {
        return Vec::new();
    }
    let requests = context.requests();
    let in_requests: FxHashSet<GlobalDef> = requests.functions().iter().copied().collect();
    let mut findings: Vec<Finding> =
        candidates.iter().filter_map(|global| global_finding(program, nestings, requests, &in_requests, global)).collect();
    findings.extend(defaults(program, &in_requests));
    findings
}

/// What a call makes, if only one may use it at a time.
fn made(program: &Program, file: FileId, node: NodeId) -> Option<(NodeId, ResourceKind)> {
    let facts = program.file(file);
    let mut at = node;
    while let NodeKind::Await(value) | NodeKind::Cast { value, .. } | NodeKind::Propagate(value) = facts.arena.kind(at) {
        at = value;
    }
    let api = program.called_api(file, at)?;
    let kind = program.facts_of(api).find_map(|(fact, _)| match fact {
        ApiFact::Makes(kind) if kind.is_exclusive() => Some(*kind),
        _ => None,
    })?;
    Some((at, kind))
}

/// Variables of the module and attributes of its classes that hold a session or connection.
fn held_by(program: &Program, file: FileId) -> Vec<Global> {
    let facts = program.file(file);
    let mut found: Vec<Global> = Vec::new();
    if is_out(program, GlobalDef { file, def: DefId::MODULE }) {
        return found;
    }
    let python = facts.language.family() == Family::Python;
    for (_, def) in facts.definitions() {
        let parent = facts.def(def.parent);
        let class_level = def.kind == DefKind::Field && parent.kind == DefKind::Class && (python || def.flags.has(DefFlags::STATIC));
        let module_level = def.kind == DefKind::Variable && def.parent == DefId::MODULE;
        if let (true, Some(value)) = (class_level || module_level, def.value)
            && let Some((call, kind)) = made(program, file, value)
        {
            let class = class_level.then_some(GlobalDef { file, def: def.parent });
            found.push(Global { file, span: def.name_span, name: facts.text(def.name).to_string(), class, kept: None, call, kind });
        }
    }
    for node in facts.arena.ids() {
        let NodeKind::Assign { target, value, op: AssignOp::Set } = facts.arena.kind(node) else { continue };
        if let NodeKind::Member { object, name, .. } = facts.arena.kind(target)
            && program.nesting(file).owner(node) == DefId::MODULE
            && let Some(kept) = keeper(program, file, object)
            && let Some((call, kind)) = made(program, file, value)
        {
            let name = facts.text(name).to_string();
            found.push(Global { file, span: facts.arena.span(target), name, class: None, kept: Some(kept), call, kind });
        }
        let NodeKind::Name(name) = facts.arena.kind(target) else { continue };
        let Some((call, kind)) = made(program, file, value) else { continue };
        let owner = program.nesting(file).owner(node);
        let known = found.iter().any(|global| global.name == facts.text(name));
        if owner != DefId::MODULE && !known && is_module_variable(facts, owner, facts.text(name)) {
            found.push(Global {
                file,
                span: facts.arena.span(target),
                name: facts.text(name).to_string(),
                class: None,
                kept: None,
                call,
                kind,
            });
        }
    }
    found
}

/// What an application keeps for all requests: `app.state`.
fn keeper(program: &Program, file: FileId, object: NodeId) -> Option<ApiId> {
    let Value::Api { api, .. } = program.value(file, object) else { return None };
    let path = program.apis[api.0 as usize].path.as_str();
    program.knowledge.holders.iter().any(|holder| !holder.set_on.is_empty() && holder.api == path).then_some(api)
}

fn global_finding(
    program: &Program,
    nestings: &Nestings,
    requests: &Requests,
    in_requests: &FxHashSet<GlobalDef>,
    global: &Global,
) -> Option<Finding> {
    let uses = uses(program, nestings, in_requests, global);
    let &(function, node) = uses.first()?;
    let facts = program.file(global.file);
    let handler = requests.handler(function)?;
    let kind = global.kind.name();
    let made = spelled_callee(facts, global.call);
    let level = match global.kind {
        ResourceKind::Session => Level::Error,
        ResourceKind::Connection if facts.language.family() == Family::Python => Level::Error,
        _ => Level::Warning,
    };
    let held = match global.class {
        _ if global.kept.is_some() => "the application".to_string(),
        Some(class) => format!("the class `{}`", program.name(class)),
        None => "the module".to_string(),
    };
    let why = match (level, global.kind) {
        (Level::Error, _) => "their transactions mix",
        _ => "they wait for each other, their transactions mix, and when it breaks all of them fail",
    };
    let mut related = vec![Label {
        location: program.location(function.file, program.file(function.file).arena.span(node)),
        text: format!("used for each request, from the handler `{}`", handler_name(program, handler)),
    }];
    let mut seen = vec![function];
    for &(other, place) in &uses {
        if !seen.contains(&other) && seen.len() <= MAX_PLACES {
            seen.push(other);
            let text = format!("and in `{}`", program.short_name(named(program, other)));
            related.push(Label { location: program.location(other.file, program.file(other.file).arena.span(place)), text });
        }
    }
    let mut flow = requests.steps(program, function);
    if !flow.is_empty() {
        flow.push(Label {
            location: program.location(function.file, program.file(function.file).arena.span(node)),
            text: format!("uses the {kind}"),
        });
    }
    let help = match (facts.language.family(), global.kind) {
        (Family::Python, ResourceKind::Session) => {
            "hold the `sessionmaker` instead and open a session for each request (a dependency that yields one, or `with SessionLocal() as session:`)"
        }
        (Family::Python, _) => "hold a pool instead, and take a connection from it for each request",
        _ => "hold a pool instead (`new Pool()`, `createPool()`): it has the same `query` method and takes a connection for each call",
    };
    Some(Finding {
        level,
        message: format!("all requests share the {kind} `{}` that {held} holds (made by `{made}`): {why}", global.name),
        primary: Label { location: program.location(global.file, global.span), text: format!("one {kind} for the whole process") },
        related,
        flow,
        help: Some(help.to_string()),
        subject: format!("{} {}", program.modules[global.file.index()], global.name),
        confidence: Confidence::High,
        ..base()
    })
}

/// Where code of requests mentions the global.
fn uses(program: &Program, nestings: &Nestings, in_requests: &FxHashSet<GlobalDef>, global: &Global) -> Vec<(GlobalDef, NodeId)> {
    let mut found = Vec::new();
    for at in 0..program.facts.len() {
        let file = FileId(at as u32);
        let facts = program.file(file);
        let imported: Vec<&str> = match global.class {
            _ if global.kept.is_some() => Vec::new(),
            Some(_) => Vec::new(),
            None => program
                .imports
                .iter()
                .filter(|edge| edge.from == file && edge.name == global.name)
                .filter(|edge| edge.definition.is_some_and(|def| def.file == global.file && def.def != DefId::MODULE))
                .map(|edge| {
                    facts
                        .imports
                        .iter()
                        .find(|import| import.span == edge.span)
                        .and_then(|import| import.local)
                        .map_or(edge.name.as_str(), |local| facts.text(local))
                })
                .collect(),
        };
        let own = file == global.file && global.class.is_none() && global.kept.is_none();
        let mut nesting: Option<&Nesting> = None;
        for node in facts.arena.ids() {
            let mentions = match facts.arena.kind(node) {
                NodeKind::Name(name) => own && facts.text(name) == global.name || imported.contains(&facts.text(name)),
                NodeKind::Member { object, name, .. } if facts.text(name) == global.name => {
                    match (program.value(file, object), global.class) {
                        (Value::Api { api, .. }, None) => global.kept == Some(api),
                        (Value::Module(module), None) => global.kept.is_none() && module.file == global.file,
                        (Value::Def(class) | Value::Instance { class, .. }, Some(wanted)) => class == wanted,
                        _ => false,
                    }
                }
                _ => false,
            };
            if !mentions {
                continue;
            }
            let nesting = nesting.get_or_insert_with(|| nestings.of(file));
            let function = GlobalDef { file, def: nesting.owner(node) };
            let is_name = matches!(facts.arena.kind(node), NodeKind::Name(_));
            if in_requests.contains(&function) && !(is_name && hides(facts, function.def, &global.name)) {
                found.push((function, node));
            }
        }
    }
    found
}

/// A parameter or local variable of the function, or of one around it, has the name.
fn hides(facts: &FileFacts, function: DefId, name: &str) -> bool {
    let mut at = function;
    for _ in 0..32 {
        if at == DefId::MODULE {
            return false;
        }
        let def = facts.def(at);
        if def.params.iter().any(|param| param.name.is_some_and(|own| facts.text(own) == name)) {
            return true;
        }
        let mut local = false;
        if let Some(body) = def.body {
            facts.arena.walk(body, |node| match facts.arena.kind(node) {
                NodeKind::Declare { target, .. } | NodeKind::Assign { target, op: AssignOp::With | AssignOp::Set, .. } => {
                    local |= matches!(facts.arena.kind(target), NodeKind::Name(own) if facts.text(own) == name);
                }
                _ => {}
            });
            local &= !is_module_variable(facts, at, name);
        }
        if local {
            return true;
        }
        at = def.parent;
    }
    false
}

fn has_default(context: &Context) -> bool {
    let has = |context: &Context, (): &(), file: FileId| {
        let facts = context.program.file(file);
        facts.language.family() == Family::Python && facts.defs.iter().any(|def| def.params.iter().any(|param| param.default.is_some()))
    };
    context.each_file("shared-session: defaults", (), has).contains(&true)
}

/// `def f(db=SessionLocal())`: Python makes the default once, when the module loads.
fn defaults(program: &Program, in_requests: &FxHashSet<GlobalDef>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut functions: Vec<GlobalDef> = in_requests.iter().copied().collect();
    functions.sort_unstable();
    for function in functions {
        let facts = program.file(function.file);
        if facts.language.family() != Family::Python || is_out(program, function) {
            continue;
        }
        for param in &facts.def(function.def).params {
            let Some(default) = param.default else { continue };
            let Some((call, kind)) = made(program, function.file, default) else { continue };
            let name = program.short_name(named(program, function));
            findings.push(Finding {
                level: if kind == ResourceKind::LocalConnection { Level::Warning } else { Level::Error },
                message: format!(
                    "all calls of `{name}` share one {}: Python makes the default `{}()` once, when the module loads",
                    kind.name(),
                    spelled_callee(facts, call)
                ),
                primary: Label { location: program.location(function.file, facts.arena.span(default)), text: "made once".to_string() },
                help: Some("default to `None` and open one in the function, or take it as a dependency".to_string()),
                subject: program.qualified_name(function),
                ..base()
            });
        }
    }
    findings
}
