//! `contract`: who may import whom, as `archcheck.toml` says it.
//!
//! Looks at imports only, by where the imported name is really defined. What the layers of a project are when nobody says so is
//! `layers.rs`.

use std::collections::BTreeMap;

use super::Context;
use crate::config;
use crate::model::contract::{Contract, ImportRule, Layers, Located, Part, PartForm, Reach, RuleForm, Siblings};
use crate::model::finding::{Confidence, Finding, Label, Level, Location};
use crate::model::program::{ImportEdge, ImportTarget, Program};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{FileId, Span};

const RULE: &str = "contract";

/// Most places listed with one finding.
const MAX_PLACES: usize = 8;

/// Finds imports that break the contract: one finding for each file and what it imports.
pub(super) fn check(context: &Context) -> Vec<Finding> {
    let (program, contract) = (context.program, &context.settings.contract);
    if contract.is_empty() {
        return Vec::new();
    }
    let pieces = Pieces::of(contract, program);
    let orders: Vec<Order> = contract.layers.iter().map(|layers| Order::of(layers, &pieces)).collect();
    let mut groups: BTreeMap<(FileId, Target), Vec<Broken>> = BTreeMap::new();
    for edge in program.imports.iter().filter(|edge| counts(program, edge)) {
        for (target, to) in targets(&pieces, edge) {
            let from = &pieces.of_file[edge.from.index()];
            let layers = orders.iter().filter_map(|order| order.breach(&pieces, from, &to));
            let rules = contract.rules.iter().filter_map(|rule| breach(&pieces, rule, from, &to));
            for breach in layers.chain(rules) {
                groups.entry((edge.from, target.clone())).or_default().push(Broken { edge, breach });
            }
        }
    }
    let level = context.rules.iter().find(|rule| &*rule.id == RULE).map_or(Level::Error, |rule| rule.level);
    groups.iter().filter_map(|((from, target), broken)| finding(program, contract, level, (*from, target), broken)).collect()
}

/// What is imported: a file of the project, or an outside package as a part names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    File(FileId),
    Package(String),
}

/// One import that one line of the contract forbids.
struct Broken<'a> {
    edge: &'a ImportEdge,
    breach: Breach,
}

/// Why it is forbidden.
struct Breach {
    /// The line of the contract, and what to say there.
    span: Span,
    label: String,
    /// The part of the importing file; `None` when no part holds it.
    from: Option<String>,
    to: String,
    /// Ends the sentence "`a` imports `x` from `b`, …".
    reason: String,
    help: String,
}

/// Index into [`Pieces::all`].
type PieceId = usize;

/// The parts with what belongs to them.
struct Pieces<'a> {
    all: Vec<Piece<'a>>,
    /// The parts of each file, the one with the most exact glob first.
    of_file: Vec<Vec<PieceId>>,
}

struct Piece<'a> {
    name: &'a str,
    /// Outside packages.
    packages: Vec<&'a str>,
    open: bool,
    /// No file and no package belongs to it.
    empty: bool,
}

impl<'a> Pieces<'a> {
    fn of(contract: &'a Contract, program: &Program) -> Pieces<'a> {
        let mut all: Vec<Piece> = contract.parts.iter().map(Piece::of).collect();
        let mut roles: Vec<(Role, PieceId)> = Vec::new();
        for (part, _) in contract.mentions() {
            if let (Some(role), true) = (Role::from_name(&part.value), all.iter().all(|piece| piece.name != part.value)) {
                roles.push((role, all.len()));
                all.push(Piece { name: &part.value, packages: Vec::new(), open: false, empty: true });
            }
        }
        let globs = config::PartGlobs::of(&contract.parts);
        let mut of_file = Vec::new();
        for at in 0..program.facts.len() {
            let file = FileId(at as u32);
            let mut found = globs.parts(program.path(file));
            let role = program.file_role(file).and_then(|evidence| roles.iter().find(|(role, _)| *role == evidence.role));
            found.extend(role.map(|(_, piece)| *piece));
            for &piece in &found {
                all[piece].empty = false;
            }
            of_file.push(found);
        }
        Pieces { all, of_file }
    }

    fn find(&self, name: &str) -> Option<PieceId> {
        self.all.iter().position(|piece| piece.name == name)
    }

    fn name(&self, piece: PieceId) -> &'a str {
        self.all[piece].name
    }
}

impl<'a> Piece<'a> {
    fn of(part: &'a Part) -> Piece<'a> {
        let packages = match &part.form {
            PartForm::Packages(packages) => packages.iter().map(|package| package.value.as_str()).collect(),
            _ => Vec::new(),
        };
        Piece { name: &part.name.value, empty: packages.is_empty(), packages, open: part.open }
    }
}

/// One dimension with its parts found.
struct Order<'a> {
    layers: &'a Layers,
    /// Part → its step.
    places: Vec<(PieceId, usize)>,
}

impl<'a> Order<'a> {
    fn of(layers: &'a Layers, pieces: &Pieces) -> Order<'a> {
        let mut places = Vec::new();
        for (step, members) in layers.steps.iter().enumerate() {
            places.extend(members.members.iter().filter_map(|member| Some((pieces.find(&member.part.value)?, step))));
        }
        Order { layers, places }
    }

    /// The first of these parts that has a place in the order.
    fn place(&self, parts: &[PieceId]) -> Option<(PieceId, usize)> {
        parts.iter().find_map(|part| self.places.iter().find(|(piece, _)| piece == part).copied())
    }

    fn breach(&self, pieces: &Pieces, from: &[PieceId], to: &[PieceId]) -> Option<Breach> {
        let (from, upper) = self.place(from)?;
        let (to, lower) = self.place(to)?;
        if from == to || pieces.all[to].open {
            return None;
        }
        let (from_name, to_name) = (pieces.name(from), pieces.name(to));
        let (reason, label, help) = if lower < upper {
            (
                "which is above it".to_string(),
                format!("`{to_name}` is above `{from_name}` here"),
                format!("move what both need below the two, or let `{to_name}` pass it in"),
            )
        } else if lower == upper {
            if self.layers.steps[upper].siblings == Siblings::Friends {
                return None;
            }
            (
                "its neighbour in the same layer".to_string(),
                format!("`{from_name}` and `{to_name}` are strangers here"),
                "move what both need to a layer below; joined with `:` instead of `|` the two may import each other".to_string(),
            )
        } else {
            let next = self.next(pieces, upper).filter(|(_, step)| *step < lower)?;
            let next = pieces.name(next.0);
            (
                format!("past the next layer, `{next}`"),
                format!("`{from_name}` may import only the next layer here"),
                format!("go through `{next}`"),
            )
        };
        Some(Breach { span: self.layers.span, label, from: Some(from_name.to_string()), to: to_name.to_string(), reason, help })
    }

    /// The layer below a step that may import no further; layers the project lacks drop out.
    fn next(&self, pieces: &Pieces, step: usize) -> Option<(PieceId, usize)> {
        if self.layers.steps[step].reach == Reach::AnythingBelow {
            return None;
        }
        self.places.iter().copied().find(|&(piece, below)| below > step && !pieces.all[piece].empty)
    }
}

/// How an import breaks a sentence.
fn breach(pieces: &Pieces, rule: &ImportRule, from: &[PieceId], to: &[PieceId]) -> Option<Breach> {
    let named = |names: &[Located<String>], parts: &[PieceId]| {
        names.iter().find_map(|name| parts.iter().copied().find(|&part| pieces.name(part) == name.value))
    };
    let object = named(&rule.objects, to)?;
    if named(&rule.objects, from).is_some() {
        return None;
    }
    let subject = named(&rule.subjects, from);
    let to_name = pieces.name(object).to_string();
    let (from, reason, help) = match (rule.form, subject) {
        (RuleForm::MustNot, Some(subject)) => {
            let name = pieces.name(subject).to_string();
            let help = format!("move the code that needs `{to_name}` out of `{name}`, or pass in what it gives");
            (Some(name), "which it must not".to_string(), help)
        }
        (RuleForm::Only, None) => {
            let allowed = listed(&rule.subjects);
            let help = format!("leave it to {allowed}, and import that");
            (from.first().map(|&part| pieces.name(part).to_string()), format!("which only {allowed} may"), help)
        }
        _ => return None,
    };
    Some(Breach { span: rule.span, label: format!("the rule `{}`", rule.name), from, to: to_name, reason, help })
}

/// "`a`, `b` and `c`".
fn listed(names: &[Located<String>]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.value)).collect();
    match quoted.as_slice() {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        _ => quoted.concat(),
    }
}

/// Imports that tie the code together when it runs; those for types alone, and those of tests, do not.
fn counts(program: &Program, edge: &ImportEdge) -> bool {
    edge.kind.is_dependency() && !program.is(GlobalDef { file: edge.from, def: edge.scope }, Role::Test)
}

/// What an import leads to, with the parts of each: the file where the name is really defined, or the packages of parts it lies in.
fn targets(pieces: &Pieces, edge: &ImportEdge) -> Vec<(Target, Vec<PieceId>)> {
    match &edge.target {
        ImportTarget::Module(module) => {
            let file = edge.definition.unwrap_or(*module).file;
            if file == edge.from { Vec::new() } else { vec![(Target::File(file), pieces.of_file[file.index()].clone())] }
        }
        ImportTarget::External(path) => {
            let mut found: BTreeMap<Target, Vec<PieceId>> = BTreeMap::new();
            for (at, piece) in pieces.all.iter().enumerate() {
                if let Some(package) = piece.packages.iter().find(|package| lies_in(path, &edge.name, package)) {
                    found.entry(Target::Package(package.to_string())).or_default().push(at);
                }
            }
            found.into_iter().collect()
        }
        ImportTarget::Folder(_) | ImportTarget::Generated(_) | ImportTarget::Unresolved(_) | ImportTarget::Asset => Vec::new(),
    }
}

/// True when `name` of the module `path` is the package or lies in it: `fs` of `std` is `std::fs`.
fn lies_in(path: &str, name: &str, package: &str) -> bool {
    let mut rest = package;
    let mut pieces = path.split([':', '.', '/']).chain([name]).filter(|piece| !piece.is_empty());
    while !rest.is_empty() {
        let Some(after) = pieces.next().and_then(|piece| rest.strip_prefix(piece)) else { return false };
        if !after.is_empty() && !after.starts_with([':', '.', '/']) {
            return false;
        }
        rest = after.trim_start_matches([':', '.', '/']);
    }
    true
}

fn finding(program: &Program, contract: &Contract, level: Level, (from, target): (FileId, &Target), broken: &[Broken]) -> Option<Finding> {
    let Broken { edge, breach } = broken.first()?;
    let path = program.path(from);
    let importer = match &breach.from {
        Some(part) => format!("`{path}` (part `{part}`)"),
        None => format!("`{path}`"),
    };
    let to = match target {
        Target::File(file) => program.path(*file).to_string(),
        Target::Package(package) => package.clone(),
    };
    let thing = match edge.name.as_str() {
        "" => format!("`{to}`"),
        name => format!("`{name}` from `{to}`"),
    };
    let mut related: Vec<Label> = Vec::new();
    for Broken { breach, .. } in broken {
        let location = Location { path: contract.path.clone(), span: breach.span };
        if related.iter().all(|label| label.location != location) {
            related.push(Label { location, text: breach.label.clone() });
        }
    }
    let mut places: Vec<(Span, &str)> = broken.iter().map(|broken| (broken.edge.span, broken.edge.name.as_str())).collect();
    places.dedup();
    for (span, name) in places.into_iter().filter(|(span, _)| *span != edge.span).take(MAX_PLACES) {
        let text = if name.is_empty() { "and here".to_string() } else { format!("and `{name}`") };
        related.push(Label { location: program.location(from, span), text });
    }
    Some(Finding {
        rule: RULE.into(),
        level,
        message: format!("{importer} imports {thing} (part `{}`), {}", breach.to, breach.reason),
        primary: Label { location: program.location(from, edge.span), text: format!("part `{}`", breach.to) },
        related,
        flow: Vec::new(),
        help: Some(breach.help.clone()),
        subject: format!("{} -> {to}", program.modules[from.index()]),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::lies_in;

    #[test]
    fn packages_hold_their_submodules() {
        for (path, name, package) in [
            ("sqlalchemy", "", "sqlalchemy"),
            ("sqlalchemy.orm", "Session", "sqlalchemy"),
            ("django", "db", "django.db"),
            ("std::fs", "File", "std::fs"),
            ("std", "fs", "std::fs"),
            ("@nestjs/common", "Get", "@nestjs/common"),
        ] {
            assert!(lies_in(path, name, package), "{path} {name} in {package}");
        }
        for (path, name, package) in [("sqlalchemy_utils", "", "sqlalchemy"), ("django", "http", "django.db"), ("std", "", "std::fs")] {
            assert!(!lies_in(path, name, package), "{path} {name} not in {package}");
        }
    }
}
