//! Proofs that a line of a contract can fail: a synthetic edge that breaks it, put into the graph of the real program.

use super::breach::{Breach, Line};
use super::edges::{Deed, Edge, End, Outside};
use super::ground::{EdgeId, Ground};
use super::orders::{Order, module};
use super::pieces::{Kind, PieceId};
use super::rules::{Rule, places};
use super::{breaches, doors, judge};
use crate::model::contract::{Date, RuleForm, Verb};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId, Span};

/// Most places of one part that are tried as targets.
const MAX_TARGETS: usize = 12;

/// What became of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The file of the contract.
    pub path: std::sync::Arc<str>,
    pub span: Span,
    pub name: String,
    /// `order`, `rule` or `front door`.
    pub kind: &'static str,
    /// The edge that was put in: `src/a.py → src/b.py`; empty when none could be thought of.
    pub edge: String,
    /// How many different edges were put in; an order has one for each forbidden pair of parts.
    pub tried: usize,
    pub fires: bool,
    /// The rule says `expect = "none-yet"`.
    pub none_yet: bool,
}

/// Tries to break a line in the graph of the program.
pub(super) fn prove(ground: &mut Ground, line: Line, today: Option<Date>) -> Proof {
    let (edge, tried, fires) = match line {
        Line::Layers(at) => order(ground, at, today),
        _ => match violation(ground, line, Excepted::No) {
            Some(Violation::Edge(edge)) => {
                let shown = shown(ground, &edge);
                (shown, 1, fires(ground, line, edge, today))
            }
            Some(Violation::Without(files)) => {
                let shown = format!("{} without its imports", ground.program.path(files[0]));
                (shown, 1, fires_without(ground, line, &files, today))
            }
            None => (String::new(), 0, false),
        },
    };
    Proof {
        path: ground.contract.path.clone(),
        span: ground.line_span(line),
        name: ground.line_name(line).to_string(),
        kind: match line {
            Line::Layers(_) => "order",
            Line::Rule(_) => "rule",
            Line::Door(_) => "front door",
        },
        edge,
        tried,
        fires,
        none_yet: ground.terms(line).none_yet.is_some(),
    }
}

/// True when there is anything that would break the line.
pub(super) fn can_fail(ground: &mut Ground, line: Line) -> bool {
    match line {
        Line::Layers(at) => !Order::of(ground, at).forbidden_pairs(ground).is_empty(),
        _ => violation(ground, line, Excepted::Too).is_some(),
    }
}

/// Whether an edge that an exception allows will do: the rule is there for the time after it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Excepted {
    Too,
    No,
}

/// What breaks a line.
enum Violation {
    Edge(Edge),
    /// These files, if they had no edges.
    Without(Vec<FileId>),
}

fn order(ground: &mut Ground, at: usize, today: Option<Date>) -> (String, usize, bool) {
    let order = Order::of(ground, at);
    let pairs = order.forbidden_pairs(ground);
    let mut first = String::new();
    for &(from, to) in &pairs {
        let edge = synthetic(ground, module(from), End::Code(module(to)), Deed::Import);
        let text = shown(ground, &edge);
        let id = ground.add(edge.clone());
        let fires = order.direct(ground, id, &edge).is_some_and(|breach| judge(ground, breach, today).is_some());
        ground.remove_last();
        if !fires {
            return (text, pairs.len(), false);
        }
        if first.is_empty() {
            first = text;
        }
    }
    (first, pairs.len(), !pairs.is_empty())
}

/// Puts the edge in and looks whether the line reports it.
fn fires(ground: &mut Ground, line: Line, edge: Edge, today: Option<Date>) -> bool {
    let id = ground.add(edge);
    let found = breaches(ground, line).into_iter().filter(|breach| breach.way == [id]).any(|breach| judge(ground, breach, today).is_some());
    ground.remove_last();
    found
}

fn fires_without(ground: &mut Ground, line: Line, files: &[FileId], today: Option<Date>) -> bool {
    let muted = ground.mute(files);
    let found = breaches(ground, line)
        .into_iter()
        .filter(|breach| files.contains(&breach.from))
        .any(|breach| judge(ground, breach, today).is_some());
    ground.restore(muted);
    found
}

fn violation(ground: &mut Ground, line: Line, excepted: Excepted) -> Option<Violation> {
    match line {
        Line::Layers(_) => None,
        Line::Door(part) => door(ground, part, excepted).map(Violation::Edge),
        Line::Rule(at) => {
            let rule = Rule::of(ground, at);
            if rule.sentence.form == RuleForm::Must {
                return rule.first_group(ground).map(Violation::Without);
            }
            let targets = targets(ground, &rule);
            let sources = rule.sources(ground);
            let ambient = |end: &End| matches!(end, End::Outside(outside) if outside.ambient.is_some());
            for &from in &sources {
                for to in &targets {
                    let deed = if rule.sentence.verb == Verb::Call || ambient(to) && rule.sentence.verb != Verb::Import {
                        Deed::Call
                    } else {
                        Deed::Import
                    };
                    let edge = synthetic(ground, from, of_family(ground, from, to.clone()), deed);
                    if alone(ground, &edge, excepted, |ground, id, edge| rule.direct(ground, id, edge)) {
                        return Some(Violation::Edge(edge));
                    }
                }
            }
            None
        }
    }
}

/// Whether an edge breaks a line for itself.
fn alone(ground: &mut Ground, edge: &Edge, excepted: Excepted, breach: impl Fn(&Ground, EdgeId, &Edge) -> Option<Breach>) -> bool {
    let id = ground.add(edge.clone());
    let found = breach(ground, id, edge).is_some_and(|breach| excepted == Excepted::Too || !ground.is_excepted(&breach));
    ground.remove_last();
    found
}

fn door(ground: &mut Ground, part: PieceId, excepted: Excepted) -> Option<Edge> {
    let inner = ground.files().find(|file| ground.pieces.unit(*file, part).is_some() && !doors::is_public(ground, part, *file))?;
    let unit = ground.pieces.unit(inner, part).cloned();
    let outside: Vec<FileId> = ground
        .files()
        .filter(|file| ground.judges(*file) && ground.pieces.unit(*file, part) != unit.as_ref())
        .filter(|file| !super::edges::is_test(ground.program, module(*file)))
        .take(MAX_TARGETS)
        .collect();
    outside.into_iter().find_map(|from| {
        let edge = Edge { door: Some(inner), ..synthetic(ground, module(from), End::Code(module(inner)), Deed::Import) };
        alone(ground, &edge, excepted, |ground, id, edge| doors::breach(ground, part, id, edge)).then_some(edge)
    })
}

/// What a sentence may be broken with: places of its objects, or, where only some are allowed, anything.
fn targets(ground: &Ground, rule: &Rule) -> Vec<End> {
    let mut found = Vec::new();
    let outside =
        |path: &str, ambient| Outside { family: Family::Python, path: path.into(), name: String::new(), ambient, is_global: false };
    let all = places(ground);
    if rule.sentence.form == RuleForm::MayOnly {
        let mut kinds: Vec<Vec<PieceId>> = Vec::new();
        for def in &all {
            let pieces = ground.pieces.at(ground.program, *def).into_owned();
            if !kinds.contains(&pieces) {
                kinds.push(pieces);
                found.push(End::Code(*def));
            }
        }
        found.push(End::Outside(outside("a_package_of_nobody", None)));
        return found;
    }
    for &(object, _) in &rule.objects {
        match &ground.pieces.all[object].kind {
            Kind::Packages(packages) => found.extend(packages.first().map(|package| End::Outside(outside(package, None)))),
            Kind::Ambient(ambient) => found.push(End::Outside(outside(ambient.name(), Some(*ambient)))),
            Kind::Standard => found.push(End::Outside(outside("os", None))),
            _ => {
                let mut units: Vec<Option<std::sync::Arc<str>>> = Vec::new();
                for def in all.iter().filter(|def| ground.pieces.at(ground.program, **def).contains(&object)) {
                    let unit = ground.pieces.unit(def.file, object).cloned();
                    let is_new = unit.is_none() || !units.contains(&unit);
                    if is_new && units.len() < MAX_TARGETS {
                        units.push(unit);
                        found.push(End::Code(*def));
                    }
                }
            }
        }
    }
    found
}

/// The same outside thing in the language of the file that uses it.
fn of_family(ground: &Ground, from: GlobalDef, end: End) -> End {
    match end {
        End::Outside(outside) => {
            let family = ground.program.file(from.file).language.family();
            let path = match (outside.path.as_str(), family) {
                ("os", Family::Rust) => "std".to_string(),
                _ => outside.path,
            };
            End::Outside(Outside { family, path, ..outside })
        }
        code => code,
    }
}

fn synthetic(ground: &Ground, from: GlobalDef, to: End, deed: Deed) -> Edge {
    let door = match &to {
        End::Code(def) => Some(def.file),
        End::Outside(_) => None,
    };
    let test = super::edges::is_test(ground.program, from);
    Edge { from, to, deed, types: false, test, name: String::new(), span: Span::default(), hands_on: false, door }
}

fn shown(ground: &Ground, edge: &Edge) -> String {
    let to = match &edge.to {
        End::Code(def) => ground.program.path(def.file).to_string(),
        End::Outside(outside) => outside.path.clone(),
    };
    format!("{} → {to}", ground.program.path(edge.from.file))
}
