//! Where body data comes into a handler, and the names under which it goes on.

use super::input::{Input, first_use, is_whole};
use crate::check::body_params::{body_params, parsed_values, query_params};
use crate::check::handlers::{Handler, code_of};
use crate::check::input_checks::{is_checked, is_given_by_dependency};
use crate::check::loops::{bound_names, parameter_names};
use crate::model::body::{AssignOp, BinaryOp, CallForm, NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts, Name, ParamKind};
use crate::model::knowledge::{ApiFact, SourceKind};
use crate::model::nesting::{arguments, called_name, chain_root, last_name, walk_deep};
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::api_names;

/// TypeScript: the values of the address's query, and the names they are given.
pub(super) fn query_input(program: &Program, handler: &Handler) -> Input {
    let file = handler.function.file;
    let facts = program.file(file);
    let mut input = Input { of_query: true, ..Input::default() };
    if facts.language.family() != Family::TypeScript || !facts.names.may_hold("query") && !facts.names.may_hold("Query") {
        return input;
    }
    let given: Vec<Name> = query_params(program, handler)
        .into_iter()
        .chain(destructured(facts, handler, "query"))
        .chain(taken_out(facts, handler, "query"))
        .collect();
    input.names.extend(&given);
    input.whole.extend(given);
    for body in handler.code.iter().filter_map(|part| facts.def(part.def).body) {
        facts.arena.walk(body, |node| {
            if let NodeKind::Member { object, name, .. } = facts.arena.kind(node)
                && facts.text(name) == "query"
                && last_name(facts, object).is_some_and(|name| matches!(facts.text(name), "req" | "request" | "ctx"))
                && matches!(facts.arena.kind(object), NodeKind::Name(_) | NodeKind::Member { .. })
            {
                input.sources.insert(node);
            }
        });
    }
    follow_all(program, handler, &mut input);
    input
}

/// `({ body }, res) => …`, `({ query }: Request) => …`: the names of a part of the request that a handler takes out of it at once.
fn destructured(facts: &FileFacts, handler: &Handler, part: &str) -> Vec<Name> {
    let mut names = Vec::new();
    for code in &handler.code {
        let params = &facts.def(code.def).params;
        let Some(first) = params.iter().find(|param| param.kind != ParamKind::Receiver) else { continue };
        let says_request = first.annotation.is_some_and(|annotation| {
            let base = match facts.arena.kind(annotation) {
                NodeKind::Apply { base, .. } => base,
                _ => annotation,
            };
            last_name(facts, base).is_some_and(|name| facts.text(name).ends_with("Request"))
        });
        let Some(pattern) = first.pattern.filter(|_| says_request || first.annotation.is_none() && params.len() > 1) else { continue };
        facts.arena.walk(pattern, |node| {
            if let NodeKind::Entry { key, value } = facts.arena.kind(node)
                && facts.string(key) == Some(part)
            {
                names.extend(bound_names(facts, value));
            }
        });
    }
    names
}

/// `const { body } = req`, `const { body, params } = ctx.request`
fn taken_out(facts: &FileFacts, handler: &Handler, part: &str) -> Vec<Name> {
    let mut names = Vec::new();
    let Some(body) = facts.def(handler.function.def).body else { return names };
    walk_deep(facts, body, |node| {
        if let NodeKind::Declare { target, value: Some(value), .. } = facts.arena.kind(node)
            && let NodeKind::Collection { items, .. } = facts.arena.kind(target)
            && last_name(facts, value).is_some_and(|name| matches!(facts.text(name), "req" | "request"))
        {
            for item in facts.arena.list(items) {
                if let NodeKind::Entry { key, value } = facts.arena.kind(item)
                    && facts.string(key) == Some(part)
                {
                    names.extend(bound_names(facts, value));
                }
            }
        }
        true
    });
    names
}

/// The body data of a handler and the names it is given in it.
pub(super) fn input(program: &Program, handler: &Handler) -> Input {
    let file = handler.function.file;
    let facts = program.file(file);
    let mut given = body_params(program, handler);
    match facts.language.family() {
        Family::Rust => given.extend(handler.code.iter().flat_map(|part| parsed_values(facts, part.def))),
        Family::TypeScript => {
            given.extend(destructured(facts, handler, "body"));
            given.extend(taken_out(facts, handler, "body"));
        }
        Family::Python => {}
    }
    let mut input = Input { names: given.iter().copied().collect(), whole: given.into_iter().collect(), ..Input::default() };
    for &part in &handler.code {
        let def = facts.def(part.def);
        let roots = def.body.into_iter().chain(def.params.iter().flat_map(|param| param.pattern));
        for root in roots {
            facts.arena.walk(root, |node| {
                if is_body(program, file, node) {
                    input.sources.insert(node);
                }
            });
        }
    }
    follow_all(program, handler, &mut input);
    input
}

/// The names that input goes on under.
fn follow_all(program: &Program, handler: &Handler, input: &mut Input) {
    let facts = program.file(handler.function.file);
    let Some(body) = facts.def(handler.function.def).body else { return };
    if input.sources.is_empty() && input.names.is_empty() {
        return;
    }
    for _ in 0..4 {
        let before = input.names.len();
        walk_deep(facts, body, |node| {
            follow(facts, node, input);
            if facts.language.family() == Family::Python {
                follow_proven(facts, handler, node, input);
            }
            follow_made(program, handler.function.file, node, input);
            true
        });
        if input.names.len() == before {
            break;
        }
    }
}

/// Python: what is refused unless it is the same as what a dependency gave (`if user_id != own_id: raise …`) is that from then on; so is a text that is
/// cut to a length somebody wrote there: `emoji = data.get("emoji", "").strip()[:32]`.
fn follow_proven(facts: &FileFacts, handler: &Handler, node: NodeId, input: &mut Input) {
    match facts.arena.kind(node) {
        NodeKind::If { condition, then, .. } => {
            if !facts.arena.any(then, |inner| matches!(facts.arena.kind(inner), NodeKind::Raise(_) | NodeKind::Return(_))) {
                return;
            }
            let mut at = condition;
            // `not own_id or own_id != user_id`
            while let NodeKind::Binary { op: BinaryOp::Or, right, .. } = facts.arena.kind(at) {
                at = right;
            }
            if let NodeKind::Binary { op: BinaryOp::NotEqual, left, right } = facts.arena.kind(at) {
                for (one, other) in [(left, right), (right, left)] {
                    if let NodeKind::Name(name) = facts.arena.kind(one)
                        && is_given_by_dependency(facts, handler.function.def, other)
                    {
                        input.converted.insert(name);
                    }
                }
            }
        }
        NodeKind::Declare { target, value: Some(value), .. } | NodeKind::Assign { target, value, op: AssignOp::Set } => {
            let NodeKind::Index { index, .. } = facts.arena.kind(value) else { return };
            let NodeKind::Other(parts) = facts.arena.kind(index) else { return };
            let mut bounds = facts.arena.list(parts);
            let bound = bounds.next().filter(|_| bounds.next().is_none());
            // `[:32]`, not `[32:]`
            let is_end = |bound: &NodeId| {
                matches!(facts.arena.kind(*bound), NodeKind::Number(_)) && facts.arena.span(*bound).start > facts.arena.span(index).start
            };
            if bound.filter(is_end).is_some() {
                input.converted.extend(bound_names(facts, target));
            }
        }
        _ => {}
    }
}

fn follow(facts: &FileFacts, node: NodeId, input: &mut Input) {
    match facts.arena.kind(node) {
        // `day = parse(day)`: from here on it is what the conversion made of it.
        NodeKind::Assign { target, value, op: AssignOp::Set }
            if matches!(facts.arena.kind(target), NodeKind::Name(name) if input.names.contains(&name)) && !input.is_in(facts, value) =>
        {
            input.converted.extend(bound_names(facts, target));
        }
        NodeKind::Declare { target, value: Some(value), .. } | NodeKind::Assign { target, value, op: AssignOp::Set }
            if input.is_in(facts, value) && !matches!(facts.arena.kind(target), NodeKind::Member { .. } | NodeKind::Index { .. }) =>
        {
            if let (NodeKind::Name(name), true) = (facts.arena.kind(target), is_whole(facts, value, input)) {
                input.whole.insert(name);
            }
            input.names.extend(bound_names(facts, target));
        }
        NodeKind::Loop { target: Some(target), source: Some(source), .. }
            if input.is_in(facts, source) || are_parts_of(facts, source, input) =>
        {
            input.names.extend(bound_names(facts, target))
        }
        // `const wanted = body.items.filter((item) => !known.has(item.id))`
        NodeKind::Declare { target, value: Some(value), .. } if is_picked(facts, value, input) => {
            input.names.extend(bound_names(facts, target));
        }
        // `body.items.map((item) => …)`
        NodeKind::Call { callee, .. } => {
            let NodeKind::Member { object, name, .. } = facts.arena.kind(callee) else { return };
            if !input.is_of(facts, object) && !are_parts_of(facts, object, input) {
                // `rows.push({ title: item.title })`
                if let NodeKind::Name(list) = facts.arena.kind(object)
                    && facts.language.family() == Family::TypeScript
                    && matches!(facts.text(name), "push" | "unshift")
                    && arguments(facts, node).any(|argument| first_use(facts, argument, input).is_some())
                {
                    input.names.insert(list);
                }
                return;
            }
            for argument in arguments(facts, node) {
                if let NodeKind::Closure(def) = facts.arena.kind(argument) {
                    input.names.extend(facts.def(def).params.iter().take(1).flat_map(|param| parameter_names(facts, param)));
                }
            }
        }
        _ => {}
    }
}

/// TypeScript: `Object.entries(body)`, `Object.values(body)`.
fn are_parts_of(facts: &FileFacts, node: NodeId, input: &Input) -> bool {
    facts.language.family() == Family::TypeScript
        && matches!(called_name(facts, node), Some("entries" | "values"))
        && matches!(facts.arena.kind(chain_root(facts, node)), NodeKind::Name(root) if facts.text(root) == "Object")
        && arguments(facts, node).next().is_some_and(|given| input.is_of(facts, given))
}

/// TypeScript: some items of a list that came, each as it is.
fn is_picked(facts: &FileFacts, value: NodeId, input: &Input) -> bool {
    let NodeKind::Call { callee, .. } = facts.arena.kind(value) else { return false };
    let NodeKind::Member { object, name, .. } = facts.arena.kind(callee) else { return false };
    facts.language.family() == Family::TypeScript
        && matches!(facts.text(name), "filter" | "slice" | "sort" | "reverse" | "flat")
        && input.is_of(facts, object)
}

/// `const order = new Order({ title: req.body.title })`
fn follow_made(program: &Program, file: FileId, node: NodeId, input: &mut Input) {
    let facts = program.file(file);
    if let NodeKind::Declare { target, value: Some(value), .. } = facts.arena.kind(node)
        && let NodeKind::Name(name) = facts.arena.kind(target)
        && is_made_of(program, file, value, input, 0).is_some()
    {
        input.names.insert(name);
    }
    if let NodeKind::Declare { target, value: Some(value), .. } = facts.arena.kind(node)
        && let (NodeKind::Name(name), NodeKind::Call { form, .. }) = (facts.arena.kind(target), facts.arena.kind(value))
        && (form == CallForm::New || called_name(facts, value).is_some_and(|name| matches!(name, "build" | "create" | "merge" | "preload")))
        && facts.language.family() == Family::TypeScript
        && let Some(used) = arguments(facts, value).find_map(|argument| first_use(facts, argument, input))
    {
        input.made.insert(name, used);
    }
}

/// The input that is in an object of an old constructor (`new Order(req.body)`), or in what a list is turned into (`items.map((item) => ({ … }))`).
pub(super) fn is_made_of(program: &Program, file: FileId, node: NodeId, input: &Input, depth: u8) -> Option<NodeId> {
    let facts = program.file(file);
    if facts.language.family() != Family::TypeScript || depth > 6 {
        return None;
    }
    let within = |node| is_made_of(program, file, node, input, depth + 1);
    match facts.arena.kind(node) {
        NodeKind::Entry { value, .. } | NodeKind::Spread { value, .. } | NodeKind::Await(value) | NodeKind::Cast { value, .. } => {
            within(value)
        }
        NodeKind::Collection { items, .. } => facts.arena.list(items).find_map(within),
        NodeKind::Call { callee, form: CallForm::New, .. } => {
            let Value::Def(constructor) = program.value(file, callee) else { return None };
            let is_plain = program.def(constructor).kind == DefKind::Function && !is_checked_below(program, constructor);
            let mut given = arguments(facts, node).filter(|_| is_plain);
            given.find_map(|argument| first_use(facts, argument, input).or_else(|| within(argument)))
        }
        NodeKind::Call { callee, .. } => {
            let NodeKind::Member { object, name, .. } = facts.arena.kind(callee) else { return None };
            if !matches!(facts.text(name), "map" | "flatMap") || !input.is_of(facts, object) {
                return None;
            }
            arguments(facts, node).find_map(|argument| {
                let NodeKind::Closure(def) = facts.arena.kind(argument) else { return None };
                first_use(facts, facts.def(def).body?, input)
            })
        }
        _ => None,
    }
}

/// `req.body`, `request.get_json()`, `await request.json()`, `ctx.request.body`: by what is known of the framework, or by these names.
fn is_body(program: &Program, file: FileId, node: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Member { object, name, .. } = facts.arena.kind(node) else { return false };
    let name = facts.text(name);
    if !api_names().validation.bodies.has(name) {
        return false;
    }
    let known =
        program.api(file, node).is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Source(SourceKind::Request)));
    if known {
        return true;
    }
    let receiver = last_name(facts, object).map(|name| facts.text(name)).unwrap_or_default();
    match facts.language.family() {
        Family::TypeScript => matches!(receiver, "req" | "request") && matches!(name, "body" | "json" | "formData" | "parseBody"),
        Family::Python => {
            receiver == "request" && matches!(name, "json" | "get_json" | "form" | "data" | "POST") && !is_answer(program, file, object)
        }
        Family::Rust => false,
    }
}

/// A request that the code itself sends.
fn is_answer(program: &Program, file: FileId, object: NodeId) -> bool {
    program.api(file, object).is_some_and(|api| api.path.starts_with("requests.") || api.path.starts_with("httpx."))
}

/// The function itself looks at what it is given.
pub(super) fn is_checked_below(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    let names = facts.def(function.def).params.iter().flat_map(|param| parameter_names(facts, param)).collect();
    is_checked(program, &code_of(program, function), &Input { names, ..Input::default() }, 1)
}
