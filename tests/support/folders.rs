//! Small projects in one text file each, written to a temporary folder.

use std::fs;

use tempfile::TempDir;

/// The files of one project: `--- path` begins each, `--- path -> target` is a symbolic link. Lines before the first one say what it shows.
pub fn fixture_files(text: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("--- "), files.last_mut()) {
            (Some(path), _) => files.push((path.trim().to_string(), String::new())),
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    files
}

/// Writes them; links only where the system has them.
pub fn written(files: &[(String, String)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let (path, link) = path.split_once(" -> ").map_or((path.as_str(), None), |(path, link)| (path, Some(link)));
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match link {
            #[cfg(unix)]
            Some(link) => std::os::unix::fs::symlink(link, path).unwrap(),
            #[cfg(not(unix))]
            Some(_) => {}
            None => fs::write(path, text).unwrap(),
        }
    }
    folder
}
