//! Relations that a schema reads from the rows which a handler gives it: `@marshal_with(orders_schema)` over a function that returns rows,
//! `OrderSchema(many=True).dump(rows)`. What the schema is of stands nowhere but in the query behind the rows.

use super::Context;
use super::per_item::{class_called, is_serializer};
use super::relations::Relations;
use super::response_fields::read_rows;
use super::scope::in_scope;
use super::serializer_fields::FieldRead;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts};
use crate::model::nesting::{arguments, called_name, last_name, named_argument};
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
use crate::model::serializers::{is_many, members};
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::api_names;

/// All of them that the query behind the rows does not load.
pub(super) fn reads<'a>(context: &Context, relations: &'a Relations) -> Vec<FieldRead<'a>> {
    let program = context.program;
    let is_python = |handler: &GlobalDef| program.file(handler.file).language.family() == Family::Python;
    let mut handlers: Vec<GlobalDef> = program.routes.iter().map(|route| route.handler).filter(is_python).collect();
    handlers.sort_unstable();
    handlers.dedup();
    let mut found = Vec::new();
    for handler in handlers.into_iter().filter(|&handler| in_scope(program, handler)) {
        for (schema, rows) in given(program, handler) {
            read_rows(context, relations, handler, (schema, rows), &mut found);
        }
    }
    found
}

/// Schemas of many objects, each with the rows that a handler gives it.
fn given(program: &Program, handler: GlobalDef) -> Vec<(GlobalDef, NodeId)> {
    let facts = program.file(handler.file);
    let names = &api_names().marshalling;
    let Some(body) = program.def(handler).body else { return Vec::new() };
    let answers = program
        .def(handler)
        .decorators
        .iter()
        .filter(|&&decorator| called_name(facts, decorator).is_some_and(|name| names.decorators.has(name)));
    let answered = answers.flat_map(|&decorator| arguments(facts, decorator)).find_map(|schema| of_many(program, handler, schema));
    let mut found = Vec::new();
    facts.arena.walk(body, |node| match facts.arena.kind(node) {
        NodeKind::Return(Some(rows)) => found.extend(answered.map(|schema| (schema, rows))),
        NodeKind::Call { callee, .. } => {
            let NodeKind::Member { object, name, .. } = facts.arena.kind(callee) else { return };
            if !names.dumps.has(facts.text(name)) {
                return;
            }
            let says_many = named_argument(facts, node, "many").is_some_and(|value| facts.arena.kind(value) == NodeKind::Bool(true));
            let schema = if says_many { schema_of(program, handler.file, object) } else { of_many(program, handler, object) };
            found.extend(schema.and_then(|schema| Some((schema, arguments(facts, node).next()?))));
        }
        _ => {}
    });
    found
}

/// The class of the schema that the node stands for, if that was made for many objects.
fn of_many(program: &Program, function: GlobalDef, node: NodeId) -> Option<GlobalDef> {
    let class = schema_of(program, function.file, node)?;
    // A schema with a model of its own is read where it is made.
    members(program, class, 0)?;
    let facts = program.file(function.file);
    if let NodeKind::Call { .. } = facts.arena.kind(node) {
        return is_many(program, facts, node, class).then_some(class);
    }
    let name = facts.text(last_name(facts, node)?);
    let local = facts.def(function.def).body.and_then(|body| made_in(facts, body, name));
    let many = match local {
        Some(made) => is_many(program, facts, made, class),
        None => [function.file, class.file].into_iter().any(|file| made_for_many(program, file, name, class)),
    };
    many.then_some(class)
}

/// A variable of the module is made for many objects: `orders_schema = OrderSchema(many=True)`.
fn made_for_many(program: &Program, file: FileId, name: &str, class: GlobalDef) -> bool {
    let facts = program.file(file);
    let mut variables = facts.definitions().filter(|(_, def)| def.kind == DefKind::Variable && def.parent == DefId::MODULE);
    variables.any(|(_, def)| facts.text(def.name) == name && def.value.is_some_and(|made| is_many(program, facts, made, class)))
}

/// What a function makes and calls by a name.
fn made_in(facts: &FileFacts, body: NodeId, name: &str) -> Option<NodeId> {
    let mut found = None;
    facts.arena.walk(body, |node| {
        if let NodeKind::Declare { target, value: Some(value), .. } | NodeKind::Assign { target, value, .. } = facts.arena.kind(node)
            && matches!(facts.arena.kind(target), NodeKind::Name(own) if facts.text(own) == name)
        {
            found = Some(value);
        }
    });
    found
}

fn schema_of(program: &Program, file: FileId, node: NodeId) -> Option<GlobalDef> {
    let facts = program.file(file);
    let class = match facts.arena.kind(node) {
        NodeKind::Call { callee, .. } => class_called(program, file, callee)?,
        _ => match program.value(file, node) {
            Value::Instance { class, .. } => class,
            Value::Def(variable) => {
                let facts = program.file(variable.file);
                let NodeKind::Call { callee, .. } = facts.arena.kind(program.def(variable).value?) else { return None };
                class_called(program, variable.file, callee)?
            }
            _ => return None,
        },
    };
    is_serializer(program, class).then_some(class)
}
