//! The words of a contract with what belongs to them: files, definitions of a role, packages, surroundings.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::edges::Outside;
use crate::config;
use crate::languages::python::standard::is_standard;
use crate::languages::typescript::standard::is_node_module;
use crate::model::contract::{Ambient, Contract, Part, PartForm, Word};
use crate::model::program::Program;
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};

/// Index into [`Pieces::all`]. The declared parts come first, in their order.
pub(super) type PieceId = usize;

/// What a word stands for.
pub(super) enum Kind<'a> {
    /// Files, by globs or a path.
    Files,
    /// One part for each folder.
    Each {
        public: Vec<globset::GlobMatcher>,
    },
    /// Files and definitions of a role.
    Role,
    /// Outside packages.
    Packages(Vec<&'a str>),
    Ambient(Ambient),
    Standard,
}

/// One word.
pub(super) struct Piece<'a> {
    pub(super) name: &'a str,
    pub(super) kind: Kind<'a>,
    pub(super) open: bool,
    /// How many files belong to it.
    pub(super) files: usize,
}

/// Every word of a contract.
pub(super) struct Pieces<'a> {
    pub(super) all: Vec<Piece<'a>>,
    /// The pieces of each file, the one with the most exact glob first.
    of_file: Vec<Vec<PieceId>>,
    /// For each file, the folders of `each` parts in which it lies.
    units: Vec<Vec<(PieceId, Arc<str>)>>,
    roles: Vec<(Role, PieceId)>,
}

impl<'a> Pieces<'a> {
    pub(super) fn of(contract: &'a Contract, program: &Program) -> Pieces<'a> {
        let all = contract.parts.iter().map(part_piece).collect();
        let count = program.facts.len();
        let mut pieces = Pieces { all, of_file: vec![Vec::new(); count], units: vec![Vec::new(); count], roles: Vec::new() };
        let globs = config::PartGlobs::of(&contract.parts);
        for at in 0..count {
            pieces.of_file[at] = globs.parts(program.path(FileId(at as u32)));
        }
        pieces.find_units(contract, program);
        pieces.add_words(contract, program);
        for of_file in &pieces.of_file {
            for &piece in of_file {
                pieces.all[piece].files += 1;
            }
        }
        pieces
    }

    /// The folders of `each` parts. A Rust module `billing.rs` beside its folder `billing` belongs to it, and is its door.
    fn find_units(&mut self, contract: &Contract, program: &Program) {
        for (piece, part) in contract.parts.iter().enumerate() {
            let PartForm::Each { pattern, .. } = &part.form else { continue };
            let depth = pattern.value.split('/').count();
            let mut folders: BTreeMap<Arc<str>, ()> = BTreeMap::new();
            for at in 0..program.facts.len() {
                if self.of_file[at].contains(&piece) {
                    let path = program.path(FileId(at as u32));
                    let folder: Arc<str> = Arc::from(path.split('/').take(depth).collect::<Vec<_>>().join("/"));
                    folders.insert(folder.clone(), ());
                    self.units[at].push((piece, folder));
                }
            }
            for at in 0..program.facts.len() {
                let path = program.path(FileId(at as u32));
                if let Some((folder, ())) = path.strip_suffix(".rs").and_then(|stem| folders.get_key_value(stem)) {
                    self.of_file[at].push(piece);
                    self.units[at].push((piece, folder.clone()));
                }
            }
        }
    }

    /// Words that are no declared part.
    fn add_words(&mut self, contract: &'a Contract, program: &Program) {
        for (word, _) in contract.mentions() {
            if self.find(&word.value).is_some() {
                continue;
            }
            let id = self.all.len();
            let mut add = |kind| self.all.push(Piece { name: &word.value, kind, open: false, files: 0 });
            match contract.word(&word.value) {
                Word::Role(role) => {
                    add(Kind::Role);
                    self.roles.push((role, id));
                    for at in 0..program.facts.len() {
                        if program.file_role(FileId(at as u32)).is_some_and(|evidence| evidence.role == role) {
                            self.of_file[at].push(id);
                        }
                    }
                }
                Word::Ambient(ambient) => add(Kind::Ambient(ambient)),
                Word::Standard => add(Kind::Standard),
                Word::Inside(part, rest) => {
                    add(Kind::Files);
                    for at in 0..program.facts.len() {
                        let path = program.path(FileId(at as u32)).clone();
                        let in_unit = self.units[at].iter().any(|(piece, unit)| *piece == part && last(unit) == rest);
                        if in_unit || self.of_file[at].contains(&part) && lies_at(&path, rest) {
                            self.of_file[at].insert(0, id);
                        }
                    }
                }
                Word::Path(path) => {
                    add(Kind::Files);
                    let whole = format!("{}{path}", contract.folder);
                    for at in 0..program.facts.len() {
                        if is_at(program.path(FileId(at as u32)), &whole) {
                            self.of_file[at].insert(0, id);
                        }
                    }
                }
                Word::Part(_) | Word::Unknown => {}
            }
        }
    }

    /// The piece with this name.
    pub(super) fn find(&self, name: &str) -> Option<PieceId> {
        self.all.iter().position(|piece| piece.name == name)
    }

    pub(super) fn name(&self, piece: PieceId) -> &'a str {
        self.all[piece].name
    }

    /// The pieces of a file.
    pub(super) fn of_file(&self, file: FileId) -> &[PieceId] {
        &self.of_file[file.index()]
    }

    /// The pieces of a definition: those of its file, with its own role instead of the file's.
    pub(super) fn at(&self, program: &Program, def: GlobalDef) -> Cow<'_, [PieceId]> {
        let of_file = self.of_file(def.file);
        if self.roles.is_empty() {
            return Cow::Borrowed(of_file);
        }
        let own =
            program.role(def).and_then(|evidence| self.roles.iter().find(|(role, _)| *role == evidence.role)).map(|(_, piece)| *piece);
        let is_role = |piece: &PieceId| self.roles.iter().any(|(_, known)| known == piece);
        if of_file.iter().copied().filter(is_role).eq(own) {
            return Cow::Borrowed(of_file);
        }
        let mut pieces: Vec<PieceId> = of_file.iter().copied().filter(|piece| !is_role(piece)).collect();
        pieces.extend(own);
        Cow::Owned(pieces)
    }

    /// The folder of an `each` part in which a file lies.
    pub(super) fn unit(&self, file: FileId, piece: PieceId) -> Option<&Arc<str>> {
        self.units[file.index()].iter().find(|(known, _)| *known == piece).map(|(_, unit)| unit)
    }

    /// The folders of an `each` part, sorted.
    pub(super) fn units(&self, piece: PieceId) -> Vec<Arc<str>> {
        let mut units: Vec<Arc<str>> =
            self.units.iter().flatten().filter(|(known, _)| *known == piece).map(|(_, unit)| unit.clone()).collect();
        units.sort();
        units.dedup();
        units
    }

    /// The pieces of something outside the project.
    pub(super) fn of_outside(&self, outside: &Outside) -> Vec<PieceId> {
        let holds = |piece: &Piece| match &piece.kind {
            Kind::Packages(packages) => packages.iter().any(|package| outside.lies_in(package)),
            Kind::Ambient(ambient) => outside.ambient == Some(*ambient),
            Kind::Standard => is_in_standard_library(outside),
            _ => false,
        };
        self.all.iter().enumerate().filter(|(_, piece)| holds(piece)).map(|(at, _)| at).collect()
    }
}

fn part_piece(part: &Part) -> Piece<'_> {
    let kind = match &part.form {
        PartForm::Paths(_) => Kind::Files,
        PartForm::Each { public, .. } => {
            let public = public.iter().filter_map(|glob| config::glob(&glob.value).ok());
            Kind::Each { public: public.map(|glob| glob.compile_matcher()).collect() }
        }
        PartForm::Packages(packages) => Kind::Packages(packages.iter().map(|package| package.value.as_str()).collect()),
    };
    Piece { name: &part.name.value, kind, open: part.open, files: 0 }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// True when a file is this path, lies in this folder, or is it but for its extension; or the path is a glob that holds it.
pub(super) fn is_at(file: &str, path: &str) -> bool {
    let path = path.trim_end_matches('/');
    if path.contains(['*', '?', '[', '{']) {
        return config::glob(path).is_ok_and(|glob| glob.compile_matcher().is_match(file));
    }
    file.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || is_extension(rest))
}

/// True when a file lies at these names somewhere on its way: `src/shared/time.ts` and `src/shared/time/zone.ts` at `time`.
fn lies_at(file: &str, rest: &str) -> bool {
    let rest = rest.trim_end_matches('/');
    file.match_indices(rest).any(|(at, _)| {
        let after = &file[at + rest.len()..];
        file[..at].ends_with('/') && (after.is_empty() || after.starts_with('/') || is_extension(after))
    })
}

/// True for `.ts` and `.d.ts`, not for `.service.ts`.
fn is_extension(rest: &str) -> bool {
    rest.strip_prefix('.').is_some_and(|extension| !extension.contains(['.', '/']) || extension == "d.ts")
}

/// True for what comes with the language or its runtime.
pub(super) fn is_in_standard_library(outside: &Outside) -> bool {
    match outside.family {
        Family::Python => is_standard(outside.first()) || outside.first() == "builtins",
        Family::Rust => matches!(outside.first(), "std" | "core" | "alloc" | "proc_macro" | "test"),
        // What has no import: `Date.now`, `fetch`.
        Family::TypeScript => outside.is_global || outside.path.starts_with("node:") || is_node_module(outside.first()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_files_folders_and_globs() {
        for (file, path) in
            [("src/time.ts", "src/time"), ("src/time/zone.ts", "src/time"), ("src/a.py", "src/a.py"), ("a/b/c.rs", "a/*/c.rs")]
        {
            assert!(is_at(file, path), "{file} {path}");
        }
        for (file, path) in [("src/timer.ts", "src/time"), ("src/time.service.ts", "src/time"), ("x/src/a.py", "src/a.py")] {
            assert!(!is_at(file, path), "{file} {path}");
        }
        assert!(lies_at("src/shared/time.ts", "time") && lies_at("src/shared/time/zone.ts", "time"));
        assert!(!lies_at("src/shared/timer.ts", "time") && !lies_at("src/overtime.ts", "time"));
    }
}
