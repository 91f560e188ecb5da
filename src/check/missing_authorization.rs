//! `missing-authorization`: a route without the guard that the routes beside it have.
//!
//! The deviation is the evidence: in a router, a class or a folder of route files most routes ask who the client is, and this one, which writes, does
//! not. Where most routes are open, nothing is said. Logins, callbacks, signed webhooks, documentation and whatever is marked as public
//! are open on purpose.

use std::collections::BTreeMap;

use super::Context;
use super::guards::{Evidence, Guards, Purpose, may_guard_itself, says_public};
use super::handlers::{Handler, handler_name, handlers, package, route_text};
use super::sensitive::parts;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::ApiFact;
use crate::model::program::{Api, Program};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::FileId;
use crate::rulebook::vocabulary::vocabulary;

const RULE: &str = "missing-authorization";

/// Fewest guarded neighbours that make a habit.
const FEWEST: usize = 3;

/// Finds routes that stand open among guarded ones.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let guards = Guards::new(program, Purpose::Guard);
    let all = handlers(context);
    let mut covered: BTreeMap<Option<usize>, bool> = BTreeMap::new();
    let mut groups: BTreeMap<String, Vec<&Handler>> = BTreeMap::new();
    for handler in all.iter().filter(|handler| handler.route.is_some()) {
        let package = package(program, handler.function);
        let is_covered = *covered.entry(package).or_insert_with(|| guards.everywhere(&files(program, package)).is_some());
        if !is_covered && !is_public(program, handler) {
            groups.entry(group(program, handler)).or_default().push(handler);
        }
    }
    let mut findings = Vec::new();
    for handlers in groups.values().filter(|handlers| handlers.len() > FEWEST) {
        let evidence: Vec<Option<Evidence>> = handlers.iter().map(|handler| guards.of(handler)).collect();
        // What a handler's code looks like (an error that is mapped to 403) makes no habit; guards that can be pointed at do.
        let pointed = evidence.iter().flatten().filter(|evidence| !evidence.in_code).count();
        let guarded = evidence.iter().flatten().count();
        let open: Vec<&Handler> =
            handlers.iter().zip(&evidence).filter(|(_, evidence)| evidence.is_none()).map(|(handler, _)| *handler).collect();
        // Three of four have it, and what has not is the exception.
        if pointed < FEWEST || open.len() * 4 > handlers.len() {
            continue;
        }
        let example = evidence.iter().flatten().find(|evidence| !evidence.in_code);
        findings.extend(
            open.into_iter()
                .filter(|handler| is_protected_work(handler) && !may_guard_itself(program, handler))
                .filter(|handler| !only_computes(context, handler))
                .map(|handler| finding(program, handler, guarded, handlers.len(), example)),
        );
    }
    findings
}

/// The files of a package, without tests.
pub(super) fn files(program: &Program, wanted: Option<usize>) -> Vec<FileId> {
    let module = |file: FileId| GlobalDef { file, def: DefId::MODULE };
    (0..program.facts.len() as u32)
        .map(FileId)
        .filter(|&file| package(program, module(file)) == wanted && !program.is(module(file), Role::Test))
        .collect()
}

/// Routes that belong together: those of one file; of route files (Next.js), those of one folder below `api`.
fn group(program: &Program, handler: &Handler) -> String {
    let path = program.path(handler.function.file).to_string();
    let is_file_route = handler.route.is_some_and(|route| route.framework == "nextjs");
    match (is_file_route, path.find("/api/")) {
        (true, Some(at)) => {
            let below = &path[at + 5..];
            let folder = below.split('/').next().unwrap_or_default();
            format!("{}{folder}", &path[..at + 5])
        }
        _ => path,
    }
}

/// Work that is not for everybody: it writes.
fn is_protected_work(handler: &Handler) -> bool {
    let Some(route) = handler.route else { return false };
    route.methods.iter().any(|method| matches!(method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE"))
}

/// A limiter stands before it, and it asks no database and waits for nothing: a price is worked out, a text is checked, for whoever asks.
fn only_computes(context: &Context, handler: &Handler) -> bool {
    let program = context.program;
    let is_silent = |&part: &GlobalDef| {
        let facts = program.file(part.file);
        let is_wait = |node: NodeId| matches!(facts.arena.kind(node), NodeKind::Await(_));
        !facts.def(part.def).body.is_some_and(|body| facts.arena.any(body, is_wait))
            && context.summaries.of(part).is_none_or(|known| known.queries.is_empty() && known.reaches.is_empty())
    };
    program.def(handler.function).flags.has(DefFlags::ASYNC)
        && handler.code.iter().all(is_silent)
        && Guards::new(program, Purpose::Limit).of(handler).is_some_and(|evidence| !evidence.in_code)
}

/// Open on purpose: by the path, the name, or a marker.
fn is_public(program: &Program, handler: &Handler) -> bool {
    let facts = program.file(handler.function.file);
    let route = handler.route.and_then(|route| route.path.as_deref()).unwrap_or_default();
    let name = program.spoken_name(handler.function).to_string();
    let file = program.path(handler.function.file);
    let by_name = [route, &name, file]
        .iter()
        .any(|text| parts(&text.replace(['/', '.', '[', ']'], "_")).iter().any(|word| vocabulary().access.open.has(word)));
    // `POST /users` is how an account is made.
    let registers = handler.route.is_some_and(|route| {
        route.methods.iter().any(|method| method == "POST")
            && matches!(route.path.as_deref().map(|path| path.trim_matches('/')), Some("users" | "user" | "accounts" | "api/users" | ""))
    }) && parts(&format!("{name}_{}", file.replace('/', "_")))
        .iter()
        .any(|word| matches!(word.as_str(), "user" | "users" | "account" | "accounts"));
    let mut at = handler.function.def;
    let mut marked = false;
    for _ in 0..8 {
        let def = facts.def(at);
        marked |=
            def.decorators.iter().any(|&decorator| says_public(facts, decorator) || is_marker(program, handler.function.file, decorator));
        marked |= facts.definitions().any(|(_, member)| {
            member.parent == at
                && facts.text(member.name) == "permission_classes"
                && member.value.is_some_and(|value| says_public(facts, value) || is_marker(program, handler.function.file, value))
        });
        if at == DefId::MODULE {
            break;
        }
        at = def.parent;
    }
    // A limiter of sign-ups stands before it: nobody can be logged in yet.
    let limited = handler.route.is_some_and(|route| {
        route.guards.iter().map(|guard| parts(guard)).any(|words| {
            words.iter().any(|word| vocabulary().access.limits.has(word))
                && words.iter().any(|word| vocabulary().access.signing_up.has(word))
        })
    });
    by_name || registers || marked || limited
}

/// What a framework knows as the mark of routes open to everybody, also under another name: the decorator, or what it is given.
fn is_marker(program: &Program, file: FileId, mark: NodeId) -> bool {
    let facts = program.file(file);
    let is_public = |api: Option<&Api>| api.is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::PublicRoute));
    let mut found = is_public(program.called_api(file, mark));
    facts.arena.walk_while(mark, |node| {
        found =
            found || matches!(facts.arena.kind(node), NodeKind::Name(_) | NodeKind::Member { .. }) && is_public(program.api(file, node));
        !found
    });
    found
}

fn finding(program: &Program, handler: &Handler, guarded: usize, all: usize, example: Option<&Evidence>) -> Finding {
    let name = handler_name(program, handler.function);
    // One that was forgotten stands alone; several may have been left open.
    let is_alone = guarded + 1 >= all;
    let mut related: Vec<Label> = example
        .map(|evidence| Label { location: evidence.place.clone(), text: format!("guards a route beside it: `{}`", evidence.what) })
        .into_iter()
        .collect();
    related.extend(handler.route.map(|route| Label { location: route.place.clone(), text: "the route".to_string() }));
    Finding {
        rule: RULE.into(),
        level: if is_alone { Level::Warning } else { Level::Note },
        message: format!(
            "`{name}`{} asks nobody who they are, as {guarded} of the {all} routes beside it do{}",
            route_text(handler.route),
            if is_alone { "" } else { "; fine if they are all meant to be open" }
        ),
        primary: Label { location: program.name_location(handler.function), text: "open to everybody".to_string() },
        related,
        flow: Vec::new(),
        help: Some("give it the guard that the others have; if it is meant to be open, mark it so where the framework has a marker, or say so with a suppression".to_string()),
        subject: program.qualified_name(handler.function),
        fingerprint: String::new(),
        confidence: Confidence::Medium,
        redact: Vec::new(),
    }
}
