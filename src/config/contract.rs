//! The globs of parts: which files belong to which part.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

use crate::model::contract::{Part, PartForm};

/// The globs whose files make up a part; none for outside packages.
pub fn part_globs(form: &PartForm) -> Vec<String> {
    match form {
        PartForm::Paths(globs) => globs.iter().map(|glob| glob.value.clone()).collect(),
        PartForm::Each { pattern, .. } => {
            let (before, rest) = pattern.value.split_once('{').unwrap_or((&pattern.value, "}"));
            let after = rest.split_once('}').map_or("", |(_, after)| after);
            vec![format!("{before}*{after}/**")]
        }
        PartForm::Packages(_) => Vec::new(),
    }
}

/// A glob over paths: `*` stays inside a folder, `**` does not; without any wildcard, the file or everything in the folder.
pub fn glob(text: &str) -> Result<Glob, globset::Error> {
    let text = text.strip_suffix('/').unwrap_or(text);
    let is_plain = !text.contains(['*', '?', '[', '{']);
    let pattern = if is_plain { format!("{text}{{,/**}}") } else { text.to_string() };
    GlobBuilder::new(&pattern).literal_separator(true).empty_alternates(true).build()
}

/// The globs of all parts: which parts a path belongs to.
pub struct PartGlobs {
    set: GlobSet,
    /// Parallel to the set: index of the part, and how much of the glob is plain text.
    owners: Vec<(usize, usize)>,
}

impl PartGlobs {
    /// The globs of `parts`. What is no valid glob is left out: loading told the user of it.
    pub fn of(parts: &[Part]) -> PartGlobs {
        let mut set = GlobSetBuilder::new();
        let mut owners = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            for text in part_globs(&part.form) {
                if let Ok(glob) = glob(&text) {
                    set.add(glob);
                    owners.push((at, text.chars().filter(|c| !matches!(c, '*' | '?' | '{' | '}')).count()));
                }
            }
        }
        PartGlobs { set: set.build().unwrap_or_else(|_| GlobSet::empty()), owners }
    }

    /// The parts (as indices) that a path belongs to, the one with the most exact glob first.
    pub fn parts(&self, path: &str) -> Vec<usize> {
        let mut found: Vec<(usize, usize)> = self.set.matches(path).into_iter().map(|at| self.owners[at]).collect();
        found.sort_by_key(|&(part, exactness)| (std::cmp::Reverse(exactness), part));
        let mut parts: Vec<usize> = Vec::new();
        for (part, _) in found {
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        parts
    }
}
