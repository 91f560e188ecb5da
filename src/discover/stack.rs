//! The technology stack of each package: manifests first, imports second, then `stack/stack.yaml`, which wins where it contradicts a guess.
//!
//! Which library is what is data, `rules/stack.toml`. A library the table does not know is not mentioned.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use crate::model::facts::FileFacts;
use crate::model::project::{Package, Project};
use crate::model::source::Family;
use crate::model::stack::{PackageStack, StackEvidence, StackItem, StackKind};

/// How often each outside name is imported, per package: the top-level module (Python), the package (Node), the crate (Rust).
pub type ImportCounts = Vec<BTreeMap<(Family, String), u32>>;

/// Counts the imports of all files. `facts` runs parallel to `project.files`.
pub fn count_imports(project: &Project, facts: &[Arc<FileFacts>]) -> ImportCounts {
    let mut counts: ImportCounts = vec![BTreeMap::new(); project.packages.len()];
    for (file, facts) in project.files.iter().zip(facts) {
        let Some(package) = project.package_of(&file.path) else { continue };
        let family = file.language.family();
        for import in facts.imports.iter().filter(|import| import.level == 0) {
            if let Some(name) = outside_name(family, facts.text(import.specifier)) {
                *counts[package].entry((family, name.to_string())).or_default() += 1;
            }
        }
    }
    counts
}

/// The stack of every package that holds code or declares a known library.
pub fn stack(project: &Project, imports: &ImportCounts) -> Vec<PackageStack> {
    let mut files: Vec<BTreeMap<Family, u32>> = vec![BTreeMap::new(); project.packages.len()];
    for file in &project.files {
        if let Some(package) = project.package_of(&file.path) {
            *files[package].entry(file.language.family()).or_default() += 1;
        }
    }
    let mut found = Vec::new();
    for (at, package) in project.packages.iter().enumerate() {
        let mut languages: Vec<(Family, u32)> = std::mem::take(&mut files[at]).into_iter().collect();
        languages.sort_by_key(|&(family, count)| (std::cmp::Reverse(count), family));
        let mut items = BTreeMap::new();
        from_manifests(package, &mut items);
        from_imports(imports.get(at), &mut items);
        from_declaration(project, &languages, &mut items);
        if !languages.is_empty() || !items.is_empty() {
            let items =
                items.into_iter().map(|((kind, name), evidence)| StackItem { kind, name, evidence: evidence.into_iter().collect() });
            found.push(PackageStack { root: package.root.clone(), name: package.name.clone(), languages, items: items.collect() });
        }
    }
    found
}

/// The string values of `stack/stack.yaml`.
pub(super) fn declared(text: &str) -> Result<BTreeMap<String, String>, String> {
    let options = serde_saphyr::options! { strict_booleans: true };
    let value: serde_json::Value = serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| format!("not valid YAML: {}", error.to_string().lines().next().unwrap_or_default()))?;
    let entries = value.as_object().into_iter().flatten();
    Ok(entries.filter_map(|(key, value)| Some((key.to_lowercase(), value.as_str()?.to_string()))).collect())
}

type Items = BTreeMap<(StackKind, String), BTreeSet<StackEvidence>>;

fn from_manifests(package: &Package, items: &mut Items) {
    for dependency in &package.dependencies {
        let family = match &*dependency.manifest {
            path if path.ends_with("package.json") => Family::TypeScript,
            path if path.ends_with("Cargo.toml") => Family::Rust,
            _ => Family::Python,
        };
        let name = dependency.package.as_ref().unwrap_or(&dependency.name);
        for (kind, shown) in known(family, name) {
            let evidence =
                StackEvidence::Manifest { path: dependency.manifest.clone(), dependency: dependency.name.clone(), span: dependency.span };
            items.entry((kind, shown.to_string())).or_default().insert(evidence);
        }
    }
}

fn from_imports(counts: Option<&BTreeMap<(Family, String), u32>>, items: &mut Items) {
    for ((family, name), &count) in counts.into_iter().flatten() {
        for (kind, shown) in known(*family, name) {
            items.entry((kind, shown.to_string())).or_default().insert(StackEvidence::Imports { name: name.clone(), count });
        }
    }
}

/// What `stack/stack.yaml` declares replaces guesses of its kind in the packages that speak its language.
fn from_declaration(project: &Project, languages: &[(Family, u32)], items: &mut Items) {
    let Some(family) = project.stack.get("language").and_then(|name| family_named(name)).or_else(|| languages.first().map(|first| first.0))
    else {
        return;
    };
    if !languages.iter().any(|&(own, _)| own == family) {
        return;
    }
    for kind in [StackKind::Framework, StackKind::Orm] {
        let Some(name) = project.stack.get(kind.name()) else { continue };
        let shown = known(family, name).find(|(known, _)| *known == kind).map_or(name.as_str(), |(_, shown)| shown);
        let key = (kind, shown.to_string());
        if !items.contains_key(&key) {
            items.retain(|(other, _), _| *other != kind);
        }
        items.entry(key).or_default().insert(StackEvidence::Declared { path: Arc::from("stack/stack.yaml") });
    }
}

fn family_named(name: &str) -> Option<Family> {
    match name.to_lowercase().as_str() {
        "python" | "py" => Some(Family::Python),
        "typescript" | "javascript" | "ts" | "js" | "node" | "nodejs" | "node.js" => Some(Family::TypeScript),
        "rust" => Some(Family::Rust),
        _ => None,
    }
}

/// The outside package a specifier names, or `None` for one inside the project.
fn outside_name(family: Family, specifier: &str) -> Option<&str> {
    let name = match family {
        Family::Python => specifier.split('.').next()?,
        Family::TypeScript if specifier.starts_with(['.', '/', '#']) => return None,
        Family::TypeScript if specifier.starts_with('@') => {
            let slash = specifier.find('/')?;
            let end = specifier[slash + 1..].find('/').map_or(specifier.len(), |at| slash + 1 + at);
            &specifier[..end]
        }
        Family::TypeScript => specifier.split('/').next()?,
        Family::Rust => match specifier.trim_start_matches("::").split("::").next()? {
            "crate" | "self" | "super" => return None,
            name => name,
        },
    };
    (!name.is_empty()).then_some(name)
}

/// What the table says of a library.
fn known(family: Family, name: &str) -> impl Iterator<Item = (StackKind, &'static str)> {
    let rows = TABLE.get(&(family, normalise(family, name))).map_or(&[][..], Vec::as_slice);
    rows.iter().map(|(kind, shown)| (*kind, shown.as_str()))
}

fn normalise(family: Family, name: &str) -> String {
    match family {
        Family::Python => name.to_lowercase().replace(['_', '.'], "-"),
        Family::TypeScript => name.to_lowercase(),
        Family::Rust => name.to_lowercase().replace('-', "_"),
    }
}

type Table = BTreeMap<(Family, String), Vec<(StackKind, String)>>;

static TABLE: LazyLock<Table> = LazyLock::new(|| table(include_str!("../../rules/stack.toml")));

/// The table by name. It is built in, so what is wrong in it is found by the tests.
fn table(text: &str) -> Table {
    let parsed: BTreeMap<String, BTreeMap<String, BTreeMap<String, Vec<String>>>> = toml::from_str(text).unwrap_or_default();
    let mut table = Table::new();
    for (language, kinds) in parsed {
        let Some(family) = family_named(&language) else { continue };
        for kind in StackKind::ALL {
            for (shown, names) in kinds.get(kind.name()).into_iter().flatten() {
                for name in names {
                    table.entry((family, normalise(family, name))).or_default().push((kind, shown.clone()));
                }
            }
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::project::Dependency;
    use crate::model::source::{Language, SourceFile, Span};

    fn project(dependencies: &[(&str, &str)]) -> Project {
        let dependencies = dependencies.iter().map(|(manifest, name)| Dependency {
            name: name.to_string(),
            package: None,
            dev: false,
            path: None,
            manifest: Arc::from(*manifest),
            span: Span::default(),
        });
        let file = SourceFile { path: "app.py".into(), language: Language::Python, bytes: 1 };
        Project {
            files: vec![file],
            packages: vec![Package { dependencies: dependencies.collect(), ..Package::default() }],
            ..Project::default()
        }
    }

    fn shown(stack: &[PackageStack]) -> Vec<String> {
        stack
            .iter()
            .flat_map(|package| &package.items)
            .map(|item| format!("{} {} ({})", item.kind.name(), item.name, item.evidence.len()))
            .collect()
    }

    #[test]
    fn the_table_is_well_formed() {
        let text = include_str!("../../rules/stack.toml");
        let parsed: toml::Table = toml::from_str(text).expect("valid TOML");
        for (language, kinds) in &parsed {
            assert!(family_named(language).is_some(), "{language}");
            for (kind, rows) in kinds.as_table().expect("a table") {
                assert!(StackKind::ALL.iter().any(|known| known.name() == kind), "{language}.{kind}");
                assert!(rows.as_table().is_some_and(|rows| rows.values().all(|names| names.is_array())), "{language}.{kind}");
            }
        }
        assert!(TABLE.len() > 300, "{}", TABLE.len());
    }

    #[test]
    fn manifests_and_imports() {
        let project = project(&[("requirements.txt", "fastapi"), ("requirements.txt", "left-pad"), ("package.json", "@nestjs/common")]);
        let imports =
            vec![BTreeMap::from([((Family::Python, "fastapi".to_string()), 7), ((Family::Python, "rest_framework".to_string()), 1)])];
        assert_eq!(
            shown(&stack(&project, &imports)),
            ["framework Django REST framework (1)", "framework FastAPI (2)", "framework NestJS (1)"]
        );
    }

    #[test]
    fn the_declaration_wins_over_a_guess() {
        let mut project = project(&[("requirements.txt", "flask"), ("requirements.txt", "sqlalchemy")]);
        project.stack = declared("language: Python\nframework: quart\norm: SQLAlchemy\n").expect("valid YAML");
        assert_eq!(shown(&stack(&project, &vec![])), ["framework Quart (1)", "orm SQLAlchemy (2)"]);
    }

    #[test]
    fn names_of_outside_packages() {
        assert_eq!(outside_name(Family::Python, "sqlalchemy.orm"), Some("sqlalchemy"));
        assert_eq!(outside_name(Family::TypeScript, "@nestjs/common/x"), Some("@nestjs/common"));
        assert_eq!(outside_name(Family::TypeScript, "./x"), None);
        assert_eq!(outside_name(Family::Rust, "crate::db"), None);
        assert_eq!(outside_name(Family::Rust, "axum::extract"), Some("axum"));
    }
}
