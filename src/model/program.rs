//! The linked whole: modules, import graph, call graph, light types, roles, routes. Made by `link`, read by every later stage.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::body::{NodeId, NodeKind};
use super::facts::{DefId, DefKind, Definition, FileFacts, ImportKind};
use super::finding::{Confidence, Location};
use super::knowledge::{ApiFact, ApiMatch, Knowledge};
use super::nesting::{Nesting, Nestings};
use super::project::Project;
use super::role::{GlobalDef, Role, RoleEvidence};
pub use super::route::Route;
use super::source::{FileId, Span};
use super::spared::Spared;
use super::trace::{self, Files, Part, Tracked};

/// An interned access path of something outside the project (see `model/knowledge.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiId(pub u32);

/// One access path with what is known of it.
#[derive(Clone, Debug)]
pub struct Api {
    /// Canonical path: `sqlalchemy.orm.Session().execute`.
    pub path: String,
    pub matches: Vec<ApiMatch>,
}

/// An interned [`Value`]. Zero is [`Value::Unknown`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueId(pub u32);

/// What a name or expression stands for, as far as light typing can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    Unknown,
    /// A module of the project (a file, or a Rust inline module).
    Module(GlobalDef),
    /// A function, class, or other definition itself (not an instance).
    Def(GlobalDef),
    /// A method taken from an instance: calling it passes the receiver. `receiver` is the class it was taken from.
    Method {
        method: GlobalDef,
        receiver: GlobalDef,
    },
    /// An instance of a project class, struct, enum, interface or trait, with the value of its (first) type argument.
    Instance {
        class: GlobalDef,
        argument: ValueId,
    },
    /// Something outside the project. `subject` is the model class it is about (`Repository<User>`, `User.objects`), if any.
    /// `guessed`: a conventional name in a file that imports the framework is all the evidence (confidence medium).
    Api {
        api: ApiId,
        subject: Option<GlobalDef>,
        guessed: bool,
    },
    /// A Python folder without `__init__`: its dotted path is this access path's text.
    Namespace(ApiId),
    /// A list, set, stream or other collection of this.
    Collection(ValueId),
    /// A mapping to this.
    Mapping(ValueId),
    /// A tuple or object literal whose parts are read from its node: `(file, node)` of the literal.
    Literal(FileId, NodeId),
}

/// How surely an edge of the call graph is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resolution {
    /// Only the name fits.
    NameOnly,
    /// Through a light type, an implementation of an interface, or a function passed as a value.
    Inferred,
    /// Through imports, definitions, annotations or constructors.
    Exact,
}

impl Resolution {
    /// The word used in output.
    #[inline]
    pub fn name(self) -> &'static str {
        match self {
            Resolution::NameOnly => "name-only",
            Resolution::Inferred => "inferred",
            Resolution::Exact => "exact",
        }
    }

    /// The confidence of a finding that rests on such an edge.
    pub fn confidence(self) -> Confidence {
        match self {
            Resolution::NameOnly => Confidence::Low,
            Resolution::Inferred => Confidence::Medium,
            Resolution::Exact => Confidence::High,
        }
    }
}

/// Why a call graph edge exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallKind {
    /// `f(x)`, `o.m()`, `C()`.
    Call,
    /// The function is passed as an argument of the call at `site` and may be called by it.
    Passed,
    /// The framework calls it for the caller (`Depends(f)`, a decorator's wrapper, a property read).
    Implicit,
}

/// One edge of the call graph. `caller` is the innermost named or anonymous function (closures have their own edges), or the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallEdge {
    pub caller: GlobalDef,
    /// The call node in the caller's file.
    pub site: NodeId,
    pub callee: GlobalDef,
    pub kind: CallKind,
    pub resolution: Resolution,
}

/// Where an import leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportTarget {
    /// A module of the project.
    Module(GlobalDef),
    /// A Python folder without `__init__`, as a whole: its path. There is no file to lead to.
    Folder(String),
    /// A package outside it: the specifier as written.
    External(String),
    /// Code of the project that a tool writes: left out, or not there because nobody commits it.
    Generated(String),
    /// Looks first-party but no file is there.
    Unresolved(String),
    /// A file that is no code (style sheet, image, JSON).
    Asset,
}

/// One edge of the import graph: an `Import` of a file, or (Rust) a path used without `use`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportEdge {
    pub from: FileId,
    /// The definition in which it stands.
    pub scope: DefId,
    pub target: ImportTarget,
    /// Where the imported name is really defined, through re-exports and barrels; the module itself for whole-module imports.
    pub definition: Option<GlobalDef>,
    /// The name imported, for messages; empty for whole modules.
    pub name: String,
    pub kind: ImportKind,
    pub re_export: bool,
    pub span: Span,
}

/// Names of methods that handle an HTTP method in class-based views, with what they handle.
pub const VIEW_METHODS: &[(&str, &str)] = &[
    ("get", "GET"),
    ("post", "POST"),
    ("put", "PUT"),
    ("patch", "PATCH"),
    ("delete", "DELETE"),
    ("head", "HEAD"),
    ("options", "OPTIONS"),
    ("list", "GET"),
    ("retrieve", "GET"),
    ("create", "POST"),
    ("update", "PUT"),
    ("partial_update", "PATCH"),
    ("destroy", "DELETE"),
];

/// The linked program. Per-file tables are indexed by `FileId`, per-node tables by `NodeId`.
pub struct Program<'a> {
    pub project: &'a Project,
    pub facts: Files<'a>,
    pub knowledge: &'a Knowledge,
    /// Module path of each file as its language writes it: `app.db.session`, `src/users/users.service`, `crate_name::db`.
    pub modules: Vec<String>,
    /// Sorted by the importing file.
    pub imports: Tracked<Vec<ImportEdge>>,
    pub apis: Vec<Api>,
    pub values: Vec<Value>,
    /// What each node stands for; for a call, its result.
    pub node_values: Vec<Vec<ValueId>>,
    /// The calls that rules follow: what declared types and imports show. Sorted by caller, then site.
    pub calls: Tracked<Vec<CallEdge>>,
    /// The whole call graph, for people: `calls`, and what flows through variables, fields, parameters, decorators and results.
    /// A wrapper's call of what it wraps has an edge to each function it wraps. Sorted by caller, then site.
    pub call_graph: Vec<CallEdge>,
    /// Limits that following values ran into: sets of targets that were full, a search that was cut short.
    pub flow_limits: u32,
    /// Range of `calls` of each caller.
    pub calls_of: FxHashMap<GlobalDef, (u32, u32)>,
    /// Classes that directly extend, implement or (Rust) provide `impl` blocks for a class or trait.
    pub subclasses: FxHashMap<GlobalDef, Vec<GlobalDef>>,
    /// Roles of files, best evidence first (may be several; empty: none known).
    pub file_roles: Tracked<Vec<Vec<RoleEvidence>>>,
    /// Roles of single definitions, where they have one of their own.
    pub def_roles: Tracked<FxHashMap<GlobalDef, RoleEvidence>>,
    pub routes: Tracked<Vec<Route>>,
    /// Definitions of the project that the user's `[[knowledge]]` speaks of, as the APIs they are to the rest of the project.
    pub taught: FxHashMap<GlobalDef, ApiId>,
    /// Paths of the user's `[[knowledge]]` that nothing in the program has, sorted.
    pub untaught: Vec<String>,
    /// Number of calls seen and of those whose target (in the project or outside) is known.
    pub calls_seen: u32,
    pub calls_known: u32,
    /// Code of which calls and values are not known, since nothing asks.
    pub spared: Spared,
    /// What stands around each node.
    pub nestings: Arc<Nestings<'a>>,
}

/// Who sees evidence sees its place.
fn note_place(evidence: &RoleEvidence) {
    if let Some((file, _)) = evidence.place {
        trace::note(Part::File(file));
    }
}

impl<'a> Program<'a> {
    /// What stands around the nodes of a file.
    pub fn nesting(&self, file: FileId) -> &Nesting {
        self.nestings.of(file)
    }

    /// The facts of a file.
    #[inline]
    pub fn file(&self, file: FileId) -> &'a FileFacts {
        self.facts.of(file)
    }

    /// The path of a file relative to the root.
    #[inline]
    pub fn path(&self, file: FileId) -> &std::sync::Arc<str> {
        &self.project.files[file.index()].path
    }

    /// A definition.
    #[inline]
    pub fn def(&self, id: GlobalDef) -> &'a Definition {
        self.file(id.file).def(id.def)
    }

    /// A definition's name.
    #[inline]
    pub fn name(&self, id: GlobalDef) -> &'a str {
        let facts = self.file(id.file);
        facts.text(facts.def(id.def).name)
    }

    /// The name people use: an anonymous function that makes the value of a variable (`const f = wrap(async () => …)`) has the variable's.
    pub fn spoken_name(&self, id: GlobalDef) -> &'a str {
        let facts = self.file(id.file);
        let def = facts.def(id.def);
        let name = facts.text(def.name);
        if !def.flags.has(super::facts::DefFlags::CLOSURE) || !name.starts_with('<') {
            return name;
        }
        let holder = facts.defs.iter().find(|holder| {
            matches!(holder.kind, DefKind::Variable | DefKind::Field)
                && holder.parent == def.parent
                && holder.value.is_some_and(|value| facts.arena.span(value).contains(def.span))
        });
        holder.map_or(name, |holder| facts.text(holder.name))
    }

    /// `Class.method`, `outer.inner`, or the plain name: short, for messages.
    pub fn short_name(&self, id: GlobalDef) -> String {
        let def = self.def(id);
        let parent = GlobalDef { file: id.file, def: def.parent };
        if id.def == DefId::MODULE {
            return self.modules[id.file.index()].clone();
        }
        let name = self.spoken_name(id);
        match self.def(parent).kind {
            DefKind::Class | DefKind::Struct | DefKind::Enum | DefKind::Interface | DefKind::Trait => {
                format!("{}.{}", self.name(parent), name)
            }
            DefKind::Impl => format!("{}::{}", self.name(parent), name),
            _ => name.to_string(),
        }
    }

    /// Module path and short name: identifies the definition in fingerprints and graphs.
    pub fn qualified_name(&self, id: GlobalDef) -> String {
        let facts = self.file(id.file);
        let mut parts = Vec::new();
        let mut at = id.def;
        while at != DefId::MODULE && parts.len() < 64 {
            parts.push(self.spoken_name(GlobalDef { file: id.file, def: at }).to_string());
            at = facts.def(at).parent;
        }
        parts.push(self.modules[id.file.index()].clone());
        parts.reverse();
        let separator = if facts.language.family() == super::source::Family::Rust { "::" } else { "." };
        parts.join(separator)
    }

    /// A place in a file.
    pub fn location(&self, file: FileId, span: Span) -> Location {
        Location { path: self.path(file).clone(), span }
    }

    /// Where a definition's name stands.
    pub fn name_location(&self, id: GlobalDef) -> Location {
        self.location(id.file, self.def(id).name_span)
    }

    /// What a node stands for.
    #[inline]
    pub fn value(&self, file: FileId, node: NodeId) -> Value {
        trace::note(Part::File(file));
        self.values[self.node_values[file.index()][node.index()].0 as usize]
    }

    /// The value behind an id.
    #[inline]
    pub fn value_of(&self, id: ValueId) -> Value {
        self.values[id.0 as usize]
    }

    /// The API a node stands for, if it is something outside the project.
    #[inline]
    pub fn api(&self, file: FileId, node: NodeId) -> Option<&Api> {
        match self.value(file, node) {
            Value::Api { api, .. } => Some(&self.apis[api.0 as usize]),
            _ => None,
        }
    }

    /// The API a node stands for: of a library, or a definition of the project that the user's knowledge speaks of.
    #[inline]
    pub fn api_id(&self, file: FileId, node: NodeId) -> Option<ApiId> {
        match self.value(file, node) {
            Value::Api { api, .. } => Some(api),
            Value::Def(def) | Value::Method { method: def, .. } | Value::Instance { class: def, .. } => self.taught.get(&def).copied(),
            _ => None,
        }
    }

    /// The API a call node calls (its callee's access path).
    #[inline]
    pub fn called_api(&self, file: FileId, call: NodeId) -> Option<&Api> {
        self.called_api_id(file, call).map(|id| &self.apis[id.0 as usize])
    }

    /// As [`Program::called_api`], its id.
    #[inline]
    pub fn called_api_id(&self, file: FileId, call: NodeId) -> Option<ApiId> {
        match self.file(file).arena.kind(call) {
            NodeKind::Call { callee, .. } => match self.file(file).arena.kind(callee) {
                NodeKind::Apply { base, .. } => self.api_id(file, base).or_else(|| self.api_id(file, callee)),
                _ => self.api_id(file, callee),
            },
            _ => None,
        }
    }

    /// The call is of what opens a transaction.
    pub fn opens_transaction(&self, file: FileId, call: NodeId) -> bool {
        self.called_api(file, call).is_some_and(|api| self.facts_of(api).any(|(fact, _)| *fact == ApiFact::Transaction))
    }

    /// The facts known of an API.
    #[inline]
    pub fn facts_of<'b>(&'b self, api: &'b Api) -> impl Iterator<Item = (&'a ApiFact, &'b ApiMatch)> + 'b {
        let knowledge = self.knowledge;
        api.matches.iter().map(move |found| (&knowledge.entries[found.entry as usize].fact, found))
    }

    /// Edges of the import graph that leave a file.
    pub fn imports_of(&self, file: FileId) -> &[ImportEdge] {
        let all = &*self.imports;
        &all[all.partition_point(|edge| edge.from < file)..all.partition_point(|edge| edge.from <= file)]
    }

    /// Edges of the call graph that leave `caller`, sorted by site.
    #[inline]
    pub fn calls_from(&self, caller: GlobalDef) -> &[CallEdge] {
        trace::note(Part::File(caller.file));
        match self.calls_of.get(&caller) {
            Some(&(start, end)) => &self.calls.unnoted()[start as usize..end as usize],
            None => &[],
        }
    }

    /// Edges of the call graph that leave `caller` at the call node `site`.
    pub fn calls_at(&self, caller: GlobalDef, site: NodeId) -> &[CallEdge] {
        let edges = self.calls_from(caller);
        let start = edges.partition_point(|edge| edge.site < site);
        let end = edges.partition_point(|edge| edge.site <= site);
        &edges[start..end]
    }

    /// The role of a definition: its own, else that of the nearest enclosing definition that has one, else its file's best.
    pub fn role(&self, id: GlobalDef) -> Option<&RoleEvidence> {
        self.role_unplaced(id).inspect(|evidence| note_place(evidence))
    }

    /// As [`Program::role`], for who does not look where the evidence is.
    fn role_unplaced(&self, id: GlobalDef) -> Option<&RoleEvidence> {
        let facts = self.file(id.file);
        let mut at = id.def;
        for _ in 0..64 {
            if let Some(own) = self.def_roles.unnoted().get(&GlobalDef { file: id.file, def: at }) {
                return Some(own);
            }
            if at == DefId::MODULE {
                break;
            }
            at = facts.def(at).parent;
        }
        self.file_roles.unnoted()[id.file.index()].first()
    }

    /// The function that stands in no other function and holds `function`; itself for one that stands alone, the module for its own code.
    pub fn outermost(&self, function: GlobalDef) -> GlobalDef {
        let facts = self.file(function.file);
        let mut outermost = function.def;
        let mut at = function.def;
        for _ in 0..64 {
            if at == DefId::MODULE {
                break;
            }
            let def = facts.def(at);
            if matches!(def.kind, DefKind::Function | DefKind::Method) {
                outermost = at;
            }
            at = def.parent;
        }
        GlobalDef { file: function.file, def: outermost }
    }

    /// A route's handler as functions: a class stands for its methods that answer requests.
    pub fn handler_functions(&self, handler: GlobalDef) -> Vec<GlobalDef> {
        if self.def(handler).kind != DefKind::Class {
            return vec![handler];
        }
        let facts = self.file(handler.file);
        let is_view = |name: &str| VIEW_METHODS.iter().any(|(own, _)| *own == name);
        let members = facts.definitions().filter(|(_, def)| {
            def.parent == handler.def && def.kind == DefKind::Method && def.body.is_some() && is_view(facts.text(def.name))
        });
        members.map(|(def, _)| GlobalDef { file: handler.file, def }).collect()
    }

    /// The best role of a file as a whole.
    pub fn file_role(&self, file: FileId) -> Option<&RoleEvidence> {
        self.file_roles.unnoted()[file.index()].first().inspect(|evidence| note_place(evidence))
    }

    /// True when the file, or the definition by syntax, has this role among its roles (tests, migrations, scripts).
    pub fn is(&self, id: GlobalDef, role: Role) -> bool {
        self.role_unplaced(id).is_some_and(|evidence| evidence.role == role)
            || self.file_roles.unnoted()[id.file.index()].iter().any(|evidence| evidence.role == role)
            || (role == Role::Test && self.def(id).flags.has(super::facts::DefFlags::TEST))
    }

    /// True when [`Program::is`] is for any of these roles.
    pub fn is_any(&self, id: GlobalDef, roles: &[Role]) -> bool {
        self.role_unplaced(id).is_some_and(|evidence| roles.contains(&evidence.role))
            || self.file_roles.unnoted()[id.file.index()].iter().any(|evidence| roles.contains(&evidence.role))
            || (roles.contains(&Role::Test) && self.def(id).flags.has(super::facts::DefFlags::TEST))
    }

    /// The functions and the module body of one file, but for those that are [spared](Spared).
    pub fn functions_of(&self, file: FileId) -> impl Iterator<Item = GlobalDef> + '_ {
        self.judged(file, self.file(file))
    }

    /// Every function (also methods and closures) and module body of the program that is not [spared](Spared), in order of files.
    pub fn functions(&self) -> impl Iterator<Item = GlobalDef> + '_ {
        self.facts.iter().enumerate().flat_map(|(file, facts)| self.judged(FileId(file as u32), facts))
    }

    fn judged<'p>(&'p self, file: FileId, facts: &'p FileFacts) -> impl Iterator<Item = GlobalDef> + 'p {
        let with_code = facts.definitions().filter(|(_, def)| def.body.is_some()).map(move |(def, _)| GlobalDef { file, def });
        with_code.filter(move |&code| !self.spared.code(facts, code))
    }
}
