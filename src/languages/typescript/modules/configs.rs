//! package.json and tsconfig files, read once: cleaned for the resolver, and asked for the few things we need ourselves.
//!
//! A tsconfig that extends something not in the repository (`@tsconfig/node20`) would make every import of its package
//! unresolvable, so `extends` and `references` that lead nowhere are dropped here; those that lead into a workspace package are
//! written as paths.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use crate::model::project::Project;

use super::files::{folder_of, join, virtual_path};

/// A package.json's part in resolution.
pub(super) struct NodePackage {
    /// Folder, relative to the project's root.
    pub(super) root: String,
    pub(super) name: Option<String>,
    /// Names of all dependencies it declares.
    pub(super) dependencies: FxHashSet<String>,
    /// Where its build puts things, and from where: `dist` ← `src`. Relative to the package.
    pub(super) outputs: Vec<(String, String)>,
}

/// All resolution files of a project.
pub(super) struct Configs {
    /// Text served to the resolver, by path.
    pub(super) texts: FxHashMap<String, String>,
    /// By folder.
    pub(super) packages: BTreeMap<String, NodePackage>,
    /// Workspace packages: name to folder.
    pub(super) workspace: FxHashMap<String, String>,
    aliases: Vec<Alias>,
}

/// One key of a tsconfig's `paths`.
#[derive(Clone)]
struct Alias {
    /// The folder below which the tsconfig speaks.
    folder: String,
    config: String,
    /// What stands before and after the `*`; `None` after for a key without one.
    before: String,
    after: Option<String>,
}

/// The `paths` of all tsconfigs.
pub(super) struct Aliases(Vec<Alias>);

impl Configs {
    pub(super) fn aliases(&self) -> Aliases {
        Aliases(self.aliases.clone())
    }
}

impl Aliases {
    /// True when some tsconfig above `from` has an alias that `specifier` matches.
    pub(super) fn matches(&self, from: &str, specifier: &str) -> bool {
        self.configs_above(from, specifier).next().is_some()
    }

    /// The tsconfigs above `from` with an alias that `specifier` matches, nearest first.
    pub(super) fn configs_above<'a>(&'a self, from: &'a str, specifier: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |alias| is_below(from, &alias.folder) && alias.matches(specifier)).map(|alias| alias.config.as_str())
    }
}

impl Alias {
    fn matches(&self, specifier: &str) -> bool {
        match &self.after {
            None => specifier == self.before,
            Some(after) => {
                specifier.len() >= self.before.len() + after.len()
                    && specifier.starts_with(&self.before)
                    && specifier.ends_with(after.as_str())
            }
        }
    }
}

pub(super) fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Reads all resolution files of the project.
pub(super) fn read(project: &Project, manifests: &dyn Fn(&str) -> Option<String>) -> Configs {
    let texts = project.texts.iter().map(|text| &text.path);
    let mut paths: Vec<&Arc<str>> = texts.chain(project.packages.iter().flat_map(|package| &package.manifests)).collect();
    paths.retain(|path| is_resolution_file(path));
    paths.sort();
    paths.dedup();
    let mut values: BTreeMap<&str, Value> = BTreeMap::new();
    for path in paths {
        let value = manifests(path).and_then(|text| serde_json::from_str(&without_comments(&text)).ok()).filter(Value::is_object);
        // A file that is no JSON says nothing, but it is there.
        values.insert(path, value.unwrap_or_else(|| Value::Object(serde_json::Map::new())));
    }
    let mut configs =
        Configs { texts: FxHashMap::default(), packages: BTreeMap::new(), workspace: FxHashMap::default(), aliases: Vec::new() };
    for (path, value) in values.iter().filter(|(path, _)| is_package_json(path)) {
        configs.packages.insert(folder_of(path).to_owned(), package(path, value));
        configs.texts.insert((*path).to_owned(), value.to_string());
    }
    configs.workspace = workspace(project, &configs.packages);
    let known: FxHashSet<&str> = values.keys().copied().collect();
    for (path, value) in values.iter().filter(|(path, _)| !is_package_json(path)) {
        add_tsconfig(&mut configs, path, value.clone(), &known);
    }
    add_jsconfigs(&mut configs);
    configs.aliases.sort_by(|a, b| b.folder.len().cmp(&a.folder.len()).then_with(|| a.config.cmp(&b.config)));
    configs
}

/// package.json, tsconfigs, and JSON in folders that hold shared tsconfigs.
fn is_resolution_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_config = |part: &str| part.contains("tsconfig") || part.contains("typescript-config");
    name == "package.json" || name.ends_with(".json") && (name.starts_with("jsconfig") || path.split('/').any(is_config))
}

fn is_package_json(path: &str) -> bool {
    path == "package.json" || path.ends_with("/package.json")
}

fn package(path: &str, value: &Value) -> NodePackage {
    let mut dependencies = FxHashSet::default();
    for field in ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"] {
        if let Some(Value::Object(map)) = value.get(field) {
            dependencies.extend(map.keys().cloned());
        }
    }
    let name = value.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()).map(str::to_owned);
    NodePackage { root: folder_of(path).to_owned(), name, dependencies, outputs: Vec::new() }
}

/// Package names that mean a folder of this repository. Where workspaces are declared only their members count: a test
/// fixture called `react` must not take the place of the real one.
fn workspace(project: &Project, packages: &BTreeMap<String, NodePackage>) -> FxHashMap<String, String> {
    let mut members: FxHashSet<&str> = project.packages.iter().flat_map(|package| &package.workspaces).map(String::as_str).collect();
    if !members.is_empty() {
        members.extend(project.packages.iter().filter(|package| !package.workspaces.is_empty()).map(|package| package.root.as_str()));
        members
            .extend(project.packages.iter().flat_map(|package| &package.dependencies).filter_map(|dependency| dependency.path.as_deref()));
    }
    let mut found: FxHashMap<String, String> = FxHashMap::default();
    let mut candidates: Vec<&NodePackage> =
        packages.values().filter(|package| members.is_empty() || members.contains(package.root.as_str())).collect();
    candidates.sort_by_key(|package| (package.root.len(), package.root.as_str()));
    for package in candidates {
        if let Some(name) = &package.name {
            found.entry(name.clone()).or_insert_with(|| package.root.clone());
        }
    }
    found
}

fn add_tsconfig(configs: &mut Configs, path: &str, mut value: Value, known: &FxHashSet<&str>) {
    let folder = folder_of(path).to_owned();
    if let Some(extends) = value.get_mut("extends") {
        let kept: Vec<Value> = match extends {
            Value::Array(list) => {
                list.iter().filter_map(Value::as_str).filter_map(|wanted| extended(configs, &folder, wanted, known)).collect()
            }
            Value::String(wanted) => extended(configs, &folder, wanted, known).into_iter().collect(),
            _ => Vec::new(),
        };
        *extends = Value::Array(kept);
    }
    if let Some(Value::Array(references)) = value.get_mut("references") {
        references.retain(|reference| {
            let Some(wanted) = reference.get("path").and_then(Value::as_str) else { return false };
            let wanted = join(&folder, wanted);
            wanted != path && (known.contains(wanted.as_str()) || known.contains(join(&wanted, "tsconfig.json").as_str()))
        });
    }
    add_output(configs, &folder, &value);
    add_aliases(configs, &folder, path, &value);
    configs.texts.insert(path.to_owned(), value.to_string());
}

/// The path of the config that `extends` names, as the resolver takes it.
fn extended(configs: &Configs, folder: &str, wanted: &str, known: &FxHashSet<&str>) -> Option<Value> {
    let base = if wanted.starts_with('.') {
        join(folder, wanted)
    } else {
        let (name, rest) = package_name(wanted);
        join(configs.workspace.get(name)?, rest)
    };
    let candidates = [base.clone(), format!("{base}.json"), join(&base, "tsconfig.json")];
    let found = candidates.iter().find(|candidate| known.contains(candidate.as_str()))?;
    Some(Value::String(virtual_path(found)))
}

/// Splits `@scope/name/sub/path` into the package's name and the rest.
pub(super) fn package_name(specifier: &str) -> (&str, &str) {
    let slashes = if specifier.starts_with('@') { 2 } else { 1 };
    match specifier.match_indices('/').nth(slashes - 1) {
        Some((at, _)) => (&specifier[..at], &specifier[at + 1..]),
        None => (specifier, ""),
    }
}

/// Notes `outDir` and `rootDir` for the package the config stands in.
fn add_output(configs: &mut Configs, folder: &str, value: &Value) {
    let option = |name: &str| value.get("compilerOptions")?.get(name)?.as_str().map(|path| join(folder, path));
    let Some(root) = nearest(&configs.packages, folder).map(str::to_owned) else { return };
    let Some(package) = configs.packages.get_mut(&root) else { return };
    let relative = |path: String| match path.strip_prefix(root.as_str()).map(|rest| rest.trim_start_matches('/')) {
        Some(rest) if is_below(&path, &root) || path == root => Some(rest.to_owned()),
        _ => None,
    };
    let source = option("rootDir").and_then(relative).unwrap_or_else(|| "src".to_owned());
    for name in ["outDir", "declarationDir"] {
        if let Some(output) = option(name).and_then(relative).filter(|output| !output.is_empty()) {
            package.outputs.push((output, source.clone()));
        }
    }
}

/// The folder of the package that holds `folder`.
pub(super) fn nearest<'a>(packages: &'a BTreeMap<String, NodePackage>, folder: &str) -> Option<&'a str> {
    let mut folder = folder;
    loop {
        if let Some((root, _)) = packages.get_key_value(folder) {
            return Some(root);
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder_of(folder);
    }
}

fn add_aliases(configs: &mut Configs, folder: &str, path: &str, value: &Value) {
    let Some(Value::Object(paths)) = value.get("compilerOptions").and_then(|options| options.get("paths")) else { return };
    for (key, targets) in paths {
        // Paths to installed types, and a lone `*`, say nothing about a specifier being ours.
        let installed = |target: &Value| target.as_str().is_none_or(|target| target.contains("node_modules"));
        if key == "*" || targets.as_array().is_none_or(|targets| targets.iter().all(installed)) {
            continue;
        }
        let (before, after) = match key.split_once('*') {
            Some((before, after)) => (before, Some(after.to_owned())),
            None => (key.as_str(), None),
        };
        configs.aliases.push(Alias { folder: folder.to_owned(), config: path.to_owned(), before: before.to_owned(), after });
    }
}

/// A `jsconfig.json` is a tsconfig that allows JavaScript, where there is no other.
fn add_jsconfigs(configs: &mut Configs) {
    let mut found: Vec<String> = configs.texts.keys().filter(|path| path.rsplit('/').next() == Some("jsconfig.json")).cloned().collect();
    found.sort();
    for path in found {
        let tsconfig = join(folder_of(&path), "tsconfig.json");
        let value = configs.texts.get(&path).and_then(|text| serde_json::from_str::<Value>(text).ok());
        if let (Some(mut value), false) = (value, configs.texts.contains_key(&tsconfig)) {
            value["compilerOptions"]["allowJs"] = Value::Bool(true);
            configs.texts.insert(tsconfig, value.to_string());
        }
    }
}

/// JSON with comments and trailing commas as plain JSON.
fn without_comments(text: &str) -> String {
    let bytes = text.trim_start_matches('\u{feff}').as_bytes();
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'"', _) => {
                let end = string_end(bytes, at);
                out.extend_from_slice(&bytes[at..end]);
                at = end;
            }
            (b'/', Some(b'/')) => at += memchr::memchr(b'\n', &bytes[at..]).unwrap_or(bytes.len() - at),
            (b'/', Some(b'*')) => at += memchr::memmem::find(&bytes[at..], b"*/").map_or(bytes.len() - at, |length| length + 2),
            (b'}' | b']', _) => {
                let last = out.iter().rposition(|byte| !byte.is_ascii_whitespace());
                if let Some(last) = last.filter(|&last| out[last] == b',') {
                    out.remove(last);
                }
                out.push(bytes[at]);
                at += 1;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_default()
}

/// Where the string that starts at `at` ends.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_trailing_commas_go() {
        let text = "\u{feff}{ // a\n \"b\": \"/* c */ // \\\" d\", /* e */ \"f\": [1, 2,\n], }";
        let value: Value = serde_json::from_str(&without_comments(text)).unwrap();
        assert_eq!(value, serde_json::json!({ "b": "/* c */ // \" d", "f": [1, 2] }));
        assert_eq!(without_comments("{\"a\": \"b\\"), "{\"a\": \"b\\");
        assert_eq!(without_comments("/* a"), "");
    }

    #[test]
    fn names_of_packages() {
        assert_eq!(package_name("a"), ("a", ""));
        assert_eq!(package_name("a/b/c"), ("a", "b/c"));
        assert_eq!(package_name("@a/b"), ("@a/b", ""));
        assert_eq!(package_name("@a/b/c"), ("@a/b", "c"));
    }
}
