//! Code actions on diagnostics: silence with a reason, read about the rule.

use std::collections::HashMap;

use gen_lsp_types::{Code, CodeAction, CodeActionKind, Command, Diagnostic, TextEdit, Uri, WorkspaceEdit};
use serde_json::json;

use super::diagnostics::{CONFIGURATION, SOURCE};
use super::documents::Document;
use super::positions::{Encoding, Lines};
use crate::engine;
use crate::model::source::Span;

/// The command that opens a rule's page.
pub const OPEN_DOCUMENTATION: &str = "archcheck.openDocumentation";

/// Reasons somebody may have for silencing a finding; a suppression without one silences nothing.
const REASONS: [(&str, &str); 2] = [("false positive", "false positive"), ("accepted as it is", "accepted as it is")];

/// The rule of a diagnostic of ours.
pub fn rule_of(diagnostic: &Diagnostic) -> Option<&str> {
    match &diagnostic.code {
        Some(Code::String(rule)) if diagnostic.source.as_deref() == Some(SOURCE) && rule != CONFIGURATION => Some(rule),
        _ => None,
    }
}

/// The actions for diagnostics of a document, in its present text.
pub fn actions(path: &str, uri: &Uri, document: &Document, diagnostics: &[Diagnostic], encoding: Encoding) -> Vec<CodeAction> {
    let lines = Lines::new(&document.text);
    let mut actions = Vec::new();
    for diagnostic in diagnostics {
        let Some(rule) = rule_of(diagnostic) else { continue };
        let start = lines.offset(&document.text, diagnostic.range.start, encoding);
        let end = lines.offset(&document.text, diagnostic.range.end, encoding).max(start);
        for (title, reason) in REASONS {
            let Some(edit) = engine::suppression(path, &document.text, Span::new(start, end), rule, reason) else { continue };
            let at = lines.position(&document.text, edit.span.start as usize, encoding);
            let range = gen_lsp_types::Range { start: at, end: lines.position(&document.text, edit.span.end as usize, encoding) };
            actions.push(CodeAction {
                title: format!("Ignore `{rule}` here: {title}"),
                kind: Some(CodeActionKind::QuickFix),
                diagnostics: Some(vec![diagnostic.clone()]),
                edit: Some(one_edit(uri, TextEdit { range, new_text: edit.text })),
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

fn one_edit(uri: &Uri, edit: TextEdit) -> WorkspaceEdit {
    WorkspaceEdit { changes: Some(HashMap::from([(uri.clone(), vec![edit])])), ..WorkspaceEdit::default() }
}
