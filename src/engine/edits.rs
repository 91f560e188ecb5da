//! Edits of somebody's text that are certain: tried on the text, lowered again, and kept only when nothing else changed.

use std::sync::Arc;

use super::{Engine, STACK_BYTES, guarded, notes_of_text};
use crate::documents;
use crate::fix::{self, Proposal};
use crate::lower;
use crate::model::facts::FileFacts;
use crate::model::finding::{Edit, Finding, Fix, Outcome};
use crate::model::source::{Language, LineIndex, SourceFile, Span};
use crate::report::Sources;
use crate::triage;

impl Engine {
    /// The fixes of what is reported, in its order.
    pub fn fixes(&self, outcome: &Outcome) -> Vec<Fix> {
        let mut fixes = Vec::new();
        let mut known: Option<(Arc<str>, Arc<str>)> = None;
        for finding in outcome.reported.iter().filter(|finding| fix::mends(&finding.rule)) {
            let path = &finding.primary.location.path;
            if known.as_ref().is_none_or(|(known, _)| known != path) {
                known = self.text(path).map(|text| (path.clone(), text));
            }
            let Some((_, text)) = known.as_ref().filter(|(known, _)| known == path) else { continue };
            fixes.extend(fix(finding, text));
        }
        fixes
    }
}

/// The fix of a finding in its file's text; `None` where there is none that is certain. It is tried: the edited text has the same code, but for what the
/// fix is there to add, and no new syntax error. Configuration says what it said.
pub fn fix(finding: &Finding, text: &str) -> Option<Fix> {
    let path = &finding.primary.location.path;
    let proposal = deep(|| match Language::of_path(path) {
        Some(language) => fix_in_source(finding, text, language),
        None => {
            let proposal = fix::propose_in_text(finding, text)?;
            documents::say_the_same(path, text, &proposal.edit.applied(text)?).then_some(proposal)
        }
    })??;
    Some(Fix { fingerprint: finding.fingerprint.clone(), path: path.clone(), title: proposal.title, edit: proposal.edit })
}

fn fix_in_source(finding: &Finding, text: &str, language: Language) -> Option<Proposal> {
    let file = SourceFile { path: finding.primary.location.path.clone(), language, bytes: 0 };
    let before = lower::lower(&file, text);
    let proposal = fix::propose(finding, text, &before, &|node| lower::render::render_node(&before, node))?;
    let after = lower::lower(&file, &proposal.edit.applied(text)?);
    is_what_it_says(&before, &after, &proposal).then_some(proposal)
}

fn is_what_it_says(before: &FileFacts, after: &FileFacts, proposal: &Proposal) -> bool {
    before.problems.len() == after.problems.len() && proposal.keeps(&lower::render::shape(before), &lower::render::shape(after))
}

/// The comment that silences a finding of `rule` at `span` of a file with this text; `None` where no comment can stand that does, and nothing else.
pub fn suppression(path: &str, text: &str, span: Span, rule: &str, reason: &str) -> Option<Edit> {
    candidates(path, text, span, rule, reason).into_iter().find(|edit| silences(path, text, edit, span, rule))
}

/// Ways to write it: alone on the line above, at the end of the line, in JSX above.
fn candidates(path: &str, text: &str, span: Span, rule: &str, reason: &str) -> Vec<Edit> {
    let lines = LineIndex::new(text);
    let line = lines.line(span.start);
    let start = lines.start_of(line) as usize;
    let rest = text.get(start..).unwrap_or("");
    let content = rest.split(['\n', '\r']).next().unwrap_or("");
    let indent: String = content.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let newline = if rest.get(content.len()..).is_some_and(|end| end.starts_with("\r\n")) { "\r\n" } else { "\n" };
    let mark = match Language::of_path(path) {
        Some(Language::Python) | None => "#",
        Some(_) => "//",
    };
    let said = format!("archcheck: ignore[{rule}] {reason}");
    let insert = |at: usize, text: String| Edit { span: Span::new(at, at), text };
    vec![
        insert(start, format!("{indent}{mark} {said}{newline}")),
        insert(start + content.trim_end().len(), format!("  {mark} {said}")),
        insert(start, format!("{indent}{{/* {said} */}}{newline}")),
    ]
}

/// Whether the edit makes a comment that silences the rule there, and the code is the same with it.
fn silences(path: &str, text: &str, edit: &Edit, span: Span, rule: &str) -> bool {
    let Some(edited) = edit.applied(text) else { return false };
    let moved = edit.text.len() as u32 * u32::from(edit.span.start <= span.start);
    let moved = Span { start: span.start + moved, end: span.end + moved };
    let Some(language) = Language::of_path(path) else {
        let notes = notes_of_text(&Arc::from(path), &edited);
        return triage::speaks_of(&notes, moved, rule);
    };
    let file = SourceFile { path: Arc::from(path), language, bytes: 0 };
    deep(|| {
        let (before, after) = (lower::lower(&file, text), lower::lower(&file, &edited));
        let lines = LineIndex::new(&edited);
        let directives = triage::in_source(&edited, &after, &lines);
        let notes = triage::FileNotes { path: file.path.clone(), lines, directives };
        after.problems.len() == before.problems.len()
            && lower::render::shape(&before) == lower::render::shape(&after)
            && triage::speaks_of(&notes, moved, rule)
    })
    .unwrap_or(false)
}

/// Runs on a thread with a deep stack, since lowering recurses.
fn deep<R: Send>(run: impl FnOnce() -> R + Send) -> Option<R> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, || guarded(run)).ok()?;
        thread.join().ok().flatten()
    })
}
