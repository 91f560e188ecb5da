//! `weak-password-hash`: a password that is hashed quickly, kept or compared as plain text, or hashed with too little work.
//!
//! That a value is a password is told by its name where it enters the hash: in the call itself, in the local variable it came from, in the
//! function whose parameter it is, or in the caller that hands it to a hashing helper. A hash of anything else is no business of
//! this rule, nor is a quick hash that only prepares the input of a slow one, or the look-up of leaked passwords.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::Context;
use super::compared_passwords::is_account;
use super::dependence::Dependence;
use super::password_findings::{RULE, finding};
use super::plain_passwords::stored_as_they_came;
use super::requests::{has_fact, in_development_branch, named};
use super::said;
use super::scope::in_scope;
use super::sensitive::{assigned, carriers, constant, is_password, parts, speaks_of_password};
use super::spelling::{call_span, spelled_callee};
use crate::model::body::{AssignOp, BinaryOp, CallForm, NodeId, NodeKind};
use crate::model::facts::{DefId, FileFacts, Name, ParamKind};
use crate::model::finding::{Finding, Label, Level};
use crate::model::knowledge::{ApiFact, ArgumentRef};
use crate::model::nesting::{Nesting, Nestings, arguments, called_name, last_name, spell};
use crate::model::program::{CallKind, Program, Resolution, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::model::words::words;
use crate::rulebook::vocabulary::{api_names, vocabulary};

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
    findings.extend(super::compared_passwords::in_project(context));
    findings.extend(stored_as_they_came(context));
    findings.extend(super::plain_in_rows::in_rows(context));
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
    let names = &program.file(file).names;
    if !context.may_say(file, said::HASHES) && !names.may_hold("set_password") && !names.may_hold("setPassword") {
        return found;
    }
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
                ApiFact::FastHash
                    if !is_for_something_else(program, nestings, function, node)
                        && !prepares_slow_hash(program, nestings, function, node) =>
                {
                    match hashed_password(facts, function.def, node) {
                        Some(_) if is_only_called_so(program, function, node) => {}
                        Some(text) => findings.extend(quick(program, function, node, &text, &[])),
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
    // Callers that name what they give.
    let mut named_ones = 0;
    for edge in program.calls.iter().filter(|edge| edge.callee == outer && edge.kind == CallKind::Call) {
        let own = program.file(edge.caller.file);
        let Some(argument) = arguments(own, edge.site).nth(at) else { return false };
        let given = if whole { Some(argument) } else { super::password_settings::entry(own, argument, hashed) };
        let Some(given) = given else { return false };
        let mut speaks = matches!(own.arena.kind(given), NodeKind::Spread { .. });
        let mut seen = false;
        carriers(own, given, &mut |_, name| {
            seen = true;
            speaks |= speaks_of_password(name) || vocabulary().hashes.neutral.has(name);
        });
        // A text put together, a setting that is looked up: nothing in it may speak of a password.
        if !seen {
            own.arena.walk(given, |inner| {
                let name = last_name(own, inner).map(|name| own.text(name)).or_else(|| own.string(inner));
                speaks |= name.is_some_and(speaks_of_password);
            });
        }
        if speaks {
            return false;
        }
        named_ones += usize::from(seen);
    }
    named_ones > 0
}

/// The hash is not what keeps the password: it prepares a slow hash, looks up leaks, names a cache entry, or makes a key.
fn is_for_something_else(program: &Program, nestings: &Nestings, function: GlobalDef, call: NodeId) -> bool {
    let facts = program.file(function.file);
    let mut at = function.def;
    for _ in 0..8 {
        let def = facts.def(at);
        if at != DefId::MODULE && parts(facts.text(def.name)).iter().any(|word| vocabulary().hashes.something_else.has(word)) {
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
    let encodes = called_name(facts, call).is_some_and(|name| api_names().hashing.encodings.has(name));
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
            slow || names.is_some_and(|name| parts(name).iter().any(|word| vocabulary().hashes.something_else.has(word)))
        })
}

/// A slow hash is given the digest, here or by every caller of the function that gives it back: it is the slow one that keeps the password.
fn prepares_slow_hash(program: &Program, nestings: &Nestings, function: GlobalDef, call: NodeId) -> bool {
    if enters_slow_hash(program, nestings, function, call) {
        return true;
    }
    let facts = program.file(function.file);
    let mut around = nestings.of(function.file).around(call).take(12);
    if !around.any(|around| matches!(facts.arena.kind(around), NodeKind::Return(_))) {
        return false;
    }
    let outer = named(program, function);
    let is_slow = |caller: GlobalDef, around: NodeId| has_fact(program, caller.file, around, |fact| *fact == ApiFact::PasswordHash);
    let mut callers = program.calls.iter().filter(|edge| edge.callee == outer && edge.kind == CallKind::Call).peekable();
    callers.peek().is_some()
        && callers.all(|edge| {
            nestings.of(edge.caller.file).around(edge.site).skip(1).take(12).any(|around| is_slow(edge.caller, around))
                || enters_slow_hash(program, nestings, edge.caller, edge.site)
        })
}

/// `digest = sha512(password).digest()`, and a slow hash is given the digest.
fn enters_slow_hash(program: &Program, nestings: &Nestings, function: GlobalDef, call: NodeId) -> bool {
    let facts = program.file(function.file);
    let target = nestings.of(function.file).around(call).take(12).find_map(|around| match facts.arena.kind(around) {
        NodeKind::Assign { target, .. } | NodeKind::Declare { target, .. } => Some(target),
        _ => None,
    });
    let Some(NodeKind::Name(name)) = target.map(|target| facts.arena.kind(target)) else { return false };
    let Some(body) = facts.def(function.def).body else { return false };
    let mut found = false;
    facts.arena.walk_while(body, |node| {
        if !found && matches!(facts.arena.kind(node), NodeKind::Call { .. }) {
            let is_slow = has_fact(program, function.file, node, |fact| *fact == ApiFact::PasswordHash)
                || called_name(facts, node)
                    .is_some_and(|name| parts(name).iter().any(|word| matches!(word.as_str(), "pbkdf" | "bcrypt" | "argon" | "scrypt")));
            found = is_slow
                && arguments(facts, node).any(|argument| {
                    let mut given = false;
                    facts.arena.walk(argument, |inner| given |= facts.arena.kind(inner) == NodeKind::Name(name));
                    given
                });
        }
        !found
    });
    found
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
        let own = speaks_of_password(name) && !is_another && parts(name).iter().any(|word| vocabulary().hashes.helpers.has(word));
        let mut given: Vec<Label> = Vec::new();
        let mut users = Vec::new();
        let mut what = None;
        for &(caller, site) in callers.get(&helper).into_iter().flatten() {
            if !in_scope(program, caller)
                || is_for_something_else(program, nestings, caller, site)
                || prepares_slow_hash(program, nestings, caller, site)
            {
                continue;
            }
            let own = program.file(caller.file);
            let Some(argument) = arguments(own, site).nth(at) else { continue };
            let mut password = None;
            carriers(own, argument, &mut |node, name| {
                // What an account keeps is a hash already, when something signs it.
                let is_stored = matches!(own.arena.kind(node), NodeKind::Member { object, .. } if is_account(own, object))
                    && (is_keyed(facts, node_of_hash) || !is_kept(program, caller, site, 0));
                if is_password(name) && !is_stored {
                    password = password.take().or_else(|| Some(name.to_string()));
                }
            });
            if let Some(password) = password {
                users.push((caller, site, password.clone()));
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
            let quick = quick(program, function, node, &text, &given);
            if quick.is_some() {
                let in_typescript = |caller: GlobalDef| program.file(caller.file).language.family() == Family::TypeScript;
                users.retain(|(caller, ..)| in_typescript(*caller));
                findings.extend(users.into_iter().take(MAX_CALLERS).map(|(caller, site, password)| {
                    let message = format!("`{password}` is given to `{}`, whose hash is made to be fast", program.short_name(helper));
                    finding(program, caller, site, Level::Note, message, "a quick hash for a password")
                }));
            }
            findings.extend(quick);
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
            && api_names().hashing.fast.has(text.to_ascii_lowercase().replace(['-', '_'], ""))
        {
            return text.to_ascii_uppercase();
        }
        at = crate::model::nesting::chain_inner(facts, node).filter(|_| at != crate::model::nesting::chain_inner(facts, node));
    }
    spelled_callee(facts, call)
}

/// An error where the digest is seen to be what is kept of the password, or compared with that. Elsewhere it may be a fingerprint, a key, a protocol's proof: a
/// note; and one made with a key signs, as a rule.
fn quick(program: &Program, function: GlobalDef, node: NodeId, password: &str, related: &[Label]) -> Option<Finding> {
    let facts = program.file(function.file);
    let name = algorithm(facts, node);
    let kept = is_kept(program, function, node, 0);
    if !kept && is_keyed(facts, node) {
        return None;
    }
    let (level, remark) = match kept {
        true if verifies_slowly(program, function) => {
            (Level::Warning, "; beside a slow hash: the old ones stay weak until they are made anew")
        }
        true => (Level::Error, ""),
        false => (Level::Note, "; fine where it is not what is kept of it"),
    };
    let message = format!(
        "`{password}` is hashed with `{name}`, which is made to be fast: leaked hashes are guessed by the billion each second{remark}"
    );
    Some(Finding { related: related.to_vec(), ..finding(program, function, node, level, message, "a quick hash of a password") })
}

/// The same function goes on to compare the password with a slow hash: what it makes here is compared with the hashes of an older version.
fn verifies_slowly(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    let is_comparison = |node: NodeId| {
        let compares = |name: &str| parts(name).iter().any(|word| matches!(word.as_str(), "compare" | "verify" | "checkpw"));
        matches!(facts.arena.kind(node), NodeKind::Call { .. })
            && called_name(facts, node).is_some_and(compares)
            && has_fact(program, function.file, node, |fact| *fact == ApiFact::PasswordHash)
    };
    facts.def(function.def).body.is_some_and(|body| facts.arena.any(body, is_comparison))
}

/// Most calls between a digest and where it is kept.
const MAX_RETURNS: u8 = 2;

/// The digest is given a name that is one of a kept password (`user.password`, `pw_hash`), compared with such a one, put into a query, or given back by a
/// function that is called like one which hashes passwords.
fn is_kept(program: &Program, function: GlobalDef, node: NodeId, depth: u8) -> bool {
    let facts = program.file(function.file);
    let nesting = program.nesting(function.file);
    let keeps = |name: &str| speaks_of_password(name) || parts(name).iter().any(|word| vocabulary().hashes.kept.has(word));
    let spoken = |side: NodeId| {
        let mut found = false;
        carriers(facts, side, &mut |_, name| found |= keeps(name) || matches!(name, "stored" | "saved" | "kept" | "expected"));
        found
    };
    // `h = sha1(); h.update(password)`: what becomes of the object becomes of the digest.
    if let NodeKind::Call { callee, .. } = facts.arena.kind(node)
        && let NodeKind::Member { object, .. } = facts.arena.kind(callee)
        && let NodeKind::Name(local) = facts.arena.kind(object)
        && called_name(facts, node) == Some("update")
        && is_used_as_kept(program, function, local, depth)
    {
        return true;
    }
    let mut inner = node;
    for around in nesting.around(node).skip(1).take(24) {
        match facts.arena.kind(around) {
            NodeKind::Assign { target, .. } | NodeKind::Declare { target, .. } => {
                if last_name(facts, target).is_some_and(|name| keeps(facts.text(name))) {
                    return true;
                }
                let NodeKind::Name(local) = facts.arena.kind(target) else { return false };
                return is_used_as_kept(program, function, local, depth);
            }
            NodeKind::Entry { key, .. } if facts.string(key).is_some_and(keeps) => return true,
            NodeKind::Argument { name, .. } if keeps(facts.text(name)) => return true,
            NodeKind::Binary { op: BinaryOp::Equal | BinaryOp::NotEqual, left, right } => {
                return spoken(if left == inner { right } else { left });
            }
            NodeKind::Call { callee, .. } if callee != inner => {
                let name = called_name(facts, around).unwrap_or_default();
                let compares = parts(name).iter().any(|word| matches!(word.as_str(), "compare" | "equal" | "equals" | "eq"));
                if speaks_of_password(name)
                    || is_query_name(name)
                    || matches!(name, "get" | "all" | "run")
                        && arguments(facts, around).next().and_then(|first| facts.string(first)).is_some_and(|text| text.contains(' '))
                    || compares && arguments(facts, around).any(|other| other != inner && spoken(other))
                {
                    return true;
                }
            }
            NodeKind::Return(_) => return is_given_back_as_kept(program, function, depth),
            NodeKind::Block { items, value } => {
                let is_last = value && facts.arena.list(items).next_back() == Some(inner);
                return is_last && is_given_back_as_kept(program, function, depth);
            }
            _ => {}
        }
        inner = around;
    }
    // The whole body of a closure, `(password) => md5(password)`.
    facts.def(function.def).body == Some(inner) && is_given_back_as_kept(program, function, depth)
}

/// What runs a statement, or finds and makes rows.
fn is_query_name(name: &str) -> bool {
    api_names().hashing.queries.has(name)
}

/// A local that holds the digest is kept, compared or returned further on.
fn is_used_as_kept(program: &Program, function: GlobalDef, local: Name, depth: u8) -> bool {
    let facts = program.file(function.file);
    let Some(body) = facts.def(function.def).body.filter(|_| depth < MAX_RETURNS) else { return false };
    let mut uses = Vec::new();
    facts.arena.walk(body, |node| {
        if facts.arena.kind(node) == NodeKind::Name(local) {
            uses.push(node);
        }
    });
    let is_target = |node: NodeId| {
        program.nesting(function.file).parent(node).is_some_and(|parent| match facts.arena.kind(parent) {
            NodeKind::Assign { target, .. } | NodeKind::Declare { target, .. } => target == node,
            _ => false,
        })
    };
    uses.into_iter().filter(|&node| !is_target(node)).take(8).any(|node| is_kept(program, function, node, depth + 1))
}

/// By its name the function hashes passwords, or a caller keeps what it gives.
fn is_given_back_as_kept(program: &Program, function: GlobalDef, depth: u8) -> bool {
    let outer = named(program, function);
    let name = program.name(outer);
    let hashes = parts(name).iter().any(|word| vocabulary().hashes.keepers.has(word));
    if speaks_of_password(name) && hashes {
        return true;
    }
    depth < MAX_RETURNS
        && program
            .calls
            .iter()
            .filter(|edge| edge.callee == outer && edge.kind == CallKind::Call && edge.resolution != Resolution::NameOnly)
            .take(8)
            .any(|edge| in_scope(program, edge.caller) && is_kept(program, edge.caller, edge.site, depth + 1))
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
    // `getKey(password, salt)`: a key of a secret that the server has.
    let makes_key =
        parts(program.name(outer)).iter().any(|word| matches!(word.as_str(), "key" | "derive" | "cipher" | "encrypt" | "decrypt"));
    if is_general && makes_key {
        return None;
    }
    if is_general && hashed_password(facts, function.def, node).is_none() && !speaks_of_password(program.name(outer)) {
        return None;
    }
    let value = super::password_settings::argument(facts, node, argument)?;
    let work = number(facts, program, function.file, value).or_else(|| local_number(program, function, value))?;
    let makes_salt = called_name(facts, node).is_some_and(|name| name.starts_with("genSalt"));
    if work >= minimum
        || work <= 0
        || !makes_salt && is_given_other(program, function, node)
        || is_for_tests(facts, program.nesting(function.file), node)
    {
        return None;
    }
    let spelled = spelled_callee(facts, node);
    let message = format!("`{spelled}` works with a cost of {work}, less than the {minimum} that a password hash needs at least today");
    let help = format!("raise the cost to {minimum} or more; hashes made so far keep theirs, and can be renewed at the next login");
    Some(Finding { help: Some(help), ..finding(program, function, node, Level::Warning, message, "too little work") })
}

/// In a branch that only tests and development take: `if env::var("UNDER_TEST").is_ok() { cheap } else { usual }`.
fn is_for_tests(facts: &FileFacts, nesting: &Nesting, node: NodeId) -> bool {
    let speaks_of_tests = |condition: NodeId| {
        let mut speaks = false;
        facts.arena.walk(condition, |part| {
            if let NodeKind::Name(name) | NodeKind::Member { name, .. } | NodeKind::Str(name) = facts.arena.kind(part) {
                speaks |= words(facts.text(name)).iter().any(|word| vocabulary().hashes.cheap_where.has(word));
            }
        });
        speaks
    };
    let asks = nesting.around(node).skip(1).any(|around| {
        matches!(facts.arena.kind(around), NodeKind::If { condition, .. }
            if !facts.arena.span(condition).contains(facts.arena.span(node)) && speaks_of_tests(condition))
    });
    asks && in_development_branch(facts, nesting, node)
}

/// A helper whose own name, parameters and callers speak of no password hashes something else: `hashItem(JSON.stringify(item))`.
fn is_given_other(program: &Program, function: GlobalDef, call: NodeId) -> bool {
    let facts = program.file(function.file);
    let outer = named(program, function);
    if hashed_password(facts, function.def, call).is_some() || outer.def == DefId::MODULE || speaks_of_password(program.name(outer)) {
        return false;
    }
    let own = hashed_parameters(program, function, call);
    if own.is_empty() {
        return false;
    }
    let mut calls = 0;
    for edge in program.calls.iter().filter(|edge| edge.callee == outer && edge.kind == CallKind::Call) {
        let from = program.file(edge.caller.file);
        let mut speaks = speaks_of_password(program.name(named(program, edge.caller)));
        arguments(from, edge.site).for_each(|argument| {
            speaks |= matches!(from.arena.kind(argument), NodeKind::Spread { .. });
            from.arena.walk(argument, |inner| {
                speaks |= last_name(from, inner).is_some_and(|name| speaks_of_password(from.text(name)));
            });
        });
        if speaks {
            return false;
        }
        calls += 1;
    }
    calls > 0
}

/// A number, or a constant of the module that is one.
/// `const rounds = 8` in the function, or a parameter that its callers give a number.
fn local_number(program: &Program, function: GlobalDef, node: NodeId) -> Option<i64> {
    let facts = program.file(function.file);
    let NodeKind::Name(name) = facts.arena.kind(node) else { return None };
    let written = |facts: &FileFacts, value| match facts.arena.kind(value) {
        NodeKind::Number(text) => facts.text(text).parse().ok(),
        _ => None,
    };
    match assigned(facts, function.def, name)[..] {
        [] => {}
        [value] => return written(facts, value),
        _ => return None,
    }
    let mut params = facts.def(function.def).params.iter().filter(|param| param.kind != ParamKind::Receiver);
    let at = params.position(|param| param.name == Some(name))?;
    let mut calls = program.calls.iter().filter(|edge| edge.callee == function && edge.kind == CallKind::Call);
    let (edge, None) = (calls.next()?, calls.next()) else { return None };
    let from = program.file(edge.caller.file);
    let given = arguments(from, edge.site).nth(at)?;
    match from.arena.kind(given) {
        NodeKind::Name(name) => match assigned(from, edge.caller.def, name)[..] {
            [value] => written(from, value),
            _ => number(from, program, edge.caller.file, given),
        },
        _ => written(from, given),
    }
}

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
