//! `business-logic-in-handler`: a route handler that decides or computes on domain data instead of handing the work on.
//!
//! Reasons are collected and scored; a finding lists them. Parsing and validating the request, guards that end in an error, null
//! checks, pagination arithmetic, building filters, shaping the response and logging score nothing, nor does one delegation
//! with error mapping. It presumes no layer: a handler this full is hard to test and to reuse wherever it stands.

pub(super) mod conditions;
mod decisions;
pub(super) mod reason;
mod reasons;

use rustc_hash::FxHashSet;

use super::Context;
use super::handed_work::Handed;
use super::handlers::{Handler, handler_name, handlers, route_text};
use super::loops::Place;
use crate::model::body::{BinaryOp, NodeId, NodeKind};
use crate::model::facts::DefKind;
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::Access;
use crate::model::nesting::walk_deep;
use crate::model::program::{Program, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId, Span};
use crate::model::summary::{QueryEffect, Reach};
use crate::rulebook::vocabulary::api_names;
use conditions::is_model;
use reason::{Kind, Reason, reason};
use reasons::{handed, reasons};

const RULE: &str = "business-logic-in-handler";

/// Points from which a handler is reported, unless the option `threshold` says otherwise.
const THRESHOLD: i64 = 3;

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
    if family == Family::Python {
        // The row that a handler has changed is saved by it, whatever the class does besides.
        let saves_row = |reach: &&&Reach| {
            let class = reach.via.map(|via| GlobalDef { file: via.file, def: program.def(via).parent });
            reach.via.is_some_and(|via| api_names().orm.saves.has(program.name(via)))
                && class.is_some_and(|class| row_called_on(program, file, reach.site).is_some_and(|row| row == program.name(class)))
        };
        let saved: FxHashSet<NodeId> = own.iter().filter(saves_row).map(|reach| reach.site).collect();
        leave_to_methods(program, file, &saved, &mut effects);
    }
    effects
}

/// From how many tables on what one method does is a piece of work of its own.
const TABLES_OF_WORK: usize = 3;

/// A method of a row that works on many tables is where that work is done, and the handler only has it done: `order.restore()`. To the handler counts what it
/// does to the row.
fn leave_to_methods(program: &Program, file: FileId, saved: &FxHashSet<NodeId>, effects: &mut Vec<QueryEffect>) {
    let tables_at = |site: NodeId| {
        let own = effects.iter().filter(|effect| effect.site == site).filter_map(|effect| effect.table.as_deref());
        own.collect::<FxHashSet<&str>>().len()
    };
    let others = effects.iter().map(|effect| effect.site).filter(|site| !saved.contains(site));
    let sites: FxHashSet<NodeId> = others.filter(|&site| tables_at(site) >= TABLES_OF_WORK).collect();
    let mut seen: FxHashSet<NodeId> = FxHashSet::default();
    // The write stands for all of it.
    effects.sort_by_key(|effect| effect.access != Access::Write);
    effects.retain_mut(|effect| {
        if !sites.contains(&effect.site) {
            return true;
        }
        effect.table = row_called_on(program, file, effect.site);
        seen.insert(effect.site)
    });
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

/// One function that answers several methods, each in a branch of its own, is as many handlers: where none of them alone would be worth a warning, a note.
fn judge(place: &Place, handler: &Handler, threshold: i64) -> Option<Finding> {
    let found = judge_part(place, handler, threshold, &[])?;
    let branches = if found.level > Level::Note { method_branches(place, handler) } else { Vec::new() };
    let warns = |own: &Span| {
        let others: Vec<Span> = branches.iter().filter(|branch| *branch != own).copied().collect();
        judge_part(place, handler, threshold, &others).is_some_and(|part| part.level > Level::Note)
    };
    let is_sum = branches.len() >= 2 && !branches.iter().any(warns);
    Some(if is_sum { Finding { level: Level::Note, ..found } } else { found })
}

/// What a handler does for each method that it asks for: `if (req.method === "GET") { … } else if (req.method === "PUT") { … }`.
fn method_branches(place: &Place, handler: &Handler) -> Vec<Span> {
    let facts = place.facts;
    let Some(body) = facts.def(handler.function.def).body.filter(|_| facts.language.family() == Family::TypeScript) else {
        return Vec::new();
    };
    let is_method = |node: NodeId| matches!(facts.arena.kind(node), NodeKind::Member { name, .. } if facts.text(name) == "method");
    let mut branches = Vec::new();
    walk_deep(facts, body, |node| {
        match facts.arena.kind(node) {
            NodeKind::If { condition, then, .. } => {
                if let NodeKind::Binary { op: BinaryOp::Equal, left, right } = facts.arena.kind(condition)
                    && is_method(left)
                    && facts.string(right).is_some()
                {
                    branches.push(facts.arena.span(then));
                }
            }
            NodeKind::Match { subject, arms } if is_method(subject) => {
                branches.extend(facts.arena.list(arms).filter_map(|arm| match facts.arena.kind(arm) {
                    NodeKind::Arm { body, .. } => Some(facts.arena.span(body)),
                    _ => None,
                }));
            }
            _ => {}
        }
        true
    });
    branches
}

/// A handler without what stands in some other branches.
fn judge_part(place: &Place, whole: &Handler, threshold: i64, others: &[Span]) -> Option<Finding> {
    let is_own = |span: Span| !others.iter().any(|other| other.contains(span));
    let queries = whole.queries.iter().filter(|query| is_own(place.facts.arena.span(query.site))).copied().collect();
    let Handler { function, route, delegates, .. } = *whole;
    let handler = &Handler { function, route, code: whole.code.clone(), queries, delegates };
    let handed = handed(place, handler);
    let mut reasons = reasons(place, handler, &handed);
    reasons.retain(|reason| is_own(reason.span));
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
