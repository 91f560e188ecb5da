//! `weak-password-hash`: a password that is hashed quickly, kept or compared as plain text, or hashed with too little work.
//!
//! That a value is a password is told by its name where it enters the hash: in the call itself, in the local variable it came from, in the
//! function whose parameter it is, or in the caller that hands it to a hashing helper. A hash of anything else is no business of
//! this rule, nor is a quick hash that only prepares the input of a slow one, or the look-up of leaked passwords.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::Context;
use super::dependence::Dependence;
use super::plain_passwords::{hashes_well, stored_as_they_came};
use super::requests::{has_fact, named};
use super::scope::in_scope;
use super::sensitive::{assigned, carriers, constant, is_password, parts, speaks_of_password};
use super::spelling::{call_span, spelled_callee};
use crate::model::body::{AssignOp, BinaryOp, CallForm, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts, ParamKind};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::{ApiFact, ArgumentRef};
use crate::model::nesting::{Nesting, Nestings, arguments, called_name, chain, last_name, spell};
use crate::model::program::{CallKind, Program, Resolution, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::FileId;

const RULE: &str = "weak-password-hash";

/// Calls of a helper that hand it a password, shown with it.
const MAX_CALLERS: usize = 6;

/// Finds passwords that are not protected.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let mut findings = Vec::new();
    let mut helpers: Helpers = BTreeMap::new();
    for found in context.each_file(RULE, (), in_file).iter() {
        findings.extend_from_slice(&found.findings);
        helpers.extend(&found.helpers);
    }
    findings.extend(through_helpers(program, &program.nestings, helpers));
    findings.extend(plain_text(context));
    findings.extend(stored_as_they_came(context));
    findings.extend(super::passwords_in_sql::in_statements(context));
    findings.extend(
        context.in_files("weak-password-hash: settings", (), |context, (): &(), file| {
            super::password_settings::in_file(context.program, file)
        }),
    );
    let mut seen = BTreeSet::new();
    findings.retain(|finding| seen.insert((finding.primary.location.path.clone(), finding.primary.location.span)));
    findings
}

/// Functions that hash what they are given, by the position of the parameter: who calls the hash, and where.
type Helpers = BTreeMap<(GlobalDef, usize), (GlobalDef, NodeId)>;

/// What the functions of a file hash.
#[derive(Default)]
struct Hashed {
    findings: Vec<Finding>,
    helpers: Helpers,
}

fn in_file(context: &Context, (): &(), file: FileId) -> Hashed {
    let program = context.program;
    let mut found = Hashed::default();
    for function in program.functions_of(file).filter(|&function| in_scope(program, function)) {
        in_function(program, &program.nestings, function, &mut found.findings, &mut found.helpers);
    }
    found
}

fn in_function(program: &Program, nestings: &Nestings, function: GlobalDef, findings: &mut Vec<Finding>, helpers: &mut Helpers) {
    let facts = program.file(function.file);
    let Some(body) = facts.def(function.def).body else { return };
    facts.arena.walk(body, |node| {
        let NodeKind::Call { form, .. } = facts.arena.kind(node) else { return };
        if form == CallForm::Pattern {
            return;
        }
        findings.extend(digest_as_password(program, function, node));
        let Some(api) = program.called_api(function.file, node) else { return };
        for (fact, _) in program.facts_of(api) {
            match fact {
                ApiFact::FastHash if !is_for_something_else(program, nestings, function, node) => {
                    match hashed_password(facts, function.def, node) {
                        Some(_) if is_only_called_so(program, function, node) => {}
                        Some(text) => findings.push(quick(program, function, node, &text, &[])),
                        None => helpers.extend(hashed_parameters(program, function, node).into_iter().map(|at| (at, (function, node)))),
                    }
                }
                ApiFact::WeakPasswordHash if !names_strong_scheme(facts, node) => findings.push(weak_scheme(program, function, node)),
                ApiFact::Cost { argument, minimum } => findings.extend(too_cheap(program, function, node, argument, *minimum)),
                _ => {}
            }
        }
    });
}

/// `user.set_password(hashlib.md5(text).hexdigest())`, directly or by a local variable: whatever was hashed, the digest is the password from now on.
fn digest_as_password(program: &Program, function: GlobalDef, call: NodeId) -> Option<Finding> {
    let facts = program.file(function.file);
    if !matches!(called_name(facts, call), Some("set_password" | "setPassword")) {
        return None;
    }
    let hashed = arguments(facts, call).find_map(|argument| broken_digest(program, function, argument, 0))?;
    let message = "a digest of MD5 or SHA-1 is set as a password: leaked ones are guessed by the billion each second".to_string();
    let mut one = finding(program, function, call, Level::Warning, message, "a quick hash for a password");
    one.related = vec![Label { location: program.location(function.file, facts.arena.span(hashed)), text: "hashed here".to_string() }];
    Some(one)
}

/// The call of a library that makes a digest of MD5 or SHA-1, in a value or in what the local variables in it hold.
fn broken_digest(program: &Program, function: GlobalDef, value: NodeId, depth: u8) -> Option<NodeId> {
    let facts = program.file(function.file);
    let is_broken = |name: &str| matches!(name.to_ascii_lowercase().as_str(), "md2" | "md4" | "md5" | "sha1" | "sha-1");
    let (mut call, mut broken, mut locals) = (None, false, Vec::new());
    facts.arena.walk(value, |node| match facts.arena.kind(node) {
        NodeKind::Call { .. } if program.called_api(function.file, node).is_some() => call = call.or(Some(node)),
        NodeKind::Name(name) | NodeKind::Member { name, .. } | NodeKind::Str(name) => {
            broken |= is_broken(facts.text(name));
            if matches!(facts.arena.kind(node), NodeKind::Name(_)) {
                locals.push(name);
            }
        }
        _ => {}
    });
    if broken && call.is_some() {
        return call;
    }
    let follow =
        |name| assigned(facts, function.def, name).into_iter().find_map(|value| broken_digest(program, function, value, depth + 1));
    locals.into_iter().take(4).filter(|_| depth < 2).find_map(follow)
}

/// `crypt.crypt(password, crypt.METHOD_SHA512)`: thousands of rounds and a salt.
fn names_strong_scheme(facts: &FileFacts, call: NodeId) -> bool {
    let strong = ["METHOD_SHA512", "METHOD_SHA256", "METHOD_BLOWFISH"];
    let mut found = false;
    arguments(facts, call).for_each(|argument| carriers(facts, argument, &mut |_, name| found |= strong.contains(&name)));
    found
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

/// The parameter is called a password, but no caller gives one: `createAccessToken({ password: userId })`.
fn is_only_called_so(program: &Program, function: GlobalDef, call: NodeId) -> bool {
    let facts = program.file(function.file);
    let outer = named(program, function);
    let mut hashed = None;
    for argument in arguments(facts, call) {
        carriers(facts, argument, &mut |node, name| {
            if is_password(name) && matches!(facts.arena.kind(node), NodeKind::Name(_)) {
                hashed = hashed.or(Some(name));
            }
        });
    }
    let Some(hashed) = hashed else { return false };
    let params = facts.def(outer.def).params.iter().filter(|param| param.kind != ParamKind::Receiver);
    let Some((at, whole)) = params.enumerate().find_map(|(at, param)| {
        let is_whole = param.name.is_some_and(|name| facts.text(name) == hashed);
        let is_part =
            param.pattern.is_some_and(|pattern| super::loops::bound_names(facts, pattern).iter().any(|name| facts.text(*name) == hashed));
        (is_whole || is_part).then_some((at, is_whole))
    }) else {
        return false;
    };
    let mut calls = 0;
    for edge in program.calls.iter().filter(|edge| edge.callee == outer && edge.kind == CallKind::Call) {
        let own = program.file(edge.caller.file);
        let Some(argument) = arguments(own, edge.site).nth(at) else { return false };
        let given = if whole { Some(argument) } else { super::password_settings::entry(own, argument, hashed) };
        let Some(given) = given else { return false };
        let mut speaks = matches!(own.arena.kind(given), NodeKind::Spread { .. });
        let mut seen = false;
        carriers(own, given, &mut |_, name| {
            seen = true;
            speaks |= speaks_of_password(name) || matches!(name, "pass" | "value" | "text" | "input" | "data" | "plain");
        });
        if speaks || !seen {
            return false;
        }
        calls += 1;
    }
    calls > 0
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
    safe || encodes && !is_kept_as_password(facts, nesting, call)
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
fn through_helpers(program: &Program, nestings: &Nestings, helpers: Helpers) -> Vec<Finding> {
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
        // `hash_app_password(did, password)`, where only the salt is made of a quick hash.
        let takes_password = facts.def(helper.def).params.iter().filter(|param| param.kind != ParamKind::Receiver).enumerate();
        let is_another =
            takes_password.into_iter().any(|(other, param)| other != at && param.name.is_some_and(|name| is_password(facts.text(name))));
        let own = speaks_of_password(name)
            && !is_another
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
    // PBKDF2 makes keys of anything: what it is given, or the function around it, must speak of a password.
    let is_general = program.called_api(function.file, node).is_some_and(|api| api.path.to_ascii_lowercase().contains("pbkdf2"));
    let outer = named(program, function);
    if is_general && hashed_password(facts, function.def, node).is_none() && !speaks_of_password(program.name(outer)) {
        return None;
    }
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
fn plain_text(context: &Context) -> Vec<Finding> {
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
    // Where passwords are hashed with care, two that are compared are two hashes.
    if facts.names.may_hold("password") && facts.arena.ids().any(|node| hashes_well(program, file, node)) {
        return plain;
    }
    for function in program.functions_of(file).filter(|&function| in_scope(program, function)) {
        let Some(body) = facts.def(function.def).body else { continue };
        let mut found: Option<(NodeId, NodeId)> = None;
        facts.arena.walk(body, |node| {
            if let NodeKind::Binary { op: BinaryOp::Equal | BinaryOp::NotEqual, left, right } = facts.arena.kind(node) {
                for (stored, given) in [(left, right), (right, left)] {
                    if found.is_none()
                        && is_stored(program, file, stored)
                        && is_given(facts, given)
                        && !is_digested(facts, function.def, given)
                        && !is_before(facts, left, right)
                    {
                        found = Some((node, stored));
                    }
                }
            }
        });
        plain.findings.extend(looked_up_plain(program, function, body));
        let Some((node, stored)) = found else { continue };
        let label = Label {
            location: program.location(file, facts.arena.span(node)),
            text: format!("compares `{}` as it is", spell(facts, stored)),
        };
        let message = format!("`{}` is compared with a password as plain text: it is kept unhashed", spell(facts, stored));
        let mut one = finding(program, function, node, Level::Error, message, "a comparison of plain passwords");
        one.confidence = Confidence::Medium;
        one.primary.location.span = facts.arena.span(node);
        plain.models.extend(owner(program, file, stored).map(|model| (model, label)));
        plain.findings.push(one);
    }
    plain
}

/// The row as it was on one side: whether the password has changed is asked, and what it is given is hashed afterwards.
fn is_before(facts: &FileFacts, left: NodeId, right: NodeId) -> bool {
    [left, right].iter().any(|&side| {
        chain(facts, side).filter_map(|link| last_name(facts, link)).any(|name| {
            parts(facts.text(name))
                .iter()
                .any(|word| matches!(word.as_str(), "database" | "previous" | "prev" | "original" | "before" | "existing"))
        })
    })
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
        let own = program.file(edge.callee.file);
        let message = format!(
            "`{}` compares passwords as plain text (`{}` among them): they are kept unhashed",
            program.short_name(edge.callee),
            spell(facts, stored)
        );
        let mut one = finding(program, edge.callee, node, Level::Error, message, "a comparison of plain passwords");
        one.confidence = Confidence::Medium;
        one.primary.location.span = own.arena.span(node);
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
        let adds = parts(facts.text(def.name))
            .first()
            .is_some_and(|word| matches!(word.as_str(), "add" | "create" | "insert" | "register" | "save" | "signup"));
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
        let mut one = finding(program, function, node, Level::Error, message, "kept unhashed");
        one.confidence = Confidence::Medium;
        one.primary.location.span = facts.arena.span(node);
        Some(one)
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
        let finds = called_name(facts, call).is_some_and(|name| {
            matches!(
                name,
                "filter_by"
                    | "filter"
                    | "get"
                    | "find_one"
                    | "find"
                    | "findAll"
                    | "findMany"
                    | "findOne"
                    | "findFirst"
                    | "findUnique"
                    | "findOneBy"
                    | "where"
            )
        });
        // Of a query that is built link by link, only the last has the fact.
        let is_other =
            |path: &str| ["requests.", "httpx.", "axios", "builtins.", "flask.", "express"].iter().any(|start| path.starts_with(start));
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
    let mut one = finding(program, function, node, Level::Error, message, "a password in a query");
    one.confidence = Confidence::Medium;
    one.primary.location.span = facts.arena.span(node);
    Some(one)
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
        let is_sent = crate::model::nesting::chain(facts, node).any(|link| {
            last_name(facts, link).is_some_and(|name| {
                matches!(
                    facts.text(name),
                    "request" | "req" | "body" | "form" | "json" | "POST" | "data" | "content" | "payload" | "cleaned_data"
                )
            })
        });
        is_sent && key.is_some_and(|key| is_password(key) || key == "pass")
    };
    match facts.arena.kind(value) {
        NodeKind::Name(name) => {
            let values = assigned(facts, function.def, name);
            !values.is_empty() && values.into_iter().all(reads)
        }
        _ => reads(value),
    }
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
        && last_name(facts, object).is_some_and(|list| {
            parts(facts.text(list))
                .last()
                .is_some_and(|word| matches!(word.as_str(), "users" | "accounts" | "members" | "admins" | "customers" | "employees"))
        })
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

/// The name holds a digest by now: `password = hash_of(password, salt)`.
fn is_digested(facts: &FileFacts, function: DefId, given: NodeId) -> bool {
    let NodeKind::Name(name) = facts.arena.kind(given) else { return false };
    assigned(facts, function, name).into_iter().any(|value| {
        let mut digests = false;
        facts.arena.walk(value, |node| {
            let called = match facts.arena.kind(node) {
                NodeKind::Call { .. } => called_name(facts, node).unwrap_or_default(),
                _ => return,
            };
            digests |= parts(called).iter().any(|word| {
                matches!(
                    word.as_str(),
                    "hash"
                        | "hashed"
                        | "hashpw"
                        | "digest"
                        | "hexdigest"
                        | "crypt"
                        | "encrypt"
                        | "encrypted"
                        | "pbkdf"
                        | "scrypt"
                        | "bcrypt"
                        | "argon"
                        | "sha"
                        | "md"
                )
            });
        });
        digests
    })
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
