//! What a logger is given, and the first secret in it.

use super::built::{built, one_time_code};
use super::connections::connection;
use super::findings::Logged;
use super::shown::{has_own_text, shown};
use super::whole::{credentials, kept, whole};
use crate::check::sensitive::{Secret, assigned, carriers, hides, parts, secret};
use crate::model::body::{BinaryOp, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{DefKind, FileFacts};
use crate::model::finding::{Confidence, Level};
use crate::model::nesting::{arguments, called_name, chain_root, last_name, spell};
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::model::words::words;
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// The first secret among what the call is given.
pub(super) fn logged(program: &Program, function: GlobalDef, call: NodeId) -> Option<Logged> {
    let facts = program.file(function.file);
    arguments(facts, call)
        .filter(|&argument| !hides(facts, argument))
        .find_map(|argument| carried(program, function, call, argument).or_else(|| told_by_field(facts, argument)))
}

/// What an argument carries: a value that is a secret by its name, or else a whole that holds one.
fn carried(program: &Program, function: GlobalDef, call: NodeId, argument: NodeId) -> Option<Logged> {
    let file = function.file;
    let facts = program.file(file);
    let mut found: Option<Logged> = None;
    // What is a secret by its name says more than the body it came with.
    let mut more: Option<Logged> = None;
    // `print(request.get_json())`
    if let NodeKind::Call { callee, .. } = facts.arena.kind(argument)
        && arguments(facts, argument).len() == 0
    {
        more = whole(program, file, callee);
    }
    // `dbg!(users.find_one(id).await?)` writes what it gives.
    if called_name(facts, call) == Some("dbg") && matches!(facts.arena.kind(argument), NodeKind::Propagate(_) | NodeKind::Await(_)) {
        more = more.or_else(|| shown(program, file, argument));
    }
    carriers(facts, argument, &mut |node, name| {
        let seen = shown_of(program, file, node);
        if found.is_some()
            || is_truth(facts, function, node)
            || seen.is_some_and(|seen| seen <= MASKED)
            || is_field_of(program, file, node)
            || is_cut(facts, function, node)
            || is_of_chain(program, function, node)
            || is_failure_here(program, file, node)
            || is_written_out(facts, function, node)
        {
            return;
        }
        found = secret_value(program, file, node, name);
        if let (Some(_), Some(logged)) = (seen, &mut found) {
            logged.level = Level::Note;
        }
        if found.is_none() && more.is_none() {
            more = whole(program, file, node)
                .or_else(|| kept(program, function, node))
                .or_else(|| credentials(facts, function, node))
                .or_else(|| shown(program, file, node))
                .or_else(|| built(program, function, node))
                .or_else(|| connection(program, function, node, name))
                .or_else(|| one_time_code(facts, function, node, name));
        }
    });
    found.or(more)
}

/// `{ password: x.value }`: the field's name tells.
fn told_by_field(facts: &FileFacts, argument: NodeId) -> Option<Logged> {
    let mut found: Option<Logged> = None;
    facts.arena.walk_while(argument, |node| {
        match facts.arena.kind(node) {
            NodeKind::Call { .. } | NodeKind::Closure(_) => return false,
            NodeKind::Entry { key, value } if found.is_none() => {
                let name = facts.string(key).unwrap_or_default();
                let is_value = matches!(facts.arena.kind(value), NodeKind::Member { .. } | NodeKind::Index { .. });
                if is_value && secret(name) == Some(Secret::Password) && !is_harmless(facts, value) {
                    found = Some(Logged {
                        node: value,
                        what: Secret::Password.text().to_string(),
                        name: name.to_string(),
                        confidence: Confidence::Medium,
                        level: Level::Warning,
                    });
                }
            }
            _ => {}
        }
        true
    });
    found
}

/// `token[FIELD_VALID_UNTIL]`, `token[Field.validUntil]`: one field of a row that is called so.
fn is_field_of(program: &Program, file: FileId, node: NodeId) -> bool {
    let facts = program.file(file);
    let Some(NodeKind::Index { object, index }) = program.nesting(file).parent(node).map(|parent| facts.arena.kind(parent)) else {
        return false;
    };
    let is_constant = |name: &str| name.starts_with(char::is_uppercase);
    object == node
        && last_name(facts, index)
            .is_some_and(|_| matches!(facts.arena.kind(chain_root(facts, index)), NodeKind::Name(root) if is_constant(facts.text(root))))
}

/// What a contract on a public chain answered: everybody may read it, `tokenData` or not.
fn is_of_chain(program: &Program, function: GlobalDef, node: NodeId) -> bool {
    let facts = program.file(function.file);
    let NodeKind::Name(name) = facts.arena.kind(node) else { return false };
    let [value] = assigned(facts, function.def, name)[..] else { return false };
    let value = if let NodeKind::Await(inner) = facts.arena.kind(value) { inner } else { value };
    let package = |path: &str| path.split('.').next().unwrap_or(path).to_string();
    program
        .called_api(function.file, value)
        .is_some_and(|api| api_names().logging.chains.has(package(&api.path)) && api.path.matches("()").count() > 0)
}

/// Rust: where `claims.is_err()` holds, `claims` is the error: `if claims.is_err() { error!("{claims:?}") }`.
fn is_failure_here(program: &Program, file: FileId, node: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Name(name) = facts.arena.kind(node) else { return false };
    let nesting = program.nesting(file);
    facts.language.family() == Family::Rust
        && nesting.around(node).zip(nesting.around(node).skip(1)).any(|(inner, outer)| match facts.arena.kind(outer) {
            NodeKind::If { condition, then, .. } if then == inner => {
                called_name(facts, condition) == Some("is_err") && last_name(facts, chain_root(facts, condition)) == Some(name)
            }
            _ => false,
        })
}

/// A local whose only value stands in the code as it is: `default_password = "admin"`. Whoever may read the code knows it.
fn is_written_out(facts: &FileFacts, function: GlobalDef, node: NodeId) -> bool {
    let NodeKind::Name(name) = facts.arena.kind(node) else { return false };
    let values = assigned(facts, function.def, name);
    !values.is_empty() && values.iter().all(|&value| facts.string(value).is_some_and(|text| !text.is_empty()))
}

/// How many characters of a secret may be seen where the rest is hidden.
const MASKED: u32 = 12;

/// How many characters at its beginning or end are taken of a value: `key[-4:]`, `token[:10]`.
fn shown_of(program: &Program, file: FileId, node: NodeId) -> Option<u32> {
    let (facts, nesting) = (program.file(file), program.nesting(file));
    // `(token or "")[:4]`
    let mut cut = node;
    while let Some(outer) = nesting.parent(cut)
        && let NodeKind::Binary { op: BinaryOp::Or | BinaryOp::Coalesce, .. } = facts.arena.kind(outer)
    {
        cut = outer;
    }
    let NodeKind::Index { object, index } = facts.arena.kind(nesting.parent(cut)?) else { return None };
    let NodeKind::Other(parts) = facts.arena.kind(index) else { return None };
    let mut bounds = facts.arena.list(parts);
    let (Some(bound), None) = (bounds.next(), bounds.next()) else { return None };
    let is_python = facts.language.family() == Family::Python && object == cut;
    match facts.arena.kind(bound) {
        _ if !is_python => None,
        // `[-4:]` and `[:4]` are one as they are kept here; `[4:]` shows nearly all.
        NodeKind::Number(number) if facts.arena.span(bound).start > facts.arena.span(index).start => facts.text(number).parse().ok(),
        NodeKind::Unary { value, .. } => match facts.arena.kind(value) {
            NodeKind::Number(number) if facts.arena.span(bound).end < facts.arena.span(index).end => facts.text(number).parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

/// What a few characters of it were kept in: `short = token[:5] + "…"`, `token.slice(0, 4)`.
fn is_cut(facts: &FileFacts, function: GlobalDef, node: NodeId) -> bool {
    let NodeKind::Name(name) = facts.arena.kind(node) else { return false };
    let [value] = assigned(facts, function.def, name)[..] else { return false };
    let mut cuts = hides(facts, value);
    facts.arena.walk(value, |inner| {
        if let NodeKind::Index { index, .. } = facts.arena.kind(inner) {
            cuts |= matches!(facts.arena.kind(index), NodeKind::Binary { op: BinaryOp::Range, .. } | NodeKind::Other(_));
        }
    });
    cuts
}

/// What an answer of yes or no was kept in: `const storesToken = source.includes("token")`.
fn is_truth(facts: &FileFacts, function: GlobalDef, node: NodeId) -> bool {
    let NodeKind::Name(name) = facts.arena.kind(node) else { return false };
    let values = assigned(facts, function.def, name);
    let is_answer = |value: &NodeId| match facts.arena.kind(*value) {
        NodeKind::Bool(_) | NodeKind::Unary { op: UnaryOp::Not, .. } => true,
        NodeKind::Binary { op, .. } => op.is_test(),
        NodeKind::Call { .. } => called_name(facts, *value).is_some_and(|name| api_names().texts.questions.has(name)),
        _ => false,
    };
    !values.is_empty() && values.iter().all(is_answer)
}

fn is_harmless(facts: &FileFacts, value: NodeId) -> bool {
    last_name(facts, value).is_some_and(|name| parts(facts.text(name)).iter().any(|word| vocabulary().logs.harmless.has(word)))
}

fn secret_value(program: &Program, file: FileId, node: NodeId, name: &str) -> Option<Logged> {
    let facts = program.file(file);
    let kind = secret(name)?;
    // Constants are names of headers and settings; a class or function is no value; a number or a boolean no secret.
    let is_constant = name.len() > 1 && name.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit());
    let is_other = match program.value(file, node) {
        Value::Def(def) => !matches!(program.def(def).kind, DefKind::Variable | DefKind::Field),
        Value::Module(_) | Value::Method { .. } | Value::Namespace(_) => true,
        // A code to sign in with is a number as a rule.
        Value::Api { api, .. } if !parts(name).iter().any(|word| word == "otp") => {
            api_names().types.numbers.has(&program.apis[api.0 as usize].path)
        }
        // What its own `Debug` or `Display` writes is decided there.
        Value::Instance { class, .. } if facts.language.family() == Family::Rust => {
            let own = program.file(class.file);
            has_own_text(own, own.text(own.def(class.def).name))
        }
        _ => false,
    };
    let is_other = is_other || matches!(program.value(file, node), Value::Instance { class, .. } if holds_no_secret(program, class));
    // A token alone may be one of a text or of a language model.
    let is_unclear = kind == Secret::Token && parts(name).len() == 1 && speaks_of_text(program, file);
    let is_plain_token = kind == Secret::Token && parts(name) == ["token"];
    // `coupon.token` is what a customer types in, `device.token` where a message goes.
    let owner = match facts.arena.kind(node) {
        NodeKind::Member { object, .. } => last_name(facts, object).map(|name| facts.text(name)).unwrap_or_default(),
        _ => "",
    };
    let is_handed_out = kind == Secret::Token && parts(owner).iter().any(|word| vocabulary().logs.handed_out.has(word));
    // Nothing says what a plain `token` opens: it may as well be the name of a thing.
    let (confidence, level) = if is_plain_token { (Confidence::Medium, Level::Note) } else { (Confidence::High, Level::Warning) };
    (!is_constant && !is_other && !is_unclear && !is_handed_out).then(|| Logged {
        node,
        what: kind.text().to_string(),
        name: spell(facts, node),
        confidence,
        level,
    })
}

/// A type of the project with several fields, none of which is called like a secret: what goes with one (`api_key_params`), whatever it is called after.
fn holds_no_secret(program: &Program, class: GlobalDef) -> bool {
    let facts = program.file(class.file);
    let def = facts.def(class.def);
    let mut fields = 0;
    let own = facts.definitions().filter(|(_, field)| field.parent == class.def && field.kind == DefKind::Field);
    let harmless = own.map(|(_, field)| facts.text(field.name)).all(|name| {
        fields += 1;
        let is_plain =
            matches!(name, "value" | "inner" | "raw" | "content" | "data" | "text") || name.starts_with(|c: char| c.is_ascii_digit());
        !is_plain && secret(name).is_none()
    });
    harmless && fields >= 2 && def.bases.is_empty()
}

/// Files about the tokens of languages, of language models, or of block chains.
fn speaks_of_text(program: &Program, file: FileId) -> bool {
    let path = program.path(file);
    let words: Vec<String> = path.split(['/', '.']).flat_map(words).collect();
    // `auth/tokens.py` is about those of people.
    let of_people = words.iter().any(|word| vocabulary().logs.of_people.has(word));
    !of_people && words.iter().any(|word| vocabulary().logs.of_text.has(word))
}
