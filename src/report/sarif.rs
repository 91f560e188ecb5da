//! SARIF 2.1.0, as GitHub code scanning and SARIF viewers read it: one run, rules with their pages, evidence as related locations
//! linked from the message, call chains and data flows as code flows, and the fingerprint GitHub itself would compute.
//!
//! GitHub keeps 5,000 results of a run and takes 10 MB after compression: the most severe are written, and what was left out is told in a
//! notification. Suppressed and known findings are left out by default, because GitHub shows them as open alerts. Deterministic: no clock,
//! no machine path.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::Value;
use serde_sarif::sarif;

use super::line_hash::LineHashes;
use super::texts::Texts;
use super::{Context, Counts, mask::Masks, summary};
use crate::model::finding::{Finding, Fix, Label, Level, Location};
use crate::model::problem::{Problem, ProblemKind};
use crate::model::rule::Rule;
use crate::model::source::Span;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// Results GitHub keeps of one run.
const RESULTS: usize = 5000;
/// Bytes of results, written without spaces. GitHub refuses more than 10 MB after compression, which makes reports ten times smaller and more.
const BYTES: usize = 40 << 20;
/// Locations GitHub keeps of one result.
const RELATED: usize = 100;
/// Related locations linked from the message.
const LINKED: usize = 10;
/// Steps GitHub keeps of one result.
const STEPS: usize = 1000;
const NOTIFICATIONS: usize = 1000;
/// Descriptions may have this many characters.
const DESCRIPTION: usize = 1024;
/// Snippets are meant to be read: longer ones are left out.
const SNIPPET: usize = 1000;
const ROOT: &str = "%SRCROOT%";

/// Writes the outcome as SARIF.
pub fn write(context: &Context, out: &mut dyn Write) -> io::Result<()> {
    let mut report = Report {
        texts: Texts::new(context.sources, Masks::new(context.outcome, context.sources)),
        hashes: LineHashes::default(),
        rules: rule_ids(context),
        folder: context.folder,
        fixes: context.outcome.fixes.iter().map(|fix| (fix.fingerprint.as_str(), fix)).collect(),
        compared: context.silenced && context.outcome.baseline.is_some(),
    };
    let run = report.run(context);
    let log = sarif::Sarif::builder().schema(SCHEMA.to_owned()).version(Value::from("2.1.0")).runs(vec![run]).build();
    serde_json::to_writer_pretty(&mut *out, &log).map_err(io::Error::from)?;
    writeln!(out)
}

struct Report<'a> {
    texts: Texts<'a>,
    hashes: LineHashes,
    /// Rule id → index in `tool.driver.rules`.
    rules: BTreeMap<String, usize>,
    /// The analysed folder inside the repository.
    folder: &'a str,
    /// Fixes by the fingerprint of their finding.
    fixes: BTreeMap<&'a str, &'a Fix>,
    /// Whether results say how they compare with the baseline.
    compared: bool,
}

/// What a result is besides reported.
enum Status<'a> {
    Reported,
    Suppressed { reason: &'a str, comment: &'a Location },
    Known,
}

/// What had no place in the report.
#[derive(Default)]
struct Cut {
    results: Counts,
    /// Of the results that are there.
    related: usize,
    steps: usize,
}

impl Cut {
    fn of(written: &[(&Finding, Status)], left_out: &[(&Finding, Status)]) -> Cut {
        let at = |level| left_out.iter().filter(|(finding, _)| finding.level == level).count();
        let results = Counts { errors: at(Level::Error), warnings: at(Level::Warning), notes: at(Level::Note) };
        let related = written.iter().map(|(finding, _)| finding.related.len().saturating_sub(RELATED)).sum();
        Cut { results, related, steps: written.iter().map(|(finding, _)| finding.flow.len().saturating_sub(STEPS)).sum() }
    }

    fn sentences(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        if self.results != Counts::default() {
            let counts = self.results.text();
            let limit = summary::thousands(RESULTS);
            sentences.push(format!("{counts} left out, the least severe ones: GitHub keeps {limit} results of a run and takes 10 MB."));
        }
        if self.related > 0 {
            sentences.push(format!("{} left out: GitHub keeps {RELATED} of a result.", summary::plural(self.related, "related location")));
        }
        if self.steps > 0 {
            let limit = summary::thousands(STEPS);
            sentences.push(format!(
                "{} of flows left out, from their middles: GitHub keeps {limit} of a result.",
                summary::plural(self.steps, "step")
            ));
        }
        sentences
    }
}

impl Report<'_> {
    fn run(&mut self, context: &Context) -> sarif::Run {
        let mut all: Vec<(&Finding, Status)> = context.outcome.reported.iter().map(|finding| (finding, Status::Reported)).collect();
        if context.silenced {
            all.extend(
                context.outcome.suppressed.iter().map(|suppressed| {
                    (&suppressed.finding, Status::Suppressed { reason: &suppressed.reason, comment: &suppressed.comment })
                }),
            );
            all.extend(context.outcome.known.iter().map(|finding| (finding, Status::Known)));
        }
        // Stable: findings of one rank keep the order of the outcome.
        let ranks: BTreeMap<&str, u32> = context.rules.iter().map(|rule| (&*rule.id, security_rank(rule))).collect();
        all.sort_by_key(|(finding, _)| std::cmp::Reverse((finding.level, ranks.get(&*finding.rule).copied().unwrap_or_default())));
        let results = self.results(&all);
        let (written, left_out) = all.split_at(results.len());
        let cut = Cut::of(written, left_out);
        let root = sarif::ArtifactLocation::builder().description(message("The root of the analysed repository.")).build();
        sarif::Run::builder()
            .tool(self.tool(context))
            .results(results)
            .column_kind(Value::from("utf16CodeUnits"))
            .automation_details(sarif::RunAutomationDetails::builder().id(category(context.category)).build())
            .original_uri_base_ids(BTreeMap::from([(ROOT.to_owned(), root)]))
            .invocations(vec![self.invocation(context, &cut)])
            .build()
    }

    /// As many results as GitHub takes, from the first on.
    fn results(&mut self, all: &[(&Finding, Status)]) -> Vec<sarif::Result> {
        let mut results = Vec::new();
        let mut bytes = 0;
        for (finding, status) in all.iter().take(RESULTS) {
            let result = self.result(finding, status);
            bytes += serde_json::to_vec(&result).map_or(0, |text| text.len());
            if bytes > BYTES {
                break;
            }
            results.push(result);
        }
        results
    }

    fn tool(&self, context: &Context) -> sarif::ToolComponent {
        let rules: Vec<sarif::ReportingDescriptor> = self
            .rules
            .keys()
            .map(|id| match context.rule(id) {
                Some(rule) => descriptor(rule),
                None => bare_descriptor(id),
            })
            .collect();
        let mut driver = sarif::ToolComponent::builder()
            .name("archcheck")
            .version(env!("CARGO_PKG_VERSION"))
            .semantic_version(env!("CARGO_PKG_VERSION"))
            .rules(rules)
            .notifications(notification_descriptors())
            .build();
        driver.information_uri = Some(env!("CARGO_PKG_REPOSITORY").to_owned()).filter(|uri| !uri.is_empty());
        driver
    }

    fn result(&mut self, finding: &Finding, status: &Status) -> sarif::Result {
        let place = &finding.primary.location;
        let primary = match self.region(place, true) {
            Some(region) => self.physical(&place.path, Some(region)),
            // A region is required for a result; without the text its first line is the best there is.
            None => self.physical(&place.path, Some(sarif::Region::builder().start_line(1).build())),
        };
        let mut result = sarif::Result::builder()
            .rule_id(finding.rule.to_string())
            .rule_index(self.rules.get(&*finding.rule).map_or(-1, |&at| at as i64))
            .level(result_level(finding.level))
            .message(message(&self.message(finding)))
            .locations(vec![sarif::Location::builder().physical_location(primary).build()])
            .related_locations(self.related(finding))
            .partial_fingerprints(self.fingerprints(finding))
            .properties(properties(None, [("confidence", Value::from(finding.confidence.name()))]))
            .build();
        result.fixes = self.fixes(finding);
        result.code_flows = self.code_flow(&finding.flow).map(|flow| vec![flow]);
        self.mark(&mut result, status);
        if self.compared && matches!(status, Status::Reported) {
            // Where one result says how it compares with the baseline, all do.
            result.baseline_state = Some(Value::from("new"));
        }
        result
    }

    fn mark(&self, result: &mut sarif::Result, status: &Status) {
        match status {
            Status::Reported => {}
            Status::Known => result.baseline_state = Some(Value::from("unchanged")),
            Status::Suppressed { reason, comment } => {
                let region = self.region(comment, true);
                let location = sarif::Location::builder().physical_location(self.physical(&comment.path, region)).build();
                let mut suppression = sarif::Suppression::builder().kind(Value::from("inSource")).location(location).build();
                suppression.justification = (!reason.is_empty()).then(|| self.texts.block(reason));
                result.suppressions = Some(vec![suppression]);
            }
        }
    }

    /// The message, with links to the related locations, and the help at the end.
    fn message(&self, finding: &Finding) -> String {
        let mut text = sentence(&unlinked(&self.texts.block(&finding.message)));
        let links: Vec<String> = finding
            .related
            .iter()
            .take(LINKED)
            .enumerate()
            .map(|(at, label)| format!("[{}]({})", escaped(&self.label_text(label)), at + 1))
            .collect();
        if !links.is_empty() {
            text.push_str(" Related: ");
            text.push_str(&links.join(", "));
            text.push('.');
        }
        if let Some(help) = &finding.help {
            text.push_str("\n\nHelp: ");
            text.push_str(&unlinked(&self.texts.block(help)));
        }
        text
    }

    fn label_text(&self, label: &Label) -> String {
        let text = self.texts.one_line(&label.text);
        if text.is_empty() { self.texts.place(&label.location.path, label.location.span.start) } else { text }
    }

    fn related(&self, finding: &Finding) -> Vec<sarif::Location> {
        finding
            .related
            .iter()
            .take(RELATED)
            .enumerate()
            .map(|(at, label)| {
                let region = self.region(&label.location, false);
                sarif::Location::builder()
                    .id(at as i64 + 1)
                    .physical_location(self.physical(&label.location.path, region))
                    .message(message(&unlinked(&self.label_text(label))))
                    .build()
            })
            .collect()
    }

    fn code_flow(&self, steps: &[Label]) -> Option<sarif::CodeFlow> {
        if steps.is_empty() {
            return None;
        }
        let last = steps.len() - 1;
        // Both ends: where it starts and what it reaches matter most.
        let gap = STEPS / 2..steps.len().saturating_sub(STEPS / 2).max(STEPS / 2);
        let locations: Vec<sarif::ThreadFlowLocation> = steps
            .iter()
            .enumerate()
            .filter(|(at, _)| !gap.contains(at))
            .map(|(at, step)| {
                let region = self.region(&step.location, false);
                let location = sarif::Location::builder()
                    .physical_location(self.physical(&step.location.path, region))
                    .message(message(&unlinked(&self.label_text(step))))
                    .build();
                let importance = if at == 0 || at == last { "essential" } else { "important" };
                sarif::ThreadFlowLocation::builder().location(location).importance(Value::from(importance)).build()
            })
            .collect();
        let thread = sarif::ThreadFlow::builder().locations(locations).build();
        Some(sarif::CodeFlow::builder().thread_flows(vec![thread]).build())
    }

    fn fixes(&self, finding: &Finding) -> Option<Vec<sarif::Fix>> {
        let fix = *self.fixes.get(finding.fingerprint.as_str())?;
        let location = Location { path: fix.path.clone(), span: fix.edit.span };
        let mut replacement = sarif::Replacement::builder().deleted_region(self.region(&location, false)?).build();
        replacement.inserted_content = Some(sarif::ArtifactContent::builder().text(fix.edit.text.clone()).build());
        let artifact = self.physical(&fix.path, None).artifact_location?;
        let change = sarif::ArtifactChange::builder().artifact_location(artifact).replacements(vec![replacement]).build();
        Some(vec![sarif::Fix::builder().description(message(&fix.title)).artifact_changes(vec![change]).build()])
    }

    fn fingerprints(&mut self, finding: &Finding) -> BTreeMap<String, String> {
        let mut fingerprints = BTreeMap::new();
        if !finding.fingerprint.is_empty() {
            fingerprints.insert("archcheckFingerprint/v1".to_owned(), finding.fingerprint.clone());
        }
        let location = &finding.primary.location;
        if let Some(text) = self.texts.get(&location.path) {
            let line = text.position(text.clamp(location.span).start).line;
            if let Some(hash) = self.hashes.of(&location.path, &text.text, line) {
                fingerprints.insert("primaryLocationLineHash".to_owned(), hash);
            }
        }
        fingerprints
    }

    fn physical(&self, path: &str, region: Option<sarif::Region>) -> sarif::PhysicalLocation {
        let path = if self.folder.is_empty() { uri(path) } else { uri(&format!("{}/{path}", self.folder)) };
        let artifact = sarif::ArtifactLocation::builder().uri(path).uri_base_id(ROOT).build();
        let mut location = sarif::PhysicalLocation::builder().artifact_location(artifact).build();
        location.region = region;
        location
    }

    /// The region of a place; `narrow` cuts it to its first line, because GitHub annotates a pull request only when every line is in it.
    fn region(&self, location: &Location, narrow: bool) -> Option<sarif::Region> {
        let text = self.texts.get(&location.path)?;
        let span = if narrow { text.first_line(location.span) } else { text.clamp(location.span) };
        let (start, end) = (text.position_utf16(span.start), text.position_utf16(span.end));
        let mut region = sarif::Region::builder()
            .start_line(i64::from(start.line) + 1)
            .start_column(i64::from(start.column) + 1)
            .end_line(i64::from(end.line) + 1)
            .end_column(i64::from(end.column) + 1)
            .build();
        if narrow {
            region.snippet = self.snippet(&location.path, &text.text, span);
        }
        Some(region)
    }

    fn snippet(&self, path: &str, text: &str, span: Span) -> Option<sarif::ArtifactContent> {
        let range = span.range();
        let fits = !range.is_empty() && range.len() <= SNIPPET;
        fits.then(|| {
            let masked = self.texts.masks.source(path, text, range);
            sarif::ArtifactContent::builder().text(super::clean_block(&masked).into_owned()).build()
        })
    }

    fn invocation(&self, context: &Context, cut: &Cut) -> sarif::Invocation {
        let mut notifications: Vec<sarif::Notification> =
            cut.sentences().iter().map(|text| notification("limit", "warning", text, None)).collect();
        let problems = &context.outcome.problems;
        notifications.extend(problems.iter().take(NOTIFICATIONS).map(|problem| self.problem(problem)));
        if problems.len() > NOTIFICATIONS {
            let text = format!("{} not listed.", summary::plural(problems.len() - NOTIFICATIONS, "more problem"));
            notifications.push(notification("limit", "warning", &text, None));
        }
        // The summary's first line counts findings; the others tell what was left out, silenced or not understood.
        notifications.extend(summary::summary(context.outcome).iter().skip(1).map(|line| notification("coverage", "note", line, None)));
        let trusted = !problems.iter().any(|problem| problem.kind == ProblemKind::Internal);
        sarif::Invocation::builder().execution_successful(trusted).tool_execution_notifications(notifications).build()
    }

    fn problem(&self, problem: &Problem) -> sarif::Notification {
        let location = (!problem.path.is_empty()).then(|| {
            let place = problem.span.map(|span| Location { path: problem.path.clone(), span });
            let region = place.and_then(|place| self.region(&place, false));
            sarif::Location::builder().physical_location(self.physical(&problem.path, region)).build()
        });
        notification(super::json::problem_kind(problem.kind), "warning", &sentence(&self.texts.block(&problem.message)), location)
    }
}

/// GitHub takes what stands before the last slash for the category: runs of another category do not close each other's alerts.
fn category(name: Option<&str>) -> String {
    let name = name.map(|name| name.trim_matches('/')).filter(|name| !name.is_empty()).unwrap_or("archcheck");
    format!("{}/", super::clean_line(name))
}

/// Every rule that was on, and every rule of a finding, in order of their ids.
fn rule_ids(context: &Context) -> BTreeMap<String, usize> {
    let outcome = context.outcome;
    let mut ids: Vec<String> = context.rules.iter().map(|rule| rule.id.to_string()).collect();
    ids.extend(outcome.reported.iter().map(|finding| finding.rule.to_string()));
    if context.silenced {
        ids.extend(outcome.suppressed.iter().map(|suppressed| suppressed.finding.rule.to_string()));
        ids.extend(outcome.known.iter().map(|finding| finding.rule.to_string()));
    }
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().enumerate().map(|(at, id)| (id, at)).collect()
}

fn descriptor(rule: &Rule) -> sarif::ReportingDescriptor {
    let title = if rule.title.is_empty() { &*rule.id } else { rule.title.as_str() };
    let why = first_paragraph(&rule.markdown);
    let full = if why.is_empty() { title } else { why.as_str() };
    let remedy = rule.help.get("default").map_or(title, String::as_str);
    let markdown = if rule.markdown.trim().is_empty() { remedy } else { rule.markdown.trim() };
    let help = sarif::MultiformatMessageString::builder().text(remedy.to_owned()).markdown(markdown.to_owned()).build();
    let mut descriptor = sarif::ReportingDescriptor::builder()
        .id(rule.id.to_string())
        .short_description(multiformat(&shortened(title)))
        .full_description(multiformat(&shortened(full)))
        .help(help)
        .default_configuration(sarif::ReportingConfiguration::builder().level(Value::from(rule.level.name())).build())
        .properties(rule_properties(rule))
        .build();
    // SARIF wants a name that differs from the id, or none.
    descriptor.name = Some(pascal_case(&rule.id)).filter(|name| !name.eq_ignore_ascii_case(&rule.id));
    descriptor
}

/// A finding whose rule has no page (an unused suppression, a broken contract) still needs a descriptor.
fn bare_descriptor(id: &str) -> sarif::ReportingDescriptor {
    let text = id.replace('-', " ");
    sarif::ReportingDescriptor::builder()
        .id(id.to_owned())
        .short_description(multiformat(&text))
        .full_description(multiformat(&text))
        .help(multiformat(&text))
        .build()
}

fn rule_properties(rule: &Rule) -> sarif::PropertyBag {
    let mut tags: Vec<String> = Vec::new();
    let category = std::iter::once(rule.category.to_string());
    for tag in category.chain(rule.tags.iter().cloned()).filter(|tag| !tag.is_empty()) {
        if !tags.contains(&tag) && tags.len() < 10 {
            tags.push(tag);
        }
    }
    let severity = rule.security_severity.as_ref();
    if severity.is_some() && !tags.iter().any(|tag| tag == "security") {
        tags.insert(0, "security".to_owned());
    }
    let rank = match severity {
        Some(severity) => ("security-severity", Value::from(severity.as_str())),
        None => ("problem.severity", Value::from(problem_severity(rule.level))),
    };
    properties(Some(tags), [("precision", Value::from(rule.precision.as_str())), rank])
}

/// `security-severity` in tenths; 0 for the other rules.
fn security_rank(rule: &Rule) -> u32 {
    let severity = rule.security_severity.as_deref().and_then(|text| text.parse::<f64>().ok());
    severity.map_or(0, |severity| (severity * 10.0).round() as u32)
}

fn problem_severity(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "recommendation",
    }
}

fn result_level(level: Level) -> sarif::ResultLevel {
    match level {
        Level::Error => sarif::ResultLevel::Error,
        Level::Warning => sarif::ResultLevel::Warning,
        Level::Note => sarif::ResultLevel::Note,
    }
}

fn notification_descriptors() -> Vec<sarif::ReportingDescriptor> {
    let kinds = [
        (ProblemKind::Unreadable, "A file could not be read, or is not text."),
        (ProblemKind::Syntax, "The parser recovered from a syntax error; the rest of the file was analysed."),
        (ProblemKind::Limit, "A limit was reached."),
        (ProblemKind::Manifest, "A project file could not be understood."),
        (ProblemKind::Document, "A document that says what the code should be is not compared with it."),
        (ProblemKind::Directive, "A comment addressed to archcheck could not be understood."),
        (ProblemKind::Internal, "archcheck failed on a file; the result is not to be trusted."),
    ];
    let mut all: Vec<(&str, &str)> = kinds.map(|(kind, text)| (super::json::problem_kind(kind), text)).to_vec();
    all.push(("coverage", "What was left out, silenced or not understood."));
    all.sort_unstable();
    all.into_iter()
        .map(|(id, text)| {
            sarif::ReportingDescriptor::builder()
                .id(id)
                .short_description(multiformat(text))
                .full_description(multiformat(text))
                .help(multiformat(text))
                .build()
        })
        .collect()
}

fn notification(kind: &str, level: &str, text: &str, location: Option<sarif::Location>) -> sarif::Notification {
    let descriptor = sarif::ReportingDescriptorReference::builder().id(kind).build();
    let mut notification = sarif::Notification::builder().descriptor(descriptor).level(Value::from(level)).message(message(text)).build();
    notification.locations = location.map(|location| vec![location]);
    notification
}

/// A relative path as a URI reference: everything but unreserved characters and `/` percent-encoded.
pub(super) fn uri(path: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
    utf8_percent_encode(path, ESCAPED).to_string()
}

fn properties<const N: usize>(tags: Option<Vec<String>>, entries: [(&str, Value); N]) -> sarif::PropertyBag {
    let additional: BTreeMap<String, Value> = entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let mut bag = sarif::PropertyBag::builder().additional_properties(additional).build();
    bag.tags = tags;
    bag
}

fn message(text: &str) -> sarif::Message {
    let text = if text.trim().is_empty() { "(no text)" } else { text };
    sarif::Message::builder().text(text.to_owned()).build()
}

fn multiformat(text: &str) -> sarif::MultiformatMessageString {
    sarif::MultiformatMessageString::builder().text(text.to_owned()).build()
}

/// Text that happens to look like a link (`names[0](1)`) made not to be one.
fn unlinked(text: &str) -> String {
    text.replace("](", "] (")
}

/// Link text: brackets and backslashes escaped.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

/// GitHub takes the first sentence as title: it must end.
fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?', ':']) { text.to_owned() } else { format!("{text}.") }
}

fn shortened(text: &str) -> String {
    if text.chars().nth(DESCRIPTION).is_none() {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(DESCRIPTION - 1).collect();
    short.push('…');
    short
}

/// The first paragraph of a page that is prose: not a heading, a list, a table or a code block.
fn first_paragraph(markdown: &str) -> String {
    let is_prose = |block: &&str| !block.trim_start().starts_with(['#', '`', '|', '-', '*', '>', '<']) && !block.trim().is_empty();
    let block = markdown.split("\n\n").find(is_prose).unwrap_or("");
    block.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn pascal_case(id: &str) -> String {
    let capital = |word: &str| {
        let mut characters = word.chars();
        characters.next().map(|first| first.to_uppercase().chain(characters).collect::<String>())
    };
    id.split(|c: char| !c.is_alphanumeric()).filter_map(capital).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_relative_uris() {
        assert_eq!(uri("app/[id]/späce file#1%.ts"), "app/%5Bid%5D/sp%C3%A4ce%20file%231%25.ts");
    }

    #[test]
    fn the_first_prose_of_a_page_describes_it() {
        assert_eq!(first_paragraph("# Title\n\n```py\nx\n```\n\nBecause it\nis *slow*.\n\nMore."), "Because it is *slow*.");
        assert_eq!(first_paragraph(""), "");
    }

    #[test]
    fn messages_hold_only_our_links() {
        assert_eq!(unlinked("`names[0](1)`"), "`names[0] (1)`");
        assert_eq!(escaped("a[0]\\"), "a\\[0\\]\\\\");
        assert_eq!(sentence("No end"), "No end.");
        assert_eq!(pascal_case("n-plus-one"), "NPlusOne");
    }
}
