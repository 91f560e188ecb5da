//! Routes: which functions handle requests, by decorators, registration calls, base classes and file paths.

use std::sync::Arc;

use super::answers::{Answer, Detail};
use super::decorated::narrow_methods;
use super::evaluate::Linker;
use super::mounts::{Answering, Mounts};
use super::origins::Router;
use super::tables::UNKNOWN;
use crate::model::body::{CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind};
use crate::model::finding::Location;
use crate::model::knowledge::{ApiFact, ArgumentRef, Handlers, PathPlace, PerItemFact, RouteFact};
use crate::model::program::{ApiId, Route, VIEW_METHODS, Value};
use crate::model::role::GlobalDef;
use crate::model::route::UNKNOWN_PART;
use crate::model::source::{Family, FileId, Span};

/// Everything routes tell.
#[derive(Default)]
pub(super) struct Routes {
    pub(super) routes: Vec<Route>,
    /// Functions registered as middleware, with the place.
    pub(super) middleware: Vec<(GlobalDef, FileId, Span, String)>,
    /// Files that hold registration calls, with the first one and the API.
    pub(super) registering: Vec<(FileId, Span, String)>,
}

/// Where a registration says its path, and on which routers it stands.
pub(super) struct Placed {
    pub(super) path: Option<(FileId, NodeId)>,
    pub(super) routers: Vec<Router>,
    /// The path is the prefix of the router too.
    pub(super) within: bool,
}

/// The function that a decorator is called with: `bp.route("/orders")(create)`.
const DECORATED: Handlers = Handlers::Argument(ArgumentRef::Position(0));

/// A call that registers a route.
struct Registration<'r, 'a> {
    route: &'a RouteFact,
    /// The arguments of a decorator that is called like a function.
    decorator: Option<Vec<NodeId>>,
    framework: &'r str,
    /// Path of the API called.
    api: &'r str,
    file: FileId,
    call: NodeId,
    callee: NodeId,
    args: &'r [NodeId],
}

/// Methods of views are routes by their class, and again where the class gets its path: only there do they have one.
fn drop_unplaced(routes: &mut [Route]) {
    let mut placed: Vec<GlobalDef> =
        routes.iter().filter(|route| route.full.iter().any(|path| path != UNKNOWN_PART)).map(|route| route.handler).collect();
    placed.sort_unstable();
    placed.dedup();
    for route in routes.iter_mut() {
        if route.full == [UNKNOWN_PART] && placed.binary_search(&route.handler).is_ok() {
            route.full.clear();
        }
    }
}

impl<'a> Linker<'a> {
    /// All routes, sorted by place.
    pub(super) fn routes(&mut self, texts: &[(Arc<str>, Arc<str>)]) -> Routes {
        let mut found = Routes::default();
        let mut mounts = Mounts::collect(self);
        self.registered_routes(&mut found, &mut mounts);
        self.decorated_routes(&mut found, &mut mounts);
        self.member_routes(&mut found);
        self.file_routes(&mut found);
        self.specified_routes(&mut found, texts);
        self.dispatched_routes(&mut found);
        drop_unplaced(&mut found.routes);
        narrow_methods(&mut found.routes);
        found.routes.sort_by(|a, b| (&a.place, a.handler, &a.methods).cmp(&(&b.place, b.handler, &b.methods)));
        found.routes.dedup();
        found.middleware.sort();
        found.middleware.dedup();
        found.registering.sort();
        found.registering.dedup_by_key(|entry| entry.0);
        found
    }

    pub(super) fn place(&self, file: FileId, span: Span) -> Location {
        Location { path: self.project.files[file.index()].path.clone(), span }
    }

    /// The route fact of an API, with the framework's name and the path of the API.
    pub(super) fn route_fact(&self, api: ApiId) -> Option<(&'a RouteFact, String, String)> {
        let fact = self.apis.facts(api).find_map(|(fact, _)| match fact {
            ApiFact::Route(route) => Some(route),
            _ => None,
        })?;
        let framework = self.apis.framework_of(api, |fact| matches!(fact, ApiFact::Route(_))).unwrap_or("").to_string();
        Some((fact, framework, self.apis.path(api).to_string()))
    }

    /// The decorator for routes that a call's callee is the result of, where a function is handed to it as to any other: what
    /// `bp.route("/orders")` gives, called with `create`.
    pub(super) fn decorator_called(&mut self, file: FileId, api: ApiId) -> Option<ApiId> {
        if self.family(file) != Family::Python {
            return None;
        }
        let decorator = self.apis.path(api).strip_suffix("()")?.to_string();
        let decorator = self.apis.intern(&decorator, Family::Python);
        let is_route = |fact: &ApiFact| matches!(fact, ApiFact::Route(route) if route.handlers.is_none() && route.members.is_empty() && route.path.is_some());
        self.apis.facts(decorator).any(|(fact, _)| is_route(fact)).then_some(decorator)
    }

    /// Every route fact of an API: a base class has one for each HTTP method (`list` is GET, `create` is POST).
    fn route_facts(&self, api: ApiId) -> Vec<&'a RouteFact> {
        self.apis
            .facts(api)
            .filter_map(|(fact, _)| match fact {
                ApiFact::Route(route) => Some(route),
                _ => None,
            })
            .collect()
    }

    fn registered_routes(&mut self, found: &mut Routes, mounts: &mut Mounts) {
        let mut registrations = std::mem::take(&mut self.registrations);
        registrations.sort_by_key(|registration| (registration.file, registration.call));
        registrations.dedup_by_key(|registration| (registration.file, registration.call));
        for registration in registrations {
            let file = registration.file;
            let facts = &self.facts[file.index()];
            let NodeKind::Call { callee, args, .. } = facts.arena.kind(registration.call) else { continue };
            let Value::Api { api, .. } = self.get(self.node_values[file.index()][callee.index()]) else { continue };
            let decorator = self.decorator_called(file, api);
            let Some((route, framework, path)) = self.route_fact(decorator.unwrap_or(api)) else { continue };
            let args: Vec<NodeId> = facts.arena.list(args).collect();
            let decorator = decorator.and_then(|_| match facts.arena.kind(callee) {
                NodeKind::Call { args, .. } => Some(facts.arena.list(args).collect()),
                _ => None,
            });
            // One API may take its handler by position or by name.
            let is_given = |route: &&RouteFact| match &route.handlers {
                Some(Handlers::Argument(argument)) => self.argument(file, &args, argument).is_some(),
                _ => false,
            };
            let route = self.route_facts(api).into_iter().find(is_given).unwrap_or(route);
            let call = registration.call;
            let known = Registration { route, decorator, framework: &framework, api: &path, file, call, callee, args: &args };
            match mounts.origins.turns(self, file, registration.call, &args) {
                Some(turns) => {
                    for &item in &turns.items {
                        let nodes: Option<Vec<_>> = args.iter().map(|&arg| turns.in_turn(self, file, arg, item)).collect();
                        if let Some(nodes) = nodes {
                            self.register(found, mounts, &known, &nodes);
                        }
                    }
                }
                None => {
                    let nodes: Vec<_> = args.iter().map(|&arg| (file, arg)).collect();
                    self.register(found, mounts, &known, &nodes);
                }
            }
        }
        self.drop_passing_on(found);
    }

    /// Takes in one registration; `nodes` are what its arguments stand for (in a loop, in one turn of it).
    fn register(&mut self, found: &mut Routes, mounts: &mut Mounts, known: &Registration<'_, 'a>, nodes: &[(FileId, NodeId)]) {
        let &Registration { route, ref decorator, framework, api, file, call, callee, args } = known;
        let given_to_decorator = decorator.as_ref().map(|_| DECORATED);
        let taken = given_to_decorator.as_ref().or(route.handlers.as_ref());
        let facts = &self.facts[file.index()];
        let span = facts.arena.span(call);
        let stands_for = |node: NodeId| args.iter().position(|&arg| arg == node).map_or((file, node), |at| nodes[at]);
        let mut handlers: Vec<Answer> = Vec::new();
        let mut handler_node = None;
        match taken {
            Some(Handlers::Functions) => {
                for &(file, arg) in nodes {
                    self.functions_in(file, arg, 0, &mut handlers);
                }
            }
            Some(Handlers::Argument(argument)) => {
                handler_node = self.argument(file, args, argument);
                if let Some((file, node)) = self.argument_in(file, args, nodes, argument) {
                    self.functions_in(file, node, 0, &mut handlers);
                }
            }
            None => return,
        }
        if handlers.is_empty() && !matches!(taken, Some(Handlers::Argument(_))) {
            return;
        }
        if route.middleware {
            found.middleware.extend(handlers.into_iter().map(|handler| (handler.function, file, span, api.to_string())));
            return;
        }
        // The server that a unit test starts makes no router of the file.
        if !facts.defs.iter().any(|def| def.flags.has(DefFlags::TEST) && def.span.contains(span)) {
            found.registering.push((file, span, api.to_string()));
        }
        let described = route.described_by.as_ref().and_then(|argument| self.described(mounts, file, args, nodes, argument));
        let told = |linker: &Linker, argument: &ArgumentRef| match (&described, decorator) {
            (Some((file, args)), _) => linker.argument(*file, args, argument).map(|node| (*file, node)),
            (None, Some(args)) => linker.argument(file, args, argument).map(|node| (file, node)),
            (None, None) => linker.argument_in(file, args, nodes, argument),
        };
        let listed = route.methods_from.as_ref().and_then(|argument| told(self, argument));
        let methods = self.methods(route, listed, api);
        let mut placed = match (decorator, facts.arena.kind(callee)) {
            (Some(args), NodeKind::Call { callee: inner, .. }) => self.route_path(mounts, route, file, callee, inner, args),
            _ => self.route_path(mounts, route, file, call, callee, args),
        };
        let written = placed.path.map(|(_, node)| node);
        placed.path = match placed.path {
            Some((_, node)) if args.contains(&node) => Some(stands_for(node)),
            // `Route(path="/orders", endpoint=orders)`
            None if route.path_of == PathPlace::Own => {
                let named = || told(self, &ArgumentRef::Name("path".to_string()));
                route.path.as_ref().and_then(|argument| told(self, argument).or_else(named))
            }
            other => other,
        };
        let url = placed.path.and_then(|(file, node)| self.facts[file.index()].string(node)).map(str::to_string);
        let mut own = self.own_texts(mounts, route, &placed);
        if route.more_paths {
            own.extend(self.further_paths(mounts, file, args, written, handler_node));
        }
        let guards = match taken {
            Some(Handlers::Functions) => self.guards_given(file, args, written),
            _ => Vec::new(),
        };
        let last = handlers.last().map(|handler| handler.function);
        let all = matches!(taken, Some(Handlers::Argument(_)));
        if let Some(class) = handler_node.filter(|_| all && !route.item_path.is_empty()) {
            for detail in self.details(mounts, route, stands_for(class), &own) {
                let Detail { function: handler, methods, written, paths } = detail;
                found.routes.push(Route {
                    full: mounts.full(self, file, &placed.routers, &paths, &Answering { methods: &methods, handler }),
                    methods,
                    path: Some(written).filter(|path| path != UNKNOWN_PART),
                    guards: Vec::new(),
                    handler,
                    framework: framework.to_string(),
                    place: self.place(file, span),
                    params_are_sources: route.params_are_sources,
                });
            }
        }
        for answer in handlers {
            let handler = answer.function;
            if !all && Some(handler) != last {
                found.middleware.push((handler, file, span, api.to_string()));
                continue;
            }
            let own = own.iter().map(|own| self.continued(mounts, route, &answer, own)).collect::<Vec<_>>();
            let methods = match answer.method {
                Some(method) => vec![method],
                None => methods.clone(),
            };
            found.routes.push(Route {
                full: mounts.full(self, file, &placed.routers, &own, &Answering { methods: &methods, handler }),
                methods,
                path: url.clone(),
                guards: guards.clone(),
                handler,
                framework: framework.to_string(),
                place: self.place(file, span),
                params_are_sources: route.params_are_sources,
            });
        }
    }

    /// The arguments of the call that makes the description of a route, wherever that stands.
    fn described(
        &mut self,
        mounts: &mut Mounts,
        file: FileId,
        args: &[NodeId],
        nodes: &[(FileId, NodeId)],
        argument: &ArgumentRef,
    ) -> Option<(FileId, Vec<NodeId>)> {
        let (file, node) = self.argument_in(file, args, nodes, argument)?;
        let &[Router::Made(file, call)] = mounts.origins.of(self, file, node).as_slice() else { return None };
        match self.facts[file.index()].arena.kind(call) {
            NodeKind::Call { args, .. } => Some((file, self.facts[file.index()].arena.list(args).collect())),
            _ => None,
        }
    }

    /// What stands before handlers elsewhere and takes `next` is no handler where it stands alone (`app.post("/cards", addUserId)`).
    fn drop_passing_on(&self, found: &mut Routes) {
        let mut standing: Vec<GlobalDef> =
            found.middleware.iter().map(|entry| entry.0).filter(|&function| self.takes_next(function)).collect();
        standing.sort_unstable();
        standing.dedup();
        let passes_on = |route: &Route| standing.binary_search(&route.handler).is_ok();
        for route in found.routes.iter().filter(|route| passes_on(route)) {
            if let Some(file) = self.file_by_path(&route.place.path) {
                found.middleware.push((route.handler, file, route.place.span, route.framework.clone()));
            }
        }
        found.routes.retain(|route| !passes_on(route));
    }

    fn takes_next(&self, function: GlobalDef) -> bool {
        let facts = &self.facts[function.file.index()];
        facts.def(function.def).params.last().and_then(|param| param.name).is_some_and(|name| facts.text(name) == "next")
    }

    /// The node of an argument.
    pub(super) fn argument(&self, file: FileId, args: &[NodeId], argument: &ArgumentRef) -> Option<NodeId> {
        let facts = &self.facts[file.index()];
        match argument {
            ArgumentRef::Position(at) => {
                args.get(*at as usize).copied().filter(|&node| !matches!(facts.arena.kind(node), NodeKind::Argument { .. }))
            }
            ArgumentRef::Name(name) => match name.split_once('.') {
                Some((position, keys)) => {
                    let object = *args.get(position.parse::<usize>().ok()?)?;
                    keys.split('.').try_fold(object, |object, key| {
                        let NodeKind::Collection { items, .. } = facts.arena.kind(object) else { return None };
                        facts.arena.list(items).find_map(|item| match facts.arena.kind(item) {
                            NodeKind::Entry { key: own, value } if facts.string(own) == Some(key) => Some(value),
                            _ => None,
                        })
                    })
                }
                None => args.iter().find_map(|&node| match facts.arena.kind(node) {
                    NodeKind::Argument { name: own, value } if facts.text(own) == name => Some(value),
                    _ => None,
                }),
            },
        }
    }

    /// An argument of a call, some of whose arguments stand for other nodes (in one turn of a loop).
    fn argument_in(&self, file: FileId, args: &[NodeId], nodes: &[(FileId, NodeId)], argument: &ArgumentRef) -> Option<(FileId, NodeId)> {
        if let ArgumentRef::Name(name) = argument
            && let Some((position, rest)) = name.split_once('.')
        {
            let &(file, object) = nodes.get(position.parse::<usize>().ok()?)?;
            return self.argument(file, &[object], &ArgumentRef::Name(format!("0.{rest}"))).map(|node| (file, node));
        }
        let node = self.argument(file, args, argument)?;
        Some(args.iter().position(|&arg| arg == node).map_or((file, node), |at| nodes[at]))
    }

    /// The methods a registration lists, by the node of the list.
    pub(super) fn methods(&self, route: &RouteFact, listed: Option<(FileId, NodeId)>, api: &str) -> Vec<String> {
        if let Some((file, node)) = listed {
            let facts = &self.facts[file.index()];
            let listed: Vec<String> = match facts.arena.kind(node) {
                NodeKind::Collection { items, .. } => {
                    facts.arena.list(items).filter_map(|item| Some(facts.string(item)?.to_ascii_uppercase())).collect()
                }
                // `#[utoipa::path(get, …)]` names the method as an identifier.
                NodeKind::Name(name) => vec![facts.text(name).to_ascii_uppercase()],
                _ => facts.string(node).map(|text| text.to_ascii_uppercase()).into_iter().collect(),
            };
            if !listed.is_empty() {
                return listed;
            }
        }
        if !route.methods.is_empty() {
            return route.methods.clone();
        }
        let name = api.trim_end_matches("()").trim_end_matches('!').rsplit('.').next().unwrap_or(api);
        match name {
            "all" | "route" | "use" | "any" | "All" => vec!["*".to_string()],
            _ => vec![name.to_ascii_uppercase()],
        }
    }

    /// Where the path of a registration stands, and on which routers.
    fn route_path(
        &mut self,
        mounts: &mut Mounts,
        route: &RouteFact,
        file: FileId,
        call: NodeId,
        callee: NodeId,
        args: &[NodeId],
    ) -> Placed {
        let own = Placed { path: None, routers: self.routers_at(mounts, file, call, callee), within: false };
        let Some(wanted) = route.path.as_ref() else { return own };
        match route.path_of {
            PathPlace::Own => {
                let second = args.get(1).filter(|_| route.named && args.len() > 2);
                let facts = &self.facts[file.index()];
                let is_text = |node: NodeId| matches!(facts.arena.kind(node), NodeKind::Str(_) | NodeKind::Text { .. });
                let named = second.copied().filter(|&second| is_text(second) && is_text(args[0]));
                Placed { path: named.or_else(|| self.argument(file, args, wanted)).map(|node| (file, node)), ..own }
            }
            PathPlace::Receiver => {
                // `router.route("/x").get(a).post(b)`: the path is at the start of the chain.
                let mut at = callee;
                for _ in 0..12 {
                    let path = self.text_argument(mounts, file, &self.receiver_args(file, at), wanted);
                    if path.is_some() {
                        return Placed { path: path.map(|node| (file, node)), ..own };
                    }
                    let facts = &self.facts[file.index()];
                    let NodeKind::Member { object, .. } = facts.arena.kind(at) else { break };
                    let NodeKind::Call { callee, .. } = facts.arena.kind(object) else { break };
                    at = callee;
                }
                own
            }
            PathPlace::Around => {
                // `get(a).post(b)` stands in `.route("/x", …)`: climb to the call that has a text argument, or whose receiver has.
                let nesting = mounts.origins.nesting(self, file);
                for at in nesting.around(call).skip(1).take(12) {
                    let facts = &self.facts[file.index()];
                    let NodeKind::Call { callee, args, .. } = facts.arena.kind(at) else { continue };
                    let args: Vec<NodeId> = facts.arena.list(args).collect();
                    let (path, within) = match self.text_argument(mounts, file, &args, wanted) {
                        Some(path) => (Some(path), false),
                        None => (self.path_below(mounts, file, callee, wanted), true),
                    };
                    if path.is_some() {
                        let routers = self.routers_at(mounts, file, at, callee);
                        // `web::resource("/x").route(…)`: the path is the router's own prefix already.
                        let within = within && routers.iter().any(|router| matches!(router, Router::Made(..)));
                        return Placed { path: path.map(|node| (file, node)), routers, within };
                    }
                }
                own
            }
        }
    }

    /// `router.get` of `router.get<Params>("/x", …)`.
    fn without_types(&self, file: FileId, callee: NodeId) -> NodeId {
        match self.facts[file.index()].arena.kind(callee) {
            NodeKind::Apply { base, .. } => base,
            _ => callee,
        }
    }

    /// The arguments of the call that makes the receiver.
    fn receiver_args(&self, file: FileId, callee: NodeId) -> Vec<NodeId> {
        let facts = &self.facts[file.index()];
        let callee = self.without_types(file, callee);
        match facts.arena.kind(callee) {
            NodeKind::Member { object, .. } => match facts.arena.kind(object) {
                NodeKind::Call { args, .. } => facts.arena.list(args).collect(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// The path with which a chain of registrations begins: `web::resource("/x").route(web::get().to(a)).route(web::put().to(b))`.
    fn path_below(&mut self, mounts: &mut Mounts, file: FileId, callee: NodeId, wanted: &ArgumentRef) -> Option<NodeId> {
        let mut at = callee;
        for _ in 0..12 {
            let args = self.receiver_args(file, at);
            let path = self.text_argument(mounts, file, &args, wanted);
            if path.is_some() {
                return path;
            }
            // Only past what says nothing of a path itself.
            let facts = &self.facts[file.index()];
            let is_route = |node: NodeId| matches!(facts.arena.kind(node), NodeKind::Call { .. });
            if !self.argument(file, &args, wanted).is_some_and(is_route) {
                return None;
            }
            let NodeKind::Member { object, .. } = facts.arena.kind(self.without_types(file, at)) else { return None };
            let NodeKind::Call { callee, .. } = facts.arena.kind(object) else { return None };
            at = callee;
        }
        None
    }

    /// The argument, if it is a text or a constant that is one.
    fn text_argument(&mut self, mounts: &mut Mounts, file: FileId, args: &[NodeId], wanted: &ArgumentRef) -> Option<NodeId> {
        let node = self.argument(file, args, wanted)?;
        let is_text = match self.facts[file.index()].arena.kind(node) {
            NodeKind::Str(_) => true,
            NodeKind::Text { .. } | NodeKind::Name(_) | NodeKind::Member { .. } => {
                mounts.origins.texts(self, file, node).iter().all(|text| text != UNKNOWN_PART)
            }
            _ => false,
        };
        is_text.then_some(node)
    }

    /// The routers a registration stands on: its receiver, or what is around it.
    fn routers_at(&mut self, mounts: &mut Mounts, file: FileId, call: NodeId, callee: NodeId) -> Vec<Router> {
        let callee = self.without_types(file, callee);
        if let NodeKind::Member { object, path: false, .. } = self.facts[file.index()].arena.kind(callee) {
            let found = mounts.origins.of(self, file, object);
            let found: Vec<Router> = found.iter().copied().filter(|router| !matches!(router, Router::Def(_))).collect();
            let is_library = matches!(self.get(self.node_values[file.index()][object.index()]), Value::Api { api, .. } if !self.apis.path(api).contains("()"));
            if !found.is_empty() || !is_library {
                return found;
            }
        }
        vec![mounts.around(self, file, call)]
    }

    /// The texts of a route's own path; empty text where it has none.
    pub(super) fn own_texts(&mut self, mounts: &mut Mounts, route: &RouteFact, placed: &Placed) -> Vec<String> {
        match placed.path {
            Some(_) if placed.within => vec![String::new()],
            Some((file, path)) => mounts.origins.texts(self, file, path),
            None if route.path.is_some() && route.path_of != PathPlace::Own => vec![UNKNOWN_PART.to_string()],
            None => vec![String::new()],
        }
    }

    /// Texts after the path: more paths of the same route.
    pub(super) fn further_paths(
        &mut self,
        mounts: &mut Mounts,
        file: FileId,
        args: &[NodeId],
        path: Option<NodeId>,
        handler: Option<NodeId>,
    ) -> Vec<String> {
        let at = path.and_then(|path| args.iter().position(|&arg| arg == path));
        let Some(at) = at else { return Vec::new() };
        let facts = &self.facts[file.index()];
        let is_text = |node: NodeId| Some(node) != handler && matches!(facts.arena.kind(node), NodeKind::Str(_) | NodeKind::Text { .. });
        let rest: Vec<NodeId> = args[at + 1..].iter().copied().take_while(|&arg| is_text(arg)).collect();
        rest.into_iter().map(|node| mounts.origins.text(self, file, node, 0)).collect()
    }

    /// Frameworks the file imports or its package depends on.
    pub(super) fn frameworks_of_package(&mut self, file: FileId) -> Vec<u16> {
        let mut found = self.frameworks_of[file.index()].clone();
        let path = &self.project.files[file.index()].path;
        let Some(package) = self.project.package_of(path) else { return found };
        if !self.package_frameworks.contains_key(&package) {
            let names: Vec<String> =
                self.project.packages[package].dependencies.iter().map(|dependency| dependency.name.replace('-', "_")).collect();
            let used = self
                .knowledge
                .frameworks
                .iter()
                .enumerate()
                .filter(|(_, framework)| framework.packages.iter().any(|package| names.contains(&package.replace('-', "_"))));
            let used: Vec<u16> = used.map(|(at, _)| at as u16).collect();
            self.package_frameworks.insert(package, used);
        }
        for &framework in self.package_frameworks.get(&package).into_iter().flatten() {
            if !found.contains(&framework) {
                found.push(framework);
            }
        }
        found
    }

    fn member_routes(&mut self, found: &mut Routes) {
        for file in 0..self.facts.len() {
            let file = FileId(file as u32);
            let classes: Vec<DefId> =
                self.facts[file.index()].definitions().filter(|(_, def)| def.kind == DefKind::Class).map(|(id, _)| id).collect();
            for def in classes {
                let class = GlobalDef { file, def };
                let mut outside = Vec::new();
                for base in self.hierarchy(class) {
                    outside.extend(self.class_info(base).outside);
                }
                for api in outside {
                    let Some((_, framework, _)) = self.route_fact(api) else { continue };
                    let members = self.route_facts(api).into_iter().flat_map(|route| route.members.iter().map(move |name| (route, name)));
                    for (route, name) in members {
                        let Some(member) = self.own_member(class, name) else { continue };
                        let definition = self.facts[member.file.index()].def(member.def);
                        if definition.kind != DefKind::Method {
                            continue;
                        }
                        let known = VIEW_METHODS.iter().find(|(own, _)| own == name).map(|&(_, method)| method.to_string());
                        let methods = if route.methods.is_empty() {
                            vec![known.unwrap_or_else(|| name.to_ascii_uppercase())]
                        } else {
                            route.methods.clone()
                        };
                        let place = self.place(member.file, definition.name_span);
                        found.routes.push(Route {
                            methods,
                            path: None,
                            full: vec![UNKNOWN_PART.to_string()],
                            guards: Vec::new(),
                            handler: member,
                            framework: framework.clone(),
                            place,
                            params_are_sources: route.params_are_sources,
                        });
                    }
                }
            }
        }
    }

    /// Lets the parameters of a decorated function, or of a method that its class's base makes a handler, learn what the framework
    /// passes.
    pub(super) fn hint_decorated(&mut self, function: GlobalDef) {
        let def = self.facts[function.file.index()].def(function.def);
        let is_method = def.kind == DefKind::Method;
        if (!is_method && def.kind != DefKind::Function) || def.params.is_empty() || self.family(function.file) == Family::Rust {
            return;
        }
        let apis: Vec<ApiId> = def.decorators.iter().filter_map(|&decorator| self.decorator_api(function.file, decorator)).collect();
        let mut routes: Vec<&'a RouteFact> = apis.into_iter().flat_map(|api| self.route_facts(api)).collect();
        if is_method {
            let class = GlobalDef { file: function.file, def: def.parent };
            let name = self.facts[function.file.index()].text(def.name);
            let mut outside = Vec::new();
            for base in self.hierarchy(class) {
                outside.extend(self.class_info(base).outside);
            }
            let own = outside.into_iter().flat_map(|api| self.route_facts(api));
            routes.extend(own.filter(|route| route.members.iter().any(|member| member == name)));
        }
        for route in routes {
            for (at, path) in route.params.iter().enumerate() {
                let param = self.api(path, self.family(function.file));
                self.forget_hint(function, at, param);
                self.hint(function, at, param);
            }
        }
        if is_method {
            self.hint_row(function, GlobalDef { file: function.file, def: def.parent });
        }
    }

    /// The row that a serializer's method is handed: `update(self, instance, validated_data)`.
    fn hint_row(&mut self, function: GlobalDef, class: GlobalDef) {
        let facts = &self.facts[function.file.index()];
        let name = facts.text(facts.def(function.def).name);
        let is_it = |known: &String| known == name;
        let mut outside = Vec::new();
        for base in self.hierarchy(class) {
            outside.extend(self.class_info(base).outside);
        }
        let is_handed = |fact: &ApiFact| matches!(fact, ApiFact::PerItem(PerItemFact::Members { handed, .. }) if handed.iter().any(is_it));
        if outside.into_iter().any(|api| self.apis.facts(api).any(|(fact, _)| is_handed(fact)))
            && let Some(model) = self.subject_named(class, "Meta.model")
        {
            let row = self.value(Value::Instance { class: model, argument: UNKNOWN });
            self.hint(function, 0, row);
        }
    }

    /// A decorator sees what a registration passes and passes its own: of `path("x", view)` and `@api_view`, the latter says what
    /// the view is given.
    fn forget_hint(&mut self, function: GlobalDef, position: usize, param: crate::model::program::ValueId) {
        let Some(hint) = self.hints.get_mut(&function).and_then(|hints| hints.get_mut(position)) else { return };
        if param != UNKNOWN && *hint != param && self.hinted_by.get(&(function, position)).is_some_and(|by| *by != function) {
            *hint = UNKNOWN;
        }
    }

    /// The same for functions in a list, there or under a name: `router.post("/x", [check, (req, res) => …])`, `router.post("/x", orders.create)`.
    pub(super) fn hint_listed(&mut self, api: ApiId, file: FileId, args: &[NodeId]) {
        let Some((route, _, _)) = self.route_fact(api) else { return };
        if route.params.is_empty() {
            return;
        }
        let family = self.apis.family(api);
        let params: Vec<_> = route.params.iter().map(|path| self.api(path, family)).collect();
        for &arg in args {
            let here = matches!(self.facts[file.index()].arena.kind(arg), NodeKind::Collection { .. });
            let Some((file, list)) = (if here { Some((file, arg)) } else { self.list_behind(file, arg) }) else { continue };
            let facts = &self.facts[file.index()];
            let NodeKind::Collection { items, kind: CollectionKind::List } = facts.arena.kind(list) else { continue };
            for item in facts.arena.list(items) {
                let NodeKind::Closure(def) = facts.arena.kind(item) else { continue };
                for (at, &param) in params.iter().enumerate().filter(|(_, param)| **param != UNKNOWN) {
                    self.hint(GlobalDef { file, def }, at, param);
                }
            }
        }
    }

    /// Lets the parameters of a function registered by reference learn what the framework passes.
    pub(super) fn hint_handlers(&mut self, api: ApiId, values: &[crate::model::program::ValueId]) {
        let Some((route, _, _)) = self.route_fact(api) else { return };
        if route.params.is_empty() {
            return;
        }
        let family = self.apis.family(api);
        let params: Vec<_> = route.params.iter().map(|path| self.api(path, family)).collect();
        for &value in values {
            let function = match self.get(value) {
                Value::Def(def) if super::calls::is_callable(self.facts[def.file.index()].def(def.def).kind) => def,
                Value::Method { method, .. } => method,
                _ => continue,
            };
            for (at, &param) in params.iter().enumerate() {
                if param != UNKNOWN {
                    self.hint(function, at, param);
                }
            }
        }
    }
}
