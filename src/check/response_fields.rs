//! Relations that a response model reads from rows: FastAPI takes the attributes of what a handler returns, and a field of the model that
//! is a model itself (`items: list[ItemOut]`) is a relation of the row.
//!
//! Told only where the handler answers with a list, the query behind it is in sight and is no awaited one: an asynchronous session refuses to
//! load lazily, so there the relation is loaded elsewhere.

use super::Context;
use super::loading::origins;
use super::per_item::is_serializer;
use super::relations::Relations;
use super::scope::in_scope;
use super::serializer_fields::{FieldRead, Reader};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts};
use crate::model::finding::Label;
use crate::model::knowledge::RelationRead;
use crate::model::nesting::{last_name, named_argument, walk_deep};
use crate::model::program::{Program, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::FileId;

/// How deep models are followed into each other.
const MAX_DEPTH: usize = 3;

/// All of them that the query behind the rows does not load.
pub(super) fn reads<'a>(context: &Context, relations: &'a Relations) -> Vec<FieldRead<'a>> {
    let program = context.program;
    let mut handlers: Vec<GlobalDef> =
        program.routes.iter().filter(|route| route.framework == "fastapi").map(|route| route.handler).collect();
    handlers.sort_unstable();
    handlers.dedup();
    let mut found = Vec::new();
    for handler in handlers.into_iter().filter(|&handler| in_scope(program, handler)) {
        let Some((model, annotation)) = response(program, handler) else { continue };
        let facts = program.file(handler.file);
        let Some(body) = program.def(handler).body else { continue };
        let mut results = Vec::new();
        facts.arena.walk(body, |node| {
            if let NodeKind::Return(Some(value)) = facts.arena.kind(node) {
                results.push(value);
            }
        });
        for result in results {
            for (schema, rows) in listed(program, handler.file, annotation, model, result) {
                read_rows(context, relations, handler, (schema, rows), &mut found);
            }
        }
    }
    found
}

/// The class a handler answers with, alone or in a list, and the node that says so.
fn response(program: &Program, handler: GlobalDef) -> Option<(Option<GlobalDef>, NodeId)> {
    let facts = program.file(handler.file);
    let def = program.def(handler);
    let given = def.decorators.iter().find_map(|&decorator| named_argument(facts, decorator, "response_model"));
    let node = given.or(def.annotation)?;
    Some((class_of(program, handler.file, node), node))
}

/// Lists that the result holds, with the model of their items: the result itself, or what the model around it is made with
/// (`OrdersOut(data=orders, count=count)`).
fn listed(program: &Program, file: FileId, annotation: NodeId, model: Option<GlobalDef>, result: NodeId) -> Vec<(GlobalDef, NodeId)> {
    let facts = program.file(file);
    if let Some(schema) = list_item(program, file, annotation) {
        return vec![(schema, result)];
    }
    let Some(model) = model else { return Vec::new() };
    let mut found = Vec::new();
    for (name, annotation) in fields(program, model) {
        if let Some(schema) = list_item(program, model.file, annotation)
            && let Some(rows) = part_of(facts, result, name)
        {
            found.push((schema, rows));
        }
    }
    found
}

/// What a result is made with under a name: `OrdersOut(data=rows)`, `{"data": rows}`.
fn part_of(facts: &FileFacts, result: NodeId, name: &str) -> Option<NodeId> {
    match facts.arena.kind(result) {
        NodeKind::Call { .. } => named_argument(facts, result, name),
        NodeKind::Collection { items, .. } => facts.arena.list(items).find_map(|item| match facts.arena.kind(item) {
            NodeKind::Entry { key, value } if facts.string(key) == Some(name) => Some(value),
            _ => None,
        }),
        _ => None,
    }
}

pub(super) fn read_rows<'a>(
    context: &Context,
    relations: &'a Relations,
    handler: GlobalDef,
    (schema, rows): (GlobalDef, NodeId),
    found: &mut Vec<FieldRead<'a>>,
) {
    let program = context.program;
    let origins = origins(context, handler.file, rows);
    let Some(origin) = origins.first() else { return };
    let Some(class) = origin.class.filter(|_| origins.iter().all(|origin| !origin.unknown && !origin.awaited)) else { return };
    let place = program.location(handler.file, program.file(handler.file).arena.span(rows));
    let answers = Label { location: place, text: format!("many `{}` are answered here", program.name(schema)) };
    let eager: Vec<String> = origins.iter().flat_map(|origin| origin.eager.iter().cloned()).collect();
    let mut reader = Reader::new(program, relations, schema, vec![answers, origin.label()]);
    if is_serializer(program, schema) {
        reader.class(schema, class, &[], false);
    } else {
        reader.schema(schema, class, &[], false);
    }
    let asked = (handler, origin.place.clone());
    found.extend(reader.missing(&eager).map(|read| FieldRead { asked: Some(asked.clone()), ..read }));
}

impl Reader<'_, '_> {
    /// The fields of a response model that are relations of the row.
    fn schema(&mut self, schema: GlobalDef, class: GlobalDef, path: &[String], to_many: bool) {
        let program = self.program;
        if path.len() >= MAX_DEPTH || !self.seen.insert((schema, path.to_vec())) {
            return;
        }
        let facts = program.file(schema.file);
        for (_, def) in facts.definitions().filter(|(_, def)| def.kind == DefKind::Field && def.parent == schema.def) {
            let (name, Some(annotation)) = (facts.text(def.name), def.annotation) else { continue };
            let Some(inner) = schema_in(program, schema.file, annotation) else { continue };
            let Some(relation) = self.relations.get(program, class, name).filter(|relation| relation.read == RelationRead::Attribute)
            else {
                continue;
            };
            let mut path = path.to_vec();
            path.push(name.to_string());
            let to_many = to_many || list_item(program, schema.file, annotation).is_some();
            self.note(relation, &path, to_many, schema, def.name_span);
            if let Some(target) = relation.target {
                self.schema(inner, target, &path, to_many);
            }
        }
        for &base in &program.def(schema).bases {
            if let Value::Def(parent) = program.value(schema.file, base)
                && parent != schema
                && program.is(parent, Role::Schema)
            {
                self.schema(parent, class, path, to_many);
            }
        }
    }
}

/// The fields of a class with what they are declared to be.
pub(super) fn fields<'p>(program: &'p Program, class: GlobalDef) -> Vec<(&'p str, NodeId)> {
    let facts = program.file(class.file);
    let own = facts.definitions().filter(|(_, def)| def.kind == DefKind::Field && def.parent == class.def);
    own.filter_map(|(_, def)| Some((facts.text(def.name), def.annotation?))).collect()
}

/// `Order` of `list[Order]`.
fn list_item(program: &Program, file: FileId, annotation: NodeId) -> Option<GlobalDef> {
    let facts = program.file(file);
    let mut found = None;
    walk_deep(facts, annotation, |node| {
        let is_list =
            |base: NodeId| last_name(facts, base).is_some_and(|name| matches!(facts.text(name), "list" | "List" | "Sequence" | "Iterable"));
        match facts.arena.kind(node) {
            NodeKind::Apply { base, args } if is_list(base) => {
                found = found.or_else(|| facts.arena.list(args).find_map(|item| class_of(program, file, item)));
            }
            // `response_model=list[OrderOut]` is an expression.
            NodeKind::Index { object, index } if is_list(object) => found = found.or_else(|| class_of(program, file, index)),
            _ => {}
        }
        found.is_none()
    });
    found
}

/// A schema anywhere in the type: `ItemOut | None`, `list[ItemOut]`.
pub(super) fn schema_in(program: &Program, file: FileId, annotation: NodeId) -> Option<GlobalDef> {
    let facts = program.file(file);
    let mut found = None;
    walk_deep(facts, annotation, |node| {
        found = found.or_else(|| class_of(program, file, node)).filter(|&class| program.is(class, Role::Schema));
        found.is_none()
    });
    found
}

fn class_of(program: &Program, file: FileId, node: NodeId) -> Option<GlobalDef> {
    let facts = program.file(file);
    if !matches!(facts.arena.kind(node), NodeKind::Name(_) | NodeKind::Member { .. }) {
        return None;
    }
    match program.value(file, node) {
        Value::Def(class) | Value::Instance { class, .. } if program.def(class).kind == DefKind::Class => Some(class),
        _ => None,
    }
}
