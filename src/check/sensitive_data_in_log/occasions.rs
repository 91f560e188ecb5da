//! Where and on which occasion something is logged: for debugging, for who started a command, or because it was refused.

use crate::check::sensitive::{parts, secret};
use crate::model::body::{BinaryOp, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{DefId, FileFacts};
use crate::model::nesting::{Nesting, arguments, called_name, last_name, spell, walk_deep};
use crate::model::program::{ImportTarget, Program};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::model::words::words;
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// `logger.debug(…)`, `trace!(…)`: switched off where it matters, as a rule.
pub(super) fn is_for_debugging(facts: &FileFacts, call: NodeId) -> bool {
    let is_level = |name: &str| api_names().logging.debugging.has(name);
    // `logger.log('debug', …)` says its level first.
    let named = || arguments(facts, call).next().and_then(|first| facts.string(first)).is_some_and(is_level);
    called_name(facts, call).is_some_and(|name| is_level(name) || name == "log" && named())
}

/// `fn generate_keypair()` prints the key that somebody asked for.
pub(super) fn shows_what_it_makes(program: &Program, unit: GlobalDef, call: NodeId) -> bool {
    let facts = program.file(unit.file);
    let prints = called_name(facts, call).is_some_and(|name| api_names().logging.prints.has(name));
    prints
        && (words(program.name(unit)).first().is_some_and(|verb| vocabulary().logs.shows_made.has(verb)) || is_command(program, unit.file))
}

/// Python: a file that starts itself, that no other one imports and no route lies in: whoever ran it reads what it prints.
fn is_command(program: &Program, file: FileId) -> bool {
    let facts = program.file(file);
    let is_it = |target: &ImportTarget| matches!(target, ImportTarget::Module(module) if module.file == file);
    facts.language.family() == Family::Python
        && facts.names.may_hold("__main__")
        && !program.imports.iter().any(|edge| is_it(&edge.target))
        && !program.routes.iter().any(|route| route.handler.file == file)
}

/// Bodies of all requests, or of one that people send their passwords, cards or personal data with: told by the words of the route, the function and the file.
pub(super) fn may_hold_credentials(program: &Program, unit: GlobalDef) -> bool {
    let speaks = |text: &str| words(text).iter().any(|word| vocabulary().logs.credentials.has(word));
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

/// The function takes single fields out of the body by their names and nothing else, and none of them is a secret: `const { step, confirmed } = req.body`.
pub(super) fn reads_harmless_fields(program: &Program, unit: GlobalDef, call: NodeId) -> bool {
    let facts = program.file(unit.file);
    let nesting = program.nesting(unit.file);
    let Some(body) = facts.def(unit.def).body.filter(|_| unit.def != DefId::MODULE) else { return false };
    let mut fields: Vec<&str> = Vec::new();
    let mut is_known = true;
    let logged = facts.arena.span(call);
    walk_deep(facts, body, |node| {
        let NodeKind::Member { name, .. } = facts.arena.kind(node) else { return true };
        if facts.text(name) != "body" || logged.contains(facts.arena.span(node)) {
            return true;
        }
        match nesting.parent(node).map(|parent| facts.arena.kind(parent)) {
            Some(NodeKind::Member { object, name, .. }) if object == node => fields.push(facts.text(name)),
            Some(NodeKind::Declare { target, value: Some(value), .. }) if value == node => match facts.arena.kind(target) {
                NodeKind::Collection { items, .. } => facts.arena.list(items).for_each(|item| match facts.arena.kind(item) {
                    NodeKind::Entry { key, .. } if facts.string(key).is_some() => fields.extend(facts.string(key)),
                    _ => is_known = false,
                }),
                _ => is_known = false,
            },
            _ => is_known = false,
        }
        true
    });
    let is_secret = |field: &&str| secret(field).is_some() || words(field).iter().any(|word| vocabulary().logs.personal.has(word));
    is_known && !fields.is_empty() && !fields.iter().any(is_secret)
}

/// The file is run by somebody, who sees what it prints: `if (require.main === module) { … }`, `if (import.meta.url === …argv[1])`.
pub(super) fn is_run_by_hand(facts: &FileFacts, nesting: &Nesting, node: NodeId) -> bool {
    let asks = |condition: NodeId| {
        let (mut own, mut main) = (false, false);
        facts.arena.walk(condition, |inner| match facts.arena.kind(inner) {
            NodeKind::Member { name, .. } => {
                let name = facts.text(name);
                main |= matches!(name, "main" | "argv");
                own |= matches!(name, "url" | "filename") || name == "main";
            }
            NodeKind::Name(name) => own |= matches!(facts.text(name), "__filename" | "module"),
            _ => {}
        });
        own && main
    };
    let is_asked = |at: NodeId| {
        nesting.around(at).any(|inner| {
            matches!(nesting.parent(inner).map(|outer| facts.arena.kind(outer)), Some(NodeKind::If { condition, then, .. }) if then == inner && asks(condition))
        })
    };
    std::iter::successors(Some(node), |&at| nesting.closure_around(facts, at)).take(8).any(is_asked)
}

/// `f"invalid token: {token}"`: what was refused opens nothing.
pub(super) fn speaks_of_refusal(facts: &FileFacts, call: NodeId) -> bool {
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
    vocabulary().logs.refusals.within(&text)
}

/// What another service answered when it refused: `if (!response.ok) console.error(answer)`.
pub(super) fn is_refusal(facts: &FileFacts, nesting: &Nesting, node: NodeId) -> bool {
    nesting.around(node).any(|around| match nesting.parent(around).map(|parent| facts.arena.kind(parent)) {
        Some(NodeKind::If { condition, then, .. }) if then == around => {
            let NodeKind::Unary { op: UnaryOp::Not, value } = facts.arena.kind(condition) else { return false };
            last_name(facts, value).is_some_and(|name| matches!(facts.text(name), "ok" | "success" | "is_success" | "isSuccess"))
        }
        _ => false,
    })
}

/// In a branch for its absence: `if token is None or isinstance(token, AuthError)`, `if (!token)`.
pub(super) fn is_missing(facts: &FileFacts, nesting: &Nesting, node: NodeId, logged: NodeId) -> bool {
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
        // `"access_token" not in answer`
        NodeKind::Binary { op: BinaryOp::NotIn, left, right } => {
            is_it(right) && facts.string(left).is_some_and(|key| secret(key).is_some())
        }
        // `"error" in answer`: then it holds nothing else.
        NodeKind::Binary { op: BinaryOp::In, left, right } => is_it(right) && matches!(facts.string(left), Some("error" | "errors")),
        NodeKind::Call { .. } if called_name(facts, condition) == Some("isinstance") => {
            let given: Vec<NodeId> = arguments(facts, condition).collect();
            let is_error = |class: &NodeId| {
                last_name(facts, *class).is_some_and(|class| ["Error", "Exception"].iter().any(|end| facts.text(class).ends_with(end)))
            };
            given.first().is_some_and(|&first| is_it(first)) && given.get(1).is_some_and(is_error)
        }
        // `secret.startswith("http")`: it is an address then.
        NodeKind::Call { callee, .. } if matches!(called_name(facts, condition), Some("startswith" | "startsWith" | "starts_with")) => {
            let is_address =
                arguments(facts, condition).next().is_some_and(|start| facts.string(start).is_some_and(|text| text.starts_with("http")));
            is_address && matches!(facts.arena.kind(callee), NodeKind::Member { object, .. } if is_it(object))
        }
        // All of it holds, so one part is enough.
        NodeKind::Binary { op: BinaryOp::And, left, right } if depth < 8 => {
            asks_absence(facts, left, name, depth + 1) || asks_absence(facts, right, name, depth + 1)
        }
        _ => false,
    }
}

fn is_nothing(facts: &FileFacts, node: NodeId) -> bool {
    matches!(facts.arena.kind(node), NodeKind::Null)
        || matches!(facts.arena.kind(node), NodeKind::Name(name) if facts.text(name) == "undefined")
}

/// Commands speak to who started them; so does what only runs at start-up to show a generated password.
pub(super) fn speaks_to_user(program: &Program, function: GlobalDef) -> bool {
    let path = program.path(function.file);
    let file = path.rsplit('/').next().unwrap_or(path);
    parts(file.split('.').next().unwrap_or(file)).iter().any(|word| vocabulary().audience.speaking_files.has(word))
        || path.split('/').any(|part| vocabulary().audience.speaking_folders.has(part))
}
