//! Under which prefixes routers are mounted, so that routes have their full paths.
//!
//! Which call makes, mounts or prefixes a router is knowledge (`[[router]]`, `[[mount]]`). A router that nothing mounts, and that is no
//! application by itself, has an unknown prefix; so has one mounted under what is no literal.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::evaluate::Linker;
use super::layouts::{Exception, Layouts};
use super::modules::Target;
use super::origins::{Origins, Router, router_base};
use crate::model::body::{BinaryOp, NodeId, NodeKind};
use crate::model::contract::Ambient;
use crate::model::facts::{DefId, DefKind, FileFacts};
use crate::model::knowledge::{ApiFact, ArgumentRef, Layout, MountFact, MountKind, RouterFact};
use crate::model::program::{ApiId, Value};
use crate::model::role::GlobalDef;
use crate::model::route::{UNKNOWN_PART, join, template};
use crate::model::source::{Family, FileId};

/// Most prefixes kept of one router.
const MOST: usize = 16;
/// Longest chain of routers in routers.
const DEEPEST: usize = 24;

/// One place at which a router is mounted.
#[derive(Clone)]
struct Edge {
    into: Rc<Vec<Router>>,
    /// The mounting call's prefix stands for the router's own.
    replaces: bool,
}

/// A prefix before every route of a package.
struct Global {
    package: Option<usize>,
    prefix: String,
    except: Vec<Exception>,
}

/// All mounts of a program.
#[derive(Default)]
pub(super) struct Mounts {
    pub(super) origins: Origins,
    pub(super) own: FxHashMap<Router, Vec<String>>,
    pub(super) roots: FxHashSet<Router>,
    edges: FxHashMap<Router, Vec<Edge>>,
    globals: Vec<Global>,
    /// Routers whose paths end in no slash.
    bare: FxHashSet<Router>,
    /// Controllers by the classes of the project they extend, nearest first.
    pub(super) below: FxHashMap<GlobalDef, Vec<GlobalDef>>,
    /// Some setting names the module with the outermost routes.
    names_root: bool,
    pub(super) layouts: Layouts,
    known: FxHashMap<Router, Rc<Vec<String>>>,
    open: Vec<Router>,
}

impl Mounts {
    /// Looks at every call once.
    pub(super) fn collect(linker: &mut Linker) -> Mounts {
        let mut mounts = Mounts::default();
        for file in 0..linker.facts.len() {
            let file = FileId(file as u32);
            let facts = &linker.facts[file.index()];
            for node in facts.arena.ids() {
                let NodeKind::Call { callee, args, .. } = facts.arena.kind(node) else { continue };
                let callee = match facts.arena.kind(callee) {
                    NodeKind::Apply { base, .. } => base,
                    _ => callee,
                };
                let api = match linker.get(linker.node_values[file.index()][callee.index()]) {
                    Value::Api { api, .. } => api,
                    Value::Def(class) => match router_base(linker, class) {
                        Some(api) => api,
                        None => continue,
                    },
                    _ => continue,
                };
                let place = Place { file, node, callee, args: facts.arena.list(args).collect() };
                mounts.call(linker, &place, api);
            }
            mounts.controllers(linker, file);
            if facts.language.family() == Family::Python {
                mounts.lists(linker, file);
            }
        }
        mounts.mount_modules();
        mounts
    }

    fn call(&mut self, linker: &mut Linker, place: &Place, api: ApiId) {
        let facts: Vec<&ApiFact> = linker.apis.facts(api).map(|(fact, _)| fact).collect();
        for fact in facts {
            match fact {
                ApiFact::Router(router) if !router.decorates => self.made(linker, place, router),
                ApiFact::Mount(mount) => self.mounted(linker, place, mount),
                ApiFact::Layout(layout) => self.lay_out(linker, place, layout),
                _ => {}
            }
        }
    }

    /// `APIRouter(prefix="/users")`.
    fn made(&mut self, linker: &mut Linker, place: &Place, fact: &RouterFact) {
        let made = Router::Made(place.file, place.node);
        let prefix = self.prefixes_of(linker, place, &fact.prefix).or_else(|| {
            let name = linker.argument(place.file, &place.args, fact.name.as_ref()?)?;
            Some(vec![join("/", &self.origins.text(linker, place.file, name, 0))])
        });
        let item = fact.item.as_ref().and_then(|argument| linker.argument(place.file, &place.args, argument));
        let item = item.map(|node| self.origins.text(linker, place.file, node, 0));
        let prefix = match item {
            Some(item) => Some(prefix.unwrap_or_default().iter().map(|prefix| join(prefix, &format!("{{{item}_pk}}"))).collect()),
            None => prefix,
        };
        if fact
            .slash
            .as_ref()
            .and_then(|argument| linker.argument(place.file, &place.args, argument))
            .is_some_and(|node| matches!(linker.facts[place.file.index()].arena.kind(node), NodeKind::Bool(false)))
        {
            self.bare.insert(made);
        }
        if let Some(prefix) = prefix {
            self.own.insert(made, prefix);
        }
        let within = fact.within.iter().find_map(|argument| linker.argument(place.file, &place.args, argument));
        match within.map(|node| self.origins.of(linker, place.file, node)).filter(|into| !into.is_empty()) {
            Some(into) => self.edges.entry(made).or_default().push(Edge { into, replaces: false }),
            None if fact.root || !fact.within.is_empty() => {
                self.roots.insert(made);
            }
            None => {}
        }
    }

    fn mounted(&mut self, linker: &mut Linker, place: &Place, fact: &MountFact) {
        let me = Router::Made(place.file, place.node);
        let prefix = self.prefixes_of(linker, place, &fact.prefix);
        match fact.kind {
            MountKind::Into if self.mounted_in_turns(linker, place, fact) => {}
            MountKind::Into => {
                let replaces = fact.replaces && prefix.is_some();
                if let Some(prefix) = prefix {
                    self.own.insert(me, prefix);
                }
                let into = self.receiver(linker, place);
                self.edges.entry(me).or_default().push(Edge { into: into.clone(), replaces: false });
                let children: Vec<NodeId> = match &fact.router {
                    Some(argument) => linker.argument(place.file, &place.args, argument).into_iter().collect(),
                    None => place.args.clone(),
                };
                let here = Rc::new(vec![me]);
                for child in children {
                    self.mount_folder(linker, place, child, me);
                    let here = if is_open(linker, place.file, child) { &into } else { &here };
                    for &child in self.origins.of(linker, place.file, child).iter() {
                        if !into.contains(&child) {
                            self.edges.entry(child).or_default().push(Edge { into: here.clone(), replaces });
                        }
                    }
                }
            }
            MountKind::Prefix => {
                for &router in self.receiver(linker, place).iter() {
                    let prefix = prefix.clone().unwrap_or_else(|| vec![UNKNOWN_PART.to_string()]);
                    self.own.insert(router, prefix);
                }
            }
            MountKind::Derives => {
                if let Some(prefix) = prefix {
                    self.own.insert(me, prefix);
                }
                let facts = &linker.facts[place.file.index()];
                let inline = match facts.arena.kind(place.callee) {
                    NodeKind::Member { object, .. } => matches!(facts.arena.kind(object), NodeKind::Call { .. }),
                    _ => true,
                };
                if inline {
                    self.roots.insert(me);
                } else {
                    let into = self.receiver(linker, place);
                    self.edges.entry(me).or_default().push(Edge { into, replaces: false });
                }
            }
            MountKind::Global => {
                let package = linker.project.package_of(&linker.project.files[place.file.index()].path);
                let except = fact.except.as_ref().and_then(|argument| linker.argument(place.file, &place.args, argument));
                let except = except.map(|node| self.exceptions(linker, place.file, node, fact)).unwrap_or_default();
                for prefix in prefix.unwrap_or_default() {
                    self.globals.push(Global { package, prefix, except: except.clone() });
                }
            }
        }
    }

    /// A mounting call in a loop over a list that is written out: once for each item. False for any other call.
    fn mounted_in_turns(&mut self, linker: &mut Linker, place: &Place, fact: &MountFact) -> bool {
        let Some(turns) = self.origins.turns(linker, place.file, place.node, &place.args) else { return false };
        let into = self.receiver(linker, place);
        for (at, &item) in turns.items.iter().enumerate() {
            let me = Router::Turn(place.file, place.node, at as u32);
            let prefix = fact.prefix.iter().find_map(|argument| linker.argument(place.file, &place.args, argument));
            let prefix = prefix.and_then(|node| turns.in_turn(linker, place.file, node, item));
            let prefix = prefix.filter(|&(file, node)| self.is_text(linker, file, node));
            let mut replaces = false;
            if let Some((file, node)) = prefix {
                let texts = self.origins.texts(linker, file, node).iter().map(|text| template(text)).collect();
                self.own.insert(me, texts);
                replaces = fact.replaces;
            }
            self.edges.entry(me).or_default().push(Edge { into: into.clone(), replaces: false });
            let children: Vec<NodeId> = match &fact.router {
                Some(argument) => linker.argument(place.file, &place.args, argument).into_iter().collect(),
                None => place.args.clone(),
            };
            let here = Rc::new(vec![me]);
            for child in children {
                let Some((file, child)) = turns.in_turn(linker, place.file, child, item) else { continue };
                for &child in self.origins.of(linker, file, child).iter().filter(|child| !into.contains(child)) {
                    self.edges.entry(child).or_default().push(Edge { into: here.clone(), replaces });
                }
            }
        }
        true
    }

    /// Mounts one router below another.
    pub(super) fn mount(&mut self, child: Router, into: Router) {
        self.edges.entry(child).or_default().push(Edge { into: Rc::new(vec![into]), replaces: false });
    }

    /// The prefix a call gives; `None` when it gives none.
    pub(super) fn prefixes_of(&mut self, linker: &mut Linker, place: &Place, arguments: &[ArgumentRef]) -> Option<Vec<String>> {
        let given =
            |argument: &ArgumentRef| Some((linker.argument(place.file, &place.args, argument)?, matches!(argument, ArgumentRef::Name(_))));
        let (node, by_name) = arguments.iter().find_map(given)?;
        if !(self.is_text(linker, place.file, node) || by_name && self.is_parameter(linker, place.file, node)) {
            return None;
        }
        Some(self.origins.texts(linker, place.file, node).iter().map(|text| template(text)).collect())
    }

    /// A parameter of a function, which may be anything: where a prefix is named so, it is one.
    fn is_parameter(&mut self, linker: &mut Linker, file: FileId, node: NodeId) -> bool {
        let origins = self.origins.of(linker, file, node);
        !origins.is_empty() && origins.iter().all(|router| matches!(router, Router::Param(..)))
    }

    /// False for what is surely no text: `app.use(guard, router)`.
    fn is_text(&mut self, linker: &mut Linker, file: FileId, node: NodeId) -> bool {
        let facts = &linker.facts[file.index()];
        match facts.arena.kind(node) {
            NodeKind::Closure(_) | NodeKind::Null | NodeKind::Call { .. } => false,
            NodeKind::Collection { items, .. } => {
                facts.arena.list(items).all(|item| matches!(facts.arena.kind(item), NodeKind::Str(_) | NodeKind::Text { .. }))
            }
            NodeKind::Name(_) | NodeKind::Member { .. } => {
                let known = match linker.get(linker.node_values[file.index()][node.index()]) {
                    Value::Api { api, .. } => linker.apis.path(api).starts_with("builtins.") || is_setting(linker, api),
                    Value::Unknown => true,
                    _ => false,
                };
                known && self.origins.of(linker, file, node).is_empty()
            }
            _ => true,
        }
    }

    /// The routers a call is made on; without a receiver, the one around it.
    fn receiver(&mut self, linker: &mut Linker, place: &Place) -> Rc<Vec<Router>> {
        if let NodeKind::Member { object, path, .. } = linker.facts[place.file.index()].arena.kind(place.callee)
            && !path
        {
            let found = self.origins.of(linker, place.file, object);
            let found: Vec<Router> = found.iter().copied().filter(|router| !matches!(router, Router::Def(_))).collect();
            if !found.is_empty() {
                return Rc::new(found);
            }
            if !matches!(linker.get(linker.node_values[place.file.index()][object.index()]), Value::Api { api, .. } if !linker.apis.path(api).contains("()"))
            {
                return Rc::default();
            }
        }
        Rc::new(vec![self.around(linker, place.file, place.node)])
    }

    /// The router in whose making an expression stands: `path("api/", include([path("x", f)]))`, `urlpatterns = [path("x", f)]`.
    pub(super) fn around(&mut self, linker: &mut Linker, file: FileId, node: NodeId) -> Router {
        let nesting = self.origins.nesting(linker, file);
        let facts = &linker.facts[file.index()];
        let module = Router::Def(GlobalDef { file, def: DefId::MODULE });
        for at in nesting.around(node).skip(1) {
            match facts.arena.kind(at) {
                NodeKind::Call { callee, .. } => {
                    if let Value::Api { api, .. } = linker.get(linker.node_values[file.index()][callee.index()])
                        && linker.apis.facts(api).any(|(fact, _)| matches!(fact, ApiFact::Mount(mount) if mount.kind == MountKind::Into))
                    {
                        return Router::Made(file, at);
                    }
                }
                NodeKind::Assign { target, .. } | NodeKind::Declare { target, .. } => {
                    if let NodeKind::Name(name) = facts.arena.kind(target) {
                        let name = facts.text(name);
                        if linker.knowledge.route_lists.iter().any(|list| list == name) {
                            return module;
                        }
                        let variable = linker.scopes[file.index()].name(nesting.owner(at), name);
                        return match variable {
                            Some(super::scopes::Binding::Def(def)) => Router::Def(GlobalDef { file, def }),
                            _ => module,
                        };
                    }
                }
                _ => {}
            }
        }
        Router::Def(GlobalDef { file, def: nesting.owner(node) })
    }

    /// The prefixes of controllers.
    fn controllers(&mut self, linker: &mut Linker, file: FileId) {
        let facts = &linker.facts[file.index()];
        for (def, definition) in facts.definitions() {
            if definition.kind != DefKind::Class {
                continue;
            }
            for &decorator in &definition.decorators {
                let Some(api) = linker.decorator_api(file, decorator) else { continue };
                let layout = linker.apis.facts(api).find_map(|(fact, _)| match fact {
                    ApiFact::Layout(layout) => Some(layout),
                    _ => None,
                });
                if let Some(layout) = layout {
                    self.class_layout(linker, GlobalDef { file, def }, decorator, layout);
                }
                let fact = linker.apis.facts(api).find_map(|(fact, _)| match fact {
                    ApiFact::Router(router) if router.decorates => Some(router),
                    _ => None,
                });
                let Some(fact) = fact else { continue };
                let args: Vec<NodeId> = match facts.arena.kind(decorator) {
                    NodeKind::Call { args, .. } => facts.arena.list(args).collect(),
                    _ => Vec::new(),
                };
                let place = Place { file, node: decorator, callee: decorator, args };
                let router = Router::Def(GlobalDef { file, def });
                // An object that does not name the key is no prefix either.
                let objects = fact.prefix.iter().filter(|argument| matches!(argument, ArgumentRef::Name(_))).cloned().collect::<Vec<_>>();
                let is_object = place.args.first().is_some_and(|&first| linker.is_object(file, first));
                let arguments = if is_object { &objects } else { &fact.prefix };
                if let Some(prefix) = self.prefixes_of(linker, &place, arguments) {
                    self.own.insert(router, prefix);
                }
                self.roots.insert(router);
                let class = GlobalDef { file, def };
                for base in linker.hierarchy(class).into_iter().skip(1) {
                    self.below.entry(base).or_default().push(class);
                }
            }
        }
    }

    /// `urlpatterns = router.urls`, and the module that settings name as the outermost.
    fn lists(&mut self, linker: &mut Linker, file: FileId) {
        let facts = &linker.facts[file.index()];
        let module = GlobalDef { file, def: DefId::MODULE };
        for (_, definition) in facts.definitions().filter(|(_, def)| def.kind == DefKind::Variable && def.parent == DefId::MODULE) {
            let name = facts.text(definition.name);
            if linker.knowledge.route_lists.iter().any(|list| list == name) {
                let into = Rc::new(vec![Router::Def(module)]);
                let assigned = self.origins.locals(linker, module);
                let values = assigned.get(&definition.name).into_iter().flatten().copied();
                for value in values.flat_map(|value| summands(facts, value)).collect::<Vec<_>>() {
                    for &child in self.origins.of(linker, file, value).iter().filter(|&&child| child != Router::Def(module)) {
                        // What stands in a call that mounts is mounted there.
                        if !matches!(child, Router::Made(..)) || self.is_bare(linker, file, value) {
                            self.edges.entry(child).or_default().push(Edge { into: into.clone(), replaces: false });
                        }
                    }
                }
            }
            if linker.knowledge.route_roots.iter().any(|root| root == name)
                && let Some(text) = definition.value.and_then(|value| facts.string(value))
                && let Target::Module(root) = linker.modules.python.resolve(file, 0, text).into()
            {
                self.names_root = true;
                self.roots.insert(Router::Def(root));
            }
        }
    }

    /// True when no call in the expression mounts anything.
    fn is_bare(&self, linker: &Linker, file: FileId, value: NodeId) -> bool {
        let facts = &linker.facts[file.index()];
        let mut bare = true;
        facts.arena.walk(value, |node| {
            if let NodeKind::Call { callee, .. } = facts.arena.kind(node)
                && let Value::Api { api, .. } = linker.get(linker.node_values[file.index()][callee.index()])
            {
                bare &= !linker.apis.facts(api).any(|(fact, _)| matches!(fact, ApiFact::Mount(_)));
            }
        });
        bare
    }

    /// The prefixes under which a router's routes stand, sorted.
    fn prefixes(&mut self, linker: &mut Linker, router: Router) -> Rc<Vec<String>> {
        if let Some(known) = self.known.get(&router) {
            return known.clone();
        }
        if self.open.len() > DEEPEST || self.open.contains(&router) {
            return Rc::default();
        }
        self.open.push(router);
        let mut edges = self.edges.get(&router).cloned().unwrap_or_default();
        if let Router::Param(function, position) = router {
            let given = self.given(linker, function, position);
            edges.extend(given.into_iter().filter(|into| !into.contains(&router)).map(|into| Edge { into, replaces: false }));
        }
        let own = self.own.get(&router).cloned().unwrap_or_else(|| vec![String::new()]);
        let mut found = Vec::new();
        for edge in &edges {
            if edge.into.is_empty() {
                found.extend(own.iter().map(|own| join(UNKNOWN_PART, own)));
            }
            for &parent in edge.into.iter() {
                let before = self.prefixes(linker, parent);
                for before in before.iter() {
                    if edge.replaces {
                        found.push(before.clone());
                    } else {
                        found.extend(own.iter().map(|own| join(before, own)));
                    }
                }
            }
        }
        let is_outermost = matches!(router, Router::Def(def) if def.def == DefId::MODULE && !self.names_root);
        if found.is_empty() && (self.roots.contains(&router) || is_outermost) || self.roots.contains(&router) && edges.is_empty() {
            found.clone_from(&own);
        }
        if found.is_empty() {
            found.extend(own.iter().map(|own| join(UNKNOWN_PART, own)));
        }
        self.open.pop();
        settle(&mut found);
        let found = Rc::new(found);
        if self.open.is_empty() {
            self.known.insert(router, found.clone());
        }
        found
    }

    /// What calls of a function give for a parameter.
    fn given(&mut self, linker: &mut Linker, function: GlobalDef, position: u32) -> Vec<Rc<Vec<Router>>> {
        let calls = self.origins.calls(linker);
        let sites = calls.get(&function).cloned().unwrap_or_default();
        let mut found = Vec::new();
        for (file, call) in sites.into_iter().take(MOST) {
            let NodeKind::Call { args, .. } = linker.facts[file.index()].arena.kind(call) else { continue };
            let argument = linker.facts[file.index()].arena.list(args).nth(position as usize);
            let routers = argument.map(|argument| self.origins.of(linker, file, argument)).unwrap_or_default();
            if !routers.is_empty() {
                found.push(routers);
            }
        }
        found
    }

    /// The full paths of a route that stands on one of the routers.
    pub(super) fn full(&mut self, linker: &mut Linker, file: FileId, routers: &[Router], own: &[String], of: &Answering) -> Vec<String> {
        let mut found = Vec::new();
        for &router in routers {
            for prefix in self.prefixes(linker, router).iter() {
                for own in own {
                    let path = join(prefix, &template(own));
                    match router {
                        Router::Def(class)
                            if self.own.contains_key(&router) || self.roots.contains(&router) && class.def != DefId::MODULE =>
                        {
                            for version in self.versions(linker, class, of.handler) {
                                found.push(self.globally(linker, class.file, &path, &version, of.methods));
                            }
                        }
                        _ => found.push(path),
                    }
                }
            }
        }
        if routers.is_empty() {
            found.extend(own.iter().map(|own| join(UNKNOWN_PART, &template(own))));
        }
        let keeps_slash = linker.family(file) == Family::Python && !routers.iter().any(|router| self.bare.contains(router));
        for path in &mut found {
            finish(path, keeps_slash);
        }
        settle(&mut found);
        found
    }

    /// A controller's path behind its version and the prefix of its application.
    fn globally(&self, linker: &Linker, file: FileId, path: &str, version: &str, methods: &[String]) -> String {
        let package = linker.project.package_of(&linker.project.files[file.index()].path);
        let mut prefixes: Vec<&Global> = self.globals.iter().filter(|global| global.package == package).collect();
        prefixes.dedup_by(|a, b| a.prefix == b.prefix);
        let versioned = join(version, path);
        match prefixes.as_slice() {
            [] => versioned,
            [only] if only.except.iter().any(|exception| exception.holds(path, methods)) => versioned,
            [only] => join(&only.prefix, &versioned),
            _ => join(UNKNOWN_PART, &versioned),
        }
    }
}

/// What answers, as far as its place depends on it.
pub(super) struct Answering<'a> {
    pub(super) methods: &'a [String],
    pub(super) handler: GlobalDef,
}

/// A call under consideration.
pub(super) struct Place {
    pub(super) file: FileId,
    pub(super) node: NodeId,
    pub(super) callee: NodeId,
    pub(super) args: Vec<NodeId>,
}

/// Sorted, each once, not too many; what is known makes what is not superfluous.
fn settle(paths: &mut Vec<String>) {
    paths.sort_unstable();
    paths.dedup();
    if paths.iter().any(|path| !path.contains(UNKNOWN_PART)) {
        paths.retain(|path| !path.contains(UNKNOWN_PART));
    }
    paths.truncate(MOST);
}

/// A slash at the beginning; one at the end only where the language's frameworks tell the two apart.
fn finish(path: &mut String, keeps_slash: bool) {
    if !path.starts_with('/') && !path.starts_with(UNKNOWN_PART) {
        path.insert(0, '/');
    }
    while path.contains("//") {
        *path = path.replace("//", "/");
    }
    if !keeps_slash && path.len() > 1 && path.ends_with('/') {
        path.pop();
    }
}

/// The operands of a sum of lists.
fn summands(facts: &FileFacts, value: NodeId) -> Vec<NodeId> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(node) = open.pop() {
        match facts.arena.kind(node) {
            NodeKind::Binary { left, right, op: BinaryOp::Add } => open.extend([left, right]),
            _ => found.push(node),
        }
    }
    found
}

/// True for what the environment says: `process.env.PREFIX`.
fn is_setting(linker: &mut Linker, api: ApiId) -> bool {
    let path = linker.apis.path(api).to_string();
    let ends: Vec<usize> = path.match_indices('.').map(|(at, _)| at).chain([path.len()]).collect();
    ends.into_iter().any(|end| {
        let above = linker.apis.intern_beside(api, &path[..end]);
        linker.apis.facts(above).any(|(fact, _)| matches!(fact, ApiFact::Ambient(Ambient::Env)))
    })
}

/// What a wrapper gives is mounted where its mount is, without the prefix.
fn is_open(linker: &Linker, file: FileId, child: NodeId) -> bool {
    match linker.get(linker.node_values[file.index()][child.index()]) {
        Value::Api { api, .. } => linker.apis.facts(api).any(|(fact, _)| matches!(fact, ApiFact::Layout(Layout::Open))),
        _ => false,
    }
}

pub(super) fn trimmed(path: &str) -> String {
    path.trim_matches('/').to_string()
}

impl Linker<'_> {
    /// True for an object literal.
    pub(super) fn is_object(&self, file: FileId, node: NodeId) -> bool {
        matches!(self.facts[file.index()].arena.kind(node), NodeKind::Collection { kind: crate::model::body::CollectionKind::Dict, .. })
    }
}
