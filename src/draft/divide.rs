//! Which folders and files are the parts of a program: the level of folders at which an order explains most imports.

use std::collections::{BTreeMap, BTreeSet};

use super::order::{self, MOST};
use super::{Code, Order};
use crate::model::contract::{Ambient, STANDARD};
use crate::model::role::Role;
use crate::model::source::FileId;

/// How many levels of folders are looked at, from the first that divides anything.
const LEVELS: usize = 7;

/// Files that only put others together have no layer.
const ROOTS: [&str; 14] = [
    "__init__.py",
    "__main__.py",
    "main.py",
    "manage.py",
    "setup.py",
    "conftest.py",
    "index.ts",
    "index.js",
    "main.ts",
    "main.js",
    "lib.rs",
    "main.rs",
    "mod.rs",
    "build.rs",
];

/// The names that are taken.
#[derive(Default)]
pub(super) struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// A name for a folder or file: its own, as far as that is a word of the language and means nothing else.
    pub(super) fn of(&mut self, folder: &str, stem: &str) -> String {
        let word: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect();
        let word = word.trim_matches('-').to_string();
        let means_other = Role::from_name(&word).is_some() || Ambient::from_name(&word).is_some() || word == STANDARD;
        let word = match word.as_str() {
            "" => "part".to_string(),
            _ if means_other => format!("{word}-code"),
            _ => word,
        };
        let above = folder.rsplit('/').find(|part| !matches!(*part, "" | "src" | "app" | "lib"));
        let candidates =
            [Some(word.clone()), above.map(|above| format!("{}-{word}", above.replace(|c: char| !c.is_ascii_alphanumeric(), "-")))];
        let numbered = (2..).map(|number| format!("{word}-{number}"));
        let free = candidates.into_iter().flatten().chain(numbered).find(|name| !self.taken.contains(name)).unwrap_or(word);
        self.taken.insert(free.clone());
        free
    }
}

/// A division with its order.
pub(super) struct Division {
    pub(super) parts: Vec<(String, String)>,
    pub(super) order: Order,
}

/// One part: the name it is called after, its globs, its files.
struct Part {
    stem: String,
    globs: Vec<String>,
    files: Vec<FileId>,
}

/// The division of some files that explains most imports; `None` where there is none.
pub(super) fn best(code: &Code, files: &[FileId], names: &mut Names) -> Option<Division> {
    let mut best: Option<(usize, String, Vec<Part>, order::Ordered)> = None;
    for folder in levels(code, files) {
        let mut parts = parts(code, files, &folder);
        let all = weights(code, &parts);
        keep_the_most_tied(&mut parts, &all);
        let weights = weights(code, &parts);
        let Some(ordered) = order::order(&weights) else { continue };
        let steps = ordered.layers.len();
        // What goes against an order counts double: an order that explains more, but worse, is none.
        let score = (ordered.imports).saturating_sub(3 * ordered.against) * steps.min(4);
        if steps > 1 && score > best.as_ref().map_or(0, |(known, ..)| *known) {
            best = Some((score, folder, parts, ordered));
        }
    }
    let (_, folder, parts, ordered) = best?;
    let used: Vec<usize> = ordered.layers.iter().flatten().flatten().copied().collect();
    let mut word_of: Vec<String> = vec![String::new(); parts.len()];
    let mut written = Vec::new();
    for (at, part) in parts.iter().enumerate().filter(|(at, _)| used.contains(at)) {
        word_of[at] = names.of(&folder, &part.stem);
        let globs: Vec<String> = part.globs.iter().map(|glob| format!("\"{glob}\"")).collect();
        let value = match globs.as_slice() {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        written.push((word_of[at].clone(), value));
    }
    let label = folder.rsplit('/').find(|part| !part.is_empty()).unwrap_or("code");
    let name = names.of("", &format!("{label}-layers"));
    let order = Order {
        name,
        text: order::text(&ordered.layers, &word_of),
        folder: folder.trim_end_matches('/').to_string(),
        imports: ordered.imports,
        against: ordered.against,
    };
    Some(Division { parts: written, order })
}

/// The folders that may be divided: from the one that holds all files down, each time into the child with the most files. They end with a slash, or are empty.
fn levels(code: &Code, files: &[FileId]) -> Vec<String> {
    let mut found = Vec::new();
    let mut folder = String::new();
    while found.len() < LEVELS {
        let mut children: BTreeMap<&str, usize> = BTreeMap::new();
        for path in files.iter().filter_map(|file| code.path(*file).strip_prefix(folder.as_str())) {
            if let Some((child, _)) = path.split_once('/') {
                *children.entry(child).or_default() += 1;
            }
        }
        found.push(folder.clone());
        let Some((child, count)) = children.into_iter().max_by_key(|(name, count)| (*count, std::cmp::Reverse(*name))) else { break };
        if count < 3 {
            break;
        }
        folder = format!("{folder}{child}/");
    }
    found
}

/// The children of a folder: its folders, and its files but for those that only put others together. A file and a folder of one name are one part.
fn parts(code: &Code, files: &[FileId], folder: &str) -> Vec<Part> {
    let mut parts: BTreeMap<String, Part> = BTreeMap::new();
    for &file in files {
        let Some(rest) = code.path(file).strip_prefix(folder) else { continue };
        let (stem, glob) = match rest.split_once('/') {
            Some((child, _)) => (child.to_string(), format!("{folder}{child}/**")),
            None if ROOTS.contains(&rest) => continue,
            None => (rest.split('.').next().unwrap_or(rest).to_string(), format!("{folder}{rest}")),
        };
        let part = parts.entry(stem.clone()).or_insert_with(|| Part { stem, globs: Vec::new(), files: Vec::new() });
        part.files.push(file);
        let is_plain = !glob.trim_end_matches("/**").contains(['*', '?', '[', '{', '"', '\\']);
        if is_plain && !part.globs.contains(&glob) {
            part.globs.push(glob);
        }
    }
    parts.into_values().filter(|part| !part.globs.is_empty()).collect()
}

/// The parts with the most imports to and from others, as many as can be ordered.
fn keep_the_most_tied(parts: &mut Vec<Part>, weights: &[Vec<usize>]) {
    if parts.len() <= MOST {
        return;
    }
    let tie = |at: usize| -> usize { weights[at].iter().sum::<usize>() + weights.iter().map(|row| row[at]).sum::<usize>() };
    let mut ties: Vec<(usize, usize)> = (0..parts.len()).map(|at| (tie(at), at)).collect();
    ties.sort_by_key(|(tie, at)| (std::cmp::Reverse(*tie), *at));
    let kept: Vec<usize> = ties.into_iter().take(MOST).map(|(_, at)| at).collect();
    let mut at = 0;
    parts.retain(|_| {
        at += 1;
        kept.contains(&(at - 1))
    });
}

/// The imports between parts.
fn weights(code: &Code, parts: &[Part]) -> Vec<Vec<usize>> {
    let mut part_of: BTreeMap<FileId, usize> = BTreeMap::new();
    for (at, part) in parts.iter().enumerate() {
        part_of.extend(part.files.iter().map(|file| (*file, at)));
    }
    let mut weights = vec![vec![0; parts.len()]; parts.len()];
    for ((from, to), count) in &code.imports {
        if let (Some(&from), Some(&to)) = (part_of.get(from), part_of.get(to))
            && from != to
        {
            weights[from][to] += count;
        }
    }
    weights
}
