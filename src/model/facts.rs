//! Everything known about one file, language-neutral, owned and serialisable: what `lower` makes and all later stages read.

use serde::{Deserialize, Serialize};

use super::body::{Arena, NodeId};
use super::problem::Problem;
use super::query::QueryMatch;
use super::source::{Language, Span};

/// An interned string of one file: an index into its [`Names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Name(pub u32);

/// The strings of one file: identifiers and literal values, each once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Names {
    text: String,
    ends: Vec<u32>,
}

impl Names {
    /// The string behind a name.
    #[inline]
    pub fn get(&self, name: Name) -> &str {
        let at = name.0 as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        &self.text[start..self.ends[at] as usize]
    }

    /// Number of distinct strings.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// False when no name is or holds `text`.
    pub fn may_hold(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// All of them without a gap, for who looks for parts of names.
    pub fn joined(&self) -> &str {
        &self.text
    }

    /// True when there is no string.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// Builds [`Names`] while lowering.
#[derive(Default)]
pub struct Interner {
    names: Names,
    // Keyed by hash, so that no string is owned twice: the newest name with that hash. `older` chains to the name before it.
    index: rustc_hash::FxHashMap<u64, Name>,
    older: Vec<Option<Name>>,
}

impl Interner {
    /// Goes on from names there are, which keep their numbers.
    pub fn after(names: &Names) -> Interner {
        let mut interner = Interner::default();
        for name in 0..names.len() as u32 {
            interner.intern(names.get(Name(name)));
        }
        interner
    }

    /// The name of `text`, made if it is new.
    pub fn intern(&mut self, text: &str) -> Name {
        use std::hash::{Hash, Hasher};
        let mut hasher = rustc_hash::FxHasher::default();
        text.hash(&mut hasher);
        let new = Name(self.names.ends.len() as u32);
        let entry = self.index.entry(hasher.finish());
        let mut known = match &entry {
            std::collections::hash_map::Entry::Occupied(newest) => Some(*newest.get()),
            std::collections::hash_map::Entry::Vacant(_) => None,
        };
        let newest = known;
        while let Some(name) = known {
            if self.names.get(name) == text {
                return name;
            }
            known = self.older[name.0 as usize];
        }
        entry.insert_entry(new);
        self.names.text.push_str(text);
        self.names.ends.push(self.names.text.len() as u32);
        self.older.push(newest);
        new
    }

    /// The string behind a name.
    #[inline]
    pub fn get(&self, name: Name) -> &str {
        self.names.get(name)
    }

    /// Ends interning.
    pub fn finish(self) -> Names {
        self.names
    }
}

/// Index of a definition in its file. Definition 0 is the file's own module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DefId(pub u32);

impl DefId {
    /// The file's module.
    pub const MODULE: DefId = DefId(0);

    /// The definition's index into per-definition tables.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a definition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DefKind {
    /// The file itself, or a Rust inline `mod x { … }`.
    Module,
    /// A function, also nested, also a closure (flag `CLOSURE`).
    Function,
    /// A function inside a class, interface, trait or `impl`.
    Method,
    Class,
    Struct,
    Enum,
    Interface,
    Trait,
    /// A Rust `impl` block; `Definition::bases[0]` is the self type, `bases[1]` the trait if any.
    Impl,
    /// A member of a class or struct that is data: class attribute, property, struct field, TypeScript parameter property.
    Field,
    /// A member of an enum.
    Variant,
    /// A module-level variable or constant; also `const`/`static` in Rust.
    Variable,
    /// `type X = …`; the aliased type is `value`.
    TypeAlias,
    /// Rust `macro_rules!`; the paths it names through the crate's root are `value`.
    Macro,
}

/// Flags of a definition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefFlags(pub u32);

impl DefFlags {
    pub const ASYNC: DefFlags = DefFlags(1);
    pub const GENERATOR: DefFlags = DefFlags(1 << 1);
    pub const STATIC: DefFlags = DefFlags(1 << 2);
    /// Python `@classmethod`.
    pub const CLASS_METHOD: DefFlags = DefFlags(1 << 3);
    /// Python `@property` / `@cached_property`, TypeScript `get`.
    pub const GETTER: DefFlags = DefFlags(1 << 4);
    pub const ABSTRACT: DefFlags = DefFlags(1 << 5);
    /// Visible outside its module: TypeScript `export`, Rust `pub` (any), Python names without a leading underscore.
    pub const PUBLIC: DefFlags = DefFlags(1 << 6);
    /// Test code by syntax: `#[test]`, `#[cfg(test)]` (children inherit it: set on each).
    pub const TEST: DefFlags = DefFlags(1 << 7);
    /// A lambda, arrow function, function expression or closure.
    pub const CLOSURE: DefFlags = DefFlags(1 << 8);
    /// TypeScript constructor parameter property (`constructor(private repo: Repo)`).
    pub const PARAMETER_PROPERTY: DefFlags = DefFlags(1 << 9);
    /// `export default`.
    pub const DEFAULT_EXPORT: DefFlags = DefFlags(1 << 10);
    /// A constant: `const`, `final`, Rust `const`/`static` without `mut`, Python ALL_CAPS.
    pub const CONSTANT: DefFlags = DefFlags(1 << 11);
    /// A JavaScript arrow function.
    pub const ARROW: DefFlags = DefFlags(1 << 12);

    /// Rust `&mut self`.
    pub const MUTABLE_RECEIVER: DefFlags = DefFlags(1 << 13);
    /// TypeScript `private` and `protected`.
    pub const PRIVATE: DefFlags = DefFlags(1 << 14);

    /// True when every flag of `other` is set.
    #[inline]
    pub fn has(self, other: DefFlags) -> bool {
        self.0 & other.0 == other.0
    }

    /// Sets the flags of `other`.
    pub fn set(&mut self, other: DefFlags) {
        self.0 |= other.0;
    }
}

impl std::ops::BitOr for DefFlags {
    type Output = DefFlags;
    fn bitor(self, other: DefFlags) -> DefFlags {
        DefFlags(self.0 | other.0)
    }
}

/// A named (or anonymous) thing with a place: module, function, class, field, variable …
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// The name; `<lambda>` for closures without one, `default` for an anonymous default export.
    pub name: Name,
    pub kind: DefKind,
    pub flags: DefFlags,
    /// The definition it stands in; itself for the file's module.
    pub parent: DefId,
    /// The whole definition with its decorators.
    pub span: Span,
    /// The name alone (or the first token of an anonymous one): where findings point.
    pub name_span: Span,
    /// Decorators (Python, TypeScript) or attributes (Rust: `#[get("/x")]` is a `Call`, `#[tokio::main]` a `Member`,
    /// `#[derive(A, B)]` a `Call` of `derive` with names), in source order.
    pub decorators: Vec<NodeId>,
    /// Functions: parameters.
    pub params: Vec<Param>,
    /// Functions: return type. Fields, variables: annotation.
    pub annotation: Option<NodeId>,
    /// Functions and modules: the code, a `Block` (for an expression lambda, a `Block` whose `value` is true).
    pub body: Option<NodeId>,
    /// Fields, variables, type aliases: the value. A destructured variable has a synthesised `Member`/`Index` node over the value.
    pub value: Option<NodeId>,
    /// Classes: base classes (`class A(B, table=True)`: `Argument` nodes too), TypeScript `extends`, supertraits; `Impl`: see there.
    pub bases: Vec<NodeId>,
    /// TypeScript `implements`. Rust `Impl`: the self type with generic parameters replaced by what bounds them, if any has a bound.
    pub implements: Vec<NodeId>,
    /// Rust: generic parameters with what bounds them, `where` clauses included; one parameter may stand here twice.
    pub type_params: Vec<TypeParam>,
}

/// A generic parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypeParam {
    /// `None` for a type that a `where` clause bounds and that is no parameter's name.
    pub name: Option<Name>,
    pub bounds: Vec<NodeId>,
}

/// How a parameter takes arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ParamKind {
    Normal,
    /// After `*` in Python: by name only.
    KeywordOnly,
    /// `*args`, `...rest`.
    Rest,
    /// `**kwargs`.
    KeywordRest,
    /// The receiver (`self`, `cls`, `&mut self`). Python's and Rust's are listed; TypeScript has none.
    Receiver,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// `None` for a destructuring pattern.
    pub name: Option<Name>,
    /// The pattern when it destructures (`{ id, name }: Props`, Rust `Path(id): Path<i32>`).
    pub pattern: Option<NodeId>,
    pub kind: ParamKind,
    pub annotation: Option<NodeId>,
    pub default: Option<NodeId>,
    /// TypeScript parameter decorators (`@Body() dto`).
    pub decorators: Vec<NodeId>,
    pub span: Span,
}

/// What an import brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportItem {
    /// The module as a whole: `import a.b as x`, `import * as x from`, `const x = require()`, Rust `use a::b::{self}`.
    Module,
    /// `import a.b.c` without alias: binds `a`.
    Root,
    /// One name: `from m import n`, `import { n } from`, `use m::n`. The default export is the name `default`.
    Named(Name),
    /// `from m import *`, `export * from`, `use m::*`.
    Star,
    /// Nothing: `import "./x"`, a dynamic import whose result is not bound.
    Nothing,
    /// Every module whose path fits the specifier, which is a glob: ``import(`./locales/${x}.ts`)``, `import.meta.glob("./*.ts")`.
    Matching,
}

/// When and why an import takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImportKind {
    /// When the module loads.
    Load,
    /// Types only: `TYPE_CHECKING`, `import type`, inline `type`.
    Type,
    /// Written like one that loads, but the TypeScript compiler drops it, since only types use what it brings. In output it is a `type` import;
    /// who looks after what code depends on counts it with those that load. Only `link` knows it.
    Dropped,
    /// When a function runs: imports inside functions, dynamic `import()`.
    Deferred,
    /// Named in a string.
    String,
    /// In test code (`#[cfg(test)]`).
    Test,
}

impl ImportKind {
    /// True for an import that makes code depend on its target: all but those marked as for types, names in strings, and tests.
    pub fn is_dependency(self) -> bool {
        matches!(self, ImportKind::Load | ImportKind::Deferred | ImportKind::Dropped)
    }
}

/// One imported name (a statement that imports three names makes three).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// The module as written: `app.db` (Python, without leading dots), `./x` (TypeScript), `crate::a::b` (Rust, without the last
    /// segment when that is the item; `a` for `use a;` is specifier `a` with item `Module`).
    pub specifier: Name,
    /// Leading dots of a Python relative import.
    pub level: u8,
    pub item: ImportItem,
    /// The name bound in `scope`; for a TypeScript re-export the exported name. `None` for `Star` and `Nothing`, and Rust `as _`.
    pub local: Option<Name>,
    pub kind: ImportKind,
    /// TypeScript `export … from` (binds nothing locally) or Rust `pub use` (binds too).
    pub re_export: bool,
    /// Python `try`/`if`-guarded, Rust `#[cfg]`-guarded.
    pub conditional: bool,
    /// TypeScript: the file uses the name in types at most, so that the compiler drops the import where it is not told to keep it.
    pub erasable: bool,
    /// The definition in which it stands: the module, a function, a Rust inline module.
    pub scope: DefId,
    pub span: Span,
}

/// A TypeScript/JavaScript export that is not a re-export.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Export {
    /// The name others import (`default` for the default export, `=` for `export =` and `module.exports =`).
    pub exported: Name,
    /// What it is: a `Name` node, an expression, or a `Define`/`Closure`.
    pub value: NodeId,
    pub span: Span,
}

/// A Rust `mod x;`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModDeclaration {
    pub name: Name,
    /// `#[path = "…"]`.
    pub path: Option<Name>,
    /// The module it stands in (the file's, or an inline one).
    pub scope: DefId,
    pub test: bool,
    pub public: bool,
    pub span: Span,
}

/// A comment that carries a marker archcheck reads, `archcheck:` or TODO/FIXME/HACK/XXX, or says why rows are handled one by one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comment {
    /// The comment as written, with its marker characters.
    pub text: Name,
    pub span: Span,
}

/// Everything known about one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileFacts {
    pub language: Language,
    pub names: Names,
    pub arena: Arena,
    /// Definition 0 is the module. Parents come before children.
    pub defs: Vec<Definition>,
    pub imports: Vec<Import>,
    pub exports: Vec<Export>,
    pub mods: Vec<ModDeclaration>,
    /// Python `__all__`, when it is a literal (built up by `+=`, `extend`, `append`, `remove` too).
    pub all: Option<Vec<Name>>,
    /// Comments that rules ask for.
    pub comments: Vec<Comment>,
    /// Where comments for people stand, in order: all but those that speak to tools.
    pub remarks: Vec<Span>,
    /// What the queries of rules match here.
    pub matches: Vec<QueryMatch>,
    /// Lines in the file.
    pub lines: u32,
    /// The first byte of code of each line that holds code (is neither blank nor comment), in order.
    pub code_starts: Vec<u32>,
    /// Syntax errors, nesting that was cut off …; paths are filled in by the engine.
    pub problems: Vec<Problem>,
    /// The text says that it runs in a browser.
    pub for_browsers: bool,
    /// Components that only say what a page looks like.
    pub is_markup: bool,
    /// Only a part of the text was read: no rule that is on asks for the rest.
    pub is_outline: bool,
}

impl FileFacts {
    /// The string behind a name.
    #[inline]
    pub fn text(&self, name: Name) -> &str {
        self.names.get(name)
    }

    /// Number of lines that hold code.
    pub fn code_lines(&self) -> u32 {
        self.code_starts.len() as u32
    }

    /// The lines of code that a span touches, counted from zero among the lines that hold code.
    pub fn code_lines_of(&self, span: Span) -> std::ops::Range<usize> {
        let end = self.code_starts.partition_point(|&start| start < span.end);
        // The line on which the span starts may begin before it.
        let start = self.code_starts.partition_point(|&start| start <= span.start);
        start.saturating_sub(1).min(end)..end
    }

    /// A definition.
    #[inline]
    pub fn def(&self, id: DefId) -> &Definition {
        &self.defs[id.index()]
    }

    /// All definitions with their ids.
    pub fn definitions(&self) -> impl Iterator<Item = (DefId, &Definition)> {
        self.defs.iter().enumerate().map(|(at, def)| (DefId(at as u32), def))
    }

    /// The literal string a node is, if it is one.
    #[inline]
    pub fn string(&self, id: NodeId) -> Option<&str> {
        match self.arena.kind(id) {
            super::body::NodeKind::Str(name) => Some(self.text(name)),
            _ => None,
        }
    }
}
