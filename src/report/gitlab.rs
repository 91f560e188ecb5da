//! GitLab's code quality report: a list of issues, shown in merge requests. Source: GitLab's "Code Quality report format".
//!
//! The format has no place for anything but issues; what else there is to say, the command line says on standard error.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::prose::{by_severity, headline};
use super::texts::Texts;
use super::{Context, mask::Masks};
use crate::model::finding::{Finding, Level};

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Place,
}

#[derive(Serialize)]
struct Place {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// Writes the findings, the most severe first.
pub fn write(context: &Context, out: &mut dyn Write) -> io::Result<()> {
    let texts = Texts::new(context.sources, Masks::new(context.outcome, context.sources));
    let mut seen = BTreeMap::new();
    let findings = by_severity(context);
    let issues: Vec<Issue> = findings.into_iter().map(|finding| issue(context, &texts, &mut seen, finding)).collect();
    serde_json::to_writer_pretty(&mut *out, &issues).map_err(io::Error::from)?;
    writeln!(out)
}

fn issue<'a>(context: &Context, texts: &Texts, seen: &mut BTreeMap<&'a str, u32>, finding: &'a Finding) -> Issue<'a> {
    Issue {
        description: headline(texts, finding),
        check_name: &finding.rule,
        fingerprint: unique(seen, &finding.fingerprint),
        severity: match finding.level {
            Level::Error => "critical",
            Level::Warning => "major",
            Level::Note => "minor",
        },
        location: place(context, texts, finding),
    }
}

/// GitLab drops an issue whose fingerprint it has seen: repeats are numbered.
fn unique<'a>(seen: &mut BTreeMap<&'a str, u32>, fingerprint: &'a str) -> String {
    let count = seen.entry(fingerprint).or_default();
    *count += 1;
    if *count == 1 { fingerprint.to_owned() } else { format!("{fingerprint}-{count}") }
}

fn place(context: &Context, texts: &Texts, finding: &Finding) -> Place {
    let location = &finding.primary.location;
    let lines = texts.get(&location.path).map(|text| {
        let span = text.clamp(location.span);
        (text.position(span.start).line + 1, text.position(span.end).line + 1)
    });
    let (begin, end) = lines.unwrap_or((1, 1));
    Place { path: context.located(&location.path).into_owned(), lines: Lines { begin, end } }
}
