//! The user's own rules: the files below `.archcheck/`, read. What stands in them is the rulebook's to say.

use std::path::Path;
use std::sync::Arc;

use super::{ConfigError, files, unreadable};
use crate::model::source::Span;

/// The folder of own rules, in the root.
pub const FOLDER: &str = ".archcheck";
/// No page is longer than this.
const MAX_BYTES: u64 = 1 << 20;
/// How deep folders are looked into.
const MAX_DEPTH: u8 = 4;

/// Path (relative to the root, forward slashes) and text of a file of own rules.
pub type OwnFile = (String, Arc<str>);

/// Every page (`.archcheck/rules/**/*.md`) and query (`.archcheck/queries/<language>/*.scm`), pages first, sorted by path.
pub fn load(root: &Path) -> (Vec<OwnFile>, Vec<ConfigError>) {
    let (mut files, mut errors) = (Vec::new(), Vec::new());
    // Rules of another project are not this one's.
    let own = |folder: &str| files::is_below(root, &root.join(FOLDER).join(folder)).unwrap_or(false);
    for (folder, extension) in [("rules", "md"), ("queries", "scm")].into_iter().filter(|(folder, _)| own(folder)) {
        let mut found = Vec::new();
        collect(root, &format!("{FOLDER}/{folder}"), extension, 0, &mut found, &mut errors);
        found.sort();
        files.extend(found);
    }
    (files, errors)
}

fn collect(root: &Path, folder: &str, extension: &str, depth: u8, out: &mut Vec<OwnFile>, errors: &mut Vec<ConfigError>) {
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else { return };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = format!("{folder}/{name}");
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && depth < MAX_DEPTH {
            collect(root, &path, extension, depth + 1, out, errors);
        } else if kind.is_file() && name.strip_suffix(extension).is_some_and(|stem| stem.ends_with('.')) {
            let large = entry.metadata().is_ok_and(|metadata| metadata.len() > MAX_BYTES);
            match files::read(root, &root.join(&path)) {
                _ if large => errors.push(at_line(&path, "", None, format!("`{path}` is too large for a rule"), None)),
                Ok(text) => out.push((path, Arc::from(text))),
                Err(error) => errors.push(unreadable(&path, &error)),
            }
        }
    }
}

/// A mistake on a one-based line of such a file.
pub fn at_line(path: &str, text: &str, line: Option<u32>, message: String, help: Option<String>) -> ConfigError {
    let span = line.and_then(|line| {
        let mut lines = text.split_inclusive('\n');
        let start: usize = lines.by_ref().take(line.saturating_sub(1) as usize).map(str::len).sum();
        let content = lines.next().unwrap_or_default();
        let indent = content.len() - content.trim_start().len();
        (!text.is_empty()).then(|| Span::new((start + indent).min(text.len()), start + content.trim_end().len().max(indent)))
    });
    ConfigError { path: path.into(), text: text.into(), span, message, label: "here".to_string(), help }
}
