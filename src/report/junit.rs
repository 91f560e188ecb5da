//! JUnit XML, which most CI servers read: a suite for the run itself, then one for each file with a case for each finding.
//!
//! Errors and warnings are failures. Notes are cases that pass, with their text as output, because they do not fail a run either.
//! A case is named by rule and subject, which survive edits elsewhere, so that servers can tell new failures from old ones.

use std::collections::BTreeMap;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::prose::{body, headline};
use super::texts::Texts;
use super::{Context, Counts, mask::Masks};
use crate::model::finding::{Finding, Level};
use crate::model::problem::ProblemKind;

/// Writes the outcome as JUnit XML.
pub fn write(context: &Context, out: &mut dyn Write) -> io::Result<()> {
    let texts = Texts::new(context.sources, Masks::new(context.outcome, context.sources));
    let suites = suites(context);
    let counts = Counts::of(&context.outcome.reported);
    let tests = (1 + context.outcome.reported.len()).to_string();
    let failures = (counts.errors + counts.warnings).to_string();
    let errors = internal_errors(context).to_string();
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("testsuites")
        .with_attributes([("name", "archcheck"), ("tests", &*tests), ("failures", &*failures), ("errors", &*errors)])
        .write_inner_content(|xml| {
            write_run(context, &texts, xml)?;
            suites.iter().try_for_each(|(path, findings)| write_suite(context, &texts, path, findings, xml))
        })?;
    out.write_all(&xml.into_inner())?;
    writeln!(out)
}

type Xml = Writer<Vec<u8>>;

fn suites<'a>(context: &Context<'a>) -> BTreeMap<&'a str, Vec<&'a Finding>> {
    let mut suites: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &context.outcome.reported {
        suites.entry(&finding.primary.location.path).or_default().push(finding);
    }
    suites
}

fn internal_errors(context: &Context) -> usize {
    usize::from(context.outcome.problems.iter().any(|problem| problem.kind == ProblemKind::Internal))
}

/// One case that passes: some servers take a report without any for a broken one. Its output is the summary.
fn write_run(context: &Context, texts: &Texts, xml: &mut Xml) -> io::Result<()> {
    let errors = internal_errors(context);
    let mut lines = super::summary(context.outcome);
    let problems = context.outcome.problems.iter();
    lines.extend(problems.map(|problem| {
        let place = if problem.path.is_empty() {
            String::new()
        } else {
            format!("{}: ", texts.place(&problem.path, problem.span.unwrap_or_default().start))
        };
        format!("{place}{}: {}", super::json::problem_kind(problem.kind), texts.one_line(&problem.message))
    }));
    xml.create_element("testsuite")
        .with_attributes([("name", "archcheck"), ("tests", "1"), ("failures", "0"), ("errors", &*errors.to_string())])
        .write_inner_content(|xml| {
            xml.create_element("testcase").with_attributes([("name", "analysis"), ("classname", "archcheck")]).write_inner_content(
                |xml| {
                    if errors > 0 {
                        let message = "archcheck failed on a file; the result is not to be trusted";
                        xml.create_element("error").with_attribute(("message", message)).write_empty()?;
                    }
                    xml.create_element("system-out").write_text_content(BytesText::new(&allowed(&lines.join("\n"))))?;
                    Ok(())
                },
            )?;
            Ok(())
        })?;
    Ok(())
}

fn write_suite(context: &Context, texts: &Texts, path: &str, findings: &[&Finding], xml: &mut Xml) -> io::Result<()> {
    let file = allowed(&super::clean_line(&context.located(path)));
    let failures = findings.iter().filter(|finding| finding.level != Level::Note).count().to_string();
    let tests = findings.len().to_string();
    xml.create_element("testsuite")
        .with_attributes([("name", &*file), ("tests", &*tests), ("failures", &*failures), ("errors", "0")])
        .write_inner_content(|xml| findings.iter().try_for_each(|finding| write_case(texts, &file, finding, xml)))?;
    Ok(())
}

fn write_case(texts: &Texts, file: &str, finding: &Finding, xml: &mut Xml) -> io::Result<()> {
    let location = &finding.primary.location;
    let line = texts.get(&location.path).map_or(1, |text| text.position(text.clamp(location.span).start).line + 1).to_string();
    let name = allowed(&texts.one_line(&format!("{}: {}", finding.rule, finding.subject)));
    let message = allowed(&headline(texts, finding));
    let place = texts.place(&location.path, location.span.start);
    let text = allowed(&format!("{place}: {}[{}]: {}", finding.level.name(), super::clean_line(&finding.rule), body(texts, finding)));
    xml.create_element("testcase")
        .with_attributes([("name", &*name), ("classname", file), ("file", file), ("line", &*line)])
        .write_inner_content(|xml| {
            let content = BytesText::new(&text);
            if finding.level == Level::Note {
                xml.create_element("system-out").write_text_content(content)?;
            } else {
                let attributes = [("message", &*message), ("type", finding.level.name())];
                xml.create_element("failure").with_attributes(attributes).write_text_content(content)?;
            }
            Ok(())
        })?;
    Ok(())
}

/// Characters that XML 1.0 does not allow, replaced; control characters are gone already, these two are the rest.
fn allowed(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
