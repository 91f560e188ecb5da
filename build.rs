//! Lists the pages and knowledge files under `rules/` and the rule queries under `queries/` so that the binary carries them: `include_str!` needs literal names.
//! Gives the build a name that changes with every source file, grammar and rule: what one build has cached is nothing to another.
//!
//! It decides nothing about what stands in them; the rulebook's loader does, for built-in and user's files alike.

use std::error::Error;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    println!("cargo:rerun-if-changed=rules");
    println!("cargo:rerun-if-changed=queries");
    println!("cargo:rerun-if-changed=build.rs");
    for source in SOURCES {
        println!("cargo:rerun-if-changed={source}");
    }
    println!("cargo:rustc-env=ARCHCHECK_BUILD={}", build_name(&root)?);
    let mut files = Vec::new();
    collect(&root.join("rules"), &mut files)?;
    collect(&root.join("queries"), &mut files)?;
    files.sort();
    let mut code = String::from("&[\n");
    for file in &files {
        let name = file.strip_prefix(&root)?.to_string_lossy().replace('\\', "/");
        writeln!(code, "    ({name:?}, include_str!({:?})),", file.display().to_string())?;
    }
    code.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("rules.rs"), code)?;
    Ok(())
}

/// What the output of a run depends on besides its input.
const SOURCES: [&str; 5] = ["src", "rules", "queries", "Cargo.toml", "Cargo.lock"];

/// A hash of all sources, with the names of their files.
fn build_name(root: &Path) -> std::io::Result<String> {
    let mut files = Vec::new();
    for source in SOURCES {
        every_file(&root.join(source), &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    env::var("CARGO_PKG_VERSION").unwrap_or_default().hash(&mut hasher);
    for file in &files {
        file.strip_prefix(root).unwrap_or(file).hash(&mut hasher);
        fs::read(file)?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// Adds a file, or every file below a folder; a packaged crate may lack some.
fn every_file(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            every_file(&entry?.path(), files)?;
        }
    } else if path.is_file() {
        files.push(path.to_path_buf());
    }
    Ok(())
}

/// Adds every `.md`, `.toml` and `.scm` file below `folder`.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "md" || extension == "toml" || extension == "scm") {
            files.push(path);
        }
    }
    Ok(())
}
