//! Whatever stands in files, nothing panics and nothing takes for ever: the examples of all rules and frameworks, cut up and put together again by tokens, through the
//! whole pipeline; and the readers of configuration, pages, queries, suppressions and manifests on mutations of what they know.
//!
//! `ARCHCHECK_FUZZ` is for how many seconds each target runs (one by default), `ARCHCHECK_FUZZ_FROM` the number of the first input: a failure names its own. Slow without
//! optimisation: `ARCHCHECK_FUZZ=600 cargo test --profile quick --test fuzz -- --nocapture`.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use archcheck::config;
use archcheck::engine::{BaselineMode, Change, Engine, Options};
use archcheck::model::problem::ProblemKind;
use archcheck::model::rule::{ExampleFile, Profile};
use archcheck::model::source::{Language, LineIndex};
use archcheck::report::{self, Context, Format};
use archcheck::rulebook::{Rulebook, framework_examples};
use archcheck::triage;

/// No input takes longer, however slow the machine.
const SECONDS: u64 = 60;

struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % most.max(1) as u64) as usize
    }

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

/// A text made of seeds of its kind.
fn mutated(seeds: &[String], dice: &mut Dice) -> String {
    let first = dice.one_of(seeds).clone();
    let mut parts: Vec<String> = tokens(&first).into_iter().map(str::to_string).collect();
    for _ in 0..dice.below(9) {
        let at = dice.below(parts.len() + 1);
        let end = (at + 1 + dice.below(12)).min(parts.len());
        match dice.below(9) {
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
            _ => parts.insert(at, (*dice.one_of(&SPICE)).repeat(1 + dice.below(60))),
        }
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
    let rules = book.rules.iter().flat_map(|rule| &rule.examples);
    let frameworks = framework_examples();
    rules.chain(frameworks.iter().flat_map(|(_, examples)| examples)).flat_map(|example| example.files.clone()).collect()
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
