//! Where a run's reports go: standard output, a file, several files at once, and annotations under GitHub Actions.

use std::convert::Infallible;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::UsageError;
use super::terminal::{self, Color, Stream};
use crate::engine::Engine;
use crate::model::finding::{Outcome, Statistics};
use crate::report::{self, Context, Detail, Format};

/// A value of `--output`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Output {
    /// `None`: the report asked for with `--format`.
    format: Option<Format>,
    /// `None`: standard output.
    file: Option<PathBuf>,
}

impl Output {
    /// `FORMAT=FILE` or `FILE`; a word before `=` that is no format is part of the file's name.
    pub(super) fn parse(text: &str) -> Result<Output, Infallible> {
        let named = text.split_once('=').and_then(|(name, file)| Some((Format::from_name(name)?, file)));
        let (format, file) = named.map_or((None, text), |(format, file)| (Some(format), file));
        Ok(Output { format, file: (file != "-").then(|| PathBuf::from(file)) })
    }
}

/// What the command line says of the reports.
pub(super) struct Reports<'a> {
    pub(super) format: Option<Format>,
    pub(super) outputs: &'a [Output],
    pub(super) detail: Detail,
    pub(super) color: Color,
    pub(super) silenced: bool,
    pub(super) statistics: bool,
    pub(super) category: Option<&'a str>,
}

impl Reports<'_> {
    /// Whether a report is written in this format.
    pub(super) fn asks_for(&self, format: Format) -> bool {
        self.format == Some(format) || self.outputs.iter().any(|output| output.format == Some(format))
    }

    /// Writes them all.
    pub(super) fn write(&self, engine: &Engine, root: &Path, outcome: &Outcome) -> anyhow::Result<()> {
        let rules = engine.rules_on();
        let folder = folder_in_checkout(root);
        let links = links();
        let context = Context {
            detail: self.detail,
            silenced: self.silenced,
            category: self.category,
            folder: &folder,
            links: links.as_deref(),
            ..Context::new(outcome, &rules, engine)
        };
        let main = self.main()?;
        let format = self.format.unwrap_or(Format::Human);
        self.write_one(format, main, &context)?;
        if self.annotates(main) {
            write_to(None, |out| report::write(Format::Github, &Context { detail: Detail::Brief, ..context }, out))?;
        }
        for output in self.outputs {
            let Some(format) = output.format else { continue };
            self.write_one(format, output.file.as_deref(), &context)?;
        }
        if self.statistics && !for_people(format) {
            write_statistics(&outcome.statistics, &mut io::stderr().lock())?;
        }
        Ok(())
    }

    /// The file of the report asked for with `--format`; `None` is standard output.
    fn main(&self) -> Result<Option<&Path>, UsageError> {
        let mut plain = self.outputs.iter().filter(|output| output.format.is_none());
        let main = plain.next().and_then(|output| output.file.as_deref());
        match plain.next() {
            None => Ok(main),
            Some(_) => Err(UsageError::new("one report cannot go to two files").help("`--output FORMAT=FILE` writes one more report")),
        }
    }

    /// Under GitHub Actions annotations are added to the report for people, where nobody asked for a format or for annotations.
    fn annotates(&self, main: Option<&Path>) -> bool {
        let asked = self.outputs.iter().any(|output| output.format == Some(Format::Github));
        self.format.is_none() && main.is_none() && !asked && variable("GITHUB_ACTIONS").is_some_and(|value| value == "true")
    }

    fn write_one(&self, format: Format, file: Option<&Path>, context: &Context) -> anyhow::Result<()> {
        let stream = if file.is_some() { Stream::File } else { Stream::Stdout };
        let context = Context { color: terminal::color(self.color, stream), ..*context };
        write_to(file, |out| {
            report::write(format, &context, out)?;
            if self.statistics && for_people(format) { write_statistics(&context.outcome.statistics, out) } else { Ok(()) }
        })?;
        if !format.holds_summary() && self.detail != Detail::Brief {
            let mut stderr = io::stderr().lock();
            for line in report::summary(context.outcome) {
                writeln!(stderr, "{line}")?;
            }
        }
        Ok(())
    }
}

/// True when a report says how much of the call graph is known.
pub(super) fn asks_coverage(format: Option<Format>, outputs: &[Output]) -> bool {
    format.into_iter().chain(outputs.iter().filter_map(|output| output.format)).any(|format| format == Format::Json)
}

fn for_people(format: Format) -> bool {
    matches!(format, Format::Human | Format::Concise)
}

fn write_to(file: Option<&Path>, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
    let mut out: Box<dyn Write> = match file {
        Some(path) => Box::new(File::create(path).with_context(|| format!("cannot write `{}`", path.display()))?),
        None => Box::new(io::stdout().lock()),
    };
    let mut out = BufWriter::new(&mut out);
    write(&mut out)?;
    out.flush()?;
    Ok(())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Where the analysed root stands in the checkout of a CI server, with forward slashes; empty for the checkout itself and elsewhere.
fn folder_in_checkout(root: &Path) -> String {
    let checkout = ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"].into_iter().find_map(variable);
    let inside = checkout.and_then(|checkout| {
        let checkout = Path::new(&checkout).canonicalize().ok()?;
        let names = root.strip_prefix(&checkout).ok()?.iter().map(|name| name.to_str());
        names.collect::<Option<Vec<&str>>>()
    });
    inside.unwrap_or_default().join("/")
}

/// Where GitHub shows the files of the commit that is analysed.
fn links() -> Option<String> {
    let (server, repository, commit) = (variable("GITHUB_SERVER_URL")?, variable("GITHUB_REPOSITORY")?, variable("GITHUB_SHA")?);
    let is_plain = |text: &str, more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    let plain = is_plain(&server, ":/.-") && is_plain(&repository, "/._-") && is_plain(&commit, "");
    plain.then(|| format!("{server}/{repository}/blob/{commit}"))
}

fn write_statistics(statistics: &Statistics, out: &mut dyn Write) -> io::Result<()> {
    let mut row = |name: &str, count: u32| writeln!(out, "{count:>9}  {name}");
    row("files", statistics.files)?;
    for (language, &count) in &statistics.files_by_language {
        row(&format!("  {language}"), count)?;
    }
    row("lines", statistics.lines)?;
    row("definitions", statistics.definitions)?;
    row("imports", statistics.imports)?;
    row("  first-party, not resolved", statistics.imports_unresolved)?;
    row("  of code that a tool writes", statistics.imports_generated)?;
    row("calls", statistics.calls)?;
    row("  resolved", statistics.calls_resolved)?;
    row("  variables with too many targets to follow", statistics.coverage.full_sets)?;
    for (language, coverage) in &statistics.coverage.languages {
        let (imports, calls) = (coverage.imports, coverage.calls);
        row(&format!("{language} imports, first-party"), imports.first_party)?;
        row("  external", imports.external)?;
        row("  of code that a tool writes", imports.generated)?;
        row("  first-party, not resolved", imports.unresolved)?;
        row(&format!("{language} calls, exact"), calls.exact)?;
        row("  inferred", calls.inferred)?;
        row("  by name only", calls.name_only)?;
        row("  external", calls.external)?;
        row("  unknown", calls.unknown)?;
    }
    row("routes", statistics.routes)?;
    for (reason, &count) in &statistics.skipped {
        row(&format!("left out: {}", reason.name()), count)?;
    }
    row("findings", statistics.findings_by_rule.values().sum())?;
    for (rule, &count) in &statistics.findings_by_rule {
        row(&format!("  {rule}"), count)?;
    }
    for import in &statistics.coverage.unresolved {
        let (path, specifier) = (report::clean_line(&import.path), report::clean_line(&import.specifier));
        let what = if import.generated { "generated code" } else { "not resolved" };
        writeln!(out, "{what}: {path}:{} {specifier}", import.line)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_a_file_or_a_format_and_a_file() {
        let parsed = |text| Output::parse(text).unwrap_or_else(|never| match never {});
        let output = |format, file: Option<&str>| Output { format, file: file.map(PathBuf::from) };
        assert_eq!(parsed("out.txt"), output(None, Some("out.txt")));
        assert_eq!(parsed("sarif=out.sarif"), output(Some(Format::Sarif), Some("out.sarif")));
        assert_eq!(parsed("github=-"), output(Some(Format::Github), None));
        assert_eq!(parsed("a=b"), output(None, Some("a=b")));
    }
}
