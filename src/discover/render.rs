//! A project as text: what `archcheck dump project` prints. For people; nothing parses it.

use std::fmt::Write;

use crate::model::project::{Package, Project};

/// Packages, then files, then what was left out and why.
pub fn render(project: &Project) -> String {
    let mut out = String::new();
    for package in &project.packages {
        render_package(package, &mut out);
    }
    for file in &project.files {
        let _ = writeln!(out, "file {} {:?} {}", file.path, file.language, file.bytes);
    }
    for text in &project.texts {
        let _ = writeln!(out, "text {} {}", text.path, text.bytes);
    }
    for (reason, paths) in &project.skipped {
        for path in paths {
            let _ = writeln!(out, "left out {path}: {}", reason.name());
        }
    }
    for (key, value) in &project.stack {
        let _ = writeln!(out, "stack {key} {value}");
    }
    for problem in &project.problems {
        let _ = writeln!(out, "problem {}: {}", problem.path, problem.message);
    }
    out
}

fn render_package(package: &Package, out: &mut String) {
    let root = if package.root.is_empty() { "." } else { &package.root };
    let families: Vec<&str> = package.families.iter().map(|family| family.name()).collect();
    let _ = writeln!(out, "package {root} {} [{}]", package.name.as_deref().unwrap_or("-"), families.join(" "));
    let _ = writeln!(out, "  manifests {}", package.manifests.join(" "));
    if !package.source_roots.is_empty() {
        let roots: Vec<&str> = package.source_roots.iter().map(|root| if root.is_empty() { "." } else { root }).collect();
        let _ = writeln!(out, "  import roots {}", roots.join(" "));
    }
    if let Some(name) = &package.crate_name {
        let _ = writeln!(out, "  crate {name} edition {}", package.edition.as_deref().unwrap_or("2015"));
    }
    for target in &package.targets {
        let _ = writeln!(out, "  target {} {} {}", target.kind, target.name, target.path);
    }
    for member in &package.workspaces {
        let _ = writeln!(out, "  member {member}");
    }
    for dependency in &package.dependencies {
        let dev = if dependency.dev { " dev" } else { "" };
        let package = dependency.package.as_ref().map(|package| format!(" = {package}")).unwrap_or_default();
        let path = dependency.path.as_ref().map(|path| format!(" at {path}")).unwrap_or_default();
        let _ = writeln!(out, "  needs {}{package}{path}{dev}", dependency.name);
    }
}
