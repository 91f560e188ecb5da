//! The ids of modules and definitions, as their languages write them.
//!
//! Python and TypeScript: `package.module.Class.method` (a TypeScript module is its path without the extension, `/` → `.`). Rust:
//! `crate::module::Type::method`, and `crate::module::{impl Trait for Type}::method` for what a trait's `impl` holds. What has no name is
//! `<lambda1>`, `<arrow1>`, `<anonymous1>`, `<closure1>`: counted from 1 in the order of the source inside the function, class or module around it.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, Definition, FileFacts};
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::model::view::Thing;

/// Definitions nest at most so deep in a name.
const MAX_DEPTH: usize = 64;

/// The ids of a program's definitions.
pub(super) struct Ids<'p, 'a> {
    program: &'p Program<'a>,
    /// Of each file.
    modules: Vec<String>,
    /// Position among the nameless of its scope, from 1.
    numbers: FxHashMap<GlobalDef, u32>,
}

impl<'p, 'a> Ids<'p, 'a> {
    pub(super) fn new(program: &'p Program<'a>) -> Ids<'p, 'a> {
        let modules = module_ids(program);
        let mut numbers = FxHashMap::default();
        for file in (0..program.facts.len() as u32).map(FileId) {
            let facts = program.file(file);
            let mut nameless: Vec<(DefId, &Definition)> = facts.definitions().filter(|(_, def)| is_nameless(facts, def)).collect();
            nameless.sort_by_key(|(_, def)| (def.parent, def.span.start));
            let (mut scope, mut number) = (None, 0);
            for (id, def) in nameless {
                number = if scope == Some(def.parent) { number + 1 } else { 1 };
                scope = Some(def.parent);
                numbers.insert(GlobalDef { file, def: id }, number);
            }
        }
        Ids { program, modules, numbers }
    }

    /// The id of any definition.
    pub(super) fn of(&self, id: GlobalDef) -> String {
        let facts = self.program.file(id.file);
        let mut parts = Vec::new();
        let mut at = id.def;
        while at != DefId::MODULE && parts.len() < MAX_DEPTH {
            parts.push(self.part(GlobalDef { file: id.file, def: at }));
            at = facts.def(at).parent;
        }
        parts.push(self.modules[id.file.index()].clone());
        parts.reverse();
        parts.join(separator(facts))
    }

    fn part(&self, id: GlobalDef) -> String {
        let facts = self.program.file(id.file);
        let def = facts.def(id.def);
        if let Some(number) = self.numbers.get(&id) {
            let word = match facts.language.family() {
                Family::Python => "lambda",
                Family::Rust => "closure",
                Family::TypeScript if def.flags.has(DefFlags::ARROW) => "arrow",
                Family::TypeScript => "anonymous",
            };
            return format!("<{word}{number}>");
        }
        match (def.kind, def.bases.as_slice()) {
            (DefKind::Impl, [of, provided, ..]) => {
                // `use a::Trait as Other;` does not rename the trait.
                let name = |node| match self.program.value(id.file, node) {
                    Value::Def(def) => self.program.name(def),
                    _ => last_name(facts, node).unwrap_or("_"),
                };
                format!("{{impl {} for {}}}", name(*provided), name(*of))
            }
            _ => facts.text(def.name).to_string(),
        }
    }
}

/// What a definition is, if it is something that can call or be called.
pub(super) fn thing(facts: &FileFacts, def: &Definition) -> Option<Thing> {
    Some(match def.kind {
        DefKind::Module => Thing::Module,
        DefKind::Class | DefKind::Struct | DefKind::Enum | DefKind::Interface | DefKind::Trait => Thing::Class,
        DefKind::Function if def.flags.has(DefFlags::ARROW) => Thing::Arrow,
        DefKind::Function if is_nameless(facts, def) => Thing::Lambda,
        DefKind::Function => Thing::Function,
        DefKind::Method => Thing::Method,
        DefKind::Impl | DefKind::Field | DefKind::Variant | DefKind::Variable | DefKind::TypeAlias | DefKind::Macro => return None,
    })
}

/// `::` or `.`.
pub(super) fn separator(facts: &FileFacts) -> &'static str {
    if facts.language.family() == Family::Rust { "::" } else { "." }
}

fn is_nameless(facts: &FileFacts, def: &Definition) -> bool {
    def.flags.has(DefFlags::CLOSURE) && facts.text(def.name).starts_with('<')
}

/// `Vec` of `std::vec::Vec<T>`.
fn last_name(facts: &FileFacts, node: NodeId) -> Option<&str> {
    match facts.arena.kind(node) {
        NodeKind::Name(name) | NodeKind::Member { name, .. } => Some(facts.text(name)),
        NodeKind::Apply { base, .. } => last_name(facts, base),
        _ => None,
    }
}

/// Each file's module path; where two files would have the same, the later one has its own path, extension and all.
fn module_ids(program: &Program) -> Vec<String> {
    let mut taken: FxHashSet<String> = FxHashSet::default();
    let mut ids = Vec::with_capacity(program.facts.len());
    for (at, name) in program.modules.iter().enumerate() {
        let file = FileId(at as u32);
        let dotted = |path: &str| path.trim_start_matches("./").replace('/', ".");
        let id = match program.file(file).language.family() {
            Family::TypeScript => dotted(name),
            _ => name.clone(),
        };
        let id = if id.is_empty() || taken.contains(&id) { dotted(program.path(file)) } else { id };
        taken.insert(id.clone());
        ids.push(id);
    }
    ids
}
