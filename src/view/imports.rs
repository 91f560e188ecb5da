//! The import graph: modules, and where each import of one by another stands.

use rustc_hash::FxHashMap;

use super::names::Ids;
use super::{Lines, finish, node, position};
use crate::model::coverage::Unresolved;
use crate::model::facts::{DefId, DefKind};
use crate::model::program::{ImportEdge, ImportTarget, Program, Resolution};
use crate::model::role::GlobalDef;
use crate::model::source::FileId;
use crate::model::view::{Cause, Edge, Node, Relation, Thing, View};

pub(super) fn view(program: &Program, lines: Lines) -> View {
    let ids = Ids::new(program);
    let mut nodes = Nodes { program, ids: &ids, lines, list: Vec::new(), modules: FxHashMap::default(), outside: FxHashMap::default() };
    for file in 0..program.facts.len() as u32 {
        nodes.module(GlobalDef { file: FileId(file), def: DefId::MODULE });
    }
    let (mut edges, mut unresolved) = (Vec::new(), Vec::new());
    for import in &program.imports {
        let (line, column) = position(lines, import.from, import.span);
        let from = enclosing_module(program, GlobalDef { file: import.from, def: import.scope });
        let to = match &import.target {
            ImportTarget::Module(module) if *module == from => continue,
            ImportTarget::Module(module) => nodes.module(*module),
            ImportTarget::External(path) => nodes.outside(path),
            ImportTarget::Unresolved(specifier) | ImportTarget::Generated(specifier) => {
                let (path, family) = (program.path(import.from).clone(), program.file(import.from).language.family());
                let generated = matches!(import.target, ImportTarget::Generated(_));
                unresolved.push(Unresolved { path, line, specifier: specifier.clone(), family, generated });
                continue;
            }
            ImportTarget::Folder(_) | ImportTarget::Asset => continue,
        };
        edges.push(Edge {
            from: nodes.module(from),
            to,
            path: program.path(import.from).clone(),
            line,
            column,
            cause: Cause::Import(import.kind),
            resolution: Resolution::Exact,
            re_export: import.re_export,
            definition: definition(program, &ids, import),
            broken: None,
        });
    }
    finish(View { relation: Relation::Imports, nodes: nodes.list, edges, unresolved })
}

/// The id of what is imported, if it is no module.
fn definition(program: &Program, ids: &Ids, import: &ImportEdge) -> Option<String> {
    let definition = import.definition?;
    (program.def(definition).kind != DefKind::Module).then(|| ids.of(definition))
}

/// The module a scope belongs to: the file's, or (Rust) an inline one.
fn enclosing_module(program: &Program, scope: GlobalDef) -> GlobalDef {
    let facts = program.file(scope.file);
    let mut at = scope.def;
    while at != DefId::MODULE && facts.def(at).kind != DefKind::Module {
        at = facts.def(at).parent;
    }
    GlobalDef { file: scope.file, def: at }
}

struct Nodes<'p, 'a> {
    program: &'p Program<'a>,
    ids: &'p Ids<'p, 'a>,
    lines: Lines<'p>,
    list: Vec<Node>,
    modules: FxHashMap<GlobalDef, u32>,
    outside: FxHashMap<String, u32>,
}

impl Nodes<'_, '_> {
    fn module(&mut self, module: GlobalDef) -> u32 {
        if let Some(&known) = self.modules.get(&module) {
            return known;
        }
        let at = self.list.len() as u32;
        let (line, column) = match module.def {
            DefId::MODULE => (0, 0),
            _ => position(self.lines, module.file, self.program.def(module).name_span),
        };
        self.list.push(node(self.program, module, self.ids.of(module), Thing::Module, (line, column)));
        self.modules.insert(module, at);
        at
    }

    fn outside(&mut self, path: &str) -> u32 {
        if let Some(&known) = self.outside.get(path) {
            return known;
        }
        let at = self.list.len() as u32;
        self.list.push(Node::external(path.to_string()));
        self.outside.insert(path.to_string(), at);
        at
    }
}
