//! Which values are sensitive, by the names code gives them: passwords, tokens, keys, card numbers.
//!
//! Names are compared word by word: `passed`, `author` and `tokenizer` hold no secret. A word that makes the name one of something about a
//! secret (`password_reset_url`, `token_type`, `has_password`) or of one made harmless (`password_hash`, `masked_token`) takes it out.

use crate::model::body::{BinaryOp, CallForm, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{DefId, DefKind, FileFacts, Name};
use crate::model::nesting::{arguments, called_name, last_name};
use crate::model::words::words;
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// What kind of secret a name speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Secret {
    Password,
    Token,
    Key,
    Card,
    Identity,
}

impl Secret {
    /// The words for messages.
    pub(super) fn text(self) -> &'static str {
        match self {
            Secret::Password => "a password",
            Secret::Token => "a token",
            Secret::Key => "a secret",
            Secret::Card => "card data",
            Secret::Identity => "an identity number",
        }
    }
}

/// What secret the name speaks of, if any.
pub(super) fn secret(name: &str) -> Option<Secret> {
    // A constant is the name of a header, a key or a setting far more often than a secret itself.
    let mut words = parts(name);
    // `email_from_token` is an address.
    if let Some(at) = words.iter().position(|word| word == "from").filter(|&at| at > 0) {
        words.truncate(at);
    }
    let kind = kind(&words)?;
    // `auth_header` holds the credentials, `token_header` names a header.
    let is_value = words.first().is_some_and(|word| matches!(word.as_str(), "auth" | "authorization"));
    let harmless = |word: &String| {
        vocabulary().secrets.harmless.has(word)
            && !(is_value && word == "header")
            && !matches!(
                (word.as_str(), kind),
                ("user" | "test" | "reset" | "input" | "provider" | "last" | "first" | "next" | "user_", Secret::Password)
                    | ("reset" | "user" | "id" | "device", Secret::Token)
                    // Claims are no token; a password is one however it came.
                    | ("decoded", Secret::Password | Secret::Key)
            )
    };
    // `id_token` is a token, `token_id` tells one from another.
    let is_id = words.last().is_some_and(|word| matches!(word.as_str(), "id" | "ids"));
    (!is_id && !words.iter().any(harmless)).then_some(kind)
}

/// True for the name of a password in plain text.
pub(super) fn is_password(name: &str) -> bool {
    secret(name) == Some(Secret::Password)
}

/// True for a name with the word `password` or its like, harmless or not.
pub(super) fn speaks_of_password(name: &str) -> bool {
    parts(name).iter().any(|word| is_password_word(word))
}

fn is_password_word(word: &str) -> bool {
    vocabulary().secrets.passwords.has(word)
}

/// The words of a name, numbers at their ends left out.
pub(super) fn parts(name: &str) -> Vec<String> {
    words(name)
        .into_iter()
        .map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_string())
        .filter(|word| !word.is_empty())
        .collect()
}

fn kind(words: &[String]) -> Option<Secret> {
    let has = |wanted: &str| words.iter().any(|word| word == wanted);
    let row = |first: &str, second: &str| words.windows(2).any(|pair| pair[0] == first && pair[1] == second);
    // `PASSWORD_KEY` encrypts passwords.
    let is_key = words.last().is_some_and(|word| word == "key") && words.len() > 1;
    // `reset_password_token` is a token.
    let is_token = words.last().is_some_and(|word| matches!(word.as_str(), "token" | "tokens"));
    if words.iter().any(|word| is_password_word(word)) && !is_key && !is_token || (words.len() == 1 && words[0] == "pass") {
        return Some(Secret::Password);
    }
    if has("apikey")
        || row("api", "key")
        || row("private", "key")
        || row("secret", "key")
        || row("access", "key")
        || row("encryption", "key")
        || row("signing", "key")
        || row("auth", "key")
        || has("secret")
        || has("privkey")
    {
        return Some(Secret::Key);
    }
    if has("token")
        || has("jwt")
        || has("accesstoken")
        || has("authtoken")
        || (has("authorization") && words.len() == 1)
        || ((row("auth", "header") || row("authorization", "header")) && words.len() == 2)
        || (has("bearer") && words.len() == 1)
        || (has("otp") && words.len() <= 2)
        || has("totp") && words.len() == 1
    {
        return Some(Secret::Token);
    }
    if has("cvv") || has("cvc") || row("card", "number") || row("card", "num") || has("cardnumber") || row("credit", "card") || has("iban")
    {
        return Some(Secret::Card);
    }
    (has("ssn") || row("social", "security") && has("number") || row("passport", "number")).then_some(Secret::Identity)
}

/// Calls `visit` with each part of an expression whose value is in its result as it is, and the name it goes by: `x`, `a.x`, `a["x"]`,
/// `a.get("x")`, also inside texts, collections and conversions.
pub(super) fn carriers<'a>(facts: &'a FileFacts, node: NodeId, visit: &mut dyn FnMut(NodeId, &'a str)) {
    carriers_within(facts, node, visit, 0);
}

fn carriers_within<'a>(facts: &'a FileFacts, node: NodeId, visit: &mut dyn FnMut(NodeId, &'a str), depth: u8) {
    if depth > 24 {
        return;
    }
    let mut go = |node: NodeId| carriers_within(facts, node, visit, depth + 1);
    match facts.arena.kind(node) {
        NodeKind::Name(name) | NodeKind::Member { name, .. } => visit(node, facts.text(name)),
        NodeKind::Index { object, index } => match facts.string(index) {
            Some(key) => visit(node, key),
            None => go(object),
        },
        NodeKind::Call { callee, form, .. } if form != CallForm::Pattern => call_carriers(facts, node, callee, visit, depth),
        NodeKind::Text { parts: items, .. } | NodeKind::Collection { items, .. } => facts.arena.list(items).for_each(go),
        NodeKind::Entry { value, .. } | NodeKind::Argument { value, .. } | NodeKind::Spread { value, .. } => go(value),
        NodeKind::Await(value)
        | NodeKind::Propagate(value)
        | NodeKind::Cast { value, .. }
        | NodeKind::Unary { op: UnaryOp::Other, value } => go(value),
        NodeKind::Binary { op: BinaryOp::Add | BinaryOp::Or | BinaryOp::Coalesce | BinaryOp::Remainder, left, right } => {
            go(left);
            go(right);
        }
        NodeKind::Binary { op: BinaryOp::And, right, .. } => go(right),
        NodeKind::If { then, otherwise, .. } => {
            go(then);
            otherwise.into_iter().for_each(go);
        }
        NodeKind::Block { items, value: true } => facts.arena.list(items).last().into_iter().for_each(go),
        NodeKind::Other(items) => facts.arena.list(items).for_each(go),
        _ => {}
    }
}

fn call_carriers<'a>(facts: &'a FileFacts, node: NodeId, callee: NodeId, visit: &mut dyn FnMut(NodeId, &'a str), depth: u8) {
    let name = called_name(facts, node).unwrap_or_default();
    let object = match facts.arena.kind(callee) {
        NodeKind::Member { object, .. } => Some(object),
        _ => None,
    };
    let key = arguments(facts, node).next().and_then(|first| facts.string(first));
    match (object, key) {
        (Some(_), Some(key)) if api_names().texts.getters.has(name) => visit(node, key),
        (Some(object), _) if api_names().texts.forms.has(name) => carriers_within(facts, object, visit, depth + 1),
        _ if api_names().texts.conversions.has(name) => {
            arguments(facts, node).for_each(|argument| carriers_within(facts, argument, visit, depth + 1))
        }
        _ => {}
    }
}

/// The values given to a local name in the function or in those around it, at most a few.
pub(super) fn assigned(facts: &FileFacts, function: DefId, name: Name) -> Vec<NodeId> {
    let mut values = Vec::new();
    let mut at = function;
    for _ in 0..8 {
        let def = facts.def(at);
        if let Some(body) = def.body.filter(|_| at != DefId::MODULE) {
            facts.arena.walk(body, |node| {
                let (target, value) = match facts.arena.kind(node) {
                    NodeKind::Declare { target, value: Some(value), .. } | NodeKind::Assign { target, value, .. } => (target, value),
                    _ => return,
                };
                if facts.arena.kind(target) == NodeKind::Name(name) && values.len() < 4 {
                    values.push(value);
                }
            });
        }
        if at == DefId::MODULE || def.params.iter().any(|param| param.name == Some(name)) || !values.is_empty() {
            break;
        }
        at = def.parent;
    }
    values
}

/// The value of a constant of the module by its name.
pub(super) fn constant(facts: &FileFacts, name: Name) -> Option<NodeId> {
    let is_it = |def: &&crate::model::facts::Definition| def.kind == DefKind::Variable && def.parent == DefId::MODULE && def.name == name;
    facts.defs.iter().find(is_it).and_then(|def| def.value)
}

/// True when a call of the expression hides what it is given: `mask(token)`, `redact(body)`.
pub(super) fn hides(facts: &FileFacts, node: NodeId) -> bool {
    let mut found = false;
    facts.arena.walk(node, |node| {
        if matches!(facts.arena.kind(node), NodeKind::Call { .. }) {
            let name = called_name(facts, node).or_else(|| last_name(facts, node).map(|name| facts.text(name))).unwrap_or_default();
            found |= words(name).iter().any(|word| vocabulary().secrets.hiding.has(word));
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use super::{Secret, is_password, secret};

    #[test]
    fn secrets_go_by_words() {
        assert_eq!(secret("password"), Some(Secret::Password));
        assert_eq!(secret("newPassword2"), Some(Secret::Password));
        assert_eq!(secret("user_password"), Some(Secret::Password));
        assert_eq!(secret("accessToken"), Some(Secret::Token));
        assert_eq!(secret("api_key"), Some(Secret::Key));
        assert_eq!(secret("cardNumber"), Some(Secret::Card));
    }

    #[test]
    fn what_only_mentions_a_secret_is_none() {
        for name in [
            "password_hash",
            "hasPassword",
            "tokenType",
            "max_tokens",
            "passed",
            "author",
            "secret_name",
            "passwordResetUrl",
            "compass",
            "tokenize",
            "sas_token_start",
            "signingKeyDid",
            "reservation_token",
        ] {
            assert_eq!(secret(name), None, "{name}");
        }
        assert!(!is_password("token"));
    }
}
