//! Python's edges that no import statement shows: attribute walks (`import app; app.db.session.X`), submodules a star brings, names a package
//! loads lazily, and names in texts (`include("shop.urls")`), as far as knowledge says that a text is a name.
//!
//! A text is never taken for a name because it looks like one: loggers, keys and messages have dots too.

use rustc_hash::{FxHashMap, FxHashSet};

use super::evaluate::Linker;
use super::modules::Target;
use super::scopes::Binding;
use crate::languages::python::modules::PythonTarget;
use crate::model::body::{BinaryOp, CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts, ImportItem, ImportKind};
use crate::model::knowledge::{ApiFact, Named};
use crate::model::program::{ImportEdge, ImportTarget, Value, ValueId};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId, Span};

/// Texts in one expression that are looked at; lists of settings are shorter.
const MOST_TEXTS: usize = 500;

/// How many names may follow the module in a text: `shop.views.Cart.objects.filter` has three.
const DEEPEST_OBJECT: usize = 6;

/// What texts can name besides modules and what stands in them.
#[derive(Default)]
pub(super) struct TextNames {
    /// Tasks by the name that their decorator gives them.
    tasks: FxHashMap<String, GlobalDef>,
    /// Classes in the `models` module or package of each app, by the app's label and their own name in lower case.
    models: FxHashMap<String, FxHashMap<String, GlobalDef>>,
    /// Settings whose framework the project uses.
    settings: FxHashMap<String, Named>,
}

/// A text that names something.
struct Mention {
    node: NodeId,
    names: Named,
    /// The rest of the name, in a text of its own: `get_model("shop", "Order")`.
    rest: Option<NodeId>,
}

/// A name that a package loads when it is first asked for.
struct LazyName {
    name: String,
    /// As written: `.orders`, `shop.orders`, `orders`.
    module: String,
    /// The name in that module.
    original: String,
    span: Span,
}

impl<'a> Linker<'a> {
    /// Gathers what texts can name.
    pub(super) fn text_names(&mut self) -> TextNames {
        let mut names = TextNames::default();
        for file in 0..self.facts.len() {
            let file = FileId(file as u32);
            if self.family(file) != Family::Python {
                continue;
            }
            if let Some(label) = self.app_label(file, "models") {
                let facts = &self.facts[file.index()];
                let classes = names.models.entry(label.to_string()).or_default();
                for (def, definition) in facts.definitions().filter(|(_, def)| def.kind == DefKind::Class && def.parent == DefId::MODULE) {
                    classes.entry(facts.text(definition.name).to_lowercase()).or_insert(GlobalDef { file, def });
                }
            }
            self.named_tasks(file, &mut names.tasks);
        }
        for setting in &self.knowledge.settings {
            if self.frameworks_of.iter().any(|used| used.contains(&setting.framework)) {
                names.settings.extend(setting.variables.iter().map(|variable| (variable.clone(), setting.names)));
            }
        }
        names
    }

    /// The name of the package that holds the `folder` (`models`, `migrations`) in which the file lies: `shop` of `project.shop.models.orders`.
    fn app_label(&self, file: FileId, folder: &str) -> Option<&str> {
        let mut parts = self.modules.python.module_name(file).split('.');
        let mut label = parts.next()?;
        for part in parts {
            if part == folder {
                return Some(label);
            }
            label = part;
        }
        None
    }

    /// `@app.task(name="mail.send")`.
    fn named_tasks(&self, file: FileId, tasks: &mut FxHashMap<String, GlobalDef>) {
        let facts = &self.facts[file.index()];
        for (def, definition) in facts.definitions() {
            for &decorator in &definition.decorators {
                let NodeKind::Call { callee, args, .. } = facts.arena.kind(decorator) else { continue };
                let named = facts.arena.list(args).find_map(|arg| match facts.arena.kind(arg) {
                    NodeKind::Argument { name, value } if facts.text(name) == "name" => facts.string(value),
                    _ => None,
                });
                let Some(name) = named else { continue };
                let Value::Api { api, .. } = self.get(self.node_values[file.index()][callee.index()]) else { continue };
                if self.apis.facts(api).any(|(fact, _)| matches!(fact, ApiFact::Role { role: Role::Task, .. })) {
                    tasks.entry(name.to_string()).or_insert(GlobalDef { file, def });
                }
            }
        }
    }

    /// Adds the edges that no statement of the file shows; `edges` from `first` on are those of its statements.
    pub(super) fn reference_edges(&mut self, file: FileId, names: &TextNames, first: usize, edges: &mut Vec<ImportEdge>) {
        self.star_edges(file, edges);
        self.lazy_edges(file, edges);
        self.walk_edges(file, first, edges);
        self.text_edges(file, names, edges);
    }

    /// `from package import *` loads the submodules that `__all__` lists.
    fn star_edges(&mut self, file: FileId, edges: &mut Vec<ImportEdge>) {
        let facts = self.facts;
        for (at, import) in facts[file.index()].imports.iter().enumerate().filter(|(_, import)| import.item == ImportItem::Star) {
            let Target::Module(package) = self.import_targets[file.index()][at] else { continue };
            let inside = &facts[package.file.index()];
            for &listed in inside.all.iter().flatten() {
                let name = inside.text(listed);
                let Some(PythonTarget::File(child)) = self.modules.python.child(&PythonTarget::File(package.file), name) else { continue };
                let child = GlobalDef { file: child, def: DefId::MODULE };
                let value = self.module_member(package, name);
                if child.file != file && value.is_some_and(|value| self.get(value) == Value::Module(child)) {
                    edges.push(ImportEdge {
                        from: file,
                        scope: import.scope,
                        target: ImportTarget::Module(child),
                        definition: Some(child),
                        name: name.to_string(),
                        kind: self.import_kind(file, import.kind),
                        re_export: false,
                        span: import.span,
                    });
                }
            }
        }
    }

    /// Imports of a stub file never run.
    pub(super) fn import_kind(&self, file: FileId, written: ImportKind) -> ImportKind {
        if self.family(file) == Family::Python && self.modules.python.is_stub(file) { ImportKind::Type } else { written }
    }

    // ---- lazy names ----

    /// What a module's `__getattr__` gives for a name: from a table of names and modules, or an import inside it.
    pub(super) fn lazy_member(&mut self, module: GlobalDef, name: &str) -> Option<ValueId> {
        let getter = self.module_getter(module.file)?;
        if let Some(binding @ Binding::Import(_)) = self.scopes[module.file.index()].name(getter, name) {
            return Some(self.binding_value(module.file, binding));
        }
        let lazy = self.lazy_names(module.file, getter).into_iter().find(|lazy| lazy.name == name)?;
        let target = self.lazy_target(module.file, &lazy)?;
        self.module_member(target, &lazy.original)
    }

    fn module_getter(&self, file: FileId) -> Option<DefId> {
        match self.scopes[file.index()].name(DefId::MODULE, "__getattr__")? {
            Binding::Def(def) => (self.facts[file.index()].def(def).kind == DefKind::Function).then_some(def),
            Binding::Import(_) => None,
        }
    }

    /// The entries of the module's literal dicts that `__getattr__` mentions.
    ///
    /// ```python
    /// _LAZY = {"Order": ".orders"}                  # or (".orders", "Order"), "shop.orders:Order"
    /// _STRUCTURE = {"orders": ["Order", "Line"]}    # the other way round
    /// ```
    fn lazy_names(&self, file: FileId, getter: DefId) -> Vec<LazyName> {
        let facts = &self.facts[file.index()];
        let Some(body) = facts.def(getter).body else { return Vec::new() };
        let mut mentioned = FxHashSet::default();
        facts.arena.walk(body, |node| {
            if let NodeKind::Name(name) = facts.arena.kind(node) {
                mentioned.insert(name);
            }
        });
        let mut found = Vec::new();
        for (_, def) in facts.definitions() {
            if def.kind != DefKind::Variable || def.parent != DefId::MODULE || !mentioned.contains(&def.name) {
                continue;
            }
            let Some(NodeKind::Collection { kind: CollectionKind::Dict, items }) = def.value.map(|value| facts.arena.kind(value)) else {
                continue;
            };
            for item in facts.arena.list(items) {
                let NodeKind::Entry { key, value } = facts.arena.kind(item) else { continue };
                let Some(key) = facts.string(key) else { continue };
                lazy_entry(facts, key, value, facts.arena.span(item), &mut found);
            }
        }
        found
    }

    /// The module that holds a lazy name.
    fn lazy_target(&self, file: FileId, lazy: &LazyName) -> Option<GlobalDef> {
        let rest = lazy.module.trim_start_matches('.');
        let level = (lazy.module.len() - rest.len()).min(255) as u8;
        let target = match self.modules.python.resolve(file, level, rest) {
            PythonTarget::File(found) => found,
            // A bare name is that of a sibling.
            _ if level == 0 => match self.modules.python.resolve(file, 1, rest) {
                PythonTarget::File(found) => found,
                _ => return None,
            },
            _ => return None,
        };
        (target != file).then_some(GlobalDef { file: target, def: DefId::MODULE })
    }

    fn lazy_edges(&mut self, file: FileId, edges: &mut Vec<ImportEdge>) {
        let Some(getter) = self.module_getter(file) else { return };
        for lazy in self.lazy_names(file, getter) {
            let Some(target) = self.lazy_target(file, &lazy) else { continue };
            edges.push(ImportEdge {
                from: file,
                scope: DefId::MODULE,
                target: ImportTarget::Module(target),
                definition: self.defined_in(target, &lazy.original),
                name: lazy.name,
                kind: self.import_kind(file, ImportKind::Deferred),
                re_export: true,
                span: lazy.span,
            });
        }
    }

    // ---- attribute walks ----

    /// `import app; app.db.session.X`: an edge to `app.db.session`, where no statement of the file has one, and to definitions that a module
    /// has from elsewhere (`import app.facade; app.facade.Order`).
    fn walk_edges(&mut self, file: FileId, first: usize, edges: &mut Vec<ImportEdge>) {
        let facts = &self.facts[file.index()];
        // What the file has edges to already, and of which kind.
        let mut modules: FxHashMap<GlobalDef, ImportKind> = FxHashMap::default();
        let mut definitions: FxHashSet<GlobalDef> = FxHashSet::default();
        for edge in &edges[first..] {
            if let ImportTarget::Module(module) = edge.target {
                modules.entry(module).or_insert(edge.kind);
            }
            if let Some(definition) = edge.definition {
                definitions.insert(definition);
                if definition.def == DefId::MODULE {
                    modules.entry(definition).or_insert(edge.kind);
                }
            }
        }
        let object_of = |node: NodeId| match facts.arena.kind(node) {
            NodeKind::Member { object, .. } => Some(object),
            _ => None,
        };
        // Chains from their outermost links alone: to walk each from every link takes the square of its length.
        let inner: FxHashSet<NodeId> = facts.arena.ids().filter_map(object_of).filter(|&object| object_of(object).is_some()).collect();
        let mut chains: Vec<(NodeId, Vec<NodeId>)> = Vec::new();
        for node in facts.arena.ids().filter(|node| !inner.contains(node)) {
            let Some(object) = object_of(node) else { continue };
            let mut chain = vec![node];
            let mut root = object;
            while let NodeKind::Member { object, .. } = facts.arena.kind(root) {
                chain.push(root);
                root = object;
            }
            let value = self.get(self.node_values[file.index()][root.index()]);
            if matches!(facts.arena.kind(root), NodeKind::Name(_)) && matches!(value, Value::Module(_) | Value::Namespace(_)) {
                chain.reverse();
                chains.push((root, chain));
            }
        }
        chains.sort_by_key(|(root, _)| facts.arena.span(*root).start);
        let owners = Owners::of(facts);
        let mut found = Vec::new();
        for (root, chain) in chains {
            let span = facts.arena.span(*chain.last().unwrap_or(&root));
            let scope = owners.at(span.start);
            let Some(import) = self.binding_import(file, scope, root) else { continue };
            let Some((deepest, depth)) = self.deepest_module(file, root, &chain) else { continue };
            let definition = chain.get(depth).and_then(|&node| self.member_definition(file, deepest, node));
            // A module that the statement got from elsewhere is reached through what the statement names.
            let statement = &edges[first + import as usize];
            let module = match statement.target {
                ImportTarget::Module(named) if depth == 0 => named,
                _ => deepest,
            };
            let known = modules.get(&module).copied();
            let is_elsewhere = definition.is_some_and(|def| def.file != module.file && definitions.insert(def));
            if module.file == file || !(known.is_none() || is_elsewhere) {
                continue;
            }
            let kind = match (known, statement.kind) {
                (Some(kind), _) => kind,
                (None, ImportKind::Load) if scope != DefId::MODULE => ImportKind::Deferred,
                (None, kind) => kind,
            };
            modules.insert(module, kind);
            let name = chain.get(depth).map_or(String::new(), |&node| member_name(facts, node).to_string());
            found.push(ImportEdge {
                from: file,
                scope,
                target: ImportTarget::Module(module),
                definition: definition.or(Some(module)),
                name: if definition.is_some() { name } else { String::new() },
                kind,
                re_export: false,
                span,
            });
        }
        edges.append(&mut found);
    }

    /// The import that binds a name as seen from `scope`.
    fn binding_import(&self, file: FileId, scope: DefId, node: NodeId) -> Option<u32> {
        let facts = &self.facts[file.index()];
        let NodeKind::Name(name) = facts.arena.kind(node) else { return None };
        let name = facts.text(name);
        let mut at = scope;
        for _ in 0..64 {
            match self.scopes[file.index()].name(at, name) {
                Some(Binding::Import(import)) => return Some(import),
                Some(Binding::Def(_)) => return None,
                None if at == DefId::MODULE => return None,
                None => at = facts.def(at).parent,
            }
        }
        None
    }

    /// The last module on the way from package to submodule, and how many names of the chain lead to it. `None` when the root is a folder
    /// and no name leads to a module.
    fn deepest_module(&self, file: FileId, root: NodeId, chain: &[NodeId]) -> Option<(GlobalDef, usize)> {
        let facts = &self.facts[file.index()];
        let place = |node: NodeId| match self.get(self.node_values[file.index()][node.index()]) {
            Value::Module(module) => Some(PythonTarget::File(module.file)),
            Value::Namespace(folder) => Some(PythonTarget::Namespace(self.apis.path(folder).to_string())),
            _ => None,
        };
        let mut at = place(root)?;
        let mut depth = 0;
        for &node in chain {
            let Some(next) = place(node).filter(|next| self.modules.python.child(&at, member_name(facts, node)).as_ref() == Some(next))
            else {
                break;
            };
            at = next;
            depth += 1;
        }
        match at {
            PythonTarget::File(file) => Some((GlobalDef { file, def: DefId::MODULE }, depth)),
            _ => None,
        }
    }

    fn member_definition(&mut self, file: FileId, module: GlobalDef, node: NodeId) -> Option<GlobalDef> {
        match self.get(self.node_values[file.index()][node.index()]) {
            Value::Def(def) | Value::Module(def) => Some(def),
            _ => self.defined_in(module, member_name(&self.facts[file.index()], node)),
        }
    }

    // ---- texts ----

    fn text_edges(&mut self, file: FileId, names: &TextNames, edges: &mut Vec<ImportEdge>) {
        let facts = &self.facts[file.index()];
        let mut mentions = self.mentions(file, names);
        mentions.sort_by_key(|mention| facts.arena.span(mention.node).start);
        let owners = Owners::of(facts);
        let mut seen: FxHashSet<(Option<GlobalDef>, String)> = FxHashSet::default();
        for mention in mentions {
            let Some(text) = facts.string(mention.node) else { continue };
            let text = match mention.rest.and_then(|rest| facts.string(rest)) {
                Some(rest) => &format!("{text}.{rest}"),
                None => text,
            };
            let Some((target, definition)) = self.named(file, text, mention.names, names) else { continue };
            let is_here = matches!(&target, ImportTarget::Module(module) if module.file == file);
            if is_here || !seen.insert((definition, text.to_string())) {
                continue;
            }
            let span = facts.arena.span(mention.node);
            let is_module = definition.is_none_or(|def| def.def == DefId::MODULE);
            let name = if is_module { "" } else { text.rsplit(['.', ':']).next().unwrap_or_default() };
            edges.push(ImportEdge {
                from: file,
                scope: owners.at(span.start),
                target,
                definition,
                name: name.to_string(),
                kind: ImportKind::String,
                re_export: false,
                span,
            });
        }
    }

    /// The texts of a file that knowledge takes for names: arguments of certain calls, and values of settings.
    fn mentions(&self, file: FileId, names: &TextNames) -> Vec<Mention> {
        let facts = &self.facts[file.index()];
        let setting = |node: NodeId| match facts.arena.kind(node) {
            NodeKind::Name(name) | NodeKind::Member { name, .. } => names.settings.get(facts.text(name)).copied(),
            _ => None,
        };
        let mut found = Vec::new();
        for node in facts.arena.ids() {
            match facts.arena.kind(node) {
                NodeKind::Assign { target, value, .. } | NodeKind::Declare { target, value: Some(value), .. } => {
                    if let Some(named) = setting(target) {
                        texts_in(facts, value, named, &mut found);
                    }
                }
                NodeKind::Call { callee, args, .. } => {
                    let args: Vec<NodeId> = facts.arena.list(args).collect();
                    if let NodeKind::Member { object, .. } = facts.arena.kind(callee)
                        && let Some(named) = setting(object)
                    {
                        args.iter().for_each(|&arg| texts_in(facts, arg, named, &mut found));
                    }
                    let Value::Api { api, .. } = self.get(self.node_values[file.index()][callee.index()]) else { continue };
                    for (fact, _) in self.apis.facts(api) {
                        let ApiFact::Reference { argument, names, given } = fact else { continue };
                        let is_given = given.as_ref().is_none_or(|given| args.iter().any(|&arg| facts.string(arg) == Some(given)));
                        let Some(arg) = self.argument(file, &args, argument).filter(|_| is_given) else { continue };
                        match (*names, facts.string(arg), args.get(1)) {
                            (Named::Model, Some(label), Some(&rest)) if !label.contains('.') && facts.string(rest).is_some() => {
                                found.push(Mention { node: arg, names: *names, rest: Some(rest) });
                            }
                            _ => texts_in(facts, first_of_tuple(facts, arg), *names, &mut found),
                        }
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// What a text names. `None` for what is not of this project.
    fn named(&mut self, file: FileId, text: &str, named: Named, names: &TextNames) -> Option<(ImportTarget, Option<GlobalDef>)> {
        let in_module = |def: GlobalDef| (ImportTarget::Module(GlobalDef { file: def.file, def: DefId::MODULE }), Some(def));
        match named {
            Named::Model => self.named_model(file, text, names),
            Named::Task => match names.tasks.get(text) {
                Some(&task) => Some(in_module(task)),
                None => self.named_object(file, text),
            },
            Named::Module => match self.modules.python.resolve(file, 0, dotted(text)?) {
                PythonTarget::File(found) => Some(in_module(GlobalDef { file: found, def: DefId::MODULE })),
                PythonTarget::Unresolved(path) => Some((ImportTarget::Unresolved(path), None)),
                PythonTarget::Namespace(_) | PythonTarget::External(_) => None,
            },
            Named::Object => self.named_object(file, text),
        }
    }

    /// `shop.storage.Local`, `shop.storage:Local`, `shop.views.Cart.as_view`, or a module.
    fn named_object(&mut self, file: FileId, text: &str) -> Option<(ImportTarget, Option<GlobalDef>)> {
        let (path, attribute) = text.split_once(':').unwrap_or((text, ""));
        let mut path = dotted(path)?;
        let missing = || Some((ImportTarget::Unresolved(text.to_string()), None));
        let mut name = attribute.split(['.', '(']).next().filter(|name| !name.is_empty());
        let deepest = if name.is_some() { 1 } else { DEEPEST_OBJECT };
        for cut in 0..deepest {
            match self.modules.python.resolve(file, 0, path) {
                PythonTarget::File(found) => {
                    let module = GlobalDef { file: found, def: DefId::MODULE };
                    let definition = match name {
                        Some(name) => self.defined_in(module, name),
                        None => Some(module),
                    };
                    // A package that does not know the name: neither module nor object is there.
                    if definition.is_none() && cut > 0 && self.modules.python.is_package(found) {
                        return missing();
                    }
                    return Some((ImportTarget::Module(module), definition));
                }
                PythonTarget::External(_) => return None,
                PythonTarget::Namespace(_) if cut == 0 => return None,
                PythonTarget::Namespace(_) | PythonTarget::Unresolved(_) => {}
            }
            let Some((front, last)) = path.rsplit_once('.') else { return missing() };
            (path, name) = (front, Some(last));
        }
        missing()
    }

    /// Django's `app.Model`, or `Model` of the same app, in any case. Migrations name models that are long gone: there a name that leads
    /// nowhere is not missing.
    fn named_model(&self, file: FileId, text: &str, names: &TextNames) -> Option<(ImportTarget, Option<GlobalDef>)> {
        let (label, model) = match text.split_once('.') {
            Some(parts) => parts,
            None if text == "self" => return None,
            None => (self.app_label(file, "models").or_else(|| self.app_label(file, "migrations"))?, text),
        };
        dotted(model)?;
        match names.models.get(label)?.get(&model.to_lowercase()) {
            Some(&class) => Some((ImportTarget::Module(GlobalDef { file: class.file, def: DefId::MODULE }), Some(class))),
            None if self.app_label(file, "migrations").is_some() => None,
            None => Some((ImportTarget::Unresolved(text.to_string()), None)),
        }
    }

    /// The definition a module's name stands for, wherever it is.
    fn defined_in(&mut self, module: GlobalDef, name: &str) -> Option<GlobalDef> {
        match self.module_member(module, name).map(|value| self.get(value)) {
            Some(Value::Module(def) | Value::Def(def)) => Some(def),
            _ => self.variable_in(module, name, 0),
        }
    }
}

/// One entry of a table of lazy names.
fn lazy_entry(facts: &FileFacts, key: &str, value: NodeId, span: Span, found: &mut Vec<LazyName>) {
    let entry = |name: &str, module: &str, original: &str| LazyName {
        name: name.to_string(),
        module: module.to_string(),
        original: original.to_string(),
        span,
    };
    match facts.arena.kind(value) {
        NodeKind::Str(text) => {
            let (module, original) = facts.text(text).split_once(':').unwrap_or((facts.text(text), key));
            found.push(entry(key, module, original));
        }
        NodeKind::Collection { kind, items } if kind != CollectionKind::Dict => {
            let texts: Vec<&str> = facts.arena.list(items).filter_map(|item| facts.string(item)).collect();
            match (kind, texts.as_slice()) {
                (CollectionKind::Tuple, [module, original]) => found.push(entry(key, module, original)),
                _ => found.extend(texts.iter().map(|name| entry(name, key, name))),
            }
        }
        _ => {}
    }
}

/// The texts of an expression: a literal, the items of a collection, the values of a dict, both sides of `+`.
fn texts_in(facts: &FileFacts, node: NodeId, names: Named, found: &mut Vec<Mention>) {
    let mut open = vec![node];
    for _ in 0..MOST_TEXTS {
        let Some(node) = open.pop() else { return };
        match facts.arena.kind(node) {
            NodeKind::Str(_) => found.push(Mention { node, names, rest: None }),
            NodeKind::Collection { items, .. } => open.extend(facts.arena.list(items)),
            NodeKind::Entry { value, .. } | NodeKind::Spread { value, .. } => open.push(value),
            NodeKind::Binary { op: BinaryOp::Add, left, right } => open.extend([left, right]),
            _ => {}
        }
    }
}

/// `include(("shop.urls", "shop"))`: the first of a tuple is the name.
fn first_of_tuple(facts: &FileFacts, node: NodeId) -> NodeId {
    match facts.arena.kind(node) {
        NodeKind::Collection { kind: CollectionKind::Tuple, items } => facts.arena.list(items).next().unwrap_or(node),
        _ => node,
    }
}

/// The text, if it is a dotted name.
fn dotted(text: &str) -> Option<&str> {
    let is_name = |part: &str| {
        part.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && part.chars().all(|char| char.is_alphanumeric() || char == '_')
    };
    text.split('.').all(is_name).then_some(text)
}

fn member_name(facts: &FileFacts, node: NodeId) -> &str {
    match facts.arena.kind(node) {
        NodeKind::Member { name, .. } => facts.text(name),
        _ => "",
    }
}

/// Where the code of functions stands in a file.
struct Owners {
    /// By start, then the longest first.
    bodies: Vec<(Span, DefId)>,
}

impl Owners {
    fn of(facts: &FileFacts) -> Owners {
        let functions = facts.definitions().filter(|(_, def)| matches!(def.kind, DefKind::Function | DefKind::Method));
        let mut bodies: Vec<(Span, DefId)> = functions.filter_map(|(id, def)| Some((facts.arena.span(def.body?), id))).collect();
        bodies.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
        Owners { bodies }
    }

    /// The innermost function whose code holds this byte.
    fn at(&self, offset: u32) -> DefId {
        let after = self.bodies.partition_point(|(span, _)| span.start <= offset);
        self.bodies[..after].iter().rev().find(|(span, _)| offset < span.end).map_or(DefId::MODULE, |(_, def)| *def)
    }
}
