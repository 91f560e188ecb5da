//! `hardcoded-backing-service`: a client of a database, cache, queue, mail server or service that is given a literal address.
//!
//! Which argument is an address is knowledge ([`ApiFact::Address`]). A literal is a text, a template that begins with one, or a
//! constant of code that is not configuration. Defaults beside a look-up in the environment, parameters and settings are none.
//! Public addresses of other people's services are part of the code; those of this machine or network are not.

use super::Context;
use super::requests::in_development_branch;
use super::spelling::spelled_callee;
use crate::model::body::{BinaryOp, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts, Name};
use crate::model::finding::{Confidence, Finding, Label, Level, Location};
use crate::model::knowledge::{ApiFact, ArgumentRef, BackingService};
use crate::model::nesting::{Nesting, Nestings, arguments, called_name, last_name, named_argument, walk_deep};
use crate::model::program::Program;
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::{Words, api_names, vocabulary};

const RULE: &str = "hardcoded-backing-service";

/// A literal address and where it is written.
struct Literal {
    host: String,
    local: bool,
    /// It has a scheme.
    url: bool,
    node: NodeId,
    /// The constant's definition, when the call only names it.
    constant: Option<Location>,
    /// The text holds a user or password beside the host: it must not be shown.
    secret: bool,
}

/// Finds literal addresses.
pub fn check(context: &Context) -> Vec<Finding> {
    context.in_files(RULE, (), in_file)
}

fn in_file(context: &Context, (): &(), file: FileId) -> Vec<Finding> {
    let program = context.program;
    let is_out = is_out(program, file);
    if is_out && !makes_client_itself(program, file) {
        return Vec::new();
    }
    let facts = program.file(file);
    let calls = facts.arena.ids().filter(|&node| matches!(facts.arena.kind(node), NodeKind::Call { .. }));
    let mut findings: Vec<Finding> = calls.filter_map(|call| judge(program, &program.nestings, file, call)).collect();
    if facts.language.family() == Family::TypeScript && !is_out {
        findings.extend(written_urls(program, file, &findings));
    }
    findings
}

/// TypeScript: a file of settings that makes its client with what is written there (`config/db.js`), and asks no environment for anything.
fn makes_client_itself(program: &Program, file: FileId) -> bool {
    let facts = program.file(file);
    let module = GlobalDef { file, def: DefId::MODULE };
    let is_config =
        program.is(module, Role::Config) && ![Role::Test, Role::Script, Role::Frontend].iter().any(|&role| program.is(module, role));
    is_config && facts.language.family() == Family::TypeScript && !facts.names.may_hold("env")
}

/// TypeScript: addresses of this machine or network that the code hands out (in a mail, a redirect) or hands on, not to a client that is known.
fn written_urls(program: &Program, file: FileId, told: &[Finding]) -> Vec<Finding> {
    let facts = program.file(file);
    let nesting = program.nesting(file);
    let mut findings: Vec<Finding> = Vec::new();
    for node in facts.arena.ids() {
        let text = match facts.arena.kind(node) {
            NodeKind::Str(text) => facts.text(text).to_string(),
            NodeKind::Text { parts, .. } => facts.arena.list(parts).take(32).map(|part| facts.string(part).unwrap_or(HOLE)).collect(),
            _ => continue,
        };
        if !(text.starts_with("http://") || text.starts_with("https://") || text.starts_with("ws://")) {
            continue;
        }
        let Some((host, true)) = host_of(&text) else { continue };
        let owner = GlobalDef { file, def: nesting.owner(node) };
        let span = facts.arena.span(node);
        let is_told = told.iter().chain(&findings).any(|found| {
            let other = found.primary.location.span;
            other.start < span.end && span.start < other.end || found.related.iter().any(|label| label.location.span == span)
        });
        // `"http://localhost"` alone is the base of a relative address, as `new URL(path, base)` wants one.
        let is_base = !text.trim_start_matches("http://").contains([':', '/']);
        if is_told || is_base || is_aside(facts, nesting, node) || in_development_branch(facts, nesting, node) {
            continue;
        }
        if program.is(owner, Role::Test) || program.is(owner, Role::Script) {
            continue;
        }
        findings.push(Finding {
            rule: RULE.into(),
            level: Level::Note,
            message: format!("the literal address `{host}` is right on one machine only"),
            primary: Label { location: program.location(file, span), text: "written here".to_string() },
            related: Vec::new(),
            flow: Vec::new(),
            help: Some(help(facts)),
            subject: format!("{} {host}", program.qualified_name(owner)),
            fingerprint: String::new(),
            confidence: Confidence::Medium,
            redact: Vec::new(),
        });
    }
    findings
}

/// It is said to people who read logs or documents, is a default beside something else, or is only compared.
fn is_aside(facts: &FileFacts, nesting: &Nesting, node: NodeId) -> bool {
    nesting.around(node).take(12).any(|around| match facts.arena.kind(around) {
        NodeKind::Binary { op, .. } => matches!(op, BinaryOp::Or | BinaryOp::Coalesce | BinaryOp::And) || op.is_test(),
        // A condition chooses among addresses.
        NodeKind::If { .. } => !matches!(nesting.parent(around).map(|outer| facts.arena.kind(outer)), Some(NodeKind::Block { .. })),
        NodeKind::Match { .. } => true,
        // `config.get("QUEUE_URL", "http://localhost:5672")`
        NodeKind::Call { .. } if is_default_of(facts, around, node) => true,
        NodeKind::Call { .. } => is_said(facts, around),
        NodeKind::Entry { key, .. } => facts.string(key).is_some_and(|key| {
            vocabulary().examples.said_under.has(key.to_ascii_lowercase()) || vocabulary().examples.origins.in_name(key)
        }),
        // Pages that may ask from elsewhere are no service: `const LOCAL_ORIGINS = ["http://localhost:3000"]`. Nor is what stands in for a setting:
        // `this.defaults[Key.URL] = "http://localhost:3000"`.
        NodeKind::Declare { target, value: Some(value), .. } | NodeKind::Assign { target, value, .. } => {
            let is_list = matches!(facts.arena.kind(value), NodeKind::Collection { .. });
            let named = |node: NodeId, words: &Words| last_name(facts, node).is_some_and(|name| words.in_name(facts.text(name)));
            let of_defaults = match facts.arena.kind(target) {
                NodeKind::Index { object, .. } | NodeKind::Member { object, .. } => named(object, &vocabulary().examples.defaults),
                _ => false,
            };
            of_defaults || is_list && named(target, &vocabulary().examples.origins) || is_only_said(facts, nesting, target)
        }
        NodeKind::Raise(_) => true,
        _ => false,
    })
}

/// A call that tells people, or takes an address apart.
fn is_said(facts: &FileFacts, call: NodeId) -> bool {
    called_name(facts, call).is_some_and(|name| {
        let lower = name.to_ascii_lowercase();
        api_names().logging.levels.has(&lower) || vocabulary().examples.said_by.has(&lower)
    })
}

/// A local that is told and measured, and nothing else: `const here = …; console.log(here)`.
fn is_only_said(facts: &FileFacts, nesting: &Nesting, target: NodeId) -> bool {
    let NodeKind::Name(name) = facts.arena.kind(target) else { return false };
    let owner = nesting.owner(target);
    let Some(body) = facts.def(owner).body.filter(|_| owner != DefId::MODULE) else { return false };
    let mut said = 0;
    let mut used = false;
    walk_deep(facts, body, |node| {
        if node == target || facts.arena.kind(node) != NodeKind::Name(name) {
            return true;
        }
        let is_measured = nesting
            .parent(node)
            .is_some_and(|parent| matches!(facts.arena.kind(parent), NodeKind::Member { name, .. } if facts.text(name) == "length"));
        let is_told = || {
            nesting.around(node).take(12).any(|around| matches!(facts.arena.kind(around), NodeKind::Call { .. }) && is_said(facts, around))
        };
        match () {
            () if is_measured => {}
            () if is_told() => said += 1,
            () => used = true,
        }
        !used
    });
    said > 0 && !used
}

/// The address stands in for a setting that is looked up by name.
fn is_default_of(facts: &FileFacts, call: NodeId, node: NodeId) -> bool {
    let given: Vec<NodeId> = arguments(facts, call).collect();
    let is_setting = |text: &str| text.contains('_') && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    called_name(facts, call).is_some_and(|name| api_names().settings.getters.has(name))
        && matches!(given[..], [name, default] if facts.string(name).is_some_and(is_setting) && facts.arena.span(default).contains(facts.arena.span(node)))
}

/// Configuration is where literals belong; tests, tools and browsers have none of this.
fn is_out(program: &Program, file: FileId) -> bool {
    let module = GlobalDef { file, def: DefId::MODULE };
    let roles = [Role::Test, Role::Migration, Role::Script, Role::Frontend, Role::Config];
    let path = program.path(file);
    roles.iter().any(|&role| program.is(module, role))
        || path.split('/').any(|part| {
            let words = super::bounds::words(part.split('.').next().unwrap_or(part));
            words.iter().any(|word| vocabulary().audience.without_services.has(word))
        })
}

fn judge(program: &Program, nestings: &Nestings, file: FileId, call: NodeId) -> Option<Finding> {
    let facts = program.file(file);
    let api = program.called_api(file, call)?;
    let (service, literal) = program.facts_of(api).find_map(|(fact, _)| {
        let ApiFact::Address { service, argument } = fact else { return None };
        let node = argument_at(facts, nestings.of(file), call, argument)?;
        let literal = literal(program, facts, file, nestings, node, 0)?;
        let needs_local = matches!(service, BackingService::Api | BackingService::Origin);
        // By position databases and clients take URLs; a bare word there is a name or a path.
        let needs_url = matches!(service, BackingService::Database | BackingService::Api) && matches!(argument, ArgumentRef::Position(_));
        ((literal.local || !needs_local) && (literal.url || !needs_url)).then_some((*service, literal))
    })?;
    let nesting = nestings.of(file);
    let owner = GlobalDef { file, def: nesting.owner(call) };
    if program.is(owner, Role::Test) || program.is(owner, Role::Script) || in_development_branch(facts, nesting, call) {
        return None;
    }
    if service == BackingService::Api && uses_other_transport(program, file, owner.def) {
        return None;
    }
    Some(finding(program, file, call, service, literal, owner))
}

/// The function makes its client for a socket or a transport of its own: the host in the URL is only a name.
fn uses_other_transport(program: &Program, file: FileId, owner: DefId) -> bool {
    let facts = program.file(file);
    let Some(body) = facts.def(owner).body else { return false };
    let mut found = false;
    facts.arena.walk(body, |node| {
        if let NodeKind::Argument { name, .. } = facts.arena.kind(node) {
            found |= matches!(facts.text(name), "transport" | "uds" | "app");
        }
        if let NodeKind::Entry { key, .. } = facts.arena.kind(node) {
            found |= matches!(facts.string(key), Some("socketPath" | "dispatcher"));
        }
    });
    found
}

/// The value of an argument by position, name, or path of keys in an object: `0.connection.host`.
fn argument_at(facts: &FileFacts, nesting: &Nesting, call: NodeId, reference: &ArgumentRef) -> Option<NodeId> {
    let positional =
        |at: usize| arguments(facts, call).filter(|&node| !matches!(facts.arena.kind(node), NodeKind::Argument { .. })).nth(at);
    match reference {
        ArgumentRef::Position(at) => positional(*at as usize),
        ArgumentRef::Name(path) => {
            let mut parts = path.split('.');
            let first = parts.next()?;
            let Ok(at) = first.parse::<usize>() else {
                return named_argument(facts, call, path);
            };
            let mut node = positional(at)?;
            for key in parts {
                node = entry(facts, object_of(facts, nesting, node), key)?;
            }
            Some(node)
        }
    }
}

/// `cors(corsOptions)` with `const corsOptions = { origin: … }`: the object that the name was given, if it is written there.
fn object_of(facts: &FileFacts, nesting: &Nesting, node: NodeId) -> NodeId {
    let NodeKind::Name(name) = facts.arena.kind(node) else { return node };
    match assigned(facts, nesting, nesting.owner(node), name)[..] {
        [value] => value,
        _ => node,
    }
}

fn entry(facts: &FileFacts, object: NodeId, wanted: &str) -> Option<NodeId> {
    let NodeKind::Collection { items, .. } = facts.arena.kind(object) else { return None };
    facts.arena.list(items).find_map(|item| match facts.arena.kind(item) {
        NodeKind::Entry { key, value } if facts.string(key) == Some(wanted) => Some(value),
        _ => None,
    })
}

/// The literal address an expression is, or begins with.
fn literal(program: &Program, facts: &FileFacts, file: FileId, nestings: &Nestings, node: NodeId, depth: u8) -> Option<Literal> {
    if depth > 3 {
        return None;
    }
    match facts.arena.kind(node) {
        NodeKind::Str(text) => {
            let (host, local) = host_of(facts.text(text))?;
            let text = facts.text(text);
            Some(Literal { host, local, url: text.contains("://"), node, constant: None, secret: text.contains('@') })
        }
        NodeKind::Text { parts, .. } => {
            let text: String = facts.arena.list(parts).take(32).map(|part| facts.string(part).unwrap_or(HOLE)).collect();
            let (host, local) = host_of(&text)?;
            Some(Literal { host, local, url: text.contains("://"), node, constant: None, secret: text.contains('@') })
        }
        NodeKind::Cast { value, .. } | NodeKind::Argument { value, .. } => literal(program, facts, file, nestings, value, depth + 1),
        // `brokers: ["kafka:9092"]`, `allow_origins=["http://localhost:3000"]`: all of them are literals, and one is no public name.
        NodeKind::Collection { items, .. } => {
            let items: Vec<NodeId> = facts.arena.list(items).take(16).collect();
            let mut found: Vec<Literal> = Vec::new();
            for item in items {
                found.push(literal(program, facts, file, nestings, item, depth + 1)?);
            }
            let at = found.iter().position(|literal| literal.local).unwrap_or(0);
            (at < found.len()).then(|| found.swap_remove(at))
        }
        NodeKind::Name(name) => constant(program, facts, file, nestings, node, name, depth),
        _ => None,
    }
}

/// What stands for the values in a template.
const HOLE: &str = "\u{1}";

/// A constant of the function, of the module, or of another module that is not configuration.
fn constant(
    program: &Program,
    facts: &FileFacts,
    file: FileId,
    nestings: &Nestings,
    node: NodeId,
    name: Name,
    depth: u8,
) -> Option<Literal> {
    let nesting = nestings.of(file);
    let values = assigned(facts, nesting, nesting.owner(node), name);
    if let [value] = values[..] {
        let found = literal(program, facts, file, nestings, value, depth + 1)?;
        let constant = program.location(file, facts.arena.span(value));
        return Some(Literal { node, constant: Some(constant), ..found });
    }
    if !values.is_empty() {
        return None;
    }
    let text = facts.text(name);
    let edge = program.imports_of(file).iter().find(|edge| edge.name == text && edge.definition.is_some())?;
    let definition = edge.definition?;
    if definition.file == file || is_out(program, definition.file) {
        return None;
    }
    let there = program.file(definition.file);
    let value = there.def(definition.def).value?;
    let found = literal(program, there, definition.file, nestings, value, depth + 2)?;
    Some(Literal { node, constant: Some(program.location(definition.file, there.arena.span(value))), ..found })
}

/// The values given to a name in the functions around and the module; a parameter of that name has none that is known.
fn assigned(facts: &FileFacts, nesting: &Nesting, owner: DefId, name: Name) -> Vec<NodeId> {
    let mut scope = owner;
    for _ in 0..32 {
        let def = facts.def(scope);
        if def.params.iter().any(|param| param.name == Some(name)) {
            return Vec::new();
        }
        let mut values: Vec<NodeId> = Vec::new();
        if let Some(body) = def.body {
            facts.arena.walk(body, |node| {
                let (NodeKind::Declare { target, value: Some(value), .. } | NodeKind::Assign { target, value, .. }) =
                    facts.arena.kind(node)
                else {
                    return;
                };
                if facts.arena.kind(target) == NodeKind::Name(name) && nesting.owner(node) == scope {
                    values.push(value);
                }
            });
        }
        if scope == DefId::MODULE {
            // Rust's constants are definitions only.
            let variables =
                facts.defs.iter().filter(|def| def.kind == DefKind::Variable && def.parent == DefId::MODULE && def.name == name);
            for value in variables.filter_map(|def| def.value) {
                if !values.contains(&value) {
                    values.push(value);
                }
            }
            return values;
        }
        if !values.is_empty() {
            return values;
        }
        scope = def.parent;
    }
    Vec::new()
}

/// The host of an address, and whether it is of this machine or network. `None` for what names no host: files, memory,
/// placeholders, hosts that a template fills in, documentation.
fn host_of(text: &str) -> Option<(String, bool)> {
    let text = text.trim();
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (scheme, rest),
        None => ("", text),
    };
    if ["sqlite", "file", "memory", "inmem", "data", "unix", "mock", "chrome-extension", "cache+memory"]
        .iter()
        .any(|own| scheme.starts_with(own))
    {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    if scheme.is_empty() && (authority.len() != rest.len() || rest.contains('=')) {
        return None;
    }
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split(',').next().unwrap_or(host);
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => (host, port),
        _ => (host, ""),
    };
    // `http://localhost:${port}` names the host, `http://${host}` and `http://api-${stage}.x` do not.
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if host.is_empty() || !host.chars().all(plain) || !host.chars().any(char::is_alphanumeric) {
        return None;
    }
    // A template that ends in the middle of the name: `redis` + value, `http://worker-${number}.example`.
    if port.is_empty() && (authority.ends_with(HOLE) || host.ends_with('-')) {
        return None;
    }
    let host = host.to_ascii_lowercase();
    // Where a cloud tells its machines about themselves: the same address on each of them.
    let metadata = ["169.254.169.254", "169.254.170.2", "metadata.google.internal", "metadata.azure.internal", "100.100.100.200"];
    if metadata.contains(&host.as_str()) {
        return None;
    }
    if vocabulary().examples.services.within(&host) || vocabulary().examples.service_names.has(&host) {
        return None;
    }
    let local = is_local(&host);
    // A bare word without a scheme may be anything, unless it is plainly a host.
    (!scheme.is_empty() || local || host.contains('.')).then_some((host, local))
}

/// This machine, or a name that only its own network knows.
fn is_local(host: &str) -> bool {
    let private = |prefix: &str| host.starts_with(prefix) && host.chars().all(|c| c.is_ascii_digit() || c == '.');
    let numbered = (16..32).any(|second| private(&format!("172.{second}.")));
    !host.contains('.')
        || ["127.", "10.", "192.168.", "0.0.0.0"].iter().any(|prefix| private(prefix))
        || numbered
        || [".local", ".localhost", ".internal", ".svc", ".lan", ".consul", ".cluster.local"].iter().any(|end| host.ends_with(end))
}

fn finding(program: &Program, file: FileId, call: NodeId, service: BackingService, literal: Literal, owner: GlobalDef) -> Finding {
    let facts = program.file(file);
    let Literal { host, local, url: _, node, constant, secret } = literal;
    let made = spelled_callee(facts, call);
    let message = match service {
        BackingService::Origin => format!("`{made}` allows the literal origin `{host}`, which is right on one machine only"),
        _ => format!("`{made}` connects to {} at the literal address `{host}`", service.name()),
    };
    let label = if local { "right on one machine only" } else { "the same in every environment" };
    let span = facts.arena.span(node);
    let redact = if secret && constant.is_none() { vec![span] } else { Vec::new() };
    let related = constant.filter(|_| !secret).map(|location| Label { location, text: "the literal".to_string() });
    Finding {
        rule: RULE.into(),
        level: Level::Note,
        message,
        primary: Label { location: program.location(file, span), text: label.to_string() },
        related: related.into_iter().collect(),
        flow: Vec::new(),
        help: Some(help(facts)),
        subject: format!("{} {made} {host}", program.qualified_name(owner)),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact,
    }
}

fn help(facts: &FileFacts) -> String {
    match facts.language.family() {
        Family::Python => {
            "read it from the settings (`settings.redis_url`, `os.environ[\"REDIS_URL\"]`), so that each deployment can attach its own"
        }
        Family::TypeScript => {
            "read it from the configuration (`process.env.REDIS_URL`, `ConfigService`), so that each deployment can attach its own"
        }
        Family::Rust => "read it from the settings (`std::env::var`, a config struct), so that each deployment can attach its own",
    }
    .to_string()
}
