//! The reasons of one handler, collected in one walk over its code.

use rustc_hash::FxHashSet;

use super::conditions::{comparison_text, is_guard, is_model, is_paging_or_time};
use super::decisions::{decision, is_outcome_match, refusal, writes_below};
use super::reason::{Kind, Reason, reason};
use crate::check::body_logic::{changes_number, of_body};
use crate::check::bounds::words;
use crate::check::dependence::Dependence;
use crate::check::handed_work::{Handed, given_rows, handed_writes, sent_values};
use crate::check::handlers::Handler;
use crate::check::led_writes::Led;
use crate::check::loops::{Place, around, bound_names, parameter_names};
use crate::model::body::{AssignOp, NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts, Name};
use crate::model::finding::Confidence;
use crate::model::knowledge::{Access, ApiFact};
use crate::model::nesting::{arguments, called_name, chain, chain_root, spell, walk_deep};
use crate::model::program::{Resolution, Value};
use crate::model::source::{Family, Span};
use crate::model::summary::Write;
use crate::rulebook::vocabulary::{api_names, vocabulary};

pub(super) fn reasons(place: &Place, handler: &Handler, handed: &[Handed]) -> Vec<Reason> {
    let facts = place.facts;
    let Some(body) = facts.def(handler.function.def).body else { return Vec::new() };
    let mut rows = entity_names(place, handler, body);
    if !handed.is_empty() {
        rows.extend(given_rows(place, handler, body));
    }
    // Without any row, what is sent may itself be what is decided and computed on.
    let body_only = rows.is_empty() && handler.queries.is_empty();
    if body_only {
        rows = sent_values(place, handler, body);
    }
    let entities = Dependence::of(facts, &rows, body);
    let mut reasons = Vec::new();
    let mut guards = Vec::new();
    let mut adds_up = None;
    query_reasons(place, handler, handed, &mut reasons);
    let led = Led::of(place, handler);
    led.reasons(place, &entities, body, &mut reasons);
    reasons.extend(of_body(place, handler, &entities, body));
    walk_deep(facts, body, |node| {
        let found = match facts.arena.kind(node) {
            NodeKind::If { condition, then, otherwise } if body_only => {
                let computes = |branch: NodeId| changes_number(facts, branch, &|node| entities.mentions(facts, node));
                let decides = entities.mentions(facts, condition) && (computes(then) || otherwise.is_some_and(computes));
                let text = || format!("decides on `{}`", comparison_text(facts, condition));
                let decision = decides.then(|| reason(facts, Kind::Decision, 1, text(), condition));
                decision.or_else(|| refusal(place, handler, None, condition, then, otherwise))
            }
            NodeKind::Match { .. } if body_only => None,
            NodeKind::If { condition, then, otherwise } => {
                if (!handed.is_empty() || led.count() > 0) && otherwise.is_none() && is_guard(facts, &entities, condition, then) {
                    guards.push(condition);
                }
                decision(place, handler, handed, &entities, condition, then, otherwise)
            }
            NodeKind::Match { subject, .. } if entities.mentions(facts, subject) && !is_outcome_match(place, node, subject) => {
                Some(reason(facts, Kind::Decision, 1, format!("decides on `{}`", spell(facts, subject)), subject))
            }
            NodeKind::Binary { op, left, right } if op.is_arithmetic() => arithmetic(facts, &entities, node, &[left, right]),
            NodeKind::Assign { target, value, op: AssignOp::Augment(op) } if op.is_arithmetic() => {
                let sum = arithmetic(facts, &entities, node, &[target, value]);
                adds_up = adds_up.or(sum.as_ref().and_then(|_| loop_over_rows(place, &entities, node)));
                sum
            }
            NodeKind::Assign { target, value, op: AssignOp::Set } => state(facts, &entities, target, value),
            NodeKind::Call { .. } => call(place, handler, &entities, &led, node),
            _ => None,
        };
        reasons.extend(found);
        !is_logging(facts, node)
    });
    // A total of what is shown: the aggregate is worked out here.
    if let (Some(total), false) = (adds_up, reasons.iter().any(|reason| matches!(reason.kind, Kind::Writes | Kind::Loop))) {
        reasons.push(reason(facts, Kind::Loop, 1, "adds rows up one by one".to_string(), total));
    }
    if reasons.iter().any(|reason| reason.is_rule)
        && !reasons.iter().any(|reason| reason.kind == Kind::Writes)
        && facts.language.family() == Family::Python
        && let Some(site) = writes_below(place, handler)
        && !called_name(facts, site).is_some_and(|name| api_names().answers.pages.has(name))
    {
        reasons.push(Reason {
            kind: Kind::Writes,
            points: 1,
            text: format!("has `{}` write", called_name(facts, site).unwrap_or_default()),
            span: callee_span(facts, site),
            is_rule: false,
        });
    }
    // One guard before a repository's write is what many handlers have; two say when something may be done, and so does one before several writes.
    if guards.len() > 1 || led.count() > 1 {
        let rule = |guard: NodeId| {
            let text = format!("enforces `{}`", comparison_text(facts, guard));
            Reason { is_rule: true, ..reason(facts, Kind::Decision, 1, text, guard) }
        };
        reasons.extend(guards.into_iter().map(rule));
    }
    reasons
}

/// The source of the loop over rows that a statement stands in.
fn loop_over_rows(place: &Place, entities: &Dependence, node: NodeId) -> Option<NodeId> {
    let facts = place.facts;
    place.nesting.around(node).find_map(|around| match facts.arena.kind(around) {
        NodeKind::Loop { source: Some(source), .. } if entities.mentions(facts, source) => Some(source),
        _ => None,
    })
}

/// Names given the result of a query, or of a call that leads to one.
fn entity_names(place: &Place, handler: &Handler, body: NodeId) -> Vec<Name> {
    let facts = place.facts;
    let mut sites: FxHashSet<NodeId> = handler.queries.iter().map(|query| query.site).collect();
    for &part in &handler.code {
        for edge in place.program.calls_from(part).iter().filter(|edge| edge.resolution != Resolution::NameOnly) {
            if place.summaries.of(edge.callee).is_some_and(|summary| !summary.reaches.is_empty()) {
                sites.insert(edge.site);
            }
        }
    }
    let mut names = Vec::new();
    walk_deep(facts, body, |node| {
        let (target, value) = match facts.arena.kind(node) {
            NodeKind::Declare { target, value: Some(value), .. } => (target, value),
            NodeKind::Assign { target, value, op: AssignOp::Set | AssignOp::Test } => (target, value),
            NodeKind::Call { .. } => {
                // `Model.findOne(…).then((row) => …)`
                if called_name(facts, node) == Some("then") && chain(facts, node).any(|link| sites.contains(&link)) {
                    for argument in arguments(facts, node) {
                        if let NodeKind::Closure(def) = facts.arena.kind(argument) {
                            names.extend(facts.def(def).params.iter().flat_map(|param| parameter_names(facts, param)));
                        }
                    }
                }
                return true;
            }
            _ => return true,
        };
        let mut holds = gives_row(place, value);
        facts.arena.walk(value, |inner| holds |= sites.contains(&inner));
        if holds {
            names.extend(bound_names(facts, target));
        }
        true
    });
    names
}

/// Python: a call that gives a row of a model of the project, whoever asks for it: `order = self.get_object()`.
fn gives_row(place: &Place, value: NodeId) -> bool {
    let (program, facts) = (place.program, place.facts);
    let NodeKind::Call { callee, .. } = facts.arena.kind(value) else { return false };
    let makes = matches!(program.value(place.file, callee), Value::Def(class) if program.def(class).kind == DefKind::Class);
    let is_row = || matches!(program.value(place.file, value), Value::Instance { class, .. } if is_model(program, class));
    facts.language.family() == Family::Python && !makes && is_row()
}

fn query_reasons(place: &Place, handler: &Handler, handed: &[Handed], reasons: &mut Vec<Reason>) {
    let facts = place.facts;
    let mut written: Vec<String> = Vec::new();
    let mut read: Vec<String> = Vec::new();
    let mut first_write = None;
    // What one call of a model's own method does to several tables is decided there; what is saved, was changed here.
    let orm = &api_names().orm;
    let is_mapper_s = |name: &str| name == "update" || orm.saves.has(name) || orm.creates.has(name);
    let is_own_method =
        |site: NodeId| facts.language.family() == Family::Python && called_name(facts, site).is_some_and(|name| !is_mapper_s(name));
    let mut sites: FxHashSet<(Access, NodeId)> = FxHashSet::default();
    let (mut writes, mut reads) = (0, 0);
    for query in &handler.queries {
        let is_new = sites.insert((query.access, query.site)) || !is_own_method(query.site);
        let (list, count) = if query.access == Access::Write { (&mut written, &mut writes) } else { (&mut read, &mut reads) };
        let table = query.table.clone().unwrap_or_default();
        if !list.iter().any(|known| known.eq_ignore_ascii_case(&table)) {
            *count += usize::from(is_new && !table.is_empty());
            list.push(table);
        }
        if query.access == Access::Write {
            first_write = first_write.or(Some(query.site));
        }
        if let Some(repetition) = around(place, query.site, false).first() {
            let verb = if query.access == Access::Write { "writes" } else { "queries" };
            let points = if query.access == Access::Write { 2 } else { 1 };
            reasons.push(Reason {
                kind: Kind::Loop,
                points,
                text: format!("{verb} in a loop"),
                span: repetition.head(facts),
                is_rule: false,
            });
        }
    }
    let named = |tables: &[String]| {
        let names: Vec<String> = tables.iter().filter(|table| !table.is_empty()).map(|table| format!("`{table}`")).collect();
        if names.is_empty() { "the database".to_string() } else { list_text(&names) }
    };
    if let Some(site) = first_write {
        let points = if writes >= 2 { 2 } else { 1 };
        reasons.push(Reason {
            kind: Kind::Writes,
            points,
            text: format!("writes to {}", named(&written)),
            span: callee_span(facts, site),
            is_rule: false,
        });
    }
    if let Some(site) = commits(place, handler) {
        let commits =
            |kind: Kind, text: &str| Reason { kind, points: 1, text: text.to_string(), span: callee_span(facts, site), is_rule: false };
        reasons.push(commits(Kind::Writes, "commits what it had changed"));
        reasons.push(commits(Kind::Transaction, "ends the unit of work of what it calls"));
    } else if let Some(site) = has_written(place, handler) {
        let text = "has several functions write".to_string();
        reasons.push(Reason { kind: Kind::Writes, points: 1, text, span: callee_span(facts, site), is_rule: false });
    } else if let Some(Handed { site, callee }) = handed.first() {
        let text = format!("has `{}` write", place.program.short_name(*callee));
        reasons.push(Reason { kind: Kind::Writes, points: 1, text, span: callee_span(facts, *site), is_rule: false });
        if let Some(repetition) = handed.iter().find_map(|handed| around(place, handed.site, false).into_iter().next()) {
            let text = "has rows written one by one".to_string();
            reasons.push(Reason { kind: Kind::Loop, points: 2, text, span: repetition.head(facts), is_rule: false });
        }
    }
    if reads >= 3
        && let Some(query) = handler.queries.first()
    {
        reasons.push(Reason {
            kind: Kind::Reads,
            points: 1,
            text: format!("combines rows of {}", named(&read)),
            span: callee_span(facts, query.site),
            is_rule: false,
        });
    }
}

/// The rows come from functions of the project, and the handler commits: their session is its own.
pub(super) fn commits(place: &Place, handler: &Handler) -> Option<NodeId> {
    if place.facts.language.family() != Family::Python || !handler.queries.is_empty() {
        return None;
    }
    let writes = handler.code.iter().filter_map(|&part| place.summaries.of(part)).flat_map(|summary| &summary.writes);
    writes.filter(|write| write.via.is_none() && write.framework == u16::MAX).map(|write| write.site).next()
}

/// Two functions of the project write for the handler, each a table of its own.
pub(super) fn has_written(place: &Place, handler: &Handler) -> Option<NodeId> {
    if place.facts.language.family() != Family::Python || !handler.queries.is_empty() {
        return None;
    }
    let writes = handler.code.iter().filter_map(|&part| place.summaries.of(part)).flat_map(|summary| &summary.writes);
    let led: Vec<_> = writes.filter(|write| write.via.is_some() && write.confidence >= Confidence::Medium).collect();
    let differs = |one: &&&Write| {
        led.iter().any(|other| one.via != other.via && !one.tables.is_empty() && one.tables.first() != other.tables.first())
    };
    led.iter().find(differs).map(|write| write.site)
}

/// What repositories write for a handler that is known for nothing else by which rows change.
pub(super) fn handed(place: &Place, handler: &Handler) -> Vec<Handed> {
    if commits(place, handler).is_some() || has_written(place, handler).is_some() {
        return Vec::new();
    }
    handed_writes(place, handler)
}

/// `a, b and c`.
pub(super) fn list_text(names: &[String]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.concat(),
    }
}

pub(super) fn callee_span(facts: &FileFacts, call: NodeId) -> Span {
    match facts.arena.kind(call) {
        NodeKind::Call { callee, .. } => facts.arena.span(callee),
        _ => facts.arena.span(call),
    }
}

/// Arithmetic on fields of rows; not on pages, sizes or times, and no joining of text.
fn arithmetic(facts: &FileFacts, entities: &Dependence, node: NodeId, sides: &[NodeId]) -> Option<Reason> {
    let textual =
        sides.iter().any(|&side| matches!(facts.arena.kind(side), NodeKind::Str(_) | NodeKind::Text { .. } | NodeKind::Collection { .. }));
    if textual || !entities.mentions(facts, node) {
        return None;
    }
    let mut free = false;
    facts.arena.walk(node, |inner| {
        if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(inner) {
            free |= words(facts.text(name)).iter().any(|word| is_paging_or_time(word));
        }
    });
    let side = sides.iter().find(|&&side| entities.mentions(facts, side))?;
    let text = spell(facts, *side);
    let what = if text.contains('…') { "computes with rows".to_string() } else { format!("computes with `{text}`") };
    (!free).then(|| reason(facts, Kind::Arithmetic, 1, what, node))
}

/// `order.status = "paid"`: the handler moves a row to a state of its own choosing.
fn state(facts: &FileFacts, entities: &Dependence, target: NodeId, value: NodeId) -> Option<Reason> {
    let NodeKind::Member { object, name, .. } = facts.arena.kind(target) else { return None };
    // `ctx.body = "…"` is the answer.
    let answers = matches!(spell(facts, object).as_str(), "ctx" | "context" | "res" | "response" | "reply" | "ctx.response");
    let on_row = !answers && entities.mentions(facts, object) && matches!(facts.arena.kind(chain_root(facts, object)), NodeKind::Name(_));
    let fixed = match facts.arena.kind(value) {
        NodeKind::Str(_) | NodeKind::Bool(_) => true,
        NodeKind::Member { name, .. } => facts.text(name).chars().all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit()),
        _ => false,
    };
    (on_row && fixed).then(|| reason(facts, Kind::State, 1, format!("sets `{}.{}`", spell(facts, object), facts.text(name)), target))
}

/// Calls that are domain work: aggregation over rows, password hashing and tokens beside queries, transactions, messages.
fn call(place: &Place, handler: &Handler, entities: &Dependence, led: &Led, node: NodeId) -> Option<Reason> {
    let facts = place.facts;
    let name = called_name(facts, node)?;
    let words = words(name);
    let has = |word: &str| words.iter().any(|known| known == word);
    let queries = !handler.queries.is_empty();
    let own = handler.queries.iter().filter(|query| query.access == Access::Write).count();
    let writes = if commits(place, handler).is_some() { own + 1 } else { own + led.count() };
    if matches!(name, "sum" | "reduce" | "fold" | "groupby") && entities.mentions(facts, node) {
        return Some(reason(facts, Kind::Arithmetic, 1, "aggregates over rows".to_string(), node));
    }
    if matches!(name, "increment" | "decrement") && queries {
        return Some(reason(facts, Kind::State, 1, format!("changes a balance with `{name}`"), node));
    }
    if writes > 0 {
        let hashes = has("hash") && (has("password") || spell(facts, node).to_ascii_lowercase().contains("bcrypt"))
            || matches!(name, "make_password" | "set_password");
        if hashes {
            return Some(reason(facts, Kind::Secret, 1, "hashes a password".to_string(), node));
        }
        let issues = (has("token") || has("jwt")) && vocabulary().accounts.issuers.any(|verb| has(verb));
        if issues {
            return Some(reason(facts, Kind::Secret, 1, "issues a token".to_string(), node));
        }
    }
    let api = place.program.called_api(place.file, node)?;
    let is = |wanted: &ApiFact| place.program.facts_of(api).any(|(fact, _)| fact == wanted);
    if writes >= 2 && is(&ApiFact::Transaction) {
        return Some(reason(facts, Kind::Transaction, 1, "opens a transaction".to_string(), node));
    }
    if writes >= 1 && is(&ApiFact::Outgoing) {
        return Some(reason(facts, Kind::Effect, 1, format!("calls `{}` besides", spell(facts, node)), node));
    }
    None
}

fn is_logging(facts: &FileFacts, node: NodeId) -> bool {
    let NodeKind::Call { callee, .. } = facts.arena.kind(node) else { return false };
    let NodeKind::Name(root) = facts.arena.kind(chain_root(facts, callee)) else { return false };
    api_names().logging.of_handlers.has(facts.text(root))
}
