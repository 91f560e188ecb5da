//! Whatever stands in files, nothing panics and nothing takes for ever: the examples of all rules and frameworks, cut up and put together again by tokens, through the
//! whole pipeline; and the readers of configuration, pages, queries, suppressions and manifests on mutations of what they know.
//!
//! `ARCHCHECK_FUZZ` is for how many seconds each target runs (one by default), `ARCHCHECK_FUZZ_FROM` the number of the first input: a failure names its own.
//! `ARCHCHECK_FUZZ_SEEDS` is a folder of real code to cut up besides. Slow without optimisation:
//! `ARCHCHECK_FUZZ=600 ARCHCHECK_FUZZ_SEEDS=../code cargo test --profile quick --test fuzz -- --nocapture`.

#[path = "support/dice.rs"]
mod dice;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use archcheck::config;
use archcheck::engine::{BaselineMode, Change, Engine, Options};
use archcheck::lower;
use archcheck::lower::queries::Queries;
use archcheck::model::problem::ProblemKind;
use archcheck::model::rule::{ExampleFile, Profile};
use archcheck::model::source::{Family, Language, LineIndex, SourceFile};
use archcheck::report::{self, Context, Format};
use archcheck::rulebook::{Rulebook, framework_examples};
use archcheck::triage;
use dice::Dice;
use serde_json::{Value, json};

/// No input takes longer, however slow the machine.
const SECONDS: u64 = 60;

impl Dice {
    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Words and marks of the three languages and of the files around them, to put where they do not belong.
const SPICE: [&str; 72] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "`",
    "${",
    "'",
    "\"",
    "\"\"\"",
    "f\"{",
    "r#\"",
    "/*",
    "*/",
    "//",
    "#",
    "\\",
    "\n",
    "\n    ",
    "\t",
    ";",
    ",",
    ":",
    "::",
    ".",
    "...",
    "..",
    "=>",
    "->",
    "=",
    "==",
    "?",
    "?.",
    "!",
    "@",
    "&mut ",
    "*",
    "**",
    "lambda ",
    "async ",
    "await ",
    "yield ",
    "return ",
    "def f(",
    "class A(",
    "fn f(",
    "impl ",
    "match ",
    "import ",
    "from . import *\n",
    "export * from \"./a\";\n",
    "export default ",
    "use super::*;\n",
    "pub use self::",
    "mod ",
    "#[derive(",
    "macro_rules! m { ($x:expr) => { $x } }\n",
    "type T = ",
    "if ",
    "else ",
    "for ",
    "while ",
    "try ",
    "\u{0}",
    "\u{feff}",
    "é",
    "\u{202e}",
    "😀",
    "0x",
];

/// Pieces that no language cuts: words, numbers, runs of blanks, single marks.
fn tokens(text: &str) -> Vec<&str> {
    let kind = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' => 0,
        ' ' | '\t' => 1,
        _ => 2,
    };
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut before = None;
    for (at, c) in text.char_indices() {
        if at > start && (before != Some(kind(c)) || kind(c) == 2) {
            tokens.push(&text[start..at]);
            start = at;
        }
        before = Some(kind(c));
    }
    tokens.push(&text[start..]);
    tokens
}

/// The tokens from the nearest bracket at or after a place to the one that closes it, or else the line with all that is indented more.
fn subtree(parts: &[String], at: usize) -> (usize, usize) {
    let at = at.min(parts.len());
    let open = parts[at..].iter().take(20).position(|part| matches!(part.as_str(), "(" | "[" | "{"));
    if let Some(open) = open.map(|open| at + open) {
        let mut depth = 0i32;
        for (index, part) in parts[open..].iter().enumerate() {
            depth += match part.as_str() {
                "(" | "[" | "{" => 1,
                ")" | "]" | "}" => -1,
                _ => 0,
            };
            if depth == 0 {
                return (open, open + index + 1);
            }
        }
    }
    let start = parts[..at].iter().rposition(|part| part == "\n").map_or(0, |newline| newline + 1);
    let indent = |line: usize| parts.get(line).filter(|part| part.trim_matches([' ', '\t']).is_empty()).map_or(0, String::len);
    let mut end = start;
    loop {
        end = parts[end..].iter().position(|part| part == "\n").map_or(parts.len(), |newline| end + newline + 1);
        if end >= parts.len() || indent(end) <= indent(start) {
            return (start, end);
        }
    }
}

/// A text made of seeds of its kind.
fn mutated(seeds: &[String], dice: &mut Dice) -> String {
    let first = dice.one_of(seeds).clone();
    let mut parts: Vec<String> = tokens(&first).into_iter().map(str::to_string).collect();
    for _ in 0..dice.below(9) {
        let at = dice.below(parts.len() + 1);
        let end = (at + 1 + dice.below(12)).min(parts.len());
        match dice.below(12) {
            0 => drop(parts.drain(at.min(end)..end)),
            1 => {
                let copied = parts[at.min(end)..end].to_vec();
                let to = dice.below(parts.len() + 1);
                parts.splice(to..to, copied);
            }
            2 => parts.insert(at, (*dice.one_of(&SPICE)).to_string()),
            3 => {
                let other = dice.one_of(seeds);
                let pieces = tokens(other);
                let from = dice.below(pieces.len());
                let to = (from + 1 + dice.below(40)).min(pieces.len());
                parts.splice(at..at, pieces[from..to].iter().map(|piece| piece.to_string()));
            }
            4 if !parts.is_empty() => {
                let (a, b) = (dice.below(parts.len()), dice.below(parts.len()));
                parts.swap(a, b);
            }
            5 => parts.truncate(at),
            6 => {
                // Names of one file in the place of others: calls and imports that lead elsewhere, round in circles.
                let from = dice.one_of(&parts).clone();
                let to = dice.one_of(&parts).clone();
                parts.iter_mut().filter(|part| **part == from).for_each(|part| part.clone_from(&to));
            }
            7 => {
                let (open, close) = *dice.one_of(&[("(", ")"), ("[", "]"), ("{", "}"), ("f(", ")"), ("`${", "}`"), ("<A>", "</A>")]);
                let depth = 1 + dice.below(200);
                parts.insert(at, open.repeat(depth));
                let to = at + dice.below(parts.len() - at + 1);
                parts.insert(to, close.repeat(depth));
            }
            8 => parts.insert(at, (*dice.one_of(&SPICE)).repeat(1 + dice.below(60))),
            // Whole subtrees, as far as brackets and indentation tell them.
            9 => {
                let (from, to) = subtree(&parts, at);
                let copied = parts[from..to].to_vec();
                match dice.below(3) {
                    0 => drop(parts.drain(from..to)),
                    1 => {
                        let place = dice.below(parts.len() + 1);
                        parts.splice(place..place, copied);
                    }
                    // Into itself: a tree with itself as a branch.
                    _ => {
                        let place = from + dice.below(to - from + 1);
                        parts.splice(place..place, copied);
                    }
                }
            }
            10 => {
                let (from, to) = subtree(&parts, at);
                let other = tokens(dice.one_of::<String>(seeds)).into_iter().map(str::to_string).collect::<Vec<_>>();
                let (other_from, other_to) = subtree(&other, dice.below(other.len()));
                parts.splice(from..to, other[other_from..other_to].iter().cloned());
            }
            _ => {
                let (a, b) = (subtree(&parts, at), subtree(&parts, dice.below(parts.len())));
                let ((from, to), (later, last)) = (a.min(b), a.max(b));
                if to <= later {
                    let second: Vec<String> = parts.splice(later..last, parts[from..to].to_vec()).collect();
                    parts.splice(from..to, second);
                }
            }
        }
        // What doubles may not do so for ever.
        parts.truncate(60_000);
        if parts.is_empty() {
            parts.push(String::new());
        }
    }
    parts.concat()
}

/// Runs a target on one input after the other for as long as asked; a failure names its input.
fn run(target: &str, mut input: impl FnMut(&mut Dice) -> Result<(), String>) {
    let number = |name: &str, default: u64| std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default);
    let (first, seconds) = (number("ARCHCHECK_FUZZ_FROM", 0), number("ARCHCHECK_FUZZ", 1));
    let start = Instant::now();
    let mut slowest = (Duration::ZERO, 0);
    let mut at = first;
    let mut failures = Vec::new();
    while start.elapsed() < Duration::from_secs(seconds) && failures.len() < 10 {
        let begun = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| input(&mut Dice(at))));
        let took = begun.elapsed();
        slowest = slowest.max((took, at));
        match result {
            Err(_) => failures.push(format!("input {at} panics")),
            Ok(Err(failure)) => failures.push(format!("input {at}: {failure}")),
            Ok(Ok(())) if took > Duration::from_secs(SECONDS) => failures.push(format!("input {at} takes {took:?}")),
            Ok(Ok(())) => {}
        }
        at += 1;
    }
    #[expect(clippy::print_stdout, reason = "for who asks with --nocapture")]
    {
        println!("{target}: {} inputs, the slowest {:?} (number {})", at - first, slowest.0, slowest.1);
    }
    assert!(failures.is_empty(), "{target}: {failures:#?}");
}

/// Every example file there is.
fn examples() -> Vec<ExampleFile> {
    let book = Rulebook::built_in();
    let rules = book.rules.iter().flat_map(|rule| rule.examples());
    let frameworks = framework_examples().into_iter().flat_map(|(_, examples)| examples);
    rules.chain(frameworks).flat_map(|example| example.files).collect()
}

/// The files of one kind of the folder that is named, if one is: at most so many, of at most 60 kB.
fn real_code(kind: &str) -> Vec<String> {
    let Ok(folder) = std::env::var("ARCHCHECK_FUZZ_SEEDS") else { return Vec::new() };
    let mut found = Vec::new();
    let mut folders = vec![Path::new(&folder).to_path_buf()];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().collect();
        entries.sort_by_key(|entry| entry.file_name());
        for entry in entries {
            let path = entry.path();
            let name = entry.file_name();
            match entry.file_type() {
                Ok(it) if it.is_dir() && name != "node_modules" && name != ".git" => folders.push(path),
                Ok(it) if it.is_file() && path.extension().is_some_and(|extension| extension == kind) && found.len() < 4_000 => {
                    found.extend(std::fs::read_to_string(path).ok().filter(|text| text.len() < 60_000));
                }
                _ => {}
            }
        }
    }
    found
}

/// Seeds of one language: the examples of all pages, and real code.
fn seeds_of(kinds: &[&str]) -> Vec<String> {
    let mut seeds: Vec<String> =
        examples().into_iter().filter(|file| kinds.contains(&extension(&file.path))).map(|file| file.text).collect();
    kinds.iter().for_each(|kind| seeds.extend(real_code(kind)));
    seeds
}

/// Lowers what became of the seeds and matches all queries of rules in it; every place that comes out lies in the text.
fn lowered(target: &str, kinds: &[&str], language: Language) {
    let seeds = seeds_of(kinds);
    let book = Rulebook::built_in();
    let of_rules = book.rules.iter().filter(|rule| !rule.queries.is_empty()).map(|rule| (rule.id.clone(), rule.queries.clone()));
    let queries = Queries::new(of_rules.flat_map(|(id, queries)| queries.into_iter().map(move |query| (id.clone(), query))).collect());
    run(target, |dice| {
        let mut text = mutated(&seeds, dice);
        if language.family() == Family::TypeScript && dice.below(3) == 0 {
            text.insert_str(0, "\"use client\";\n");
        }
        let file = SourceFile { path: Arc::from("a"), language, bytes: text.len() as u64 };
        outlined(&file, &text)?;
        let mut facts = lower::lower(&file, &text);
        lower::match_queries(&mut facts, &file, &text, std::slice::from_ref(&(0..text.len())), &queries);
        triage::in_source(&text, &facts, &LineIndex::new(&text));
        let places = facts.definitions().map(|(_, def)| def.name_span).chain(facts.problems.iter().filter_map(|problem| problem.span));
        let matched = facts.matches.iter().flat_map(|found| found.captures.iter().map(|capture| capture.span));
        match places.chain(matched).find(|span| text.get(span.range()).is_none()) {
            Some(span) => Err(format!("{span:?} is no place in {} bytes", text.len())),
            None => Ok(()),
        }
    });
}

/// An outline has the length and the lines of its text, and what it says lies in them.
fn outlined(file: &SourceFile, text: &str) -> Result<(), String> {
    let Some(outline) = lower::outline::of(file, text) else { return Ok(()) };
    let lines = |text: &str| text.matches('\n').count();
    if (outline.text.len(), lines(&outline.text)) != (text.len(), lines(text)) {
        return Err(format!(
            "an outline of {} bytes and {} lines of {} and {}",
            outline.text.len(),
            lines(&outline.text),
            text.len(),
            lines(text)
        ));
    }
    let starts = std::iter::once(0).chain(outline.parts.iter().map(|part| part.end));
    let mut gaps = starts.zip(outline.parts.iter().map(|part| part.start).chain([text.len()]));
    if !gaps.all(|(start, end)| outline.text.get(start..end).is_some_and(|gap| gap.trim().is_empty())) {
        return Err(format!("an outline that says something outside of its parts, {:?}", outline.parts));
    }
    let facts = lower::lower_outline(file, &outline);
    let imports = facts.imports.iter().map(|import| import.span);
    match imports.chain(facts.definitions().map(|(_, def)| def.name_span)).find(|span| text.get(span.range()).is_none()) {
        Some(span) => Err(format!("{span:?} is no place in {} bytes", text.len())),
        None => Ok(()),
    }
}

#[test]
fn any_python_is_lowered() {
    lowered("python", &["py"], Language::Python);
}

#[test]
fn any_typescript_is_lowered() {
    lowered("typescript", &["ts"], Language::TypeScript);
    lowered("tsx", &["tsx", "ts"], Language::Tsx);
    lowered("javascript", &["js", "jsx", "ts"], Language::JavaScript);
}

#[test]
fn any_rust_is_lowered() {
    lowered("rust", &["rs"], Language::Rust);
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(_, extension)| extension)
}

#[test]
fn any_source_goes_through_the_whole_pipeline() {
    let mut seeds: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in examples().into_iter().filter(|file| Language::of_path(&file.path).is_some()) {
        seeds.entry(extension(&file.path).to_string()).or_default().push(file.text);
    }
    let kinds: Vec<&String> = seeds.keys().collect();
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("written");
    };
    let names: Vec<String> =
        kinds.iter().flat_map(|kind| ["app/a", "app/b", "app/c/index", "app/main"].map(|name| format!("{name}.{kind}"))).collect();
    names.iter().for_each(|name| write(name, ""));
    write("pyproject.toml", "[project]\nname = \"app\"\ndependencies = [\"fastapi\", \"sqlalchemy\", \"django\", \"flask\", \"celery\"]\n");
    write(
        "package.json",
        "{\"name\": \"app\", \"dependencies\": {\"express\": \"4\", \"pg\": \"8\", \"@nestjs/common\": \"10\", \"typeorm\": \"0.3\", \"next\": \"15\"}}\n",
    );
    write(
        "Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\npath = \"app/main.rs\"\n[dependencies]\naxum = \"0.8\"\nsqlx = \"0.8\"\n",
    );
    let options = Options { profile: Some(Profile::Strict), baseline: BaselineMode::Off, jobs: 1, ..Options::default() };
    let (mut engine, _) = Engine::open(folder.path(), options);
    let rules = engine.rules_on();
    run("pipeline", |dice| {
        let changes: Vec<Change> = (0..1 + dice.below(4))
            .map(|_| {
                let name = dice.one_of(&names).clone();
                let text = mutated(&seeds[extension(&name)], dice);
                Change::Set { path: Arc::from(name), text: Arc::from(text) }
            })
            .collect();
        engine.apply(changes);
        let outcome = engine.check();
        let mut failures: Vec<String> = outcome
            .problems
            .iter()
            .filter(|problem| problem.kind == ProblemKind::Internal)
            .map(|problem| format!("{}: {}", problem.path, problem.message))
            .collect();
        for finding in &outcome.reported {
            for label in [&finding.primary].into_iter().chain(&finding.related).chain(&finding.flow) {
                let text = report::Sources::text(&engine, &label.location.path).unwrap_or_default();
                if text.get(label.location.span.range()).is_none() && !label.location.path.is_empty() {
                    failures.push(format!(
                        "`{}` points to {:?} of {}, which has {} bytes",
                        finding.rule,
                        label.location.span,
                        label.location.path,
                        text.len()
                    ));
                }
            }
        }
        let format = *dice.one_of(&Format::ALL);
        report::write(format, &Context::new(&outcome, &rules, &engine), &mut Vec::new()).map_err(|error| error.to_string())?;
        if failures.is_empty() { Ok(()) } else { Err(failures.join("; ")) }
    });
}

/// A value somewhere in a message is another, or is gone.
fn bend(value: &mut Value, dice: &mut Dice) {
    match value {
        Value::Object(entries) if !entries.is_empty() && dice.below(4) > 0 => {
            let key = entries.keys().nth(dice.below(entries.len())).cloned().unwrap_or_default();
            match dice.below(6) {
                0 => drop(entries.remove(&key)),
                _ => bend(&mut entries[&key], dice),
            }
        }
        Value::Array(items) if !items.is_empty() && dice.below(4) > 0 => {
            let at = dice.below(items.len());
            bend(&mut items[at], dice);
        }
        _ => {
            let others = [
                json!(null),
                json!(-1),
                json!(0),
                json!(3),
                json!(4294967295u64),
                json!(1e300),
                json!("é\u{0}😀"),
                json!([]),
                json!({}),
                json!(true),
                json!("file:///%zz"),
                json!("untitled:x"),
                json!({ "line": 4294967295u64, "character": 4294967295u64 }),
            ];
            *value = dice.one_of(&others).clone();
        }
    }
}

/// What an editor might say; places lie in the text, or beyond.
fn message(address: &str, seeds: &[String], version: i64, dice: &mut Dice) -> Value {
    let place = |dice: &mut Dice| json!({ "line": dice.below(30), "character": dice.below(60) });
    let range = |dice: &mut Dice| json!({ "start": place(dice), "end": place(dice) });
    let document = json!({ "uri": address, "version": version });
    let (method, params) = match dice.below(14) {
        0..=5 => {
            let changes: Vec<Value> = (0..1 + dice.below(3))
                .map(|_| {
                    let text = mutated(seeds, dice).chars().take(200).collect::<String>();
                    match dice.below(6) {
                        0 => json!({ "text": mutated(seeds, dice) }),
                        _ => json!({ "range": range(dice), "text": text }),
                    }
                })
                .collect();
            ("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }))
        }
        6 => (
            "textDocument/didOpen",
            json!({ "textDocument": { "uri": address, "languageId": "python", "version": version, "text": mutated(seeds, dice) } }),
        ),
        7 => ("textDocument/didClose", json!({ "textDocument": document })),
        8 => ("textDocument/didSave", json!({ "textDocument": document })),
        9 => ("textDocument/hover", json!({ "textDocument": document, "position": place(dice) })),
        10 => ("textDocument/codeAction", json!({ "textDocument": document, "range": range(dice), "context": { "diagnostics": [] } })),
        11 => ("textDocument/codeLens", json!({ "textDocument": document })),
        12 => ("textDocument/diagnostic", json!({ "textDocument": document })),
        _ => ("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": address, "type": 1 + dice.below(3) }] })),
    };
    let mut params = params;
    if dice.below(4) == 0 {
        bend(&mut params, dice);
    }
    let asks = matches!(method, "textDocument/hover" | "textDocument/codeAction" | "textDocument/codeLens" | "textDocument/diagnostic");
    match asks {
        true => json!({ "jsonrpc": "2.0", "id": version, "method": method, "params": params }),
        false => json!({ "jsonrpc": "2.0", "method": method, "params": params }),
    }
}

#[test]
fn a_server_survives_any_client() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("app")).expect("a folder");
    std::fs::write(folder.path().join("app/b.py"), "LIMIT = 3\n").expect("written");
    std::fs::write(folder.path().join("app/a.py"), "from app.b import LIMIT\n").expect("written");
    let seeds: Vec<String> = seeds_of(&["py"]).into_iter().filter(|text| text.len() < 4_000).collect();
    let root = format!("file://{}", folder.path().display());
    let addresses = [format!("{root}/app/a.py"), format!("{root}/app/b.py"), format!("{root}/new.py"), "untitled:a".to_string()];
    run("server", |dice| {
        let errors = folder.path().join("errors.log");
        let mut server = Command::new(env!("CARGO_BIN_EXE_archcheck"))
            .arg("lsp")
            .env("XDG_CACHE_HOME", folder.path().join("cache"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&errors).expect("a file"))
            .spawn()
            .expect("it runs");
        let mut said = server.stdout.take().expect("a pipe");
        let listen = std::thread::spawn(move || {
            let mut heard = String::new();
            let mut bytes = Vec::new();
            let _ = said.read_to_end(&mut bytes);
            heard.push_str(&String::from_utf8_lossy(&bytes));
            heard
        });
        let mut to = server.stdin.take().expect("a pipe");
        let mut send = |message: &Value| {
            let text = message.to_string();
            let _ = write!(to, "Content-Length: {}\r\n\r\n{text}", text.len());
        };
        send(
            &json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": { "processId": null, "capabilities": {}, "workspaceFolders": [{ "uri": root, "name": "x" }] } }),
        );
        send(&json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }));
        for at in 0..60 {
            send(&message(dice.one_of(&addresses).as_str(), &seeds, at + 1, dice));
        }
        send(&json!({ "jsonrpc": "2.0", "id": 1000, "method": "shutdown" }));
        send(&json!({ "jsonrpc": "2.0", "method": "exit" }));
        drop(to);
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = server.try_wait().expect("a child") {
                break status;
            }
            if begun.elapsed() > Duration::from_secs(SECONDS) {
                server.kill().expect("killed");
                server.wait().expect("it ended");
                return Err("it does not end".to_string());
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let heard = listen.join().unwrap_or_default();
        let errors = std::fs::read_to_string(&errors).unwrap_or_default();
        if status.code() != Some(0) || errors.contains("panicked") || heard.contains("please report it") {
            return Err(format!("{status}: {}", errors.chars().take(600).collect::<String>()));
        }
        if heard.contains("\"id\":1000") { Ok(()) } else { Err("shutdown is not answered".to_string()) }
    });
}

#[test]
fn any_configuration_is_read_or_refused() {
    let texts = [
        "version = 1\nprofile = \"strict\"\nexclude = [\"gen/\", \"**/*.x\"]\n[levels]\nn-plus-one = \"error\"\nsecurity = \"off\"\n[options.function-too-long]\nlines = 80\n",
        "version = 1\n[parts]\napi = \"app/api\"\ndb = [\"app/db/**\", \"app/{a,b}\"]\nlib = { package = [\"x\"] }\nown = { role = \"repository\" }\n[layers]\nmain = \"api > db | lib > own\"\n[rules]\na = \"api must not import db\"\nb = { rule = \"only db may use database\", because = \"x\", except = [{ from = \"app/a.py\", until = \"2027-01-01\", because = \"y\" }] }\nc = \"no cycles in app/**\"\n",
        "version = 1\n[[knowledge]]\nlanguage = \"python\"\nname = \"own\"\nfamily = \"python\"\nblocking = [\"own.{a,b}().c\"]\nqueries = [\"own.Client().find\"]\n",
        include_str!("../archcheck.toml"),
    ];
    let seeds: Vec<String> = texts.into_iter().chain(framework_texts()).map(str::to_string).collect();
    let rules = Rulebook::built_in().rules;
    run("configuration", |dice| {
        let text = mutated(&seeds, dice);
        if let Ok(config) = config::parse("archcheck.toml", &text) {
            config::check_names(&config, &rules);
            config::check_parts(&config, ["app/a.py", "app/api/x.ts", "src/lib.rs"].into_iter());
            let mut book = Rulebook::default();
            for knowledge in &config.knowledge {
                let _ = book.add_knowledge("archcheck.toml", std::slice::from_ref(&knowledge.value));
            }
            let _ = config::parse_nested("app/archcheck.toml", &text, &[&config]);
        }
        let _ = config::baseline::parse("archcheck-baseline.json", &text);
        Ok(())
    });
}

fn framework_texts() -> Vec<&'static str> {
    vec![
        "+++\nkind = \"query\"\nlevel = \"warning\"\nlanguages = [\"python\", \"typescript\"]\ncategory = \"own\"\nmessage = \"Call of `x`\"\n[options]\na = 1\n+++\n# Title\n\nWhy.\n\n## Example\n\n```query python\n((call function: (_) @f) @finding (#resolves-to? @f \"a.b\") (#in-loop? @finding))\n```\n\n```python a.py\nx()  # expect: own\n```\n",
        "{\"version\": 1, \"findings\": [\n{\"rule\": \"n-plus-one\", \"path\": \"a.py\", \"subject\": \"x -> y\", \"count\": 2, \"because\": \"z\"}\n]}\n",
    ]
}

#[test]
fn any_page_query_and_suppression_is_read_or_refused() {
    let mut seeds: Vec<String> = framework_texts().into_iter().map(str::to_string).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["rules/security", "rules/data-access", "queries/python", "queries/typescript", "queries/rust"] {
        let Ok(entries) = std::fs::read_dir(root.join(folder)) else { continue };
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        seeds.extend(paths.into_iter().take(12).filter_map(|path| std::fs::read_to_string(path).ok()));
    }
    seeds.push("# archcheck: ignore[n-plus-one, sql-injection] it is small\nx = 1 # archcheck:ignore-file[a]\n".to_string());
    run("pages", |dice| {
        let text = mutated(&seeds, dice);
        let mut book = Rulebook::default();
        let _ = book.add_page(".archcheck/rules/own.md", &text);
        let _ = book.add_query(".archcheck/queries/python/own.scm", &text);
        for rule in &book.rules {
            for query in &rule.queries {
                let _ = archcheck::lower::queries::wrong(query);
            }
        }
        triage::in_text(&text, &LineIndex::new(&text));
        Ok(())
    });
}

#[test]
fn any_manifest_is_read_or_told() {
    let seeds: BTreeMap<&str, Vec<String>> = [
        ("pyproject.toml", "[project]\nname = \"a\"\ndependencies = [\"x>=1; python_version<'4'\", \"y[z] @ file:///q\"]\n[project.optional-dependencies]\ndev = [\"w\"]\n[tool.poetry.dependencies]\nb = { path = \"../b\", develop = true }\n[tool.uv.workspace]\nmembers = [\"p/*\"]\n[tool.setuptools.packages.find]\nwhere = [\"src\"]\n"),
        ("Cargo.toml", "[package]\nname = \"a\"\nversion.workspace = true\nedition = \"2024\"\n[lib]\npath = \"x/a.rs\"\n[[bin]]\nname = \"b\"\n[workspace]\nmembers = [\"p/*\", \"q\"]\n[workspace.dependencies]\nx = { path = \"p/x\", package = \"y\" }\n[dependencies]\nx = { workspace = true }\n[target.'cfg(unix)'.dev-dependencies]\nz = \"1\"\n"),
        ("package.json", "{\"name\": \"@a/b\", \"workspaces\": {\"packages\": [\"p/*\", \"!p/x\"]}, \"exports\": {\".\": {\"import\": \"./x.ts\", \"types\": \"./y.d.ts\"}, \"./*\": \"./src/*.ts\"}, \"imports\": {\"#x/*\": \"./src/*\"}, \"dependencies\": {\"p\": \"workspace:*\"}, \"main\": \"./a\"}\n"),
        ("tsconfig.json", "{ // c\n \"extends\": [\"./b.json\", \"@a/b/tsconfig\"], \"compilerOptions\": {\"baseUrl\": \".\", \"paths\": {\"@/*\": [\"src/*\"], \"x\": [\"./y\"]}, \"rootDirs\": [\"a\", \"b\"], \"verbatimModuleSyntax\": true,}, \"references\": [{\"path\": \"p/x\"}] }\n"),
        ("pnpm-workspace.yaml", "packages:\n  - 'p/*'\n  - '!p/x'\ncatalog:\n  a: ^1\n"),
        ("setup.cfg", "[options]\npackages = find:\npackage_dir =\n    = src\ninstall_requires =\n    x>=1\n    y\n[options.packages.find]\nwhere = src\n"),
        ("requirements.txt", "-r other.txt\n-e ./p/x[y]\nx==1 --hash=sha256:0\ngit+https://h/x#egg=y\n"),
        ("Pipfile", "[packages]\nx = \"*\"\ny = {path = \"./y\", editable = true}\n"),
        ("openapi.yaml", "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths:\n  /a/{id}:\n    parameters: [{$ref: '#/components/parameters/id'}]\n    get:\n      operationId: getA\n      security: [{k: []}]\n      responses: {'200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}\ncomponents:\n  schemas: {A: &a {type: object, properties: {b: *a}}}\n"),
        ("stack/stack.yaml", "language: python\nframework: fastapi\norm: sqlalchemy\n"),
        ("schema.prisma", "datasource db {\n  provider = \"postgresql\"\n  url = env(\"X\")\n}\nmodel A {\n  id Int @id @default(autoincrement())\n  b B[] @relation(\"x\")\n  @@index([id])\n}\n"),
        ("schema.dbml", "Table a.users as U {\n  id int [pk, increment]\n  name varchar(255) [not null, note: 'x']\n  indexes { (id, name) [unique] }\n}\nRef: a.users.id < b.(x, y)\nEnum e { a b }\n"),
        ("docker-compose.yml", "services:\n  db: &db\n    image: x\n    environment: {POSTGRES_PASSWORD: hunter2hunter2}\n  b: {<<: *db}\n"),
        (".env", "A=b\nexport SECRET_KEY='abcdefghijklmnop1234567890'\nURL=postgres://u:p@h/d # archcheck: ignore[hardcoded-secret] x\n"),
        ("down.sql", "-- x\nDROP TABLE a;\nALTER TABLE b DROP COLUMN c;\n"),
    ]
    .into_iter()
    .map(|(name, text)| (name, vec![text.to_string()]))
    .collect();
    let folder = tempfile::tempdir().expect("a folder");
    for path in ["src/a.py", "src/a.ts", "src/lib.rs", "p/x/index.ts", "p/x/src/lib.rs", "p/x/__init__.py", "x/a.rs"] {
        std::fs::create_dir_all(folder.path().join(path).parent().expect("a parent")).expect("a folder");
        std::fs::write(folder.path().join(path), "import x from '@a/b';\n").expect("written");
    }
    let names: Vec<&&str> = seeds.keys().collect();
    run("manifests", |dice| {
        for _ in 0..3 {
            let name = **dice.one_of(&names);
            let text = mutated(&seeds[name], dice);
            let path = folder.path().join(*dice.one_of(&["", "p/x"])).join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, text).expect("written");
        }
        let (mut engine, _) = Engine::open(folder.path(), Options { jobs: 1, ..Options::default() });
        let outcome = engine.check();
        let internal: Vec<_> =
            outcome.problems.iter().filter(|problem| problem.kind == ProblemKind::Internal).map(|problem| &problem.message).collect();
        if internal.is_empty() { Ok(()) } else { Err(format!("{internal:?}")) }
    });
}
