//! What a handler decides about rows that a repository reads and writes for it, with no service between.
//!
//! A repository keeps rows and decides nothing. So a handler that calls one for a write, and says before when that may happen, holds the
//! rule itself, though it runs no query of its own.

use rustc_hash::FxHashSet;

use super::bounds::words;
use super::handlers::Handler;
use super::loops::Place;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{FileFacts, Name, Param, ParamKind};
use crate::model::knowledge::Access;
use crate::model::nesting::{called_name, last_name, walk_deep};
use crate::model::program::{CallKind, Resolution, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::Family;
use crate::rulebook::vocabulary::vocabulary;

/// A call by which a handler has a repository write.
pub(super) struct Handed {
    pub(super) site: NodeId,
    pub(super) callee: GlobalDef,
}

/// The calls by which a handler that queries nothing itself has a repository write, in source order.
pub(super) fn handed_writes(place: &Place, handler: &Handler) -> Vec<Handed> {
    if place.facts.language.family() != Family::Python || !handler.queries.is_empty() {
        return Vec::new();
    }
    let program = place.program;
    let edges = handler.code.iter().flat_map(|&part| program.calls_from(part));
    let mut seen: FxHashSet<NodeId> = FxHashSet::default();
    let mut handed: Vec<Handed> = edges
        .filter(|edge| edge.kind == CallKind::Call && edge.resolution != Resolution::NameOnly)
        .filter(|edge| program.role(edge.callee).is_some_and(|evidence| evidence.role == Role::Repository))
        .filter(|edge| writes(place, edge.callee) && seen.insert(edge.site))
        .map(|edge| Handed { site: edge.site, callee: edge.callee })
        .collect();
    handed.sort_by_key(|handed| (place.facts.arena.span(handed.site), handed.site));
    handed
}

fn writes(place: &Place, function: GlobalDef) -> bool {
    place.summaries.of(function).is_some_and(|summary| {
        let is_named_so = || words(place.program.name(function)).first().is_some_and(|word| vocabulary().writes.changing.has(word));
        !summary.writes.is_empty()
            || summary.reaches.iter().any(|reach| reach.access == Access::Write)
            || !summary.reaches.is_empty() && is_named_so()
    })
}

/// Parameters that are rows which a dependency has looked up: `article: Article = Depends(get_article)`.
pub(super) fn given_rows(place: &Place, handler: &Handler, body: NodeId) -> Vec<Name> {
    of_roles(place, handler, body, true, &[Role::Model, Role::Schema])
}

/// Python: parameters that are the request's body by a schema: `order: OrderIn`.
pub(super) fn sent_values(place: &Place, handler: &Handler, body: NodeId) -> Vec<Name> {
    if place.facts.language.family() != Family::Python {
        return Vec::new();
    }
    of_roles(place, handler, body, false, &[Role::Schema])
}

/// Parameters that are objects of classes with one of the roles, and that the framework looks up, or does not.
fn of_roles(place: &Place, handler: &Handler, body: NodeId, looked_up: bool, roles: &[Role]) -> Vec<Name> {
    let (program, facts) = (place.program, place.facts);
    let params = facts.def(handler.function.def).params.iter();
    let params: Vec<&Param> = params.filter(|param| param.kind != ParamKind::Receiver && param.annotation.is_some()).collect();
    let mut found: Vec<Name> = Vec::new();
    if params.is_empty() {
        return found;
    }
    walk_deep(facts, body, |node| {
        if let NodeKind::Name(name) = facts.arena.kind(node)
            && !found.contains(&name)
            && let Some(param) = params.iter().find(|param| param.name == Some(name))
            && let Value::Instance { class, .. } = program.value(place.file, node)
            && program.role(class).is_some_and(|evidence| roles.contains(&evidence.role))
            && (is_looked_up(facts, param) || goes_by_alias(facts, param, program.name(class))) == looked_up
        {
            found.push(name);
        }
        true
    });
    found
}

/// A name stands for the annotation: `user: CurrentUser` after `CurrentUser = Annotated[User, Depends(…)]`.
fn goes_by_alias(facts: &FileFacts, param: &Param, class: &str) -> bool {
    let named = param.annotation.filter(|&annotation| matches!(facts.arena.kind(annotation), NodeKind::Name(_) | NodeKind::Member { .. }));
    param.default.is_none() && named.and_then(|named| last_name(facts, named)).is_some_and(|name| facts.text(name) != class)
}

/// Its default, or what it is annotated with, asks the framework for it.
fn is_looked_up(facts: &FileFacts, param: &Param) -> bool {
    let depends = |node: NodeId| {
        let mut found = false;
        facts.arena.walk(node, |inner| found |= matches!(called_name(facts, inner), Some("Depends" | "Security")));
        found
    };
    match (param.default, param.annotation) {
        (Some(default), _) => depends(default),
        (None, Some(annotation)) => depends(annotation),
        _ => false,
    }
}
