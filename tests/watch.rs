//! `--watch`, from the outside: files change on the disk, and what is shown in the end is what a new run says, to the byte.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

#[path = "support/copies.rs"]
mod copies;
#[path = "support/dice.rs"]
mod dice;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use copies::copied;
use dice::Dice;
use tempfile::TempDir;

/// Nothing takes so long, on the slowest machine.
const DEADLINE: Duration = Duration::from_secs(180);
/// How long nothing is said where nothing is to be said: long enough for a look at everything to follow.
const SILENCE: Duration = Duration::from_millis(2500);

const MAIN: &str = "\
from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.names import LIMIT

app = FastAPI()

def session() -> Session: ...

@app.get(\"/users\")
def users(name: str, db: Session = Depends(session)):
    return db.execute(text(f\"SELECT * FROM users WHERE name = '{name}' LIMIT {LIMIT}\")).all()
";
const SAFE: &str = "    return db.execute(text(\"SELECT * FROM users WHERE name = :name\"), {\"name\": name}).all()\n";

/// A run that stays, and what it said.
struct Watched {
    child: Child,
    folder: PathBuf,
    lines: Receiver<(bool, String)>,
    /// Standard output.
    out: String,
    /// Standard error, line by line.
    err: Vec<String>,
}

fn archcheck(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_archcheck"));
    for name in ["CI", "GITHUB_ACTIONS", "ARCHCHECK_FORMAT", "ARCHCHECK_NO_CACHE", "FORCE_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.current_dir(folder).stdin(Stdio::null());
    command
}

/// What a new run says.
fn fresh(folder: &Path) -> String {
    let output = archcheck(folder).args(["--format", "concise", "--no-cache"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

impl Watched {
    fn start(folder: &Path, arguments: &[&str]) -> Watched {
        let mut command = archcheck(folder);
        command.args(["--format", "concise"]).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, lines) = channel();
        let errors = sender.clone();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        std::thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).for_each(|line| drop(sender.send((true, line)))));
        std::thread::spawn(move || BufReader::new(err).lines().map_while(Result::ok).for_each(|line| drop(errors.send((false, line)))));
        Watched { child, folder: folder.to_path_buf(), lines, out: String::new(), err: Vec::new() }
    }

    /// Takes in a line; false when none came in time.
    fn hear(&mut self, most: Duration) -> bool {
        match self.lines.recv_timeout(most) {
            Ok((true, line)) => self.out += &format!("{line}\n"),
            Ok((false, line)) => self.err.push(line),
            Err(RecvTimeoutError::Timeout) => return false,
            Err(RecvTimeoutError::Disconnected) => panic!("it ended\n{}\n{:?}", self.out, self.err),
        }
        true
    }

    fn until(&mut self, what: &str, such: impl Fn(&Watched) -> bool) {
        let begun = Instant::now();
        while !such(self) {
            let left = DEADLINE.checked_sub(begun.elapsed()).unwrap_or_default();
            assert!(self.hear(left), "{what}\n{}\n{:?}", self.out, self.err);
        }
    }

    /// Reports there were.
    fn reports(&self) -> usize {
        self.err.iter().filter(|line| line.starts_with("archcheck: watching ")).count()
    }

    /// The last report is this one, whole.
    fn shows(&self, report: &str) -> bool {
        let before = self.out.strip_suffix(report);
        let is_finding = |line: &str| ["error[", "warning[", "note["].iter().any(|level| line.contains(level));
        before.is_some_and(|before| before.lines().last().is_none_or(|line| !is_finding(line)))
    }

    /// Until what is shown is what a new run says.
    fn until_fresh(&mut self, when: &str) {
        let expected = fresh(&self.folder);
        self.until(&format!("{when}; expected:\n{expected}\n"), |watched| watched.shows(&expected));
    }

    /// Until another report is there, and it is what a new run says.
    fn until_next(&mut self, when: &str) {
        let reports = self.reports();
        let expected = fresh(&self.folder);
        self.until(&format!("{when}; expected:\n{expected}\n"), |watched| watched.reports() > reports && watched.shows(&expected));
    }

    /// What is said until nothing is for a while.
    fn rest(&mut self) {
        while self.hear(SILENCE) {}
    }

    fn write(&self, path: &str, text: &str) {
        write(&self.folder, path, text);
    }

    /// As editors save: a new file takes the old one's place.
    fn replace(&self, path: &str, text: &str) {
        let (temporary, path) = (self.folder.join(format!("{path}.tmp~")), self.folder.join(path));
        fs::write(&temporary, text).unwrap();
        fs::rename(temporary, path).unwrap();
    }

    fn end(mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < DEADLINE, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[cfg(unix)]
    fn interrupt(&self) {
        assert!(Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("requirements.txt", "fastapi\nsqlalchemy\n"),
        ("app/main.py", MAIN),
        ("app/names.py", "LIMIT = 3\n"),
        ("tests/test_main.py", "from app.main import users\n\n\ndef test_users():\n    assert users\n"),
        (".gitignore", "/build/\n*.log\n"),
    ];
    files.iter().for_each(|(path, text)| write(folder.path(), path, text));
    folder
}

/// The code of one function that is mended.
fn mended() -> String {
    let at = MAIN.rfind("    return").unwrap();
    format!("{}{SAFE}", &MAIN[..at])
}

/// Everything that happens to files, one after the other.
fn live_through(watched: &mut Watched) {
    watched.until_next("at the beginning");
    assert!(watched.out.contains("app/main.py:13"), "{}", watched.out);
    watched.write("app/main.py", &mended());
    watched.until_next("a mended function");
    assert!(watched.err.iter().any(|line| line.ends_with("(1 file changed)")), "{:?}", watched.err);
    watched.replace("app/main.py", MAIN);
    watched.until_next("saved by another file in its place");
    watched.write("app/main.py", &format!("\n{MAIN}"));
    watched.until_next("what only moved");
    watched.write("tests/test_main.py", "from app.main import users\n\n\ndef test_nobody():\n    token = 1\n    assert users and token\n");
    watched.until_next("a test");
    watched.write("app/more.py", MAIN);
    watched.until_next("a new file");
    watched.write("app/inner/deep/again.py", MAIN);
    watched.until_next("a new file in new folders");
    watched.write("app/inner/deep/again.py", &mended());
    watched.until_next("an edit there");
    fs::rename(watched.folder.join("app/inner"), watched.folder.join("app/outer")).unwrap();
    watched.until_next("a folder with another name");
    watched.write("app/outer/deep/again.py", MAIN);
    watched.until_next("an edit in it");
    fs::remove_dir_all(watched.folder.join("app/outer")).unwrap();
    watched.until_next("a folder that is gone");
    fs::remove_file(watched.folder.join("app/more.py")).unwrap();
    watched.until_next("a file that is gone");
    watched.write("archcheck.toml", "profil = 1\n");
    watched.until("a wrong configuration", |watched| watched.err.iter().any(|line| line.contains("unknown key `profil`")));
    watched.write("archcheck.toml", "version = 1\nexclude = [\"app/names.py\"]\n");
    watched.until_next("a configuration that leaves a file out");
    fs::remove_file(watched.folder.join("archcheck.toml")).unwrap();
    watched.until_next("no configuration");
    watched.write("requirements.txt", "flask\n");
    watched.until_next("another manifest");
    watched.write(".gitignore", "/app/main.py\n");
    watched.until_next("another ignore file");
    watched.write(".gitignore", "");
    watched.until_next("nothing is ignored");
}

#[test]
fn what_is_shown_is_what_a_new_run_says() {
    let folder = project();
    live_through(&mut Watched::start(folder.path(), &["--watch"]));
}

#[test]
fn so_it_is_where_the_system_tells_nothing() {
    let folder = project();
    live_through(&mut Watched::start(folder.path(), &["--watch=poll", "--no-cache"]));
}

/// What the last run kept is shown at once, and edited on.
#[test]
fn what_an_equal_run_kept_is_the_beginning() {
    let folder = project();
    assert_eq!(archcheck(folder.path()).args(["--format", "concise"]).output().unwrap().status.code(), Some(1));
    let mut watched = Watched::start(folder.path(), &["--watch", "--verbose"]);
    watched.until_next("at the beginning");
    watched.until("everything is read", |watched| watched.err.iter().any(|line| line.contains("looked at everything")));
    watched.write("app/main.py", &mended());
    watched.until_next("a mended function");
}

#[test]
fn what_is_ignored_or_written_by_the_run_itself_wakes_nobody() {
    let folder = project();
    let report = folder.path().join("report.txt");
    fs::create_dir_all(folder.path().join("build")).unwrap();
    fs::create_dir_all(folder.path().join(".git/objects")).unwrap();
    let mut command = archcheck(folder.path());
    command.args(["check", "-w", "--format", "concise"]).stdout(fs::File::create(&report).unwrap()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (sender, lines) = channel();
    let err = child.stderr.take().unwrap();
    std::thread::spawn(move || BufReader::new(err).lines().map_while(Result::ok).for_each(|line| drop(sender.send((false, line)))));
    let mut watched = Watched { child, folder: folder.path().to_path_buf(), lines, out: String::new(), err: Vec::new() };
    watched.until("the first report", |watched| watched.reports() == 1);
    for (path, text) in [
        ("build/made.py", MAIN),
        (".git/objects/aa", "x"),
        (".git/index", "x"),
        ("app/server.log", "x"),
        ("app/.main.py.swp", "x"),
        ("app/main.py~", MAIN),
        ("app/4913", ""),
        ("app/main.py", MAIN),
    ] {
        watched.write(path, text);
    }
    watched.rest();
    assert_eq!(watched.reports(), 1, "{:?}", watched.err);
    watched.write("app/main.py", &mended());
    watched.until("the second report", |watched| watched.reports() == 2);
    assert_eq!(fs::read_to_string(report).unwrap().matches("Found ").count(), 2);
}

#[test]
fn a_burst_is_one_change() {
    let folder = project();
    for at in 0..200 {
        write(folder.path(), &format!("app/part{at}/one.py"), MAIN);
    }
    let mut watched = Watched::start(folder.path(), &["--watch"]);
    watched.until_next("at the beginning");
    let before = watched.reports();
    for at in 0..200 {
        watched.write(&format!("app/part{at}/one.py"), &mended());
        watched.write(&format!("app/new{at}/two.py"), MAIN);
    }
    watched.until_next("another branch");
    watched.rest();
    let reports = watched.reports() - before;
    assert!(reports <= 4, "one, unless the machine is very slow: {reports}");
    fs::rename(folder.path().join("app/new7/two.py"), folder.path().join("app/new7/three.py")).unwrap();
    watched.until_next("another name in a folder of the burst");
}

#[cfg(unix)]
#[test]
fn an_interrupt_is_how_one_leaves() {
    let folder = project();
    let mut watched = Watched::start(folder.path(), &["--watch"]);
    watched.until_next("at the beginning");
    watched.interrupt();
    assert_eq!(watched.end().code(), Some(0));
    let watched = Watched::start(folder.path(), &["--watch"]);
    std::thread::sleep(Duration::from_millis(300));
    watched.interrupt();
    assert_eq!(watched.end().code(), Some(0));
}

#[test]
fn a_folder_that_is_gone_ends_it() {
    for how in ["--watch", "--watch=poll"] {
        let folder = project();
        let root = folder.path().join("app");
        let mut watched = Watched::start(folder.path(), &[how, "app"]);
        watched.until("the first report", |watched| watched.reports() == 1);
        fs::remove_dir_all(root).unwrap();
        watched.until("why", |watched| watched.err.iter().any(|line| line.contains("the folder that was watched is gone")));
        assert_eq!(watched.end().code(), Some(2));
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = project();
    for (arguments, said) in [
        (&["--watch", "--fix"][..], "cannot be used with"),
        (&["--watch", "--diff", "-"], "cannot be used with"),
        (&["--watch", "--output", "sarif=x.sarif"], "`--watch` cannot go with `--output`"),
        (&["--watch", "--facts", "."], "`--watch` cannot go with `--facts`"),
        (&["--watch", "--ci"], "`--watch` cannot go with `--ci`"),
        (&["--watch", "--format", "sarif"], "`--watch` writes no report in the format `sarif`"),
        (&["--watch", "--select", "n-plus-two"], "unknown rule or category `n-plus-two`"),
        (&["--watch=never"], "invalid value"),
    ] {
        let output = archcheck(folder.path()).args(arguments).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains(said), "{arguments:?}: {errors}");
    }
}

const PIECES: &[&str] = &[
    "",
    "",
    "\n",
    " ",
    "x",
    "é",
    "\"",
    "(",
    ")",
    "}",
    ":",
    "\n    ",
    "# archcheck: ignore[n-plus-one] why\n",
    "await ",
    "\ndef f(x):\n    return x\n",
    "for x in xs:\n    ",
    "import os\n",
    "\r\n",
    "fn f() {}\n",
    "export const a = 1;\n",
];

fn edited(dice: &mut Dice, text: &str) -> String {
    let bounds: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let start = dice.below(bounds.len());
    let most = [1, 1, 2, 4, 40][dice.below(5)];
    let end = (start + dice.below(most)).min(bounds.len() - 1);
    format!("{}{}{}", &text[..bounds[start]], PIECES[dice.below(PIECES.len())], &text[bounds[end]..])
}

/// `EDITS` sets how many.
#[test]
fn random_edits_lead_nowhere_else_than_a_new_run() {
    let edits: usize = std::env::var("EDITS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let seed: u64 = std::env::var("SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(11);
    for (at, example) in ["python-shop", "typescript-library", "rust-clinic"].into_iter().enumerate() {
        let (folder, sources) = copied(example);
        let originals: Vec<String> = sources.iter().map(|path| fs::read_to_string(folder.path().join(path)).unwrap()).collect();
        let mut watched = Watched::start(folder.path(), &["--watch"]);
        watched.until_next("at the beginning");
        let mut dice = Dice(seed + at as u64);
        for round in 1..=edits / 3 {
            let which = dice.below(sources.len());
            let path = &sources[which];
            // Back to what it was now and then, so that not everything ends as rubble.
            let text = match fs::read_to_string(folder.path().join(path)) {
                Ok(text) if dice.below(4) > 0 => edited(&mut dice, &text),
                _ => originals[which].clone(),
            };
            match dice.below(8) {
                0 => drop(fs::remove_file(folder.path().join(path))),
                1 | 2 => watched.replace(path, &text),
                _ => watched.write(path, &text),
            }
            match dice.below(3) {
                0 => watched.until_fresh(&format!("{example}, edit {round}")),
                1 => std::thread::sleep(Duration::from_millis(dice.below(500) as u64)),
                _ => {}
            }
        }
        watched.until_fresh(example);
        watched.rest();
        watched.until_fresh(&format!("{example}, at rest"));
    }
}
