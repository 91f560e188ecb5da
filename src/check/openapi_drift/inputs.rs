//! What a request carries, by document and by code, where the code says it for certain: the parameters of FastAPI's handlers, those that
//! decorators of other frameworks fill (`@Body()`, `@Query("page")`), and extractors (`Query<Page>`, `Json<NewOrder>`).
//!
//! Everything that may take more than it shows (a dependency, the request itself, an alias) makes the handler silent about what it does not take.

use super::survey::{Compared, Served};
use super::{finding, location};
use crate::documents::openapi::{Field, Operation};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts, Param, ParamKind};
use crate::model::finding::{Confidence, Finding, Label, Level, Location};
use crate::model::knowledge::{ApiFact, Input};
use crate::model::nesting::{arguments, called_name, last_name};
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId, Span};

/// The framework whose handlers say by their parameters what a request carries.
const FRAMEWORK: &str = "fastapi";
/// Most classes of one hierarchy that are looked at.
const MOST_CLASSES: usize = 16;
const HELP: &str = "make the document and the handler ask for the same";

/// What a handler takes.
#[derive(Default)]
struct Taken {
    /// Query parameters that have to be there, with their places.
    required: Vec<(String, Span)>,
    optional: Vec<String>,
    /// Bodies: the parameter's place, its class, and whether it has to be there.
    bodies: Vec<(Span, GlobalDef, bool)>,
    /// There may be more query parameters, more of a body.
    more_query: bool,
    more_body: bool,
}

/// A field of a class that reads bodies.
struct Known {
    name: String,
    /// It has to be there, for certain.
    required: bool,
    place: Location,
}

/// Compares the requests of all matched operations.
pub(super) fn differences(program: &Program, compared: &Compared) -> Vec<Finding> {
    let mut found = Vec::new();
    for &(operation, at) in &compared.pairs {
        let served = &compared.served[at];
        let route = &program.routes[served.route];
        let taken = match program.def(route.handler).kind {
            DefKind::Function if route.framework == FRAMEWORK => taken(program, route.handler, &served.path),
            DefKind::Function | DefKind::Method if program.file(route.handler.file).language.family() == Family::Rust => {
                extracted(program, route.handler)
            }
            DefKind::Method if program.file(route.handler.file).language.family() == Family::TypeScript => {
                decorated(program, route.handler)
            }
            _ => continue,
        };
        let operation = &compared.document.operations[operation];
        queries(program, operation, served, route.handler, &taken, &mut found);
        bodies(program, operation, served, route.handler, &taken, &mut found);
    }
    found
}

fn taken(program: &Program, handler: GlobalDef, path: &str) -> Taken {
    let facts = program.file(handler.file);
    let mut taken = Taken::default();
    for param in &facts.def(handler.def).params {
        let Some(name) = param.name.map(|name| facts.text(name)) else { continue };
        if matches!(param.kind, ParamKind::Receiver) || path.contains(&format!("{{{name}}}")) {
            continue;
        }
        if matches!(param.kind, ParamKind::Rest | ParamKind::KeywordRest) {
            (taken.more_query, taken.more_body) = (true, true);
            continue;
        }
        take(program, handler, facts, param, name, &mut taken);
    }
    taken
}

/// What decorators of parameters say; a parameter without one takes nobody knows what.
fn decorated(program: &Program, handler: GlobalDef) -> Taken {
    let facts = program.file(handler.file);
    let mut taken = Taken::default();
    // A decorator of the project may hand more to the method.
    let guarded = facts.def(handler.def).decorators.iter().all(|&decorator| program.called_api(handler.file, decorator).is_some());
    (taken.more_query, taken.more_body) = (!guarded, !guarded);
    for param in facts.def(handler.def).params.iter().filter(|param| param.kind != ParamKind::Receiver) {
        let inputs: Vec<(Input, NodeId)> = param
            .decorators
            .iter()
            .filter_map(|&decorator| {
                let api = program.called_api(handler.file, decorator)?;
                program.facts_of(api).find_map(|(fact, _)| match fact {
                    ApiFact::Input(input) => Some((*input, decorator)),
                    _ => None,
                })
            })
            .collect();
        let [(input, decorator)] = inputs.as_slice() else {
            (taken.more_query, taken.more_body) = (true, true);
            continue;
        };
        let named = arguments(facts, *decorator).next().and_then(|first| facts.string(first));
        match (input, named) {
            (Input::Query, Some(name)) => taken.optional.push(name.to_string()),
            (Input::Query, None) => taken.more_query = true,
            (Input::Body, None) => match param.annotation.map(|annotation| program.value(handler.file, annotation)) {
                Some(Value::Def(class) | Value::Instance { class, .. }) if program.def(class).kind == DefKind::Class => {
                    taken.bodies.push((param.span, class, false));
                }
                _ => taken.more_body = true,
            },
            (Input::Body, Some(_)) => taken.more_body = true,
            (Input::Other, _) => {}
        }
    }
    taken
}

/// What the types of parameters say that take a request apart: `Query<Page>`, `Json<NewOrder>`. Any other type takes nobody knows what.
fn extracted(program: &Program, handler: GlobalDef) -> Taken {
    let facts = program.file(handler.file);
    let mut taken = Taken::default();
    for param in facts.def(handler.def).params.iter().filter(|param| param.kind != ParamKind::Receiver) {
        let Some((input, class)) = param.annotation.and_then(|annotation| extractor(program, handler.file, annotation)) else {
            (taken.more_query, taken.more_body) = (true, true);
            continue;
        };
        match (input, class) {
            (Input::Query, class) => match class.and_then(|class| struct_fields(program, class)) {
                Some(fields) => {
                    for field in fields {
                        if field.required {
                            taken.required.push((field.name, param.span));
                        } else {
                            taken.optional.push(field.name);
                        }
                    }
                }
                None => taken.more_query = true,
            },
            (Input::Body, Some(class)) => taken.bodies.push((param.span, class, true)),
            (Input::Body, None) => taken.more_body = true,
            (Input::Other, _) => {}
        }
    }
    taken
}

/// What an extractor's type takes, and the struct of the project that it makes.
fn extractor(program: &Program, file: FileId, annotation: NodeId) -> Option<(Input, Option<GlobalDef>)> {
    let facts = program.file(file);
    let (base, inner) = match facts.arena.kind(annotation) {
        NodeKind::Apply { base, args } => (base, facts.arena.list(args).next()),
        _ => (annotation, None),
    };
    let input = program.facts_of(program.api(file, base)?).find_map(|(fact, _)| match fact {
        ApiFact::Input(input) => Some(*input),
        _ => None,
    })?;
    let class = inner.and_then(|inner| match program.value(file, inner) {
        Value::Def(class) | Value::Instance { class, .. } if program.def(class).kind == DefKind::Struct => Some(class),
        _ => None,
    });
    Some((input, class))
}

/// The fields of a struct that is read under the names it writes; `None` where attributes say more.
fn struct_fields(program: &Program, class: GlobalDef) -> Option<Vec<Known>> {
    let facts = program.file(class.file);
    let by_serde = |&node: &NodeId| called_name(facts, node) == Some("serde");
    if program.def(class).decorators.iter().any(by_serde) {
        return None;
    }
    let mut found = Vec::new();
    for (id, def) in facts.definitions().filter(|(_, def)| def.parent == class.def && def.kind == DefKind::Field) {
        if def.decorators.iter().any(by_serde) {
            return None;
        }
        let annotation = def.annotation?;
        let optional = match facts.arena.kind(annotation) {
            NodeKind::Apply { base, .. } => last_name(facts, base).is_some_and(|name| facts.text(name) == "Option"),
            _ => false,
        };
        let place = program.name_location(GlobalDef { file: class.file, def: id });
        found.push(Known { name: facts.text(def.name).trim_start_matches("r#").to_string(), required: !optional, place });
    }
    (!found.is_empty()).then_some(found)
}

/// A class and the project's definitions that it extends, and whether all of these are classes of the project.
fn with_bases(program: &Program, class: GlobalDef) -> (Vec<GlobalDef>, bool) {
    let (mut seen, mut waiting, mut known) = (Vec::new(), vec![class], true);
    while let Some(class) = waiting.pop() {
        if seen.contains(&class) || seen.len() > MOST_CLASSES {
            continue;
        }
        seen.push(class);
        for &base in &program.def(class).bases {
            let parent = match program.value(class.file, base) {
                Value::Def(parent) => Some(parent),
                _ => None,
            };
            known &= parent.is_some_and(|parent| program.def(parent).kind == DefKind::Class);
            waiting.extend(parent);
        }
    }
    (seen, known)
}

/// The fields of a class that a framework makes of a body, none of which has to be there for certain; `None` where the class takes more than
/// it shows, or under other names.
fn plain_fields(program: &Program, class: GlobalDef) -> Option<Vec<Known>> {
    let mut found: Vec<Known> = Vec::new();
    let (classes, true) = with_bases(program, class) else { return None };
    for class in classes {
        let facts = program.file(class.file);
        for (id, def) in facts.definitions().filter(|(_, def)| def.parent == class.def && def.kind == DefKind::Field) {
            let renamed = |&node: &NodeId| called_name(facts, node).is_some_and(|name| matches!(name, "Expose" | "Transform" | "Exclude"));
            if def.decorators.iter().any(renamed) {
                return None;
            }
            let place = program.name_location(GlobalDef { file: class.file, def: id });
            found.push(Known { name: facts.text(def.name).to_string(), required: false, place });
        }
    }
    (!found.is_empty()).then_some(found)
}

fn take(program: &Program, handler: GlobalDef, facts: &FileFacts, param: &Param, name: &str, taken: &mut Taken) {
    let mut calls: Vec<NodeId> =
        param.default.into_iter().filter(|&node| matches!(facts.arena.kind(node), NodeKind::Call { .. })).collect();
    let (mut names, mut optional, mut class) = (Vec::new(), false, None);
    if let Some(annotation) = param.annotation {
        facts.arena.walk_while(annotation, |node| match facts.arena.kind(node) {
            NodeKind::Call { .. } => {
                calls.push(node);
                false
            }
            NodeKind::Null => {
                optional = true;
                true
            }
            NodeKind::Name(own) | NodeKind::Member { name: own, .. } => {
                match program.value(handler.file, node) {
                    Value::Def(def) | Value::Instance { class: def, .. } if program.def(def).kind == DefKind::Class => class = Some(def),
                    _ => {}
                }
                optional |= facts.text(own) == "Optional";
                names.push(facts.text(own));
                false
            }
            _ => true,
        });
    }
    let has_default = param.default.is_some_and(|node| !calls.contains(&node));
    let plain = names.iter().filter(|name| !matches!(**name, "Annotated" | "Optional" | "Union")).collect::<Vec<_>>();
    let by: Vec<&str> = calls.iter().filter_map(|&call| called_name(facts, call)).collect();
    let alias = calls.iter().any(|&call| {
        arguments(facts, call)
            .any(|argument| matches!(facts.arena.kind(argument), NodeKind::Argument { name, .. } if facts.text(name).contains("alias")))
    });
    // `Query(...)` asks for a value, `Query(None)` and `Query(default=…)` have one.
    let given = calls.iter().any(|&call| {
        arguments(facts, call).any(|argument| match facts.arena.kind(argument) {
            NodeKind::Argument { name, .. } => matches!(facts.text(name), "default" | "default_factory"),
            NodeKind::Other(_) => false,
            _ => param.default == Some(call),
        })
    });
    let is_scalar =
        matches!(plain.as_slice(), [only] if matches!(**only, "int" | "str" | "float" | "bool" | "UUID" | "date" | "datetime" | "Decimal"));
    match by.as_slice() {
        [] | ["Query"] if is_scalar && !alias => {
            if has_default || given || optional {
                taken.optional.push(name.to_string());
            } else {
                taken.required.push((name.to_string(), param.span));
            }
        }
        ["Query"] | ["Header"] | ["Cookie"] | ["Path"] => taken.more_query = true,
        [] if class.is_some() && plain.len() == 1 => match class.filter(|&class| reads_bodies(program, class)) {
            Some(class) => taken.bodies.push((param.span, class, !has_default && !optional)),
            None => (taken.more_query, taken.more_body) = (true, true),
        },
        _ => (taken.more_query, taken.more_body) = (true, true),
    }
}

/// The class and all above it are of the project, up to Pydantic's own.
fn reads_bodies(program: &Program, class: GlobalDef) -> bool {
    let mut waiting = vec![class];
    let mut seen: Vec<GlobalDef> = Vec::new();
    let mut found = false;
    while let Some(class) = waiting.pop() {
        if seen.contains(&class) || seen.len() > 16 {
            continue;
        }
        seen.push(class);
        for &base in &program.def(class).bases {
            match program.value(class.file, base) {
                Value::Def(parent) => waiting.push(parent),
                Value::Api { api, .. }
                    if matches!(
                        program.apis[api.0 as usize].path.as_str(),
                        "pydantic.BaseModel" | "pydantic.main.BaseModel" | "sqlmodel.SQLModel"
                    ) =>
                {
                    found = true
                }
                _ => return false,
            }
        }
    }
    found
}

fn known_fields(program: &Program, class: GlobalDef) -> Option<Vec<Known>> {
    match program.file(class.file).language.family() {
        Family::TypeScript => plain_fields(program, class),
        Family::Rust => struct_fields(program, class),
        Family::Python => fields(program, class),
    }
}

/// The fields of a class that reads bodies; `None` where names are changed on the way.
fn fields(program: &Program, class: GlobalDef) -> Option<Vec<Known>> {
    let mut found: Vec<Known> = Vec::new();
    for class in with_bases(program, class).0 {
        let facts = program.file(class.file);
        for (id, def) in facts.definitions().filter(|(_, def)| def.parent == class.def) {
            let name = facts.text(def.name);
            if name == "model_config" || name == "Config" || !matches!(def.kind, DefKind::Field | DefKind::Method) {
                return None;
            }
            if def.kind == DefKind::Method || name.starts_with('_') {
                // A validator that runs before may rename.
                if def.decorators.iter().any(|&node| {
                    called_name(facts, node).is_some_and(|name| matches!(name, "model_validator" | "root_validator" | "computed_field"))
                }) {
                    return None;
                }
                continue;
            }
            let call = def.value.filter(|&value| matches!(facts.arena.kind(value), NodeKind::Call { .. }));
            let renamed = |argument: NodeId| matches!(facts.arena.kind(argument), NodeKind::Argument { name, .. } if facts.text(name).contains("alias"));
            if call.is_some_and(|call| arguments(facts, call).any(renamed)) {
                return None;
            }
            let mut optional = def.value.is_some();
            if let Some(annotation) = def.annotation {
                facts.arena.walk(annotation, |node| {
                    optional |= match facts.arena.kind(node) {
                        NodeKind::Null | NodeKind::Call { .. } => true,
                        NodeKind::Name(name) | NodeKind::Member { name, .. } => {
                            matches!(facts.text(name), "Optional" | "ClassVar" | "PrivateAttr")
                        }
                        _ => false,
                    };
                });
            }
            if !found.iter().any(|known| known.name == name) {
                let place = program.name_location(GlobalDef { file: class.file, def: id });
                found.push(Known { name: name.to_string(), required: !optional, place });
            }
        }
    }
    Some(found)
}

fn queries(program: &Program, operation: &Operation, served: &Served, handler: GlobalDef, taken: &Taken, out: &mut Vec<Finding>) {
    let name = format!("{} {}", served.method, served.path);
    let in_query = |wanted: &str| operation.parameters.iter().find(|parameter| parameter.within == "query" && parameter.name == wanted);
    for (wanted, span) in taken.required.iter().filter(|(wanted, _)| in_query(wanted).is_none()) {
        let place = Label { location: program.location(handler.file, *span), text: "asked for here".to_string() };
        let related = Label { location: location(&operation.place), text: "the operation of the document".to_string() };
        let message = format!("`{name}` asks for the query parameter `{wanted}`, which the document does not have");
        out.push(difference(message, place, related, format!("{name} query {wanted}")));
    }
    if taken.more_query {
        return;
    }
    let known = |wanted: &str| taken.required.iter().any(|(name, _)| name == wanted) || taken.optional.iter().any(|name| name == wanted);
    let required = operation.parameters.iter().filter(|parameter| parameter.within == "query" && parameter.required);
    for parameter in required.filter(|parameter| !known(&parameter.name)) {
        let place = Label { location: location(&parameter.place), text: "asked for here".to_string() };
        let related = Label { location: served.place.clone(), text: "the route".to_string() };
        let message = format!("the document asks for the query parameter `{}`, which `{name}` does not take", parameter.name);
        out.push(difference(message, place, related, format!("{name} query {}", parameter.name)));
    }
}

fn bodies(program: &Program, operation: &Operation, served: &Served, handler: GlobalDef, taken: &Taken, out: &mut Vec<Finding>) {
    let name = format!("{} {}", served.method, served.path);
    let in_document = || Label { location: location(&operation.place), text: "the operation of the document".to_string() };
    let in_code = |span: Span| Label { location: program.location(handler.file, span), text: "read here".to_string() };
    match (&operation.body, taken.bodies.as_slice()) {
        (None, [(span, _, true)]) if !taken.more_body => {
            let message = format!("`{name}` asks for a body, which the document does not have");
            out.push(difference(message, in_code(*span), in_document(), format!("{name} body")));
        }
        (Some(body), []) if body.required && !taken.more_body => {
            let place = Label { location: location(&body.place), text: "asked for here".to_string() };
            let related = Label { location: served.place.clone(), text: "the route".to_string() };
            let message = format!("the document asks for a body, which `{name}` does not read");
            out.push(difference(message, place, related, format!("{name} body")));
        }
        (Some(body), [(span, class, _)]) if !taken.more_body => {
            if let (Some(document), Some(code)) = (&body.fields, known_fields(program, *class)) {
                body_fields(&name, program.name(*class), document, &code, &in_code(*span), &in_document(), out);
            }
        }
        _ => {}
    }
}

fn body_fields(name: &str, class: &str, document: &[Field], code: &[Known], read: &Label, promised: &Label, out: &mut Vec<Finding>) {
    for field in document.iter().filter(|field| field.required && !code.iter().any(|known| known.name == field.name)) {
        let place = Label { location: location(&field.place), text: "asked for here".to_string() };
        let message = format!("the document asks for `{}` in the body of `{name}`, which `{class}` does not have", field.name);
        out.push(difference(message, place, read.clone(), format!("{name} field {}", field.name)));
    }
    for known in code.iter().filter(|known| known.required && !document.iter().any(|field| field.name == known.name)) {
        let place = Label { location: known.place.clone(), text: "asked for here".to_string() };
        let message = format!("`{class}` asks for `{}`, which the body of `{name}` in the document does not have", known.name);
        out.push(difference(message, place, promised.clone(), format!("{name} field {}", known.name)));
    }
}

/// What document and code ask of requests differs; the other side stands beside it.
fn difference(message: String, place: Label, other: Label, subject: String) -> Finding {
    finding(message, place, vec![other], HELP, subject, Level::Warning, Confidence::High)
}
