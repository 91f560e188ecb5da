//! Code actions on diagnostics: silence with a reason, read about the rule.

use std::collections::HashMap;

use gen_lsp_types::{Code, CodeAction, CodeActionKind, Command, Diagnostic, TextEdit, Uri, WorkspaceEdit};
use serde_json::json;

use super::diagnostics::{CONFIGURATION, FileReport, Item, SOURCE};
use super::documents::Document;
use super::positions::{Encoding, Lines};
use crate::engine;
use crate::model::finding::Edit;
use crate::model::source::Span;

/// The command that opens a rule's page.
pub const OPEN_DOCUMENTATION: &str = "archcheck.openDocumentation";

/// The kind of the action that fixes a whole document.
pub const FIX_ALL: &str = "source.fixAll.archcheck";

/// Reasons somebody may have for silencing a finding; a suppression without one silences nothing.
const REASONS: [(&str, &str); 2] = [("false positive", "false positive"), ("accepted as it is", "accepted as it is")];

/// The rule of a diagnostic of ours.
pub fn rule_of(diagnostic: &Diagnostic) -> Option<&str> {
    match &diagnostic.code {
        Some(Code::String(rule)) if diagnostic.source.as_deref() == Some(SOURCE) && rule != CONFIGURATION => Some(rule),
        _ => None,
    }
}

/// Rules about suppressions: silencing those with another one helps nobody.
const ABOUT_COMMENTS: [&str; 2] = ["unused-suppression", "suppression-without-reason"];

/// The actions for diagnostics of a document, in its present text. `report` is what the last check says of it.
pub fn actions(
    path: &str,
    uri: &Uri,
    document: &Document,
    diagnostics: &[Diagnostic],
    report: &FileReport,
    encoding: Encoding,
) -> Vec<CodeAction> {
    let lines = Lines::new(&document.text);
    let mut actions = fixes(uri, document, diagnostics, report, encoding);
    for diagnostic in diagnostics {
        let Some(rule) = rule_of(diagnostic).filter(|rule| !ABOUT_COMMENTS.contains(rule)) else { continue };
        let start = lines.offset(&document.text, diagnostic.range.start, encoding);
        let end = lines.offset(&document.text, diagnostic.range.end, encoding).max(start);
        for (title, reason) in REASONS {
            let Some(edit) = engine::suppression(path, &document.text, Span::new(start, end), rule, reason) else { continue };
            actions.push(CodeAction {
                title: format!("Ignore `{rule}` here: {title}"),
                kind: Some(CodeActionKind::QuickFix),
                diagnostics: Some(vec![diagnostic.clone()]),
                edit: Some(workspace_edit(uri, vec![text_edit(document, &edit, encoding)])),
                ..CodeAction::default()
            });
        }
    }
    for diagnostic in diagnostics {
        let Some(rule) = rule_of(diagnostic) else { continue };
        let title = format!("Open the documentation of `{rule}`");
        let command = Command {
            title: title.clone(),
            tooltip: None,
            command: OPEN_DOCUMENTATION.to_string(),
            arguments: Some(vec![json!(rule), json!(uri)]),
        };
        actions.push(CodeAction { title, kind: Some(CodeActionKind::QuickFix), command: Some(command), ..CodeAction::default() });
    }
    actions.dedup_by(|a, b| a.title == b.title && a.edit == b.edit);
    actions
}

/// The fixes of findings among the diagnostics, while the text is the one that was checked.
fn fixes(uri: &Uri, document: &Document, diagnostics: &[Diagnostic], report: &FileReport, encoding: Encoding) -> Vec<CodeAction> {
    let mut actions = Vec::new();
    for diagnostic in diagnostics.iter().filter(|_| report.text == document.text) {
        let same = |item: &&Item| item.diagnostic.range == diagnostic.range && item.diagnostic.code == diagnostic.code;
        let finding = report.items.iter().find(same).and_then(|item| item.finding.as_ref());
        let Some(fix) = finding.and_then(|finding| engine::fix(finding, &document.text)) else { continue };
        actions.push(CodeAction {
            title: fix.title.clone(),
            kind: Some(CodeActionKind::QuickFix),
            diagnostics: Some(vec![diagnostic.clone()]),
            is_preferred: Some(true),
            edit: Some(workspace_edit(uri, vec![text_edit(document, &fix.edit, encoding)])),
            ..CodeAction::default()
        });
    }
    actions
}

/// Every fix of a document in one action; `None` when there is none.
pub fn fix_all(uri: &Uri, document: &Document, report: &FileReport, encoding: Encoding) -> Option<CodeAction> {
    if report.text != document.text {
        return None;
    }
    let found = report.items.iter().filter_map(|item| engine::fix(item.finding.as_ref()?, &document.text));
    let mut edits: Vec<Edit> = found.map(|fix| fix.edit).collect();
    edits.sort();
    edits.dedup();
    // Edits of one change must not overlap; the others are there when it is asked for again.
    let mut end = 0;
    edits.retain(|edit| edit.span.start >= end && std::mem::replace(&mut end, edit.span.end) <= edit.span.start);
    let edits: Vec<TextEdit> = edits.iter().map(|edit| text_edit(document, edit, encoding)).collect();
    (!edits.is_empty()).then(|| CodeAction {
        title: "Fix what archcheck is certain of".to_string(),
        kind: Some(CodeActionKind::Custom(FIX_ALL.into())),
        edit: Some(workspace_edit(uri, edits)),
        ..CodeAction::default()
    })
}

fn text_edit(document: &Document, edit: &Edit, encoding: Encoding) -> TextEdit {
    TextEdit { range: Lines::new(&document.text).range(&document.text, edit.span, encoding), new_text: edit.text.clone() }
}

fn workspace_edit(uri: &Uri, edits: Vec<TextEdit>) -> WorkspaceEdit {
    WorkspaceEdit { changes: Some(HashMap::from([(uri.clone(), edits)])), ..WorkspaceEdit::default() }
}
