//! Parameters of a handler that are a request's body without a shape: `dict`, `any`, `Json<Value>`, a class nobody validates.

use super::handlers::Handler;
use super::loops::parameter_names;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, ImportItem, Name, Param, ParamKind};
use crate::model::nesting::{arguments, called_name, last_name};
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::api_names;

/// The names of such parameters.
pub(super) fn body_params(program: &Program, handler: &Handler) -> Vec<Name> {
    let file = handler.function.file;
    let facts = program.file(file);
    let def = facts.def(handler.function.def);
    let framework = handler.route.map(|route| route.framework.as_str()).unwrap_or_default();
    def.params
        .iter()
        .filter(|param| param.kind != ParamKind::Receiver)
        .filter(|param| match facts.language.family() {
            Family::Python => framework == "fastapi" && is_shapeless_python(facts, param),
            Family::TypeScript => is_unvalidated_nest(program, file, facts, param, "Body"),
            Family::Rust => is_shapeless_rust(facts, param),
        })
        .flat_map(|param| match param.pattern {
            // `Json(body): Json<Value>`
            Some(pattern) => super::loops::bound_names(facts, pattern),
            None => parameter_names(facts, param),
        })
        .collect()
}

/// NestJS: the names of parameters that are the whole query of the address, of no type that is there at run time: `@Query() query`.
pub(super) fn query_params(program: &Program, handler: &Handler) -> Vec<Name> {
    let file = handler.function.file;
    let facts = program.file(file);
    let params = facts.def(handler.function.def).params.iter().filter(|param| param.kind != ParamKind::Receiver);
    params
        .filter(|param| is_unvalidated_nest(program, file, facts, param, "Query"))
        .flat_map(|param| parameter_names(facts, param))
        .collect()
}

/// `payload: dict`, `payload: Any = Body(…)`.
fn is_shapeless_python(facts: &FileFacts, param: &Param) -> bool {
    let is_body = param.default.is_some_and(|default| called_name(facts, default) == Some("Body"));
    let depends =
        param.default.is_some_and(|default| called_name(facts, default).is_some_and(|name| api_names().validation.markers.has(name)));
    let Some(annotation) = param.annotation else { return is_body };
    let base = match facts.arena.kind(annotation) {
        NodeKind::Apply { base, .. } => base,
        _ => annotation,
    };
    let name = last_name(facts, base).map(|name| facts.text(name)).unwrap_or_default();
    !depends && matches!(name, "dict" | "Dict" | "Mapping" | "MutableMapping") || is_body && name == "Any"
}

/// `@Body() body: any`, or of a type that says nothing at run time.
fn is_unvalidated_nest(program: &Program, file: FileId, facts: &FileFacts, param: &Param, part: &str) -> bool {
    let Some(&decorator) = param.decorators.iter().find(|&&decorator| called_name(facts, decorator) == Some(part)) else { return false };
    if part == "Query" && arguments(facts, decorator).len() > 0 {
        return false;
    }
    let known = program.called_api(file, decorator).is_some_and(|api| api.path.starts_with("@nestjs/common."));
    // A pipe is given to the decorator, or only one field is taken: `@Body("id", ParseIntPipe)`.
    if !known || arguments(facts, decorator).any(|argument| facts.string(argument).is_none()) {
        return false;
    }
    let Some(annotation) = param.annotation else { return true };
    let named = last_name(facts, annotation).map(|name| facts.text(name)).unwrap_or_default();
    if matches!(named, "any" | "unknown" | "object" | "Object" | "Record" | "Partial") {
        return arguments(facts, decorator).len() == 0;
    }
    match program.value(file, annotation) {
        Value::Instance { class, .. } | Value::Def(class) => match program.def(class).kind {
            DefKind::Interface | DefKind::TypeAlias => true,
            DefKind::Class => !is_described(program, class),
            _ => false,
        },
        _ => false,
    }
}

/// A class whose fields carry decorators, or that is made of another.
fn is_described(program: &Program, class: GlobalDef) -> bool {
    let facts = program.file(class.file);
    let def = facts.def(class.def);
    let mut fields = facts
        .definitions()
        .filter(|(_, field)| field.parent == class.def && field.kind == DefKind::Field && !field.flags.has(DefFlags::STATIC))
        .peekable();
    if !def.bases.is_empty() || !def.decorators.is_empty() || fields.peek().is_none() {
        return true;
    }
    let is_validator = |decorator: &NodeId| {
        let name = called_name(facts, *decorator).or_else(|| last_name(facts, *decorator).map(|name| facts.text(name))).unwrap_or_default();
        !name.starts_with("Api")
    };
    fields.any(|(_, field)| field.decorators.iter().any(&is_validator))
}

/// `Json<Value>`, `Json<HashMap<String, Value>>`.
fn is_shapeless_rust(facts: &FileFacts, param: &Param) -> bool {
    let Some(annotation) = param.annotation else { return false };
    let NodeKind::Apply { base, args } = facts.arena.kind(annotation) else { return false };
    let extractor = last_name(facts, base).map(|name| imported_as(facts, name)).unwrap_or_default();
    let inner = facts.arena.list(args).last();
    let named = inner.map(|inner| match facts.arena.kind(inner) {
        NodeKind::Apply { base, .. } => base,
        _ => inner,
    });
    let name = named.and_then(|named| last_name(facts, named)).map(|name| facts.text(name)).unwrap_or_default();
    matches!(extractor, "Json" | "Form") && matches!(name, "Value" | "HashMap" | "Map" | "BTreeMap")
}

/// What a name stands for in its library: `Json` for `use poem::web::Json as Body`.
fn imported_as(facts: &FileFacts, name: Name) -> &str {
    let import = facts.imports.iter().find(|import| import.local == Some(name));
    match import.map(|import| import.item) {
        Some(ImportItem::Named(item)) => facts.text(item),
        _ => facts.text(name),
    }
}

/// Rust: names of values without a shape that the function reads out of what it is given: `let body: Value = serde_json::from_slice(&bytes)?`,
/// `let body: Value = req.parse_json().await?`.
pub(super) fn parsed_values(facts: &FileFacts, function: DefId) -> Vec<Name> {
    let def = facts.def(function);
    let Some(body) = def.body else { return Vec::new() };
    let mut given: Vec<Name> = def.params.iter().flat_map(|param| parameter_names(facts, param)).collect();
    let mut found = Vec::new();
    facts.arena.walk(body, |node| {
        let NodeKind::Declare { target, annotation, value: Some(value), .. } = facts.arena.kind(node) else { return };
        let NodeKind::Name(name) = facts.arena.kind(target) else { return };
        let is_value = |node: NodeId| last_name(facts, node).is_some_and(|name| facts.text(name) == "Value");
        let (mut reads, mut says_value, mut of_request) = (false, annotation.is_some_and(is_value), false);
        facts.arena.walk_while(value, |inner| {
            match facts.arena.kind(inner) {
                // `from_str::<Value>(text).is_ok()`: what was read is looked at and dropped.
                NodeKind::Call { .. } if matches!(called_name(facts, inner), Some("is_ok" | "is_err")) => return false,
                NodeKind::Call { callee, .. } => {
                    reads |= called_name(facts, inner).is_some_and(|name| api_names().validation.parsers.has(name));
                    if let NodeKind::Apply { args, .. } = facts.arena.kind(callee) {
                        says_value |= facts.arena.list(args).any(is_value);
                    }
                }
                NodeKind::Name(name) => of_request |= given.contains(&name),
                _ => {}
            }
            true
        });
        if of_request && reads && says_value {
            found.push(name);
        } else if of_request {
            given.push(name);
        }
    });
    found
}
