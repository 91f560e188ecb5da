//! `insecure-random-token`: a token, password, code or session id made of random numbers that can be foretold.
//!
//! What the numbers are for is told by names: of what they are assigned to or given as, or of the function that returns them.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::Context;
use super::requests::{has_fact, named};
use super::said;
use super::scope::{in_scope, letters, may_name};
use super::sensitive::parts;
use super::spelling::{call_span, spelled_callee};
use crate::model::body::{AssignOp, BinaryOp, CallForm, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, FileFacts};
use crate::model::finding::{Confidence, Finding, Label, Level, Location};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{Nesting, arguments, called_name, last_name, spell};
use crate::model::program::{CallKind, Program, Resolution};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::{Words, api_names, vocabulary};

const RULE: &str = "insecure-random-token";

/// Finds tokens that can be guessed.
pub fn check(context: &Context) -> Vec<Finding> {
    context.in_files(RULE, (), in_file)
}

fn in_file(context: &Context, (): &(), file: FileId) -> Vec<Finding> {
    let program = context.program;
    let mut findings: Vec<Finding> = Vec::new();
    // Helpers of the project say so by their names.
    static RANDOM: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| letters(&["rand", "rnd"]));
    if !context.may_say(file, said::WEAK_RANDOM) && !may_name(program.file(file), &RANDOM) {
        return findings;
    }
    for function in program.functions_of(file) {
        if !in_scope(program, function) || makes_samples(program, function) {
            continue;
        }
        let facts = program.file(function.file);
        let Some(body) = facts.def(function.def).body else { continue };
        facts.arena.walk(body, |node| {
            let is_call = matches!(facts.arena.kind(node), NodeKind::Call { form, .. } if form != CallForm::Pattern);
            if !is_call {
                return;
            }
            let helper = weak_helper(program, function, node);
            if helper.is_some() || is_weak(program, function, node) {
                let nesting = program.nesting(file);
                if let Some(purpose) = purpose(program, nesting, function, node) {
                    findings.push(finding(program, function, node, &purpose, helper));
                }
            }
        });
    }
    // What a function gives and is called after (`randomPassword`) is made of what it put together before with the same helper.
    let given: Vec<_> = findings
        .iter()
        .filter(|finding| gives_it(finding))
        .map(|finding| (function_of(finding).to_string(), helper_of(finding).cloned()))
        .collect();
    findings.retain(|finding| gives_it(finding) || !given.contains(&(function_of(finding).to_string(), helper_of(finding).cloned())));
    // What is told where the helper stands is not told again where it is called.
    let told: Vec<_> = findings.iter().map(|finding| finding.primary.location.clone()).collect();
    findings.retain(|finding| !finding.related.iter().any(|made| told.contains(&made.location)));
    // One for each thing that is made, not one for each character of it.
    findings.dedup_by(|later, earlier| later.subject == earlier.subject && later.primary.location.path == earlier.primary.location.path);
    findings
}

/// The function that a finding names in its subject.
fn function_of(finding: &Finding) -> &str {
    finding.subject.rsplit_once(' ').map_or("", |(function, _)| function)
}

/// Where the helper stands with which it is made.
fn helper_of(finding: &Finding) -> Option<&Location> {
    finding.related.first().map(|made| &made.location)
}

/// It is made with a helper, and the function is called after it.
fn gives_it(finding: &Finding) -> bool {
    let own = function_of(finding).rsplit(['.', ':']).next();
    helper_of(finding).is_some() && own == finding.subject.rsplit(' ').next()
}

/// Sample data: values that look like passwords for people to try things with.
fn makes_samples(program: &Program, function: GlobalDef) -> bool {
    let is_sample = |text: &str| parts(text).iter().any(|word| vocabulary().audience.made_samples.has(word));
    static MAY_BE: LazyLock<Option<AhoCorasick>> =
        LazyLock::new(|| letters(&["fake", "sample", "dummy", "predefined", "demo", "example", "bench", "loadtest"]));
    let path = program.path(function.file);
    MAY_BE.as_ref().is_none_or(|letters| letters.is_match(&**path)) && path.split(['/', '.']).any(is_sample)
}

fn is_weak(program: &Program, function: GlobalDef, call: NodeId) -> bool {
    has_fact(program, function.file, call, |fact| *fact == ApiFact::WeakRandom)
}

/// A function of the project that gives random numbers or text and says so by its name, made with what can be foretold; the call in it.
fn weak_helper(program: &Program, function: GlobalDef, call: NodeId) -> Option<(GlobalDef, NodeId)> {
    let facts = program.file(function.file);
    let name = called_name(facts, call)?;
    let says_random = parts(name).iter().any(|word| matches!(word.as_str(), "random" | "rand" | "rnd"));
    if !says_random {
        return None;
    }
    let callee =
        program.calls_at(function, call).iter().find(|edge| edge.kind == CallKind::Call && edge.resolution == Resolution::Exact)?.callee;
    let facts = program.file(callee.file);
    let mut weak = None;
    facts.arena.walk(program.def(callee).body?, |node| {
        let is_call = matches!(facts.arena.kind(node), NodeKind::Call { form, .. } if form != CallForm::Pattern);
        if weak.is_none() && is_call && is_weak(program, callee, node) {
            weak = Some((callee, node));
        }
    });
    // One digit that can be foretold beside thirty that cannot.
    let mut is_strong = false;
    facts.arena.walk(program.def(callee).body?, |node| {
        is_strong |= called_name(facts, node).is_some_and(|name| api_names().randomness.strong.has(name));
    });
    if is_strong {
        return None;
    }
    // What is reported in the helper is not reported again where it is called.
    weak.filter(|&(function, node)| !picks_given(program, function, node))
        .filter(|&(function, node)| purpose(program, program.nesting(function.file), function, node).is_none())
}

/// The name of what the number becomes, if it must not be guessed.
fn purpose(program: &Program, nesting: &Nesting, function: GlobalDef, call: NodeId) -> Option<String> {
    let facts = program.file(function.file);
    let mut at = call;
    let mut own = function.def;
    for _ in 0..128 {
        let named = match facts.arena.kind(at) {
            NodeKind::Assign { target, op: AssignOp::Set | AssignOp::Augment(_), .. } | NodeKind::Declare { target, .. }
                if target != at =>
            {
                last_name(facts, target).map(|name| facts.text(name)).or_else(|| index_key(facts, target))
            }
            NodeKind::Entry { key, .. } => facts.string(key),
            NodeKind::Argument { name, .. } => Some(facts.text(name)),
            _ => None,
        };
        if let Some(name) = named {
            if is_secret(name) {
                return (!is_one_of_many(facts, at)
                    && !is_label(facts, at)
                    && !is_shown(facts, name)
                    && !is_nonce_of_signature(facts, name)
                    && !is_of_game(program, function)
                    && !draws_position(facts, call)
                    && !picks_given(program, function, call)
                    && !locks(program, nesting, function, at))
                .then(|| name.to_string());
            }
            // An index, a delay, a colour: what it becomes is said, and it is no secret.
            if !is_neutral(name) {
                return None;
            }
        }
        at = match nesting.parent(at) {
            Some(parent) => parent,
            // A closure's own code: on with where it stands.
            None if facts.def(own).flags.has(DefFlags::CLOSURE) => {
                let place = nesting.place(own)?;
                own = nesting.owner(place);
                place
            }
            None => break,
        };
    }
    let outer = super::requests::named(program, GlobalDef { file: function.file, def: own });
    let name = program.name(outer);
    (outer.def != DefId::MODULE
        && is_secret(name)
        && makes(name)
        && !is_shown(facts, name)
        && !is_nonce_of_signature(facts, name)
        && !is_of_game(program, function))
    .then(|| name.to_string())
}

/// A code that is printed for everybody to look something up by: the file makes a row of it, `Certificate(verification_code=…)`.
fn is_shown(facts: &FileFacts, name: &str) -> bool {
    let looks_up = |name: &str| {
        let words = parts(name);
        words.last().is_some_and(|last| last == "code") && words.iter().any(|word| vocabulary().randomness.looked_up.has(word))
    };
    let is_row = |node: NodeId| {
        let class = called_name(facts, node).filter(|class| class.starts_with(char::is_uppercase));
        class.is_some_and(|class| vocabulary().randomness.documents.in_name(class))
            && arguments(facts, node)
                .any(|given| matches!(facts.arena.kind(given), NodeKind::Argument { name, .. } if looks_up(facts.text(name))))
    };
    facts.language.family() == Family::Python && looks_up(name) && facts.arena.ids().any(is_row)
}

/// `self.session_id = f"round_{random.randint(1000, 9999)}"`: the name of something that an object is in the middle of, for people.
fn is_label(facts: &FileFacts, binding: NodeId) -> bool {
    let NodeKind::Assign { target, value, op: AssignOp::Set } = facts.arena.kind(binding) else { return false };
    let of_receiver = matches!(facts.arena.kind(target), NodeKind::Member { object, .. } if facts.arena.kind(object) == NodeKind::Receiver);
    if facts.language.family() != Family::Python || !of_receiver || !matches!(facts.arena.kind(value), NodeKind::Text { .. }) {
        return false;
    }
    let (mut calls, mut few) = (0, 0);
    facts.arena.walk(value, |node| {
        if matches!(facts.arena.kind(node), NodeKind::Call { .. }) {
            let is_short = |bound: NodeId| matches!(facts.arena.kind(bound), NodeKind::Number(number) if facts.text(number).len() <= 4);
            calls += 1;
            few += usize::from(called_name(facts, node) == Some("randint") && arguments(facts, node).all(is_short));
        }
    });
    calls == 1 && few == 1
}

/// The salt of a request that is signed with another secret (`hmac.new(secret, salt + body, …)`) and goes along with it, in a header of that name.
fn is_nonce_of_signature(facts: &FileFacts, name: &str) -> bool {
    if !parts(name).iter().any(|word| word == "salt") || !facts.names.may_hold("hmac") && !facts.names.may_hold("createHmac") {
        return false;
    }
    facts.arena.ids().any(|node| match facts.arena.kind(node) {
        NodeKind::Entry { key, value } => facts.string(key) == Some("salt") && last_name(facts, value).is_some(),
        NodeKind::Assign { target, .. } => index_key(facts, target) == Some("salt"),
        _ => false,
    })
}

/// What is to be guessed in a game.
fn is_of_game(program: &Program, function: GlobalDef) -> bool {
    let name = program.name(program.outermost(function));
    vocabulary().randomness.games.in_name(name)
}

/// `sessionId = open[Math.floor(Math.random() * open.length)]`: one of those there are already. Whoever makes one puts several such signs together.
fn is_one_of_many(facts: &FileFacts, binding: NodeId) -> bool {
    let value = match facts.arena.kind(binding) {
        NodeKind::Assign { value, op: AssignOp::Set, .. }
        | NodeKind::Declare { value: Some(value), .. }
        | NodeKind::Entry { value, .. } => value,
        _ => return false,
    };
    matches!(facts.arena.kind(value), NodeKind::Index { .. })
}

/// `random.randint(0, rows * columns - 1)`, `random.randrange(len(cards))`: the place of one among some. The bounds of a code are powers of ten.
fn draws_position(facts: &FileFacts, call: NodeId) -> bool {
    let given: Vec<NodeId> = arguments(facts, call).collect();
    let is = |node: NodeId, wanted: &str| matches!(facts.arena.kind(node), NodeKind::Number(number) if facts.text(number) == wanted);
    let (name, upper) = match (called_name(facts, call), &given[..]) {
        (Some(name), [upper]) => (name, *upper),
        (Some(name), [lower, upper]) if is(*lower, "0") => (name, *upper),
        _ => return false,
    };
    let is_extent = |node: NodeId| match facts.arena.kind(node) {
        NodeKind::Name(_) => true,
        NodeKind::Call { .. } => called_name(facts, node) == Some("len"),
        NodeKind::Binary { op: BinaryOp::Multiply, left, right } => {
            [left, right].into_iter().all(|side| matches!(facts.arena.kind(side), NodeKind::Name(_) | NodeKind::Call { .. }))
        }
        _ => false,
    };
    match (name, facts.arena.kind(upper)) {
        ("randint", NodeKind::Binary { op: BinaryOp::Subtract, left, right }) => is(right, "1") && is_extent(left),
        ("randrange", NodeKind::Call { .. }) => called_name(facts, upper) == Some("len"),
        _ => false,
    }
}

/// `random.choice(self.keys)`, `random.choice(tokens)`: one of those the object has, or that are called so.
fn picks_given(program: &Program, function: GlobalDef, call: NodeId) -> bool {
    let facts = program.file(function.file);
    let Some(first) = arguments(facts, call).next() else { return false };
    let Some(name) = last_name(facts, first) else { return false };
    let is_own = matches!(facts.arena.kind(first), NodeKind::Member { object, .. } if facts.arena.kind(object) == NodeKind::Receiver);
    let many = parts(facts.text(name)).last().is_some_and(|word| vocabulary().randomness.many.has(word));
    let is_alone = program
        .nesting(function.file)
        .parent(call)
        .is_some_and(|parent| matches!(facts.arena.kind(parent), NodeKind::Return(_) | NodeKind::Assign { .. } | NodeKind::Declare { .. }));
    is_alone && (many || is_own && parts(facts.text(name)).last().is_some_and(|word| word.ends_with('s')))
}

/// The key of a guard, made where the guard is (`expressjwt({ secret: String(Math.random()) })`): nothing is ever signed with it, so nobody gets in.
fn locks(program: &Program, nesting: &Nesting, function: GlobalDef, entry: NodeId) -> bool {
    let facts = program.file(function.file);
    let is_call = |node: &NodeId| matches!(facts.arena.kind(*node), NodeKind::Call { .. });
    matches!(facts.arena.kind(entry), NodeKind::Entry { .. })
        && nesting
            .around(entry)
            .skip(1)
            .find(is_call)
            .is_some_and(|call| has_fact(program, function.file, call, |fact| matches!(fact, ApiFact::Guard)))
}

fn index_key(facts: &FileFacts, target: NodeId) -> Option<&str> {
    match facts.arena.kind(target) {
        NodeKind::Index { index, .. } => facts.string(index),
        _ => None,
    }
}

/// Names that say nothing of what a value is for: on to the function's.
fn is_neutral(name: &str) -> bool {
    parts(name).iter().all(|word| vocabulary().randomness.neutral.has(word))
}

fn makes(name: &str) -> bool {
    parts(name).iter().any(|word| vocabulary().randomness.makers.has(word))
}

/// What must not be guessed.
fn is_secret(name: &str) -> bool {
    let mut words = parts(name);
    // `idForToken` is an id.
    if let Some(at) = words.iter().position(|word| word == "for") {
        words.truncate(at);
    }
    let has = |wanted: &Words| words.iter().any(|word| wanted.has(word));
    let row = |first: &Words, second: &str| words.windows(2).any(|pair| first.has(&pair[0]) && pair[1] == second);
    let is_session_id = words.windows(2).any(|pair| pair[0] == "session" && pair[1] == "id");
    let harmless = has(&vocabulary().randomness.harmless);
    let direct = has(&vocabulary().randomness.secrets);
    let code = row(&vocabulary().randomness.codes, "code");
    // `make_secret_id` tells one secret from another; a session's id is one itself.
    let is_plain_id = words.last().is_some_and(|word| matches!(word.as_str(), "id" | "ids")) && !words.iter().any(|word| word == "session");
    !harmless && !is_plain_id && (direct || code || is_session_id || row(&vocabulary().randomness.keys, "key") || words == ["pin"])
}

fn finding(program: &Program, function: GlobalDef, call: NodeId, purpose: &str, helper: Option<(GlobalDef, NodeId)>) -> Finding {
    let facts = program.file(function.file);
    let spelled = spelled_callee(facts, call);
    let help = match facts.language.family() {
        Family::Python => "use `secrets` (`secrets.token_urlsafe()`, `secrets.choice(…)`, `secrets.randbelow(…)`)",
        Family::TypeScript => "use `crypto` (`crypto.randomBytes(…)`, `crypto.randomUUID()`, `crypto.randomInt(…)`)",
        Family::Rust => "use `rand::rngs::OsRng` or `getrandom`",
    };
    let root = match facts.arena.kind(call) {
        NodeKind::Call { callee, .. } => spell(facts, callee),
        _ => spelled.clone(),
    };
    Finding {
        rule: RULE.into(),
        level: Level::Warning,
        message: format!("`{purpose}` is made with `{root}`, whose numbers can be foretold from a few of them"),
        primary: Label { location: program.location(function.file, call_span(facts, call)), text: "not random enough".to_string() },
        related: helper
            .into_iter()
            .map(|(function, node)| Label {
                location: program.location(function.file, call_span(program.file(function.file), node)),
                text: "what it is made with".to_string(),
            })
            .collect(),
        flow: Vec::new(),
        help: Some(help.to_string()),
        subject: format!("{} {purpose}", program.qualified_name(named(program, function))),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}
