//! The scan of one source file's facts: every literal against the formats, every bound or passed literal against names and positions.

use std::collections::BTreeMap;

use super::connections;
use super::generic::{self, NameClass};
use super::{SecretHit, SecretKind, positions, providers, shown, urls};
use crate::model::body::{BinaryOp, CallForm, CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, ImportItem};
use crate::model::finding::masked;
use crate::model::nesting::chain_root;
use crate::model::source::{Family, Span};

/// How deep wrappers around a literal are followed.
const WRAPPERS: usize = 8;
/// Names with more values than this in a file are not followed.
const VALUES: usize = 32;
/// How many nodes of an options object are looked at.
const OPTIONS: usize = 400;

pub(super) fn scan(facts: &FileFacts) -> Vec<SecretHit> {
    let scan = Scan { facts, assigned: assigned(facts), imports: imports(facts), discarded: shown::discarded(facts) };
    let mut hits = Vec::new();
    for id in facts.arena.ids() {
        scan.formats(id, &mut hits);
    }
    for id in facts.arena.ids() {
        if let NodeKind::Call { callee, .. } = facts.arena.kind(id) {
            scan.call(id, callee, &mut hits);
        }
    }
    for id in facts.arena.ids() {
        scan.binding(id, &mut hits);
        connections::settings(&scan, id, &mut hits);
    }
    scan.definitions(&mut hits);
    let examples = shown::examples(facts);
    hits.retain(|hit| !examples.iter().any(|example| example.contains(hit.span)));
    let prose = shown::prose(facts);
    hits.retain(|hit| hit.provider || !prose.iter().any(|text| text.contains(hit.span)));
    let records = shown::records(facts, &hits);
    let refused = if hits.is_empty() { Vec::new() } else { shown::compared(facts) };
    let is_catalogue = shown::is_catalogue(&hits);
    // `fn test() -> Config`: what tests are given, wherever it has to stand.
    let for_tests = |name: &str| matches!(name, "test" | "for_test" | "for_tests" | "for_testing" | "forTest" | "forTests" | "forTesting");
    let tests: Vec<Span> =
        facts.defs.iter().filter(|def| def.flags.has(DefFlags::TEST) || for_tests(facts.text(def.name))).map(|def| def.span).collect();
    for hit in &mut hits {
        hit.in_test = tests.iter().any(|test| test.contains(hit.span));
        hit.sample |= hit.kind == SecretKind::NamedLiteral && records.binary_search(&hit.span.start).is_ok();
        hit.sample |= hit.kind == SecretKind::ProviderToken && is_catalogue;
        hit.for_development |= matches!(hit.kind, SecretKind::Fallback | SecretKind::Setting)
            && scan.text_at(hit.span).is_some_and(|text| refused.contains(&text))
            || hit.kind == SecretKind::LiteralPassword && shown::is_of_demo(facts, hit.span);
        hit.for_development |= hit.kind != SecretKind::Fallback && shown::asks_for_production(facts, hit.span);
    }
    super::without_repeats(hits)
}

pub(super) struct Scan<'a> {
    pub(super) facts: &'a FileFacts,
    /// Every value given to a plain name, with its place: what `jwt.sign(claims, secret)` comes down to.
    assigned: BTreeMap<&'a str, Vec<(Span, NodeId)>>,
    /// Local name → what it is imported from: `jwt` → `jsonwebtoken`, `EncodingKey` → `jsonwebtoken.EncodingKey`.
    imports: BTreeMap<&'a str, String>,
    /// Calls whose result is thrown away.
    discarded: Vec<NodeId>,
}

/// A literal that a value comes down to.
struct Leaf {
    id: NodeId,
    /// It stands in for this setting when that is missing.
    fallback_of: Option<String>,
}

impl<'a> Scan<'a> {
    /// Vendor formats, private keys and URLs in literals, and in text put together from literals.
    fn formats(&self, id: NodeId, hits: &mut Vec<SecretHit>) {
        match self.facts.arena.kind(id) {
            NodeKind::Str(name) | NodeKind::Bytes(name) => {
                let value = self.facts.text(name);
                if value.len() >= 16 {
                    self.formats_in(id, value, hits);
                }
            }
            NodeKind::Text { parts, .. } => {
                let mut value = String::new();
                for part in self.facts.arena.list(parts) {
                    // A value between the literals breaks every format.
                    value.push_str(self.facts.string(part).unwrap_or("\0"));
                }
                if value.len() >= 16 {
                    self.formats_in(id, &value, hits);
                }
            }
            _ => {}
        }
    }

    fn formats_in(&self, id: NodeId, value: &str, hits: &mut Vec<SecretHit>) {
        let whole = self.facts.arena.span(id);
        let base = self.base(id, value);
        let mut add = |mut hit: SecretHit| {
            hit.span = whole;
            hit.redact = base.map_or(whole, |base| Span { start: hit.redact.start + base, end: hit.redact.end + base });
            hits.push(hit);
        };
        providers::find(value).iter().for_each(|found| add(SecretHit::of_format(value, found, 0)));
        urls::find(value).iter().for_each(|url| add(SecretHit::of_url(value, url, 0)));
    }

    /// Where a literal's value starts in the file, if it is written as it is: in plain quotes without escapes.
    fn base(&self, id: NodeId, value: &str) -> Option<u32> {
        let span = self.facts.arena.span(id);
        match (span.end - span.start).checked_sub(value.len() as u32) {
            Some(0) => Some(span.start),
            Some(2) => Some(span.start + 1),
            _ => None,
        }
    }

    fn call(&self, id: NodeId, callee: NodeId, hits: &mut Vec<SecretHit>) {
        let NodeKind::Call { args, form, .. } = self.facts.arena.kind(id) else { return };
        if matches!(form, CallForm::Jsx | CallForm::Pattern) {
            return;
        }
        self.account(id, callee, hits);
        let imported = self.imports.get(self.last_name(callee)).map(String::as_str);
        if !positions::may_matter(imported.unwrap_or(self.last_name(callee))) {
            return;
        }
        let Some(path) = self.path(callee) else { return };
        let short = self.written(callee);
        let positional: Vec<NodeId> = self.facts.arena.list(args).filter(|&arg| !self.is_named(arg)).collect();
        if let Some(at) = positions::argument(&path) {
            let named = || self.facts.arena.list(args).find_map(|arg| self.key_argument(arg));
            if let Some(argument) = positional.get(at).copied().or_else(named) {
                self.credential(argument, &short, SecretKind::CredentialPosition, hits);
            }
        }
        if positions::is_hasher(&path) && (positions::keeps(&path) || !self.discarded.contains(&id)) {
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

    /// An account made in code: a literal password beside a literal user, `UserCreate(username="admin", password="123456")`.
    fn account(&self, id: NodeId, callee: NodeId, hits: &mut Vec<SecretHit>) {
        let NodeKind::Call { args, form, .. } = self.facts.arena.kind(id) else { return };
        let makes = ["create", "insert", "register", "save", "upsert", "findOrCreate"];
        let named = self.facts.arena.list(args).any(|arg| self.is_named(arg));
        let is_new_account = form == CallForm::New
            && generic::words(self.last_name(callee))
                .last()
                .is_some_and(|word| matches!(word.as_str(), "user" | "users" | "account" | "admin" | "member" | "customer"));
        if !named && !is_new_account && !makes.iter().any(|verb| self.last_name(callee).starts_with(verb)) {
            return;
        }
        // Connections have users and passwords, too, and their own rules: see `options`.
        let connects = ["connect", "connection", "pool", "client", "transport", "engine", "session"];
        if generic::words(self.last_name(callee)).iter().any(|word| connects.contains(&word.as_str())) {
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

    fn is_named(&self, id: NodeId) -> bool {
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
    fn credential(&self, value: NodeId, api: &str, kind: SecretKind, hits: &mut Vec<SecretHit>) {
        for leaf in self.leaves(value) {
            let text = self.literal(leaf.id);
            if !generic::is_literal_secret(text) || is_stand_in(text) || is_environment_name(text) {
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

    /// A name and the value given to it: assignment, declaration, entry, named argument.
    fn bound(&self, id: NodeId) -> Option<(String, NodeId)> {
        match self.facts.arena.kind(id) {
            NodeKind::Argument { name, value } => Some((self.facts.text(name).to_owned(), value)),
            NodeKind::Entry { key, value } => Some((self.name_of(key)?, value)),
            NodeKind::Assign { target, value, .. } => Some((self.name_of(target)?, value)),
            NodeKind::Declare { target, value: Some(value), .. } => Some((self.name_of(target)?, value)),
            _ => None,
        }
    }

    /// `ARGS.admin_password == "…"`, `settings.SECRET_KEY == "…"`: the program looks whether somebody has left it as it was.
    fn is_of_settings(&self, id: NodeId) -> bool {
        let (NodeKind::Member { .. } | NodeKind::Name(_)) = self.facts.arena.kind(id) else { return false };
        let NodeKind::Name(root) = self.facts.arena.kind(chain_root(self.facts, id)) else { return false };
        let root = self.facts.text(root);
        let is_constant = root.len() > 1 && root.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit());
        is_constant || matches!(root, "settings" | "config" | "env" | "args" | "opts" | "options")
    }

    fn name_of(&self, id: NodeId) -> Option<String> {
        let text = match self.facts.arena.kind(id) {
            NodeKind::Name(name) | NodeKind::Str(name) | NodeKind::Member { name, .. } => self.facts.text(name),
            NodeKind::Index { index, .. } => self.facts.string(index)?,
            _ => return None,
        };
        (text.len() <= 80).then(|| text.to_owned())
    }

    fn binding(&self, id: NodeId, hits: &mut Vec<SecretHit>) {
        if let NodeKind::Binary { op: BinaryOp::Equal, left, right } = self.facts.arena.kind(id) {
            for (side, other) in [(left, right), (right, left)] {
                if self.facts.string(other).is_some()
                    && !self.is_of_settings(side)
                    && let Some(name) = self.name_of(side)
                {
                    self.named(&name, other, hits);
                }
            }
            return;
        }
        if let NodeKind::Call { callee, .. } = self.facts.arena.kind(id) {
            // `getenv("SECRET_KEY", "…")` names the setting itself, whatever it is bound to.
            if self.facts.arena.span(callee) != self.facts.arena.span(id) {
                self.fallbacks(id, hits);
            }
            return;
        }
        if let Some((name, value)) = self.bound(id) {
            self.hashed(&name, value, hits);
            self.named(&name, value, hits);
        }
    }

    /// `const hashedPassword = await this.hash("…")`: the name says what was hashed, where the function does not.
    fn hashed(&self, name: &str, value: NodeId, hits: &mut Vec<SecretHit>) {
        let call = match self.facts.arena.kind(value) {
            NodeKind::Await(inner) => inner,
            _ => value,
        };
        let NodeKind::Call { callee, args, form: CallForm::Plain, .. } = self.facts.arena.kind(call) else { return };
        let is_password = generic::classify(name) == Some(NameClass::Password)
            || generic::words(name).iter().any(|word| matches!(word.as_str(), "password" | "pwd")) && generic::words(name).len() == 2;
        if !is_password || self.facts.language.family() != Family::TypeScript || !self.last_name(callee).starts_with("hash") {
            return;
        }
        if let Some(first) = self.facts.arena.list(args).next()
            && self.facts.string(first).is_some()
        {
            self.credential(first, &self.written(callee), SecretKind::LiteralPassword, hits);
        }
    }

    fn definitions(&self, hits: &mut Vec<SecretHit>) {
        for def in &self.facts.defs {
            if let (DefKind::Field | DefKind::Variable, Some(value)) = (def.kind, def.value) {
                self.named(self.facts.text(def.name), value, hits);
            }
            for param in &def.params {
                if let (Some(name), Some(default)) = (param.name, param.default) {
                    self.named(self.facts.text(name), default, hits);
                }
            }
        }
    }

    /// A literal bound to a name.
    fn named(&self, name: &str, value: NodeId, hits: &mut Vec<SecretHit>) {
        let class = generic::classify(name);
        if let Some(vendor) = providers::named(name, self.literal(value)) {
            hits.push(self.hit(value, SecretKind::ProviderToken, vendor));
            return;
        }
        if generic::is_seed_phrase(name, self.literal(value)) {
            hits.push(self.hit(value, SecretKind::NamedLiteral, name));
            return;
        }
        if class.is_none() && !matches!(self.facts.arena.kind(value), NodeKind::Binary { .. } | NodeKind::Call { .. }) {
            return;
        }
        for leaf in self.leaves(value) {
            let text = self.literal(leaf.id);
            match &leaf.fallback_of {
                Some(setting) => {
                    let class = generic::classify(setting).or(class);
                    // `config.get("site", "secret")`: a section and the name of an option.
                    let is_option = self.facts.language.family() == Family::Python
                        && generic::classify(setting).is_none()
                        && generic::classify(text).is_some();
                    if !is_option && class.is_some_and(|class| is_fallback_secret(class, setting, text)) {
                        hits.push(self.hit(leaf.id, SecretKind::Fallback, setting));
                    }
                }
                None if class.is_none() => {}
                // A framework's own setting, by its whole name, is one whatever its value looks like.
                None if positions::is_exact_setting(name) && generic::looks_secret(name, text) && !is_stand_in(text) => {
                    hits.push(self.hit(leaf.id, SecretKind::Setting, name))
                }
                None if generic::looks_secret(name, text) => hits.push(self.hit(leaf.id, SecretKind::NamedLiteral, name)),
                None if is_setting_value(name, text) => hits.push(self.hit(leaf.id, SecretKind::Setting, name)),
                None => {}
            }
        }
    }

    fn fallbacks(&self, id: NodeId, hits: &mut Vec<SecretHit>) {
        for leaf in self.leaves(id) {
            let Some(setting) = &leaf.fallback_of else { continue };
            if generic::classify(setting).is_some_and(|class| is_fallback_secret(class, setting, self.literal(leaf.id))) {
                hits.push(self.hit(leaf.id, SecretKind::Fallback, setting));
            }
        }
    }

    /// The literal that stands there.
    fn text_at(&self, span: Span) -> Option<&'a str> {
        self.facts.arena.ids().find(|&id| self.facts.arena.span(id) == span && !self.literal(id).is_empty()).map(|id| self.literal(id))
    }

    pub(super) fn hit(&self, literal: NodeId, kind: SecretKind, name: &str) -> SecretHit {
        let text = self.literal(literal);
        let span = self.facts.arena.span(literal);
        let redact = self.base(literal, text).map_or(span, |start| Span { start, end: start + text.len() as u32 });
        let strong = generic::looks_secret(name, text) && text.len() >= 16;
        SecretHit {
            span,
            redact,
            kind,
            name: name.to_owned(),
            provider: false,
            proven: false,
            strong,
            in_test: false,
            for_development: false,
            sample: false,
            masked: masked(text),
        }
    }

    fn literal(&self, id: NodeId) -> &'a str {
        match self.facts.arena.kind(id) {
            NodeKind::Str(name) | NodeKind::Bytes(name) => self.facts.text(name),
            _ => "",
        }
    }

    /// The literals a value comes down to, through conversions, wrappers and fallbacks.
    fn leaves(&self, value: NodeId) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        let mut pending: Vec<(NodeId, Option<String>, usize)> = vec![(value, None, 0)];
        while let Some((id, setting, depth)) = pending.pop() {
            if depth > WRAPPERS {
                continue;
            }
            let mut follow = |id: NodeId, setting: Option<String>| pending.push((id, setting, depth + 1));
            match self.facts.arena.kind(id) {
                NodeKind::Str(_) | NodeKind::Bytes(_) => leaves.push(Leaf { id, fallback_of: setting }),
                NodeKind::Cast { value, .. } | NodeKind::Await(value) | NodeKind::Propagate(value) => follow(value, setting),
                NodeKind::Name(name) => {
                    if let Some(value) = self.constant(self.facts.text(name), self.facts.arena.span(id)) {
                        follow(value, setting);
                    }
                }
                NodeKind::Binary { op: BinaryOp::Or | BinaryOp::Coalesce, left, right } => {
                    let missing = self.setting(left);
                    if missing.is_some() {
                        follow(right, missing.or(setting));
                    }
                }
                NodeKind::Collection { kind: CollectionKind::List, items } if setting.is_none() && depth == 0 => {
                    self.facts.arena.list(items).take(4).for_each(|item| follow(item, None));
                }
                NodeKind::Call { .. } => self.unwrap_call(id, setting, &mut follow),
                NodeKind::Closure(def) => {
                    let body = self.facts.def(def).body.map(|body| self.facts.arena.kind(body));
                    if let (Some(NodeKind::Block { items, value: true }), true) = (body, setting.is_some())
                        && let Some(last) = self.facts.arena.list(items).next_back()
                    {
                        follow(last, setting);
                    }
                }
                _ => {}
            }
        }
        leaves
    }

    /// Conversions (`"x".to_string()`, `Buffer.from("x")`), wrappers (`SecretStr("x")`) and lookups with a default.
    fn unwrap_call(&self, id: NodeId, setting: Option<String>, follow: &mut impl FnMut(NodeId, Option<String>)) {
        let NodeKind::Call { callee, args, .. } = self.facts.arena.kind(id) else { return };
        let receiver = self.receiver(callee);
        let first = self.facts.arena.list(args).next();
        match self.last_name(callee) {
            "to_string" | "to_owned" | "into" | "as_bytes" | "as_ref" | "as_str" | "decode" | "trim" | "strip" | "to_vec"
            | "into_bytes" | "toString" => {
                if let Some(receiver) = receiver {
                    follow(receiver, setting);
                }
            }
            // `"x".encode("utf-8")` converts its receiver, `new TextEncoder().encode("x")` its argument.
            "encode" => {
                let encoder =
                    receiver.is_some_and(|receiver| matches!(self.facts.arena.kind(receiver), NodeKind::Call { form: CallForm::New, .. }));
                if let Some(text) = if encoder { first } else { receiver } {
                    follow(text, setting);
                }
            }
            "SecretStr" | "SecretString" | "SecretBytes" | "SecretBox" | "Secret" | "new" | "from" | "Some" | "Ok" | "bytes" | "str"
            | "String" | "repeat" => {
                if let Some(first) = first {
                    follow(first, setting);
                }
            }
            "unwrap_or" | "unwrap_or_else" | "or" | "or_else" | "unwrap_or_default" => {
                let missing = receiver.and_then(|receiver| self.setting(receiver));
                if let (Some(first), Some(missing)) = (first, missing.or(setting)) {
                    follow(first, Some(missing));
                }
            }
            _ => {
                if let Some(missing) = self.setting(id) {
                    let default = self.facts.arena.list(args).find_map(|arg| self.default_argument(arg));
                    let second = self.facts.arena.list(args).nth(1).filter(|&second| !self.is_named(second));
                    if let Some(default) = default.or(second) {
                        follow(default, Some(missing));
                    }
                }
            }
        }
    }

    fn default_argument(&self, id: NodeId) -> Option<NodeId> {
        match self.facts.arena.kind(id) {
            NodeKind::Argument { name, value } if self.facts.text(name) == "default" => Some(value),
            _ => None,
        }
    }

    /// The setting an expression looks up: `process.env.X`, `os.environ.get("X")`, `env::var("X")`, `config.get("X")`.
    fn setting(&self, id: NodeId) -> Option<String> {
        match self.facts.arena.kind(id) {
            NodeKind::Member { object, name, .. } if self.path(object).is_some_and(|path| path.ends_with("env")) => {
                Some(self.facts.text(name).to_owned())
            }
            NodeKind::Index { object, index }
                if self.path(object).is_some_and(|path| path.ends_with("env") || path.ends_with("environ")) =>
            {
                self.facts.string(index).map(str::to_owned)
            }
            NodeKind::Call { callee, args, .. } => {
                if !matches!(self.last_name(callee), "getenv" | "get" | "var" | "str" | "env" | "config" | "get_env" | "getEnv") {
                    return None;
                }
                let path = self.path(callee)?;
                // As methods these two mean other things: `Command::env` sets.
                let bare = ["env", "config"];
                let lookups = [
                    "getenv",
                    "environ.get",
                    "env.get",
                    "env.var",
                    "env.str",
                    "config.get",
                    "configService.get",
                    "config_service.get",
                    "get_env",
                    "getEnv",
                    "dotenv.var",
                ];
                let looks_up = bare.contains(&path.as_str()) || lookups.iter().any(|lookup| positions::ends_with(&path, lookup));
                let first = self.facts.arena.list(args).next();
                first.filter(|_| looks_up).and_then(|first| self.facts.string(first)).filter(|name| name.len() <= 80).map(str::to_owned)
            }
            NodeKind::Cast { value, .. } | NodeKind::Propagate(value) => self.setting_once(value),
            _ => None,
        }
    }

    fn setting_once(&self, id: NodeId) -> Option<String> {
        let is_wrapper = matches!(self.facts.arena.kind(id), NodeKind::Cast { .. } | NodeKind::Propagate(_));
        if is_wrapper { None } else { self.setting(id) }
    }

    /// The one value of a name seen from `at`: that of the innermost function which gives it any, else of the module.
    fn constant(&self, name: &str, at: Span) -> Option<NodeId> {
        let values = self.assigned.get(name).filter(|values| values.len() <= VALUES)?;
        let mut scopes: Vec<DefId> = self.functions_around(at).collect();
        // Inner functions are shorter.
        scopes.sort_by_key(|&scope| self.facts.def(scope).span.end - self.facts.def(scope).span.start);
        for scope in scopes.into_iter().map(Some).chain([None]) {
            if scope.is_some_and(|scope| {
                self.facts.def(scope).params.iter().any(|param| param.name.is_some_and(|own| self.facts.text(own) == name))
            }) {
                return None;
            }
            let mut own = values.iter().filter(|(place, _)| self.innermost(*place) == scope);
            if let Some((_, value)) = own.next() {
                return own.next().is_none().then_some(*value);
            }
        }
        None
    }

    fn functions_around(&self, at: Span) -> impl Iterator<Item = DefId> + '_ {
        let is_function = |kind: DefKind| matches!(kind, DefKind::Function | DefKind::Method);
        self.facts.definitions().filter(move |(_, def)| is_function(def.kind) && def.span.contains(at)).map(|(id, _)| id)
    }

    fn innermost(&self, at: Span) -> Option<DefId> {
        self.functions_around(at).min_by_key(|&scope| self.facts.def(scope).span.end - self.facts.def(scope).span.start)
    }

    /// A callee as it is written, its last two names: for messages.
    fn written(&self, callee: NodeId) -> String {
        let last = self.last_name(callee);
        let object = match self.facts.arena.kind(callee) {
            NodeKind::Member { object, .. } => match self.facts.arena.kind(object) {
                NodeKind::Name(name) | NodeKind::Member { name, .. } => self.facts.text(name),
                _ => "",
            },
            _ => "",
        };
        match (object, self.facts.language.family()) {
            ("", _) => last.to_owned(),
            (_, Family::Rust) => format!("{object}::{last}"),
            _ => format!("{object}.{last}"),
        }
    }

    fn receiver(&self, callee: NodeId) -> Option<NodeId> {
        match self.facts.arena.kind(callee) {
            NodeKind::Member { object, path: false, .. } => Some(object),
            _ => None,
        }
    }

    fn last_name(&self, callee: NodeId) -> &'a str {
        match self.facts.arena.kind(callee) {
            NodeKind::Name(name) | NodeKind::Member { name, .. } => self.facts.text(name),
            NodeKind::Apply { base, .. } => match self.facts.arena.kind(base) {
                NodeKind::Name(name) | NodeKind::Member { name, .. } => self.facts.text(name),
                _ => "",
            },
            _ => "",
        }
    }

    /// The dotted path of a callee, its first name replaced by what it is imported from.
    fn path(&self, callee: NodeId) -> Option<String> {
        let mut names: Vec<String> = Vec::new();
        let mut at = callee;
        for _ in 0..24 {
            match self.facts.arena.kind(at) {
                NodeKind::Member { object, name, .. } => {
                    names.push(self.facts.text(name).to_owned());
                    at = object;
                }
                NodeKind::Name(name) => {
                    let local = self.facts.text(name);
                    names.push(self.imports.get(local).cloned().unwrap_or_else(|| local.to_owned()));
                    names.reverse();
                    return Some(names.join("."));
                }
                NodeKind::Receiver => {
                    names.push("self".to_owned());
                    names.reverse();
                    return Some(names.join("."));
                }
                NodeKind::Call { callee, .. } => {
                    match names.last_mut() {
                        Some(_) => names.push("()".to_owned()),
                        None => return None,
                    }
                    at = callee;
                }
                NodeKind::Apply { base, .. } | NodeKind::Await(base) | NodeKind::Propagate(base) => at = base,
                _ => return (!names.is_empty()).then(|| names.iter().rev().cloned().collect::<Vec<_>>().join(".")),
            }
        }
        None
    }
}

fn assigned(facts: &FileFacts) -> BTreeMap<&str, Vec<(Span, NodeId)>> {
    let mut assigned: BTreeMap<&str, Vec<(Span, NodeId)>> = BTreeMap::new();
    for id in facts.arena.ids() {
        let (NodeKind::Declare { target, value: Some(value), .. } | NodeKind::Assign { target, value, .. }) = facts.arena.kind(id) else {
            continue;
        };
        if let NodeKind::Name(name) = facts.arena.kind(target) {
            assigned.entry(facts.text(name)).or_default().push((facts.arena.span(id), value));
        }
    }
    for def in facts.defs.iter().filter(|def| def.kind == DefKind::Variable && def.parent == DefId::MODULE) {
        if let Some(value) = def.value {
            let values = assigned.entry(facts.text(def.name)).or_default();
            if !values.iter().any(|(_, known)| *known == value) {
                values.push((def.span, value));
            }
        }
    }
    assigned
}

fn imports(facts: &FileFacts) -> BTreeMap<&str, String> {
    let mut imports = BTreeMap::new();
    for import in &facts.imports {
        let Some(local) = import.local else { continue };
        let specifier = facts.text(import.specifier).replace("::", ".");
        let from = match import.item {
            ImportItem::Named(name) if facts.text(name) != "default" => format!("{specifier}.{}", facts.text(name)),
            ImportItem::Named(_) | ImportItem::Module => specifier,
            // `import a.b` binds `a`, under its own name.
            ImportItem::Root | ImportItem::Star | ImportItem::Nothing | ImportItem::Matching => continue,
        };
        // A path into the project says nothing about a library.
        let external = !from.starts_with('.') || facts.language.family() != Family::TypeScript;
        if external {
            imports.insert(facts.text(local), from);
        }
    }
    imports
}

/// A fallback counts when its setting is one of a secret and the literal is neither empty nor a reminder to set it.
fn is_fallback_secret(class: NameClass, setting: &str, value: &str) -> bool {
    if !generic::is_literal_secret(value) || value.contains(' ') || value.len() < 3 || is_stand_in(value) || is_environment_name(value) {
        return false;
    }
    match class {
        NameClass::Signing => true,
        NameClass::Password | NameClass::Token => generic::looks_secret(setting, value),
    }
}

/// A framework's secret setting: also a weak literal is a flaw, unless it names something.
fn is_setting_value(name: &str, value: &str) -> bool {
    positions::is_setting(name)
        && generic::is_literal_secret(value)
        && value.len() >= 3
        && !value.contains([' ', '.'])
        // The name in another language: a label.
        && value.is_ascii()
        && !generic::says_its_name(name, value)
        // `admin_password = "admin"`
        && !generic::words(name).iter().any(|word| value.eq_ignore_ascii_case(word))
        && !generic::is_sequence(value)
        && !is_environment_name(value)
        && !is_stand_in(value)
}

/// `JWT_SECRET`: the name of a setting, not its value.
pub(super) fn is_environment_name(value: &str) -> bool {
    value.contains('_') && value.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// Values that stand in on purpose: against timing attacks, for tests and tools that need none.
pub(super) fn is_stand_in(value: &str) -> bool {
    // `***PASSWORD***`: what is written over the one that was there.
    if value.starts_with("**") || value.ends_with("**") {
        return true;
    }
    let words = generic::words(value);
    let purposes = [
        "dummy",
        "fake",
        "invalid",
        "unused",
        "unusable",
        "ignored",
        "nonexistent",
        "timing",
        "mock",
        "test",
        "testing",
        "noop",
        "denied",
        "missing",
        "unavailable",
    ];
    words.iter().any(|word| purposes.contains(&word.as_str()))
}
