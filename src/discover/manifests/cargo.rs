//! Cargo: packages, targets (declared and found by convention), workspaces with inheritance, renamed and path dependencies.
//!
//! Read without `cargo`: a pinned toolchain that is not installed, or a missing lock file, must not stop anyone. Features and `cfg` are not evaluated.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{
    Drafts, dependency, file_name, folder_of, owned, parse_toml, patterns, resolve, span_of, string_at, strings_at, table_at, value_at,
};
use crate::model::project::{CargoTarget, Dependency, Package};
use crate::model::source::{Family, Span};

/// The Cargo manifests of a repository by folder; inheritance needs them all.
#[derive(Default)]
pub(super) struct Manifests {
    by_folder: BTreeMap<String, Manifest>,
}

/// What one `Cargo.toml` declares.
struct Manifest {
    path: Arc<str>,
    package: Option<PackageTable>,
    dependencies: Vec<Declared>,
    workspace: Option<Workspace>,
}

struct PackageTable {
    name: String,
    edition: Inherited,
    /// `package.workspace = "../.."`.
    workspace: Option<String>,
    /// `build = "x.rs"`, or `build = false`.
    build: Option<Result<String, ()>>,
    auto: BTreeSet<&'static str>,
    targets: Vec<DeclaredTarget>,
}

enum Inherited {
    Here(Option<String>),
    FromWorkspace,
}

struct DeclaredTarget {
    kind: &'static str,
    name: Option<String>,
    path: Option<String>,
}

/// One entry of a dependency table.
#[derive(Clone)]
struct Declared {
    key: String,
    package: Option<String>,
    path: Option<String>,
    from_workspace: bool,
    dev: bool,
    span: Span,
}

struct Workspace {
    members: Vec<String>,
    exclude: Vec<String>,
    edition: Option<String>,
    dependencies: Vec<Declared>,
}

impl Manifests {
    /// Reads one `Cargo.toml`.
    pub(super) fn add(&mut self, path: &Arc<str>, text: &str, drafts: &mut Drafts) {
        let parsed = parse_toml(path, text, drafts);
        let table = parsed.get_ref();
        let manifest = Manifest {
            path: path.clone(),
            package: package_table(table),
            dependencies: all_dependencies(table),
            workspace: workspace(table),
        };
        self.by_folder.insert(folder_of(path).to_string(), manifest);
    }

    /// Makes packages of them.
    pub(super) fn finish(self, paths: &[Arc<str>], drafts: &mut Drafts) {
        for (folder, manifest) in &self.by_folder {
            let package = drafts.package(folder, &manifest.path, Family::Rust);
            let workspace = self.workspace_of(folder, manifest);
            package
                .dependencies
                .extend(manifest.dependencies.iter().map(|declared| self.dependency(folder, manifest, declared, workspace)));
            if let Some(declared) = &manifest.package {
                package.name.get_or_insert_with(|| declared.name.clone());
                package.edition = match &declared.edition {
                    Inherited::Here(edition) => edition.clone(),
                    Inherited::FromWorkspace => workspace.and_then(|root| self.by_folder.get(root)?.workspace.as_ref()?.edition.clone()),
                };
                package.targets = targets(folder, declared, package.edition.as_deref(), paths);
                let library = package.targets.iter().find(|target| target.kind == "lib");
                package.crate_name = Some(library.map_or_else(|| crate_name(&declared.name), |library| library.name.clone()));
            }
        }
        self.assign_members(drafts);
    }

    fn assign_members(&self, drafts: &mut Drafts) {
        for (folder, manifest) in &self.by_folder {
            let Some(workspace) = &manifest.workspace else { continue };
            let is_rust = |package: &Package| package.families.contains(&Family::Rust);
            let mut members = drafts.members(folder, &workspace.members, &workspace.exclude, is_rust);
            // Path dependencies of the root package are members too.
            let excluded = patterns(folder, &workspace.exclude);
            for declared in &manifest.dependencies {
                if let Some(path) = declared.path.as_ref().and_then(|path| resolve(folder, path))
                    && self.by_folder.contains_key(&path)
                    && !excluded.is_match(&path)
                {
                    members.push(path);
                }
            }
            if let Some(package) = drafts.packages.get_mut(folder) {
                package.workspaces.extend(members);
            }
        }
    }

    /// The folder of the workspace a package belongs to: the one it names, else itself, else the nearest above that does not exclude it.
    fn workspace_of<'a>(&'a self, folder: &'a str, manifest: &Manifest) -> Option<&'a str> {
        if let Some(named) = manifest.package.as_ref().and_then(|package| package.workspace.as_deref()) {
            let root = resolve(folder, named)?;
            return self.by_folder.get_key_value(&root).map(|(root, _)| root.as_str());
        }
        let mut at = folder;
        loop {
            if let Some(workspace) = self.by_folder.get(at).and_then(|manifest| manifest.workspace.as_ref())
                && !patterns(at, &workspace.exclude).is_match(folder)
            {
                return Some(at);
            }
            if at.is_empty() {
                return None;
            }
            at = folder_of(at);
        }
    }

    fn dependency(&self, folder: &str, manifest: &Manifest, declared: &Declared, workspace: Option<&str>) -> Dependency {
        let inherited = workspace
            .filter(|_| declared.from_workspace)
            .and_then(|root| Some((root, self.by_folder.get(root)?.workspace.as_ref()?)))
            .and_then(|(root, workspace)| Some((root, workspace.dependencies.iter().find(|known| known.key == declared.key)?)));
        // A path in `[workspace.dependencies]` is relative to the workspace.
        let (home, source) = inherited.map_or((folder, declared), |(root, source)| (root, source));
        Dependency {
            package: source.package.clone().filter(|package| *package != declared.key),
            dev: declared.dev,
            path: source.path.as_ref().and_then(|path| resolve(home, path)),
            ..dependency(crate_name(&declared.key), &manifest.path, declared.span)
        }
    }
}

/// The name code uses.
fn crate_name(name: &str) -> String {
    name.replace('-', "_")
}

fn package_table(table: &DeTable<'_>) -> Option<PackageTable> {
    let package = table_at(table, &["package"]).or_else(|| table_at(table, &["project"]))?;
    let edition = match value_at(package, &["edition"]).map(Spanned::get_ref) {
        Some(DeValue::Table(_)) => Inherited::FromWorkspace,
        value => Inherited::Here(value.and_then(DeValue::as_str).map(str::to_string)),
    };
    let build = value_at(package, &["build"]).map(|value| value.get_ref().as_str().map(str::to_string).ok_or(()));
    let auto = [("autolib", "lib"), ("autobins", "bin"), ("autoexamples", "example"), ("autotests", "test"), ("autobenches", "bench")]
        .into_iter()
        .filter(|(key, _)| value_at(package, &[key]).and_then(|value| value.get_ref().as_bool()) != Some(false))
        .map(|(_, kind)| kind)
        .collect();
    Some(PackageTable {
        name: string_at(package, &["name"])?.to_string(),
        edition,
        workspace: string_at(package, &["workspace"]).map(str::to_string),
        build,
        auto,
        targets: declared_targets(table),
    })
}

fn declared_targets(table: &DeTable<'_>) -> Vec<DeclaredTarget> {
    let mut found = Vec::new();
    for kind in ["lib", "bin", "example", "test", "bench"] {
        let tables: Vec<&DeTable<'_>> = match value_at(table, &[kind]).map(Spanned::get_ref) {
            Some(DeValue::Table(table)) => vec![table],
            Some(DeValue::Array(items)) => items.iter().filter_map(|item| item.get_ref().as_table()).collect(),
            _ => continue,
        };
        for target in tables {
            let field = |key| string_at(target, &[key]).map(str::to_string);
            found.push(DeclaredTarget { kind, name: field("name"), path: field("path") });
        }
    }
    found
}

fn workspace(table: &DeTable<'_>) -> Option<Workspace> {
    let workspace = table_at(table, &["workspace"])?;
    let mut dependencies = Vec::new();
    dependency_table(table_at(workspace, &["dependencies"]), false, &mut dependencies);
    Some(Workspace {
        members: owned(strings_at(workspace, &["members"])),
        exclude: owned(strings_at(workspace, &["exclude"])),
        edition: string_at(workspace, &["package", "edition"]).map(str::to_string),
        dependencies,
    })
}

const DEPENDENCY_TABLES: &[(&str, bool)] = &[
    ("dependencies", false),
    ("dev-dependencies", true),
    ("dev_dependencies", true),
    ("build-dependencies", false),
    ("build_dependencies", false),
];

fn all_dependencies(table: &DeTable<'_>) -> Vec<Declared> {
    let mut found = Vec::new();
    let mut add = |table: &DeTable<'_>| {
        for &(key, dev) in DEPENDENCY_TABLES {
            dependency_table(table_at(table, &[key]), dev, &mut found);
        }
    };
    add(table);
    for (_, target) in table_at(table, &["target"]).into_iter().flatten() {
        if let Some(target) = target.get_ref().as_table() {
            add(target);
        }
    }
    found
}

fn dependency_table(table: Option<&DeTable<'_>>, dev: bool, found: &mut Vec<Declared>) {
    for (key, value) in table.into_iter().flatten() {
        let details = value.get_ref().as_table();
        let field = |name| details.and_then(|details| string_at(details, &[name])).map(str::to_string);
        let from_workspace = details.and_then(|details| value_at(details, &["workspace"])?.get_ref().as_bool()) == Some(true);
        let (package, path) = (field("package"), field("path"));
        found.push(Declared { key: key.get_ref().to_string(), package, path, from_workspace, dev, span: span_of(key) });
    }
}

/// The package's targets: declared ones, then those Cargo finds by convention.
/// <https://doc.rust-lang.org/cargo/reference/cargo-targets.html#target-auto-discovery>
fn targets(folder: &str, package: &PackageTable, edition: Option<&str>, paths: &[Arc<str>]) -> Vec<CargoTarget> {
    let files = Files { folder, paths };
    let mut found: Vec<CargoTarget> = Vec::new();
    let mut add = |kind: &str, name: &str, path: String| {
        let known =
            found.iter().any(|target| target.kind == kind && (target.path == path || (kind != "lib" && target.name == crate_name(name))));
        if !known {
            found.push(CargoTarget { name: crate_name(name), kind: kind.to_string(), path });
        }
    };
    for target in &package.targets {
        let name = target.name.as_deref().unwrap_or(&package.name);
        let path = match &target.path {
            Some(path) => resolve(folder, path),
            None => conventional_path(target.kind, name, &package.name, &files),
        };
        if let Some(path) = path {
            add(target.kind, name, path);
        }
    }
    // Edition 2015 finds nothing of a kind that the manifest declares itself.
    let finds = |kind: &str| {
        package.auto.contains(kind)
            && (edition.is_some_and(|edition| edition != "2015") || !package.targets.iter().any(|target| target.kind == kind))
    };
    if !package.targets.iter().any(|target| target.kind == "lib")
        && let Some(path) = files.existing("src/lib.rs").filter(|_| package.auto.contains("lib"))
    {
        add("lib", &package.name, path);
    }
    if finds("bin") {
        if let Some(path) = files.existing("src/main.rs") {
            add("bin", &package.name, path);
        }
        files.conventional("src/bin").into_iter().for_each(|(name, path)| add("bin", &name, path));
    }
    for (kind, place) in [("example", "examples"), ("test", "tests"), ("bench", "benches")] {
        if finds(kind) {
            files.conventional(place).into_iter().for_each(|(name, path)| add(kind, &name, path));
        }
    }
    let script = match &package.build {
        Some(Ok(path)) => resolve(folder, path),
        Some(Err(())) => None,
        None => files.existing("build.rs"),
    };
    if let Some(path) = script {
        add("build", "build_script_build", path);
    }
    found.sort_by(|a, b| (&a.path, &a.kind, &a.name).cmp(&(&b.path, &b.kind, &b.name)));
    found
}

/// Where Cargo looks for a declared target without a path.
fn conventional_path(kind: &str, name: &str, package: &str, files: &Files<'_>) -> Option<String> {
    let place = match kind {
        "lib" => return files.existing("src/lib.rs"),
        "bin" => "src/bin",
        "example" => "examples",
        "test" => "tests",
        _ => "benches",
    };
    let main = (kind == "bin" && crate_name(name) == crate_name(package)).then(|| files.existing("src/main.rs")).flatten();
    let own = files.existing(&format!("{place}/{name}.rs")).or_else(|| files.existing(&format!("{place}/{name}/main.rs")));
    main.or(own).or_else(|| (kind == "bin").then(|| files.existing("src/main.rs")).flatten())
}

/// The files below a package's folder.
struct Files<'a> {
    folder: &'a str,
    paths: &'a [Arc<str>],
}

impl Files<'_> {
    fn existing(&self, relative: &str) -> Option<String> {
        let path = resolve(self.folder, relative)?;
        self.paths.binary_search_by(|known| (**known).cmp(&path)).is_ok().then_some(path)
    }

    /// `place/x.rs` and `place/x/main.rs`, with the name `x`.
    fn conventional(&self, place: &str) -> Vec<(String, String)> {
        let Some(prefix) = resolve(self.folder, place).map(|folder| folder + "/") else { return Vec::new() };
        let start = self.paths.partition_point(|path| **path < *prefix);
        let below = self.paths[start..].iter().map_while(|path| Some((path, path.strip_prefix(&prefix)?)));
        below
            .filter_map(|(path, rest)| {
                let name = match rest.split_once('/') {
                    None => rest.strip_suffix(".rs")?,
                    Some((name, "main.rs")) => name,
                    Some(_) => return None,
                };
                Some((file_name(name).to_string(), path.to_string()))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{dependency_names, from_files};
    use super::*;

    fn shown(package: &Package) -> Vec<String> {
        package.targets.iter().map(|target| format!("{} {} {}", target.kind, target.name, target.path)).collect()
    }

    #[test]
    fn targets_by_convention() {
        let found = from_files(&[
            ("Cargo.toml", "[package]\nname = \"web-shop\"\nedition = \"2021\"\n"),
            ("build.rs", ""),
            ("examples/demo.rs", ""),
            ("src/bin/worker.rs", ""),
            ("src/bin/admin/main.rs", ""),
            ("src/bin/admin/cli.rs", ""),
            ("src/lib.rs", ""),
            ("src/main.rs", ""),
            ("tests/api/main.rs", ""),
            ("tests/common/mod.rs", ""),
        ]);
        let package = &found.packages[0];
        assert_eq!(package.crate_name.as_deref(), Some("web_shop"));
        assert_eq!(
            shown(package),
            [
                "build build_script_build build.rs",
                "example demo examples/demo.rs",
                "bin admin src/bin/admin/main.rs",
                "bin worker src/bin/worker.rs",
                "lib web_shop src/lib.rs",
                "bin web_shop src/main.rs",
                "test api tests/api/main.rs",
            ]
        );
    }

    #[test]
    fn declared_targets() {
        let found = from_files(&[
            (
                "a/Cargo.toml",
                "[package]\nname = \"a\"\nautobins = false\nbuild = false\n[lib]\nname = \"core\"\npath = \"core.rs\"\n[[bin]]\nname = \"tool\"\npath = \"tool/main.rs\"\n[[test]]\nname = \"it\"\n",
            ),
            ("a/build.rs", ""),
            ("a/core.rs", ""),
            ("a/src/main.rs", ""),
            ("a/tests/it.rs", ""),
            ("a/tool/main.rs", ""),
        ]);
        assert_eq!(found.packages[0].crate_name.as_deref(), Some("core"));
        assert_eq!(shown(&found.packages[0]), ["lib core a/core.rs", "test it a/tests/it.rs", "bin tool a/tool/main.rs"]);
    }

    #[test]
    fn workspaces_and_inheritance() {
        let found = from_files(&[
            (
                "Cargo.toml",
                "[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"crates/old\"]\n[workspace.package]\nedition = \"2024\"\n[workspace.dependencies]\ndb = { package = \"sqlx-core\", version = \"1\" }\nshared = { path = \"crates/shared\" }\n",
            ),
            (
                "crates/api/Cargo.toml",
                "[package]\nname = \"api\"\nedition.workspace = true\n[dependencies]\ndb.workspace = true\nshared = { workspace = true }\ntokio-util = \"1\"\nerr = { package = \"thiserror\", version = \"2\" }\n[dev-dependencies]\ninsta = \"1\"\n[target.'cfg(unix)'.dependencies]\nnix = \"1\"\n",
            ),
            ("crates/old/Cargo.toml", "[package]\nname = \"old\"\nedition.workspace = true\n"),
            ("crates/shared/Cargo.toml", "[package]\nname = \"shared\"\n"),
        ]);
        assert_eq!(found.packages[0].workspaces, ["crates/api", "crates/shared"]);
        let api = &found.packages[1];
        assert_eq!(api.edition.as_deref(), Some("2024"));
        assert_eq!(
            dependency_names(api),
            ["db as sqlx-core", "shared at crates/shared", "tokio_util", "err as thiserror", "insta dev", "nix"]
        );
        assert_eq!(found.packages[2].edition, None, "excluded packages inherit nothing");
    }
}
