//! Python: the folders from which absolute imports start.
//!
//! Declared folders come first, then `src`, then the package's own folder, then what the tree shows: the folder above each topmost regular
//! package (`backend/` above `backend/app/__init__.py`) and folders that hold an entry script (`manage.py`). Which of several roots an
//! import means is the linker's question; here stands only the order.

use std::collections::{BTreeMap, BTreeSet};

use super::walk::file_name;
use crate::model::project::{Package, Project};
use crate::model::source::Language;

/// Scripts that are started from their own folder, which puts it on the import path.
const ENTRY_SCRIPTS: &[&str] =
    &["manage.py", "wsgi.py", "asgi.py", "main.py", "app.py", "run.py", "server.py", "conftest.py", "alembic.ini"];

/// Fills `source_roots` of every package that holds Python.
pub(super) fn fill(project: &mut Project) {
    let mut folders: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    let mut regular: BTreeSet<&str> = BTreeSet::new();
    // Packages of which only a stub is here: their folder describes libraries (`typings/yaml/__init__.pyi`).
    let mut stubs: BTreeSet<&str> = BTreeSet::new();
    let mut scripts: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for file in project.files.iter().filter(|file| file.language == Language::Python) {
        let Some(package) = project.package_of(&file.path) else { continue };
        let folder = folder_of(&file.path);
        folders.entry(package).or_default().insert(folder);
        match file_name(&file.path) {
            "__init__.py" => {
                regular.insert(folder);
            }
            "__init__.pyi" => {
                stubs.insert(folder);
            }
            name if ENTRY_SCRIPTS.contains(&name) => {
                scripts.entry(package).or_default().insert(folder);
            }
            _ => {}
        }
    }
    stubs.retain(|folder| !regular.contains(folder));
    regular.extend(&stubs);
    let mut roots: Vec<(usize, Roots)> = Vec::new();
    for (&at, folders) in &folders {
        let scripts = scripts.get(&at).cloned().unwrap_or_default();
        let folders = folders.iter().copied().filter(|folder| !stubs.contains(folder)).collect();
        roots.push((at, of_package(&project.packages[at], &folders, &scripts, &regular)));
    }
    for (at, found) in roots {
        project.packages[at].source_roots = found.all;
        project.packages[at].script_roots = found.scripts;
    }
}

/// The roots of one package.
struct Roots {
    all: Vec<String>,
    /// Those that are only the folder of a script.
    scripts: Vec<String>,
}

fn of_package(package: &Package, folders: &BTreeSet<&str>, scripts: &BTreeSet<&str>, regular: &BTreeSet<&str>) -> Roots {
    let mut roots = package.source_roots.clone();
    let mut add = |root: &str| {
        if !roots.iter().any(|known| known == root) {
            roots.push(root.to_string());
        }
    };
    let src = if package.root.is_empty() { "src".to_string() } else { format!("{}/src", package.root) };
    let src_holds_python = folders.iter().any(|folder| *folder == src || folder.starts_with(&format!("{src}/")));
    if src_holds_python && !regular.contains(src.as_str()) {
        add(&src);
    }
    // A manifest inside a regular package (`app/requirements.txt` beside `app/__init__.py`) does not cut the package's name off.
    add(if regular.contains(package.root.as_str()) { above_packages(&package.root, regular) } else { &package.root });
    let mut inferred: BTreeSet<(usize, &str)> = BTreeSet::new();
    for folder in folders {
        if regular.contains(folder) {
            let above = above_packages(folder, regular);
            inferred.insert((above.matches('/').count(), above));
        }
    }
    let is_known = |folder: &str, roots: &[String]| roots.iter().any(|root| root == folder);
    let only_script = |folder: &str, roots: &[String]| {
        !regular.contains(folder) && !is_known(folder, roots) && !inferred.contains(&(folder.matches('/').count(), folder))
    };
    let alone: Vec<String> = scripts.iter().filter(|folder| only_script(folder, &roots)).map(|folder| folder.to_string()).collect();
    inferred.extend(alone.iter().map(|folder| (folder.matches('/').count(), folder.as_str())));
    for (_, root) in inferred {
        if !is_known(root, &roots) {
            roots.push(root.to_string());
        }
    }
    Roots { all: roots, scripts: alone }
}

/// The nearest folder above that is no regular package.
fn above_packages<'a>(folder: &'a str, regular: &BTreeSet<&str>) -> &'a str {
    let mut at = folder;
    while regular.contains(at) && !at.is_empty() {
        at = folder_of(at);
    }
    at
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::source::{Family, SourceFile};

    fn roots(package: Package, paths: &[&str]) -> Vec<String> {
        let files = paths.iter().map(|&path| SourceFile { path: path.into(), language: Language::Python, bytes: 1 }).collect();
        let mut project = Project { files, packages: vec![package], ..Project::default() };
        fill(&mut project);
        project.packages.remove(0).source_roots
    }

    #[test]
    fn flat_src_and_nested_layouts() {
        assert_eq!(roots(Package::default(), &["app/__init__.py", "app/db/__init__.py"]), [""]);
        assert_eq!(roots(Package::default(), &["src/shop/__init__.py", "tests/test_a.py"]), ["src", ""]);
        assert_eq!(roots(Package::default(), &["src/__init__.py", "src/a.py"]), [""]);
        assert_eq!(
            roots(Package::default(), &["backend/app/__init__.py", "backend/app/api/__init__.py", "site/manage.py"]),
            ["", "backend", "site"]
        );
        assert_eq!(roots(Package::default(), &["app/__init__.py", "typings/yaml/__init__.pyi"]), [""]);
        let inside = Package { root: "svc/app".into(), families: vec![Family::Python], ..Package::default() };
        assert_eq!(roots(inside, &["svc/app/__init__.py", "svc/app/db/__init__.py"]), ["svc"]);
    }
}
