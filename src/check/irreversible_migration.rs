//! `irreversible-migration`: a schema migration that cannot be taken back.
//!
//! Three forms: functions or methods `upgrade`/`downgrade` and `up`/`down` in a file that is a migration, steps that knowledge says need
//! an argument to be undone, and pairs of SQL files. A way back that raises, or that says why
//! there is none, is a decision, and no finding. What the project does
//! decides how loud: where no migration has a way back there is one note for the package.

use std::collections::BTreeMap;

use super::Context;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts};
use crate::model::finding::{Confidence, Finding, Label, Level, Location};
use crate::model::knowledge::{ApiFact, ArgumentRef};
use crate::model::nesting::{arguments, called_name};
use crate::model::program::Program;
use crate::model::role::Role;
use crate::model::source::{Family, FileId, Span};
use crate::rulebook::vocabulary::vocabulary;

const RULE: &str = "irreversible-migration";

/// Most places listed with the note for a whole package.
const MAX_PLACES: usize = 8;

/// How migrations of one kind are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    /// A function that undoes another.
    Functions,
    Steps,
    SqlFiles,
}

/// A migration that could have a way back.
struct Migration {
    form: Form,
    /// Why there is none; `None` where there is one.
    flaw: Option<Flaw>,
    path: std::sync::Arc<str>,
}

struct Flaw {
    what: String,
    place: Location,
    label: &'static str,
    help: &'static str,
}

/// Finds migrations without a way back.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let mut groups: BTreeMap<(Option<usize>, Form), Vec<Migration>> = BTreeMap::new();
    let mut add = |migration: Migration| {
        groups.entry((program.project.package_of(&migration.path), migration.form)).or_default().push(migration);
    };
    for at in 0..program.facts.len() {
        let file = FileId(at as u32);
        let is = |role: Role| program.file_roles[at].iter().any(|evidence| evidence.role == role);
        if is(Role::Migration) && !is(Role::Test) {
            functions(program, file).into_iter().for_each(&mut add);
            steps(program, file).into_iter().for_each(&mut add);
        }
    }
    sql_files(context).into_iter().for_each(&mut add);
    groups.values().flat_map(|group| report(context, group)).collect()
}

/// Every flaw by itself, or one note where the project only goes forward.
fn report(context: &Context, group: &[Migration]) -> Vec<Finding> {
    let flawed: Vec<(&Migration, &Flaw)> = group.iter().filter_map(|one| Some((one, one.flaw.as_ref()?))).collect();
    // Of few migrations nearly all, of many most.
    let part = if flawed.len() >= 20 { 5 } else { 9 };
    let forward_only = flawed.len() >= 2 && flawed.len() * 10 >= group.len() * part;
    if !forward_only || context.settings.strict() {
        return flawed.iter().map(|(_, flaw)| finding(flaw, flaw.what.clone(), Vec::new(), flaw.place.path.to_string())).collect();
    }
    let Some((_, last)) = flawed.last() else { return Vec::new() };
    let what = format!("{} of {} migrations have no way back: the project goes forward only", flawed.len(), group.len());
    let related = flawed.iter().rev().skip(1).take(MAX_PLACES);
    let related = related.map(|(_, flaw)| Label { location: flaw.place.clone(), text: flaw.label.to_string() }).collect();
    vec![finding(last, what, related, "forward only".to_string())]
}

fn finding(flaw: &Flaw, message: String, related: Vec<Label>, subject: String) -> Finding {
    Finding {
        rule: RULE.into(),
        level: Level::Note,
        message,
        primary: Label { location: flaw.place.clone(), text: flaw.label.to_string() },
        related,
        flow: Vec::new(),
        help: Some(flaw.help.to_string()),
        subject,
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}

/// `upgrade` and `downgrade`, `up` and `down`: of the module, exported, or methods of one class.
fn functions(program: &Program, file: FileId) -> Vec<Migration> {
    let facts = program.file(file);
    let mut found = Vec::new();
    for (forward, back) in [("upgrade", "downgrade"), ("up", "down")] {
        let scopes = facts.definitions().filter(|(id, def)| *id == DefId::MODULE || matches!(def.kind, DefKind::Class | DefKind::Impl));
        for (scope, _) in scopes {
            let Some(forward) = member(facts, scope, forward) else { continue };
            if is_empty(facts, forward) != Some(false) {
                continue;
            }
            let name_span = facts.def(forward).name_span;
            let help = "write the inverse of each step, or raise an error there that says why there is none";
            let flaw = match member(facts, scope, back) {
                Some(down) if is_empty(facts, down) == Some(true) && !explains(facts, down) => Some(Flaw {
                    what: format!("`{back}` does nothing: this migration cannot be taken back"),
                    place: program.location(file, empty_place(facts, down)),
                    label: "no way back",
                    help,
                }),
                None if !exports_value(facts, back) => Some(Flaw {
                    what: format!("there is no `{back}`: this migration cannot be taken back"),
                    place: program.location(file, name_span),
                    label: "no way back from here",
                    help,
                }),
                _ => None,
            };
            found.push(Migration { form: Form::Functions, flaw, path: program.path(file).clone() });
        }
    }
    found
}

/// A function of this name in a scope; of the module also one that is exported as it.
fn member(facts: &FileFacts, scope: DefId, name: &str) -> Option<DefId> {
    let own = facts.definitions().find(|(id, def)| {
        *id != scope
            && def.parent == scope
            && matches!(def.kind, DefKind::Function | DefKind::Method)
            && facts.text(def.name) == name
            && def.body.is_some()
    });
    if own.is_some() || scope != DefId::MODULE {
        return own.map(|(id, _)| id);
    }
    let value = exported(facts, name)?;
    match facts.arena.kind(value) {
        NodeKind::Closure(def) | NodeKind::Define(def) => Some(def),
        _ => None,
    }
}

fn exported(facts: &FileFacts, name: &str) -> Option<NodeId> {
    let direct = facts.exports.iter().find(|export| facts.text(export.exported) == name).map(|export| export.value);
    let entry = || {
        let whole = facts.exports.iter().find(|export| matches!(facts.text(export.exported), "=" | "default"))?;
        let NodeKind::Collection { items, .. } = facts.arena.kind(whole.value) else { return None };
        facts.arena.list(items).find_map(|item| match facts.arena.kind(item) {
            NodeKind::Entry { key, value } if facts.string(key) == Some(name) => Some(value),
            _ => None,
        })
    };
    direct.or_else(entry)
}

/// The way back is exported, or re-exported, as something other than a function written here: it is there, whatever it is.
fn exports_value(facts: &FileFacts, name: &str) -> bool {
    exported(facts, name).is_some()
        || facts.imports.iter().any(|import| import.local.is_some_and(|local| facts.text(local) == name))
        || facts.defs.iter().any(|def| facts.text(def.name) == name)
}

/// Whether a function does nothing; `None` when it has no body.
fn is_empty(facts: &FileFacts, function: DefId) -> Option<bool> {
    let body = facts.def(function).body?;
    let NodeKind::Block { items, .. } = facts.arena.kind(body) else { return Some(does_nothing(facts, body)) };
    Some(facts.arena.list(items).all(|item| does_nothing(facts, item)))
}

/// Where to point in a function that does nothing: its statement, or its name.
fn empty_place(facts: &FileFacts, function: DefId) -> Span {
    let def = facts.def(function);
    let last = def.body.and_then(|body| match facts.arena.kind(body) {
        NodeKind::Block { items, .. } => facts.arena.list(items).last(),
        _ => None,
    });
    last.map_or(def.name_span, |node| facts.arena.span(node))
}

/// Whether they explain themselves, of all functions that may be ways back: what this rule sees of layout.
pub(super) fn explained(facts: &FileFacts) -> Vec<bool> {
    let is_back = |function: DefId| matches!(facts.text(facts.def(function).name), "down" | "downgrade");
    let back = ["down", "downgrade"].iter().any(|name| exported(facts, name).is_some())
        || facts.definitions().any(|(function, _)| is_back(function));
    let functions = facts.definitions().filter(|_| back).map(|(function, _)| function);
    functions.map(|function| explains(facts, function)).collect()
}

/// A function that does nothing says why in a comment or docstring. Facts hold no comments, but the room they take: what the
/// definition spans beyond its signature and statements.
fn explains(facts: &FileFacts, function: DefId) -> bool {
    const COMMENT: u32 = 24;
    let def = facts.def(function);
    let Some(body) = def.body else { return false };
    let whole = match facts.language.family() {
        // A block begins with its first statement; the comment before it is the definition's.
        Family::Python => {
            let ends = def.params.iter().flat_map(|param| [Some(param.span.end), param.annotation.map(|node| facts.arena.span(node).end)]);
            let signature = ends.flatten().chain(def.annotation.map(|node| facts.arena.span(node).end)).fold(def.name_span.end, u32::max);
            def.span.end.saturating_sub(signature)
        }
        _ => facts.arena.span(body).end - facts.arena.span(body).start,
    };
    let statements: Vec<NodeId> = match facts.arena.kind(body) {
        NodeKind::Block { items, .. } => facts.arena.list(items).collect(),
        _ => vec![body],
    };
    let documented = statements.iter().any(|&node| {
        facts.string(node).is_some_and(|text| {
            let text = text.to_ascii_lowercase();
            vocabulary().texts.explanations.within(&text)
        })
    });
    let written: u32 = statements.iter().map(|&node| facts.arena.span(node)).map(|span| span.end - span.start).sum();
    documented || whole.saturating_sub(written) > COMMENT
}

/// `pass`, `...`, a docstring, `return`, `return Promise.resolve()`, `Ok(())`, `Promise.resolve()`.
fn does_nothing(facts: &FileFacts, node: NodeId) -> bool {
    match facts.arena.kind(node) {
        NodeKind::Str(_) | NodeKind::Null | NodeKind::Continue | NodeKind::Bool(_) | NodeKind::Return(None) => true,
        NodeKind::Other(items) => facts.arena.list(items).len() == 0,
        NodeKind::Return(Some(value)) | NodeKind::Await(value) => does_nothing(facts, value),
        NodeKind::Call { .. } => {
            matches!(called_name(facts, node), Some("resolve" | "Ok")) && arguments(facts, node).all(|value| does_nothing(facts, value))
        }
        _ => false,
    }
}

/// Steps that need an argument to be undone.
fn steps(program: &Program, file: FileId) -> Option<Migration> {
    let facts = program.file(file);
    let mut flaw: Option<Flaw> = None;
    let mut count = 0;
    for node in facts.arena.ids() {
        let Some(api) = program.called_api(file, node) else { continue };
        let reverse = program.facts_of(api).find_map(|(fact, _)| match fact {
            ApiFact::MigrationStep { reverse } => Some(reverse),
            _ => None,
        });
        let Some(reverse) = reverse else { continue };
        count += 1;
        if reverse.iter().any(|argument| has_argument(facts, node, argument)) || flaw.is_some() {
            continue;
        }
        let name = called_name(facts, node).unwrap_or_default();
        flaw = Some(Flaw {
            what: format!("`{name}` is not told how to undo its step: this migration cannot be taken back"),
            place: program.location(file, super::spelling::call_span(facts, node)),
            label: "no way back",
            help: "give the step its inverse (`reverse_code`, `reverse_sql`); `RunPython.noop` and `RunSQL.noop` say that nothing is to be undone",
        });
    }
    (count > 0).then(|| Migration { form: Form::Steps, flaw, path: program.path(file).clone() })
}

fn has_argument(facts: &FileFacts, call: NodeId, reference: &ArgumentRef) -> bool {
    let mut args = arguments(facts, call);
    match reference {
        ArgumentRef::Position(at) => args
            .filter(|&node| !matches!(facts.arena.kind(node), NodeKind::Argument { .. }))
            .nth(*at as usize)
            .is_some_and(|node| facts.arena.kind(node) != NodeKind::Null),
        ArgumentRef::Name(name) => args.any(|node| match facts.arena.kind(node) {
            NodeKind::Argument { name: own, value } => facts.text(own) == name && facts.arena.kind(value) != NodeKind::Null,
            NodeKind::Spread { .. } => true,
            _ => false,
        }),
    }
}

/// `up.sql` and `down.sql` in one folder, `x.up.sql` and `x.down.sql` beside each other.
fn sql_files(context: &Context) -> Vec<Migration> {
    let text_of = |wanted: &str| {
        let at = context.texts.binary_search_by(|(path, _)| (**path).cmp(wanted)).ok()?;
        Some(&context.texts[at].1)
    };
    let mut found = Vec::new();
    for (path, text) in context.texts {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let back = match name {
            "up.sql" => format!("{folder}{}down.sql", if folder.is_empty() { "" } else { "/" }),
            _ => match path.strip_suffix(".up.sql") {
                Some(stem) => format!("{stem}.down.sql"),
                None => continue,
            },
        };
        let test = path.split('/').any(|part| matches!(part, "test" | "tests" | "fixtures" | "testdata"));
        if test || !has_statement(text) {
            continue;
        }
        let place = |path: &std::sync::Arc<str>| Location { path: path.clone(), span: Span { start: 0, end: 0 } };
        let help = "write the statements that undo it into the `down` file";
        let flaw = match text_of(&back) {
            Some(down) if has_statement(down) || says_why(down) => None,
            Some(_) => Some(("the `down` file is empty", place(&std::sync::Arc::from(back.as_str())))),
            None => Some(("there is no `down` file", place(path))),
        };
        let flaw = flaw.map(|(what, place)| Flaw {
            what: format!("{what}: this migration cannot be taken back"),
            place,
            label: "no way back",
            help,
        });
        found.push(Migration { form: Form::SqlFiles, flaw, path: path.clone() });
    }
    found
}

/// A comment of somebody's own ("not reversible"), and not the one that a generator leaves there.
fn says_why(sql: &str) -> bool {
    let generated = ["this file should undo", "add down migration script here", "your sql goes here"];
    let mut comments = sql.lines().filter_map(|line| line.trim().strip_prefix("--")).map(|comment| comment.trim().to_ascii_lowercase());
    // A statement that is commented out is no reason.
    let is_reason = |text: &String| !text.is_empty() && !text.ends_with(';') && !generated.iter().any(|own| text.contains(own));
    comments.any(|text| is_reason(&text))
}

/// Anything but comments and blanks.
fn has_statement(sql: &str) -> bool {
    sql.lines().map(str::trim).any(|line| !line.is_empty() && !line.starts_with("--") && !line.starts_with("/*") && line != "*/")
}
