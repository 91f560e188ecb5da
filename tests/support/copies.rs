//! Examples to change.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

/// An example in a folder of its own, and its source files.
pub fn copied(example: &str) -> (TempDir, Vec<String>) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
    let folder = tempfile::tempdir().unwrap();
    let (mut open, mut sources) = (vec![from.clone()], Vec::new());
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            let below = path.strip_prefix(&from).unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                open.push(path);
            } else {
                let text = fs::read(&path).unwrap();
                fs::create_dir_all(folder.path().join(&below).parent().unwrap()).unwrap();
                fs::write(folder.path().join(&below), text).unwrap();
                sources.extend(["py", "ts", "tsx", "rs"].iter().any(|own| path.extension().is_some_and(|it| it == *own)).then_some(below));
            }
        }
    }
    sources.sort();
    (folder, sources)
}
