//! What is told of handlers that use bodies unseen.

use super::uses::Use;
use crate::check::handlers::{Handler, handler_name, route_text};
use crate::check::spelling::call_span;
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::nesting::spell;
use crate::model::program::Program;
use crate::model::source::{Family, Span};

const RULE: &str = "missing-input-validation";

/// Places named with one finding.
const MAX_PLACES: usize = 6;

/// Most handlers that get a note of their own in a package that validates nothing.
const MAX_NOTES: usize = 48;

/// From how many characters on another use of a handler is told of by itself.
const FAR: u32 = 500;

/// A handler with its uses of what it has not looked at, the worst first.
pub(super) struct Unchecked<'a> {
    pub(super) handler: Handler<'a>,
    pub(super) uses: Vec<Use>,
    pub(super) source: Option<Span>,
}

pub(super) fn finding(program: &Program, unchecked: &Unchecked) -> Option<Finding> {
    tell(program, unchecked, &unchecked.uses)
}

/// The finding that tells of the first of some uses, and names the others.
fn tell(program: &Program, unchecked: &Unchecked, uses: &[Use]) -> Option<Finding> {
    let function = unchecked.handler.function;
    let facts = program.file(function.file);
    let Use { node, text, is_kept } = uses.first()?;
    let name = handler_name(program, function);
    let spelled = spell(facts, *node);
    let mut related: Vec<Label> = Vec::new();
    if let Some(source) = unchecked.source {
        related.push(Label { location: program.location(function.file, source), text: "what the client sent".to_string() });
    }
    related.extend(uses.iter().skip(1).take(MAX_PLACES).map(|Use { node, text, .. }| Label {
        location: program.location(function.file, facts.arena.span(*node)),
        text: format!("`{}` {text}", spell(facts, *node)),
    }));
    Some(Finding {
        rule: RULE.into(),
        level: if *is_kept { Level::Warning } else { Level::Note },
        message: format!("handler `{name}`{} uses `{spelled}` as the client sent it: it {text}", route_text(unchecked.handler.route)),
        primary: Label { location: program.location(function.file, facts.arena.span(*node)), text: "not validated".to_string() },
        related,
        flow: Vec::new(),
        help: Some(help(facts.language.family()).to_string()),
        subject: program.qualified_name(function),
        fingerprint: String::new(),
        confidence: Confidence::Medium,
        redact: Vec::new(),
    })
}

/// A long handler: the first use far from the one that is told of, which may be overlooked there. A note.
pub(super) fn elsewhere(program: &Program, unchecked: &Unchecked) -> Option<Finding> {
    let facts = program.file(unchecked.handler.function.file);
    let start = |used: &Use| facts.arena.span(used.node).start;
    let told = start(unchecked.uses.first()?);
    let far = unchecked.uses.iter().position(|used| start(used).abs_diff(told) >= FAR)?;
    let found = tell(program, unchecked, &unchecked.uses[far..=far])?;
    Some(Finding { level: Level::Note, subject: format!("{} again", found.subject), ..found })
}

fn help(family: Family) -> &'static str {
    match family {
        Family::Python => {
            "describe the body by a model or schema (Pydantic, marshmallow, a serializer, a form), and use what it gives instead of the raw body"
        }
        Family::TypeScript => {
            "describe the body by a schema (zod, joi, class-validator, the route's own `schema`), parse it first, and use the result"
        }
        Family::Rust => "take a type with the fields that are needed instead of a free value, and validate it (`validator`, `garde`)",
    }
}

/// Notes for a package that validates nothing, at the handlers with most of it; the first says how many there are.
pub(super) fn notes(program: &Program, handlers: &[Unchecked]) -> Vec<Finding> {
    let mut worst: Vec<&Unchecked> = handlers.iter().collect();
    worst.sort_by_key(|unchecked| (std::cmp::Reverse(unchecked.uses.len()), unchecked.handler.function));
    let others = worst.iter().skip(1).take(MAX_NOTES - 1).filter_map(|unchecked| {
        let found = finding(program, unchecked)?;
        Some(Finding { level: Level::Note, message: format!("{}; nothing in the project validates input", found.message), ..found })
    });
    note(program, &worst).into_iter().chain(others).collect()
}

/// The note at the handler with most of it, which counts all.
fn note(program: &Program, worst: &[&Unchecked]) -> Option<Finding> {
    let first = worst.first()?;
    let mut finding = finding(program, first)?;
    let others = worst.iter().skip(1).take(MAX_PLACES).filter_map(|unchecked| {
        let file = unchecked.handler.function.file;
        let Use { node, .. } = unchecked.uses.first()?;
        let text = format!("`{}` uses `{}`", handler_name(program, unchecked.handler.function), spell(program.file(file), *node));
        Some(Label { location: program.location(file, call_span(program.file(file), *node)), text })
    });
    finding.related = others.collect();
    finding.level = Level::Note;
    let name = handler_name(program, first.handler.function);
    finding.message = match worst.len() {
        1 => format!("`{name}` uses a body as clients sent it: nothing in the project validates input"),
        count => format!("{count} handlers use bodies as clients sent them, `{name}` most: nothing in the project validates input"),
    };
    finding.subject = "no validation".to_string();
    Some(finding)
}
