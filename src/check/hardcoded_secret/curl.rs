//! Credentials in `curl` commands: `-u name:password`, `-H "Authorization: Bearer …"`. In scripts, and in notes of what somebody typed.

use crate::rulebook::vocabulary::vocabulary;
use std::sync::OnceLock;

use memchr::memmem;
use regex::Regex;

use super::{SecretHit, SecretKind, entropy, generic, jwt};

/// Longest command that is read, with its continued lines.
const COMMAND: usize = 4000;

/// The credentials that are written out in the commands of a text.
pub(super) fn find(text: &str) -> Vec<SecretHit> {
    let mut hits = Vec::new();
    let mut done = 0;
    for start in memmem::find_iter(text.as_bytes(), "curl") {
        if start < done {
            continue;
        }
        let command = command(text.get(start..).unwrap_or(""));
        done = start + command.len();
        hits.extend(header(text, command, start));
        hits.extend(user(text, command, start));
    }
    hits
}

/// Up to the end of a line that no backslash continues, and of the headers that stand under it all the same.
fn command(text: &str) -> &str {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        let continues = line.trim_end().ends_with('\\');
        let option = text.get(end + line.len()..).unwrap_or("").trim_start_matches([' ', '\t', '#']).starts_with('-');
        end += line.len();
        if (!continues && !option) || end > COMMAND {
            break;
        }
    }
    text.get(..end).unwrap_or(text)
}

fn header(text: &str, command: &str, base: usize) -> Vec<SecretHit> {
    static HEADER: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = r#"(?:-H|--header)[ =\t]*["'](?P<name>[A-Za-z0-9-]{2,40})[ \t]*:[ \t]*(?:(?P<scheme>(?i:basic|bearer|token|api-token|apikey|key))[ \t]+)?(?P<value>[^\s"'\\]{6,})["']"#;
    let Some(header) = HEADER.get_or_init(|| Regex::new(pattern).ok()) else { return Vec::new() };
    let mut hits = Vec::new();
    for found in header.captures_iter(command) {
        let (Some(name), Some(value)) = (found.name("name"), found.name("value")) else { continue };
        let scheme = found.name("scheme").map_or(String::new(), |scheme| scheme.as_str().to_ascii_lowercase());
        let carries = name.as_str().eq_ignore_ascii_case("authorization") || generic::classify(name.as_str()).is_some();
        let real = match scheme.as_str() {
            "basic" => is_basic(value.as_str()),
            _ => is_token(value.as_str()),
        };
        if carries && real {
            hits.push(hit(text, name.as_str(), base + value.start(), base + value.end()));
        }
    }
    hits
}

fn user(text: &str, command: &str, base: usize) -> Option<SecretHit> {
    static USER: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = r#"[ \t](?:-u|--user)[ =\t]*(?:"(?P<double>[^"\r\n]{3,200})"|'(?P<single>[^'\r\n]{3,200})'|(?P<bare>[^\s"'\\]{1,100}:(?:'[^'\r\n]{3,100}'|[^\s"'\\]{3,100})))"#;
    let user = USER.get_or_init(|| Regex::new(pattern).ok()).as_ref()?;
    let found = user.captures(command)?;
    let pair = ["double", "single", "bare"].iter().find_map(|group| found.name(group))?;
    let (name, password) = pair.as_str().split_once(':')?;
    // A token may be given as the name, with nothing after it.
    let (name, value, at) = if password.is_empty() { ("", name, 0) } else { (name, password, name.len() + 1) };
    let quotes = usize::from(value.starts_with('\''));
    let value = value.trim_matches('\'');
    let start = base + pair.start() + at + quotes;
    is_password(name, value).then(|| hit(text, "--user", start, start + value.len()))
}

fn hit(text: &str, name: &str, start: usize, end: usize) -> SecretHit {
    SecretHit { kind: SecretKind::CommandLine, ..SecretHit::named(text, name, start, end) }
}

/// Not what documentation writes: `user:pass`, `$TOKEN`, `<token>`, `test:test`.
fn is_password(name: &str, value: &str) -> bool {
    let shown =
        |text: &str| text.starts_with(['$', '<', '{', '[', '%']) || text.contains("${") || text.contains("$(") || text.contains("{{");
    let lower = value.to_ascii_lowercase();
    value.len() >= 8
        && !shown(name)
        && !shown(value)
        && !generic::is_placeholder(value)
        && !vocabulary().placeholders.usual_for_curl.has(lower)
        && name != value
        && !generic::is_identifier(value)
        && entropy::shannon(value) >= 2.5
}

fn is_token(value: &str) -> bool {
    let any = |test: fn(&u8) -> bool| value.bytes().any(|byte| test(&byte));
    let random = any(u8::is_ascii_digit) && any(u8::is_ascii_alphabetic);
    let token = value.split_once('~').map_or(value, |(_, token)| token);
    let signed = value.matches('.').count() == 2 && value.starts_with("eyJ");
    random
        && value.len() >= 10
        && !value.starts_with(['$', '<', '{', '[', '%'])
        && !value.contains(['{', '<', '$'])
        && !generic::is_placeholder(token)
        && !generic::is_identifier(value)
        && !generic::is_sequence(value)
        && entropy::longest_run(value) < 6
        && entropy::shannon(value) >= 2.8
        && (!signed || jwt::is_credential(value))
}

/// `name:password` in base 64.
fn is_basic(value: &str) -> bool {
    let Some(decoded) = jwt::base64_url(value.trim_end_matches('=')).and_then(|bytes| String::from_utf8(bytes).ok()) else { return false };
    decoded.split_once(':').is_some_and(|(name, password)| name != password && password.len() >= 4 && !generic::is_placeholder(password))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        find(text).iter().map(|hit| text[hit.redact.range()].to_owned()).collect()
    }

    #[test]
    fn what_is_written_out_is_found() {
        assert_eq!(found("curl -s -u deploy:kX9-vLq2-Tz8w https://acorn.io"), ["kX9-vLq2-Tz8w"]);
        assert_eq!(found("curl --user 'kX9-vLq2-Tz8w:' https://acorn.io"), ["kX9-vLq2-Tz8w"]);
        assert_eq!(found("curl -X POST \\\n  -H \"Authorization: Token 8f3a91c27be04d56\" \\\n  https://acorn.io"), ["8f3a91c27be04d56"]);
        assert_eq!(found("curl -H 'X-Api-Key: kX9vLq2Tz8wB' https://acorn.io"), ["kX9vLq2Tz8wB"]);
        // `deploy:kX9vLq2Tz8`
        assert_eq!(found("curl -H 'Authorization: Basic ZGVwbG95OmtYOXZMcTJUejg=' x").len(), 1);
    }

    #[test]
    fn what_documentation_writes_is_not() {
        for text in [
            "curl -u user:password x",
            "curl -u \"$NAME:$PASSWORD\" x",
            "curl -u '{{ name }}:{{ password }}' x",
            "curl -H \"Authorization: Bearer $TOKEN\" x",
            "curl -H 'Authorization: Bearer <token>' x",
            "curl -H 'Authorization: Bearer XXXXXXXXXXXX' x",
            "curl -H 'Content-Type: application/x-www-form-urlencoded' x",
            "curl -u someone https://acorn.io:8080/",
            "curl -H 'Authorization: Basic ...' x",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
