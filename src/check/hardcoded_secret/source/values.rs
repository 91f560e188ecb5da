//! The scan itself: what values come down to, and what callees are called.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::check::hardcoded_secret::{SecretHit, SecretKind, generic, positions};
use crate::model::body::{BinaryOp, CallForm, CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, Definition, FileFacts, ImportItem};
use crate::model::finding::masked;
use crate::model::source::{Family, Span};
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// How deep wrappers around a literal are followed.
const WRAPPERS: usize = 8;

/// Names with more values than this in a file are not followed.
const VALUES: usize = 32;

pub(super) struct Scan<'a> {
    pub(super) facts: &'a FileFacts,
    /// Every value given to a plain name, with its place: what `jwt.sign(claims, secret)` comes down to.
    pub(super) assigned: BTreeMap<&'a str, Vec<(Span, NodeId)>>,
    /// Local name → what it is imported from: `jwt` → `jsonwebtoken`, `EncodingKey` → `jsonwebtoken.EncodingKey`.
    pub(super) imports: BTreeMap<&'a str, String>,
    /// Calls whose result is thrown away.
    pub(super) discarded: OnceCell<Vec<NodeId>>,
    /// Some name of the file may be that of a password.
    pub(super) has_passwords: bool,
}

/// A literal that a value comes down to.
pub(super) struct Leaf {
    pub(super) id: NodeId,
    /// It stands in for this setting when that is missing.
    pub(super) fallback_of: Option<String>,
}

impl<'a> Scan<'a> {
    /// The literal that stands there.
    pub(super) fn text_at(&self, span: Span) -> Option<&'a str> {
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
            alone: false,
            masked: masked(text),
        }
    }

    pub(super) fn literal(&self, id: NodeId) -> &'a str {
        match self.facts.arena.kind(id) {
            NodeKind::Str(name) | NodeKind::Bytes(name) => self.facts.text(name),
            _ => "",
        }
    }

    /// The literals a value comes down to, through conversions, wrappers and fallbacks.
    pub(super) fn leaves(&self, value: NodeId) -> Vec<Leaf> {
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
                    let second = second.filter(|&second| !says_what_is_missing(&missing, self.literal(second)));
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
                if !api_names().settings.getters.has(self.last_name(callee)) {
                    return None;
                }
                let path = self.path(callee)?;
                // As methods these two mean other things: `Command::env` sets.
                let bare = ["env", "config"];
                let looks_up =
                    bare.contains(&path.as_str()) || api_names().settings.readers.any(|lookup| positions::ends_with(&path, lookup));
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
    pub(super) fn constant(&self, name: &str, at: Span) -> Option<NodeId> {
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
    pub(super) fn written(&self, callee: NodeId) -> String {
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

    pub(super) fn last_name(&self, callee: NodeId) -> &'a str {
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
    pub(super) fn path(&self, callee: NodeId) -> Option<String> {
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

/// `env!("SMTP_PASSWORD", "SMTP_PASSWORD should be set")`: what is said where the setting is missing, and not what it is then.
fn says_what_is_missing(setting: &str, text: &str) -> bool {
    text.contains(' ')
        && (text.contains(setting)
            || text.split(' ').filter(|word| vocabulary().secrets.advice.has(word.to_ascii_lowercase())).count() >= 2)
}

pub(super) fn assigned(facts: &FileFacts) -> BTreeMap<&str, Vec<(Span, NodeId)>> {
    let mut assigned: BTreeMap<&str, Vec<(Span, NodeId)>> = BTreeMap::new();
    for id in facts.arena.ids() {
        let (NodeKind::Declare { target, value: Some(value), .. } | NodeKind::Assign { target, value, .. }) = facts.arena.kind(id) else {
            continue;
        };
        if let NodeKind::Name(name) = facts.arena.kind(target) {
            assigned.entry(facts.text(name)).or_default().push((facts.arena.span(id), value));
        }
    }
    // Constants of Rust may stand in a function.
    let is_constant =
        |def: &&Definition| def.kind == DefKind::Variable && (def.parent == DefId::MODULE || facts.language.family() == Family::Rust);
    for def in facts.defs.iter().filter(is_constant) {
        if let Some(value) = def.value {
            let values = assigned.entry(facts.text(def.name)).or_default();
            if !values.iter().any(|(_, known)| *known == value) {
                values.push((def.span, value));
            }
        }
    }
    assigned
}

pub(super) fn imports(facts: &FileFacts) -> BTreeMap<&str, String> {
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
