//! Python: `pyproject.toml` (PEP 621, PEP 735, Poetry, setuptools, Hatch, PDM, uv), requirements files, `setup.cfg`, `setup.py`, `Pipfile`.
//!
//! `setup.py` is a program; only literal arguments are seen. Declared source folders go to `Package::source_roots`.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use regex::Regex;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{
    Drafts, dependency, file_name, folder_of, owned, parse_toml, resolve, span_of, string_at, strings, strings_at, table_at, value_at,
};
use crate::model::project::{Dependency, Package};
use crate::model::source::{Family, Span};

/// Groups and file names that mean "not needed in production".
const DEV_WORDS: &[&str] = &[
    "dev",
    "develop",
    "development",
    "devel",
    "test",
    "tests",
    "testing",
    "lint",
    "linting",
    "docs",
    "doc",
    "ci",
    "local",
    "typing",
    "types",
    "mypy",
    "qa",
    "format",
    "style",
    "debug",
    "release",
    "build",
    "tools",
    "bench",
    "benchmark",
    "pre-commit",
    "precommit",
];

/// True for `requirements.txt`, `requirements-dev.txt`, `dev_requirements.txt`, `requirements/base.txt` and their `.in` sources.
pub(super) fn is_requirements(path: &str) -> bool {
    let name = file_name(path);
    let Some(stem) = name.strip_suffix(".txt").or_else(|| name.strip_suffix(".in")) else { return false };
    let own = stem.starts_with("requirements") || stem.ends_with("requirements") || stem == "reqs";
    own || (is_requirements_folder(folder_of(path)) && !stem.starts_with("constraint"))
}

fn is_requirements_folder(folder: &str) -> bool {
    matches!(file_name(folder), "requirements" | "reqs")
}

/// A requirements file. A `requirements/` folder belongs to the folder above it.
pub(super) fn requirements(path: &Arc<str>, text: &str, drafts: &mut Drafts) {
    let folder = folder_of(path);
    let home = if is_requirements_folder(folder) { folder_of(folder) } else { folder };
    let name = file_name(path);
    let dev = name.rsplit_once('.').is_some_and(|(stem, _)| is_dev_group(stem));
    let package = drafts.package(home, path, Family::Python);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(mut found) = requirement_line(line, start, folder, path) {
            found.dev = dev;
            package.dependencies.push(found);
        }
        start += line.len();
    }
}

/// `pyproject.toml`. One that only configures tools still marks its folder as a Python package: that is where tools start from.
pub(super) fn pyproject(path: &Arc<str>, text: &str, drafts: &mut Drafts) {
    let parsed = parse_toml(path, text, drafts);
    let table = parsed.get_ref();
    let folder = folder_of(path).to_string();
    if let Some(workspace) = table_at(table, &["tool", "uv", "workspace"]) {
        let declared = (folder.clone(), owned(strings_at(workspace, &["members"])), owned(strings_at(workspace, &["exclude"])));
        drafts.uv_workspaces.push(declared);
    }
    let package = drafts.package(&folder, path, Family::Python);
    if let Some(name) = string_at(table, &["project", "name"]).or_else(|| string_at(table, &["tool", "poetry", "name"])) {
        package.name.get_or_insert_with(|| name.to_string());
    }
    let mut found = Found { folder: &folder, manifest: path, dependencies: Vec::new() };
    found.requirements(value_at(table, &["project", "dependencies"]), false);
    for (group, list) in entries(table, &["project", "optional-dependencies"]) {
        found.requirements(Some(list), is_dev_group(group));
    }
    for (_, list) in entries(table, &["dependency-groups"]) {
        found.requirements(Some(list), true);
    }
    found.requirements(value_at(table, &["tool", "uv", "dev-dependencies"]), true);
    for (_, list) in entries(table, &["tool", "pdm", "dev-dependencies"]) {
        found.requirements(Some(list), true);
    }
    found.poetry(table_at(table, &["tool", "poetry", "dependencies"]), false);
    found.poetry(table_at(table, &["tool", "poetry", "dev-dependencies"]), true);
    for (group, value) in entries(table, &["tool", "poetry", "group"]) {
        let dependencies = value.get_ref().as_table().and_then(|group| table_at(group, &["dependencies"]));
        found.poetry(dependencies, is_dev_group(group));
    }
    for (_, value) in entries(table, &["tool", "hatch", "envs"]) {
        if let Some(environment) = value.get_ref().as_table() {
            found.requirements(value_at(environment, &["dependencies"]), true);
        }
    }
    uv_sources(table, &folder, &mut found.dependencies);
    package.dependencies.extend(found.dependencies);
    for declared in declared_roots(table) {
        add_root(package, &declared);
    }
}

/// Folders that build back ends and test runners put on the import path.
fn declared_roots(table: &DeTable<'_>) -> Vec<String> {
    let mut roots = Vec::new();
    let mut add = |root: &str| roots.push(root.to_string());
    if let Some(root) = value_at(table, &["tool", "setuptools", "package-dir"]).and_then(|dirs| dirs.get_ref().get("")?.get_ref().as_str())
    {
        add(root);
    }
    for keys in [
        &["tool", "setuptools", "packages", "find", "where"][..],
        &["tool", "hatch", "build", "sources"],
        &["tool", "hatch", "build", "targets", "wheel", "sources"],
        &["tool", "pdm", "package-dir"],
        &["tool", "pdm", "build", "package-dir"],
        &["tool", "maturin", "python-source"],
        &["tool", "uv", "build-backend", "module-root"],
        &["tool", "pytest", "ini_options", "pythonpath"],
    ] {
        strings_at(table, keys).into_iter().for_each(|(root, _)| add(root));
    }
    // `packages = ["src/shop"]`: the import starts above the package.
    for (package, _) in strings_at(table, &["tool", "hatch", "build", "targets", "wheel", "packages"]) {
        add(folder_of(package));
    }
    if let Some(DeValue::Array(packages)) = value_at(table, &["tool", "poetry", "packages"]).map(Spanned::get_ref) {
        for package in packages.iter() {
            if let Some(from) = package.get_ref().as_table().and_then(|package| string_at(package, &["from"])) {
                add(from);
            }
        }
    }
    roots
}

/// `[tool.uv.sources]`: where a dependency comes from, when that is a folder of the repository. Workspace members are found by name in [`finish`].
fn uv_sources(table: &DeTable<'_>, folder: &str, dependencies: &mut [Dependency]) {
    for (name, value) in entries(table, &["tool", "uv", "sources"]) {
        let Some(source) = value.get_ref().as_table() else { continue };
        if let Some(path) = string_at(source, &["path"]).and_then(|path| resolve(folder, path)) {
            let name = normalise(name);
            dependencies.iter_mut().filter(|known| known.name == name).for_each(|known| known.path = Some(path.clone()));
        }
    }
}

/// `Pipfile`.
pub(super) fn pipfile(path: &Arc<str>, text: &str, drafts: &mut Drafts) {
    let parsed = parse_toml(path, text, drafts);
    let folder = folder_of(path).to_string();
    let package = drafts.package(&folder, path, Family::Python);
    let mut found = Found { folder: &folder, manifest: path, dependencies: Vec::new() };
    found.poetry(table_at(parsed.get_ref(), &["packages"]), false);
    found.poetry(table_at(parsed.get_ref(), &["dev-packages"]), true);
    package.dependencies.extend(found.dependencies);
}

/// `setup.cfg`: only when it declares a package; it often holds nothing but settings of linters.
pub(super) fn setup_cfg(path: &Arc<str>, text: &str, drafts: &mut Drafts) {
    let sections = ini(text);
    if !sections.iter().any(|(section, ..)| matches!(section.as_str(), "metadata" | "options")) {
        return;
    }
    let folder = folder_of(path).to_string();
    let package = drafts.package(&folder, path, Family::Python);
    for (section, key, lines) in &sections {
        let first = lines.first().map_or("", |(_, value)| *value);
        match (section.as_str(), key.as_str()) {
            ("metadata", "name") => package.name = package.name.take().or_else(|| Some(first.to_string())),
            ("options", "install_requires" | "setup_requires" | "tests_require") => {
                add_requirements(package, lines, &folder, path, key == "tests_require");
            }
            ("options.extras_require", group) => add_requirements(package, lines, &folder, path, is_dev_group(group)),
            ("options", "package_dir") => {
                for (_, line) in lines {
                    if let Some(root) = line.split_once('=').filter(|(package, _)| package.trim().is_empty()).map(|(_, root)| root.trim()) {
                        add_root(package, root);
                    }
                }
            }
            ("options.packages.find", "where") => add_root(package, first),
            _ => {}
        }
    }
}

/// `setup.py`: literal arguments of `setup(…)`.
pub(super) fn setup_py(path: &Arc<str>, text: &str, drafts: &mut Drafts) {
    static PARTS: LazyLock<Option<[Regex; 5]>> = LazyLock::new(|| {
        Some([
            Regex::new(r#"\bname\s*=\s*["']([^"']+)["']"#).ok()?,
            Regex::new(r"\b(install_requires|tests_require)\s*=\s*\[([^\]]*)\]").ok()?,
            Regex::new(r#"["']([^"'\n]+)["']"#).ok()?,
            Regex::new(r#"\bpackage_dir\s*=\s*\{\s*["']{2}\s*:\s*["']([^"']+)["']"#).ok()?,
            Regex::new(r#"\bfind_(?:namespace_)?packages\(\s*(?:where\s*=\s*)?["']([^"']+)["']"#).ok()?,
        ])
    });
    let Some([name, requires, string, package_dir, find]) = PARTS.as_ref() else { return };
    // Setting up is also what handlers and helpers do: the manifest speaks of what it is built with.
    if !["setuptools", "distutils", "skbuild", "cx_Freeze"].iter().any(|tool| text.contains(tool)) {
        return;
    }
    let folder = folder_of(path).to_string();
    let package = drafts.package(&folder, path, Family::Python);
    if package.name.is_none() {
        package.name = name.captures(text).and_then(|found| found.get(1)).map(|found| found.as_str().to_string());
    }
    for list in requires.captures_iter(text) {
        let (Some(key), Some(items)) = (list.get(1), list.get(2)) else { continue };
        for item in string.captures_iter(items.as_str()).filter_map(|item| item.get(1)) {
            let start = items.start() + item.start();
            if let Some(mut found) = requirement(item.as_str(), start, &folder, path) {
                found.dev = key.as_str() == "tests_require";
                package.dependencies.push(found);
            }
        }
    }
    for root in [package_dir, find].iter().filter_map(|pattern| pattern.captures(text)?.get(1)) {
        add_root(package, root.as_str());
    }
}

/// What needs every package: uv workspaces and dependencies on their members.
pub(super) fn finish(drafts: &mut Drafts) {
    let is_python = |package: &Package| package.manifests.iter().any(|path| file_name(path) == "pyproject.toml");
    for (root, include, exclude) in std::mem::take(&mut drafts.uv_workspaces) {
        let members = drafts.members(&root, &include, &exclude, is_python);
        if let Some(package) = drafts.packages.get_mut(&root) {
            package.workspaces.extend(members);
        }
    }
    let by_name: BTreeMap<String, String> = (drafts.packages.values())
        .filter(|package| is_python(package))
        .filter_map(|package| Some((normalise(package.name.as_ref()?), package.root.clone())))
        .collect();
    for package in drafts.packages.values_mut() {
        for dependency in &mut package.dependencies {
            let declared_in_python = !matches!(file_name(&dependency.manifest), "package.json" | "Cargo.toml");
            if declared_in_python && dependency.path.is_none() {
                dependency.path = by_name.get(&dependency.name).filter(|root| **root != package.root).cloned();
            }
        }
    }
}

/// Dependencies found in one TOML manifest.
struct Found<'a> {
    folder: &'a str,
    manifest: &'a Arc<str>,
    dependencies: Vec<Dependency>,
}

impl Found<'_> {
    /// A list of PEP 508 strings.
    fn requirements(&mut self, list: Option<&Spanned<DeValue<'_>>>, dev: bool) {
        for (text, span) in list.map(strings).unwrap_or_default() {
            // The span holds the quotes.
            if let Some(mut found) = requirement(text, span.start as usize + 1, self.folder, self.manifest) {
                found.dev = dev;
                self.dependencies.push(found);
            }
        }
    }

    /// A table of names, as Poetry and Pipenv have it.
    fn poetry(&mut self, table: Option<&DeTable<'_>>, dev: bool) {
        for (name, value) in table.into_iter().flatten() {
            if name.get_ref() == "python" {
                continue;
            }
            let path = value.get_ref().as_table().and_then(|table| string_at(table, &["path"])).and_then(|path| resolve(self.folder, path));
            let plain = dependency(normalise(name.get_ref()), self.manifest, span_of(name));
            self.dependencies.push(Dependency { dev, path, ..plain });
        }
    }
}

fn entries<'a, 't>(table: &'a DeTable<'t>, keys: &[&str]) -> Vec<(&'a str, &'a Spanned<DeValue<'t>>)> {
    table_at(table, keys).into_iter().flatten().map(|(key, value)| (&**key.get_ref(), value)).collect()
}

fn add_root(package: &mut Package, declared: &str) {
    if let Some(root) = resolve(&package.root, declared)
        && !package.source_roots.contains(&root)
    {
        package.source_roots.push(root);
    }
}

fn add_requirements(package: &mut Package, lines: &[(usize, &str)], folder: &str, manifest: &Arc<str>, dev: bool) {
    for (start, line) in lines {
        if let Some(mut found) = requirement_line(line, *start, folder, manifest) {
            found.dev = dev;
            package.dependencies.push(found);
        }
    }
}

/// One line of a requirements file; `start` is the line's offset.
fn requirement_line(line: &str, start: usize, folder: &str, manifest: &Arc<str>) -> Option<Dependency> {
    let code = line.split(" #").next()?;
    let trimmed = code.trim();
    if trimmed.is_empty() || trimmed.starts_with('#') {
        return None;
    }
    let editable = trimmed.strip_prefix("-e").or_else(|| trimmed.strip_prefix("--editable"));
    let text = match editable {
        Some(rest) => rest.trim_start_matches('=').trim(),
        None if trimmed.starts_with('-') => return None,
        None => trimmed,
    };
    let at = line.find(text)?;
    requirement(text, start + at, folder, manifest)
}

/// One PEP 508 requirement, URL or path at byte `start` of its manifest.
fn requirement(text: &str, start: usize, folder: &str, manifest: &Arc<str>) -> Option<Dependency> {
    let text = text.trim_end_matches('\\').trim();
    let span = |length: usize| Span::new(start, start + length);
    let location = text.strip_prefix("file:").or_else(|| (text.starts_with('.') || text.starts_with("/")).then_some(text));
    if let Some(location) = location {
        let location = location.split(['#', ';', '[']).next()?.trim();
        let path = resolve(folder, location)?;
        let name = normalise(if path.is_empty() { "." } else { file_name(&path) });
        return Some(Dependency { path: Some(path), ..dependency(name, manifest, span(text.len())) });
    }
    if text.contains("://") && !text.contains('@') || text.starts_with("git+") || text.starts_with("http") {
        let name = match text.split_once("egg=") {
            Some((_, egg)) => egg.split(['&', '[']).next()?,
            None => {
                let url = text.split(['#', ';']).next()?;
                let last = url.trim_end_matches('/').rsplit('/').next()?;
                last.split('@').next()?.trim_end_matches(".git")
            }
        };
        return (!name.is_empty()).then(|| dependency(normalise(name), manifest, span(text.len())));
    }
    let length = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))).unwrap_or(text.len());
    let name = text[..length].trim_end_matches(['.', '-']);
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let local = text[length..].split_once('@').and_then(|(_, url)| resolve(folder, url.trim().strip_prefix("file:")?));
    Some(Dependency { path: local, ..dependency(normalise(name), manifest, span(name.len())) })
}

/// PEP 503: lower case, runs of `-`, `_`, `.` are one `-`.
fn normalise(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' => {
                if !out.ends_with('-') {
                    out.push('-');
                }
            }
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

fn is_dev_group(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.split(['-', '_', '.']).any(|word| DEV_WORDS.contains(&word))
}

/// Section, key, and the lines of the value with their offsets.
type IniEntry<'t> = (String, String, Vec<(usize, &'t str)>);

/// The entries of an INI file, in order.
fn ini(text: &str) -> Vec<IniEntry<'_>> {
    let mut out: Vec<IniEntry<'_>> = Vec::new();
    let mut section = String::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let offset = start + (line.len() - line.trim_start().len());
        start += line.len();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, _, lines)) = out.last_mut() {
                lines.push((offset, trimmed));
            }
        } else if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.trim().to_string();
        } else if let Some((key, value)) = trimmed.split_once(['=', ':']) {
            let value = value.trim();
            let lines = if value.is_empty() { Vec::new() } else { vec![(offset + trimmed.len() - value.len(), value)] };
            out.push((section.clone(), key.trim().to_string(), lines));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{dependency_names, from_files};

    #[test]
    fn requirements_files() {
        let found = from_files(&[
            (
                "requirements.txt",
                "Flask==2.0  # web\nSQLAlchemy[asyncio] >=2 ; python_version > '3'\n-r base.txt\n--hash=x\n\n-e ./libs/Core_Lib\ngit+https://x.y/z/tool.git@main\nuvloop @ https://x.y/a.whl\n",
            ),
            ("requirements/dev.txt", "pytest\n"),
            ("docs/readme.txt", "not this\n"),
        ]);
        assert_eq!(found.packages.len(), 1);
        assert_eq!(found.packages[0].root, "");
        assert_eq!(
            dependency_names(&found.packages[0]),
            ["flask", "sqlalchemy", "core-lib at libs/Core_Lib", "tool", "uvloop", "pytest dev"]
        );
        let text = "Flask==2.0  # web";
        assert_eq!(&text[found.packages[0].dependencies[0].span.range()], "Flask");
    }

    #[test]
    fn pyproject_of_every_build_back_end() {
        let found = from_files(&[(
            "api/pyproject.toml",
            r#"
[project]
name = "Shop_API"
dependencies = ["fastapi[standard]>=0.110", "asyncpg"]
[project.optional-dependencies]
redis = ["redis"]
test = ["pytest"]
[dependency-groups]
dev = ["ruff", {include-group = "lint"}]
[tool.poetry.dependencies]
python = "^3.12"
"zope.interface" = "*"
shared = { path = "../shared", develop = true }
[tool.poetry.group.dev.dependencies]
mypy = "*"
[tool.setuptools.package-dir]
"" = "src"
[tool.hatch.build.targets.wheel]
packages = ["lib/shop"]
[tool.pytest.ini_options]
pythonpath = ["."]
"#,
        )]);
        let package = &found.packages[0];
        assert_eq!((package.root.as_str(), package.name.as_deref()), ("api", Some("Shop_API")));
        assert_eq!(
            dependency_names(package),
            ["fastapi", "asyncpg", "redis", "pytest dev", "ruff dev", "zope-interface", "shared at shared", "mypy dev"]
        );
        assert_eq!(package.source_roots, ["api/src", "api", "api/lib"]);
    }

    #[test]
    fn setup_files_and_pipfile() {
        let found = from_files(&[
            (
                "a/setup.cfg",
                "[metadata]\nname = alpha\n[options]\npackage_dir =\n    = src\ninstall_requires =\n    Django>=4\n    psycopg2-binary\n[options.extras_require]\ntest = pytest\n[flake8]\nmax = 1\n",
            ),
            ("b/setup.cfg", "[flake8]\nmax-line-length = 100\n"),
            (
                "c/setup.py",
                "from setuptools import *\nsetup(name='gamma', packages=find_packages('src'), install_requires=[\n  'requests>=2',\n  \"Celery\",\n])\n",
            ),
            ("c/handlers/setup.py", "def setup(request):\n    return render('setup.html', name='shop')\n"),
            ("d/Pipfile", "[packages]\nflask = \"*\"\n[dev-packages]\nblack = \"*\"\n"),
        ]);
        let shown: Vec<_> = found
            .packages
            .iter()
            .map(|package| (package.root.as_str(), dependency_names(package).join(", "), package.source_roots.join(",")))
            .collect();
        assert_eq!(
            shown,
            [
                ("a", "django, psycopg2-binary, pytest dev".to_string(), "a/src".to_string()),
                ("c", "requests, celery".to_string(), "c/src".to_string()),
                ("d", "flask, black dev".to_string(), String::new()),
            ]
        );
    }

    #[test]
    fn uv_workspaces_find_their_members() {
        let found = from_files(&[
            (
                "pyproject.toml",
                "[project]\nname = \"root\"\ndependencies = [\"core\"]\n[tool.uv.workspace]\nmembers = [\"packages/*\"]\nexclude = [\"packages/old\"]\n[tool.uv.sources]\ncore = { workspace = true }\n",
            ),
            ("packages/core/pyproject.toml", "[project]\nname = \"core\"\n"),
            ("packages/old/pyproject.toml", "[project]\nname = \"old\"\n"),
        ]);
        assert_eq!(found.packages[0].workspaces, ["packages/core"]);
        assert_eq!(dependency_names(&found.packages[0]), ["core at packages/core"]);
    }

    #[test]
    fn a_broken_manifest_is_a_problem_and_yields_what_it_can() {
        let found = from_files(&[("pyproject.toml", "[project]\nname = \"x\"\ndependencies = [\"flask\"]\nbroken = = 1\n")]);
        assert_eq!(found.packages[0].name.as_deref(), Some("x"));
        assert_eq!(found.problems.len(), 1);
        assert!(found.problems[0].message.starts_with("not valid TOML"), "{}", found.problems[0].message);
    }
}
