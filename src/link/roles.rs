//! Roles of definitions and files, from the strongest evidence there is: configuration, framework facts, content, names, folders.

use rustc_hash::FxHashMap;

use super::evaluate::Linker;
use super::routes::Routes;
use super::scopes::is_class_like;
use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts};
use crate::model::knowledge::{ApiFact, Framework, FrameworkKind, RoleSign};
use crate::model::program::{ApiId, CallEdge, Value};
use crate::model::project::Project;
use crate::model::role::{GlobalDef, Role, RoleEvidence, Strength};
use crate::model::source::{Family, FileId, Language, Span};
use crate::rulebook::vocabulary::vocabulary;
use crate::rulebook::{Folders, RoleNames};

/// Roles by definition and by file.
pub(super) struct Roles {
    pub(super) defs: FxHashMap<GlobalDef, RoleEvidence>,
    pub(super) files: Vec<Vec<RoleEvidence>>,
}

/// What the dependencies of a package say of the code of one family in it.
pub(super) type Clients = FxHashMap<(usize, Family), Option<RoleEvidence>>;

impl<'a> Linker<'a> {
    pub(super) fn roles(
        &mut self,
        routes: &Routes,
        calls: &[CallEdge],
        names: &RoleNames,
        configured: &dyn Fn(&str) -> Vec<Role>,
    ) -> Roles {
        let mut defs: FxHashMap<GlobalDef, RoleEvidence> = FxHashMap::default();
        // What a class is, its bases and decorators say.
        let functions =
            routes.routes.iter().filter(|route| self.facts[route.handler.file.index()].def(route.handler.def).kind != DefKind::Class);
        for route in functions {
            let place = self.file_by_path(&route.place.path).map(|file| (file, route.place.span));
            let reason = format!("handles a route ({})", route.framework);
            add(&mut defs, route.handler, Role::Router, Strength::Framework, reason, place);
        }
        for (function, file, span, api) in &routes.middleware {
            if !defs.contains_key(function) {
                add(&mut defs, *function, Role::Middleware, Strength::Framework, format!("registered with `{api}`"), Some((*file, *span)));
            }
        }
        for file in 0..self.facts.len() {
            self.signed_roles(FileId(file as u32), &mut defs);
        }
        for file in 0..self.facts.len() {
            let file = FileId(file as u32);
            let facts = &self.facts[file.index()];
            for (id, def) in facts.definitions() {
                // Values are no layer (`enum IntegrationService`), and in Rust no type handles a request because of its name.
                let is_named = is_class_like(def.kind) && !matches!(def.kind, DefKind::Impl | DefKind::Enum);
                if is_named {
                    let class = GlobalDef { file, def: id };
                    if let (None, Some(evidence)) = (defs.get(&class), names.of_class(facts.text(def.name)))
                        && !(evidence.role == Role::Router && facts.language.family() == Family::Rust)
                    {
                        defs.insert(class, RoleEvidence { place: Some((file, def.name_span)), ..evidence });
                    }
                }
            }
        }
        let mut files: Vec<Vec<RoleEvidence>> = Vec::with_capacity(self.facts.len());
        let importers = self.importers(names);
        let (mut clients, mut folders) = (Clients::default(), Folders::default());
        for file in 0..self.facts.len() {
            let file = FileId(file as u32);
            files.push(self.file_roles(file, routes, &defs, names, (&importers, &mut clients, &mut folders), configured));
        }
        let mut roles = Roles { defs, files };
        self.names_that_lie(&mut roles, routes, calls);
        self.impl_blocks(&mut roles);
        for evidence in &mut roles.files {
            // Stable: among hints of one strength the nearest folder comes first, as the names gave them.
            evidence.sort_by_key(|evidence| (!is_ambient(evidence.role), std::cmp::Reverse(evidence.strength)));
            let mut seen: Vec<Role> = Vec::new();
            evidence.retain(|evidence| {
                let is_new = !seen.contains(&evidence.role);
                seen.push(evidence.role);
                is_new
            });
        }
        roles
    }

    pub(super) fn file_by_path(&self, path: &str) -> Option<FileId> {
        let at = self.project.files.binary_search_by(|file| (*file.path).cmp(path)).ok()?;
        Some(FileId(at as u32))
    }

    fn role_facts(&self, api: ApiId, sign: RoleSign) -> Vec<(Role, Option<String>, String)> {
        self.apis
            .facts(api)
            .filter_map(|(fact, _)| match fact {
                ApiFact::Role { role, sign: own, when } if *own == sign => Some((*role, when.clone(), self.apis.path(api).to_string())),
                _ => None,
            })
            .collect()
    }

    /// Roles that framework facts give: bases, decorators, calls, arguments, parameters.
    fn signed_roles(&mut self, file: FileId, defs: &mut FxHashMap<GlobalDef, RoleEvidence>) {
        let facts = &self.facts[file.index()];
        for (id, def) in facts.definitions() {
            let this = GlobalDef { file, def: id };
            if is_class_like(def.kind) && def.kind != DefKind::Impl {
                let mut bases = Vec::new();
                for base in self.hierarchy(this) {
                    bases.extend(self.class_info(base).outside);
                }
                for api in bases {
                    for (role, when, path) in self.role_facts(api, RoleSign::Base) {
                        if self.has_argument(file, &def.bases, when.as_deref()) {
                            add(defs, this, role, Strength::Framework, format!("extends `{path}`"), Some((file, def.name_span)));
                        }
                    }
                }
            }
            for &decorator in &def.decorators {
                for node in derived(facts, decorator) {
                    let Some(api) = self.decorator_api(file, node) else { continue };
                    let span = facts.arena.span(node);
                    for (role, when, path) in self.role_facts(api, RoleSign::Decorator) {
                        if self.has_argument(file, &[decorator], when.as_deref()) {
                            add(defs, this, role, Strength::Framework, format!("decorated with `{path}`"), Some((file, span)));
                        }
                    }
                }
            }
            if matches!(def.kind, DefKind::Variable | DefKind::Field)
                && let Some(value) = def.value
                && let NodeKind::Call { callee, form: CallForm::Plain | CallForm::New, .. } = facts.arena.kind(value)
                && let Some(api) = self.maker(file, value, callee)
            {
                for (role, _, path) in self.role_facts(api, RoleSign::Call) {
                    add(defs, this, role, Strength::Framework, format!("made by `{path}`"), Some((file, def.name_span)));
                }
            }
            for param in &def.params {
                let Some(annotation) = param.annotation else { continue };
                if let Value::Api { api, .. } = self.get(self.node_values[file.index()][annotation.index()]) {
                    for (role, _, path) in self.role_facts(api, RoleSign::Parameter) {
                        add(defs, this, role, Strength::Framework, format!("takes `{path}`"), Some((file, param.span)));
                    }
                }
            }
        }
        for node in facts.arena.ids() {
            let NodeKind::Call { callee, args, .. } = facts.arena.kind(node) else { continue };
            let Value::Api { api, .. } = self.get(self.node_values[file.index()][callee.index()]) else { continue };
            for (role, _, path) in self.role_facts(api, RoleSign::Argument) {
                for arg in facts.arena.list(args) {
                    if let Value::Def(def) = self.get(self.node_values[file.index()][arg.index()]) {
                        let span = facts.arena.span(node);
                        add(defs, def, role, Strength::Framework, format!("given to `{path}`"), Some((file, span)));
                    }
                }
            }
        }
    }

    /// What makes the value of a call: what is called, or what stands at the start of a chain of builders (`new Hono().get(…)`).
    fn maker(&mut self, file: FileId, call: NodeId, callee: NodeId) -> Option<ApiId> {
        let value = |linker: &Linker, node: NodeId| match linker.get(linker.node_values[file.index()][node.index()]) {
            Value::Api { api, .. } => Some(api),
            _ => None,
        };
        let called = value(self, callee)?;
        let has_role = self.apis.facts(called).any(|(fact, _)| matches!(fact, ApiFact::Role { sign: RoleSign::Call, .. }));
        if has_role {
            return Some(called);
        }
        let made = value(self, call)?;
        let path = self.apis.path(made).strip_suffix("()")?.to_string();
        Some(self.apis.intern_beside(made, &path))
    }

    /// True when no argument is asked for, or one of the nodes (or the call's arguments) is a named argument of that name.
    fn has_argument(&self, file: FileId, nodes: &[NodeId], wanted: Option<&str>) -> bool {
        let Some(wanted) = wanted else { return true };
        let facts = &self.facts[file.index()];
        let is_it = |node: NodeId| matches!(facts.arena.kind(node), NodeKind::Argument { name, .. } if facts.text(name) == wanted);
        nodes.iter().any(|&node| {
            is_it(node)
                || match facts.arena.kind(node) {
                    NodeKind::Call { args, .. } => facts.arena.list(args).any(is_it),
                    _ => false,
                }
        })
    }

    fn file_roles<'n>(
        &self,
        file: FileId,
        routes: &Routes,
        defs: &FxHashMap<GlobalDef, RoleEvidence>,
        names: &'n RoleNames,
        (importers, clients, folders): (&[String], &mut Clients, &mut Folders<'n>),
        configured: &dyn Fn(&str) -> Vec<Role>,
    ) -> Vec<RoleEvidence> {
        let path = &self.project.files[file.index()].path;
        let mut found: Vec<RoleEvidence> = configured(path)
            .into_iter()
            .map(|role| RoleEvidence { role, strength: Strength::Config, reason: "archcheck.toml".to_string(), place: None })
            .collect();
        if let Some((_, span, api)) = routes.registering.iter().find(|entry| entry.0 == file) {
            found.push(RoleEvidence {
                role: Role::Router,
                strength: Strength::Framework,
                reason: format!("registers routes with `{api}`"),
                place: Some((file, *span)),
            });
        }
        let facts = &self.facts[file.index()];
        let variables = facts.definitions().filter(|(_, def)| def.kind == DefKind::Variable && def.parent == DefId::MODULE);
        found.extend(names.of_variables(variables.map(|(_, def)| facts.text(def.name))));
        found.extend(self.content_roles(file, defs));
        found.extend(self.sample(file));
        if !found.iter().any(|evidence| evidence.role == Role::Router) {
            found.extend(self.run_by_hand(file));
        }
        let is_client = self.has_jsx(file);
        if is_client && !found.iter().any(|evidence| evidence.role == Role::Router) {
            found.push(RoleEvidence { role: Role::Frontend, strength: Strength::Content, reason: "holds JSX".to_string(), place: None });
        }
        let hints = match importers.iter().find(|folder| path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))) {
            Some(folder) => {
                let outer = folder.rsplit_once('/').map_or("", |(outer, _)| outer);
                name_hints(self.project, &format!("{outer}{}", &path[folder.len()..]), names, folders)
            }
            None => name_hints(self.project, path, names, folders),
        };
        if !hints.first().is_some_and(|hint| is_ambient(hint.role))
            && let Some(client) = self.client_package(file, names, clients)
        {
            // A `router` folder of a client routes pages.
            found.push(client);
            return found;
        }
        let is_app = facts.language.family() == Family::Python && self.is_app_of_django(path);
        found.extend(hints.into_iter().filter(|hint| !(is_app && hint.role == Role::Service && hint.strength == Strength::Folder)));
        found
    }

    /// The nearest folder above that is called after services is an application of Django (`services/apps.py`): what it is about, and no layer.
    fn is_app_of_django(&self, path: &str) -> bool {
        let mut folder = path;
        while let Some((above, _)) = folder.rsplit_once('/') {
            folder = above;
            if vocabulary().http.folders_below.has(folder.rsplit('/').next().unwrap_or(folder)) {
                return self.file_by_path(&format!("{folder}/apps.py")).is_some();
            }
        }
        false
    }

    /// A piece of TypeScript that is shown and never run: its project does not compile it, and it imports nothing, so that the names it
    /// uses mean nothing. It counts as test code. What is excluded and imports things may be built by other means.
    fn sample(&self, file: FileId) -> Option<RoleEvidence> {
        let facts = &self.facts[file.index()];
        if facts.language.family() != Family::TypeScript || !facts.imports.is_empty() {
            return None;
        }
        let config = self.modules.typescript.excluded_by(file)?;
        let reason = format!("left out by `{config}`, and imports nothing");
        Some(RoleEvidence { role: Role::Test, strength: Strength::Content, reason, place: None })
    }

    /// Python beside the program, not in it, that starts itself and is called after what somebody does by hand: `verify_orders.py`.
    fn run_by_hand(&self, file: FileId) -> Option<RoleEvidence> {
        let path: &str = &self.project.files[file.index()].path;
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let root = self.project.package_of(path).map_or("", |at| self.project.packages[at].root.as_str());
        let stem = name.strip_suffix(".py").filter(|_| folder.is_empty() || folder == root)?;
        let words = crate::model::words::words(stem);
        let verb = words.first().filter(|verb| words.len() > 1 && vocabulary().audience.by_hand.has(verb))?;
        // Or it does all it does when it is loaded, and has nothing that somebody could import.
        let facts = &self.facts[file.index()];
        let is_definition = |kind: DefKind| matches!(kind, DefKind::Function | DefKind::Class);
        let starts = facts.names.may_hold("__main__") || !facts.defs.iter().any(|def| is_definition(def.kind));
        starts.then(|| RoleEvidence {
            role: Role::Script,
            strength: Strength::Content,
            reason: format!("starts itself, and is called after what is done by hand (`{verb}`)"),
            place: None,
        })
    }

    /// The role of a package that is all client: by its dependencies, unless one of them serves requests or talks to a database.
    pub(super) fn client_package(&self, file: FileId, names: &RoleNames, known: &mut Clients) -> Option<RoleEvidence> {
        let family = self.family(file);
        let package = self.project.package_of(&self.project.files[file.index()].path)?;
        known.entry((package, family)).or_insert_with(|| self.client(package, family, names)).clone()
    }

    fn client(&self, package: usize, family: Family, names: &RoleNames) -> Option<RoleEvidence> {
        let package = &self.project.packages[package];
        let all = |dev: bool| {
            let dependencies = package.dependencies.iter().filter(move |dependency| dev || !dependency.dev);
            dependencies.map(|dependency| dependency.name.as_str()).collect::<Vec<&str>>()
        };
        let evidence = names.of_dependencies(&all(true))?;
        // A client may need a server's library to be built or tested; where all is for development, a bundler packs it.
        let shipped = all(false);
        let dependencies = if names.of_dependencies(&shipped).is_some() { shipped } else { all(true) };
        let serves = |framework: &Framework| {
            let kinds =
                [FrameworkKind::Web, FrameworkKind::Orm, FrameworkKind::Driver, FrameworkKind::QueryBuilder, FrameworkKind::TaskQueue];
            framework.family == family
                && kinds.contains(&framework.kind)
                && dependencies.iter().any(|name| framework.packages.iter().any(|package| package == name))
        };
        (!self.knowledge.frameworks.iter().any(serves)).then_some(evidence)
    }

    /// What the file's definitions say: a few handlers make it a router; other roles need half of the top-level
    /// definitions. Shapes and settings beside something of a layer do not count: requests and results stand beside the service.
    fn content_roles(&self, file: FileId, defs: &FxHashMap<GlobalDef, RoleEvidence>) -> Vec<RoleEvidence> {
        let facts = &self.facts[file.index()];
        let mut counts: Vec<(Role, usize, Span)> = Vec::new();
        let mut total = 0;
        let mut has_layer = false;
        for (id, def) in facts.definitions().skip(1).filter(|(_, def)| !def.flags.has(DefFlags::TEST)) {
            let is_class = matches!(def.kind, DefKind::Class | DefKind::Struct | DefKind::Enum | DefKind::Trait);
            let is_function = def.kind == DefKind::Function && def.parent == DefId::MODULE && !def.flags.has(DefFlags::CLOSURE);
            total += usize::from(is_class || is_function);
            let Some(evidence) = defs.get(&GlobalDef { file, def: id }) else { continue };
            has_layer |= is_class && evidence.role.rank().is_some();
            if evidence.strength < Strength::Framework || evidence.role == Role::Router && self.is_beside_mounts(file, def.parent) {
                continue;
            }
            match counts.iter_mut().find(|entry| entry.0 == evidence.role) {
                Some(entry) => entry.1 += 1,
                None => counts.push((evidence.role, 1, def.name_span)),
            }
        }
        // Alembic's files may lie in any folder.
        let named = |wanted: &str, kind: DefKind| {
            facts.definitions().find(|(_, def)| def.kind == kind && def.parent == DefId::MODULE && facts.text(def.name) == wanted)
        };
        if facts.language.family() == Family::Python
            && named("upgrade", DefKind::Function).is_some()
            && named("revision", DefKind::Variable).is_some()
            && let Some((_, def)) = named("down_revision", DefKind::Variable)
        {
            let reason = "names the revision before it".to_string();
            return vec![RoleEvidence { role: Role::Migration, strength: Strength::Content, reason, place: Some((file, def.name_span)) }];
        }
        counts.sort_by_key(|&(role, count, _)| (role != Role::Router, std::cmp::Reverse(count), role));
        let says = |role: Role, count: usize| match role {
            Role::Router => count * 4 >= total.max(1),
            Role::Schema | Role::Config => !has_layer && count * 2 >= total.max(1),
            _ => count * 2 >= total.max(1),
        };
        counts
            .into_iter()
            .filter(|&(role, count, _)| says(role, count))
            .map(|(role, count, span)| RoleEvidence {
                role,
                strength: Strength::Content,
                reason: format!("holds {count} definition{} of role {}", if count == 1 { "" } else { "s" }, role.name()),
                place: Some((file, span)),
            })
            .collect()
    }

    /// Inside a function that puts the application together (`create_app`): a route for what is left over does not make a router of the file that the
    /// rest of the program takes its database from.
    fn is_beside_mounts(&self, file: FileId, function: DefId) -> bool {
        let facts = &self.facts[file.index()];
        let def = facts.def(function);
        let Some(body) = def.body.filter(|_| def.kind == DefKind::Function) else { return false };
        let mut found = false;
        facts.arena.walk(body, |node| {
            let NodeKind::Call { callee, .. } = facts.arena.kind(node) else { return };
            let Value::Api { api, .. } = self.get(self.node_values[file.index()][callee.index()]) else { return };
            found |= self.apis.facts(api).any(|(fact, _)| matches!(fact, ApiFact::Mount(_)));
        });
        found
    }

    /// Folders called after migrations that hold none: what moves data in from elsewhere (`services/migrations/paprika.py`) runs for users, and
    /// stands in the layer of the folder around it. Python's migrations are numbered, or have the names that their tools ask for.
    fn importers(&self, names: &RoleNames) -> Vec<String> {
        let mut folders: std::collections::BTreeMap<&str, (usize, bool)> = std::collections::BTreeMap::new();
        for (file, facts) in self.facts.iter().enumerate().filter(|(_, facts)| facts.language.family() == Family::Python) {
            let path: &str = &self.project.files[file].path;
            let Some(at) = ["/migrations/", "/migration/"].iter().filter_map(|name| Some(path.rfind(name)? + name.len() - 1)).max() else {
                continue;
            };
            let name = path.rsplit('/').next().unwrap_or(path);
            let (known, is_real) = folders.entry(&path[..at]).or_default();
            *known += usize::from(name != "__init__.py");
            *is_real |= is_migration(facts, name, names);
        }
        folders.into_iter().filter(|(_, (known, is_real))| *known >= 2 && !is_real).map(|(folder, _)| folder.to_string()).collect()
    }

    pub(super) fn has_jsx(&self, file: FileId) -> bool {
        let facts = &self.facts[file.index()];
        matches!(facts.language, Language::Tsx | Language::JavaScript)
            && facts.arena.ids().any(|node| matches!(facts.arena.kind(node), NodeKind::Call { form: CallForm::Jsx, .. }))
    }

    /// A `controllers` folder in a project whose routes stand elsewhere holds no routers: what the routes call there is a service, unless it calls
    /// services in turn.
    fn names_that_lie(&self, roles: &mut Roles, routes: &Routes, calls: &[CallEdge]) {
        let families: Vec<_> = routes.routes.iter().map(|route| self.family(route.handler.file)).collect();
        let has_routes = |file: FileId| families.contains(&self.family(file));
        let mut handler_calls: Vec<FileId> = Vec::new();
        for edge in calls {
            let is_handler = roles
                .defs
                .get(&edge.caller)
                .is_some_and(|evidence| evidence.role == Role::Router && evidence.strength >= Strength::Framework);
            if is_handler && edge.callee.file != edge.caller.file {
                handler_calls.push(edge.callee.file);
            }
        }
        handler_calls.sort_unstable();
        handler_calls.dedup();
        let is_service = |file: FileId| roles.files[file.index()].first().is_some_and(|evidence| evidence.role == Role::Service);
        let led = calls.iter().filter(|edge| edge.callee.file != edge.caller.file && is_service(edge.callee.file));
        let mut leads_services: Vec<FileId> = led.map(|edge| edge.caller.file).collect();
        leads_services.sort_unstable();
        leads_services.dedup();
        let is_between = |file: FileId| handler_calls.binary_search(&file).is_ok() && leads_services.binary_search(&file).is_ok();
        let mut router_folders: Vec<&str> = Vec::new();
        for (file, evidence) in roles.files.iter().enumerate() {
            if evidence.iter().any(|evidence| evidence.role == Role::Router && evidence.strength >= Strength::Content) {
                router_folders.push(folder(&self.project.files[file].path));
            }
        }
        router_folders.sort_unstable();
        router_folders.dedup();
        let mut unproven: Vec<FileId> = Vec::new();
        for file in 0..roles.files.len() {
            let file = FileId(file as u32);
            let evidence = &mut roles.files[file.index()];
            let proven = evidence.iter().any(|evidence| evidence.role == Role::Router && evidence.strength >= Strength::Content);
            if proven || !has_routes(file) || is_between(file) {
                continue;
            }
            unproven.push(file);
            let before = evidence.len();
            evidence.retain(|evidence| evidence.role != Role::Router);
            if evidence.len() < before {
                // Beside real handlers it is a helper of theirs, no layer below them.
                let is_helper = router_folders.binary_search(&folder(&self.project.files[file.index()].path)).is_ok();
                if evidence.is_empty() && !is_helper && handler_calls.binary_search(&file).is_ok() {
                    evidence.push(RoleEvidence {
                        role: Role::Service,
                        strength: Strength::Content,
                        reason: "called by handlers, handles no route itself".to_string(),
                        place: None,
                    });
                }
            }
        }
        // Class suffixes lie in the same places.
        let mut classes: Vec<GlobalDef> = roles
            .defs
            .iter()
            .filter(|(class, evidence)| {
                evidence.role == Role::Router && evidence.strength < Strength::Content && unproven.binary_search(&class.file).is_ok()
            })
            .map(|(&class, _)| class)
            .collect();
        classes.sort_unstable();
        for class in classes {
            roles.defs.remove(&class);
        }
    }

    /// An `impl` block has the role of its type.
    fn impl_blocks(&self, roles: &mut Roles) {
        let mut blocks: Vec<(GlobalDef, GlobalDef)> =
            self.impls.iter().flat_map(|(&class, blocks)| blocks.iter().map(move |&block| (block, class))).collect();
        blocks.sort_unstable();
        for (block, class) in blocks {
            if let Some(evidence) = roles.defs.get(&class).cloned() {
                roles.defs.entry(block).or_insert(evidence);
            }
        }
    }
}

/// What the path hints at. Folders above the package say nothing of layers (`services/orders/src/…` is one of many services,
/// not a service layer), only that all of it is test code or the like.
pub(super) fn name_hints<'n>(project: &Project, path: &str, names: &'n RoleNames, folders: &mut Folders<'n>) -> Vec<RoleEvidence> {
    let whole = names.of_path_among(path, folders);
    let root = project.package_of(path).map_or("", |package| project.packages[package].root.as_str());
    if root.is_empty() || whole.first().is_some_and(|evidence| is_ambient(evidence.role)) {
        return whole;
    }
    let inside = path.strip_prefix(root).map_or(path, |rest| rest.trim_start_matches('/'));
    let hints = names.of_path_among(inside, folders);
    // A script may be a package of its own.
    if hints.is_empty() && root.split('/').any(|folder| matches!(folder, "scripts" | "script" | ".github")) { whole } else { hints }
}

/// A migration of Django, Alembic or their likes: by its number, the names in it, or what it is made with.
fn is_migration(facts: &FileFacts, name: &str, names: &RoleNames) -> bool {
    let stem = name.trim_start_matches('v');
    stem.starts_with(|c: char| c.is_ascii_digit())
        || name == "env.py"
        || facts.definitions().any(|(_, def)| def.parent == DefId::MODULE && names.is_migration_step(facts.text(def.name)))
        || facts.imports.iter().any(|import| {
            let package = facts.text(import.specifier);
            import.level == 0 && names.is_migration_tool(package.split('.').next().unwrap_or(package))
        })
}

/// The folder a file stands in.
fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Roles that hold whatever else a file is.
pub(super) fn is_ambient(role: Role) -> bool {
    matches!(role, Role::Test | Role::Migration)
}

/// Adds evidence unless there is stronger.
fn add(
    defs: &mut FxHashMap<GlobalDef, RoleEvidence>,
    def: GlobalDef,
    role: Role,
    strength: Strength,
    reason: String,
    place: Option<(FileId, Span)>,
) {
    let stronger = defs.get(&def).is_none_or(|known| known.strength < strength);
    if stronger {
        defs.insert(def, RoleEvidence { role, strength, reason, place });
    }
}

/// The decorator itself, or the names inside `derive(…)`.
pub(super) fn derived(facts: &crate::model::facts::FileFacts, decorator: NodeId) -> Vec<NodeId> {
    match facts.arena.kind(decorator) {
        NodeKind::Call { callee, args, .. } => match facts.arena.kind(callee) {
            NodeKind::Name(name) if facts.text(name) == "derive" => facts.arena.list(args).collect(),
            _ => vec![decorator],
        },
        _ => vec![decorator],
    }
}
