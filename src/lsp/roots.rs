//! The roots: one engine for each folder of the workspace, and what is shown of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use gen_lsp_types::Uri;
use serde_json::{Value, json};

use super::diagnostics::FileReport;
use super::worker::{Analysed, Job, Setup, Worker};
use super::{Asked, Server, absolute, uris};
use crate::cache;
use crate::config;
use crate::engine::{Change, Options};
use crate::model::rule::Profile;

/// One analysed folder.
pub(super) struct Root {
    pub(super) id: usize,
    /// The folder the client named.
    folder: PathBuf,
    /// The folder of the project around it.
    pub(super) path: PathBuf,
    /// The same without symbolic links.
    real: PathBuf,
    pub(super) worker: Worker,
    /// The last job sent and the last one that a check has in it.
    pub(super) sent: u64,
    pub(super) done: u64,
    /// Whether the first check is there.
    pub(super) ready: bool,
    pub(super) files: BTreeMap<Arc<str>, Arc<FileReport>>,
    /// What was pushed, by address: the report's name.
    pushed: BTreeMap<String, String>,
    progress: Progress,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    None,
    Asked,
    Shown,
}

impl Server<'_> {
    /// The workspace's folders, else the root that older clients give.
    pub(super) fn open_roots(&mut self, params: &Value) {
        let folders = params.get("workspaceFolders").and_then(Value::as_array).filter(|folders| !folders.is_empty());
        let listed = folders.into_iter().flatten().filter_map(|folder| folder.get("uri")?.as_str());
        let mut found: Vec<PathBuf> = listed.filter_map(|uri| uris::path_of(&Uri(uri.to_string()))).collect();
        if found.is_empty() {
            let uri = params.get("rootUri").and_then(Value::as_str).and_then(|uri| uris::path_of(&Uri(uri.to_string())));
            found.extend(uri.or_else(|| params.get("rootPath").and_then(Value::as_str).map(PathBuf::from)));
        }
        for folder in found {
            self.open_root(folder);
        }
    }

    pub(super) fn open_root(&mut self, folder: PathBuf) {
        if !folder.is_dir() || self.roots.iter().any(|root| root.folder == folder) {
            return;
        }
        let path = config::roots::configured(&folder);
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        let id = self.next_root;
        self.next_root += 1;
        let worker = Worker::start(id, self.setup(&path, &folder), self.events.clone());
        let root = Root {
            id,
            folder,
            path,
            real,
            worker,
            sent: 0,
            done: 0,
            ready: false,
            files: BTreeMap::new(),
            pushed: BTreeMap::new(),
            progress: Progress::None,
        };
        self.roots.push(root);
        let at = self.roots.len() - 1;
        // Documents that are open already.
        let open: Vec<(Uri, Arc<str>)> = self.documents.all().map(|(uri, document)| (uri, document.text.clone())).collect();
        for (uri, text) in open {
            if let Some(path) = self.relative(at, &uri) {
                self.send_job(at, Job::Change(Change::Set { path, text }));
            }
        }
        if self.initialized {
            self.begin_progress(at);
        }
    }

    pub(super) fn close_root(&mut self, folder: &std::path::Path) {
        let Some(at) = self.roots.iter().position(|root| root.folder == folder) else { return };
        let mut root = self.roots.remove(at);
        root.worker.stop();
        for uri in root.pushed.keys() {
            self.tell("textDocument/publishDiagnostics", json!({ "uri": uri, "diagnostics": [] }));
        }
        self.answer_waiting();
    }

    /// Opens a root's engine anew, with the settings of now.
    pub(super) fn reopen(&mut self, at: usize) {
        let (path, folder) = (self.roots[at].path.clone(), self.roots[at].folder.clone());
        let setup = self.setup(&path, &folder);
        self.send_job(at, Job::Configure(Box::new(setup)));
    }

    fn setup(&self, path: &std::path::Path, folder: &std::path::Path) -> Setup {
        let shown = uris::below(path, folder).filter(|below| !below.is_empty());
        let options = Options {
            profile: match self.settings.profile.as_deref() {
                Some("strict") => Some(Profile::Strict),
                Some("default") => Some(Profile::Default),
                _ => None,
            },
            config: self.settings.config.as_ref().map(|file| path.join(file)),
            paths: shown.into_iter().collect(),
            jobs: self.settings.jobs,
            // Nothing here counts calls.
            call_coverage: false,
            today: Some((self.host.today)()),
            // Where the command line keeps what it made of files, an editor opens at once. It begins no folder in somebody's repository.
            cache: path.join(cache::FOLDER).is_dir().then_some(cache::Place::Root),
            recall: true,
            tests: true,
            ..Options::default()
        };
        let pages = self.host.pages.clone();
        Setup { root: path.to_path_buf(), options, marks: self.settings.code_lens, encoding: self.client.encoding, pages }
    }

    pub(super) fn send_job(&mut self, at: usize, job: Job) {
        let root = &mut self.roots[at];
        root.sent += 1;
        root.worker.send(root.sent, job);
    }

    /// A document's path in a root; `None` when it is not in it.
    pub(super) fn relative(&self, at: usize, uri: &Uri) -> Option<Arc<str>> {
        let path = uris::path_of(uri)?;
        let root = &self.roots[at];
        let below = uris::below(&root.path, &path).or_else(|| uris::below(&root.real, &path))?;
        Some(Arc::from(below))
    }

    /// Every root that a document lies in, the deepest first.
    pub(super) fn located(&self, uri: &Uri) -> Vec<(usize, Arc<str>)> {
        let mut found: Vec<(usize, Arc<str>)> = (0..self.roots.len()).filter_map(|at| Some((at, self.relative(at, uri)?))).collect();
        found.sort_by_key(|(_, path)| path.len());
        found
    }

    /// The report of a document, from the deepest root that holds it.
    pub(super) fn report(&self, uri: &Uri) -> Option<(usize, Arc<FileReport>)> {
        let (at, path) = self.located(uri).into_iter().next()?;
        Some((at, self.roots[at].files.get(&path)?.clone()))
    }

    /// A check is done.
    pub(super) fn take_in(&mut self, analysed: Analysed) {
        let Some(at) = self.roots.iter().position(|root| root.id == analysed.root) else { return };
        if let Some(failed) = &analysed.failed {
            self.tell("window/logMessage", json!({ "type": 1, "message": failed }));
        }
        self.rules = analysed.rules;
        let root = &mut self.roots[at];
        root.done = root.done.max(analysed.generation);
        let first = !std::mem::replace(&mut root.ready, true);
        let before = std::mem::replace(&mut root.files, analysed.files);
        self.end_progress(at);
        let changed = self.changed(at, &before);
        self.push(at);
        self.answer_waiting();
        if first || changed.diagnostics {
            self.refresh_diagnostics();
        }
        if self.client.refresh_lenses && self.settings.code_lens && (first || changed.marks) {
            self.ask("workspace/codeLens/refresh", Value::Null, Asked::Nothing);
        }
    }

    fn changed(&self, at: usize, before: &BTreeMap<Arc<str>, Arc<FileReport>>) -> Changed {
        let after = &self.roots[at].files;
        let mut changed = Changed::default();
        let empty = Arc::new(FileReport::default());
        let paths: BTreeSet<&Arc<str>> = before.keys().chain(after.keys()).collect();
        for path in paths {
            let (old, new) = (before.get(path).unwrap_or(&empty), after.get(path).unwrap_or(&empty));
            changed.diagnostics |= old.items != new.items;
            changed.marks |= old.marks != new.marks;
        }
        changed
    }

    fn refresh_diagnostics(&mut self) {
        if self.client.pull && self.client.refresh_diagnostics && self.initialized {
            self.ask("workspace/diagnostic/refresh", Value::Null, Asked::Nothing);
        }
    }

    /// Pushes what changed since it was last pushed. Documents that a client asks about itself are not pushed.
    pub(super) fn push(&mut self, at: usize) {
        let mut wanted: BTreeMap<String, (String, Value)> = BTreeMap::new();
        for (path, report) in &self.roots[at].files {
            let (uri, version) = self.address(at, path, report);
            let elsewhere = self.located(&uri).first().is_some_and(|(owner, _)| *owner != at);
            if report.items.is_empty() || elsewhere || !self.pushes(&uri) {
                continue;
            }
            let params = json!({ "uri": uri, "version": version, "diagnostics": report.diagnostics() });
            wanted.insert(uri.0.clone(), (report.id.clone(), params));
        }
        let pushed = std::mem::take(&mut self.roots[at].pushed);
        for uri in pushed.keys().filter(|uri| !wanted.contains_key(*uri)) {
            self.tell("textDocument/publishDiagnostics", json!({ "uri": uri, "diagnostics": [] }));
        }
        let mut now = BTreeMap::new();
        for (uri, (id, params)) in wanted {
            if pushed.get(&uri) != Some(&id) {
                self.tell("textDocument/publishDiagnostics", without_nulls(params));
            }
            now.insert(uri, id);
        }
        self.roots[at].pushed = now;
    }

    fn pushes(&self, uri: &Uri) -> bool {
        let open = self.documents.get(uri).is_some();
        match self.client.pull {
            true => !open && self.settings.workspace && !self.pulls_workspace,
            false => open || self.settings.workspace,
        }
    }

    /// The address of a file as the client writes it, with the version that was analysed where that is the newest.
    pub(super) fn address(&self, at: usize, path: &Arc<str>, report: &FileReport) -> (Uri, Option<i32>) {
        let open = self.documents.all().find(|(uri, _)| self.relative(at, uri).as_ref() == Some(path));
        match open {
            Some((uri, document)) => (uri, (document.text == report.text).then_some(document.version)),
            None => (uris::uri_of(&absolute(&self.roots[at].path, path)), None),
        }
    }

    pub(super) fn begin_progress(&mut self, at: usize) {
        let root = &mut self.roots[at];
        if root.ready || !self.client.progress || root.progress != Progress::None {
            return;
        }
        root.progress = Progress::Asked;
        let id = root.id;
        self.ask("window/workDoneProgress/create", json!({ "token": token(id) }), Asked::Progress(id));
    }

    pub(super) fn progress_answered(&mut self, id: usize, granted: bool) {
        let Some(root) = self.roots.iter_mut().find(|root| root.id == id) else { return };
        if root.ready || !granted {
            root.progress = Progress::None;
            return;
        }
        root.progress = Progress::Shown;
        let name = root.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let value = json!({ "kind": "begin", "title": "archcheck", "message": format!("analysing {name}") });
        self.tell("$/progress", json!({ "token": token(id), "value": value }));
    }

    fn end_progress(&mut self, at: usize) {
        let root = &mut self.roots[at];
        if std::mem::replace(&mut root.progress, Progress::None) == Progress::Shown {
            let id = root.id;
            self.tell("$/progress", json!({ "token": token(id), "value": { "kind": "end" } }));
        }
    }
}

#[derive(Default)]
struct Changed {
    diagnostics: bool,
    marks: bool,
}

fn token(root: usize) -> String {
    format!("archcheck/{root}")
}

fn without_nulls(mut params: Value) -> Value {
    if let Some(fields) = params.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    params
}
