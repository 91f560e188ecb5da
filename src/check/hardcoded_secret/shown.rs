//! What stands in a source file to be read or shown, or comes to nothing: examples, prose, sample records, results that are thrown away.

use super::{SecretHit, SecretKind};
use crate::model::body::{BinaryOp, CallForm, CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts};
use crate::model::nesting::called_name;
use crate::model::source::{Family, Span};
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// What schemas show to readers of the documentation and forms to those who fill them in: `examples: ["eyJ…"]`, `example="whsec_…"`,
/// `placeholder="123:AA…"`, `const keyPlaceholder = "…"`.
pub(super) fn examples(facts: &FileFacts) -> Vec<Span> {
    let names = |name: &str| matches!(name, "example" | "examples" | "openapi_examples" | "placeholder");
    // `PLACEHOLDER_SECRETS`, `FORBIDDEN_KEYS`: what is held there is kept to be refused.
    let holds = |name: &str| {
        let words = crate::model::words::words(name);
        words.last().is_some_and(|word| matches!(word.as_str(), "placeholder" | "holder"))
            || words.iter().any(|word| vocabulary().placeholders.arguments.has(word))
    };
    facts
        .arena
        .ids()
        .filter(|&id| match facts.arena.kind(id) {
            NodeKind::Entry { key, .. } => facts.string(key).is_some_and(names),
            NodeKind::Argument { name, .. } => names(facts.text(name)),
            NodeKind::Declare { target, .. } => matches!(facts.arena.kind(target), NodeKind::Name(name) if holds(facts.text(name))),
            _ => false,
        })
        .map(|id| facts.arena.span(id))
        .chain(search_keys(facts))
        .chain(sample_functions(facts))
        .collect()
}

/// What a type shows of itself in the documentation of an API: `fn samples() -> Vec<Self>`.
fn sample_functions(facts: &FileFacts) -> impl Iterator<Item = Span> + '_ {
    facts
        .defs
        .iter()
        .filter(|def| matches!(def.kind, DefKind::Function | DefKind::Method))
        .filter(|def| vocabulary().placeholders.functions.has(facts.text(def.name)))
        .map(|def| def.span)
}

/// What something is compared with: `if (production && secret === "dev") throw …` refuses what is used elsewhere where nothing is set.
pub(super) struct Compared<'a> {
    texts: Vec<&'a str>,
    /// `SECRET_KEY.startswith("insecure-")`.
    starts: Vec<&'a str>,
}

impl<'a> Compared<'a> {
    pub(super) fn of(facts: &'a FileFacts) -> Compared<'a> {
        let (mut texts, mut starts) = (Vec::new(), Vec::new());
        let add = |node: NodeId, list: &mut Vec<&'a str>| list.extend(facts.string(node).filter(|text| text.len() > 2));
        for id in facts.arena.ids() {
            match facts.arena.kind(id) {
                NodeKind::Binary { op: BinaryOp::Equal | BinaryOp::NotEqual, left, right } => {
                    add(left, &mut texts);
                    add(right, &mut texts);
                }
                NodeKind::Binary { op: BinaryOp::In | BinaryOp::NotIn, right, .. } => {
                    if let NodeKind::Collection { items, .. } = facts.arena.kind(right) {
                        facts.arena.list(items).for_each(|item| add(item, &mut texts));
                    }
                }
                NodeKind::Call { args, .. } if called_name(facts, id).is_some_and(|name| api_names().texts.starts.has(name)) => {
                    facts.arena.list(args).for_each(|start| add(start, &mut starts));
                }
                _ => {}
            }
        }
        Compared { texts, starts }
    }

    pub(super) fn has(&self, text: &str) -> bool {
        self.texts.contains(&text) || self.starts.iter().any(|start| text.starts_with(start))
    }
}

/// From how many vendors on tokens of one file show what such tokens look like.
const VENDORS: usize = 3;

/// Tokens of several vendors stand in the file: patterns with what they match, tests of a filter.
pub(super) fn is_catalogue(hits: &[SecretHit]) -> bool {
    let mut vendors: Vec<&str> = hits.iter().filter(|hit| hit.kind == SecretKind::ProviderToken).map(|hit| hit.name.as_str()).collect();
    vendors.sort_unstable();
    vendors.dedup();
    vendors.len() >= VENDORS
}

/// A table of settings with what each is for, `{"SECRET_KEY": "Application secret key", "REDIS_URL": "Redis connection string", …}`.
pub(super) fn is_described(facts: &FileFacts, at: Span) -> bool {
    facts.arena.ids().any(|id| match facts.arena.kind(id) {
        NodeKind::Collection { kind: CollectionKind::Dict, items } if facts.arena.span(id).contains(at) => {
            let is_prose = |item: NodeId| match facts.arena.kind(item) {
                NodeKind::Entry { value, .. } => facts.string(value).is_some_and(|text| text.trim().contains(' ')),
                _ => false,
            };
            facts.arena.list(items).len() >= 3 && facts.arena.list(items).all(is_prose)
        }
        _ => false,
    })
}

/// `create_demo_shop()`: an account that everybody may use.
pub(super) fn is_of_demo(facts: &FileFacts, at: Span) -> bool {
    facts
        .defs
        .iter()
        .filter(|def| matches!(def.kind, DefKind::Function | DefKind::Method) && def.span.contains(at))
        .any(|def| vocabulary().grounds.demonstrations.in_name(facts.text(def.name)))
}

/// The key with which a page searches an index that everybody may, `{ appId, apiKey, indexName }`, or names its project to a service: `{ apiKey, authDomain, projectId }`.
fn search_keys(facts: &FileFacts) -> impl Iterator<Item = Span> + '_ {
    facts.arena.ids().filter_map(|id| {
        let NodeKind::Collection { kind: CollectionKind::Dict, items } = facts.arena.kind(id) else { return None };
        let has = |wanted: &str| {
            facts
                .arena
                .list(items)
                .any(|item| matches!(facts.arena.kind(item), NodeKind::Entry { key, .. } if facts.string(key) == Some(wanted)))
        };
        (has("appId") && has("indexName") || has("authDomain") && has("projectId")).then(|| facts.arena.span(id))
    })
}

/// Calls whose result is thrown away: a password that is hashed to see how long it takes is nobody's.
pub(super) fn discarded(facts: &FileFacts) -> Vec<NodeId> {
    let is_nothing = |target: NodeId| match facts.arena.kind(target) {
        NodeKind::Name(name) => facts.text(name) == "_",
        NodeKind::Other(items) => facts.arena.list(items).len() == 0,
        _ => false,
    };
    let mut found = Vec::new();
    for id in facts.arena.ids() {
        if let NodeKind::Block { items, value } = facts.arena.kind(id) {
            let statements = facts.arena.list(items).len() - usize::from(value);
            found.extend(facts.arena.list(items).take(statements).map(|statement| awaited(facts, statement)));
        }
        if let NodeKind::Declare { target, value: Some(value), .. } | NodeKind::Assign { target, value, .. } = facts.arena.kind(id)
            && is_nothing(target)
        {
            found.push(awaited(facts, value));
        }
    }
    found
}

fn awaited(facts: &FileFacts, mut value: NodeId) -> NodeId {
    while let NodeKind::Await(inner) | NodeKind::Propagate(inner) = facts.arena.kind(value) {
        value = inner;
    }
    value
}

/// Texts for people: a string that stands alone as a statement (what documents a class or a function), the text between the elements of a page.
pub(super) fn prose(facts: &FileFacts) -> Vec<Span> {
    let mut found = Vec::new();
    let mut add = |id: NodeId| {
        if let NodeKind::Str(_) | NodeKind::Text { .. } = facts.arena.kind(id) {
            found.push(facts.arena.span(id));
        }
    };
    for id in facts.arena.ids() {
        match facts.arena.kind(id) {
            NodeKind::Block { items, value: false } if facts.language.family() == Family::Python => {
                facts.arena.list(items).for_each(&mut add)
            }
            NodeKind::Call { args, form: CallForm::Jsx, .. } => facts.arena.list(args).for_each(&mut add),
            _ => {}
        }
    }
    found
}

/// How many objects lie between a list of records and a value that is taken for sample data: what is one object deep may be an account.
const DEEP: usize = 2;

/// Where hits start that lie deep in the records of a list: recorded events, answers of an API.
pub(super) fn records(facts: &FileFacts, hits: &[SecretHit]) -> Vec<u32> {
    if hits.is_empty() {
        return Vec::new();
    }
    let mut lists: Vec<Span> = Vec::new();
    let mut objects: Vec<Span> = Vec::new();
    for id in facts.arena.ids() {
        match facts.arena.kind(id) {
            NodeKind::Collection { kind: CollectionKind::List, items } if facts.arena.list(items).len() > 0 => {
                lists.push(facts.arena.span(id))
            }
            NodeKind::Collection { kind: CollectionKind::Dict, .. } => objects.push(facts.arena.span(id)),
            _ => {}
        }
    }
    let deep = |span: Span| {
        lists.iter().any(|list| {
            list.contains(span) && objects.iter().filter(|object| list.contains(**object) && object.contains(span)).count() >= DEEP
        })
    };
    let mut found: Vec<u32> = hits.iter().map(|hit| hit.span).filter(|&span| deep(span)).map(|span| span.start).collect();
    found.sort_unstable();
    found
}

/// `if not SECRET_KEY:` of a module, where the branch refuses to go on in production before it assigns.
fn raises_in_production(facts: &FileFacts, at: Span) -> bool {
    let is_production =
        |text: &str| text.len() <= 24 && crate::model::words::words(text).iter().any(|word| matches!(word.as_str(), "production" | "prod"));
    let refuses = |item: NodeId| {
        let NodeKind::If { condition, then, .. } = facts.arena.kind(item) else { return false };
        facts.arena.any(condition, |node| facts.string(node).is_some_and(is_production)) && raises(facts, then)
    };
    facts.arena.ids().any(|node| match facts.arena.kind(node) {
        NodeKind::If { then, .. } if facts.arena.span(then).contains(at) => match facts.arena.kind(then) {
            NodeKind::Block { items, .. } => facts.arena.list(items).any(|item| facts.arena.span(item).end <= at.start && refuses(item)),
            _ => false,
        },
        _ => false,
    })
}

/// Some statement of a branch raises.
pub(super) fn raises(facts: &FileFacts, branch: NodeId) -> bool {
    facts.arena.any(branch, |node| matches!(facts.arena.kind(node), NodeKind::Raise(_)))
}

/// `if DEBUG: KEY = "dev-key" else: raise ImproperlyConfigured(…)`: without what is for developers, the program refuses to start.
pub(super) fn is_refused_otherwise(facts: &FileFacts, at: Span) -> bool {
    let speaks = |condition: NodeId| {
        let (mut speaks, mut denies) = (false, false);
        facts.arena.walk(condition, |node| match facts.arena.kind(node) {
            NodeKind::Name(name) | NodeKind::Member { name, .. } | NodeKind::Str(name) => {
                let words = crate::model::words::words(facts.text(name));
                speaks |= words.iter().any(|word| word == "debug" || vocabulary().grounds.development.has(word));
            }
            NodeKind::Unary { .. } | NodeKind::Binary { op: BinaryOp::NotEqual | BinaryOp::NotIn, .. } => denies = true,
            _ => {}
        });
        speaks && !denies
    };
    facts.arena.ids().any(|node| match facts.arena.kind(node) {
        NodeKind::If { condition, then, otherwise: Some(otherwise) } => {
            facts.arena.span(then).contains(at) && speaks(condition) && raises(facts, otherwise)
        }
        _ => false,
    })
}

/// Assigned where a setting is missing, in a function that asks whether this is production: there it is refused.
pub(super) fn asks_for_production(facts: &FileFacts, at: Span) -> bool {
    let is_function = |kind: DefKind| matches!(kind, DefKind::Function | DefKind::Method);
    let around = facts
        .defs
        .iter()
        .filter(|def| is_function(def.kind) && def.span.contains(at))
        .min_by_key(|def| def.span.end - def.span.start)
        .and_then(|def| def.body);
    let Some(body) = around else { return raises_in_production(facts, at) };
    let mut branch = false;
    let mut asks = false;
    facts.arena.walk(body, |node| match facts.arena.kind(node) {
        NodeKind::If { then, .. } => branch |= facts.arena.span(then).contains(at),
        NodeKind::Name(name) | NodeKind::Member { name, .. } | NodeKind::Str(name) => {
            let text = facts.text(name);
            asks |= text.len() <= 24 && crate::model::words::words(text).iter().any(|word| word == "production");
        }
        _ => {}
    });
    branch && asks
}
