//! Passwords that are compared or looked up as they came, and the models and rows that keep them so: part of `weak-password-hash`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::Context;
use super::password_findings::finding;
use super::plain_passwords::hashes_well;
use super::query_methods::{has, methods};
use super::scope::{in_scope, letters, may_name};
use super::sensitive::{assigned, carriers, is_password, parts};
use super::spelling::call_span;
use crate::model::body::{AssignOp, BinaryOp, CallForm, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts, Name};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::nesting::{arguments, called_name, chain, last_name, spell, walk_deep};
use crate::model::program::{CallKind, Program, Resolution, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// Passwords that are compared as they are with what a model keeps, and the constructors that keep them so.
pub(super) fn in_project(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let mut findings = Vec::new();
    let mut models: BTreeMap<GlobalDef, Label> = BTreeMap::new();
    for plain in context.each_file("weak-password-hash: plain text", (), compared_plain).iter() {
        findings.extend_from_slice(&plain.findings);
        for (model, label) in &plain.models {
            models.entry(*model).or_insert_with(|| label.clone());
        }
    }
    for (model, evidence) in models {
        findings.extend(kept_plain(program, model, evidence));
    }
    let by_helper = compared_by_helper(program);
    let files: BTreeSet<FileId> = by_helper.iter().map(|(file, _)| *file).collect();
    findings.extend(by_helper.into_iter().map(|(_, finding)| finding));
    for file in files {
        findings.extend(kept_plain_in_rows(program, file));
    }
    findings
}

/// A finding on a whole expression.
fn plain_text(program: &Program, function: GlobalDef, node: NodeId, message: String, label: &str) -> Finding {
    let mut one = finding(program, function, node, Level::Error, message, label);
    one.confidence = Confidence::Medium;
    one.primary.location.span = program.file(function.file).arena.span(node);
    one
}

/// Passwords that a file compares as they are, and models that keep them so, with the evidence.
#[derive(Default)]
struct Plain {
    findings: Vec<Finding>,
    models: Vec<(GlobalDef, Label)>,
}

fn compared_plain(context: &Context, (): &(), file: FileId) -> Plain {
    let program = context.program;
    let facts = program.file(file);
    let mut plain = Plain::default();
    // In every name of a password.
    static PASSWORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| letters(&["pass", "pwd", "pswd", "pw"]));
    if !may_name(facts, &PASSWORDS) {
        return plain;
    }
    // Where passwords are hashed with care, two that are compared are two hashes, unless one of them has just come in.
    let is_careful = facts.names.may_hold("password") && facts.arena.ids().any(|node| hashes_well(program, file, node));
    if is_careful && facts.language.family() != Family::TypeScript {
        return plain;
    }
    for function in program.functions_of(file).filter(|&function| in_scope(program, function)) {
        let Some(body) = facts.def(function.def).body else { continue };
        let mut found: Option<(NodeId, NodeId)> = None;
        facts.arena.walk(body, |node| {
            if let NodeKind::Binary { op: BinaryOp::Equal | BinaryOp::NotEqual, left, right } = facts.arena.kind(node) {
                for (stored, given) in [(left, right), (right, left)] {
                    if found.is_none()
                        && (!is_careful || is_of_body(facts, given))
                        && (is_stored(program, file, stored) && is_given(facts, given)
                            || is_of_queried_row(context, function, stored, given))
                        && !is_digested(facts, function.def, given)
                        && !is_before(facts, left, right)
                        && !is_of_one_input(facts, left, right)
                        && !is_change(program, file, node)
                    {
                        found = Some((node, stored));
                    }
                }
            }
        });
        if !is_careful {
            plain.findings.extend(looked_up_plain(program, function, body));
            plain.findings.extend(filtered_plain(context, function, body));
            plain.findings.extend(set_as_sent(program, function, body));
        }
        let Some((node, stored)) = found else { continue };
        let label = Label {
            location: program.location(file, facts.arena.span(node)),
            text: format!("compares `{}` as it is", spell(facts, stored)),
        };
        let message = format!("`{}` is compared with a password as plain text: it is kept unhashed", spell(facts, stored));
        let mut one = plain_text(program, function, node, message, "a comparison of plain passwords");
        if !is_of_account(program, file, stored) {
            one.level = Level::Note;
            one.message.push_str("; fine for an access code that many share");
        }
        plain.models.extend(owner(program, file, stored).map(|model| (model, label)));
        plain.findings.push(one);
    }
    plain
}

/// `req.body.password`
fn is_of_body(facts: &FileFacts, node: NodeId) -> bool {
    let NodeKind::Member { object, .. } = facts.arena.kind(node) else { return false };
    let NodeKind::Member { object: request, name, .. } = facts.arena.kind(object) else { return false };
    facts.text(name) == "body" && last_name(facts, request).is_some_and(|name| matches!(facts.text(name), "req" | "request"))
}

/// `row.password !== password`, where the row is one that a query of the function gave, whatever it is called, and the other one is a local: also the
/// current one that somebody types in to get a new one.
fn is_of_queried_row(context: &Context, function: GlobalDef, stored: NodeId, given: NodeId) -> bool {
    let facts = context.program.file(function.file);
    let (NodeKind::Member { object, name, path: false }, NodeKind::Name(other)) = (facts.arena.kind(stored), facts.arena.kind(given))
    else {
        return false;
    };
    let NodeKind::Name(row) = facts.arena.kind(object) else { return false };
    let is_typed = !parts(facts.text(other)).iter().any(|word| vocabulary().hashes.not_of_rows.has(word));
    let queries = context.summaries.of(function).map(|summary| summary.queries.as_slice()).unwrap_or_default();
    facts.language.family() == Family::TypeScript
        && is_password(facts.text(name))
        && !parts(facts.text(name)).iter().any(|word| is_second(word))
        && is_password(facts.text(other))
        && is_typed
        && assigned(facts, function.def, row).into_iter().any(|value| match facts.arena.kind(value) {
            NodeKind::Await(call) => chain(facts, call).any(|link| queries.iter().any(|query| query.site == link)),
            _ => false,
        })
}

/// `form.user.password != form.user.re_password`: two fields of one thing are typed twice, not kept and typed.
fn is_of_one_input(facts: &FileFacts, left: NodeId, right: NodeId) -> bool {
    match (facts.arena.kind(left), facts.arena.kind(right)) {
        (NodeKind::Member { object: one, name, .. }, NodeKind::Member { object: other, name: second, .. }) => {
            name != second && spell(facts, one) == spell(facts, other)
        }
        _ => false,
    }
}

/// The row as it was on one side: whether the password has changed is asked, and what it is given is hashed afterwards.
fn is_before(facts: &FileFacts, left: NodeId, right: NodeId) -> bool {
    [left, right].iter().any(|&side| {
        chain(facts, side)
            .filter_map(|link| last_name(facts, link))
            .any(|name| parts(facts.text(name)).iter().any(|word| vocabulary().hashes.before.has(word)))
    })
}

/// What is done where the two differ hashes what was given: a form sends the digest back unless somebody typed a new password.
fn is_change(program: &Program, file: FileId, comparison: NodeId) -> bool {
    let facts = program.file(file);
    let is_unequal = matches!(facts.arena.kind(comparison), NodeKind::Binary { op: BinaryOp::NotEqual, .. });
    let differs = program.nesting(file).around(comparison).skip(1).take(4).find_map(|around| match facts.arena.kind(around) {
        NodeKind::If { then, .. } => Some(then),
        _ => None,
    });
    is_unequal && differs.is_some_and(|then| digests(facts, then))
}

/// `comparePassword(password, user.password)`, where the helper compares its parameters as they are.
fn compared_by_helper(program: &Program) -> Vec<(FileId, Finding)> {
    let mut findings = Vec::new();
    let mut seen: BTreeSet<GlobalDef> = BTreeSet::new();
    let speaks: Vec<bool> = program.facts.iter().map(|facts| facts.names.may_hold("password")).collect();
    for edge in program.calls.iter().filter(|edge| edge.kind == CallKind::Call && edge.resolution != Resolution::NameOnly) {
        if !speaks[edge.caller.file.index()] || seen.contains(&edge.callee) {
            continue;
        }
        let facts = program.file(edge.caller.file);
        let mut given = arguments(facts, edge.site);
        let (Some(left), Some(right), None) = (given.next(), given.next(), given.next()) else { continue };
        if !in_scope(program, edge.caller) {
            continue;
        }
        let stored = [(left, right), (right, left)]
            .into_iter()
            .find(|&(stored, given)| is_stored(program, edge.caller.file, stored) && is_given(facts, given))
            .map(|(stored, _)| stored);
        let (Some(stored), Some(node)) = (stored, compares_parameters(program, edge.callee)) else { continue };
        seen.insert(edge.callee);
        let message = format!(
            "`{}` compares passwords as plain text (`{}` among them): they are kept unhashed",
            program.short_name(edge.callee),
            spell(facts, stored)
        );
        let mut one = plain_text(program, edge.callee, node, message, "a comparison of plain passwords");
        if !is_of_account(program, edge.caller.file, stored) {
            one.level = Level::Note;
            one.message.push_str("; fine for an access code that many share");
        }
        one.related =
            vec![Label { location: program.location(edge.caller.file, call_span(facts, edge.site)), text: "is given both".to_string() }];
        findings.push((edge.caller.file, one));
    }
    findings
}

/// The comparison of a function's two parameters with each other.
fn compares_parameters(program: &Program, function: GlobalDef) -> Option<NodeId> {
    let facts = program.file(function.file);
    let def = facts.def(function.def);
    let params: Vec<_> = def.params.iter().filter_map(|param| param.name).collect();
    let is_param = |node: NodeId| matches!(facts.arena.kind(node), NodeKind::Name(name) if params.contains(&name));
    let mut found = None;
    facts.arena.walk(def.body.filter(|_| params.len() == 2)?, |node| {
        if let NodeKind::Binary { op: BinaryOp::Equal | BinaryOp::NotEqual, left, right } = facts.arena.kind(node)
            && is_param(left)
            && is_param(right)
        {
            found = found.or(Some(node));
        }
    });
    found
}

/// Rows of a file that compares plain passwords, made with the password as it came: `{ userName, password }` in `addUser`.
fn kept_plain_in_rows(program: &Program, file: FileId) -> Option<Finding> {
    let facts = program.file(file);
    facts.definitions().find_map(|(id, def)| {
        let adds = parts(facts.text(def.name)).first().is_some_and(|word| vocabulary().hashes.keeping.has(word));
        let body = def.body.filter(|_| adds)?;
        let mut found = None;
        facts.arena.walk(body, |node| {
            if let NodeKind::Entry { key, value } = facts.arena.kind(node)
                && facts.string(key).is_some_and(is_password)
                && matches!(facts.arena.kind(value), NodeKind::Name(name) if def.params.iter().any(|param| param.name == Some(name)))
            {
                found = found.or(Some(node));
            }
        });
        let node = found?;
        let function = GlobalDef { file, def: id };
        let message =
            format!("`{}` keeps the password as plain text: it is stored as it came, and compared so later", program.short_name(function));
        Some(plain_text(program, function, node, message, "kept unhashed"))
    })
}

/// `filter_by(name=name, password=password)`, where the password came with the request: a row is found by it only if it is kept as it came.
fn looked_up_plain(program: &Program, function: GlobalDef, body: NodeId) -> Option<Finding> {
    let facts = program.file(function.file);
    if !facts.names.may_hold("password") {
        return None;
    }
    let mut found = None;
    facts.arena.walk(body, |call| {
        if found.is_some() || !matches!(facts.arena.kind(call), NodeKind::Call { form: CallForm::Plain, .. }) {
            return;
        }
        let finds = called_name(facts, call).is_some_and(|name| has(&methods().looks_up, name));
        // Of a query that is built link by link, only the last has the fact.
        let is_other = |path: &str| api_names().packages.of_http.starts(path);
        if !finds || program.called_api(function.file, call).is_none_or(|api| is_other(&api.path)) {
            return;
        }
        for argument in arguments(facts, call) {
            let mut seen = 0;
            facts.arena.walk_while(argument, |node| {
                seen += 1;
                let (name, value) = match facts.arena.kind(node) {
                    NodeKind::Argument { name, value } => (facts.text(name), value),
                    NodeKind::Entry { key, value } => (facts.string(key).unwrap_or_default(), value),
                    NodeKind::Closure(_) | NodeKind::Call { .. } => return false,
                    _ => return seen < 40,
                };
                if is_password(name) && came_with_request(program, function, value) {
                    found = found.or(Some(node));
                }
                seen < 40
            });
        }
    });
    let node = found?;
    let message = "an account is looked up by its password as it was sent: passwords are kept as plain text".to_string();
    Some(plain_text(program, function, node, message, "a password in a query"))
}

/// Rust: `.filter(password.eq(form.password))`, `.filter(Column::Password.eq(&form.password))`, where the value is a parameter, or a field of one, that
/// nothing on the way has hashed.
fn filtered_plain(context: &Context, function: GlobalDef, body: NodeId) -> Option<Finding> {
    let (program, facts) = (context.program, context.program.file(function.file));
    if facts.language.family() != Family::Rust {
        return None;
    }
    let def = facts.def(function.def);
    let is_param =
        |node: NodeId| matches!(facts.arena.kind(node), NodeKind::Name(name) if def.params.iter().any(|param| param.name == Some(name)));
    let mut found = None;
    facts.arena.walk(body, |call| {
        if found.is_some() || !matches!(called_name(facts, call), Some("filter" | "and_where")) {
            return;
        }
        for condition in arguments(facts, call).filter(|&condition| called_name(facts, condition) == Some("eq")) {
            let NodeKind::Call { callee, .. } = facts.arena.kind(condition) else { continue };
            let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { continue };
            let Some(value) = arguments(facts, condition).next() else { continue };
            let mut parts_of_value = chain(facts, value);
            let is_column = last_name(facts, object).is_some_and(|name| super::sensitive::speaks_of_password(facts.text(name)));
            // `&form.password.clone()`
            let is_read = chain(facts, value).all(|link| match facts.arena.kind(link) {
                NodeKind::Call { .. } => matches!(called_name(facts, link), Some("clone" | "as_str" | "to_string" | "to_owned")),
                _ => true,
            });
            if is_column && is_read && is_given(facts, value) && parts_of_value.any(is_param) {
                found = Some(condition);
            }
        }
    });
    let node = found?;
    let is_hashed = |function: GlobalDef| {
        let facts = program.file(function.file);
        facts.def(function.def).body.is_some_and(|body| digests(facts, body))
    };
    let callers = context.callers();
    let near = callers.of_function(function);
    let far = near.iter().flat_map(|edge| callers.of_function(program.outermost(edge.caller)));
    if is_hashed(function) || near.iter().chain(far).any(|edge| is_hashed(program.outermost(edge.caller))) {
        return None;
    }
    let message = "an account is looked up by its password as it was sent: passwords are kept as plain text".to_string();
    Some(Finding { level: Level::Warning, ..plain_text(program, function, node, message, "a password in a query") })
}

/// Python: `user.password = data.get("password")`, of a row whose column takes what it is given.
fn set_as_sent(program: &Program, function: GlobalDef, body: NodeId) -> Option<Finding> {
    let (file, facts) = (function.file, program.file(function.file));
    if facts.language.family() != Family::Python || !facts.names.may_hold("password") {
        return None;
    }
    let mut found = None;
    facts.arena.walk(body, |node| {
        if let NodeKind::Assign { target, value, op: AssignOp::Set } = facts.arena.kind(node)
            && found.is_none()
            && is_stored(program, file, target)
            && is_of_account(program, file, target)
            && came_with_request(program, function, value)
        {
            found = Some((node, target));
        }
    });
    let (node, target) = found?;
    let message = format!("`{}` is set to the password as it was sent; fine where the model hashes what it is given", spell(facts, target));
    Some(Finding { level: Level::Note, ..plain_text(program, function, node, message, "kept unhashed") })
}

/// The value is a password read from a request, directly or by a local variable that nothing else is given to.
fn came_with_request(program: &Program, function: GlobalDef, value: NodeId) -> bool {
    let facts = program.file(function.file);
    let reads = |node: NodeId| {
        let key = match facts.arena.kind(node) {
            NodeKind::Index { index, .. } => facts.string(index),
            NodeKind::Member { name, path: false, .. } => Some(facts.text(name)),
            NodeKind::Call { .. } if matches!(called_name(facts, node), Some("get" | "pop" | "getlist")) => {
                arguments(facts, node).next().and_then(|first| facts.string(first))
            }
            _ => None,
        };
        let is_sent = chain(facts, node).any(|link| {
            last_name(facts, link).is_some_and(|name| {
                let name = facts.text(name);
                vocabulary().hashes.requests.has(name) || parts(name).iter().any(|word| word == "request" || word == "payload")
            })
        });
        is_sent && key.is_some_and(|key| is_password(key) || key == "pass")
    };
    match facts.arena.kind(value) {
        NodeKind::Name(name) => {
            let values = assigned(facts, function.def, name);
            !values.is_empty() && values.into_iter().all(reads) || is_taken_out(facts, function, name)
        }
        _ => reads(value),
    }
}

/// TypeScript: `const { email, password } = req.body`, and nothing else is given to the name.
fn is_taken_out(facts: &FileFacts, function: GlobalDef, name: Name) -> bool {
    let Some(body) = facts.def(function.def).body else { return false };
    let (mut taken, mut given) = (false, false);
    facts.arena.walk(body, |node| match facts.arena.kind(node) {
        NodeKind::Declare { target, value: Some(value), .. } => {
            let NodeKind::Collection { items, .. } = facts.arena.kind(target) else { return };
            let is_body = matches!(facts.arena.kind(value), NodeKind::Member { object, name, .. }
                if facts.text(name) == "body" && last_name(facts, object).is_some_and(|name| matches!(facts.text(name), "req" | "request")));
            taken |= is_body
                && facts.arena.list(items).any(|item| {
                    matches!(facts.arena.kind(item), NodeKind::Entry { key, value }
                        if facts.string(key).is_some_and(is_password) && facts.arena.kind(value) == NodeKind::Name(name))
                });
        }
        NodeKind::Assign { target, .. } => given |= facts.arena.kind(target) == NodeKind::Name(name),
        _ => {}
    });
    facts.language.family() == Family::TypeScript && taken && !given
}

/// `user.password`, where `user` is a row: an instance of a model, or something called like one.
fn is_stored(program: &Program, file: FileId, node: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Member { object, name, path: false } = facts.arena.kind(node) else { return false };
    let name = facts.text(name);
    let is_plain = is_password(name) && !parts(name).iter().any(|word| is_second(word));
    match owner(program, file, node) {
        _ if !is_plain => false,
        Some(model) => !is_computed(program, model, name),
        None => is_account(facts, object) || is_one_of_accounts(program, file, object),
    }
}

/// What the model gives under that name is no column: a property, or a descriptor of the project's own, which may compare as it likes
/// (`password = PasswordProperty("password_hash")`).
fn is_computed(program: &Program, model: GlobalDef, name: &str) -> bool {
    let facts = program.file(model.file);
    facts.definitions().any(|(_, member)| {
        member.parent == model.def
            && facts.text(member.name) == name
            && match member.kind {
                DefKind::Method | DefKind::Function => true,
                DefKind::Field | DefKind::Variable => member.value.is_some_and(|value| match facts.arena.kind(value) {
                    NodeKind::Call { callee, .. } => matches!(program.value(model.file, callee), Value::Def(_)),
                    _ => false,
                }),
                _ => false,
            }
    })
}

/// The parameter of a closure that looks through accounts: `users.find((one) => …)`.
fn is_one_of_accounts(program: &Program, file: FileId, node: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Name(name) = facts.arena.kind(node) else { return false };
    let nesting = program.nesting(file);
    let owner = nesting.owner(node);
    if facts.def(owner).params.first().and_then(|param| param.name) != Some(name) {
        return false;
    }
    let Some((call, 0)) = nesting.place(owner).and_then(|closure| nesting.argument_of(facts, closure)) else { return false };
    let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return false };
    let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return false };
    matches!(called_name(facts, call), Some("find" | "filter" | "some" | "findIndex"))
        && last_name(facts, object)
            .is_some_and(|list| parts(facts.text(list)).last().is_some_and(|word| vocabulary().hashes.lists_of_accounts.has(word)))
}

/// The password is an account's: of what is called like one, or of a model that has an address or a name to log in with.
fn is_of_account(program: &Program, file: FileId, node: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Member { object, .. } = facts.arena.kind(node) else { return true };
    if is_account(facts, object) || is_one_of_accounts(program, file, object) {
        return true;
    }
    let Some(model) = owner(program, file, node) else { return true };
    let own = program.file(model.file);
    parts(program.name(model)).iter().any(|word| vocabulary().hashes.accounts.has(word))
        || own.definitions().any(|(_, field)| field.parent == model.def && vocabulary().hashes.account_names.has(own.text(field.name)))
}

fn owner(program: &Program, file: FileId, node: NodeId) -> Option<GlobalDef> {
    let NodeKind::Member { object, .. } = program.file(file).arena.kind(node) else { return None };
    match program.value(file, object) {
        Value::Instance { class, .. } if program.role(class).is_some_and(|evidence| evidence.role == Role::Model) => Some(class),
        _ => None,
    }
}

pub(super) fn is_account(facts: &FileFacts, node: NodeId) -> bool {
    let Some(name) = last_name(facts, node) else { return false };
    let words = parts(facts.text(name));
    let is_row = words.last().is_some_and(|word| vocabulary().hashes.rows.has(word));
    let is_input = words.iter().any(|word| vocabulary().hashes.not_rows.has(word));
    is_row && !is_input
}

/// The password that somebody gives: not the second of two that are typed in, not a digest.
fn is_given(facts: &FileFacts, node: NodeId) -> bool {
    let mut found = false;
    let mut second = false;
    carriers(facts, node, &mut |_, name| {
        found |= is_password(name);
        second |= parts(name).iter().any(|word| is_second(word));
    });
    found && !second
}

/// The name holds a digest by now: `password = hash_of(password, salt)`.
fn is_digested(facts: &FileFacts, function: DefId, given: NodeId) -> bool {
    let NodeKind::Name(name) = facts.arena.kind(given) else { return false };
    assigned(facts, function, name).into_iter().any(|value| digests(facts, value))
}

/// Something in the code is called that makes a digest by its name: `PasswordEncoder.encode(pass)`, `hash_of(password, salt)`.
fn digests(facts: &FileFacts, code: NodeId) -> bool {
    let mut found = false;
    walk_deep(facts, code, |node| {
        let NodeKind::Call { callee, .. } = facts.arena.kind(node) else { return true };
        let of_encoder = match facts.arena.kind(callee) {
            NodeKind::Member { object, .. } => {
                called_name(facts, node) == Some("encode")
                    && last_name(facts, object)
                        .is_some_and(|name| parts(facts.text(name)).iter().any(|word| word == "password" || word == "encoder"))
            }
            _ => false,
        };
        found |=
            of_encoder || called_name(facts, node).is_some_and(|name| parts(name).iter().any(|word| vocabulary().hashes.digests.has(word)));
        true
    });
    found
}

fn is_second(word: &str) -> bool {
    vocabulary().hashes.second.has(word)
}

/// Methods of the model that keep a parameter called a password as it is.
fn kept_plain(program: &Program, model: GlobalDef, evidence: Label) -> Option<Finding> {
    let facts = program.file(model.file);
    let methods = facts.definitions().filter(|(_, def)| def.parent == model.def && def.kind == DefKind::Method);
    for (id, def) in methods {
        let Some(body) = def.body else { continue };
        let mut found = None;
        facts.arena.walk(body, |node| {
            if let NodeKind::Assign { target, value, op: AssignOp::Set } = facts.arena.kind(node)
                && let NodeKind::Member { object, name, .. } = facts.arena.kind(target)
                && facts.arena.kind(object) == NodeKind::Receiver
                && is_password(facts.text(name))
                && matches!(facts.arena.kind(value), NodeKind::Name(own) if is_password(facts.text(own)))
            {
                found = found.or(Some(node));
            }
        });
        if let Some(node) = found {
            let function = GlobalDef { file: model.file, def: id };
            let message = format!(
                "`{}` keeps passwords as plain text: what it is given is stored, and compared later, as it is",
                program.short_name(function)
            );
            return Some(Finding { related: vec![evidence], ..plain_text(program, function, node, message, "kept unhashed") });
        }
    }
    None
}
