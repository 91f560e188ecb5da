//! Evidence that input was validated: by a library, by a function called like one, by conversion or comparison, or around the handler.

use super::handlers::Handler;
use super::missing_input_validation::input::Input;
use super::sensitive::parts;
use crate::model::body::{BinaryOp, CallForm, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{DefId, DefKind, Definition, FileFacts};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{arguments, called_name, chain, chain_root, spell};
use crate::model::program::{CallKind, Program, Resolution, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// Calls followed into functions that get the data.
const DEPTH: u8 = 2;

/// Something in the code validates the data.
pub(super) fn is_checked(program: &Program, code: &[GlobalDef], input: &Input, depth: u8) -> bool {
    code.iter().any(|&function| {
        let facts = program.file(function.file);
        let Some(body) = facts.def(function.def).body else { return false };
        let mut found = false;
        facts.arena.walk_while(body, |node| {
            found = found || validates(program, function, node, input, depth);
            !found
        });
        found
    })
}

/// A parameter that a dependency of FastAPI gives: `user = Depends(current_user)`.
pub(super) fn is_given_by_dependency(facts: &FileFacts, function: DefId, node: NodeId) -> bool {
    let NodeKind::Name(name) = facts.arena.kind(node) else { return false };
    let mut params = facts.def(function).params.iter().filter(|param| param.name == Some(name));
    params.any(|param| param.default.is_some_and(|default| matches!(called_name(facts, default), Some("Depends" | "Security"))))
}

fn validates(program: &Program, function: GlobalDef, node: NodeId, input: &Input, depth: u8) -> bool {
    let facts = program.file(function.file);
    match facts.arena.kind(node) {
        NodeKind::Call { form: CallForm::Pattern | CallForm::Jsx, .. } => false,
        NodeKind::Call { callee, .. } => {
            let known = program
                .called_api(function.file, node)
                .is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Validator));
            known
                || is_called_like_validator(facts, node, callee)
                || looks_at(facts, node, callee, input)
                || makes_schema(program, function.file, node, callee, input)
                || follows(program, function, node, input, depth)
        }
        // `typeof name !== "string"`, `len(name) > 80`, `kind in KINDS`
        NodeKind::Unary { op: UnaryOp::TypeOf, value } => input.is_in(facts, value),
        NodeKind::Binary { op: BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual, left, right } => {
            [left, right].iter().any(|&side| mentions(facts, side, input))
        }
        // `user_id != verified_id`, which a dependency gives: whoever sends another one is turned away.
        NodeKind::Binary { op: BinaryOp::NotEqual, left, right } if facts.language.family() == Family::Python => {
            let is_given = |side: NodeId| is_given_by_dependency(facts, function.def, side);
            is_given(left) && input.is_in(facts, right) || is_given(right) && input.is_in(facts, left)
        }
        NodeKind::Binary { op: BinaryOp::In | BinaryOp::NotIn, left, right } => input.is_in(facts, left) && !input.is_in(facts, right),
        NodeKind::Binary { op: BinaryOp::InstanceOf, left, .. } => input.is_in(facts, left),
        NodeKind::Match { subject, .. } => input.is_in(facts, subject),
        _ => false,
    }
}

/// `NewOrder(**data)`: the class of a schema takes no data but what it describes.
fn makes_schema(program: &Program, file: FileId, call: NodeId, callee: NodeId, input: &Input) -> bool {
    let facts = program.file(file);
    let is_schema = matches!(program.value(file, callee), Value::Def(class) if program.def(class).kind == DefKind::Class && program.is(class, Role::Schema));
    is_schema && facts.language.family() == Family::Python && arguments(facts, call).any(|argument| mentions(facts, argument, input))
}

/// Names of functions and methods that validate: whatever stands before or after the word.
fn is_called_like_validator(facts: &FileFacts, call: NodeId, callee: NodeId) -> bool {
    let name = called_name(facts, call).unwrap_or_default();
    let own = parts(name);
    let validates = own.iter().any(|word| vocabulary().inputs.validators.has(word));
    if validates && !own.iter().any(|word| vocabulary().inputs.not_input.has(word)) {
        return true;
    }
    match name {
        name if api_names().validation.calls.has(name) => true,
        "parse" | "decode" | "assert" | "check" | "load" | "loads" => {
            let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return false };
            let words = parts(&spell(facts, object).replace(['.', '(', ')'], "_"));
            words.iter().any(|word| vocabulary().inputs.schemas.has(word))
                || matches!(facts.arena.kind(object), NodeKind::Name(root) if facts.text(root).starts_with(char::is_uppercase) && !matches!(facts.text(root), "JSON" | "Date" | "URL" | "Number"))
        }
        _ => false,
    }
}

/// The data itself is given to a question or to a conversion: `re.match(p, name)`, `isinstance(x, str)`, `/x/.test(name)`.
fn looks_at(facts: &FileFacts, call: NodeId, callee: NodeId, input: &Input) -> bool {
    let name = called_name(facts, call).unwrap_or_default();
    let words = parts(name);
    let asks = api_names().validation.looks.has(name) && name != "isArray"
        || words.first().is_some_and(|word| vocabulary().inputs.checks.has(word));
    let is_json = matches!(facts.arena.kind(chain_root(facts, callee)), NodeKind::Name(root) if matches!(facts.text(root), "JSON" | "json" | "bcrypt" | "argon2"));
    let given = arguments(facts, call).any(|argument| mentions(facts, argument, input));
    // `verifyFolderAccess(user, folder)` asks who may, and `parseInt(price)` makes a number of this one field, which is no longer input then.
    let is_typescript = facts.language.family() == Family::TypeScript;
    let asks_who = words.iter().any(|word| vocabulary().handlers.permissions.has(word) || matches!(word.as_str(), "access" | "ownership"));
    let is_number = matches!(name, "parseInt" | "parseFloat");
    // One part of what came is looked for in another: `picked.includes(item)`
    let is_within =
        name == "includes" && matches!(facts.arena.kind(callee), NodeKind::Member { object, .. } if mentions(facts, object, input));
    // `notes.search(req.query)` of a service is no search in a text.
    if is_typescript && (asks_who || is_number || is_within || name == "search") {
        return false;
    }
    let receiver = match facts.arena.kind(callee) {
        NodeKind::Member { object, .. } => {
            matches!(name, "match" | "isdigit" | "isalnum" | "startsWith" | "endsWith" | "isnumeric") && mentions(facts, object, input)
        }
        _ => false,
    };
    !is_json && (asks && given || receiver)
}

fn mentions(facts: &FileFacts, node: NodeId, input: &Input) -> bool {
    let mut found = false;
    facts.arena.walk_while(node, |inner| {
        found = found
            || match facts.arena.kind(inner) {
                NodeKind::Name(name) => input.names.contains(&name),
                _ => input.sources.contains(&inner),
            };
        !found
    });
    found
}

/// A function of the project that gets the data and validates it.
fn follows(program: &Program, function: GlobalDef, call: NodeId, input: &Input, depth: u8) -> bool {
    if depth >= DEPTH {
        return false;
    }
    let facts = program.file(function.file);
    let given: Vec<usize> =
        arguments(facts, call).enumerate().filter(|(_, argument)| mentions(facts, *argument, input)).map(|(at, _)| at).collect();
    if given.is_empty() {
        return false;
    }
    program.calls_at(function, call).iter().filter(|edge| edge.kind == CallKind::Call && edge.resolution != Resolution::NameOnly).any(
        |edge| {
            let own = program.file(edge.callee.file);
            let params = own.def(edge.callee.def).params.iter().filter(|param| param.kind != crate::model::facts::ParamKind::Receiver);
            let names = params
                .enumerate()
                .filter(|(at, _)| given.contains(at))
                .flat_map(|(_, param)| super::loops::parameter_names(own, param))
                .collect();
            let passed = Input { names, ..Input::default() };
            is_checked(program, &[edge.callee], &passed, depth + 1)
        },
    )
}

/// Validation around the handler: a decorator, a middleware beside it in its registration or before it in its file, the route's schema, a wrapper.
pub(super) fn is_checked_around(program: &Program, handler: &Handler) -> bool {
    let file = handler.function.file;
    let facts = program.file(file);
    let nesting = program.nesting(file);
    let mut at = handler.function.def;
    // Decorators of the function and of the class around it.
    for _ in 0..8 {
        let def = facts.def(at);
        if def.decorators.iter().any(|&decorator| speaks_of_validation(facts, decorator)) {
            return true;
        }
        if let Some(place) = nesting.place(at)
            && nesting.around(place).skip(1).take(16).any(|around| is_wrapper(facts, around))
        {
            return true;
        }
        if at == DefId::MODULE {
            break;
        }
        at = def.parent;
    }
    handler.route.is_some_and(|route| registration_validates(program, route.place.path.as_ref(), route.place.span))
}

/// `validate(schema, async (req) => …)`, `createHandler({ schema, handler })`.
fn is_wrapper(facts: &FileFacts, around: NodeId) -> bool {
    match facts.arena.kind(around) {
        NodeKind::Call { .. } => speaks_of_validation(facts, around),
        _ => false,
    }
}

/// The registration call, its other arguments and what was registered on the same router before it without a path.
fn registration_validates(program: &Program, path: &str, span: crate::model::source::Span) -> bool {
    let Some(at) = program.project.files.iter().position(|file| &*file.path == path) else { return false };
    let file = FileId(at as u32);
    let facts = program.file(file);
    let mut found = false;
    for node in facts.arena.ids() {
        if !matches!(facts.arena.kind(node), NodeKind::Call { .. }) {
            continue;
        }
        let is_it = facts.arena.span(node) == span;
        let is_before = facts.arena.span(node).start < span.start && called_name(facts, node) == Some("use");
        if is_it || is_before {
            found |= arguments(facts, node).any(|argument| {
                let is_code = matches!(facts.arena.kind(argument), NodeKind::Closure(_));
                !is_code && if is_it { argument_validates(program, file, argument) } else { speaks_of_validation(facts, argument) }
            });
            found |= chain(facts, node).skip(1).any(|link| {
                arguments(facts, link).any(|argument| argument_validates(program, file, argument))
                    && is_it
                    && matches!(facts.arena.kind(link), NodeKind::Call { .. })
            });
        }
        if found {
            break;
        }
    }
    found
}

fn argument_validates(program: &Program, file: FileId, argument: NodeId) -> bool {
    let facts = program.file(file);
    if speaks_of_validation(facts, argument) || is_options_with_schema(program, file, argument) {
        return true;
    }
    let function = match program.value(file, argument) {
        Value::Def(def) => def,
        _ => return false,
    };
    // A middleware of the project that validates, whatever it is called: a comparison of something in the request is none.
    let own = program.file(function.file);
    let nothing = Input::default();
    is_checked(program, &[function], &nothing, 1) || own.def(function.def).value.is_some_and(|value| speaks_of_validation(own, value))
}

/// `app.post("/", options, …)` with `const options = { schema: … }`.
fn is_options_with_schema(program: &Program, file: FileId, argument: NodeId) -> bool {
    let facts = program.file(file);
    if let Value::Literal(at, literal) = program.value(file, argument) {
        return speaks_of_validation(program.file(at), literal);
    }
    let NodeKind::Name(name) = facts.arena.kind(argument) else { return false };
    let is_it = |def: &Definition| def.kind == DefKind::Variable && def.name == name;
    facts.definitions().any(|(_, def)| is_it(def) && def.value.is_some_and(|value| speaks_of_validation(facts, value)))
}

/// Any name in the expression that speaks of validation or of a schema (closures left out).
fn speaks_of_validation(facts: &FileFacts, node: NodeId) -> bool {
    let mut found = false;
    facts.arena.walk_while(node, |inner| {
        let name = match facts.arena.kind(inner) {
            NodeKind::Name(name) | NodeKind::Member { name, .. } | NodeKind::Argument { name, .. } => Some(facts.text(name)),
            NodeKind::Entry { key, .. } => facts.string(key),
            _ => None,
        };
        found |= name.is_some_and(|name| {
            parts(name).iter().any(|word| vocabulary().inputs.decorators.has(word)) || api_names().validation.decorators.has(name)
        });
        !found
    });
    found
}
