//! What else says where routes stand: versions of controllers, prefixes of modules, paths without the global prefix, folders of plugins.

use super::evaluate::Linker;
use super::mounts::{Mounts, Place, trimmed};
use super::origins::Router;
use super::scopes::is_class_like;
use crate::model::body::{NodeId, NodeKind, TextForm};
use crate::model::facts::DefId;
use crate::model::knowledge::{ApiFact, ArgumentRef, Layout, MountFact};
use crate::model::program::Value;
use crate::model::role::GlobalDef;
use crate::model::route::{UNKNOWN_PART, join};
use crate::model::source::{Family, FileId};

/// Most files of a folder of plugins.
const MOST_FILES: usize = 2000;
/// Deepest nesting of modules in modules.
const DEEPEST: u8 = 12;

/// What was found of it, all over the program.
#[derive(Default)]
pub(super) struct Layouts {
    versions: Vec<Versions>,
    /// Controllers by the module that holds them.
    holds: Vec<(GlobalDef, Vec<GlobalDef>)>,
    /// Modules that have a prefix.
    modules: Vec<GlobalDef>,
    /// Versions that controllers and methods state.
    stated: rustc_hash::FxHashMap<GlobalDef, Vec<String>>,
}

/// How the controllers of a package have versions in their paths.
struct Versions {
    package: Option<usize>,
    word: String,
    default: Vec<String>,
}

/// A path without the global prefix.
#[derive(Clone)]
pub(super) struct Exception {
    path: String,
    method: Option<String>,
}

impl Exception {
    /// True when it speaks of this path. Variable parts are any; one at the end that takes the rest (`*path`, `(.*)`) is any number of parts.
    pub(super) fn holds(&self, path: &str, methods: &[String]) -> bool {
        if self.method.as_ref().is_some_and(|method| !methods.iter().all(|own| own == method)) {
            return false;
        }
        let (wanted, path) = (self.path.trim_matches('/'), path.trim_matches('/'));
        let mut own = path.split('/');
        for part in wanted.split('/') {
            if part.contains('*') {
                return own.next().is_some();
            }
            match own.next() {
                Some(own) if part.starts_with([':', '{']) || own == part => {}
                _ => return false,
            }
        }
        own.next().is_none()
    }
}

impl Mounts {
    /// A call that says where routes stand.
    pub(super) fn lay_out(&mut self, linker: &mut Linker, place: &Place, layout: &Layout) {
        match layout {
            Layout::Versions { stands, unless, prefix, word, default } => {
                let last = linker.argument(place.file, &place.args, stands).and_then(|node| last_name(linker, place.file, node));
                if last.is_some_and(|name| unless.contains(&name)) {
                    return;
                }
                let prefix = linker.argument(place.file, &place.args, prefix);
                let word = match prefix.map(|node| (node, linker.facts[place.file.index()].arena.kind(node))) {
                    Some((_, NodeKind::Bool(false))) => String::new(),
                    Some((node, _)) => self.origins.text(linker, place.file, node, 0),
                    None => word.clone(),
                };
                let default = linker.argument(place.file, &place.args, default);
                let default = default.map(|node| self.stated(linker, place.file, node)).unwrap_or_default();
                let package = linker.project.package_of(&linker.project.files[place.file.index()].path);
                self.layouts.versions.push(Versions { package, word, default });
            }
            Layout::Modules { path, module, children } => {
                if let Some(&list) = place.args.first() {
                    self.modules(linker, place.file, list, None, [path, module, children], DEEPEST);
                }
            }
            Layout::Version { .. } | Layout::Holds { .. } | Layout::Open | Layout::Folder { .. } => {}
        }
    }

    /// What a decorator of a class says: the versions it has, the controllers it holds.
    pub(super) fn class_layout(&mut self, linker: &mut Linker, class: GlobalDef, decorator: NodeId, layout: &Layout) {
        let NodeKind::Call { args, .. } = linker.facts[class.file.index()].arena.kind(decorator) else { return };
        let args: Vec<NodeId> = linker.facts[class.file.index()].arena.list(args).collect();
        match layout {
            Layout::Version { argument } => {
                if let Some(node) = linker.argument(class.file, &args, argument) {
                    let stated = self.stated(linker, class.file, node);
                    self.layouts.stated.insert(class, stated);
                }
            }
            Layout::Holds { argument } => {
                let Some(list) = linker.argument(class.file, &args, argument) else { return };
                let NodeKind::Collection { items, .. } = linker.facts[class.file.index()].arena.kind(list) else { return };
                let items: Vec<NodeId> = linker.facts[class.file.index()].arena.list(items).collect();
                let held = items.into_iter().filter_map(|item| class_named(linker, class.file, item)).collect();
                self.layouts.holds.push((class, held));
            }
            _ => {}
        }
    }

    /// Objects of a list: each gives its module a prefix, within that of the module around it.
    fn modules(&mut self, linker: &mut Linker, file: FileId, list: NodeId, around: Option<GlobalDef>, keys: [&str; 3], depth: u8) {
        let NodeKind::Collection { items, .. } = linker.facts[file.index()].arena.kind(list) else { return };
        let items: Vec<NodeId> = linker.facts[file.index()].arena.list(items).collect();
        for item in items {
            let of = |linker: &Linker, key: &str| linker.argument(file, &[item], &ArgumentRef::Name(format!("0.{key}")));
            // A child may be just the module.
            let module = of(linker, keys[1]).unwrap_or(item);
            let Some(module) = class_named(linker, file, module) else { continue };
            let path = match of(linker, keys[0]) {
                Some(node) => self.origins.text(linker, file, node, 0),
                None => String::new(),
            };
            let router = Router::Def(module);
            self.own.insert(router, vec![crate::model::route::template(&path)]);
            self.layouts.modules.push(module);
            match around {
                Some(around) => self.mount(router, Router::Def(around)),
                None => {
                    self.roots.insert(router);
                }
            }
            if let Some(children) = of(linker, keys[2]).filter(|_| depth > 0) {
                self.modules(linker, file, children, Some(module), keys, depth - 1);
            }
        }
    }

    /// Mounts the controllers of modules that have a prefix.
    pub(super) fn mount_modules(&mut self) {
        let (holds, modules) = (std::mem::take(&mut self.layouts.holds), std::mem::take(&mut self.layouts.modules));
        for (module, controllers) in holds.into_iter().filter(|(module, _)| modules.contains(module)) {
            for controller in controllers {
                self.mount(Router::Def(controller), Router::Def(module));
            }
        }
    }

    /// The paths that have no prefix.
    pub(super) fn exceptions(&mut self, linker: &mut Linker, file: FileId, node: NodeId, fact: &MountFact) -> Vec<Exception> {
        let items: Vec<NodeId> = match linker.facts[file.index()].arena.kind(node) {
            NodeKind::Collection { items, .. } => linker.facts[file.index()].arena.list(items).collect(),
            _ => vec![node],
        };
        let key = |linker: &Linker, item: NodeId, key: &Option<String>| {
            let key = key.as_ref()?;
            linker.argument(file, &[item], &ArgumentRef::Name(format!("0.{key}")))
        };
        let mut found = Vec::new();
        for item in items {
            let (path, method) = match key(linker, item, &fact.except_path) {
                Some(path) => (path, key(linker, item, &fact.except_method).and_then(|node| last_name(linker, file, node))),
                None => (item, None),
            };
            let path = trimmed(&self.origins.text(linker, file, path, 0)).replace("(.*)", "*");
            found.push(Exception { path, method: method.filter(|method| method != "ALL") });
        }
        found
    }

    /// The versions a value states; empty text for a constant of the library (`VERSION_NEUTRAL`).
    fn stated(&mut self, linker: &mut Linker, file: FileId, node: NodeId) -> Vec<String> {
        let items: Vec<NodeId> = match linker.facts[file.index()].arena.kind(node) {
            NodeKind::Collection { items, .. } => linker.facts[file.index()].arena.list(items).collect(),
            _ => vec![node],
        };
        let mut found = Vec::new();
        for item in items {
            let text = self.origins.text(linker, file, item, 0);
            let is_library = matches!(linker.get(linker.node_values[file.index()][item.index()]), Value::Api { .. });
            found.push(if text == UNKNOWN_PART && is_library { String::new() } else { text });
        }
        found
    }

    /// What stands before the path of a handler for its versions: empty text where it has none.
    pub(super) fn versions(&mut self, linker: &mut Linker, class: GlobalDef, handler: GlobalDef) -> Vec<String> {
        let package = linker.project.package_of(&linker.project.files[class.file.index()].path);
        let Some(at) = self.layouts.versions.iter().position(|versions| versions.package == package) else { return vec![String::new()] };
        let own = self.method_versions(linker, handler);
        let stated = own.or_else(|| self.layouts.stated.get(&class).cloned());
        let versions = &self.layouts.versions[at];
        let stated = stated.unwrap_or_else(|| versions.default.clone());
        if stated.is_empty() {
            return vec![String::new()];
        }
        stated.iter().map(|version| if version.is_empty() { String::new() } else { format!("/{}{version}", versions.word) }).collect()
    }

    fn method_versions(&mut self, linker: &mut Linker, handler: GlobalDef) -> Option<Vec<String>> {
        let decorators = linker.facts[handler.file.index()].def(handler.def).decorators.clone();
        for decorator in decorators {
            let Some(api) = linker.decorator_api(handler.file, decorator) else { continue };
            let argument = linker.apis.facts(api).find_map(|(fact, _)| match fact {
                ApiFact::Layout(Layout::Version { argument }) => Some(argument),
                _ => None,
            });
            let Some(argument) = argument else { continue };
            let NodeKind::Call { args, .. } = linker.facts[handler.file.index()].arena.kind(decorator) else { continue };
            let args: Vec<NodeId> = linker.facts[handler.file.index()].arena.list(args).collect();
            let node = linker.argument(handler.file, &args, argument)?;
            return Some(self.stated(linker, handler.file, node));
        }
        None
    }

    /// `register(autoload, { dir })`: mounts the plugins in the files of the folder.
    pub(super) fn mount_folder(&mut self, linker: &mut Linker, place: &Place, plugin: NodeId, into: Router) {
        let Value::Api { api, .. } = linker.get(linker.node_values[place.file.index()][plugin.index()]) else { return };
        let Some(Layout::Folder { folder, prefix, own }) = linker.apis.facts(api).find_map(|(fact, _)| match fact {
            ApiFact::Layout(layout @ Layout::Folder { .. }) => Some(layout),
            _ => None,
        }) else {
            return;
        };
        let Some(folder) = linker.argument(place.file, &place.args, folder) else { return };
        let Some(folder) = folder_named(linker, place.file, folder) else { return };
        let prefix = self.prefixes_of(linker, place, std::slice::from_ref(prefix)).unwrap_or_else(|| vec![String::new()]);
        for (at, (file, below)) in plugins_in(linker, &folder).into_iter().enumerate() {
            let me = Router::Turn(place.file, place.node, at as u32);
            let own = self.exported_text(linker, file, own);
            let below = match own {
                Some(own) => join(below.rsplit_once('/').map_or("", |(above, _)| above), &own),
                None => below,
            };
            self.own.insert(me, prefix.iter().map(|prefix| join(prefix, &below)).collect());
            self.mount(me, into);
            let module = GlobalDef { file, def: DefId::MODULE };
            for plugin in self.origins.of_module(linker, module) {
                self.mount(plugin, me);
            }
        }
    }

    fn exported_text(&mut self, linker: &mut Linker, file: FileId, name: &str) -> Option<String> {
        let def = linker.variable_in(GlobalDef { file, def: DefId::MODULE }, name, 0)?;
        let value = linker.facts[def.file.index()].def(def.def).value?;
        Some(self.origins.text(linker, def.file, value, 0)).filter(|text| text != UNKNOWN_PART)
    }
}

/// The files of a folder that are plugins, sorted, with the folders between. A file called `index` is the only plugin of its folder.
fn plugins_in(linker: &Linker, folder: &str) -> Vec<(FileId, String)> {
    let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let files = &linker.project.files;
    let first = files.partition_point(|file| *file.path < *start);
    let mut found: Vec<(FileId, String, bool)> = Vec::new();
    for (at, file) in files.iter().enumerate().skip(first).take(MOST_FILES) {
        let Some(rest) = file.path.strip_prefix(&start) else { break };
        if linker.facts[at].language.family() != Family::TypeScript {
            continue;
        }
        let (below, name) = rest.rsplit_once('/').unwrap_or(("", rest));
        found.push((FileId(at as u32), below.to_string(), name.starts_with("index.")));
    }
    let indexed: Vec<String> = found.iter().filter(|entry| entry.2).map(|entry| entry.1.clone()).collect();
    found.retain(|(_, below, is_index)| *is_index || !indexed.contains(below));
    found.into_iter().map(|(file, below, _)| (file, below)).collect()
}

/// The folder that `join(__dirname, "routes")`, `new URL("./routes", …)` or a text beside `__dirname` names: relative to the file.
fn folder_named(linker: &Linker, file: FileId, node: NodeId) -> Option<String> {
    let facts = &linker.facts[file.index()];
    let mut texts = Vec::new();
    match facts.arena.kind(node) {
        NodeKind::Call { args, .. } => texts.extend(facts.arena.list(args).filter_map(|arg| facts.string(arg))),
        NodeKind::Str(text) => texts.push(facts.text(text)),
        NodeKind::Text { parts, form } if form != TextForm::Join => {
            texts.extend(facts.arena.list(parts).filter_map(|part| facts.string(part)));
        }
        NodeKind::Binary { right, .. } => texts.extend(facts.string(right)),
        _ => {}
    }
    if texts.is_empty() {
        return None;
    }
    let path = &linker.project.files[file.index()].path;
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in texts.iter().flat_map(|text| text.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The last name of `RequestMethod.GET`.
fn last_name(linker: &Linker, file: FileId, node: NodeId) -> Option<String> {
    let facts = &linker.facts[file.index()];
    match facts.arena.kind(node) {
        NodeKind::Member { name, .. } | NodeKind::Name(name) => Some(facts.text(name).to_string()),
        _ => None,
    }
}

fn class_named(linker: &Linker, file: FileId, node: NodeId) -> Option<GlobalDef> {
    match linker.get(linker.node_values[file.index()][node.index()]) {
        Value::Def(class) if is_class_like(linker.facts[class.file.index()].def(class.def).kind) => Some(class),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Exception;

    #[test]
    fn exceptions_speak_of_paths() {
        let holds = |pattern: &str, path: &str| Exception { path: pattern.to_string(), method: None }.holds(path, &[]);
        assert!(holds("health", "/health"));
        assert!(!holds("health", "/health/live"));
        assert!(holds("files/:id", "/files/{name}"));
        assert!(holds("public/*rest", "/public/logo/small"));
        assert!(!holds("public/*", "/public"));
        let get = Exception { path: "metrics".to_string(), method: Some("GET".to_string()) };
        assert!(get.holds("/metrics", &["GET".to_string()]));
        assert!(!get.holds("/metrics", &["POST".to_string()]));
    }
}
