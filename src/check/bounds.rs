//! Loops that do not make a query per item of an unbounded collection: constant and small collections, batches and pages,
//! retries, loops that end with the query, memos in front of it.
//!
//! Each answer names its reason; the rule only asks whether there is one.

use super::jobs::is_job;
use super::loops::{Place, Repetition, RepetitionKind};
use crate::model::body::{AssignOp, BinaryOp, CollectionKind, LoopKind, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, Name, ParamKind};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{argument_value, arguments, called_name, chain, chain_root, given_value, last_name, walk_deep};
use crate::model::program::Value;
use crate::model::role::GlobalDef;
use crate::model::source::Family;
pub(super) use crate::model::words::words;
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// Why a loop is no query per item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// A literal, an enum, `range(3)`, configuration.
    Constant,
    /// Chunks, pages, shards: each round is a batch.
    Batch,
    Retry,
    /// `return` or `break` follows in the same block.
    Once,
    /// The query fills a memo that is asked first.
    Memo,
    /// One connection or database per item.
    Connections,
    /// Tables, model classes, fields: parts of the schema, not rows.
    Schema,
    /// Rows of which only a few are asked for at a time, a list that is refused when it is longer.
    Few,
}

/// A literal of up to this many items is a fixed list of things to do, whatever they are.
const FEW: usize = 8;

/// So many rows a job takes one by one, for which nobody waits.
const FEW_FOR_A_JOB: u32 = 30;

/// A list that is refused when it is longer than this is short.
const REFUSED: usize = 20;

/// The reason, if there is one, for which the loop is fine around the call at `site`.
pub(super) fn bound(place: &Place, repetition: &Repetition, site: NodeId) -> Option<Bound> {
    let facts = place.facts;
    if let Some(source) = repetition.source
        && repetition.kind != RepetitionKind::While
        && repetition.kind != RepetitionKind::Counted
    {
        if is_refused_when_long(place, repetition.node, source) || holds_few(place, source) {
            return Some(Bound::Few);
        }
        if is_constant(place, source, 0) || are_parts_of_name(facts, source) {
            return Some(Bound::Constant);
        }
        if is_keyword_arguments(facts, source) {
            return Some(Bound::Schema);
        }
        if gives_batches(facts, source) {
            return Some(Bound::Batch);
        }
    }
    if repetition.kind == RepetitionKind::Counted
        && let Some(reason) = counted(place, repetition)
    {
        return Some(reason);
    }
    if asks_for_page(facts, repetition, site) {
        return Some(Bound::Batch);
    }
    for &item in &repetition.items {
        if let Some(reason) = by_item_name(place, repetition, facts.text(item)) {
            return Some(reason);
        }
    }
    if ends_loop(facts, repetition) || is_first_round(facts, repetition) {
        return Some(Bound::Once);
    }
    memo(place, repetition, site).then_some(Bound::Memo)
}

/// `for (let i = 1; i <= pages; i++) findAll({ page: i, limit })`: the number of the round is the number of a page.
fn asks_for_page(facts: &FileFacts, repetition: &Repetition, site: NodeId) -> bool {
    let is_page = |name: &str| words(name).iter().any(|word| matches!(word.as_str(), "page" | "offset" | "skip" | "pagination"));
    let mut found = false;
    let mut seen = 0;
    facts.arena.walk_while(site, |node| {
        seen += 1;
        let given = match facts.arena.kind(node) {
            NodeKind::Argument { name, value } if is_page(facts.text(name)) => Some(value),
            NodeKind::Entry { key, value } if facts.string(key).is_some_and(is_page) => Some(value),
            _ => None,
        };
        if let Some(value) = given {
            facts
                .arena
                .walk(value, |inner| found |= matches!(facts.arena.kind(inner), NodeKind::Name(name) if repetition.items.contains(&name)));
        }
        seen < 80
    });
    found
}

/// `path.split('.')`: the parts of a path or of a name with dots.
fn are_parts_of_name(facts: &FileFacts, source: NodeId) -> bool {
    let separator = arguments(facts, source).next().map(|argument| facts.arena.kind(argument));
    matches!(called_name(facts, source), Some("split" | "rsplit"))
        && matches!(separator, Some(NodeKind::Str(text)) if matches!(facts.text(text), "." | "/" | "::" | "__"))
}

/// `if logins.len() > 10 { return Err(…) }` stands before the loop over `logins`.
pub(super) fn is_refused_when_long(place: &Place, head: NodeId, source: NodeId) -> bool {
    let facts = place.facts;
    let NodeKind::Name(list) = facts.arena.kind(chain_root(facts, source)) else { return false };
    let start = facts.arena.span(head).start;
    let measures = |node: NodeId| {
        let of_list = |node: NodeId| facts.arena.kind(node) == NodeKind::Name(list);
        match facts.arena.kind(node) {
            NodeKind::Member { object, name, .. } => matches!(facts.text(name), "length" | "size") && of_list(object),
            NodeKind::Call { callee, .. } if called_name(facts, node) == Some("len") => match facts.arena.kind(callee) {
                NodeKind::Member { object, .. } => of_list(object),
                _ => arguments(facts, node).next().is_some_and(of_list),
            },
            _ => false,
        }
    };
    let is_few = |node: NodeId| matches!(facts.arena.kind(node), NodeKind::Number(text) if facts.text(text).parse().is_ok_and(|most: usize| (2..=REFUSED).contains(&most)));
    let leaves = |then: NodeId| match facts.arena.kind(then) {
        NodeKind::Block { items, .. } => {
            facts.arena.list(items).last().is_some_and(|last| matches!(facts.arena.kind(last), NodeKind::Return(_) | NodeKind::Raise(_)))
        }
        kind => matches!(kind, NodeKind::Return(_) | NodeKind::Raise(_)),
    };
    let mut found = false;
    let mut owner = place.nesting.owner(head);
    // The test may stand outside the closure that the loop is in.
    for _ in 0..4 {
        let def = facts.def(owner);
        let Some(body) = def.body.filter(|_| owner != DefId::MODULE) else { break };
        walk_deep(facts, body, |node| {
            if let NodeKind::If { condition, then, .. } = facts.arena.kind(node)
                && let NodeKind::Binary { op: BinaryOp::Greater | BinaryOp::GreaterEqual, left, right } = facts.arena.kind(condition)
            {
                found |= facts.arena.span(node).start < start && measures(left) && is_few(right) && leaves(then);
            }
            !found
        });
        if !def.flags.has(DefFlags::CLOSURE) {
            break;
        }
        owner = def.parent;
    }
    found
}

/// `kwargs.items()`, `order.model_dump().items()`, `vars(order)`: the attributes of one object.
fn is_keyword_arguments(facts: &FileFacts, source: NodeId) -> bool {
    let of_object = chain(facts, source).any(|link| match facts.arena.kind(link) {
        NodeKind::Call { .. } => matches!(called_name(facts, link), Some("model_dump" | "asdict" | "vars" | "cleaned_data")),
        NodeKind::Member { name, .. } => api_names().types.fields.has(facts.text(name)),
        _ => false,
    });
    if of_object && chain(facts, source).any(|link| matches!(called_name(facts, link), Some("items" | "keys" | "values"))) {
        return true;
    }
    matches!(facts.arena.kind(chain_root(facts, source)), NodeKind::Name(name) if matches!(facts.text(name), "kwargs" | "fields" | "field_names" | "columns"))
}

fn by_item_name(place: &Place, repetition: &Repetition, item: &str) -> Option<Bound> {
    let words = words(item);
    let last = words.last().map(String::as_str)?;
    if vocabulary().loops.batches.has(last) {
        return Some(Bound::Batch);
    }
    if vocabulary().loops.attempts.has(last) {
        return Some(Bound::Retry);
    }
    let of_server =
        matches!(last, "database" | "connection" | "conn" | "alias" | "using") || words.first().is_some_and(|word| word == "shard");
    if of_server && words.len() <= 2 {
        return Some(Bound::Connections);
    }
    let of_schema = |word: &String| {
        vocabulary().loops.schemas.has(word)
            // `index` alone counts something.
            || word == "index" && words.len() > 1
    };
    if words.iter().any(of_schema) {
        let is_row = matches!(item_value(place, repetition), Some(Value::Instance { .. }));
        if !is_row {
            return Some(Bound::Schema);
        }
    }
    let paging = matches!(last, "offset" | "page" | "cursor" | "skip");
    let numbers = repetition.kind == RepetitionKind::Counted
        || repetition.source.is_some_and(|source| called_name(place.facts, source).is_some_and(|name| name == "range" || name == "count"));
    (paging && numbers).then_some(Bound::Batch)
}

/// What the loop's target stands for.
fn item_value(place: &Place, repetition: &Repetition) -> Option<Value> {
    match place.facts.arena.kind(repetition.node) {
        NodeKind::Loop { target: Some(target), .. } => Some(place.program.value(place.file, target)),
        _ => None,
    }
}

/// The source hands out batches: `chunks(ids, 100)`, `range(0, n, 100)`, `.step_by(n)`, a name in the plural (`batches`).
fn gives_batches(facts: &FileFacts, source: NodeId) -> bool {
    const MAKERS: &[&str] = &[
        "chunk",
        "chunks",
        "chunked",
        "batch",
        "batches",
        "batched",
        "chunks_exact",
        "array_chunks",
        "windows",
        "grouper",
        "paginate",
        "paginator",
        "pages",
        "page_range",
        "partition_all",
        "step_by",
        "islice",
        "in_batches",
        "try_chunks",
        "ready_chunks",
    ];
    let mut found = false;
    for link in chain(facts, source) {
        if let NodeKind::Call { .. } = facts.arena.kind(link) {
            let name = called_name(facts, link).unwrap_or_default();
            found |=
                MAKERS.contains(&name.to_ascii_lowercase().as_str()) || words(name).iter().any(|word| MAKERS[..6].contains(&word.as_str()));
            found |= matches!(name, "range" | "xrange" | "arange") && arguments(facts, link).len() == 3;
            let wraps = matches!(name, "enumerate" | "tqdm" | "list" | "track" | "entries" | "iter" | "into_iter");
            found |= wraps && arguments(facts, link).next().is_some_and(|inner| inner != source && direct_batches(facts, inner));
        }
    }
    found || direct_batches(facts, source)
}

fn direct_batches(facts: &FileFacts, node: NodeId) -> bool {
    match facts.arena.kind(node) {
        NodeKind::Call { .. } => {
            called_name(facts, node).is_some_and(|name| words(name).iter().any(|word| api_names().batches.direct.has(word)))
        }
        NodeKind::Name(_) | NodeKind::Member { .. } => last_name(facts, node).is_some_and(|name| {
            words(facts.text(name)).last().is_some_and(|word| matches!(word.as_str(), "chunks" | "batches" | "shards" | "partitions"))
        }),
        _ => false,
    }
}

/// `for (let i = 0; i < ids.length; i += 100)`, `for (let i = 0; i < 3; i++)`, `attempt < maxRetries`.
fn counted(place: &Place, repetition: &Repetition) -> Option<Bound> {
    let facts = place.facts;
    let NodeKind::Binary { right, .. } = facts.arena.kind(repetition.source?) else { return None };
    if is_constant(place, right, 0) {
        return Some(Bound::Constant);
    }
    if let NodeKind::Member { object, .. } = facts.arena.kind(right)
        && direct_batches(facts, object)
    {
        return Some(Bound::Batch);
    }
    let retries = last_name(facts, right).is_some_and(|name| {
        words(facts.text(name)).iter().any(|word| matches!(word.as_str(), "retries" | "attempts" | "tries" | "retry" | "attempt"))
    });
    if retries {
        return Some(Bound::Retry);
    }
    let NodeKind::Block { items, .. } = facts.arena.kind(repetition.body?) else { return None };
    let step = facts.arena.list(items).last()?;
    let NodeKind::Assign { op: AssignOp::Augment(_), value, .. } = facts.arena.kind(step) else { return None };
    let single = matches!(facts.arena.kind(value), NodeKind::Number(name) if facts.text(name) == "1");
    (!single).then_some(Bound::Batch)
}

/// True when the expression's size is fixed by the code or by configuration.
pub(super) fn is_constant(place: &Place, node: NodeId, depth: u8) -> bool {
    let facts = place.facts;
    if depth > 6 {
        return false;
    }
    let again = |node| is_constant(place, node, depth + 1);
    match facts.arena.kind(node) {
        NodeKind::Str(_) | NodeKind::Number(_) | NodeKind::Bool(_) | NodeKind::Null | NodeKind::Bytes(_) => true,
        NodeKind::Collection { items, kind } => {
            let mut items = facts.arena.list(items);
            let few = items.len() <= FEW;
            items.all(|item| match facts.arena.kind(item) {
                NodeKind::Spread { value, .. } => again(value),
                NodeKind::Entry { value, .. } => few || again(value),
                _ => few || kind != CollectionKind::Dict && again(item),
            })
        }
        NodeKind::Binary { op: BinaryOp::Range, left, right } => again(left) && again(right),
        NodeKind::Binary { op: BinaryOp::Or | BinaryOp::Coalesce, left, right } => again(left) && again(right),
        NodeKind::Unary { value, .. } | NodeKind::Cast { value, .. } | NodeKind::Await(value) => again(value),
        NodeKind::Name(name) => is_constant_name(place, node, name, depth),
        NodeKind::Member { object, name, .. } => is_constant_member(place, node, object, name, depth),
        NodeKind::Call { callee, .. } => is_constant_call(place, node, callee, depth),
        NodeKind::Index { index, object } => again(object) || is_small_slice(facts, index),
        // `[only] if only else configured()`
        NodeKind::If { then, otherwise: Some(otherwise), .. } => again(then) && again(otherwise),
        // `[code for code, _ in LANGUAGES]`
        NodeKind::Loop { kind: LoopKind::Comprehension, source: Some(source), body, .. } => {
            let mut loops = false;
            facts.arena.walk(body, |inner| loops |= matches!(facts.arena.kind(inner), NodeKind::Loop { .. }));
            !loops && again(source)
        }
        _ => false,
    }
}

/// `getattr(settings, "LANGUAGES", [])`
fn is_setting_asked_for(facts: &FileFacts, call: NodeId) -> bool {
    let mut given = arguments(facts, call);
    let of_settings = given
        .next()
        .is_some_and(|owner| matches!(facts.arena.kind(owner), NodeKind::Name(name) if vocabulary().loops.settings.has(facts.text(name))));
    called_name(facts, call) == Some("getattr")
        && of_settings
        && given.next().and_then(|name| facts.string(name)).is_some_and(is_upper_case)
}

fn is_constant_name(place: &Place, node: NodeId, name: Name, depth: u8) -> bool {
    let text = place.facts.text(name);
    if is_upper_case(text) {
        return true;
    }
    match place.program.value(place.file, node) {
        Value::Def(def) => {
            let definition = place.program.def(def);
            let enumerable = matches!(definition.kind, DefKind::Enum);
            let constant = definition.kind == DefKind::Variable
                && definition.flags.has(DefFlags::CONSTANT)
                && def.file == place.file
                && definition.value.is_some_and(|value| is_constant(place, value, depth + 1));
            enumerable || constant || is_enum_class(place, def)
        }
        _ => is_constant_local(place, node, name, depth),
    }
}

fn is_enum_class(place: &Place, def: crate::model::role::GlobalDef) -> bool {
    let facts = place.program.file(def.file);
    place.program.def(def).kind == DefKind::Class
        && place
            .program
            .def(def)
            .bases
            .iter()
            .any(|&base| last_name(facts, base).is_some_and(|name| api_names().types.enums.has(facts.text(name))))
}

/// A local that is given one constant value and never added to.
fn is_constant_local(place: &Place, node: NodeId, name: Name, depth: u8) -> bool {
    let facts = place.facts;
    let mut owner = place.nesting.owner(node);
    let mut values = Vec::new();
    for _ in 0..16 {
        let def = facts.def(owner);
        if let Some(param) = def.params.iter().find(|param| param.name == Some(name)) {
            // `authorize(...roles)` makes a handler: what it is given is written where the routes are.
            return owner != place.nesting.owner(node) && param.kind == ParamKind::Rest && facts.language.family() == Family::TypeScript;
        }
        if let Some(body) = def.body {
            let mut grows = false;
            // `let rows = []`, then `await transaction(async (tx) => { rows = await tx.list() })`
            walk_deep(facts, body, |node| {
                if let NodeKind::Assign { target, value, .. } = facts.arena.kind(node)
                    && facts.arena.kind(target) == NodeKind::Name(name)
                    && place.nesting.owner(node) != owner
                {
                    values.push(value);
                }
                true
            });
            facts.arena.walk(body, |node| match facts.arena.kind(node) {
                NodeKind::Declare { target, value: Some(value), .. } if facts.arena.kind(target) == NodeKind::Name(name) => {
                    values.push(value)
                }
                NodeKind::Assign { target, value, op } if facts.arena.kind(chain_root(facts, target)) == NodeKind::Name(name) => {
                    values.push(value);
                    grows |= op != AssignOp::Set || facts.arena.kind(target) != NodeKind::Name(name);
                }
                NodeKind::Loop { target: Some(target), .. } => grows |= super::loops::bound_names(facts, target).contains(&name),
                NodeKind::Call { callee, .. } => {
                    if let NodeKind::Member { object, name: method, .. } = facts.arena.kind(callee) {
                        let adds = matches!(
                            facts.text(method),
                            "push" | "append" | "extend" | "add" | "insert" | "update" | "unshift" | "set" | "push_back" | "setdefault"
                        );
                        grows |= adds && facts.arena.kind(object) == NodeKind::Name(name) && !adds_one_of_few(place, owner, node, depth);
                    }
                }
                _ => {}
            });
            if grows {
                return false;
            }
        }
        if !values.is_empty() || owner == DefId::MODULE {
            break;
        }
        owner = def.parent;
    }
    !values.is_empty() && values.iter().all(|&value| is_constant(place, value, depth + 1))
}

/// `chosen.push({ id, kind })` in a loop over a list that is written out: no more than that has.
fn adds_one_of_few(place: &Place, owner: DefId, call: NodeId, depth: u8) -> bool {
    let facts = place.facts;
    let one = matches!(called_name(facts, call), Some("push" | "append"))
        && arguments(facts, call).len() == 1
        && arguments(facts, call).all(|argument| !matches!(facts.arena.kind(argument), NodeKind::Spread { .. }));
    one && place.nesting.owner(call) == owner
        && place.nesting.around(call).all(|node| match facts.arena.kind(node) {
            NodeKind::Loop { source: Some(source), target: Some(_), .. } => is_constant(place, source, depth + 2),
            NodeKind::Loop { .. } => false,
            _ => true,
        })
}

fn is_constant_member(place: &Place, node: NodeId, object: NodeId, name: Name, depth: u8) -> bool {
    let facts = place.facts;
    if is_upper_case(facts.text(name)) {
        return true;
    }
    if let NodeKind::Name(root) = facts.arena.kind(chain_root(facts, object))
        && vocabulary().loops.settings.has(facts.text(root))
    {
        return true;
    }
    // How many routes an application has is in its code.
    if facts.text(name) == "routes" && last_name(facts, object).is_some_and(|object| matches!(facts.text(object), "app" | "router")) {
        return true;
    }
    match place.program.value(place.file, node) {
        Value::Def(def) if def.file == place.file => {
            let definition = place.program.def(def);
            matches!(definition.kind, DefKind::Field | DefKind::Variable)
                && definition.value.is_some_and(|value| is_constant(place, value, depth + 1))
                && matches!(facts.arena.kind(object), NodeKind::Receiver | NodeKind::Name(_))
                && place.nesting.owner(node) != DefId::MODULE
                && definition.flags.has(DefFlags::CONSTANT)
        }
        _ => false,
    }
}

fn is_constant_call(place: &Place, call: NodeId, callee: NodeId, depth: u8) -> bool {
    const KEEPS: &[&str] = &[
        "range",
        "enumerate",
        "list",
        "tuple",
        "sorted",
        "set",
        "reversed",
        "zip",
        "iter",
        "into_iter",
        "items",
        "keys",
        "values",
        "entries",
        "filter",
        "map",
        "slice",
        "rev",
        "skip",
        "cloned",
        "copied",
        "frozenset",
        "dict",
        "Set",
        "Map",
        "from",
        "fromEntries",
        "len",
        "variants",
        "split",
        "concat",
    ];
    let facts = place.facts;
    let Some(name) = called_name(facts, call) else { return false };
    if returns_constant(place, callee, depth) || is_setting_asked_for(facts, call) {
        return true;
    }
    // `rows.slice(4)` is what comes after the fourth.
    if matches!(name, "take" | "first") || name == "slice" && arguments(facts, call).len() > 1 {
        let mut numbers = arguments(facts, call).peekable();
        if numbers.peek().is_some() && numbers.all(|node| small_number(facts, node)) && name != "first" {
            return true;
        }
    }
    if takes_few(place, call) {
        return true;
    }
    if !KEEPS.contains(&name) {
        return false;
    }
    // `Permission::iter()`, `Permission.values()`.
    let on_enum = match facts.arena.kind(callee) {
        NodeKind::Member { object, .. } => is_constant(place, object, depth + 1),
        _ => false,
    };
    let has_receiver = matches!(facts.arena.kind(callee), NodeKind::Member { .. });
    let namespace = matches!(facts.arena.kind(chain_root(facts, callee)), NodeKind::Name(name) if matches!(facts.text(name), "Object" | "Array" | "itertools"));
    if has_receiver && !namespace {
        return on_enum;
    }
    let mut given = arguments(facts, call)
        .filter(|&node| !matches!(facts.arena.kind(node), NodeKind::Closure(_) | NodeKind::Argument { .. }))
        .peekable();
    given.peek().is_some() && given.all(|argument| is_constant(place, argument, depth + 1))
}

/// A local that a query for a few rows gave: `const orders = await prisma.order.findMany({ take: 10 })`.
fn holds_few(place: &Place, source: NodeId) -> bool {
    let facts = place.facts;
    let asks = |value: NodeId| {
        let value = match facts.arena.kind(value) {
            NodeKind::Await(value) => value,
            _ => value,
        };
        matches!(facts.arena.kind(value), NodeKind::Call { .. }) && takes_few(place, value)
    };
    let NodeKind::Name(name) = facts.arena.kind(source) else { return asks(source) };
    let mut owner = place.nesting.owner(source);
    for _ in 0..4 {
        let def = facts.def(owner);
        let Some(body) = def.body else { return false };
        let mut values = Vec::new();
        facts.arena.walk(body, |node| values.extend(given_value(facts, node, name)));
        if !values.is_empty() || owner == DefId::MODULE || !def.flags.has(DefFlags::CLOSURE) {
            return !values.is_empty() && values.into_iter().all(asks);
        }
        owner = def.parent;
    }
    false
}

/// A query for no more than a few rows: `findMany({ where, take: 10 })`.
fn takes_few(place: &Place, call: NodeId) -> bool {
    let facts = place.facts;
    let in_job = is_job(place.program, GlobalDef { file: place.file, def: place.nesting.owner(call) });
    let few_for_a_job = |node: NodeId| matches!(facts.arena.kind(node), NodeKind::Number(text) if facts.text(text).parse::<u32>().is_ok_and(|most| most <= FEW_FOR_A_JOB));
    let few = |item: NodeId| match facts.arena.kind(item) {
        NodeKind::Entry { key, value } => {
            matches!(facts.string(key), Some("take" | "limit")) && (is_small(place, value) || in_job && few_for_a_job(value))
        }
        _ => false,
    };
    let says_few = arguments(facts, call).any(|argument| match facts.arena.kind(argument) {
        NodeKind::Collection { items, .. } => facts.arena.list(items).any(few),
        _ => false,
    });
    says_few
        && place
            .program
            .called_api(place.file, call)
            .is_some_and(|api| place.program.facts_of(api).any(|(fact, _)| matches!(fact, ApiFact::Query(_))))
}

/// A function of the project that gives a list written out in it: `return [Mailer(), Logger()]`.
fn returns_constant(place: &Place, callee: NodeId, depth: u8) -> bool {
    let (Value::Def(def) | Value::Method { method: def, .. }) = place.program.value(place.file, callee) else { return false };
    let facts = place.program.file(def.file);
    let Some(body) = facts.def(def.def).body else { return false };
    let mut results = Vec::new();
    facts.arena.walk(body, |node| {
        if let NodeKind::Return(Some(value)) = facts.arena.kind(node) {
            results.push(value);
        }
    });
    let few = |value: &NodeId| match facts.arena.kind(*value) {
        NodeKind::Collection { items, .. } => {
            facts.arena.list(items).len() <= FEW
                && facts.arena.list(items).all(|item| !matches!(facts.arena.kind(item), NodeKind::Spread { .. }))
        }
        _ => false,
    };
    let there = Place { file: def.file, facts, nesting: place.program.nesting(def.file), ..*place };
    !results.is_empty() && results.iter().all(|value| few(value) || is_constant(&there, *value, depth + 1))
}

/// `[:3]`: the only literal number of a slice.
fn is_small_slice(facts: &FileFacts, index: NodeId) -> bool {
    let NodeKind::Other(parts) = facts.arena.kind(index) else { return false };
    let parts: Vec<NodeId> = facts.arena.list(parts).collect();
    !parts.is_empty() && parts.iter().all(|&part| small_number(facts, part) || facts.arena.kind(part) == NodeKind::Null)
}

/// A small number, also by the name of a constant: `take: MAILS_PER_ROUND`.
fn is_small(place: &Place, node: NodeId) -> bool {
    let (NodeKind::Name(name), Value::Def(constant)) = (place.facts.arena.kind(node), place.program.value(place.file, node)) else {
        return small_number(place.facts, node) || is_small_constant(place, node);
    };
    let value = place.program.def(constant).value.filter(|_| is_upper_case(place.facts.text(name)));
    value.is_some_and(|value| small_number(place.program.file(constant.file), value))
}

/// The constant of this name that the file declares.
fn is_small_constant(place: &Place, node: NodeId) -> bool {
    let NodeKind::Name(name) = place.facts.arena.kind(node) else { return false };
    is_upper_case(place.facts.text(name))
        && place.facts.definitions().any(|(_, def)| {
            def.kind == DefKind::Variable
                && def.parent == DefId::MODULE
                && def.name == name
                && def.value.is_some_and(|value| small_number(place.facts, value))
        })
}

fn small_number(facts: &FileFacts, node: NodeId) -> bool {
    matches!(facts.arena.kind(node), NodeKind::Number(name) if facts.text(name).parse::<u32>().is_ok_and(|number| number <= 10))
}

/// True when a block on the way from the call to the loop ends the loop after the call, so that it runs at most once.
fn ends_loop(facts: &FileFacts, repetition: &Repetition) -> bool {
    repetition.path.windows(2).any(|pair| {
        let (child, parent) = (pair[0], pair[1]);
        match facts.arena.kind(parent) {
            NodeKind::Return(_) | NodeKind::Raise(_) | NodeKind::Break(_) => true,
            NodeKind::Block { items, .. } => {
                let mut after = facts.arena.list(items).skip_while(|&item| item != child);
                after.any(|item| matches!(facts.arena.kind(item), NodeKind::Return(_) | NodeKind::Raise(_) | NodeKind::Break(_)))
            }
            _ => false,
        }
    }) && repetition.kind != RepetitionKind::Callback
}

/// `if first: first = False; …`: the branch shuts behind itself.
fn is_first_round(facts: &FileFacts, repetition: &Repetition) -> bool {
    repetition.path.windows(2).any(|pair| {
        let NodeKind::If { condition, then, .. } = facts.arena.kind(pair[1]) else { return false };
        let asked = match facts.arena.kind(condition) {
            NodeKind::Name(flag) => Some((flag, true)),
            NodeKind::Unary { op: UnaryOp::Not, value } => match facts.arena.kind(value) {
                NodeKind::Name(flag) => Some((flag, false)),
                _ => None,
            },
            NodeKind::Binary { op: BinaryOp::Is | BinaryOp::Equal, left, right } => {
                match (facts.arena.kind(left), facts.arena.kind(right)) {
                    (NodeKind::Name(flag), NodeKind::Bool(wanted)) => Some((flag, wanted)),
                    _ => None,
                }
            }
            _ => None,
        };
        let (Some((flag, wanted)), true, NodeKind::Block { items, .. }) = (asked, then == pair[0], facts.arena.kind(then)) else {
            return false;
        };
        let sets = |node: NodeId, truth: bool| {
            given_value(facts, node, flag).is_some_and(|value| facts.arena.kind(value) == NodeKind::Bool(truth))
        };
        let mut opens = false;
        facts.arena.walk(repetition.node, |node| opens |= given_value(facts, node, flag).is_some() && !sets(node, !wanted));
        !opens && facts.arena.list(items).any(|item| sets(item, !wanted))
    })
}

/// `if key not in memo: memo[key] = query(key)`: one query per distinct key, kept.
fn memo(place: &Place, repetition: &Repetition, site: NodeId) -> bool {
    let facts = place.facts;
    let in_memo_call = place.nesting.around(site).any(|node| {
        place
            .nesting
            .argument_of(facts, node)
            .is_some_and(|(call, _)| called_name(facts, call).is_some_and(|name| api_names().loading.memos.has(name)))
    });
    if in_memo_call {
        return true;
    }
    place.nesting.around(site).take_while(|&node| node != repetition.node).any(|node| {
        let NodeKind::If { condition, then, otherwise } = facts.arena.kind(node) else { return false };
        asked_container(facts, condition)
            .is_some_and(|container| fills(facts, then, container) || otherwise.is_some_and(|otherwise| fills(facts, otherwise, container)))
    }) || memo_match(facts, place, repetition, site)
}

/// `match cache.get(&key) { Some(x) => …, None => { …; cache.insert(key, x) } }`.
fn memo_match(facts: &FileFacts, place: &Place, repetition: &Repetition, site: NodeId) -> bool {
    place.nesting.around(site).take_while(|&node| node != repetition.node).any(|node| {
        let NodeKind::Match { subject, .. } = facts.arena.kind(node) else { return false };
        asked_container(facts, subject).is_some_and(|container| fills(facts, node, container))
    })
}

/// The name of the container that a condition asks for a key.
fn asked_container(facts: &FileFacts, condition: NodeId) -> Option<Name> {
    let mut found = None;
    facts.arena.walk(condition, |node| {
        let container = match facts.arena.kind(node) {
            NodeKind::Binary { op: BinaryOp::NotIn | BinaryOp::In, right, .. } => Some(right),
            NodeKind::Call { callee, .. } => match facts.arena.kind(callee) {
                NodeKind::Member { object, name, .. }
                    if matches!(facts.text(name), "has" | "get" | "contains_key" | "contains" | "includes" | "get_mut") =>
                {
                    Some(object)
                }
                _ => None,
            },
            NodeKind::Unary { op: UnaryOp::Not, value } => match facts.arena.kind(value) {
                NodeKind::Index { object, .. } => Some(object),
                _ => None,
            },
            _ => None,
        };
        if let Some(container) = container {
            found = found.or(container_name(facts, container));
        }
    });
    found
}

/// `cache` of `cache[kind][key]`, `by_id` of `self.by_id`.
fn container_name(facts: &FileFacts, node: NodeId) -> Option<Name> {
    chain(facts, node).find_map(|link| match facts.arena.kind(link) {
        NodeKind::Name(name) | NodeKind::Member { name, .. } => Some(name),
        _ => None,
    })
}

/// True when the code below `root` puts something into the container.
fn fills(facts: &FileFacts, root: NodeId, container: Name) -> bool {
    let mut found = false;
    facts.arena.walk(root, |node| match facts.arena.kind(node) {
        NodeKind::Assign { target, .. } => {
            if let NodeKind::Index { object, .. } = facts.arena.kind(target) {
                found |= container_name(facts, object) == Some(container);
            }
        }
        NodeKind::Call { callee, .. } => {
            if let NodeKind::Member { object, name, .. } = facts.arena.kind(callee) {
                found |=
                    matches!(facts.text(name), "set" | "insert" | "put" | "setdefault") && container_name(facts, object) == Some(container);
            }
        }
        _ => {}
    });
    found
}

/// True when the code at `site` talks through a session that is opened for the item: `with session_for(tenant) as db: …`,
/// `load(engine_of(shard))`. Another connection has other rows.
pub(super) fn opens_session_per_item(place: &Place, repetition: &Repetition, site: NodeId, depends: impl Fn(NodeId) -> bool) -> bool {
    let facts = place.facts;
    let held = |node: NodeId| match place.program.value(place.file, node) {
        Value::Api { api, .. } => place
            .program
            .facts_of(&place.program.apis[api.0 as usize])
            .any(|(fact, _)| matches!(fact, ApiFact::Resource(kind) if kind.is_exclusive())),
        _ => false,
    };
    let engine = |node: NodeId| match place.program.value(place.file, node) {
        Value::Api { api, .. } => {
            let path = &place.program.apis[api.0 as usize].path;
            path.strip_suffix("()").is_some_and(|class| class.ends_with("Engine") || class.ends_with("DataSource"))
        }
        _ => false,
    };
    let given = arguments(facts, site).any(|argument| {
        let argument = argument_value(facts, argument);
        matches!(facts.arena.kind(argument), NodeKind::Call { .. }) && (held(argument) || engine(argument)) && depends(argument)
    });
    given
        || place.nesting.around(site).take_while(|&node| node != repetition.node).any(|node| {
            let NodeKind::With { items, .. } = facts.arena.kind(node) else { return false };
            facts.arena.list(items).any(|item| match facts.arena.kind(item) {
                NodeKind::Assign { target, value, .. } => (held(target) || held(value)) && depends(value),
                _ => held(item) && depends(item),
            })
        })
}

/// True when the call stands in, or beside, a transaction that is opened anew for each item.
pub(super) fn opens_transaction_per_item(place: &Place, repetition: &Repetition, site: NodeId) -> bool {
    let facts = place.facts;
    let is_transaction = |call: NodeId| place.program.opens_transaction(place.file, call);
    let mut beside = false;
    if let Some(body) = repetition.body {
        walk_deep(facts, body, |node| {
            beside |= node != site && is_transaction(node);
            !beside
        });
    }
    if beside {
        return true;
    }
    let mut at = site;
    for _ in 0..1000 {
        if at == repetition.node {
            return false;
        }
        if let NodeKind::With { items, .. } = facts.arena.kind(at)
            && facts.arena.list(items).any(|item| {
                let value = match facts.arena.kind(item) {
                    NodeKind::Assign { value, .. } => value,
                    _ => item,
                };
                is_transaction(value)
            })
        {
            return true;
        }
        if place.nesting.argument_of(facts, at).is_some_and(|(call, _)| is_transaction(call)) {
            return true;
        }
        let Some(parent) = place.nesting.parent(at).or_else(|| place.nesting.place(place.nesting.owner(at))) else { return false };
        at = parent;
    }
    false
}

/// `MAX_ITEMS`, `KINDS`: a constant by convention.
fn is_upper_case(text: &str) -> bool {
    text.len() > 1 && text.chars().any(|c| c.is_ascii_uppercase()) && !text.chars().any(|c| c.is_ascii_lowercase())
}
