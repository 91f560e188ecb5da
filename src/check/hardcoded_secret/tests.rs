//! The scan of source files, text in, marks out; and the rule's own page.

use super::*;
use crate::languages::{python, rust, typescript};
use crate::model::source::{Family, Language, LineIndex};
use crate::rulebook::Rulebook;

fn scan_any(path: &str, text: &str) -> Vec<SecretHit> {
    match Language::of_path(path) {
        Some(language) => scan_source(&match language.family() {
            Family::Python => python::lower(text),
            Family::TypeScript => typescript::lower::lower(text, language),
            Family::Rust => rust::lower(text),
        }),
        None => scan_text(path, text),
    }
}

/// One-based lines with a hit that is told; in test code, the strong ones.
fn lines(path: &str, text: &str) -> Vec<u32> {
    let index = LineIndex::new(text);
    let hits = scan_any(path, text);
    let mut lines: Vec<u32> = hits.iter().filter(|hit| hit.strong || !hit.in_test).map(|hit| index.line(hit.span.start) + 1).collect();
    lines.dedup();
    lines
}

/// One-based lines that are marked.
fn marked(text: &str) -> Vec<u32> {
    let is_marked = |line: &str| {
        ["expect: ", "expect(note): ", "expect(warning): ", "expect(error): "]
            .iter()
            .any(|mark| line.contains(&format!("{mark}hardcoded-secret")))
    };
    (1..).zip(text.lines()).filter(|(_, line)| is_marked(line)).map(|(line, _)| line).collect()
}

fn check(path: &str, text: &str) {
    let found = lines(path, text);
    assert_eq!(found, marked(text), "{path}: {:#?}", scan_any(path, text));
}

#[test]
fn the_page_s_examples_hold() {
    let book = Rulebook::built_in();
    let rule = book.rule("hardcoded-secret").expect("the rule has a page");
    // What counts in tests, also in settings for them, and in translations is judged after the scan.
    let judged_later = |path: &str| path.starts_with("tests/") || path == "settings/ci.py" || path.contains("/locales/");
    let files: Vec<_> = rule.examples().into_iter().flat_map(|example| example.files).filter(|file| !judged_later(&file.path)).collect();
    assert!(files.len() >= 10);
    for file in files {
        check(&file.path, &file.text);
    }
}

#[test]
fn python() {
    check(
        "a.py",
        r#"
import hmac, os, jwt, redis
from app.models import User
SECRET = "top-hat-and-cane"  # expect: hardcoded-secret
app.secret_key = "s3cr-et-of-flask"  # expect: hardcoded-secret
app.config["SECRET_KEY"] = b"\x5f#y2L'F4Q8z"  # expect: hardcoded-secret
app.config["SECRET_KEY"] = os.urandom(24)
cache = redis.Redis(host="cache.acorn.io", password="abc")  # expect: hardcoded-secret
local = redis.Redis(host="localhost", password="abc")
mac = hmac.new(pepper.encode("utf-8"), message.encode("utf-8"), "sha256")
mac = hmac.new(b"pepper-and-salt", message, "sha256")  # expect: hardcoded-secret
def login(password: str = "kX9vLq2Tz8"):  # expect: hardcoded-secret
    if password == "Zq3vT8xN5mB2kL7p":  # expect: hardcoded-secret
        return "Zq3vT8xN5mB2kL7p"
    return jwt.encode({}, key=SECRET)
User(username="admin", password="123456")  # expect: hardcoded-secret
User(username="username", password="password")
User(username=name, password="123456")
token = "{}:{}".format(user, password)
password = f"{prefix}-kX9vLq2Tz8"
"#,
    );
}

#[test]
fn a_constant_of_the_module_is_followed_to_its_literal() {
    check(
        "a.js",
        "const jwt = require('jsonwebtoken');\nconst pepper = 'shhh'; // expect: hardcoded-secret\nmodule.exports = claims => jwt.sign(claims, pepper);\n",
    );
    check("a.js", "const jwt = require('jsonwebtoken');\nconst pepper = load();\nmodule.exports = claims => jwt.sign(claims, pepper);\n");
}

#[test]
fn a_name_is_followed_where_it_has_one_value() {
    check(
        "a.js",
        r#"
const session = require('express-session');
const jwt = require('jsonwebtoken');
function one() { const k = 'shhh'; return jwt.sign({}, k); } // expect: hardcoded-secret
function two() { const k = load(); return jwt.sign({}, k); }
function three(k) { return jwt.sign({}, k); }
function four() { let k = 'shhh'; k = load(); return jwt.sign({}, k); }
const k = 'outer';
const options = {
    secret: 'myscecret', // expect: hardcoded-secret
};
app.use(session(options));
"#,
    );
}

#[test]
fn typescript() {
    check(
        "a.tsx",
        r#"
import { createHmac } from 'crypto';
import mysql from 'mysql2';
const expected = hmac.digest('hex');
const mac = createHmac('sha256', Buffer.from('kekse')); // expect: hardcoded-secret
const wrapped = createHmac('sha256', process.env.KEY!);
const db = mysql.createConnection({ host: 'db.acorn.io', user: 'app', password: 'abc' }); // expect: hardcoded-secret
const dev = mysql.createConnection({ host: 'localhost', user: 'root', password: 'root' });
const env = mysql.createConnection({ host: 'db.acorn.io', user: 'app', password: process.env.PASSWORD });
const POSTHOG_API_KEY = 'phc_9CipPajQC22mSkk2wxe2TXsUA0Ysyupe8dt5KQQELqx';
const url = `postgres://${user}:${password}@db.acorn.io/app`;
export class Config { private readonly apiKey = 'Zq3vT8xN5mB2kL7p'; } // expect: hardcoded-secret
prisma.user.create({ data: { email: 'root@acorn.io', password: '123456' } }); // expect: hardcoded-secret
new User({ username: 'root@acorn.io', password: 'Acorns4All' }).save(); // expect: hardcoded-secret
new UserForm({ username: 'root@acorn.io', password: 'Acorns4All' });
describe({ value: { email: 'root@acorn.io', password: '123456' } });
const field = <Field placeholder="6660491268:AAFMGmajZOVewpMNZCgJr5H7cpXpoZPgvXx" />;
const form = <input type="password" name="password" placeholder="Zq3vT8xN5mB2kL7p" />;
"#,
    );
}

#[test]
fn rust_code() {
    check(
        "a.rs",
        r##"
const SECRET: &str = "8Xui8SN4mI+7egV/9dlfYYLGQJeEx4+DwmSQLwDVXJg="; // expect: hardcoded-secret
fn config() -> Config {
    let password_hash = "$argon2id$v=19$m=15000,t=2,p=1$gZiV/M1gPc22ElAH/Jh1Hw$CWOrkoo7oJBQ/iyh7uJ0LO2aLEfrHwTWllSAxT0zRno".to_string();
    Config { api_key: "Zq3vT8xN5mB2kL7p".into(), host: "Zq3vT8xN5mB2kL7p".into() } // expect: hardcoded-secret
}
fn run() { Command::new("x").env("SECRET_KEY", "open sesame"); }
"##,
    );
    let test = "#[cfg(test)]\nmod tests {\n    const SECRET_KEY: &str = \"Zq3vT8xN5mB2kL7p\";\n}\n";
    assert!(scan_any("a.rs", test).iter().all(|hit| hit.in_test));
    assert_eq!(scan_any("a.rs", test).len(), 1);
}

#[test]
fn the_bytes_to_blot_out_are_the_value_itself() {
    let text = "API_KEY = 'Zq3vT8xN5mB2kL7p'\nTOKEN = '''Zq3vT8xN5mB2kL7q'''\n";
    let hits = scan_any("a.py", text);
    assert_eq!(&text[hits[0].redact.range()], "Zq3vT8xN5mB2kL7p");
    // Not in plain quotes: the whole literal.
    assert_eq!(&text[hits[1].redact.range()], "'''Zq3vT8xN5mB2kL7q'''");
    assert!(hits.iter().all(|hit| !hit.message().contains("Zq3vT8xN5mB2kL7")));
}

#[test]
fn half_of_a_credential_alone_is_known_as_such() {
    // Joined here, so that no scanner takes this file for a leak.
    let id = ["AKIA", "QYLPMN5HHHFPZAM2"].concat();
    let other = ["kX9vLq2Tz8Rm4Wp7", "Bs3Nd6Yf1Hc5Jg0Qa2Ue", "8Zi4"].concat();
    let alone = format!("ID = os.getenv('ID', '{id}')\nREST = os.getenv('REST')\n");
    let both = format!("ID = '{id}'\nREST = '{other}'\n");
    for path in ["a.py", "a.env"] {
        let hits = |text: &str| scan_any(path, text).into_iter().filter(|hit| hit.provider).map(|hit| hit.alone).collect::<Vec<_>>();
        assert!(hits(&alone).iter().all(|alone| *alone), "{path}");
        assert_eq!(hits(&both), [false], "{path}");
    }
    assert_eq!(scan_any("a.py", &alone).len(), 1);
}
