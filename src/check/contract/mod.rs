//! `contract`: who may do what with whom, as `archcheck.toml` says it.
//!
//! Everything is judged by where names are really defined and what calls really lead to (`edges`), in the words of the contract (`pieces`). Orders
//! (`orders`), sentences (`rules`) and front doors (`doors`) give breaches; exceptions (`exceptions`) take some of them back. What the layers of a project are
//! when nobody says so is `check/layers.rs`.

mod breach;
mod doors;
mod edges;
mod exceptions;
mod findings;
mod ground;
mod mistakes;
mod orders;
mod pieces;
mod prove;
mod rules;

use super::Context;
use crate::model::contract::{ContractMistake, Date};
use crate::model::finding::{Finding, Level};
use breach::{Breach, Line};
use findings::{Judged, RULE};
use ground::Ground;

pub use prove::Proof;

/// Finds what breaks the contracts.
pub(super) fn check(context: &Context) -> Vec<Finding> {
    let level = context.rules.iter().find(|rule| &*rule.id == RULE).map_or(Level::Error, |rule| rule.level);
    let today = context.settings.today;
    let mut found = Vec::new();
    for contract in context.settings.contracts().filter(|contract| !contract.is_empty()) {
        let ground = Ground::of(context.program, contract);
        let judged = lines(&ground).into_iter().flat_map(|line| breaches(&ground, line)).filter_map(|breach| judge(&ground, breach, today));
        found.extend(findings::findings(&ground, judged.collect(), level, today));
    }
    found
}

/// What is wrong with the contracts themselves: rules that nothing can break, parts that hold nothing, exceptions that are for nothing.
pub fn mistakes(context: &Context) -> Vec<ContractMistake> {
    let mut found = Vec::new();
    for contract in context.settings.contracts().filter(|contract| !contract.is_empty() || !contract.parts.is_empty()) {
        let mut ground = Ground::of(context.program, contract);
        found.extend(mistakes::of(&mut ground));
    }
    found.sort();
    found.dedup();
    found
}

/// Shows for each line of the contracts that it can fail: puts in an edge that breaks it, and looks whether it is found.
pub fn prove(context: &Context) -> Vec<Proof> {
    let mut found = Vec::new();
    for contract in context.settings.contracts().filter(|contract| !contract.is_empty()) {
        let mut ground = Ground::of(context.program, contract);
        found.extend(lines(&ground).into_iter().map(|line| prove::prove(&mut ground, line, context.settings.today)));
    }
    found
}

/// Every line of a contract that can be broken, in order of the file.
fn lines(ground: &Ground) -> Vec<Line> {
    let contract = ground.contract;
    let doors = contract.parts.iter().enumerate().filter(|(_, part)| part.has_door() && !part.inherited).map(|(at, _)| Line::Door(at));
    let layers = (0..contract.layers.len()).map(Line::Layers);
    doors.chain(layers).chain((0..contract.rules.len()).map(Line::Rule)).collect()
}

/// What breaks one line.
fn breaches(ground: &Ground, line: Line) -> Vec<Breach> {
    match line {
        Line::Layers(at) => orders::Order::of(ground, at).breaches(ground),
        Line::Rule(at) => rules::Rule::of(ground, at).breaches(ground),
        Line::Door(part) => doors::breaches(ground, part),
    }
}

/// Nothing where an exception holds.
fn judge<'a>(ground: &Ground<'a>, breach: Breach, today: Option<Date>) -> Option<Judged<'a>> {
    let contract = ground.contract;
    let meant: Vec<_> = contract.exceptions.iter().filter(|exception| ground.is_meant(exception, &breach)).collect();
    let holds = meant.iter().any(|exception| exceptions::holds(exception, today));
    (!holds).then_some(Judged { breach, expired: meant })
}
