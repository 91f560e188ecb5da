//! `business-logic-in-handler`: a route handler that decides or computes on domain data instead of handing the work on.
//!
//! Reasons are collected and scored; a finding lists them. Parsing and validating the request, guards that end in an error, null
//! checks, pagination arithmetic, building filters, shaping the response and logging score nothing, nor does one delegation
//! with error mapping. It presumes no layer: a handler this full is hard to test and to reuse wherever it stands.

use rustc_hash::FxHashSet;

use super::Context;
use super::body_logic::{changes_number, of_body};
use super::bounds::words;
use super::dependence::Dependence;
use super::handed_work::{Handed, given_rows, handed_writes, sent_values};
use super::handlers::{Handler, handler_name, handlers, route_text};
use super::led_writes::Led;
use super::loops::{Place, around, bound_names};
use crate::model::body::{AssignOp, BinaryOp, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{DefKind, FileFacts, Name};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::{Access, ApiFact};
use crate::model::nesting::{arguments, called_name, chain, chain_root, last_name, spell, walk_deep};
use crate::model::program::{CallKind, Program, Resolution, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId, Span};
use crate::model::summary::{QueryEffect, Reach, Write};
use crate::model::words::has_word;
use crate::rulebook::vocabulary::{api_names, vocabulary};

const RULE: &str = "business-logic-in-handler";

/// Points from which a handler is reported, unless the option `threshold` says otherwise.
const THRESHOLD: i64 = 3;

/// Kinds of reasons. Each kind scores up to its own limit, so that one habit repeated does not make a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Writes,
    Reads,
    Loop,
    Decision,
    Arithmetic,
    State,
    Secret,
    Transaction,
    Effect,
}

impl Kind {
    /// Most points of the kind.
    fn limit(self) -> i64 {
        match self {
            Kind::Writes | Kind::Loop | Kind::Arithmetic => 2,
            Kind::Decision => 3,
            Kind::Secret => 2,
            Kind::Reads | Kind::State | Kind::Transaction | Kind::Effect => 1,
        }
    }
}

/// One reason, with its place.
pub(super) struct Reason {
    pub(super) kind: Kind,
    points: i64,
    text: String,
    span: Span,
    /// A limit that is enforced: a rule of the domain even where it stands alone.
    is_rule: bool,
}

/// Finds handlers with business logic.
pub fn check(context: &Context) -> Vec<Finding> {
    let threshold = context.settings.integer(RULE, "threshold", THRESHOLD);
    let handlers = handlers(context);
    let mut findings = Vec::new();
    let mut at = 0;
    while at < handlers.len() {
        let file = handlers[at].function.file;
        let end = at + handlers[at..].iter().take_while(|handler| handler.function.file == file).count();
        let facts = context.program.file(file);
        let nesting = context.program.nesting(file);
        let place = Place { program: context.program, summaries: context.summaries, file, facts, nesting };
        findings.extend(handlers[at..end].iter().filter_map(|handler| {
            let through = through_models(context, handler);
            let mut queries = handler.queries.clone();
            queries.extend(&through);
            queries.sort_by_key(|query| (facts.arena.span(query.site), query.site));
            let Handler { function, route, delegates, .. } = *handler;
            judge(&place, &Handler { function, route, code: handler.code.clone(), queries, delegates }, threshold)
        }));
        at = end;
    }
    findings
}

/// What a handler has a model's own methods do to its table, which is as much its own as the mapper's methods are: `user.save()`,
/// `User.find_by_email(email)`, `NewUser::new(form).insert(&mut conn)`.
fn through_models(context: &Context, handler: &Handler) -> Vec<QueryEffect> {
    let program = context.program;
    let family = program.file(handler.function.file).language.family();
    if family == Family::TypeScript {
        return Vec::new();
    }
    let is_of_model = |function: GlobalDef| {
        let class = GlobalDef { file: function.file, def: program.def(function).parent };
        match family {
            Family::Rust => matches!(program.def(class).kind, DefKind::Impl | DefKind::Module) && program.is(function, Role::Model),
            _ => program.def(class).kind == DefKind::Class && program.def_roles.get(&class).is_some_and(|own| own.role == Role::Model),
        }
    };
    let reaches = handler.code.iter().filter_map(|&part| context.summaries.of(part)).flat_map(|summary| &summary.reaches);
    let own = reaches.filter(|reach| reach.depth == 1 && reach.confidence >= Confidence::Medium && reach.via.is_some_and(is_of_model));
    let own: Vec<&Reach> = own.collect();
    let file = handler.function.file;
    // What all models have from one class of the project is done to the row that it is called on.
    let table = |reach: &Reach, site: NodeId| reach.table.clone().or_else(|| row_called_on(program, file, site));
    let mut effects: Vec<QueryEffect> = own
        .iter()
        .map(|reach| QueryEffect { site: reach.site, table: table(reach, reach.site), access: reach.access, ..reach.query.clone() })
        .collect();
    // Of several calls of one method only the first is known as a way to the query.
    let writes = handler.code.iter().filter_map(|&part| context.summaries.of(part)).flat_map(|summary| &summary.writes);
    for write in writes {
        let same = |reach: &&&Reach| reach.via == write.via && reach.access == Access::Write;
        if let Some(reach) = own.iter().find(same).filter(|_| effects.iter().all(|known| known.site != write.site)) {
            let of_row = table(reach, write.site);
            effects.push(QueryEffect { site: write.site, table: of_row, access: Access::Write, ..reach.query.clone() });
        }
    }
    effects
}

/// The model of the row that a method is called on: `User` of `User(name).save()`.
fn row_called_on(program: &Program, file: FileId, call: NodeId) -> Option<String> {
    let facts = program.file(file);
    let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return None };
    let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return None };
    match program.value(file, object) {
        Value::Instance { class, .. } if is_model(program, class) => Some(program.name(class).to_string()),
        _ => None,
    }
}

fn judge(place: &Place, handler: &Handler, threshold: i64) -> Option<Finding> {
    let handed = handed(place, handler);
    let mut reasons = reasons(place, handler, &handed);
    // TypeScript: a rule is enforced here, and a function of the project writes.
    if place.facts.language.family() == Family::TypeScript
        && reasons.iter().any(|reason| reason.is_rule)
        && !reasons.iter().any(|reason| reason.kind == Kind::Writes)
    {
        reasons.extend(led_write(place, handler));
    }
    let kinds: FxHashSet<u8> = reasons.iter().map(|reason| reason.kind as u8).collect();
    let mut score = 0;
    for kind in 0..=Kind::Effect as u8 {
        let of_kind = reasons.iter().filter(|reason| reason.kind as u8 == kind);
        let limit = reasons.iter().find(|reason| reason.kind as u8 == kind).map_or(0, |reason| reason.kind.limit());
        score += of_kind.map(|reason| reason.points).sum::<i64>().min(limit);
    }
    if kinds.len() < 2 || score < threshold && !(threshold == THRESHOLD && holds_a_rule(&reasons)) {
        return None;
    }
    // A loop that writes says most; then what is written.
    reasons.sort_by_key(|reason| (std::cmp::Reverse(reason.points), reason.kind != Kind::Loop, reason.kind, reason.span));
    finding(place, handler, &handed, &reasons, score)
}

/// The first call that surely leads to a write.
fn led_write(place: &Place, handler: &Handler) -> Option<Reason> {
    let reaches = handler.code.iter().filter_map(|&part| place.summaries.of(part)).flat_map(|summary| &summary.reaches);
    let write = reaches.filter(|reach| reach.access == Access::Write && reach.confidence >= Confidence::Medium);
    let first = write.min_by_key(|reach| place.facts.arena.span(reach.site).start)?;
    let by = first.via.map(|via| format!("has `{}` write", place.program.short_name(via)))?;
    Some(reason(place.facts, Kind::Writes, 0, by, first.site))
}

fn finding(place: &Place, handler: &Handler, handed: &[Handed], reasons: &[Reason], score: i64) -> Option<Finding> {
    let program = place.program;
    let name = handler_name(program, handler.function);
    let mut texts: Vec<&str> = Vec::new();
    for reason in reasons {
        if !texts.contains(&reason.text.as_str()) {
            texts.push(&reason.text);
        }
    }
    let shown = texts.iter().take(4).copied().collect::<Vec<_>>().join(", ");
    let first = reasons.first()?;
    let label = |reason: &Reason| Label { location: program.location(place.file, reason.span), text: reason.text.clone() };
    let mut related = vec![Label {
        location: program.name_location(handler.function),
        text: format!("the handler{}, score {score}", route_text(handler.route)),
    }];
    related.extend(reasons.iter().skip(1).take(8).map(label));
    let confidence = handler.queries.iter().map(|query| query.confidence).min().unwrap_or(Confidence::High);
    Some(Finding {
        rule: RULE.into(),
        level: if is_thin(reasons, score) || is_led(place, handler) || !handed.is_empty() { Level::Note } else { Level::Warning },
        message: format!("handler `{name}`{} holds business logic: it {shown}", route_text(handler.route)),
        primary: label(first),
        related,
        flow: Vec::new(),
        help: Some(
            "move the decisions and writes into a service function; leave the handler to read the request, call it and shape the response"
                .to_string(),
        ),
        subject: program.qualified_name(handler.function),
        fingerprint: String::new(),
        confidence,
        redact: Vec::new(),
    })
}

/// Rust: what it does to the database, it has functions of the project do. How much of the work is its own then is a matter of taste.
fn is_led(place: &Place, handler: &Handler) -> bool {
    place.facts.language.family() == Family::Rust && handler.queries.iter().all(|query| query.access != Access::Write)
}

/// A write that a rule on rows stands before: few points, but a rule all the same (a note).
fn holds_a_rule(reasons: &[Reason]) -> bool {
    let rules = reasons.iter().filter(|reason| reason.kind == Kind::Decision && reason.is_rule).count();
    rules > 0 && reasons.iter().any(|reason| reason.kind == Kind::Writes)
}

/// Just enough to be said: one table that is written in a loop, decisions and numbers after which nothing is done, or one table that is written
/// with nothing decided or computed but a hash or token.
fn is_thin(reasons: &[Reason], score: i64) -> bool {
    let has = |kind: Kind| reasons.iter().any(|reason| reason.kind == kind && reason.points > 0);
    let only = |kinds: &[Kind]| reasons.iter().all(|reason| kinds.contains(&reason.kind));
    let is_plain = |reason: &Reason| match reason.kind {
        Kind::Writes => reason.points < 2,
        Kind::Secret | Kind::Effect | Kind::Transaction | Kind::Reads => true,
        Kind::Decision if reason.points == 0 => true,
        Kind::Loop | Kind::Decision | Kind::Arithmetic | Kind::State => false,
    };
    // At the threshold it is a write and a little beside it, which many leave in a handler on purpose. Decisions after which nothing is written
    // choose what is shown.
    score <= THRESHOLD
        || score == THRESHOLD + 1 && only(&[Kind::Loop, Kind::Writes, Kind::Effect]) && !has(Kind::Decision)
        || !has(Kind::Writes)
        || reasons.iter().all(is_plain)
}

fn reasons(place: &Place, handler: &Handler, handed: &[Handed]) -> Vec<Reason> {
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

/// What a row must be before a repository is told to write; that there is one, and whose it is, are no such question.
fn is_guard(facts: &FileFacts, entities: &Dependence, condition: NodeId, then: NodeId) -> bool {
    let asks_for_mark = matches!(facts.arena.kind(condition), NodeKind::Unary { op: UnaryOp::Not, value } if matches!(facts.arena.kind(value), NodeKind::Member { .. }));
    ends_in_error(facts, then)
        && entities.mentions(facts, condition)
        && (asks_for_mark || !is_presence_check(facts, condition))
        && !is_permission_check(facts, condition)
        && !asks_of_error(facts, condition)
        && !compares_sizes(facts, entities, condition)
}

pub(super) fn reason(facts: &FileFacts, kind: Kind, points: i64, text: String, node: NodeId) -> Reason {
    Reason { kind, points, text, span: facts.arena.span(node), is_rule: false }
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
                            names.extend(facts.def(def).params.iter().flat_map(|param| super::loops::parameter_names(facts, param)));
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
    for query in &handler.queries {
        let list = if query.access == Access::Write { &mut written } else { &mut read };
        let table = query.table.clone().unwrap_or_default();
        if !list.iter().any(|known| known.eq_ignore_ascii_case(&table)) {
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
    let distinct = written.iter().filter(|table| !table.is_empty()).count();
    if let Some(site) = first_write {
        let points = if distinct >= 2 { 2 } else { 1 };
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
    if read.iter().filter(|table| !table.is_empty()).count() >= 3
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
fn commits(place: &Place, handler: &Handler) -> Option<NodeId> {
    if place.facts.language.family() != Family::Python || !handler.queries.is_empty() {
        return None;
    }
    let writes = handler.code.iter().filter_map(|&part| place.summaries.of(part)).flat_map(|summary| &summary.writes);
    writes.filter(|write| write.via.is_none() && write.framework == u16::MAX).map(|write| write.site).next()
}

/// Two functions of the project write for the handler, each a table of its own.
fn has_written(place: &Place, handler: &Handler) -> Option<NodeId> {
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
fn handed(place: &Place, handler: &Handler) -> Vec<Handed> {
    if commits(place, handler).is_some() || has_written(place, handler).is_some() {
        return Vec::new();
    }
    handed_writes(place, handler)
}

/// `a, b and c`.
fn list_text(names: &[String]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.concat(),
    }
}

fn callee_span(facts: &FileFacts, call: NodeId) -> Span {
    match facts.arena.kind(call) {
        NodeKind::Call { callee, .. } => facts.arena.span(callee),
        _ => facts.arena.span(call),
    }
}

/// An `if` as a domain decision, a domain limit, or find-or-create; `None` for what handlers are for.
fn decision(
    place: &Place,
    handler: &Handler,
    handed: &[Handed],
    entities: &Dependence,
    condition: NodeId,
    then: NodeId,
    otherwise: Option<NodeId>,
) -> Option<Reason> {
    let facts = place.facts;
    let hands = |branch: NodeId| handed.iter().any(|handed| is_below(place, handed.site, branch));
    let writes = |branch: NodeId| {
        hands(branch) || handler.queries.iter().any(|query| query.access == Access::Write && is_below(place, query.site, branch))
    };
    if let Some(rule) = refusal(place, handler, Some(entities), condition, then, otherwise) {
        return Some(rule);
    }
    if is_presence_check(facts, condition) {
        // `if (taken) throw new Conflict()`: that there may be one only is a rule, worth little by itself.
        let is_row = |name: Name| {
            let text = facts.text(name);
            !vocabulary().errors.names.has(text.to_ascii_lowercase())
                && !["has", "is", "should", "can"].iter().any(|asks| text.starts_with(asks))
        };
        let is_there = matches!(facts.arena.kind(condition), NodeKind::Name(name) if is_row(name)) && entities.mentions(facts, condition);
        if facts.language.family() == Family::TypeScript
            && is_there
            && otherwise.is_none()
            && ends_in_error(facts, then)
            && !writes(then)
            && !acts(place, handler, entities, then)
        {
            let text = format!("refuses when there is `{}`", spell(facts, condition));
            return Some(Reason { is_rule: true, ..reason(facts, Kind::Decision, 0, text, condition) });
        }
        let missing = if asks_for_absence(facts, condition) { Some(then) } else { otherwise };
        let written = missing.filter(|&branch| writes(branch) && entities.mentions(facts, condition))?;
        let is_creation = |site: NodeId| is_below(place, site, written) && makes_rows(facts, site);
        let creates = handler.queries.iter().any(|query| query.access == Access::Write && is_creation(query.site))
            || handed.iter().any(|handed| is_creation(handed.site));
        // Both ways end in a write of a repository: which one it is to be is decided here.
        let is_rule = hands(then) && otherwise.is_some_and(hands);
        let text = if creates { "creates what it does not find" } else { "writes by what it finds" };
        return Some(Reason { is_rule, ..reason(facts, Kind::Decision, 1, text.to_string(), condition) });
    }
    let on_entities = entities.mentions(facts, condition);
    // `if article.favorited: await repository.remove(article); return …`, and an error after it.
    let is_done_there = || facts.language.family() == Family::Python && writes(then);
    if ends_in_error(facts, then) && otherwise.is_none() && !is_done_there() {
        let limit = on_entities && compares_sizes(facts, entities, condition);
        let enforces = || reason(facts, Kind::Decision, 1, format!("enforces `{}`", comparison_text(facts, condition)), condition);
        return limit.then(|| Reason { is_rule: true, ..enforces() });
    }
    let acts = |branch: NodeId| acts(place, handler, entities, branch);
    if on_entities
        && !is_permission_check(facts, condition)
        && !asks_of_error(facts, condition)
        && (acts(then) || otherwise.is_some_and(acts))
    {
        return Some(reason(facts, Kind::Decision, 1, format!("decides on `{}`", comparison_text(facts, condition)), condition));
    }
    let makes = |branch: NodeId| writes(branch) || constructs_model(place, branch);
    let chooses = !handler.queries.is_empty() && otherwise.is_some_and(|otherwise| makes(then) && makes(otherwise));
    chooses.then(|| reason(facts, Kind::Decision, 1, "chooses what to write".to_string(), condition))
}

/// Python: `if await users.exists(email): raise …`, `if existing: raise …`, before a write: what is there forbids it, which no missing row and
/// no status tells the client.
fn refusal(
    place: &Place,
    handler: &Handler,
    entities: Option<&Dependence>,
    condition: NodeId,
    then: NodeId,
    otherwise: Option<NodeId>,
) -> Option<Reason> {
    let facts = place.facts;
    if facts.language.family() != Family::Python || otherwise.is_some() || !ends_in_error(facts, then) {
        return None;
    }
    let asks = queries_there(place, handler, condition);
    let is_there = asks || is_presence_check(facts, condition) && entities.is_some_and(|rows| rows.mentions(facts, condition));
    let is_free = asks_for_absence(facts, condition) || is_permission_check(facts, condition) || asks_of_error(facts, condition);
    if !is_there || is_free {
        return None;
    }
    let end = facts.arena.span(condition).end;
    let written = handler.queries.iter().any(|query| query.access == Access::Write && facts.arena.span(query.site).start > end)
        || writes_below(place, handler).is_some_and(|site| facts.arena.span(site).start > end);
    let text = format!("refuses what `{}` finds", comparison_text(facts, unawaited(facts, condition)));
    written.then(|| Reason { is_rule: true, ..reason(facts, Kind::Decision, 0, text, condition) })
}

fn unawaited(facts: &FileFacts, node: NodeId) -> NodeId {
    match facts.arena.kind(node) {
        NodeKind::Await(inner) => inner,
        _ => node,
    }
}

/// The condition is a call of a function of the project that asks the database.
fn queries_there(place: &Place, handler: &Handler, condition: NodeId) -> bool {
    let call = unawaited(place.facts, condition);
    matches!(place.facts.arena.kind(call), NodeKind::Call { .. })
        && handler.code.iter().any(|&part| {
            place.program.calls_at(part, call).iter().any(|edge| {
                let summary = place.summaries.of(edge.callee).filter(|_| edge.resolution != Resolution::NameOnly);
                summary.is_some_and(|summary| {
                    let own = summary.queries.iter().map(|query| query.access);
                    let mut all = own.chain(summary.reaches.iter().map(|reach| reach.access)).peekable();
                    summary.writes.is_empty() && all.peek().is_some() && all.all(|access| access == Access::Read)
                })
            })
        })
}

/// The last call by which a handler has a function of the project write.
fn writes_below(place: &Place, handler: &Handler) -> Option<NodeId> {
    let edges = handler.code.iter().flat_map(|&part| place.program.calls_from(part));
    let writes = |function: GlobalDef| {
        place.summaries.of(function).is_some_and(|summary| {
            let own = summary.queries.iter().any(|query| query.access == Access::Write && query.confidence >= Confidence::Medium);
            let below = summary.reaches.iter().any(|reach| reach.access == Access::Write && reach.confidence >= Confidence::Medium);
            own || below || !summary.writes.is_empty()
        })
    };
    edges
        .filter(|edge| edge.kind == CallKind::Call && edge.resolution != Resolution::NameOnly && writes(edge.callee))
        .map(|edge| edge.site)
        .max_by_key(|&site| (place.facts.arena.span(site).start, site))
}

/// A write that is not named as one of rows that are there: `create`, `insert_into`, `save`.
fn makes_rows(facts: &FileFacts, call: NodeId) -> bool {
    !called_name(facts, call).is_some_and(|name| has_word(name, &["update", "delete", "remove", "destroy"]))
}

/// `if (error.code === "P2002")`: error mapping.
fn asks_of_error(facts: &FileFacts, condition: NodeId) -> bool {
    let mut found = false;
    facts.arena.walk(condition, |node| {
        if let NodeKind::Name(name) = facts.arena.kind(node) {
            found |= matches!(facts.text(name), "error" | "err" | "e" | "exc" | "exception");
        }
    });
    found
}

/// The first entity a condition asks about, as the code spells it.
pub(super) fn comparison_text(facts: &FileFacts, condition: NodeId) -> String {
    let mut found = None;
    facts.arena.walk(condition, |node| {
        if let NodeKind::Binary { op, left, .. } = facts.arena.kind(node)
            && op.is_test()
        {
            found = found.or(Some(left));
        }
    });
    let text = spell(facts, found.unwrap_or(condition));
    if text.contains('…') { "a row".to_string() } else { text }
}

fn is_below(place: &Place, node: NodeId, root: NodeId) -> bool {
    let mut at = node;
    for _ in 0..10_000 {
        if at == root {
            return true;
        }
        let Some(parent) = place.nesting.parent(at).or_else(|| place.nesting.place(place.nesting.owner(at))) else { return false };
        at = parent;
    }
    false
}

/// `if not row`, `if (row == null)`, `if rows.length === 0`, `if row.is_none()`: is there one at all?
pub(super) fn is_presence_check(facts: &FileFacts, condition: NodeId) -> bool {
    match facts.arena.kind(condition) {
        NodeKind::Member { name, .. } if matches!(facts.text(name), "length" | "size" | "count") => true,
        NodeKind::Name(_) | NodeKind::Call { .. } | NodeKind::Await(_) => {
            let name = called_name(facts, condition).unwrap_or_default();
            !matches!(facts.arena.kind(condition), NodeKind::Call { .. })
                || matches!(name, "is_none" | "is_some" | "is_empty" | "exists" | "isEmpty" | "bool" | "Boolean")
        }
        NodeKind::Unary { op: UnaryOp::Not, value } => {
            is_presence_check(facts, value) || matches!(facts.arena.kind(value), NodeKind::Call { .. } | NodeKind::Member { .. })
        }
        NodeKind::Binary { op, left, right } => match op {
            BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::Is | BinaryOp::IsNot => [left, right].iter().any(|&side| {
                matches!(facts.arena.kind(side), NodeKind::Null)
                    || matches!(facts.arena.kind(side), NodeKind::Number(name) if facts.text(name) == "0")
            }),
            BinaryOp::Greater | BinaryOp::Less => {
                let counts = |side: NodeId| {
                    last_name(facts, side).is_some_and(|name| matches!(facts.text(name), "length" | "size" | "rowcount" | "count"))
                        || called_name(facts, side).is_some_and(|name| matches!(name, "len" | "count" | "rows_affected"))
                };
                counts(left) || counts(right)
            }
            BinaryOp::And | BinaryOp::Or => is_presence_check(facts, left) && is_presence_check(facts, right),
            _ => false,
        },
        NodeKind::Assign { op: AssignOp::Test | AssignOp::Set, .. } => true,
        _ => false,
    }
}

/// `!row`, `row === null`, `rows.length === 0`: true when there is none.
fn asks_for_absence(facts: &FileFacts, condition: NodeId) -> bool {
    match facts.arena.kind(condition) {
        NodeKind::Unary { op: UnaryOp::Not, .. } => true,
        NodeKind::Binary { op: BinaryOp::Equal | BinaryOp::Is, .. } => true,
        NodeKind::Binary { op: BinaryOp::And | BinaryOp::Or, left, .. } => asks_for_absence(facts, left),
        NodeKind::Call { .. } => called_name(facts, condition).is_some_and(|name| matches!(name, "is_none" | "is_empty" | "isEmpty")),
        _ => false,
    }
}

/// `<` and its like between values of rows: limits, balances, stock.
fn compares_sizes(facts: &FileFacts, entities: &Dependence, condition: NodeId) -> bool {
    let mut found = false;
    facts.arena.walk(condition, |node| {
        if let NodeKind::Binary { op: BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual, left, right } =
            facts.arena.kind(node)
        {
            let words = [left, right].iter().flat_map(|&side| words(&spell(facts, side))).collect::<Vec<_>>();
            let free = words.iter().any(|word| is_paging_or_time(word)) && ![left, right].iter().any(|&side| is_limit_of_rows(facts, side));
            found |= !free && (entities.mentions(facts, left) || entities.mentions(facts, right));
        }
    });
    found
}

/// A limit that a row carries: `workspace.linksLimit`, `plan.maxMembers`. What limits a page is called after the page.
fn is_limit_of_rows(facts: &FileFacts, side: NodeId) -> bool {
    let NodeKind::Member { name, .. } = facts.arena.kind(side) else { return false };
    let words = words(facts.text(name));
    let handlers = &vocabulary().handlers;
    let says_limit = words.last().is_some_and(|last| handlers.limits_of_rows.has(last));
    words.len() > 1 && says_limit && !words.iter().any(|word| handlers.of_pages.has(word))
}

/// Ownership and permission guards: comparisons of identities, roles asked of the current user.
fn is_permission_check(facts: &FileFacts, condition: NodeId) -> bool {
    let mut found = false;
    facts.arena.walk(condition, |node| {
        if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(node) {
            found |= words(facts.text(name)).iter().any(|word| vocabulary().handlers.permissions.has(word));
        }
    });
    found
}

/// The branch only reports an error: raises, returns, passes it on.
pub(super) fn ends_in_error(facts: &FileFacts, branch: NodeId) -> bool {
    let last = match facts.arena.kind(branch) {
        NodeKind::Block { items, .. } => facts.arena.list(items).last(),
        _ => Some(branch),
    };
    last.is_some_and(|last| {
        matches!(facts.arena.kind(last), NodeKind::Raise(_) | NodeKind::Return(_) | NodeKind::Continue | NodeKind::Break(_))
    })
}

/// The branch does something to rows: queries, calls what queries, changes a row or a total. Reporting an outcome is no act.
fn acts(place: &Place, handler: &Handler, entities: &Dependence, branch: NodeId) -> bool {
    let facts = place.facts;
    if handler.queries.iter().any(|query| is_below(place, query.site, branch)) {
        return true;
    }
    let mut found = false;
    walk_deep(facts, branch, |node| {
        found |= match facts.arena.kind(node) {
            NodeKind::Assign { op: AssignOp::Augment(_), .. } => true,
            NodeKind::Assign { target, .. } => {
                matches!(facts.arena.kind(target), NodeKind::Member { object, .. } if entities.mentions(facts, object))
            }
            NodeKind::Call { .. } => handler.code.iter().any(|&part| {
                place.program.calls_at(part, node).iter().any(|edge| {
                    edge.resolution != Resolution::NameOnly
                        && place.summaries.of(edge.callee).is_some_and(|summary| !summary.reaches.is_empty())
                })
            }),
            _ => false,
        };
        !found
    });
    found
}

fn constructs_model(place: &Place, branch: NodeId) -> bool {
    let mut found = false;
    place.facts.arena.walk(branch, |node| {
        if let NodeKind::Call { callee, .. } = place.facts.arena.kind(node)
            && let Value::Def(def) = place.program.value(place.file, callee)
        {
            found |= is_model(place.program, def);
        }
    });
    found
}

pub(super) fn is_model(program: &Program, def: GlobalDef) -> bool {
    matches!(program.def(def).kind, DefKind::Class | DefKind::Struct)
        && program.role(def).is_some_and(|evidence| evidence.role == Role::Model)
}

/// `match result { Ok(…) => …, Err(…) => … }`, `match row { Some(…) …, None … }`: error mapping.
fn is_outcome_match(place: &Place, node: NodeId, subject: NodeId) -> bool {
    let facts = place.facts;
    let NodeKind::Match { arms, .. } = facts.arena.kind(node) else { return false };
    let outcome = facts.arena.list(arms).any(|arm| {
        let NodeKind::Arm { pattern, .. } = facts.arena.kind(arm) else { return false };
        let callee = match facts.arena.kind(pattern) {
            NodeKind::Call { callee, .. } => callee,
            _ => pattern,
        };
        last_name(facts, callee).is_some_and(|name| matches!(facts.text(name), "Ok" | "Err" | "Some" | "None"))
    });
    outcome || last_name(facts, subject).is_some_and(|name| facts.text(name) == "method")
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

pub(super) fn is_paging_or_time(word: &str) -> bool {
    vocabulary().handlers.paging_or_time.has(word)
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
