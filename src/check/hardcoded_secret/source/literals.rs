//! Every literal against the formats, every bound literal against names.

use super::values::Scan;
use crate::check::hardcoded_secret::generic::NameClass;
use crate::check::hardcoded_secret::{SecretHit, SecretKind, generic, positions, providers, urls};
use crate::model::body::{BinaryOp, CallForm, CollectionKind, NodeId, NodeKind};
use crate::model::facts::DefKind;
use crate::model::nesting::chain_root;
use crate::model::source::{Family, Span};
use crate::rulebook::vocabulary::{api_names, vocabulary};

impl<'a> Scan<'a> {
    /// Vendor formats, private keys and URLs in literals, and in text put together from literals.
    pub(super) fn formats(&self, id: NodeId, hits: &mut Vec<SecretHit>) {
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
    pub(super) fn base(&self, id: NodeId, value: &str) -> Option<u32> {
        let span = self.facts.arena.span(id);
        match (span.end - span.start).checked_sub(value.len() as u32) {
            Some(0) => Some(span.start),
            Some(2) => Some(span.start + 1),
            _ => None,
        }
    }

    /// A name and the value given to it: assignment, declaration, entry, named argument.
    pub(super) fn bound(&self, id: NodeId) -> Option<(String, NodeId)> {
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
        is_constant || vocabulary().grounds.settings.has(root)
    }

    fn name_of(&self, id: NodeId) -> Option<String> {
        let text = match self.facts.arena.kind(id) {
            NodeKind::Name(name) | NodeKind::Str(name) | NodeKind::Member { name, .. } => self.facts.text(name),
            NodeKind::Index { index, .. } => self.facts.string(index)?,
            _ => return None,
        };
        (text.len() <= 80).then(|| text.to_owned())
    }

    pub(super) fn binding(&self, id: NodeId, hits: &mut Vec<SecretHit>) {
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
        if self.facts.language.family() != Family::TypeScript || !self.last_name(callee).starts_with("hash") {
            return;
        }
        let words = generic::words(name);
        let is_password = generic::classify(name) == Some(NameClass::Password)
            || words.iter().any(|word| matches!(word.as_str(), "password" | "pwd")) && words.len() == 2;
        if !is_password {
            return;
        }
        if let Some(first) = self.facts.arena.list(args).next()
            && self.facts.string(first).is_some()
        {
            self.credential(first, &self.written(callee), SecretKind::LiteralPassword, hits);
        }
    }

    pub(super) fn definitions(&self, hits: &mut Vec<SecretHit>) {
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

    /// What a module of settings gives for a signing key: `module.exports = { secret: "orders-app-key" }`.
    pub(super) fn exported_settings(&self, hits: &mut Vec<SecretHit>) {
        if self.facts.language.family() != Family::TypeScript {
            return;
        }
        for id in self.facts.arena.ids() {
            let NodeKind::Assign { target, value, .. } = self.facts.arena.kind(id) else { continue };
            let is_module = matches!(self.facts.arena.kind(target), NodeKind::Member { object, name, .. }
                if self.facts.text(name) == "exports" && self.last_name(object) == "module");
            let NodeKind::Collection { kind: CollectionKind::Dict, items } = self.facts.arena.kind(value) else { continue };
            for (name, value) in self.facts.arena.list(items).filter(|_| is_module).filter_map(|item| self.bound(item)) {
                let text = self.literal(value);
                if generic::classify(&name) == Some(NameClass::Signing) && text.len() >= 6 && is_weak_key(&name, text) {
                    hits.push(SecretHit { sample: true, ..self.hit(value, SecretKind::Setting, &name) });
                }
            }
        }
    }

    /// A literal bound to a name.
    pub(super) fn named(&self, name: &str, value: NodeId, hits: &mut Vec<SecretHit>) {
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
                    // What bundlers put into pages is there to be seen, whatever it is called behind it.
                    let is_shown = api_names().settings.shown.within(setting);
                    let class = generic::classify(setting).or(class.filter(|_| !is_shown));
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
    positions::is_setting(name) && is_weak_key(name, value)
}

/// A key that somebody thought up: not random, and no name of something.
fn is_weak_key(name: &str, value: &str) -> bool {
    generic::is_literal_secret(value)
        && value.len() >= 3
        && !value.contains('.')
        && (!value.contains(' ') || is_phrase(value))
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
    words.iter().any(|word| vocabulary().grounds.stand_ins.has(word))
}

/// A few words that are the value themselves, `"super secret key"`, and tell nobody to set it.
fn is_phrase(value: &str) -> bool {
    let words: Vec<String> = value.split(' ').map(str::to_ascii_lowercase).collect();
    (2..=5).contains(&words.len())
        && words
            .iter()
            .all(|word| word.chars().all(|c| c.is_ascii_alphanumeric()) && !word.is_empty() && !vocabulary().secrets.advice.has(word))
}
