//! Repositories that mean harm, or look as if they did: each ends in bounded time and memory, with a result and without a word from the panic handler.
//!
//! `ARCHCHECK_HOSTILE` is how many the many are (100 by default); `ARCHCHECK_BINARY` another binary to try; `ONLY` a part of a case's name. Times and memory are printed:
//! `ARCHCHECK_HOSTILE=5000 cargo test --profile quick --test hostile -- --nocapture`. One input after the other, at full size: `benches/hostile.py`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Enough for the slowest case on a busy machine without optimisation; what hangs, hangs for ever.
const SECONDS: u64 = 240;
/// Address space in KiB: a run that wants more is ended.
const MEMORY: u64 = 6 << 20;

struct Hostile<'a> {
    root: &'a Path,
    /// How many, where it is many.
    many: usize,
}

impl Hostile<'_> {
    fn file(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, content).expect("written");
    }

    /// Files of all languages: the same construct, as each writes it.
    fn each(&self, name: &str, python: String, typescript: String, rust: String) {
        self.file(&format!("{name}.py"), lines(&python));
        self.file(&format!("{name}.ts"), lines(&typescript));
        self.file(&format!("{name}.tsx"), lines(&typescript));
        self.file(&format!("{name}.js"), lines(&typescript));
        self.file(&format!("{name}.rs"), lines(&rust));
    }

    fn all(&self, text: impl Fn(usize) -> String) -> String {
        (0..self.many).map(text).collect()
    }
}

/// Breaks long lines where code may be broken, so that a file is not left out for being minified.
fn lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut length = 0;
    for c in text.chars() {
        out.push(c);
        length = if c == '\n' { 0 } else { length + 1 };
        if length > 200 && "([{,".contains(c) {
            out.push('\n');
            length = 0;
        }
    }
    out
}

fn around(open: &str, close: &str, middle: &str, depth: usize) -> String {
    format!("{}{middle}{}", open.repeat(depth), close.repeat(depth))
}

type Case = (&'static str, fn(&Hostile));

const CASES: &[Case] = &[
    ("brackets", |hostile| {
        let depth = hostile.many * 20;
        for (name, open, close) in
            [("round", "(", ")"), ("square", "[", "]"), ("curly", "{", "}"), ("calls", "f(", ")"), ("index", "a[", "]")]
        {
            let closed = around(open, close, "1", depth);
            let open = open.repeat(depth);
            hostile.each(name, format!("x = {closed}\n"), format!("const x = {closed};\n"), format!("fn f() {{ let x = {closed}; }}\n"));
            hostile.each(
                &format!("{name}_open"),
                format!("x = {open}\n"),
                format!("const x = {open};\n"),
                format!("fn f() {{ let x = {open}; }}\n"),
            );
        }
    }),
    ("nesting", |hostile| {
        let depth = hostile.many.min(4_000);
        let ifs: String = (0..300).map(|at| format!("{}if x:\n", " ".repeat(at))).collect();
        hostile.each(
            "ifs",
            format!("{ifs}{}pass\n", " ".repeat(300)),
            around("if (x) {", "}", "", depth),
            format!("fn f() {{ {} }}", around("if x {", "}", "", depth)),
        );
        hostile.each(
            "functions",
            around("lambda: (", ")", "1", depth),
            around("(() => {", "})()", "", depth),
            format!("fn f() {{ {} }}", around("(|| {", "})()", "1", depth)),
        );
        hostile.each(
            "templates",
            around("f'{", "}'", "x", 50),
            around("`${", "}`", "x", depth),
            format!("fn f() {{ {} }}", around("format!(\"{}\", ", ")", "1", depth)),
        );
        hostile.each(
            "types",
            format!("x: {}\n", around("list[", "]", "int", depth)),
            format!("let x: {};", around("Array<", ">", "number", depth)),
            format!("type T = {};", around("Vec<", ">", "u8", depth)),
        );
        hostile.each(
            "classes",
            (0..200).map(|at| format!("{}class A:\n", " ".repeat(at))).collect::<String>() + &" ".repeat(200) + "pass\n",
            around("class A { m() {", "} }", "", depth),
            around("mod a {", "}", "", depth),
        );
        hostile.file("comments.rs", around("/* ", " */", "x\n", depth));
        hostile.file("jsx.tsx", format!("const x = {};\n", around("<a>", "</a>", "x\n", depth)));
    }),
    ("chains", |hostile| {
        let many = hostile.many * 10;
        let dots = ".b()\n".repeat(many);
        hostile.each("members", format!("x = (a{dots})\n"), format!("a{dots};"), format!("fn f() {{ a{dots}; }}"));
        hostile.each(
            "formats",
            format!("x = (\"{{}}\"{})\ny = (\"%s\"{})\n", ".format(a)\n".repeat(many), "% a\n".repeat(many)),
            format!("const x = 'a'{};", ".concat(b)\n".repeat(many)),
            format!("fn f() {{ a{}; }}", "% b\n".repeat(many)),
        );
        let sum = "a +\n".repeat(many);
        hostile.each("sums", format!("x = ({sum}1)\n"), format!("const x = {sum}1;"), format!("fn f() {{ let x = {sum}1; }}"));
        let texts = "\"a\" +\n".repeat(many);
        hostile.each("texts", format!("x = ({texts}y)\n"), format!("const x = {texts}y;"), format!("fn f() {{ let x = {texts}y; }}"));
        hostile.each(
            "nots",
            format!("x = ({}1)\n", "not\n".repeat(many)),
            format!("const x = {}1;", "!".repeat(many.min(400))),
            format!("fn f() {{ {}1 }}", "!\n".repeat(many)),
        );
        hostile.each(
            "assigned",
            format!("{}1\n", "x = \\\n".repeat(many)),
            format!("{}1;", "x =\n".repeat(many)),
            format!("fn f() {{ {}1; }}", "x =\n".repeat(many)),
        );
        hostile.each(
            "else_ifs",
            format!("if a:\n    pass\n{}", "elif a:\n    pass\n".repeat(many)),
            format!("if (a) {{}}\n{}", "else if (a) {}\n".repeat(many)),
            format!("fn f() {{ if a {{}}\n{} }}", "else if a {}\n".repeat(many)),
        );
        hostile.each(
            "ternaries",
            format!("x = ({}1)\n", "1 if a else\n".repeat(many)),
            format!("const x = {}1;", "a ? 1 :\n".repeat(many)),
            format!("fn f() {{ {}1 }}", "return\n".repeat(many)),
        );
        hostile.each(
            "types",
            format!("x: ({}int)\n", "int |\n".repeat(many)),
            format!("type X = {}number;", "number |\n".repeat(many)),
            format!("type X = {}u8;", "&\n".repeat(many)),
        );
        hostile.each(
            "awaits",
            format!("async def f():\n    return ({}x)\n", "await\n".repeat(many)),
            format!("async function f() {{ return {}x }}", "await\n".repeat(many)),
            format!("async fn f() {{ x{} }}", ".await\n".repeat(many)),
        );
        hostile.each(
            "arrows",
            format!("x = {}1\n", "lambda:\\\n".repeat(many)),
            format!("const x = {}1;", "() =>\n".repeat(many)),
            format!("fn f() {{ let x = {}1; }}", "||\n".repeat(many)),
        );
    }),
    ("lists", |hostile| {
        let many = hostile.many * 5;
        let all = |text: &dyn Fn(usize) -> String| (0..many).map(text).collect::<String>();
        hostile.each(
            "imports",
            all(&|at| format!("import m{at}\n")),
            all(&|at| format!("import m{at} from './m{at}';\n")),
            all(&|at| format!("use m{at}::x;\n")),
        );
        hostile.each(
            "names",
            format!("from m import ({})\n", all(&|at| format!("n{at}, "))),
            format!("import {{ {} }} from './m';", all(&|at| format!("n{at}, "))),
            format!("use m::{{ {} }};", all(&|at| format!("n{at}, "))),
        );
        hostile.each(
            "params",
            format!("def f({}): pass\n", all(&|at| format!("p{at}, "))),
            format!("function f({}) {{}}", all(&|at| format!("p{at}, "))),
            format!("fn f({}) {{}}", all(&|at| format!("p{at}: u8, "))),
        );
        hostile.each(
            "entries",
            format!("x = {{ {} }}\n", all(&|at| format!("'k{at}': {at}, "))),
            format!("const x = {{ {} }};", all(&|at| format!("k{at}: {at}, "))),
            format!("fn f() {{ let x = [{}]; }}", all(&|at| format!("{at}, "))),
        );
        hostile.each(
            "decorated",
            format!("{}def f(): pass\n", all(&|at| format!("@d{at}\n"))),
            format!("{}class A {{}}", all(&|at| format!("@d{at}()\n"))),
            format!("{}fn f() {{}}", all(&|at| format!("#[d{at}]\n"))),
        );
        hostile.each(
            "same",
            "def f(x): return f(x)\n".repeat(many),
            "function f(x) { return f(x) }\n".repeat(many),
            "fn f(x: u8) -> u8 { f(x) }\n".repeat(many),
        );
        hostile.each(
            "arms",
            format!("match x:\n{}", all(&|at| format!("    case {at}: pass\n"))),
            format!("switch (x) {{ {} }}", all(&|at| format!("case {at}: f();\n"))),
            format!("fn f() {{ match x {{ {} }} }}", all(&|at| format!("{at} => f(),\n"))),
        );
    }),
    ("long lines", |hostile| {
        let line = "x = 1; ".repeat(hostile.many * 700);
        hostile.each("line", line.clone(), line.clone(), format!("fn f() {{ {line} }}"));
        hostile.file("line.json", format!("{{\"a\": \"{}\"}}", "x".repeat(hostile.many * 5_000)));
        for (name, text) in [
            ("a", "a"),
            ("key", "password="),
            ("url", "http://a:b@c/"),
            ("base", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo0"),
            ("jwt", "eyJhbGciOi.eyJ"),
            ("select", "SELECT ("),
        ] {
            let long = text.repeat(900_000 / text.len());
            hostile.file(
                &format!("text_{name}.py"),
                format!(
                    "x = \"\"\"{}\"\"\"\n",
                    long.as_bytes().chunks(400).map(|part| format!("{}\n", String::from_utf8_lossy(part))).collect::<String>()
                ),
            );
            hostile.file(&format!("text_{name}.env"), format!("X={long}\n"));
            hostile.file(&format!("text_{name}.yaml"), format!("x: {long}\n"));
        }
    }),
    ("bytes", |hostile| {
        hostile.file("nul.py", b"x = 1\0\n");
        hostile.file("late_nul.py", [b"x = 1\n".repeat(3_000), b"\0\0\0".to_vec()].concat());
        hostile.file("bad.py", b"x = '\xff\xfe\xfa'\n");
        hostile.file("bad.ts", b"const x = '\xc3\x28';\n");
        hostile.file("utf16.py", b"\xff\xfex\0=\x001\0\n\0");
        hostile.file("utf16.ts", b"\xfe\xff\0x\0=\x001\0\n");
        hostile.file("mark.rs", "\u{feff}fn f() {}\n");
        hostile.file("separators.ts", "const a = 1;\u{2028}const b = 2;\u{2029}\u{85}\u{b}\u{c}\r\r\n");
        hostile.file("bidi.py", "x = '\u{202e}\u{2066}' # \u{1b}[31m\u{7}\n");
        hostile.file("lone.py", "def f():\r\treturn 1\r");
        hostile.file("empty.py", "");
        hostile.file("marks.py", "\u{301}".repeat(100_000));
        hostile.file("coding.py", b"# coding: utf-7\nx = '+AGE-\xff'\n");
    }),
    ("names", |hostile| {
        for name in [
            "a.py",
            "A.py",
            "a.PY",
            "\u{e9}.py",
            "e\u{301}.py",
            "new\nline.py",
            "esc\u{1b}[31m.py",
            "quote\"'`.ts",
            "back\\slash.ts",
            "-rf.py",
            " .py",
            "%s%n.rs",
            "CON.py",
            "..py",
            "x\u{202e}yp.py",
        ] {
            hostile.file(
                &format!("names/{name}"),
                "import hashlib\n\n\ndef hash_password(password):\n    return hashlib.md5(password).hexdigest()\n",
            );
        }
        hostile.file(&format!("{}.py", "n".repeat(250)), "x = 1\n");
        let mut deep = String::new();
        for _ in 0..700 {
            deep += "d/";
        }
        hostile.file(&format!("{deep}x.py"), "from ........................... import x\n");
        hostile.file("up.py", format!("from {} import x\nimport {}x\n", ".".repeat(5_000), "a.".repeat(50_000)));
        hostile.file("up.ts", format!("import x from '{}x';\n", "../".repeat(50_000)));
        hostile.file("up.rs", format!("use {}x;\n", "super::".repeat(20_000)));
    }),
    ("many files", |hostile| {
        for at in 0..hostile.many * 5 {
            hostile.file(&format!("one/f{at}.py"), format!("import f{}\n", at + 1));
        }
    }),
    ("import cycles", |hostile| {
        let many = hostile.many / 2;
        for at in 0..many {
            let next = (at + 1) % many;
            hostile.file(
                &format!("py/m{at}.py"),
                format!("from m{next} import *\nfrom m{next} import name_{at}\nclass C{at}(m{next}.C{next}): pass\n"),
            );
            hostile.file(&format!("ts/m{at}.ts"), format!("export * from './m{next}';\nexport {{ x as y{at} }} from './m{next}';\nimport {{ C{next} }} from './m{next}';\nexport class C{at} extends C{next} {{}}\n"));
            hostile.file(
                &format!("rs/src/m{at}.rs"),
                format!("pub use crate::m{next}::*;\npub use crate::m{next}::x as y{at};\npub struct S{at}(crate::m{next}::S{next});\n"),
            );
        }
        hostile.file("rs/Cargo.toml", "[package]\nname = \"r\"\nversion = \"0.1.0\"\n");
        hostile.file("rs/src/lib.rs", (0..many).map(|at| format!("pub mod m{at};\npub use m{at}::*;\n")).collect::<String>());
        // Chains: each hop is a few frames of somebody's stack.
        for at in 0..hostile.many * 20 {
            let next = at + 1;
            hostile.file(
                &format!("py/s{at}.py"),
                format!("from s{next} import *\nfrom s{next} import x, C{next}\ny = x.y\nclass C{at}(C{next}): pass\n"),
            );
        }
        hostile.file("py/a.py", "from s0 import x, y, missing, C0\nx(y)\nmissing(C0())\n");
        hostile.file("rs/src/own.rs", "pub use self::a::b; mod a { pub use super::b; } pub use b as c; pub use c as b; type T = T; type U = Vec<U>; impl T for U {} trait A: B {} trait B: A {}");
    }),
    ("barrels", |hostile| {
        // Everything re-exports everything.
        let many = (hostile.many / 20).min(400);
        for at in 0..many {
            let all: String = (0..many).map(|other| format!("export * from './b{other}';\n")).collect();
            hostile.file(
                &format!("ts/b{at}.ts"),
                format!(
                    "{all}export const own{at} = 1;\nimport {{ missing, own{} }} from './b{}';\nmissing(own{at});\n",
                    many - at - 1,
                    (at + 1) % many
                ),
            );
            let all: String = (0..many).map(|other| format!("from b{other} import *\n")).collect();
            hostile.file(&format!("py/b{at}.py"), format!("{all}own{at} = 1\nmissing(own{})\n", many - at - 1));
            let all: String = (0..many).map(|other| format!("pub use crate::b{other}::*;\n")).collect();
            hostile.file(&format!("rs/src/b{at}.rs"), format!("{all}pub fn own{at}() {{ missing(); own{}(); }}\n", many - at - 1));
        }
        hostile.file("rs/Cargo.toml", "[package]\nname = \"r\"\nversion = \"0.1.0\"\n");
        hostile.file("rs/src/lib.rs", (0..many).map(|at| format!("mod b{at};\n")).collect::<String>());
    }),
    ("calls", |hostile| {
        // Everything calls everything, and passes on what it was given.
        let many = (hostile.many / 20).min(500);
        let calls = |call: &dyn Fn(usize) -> String| (0..many).map(call).collect::<String>();
        let python: String = (0..many)
            .map(|at| {
                format!(
                    "def f{at}(a, b, db):\n    db.execute('select ' + a)\n{}\n",
                    calls(&|other| format!("    a = f{other}(b, a + b, db)\n"))
                )
            })
            .collect();
        hostile.file("f.py", python);
        let typescript: String = (0..many)
            .map(|at| {
                format!(
                    "export function f{at}(a, b, db) {{\n  db.query(`select ${{a}}`);\n{}}}\n",
                    calls(&|other| format!("  a = f{other}(b, a + b, db);\n"))
                )
            })
            .collect();
        hostile.file("f.ts", typescript);
        let rust: String = (0..many)
            .map(|at| {
                format!("fn f{at}(a: &str, b: &str) {{\n{}}}\n", calls(&|other| format!("    f{other}(b, &format!(\"{{a}}{{b}}\"));\n")))
            })
            .collect();
        hostile.file("f.rs", rust);
        let handlers = calls(&|at| format!("o.m{at} = g; g = o.m{at}; o = o.m{at}(o, g);\n"));
        hostile.file("o.ts", format!("let o: any = {{}}; let g: any = () => o;\n{handlers}"));
        hostile.file("deep.py", hostile.all(|at| format!("def g{at}(x):\n    return g{}(x)\n", at + 1)));
        hostile.file("deep.ts", hostile.all(|at| format!("function g{at}(x) {{ return g{}(x); }}\n", at + 1)));
        hostile.file("bases.py", hostile.all(|at| format!("class B{at}(B{}, B{}): pass\n", at + 1, at + 2)));
        hostile.file("bases.ts", hostile.all(|at| format!("class B{at} extends B{} {{}}\n", at + 1)));
    }),
    ("configuration of others", |hostile| {
        let depth = hostile.many * 10;
        let json = format!("{{\"a\": {}}}", around("[", "]", "1", depth));
        let objects = around("{\"a\":", "}", "1", depth);
        for (at, name) in
            ["package.json", "tsconfig.json", "openapi.json", "pyrightconfig.json", "composer.json", "lerna.json"].into_iter().enumerate()
        {
            hostile.file(&format!("json{at}/{name}"), &json);
            hostile.file(&format!("object{at}/{name}"), &objects);
            hostile.file(&format!("open{at}/{name}"), "[".repeat(depth));
            hostile.file(&format!("json{at}/x.ts"), "import x from 'x/y';\nimport z from './z';\n");
            hostile.file(&format!("object{at}/x.ts"), "import x from '#x/y';\n");
        }
        let toml = format!("a = {}\n", around("[", "]", "1", depth));
        let tables = format!("a = {}\n[{}a]\n", around("{a = ", "}", "1", depth), "a.".repeat(depth));
        let keys = format!("{}a = 1\n", "a.".repeat(depth));
        for (at, name) in ["pyproject.toml", "Cargo.toml", "poetry.toml"].into_iter().enumerate() {
            for (kind, text) in [("array", &toml), ("table", &tables), ("keys", &keys)] {
                hostile.file(&format!("{kind}{at}/{name}"), text);
                hostile.file(&format!("{kind}{at}/x.py"), "import x\n");
            }
        }
        let anchors: String = (1..40).map(|at| format!("a{at}: &a{at} [{}]\n", format!("*a{}, ", at - 1).repeat(9))).collect();
        for (name, text) in [
            ("bomb", format!("a0: &a0 [x, x]\n{anchors}openapi: 3.0.0\npaths: *a39\n")),
            ("flow", format!("x: {}\n", around("[", "]", "1", depth))),
            ("block", (0..300).map(|at| format!("{}a:\n", " ".repeat(at))).collect()),
            ("dashes", format!("{}x\n", "- ".repeat(depth))),
            ("merge", "a: &a\n  <<: *a\n  b: *a\n".to_string()),
            ("quoted", format!("x: \"{}\n", "\\".repeat(depth))),
        ] {
            for file in ["docker-compose.yml", "openapi.yaml", "pnpm-workspace.yaml", "stack/stack.yaml", ".gitlab-ci.yml"] {
                hostile.file(&format!("{name}/{file}"), &text);
            }
            hostile.file(&format!("{name}/package.json"), "{}");
            hostile.file(&format!("{name}/x.ts"), "export {};\n");
        }
        hostile.file("refs/openapi.yaml", "openapi: 3.0.0\npaths:\n  /a:\n    $ref: '#/paths/~1a'\n  /b:\n    get:\n      responses: {'200': {$ref: '#/components/responses/a'}}\ncomponents:\n  responses:\n    a: {$ref: '#/components/responses/b'}\n    b: {$ref: '#/components/responses/a'}\n  schemas:\n    a: {allOf: [{$ref: '#/components/schemas/a'}, {$ref: '#/components/schemas/a'}]}\n");
        hostile.file(
            "refs/openapi2.yaml",
            "openapi: 3.0.0\npaths: {}\ncomponents: {schemas: {a: {$ref: 'file:///etc/passwd'}, b: {$ref: '../../../../etc/passwd'}}}\n",
        );
        hostile.file("extends/tsconfig.json", "{\"extends\": \"./b.json\"}");
        hostile.file("extends/b.json", "{\"extends\": \"./tsconfig.json\"}");
        hostile.file("extends/own/tsconfig.json", "{\"extends\": [\"./tsconfig.json\", \"../../../../etc/passwd\"], \"references\": [{\"path\": \".\"}], \"compilerOptions\": {\"baseUrl\": \"../../../..\", \"paths\": {\"*\": [\"/etc/*\", \"*\"]}}}");
        hostile.file("extends/own/x.ts", "import p from 'passwd'; import q from '../../../../../../../../etc/passwd';\n");
        hostile.file(
            "exports/package.json",
            format!(
                "{{\"name\": \"e\", \"exports\": {}, \"imports\": {{\"#*\": \"#*\"}}}}",
                around("{\"import\":", "}", "\"./x.js\"", 100)
            ),
        );
        hostile.file("exports/x.ts", "import e from 'e'; import h from '#a';\n");
        hostile.file("workspace/package.json", "{\"workspaces\": [\"../../**\", \"**/**/**/**/**/**/**/*\", \"{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}\"]}");
        hostile.file("workspace/Cargo.toml", "[workspace]\nmembers = [\"../..\", \".\", \"**/**/**/*\", \"[\"]\n[package]\nname = \"w\"\nworkspace = \".\"\n[dependencies]\nw = { path = \".\" }\n[[bin]]\nname = \"x\"\npath = \"../../../../etc/passwd\"\n");
        hostile.file(
            "workspace/src/lib.rs",
            "#[path = \"../../../../etc/passwd\"] mod p; #[path = \"lib.rs\"] mod own; include!(\"/etc/passwd\");\n",
        );
        hostile.file("schema.prisma", format!("model A {{\n  a {}A @relation(\"{}\")\n}}\n", "A? ".repeat(depth), "(".repeat(depth)));
        hostile.file("schema.dbml", format!("Table a {{\n{}\n}}\nRef: a.a > a.a\n", "{".repeat(depth)));
    }),
    ("own configuration", |hostile| {
        let depth = hostile.many * 10;
        for (name, text) in [
            ("deep", format!("version = {}\n", around("[", "]", "1", depth))),
            ("tables", format!("[{}a]\nx = 1\n", "a.".repeat(depth))),
            ("globs", format!("version = 1\nexclude = [\"{}\"]\n", "{a,b}".repeat(40))),
            ("stars", format!("version = 1\nexclude = [\"{}x\"]\n[parts]\na = \"{}x\"\n", "**/*".repeat(2_000), "**/".repeat(2_000))),
            ("classes", format!("version = 1\n[parts]\na = \"{}\"\nb = \"{}\"\n", "[a-z]".repeat(20_000), "{".repeat(20_000))),
            ("knowledge", format!("version = 1\n[[knowledge]]\nfamily = \"python\"\nblocking = [\"{}\"]\n", "{a,b}".repeat(60))),
            (
                "many",
                format!(
                    "version = 1\n[parts]\n{}\n[layers]\na = \"{}\"\n",
                    hostile.all(|at| format!("p{at} = \"x/{at}\"\n")),
                    (0..hostile.many).map(|at| format!("p{at}")).collect::<Vec<_>>().join(" > ")
                ),
            ),
            ("sentence", format!("version = 1\n[rules]\na = \"{}\"\n", "a must not import b ".repeat(depth))),
        ] {
            hostile.file(&format!("{name}/archcheck.toml"), &text);
            hostile.file(&format!("{name}/x/x.py"), "import y\n");
        }
    }),
    ("own rules", |hostile| {
        // A page that is wrong ends the run, so each stands in a root of its own.
        let query = |name: &str, query: &str| {
            let page = format!(
                "+++\nid = \"{name}\"\nkind = \"query\"\nlevel = \"warning\"\ntitle = \"t\"\nmessage = \"m\"\n\n[help]\ndefault = \"h\"\n+++\nWhy.\n\n```query python\n{query}\n```\n"
            );
            (name.to_string(), page)
        };
        let pages = [
            query("bomb", "((identifier) @x (#match? @x \"((((a{100}){100}){100}){100}){100}\")) @finding"),
            query("slow", "((string) @finding (#match? @finding \"^(([a-z]+)+)+$\"))"),
            query("deep", &around("(_ ", ")", "(identifier) @finding", hostile.many)),
            query("wide", "(module (_)* @a (_)* @b (_)* @c (_)* @d (_)* @e (_)* @finding)"),
            query("open", &"(".repeat(hostile.many * 10)),
            ("front".to_string(), format!("+++\na = {}\n+++\n", around("[", "]", "1", hostile.many * 10))),
            ("long".to_string(), format!("+++\n{}", "x".repeat(hostile.many * 100))),
        ];
        for (name, page) in pages {
            hostile.file(&format!("{name}/.archcheck/rules/{name}.md"), page);
            hostile.file(&format!("{name}/x.py"), hostile.all(|at| format!("x{at} = \"{}!\"\n", "a".repeat(40))));
        }
    }),
    // An answer that is kept under a name and asked for in the test that gives it.
    ("kept answers", |hostile| {
        hostile.each(
            "own",
            "def f(names, cursor):\n    found = any(found for name in names)\n    if not found:\n        cursor.execute('SELECT ' + names[0])\n".to_string(),
            "export function f(names: string[], db: any) {\n  const found = names.some((name) => found);\n  if (!found) db.query('SELECT ' + names[0]);\n}\n".to_string(),
            "fn f(names: &[&str]) {\n    let mut found = false;\n    found = found || names.iter().any(|name| !(found || g(name)));\n    if !found {\n        g(names[0]);\n    }\n}\n".to_string(),
        );
    }),
    ("literals spread in a circle", |hostile| {
        hostile.file("a.js", "const a = { ...b, x: 1 };\nconst b = { ...a, ...a, y: 1 };\na.z();\n");
        hostile.file("a.py", "a = {**b, 'x': 1}\nb = {**a, **a, 'y': 1}\na['z']()\n");
        let names: Vec<String> = (0..hostile.many).map(|at| format!("...s{at}")).collect();
        let all = hostile.all(|at| format!("const s{at} = {{ {} }};\n", names.join(", ")));
        hostile.file("all.js", format!("{all}s0.z();\n"));
    }),
    // A function that hands itself a copy of what it was given, changed: the object is spread into itself.
    ("objects in themselves", |hostile| {
        hostile.file(
            "a.js",
            "const step = async (state) => {\n  const next = { ...state, at: state.at + state.size };\n  await step(next);\n};\nstep({ at: 0, size: 10 });\n",
        );
        hostile
            .file("b.ts", "function even(a: any) {\n  odd({ ...a, n: a.n });\n}\nfunction odd(b: any) {\n  even({ ...b, m: b.m });\n}\n");
    }),
    ("suppressions", |hostile| {
        let all = hostile.all(|at| format!("# archcheck: ignore[{}] x{at}\n", "a,".repeat(20)));
        hostile.file("a.py", format!("{all}# archcheck: ignore[{}\n# archcheck: {}\nx = 1\n", "[".repeat(50_000), "ignore".repeat(10_000)));
        hostile.file("a.ts", format!("/* {} */ const x = 1;\n", "archcheck: ignore-file[x]\n".repeat(hostile.many)));
        hostile.file("a.env", "# archcheck: ignore[hardcoded-secret] x\n".repeat(hostile.many));
        hostile.file("archcheck-baseline.json", "[".repeat(hostile.many));
    }),
];

#[test]
fn hostile_repositories_end_in_time() {
    let many = std::env::var("ARCHCHECK_HOSTILE").ok().and_then(|value| value.parse().ok()).unwrap_or(100);
    let only = std::env::var("ONLY").unwrap_or_default();
    let mut failures = String::new();
    for (name, make) in CASES.iter().filter(|(name, _)| name.contains(&only)) {
        let folder = tempfile::tempdir().expect("a folder");
        make(&Hostile { root: folder.path(), many });
        // A configuration and the rules of a project belong to a root, so each of these is one.
        let roots = match *name {
            "own configuration" | "own rules" => {
                fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
            }
            _ => vec![folder.path().to_path_buf()],
        };
        for root in roots {
            let shown = root.strip_prefix(folder.path()).expect("below").display().to_string();
            if let Err(failure) = survives(&root, &format!("{name} {shown}")) {
                let _ = writeln!(failures, "{name} {shown}: {failure}");
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[cfg(unix)]
#[test]
fn links_out_of_the_project_are_not_followed() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(outside.path().join("rules")).expect("a folder");
    fs::write(outside.path().join("rules/own.md"), "TOPSECRET").expect("written");
    fs::write(outside.path().join("secret.toml"), "TOPSECRET = [").expect("written");
    fs::write(outside.path().join("secret.py"), "password = \"TOPSECRETTOPSECRET1\"\n").expect("written");
    let device = Path::new("/dev/zero").to_path_buf();
    let elsewhere = |name: &str| outside.path().join(name);
    let cases = [
        ("archcheck.toml", device.clone()),
        ("archcheck.toml", elsewhere("secret.toml")),
        ("pyproject.toml", device.clone()),
        ("pyproject.toml", elsewhere("secret.toml")),
        ("archcheck-baseline.json", device.clone()),
        ("archcheck-baseline.json", elsewhere("secret.toml")),
        (".gitignore", device.clone()),
        (".ignore", device.clone()),
        ("app/.gitignore", device.clone()),
        ("app/.archcheckignore", device.clone()),
        (".archcheck", outside.path().to_path_buf()),
        (".archcheck/rules", elsewhere("rules")),
        (".env", elsewhere("secret.py")),
        ("app/secret.py", elsewhere("secret.py")),
        ("app/elsewhere", outside.path().to_path_buf()),
        ("app/loop.py", Path::new("loop.py").to_path_buf()),
        ("app/round", Path::new("..").to_path_buf()),
        ("app/device.py", device),
        (".archcheck-cache", outside.path().to_path_buf()),
    ];
    for (name, target) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        fs::create_dir_all(root.join("app")).expect("a folder");
        fs::write(root.join("app/a.py"), "x = 1\n").expect("written");
        let link = root.join(name);
        fs::create_dir_all(link.parent().expect("a parent")).expect("a folder");
        symlink(&target, &link).expect("a link");
        let case = format!("{name} -> {}", target.display());
        survives(root, &case).unwrap_or_else(|failure| panic!("{case}: {failure}"));
        let output = Command::new(env!("CARGO_BIN_EXE_archcheck")).current_dir(root).output().expect("it runs");
        let said = [output.stdout, output.stderr].concat();
        assert!(!String::from_utf8_lossy(&said).contains("TOPSECRET"), "{case}: {}", String::from_utf8_lossy(&said));
        assert_eq!(fs::read_dir(outside.path()).expect("a folder").count(), 3, "{case}");
    }
}

/// Runs the binary on a root with bounds.
fn survives(root: &Path, name: &str) -> Result<(), String> {
    let start = Instant::now();
    let binary = std::env::var("ARCHCHECK_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_archcheck").to_string());
    let script = format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"");
    let errors = root.join("stderr.log");
    let mut run = Command::new("sh")
        .args(["-c", &script, &binary, "check", ".", "--profile", "strict", "--format", "json", "--no-cache", "--verbose"])
        .current_dir(root)
        .stdout(Stdio::null())
        .stderr(fs::File::create(&errors).expect("a file"))
        .spawn()
        .expect("it runs");
    let mut peak = 0;
    let status = loop {
        if let Some(status) = run.try_wait().expect("a child") {
            break status;
        }
        peak = peak.max(memory(run.id()));
        if start.elapsed() > Duration::from_secs(SECONDS) {
            run.kill().expect("killed");
            run.wait().expect("it ended");
            return Err(format!("not done after {SECONDS} s, with {} MB", peak >> 10));
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let told = fs::read_to_string(&errors).unwrap_or_default();
    #[expect(clippy::print_stdout, reason = "for who asks with --nocapture")]
    {
        println!(
            "{name:40} {:6.2} s {:6} MB  status {:?} {}",
            start.elapsed().as_secs_f64(),
            peak >> 10,
            status.code(),
            told.lines().next().unwrap_or_default().chars().take(160).collect::<String>()
        );
    }
    match status.code() {
        Some(0..=2) if !told.contains("panicked") && !told.contains("mistake in archcheck") => Ok(()),
        code => Err(format!("status {code:?}: {}", told.chars().take(600).collect::<String>())),
    }
}

/// The most memory the process has had, in KiB.
fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
