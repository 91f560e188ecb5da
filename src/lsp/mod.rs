//! `archcheck lsp`: the language server, on standard input and output.
//!
//! The loop here owns documents and the protocol; each root has a [`worker`] with an engine of its own. It decides nothing about code: what the engine says
//! of the text, an editor shows. A request that needs the newest text waits for the check that has it; nothing else waits for a check.

mod actions;
mod client;
mod diagnostics;
mod documents;
mod positions;
mod requests;
mod roots;
mod uris;
mod worker;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use gen_lsp_types::Uri;
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::model::contract::Date;
use crate::model::rule::Rule;
use client::{Client, Settings};
use documents::Documents;
use roots::Root;
use worker::Analysed;

/// Deep input recurses in bounded but large frames.
const STACK_BYTES: usize = 16 << 20;
/// How long a client that leaves may take to read what was said to it.
const FAREWELL: Duration = Duration::from_secs(2);

/// What the server is given by who starts it.
#[derive(Clone, Debug)]
pub struct Host {
    /// The day it is, on which exceptions of a contract may have ended.
    pub today: fn() -> Date,
    /// A folder with the page of every built-in rule.
    pub pages: Option<PathBuf>,
}

/// Something for the loop.
pub enum Event {
    Client(Message),
    /// The client closed the pipe.
    Closed,
    Analysed(Analysed),
}

/// Serves until the client says exit, or is gone; false when it left without a word.
///
/// # Errors
/// What went wrong before anything could be served.
pub fn serve(host: Host) -> Result<bool, String> {
    // Requests lower texts, and lowering recurses.
    let run = move || {
        let (connection, threads) = Connection::stdio();
        let polite = converse(&connection, host);
        drop(connection);
        // What was said last is still on its way out. A client that does not listen must not keep us.
        let (written, wait) = channel();
        let finish = move || written.send(threads.join().is_ok());
        if polite.is_ok() && std::thread::Builder::new().name("farewell".to_string()).spawn(finish).is_ok() {
            let _ = wait.recv_timeout(FAREWELL);
        }
        polite
    };
    let thread = std::thread::Builder::new().name("server".to_string()).stack_size(STACK_BYTES).spawn(run);
    thread.map_err(|error| error.to_string())?.join().map_err(|_| "the language server failed; please report it".to_string())?
}

fn converse(connection: &Connection, host: Host) -> Result<bool, String> {
    let (id, params) = connection.initialize_start().map_err(|error| error.to_string())?;
    let (events, inbox) = channel();
    let mut server = Server::new(connection, host, &params, events.clone());
    server.answer(id, client::offer(&server.client));
    server.open_roots(&params);
    let messages = connection.receiver.clone();
    let forward = move || {
        for message in messages {
            if events.send(Event::Client(message)).is_err() {
                return;
            }
        }
        let _ = events.send(Event::Closed);
    };
    std::thread::Builder::new().name("reader".to_string()).spawn(forward).map_err(|error| error.to_string())?;
    Ok(server.run(&inbox))
}

/// A request that waits for a check.
struct Waiting {
    id: RequestId,
    /// Roots and the generation each must have reached.
    until: Vec<(usize, u64)>,
    what: Pull,
}

enum Pull {
    Document(Uri, Option<String>),
    Workspace(Vec<(Uri, String)>),
}

/// What an answer of the client is for.
enum Asked {
    Nothing,
    Configuration,
    Progress(usize),
}

struct Server<'a> {
    connection: &'a Connection,
    host: Host,
    client: Client,
    settings: Settings,
    events: Sender<Event>,
    roots: Vec<Root>,
    next_root: usize,
    documents: Documents,
    waiting: Vec<Waiting>,
    asked: Vec<(i32, Asked)>,
    next_request: i32,
    /// The client asks for the whole workspace.
    pulls_workspace: bool,
    /// The client has said that it is ready to be asked.
    initialized: bool,
    /// `shutdown` was asked for.
    ending: bool,
    rules: Arc<Vec<Rule>>,
}

impl<'a> Server<'a> {
    fn new(connection: &'a Connection, host: Host, params: &Value, events: Sender<Event>) -> Server<'a> {
        let mut settings = Settings::default();
        settings.read(params.get("initializationOptions").unwrap_or(&Value::Null));
        Server {
            connection,
            host,
            client: Client::of(params),
            settings,
            events,
            roots: Vec::new(),
            next_root: 0,
            documents: Documents::default(),
            waiting: Vec::new(),
            asked: Vec::new(),
            next_request: 0,
            pulls_workspace: false,
            initialized: false,
            ending: false,
            rules: Arc::default(),
        }
    }

    /// Until the client leaves; true when it said so first.
    fn run(&mut self, inbox: &Receiver<Event>) -> bool {
        for event in inbox {
            match event {
                Event::Closed => return self.ending,
                Event::Analysed(analysed) => self.take_in(analysed),
                Event::Client(Message::Request(request)) => self.request(request),
                Event::Client(Message::Response(response)) => self.response(response),
                Event::Client(Message::Notification(note)) if note.method == "exit" => return self.ending,
                Event::Client(Message::Notification(note)) => self.notification(note),
            }
        }
        self.ending
    }

    fn request(&mut self, request: Request) {
        let id = request.id.clone();
        if self.ending {
            return self.refuse(id, ErrorCode::InvalidRequest, "the server is shutting down");
        }
        if request.method == "shutdown" {
            self.ending = true;
            self.roots.iter_mut().for_each(|root| root.worker.stop());
            return self.answer(id, Value::Null);
        }
        // A mistake of ours in one answer must not end the conversation.
        let handled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.handle(request)));
        match handled {
            Ok(Handled::Answer(value)) => self.answer(id, value),
            Ok(Handled::Later) => {}
            Ok(Handled::Unknown) => self.refuse(id, ErrorCode::MethodNotFound, "archcheck does not know this request"),
            Ok(Handled::Malformed(error)) => self.refuse(id, ErrorCode::InvalidParams, &error),
            Err(_) => self.refuse(id, ErrorCode::InternalError, "archcheck failed on this request; please report it"),
        }
    }

    fn notification(&mut self, note: Notification) {
        // What is not understood is ignored, as the protocol asks.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.take_note(note)));
    }

    fn response(&mut self, response: Response) {
        let found = self.asked.iter().position(|(id, _)| RequestId::from(*id) == response.id);
        let Some((_, asked)) = found.map(|at| self.asked.swap_remove(at)) else { return };
        match (asked, response.response_result) {
            (Asked::Configuration, Ok(answer)) => self.configure(answer.get(0).unwrap_or(&Value::Null)),
            (Asked::Progress(root), result) => self.progress_answered(root, result.is_ok()),
            _ => {}
        }
    }

    fn answer(&self, id: RequestId, result: Value) {
        self.send(Message::Response(Response { id, response_result: Ok(result) }));
    }

    fn refuse(&self, id: RequestId, code: ErrorCode, message: &str) {
        self.send(Message::Response(Response::new_err(id, code as i32, message.to_string())));
    }

    fn tell(&self, method: &str, params: Value) {
        self.send(Message::Notification(Notification { method: method.to_string(), params }));
    }

    fn ask(&mut self, method: &str, params: Value, asked: Asked) {
        let id = self.next_request;
        self.next_request += 1;
        self.asked.push((id, asked));
        self.send(Message::Request(Request { id: id.into(), method: method.to_string(), params }));
    }

    fn send(&self, message: Message) {
        // A client that is gone needs no answer; the loop ends by itself.
        let _ = self.connection.sender.send(message);
    }

    /// After `initialized`: what the server asks of the client.
    fn greet(&mut self) {
        self.initialized = true;
        if self.client.watches {
            let watchers: Vec<Value> = client::WATCHED.iter().map(|glob| json!({ "globPattern": glob })).collect();
            let options = json!({ "watchers": watchers });
            let watch = json!({ "id": "archcheck-files", "method": "workspace/didChangeWatchedFiles", "registerOptions": options });
            self.ask("client/registerCapability", json!({ "registrations": [watch] }), Asked::Nothing);
        }
        self.ask_configuration();
        for root in 0..self.roots.len() {
            self.begin_progress(root);
        }
    }

    fn ask_configuration(&mut self) {
        if self.client.configuration {
            self.ask("workspace/configuration", json!({ "items": [{ "section": "archcheck" }] }), Asked::Configuration);
        }
    }

    /// Other settings; everything anew when they mean anything to an engine.
    fn configure(&mut self, said: &Value) {
        let before = self.settings.clone();
        self.settings.read(said);
        if self.settings == before {
            return;
        }
        for at in 0..self.roots.len() {
            self.reopen(at);
        }
    }
}

/// What became of a request.
enum Handled {
    Answer(Value),
    /// It is answered when a check is done.
    Later,
    Unknown,
    Malformed(String),
}

fn parsed<P: DeserializeOwned>(params: Value) -> Result<P, String> {
    serde_json::from_value(params).map_err(|error| error.to_string())
}

/// Whether a path may concern archcheck at all.
fn of_interest(path: &str) -> bool {
    crate::discover::is_of_interest(path)
}

/// A path of the client's below one of its folders.
fn absolute(root: &Path, path: &str) -> PathBuf {
    root.join(path)
}
