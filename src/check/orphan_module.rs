//! `orphan-module`: a module that nothing imports and nothing else reaches.
//!
//! Claimed only in packages that serve requests, since a library's modules are for others. Reached is what any other file imports, calls or
//! declares (tests too); what a framework or tool finds by folder and name (`rules/entries.toml`); what registers itself with a framework;
//! what runs by itself; what code that loads modules by name may load; and what any text of the repository may name: a string in code, a
//! manifest's script, a container file, a pipeline.

use std::sync::LazyLock;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

use super::Context;
use super::scope::is_kept_up_or_frontend;
use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::nesting::{arguments, called_name};
use crate::model::program::{ImportTarget, Program};
use crate::model::role::{GlobalDef, Role, Strength};
use crate::model::source::{Family, FileId, Span};
use crate::rulebook::vocabulary::api_names;

const RULE: &str = "orphan-module";

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| entries().unwrap_or_default());

#[derive(Deserialize)]
struct Table {
    entry: Vec<Row>,
}

/// One row of `rules/entries.toml`. The fields are described there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[expect(dead_code, reason = "for people who read the file")]
    by: String,
    family: Family,
    #[serde(default)]
    dependencies: Vec<String>,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    all: bool,
}

struct Entry {
    family: Family,
    dependencies: Vec<String>,
    files: GlobSet,
    all: bool,
}

fn entries() -> Result<Vec<Entry>, Box<dyn std::error::Error>> {
    let table: Table = toml::from_str(include_str!("../../rules/entries.toml"))?;
    let mut entries = Vec::new();
    for row in table.entry {
        let mut files = GlobSetBuilder::new();
        for glob in &row.files {
            files.add(GlobBuilder::new(glob).literal_separator(true).empty_alternates(true).build()?);
        }
        entries.push(Entry { family: row.family, dependencies: row.dependencies, files: files.build()?, all: row.all });
    }
    Ok(entries)
}

/// Finds modules that nothing reaches.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let serving = serving(program);
    if serving.is_empty() {
        return Vec::new();
    }
    let reached = reached(program);
    let mut candidates: Vec<FileId> = (0..program.facts.len() as u32).map(FileId).filter(|&file| !reached[file.index()]).collect();
    candidates.retain(|&file| {
        let package = program.project.package_of(program.path(file));
        serving.contains(&(program.file(file).language.family(), package)) && may_be_orphan(program, file)
    });
    if candidates.is_empty() {
        return Vec::new();
    }
    let texts = Texts::of(context, &candidates);
    candidates.retain(|&file| !texts.name(program.path(file)));
    candidates.iter().map(|&file| finding(program, file)).collect()
}

/// Families and packages in which requests are served.
fn serving(program: &Program) -> FxHashSet<(Family, Option<usize>)> {
    let place = |file: FileId| (program.file(file).language.family(), program.project.package_of(program.path(file)));
    program.routes.iter().filter(|route| !program.is(route.handler, Role::Test)).map(|route| place(route.handler.file)).collect()
}

/// Files that other files import, call or declare, or whose folder is imported.
fn reached(program: &Program) -> Vec<bool> {
    let mut reached = vec![false; program.facts.len()];
    let mut folders: FxHashSet<&str> = FxHashSet::default();
    for edge in &program.imports {
        let targets = match &edge.target {
            ImportTarget::Module(module) => Some(*module),
            ImportTarget::Folder(folder) => {
                folders.insert(folder);
                None
            }
            _ => None,
        };
        for target in targets.into_iter().chain(edge.definition) {
            reached[target.file.index()] |= target.file != edge.from;
        }
    }
    for edge in &program.call_graph {
        reached[edge.callee.file.index()] |= edge.callee.file != edge.caller.file;
    }
    for route in &program.routes {
        reached[route.handler.file.index()] = true;
    }
    // Frameworks find what is declared with them; services, schemas and settings are asked for.
    let is_asked_for = |role: Role| matches!(role, Role::Service | Role::Repository | Role::Schema | Role::Config);
    let found = program.def_roles.iter().filter(|(_, evidence)| evidence.strength >= Strength::Framework && !is_asked_for(evidence.role));
    for file in found.map(|(def, _)| def.file).collect::<Vec<_>>() {
        reached[file.index()] = true;
    }
    let declared: FxHashSet<&str> = program
        .facts
        .iter()
        .flat_map(|facts| facts.mods.iter().map(|declared| facts.text(declared.path.unwrap_or(declared.name))))
        .map(|name| name.rsplit('/').next().unwrap_or(name).trim_end_matches(".rs").trim_start_matches("r#"))
        .collect();
    for (at, reached) in reached.iter_mut().enumerate() {
        let path = program.path(FileId(at as u32));
        let (folder, _) = path.rsplit_once('/').unwrap_or(("", path));
        *reached |= folders.contains(folder) || folders.contains(folder.replace('/', ".").as_str());
        if program.facts[at].language.family() == Family::Rust {
            let is_target = program.project.packages.iter().flat_map(|package| &package.targets).any(|target| *target.path == **path);
            *reached |= is_target || declared.contains(stem(path));
        }
    }
    reached
}

/// Neither test nor migration nor script, no entry by name, and nothing that runs when the file is started.
fn may_be_orphan(program: &Program, file: FileId) -> bool {
    let facts = program.file(file);
    let module = GlobalDef { file, def: DefId::MODULE };
    let out = [Role::Script, Role::Composition];
    is_kept_up_or_frontend(program, file)
        && !out.iter().any(|&role| program.is(module, role))
        && has_something(facts)
        && !is_entry(program, file)
        && !runs(facts)
}

/// Something to import. A file without is a placeholder or runs by itself.
fn has_something(facts: &FileFacts) -> bool {
    match facts.language.family() {
        Family::TypeScript => !facts.exports.is_empty() || facts.defs.iter().skip(1).any(|def| def.flags.has(DefFlags::PUBLIC)),
        Family::Python | Family::Rust => {
            facts.definitions().skip(1).any(|(_, def)| def.parent == DefId::MODULE && !matches!(def.kind, DefKind::Module))
        }
    }
}

fn is_entry(program: &Program, file: FileId) -> bool {
    let path = program.path(file);
    let family = program.file(file).language.family();
    let package = program.project.package_of(path).map(|at| &program.project.packages[at]);
    let root = package.map_or("", |package| package.root.as_str());
    let inside = path.strip_prefix(root).unwrap_or(path).trim_start_matches('/');
    let depends = |name: &String| {
        let declared = package.into_iter().chain(program.project.packages.iter().filter(|package| package.root.is_empty()));
        declared.flat_map(|package| &package.dependencies).any(|dependency| dependency.name == *name)
    };
    ENTRIES.iter().any(|entry| {
        entry.family == family
            && (entry.all || entry.files.is_match(inside))
            && (entry.dependencies.is_empty() || entry.dependencies.iter().any(depends))
    })
}

/// The file does something when it is started or loaded: `if __name__ == "__main__"`, a call that stands alone.
fn runs(facts: &FileFacts) -> bool {
    let Some(body) = facts.def(DefId::MODULE).body else { return false };
    let NodeKind::Block { items, .. } = facts.arena.kind(body) else { return false };
    facts.arena.list(items).any(|item| match facts.arena.kind(item) {
        NodeKind::Call { .. } | NodeKind::Await(_) | NodeKind::Loop { .. } | NodeKind::With { .. } => true,
        NodeKind::If { condition, .. } => {
            let mut main = false;
            facts.arena.walk(condition, |node| {
                main |= match facts.arena.kind(node) {
                    NodeKind::Name(name) => facts.text(name) == "__name__",
                    NodeKind::Member { name, .. } => facts.text(name) == "main",
                    _ => false,
                }
            });
            main
        }
        _ => false,
    }) && (facts.language.family() == Family::Python || facts.exports.is_empty())
}

/// What the repository's texts may name.
struct Texts {
    /// Last parts of names and paths that stand in strings and text files.
    words: FxHashSet<String>,
    /// Folders from which code loads by name, and folders that such code names.
    loaders: FxHashSet<String>,
    named_folders: FxHashSet<String>,
}

impl Texts {
    fn of(context: &Context, candidates: &[FileId]) -> Texts {
        let program = context.program;
        let stems: FxHashMap<&str, ()> = candidates.iter().map(|&file| (stem(program.path(file)), ())).collect();
        let mut texts = Texts { words: FxHashSet::default(), loaders: FxHashSet::default(), named_folders: FxHashSet::default() };
        for (at, facts) in program.facts.iter().enumerate() {
            let path = program.path(FileId(at as u32));
            let loads = facts.arena.ids().any(|node| loads_by_name(facts, node));
            if loads {
                texts.loaders.insert(path.rsplit_once('/').map_or("", |(folder, _)| folder).to_string());
            }
            for node in facts.arena.ids() {
                let Some(text) = facts.string(node).filter(|text| text.len() < 300) else { continue };
                texts.words.extend(words_of(text).filter(|word| stems.contains_key(word)).map(str::to_string));
                if loads {
                    let folders = text.split(['/', '.', '*']).filter(|part| part.len() > 1);
                    texts.named_folders.extend(folders.map(str::to_string));
                }
            }
        }
        for (path, text) in context.texts {
            if is_code_of_others(path) {
                continue;
            }
            texts.words.extend(words_of(text).filter(|word| stems.contains_key(word)).map(str::to_string));
        }
        texts
    }

    /// True when a text may mean the file.
    fn name(&self, path: &str) -> bool {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let loaded = self.loaders.iter().any(|loader| {
            !loader.is_empty() && folder.strip_prefix(loader.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        self.words.contains(stem(path)) || loaded || folder.split('/').any(|part| self.named_folders.contains(part))
    }
}

/// Text that is no configuration: lists of names in data say nothing of modules.
fn is_code_of_others(path: &str) -> bool {
    [".txt", ".pem", ".key", ".http", ".xml", ".prisma", ".dbml"].iter().any(|end| path.ends_with(end)) || path.contains("locale")
}

/// The parts of dotted names and paths in a text, extensions and punctuation away: `app.jobs.clean:run` has `app`, `jobs`, `clean`, `run`.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.')))
        .flat_map(|part| {
            let whole = part.strip_suffix(".js").or_else(|| part.strip_suffix(".ts")).or_else(|| part.strip_suffix(".py")).unwrap_or(part);
            std::iter::once(whole).chain(part.split('.'))
        })
        .map(|word| word.trim_matches('.'))
        .filter(|word| !word.is_empty())
}

/// `import_module(name)`, `require(path)`, a listing of a folder.
fn loads_by_name(facts: &FileFacts, node: NodeId) -> bool {
    let NodeKind::Call { form: CallForm::Plain, .. } = facts.arena.kind(node) else { return false };
    let Some(name) = called_name(facts, node) else { return false };
    let computed = || arguments(facts, node).next().is_some_and(|first| !matches!(facts.arena.kind(first), NodeKind::Str(_)));
    api_names().loading.by_name.has(name) || matches!(name, "require" | "import") && computed()
}

/// The file's name without its extension; for `mod.rs` its folder's.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if stem == "mod" && name.ends_with(".rs") { path.rsplit('/').nth(1).unwrap_or(stem) } else { stem }
}

fn finding(program: &Program, file: FileId) -> Finding {
    let facts = program.file(file);
    let path = program.path(file);
    let start = facts.code_starts.first().copied().unwrap_or(0);
    Finding {
        rule: RULE.into(),
        level: Level::Note,
        message: format!("nothing imports `{path}`, and no entry point, framework or text of the repository names it"),
        primary: Label { location: program.location(file, Span { start, end: start }), text: "nothing reaches this module".to_string() },
        related: Vec::new(),
        flow: Vec::new(),
        help: Some("delete it, or use it; if something loads it by name, suppress this with that as the reason".to_string()),
        subject: path.to_string(),
        fingerprint: String::new(),
        confidence: Confidence::Medium,
        redact: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_entries_is_read() {
        assert!(entries().is_ok_and(|entries| entries.len() > 5), "{:?}", entries().err());
    }

    #[test]
    fn texts_have_the_parts_of_names_and_paths() {
        let words = |text: &'static str| words_of(text).collect::<Vec<_>>();
        assert_eq!(words("app.jobs:run"), ["app.jobs", "app", "jobs", "run", "run"]);
        assert_eq!(words("node ./dist/clean-up.js"), ["node", "node", "dist", "dist", "clean-up", "clean-up", "js"]);
    }
}
