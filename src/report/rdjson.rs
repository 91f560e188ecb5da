//! Reviewdog's diagnostic format, one JSON object. Columns count bytes of UTF-8 from 1, ends are exclusive.
//! Source: reviewdog's `reviewdog.proto`; only fields that every released version reads are written, because an unknown one fails the run.
//!
//! The format has no place for anything but diagnostics; what else there is to say, the command line says on standard error.

use std::io::{self, Write};

use serde::Serialize;

use super::prose::{body, by_severity};
use super::texts::{Text, Texts};
use super::{Context, mask::Masks};
use crate::model::finding::{Finding, Level};

#[derive(Serialize)]
struct Report<'a> {
    source: Source,
    diagnostics: Vec<Diagnostic<'a>>,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
}

#[derive(Serialize)]
struct Diagnostic<'a> {
    message: String,
    location: Place,
    severity: &'static str,
    code: Code<'a>,
}

#[derive(Serialize)]
struct Code<'a> {
    value: &'a str,
}

#[derive(Serialize)]
struct Place {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<Range>,
}

#[derive(Serialize)]
struct Range {
    start: Point,
    end: Point,
}

#[derive(Serialize)]
struct Point {
    line: u32,
    column: u32,
}

/// Writes the findings, the most severe first.
pub fn write(context: &Context, out: &mut dyn Write) -> io::Result<()> {
    let texts = Texts::new(context.sources, Masks::new(context.outcome, context.sources));
    let diagnostics = by_severity(context).into_iter().map(|finding| diagnostic(context, &texts, finding)).collect();
    let report = Report { source: Source { name: "archcheck" }, diagnostics };
    serde_json::to_writer_pretty(&mut *out, &report).map_err(io::Error::from)?;
    writeln!(out)
}

fn diagnostic<'a>(context: &Context, texts: &Texts, finding: &'a Finding) -> Diagnostic<'a> {
    let location = &finding.primary.location;
    let range = texts.get(&location.path).map(|text| {
        let span = text.clamp(location.span);
        Range { start: point(&text, span.start), end: point(&text, span.end) }
    });
    Diagnostic {
        message: body(texts, finding),
        location: Place { path: context.located(&location.path).into_owned(), range },
        severity: match finding.level {
            Level::Error => "ERROR",
            Level::Warning => "WARNING",
            Level::Note => "INFO",
        },
        code: Code { value: &finding.rule },
    }
}

fn point(text: &Text, offset: u32) -> Point {
    let line = text.lines.line(offset);
    Point { line: line + 1, column: offset - text.lines.start_of(line) + 1 }
}
