//! What a rule's page shows to work: the languages of its examples, and the frameworks that they import.

use crate::model::knowledge::{Framework, FrameworkKind};
use crate::model::rule::{ExampleFile, Rule};
use crate::model::source::{Family, Language};

/// The languages in which a page has examples, in the order of [`Family`].
pub fn languages(rule: &Rule) -> Vec<Family> {
    let mut found: Vec<Family> = files(rule).filter_map(|file| Some(Language::of_path(&file.path)?.family())).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The frameworks and libraries that a page's examples import, by name, sorted. Files about many libraries at once (how to log, how to hash
/// passwords) name none in particular.
pub fn frameworks<'a>(rule: &Rule, known: &'a [Framework]) -> Vec<&'a str> {
    let files: Vec<ExampleFile> = files(rule).collect();
    let imports = |framework: &Framework| {
        files.iter().any(|file| {
            let family = Language::of_path(&file.path).map(Language::family);
            family == Some(framework.family) && framework.packages.iter().any(|package| imports(&file.text, framework.family, package))
        })
    };
    let mut found: Vec<&str> =
        known.iter().filter(|framework| is_one(framework) && imports(framework)).map(|framework| &*framework.name).collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn is_one(framework: &Framework) -> bool {
    !matches!(framework.kind, FrameworkKind::Auth | FrameworkKind::Logging | FrameworkKind::Language | FrameworkKind::Other)
}

fn files(rule: &Rule) -> impl Iterator<Item = ExampleFile> {
    rule.examples().into_iter().flat_map(|example| example.files)
}

/// Examples are written plainly: an import stands on a line of its own.
fn imports(text: &str, family: Family, package: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start();
        match family {
            Family::Python => {
                let module = line.strip_prefix("from ").or_else(|| line.strip_prefix("import "));
                module
                    .and_then(|module| module.strip_prefix(package))
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '.', ',']))
            }
            Family::TypeScript => ['\'', '"'].iter().any(|quote| {
                let loads = line.starts_with("import") || line.contains("require(") || line.starts_with("export");
                loads && (line.contains(&format!("{quote}{package}{quote}")) || line.contains(&format!("{quote}{package}/")))
            }),
            Family::Rust => {
                let name = package.replace('-', "_");
                line.match_indices(&format!("{name}::"))
                    .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_whole_names() {
        assert!(imports("from flask.views import View", Family::Python, "flask"));
        assert!(!imports("from flask_login import x", Family::Python, "flask"));
        assert!(imports("import x from 'express';", Family::TypeScript, "express"));
        assert!(!imports("import x from 'express-session';", Family::TypeScript, "express"));
        assert!(imports("    sqlx::query(x)", Family::Rust, "sqlx"));
        assert!(!imports("my_sqlx::query(x)", Family::Rust, "sqlx"));
    }
}
