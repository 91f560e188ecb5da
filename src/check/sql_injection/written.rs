//! The strict reading of "parameterized only": texts that are no constants, whether anybody is seen to run them or not.
//!
//! Three forms, all notes: a statement with a value put into it that no call in sight runs; a piece of SQL that a library is to put into a
//! statement of its own and that is not written where it is given (`extra(where=[text])`); a template of such pieces with a place for text
//! that the library does not fill (`template = "%(function)s('%(text)s')"`).

use std::collections::BTreeMap;

use super::super::Context;
use super::super::loggers::is_logger;
use super::{RULE, applies, finding, help};
use crate::model::body::{BinaryOp, CallForm, List, NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts};
use crate::model::finding::{Confidence, Finding, Label, Level, Location};
use crate::model::knowledge::{ApiFact, ArgumentRef, SinkKind};
use crate::model::nesting::{argument_value, arguments, called_name, spell};
use crate::model::program::{Api, ApiId, Program};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId, Span};
use crate::model::summary::{Flow, StepPlace};
use crate::model::templates::{Template, template};
use crate::model::words::has_word;

/// Methods that take pieces of SQL text, or names of columns, in many a Python library for queries.
const CLAUSES: &[&str] = &["filter", "where", "having", "group_by", "order_by", "distinct"];

/// What the strict reading adds to `findings`.
pub(super) fn check(context: &Context, findings: &[Finding]) -> Vec<Finding> {
    let mut out = statements(context);
    for file in (0..context.program.facts.len() as u32).map(FileId) {
        out.extend(pieces(context, file));
        out.extend(templates(context, file));
    }
    let is_told = |own: &Location| {
        findings.iter().any(|have| have.primary.location.path == own.path && overlap(have.primary.location.span, own.span))
    };
    out.retain(|own| !is_told(&own.primary.location));
    out
}

// ---- statements that nobody is seen to run ------------------------------------------------------------------------------------

fn statements(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let mut flows: Vec<&Flow> = Vec::new();
    let mut run: BTreeMap<FileId, Vec<Span>> = BTreeMap::new();
    for function in program.functions() {
        let Some(summary) = context.summaries.flow_of(function) else { continue };
        for flow in summary.flows.iter().filter(|flow| flow.kind == SinkKind::Sql) {
            if flow.runs {
                for step in flow.steps.iter().filter(|step| matches!(step.place, StepPlace::Node(_))) {
                    run.entry(step.function.file).or_default().push(step.span(program));
                }
            } else if applies(program, flow) && !is_no_statement(program, flow.sink) {
                flows.push(flow);
            }
        }
    }
    let span = |flow: &Flow| program.file(flow.sink.0.file).arena.span(flow.sink.1);
    let is_run = |flow: &Flow| run.get(&flow.sink.0.file).is_some_and(|spans| spans.iter().any(|&own| overlap(own, span(flow))));
    flows.retain(|flow| !is_run(flow));
    // `a + x + b + y` is one text: its parts are told with the whole.
    let mut all: BTreeMap<FileId, Vec<Span>> = BTreeMap::new();
    for flow in &flows {
        all.entry(flow.sink.0.file).or_default().push(span(flow));
    }
    let whole = |file: FileId, part: Span| {
        let around = all.get(&file).into_iter().flatten().filter(|outer| outer.contains(part));
        around.copied().max_by_key(|outer| outer.end - outer.start).unwrap_or(part)
    };
    let mut places: BTreeMap<Location, Vec<&Flow>> = BTreeMap::new();
    for flow in flows {
        let file = flow.sink.0.file;
        places.entry(program.location(file, whole(file, span(flow)))).or_default().push(flow);
    }
    places.into_iter().filter_map(|(place, flows)| finding(context, place, flows)).collect()
}

fn overlap(a: Span, b: Span) -> bool {
    a.contains(b) || b.contains(a)
}

/// The text is what a log or an error says, or a tag is given its pieces and its values apart.
fn is_no_statement(program: &Program, (function, node): (GlobalDef, NodeId)) -> bool {
    let (file, facts) = (function.file, program.file(function.file));
    for around in program.nesting(file).around(node).skip(1).take(12) {
        match facts.arena.kind(around) {
            NodeKind::Raise(_) | NodeKind::Assert(_) => return true,
            NodeKind::Call { form: CallForm::Tagged, .. } => return true,
            NodeKind::Call { callee, .. } => {
                let called = spell(facts, callee);
                let name = called.rsplit(['.', ':']).next().unwrap_or_default();
                if is_logger(program, file, around)
                    || name.ends_with("Error")
                    || name.ends_with("Exception")
                    || name == "_"
                    || name == "gettext"
                {
                    return true;
                }
            }
            NodeKind::Assign { .. } | NodeKind::Declare { .. } | NodeKind::Block { .. } => return false,
            _ => {}
        }
    }
    false
}

// ---- pieces ---------------------------------------------------------------------------------------------------------------------

fn pieces(context: &Context, file: FileId) -> Vec<Finding> {
    let program = context.program;
    let facts = program.file(file);
    let mut out = Vec::new();
    for node in facts.arena.ids() {
        let found = match facts.arena.kind(node) {
            NodeKind::Call { callee, args, .. } => loose_piece(program, file, node, callee).or_else(|| formatted(facts, callee, args)),
            NodeKind::Binary { op: BinaryOp::Remainder, left, right } if is_sql_name(facts, left) && !is_fixed(facts, right) => {
                Some((node, "a value is put into SQL text by string formatting".to_string(), None))
            }
            _ => None,
        };
        let Some((place, message, api)) = found else { continue };
        let owner = GlobalDef { file, def: program.nesting(file).owner(node) };
        if in_scope(program, owner) {
            out.push(note(context, owner, facts.arena.span(place), message, "not a constant text", api));
        }
    }
    out
}

type Found = (NodeId, String, Option<ApiId>);

/// What a library puts into its statement, and is not written in the call.
fn loose_piece(program: &Program, file: FileId, call: NodeId, callee: NodeId) -> Option<Found> {
    let facts = program.file(file);
    let called = called_name(facts, call)?;
    let id = program.called_api_id(file, call);
    let api = id.map(|id| &program.apis[id.0 as usize]).filter(|api| !api.matches.is_empty());
    let is_method = facts.language.family() == Family::Python && matches!(facts.arena.kind(callee), NodeKind::Member { .. });
    let mut given = arguments(facts, call).enumerate().filter_map(|(at, argument)| {
        let name = match facts.arena.kind(argument) {
            NodeKind::Argument { name, .. } => Some(facts.text(name)),
            _ => None,
        };
        let value = argument_value(facts, argument);
        match api {
            Some(api) if is_piece(program, api, facts, at, argument) => not_written(facts, value),
            None if is_method && called == "extra" && matches!(name, Some("select" | "where" | "tables")) => not_written(facts, value),
            _ if is_method && CLAUSES.contains(&called) && name.is_none() && is_built(facts, value) => Some(value),
            _ => None,
        }
    });
    let node = given.next()?;
    let text = spell(facts, node);
    let what = if text.is_empty() || text.contains('…') { "a piece of SQL".to_string() } else { format!("`{text}`") };
    Some((node, format!("{what} is put into SQL by `{called}`, and its text is not constant"), id))
}

/// `sql.format(value)` of a text that is called SQL.
fn formatted(facts: &FileFacts, callee: NodeId, args: List) -> Option<Found> {
    let NodeKind::Member { object, name, .. } = facts.arena.kind(callee) else { return None };
    let fits =
        facts.text(name) == "format" && is_sql_name(facts, object) && !facts.arena.list(args).all(|argument| is_fixed(facts, argument));
    fits.then(|| (callee, "a value is put into SQL text by string formatting".to_string(), None))
}

/// Text with a value put into it.
fn is_built(facts: &FileFacts, node: NodeId) -> bool {
    match facts.arena.kind(node) {
        NodeKind::Text { parts, .. } => !facts.arena.list(parts).all(|part| is_fixed(facts, part)),
        NodeKind::Binary { op: BinaryOp::Remainder | BinaryOp::Add, left, right } => {
            matches!(facts.arena.kind(left), NodeKind::Str(_)) && !is_fixed(facts, right)
        }
        _ => false,
    }
}

/// A literal, or a name of a constant: `SCHEMA`, `Order.TABLE`.
fn is_fixed(facts: &FileFacts, node: NodeId) -> bool {
    match facts.arena.kind(argument_value(facts, node)) {
        NodeKind::Name(name) | NodeKind::Member { name, .. } => facts.text(name).chars().all(|letter| !letter.is_lowercase()),
        NodeKind::Collection { items, .. } => facts.arena.list(items).all(|item| is_fixed(facts, item)),
        _ => not_written(facts, node).is_none(),
    }
}

fn is_sql_name(facts: &FileFacts, node: NodeId) -> bool {
    facts.language.family() == Family::Python
        && matches!(facts.arena.kind(node), NodeKind::Name(name) | NodeKind::Member { name, .. } if has_word(facts.text(name), &["sql"]))
}

fn is_piece(program: &Program, api: &Api, facts: &FileFacts, at: usize, argument: NodeId) -> bool {
    let name = match facts.arena.kind(argument) {
        NodeKind::Argument { name, .. } => Some(facts.text(name)),
        _ => None,
    };
    program.facts_of(api).any(|(fact, _)| match fact {
        ApiFact::Sink { kind: SinkKind::Sql, argument, piece: true, .. } => match argument {
            ArgumentRef::Name(own) => name == Some(own.as_str()),
            ArgumentRef::Position(own) => name.is_none() && *own as usize == at,
        },
        _ => false,
    })
}

/// The first part of an expression that is no literal.
fn not_written(facts: &FileFacts, node: NodeId) -> Option<NodeId> {
    let mut rest = vec![node];
    while let Some(node) = rest.pop() {
        match facts.arena.kind(node) {
            NodeKind::Str(_) | NodeKind::Bytes(_) | NodeKind::Number(_) | NodeKind::Bool(_) | NodeKind::Null => {}
            NodeKind::Collection { items, .. } => rest.extend(facts.arena.list(items).rev()),
            NodeKind::Entry { key, value } => rest.extend([value, key]),
            _ => return Some(node),
        }
    }
    None
}

// ---- templates ------------------------------------------------------------------------------------------------------------------

/// Classes whose attribute stands for an argument of the library's class.
fn templates(context: &Context, file: FileId) -> Vec<Finding> {
    let program = context.program;
    let facts = program.file(file);
    let classes = facts.definitions().filter(|(_, def)| def.kind == DefKind::Class).map(|(def, _)| GlobalDef { file, def });
    let found = classes.filter(|&class| in_scope(program, class)).filter_map(|class| Some((class, template(program, class)?)));
    found
        .map(|(class, Template { api, node, open })| {
            let message = format!("`{}` puts `{}` into SQL as text", program.name(class), open.first().unwrap_or(&""));
            note(context, class, facts.arena.span(node), message, "what is given by this name is not bound", Some(api))
        })
        .collect()
}

// ---- notes ----------------------------------------------------------------------------------------------------------------------

fn in_scope(program: &Program, owner: GlobalDef) -> bool {
    ![Role::Test, Role::Migration, Role::Frontend].iter().any(|&role| program.is(owner, role))
}

fn note(context: &Context, owner: GlobalDef, span: Span, message: String, text: &str, api: Option<ApiId>) -> Finding {
    let program = context.program;
    Finding {
        rule: RULE.into(),
        level: Level::Note,
        message,
        primary: Label { location: program.location(owner.file, span), text: text.to_string() },
        related: Vec::new(),
        flow: Vec::new(),
        help: help(context, api),
        subject: program.qualified_name(owner),
        fingerprint: String::new(),
        confidence: Confidence::Medium,
        redact: Vec::new(),
    }
}
