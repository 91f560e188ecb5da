//! Rust servers without a router: one function answers every request, and says in a `match` over the path which other does it
//! (`"/orders" => orders(request).await`, `(&Method::GET, "/orders") => …`).

use rustc_hash::FxHashSet;

use super::evaluate::Linker;
use super::routes::Routes;
use crate::model::body::NodeId;
use crate::model::body::NodeKind;
use crate::model::facts::{DefFlags, DefKind, FileFacts};
use crate::model::nesting::{last_name, walk_deep};
use crate::model::program::{Route, Value};
use crate::model::role::GlobalDef;
use crate::model::route::template;
use crate::model::source::{Family, FileId};

/// Calls from the function that is registered to the one with the `match`.
const MAX_DEPTH: usize = 3;
/// Most functions looked at on the way.
const MAX_FUNCTIONS: usize = 64;
/// Fewest paths that make a `match` one over paths.
const FEWEST_PATHS: usize = 2;

/// An arm for requests: its paths and methods, and the functions of the project that it names.
struct Way {
    pattern: NodeId,
    paths: Vec<String>,
    methods: Vec<String>,
    functions: Vec<GlobalDef>,
}

impl Linker<'_> {
    /// Adds the routes that such functions tell apart themselves.
    pub(super) fn dispatched_routes(&self, found: &mut Routes) {
        let all = |route: &&Route| route.path.is_none() && self.family(route.handler.file) == Family::Rust;
        let mut seen: FxHashSet<GlobalDef> = found.routes.iter().filter(all).map(|route| route.handler).collect();
        let mut level: Vec<(GlobalDef, String)> =
            found.routes.iter().filter(all).map(|route| (route.handler, route.framework.clone())).collect();
        level.sort();
        level.dedup();
        let mut routes = Vec::new();
        for _ in 0..=MAX_DEPTH {
            let mut next = Vec::new();
            for (function, framework) in level {
                let ways = self.ways(function);
                if ways.iter().map(|way| way.paths.len()).sum::<usize>() >= FEWEST_PATHS {
                    self.add_ways(&mut routes, function, &framework, &ways);
                } else {
                    for named in self.named_in(function.file, self.facts[function.file.index()].def(function.def).body) {
                        if seen.len() < MAX_FUNCTIONS && seen.insert(named) {
                            next.push((named, framework.clone()));
                        }
                    }
                }
            }
            level = next;
        }
        found.routes.extend(routes);
    }

    fn add_ways(&self, routes: &mut Vec<Route>, function: GlobalDef, framework: &str, ways: &[Way]) {
        let facts = &self.facts[function.file.index()];
        for way in ways {
            // What several arms use helps to read the request or to write the answer.
            let is_own = |handler: &&GlobalDef| ways.iter().filter(|other| other.functions.contains(handler)).count() == 1;
            for &handler in way.functions.iter().filter(is_own) {
                routes.push(Route {
                    methods: way.methods.clone(),
                    path: way.paths.first().cloned(),
                    full: way.paths.iter().map(|path| template(path)).collect(),
                    guards: Vec::new(),
                    handler,
                    framework: framework.to_string(),
                    place: self.place(function.file, facts.arena.span(way.pattern)),
                    params_are_sources: false,
                });
            }
        }
    }

    /// The arms of a function that are for paths.
    fn ways(&self, function: GlobalDef) -> Vec<Way> {
        let facts = &self.facts[function.file.index()];
        let Some(body) = facts.def(function.def).body else { return Vec::new() };
        let mut ways = Vec::new();
        walk_deep(facts, body, |node| {
            if let NodeKind::Arm { pattern, guard, body } = facts.arena.kind(node) {
                let paths = texts(facts, pattern);
                if !paths.is_empty() {
                    let mut methods = methods(facts, pattern);
                    methods.extend(guard.into_iter().flat_map(|guard| self::methods(facts, guard)));
                    if methods.is_empty() {
                        methods.push("*".to_string());
                    }
                    ways.push(Way { pattern, paths, methods, functions: self.handling(function.file, body) });
                }
            }
            true
        });
        ways
    }

    /// The asynchronous functions that an arm names; where there is none, the others.
    fn handling(&self, file: FileId, body: NodeId) -> Vec<GlobalDef> {
        let named = self.named_in(file, Some(body));
        let waits = |function: &GlobalDef| self.facts[function.file.index()].def(function.def).flags.has(DefFlags::ASYNC);
        let waiting: Vec<GlobalDef> = named.iter().copied().filter(waits).collect();
        if waiting.is_empty() { named } else { waiting }
    }

    /// The functions of the project that the code calls or hands on by their names; methods help.
    fn named_in(&self, file: FileId, code: Option<NodeId>) -> Vec<GlobalDef> {
        let facts = &self.facts[file.index()];
        let mut named = Vec::new();
        if let Some(code) = code {
            walk_deep(facts, code, |node| {
                if matches!(facts.arena.kind(node), NodeKind::Name(_) | NodeKind::Member { path: true, .. })
                    && let Value::Def(def) = self.get(self.node_values[file.index()][node.index()])
                    && self.facts[def.file.index()].def(def.def).kind == DefKind::Function
                    && self.facts[def.file.index()].def(def.def).body.is_some()
                    && !named.contains(&def)
                {
                    named.push(def);
                }
                true
            });
        }
        named
    }
}

/// `"/orders"`, of a pattern or of a part of it.
fn texts(facts: &FileFacts, pattern: NodeId) -> Vec<String> {
    let mut texts = Vec::new();
    facts.arena.walk(pattern, |node| {
        if let Some(text) = facts.string(node).filter(|text| text.starts_with('/')) {
            texts.push(text.to_string());
        }
    });
    texts
}

/// `&Method::GET`, of a pattern or a guard.
fn methods(facts: &FileFacts, code: NodeId) -> Vec<String> {
    const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    let mut methods = Vec::new();
    facts.arena.walk(code, |node| {
        if matches!(facts.arena.kind(node), NodeKind::Name(_) | NodeKind::Member { .. })
            && let Some(name) = last_name(facts, node).map(|name| facts.text(name)).filter(|name| METHODS.contains(name))
            && !methods.iter().any(|known| known == name)
        {
            methods.push(name.to_string());
        }
    });
    methods
}
