//! What changes while archcheck looks on, from the outside: the language server with a client of a few lines and the command line as the judge of what it
//! says, and `--fix`.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

#[path = "support/copies.rs"]
mod copies;
#[path = "support/dice.rs"]
mod dice;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use archcheck::engine::{Change, Engine, Options};
use copies::copied;
use dice::Dice;
use serde_json::{Value, json};
use tempfile::TempDir;

const MAIN: &str = "\
from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.names import LIMIT

app = FastAPI()

def session() -> Session: ...

@app.get(\"/users\")
def users(name: str, db: Session = Depends(session)):
    \"\"\"Größe und 🦀.\"\"\"
    return db.execute(text(f\"SELECT * FROM users WHERE name = '{name}' LIMIT {LIMIT}\")).all()
";
const NAMES: &str = "LIMIT = 3\n";

fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn vulnerable() -> TempDir {
    project(&[("requirements.txt", "fastapi\nsqlalchemy\n"), ("app/main.py", MAIN), ("app/names.py", NAMES)])
}

/// A client that speaks to one server.
struct Client {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    next: i64,
    versions: BTreeMap<String, i64>,
    /// Diagnostics as they were last pushed, by address.
    pushed: BTreeMap<String, Value>,
    /// What else the server said.
    said: Vec<Value>,
}

impl Client {
    fn start(folder: &Path, capabilities: Value, options: Value) -> Client {
        Client::start_in(&[folder], capabilities, options)
    }

    fn start_in(folders: &[&Path], capabilities: Value, options: Value) -> Client {
        let cache = std::env::temp_dir().join("archcheck-test-cache");
        let mut command = Command::new(env!("CARGO_BIN_EXE_archcheck"));
        command.arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).env("XDG_CACHE_HOME", cache);
        let mut child = command.spawn().unwrap();
        let to = child.stdin.take().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let (sender, from) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut out)
                && sender.send(message).is_ok()
            {}
        });
        let mut client = Client { child, to, from, next: 0, versions: BTreeMap::new(), pushed: BTreeMap::new(), said: Vec::new() };
        let folders: Vec<Value> = folders.iter().map(|folder| json!({ "uri": uri(folder), "name": "test" })).collect();
        let params =
            json!({ "processId": null, "workspaceFolders": folders, "capabilities": capabilities, "initializationOptions": options });
        let answer = client.ask("initialize", params);
        assert_eq!(answer["serverInfo"]["name"], "archcheck");
        client.tell("initialized", json!({}));
        client.said.push(answer);
        client
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.to, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.to.flush().unwrap();
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn begin(&mut self, method: &str, params: Value) -> i64 {
        self.next += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": self.next, "method": method, "params": params }));
        self.next
    }

    /// The whole answer, error or not.
    fn finish(&mut self, id: i64) -> Value {
        loop {
            let message = self.receive();
            if message.get("method").is_none() && message["id"] == id {
                return message;
            }
        }
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params);
        let answer = self.finish(id);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    fn receive(&mut self) -> Value {
        let message = self.from.recv_timeout(Duration::from_secs(120)).expect("the server says something");
        match message["method"].as_str() {
            Some("textDocument/publishDiagnostics") => {
                self.pushed.insert(message["params"]["uri"].as_str().unwrap().to_string(), message["params"].clone());
            }
            Some(_) if message.get("id").is_some() => {
                let answer = json!({ "jsonrpc": "2.0", "id": message["id"], "result": null });
                self.send(&answer);
                self.said.push(message.clone());
            }
            Some(_) => self.said.push(message.clone()),
            None => {}
        }
        message
    }

    /// Receives until the diagnostics pushed for a file are such.
    fn until(&mut self, uri: &str, such: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        loop {
            if let Some(pushed) = self.pushed.get(uri) {
                let items = pushed["diagnostics"].as_array().unwrap();
                if such(items) {
                    return items.clone();
                }
            }
            self.receive();
        }
    }

    fn open(&mut self, uri: &str, text: &str) {
        self.versions.insert(uri.to_string(), 1);
        self.tell("textDocument/didOpen", json!({ "textDocument": { "uri": uri, "languageId": "python", "version": 1, "text": text } }));
    }

    fn change(&mut self, uri: &str, changes: Value) {
        let version = self.versions.get_mut(uri).unwrap();
        *version += 1;
        let document = json!({ "uri": uri, "version": *version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// Diagnostics of the newest text, asked for.
    fn pull(&mut self, uri: &str) -> Vec<Value> {
        let answer = self.ask("textDocument/diagnostic", json!({ "textDocument": { "uri": uri } }));
        answer["items"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
    }

    fn leave(mut self) {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(out: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if out.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            header => length = header.strip_prefix("Content-Length: ").map_or(length, |text| text.parse().unwrap()),
        }
    }
    let mut body = vec![0; length];
    out.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.canonicalize().unwrap().display())
}

fn push_client() -> Value {
    json!({ "textDocument": { "codeAction": { "codeActionLiteralSupport": {} } } })
}

fn pull_client(encoding: &str) -> Value {
    json!({
        "general": { "positionEncodings": [encoding] },
        "textDocument": { "diagnostic": {}, "codeAction": { "codeActionLiteralSupport": {} } },
    })
}

/// Rule and one-based line of each, sorted.
fn shown(items: &[Value]) -> Vec<(String, u64)> {
    let mut shown: Vec<(String, u64)> = items
        .iter()
        .map(|item| (item["code"].as_str().unwrap().to_string(), item["range"]["start"]["line"].as_u64().unwrap() + 1))
        .collect();
    shown.sort();
    shown
}

/// What the command line says of a folder: path, then rule and line of each finding.
fn command_line(folder: &Path) -> BTreeMap<String, Vec<(String, u64)>> {
    let output = Command::new(env!("CARGO_BIN_EXE_archcheck")).args(["--format", "json"]).current_dir(folder).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut found: BTreeMap<String, Vec<(String, u64)>> = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        let place = &finding["location"];
        let line = place["region"]["line"].as_u64().or_else(|| place["line"].as_u64()).unwrap();
        found.entry(place["path"].as_str().unwrap().to_string()).or_default().push((finding["rule"].as_str().unwrap().to_string(), line));
    }
    found.values_mut().for_each(|findings| findings.sort());
    found
}

#[test]
fn what_the_command_line_says_is_pushed_for_the_whole_workspace() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for example in ["examples/python-shop", "examples/typescript-library", "examples/rust-clinic"] {
        let folder = root.join(example);
        let expected = command_line(&folder);
        assert!(!expected.is_empty());
        let mut client = Client::start(&folder, push_client(), Value::Null);
        for (path, findings) in &expected {
            let items = client.until(&uri(&folder.join(path)), |items| !items.is_empty());
            assert_eq!(shown(&items), *findings, "{example} {path}");
        }
        let with_something = client.pushed.values().filter(|pushed| pushed["diagnostics"] != json!([])).count();
        assert_eq!(with_something, expected.len(), "nothing is pushed that the command line does not say");
        client.leave();
    }
}

/// What the command line kept of the same files is shown at once; buffers that differ from the disk, and edits, are looked at as ever.
#[test]
fn what_the_last_run_kept_is_shown_and_edited_on() {
    let main = "app/main.py";
    let safe = MAIN.replace("'{name}' LIMIT {LIMIT}\"", ":name LIMIT 3\"").replace("text(f", "text(");
    for first in [MAIN, safe.as_str()] {
        let folder = vulnerable();
        let (status, _, _) = run(folder.path(), &[]);
        assert_eq!(status, Some(1));
        assert!(folder.path().join(".archcheck-cache").is_dir());
        let mut client = Client::start(folder.path(), pull_client("utf-8"), Value::Null);
        let file = uri(&folder.path().join(main));
        for text in [first, safe.as_str(), MAIN] {
            if text == first {
                client.open(&file, text);
            }
            client.change(&file, json!([{ "text": text }]));
            let found = client.pull(&file);
            assert_eq!(shown(&found).contains(&("sql-injection".to_string(), 14)), text == MAIN, "{found:?}");
        }
        client.leave();
        fs::write(folder.path().join(main), &safe).unwrap();
        let mut client = Client::start(folder.path(), pull_client("utf-8"), Value::Null);
        client.open(&file, &safe);
        assert!(!shown(&client.pull(&file)).iter().any(|(rule, _)| rule == "sql-injection"), "what was kept is of another text");
        client.leave();
    }
}

#[test]
fn a_mistake_comes_and_goes_as_it_is_typed_in_each_encoding() {
    for encoding in ["utf-8", "utf-16", "utf-32"] {
        let folder = vulnerable();
        let mut client = Client::start(folder.path(), pull_client(encoding), Value::Null);
        assert_eq!(client.said.last().unwrap()["capabilities"]["positionEncoding"], encoding);
        let main = uri(&folder.path().join("app/main.py"));
        client.open(&main, MAIN);
        let found = client.pull(&main);
        assert!(shown(&found).contains(&("sql-injection".to_string(), 14)), "{found:?}");
        // A wide line above is edited: `Größe und 🦀.` becomes `Größe und 🦀!`, by columns of the encoding.
        let before = "    \"\"\"Größe und 🦀";
        let column = match encoding {
            "utf-8" => before.len(),
            "utf-16" => before.encode_utf16().count(),
            _ => before.chars().count(),
        };
        let range = json!({ "start": { "line": 12, "character": column }, "end": { "line": 12, "character": column + 1 } });
        client.change(&main, json!([{ "range": range, "text": "!\"\"\"\n    \"\"\"x" }]));
        assert!(shown(&client.pull(&main)).contains(&("sql-injection".to_string(), 15)), "{encoding}: one line further down");
        // The value is bound instead of written into the text.
        let line = json!({ "start": { "line": 14, "character": 0 }, "end": { "line": 15, "character": 0 } });
        let safe = "    return db.execute(text(\"SELECT * FROM users WHERE name = :name LIMIT 3\"), {\"name\": name}).all()\n";
        client.change(&main, json!([{ "range": line, "text": safe }]));
        assert!(!shown(&client.pull(&main)).iter().any(|(rule, _)| rule == "sql-injection"));
        client.change(&main, json!([{ "text": MAIN }]));
        assert!(shown(&client.pull(&main)).contains(&("sql-injection".to_string(), 14)));
        client.leave();
    }
}

#[test]
fn hover_actions_and_lenses_of_a_finding() {
    let folder = vulnerable();
    let mut client = Client::start(folder.path(), pull_client("utf-16"), Value::Null);
    let main = uri(&folder.path().join("app/main.py"));
    client.open(&main, MAIN);
    let found = client.pull(&main);
    let injection = found.iter().find(|item| item["code"] == "sql-injection").unwrap();
    assert_eq!(injection["source"], "archcheck");
    assert!(injection["codeDescription"]["href"].as_str().unwrap().ends_with("/rules/sql-injection.md"), "{injection}");
    let related = injection["relatedInformation"].as_array().unwrap();
    assert!(related[0]["message"].as_str().unwrap().starts_with("1. "), "the steps of the flow: {related:?}");

    let document = json!({ "uri": main });
    let hover = client.ask("textDocument/hover", json!({ "textDocument": document, "position": injection["range"]["start"] }));
    let text = hover["contents"]["value"].as_str().unwrap();
    assert!(text.contains("# sql-injection") && text.contains(injection["message"].as_str().unwrap()), "{text}");
    assert_eq!(
        client.ask("textDocument/hover", json!({ "textDocument": document, "position": { "line": 0, "character": 0 } })),
        Value::Null
    );

    let context = json!({ "diagnostics": [injection] });
    let actions =
        client.ask("textDocument/codeAction", json!({ "textDocument": document, "range": injection["range"], "context": context }));
    let actions = actions.as_array().unwrap();
    let ignore = actions.iter().find(|action| action["title"] == "Ignore `sql-injection` here: false positive").unwrap();
    let edits = ignore["edit"]["changes"][&main].as_array().unwrap();
    assert_eq!(edits[0]["newText"], "    # archcheck: ignore[sql-injection] false positive\n");
    client.change(&main, json!([{ "range": edits[0]["range"], "text": edits[0]["newText"] }]));
    assert!(!shown(&client.pull(&main)).iter().any(|(rule, _)| rule == "sql-injection"), "the action silences the finding");

    let open = actions.iter().find(|action| action["title"] == "Open the documentation of `sql-injection`").unwrap();
    let answer =
        client.ask("workspace/executeCommand", json!({ "command": open["command"]["command"], "arguments": open["command"]["arguments"] }));
    assert!(answer.as_str().unwrap().contains("# sql-injection"), "a client that shows no documents gets the page");

    let lenses = client.ask("textDocument/codeLens", json!({ "textDocument": document }));
    let titles: Vec<&str> = lenses.as_array().unwrap().iter().map(|lens| lens["command"]["title"].as_str().unwrap()).collect();
    assert!(titles.iter().any(|title| title.starts_with("router · reads")), "{titles:?}");
    client.tell("workspace/didChangeConfiguration", json!({ "settings": { "archcheck": { "codeLens": false } } }));
    assert_eq!(client.ask("textDocument/codeLens", json!({ "textDocument": document })), json!([]));
    client.leave();
}

#[test]
fn a_wrong_configuration_is_shown_where_it_is_wrong_and_mended_as_it_is_typed() {
    let folder = vulnerable();
    fs::write(folder.path().join("archcheck.toml"), "version = 1\nprofil = \"strict\"\n").unwrap();
    let mut client = Client::start(folder.path(), push_client(), Value::Null);
    let config = uri(&folder.path().join("archcheck.toml"));
    let main = uri(&folder.path().join("app/main.py"));
    let wrong = client.until(&config, |items| !items.is_empty());
    assert_eq!(shown(&wrong), [("configuration".to_string(), 2)]);
    assert!(!client.pushed.contains_key(&main), "no result is better than a wrong one");
    client.open(&config, "version = 1\nprofile = \"default\"\n");
    client.until(&config, <[Value]>::is_empty);
    client.until(&main, |items| !items.is_empty());
    client.change(&config, json!([{ "text": "version = \n" }]));
    client.until(&config, |items| !items.is_empty());
    client.until(&main, <[Value]>::is_empty);
    client.leave();
}

#[test]
fn files_come_move_and_go() {
    let folder = vulnerable();
    let mut client = Client::start(folder.path(), push_client(), Value::Null);
    let (old, new) = (folder.path().join("app/main.py"), folder.path().join("app/moved.py"));
    let (from, to) = (uri(&old), format!("{}/app/moved.py", uri(folder.path())));
    client.until(&from, |items| !items.is_empty());
    fs::rename(&old, &new).unwrap();
    client.tell("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": from, "type": 3 }, { "uri": to, "type": 1 }] }));
    client.until(&to, |items| !items.is_empty());
    client.until(&from, <[Value]>::is_empty);
    // Another program mends it; then a buffer with the mistake is opened, and closed without saving.
    fs::write(&new, "x = 1\n").unwrap();
    client.tell("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": to, "type": 2 }] }));
    client.until(&to, <[Value]>::is_empty);
    client.open(&to, MAIN);
    client.until(&to, |items| !items.is_empty());
    client.tell("textDocument/didClose", json!({ "textDocument": { "uri": to } }));
    client.until(&to, <[Value]>::is_empty);
    // A folder with everything in it.
    fs::write(&new, MAIN).unwrap();
    client.tell("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": to, "type": 2 }] }));
    client.until(&to, |items| !items.is_empty());
    fs::remove_dir_all(folder.path().join("app")).unwrap();
    let gone = format!("{}/app", uri(folder.path()));
    client.tell("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": gone, "type": 3 }] }));
    client.until(&to, <[Value]>::is_empty);
    client.leave();
}

#[test]
fn several_roots_come_and_go_and_files_outside_are_nobody_s() {
    let (one, two) = (vulnerable(), vulnerable());
    let outside = project(&[("main.py", MAIN)]);
    let mut client = Client::start_in(&[one.path(), two.path()], pull_client("utf-8"), Value::Null);
    for folder in [&one, &two] {
        let main = uri(&folder.path().join("app/main.py"));
        client.open(&main, MAIN);
        assert!(!client.pull(&main).is_empty());
    }
    let stranger = uri(&outside.path().join("main.py"));
    client.open(&stranger, MAIN);
    assert_eq!(client.pull(&stranger), [] as [Value; 0]);
    let readme = format!("{}/README.md", uri(one.path()));
    client.open(&readme, "# text\n");
    assert_eq!(client.pull(&readme), [] as [Value; 0]);
    client.open("untitled:Untitled-1", MAIN);
    assert_eq!(client.pull("untitled:Untitled-1"), [] as [Value; 0]);
    let folder = json!({ "uri": uri(two.path()), "name": "two" });
    client.tell("workspace/didChangeWorkspaceFolders", json!({ "event": { "added": [], "removed": [folder] } }));
    assert_eq!(client.pull(&uri(&two.path().join("app/main.py"))), [] as [Value; 0]);
    let third = json!({ "uri": uri(outside.path()), "name": "three" });
    client.tell("workspace/didChangeWorkspaceFolders", json!({ "event": { "added": [third], "removed": [] } }));
    client.pull(&stranger);
    client.leave();
}

#[test]
fn the_workspace_is_asked_for_and_only_what_changed_is_told_again() {
    let folder = vulnerable();
    let mut client = Client::start(folder.path(), pull_client("utf-16"), Value::Null);
    let all = client.ask("workspace/diagnostic", json!({ "previousResultIds": [] }));
    let [item] = all["items"].as_array().unwrap().as_slice() else { panic!("{all}") };
    assert_eq!(item["kind"], "full");
    let known = json!([{ "uri": item["uri"], "value": item["resultId"] }]);
    let again = client.ask("workspace/diagnostic", json!({ "previousResultIds": known }));
    assert_eq!(again["items"][0]["kind"], "unchanged");
    let main = item["uri"].as_str().unwrap().to_string();
    client.open(&main, "x = 1\n");
    let mended = client.ask("workspace/diagnostic", json!({ "previousResultIds": known }));
    assert_eq!((&mended["items"][0]["kind"], &mended["items"][0]["items"]), (&json!("full"), &json!([])));
    client.leave();
}

#[test]
fn requests_are_cancelled_refused_and_survived() {
    let folder = vulnerable();
    let capabilities = json!({ "textDocument": { "diagnostic": {} }, "window": { "workDoneProgress": true } });
    let mut client = Client::start(folder.path(), capabilities, Value::Null);
    let main = uri(&folder.path().join("app/main.py"));
    client.open(&main, MAIN);
    let id = client.begin("textDocument/diagnostic", json!({ "textDocument": { "uri": main } }));
    client.tell("$/cancelRequest", json!({ "id": id }));
    let answer = client.finish(id);
    assert!(answer["error"]["code"] == -32800 || answer["result"]["kind"] == "full", "{answer}");
    for (method, params, code) in [
        ("textDocument/hover", json!({ "nonsense": 1 }), -32602),
        ("textDocument/completion", json!({}), -32601),
        ("workspace/executeCommand", json!({ "command": "rm" }), -32602),
    ] {
        let id = client.begin(method, params);
        assert_eq!(client.finish(id)["error"]["code"], code, "{method}");
    }
    client.tell(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": "file:///nowhere.py", "version": 3 }, "contentChanges": [{ "text": "" }] }),
    );
    client.tell("textDocument/didChange", json!(null));
    assert!(!client.pull(&main).is_empty());
    let asked: Vec<&str> = client.said.iter().filter_map(|said| said["method"].as_str()).collect();
    assert!(asked.contains(&"window/workDoneProgress/create"), "{asked:?}");
    client.leave();
}

const PIECES: &[&str] = &[
    "",
    "",
    "",
    "\n",
    " ",
    "x",
    "é",
    "🦀",
    "\"",
    "'",
    "(",
    ")",
    "{",
    "}",
    ":",
    "\n    ",
    "# archcheck: ignore[n-plus-one] why\n",
    "name",
    "await ",
    "\ndef f(x):\n    return x\n",
    "for x in xs:\n    ",
    "import os\n",
    "\r\n",
    "/* ",
    "*/",
    "`${",
    "}`",
    "fn f() {}\n",
    "export const a = 1;\n",
    "\t",
];

/// One edit of a text: where, in UTF-16 columns, and what it leaves.
fn edit(dice: &mut Dice, text: &str) -> (Value, String) {
    let bounds: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let start = bounds[dice.below(bounds.len())];
    let most = [0, 0, 1, 3, 40][dice.below(5)];
    let end = bounds[(bounds.partition_point(|&at| at < start) + dice.below(most + 1)).min(bounds.len() - 1)];
    let piece = PIECES[dice.below(PIECES.len())];
    // Between CR and LF there is no place in the protocol.
    let off = |at: usize| text[..at].ends_with('\r') && text[at..].starts_with('\n');
    if off(start) || off(end) {
        return (json!([{ "text": text }]), text.to_string());
    }
    let edited = format!("{}{piece}{}", &text[..start], &text[end..]);
    let place = |at: usize| {
        let before = &text[..at];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        json!({ "line": before.matches('\n').count(), "character": before[line_start..].encode_utf16().count() })
    };
    (json!([{ "range": { "start": place(start), "end": place(end) }, "text": piece }]), edited)
}

/// Random edits of all files of an example; now and then everything is compared with a new engine on the same text. `EDITS` sets how many.
#[test]
fn random_edits_neither_crash_the_server_nor_lead_it_away_from_a_fresh_run() {
    let edits: usize = std::env::var("EDITS").ok().and_then(|text| text.parse().ok()).unwrap_or(240);
    let seed: u64 = std::env::var("SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(7);
    for (at, example) in ["python-shop", "typescript-library", "rust-clinic"].into_iter().enumerate() {
        let (folder, sources) = copied(example);
        let mut client = Client::start(folder.path(), pull_client("utf-16"), Value::Null);
        let mut dice = Dice(seed + at as u64);
        let mut texts: BTreeMap<String, String> =
            sources.iter().map(|path| (path.clone(), fs::read_to_string(folder.path().join(path)).unwrap())).collect();
        for (path, text) in &texts {
            client.open(&uri(&folder.path().join(path)), text);
        }
        for round in 1..=edits / 3 {
            let path = &sources[dice.below(sources.len())];
            let address = uri(&folder.path().join(path));
            if round % 40 == 0 {
                // Back to what it was, so that not everything ends as rubble.
                let original = fs::read_to_string(folder.path().join(path)).unwrap();
                client.change(&address, json!([{ "text": original }]));
                texts.insert(path.clone(), original);
            }
            let (change, edited) = edit(&mut dice, &texts[path]);
            client.change(&address, change);
            texts.insert(path.clone(), edited);
            if round % 10 == 0 {
                compare(&mut client, folder.path(), &texts, &format!("{example}, edit {round}"));
            }
        }
        client.leave();
    }
}

/// The server's diagnostics of each file are what a new engine says of the same text.
fn compare(client: &mut Client, folder: &Path, texts: &BTreeMap<String, String>, when: &str) {
    let (mut engine, _) = Engine::open(folder, Options::default());
    engine.apply(texts.iter().map(|(path, text)| Change::Set { path: path.as_str().into(), text: text.as_str().into() }).collect());
    let outcome = engine.check();
    let mut expected: BTreeMap<&str, Vec<(String, String, usize)>> = BTreeMap::new();
    for finding in &outcome.reported {
        let place = &finding.primary.location;
        let start = texts.get(&*place.path).map_or(0, |text| text[..place.span.start as usize].matches('\n').count());
        expected.entry(&place.path).or_default().push((finding.rule.to_string(), finding.fingerprint.clone(), start));
    }
    for path in texts.keys() {
        let items = client.pull(&uri(&folder.join(path)));
        let mut items: Vec<(String, String, usize)> = items
            .iter()
            .filter(|item| item["code"] != "directive")
            .map(|item| {
                let print = item["data"]["fingerprint"].as_str().unwrap();
                (item["code"].as_str().unwrap().to_string(), print.to_string(), item["range"]["start"]["line"].as_u64().unwrap() as usize)
            })
            .collect();
        items.sort();
        let mut wanted = expected.remove(path.as_str()).unwrap_or_default();
        wanted.sort();
        assert_eq!(items, wanted, "{when}: {path}");
    }
}

const CALLS: &str = "\
import requests

# archcheck: ignore[n-plus-one] it was slow once

def rates(url: str):
    first = requests.get(url)
    return first, requests.post(url, json={}), requests.get(url, timeout=None)  # archcheck: ignore[sql-injection] no
";
const FIXED: &str = "\
import requests


def rates(url: str):
    first = requests.get(url, timeout=10)
    return first, requests.post(url, json={}, timeout=10), requests.get(url, timeout=None)
";

fn calls() -> TempDir {
    project(&[("requirements.txt", "requests\n"), ("app/rates.py", CALLS), ("app/clean.py", "x = 1\n")])
}

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_archcheck"));
    for name in ["CI", "GITHUB_ACTIONS", "ARCHCHECK_FORMAT", "FORCE_COLOR"] {
        command.env_remove(name);
    }
    let output = command.current_dir(folder).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn what_is_certain_is_fixed_shown_as_a_diff_and_written_into_sarif() {
    let folder = calls();
    let file = folder.path().join("app/rates.py");
    let (status, diff, _) = run(folder.path(), &["--fix", "--diff"]);
    assert_eq!(status, Some(1));
    assert!(diff.starts_with("--- a/app/rates.py\n+++ b/app/rates.py\n@@"), "{diff}");
    assert!(
        diff.contains("\n-    first = requests.get(url)\n") && diff.contains("\n+    first = requests.get(url, timeout=10)\n"),
        "{diff}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), CALLS, "a diff writes nothing");

    let (_, sarif, _) = run(folder.path(), &["--format", "sarif"]);
    let report: Value = serde_json::from_str(&sarif).unwrap();
    let results = report["runs"][0]["results"].as_array().unwrap();
    let fixed: Vec<&Value> = results.iter().filter(|result| result.get("fixes").is_some()).collect();
    assert_eq!(fixed.len(), 4, "two calls and two comments");
    let call = fixed.iter().find(|result| result["ruleId"] == "missing-timeout").unwrap();
    let replacement = &call["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], ", timeout=10");
    assert_eq!((&replacement["deletedRegion"]["startLine"], &replacement["deletedRegion"]["startColumn"]), (&json!(6), &json!(29)));

    let (status, report, errors) = run(folder.path(), &["--fix", "--format", "concise"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), FIXED, "{report}{errors}");
    assert!(errors.contains("Fixed 4 findings in 1 file."), "{errors}");
    assert_eq!(report.lines().filter(|line| line.contains("missing-timeout")).count(), 1, "the switched off limit is left: {report}");
    assert_eq!(status, Some(1));
    let (status, diff, _) = run(folder.path(), &["--fix", "--diff", "app"]);
    assert_eq!((status, diff.as_str()), (Some(0), ""));
    let (status, _, errors) = run(folder.path(), &["--diff"]);
    assert_eq!(status, Some(2), "{errors}");
}

#[test]
fn other_encodings_and_byte_order_marks_are_kept() {
    let folder = calls();
    let (marked, latin) = (folder.path().join("app/marked.py"), folder.path().join("app/latin.py"));
    fs::write(&marked, format!("\u{feff}{CALLS}")).unwrap();
    let mut bytes = b"# coding: latin-1\n# \xe9\n".to_vec();
    bytes.extend(CALLS.as_bytes());
    fs::write(&latin, &bytes).unwrap();
    let (_, _, errors) = run(folder.path(), &["--fix", "-q"]);
    assert_eq!(fs::read_to_string(&marked).unwrap(), format!("\u{feff}{FIXED}"));
    assert_eq!(fs::read(&latin).unwrap(), bytes);
    assert!(errors.contains("`app/latin.py` is left as it is"), "{errors}");
}

#[test]
fn an_editor_is_offered_the_fix() {
    let folder = calls();
    let mut client = Client::start(folder.path(), pull_client("utf-8"), Value::Null);
    let file = uri(&folder.path().join("app/rates.py"));
    client.open(&file, CALLS);
    let found = client.pull(&file);
    let waits = found.iter().find(|item| item["code"] == "missing-timeout").unwrap();
    let ask = |only: Value| json!({ "textDocument": { "uri": file }, "range": waits["range"], "context": { "diagnostics": [waits], "only": only } });
    let actions = client.ask("textDocument/codeAction", ask(json!(["quickfix"])));
    assert_eq!((&actions[0]["title"], &actions[0]["isPreferred"]), (&json!("Add `timeout=10`"), &json!(true)));
    assert_eq!(actions[0]["edit"]["changes"][&file][0]["newText"], ", timeout=10");
    let all = client.ask("textDocument/codeAction", ask(json!(["source.fixAll"])));
    assert_eq!(all.as_array().unwrap().len(), 1);
    assert_eq!(all[0]["edit"]["changes"][&file].as_array().unwrap().len(), 4);
    client.leave();
}
