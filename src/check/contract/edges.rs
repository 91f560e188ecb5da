//! What code does with other code, as far as contracts speak of it: imports by where the name is really defined, calls by their target, and what
//! is read from the surroundings.

use rustc_hash::FxHashMap;

use crate::model::body::NodeKind;
use crate::model::contract::{Ambient, Contract, Verb, Word};
use crate::model::facts::{DefFlags, DefId, FileFacts, ImportKind};
use crate::model::knowledge::{ApiFact, segments};
use crate::model::program::{Api, CallKind, ImportTarget, Program, Resolution, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId, Span};

/// How one thing depends on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Import,
    Call,
    /// A value of the surroundings is read: `process.env`.
    Read,
}

/// One dependency.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub(super) from: GlobalDef,
    pub(super) to: End,
    pub(super) deed: Deed,
    /// Gone when the program runs.
    pub(super) types: bool,
    pub(super) test: bool,
    /// What is imported or called; empty for whole modules.
    pub(super) name: String,
    pub(super) span: Span,
    /// A barrel's: it hands the name on. Who imports another name from there has nothing to do with it.
    pub(super) hands_on: bool,
    /// The file through which an import goes, where the name is defined elsewhere.
    pub(super) door: Option<FileId>,
}

/// Where it leads.
#[derive(Clone, Debug)]
pub(super) enum End {
    Code(GlobalDef),
    Outside(Outside),
}

/// Something outside the project.
#[derive(Clone, Debug)]
pub(super) struct Outside {
    pub(super) family: Family,
    /// As the import or the access path says it.
    pub(super) path: String,
    /// The name imported from it.
    pub(super) name: String,
    pub(super) ambient: Option<Ambient>,
    /// There without an import: `Date`, `fetch`.
    pub(super) is_global: bool,
}

impl Outside {
    /// The first name of its path: the package, if that has no more names.
    pub(super) fn first(&self) -> &str {
        let path = self.path.strip_prefix("node:").unwrap_or(&self.path);
        path.split([':', '.', '/', '(']).find(|piece| !piece.is_empty()).unwrap_or(path)
    }

    /// The package, for messages.
    pub(super) fn package(&self) -> &str {
        let path = self.path.split('(').next().unwrap_or(&self.path);
        match self.family {
            Family::TypeScript if path.starts_with('@') => {
                let end = path.match_indices('/').nth(1).map_or(path.len(), |(at, _)| at);
                let end = path[..end].rfind('/').and_then(|slash| path[slash..end].find('.').map(|dot| slash + dot)).unwrap_or(end);
                &path[..end]
            }
            _ => self.first(),
        }
    }

    /// True when it is the package or lies in it: `fs` of `std` lies in `std::fs`.
    pub(super) fn lies_in(&self, package: &str) -> bool {
        let mut rest = package.strip_prefix("node:").unwrap_or(package);
        let path = self.path.strip_prefix("node:").unwrap_or(&self.path);
        let mut pieces = path.split([':', '.', '/', '(', ')']).chain([self.name.as_str()]).filter(|piece| !piece.is_empty());
        while !rest.is_empty() {
            let Some(after) = pieces.next().and_then(|piece| rest.strip_prefix(piece)) else { return false };
            if !after.is_empty() && !after.starts_with([':', '.', '/']) {
                return false;
            }
            rest = after.trim_start_matches([':', '.', '/']);
        }
        true
    }
}

/// Which calls a contract asks about.
#[derive(Clone, Copy)]
struct Needs {
    calls: bool,
    outside: bool,
    ambient: bool,
}

impl Needs {
    fn of(contract: &Contract) -> Needs {
        let mut needs = Needs { calls: false, outside: false, ambient: false };
        for rule in &contract.rules {
            let with_calls = rule.verb != Verb::Import;
            needs.calls |= with_calls;
            for mention in &rule.objects {
                match contract.word(&mention.word.value) {
                    Word::Ambient(_) => needs.ambient = true,
                    Word::Part(_) | Word::Standard => needs.outside |= with_calls,
                    _ => {}
                }
            }
            needs.outside |= with_calls && rule.form == crate::model::contract::RuleForm::MayOnly;
        }
        needs
    }
}

/// Every edge that a contract may judge, in order of files.
pub(super) fn edges(program: &Program, contract: &Contract) -> Vec<Edge> {
    let needs = Needs::of(contract);
    let mut found = Vec::new();
    imports(program, needs, &mut found);
    if needs.calls {
        calls(program, &mut found);
    }
    if needs.outside || needs.ambient {
        let mut ambient = AmbientOf { known: FxHashMap::default() };
        for file in (0..program.facts.len() as u32).map(FileId) {
            outside_calls(program, file, needs, &mut ambient, &mut found);
        }
    }
    found.sort_by_key(|edge| edge.from.file);
    found
}

/// True for test code.
pub(super) fn is_test(program: &Program, def: GlobalDef) -> bool {
    program.is(def, Role::Test)
}

fn imports(program: &Program, needs: Needs, found: &mut Vec<Edge>) {
    for import in &program.imports {
        let (types, test) = match import.kind {
            ImportKind::Load | ImportKind::Deferred | ImportKind::Dropped => (false, false),
            ImportKind::Type => (true, false),
            ImportKind::Test => (false, true),
            ImportKind::String => continue,
        };
        let from = GlobalDef { file: import.from, def: import.scope };
        let (to, door) = match &import.target {
            ImportTarget::Module(module) => {
                let end = import.definition.unwrap_or(*module);
                if end.file == import.from && module.file == import.from {
                    continue;
                }
                (End::Code(end), Some(module.file))
            }
            ImportTarget::External(path) => {
                let family = program.file(import.from).language.family();
                let ambient = if needs.ambient { ambient_import(program, family, path, &import.name) } else { None };
                (End::Outside(Outside { family, path: path.clone(), name: import.name.clone(), ambient, is_global: false }), None)
            }
            ImportTarget::Folder(_) | ImportTarget::Generated(_) | ImportTarget::Unresolved(_) | ImportTarget::Asset => continue,
        };
        let test = test || is_test(program, from);
        let is_package = import.scope == DefId::MODULE && program.path(import.from).ends_with("__init__.py");
        let hands_on = import.re_export || is_package;
        found.push(Edge { from, to, deed: Deed::Import, types, test, name: import.name.clone(), span: import.span, hands_on, door });
    }
}

/// What an import brings of the surroundings: `from time import time`, `import axios`.
fn ambient_import(program: &Program, family: Family, path: &str, name: &str) -> Option<Ambient> {
    let path = path.strip_prefix("node:").unwrap_or(path).replace("::", ".");
    let whole = if name.is_empty() || name == "default" { path } else { format!("{path}.{name}") };
    ambient_of(program, family, &whole)
}

/// The surroundings to which an access path belongs: the path itself or what it begins with is listed.
fn ambient_of(program: &Program, family: Family, path: &str) -> Option<Ambient> {
    let knowledge = program.knowledge;
    let path = path.strip_prefix("node:").unwrap_or(path);
    let mut prefix = String::new();
    segments(path).iter().find_map(|segment| {
        prefix.push_str(segment);
        // `Date()` is a call without arguments, not what its result is asked.
        if prefix.ends_with("()") && prefix != path {
            return None;
        }
        knowledge.facts(&prefix).iter().find_map(|found| {
            let entry = &knowledge.entries[found.entry as usize];
            match entry.fact {
                ApiFact::Ambient(ambient) if knowledge.framework_of(found.entry).is_some_and(|own| own.family == family) => Some(ambient),
                _ => None,
            }
        })
    })
}

/// Calls of the project's own functions, as far as their target is sure. What an interface may stand for is not: depending on an interface is how
/// code avoids depending on what implements it.
fn calls(program: &Program, found: &mut Vec<Edge>) {
    for call in &program.calls {
        let is_sure = call.resolution == Resolution::Exact && call.kind != CallKind::Passed;
        if !is_sure || call.caller.file == call.callee.file || program.def(call.callee).flags.has(DefFlags::CLOSURE) {
            continue;
        }
        let span = program.file(call.caller.file).arena.span(call.site);
        let name = program.short_name(call.callee);
        let test = is_test(program, call.caller);
        found.push(Edge {
            from: call.caller,
            to: End::Code(call.callee),
            deed: Deed::Call,
            types: false,
            test,
            name,
            span,
            hands_on: false,
            door: None,
        });
    }
}

/// The surroundings of access paths, each looked up once.
struct AmbientOf {
    known: FxHashMap<(Family, String), Option<Ambient>>,
}

impl AmbientOf {
    fn get(&mut self, program: &Program, family: Family, api: &Api, without_arguments: bool) -> Option<Ambient> {
        let path = if without_arguments { format!("{}()", api.path) } else { api.path.clone() };
        if let Some(known) = self.known.get(&(family, path.clone())) {
            return *known;
        }
        let found = ambient_of(program, family, &path).or_else(|| taught(program, api));
        self.known.insert((family, path), found);
        found
    }
}

/// The surroundings as the user's own knowledge says it.
fn taught(program: &Program, api: &Api) -> Option<Ambient> {
    program.facts_of(api).find_map(|(fact, _)| match fact {
        ApiFact::Ambient(ambient) => Some(*ambient),
        _ => None,
    })
}

/// Calls of libraries, and values of the surroundings that are read.
fn outside_calls(program: &Program, file: FileId, needs: Needs, ambient: &mut AmbientOf, found: &mut Vec<Edge>) {
    let facts = program.file(file);
    let family = facts.language.family();
    let scopes = Scopes::of(facts);
    let mut callees: Vec<crate::model::body::NodeId> = Vec::new();
    let mut add = |span: Span, api: &Api, deed: Deed, kind: Option<Ambient>| {
        let from = GlobalDef { file, def: scopes.around(facts, span) };
        let name = api.path.clone();
        let is_global = is_global(program, file, &api.path);
        let outside = Outside { family, path: api.path.clone(), name: String::new(), ambient: kind, is_global };
        let test = is_test(program, from);
        found.push(Edge { from, to: End::Outside(outside), deed, types: false, test, name, span, hands_on: false, door: None });
    };
    for node in facts.arena.ids() {
        let NodeKind::Call { callee, args, form } = facts.arena.kind(node) else { continue };
        if form == crate::model::body::CallForm::Pattern {
            continue;
        }
        callees.push(callee);
        let Some(api) = program.called_api(file, node) else { continue };
        let mut kind = None;
        if needs.ambient {
            kind = ambient.get(program, family, api, facts.arena.list(args).next().is_none());
            let giver = given_by(program, file, callee);
            if kind.is_some() && giver.is_some_and(|api| ambient.get(program, family, api, false).is_some()) {
                kind = None;
            }
        }
        if kind.is_some() || needs.outside {
            add(facts.arena.span(node), api, Deed::Call, kind);
        }
    }
    if !needs.ambient {
        return;
    }
    callees.sort_unstable();
    for node in facts.arena.ids() {
        let (NodeKind::Member { name, .. } | NodeKind::Name(name)) = facts.arena.kind(node) else { continue };
        if callees.binary_search(&node).is_ok() {
            continue;
        }
        let Value::Api { api, .. } = program.value(file, node) else { continue };
        let api = &program.apis[api.0 as usize];
        // A variable that holds the value is not the API itself, and a package handed on is judged where it is imported and called.
        if api.path.contains('.')
            && api.path.rsplit(['.', '/']).next() == Some(facts.text(name))
            && let Some(kind) = taught(program, api)
        {
            add(facts.arena.span(node), api, Deed::Read, Some(kind));
        }
    }
}

/// The library call whose result has the method called here: `fs::read(path).ok()` is one use of the file system, not two.
fn given_by<'a>(program: &'a Program, file: FileId, callee: crate::model::body::NodeId) -> Option<&'a Api> {
    let facts = program.file(file);
    let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return None };
    let object = match facts.arena.kind(object) {
        NodeKind::Await(inner) | NodeKind::Propagate(inner) => inner,
        _ => object,
    };
    match facts.arena.kind(object) {
        NodeKind::Call { .. } => program.called_api(file, object),
        _ => None,
    }
}

/// True when a path begins with no package that the file imports: what is there without an import.
fn is_global(program: &Program, file: FileId, path: &str) -> bool {
    let facts = program.file(file);
    let first = path.split(['.', '/', '(']).next().unwrap_or(path);
    !facts.imports.iter().any(|import| facts.text(import.specifier).trim_start_matches("node:").starts_with(first))
}

/// The functions and classes of a file by where they begin.
struct Scopes {
    starts: Vec<(u32, DefId)>,
}

impl Scopes {
    fn of(facts: &FileFacts) -> Scopes {
        let mut starts: Vec<(u32, std::cmp::Reverse<u32>, DefId)> =
            facts.definitions().map(|(def, definition)| (definition.span.start, std::cmp::Reverse(definition.span.end), def)).collect();
        starts.sort_unstable();
        Scopes { starts: starts.into_iter().map(|(start, _, def)| (start, def)).collect() }
    }

    /// The innermost definition around a place.
    fn around(&self, facts: &FileFacts, place: Span) -> DefId {
        let at = self.starts.partition_point(|(start, _)| *start <= place.start);
        let mut def = at.checked_sub(1).map_or(DefId::MODULE, |at| self.starts[at].1);
        for _ in 0..64 {
            if def == DefId::MODULE || facts.def(def).span.contains(place) {
                return def;
            }
            def = facts.def(def).parent;
        }
        DefId::MODULE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outside(family: Family, path: &str, name: &str) -> Outside {
        Outside { family, path: path.into(), name: name.into(), ambient: None, is_global: false }
    }

    #[test]
    fn packages_hold_their_submodules() {
        for (path, name, package) in [
            ("sqlalchemy", "", "sqlalchemy"),
            ("sqlalchemy.orm", "Session", "sqlalchemy"),
            ("sqlalchemy.orm.Session().execute", "", "sqlalchemy"),
            ("django", "db", "django.db"),
            ("std::fs", "File", "std::fs"),
            ("std", "fs", "std::fs"),
            ("node:fs", "", "fs"),
            ("@nestjs/common", "Get", "@nestjs/common"),
        ] {
            assert!(outside(Family::Python, path, name).lies_in(package), "{path} {name} in {package}");
        }
        for (path, name, package) in [("sqlalchemy_utils", "", "sqlalchemy"), ("django", "http", "django.db"), ("std", "", "std::fs")] {
            assert!(!outside(Family::Python, path, name).lies_in(package), "{path} {name} not in {package}");
        }
    }

    #[test]
    fn packages_have_names_for_messages() {
        for (family, path, package) in [
            (Family::Python, "sqlalchemy.orm.Session().execute", "sqlalchemy"),
            (Family::TypeScript, "@nestjs/common/testing", "@nestjs/common"),
            (Family::TypeScript, "@prisma/client.PrismaClient().user", "@prisma/client"),
            (Family::TypeScript, "node:fs/promises", "fs"),
            (Family::Rust, "std::fs", "std"),
        ] {
            assert_eq!(outside(family, path, "").package(), package);
        }
    }
}
