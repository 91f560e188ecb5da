//! `missing-timeout`: a call to another service, or a client for such calls, that waits for an answer for ever.
//!
//! What waits, and which argument limits it, is knowledge ([`ApiFact::Waits`]). A limit counts wherever it is given: in the call, in the
//! options it is given by name, along the chain, around it (`wait_for`, `Promise.race`), or for the whole process. Options that are
//! put together elsewhere are not judged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Context;
use super::requests::in_development_branch;
use super::scope::is_tool;
use super::spelling::{call_span, spelled_callee};
use crate::model::body::{CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, Definition, FileFacts, ImportItem};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::{ApiFact, ArgumentRef, WaitFact};
use crate::model::nesting::{Nesting, arguments, called_name, chain, last_name, named_argument, spell};
use crate::model::program::{ImportTarget, Program};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::model::words::words;
use crate::rulebook::vocabulary::{api_names, vocabulary};

const RULE: &str = "missing-timeout";

/// What a call says about how long it waits, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Limit {
    Given,
    /// It is given something that may hold a limit.
    Unknown,
    Missing,
    /// `timeout=None`: for ever, in so many words.
    Off,
}

/// Finds calls and clients without a limit.
pub fn check(context: &Context) -> Vec<Finding> {
    let settings: BTreeSet<String> = context.in_files("missing-timeout: settings", (), settings_of).into_iter().collect();
    let of_pages = context.kept("missing-timeout: pages", of_pages);
    context.in_files(RULE, (settings, of_pages), in_file)
}

/// Files of TypeScript that nothing but the code of pages imports, at any remove: they run in a browser, or for one page
/// that is made on the server.
fn of_pages(context: &Context) -> BTreeSet<FileId> {
    let program = context.program;
    let has = |file: FileId, role: Role| program.file_roles[file.index()].iter().any(|evidence| evidence.role == role);
    // How many imports of a file stand elsewhere than in the code of pages, and what each file imports.
    let mut others: BTreeMap<FileId, usize> = BTreeMap::new();
    let mut imported: BTreeMap<FileId, Vec<FileId>> = BTreeMap::new();
    for edge in &program.imports {
        if let (true, ImportTarget::Module(module)) = (edge.kind.is_dependency() && !has(edge.from, Role::Test), &edge.target)
            && program.file(edge.from).language.family() == Family::TypeScript
        {
            *others.entry(module.file).or_default() += usize::from(!has(edge.from, Role::Frontend));
            imported.entry(edge.from).or_default().push(module.file);
        }
    }
    let mut found: BTreeSet<FileId> = BTreeSet::new();
    let mut open: Vec<FileId> = others.iter().filter(|&(_, &count)| count == 0).map(|(&file, _)| file).collect();
    while let Some(file) = open.pop() {
        found.insert(file);
        // Those of a page were counted as a page's from the beginning.
        if has(file, Role::Frontend) {
            continue;
        }
        for to in imported.get(&file).into_iter().flatten() {
            let left = others.entry(*to).or_default();
            *left -= 1;
            if *left == 0 {
                open.push(*to);
            }
        }
    }
    found
}

fn in_file(context: &Context, (settings, of_pages): &(BTreeSet<String>, Arc<BTreeSet<FileId>>), file: FileId) -> Vec<Finding> {
    let program = context.program;
    let facts = program.file(file);
    let module = GlobalDef { file, def: DefId::MODULE };
    let out = [Role::Test, Role::Migration, Role::Frontend].iter().any(|&role| program.is(module, role));
    if out
        || is_for_wasm(facts)
        || facts.language.family() == Family::TypeScript && (is_for_browsers(program.path(file)) || has_hooks(facts))
    {
        return Vec::new();
    }
    let waiting =
        facts.arena.ids().filter_map(|call| Some((call, waits(program, file, call)?))).filter(|&(call, _)| !is_of_page(facts, call));
    let strict = context.settings.strict();
    let found = waiting.filter_map(|(call, fact)| {
        let (owner, limit) = judge(program, program.nesting(file), settings, file, call, fact)?;
        // What a person can stop, and Node gives up by itself, is for those who want to see every place.
        (strict || !is_patient(program, owner, call)).then(|| finding(program, owner, call, fact, limit))
    });
    let mut found: Vec<Finding> = found.collect();
    let copied = context.kept("missing-timeout: copied", copied_in);
    if (*copied).as_ref().is_some_and(|folder| program.path(file).starts_with(folder.as_str())) {
        for finding in &mut found {
            finding.level = Level::Note;
            finding.message.push_str(" (a note only: the project is written in another language, and this was copied into it)");
        }
    }
    if of_pages.contains(&file) {
        for finding in &mut found {
            finding.level = Level::Note;
            finding.message.push_str(" (a note only: nothing but pages import this file)");
        }
    }
    found
}

/// The one folder of a project in Rust that holds all its Python: a library that was copied there to look things up in, which nothing here runs.
fn copied_in(context: &Context) -> Option<String> {
    let project = context.program.project;
    let is_rust = |manifest: &std::sync::Arc<str>| manifest.ends_with("Cargo.toml");
    let mut manifests = project.packages.iter().flat_map(|package| &package.manifests).peekable();
    if manifests.peek().is_none() || !manifests.all(is_rust) {
        return None;
    }
    let mut files = project.files.iter().map(|file| &*file.path).filter(|path| path.ends_with(".py"));
    let (folder, _) = files.next()?.split_once('/')?;
    let folder = format!("{folder}/");
    let module = format!("{folder}__init__.py");
    (files.all(|path| path.starts_with(&folder)) && project.files.iter().any(|file| *file.path == *module)).then_some(folder)
}

/// Rust that is compiled for browsers, where a request cannot be given a limit so.
fn is_for_wasm(facts: &FileFacts) -> bool {
    facts.language.family() == Family::Rust
        && facts.imports.iter().any(|import| {
            let krate = facts.text(import.specifier).split("::").next().unwrap_or_default();
            api_names().packages.wasm.has(krate)
        })
}

/// Folders of code that is sent to browsers.
fn is_for_browsers(path: &str) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').any(|folder| {
        let words = words(folder);
        words.iter().any(|word| vocabulary().browsers.folders.has(word))
    })
}

/// `axios.create({ baseURL: '/api' })`: only a browser knows where that is.
fn is_of_page(facts: &FileFacts, call: NodeId) -> bool {
    facts.language.family() == Family::TypeScript
        && arguments(facts, call).any(|argument| {
            let NodeKind::Collection { items, .. } = facts.arena.kind(argument) else { return false };
            facts.arena.list(items).any(|item| match facts.arena.kind(item) {
                NodeKind::Entry { key, value } if facts.string(key) == Some("baseURL") => {
                    facts.string(value).is_some_and(|address| address.starts_with('/') && !address.starts_with("//"))
                }
                _ => false,
            })
        })
}

/// Queries of pages: what these hooks are given runs in a browser or on a phone.
fn has_hooks(facts: &FileFacts) -> bool {
    facts.imports.iter().any(|import| api_names().packages.hooks.has(facts.text(import.specifier)))
}

fn waits<'a>(program: &Program<'a>, file: FileId, call: NodeId) -> Option<&'a WaitFact> {
    let wait = |fact: &'a ApiFact| match fact {
        ApiFact::Waits(wait) => Some(wait),
        _ => None,
    };
    if let Some(api) = program.called_api(file, call) {
        return program.facts_of(api).find_map(|(fact, _)| wait(fact));
    }
    let path = passed(program, file, call)?;
    let path = program.knowledge.canonical(&path).map_or(path.clone(), str::to_string);
    program.knowledge.facts(&path).into_iter().find_map(|at| wait(&program.knowledge.entries[at.entry as usize].fact))
}

/// Rust: what makes a client is handed over to be called later, also in a `static`: `LazyLock::new(reqwest::Client::new)`.
fn passed(program: &Program, file: FileId, node: NodeId) -> Option<String> {
    let facts = program.file(file);
    if facts.language.family() != Family::Rust {
        return None;
    }
    let NodeKind::Member { object, name, path: true } = facts.arena.kind(node) else { return None };
    let name = facts.text(name);
    if !matches!(name, "new" | "default") {
        return None;
    }
    program.nesting(file).argument_of(facts, node)?;
    let class = match facts.arena.kind(object) {
        NodeKind::Name(class) => {
            let import = facts.imports.iter().find(|import| import.local == Some(class))?;
            let ImportItem::Named(item) = import.item else { return None };
            format!("{}.{}", facts.text(import.specifier).replace("::", "."), facts.text(item))
        }
        _ => spell(facts, object).replace("::", "."),
    };
    Some(format!("{class}.{name}"))
}

fn judge(
    program: &Program,
    nesting: &Nesting,
    settings: &BTreeSet<String>,
    file: FileId,
    call: NodeId,
    fact: &WaitFact,
) -> Option<(GlobalDef, Limit)> {
    let facts = program.file(file);
    let owner = GlobalDef { file, def: nesting.owner(call) };
    let limit = limit(facts, nesting, call, fact);
    let bad = match limit {
        Limit::Given | Limit::Unknown => false,
        Limit::Missing => !fact.limited,
        Limit::Off => true,
    };
    let quiet = !bad
        || program.is(owner, Role::Test)
        || fact.global.as_ref().is_some_and(|global| settings.contains(global))
        || is_own_page(facts, call)
        || sends_cookies(facts, call)
        || is_limited_around(facts, nesting, call)
        || facts.language.family() == Family::Rust && limits_elsewhere(program, file, &fact.chain)
        || facts.language.family() == Family::TypeScript && limits_request(facts, &fact.chain)
        || has_adapter(facts, call)
        || has_own_session(facts, call)
        || is_wrapped_builder(facts, nesting, call)
        || in_development_branch(facts, nesting, call);
    (!quiet).then_some((owner, limit))
}

/// The last two names of what is called or assigned to set a limit for all: `socket.setdefaulttimeout`, `defaults.timeout`.
fn settings_of(context: &Context, (): &(), file: FileId) -> Vec<String> {
    let facts = context.program.file(file);
    let mut settings = Vec::new();
    let hold = |name| facts.names.may_hold(name);
    if !(hold("setdefaulttimeout") || hold("defaults") && hold("timeout")) {
        return settings;
    }
    for node in facts.arena.ids() {
        let target = match facts.arena.kind(node) {
            NodeKind::Assign { target, .. } => target,
            NodeKind::Call { callee, .. } => callee,
            _ => continue,
        };
        if let NodeKind::Member { object, name, .. } = facts.arena.kind(target)
            && let Some(before) = last_name(facts, object)
        {
            settings.push(format!("{}.{}", facts.text(before), facts.text(name)));
        } else if matches!(facts.arena.kind(target), NodeKind::Name(name) if facts.text(name) == "setdefaulttimeout") {
            settings.push("socket.setdefaulttimeout".to_string());
        }
    }
    settings
}

fn limit(facts: &FileFacts, nesting: &Nesting, call: NodeId, fact: &WaitFact) -> Limit {
    let along = chain(facts, nesting.chain_top(facts, call)).filter_map(|link| called_name(facts, link));
    if along.into_iter().any(|name| fact.chain.iter().any(|method| method == name)) {
        return Limit::Given;
    }
    fact.limits.iter().map(|argument| limit_of(facts, call, argument)).chain(spread(facts, call, fact)).min().unwrap_or(Limit::Missing)
}

/// `requests.get(url, **options)`.
fn spread(facts: &FileFacts, call: NodeId, fact: &WaitFact) -> Option<Limit> {
    let spreads = arguments(facts, call).any(|argument| matches!(facts.arena.kind(argument), NodeKind::Spread { .. }));
    (spreads && !fact.limits.is_empty()).then_some(Limit::Unknown)
}

fn limit_of(facts: &FileFacts, call: NodeId, argument: &ArgumentRef) -> Limit {
    let positional =
        |at: usize| arguments(facts, call).filter(|&node| !matches!(facts.arena.kind(node), NodeKind::Argument { .. })).nth(at);
    match argument {
        ArgumentRef::Position(at) => positional(*at as usize).map_or(Limit::Missing, |value| of_value(facts, value)),
        ArgumentRef::Name(path) => match path.split_once('.') {
            None => named_argument(facts, call, path).map_or(Limit::Missing, |value| of_value(facts, value)),
            Some((at, key)) => match at.parse().ok().and_then(positional) {
                Some(options) => of_options(facts, options, key, 0),
                None => Limit::Missing,
            },
        },
    }
}

fn of_value(facts: &FileFacts, value: NodeId) -> Limit {
    match facts.arena.kind(value) {
        NodeKind::Null => Limit::Off,
        NodeKind::Number(text) if facts.text(text) == "0" => Limit::Off,
        _ => Limit::Given,
    }
}

/// The key of an object that is written here, or held by a constant.
fn of_options(facts: &FileFacts, options: NodeId, key: &str, depth: u8) -> Limit {
    match facts.arena.kind(options) {
        NodeKind::Collection { kind: CollectionKind::Dict, items } => {
            let mut limit = Limit::Missing;
            for item in facts.arena.list(items) {
                match facts.arena.kind(item) {
                    NodeKind::Entry { key: own, value } if facts.string(own) == Some(key) => return of_value(facts, value),
                    NodeKind::Entry { key: own, .. } if facts.string(own).is_some() => {}
                    _ => limit = Limit::Unknown,
                }
            }
            limit
        }
        NodeKind::Cast { value, .. } => of_options(facts, value, key, depth),
        NodeKind::Name(name) if depth < 2 => match constant(facts, facts.text(name)) {
            Some(value) => of_options(facts, value, key, depth + 1),
            None => Limit::Unknown,
        },
        // A URL, a body or a callback where options may stand.
        NodeKind::Str(_) | NodeKind::Text { .. } | NodeKind::Null | NodeKind::Closure(_) => Limit::Missing,
        _ => Limit::Unknown,
    }
}

/// The one value of a name that is never assigned again, and none of whose parts is.
fn constant(facts: &FileFacts, name: &str) -> Option<NodeId> {
    let mut value = None;
    for node in facts.arena.ids() {
        match facts.arena.kind(node) {
            NodeKind::Declare { target, value: own, .. } if is_name(facts, target, name) => {
                if value.is_some() {
                    return None;
                }
                value = Some(own?);
            }
            NodeKind::Assign { target, .. } if chain(facts, target).last().is_some_and(|root| is_name(facts, root, name)) => return None,
            _ => {}
        }
    }
    value
}

fn is_name(facts: &FileFacts, node: NodeId, name: &str) -> bool {
    matches!(facts.arena.kind(node), NodeKind::Name(own) if facts.text(own) == name)
}

/// A relative URL is fetched by a page from its own server, and what has no host waits for nobody.
fn is_own_page(facts: &FileFacts, call: NodeId) -> bool {
    if facts.language.family() != Family::TypeScript {
        return false;
    }
    // `fetch(new URL("./font.ttf", import.meta.url))` reads a file of the bundle.
    let mut is_of_bundle = false;
    if let Some(first) = arguments(facts, call).next() {
        facts.arena.walk(first, |node| {
            if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(node) {
                let name = facts.text(name);
                // What is built into a page is its own server's address.
                is_of_bundle |=
                    matches!(name, "meta" | "import.meta") || name.starts_with("NEXT_PUBLIC_") || name.starts_with("REACT_APP_");
            }
        });
    }
    if is_of_bundle {
        return true;
    }
    let first = arguments(facts, call).next().and_then(|node| match facts.arena.kind(node) {
        NodeKind::Text { parts, .. } => facts.arena.list(parts).next(),
        _ => Some(node),
    });
    first
        .and_then(|node| facts.string(node))
        .is_some_and(|url| ["/", ".", "blob:", "data:", "file:"].iter().any(|start| url.starts_with(start)))
}

/// A client that sends the user's cookies along runs in the browser: `axios.create({ withCredentials: true })`.
fn sends_cookies(facts: &FileFacts, call: NodeId) -> bool {
    let is_it =
        |item: NodeId| matches!(facts.arena.kind(item), NodeKind::Entry { key, .. } if facts.string(key) == Some("withCredentials"));
    arguments(facts, call).any(|argument| match facts.arena.kind(argument) {
        NodeKind::Collection { items, .. } => facts.arena.list(items).any(is_it),
        _ => false,
    })
}

/// Something around the call gives up: `asyncio.wait_for(…)`, `async with timeout(5)`, `Promise.race([…])`, `withTimeout(…)`.
fn is_limited_around(facts: &FileFacts, nesting: &Nesting, call: NodeId) -> bool {
    let limits = |node: NodeId| {
        called_name(facts, node).is_some_and(|name| {
            let name = name.to_ascii_lowercase();
            name.contains("timeout") || name.contains("deadline") || api_names().waits.limits.has(name)
        })
    };
    let mut at = call;
    for _ in 0..256 {
        let around = nesting.around(at).skip(1).any(|node| match facts.arena.kind(node) {
            NodeKind::Call { .. } => limits(node),
            NodeKind::With { items, .. } => facts.arena.list(items).any(|item| match facts.arena.kind(item) {
                NodeKind::Assign { value, .. } => limits(value),
                _ => limits(item),
            }),
            _ => false,
        });
        if around {
            return true;
        }
        // The closure's place: `withTimeout(() => fetch(url))`.
        let owner = nesting.owner(at);
        match nesting.place(owner) {
            Some(place) if place != at => at = place,
            _ => return false,
        }
    }
    false
}

/// The file limits requests where it makes them. What limits another client, where that is made, is no limit of this one.
fn limits_elsewhere(program: &Program, file: FileId, methods: &[String]) -> bool {
    let facts = program.file(file);
    let limits =
        |node: NodeId| called_name(facts, node).is_some_and(|name| name == "timeout" || methods.iter().any(|method| method == name));
    let is_of_other = |node: NodeId| chain(facts, node).any(|link| link != node && waits(program, file, link).is_some());
    facts.names.may_hold("timeout") && facts.arena.ids().any(|node| limits(node) && !is_of_other(node))
}

/// `request.setTimeout(5000)` where the request is kept in a name.
fn limits_request(facts: &FileFacts, methods: &[String]) -> bool {
    let is_method = |node: NodeId| match facts.arena.kind(node) {
        NodeKind::Call { callee, .. } => {
            matches!(facts.arena.kind(callee), NodeKind::Member { name, .. } if methods.iter().any(|method| method == facts.text(name)))
        }
        _ => false,
    };
    methods.iter().any(|method| facts.names.may_hold(method)) && facts.arena.ids().any(is_method)
}

/// A session whose adapter is the project's own may limit all it sends: `session.mount("https://", TimeoutAdapter())`.
fn has_adapter(facts: &FileFacts, call: NodeId) -> bool {
    facts.language.family() == Family::Python
        && facts.names.may_hold("mount")
        && matches!(facts.arena.kind(call), NodeKind::Call { callee, .. } if chain(facts, callee).count() > 1)
        && !spelled_callee(facts, call).starts_with("requests.")
        && facts.arena.ids().any(|node| called_name(facts, node) == Some("mount"))
}

/// A class of the file sends by a method of its own that has a limit: `def request(self, method, url, timeout=30)`.
fn has_own_session(facts: &FileFacts, call: NodeId) -> bool {
    let limits = |def: &Definition| {
        def.kind == DefKind::Method
            && matches!(facts.text(def.name), "request" | "send")
            && def.params.iter().any(|param| param.default.is_some() && param.name.is_some_and(|name| facts.text(name) == "timeout"))
    };
    facts.language.family() == Family::Python
        && !spelled_callee(facts, call).starts_with("requests.")
        && facts.names.may_hold("timeout")
        && facts.definitions().any(|(_, def)| limits(def))
}

/// `ClientBuilder(reqwest::Client::builder())`: a type around the library's, whose callers go on building.
fn is_wrapped_builder(facts: &FileFacts, nesting: &Nesting, call: NodeId) -> bool {
    let top = nesting.chain_top(facts, call);
    let is_built = chain(facts, top).any(|link| called_name(facts, link) == Some("build"));
    let builds = called_name(facts, call) == Some("builder")
        || matches!(facts.arena.kind(call), NodeKind::Call { callee, .. } if chain(facts, callee).any(|link| last_name(facts, link).is_some_and(|name| facts.text(name).ends_with("Builder"))));
    facts.language.family() == Family::Rust && builds && !is_built && nesting.argument_of(facts, top).is_some()
}

/// Node's own `fetch`, also by another name, gives up by itself, if late; and much of what calls it runs in browsers.
fn is_fetch(program: &Program, file: FileId, call: NodeId) -> bool {
    let facts = program.file(file);
    let is_own = || program.called_api(file, call).is_some_and(|api| matches!(api.path.as_str(), "fetch" | "undici.fetch"));
    facts.language.family() == Family::TypeScript && (spelled_callee(facts, call).ends_with("fetch") || is_own())
}

/// `fetch` in a program that somebody started and can stop.
fn is_patient(program: &Program, owner: GlobalDef, call: NodeId) -> bool {
    is_fetch(program, owner.file, call) && runs_by_hand(program, owner, call)
}

/// In a tool or script; in Python also what a file asks for when it is loaded, which no server would start with.
fn runs_by_hand(program: &Program, owner: GlobalDef, call: NodeId) -> bool {
    let facts = program.file(owner.file);
    let is_client = || waits(program, owner.file, call).is_some_and(|fact| fact.client);
    is_tool(program, owner) || owner.def == DefId::MODULE && facts.language.family() == Family::Python && !is_client()
}

/// A job of a queue whose workers end it after a while.
fn runs_in_ended_jobs(program: &Program, owner: GlobalDef) -> bool {
    let frameworks = || program.knowledge.frameworks.iter().flat_map(|framework| &framework.ends_jobs);
    program.is(owner, Role::Task)
        && program.project.package_of(program.path(owner.file)).is_some_and(|package| {
            let dependencies = &program.project.packages[package].dependencies;
            dependencies.iter().any(|dependency| frameworks().any(|ending| *ending == dependency.name.replace('-', "_")))
        })
}

fn finding(program: &Program, owner: GlobalDef, call: NodeId, fact: &WaitFact, limit: Limit) -> Finding {
    let facts = program.file(owner.file);
    let called = spelled_callee(facts, call);
    let script = runs_by_hand(program, owner, call);
    let is_fetch = is_fetch(program, owner.file, call);
    let is_stream = limit == Limit::Off && called_name(facts, call).is_some_and(|name| vocabulary().answers.streaming.in_name(name));
    let mut message = match (limit, fact.client) {
        (Limit::Off, true) => format!("`{called}` makes a client whose time limit is switched off: its calls wait for ever"),
        (Limit::Off, false) => format!("`{called}` is told to wait for ever"),
        (_, true) => format!("`{called}` makes a client without a time limit: a server that does not answer holds its callers for ever"),
        // Node's own gives up after five minutes without a byte.
        _ if is_fetch || called.ends_with("fetch") => {
            format!("`{called}` has no time limit: a server that does not answer holds the caller for minutes")
        }
        _ => format!("`{called}` has no time limit: a server that does not answer holds the caller for ever"),
    };
    if script {
        message.push_str(" (a note only: this is a script or tool)");
    }
    let is_ended = !script && runs_in_ended_jobs(program, owner);
    if is_ended {
        message.push_str(" (a note only: the queue ends a job that takes too long)");
    }
    if is_stream {
        message.push_str(" (a note only: a stream may be meant to stay open)");
    }
    Finding {
        rule: RULE.into(),
        level: if script || is_fetch || is_stream || is_ended { Level::Note } else { Level::Warning },
        message,
        primary: Label { location: program.location(owner.file, call_span(facts, call)), text: "waits".to_string() },
        related: Vec::new(),
        flow: Vec::new(),
        help: Some(help(facts, &called, fact).to_string()),
        subject: format!("{} {called}", program.qualified_name(owner)),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}

fn help(facts: &FileFacts, called: &str, fact: &WaitFact) -> &'static str {
    match facts.language.family() {
        Family::Python if fact.client => "give it `timeout=` in seconds",
        Family::Python => "give it `timeout=` in seconds, or call through one client that does",
        Family::TypeScript if called.contains("fetch") => "give it `signal: AbortSignal.timeout(ms)`, or call through one client that does",
        Family::TypeScript => {
            "give it `timeout` in milliseconds, or make one client with `axios.create({ timeout })` or the like and use that"
        }
        Family::Rust => "build the client with `Client::builder().timeout(…)`, once, and share it",
    }
}
