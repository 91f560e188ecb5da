//! Names that hint at roles (`rules/roles.toml`): the weakest evidence, used where neither configuration nor a framework nor the
//! code itself says what a file or class is.
//!
//! It looks at names only. What outweighs what is decided where all evidence comes together, by [`Strength`].

use rustc_hash::FxHashMap;
use serde::Deserialize;

use super::error::LoadError;
use crate::model::role::{Role, RoleEvidence, Strength};

/// The closed list of roles, a sentence each, and the names that hint at them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleNames {
    roles: Vec<RoleEntry>,
    migrations: Migrations,
    index: Index,
}

/// Where to look for a name of a file or folder: numbers of roles, and of the role's pattern or folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Index {
    /// What stands before and after the star of each role's patterns; whole names have no end.
    patterns: Vec<Vec<(String, Option<String>)>>,
    /// By whole file name.
    files: FxHashMap<String, Vec<usize>>,
    /// By the last of the folder names.
    folders: FxHashMap<String, Vec<(usize, usize)>>,
}

impl Index {
    fn of(roles: &[RoleEntry]) -> Index {
        let mut index = Index::default();
        for (at, entry) in roles.iter().enumerate() {
            let halves = |pattern: &String| match pattern.split_once('*') {
                Some((head, tail)) => (head.to_string(), Some(tail.to_string())),
                None => (pattern.clone(), None),
            };
            index.patterns.push(entry.file_patterns.iter().map(halves).collect());
            for file in &entry.files {
                index.files.entry(file.clone()).or_default().push(at);
            }
            for (number, name) in entry.folders.iter().enumerate() {
                let last = name.rsplit('/').next().unwrap_or(name);
                index.folders.entry(last.to_string()).or_default().push((at, number));
            }
        }
        index
    }

    /// The first of a role's patterns that fits a file's name.
    fn pattern(&self, role: usize, stem: &str) -> Option<usize> {
        let last = stem.as_bytes().last();
        self.patterns[role].iter().position(|(head, tail)| match tail {
            // The star stands for at least one character. Most endings differ in their last byte.
            Some(tail) => {
                stem.len() > head.len() + tail.len()
                    && (tail.is_empty() || tail.as_bytes().last() == last && stem.ends_with(tail.as_str()))
                    && stem.starts_with(head.as_str())
            }
            None => head == stem,
        })
    }

    /// The roles that files of this name have.
    fn roles_of_file(&self, stem: &str) -> &[usize] {
        self.files.get(stem).map_or(&[], Vec::as_slice)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RoleEntry {
    role: Role,
    sentence: String,
    /// Everything below such a folder has this role, whatever else its name says: `tests/services/x.py` is a test.
    #[serde(default)]
    ambient: bool,
    /// `UserService`: strength name.
    #[serde(default)]
    class_suffixes: Vec<String>,
    /// File names without extension with one `*`, `*.service`: strength name.
    #[serde(default)]
    file_patterns: Vec<String>,
    /// Whole file names without extension, `services`: strength folder.
    #[serde(default)]
    files: Vec<String>,
    /// Folder names, or several in a row (`alembic/versions`): strength folder.
    #[serde(default)]
    folders: Vec<String>,
    /// Names that a file of this role binds at its top (`down_revision`): strength content.
    #[serde(default)]
    variables: Vec<String>,
    /// A package that depends on one of these, and on nothing that serves requests or talks to a database, has this role.
    #[serde(default)]
    packages: Vec<String>,
    /// Dependencies that say otherwise: such a package also has code that runs on a server.
    #[serde(default)]
    unless_packages: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RolesFile {
    role: Vec<RoleEntry>,
    migrations: Migrations,
}

/// How a file that changes a schema is known. The lists are described in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Migrations {
    tools: Vec<String>,
    steps: Vec<String>,
}

/// Reads `rules/roles.toml`.
pub(super) fn parse(file: &str, text: &str) -> Result<RoleNames, Vec<LoadError>> {
    let parsed: RolesFile = toml::from_str(text).map_err(|error| vec![LoadError::of_toml(file, text, 0, &error)])?;
    let missing: Vec<LoadError> = Role::ALL
        .into_iter()
        .filter(|role| !parsed.role.iter().any(|entry| entry.role == *role))
        .map(|role| LoadError::at(file, 1, format!("role `{}` is not described", role.name())))
        .collect();
    if missing.is_empty() {
        Ok(RoleNames { index: Index::of(&parsed.role), roles: parsed.role, migrations: parsed.migrations })
    } else {
        Err(missing)
    }
}

/// What the folders of paths that were asked for hint at: the last of each role's folders, and how deep it lies.
pub type Folders<'n> = FxHashMap<String, Vec<Option<(usize, &'n str)>>>;

/// One hint: role, strength, words, and a rank among hints of equal strength (deeper folders first).
struct Hint {
    evidence: RoleEvidence,
    ambient: bool,
    rank: usize,
}

impl RoleNames {
    /// What a role is, in one sentence.
    pub fn sentence(&self, role: Role) -> &str {
        self.roles.iter().find(|entry| entry.role == role).map_or("", |entry| &entry.sentence)
    }

    /// What a file's path (relative to the root, forward slashes) hints at, strongest first.
    pub fn of_path(&self, path: &str) -> Vec<RoleEvidence> {
        self.of_path_among(path, &mut Folders::default())
    }

    /// As [`RoleNames::of_path`], for who asks for many paths.
    pub fn of_path_among<'n>(&'n self, path: &str, folders: &mut Folders<'n>) -> Vec<RoleEvidence> {
        let lower = path.to_lowercase();
        let (folder, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
        let stem = stem(name);
        if !folders.contains_key(folder) {
            folders.insert(folder.to_string(), self.deepest(folder));
        }
        let deepest = &folders[folder];
        let by_file = self.index.roles_of_file(stem);
        let hint = |(role, deepest): (usize, &Option<(usize, &'n str)>)| self.hint(role, *deepest, by_file.contains(&role), stem);
        let mut hints: Vec<Hint> = deepest.iter().enumerate().filter_map(hint).collect();
        if hints.iter().any(|hint| hint.ambient) {
            hints.retain(|hint| hint.ambient);
        }
        hints.sort_by(|a, b| {
            let strength = b.evidence.strength.cmp(&a.evidence.strength);
            strength.then(b.rank.cmp(&a.rank)).then(a.evidence.role.cmp(&b.evidence.role))
        });
        hints.into_iter().map(|hint| hint.evidence).collect()
    }

    /// What the dependencies of a package that serves nothing say of all of it.
    pub fn of_dependencies(&self, dependencies: &[&str]) -> Option<RoleEvidence> {
        let holds = |names: &[String], dependency: &str| names.iter().any(|name| name == dependency);
        let mut fitting =
            self.roles.iter().filter(|entry| !dependencies.iter().any(|dependency| holds(&entry.unless_packages, dependency)));
        fitting.find_map(|entry| {
            let dependency = dependencies.iter().find(|dependency| holds(&entry.packages, dependency))?;
            let reason = format!("its package depends on `{dependency}` and on no server or database");
            Some(evidence(entry.role, Strength::Folder, reason))
        })
    }

    /// A package with which schemas are changed.
    pub fn is_migration_tool(&self, package: &str) -> bool {
        self.migrations.tools.iter().any(|tool| tool == package)
    }

    /// What a migration's class, functions or variables are called.
    pub fn is_migration_step(&self, name: &str) -> bool {
        self.migrations.steps.iter().any(|step| step == name)
    }

    /// What a name bound at a file's top says of the file.
    pub fn of_variables<'n>(&self, mut names: impl Iterator<Item = &'n str>) -> Option<RoleEvidence> {
        let entry = |name: &str| self.roles.iter().find(|entry| entry.variables.iter().any(|own| own == name));
        names.find_map(|name| Some(evidence(entry(name)?.role, Strength::Content, format!("sets `{name}`"))))
    }

    /// What the suffix of a class name hints at; the longest suffix decides.
    pub fn of_class(&self, name: &str) -> Option<RoleEvidence> {
        let fits = |suffix: &&String| name.len() > suffix.len() && name.ends_with(suffix.as_str());
        let suffixes = self.roles.iter().flat_map(|entry| entry.class_suffixes.iter().map(move |suffix| (entry.role, suffix)));
        let (role, suffix) = suffixes.filter(|(_, suffix)| fits(suffix)).max_by_key(|(_, suffix)| suffix.len())?;
        Some(evidence(role, Strength::Name, format!("the name ends in `{suffix}`")))
    }
}

impl RoleNames {
    /// For each role the last of its folders on a (lower-case) path, and how deep it lies.
    fn deepest(&self, folder: &str) -> Vec<Option<(usize, &str)>> {
        let mut found: Vec<Option<(usize, usize)>> = vec![None; self.roles.len()];
        let parts: Vec<&str> = folder.split('/').collect();
        for (at, part) in parts.iter().enumerate() {
            for &(role, number) in self.index.folders.get(*part).into_iter().flatten() {
                let mut wanted = self.roles[role].folders[number].rsplit('/');
                let stands =
                    wanted.clone().count() <= at + 1 && parts[..=at].iter().rev().zip(&mut wanted).all(|(part, wanted)| *part == wanted);
                if stands {
                    found[role] = found[role].max(Some((at + 1, number)));
                }
            }
        }
        let name = |(role, found): (usize, Option<(usize, usize)>)| {
            found.map(|(depth, number)| (depth, self.roles[role].folders[number].as_str()))
        };
        found.into_iter().enumerate().map(name).collect()
    }

    /// What a role finds in the name of a file, which may be one of its own, and in its folders.
    fn hint(&self, role: usize, deepest: Option<(usize, &str)>, is_file: bool, stem: &str) -> Option<Hint> {
        let entry = &self.roles[role];
        let ambient = entry.ambient;
        let hint = |strength, rank, reason| Some(Hint { evidence: evidence(entry.role, strength, reason), ambient, rank });
        if let Some(pattern) = self.index.pattern(role, stem) {
            return hint(Strength::Name, usize::MAX, format!("file name `{}`", entry.file_patterns[pattern]));
        }
        if is_file {
            // The file's own name says more than any folder's, but `models/dependency` and `middleware/app` wire nothing.
            let rank = if entry.role == Role::Composition { 0 } else { usize::MAX };
            return hint(Strength::Folder, rank, format!("file name `{stem}`"));
        }
        let (depth, name) = deepest?;
        let strength = if ambient { Strength::Name } else { Strength::Folder };
        // Seeds and tools inside a layer belong to it.
        let rank = if entry.role == Role::Script { 0 } else { depth };
        hint(strength, rank, format!("folder `{name}`"))
    }
}

fn evidence(role: Role, strength: Strength, reason: String) -> RoleEvidence {
    RoleEvidence { role, strength, reason, place: None }
}

/// `users.service.ts` → `users.service`.
fn stem(name: &str) -> &str {
    let name = name.strip_suffix(".d.ts").unwrap_or(name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
