//! A run that takes up what earlier runs left says what a run without a cache says, byte for byte: after any edits, beside other runs, after runs that were
//! killed, with a damaged cache, and with facts from other machines.
//!
//! `ARCHCHECK_EDITS` and `ARCHCHECK_KILLS` are the numbers of edits and of killed runs; a few by default.

#[path = "support/binary.rs"]
mod binary;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, SystemTime};

use archcheck::cache::{BUILD, FOLDER, Place};
use archcheck::engine::{Engine, Options};
use archcheck::model::contract::Date;
use archcheck::report::{self, Context, Format};
use binary::{archcheck, command, project};

const LOOP: &str = "from sqlalchemy.orm import Session\nfrom app.models import User\n\n\ndef load(db: Session, ids: list[int]):\n    return [db.get(User, i) for i in ids]\n";
const NO_LOOP: &str = "from sqlalchemy.orm import Session\nfrom app.models import User\n\n\ndef load(db: Session, ids: list[int]):\n    return [db.get(User, i) for i in []]\n";
const MODELS: &str = "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\n\nclass Base(DeclarativeBase):\n    pass\n\n\nclass User(Base):\n    __tablename__ = \"users\"\n    id: Mapped[int] = mapped_column(primary_key=True)\n";
const HASHED: &str =
    "import hashlib\n\n\ndef hash_password(password: str) -> str:\n    return hashlib.md5(password.encode()).hexdigest()\n";
const SQL: &str =
    "export async function find(db: any, req: any) {\n    return db.query(`SELECT * FROM users WHERE name = '${req.query.name}'`);\n}\n";
const BROKEN: &str = "def (:\n  ]]] x = \n";
const RUST: &str = "pub fn total(rows: &[u32]) -> u32 {\n    rows.iter().sum()\n}\n";

const PROJECT: [(&str, &str); 8] = [
    ("pyproject.toml", "[project]\nname = \"shop\"\ndependencies = [\"sqlalchemy\", \"fastapi\"]\n"),
    ("package.json", "{ \"name\": \"shop\", \"dependencies\": { \"pg\": \"8\" } }\n"),
    ("app/__init__.py", ""),
    ("app/models.py", MODELS),
    ("app/services.py", LOOP),
    ("app/users.py", HASHED),
    ("web/find.ts", SQL),
    ("core/total.rs", RUST),
];

/// A small generator of numbers; the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % most as u64) as usize
    }

    fn one_of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }
}

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// What a run says in every format, and the mistakes it finds in the configuration.
fn said(root: &Path, options: Options) -> (Vec<String>, bool) {
    let (mut engine, _) = Engine::open(root, options);
    let mut said: Vec<String> = engine.cache_troubles().to_vec();
    let mistakes = |engine: &Engine| engine.config_errors().iter().map(|error| format!("{error:?}")).collect::<Vec<_>>();
    said.extend(mistakes(&engine));
    let recalled = engine.files().next().is_none() && !engine.project().files.is_empty();
    if said.is_empty() {
        let outcome = engine.check();
        said.extend(mistakes(&engine));
        let rules = engine.rules_on();
        for format in Format::ALL {
            let mut text = Vec::new();
            report::write(format, &Context::new(&outcome, &rules, &engine), &mut text).expect("written");
            said.push(String::from_utf8_lossy(&text).into_owned());
        }
    }
    (said, recalled)
}

fn cached() -> Options {
    Options { cache: Some(Place::Root), recall: true, today: Date::parse("2027-01-01"), jobs: 2, ..Options::default() }
}

fn fresh() -> Options {
    Options { cache: None, recall: false, ..cached() }
}

/// Makes files older than a file system's clock can blur.
fn age(path: &Path, seconds: u64) {
    let file = fs::File::options().write(true).open(path).expect("a file");
    file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).expect("a time");
}

#[test]
fn edits_are_seen_and_nothing_else_changes() {
    let folder = project(&PROJECT);
    let root = folder.path();
    let mut dice = Dice(7);
    let mut recalled = 0;
    for at in 0..number("ARCHCHECK_EDITS", 24) {
        let edit = edit(root, &mut dice);
        let wanted = said(root, fresh()).0;
        let (got, _) = said(root, cached());
        assert_eq!(got, wanted, "after edit {at}, {edit}");
        let (again, taken) = said(root, cached());
        assert_eq!(again, wanted, "when nothing changed after edit {at}, {edit}");
        recalled += u32::from(taken);
    }
    assert!(recalled > 3, "results of equal runs are taken up: {recalled}");
}

/// Changes something in the project and says what.
fn edit(root: &Path, dice: &mut Dice) -> String {
    const NAMES: [&str; 9] = [
        "app/services.py",
        "app/users.py",
        "app/models.py",
        "web/find.ts",
        "web/index.ts",
        "core/total.rs",
        "app/extra.py",
        "app/deep/er/x.py",
        "config/settings.yaml",
    ];
    let name = *dice.one_of(&NAMES.each_ref());
    let path = root.join(name);
    let write = |path: &Path, text: &str| {
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("written");
    };
    match dice.below(14) {
        0..=3 => {
            let text = dice.one_of(&[
                LOOP,
                NO_LOOP,
                MODELS,
                HASHED,
                SQL,
                BROKEN,
                RUST,
                "",
                "password: \"hunter2hunter2\"\n",
                "# archcheck: ignore[n-plus-one] small\n",
            ]);
            write(&path, text);
            format!("{name} written")
        }
        4 => {
            // As long as before, with the old time: only the change itself tells.
            let services = root.join("app/services.py");
            let time = services.metadata().and_then(|metadata| metadata.modified()).ok();
            let text = if fs::read_to_string(&services).is_ok_and(|text| text == LOOP) { NO_LOOP } else { LOOP };
            write(&services, text);
            if let Some(time) = time {
                fs::File::options().write(true).open(&services).and_then(|file| file.set_modified(time)).expect("a time");
            }
            "a change of equal length and time".to_string()
        }
        5 => {
            let _ = fs::remove_file(&path);
            format!("{name} removed")
        }
        6 => {
            let to = root.join(format!("app/moved_{}.py", dice.below(3)));
            let _ = fs::rename(&path, to);
            format!("{name} renamed")
        }
        7 => {
            if path.exists() {
                age(&path, 3600);
            }
            format!("{name} touched")
        }
        8 => {
            let text = dice.one_of(&[
                "version = 1\n",
                "version = 1\nexclude = [\"web/\"]\n",
                "version = 1\n[levels]\nn-plus-one = \"off\"\n",
                "version = 2 ]\n",
            ]);
            write(&root.join("archcheck.toml"), text);
            format!("configuration {text:?}")
        }
        9 => {
            let _ = fs::remove_file(root.join("archcheck.toml"));
            "no configuration".to_string()
        }
        10 => {
            let text = dice.one_of(&["", "users.py\n", "*.ts\n"]);
            write(&root.join(".gitignore"), text);
            format!("ignore file {text:?}")
        }
        11 => {
            let page = "+++\nkind = \"query\"\nlevel = \"warning\"\nlanguages = [\"python\"]\nmessage = \"Call of `get`\"\n+++\n# No get\n\n```query python\n(call function: (attribute attribute: (identifier) @name) (#eq? @name \"get\")) @finding\n```\n";
            let own = root.join(".archcheck/rules/no-get.md");
            if own.exists() {
                fs::remove_file(&own).expect("removed")
            } else {
                write(&own, page)
            }
            "own rule".to_string()
        }
        12 => {
            let baseline = root.join("archcheck-baseline.json");
            if baseline.exists() {
                fs::remove_file(&baseline).expect("removed");
            } else {
                archcheck(root, &["baseline", "."]);
            }
            "baseline".to_string()
        }
        _ => {
            write(&root.join("web/dist.min.js"), "var a=1;");
            write(&root.join("web/made.ts"), "// @generated by a tool. DO NOT EDIT\nexport const a = 1;\n");
            "files that are left out".to_string()
        }
    }
}

/// Layout and comments in files of real shape, between edits of code: what is only moved is what a whole run says, in every format.
#[test]
fn what_only_moves_is_taken_up_and_said_as_a_whole_run_says_it() {
    let mut dice = Dice(5);
    for example in ["python-shop", "typescript-library", "rust-clinic"] {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example), root);
        said(root, cached());
        let sources = sources(root);
        let (mut layouts, mut taken) = (0, 0);
        for at in 0..number("ARCHCHECK_EDITS", 12) {
            let is_layout = dice.below(4) > 0;
            let changed = dice.below(3).min(1) + 1;
            let paths: Vec<&PathBuf> = (0..changed).map(|_| &sources[dice.below(sources.len())]).collect();
            for path in &paths {
                let text = fs::read_to_string(path).expect("a text");
                fs::write(path, if is_layout { laid_out(&mut dice, path, &text) } else { recoded(&mut dice, &text) }).expect("written");
            }
            let (got, was_taken) = said(root, cached());
            assert_eq!(got, said(root, fresh()).0, "after edit {at} of {paths:?}");
            layouts += u32::from(is_layout);
            taken += u32::from(was_taken);
        }
        assert!(taken * 3 > layouts, "{example}: {taken} of {layouts} edits of layout are taken up");
    }
}

/// A line more between others, or a comment, which may silence.
fn laid_out(dice: &mut Dice, path: &Path, text: &str) -> String {
    let mark = if path.extension().is_some_and(|own| own == "py") { "#" } else { "//" };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let at = dice.below(lines.len() + 1);
    let piece = match dice.below(5) {
        0 => "\n".to_string(),
        1 => "\n  \n".to_string(),
        2 => format!("{mark} why not\n"),
        3 => format!("{mark} archcheck: ignore[n-plus-one] few rows\n"),
        _ => format!("{mark} archcheck: ignore[sql-injection]\n"),
    };
    [&lines[..at].concat(), piece.as_str(), &lines[at..].concat()].concat()
}

/// A line of code again, a line less, a word in place of another.
fn recoded(dice: &mut Dice, text: &str) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_string).collect();
    if lines.is_empty() {
        return "x = 1\n".to_string();
    }
    let at = dice.below(lines.len());
    match dice.below(4) {
        0 => lines.insert(at, lines[at].clone()),
        1 => drop(lines.remove(at)),
        2 => lines[at] = lines[at].replacen('"', "\"x", 1).replacen('\'', "'x", 1),
        _ => {
            let word = |line: &str| line.split(|c: char| !c.is_alphanumeric() && c != '_').find(|word| word.len() > 2).map(str::to_string);
            if let (Some(own), Some(other)) = (word(&lines[at]), word(&lines[dice.below(lines.len())])) {
                lines[at] = lines[at].replacen(&own, &other, 1);
            }
        }
    }
    lines.concat()
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        // What somebody ran in the example has left a cache there.
        if path.is_dir() && entry.file_name() != ".archcheck-cache" {
            fs::create_dir_all(&target).expect("a folder");
            copy(&path, &target);
        } else if path.is_file() {
            fs::copy(&path, &target).expect("copied");
        }
    }
}

/// The source files below a folder, sorted.
fn sources(root: &Path) -> Vec<PathBuf> {
    let (engine, _) = Engine::open(root, fresh());
    engine.files().map(|(path, _)| root.join(&**path)).collect()
}

#[test]
fn a_damaged_look_is_a_slower_run() {
    let folder = project(&PROJECT);
    let root = folder.path();
    said(root, cached());
    let services = root.join("app/services.py");
    for (round, damage) in ["cut", "altered", "empty", "whole"].into_iter().enumerate() {
        for path in files(root, "look") {
            let mut bytes = fs::read(&path).expect("a look");
            match damage {
                "cut" => bytes.truncate(bytes.len() / 2),
                "altered" => bytes[40] ^= 1,
                "empty" => bytes.clear(),
                _ => {}
            }
            fs::write(&path, bytes).expect("written");
        }
        fs::write(&services, format!("{}{LOOP}", "# why\n".repeat(round + 1))).expect("written");
        let (got, taken) = said(root, cached());
        assert_eq!((got, taken), (said(root, fresh()).0, damage == "whole"), "{damage}");
    }
}

#[test]
fn credentials_found_once_are_known_and_damaged_ones_are_found_again() {
    let folder = project(&PROJECT);
    let root = folder.path();
    let settings = "DATABASE_URL = \"postgres://shop:s3cretpassw0rd9@db.example.org/shop\"\n";
    fs::write(root.join("app/settings.py"), settings).expect("written");
    fs::write(root.join("app/settings.yaml"), "password: \"hunter2hunter2x9\"\n").expect("written");
    for damage in ["none", "none", "cut", "altered"] {
        for path in files(root, "found") {
            let mut bytes = fs::read(&path).expect("a file");
            match damage {
                "cut" => bytes.truncate(bytes.len() / 2),
                "altered" => bytes[30] ^= 1,
                _ => {}
            }
            fs::write(&path, bytes).expect("written");
        }
        // More code, so that the result of no run before fits.
        let text = fs::read_to_string(root.join("app/users.py")).expect("a text");
        fs::write(root.join("app/users.py"), text + "\n\ndef more(a):\n    return a\n").expect("written");
        let (got, taken) = said(root, cached());
        assert!(got.iter().any(|text| text.contains("hardcoded-secret")), "{damage}");
        assert_eq!((got, taken), (said(root, fresh()).0, false), "{damage}");
        assert_eq!(files(root, "found").len(), 1);
    }
}

#[test]
fn one_changed_file_costs_its_own_facts_alone() {
    let folder = project(&PROJECT);
    let root = folder.path();
    said(root, cached());
    let packs = || {
        let mut found: Vec<u64> = files(root, "pack").iter().map(|path| path.metadata().expect("a file").len()).collect();
        found.sort_unstable();
        found
    };
    let first = packs();
    assert_eq!(first.len(), 1);
    fs::write(root.join("core/total.rs"), "pub fn none() {}\n").expect("written");
    said(root, cached());
    let second = packs();
    assert_eq!((second.len(), second[1]), (2, first[0]));
    assert!(second[0] * 3 < first[0], "{second:?}");
    // A file under another name has the facts it had.
    fs::rename(root.join("app/users.py"), root.join("app/people.py")).expect("renamed");
    said(root, cached());
    assert_eq!(packs(), second);
}

/// No rule of the default profile looks into tests, so they are searched for credentials and left alone, until somebody asks for more.
#[test]
fn tests_are_looked_into_where_somebody_asks() {
    let folder = project(&PROJECT);
    let root = folder.path();
    let path = root.join("tests/test_users.py");
    fs::create_dir(root.join("tests")).expect("a folder");
    let run = |more: &[&str]| -> String {
        let with = archcheck(root, &[&["--format", "concise"], more].concat());
        let without = archcheck(root, &[&["--format", "concise", "--no-cache"], more].concat());
        let text = |output: Output| String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let (with, without) = (text(with), text(without));
        assert_eq!(with, without, "{more:?}");
        with
    };
    let plain = "from app.users import hash_password\n\n\ndef test_hash():\n    assert hash_password(\"a\")\n";
    let address = "URL = \"postgres://billing:8sKq2vLx0pRt@db.acorn.io/billing\"\n";
    let spared = "Searched for credentials only: 1 file of tests.";
    let mut said = Vec::new();
    for text in [plain.to_string(), plain.replace("\"a\"", "\"b\""), format!("{plain}{address}"), plain.to_string()] {
        fs::write(&path, text).expect("written");
        said.push(run(&[]));
    }
    assert_eq!(said.iter().map(|said| said.contains(spared)).collect::<Vec<_>>(), [true, true, false, true], "{said:?}");
    assert_eq!(
        said.iter().map(|said| said.contains("tests/test_users.py:6:")).collect::<Vec<_>>(),
        [false, false, true, false],
        "{said:?}"
    );
    assert_eq!(said[0], said[3]);
    // The numbers of imports are those of all files where numbers are asked for; what is found is the same.
    let findings = |said: &str| said.lines().filter(|line| line.contains(": ")).filter(|line| !line.contains("only:")).count();
    let counted = run(&["--statistics"]);
    assert!(!counted.contains(spared), "{counted}");
    assert!(findings(&said[0]) > 0 && said[0].lines().take(findings(&said[0])).all(|line| counted.contains(line)), "{counted}");
    for more in [&["--profile", "strict"][..], &["--select", "orphan-module"]] {
        assert!(!run(more).contains(spared), "{more:?}");
    }
    fs::write(root.join("archcheck.toml"), "[layers]\nrequest = \"service > model\"\n").expect("written");
    assert!(!run(&[]).contains(spared), "a contract may be about tests");
}

/// Of modules for browsers imports and exports are read, of files with tests in them all but these, until somebody asks for more or a credential may be there.
#[test]
fn code_for_browsers_and_tests_in_files_are_read_where_somebody_asks() {
    let list = "\"use client\";\nimport { Row } from './row';\nexport function List({ ids }) {\n  return ids.map((id) => <Row key={id} id={id} />);\n}\n";
    let row = "import { useState } from 'react';\nexport function Row({ id }) {\n  const [open, setOpen] = useState(false);\n  return <b onClick={() => setOpen(!open)}>{id}</b>;\n}\n";
    // A server renders it, and it does nothing but say what the page looks like; the other waits for rows.
    let page = "import { List } from './list';\nexport default function Page() {\n  return <List ids={[1, 2]} />;\n}\n";
    let feed = "import { List } from './list';\nimport { load } from './load';\nexport default async function Feed() {\n  return <List ids={await load()} />;\n}\n";
    let rust = "pub fn two() -> u8 {\n    2\n}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn t() {\n        assert_eq!(super::two(), 2);\n    }\n}\n";
    let folder =
        project(&[("web/list.tsx", list), ("web/row.jsx", row), ("web/page.tsx", page), ("web/feed.tsx", feed), ("src/lib.rs", rust)]);
    let root = folder.path();
    let run = |more: &[&str]| -> String {
        let text = |output: Output| String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let with = text(archcheck(root, &[&["--format", "concise"], more].concat()));
        assert_eq!(with, text(archcheck(root, &[&["--format", "concise", "--no-cache"], more].concat())), "{more:?}");
        with
    };
    let spared = "Searched for credentials only: 1 file with tests in them, of which these; 3 files for browsers or of markup alone, but for imports and exports.";
    let said = run(&[]);
    assert!(said.contains(spared), "{said}");
    for more in [&["--profile", "strict"][..], &["--statistics"], &["--select", "orphan-module"]] {
        assert!(!run(more).contains("Searched for"), "{more:?}");
    }
    // A name of a secret and a value make the module worth reading, and an address with a password the test.
    fs::write(root.join("web/list.tsx"), list.replace("  return", "  const apiKey = \"q8Zr2vLx0pRt7sKmW4nB\";\n  return"))
        .expect("written");
    fs::write(root.join("src/lib.rs"), rust.replace("super::two(), 2", "\"postgres://billing:8sKq2vLx0pRt@db.acorn.io/billing\", \"\""))
        .expect("written");
    let said = run(&[]);
    assert!(said.contains("web/list.tsx:4:") && said.contains("src/lib.rs:9:"), "{said}");
    assert!(said.contains("Searched for credentials only: 2 files for browsers"), "{said}");
}

#[test]
fn other_options_have_other_results() {
    let folder = project(&PROJECT);
    let root = folder.path();
    let run = |more: &[&str]| -> (Output, Output) {
        let with = archcheck(root, &[&["--format", "json"], more].concat());
        let without = archcheck(root, &[&["--format", "json", "--no-cache"], more].concat());
        (with, without)
    };
    for more in [
        &[][..],
        &["--select", "n-plus-one"],
        &["--ignore", "security"],
        &["--profile", "strict"],
        &["app"],
        &["--no-ignores"],
        &["--select", "n-plus-one"],
        &[],
    ] {
        // What counts no calls is none that does.
        archcheck(root, &[&["--format", "concise"], more].concat());
        let (with, without) = run(more);
        assert_eq!((with.status.code(), with.stdout), (without.status.code(), without.stdout), "{more:?}");
    }
}

#[test]
fn an_exception_ends_on_its_day_though_nothing_changed() {
    let folder = project(&PROJECT);
    let root = folder.path();
    let contract = "version = 1\n[parts]\nservices = \"app/services.py\"\nmodels = \"app/models.py\"\n[rules]\nno-models = { rule = \"services must not import models\", except = [{ from = \"app/services.py\", until = \"2027-02-01\", because = \"soon\" }] }\n";
    fs::write(root.join("archcheck.toml"), contract).expect("written");
    for day in ["2027-01-01", "2027-03-01"] {
        let today = Date::parse(day);
        let wanted = said(root, Options { today, ..fresh() }).0;
        assert_eq!(said(root, Options { today, ..cached() }).0, wanted);
    }
}

#[test]
fn runs_beside_each_other_are_right() {
    let folder = grown(40);
    let wanted = archcheck(folder.path(), &["--no-cache", "--format", "json"]);
    for round in 0..2 {
        let runs: Vec<_> = (0..4)
            .map(|_| command(folder.path(), &["--format", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs"))
            .collect();
        for run in runs {
            let output = run.wait_with_output().expect("it ends");
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "round {round}");
            assert_eq!((output.status.code(), output.stdout == wanted.stdout), (wanted.status.code(), true), "round {round}");
        }
    }
}

#[test]
fn a_killed_run_harms_none_that_follow() {
    let folder = grown(40);
    let root = folder.path();
    let mut dice = Dice(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(1, |now| now.as_nanos() as u64));
    let whole = {
        let start = std::time::Instant::now();
        archcheck(root, &["--format", "json"]);
        start.elapsed()
    };
    for at in 0..number("ARCHCHECK_KILLS", 6) {
        fs::write(root.join("app/services.py"), format!("{LOOP}\n# {at}\n")).expect("written");
        if dice.below(4) == 0 {
            let _ = fs::remove_dir_all(root.join(FOLDER));
        }
        let mut run = command(root, &["--format", "json"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
        std::thread::sleep(whole.mul_f64(dice.below(1000) as f64 / 900.0));
        run.kill().expect("killed");
        run.wait().expect("it ended");
        let next = archcheck(root, &["--format", "json"]);
        let wanted = archcheck(root, &["--no-cache", "--format", "json"]);
        assert_eq!(String::from_utf8_lossy(&next.stderr), "", "after kill {at}");
        assert_eq!((next.status.code(), next.stdout == wanted.stdout), (wanted.status.code(), true), "after kill {at}");
    }
}

#[test]
fn a_damaged_cache_is_a_slower_run() {
    let folder = project(&PROJECT);
    let root = folder.path();
    let mut dice = Dice(3);
    for round in 0..12 {
        said(root, cached());
        for path in ["pack", "outcome", "stamps"].into_iter().flat_map(|extension| files(root, extension)) {
            let mut bytes = fs::read(&path).expect("a file");
            match dice.below(3) {
                0 => bytes.truncate(dice.below(bytes.len() + 1)),
                1 => (0..1 + dice.below(20)).for_each(|_| {
                    let at = dice.below(bytes.len().max(1));
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << dice.below(8);
                    }
                }),
                _ => continue,
            }
            fs::write(&path, bytes).expect("written");
        }
        assert_eq!(said(root, cached()).0, said(root, fresh()).0, "round {round}");
    }
}

#[cfg(unix)]
#[test]
fn a_cache_that_cannot_be_used_is_told_and_changes_nothing() {
    let folder = project(&PROJECT);
    let root = folder.path();
    let wanted = archcheck(root, &["--no-cache", "--format", "json"]);
    let same = |output: &Output| assert_eq!((output.status.code(), &output.stdout), (wanted.status.code(), &wanted.stdout));

    std::os::unix::fs::symlink("/", root.join(FOLDER)).expect("a link");
    let output = archcheck(root, &["--format", "json"]);
    same(&output);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "note: no cache is used: `.archcheck-cache` is a link\n");
    assert_eq!(archcheck(root, &["--format", "json", "--quiet"]).stderr, b"");
    fs::remove_file(root.join(FOLDER)).expect("removed");

    // What a checkout brings is not believed: it could say that the code beside it is clean.
    fs::create_dir_all(root.join(FOLDER).join(BUILD)).expect("a folder");
    fs::write(root.join(FOLDER).join("made-here"), "1 2\n").expect("written");
    let output = archcheck(root, &["--format", "json"]);
    same(&output);
    assert!(String::from_utf8_lossy(&output.stderr).contains("was not made here"));
    fs::remove_dir_all(root.join(FOLDER)).expect("removed");

    let output = archcheck(root, &["--format", "json", "--cache-dir", "/dev/null/x"]);
    same(&output);
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("note: no cache is used: `/dev/null/x`"));
    assert!(!root.join(FOLDER).exists());
}

#[test]
fn shards_together_say_what_one_run_says() {
    let folder = grown(12);
    let root = folder.path();
    let output = tempfile::tempdir().expect("a folder");
    let shard = |number: u32| output.path().join(format!("shard-{number}"));
    for number in 1..=4 {
        let path = shard(number).display().to_string();
        let shard = format!("{number}/4");
        let run = archcheck(root, &["facts", "--shard", &shard, "--output", &path]);
        assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    }
    let again = output.path().join("again");
    archcheck(root, &["facts", "--shard", "1/4", "--jobs", "1", "--output", &again.display().to_string()]);
    assert_eq!(fs::read(&again).expect("a file"), fs::read(shard(1)).expect("a file"));
    fs::remove_file(&again).expect("removed");

    let facts = output.path().display().to_string();
    for format in Format::ALL.map(Format::name) {
        let single = archcheck(root, &["--no-cache", "--format", format]);
        let joined = archcheck(root, &["--no-cache", "--format", format, "--facts", &facts]);
        assert_eq!((joined.status.code(), joined.stdout, joined.stderr), (single.status.code(), single.stdout, single.stderr), "{format}");
    }
    // Every file's facts are there: a cache that is filled from them keeps none of its own.
    said(root, Options { facts: (1..=4).map(shard).collect(), ..cached() });
    assert_eq!(files(root, "pack"), Vec::<PathBuf>::new());

    fs::write(shard(2), "something else").expect("written");
    let joined = archcheck(root, &["--no-cache", "--format", "json", "--facts", &shard(2).display().to_string()]);
    assert_eq!(joined.stdout, archcheck(root, &["--no-cache", "--format", "json"]).stdout);
    assert!(String::from_utf8_lossy(&joined.stderr).contains("are not used"));
    let missing = archcheck(root, &["--facts", "nowhere"]);
    assert_eq!(missing.status.code(), Some(2));
    assert_eq!(archcheck(root, &["facts", "--shard", "5/4"]).status.code(), Some(2));
}

#[cfg(feature = "remote-store")]
#[test]
fn machines_that_share_a_store_say_what_one_run_says() {
    let folder = grown(12);
    let root = folder.path();
    let (place, caches) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let store = format!("file://{}", place.path().display());
    let fresh = |name: &str| caches.path().join(name).display().to_string();
    for number in 1..=4 {
        let run = archcheck(root, &["facts", "--shard", &format!("{number}/4"), "--cache-store", &store]);
        assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    }
    let kept = || fs::read_dir(place.path().join(BUILD)).expect("a folder").count();
    let sent = kept();
    for format in Format::ALL.map(Format::name) {
        let single = archcheck(root, &["--no-cache", "--format", format]);
        let joined = archcheck(root, &["--cache-dir", &fresh(format), "--cache-store", &store, "--format", format]);
        assert_eq!((joined.status.code(), joined.stdout, joined.stderr), (single.status.code(), single.stdout, single.stderr), "{format}");
    }
    // Nothing was left to send.
    assert_eq!(kept(), sent);

    // What a run finds out alone is there for the next.
    fs::write(root.join("app/another.py"), format!("{LOOP}\n# Facts lie under the hash of the text, and nobody else has this one.\n"))
        .expect("written");
    archcheck(root, &["--cache-dir", &fresh("another"), "--cache-store", &store]);
    assert!(kept() > sent);

    // Damage, and a store that cannot be used, cost time.
    let single = archcheck(root, &["--no-cache", "--format", "json"]);
    for entry in fs::read_dir(place.path().join(BUILD)).expect("a folder").flatten() {
        fs::write(entry.path(), "something else, which is long enough to have a check").expect("written");
    }
    let damaged = archcheck(root, &["--cache-dir", &fresh("damaged"), "--cache-store", &store, "--format", "json"]);
    assert_eq!((damaged.stdout, damaged.stderr), (single.stdout.clone(), Vec::new()));
    for address in ["redis://127.0.0.1:1", "ftp://nowhere", "nothing"] {
        let run = archcheck(root, &["--cache-dir", &fresh(address), "--cache-store", address, "--format", "json"]);
        assert_eq!((run.status.code(), run.stdout), (single.status.code(), single.stdout.clone()), "{address}");
        assert!(String::from_utf8_lossy(&run.stderr).contains("note: the store"), "{address}");
    }
}

#[cfg(not(feature = "remote-store"))]
#[test]
fn a_build_without_stores_says_so() {
    let folder = grown(0);
    let single = archcheck(folder.path(), &["--no-cache", "--format", "json"]);
    let run = archcheck(folder.path(), &["--cache-store", "file:///nowhere", "--format", "json"]);
    assert_eq!(run.stdout, single.stdout);
    assert!(String::from_utf8_lossy(&run.stderr).contains("made without the feature `remote-store`"));
}

/// The project with so many more modules of each language.
fn grown(more: usize) -> tempfile::TempDir {
    let folder = project(&PROJECT);
    for at in 0..more {
        let write = |path: String, text: String| fs::write(folder.path().join(path), text).expect("written");
        write(format!("app/service_{at}.py"), LOOP.replace("load", &format!("load_{at}")));
        write(format!("web/find_{at}.ts"), SQL.replace("find", &format!("find{at}")));
        write(format!("core/total_{at}.rs"), RUST.replace("total", &format!("total_{at}")));
    }
    folder
}

/// The cache's files with this extension.
fn files(root: &Path, extension: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(root.join(FOLDER).join(BUILD)) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    found.retain(|path| path.extension().is_some_and(|own| own == extension));
    found.sort();
    found
}
