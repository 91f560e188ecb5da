//! Findings, mistakes in the configuration and remarks on comments as the protocol's diagnostics.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use gen_lsp_types::{
    Code, CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location as Place, Message, Range,
    Uri,
};
use serde_json::json;

use super::positions::{Encoding, Lines};
use super::uris;
use crate::config::ConfigError;
use crate::engine::{Engine, RoleMark};
use crate::fix;
use crate::model::finding::{Finding, Label, Level, Location, Outcome};
use crate::model::problem::{Problem, ProblemKind};
use crate::model::source::Span;
use crate::report::{Masks, Sources, clean_block};

/// What the editor shows as the origin.
pub const SOURCE: &str = "archcheck";
/// The code of a mistake in the configuration.
pub const CONFIGURATION: &str = "configuration";
/// The rule that reports suppressions which silence nothing.
const UNNECESSARY: &str = "unused-suppression";

/// What one file has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileReport {
    /// The text that was analysed.
    pub text: Arc<str>,
    pub items: Vec<Item>,
    /// Roles of definitions: where, and what to show.
    pub marks: Vec<(Range, String)>,
    /// Equal reports have equal names: the hash of the diagnostics.
    pub id: String,
}

/// One diagnostic and what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub diagnostic: Diagnostic,
    /// How to mend it; empty when there is nothing to say.
    pub help: String,
    /// What it was made of, where there may be a fix.
    pub finding: Option<Arc<Finding>>,
}

impl FileReport {
    /// The diagnostics alone.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.items.iter().map(|item| item.diagnostic.clone()).collect()
    }
}

/// Where texts and pages are.
pub struct Context<'a> {
    pub engine: &'a Engine,
    /// As the client writes it.
    pub root: &'a Path,
    /// Where the rules' pages lie.
    pub pages: Option<&'a Path>,
    pub encoding: Encoding,
}

/// Texts with their lines, kept from one check to the next. Whoever keeps them forgets those that changed.
pub type Texts = BTreeMap<Arc<str>, Option<(Arc<str>, Lines)>>;

/// The reports of all files that have anything to show. Roles are shown in open files alone.
pub fn reports(context: &Context, outcome: &Outcome, texts: &mut Texts) -> BTreeMap<Arc<str>, Arc<FileReport>> {
    let engine = context.engine;
    let mut writer = Writer { context, masks: Masks::new(outcome, engine), texts, files: BTreeMap::new() };
    if engine.config_errors().is_empty() {
        outcome.reported.iter().for_each(|finding| writer.finding(finding));
        outcome.problems.iter().filter(|problem| problem.kind == ProblemKind::Directive).for_each(|problem| writer.problem(problem));
        engine.role_marks().iter().filter(|mark| engine.is_open(&mark.place.path)).for_each(|mark| writer.mark(mark));
    } else {
        // As on the command line: a wrong configuration has no trustworthy result.
        engine.config_errors().iter().for_each(|error| writer.mistake(error));
    }
    writer.finish()
}

struct Writer<'a> {
    context: &'a Context<'a>,
    masks: Masks,
    texts: &'a mut Texts,
    files: BTreeMap<Arc<str>, FileReport>,
}

impl Writer<'_> {
    fn file(&mut self, path: &Arc<str>) -> &mut FileReport {
        self.files.entry(path.clone()).or_default()
    }

    /// A place as the protocol has it; `None` when there is no such text.
    fn place(&mut self, location: &Location) -> Option<(Range, Arc<str>)> {
        let engine = self.context.engine;
        let read = || engine.text(&location.path).map(|text| (text.clone(), Lines::new(&text)));
        let (text, lines) = self.texts.entry(location.path.clone()).or_insert_with(read).as_ref()?;
        Some((lines.range(text, location.span, self.context.encoding), text.clone()))
    }

    fn said(&self, text: &str) -> String {
        clean_block(&self.masks.message(text)).trim_end().to_string()
    }

    fn finding(&mut self, finding: &Finding) {
        let place = &finding.primary.location;
        let range = self.place(place).map(|(range, _)| range).unwrap_or_default();
        let steps: Vec<(usize, &Label)> = finding.flow.iter().enumerate().map(|(at, step)| (at + 1, step)).collect();
        let related = steps.into_iter().chain(finding.related.iter().map(|label| (0, label)));
        let related: Vec<DiagnosticRelatedInformation> = related.filter_map(|(step, label)| self.related(step, label)).collect();
        let mut diagnostic = self.diagnostic(range, severity(finding.level), &finding.rule, &finding.message);
        diagnostic.code_description = self.page(&finding.rule);
        diagnostic.related_information = (!related.is_empty()).then_some(related);
        diagnostic.tags = (*finding.rule == *UNNECESSARY).then(|| vec![DiagnosticTag::Unnecessary]);
        diagnostic.data = Some(json!({ "fingerprint": finding.fingerprint }));
        let help = finding.help.as_deref().map(|help| self.said(help)).unwrap_or_default();
        let kept = fix::mends(&finding.rule).then(|| Arc::new(finding.clone()));
        self.push(&place.path, diagnostic, help, kept);
    }

    fn related(&mut self, step: usize, label: &Label) -> Option<DiagnosticRelatedInformation> {
        let (range, _) = self.place(&label.location)?;
        let text = self.said(&label.text);
        let message = if step > 0 { format!("{step}. {text}") } else { text };
        Some(DiagnosticRelatedInformation { location: Place { uri: self.uri(&label.location.path), range }, message })
    }

    fn uri(&self, path: &str) -> Uri {
        uris::uri_of(&self.context.root.join(path))
    }

    /// A rule of the project's own has its page there; built-in ones lie where the pages were written.
    fn page(&self, rule: &str) -> Option<CodeDescription> {
        let page = page(self.context, rule)?;
        Some(CodeDescription { href: uris::uri_of(&page) })
    }

    fn mark(&mut self, mark: &RoleMark) {
        let Some((range, _)) = self.place(&mark.place) else { return };
        let reaches = if mark.reaches.is_empty() { String::new() } else { format!(" · {}", mark.reaches) };
        self.file(&mark.place.path).marks.push((range, format!("{}{reaches}", mark.role.name())));
    }

    fn problem(&mut self, problem: &Problem) {
        let location = Location { path: problem.path.clone(), span: problem.span.unwrap_or_default() };
        let range = self.place(&location).map(|(range, _)| range).unwrap_or_default();
        let diagnostic = self.diagnostic(range, DiagnosticSeverity::Warning, "directive", &problem.message);
        self.push(&problem.path, diagnostic, String::new(), None);
    }

    fn mistake(&mut self, error: &ConfigError) {
        let lines = Lines::new(&error.text);
        let span = error.span.unwrap_or(Span::new(0, 0));
        let range = lines.range(&error.text, span, self.context.encoding);
        self.texts.insert(error.path.clone(), Some((error.text.clone(), lines)));
        let label = if error.label.is_empty() { String::new() } else { format!(": {}", error.label) };
        let message = format!("{}{label}", error.message);
        let diagnostic = self.diagnostic(range, DiagnosticSeverity::Error, CONFIGURATION, &message);
        self.push(&error.path, diagnostic, error.help.clone().unwrap_or_default(), None);
    }

    fn diagnostic(&self, range: Range, severity: DiagnosticSeverity, code: &str, message: &str) -> Diagnostic {
        Diagnostic {
            range,
            severity: Some(severity),
            code: Some(Code::String(code.to_string())),
            code_description: None,
            source: Some(SOURCE.to_string()),
            message: Message::String(self.said(message)),
            tags: None,
            related_information: None,
            data: None,
        }
    }

    fn push(&mut self, path: &Arc<str>, mut diagnostic: Diagnostic, help: String, finding: Option<Arc<Finding>>) {
        if !help.is_empty() {
            let location = Place { uri: self.uri(path), range: diagnostic.range };
            let help = DiagnosticRelatedInformation { location, message: format!("help: {help}") };
            diagnostic.related_information.get_or_insert_default().push(help);
        }
        self.file(path).items.push(Item { diagnostic, help, finding });
    }

    fn finish(mut self) -> BTreeMap<Arc<str>, Arc<FileReport>> {
        let mut reports = BTreeMap::new();
        for (path, mut report) in std::mem::take(&mut self.files) {
            report.text = self.texts.get(&path).and_then(|known| Some(known.as_ref()?.0.clone())).unwrap_or_else(|| Arc::from(""));
            let written = serde_json::to_vec(&report.diagnostics()).unwrap_or_default();
            report.id = blake3::hash(&written).to_hex()[..16].to_string();
            reports.insert(path, Arc::new(report));
        }
        reports
    }
}

/// Where a rule's page lies.
pub fn page(context: &Context, rule: &str) -> Option<std::path::PathBuf> {
    let file = format!("{rule}.md");
    let own = context.engine.root().join(".archcheck").join(&file);
    if own.is_file() {
        return Some(context.root.join(".archcheck").join(file));
    }
    context.engine.rulebook().rule(rule)?;
    Some(context.pages?.join(file))
}

fn severity(level: Level) -> DiagnosticSeverity {
    match level {
        Level::Error => DiagnosticSeverity::Error,
        Level::Warning => DiagnosticSeverity::Warning,
        Level::Note => DiagnosticSeverity::Information,
    }
}
