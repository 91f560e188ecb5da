//! Routes by decorators and attributes, also those of base classes and those that decorators of the project's own hand on.

use super::evaluate::Linker;
use super::mounts::{Answering, Mounts};
use super::origins::Router;
use super::routes::{Placed, Routes};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefKind, ParamKind};
use crate::model::knowledge::ApiFact;
use crate::model::program::{ApiId, Route, Value};
use crate::model::role::GlobalDef;
use crate::model::route::UNKNOWN_PART;
use crate::model::source::{Family, FileId};

/// Where any method will do, what a decorator of the handler says of methods holds (`@api_view(["GET"])`).
pub(super) fn narrow_methods(routes: &mut [Route]) {
    let mut declared: Vec<(GlobalDef, Vec<String>)> = routes
        .iter()
        .filter(|route| route.full.is_empty() && route.path.is_none() && route.methods != ["*"])
        .map(|route| (route.handler, route.methods.clone()))
        .collect();
    declared.sort();
    for route in routes.iter_mut().filter(|route| !route.full.is_empty() && route.methods == ["*"]) {
        let at = declared.partition_point(|(handler, _)| *handler < route.handler);
        if let Some((_, methods)) = declared.get(at).filter(|(handler, _)| *handler == route.handler) {
            route.methods.clone_from(methods);
        }
    }
}

impl Linker<'_> {
    pub(super) fn decorated_routes(&mut self, found: &mut Routes, mounts: &mut Mounts) {
        for file in 0..self.facts.len() {
            let file = FileId(file as u32);
            let facts = &self.facts[file.index()];
            for (def, definition) in facts.definitions() {
                if !matches!(definition.kind, DefKind::Function | DefKind::Method | DefKind::Class) {
                    continue;
                }
                for &decorator in &definition.decorators {
                    let written: Vec<NodeId> = match facts.arena.kind(decorator) {
                        NodeKind::Call { args, .. } => facts.arena.list(args).collect(),
                        _ => Vec::new(),
                    };
                    let direct = self.decorator_api(file, decorator).map(|api| (api, file, written.clone()));
                    let Some((api, told, args)) = direct.or_else(|| self.composed_route(file, decorator, &written)) else { continue };
                    let Some((route, framework, path)) = self.route_fact(api) else { continue };
                    if !route.members.is_empty() {
                        continue;
                    }
                    let handler = GlobalDef { file, def };
                    let span = facts.arena.span(decorator);
                    if route.middleware {
                        found.middleware.push((handler, file, span, path));
                        continue;
                    }
                    let path_node = route.path.as_ref().and_then(|wanted| {
                        let node = self.argument(told, &args, wanted)?;
                        // A composed decorator hands on what it is given, by name or all of it: `super().route(*args, **kwargs)`.
                        let is_all = told != file && matches!(self.facts[told.index()].arena.kind(node), NodeKind::Spread { .. });
                        let own = if is_all {
                            self.argument(file, &written, wanted)
                        } else {
                            self.handed_on(file, decorator, &written, told, node)
                        };
                        Some(own.map_or((told, node), |node| (file, node)))
                    });
                    let url = path_node.and_then(|(file, node)| self.facts[file.index()].string(node).map(str::to_string));
                    let placed = Placed { path: path_node, routers: self.routers_of_decorator(mounts, handler, decorator), within: false };
                    let mut own = self.own_texts(mounts, route, &placed);
                    if route.more_paths {
                        // Nodes are those of one file.
                        let given = if told == file { &args } else { &written };
                        let at = path_node.filter(|(of, _)| *of == file).map(|(_, node)| node);
                        own.extend(self.further_paths(mounts, file, given, at, None));
                    }
                    let speaks_http = route.path.is_some();
                    // What a decorator of the project's own takes by any name, it hands on.
                    let listed = [(told, &args), (file, &written)].into_iter();
                    let listed = listed.filter_map(|(file, args)| Some((file, self.listed_methods(route, file, args)?))).next();
                    let methods = self.methods(route, listed, &path);
                    let full = if route.detail.is_some() {
                        vec![UNKNOWN_PART.to_string()]
                    } else if speaks_http {
                        mounts.full(self, file, &placed.routers, &own, &Answering { methods: &methods, handler })
                    } else {
                        Vec::new()
                    };
                    let base = Route {
                        methods,
                        path: url,
                        full,
                        guards: self.guards_declared(handler),
                        handler,
                        framework,
                        place: self.place(file, span),
                        params_are_sources: route.params_are_sources,
                    };
                    if definition.kind == DefKind::Class {
                        let mut handlers = Vec::new();
                        self.class_handlers(handler, &mut handlers);
                        found.routes.extend(handlers.into_iter().map(|answer| Route {
                            handler: answer.function,
                            methods: answer.method.map_or_else(|| base.methods.clone(), |method| vec![method]),
                            ..base.clone()
                        }));
                    } else {
                        found.routes.push(base);
                    }
                }
            }
        }
    }

    /// The routers a decorator registers on: what it is a method of; else the class of the handler, or the handler, which is mounted itself.
    fn routers_of_decorator(&mut self, mounts: &mut Mounts, handler: GlobalDef, decorator: NodeId) -> Vec<Router> {
        let facts = &self.facts[handler.file.index()];
        let callee = match facts.arena.kind(decorator) {
            NodeKind::Call { callee, .. } => callee,
            _ => decorator,
        };
        if let NodeKind::Member { object, path: false, .. } = facts.arena.kind(callee) {
            let found = mounts.origins.of(self, handler.file, object);
            let found: Vec<Router> = found.iter().copied().filter(|router| !matches!(router, Router::Def(_))).collect();
            let value = self.get(self.node_values[handler.file.index()][object.index()]);
            let is_library = matches!(value, Value::Api { api, .. } if !self.apis.path(api).contains("()"));
            if !found.is_empty() || !is_library {
                return found;
            }
        }
        let def = facts.def(handler.def);
        if def.kind != DefKind::Method {
            return vec![Router::Def(handler)];
        }
        let class = GlobalDef { file: handler.file, def: def.parent };
        let name = facts.text(def.name).to_string();
        let heirs = mounts.below.get(&class).cloned().unwrap_or_default();
        let mut found: Vec<Router> = Vec::new();
        for heir in heirs {
            // A method that is written anew takes nothing of the decorators of the old one.
            let hides =
                self.hierarchy(heir).into_iter().take_while(|&owner| owner != class).any(|owner| self.own_member(owner, &name).is_some());
            if !hides {
                found.push(Router::Def(heir));
            }
        }
        if found.is_empty() || mounts.roots.contains(&Router::Def(class)) {
            found.push(Router::Def(class));
        }
        found
    }

    /// What a decorator of the project's own is made of: `Submit(path)` gives `applyDecorators(Post(path), …)`. The API of the route, the file
    /// and the arguments it is given there.
    fn composed_route(&mut self, file: FileId, decorator: NodeId, written: &[NodeId]) -> Option<(ApiId, FileId, Vec<NodeId>)> {
        let function = self.own_decorator(file, decorator)?;
        if written.len() > 16 {
            return None;
        }
        let facts = &self.facts[function.file.index()];
        let body = facts.def(function.def).body?;
        let mut calls = Vec::new();
        facts.arena.walk(body, |node| {
            if let NodeKind::Call { callee, args, .. } = facts.arena.kind(node)
                && let Value::Api { api, .. } = self.get(self.node_values[function.file.index()][callee.index()])
                && self
                    .apis
                    .facts(api)
                    .any(|(fact, _)| matches!(fact, ApiFact::Route(route) if route.handlers.is_none() && route.members.is_empty()))
            {
                calls.push((api, facts.arena.list(args).collect::<Vec<_>>()));
            }
        });
        // Of several, which one it is depends on what it is given.
        match <[_; 1]>::try_from(calls) {
            Ok([(api, args)]) => Some((api, function.file, args)),
            Err(_) => None,
        }
    }

    /// The function of the project that a decorator calls; also a method of a router class of its own: `class Desk(Blueprint): def route(…)`.
    fn own_decorator(&self, file: FileId, decorator: NodeId) -> Option<GlobalDef> {
        let NodeKind::Call { callee, .. } = self.facts[file.index()].arena.kind(decorator) else { return None };
        match self.get(self.node_values[file.index()][callee.index()]) {
            Value::Method { method, .. } if self.family(file) == Family::Python => Some(method),
            Value::Def(function) if super::calls::is_callable(self.facts[function.file.index()].def(function.def).kind) => Some(function),
            _ => None,
        }
    }

    /// The argument of the decorator that a parameter named in its function stands for.
    fn handed_on(&self, file: FileId, decorator: NodeId, written: &[NodeId], told: FileId, node: NodeId) -> Option<NodeId> {
        let function = self.own_decorator(file, decorator).filter(|function| function.file == told)?;
        let facts = &self.facts[told.index()];
        let NodeKind::Name(name) = facts.arena.kind(node) else { return None };
        let mut params = facts.def(function.def).params.iter().filter(|param| param.kind != ParamKind::Receiver);
        let position = params.position(|param| param.name == Some(name))?;
        written.get(position).copied()
    }

    /// The API a decorator or attribute is: what it calls, or itself. A bare Rust attribute is looked up in the crates in use.
    pub(super) fn decorator_api(&mut self, file: FileId, decorator: NodeId) -> Option<ApiId> {
        let facts = &self.facts[file.index()];
        let node = match facts.arena.kind(decorator) {
            NodeKind::Call { callee, .. } => callee,
            _ => decorator,
        };
        if let Value::Api { api, .. } = self.get(self.node_values[file.index()][node.index()]) {
            return Some(api);
        }
        if facts.language.family() != Family::Rust {
            return None;
        }
        let NodeKind::Name(name) = facts.arena.kind(node) else { return None };
        let name = facts.text(name).to_string();
        let knowledge = self.knowledge;
        for &framework in &self.frameworks_of_package(file) {
            for package in &knowledge.frameworks[framework as usize].packages {
                let api = self.apis.intern(&format!("{package}.{name}"), Family::Rust);
                if self.apis.is_known(api) {
                    return Some(api);
                }
            }
        }
        None
    }
}
