//! `layer-violation` and `layer-skip`: imports and calls against the order router → service → repository → model.
//!
//! An edge is judged by where the imported name is really defined and by the roles at both ends. Composition roots, tests,
//! scripts and migrations may import everything; type-only imports do not count. A module without a role that handlers
//! themselves rest on is below them, whatever its folder is called.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Context;
use super::handlers::{handlers, package};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::Access;
use crate::model::nesting::{around, called_name, last_name};
use crate::model::program::{CallEdge, CallKind, ImportEdge, ImportTarget, Program, Resolution, Value};
use crate::model::role::{GlobalDef, Role, RoleEvidence, Strength};
use crate::model::source::{Family, FileId, Span};
use crate::model::words::words;
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// Most places listed with one finding.
const MAX_PLACES: usize = 8;

/// How many handlers go through a service for each that does not, where that is the habit.
const HABIT: usize = 2;

/// One upward dependency: from a place in a lower layer to something of a higher one.
struct Upward<'a> {
    from: FileId,
    span: Span,
    target: GlobalDef,
    name: String,
    lower: Option<&'a RoleEvidence>,
    higher: &'a RoleEvidence,
    is_call: bool,
}

/// Finds imports and calls from a lower layer to a higher one.
pub(super) fn violations(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let ground = context.kept("layer-violation: ground", |context| Ground::of(context.program));
    let mut found: Vec<Upward> = Vec::new();
    for edge in &program.imports {
        if edge.kind.is_dependency() {
            found.extend(upward_import(program, edge, &ground));
        }
    }
    let imported: FxHashSet<(FileId, FileId)> = found.iter().map(|upward| (upward.from, upward.target.file)).collect();
    for (caller, site, callee) in context.in_files("layer-violation: calls", ground.clone(), upward_calls) {
        if !imported.contains(&(caller.file, callee.file)) {
            found.extend(upward_call(program, &ground, caller, site, callee));
        }
    }
    let mut groups: BTreeMap<(FileId, FileId), Vec<Upward>> = BTreeMap::new();
    for upward in found {
        groups.entry((upward.from, upward.target.file)).or_default().push(upward);
    }
    let of_request = context.in_files("layer-violation: request", (), super::request_names::in_file);
    groups.into_values().filter_map(|group| finding(program, &ground, &group)).chain(of_request).collect()
}

/// Calls in a file that lead to a higher layer.
fn upward_calls(context: &Context, ground: &Arc<Ground>, file: FileId) -> Vec<(GlobalDef, NodeId, GlobalDef)> {
    let program = context.program;
    let calls = program.functions_of(file).flat_map(|function| program.calls_from(function));
    let counts = calls.filter(|call| call.kind == CallKind::Call && call.resolution >= Resolution::Exact);
    let upward = counts.filter(|call| upward_call(program, ground, call.caller, call.site, call.callee).is_some());
    upward.map(|call| (call.caller, call.site, call.callee)).collect()
}

/// What the judgement of single edges rests on.
#[derive(PartialEq)]
struct Ground {
    /// Files that hold route handlers or register them. A view mixin that nothing routes to is no router.
    routers: FxHashSet<FileId>,
    /// Files that router files import, directly or through others, without passing a composition root.
    below: FxHashSet<FileId>,
    /// Definitions that hold the registration of a route: they make an application or a router, and whoever calls them starts or mounts it.
    makers: FxHashSet<GlobalDef>,
    /// Files with handlers of routes in them.
    handling: FxHashSet<FileId>,
    /// Files without a role of their own among the routers of a folder: what routers share.
    helpers: FxHashMap<FileId, RoleEvidence>,
}

impl Ground {
    fn of(program: &Program) -> Ground {
        let handling: FxHashSet<FileId> = program.routes.iter().map(|route| route.handler.file).collect();
        let mut routers = handling.clone();
        routers.extend((0..program.facts.len() as u32).map(FileId).filter(|file| {
            program.file_roles[file.index()]
                .iter()
                .any(|evidence| evidence.role == Role::Router && evidence.strength >= Strength::Framework)
        }));
        routers.retain(|&file| !is_free(program, file));
        let mut imports: FxHashMap<FileId, Vec<FileId>> = FxHashMap::default();
        for edge in &program.imports {
            if let (true, ImportTarget::Module(module)) = (edge.kind.is_dependency(), &edge.target) {
                let target = edge.definition.map_or(module.file, |definition| definition.file);
                imports.entry(edge.from).or_default().push(target);
            }
        }
        let mut below: FxHashSet<FileId> = FxHashSet::default();
        let mut queue: Vec<FileId> = (0..program.facts.len() as u32).map(FileId).filter(|file| routers.contains(file)).collect();
        while let Some(file) = queue.pop() {
            for &next in imports.get(&file).into_iter().flatten() {
                if !is_free(program, next) && below.insert(next) {
                    queue.push(next);
                }
            }
        }
        let helpers = helpers(program, &routers);
        Ground { routers, below, makers: makers(program), handling, helpers }
    }

    /// Files that may import everything. A script that handlers rest on is none.
    fn is_exempt(&self, program: &Program, file: FileId) -> bool {
        let is_script = program.file_roles[file.index()].iter().any(|evidence| evidence.role == Role::Script);
        is_free(program, file) || (is_script && !self.below.contains(&file))
    }

    /// The layer of the place an edge starts from. A "script" that handlers rest on is what its other names say.
    fn lower<'a>(&self, program: &'a Program, id: GlobalDef) -> Option<&'a RoleEvidence> {
        let is_script = program.role(id).is_some_and(|evidence| evidence.role == Role::Script);
        if is_script && self.below.contains(&id.file) {
            let roles = &program.file_roles[id.file.index()];
            // `db/order_seed.py`: its own name says more than that of its folder.
            let by_name = roles.iter().any(|evidence| evidence.role == Role::Script && evidence.strength == Strength::Name);
            let layer = roles.iter().find(|evidence| evidence.role.rank().is_some());
            return layer.filter(|evidence| !(by_name && evidence.strength == Strength::Folder));
        }
        let layer = layer_of(program, id)?;
        // An `impl` beside something else is that: what a crate of another layer adds to a model does not stand below it.
        let is_elsewhere = program.file(id.file).language.family() == Family::Rust && layer.place.is_some_and(|(file, _)| file != id.file);
        if is_elsewhere { program.file_role(id.file).filter(|evidence| evidence.role.rank().is_some()) } else { Some(layer) }
    }

    /// The layer of a definition above: a router must be one that routes lead to, or be called one where routes are known of others. A program
    /// without any route is no server as far as we can tell: what its files are called (`handlers.rs` of a parser) makes them no routers.
    fn higher<'a>(&'a self, program: &'a Program, id: GlobalDef) -> Option<&'a RoleEvidence> {
        let Some(layer) = layer_of(program, id) else { return self.helpers.get(&id.file) };
        let is_routed = self.routers.contains(&id.file);
        let is_own = program.def_roles.get(&id).is_some_and(|own| own.role == Role::Router);
        let is_hollow = match layer.strength {
            Strength::Content => !is_routed,
            Strength::Folder | Strength::Name => self.routers.is_empty(),
            // It registers for others (`register_view(app, …)`), and neither handles nor promises to.
            Strength::Framework => {
                layer.role == Role::Router && !self.handling.contains(&id.file) && !is_own && !speaks_of_routes(program.path(id.file))
            }
            Strength::Config => false,
        };
        (layer.role != Role::Router || !is_hollow).then_some(layer)
    }
}

/// Fewest routers in a folder that make what lies among them theirs.
const FEWEST_ROUTERS: usize = 3;

/// Files without a role in a folder that is called after routers and holds them: `controllers/util.rs`.
fn helpers(program: &Program, routers: &FxHashSet<FileId>) -> FxHashMap<FileId, RoleEvidence> {
    let mut folders: BTreeMap<&str, (usize, Vec<FileId>)> = BTreeMap::new();
    for file in (0..program.facts.len() as u32).map(FileId) {
        let Some((folder, _)) = program.path(file).rsplit_once('/') else { continue };
        if vocabulary().routes.folders.has(folder.rsplit('/').next().unwrap_or(folder)) {
            let (known, others) = folders.entry(folder).or_default();
            if routers.contains(&file) {
                *known += 1;
            } else if program.file_roles[file.index()].is_empty() && !is_index(program.path(file)) {
                others.push(file);
            }
        }
    }
    let mut helpers = FxHashMap::default();
    for (folder, (known, others)) in folders.into_iter().filter(|(_, (known, _))| *known >= FEWEST_ROUTERS) {
        for file in others {
            let reason = format!("lies among the {known} routers in `{folder}`");
            helpers.insert(file, RoleEvidence { role: Role::Router, strength: Strength::Folder, reason, place: None });
        }
    }
    helpers
}

/// The top-level definitions that routes are registered in: `build(opts) { app.get("/health", …) }`.
fn makers(program: &Program) -> FxHashSet<GlobalDef> {
    let mut makers = FxHashSet::default();
    let mut at = 0;
    for route in &program.routes {
        // Routes come in the order of their paths, as files do.
        while program.project.files.get(at).is_some_and(|file| *file.path < *route.place.path) {
            at += 1;
        }
        let Some(facts) = program.facts.get(at).filter(|_| program.project.files[at].path == route.place.path) else { continue };
        let file = FileId(at as u32);
        makers.extend(
            facts
                .definitions()
                .filter(|(_, def)| def.parent == DefId::MODULE && def.span.contains(route.place.span))
                .map(|(def, _)| GlobalDef { file, def }),
        );
    }
    makers
}

/// Composition roots, tests, migrations and browser code import what they like.
fn is_free(program: &Program, file: FileId) -> bool {
    const FREE: &[Role] = &[Role::Composition, Role::Test, Role::Migration, Role::Frontend];
    program.file_roles[file.index()].iter().any(|evidence| FREE.contains(&evidence.role))
}

fn upward_import<'a>(program: &'a Program, edge: &ImportEdge, ground: &'a Ground) -> Option<Upward<'a>> {
    let ImportTarget::Module(module) = edge.target else { return None };
    let target = edge.definition.unwrap_or(module);
    let scope = GlobalDef { file: edge.from, def: edge.scope };
    if target.file == edge.from
        || ground.is_exempt(program, edge.from)
        || ground.is_exempt(program, target.file)
        || is_package_index(program, edge)
    {
        return None;
    }
    let lower = ground.lower(program, scope);
    if let Some(guard) = guard_above(program, edge.from, target, lower) {
        let name = if edge.name.is_empty() { program.modules[target.file.index()].clone() } else { edge.name.clone() };
        return Some(Upward { from: edge.from, span: edge.span, target, name, lower, higher: guard, is_call: false });
    }
    // `create_app()`, to have an application around what runs elsewhere: it is started, not borrowed from.
    if target.def != DefId::MODULE && makes_application(program.name(target)) {
        return None;
    }
    let higher = ground.higher(program, target)?;
    let is_upward = match lower {
        Some(lower) => higher.role.rank()? < lower.role.rank()? && !is_any_model(lower, higher),
        None => {
            !is_own_part(program, edge.from, target.file)
                && (reaches_back(program, ground, edge.from, target, higher) || is_domain_above(program, edge.from, higher))
        }
    };
    if !is_upward || is_mere_value(program, target, higher) || are_neighbours(program, edge.from, target.file, lower, higher) {
        return None;
    }
    if lower.is_some_and(|lower| is_of_same_kind(program, edge.from, target, lower, higher)) {
        return None;
    }
    if is_for_decorators(program.file(edge.from), &edge.name)
        || is_implemented(program, edge.from, target)
        || is_extended(program, edge.from, target, higher)
        || only_sends_through(program, edge.from, target)
    {
        return None;
    }
    let name = if edge.name.is_empty() { program.modules[target.file.index()].clone() } else { edge.name.clone() };
    Some(Upward { from: edge.from, span: edge.span, target, name, lower, higher, is_call: false })
}

fn makes_application(name: &str) -> bool {
    let words = words(name);
    words.len() == 2 && vocabulary().requests.builders.has(&words[0]) && matches!(words[1].as_str(), "app" | "application")
}

/// Rust: what stands around the handlers (a guard that is made of a request, what is in a file for middleware), for a model or repository that
/// imports it: they know of requests then.
fn guard_above<'a>(program: &'a Program, from: FileId, target: GlobalDef, lower: Option<&RoleEvidence>) -> Option<&'a RoleEvidence> {
    let is_below = lower.is_some_and(|lower| matches!(lower.role, Role::Model | Role::Repository));
    let is_value = target.def == DefId::MODULE || program.def(target).kind == DefKind::Variable;
    if !is_below || program.file(from).language.family() != Family::Rust || is_value {
        return None;
    }
    let is_around = |evidence: &&RoleEvidence| evidence.role == Role::Middleware;
    let of_file =
        || program.file_roles[target.file.index()].iter().filter(is_around).find(|evidence| evidence.strength == Strength::Folder);
    program.def_roles.get(&target).filter(is_around).or_else(of_file)
}

/// A trait or interface that a type of the file implements (`impl OrderRepository for PgOrders<'_>`): it depends on what it fulfils, whatever rows stand beside it.
fn is_implemented(program: &Program, from: FileId, target: GlobalDef) -> bool {
    let facts = program.file(from);
    let is_it = |base: &NodeId| {
        let base = match facts.arena.kind(*base) {
            NodeKind::Apply { base, .. } => base,
            _ => *base,
        };
        matches!(program.value(from, base), Value::Def(seam) if seam == target)
    };
    program.def(target).kind == DefKind::Trait
        && facts.definitions().any(|(_, def)| def.kind == DefKind::Impl && def.bases.iter().skip(1).any(is_it))
}

/// A class that one of the file extends, and that only its name makes a service: `class OrderRepository extends DatabaseAccessService`.
fn is_extended(program: &Program, from: FileId, target: GlobalDef, higher: &RoleEvidence) -> bool {
    let is_it = |base: &NodeId| matches!(program.value(from, *base), Value::Def(class) if class == target);
    matches!(higher.strength, Strength::Folder | Strength::Name)
        && program.def(target).kind == DefKind::Class
        && program.file(from).definitions().any(|(_, def)| def.kind == DefKind::Class && def.bases.iter().any(is_it))
}

/// A name that code has in functions inside its decorators and in types alone: `@Entity({ repository: () => OrderRepository })` tells the
/// library what to use, and the class itself uses nothing of it.
fn is_for_decorators(facts: &FileFacts, name: &str) -> bool {
    if facts.language.family() != Family::TypeScript || name.is_empty() {
        return false;
    }
    let mut deferred: FxHashSet<DefId> = FxHashSet::default();
    for def in &facts.defs {
        for &decorator in &def.decorators {
            facts.arena.walk(decorator, |node| {
                if let NodeKind::Closure(inner) = facts.arena.kind(node) {
                    deferred.insert(inner);
                }
            });
        }
    }
    let is_it = |node: NodeId| matches!(facts.arena.kind(node), NodeKind::Name(own) if facts.text(own) == name);
    let mut seen = false;
    let mut elsewhere = false;
    let body = |at: DefId| facts.def(at).body.into_iter();
    for (id, def) in facts.definitions() {
        for part in body(id).chain(def.value) {
            facts.arena.walk(part, |node| {
                if is_it(node) {
                    if deferred.contains(&id) { seen = true } else { elsewhere = true }
                }
            });
        }
        for base in &def.bases {
            facts.arena.walk(*base, |node| elsewhere |= is_it(node));
        }
    }
    seen && !elsewhere
}

/// A Rust module puts its own submodules together (`users::router()` in `http/mod.rs`), and they use what it holds for them (`super::Error`).
fn is_own_part(program: &Program, from: FileId, target: FileId) -> bool {
    let (from, target) = (program.modules[from.index()].as_str(), program.modules[target.index()].as_str());
    let is_below = |one: &str, other: &str| one.strip_prefix(other).is_some_and(|rest| rest.starts_with("::"));
    is_below(target, from) || is_below(from, target)
}

/// A module without a layer of its own on which handlers rest, or a background task, that imports a handler's module. Whoever
/// imports a router object mounts it: that is wiring.
fn reaches_back(program: &Program, ground: &Ground, from: FileId, target: GlobalDef, higher: &RoleEvidence) -> bool {
    let role = program.file_role(from).map(|evidence| evidence.role);
    let rests_below = matches!(role, None | Some(Role::Config | Role::Schema | Role::Middleware)) && ground.below.contains(&from);
    // A file that only registers handlers of others puts them together; one handler by the way makes no router of a tool box.
    let is_called_router = is_called_router(program.path(from));
    let is_router =
        |evidence: &RoleEvidence| evidence.role == Role::Router && matches!(evidence.strength, Strength::Content | Strength::Config);
    let handles = program.file_roles[target.file.index()].iter().any(is_router)
        || {
            let mut own = program.routes.iter().map(|route| route.handler).filter(|handler| handler.file == target.file);
            let first = own.next();
            own.any(|other| Some(other) != first)
        }
        || ground.helpers.contains_key(&target.file) && !is_below_folder(program, from, target.file);
    // A module that registers a route beside its other work (uploads, logins) is shared for that other work.
    let is_for_routes = speaks_of_routes(program.path(target.file));
    (rests_below || role == Some(Role::Task))
        && !is_called_router
        && is_for_routes
        && handles
        && higher.role == Role::Router
        && !is_theirs(program, ground, from, target)
}

/// The shapes of a domain (`models/domain/users.py`, made of Pydantic's models) that use a service: services are made of them.
fn is_domain_above(program: &Program, from: FileId, higher: &RoleEvidence) -> bool {
    let is_shape = program.file_role(from).is_some_and(|evidence| evidence.role == Role::Schema);
    let folders = program.path(from).rsplit_once('/').map_or("", |(folders, _)| folders);
    is_shape
        && higher.role == Role::Service
        && program.file(from).language.family() == Family::Python
        && folders.split('/').any(|folder| matches!(folder, "domain" | "entities"))
}

/// A folder or the file itself is called after routers.
fn speaks_of_routes(path: &str) -> bool {
    path.split(['/', '.']).any(|part| words(part).iter().any(|word| vocabulary().routes.words.has(word)))
}

/// Whether a file lies in the folder of another, or below it.
fn is_below_folder(program: &Program, from: FileId, target: FileId) -> bool {
    let folder = program.path(target).rsplit_once('/').map_or("", |(folder, _)| folder);
    program.path(from).strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// The file's name promises handlers that we do not see registered: it stands beside the routers, not below them.
fn is_called_router(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    words(name.split('.').next().unwrap_or(name)).iter().any(|word| vocabulary().routes.names.has(word))
}

/// A router object is mounted, a handler registered or called as an action, a function that makes the application called to start it: what is
/// *not* theirs is borrowed from them. Of a module that is imported whole, what is used of it decides.
fn is_theirs(program: &Program, ground: &Ground, from: FileId, target: GlobalDef) -> bool {
    let is_own = |def: GlobalDef| ground.makers.contains(&def) || program.def_roles.get(&def).is_some_and(|own| own.role == Role::Router);
    if target.def != DefId::MODULE {
        return is_own(target);
    }
    let (facts, other) = (program.file(from), program.file(target.file));
    let mut used = facts.arena.ids().filter_map(|node| {
        let NodeKind::Member { object, name, .. } = facts.arena.kind(node) else { return None };
        if program.value(from, object) != Value::Module(target) {
            return None;
        }
        let named =
            |(_, def): &(DefId, &crate::model::facts::Definition)| def.parent == DefId::MODULE && other.text(def.name) == facts.text(name);
        other.definitions().skip(1).find(named).map(|(def, _)| GlobalDef { file: target.file, def })
    });
    let Some(first) = used.next() else { return false };
    is_own(first) && used.all(is_own)
}

/// A folder called `models` holds many things (rules, reports, what a page shows). Against what is a service or a repository by its name only,
/// it proves nothing; and a folder called `db` holds what every model needs, its base class and the connection.
fn is_any_model(lower: &RoleEvidence, higher: &RoleEvidence) -> bool {
    let by_name = matches!(higher.strength, Strength::Folder | Strength::Name);
    lower.role == Role::Model
        && (lower.strength == Strength::Folder && higher.role != Role::Router && by_name
            || higher.role == Role::Repository && higher.strength == Strength::Folder)
}

/// An enumeration, a constant or the shape of a value: the service that its folder or file name promises does nothing in it.
fn is_mere_value(program: &Program, target: GlobalDef, higher: &RoleEvidence) -> bool {
    if !matches!(higher.strength, Strength::Folder | Strength::Name) {
        return false;
    }
    let (facts, def) = (program.file(target.file), program.def(target));
    match def.kind {
        DefKind::Enum | DefKind::Interface | DefKind::TypeAlias => true,
        DefKind::Variable => is_constant_name(facts.text(def.name)),
        DefKind::Class => {
            is_of_settings(facts.text(def.name))
                || def.bases.iter().any(|&base| last_name(facts, base).is_some_and(|name| api_names().types.values.has(facts.text(name))))
        }
        // What a domain asks of others, `trait Clock`, is for all to use: they depend inwards.
        DefKind::Trait => program.path(target.file).split('/').any(|folder| vocabulary().layers.inner.has(folder)),
        _ => false,
    }
}

/// `EnvironmentService`, `AppConfigService`: settings under names of their own.
fn is_of_settings(name: &str) -> bool {
    let words = words(name);
    words.last().is_some_and(|last| last == "service") && words.iter().any(|word| vocabulary().layers.settings.has(word))
}

/// A type of the file above that holds data and is nothing of that layer itself: what a request or a result looks like, declared beside the routes, or
/// an entity that happens to be called a service.
fn is_data_beside(program: &Program, upward: &Upward) -> bool {
    let (facts, def) = (program.file(upward.target.file), program.def(upward.target));
    let is_own = program.def_roles.get(&upward.target).is_some_and(|own| own.role == upward.higher.role);
    let has_methods = || facts.definitions().any(|(_, inner)| inner.kind == DefKind::Method && inner.parent == upward.target.def);
    let is_type = match def.kind {
        DefKind::Struct | DefKind::Enum | DefKind::Interface | DefKind::TypeAlias => true,
        DefKind::Class => !has_methods(),
        DefKind::Variable => is_constant_name(facts.text(def.name)),
        _ => false,
    };
    !is_own && if upward.is_call { is_method_of_data(program, upward) } else { is_type }
}

/// The method of a Rust type that is nothing of that layer: `mode.is_public()`, `ParseError::new(…)`.
fn is_method_of_data(program: &Program, upward: &Upward) -> bool {
    let (facts, def) = (program.file(upward.target.file), program.def(upward.target));
    let block = facts.def(def.parent);
    let of_layer = |id: GlobalDef| program.def_roles.get(&id).is_some_and(|own| own.role == upward.higher.role);
    block.kind == DefKind::Impl
        && block.bases.len() == 1
        && !of_layer(GlobalDef { file: upward.target.file, def: def.parent })
        && matches!(program.value(upward.target.file, block.bases[0]), Value::Def(class) if !of_layer(class))
}

fn is_constant_name(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// Two files of one folder whose names alone say which is above.
fn are_neighbours(program: &Program, from: FileId, target: FileId, lower: Option<&RoleEvidence>, higher: &RoleEvidence) -> bool {
    let folder = |file: FileId| program.path(file).rsplit_once('/').map_or("", |(folder, _)| folder).to_string();
    let by_name = |evidence: &RoleEvidence| matches!(evidence.strength, Strength::Folder | Strength::Name);
    lower.is_some_and(by_name) && by_name(higher) && folder(from) == folder(target)
}

/// Neither file is above the other: a helper in a file that is called as the one that imports it, and that other functions in it make a router
/// (`teams/service.js` and `scores/service.js`), or what lies among the routers as the one that imports it does, and is a router by that alone.
fn is_of_same_kind(program: &Program, from: FileId, target: GlobalDef, lower: &RoleEvidence, higher: &RoleEvidence) -> bool {
    if lower.role != Role::Service || higher.role != Role::Router || target.def == DefId::MODULE {
        return false;
    }
    let last_word = |file: FileId| {
        let name = program.path(file).rsplit('/').next().unwrap_or_default();
        words(name.split('.').next().unwrap_or_default()).pop()
    };
    let by_name = matches!(lower.strength, Strength::Folder | Strength::Name);
    let is_handler = || program.def_roles.get(&target).is_some_and(|own| own.role == Role::Router);
    by_name && last_word(from).is_some_and(|word| word == lower.role.name()) && last_word(from) == last_word(target.file) && !is_handler()
        || lower.strength == Strength::Content && higher.strength == Strength::Folder && lies_among_routes(program.path(from))
}

/// A folder above the file is called after routes.
fn lies_among_routes(path: &str) -> bool {
    path.rsplit_once('/').is_some_and(|(folders, _)| folders.split('/').any(|folder| vocabulary().routes.folders.has(folder)))
}

/// A barrel passes names on; it uses nothing itself.
fn is_package_index(program: &Program, edge: &ImportEdge) -> bool {
    // `def register_all(): from . import orders` in `routes/__init__.py`: it puts its own parts together.
    let is_own = || {
        let ImportTarget::Module(module) = edge.target else { return false };
        let target = edge.definition.map_or(module.file, |definition| definition.file);
        let folder = program.path(edge.from).rsplit_once('/').map_or("", |(folder, _)| folder);
        !folder.is_empty() && program.path(target).strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    };
    edge.re_export || is_index(program.path(edge.from)) && (edge.scope == DefId::MODULE || is_own())
}

fn is_index(path: &str) -> bool {
    matches!(path.rsplit('/').next().unwrap_or(path), "__init__.py" | "index.ts" | "index.js" | "mod.rs" | "lib.rs")
}

fn upward_call<'a>(
    program: &'a Program,
    ground: &'a Ground,
    caller: GlobalDef,
    site: crate::model::body::NodeId,
    callee: GlobalDef,
) -> Option<Upward<'a>> {
    // A closure handed down is called, not depended on.
    let handed_down = program.def(callee).flags.has(DefFlags::CLOSURE);
    let is_application = program.def(callee).parent == DefId::MODULE && makes_application(program.name(callee));
    if handed_down
        || is_application
        || caller.file == callee.file
        || ground.is_exempt(program, caller.file)
        || ground.is_exempt(program, callee.file)
    {
        return None;
    }
    let higher = ground.higher(program, callee)?;
    let lower = ground.lower(program, caller)?;
    if higher.role.rank()? >= lower.role.rank()? || is_any_model(lower, higher) || sends(program, callee) {
        return None;
    }
    if is_of_same_kind(program, caller.file, callee, lower, higher) {
        return None;
    }
    let class = GlobalDef { file: callee.file, def: program.def(callee).parent };
    if answers_requests(program, caller, lower) {
        return None;
    }
    if class.def != DefId::MODULE && (is_of_settings(program.name(class)) || is_extended(program, caller.file, class, higher)) {
        return None;
    }
    let span = program.file(caller.file).arena.span(site);
    Some(Upward { from: caller.file, span, target: callee, name: program.short_name(callee), lower: Some(lower), higher, is_call: true })
}

/// TypeScript: what handlers call and nothing else makes a service takes the request and the response as they do: it is a part of a handler.
fn answers_requests(program: &Program, caller: GlobalDef, lower: &RoleEvidence) -> bool {
    let facts = program.file(caller.file);
    let takes = |def: DefId, wanted: &[&str]| {
        facts.def(def).params.iter().any(|param| param.name.is_some_and(|name| wanted.contains(&facts.text(name))))
    };
    if lower.role != Role::Service || lower.strength != Strength::Content || facts.language.family() != Family::TypeScript {
        return false;
    }
    let is_handler = |def: DefId| takes(def, &["req", "request"]) && takes(def, &["res", "response", "reply"]);
    around(facts, caller.def).take_while(|&def| def != DefId::MODULE).any(is_handler)
}

/// NestJS: the class holds a server of sockets, and what the file calls of it clients do not: `this.gateway.announce(order)`, which sends.
fn only_sends_through(program: &Program, from: FileId, target: GlobalDef) -> bool {
    let called = || program.functions_of(from).flat_map(|function| program.calls_from(function)).map(|edge| edge.callee);
    let of_target = |callee: &GlobalDef| callee.file == target.file && program.def(*callee).parent == target.def;
    is_socket(program, target) && called().filter(of_target).all(|callee| sends(program, callee))
}

/// A method of such a class that no message of a client leads to.
fn sends(program: &Program, method: GlobalDef) -> bool {
    let facts = program.file(method.file);
    let class = GlobalDef { file: method.file, def: program.def(method).parent };
    let is_for_clients = |&decorator: &NodeId| called_name(facts, decorator).is_some_and(|name| api_names().routers.messages.has(name));
    is_socket(program, class) && !program.def(method).decorators.iter().any(is_for_clients)
}

fn is_socket(program: &Program, class: GlobalDef) -> bool {
    let facts = program.file(class.file);
    let def = program.def(class);
    def.kind == DefKind::Class
        && def.decorators.iter().any(|&decorator| called_name(facts, decorator).is_some_and(|name| api_names().routers.sockets.has(name)))
}

/// The layer of a definition: its own role, else its file's, if that has a place in the order.
fn layer_of<'a>(program: &'a Program, id: GlobalDef) -> Option<&'a RoleEvidence> {
    program.role(id).filter(|evidence| evidence.role.rank().is_some())
}

fn finding(program: &Program, ground: &Ground, group: &[Upward]) -> Option<Finding> {
    let first = group.first()?;
    let lower_word = first.lower.map_or("module below the handlers", |evidence| evidence.role.name());
    let verb = if first.is_call { "calls" } else { "imports" };
    let from = &program.modules[first.from.index()];
    let to = &program.modules[first.target.file.index()];
    let higher = first.higher.role.name();
    let thing = if first.name == *to { format!("`{to}`") } else { format!("`{}` from `{to}`", first.name) };
    let is_data = group.iter().all(|upward| is_data_beside(program, upward));
    let remark = match () {
        () if is_data => "; only the shape of data, which may as well stand below both",
        () if first.higher.role != Role::Router => "; fine where it only hands on to it, or where what it takes is a helper of both",
        () => "",
    };
    let message = format!("{lower_word} `{from}` {verb} {thing}, which is a {higher}: the layers point the other way{remark}");
    let mut related = vec![Label {
        location: program.name_location(first.target),
        text: format!("`{}` is a {higher}: {}", program.short_name(first.target), first.higher.reason),
    }];
    if let Some(lower) = first.lower {
        let location = match lower.place {
            Some((file, span)) => program.location(file, span),
            None => program.location(first.from, first.span),
        };
        related.push(Label { location, text: format!("`{from}` is a {}: {}", lower.role.name(), lower.reason) });
    }
    for other in group.iter().skip(1).take(MAX_PLACES) {
        related.push(Label { location: program.location(other.from, other.span), text: format!("and `{}`", other.name) });
    }
    let weakest = first.lower.map_or(Strength::Content, |evidence| evidence.strength).min(first.higher.strength);
    let confidence = if weakest >= Strength::Content {
        Confidence::High
    } else if weakest == Strength::Name {
        Confidence::Medium
    } else {
        Confidence::Low
    };
    Some(Finding {
        rule: "layer-violation".into(),
        level: if is_data { Level::Note } else { level(program, ground, first) },
        message,
        primary: Label { location: program.location(first.from, first.span), text: format!("{lower_word} → {higher}") },
        related,
        flow: Vec::new(),
        help: Some(format!(
            "move what both need below the {}, pass it in from the {higher}, or turn the dependency round with an interface",
            if lower_word == "model" { "models" } else { "two" }
        )),
        subject: format!("{from} -> {to}"),
        fingerprint: String::new(),
        confidence,
        redact: Vec::new(),
    })
}

/// An error needs proof on both sides. What is proven to be a model, a repository or a service, and what is called one and rests on a module which
/// routes lead to, is a warning. A repository that uses a service, and a module without a role of its own that borrows from a router, often have their reasons:
/// the names are weak proof of what they are. A model whose methods hand on to a service is how many a project is made on purpose: what nobody means is
/// that something below the handlers borrows from them.
fn level(program: &Program, ground: &Ground, upward: &Upward) -> Level {
    let is_proven = |evidence: &RoleEvidence| evidence.strength >= Strength::Content;
    // That handlers call it makes no layer of what lies among them.
    let is_by_callers = |lower: &RoleEvidence| {
        lower.role == Role::Service && lower.strength == Strength::Content && lies_among_routes(program.path(upward.from))
    };
    let is_routed = upward.higher.role == Role::Router && ground.handling.contains(&upward.target.file);
    match upward.lower {
        _ if upward.higher.role != Role::Router => Level::Note,
        Some(lower) if is_proven(lower) && is_proven(upward.higher) && !is_by_callers(lower) => Level::Error,
        Some(lower) if is_routed || is_proven(lower) => Level::Warning,
        _ => Level::Note,
    }
}

/// What handlers of one package do about the layer below them.
#[derive(Default)]
struct Habits {
    through_service: usize,
    /// Handlers that run queries of their own.
    querying: usize,
    /// Files with handlers that call services or repositories, and those in which some call a repository.
    files: FxHashSet<FileId>,
    skipping: FxHashSet<FileId>,
    past_service: Vec<Skip>,
}

/// A handler, its call, the code that the call stands in, and the function of the repository.
type Skip = (GlobalDef, NodeId, GlobalDef, GlobalDef);

/// The function writes, or leads to a write.
fn writes(context: &Context, function: GlobalDef) -> bool {
    context.summaries.of(function).is_some_and(|known| {
        known.queries.iter().any(|query| query.access == Access::Write) || known.reaches.iter().any(|reach| reach.access == Access::Write)
    })
}

/// Fewest files with handlers that go past the services, where that is what handlers do.
const FEWEST_SKIPPING: usize = 5;

impl Habits {
    /// To go past the services is no exception: it is done all over the project (to look a row up before it is checked who may see it), or most
    /// handlers query themselves, and those that use a repository are the better ones.
    fn are_of_all(&self) -> bool {
        self.skipping.len() >= FEWEST_SKIPPING && self.skipping.len() * 3 > self.files.len() || self.querying > self.through_service
    }
}

/// A file that is called `x-repo` and runs no query is about repositories of another kind: of source code, of packages.
fn is_of_another_kind(context: &Context, callee: GlobalDef) -> bool {
    let program = context.program;
    let by_name = program.role(callee).is_some_and(|evidence| evidence.strength == Strength::Name);
    let stem = program.path(callee.file).rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
    by_name
        && stem.ends_with("repo")
        && !program.functions_of(callee.file).any(|function| context.summaries.of(function).is_some_and(|known| !known.queries.is_empty()))
}

/// A function that asks for nothing and waits for nothing, in a file that only its name makes a repository and where others ask: it lies beside what is
/// one (`iconUrl(id)` in `icon-repository.ts`).
fn is_beside_queries(context: &Context, callee: GlobalDef) -> bool {
    let program = context.program;
    let def = program.def(callee);
    let by_name = program.role(callee).is_some_and(|evidence| evidence.strength == Strength::Name);
    let asks =
        |function: GlobalDef| context.summaries.of(function).is_some_and(|known| !known.queries.is_empty() || !known.reaches.is_empty());
    by_name
        && def.parent == DefId::MODULE
        && def.body.is_some()
        && !def.flags.has(DefFlags::ASYNC)
        && !asks(callee)
        && (has_repository(program, callee.file) || program.functions_of(callee.file).any(asks))
}

/// A class of the file is a repository.
fn has_repository(program: &Program, file: FileId) -> bool {
    let mut classes = program.file(file).definitions().filter(|(_, def)| def.kind == DefKind::Class);
    classes.any(|(def, _)| program.def_roles.get(&GlobalDef { file, def }).is_some_and(|own| own.role == Role::Repository))
}

/// Finds handlers that call a repository past the service layer.
pub(super) fn skips(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let handlers = handlers(context);
    let mut packages: BTreeMap<Option<usize>, Habits> = BTreeMap::new();
    for handler in &handlers {
        let habits = packages.entry(package(program, handler.function)).or_default();
        let calls = || {
            handler
                .code
                .iter()
                .flat_map(|&code| program.calls_from(code))
                .filter(|edge| edge.kind == CallKind::Call && edge.resolution >= Resolution::Inferred)
        };
        let role = |id: GlobalDef| program.role(id).map(|evidence| evidence.role);
        if calls().any(|edge| role(edge.callee) == Some(Role::Service)) {
            habits.through_service += 1;
            habits.files.insert(handler.function.file);
        }
        habits.querying += usize::from(!handler.queries.is_empty());
        // What has no code here (an abstract method) may query.
        let queries = |id: GlobalDef| {
            let known = context.summaries.of(id);
            program.def(id).body.is_none() || known.is_some_and(|known| !known.reaches.is_empty() || !known.queries.is_empty())
        };
        let skipped = |edge: &&CallEdge| {
            let by_folder = program.role(edge.callee).is_some_and(|evidence| evidence.strength == Strength::Folder);
            role(edge.callee) == Some(Role::Repository)
                && edge.callee.file != edge.caller.file
                && !is_construction(program, edge.callee)
                && !is_of_connections(program.name(edge.callee))
                && (!by_folder || queries(edge.callee))
                && !is_beside_queries(context, edge.callee)
                && !is_of_another_kind(context, edge.callee)
        };
        if let Some(edge) = calls().find(skipped) {
            habits.past_service.push((handler.function, edge.site, edge.caller, edge.callee));
            habits.files.insert(handler.function.file);
            habits.skipping.insert(handler.function.file);
        }
    }
    let mut findings = Vec::new();
    for habits in packages.values() {
        let has_layer = habits.through_service >= 2 && habits.through_service >= HABIT * habits.past_service.len();
        if has_layer || (context.settings.strict() && habits.through_service > 0) {
            // To look a row up is another matter than to write past what services do for each write.
            let is_usual = habits.are_of_all() && !context.settings.strict();
            let (usual, odd): (Vec<Skip>, Vec<Skip>) = habits.past_service.iter().partition(|place| is_usual && !writes(context, place.3));
            findings.extend(odd.into_iter().map(|place| skip(program, place, habits.through_service)));
            if usual.len() >= 2 {
                findings.extend(no_service_note(program, &usual, true));
            }
        } else if habits.past_service.len() >= 2 && habits.through_service <= habits.past_service.len() {
            findings.extend(no_service_note(program, &habits.past_service, false));
        }
    }
    findings
}

/// Making a repository to hand it on is no skip: `UserService::new(UserRepository::new(pool))`.
fn is_construction(program: &Program, callee: GlobalDef) -> bool {
    matches!(program.name(callee), "new" | "__init__" | "constructor")
}

/// `get_db_connection()`, `open_session()`, `ensure_orders_table()`: what lies beside the repositories and opens or sets up what they ask.
fn is_of_connections(name: &str) -> bool {
    let words = words(name);
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return false };
    let layers = &vocabulary().layers;
    words.len() > 1 && (layers.opens.has(first) && layers.handles.has(last) || first == "ensure" && layers.structures.has(last))
}

fn skip(program: &Program, (handler, site, code, callee): Skip, through: usize) -> Finding {
    let span = program.file(code.file).arena.span(site);
    let evidence = program.role(callee).map_or_else(String::new, |evidence| format!(": {}", evidence.reason));
    Finding {
        rule: "layer-skip".into(),
        level: Level::Warning,
        message: format!(
            "handler `{}` calls repository `{}` directly, past the service layer that {through} other handlers use",
            program.short_name(handler),
            program.short_name(callee)
        ),
        primary: Label { location: program.location(code.file, span), text: "router → repository".to_string() },
        related: vec![Label {
            location: program.name_location(callee),
            text: format!("`{}` is a repository{evidence}", program.short_name(callee)),
        }],
        flow: Vec::new(),
        help: Some("call a service that calls the repository, as the other handlers do".to_string()),
        subject: format!("{} -> {}", program.qualified_name(handler), program.qualified_name(callee)),
        fingerprint: String::new(),
        confidence: Confidence::Medium,
        redact: Vec::new(),
    }
}

/// One note for a package whose handlers use repositories as a rule.
fn no_service_note(program: &Program, skips: &[Skip], beside_services: bool) -> Option<Finding> {
    let &(handler, site, code, callee) = skips.first()?;
    let span = program.file(code.file).arena.span(site);
    let related = skips.iter().skip(1).take(MAX_PLACES).map(|&(handler, site, code, callee)| Label {
        location: program.location(code.file, program.file(code.file).arena.span(site)),
        text: format!("`{}` calls `{}`", program.short_name(handler), program.short_name(callee)),
    });
    Some(Finding {
        rule: "layer-skip".into(),
        level: Level::Note,
        message: format!(
            "{} handlers call repositories directly, `{}` first: {}",
            skips.len(),
            program.short_name(handler),
            if beside_services {
                "to read past the services is as much a habit here as they are"
            } else {
                "the project has no service layer between them as a rule"
            }
        ),
        primary: Label { location: program.location(code.file, span), text: format!("calls `{}`", program.short_name(callee)) },
        related: related.collect(),
        flow: Vec::new(),
        help: Some(
            "where an operation needs more than one repository, give it a service; `profile = \"strict\"` lists every place".to_string(),
        ),
        subject: "no service layer".to_string(),
        fingerprint: String::new(),
        confidence: Confidence::Medium,
        redact: Vec::new(),
    })
}
