//! `archcheck-baseline.json`: read with places, written so that it merges and reviews well.
//!
//! One line for each entry, sorted, without line numbers: an edit that fixes nothing changes nothing. Which findings an entry stands for is
//! decided in `triage`; writing the file to the disk is the command line's.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{ConfigError, files, shown, unreadable};
use crate::model::baseline::{Baseline, Entry};
use crate::model::source::Span;

/// The baseline's name, in the root.
pub const FILE_NAME: &str = "archcheck-baseline.json";

const VERSION: u32 = 1;
/// What joins the two ends of a subject that is an edge.
const ARROW: &str = " -> ";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<'a> {
    version: u32,
    #[serde(borrow)]
    findings: Vec<&'a RawValue>,
}

/// An entry as it is written: an edge with its two ends, anything else with its subject.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    rule: String,
    path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    count: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    because: Option<String>,
}

/// The baseline of a root: the file given, else [`FILE_NAME`] when it is there.
///
/// # Errors
/// A file that is there and cannot be read or understood, and a file that was asked for and is not there.
pub fn load(root: &Path, explicit: Option<&Path>) -> Result<Option<Baseline>, Vec<ConfigError>> {
    let path = explicit.map_or_else(|| root.join(FILE_NAME), Path::to_path_buf);
    let name = shown(root, &path);
    let read = if explicit.is_some() { files::read_named(&path) } else { files::read(root, &path) };
    match read {
        Ok(text) => parse(&name, &text).map(Some),
        Err(error) if explicit.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(vec![unreadable(&name, &error)]),
    }
}

/// Parses a baseline.
///
/// # Errors
/// Everything that is wrong with it, at its place.
pub fn parse(path: &str, text: &str) -> Result<Baseline, Vec<ConfigError>> {
    let error = |span: Option<Span>, message: String, label: String, help: &str| ConfigError {
        path: path.into(),
        text: text.into(),
        span,
        message,
        label,
        help: Some(help.to_string()),
    };
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let shift = text.len() - body.len();
    let document: Document = serde_json::from_str(body).map_err(|wrong| {
        let at = offset(body, wrong.line(), wrong.column()) + shift;
        let help = "take one side of a merge and run `archcheck baseline`, which takes away what is fixed";
        vec![error(Some(Span::new(at, (at + 1).min(text.len()))), format!("`{path}` is not a baseline"), reason(&wrong), help)]
    })?;
    if document.version != VERSION {
        let message = format!("unknown version of `{path}`");
        return Err(vec![error(None, message, String::new(), "this archcheck reads version 1")]);
    }
    let mut errors = Vec::new();
    let mut entries = Vec::new();
    for raw in document.findings {
        // A raw value is a slice of the text it was read from.
        let start = (raw.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len());
        let span = Span::new(start, (start + raw.get().len()).min(text.len()));
        match serde_json::from_str::<Row>(raw.get()).map_err(|wrong| reason(&wrong)).and_then(entry) {
            Ok(entry) => entries.push((entry, span)),
            Err(reason) => {
                let help = "an entry has `rule`, `path`, `count` and either `subject` or `from` and `to`";
                errors.push(error(Some(span), format!("an entry of `{path}` is not understood"), reason, help));
            }
        }
    }
    if errors.is_empty() { Ok(Baseline { path: path.into(), text: text.into(), entries }) } else { Err(errors) }
}

/// The file that holds these entries, sorted, each once.
pub fn render(entries: &[Entry]) -> String {
    let mut rows: BTreeMap<(&str, &str, &str), Row> = BTreeMap::new();
    for entry in entries {
        rows.entry(entry.key()).and_modify(|row| row.count += entry.count).or_insert_with(|| row(entry));
    }
    let lines: Vec<String> = rows.values().filter_map(|row| serde_json::to_string(row).ok()).collect();
    let lines = if lines.is_empty() { String::new() } else { format!("\n    {}\n  ", lines.join(",\n    ")) };
    format!("{{\n  \"version\": {VERSION},\n  \"findings\": [{lines}]\n}}\n")
}

fn row(entry: &Entry) -> Row {
    let mut row = Row {
        rule: entry.rule.to_string(),
        path: entry.path.to_string(),
        from: None,
        to: None,
        subject: None,
        count: entry.count,
        because: entry.because.clone(),
    };
    match entry.subject.split_once(ARROW) {
        Some((from, to)) if !to.contains(ARROW) => (row.from, row.to) = (Some(from.to_string()), Some(to.to_string())),
        _ => row.subject = Some(entry.subject.clone()),
    }
    row
}

fn entry(row: Row) -> Result<Entry, String> {
    let subject = match (row.subject, row.from, row.to) {
        (Some(subject), None, None) => subject,
        (None, Some(from), Some(to)) => format!("{from}{ARROW}{to}"),
        _ => return Err("needs either `subject` or both `from` and `to`".to_string()),
    };
    Ok(Entry { rule: Arc::from(row.rule), path: Arc::from(row.path), subject, count: row.count, because: row.because })
}

/// The error without its line and column, which are shown by drawing it.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rfind(" at line ").map_or(text.clone(), |at| text[..at].to_string())
}

/// The byte at a one-based line and column; columns count bytes.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut at = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(rule: &str, path: &str, subject: &str, count: u32) -> Entry {
        Entry { rule: rule.into(), path: path.into(), subject: subject.into(), count, because: None }
    }

    #[test]
    fn what_is_written_is_read_and_sorted_one_line_each() {
        let noted = Entry { because: Some("until the new shop".into()), ..entry("n-plus-one", "app/b.py", "app.b.totals repo.get", 2) };
        let entries =
            [noted.clone(), entry("contract", "app/a.py", "app.a -> sqlalchemy", 1), entry("import-cycle", "x.py", "a -> b -> a", 1)];
        let text = render(&entries);
        insta::assert_snapshot!(text, @r#"
        {
          "version": 1,
          "findings": [
            {"rule":"contract","path":"app/a.py","from":"app.a","to":"sqlalchemy","count":1},
            {"rule":"import-cycle","path":"x.py","subject":"a -> b -> a","count":1},
            {"rule":"n-plus-one","path":"app/b.py","subject":"app.b.totals repo.get","count":2,"because":"until the new shop"}
          ]
        }
        "#);
        let read = parse("b.json", &text).expect("a baseline");
        assert_eq!(
            read.entries.iter().map(|(entry, _)| entry.clone()).collect::<Vec<_>>(),
            [entries[1].clone(), entries[2].clone(), noted]
        );
        let (_, span) = &read.entries[1];
        assert!(text[span.range()].starts_with("{\"rule\":\"import-cycle\"") && text[span.range()].ends_with('}'), "{span:?}");
        assert_eq!(parse("b.json", &render(&[])).expect("a baseline").entries, []);
    }

    #[test]
    fn what_is_wrong_is_told_at_its_place() {
        let wrong = |text: &str| {
            let error = parse("b.json", text).expect_err("wrong").remove(0);
            (error.message, error.label, error.span.map(|span| text[span.range()].to_string()))
        };
        let at = |text: &str| Some(text.to_string());
        let unmerged = "{\n  \"version\": 1,\n<<<<<<< HEAD\n";
        let (message, _, span) = wrong(unmerged);
        assert_eq!((message.as_str(), span), ("`b.json` is not a baseline", at("<")));
        let (message, label, span) = wrong("{\"version\": 1, \"findings\": [{\"rule\": \"x\", \"path\": \"a.py\", \"count\": 1}]}");
        assert_eq!(message, "an entry of `b.json` is not understood");
        assert_eq!(label, "needs either `subject` or both `from` and `to`");
        assert_eq!(span, at("{\"rule\": \"x\", \"path\": \"a.py\", \"count\": 1}"));
        assert_eq!(wrong("{\"version\": 9, \"findings\": []}").0, "unknown version of `b.json`");
        assert_eq!(wrong("").0, "`b.json` is not a baseline");
    }
}
