//! Which OpenAPI documents describe which routes.
//!
//! Evidence is overlap: a document describes the packages whose routes have its operations. Paths are compared with the variable parts by their
//! position; the path of a server may or may not be part of the route. What only a few operations share (a client's description of somebody else's service)
//! is no description of this code.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use globset::{Glob, GlobSet, GlobSetBuilder};
use rustc_hash::FxHashSet;

use super::super::Context;
use super::RULE;
use crate::documents::openapi::{self, Document};
use crate::model::body::NodeKind;
use crate::model::facts::{DefId, DefKind, FileFacts};
use crate::model::finding::Location;
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{arguments, called_name, walk_deep};
use crate::model::program::{Program, Route};
use crate::model::role::{GlobalDef, Role};
use crate::model::route::{UNKNOWN_PART, join, template};
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// Most documents looked at.
const MOST: usize = 64;

/// A route as a client sees it.
#[derive(Clone, Debug)]
pub(super) struct Served {
    /// Index of the route in the program.
    pub(super) route: usize,
    /// Upper case; `*` for any.
    pub(super) method: String,
    /// For people.
    pub(super) path: String,
    /// The path with its variable parts unnamed.
    pub(super) key: String,
    /// How many parts at its end may be missing: `/beds/:row?/:id?`.
    loose: usize,
    pub(super) place: Location,
    pub(super) package: Option<usize>,
    /// Everything below it is served too.
    open: bool,
}

/// An operation and a route, by index.
type Pairs = Vec<(usize, usize)>;

/// A document and the routes it describes.
pub(super) struct Compared {
    pub(super) document: Document,
    /// Keys of each operation, with its server's path and without.
    pub(super) keys: Vec<Vec<String>>,
    /// Pairs of operation and index into `served`.
    pub(super) pairs: Pairs,
    pub(super) served: Vec<Served>,
    /// Routes it lacks.
    pub(super) undocumented: Vec<Served>,
    /// Operations that nothing serves.
    pub(super) unserved: Vec<usize>,
    /// Routes that it could describe, and that it does.
    pub(super) in_scope: usize,
    pub(super) covered: usize,
}

impl Compared {
    /// A route of the same path, else none.
    pub(super) fn near(&self, operation: usize) -> Option<&Served> {
        self.served.iter().find(|served| self.keys[operation].contains(&served.key))
    }

    /// One of the routes registered in the file of a place is in the document.
    pub(super) fn describes_file(&self, place: &Location) -> bool {
        self.pairs.iter().any(|&(_, at)| self.served[at].place.path == place.path)
    }
}

/// All documents.
pub(super) struct Survey {
    pub(super) compared: Vec<Compared>,
    /// Path and reason.
    pub(super) left_out: Vec<(Arc<str>, String)>,
}

/// Looks at all documents.
pub(super) fn survey(context: &Context) -> Survey {
    let mut out = Survey { compared: Vec::new(), left_out: Vec::new() };
    let documents = documents(context);
    if documents.is_empty() {
        return out;
    }
    let all = served(context.program);
    let known: Vec<Served> = all.iter().filter(|served| !served.path.contains(UNKNOWN_PART)).cloned().collect();
    let unknown: Vec<&Served> = all.iter().filter(|served| served.path.contains(UNKNOWN_PART)).collect();
    if all.is_empty() {
        return out;
    }
    let mut found: Vec<Compared> = Vec::new();
    let mut titles: Vec<(Arc<str>, String)> = Vec::new();
    for document in documents {
        titles.push((document.path.clone(), document.title.clone()));
        if let Some(reason) = document.generated {
            out.left_out.push((document.path.clone(), format!("{reason}, so it follows the code by itself")));
            continue;
        }
        if is_made_by_code(context.program, &document.title) {
            out.left_out.push((document.path.clone(), "the code makes one of its title by itself".to_string()));
            continue;
        }
        match matched(document, &known) {
            Ok(compared) => found.push(compared),
            Err((path, reason)) => out.left_out.push((path, reason)),
        }
    }
    older(&mut found, &mut out.left_out, &titles);
    // Two texts of one description (its source and a bundle of it) are one; the first path in order stays.
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    let everything: BTreeSet<(String, String)> = found.iter().flat_map(Compared::signatures).collect();
    let internal = internal(context);
    let hidden = Hidden::of(context.program);
    for mut compared in found {
        let own: Vec<(String, String)> = compared.signatures().collect();
        if !own.is_empty() && own.iter().filter(|signature| seen.contains(*signature)).count() * 10 >= own.len() * 9 {
            continue;
        }
        seen.extend(own);
        compared.undocumented(context.program, &everything, &internal, &hidden);
        compared.unserved(context.program, &unknown);
        out.compared.push(compared);
    }
    out
}

/// A type describes the API from the routes' own attributes (`#[derive(OpenApi)] #[openapi(info(title = "Orchard"), …)]`), and gives it this title.
fn is_made_by_code(program: &Program, title: &str) -> bool {
    let speaks = |facts: &&FileFacts| {
        !title.is_empty() && facts.language.family() == Family::Rust && facts.names.may_hold("OpenApi") && facts.names.may_hold(title)
    };
    program.facts.iter().map(|facts| &**facts).filter(speaks).any(|facts| {
        facts.defs.iter().flat_map(|def| &def.decorators).any(|&decorator| {
            called_name(facts, decorator) == Some("openapi") && facts.arena.any(decorator, |node| facts.string(node) == Some(title))
        })
    })
}

/// Leaves out the archived versions of a description: of those with one title that promise much the same, the one stays that fits best.
fn older(found: &mut Vec<Compared>, left_out: &mut Vec<(Arc<str>, String)>, titles: &[(Arc<str>, String)]) {
    let fit = |compared: &Compared| compared.pairs.iter().map(|pair| pair.0).collect::<BTreeSet<_>>().len();
    let mut best: BTreeMap<String, usize> = BTreeMap::new();
    for (at, compared) in found.iter().enumerate().filter(|(_, compared)| !compared.document.title.is_empty()) {
        let known = best.entry(compared.document.title.clone()).or_insert(at);
        if (!is_archive(&compared.document.path), fit(compared)) > (!is_archive(&found[*known].document.path), fit(&found[*known])) {
            *known = at;
        }
    }
    let mut dropped: Vec<(Arc<str>, Arc<str>)> = Vec::new();
    for (title, &at) in &best {
        let signatures: BTreeSet<(String, String)> = found[at].signatures().collect();
        let alike = |compared: &Compared| {
            let own: Vec<_> = compared.signatures().collect();
            own.iter().filter(|signature| signatures.contains(*signature)).count() * 2 >= own.len()
        };
        let path = &found[at].document.path;
        let others =
            found.iter().enumerate().filter(|(other, compared)| *other != at && compared.document.title == *title && alike(compared));
        dropped.extend(others.map(|(_, compared)| (compared.document.path.clone(), path.clone())));
        // Those that fit too badly to be compared at all are told with them.
        let poor = left_out.iter().filter(|(other, _)| titles.iter().any(|(path, own)| path == other && own == title)).cloned();
        dropped.extend(poor.map(|(other, _)| (other, path.clone())).collect::<Vec<_>>());
    }
    left_out.retain(|(path, _)| !dropped.iter().any(|(other, _)| other == path));
    found.retain(|compared| !dropped.iter().any(|(other, _)| *other == compared.document.path));
    let mut counts: BTreeMap<Arc<str>, Vec<Arc<str>>> = BTreeMap::new();
    for (other, path) in dropped {
        counts.entry(path).or_default().push(other);
    }
    for (path, mut others) in counts {
        others.sort();
        let more = if others.len() > 1 { format!(" (and {} more like it)", others.len() - 1) } else { String::new() };
        left_out.push((others.swap_remove(0), format!("`{path}` describes the same API and fits better{more}")));
    }
}

/// A folder or file named by a release: `v1.18.x`.
fn is_archive(path: &str) -> bool {
    path.split('/').any(|part| {
        let number = part.strip_prefix('v').unwrap_or(part);
        let mut numbers = number.split('.');
        numbers.next().is_some_and(|first| !first.is_empty() && first.bytes().all(|b| b.is_ascii_digit()))
            && numbers.next().is_some_and(|second| second.starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// The documents of the repository that are about some code of it; those of tests, fixtures and other people are not.
fn documents(context: &Context) -> Vec<Document> {
    let other = |path: &str| {
        let at = context.texts.binary_search_by(|(known, _)| (**known).cmp(path)).ok()?;
        Some(context.texts[at].1.clone())
    };
    let wanted = globs(context, "documents");
    let texts = context.texts.iter().filter(|(path, _)| match &wanted {
        Some(globs) => globs.is_match(&**path),
        None => !is_sample(path),
    });
    texts
        .filter(|(path, text)| openapi::may_be_document(path, text))
        .take(MOST)
        .filter_map(|(path, text)| openapi::read(path, text, &other))
        .collect()
}

fn is_sample(path: &str) -> bool {
    path.split('/').any(|part| vocabulary().documents.samples.has(part.to_ascii_lowercase()))
}

fn globs(context: &Context, option: &str) -> Option<GlobSet> {
    let list = context.settings.options.get(RULE)?.get(option)?.as_array()?;
    let mut globs = GlobSetBuilder::new();
    for glob in list.iter().filter_map(|item| Glob::new(item.as_str()?).ok()) {
        globs.add(glob);
    }
    (!list.is_empty()).then(|| globs.build().ok()).flatten()
}

fn internal(context: &Context) -> GlobSet {
    globs(context, "internal").unwrap_or_else(GlobSet::empty)
}

/// A path whose variable parts have no names and that ends in no slash.
pub(super) fn key(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut depth = 0u32;
    for c in path.chars() {
        match c {
            '{' => {
                depth += 1;
                if depth == 1 {
                    out.push_str("{}");
                }
            }
            '}' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ => out.push(c),
        }
    }
    let trimmed = out.trim_end_matches('/');
    if trimmed.is_empty() { "/".to_string() } else { trimmed.to_string() }
}

/// Every route outside tests and browsers, one for each path and method.
fn served(program: &Program) -> Vec<Served> {
    let mut found = Vec::new();
    for (at, route) in program.routes.iter().enumerate() {
        let out = [Role::Test, Role::Frontend].iter().any(|&role| program.is(route.handler, role));
        let registered_in_test = |path: &Arc<str>| {
            program
                .project
                .files
                .binary_search_by(|file| file.path.cmp(path))
                .is_ok_and(|file| program.file_roles[file].iter().any(|evidence| evidence.role == Role::Test))
        };
        if out || registered_in_test(&route.place.path) {
            continue;
        }
        for path in &route.full {
            for method in &route.methods {
                found.push(Served {
                    route: at,
                    method: method.clone(),
                    path: path.clone(),
                    key: key(path),
                    loose: may_be_missing(route),
                    place: route.place.clone(),
                    package: program.project.package_of(&route.place.path),
                    open: is_open(route),
                });
            }
        }
    }
    found
}

/// Express: how many parameters at the end of a path may be missing.
fn may_be_missing(route: &Route) -> usize {
    let written = route.path.as_deref().unwrap_or_default();
    written.rsplit('/').take_while(|part| part.starts_with(':') && part.ends_with('?')).count()
}

/// The route serves the path of another key with parts left out that may be missing, or with a word in the place of one.
fn serves_loosely(served: &Served, key: &str) -> bool {
    let (own, other): (Vec<&str>, Vec<&str>) = (served.key.split('/').collect(), key.split('/').collect());
    let needed = own.len().saturating_sub(served.loose);
    served.loose > 0
        && (needed..=own.len()).contains(&other.len())
        && other.iter().enumerate().all(|(at, part)| own[at] == *part || at >= needed)
}

/// True for a route whose path goes on: `/files/*`, `{rest:path}`, `<path..>`.
fn is_open(route: &Route) -> bool {
    let written = route.path.as_deref().unwrap_or_default();
    let end = written.rsplit('/').next().unwrap_or(written);
    end.contains('*') || end.contains(":path}") || end.contains("..>") || end.starts_with("<path:") || end.contains("[...")
}

/// Answers that are no part of an API's description: probes, descriptions themselves, the start page.
fn is_aside(served: &Served) -> bool {
    // `/docs.json` is `/docs` in another form.
    let stem = |last: &str| {
        last.rsplit_once('.')
            .map_or(last, |(stem, end)| if matches!(end, "json" | "yaml" | "yml" | "html") { stem } else { last })
            .to_string()
    };
    let is_word = |last: &str| {
        vocabulary().probes.paths.has(last) || vocabulary().documents.aside.has(last) || vocabulary().documents.aside.has(stem(last))
    };
    let mut parts = served.key.split('/').filter(|part| !part.is_empty());
    served.key == "/"
        || matches!(served.method.as_str(), "HEAD" | "OPTIONS" | "TRACE" | "WEBSOCKET" | "WS")
        || parts.clone().all(|part| part == "{}")
        || parts.next_back().is_some_and(|last| is_word(&last.to_ascii_lowercase()))
        // `GET /health/dependencies`
        || served.method == "GET" && parts.next_back().is_some_and(|above| vocabulary().probes.itself.has(above.to_ascii_lowercase()))
        || served.key.split('/').any(|part| vocabulary().documents.first_parts.has(part))
        || served.open
}

fn same_method(route: &str, operation: &str) -> bool {
    route == operation || route == "*" || operation == "HEAD" && route == "GET"
}

/// Matches a document with the routes, under the path of a server under which most of it is served.
fn matched(document: Document, known: &[Served]) -> Result<Compared, (Arc<str>, String)> {
    let total = document.operations.len();
    let path = document.path.clone();
    if total == 0 {
        return Err((path, "it has no operations".to_string()));
    }
    let mut best: Option<(Vec<Vec<String>>, Pairs)> = None;
    for base in candidates(&document, known) {
        let keys: Vec<Vec<String>> = document
            .operations
            .iter()
            .map(|operation| {
                let own = if operation.bases.is_empty() { std::slice::from_ref(&base) } else { &operation.bases };
                own.iter().map(|base| key(&join(base, &template(&operation.path)))).collect()
            })
            .collect();
        let pairs = pairs(&document, &keys, known);
        let count = |pairs: &[(usize, usize)]| pairs.iter().map(|pair| pair.0).collect::<BTreeSet<_>>().len();
        if best.as_ref().is_none_or(|(_, known)| count(&pairs) > count(known)) {
            best = Some((keys, pairs));
        }
    }
    let (keys, mut pairs) = best.unwrap_or_default();
    // Probes and start pages are everywhere: they are no evidence.
    let mut votes: BTreeMap<Option<usize>, BTreeSet<usize>> = BTreeMap::new();
    for &(operation, at) in pairs.iter().filter(|(_, at)| !is_aside(&known[*at])) {
        votes.entry(known[at].package).or_default().insert(operation);
    }
    let most = votes.values().map(BTreeSet::len).max().unwrap_or(0);
    let packages: Vec<Option<usize>> = votes.iter().filter(|(_, votes)| votes.len() * 3 >= most).map(|(package, _)| *package).collect();
    pairs.retain(|&(_, at)| packages.contains(&known[at].package));
    let shared = votes.iter().filter(|(package, _)| packages.contains(package)).flat_map(|(_, votes)| votes).collect::<BTreeSet<_>>().len();
    if shared == 0 {
        return Err((path, format!("no route has one of its {}", operations(total))));
    }
    if shared < total.min(2) || shared * 3 < total {
        return Err((path, format!("only {shared} of its {} have a route, so it describes something else", operations(total))));
    }
    let served: Vec<Served> = known.iter().filter(|served| packages.contains(&served.package)).cloned().collect();
    let moved: BTreeMap<usize, usize> = known
        .iter()
        .enumerate()
        .filter(|(_, served)| packages.contains(&served.package))
        .enumerate()
        .map(|(new, (old, _))| (old, new))
        .collect();
    let pairs = pairs.into_iter().filter_map(|(operation, at)| Some((operation, *moved.get(&at)?))).collect();
    Ok(Compared { document, keys, pairs, served, undocumented: Vec::new(), unserved: Vec::new(), in_scope: 0, covered: 0 })
}

fn operations(count: usize) -> String {
    if count == 1 { "1 operation".to_string() } else { format!("{count} operations") }
}

/// The prefixes under which the document's paths may be served: its servers', none, and first parts that the routes have.
fn candidates(document: &Document, known: &[Served]) -> Vec<String> {
    let mut found = document.bases.clone();
    found.push(String::new());
    let mut heads: BTreeMap<String, usize> = BTreeMap::new();
    for served in known {
        let parts: Vec<&str> = served.key.split('/').skip(1).collect();
        for length in 1..=parts.len().saturating_sub(1).min(3) {
            if parts[length - 1] == "{}" {
                break;
            }
            *heads.entry(format!("/{}", parts[..length].join("/"))).or_default() += 1;
        }
    }
    let mut heads: Vec<(String, usize)> = heads.into_iter().collect();
    heads.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.len().cmp(&b.0.len())).then(a.0.cmp(&b.0)));
    for (head, _) in heads.into_iter().take(12) {
        found.extend(document.bases.iter().filter(|base| !base.is_empty()).map(|base| format!("{head}{base}")));
        found.push(head);
    }
    // A gateway may take the first part of the path away.
    for base in &document.bases {
        let mut rest = base.as_str();
        while let Some(slash) = rest.get(1..).and_then(|after| after.find('/')) {
            rest = &rest[slash + 1..];
            found.push(rest.to_string());
        }
    }
    let mut seen = FxHashSet::default();
    found.retain(|base| seen.insert(base.clone()));
    found
}

fn pairs(document: &Document, keys: &[Vec<String>], known: &[Served]) -> Pairs {
    let mut by_key: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, served) in known.iter().enumerate() {
        by_key.entry(&served.key).or_default().push(at);
    }
    let mut found = Vec::new();
    for (operation, keys) in keys.iter().enumerate() {
        for key in keys {
            for &at in by_key.get(key.as_str()).into_iter().flatten() {
                if same_method(&known[at].method, &document.operations[operation].method) {
                    found.push((operation, at));
                }
            }
        }
    }
    found
}

/// The first parts of an operation's path that have a name: what it is about.
pub(super) fn resource(compared: &Compared, operation: usize) -> String {
    let path = &compared.document.operations[operation].path;
    let common = common_parts(compared);
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).take(common + 1).collect();
    format!("/{}", parts.join("/"))
}

/// How many first parts all paths of the document share.
fn common_parts(compared: &Compared) -> usize {
    let mut paths =
        compared.document.operations.iter().map(|operation| operation.path.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>());
    let Some(first) = paths.next() else { return 0 };
    let mut common = first.len().saturating_sub(1);
    for path in paths {
        common = common.min(first.iter().zip(&path).take_while(|(a, b)| a == b).count()).min(path.len().saturating_sub(1));
    }
    common
}

impl Compared {
    /// Method and key of each operation.
    fn signatures(&self) -> impl Iterator<Item = (String, String)> + '_ {
        let operations = self.document.operations.iter().zip(&self.keys);
        operations.flat_map(|(operation, keys)| keys.iter().map(|key| (operation.method.clone(), key.clone())))
    }

    /// Finds the routes that no document has, where this one means to have all of them.
    fn undocumented(&mut self, program: &Program, everything: &BTreeSet<(String, String)>, internal: &GlobSet, hidden: &Hidden) {
        let prefix = self.prefix();
        let paths: BTreeSet<&str> = self.keys.iter().flatten().map(String::as_str).collect();
        // What the document speaks of is no aside: `/webhooks/{id}` may be where webhooks are kept.
        let judged = |served: &Served| {
            (!is_aside(served) || paths.contains(served.key.as_str()) && !matches!(served.method.as_str(), "HEAD" | "OPTIONS" | "TRACE"))
                && served.key != prefix
                && served.method != "*"
                && (prefix.is_empty() || served.key.strip_prefix(&prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
                && !internal.is_match(&served.path)
                && !hidden.is(program, &program.routes[served.route])
        };
        let has = |served: &Served| everything.contains(&(served.method.clone(), served.key.clone()));
        let has_loosely = |served: &Served| everything.iter().any(|(method, key)| *method == served.method && serves_loosely(served, key));
        let mut scope: Vec<&Served> = self.served.iter().filter(|served| judged(served)).collect();
        scope.sort_by(|a, b| (&a.key, &a.method, &a.place).cmp(&(&b.key, &b.method, &b.place)));
        scope.dedup_by(|a, b| a.key == b.key && a.method == b.method);
        let covered = scope.iter().filter(|served| has(served)).count();
        let depth = prefix.split('/').filter(|part| !part.is_empty()).count();
        let group = |served: &Served| served.key.split('/').skip(1 + depth).find(|part| !part.is_empty()).unwrap_or("").to_string();
        let mut groups: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for served in &scope {
            let entry = groups.entry(group(served)).or_default();
            entry.0 += 1;
            entry.1 += usize::from(has(served));
        }
        let whole = covered >= 2 && covered * 2 >= scope.len();
        // A selection of what there is says nothing of the other methods of its paths.
        let broad = covered * 4 >= scope.len();
        let lacks = |served: &Served| !has(served) && !has_loosely(served);
        let missing = scope.iter().filter(|served| lacks(served) && !self.stands_elsewhere(program, served)).filter(|served| {
            let (total, known) = groups.get(&group(served)).copied().unwrap_or_default();
            whole || broad && paths.contains(served.key.as_str()) || known >= 2 && known * 3 >= total * 2
        });
        self.undocumented = missing.map(|&served| served.clone()).collect();
        (self.in_scope, self.covered) = (scope.len(), covered);
    }

    /// A view with several methods stands under several paths, and the document has this method under another of them.
    fn stands_elsewhere(&self, program: &Program, served: &Served) -> bool {
        let handler = program.routes[served.route].handler;
        program.def(handler).kind == DefKind::Method
            && self
                .pairs
                .iter()
                .map(|&(_, at)| &self.served[at])
                .any(|other| other.key != served.key && other.method == served.method && program.routes[other.route].handler == handler)
    }

    /// The literal beginning that all described routes share and that a server's path gives.
    fn prefix(&self) -> String {
        let mut keys = self.pairs.iter().map(|&(_, at)| self.served[at].key.as_str());
        let Some(first) = keys.next() else { return String::new() };
        let mut common: Vec<&str> = first.split('/').take_while(|part| *part != "{}").collect();
        common.truncate(first.split('/').count().saturating_sub(1).max(1));
        for key in keys {
            let same = key.split('/').zip(&common).take_while(|(a, b)| a == *b).count();
            common.truncate(same);
        }
        common.join("/")
    }

    /// Finds the operations that no route serves, nor may serve.
    fn unserved(&mut self, program: &Program, unknown: &[&Served]) {
        let total = self.document.operations.len();
        let matched: BTreeSet<usize> = self.pairs.iter().map(|pair| pair.0).collect();
        if matched.len() * 2 < total {
            return;
        }
        let loose = self.loose(program);
        for at in (0..total).filter(|at| !matched.contains(at)) {
            let operation = &self.document.operations[at];
            if operation.method == "OPTIONS" || operation.method == "TRACE" {
                continue;
            }
            let maybe = self.keys[at].iter().any(|key| {
                let below = self.served.iter().filter(|served| served.open && same_method(&served.method, &operation.method));
                let mut loosely = self.served.iter().filter(|served| same_method(&served.method, &operation.method));
                below.into_iter().any(|served| is_below(key, &served.key))
                    || loosely.any(|served| serves_loosely(served, key))
                    || unknown.iter().any(|served| same_method(&served.method, &operation.method) && ends_alike(key, &served.key))
                    || loose.iter().any(|text| ends_alike(key, text))
                    || self.inherited(program, key)
            });
            if !maybe {
                self.unserved.push(at);
            }
        }
    }

    /// A class answers at this path, and its library may give it more methods than its text shows.
    fn inherited(&self, program: &Program, key: &str) -> bool {
        self.served.iter().filter(|served| served.key == key).any(|served| {
            let handler = program.routes[served.route].handler;
            let is_class = program.def(handler).kind == DefKind::Class;
            let class = if is_class { handler } else { GlobalDef { file: handler.file, def: program.def(handler).parent } };
            class.def != DefId::MODULE && !program.def(class).bases.is_empty()
        })
    }

    /// Paths that the files with routes name and that are no known route's: what they stand for is not known.
    fn loose(&self, program: &Program) -> Vec<String> {
        let written: FxHashSet<&str> = program.routes.iter().filter_map(|route| route.path.as_deref()).collect();
        let files: BTreeSet<&Arc<str>> = self.served.iter().map(|served| &served.place.path).collect();
        let mut found = BTreeSet::new();
        for at in 0..program.facts.len() {
            let file = FileId(at as u32);
            let is_router =
                files.contains(program.path(file)) || program.file_roles[at].iter().any(|evidence| evidence.role == Role::Router);
            let module = GlobalDef { file, def: DefId::MODULE };
            if !is_router || program.is(module, Role::Test) || program.is(module, Role::Frontend) {
                continue;
            }
            let facts = program.file(file);
            for node in facts.arena.ids() {
                let NodeKind::Str(text) = facts.arena.kind(node) else { continue };
                let text = facts.text(text);
                let path_like = text.len() > 2
                    && text.len() < 120
                    && (text.starts_with('/') || text.ends_with('/'))
                    && !text.contains(char::is_whitespace);
                if !path_like || written.contains(text) {
                    continue;
                }
                // A prefix that is part of known paths is understood.
                let key = key(&join("/", &template(text)));
                let part = format!("{key}/");
                if !self.served.iter().any(|served| format!("{}/", served.key).contains(&part)) {
                    found.insert(key);
                }
            }
        }
        found.remove("/");
        found.into_iter().collect()
    }
}

/// The key lies under the path of a route that goes on (which has a literal part).
fn is_below(key: &str, open: &str) -> bool {
    let stem = open.rsplit_once('/').map_or("", |(stem, _)| stem);
    stem.split('/').any(|part| !part.is_empty() && part != "{}") && key.strip_prefix(stem).is_some_and(|rest| rest.starts_with('/'))
}

/// The path ends in all parts of the other, `{?}` aside.
fn ends_alike(key: &str, other: &str) -> bool {
    let parts: Vec<&str> = other.split('/').filter(|part| !part.is_empty()).collect();
    let parts = if other.starts_with("{}") { &parts[1..] } else { &parts[..] };
    if parts.is_empty() || parts.iter().all(|part| *part == "{}") {
        return false;
    }
    let own: Vec<&str> = key.split('/').filter(|part| !part.is_empty()).collect();
    own.len() >= parts.len() && own[own.len() - parts.len()..] == *parts
}

/// Routes that their framework is told to keep out of descriptions, and those that answer with pages.
pub(super) struct Hidden {
    files: FxHashSet<FileId>,
}

impl Hidden {
    /// Looks for routers that are told so as a whole.
    fn of(program: &Program) -> Hidden {
        let mut files = FxHashSet::default();
        for at in 0..program.facts.len() {
            let file = FileId(at as u32);
            let facts = program.file(file);
            if !facts.names.may_hold(KEPT_OUT) {
                continue;
            }
            let makes_hidden_router = facts.arena.ids().any(|node| {
                program.called_api(file, node).is_some_and(|api| program.facts_of(api).any(|(fact, _)| matches!(fact, ApiFact::Router(_))))
                    && arguments(facts, node).any(|argument| is_kept_out(facts, argument))
            });
            if makes_hidden_router {
                files.insert(file);
            }
        }
        Hidden { files }
    }

    fn is(&self, program: &Program, route: &Route) -> bool {
        let handler = route.handler;
        let facts = program.file(handler.file);
        let def = facts.def(handler.def);
        let class = facts.def(def.parent);
        let told = def.decorators.iter().chain(&class.decorators).any(|&decorator| {
            let api = match facts.arena.kind(decorator) {
                NodeKind::Call { .. } => program.called_api(handler.file, decorator),
                _ => program.api(handler.file, decorator),
            };
            arguments(facts, decorator).any(|argument| is_kept_out(facts, argument))
                || api.is_some_and(|api| program.facts_of(api).any(|(fact, _)| matches!(fact, ApiFact::Undocumented)))
        });
        told || self.files.contains(&handler.file) || renders(program, handler)
    }
}

/// FastAPI's argument, at routes and routers.
const KEPT_OUT: &str = "include_in_schema";

fn is_kept_out(facts: &crate::model::facts::FileFacts, argument: crate::model::body::NodeId) -> bool {
    matches!(facts.arena.kind(argument), NodeKind::Argument { name, value } if facts.text(name) == KEPT_OUT && matches!(facts.arena.kind(value), NodeKind::Bool(false)))
}

/// The handler answers with a page for people.
fn renders(program: &Program, handler: GlobalDef) -> bool {
    let facts = program.file(handler.file);
    let Some(body) = facts.def(handler.def).body else { return false };
    let mut found = false;
    walk_deep(facts, body, |node| {
        if !found && matches!(facts.arena.kind(node), NodeKind::Call { .. }) {
            found = called_name(facts, node).is_some_and(|name| api_names().answers.pages.has(name));
        }
        !found
    });
    found
}

#[cfg(test)]
mod tests {
    use super::{ends_alike, is_below, key};

    #[test]
    fn keys_have_no_names() {
        for (path, wanted) in [("/users/{id}/", "/users/{}"), ("/", "/"), ("", "/"), ("/a/{b}.{c}", "/a/{}.{}"), ("/x{", "/x{}")] {
            assert_eq!(key(path), wanted, "{path}");
        }
    }

    #[test]
    fn ends_and_beginnings() {
        assert!(ends_alike("/api/users/{}", "/users/{}"));
        assert!(ends_alike("/api/users/{}", "{}/users/{}"));
        assert!(!ends_alike("/api/users/{}", "{}/{}"));
        assert!(!ends_alike("/users", "/api/users"));
        assert!(is_below("/files/a/b", "/files/{}"));
        assert!(!is_below("/anything", "/{}"));
    }
}
