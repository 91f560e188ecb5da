#!/usr/bin/env python3
"""Repositories that mean harm, at full size: `benches/hostile.py [--only WORD] [--binary PATH] [--scale N]`.

Each input is written into an empty folder, archcheck runs on it with all rules, one after the other, and a line of a table says what it
took: CPU seconds, peak memory, exit status and what it said first. The run fails when an input takes more than `--seconds` of CPU or
`--memory` MB, or ends in anything but status 0 to 2. Smaller sizes of the same are in `tests/hostile.rs`. Standard library only.
"""
import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
N = 100_000
CASES = {}


def case(make):
    CASES[make.__name__.replace("_", " ")] = make
    return make


def lines(text):
    """Breaks long lines where code may be broken, so that a file is not left out for being minified."""
    out, length = [], 0
    for c in text:
        out.append(c)
        length = 0 if c == "\n" else length + 1
        if length > 200 and c in "([{,":
            out.append("\n")
            length = 0
    return "".join(out)


def around(opening, closing, middle, depth):
    return opening * depth + middle + closing * depth


def each(python, typescript, rust):
    """The same construct, as each language writes it."""
    return {"a.py": lines(python), "a.ts": lines(typescript), "a.rs": lines(rust)}


def split(name, files):
    """Each file as an input of its own: what is slow is named."""
    return {f"{name}, {Path(path).suffix[1:]}": {path: text} for path, text in files.items()}


@case
def brackets():
    found = {}
    for name, opening, closing in [("round", "(", ")"), ("square", "[", "]"), ("curly", "{", "}"), ("calls", "f(", ")"), ("index", "a[", "]")]:
        text = around(opening, closing, "1", N)
        found |= split(f"{N} nested {name}", each(f"x = {text}\n", f"const x = {text};\n", f"fn f() {{ let x = {text}; }}\n"))
        text = opening * N
        found |= split(f"{N} {name} never closed", each(f"x = {text}\n", f"const x = {text};\n", f"fn f() {{ let x = {text}; }}\n"))
    return found


@case
def nesting():
    depth = N // 10
    found = {}
    found |= split(f"{depth} nested ifs", each("".join(" " * at + "if x:\n" for at in range(1000)) + " " * 1000 + "pass\n", around("if (x) {\n", "}\n", "", depth), "fn f() {\n" + around("if x {\n", "}\n", "", depth) + "}\n"))
    found |= split(f"{depth} functions in functions", each("x = " + around("lambda: (", ")", "1", depth), around("(() => {", "})()", "", depth), "fn f() {" + around("(|| {", "})()", "1", depth) + "}"))
    found |= split(f"{depth} texts in texts", each("x = " + around("f'{", "}'", "x", 1000), around("`${", "}`", "x", depth), "fn f() {" + around('format!("{}", ', ")", "1", depth) + "}"))
    found |= split(f"{depth} nested types", each("x: " + around("list[", "]", "int", depth) + "\n", "let x: " + around("Array<", ">", "number", depth) + ";", "type T = " + around("Vec<", ">", "u8", depth) + ";"))
    found |= split(f"{depth} classes in classes", each("".join(" " * at + "class A:\n" for at in range(1000)) + " " * 1000 + "pass\n", around("class A { m() {\n", "} }\n", "", depth), around("mod a {\n", "}\n", "", depth)))
    found |= split(f"{depth} literals in literals", each("x = " + around("{'a': [", "]}", "1", depth), "const x = " + around("{a: [", "]}", "1", depth), "const X: T = " + around("S { a: [", "] }", "1", depth) + ";"))
    found[f"{depth} nested comments, rs"] = {"a.rs": lines(around("/* ", " */\n", "x", depth))}
    found[f"{depth} nested elements, tsx"] = {"a.tsx": "const x = " + around("<a>\n", "</a>\n", "x", depth) + ";\n"}
    return found


@case
def chains():
    many = N
    found = {}
    def add(name, python, typescript, rust):
        nonlocal found
        found |= split(f"{name} of {many}", each(python, typescript, rust))
    add("calls in a chain", "x = (a" + ".b()\n" * many + ")\n", "a" + ".b()\n" * many + ";", "fn f() { a" + ".b()\n" * many + "; }")
    add("members in a chain", "x = (a" + ".b\n" * many + ")\n", "a" + ".b\n" * many + ";", "fn f() { a" + ".b\n" * many + "; }")
    add("formats in a chain", 'x = ("{}"' + ".format(a)\n" * (many // 2) + ")\n", 'x = "a"' + ".concat(b)\n" * many + ";", 'fn f() { "a"' + ".to_owned()\n" * many + "; }")
    add("percents in a chain", 'x = ("%s"' + "% a\n" * many + ")\n", "x = a" + "% b\n" * many + ";", "fn f() { a" + "% b\n" * many + "; }")
    add("queries in a chain", "x = (db.session" + ".all()\n" * many + ")\n", "prisma.user" + ".get()\n" * many + ";", "fn f() { sqlx" + ".all()\n" * many + "; }")
    for name, one, last in [("sums", "a +\n", "1"), ("texts", '"a" +\n', "y"), ("ands", "a and\n", "1")]:
        other = one.replace("and", "&&")
        add(name, f"x = ({one * many}{last})\n", f"const x = {other * many}{last};", f"fn f() {{ let x = {other * many}{last}; }}")
    add("nots", "x = (" + "not\n" * many + "1)\n", "const x = " + "!\n" * many + "1;", "fn f() { " + "!\n" * many + "1 }")
    add("assignments", "x = \\\n" * many + "1\n", "x =\n" * many + "1;", "fn f() { " + "x =\n" * many + "1; }")
    add("else ifs", "if a:\n    pass\n" + "elif a: f()\n" * (many // 2), "if (a) {}\n" + "else if(a){}\n" * (many // 2), "fn f() { if a {}\n" + "else if a{}\n" * (many // 2) + "}")
    add("alternatives", "match x:\n    case (" + "1 |\n" * many + "2): pass\n", "type X = " + "1 |\n" * many + "2;", "fn f() { match x { " + "1 |\n" * many + "2 => {} } }")
    add("ternaries", "x = (" + "1 if a else\n" * (many // 2) + "1)\n", "const x = " + "a ? 1 :\n" * many + "1;", "fn f() { " + "return\n" * many + "1 }")
    add("unions of types", "x: (" + "int |\n" * many + "int)\n", "type X = " + "number |\n" * many + "number;", "type X = " + "&\n" * many + "u8;")
    add("awaits", "async def f():\n    return (" + "await\n" * many + "x)\n", "async function f() { return " + "await\n" * many + "x }", "async fn f() { x" + ".await\n" * many + " }")
    add("arrows", "x = " + "lambda:\\\n" * many + "1\n", "const x = " + "() =>\n" * many + "1;", "fn f() { let x = " + "||\n" * many + "1; }")
    return found


@case
def long_lists():
    found = {}
    def add(name, python, typescript, rust, many=N // 2):
        nonlocal found
        def all_of(text):
            return "".join(text.replace("#", str(at)) for at in range(many))
        found |= split(f"{many} {name}", each(*(before + all_of(one) + after for before, one, after in (python, typescript, rust))))
    add("functions", ("", "def f#(x): g(x)\n", ""), ("", "function f#(){}\n", ""), ("", "fn f#(){g()}\n", ""))
    add("functions that call the next", ("", "def f#(x):f#(x)\n", ""), ("", "let f#=()=>f#()\n", ""), ("", "fn f#(){f#()}\n", ""))
    add("functions of one name", ("", "def f(x): return f(x)\n", ""), ("", "function f(x) {f(x)}\n", ""), ("", "fn f(x: u8) {f(x)}\n", ""), N // 3)
    add("imports", ("", "import m#\n", ""), ("", "import 'm#';\n", ""), ("", "use m#::x;\n", ""))
    add("names of an import", ("from m import (", "n#, ", ")\n"), ("import { ", "n#, ", " } from './m';"), ("use m::{ ", "n#, ", " };"), N)
    add("imports of own files", ("", "from .a import x#\n", ""), ("", "export*from'./a';\n", ""), ("", "use super::x#;\n", ""), N // 3)
    add("parameters", ("def f(", "p#, ", "): pass\n"), ("function f(", "p#, ", ") {}"), ("fn f(", "p#: u8, ", ") {}"))
    add("arguments", ("f(", "a#, ", ")\n"), ("f(", "a#, ", ");"), ("fn f() { g(", "a#, ", ") }"), N)
    add("entries", ("x = {", "'k#': #, ", "}\n"), ("const x = {", "k#: #, ", "};"), ("const X: T = [", "(#, 1), ", "];"))
    add("decorators", ("", "@d#\n", "def f(): pass\n"), ("", "@d#()\n", "class A {}"), ("", "#[d#]\n".replace("#[", "#["), "fn f() {}"), N // 10)
    add("methods", ("class A:\n", " def m#(s):0\n", ""), ("class A {\n", "m#(){}\n", "}"), ("impl A {\n", "fn m#(s){}\n", "}"))
    add("fields", ("class A:\n", " m#: int=0\n", ""), ("class A {\n", "m#: B=0;\n", "}"), ("struct A {\n", "m#: B,\n", "}"))
    add("branches", ("match x:\n", " case #: f()\n", ""), ("switch (x) {", "case #: f();\n", "}"), ("fn f() { match x {", "# => f(),\n", "} }"))
    add("lines of a function", ("def f(a):\n", " a = g(a)\n", ""), ("function f(a) {\n", "a = g(a);\n", "}"), ("fn f(mut a: T) {\n", "a = g(a);\n", "}"))
    add("assignments of members", ("class A:\n def f(s, a):\n", "  s.x# = a\n", ""), ("class A { f(a) {\n", "this.x# = a;\n", "}}"), ("impl A { fn f(s, a: T) {\n", "s.x# = a;\n", "}}"))
    add("queries in a loop", ("def f(db, a):\n for x in a:\n", "  db.execute(x)\n", ""), ("function f(db, a) { for (const x of a) {\n", "db.query(x);\n", "}}"), ("fn f(db, a: T) { for x in a {\n", "sqlx::query(x);\n", "}}"))
    add("parts of one text", ("x = f'", "{a}", "'\n"), ("const x = `", "${a}", "`;"), ("fn f() { format!(\"", "{a}", "\") }"), N)
    add("classes", ("", "class C#(B): pass\n", ""), ("", "class C# extends B{}\n", ""), ("", "struct S#(B);\n", ""), N // 3)
    add("classes of one name", ("", "class C(C): pass\n", ""), ("", "class C extends C{}\n", ""), ("", "impl T for C {}\n", ""), N // 3)
    add("aliases of aliases", ("", "t# = t#\n", ""), ("", "type T#=T#;\n", ""), ("", "type T#=T#;\n", ""))
    return found


def chained(count, text):
    return "".join(text.replace("#", str(at)).replace("@", str(at + 1)).replace("~", str(at + 2)) for at in range(count))


@case
def hierarchies():
    many = N // 10
    found = {}
    found |= split(f"{many} classes, each of the next", each(chained(many, "class B#(B@): pass\n"), chained(many, "class B# extends B@ {}\n"), chained(many, "trait B#: B@ {}\n")))
    found |= split(f"{many} classes of two", {"a.py": chained(many, "class B#(B@, B~): pass\n") + "class C(B0):\n    def f(self): self.x()\n"})
    found |= split(f"{many} classes of two, bottom up", {"a.py": "".join(f"class B{at}(B{at + 1}, B{at + 2}): pass\n" for at in reversed(range(many))) + "class C(B0):\n    def f(self): self.x()\n"})
    found |= split(f"a circle of {many} classes", each(chained(many, "class B#(B@): pass\n").replace(f"(B{many})", "(B0)"), chained(many, "class B# extends B@ {}\n").replace(f"extends B{many} ", "extends B0 "), chained(many, "trait B#: B@ {}\n").replace(f": B{many} ", ": B0 ")))
    found |= split(f"a circle of {many} aliases", each(chained(many, "t# = t@\n") + f"t{many} = t0\n", chained(many, "type T# = T@;\n") + f"type T{many} = T0;\n", chained(many, "type T# = T@;\n") + f"type T{many} = T0;\n"))
    found |= split(f"{many} functions, each calls the next", each(chained(many, "def g#(x):\n    return g@(x)\n"), chained(many, "function g#(x) { return g@(x); }\n"), chained(many, "fn g#(x: u8) -> u8 { g@(x) }\n")))
    found |= split(f"{many} names, each the one before", each("x0 = f()\n" + chained(many, "x@ = x#\n") + f"g(x{many})\n", "const x0 = f();\n" + chained(many, "const x@ = x#;\n"), "fn f() { let x0 = f();\n" + chained(many, "let x@ = x#;\n") + "}"))
    return found


@case
def knots():
    """Everything calls everything, and passes on what it was given."""
    many = 300
    over = range(many)
    return {
        f"{many} functions, each calls all, py": {"a.py": "".join(f"def f{at}(a, b, db):\n    db.execute('select ' + a)\n" + "".join(f"    a = f{other}(b, a + b, db)\n" for other in over) for at in over)[: 1 << 23]},
        f"{many // 2} functions, each calls all, py": {"a.py": "".join(f"def f{at}(a, b, d):\n    d.execute('select ' + a)\n" + "".join(f"    a = f{other}(b, a + b, d)\n" for other in range(many // 2)) for at in range(many // 2))},
        f"{many // 2} functions, each calls all, ts": {"a.ts": "".join(f"export function f{at}(a, b, d) {{\n  d.query(`select ${{a}}`);\n" + "".join(f"  a = f{other}(b, a + b, d);\n" for other in range(many // 2)) + "}\n" for at in range(many // 2))},
        f"{many // 2} functions, each calls all, rs": {"a.rs": "".join(f"fn f{at}(a: &str, b: &str) {{\n" + "".join(f'    f{other}(b, &format!("{{a}}{{b}}"));\n' for other in range(many // 2)) + "}\n" for at in range(many // 2))},
        "20000 functions kept in each other, ts": {"a.ts": "let o: any = {}; let g: any = () => o;\n" + "".join(f"o.m{at} = g; g = o.m{at}; o = o.m{at}(o, g);\n" for at in range(20000))},
    }


@case
def long_texts():
    found = {"a line of 10 MB, each language and as data": {"a.py": "x = 1; " * 1_500_000, "a.ts": "x = 1; " * 1_500_000, "a.rs": "fn f() { " + "x = 1; " * 1_500_000 + "}", "a.json": '{"a": "' + "x" * 10_000_000 + '"}', "a.env": "A=" + "x" * 10_000_000, "a.yaml": "a: " + "x" * 10_000_000}}
    found["a line of 1 MB, each language and as data"] = {"a.py": "x = 1; " * 149_000, "a.ts": "x = 1; " * 149_000, "a.rs": "fn f() { " + "x = 1; " * 140_000 + "}", "a.json": '{"a": "' + "x" * 1_000_000 + '"}', "a.env": "A=" + "x" * 1_000_000, "a.yaml": "a: " + "x" * 1_000_000}
    for name, text in [("a", "a"), ("password=", "password="), ("addresses", "http://a:b@c/"), ("base64", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo0"), ("tokens", "eyJhbGciOi.eyJ"), ("SELECT (", "SELECT ("), ("quotes", "\\'"), ("keys", "-----BEGIN RSA PRIVATE KEY-----"), ("braces", "{{"), ("percents", "%s"), ("JOIN", " JOIN a ON b")]:
        long = text * (900_000 // len(text))
        cut = "\n".join(long[at : at + 400] for at in range(0, len(long), 400))
        found[f"a text of 900 kB of {name}"] = {"a.py": f'x = """{cut}"""\ndb.execute("""{cut}""" + x)\n'[: 1 << 20] if text != "\\'" else f'x = """{cut}"""\n', "b.ts": f"const x = `{cut}`;\n", "a.env": f"X={long}\n", "a.yaml": f"x: {long}\n", "a.sql": long}
    sql = "SELECT a FROM b WHERE c IN (" * 4000
    found["nested SQL in a call"] = {"a.py": f'db.execute("{sql}" + x)\n', "a.ts": f"db.query(`{sql}${{x}}`);\n", "migrations/down.sql": sql * 5}
    found["100000 statements of SQL"] = {"migrations/1.down.sql": "DROP TABLE a;\n" * 70_000, "a.py": 'db.execute("""' + "SELECT 1;\n" * 90_000 + '""")\n'}
    return found


@case
def bytes_of_any_kind():
    return {
        "NULs": {"a.py": b"x = 1\0\n", "b.py": b"x = 1\n" * 3000 + b"\0\0\0", "c.ts": b"\0" * 100_000, "d.rs": b"fn f() {}\0"},
        "no UTF-8": {"a.py": b"x = '\xff\xfe\xfa'\n", "a.ts": b"const x = '\xc3\x28';\n", "a.rs": b"\xf0\x28\x8c\x28" * 10_000, "archcheck.toml": "version = 1\n", "package.json": b"\xff\xfe{"},
        "UTF-16 and marks": {"a.py": b"\xff\xfex\0=\x001\0\n\0", "a.ts": b"\xfe\xff\0x\0=\x001\0\n", "a.rs": "\ufefffn f() {}\n"},
        "100000 combining marks": {"a.py": "\u0301" * N, "a.ts": "const x\u0301 = '" + "\u0301" * N + "';\n"},
        "turned and escaped text": {"a.py": "x = '\u202e\u2066' # \x1b[31m\x07\n", "a.ts": "const a = 1;\u2028const b = 2;\u2029\x85\x0b\x0c\r\r\n"},
    }


@case
def names():
    hash_it = "import hashlib\n\n\ndef hash_password(password):\n    return hashlib.md5(password).hexdigest()\n"
    odd = ["a.py", "A.py", "a.PY", "\u00e9.py", "e\u0301.py", "new\nline.py", "esc\x1b[31m.py", "quote\"'`.ts", "back\\slash.ts", "-rf.py", " .py", "%s%n.rs", "CON.py", "..py", "x\u202eyp.py", "n" * 250 + ".py"]
    found = {
        "names that differ in case": {path: "from app import b\n" for path in ["app/a.py", "App/a.py", "APP/A.py", "app/A.py", "app/B.ts", "app/b.ts", "app/b.py", "src/lib.rs", "src/LIB.rs", "SRC/lib.rs"]} | {"app/c.ts": "import x from './B'; import y from './b';\n"},
        "odd names": {f"names/{name}": hash_it for name in odd},
        "no UTF-8 in a name": {b"a\xff\xfe.py": hash_it, b"\xc3\x28/a.py": hash_it},
        "700 folders in folders": {"d/" * 700 + "x.py": "from " + "." * 30 + " import x\n"},
        "long relative paths": {"up.py": f"from {'.' * 5000} import x\nimport {'a.' * 50_000}x\n", "up.ts": f"import x from '{'../' * 50_000}x';\n", "up.rs": f"use {'super::' * 20_000}x;\n"},
    }
    return found


@case
def many_files():
    return {
        f"{N} files in a folder": {f"one/f{at}.py": f"import f{at + 1}\n" for at in range(N)},
        f"{N // 10} files in a folder each": {f"d{at}/f.ts": f"import '../d{at + 1}/f';\n" for at in range(N // 10)},
        f"{N} empty folders": {f"e{at % 300}/e{at}/": None for at in range(N)},
        f"{N // 10} manifests": {f"m{at}/package.json": f'{{"name": "m{at}", "dependencies": {{"m{at + 1}": "*"}}}}' for at in range(N // 10)} | {f"m{at}/a.ts": f"import 'm{at + 1}';\n" for at in range(N // 10)},
    }


@case
def links():
    return {
        "links in circles": {"a/a.py": "x = 1\n", "a/self": Path("."), "a/up": Path(".."), "a/b": Path("c"), "a/c": Path("b"), "a/loop.py": Path("loop.py"), "a/x.ts": Path("y.ts"), "a/y.ts": Path("x.ts")},
        "40 folders, each with two links to the next": {f"d{at}/{side}": Path(f"../d{at + 1}") for at in range(40) for side in "lr"} | {"d40/a.py": "x = 1\n", "d0/a.py": "x = 1\n"},
        "links out of the root": {"a.py": "x = 1\n", "passwd.py": Path("/etc/passwd"), "etc": Path("/etc"), "zero.py": Path("/dev/zero"), "archcheck.toml": Path("/etc/passwd"), ".gitignore": Path("/dev/zero"), "package.json": Path("/dev/zero"), "tsconfig.json": Path("/etc/passwd"), "b.ts": "import x from './etc/passwd';\n"},
        "a pipe and a device": {"a.py": "x = 1\n", "pipe.py": "|", "pipe.toml": "|", "pyproject.toml": "|"},
    }


@case
def import_cycles():
    many = 3_000
    rust = {"Cargo.toml": '[package]\nname = "r"\nversion = "0.1.0"\n', "src/lib.rs": "".join(f"pub mod m{at};\npub use m{at}::*;\n" for at in range(many))}
    found = {
        f"a circle of {many} star imports, py": {f"m{at}.py": f"from m{(at + 1) % many} import *\nfrom m{(at + 1) % many} import name_{at}\nclass C{at}(C{(at + 1) % many}): pass\n" for at in range(many)},
        f"a circle of {many} `export *`, ts": {f"m{at}.ts": f"export * from './m{(at + 1) % many}';\nexport {{ x as y{at} }} from './m{(at + 1) % many}';\nimport {{ C{(at + 1) % many} }} from './m{(at + 1) % many}';\nexport class C{at} extends C{(at + 1) % many} {{}}\n" for at in range(many)},
        f"a circle of {many} `pub use`, rs": rust | {f"src/m{at}.rs": f"pub use crate::m{(at + 1) % many}::*;\npub use crate::m{(at + 1) % many}::x as y{at};\npub struct S{at}(crate::m{(at + 1) % many}::S{(at + 1) % many});\n" for at in range(many)},
    }
    many = N // 5
    found |= {
        f"a chain of {many} star imports, py": {f"m{at}.py": f"from m{at + 1} import *\n" for at in range(many)} | {"a.py": "from m0 import missing\nmissing()\n"},
        f"a chain of {many} `export *`, ts": {f"m{at}.ts": f"export * from './m{at + 1}';\n" for at in range(many)} | {"a.ts": "import { missing } from './m0';\nmissing();\n"},
        f"a chain of {many} `pub use`, rs": {"Cargo.toml": rust["Cargo.toml"], "src/lib.rs": "".join(f"pub mod m{at};\n" for at in range(many)) + "use m0::missing;\nfn f() { missing(); }\n"} | {f"src/m{at}.rs": f"pub use crate::m{at + 1}::*;\n" for at in range(many)},
        f"a chain of {many} imports of a name, py": {f"m{at}.py": f"from m{at + 1} import x\n" for at in range(many)} | {"a.py": "from m0 import x\nx()\n", f"m{many}.py": "def x(): pass\n"},
        f"a chain of {many} exports of a name, ts": {f"m{at}.ts": f"export {{ x }} from './m{at + 1}';\n" for at in range(many)} | {"a.ts": "import { x } from './m0';\nx();\n", f"m{many}.ts": "export function x() {}\n"},
        f"a chain of {many} uses of a name, rs": {"Cargo.toml": rust["Cargo.toml"], "src/lib.rs": "".join(f"pub mod m{at};\n" for at in range(many)) + "use m0::x;\nfn f() { x(); }\n"} | {f"src/m{at}.rs": f"pub use crate::m{at + 1}::x;\n" for at in range(many)},
        f"a chain of {many} values of other files, py": {f"m{at}.py": f"import m{at + 1}\nx = m{at + 1}.x\n" for at in range(many)} | {"a.py": "import m0\nm0.x()\n"},
        f"a chain of {many} classes of other files, py": {f"m{at}.py": f"from m{at + 1} import C{at + 1}\nclass C{at}(C{at + 1}): pass\n" for at in range(many)} | {"a.py": "from m0 import C0\nC0().x()\n"},
        f"a chain of {many} classes of other files, ts": {f"m{at}.ts": f"import {{ C{at + 1} }} from './m{at + 1}';\nexport class C{at} extends C{at + 1} {{}}\n" for at in range(many)} | {"a.ts": "import { C0 } from './m0';\nnew C0().x();\n"},
    }
    many = 300
    found |= {
        f"{many} barrels that export all others, ts": {f"b{at}.ts": "".join(f"export * from './b{other}';\n" for other in range(many)) + f"export const own{at} = 1;\nimport {{ missing, own{at} as o }} from './b{many - 1 - at}';\nmissing(o);\n" for at in range(many)},
        f"{many} modules that import all others, py": {f"b{at}.py": "".join(f"from b{other} import *\n" for other in range(many)) + f"own{at} = 1\nmissing(own{many - 1 - at})\n" for at in range(many)},
        f"{many} modules that use all others, rs": {"Cargo.toml": '[package]\nname = "r"\nversion = "0.1.0"\n', "src/lib.rs": "".join(f"mod b{at};\n" for at in range(many))} | {f"src/b{at}.rs": "".join(f"pub use crate::b{other}::*;\n" for other in range(many)) + f"pub fn own{at}() {{ missing(); own{many - 1 - at}(); }}\n" for at in range(many)},
        "`use` in circles in one file, rs": {"src/lib.rs": "pub use self::a::b; mod a { pub use super::b; } pub use b as c; pub use c as b; type T = T; type U = Vec<U>; impl T for U {} trait A: B {} trait B: A {}" + "".join(f"pub use n{at + 1}::* ; mod n{at} {{ pub use super::n{at + 1}::*; }}\n" for at in range(5000))},
    }
    return found


@case
def configuration_of_others():
    depth = N
    found = {}
    for name in ["package.json", "tsconfig.json", "openapi.json", "pyrightconfig.json"]:
        found[f"{depth} nested brackets in {name}"] = {name: '{"a": ' + around("[", "]", "1", depth) + "}", "x.ts": "import x from 'x/y';\n"}
        found[f"{depth} nested objects in {name}"] = {name: around('{"a":', "}", "1", depth), "x.ts": "import x from '#x/y';\n"}
        found[f"{depth} open brackets in {name}"] = {name: "[" * depth, "x.ts": "import x from './y';\n"}
    for name in ["pyproject.toml", "Cargo.toml"]:
        found[f"{depth} nested brackets in {name}"] = {name: "a = " + around("[", "]", "1", depth) + "\n", "x.py": "import x\n"}
        found[f"{depth} nested tables in {name}"] = {name: "a = " + around("{a = ", "}", "1", depth) + "\n", "x.py": "import x\n"}
        found[f"a key of {depth} parts in {name}"] = {name: "a." * depth + "a = 1\n[" + "a." * depth + "a]\n", "x.py": "import x\n"}
        found[f"{depth} tables in {name}"] = {name: "".join(f"[a.t{at}]\nx = 1\n" for at in range(depth // 2)), "x.py": "import x\n"}
    anchors = "".join(f"a{at}: &a{at} [{f'*a{at - 1}, ' * 9}]\n" for at in range(1, 40))
    bombs = {
        "aliases of aliases": f"a0: &a0 [x, x]\n{anchors}openapi: 3.0.0\npaths: *a39\n",
        f"{depth} nested brackets": "openapi: 3.0.0\nx: " + around("[", "]", "1", depth) + "\n",
        f"{depth} open brackets": "openapi: 3.0.0\nx: " + "[" * depth,
        "1000 nested blocks": "openapi: 3.0.0\n" + "".join(" " * at + "a:\n" for at in range(1000)),
        f"{depth} dashes": "- " * depth + "x\n",
        "a merge with itself": "openapi: 3.0.0\na: &a\n  <<: *a\n  b: *a\n",
        "a text of escapes": 'x: "' + "\\" * depth + "\n",
        f"{depth} documents": "---\nopenapi: 3.0.0\n" * (depth // 2),
        f"{depth} keys": "openapi: 3.0.0\npaths:\n" + "".join(f"  /a{at}: {{}}\n" for at in range(depth // 2)),
        f"{depth // 2} anchors": "openapi: 3.0.0\n" + "".join(f"k{at}: &a{at} v\n" for at in range(depth // 2)),
    }
    for name, text in bombs.items():
        found[f"YAML: {name}"] = {"openapi.yaml": text, "docker-compose.yml": text, "pnpm-workspace.yaml": text, "stack/stack.yaml": text, ".gitlab-ci.yml": text, "package.json": "{}", "x.ts": "export {};\n"}
    schemas = "".join(f"    a{at}: {{allOf: [{{$ref: '#/components/schemas/a{at + 1}'}}, {{$ref: '#/components/schemas/a{at + 1}'}}]}}\n" for at in range(2000))
    found["OpenAPI: references in circles and doubled 2000 times"] = {
        "openapi.yaml": "openapi: 3.0.0\npaths:\n  /a:\n    $ref: '#/paths/~1a'\n  /b:\n    get:\n      responses: {'200': {$ref: '#/components/responses/a'}}\n  /c:\n    post:\n      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/a0'}}}}\n      responses: {'200': {description: x, content: {application/json: {schema: {$ref: '#/components/schemas/a0'}}}}}\ncomponents:\n  responses:\n    a: {$ref: '#/components/responses/b'}\n    b: {$ref: '#/components/responses/a'}\n  schemas:\n" + schemas + "    a2000: {$ref: 'file:///etc/passwd'}\n",
        "main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.post('/c')\ndef c(): ...\n",
    }
    found["tsconfig: extends in circles and out of the root"] = {
        "tsconfig.json": '{"extends": "./b.json"}', "b.json": '{"extends": "./tsconfig.json"}',
        "own/tsconfig.json": '{"extends": ["./tsconfig.json", "../../../../etc/passwd"], "references": [{"path": "."}], "compilerOptions": {"baseUrl": "../../../..", "paths": {"*": ["/etc/*", "*"]}}}',
        "own/x.ts": "import p from 'passwd'; import q from '../../../../../../../../etc/passwd';\n",
    }
    found["workspaces of stars"] = {
        "package.json": '{"workspaces": ["../../**", "**/**/**/**/**/**/**/*", "' + "{a,b}" * 14 + '", "' + "**/" * 2000 + '*"]}',
        "Cargo.toml": '[workspace]\nmembers = ["../..", ".", "**/**/**/*", "["]\n[package]\nname = "w"\nworkspace = "."\n[dependencies]\nw = { path = "." }\n[[bin]]\nname = "x"\npath = "../../../../etc/passwd"\n',
        "src/lib.rs": '#[path = "../../../../etc/passwd"] mod p; #[path = "lib.rs"] mod own; include!("/etc/passwd");\n', "a/b/c/d/e/package.json": "{}", "a/b/x.ts": "import 'y';\n",
    }
    found["Prisma and DBML"] = {"schema.prisma": "model A {\n  a " + "A? " * depth + '@relation("' + "(" * depth + '")\n}\n', "schema.dbml": "Table a {\n" + "{" * depth + "\n}\nRef: a.a > a.a\n" + "".join(f"Table t{at} {{\n a int [ref: > t{at + 1}.a]\n}}\n" for at in range(15_000))}
    found["100000 lines of ignored files"] = {".gitignore": "".join(f"**/a{at}*[a-z]?\n" for at in range(N)), "x.py": "x = 1\n"}
    found["5000 requirements files in a circle"] = {f"requirements{at}.txt": f"-r requirements{(at + 1) % 5000}.txt\nx{at}\n" for at in range(5000)} | {"requirements.txt": "-r requirements0.txt\n-r /etc/passwd\n-r ../../../etc/passwd\n", "x.py": "import x1\n"}
    return found


@case
def own_configuration():
    depth = N
    version = "version = 1\n"
    texts = {
        f"{depth} nested brackets": "version = " + around("[", "]", "1", depth) + "\n",
        f"a table's name of {depth} parts": "[" + "a." * depth + "a]\nx = 1\n",
        "40 alternatives of two in a pattern": version + 'exclude = ["' + "{a,b}" * 40 + '"]\n',
        "2000 stars in a pattern": version + 'exclude = ["' + "**/*" * 2000 + 'x"]\n[parts]\na = "' + "**/" * 2000 + 'x"\n',
        "20000 classes of characters": version + '[parts]\na = "' + "[a-z]" * 20_000 + '"\nb = "' + "{" * 20_000 + '"\n',
        "2^60 alternatives of knowledge": version + '[[knowledge]]\nlanguage = "python"\nblocking = ["' + "{a,b}" * 60 + '"]\n',
        "2000 layers": version + "[parts]\n" + "".join(f'p{at} = "x/{at}"\n' for at in range(2000)) + '[layers]\na = "' + " > ".join(f"p{at}" for at in range(2000)) + '"\n',
        f"a sentence of {depth} words": version + '[rules]\na = "' + "a must not import b " * (depth // 5) + '"\n',
        "20000 sentences": version + '[parts]\na = "x"\n[rules]\n' + "".join(f'r{at} = "a must not import a"\n' for at in range(20_000)),
        "no UTF-8": b"version = 1\nexclude = ['\xff']\n",
        "17 MB": version + "#" * (17 << 20),
    }
    return {f"archcheck.toml: {name}": {"archcheck.toml": text, "x/x.py": "import y\n", "x/1/a.py": "import y\n"} for name, text in texts.items()}


@case
def own_rules():
    def page(query, name="bomb"):
        return f'+++\nid = "{name}"\nkind = "query"\nlevel = "warning"\ntitle = "t"\nmessage = "m"\n\n[help]\ndefault = "h"\n+++\nWhy.\n\n```query python\n{query}\n```\n'

    queries = {
        "a regular expression of 10^10": '((identifier) @finding (#match? @finding "((((a{100}){100}){100}){100}){100}"))',
        "a regular expression of repeats of repeats": '((string) @finding (#match? @finding "^(([a-z]+)+)+$"))',
        "a regular expression of 50000 brackets": '((string) @finding (#match? @finding "' + around("(", ")", "a", 50_000) + '"))',
        "a query of 10000 levels": around("(_ ", ")", "(identifier) @finding", 10_000),
        "a query of any five": "(module (_)* @a (_)* @b (_)* @c (_)* @d (_)* @e (_)* @finding)",
        "a query of 100000 open brackets": "(" * N,
        "a query of 5000 patterns": "\n".join(f'((identifier) @finding (#eq? @finding "x{at}"))' for at in range(5000)),
        "a query that matches any pair": "(module (expression_statement) @a (expression_statement) @finding)",
    }
    code = "".join(f"x{at} = \"{'a' * 40}!\"\n" for at in range(10_000))
    found = {f"rule page: {name}": {".archcheck/rules/bomb.md": page(query), "x.py": code} for name, query in queries.items()}
    found["rule page: front matter of 100000 brackets"] = {".archcheck/rules/front.md": "+++\na = " + around("[", "]", "1", N) + "\n+++\n", "x.py": code}
    found["rule page: a line of 10 MB"] = {".archcheck/rules/long.md": "+++\n" + "x" * 10_000_000, "x.py": code}
    found["2000 rule pages"] = {f".archcheck/rules/p{at}.md": page('((identifier) @finding (#match? @finding "^x[0-9]*7$"))', f"p{at}") for at in range(2000)} | {"x.py": code}
    return found


@case
def suppressions():
    all_of = "".join(f"# archcheck: ignore[{'a,' * 20}] x{at}\n" for at in range(10_000))
    return {
        "10000 suppressions": {"a.py": all_of},
        "suppressions never closed": {"a.py": f"# archcheck: ignore[{'[' * 50_000}\n# archcheck: {'ignore' * 10_000}\nx = 1\n"},
        "20000 suppressions in one comment": {"a.ts": f"/* {'archcheck: ignore-file[x] ' * 20_000} */ const x = 1;\n", "b.ts": "/*\n" + "archcheck: ignore-file[x]\n" * 20_000 + "*/ const x = 1;\n"},
        "20000 suppressions in data": {"a.env": "# archcheck: ignore[hardcoded-secret] x\n" * 20_000},
        "a baseline of brackets": {"archcheck-baseline.json": "[" * N, "a.py": "x = 1\n"},
        "a baseline of 50000 entries": {"archcheck-baseline.json": '{"version": 1, "findings": [' + ",".join(f'{{"rule": "n-plus-one", "path": "a{at}.py", "subject": "x", "count": 1}}' for at in range(50_000)) + "]}", "a.py": "x = 1\n"},
    }


def write(root, files):
    for path, content in files.items():
        target = os.path.join(os.fsencode(root), os.fsencode(path))
        if content is None:
            os.makedirs(target, exist_ok=True)
            continue
        deep(os.path.dirname(target))
        if isinstance(content, Path):
            os.symlink(os.fsencode(str(content)), target)
        elif content == "|":
            os.mkfifo(target)
        else:
            there = os.open(os.path.dirname(target) if len(target) > 4000 else b"/", os.O_RDONLY)
            with open(target, "wb") as file:
                file.write(content if isinstance(content, bytes) else content.encode("utf-8"))
            os.close(there)


def written(root, make, only, group):
    """Writes a group's inputs into numbered folders and gives their names. Another process does it: the memory of this one would count as that of those it starts."""
    process = os.fork()
    if process == 0:
        status = 1
        try:
            inputs = {name: files for name, files in make().items() if only in group or only in name}
            for at, files in enumerate(inputs.values()):
                os.mkdir(os.path.join(root, str(at)))
                write(os.path.join(root, str(at)), files)
            with open(os.path.join(root, "names"), "w", encoding="utf-8") as file:
                json.dump(list(inputs), file)
            status = 0
        finally:
            os._exit(status)
    if os.waitpid(process, 0)[1] != 0:
        sys.exit(f"the inputs of `{group}` could not be written")
    with open(os.path.join(root, "names"), encoding="utf-8") as file:
        return json.load(file)


def deep(folder):
    if not os.path.isdir(folder):
        deep(os.path.dirname(folder))
        os.mkdir(folder)


def run(binary, root, arguments):
    """Wall and CPU seconds, peak MB, status and what was said on standard error."""
    def bounds():
        resource.setrlimit(resource.RLIMIT_AS, ((arguments.memory + 4096) << 20,) * 2)  # the allocator reserves more than it takes
        resource.setrlimit(resource.RLIMIT_CPU, (arguments.seconds + 1,) * 2)

    command = [binary, "check", ".", "--profile", "strict", "--no-cache", "--verbose", "--fail-on", "never", "--format", "human", "--jobs", "2"]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=root, stdout=out, stderr=err, stdin=subprocess.DEVNULL, preexec_fn=bounds)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        err.seek(0)
        out.seek(0)
        said = err.read(1 << 20).decode(errors="replace") + out.read(1 << 20).decode(errors="replace")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status), said


def told(said):
    """The first line that speaks of a limit, of a mistake or of what was left out; otherwise the last."""
    found = [line for line in said.splitlines() if line.strip()]
    words = ("limit", "error", "too ", "left out", "not analysed", "cannot", "skipped", "syntax", "problem", "Not fully")
    best = next((line for line in found if any(word in line for word in words)), found[-1] if found else "")
    best = "".join(c if c.isprintable() else "?" for c in best).replace("|", "\\|")
    return best if len(best) < 120 else best[:117] + "…"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "target/release/archcheck"))
    parser.add_argument("--only", default="", metavar="WORD", help="inputs whose group or name has this")
    parser.add_argument("--scale", type=int, default=N, help=f"how many the many are (default {N})")
    parser.add_argument("--seconds", type=int, default=30, help="CPU seconds that are too many")
    parser.add_argument("--memory", type=int, default=2048, help="MB that are too many")
    parser.add_argument("--keep", metavar="FOLDER", help="write the inputs there and leave them")
    arguments = parser.parse_args()
    globals()["N"] = arguments.scale
    binary = str(Path(arguments.binary).resolve())
    failures = []
    print("| input | CPU | peak | status | what it says |\n|---|---|---|---|---|", flush=True)
    for group, make in CASES.items():
        root = tempfile.mkdtemp(prefix="hostile-", dir=arguments.keep)
        try:
            for at, name in enumerate(written(root, make, arguments.only, group)):
                wall, cpu, peak, status, said = run(binary, os.path.join(root, str(at)), arguments)
                bad = status not in (0, 1, 2) or cpu > arguments.seconds or peak > arguments.memory or "panicked" in said or "mistake in archcheck" in said
                if bad:
                    failures.append(f"{name}: {cpu:.1f} s, {peak:.0f} MB, status {status}: {said[:300]}")
                print(f"| {name} | {cpu:.2f} s | {peak:.0f} MB | {status} | {'**' if bad else ''}{told(said)}{'**' if bad else ''} |", flush=True)
        finally:
            if not arguments.keep:
                shutil.rmtree(os.fsencode(root), ignore_errors=True)
    if failures:
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    main()
