//! New facts of an edited file, written into its old ones: what did not change keeps its definition, its node and its name, so that everything that was
//! found out about those (values, calls, summaries) stays true of them.
//!
//! Two trees are compared from the roots of each definition. A node that says the same keeps its number, as does one whose children alone differ;
//! what is new gets numbers after all others, and what is gone becomes nothing. So numbers no longer rise with the text: nothing may rest on that but
//! the look at everything that follows.

use rustc_hash::FxHashMap;

use crate::model::body::{Arena, List, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, Definition, FileFacts, Interner, Name, Param};
use crate::model::query::QueryMatch;
use crate::model::source::Span;

/// Deepest nesting that is compared.
const DEEPEST: u32 = 4000;

/// An edited file on the numbers of what it was.
pub(super) struct Graft {
    pub(super) facts: FileFacts,
    /// Functions, modules and classes in which code changed, and variables and attributes with other values, in order.
    pub(super) changed: Vec<DefId>,
    /// Where the places of nodes, parameters, names and imports went.
    pub(super) moved: FxHashMap<Span, Span>,
}

/// Writes `new` into `old`. `None` when more changed than the code of functions: what others can see of the file.
pub(super) fn graft(old: &FileFacts, new: &FileFacts) -> Option<Graft> {
    if !same_outside(old, new) {
        return None;
    }
    let mut join = Join::new(old, new);
    let changed = join.definitions()?;
    for (before, now) in old.exports.iter().zip(&new.exports) {
        if !join.merge(before.value, now.value, 0)? {
            return None;
        }
    }
    // Nodes below no definition count for who looks at every node of a file.
    for node in new.arena.ids() {
        join.fresh(node, 0)?;
    }
    // Many edits without a look at everything in between: what is gone is most of it.
    if join.next as usize > 2 * new.arena.len() + 4096 {
        return None;
    }
    Some(join.finish(changed))
}

/// Imports and exports, and which definitions there are.
fn same_outside(old: &FileFacts, new: &FileFacts) -> bool {
    let name = |a: Name, b: Name| old.text(a) == new.text(b);
    let names = |a: Option<Name>, b: Option<Name>| match (a, b) {
        (Some(a), Some(b)) => name(a, b),
        (a, b) => a.is_none() && b.is_none(),
    };
    let imports = old.imports.len() == new.imports.len()
        && old.imports.iter().zip(&new.imports).all(|(a, b)| {
            use crate::model::facts::ImportItem::Named;
            let item = match (a.item, b.item) {
                (Named(a), Named(b)) => name(a, b),
                (a, b) => std::mem::discriminant(&a) == std::mem::discriminant(&b),
            };
            let flags = (a.level, a.kind, a.re_export, a.conditional, a.erasable, a.scope)
                == (b.level, b.kind, b.re_export, b.conditional, b.erasable, b.scope);
            item && flags && name(a.specifier, b.specifier) && names(a.local, b.local)
        });
    let exports = old.exports.len() == new.exports.len() && old.exports.iter().zip(&new.exports).all(|(a, b)| name(a.exported, b.exported));
    let mods = old.mods.len() == new.mods.len()
        && old
            .mods
            .iter()
            .zip(&new.mods)
            .all(|(a, b)| name(a.name, b.name) && names(a.path, b.path) && (a.scope, a.test, a.public) == (b.scope, b.test, b.public));
    let all = match (&old.all, &new.all) {
        (Some(a), Some(b)) => a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| name(a, b)),
        (a, b) => a.is_none() && b.is_none(),
    };
    let defs = old.defs.len() == new.defs.len()
        && old.defs.iter().zip(&new.defs).all(|(a, b)| (a.kind, a.flags, a.parent) == (b.kind, b.flags, b.parent) && name(a.name, b.name));
    // Of a part of a file less is known than of the whole.
    let reading = (old.language, old.is_outline, old.for_browsers) == (new.language, new.is_outline, new.for_browsers);
    reading && imports && exports && mods && all && defs
}

struct Join<'f> {
    old: &'f FileFacts,
    new: &'f FileFacts,
    names: Interner,
    /// By new node, its number here.
    to: Vec<Option<NodeId>>,
    /// By new node: it, and all below it, says what it said.
    same: Vec<bool>,
    /// By old node: it goes on.
    taken: Vec<bool>,
    next: u32,
}

impl<'f> Join<'f> {
    fn new(old: &'f FileFacts, new: &'f FileFacts) -> Join<'f> {
        Join {
            old,
            new,
            names: Interner::after(&old.names),
            to: vec![None; new.arena.len()],
            same: vec![false; new.arena.len()],
            taken: vec![false; old.arena.len()],
            next: old.arena.len() as u32,
        }
    }

    /// What holds the code or the value that changed; `None` when anything else did.
    fn definitions(&mut self) -> Option<Vec<DefId>> {
        let mut changed = Vec::new();
        for ((id, before), now) in self.old.definitions().zip(&self.new.defs) {
            let inner = self.is_inside_function(before.parent);
            let (a, b) = (interface(before), interface(now));
            let mut same = a.len() == b.len() && before.params.len() == now.params.len() && shapes(before) == shapes(now);
            same &= before.params.iter().zip(&now.params).all(|(a, b)| self.same_param(a, b));
            same &= before.type_params.iter().zip(&now.type_params).all(|(a, b)| self.same_names(a.name, b.name));
            for (a, b) in a.into_iter().zip(b) {
                same &= self.merge(a, b, 0)?;
            }
            let is_function = matches!(before.kind, DefKind::Function | DefKind::Method);
            if !(same || inner && is_function) {
                return None;
            }
            for (before, now) in [(before.body, now.body), (before.value, now.value)] {
                match (before, now) {
                    (Some(a), Some(b)) => same &= self.merge(a, b, 0)?,
                    (None, None) => {}
                    _ => return None,
                }
            }
            if same {
                continue;
            }
            let is_data = matches!(before.kind, DefKind::Module | DefKind::Class | DefKind::Variable | DefKind::Field);
            if !is_function && (inner || !is_data) {
                return None;
            }
            changed.push(id);
        }
        Some(changed)
    }

    fn is_inside_function(&self, mut at: DefId) -> bool {
        for _ in 0..64 {
            let def = self.old.def(at);
            if matches!(def.kind, DefKind::Function | DefKind::Method) {
                return true;
            }
            if at == DefId::MODULE {
                return false;
            }
            at = def.parent;
        }
        false
    }

    fn same_param(&self, a: &Param, b: &Param) -> bool {
        a.kind == b.kind && self.same_names(a.name, b.name)
    }

    fn same_names(&self, a: Option<Name>, b: Option<Name>) -> bool {
        match (a, b) {
            (Some(a), Some(b)) => self.old.text(a) == self.new.text(b),
            (a, b) => a.is_none() && b.is_none(),
        }
    }

    /// Gives a new node the number of an old one where both say the same of themselves. True when all below is the same too; `None` when nested too deeply.
    fn merge(&mut self, old: NodeId, new: NodeId, depth: u32) -> Option<bool> {
        if let Some(known) = self.to[new.index()] {
            return Some(known == old && self.same[new.index()]);
        }
        if depth > DEEPEST {
            return None;
        }
        if self.taken[old.index()] || !self.same_head(old, new) {
            self.fresh(new, depth)?;
            return Some(false);
        }
        self.taken[old.index()] = true;
        self.to[new.index()] = Some(old);
        let (before, now) = (children(&self.old.arena, old), children(&self.new.arena, new));
        let mut same = before.len() == now.len();
        if same {
            for (&before, &now) in before.iter().zip(&now) {
                same &= self.merge(before, now, depth + 1)?;
            }
        } else {
            let most = before.len().min(now.len());
            let first = (0..most).take_while(|&at| self.equal(before[at], now[at], depth)).count();
            let last =
                (0..most - first).take_while(|&at| self.equal(before[before.len() - 1 - at], now[now.len() - 1 - at], depth)).count();
            for at in 0..first {
                self.merge(before[at], now[at], depth + 1)?;
            }
            for at in 0..last {
                self.merge(before[before.len() - 1 - at], now[now.len() - 1 - at], depth + 1)?;
            }
            for &node in &now[first..now.len() - last] {
                self.fresh(node, depth + 1)?;
            }
        }
        self.same[new.index()] = same;
        Some(same)
    }

    /// Gives a node and what is below it numbers of their own.
    fn fresh(&mut self, node: NodeId, depth: u32) -> Option<()> {
        if self.to[node.index()].is_some() {
            return Some(());
        }
        if depth > DEEPEST {
            return None;
        }
        self.to[node.index()] = Some(NodeId(std::num::NonZeroU32::new(self.next)?));
        self.next += 1;
        children(&self.new.arena, node).into_iter().try_for_each(|child| self.fresh(child, depth + 1))
    }

    fn equal(&self, old: NodeId, new: NodeId, depth: u32) -> bool {
        if depth > DEEPEST || !self.same_head(old, new) {
            return false;
        }
        let (before, now) = (children(&self.old.arena, old), children(&self.new.arena, new));
        before.len() == now.len() && before.iter().zip(&now).all(|(&before, &now)| self.equal(before, now, depth + 1))
    }

    /// Two nodes are of one kind, and say the same but for their children.
    fn same_head(&self, old: NodeId, new: NodeId) -> bool {
        let (before, now) = (self.old.arena.kind(old), self.new.arena.kind(new));
        if std::mem::discriminant(&before) != std::mem::discriminant(&now) {
            return false;
        }
        let (mut a, mut b) = (Vec::new(), Vec::new());
        let bare = |kind: NodeKind, names: &mut Vec<Name>| {
            let mut name = |name| {
                names.push(name);
                Name(0)
            };
            kind.map(&mut name, &mut |_| old, &mut |_| List::EMPTY)
        };
        bare(before, &mut a) == bare(now, &mut b) && a.iter().zip(&b).all(|(&a, &b)| self.old.text(a) == self.new.text(b))
    }

    fn name(&mut self, name: Name) -> Name {
        self.names.intern(self.new.text(name))
    }

    fn node(&self, node: NodeId) -> NodeId {
        // Every node of the new arena has a number by now.
        self.to[node.index()].unwrap_or(node)
    }

    fn finish(mut self, changed: Vec<DefId>) -> Graft {
        let moved = self.moved();
        let arena = self.arena();
        let new = self.new;
        let defs = new.defs.iter().map(|def| self.definition(def)).collect();
        let imports = new.imports.iter().map(|import| {
            use crate::model::facts::{Import, ImportItem};
            let item = match import.item {
                ImportItem::Named(name) => ImportItem::Named(self.name(name)),
                item => item,
            };
            Import { specifier: self.name(import.specifier), item, local: import.local.map(|name| self.name(name)), ..import.clone() }
        });
        let imports = imports.collect();
        let mut exports = new.exports.clone();
        for export in &mut exports {
            (export.exported, export.value) = (self.name(export.exported), self.node(export.value));
        }
        let mut mods = new.mods.clone();
        for module in &mut mods {
            (module.name, module.path) = (self.name(module.name), module.path.map(|name| self.name(name)));
        }
        let mut comments = new.comments.clone();
        for comment in &mut comments {
            comment.text = self.name(comment.text);
        }
        let all = new.all.as_ref().map(|names| names.iter().map(|&name| self.name(name)).collect());
        let matches: Vec<QueryMatch> = new.matches.clone();
        let facts = FileFacts {
            language: new.language,
            names: self.names.finish(),
            arena,
            defs,
            imports,
            exports,
            mods,
            all,
            comments,
            remarks: new.remarks.clone(),
            matches,
            lines: new.lines,
            code_starts: new.code_starts.clone(),
            problems: new.problems.clone(),
            for_browsers: new.for_browsers,
            is_markup: new.is_markup,
            is_outline: new.is_outline,
        };
        Graft { facts, changed, moved }
    }

    fn arena(&mut self) -> Arena {
        let new = self.new;
        let mut by_number: Vec<Option<NodeId>> = vec![None; self.next as usize];
        for node in new.arena.ids() {
            by_number[self.node(node).index()] = Some(node);
        }
        let mut arena = Arena::default();
        let to = std::mem::take(&mut self.to);
        let place = |node: NodeId| to[node.index()].unwrap_or(node);
        for node in by_number.into_iter().skip(1) {
            let Some(node) = node else {
                arena.push(NodeKind::Null, Span::default());
                continue;
            };
            let mut lists = |list: List| {
                let items: Vec<NodeId> = new.arena.list(list).map(place).collect();
                arena.push_list(&items)
            };
            let kind = new.arena.kind(node).map(&mut |name| self.names.intern(new.text(name)), &mut |child| place(child), &mut lists);
            arena.push(kind, new.arena.span(node));
        }
        self.to = to;
        arena
    }

    fn definition(&mut self, def: &Definition) -> Definition {
        let nodes = |join: &Join, nodes: &[NodeId]| nodes.iter().map(|&node| join.node(node)).collect::<Vec<_>>();
        let mut own = def.clone();
        own.name = self.name(def.name);
        own.decorators = nodes(self, &def.decorators);
        own.bases = nodes(self, &def.bases);
        own.implements = nodes(self, &def.implements);
        own.annotation = def.annotation.map(|node| self.node(node));
        own.body = def.body.map(|node| self.node(node));
        own.value = def.value.map(|node| self.node(node));
        for param in &mut own.params {
            param.name = param.name.map(|name| self.name(name));
            param.pattern = param.pattern.map(|node| self.node(node));
            param.annotation = param.annotation.map(|node| self.node(node));
            param.default = param.default.map(|node| self.node(node));
            param.decorators = nodes(self, &param.decorators);
        }
        for param in &mut own.type_params {
            param.name = param.name.map(|name| self.name(name));
            param.bounds = nodes(self, &param.bounds);
        }
        own
    }

    fn moved(&self) -> FxHashMap<Span, Span> {
        let (old, new) = (self.old, self.new);
        let mut moved = FxHashMap::default();
        for node in new.arena.ids() {
            let at = self.node(node);
            if at.index() < self.taken.len() && self.taken[at.index()] {
                moved.insert(old.arena.span(at), new.arena.span(node));
            }
        }
        // Of several things at one place, the name says best where it went.
        moved.extend(old.imports.iter().zip(&new.imports).map(|(a, b)| (a.span, b.span)));
        for (a, b) in old.defs.iter().zip(&new.defs) {
            moved.insert(a.span, b.span);
            moved.extend(a.params.iter().zip(&b.params).map(|(a, b)| (a.span, b.span)));
        }
        moved.extend(old.defs.iter().zip(&new.defs).map(|(a, b)| (a.name_span, b.name_span)));
        moved
    }
}

fn children(arena: &Arena, node: NodeId) -> Vec<NodeId> {
    let mut found = Vec::new();
    arena.children(node, |child| found.push(child));
    found
}

/// The nodes of a definition but for its code and its value, in a fixed order.
fn interface(def: &Definition) -> Vec<NodeId> {
    let params = def
        .params
        .iter()
        .flat_map(|param| param.pattern.into_iter().chain(param.annotation).chain(param.default).chain(param.decorators.iter().copied()));
    let lists = def.decorators.iter().chain(&def.bases).chain(&def.implements).copied();
    let bounds = def.type_params.iter().flat_map(|param| param.bounds.iter().copied());
    lists.chain(params).chain(def.annotation).chain(bounds).collect()
}

/// How many nodes of each kind [`interface`] lists.
fn shapes(def: &Definition) -> Vec<usize> {
    let mut counts = vec![def.decorators.len(), def.bases.len(), def.implements.len(), def.type_params.len()];
    counts.extend([def.annotation.is_some(), def.value.is_some()].map(usize::from));
    counts.extend(def.type_params.iter().map(|param| param.bounds.len()));
    for param in &def.params {
        counts.extend([param.pattern.is_some(), param.annotation.is_some(), param.default.is_some()].map(usize::from));
        counts.push(param.decorators.len());
    }
    counts
}
