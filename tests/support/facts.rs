//! What a linked program knows at each line, in the words of the framework files.
#![allow(clippy::iter_over_hash_type, reason = "everything goes into sorted maps")]

use std::collections::{BTreeMap, BTreeSet, HashSet};

use archcheck::model::body::{CallForm, NodeId, NodeKind};
use archcheck::model::facts::{FileFacts, ImportKind, Param};
use archcheck::model::knowledge::{Access, ApiFact, ArgumentRef, SinkKind, SourceKind};
use archcheck::model::program::{Api, Program, Value};
use archcheck::model::role::Strength;
use archcheck::model::source::FileId;

use super::Checked;

/// Path and one-based line → facts: `query read User`, `route GET /x -> f`, `sink sql`, `sanitizer sql`, `source request`,
/// `role model`, `names shop.urls` (a text that names something of the project), and the plain facts by their key (`transaction`, `commit`, `cached` …).
///
/// A query stands at the name of the method that runs it, a route at its registration, a role at the name of its definition.
/// SQL sinks that are given a built statement instead of text are left out, and so are the roles of handlers.
pub fn found(checked: &Checked) -> BTreeMap<(String, u32), BTreeSet<String>> {
    let (program, summaries) = checked.linked();
    let mut out = Lines { checked, found: BTreeMap::new() };
    for (at, facts) in checked.facts.iter().enumerate() {
        let file = FileId(at as u32);
        out.apis(&program, file, facts);
        for (_, def) in facts.definitions() {
            for param in def.params.iter().filter(|param| from_request(&program, file, facts, param)) {
                out.add(file, param.span.start, "source request".to_string());
            }
        }
    }
    for (function, summary) in &summaries.by_function {
        let facts = program.file(function.file);
        for query in &summary.queries {
            let table = query.table.as_ref().map(|table| format!(" {table}")).unwrap_or_default();
            let access = match query.access {
                Access::Read => "read",
                Access::Write => "write",
                Access::Sql => "sql",
            };
            out.add(function.file, place(facts, query.site), format!("query {access}{table}"));
        }
    }
    for edge in program.imports.iter().filter(|edge| edge.kind == ImportKind::String) {
        let named = edge.definition.map_or_else(|| "nothing".to_string(), |def| program.qualified_name(def));
        out.add(edge.from, edge.span.start, format!("names {named}"));
    }
    for route in &program.routes {
        let path = route.path.as_ref().map(|path| format!(" {path}")).unwrap_or_default();
        let name = program.name(route.handler);
        let file = program.project.files.iter().position(|file| file.path == route.place.path).unwrap();
        out.add(FileId(file as u32), route.place.span.start, format!("route {}{path} -> {name}", route.methods.join(",")));
    }
    for (def, evidence) in &program.def_roles {
        let is_impl = program.def(*def).kind == archcheck::model::facts::DefKind::Impl;
        if evidence.strength == Strength::Framework && !is_impl && !evidence.reason.starts_with("handles a route") {
            out.add(def.file, program.def(*def).name_span.start, format!("role {}", evidence.role.name()));
        }
    }
    out.found
}

struct Lines<'a> {
    checked: &'a Checked,
    found: BTreeMap<(String, u32), BTreeSet<String>>,
}

impl Lines<'_> {
    fn add(&mut self, file: FileId, offset: u32, fact: String) {
        let path = self.checked.project.files[file.index()].path.to_string();
        let line = self.checked.lines[file.index()].line(offset) + 1;
        self.found.entry((path, line)).or_default().insert(fact);
    }

    /// Facts of the APIs that are called, and of those that are read or decorate.
    fn apis(&mut self, program: &Program, file: FileId, facts: &FileFacts) {
        let mut called: HashSet<NodeId> = HashSet::new();
        for node in facts.arena.ids() {
            let NodeKind::Call { callee, args, form } = facts.arena.kind(node) else { continue };
            called.insert(callee);
            if let NodeKind::Apply { base, .. } = facts.arena.kind(callee) {
                called.insert(base);
            }
            if form == CallForm::Pattern {
                continue;
            }
            let Some(api) = program.called_api(file, node) else { continue };
            let args: Vec<NodeId> = facts.arena.list(args).collect();
            for (fact, _) in program.facts_of(api) {
                let word = match fact {
                    ApiFact::Sink { kind, argument, built: false, .. } if is_text(program, file, facts, &args, argument) => {
                        format!("sink {}", sink(*kind))
                    }
                    _ => continue,
                };
                self.add(file, place(facts, node), word);
            }
            self.plain(program, file, api, place(facts, node));
        }
        let decorators: HashSet<NodeId> = facts.definitions().flat_map(|(_, def)| def.decorators.iter().copied()).collect();
        for node in facts.arena.ids().filter(|node| !called.contains(node)) {
            let (NodeKind::Name(name) | NodeKind::Member { name, .. }) = facts.arena.kind(node) else { continue };
            let Some(api) = program.api(file, node) else { continue };
            let offset = facts.arena.span(node).end - 1;
            if decorators.contains(&node) {
                self.plain(program, file, api, offset);
            }
            // Reading means something only for sources; and a variable that holds the value is not the API itself.
            if api.path.rsplit(['.', '/']).next() == Some(facts.text(name)) {
                for (fact, _) in program.facts_of(api) {
                    if let ApiFact::Source(kind) = fact {
                        self.add(file, offset, source(*kind).to_string());
                    }
                }
            }
        }
    }

    fn plain(&mut self, program: &Program, file: FileId, api: &Api, offset: u32) {
        for (fact, _) in program.facts_of(api) {
            let word = match fact {
                ApiFact::Source(kind) => source(*kind),
                ApiFact::Sanitizer(kind) => &format!("sanitizer {}", sink(*kind)),
                ApiFact::Transaction => "transaction",
                ApiFact::Commit => "commit",
                ApiFact::SavesModel => "saves-model",
                ApiFact::Evaluates => "evaluates",
                ApiFact::Blocking => "blocking",
                ApiFact::BlocksOnFiles => "blocks-on-files",
                ApiFact::BlocksBriefly => "blocks-briefly",
                ApiFact::Outgoing => "outgoing",
                ApiFact::SendsMail => "sends-mail",
                ApiFact::Publishes => "publishes",
                ApiFact::Makes(kind) => &format!("makes {}", word(kind)),
                ApiFact::Concurrent(runs) => &format!("concurrent {}", word(runs)),
                ApiFact::Address { service, .. } => &format!("address {}", word(service)),
                ApiFact::Iterates => "iterates",
                ApiFact::CallsArgument => "calls-argument",
                ApiFact::NeverReturns => "never-returns",
                ApiFact::RunsElsewhere => "runs-elsewhere",
                ApiFact::Cached => "cached",
                ApiFact::Validator => "validator",
                ApiFact::EagerLoad => "eager-load",
                ApiFact::FastHash => "fast-hash",
                ApiFact::WeakPasswordHash => "weak-password-hash",
                ApiFact::PasswordHash => "password-hash",
                ApiFact::Cost { minimum, .. } => &format!("cost {minimum}"),
                ApiFact::ErrorText => "error-text",
                ApiFact::RateLimit => "rate-limit",
                ApiFact::Guard => "guard",
                ApiFact::PublicRoute => "public-route",
                ApiFact::WeakRandom => "weak-random",
                _ => continue,
            };
            self.add(file, offset, word.to_string());
        }
    }
}

/// A choice as the files write it: `AfterResponse` is `after-response`.
fn word(choice: &impl std::fmt::Debug) -> String {
    let mut out = String::new();
    for c in format!("{choice:?}").chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn source(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Request => "source request",
        SourceKind::Outside => "source outside",
    }
}

fn sink(kind: SinkKind) -> &'static str {
    match kind {
        SinkKind::Sql => "sql",
        SinkKind::NoSql => "no-sql",
        SinkKind::Command => "command",
        SinkKind::Path => "path",
        SinkKind::Log => "log",
        SinkKind::Response => "response",
    }
}

/// Where a call is said to stand: at the end of its callee, which in a chain is the method's name.
fn place(facts: &FileFacts, call: NodeId) -> u32 {
    match facts.arena.kind(call) {
        NodeKind::Call { callee, .. } => facts.arena.span(callee).end - 1,
        _ => facts.arena.span(call).start,
    }
}

/// True when the argument is there and is not something a library made (`text(…)`, `select(…)`).
fn is_text(program: &Program, file: FileId, facts: &FileFacts, args: &[NodeId], argument: &ArgumentRef) -> bool {
    let node = match argument {
        ArgumentRef::Position(at) => {
            args.get(*at as usize).copied().filter(|&node| !matches!(facts.arena.kind(node), NodeKind::Argument { .. }))
        }
        ArgumentRef::Name(name) => match name.split_once('.') {
            Some((_, key)) => args.first().and_then(|&object| match facts.arena.kind(object) {
                NodeKind::Collection { items, .. } => facts.arena.list(items).find_map(|item| match facts.arena.kind(item) {
                    NodeKind::Entry { key: own, value } if facts.string(own) == Some(key) => Some(value),
                    _ => None,
                }),
                _ => None,
            }),
            None => args.iter().find_map(|&node| match facts.arena.kind(node) {
                NodeKind::Argument { name: own, value } if facts.text(own) == name => Some(value),
                _ => None,
            }),
        },
    };
    node.is_some_and(|node| match program.value(file, node) {
        Value::Api { api, .. } => program.apis[api.0 as usize].path.starts_with("builtins."),
        _ => true,
    })
}

/// True when the parameter's type or one of its decorators makes it request data.
fn from_request(program: &Program, file: FileId, facts: &FileFacts, param: &Param) -> bool {
    let known = |path: &str| {
        let matches = program.knowledge.facts(path);
        matches.iter().any(|found| matches!(program.knowledge.entries[found.entry as usize].fact, ApiFact::ParameterSource(_)))
    };
    let typed = param.annotation.is_some_and(|annotation| {
        let base = match facts.arena.kind(annotation) {
            NodeKind::Apply { base, .. } => base,
            _ => annotation,
        };
        program.api(file, base).is_some_and(|api| known(api.path.trim_end_matches("()")))
    });
    typed
        || param.decorators.iter().any(|&decorator| {
            let api = program.called_api(file, decorator).or_else(|| program.api(file, decorator));
            api.is_some_and(|api| known(&api.path))
        })
}
