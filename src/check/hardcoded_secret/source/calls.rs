//! Every passed literal against the places where libraries take credentials.

use super::literals::{is_environment_name, is_stand_in};
use super::values::Scan;
use crate::check::hardcoded_secret::generic::NameClass;
use crate::check::hardcoded_secret::{SecretHit, SecretKind, generic, positions, shown};
use crate::model::body::{CallForm, CollectionKind, List, NodeId, NodeKind};
use crate::model::nesting::{argument_value, called_name, chain, chain_root};
use crate::model::source::Family;
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// How many nodes of an options object are looked at.
const OPTIONS: usize = 400;

impl<'a> Scan<'a> {
    pub(super) fn call(&self, id: NodeId, callee: NodeId, hits: &mut Vec<SecretHit>) {
        let NodeKind::Call { args, form, .. } = self.facts.arena.kind(id) else { return };
        if matches!(form, CallForm::Jsx | CallForm::Pattern) {
            return;
        }
        if self.has_passwords {
            self.account(id, callee, hits);
        }
        self.own_signer(id, callee, hits);
        self.header(args, callee, hits);
        self.own_key(id, callee, hits);
        let imported = self.imports.get(self.last_name(callee)).map(String::as_str);
        if !positions::may_matter(imported.unwrap_or(self.last_name(callee))) {
            return;
        }
        let Some(path) = self.path(callee) else { return };
        let short = self.written(callee);
        let positional: Vec<NodeId> = self.facts.arena.list(args).filter(|&arg| !self.is_named(arg)).collect();
        if let Some(at) = positions::argument(&path) {
            let named = || self.facts.arena.list(args).find_map(|arg| self.key_argument(arg));
            if let Some(argument) = positional.get(at).copied().or_else(named)
                && !self.labels_secret(id, &path, argument)
            {
                self.credential(argument, &short, SecretKind::CredentialPosition, hits);
            }
        }
        if positions::is_hasher(&path) && (positions::keeps(&path) || !self.is_discarded(id)) {
            let named = self.facts.arena.list(args).find_map(|arg| self.password_argument(arg));
            if let Some(argument) = named.or(positional.first().copied()) {
                self.credential(argument, &short, SecretKind::LiteralPassword, hits);
            }
        }
        // `app.register(fastifyCookie, { secret: "…" })`
        let plugin = positional.first().map(|&plugin| self.last_name(plugin)).and_then(|plugin| self.imports.get(plugin));
        if path.ends_with(".register") && plugin.is_some_and(|plugin| positions::is_plugin(plugin)) {
            let short = self.last_name(positional[0]);
            for &argument in positional.iter().skip(1) {
                self.options(self.followed(argument), short, false, hits);
            }
        }
        if positions::takes_options(&path) {
            let is_local = self.names_local_host(id);
            for argument in self.facts.arena.list(args) {
                self.options(self.followed(argument), &short, is_local, hits);
            }
        }
    }

    /// `hmac.new(b"WebAppData", bot_token, sha256)`, `createHmac("sha256", "WebAppData").update(botToken)`: a key is made of a secret, and the literal is
    /// the label that is published for it.
    fn labels_secret(&self, call: NodeId, path: &str, key: NodeId) -> bool {
        let is_mac = generic::words(path.rsplit('.').next().unwrap_or(path)).iter().any(|word| word == "hmac") || path.contains("hmac.");
        let NodeKind::Call { args, .. } = self.facts.arena.kind(call) else { return false };
        // A constant that holds such a label, too: `hmac.new(_WEBAPP_KEY, bot_token, sha256)`.
        if is_mac && self.leaves(key).iter().any(|leaf| api_names().hashing.public_labels.has(self.literal(leaf.id))) {
            return true;
        }
        if !is_mac || !matches!(self.facts.arena.kind(key), NodeKind::Str(_) | NodeKind::Bytes(_)) {
            return false;
        }
        let is_secret = |message: NodeId| {
            chain(self.facts, message).any(|link| match self.facts.arena.kind(link) {
                NodeKind::Name(name) | NodeKind::Member { name, .. } => generic::classify(self.facts.text(name)).is_some(),
                _ => false,
            })
        };
        let updates = |node: NodeId| {
            let NodeKind::Call { callee, args, .. } = self.facts.arena.kind(node) else { return false };
            matches!(self.facts.arena.kind(callee), NodeKind::Member { object, name, .. } if object == call && self.facts.text(name) == "update")
                && self.facts.arena.list(args).next().is_some_and(is_secret)
        };
        let message = |argument: NodeId| argument_value(self.facts, argument);
        self.facts.arena.list(args).map(message).any(|message| message != key && is_secret(message)) || self.facts.arena.ids().any(updates)
    }

    fn is_discarded(&self, call: NodeId) -> bool {
        self.discarded.get_or_init(|| shown::discarded(self.facts)).contains(&call)
    }

    /// Rust: what the project signs its tokens with is made of a constant: `const SECRET: &[u8] = b"…"; Jwt::new(SECRET)`.
    fn own_signer(&self, id: NodeId, callee: NodeId, hits: &mut Vec<SecretHit>) {
        let NodeKind::Call { args, form: CallForm::Plain, .. } = self.facts.arena.kind(id) else { return };
        let NodeKind::Member { object, path: true, .. } = self.facts.arena.kind(callee) else { return };
        let is_signer = || {
            let words = generic::words(self.last_name(object));
            let makes_keys = self.facts.names.may_hold("from_secret");
            words
                .iter()
                .any(|word| matches!(word.as_str(), "jwt" | "token" | "tokens") || makes_keys && matches!(word.as_str(), "key" | "keys"))
        };
        if self.facts.language.family() != Family::Rust || !matches!(self.last_name(callee), "new" | "with_secret") || !is_signer() {
            return;
        }
        for argument in self.facts.arena.list(args) {
            // `secret.as_bytes()`
            let argument = match self.facts.arena.kind(argument) {
                NodeKind::Call { .. }
                    if matches!(called_name(self.facts, argument), Some("as_bytes" | "as_ref" | "to_string" | "into")) =>
                {
                    chain_root(self.facts, argument)
                }
                _ => argument,
            };
            let NodeKind::Name(name) = self.facts.arena.kind(argument) else { continue };
            if generic::classify(self.facts.text(name)) == Some(NameClass::Signing) {
                self.credential(argument, &self.written(callee), SecretKind::NamedLiteral, hits);
            }
        }
    }

    /// A header with the name of a credential: `headers.append("apikey", "…")`.
    fn header(&self, args: List, callee: NodeId, hits: &mut Vec<SecretHit>) {
        if !matches!(self.last_name(callee), "append" | "set" | "setHeader" | "header" | "setRequestHeader") {
            return;
        }
        let mut given = self.facts.arena.list(args);
        if let (Some(name), Some(value), None) = (given.next(), given.next(), given.next())
            && let (Some(name), Some(_)) = (self.facts.string(name), self.facts.string(value))
        {
            self.named(name, value, hits);
        }
    }

    /// Rust: the project's own type for tokens is handed the key: `Token::verify("123", text)`, `Token::new(id).create_token("123")`.
    fn own_key(&self, id: NodeId, callee: NodeId, hits: &mut Vec<SecretHit>) {
        let NodeKind::Call { args, form: CallForm::Plain, .. } = self.facts.arena.kind(id) else { return };
        if self.facts.language.family() != Family::Rust || !matches!(self.facts.arena.kind(callee), NodeKind::Member { .. }) {
            return;
        }
        let speaks = |name: &str, wanted: &[&str]| generic::words(name).iter().any(|word| wanted.contains(&word.as_str()));
        let is_of_tokens = || {
            chain(self.facts, callee).skip(1).any(|link| match self.facts.arena.kind(link) {
                NodeKind::Name(name) => self.facts.text(name).starts_with(char::is_uppercase) && speaks(self.facts.text(name), &["jwt"]),
                _ => false,
            })
        };
        let signs = speaks(self.last_name(callee), &["sign", "verify", "encode", "decode"])
            || self.last_name(callee).ends_with("_token") && speaks(self.last_name(callee), &["create", "generate", "make", "issue"]);
        if signs && is_of_tokens() {
            let literal = |argument: &NodeId| matches!(self.facts.arena.kind(*argument), NodeKind::Str(_) | NodeKind::Bytes(_));
            if let Some(key) = self.facts.arena.list(args).find(literal) {
                self.credential(key, &self.written(callee), SecretKind::NamedLiteral, hits);
            }
        }
    }

    /// An account made in code: a literal password beside a literal user, `UserCreate(username="admin", password="123456")`.
    fn account(&self, id: NodeId, callee: NodeId, hits: &mut Vec<SecretHit>) {
        let NodeKind::Call { args, form, .. } = self.facts.arena.kind(id) else { return };
        let named = self.facts.arena.list(args).any(|arg| self.is_named(arg));
        let is_new_account = form == CallForm::New
            && generic::words(self.last_name(callee)).last().is_some_and(|word| vocabulary().grounds.accounts.has(word));
        if !named && !is_new_account && !vocabulary().accounts.makers.any(|verb| self.last_name(callee).starts_with(verb)) {
            return;
        }
        // Connections have users and passwords, too, and their own rules: see `options`.
        if generic::words(self.last_name(callee)).iter().any(|word| vocabulary().accounts.connections.has(word)) {
            return;
        }
        let fields: Vec<(String, NodeId)> = if named {
            self.facts.arena.list(args).filter(|&arg| self.is_named(arg)).filter_map(|arg| self.bound(arg)).collect()
        } else {
            self.facts.arena.list(args).flat_map(|arg| self.entries(arg)).collect()
        };
        let password = fields.iter().find(|(name, _)| generic::classify(name) == Some(NameClass::Password));
        let Some((name, value)) = password else { return };
        let is_user = |(name, value): &(String, NodeId)| {
            let user = matches!(name.to_ascii_lowercase().as_str(), "username" | "user" | "email" | "login" | "user_name");
            user && self
                .facts
                .string(*value)
                .is_some_and(|text| !text.is_empty() && !generic::says_its_name(name, text) && !generic::is_placeholder(text))
        };
        let text = self.literal(*value);
        if fields.iter().any(is_user) && generic::is_literal_secret(text) && !generic::says_its_name(name, text) && !is_stand_in(text) {
            hits.push(self.hit(*value, SecretKind::LiteralPassword, &self.written(callee)));
        }
    }

    /// The entries of an object literal, and of the objects in it (`{ data: { … } }`).
    fn entries(&self, root: NodeId) -> Vec<(String, NodeId)> {
        let mut entries = Vec::new();
        let mut seen = 0;
        self.facts.arena.walk_while(root, |id| {
            seen += 1;
            if let NodeKind::Entry { .. } = self.facts.arena.kind(id) {
                entries.extend(self.bound(id));
            }
            let inside =
                matches!(self.facts.arena.kind(id), NodeKind::Entry { .. } | NodeKind::Collection { kind: CollectionKind::Dict, .. });
            inside && seen < 60
        });
        entries
    }

    /// What a name stands for, if that is known; else the node itself.
    fn followed(&self, id: NodeId) -> NodeId {
        match self.facts.arena.kind(id) {
            NodeKind::Name(name) => self.constant(self.facts.text(name), self.facts.arena.span(id)).unwrap_or(id),
            _ => id,
        }
    }

    pub(super) fn is_named(&self, id: NodeId) -> bool {
        matches!(self.facts.arena.kind(id), NodeKind::Argument { .. })
    }

    fn key_argument(&self, id: NodeId) -> Option<NodeId> {
        match self.facts.arena.kind(id) {
            NodeKind::Argument { name, value } if matches!(self.facts.text(name), "key" | "secret" | "secret_key") => Some(value),
            _ => None,
        }
    }

    fn password_argument(&self, id: NodeId) -> Option<NodeId> {
        match self.facts.arena.kind(id) {
            NodeKind::Argument { name, value } if generic::classify(self.facts.text(name)) == Some(NameClass::Password) => Some(value),
            _ => None,
        }
    }

    /// A literal at a credential position.
    pub(super) fn credential(&self, value: NodeId, api: &str, kind: SecretKind, hits: &mut Vec<SecretHit>) {
        for leaf in self.leaves(value) {
            let text = self.literal(leaf.id);
            if !generic::is_literal_secret(text) || is_stand_in(text) || is_environment_name(text) {
                continue;
            }
            // What bundlers put into pages is there to be seen.
            if leaf.fallback_of.as_deref().is_some_and(|setting| api_names().settings.shown.within(setting)) {
                continue;
            }
            let (kind, name) = match leaf.fallback_of {
                Some(setting) => (SecretKind::Fallback, setting),
                None => (kind.clone(), api.to_owned()),
            };
            hits.push(self.hit(leaf.id, kind, &name));
        }
    }

    /// Credentials in the options of a call: entries of object literals and named arguments with the name of one.
    fn options(&self, root: NodeId, api: &str, is_local: bool, hits: &mut Vec<SecretHit>) {
        let mut seen = 0;
        self.facts.arena.walk_while(root, |id| {
            seen += 1;
            if let Some((name, value)) = self.bound(id) {
                let class = generic::classify(&name).or((name == "pass" || name == "keys").then_some(NameClass::Password));
                for leaf in class.map(|_| self.leaves(value)).unwrap_or_default() {
                    let text = self.literal(leaf.id);
                    let harmless = is_local && class == Some(NameClass::Password) && !generic::looks_secret(&name, text);
                    let weak_fallback =
                        leaf.fallback_of.is_some() && class == Some(NameClass::Password) && !generic::looks_secret(&name, text);
                    let same = generic::says_its_name(&name, text) && class != Some(NameClass::Signing);
                    if generic::is_literal_secret(text)
                        && !harmless
                        && !weak_fallback
                        && !same
                        && !is_environment_name(text)
                        && !is_stand_in(text)
                    {
                        let kind = if leaf.fallback_of.is_some() { SecretKind::Fallback } else { SecretKind::CredentialPosition };
                        hits.push(self.hit(leaf.id, kind, leaf.fallback_of.as_deref().unwrap_or(api)));
                    }
                }
            }
            seen < OPTIONS
        });
    }

    /// Whether a call's options name this machine or a container as host.
    fn names_local_host(&self, call: NodeId) -> bool {
        let (mut local, mut seen) = (false, 0);
        self.facts.arena.walk_while(call, |id| {
            seen += 1;
            if let Some((name, value)) = self.bound(id)
                && matches!(name.to_ascii_lowercase().as_str(), "host" | "hostname" | "server" | "endpoint")
                && let Some(host) = self.facts.string(value)
            {
                local |= !host.contains('.') || host.starts_with("127.") || host.contains("localhost");
            }
            seen < OPTIONS
        });
        local
    }
}
