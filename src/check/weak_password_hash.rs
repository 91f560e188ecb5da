//! `weak-password-hash`: a password that is hashed quickly, kept or compared as plain text, or hashed with too little work.
//!
//! That a value is a password is told by its name where it enters the hash: in the call itself, in the local variable it came from, in the
//! function whose parameter it is, or in the caller that hands it to a hashing helper. A hash of anything else is no business of
//! this rule, nor is a quick hash that only prepares the input of a slow one, or the look-up of leaked passwords.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::Context;
use super::dependence::Dependence;
use super::requests::{Nestings, has_fact, named};
use super::scope::in_scope;
use super::sensitive::{assigned, carriers, constant, is_password, parts, speaks_of_password};
use super::spelling::{call_span, spelled_callee};
use crate::model::body::{AssignOp, BinaryOp, CallForm, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts, ParamKind};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::{ApiFact, ArgumentRef};
use crate::model::nesting::{Nesting, arguments, called_name, last_name, spell};
use crate::model::program::{CallKind, Program, Resolution, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::FileId;

const RULE: &str = "weak-password-hash";

/// Calls of a helper that hand it a password, shown with it.
const MAX_CALLERS: usize = 6;

/// Finds passwords that are not protected.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let nestings = Nestings::new(program);
    let mut findings = Vec::new();
    let mut helpers: BTreeMap<(GlobalDef, usize), (GlobalDef, NodeId)> = BTreeMap::new();
    for function in program.functions() {
        if in_scope(program, function) {
            in_function(program, &nestings, function, &mut findings, &mut helpers);
        }
    }
    findings.extend(through_helpers(program, &nestings, helpers));
    findings.extend(plain_text(program));
    findings.extend(super::password_settings::check(program));
    let mut seen = BTreeSet::new();
    findings.retain(|finding| seen.insert((finding.primary.location.path.clone(), finding.primary.location.span)));
    findings
}

fn in_function(
    program: &Program,
    nestings: &Nestings,
    function: GlobalDef,
    findings: &mut Vec<Finding>,
    helpers: &mut BTreeMap<(GlobalDef, usize), (GlobalDef, NodeId)>,
) {
    let facts = program.file(function.file);
    let Some(body) = facts.def(function.def).body else { return };
    facts.arena.walk(body, |node| {
        let NodeKind::Call { form, .. } = facts.arena.kind(node) else { return };
        if form == CallForm::Pattern {
            return;
        }
        let Some(api) = program.called_api(function.file, node) else { return };
        for (fact, _) in program.facts_of(api) {
            match fact {
                ApiFact::FastHash if !is_for_something_else(program, nestings, function, node) => {
                    match hashed_password(facts, function.def, node) {
                        Some(text) => findings.push(quick(program, function, node, &text, &[])),
                        None => helpers.extend(hashed_parameters(program, function, node).into_iter().map(|at| (at, (function, node)))),
                    }
                }
                ApiFact::WeakPasswordHash => findings.push(weak_scheme(program, function, node)),
                ApiFact::Cost { argument, minimum } => findings.extend(too_cheap(program, function, node, argument, *minimum)),
                _ => {}
            }
        }
    });
}

/// The name of the password that a hashing call is given, if it is one.
fn hashed_password(facts: &FileFacts, function: DefId, call: NodeId) -> Option<String> {
    let mut found = None;
    let mut locals = Vec::new();
    let mut is_protocol = false;
    for argument in arguments(facts, call) {
        carriers(facts, argument, &mut |node, name| {
            is_protocol |= matches!(name, "realm" | "nonce" | "cnonce" | "challenge");
            if is_password(name) && found.is_none() {
                found = Some(name.to_string());
            } else if let NodeKind::Name(name) = facts.arena.kind(node) {
                locals.push(name);
            }
        });
    }
    for local in locals {
        for value in assigned(facts, function, local) {
            carriers(facts, value, &mut |_, name| {
                is_protocol |= matches!(name, "realm" | "nonce" | "cnonce" | "challenge");
                if is_password(name) && found.is_none() {
                    found = Some(name.to_string());
                }
            });
        }
    }
    found.filter(|_| !is_protocol)
}

/// The hash is not what keeps the password: it prepares a slow hash, looks up leaks, names a cache entry, or makes a key.
fn is_for_something_else(program: &Program, nestings: &Nestings, function: GlobalDef, call: NodeId) -> bool {
    const OTHER: &[&str] = &[
        "pwned",
        "hibp",
        "breach",
        "breached",
        "leaked",
        "leak",
        "encrypt",
        "decrypt",
        "cipher",
        "derive",
        "derivation",
        "gravatar",
        "etag",
        "checksum",
        "cache",
        "fingerprint",
        "prehash",
        "signature",
        "sign",
        "authorization",
        "basic",
        "header",
        "headers",
        "challenge",
        "scram",
        "kdf",
        "aes",
        "avatar",
    ];
    let facts = program.file(function.file);
    let mut at = function.def;
    for _ in 0..8 {
        let def = facts.def(at);
        if at != DefId::MODULE && parts(facts.text(def.name)).iter().any(|word| OTHER.contains(&word.as_str())) {
            return true;
        }
        if at == DefId::MODULE {
            break;
        }
        at = def.parent;
    }
    let safe = arguments(facts, call).any(|argument| match facts.arena.kind(argument) {
        NodeKind::Argument { name, value } => facts.text(name) == "usedforsecurity" && facts.arena.kind(value) == NodeKind::Bool(false),
        _ => false,
    });
    let encodes = called_name(facts, call)
        .is_some_and(|name| matches!(name, "btoa" | "b64encode" | "urlsafe_b64encode" | "b32encode" | "encodebytes"));
    let nesting = nestings.of(function.file);
    safe || encodes && !is_kept_as_password(facts, &nesting, call)
        || nesting.around(call).skip(1).take(24).any(|around| {
            let slow = matches!(facts.arena.kind(around), NodeKind::Call { .. })
                && has_fact(program, function.file, around, |fact| *fact == ApiFact::PasswordHash);
            let names = match facts.arena.kind(around) {
                NodeKind::Assign { target, .. } | NodeKind::Declare { target, .. } => last_name(facts, target).map(|name| facts.text(name)),
                NodeKind::Entry { key, .. } => facts.string(key),
                NodeKind::Argument { name, .. } => Some(facts.text(name)),
                _ => None,
            };
            slow || names.is_some_and(|name| parts(name).iter().any(|word| OTHER.contains(&word.as_str())))
        })
}

/// Base64 is no hash: only where its result is kept as a password is it meant as one.
fn is_kept_as_password(facts: &FileFacts, nesting: &Nesting, call: NodeId) -> bool {
    nesting.around(call).take(12).any(|around| match facts.arena.kind(around) {
        NodeKind::Assign { target, op: AssignOp::Set, .. } => {
            matches!(facts.arena.kind(target), NodeKind::Member { .. })
                && last_name(facts, target).is_some_and(|name| speaks_of_password(facts.text(name)))
        }
        _ => false,
    })
}

/// Parameters of the function that enter the hash, by their position among its arguments. A function called `hash_password` is told by its name.
fn hashed_parameters(program: &Program, function: GlobalDef, call: NodeId) -> Vec<(GlobalDef, usize)> {
    let facts = program.file(function.file);
    let outer = named(program, function);
    let def = facts.def(outer.def);
    let Some(body) = def.body else { return Vec::new() };
    let mut found = Vec::new();
    let params = def.params.iter().filter(|param| param.kind != ParamKind::Receiver).enumerate();
    for (at, param) in params.filter(|(_, param)| matches!(param.kind, ParamKind::Normal | ParamKind::KeywordOnly)).take(4) {
        let Some(name) = param.name else { continue };
        let dependence = Dependence::of(facts, &[name], body);
        let enters = arguments(facts, call).any(|argument| {
            let mut enters = false;
            carriers(facts, argument, &mut |node, _| enters |= dependence.mentions(facts, node));
            enters
        });
        if enters {
            found.push((outer, at));
        }
    }
    found
}

/// Helpers that hash what their callers give them: reported where a caller gives a password, or where the helper's own name says so.
fn through_helpers(program: &Program, nestings: &Nestings, helpers: BTreeMap<(GlobalDef, usize), (GlobalDef, NodeId)>) -> Vec<Finding> {
    let mut callers: FxHashMap<GlobalDef, Vec<(GlobalDef, NodeId)>> = FxHashMap::default();
    for edge in &program.calls {
        if edge.kind == CallKind::Call
            && edge.resolution != Resolution::NameOnly
            && helpers.keys().any(|(helper, _)| *helper == edge.callee)
        {
            callers.entry(edge.callee).or_default().push((edge.caller, edge.site));
        }
    }
    let mut findings = Vec::new();
    for ((helper, at), (function, node)) in helpers {
        let node_of_hash = node;
        let facts = program.file(helper.file);
        let name = facts.text(facts.def(helper.def).name);
        let own = speaks_of_password(name)
            && parts(name).iter().any(|word| {
                matches!(
                    word.as_str(),
                    "hash" | "hashed" | "make" | "set" | "check" | "verify" | "compare" | "encrypt" | "crypt" | "validate" | "digest"
                )
            });
        let mut given: Vec<Label> = Vec::new();
        let mut what = None;
        for &(caller, site) in callers.get(&helper).into_iter().flatten() {
            if !in_scope(program, caller) || is_for_something_else(program, nestings, caller, site) {
                continue;
            }
            let own = program.file(caller.file);
            let Some(argument) = arguments(own, site).nth(at) else { continue };
            let mut password = None;
            carriers(own, argument, &mut |node, name| {
                // What an account keeps is a hash already, when something signs it.
                let is_kept = matches!(own.arena.kind(node), NodeKind::Member { object, .. } if is_account(own, object))
                    && is_keyed(facts, node_of_hash);
                if is_password(name) && !is_kept {
                    password = password.take().or_else(|| Some(name.to_string()));
                }
            });
            if let Some(password) = password {
                given.push(Label {
                    location: program.location(caller.file, call_span(own, site)),
                    text: format!("`{password}` is given to `{}`", program.short_name(helper)),
                });
                what = what.or(Some(password));
            }
        }
        if own || !given.is_empty() {
            let text = what.unwrap_or_else(|| name.to_string());
            given.truncate(MAX_CALLERS);
            findings.push(quick(program, function, node, &text, &given));
        }
    }
    findings
}

/// HMAC: it signs, with a key.
fn is_keyed(facts: &FileFacts, call: NodeId) -> bool {
    spell(facts, call).to_ascii_lowercase().contains("hmac")
}

fn algorithm(facts: &FileFacts, call: NodeId) -> String {
    // `createHash("md5").update(x)`, `hashlib.new("md5", x)`: what is named in the call says more than the method.
    let mut at = Some(call);
    while let Some(node) = at {
        if let Some(text) = arguments(facts, node).find_map(|argument| facts.string(argument))
            && matches!(
                text.to_ascii_lowercase().replace(['-', '_'], "").as_str(),
                "md4" | "md5" | "sha1" | "sha224" | "sha256" | "sha384" | "sha512" | "sha3256" | "sha3512" | "blake2b" | "ripemd160"
            )
        {
            return text.to_ascii_uppercase();
        }
        at = crate::model::nesting::chain_inner(facts, node).filter(|_| at != crate::model::nesting::chain_inner(facts, node));
    }
    spelled_callee(facts, call)
}

fn finding(program: &Program, function: GlobalDef, node: NodeId, level: Level, message: String, label: &str) -> Finding {
    let facts = program.file(function.file);
    Finding {
        rule: RULE.into(),
        level,
        message,
        primary: Label { location: program.location(function.file, call_span(facts, node)), text: label.to_string() },
        related: Vec::new(),
        flow: Vec::new(),
        help: Some(SLOW.to_string()),
        subject: format!("{} {}", program.qualified_name(named(program, function)), spelled_callee(facts, node)),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}

const SLOW: &str = "hash passwords with Argon2id, scrypt or bcrypt (`argon2`, `passlib`, `bcrypt`), which are slow and salted by design, and compare with their own `verify`";

fn quick(program: &Program, function: GlobalDef, node: NodeId, password: &str, related: &[Label]) -> Finding {
    let facts = program.file(function.file);
    let name = algorithm(facts, node);
    let message =
        format!("`{password}` is hashed with `{name}`, which is made to be fast: leaked hashes are guessed by the billion each second");
    Finding { related: related.to_vec(), ..finding(program, function, node, Level::Error, message, "a quick hash of a password") }
}

fn weak_scheme(program: &Program, function: GlobalDef, node: NodeId) -> Finding {
    let spelled = spelled_callee(program.file(function.file), node);
    let message = format!("passwords are hashed with `{spelled}`, which does not protect them");
    finding(program, function, node, Level::Error, message, "a broken scheme")
}

fn too_cheap(program: &Program, function: GlobalDef, node: NodeId, argument: &ArgumentRef, minimum: i64) -> Option<Finding> {
    let facts = program.file(function.file);
    let value = super::password_settings::argument(facts, node, argument)?;
    let work = number(facts, program, function.file, value)?;
    if work >= minimum || work <= 0 {
        return None;
    }
    let spelled = spelled_callee(facts, node);
    let message = format!("`{spelled}` works with a cost of {work}, less than the {minimum} that a password hash needs at least today");
    let help = format!("raise the cost to {minimum} or more; hashes made so far keep theirs, and can be renewed at the next login");
    Some(Finding { help: Some(help), ..finding(program, function, node, Level::Warning, message, "too little work") })
}

/// A number, or a constant of the module that is one.
fn number(facts: &FileFacts, program: &Program, file: FileId, node: NodeId) -> Option<i64> {
    match facts.arena.kind(node) {
        NodeKind::Number(text) => facts.text(text).replace('_', "").parse().ok(),
        NodeKind::Name(name) => match program.value(file, node) {
            Value::Def(def) => {
                let other = program.file(def.file);
                let value = other.def(def.def).value?;
                match other.arena.kind(value) {
                    NodeKind::Number(text) => other.text(text).replace('_', "").parse().ok(),
                    _ => None,
                }
            }
            _ => constant(facts, name).and_then(|value| match facts.arena.kind(value) {
                NodeKind::Number(text) => facts.text(text).replace('_', "").parse().ok(),
                _ => None,
            }),
        },
        _ => None,
    }
}

/// Passwords that are compared as they are with what a model keeps, and the constructors that keep them so.
fn plain_text(program: &Program) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut models: BTreeMap<GlobalDef, Label> = BTreeMap::new();
    for function in program.functions() {
        if !in_scope(program, function) {
            continue;
        }
        let facts = program.file(function.file);
        let Some(body) = facts.def(function.def).body else { continue };
        let mut found: Vec<(NodeId, NodeId)> = Vec::new();
        facts.arena.walk(body, |node| {
            if let NodeKind::Binary { op: BinaryOp::Equal | BinaryOp::NotEqual, left, right } = facts.arena.kind(node) {
                for (stored, given) in [(left, right), (right, left)] {
                    if is_stored(program, function.file, stored) && is_given(facts, given) && found.is_empty() {
                        found.push((node, stored));
                    }
                }
            }
        });
        for (node, stored) in found {
            let label = Label {
                location: program.location(function.file, facts.arena.span(node)),
                text: format!("compares `{}` as it is", spell(facts, stored)),
            };
            let message = format!("`{}` is compared with a password as plain text: it is kept unhashed", spell(facts, stored));
            let mut one = finding(program, function, node, Level::Error, message, "a comparison of plain passwords");
            one.confidence = Confidence::Medium;
            one.primary.location.span = facts.arena.span(node);
            if let Some(model) = owner(program, function.file, stored) {
                models.entry(model).or_insert(label);
            }
            findings.push(one);
        }
    }
    for (model, evidence) in models {
        findings.extend(kept_plain(program, model, evidence));
    }
    findings
}

/// `user.password`, where `user` is a row: an instance of a model, or something called like one.
fn is_stored(program: &Program, file: FileId, node: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Member { object, name, path: false } = facts.arena.kind(node) else { return false };
    let name = facts.text(name);
    let is_plain = is_password(name) && !parts(name).iter().any(|word| is_second(word));
    is_plain && (owner(program, file, node).is_some() || is_account(facts, object))
}

fn owner(program: &Program, file: FileId, node: NodeId) -> Option<GlobalDef> {
    let NodeKind::Member { object, .. } = program.file(file).arena.kind(node) else { return None };
    match program.value(file, object) {
        Value::Instance { class, .. } if program.role(class).is_some_and(|evidence| evidence.role == Role::Model) => Some(class),
        _ => None,
    }
}

fn is_account(facts: &FileFacts, node: NodeId) -> bool {
    let Some(name) = last_name(facts, node) else { return false };
    let words = parts(facts.text(name));
    let is_row = words
        .last()
        .is_some_and(|word| matches!(word.as_str(), "user" | "account" | "member" | "admin" | "customer" | "employee" | "row" | "record"));
    let is_input = words
        .iter()
        .any(|word| matches!(word.as_str(), "new" | "input" | "request" | "form" | "dto" | "create" | "update" | "data" | "body"));
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

fn is_second(word: &str) -> bool {
    matches!(
        word,
        "confirm"
            | "confirmation"
            | "confirmed"
            | "repeat"
            | "repeated"
            | "again"
            | "retype"
            | "verify"
            | "new"
            | "old"
            | "default"
            | "initial"
            | "current"
            | "original"
            | "previous"
            | "dummy"
            | "check"
    )
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
            let mut finding = finding(program, function, node, Level::Error, message, "kept unhashed");
            finding.related = vec![evidence];
            finding.confidence = Confidence::Medium;
            finding.primary.location.span = facts.arena.span(node);
            return Some(finding);
        }
    }
    None
}
