//! Node: `package.json` with npm, yarn and bun workspaces, `pnpm-workspace.yaml`, `lerna.json`.
//!
//! How specifiers lead to files (`exports`, `imports`, `main`) is not read here: the resolver reads the same files for that.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::{Drafts, dependency, folder_of, resolve};
use crate::model::project::{Dependency, Package};
use crate::model::source::{Family, Span};

/// The sections of `package.json` that name dependencies, and whether they are for development.
const SECTIONS: &[(&str, bool)] =
    &[("dependencies", false), ("devDependencies", true), ("peerDependencies", false), ("optionalDependencies", false)];

/// Workspace declarations, resolved when every package is known.
#[derive(Default)]
pub(super) struct Workspaces {
    /// Folder, patterns (`!` excludes).
    declared: Vec<(String, Vec<String>)>,
}

/// `package.json`.
pub(super) fn package_json(path: &Arc<str>, text: &str, drafts: &mut Drafts, workspaces: &mut Workspaces) {
    let folder = folder_of(path).to_string();
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => return drafts.problem(path, None, format!("not valid JSON: {error}")),
    };
    let spans = key_spans(text);
    let package = drafts.package(&folder, path, Family::TypeScript);
    if let Some(name) = value["name"].as_str() {
        package.name.get_or_insert_with(|| name.to_string());
    }
    for &(section, dev) in SECTIONS {
        for (name, version) in value[section].as_object().into_iter().flatten() {
            let span = spans.get(&(section, name.as_str())).copied().unwrap_or_default();
            let version = version.as_str().unwrap_or_default();
            let local = ["file:", "link:", "portal:", "workspace:"].iter().find_map(|prefix| version.strip_prefix(prefix));
            let local = local.filter(|local| !version.starts_with("workspace:") || local.starts_with('.'));
            let path_ = local.and_then(|local| resolve(&folder, local));
            let package_ = version.strip_prefix("workspace:").and_then(renamed);
            package.dependencies.push(Dependency { dev, path: path_, package: package_, ..dependency(name.clone(), path, span) });
        }
    }
    // `"workspaces": ["a/*"]` or `{ "packages": ["a/*"] }`.
    let declared = if value["workspaces"].is_object() { &value["workspaces"]["packages"] } else { &value["workspaces"] };
    let patterns = strings(declared);
    if !patterns.is_empty() {
        workspaces.declared.push((folder, patterns));
    }
}

/// `pnpm-workspace.yaml`.
pub(super) fn pnpm_workspace(path: &Arc<str>, text: &str, drafts: &mut Drafts, workspaces: &mut Workspaces) {
    let options = serde_saphyr::options! { strict_booleans: true };
    match serde_saphyr::from_str_with_options::<Value>(text, options) {
        Ok(value) => workspaces.declared.push((folder_of(path).to_string(), strings(&value["packages"]))),
        Err(error) => {
            let message = error.to_string();
            drafts.problem(path, None, format!("not valid YAML: {}", message.lines().next().unwrap_or_default()));
        }
    }
}

/// `lerna.json`; one that cannot be parsed belongs to some other tool.
pub(super) fn lerna(path: &Arc<str>, text: &str, workspaces: &mut Workspaces) {
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        workspaces.declared.push((folder_of(path).to_string(), strings(&value["packages"])));
    }
}

impl Workspaces {
    /// Gives each workspace root its members and each dependency on a sibling its folder.
    pub(super) fn finish(self, drafts: &mut Drafts) {
        let is_node = |package: &Package| package.families.contains(&Family::TypeScript);
        for (root, patterns) in self.declared {
            let (exclude, include): (Vec<String>, Vec<String>) = patterns.into_iter().partition(|pattern| pattern.starts_with('!'));
            let exclude: Vec<String> = exclude.iter().map(|pattern| pattern.trim_start_matches('!').to_string()).collect();
            let members = drafts.members(&root, &include, &exclude, is_node);
            if let Some(package) = drafts.packages.get_mut(&root) {
                package.workspaces.extend(members);
            }
        }
        // Where workspaces are declared, a folder outside them that shares its name with a library is not it.
        let members: BTreeSet<String> = drafts.packages.values().flat_map(|package| package.workspaces.iter().cloned()).collect();
        let is_sibling = |package: &&Package| is_node(package) && (members.is_empty() || members.contains(&package.root));
        let by_name: BTreeMap<String, String> = (drafts.packages.values())
            .filter(is_sibling)
            .filter_map(|package| Some((package.name.clone()?, package.root.clone())))
            .collect();
        for package in drafts.packages.values_mut() {
            for dependency in package.dependencies.iter_mut().filter(|dependency| dependency.manifest.ends_with("package.json")) {
                if dependency.path.is_none() {
                    let name = dependency.package.as_ref().unwrap_or(&dependency.name);
                    dependency.path = by_name.get(name).filter(|root| **root != package.root).cloned();
                }
            }
        }
    }
}

/// The package that `workspace:@my/button@*` means; a range alone (`workspace:^1`) renames nothing.
fn renamed(wanted: &str) -> Option<String> {
    let at = wanted.rfind('@').filter(|&at| at > 0)?;
    Some(wanted[..at].to_string())
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|item| Some(item.as_str()?.to_string())).collect()
}

/// Where the keys of top-level objects stand: `(section, key)` to the span of the key without its quotes.
/// A plain scan over strings and braces, since the text is known to be JSON; keys with escapes are left out.
fn key_spans(text: &str) -> BTreeMap<(&str, &str), Span> {
    let bytes = text.as_bytes();
    let mut spans = BTreeMap::new();
    let (mut at, mut depth) = (0, 0);
    let mut section = "";
    while at < bytes.len() {
        match bytes[at] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b'"' => {
                let start = at + 1;
                at = start;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                let is_key = bytes[(at + 1).min(bytes.len())..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
                let Some(string) = text.get(start..at) else { break };
                match depth {
                    1 if is_key => section = string,
                    2 if is_key => {
                        spans.insert((section, string), Span::new(start, at));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        at += 1;
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::super::{dependency_names, from_files};

    #[test]
    fn package_json_with_workspaces() {
        let text = r#"{ "name": "root", "workspaces": ["apps/*", "!apps/old"], "dependencies": { "express": "^4", "ui": "*" },
            "devDependencies": { "jest": "1" }, "peerDependencies": { "local": "file:../local", "panel": "workspace:ui@^" } }"#;
        let found = from_files(&[
            ("mono/package.json", text),
            ("mono/apps/api/package.json", r#"{ "name": "api" }"#),
            ("mono/apps/old/package.json", "{}"),
            ("mono/apps/ui/package.json", r#"{ "name": "ui" }"#),
        ]);
        let root = &found.packages[0];
        assert_eq!(root.workspaces, ["mono/apps/api", "mono/apps/ui"]);
        assert_eq!(dependency_names(root), ["express", "ui at mono/apps/ui", "jest dev", "local at local", "panel as ui at mono/apps/ui"]);
        assert_eq!(&text[root.dependencies[0].span.range()], "express");
    }

    #[test]
    fn other_workspace_declarations() {
        let found = from_files(&[
            ("package.json", r#"{ "workspaces": { "packages": ["a"] } }"#),
            ("a/package.json", "{}"),
            ("pnpm-workspace.yaml", "packages:\n  - 'b/**'\n  - y\n  - '!**/test/**'\n"),
            ("b/c/d/package.json", "{}"),
            ("b/test/e/package.json", "{}"),
            ("y/package.json", "{}"),
            ("lerna.json", r#"{ "packages": ["f"] }"#),
            ("f/package.json", "{}"),
        ]);
        assert_eq!(found.packages[0].workspaces, ["a", "b/c/d", "f", "y"]);
    }

    #[test]
    fn broken_files_are_problems() {
        let found = from_files(&[("package.json", "{ \"name\": }"), ("pnpm-workspace.yaml", "packages: [a\n")]);
        let messages: Vec<_> = found.problems.iter().map(|problem| format!("{}: {}", problem.path, &problem.message[..14])).collect();
        assert_eq!(messages, ["package.json: not valid JSON", "pnpm-workspace.yaml: not valid YAML"]);
    }
}
