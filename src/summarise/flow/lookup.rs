//! Questions about the program that the interpreter asks: which definition a name means, what a type says about injection, which
//! class a method works on.
//!
//! Names are looked up in the file's own definitions and its imports only: the linker has already followed the rest.

use rustc_hash::FxHashMap;

use super::value::Key;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, ImportItem, Name};
use crate::model::knowledge::{ApiFact, SourceKind};
use crate::model::program::{Api, Program, Value as Known};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::api_names;

/// Interned keys of objects, fields and files' names.
pub(super) struct Keys<'a> {
    known: FxHashMap<&'a str, Key>,
    by_file: Vec<FxHashMap<Name, Key>>,
}

impl<'a> Keys<'a> {
    pub(super) fn new(files: usize) -> Keys<'a> {
        Keys { known: FxHashMap::default(), by_file: vec![FxHashMap::default(); files] }
    }

    pub(super) fn text(&mut self, text: &'a str) -> Key {
        // The first numbers stand for things that are no keys.
        let next = Key(self.known.len() as u32 + Key::FIRST_NAMED);
        *self.known.entry(text).or_insert(next)
    }

    /// True when `key` was made of this text.
    pub(super) fn is(&self, key: Key, text: &str) -> bool {
        self.known.get(text) == Some(&key)
    }

    pub(super) fn name(&mut self, program: &Program<'a>, file: FileId, name: Name) -> Key {
        if let Some(&key) = self.by_file[file.index()].get(&name) {
            return key;
        }
        let key = self.text(program.file(file).text(name));
        self.by_file[file.index()].insert(name, key);
        key
    }
}

/// Module-level names of each file and where its imported names are defined.
pub(super) struct Scopes {
    own: Vec<FxHashMap<(DefId, Name), DefId>>,
    imported: Vec<FxHashMap<Name, GlobalDef>>,
}

impl Scopes {
    pub(super) fn new(program: &Program) -> Scopes {
        let mut own = vec![FxHashMap::default(); program.facts.len()];
        for (file, facts) in program.facts.iter().enumerate() {
            for (id, def) in facts.definitions() {
                if id != DefId::MODULE {
                    own[file].entry((def.parent, def.name)).or_insert(id);
                }
            }
        }
        let mut imported: Vec<FxHashMap<Name, GlobalDef>> = vec![FxHashMap::default(); program.facts.len()];
        for edge in &program.imports {
            let Some(definition) = edge.definition else { continue };
            let facts = program.file(edge.from);
            let matching = facts.imports.iter().filter(|import| import.span == edge.span && import.scope == edge.scope);
            for import in matching {
                let named = match import.item {
                    ImportItem::Named(name) => facts.text(name) == edge.name,
                    ImportItem::Module | ImportItem::Root => edge.name.is_empty(),
                    ImportItem::Star | ImportItem::Nothing | ImportItem::Matching => false,
                };
                if let (true, Some(local)) = (named, import.local) {
                    imported[edge.from.index()].entry(local).or_insert(definition);
                }
            }
        }
        Scopes { own, imported }
    }

    /// The definition that `name` means in the module scope of `file`.
    pub(super) fn module_name(&self, file: FileId, name: Name) -> Option<GlobalDef> {
        self.child_name(GlobalDef { file, def: DefId::MODULE }, name).or_else(|| self.imported[file.index()].get(&name).copied())
    }

    fn child_name(&self, parent: GlobalDef, name: Name) -> Option<GlobalDef> {
        self.own[parent.file.index()].get(&(parent.def, name)).map(|&def| GlobalDef { file: parent.file, def })
    }

    /// The member of a class, enum or module with this text as its name.
    pub(super) fn child(&self, program: &Program, parent: GlobalDef, text: &str) -> Option<GlobalDef> {
        let facts = program.file(parent.file);
        facts
            .definitions()
            .find(|(_, def)| def.parent == parent.def && facts.text(def.name) == text)
            .map(|(id, _)| GlobalDef { file: parent.file, def: id })
    }
}

/// What a type says about data of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Safety {
    /// Numbers, booleans, dates, UUIDs, enums, literal types: nothing can be injected.
    Safe,
    /// Text, or something that may hold text.
    Open,
    /// An instance of this project class.
    Class(GlobalDef),
    /// Something of a library that is not plain data (a session, a request).
    Foreign,
    Unknown,
}

const SAFE_BUILTINS: &[&str] = &[
    "int", "float", "bool", "complex", "number", "boolean", "bigint", "Number", "Boolean", "BigInt", "Date", "i8", "i16", "i32", "i64",
    "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize", "f32", "f64",
];

const OPEN_BUILTINS: &[&str] = &["str", "string", "String", "bytes", "any", "Any", "object", "unknown", "dict", "list", "Dict", "List"];

/// Wrappers whose (first) argument is the data.
const TRANSPARENT: &[&str] = &[
    "Optional",
    "Option",
    "Annotated",
    "Mapped",
    "Vec",
    "List",
    "list",
    "Sequence",
    "Iterable",
    "Set",
    "set",
    "FrozenSet",
    "frozenset",
    "Array",
    "ReadonlyArray",
    "Promise",
    "Readonly",
    "Required",
    "Final",
    "ClassVar",
    "Result",
    "Arc",
    "Rc",
    "Box",
    "Cow",
    "Path",
    "Query",
    "Json",
    "Form",
    "Data",
    "Awaitable",
    "Coroutine",
    "Iterator",
    "Tuple",
    "tuple",
    "Collection",
    "HashSet",
    "BTreeSet",
    "NonNullable",
    "Some",
    "Column",
];

/// Modules of standard libraries that read nothing from outside: what they make of constants is as harmless as these.
const PURE_MODULES: &[&str] = &[
    "abc",
    "base64",
    "calendar",
    "collections",
    "contextlib",
    "copy",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "heapq",
    "itertools",
    "logging",
    "math",
    "operator",
    "random",
    "re",
    "secrets",
    "statistics",
    "string",
    "struct",
    "textwrap",
    "threading",
    "time",
    "types",
    "typing",
    "uuid",
    "weakref",
    "zoneinfo",
];

/// Built-in functions of which the same is true.
const PURE_BUILTINS: &[&str] = &["chr", "hex", "object", "oct", "property", "range", "slice", "super", "type", "bin"];

/// Modules of Rust's standard library that do read from outside.
const OUTSIDE_MODULES: &[&str] = &["env", "fs", "io", "net", "os", "process"];

/// True when an access path is of a standard library and nothing comes in through it.
pub(super) fn is_pure_path(path: &str, family: Family) -> bool {
    let mut names = path.split(['.', '(']);
    let (root, next) = (names.next().unwrap_or(""), names.next().unwrap_or(""));
    match family {
        Family::Python if root == "builtins" => PURE_BUILTINS.contains(&next),
        Family::Python => PURE_MODULES.contains(&root),
        Family::Rust => matches!(root, "core" | "alloc") || (root == "std" && !OUTSIDE_MODULES.contains(&next)),
        Family::TypeScript => false,
    }
}

/// What the type written at `node` says.
pub(super) fn safety(program: &Program, scopes: &Scopes, file: FileId, node: NodeId) -> Safety {
    safety_at(program, scopes, file, node, 0)
}

fn safety_at(program: &Program, scopes: &Scopes, file: FileId, node: NodeId, depth: u8) -> Safety {
    if depth > 12 {
        return Safety::Unknown;
    }
    let facts = program.file(file);
    let next = |node| safety_at(program, scopes, file, node, depth + 1);
    match facts.arena.kind(node) {
        // Literal types: `'asc' | 'desc'`. In Python a string is a forward reference.
        NodeKind::Str(_) if facts.language.family() == Family::TypeScript => Safety::Safe,
        NodeKind::Number(_) | NodeKind::Bool(_) | NodeKind::Null => Safety::Safe,
        NodeKind::Union(parts) => together(facts.arena.list(parts).map(next)),
        NodeKind::Binary { left, right, .. } => together([left, right].into_iter().map(next)),
        NodeKind::Collection { items, .. } => together(facts.arena.list(items).map(next)),
        NodeKind::Apply { base, args } => {
            let name = last_name(program, file, base).unwrap_or("");
            let mut list = facts.arena.list(args);
            if name == "Literal"
                || (name == "Annotated"
                    && list.clone().skip(1).any(|arg| has_pattern(program, file, arg) || has_predicate(program, file, arg)))
            {
                Safety::Safe
            } else if matches!(name, "Dict" | "dict" | "Record" | "Mapping" | "Map" | "HashMap" | "BTreeMap") {
                Safety::Open
            } else if TRANSPARENT.contains(&name) {
                list.next().map_or(Safety::Unknown, next)
            } else {
                next(base)
            }
        }
        NodeKind::Index { object, index } => match last_name(program, file, object) {
            Some("Literal") => Safety::Safe,
            Some(name) if TRANSPARENT.contains(&name) => next(index),
            _ => Safety::Open,
        },
        NodeKind::Name(_) | NodeKind::Member { .. } => named(program, scopes, file, node, depth),
        // `constr(pattern="^[a-z]+$")`
        NodeKind::Call { .. } if has_pattern(program, file, node) => Safety::Safe,
        _ => Safety::Unknown,
    }
}

/// A call that says more of what a client sends: `Query(…)`, `Body(embed=True)`.
pub(super) fn describes(program: &Program, file: FileId, node: NodeId) -> bool {
    let NodeKind::Call { callee, .. } = program.file(file).arena.kind(node) else { return false };
    last_name(program, file, callee).is_some_and(|name| api_names().types.descriptions.has(name))
}

/// The type written at `node` is that of one object, and of no list of them: `Order`, `Order | None`, `Annotated[Order, Body()]`.
pub(super) fn is_of_one(program: &Program, file: FileId, node: NodeId) -> bool {
    let facts = program.file(file);
    match facts.arena.kind(node) {
        NodeKind::Name(_) | NodeKind::Member { .. } | NodeKind::Null => true,
        NodeKind::Union(parts) => facts.arena.list(parts).all(|part| is_of_one(program, file, part)),
        NodeKind::Binary { left, right, .. } => is_of_one(program, file, left) && is_of_one(program, file, right),
        NodeKind::Apply { base, args } => {
            let first = facts.arena.list(args).next();
            matches!(last_name(program, file, base), Some("Optional" | "Annotated"))
                && first.is_some_and(|first| is_of_one(program, file, first))
        }
        NodeKind::Index { object, index } => last_name(program, file, object) == Some("Optional") && is_of_one(program, file, index),
        _ => false,
    }
}

/// The class, or one it extends, keeps what a client sends under names that it does not have: `model_config = ConfigDict(extra="allow")`.
pub(super) fn takes_any_field(program: &Program, class: GlobalDef) -> bool {
    ancestors(program, class).into_iter().any(|class| {
        let facts = program.file(class.file);
        if !facts.names.may_hold("allow") && !facts.names.may_hold("RootModel") {
            return false;
        }
        let says = |node: NodeId| {
            let mut says = false;
            facts.arena.walk(node, |inner| match facts.arena.kind(inner) {
                NodeKind::Str(name) | NodeKind::Name(name) | NodeKind::Member { name, .. } => {
                    says |= matches!(facts.text(name), "allow" | "RootModel");
                }
                _ => {}
            });
            says
        };
        let of_config = |config: DefId| {
            facts.definitions().any(|(_, own)| own.parent == config && facts.text(own.name) == "extra" && own.value.is_some_and(says))
        };
        facts.def(class.def).bases.iter().any(|&base| says(base))
            || facts.definitions().any(|(id, own)| {
                own.parent == class.def
                    && match facts.text(own.name) {
                        "model_config" => own.value.is_some_and(says),
                        "Config" => of_config(id),
                        _ => false,
                    }
            })
    })
}

/// A call that gives a pattern the data must fit: `Field(pattern="^(asc|desc)$")`, `Query(regex=…)`, `StringConstraints(pattern=…)`.
pub(super) fn has_pattern(program: &Program, file: FileId, node: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Call { callee, args, .. } = facts.arena.kind(node) else { return false };
    let describes = last_name(program, file, callee).is_some_and(|name| api_names().types.descriptions.has(name));
    describes
        && facts.arena.list(args).any(|arg| {
            matches!(facts.arena.kind(arg), NodeKind::Argument { name, value }
                if matches!(facts.text(name), "pattern" | "regex") && !matches!(facts.arena.kind(value), NodeKind::Null))
        })
}

/// `Annotated[str, Predicate(is_column)]`, `AfterValidator(check_column)`: a test of the project's own that says no.
fn has_predicate(program: &Program, file: FileId, node: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Call { callee, args, .. } = facts.arena.kind(node) else { return false };
    let tests = |arg: NodeId| {
        let name = last_name(program, file, arg).unwrap_or("").to_ascii_lowercase();
        ["valid", "check", "allow", "ensure", "is_"].iter().any(|word| name.contains(word))
    };
    match last_name(program, file, callee) {
        Some("Predicate") => true,
        Some("AfterValidator" | "BeforeValidator" | "WrapValidator") => facts.arena.list(args).next().is_some_and(tests),
        _ => false,
    }
}

fn named(program: &Program, scopes: &Scopes, file: FileId, node: NodeId, depth: u8) -> Safety {
    let name = last_name(program, file, node).unwrap_or("");
    if let NodeKind::Name(local) = program.file(file).arena.kind(node)
        && let Some(alias) = scopes.module_name(file, local).filter(|&def| program.def(def).kind == DefKind::Variable)
        && class_safety(program, scopes, alias, depth) == Safety::Safe
    {
        return Safety::Safe;
    }
    match program.value(file, node) {
        Known::Def(class) => return class_safety(program, scopes, class, depth),
        Known::Instance { class, .. } => return class_safety(program, scopes, class, depth),
        Known::Api { api, .. } => {
            let path = &program.apis[api.0 as usize].path;
            if is_safe_path(path) || api_names().types.safe.has(name) {
                return Safety::Safe;
            }
            if !path.starts_with("builtins.") {
                return Safety::Foreign;
            }
        }
        _ => {}
    }
    if let NodeKind::Name(local) = program.file(file).arena.kind(node)
        && let Some(def) = scopes.module_name(file, local)
    {
        return class_safety(program, scopes, def, depth);
    }
    if SAFE_BUILTINS.contains(&name) || api_names().types.safe.has(name) {
        Safety::Safe
    } else if OPEN_BUILTINS.contains(&name) {
        Safety::Open
    } else {
        Safety::Unknown
    }
}

fn class_safety(program: &Program, scopes: &Scopes, def: GlobalDef, depth: u8) -> Safety {
    let definition = program.def(def);
    match definition.kind {
        DefKind::Enum | DefKind::Variant => Safety::Safe,
        DefKind::TypeAlias => match definition.value {
            Some(value) => safety_at(program, scopes, def.file, value, depth + 1),
            None => Safety::Unknown,
        },
        // `Order = Literal["asc", "desc"]`.
        DefKind::Variable => match definition.value.map(|value| safety_at(program, scopes, def.file, value, depth + 1)) {
            Some(Safety::Safe) if program.file(def.file).language.family() == Family::Python => Safety::Safe,
            _ => Safety::Unknown,
        },
        DefKind::Class | DefKind::Struct | DefKind::Interface | DefKind::Trait => {
            if is_enum(program, def) {
                Safety::Safe
            } else {
                Safety::Class(def)
            }
        }
        _ => Safety::Unknown,
    }
}

/// True for enumerations: their values are constants. Python says it with a base class.
pub(super) fn is_enum(program: &Program, def: GlobalDef) -> bool {
    let definition = program.def(def);
    if matches!(definition.kind, DefKind::Enum | DefKind::Variant) {
        return true;
    }
    ancestors(program, def).iter().any(|&class| {
        program.def(class).bases.iter().any(|&base| {
            let path = program.api(class.file, base).map(|api| api.path.as_str()).unwrap_or("");
            path.starts_with("enum.") || matches!(path, "django.db.models.TextChoices" | "django.db.models.IntegerChoices")
        })
    })
}

fn together(parts: impl Iterator<Item = Safety>) -> Safety {
    let mut out = Safety::Safe;
    for part in parts {
        if part != Safety::Safe {
            out = part;
            if part != Safety::Unknown {
                return part;
            }
        }
    }
    out
}

/// True when an access path names something with a fixed form: `builtins.int()`, `uuid.UUID()`.
pub(super) fn is_safe_path(path: &str) -> bool {
    let instance = path.strip_suffix("()").unwrap_or(path);
    match instance.strip_prefix("builtins.") {
        Some(name) => SAFE_BUILTINS.contains(&name),
        None => {
            let name = instance.rsplit('.').next().unwrap_or("");
            api_names().types.safe.has(name) && instance.contains('.')
        }
    }
}

/// True when what a node stands for cannot carry an injection, by its light type.
pub(super) fn known_safe(program: &Program, file: FileId, node: NodeId) -> bool {
    is_safe_value(program, program.value(file, node), 0)
}

fn is_safe_value(program: &Program, value: Known, depth: u8) -> bool {
    match value {
        Known::Api { api, .. } => {
            let path = &program.apis[api.0 as usize].path;
            path.ends_with("()") && is_safe_path(path)
        }
        Known::Instance { class, .. } => is_enum(program, class),
        Known::Collection(element) if depth < 4 => is_safe_value(program, program.value_of(element), depth + 1),
        _ => false,
    }
}

/// The type of a field: of its annotation, or of the column it is made of (`Column(Integer)`, `models.IntegerField()`).
pub(super) fn field_safety(program: &Program, scopes: &Scopes, field: GlobalDef) -> Safety {
    let def = program.def(field);
    if def.value.is_some_and(|value| has_pattern(program, field.file, value)) || is_tested(program, field) {
        return Safety::Safe;
    }
    if let Some(annotation) = def.annotation {
        let safety = safety(program, scopes, field.file, annotation);
        if safety != Safety::Unknown {
            return safety;
        }
    }
    let facts = program.file(field.file);
    if let Some(value) = def.value
        && let NodeKind::Call { callee, args, .. } = facts.arena.kind(value)
    {
        let safe = |node| last_name(program, field.file, node).is_some_and(|name| api_names().types.safe_columns.has(name));
        let first = facts.arena.list(args).next().map(|arg| match facts.arena.kind(arg) {
            NodeKind::Call { callee, .. } => callee,
            _ => arg,
        });
        if safe(callee) || first.is_some_and(safe) {
            return Safety::Safe;
        }
    }
    Safety::Unknown
}

/// A decorator says that data for the field has a fixed form: `@IsIn(["asc", "desc"])`.
fn is_tested(program: &Program, field: GlobalDef) -> bool {
    let facts = program.file(field.file);
    program.def(field).decorators.iter().any(|&decorator| {
        let callee = match facts.arena.kind(decorator) {
            NodeKind::Call { callee, .. } => callee,
            _ => decorator,
        };
        let api = program.api(field.file, callee);
        api.is_some_and(|api| program.facts_of(api).any(|(fact, _)| matches!(fact, ApiFact::FixedSchema)))
    })
}

/// The last name of a path: `c` of `a.b.c`.
pub(super) fn last_name<'a>(program: &Program<'a>, file: FileId, node: NodeId) -> Option<&'a str> {
    let facts = program.file(file);
    match facts.arena.kind(node) {
        NodeKind::Name(name) | NodeKind::Member { name, .. } => Some(facts.text(name)),
        NodeKind::Apply { base, .. } => last_name_of_apply(program, file, base),
        _ => None,
    }
}

fn last_name_of_apply<'a>(program: &Program<'a>, file: FileId, base: NodeId) -> Option<&'a str> {
    let facts = program.file(file);
    match facts.arena.kind(base) {
        NodeKind::Name(name) | NodeKind::Member { name, .. } => Some(facts.text(name)),
        _ => None,
    }
}

/// The class whose instance the receiver is inside `function` (also inside its closures).
pub(super) fn class_of(program: &Program, function: GlobalDef) -> Option<GlobalDef> {
    let facts = program.file(function.file);
    let mut at = function.def;
    for _ in 0..64 {
        let parent = facts.def(at).parent;
        match facts.def(parent).kind {
            DefKind::Class | DefKind::Struct | DefKind::Enum | DefKind::Interface | DefKind::Trait => {
                return Some(GlobalDef { file: function.file, def: parent });
            }
            DefKind::Impl => {
                let own = facts.def(parent).bases.first()?;
                return match program.value(function.file, *own) {
                    Known::Def(class) | Known::Instance { class, .. } => Some(class),
                    _ => None,
                };
            }
            _ if parent == at || parent == DefId::MODULE => return None,
            _ => at = parent,
        }
    }
    None
}

/// The class itself and the project classes it extends, nearest first.
pub(super) fn ancestors(program: &Program, class: GlobalDef) -> Vec<GlobalDef> {
    let mut out = vec![class];
    let mut at = 0;
    while at < out.len() && out.len() < 24 {
        let here = out[at];
        for &base in &program.def(here).bases {
            add_base(program, here.file, base, &mut out, 0);
        }
        at += 1;
    }
    out
}

/// The class that `base` is, or the classes of whose fields it is made: `extends IntersectionType(Page, PickType(Shop, ["id"]))`.
fn add_base(program: &Program, file: FileId, base: NodeId, out: &mut Vec<GlobalDef>, depth: u8) {
    let arena = &program.file(file).arena;
    let base = match arena.kind(base) {
        NodeKind::Apply { base, .. } => base,
        NodeKind::Call { callee, args, .. } if depth < 16 => {
            let mixes = |api: &Api| program.facts_of(api).any(|(fact, _)| matches!(fact, ApiFact::MixesClasses));
            if program.api(file, callee).is_some_and(mixes) {
                arena.list(args).take(16).for_each(|part| add_base(program, file, part, out, depth + 1));
            }
            return;
        }
        _ => base,
    };
    if let Known::Def(parent) | Known::Instance { class: parent, .. } = program.value(file, base)
        && !out.contains(&parent)
    {
        out.push(parent);
    }
}

/// The fields of instances of `class` that cannot carry an injection, by what the class and those it extends say of them.
pub(super) fn safe_fields<'a>(program: &Program<'a>, scopes: &Scopes, class: GlobalDef) -> Vec<&'a str> {
    let mut seen: Vec<&str> = Vec::new();
    let mut safe = Vec::new();
    for class in ancestors(program, class) {
        let facts = program.file(class.file);
        for (id, def) in facts.definitions().filter(|(_, def)| def.parent == class.def && def.kind == DefKind::Field) {
            let name = facts.text(def.name);
            // What is nearer hides it.
            if seen.contains(&name) {
                continue;
            }
            seen.push(name);
            if field_safety(program, scopes, GlobalDef { file: class.file, def: id }) == Safety::Safe {
                safe.push(name);
            }
        }
    }
    safe
}

/// The project classes that extend `class`, at any distance, a bounded number of them.
pub(super) fn descendants(program: &Program, class: GlobalDef) -> Vec<GlobalDef> {
    let mut out: Vec<GlobalDef> = program.subclasses.get(&class).cloned().unwrap_or_default();
    let mut at = 0;
    while at < out.len() && out.len() < 24 {
        for &next in program.subclasses.get(&out[at]).into_iter().flatten() {
            if !out.contains(&next) && next != class {
                out.push(next);
            }
        }
        at += 1;
    }
    out
}

/// The source an API is, if it is one.
pub(super) fn source_of(program: &Program, api: &Api) -> Option<SourceKind> {
    program
        .facts_of(api)
        .filter_map(|(fact, _)| match fact {
            ApiFact::Source(kind) => Some(*kind),
            _ => None,
        })
        .min()
}

/// The source that `path` (an access path) is, if it is one.
pub(super) fn source_of_path(program: &Program, path: &str) -> Option<SourceKind> {
    let path = program.knowledge.canonical(path).unwrap_or(path);
    program
        .knowledge
        .facts(path)
        .into_iter()
        .filter_map(|found| match program.knowledge.entries.get(found.entry as usize)?.fact {
            ApiFact::Source(kind) => Some(kind),
            _ => None,
        })
        .min()
}

/// The same for a parameter of the type that `path` names, as itself or as its instance.
pub(super) fn parameter_source_of_path(program: &Program, path: &str) -> Option<SourceKind> {
    let other = match path.strip_suffix("()") {
        Some(class) => class.to_string(),
        None => format!("{path}()"),
    };
    let other = program.knowledge.canonical(&other).unwrap_or(&other);
    let found = program.knowledge.facts(other);
    found
        .into_iter()
        .filter_map(|found| match program.knowledge.entries.get(found.entry as usize)?.fact {
            ApiFact::ParameterSource(kind) => Some(kind),
            _ => None,
        })
        .min()
}
