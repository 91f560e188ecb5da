//! `sensitive-data-in-log`: a password, token, key or card number, a whole request body, or the headers with the credentials in them,
//! written to a log.
//!
//! The value must itself be given to the logger, in a text, a field, or a conversion: a message that only speaks of a token is none. What a
//! masking function, a length or a comparison makes of it is harmless.

use super::Context;
use super::loggers::is_logger;
use super::requests::{in_development_branch, named};
use super::rust_error_types::type_named;
use super::scope::{in_scope, is_tool};
use super::sensitive::{Secret, assigned, carriers, constant, hides, parts, secret};
use super::shown_objects::{shown_field, shown_password};
use super::spelling::{call_span, spelled_callee};
use crate::model::body::{BinaryOp, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{DefId, DefKind, Definition, FileFacts};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::{ApiFact, SourceKind};
use crate::model::nesting::{Nesting, arguments, called_name, chain, chain_root, last_name, spell};
use crate::model::program::{Program, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::model::words::{has_word, words};

const RULE: &str = "sensitive-data-in-log";

/// What a whole body is called.
const BODY: &str = "a whole request body";

/// What is logged.
struct Logged {
    node: NodeId,
    what: String,
    name: String,
    confidence: Confidence,
    level: Level,
}

/// Finds secrets in logs.
pub fn check(context: &Context) -> Vec<Finding> {
    context.in_files(RULE, (), in_file)
}

fn in_file(context: &Context, (): &(), file: FileId) -> Vec<Finding> {
    let program = context.program;
    let facts = program.file(file);
    let mut findings: Vec<(GlobalDef, Finding)> = Vec::new();
    if !in_scope(program, GlobalDef { file, def: DefId::MODULE }) {
        return Vec::new();
    }
    for node in facts.arena.ids() {
        if !matches!(facts.arena.kind(node), NodeKind::Call { .. }) || !is_logger(program, file, node) {
            continue;
        }
        let nesting = program.nesting(file);
        let function = GlobalDef { file, def: nesting.owner(node) };
        let Some(logged) = logged(program, function, node) else { continue };
        // One finding for each value in a function, with the other places. Handlers without a name are functions of their own.
        let unit = unit(program, function);
        let is_seen = |known: &&mut (GlobalDef, Finding)| {
            known.0 == unit && known.1.subject.rsplit_once(' ').is_some_and(|(_, name)| name == logged.name)
        };
        if let Some((_, known)) = findings.iter_mut().find(is_seen) {
            known.related.push(Label { location: program.location(file, call_span(facts, node)), text: "and here".to_string() });
            continue;
        }
        let mut logged = logged;
        // What is traced or debugged, somebody has switched on to see everything, mostly not in production.
        if logged.what == BODY && !may_hold_credentials(program, unit)
            || speaks_of_refusal(facts, node)
            || is_for_debugging(facts, node)
            || called_name(facts, node) == Some("trace")
            || is_tool(program, function)
            || shows_what_it_makes(program, unit, node)
        {
            logged.level = Level::Note;
        }
        if in_scope(program, function)
            && !in_development_branch(facts, nesting, node)
            && !speaks_to_user(program, function)
            && !is_refusal(facts, nesting, node)
            && !is_missing(facts, nesting, node, logged.node)
        {
            findings.push((unit, finding(program, function, node, &logged)));
        }
    }
    findings.into_iter().map(|(_, finding)| finding).chain(instrumented(program, file)).collect()
}

/// The closure around a place that answers requests, or else the function with a name.
fn unit(program: &Program, function: GlobalDef) -> GlobalDef {
    let facts = program.file(function.file);
    let outer = named(program, function);
    let mut at = function;
    while at != outer && at.def != DefId::MODULE {
        if program.role(at).is_some_and(|evidence| evidence.role == Role::Router) {
            return at;
        }
        at = GlobalDef { file: at.file, def: facts.def(at.def).parent };
    }
    outer
}

/// The first secret among what the call is given.
fn logged(program: &Program, function: GlobalDef, call: NodeId) -> Option<Logged> {
    let file = function.file;
    let facts = program.file(file);
    let mut found: Option<Logged> = None;
    for argument in arguments(facts, call) {
        if found.is_some() {
            break;
        }
        if hides(facts, argument) {
            continue;
        }
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
            if found.is_none()
                && !is_field_of(program, file, node)
                && !is_cut(facts, function, node)
                && !is_failure_here(program, file, node)
            {
                found = secret_value(program, file, node, name);
                if found.is_none() && more.is_none() {
                    more = whole(program, file, node)
                        .or_else(|| kept(program, function, node))
                        .or_else(|| credentials(facts, function, node))
                        .or_else(|| shown(program, file, node))
                        .or_else(|| built(program, function, node))
                        .or_else(|| connection(program, function, node, name))
                        .or_else(|| one_time_code(facts, function, node, name));
                }
            }
        });
        found = found.or(more);
        // `{ token: x.value }`: the field's name tells.
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
    }
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

fn is_harmless(facts: &FileFacts, value: NodeId) -> bool {
    last_name(facts, value).is_some_and(|name| {
        parts(facts.text(name)).iter().any(|word| matches!(word.as_str(), "length" | "size" | "hash" | "masked" | "redacted" | "count"))
    })
}

fn secret_value(program: &Program, file: FileId, node: NodeId, name: &str) -> Option<Logged> {
    let facts = program.file(file);
    let kind = secret(name)?;
    // Constants are names of headers and settings; a class or function is no value; a number or a boolean no secret.
    let is_constant = name.len() > 1 && name.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit());
    let is_other = match program.value(file, node) {
        Value::Def(def) => !matches!(program.def(def).kind, DefKind::Variable | DefKind::Field),
        Value::Module(_) | Value::Method { .. } | Value::Namespace(_) => true,
        Value::Api { api, .. } => matches!(
            program.apis[api.0 as usize].path.as_str(),
            "builtins.int()"
                | "builtins.float()"
                | "builtins.bool()"
                | "builtins.number()"
                | "builtins.boolean()"
                | "builtins.usize()"
                | "builtins.u64()"
                | "builtins.i64()"
                | "builtins.u32()"
                | "builtins.i32()"
        ),
        // What its own `Debug` or `Display` writes is decided there.
        Value::Instance { class, .. } if facts.language.family() == Family::Rust => {
            let own = program.file(class.file);
            has_own_text(own, own.text(own.def(class.def).name))
        }
        _ => false,
    };
    // A token alone may be one of a text or of a language model.
    let is_unclear = kind == Secret::Token && parts(name).len() == 1 && speaks_of_text(program, file);
    let is_plain_token = kind == Secret::Token && parts(name) == ["token"];
    // `coupon.token` is what a customer types in, `device.token` where a message goes.
    let owner = match facts.arena.kind(node) {
        NodeKind::Member { object, .. } => last_name(facts, object).map(|name| facts.text(name)).unwrap_or_default(),
        _ => "",
    };
    let is_handed_out = kind == Secret::Token
        && parts(owner).iter().any(|word| matches!(word.as_str(), "coupon" | "discount" | "promo" | "voucher" | "device" | "push"));
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

/// Files about the tokens of languages, of language models, or of block chains.
fn speaks_of_text(program: &Program, file: FileId) -> bool {
    const OF_PEOPLE: &[&str] =
        &["auth", "authentication", "otp", "login", "account", "accounts", "session", "sessions", "jwt", "verification"];
    let path = program.path(file);
    let words: Vec<String> = path.split(['/', '.']).flat_map(crate::model::words::words).collect();
    // `auth/tokens.py` is about those of people.
    let of_people = words.iter().any(|word| OF_PEOPLE.contains(&word.as_str()));
    !of_people
        && words.iter().any(|word| {
            matches!(
                word.as_str(),
                "lexer"
                    | "parser"
                    | "tokenizer"
                    | "tokens"
                    | "tokenize"
                    | "ast"
                    | "compiler"
                    | "grammar"
                    | "syntax"
                    | "llm"
                    | "ai"
                    | "nft"
                    | "mint"
                    | "contract"
                    | "wallet"
                    | "blockchain"
                    | "erc20"
                    | "swap"
                    | "chain"
                    | "search"
                    | "parse"
                    | "highlighter"
            )
        })
}

/// A whole body, all headers, the environment.
fn whole(program: &Program, file: FileId, node: NodeId) -> Option<Logged> {
    let facts = program.file(file);
    let name = last_name(facts, node).map(|name| facts.text(name))?;
    if facts.language.family() == Family::Rust && is_header_map(program, file, node) {
        let what = "all headers or cookies of a request, the credentials among them".to_string();
        return Some(Logged { node, what, name: spell(facts, node), confidence: Confidence::Medium, level: Level::Warning });
    }
    if !matches!(facts.arena.kind(node), NodeKind::Member { .. }) {
        return None;
    }
    let api = program.api(file, node)?;
    let request = program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Source(SourceKind::Request));
    let outside = program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Source(SourceKind::Outside));
    let what = match name {
        "body" | "json" | "get_json" | "data" | "form" | "POST" if request => BODY,
        "headers" | "META" | "cookies" | "COOKIES" if request => "all headers or cookies of a request, the credentials among them",
        "environ" | "env" if outside => "the whole environment",
        _ => return None,
    };
    Some(Logged { node, what: what.to_string(), name: spell(facts, node), confidence: Confidence::Medium, level: Level::Warning })
}

/// A parameter that is the map of all headers: `headers: HeaderMap`.
fn is_header_map(program: &Program, file: FileId, node: NodeId) -> bool {
    let facts = program.file(file);
    let NodeKind::Name(name) = facts.arena.kind(node) else { return false };
    let owner = facts.def(program.nesting(file).owner(node));
    owner.params.iter().any(|param| {
        param.name == Some(name)
            && param.annotation.is_some_and(|annotation| last_name(facts, annotation).is_some_and(|class| facts.text(class) == "HeaderMap"))
    })
}

/// A variable that is given a whole body, and nothing else: `data = request.json`, `const body = await req.json()`.
fn kept(program: &Program, function: GlobalDef, node: NodeId) -> Option<Logged> {
    let facts = program.file(function.file);
    let NodeKind::Name(name) = facts.arena.kind(node) else { return None };
    let [value] = assigned(facts, function.def, name)[..] else { return None };
    let mut read = value;
    for _ in 0..4 {
        read = match facts.arena.kind(read) {
            NodeKind::Await(value) => value,
            NodeKind::Call { callee, .. } if arguments(facts, read).len() == 0 => callee,
            _ => break,
        };
    }
    let found = whole(program, function.file, read)?;
    Some(Logged { node, name: facts.text(name).to_string(), ..found })
}

/// What the header with the credentials was kept in: `let auth = headers.get("authorization");`
fn credentials(facts: &FileFacts, function: GlobalDef, node: NodeId) -> Option<Logged> {
    let NodeKind::Name(name) = facts.arena.kind(node) else { return None };
    let [value] = assigned(facts, function.def, name)[..] else { return None };
    let of_header = chain(facts, value).any(|link| {
        called_name(facts, link) == Some("get")
            && arguments(facts, link).next().is_some_and(|key| {
                let named = || last_name(facts, key).map(|name| facts.text(name));
                facts.string(key).or_else(named).is_some_and(|key| key.eq_ignore_ascii_case("authorization"))
            })
    });
    let whole = !chain(facts, value).any(|link| matches!(called_name(facts, link), Some("is_some" | "is_none" | "len")));
    (of_header && whole).then(|| Logged {
        node,
        what: "the credentials of a request".to_string(),
        name: facts.text(name).to_string(),
        confidence: Confidence::High,
        level: Level::Warning,
    })
}

/// A text that a secret was put into: `const body = JSON.stringify({ client_secret: settings.secret })`.
fn built(program: &Program, function: GlobalDef, node: NodeId) -> Option<Logged> {
    let facts = program.file(function.file);
    let NodeKind::Name(name) = facts.arena.kind(node) else { return None };
    let [value] = assigned(facts, function.def, name)[..] else { return None };
    if let Some(kind) = written(facts, value).or_else(|| told_by_object(program, function.file, value)) {
        let (what, name) = (format!("a text with {} in it", kind.text()), facts.text(name).to_string());
        return Some(Logged { node, what, name, confidence: Confidence::High, level: Level::Warning });
    }
    if is_link(facts, value) {
        let (what, name) = (format!("a link with {} in it", Secret::Token.text()), facts.text(name).to_string());
        return Some(Logged { node, what, name, confidence: Confidence::High, level: Level::Warning });
    }
    if keeps_password(facts, value) {
        let (what, name) = (format!("an object with {} in it", Secret::Password.text()), facts.text(name).to_string());
        return Some(Logged { node, what, name, confidence: Confidence::High, level: Level::Warning });
    }
    let makes = matches!(facts.arena.kind(value), NodeKind::Call { .. })
        && matches!(called_name(facts, value), Some("stringify" | "URLSearchParams" | "dumps" | "urlencode"));
    if !makes {
        return None;
    }
    let mut found = None;
    facts.arena.walk_while(value, |inner| {
        if let NodeKind::Entry { key, value } = facts.arena.kind(inner)
            && let Some(kind) = facts.string(key).and_then(secret)
            && matches!(facts.arena.kind(value), NodeKind::Member { .. } | NodeKind::Index { .. } | NodeKind::Name(_))
        {
            found = found.or(Some(kind));
        }
        !matches!(facts.arena.kind(inner), NodeKind::Closure(_))
    });
    let kind = found?;
    Some(Logged {
        node,
        what: format!("a text with {} in it", kind.text()),
        name: facts.text(name).to_string(),
        confidence: Confidence::High,
        level: Level::Warning,
    })
}

/// Python: a dictionary with a password as it came: `{"name": form["name"], "password": form["password"]}`.
fn keeps_password(facts: &FileFacts, object: NodeId) -> bool {
    let NodeKind::Collection { items, .. } = facts.arena.kind(object) else { return false };
    facts.language.family() == Family::Python
        && facts.arena.list(items).any(|item| match facts.arena.kind(item) {
            NodeKind::Entry { key, value } => {
                let plain = match facts.arena.kind(value) {
                    NodeKind::Index { .. } => true,
                    NodeKind::Name(name) | NodeKind::Member { name, .. } => secret(facts.text(name)) == Some(Secret::Password),
                    NodeKind::Call { .. } => called_name(facts, value) == Some("get") && arguments(facts, value).len() <= 2,
                    _ => false,
                };
                plain && facts.string(key).and_then(secret) == Some(Secret::Password)
            }
            _ => false,
        })
}

/// Python: the password or key that a text is put together with: `f"postgresql://{user}:{password}@{host}"`.
fn written(facts: &FileFacts, text: NodeId) -> Option<Secret> {
    let NodeKind::Text { parts, .. } = facts.arena.kind(text) else { return None };
    if facts.language.family() != Family::Python {
        return None;
    }
    let secrets = facts.arena.list(parts).filter_map(|part| match facts.arena.kind(part) {
        NodeKind::Name(name) | NodeKind::Member { name, .. } => secret(facts.text(name)),
        _ => None,
    });
    secrets.into_iter().find(|kind| matches!(kind, Secret::Password | Secret::Key))
}

/// Python: an address that lets in whoever opens it: `f"{site}/reset?token={token}"`.
fn is_link(facts: &FileFacts, text: NodeId) -> bool {
    let NodeKind::Text { parts, .. } = facts.arena.kind(text) else { return false };
    if facts.language.family() != Family::Python {
        return false;
    }
    let mut before = "";
    facts.arena.list(parts).any(|part| {
        let said = std::mem::replace(&mut before, facts.string(part).unwrap_or_default());
        said.ends_with("token=")
            && matches!(facts.arena.kind(part), NodeKind::Name(name) | NodeKind::Member { name, .. } if secret(facts.text(name)) == Some(Secret::Token))
    })
}

/// The same, where an object writes itself: `dsn = str(self)`, and its `__str__` gives the password away.
fn told_by_object(program: &Program, file: FileId, call: NodeId) -> Option<Secret> {
    let facts = program.file(file);
    if !matches!(called_name(facts, call), Some("str" | "repr")) || facts.language.family() != Family::Python {
        return None;
    }
    let object = arguments(facts, call).next()?;
    let class = match (facts.arena.kind(object), program.value(file, object)) {
        (_, Value::Instance { class, .. }) => class,
        (NodeKind::Receiver, _) => GlobalDef { file, def: facts.def(program.nesting(file).owner(call)).parent },
        _ => return None,
    };
    let own = program.file(class.file);
    let method = own.definitions().find(|(_, def)| def.parent == class.def && matches!(own.text(def.name), "__str__" | "__repr__"))?;
    let mut found = None;
    own.arena.walk(method.1.body?, |node| {
        if let NodeKind::Return(Some(value)) = own.arena.kind(node) {
            found = found.or_else(|| written(own, value));
        }
    });
    found
}

/// A code that lets in whoever knows it, where it is made or sent: `send_code(phone, code)`.
fn one_time_code(facts: &FileFacts, function: GlobalDef, node: NodeId, name: &str) -> Option<Logged> {
    let own = parts(name);
    let has = |words: &[String], wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let around = parts(facts.text(facts.def(function.def).name));
    let is_code = own.last().is_some_and(|word| word == "code")
        && (own.len() == 1
            && has(&around, &["code", "otp", "verification", "sms"])
            && has(&around, &["send", "generate", "create", "issue", "reset"])
            || has(&own, &["otp", "verification", "confirmation", "login", "sms"]) && own.len() == 2
            || own == ["reset", "code"]
            || own == ["password", "reset", "code"]);
    (is_code && facts.language.family() != Family::TypeScript).then(|| Logged {
        node,
        what: "a one-time code".to_string(),
        name: spell(facts, node),
        confidence: Confidence::Medium,
        level: Level::Warning,
    })
}

/// An address put together with a password: `mongodb://${db.user}:${db.password}@${db.host}`.
fn holds_password(facts: &FileFacts, value: NodeId) -> bool {
    let (mut is_url, mut password) = (false, false);
    facts.arena.walk_while(value, |inner| {
        is_url |= facts.string(inner).is_some_and(|text| text.contains("://"));
        if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(inner) {
            password |= secret(facts.text(name)) == Some(Secret::Password);
        }
        // `os.environ["REDIS_PASS"]`
        if let NodeKind::Index { index, .. } = facts.arena.kind(inner) {
            password |= facts.string(index).is_some_and(is_variable_of_password);
        }
        !matches!(facts.arena.kind(inner), NodeKind::Closure(_))
    });
    is_url && password && !hides(facts, value)
}

/// A variable of the environment that holds a password: `REDISPASS`, `DB_PASSWORD`.
fn is_variable_of_password(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && ["PASS", "PASSWD", "PASSWORD", "PWD"].iter().any(|end| name.ends_with(end))
}

/// The address of a database with its password in it: `DATABASE_URL`, `mongoUri`, unless it is known to be a text without one.
fn connection(program: &Program, function: GlobalDef, node: NodeId, name: &str) -> Option<Logged> {
    let facts = program.file(function.file);
    let words = parts(name);
    let is_address = words.last().is_some_and(|word| matches!(word.as_str(), "url" | "uri" | "dsn"))
        || words.ends_with(&["connection".to_string(), "string".to_string()]);
    let is_of_store = words.iter().any(|word| {
        matches!(
            word.as_str(),
            "database"
                | "db"
                | "mongo"
                | "mongodb"
                | "postgres"
                | "postgresql"
                | "mysql"
                | "mariadb"
                | "amqp"
                | "rabbitmq"
                | "dsn"
                | "connection"
        )
    });
    let is_of_store = is_of_store || facts.language.family() == Family::Rust && is_store_by_owner(facts, function, node);
    let is_told = || match facts.arena.kind(node) {
        NodeKind::Name(name) => {
            let given = assigned(facts, function.def, name).into_iter().chain(constant(facts, name));
            given.into_iter().any(|value| holds_password(facts, value))
        }
        _ => false,
    };
    if is_address && is_told() {
        return Some(Logged {
            node,
            what: "an address with a password in it".to_string(),
            name: spell(facts, node),
            confidence: Confidence::High,
            level: Level::Warning,
        });
    }
    if !is_address || !is_of_store {
        return None;
    }
    // The whole file of a local database has no password.
    let is_local = facts.language.family() == Family::Rust
        && ["Sqlite", "SqlitePool", "SqliteConnection", "SqlitePoolOptions", "SqliteConnectOptions"]
            .iter()
            .any(|name| facts.names.may_hold(name));
    if is_local {
        return None;
    }
    if facts.language.family() == Family::Rust && is_setting(facts, node) {
        return Some(Logged {
            node,
            what: "the address of a database, its password in it".to_string(),
            name: spell(facts, node),
            confidence: Confidence::Medium,
            level: Level::Warning,
        });
    }
    let values = match facts.arena.kind(node) {
        NodeKind::Name(name) => {
            let mut values = assigned(facts, function.def, name);
            values.extend(constant(facts, name));
            // What a module gives its variable later on: `mongoUri = process.env.MONGODB_URI`.
            facts.arena.walk(facts.def(DefId::MODULE).body?, |inner| match facts.arena.kind(inner) {
                NodeKind::Assign { target, value, .. } if facts.arena.kind(target) == NodeKind::Name(name) => values.push(value),
                _ => {}
            });
            values
        }
        // `process.env.DATABASE_URL`, `config.databaseUrl`
        NodeKind::Member { .. } | NodeKind::Index { .. } => vec![node],
        _ => return None,
    };
    let comes_from_outside = |value: &NodeId| {
        let mut found = false;
        facts.arena.walk(*value, |inner| {
            found |= program
                .api(function.file, inner)
                .is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Source(SourceKind::Outside)));
        });
        found
    };
    values.iter().any(comes_from_outside).then(|| Logged {
        node,
        what: "the address of a database, its password in it".to_string(),
        name: spell(facts, node),
        confidence: Confidence::Medium,
        level: Level::Warning,
    })
}

/// Rust: what holds the address, or the variable that it is read from, speaks of a database: `CONFIG.database.url`, `let url =
/// env::var("DATABASE_URL")`.
fn is_store_by_owner(facts: &FileFacts, function: GlobalDef, node: NodeId) -> bool {
    let speaks = |text: &str| {
        parts(text).iter().any(|word| {
            matches!(word.as_str(), "database" | "db" | "mongo" | "mongodb" | "postgres" | "postgresql" | "mysql" | "amqp" | "rabbitmq")
        })
    };
    match facts.arena.kind(node) {
        NodeKind::Member { object, .. } => last_name(facts, object).is_some_and(|name| speaks(facts.text(name))),
        NodeKind::Name(name) => assigned(facts, function.def, name).into_iter().any(|value| {
            let mut found = false;
            facts.arena.walk(value, |inner| {
                found |= called_name(facts, inner) == Some("var")
                    && arguments(facts, inner)
                        .next()
                        .and_then(|key| facts.string(key))
                        .is_some_and(|key| speaks(key) && key.ends_with("URL"));
            });
            found
        }),
        _ => false,
    }
}

/// Rust: a field of the settings: `config.db_url`, `CONFIG.database.url`.
fn is_setting(facts: &FileFacts, node: NodeId) -> bool {
    let mut at = node;
    while let NodeKind::Member { object, .. } = facts.arena.kind(at) {
        at = object;
        let named = last_name(facts, at).is_some_and(|name| {
            parts(facts.text(name)).iter().any(|word| matches!(word.as_str(), "config" | "configuration" | "settings" | "cfg" | "env"))
        });
        if named {
            return true;
        }
    }
    false
}

/// An object whose text says its fields. Rust: a struct whose derived `Debug` writes a field that is a secret: `info!("{request:?}")`.
fn shown(program: &Program, file: FileId, node: NodeId) -> Option<Logged> {
    let facts = program.file(file);
    if facts.language.family() == Family::Python
        && let Value::Instance { class, .. } = program.value(file, node)
    {
        let field = shown_password(program, class, 0)?;
        let what = format!("whose text holds `{field}`, {}", Secret::Password.text());
        return Some(Logged { node, what, name: spell(facts, node), confidence: Confidence::High, level: Level::Warning });
    }
    if facts.language.family() == Family::TypeScript
        && let Value::Instance { class, .. } = program.value(file, node)
    {
        // In a template an object is `[object Object]`.
        let in_text = program.nesting(file).parent(node).is_some_and(|parent| {
            matches!(facts.arena.kind(parent), NodeKind::Text { .. } | NodeKind::Binary { .. } | NodeKind::Member { .. })
        });
        let field = shown_field(program, class, 0).filter(|_| !in_text)?;
        let what = format!("an object whose `{field}` is {}", Secret::Password.text());
        return Some(Logged { node, what, name: spell(facts, node), confidence: Confidence::Medium, level: Level::Warning });
    }
    if facts.language.family() != Family::Rust {
        return None;
    }
    // What `Err(err)` holds is not what the function gives.
    let is_error = last_name(facts, node).is_some_and(|name| has_word(facts.text(name), &["e", "err", "error"]));
    if is_error {
        return None;
    }
    // `body.0` of an extractor
    if let NodeKind::Member { object, name, .. } = facts.arena.kind(node)
        && facts.text(name) == "0"
        && let Some(held) = shown(program, file, object)
    {
        return Some(Logged { node, name: spell(facts, node), ..held });
    }
    let class = match program.value(file, node) {
        Value::Instance { class, .. } => class,
        // `body: web::Json<Credentials>` writes what it holds.
        Value::Api { api, subject: Some(class), .. } => {
            let (path, knowledge) = (program.apis[api.0 as usize].path.trim_end_matches("()"), program.knowledge);
            let facts = knowledge.facts(path);
            let holds = |entry: u32| knowledge.entries[entry as usize].fact == ApiFact::ParameterSource(SourceKind::Request);
            facts.iter().any(|found| holds(found.entry)).then_some(class)?
        }
        _ => return None,
    };
    let (field, kind) =
        shown_secret(program, class, 0).filter(|(field, _)| !is_blotted(facts, program.nesting(file).owner(node), node, field))?;
    let is_plain_token = kind == Secret::Token && parts(&field) == ["token"];
    Some(Logged {
        node,
        what: format!("whose `Debug` writes `{field}`, {}", kind.text()),
        name: spell(facts, node),
        confidence: Confidence::Medium,
        level: if is_plain_token { Level::Note } else { Level::Warning },
    })
}

/// The field of the copy that is logged was written over: `shown.redis_password = Some("[redacted]".to_string())`.
fn is_blotted(facts: &FileFacts, function: DefId, node: NodeId, field: &str) -> bool {
    let Some(body) = facts.def(function).body else { return false };
    let mut blotted = false;
    facts.arena.walk(body, |inner| {
        let NodeKind::Assign { target, .. } = facts.arena.kind(inner) else { return };
        let NodeKind::Member { object, name, .. } = facts.arena.kind(target) else { return };
        blotted |= facts.text(name) == field && facts.arena.kind(object) == facts.arena.kind(node);
    });
    blotted
}

/// The first field that is a secret by its name and written by the derived `Debug` of a struct, or of one in it.
fn shown_secret(program: &Program, class: GlobalDef, depth: u8) -> Option<(String, Secret)> {
    let facts = program.file(class.file);
    let def = facts.def(class.def);
    if def.kind != DefKind::Struct || depth > 2 || !derives_debug(facts, class.def) || has_own_text(facts, facts.text(def.name)) {
        return None;
    }
    let fields = || facts.definitions().filter(|(_, field)| field.kind == DefKind::Field && field.parent == class.def);
    let is_text = |field: &Definition| {
        field.annotation.is_some_and(|annotation| {
            let mut text = false;
            let mut other = false;
            facts.arena.walk(annotation, |node| {
                if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(node) {
                    match facts.text(name) {
                        "String" | "str" => text = true,
                        "Option" | "Vec" | "Cow" | "Arc" | "Box" | "Rc" => {}
                        _ => other = true,
                    }
                }
            });
            text && !other
        })
    };
    let named = fields().find_map(|(_, field)| {
        let name = facts.text(field.name);
        let hidden = field.decorators.iter().any(|&decorator| hides_field(facts, decorator));
        let kind = secret(name).or_else(|| is_password_hash(name).then_some(Secret::Password));
        let kind = kind.filter(|kind| matches!(kind, Secret::Password | Secret::Token | Secret::Key) && !hidden && is_text(field))?;
        Some((name.to_string(), kind))
    });
    named.or_else(|| {
        fields().find_map(|(_, field)| {
            let annotation = field.annotation?;
            let inner = type_named(program, class.file, annotation)?;
            (inner != class).then(|| shown_secret(program, inner, depth + 1)).flatten()
        })
    })
}

/// `password_hash`, `hashed_password`: whoever reads it may try passwords at leisure.
fn is_password_hash(name: &str) -> bool {
    let words = parts(name);
    let is = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    words.len() == 2 && is(&["password", "passwd", "pwd"]) && is(&["hash", "hashed", "digest", "encrypted"])
}

fn derives_debug(facts: &FileFacts, class: DefId) -> bool {
    facts.def(class).decorators.iter().any(|&decorator| {
        called_name(facts, decorator) == Some("derive")
            && arguments(facts, decorator).any(|name| last_name(facts, name).is_some_and(|name| facts.text(name) == "Debug"))
    })
}

/// `#[debug(skip)]`, `#[derivative(Debug = "ignore")]`.
fn hides_field(facts: &FileFacts, decorator: NodeId) -> bool {
    let mut hides = false;
    facts.arena.walk(decorator, |node| {
        if let NodeKind::Name(name) | NodeKind::Str(name) = facts.arena.kind(node) {
            hides |= matches!(facts.text(name), "skip" | "ignore" | "redact" | "debug_ignore" | "sensitive");
        }
    });
    hides
}

/// A text of its own: which of the two the logger writes cannot be told.
fn has_own_text(facts: &FileFacts, class: &str) -> bool {
    let last = |node: &NodeId| last_name(facts, *node).map(|name| facts.text(name));
    facts.definitions().any(|(_, def)| {
        def.kind == DefKind::Impl
            && def.bases.first().and_then(last) == Some(class)
            && matches!(def.bases.get(1).and_then(last), Some("Display" | "Debug"))
    })
}

/// `logger.debug(…)`, `trace!(…)`: switched off where it matters, as a rule.
fn is_for_debugging(facts: &FileFacts, call: NodeId) -> bool {
    let is_level = |name: &str| matches!(name, "debug" | "trace" | "verbose" | "silly");
    // `logger.log('debug', …)` says its level first.
    let named = || arguments(facts, call).next().and_then(|first| facts.string(first)).is_some_and(is_level);
    called_name(facts, call).is_some_and(|name| is_level(name) || name == "log" && named())
}

/// `fn generate_keypair()` prints the key that somebody asked for.
fn shows_what_it_makes(program: &Program, unit: GlobalDef, call: NodeId) -> bool {
    let facts = program.file(unit.file);
    let prints = called_name(facts, call).is_some_and(|name| matches!(name, "println" | "print" | "eprintln" | "log"));
    prints
        && words(program.name(unit))
            .first()
            .is_some_and(|verb| matches!(verb.as_str(), "gen" | "generate" | "keygen" | "show" | "display" | "print"))
}

/// Bodies of all requests, or of one that people send their passwords, cards or personal data with: told by the words of the route, the function and the file.
fn may_hold_credentials(program: &Program, unit: GlobalDef) -> bool {
    const WORDS: &[&str] = &[
        "login",
        "signin",
        "signup",
        "register",
        "registration",
        "auth",
        "oauth",
        "password",
        "account",
        "accounts",
        "user",
        "users",
        "payment",
        "payments",
        "card",
        "checkout",
        "session",
        "sessions",
        "token",
        "profile",
        "customer",
        "customers",
        "member",
        "members",
        "middleware",
        "middlewares",
        "interceptor",
        "interceptors",
        "logger",
        "logging",
        "request",
        "requests",
    ];
    let speaks = |text: &str| words(text).iter().any(|word| WORDS.contains(&word.as_str()));
    let facts = program.file(unit.file);
    let routes = || program.routes.iter().filter(|route| route.handler == unit).collect::<Vec<_>>();
    speaks(program.path(unit.file))
        || unit.def != DefId::MODULE && speaks(facts.text(facts.def(unit.def).name))
        || match routes() {
            // Without a route of its own it may see every request.
            routes if routes.is_empty() => true,
            routes => routes.iter().any(|route| route.full.iter().chain(&route.path).any(|path| speaks(path))),
        }
}

/// `f"invalid token: {token}"`: what was refused opens nothing.
fn speaks_of_refusal(facts: &FileFacts, call: NodeId) -> bool {
    let mut text = String::new();
    for argument in arguments(facts, call) {
        facts.arena.walk_while(argument, |node| {
            if let NodeKind::Str(part) = facts.arena.kind(node) {
                text.push_str(&facts.text(part).to_ascii_lowercase());
                text.push(' ');
            }
            !matches!(facts.arena.kind(node), NodeKind::Call { .. } | NodeKind::Closure(_))
        });
    }
    ["invalid", "unknown", "no such", "not found", "malformed", "unrecognised", "unrecognized"].iter().any(|word| text.contains(word))
}

/// What another service answered when it refused: `if (!response.ok) console.error(answer)`.
fn is_refusal(facts: &FileFacts, nesting: &Nesting, node: NodeId) -> bool {
    nesting.around(node).any(|around| match nesting.parent(around).map(|parent| facts.arena.kind(parent)) {
        Some(NodeKind::If { condition, then, .. }) if then == around => {
            let NodeKind::Unary { op: UnaryOp::Not, value } = facts.arena.kind(condition) else { return false };
            last_name(facts, value).is_some_and(|name| matches!(facts.text(name), "ok" | "success" | "is_success" | "isSuccess"))
        }
        _ => false,
    })
}

/// In a branch for its absence: `if token is None or isinstance(token, AuthError)`, `if (!token)`.
fn is_missing(facts: &FileFacts, nesting: &Nesting, node: NodeId, logged: NodeId) -> bool {
    let name = spell(facts, logged);
    nesting.around(node).any(|around| match nesting.parent(around).map(|parent| facts.arena.kind(parent)) {
        Some(NodeKind::If { condition, then, .. }) if then == around => asks_absence(facts, condition, &name, 0),
        _ => false,
    })
}

/// Every way to make the condition true leaves the value empty, or an error.
fn asks_absence(facts: &FileFacts, condition: NodeId, name: &str, depth: u8) -> bool {
    let is_it = |node: NodeId| spell(facts, node) == name;
    match facts.arena.kind(condition) {
        NodeKind::Unary { op: UnaryOp::Not, value } => is_it(value),
        NodeKind::Binary { op: BinaryOp::Or, left, right } if depth < 8 => {
            asks_absence(facts, left, name, depth + 1) && asks_absence(facts, right, name, depth + 1)
        }
        NodeKind::Binary { op: BinaryOp::Is | BinaryOp::Equal, left, right } => is_it(left) && is_nothing(facts, right),
        NodeKind::Call { .. } if called_name(facts, condition) == Some("isinstance") => {
            let given: Vec<NodeId> = arguments(facts, condition).collect();
            let is_error = |class: &NodeId| {
                last_name(facts, *class).is_some_and(|class| ["Error", "Exception"].iter().any(|end| facts.text(class).ends_with(end)))
            };
            given.first().is_some_and(|&first| is_it(first)) && given.get(1).is_some_and(is_error)
        }
        _ => false,
    }
}

fn is_nothing(facts: &FileFacts, node: NodeId) -> bool {
    matches!(facts.arena.kind(node), NodeKind::Null)
        || matches!(facts.arena.kind(node), NodeKind::Name(name) if facts.text(name) == "undefined")
}

/// Commands speak to who started them; so does what only runs at start-up to show a generated password.
fn speaks_to_user(program: &Program, function: GlobalDef) -> bool {
    let path = program.path(function.file);
    let file = path.rsplit('/').next().unwrap_or(path);
    parts(file.split('.').next().unwrap_or(file))
        .iter()
        .any(|word| matches!(word.as_str(), "cli" | "command" | "commands" | "console" | "script" | "example" | "examples" | "demo"))
        || path.split('/').any(|part| matches!(part, "examples" | "example" | "scripts" | "cli" | "commands" | "bin" | "docs"))
}

fn finding(program: &Program, function: GlobalDef, call: NodeId, logged: &Logged) -> Finding {
    let facts = program.file(function.file);
    let spelled = spelled_callee(facts, call);
    Finding {
        rule: RULE.into(),
        level: logged.level,
        message: format!("`{spelled}` logs `{}`, {}", logged.name, logged.what),
        primary: Label { location: program.location(function.file, call_span(facts, call)), text: "ends in the log".to_string() },
        related: vec![Label { location: program.location(function.file, facts.arena.span(logged.node)), text: logged.what.clone() }],
        flow: Vec::new(),
        help: Some(
            "leave it out, or log what identifies it: an id, its length, the last characters; let the logger redact fields of such names"
                .to_string(),
        ),
        subject: format!("{} {}", program.qualified_name(named(program, function)), logged.name),
        fingerprint: String::new(),
        confidence: logged.confidence,
        redact: Vec::new(),
    }
}

/// `#[instrument]` records every parameter that it is not told to skip.
fn instrumented(program: &Program, file: FileId) -> Vec<Finding> {
    let facts = program.file(file);
    if facts.language.family() != Family::Rust || !facts.names.may_hold("instrument") {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (id, def) in facts.definitions() {
        let function = GlobalDef { file, def: id };
        if def.body.is_none() || !in_scope(program, function) {
            continue;
        }
        let instrument = def.decorators.iter().copied().find(|&decorator| {
            let name = called_name(facts, decorator).or_else(|| last_name(facts, decorator).map(|name| facts.text(name)));
            name == Some("instrument")
        });
        let Some(instrument) = instrument else { continue };
        let mut skipped = Vec::new();
        let mut skips_all = false;
        facts.arena.walk(instrument, |node| {
            if let NodeKind::Name(name) = facts.arena.kind(node) {
                skips_all |= facts.text(name) == "skip_all";
                skipped.push(facts.text(name));
            }
        });
        for param in &def.params {
            let Some(name) = param.name.map(|name| facts.text(name)) else { continue };
            if !skips_all
                && !skipped.contains(&name)
                && let Some(class) = param.annotation.and_then(|annotation| type_named(program, file, annotation))
                && let Some((field, kind)) = shown_secret(program, class, 0)
                && parts(&field) != ["token"]
            {
                findings.push(recorded(program, function, instrument, name, &format!("whose `Debug` writes `{field}`, {}", kind.text())));
                continue;
            }
            let Some(kind) = secret(name) else { continue };
            let is_wrapped = param.annotation.is_some_and(|annotation| {
                let mut wrapped = false;
                facts.arena.walk(annotation, |node| {
                    if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(node) {
                        wrapped |= parts(facts.text(name))
                            .iter()
                            .any(|word| matches!(word.as_str(), "secret" | "redacted" | "protected" | "hidden"));
                    }
                });
                wrapped
            });
            if skips_all || is_wrapped || skipped.contains(&name) {
                continue;
            }
            let level = if parts(name) == ["token"] { Level::Note } else { Level::Warning };
            let mut one = recorded(program, function, instrument, name, kind.text());
            one.level = one.level.min(level);
            findings.push(one);
        }
    }
    findings
}

/// A parameter that `#[instrument]` records.
fn recorded(program: &Program, function: GlobalDef, instrument: NodeId, name: &str, what: &str) -> Finding {
    let logged =
        Logged { node: instrument, what: what.to_string(), name: name.to_string(), confidence: Confidence::High, level: Level::Warning };
    let facts = program.file(function.file);
    let is_traced = arguments(facts, instrument).any(|argument| match facts.arena.kind(argument) {
        NodeKind::Argument { name, value } => {
            facts.text(name) == "level" && matches!(facts.string(value), Some("trace" | "debug" | "TRACE" | "DEBUG"))
        }
        _ => false,
    });
    let mut one = finding(program, function, instrument, &logged);
    one.message = format!("`#[instrument]` records `{name}`, {what}, with each span");
    if is_traced {
        one.level = Level::Note;
    }
    one.primary.location.span = program.file(function.file).arena.span(instrument);
    one.help = Some(format!("add `skip({name})`, or give it a type whose `Debug` hides it (`Secret<String>`)"));
    one
}
