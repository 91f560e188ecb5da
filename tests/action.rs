//! The GitHub action, run as a runner runs it: `action.yml` is read, inputs become variables, steps run in order, outputs and summary are files.
//!
//! The network and the compiler are stand-ins at the front of the PATH: `curl` takes a release's files from a folder, `cargo install` brings a
//! starter of the binary under test. Other actions are not run: what they would be given is looked at.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const BINARY: &str = env!("CARGO_BIN_EXE_archcheck");
const TARGET: &str = "x86_64-unknown-linux-musl";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

const HANDLER: &str = "\
from fastapi import FastAPI, Depends
from sqlalchemy import text
from sqlalchemy.orm import Session

app = FastAPI()

def session() -> Session: ...

@app.get(\"/users\")
def users(name: str, db: Session = Depends(session)):
    return db.execute(text(f\"SELECT * FROM users WHERE name = '{name}'\")).all()
";

/// A checkout with one handler below `back/`, and stand-ins for what the action calls.
struct Job {
    folder: TempDir,
    inputs: BTreeMap<String, String>,
    /// What the action is pinned to.
    reference: String,
}

/// What a run of the action left behind.
struct Run {
    folder: TempDir,
    log: String,
    /// Outputs of the action.
    outputs: BTreeMap<String, String>,
    /// Other actions that would have run, with what they would be given.
    used: Vec<(String, Value)>,
    success: bool,
}

impl Job {
    fn new() -> Job {
        let folder = tempfile::tempdir().unwrap();
        let job = Job { folder, inputs: BTreeMap::new(), reference: "main".to_owned() };
        job.write("checkout/back/requirements.txt", "fastapi\nsqlalchemy\n");
        job.write("checkout/back/main.py", HANDLER);
        job.write("temporary/.keep", "");
        job.program(
            "cargo",
            "echo \"cargo $*\" >>\"$STANDIN/called\"\nmkdir -p \"$6/bin\"\ncp \"$STANDIN/programs/built\" \"$6/bin/archcheck\"\n",
        );
        job.program("built", &format!("exec '{BINARY}' \"$@\"\n"));
        job.program(
            "curl",
            "echo \"curl $*\" >>\"$STANDIN/called\"\nfor last; do :; done\nfile=\"$STANDIN/release/${last##*/download/}\"\n[ -f \"$file\" ] || exit 22\n\
             while [ \"$1\" != --output ]; do shift; done\ncp \"$file\" \"$2\"\n",
        );
        job.with("paths", "back").with("args", "--select\nsql-injection").with("cache", "false")
    }

    fn with(mut self, input: &str, value: &str) -> Job {
        self.inputs.insert(input.to_owned(), value.to_owned());
        self
    }

    fn pinned(self, reference: &str) -> Job {
        Job { reference: reference.to_owned(), ..self }
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn program(&self, name: &str, script: &str) {
        let path = format!("programs/{name}");
        self.write(&path, &format!("#!/usr/bin/env bash\nset -e\n{script}"));
        fs::set_permissions(self.folder.path().join(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Publishes a release whose archive holds what was built.
    fn release(self, version: &str, commit: &str) -> Job {
        let script = format!(
            "set -e; mkdir -p release/{version} archcheck-{TARGET}; cp programs/built archcheck-{TARGET}/archcheck; cd release/{version}\n\
             tar -czf archcheck-{TARGET}.tar.gz -C ../.. archcheck-{TARGET}; rm -r ../../archcheck-{TARGET}; echo {commit} >archcheck-commit.txt\n\
             if command -v sha256sum >/dev/null; then sha256sum archcheck-{TARGET}.tar.gz; else shasum -a 256 archcheck-{TARGET}.tar.gz; fi >archcheck-{TARGET}.tar.gz.sha256"
        );
        let made = Command::new("bash").arg("-c").arg(script).current_dir(self.folder.path()).status().unwrap();
        assert!(made.success());
        self
    }

    /// Runs the steps of `action.yml` until one fails.
    fn run(self) -> Run {
        let action = action();
        let mut values: BTreeMap<String, String> = BTreeMap::new();
        for (name, input) in action["inputs"].as_object().unwrap() {
            values.insert(format!("inputs.{name}"), input["default"].as_str().unwrap().to_owned());
        }
        for (name, value) in &self.inputs {
            assert!(values.insert(format!("inputs.{name}"), value.clone()).is_some(), "{name} is no input");
        }
        values.insert("github.action_repository".to_owned(), "acme/archcheck".to_owned());
        values.insert("github.action_ref".to_owned(), self.reference.clone());
        let (mut log, mut used, mut success) = (String::new(), Vec::new(), true);
        for step in action["runs"]["steps"].as_array().unwrap() {
            if !step["if"].as_str().is_none_or(|condition| holds(condition, &values)) {
                continue;
            }
            if let Some(action) = step["uses"].as_str() {
                used.push((action.split('@').next().unwrap().to_owned(), filled(&step["with"], &values)));
                continue;
            }
            let (said, outputs, passed) = self.step(step, &values);
            log.push_str(&said);
            for (name, value) in outputs {
                values.insert(format!("steps.{}.outputs.{name}", step["id"].as_str().unwrap()), value);
            }
            if !passed {
                success = false;
                break;
            }
        }
        let named = action["outputs"].as_object().unwrap();
        let outputs = named.iter().map(|(name, output)| (name.clone(), expand(output["value"].as_str().unwrap(), &values))).collect();
        Run { folder: self.folder, log, outputs, used, success }
    }

    fn step(&self, step: &Value, values: &BTreeMap<String, String>) -> (String, Vec<(String, String)>, bool) {
        let at = |name: &str| self.folder.path().join(name);
        assert_eq!(step["shell"], "bash");
        let script = step["run"].as_str().unwrap();
        assert!(!script.contains("${{"), "text put into a script is run: {script}");
        fs::write(at("output"), "").unwrap();
        let path = format!("{}:{}", at("programs").display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(at("checkout")).env_remove("ARCHCHECK_FORMAT");
        command.env("PATH", path).env("STANDIN", self.folder.path());
        command.envs([
            ("GITHUB_ACTIONS", "true"),
            ("RUNNER_OS", "Linux"),
            ("RUNNER_ARCH", "X64"),
            ("GITHUB_SERVER_URL", "https://github.com"),
        ]);
        command.envs([("GITHUB_ACTION_PATH", ROOT), ("GITHUB_REPOSITORY", "acme/shop"), ("GITHUB_SHA", "0123abc")]);
        command.env("GITHUB_WORKSPACE", at("checkout")).env("RUNNER_TEMP", at("temporary"));
        command.env("GITHUB_OUTPUT", at("output")).env("GITHUB_STEP_SUMMARY", at("summary"));
        for (name, value) in step["env"].as_object().unwrap() {
            command.env(name, expand(value.as_str().unwrap(), values));
        }
        let output = command.output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let written = fs::read_to_string(at("output")).unwrap();
        let outputs = written.lines().map(|line| line.split_once('=').unwrap()).map(|(name, value)| (name.to_owned(), value.to_owned()));
        (said, outputs.collect(), output.status.success())
    }
}

impl Run {
    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    fn output(&self, name: &str) -> &str {
        &self.outputs[name]
    }

    fn uses(&self) -> Vec<&str> {
        self.used.iter().map(|(action, _)| action.as_str()).collect()
    }
}

fn action() -> Value {
    serde_saphyr::from_str(&fs::read_to_string(Path::new(ROOT).join("action.yml")).unwrap()).unwrap()
}

/// `${{ a.b }}` replaced by values; a value that is not there is empty, as for GitHub.
fn expand(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut pieces = text.split("${{ ");
    let mut out = pieces.next().unwrap().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once(" }}").unwrap();
        out.push_str(values.get(name).map_or("", String::as_str));
        out.push_str(rest);
    }
    out
}

/// The text of a mapping's values, expanded.
fn filled(with: &Value, values: &BTreeMap<String, String>) -> Value {
    with.as_object().unwrap().iter().map(|(name, value)| (name.clone(), Value::from(expand(value.as_str().unwrap(), values)))).collect()
}

/// `a == 'b' && c != 'd'`.
fn holds(condition: &str, values: &BTreeMap<String, String>) -> bool {
    condition.split(" && ").all(|term| {
        let [name, operator, word] = term.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let equal = values.get(name).map_or("", String::as_str) == word.trim_matches('\'');
        if operator == "==" { equal } else { !equal }
    })
}

#[test]
fn a_run_writes_sarif_annotations_summary_and_outputs() {
    let run = Job::new().with("category", "back").with("upload", "false").run();
    assert!(!run.success);
    assert_eq!(
        ["findings", "errors", "warnings", "notes", "known", "exit-code"].map(|name| run.output(name)),
        ["1", "1", "0", "0", "0", "1"]
    );
    assert_eq!(run.output("version"), env!("CARGO_PKG_VERSION"));
    assert!(run.log.contains("error[sql-injection]"), "{}", run.log);
    assert!(run.log.contains("\n::error file=back/main.py,line=11,"), "{}", run.log);
    let summary = run.file("summary");
    assert!(summary.starts_with("## archcheck: 1 error\n"), "{summary}");
    assert!(summary.contains("(https://github.com/acme/shop/blob/0123abc/back/main.py#L11)"), "{summary}");
    let sarif: Value = serde_json::from_str(&run.file("checkout/archcheck.sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["automationDetails"]["id"], "back/");
    let uri = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, "back/main.py");
    assert_eq!(run.uses(), ["actions/cache"]);
}

#[test]
fn the_report_is_uploaded_before_the_step_that_fails() {
    let run = Job::new().with("category", "back").run();
    assert!(!run.success);
    assert_eq!(run.uses(), ["actions/cache", "github/codeql-action/upload-sarif"]);
    assert_eq!(run.used[1].1, serde_json::json!({"sarif_file": "archcheck.sarif", "category": "back"}));
    assert!(!run.log.contains("\n::error"), "code scanning annotates: {}", run.log);
    assert!(run.file("summary").starts_with("## archcheck: 1 error\n"));
}

#[test]
fn what_was_read_is_kept_between_runs_outside_of_the_checkout() {
    assert_eq!(action()["inputs"]["cache"]["default"], "true");
    let run = Job::new().with("cache", "true").run();
    assert_eq!(run.uses(), ["actions/cache", "actions/cache", "github/codeql-action/upload-sarif"]);
    let (_, cache) = &run.used[1];
    assert!(cache["key"].as_str().unwrap().starts_with("archcheck-facts-"), "{cache}");
    assert!(run.folder.path().join("temporary/archcheck-cache").is_dir());
    assert!(!run.folder.path().join("checkout/back/.archcheck-cache").exists());
    let without = Job::new().run();
    assert!(!without.folder.path().join("temporary/archcheck-cache").exists());
    assert!(!without.folder.path().join("checkout/back/.archcheck-cache").exists());
}

#[test]
fn a_clean_run_succeeds() {
    let run = Job::new().with("fail-on", "never").run();
    assert!(run.success, "{}", run.log);
    assert_eq!((run.output("findings"), run.output("exit-code")), ("1", "0"));
}

#[test]
fn inputs_switch_parts_off_and_no_input_is_run() {
    let run = Job::new()
        .with("annotate", "false")
        .with("summary", "false")
        .with("upload", "false")
        .with("fail-on", "never")
        .with("sarif-file", "out $(touch pwned)\nexit-code=7.sarif")
        .run();
    assert!(run.success, "{}", run.log);
    assert!(!run.log.contains("\n::error"), "{}", run.log);
    assert_eq!(run.file("summary"), "");
    assert_eq!((run.output("exit-code"), run.output("sarif-file")), ("0", "out $(touch pwned)exit-code=7.sarif"));
    assert!(run.file("checkout/out $(touch pwned)exit-code=7.sarif").starts_with('{'));
    assert!(!run.folder.path().join("checkout/pwned").exists());
}

#[test]
fn quoted_source_gives_the_runner_no_commands() {
    let job = Job::new();
    job.write("checkout/back/main.py", &HANDLER.replace("    return", "    #\n##[warning]x\n    return"));
    let log = job.with("upload", "false").run().log;
    let (_, rest) = log.split_once("::stop-commands::").unwrap();
    let (token, rest) = rest.split_once('\n').unwrap();
    let (report, rest) = rest.split_once(&format!("\n::{token}::\n")).unwrap();
    assert!(token.len() == 32 && report.contains("error[sql-injection]"));
    assert!(rest.starts_with("::error file="), "{rest}");
}

#[test]
fn a_wrong_input_is_no_trustworthy_result_and_nothing_is_uploaded() {
    let run = Job::new().with("config", "no-such.toml").run();
    assert!(!run.success);
    assert_eq!((run.output("findings"), run.output("exit-code")), ("0", "2"));
    assert!(run.log.contains("\n::error title=archcheck::no trustworthy result"), "{}", run.log);
    assert_eq!(run.uses(), ["actions/cache"]);
}

#[test]
fn a_release_is_taken_when_the_action_is_pinned_to_it() {
    let version = concat!("v", env!("CARGO_PKG_VERSION"));
    for reference in [COMMIT, version, "v0"] {
        let run = Job::new().release(version, COMMIT).pinned(reference).run();
        assert!(run.log.contains(&format!("archcheck-{TARGET}.tar.gz: OK")), "{reference}: {}", run.log);
        assert_eq!(run.uses(), ["github/codeql-action/upload-sarif"], "{reference}");
        let called = run.file("called");
        assert!(
            called.contains(&format!(" https://github.com/acme/archcheck/releases/download/{version}/archcheck-{TARGET}.tar.gz\n")),
            "{called}"
        );
        assert!(called.lines().all(|line| line.starts_with("curl ") && line.contains(" --proto =https ")), "{called}");
    }
}

#[test]
fn the_source_is_built_where_the_release_is_another_or_missing() {
    let version = concat!("v", env!("CARGO_PKG_VERSION"));
    let older = Job::new().release(version, COMMIT).pinned(&COMMIT.replace('0', "f"));
    let branch = Job::new().release(version, COMMIT).pinned("main");
    let missing = Job::new().pinned(version);
    let asked = Job::new().release(version, COMMIT).pinned(COMMIT).with("version", "source");
    for job in [older, branch, missing, asked] {
        let run = job.run();
        assert_eq!(run.uses(), ["actions/cache", "github/codeql-action/upload-sarif"]);
        let (_, cache) = &run.used[0];
        assert!(cache["key"].as_str().unwrap().starts_with("archcheck-Linux-X64-"), "{cache}");
        assert!(run.file("called").lines().last().unwrap().starts_with("cargo install --locked --path "));
        assert_eq!(run.output("errors"), "1");
    }
}

#[test]
fn an_archive_that_is_not_what_its_checksum_says_is_not_run() {
    let told = "0".repeat(64);
    let pinned = Job::new().release("v9.9.9", COMMIT).with("version", "v9.9.9").with("checksum", &told);
    let published = Job::new().release("v9.9.9", COMMIT).with("version", "v9.9.9");
    published.write(&format!("release/v9.9.9/archcheck-{TARGET}.tar.gz.sha256"), &format!("{told}  archcheck-{TARGET}.tar.gz\n"));
    let other = Job::new().release("v9.9.9", COMMIT).with("version", "v9.9.9");
    other.write("release/v9.9.9/another-file", "");
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    other.write(&format!("release/v9.9.9/archcheck-{TARGET}.tar.gz.sha256"), &format!("{empty}  another-file\n"));
    for (job, told) in
        [(pinned, "is not what its checksum says"), (published, "is not what its checksum says"), (other, "is not understood")]
    {
        let run = job.run();
        assert!(!run.success && run.used.is_empty(), "{}", run.log);
        assert!(run.log.contains(told), "{}", run.log);
        assert!(!run.file("called").contains("cargo"));
    }
}

#[test]
fn a_version_that_is_asked_for_and_missing_is_a_mistake() {
    for (version, told) in [("v9.9.9", "no release v9.9.9 of acme/archcheck"), ("v1/../x", "is not one"), ("latest", "is not one")] {
        let run = Job::new().with("version", version).run();
        assert!(!run.success && run.log.contains(told), "{}", run.log);
    }
}

#[test]
fn every_input_and_output_is_documented_and_every_action_is_pinned() {
    let docs = fs::read_to_string(Path::new(ROOT).join("docs/ci.md")).unwrap();
    let action = action();
    for kind in ["inputs", "outputs"] {
        for name in action[kind].as_object().unwrap().keys() {
            assert!(docs.contains(&format!("`{name}`")), "docs/ci.md lacks `{name}`");
        }
    }
    for step in action["runs"]["steps"].as_array().unwrap() {
        let Some(used) = step["uses"].as_str() else { continue };
        let (_, commit) = used.split_once('@').unwrap();
        assert!(commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit()), "{used}");
    }
}

#[test]
fn what_github_reads_of_this_repository_can_be_read() {
    let workflows = fs::read_dir(Path::new(ROOT).join(".github/workflows")).unwrap().map(|entry| entry.unwrap().path());
    let mut read = 0;
    for path in workflows {
        let workflow: Value =
            serde_saphyr::from_str(&fs::read_to_string(&path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let jobs = workflow["jobs"].as_object().unwrap();
        for (name, job) in jobs {
            let steps = job["steps"].as_array().unwrap_or_else(|| panic!("{}: `{name}` has no steps", path.display()));
            let plain = |step: &Value| step["run"].is_string() != step["uses"].is_string();
            assert!(steps.iter().all(plain), "{}: a step of `{name}` neither runs nor uses one thing", path.display());
            read += 1;
        }
    }
    assert!(read > 3);
}
