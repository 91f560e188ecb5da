//! Objects that a JavaScript module fills after it has made them: `db.User = require('./user')(sequelize)`, and the files of a folder under their
//! names, `db[model.name] = model`.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::evaluate::{Linker, State};
use super::tables::UNKNOWN;
use crate::languages::typescript::modules::Matches;
use crate::model::body::{AssignOp, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts};
use crate::model::program::{Value, ValueId};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};

/// Longest chain of functions in which a property is evaluated that nobody has come by yet.
const DEEPEST: usize = 40;

/// What a file gives the objects of its module variables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Given {
    /// (object literal, property) → the outermost definition that assigns it, and the value.
    properties: FxHashMap<(NodeId, String), (DefId, NodeId)>,
    /// Literals that are given what the file loads from a folder.
    folders: Vec<NodeId>,
}

/// What the objects of a file's module variables are given, wherever in the file that is.
pub(super) fn given_properties(facts: &FileFacts) -> Given {
    let mut given = Given::default();
    let owners = literals(facts);
    if owners.is_empty() {
        return given;
    }
    let loads_folder = facts.imports.iter().any(|import| facts.text(import.specifier).contains('*'));
    for (def, body) in facts.definitions().filter_map(|(id, def)| Some((id, def.body?))) {
        let outermost = outermost(facts, def);
        facts.arena.walk(body, |node| {
            let NodeKind::Assign { target, value, op: AssignOp::Set } = facts.arena.kind(node) else { return };
            let (NodeKind::Member { object, .. } | NodeKind::Index { object, .. }) = facts.arena.kind(target) else { return };
            let NodeKind::Name(owner) = facts.arena.kind(object) else { return };
            let Some(&literal) = owners.get(facts.text(owner)) else { return };
            let name = match facts.arena.kind(target) {
                NodeKind::Member { name, .. } => Some(facts.text(name)),
                NodeKind::Index { index, .. } => facts.string(index),
                _ => None,
            };
            match name {
                Some(name) => {
                    given.properties.entry((literal, name.to_string())).or_insert((outermost, value));
                }
                None if loads_folder && !given.folders.contains(&literal) => given.folders.push(literal),
                None => {}
            }
        });
    }
    given
}

/// The object literals that the variables of a module hold: `const db = {}`, `module.exports = db = {}`.
fn literals(facts: &FileFacts) -> FxHashMap<&str, NodeId> {
    let is_literal = |node: &NodeId| matches!(facts.arena.kind(*node), NodeKind::Collection { .. });
    let mut found: FxHashMap<&str, NodeId> = facts
        .definitions()
        .filter(|(_, def)| def.parent == DefId::MODULE && def.kind == DefKind::Variable)
        .filter_map(|(_, def)| Some((facts.text(def.name), def.value.filter(is_literal)?)))
        .collect();
    if let Some(body) = facts.def(DefId::MODULE).body {
        facts.arena.walk(body, |node| {
            if let NodeKind::Assign { target, value, op: AssignOp::Set } = facts.arena.kind(node)
                && let NodeKind::Name(name) = facts.arena.kind(target)
                && is_literal(&value)
            {
                found.entry(facts.text(name)).or_insert(value);
            }
        });
    }
    found
}

fn outermost(facts: &FileFacts, def: DefId) -> DefId {
    let mut at = def;
    while at != DefId::MODULE && facts.def(at).parent != DefId::MODULE {
        at = facts.def(at).parent;
    }
    at
}

impl<'a> Linker<'a> {
    /// `db.User` where the module says `db.User = …` or fills `db` from a folder.
    pub(super) fn given_property(&mut self, file: FileId, literal: NodeId, name: &str) -> ValueId {
        if self.family(file) != Family::TypeScript {
            return UNKNOWN;
        }
        let facts: &'a FileFacts = &self.facts[file.index()];
        let given = self.given.entry(file).or_insert_with(|| given_properties(facts));
        let Some(&(function, value)) = given.properties.get(&(literal, name.to_string())) else {
            let fills = given.folders.contains(&literal);
            return if fills { self.loaded_under(file, name) } else { UNKNOWN };
        };
        let known = self.node_values[file.index()][value.index()];
        if known != UNKNOWN || self.frames.len() > DEEPEST || !self.given_open.insert((file, value)) {
            return known;
        }
        if function == DefId::MODULE {
            self.within(GlobalDef { file, def: DefId::MODULE }, |linker| linker.eval(value));
        } else {
            self.run(GlobalDef { file, def: function });
        }
        self.ask_again(file, value);
        self.given_open.remove(&(file, value));
        self.node_values[file.index()][value.index()]
    }

    /// `require('./user')(sequelize)` where the function was walked before it was known what it is given.
    fn ask_again(&mut self, file: FileId, call: NodeId) {
        let values = &self.node_values[file.index()];
        let NodeKind::Call { callee, .. } = self.facts[file.index()].arena.kind(call) else { return };
        let Value::Def(function) = self.get(values[callee.index()]) else { return };
        let is_walked = matches!(self.states.get(&function), Some(State::Done(_)));
        if values[call.index()] != UNKNOWN || !is_walked || !self.stale.remove(&function) {
            return;
        }
        self.states.remove(&function);
        self.restarted.insert(function);
        let made = self.return_value(function, None, UNKNOWN);
        self.node_values[file.index()][call.index()] = made;
    }

    /// What the file of a name gives, among those that a file loads from a folder.
    fn loaded_under(&mut self, file: FileId, name: &str) -> ValueId {
        for &module in self.files_called(file, name).iter() {
            let module = GlobalDef { file: module, def: DefId::MODULE };
            let whole = self.common_js_value(module);
            let exported = match self.get(whole) {
                Value::Module(module) => self.module_member(module, "default").unwrap_or(UNKNOWN),
                _ => whole,
            };
            let made = match self.get(exported) {
                Value::Def(function) if self.is_function(exported) => self.return_value(function, None, UNKNOWN),
                _ => exported,
            };
            if made != UNKNOWN {
                return made;
            }
        }
        UNKNOWN
    }

    /// The files of a name among those that a file loads from a folder, those that say it plainest first.
    fn files_called(&mut self, file: FileId, name: &str) -> Arc<[FileId]> {
        if let Some(known) = self.named_files.get(&(file, name.to_string())) {
            return known.clone();
        }
        let loaded = self.loaded_from_folder(file);
        self.judged_by_name.extend(&loaded);
        let mut found: Vec<(u8, FileId)> =
            loaded.into_iter().filter(|&other| other != file).filter_map(|other| Some((self.is_called(other, name)?, other))).collect();
        found.sort_unstable();
        let files: Arc<[FileId]> = found.into_iter().map(|(_, other)| other).collect();
        self.named_files.insert((file, name.to_string()), files.clone());
        files
    }

    fn loaded_from_folder(&self, file: FileId) -> Vec<FileId> {
        let facts = &self.facts[file.index()];
        let globs = facts.imports.iter().map(|import| facts.text(import.specifier)).filter(|specifier| specifier.contains('*'));
        let mut found = Vec::new();
        for glob in globs {
            if let Matches::Files(files) = self.modules.typescript.matching(file, glob) {
                found.extend(files);
            }
        }
        found
    }

    /// How plainly a file has a name: as its own, as that of a class, or in a text such as that of `define('User', …)`.
    fn is_called(&self, file: FileId, name: &str) -> Option<u8> {
        let facts = &self.facts[file.index()];
        let path = &self.project.files[file.index()].path;
        let stem = path.rsplit('/').next().and_then(|last| last.split('.').next()).unwrap_or_default();
        let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
        if plain(stem) == plain(name) {
            return Some(0);
        }
        if facts.definitions().any(|(_, def)| def.kind == DefKind::Class && facts.text(def.name) == name) {
            return Some(1);
        }
        facts.arena.ids().any(|node| facts.string(node) == Some(name)).then_some(2)
    }
}
