//! The parallel walk: which files exist, in a stable order. Knows names, never content.
//!
//! Follows no symbolic link: the target of a link inside the root is walked as itself. Honours `.gitignore` (with or without a git
//! repository), `.ignore` and `.archcheckignore`, but not the user's global ignore file, so that equal trees give equal results. Settings that are
//! ignored and committed all the same ([`committed`]) are found.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, WalkBuilder, WalkState};

use super::{DiscoverOptions, committed, ignores};
use crate::model::problem::{Problem, ProblemKind};
use crate::model::source::Language;

/// One file of interest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) path: Arc<str>,
    pub(super) bytes: u64,
}

/// What the walk saw, sorted by path.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) entries: Vec<Entry>,
    /// Those that were looked into, in no order; the root is the empty path.
    pub(super) folders: Vec<Arc<str>>,
    /// Links that lead outside the root, nowhere, or to a folder above themselves.
    pub(super) links: Vec<Arc<str>>,
    /// Links that stay inside the root, and where they lead.
    pub(super) inner_links: Vec<(Arc<str>, Arc<str>)>,
    pub(super) unreadable: Vec<Arc<str>>,
    pub(super) problems: Vec<Problem>,
}

/// Folders whose name starts with a dot but whose files rules read, or which are counted as left out.
const HIDDEN_FOLDERS: &[&str] = &[
    ".github",
    ".gitlab",
    ".circleci",
    ".buildkite",
    ".woodpecker",
    ".ci",
    ".config",
    ".devcontainer",
    ".docker",
    ".aws",
    ".azure",
    ".helm",
    ".k8s",
    ".vscode",
    ".venv",
    ".virtualenv",
    ".tox",
    ".nox",
    ".yarn",
    ".pnpm-store",
    ".eggs",
    ".next",
    ".nuxt",
    ".output",
    ".svelte-kit",
];

/// Files whose name starts with a dot and which rules read. Prefixes, so that `.env.production` counts.
const HIDDEN_FILES: &[&str] = &[
    ".env",
    ".gitignore",
    ".npmrc",
    ".pypirc",
    ".netrc",
    ".yarnrc",
    ".dockercfg",
    ".gitlab-ci",
    ".travis",
    ".cargo-checksum.json",
    ".pgpass",
    ".my.cnf",
    ".s3cfg",
    ".boto",
    ".htpasswd",
    ".flaskenv",
    ".archcheck.toml",
    ".git-credentials",
    ".drone",
    ".sequelizerc",
    ".pre-commit-config",
];

/// Walks the tree below `root`.
pub(super) fn walk(root: &Path, options: &DiscoverOptions) -> Walked {
    let exclude = exclude_matcher(options);
    let real_root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    let gathered = Mutex::new(Walked::default());
    let unread: Arc<Mutex<Vec<PathBuf>>> = Arc::default();
    let mut builder = WalkBuilder::new(root);
    if let Some(name) = ignores::unreadable(&real_root, root) {
        builder.ignore(false).git_ignore(false).git_exclude(false);
        note_ignores(&unread, root.join(name));
    } else {
        builder.add_custom_ignore_filename(".archcheckignore");
    }
    let top = real_root.ancestors().last().unwrap_or(&real_root);
    builder.parents(!real_root.ancestors().skip(1).any(|above| ignores::unreadable(top, above).is_some()));
    let (shared, real) = (unread.clone(), real_root.clone());
    builder
        .hidden(false)
        .require_git(false)
        .git_global(false)
        .follow_links(false)
        .threads(options.threads)
        .filter_entry(move |entry| !is_hidden(entry) && ignores_are_read(&real, entry, &shared));
    builder.build_parallel().run(|| {
        let (exclude, gathered, real_root) = (&exclude, &gathered, &real_root);
        // One batch a thread: the lock is taken once when the thread ends.
        let mut batch = Batch { own: Walked::default(), all: gathered };
        Box::new(move |found| {
            match found {
                Ok(entry) => visit(root, real_root, exclude, &entry, &mut batch.own),
                Err(error) => note_error(root, &error, &mut batch.own),
            }
            WalkState::Continue
        })
    });
    let mut walked = gathered.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    for path in unread.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).iter() {
        let Some(path) = path.strip_prefix(root).ok().and_then(slashes) else { continue };
        let what = "this ignore file is not a file of the project, or is too large: it is not read";
        let left_out = if path.contains('/') { "; its folder is left out" } else { "" };
        walked.problems.push(Problem::new(ProblemKind::Unreadable, None, format!("{what}{left_out}")).at(&Arc::from(path)));
    }
    walked.entries.sort();
    let committed = committed::settings(root, &walked.entries);
    if !committed.is_empty() {
        let is_left_out = |entry: &Entry| !exclude.is_empty() && exclude.matched_path_or_any_parents(&*entry.path, false).is_ignore();
        walked.entries.extend(committed.into_iter().filter(|entry| !is_left_out(entry)));
        walked.entries.sort();
    }
    walked.links.sort();
    walked.inner_links.sort();
    walked.unreadable.sort();
    walked.problems.sort();
    walked
}

/// True for files that are not code but that rules read: configuration, container files, keys, schemas. Lock files are not.
pub(super) fn is_text(path: &str) -> bool {
    const EXTENSIONS: &[&str] = &[
        "yml",
        "yaml",
        "toml",
        "json",
        "jsonc",
        "json5",
        "ini",
        "cfg",
        "conf",
        "cnf",
        "properties",
        "sh",
        "bash",
        "zsh",
        "tf",
        "tfvars",
        "prisma",
        "dbml",
        "env",
        "pem",
        "key",
        "ppk",
        "pkcs8",
        "txt",
        "http",
        "ps1",
        "bat",
        // Other languages' code may hold this project's secrets.
        "go",
        "java",
        "kt",
        "rb",
        "php",
        "cs",
        "scala",
        "swift",
        "xml",
        "gradle",
    ];
    const NAMES: &[&str] = &["Procfile", "Jenkinsfile", "Makefile", "justfile", "Caddyfile", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"];
    let name = file_name(path);
    if is_lock_file(name) || name == "archcheck-baseline.json" {
        return false;
    }
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
        || NAMES.contains(&name)
        || HIDDEN_FILES.iter().any(|prefix| name.starts_with(prefix))
        || name.starts_with("Dockerfile")
        || name.ends_with(".Dockerfile")
        || name.starts_with("docker-compose")
        || is_two_way_migration(name)
}

/// One half of a migration that has two: `up.sql` beside `down.sql` in a folder, `3_users.up.sql` beside `3_users.down.sql`.
fn is_two_way_migration(name: &str) -> bool {
    matches!(name, "up.sql" | "down.sql") || name.ends_with(".up.sql") || name.ends_with(".down.sql")
}

/// True for files that module resolution reads as data.
pub(super) fn is_resolution_file(path: &str) -> bool {
    let name = file_name(path);
    let shared_tsconfig = || path.split('/').any(|part| part.contains("tsconfig") || part.contains("typescript-config"));
    name == "package.json" || name.ends_with(".json") && (name.starts_with("jsconfig") || shared_tsconfig())
}

/// The last part of a path.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn is_lock_file(name: &str) -> bool {
    const LOCKS: &[&str] = &[
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "bun.lock",
        "deno.lock",
        "poetry.lock",
        "uv.lock",
        "pdm.lock",
        "pixi.lock",
        "Pipfile.lock",
        "Cargo.lock",
        "composer.lock",
        "flake.lock",
        ".terraform.lock.hcl",
        ".cargo-checksum.json",
    ];
    LOCKS.contains(&name)
}

/// Names that are neither code nor text but that tell what a folder is: virtual environments, vendored copies, build output, packages.
fn is_marker(name: &str) -> bool {
    const NAMES: &[&str] =
        &["pyvenv.cfg", "CACHEDIR.TAG", "Pipfile", "vendor.txt", "modules.txt", ".cargo-checksum.json", "py.typed", "WHEEL"];
    NAMES.contains(&name)
        || name.ends_with(".map")
        || name.starts_with("LICENSE")
        || name.starts_with("COPYING")
        || super::manifests::is_manifest_name(name)
}

fn is_hidden(entry: &DirEntry) -> bool {
    let Some(name) = entry.file_name().to_str() else { return false };
    entry.depth() > 0 && is_hidden_name(name, entry.file_type().is_some_and(|kind| kind.is_dir()))
}

/// True for names that start with a dot, but those that rules read.
pub(super) fn is_hidden_name(name: &str, is_folder: bool) -> bool {
    let is_known = || match is_folder {
        true => HIDDEN_FOLDERS.contains(&name),
        false => HIDDEN_FILES.iter().any(|prefix| name.starts_with(prefix)),
    };
    name.starts_with('.') && !is_known()
}

/// True for files that are listed: code, text, and what tells of its folder.
pub(super) fn is_looked_at(path: &str) -> bool {
    let name = file_name(path);
    Language::of_path(path).is_some() || is_text(path) || is_marker(name) || name.ends_with(".txt") || name.ends_with(".in")
}

/// False for a folder with an ignore file that must not be opened, which is noted.
fn ignores_are_read(real_root: &Path, entry: &DirEntry, unread: &Mutex<Vec<PathBuf>>) -> bool {
    let is_folder = entry.depth() > 0 && entry.file_type().is_some_and(|kind| kind.is_dir());
    match is_folder.then(|| ignores::unreadable(real_root, entry.path())).flatten() {
        Some(name) => {
            note_ignores(unread, entry.path().join(name));
            false
        }
        None => true,
    }
}

fn note_ignores(unread: &Mutex<Vec<PathBuf>>, path: PathBuf) {
    unread.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(path);
}

fn visit(root: &Path, real_root: &Path, exclude: &Gitignore, entry: &DirEntry, out: &mut Walked) {
    let Some(kind) = entry.file_type() else { return };
    let Ok(relative) = entry.path().strip_prefix(root) else { return };
    if kind.is_dir() {
        let is_left_out = |path: &str| !exclude.is_empty() && exclude.matched_path_or_any_parents(path, true).is_ignore();
        out.folders.extend(slashes(relative).filter(|path| path.is_empty() || !is_left_out(path)).map(Arc::from));
        return;
    }
    let Some(path) = slashes(relative) else {
        // A name that is not Unicode cannot be an id in a report.
        let lossy = relative.to_string_lossy().replace('\\', "/");
        if Language::of_path(&lossy).is_some() {
            out.unreadable.push(Arc::from(lossy));
        }
        return;
    };
    if !exclude.is_empty() && exclude.matched_path_or_any_parents(&path, false).is_ignore() {
        return;
    }
    if kind.is_symlink() {
        if Language::of_path(&path).is_some() || leads_to_folder(entry.path()) {
            match link_target(real_root, entry.path()) {
                Some(target) => out.inner_links.push((Arc::from(path), Arc::from(target))),
                None => out.links.push(Arc::from(path)),
            }
        }
        return;
    }
    if !kind.is_file() {
        return;
    }
    if !is_looked_at(&path) {
        return;
    }
    match entry.metadata() {
        Ok(metadata) => out.entries.push(Entry { path: Arc::from(path), bytes: metadata.len() }),
        Err(_) => out.unreadable.push(Arc::from(path)),
    }
}

/// Where a link leads, relative to the root; `None` when following it would leave the root, end nowhere or go round in a circle.
fn link_target(real_root: &Path, link: &Path) -> Option<String> {
    let target = link.canonicalize().ok()?;
    let here = link.parent().and_then(|folder| folder.canonicalize().ok());
    if here.is_some_and(|here| here.starts_with(&target)) {
        return None;
    }
    slashes(target.strip_prefix(real_root).ok()?)
}

fn leads_to_folder(link: &Path) -> bool {
    match link.metadata() {
        Ok(metadata) => metadata.is_dir(),
        // Nowhere or in a circle: a name without an extension most likely meant a folder.
        Err(_) => link.extension().is_none(),
    }
}

fn note_error(root: &Path, error: &ignore::Error, out: &mut Walked) {
    let Some(path) = error_path(error).and_then(|path| slashes(path.strip_prefix(root).unwrap_or(path))) else { return };
    let reason = error.io_error().map_or_else(|| "it cannot be read".to_string(), |io| io.kind().to_string());
    let path: Arc<str> = Arc::from(path);
    // A pattern that an ignore file gets wrong concerns no file.
    if error.io_error().is_some() {
        out.problems.push(Problem::new(ProblemKind::Unreadable, None, format!("left out: {reason}")).at(&path));
        out.unreadable.push(path);
    }
}

fn error_path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithLineNumber { err, .. } | ignore::Error::WithDepth { err, .. } => error_path(err),
        ignore::Error::Loop { child, .. } => Some(child),
        _ => None,
    }
}

/// A relative path with forward slashes, if it is Unicode.
fn slashes(path: &Path) -> Option<String> {
    let mut out = String::new();
    for part in path.components() {
        if !out.is_empty() {
            out.push('/');
        }
        out.push_str(part.as_os_str().to_str()?);
    }
    Some(out)
}

/// Config has checked the patterns; one that is wrong all the same excludes nothing.
fn exclude_matcher(options: &DiscoverOptions) -> Gitignore {
    let mut builder = GitignoreBuilder::new("");
    for pattern in &options.exclude {
        let _ = builder.add_line(None, pattern);
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// A thread's share of the walk, handed over when the thread ends.
struct Batch<'a> {
    own: Walked,
    all: &'a Mutex<Walked>,
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        all.entries.append(&mut self.own.entries);
        all.folders.append(&mut self.own.folders);
        all.links.append(&mut self.own.links);
        all.inner_links.append(&mut self.own.inner_links);
        all.unreadable.append(&mut self.own.unreadable);
        all.problems.append(&mut self.own.problems);
    }
}
