//! `naming-convention`: names that depart both from their language's convention and from what the project itself does.
//!
//! Functions, methods, classes and other types. The conventions are PEP 8, the TypeScript handbook's examples and Rust's RFC 430. What the
//! project does is counted for each language, kind of name and package: nineteen of twenty names, of twenty at least, have to keep the
//! convention before the others are exceptions.

use std::collections::BTreeMap;

use super::Context;
use super::scope::is_kept_up;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, Definition, FileFacts};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::nesting::{called_name, last_name};
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::model::words::words;

const RULE: &str = "naming-convention";

/// Fewer names show no habit.
const MANY: usize = 20;
/// One exception in so many names, at most.
const SHARE: usize = 20;

/// What is named.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Function,
    Type,
}

/// How names are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Snake,
    Camel,
    Pascal,
}

impl Style {
    fn word(self) -> &'static str {
        match self {
            Style::Snake => "snake_case",
            Style::Camel => "camelCase",
            Style::Pascal => "PascalCase",
        }
    }
}

#[derive(Default)]
struct Habit {
    kept: usize,
    others: Vec<GlobalDef>,
}

/// Finds names that are exceptions in their project.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let mut habits: BTreeMap<(Family, Kind, Option<usize>), Habit> = BTreeMap::new();
    for (at, facts) in program.facts.iter().enumerate() {
        let file = FileId(at as u32);
        if !is_kept_up(program, file) {
            continue;
        }
        let family = facts.language.family();
        let package = program.project.package_of(program.path(file));
        for (id, def) in facts.definitions().skip(1) {
            let Some(kind) = kind(def) else { continue };
            let name = facts.text(def.name);
            if !is_judged(name) || def.flags.has(DefFlags::TEST) {
                continue;
            }
            let this = GlobalDef { file, def: id };
            let habit = habits.entry((family, kind, package)).or_default();
            if keeps(name, convention(family, kind)) {
                habit.kept += 1;
            } else if !is_given(program, this, kind) {
                habit.others.push(this);
            }
        }
    }
    let mut findings = Vec::new();
    for ((family, kind, _), habit) in &habits {
        let total = habit.kept + habit.others.len();
        if total >= MANY && habit.others.len() * SHARE <= total {
            findings.extend(habit.others.iter().map(|&def| finding(program, def, convention(*family, *kind), habit.kept, total)));
        }
    }
    findings
}

fn kind(def: &Definition) -> Option<Kind> {
    match def.kind {
        DefKind::Function | DefKind::Method => Some(Kind::Function),
        DefKind::Class | DefKind::Struct | DefKind::Enum | DefKind::Interface | DefKind::Trait | DefKind::TypeAlias => Some(Kind::Type),
        _ => None,
    }
}

fn convention(family: Family, kind: Kind) -> Style {
    match (family, kind) {
        (_, Kind::Type) => Style::Pascal,
        (Family::TypeScript, Kind::Function) => Style::Camel,
        (Family::Python | Family::Rust, Kind::Function) => Style::Snake,
    }
}

/// Names of one letter, operators, quoted and computed names, and those that a protocol gives (`__init__`) say nothing.
fn is_judged(name: &str) -> bool {
    let plain = name.trim_matches('_');
    plain.len() > 1 && !name.starts_with("__") && plain.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Underscores around a name mean something else; capitals alone may be an abbreviation, a constant or an HTTP method.
fn keeps(name: &str, style: Style) -> bool {
    let plain = name.trim_matches('_');
    let upper = plain.chars().any(|c| c.is_ascii_uppercase());
    let lower = plain.chars().any(|c| c.is_ascii_lowercase());
    let starts_upper = plain.starts_with(|c: char| c.is_ascii_uppercase());
    match style {
        Style::Snake => !upper || !lower,
        // A component, a decorator or a constructor begins with a capital.
        Style::Camel => !plain.contains('_') || !lower,
        Style::Pascal => starts_upper && (!plain.contains('_') || !lower),
    }
}

/// A name that others gave: by a base class of a library, a dispatcher's prefix, a foreign interface, or a use as something else.
fn is_given(program: &Program, this: GlobalDef, kind: Kind) -> bool {
    let facts = program.file(this.file);
    let def = facts.def(this.def);
    let name = facts.text(def.name);
    match facts.language.family() {
        Family::Python if kind == Kind::Function => {
            // `def Field(…)` makes what looks like a class.
            !name.trim_start_matches('_').starts_with(|c: char| c.is_ascii_lowercase())
                || is_dispatched(name)
                || def.kind == DefKind::Method && has_base_elsewhere(program, this, def.parent, 0)
                || is_alias(facts, def)
        }
        Family::Python => {
            // Of a library whose classes are written so.
            let follows = def.bases.iter().any(|&base| last_name(facts, base).is_some_and(|base| !keeps(facts.text(base), Style::Pascal)));
            follows || is_used_as_function(facts, this.def) || facts.def(def.parent).kind == DefKind::Class
        }
        Family::TypeScript if kind == Kind::Function => {
            let in_object = def.flags.has(DefFlags::CLOSURE)
                && !facts.defs.iter().any(|other| other.name == def.name && other.kind == DefKind::Variable);
            in_object
                || is_dispatched(name)
                || ["unstable_", "unsafe_", "UNSAFE_", "experimental_", "internal_", "DEPRECATED_", "deprecated_"]
                    .iter()
                    .any(|prefix| name.starts_with(prefix))
                || def.kind == DefKind::Method && has_base_elsewhere(program, this, def.parent, 0)
                || matches!(facts.def(def.parent).kind, DefKind::Interface | DefKind::TypeAlias)
        }
        Family::TypeScript => def.kind == DefKind::TypeAlias && def.value.is_some_and(|value| is_derived(facts, value)),
        // The compiler asks for the convention, so who departs from it has said so.
        Family::Rust => true,
    }
}

/// `visit_Name`, `do_GET`, `handle_Order`: the rest of the name is another name. `setUp` and its like are a library's.
fn is_dispatched(name: &str) -> bool {
    let named = name.split_once('_').is_some_and(|(verb, rest)| {
        !verb.is_empty()
            && verb.chars().all(|c| c.is_ascii_lowercase())
            && rest.split('_').any(|word| word.starts_with(|c: char| c.is_ascii_uppercase()))
    });
    named || words(name).first().is_some_and(|word| matches!(word.as_str(), "visit" | "test"))
}

/// A class somewhere above comes from a library: its methods' names may too.
fn has_base_elsewhere(program: &Program, this: GlobalDef, class: DefId, depth: u8) -> bool {
    let facts = program.file(this.file);
    let def = facts.def(class);
    if depth > 8 {
        return true;
    }
    def.bases.iter().chain(&def.implements).any(|&base| match program.value(this.file, base) {
        Value::Def(parent) => has_base_elsewhere(program, parent, parent.def, depth + 1),
        _ => last_name(facts, base).is_none_or(|name| facts.text(name) != "object"),
    })
}

/// A function that only calls another and is kept for an old name, or that a decorator registers.
fn is_alias(facts: &FileFacts, def: &Definition) -> bool {
    def.decorators.iter().any(|&decorator| called_name(facts, decorator).is_some_and(|name| words(name).iter().any(|word| word == "alias")))
}

/// A class that is written like a function because it is called like one: decorators, context managers, descriptors.
fn is_used_as_function(facts: &FileFacts, class: DefId) -> bool {
    facts.definitions().any(|(_, def)| {
        def.parent == class
            && matches!(facts.text(def.name), "__call__" | "__get__" | "__enter__" | "__aenter__" | "__set_name__" | "__iter__" | "__new__")
    })
}

/// `type row = typeof rows`, after a value of that name; `type int = number`, after another language's.
fn is_derived(facts: &FileFacts, value: NodeId) -> bool {
    match facts.arena.kind(value) {
        NodeKind::Other(list) => facts.arena.list(list).len() == 1,
        NodeKind::Name(name) => facts.text(name).starts_with(|c: char| c.is_ascii_lowercase()),
        _ => false,
    }
}

fn finding(program: &Program, this: GlobalDef, style: Style, kept: usize, total: usize) -> Finding {
    let facts = program.file(this.file);
    let name = program.name(this);
    let what = match kind(facts.def(this.def)) {
        Some(Kind::Function) => "functions",
        _ => "types",
    };
    Finding {
        rule: RULE.into(),
        level: Level::Note,
        message: format!("`{name}` is not written in {}, as {kept} of {total} {what} here are", style.word()),
        primary: Label { location: program.name_location(this), text: format!("not {}", style.word()) },
        related: Vec::new(),
        flow: Vec::new(),
        help: Some(format!("call it `{}`", renamed(name, style))),
        subject: program.qualified_name(this),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}

/// The name in another style.
fn renamed(name: &str, style: Style) -> String {
    let words = words(name);
    let capital = |word: &String| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect::<String>();
    let lead = &name[..name.len() - name.trim_start_matches('_').len()];
    let body = match style {
        Style::Snake => words.join("_"),
        Style::Pascal => words.iter().map(capital).collect(),
        Style::Camel => words.iter().take(1).cloned().chain(words.iter().skip(1).map(capital)).collect(),
    };
    format!("{lead}{body}")
}
