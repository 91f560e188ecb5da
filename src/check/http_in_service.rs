//! `http-in-service`: business logic or data access that speaks HTTP: it raises the web framework's exceptions with a status, or takes or
//! gives its request and response types.
//!
//! What the framework itself calls HTTP counts (`http-layer` in `rules/frameworks`), and an error of the project that is given its status where it
//! is raised; the project's `ConflictException` is a domain error, and a status enum of the standard library is neutral. What the framework calls for a handler (dependencies, guards, error
//! handlers) belongs to the HTTP layer wherever its file lies.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::Context;
use super::handlers::package;
use super::requests::{has_fact, named};
use super::rust_types::{converted_from, type_named};
use super::spelling::{call_span, spelled_callee};
use super::status_errors::raises_with_status;
use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, ImportItem, Param};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::{Access, ApiFact};
use crate::model::nesting::{Nesting, arguments, called_name, chain, last_name, spell};
use crate::model::program::{Api, CallKind, Program, Value};
use crate::model::role::{GlobalDef, Role, Strength};
use crate::model::source::{Family, FileId, Span};
use crate::rulebook::vocabulary::{Words, api_names, vocabulary};

const RULE: &str = "http-in-service";

/// Places named beside the first.
const MAX_PLACES: usize = 12;
/// Further exceptions of one function that get a note of their own.
const MAX_RAISES: usize = 12;

/// Classes looked at from an exception to the one it extends.
const MAX_BASES: usize = 4;

/// Most functions that get a note of their own where HTTP below the handlers is the rule.
const MAX_NOTES: usize = 96;

/// From how many functions on a package is said to speak HTTP below its handlers as a rule, if hardly any function there does without.
const MANY: usize = 15;

/// One function that speaks HTTP, with the places.
struct Speaker {
    function: GlobalDef,
    places: Vec<(Span, String, What)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Raises,
    Makes,
    /// Where there is a request: it works without one, too.
    Asks,
    Takes,
    Gives,
}

impl What {
    fn verb(self) -> &'static str {
        match self {
            What::Raises => "raises",
            What::Makes | What::Asks => "uses",
            What::Takes => "takes",
            What::Gives => "gives",
        }
    }
}

/// Finds services, repositories and models that speak HTTP.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let called_by_framework = of_http_layer(context);
    let mut packages: BTreeMap<Option<usize>, (Vec<Speaker>, usize)> = BTreeMap::new();
    for (function, places) in context.in_files(RULE, called_by_framework, in_file) {
        if is_wrapper(program, function) && !works_on_data(context, function) {
            continue;
        }
        let (speakers, silent) = packages.entry(package(program, function)).or_default();
        if places.is_empty() {
            *silent += 1;
        } else {
            add(program, speakers, function, places);
        }
    }
    let mut findings = Vec::new();
    for (speakers, silent) in packages.values() {
        if speakers.len() >= MANY && silent * 4 <= speakers.len() && !context.settings.strict() {
            findings.extend(note(program, speakers));
            findings.extend(notes_beside(context, speakers));
        } else {
            findings.extend(speakers.iter().filter_map(|speaker| finding(context, speaker)));
        }
        findings.extend(further_raises(context, speakers).take(2 * MAX_NOTES));
    }
    findings
}

/// Where a function speaks HTTP, in what words, and how.
type Places = Vec<(Span, String, What)>;

/// Functions below the layer of HTTP with the places at which they speak it, and those with none that raise errors of the project's own.
fn in_file(context: &Context, called_by_framework: &FxHashSet<GlobalDef>, file: FileId) -> Vec<(GlobalDef, Places)> {
    let program = context.program;
    let asking = asking(context, file);
    let below = program.functions_of(file).filter_map(|function| {
        let is_layer = is_below(program, function);
        let is_outside = called_by_framework.contains(&program.outermost(function)) || maps_error(program, program.outermost(function));
        (!is_outside && (is_layer || is_below_by_content(program, &asking, function))).then_some((function, is_layer))
    });
    let places = below.map(|(function, is_layer)| {
        let (mut places, raises_own) = places(program, function);
        if !is_layer {
            places.retain(|place| place.2 == What::Raises);
        }
        (function, (places, raises_own && is_layer))
    });
    places.filter(|(_, (places, raises_own))| *raises_own || !places.is_empty()).map(|(function, (places, _))| (function, places)).collect()
}

/// Rust: `impl From<OrderError> for StatusCode` is where the project's own errors become HTTP, and has to stand in the crate of one of the two.
fn maps_error(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    if facts.language.family() != Family::Rust || program.name(function) != "from" {
        return false;
    }
    let block = facts.def(program.def(function).parent);
    let [made, seam] = block.bases[..] else { return false };
    block.kind == DefKind::Impl
        && http_type(program, function.file, made).is_some()
        && converted_from(facts, seam).is_some_and(|failure| type_named(program, function.file, failure).is_some())
}

/// A closure's places belong to the function people know.
fn add(program: &Program, speakers: &mut Vec<Speaker>, function: GlobalDef, places: Places) {
    let owner = named(program, function);
    match speakers.iter_mut().find(|speaker| speaker.function == owner) {
        Some(speaker) => speaker.places.extend(places),
        None => speakers.push(Speaker { function: owner, places }),
    }
}

/// What the framework calls on a handler's behalf: dependencies, and what decorators and registrations make middleware.
fn of_http_layer(context: &Context) -> FxHashSet<GlobalDef> {
    let program = context.program;
    let is_router = |id: GlobalDef| program.role(id).is_some_and(|evidence| matches!(evidence.role, Role::Router | Role::Middleware));
    let mut found: FxHashSet<GlobalDef> = program
        .calls
        .iter()
        .filter(|edge| edge.kind == CallKind::Implicit && is_router(edge.caller))
        .map(|edge| program.outermost(edge.callee))
        .collect();
    found.extend(program.routes.iter().map(|route| route.handler));
    found.extend(context.in_files("http-in-service: dependencies", (), dependencies));
    found
}

/// `Depends(get_db)`, wherever it stands.
fn dependencies(context: &Context, (): &(), file: FileId) -> Vec<GlobalDef> {
    let program = context.program;
    let facts = program.file(file);
    let mut found = Vec::new();
    if facts.language.family() != Family::Python {
        return found;
    }
    for call in facts.arena.ids().filter(|&node| matches!(facts.arena.kind(node), NodeKind::Call { .. })) {
        if has_fact(program, file, call, |fact| *fact == ApiFact::TakesGuards) {
            found.extend(arguments(facts, call).filter_map(|argument| match program.value(file, argument) {
                Value::Def(def) | Value::Method { method: def, .. } => Some(program.outermost(def)),
                _ => None,
            }));
        }
    }
    found
}

/// What may stand around a handler by its shape: a function that is given the request, the response and what comes next, or the inner function of a
/// decorator (`@wraps(f)`). Handlers whose work was moved whole have the same shape.
fn is_wrapper(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    let def = facts.def(function.def);
    if facts.language.family() == Family::Python {
        let wraps = |link: NodeId| last_name(facts, link).is_some_and(|name| facts.text(name) == "wraps");
        return def.decorators.iter().any(|&decorator| chain(facts, decorator).any(wraps));
    }
    let of_http = |param: &&Param| param.annotation.is_some_and(|annotation| http_type(program, function.file, annotation).is_some());
    let goes_on = |param: &Param| param.name.is_some_and(|name| facts.text(name).trim_start_matches('_') == "next");
    facts.language.family() == Family::TypeScript && def.params.iter().any(goes_on) && def.params.iter().filter(of_http).count() > 1
}

/// The method of a class that extends one of a library: what it takes is what the library gives it.
fn is_prescribed(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    let class = facts.def(function.def).parent;
    class != DefId::MODULE
        && facts.def(class).kind == DefKind::Class
        && facts.def(class).bases.iter().any(|&base| matches!(program.value(function.file, base), Value::Api { .. }))
}

/// A part of a handler, in a folder of such or in a class that is called a controller: another one hands it the request and the response whole.
fn is_handed_both(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    let class = facts.def(program.outermost(function).def).parent;
    let is_controller = class != DefId::MODULE && facts.text(facts.def(class).name).ends_with("Controller");
    if facts.language.family() == Family::Python {
        let takes_request = |param: &Param| param.name.is_some_and(|name| facts.text(name) == "request");
        // One that is given requests in some of its methods is of HTTP in all of them.
        return is_controller
            && facts.definitions().any(|(_, def)| def.parent == class && def.params.iter().any(takes_request))
            && program.path(function.file).split('/').any(|folder| matches!(folder, "controllers" | "handlers"));
    }
    facts.language.family() == Family::TypeScript
        && (is_controller || program.path(function.file).split('/').any(|folder| matches!(folder, "controllers" | "handlers")))
        && facts
            .def(program.outermost(function).def)
            .params
            .iter()
            .filter(|param| param.annotation.is_some_and(|annotation| http_type(program, function.file, annotation).is_some()))
            .count()
            > 1
}

fn is_below(program: &Program, function: GlobalDef) -> bool {
    const OUT: &[Role] = &[Role::Test, Role::Migration, Role::Script, Role::Frontend, Role::Composition, Role::Middleware, Role::Schema];
    let Some(evidence) = program.role(function) else { return false };
    let is_layer = matches!(evidence.role, Role::Service | Role::Repository | Role::Model);
    // A folder's name alone is no proof where the file holds handlers or middleware, too.
    let holds_handlers =
        || program.file_roles[function.file.index()].iter().any(|other| other.role == Role::Router && other.strength >= Strength::Content);
    let is_mixed = evidence.strength <= Strength::Name && (holds_handlers() || is_named_like_routes(program, function.file));
    is_layer
        && !is_mixed
        && !is_among_routes(program, function)
        && function.def != DefId::MODULE
        && !OUT.iter().any(|&role| program.is(function, role))
        && !maps_errors(program, function)
        && !is_handed_both(program, function)
        && !is_layer_of_server(program, function)
        && !is_adapter(program, function)
}

/// Functions of a Python file that ask a database, and the classes that they are methods of.
fn asking(context: &Context, file: FileId) -> FxHashSet<DefId> {
    let facts = context.program.file(file);
    if facts.language.family() != Family::Python {
        return FxHashSet::default();
    }
    let asks = |def: DefId| {
        let known = context.summaries.of(GlobalDef { file, def });
        known.is_some_and(|known| !known.queries.is_empty() || !known.reaches.is_empty())
    };
    let asking = facts.definitions().filter(|(def, _)| asks(*def));
    asking.flat_map(|(def, own)| [Some(def), (facts.def(own.parent).kind == DefKind::Class).then_some(own.parent)]).flatten().collect()
}

/// Python: a function that no name or folder gives a layer, but that asks a database or is a method of a class that does, in a file without routes: what
/// handlers call to get at data. What asks who the client is belongs to HTTP wherever it lies.
fn is_below_by_content(program: &Program, asking: &FxHashSet<DefId>, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    let def = facts.def(function.def);
    if facts.language.family() != Family::Python
        || program.role(function).is_some_and(|evidence| evidence.role != Role::Config)
        || !matches!(def.kind, DefKind::Function | DefKind::Method)
        || program.outermost(function) != function
        || def.flags.has(DefFlags::TEST)
        || crate::model::words::words(facts.text(def.name)).iter().any(|word| vocabulary().http.guards.has(word))
        || def.params.iter().any(|param| param.name.is_some_and(|name| vocabulary().http.requests.has(facts.text(name))))
        || program.file_roles[function.file.index()].iter().any(|evidence| evidence.role != Role::Config)
        || maps_errors(program, function)
        || is_among_routes(program, function)
        || is_prescribed(program, function)
    {
        return false;
    }
    asking.contains(&function.def) || asking.contains(&def.parent)
}

/// The file has the name under which a framework looks for handlers, whatever they are wrapped in: `route.ts` in a folder `models`.
fn is_named_like_routes(program: &Program, file: FileId) -> bool {
    let name = program.path(file).rsplit('/').next().unwrap_or_default();
    program.knowledge.file_routes.iter().flat_map(|rule| &rule.files).any(|pattern| {
        let wanted = pattern.rsplit('/').next().and_then(|last| last.split(['{', '*', '[']).next()).unwrap_or_default();
        wanted.len() > 1 && name.starts_with(wanted)
    })
}

/// What makes a type of the project one that the web framework takes or gives: `impl IntoResponse for UserError`, `impl FromRequest for User`.
/// The trait is the seam between HTTP and the rest, wherever it is implemented.
fn is_adapter(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    let block = facts.def(facts.def(program.outermost(function).def).parent);
    block.kind == DefKind::Impl && block.bases.get(1).is_some_and(|&seam| http_type(program, function.file, seam).is_some())
}

/// In Rust `Service` is also what servers call each of their layers: `impl tower::Service<Request> for SessionService`.
fn is_layer_of_server(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    facts.language.family() == Family::Rust
        && program.role(function).is_some_and(|evidence| evidence.strength <= Strength::Name)
        && facts.definitions().any(|(_, def)| {
            def.kind == DefKind::Impl
                && def.bases.get(1).is_some_and(|&base| {
                    let base = match facts.arena.kind(base) {
                        NodeKind::Apply { base, .. } => base,
                        _ => base,
                    };
                    // `impl LogsService for OtlpLogsService`, where the trait was made from a description of the service: it is the server.
                    let is_made = |name: &str| name.ends_with("Service") && !matches!(program.value(function.file, base), Value::Def(_));
                    last_name(facts, base)
                        .map(|name| facts.text(name))
                        .is_some_and(|name| matches!(name, "Layer" | "Transform") || is_made(name) || name == "Service")
                })
        })
}

/// The folder it lies in is that of the routes: what they share there is theirs, whatever it is called.
fn is_among_routes(program: &Program, function: GlobalDef) -> bool {
    let path = program.path(function.file);
    if path.contains("pages/api/") {
        return true;
    }
    // Unless its own name says what it is: `routes/orders/orders.service.ts`.
    let file = path.rsplit('/').next().unwrap_or(path);
    if file.split('.').rev().nth(1).is_some_and(|suffix| vocabulary().http.suffixes_below.has(suffix)) && file.matches('.').count() > 1 {
        return false;
    }
    let last = |names: &Words| path.split('/').collect::<Vec<_>>().iter().rposition(|part| names.has(part));
    // A folder of controllers may be the service layer itself; a file in it that only has the name of a service is none.
    let stem = path.rsplit('/').next().and_then(|file| file.split('.').next());
    let controllers = stem.is_some_and(|name| vocabulary().http.files_below.has(name));
    let routes = last(&vocabulary().http.folders_of_routes).max(controllers.then(|| last(&vocabulary().http.controllers)).flatten());
    // Below the routes, a folder is called after what they are about: `routes/repositories/` serves those of Git.
    let by_folder = program.role(function).is_some_and(|evidence| evidence.strength == Strength::Folder);
    routes.is_some() && by_folder || routes > last(&vocabulary().http.folders_below)
}

/// A module for the project's exceptions, its responses, or for the request at hand: the HTTP layer by another name.
fn maps_errors(program: &Program, function: GlobalDef) -> bool {
    let path = program.path(function.file);
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.split('.').next().unwrap_or(file);
    let is_of_errors = folders.rsplit('/').next().is_some_and(|name| vocabulary().http.folders_of_errors.has(name));
    // `friend-request.service.ts`: what comes before the suffix is what the requests are, and none of HTTP.
    let suffix = file.rsplit('.').nth(1).filter(|_| file.matches('.').count() > 1);
    let said = if suffix.is_some_and(|suffix| vocabulary().http.suffixes_below.has(suffix)) { 1 } else { usize::MAX };
    is_of_errors || crate::model::words::words(stem).iter().take(said).any(|word| vocabulary().http.files_of_errors.has(word))
}

/// The places at which a function speaks HTTP, and whether it raises anything else.
fn places(program: &Program, function: GlobalDef) -> (Vec<(Span, String, What)>, bool) {
    let facts = program.file(function.file);
    let def = facts.def(function.def);
    let mut found = Vec::new();
    let mut raises_own = false;
    let prescribed = is_prescribed(program, function);
    // A parameter that is called `_request` is only there because a caller gives it.
    let is_used = |param: &&Param| !prescribed && !param.name.is_some_and(|name| facts.text(name).starts_with('_'));
    for param in def.params.iter().filter(is_used) {
        if let Some(annotation) = param.annotation
            && let Some(node) = http_type_of_param(program, function.file, annotation)
        {
            found.push((param.span, spell(facts, node), What::Takes));
        }
    }
    if let Some(annotation) = def.annotation
        && let Some(node) = http_type(program, function.file, annotation)
    {
        found.push((facts.arena.span(annotation), spell(facts, node), What::Gives));
    }
    let Some(body) = def.body else { return (found, false) };
    facts.arena.walk_while(body, |node| {
        match facts.arena.kind(node) {
            NodeKind::Raise(Some(value)) => {
                let callee = match facts.arena.kind(value) {
                    NodeKind::Call { callee, .. } => callee,
                    _ => value,
                };
                let speaks = speaks(program, function.file, callee)
                    || is_named_for_http(program, function.file, callee)
                    || raises_with_status(program, function.file, value);
                if speaks {
                    found.push((facts.arena.span(value), spell(facts, callee), What::Raises));
                    return false;
                }
                raises_own |= is_own_error(program, function.file, callee);
            }
            // What a letter says is made of a template, too.
            NodeKind::Call { callee, .. } if is_template_of_mail(program, function, callee) => {}
            NodeKind::Call { callee, form, .. } if form != CallForm::Pattern && speaks(program, function.file, callee) => {
                found.push((call_span(facts, node), spelled_callee(facts, node), What::Makes));
                return false;
            }
            NodeKind::Member { path: true, .. } if speaks(program, function.file, node) => {
                found.push((facts.arena.span(node), spell(facts, node), What::Makes));
                return false;
            }
            // The request of the thread: `request.headers`.
            NodeKind::Member { object, .. }
                if matches!(facts.arena.kind(object), NodeKind::Name(_))
                    && program.api(function.file, object).is_some_and(|api| !api.path.ends_with("()") && is_http(program, api)) =>
            {
                let is_optional = asks_for_request(facts, program.nesting(function.file), node, object);
                let what = if is_optional { What::Asks } else { What::Makes };
                found.push((facts.arena.span(node), spell(facts, node), what));
                return false;
            }
            _ => {}
        }
        true
    });
    found.dedup_by_key(|place| place.0);
    (found, raises_own)
}

/// `render_template(…)` in code about mail, by its name or path: the text is sent by other ways than HTTP.
fn is_template_of_mail(program: &Program, function: GlobalDef, callee: NodeId) -> bool {
    let facts = program.file(function.file);
    let about_mail = |text: &str| text.split(['/', '.']).any(|part| vocabulary().records.mail.in_name(part));
    last_name(facts, callee).is_some_and(|name| matches!(facts.text(name), "render_template" | "render_template_string"))
        && (about_mail(&program.short_name(named(program, function))) || about_mail(program.path(function.file)))
}

/// In a branch for where there is a request: `request.host_url if has_request_context() else None`, `if request: …`.
fn asks_for_request(facts: &FileFacts, nesting: &Nesting, node: NodeId, request: NodeId) -> bool {
    nesting.around(node).any(|inner| match nesting.parent(inner).map(|outer| facts.arena.kind(outer)) {
        Some(NodeKind::If { condition, then, .. }) if then == inner => {
            let mut asks = false;
            facts.arena.walk(condition, |at| {
                asks |= facts.arena.kind(at) == facts.arena.kind(request) && !is_member_of(facts, nesting, at)
                    || called_name(facts, at).is_some_and(|name| matches!(name, "has_request_context" | "has_app_context"));
            });
            asks
        }
        _ => false,
    })
}

fn is_member_of(facts: &FileFacts, nesting: &Nesting, node: NodeId) -> bool {
    nesting.parent(node).is_some_and(|parent| matches!(facts.arena.kind(parent), NodeKind::Member { .. }))
}

/// An error that says nothing of HTTP. In TypeScript only a class of the project is one: `Error` and what was caught tell of no habit.
fn is_own_error(program: &Program, file: FileId, raised: NodeId) -> bool {
    let class = match program.value(file, raised) {
        Value::Def(class) => class,
        _ => return program.file(file).language.family() != Family::TypeScript,
    };
    !program.def(class).bases.iter().any(|&base| speaks(program, class.file, base)) && !is_named_for_http(program, file, raised)
}

/// A class of the project that extends the framework's exception and is called after HTTP or one of its answers: `class HttpException extends HttpError`,
/// `class NotFoundException extends HTTPException`. In TypeScript it may be called anything, and stand several classes below.
fn is_named_for_http(program: &Program, file: FileId, raised: NodeId) -> bool {
    let Value::Def(mut class) = program.value(file, raised) else { return false };
    let def = program.def(class);
    if program.file(class.file).language.family() == Family::TypeScript {
        for _ in 0..MAX_BASES {
            let def = program.def(class);
            let Some(&base) = def.bases.first().filter(|_| def.kind == DefKind::Class) else { return false };
            match program.value(class.file, base) {
                Value::Def(own) => class = own,
                _ => return speaks(program, class.file, base),
            }
        }
        return false;
    }
    let name = program.name(class);
    let answer = name.trim_end_matches("Exception").trim_end_matches("Error");
    def.kind == DefKind::Class
        && (api_names().statuses.phrases.has(answer) || crate::model::words::words(name).first().is_some_and(|word| word == "http"))
        && def.bases.iter().any(|&base| speaks(program, class.file, base))
}

/// The framework's own name for something of HTTP: `HTTPException`, `NextResponse.json`.
fn speaks(program: &Program, file: FileId, node: NodeId) -> bool {
    let facts = program.file(file);
    // An instance is not the class; nor is a local name of one.
    let is_named = matches!(facts.arena.kind(node), NodeKind::Name(_) | NodeKind::Member { .. });
    is_named && !is_cast(facts, node) && program.api(file, node).is_some_and(|api| !api.path.ends_with("()") && is_http(program, api))
}

/// `Json(x)` and its like in Rust are wrappers for data too, but nowhere else than in handlers.
fn is_cast(facts: &FileFacts, node: NodeId) -> bool {
    facts.language.family() == Family::Python && matches!(facts.arena.kind(node), NodeKind::Name(name) if facts.text(name) == "request")
}

fn is_http(program: &Program, api: &Api) -> bool {
    program.facts_of(api).any(|(fact, _)| *fact == ApiFact::HttpLayer)
}

/// The part of an annotation that is a type of HTTP, or a type of the project that has one among its fields: `{ req: Request, tour: Tour }`.
fn http_type_of_param(program: &Program, file: FileId, annotation: NodeId) -> Option<NodeId> {
    http_type(program, file, annotation).or_else(|| {
        let named = match program.value(file, annotation) {
            Value::Def(named) | Value::Instance { class: named, .. } => named,
            // A type whose fields say more than texts and numbers is the object itself.
            Value::Literal(at, object) => return http_type(program, at, object).map(|_| annotation),
            _ => return None,
        };
        let facts = program.file(named.file);
        let def = facts.def(named.def);
        let carries = match def.kind {
            DefKind::TypeAlias => def.value.is_some_and(|value| http_type(program, named.file, value).is_some()),
            DefKind::Interface => facts.definitions().any(|(_, field)| {
                field.parent == named.def
                    && field.kind == DefKind::Field
                    && field.annotation.is_some_and(|own| http_type(program, named.file, own).is_some())
            }),
            _ => false,
        };
        (carries && facts.language.family() == Family::TypeScript).then_some(annotation)
    })
}

/// The part of an annotation that is a type of HTTP.
pub(super) fn http_type(program: &Program, file: FileId, annotation: NodeId) -> Option<NodeId> {
    let facts = program.file(file);
    let mut found = None;
    facts.arena.walk_while(annotation, |node| {
        let is_name = matches!(facts.arena.kind(node), NodeKind::Name(_) | NodeKind::Member { .. });
        if found.is_none() && is_name {
            let path = match program.value(file, node) {
                Value::Api { api, .. } => Some(program.apis[api.0 as usize].path.trim_end_matches("()").to_string()),
                _ => imported(facts, node),
            };
            let is_http = path.is_some_and(|path| {
                let path = program.knowledge.canonical(&path).map_or(path.clone(), str::to_string);
                program.knowledge.facts(&path).into_iter().any(|at| program.knowledge.entries[at.entry as usize].fact == ApiFact::HttpLayer)
            });
            found = is_http.then_some(node);
        }
        found.is_none()
    });
    found
}

/// The access path of an imported name (inner parts of a type have no value of their own).
fn imported(facts: &FileFacts, node: NodeId) -> Option<String> {
    // `tonic::Status`, written out
    if let NodeKind::Member { path: true, .. } = facts.arena.kind(node) {
        return Some(spell(facts, node).replace("::", "."));
    }
    let NodeKind::Name(name) = facts.arena.kind(node) else { return None };
    let import = facts.imports.iter().find(|import| import.local == Some(name) && import.level == 0)?;
    let ImportItem::Named(item) = import.item else { return None };
    Some(format!("{}.{}", facts.text(import.specifier).replace("::", "."), facts.text(item)))
}

fn finding(context: &Context, speaker: &Speaker) -> Option<Finding> {
    let program = context.program;
    let function = speaker.function;
    let by_content = "data access";
    let evidence = program.role(function).filter(|evidence| evidence.role != Role::Config);
    // What is raised or made says more than a type in the signature.
    let raises = speaker.places.iter().find(|place| place.2 == What::Raises);
    let first = raises.or_else(|| speaker.places.iter().find(|place| place.2 != What::Asks)).or_else(|| speaker.places.first())?;
    let role = evidence.map_or(by_content, |evidence| evidence.role.name());
    let name = program.short_name(function);
    let place = evidence.and_then(|evidence| evidence.place);
    let mut related = vec![Label {
        location: place.map_or_else(|| program.name_location(function), |(file, span)| program.location(file, span)),
        text: match evidence {
            Some(evidence) => format!("`{name}` is part of a {role}: {}", evidence.reason),
            None => format!("`{name}` is below the handlers: it or its class asks the database, and its file has no routes"),
        },
    }];
    related.extend(
        speaker.places.iter().filter(|place| place.0 != first.0).take(MAX_PLACES).map(|(span, text, what)| Label {
            location: program.location(function.file, *span),
            text: format!("{} `{text}`", what.verb()),
        }),
    );
    let help = match first.2 {
        What::Raises => {
            "raise an error of the domain here (`OrderNotFound`), and map it to a status in the handler or in one error handler"
        }
        What::Asks => "let the handler read it from the request and hand it down, or leave it out",
        What::Makes => "give the result back as a plain value or a domain error, and let the handler make the response of it",
        What::Takes => "take the values that are needed, and let the handler read them from the request",
        What::Gives => "give a plain value, and let the handler make the response of it",
    };
    // NestJS documents its exceptions as what services raise: a project that does so follows its framework.
    let is_idiom =
        (first.2 == What::Raises || first.1.ends_with("Exception")) && program.file(function.file).language.family() == Family::TypeScript;
    // `get_project_or_404`, `find_page_or_redirect`: by its name made for handlers.
    let is_idiom = is_idiom || ["_or_404", "_or_redirect", "Or404", "OrRedirect"].iter().any(|end| program.name(function).ends_with(end));
    let is_helper = is_helper(context, speaker);
    // Logging in is made of cookies, redirects and headers, wherever the code lies.
    let is_login = matches!(first.2, What::Takes | What::Gives)
        && [program.path(function.file).replace(['/', '.'], "_"), program.short_name(function)]
            .iter()
            .any(|text| vocabulary().http.logging_in.in_name(text));
    // Answers that are kept, to be given again to whoever repeats a request.
    let keeps = matches!(first.2, What::Takes | What::Gives)
        && vocabulary().http.keeping.in_name(program.name(function))
        && vocabulary().http.kept.in_name(program.name(function));
    // What a framework raises for what it was given is raised by what works with its serializers as well.
    let is_validation = first.2 == What::Raises && first.1.ends_with("ValidationError");
    let remark = match () {
        () if is_helper => "; fine where it only helps handlers and works on no data itself",
        () if is_login => "; fine where it is about logging in, which is made of requests and cookies",
        () if first.2 == What::Asks => "; fine where it is for the record and everything else works without a request",
        () if keeps => "; fine where the answer itself is what it keeps",
        () if is_validation => "; fine where the framework's own checks go through it",
        () => "",
    };
    Some(Finding {
        rule: RULE.into(),
        level: if is_idiom || is_helper || is_login || keeps || is_validation || first.2 == What::Asks || evidence.is_none() {
            Level::Note
        } else {
            Level::Warning
        },
        message: format!("{role} `{name}` {} `{}`, which belongs to HTTP{remark}", first.2.verb(), first.1),
        primary: Label { location: program.location(function.file, first.0), text: "HTTP below the handlers".to_string() },
        related,
        flow: Vec::new(),
        help: Some(help.to_string()),
        subject: format!("{} {}", program.qualified_name(function), first.1),
        fingerprint: String::new(),
        confidence: if evidence.is_some_and(|evidence| evidence.strength >= Strength::Content) {
            Confidence::High
        } else {
            Confidence::Medium
        },
        redact: Vec::new(),
    })
}

/// It has a request or a response in its signature, and neither queries nor leads to a write: what handlers and middleware share, wherever it lies.
fn is_helper(context: &Context, speaker: &Speaker) -> bool {
    let only_signature = speaker.places.iter().all(|place| matches!(place.2, What::Takes | What::Gives));
    only_signature && !works_on_data(context, speaker.function)
}

/// It queries, or leads to a write.
fn works_on_data(context: &Context, function: GlobalDef) -> bool {
    let summary = context.summaries.of(function);
    summary.is_some_and(|known| !known.queries.is_empty() || known.reaches.iter().any(|reach| reach.access == Access::Write))
}

/// Notes for the exceptions of a function beside the one that stands for it: each is a condition of its own, with a status of its own.
fn further_raises<'a>(context: &'a Context, speakers: &'a [Speaker]) -> impl Iterator<Item = Finding> + 'a {
    speakers.iter().filter(|speaker| context.program.file(speaker.function.file).language.family() != Family::Rust).flat_map(
        move |speaker| {
            let raises = speaker.places.iter().filter(|place| place.2 == What::Raises).skip(1).take(MAX_RAISES);
            raises.filter_map(move |place| {
                let alone = Speaker { function: speaker.function, places: vec![place.clone()] };
                finding(context, &alone).map(|finding| Finding { level: Level::Note, ..finding })
            })
        },
    )
}

/// Notes for the functions that speak it most, beside the one that counts them all.
fn notes_beside(context: &Context, speakers: &[Speaker]) -> Vec<Finding> {
    let mut worst: Vec<&Speaker> = speakers.iter().collect();
    worst.sort_by_key(|speaker| std::cmp::Reverse(speaker.places.len()));
    let beside = worst.iter().skip(1).take(MAX_NOTES - 1).filter_map(|speaker| finding(context, speaker));
    beside.map(|finding| Finding { level: Level::Note, ..finding }).collect()
}

/// The note that counts them, for a package in which HTTP below the handlers is the rule.
fn note(program: &Program, speakers: &[Speaker]) -> Option<Finding> {
    let mut worst: Vec<&Speaker> = speakers.iter().collect();
    worst.sort_by_key(|speaker| std::cmp::Reverse(speaker.places.len()));
    let first = worst.first()?;
    let place = first.places.first()?;
    let related = worst.iter().skip(1).take(MAX_PLACES).filter_map(|speaker| {
        let place = speaker.places.first()?;
        let text = format!("`{}` {} `{}`", program.short_name(speaker.function), place.2.verb(), place.1);
        Some(Label { location: program.location(speaker.function.file, place.0), text })
    });
    Some(Finding {
        rule: RULE.into(),
        level: Level::Note,
        message: format!(
            "{} functions below the handlers speak HTTP, `{}` first: the project has no domain errors as a rule",
            speakers.len(),
            program.short_name(first.function)
        ),
        primary: Label { location: program.location(first.function.file, place.0), text: format!("{} `{}`", place.2.verb(), place.1) },
        related: related.collect(),
        flow: Vec::new(),
        help: Some(
            "define the domain's errors in one module and map them to statuses in one place; `profile = \"strict\"` lists every function"
                .to_string(),
        ),
        subject: "no domain errors".to_string(),
        fingerprint: String::new(),
        confidence: Confidence::Medium,
        redact: Vec::new(),
    })
}
