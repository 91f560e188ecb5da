//! What stands between a client and a handler: guards and limiters, at the handler, its class, its registration, its router and the application.
//!
//! Evidence is a name that speaks of the purpose, an API that is known to serve it, or what the code behind a name does (it answers with 401 or
//! 403). An unknown decorator or wrapper may guard: it counts where its name says so, or where its own code does.

mod mounts;

use rustc_hash::FxHashMap;

use super::handlers::{Handler, code_of};
use super::relations::method_of;
use super::sensitive::parts;
use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, Definition, FileFacts, Name};
use crate::model::finding::Location;
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{Nestings, arguments, called_name, chain, chain_root, last_name};
use crate::model::program::{CallKind, Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::{Words, api_names, vocabulary};

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Who is it, and may they?
    Guard,
    /// How often may they?
    Limit,
}

/// Where evidence was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Evidence {
    pub(super) what: String,
    pub(super) place: Location,
    /// It is the handler's own code, or what that calls.
    pub(super) in_code: bool,
}

/// Looks for evidence, with what it knows of files already.
pub(super) struct Guards<'a> {
    program: &'a Program<'a>,
    nestings: &'a Nestings<'a>,
    purpose: Purpose,
    /// Whether the code behind a definition serves the purpose.
    known: std::cell::RefCell<FxHashMap<GlobalDef, bool>>,
    /// Files whose routers are mounted beside evidence, found when first asked for.
    mounted: std::cell::OnceCell<FxHashMap<FileId, Evidence>>,
}

impl<'a> Guards<'a> {
    pub(super) fn new(program: &'a Program<'a>, purpose: Purpose) -> Guards<'a> {
        Guards { program, nestings: &program.nestings, purpose, known: Default::default(), mounted: Default::default() }
    }

    /// The first evidence for a handler, nearest first.
    pub(super) fn of(&self, handler: &Handler) -> Option<Evidence> {
        self.at_definition(handler)
            .or_else(|| self.in_parameters(handler))
            .or_else(|| self.at_registration(handler))
            .or_else(|| self.on_router(handler))
            .or_else(|| self.at_mount(handler))
            .or_else(|| self.in_code(handler))
    }

    fn evidence(&self, file: FileId, node: NodeId, what: &str) -> Evidence {
        let span = self.program.file(file).arena.span(node);
        Evidence { what: what.to_string(), place: self.program.location(file, span), in_code: false }
    }

    /// Decorators of the function and of the classes around it, base classes, attributes such as `permission_classes`, and wrappers around a closure.
    fn at_definition(&self, handler: &Handler) -> Option<Evidence> {
        let file = handler.function.file;
        let facts = self.program.file(file);
        let nesting = self.nestings.of(file);
        let mut at = handler.function.def;
        for _ in 0..8 {
            let def = facts.def(at);
            for &node in def.decorators.iter().chain(&def.bases) {
                if let Some(what) = self.serves(file, node) {
                    return Some(self.evidence(file, node, &what));
                }
            }
            if def.kind == DefKind::Class
                && let Some(found) = self.in_classes(GlobalDef { file, def: at }, 4)
            {
                return Some(found);
            }
            if let Some(place) = nesting.place(at) {
                for around in nesting.around(place).skip(1).take(12) {
                    if let NodeKind::Call { callee, .. } = facts.arena.kind(around)
                        && let Some(what) = self.serves(file, callee)
                    {
                        return Some(self.evidence(file, callee, &what));
                    }
                }
            }
            if at == DefId::MODULE {
                break;
            }
            at = def.parent;
        }
        // The variable or export that the closure makes: `export const POST = withSession(handler)`.
        None
    }

    /// Attributes of a class, else of the project's classes that it extends.
    fn in_classes(&self, class: GlobalDef, depth: u8) -> Option<Evidence> {
        self.in_class(class).or_else(|| {
            let bases = self.program.def(class).bases.iter().filter(|_| depth > 0);
            bases
                .filter_map(|&base| match self.program.value(class.file, base) {
                    Value::Def(def) if def != class && self.program.def(def).kind == DefKind::Class => self.in_classes(def, depth - 1),
                    _ => None,
                })
                .next()
        })
    }

    fn in_class(&self, class: GlobalDef) -> Option<Evidence> {
        let facts = self.program.file(class.file);
        let wanted: &Words = match self.purpose {
            Purpose::Guard => &api_names().guards.attributes,
            Purpose::Limit => &api_names().guards.throttles,
        };
        let member = facts.definitions().find(|(_, def)| def.parent == class.def && wanted.has(facts.text(def.name)))?;
        let is_open = member.1.value.is_some_and(|value| says_public(facts, value));
        (!is_open).then(|| Evidence {
            what: facts.text(member.1.name).to_string(),
            place: self.program.location(class.file, member.1.name_span),
            in_code: false,
        })
    }

    /// Dependencies, extractors and request guards among the parameters.
    fn in_parameters(&self, handler: &Handler) -> Option<Evidence> {
        let file = handler.function.file;
        let facts = self.program.file(file);
        for param in &facts.def(handler.function.def).params {
            for node in param.annotation.into_iter().chain(param.default).chain(param.decorators.iter().copied()) {
                let mut found = None;
                facts.arena.walk(node, |inner| {
                    if found.is_none() {
                        found = self.serves(file, inner).map(|what| (inner, what));
                    }
                });
                if let Some((inner, what)) = found {
                    return Some(self.evidence(file, inner, &what));
                }
            }
        }
        let implicit = self.program.calls_from(handler.function).iter().filter(|edge| edge.kind == CallKind::Implicit);
        implicit.into_iter().find(|edge| self.leads(edge.callee, 3)).map(|edge| Evidence {
            what: self.program.short_name(edge.callee),
            place: self.program.name_location(edge.callee),
            in_code: false,
        })
    }

    /// A function serves by its name, by its own code, or by what it depends on.
    fn leads(&self, function: GlobalDef, depth: u8) -> bool {
        if self.speaks(function.file, self.program.name(function)) || self.does(function) {
            return true;
        }
        depth > 0
            && self.program.calls_from(function).iter().any(|edge| edge.kind == CallKind::Implicit && self.leads(edge.callee, depth - 1))
    }

    /// The other arguments of the registration, and of the calls it is chained to: `router.route("/x").post(auth, create)`.
    fn at_registration(&self, handler: &Handler) -> Option<Evidence> {
        let route = handler.route?;
        let (file, call) = self.call_at(&route.place)?;
        let facts = self.program.file(file);
        for link in chain(facts, call) {
            for argument in arguments(facts, link) {
                if matches!(facts.arena.kind(argument), NodeKind::Closure(_)) || self.is_handler_itself(file, argument, handler) {
                    continue;
                }
                if let Some((node, what)) = self.inside(file, argument) {
                    return Some(self.evidence(file, node, &what));
                }
            }
        }
        let nesting = self.nestings.of(file);
        // `Router::new().route("/x", post(create)).route_layer(auth)`
        let top = nesting.chain_top(facts, call);
        for link in chain(facts, top).take_while(|&link| link != call) {
            let is_layer = called_name(facts, link).is_some_and(|name| api_names().guards.layers.has(name));
            if is_layer && let Some((node, what)) = arguments(facts, link).find_map(|argument| self.inside(file, argument)) {
                return Some(self.evidence(file, node, &what));
            }
        }
        None
    }

    /// The handler that is registered: what it does itself is looked for in its code.
    fn is_handler_itself(&self, file: FileId, argument: NodeId, handler: &Handler) -> bool {
        match self.program.value(file, argument) {
            Value::Def(def) | Value::Method { method: def, .. } => def == handler.function,
            _ => false,
        }
    }

    fn call_at(&self, place: &Location) -> Option<(FileId, NodeId)> {
        let at = self.program.project.files.binary_search_by(|file| file.path.cmp(&place.path)).ok()?;
        let file = FileId(at as u32);
        let facts = self.program.file(file);
        let call = facts
            .arena
            .ids()
            .find(|&node| facts.arena.span(node) == place.span && matches!(facts.arena.kind(node), NodeKind::Call { .. }))?;
        Some((file, call))
    }

    /// What the router of the registration's file is made with, and what it uses: `APIRouter(dependencies=[…])`, `router.use(auth)`,
    /// `fastify.addHook("preHandler", auth)`, `@bp.before_request`.
    fn on_router(&self, handler: &Handler) -> Option<Evidence> {
        let path = handler.route.map_or_else(|| self.program.path(handler.function.file).clone(), |route| route.place.path.clone());
        let at = self.program.project.files.binary_search_by(|file| file.path.cmp(&path)).ok()?;
        self.in_file(FileId(at as u32))
    }

    /// Evidence for all routes of a file.
    fn in_file(&self, file: FileId) -> Option<Evidence> {
        let facts = self.program.file(file);
        for node in facts.arena.ids() {
            let NodeKind::Call { form: CallForm::Plain | CallForm::New, .. } = facts.arena.kind(node) else { continue };
            let is_router = match called_name(facts, node).unwrap_or_default() {
                name if api_names().routers.calls.has(name) => true,
                name if api_names().routers.makers.has(name) => true,
                "register" => false,
                _ => false,
            };
            if !is_router {
                continue;
            }
            for argument in arguments(facts, node) {
                let argument = match facts.arena.kind(argument) {
                    NodeKind::Argument { name, value } if matches!(facts.text(name), "dependencies" | "middleware") => value,
                    NodeKind::Argument { .. } => continue,
                    NodeKind::Closure(def) => {
                        if self.does(GlobalDef { file, def }) {
                            return Some(self.evidence(file, node, "a middleware"));
                        }
                        continue;
                    }
                    _ => argument,
                };
                // A router that is mounted is no guard of those beside it.
                if let Some((inner, what)) = self.inside(file, argument).filter(|(inner, _)| !self.is_router(file, *inner)) {
                    return Some(self.evidence(file, inner, &what));
                }
            }
        }
        for (id, def) in facts.definitions() {
            let guards = def.decorators.iter().any(|&decorator| {
                last_name(facts, decorator)
                    .map(|name| facts.text(name))
                    .or_else(|| called_name(facts, decorator))
                    .is_some_and(|name| matches!(name, "before_request" | "before_app_request" | "middleware"))
            });
            let function = GlobalDef { file, def: id };
            if guards && (self.does(function) || speaks(self.purpose, facts.text(def.name))) {
                return Some(Evidence {
                    what: facts.text(def.name).to_string(),
                    place: self.program.name_location(function),
                    in_code: false,
                });
            }
        }
        None
    }

    fn is_router(&self, file: FileId, node: NodeId) -> bool {
        let text = last_name(self.program.file(file), node).map(|name| self.program.file(file).text(name)).unwrap_or_default();
        parts(text).iter().any(|word| vocabulary().objects.routers.has(word))
    }

    /// Evidence in the handler's own code or in what it calls first.
    fn in_code(&self, handler: &Handler) -> Option<Evidence> {
        handler.code.iter().find(|&&part| self.does(part)).map(|&part| Evidence {
            what: "the handler itself".to_string(),
            place: self.program.name_location(part),
            in_code: true,
        })
    }

    /// Whether a function's own code, or that of what it calls, serves the purpose.
    pub(super) fn does(&self, function: GlobalDef) -> bool {
        self.does_within(function, 2)
    }

    fn does_within(&self, function: GlobalDef, depth: u8) -> bool {
        if let Some(&known) = self.known.borrow().get(&function) {
            return known;
        }
        self.known.borrow_mut().insert(function, false);
        let facts = self.program.file(function.file);
        // What opens a session for the handler looks at nobody, whatever is wrapped around it.
        if self.gives_session(function) {
            return false;
        }
        let mut found = false;
        for part in self.parts_of(function) {
            let Some(body) = facts.def(part.def).body else { continue };
            facts.arena.walk_while(body, |node| {
                found = found || self.acts(function.file, node);
                !found
            });
            if !found && depth > 0 {
                found = self
                    .program
                    .calls_from(part)
                    .iter()
                    .filter(|edge| edge.kind != CallKind::Passed && edge.callee.file != function.file || edge.callee.def != function.def)
                    .take(64)
                    .any(|edge| speaks_verb(self.purpose, self.program.name(edge.callee)) || self.does_within(edge.callee, depth - 1));
            }
            if found {
                break;
            }
        }
        // What was cut off by the depth may look otherwise from nearer.
        if found {
            self.known.borrow_mut().insert(function, true);
        } else if depth < 2 {
            self.known.borrow_mut().remove(&function);
        }
        found
    }

    /// As [`speaks`]; a session of which nothing else is said is a database's in Python: `Depends(get_session)`.
    fn speaks(&self, file: FileId, name: &str) -> bool {
        if !speaks(self.purpose, name) {
            return false;
        }
        let words = parts(name);
        let of_database = || words.iter().all(|word| word == "session" || !says_who(word)) && words.iter().any(|word| word == "session");
        self.purpose == Purpose::Limit || self.program.file(file).language.family() != Family::Python || !of_database()
    }

    /// A dependency that yields a session or a connection.
    fn gives_session(&self, function: GlobalDef) -> bool {
        let facts = self.program.file(function.file);
        let mut gives = false;
        if let Some(body) = facts.def(function.def).body.filter(|_| facts.language.family() == Family::Python) {
            facts.arena.walk(body, |node| {
                let NodeKind::Yield(Some(value)) = facts.arena.kind(node) else { return };
                let Value::Api { api, .. } = self.program.value(function.file, value) else { return };
                let api = &self.program.apis[api.0 as usize];
                gives |= self.program.facts_of(api).any(|(fact, _)| matches!(fact, ApiFact::Resource(kind) if kind.is_exclusive()));
            });
        }
        gives
    }

    /// `get_shop = GetShop([Role.OWNER])`, an object that is called: its `__call__` serves, or asks for what does.
    fn is_called_guard(&self, def: GlobalDef) -> bool {
        let value = self.program.def(def).value.filter(|_| self.program.def(def).kind == DefKind::Variable);
        let Some(Value::Instance { class, .. }) = value.map(|value| self.program.value(def.file, value)) else { return false };
        let Some(call) = method_of(self.program, class, "__call__") else { return false };
        let facts = self.program.file(call.file);
        self.does(call)
            || facts
                .def(call.def)
                .params
                .iter()
                .flat_map(|param| param.annotation.into_iter().chain(param.default))
                .any(|node| self.inside(call.file, node).is_some())
    }

    /// The code of a function, and of the functions in it: a decorator's work is done by what it gives back.
    fn parts_of(&self, function: GlobalDef) -> Vec<GlobalDef> {
        let facts = self.program.file(function.file);
        let mut parts = code_of(self.program, function);
        let inner = facts.definitions().filter(|(_, def)| def.parent == function.def && def.kind == DefKind::Function);
        for (def, _) in inner.take(8) {
            let inner = GlobalDef { file: function.file, def };
            if !parts.contains(&inner) {
                parts.push(inner);
            }
        }
        parts
    }

    /// A node of code that serves the purpose: an answer with 401 or 403, a read of who is logged in, a call of a guard.
    fn acts(&self, file: FileId, node: NodeId) -> bool {
        let facts = self.program.file(file);
        match (self.purpose, facts.arena.kind(node)) {
            (Purpose::Guard, NodeKind::Number(text)) => matches!(facts.text(text), "401" | "403"),
            (Purpose::Limit, NodeKind::Number(text)) => facts.text(text) == "429",
            (Purpose::Guard, NodeKind::Member { object, name, .. }) => {
                let name = facts.text(name);
                let owner = last_name(facts, object).map(|name| facts.text(name)).unwrap_or_default();
                api_names().statuses.refusals.has(name)
                    || api_names().guards.contexts.has(owner) && api_names().guards.clients.has(name)
                    || matches!(name, "currentUser" | "current_user")
                    // `safe_current_user.is_authenticated`, of a wrapper of the project's own
                    || matches!(name, "is_authenticated" | "isAuthenticated") && parts(owner).last().is_some_and(|word| word == "user")
            }
            (Purpose::Limit, NodeKind::Member { name, .. }) => api_names().statuses.limited.has(facts.text(name)),
            (Purpose::Guard, NodeKind::Name(name)) => api_names().statuses.refuses.has(facts.text(name)),
            (_, NodeKind::Call { callee, form, .. }) if form != CallForm::Pattern => {
                let known = self.program.called_api(file, node).is_some_and(|api| self.has(api.matches.iter().map(|found| found.entry)));
                let name = called_name(facts, node).unwrap_or_default();
                // `limiter.consume(key)`, `ratelimit.limit(ip)`
                let receiver = match facts.arena.kind(callee) {
                    NodeKind::Member { object, .. } => last_name(facts, object).map(|name| facts.text(name)).unwrap_or_default(),
                    _ => "",
                };
                known
                    || speaks_verb(self.purpose, name)
                    || self.purpose == Purpose::Limit && speaks(self.purpose, receiver)
                    || self.purpose == Purpose::Guard
                        && matches!(name, "get" | "getItem")
                        && arguments(facts, node)
                            .next()
                            .and_then(|key| facts.string(key))
                            .is_some_and(|key| matches!(key, "user" | "userId" | "user_id" | "session" | "jwtPayload"))
            }
            _ => false,
        }
    }

    fn has(&self, entries: impl Iterator<Item = u32>) -> bool {
        let wanted = match self.purpose {
            Purpose::Guard => ApiFact::Guard,
            Purpose::Limit => ApiFact::RateLimit,
        };
        entries.into_iter().any(|entry| self.program.knowledge.entries[entry as usize].fact == wanted)
    }

    /// The first part of an expression that serves the purpose.
    fn inside(&self, file: FileId, node: NodeId) -> Option<(NodeId, String)> {
        let facts = self.program.file(file);
        let mut found = None;
        facts.arena.walk_while(node, |inner| {
            if self.describes(file, inner) {
                return false;
            }
            if found.is_none() {
                found = match facts.arena.kind(inner) {
                    // `{ preHandler: [auth] }`, `{ config: { rateLimit: … } }`
                    NodeKind::Entry { key, .. } => facts
                        .string(key)
                        .filter(|key| self.purpose == Purpose::Limit && speaks(self.purpose, key))
                        .map(|key| (inner, key.to_string())),
                    _ => self.serves(file, inner).map(|what| (inner, what)),
                };
            }
            found.is_none()
        });
        found
    }

    /// What a route takes and gives guards nothing, whatever its types are called: `responses((status = 200, body = PermissionResponse))`.
    fn describes(&self, file: FileId, node: NodeId) -> bool {
        let facts = self.program.file(file);
        let name = match facts.arena.kind(node) {
            NodeKind::Call { .. } => called_name(facts, node),
            NodeKind::Argument { name, .. } => Some(facts.text(name)),
            _ => None,
        };
        name.is_some_and(|name| api_names().guards.describes.has(name))
    }

    /// A name or call that serves the purpose: what it is called, what it is, or what its code does.
    fn serves(&self, file: FileId, node: NodeId) -> Option<String> {
        let facts = self.program.file(file);
        let name = match facts.arena.kind(node) {
            NodeKind::Name(name) | NodeKind::Member { name, .. } => facts.text(name),
            NodeKind::Call { .. } if self.describes(file, node) => return None,
            NodeKind::Call { callee, .. } => return self.serves(file, callee).or_else(|| self.in_arguments(file, node)),
            NodeKind::Apply { base, .. } => return self.serves(file, base),
            _ => return None,
        };
        if says_public_name(name) {
            return None;
        }
        if self.speaks(file, name) {
            return Some(name.to_string());
        }
        if let NodeKind::Member { object, .. } = facts.arena.kind(node)
            && self.speaks(file, last_name(facts, object).map(|name| facts.text(name)).unwrap_or_default())
        {
            return Some(name.to_string());
        }
        let by_value = match self.program.value(file, node) {
            Value::Api { api, .. } => self.has(self.program.apis[api.0 as usize].matches.iter().map(|found| found.entry)),
            Value::Def(def) | Value::Method { method: def, .. } => {
                let is_code = matches!(self.program.def(def).kind, DefKind::Function | DefKind::Method);
                is_code && self.does(def) || self.is_made_by_guard(def)
            }
            _ => false,
        };
        // `user: CurrentUser`, an alias of a type with a dependency in it.
        let by_alias = || match facts.arena.kind(node) {
            NodeKind::Name(own) => self.definition_of(file, own).is_some_and(|def| self.stands_for_guard(def)),
            _ => false,
        };
        (by_value || by_alias()).then(|| name.to_string())
    }

    /// A function that does it, or a variable or type that is made with one.
    fn stands_for_guard(&self, def: GlobalDef) -> bool {
        match self.program.def(def).kind {
            DefKind::Function | DefKind::Method => self.does(def),
            _ => self.is_made_by_guard(def),
        }
    }

    /// A variable, type or function of the module, or an imported one, by its name (inner parts of a type have no value of their own).
    fn definition_of(&self, file: FileId, name: Name) -> Option<GlobalDef> {
        let facts = self.program.file(file);
        let is_it = |def: &Definition| {
            matches!(def.kind, DefKind::Variable | DefKind::TypeAlias | DefKind::Function)
                && def.parent == DefId::MODULE
                && def.name == name
        };
        if let Some((id, _)) = facts.definitions().find(|(_, def)| is_it(def)) {
            return Some(GlobalDef { file, def: id });
        }
        let import = facts.imports.iter().find(|import| import.local == Some(name))?;
        self.program.imports_of(file).iter().find(|edge| edge.span == import.span && edge.name == facts.text(name))?.definition
    }

    /// Guards given to a decorator: `@UseGuards(RolesGuard)`, `Depends(get_current_user)`.
    fn in_arguments(&self, file: FileId, call: NodeId) -> Option<String> {
        let facts = self.program.file(file);
        arguments(facts, call).filter(|&argument| !self.describes(file, argument)).find_map(|argument| match facts.arena.kind(argument) {
            NodeKind::Argument { value, .. } => self.inside(file, value).map(|(_, what)| what),
            NodeKind::Closure(_) | NodeKind::Str(_) => None,
            _ => self.inside(file, argument).map(|(_, what)| what),
        })
    }

    /// `const limiter = rateLimit({ … })`, `Auth = () => applyDecorators(UseGuards(…))`, `CurrentUser = Annotated[User, Depends(…)]`.
    fn is_made_by_guard(&self, def: GlobalDef) -> bool {
        let facts = self.program.file(def.file);
        let definition = facts.def(def.def);
        if !matches!(definition.kind, DefKind::Variable | DefKind::Function | DefKind::TypeAlias) {
            return false;
        }
        let Some(root) = definition.value.or(definition.body) else { return false };
        let mut found = false;
        facts.arena.walk_while(root, |node| {
            found = found
                || match facts.arena.kind(node) {
                    NodeKind::Name(name) | NodeKind::Member { name, .. } => {
                        let known =
                            self.program.api(def.file, node).is_some_and(|api| self.has(api.matches.iter().map(|found| found.entry)));
                        let does = match facts.arena.kind(node) {
                            NodeKind::Name(own) => {
                                self.definition_of(def.file, own).is_some_and(|inner| match self.program.def(inner).kind {
                                    DefKind::Function => self.does(inner),
                                    _ => inner != def && self.is_called_guard(inner),
                                })
                            }
                            _ => false,
                        };
                        known
                            || does
                            || matches!(facts.arena.kind(chain_root(facts, node)), NodeKind::Name(_))
                                && self.speaks(def.file, facts.text(name))
                    }
                    _ => false,
                };
            !found
        });
        found
    }

    /// Evidence that holds for every route of the package's files.
    pub(super) fn everywhere(&self, files: &[FileId]) -> Option<Evidence> {
        files.iter().find_map(|&file| self.global_in(file))
    }

    fn global_in(&self, file: FileId) -> Option<Evidence> {
        let facts = self.program.file(file);
        let settings: &Words = match self.purpose {
            Purpose::Guard => &api_names().guards.global,
            Purpose::Limit => &api_names().guards.global_limits,
        };
        if settings.any(|setting| facts.names.may_hold(setting)) {
            for node in facts.arena.ids() {
                let name = match facts.arena.kind(node) {
                    NodeKind::Name(name) | NodeKind::Member { name, .. } | NodeKind::Argument { name, .. } => facts.text(name),
                    NodeKind::Str(text) => facts.text(text).rsplit('.').next().unwrap_or_default(),
                    _ => continue,
                };
                if settings.has(name) {
                    return Some(self.evidence(file, node, name));
                }
            }
        }
        // `app.use(limiter)`, `app.register(rateLimit)`, `app.use("/auth", limiter)`, `app.add_middleware(…)`
        for node in facts.arena.ids() {
            if !matches!(facts.arena.kind(node), NodeKind::Call { .. })
                || !called_name(facts, node).is_some_and(|name| api_names().guards.registers.has(name))
            {
                continue;
            }
            let is_application = match facts.arena.kind(chain_root(facts, node)) {
                NodeKind::Name(name) => api_names().guards.applications.has(facts.text(name)),
                NodeKind::Receiver => true,
                _ => false,
            };
            if self.purpose == Purpose::Limit
                && is_application
                && let Some((inner, what)) = arguments(facts, node).find_map(|argument| self.inside(file, argument))
            {
                return Some(self.evidence(file, inner, &what));
            }
        }
        None
    }
}

/// In Rust a plain type among a handler's parameters takes itself out of the request, or refuses it: `view: LocalUserView`. An `Option` of it
/// refuses nobody, a `Json` of it is what the client sent. What such a type of the project asks for is not known: it may guard.
pub(super) fn may_guard_itself(program: &Program, handler: &Handler) -> bool {
    let facts = program.file(handler.function.file);
    facts.language.family() == Family::Rust
        && facts.def(handler.function.def).params.iter().filter_map(|param| param.annotation).any(|annotation| {
            matches!(facts.arena.kind(annotation), NodeKind::Name(_) | NodeKind::Member { .. })
                && last_name(facts, annotation).is_some_and(|name| {
                    let name = facts.text(name);
                    name.starts_with(char::is_uppercase) && !matches!(name, "String" | "PathBuf" | "Bytes" | "Uuid")
                })
        })
}

/// A name that speaks of the purpose as a noun or a verb: of decorators, types, middlewares.
pub(super) fn speaks(purpose: Purpose, name: &str) -> bool {
    let words = parts(name);
    let has = |wanted: &Words| words.iter().any(|word| wanted.has(word));
    let both = |first: &Words, second: &Words| has(first) && has(second);
    match purpose {
        Purpose::Limit => both(&vocabulary().access.often, &vocabulary().access.limits) || has(&vocabulary().access.limiters),
        Purpose::Guard => {
            !has(&vocabulary().access.no_guards)
                && (has(&vocabulary().access.guards)
                    || both(&vocabulary().access.states, &vocabulary().access.clients)
                    || both(&vocabulary().access.roles, &vocabulary().access.demands)
                    || both(&vocabulary().access.keys, &vocabulary().access.of_keys)
                    || both(&vocabulary().access.asking, &vocabulary().access.owners)
                    || both(&vocabulary().access.verifying, &vocabulary().access.signatures))
        }
    }
}

/// A word of names of guards.
fn says_who(word: &str) -> bool {
    let access = &vocabulary().access;
    [&access.guards, &access.states, &access.clients, &access.roles, &access.demands, &access.asking, &access.owners, &access.verifying]
        .iter()
        .any(|words| words.has(word))
}

/// As [`speaks`], for functions that are called: a noun alone is no call of a guard.
fn speaks_verb(purpose: Purpose, name: &str) -> bool {
    match purpose {
        Purpose::Limit => speaks(purpose, name),
        Purpose::Guard => {
            let words = parts(name);
            let has = |wanted: &Words| words.iter().any(|word| wanted.has(word));
            api_names().guards.calls.has(name)
                || speaks(purpose, name) && !has(&vocabulary().access.no_checks)
                || has(&vocabulary().access.checking) && has(&vocabulary().access.checked)
        }
    }
}

/// Explicitly for everybody: `AllowAny`, `@Public()`, `permission_classes = []`.
pub(super) fn says_public(facts: &FileFacts, node: NodeId) -> bool {
    let mut found = is_empty_list(facts, node);
    facts.arena.walk(node, |inner| {
        found |= match facts.arena.kind(inner) {
            NodeKind::Name(name) | NodeKind::Member { name, .. } => says_public_name(facts.text(name)),
            // `@doc(security=[])`: the description of the API says so.
            NodeKind::Argument { name, value } if facts.text(name) == "security" => is_empty_list(facts, value),
            _ => false,
        };
    });
    found
}

fn is_empty_list(facts: &FileFacts, node: NodeId) -> bool {
    matches!(facts.arena.kind(node), NodeKind::Collection { items, .. } if facts.arena.list(items).len() == 0)
}

fn says_public_name(name: &str) -> bool {
    let words = parts(name);
    api_names().guards.public.has(name)
        || words.iter().any(|word| vocabulary().access.public.has(word))
        || words.first().is_some_and(|word| vocabulary().access.skipping.has(word)) && speaks(Purpose::Guard, name)
}
