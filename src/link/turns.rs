//! Loops over lists that are written out: `[{ path: "/users", route: users }].forEach((it) => router.use(it.path, it.route))`.
//!
//! A call in such a loop is one call for each item. What of the item an argument takes is seen only in the plain forms: a member, an index,
//! a name that takes the item apart.

use super::evaluate::Linker;
use super::modules::Target;
use super::origins::Origins;
use super::scopes::Binding;
use crate::model::body::{BinaryOp, CollectionKind, LoopKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, ImportItem, Name};
use crate::model::role::GlobalDef;
use crate::model::source::FileId;

/// Longest list.
const MOST: usize = 400;
/// Longest chain of names behind a list.
const DEEPEST: u8 = 8;

/// A node and its file.
pub(super) type Placed = (FileId, NodeId);

/// The loop around a call.
pub(super) struct Turns {
    target: Option<NodeId>,
    param: Option<Name>,
    pub(super) items: Vec<Placed>,
}

/// What of an item an expression takes.
enum Part<'a> {
    Whole,
    Field(&'a str),
    At(usize),
}

impl Origins {
    /// The loop a call stands in, if some of its arguments take parts of an item of a list that is written out.
    pub(super) fn turns(&mut self, linker: &mut Linker, file: FileId, call: NodeId, args: &[NodeId]) -> Option<Turns> {
        let nesting = self.nesting(linker, file);
        let facts = &linker.facts[file.index()];
        let is_part = |node: NodeId| match facts.arena.kind(node) {
            NodeKind::Argument { value, .. } => {
                matches!(facts.arena.kind(value), NodeKind::Member { .. } | NodeKind::Index { .. } | NodeKind::Name(_))
            }
            kind => matches!(kind, NodeKind::Member { .. } | NodeKind::Index { .. } | NodeKind::Name(_)),
        };
        if !args.iter().any(|&arg| is_part(arg)) {
            return None;
        }
        let mut found: Option<(Option<NodeId>, Option<Name>, NodeId)> = None;
        for at in nesting.around(call) {
            if let NodeKind::Loop { kind: LoopKind::ForEach, target: Some(target), source: Some(source), .. } = facts.arena.kind(at) {
                found = Some((Some(target), None, source));
                break;
            }
        }
        if found.is_none() {
            let owner = nesting.owner(call);
            let def = facts.def(owner);
            let place = nesting.place(owner).filter(|_| def.flags.has(DefFlags::CLOSURE))?;
            let (outer, position) = nesting.argument_of(facts, place)?;
            let NodeKind::Call { callee, .. } = facts.arena.kind(outer) else { return None };
            let NodeKind::Member { object, name, .. } = facts.arena.kind(callee) else { return None };
            if position != 0 || !matches!(facts.text(name), "forEach" | "map" | "for_each") {
                return None;
            }
            let param = def.params.first()?;
            found = Some((param.pattern, param.name, object));
        }
        let (target, param, source) = found?;
        let mut turns = Turns { target, param, items: Vec::new() };
        if !args.iter().any(|&arg| turns.part(linker, file, arg).is_some()) {
            return None;
        }
        self.items(linker, file, source, DEEPEST, &mut turns.items);
        (!turns.items.is_empty() && turns.items.len() <= MOST).then_some(turns)
    }

    /// The items of a list: written out, named, added up.
    fn items(&mut self, linker: &mut Linker, file: FileId, node: NodeId, depth: u8, out: &mut Vec<Placed>) {
        if depth == 0 || out.len() > MOST {
            return;
        }
        let facts = &linker.facts[file.index()];
        match facts.arena.kind(node) {
            NodeKind::Collection { kind: CollectionKind::List | CollectionKind::Tuple, items } => {
                for item in facts.arena.list(items) {
                    match facts.arena.kind(item) {
                        NodeKind::Spread { value, .. } => self.items(linker, file, value, depth - 1, out),
                        _ => out.push((file, item)),
                    }
                }
            }
            NodeKind::Cast { value, .. } => self.items(linker, file, value, depth - 1, out),
            NodeKind::Binary { left, right, op: BinaryOp::Add } => {
                self.items(linker, file, left, depth - 1, out);
                self.items(linker, file, right, depth - 1, out);
            }
            NodeKind::Name(name) => {
                for (file, value) in self.values_of(linker, file, node, name) {
                    self.items(linker, file, value, depth - 1, out);
                }
            }
            _ => {}
        }
    }

    /// The one value a name is given.
    fn values_of(&mut self, linker: &mut Linker, file: FileId, node: NodeId, name: Name) -> Vec<Placed> {
        let facts = &linker.facts[file.index()];
        let mut at = self.nesting(linker, file).owner(node);
        for _ in 0..64 {
            let locals = self.locals(linker, GlobalDef { file, def: at });
            if let Some(values) = locals.get(&name).filter(|_| at != DefId::MODULE) {
                return if values.len() == 1 { vec![(file, values[0])] } else { Vec::new() };
            }
            let bound = match linker.scopes[file.index()].name(at, facts.text(name)) {
                Some(Binding::Def(def)) => Some(GlobalDef { file, def }),
                Some(Binding::Import(import)) => {
                    let ImportItem::Named(wanted) = facts.imports[import as usize].item else { return Vec::new() };
                    let Target::Module(module) = linker.import_targets[file.index()][import as usize].clone() else { return Vec::new() };
                    linker.variable_in(module, facts.text(wanted), 0)
                }
                None => None,
            };
            if let Some(def) = bound {
                let value = linker.facts[def.file.index()].def(def.def).value;
                return value.map(|value| (def.file, value)).into_iter().collect();
            }
            if at == DefId::MODULE {
                break;
            }
            at = facts.def(at).parent;
        }
        Vec::new()
    }
}

impl Turns {
    /// The node an argument stands for in one turn; itself when it takes nothing of the item. `None` when the item lacks it.
    pub(super) fn in_turn(&self, linker: &Linker, file: FileId, node: NodeId, item: Placed) -> Option<Placed> {
        let Some(part) = self.part(linker, file, node) else { return Some((file, node)) };
        if matches!(part, Part::Whole) {
            return Some(item);
        }
        let facts = &linker.facts[item.0.index()];
        let NodeKind::Collection { kind, items } = facts.arena.kind(item.1) else { return None };
        let found = match (part, kind) {
            (Part::Field(field), CollectionKind::Dict) => facts.arena.list(items).find_map(|entry| match facts.arena.kind(entry) {
                NodeKind::Entry { key, value } if facts.string(key) == Some(field) => Some(value),
                _ => None,
            }),
            (Part::At(at), CollectionKind::List | CollectionKind::Tuple) => facts.arena.list(items).nth(at),
            _ => None,
        };
        found.map(|node| (item.0, node))
    }

    fn part<'a>(&self, linker: &Linker<'a>, file: FileId, node: NodeId) -> Option<Part<'a>> {
        let facts = &linker.facts[file.index()];
        let is_item = |object: NodeId| {
            let NodeKind::Name(name) = facts.arena.kind(object) else { return false };
            self.param == Some(name) || self.target.is_some_and(|target| facts.arena.kind(target) == NodeKind::Name(name))
        };
        match facts.arena.kind(node) {
            NodeKind::Argument { value, .. } => self.part(linker, file, value),
            NodeKind::Member { object, name, .. } if is_item(object) => Some(Part::Field(facts.text(name))),
            NodeKind::Index { object, index } if is_item(object) => match facts.arena.kind(index) {
                NodeKind::Number(number) => facts.text(number).parse().ok().map(Part::At),
                NodeKind::Str(key) => Some(Part::Field(facts.text(key))),
                _ => None,
            },
            NodeKind::Name(_) if is_item(node) => Some(Part::Whole),
            NodeKind::Name(name) => {
                let NodeKind::Collection { kind, items } = facts.arena.kind(self.target?) else { return None };
                let names = |node: NodeId| facts.arena.kind(node) == NodeKind::Name(name);
                facts.arena.list(items).enumerate().find_map(|(at, item)| match (kind, facts.arena.kind(item)) {
                    (_, NodeKind::Entry { key, value }) if names(value) => facts.string(key).map(Part::Field),
                    (CollectionKind::Dict, _) => None,
                    _ => names(item).then_some(Part::At(at)),
                })
            }
            _ => None,
        }
    }
}
