//! Where a project begins: the folder that is analysed when somebody points at a part of it.

use std::path::{Path, PathBuf};

const CONFIGS: &[&str] = &["archcheck.toml", ".archcheck.toml"];
const PROJECT_MARKS: &[&str] = &[
    "archcheck.toml",
    ".archcheck.toml",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "Pipfile",
    "requirements.txt",
    "package.json",
    "Cargo.toml",
    ".git",
];

/// The nearest folder from here up, inside the same repository, that is configured; else this one.
pub fn configured(folder: &Path) -> PathBuf {
    for above in folder.ancestors() {
        if has_any(above, CONFIGS) {
            return above.to_path_buf();
        }
        if above.join(".git").exists() {
            break;
        }
    }
    folder.to_path_buf()
}

/// The nearest folder from here up that looks like a project; else this one.
pub fn of_project(folder: &Path) -> PathBuf {
    marked(folder).unwrap_or_else(|| folder.to_path_buf())
}

/// The nearest folder from here up that looks like a project.
pub fn marked(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|above| has_any(above, PROJECT_MARKS)).map(configured)
}

fn has_any(folder: &Path, names: &[&str]) -> bool {
    names.iter().any(|name| folder.join(name).exists())
}
