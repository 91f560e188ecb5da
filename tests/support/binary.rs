//! The binary from the outside, on small projects, whatever the environment of the tests says.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// What the environment may say to the binary.
const HEARD: [&str; 11] = [
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "ARCHCHECK_FORMAT",
    "CI",
    "GITHUB_ACTIONS",
    "GITHUB_WORKSPACE",
    "CI_PROJECT_DIR",
    "ARCHCHECK_NO_CACHE",
    "ARCHCHECK_CACHE_DIR",
];

/// The files in a folder of their own.
pub fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// `archcheck` in `folder`, before it starts.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_archcheck"));
    for name in HEARD {
        command.env_remove(name);
    }
    command.current_dir(folder).args(arguments);
    command
}

/// Runs it.
pub fn archcheck(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().expect("the binary runs")
}
