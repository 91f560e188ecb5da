//! What a Rust path means: the module, the definition or the outside crate behind `a::b::c`, wherever it is really defined.
//!
//! Follows the compiler's rules as far as text alone allows (Rust Reference, "Names": scopes, namespaces, name resolution): three
//! namespaces, explicit names before globs, private names behind a glob only from inside, `pub use` chains, enum variants, macros of
//! the crate, edition 2015. No type is inferred and no macro is expanded: a name that a macro of the module may make is `Within` it.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::modules::{ExternCrate, RustModules};
use crate::model::body::{CallForm, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, ImportItem};
use crate::model::role::GlobalDef;
use crate::model::source::{FileId, Language};

/// Scopes looked through for one path at most, those behind globs included; webs of globs that need more are left unresolved.
const MOST_STEPS: u32 = 4_000;
/// Scopes looked through for all paths of a project at most, and further ones for each file: real code needs a few for a path, circles of
/// thousands of globs need [`MOST_STEPS`] for each. What is left then is unresolved.
const MOST_WORK: u64 = 2_000_000;
const MOST_WORK_A_FILE: u64 = 2_000;

/// Longest chain of imports followed.
const DEEPEST: usize = 128;
/// Scopes that the globs of one scope may lead to.
const WIDEST_GLOBS: usize = 512;

/// Attributes and derives of the standard library and of serialisation, none of which makes a name that a path could mean.
const MAKES_NO_NAMES: &[&str] = &[
    "cfg",
    "cfg_attr",
    "allow",
    "deny",
    "warn",
    "forbid",
    "expect",
    "doc",
    "must_use",
    "inline",
    "test",
    "path",
    "repr",
    "deprecated",
    "macro_use",
    "macro_export",
    "ignore",
    "should_panic",
    "no_mangle",
    "track_caller",
    "non_exhaustive",
    "default",
    "cold",
    "serde",
    "recursion_limit",
    "feature",
    "no_std",
    "derive",
    "Debug",
    "Clone",
    "Copy",
    "PartialEq",
    "Eq",
    "PartialOrd",
    "Ord",
    "Hash",
    "Default",
    "Serialize",
    "Deserialize",
];

/// A namespace of Rust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Space {
    Type,
    Value,
    Macro,
}

/// Where a path starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// In code: the scopes around it.
    Code,
    /// In a `use` declaration.
    Use,
}

/// What a path means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    Module(GlobalDef),
    /// A definition; for an associated item the type or trait it belongs to.
    Item(GlobalDef),
    /// A name of this module that its text does not show: a macro makes it, or it comes from an outside crate.
    Within(GlobalDef),
    /// Something of an outside crate, by its real name: `sqlx::postgres::PgPool`.
    External(String),
    /// Leads into the project, where nothing of that name is.
    Unresolved,
    /// Starts with a name that is neither a module nor a crate: a local, a generic parameter, the prelude.
    Unknown,
}

/// What a name is bound to.
#[derive(Clone, Copy)]
enum Binding {
    Def(DefId),
    /// Index into `FileFacts::imports`.
    Import(u32),
}

#[derive(Default)]
struct Scope<'a> {
    names: FxHashMap<&'a str, Vec<Binding>>,
    stars: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    Module(GlobalDef),
    Item(GlobalDef),
    /// A name that only a macro of this module can make.
    Within(GlobalDef),
    External(String),
}

/// One lookup that is under way; met again it is a circle of imports.
type Query<'a> = (GlobalDef, &'a str, Space);

/// The names of a project's Rust files.
pub struct RustNames<'a> {
    facts: &'a [Arc<FileFacts>],
    modules: Arc<RustModules>,
    /// By file; empty for other languages.
    scopes: Vec<FxHashMap<DefId, Scope<'a>>>,
    /// `macro_rules!` macros by the crate's root: exported ones and those in textual scope are not told apart.
    macros: FxHashMap<GlobalDef, FxHashMap<&'a str, GlobalDef>>,
    memo: FxHashMap<Query<'a>, Option<Found>>,
    /// What each glob imports from.
    globs: FxHashMap<(FileId, u32), Option<Found>>,
    /// Modules that may have names no text shows.
    makers: FxHashMap<GlobalDef, bool>,
    open: Vec<Query<'a>>,
    /// Scopes looked through for the present path.
    steps: u32,
    /// The same for all paths.
    work: u64,
}

impl<'a> RustNames<'a> {
    /// Reads the scopes of all Rust files.
    pub fn new(facts: &'a [Arc<FileFacts>], modules: Arc<RustModules>) -> RustNames<'a> {
        let mut macros: FxHashMap<GlobalDef, FxHashMap<&'a str, GlobalDef>> = FxHashMap::default();
        let mut scopes = Vec::with_capacity(facts.len());
        for (at, facts) in facts.iter().enumerate() {
            let file = FileId(at as u32);
            if facts.language != Language::Rust {
                scopes.push(FxHashMap::default());
                continue;
            }
            scopes.push(scopes_of(facts));
            for (def, definition) in facts.definitions().filter(|(_, def)| def.kind == DefKind::Macro) {
                if let Some(root) = modules.root_of(file) {
                    macros.entry(root).or_default().insert(facts.text(definition.name), GlobalDef { file, def });
                }
            }
        }
        RustNames {
            facts,
            modules,
            scopes,
            macros,
            memo: FxHashMap::default(),
            globs: FxHashMap::default(),
            makers: FxHashMap::default(),
            open: Vec::new(),
            steps: 0,
            work: 0,
        }
    }

    /// What `path` (segments joined by `::`, perhaps with a leading `::`) means in a scope, in the first of these namespaces that has it.
    pub fn path(&mut self, scope: GlobalDef, path: &'a str, start: Start, spaces: &[Space]) -> Meaning {
        let global = path.starts_with("::");
        let segments: Vec<&'a str> = path.split("::").filter(|part| !part.is_empty()).collect();
        self.segments(scope, &segments, global, start, spaces)
    }

    /// Like [`RustNames::path`] for a path taken apart.
    pub fn segments(&mut self, scope: GlobalDef, segments: &[&'a str], global: bool, start: Start, spaces: &[Space]) -> Meaning {
        self.steps = 0;
        let Some((&first, rest)) = segments.split_first() else { return Meaning::Unknown };
        let first_spaces = if rest.is_empty() { spaces } else { &[Space::Type][..] };
        let mut candidates = Vec::new();
        for &space in first_spaces {
            candidates.extend(self.first(scope, first, global, start, space));
        }
        let Some(mut found) = best(candidates) else { return self.nothing_first(scope, first, global, start) };
        let mut within = None;
        for (at, &segment) in rest.iter().enumerate() {
            let Found::Module(module) = found else {
                found = self.below(found, segment);
                continue;
            };
            within = Some(module);
            let wanted = if at + 1 == rest.len() { spaces } else { &[Space::Type][..] };
            let candidates: Vec<Found> = wanted.iter().filter_map(|&space| self.step(module, segment, space, scope)).collect();
            match best(candidates) {
                Some(next) => found = next,
                None if self.may_make_names(module, 0) => return Meaning::Within(module),
                None => return Meaning::Unresolved,
            }
        }
        match (found, within) {
            (Found::Module(module), _) => Meaning::Module(module),
            (Found::Item(item), _) => Meaning::Item(item),
            (Found::Within(module), _) | (Found::External(_), Some(module)) => Meaning::Within(module),
            (Found::External(path), None) => Meaning::External(path),
        }
    }

    /// The import that binds a name in the scopes around a place, if an import and not a definition does.
    pub fn import_of(&self, scope: GlobalDef, name: &str) -> Option<u32> {
        let facts = &self.facts[scope.file.index()];
        let mut at = scope.def;
        loop {
            let bindings = self.scopes[scope.file.index()].get(&at).and_then(|scope| scope.names.get(name));
            if let Some(Binding::Import(import)) = bindings.and_then(|bindings| bindings.first()) {
                return Some(*import);
            }
            if bindings.is_some() || at == DefId::MODULE || facts.def(at).kind == DefKind::Module {
                return None;
            }
            at = facts.def(at).parent;
        }
    }

    /// The module (file or inline) a definition is or stands in.
    pub fn module_of(&self, from: GlobalDef) -> GlobalDef {
        let facts = &self.facts[from.file.index()];
        GlobalDef { file: from.file, def: super::modules::module_around(facts, from.def) }
    }

    /// No binding for the first segment.
    fn nothing_first(&mut self, scope: GlobalDef, first: &str, global: bool, start: Start) -> Meaning {
        if matches!(first, "crate" | "$crate" | "super" | "self") {
            return Meaning::Unresolved;
        }
        let module = self.module_of(scope);
        if !global && self.modules.lacks_file(module, first) {
            return Meaning::Unresolved;
        }
        if start == Start::Code && !global {
            return Meaning::Unknown;
        }
        if !global && let Some(maker) = self.globs_make_names(module, 0) {
            // `use users::dsl::*` beside `use crate::schema::*`, whose tables a macro makes.
            return if maker == module { Meaning::External(first.to_owned()) } else { Meaning::Within(maker) };
        }
        // A library of the project that the manifest does not list; any other name is the library of a package named otherwise.
        if self.modules.is_library(first) { Meaning::Unresolved } else { Meaning::External(first.to_owned()) }
    }

    /// The first segment of a path.
    fn first(&mut self, scope: GlobalDef, name: &'a str, global: bool, start: Start, space: Space) -> Option<Found> {
        let module = self.module_of(scope);
        match name {
            "crate" | "$crate" => return self.modules.root_of(scope.file).map(Found::Module),
            "self" => return Some(Found::Module(self.modules.includer_of(module).unwrap_or(module))),
            "super" => return self.modules.parent(module).map(Found::Module),
            "Self" => return None,
            _ => {}
        }
        let old = self.modules.is_edition_2015(scope.file);
        if old && (global || start == Start::Use) {
            let root = self.modules.root_of(scope.file)?;
            if let Some(found) = self.in_module(root, name, space, module) {
                return Some(found);
            }
        }
        if !global && let Some(found) = self.lexical(scope, name, space) {
            return Some(found);
        }
        (space == Space::Type).then(|| self.crate_named(scope.file, name)).flatten()
    }

    fn crate_named(&self, file: FileId, name: &str) -> Option<Found> {
        match self.modules.extern_crate(file, name) {
            ExternCrate::Local(root) => Some(Found::Module(root)),
            ExternCrate::External(package) => Some(Found::External(package)),
            ExternCrate::Unknown => None,
        }
    }

    /// A name by the scopes around a place, up to its module; then macros of the crate.
    fn lexical(&mut self, scope: GlobalDef, name: &'a str, space: Space) -> Option<Found> {
        let module = self.module_of(scope);
        let mut at = scope.def;
        loop {
            let here = GlobalDef { file: scope.file, def: at };
            let found = if here == module { self.in_module(here, name, space, module) } else { self.in_scope(here, name, space, module) };
            if found.is_some() {
                return found;
            }
            if here == module {
                let includer = self.modules.includer_of(module);
                return includer
                    .and_then(|includer| self.in_module(includer, name, space, includer))
                    .or_else(|| self.macro_of_crate(scope.file, name, space));
            }
            at = self.facts[scope.file.index()].def(at).parent;
        }
    }

    fn macro_of_crate(&self, file: FileId, name: &str, space: Space) -> Option<Found> {
        if space != Space::Macro {
            return None;
        }
        let root = self.modules.root_of(file)?;
        self.macros.get(&root)?.get(name).copied().map(Found::Item)
    }

    /// One segment further, from a module.
    fn step(&mut self, module: GlobalDef, name: &'a str, space: Space, scope: GlobalDef) -> Option<Found> {
        match name {
            "self" => Some(Found::Module(module)),
            "super" => self.modules.parent(module).map(Found::Module),
            _ => {
                let viewer = self.module_of(scope);
                self.in_module(module, name, space, viewer)
            }
        }
    }

    /// One segment further, from something that is no module.
    fn below(&self, found: Found, name: &str) -> Found {
        match found {
            Found::External(path) => Found::External(format!("{path}::{name}")),
            Found::Item(item) => {
                let facts = &self.facts[item.file.index()];
                let variant = (facts.def(item.def).kind == DefKind::Enum).then(|| self.variant(item, name)).flatten();
                Found::Item(variant.unwrap_or(item))
            }
            module => module,
        }
    }

    fn variant(&self, item: GlobalDef, name: &str) -> Option<GlobalDef> {
        let facts = &self.facts[item.file.index()];
        let mut below = facts.definitions().skip(item.def.index() + 1);
        let found = below.find(|(_, def)| def.parent == item.def && def.kind == DefKind::Variant && facts.text(def.name) == name);
        found.map(|(def, _)| GlobalDef { file: item.file, def })
    }

    /// A name of a module: what it names itself, then what its globs bring.
    fn in_module(&mut self, module: GlobalDef, name: &'a str, space: Space, viewer: GlobalDef) -> Option<Found> {
        self.in_scope(module, name, space, viewer)
    }

    /// A name of a scope (a module, a function), explicit names first.
    fn in_scope(&mut self, scope: GlobalDef, name: &'a str, space: Space, viewer: GlobalDef) -> Option<Found> {
        let query = (scope, name, space);
        if let Some(known) = self.memo.get(&query) {
            return known.clone();
        }
        if !self.may_look_further() || self.open.len() > DEEPEST || self.open.contains(&query) {
            return None;
        }
        self.open.push(query);
        let found = self.explicit(scope, name, space).or_else(|| self.through_globs(scope, name, space, viewer));
        self.open.pop();
        // Nothing found inside a circle may be found from outside it.
        if found.is_some() || (self.open.is_empty() && self.steps < MOST_STEPS) {
            self.memo.insert(query, found.clone());
        }
        found
    }

    /// Counts one more scope that is looked through; false when there have been too many.
    fn may_look_further(&mut self) -> bool {
        self.steps += 1;
        self.work += 1;
        self.steps <= MOST_STEPS && self.work <= MOST_WORK + MOST_WORK_A_FILE * self.facts.len() as u64
    }

    /// What a scope names itself: definitions, submodules, imports, files it includes, at a crate's root its macros.
    fn explicit(&mut self, scope: GlobalDef, name: &'a str, space: Space) -> Option<Found> {
        if let Some(found) = self.defined(scope, name, space) {
            return Some(found);
        }
        if space == Space::Type
            && let Some(child) = self.modules.child(scope, name)
        {
            return Some(Found::Module(child));
        }
        if let Some(found) = self.brought(scope, name, space) {
            return Some(found);
        }
        let modules = self.modules.clone();
        let part = |names: &mut Self, part| names.defined(part, name, space).or_else(|| names.brought(part, name, space));
        if let Some(found) = modules.parts_of(scope).iter().find_map(|&own| part(self, own)) {
            return Some(found);
        }
        let is_root = modules.root_of(scope.file) == Some(scope);
        is_root.then(|| self.macro_of_crate(scope.file, name, space)).flatten()
    }

    fn bindings(&self, scope: GlobalDef, name: &str) -> &[Binding] {
        let scope = self.scopes[scope.file.index()].get(&scope.def);
        scope.and_then(|scope| scope.names.get(name)).map_or(&[], Vec::as_slice)
    }

    /// A definition of exactly this scope.
    fn defined(&self, scope: GlobalDef, name: &str, space: Space) -> Option<Found> {
        let facts = &self.facts[scope.file.index()];
        self.bindings(scope, name).iter().find_map(|binding| match *binding {
            Binding::Def(def) if is_in(facts.def(def).kind, space) => {
                let id = GlobalDef { file: scope.file, def };
                Some(if facts.def(def).kind == DefKind::Module { Found::Module(id) } else { Found::Item(id) })
            }
            _ => None,
        })
    }

    /// A name that an import of exactly this scope brings.
    fn brought(&mut self, scope: GlobalDef, name: &str, space: Space) -> Option<Found> {
        let mut outside = None;
        for at in 0..self.bindings(scope, name).len() {
            let Some(&Binding::Import(import)) = self.bindings(scope, name).get(at) else { continue };
            match self.imported(scope.file, import, space) {
                Some(found @ (Found::External(_) | Found::Within(_))) => outside = outside.or(Some(found)),
                Some(found) => return Some(found),
                None => {}
            }
        }
        outside
    }

    /// What an import binds in a namespace.
    fn imported(&mut self, file: FileId, import: u32, space: Space) -> Option<Found> {
        let facts = &self.facts[file.index()];
        let import = &facts.imports[import as usize];
        let scope = GlobalDef { file, def: import.scope };
        let name = match import.item {
            ImportItem::Named(name) => Some(facts.text(name)),
            ImportItem::Module if space == Space::Type => None,
            // `use helper;` of edition 2015 may bring a function.
            ImportItem::Module if !facts.text(import.specifier).contains("::") => None,
            _ => return None,
        };
        self.walk(scope, facts.text(import.specifier), name, space)
    }

    /// A `use` path in one namespace.
    fn walk(&mut self, scope: GlobalDef, path: &'a str, last: Option<&'a str>, space: Space) -> Option<Found> {
        let global = path.starts_with("::");
        let segments: Vec<&'a str> = path.split("::").filter(|part| !part.is_empty()).chain(last).collect();
        let space_at = |at: usize| if at + 1 == segments.len() { space } else { Space::Type };
        let mut found = self.first(scope, segments.first()?, global, Start::Use, space_at(0));
        if found.is_none() {
            found = match self.nothing_first(scope, segments.first()?, global, Start::Use) {
                Meaning::External(path) => Some(Found::External(path)),
                Meaning::Within(module) => Some(Found::Within(module)),
                _ => None,
            };
        }
        let mut found = found?;
        for (at, &segment) in segments.iter().enumerate().skip(1) {
            found = match found {
                Found::Module(module) => match self.step(module, segment, space_at(at), scope) {
                    Some(next) => next,
                    None if self.may_make_names(module, 0) => return Some(Found::Within(module)),
                    None => return None,
                },
                Found::Item(item) => match self.variant(item, segment) {
                    Some(variant) => Found::Item(variant),
                    None => return None,
                },
                other => self.below(other, segment),
            };
        }
        Some(found)
    }

    /// A name through the globs of a scope and theirs, nearest first. Project names only: what an outside glob
    /// brings is not known.
    fn through_globs(&mut self, scope: GlobalDef, name: &'a str, space: Space, viewer: GlobalDef) -> Option<Found> {
        let mut queue = vec![(scope, viewer)];
        let mut known = FxHashSet::from_iter([scope]);
        let mut at = 0;
        while at < queue.len() && queue.len() < WIDEST_GLOBS && self.may_look_further() {
            let (scope, viewer) = queue[at];
            at += 1;
            let home = self.module_of(scope);
            for (star, re_export) in self.stars_of(scope) {
                if !re_export && !self.is_inside(viewer, home) {
                    continue;
                }
                match self.glob_base(scope.file, star) {
                    Some(Found::Module(base)) if known.insert(base) => {
                        if let Some(found) = self.explicit(base, name, space)
                            && self.is_visible(&found, base, name, home)
                            && !matches!(found, Found::External(_))
                        {
                            return Some(found);
                        }
                        queue.push((base, home));
                    }
                    Some(Found::Item(item)) if space != Space::Macro => {
                        if let Some(variant) = self.variant(item, name) {
                            return Some(Found::Item(variant));
                        }
                    }
                    _ => {}
                }
            }
        }
        None
    }

    fn stars_of(&self, scope: GlobalDef) -> Vec<(u32, bool)> {
        let imports = &self.facts[scope.file.index()].imports;
        let stars = self.scopes[scope.file.index()].get(&scope.def).map_or(&[][..], |scope| &scope.stars);
        stars.iter().map(|&star| (star, imports[star as usize].re_export)).collect()
    }

    /// What a glob imports from.
    fn glob_base(&mut self, file: FileId, star: u32) -> Option<Found> {
        if let Some(known) = self.globs.get(&(file, star)) {
            return known.clone();
        }
        // A glob whose own path leads through it gives nothing while it is looked at.
        self.globs.insert((file, star), None);
        let import = &self.facts[file.index()].imports[star as usize];
        let path = self.facts[file.index()].text(import.specifier);
        let base = self.walk(GlobalDef { file, def: import.scope }, path, None, Space::Type);
        if base.is_some() || self.open.is_empty() {
            self.globs.insert((file, star), base.clone());
        } else {
            self.globs.remove(&(file, star));
        }
        base
    }

    /// True when a name that `base` has may be used from `viewer`: public, or private above it.
    fn is_visible(&self, found: &Found, base: GlobalDef, name: &str, viewer: GlobalDef) -> bool {
        if self.is_inside(viewer, base) {
            return true;
        }
        let facts = &self.facts[base.file.index()];
        let bindings = self.scopes[base.file.index()].get(&base.def).and_then(|scope| scope.names.get(name));
        let Some(bindings) = bindings else { return true };
        bindings.iter().any(|binding| match *binding {
            Binding::Def(def) => match found {
                Found::Module(own) | Found::Item(own) if own.file == base.file && own.def == def => {
                    let def = facts.def(def);
                    def.flags.has(DefFlags::PUBLIC) || def.kind == DefKind::Macro
                }
                _ => false,
            },
            Binding::Import(import) => facts.imports[import as usize].re_export,
        })
    }

    /// True when `module` is `outer` or lies in it.
    fn is_inside(&self, module: GlobalDef, outer: GlobalDef) -> bool {
        let mut at = Some(module);
        let mut left = 256;
        while let Some(current) = at.filter(|_| left > 0) {
            if current == outer {
                return true;
            }
            at = self.modules.parent(current);
            left -= 1;
        }
        false
    }

    /// True when a macro, an attribute or a glob may give the module names that no text shows.
    fn may_make_names(&mut self, module: GlobalDef, depth: u8) -> bool {
        if depth == 0
            && let Some(&known) = self.makers.get(&module)
        {
            return known;
        }
        let makes = self.makes_itself(module) || (depth < 4 && self.globs_make_names(module, depth).is_some());
        if depth == 0 && self.open.is_empty() {
            self.makers.insert(module, makes);
        }
        makes
    }

    fn makes_itself(&self, module: GlobalDef) -> bool {
        let facts = &self.facts[module.file.index()];
        let calls_macro = facts.def(module.def).body.is_some_and(|body| match facts.arena.kind(body) {
            NodeKind::Block { items, .. } => {
                facts.arena.list(items).any(|item| matches!(facts.arena.kind(item), NodeKind::Call { form: CallForm::Macro, .. }))
            }
            _ => false,
        });
        let mut own = facts.definitions().skip(1).filter(|(_, def)| def.parent == module.def);
        calls_macro || own.any(|(_, def)| def.decorators.iter().any(|&attribute| makes_names(facts, attribute)))
    }

    /// The module behind a glob of this scope that may make names; the scope itself when a glob leads outside the project.
    fn globs_make_names(&mut self, scope: GlobalDef, depth: u8) -> Option<GlobalDef> {
        for (star, _) in self.stars_of(scope) {
            match self.glob_base(scope.file, star) {
                Some(Found::Module(base)) if base != scope => {
                    if self.may_make_names(base, depth + 1) {
                        return Some(base);
                    }
                }
                Some(Found::Module(_) | Found::Item(_)) => {}
                _ => return Some(scope),
            }
        }
        None
    }
}

/// True when an attribute is a macro that may add items: `#[derive(Builder)]`, `#[sea_orm::model]`.
fn makes_names(facts: &FileFacts, attribute: crate::model::body::NodeId) -> bool {
    let (callee, args) = match facts.arena.kind(attribute) {
        NodeKind::Call { callee, args, .. } => (callee, Some(args)),
        NodeKind::Assign { .. } => return false,
        _ => (attribute, None),
    };
    let is_known = |node| match facts.arena.kind(node) {
        NodeKind::Name(name) | NodeKind::Member { name, .. } => MAKES_NO_NAMES.contains(&facts.text(name)),
        _ => true,
    };
    let is_derive = matches!(facts.arena.kind(callee), NodeKind::Name(name) if facts.text(name) == "derive");
    match args {
        Some(args) if is_derive => !facts.arena.list(args).all(is_known),
        _ => !is_known(callee),
    }
}

/// An item says more than the module of the same name, either more than something outside.
fn best(candidates: Vec<Found>) -> Option<Found> {
    let weight = |found: &Found| match found {
        Found::Item(_) => 3,
        Found::Module(_) => 2,
        Found::Within(_) => 1,
        Found::External(_) => 0,
    };
    // The first of the heaviest.
    candidates.into_iter().rev().max_by_key(weight)
}

fn is_in(kind: DefKind, space: Space) -> bool {
    match space {
        Space::Type => {
            matches!(
                kind,
                DefKind::Module
                    | DefKind::Class
                    | DefKind::Struct
                    | DefKind::Enum
                    | DefKind::Interface
                    | DefKind::Trait
                    | DefKind::TypeAlias
                    | DefKind::Variant
            )
        }
        Space::Value => matches!(kind, DefKind::Function | DefKind::Variable | DefKind::Struct | DefKind::Variant),
        Space::Macro => kind == DefKind::Macro,
    }
}

fn scopes_of(facts: &FileFacts) -> FxHashMap<DefId, Scope<'_>> {
    let mut scopes: FxHashMap<DefId, Scope> = FxHashMap::default();
    for (id, def) in facts.definitions().skip(1) {
        let is_member = matches!(def.kind, DefKind::Method | DefKind::Field | DefKind::Variant | DefKind::Impl);
        let in_type = !matches!(facts.def(def.parent).kind, DefKind::Module | DefKind::Function | DefKind::Method);
        if !is_member && !in_type && !def.flags.has(DefFlags::CLOSURE) {
            scopes.entry(def.parent).or_default().names.entry(facts.text(def.name)).or_default().push(Binding::Def(id));
        }
    }
    for (at, import) in facts.imports.iter().enumerate() {
        let scope = scopes.entry(import.scope).or_default();
        match import.local {
            Some(local) => scope.names.entry(facts.text(local)).or_default().push(Binding::Import(at as u32)),
            None if import.item == ImportItem::Star => scope.stars.push(at as u32),
            None => {}
        }
    }
    scopes
}
