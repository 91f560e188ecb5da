//! `archcheck: ignore[rule-id] reason` in comments.
//!
//! On a line with code a comment speaks of that line (also of a finding that ends there); alone on its line, of the line below, and when a
//! definition with decorators starts there, of its name too. `ignore-file[…]` at the top speaks of the whole file. A suppression without a reason
//! silences nothing and is reported; so is one that had nothing to silence.

use std::sync::{Arc, LazyLock};

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::{FileNotes, SUPPRESSION_WITHOUT_REASON, Selection, Triaged, UNUSED_SUPPRESSION, identity};
use crate::model::facts::{DefId, FileFacts};
use crate::model::finding::{Confidence, Finding, Label, Level, Location, Suppressed};
use crate::model::problem::{Problem, ProblemKind};
use crate::model::rule::Rule;
use crate::model::source::{Family, LineIndex, Span};

/// The suppressions of one file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Directives {
    list: Vec<Directive>,
    /// Comments addressed to archcheck that it does not understand.
    problems: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Directive {
    /// The rule ids named, each with its place.
    rules: Vec<(String, Span)>,
    /// Empty when none is given.
    reason: String,
    /// From `archcheck:` to the end of the comment's line.
    span: Span,
    scope: Scope,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Scope {
    File,
    /// Lines on which a finding may start.
    Below {
        first: u32,
        last: u32,
    },
    /// The line on which a finding starts or ends.
    Beside(u32),
}

/// The suppressions in a source file's comments.
pub fn in_source(text: &str, facts: &FileFacts, lines: &LineIndex) -> Directives {
    let mut found = Directives::default();
    let mark = if facts.language.family() == Family::Python { Mark::Hash } else { Mark::Slashes };
    for comment in &facts.comments {
        let Some(content) = text.get(comment.span.range()) else { continue };
        for (at, line) in lines_of(content) {
            let start = comment.span.start as usize + at;
            let alone = is_alone(text, comment.span, lines);
            read_line(line, start, &mut found, |name| match name {
                "ignore-file" => {
                    // A Python docstring may stand above it, code may not.
                    let code = facts.imports.iter().map(|import| import.span.start);
                    let code = code.chain(facts.definitions().filter(|(id, _)| *id != DefId::MODULE).map(|(_, def)| def.span.start));
                    code.min().is_none_or(|first| comment.span.start < first).then_some(Scope::File)
                }
                _ if alone => Some(below(text, facts, lines, mark, comment.span)),
                _ => Some(Scope::Beside(lines.line(comment.span.start))),
            });
        }
    }
    found
}

/// The suppressions in a text file (`.env`, YAML, shell …): comments start with `#`, `//`, `;` or `--`.
pub fn in_text(text: &str, lines: &LineIndex) -> Directives {
    let mut found = Directives::default();
    if !text.contains("archcheck:") {
        return found;
    }
    let mut any_code = false;
    for (start, line) in lines_of(text) {
        let trimmed = line.trim_start();
        let alone = ["#", "//", ";", "--", "/*", "*"].iter().any(|mark| trimmed.starts_with(mark));
        let number = lines.line(start as u32);
        let top = !any_code;
        any_code |= !alone && !trimmed.is_empty();
        let Some(comment) = line.find("archcheck:").filter(|&at| alone || line[..at].trim_end().ends_with(['#', '/', ';', '*', '-']))
        else {
            continue;
        };
        read_line(&line[comment..], start + comment, &mut found, |name| match name {
            "ignore-file" => top.then_some(Scope::File),
            _ if alone => Some(Scope::Below { first: number + 1, last: number + 1 }),
            _ => Some(Scope::Beside(number)),
        });
    }
    found
}

/// Silences findings and reports the suppressions that are wrong.
pub(super) fn apply(findings: Vec<Finding>, files: &[FileNotes], rules: &[Rule], selection: &Selection) -> Triaged {
    let mut triaged = Triaged::default();
    let mut used: Vec<Vec<Vec<bool>>> =
        files.iter().map(|file| file.directives.list.iter().map(|directive| vec![false; directive.rules.len()]).collect()).collect();
    for finding in findings {
        let path = &finding.primary.location.path;
        let place = files.binary_search_by(|file| file.path.cmp(path)).ok();
        let hit = place.and_then(|at| Some((at, silencing(finding.primary.location.span, &finding.rule, &files[at])?)));
        match hit {
            Some((file, (directive, name))) => {
                used[file][directive][name] = true;
                let silent = &files[file].directives.list[directive];
                let comment = Location { path: path.clone(), span: silent.span };
                triaged.suppressed.push(Suppressed { finding, reason: silent.reason.clone(), comment });
            }
            None => triaged.reported.push(finding),
        }
    }
    let mut own = Vec::new();
    for (file, used) in files.iter().zip(&used) {
        if !selection.shows(&file.path) {
            continue;
        }
        triaged.problems.extend(file.directives.problems.iter().map(|problem| problem.clone().at(&file.path)));
        for (directive, used) in file.directives.list.iter().zip(used) {
            judge(directive, used, &file.path, rules, selection, &mut own);
        }
    }
    let on = |finding: &Finding| {
        let rule = rules.iter().find(|rule| rule.id == finding.rule);
        selection.level(&finding.rule, rule, rule.map_or(Level::Warning, |rule| rule.level))
    };
    let own = own.into_iter().filter_map(|finding| Some(Finding { level: on(&finding)?, ..finding }));
    triaged.reported.extend(identity::identify(own.collect()));
    triaged
}

/// True when a comment of the file silences what `rule` finds at `span`.
pub fn speaks_of(file: &FileNotes, span: Span, rule: &str) -> bool {
    silencing(span, rule, file).is_some()
}

/// The suppression that silences a finding of `rule` at `span`, and which of its rules does: the first in the file.
fn silencing(span: Span, rule: &str, file: &FileNotes) -> Option<(usize, usize)> {
    let (start, end) = (file.lines.line(span.start), file.lines.line(span.end.saturating_sub(1).max(span.start)));
    file.directives.list.iter().enumerate().filter(|(_, directive)| !directive.reason.is_empty()).find_map(|(at, directive)| {
        let covers = match directive.scope {
            Scope::File => true,
            Scope::Below { first, last } => (first..=last).contains(&start),
            Scope::Beside(line) => line == start || line == end,
        };
        let name = directive.rules.iter().position(|(own, _)| *own == rule)?;
        covers.then_some((at, name))
    })
}

/// Reports what is wrong with a suppression.
fn judge(directive: &Directive, used: &[bool], path: &Arc<str>, rules: &[Rule], selection: &Selection, out: &mut Vec<Finding>) {
    if directive.reason.is_empty() {
        let names: Vec<String> = directive.rules.iter().map(|(name, _)| format!("`{name}`")).collect();
        out.push(finding(
            SUPPRESSION_WITHOUT_REASON,
            format!("This suppression of {} gives no reason and silences nothing.", names.join(", ")),
            (path, directive.span, "no reason"),
            "write after the brackets why this is right: `archcheck: ignore[rule-id] the export reads each page once`",
            directive.rules.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(","),
        ));
        return;
    }
    for ((name, span), used) in directive.rules.iter().zip(used) {
        let rule = rules.iter().find(|rule| *rule.id == **name);
        let (message, label, help) = match rule {
            None => {
                let near = crate::config::did_you_mean(name, rules.iter().map(|rule| &*rule.id));
                let help = near.map_or("`archcheck rules` lists the rules".to_string(), |near| format!("did you mean `{near}`?"));
                (format!("This suppression names `{name}`, which is no rule."), "unknown rule", help)
            }
            Some(rule) if !used && selection.is_on(rule) => {
                (format!("This suppression of `{name}` silences nothing."), "nothing to silence", "remove it".to_string())
            }
            Some(_) => continue,
        };
        out.push(finding(UNUSED_SUPPRESSION, message, (path, *span, label), &help, name.clone()));
    }
}

fn finding(rule: &str, message: String, (path, span, label): (&Arc<str>, Span, &str), help: &str, subject: String) -> Finding {
    Finding {
        rule: Arc::from(rule),
        level: Level::Warning,
        message,
        primary: Label { location: Location { path: path.clone(), span }, text: label.to_string() },
        related: Vec::new(),
        flow: Vec::new(),
        help: Some(help.to_string()),
        subject,
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}

/// Reads the directive on one line of a comment, if there is one. `start` is the line's offset in the file; `scope` says what
/// a directive of that name speaks of here, or that it may not stand here.
fn read_line(line: &str, start: usize, out: &mut Directives, scope: impl FnOnce(&str) -> Option<Scope>) {
    static FORM: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?:^|[\s#/*!;-])archcheck:\s*(?P<name>[A-Za-z-]+)\s*(?:\[(?P<rules>[^\]]*)\])?(?P<reason>.*)").ok());
    let Some(found) = FORM.as_ref().and_then(|form| form.captures(line)) else { return };
    let (Some(whole), Some(name)) = (found.get(0), found.name("name")) else { return };
    let begin = start + whole.start() + whole.as_str().find("archcheck:").unwrap_or(0);
    let span = Span::new(begin, start + line.trim_end().len());
    let mut problem = |message: String| out.problems.push(Problem::new(ProblemKind::Directive, Some(span), message));
    if !matches!(name.as_str(), "ignore" | "ignore-file") {
        let near = crate::config::did_you_mean(name.as_str(), ["ignore", "ignore-file"]).unwrap_or("ignore");
        return problem(format!("`archcheck: {}` is not understood; did you mean `archcheck: {near}[rule-id] reason`?", name.as_str()));
    }
    let listed = found.name("rules");
    let rules: Vec<(String, Span)> = listed.map(|list| words(list.as_str(), start + list.start())).unwrap_or_default();
    if rules.is_empty() {
        return problem(format!("a suppression names the rules it silences: `archcheck: {}[rule-id] reason`", name.as_str()));
    }
    let Some(scope) = scope(name.as_str()) else {
        return problem("`ignore-file` stands at the top of the file, before the first code".to_string());
    };
    let reason = found.name("reason").map_or("", |reason| reason.as_str());
    // What another tool's comment says on the same line is no reason.
    let end = [" # ", " // "].iter().filter_map(|mark| reason.find(mark)).min().unwrap_or(reason.len());
    let reason = reason[..end].trim().trim_end_matches("*/").trim_end_matches("-->").trim();
    let reason = reason.trim_start_matches([':', '-', '–', '—']).trim().to_string();
    out.list.push(Directive { rules, reason, span, scope });
}

/// The comma-separated words of a list at offset `start`.
fn words(list: &str, start: usize) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    let mut at = start;
    for part in list.split(',') {
        let word = part.trim();
        let begin = at + (part.len() - part.trim_start().len());
        if !word.is_empty() {
            found.push((word.to_string(), Span::new(begin, begin + word.len())));
        }
        at += part.len() + 1;
    }
    found
}

/// Lines with their offsets.
fn lines_of(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line.trim_end_matches(['\n', '\r'])))
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Hash,
    Slashes,
}

/// True when nothing but the comment stands on its lines (a JSX comment stands in braces).
fn is_alone(text: &str, comment: Span, lines: &LineIndex) -> bool {
    let start = lines.start_of(lines.line(comment.start)) as usize;
    let end = text.get(comment.end as usize..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| comment.end as usize + at);
    let blank = |part: Option<&str>| part.is_some_and(|part| part.chars().all(|c| c.is_whitespace() || matches!(c, '{' | '}')));
    // A Rust line comment's node may hold its line break.
    let ends_line = text.get(comment.range()).is_some_and(|comment| comment.ends_with('\n'));
    blank(text.get(start..comment.start as usize)) && (ends_line || blank(text.get(comment.end as usize..end)))
}

/// The line below a comment, further comments skipped, down to the name of a definition that starts there.
fn below(text: &str, facts: &FileFacts, lines: &LineIndex, mark: Mark, comment: Span) -> Scope {
    let is_comment = |line: u32| {
        let start = lines.start_of(line) as usize;
        let rest = text.get(start..).unwrap_or_default().trim_start_matches([' ', '\t']);
        match mark {
            Mark::Hash => rest.starts_with('#'),
            Mark::Slashes => rest.starts_with("//") || rest.starts_with("/*") || rest.starts_with("* ") || rest.starts_with("*/"),
        }
    };
    let last_byte = comment.end.saturating_sub(1).max(comment.start);
    let mut first = lines.line(last_byte) + 1;
    while first < lines.lines() && is_comment(first) {
        first += 1;
    }
    let names = facts.definitions().filter(|(id, def)| *id != DefId::MODULE && lines.line(def.span.start) == first);
    let last = names.map(|(_, def)| lines.line(def.name_span.start)).max().unwrap_or(first).max(first);
    Scope::Below { first, last }
}
