//! What clients ask and say.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use gen_lsp_types::{
    CodeActionParams, CodeLens, Command, DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams, DocumentDiagnosticParams, ExecuteCommandParams,
    FileChangeType, HoverParams, Position, TextDocumentIdentifier, Uri, WorkspaceDiagnosticParams,
};
use lsp_server::{ErrorCode, Notification, Request, RequestId};
use serde_json::{Value, json};

use super::diagnostics::{FileReport, Item};
use super::worker::Job;
use super::{Handled, Pull, Server, Waiting, absolute, actions, of_interest, parsed, uris};
use crate::config;
use crate::discover;
use crate::engine::Change;
use crate::report;

impl Server<'_> {
    pub(super) fn handle(&mut self, request: Request) -> Handled {
        let Request { id, method, params } = request;
        let result = match method.as_str() {
            "textDocument/diagnostic" => parsed(params).map(|params| self.pull_document(id, params)),
            "workspace/diagnostic" => parsed(params).map(|params| self.pull_workspace(id, params)),
            "textDocument/hover" => parsed(params).map(|params| Handled::Answer(self.hover(&params))),
            "textDocument/codeAction" => parsed(params).map(|params| Handled::Answer(self.code_actions(&params))),
            "textDocument/codeLens" => {
                parsed(params).map(|params: gen_lsp_types::CodeLensParams| Handled::Answer(self.lenses(&params.text_document)))
            }
            "workspace/executeCommand" => parsed(params).map(|params| self.execute(&params)),
            _ => Ok(Handled::Unknown),
        };
        result.unwrap_or_else(Handled::Malformed)
    }

    pub(super) fn take_note(&mut self, note: Notification) {
        let Notification { method, params } = note;
        match method.as_str() {
            "initialized" => self.greet(),
            "$/cancelRequest" => self.cancel(&params),
            "textDocument/didOpen" => parsed(params).map(|params| self.opened(params)).unwrap_or_default(),
            "textDocument/didChange" => parsed(params).map(|params| self.changed_text(params)).unwrap_or_default(),
            "textDocument/didSave" => {
                parsed(params).map(|params: DidSaveTextDocumentParams| self.saved(&params.text_document.uri)).unwrap_or_default()
            }
            "textDocument/didClose" => {
                parsed(params).map(|params: DidCloseTextDocumentParams| self.closed(&params.text_document.uri)).unwrap_or_default()
            }
            "workspace/didChangeWatchedFiles" => parsed(params).map(|params| self.watched(params)).unwrap_or_default(),
            "workspace/didChangeWorkspaceFolders" => parsed(params).map(|params| self.folders(params)).unwrap_or_default(),
            "workspace/didChangeConfiguration" => match params.get("settings") {
                Some(settings) if settings.get("archcheck").is_some() || !self.client.configuration => self.configure(settings),
                _ => self.ask_configuration(),
            },
            _ => {}
        }
    }

    fn cancel(&mut self, params: &Value) {
        let Some(id) = params.get("id").and_then(|id| serde_json::from_value::<RequestId>(id.clone()).ok()) else { return };
        if let Some(at) = self.waiting.iter().position(|waiting| waiting.id == id) {
            self.waiting.remove(at);
            self.refuse(id, ErrorCode::RequestCanceled, "cancelled");
        }
    }

    fn opened(&mut self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        if self.roots.is_empty() {
            // A file without a workspace: the project around it, if there is one.
            let folder = uris::path_of(&document.uri).and_then(|path| config::roots::marked(path.parent()?));
            if let Some(folder) = folder {
                self.open_root(folder);
            }
        }
        self.documents.open(&document.uri, document.version, document.text);
        self.set_text(&document.uri);
        if self.client.pull {
            // What was pushed of it is asked for from now on.
            self.push_again(&document.uri);
        }
    }

    fn changed_text(&mut self, params: DidChangeTextDocumentParams) {
        let document = params.text_document;
        let uri = document.text_document_identifier.uri;
        if self.documents.change(&uri, document.version, params.content_changes, self.client.encoding) {
            self.set_text(&uri);
        }
    }

    fn set_text(&mut self, uri: &Uri) {
        let Some(text) = self.documents.get(uri).map(|document| document.text.clone()) else { return };
        for (at, path) in self.located(uri).into_iter().filter(|(_, path)| of_interest(path)) {
            self.send_job(at, Job::Change(Change::Set { path, text: text.clone() }));
        }
    }

    fn saved(&mut self, uri: &Uri) {
        for (at, path) in self.located(uri) {
            if path.starts_with(".archcheck/") {
                self.send_job(at, Job::Change(Change::Config));
            } else if of_interest(&path) {
                self.send_job(at, Job::Saved(path));
            }
        }
    }

    fn closed(&mut self, uri: &Uri) {
        if !self.documents.close(uri) {
            return;
        }
        for (at, path) in self.located(uri).into_iter().filter(|(_, path)| of_interest(path)) {
            self.send_job(at, Job::Change(Change::Disk { path }));
        }
        self.push_again(uri);
    }

    fn push_again(&mut self, uri: &Uri) {
        if let Some((at, _)) = self.located(uri).into_iter().next()
            && self.roots[at].ready
        {
            self.push(at);
        }
    }

    fn watched(&mut self, params: DidChangeWatchedFilesParams) {
        for event in params.changes {
            let open = self.documents.get(&event.uri).is_some();
            for (at, path) in self.located(&event.uri) {
                let structural = discover::is_structural(&path) || path.starts_with(".archcheck/");
                let change = match event.kind {
                    _ if structural => Change::Config,
                    // A folder may have gone, with everything in it.
                    FileChangeType::Deleted => Change::Remove { path },
                    _ if !of_interest(&path) => continue,
                    FileChangeType::Created => Change::Config,
                    _ if open => continue,
                    _ => Change::Disk { path },
                };
                self.send_job(at, Job::Change(change));
            }
        }
    }

    fn folders(&mut self, params: DidChangeWorkspaceFoldersParams) {
        for folder in params.event.removed {
            if let Some(path) = uris::path_of(&folder.uri) {
                self.close_root(&path);
            }
        }
        let added: Vec<PathBuf> = params.event.added.iter().filter_map(|folder| uris::path_of(&folder.uri)).collect();
        added.into_iter().for_each(|folder| self.open_root(folder));
    }

    fn pull_document(&mut self, id: RequestId, params: DocumentDiagnosticParams) -> Handled {
        let uri = params.text_document.uri;
        let until = self.located(&uri).into_iter().take(1).map(|(at, _)| (self.roots[at].id, self.roots[at].sent)).collect();
        self.waiting.push(Waiting { id, until, what: Pull::Document(uri, params.previous_result_id) });
        self.answer_waiting();
        Handled::Later
    }

    fn pull_workspace(&mut self, id: RequestId, params: WorkspaceDiagnosticParams) -> Handled {
        let until = self.roots.iter().map(|root| (root.id, root.sent)).collect();
        let known = params.previous_result_ids.into_iter().map(|known| (known.uri, known.value)).collect();
        self.waiting.push(Waiting { id, until, what: Pull::Workspace(known) });
        if !self.pulls_workspace {
            self.pulls_workspace = true;
            // What was pushed is asked for from now on.
            for at in 0..self.roots.len() {
                self.push(at);
            }
        }
        self.answer_waiting();
        Handled::Later
    }

    /// Answers what waited for the checks that are done.
    pub(super) fn answer_waiting(&mut self) {
        let reached = |server: &Self, waiting: &Waiting| {
            waiting.until.iter().all(|(id, generation)| {
                server.roots.iter().find(|root| root.id == *id).is_none_or(|root| root.ready && root.done >= *generation)
            })
        };
        let (now, later) = std::mem::take(&mut self.waiting).into_iter().partition(|waiting| reached(self, waiting));
        self.waiting = later;
        for Waiting { id, what, .. } in now {
            let answer = match what {
                Pull::Document(uri, known) => {
                    let report = self.report(&uri).map(|(_, report)| report).unwrap_or_default();
                    pulled(&report, known.as_deref())
                }
                Pull::Workspace(known) => json!({ "items": self.all_pulled(&known) }),
            };
            self.answer(id, answer);
        }
    }

    fn all_pulled(&self, known: &[(Uri, String)]) -> Vec<Value> {
        let mut items = Vec::new();
        let mut told = BTreeSet::new();
        for (at, root) in self.roots.iter().enumerate().filter(|_| self.settings.workspace) {
            for (path, report) in root.files.iter().filter(|(_, report)| !report.items.is_empty()) {
                let (uri, version) = self.address(at, path, report);
                let mine = self.located(&uri).first().is_none_or(|(owner, _)| *owner == at);
                if !mine || !told.insert(uri.0.clone()) {
                    continue;
                }
                let before = known.iter().find(|(known, _)| *known == uri).map(|(_, id)| id.as_str());
                items.push(of_workspace(pulled(report, before), &uri, version));
            }
        }
        // What had something before and has nothing now.
        let empty = Arc::new(FileReport::default());
        let gone = known.iter().filter(|(uri, id)| !told.contains(&uri.0) && !id.is_empty());
        items.extend(gone.map(|(uri, _)| of_workspace(pulled(&empty, None), uri, None)));
        items
    }

    fn hover(&self, params: &HoverParams) -> Value {
        let place = &params.text_document_position_params;
        let Some((_, report)) = self.report(&place.text_document.uri) else { return Value::Null };
        let here: Vec<&Item> = report.items.iter().filter(|item| holds(item.diagnostic.range, place.position)).collect();
        let Some(first) = here.first() else { return Value::Null };
        let mut text = String::new();
        let mut told = BTreeSet::new();
        for item in &here {
            let gen_lsp_types::Message::String(message) = &item.diagnostic.message else { continue };
            let help = if item.help.is_empty() { String::new() } else { format!("\n\n*Help:* {}", item.help) };
            text.push_str(&format!("{message}{help}\n\n"));
        }
        for rule in here.iter().filter_map(|item| actions::rule_of(&item.diagnostic)).filter(|rule| told.insert(*rule)) {
            if let Some(rule) = self.rules.iter().find(|known| *known.id == *rule) {
                text.push_str(&format!("---\n\n{}", report::page(rule)));
            }
        }
        json!({ "contents": { "kind": "markdown", "value": text }, "range": first.diagnostic.range })
    }

    fn code_actions(&self, params: &CodeActionParams) -> Value {
        let uri = &params.text_document.uri;
        let (Some(document), Some((_, path))) = (self.documents.get(uri), self.located(uri).into_iter().next()) else { return json!([]) };
        if !self.client.action_literals {
            return json!([]);
        }
        let report = self.report(uri).map(|(_, report)| report).unwrap_or_default();
        let encoding = self.client.encoding;
        let wants = |kind: &str| {
            let only = params.context.only.as_ref();
            only.is_none_or(|kinds| {
                kinds.iter().filter_map(|kind| json!(kind).as_str().map(str::to_string)).any(|asked| within(kind, &asked))
            })
        };
        let mut found = Vec::new();
        if wants("quickfix") {
            found.extend(actions::actions(&path, uri, document, &params.context.diagnostics, &report, encoding));
        }
        // Only for who asks for such: an editor would show it in every menu.
        if params.context.only.is_some() && wants(actions::FIX_ALL) {
            found.extend(actions::fix_all(uri, document, &report, encoding));
        }
        json!(found)
    }

    fn lenses(&self, document: &TextDocumentIdentifier) -> Value {
        let Some((_, report)) = self.report(&document.uri).filter(|_| self.settings.code_lens) else { return json!([]) };
        let lenses = report.marks.iter().map(|(range, title)| CodeLens {
            range: *range,
            // A command without a name: only its title is shown.
            command: Some(Command { title: title.clone(), tooltip: None, command: String::new(), arguments: None }),
            data: None,
        });
        json!(lenses.collect::<Vec<_>>())
    }

    fn execute(&mut self, params: &ExecuteCommandParams) -> Handled {
        if params.command != actions::OPEN_DOCUMENTATION {
            return Handled::Malformed(format!("there is no command `{}`", params.command));
        }
        let arguments = params.arguments.as_deref().unwrap_or_default();
        let (rule, uri) = (arguments.first().and_then(Value::as_str), arguments.get(1).and_then(Value::as_str));
        let Some(rule) = rule.filter(|rule| self.rules.iter().any(|known| *known.id == **rule)) else {
            return Handled::Malformed("the command takes the id of a rule".to_string());
        };
        let file = format!("{rule}.md");
        let root = uri.and_then(|uri| self.located(&Uri(uri.to_string())).into_iter().next());
        let own = root.map(|(at, _)| absolute(&self.roots[at].path, ".archcheck").join(&file)).filter(|page| page.is_file());
        let page = own.or_else(|| Some(self.host.pages.as_ref()?.join(&file)));
        let Some(page) = page.filter(|_| self.client.shows_documents) else {
            let page = self.rules.iter().find(|known| *known.id == *rule).map(report::page);
            return Handled::Answer(json!(page));
        };
        self.ask("window/showDocument", json!({ "uri": uris::uri_of(&page), "takeFocus": true }), super::Asked::Nothing);
        Handled::Answer(Value::Null)
    }
}

fn pulled(report: &FileReport, known: Option<&str>) -> Value {
    let id = if report.id.is_empty() { "empty" } else { &report.id };
    match known == Some(id) {
        true => json!({ "kind": "unchanged", "resultId": id }),
        false => json!({ "kind": "full", "resultId": id, "items": report.diagnostics() }),
    }
}

fn of_workspace(mut report: Value, uri: &Uri, version: Option<i32>) -> Value {
    report["uri"] = json!(uri);
    report["version"] = json!(version);
    report
}

/// Whether an action of this kind is asked for: kinds are a tree, `source` holds `source.fixAll`.
fn within(kind: &str, asked: &str) -> bool {
    asked.is_empty() || kind.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn holds(range: gen_lsp_types::Range, position: Position) -> bool {
    range.start <= position && (position < range.end || range.start == range.end || position == range.end)
}
