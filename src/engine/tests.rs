//! The engine on small repositories: what changes do, and that nothing hangs on threads.

#[path = "../../tests/support/dice.rs"]
mod dice;

use super::*;
use dice::Dice;

const HANDLER: &str = "\
from fastapi import FastAPI
from sqlalchemy import text

app = FastAPI()

@app.get('/users')
def users(name: str, db):
    return db.execute(text(f\"SELECT * FROM users WHERE name = '{name}'\")).all()
";

fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    folder
}

fn open(folder: &tempfile::TempDir, jobs: usize) -> Engine {
    Engine::open(folder.path(), Options { jobs, ..Options::default() }).0
}

fn paths(engine: &Engine) -> Vec<&str> {
    engine.files().map(|(path, _)| &**path).collect()
}

fn set(path: &str, text: &str) -> Change {
    Change::Set { path: path.into(), text: text.into() }
}

#[test]
fn threads_change_nothing() {
    let folder = repository(&[
        ("app/main.py", HANDLER),
        ("app/b.py", "x = 1\n"),
        ("web/a.ts", "export const a = 1;\n"),
        ("src/lib.rs", "fn f() {}\n"),
    ]);
    let first = open(&folder, 1).check();
    assert_eq!(first, open(&folder, 2).check());
    assert_eq!(first, open(&folder, 5).check());
    assert_eq!(first.statistics.files, 4);
}

#[test]
fn a_buffer_stands_for_its_file_until_everything_is_read_again() {
    let folder = repository(&[("app/main.py", "x = 1\n")]);
    let mut engine = open(&folder, 1);
    let before = engine.check();
    engine.apply(vec![set("app/main.py", HANDLER)]);
    assert_eq!(engine.text("app/main.py").as_deref(), Some(HANDLER));
    let written = repository(&[("app/main.py", HANDLER)]);
    assert_eq!(engine.check(), open(&written, 1).check(), "a buffer says the same as a file");
    engine.apply(vec![Change::Config]);
    assert_eq!(engine.text("app/main.py").as_deref(), Some(HANDLER), "a buffer outlives a new look at the disk");
    engine.apply(vec![set("app/main.py", "x = 1\n")]);
    assert_eq!(engine.check(), before);
}

#[test]
fn files_come_and_go() {
    let folder = repository(&[("a.py", ""), ("c.py", "")]);
    let mut engine = open(&folder, 1);
    std::fs::write(folder.path().join("b.py"), "y = 2\n").expect("a file");
    engine.apply(vec![set("b.py", "y = 2\n")]);
    assert_eq!(paths(&engine), ["a.py", "b.py", "c.py"]);
    std::fs::remove_file(folder.path().join("a.py")).expect("removed");
    engine.apply(vec![Change::Remove { path: "a.py".into() }]);
    assert_eq!(paths(&engine), ["b.py", "c.py"]);
    assert_eq!(engine.check().statistics.files, 2);
}

#[test]
fn a_changed_configuration_or_manifest_is_taken_in() {
    let folder = repository(&[("a.py", ""), ("legacy/b.py", ""), ("pyproject.toml", "[project]\nname = \"one\"\n")]);
    let mut engine = open(&folder, 1);
    std::fs::write(folder.path().join("archcheck.toml"), "exclude = [\"/legacy\"]\n").expect("a file");
    engine.apply(vec![Change::Config]);
    assert_eq!(paths(&engine), ["a.py"]);
    let manifest = "[project]\nname = \"two\"\n";
    std::fs::write(folder.path().join("pyproject.toml"), manifest).expect("a file");
    engine.apply(vec![set("pyproject.toml", manifest)]);
    assert_eq!(engine.project().packages[0].name.as_deref(), Some("two"));
}

#[test]
fn mistakes_in_the_configuration_are_kept_apart() {
    let folder = repository(&[("a.py", ""), ("archcheck.toml", "profil = 1\n[[knowledge]]\nnonsense = 1\n")]);
    let engine = open(&folder, 1);
    assert_eq!(engine.config_errors().len(), 1);
    assert_eq!(paths(&engine), ["a.py"], "the rest runs with the defaults");
    let folder = repository(&[("archcheck.toml", "[[knowledge]]\nnonsense = 1\n")]);
    assert_eq!(open(&folder, 1).config_errors().len(), 1);
}

#[test]
fn left_out_files_are_counted_whenever_they_are_found() {
    let folder = repository(&[("a.py", "# @generated\n"), ("node_modules/x/i.js", ""), (".env", "A=1\n")]);
    let outcome = open(&folder, 1).check();
    let skipped: Vec<_> = outcome.statistics.skipped.iter().map(|(reason, count)| (reason.name(), *count)).collect();
    assert_eq!(skipped, [("generated", 1), ("vendored", 1)]);
}

const WRAPPERS: &[(&str, &str)] = &[
    ("app/__init__.py", ""),
    (
        "app/db.py",
        "def run_sql(sql):\n    return POOL.go(sql)\n\n\nclass Database:\n    def ask(self, sql):\n        return POOL.go(sql)\n",
    ),
    ("app/web.py", "def header(name):\n    return GATEWAY.read(name)\n"),
    ("app/names.py", "def safe_name(name):\n    return TABLE.check(name)\n"),
    (
        "app/main.py",
        "from app.db import Database, run_sql\nfrom app.names import safe_name\nfrom app.web import header\n\n\ndef tenant():\n    \
         return run_sql(f\"SELECT * FROM tenants WHERE name = '{header('x-tenant')}'\")\n\n\ndef asked(db: Database):\n    return \
         db.ask(\"SELECT * FROM tenants WHERE name = '\" + header('x-tenant') + \"'\")\n\n\ndef table():\n    return \
         run_sql(f\"SELECT * FROM {safe_name(header('x-table'))}\")\n",
    ),
    (
        "web/db.ts",
        "export function run(sql: string) {\n  return pool.go(sql);\n}\nexport class Store {\n  ask(sql: string) {\n    return pool.go(sql);\n  }\n}\n",
    ),
    (
        "web/context.ts",
        "export function param(name: string): string {\n  return gateway.read(name);\n}\nexport const clean = (name: string) => table.check(name);\n",
    ),
    (
        "web/main.ts",
        "import { Store, run } from './db';\nimport { clean, param } from './context';\n\nexport async function tenant() {\n  return \
         run(`SELECT * FROM tenants WHERE name = '${param('tenant')}'`);\n}\nexport async function asked(store: Store) {\n  return \
         store.ask(\"SELECT * FROM tenants WHERE name = '\" + param('tenant') + \"'\");\n}\nexport async function table() {\n  return \
         run(`SELECT * FROM ${clean(param('table'))}`);\n}\n",
    ),
    ("Cargo.toml", "[package]\nname = \"shop\"\n"),
    ("src/main.rs", "mod db;\nmod web;\n\nfn main() {}\n"),
    (
        "src/db.rs",
        "pub fn run(sql: &str) -> Rows {\n    pool().go(sql)\n}\npub struct Store;\nimpl Store {\n    pub fn ask(&self, sql: &str) -> Rows {\n        pool().go(sql)\n    }\n}\npub fn clean(name: &str) -> String {\n    table().check(name)\n}\n",
    ),
    (
        "src/web.rs",
        "use crate::db::{Store, clean, run};\n\npub fn param(name: &str) -> String {\n    gateway().read(name)\n}\npub fn tenant() -> Rows \
         {\n    run(&format!(\"SELECT * FROM tenants WHERE name = '{}'\", param(\"tenant\")))\n}\npub fn asked(store: &Store) -> Rows \
         {\n    store.ask(&format!(\"SELECT * FROM tenants WHERE name = '{}'\", param(\"tenant\")))\n}\npub fn table() -> Rows {\n    \
         run(&format!(\"SELECT * FROM {}\", clean(&param(\"table\"))))\n}\n",
    ),
];

fn taught(knowledge: &str) -> (Vec<String>, Vec<String>) {
    let mut files = WRAPPERS.to_vec();
    files.push(("archcheck.toml", knowledge));
    let mut engine = open(&repository(&files), 1);
    let outcome = engine.check();
    let place = |finding: &Finding| {
        let location = &finding.primary.location;
        let text = WRAPPERS.iter().find(|(path, _)| *path == &*location.path).map_or("", |(_, text)| *text);
        let line = 1 + text[..location.span.start as usize].matches('\n').count();
        format!("{}:{line} {} {}", location.path, finding.level.name(), finding.rule)
    };
    let errors = engine.config_errors().iter().map(|error| format!("{}: {}", error.message, error.help.clone().unwrap_or_default()));
    (outcome.reported.iter().filter(|finding| &*finding.rule == "sql-injection").map(place).collect(), errors.collect())
}

#[test]
fn a_project_s_own_functions_are_taught_as_sources_sinks_and_sanitizers() {
    assert_eq!(taught("version = 1\n"), (vec![], vec![]));
    let knowledge = r#"
version = 1
[[knowledge]]
sink = [{ kind = "sql", api = ["app.db.run_sql", "app.db.Database().ask", "web/db.run", "web/db.Store().ask", "crate::db::{run,Store::ask}"], argument = 0 }]
source = [{ kind = "request", api = ["app.web.header", "web/context.param", "shop::web::param"] }]
sanitizer = [{ for = "sql", api = ["app.names.safe_name", "web/context.clean", "crate::db::clean"] }]
"#;
    let expected = [
        "app/main.py:7 error sql-injection",
        "app/main.py:11 error sql-injection",
        "src/web.rs:7 error sql-injection",
        "src/web.rs:10 error sql-injection",
        "web/main.ts:5 error sql-injection",
        "web/main.ts:8 error sql-injection",
    ];
    assert_eq!(taught(knowledge), (expected.map(str::to_string).to_vec(), vec![]));
    let (open_names, _) = taught(&knowledge.replace("sanitizer", "# sanitizer"));
    assert_eq!(open_names.len(), 9, "without the sanitizers the names are request data too: {open_names:?}");
}

#[test]
fn a_project_s_own_functions_are_taught_as_queries() {
    let mut files = WRAPPERS.to_vec();
    files.push(("app/lists.py", "from app.db import run_sql\n\n\ndef each(ids):\n    for key in ids:\n        run_sql(key)\n"));
    files.push((
        "web/lists.ts",
        "import { run } from './db';\nexport async function each(ids: string[]) {\n  for (const id of ids) {\n    await run(id);\n  }\n}\n",
    ));
    files.push(("src/lists.rs", "use crate::db::run;\npub fn each(ids: &[String]) {\n    for id in ids {\n        run(id);\n    }\n}\n"));
    files.push(("src/main.rs", "mod db;\nmod lists;\nmod web;\n\nfn main() {}\n"));
    let knowledge =
        "version = 1\n[[knowledge]]\nquery = [{ api = [\"app.db.run_sql\", \"web/db.run\", \"crate::db::run\"], access = \"read\" }]\n";
    files.push(("archcheck.toml", knowledge));
    let outcome = open(&repository(&files), 1).check();
    let mut found: Vec<&str> =
        outcome.reported.iter().filter(|found| &*found.rule == "n-plus-one").map(|found| &*found.primary.location.path).collect();
    found.sort_unstable();
    assert_eq!(found, ["app/lists.py", "src/lists.rs", "web/lists.ts"]);
}

#[test]
fn a_project_s_own_functions_are_taught_as_transactions() {
    let files = [
        ("app/db.py", "def unit():\n    return manager()\n\n\ndef in_unit(function):\n    return wrap(function)\n"),
        (
            "shop/models.py",
            "from django.db import models\n\n\nclass Order(models.Model):\n    state = models.CharField(max_length=10)\n\n\n\
             class Line(models.Model):\n    order = models.ForeignKey(Order, on_delete=models.CASCADE)\n",
        ),
        (
            "shop/orders.py",
            "from app.db import in_unit, unit\nfrom shop.models import Line, Order\n\n\ndef place():\n    with unit():\n        \
             order = Order.objects.create(state=\"open\")\n        Line.objects.create(order=order)\n\n\n@in_unit\ndef again():\n    \
             order = Order.objects.create(state=\"open\")\n    Line.objects.create(order=order)\n",
        ),
    ];
    let reported = |knowledge: &str| {
        let mut files = files.to_vec();
        files.push(("archcheck.toml", knowledge));
        let outcome = open(&repository(&files), 1).check();
        outcome.reported.iter().filter(|finding| &*finding.rule == "missing-transaction").count()
    };
    assert_eq!(reported("version = 1\n"), 2);
    assert_eq!(reported("version = 1\n[[knowledge]]\ntransaction = \"app.db.unit\"\n"), 1);
    assert_eq!(reported("version = 1\n[[knowledge]]\ntransaction = [\"app.db.unit\", \"app.db.in_unit\"]\n"), 0);
}

#[test]
fn knowledge_that_speaks_of_nothing_is_an_error_at_its_word() {
    let knowledge =
        "version = 1\n[[knowledge]]\nsink = [{ kind = \"sql\", api = [\"app.db.run_sql\", \"app.db.run_sqll\"], argument = 0 }]\n";
    let mut engine = open(&repository(&[WRAPPERS, &[("archcheck.toml", knowledge)]].concat()), 1);
    assert!(engine.config_errors().is_empty(), "only the linked program can tell");
    for _ in 0..2 {
        engine.check();
        let [error] = engine.config_errors() else { panic!("one error, not one more each time") };
        assert_eq!(error.message, "`[[knowledge]]` speaks of `app.db.run_sqll`, which nothing here has");
        assert_eq!(error.help.as_deref(), Some("did you mean `app.db.run_sql`?"));
        let span = error.span.expect("a place");
        assert_eq!(&knowledge[span.start as usize..span.end as usize], "app.db.run_sqll");
    }
    let library = "version = 1\n[[knowledge]]\nblocking = [\"GONE.no\"]\n";
    let (_, errors) = taught(library);
    assert_eq!(errors.len(), 1, "{errors:?}");
}

/// Blank lines and comments put into every file of the examples: what moves with the code is what a whole check says.
#[test]
fn what_only_moved_is_reported_as_a_whole_check_reports_it() {
    let (mut moved, mut tried) = (0, 0);
    for (example, comment) in [("python-shop", "# why not\n"), ("typescript-library", "// why not\n"), ("rust-clinic", "// why not\n")] {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example);
        let mut engine = Engine::open(&root, Options::default()).0;
        engine.mark_roles(true);
        engine.keep_findings();
        engine.check();
        let paths: Vec<Arc<str>> = engine.files().map(|(path, _)| path.clone()).collect();
        for (at, path) in paths.iter().enumerate() {
            for (step, piece) in ["\n", comment, "  \n\n", comment].into_iter().enumerate() {
                let text = engine.text(path).expect("a text");
                let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(newline, _)| newline + 1)).collect();
                let start = starts[(at * 31 + step * 17) % starts.len()];
                engine.apply(vec![set(path, &format!("{}{piece}{}", &text[..start], &text[start..]))]);
                tried += 1;
                let quick = engine.check_moved().map(|outcome| (outcome, engine.role_marks().to_vec()));
                let whole = engine.check();
                let Some((quick, marks)) = quick else { continue };
                moved += 1;
                assert_eq!(quick.reported, whole.reported, "{path} {step}");
                assert_eq!(quick.suppressed, whole.suppressed, "{path} {step}");
                assert_eq!(marks, engine.role_marks(), "{path} {step}");
            }
        }
    }
    assert!(moved * 2 > tried, "{moved} of {tried} edits only move things");
}

/// An edit as people make them: a line again, a line less, two lines turned round, a word or a literal in place of another.
fn edited(dice: &mut Dice, text: &str) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_string).collect();
    let inner: Vec<usize> = (0..lines.len()).filter(|&at| lines[at].starts_with([' ', '\t']) && lines[at].trim().len() > 1).collect();
    let Some(&at) = inner.get(dice.below(inner.len())) else { return text.to_string() };
    let words = |line: &str| -> Vec<String> {
        line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| word.len() > 1).map(str::to_string).collect()
    };
    match dice.below(6) {
        0 => lines.insert(at, lines[at].clone()),
        1 => drop(lines.remove(at)),
        2 if at + 1 < lines.len() => lines.swap(at, at + 1),
        3 => lines[at] = lines[at].replacen('"', "\"x", 1).replacen('\'', "'x", 1),
        _ => {
            let (own, other) = (words(&lines[at]), words(&lines[inner[dice.below(inner.len())]]));
            if let (Some(own), Some(other)) = (own.get(dice.below(own.len())), other.get(dice.below(other.len()))) {
                lines[at] = lines[at].replacen(own.as_str(), other, 1);
            }
        }
    }
    lines.concat()
}

/// Random edits of code, one after the other: what is said at once is what a look at everything says. `EDITS`, `SEED` and `REPOSITORY` set how many,
/// which, and of what.
#[test]
fn what_is_said_at_once_is_what_a_whole_check_says() {
    let number = |name: &str, otherwise: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (edits, seed) = (number("EDITS", 60), number("SEED", 11));
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let roots = match std::env::var("REPOSITORY") {
        Ok(root) => vec![std::path::PathBuf::from(root)],
        Err(_) => ["python-shop", "typescript-library", "rust-clinic"].map(|example| examples.join(example)).to_vec(),
    };
    let mut reasons: BTreeMap<&str, u32> = BTreeMap::new();
    let (mut quick, mut tried, mut differ) = (0, 0, Vec::new());
    for root in roots {
        let options = Options { call_coverage: false, ..Options::default() };
        let (mut engine, mut whole) = (Engine::open(&root, options.clone()).0, Engine::open(&root, options).0);
        engine.keep_findings();
        for engine in [&mut engine, &mut whole] {
            engine.mark_roles(true);
            engine.check();
        }
        let paths: Vec<Arc<str>> = engine.files().map(|(path, _)| path.clone()).collect();
        let mut dice = Dice(seed);
        for round in 0..edits {
            let path = &paths[dice.below(paths.len())];
            let text = match round % 7 {
                0 => std::fs::read_to_string(root.join(&**path)).expect("a text"),
                _ => engine.text(path).expect("a text").to_string(),
            };
            let change = set(path, &edited(&mut dice, &text));
            if !engine.apply(vec![change.clone()]) {
                continue;
            }
            whole.apply(vec![change]);
            tried += 1;
            let said = engine.check_quickly();
            let expected = whole.check();
            let Some(said) = said else {
                *reasons.entry(engine.slowed_by().unwrap_or("other reasons")).or_default() += 1;
                assert_eq!(engine.check().reported, expected.reported, "{path}, edit {round}");
                continue;
            };
            quick += 1;
            let same =
                said.reported == expected.reported && said.suppressed == expected.suppressed && engine.role_marks() == whole.role_marks();
            if !same {
                let only = |a: &Outcome, b: &Outcome| -> Vec<String> {
                    let new = a.reported.iter().filter(|finding| !b.reported.contains(finding));
                    new.map(|finding| format!("{} {:?} {}", finding.rule, finding.primary.location, finding.message)).collect()
                };
                differ.push(format!("{path}, edit {round}: {:?} instead of {:?}", only(&said, &expected), only(&expected, &said)));
                engine.check();
            }
        }
    }
    eprintln!("{quick} of {tried} at once, {} differ; {reasons:?}", differ.len());
    assert!(differ.is_empty(), "{differ:#?}");
    assert!(quick * 3 > tried, "{quick} of {tried} edits are answered at once: {reasons:?}");
}

/// A check is given up at each of its parts in turn: the engine then answers edits at once, as if nothing had been.
#[test]
fn a_check_that_is_wanted_no_more_leaves_everything_as_it_was() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/python-shop");
    let options = Options { call_coverage: false, ..Options::default() };
    let (mut engine, mut fresh) = (Engine::open(&root, options.clone()).0, Engine::open(&root, options).0);
    engine.keep_findings();
    engine.check();
    let path = engine.files().map(|(path, _)| path.clone()).find(|path| engine.text(path).is_some_and(|text| text.contains("    return ")));
    let path = path.expect("a function");
    let mut parts = 0;
    loop {
        let passed = std::sync::atomic::AtomicUsize::new(0);
        let asked = engine.check_unless(&super::Stop::when(move || passed.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= parts));
        let text = engine.text(&path).expect("a text").replacen("    return ", "    print(1)\n    return ", 1);
        let change = set(&path, &text);
        if let Some(outcome) = asked {
            assert_eq!(outcome.reported, fresh.check().reported);
            break;
        }
        engine.apply(vec![change.clone()]);
        fresh.apply(vec![change]);
        let said = engine.check_quickly().expect("an answer at once");
        assert_eq!(said.reported, fresh.check().reported, "part {parts}");
        parts += 1;
    }
    assert!(parts > 30, "it can be given up at {parts} places only");
}

#[test]
fn a_suppression_of_nothing_goes_from_configuration() {
    let fixed = |path: &str, text: &str| {
        let folder = repository(&[(path, text), ("a.py", "")]);
        let mut engine = open(&folder, 1);
        let outcome = engine.check();
        assert_eq!(outcome.reported.len(), 1, "{path}: {:?}", outcome.reported);
        engine.fixes(&outcome).pop().map(|fix| fix.edit.applied(text).expect("a place in the text"))
    };
    for (path, before, after) in [
        ("a.yaml", "a: 1\n# archcheck: ignore[n-plus-one] once\nb: 2\n", "a: 1\nb: 2\n"),
        ("a.yml", "a: 1  # archcheck: ignore[n-plus-one] once\r\nb: 2\r\n", "a: 1\r\nb: 2\r\n"),
        ("a.toml", "# archcheck: ignore[n-plus-one] once\na = 1\n", "a = 1\n"),
    ] {
        assert_eq!(fixed(path, before).as_deref(), Some(after), "{before}");
    }
    for (path, kept) in [
        ("a.yaml", "a: |\n  # archcheck: ignore[n-plus-one] once\n  b\n"),
        ("a.yaml", "a: 1 # see # archcheck: ignore[n-plus-one] once # why\n"),
        ("Dockerfile", "# archcheck: ignore[n-plus-one] once\nFROM a\n"),
    ] {
        assert_eq!(fixed(path, kept), None, "{kept}");
    }
}

/// Tests and modules for browsers are read, but their code is not looked into; that somebody asks for all calls changes nothing that is said.
#[test]
fn the_code_of_tests_and_browsers_is_counted_and_not_judged() {
    let component = "\"use client\";\nimport { Row } from './row';\nexport function List({ id }) {\n  fetch(`/api/${id}`);\n  return <Row id={id} />;\n}\n";
    let folder = repository(&[
        ("app/main.py", HANDLER),
        ("app/store.py", "def find(session, name):\n    return session.execute(f\"SELECT * FROM users WHERE name = '{name}'\")\n"),
        (
            "tests/test_store.py",
            "from app.store import find\nfrom sqlalchemy.orm import Session\n\ndef test_find():\n    find(Session(), 'a')\n",
        ),
        ("web/list.tsx", component),
        ("web/row.tsx", "export function Row({ id }) {\n  return <b>{String(id)}</b>;\n}\n"),
        ("web/page.tsx", "import { List } from './list';\nexport default function Page() {\n  return <List id=\"1\" />;\n}\n"),
        (
            "src/lib.rs",
            "pub fn f() {}\n#[cfg(test)]\nmod tests {\n    fn t() {\n        let run = || super::f();\n        run();\n    }\n}\n",
        ),
    ]);
    let engine = |call_coverage| Engine::open(folder.path(), Options { call_coverage, ..Options::default() }).0;
    let (plain, counted) = (engine(false).check(), engine(true).check());
    assert_eq!(plain.reported, counted.reported);
    assert!(plain.reported.iter().any(|finding| finding.rule == "sql-injection".into()), "{:?}", plain.reported);
    assert!(counted.statistics.calls > plain.statistics.calls, "{} calls of all", counted.statistics.calls);
    assert_eq!(counted.statistics.definitions, plain.statistics.definitions);
    assert_eq!(counted.statistics.imports, plain.statistics.imports);
    let engine = engine(false);
    let (asked, found) = (engine.asked(), super::found::Found::default());
    let ground = engine.ground(&asked, &found, &super::stop::NEVER);
    let lines: Vec<&LineIndex> = engine.notes.iter().map(|notes| &notes.lines).collect();
    let program = ground.whole(&lines, None).linked.program;
    let judged: Vec<String> = program.functions().map(|function| program.qualified_name(function)).collect();
    for name in ["find", "Page", "f"] {
        assert!(judged.iter().any(|own| own.rsplit(['.', ':']).next() == Some(name)), "{name} of {judged:?}");
    }
    for name in ["test_find", "List", "Row", "tests::t", "<"] {
        assert!(!judged.iter().any(|own| own.contains(name)), "{name} of {judged:?}");
    }
}
