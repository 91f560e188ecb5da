//! `sql-injection`: SQL text built around a value that is not known to be harmless, and run.
//!
//! The flows come from the summaries; here they become findings: one for each place where text is run that the same function
//! built (the place other tools mark too), else one for each place where text is built that another function runs, at a level
//! that says how much is known about the value. A function that runs whatever text it is given is no finding: its callers are.

mod written;

use std::collections::BTreeMap;

use super::Context;
use super::dependence::Dependence;
use super::sensitive::carriers;
use crate::model::body::{AssignOp, BinaryOp, CallForm, CollectionKind, NodeId, NodeKind, TextForm};
use crate::model::contract::Ambient;
use crate::model::facts::{FileFacts, Name, ParamKind};
use crate::model::finding::{Confidence, Finding, Label, Level, Location};
use crate::model::knowledge::{ApiFact, SinkKind, SourceKind};
use crate::model::nesting::{arguments, called_name, spell};
use crate::model::program::{ApiId, Program};
use crate::model::role::{GlobalDef, Role};
use crate::model::rule::Settings;
use crate::model::source::Family;
use crate::model::summary::{Built, Flow, Hole, SqlTexts, Step, StepPlace};
use crate::model::words::words;
use crate::rulebook::vocabulary::vocabulary;

const RULE: &str = "sql-injection";

/// Most other places listed with one finding: where else the text is built and run.
const MAX_RELATED: usize = 4;

/// Finds SQL text built around values.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let mut places: BTreeMap<Location, Vec<&Flow>> = BTreeMap::new();
    for function in program.functions() {
        let Some(summary) = context.summaries.flow_of(function) else { continue };
        for flow in summary.flows.iter().filter(|flow| flow.kind == SinkKind::Sql && flow.runs && applies(program, flow)) {
            places.entry(place(program, flow)).or_default().push(flow);
        }
    }
    let mut findings: Vec<Finding> = places.into_iter().filter_map(|(place, flows)| finding(context, place, flows)).collect();
    if is_strict(context.settings) {
        findings.extend(written::check(context, &findings));
    }
    findings
}

/// Which texts the rule wants to hear of.
pub fn texts(settings: &Settings) -> SqlTexts {
    if is_strict(settings) { SqlTexts::All } else { SqlTexts::Foreign }
}

fn is_strict(settings: &Settings) -> bool {
    settings.strict() || settings.flag(RULE, "constant-text")
}

/// Where the finding stands: at the call that runs the text, if the function that builds the text also runs it, and then at the
/// text itself if it is built inside that call. Text that is run elsewhere (a wrapper that many call) is marked where it is built.
fn place(program: &Program, flow: &Flow) -> Location {
    let at = |(function, node): (GlobalDef, NodeId)| (function.file, program.file(function.file).arena.span(node));
    let sink = at(flow.sink);
    let (file, span) = match flow.built.map(|built| at((built.function, built.node))) {
        Some(built) if built.0 == sink.0 && sink.1.contains(built.1) => built,
        Some(built) if !runs_own(program, flow) => built,
        _ => sink,
    };
    program.location(file, span)
}

/// The function that builds the text also runs it, itself or in functions inside it.
fn runs_own(program: &Program, flow: &Flow) -> bool {
    flow.built.is_none_or(|built| program.outermost(built.function) == program.outermost(flow.sink.0))
}

/// Tests, migrations and scripts are trusted with their own values; no code is trusted with a request's.
fn applies(program: &Program, flow: &Flow) -> bool {
    let own = flow.built.map_or(flow.sink.0, |built| built.function);
    if program.is(own, Role::Frontend) {
        return false;
    }
    let trusted = [Role::Test, Role::Migration, Role::Script];
    let origin = flow.steps.first().map_or(own, |step| step.function);
    let any = |roles: &[Role]| [own, flow.sink.0, origin].iter().any(|&function| roles.iter().any(|&role| program.is(function, role)));
    match flow.source {
        Some(SourceKind::Request) => !any(&trusted) || ![own, origin].iter().any(|&function| program.is(function, Role::Test)),
        // What a script is given on its command line is worth a note: it may be run for somebody else.
        Some(SourceKind::Outside) => !any(&[Role::Test, Role::Migration]) && !is_setting(flow),
        None => !any(&trusted) && !is_setting(flow) && !listens_to_schema(program, flow.steps.first().map_or(own, |step| step.function)),
    }
}

/// `@listens_for(Order.__table__, "after_create")`: what the schema's own events hand over are its tables.
fn listens_to_schema(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    facts.def(function.def).decorators.iter().any(|&decorator| {
        called_name(facts, decorator) == Some("listens_for")
            && arguments(facts, decorator)
                .nth(1)
                .is_some_and(|event| facts.string(event).is_some_and(|event| event.ends_with("_create") || event.ends_with("_drop")))
    })
}

/// The settings of a session are the application's own, whoever configures it, and nothing binds them.
fn is_setting(flow: &Flow) -> bool {
    flow.built.is_some_and(|built| built.hole == Hole::Setting)
}

/// How much is known against the value: request data first, then other outside data, then the unknown.
fn level(context: &Context, flow: &Flow) -> Level {
    let program = context.program;
    let in_script = || flow.steps.iter().any(|step| program.is(step.function, Role::Script));
    match (flow.source, flow.built.map(|built| built.hole)) {
        _ if !flow.runs => Level::Note,
        _ if flow.strict && !is_strict(context.settings) => Level::Note,
        _ if goes_through_builder(program, flow) => Level::Note,
        // Who sends whole statements is let to, as a rule: a console, a client of somebody's own database.
        (Some(SourceKind::Request), None) if !is_direct(program, flow) => Level::Note,
        (Some(SourceKind::Request), None) => Level::Warning,
        // Where one of several implementations of a method runs it, the way from the request to this one is a guess.
        (Some(SourceKind::Request), _) if !is_direct(program, flow) && flow.confidence < Confidence::High => Level::Note,
        (Some(SourceKind::Request), Some(Hole::Identifier)) if changes_schema(program, flow) => Level::Warning,
        (Some(SourceKind::Request), Some(_)) if is_looked_up_first(program, flow) => Level::Warning,
        // The same, where the statement is wrapped before it is run.
        (Some(SourceKind::Request), Some(Hole::Fragment)) if sends_statement(program, flow) => {
            if is_direct(program, flow) {
                Level::Warning
            } else {
                Level::Note
            }
        }
        (Some(SourceKind::Request), Some(Hole::Identifier)) if is_turned_away(program, flow) => Level::Note,
        (Some(SourceKind::Request), _) if flow.confidence > Confidence::Low => Level::Error,
        (Some(SourceKind::Request), _) => Level::Warning,
        (_, Some(Hole::Identifier)) => Level::Note,
        // A piece of SQL that is put together elsewhere, mostly of constants.
        (None, Some(Hole::Fragment)) if joins_pieces(program, flow) => Level::Note,
        (None, _) if is_key_of_row(program, flow) => Level::Note,
        // A console: whoever sits before it types the statement.
        (Some(SourceKind::Outside), None) if is_typed_in(program, flow) => Level::Note,
        (Some(SourceKind::Outside), _) if in_script() || is_from_environment(program, flow) => Level::Note,
        (None, _) if !is_given_by_callers(context, flow) => Level::Note,
        _ => Level::Warning,
    }
}

/// Built, and run or handed on to the database, in the function that the request comes to, or the one that this calls.
fn is_direct(program: &Program, flow: &Flow) -> bool {
    let Some(first) = flow.steps.first() else { return false };
    let mut functions: Vec<GlobalDef> = vec![program.outermost(first.function)];
    for function in flow.steps.iter().map(|step| step.function).chain([flow.sink.0]) {
        let function = program.outermost(function);
        if !functions.contains(&function) {
            functions.push(function);
        }
    }
    functions.len() <= 2
}

/// `DROP SCHEMA {name}`: whoever sends names of tables and schemas administers them.
fn changes_schema(program: &Program, flow: &Flow) -> bool {
    flow.built.is_some_and(|built| {
        let facts = program.file(built.function.file);
        let mut found = false;
        facts.arena.walk(built.node, |node| {
            found |= facts.string(node).is_some_and(|text| {
                let first = text.split_whitespace().next().unwrap_or_default();
                ["drop", "create", "alter", "truncate"].iter().any(|verb| first.eq_ignore_ascii_case(verb))
            });
        });
        found
    })
}

/// What is put into the text is the statement itself: all of it comes from parameters that are called SQL, `with_prefix(sql, ctes_sql)`.
fn sends_statement(program: &Program, flow: &Flow) -> bool {
    let Some(built) = flow.built else { return false };
    let function = program.outermost(built.function);
    let facts = program.file(function.file);
    let def = program.def(function);
    let speaks = |name: &Name| words(facts.text(*name)).iter().any(|word| word == "sql");
    let given: Vec<Name> = def.params.iter().filter_map(|param| param.name).filter(speaks).collect();
    let Some(body) = def.body.filter(|_| !given.is_empty()) else { return false };
    let statements = Dependence::of(facts, &given, body);
    let (mut all, mut own) = (0, 0);
    carriers(facts, built.node, &mut |node, _| {
        all += 1;
        own += usize::from(statements.mentions(facts, node));
    });
    all > 0 && all == own
}

/// Typed in by who has started the program: a console.
fn is_typed_in(program: &Program, flow: &Flow) -> bool {
    let Some(&Step { function, place: StepPlace::Node(node) }) = flow.steps.first() else { return false };
    called_name(program.file(function.file), node) == Some("input")
}

/// The name was looked up among those of the database first, and whoever gives another one is turned away: `SELECT … FROM information_schema.tables WHERE
/// table_name = :name`, `if not rows: raise …`.
fn is_looked_up_first(program: &Program, flow: &Flow) -> bool {
    let Some(built) = flow.built else { return false };
    let facts = program.file(built.function.file);
    let Some(body) = facts.def(program.outermost(built.function).def).body else { return false };
    let mut names: Vec<Name> = Vec::new();
    carriers(facts, built.node, &mut |node, _| {
        if let NodeKind::Name(name) = facts.arena.kind(node) {
            names.push(name);
        }
    });
    let names_catalogue = |text: &str| vocabulary().sql.catalogues.within(&text.to_ascii_lowercase());
    let asks = |facts: &FileFacts, node: NodeId| facts.arena.any(node, |inner| facts.string(inner).is_some_and(names_catalogue));
    let nesting = program.nesting(built.function.file);
    let start = facts.arena.span(built.node).start;
    let mut looked: Option<u32> = None;
    facts.arena.walk(body, |node| {
        let end = facts.arena.span(node).end;
        if end > start || !matches!(facts.arena.kind(node), NodeKind::Call { .. }) {
            return;
        }
        let is_name = |inner: NodeId| matches!(facts.arena.kind(inner), NodeKind::Name(name) if names.contains(&name));
        let is_given = arguments(facts, node).any(|argument| facts.arena.any(argument, is_name));
        let owner = GlobalDef { file: built.function.file, def: nesting.owner(node) };
        let asks_below = || {
            program.calls_at(owner, node).iter().any(|edge| {
                let own = program.file(edge.callee.file);
                own.def(edge.callee.def).body.is_some_and(|body| asks(own, body))
            })
        };
        if is_given && (asks(facts, node) || asks_below()) {
            looked = Some(looked.map_or(end, |known| known.min(end)));
        }
    });
    let Some(looked) = looked else { return false };
    let leaves = |node: NodeId| matches!(facts.arena.kind(node), NodeKind::Raise(_) | NodeKind::Return(_));
    facts.arena.any(body, |node| {
        let span = facts.arena.span(node);
        matches!(facts.arena.kind(node), NodeKind::If { then, .. }
            if span.start >= looked && span.end <= start && facts.arena.any(then, leaves))
    })
}

/// `check_field(field, index)`, a function of the project that raises where what it is given is not in a list: on which ways it does is decided there.
fn is_turned_away(program: &Program, flow: &Flow) -> bool {
    let Some(&Step { function, place: StepPlace::Parameter(at) }) = flow.steps.first() else { return false };
    let facts = program.file(function.file);
    let def = program.def(function);
    let (Some(body), Some(name)) = (def.body, def.params.get(at as usize).and_then(|param| param.name)) else { return false };
    let tests = |callee: GlobalDef, position: usize| {
        let own = program.file(callee.file);
        let given = own.def(callee.def).params.iter().filter(|param| param.kind != ParamKind::Receiver).nth(position);
        let (Some(given), Some(body)) = (given.and_then(|param| param.name), own.def(callee.def).body) else { return false };
        own.arena.any(body, |node| {
            let NodeKind::If { condition, then, .. } = own.arena.kind(node) else { return false };
            matches!(own.arena.kind(condition), NodeKind::Binary { op: BinaryOp::NotIn, left, .. } if own.arena.kind(left) == NodeKind::Name(given))
                && own.arena.any(then, |inner| matches!(own.arena.kind(inner), NodeKind::Raise(_)))
        })
    };
    let mut tested = false;
    facts.arena.walk(body, |node| {
        let NodeKind::Block { items, .. } = facts.arena.kind(node) else { return };
        for statement in facts.arena.list(items) {
            let call = if let NodeKind::Await(call) = facts.arena.kind(statement) { call } else { statement };
            let Some(position) = arguments(facts, call).position(|argument| facts.arena.kind(argument) == NodeKind::Name(name)) else {
                continue;
            };
            let edges = program.calls_at(function, call);
            tested |= edges.iter().any(|edge| tests(edge.callee, position));
        }
    });
    tested
}

/// The value is what callers give, as text: a parameter without a type or with that of text, of a function that a request comes to. What the code has from
/// elsewhere (the items of its own loops, constants, configuration, results of queries), and names of tables and columns, nobody types in.
fn is_given_by_callers(context: &Context, flow: &Flow) -> bool {
    let program = context.program;
    let Some(&Step { function, place: StepPlace::Parameter(at) }) = flow.steps.first() else { return false };
    let facts = program.file(function.file);
    let Some(param) = program.def(function).params.get(at as usize) else { return false };
    let Some(name) = param.name.map(|name| facts.text(name)) else { return false };
    let is_name = words(name).iter().any(|word| vocabulary().sql.given_by_callers.has(word));
    let is_text = param.annotation.is_none_or(|annotation| {
        let text = spell(facts, annotation).to_ascii_lowercase();
        ["str", "string", "any", "unknown"].iter().any(|word| text.contains(word))
    });
    !is_name && is_text && context.requests().handler(program.outermost(function)).is_some()
}

/// The text is written where the piece is put in, so that its place is seen; a template kept elsewhere may have a value there.
fn joins_pieces(program: &Program, flow: &Flow) -> bool {
    flow.built.is_some_and(|built| {
        matches!(
            program.file(built.function.file).arena.kind(built.node),
            NodeKind::Text { form: TextForm::Interpolated | TextForm::Concat | TextForm::Join, .. }
                | NodeKind::Binary { op: BinaryOp::Add, .. }
        )
    })
}

/// Nothing but keys of objects at hand is put in, `${shop.id}`: where nothing shows that a client wrote the object, it is mostly a row, and its key the database's.
fn is_key_of_row(program: &Program, flow: &Flow) -> bool {
    let Some(built) = flow.built else { return false };
    let facts = program.file(built.function.file);
    let (mut keys, mut others) = (false, false);
    carriers(facts, built.node, &mut |node, name| {
        let is_key = matches!(facts.arena.kind(node), NodeKind::Member { .. })
            && words(name).last().is_some_and(|word| matches!(word.as_str(), "id" | "uuid" | "pk"));
        keys |= is_key;
        others |= !is_key;
    });
    keys && !others
}

/// Whoever sets the environment of a process may do with its database what they like.
fn is_from_environment(program: &Program, flow: &Flow) -> bool {
    let Some(&Step { function, place: StepPlace::Node(node) }) = flow.steps.first() else { return false };
    let api = program.called_api(function.file, node).or_else(|| program.api(function.file, node));
    api.is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Ambient(Ambient::Env)))
}

/// The value is kept in an object that writes the statement later, and the call that runs it binds values: which of the two the object does with this one
/// is decided inside it.
fn goes_through_builder(program: &Program, flow: &Flow) -> bool {
    let kept = flow.steps.iter().any(|step| match step.place {
        StepPlace::Node(node) => matches!(program.file(step.function.file).arena.kind(node), NodeKind::Call { form: CallForm::New, .. }),
        StepPlace::Parameter(_) => false,
    });
    let (function, node) = flow.sink;
    let facts = program.file(function.file);
    let binds = || {
        let mut given = arguments(facts, node);
        match (given.next().map(|first| facts.arena.kind(first)), given.next()) {
            (_, Some(_)) => true,
            (Some(NodeKind::Collection { kind: CollectionKind::Dict, items }), None) => facts.arena.list(items).len() > 1,
            _ => false,
        }
    };
    kept && flow.built.is_some_and(|built| program.outermost(built.function) != program.outermost(function)) && binds()
}

fn finding(context: &Context, place: Location, mut flows: Vec<&Flow>) -> Option<Finding> {
    let program = context.program;
    flows.sort_by_key(|flow| {
        (
            std::cmp::Reverse(level(context, flow)),
            flow.strict,
            flow.source.is_none(),
            flow.source,
            std::cmp::Reverse(flow.confidence),
            flow.steps.len(),
            flow.sink,
        )
    });
    let flow = *flows.first()?;
    let mut related: Vec<Label> = Vec::new();
    for other in &flows {
        for label in [built_label(program, other), Some(sink_label(program, other))].into_iter().flatten() {
            let known = label.location == place || related.iter().any(|have| have.location == label.location);
            if related.len() < MAX_RELATED && !known {
                related.push(label);
            }
        }
    }
    let own = flow.built.map_or(flow.sink.0, |built| built.function);
    let text = primary_text(program, flow, &place);
    Some(Finding {
        rule: RULE.into(),
        level: level(context, flow),
        message: message(program, flow),
        primary: Label { location: place, text },
        related,
        flow: flow.steps.iter().enumerate().map(|(at, &step)| step_label(program, flow, at, step)).collect(),
        help: help(context, flow.api),
        subject: format!("{} {}", program.qualified_name(own), short_api(program, flow)),
        fingerprint: String::new(),
        confidence: flow.confidence,
        redact: Vec::new(),
    })
}

fn message(program: &Program, flow: &Flow) -> String {
    let sink = short_api(program, flow);
    let value = origin_text(program, flow);
    match (flow.source, flow.built) {
        (_, Some(built)) if !flow.runs => format!("a value{value} is put into an SQL statement by {}", builder(program, built)),
        (None, Some(built)) if flow.strict => format!("SQL for `{sink}` is built around a value{value} by {}", builder(program, built)),
        (Some(SourceKind::Request), Some(built)) => {
            format!("SQL for `{sink}` is built from request data{value} by {}", builder(program, built))
        }
        (Some(SourceKind::Request), None) => format!("request data{value} is run as SQL by `{sink}`"),
        (Some(SourceKind::Outside), Some(built)) => {
            format!("SQL for `{sink}` is built from outside data{value} by {}", builder(program, built))
        }
        (Some(SourceKind::Outside), None) => format!("outside data{value} is run as SQL by `{sink}`"),
        (None, Some(built)) if built.hole == Hole::Identifier => {
            format!("a name of unknown origin{value} is put into the SQL for `{sink}` by {}", builder(program, built))
        }
        (None, Some(built)) => format!("SQL for `{sink}` is built from a value of unknown origin{value} by {}", builder(program, built)),
        (None, None) => format!("a value of unknown origin{value} is run as SQL by `{sink}`"),
    }
}

fn primary_text(program: &Program, flow: &Flow, place: &Location) -> String {
    match built_label(program, flow) {
        Some(label) if label.location == *place => label.text,
        Some(_) => format!("`{}` runs SQL text that a value was put into", short_api(program, flow)),
        None => format!("`{}` runs it as SQL", short_api(program, flow)),
    }
}

fn built_label(program: &Program, flow: &Flow) -> Option<Label> {
    let built = flow.built?;
    let text = match built.hole {
        Hole::Value => "a value is put into SQL text here instead of being bound",
        Hole::Identifier => "a name is put into SQL text here",
        Hole::Setting => "a value is put into a setting here",
        Hole::Fragment => "SQL text is built here",
    };
    let span = program.file(built.function.file).arena.span(built.node);
    Some(Label { location: program.location(built.function.file, span), text: text.to_string() })
}

/// How the text is built, in the words of the language.
fn builder(program: &Program, built: Built) -> &'static str {
    let facts = program.file(built.function.file);
    let family = facts.language.family();
    match facts.arena.kind(built.node) {
        NodeKind::Text { form: TextForm::Interpolated, .. } => match family {
            Family::Python => "an f-string",
            Family::TypeScript => "a template literal",
            Family::Rust => "`format!`",
        },
        NodeKind::Text { form: TextForm::Format, .. } if family == Family::Rust => "`format!`",
        NodeKind::Text { form: TextForm::Format, .. } => "string formatting",
        NodeKind::Text { form: TextForm::Join, .. } => "`join`",
        NodeKind::Binary { op: BinaryOp::Remainder, .. } | NodeKind::Assign { op: AssignOp::Augment(BinaryOp::Remainder), .. } => {
            "string formatting"
        }
        NodeKind::Call { form: CallForm::Macro, .. } => "`write!`",
        NodeKind::Call { .. } => match called_name(facts, built.node) {
            Some("format" | "substitute" | "safe_substitute") => "string formatting",
            Some("__init__") => "a template",
            Some("replace" | "replaceAll" | "replacen" | "replace_all") => "text replacement",
            _ => "concatenation",
        },
        _ => "concatenation",
    }
}

/// The value as the code spells it where it comes in, in parentheses.
fn origin_text(program: &Program, flow: &Flow) -> String {
    match flow.steps.first() {
        Some(&Step { function, place: StepPlace::Parameter(index) }) => {
            let name = program.def(function).params.get(index as usize).and_then(|param| param.name);
            name.map_or(String::new(), |name| {
                format!(" (parameter `{}` of `{}`)", program.file(function.file).text(name), program.short_name(function))
            })
        }
        Some(&Step { function, place: StepPlace::Node(node) }) if Some(node) != flow.built.map(|built| built.node) => {
            let text = spell(program.file(function.file), node);
            if text.is_empty() || text.contains('…') { String::new() } else { format!(" (`{text}`)") }
        }
        _ => String::new(),
    }
}

fn sink_label(program: &Program, flow: &Flow) -> Label {
    let (function, node) = flow.sink;
    let span = program.file(function.file).arena.span(node);
    Label { location: program.location(function.file, span), text: format!("`{}` runs it here", short_api(program, flow)) }
}

fn step_label(program: &Program, flow: &Flow, at: usize, step: Step) -> Label {
    let location = program.location(step.function.file, step.span(program));
    let first = match flow.source {
        Some(SourceKind::Request) => "request data comes in",
        Some(SourceKind::Outside) => "outside data comes in",
        None if flow.strict => "a value that is no constant",
        None => "a value of unknown origin",
    };
    let text = match step.place {
        StepPlace::Node(node) if (step.function, node) == flow.sink => format!("`{}` runs it", short_api(program, flow)),
        StepPlace::Node(node) if flow.built.is_some_and(|built| (built.function, built.node) == (step.function, node)) => {
            "put into SQL text".to_string()
        }
        _ if at == 0 => first.to_string(),
        StepPlace::Node(node) => match called(program, step.function, node) {
            Some(callee) => format!("goes through `{callee}`"),
            None => "becomes part of text".to_string(),
        },
        StepPlace::Parameter(_) => format!("enters `{}`", program.short_name(step.function)),
    };
    Label { location, text }
}

fn called(program: &Program, function: GlobalDef, node: NodeId) -> Option<String> {
    let facts = program.file(function.file);
    match facts.arena.kind(node) {
        NodeKind::Call { callee, .. } => Some(spell(facts, callee)),
        _ => None,
    }
}

/// The last names of an access path: `Session.execute` of `sqlalchemy.orm.Session().execute`.
fn short_api(program: &Program, flow: &Flow) -> String {
    let Some(api) = flow.api.and_then(|api| program.apis.get(api.0 as usize)) else {
        return called(program, flow.sink.0, flow.sink.1).unwrap_or_else(|| "the query".to_string());
    };
    let names: Vec<String> = crate::model::knowledge::segments(&api.path)
        .into_iter()
        .filter(|segment| *segment != "()" && *segment != "[]")
        .map(|segment| segment.trim_start_matches('.').to_string())
        .collect();
    match names.as_slice() {
        [.., owner, last] => format!("{}.{last}", owner.rsplit('/').next().unwrap_or(owner)),
        [last] => last.clone(),
        [] => "the query".to_string(),
    }
}

/// How to bind values with the library at hand.
fn help(context: &Context, api: Option<ApiId>) -> Option<String> {
    let program = context.program;
    let rule = context.rules.iter().find(|rule| rule.id.as_ref() == RULE)?;
    let matches = api.and_then(|api| program.apis.get(api.0 as usize)).map(|api| api.matches.as_slice()).unwrap_or_default();
    let frameworks = matches.iter().filter_map(|found| {
        let entry = program.knowledge.entries.get(found.entry as usize)?;
        matches!(entry.fact, ApiFact::Sink { kind: SinkKind::Sql, .. }).then_some(())?;
        program.knowledge.framework_of(found.entry)
    });
    let own = frameworks.filter_map(|framework| rule.help.get(&framework.name)).next();
    own.or_else(|| rule.help.get("default")).cloned()
}
