//! Rust's ways from a name to a method: inherent before trait, `&self` before `&mut self`, traits in scope, `<T as Trait>::f`,
//! `Trait::f(&x)`, several `From` implementations, `Deref`, generic parameters by their bounds, fields of patterns.
//!
//! Reference: "Method-call expressions" and "Call expressions, disambiguating function calls" of the Rust Reference.

use super::evaluate::Linker;
use super::scopes::Binding;
use super::tables::UNKNOWN;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, Name, ParamKind};
use crate::model::program::{Value, ValueId};
use crate::model::role::GlobalDef;
use crate::model::source::Family;

/// Longest chain of `Deref` followed for one name.
const DEEPEST_DEREF: u8 = 4;

/// A method that a call may mean.
struct Candidate {
    method: GlobalDef,
    block: GlobalDef,
    of_trait: bool,
    /// Methods that borrow mutably are tried after those that do not.
    mutable: bool,
}

impl<'a> Linker<'a> {
    /// The project trait that an `impl` block is for.
    pub(super) fn trait_of(&mut self, block: GlobalDef) -> Option<GlobalDef> {
        if let Some(known) = self.block_traits.get(&block) {
            return *known;
        }
        self.block_traits.insert(block, None);
        let def = self.facts[block.file.index()].def(block.def);
        let of = *def.bases.get(1)?;
        let scope = GlobalDef { file: block.file, def: def.parent };
        let value = self.within(scope, |linker| linker.base_value(of));
        let found = match self.get(value) {
            Value::Instance { class, .. } => Some(class),
            _ => None,
        };
        self.block_traits.insert(block, found);
        found
    }

    /// The method that `value.name()` or `Type::name` means for a type of the project, among its `impl` blocks.
    pub(super) fn rust_method(&mut self, class: GlobalDef, name: &str) -> Option<GlobalDef> {
        let from = self.here();
        let mut found = self.candidates(class, name);
        if found.len() > 1 {
            found.retain(|candidate| candidate.of_trait || self.is_visible(candidate.method, from));
        }
        if found.iter().filter(|candidate| candidate.of_trait).count() > 1 {
            let in_scope: Vec<bool> = found
                .iter()
                .map(|candidate| match self.trait_of(candidate.block) {
                    Some(of) => self.is_trait_in_scope(of, from),
                    None => true,
                })
                .collect();
            if in_scope.contains(&true) {
                let mut keep = in_scope.into_iter();
                found.retain(|_| keep.next().unwrap_or(true));
            }
        }
        found.into_iter().min_by_key(|candidate| (candidate.mutable, candidate.of_trait)).map(|candidate| candidate.method)
    }

    /// Like [`Linker::rust_method`], for types: the members of a trait are its own first.
    pub(super) fn method_among_blocks(&mut self, class: GlobalDef, name: &str) -> Option<GlobalDef> {
        let is_type = self.family(class.file) == Family::Rust && self.kind_of(class) != DefKind::Trait;
        is_type.then(|| self.rust_method(class, name)).flatten()
    }

    /// The first type argument of the `impl` block around a method: `Repo` in `impl<T: Repo> Service<T>`.
    pub(super) fn impl_argument(&mut self) -> ValueId {
        let here = self.here();
        let facts = &self.facts[here.file.index()];
        let mut at = here.def;
        while at != DefId::MODULE && facts.def(at).kind != DefKind::Impl {
            at = facts.def(at).parent;
        }
        if at == DefId::MODULE {
            return UNKNOWN;
        }
        let Some(&base) = facts.def(at).implements.first().or(facts.def(at).bases.first()) else { return UNKNOWN };
        let NodeKind::Apply { .. } = facts.arena.kind(base) else { return UNKNOWN };
        let value = self.within(GlobalDef { file: here.file, def: at }, |linker| linker.type_value(base));
        match self.get(value) {
            Value::Instance { argument, .. } => argument,
            _ => UNKNOWN,
        }
    }

    fn candidates(&self, class: GlobalDef, name: &str) -> Vec<Candidate> {
        let mut found = Vec::new();
        for &(block, def) in self.members_of_impls(class, name) {
            let facts = &self.facts[block.file.index()];
            let definition = facts.def(def);
            if definition.kind == DefKind::Method {
                let of_trait = facts.def(block.def).bases.len() > 1;
                let mutable = definition.flags.has(DefFlags::MUTABLE_RECEIVER);
                found.push(Candidate { method: GlobalDef { file: block.file, def }, block, of_trait, mutable });
            }
        }
        found
    }

    /// True when a method may be named from a place: public, or private to a module around it.
    fn is_visible(&self, method: GlobalDef, from: GlobalDef) -> bool {
        if self.facts[method.file.index()].def(method.def).flags.has(DefFlags::PUBLIC) {
            return true;
        }
        let home = self.rust_module_of(method);
        let mut at = Some(self.rust_module_of(from));
        for _ in 0..256 {
            match at {
                Some(module) if module == home => return true,
                Some(module) => at = self.modules.rust.parent(module),
                None => return false,
            }
        }
        false
    }

    /// True when a trait is defined or imported (also `as _`, also by a glob) in the scopes around a place.
    fn is_trait_in_scope(&mut self, of: GlobalDef, from: GlobalDef) -> bool {
        let facts: &'a FileFacts = &self.facts[from.file.index()];
        let name = self.facts[of.file.index()].text(self.facts[of.file.index()].def(of.def).name);
        let wanted = self.value(Value::Def(of));
        let mut at = from.def;
        for _ in 0..256 {
            if of.file == from.file && self.facts[of.file.index()].def(of.def).parent == at {
                return true;
            }
            for (import, _) in facts.imports.iter().enumerate().filter(|(_, import)| import.scope == at) {
                if self.binding_value(from.file, Binding::Import(import as u32)) == wanted {
                    return true;
                }
            }
            for star in self.scopes[from.file.index()].stars(at).to_vec() {
                if self.star_member(from.file, star, name) == Some(wanted) {
                    return true;
                }
            }
            if at == DefId::MODULE || facts.def(at).kind == DefKind::Module {
                return false;
            }
            at = facts.def(at).parent;
        }
        false
    }

    /// `<T as Trait>::name`.
    pub(super) fn qualified_member(&mut self, of_type: NodeId, of_trait: NodeId, name: &str) -> ValueId {
        let class = self.type_value(of_type);
        let bound = self.type_value(of_trait);
        let Value::Instance { class: of, .. } = self.get(bound) else { return UNKNOWN };
        match self.get(class) {
            Value::Instance { class, .. } if class != of => self.trait_member(class, of, name),
            _ => self.static_member(of, name),
        }
    }

    /// What a type has under a name as an implementor of a trait: its own, else the trait's default.
    fn trait_member(&mut self, class: GlobalDef, of: GlobalDef, name: &str) -> ValueId {
        for (block, def) in self.members_of_impls(class, name).to_vec() {
            if self.trait_of(block) != Some(of) {
                continue;
            }
            let member = GlobalDef { file: block.file, def };
            return match self.facts[block.file.index()].def(def).kind {
                DefKind::Method => self.value(Value::Method { method: member, receiver: class }),
                _ => self.def_value(member),
            };
        }
        match self.own_member(of, name) {
            Some(method) => self.value(Value::Method { method, receiver: class }),
            None => UNKNOWN,
        }
    }

    /// A path call once its arguments are known: `Trait::f(&x)` means the implementation for the type of `x`, `Type::from(x)` the
    /// implementation of `From` for it. `None` when several implementations are left.
    pub(super) fn narrowed(&mut self, callee: ValueId, is_path: bool, args: &[ValueId]) -> Option<ValueId> {
        let Value::Method { method, receiver } = self.get(callee) else { return Some(callee) };
        let facts = self.facts;
        let definition = facts[method.file.index()].def(method.def);
        let name = facts[method.file.index()].text(definition.name);
        let first = args.first().map_or(Value::Unknown, |&first| self.get(first));
        if facts[receiver.file.index()].def(receiver.def).kind == DefKind::Trait {
            let takes_receiver = definition.params.first().is_some_and(|param| param.kind == ParamKind::Receiver);
            return Some(match first {
                Value::Instance { class, .. } if is_path && takes_receiver && self.kind_of(class) != DefKind::Trait => {
                    self.trait_member(class, receiver, name)
                }
                _ => callee,
            });
        }
        if !is_path || !matches!(name, "from" | "try_from") {
            return Some(callee);
        }
        let candidates = self.candidates(receiver, name);
        if candidates.len() < 2 {
            return Some(callee);
        }
        let first = *args.first()?;
        for candidate in candidates {
            let block = facts[candidate.block.file.index()].def(candidate.block.def);
            let arena = &facts[candidate.block.file.index()].arena;
            let Some(NodeKind::Apply { args, .. }) = block.bases.get(1).map(|&of| arena.kind(of)) else { continue };
            let Some(source) = arena.list(args).next() else { continue };
            let source = self.within(candidate.block, |linker| linker.type_value(source));
            if source != UNKNOWN && self.is_same_type(source, first) {
                return Some(self.value(Value::Method { method: candidate.method, receiver }));
            }
        }
        None
    }

    fn is_same_type(&self, a: ValueId, b: ValueId) -> bool {
        match (self.get(a), self.get(b)) {
            (Value::Instance { class: a, .. }, Value::Instance { class: b, .. }) => a == b,
            (Value::Api { api: a, .. }, Value::Api { api: b, .. }) => a == b,
            _ => false,
        }
    }

    fn kind_of(&self, id: GlobalDef) -> DefKind {
        self.facts[id.file.index()].def(id.def).kind
    }

    /// Methods with this name in the blocks that implement a trait for a type.
    /// Files that no crate holds implement nothing for those that one does.
    pub(super) fn trait_methods(&mut self, class: GlobalDef, of: GlobalDef, name: &str) -> Vec<GlobalDef> {
        let mut found = Vec::new();
        let is_outside = |linker: &Linker, file| linker.modules.rust.unreached().binary_search(&file).is_ok();
        let of_crate = !is_outside(self, of.file);
        for (block, def) in self.members_of_impls(class, name).to_vec() {
            if self.trait_of(block) == Some(of) && !(of_crate && is_outside(self, block.file)) {
                found.push(GlobalDef { file: block.file, def });
            }
        }
        found
    }

    /// What a type that implements `Deref` gives under a name.
    pub(super) fn through_deref(&mut self, class: GlobalDef, name: &str) -> ValueId {
        if self.derefs >= DEEPEST_DEREF {
            return UNKNOWN;
        }
        for (block, target) in self.members_of_impls(class, "Target").to_vec() {
            let facts = &self.facts[block.file.index()];
            let is_deref = facts.def(block.def).bases.get(1).is_some_and(|&of| match facts.arena.kind(of) {
                NodeKind::Name(name) | NodeKind::Member { name, .. } => facts.text(name) == "Deref",
                _ => false,
            });
            let Some(target) = facts.def(target).value.filter(|_| is_deref) else { continue };
            let value = self.within(block, |linker| linker.type_value(target));
            self.derefs += 1;
            let found = self.member(value, name);
            self.derefs -= 1;
            return found;
        }
        UNKNOWN
    }

    /// What a generic parameter of a definition stands for: the first bound that is known, as a type.
    pub(super) fn type_param(&mut self, owner: GlobalDef, name: &str) -> Option<ValueId> {
        let facts = self.facts;
        let facts = &facts[owner.file.index()];
        let params = &facts.def(owner.def).type_params;
        let own = params.iter().find_map(|param| param.name.filter(|&own| facts.text(own) == name))?;
        if let Some(&known) = self.param_values.get(&(owner, own)) {
            return Some(known);
        }
        // `T: Ord<T>` ends here.
        self.param_values.insert((owner, own), UNKNOWN);
        let mut found = UNKNOWN;
        for bound in params.iter().filter(|param| param.name == Some(own)).flat_map(|param| &param.bounds) {
            if found == UNKNOWN {
                found = self.within(owner, |linker| linker.class_itself(*bound));
            }
        }
        self.param_values.insert((owner, own), found);
        Some(found)
    }

    /// What the block around stands a field's own generic parameter for: `lines` of `impl<O: Orders, L: Lines> Shop<O, L>`, where
    /// `struct Shop<O, L> { orders: O, lines: L }`.
    pub(super) fn bounded_in_block(&mut self, class: GlobalDef, field: GlobalDef) -> ValueId {
        let facts = &self.facts[class.file.index()];
        let params = &facts.def(class.def).type_params;
        if params.is_empty() || class.file != field.file || self.family(class.file) != Family::Rust {
            return UNKNOWN;
        }
        let Some(annotation) = facts.def(field.def).annotation else { return UNKNOWN };
        let named = type_name(facts, unshared(facts, annotation));
        let mut names = params.iter().filter_map(|param| param.name);
        let Some(position) = names.position(|name| Some(name) == named) else { return UNKNOWN };
        if self.current_class() != Some(class) {
            return UNKNOWN;
        }
        let here = self.here();
        let own = &self.facts[here.file.index()];
        let mut at = here.def;
        while at != DefId::MODULE && own.def(at).kind != DefKind::Impl {
            at = own.def(at).parent;
        }
        let Some(&base) = own.def(at).implements.first().or(own.def(at).bases.first()) else { return UNKNOWN };
        let NodeKind::Apply { args, .. } = own.arena.kind(base) else { return UNKNOWN };
        let Some(given) = own.arena.list(args).nth(position) else { return UNKNOWN };
        self.within(GlobalDef { file: here.file, def: at }, |linker| linker.type_value(given))
    }

    /// True when a field's type is the first generic parameter of its class, also shared (`Arc<T>`).
    pub(super) fn is_first_param(&self, class: GlobalDef, field: GlobalDef) -> bool {
        let facts = &self.facts[class.file.index()];
        let Some(first) = facts.def(class.def).type_params.iter().find(|param| param.name.is_some()) else { return false };
        let (Some(own), Some(annotation)) = (first.name, self.facts[field.file.index()].def(field.def).annotation) else { return false };
        if class.file != field.file {
            return false;
        }
        let inner = unshared(facts, annotation);
        // What is bounded stands as its bound where `T` is written.
        let span = facts.arena.span(inner);
        let is_as_long = (span.end - span.start) as usize == facts.text(own).len();
        let named = type_name(facts, inner);
        named == Some(own) || named.is_some() && is_as_long && first.bounds.iter().any(|&bound| type_name(facts, bound) == named)
    }

    /// The struct or variant whose fields a constructor pattern names.
    pub(super) fn constructed(&self, callee: NodeId, constructor: ValueId) -> Option<GlobalDef> {
        let file = self.here().file;
        if self.family(file) != Family::Rust {
            return None;
        }
        let facts = &self.facts[file.index()];
        match self.get(constructor) {
            Value::Def(class) if self.kind_of(class) == DefKind::Struct => Some(class),
            Value::Instance { class, .. } if self.kind_of(class) == DefKind::Enum => {
                let callee = match facts.arena.kind(callee) {
                    NodeKind::Apply { base, .. } => base,
                    _ => callee,
                };
                let (NodeKind::Name(name) | NodeKind::Member { name, .. }) = facts.arena.kind(callee) else { return None };
                let def = self.scopes[class.file.index()].member(class.def, facts.text(name))?;
                Some(GlobalDef { file: class.file, def })
            }
            _ => None,
        }
    }

    /// The value of a field of a struct or variant.
    pub(super) fn field_of(&mut self, owner: GlobalDef, name: &str) -> ValueId {
        let facts = self.facts;
        let facts = &facts[owner.file.index()];
        let mut below = facts.definitions().skip(owner.def.index() + 1).take_while(|(_, def)| def.parent >= owner.def);
        let field = below.find(|(_, def)| def.parent == owner.def && def.kind == DefKind::Field && facts.text(def.name) == name);
        match field {
            Some((def, _)) => self.variable(GlobalDef { file: owner.file, def }),
            None => UNKNOWN,
        }
    }
}

/// The name of a type, its path and arguments left out.
fn type_name(facts: &FileFacts, node: NodeId) -> Option<Name> {
    match facts.arena.kind(node) {
        NodeKind::Name(name) | NodeKind::Member { name, .. } => Some(name),
        NodeKind::Apply { base, .. } => type_name(facts, base),
        _ => None,
    }
}

/// `T` of `Arc<T>`.
fn unshared(facts: &FileFacts, annotation: NodeId) -> NodeId {
    match facts.arena.kind(annotation) {
        NodeKind::Apply { base, args } if type_name(facts, base).is_some_and(|name| matches!(facts.text(name), "Arc" | "Rc" | "Box")) => {
            facts.arena.list(args).last().unwrap_or(annotation)
        }
        _ => annotation,
    }
}
