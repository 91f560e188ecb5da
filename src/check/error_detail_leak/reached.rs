//! Which functions answer: what handlers call and answer with, and what is registered for errors that nobody has foreseen.

use std::collections::BTreeSet;

use super::answers::is_called_like_answer;
use super::caught::{is_unforeseen, is_wrapped};
use crate::check::Context;
use crate::check::answered::is_answered;
use crate::check::requests::has_fact;
use crate::check::scope::in_scope;
use crate::check::sensitive::assigned;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::DefId;
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{arguments, called_name};
use crate::model::program::{CallKind, Program, Resolution, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::api_names;

/// Most calls between a handler and a function whose result it answers with.
const MAX_STEPS: usize = 3;

/// Functions of Python whose result a handler answers with, itself or by way of another: `return await service.check()`.
pub(super) fn answered(context: &Context, handlers: &BTreeSet<GlobalDef>) -> BTreeSet<GlobalDef> {
    let program = context.program;
    let mut found = BTreeSet::new();
    let mut level: Vec<GlobalDef> = handlers.iter().copied().filter(|&handler| in_scope(program, handler)).collect();
    for _ in 0..MAX_STEPS {
        let mut next = Vec::new();
        for function in level {
            let facts = program.file(function.file);
            if facts.language.family() != Family::Python {
                continue;
            }
            for edge in program.calls_from(function) {
                let follows = edge.kind == CallKind::Call && edge.resolution != Resolution::NameOnly;
                if follows
                    && !handlers.contains(&edge.callee)
                    && is_answered(facts, program.nesting(function.file), edge.site)
                    && found.insert(edge.callee)
                {
                    next.push(edge.callee);
                }
            }
        }
        level = next;
    }
    found
}

/// The file, if it registers what unanswered errors come to.
pub(super) fn sets_handler(context: &Context, (): &(), file: FileId) -> Vec<FileId> {
    let program = context.program;
    let facts = program.file(file);
    let sets = |node: NodeId| {
        matches!(facts.arena.kind(node), NodeKind::Call { .. }) && has_fact(program, file, node, |fact| *fact == ApiFact::SetsErrorHandler)
    };
    let has = facts.language.family() == Family::TypeScript && in_scope(program, GlobalDef { file, def: DefId::MODULE });
    (has && facts.arena.ids().any(sets)).then_some(file).into_iter().collect()
}

/// Functions that are registered for errors which nobody has foreseen: `app.add_exception_handler(IntegrityError, on_integrity_error)`.
pub(super) fn registered(context: &Context, (): &(), file: FileId) -> Vec<GlobalDef> {
    let program = context.program;
    let facts = program.file(file);
    if facts.language.family() != Family::Python || !in_scope(program, GlobalDef { file, def: DefId::MODULE }) {
        return Vec::new();
    }
    let calls = facts.arena.ids().filter(|&node| called_name(facts, node).is_some_and(|name| api_names().errors.registers.has(name)));
    calls
        .filter_map(|call| {
            let mut given = arguments(facts, call);
            let register = called_name(facts, call).unwrap_or_default();
            given.next().filter(|&what| is_unforeseen(facts, what) && !is_wrapped(facts, register, what))?;
            match program.value(file, given.next()?) {
                Value::Def(function) => Some(function),
                _ => None,
            }
        })
        .collect()
}

/// Functions of the project whose result a handler answers with as it is: `res.json(await orders.place(body))`, `return this.orders.place(body)`.
pub(super) fn answered_with(program: &Program, handler: GlobalDef, by_return: bool) -> Vec<GlobalDef> {
    let facts = program.file(handler.file);
    let mut found = Vec::new();
    let Some(body) = program.def(handler).body.filter(|_| facts.language.family() == Family::TypeScript) else { return found };
    let mut add = |value: NodeId| {
        let mut value = value;
        if let NodeKind::Name(name) = facts.arena.kind(value)
            && let [only] = assigned(facts, handler.def, name)[..]
        {
            value = only;
        }
        while let NodeKind::Await(inner) | NodeKind::Cast { value: inner, .. } = facts.arena.kind(value) {
            value = inner;
        }
        let edges = program.calls_at(handler, value).iter();
        found.extend(edges.filter(|edge| edge.kind == CallKind::Call && edge.resolution != Resolution::NameOnly).map(|edge| edge.callee));
    };
    // `(request) => orders.place(request.body)`
    let whole = match facts.arena.kind(body) {
        NodeKind::Block { items, value: true } => facts.arena.list(items).last(),
        NodeKind::Block { .. } => None,
        _ => Some(body),
    };
    whole.filter(|_| by_return).into_iter().for_each(&mut add);
    facts.arena.walk(body, |node| match facts.arena.kind(node) {
        NodeKind::Return(Some(value)) if by_return => add(value),
        NodeKind::Call { .. } if is_called_like_answer(facts, node) => arguments(facts, node).for_each(&mut add),
        _ => {}
    });
    found
}
