//! Configuration files, line by line: `.env`, YAML, TOML, JSON, INI, properties, Dockerfile, compose, shell, Terraform.
//!
//! One loose reading of `key = value` in all of them, because the question is the same everywhere. Vendor formats, private keys and
//! URLs are looked for in the whole text; names and values only where a file is meant to hold real settings.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use regex::bytes::{Captures, Regex};

use super::generic::{self, NameClass};
use super::{SecretHit, SecretKind, curl, jwt, providers, urls};
use crate::rulebook::vocabulary::{Words, api_names, vocabulary};

/// Longest line whose settings are read.
const LINE: usize = 2000;

pub(super) fn scan(path: &str, text: &str) -> Vec<SecretHit> {
    let kind = FileKind::of(path, text);
    if kind == FileKind::Noise {
        return Vec::new();
    }
    // Signed tokens in descriptions and samples show what one looks like.
    let counts = |found: &&providers::Found| kind == FileKind::Settings || found.class != providers::Class::Jwt;
    let formats = providers::find(text);
    let is_description = describes_api(text);
    let is_shown = |at: usize| is_example(text, at) || is_description && is_below_example(text, at);
    let shown = |found: &&providers::Found| !is_shown(found.start);
    let mut hits: Vec<SecretHit> = formats.iter().filter(counts).filter(shown).map(|found| SecretHit::of_format(text, found, 0)).collect();
    if kind == FileKind::Settings {
        hits.extend(
            urls::find(text)
                .iter()
                .filter(|url| !url.of_own_machine && !is_comment(text, url.start))
                .map(|url| SecretHit::of_url(text, url, 0)),
        );
        hits.extend(settings(text, is_code(path)).into_iter().filter(|hit| !is_plain_in_kubernetes(text, hit)));
        hits.extend(curl::find(text));
    }
    without_rows(&mut hits);
    let open = |hit: &SecretHit| !says(text, hit.span.start as usize, &vocabulary().texts.open);
    for hit in &mut hits {
        hit.for_development |= is_in_sandbox(text, hit.span.start as usize);
        hit.for_development |= says(text, hit.span.start as usize, &vocabulary().texts.not_for_production)
            || hit.kind == SecretKind::NamedLiteral && (is_local(text) || says_it_is_none(text.get(hit.redact.range()).unwrap_or("")));
    }
    let has_sections = [".cfg", ".ini", ".toml"].iter().any(|end| path.ends_with(end));
    for hit in hits.iter_mut().filter(|_| has_sections) {
        hit.in_test = is_of_tests(text, hit.span.start as usize);
    }
    hits.retain(|hit| hit.provider || open(hit));
    super::without_repeats(hits)
}

/// Most values of one name in a file of settings; what has more of them is a table of data.
const ROWS: usize = 5;

/// Leaves out the columns of tables: results of measurements, exports, recorded answers.
fn without_rows(hits: &mut Vec<SecretHit>) {
    let mut counts: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for hit in hits.iter().filter(|hit| hit.kind == SecretKind::NamedLiteral) {
        *counts.entry(hit.name.clone()).or_default() += 1;
    }
    hits.retain(|hit| hit.kind != SecretKind::NamedLiteral || counts.get(&hit.name).is_none_or(|&count| count <= ROWS));
}

/// `This-is-NOT-secure!`: whoever sees the value is told to choose another.
fn says_it_is_none(value: &str) -> bool {
    let letters: String = value.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    ["notsecure", "notsecret", "notasecret", "notforproduction", "donotuse"].iter().any(|phrase| letters.contains(phrase))
}

/// How many lines around a value may name the sandbox it is for.
const NEAR: usize = 10;

/// An address of a vendor's sandbox stands beside it: `"apiUrl": "https://api.acorn-sandbox.com"`.
fn is_in_sandbox(text: &str, at: usize) -> bool {
    let names_one = |line: &&str| line.len() <= LINE && line.contains("://") && line.to_ascii_lowercase().contains("sandbox");
    let before = text.get(..at).unwrap_or("").rsplit('\n').skip(1).take(NEAR).any(|line| names_one(&line));
    before || text.get(at..).unwrap_or("").lines().skip(1).take(NEAR).any(|line| names_one(&line))
}

/// Whether a comment at the end of the line, or on the line before, says one of these.
fn says(text: &str, at: usize, phrases: &Words) -> bool {
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let own = text.get(at..).and_then(|rest| rest.lines().next()).unwrap_or("");
    let own = own.find(['#', '/', ';']).and_then(|comment| own.get(comment..)).unwrap_or("");
    let before = text.get(..start.saturating_sub(1)).and_then(|before| before.rsplit('\n').next()).unwrap_or("").trim_start();
    let before = if before.starts_with(['#', ';']) || before.starts_with("//") { before } else { "" };
    [own, before].into_iter().filter(|comment| comment.len() <= LINE).map(str::to_ascii_lowercase).any(|comment| phrases.within(&comment))
}

/// The section it stands in is a test runner's: `[tool:pytest]`, `[testenv]`, `[tool.pytest.ini_options]`.
fn is_of_tests(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or("");
    let section = before.rfind("\n[").map(|start| start + 1).or_else(|| before.starts_with('[').then_some(0));
    let header = section.and_then(|start| before.get(start..)).and_then(|rest| rest.lines().next()).unwrap_or("");
    header.split(|c: char| !c.is_alphanumeric()).any(|word| matches!(word, "pytest" | "test" | "tests" | "testenv"))
}

/// Kubernetes keeps the values of a `Secret` in base 64: what it stands for decides.
fn is_plain_in_kubernetes(text: &str, hit: &SecretHit) -> bool {
    let before = text.get(..hit.span.start as usize).unwrap_or("");
    let start = before.rfind("\n---").unwrap_or(0);
    let is_secret = before.get(start..).is_some_and(|document| document.lines().any(|line| line.trim_end() == "kind: Secret"));
    let value = text.get(hit.span.range()).unwrap_or("");
    let decoded = is_secret.then(|| jwt::base64_url(value.trim_end_matches('='))).flatten().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.is_some_and(|value| !generic::looks_secret(&hit.name, &value))
}

/// Settings that name this machine as their host are those of a developer.
fn is_local(text: &str) -> bool {
    static LOCAL: OnceLock<Option<Regex>> = OnceLock::new();
    // Of bytes, here and below: what they are about is ASCII, and case and blanks of all writing take milliseconds to make.
    let pattern = r#"(?im-u)^[ \t]*(?:export[ \t]+|-[ \t]+)?["']?[a-z0-9_.\-]*(?:host|hostname|url|uri|origin|domain|address|endpoint)["']?[ \t]*[:=][ \t]*["']?(?:[a-z0-9+:]+://)?(?:[^@\s/"']*@)?(?:localhost|127\.0\.0\.1)\b"#;
    LOCAL.get_or_init(|| Regex::new(pattern).ok()).as_ref().is_some_and(|local| local.is_match(text.as_bytes()))
}

/// Source code of other languages: what stands there without quotes is no text.
fn is_code(path: &str) -> bool {
    const CODE: &[&str] = &[
        "c", "cc", "cpp", "cs", "dart", "ex", "exs", "fs", "go", "groovy", "h", "hpp", "java", "kt", "kts", "lua", "m", "php", "pl", "ps1",
        "psm1", "r", "rb", "scala", "swift", "vb",
    ];
    path.rsplit_once('.').is_some_and(|(_, extension)| CODE.contains(&extension.to_ascii_lowercase().as_str()))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FileKind {
    /// Lock files, documentation: nothing to find.
    Noise,
    /// Templates, translations, samples, API descriptions, pipelines of tests: only formats that cannot be mistaken.
    Sample,
    Settings,
}

impl FileKind {
    fn of(path: &str, text: &str) -> FileKind {
        let lower = path.to_ascii_lowercase();
        let name = lower.rsplit('/').next().unwrap_or(&lower);
        if api_names().packages.lock_files.has(name)
            || [".md", ".rst", ".lock", ".svg", ".ipynb", ".snap", ".map"].iter().any(|end| name.ends_with(end))
        {
            return FileKind::Noise;
        }
        let words = generic::words(name);
        let description = describes_api(text) || floor(text, 2000).contains("\"$schema\": \"http");
        let sample = name.ends_with(".sql")
            || !is_base(&lower) && words.iter().any(|word| vocabulary().placeholders.samples.has(word))
            || lower
                .split('/')
                .rev()
                .skip(1)
                .any(|folder| vocabulary().placeholders.folders.has(folder) && !(folder == "examples" && is_of_application(&lower)));
        if sample || description { FileKind::Sample } else { FileKind::Settings }
    }
}

/// What an application reads first, wherever it runs: `config/default.toml`.
fn is_base(lower: &str) -> bool {
    let mut parts = lower.rsplit('/');
    let (name, folder) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    matches!(folder, "config" | "configuration" | "settings")
        && name.strip_prefix("default.").is_some_and(|ending| matches!(ending, "toml" | "yaml" | "yml"))
}

/// The settings of a whole application, which people start theirs from where it is shown: `examples/starter/config/development.yaml`.
fn is_of_application(lower: &str) -> bool {
    lower.split('/').rev().nth(1) == Some("config") && [".yaml", ".yml", ".toml"].iter().any(|end| lower.ends_with(end))
}

/// Lines with a word of a secret's name in them; all others cost one pass.
fn settings(text: &str, quoted: bool) -> Vec<SecretHit> {
    static WORDS: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    let all = || generic::STEMS.iter().copied().chain(providers::words());
    let words = WORDS.get_or_init(|| AhoCorasick::builder().ascii_case_insensitive(true).build(all()).ok());
    let Some(words) = words else { return Vec::new() };
    let (mut hits, mut done) = (Vec::new(), 0);
    for word in words.find_iter(text) {
        if word.start() < done {
            continue;
        }
        let start = text.get(..word.start()).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
        let end = text.get(word.end()..).and_then(|after| after.find('\n')).map_or(text.len(), |end| word.end() + end);
        done = end;
        let line = text.get(start..end).unwrap_or("");
        if line.len() <= LINE && !is_comment(text, start) {
            hits.extend(line_settings(text, line, start, quoted));
        }
    }
    hits
}

/// Bytes of the longest name of a setting.
const LONGEST_KEY: usize = 80;

fn line_settings(text: &str, line: &str, start: usize, quoted: bool) -> Vec<SecretHit> {
    static SETTING: OnceLock<Option<Regex>> = OnceLock::new();
    // A key, a separator (`:`, `=`, `=>`, make's `:=` and `?=`, or the comma of a lookup with a default), a value: quoted, or bare up to a
    // blank. Quoted keys and `--flag=value` included.
    let pattern = r#"(?-u)["']?(?P<key>[A-Za-z_][A-Za-z0-9_.\-]+)(?:["']?[ \t]*(?:=>|\?=|:{0,3}=|:)[ \t]*(?:"(?P<double>[^"\r\n]*)"|'(?P<single>[^'\r\n]*)'|(?P<bare>[^\s"'`#,;{}\[\]()]+))|["'],[ \t]*["'](?P<fallback>[^"'\r\n]*)["']\))"#;
    let Some(setting) = SETTING.get_or_init(|| Regex::new(pattern).ok()) else { return Vec::new() };
    let mut hits: Vec<SecretHit> = setting
        .captures_iter(line.as_bytes())
        .filter(|found| !quoted || found.name("bare").is_none())
        .filter_map(|found| setting_hit(text, start, &found))
        .collect();
    hits.extend(docker_env(text, line, start));
    hits
}

fn setting_hit(text: &str, start: usize, found: &Captures) -> Option<SecretHit> {
    let written = |part: &regex::bytes::Match| text.get(start + part.start()..start + part.end());
    let name = found.name("key").as_ref().and_then(written).filter(|name| name.len() <= LONGEST_KEY)?;
    let value = ["double", "single", "bare", "fallback"].iter().find_map(|group| found.name(group))?;
    // `base64decode(…)`: a call.
    if found.name("bare").is_some() && text.get(start + value.end()..).is_some_and(|after| after.starts_with('(')) {
        return None;
    }
    hit(text, name, written(&value)?, start + value.start())
}

/// `ENV KEY value`, the old form.
fn docker_env(text: &str, line: &str, start: usize) -> Option<SecretHit> {
    let rest = line.trim_start().strip_prefix("ENV ")?;
    let (name, value) = rest.trim_start().split_once([' ', '\t'])?;
    let value = value.trim();
    let at = line.rfind(value)?;
    if name.contains('=') { None } else { hit(text, name, value, start + at) }
}

fn hit(text: &str, name: &str, value: &str, at: usize) -> Option<SecretHit> {
    let value = value.trim_end_matches(['\r', ',']);
    if let Some(vendor) = providers::named(name, value) {
        let named = SecretHit::named(text, vendor, at, at + value.len());
        return Some(SecretHit { kind: SecretKind::ProviderToken, ..named });
    }
    let within = if name == "key" { section(text, at) } else { None };
    let class = generic::classify(name).or_else(|| generic::classify(&format!("{}_{name}", within?)))?;
    // Names of signing secrets are strong evidence, but configuration is full of weak local defaults: the value must convince either way.
    let strong = generic::looks_secret(name, value) && (class != NameClass::Password || value.len() >= 10 || has_symbol(value));
    // A sentence is a poor key, and used as one all the same where nobody is told to put another there.
    let sentence = class == NameClass::Signing && is_sentence(value) && generic::is_literal_secret(value);
    (strong || sentence).then(|| SecretHit::named(text, name, at, at + value.len()))
}

/// `super-long-and-secret-random-key-of-this-application`.
fn is_sentence(value: &str) -> bool {
    let words: Vec<&str> = value.split(['-', '_']).collect();
    value.len() >= 40 && words.len() >= 6 && words.iter().all(|word| word.chars().all(|c| c.is_ascii_alphanumeric()) && !word.is_empty())
}

/// The name of the section that a setting stands in: `jwt` of `"jwt": { "key": … }` and of an indented `key:` below `jwt:`.
fn section(text: &str, at: usize) -> Option<&str> {
    const NEAR: usize = 2000;
    let mut from = at.saturating_sub(NEAR);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let before = text.get(from..at)?;
    let name = |held: &'_ str| -> Option<(usize, usize)> {
        let held = held.trim_end().strip_suffix(':')?.trim_end().trim_end_matches(['"', '\'']);
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let start = held.rfind(|c: char| !is_part(c)).map_or(0, |end| end + 1);
        (start < held.len()).then_some((start, held.len()))
    };
    let mut open = 0;
    for (position, c) in before.char_indices().rev() {
        match c {
            '}' => open += 1,
            '{' if open == 0 => return name(&before[..position]).and_then(|(start, end)| before.get(start..end)),
            '{' => open -= 1,
            _ => {}
        }
    }
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines = before.rsplit('\n');
    let own = indent(lines.next()?);
    let head = lines.find(|line| !line.trim().is_empty() && indent(line) < own)?;
    name(head).and_then(|(start, end)| head.get(start..end))
}

fn has_symbol(value: &str) -> bool {
    value.chars().any(|c| c.is_ascii_punctuation())
}

/// The value of an `example` in a description of an API.
fn is_example(text: &str, at: usize) -> bool {
    let line = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let lead = text.get(line..at).unwrap_or("").trim_start_matches([' ', '\t', '"', '\'', '-']);
    lead.strip_prefix("example").is_some_and(|rest| rest.trim_start_matches(['"', '\'', ' ']).starts_with(':'))
}

/// A description of an API, or a part of one that is kept in a file of its own: an operation with its answers.
fn describes_api(text: &str) -> bool {
    let head = floor(text, 2000);
    let is_operation = || head.contains("operationId") && text.contains("responses");
    ["openapi:", "\"openapi\"", "swagger:", "\"swagger\""].iter().any(|word| head.contains(word)) || is_operation()
}

/// How far back of a value the keys are read below which it stands.
const ABOVE: usize = 1 << 16;

/// The value stands somewhere below an example: `"examples": { "default": { "value": { "key": … } } }`, or the same by indentation.
fn is_below_example(text: &str, at: usize) -> bool {
    let mut from = at.saturating_sub(ABOVE);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let before = text.get(from..at).unwrap_or("");
    let is_example = |key: &str| {
        let key = key.trim_start().trim_start_matches("- ").trim_matches([' ', '\t', '"', '\'']);
        matches!(key, "example" | "examples" | "x-example" | "x-examples")
    };
    if text.trim_start().starts_with('{') {
        let mut closed = 0;
        for (position, c) in before.char_indices().rev() {
            match c {
                '}' | ']' => closed += 1,
                '{' | '[' if closed > 0 => closed -= 1,
                '{' | '[' => {
                    let key = before[..position].trim_end().strip_suffix(':').unwrap_or("").trim_end().trim_end_matches('"');
                    if is_example(key.rsplit('"').next().unwrap_or("")) {
                        return true;
                    }
                }
                _ => {}
            }
        }
        return false;
    }
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines = before.rsplit('\n');
    let mut inner = lines.next().map_or(0, indent);
    for line in lines.filter(|line| !line.trim().is_empty()) {
        if indent(line) < inner {
            inner = indent(line);
            if line.split_once(':').is_some_and(|(key, _)| is_example(key)) {
                return true;
            }
        }
    }
    false
}

/// Whether the line of `at` is a comment up to there.
fn is_comment(text: &str, at: usize) -> bool {
    let line = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let lead = text.get(line..).unwrap_or("").trim_start();
    const STARTS: &[&str] = &["#", "//", ";", "--", "<!--", "::", "REM ", "rem ", "Rem "];
    STARTS.iter().any(|start| lead.starts_with(start))
}

fn floor(text: &str, length: usize) -> &str {
    let mut end = length.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        scan(path, text).iter().map(|hit| text[hit.redact.range()].to_owned()).collect()
    }

    #[test]
    fn every_kind_of_settings_file_is_read() {
        let value = "Zq3vT8xN5mB2kL7p";
        for (path, text) in [
            (".env", format!("A=1\nSECRET_KEY={value}\n")),
            (".env", format!("export API_KEY='{value}' # live\r\n")),
            ("config.yaml", format!("db:\n  password: {value}\n")),
            ("config.yml", format!("  - name: x\n    api_key: \"{value}\"\n")),
            ("settings.toml", format!("secret_key = \"{value}\"\n")),
            ("config/production.json", format!("{{\"jwt\": {{\"secretKey\": \"{value}\"}}, \"a\": 1}}")),
            (
                "config/base.json",
                format!("{{\n  \"a\": {{\"b\": 1}},\n  \"jwt\": {{\n    \"age\": \"1h\",\n    \"key\": \"{value}\"\n  }}\n}}"),
            ),
            ("config/base.yaml", format!("name: a\nsession:\n  age: 1h\n  key: {value}\n")),
            ("app.properties", format!("spring.datasource.password={value}\n")),
            ("Dockerfile", format!("FROM a\nENV API_TOKEN={value}\n")),
            ("Dockerfile", format!("ENV API_TOKEN {value}\n")),
            ("docker-compose.yml", format!("    environment:\n      - JWT_SECRET={value}\n")),
            ("run.sh", format!("curl --token={value} x\n")),
            ("main.tf", format!("  master_password = \"{value}\"\n")),
            ("notes.txt", format!("deploy_token := {value}\n")),
            ("Makefile", format!("API_TOKEN ?= {value}\n")),
            ("notes.txt", format!("GetOr(\"api_token\", \"{value}\")\n")),
        ] {
            assert_eq!(found(path, &text), [value], "{path}: {text}");
        }
    }

    #[test]
    fn references_samples_and_local_defaults_are_left_alone() {
        for (path, text) in [
            (".env", "DB_PASSWORD=\nSECRET_KEY=changeme\nTOKEN=${TOKEN}\nPASSWORD=postgres\n"),
            (".env.example", "SECRET_KEY=Zq3vT8xN5mB2kL7p\n"),
            ("ci.yml", "password: ${{ secrets.PASSWORD }}\nPOSTGRES_PASSWORD: postgres\n"),
            ("package-lock.json", "\"token\": \"Zq3vT8xN5mB2kL7p\""),
            ("config/cache.json", "{\"jwt\": {\"age\": 1}, \"cache\": {\"key\": \"Zq3vT8xN5mB2kL7p\"}}"),
            ("locales/en.json", "{\"password\": \"Passwort-9x!Aq2\"}"),
            (".github/workflows/test.yml", "env:\n  HMAC_KEY: Zq3vT8xN5mB2kL7p\n"),
            ("api.yaml", "openapi: 3.0.0\nexample:\n  password: Zq3vT8xN5mB2kL7p\n"),
            ("a.yml", "# api_key: Zq3vT8xN5mB2kL7p\n"),
            ("a.yml", "secretName: tls-cert-prod\nkey: password\nsecret: db-credentials\n"),
            ("a.tf", "client_key = base64decode(cluster.main.config.0.client_key)\n"),
            ("a.tf", "password = var.db_password\nsecret = data.aws_secret.x.value\n"),
        ] {
            assert_eq!(found(path, text), [""; 0], "{path}: {text}");
        }
    }

    #[test]
    fn code_of_other_languages_quotes_its_texts() {
        let value = "Zq3vT8xN5mB2kL7p";
        assert_eq!(found("Login.cs", &format!("var apiKey = \"{value}\";\n")), [value]);
        for (path, text) in
            [("Login.cs", "string token = minted9.Token.ToText7;\n"), ("deploy.ps1", "$SECRET_KEY=Get-RandomText9 -length 42\n")]
        {
            assert_eq!(found(path, text), [""; 0], "{path}: {text}");
        }
    }

    #[test]
    fn a_comment_and_the_host_say_what_a_value_is_for() {
        let value = "Zq3vT8xN5mB2kL7p";
        let development = |text: &str| scan(".env", text).iter().map(|hit| hit.for_development).collect::<Vec<_>>();
        assert_eq!(development(&format!("API_KEY={value}\n")), [false]);
        assert_eq!(development(&format!("API_KEY={value} # do not use in production\n")), [true]);
        assert_eq!(development(&format!("# for development\nAPI_KEY={value}\n")), [true]);
        assert_eq!(development(&format!("DB_HOST=localhost\nAPI_KEY={value}\n")), [true]);
        assert_eq!(development(&format!("DB_HOST=${{HOST:-localhost}}\nAPI_KEY={value}\n")), [false]);
        assert_eq!(development(&format!("PAY_URL=https://api.pay-sandbox.io\nPAY_SECRET={value}\n")), [true]);
        assert_eq!(development(&format!("PAY_URL=https://api.pay.io\nPAY_SECRET={value}\n")), [false]);
        assert_eq!(development("ENCRYPTION_KEY=This-is-NOT-Secure!9\n"), [true]);
        assert_eq!(development("ENCRYPTION_KEY=This-is-Quite-Secure!9\n"), [false]);
        assert_eq!(development(&format!("REM set API_KEY={value}\n")), [false; 0]);
        assert_eq!(development(&format!("# Public API key: it is safe to commit it\nAPI_KEY={value}\n")), [false; 0]);
    }

    #[test]
    fn a_section_of_a_test_runner_is_test_code() {
        let in_test = |text: &str| scan("setup.cfg", text).iter().map(|hit| hit.in_test).collect::<Vec<_>>();
        assert_eq!(in_test("[tool:pytest]\nenv =\n    SECRET_KEY=Zq3vT8xN5mB2kL7p\n"), [true]);
        assert_eq!(in_test("[tool:pytest]\n\n[app]\nSECRET_KEY=Zq3vT8xN5mB2kL7p\n"), [false]);
    }

    #[test]
    fn kubernetes_hides_nothing() {
        let secret = |value: &str| format!("apiVersion: v1\nkind: Secret\ndata:\n  password: {value}\n---\nkind: Service\n");
        assert_eq!(found("k8s/db.yaml", &secret("cGFzc3dvcmQ=")), [""; 0]);
        assert_eq!(found("k8s/db.yaml", &secret("WnEzdlQ4eE41bUIya0w3cA==")), ["WnEzdlQ4eE41bUIya0w3cA=="]);
    }

    #[test]
    fn examples_of_api_descriptions_show_what_a_token_looks_like() {
        let token = format!("whsec_{}", "C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
        assert_eq!(found("server/openapi.json", &format!("{{\n  \"example\": \"{token}\"\n}}")), [""; 0]);
        assert_eq!(found("config/stripe.json", &format!("{{\n  \"webhook\": \"{token}\"\n}}")), [token.as_str()]);
        let operation = |above: &str| {
            format!(
                "{{\n  \"operationId\": \"addHook\",\n  \"responses\": {{\"200\": {{\"{above}\": {{\"default\": {{\"value\": {{\"key\": \"{token}\"}}}}}}}}}}\n}}"
            )
        };
        assert_eq!(found("schema/hooks/post.json", &operation("examples")), [""; 0]);
        assert_eq!(found("schema/hooks/post.json", &operation("settings")), [token.as_str()]);
        let parts = |above: &str| {
            format!("operationId: addHook\nresponses:\n  '200':\n    {above}:\n      first:\n        value:\n          key: {token}\n")
        };
        assert_eq!(found("schema/hooks/post.yaml", &parts("examples")), [""; 0]);
        assert_eq!(found("schema/hooks/post.yaml", &parts("settings")), [token.as_str()]);
    }

    #[test]
    fn urls_and_keys_are_found_anywhere() {
        assert_eq!(found("alembic.ini", "sqlalchemy.url = postgresql://app:kX9vLq2Tz8@db.acorn.io/app\n"), ["kX9vLq2Tz8"]);
        assert_eq!(found("alembic.ini", "# postgresql://app:kX9vLq2Tz8@db.acorn.io/app\n"), [""; 0]);
    }
}
