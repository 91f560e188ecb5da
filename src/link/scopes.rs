//! Which names stand in which scope: definitions, imports, members of classes. Static, before any evaluation.

use rustc_hash::FxHashMap;

use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, ImportItem};
use crate::model::role::GlobalDef;

/// What the `impl` blocks of a type declare, by name: (block, member), in the order of the blocks.
pub(super) type MembersByName<'a> = FxHashMap<&'a str, Vec<(GlobalDef, DefId)>>;

/// What a name is bound to by a definition or an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binding {
    Def(DefId),
    /// Index into `FileFacts::imports`.
    Import(u32),
}

/// The names of one scope (a module, an inline module, a function).
#[derive(Default)]
pub(super) struct Scope<'a> {
    names: FxHashMap<&'a str, Binding>,
    /// Names that are types only (interfaces, type aliases), where a value has the same name.
    types: FxHashMap<&'a str, DefId>,
    /// Star imports, in order.
    pub(super) stars: Vec<u32>,
}

/// All scopes and member tables of one file.
#[derive(Default)]
pub(super) struct FileScopes<'a> {
    scopes: FxHashMap<DefId, Scope<'a>>,
    members: FxHashMap<DefId, FxHashMap<&'a str, DefId>>,
    /// TypeScript: what other files can import, by exported name: index into `FileFacts::exports`, or re-exporting imports.
    pub(super) exports: FxHashMap<&'a str, u32>,
    pub(super) re_exports: FxHashMap<&'a str, u32>,
    pub(super) star_re_exports: Vec<u32>,
    /// TypeScript: exported definitions by name.
    pub(super) exported: FxHashMap<&'a str, DefId>,
    /// Rust `impl` blocks of the file.
    pub(super) impls: Vec<DefId>,
}

impl<'a> FileScopes<'a> {
    /// The binding of a value name in exactly this scope.
    pub(super) fn name(&self, scope: DefId, name: &str) -> Option<Binding> {
        self.scopes.get(&scope)?.names.get(name).copied()
    }

    /// The binding of a type name in exactly this scope.
    pub(super) fn type_name(&self, scope: DefId, name: &str) -> Option<Binding> {
        let scope = self.scopes.get(&scope)?;
        scope.types.get(name).map(|&def| Binding::Def(def)).or_else(|| scope.names.get(name).copied())
    }

    pub(super) fn stars(&self, scope: DefId) -> &[u32] {
        self.scopes.get(&scope).map_or(&[], |scope| &scope.stars)
    }

    /// A member a class (or `impl` block, enum, interface) declares itself.
    pub(super) fn member(&self, class: DefId, name: &str) -> Option<DefId> {
        self.members.get(&class)?.get(name).copied()
    }

    /// Everything a class (or `impl` block, enum, interface) declares itself, in the order of the source.
    pub(super) fn members(&self, class: DefId) -> Vec<(&'a str, DefId)> {
        let mut members: Vec<(&'a str, DefId)> = self.members.get(&class).into_iter().flatten().map(|(&name, &def)| (name, def)).collect();
        members.sort_unstable_by_key(|(_, def)| *def);
        members
    }

    /// Reads the scopes of a file off its facts.
    pub(super) fn of(facts: &'a FileFacts) -> FileScopes<'a> {
        let mut scopes = FileScopes::default();
        for (id, def) in facts.definitions().skip(1) {
            let name = facts.text(def.name);
            match def.kind {
                DefKind::Method | DefKind::Field | DefKind::Variant => scopes.add_member(facts, def.parent, name, id),
                DefKind::Impl => scopes.impls.push(id),
                _ if def.flags.has(DefFlags::CLOSURE) => {}
                DefKind::Macro => scopes.add_name(facts, def.parent, name, id),
                _ => {
                    scopes.add_name(facts, def.parent, name, id);
                    if is_class_like(facts.def(def.parent).kind) {
                        scopes.add_member(facts, def.parent, name, id);
                    }
                }
            }
            if def.parent == DefId::MODULE && def.flags.has(DefFlags::PUBLIC) {
                let exported = if def.flags.has(DefFlags::DEFAULT_EXPORT) { "default" } else { name };
                let better = scopes.exported.get(exported).is_none_or(|&old| weight(facts, old) < weight(facts, id));
                if better {
                    scopes.exported.insert(exported, id);
                }
            }
        }
        for (at, import) in facts.imports.iter().enumerate() {
            let at = at as u32;
            if import.re_export && facts.language.family() == crate::model::source::Family::TypeScript {
                match (import.item, import.local) {
                    (ImportItem::Star, None) => scopes.star_re_exports.push(at),
                    (_, Some(local)) => {
                        scopes.re_exports.insert(facts.text(local), at);
                    }
                    _ => {}
                }
                continue;
            }
            let scope = scopes.scopes.entry(import.scope).or_default();
            match import.local {
                Some(local) => {
                    let entry = scope.names.entry(facts.text(local));
                    let replace = match &entry {
                        std::collections::hash_map::Entry::Occupied(known) => match *known.get() {
                            // `try: import x; except: x = None` and type-only twins: the import says more.
                            Binding::Def(def) => matches!(facts.def(def).kind, DefKind::Variable | DefKind::TypeAlias),
                            Binding::Import(_) => false,
                        },
                        std::collections::hash_map::Entry::Vacant(_) => true,
                    };
                    if replace {
                        entry.insert_entry(Binding::Import(at));
                    }
                }
                None if import.item == ImportItem::Star => scope.stars.push(at),
                None => {}
            }
        }
        for (at, export) in facts.exports.iter().enumerate() {
            scopes.exports.insert(facts.text(export.exported), at as u32);
        }
        scopes
    }

    fn add_name(&mut self, facts: &'a FileFacts, parent: DefId, name: &'a str, id: DefId) {
        let scope = self.scopes.entry(parent).or_default();
        if matches!(facts.def(id).kind, DefKind::Interface | DefKind::TypeAlias) {
            scope.types.insert(name, id);
        }
        let better = match scope.names.get(name) {
            Some(&Binding::Def(old)) => weight(facts, old) <= weight(facts, id),
            _ => true,
        };
        if better {
            scope.names.insert(name, Binding::Def(id));
        }
    }

    fn add_member(&mut self, facts: &'a FileFacts, parent: DefId, name: &'a str, id: DefId) {
        let members = self.members.entry(parent).or_default();
        // Overload signatures and setters lose against the one with code.
        let better = members.get(name).is_none_or(|&old| weight(facts, old) < weight(facts, id));
        if better {
            members.insert(name, id);
        }
    }
}

/// Among definitions of one name, the one that says most wins.
fn weight(facts: &FileFacts, id: DefId) -> u8 {
    let def = facts.def(id);
    match def.kind {
        DefKind::Class | DefKind::Struct | DefKind::Enum | DefKind::Trait | DefKind::Module => 6,
        DefKind::Function | DefKind::Method if def.flags.has(DefFlags::GETTER) => 6,
        DefKind::Function | DefKind::Method if def.body.is_some() => 5,
        DefKind::Function | DefKind::Method => 3,
        DefKind::Variable | DefKind::Field if def.value.is_some() => 4,
        DefKind::Variable | DefKind::Field => 3,
        DefKind::Interface => 2,
        _ => 1,
    }
}

/// True for kinds that have members.
pub(super) fn is_class_like(kind: DefKind) -> bool {
    matches!(kind, DefKind::Class | DefKind::Struct | DefKind::Enum | DefKind::Interface | DefKind::Trait | DefKind::Impl)
}
