//! `connection-per-request`: an engine, pool, client or connection that is made anew for each request.
//!
//! Looks at the code that handlers lead to ([`requests`](super::requests)) for calls that make something meant to be made once.
//! What is kept, cached, or depends on what the function is given (a tenant's database, a URL to test) is left out.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Context;
use super::handlers::handler_name;
use super::requests::{Requests, in_development_branch, is_cached, is_kept, named};
use super::said;
use super::spelling::{call_span, spelled_callee};
use crate::model::body::{AssignOp, BinaryOp, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{DefId, DefKind, FileFacts, Name, ParamKind};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::{ApiFact, ResourceKind};
use crate::model::nesting::{Nesting, Nestings, argument_value, arguments, called_name, chain_root, last_name, walk_deep};
use crate::model::program::Program;
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::model::words::{has_word, words};
use crate::rulebook::vocabulary::{api_names, vocabulary};

const RULE: &str = "connection-per-request";

/// A client that is made more calls away from the handler than this is hardly what the handler is about: it may be kept on the way.
const MAX_CALLS: usize = 2;

/// Finds what is made for each request.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let mut made: FxHashMap<GlobalDef, Vec<Made>> = FxHashMap::default();
    for one in context.in_files(RULE, (), in_file) {
        made.entry(one.function).or_default().push(one);
    }
    if made.is_empty() {
        return Vec::new();
    }
    let requests = context.requests();
    let mut findings = Vec::new();
    for function in requests.functions() {
        let made = made.get(function).into_iter().flatten();
        findings.extend(made.map(|one| finding(program, requests, *function, one.node, one.kind, one.closed)));
    }
    findings
}

/// A connection or client that each run of a function makes anew.
#[derive(Clone, Copy)]
struct Made {
    function: GlobalDef,
    node: NodeId,
    kind: ResourceKind,
    /// It is closed at the end.
    closed: bool,
}

fn in_file(context: &Context, (): &(), file: FileId) -> Vec<Made> {
    let program = context.program;
    let facts = program.file(file);
    let mut found = Vec::new();
    if !context.may_say(file, said::MAKES) {
        return found;
    }
    for function in program.functions_of(file) {
        let Some(body) = facts.def(function.def).body else { continue };
        let mut seen: FxHashSet<NodeId> = FxHashSet::default();
        facts.arena.walk(body, |node| {
            if let Some(kind) = made(program, function, node)
                && seen.insert(node)
                && !is_out(program, function)
                && is_per_request(program, &program.nestings, function, node)
            {
                found.push(Made { function, node, kind, closed: is_closed_again(facts, program.nesting(file), node) });
            }
        });
    }
    found
}

fn is_out(program: &Program, function: GlobalDef) -> bool {
    let roles = [Role::Test, Role::Migration, Role::Script, Role::Frontend, Role::Task];
    // A probe opens a connection to see whether it can.
    let probes = program.path(function.file).split(['/', '.', '_', '-']).any(|word| matches!(word, "health" | "healthcheck" | "readiness"));
    probes || roles.iter().any(|&role| program.is(function, role)) || is_cached(program, named(program, function))
}

/// What the call makes, if that is meant to be made once.
fn made(program: &Program, function: GlobalDef, call: NodeId) -> Option<ResourceKind> {
    let api = program.called_api(function.file, call)?;
    program.facts_of(api).find_map(|(fact, _)| match fact {
        ApiFact::Makes(ResourceKind::Session | ResourceKind::PooledConnection | ResourceKind::LocalConnection) => None,
        ApiFact::Makes(kind) => Some(*kind),
        _ => None,
    })
}

fn is_per_request(program: &Program, nestings: &Nestings, function: GlobalDef, call: NodeId) -> bool {
    let facts = program.file(function.file);
    let nesting = nestings.of(function.file);
    !is_kept(program, nesting, function, call)
        && !is_asked_first(facts, nesting, call)
        && !in_development_branch(facts, nesting, call)
        && !is_local_database(facts, call)
        && !is_given_pool(facts, call)
        && !is_put_by(facts, function, call)
        && !is_listened_on(facts, function, call)
        && !depends_on_input(program, facts, function, call)
        && !fetches_given_url(program, facts, function, call)
        && !sets_up(program, function)
}

/// What was made is put into a cache by another name: `Storage.setClientCache(this.connection, client)`.
fn is_put_by(facts: &FileFacts, function: GlobalDef, call: NodeId) -> bool {
    let Some(body) = facts.def(function.def).body else { return false };
    let after = facts.arena.span(call).end;
    let puts = |name: &str| {
        let words = words(name);
        words.first().is_some_and(|first| vocabulary().connections.putting.has(first)) && words.iter().any(|word| word.starts_with("cache"))
    };
    let mut is_put = false;
    facts.arena.walk(body, |node| {
        is_put |= called_name(facts, node).is_some_and(puts) && facts.arena.span(node).start > after && arguments(facts, node).len() >= 2;
    });
    is_put
}

/// Who listens for messages holds a connection of their own as long as they do: `client = from_url(url); channel = client.pubsub()`.
fn is_listened_on(facts: &FileFacts, function: GlobalDef, call: NodeId) -> bool {
    let Some(body) = facts.def(function.def).body.filter(|_| facts.names.may_hold("ubs")) else { return false };
    let mut held: Vec<Name> = Vec::new();
    let mut listens = false;
    facts.arena.walk(body, |node| match facts.arena.kind(node) {
        NodeKind::Assign { target, value, .. } | NodeKind::Declare { target, value: Some(value), .. } => {
            let value = if let NodeKind::Await(inner) = facts.arena.kind(value) { inner } else { value };
            if let (true, NodeKind::Name(name)) = (value == call, facts.arena.kind(target)) {
                held.push(name);
            }
        }
        NodeKind::Call { .. } if matches!(called_name(facts, node), Some("pubsub" | "subscribe" | "psubscribe")) => {
            listens |= matches!(facts.arena.kind(chain_root(facts, node)), NodeKind::Name(name) if held.contains(&name));
        }
        _ => {}
    });
    listens
}

/// `Redis(connection_pool=pool)`: a handle on connections that are held elsewhere.
fn is_given_pool(facts: &FileFacts, call: NodeId) -> bool {
    arguments(facts, call).any(|argument| match facts.arena.kind(argument) {
        NodeKind::Argument { name, .. } => matches!(facts.text(name), "connection_pool" | "pool" | "connector" | "http_client"),
        NodeKind::Collection { items, .. } => facts.arena.list(items).any(|item| match facts.arena.kind(item) {
            NodeKind::Entry { key, .. } => {
                matches!(facts.string(key), Some("connectionPool" | "pool" | "agent" | "httpAgent" | "httpsAgent"))
            }
            _ => false,
        }),
        _ => false,
    })
}

/// Made where a variable of the module is still empty, and kept there by what is made of it: `if _session is None: engine = create_engine(url);
/// _session = scoped_session(sessionmaker(engine))`; also behind `if _session: return _session`.
fn is_asked_first(facts: &FileFacts, nesting: &Nesting, call: NodeId) -> bool {
    let Some(body) = facts.def(nesting.owner(call)).body else { return false };
    let mut kept: Vec<Name> = Vec::new();
    facts.arena.walk(body, |node| {
        if let NodeKind::Assign { target, op: AssignOp::Set, .. } = facts.arena.kind(node)
            && let NodeKind::Name(name) = facts.arena.kind(target)
            && !kept.contains(&name)
        {
            kept.push(name);
        }
    });
    let is_of_module = |name: &Name| {
        facts
            .defs
            .iter()
            .any(|def| def.kind == DefKind::Variable && def.parent == DefId::MODULE && facts.text(def.name) == facts.text(*name))
    };
    kept.retain(is_of_module);
    let asks = |condition: NodeId, empty: bool| match facts.arena.kind(condition) {
        NodeKind::Name(name) => !empty && kept.contains(&name),
        NodeKind::Unary { op: UnaryOp::Not, value } => {
            empty && matches!(facts.arena.kind(value), NodeKind::Name(name) if kept.contains(&name))
        }
        NodeKind::Binary { op, left, right } => {
            let is_asked = if empty { op == BinaryOp::Is } else { op == BinaryOp::IsNot };
            is_asked
                && facts.arena.kind(right) == NodeKind::Null
                && matches!(facts.arena.kind(left), NodeKind::Name(name) if kept.contains(&name))
        }
        _ => false,
    };
    let returns = |block: NodeId| match facts.arena.kind(block) {
        NodeKind::Block { items, .. } => {
            facts.arena.list(items).last().is_some_and(|last| matches!(facts.arena.kind(last), NodeKind::Return(Some(_))))
        }
        _ => false,
    };
    !kept.is_empty()
        && nesting.around(call).any(|inner| match nesting.parent(inner).map(|outer| facts.arena.kind(outer)) {
            Some(NodeKind::If { condition, then, .. }) => then == inner && asks(condition, true),
            Some(NodeKind::Block { items, .. }) => facts.arena.list(items).take_while(|&item| item != inner).any(
                |item| matches!(facts.arena.kind(item), NodeKind::If { condition, then, .. } if asks(condition, false) && returns(then)),
            ),
            _ => false,
        })
}

/// A file or memory is opened without a server.
fn is_local_database(facts: &FileFacts, call: NodeId) -> bool {
    arguments(facts, call).any(|argument| facts.string(argument).is_some_and(|text| text.starts_with("sqlite") || text == ":memory:"))
}

/// Functions by whose name a process starts or stops.
fn sets_up(program: &Program, function: GlobalDef) -> bool {
    let name = program.name(named(program, function)).to_ascii_lowercase();
    vocabulary().connections.set_up.within(&name)
}

/// The arguments mention a parameter: another one for each caller.
fn depends_on_input(program: &Program, facts: &FileFacts, function: GlobalDef, call: NodeId) -> bool {
    let given = given(program, facts, function);
    let mut depends = false;
    for argument in arguments(facts, call) {
        walk_deep(facts, argument, |node| {
            depends |= matches!(facts.arena.kind(node), NodeKind::Name(name) if given.contains(&name));
            !depends
        });
    }
    depends
}

/// An HTTP client that fetches a URL the function is given: each call may go to another server, so no connection would be reused.
fn fetches_given_url(program: &Program, facts: &FileFacts, function: GlobalDef, call: NodeId) -> bool {
    if made(program, function, call) != Some(ResourceKind::HttpClient) {
        return false;
    }
    let given = given(program, facts, function);
    let Some(body) = program.def(function).body else { return false };
    let mut fetches = false;
    walk_deep(facts, body, |node| {
        let method = called_name(facts, node).is_some_and(|name| api_names().waits.requests.has(name));
        // The URL itself, not a template that names the server and puts a part in.
        fetches |= method
            && arguments(facts, node).take(2).any(|argument| {
                let argument = argument_value(facts, argument);
                matches!(facts.arena.kind(argument), NodeKind::Name(name) if given.contains(&name) && is_url(facts.text(name)))
            });
        !fetches
    });
    fetches
}

fn is_url(name: &str) -> bool {
    super::bounds::words(name).iter().any(|word| vocabulary().connections.addresses.has(word))
}

/// Parameters of the function and of those around it, and what is made from them. Those that hold the application's settings are none.
fn given(program: &Program, facts: &FileFacts, function: GlobalDef) -> Vec<Name> {
    let mut given: Vec<Name> = Vec::new();
    let mut at = function.def;
    for _ in 0..8 {
        let def = facts.def(at);
        for param in def.params.iter().filter(|param| param.kind != ParamKind::Receiver) {
            let typed = param.annotation.map(|node| crate::model::nesting::spell(facts, node).to_ascii_lowercase()).unwrap_or_default();
            let named = param.name.map(|name| facts.text(name).to_ascii_lowercase()).unwrap_or_default();
            let settings = |text: &str| ["settings", "config", "conf", "cfg", "state"].iter().any(|word| text.contains(word));
            if !settings(&typed) && !settings(&named) {
                given.extend(param.name);
                if let Some(pattern) = param.pattern {
                    given.extend(super::loops::bound_names(facts, pattern));
                }
            }
        }
        if at == crate::model::facts::DefId::MODULE {
            break;
        }
        at = def.parent;
    }
    // Flask's request is a name of the module.
    if facts.language.family() == Family::Python && facts.names.may_hold("request") {
        let request = facts.imports.iter().filter_map(|import| import.local).find(|name| facts.text(*name) == "request");
        given.extend(request.filter(|_| is_throwaway(facts, function)));
    }
    let locals = derived(program, facts, function, &given);
    given.extend(locals);
    given
}

/// An engine of one connection, made to try an address: `create_engine(url, poolclass=NullPool)`.
fn is_throwaway(facts: &FileFacts, function: GlobalDef) -> bool {
    let Some(body) = facts.def(function.def).body.filter(|_| facts.names.may_hold("NullPool")) else { return false };
    facts.arena.any(body, |node| {
        matches!(facts.arena.kind(node), NodeKind::Argument { name, value } if facts.text(name) == "poolclass"
            && last_name(facts, value).is_some_and(|pool| facts.text(pool) == "NullPool"))
    })
}

/// Local variables whose value mentions one of these names.
fn derived(program: &Program, facts: &FileFacts, function: GlobalDef, given: &[Name]) -> Vec<Name> {
    let mut locals: Vec<Name> = Vec::new();
    let Some(body) = program.def(function).body else { return locals };
    facts.arena.walk(body, |node| {
        let (NodeKind::Declare { target, value: Some(value), .. } | NodeKind::Assign { target, value, .. }) = facts.arena.kind(node) else {
            return;
        };
        let mut mentions = false;
        facts.arena.walk(value, |inner| {
            mentions |= matches!(facts.arena.kind(inner), NodeKind::Name(name) if given.contains(&name) || locals.contains(&name));
        });
        if mentions {
            locals.extend(super::loops::bound_names(facts, target));
        }
    });
    locals
}

/// The item of a `with`: closed where it ends.
fn is_closed_again(facts: &FileFacts, nesting: &Nesting, call: NodeId) -> bool {
    nesting
        .around(call)
        .skip(1)
        .take(3)
        .any(|around| matches!(facts.arena.kind(around), NodeKind::Assign { op: AssignOp::With, .. } | NodeKind::With { .. }))
}

fn finding(program: &Program, requests: &Requests, function: GlobalDef, call: NodeId, kind: ResourceKind, closed: bool) -> Finding {
    let facts = program.file(function.file);
    let handler = requests.handler(function).unwrap_or(function);
    let handler_name = handler_name(program, handler);
    let chain = requests.steps(program, function);
    let made = spelled_callee(facts, call);
    let what = format!("`{made}` makes a new {} for each request", kind.name());
    let message = if chain.is_empty() {
        format!("{what}, in the handler `{handler_name}`")
    } else {
        let here = program.short_name(named(program, function));
        format!("{what}: the handler `{handler_name}` leads to `{here}`")
    };
    // A client that is closed again costs a handshake; the others leak or exhaust connections.
    // A login at another provider is rare, and asks twice.
    let of_login = [program.path(function.file), program.spoken_name(handler), program.spoken_name(named(program, function))]
        .iter()
        .any(|text| has_word(&text.replace(['/', '.'], "_"), &["oauth", "oauth2", "oidc", "sso", "saml"]));
    // What stands below a handler is often called by a few of them only, for something rare.
    let cheap = (closed || of_login || !chain.is_empty()) && kind == ResourceKind::HttpClient;
    let is_far = chain.len() > MAX_CALLS;
    let location = program.location(function.file, call_span(facts, call));
    let mut related = vec![Label { location: program.name_location(handler), text: "runs for each request".to_string() }];
    let mut flow = Vec::new();
    if !chain.is_empty() {
        flow.clone_from(&chain);
        flow.push(Label { location: location.clone(), text: format!("makes the {}", kind.name()) });
        related.extend(chain.into_iter().take(3));
    }
    Finding {
        rule: RULE.into(),
        level: if cheap || is_far { Level::Note } else { Level::Warning },
        message,
        primary: Label { location, text: "made anew each time".to_string() },
        related,
        flow,
        help: Some(help(facts, kind)),
        subject: format!("{} {made}", program.qualified_name(named(program, function))),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}

fn help(facts: &FileFacts, kind: ResourceKind) -> String {
    let what = match kind {
        ResourceKind::Connection => "take the connection from a pool that is made once at start-up",
        ResourceKind::HttpClient => "make one client at start-up and reuse it, so that connections stay open",
        _ => "make it once at start-up and hand it on",
    };
    let how = match facts.language.family() {
        crate::model::source::Family::Python => "in the application's lifespan, a module, or a provider with `@lru_cache`",
        crate::model::source::Family::TypeScript => "in a module of its own, or as a provider of the container",
        crate::model::source::Family::Rust => "in the application's state; clones share the connections",
    };
    format!("{what}: {how}")
}
