//! `archcheck ask`: one file or folder in its architecture, for people and as JSON; `archcheck context`: the project's architecture as Markdown.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::mask::Masks;
use super::texts::Texts;
use super::{Sources, clean_line};
use crate::model::briefing::{Briefing, Guide, Neighbour, Permission, Piece, Said, Subject};
use crate::model::finding::{Level, Outcome};
use crate::model::rule::Rule;
use crate::model::source::Language;
use crate::model::stack::PackageStack;

/// A rule that is on, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleLine {
    pub id: String,
    pub level: Level,
    pub title: String,
}

/// What is reported of the file or folder, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingLine {
    pub path: String,
    /// One-based.
    pub line: u32,
    pub level: Level,
    pub rule: String,
    /// Without secrets.
    pub message: String,
}

/// An answer to `archcheck ask`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub briefing: Briefing,
    /// Rules that look at its languages.
    pub rules: Vec<RuleLine>,
    pub findings: Vec<FindingLine>,
}

impl Answer {
    /// Joins what is known of a place, what is reported there, and the rules (of those that are on) that look at its languages.
    pub fn new(briefing: Briefing, outcome: &Outcome, rules: &[Rule], sources: &dyn Sources) -> Answer {
        let texts = Texts::new(sources, Masks::new(outcome, sources));
        let findings = outcome.reported.iter().chain(&outcome.known).map(|found| {
            let location = &found.primary.location;
            let line = texts.get(&location.path).map_or(0, |text| text.position(text.clamp(location.span).start).line + 1);
            let message = texts.one_line(&found.message);
            FindingLine { path: location.path.to_string(), line, level: found.level, rule: found.rule.to_string(), message }
        });
        let findings = if briefing.subject == Subject::New { Vec::new() } else { findings.collect() };
        let rules = rules.iter().filter(|rule| looks_at(rule, &briefing.languages)).map(RuleLine::of).collect();
        Answer { briefing, rules, findings }
    }
}

impl RuleLine {
    /// A rule in one line.
    pub fn of(rule: &Rule) -> RuleLine {
        RuleLine { id: rule.id.to_string(), level: rule.level, title: rule.title.clone() }
    }
}

/// A rule looks at the languages that the examples of its page are in.
fn looks_at(rule: &Rule, languages: &[&str]) -> bool {
    let files = rule.examples().into_iter().flat_map(|example| example.files);
    files.filter_map(|file| Language::of_path(&file.path)).any(|language| languages.contains(&language.family().name()))
}

/// Paths named of one neighbour.
const PATHS: usize = 3;
/// Findings shown to people.
const FINDINGS: usize = 20;

/// For a terminal.
pub fn human(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    let Answer { briefing, rules, findings } = answer;
    writeln!(out, "{}", clean_line(&headline(briefing)))?;
    let mut row = |name: &str, text: String| writeln!(out, "  {name:<13} {}", clean_line(&text));
    if !briefing.parts.is_empty() {
        row("parts", briefing.parts.join(", "))?;
    }
    for (at, held) in briefing.holds.iter().enumerate() {
        row(if at == 0 { "holds" } else { "" }, format!("{} (line {}): {}, {}", held.name, held.line, held.role.name(), held.reason))?;
    }
    neighbours(&mut row, "imports", &briefing.uses)?;
    neighbours(&mut row, "imported by", &briefing.used_by)?;
    permissions(&mut row, "may import", &briefing.may)?;
    permissions(&mut row, "must not", &briefing.must_not)?;
    for (at, said) in briefing.said.iter().enumerate() {
        row(if at == 0 { "it is said" } else { "" }, spoken(said))?;
    }
    for (at, rule) in rules.iter().enumerate() {
        row(if at == 0 { "rules" } else { "" }, format!("{} ({}): {}", rule.id, rule.level.name(), rule.title))?;
    }
    for (at, found) in findings.iter().take(FINDINGS).enumerate() {
        let place =
            if briefing.subject == Subject::File { format!("line {}", found.line) } else { format!("{}:{}", found.path, found.line) };
        row(if at == 0 { "findings" } else { "" }, format!("{place}: {}[{}]: {}", found.level.name(), found.rule, found.message))?;
    }
    if findings.len() > FINDINGS {
        row("", format!("and {} more: `archcheck {}`", findings.len() - FINDINGS, briefing.path))?;
    }
    if findings.is_empty() && briefing.subject != Subject::New {
        row("findings", "none".to_string())?;
    }
    Ok(())
}

fn headline(briefing: &Briefing) -> String {
    let size = match briefing.subject {
        Subject::File => format!("{} lines", briefing.lines),
        Subject::Folder => format!("{} files, {} lines", briefing.files, briefing.lines),
        Subject::New => "no file yet, judged by its place".to_string(),
    };
    let role = match &briefing.role {
        Some(evidence) => format!("{} ({})", evidence.role.name(), evidence.reason),
        None => "no role".to_string(),
    };
    format!("{}: {role}, {} ({size})", briefing.path, briefing.languages.join(", "))
}

type Row<'r> = dyn FnMut(&str, String) -> io::Result<()> + 'r;

fn neighbours(row: &mut Row, name: &str, list: &[Neighbour]) -> io::Result<()> {
    if list.is_empty() {
        return row(name, "nothing of the project".to_string());
    }
    for (at, neighbour) in list.iter().enumerate() {
        let mut paths: Vec<&str> = neighbour.paths.iter().take(PATHS).map(|path| &**path).collect();
        let more = neighbour.paths.len().saturating_sub(PATHS);
        let tail = format!("{more} more");
        if more > 0 {
            paths.push(&tail);
        }
        row(if at == 0 { name } else { "" }, format!("{} ×{}: {}", neighbour.name, neighbour.imports, paths.join(", ")))?;
    }
    Ok(())
}

fn permissions(row: &mut Row, name: &str, list: &[Permission]) -> io::Result<()> {
    for (at, permission) in list.iter().enumerate() {
        row(if at == 0 { name } else { "" }, format!("{}: {}", permission.what, permission.why))?;
    }
    Ok(())
}

/// `one-till: only billing may import payments, because ADR-7 (use billing.api)`.
fn spoken(said: &Said) -> String {
    let because = said.because.as_ref().map(|text| format!(", because {text}")).unwrap_or_default();
    let fix = said.fix.as_ref().map(|text| format!(" ({text})")).unwrap_or_default();
    format!("{}: {}{because}{fix}", said.name, said.text)
}

/// For programs: version 1, fields are only ever added.
pub fn json(answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    let Answer { briefing, rules, findings } = answer;
    let held = |held: &crate::model::briefing::Held| json!({"line": held.line, "name": held.name, "role": held.role.name(), "evidence": held.reason});
    let neighbour = |neighbour: &Neighbour| json!({"name": neighbour.name, "imports": neighbour.imports, "paths": neighbour.paths.iter().map(|path| &**path).collect::<Vec<_>>()});
    let permission = |permission: &Permission| json!({"what": permission.what, "why": permission.why});
    let said = |said: &Said| json!({"name": said.name, "text": said.text, "because": said.because, "fix": said.fix});
    let rule = |rule: &RuleLine| json!({"id": rule.id, "level": rule.level.name(), "title": rule.title});
    let finding = |found: &FindingLine| json!({"path": found.path, "line": found.line, "level": found.level.name(), "rule": found.rule, "message": found.message});
    let value = json!({
        "format": "archcheck-ask",
        "version": 1,
        "path": briefing.path,
        "subject": briefing.subject.name(),
        "files": briefing.files,
        "lines": briefing.lines,
        "languages": briefing.languages,
        "parts": briefing.parts,
        "role": briefing.role.as_ref().map(|evidence| json!({"name": evidence.role.name(), "strength": evidence.strength.name(), "evidence": evidence.reason})),
        "holds": each(&briefing.holds, held),
        "imports": each(&briefing.uses, neighbour),
        "imported_by": each(&briefing.used_by, neighbour),
        "may": each(&briefing.may, permission),
        "must_not": each(&briefing.must_not, permission),
        "said": each(&briefing.said, said),
        "rules": each(rules, rule),
        "findings": each(findings, finding),
    });
    serde_json::to_writer_pretty(&mut *out, &value).map_err(io::Error::from)?;
    writeln!(out)
}

fn each<T>(list: &[T], value: impl Fn(&T) -> Value) -> Vec<Value> {
    list.iter().map(value).collect()
}

/// The architecture of a project as a short Markdown text, for an `AGENTS.md` or a newcomer.
pub fn context(guide: &Guide, stacks: &[PackageStack], rules: &[RuleLine], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Architecture\n")?;
    for stack in stacks.iter().filter(|stack| !stack.languages.is_empty()) {
        writeln!(out, "{}", clean_line(&stack_line(stack)))?;
    }
    if !guide.routes.is_empty() {
        let routes: Vec<String> = guide.routes.iter().map(|(framework, count)| format!("{count} {framework}")).collect();
        writeln!(out, "- Routes: {}", clean_line(&routes.join(", ")))?;
    }
    if !guide.pieces.is_empty() {
        writeln!(out, "\n| part | where | files | imports |\n|---|---|---|---|")?;
        for piece in &guide.pieces {
            writeln!(out, "{}", clean_line(&piece_row(piece)))?;
        }
    }
    if !guide.orders.is_empty() || !guide.rules.is_empty() {
        writeln!(out, "\n### What holds\n")?;
        for said in &guide.orders {
            writeln!(out, "- `{}`{} (`>` may import anything below, `>>` the next layer only)", clean_line(&said.text), reason(said))?;
        }
        for said in &guide.rules {
            writeln!(out, "- {}{}", clean_line(&said.text), reason(said))?;
        }
    }
    writeln!(out, "\n### Checked by archcheck\n")?;
    for rule in rules.iter().filter(|rule| rule.level > Level::Note) {
        writeln!(out, "- {} (`{}`)", clean_line(&rule.title), rule.id)?;
    }
    writeln!(
        out,
        "\nBefore writing a file: `archcheck ask PATH` says what it may import. Before a commit: `archcheck`; `archcheck explain RULE` says why and how to mend it."
    )
}

fn reason(said: &Said) -> String {
    said.because.as_ref().map(|text| format!(": {}", clean_line(text))).unwrap_or_default()
}

/// "- `services/api`: Python (120 files); FastAPI, SQLAlchemy".
fn stack_line(stack: &PackageStack) -> String {
    let place = if stack.root.is_empty() { "." } else { &stack.root };
    let languages: Vec<String> = stack.languages.iter().map(|(family, files)| format!("{} ({files} files)", family.name())).collect();
    let mut items: Vec<&str> = stack.items.iter().map(|item| item.name.as_str()).collect();
    items.dedup();
    let items = if items.is_empty() { String::new() } else { format!("; {}", items.join(", ")) };
    format!("- `{place}`: {}{items}", languages.join(", "))
}

fn piece_row(piece: &Piece) -> String {
    let places: Vec<String> = piece.places.iter().map(|place| format!("`{}`", place.replace('|', "\\|"))).collect();
    let uses: Vec<String> = piece.uses.iter().map(|(name, count)| format!("{name} ({count})")).collect();
    format!("| {} | {} | {} | {} |", piece.name, places.join(", "), piece.files, uses.join(", "))
}
