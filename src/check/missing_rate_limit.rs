//! `missing-rate-limit`: an endpoint for logins, registrations, resets or codes that may be called without end.
//!
//! The project's own habit decides: where limiters are used, an endpoint of this kind without one is a finding; where there is none at all, the
//! limit may stand at the gateway, and the package gets one note.

use std::collections::BTreeMap;

use super::Context;
use super::guards::{Evidence, Guards, Purpose};
use super::handlers::{Handler, handler_name, handlers, package, route_text};
use super::requests::has_fact;
use super::sensitive::parts;
use crate::model::body::NodeKind;
use crate::model::facts::{DefId, Name};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::{Access, ApiFact};
use crate::model::nesting::called_name;
use crate::model::program::{CallKind, Program, Resolution};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::FileId;
use crate::rulebook::vocabulary::{Words, api_names, vocabulary};

const RULE: &str = "missing-rate-limit";

/// Endpoints named with the note.
const MAX_PLACES: usize = 8;

/// Finds endpoints that can be tried without end.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let guards = Guards::new(program, Purpose::Limit);
    let known = Guards::new(program, Purpose::Guard);
    let handlers = handlers(context);
    let mut packages: BTreeMap<Option<usize>, Vec<&Handler>> = BTreeMap::new();
    for handler in handlers.iter().filter(|handler| handler.route.is_some()) {
        packages.entry(package(program, handler.function)).or_default().push(handler);
    }
    let mut findings = Vec::new();
    for (package, handlers) in packages {
        let endpoints: Vec<&Handler> = handlers.iter().copied().filter(|handler| is_tried(program, handler)).collect();
        if endpoints.is_empty() || guards.everywhere(&server_files(program, package)).is_some() {
            continue;
        }
        // That some handler's code knows of 429 may be about a service that it calls: no habit, but no reason to say there is none either.
        let evidence: Vec<Evidence> = handlers.iter().filter_map(|handler| guards.of(handler)).collect();
        let limited = evidence.iter().find(|evidence| !evidence.in_code);
        // Whoever gets there has shown who they are: a token for a machine, codes of a second factor are another matter.
        let is_inside = |handler: &Handler| {
            (is_for_more(handler) || acts_on_others(program, handler)) && known.of(handler).is_some_and(|evidence| !evidence.in_code)
        };
        let open: Vec<&Handler> = endpoints.iter().copied().filter(|handler| guards.of(handler).is_none() && !is_inside(handler)).collect();
        match limited {
            Some(evidence) => findings.extend(open.iter().map(|handler| {
                finding(
                    program,
                    handler,
                    Some(Label { location: evidence.place.clone(), text: format!("limits another route: `{}`", evidence.what) }),
                )
            })),
            None if context.settings.strict() => findings.extend(open.iter().map(|handler| finding(program, handler, None))),
            None if evidence.is_empty() => findings.extend(note(program, &open)),
            None => {}
        }
    }
    findings
}

/// It gives out tokens: `POST /token`.
fn is_for_token(handler: &Handler) -> bool {
    let path = handler.route.and_then(|route| route.path.as_deref()).unwrap_or_default();
    path.trim_end_matches('/').ends_with("/token")
}

/// The files of a package that run in the server.
fn server_files(program: &Program, wanted: Option<usize>) -> Vec<FileId> {
    (0..program.facts.len() as u32)
        .map(FileId)
        .filter(|&file| {
            let module = GlobalDef { file, def: crate::model::facts::DefId::MODULE };
            package(program, module) == wanted
                && !program.is(module, Role::Test)
                && !program.is(module, Role::Frontend)
                && !program.is(module, Role::Script)
        })
        .collect()
}

/// Endpoints at which passwords and codes are tried: by path and name, or because they compare a password.
fn is_tried(program: &Program, handler: &Handler) -> bool {
    let Some(route) = handler.route else { return false };
    let takes = |method: &String| matches!(method.as_str(), "POST" | "PUT" | "PATCH" | "*");
    if !route.methods.iter().any(takes) {
        return false;
    }
    let path = route.path.as_deref().unwrap_or_default().to_ascii_lowercase().replace(['_', '-'], "");
    let last = path.trim_end_matches('/').rsplit('/').find(|part| !part.starts_with([':', '{', '<', '['])).unwrap_or_default().to_string();
    let by_path = vocabulary().attempts.words.has(&last) || path.contains("login/") && last == "accesstoken";
    let name = parts(program.name(handler.function)).join("");
    let by_name = vocabulary().attempts.functions.has(&name);
    // `register` alone may take in anything: a patient, a device.
    let is_of_accounts =
        name != "register" || path.is_empty() || ["user", "auth", "account", "member"].iter().any(|word| path.contains(word));
    let registers_others = || (last == "register" || name == "register") && takes_no_credential(program, handler);
    (by_path || by_name && is_of_accounts) && !registers_others() && !leads_to_provider(program, handler)
        || compares_password(program, handler)
}

/// It sends whoever comes to another provider, `return await oauth.maps.authorize_redirect(request, uri)`, and takes nothing from them.
fn leads_to_provider(program: &Program, handler: &Handler) -> bool {
    let facts = program.file(handler.function.file);
    let Some(body) = facts.def(handler.function.def).body else { return false };
    let (mut leads, mut answers) = (0, 0);
    facts.arena.walk(body, |node| {
        let NodeKind::Return(Some(value)) = facts.arena.kind(node) else { return };
        let call = match facts.arena.kind(value) {
            NodeKind::Await(call) => call,
            _ => value,
        };
        answers += 1;
        leads += usize::from(called_name(facts, call).is_some_and(|name| api_names().answers.to_providers.has(name)));
    });
    answers > 0 && leads == answers
}

/// It writes rows of something else than accounts itself, and names nothing that is kept secret: an address, the line of a cart is registered.
fn takes_no_credential(program: &Program, handler: &Handler) -> bool {
    let mut writes = handler.queries.iter().filter(|query| query.access == Access::Write).peekable();
    let is_of_people = |text: &str| parts(text).iter().any(|word| vocabulary().hashes.accounts.has(word));
    writes.peek().is_some()
        && writes.all(|query| query.table.as_deref().is_some_and(|table| !is_of_people(table)))
        && !handler.route.and_then(|route| route.path.as_deref()).is_some_and(is_of_people)
        && !handler.code.iter().any(|&part| {
            let facts = program.file(part.file);
            let says = |name: Name| parts(facts.text(name)).iter().any(|word| vocabulary().attempts.secrets.has(word));
            let mut found = false;
            if let Some(body) = facts.def(part.def).body {
                facts.arena.walk(body, |node| {
                    found |= matches!(facts.arena.kind(node), NodeKind::Name(name) | NodeKind::Str(name) | NodeKind::Member { name, .. } if says(name));
                });
            }
            found
        })
}

fn compares_password(program: &Program, handler: &Handler) -> bool {
    let compares = |function: GlobalDef| {
        let facts = program.file(function.file);
        let Some(body) = facts.def(function.def).body else { return false };
        let mut found = false;
        facts.arena.walk(body, |node| {
            if matches!(facts.arena.kind(node), NodeKind::Call { .. })
                && has_fact(program, function.file, node, |fact| *fact == ApiFact::PasswordHash)
            {
                let name = called_name(facts, node).unwrap_or_default();
                found |= parts(name).iter().any(|word| api_names().hashing.compares.has(word)) || name == "compareSync";
            }
        });
        found
    };
    let is_login = parts(program.name(handler.function)).iter().any(|word| vocabulary().attempts.signs_in.has(word));
    is_login
        && handler.code.iter().any(|&part| {
            compares(part)
                || program
                    .calls_from(part)
                    .iter()
                    .any(|edge| edge.kind == CallKind::Call && edge.resolution != Resolution::NameOnly && compares(edge.callee))
        })
}

/// What somebody asks for who is in already: a token for a machine, the code of a second step, something else to be
/// registered. A password is tried by whoever took a session over, too.
fn is_for_more(handler: &Handler) -> bool {
    let path = handler.route.and_then(|route| route.path.as_deref()).unwrap_or_default().to_ascii_lowercase().replace(['_', '-'], "");
    // Nobody who is in signs up: an advertisement, a device, somebody else is registered.
    let registers = path.trim_end_matches('/').ends_with("/register");
    is_for_token(handler) || registers || path.split('/').any(|part| part.contains("sendotp") || part.contains("resend"))
}

/// What an administrator does to somebody else's account, named by the row's key: `UserAdminViewSet.reset_password(self, request, pk)`.
fn acts_on_others(program: &Program, handler: &Handler) -> bool {
    let facts = program.file(handler.function.file);
    let def = facts.def(handler.function.def);
    let class = facts.text(facts.def(def.parent).name);
    def.parent != DefId::MODULE
        && vocabulary().audience.administrators.in_name(class)
        && def.params.iter().any(|param| param.name.is_some_and(|name| matches!(facts.text(name), "pk" | "id" | "user_id" | "userId")))
        && !parts(program.name(handler.function)).iter().any(|word| vocabulary().attempts.signs_in.has(word))
}

/// The login at another provider, whose codes nobody guesses: `/oauth/login/<provider>`.
fn is_for_provider(handler: &Handler) -> bool {
    let path = handler.route.and_then(|route| route.path.as_deref()).unwrap_or_default().to_ascii_lowercase();
    path.split('/').any(|part| vocabulary().attempts.providers.has(part) || part.trim_matches([':', '{', '}', '<', '>']) == "provider")
}

/// What is to be guessed is a long token that was sent by mail: `/reset-password/:guid`, `request.args.get("token")`. A code of six digits is none.
fn shows_token(program: &Program, handler: &Handler) -> bool {
    let path = handler.route.and_then(|route| route.path.as_deref()).unwrap_or_default().to_ascii_lowercase();
    let says = |text: &str, wanted: &Words| parts(&text.replace(['/', '.', '-'], "_")).iter().any(|word| wanted.has(word));
    let consumes = |text: &str| says(text, &vocabulary().attempts.verifying);
    if !consumes(&path) && !consumes(program.name(handler.function)) || says(&path, &vocabulary().attempts.codes) {
        return false;
    }
    let is_parameter = |part: &str| part.starts_with([':', '{', '<', '[']);
    if path
        .split('/')
        .any(|part| is_parameter(part) && says(part.trim_matches([':', '{', '}', '<', '>', '[', ']']), &vocabulary().attempts.tokens))
    {
        return true;
    }
    handler.code.iter().any(|&part| {
        let facts = program.file(part.file);
        let Some(body) = facts.def(part.def).body else { return false };
        let mut found = false;
        facts.arena.walk_while(body, |node| {
            if let NodeKind::Name(name) | NodeKind::Str(name) = facts.arena.kind(node) {
                found = found || vocabulary().attempts.tokens.has(facts.text(name));
            }
            !found
        });
        found
    })
}

fn finding(program: &Program, handler: &Handler, habit: Option<Label>) -> Finding {
    let name = handler_name(program, handler.function);
    let mut related: Vec<Label> = habit.into_iter().collect();
    related.extend(handler.route.map(|route| Label { location: route.place.clone(), text: "the route".to_string() }));
    Finding {
        rule: RULE.into(),
        // Tokens are mostly given for something that cannot be guessed, and so are answers to another provider's code.
        level: if is_for_token(handler) || is_for_provider(handler) || shows_token(program, handler) { Level::Note } else { Level::Warning },
        message: format!("`{name}`{} may be tried without end: no limiter stands before it", route_text(handler.route)),
        primary: Label { location: program.name_location(handler.function), text: "no limit".to_string() },
        related,
        flow: Vec::new(),
        help: Some("limit attempts by client and by account (`slowapi`, `flask-limiter`, DRF throttles, `express-rate-limit`, `@nestjs/throttler`, `@fastify/rate-limit`, `tower_governor`)".to_string()),
        subject: program.qualified_name(handler.function),
        fingerprint: String::new(),
        confidence: Confidence::Medium,
        redact: Vec::new(),
    }
}

/// One note for a package that limits nothing.
fn note(program: &Program, open: &[&Handler]) -> Option<Finding> {
    // Where passwords are tried says most.
    let is_login = |handler: &&&Handler| {
        let path = handler.route.and_then(|route| route.path.as_deref()).unwrap_or_default();
        [path, program.name(handler.function)].iter().any(|text| {
            let words = parts(text);
            words.iter().any(|word| matches!(word.as_str(), "login" | "signin" | "logon")) || words.ends_with(&["token".to_string()])
        })
    };
    let first = open.iter().find(is_login).or_else(|| open.first())?;
    let mut note = finding(program, first, None);
    note.level = Level::Note;
    note.message = match open.len() {
        1 => format!(
            "`{}`{} may be tried without end: nothing in the project limits calls, unless the gateway does",
            handler_name(program, first.function),
            route_text(first.route)
        ),
        count => format!(
            "{count} endpoints such as `{}`{} may be tried without end: nothing in the project limits calls, unless the gateway does",
            handler_name(program, first.function),
            route_text(first.route)
        ),
    };
    note.related = open
        .iter()
        .filter(|handler| handler.function != first.function)
        .take(MAX_PLACES)
        .map(|handler| Label {
            location: program.name_location(handler.function),
            text: format!("`{}`{}", handler_name(program, handler.function), route_text(handler.route)),
        })
        .collect();
    note.subject = "no rate limit".to_string();
    Some(note)
}
