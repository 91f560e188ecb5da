//! What files load by calling: `require`, `import()`, `createRequire`, bundlers' globs, mocks, and paths that name a module.
//!
//! Where the specifier is built (a template, `+`, `path.join(__dirname, …)`) it becomes a glob with `*` for each unknown part; a choice between
//! literals becomes an import of each. A specifier of which nothing is known leads nowhere and is no import.

use crate::model::body::{AssignOp, CallForm, CollectionKind, List, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, Import, ImportItem, ImportKind, Name};
use crate::model::source::{Language, Span};

use super::lower::Lowering;

/// The functions of test runners that name a module in a string.
const MOCKS: &[&str] = &[
    "mock",
    "unmock",
    "doMock",
    "dontMock",
    "doUnmock",
    "setMock",
    "requireActual",
    "requireMock",
    "importActual",
    "importMock",
    "createMockFromModule",
];

impl Lowering<'_> {
    /// Looks at a call for what it loads: `require("m")`, `import("m")`, `jest.mock("m")`; else for text it builds.
    pub(super) fn recognise_call(&mut self, call: NodeId, callee: NodeId, args: List) {
        let callee = match self.arena.kind(callee) {
            NodeKind::Apply { base, .. } => base,
            _ => callee,
        };
        match self.arena.kind(callee) {
            NodeKind::Name(name) => self.recognise_load(call, name, args),
            NodeKind::Member { object, name, .. } if !self.recognise_member_load(call, object, name, args) => {
                self.recognise_text_call(call, callee, args);
            }
            _ => {}
        }
    }

    /// `require("m")`, `import("m")`, and what tests call instead.
    fn recognise_load(&mut self, call: NodeId, callee: Name, args: List) {
        let kind = match self.names.get(callee) {
            _ if self.in_type > 0 => ImportKind::Type,
            "import" => ImportKind::Deferred,
            "require" => self.load_kind(),
            "proxyquire" | "rewire" | "esmock" => ImportKind::String,
            _ if self.require_names.contains(&callee) => self.load_kind(),
            _ => return,
        };
        if let Some(at) = self.add_load(call, args, kind).filter(|_| kind != ImportKind::String) {
            self.last_load = Some((call, at));
        }
    }

    /// Calls of members: true when one of them names a module.
    fn recognise_member_load(&mut self, call: NodeId, object: NodeId, name: Name, args: List) -> bool {
        if self.bind_then(object, name, args) {
            return true;
        }
        let method = self.names.get(name);
        match self.arena.kind(object) {
            NodeKind::Name(object) => match (self.names.get(object), method) {
                ("require", "context") => return self.add_context(call, args),
                ("path", "join" | "resolve") => return self.recognise_path(call, args),
                // `module.require("m")` is what `require` calls.
                ("module", "require") => {
                    let kind = self.load_kind();
                    self.last_load = self.add_load(call, args, kind).map(|at| (call, at));
                    return true;
                }
                _ if self.names_module(object, name) => {}
                _ => return false,
            },
            _ if self.is_import_meta(object) => match method {
                "glob" | "globEager" => return self.add_globs(call, args),
                "webpackContext" => return self.add_context(call, args),
                "resolve" => {}
                _ => return false,
            },
            _ => return false,
        }
        self.add_load(call, args, ImportKind::String).is_some()
    }

    /// `require.resolve`, `jest.mock`, `vi.mock` …
    fn names_module(&self, object: Name, name: Name) -> bool {
        let name = self.names.get(name);
        match self.names.get(object) {
            "require" => name == "resolve",
            "jest" | "vi" => MOCKS.contains(&name),
            // Of `node:test` and Bun.
            "mock" => name == "module",
            "td" | "testdouble" => matches!(name, "replace" | "replaceEsm"),
            _ => name == "resolve" && self.require_names.contains(&object),
        }
    }

    fn is_import_meta(&self, node: NodeId) -> bool {
        matches!(self.arena.kind(node), NodeKind::Member { object, name, .. } if self.names.get(name) == "meta" && self.is_named(object, "import"))
    }

    /// Adds an import for each specifier the first argument may be; the place of the first of them.
    fn add_load(&mut self, call: NodeId, args: List, kind: ImportKind) -> Option<usize> {
        let first = self.arena.list(args).next()?;
        let span = self.arena.span(call);
        // The path that is built here says more as what it loads.
        if let Some((_, at)) = self.last_path.take_if(|(path, at)| *path == first && *at + 1 == self.imports.len()) {
            self.imports.truncate(at);
        }
        let mut at = None;
        for (specifier, item) in self.wanted(first) {
            let added = self.add_import(specifier, item, None, kind, span);
            at = at.or(Some(added));
        }
        at
    }

    /// The specifiers a value may be: a literal, a built one as a glob, or one for each branch of a choice.
    fn wanted(&mut self, value: NodeId) -> Vec<(Name, ImportItem)> {
        match self.arena.kind(value) {
            NodeKind::Str(specifier) => vec![(specifier, ImportItem::Nothing)],
            NodeKind::If { then, otherwise, .. } => {
                [Some(then), otherwise].into_iter().flatten().filter_map(|branch| self.wanted_once(branch)).collect()
            }
            _ => self.wanted_once(value).into_iter().collect(),
        }
    }

    fn wanted_once(&mut self, value: NodeId) -> Option<(Name, ImportItem)> {
        let pieces = match self.arena.kind(value) {
            NodeKind::Str(specifier) => return Some((specifier, ImportItem::Nothing)),
            NodeKind::Text { parts, .. } => self.pieces(parts),
            NodeKind::Call { callee, args, form: CallForm::Plain } if self.is_path_call(callee) => self.path_pieces(args)?,
            NodeKind::Call { callee, args, form: CallForm::New } if self.is_own_url(callee, args) => {
                let first = self.arena.list(args).next()?;
                return self.wanted_once(first);
            }
            _ => return None,
        };
        let text = joined(&pieces)?;
        let item = if pieces.iter().any(Option::is_none) { ImportItem::Matching } else { ImportItem::Nothing };
        Some((self.names.intern(&text), item))
    }

    /// The parts of text; `None` for those that are not known. The file's own folder is `.`.
    fn pieces(&self, parts: List) -> Vec<Option<String>> {
        self.arena.list(parts).map(|part| self.piece_text(part)).collect()
    }

    fn piece_text(&self, part: NodeId) -> Option<String> {
        match self.arena.kind(part) {
            NodeKind::Str(text) => Some(self.names.get(text).to_owned()),
            _ if self.is_own_folder(part) => Some(".".to_owned()),
            _ => None,
        }
    }

    /// `__dirname`, `import.meta.dirname`.
    fn is_own_folder(&self, node: NodeId) -> bool {
        match self.arena.kind(node) {
            NodeKind::Name(name) => self.names.get(name) == "__dirname",
            NodeKind::Member { object, name, .. } => self.names.get(name) == "dirname" && self.is_import_meta(object),
            _ => false,
        }
    }

    // --- paths and addresses ---

    /// `path.join` or `path.resolve`.
    fn is_path_call(&self, callee: NodeId) -> bool {
        let NodeKind::Member { object, name, .. } = self.arena.kind(callee) else { return false };
        matches!(self.names.get(name), "join" | "resolve") && self.is_named(object, "path")
    }

    /// The arguments of `path.join(__dirname, "models", file)`, with slashes between them.
    fn path_pieces(&self, args: List) -> Option<Vec<Option<String>>> {
        let first = self.arena.list(args).next()?;
        if !self.is_own_folder(first) || self.arena.list(args).len() < 2 {
            return None;
        }
        let mut pieces = Vec::new();
        for arg in self.arena.list(args) {
            if !pieces.is_empty() {
                pieces.push(Some("/".to_owned()));
            }
            match self.arena.kind(arg) {
                NodeKind::Text { parts, .. } => pieces.extend(self.pieces(parts)),
                _ => pieces.push(self.piece_text(arg).map(|text| text.trim_start_matches("./").to_owned())),
            }
        }
        Some(pieces)
    }

    /// `path.join(__dirname, "worker.js")` names a module for whoever gets the path: `new Worker`, `fork`, a loader.
    fn recognise_path(&mut self, call: NodeId, args: List) -> bool {
        let Some(pieces) = self.path_pieces(args) else { return false };
        let known = pieces.into_iter().collect::<Option<Vec<String>>>().map(|pieces| pieces.concat());
        let Some(path) = known.filter(|path| Language::of_path(path).is_some()) else { return false };
        let span = self.arena.span(call);
        let at = self.add_named_path(&path, span);
        self.last_path = Some((call, at));
        true
    }

    /// `new URL("./worker.ts", import.meta.url)` where it names a module.
    pub(super) fn recognise_url(&mut self, callee: NodeId, args: List, span: Span) {
        if !self.is_own_url(callee, args) {
            return;
        }
        let Some(NodeKind::Str(specifier)) = self.arena.list(args).next().map(|first| self.arena.kind(first)) else { return };
        let path = self.names.get(specifier).to_owned();
        if Language::of_path(&path).is_some() {
            self.add_named_path(&path, span);
        }
    }

    /// A path that names a module if there is one: a glob of one file, which nobody misses.
    fn add_named_path(&mut self, path: &str, span: Span) -> usize {
        let specifier = self.names.intern(&globset::escape(path));
        self.add_import(specifier, ImportItem::Matching, None, ImportKind::String, span)
    }

    fn is_own_url(&self, callee: NodeId, args: List) -> bool {
        let is_own = |base: NodeId| matches!(self.arena.kind(base), NodeKind::Member { object, name, .. } if self.names.get(name) == "url" && self.is_import_meta(object));
        self.is_named(callee, "URL") && self.arena.list(args).nth(1).is_some_and(is_own)
    }

    // --- globs of bundlers ---

    /// `import.meta.glob("./*.ts")`, or with a list of globs; those that begin with `!` take away and are kept with it.
    fn add_globs(&mut self, call: NodeId, args: List) -> bool {
        let args: Vec<NodeId> = self.arena.list(args).collect();
        let Some(&first) = args.first() else { return false };
        let globs: Vec<Name> = match self.arena.kind(first) {
            NodeKind::Collection { items, .. } => self.arena.list(items).filter_map(|item| self.literal(item)).collect(),
            _ => self.literal(first).into_iter().collect(),
        };
        let eager = args.get(1).is_some_and(|&options| self.option(options, "eager"));
        let kind = if eager { self.load_kind() } else { ImportKind::Deferred };
        let (without, with): (Vec<Name>, Vec<Name>) = globs.into_iter().partition(|&glob| self.names.get(glob).starts_with('!'));
        let without: String = without.into_iter().map(|glob| self.names.get(glob)).collect();
        let span = self.arena.span(call);
        for glob in with {
            let glob = format!("{}{without}", self.names.get(glob));
            let glob = self.names.intern(&glob);
            self.add_import(glob, ImportItem::Matching, None, kind, span);
        }
        true
    }

    /// `require.context("./folder", deep, /\.ts$/)`.
    fn add_context(&mut self, call: NodeId, args: List) -> bool {
        let args: Vec<NodeId> = self.arena.list(args).collect();
        let Some(folder) = args.first().and_then(|&folder| self.literal(folder)) else { return false };
        let shallow = args.get(1).is_some_and(|&deep| self.arena.kind(deep) == NodeKind::Bool(false));
        let ending = args.get(2).and_then(|&filter| match self.arena.kind(filter) {
            NodeKind::Regex(text) => regex_ending(self.names.get(text)),
            _ => None,
        });
        let folder = self.names.get(folder).trim_end_matches('/');
        let glob = format!("{folder}{}/*{}", if shallow { "" } else { "/**" }, ending.unwrap_or_default());
        let glob = self.names.intern(&glob);
        let kind = self.load_kind();
        let span = self.arena.span(call);
        self.add_import(glob, ImportItem::Matching, None, kind, span);
        true
    }

    fn literal(&self, node: NodeId) -> Option<Name> {
        match self.arena.kind(node) {
            NodeKind::Str(text) => Some(text),
            _ => None,
        }
    }

    /// True for `{ name: true }`.
    fn option(&self, options: NodeId, name: &str) -> bool {
        let NodeKind::Collection { items, .. } = self.arena.kind(options) else { return false };
        self.arena.list(items).any(|item| {
            let NodeKind::Entry { key, value } = self.arena.kind(item) else { return false };
            self.literal(key).is_some_and(|key| self.names.get(key) == name) && self.arena.kind(value) == NodeKind::Bool(true)
        })
    }

    // --- what a load binds ---

    /// `import("m").then((m) => m.X)` imports `X`.
    fn bind_then(&mut self, object: NodeId, name: Name, args: List) -> bool {
        let Some((_, at)) = self.last_load.filter(|(call, _)| *call == object) else { return false };
        if self.names.get(name) != "then" {
            return false;
        }
        let callback = self.arena.list(args).next().map(|first| self.arena.kind(first));
        if let Some(NodeKind::Closure(id)) = callback
            && let Some(taken) = self.taken_by(id)
        {
            self.imports[at].item = ImportItem::Named(taken);
        }
        true
    }

    /// `X` of `(m) => m.X`.
    fn taken_by(&self, closure: DefId) -> Option<Name> {
        let def = &self.defs[closure.index()];
        let parameter = def.params.first()?.name?;
        let NodeKind::Block { items, .. } = self.arena.kind(def.body?) else { return None };
        let NodeKind::Member { object, name, .. } = self.arena.kind(self.arena.list(items).next()?) else { return None };
        (self.arena.kind(object) == NodeKind::Name(parameter)).then_some(name)
    }

    /// When a `require` here takes effect: as the module loads, unless it stands in a function.
    fn load_kind(&self) -> ImportKind {
        match self.defs[self.scope.index()].kind {
            DefKind::Function | DefKind::Method => ImportKind::Deferred,
            _ => ImportKind::Load,
        }
    }

    /// `import("m").T` in a type names what it imports.
    pub(super) fn name_type_import(&mut self, object: NodeId, name: Name) {
        if let Some((call, at)) = self.last_load
            && call == object
            && self.imports[at].kind == ImportKind::Type
        {
            self.imports[at].item = ImportItem::Named(name);
        }
    }

    /// Binds `const target = require("m")` (or `await import("m")`, or a member of either). False when `value` is no such
    /// load, or when `target` takes it apart deeper than imports can say.
    pub(super) fn bind_load(&mut self, target: NodeId, value: NodeId) -> bool {
        self.note_require_alias(target, value);
        let Some((call, at)) = self.last_load.take() else { return false };
        let is_load = |lowering: &Self, node: NodeId| match lowering.arena.kind(node) {
            NodeKind::Await(inner) => inner == call,
            _ => node == call,
        };
        if is_load(self, value) {
            return self.bind_pattern(target, at);
        }
        if let (NodeKind::Member { object, name, .. }, NodeKind::Name(local)) = (self.arena.kind(value), self.arena.kind(target))
            && is_load(self, object)
        {
            self.imports[at].item = ImportItem::Named(name);
            self.imports[at].local = Some(local);
            return true;
        }
        false
    }

    fn bind_pattern(&mut self, target: NodeId, at: usize) -> bool {
        match self.arena.kind(target) {
            NodeKind::Name(local) => {
                self.imports[at].item = ImportItem::Module;
                self.imports[at].local = Some(local);
                true
            }
            NodeKind::Collection { kind: CollectionKind::Dict, items } => {
                let items: Vec<NodeId> = self.arena.list(items).collect();
                let bound: Option<Vec<(ImportItem, Name, Span)>> = items.into_iter().map(|item| self.bound_part(item)).collect();
                let Some(bound) = bound.filter(|bound| !bound.is_empty()) else { return false };
                let template = self.imports[at].clone();
                self.imports.truncate(at);
                for (item, local, span) in bound {
                    self.imports.push(Import { item, local: Some(local), span, ..template.clone() });
                }
                true
            }
            _ => false,
        }
    }

    /// `{ a }`, `{ a: b }`, `{ a = 1 }` or `{ ...rest }` of a loaded module.
    fn bound_part(&self, item: NodeId) -> Option<(ImportItem, Name, Span)> {
        let span = self.arena.span(item);
        match self.arena.kind(item) {
            NodeKind::Spread { value, .. } => match self.arena.kind(value) {
                NodeKind::Name(local) => Some((ImportItem::Module, local, span)),
                _ => None,
            },
            NodeKind::Entry { key, value } => {
                let NodeKind::Str(name) = self.arena.kind(key) else { return None };
                let target = match self.arena.kind(value) {
                    NodeKind::Assign { target, op: AssignOp::Default, .. } => target,
                    _ => value,
                };
                match self.arena.kind(target) {
                    NodeKind::Name(local) => Some((ImportItem::Named(name), local, span)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// `const load = createRequire(import.meta.url)`, `const load = require`.
    fn note_require_alias(&mut self, target: NodeId, value: NodeId) {
        let NodeKind::Name(local) = self.arena.kind(target) else { return };
        let is_require = match self.arena.kind(value) {
            NodeKind::Name(name) => self.names.get(name) == "require",
            NodeKind::Call { callee, .. } => match self.arena.kind(callee) {
                NodeKind::Name(name) | NodeKind::Member { name, .. } => self.names.get(name) == "createRequire",
                _ => false,
            },
            _ => false,
        };
        if is_require {
            self.require_names.push(local);
        }
    }
}

/// Known pieces, and a `*` for each unknown one, as a specifier. `None` when it does not begin with something known that tells a folder.
fn joined(pieces: &[Option<String>]) -> Option<String> {
    let first = pieces.first()?.as_deref()?;
    let unknown = pieces.iter().any(Option::is_none);
    if unknown && !first.contains('/') && first != "." {
        return None;
    }
    let text: String = pieces
        .iter()
        .map(|piece| match piece {
            Some(text) if unknown => globset::escape(text),
            Some(text) => text.clone(),
            None => "*".to_owned(),
        })
        .collect();
    Some(text.replace("**", "*"))
}

/// The ending that `/\.ts$/`, `/\.(js|ts)$/` or `/\.tsx?$/` asks for, as the end of a glob.
fn regex_ending(regex: &str) -> Option<String> {
    let ending = regex.strip_prefix('/')?.rsplit_once("$/")?.0;
    let (stem, ending) = ending.rsplit_once("\\.")?;
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !stem.is_empty() {
        return None;
    }
    if plain(ending) {
        return Some(format!(".{ending}"));
    }
    if let Some(long) = ending.strip_suffix('?').filter(|long| long.len() > 1 && plain(long)) {
        return Some(format!(".{{{},{long}}}", &long[..long.len() - 1]));
    }
    let choices = ending.strip_prefix('(')?.strip_suffix(')')?;
    choices.split('|').all(plain).then(|| format!(".{{{}}}", choices.replace('|', ",")))
}
