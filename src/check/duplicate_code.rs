//! `duplicate-code`: functions in different files whose bodies are the same code, but for names of their own and small edits.
//!
//! A body is a sequence of tokens: its nodes in order of the source, names and literals left out. Functions that agree in all tokens and in all
//! names that are not their own are one class. Classes are compared by winnowing (Schleimer, Wilkerson, Aiken: "Winnowing: local algorithms
//! for document fingerprinting", SIGMOD 2003): of the hashes of all runs of [`RUN`] tokens the least of each [`WINDOW`] is kept, so that any
//! two bodies that share `RUN + WINDOW - 1` tokens in a row share a hash, and only those that share half of theirs are looked at. Then they
//! have to agree in their runs of four tokens and in the names of others that they use: in what they call, read and build.
//!
//! The work grows with the code: a hash that stands in more than [`COMMON`] classes is everybody's and makes no pair.

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use super::Context;
use super::extent::docstring;
use super::loops::bound_names;
use super::scope::is_kept_up;
use crate::model::body::{AssignOp, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, Name};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::nesting::walk_deep;
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::vocabulary;

const RULE: &str = "duplicate-code";

/// Tokens whose hash is one fingerprint.
const RUN: usize = 12;
/// Neighbouring fingerprints of which one is kept.
const WINDOW: usize = 8;
/// Classes with one hash, at most.
const COMMON: usize = 24;
/// Shorter bodies are alike by chance.
const TOKENS: usize = 60;
/// Bodies that decide and do less are data.
const STEPS: usize = 5;
/// Larger ones are generated, and cost.
const MOST_TOKENS: usize = 20_000;

/// What may be compared: a language, and the workspace's outermost package.
type Place = (Family, Option<usize>);

/// What functions of one class agree in: hashes of tokens and names, their number, the place.
type Class = (u32, u32, usize, Place);

/// A body, ready to compare.
struct Code {
    function: GlobalDef,
    lines: usize,
    tokens: Vec<u32>,
    /// Hashes of the names of others, sorted.
    names: Vec<u32>,
    place: Place,
}

/// Finds groups of functions with the same code.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let shortest = usize::try_from(context.settings.integer(RULE, "min-lines", 10)).unwrap_or(10);
    let codes = codes(program, shortest);
    let mut groups = grouped(&codes);
    groups.sort_by_key(|group| (std::cmp::Reverse(group.len()), std::cmp::Reverse(codes[group[0]].lines), codes[group[0]].function));
    groups.iter().map(|group| finding(program, &codes, group)).collect()
}

/// The bodies that are large enough, in order of files.
fn codes(program: &Program, shortest: usize) -> Vec<Code> {
    let workspaces = workspaces(program);
    let mut codes = Vec::new();
    for (at, facts) in program.facts.iter().enumerate() {
        let file = FileId(at as u32);
        if facts.code_starts.len() < shortest || !is_kept_up(program, file) || is_sample(program.path(file)) {
            continue;
        }
        let package = program.project.package_of(program.path(file));
        let place = (facts.language.family(), package.map(|package| workspaces[package]));
        for (id, def) in facts.definitions().skip(1) {
            let is_function = matches!(def.kind, DefKind::Function | DefKind::Method) && !def.flags.has(DefFlags::TEST);
            // What stands in a function is compared with it.
            if !is_function || matches!(facts.def(def.parent).kind, DefKind::Function | DefKind::Method) {
                continue;
            }
            let Some(body) = def.body else { continue };
            let lines = facts.code_lines_of(facts.arena.span(body)).len() - docstring(facts, body).map_or(0, |lines| lines.len());
            if lines >= shortest
                && let Some((tokens, names)) = tokens(facts, id, body)
            {
                codes.push(Code { function: GlobalDef { file, def: id }, lines, tokens, names, place });
            }
        }
    }
    codes
}

/// The outermost package of each package's workspace; its own for one that stands alone, whose code cannot be shared with others'.
fn workspaces(program: &Program) -> Vec<usize> {
    let packages = &program.project.packages;
    let outer = |at: usize| packages.iter().position(|outer| outer.workspaces.contains(&packages[at].root)).unwrap_or(at);
    (0..packages.len()).map(outer).collect()
}

/// Examples and templates are copied on purpose.
fn is_sample(path: &str) -> bool {
    path.split('/').any(|part| vocabulary().audience.copied.has(part))
}

/// The tokens of a body and the names of others in it; `None` when it is too small, too large, or only data.
fn tokens(facts: &FileFacts, function: DefId, body: NodeId) -> Option<(Vec<u32>, Vec<u32>)> {
    let own = own_names(facts, function, body);
    let mut tokens = Vec::new();
    let mut names = Vec::new();
    let mut steps = 0;
    walk_deep(facts, body, |node| {
        let kind = facts.arena.kind(node);
        tokens.push(token(kind));
        match kind {
            NodeKind::Name(name) if !own.contains(&name) => names.push(hash_of(facts.text(name))),
            NodeKind::Member { name, .. } | NodeKind::Argument { name, .. } => names.push(hash_of(facts.text(name))),
            NodeKind::Entry { key, .. } => names.extend(facts.string(key).map(hash_of)),
            NodeKind::If { .. }
            | NodeKind::Loop { .. }
            | NodeKind::Match { .. }
            | NodeKind::Try { .. }
            | NodeKind::With { .. }
            | NodeKind::Assign { .. }
            | NodeKind::Declare { .. }
            | NodeKind::Return(_)
            | NodeKind::Raise(_)
            | NodeKind::Await(_)
            | NodeKind::Propagate(_) => steps += 1,
            _ => {}
        }
        tokens.len() < MOST_TOKENS
    });
    names.sort_unstable();
    let fits = (TOKENS..MOST_TOKENS).contains(&tokens.len()) && steps >= STEPS;
    fits.then_some((tokens, names))
}

/// The names a function gives itself: parameters and variables, those of functions inside too.
fn own_names(facts: &FileFacts, function: DefId, body: NodeId) -> FxHashSet<Name> {
    let mut own = FxHashSet::default();
    let of_params = |def: DefId, own: &mut FxHashSet<Name>| {
        for param in &facts.def(def).params {
            own.extend(param.name);
            own.extend(param.pattern.into_iter().flat_map(|pattern| bound_names(facts, pattern)));
        }
    };
    of_params(function, &mut own);
    walk_deep(facts, body, |node| {
        match facts.arena.kind(node) {
            NodeKind::Closure(def) => of_params(def, &mut own),
            NodeKind::Declare { target, .. } | NodeKind::Loop { target: Some(target), .. } => own.extend(bound_names(facts, target)),
            NodeKind::Assign { target, op: AssignOp::Set | AssignOp::With | AssignOp::Test, .. } => {
                if matches!(facts.arena.kind(target), NodeKind::Name(_) | NodeKind::Collection { .. } | NodeKind::Call { .. }) {
                    own.extend(bound_names(facts, target));
                }
            }
            NodeKind::Handler { binding: Some(binding), .. } => own.extend(bound_names(facts, binding)),
            _ => {}
        }
        true
    });
    own
}

/// What a node is, whatever it names or holds.
fn token(kind: NodeKind) -> u32 {
    let mut hasher = FxHasher::default();
    std::mem::discriminant(&kind).hash(&mut hasher);
    match kind {
        NodeKind::Binary { op, .. } => std::mem::discriminant(&op).hash(&mut hasher),
        NodeKind::Unary { op, .. } => std::mem::discriminant(&op).hash(&mut hasher),
        NodeKind::Assign { op, .. } => std::mem::discriminant(&op).hash(&mut hasher),
        NodeKind::Loop { kind, .. } => std::mem::discriminant(&kind).hash(&mut hasher),
        NodeKind::Collection { kind, .. } => std::mem::discriminant(&kind).hash(&mut hasher),
        NodeKind::Call { form, .. } => std::mem::discriminant(&form).hash(&mut hasher),
        NodeKind::If { otherwise, .. } => otherwise.is_some().hash(&mut hasher),
        NodeKind::Bool(value) => value.hash(&mut hasher),
        _ => {}
    }
    fold(hasher.finish())
}

fn hash_of<T: Hash + ?Sized>(value: &T) -> u32 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    fold(hasher.finish())
}

fn fold(hash: u64) -> u32 {
    (hash ^ hash >> 32) as u32
}

/// Groups of alike functions of at least two files: indices into `codes`, ascending.
fn grouped(codes: &[Code]) -> Vec<Vec<usize>> {
    let mut union = Union::new(codes.len());
    let mut classes: FxHashMap<Class, usize> = FxHashMap::default();
    let mut firsts = Vec::new();
    for (at, code) in codes.iter().enumerate() {
        let key = (hash_of(&code.tokens), hash_of(&code.names), code.tokens.len(), code.place);
        match classes.get(&key) {
            Some(&first) => union.join(first, at),
            None => {
                classes.insert(key, at);
                firsts.push(at);
            }
        }
    }
    for (a, b) in pairs(codes, &firsts) {
        if are_alike(&codes[a], &codes[b]) {
            union.join(a, b);
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in 0..codes.len() {
        groups.entry(union.root(at)).or_default().push(at);
    }
    let file = |at: usize| codes[at].function.file;
    groups.into_values().filter(|group| group.iter().any(|&at| file(at) != file(group[0]))).collect()
}

/// Pairs that share half of their fingerprints.
fn pairs(codes: &[Code], firsts: &[usize]) -> Vec<(usize, usize)> {
    let mut holders: FxHashMap<(u32, Place), Vec<usize>> = FxHashMap::default();
    let mut prints: FxHashMap<usize, Vec<u32>> = FxHashMap::default();
    for &at in firsts {
        let own = fingerprints(&codes[at].tokens);
        for &print in &own {
            let list = holders.entry((print, codes[at].place)).or_default();
            // One more than is used says that there are too many.
            if list.len() <= COMMON {
                list.push(at);
            }
        }
        prints.insert(at, own);
    }
    let mut found = Vec::new();
    let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
    for &at in firsts {
        shared.clear();
        for &print in &prints[&at] {
            let Some(list) = holders.get(&(print, codes[at].place)).filter(|list| list.len() <= COMMON) else { continue };
            for &other in list.iter().filter(|&&other| other < at) {
                *shared.entry(other).or_default() += 1;
            }
        }
        let own = prints[&at].len();
        found.extend(shared.iter().filter(|&(other, count)| count * 2 >= own.max(prints[other].len())).map(|(&other, _)| (other, at)));
    }
    found
}

/// The winnowed hashes of all runs, sorted, each once.
fn fingerprints(tokens: &[u32]) -> Vec<u32> {
    let hashes = runs(tokens, RUN);
    let mut kept: Vec<u32> = hashes.windows(WINDOW.min(hashes.len()).max(1)).filter_map(|window| window.iter().min().copied()).collect();
    kept.sort_unstable();
    kept.dedup();
    kept
}

fn runs(tokens: &[u32], length: usize) -> Vec<u32> {
    tokens.windows(length).map(hash_of).collect()
}

/// Nearly the same tokens in nearly the same order, and mostly the same names of others.
fn are_alike(a: &Code, b: &Code) -> bool {
    let (shorter, longer) = (a.tokens.len().min(b.tokens.len()), a.tokens.len().max(b.tokens.len()));
    if shorter * 10 < longer * 8 {
        return false;
    }
    let same_names = agreement(&a.names, &b.names);
    if a.tokens == b.tokens {
        return same_names >= 0.6;
    }
    let sorted = |code: &Code| {
        let mut runs = runs(&code.tokens, 4);
        runs.sort_unstable();
        runs
    };
    same_names >= 0.75 && agreement(&sorted(a), &sorted(b)) >= 0.85
}

/// Twice what two sorted lists have in common, over their length (Dice's coefficient of multisets).
fn agreement(a: &[u32], b: &[u32]) -> f64 {
    let (mut i, mut j, mut common) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                common += 1;
                i += 1;
                j += 1;
            }
        }
    }
    if a.is_empty() && b.is_empty() { 1.0 } else { 2.0 * f64::from(common) / (a.len() + b.len()) as f64 }
}

/// Sets that are joined; the least member stands for its set.
struct Union(Vec<usize>);

impl Union {
    fn new(size: usize) -> Union {
        Union((0..size).collect())
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}

fn finding(program: &Program, codes: &[Code], group: &[usize]) -> Finding {
    let first = &codes[group[0]];
    let name = |code: &Code| super::handlers::handler_name(program, code.function);
    let other = group.iter().map(|&at| &codes[at]).find(|code| code.function.file != first.function.file).unwrap_or(first);
    let more = match group.len() - 2 {
        0 => String::new(),
        1 => " and of one more function".to_string(),
        count => format!(" and of {count} more functions"),
    };
    let related = group.iter().skip(1).take(12).map(|&at| Label {
        location: program.name_location(codes[at].function),
        text: format!("the same code: {} lines", codes[at].lines),
    });
    Finding {
        rule: RULE.into(),
        level: Level::Note,
        message: format!(
            "the {} lines of `{}` are those of `{}` in `{}`{more}",
            first.lines,
            name(first),
            name(other),
            program.path(other.function.file)
        ),
        primary: Label { location: program.name_location(first.function), text: format!("one of {} with the same code", group.len()) },
        related: related.collect(),
        flow: Vec::new(),
        help: Some("keep one of them where all can call it, and give it what differs as parameters".to_string()),
        subject: group.iter().take(2).map(|&at| program.qualified_name(codes[at].function)).collect::<Vec<_>>().join(" "),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}
