//! Rust's errors that are answers: types of the project that a web framework turns into a response, and which of their texts reach the client
//! with a status of 5xx.
//!
//! `rust_error_leak` asks it about the code that makes such an error; what the type itself does wrong (its `Display` carries the text of a
//! library's error, and that is sent) is found here.

use std::collections::BTreeSet;

use super::Context;
use super::http_in_service::http_type;
use super::rust_types::converted_from;
pub(super) use super::rust_types::type_named;
use super::scope::in_scope;
use super::sensitive::carriers;
use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, Definition, FileFacts, Name};
use crate::model::nesting::{argument_value, arguments, called_name, chain_root, last_name};
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::api_names;

/// What is known of the project's answers.
#[derive(Clone, Default, PartialEq)]
pub(super) struct ErrorTypes {
    /// Types that are answers.
    pub(super) answers: BTreeSet<GlobalDef>,
    /// Variants whose text is sent with a status of 5xx: the type and the name.
    pub(super) shown: BTreeSet<(GlobalDef, String)>,
    /// Functions that make an answer of a text, with a status of 5xx.
    pub(super) makers: BTreeSet<GlobalDef>,
    /// Answers that send a text of theirs, whatever their status.
    pub(super) telling: BTreeSet<GlobalDef>,
}

#[derive(Clone)]
enum Known {
    Answer(GlobalDef),
    Shown(GlobalDef, String),
    Maker(GlobalDef),
    Telling(GlobalDef),
}

/// The project's answers.
pub(super) fn error_types(context: &Context) -> ErrorTypes {
    let mut types = ErrorTypes::default();
    for known in context.in_files("error-detail-leak: types", (), in_file) {
        match known {
            Known::Answer(class) => drop(types.answers.insert(class)),
            Known::Shown(class, variant) => drop(types.shown.insert((class, variant))),
            Known::Maker(function) => drop(types.makers.insert(function)),
            Known::Telling(class) => drop(types.telling.insert(class)),
        }
    }
    types
}

/// Blocks `impl IntoResponse for X`, each with the type.
fn answering(program: &Program, file: FileId) -> Vec<(DefId, GlobalDef)> {
    let facts = program.file(file);
    if facts.language.family() != Family::Rust {
        return Vec::new();
    }
    let answers = |name: &str| api_names().answers.of_rust.ends(name) && !name.starts_with("From");
    let blocks = facts.definitions().filter(|(_, def)| def.kind == DefKind::Impl);
    blocks
        .filter_map(|(id, def)| {
            let seam = *def.bases.get(1)?;
            // `impl From<ApiError> for tonic::Status`
            if let Some(failure) = converted_from(facts, seam) {
                let made = *def.bases.first()?;
                http_type(program, file, made).or_else(|| http_alias(program, file, made))?;
                return Some((id, own_type(program, file, failure)?));
            }
            let is_answer = last_name(facts, seam).is_some_and(|name| answers(facts.text(name)));
            (is_answer && http_type(program, file, seam).is_some()).then_some(())?;
            let class = own_type(program, file, *def.bases.first()?)?;
            Some((id, class))
        })
        .collect()
}

/// `APIError` of `type APIError = (StatusCode, Json<Value>)`.
fn http_alias(program: &Program, file: FileId, node: NodeId) -> Option<NodeId> {
    let facts = program.file(file);
    let alias = super::rust_statics::alias_of(program, file, node, facts.text(last_name(facts, node)?))?;
    http_type(program, alias.file, program.def(alias).value?)
}

/// The type of the project that a block is for, its arguments left out.
fn own_type(program: &Program, file: FileId, node: NodeId) -> Option<GlobalDef> {
    let node = match program.file(file).arena.kind(node) {
        NodeKind::Apply { base, .. } => base,
        _ => node,
    };
    type_named(program, file, node)
}

fn in_file(context: &Context, (): &(), file: FileId) -> Vec<Known> {
    let program = context.program;
    let facts = program.file(file);
    let mut found = described_answers(facts, file);
    found.extend(response_makers(program, file));
    for (block, class) in answering(program, file) {
        found.push(Known::Answer(class));
        let texts = text_fields(program, class);
        let tells = facts
            .definitions()
            .filter(|(_, def)| def.parent == block)
            .any(|(_, method)| method.body.is_some_and(|body| texts.iter().any(|field| is_field_told(facts, body, field))));
        if tells {
            found.push(Known::Telling(class));
        }
        found.extend(shown_by_default(program, file, block, class).into_iter().map(|variant| Known::Shown(class, variant)));
        for (_, method) in facts.definitions().filter(|(_, def)| def.parent == block) {
            let Some(body) = method.body else { continue };
            facts.arena.walk(body, |node| {
                if let NodeKind::Arm { pattern, body, .. } = facts.arena.kind(node)
                    && is_server_error(facts, body)
                    && let NodeKind::Call { callee, form: CallForm::Pattern, .. } = facts.arena.kind(pattern)
                    && let Some(variant) = last_name(facts, callee)
                    && arguments(facts, pattern).any(|bound| is_sent(facts, body, bound))
                    && is_of_text(program, class, facts.text(variant))
                {
                    found.push(Known::Shown(class, facts.text(variant).to_string()));
                }
            });
        }
        // `fn bad_gateway(message: impl Into<String>) -> Self`
        for (id, maker) in facts.definitions() {
            let owner = facts.def(maker.parent);
            let is_own = owner.kind == DefKind::Impl
                && owner.bases.len() == 1
                && own_type(program, file, owner.bases[0]) == Some(class)
                && maker.kind == DefKind::Method;
            if let Some(body) = maker.body.filter(|_| is_own)
                && is_server_error(facts, body)
                && !maker.params.is_empty()
                && maker.params.iter().all(|param| param.annotation.is_some())
            {
                found.push(Known::Maker(GlobalDef { file, def: id }));
            }
        }
    }
    found
}

/// Variants with a text, of an error that leaves it to the framework to answer with it: `impl ResponseError for AppError {}`, which says 500
/// where nothing else is said.
fn shown_by_default(program: &Program, file: FileId, block: DefId, class: GlobalDef) -> Vec<String> {
    let facts = program.file(file);
    let methods = || facts.definitions().filter(|(_, def)| def.parent == block).map(|(_, def)| facts.text(def.name));
    let seam = facts.def(block).bases.get(1).and_then(|&seam| last_name(facts, seam)).map(|name| facts.text(name));
    if seam != Some("ResponseError") || methods().any(|name| matches!(name, "error_response" | "as_response")) {
        return Vec::new();
    }
    // One status for all is no choice: `fn status_code(&self) -> StatusCode { StatusCode::INTERNAL_SERVER_ERROR }`.
    let chooses = |body: NodeId| {
        let mut chooses = !is_server_error(facts, body);
        facts.arena.walk(body, |node| chooses |= matches!(facts.arena.kind(node), NodeKind::Arm { .. } | NodeKind::If { .. }));
        chooses
    };
    let says_status = facts
        .definitions()
        .filter(|(_, def)| def.parent == block && matches!(facts.text(def.name), "status_code" | "status"))
        .any(|(_, def)| def.body.is_none_or(chooses));
    let own = program.file(class.file);
    // `#[display("no answer")]` says nothing of what is in it.
    let is_fixed = |def: &Definition| {
        def.decorators.iter().any(|&decorator| {
            matches!(called_name(own, decorator), Some("display" | "error"))
                && arguments(own, decorator).next().and_then(|text| own.string(text)).is_some_and(|text| !text.contains('{'))
        })
    };
    let variants = own.definitions().filter(|(_, def)| def.kind == DefKind::Variant && def.parent == class.def && !is_fixed(def));
    let named = variants.map(|(_, def)| own.text(def.name).to_string());
    named.filter(|name| is_of_text(program, class, name) && (!says_status || file == class.file && has_server_status(own, name))).collect()
}

/// Variants of 5xx of an enumeration that describes answers: `#[derive(ApiResponse)]`, `#[oai(status = 500)]`.
fn described_answers(facts: &FileFacts, file: FileId) -> Vec<Known> {
    if facts.language.family() != Family::Rust || !facts.names.may_hold("ApiResponse") {
        return Vec::new();
    }
    let derives = |def: &Definition| {
        def.decorators.iter().any(|&decorator| {
            called_name(facts, decorator) == Some("derive")
                && arguments(facts, decorator).any(|name| last_name(facts, name).is_some_and(|name| facts.text(name) == "ApiResponse"))
        })
    };
    let is_failure = |def: &Definition| {
        def.decorators.iter().any(|&decorator| {
            let mut failure = false;
            facts.arena.walk(decorator, |node| {
                failure |= matches!(facts.arena.kind(node), NodeKind::Number(number) if facts.text(number).len() == 3 && facts.text(number).starts_with('5'));
            });
            failure && called_name(facts, decorator) == Some("oai")
        })
    };
    let mut found = Vec::new();
    for (id, _) in facts.definitions().filter(|(_, def)| def.kind == DefKind::Enum && derives(def)) {
        let variants = facts.definitions().filter(|(_, def)| def.kind == DefKind::Variant && def.parent == id && is_failure(def));
        found.extend(variants.map(|(_, variant)| Known::Shown(GlobalDef { file, def: id }, facts.text(variant.name).to_string())));
    }
    found
}

/// Functions that make a response with a status of 5xx of a text they are given: `fn internal_error(message: impl ToString) -> Response`.
fn response_makers(program: &Program, file: FileId) -> Vec<Known> {
    let facts = program.file(file);
    if facts.language.family() != Family::Rust {
        return Vec::new();
    }
    let is_text = |annotation: NodeId| {
        let mut text = false;
        facts.arena.walk(annotation, |node| {
            if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(node) {
                text |= matches!(facts.text(name), "String" | "str" | "ToString" | "Display" | "Cow");
            }
        });
        text
    };
    let makers = facts.definitions().filter(|(_, def)| {
        matches!(def.kind, DefKind::Function | DefKind::Method)
            && def.params.len() <= 4
            && def.params.iter().any(|param| param.annotation.is_some_and(is_text))
            && def.annotation.is_some_and(|returns| http_type(program, file, returns).is_some())
            && def.body.is_some_and(|body| {
                is_server_error(facts, body)
                    && def
                        .params
                        .iter()
                        .any(|param| param.name.is_some_and(|name| param.annotation.is_some_and(is_text) && is_told(facts, body, name)))
            })
    });
    makers.map(|(id, _)| Known::Maker(GlobalDef { file, def: id })).collect()
}

/// The name is used in the code for more than a log.
pub(super) fn is_told(facts: &FileFacts, code: NodeId, wanted: Name) -> bool {
    let mut told = false;
    facts.arena.walk_while(code, |node| {
        told |= facts.arena.kind(node) == NodeKind::Name(wanted);
        !is_log(facts, node)
    });
    told
}

/// The names of a type's fields that are texts.
fn text_fields(program: &Program, class: GlobalDef) -> Vec<String> {
    let facts = program.file(class.file);
    let fields = facts.definitions().filter(|(_, def)| def.kind == DefKind::Field && def.parent == class.def);
    let texts =
        fields.filter(|(_, def)| def.annotation.and_then(|kind| last_name(facts, kind)).is_some_and(|name| facts.text(name) == "String"));
    texts.map(|(_, def)| facts.text(def.name).to_string()).collect()
}

/// `self.message`, `error.message`, used for more than a log.
fn is_field_told(facts: &FileFacts, code: NodeId, field: &str) -> bool {
    let mut told = false;
    facts.arena.walk_while(code, |node| {
        told |= matches!(facts.arena.kind(node), NodeKind::Member { name, path: false, .. } if facts.text(name) == field);
        !is_log(facts, node)
    });
    told
}

/// `tracing::error!(…)`, `println!(…)`.
fn is_log(facts: &FileFacts, node: NodeId) -> bool {
    matches!(facts.arena.kind(node), NodeKind::Call { form: CallForm::Macro, .. })
        && called_name(facts, node).is_some_and(|name| api_names().logging.of_errors.has(name))
}

/// The code names a status of 5xx, and none of 4xx.
fn is_server_error(facts: &FileFacts, code: NodeId) -> bool {
    let mut server = false;
    let mut client = false;
    facts.arena.walk(code, |node| {
        if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(node) {
            match facts.text(name) {
                name if api_names().statuses.server.has(name) => server = true,
                name if api_names().statuses.client.has(name) => client = true,
                _ => {}
            }
        }
    });
    server && !client
}

/// What a pattern binds is used in the code for more than a log.
fn is_sent(facts: &FileFacts, code: NodeId, bound: NodeId) -> bool {
    matches!(facts.arena.kind(bound), NodeKind::Name(name) if is_told(facts, code, name))
}

/// The variant holds a text.
fn is_of_text(program: &Program, class: GlobalDef, variant: &str) -> bool {
    let facts = program.file(class.file);
    let Some((id, _)) =
        facts.definitions().find(|(_, def)| def.kind == DefKind::Variant && def.parent == class.def && facts.text(def.name) == variant)
    else {
        return false;
    };
    facts.definitions().filter(|(_, def)| def.kind == DefKind::Field && def.parent == id).any(|(_, field)| {
        field
            .annotation
            .is_some_and(|annotation| last_name(facts, annotation).is_some_and(|name| matches!(facts.text(name), "String" | "str" | "Cow")))
    })
}

/// In methods of an answer: `self.to_string()` of a type of which a variant carries a library's error into its text, and has a status of 5xx.
pub(super) fn own_texts(program: &Program, types: &ErrorTypes, file: FileId) -> Vec<(GlobalDef, NodeId)> {
    let facts = program.file(file);
    let mut found = Vec::new();
    for (id, block) in facts.definitions().filter(|(_, def)| def.kind == DefKind::Impl) {
        // `impl From<AppError> for (StatusCode, Json<Value>)`: what is turned is the parameter.
        let turned = block.bases.get(1).and_then(|&seam| converted_from(facts, seam)).and_then(|failure| own_type(program, file, failure));
        // What it becomes goes to a client: `impl From<AppError> for JobError` is for a queue.
        let is_sent = |made: NodeId| {
            http_type(program, file, made).or_else(|| http_alias(program, file, made)).is_some()
                || own_type(program, file, made).is_some_and(|class| types.answers.contains(&class))
        };
        let turned = turned.filter(|class| types.answers.contains(class) && block.bases.first().is_some_and(|&made| is_sent(made)));
        let Some(class) = turned.or_else(|| block.bases.first().and_then(|&base| own_type(program, file, base))) else { continue };
        if !types.answers.contains(&class) || !in_scope(program, class) {
            continue;
        }
        for (method, def) in facts.definitions().filter(|(_, def)| def.parent == id) {
            let Some(body) = def.body else { continue };
            let param = def.params.first().and_then(|param| param.name).filter(|_| turned.is_some());
            let is_it = |node: NodeId| match facts.arena.kind(node) {
                NodeKind::Receiver => true,
                NodeKind::Name(name) => param == Some(name),
                _ => false,
            };
            facts.arena.walk_while(body, |node| {
                let NodeKind::Call { callee, form, .. } = facts.arena.kind(node) else { return true };
                if form == CallForm::Macro && !matches!(called_name(facts, node), Some("json" | "format" | "vec")) {
                    return false;
                }
                let tells = called_name(facts, node) == Some("to_string")
                    && matches!(facts.arena.kind(callee), NodeKind::Member { object, .. } if is_it(object));
                if tells && carries_library_error(program, class) && !is_in_client_arm(program, facts, file, node) {
                    found.push((GlobalDef { file, def: method }, node));
                }
                true
            });
            // `struct AppError(anyhow::Error)`, and `format!("{}", self.0)` in what it answers.
            let holds = only_field(facts, class.def).filter(|_| class.file == file && is_server_error(facts, body));
            let Some(field) = holds.filter(|&field| facts.def(field).annotation.is_some_and(|kind| is_library_error(program, file, kind)))
            else {
                continue;
            };
            let of_field = |node| matches!(facts.arena.kind(node), NodeKind::Member { object, name, .. } if facts.arena.kind(object) == NodeKind::Receiver && facts.text(name) == facts.text(facts.def(field).name));
            facts.arena.walk_while(body, |node| {
                match facts.arena.kind(node) {
                    NodeKind::Call { form: CallForm::Macro, .. }
                        if !matches!(called_name(facts, node), Some("json" | "format" | "vec")) =>
                    {
                        return false;
                    }
                    NodeKind::Call { callee, .. } if called_name(facts, node) == Some("to_string") => {
                        if matches!(facts.arena.kind(callee), NodeKind::Member { object, .. } if of_field(object)) {
                            found.push((GlobalDef { file, def: method }, node));
                        }
                    }
                    NodeKind::Text { .. } => {
                        let mut told = false;
                        carriers(facts, node, &mut |carrier, _| told |= of_field(carrier));
                        if told {
                            found.push((GlobalDef { file, def: method }, node));
                        }
                    }
                    _ => {}
                }
                true
            });
        }
    }
    found
}

/// The field of a struct that has no other.
fn only_field(facts: &FileFacts, class: DefId) -> Option<DefId> {
    let mut fields = facts.definitions().filter(|(_, def)| def.kind == DefKind::Field && def.parent == class);
    let (only, _) = fields.next()?;
    (facts.def(class).kind == DefKind::Struct && fields.next().is_none()).then_some(only)
}

/// Only an arm for chosen variants says it: what others carry does not come there.
fn is_in_client_arm(program: &Program, facts: &FileFacts, file: FileId, node: NodeId) -> bool {
    program.nesting(file).around(node).any(|around| matches!(facts.arena.kind(around), NodeKind::Arm { .. }))
}

/// A variant that tells of a library's error, to which the type gives a status of 5xx.
fn carries_library_error(program: &Program, class: GlobalDef) -> bool {
    let facts = program.file(class.file);
    telling(program, class).into_iter().any(|variant| has_server_status(facts, facts.text(facts.def(variant).name)))
}

/// Variants, with the attribute that gives their text, of errors that leave it to the framework to answer with the text:
/// `impl ResponseError for StoreError {}`.
pub(super) fn texts_by_default(program: &Program, file: FileId) -> Vec<(GlobalDef, NodeId)> {
    let facts = program.file(file);
    let mut found = Vec::new();
    for (block, class) in answering(program, file) {
        let seam = facts.def(block).bases.get(1).and_then(|&seam| last_name(facts, seam)).map(|name| facts.text(name));
        let own = |wanted: &[&str]| facts.definitions().any(|(_, def)| def.parent == block && wanted.contains(&facts.text(def.name)));
        if seam != Some("ResponseError") || own(&["error_response", "as_response"]) || !in_scope(program, class) {
            continue;
        }
        let types = program.file(class.file);
        let says_status = own(&["status_code", "status"]);
        for variant in telling(program, class) {
            let def = types.def(variant);
            // What cannot be made cannot be told.
            let never =
                types.definitions().filter(|(_, field)| field.parent == variant && field.kind == DefKind::Field).any(|(_, field)| {
                    field
                        .annotation
                        .and_then(|annotation| last_name(types, annotation))
                        .is_some_and(|name| types.text(name) == "Infallible")
                });
            if never {
                continue;
            }
            let general =
                types.definitions().filter(|(_, field)| field.parent == variant && field.kind == DefKind::Field).any(|(_, field)| {
                    // What `anyhow` says first is the project's own context.
                    field
                        .annotation
                        .is_some_and(|annotation| program.api(class.file, annotation).is_some_and(|api| api.path.starts_with("anyhow.")))
                });
            let attribute =
                def.decorators.iter().copied().find(|&decorator| matches!(called_name(types, decorator), Some("error" | "display")));
            let text = attribute.or_else(|| displayed(types, class, types.text(def.name)));
            if let Some(attribute) = text.filter(|_| !general && (!says_status || has_server_status(facts, types.text(def.name)))) {
                found.push((GlobalDef { file: class.file, def: variant }, attribute));
            }
        }
    }
    found
}

/// The text of an error of the project is made of a library's.
pub(super) fn tells_of_library(program: &Program, class: GlobalDef) -> bool {
    !telling(program, class).is_empty()
}

/// Variants with `#[error("… {0}")]` or `#[error(transparent)]` over an error of a library.
fn telling(program: &Program, class: GlobalDef) -> Vec<DefId> {
    let facts = program.file(class.file);
    let variants = facts.definitions().filter(|(_, def)| def.kind == DefKind::Variant && def.parent == class.def);
    let telling = variants.filter(|(id, variant)| {
        let written = variant.decorators.iter().any(|&decorator| {
            matches!(called_name(facts, decorator), Some("error" | "display"))
                && arguments(facts, decorator).map(|text| argument_value(facts, text)).any(|text| {
                    facts.string(text).is_some_and(|text| ["{0", "{_0", "{source", "{error"].iter().any(|hole| text.contains(hole)))
                        || last_name(facts, text).is_some_and(|name| matches!(facts.text(name), "transparent" | "_0"))
                })
        });
        let of_library = facts
            .definitions()
            .filter(|(_, def)| def.kind == DefKind::Field && def.parent == *id)
            .any(|(_, field)| field.annotation.is_some_and(|annotation| is_library_error(program, class.file, annotation)));
        of_library && (written || displayed(facts, class, facts.text(variant.name)).is_some())
    });
    telling.map(|(id, _)| id).collect()
}

/// The text of a variant that its type writes by hand, with what the variant holds: `impl Display for StoreError { … Self::Db(e) => write!(f, "{e}") }`.
fn displayed(facts: &FileFacts, class: GlobalDef, variant: &str) -> Option<NodeId> {
    let is =
        |node: Option<&NodeId>, wanted: &str| node.and_then(|&node| last_name(facts, node)).is_some_and(|name| facts.text(name) == wanted);
    let own = facts.text(facts.def(class.def).name);
    let (block, _) =
        facts.definitions().find(|(_, def)| def.kind == DefKind::Impl && is(def.bases.first(), own) && is(def.bases.get(1), "Display"))?;
    let body = facts.definitions().find(|(_, def)| def.parent == block && def.body.is_some()).and_then(|(_, def)| def.body)?;
    let mut found = None;
    facts.arena.walk(body, |node| {
        let NodeKind::Arm { pattern, body, .. } = facts.arena.kind(node) else { return };
        let NodeKind::Call { callee, args, form: CallForm::Pattern } = facts.arena.kind(pattern) else { return };
        let holds = |bound: NodeId| is_sent(facts, body, bound);
        if is(Some(&callee), variant) && facts.arena.list(args).any(holds) {
            found = found.or(Some(body));
        }
    });
    found
}

/// `sqlx::Error`, also where nothing but the type names it.
fn is_library_error(program: &Program, file: FileId, annotation: NodeId) -> bool {
    let facts = program.file(file);
    match program.value(file, annotation) {
        Value::Api { .. } => !is_plain_value(facts, annotation),
        Value::Unknown => {
            let root = chain_root(facts, annotation);
            root != annotation
                && last_name(facts, annotation).is_some_and(|name| facts.text(name).ends_with("Error"))
                && matches!(facts.arena.kind(root), NodeKind::Name(name) if !matches!(facts.text(name), "crate" | "self" | "super"))
        }
        _ => false,
    }
}

/// A type of a library that holds a value and no failure: `Uuid`, `DateTime<Utc>`, `Vec<Uuid>`.
fn is_plain_value(facts: &FileFacts, annotation: NodeId) -> bool {
    let named = |node: NodeId| last_name(facts, node).is_some_and(|name| api_names().answers.values_of_rust.has(facts.text(name)));
    match facts.arena.kind(annotation) {
        NodeKind::Apply { base, args } => {
            named(base) || facts.arena.list(args).len() > 0 && facts.arena.list(args).all(|inner| is_plain_value(facts, inner))
        }
        _ => named(annotation),
    }
}

/// An arm of the type's file gives the variant a status of 5xx.
fn has_server_status(facts: &FileFacts, variant: &str) -> bool {
    facts.arena.ids().any(|node| {
        let NodeKind::Arm { pattern, body, .. } = facts.arena.kind(node) else { return false };
        let mut names = false;
        facts.arena.walk(pattern, |part| {
            if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(part) {
                names |= facts.text(name) == variant;
            }
        });
        names && is_server_error(facts, body)
    }) || falls_to_server(facts, variant)
        || fails_always(facts)
}

/// `fn status_code(&self) -> StatusCode { StatusCode::INTERNAL_SERVER_ERROR }`
fn fails_always(facts: &FileFacts) -> bool {
    facts.definitions().any(|(_, def)| {
        let is_status = def.kind == DefKind::Method && facts.text(def.name) == "status_code";
        is_status && def.body.is_some_and(|body| is_server_error(facts, body))
    })
}

/// `match self { AppError::NotFound => StatusCode::NOT_FOUND, _ => StatusCode::INTERNAL_SERVER_ERROR }`: what is not named is the server's failure.
fn falls_to_server(facts: &FileFacts, variant: &str) -> bool {
    let names = |pattern: NodeId, wanted: &dyn Fn(&str) -> bool| {
        let mut found = false;
        facts.arena.walk(pattern, |part| {
            found |= matches!(facts.arena.kind(part), NodeKind::Name(name) | NodeKind::Member { name, .. } if wanted(facts.text(name)));
        });
        found
    };
    let is_sibling = |name: &str| {
        let of = |wanted: &str| {
            let named = facts.definitions().filter(|(_, def)| def.kind == DefKind::Variant && facts.text(def.name) == wanted);
            named.map(|(_, def)| def.parent).collect::<Vec<_>>()
        };
        let owners = of(variant);
        of(name).iter().any(|owner| owners.contains(owner))
    };
    facts.arena.ids().any(|node| {
        let NodeKind::Match { arms, .. } = facts.arena.kind(node) else { return false };
        let arms = || {
            facts.arena.list(arms).filter_map(|arm| match facts.arena.kind(arm) {
                NodeKind::Arm { pattern, body, .. } => Some((pattern, body)),
                _ => None,
            })
        };
        let rest = |pattern: NodeId| match facts.arena.kind(pattern) {
            NodeKind::Other(items) => facts.arena.list(items).len() == 0,
            NodeKind::Name(name) => facts.text(name).starts_with(|c: char| c.is_ascii_lowercase() || c == '_'),
            _ => false,
        };
        arms().any(|(pattern, body)| rest(pattern) && is_server_error(facts, body))
            && arms().any(|(pattern, _)| names(pattern, &is_sibling))
            && !arms().any(|(pattern, _)| names(pattern, &|name| name == variant))
    })
}
