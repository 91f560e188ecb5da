//! What loads what: the pairs of files (or Rust parts) between which imports run.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::elided::Elided;
use crate::config::PartGlobs;
use crate::model::contract::Contract;
use crate::model::facts::{DefId, ImportKind};
use crate::model::program::{ImportEdge, ImportTarget, Program};
use crate::model::role::Role;
use crate::model::source::{Family, FileId};

/// Units and the imports between them.
pub(super) struct Links<'a> {
    /// What a unit is called in messages.
    pub(super) word: &'static str,
    /// They are files, and load each other; the parts of a Rust crate do not.
    pub(super) loads: bool,
    pub(super) names: Vec<String>,
    /// Between different units only, in order.
    pub(super) pairs: BTreeMap<(u32, u32), Vec<&'a ImportEdge>>,
}

impl<'a> Links<'a> {
    /// Python and TypeScript files.
    pub(super) fn of_files(program: &'a Program) -> Links<'a> {
        let names = (0..program.facts.len()).map(|file| program.modules[file].clone()).collect();
        let mut elided = Elided::default();
        let mut pairs: BTreeMap<(u32, u32), Vec<&ImportEdge>> = BTreeMap::new();
        for (edge, to) in running(program) {
            let family = program.file(edge.from).language.family();
            // Of these only what they import is known, not what they do with it.
            let from = program.file(edge.from);
            if from.is_markup && !program.spared.is_empty() || from.for_browsers && program.spared.file(edge.from) {
                continue;
            }
            if family != Family::Rust && is_code(program, edge.from) && is_code(program, to) && !elided.is(program, edge) {
                pairs.entry((edge.from.0, to.0)).or_default().push(edge);
            }
        }
        Links { word: "module", loads: true, names, pairs }
    }

    /// The parts of Rust code that `archcheck.toml` names. Two parts of one order are not looked at: the order judges them. Nor is a part that lies in
    /// another: `report/sarif.rs` with a name of its own still belongs to `report`.
    pub(super) fn of_parts(program: &'a Program, contract: &Contract) -> Option<Links<'a>> {
        if contract.parts.is_empty() {
            return None;
        }
        let globs = PartGlobs::of(&contract.parts);
        let mut parts_of: FxHashMap<FileId, Vec<u32>> = FxHashMap::default();
        for file in (0..program.facts.len() as u32).map(FileId) {
            if program.file(file).language.family() == Family::Rust {
                parts_of.insert(file, globs.parts(program.path(file)).into_iter().map(|part| part as u32).collect());
            }
        }
        let name = |part: u32| contract.parts[part as usize].name.value.as_str();
        let is_ordered = |a: u32, b: u32| {
            contract.layers.iter().any(|layers| {
                let holds = |part: u32| layers.steps.iter().flat_map(|step| &step.members).any(|member| member.part.value == name(part));
                holds(a) && holds(b)
            })
        };
        let mut pairs: BTreeMap<(u32, u32), Vec<&ImportEdge>> = BTreeMap::new();
        for (edge, to) in running(program) {
            let (Some(own), Some(others)) = (parts_of.get(&edge.from), parts_of.get(&to)) else { continue };
            let (Some(&from), Some(&to)) = (own.first(), others.first()) else { continue };
            let is_nested = own.iter().any(|part| others.contains(part));
            if !is_nested && !is_ordered(from, to) {
                pairs.entry((from, to)).or_default().push(edge);
            }
        }
        let names = contract.parts.iter().map(|part| part.name.value.clone()).collect();
        Some(Links { word: "part", loads: false, names, pairs })
    }
}

/// Imports that run, outside tests, and the file each loads.
fn running<'a>(program: &'a Program) -> impl Iterator<Item = (&'a ImportEdge, FileId)> {
    let is_test = |file: FileId| program.file_roles[file.index()].iter().any(|evidence| evidence.role == Role::Test);
    program.imports.iter().filter_map(move |edge| {
        let ImportTarget::Module(module) = edge.target else { return None };
        let runs = matches!(edge.kind, ImportKind::Load | ImportKind::Deferred);
        let loaded = submodule(program, edge, module.file).unwrap_or(module.file);
        (runs && loaded != edge.from && !is_test(edge.from)).then_some((edge, loaded))
    })
}

/// Python: `from package import name` takes a module of the package where `__init__.py` has not bound the name (yet), so it cannot fail on a package that is
/// half loaded, whatever star imports would bind there later.
fn submodule(program: &Program, edge: &ImportEdge, package: FileId) -> Option<FileId> {
    let folder = program.path(package).strip_suffix("__init__.py")?;
    if edge.name.is_empty() {
        return None;
    }
    let facts = program.file(package);
    let is_own =
        facts.definitions().any(|(id, def)| id != DefId::MODULE && def.parent == DefId::MODULE && facts.text(def.name) == edge.name);
    let files = &program.project.files;
    let find = |path: String| files.binary_search_by(|file| (*file.path).cmp(&path)).ok().map(|at| FileId(at as u32));
    let found = find(format!("{folder}{}/__init__.py", edge.name)).or_else(|| find(format!("{folder}{}.py", edge.name)));
    found.filter(|_| !is_own)
}

/// Stubs and declaration files are never run.
fn is_code(program: &Program, file: FileId) -> bool {
    let path = program.path(file);
    !path.ends_with(".pyi") && !path.rsplit('/').next().is_some_and(|name| name.contains(".d."))
}
