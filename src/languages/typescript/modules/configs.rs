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
    /// Subpaths (one `*` at most) that `exports` closes with `null`.
    pub(super) closed: Vec<String>,
    /// What `typesVersions` makes of subpaths: pattern (one `*` at most) to path, in order.
    pub(super) types_versions: Vec<(String, String)>,
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
    /// Where it leads, from the project's root, with the `*` as written.
    targets: Vec<String>,
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

    /// The paths that the aliases above `from` make of a specifier, nearest first, without extension.
    pub(super) fn expand(&self, from: &str, specifier: &str) -> Vec<String> {
        let fitting = self.0.iter().filter(|alias| is_below(from, &alias.folder) && alias.matches(specifier));
        fitting
            .flat_map(|alias| {
                let end = specifier.len() - alias.after.as_ref().map_or(0, String::len);
                let middle = specifier.get(alias.before.len()..end).unwrap_or_default();
                alias.targets.iter().map(move |target| target.replacen('*', middle, 1))
            })
            .collect()
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
    let read = |path: &str| {
        let value = manifests(path).and_then(|text| serde_json::from_str(&without_comments(&text)).ok()).filter(Value::is_object);
        // A file that is no JSON says nothing, but it is there.
        value.unwrap_or_else(|| Value::Object(serde_json::Map::new()))
    };
    let mut values: BTreeMap<&str, Value> = paths.iter().map(|path| (&***path, read(path))).collect();
    let mut configs =
        Configs { texts: FxHashMap::default(), packages: BTreeMap::new(), workspace: FxHashMap::default(), aliases: Vec::new() };
    for (path, value) in values.iter().filter(|(path, _)| is_package_json(path)) {
        configs.packages.insert(folder_of(path).to_owned(), package(path, value));
        configs.texts.insert((*path).to_owned(), value.to_string());
    }
    configs.workspace = workspace(project, &configs.packages);
    add_extended(project, &configs, &mut values, &read);
    let known: FxHashSet<&str> = values.keys().copied().collect();
    for (path, value) in values.iter().filter(|(path, _)| !is_package_json(path)) {
        add_tsconfig(&mut configs, path, value.clone(), &known);
        add_output(&mut configs, &values, path);
    }
    add_jsconfigs(&mut configs);
    configs.aliases.sort_by(|a, b| b.folder.len().cmp(&a.folder.len()).then_with(|| a.config.cmp(&b.config)));
    configs
}

/// Adds the configs that others extend, whatever their name: `tooling/typescript/base.json`.
fn add_extended<'p>(project: &'p Project, configs: &Configs, values: &mut BTreeMap<&'p str, Value>, read: &dyn Fn(&str) -> Value) {
    let texts: BTreeMap<&str, &'p str> = project.texts.iter().map(|text| (&*text.path, &*text.path)).collect();
    let mut open: Vec<&'p str> = values.keys().copied().filter(|path| !is_package_json(path)).collect();
    while let Some(path) = open.pop() {
        let wanted = values.get(path).map(extends_of).unwrap_or_default();
        for wanted in wanted {
            let found = extended(configs, folder_of(path), &wanted, &|path| texts.contains_key(path));
            if let Some(&found) = found.and_then(|found| texts.get(found.as_str()))
                && !values.contains_key(found)
            {
                values.insert(found, read(found));
                open.push(found);
            }
        }
    }
}

/// What a config extends, as written.
fn extends_of(value: &Value) -> Vec<String> {
    match value.get("extends") {
        Some(Value::String(wanted)) => vec![wanted.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => vec![],
    }
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
    let exports = value.get("exports").and_then(Value::as_object).into_iter().flatten();
    let closed = exports.filter(|(_, target)| target.is_null()).map(|(key, _)| key.trim_start_matches("./").to_owned()).collect();
    let mut types_versions = Vec::new();
    for (_, paths) in value.get("typesVersions").and_then(Value::as_object).into_iter().flatten() {
        for (pattern, targets) in paths.as_object().into_iter().flatten() {
            let targets = targets.as_array().into_iter().flatten().filter_map(Value::as_str);
            types_versions.extend(targets.map(|target| (pattern.clone(), target.to_owned())));
        }
    }
    NodePackage { root: folder_of(path).to_owned(), name, dependencies, closed, types_versions, outputs: Vec::new() }
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
    // `"ui": "link:../design"`, `"ui": "workspace:@my/design@*"`: another name for the same folder.
    for dependency in project.packages.iter().flat_map(|package| &package.dependencies) {
        if let Some(path) = dependency.path.as_ref().filter(|path| packages.contains_key(*path)) {
            found.entry(dependency.name.clone()).or_insert_with(|| path.clone());
        }
    }
    found
}

fn add_tsconfig(configs: &mut Configs, path: &str, mut value: Value, known: &FxHashSet<&str>) {
    let folder = folder_of(path).to_owned();
    let kept =
        extends_of(&value).iter().filter_map(|wanted| extended(configs, &folder, wanted, &|path| known.contains(path))).collect::<Vec<_>>();
    if let Some(extends) = value.get_mut("extends") {
        *extends = Value::Array(kept.iter().map(|path| Value::String(virtual_path(path))).collect());
    }
    if let Some(Value::Array(references)) = value.get_mut("references") {
        references.retain(|reference| {
            let Some(wanted) = reference.get("path").and_then(Value::as_str) else { return false };
            let wanted = join(&folder, wanted);
            wanted != path && (known.contains(wanted.as_str()) || known.contains(join(&wanted, "tsconfig.json").as_str()))
        });
    }
    add_aliases(configs, &folder, path, &value);
    configs.texts.insert(path.to_owned(), value.to_string());
}

/// A compiler option of a config, as a path: its own, or that of the nearest config it extends, seen from the folder of the one that has it.
fn path_option(values: &BTreeMap<&str, Value>, configs: &Configs, config: &str, name: &str) -> Option<String> {
    let leaf = folder_of(config);
    let mut open = vec![config.to_owned()];
    // A circle ends by its length.
    for _ in 0..16 {
        let at = open.pop()?;
        let value = values.get(at.as_str())?;
        if let Some(path) = value.get("compilerOptions").and_then(|options| options.get(name)).and_then(Value::as_str) {
            return Some(match path.strip_prefix("${configDir}") {
                Some(rest) => join(leaf, rest),
                None => join(folder_of(&at), path),
            });
        }
        // The last one wins.
        let extended = |wanted: &String| extended(configs, folder_of(&at), wanted, &|path| values.contains_key(path));
        open.extend(extends_of(value).iter().filter_map(extended));
    }
    None
}

/// The path of the config that `extends` names.
fn extended(configs: &Configs, folder: &str, wanted: &str, is_known: &dyn Fn(&str) -> bool) -> Option<String> {
    let base = if wanted.starts_with('.') {
        join(folder, wanted)
    } else {
        let (name, rest) = package_name(wanted);
        join(configs.workspace.get(name)?, rest)
    };
    let candidates = [base.clone(), format!("{base}.json"), join(&base, "tsconfig.json")];
    candidates.into_iter().find(|candidate| is_known(candidate))
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
fn add_output(configs: &mut Configs, values: &BTreeMap<&str, Value>, config: &str) {
    let Some(root) = nearest(&configs.packages, folder_of(config)).map(str::to_owned) else { return };
    let inside = |path: String| match path.strip_prefix(root.as_str()).map(|rest| rest.trim_start_matches('/')) {
        Some(rest) if is_below(&path, &root) || path == root => Some(rest.to_owned()),
        _ => None,
    };
    let option = |name: &str| path_option(values, configs, config, name).and_then(inside);
    let source = option("rootDir").unwrap_or_else(|| "src".to_owned());
    let outputs: Vec<String> = ["outDir", "declarationDir"].into_iter().filter_map(option).filter(|output| !output.is_empty()).collect();
    if let Some(package) = configs.packages.get_mut(&root) {
        for output in outputs {
            let pair = (output, source.clone());
            if !package.outputs.contains(&pair) {
                package.outputs.push(pair);
            }
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
    let base = value["compilerOptions"].get("baseUrl").and_then(Value::as_str).unwrap_or("");
    let base = join(folder, base.trim_start_matches("${configDir}"));
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
        let targets = targets.as_array().into_iter().flatten().filter_map(Value::as_str);
        let targets = targets.map(|target| join(&base, target.trim_start_matches("${configDir}"))).collect();
        configs.aliases.push(Alias { folder: folder.to_owned(), config: path.to_owned(), before: before.to_owned(), after, targets });
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
