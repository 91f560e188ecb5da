//! Passwords in connection URLs: `postgresql://app:hunter2@db.internal/app`.

use crate::rulebook::vocabulary::vocabulary;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::generic;

/// A URL with a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UrlSecret {
    /// Byte range of the password in the text.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) scheme: String,
    pub(super) host: String,
    /// A password that somebody chose, for a database of their own machine: it opens nothing else, unless it is used twice.
    pub(super) of_own_machine: bool,
}

/// A password may stand before the host. Quick to see, where the whole expression takes milliseconds to make.
fn may_name_user(rest: &str) -> bool {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\');
    let mut part = rest.bytes().take_while(|byte| !ends(byte));
    part.any(|byte| byte == b':') && part.any(|byte| byte == b'@')
}

/// Bytes of the longest password that somebody has written.
const LONGEST: usize = 200;

/// Every URL in `text` whose password looks meant.
pub(super) fn find(text: &str) -> Vec<UrlSecret> {
    static URL: OnceLock<Option<Regex>> = OnceLock::new();
    if memchr::memchr(b'@', text.as_bytes()).is_none()
        || !text.match_indices("://").any(|(at, sign)| may_name_user(&text[at + sign.len()..]))
    {
        return Vec::new();
    }
    // Of bytes: classes of all but a few characters, repeated, take milliseconds to make where they mean characters.
    let pattern = r#"(?-u)(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]{1,30})://(?P<user>[^\s:/?#@"'`<>\\]*):(?P<password>[^\s/@"'`<>\\]+)@(?P<host>[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\])"#;
    let Some(url) = URL.get_or_init(|| Regex::new(pattern).ok()) else { return Vec::new() };
    url.captures_iter(text.as_bytes())
        .filter_map(|found| {
            let part = |name| found.name(name).and_then(|part| text.get(part.range())).unwrap_or("");
            let password = found.name("password").filter(|password| password.len() <= LONGEST)?;
            let is_secret = is_meant(part("user"), part("password"), part("host"));
            let of_own_machine = !is_secret && is_chosen(part("user"), part("password"), part("host"));
            (is_secret || of_own_machine).then(|| UrlSecret {
                start: password.start(),
                end: password.end(),
                scheme: part("scheme").to_owned(),
                host: part("host").to_owned(),
                of_own_machine,
            })
        })
        .collect()
}

/// Not a placeholder, not documentation, not the usual defaults of a local database.
fn is_meant(user: &str, password: &str, host: &str) -> bool {
    if !generic::is_literal_secret(password)
        || (!user.is_empty() && generic::is_placeholder(user))
        || password.contains(['{', '}', '$', '%', '*', '<', '>', '(', ')', '|', ',', ';'])
    {
        return false;
    }
    let host = host.to_ascii_lowercase();
    if vocabulary().examples.hosts.within(&host) || host == "host" || host == "server" {
        return false;
    }
    if is_weak(user, password) {
        // A name as password opens a local container, and only that; a remote host with one is a real hole.
        return !is_local(&host) && host.contains('.') && !is_usual(password);
    }
    !is_local(&host) || generic::looks_secret("password", password)
}

/// A word with numbers that is neither what documentation uses nor the user's name, for this machine.
fn is_chosen(user: &str, password: &str, host: &str) -> bool {
    let has = |test: fn(&char) -> bool| password.chars().any(|c| test(&c));
    let host = host.to_ascii_lowercase();
    generic::is_literal_secret(password)
        && !generic::is_placeholder(user)
        && password.len() >= 8
        && password.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '!' | '#' | '-' | '_' | '.'))
        && has(char::is_ascii_digit)
        && has(char::is_ascii_alphabetic)
        && !generic::is_dull(password)
        && !(user.len() >= 3 && password.to_ascii_lowercase().contains(&user.to_ascii_lowercase()))
        && (host == "localhost" || host.starts_with("127."))
}

fn is_weak(user: &str, password: &str) -> bool {
    let says_user = user.len() >= 3 && password.to_ascii_lowercase().contains(&user.to_ascii_lowercase());
    says_user
        || password.eq_ignore_ascii_case(user)
        || is_usual(password)
        || password.len() < 8
        || !generic::looks_secret("password", password)
}

/// What documentation and containers use.
fn is_usual(password: &str) -> bool {
    vocabulary().placeholders.usual.has(password.to_ascii_lowercase())
}

/// This machine, or a name that only a container network knows.
fn is_local(host: &str) -> bool {
    let private = host == "0.0.0.0"
        || host.starts_with("127.")
        || host.starts_with("10.")
        || host.starts_with("192.168.")
        || host.starts_with("172.");
    private
        || !host.contains('.')
        || host.starts_with('[')
        || host.ends_with(".local")
        || host.ends_with(".localhost")
        || host.ends_with(".docker.internal")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_is_meant_is_found_with_its_place() {
        let text = "url = 'postgresql+asyncpg://app:kX9vLq2Tz8@db.prod.acorn.io:5432/app'";
        let found = find(text);
        assert_eq!(found.len(), 1);
        assert_eq!(&text[found[0].start..found[0].end], "kX9vLq2Tz8");
        assert_eq!(found[0].host, "db.prod.acorn.io");
        assert_eq!(find("redis://:kX9vLq2Tz8@cache:6379").len(), 1);
        let own = find("postgresql://shop:bettina42@localhost/shop");
        assert!(own.len() == 1 && own[0].of_own_machine);
    }

    #[test]
    fn defaults_placeholders_and_documentation_are_not() {
        for url in [
            "postgresql://postgres:postgres@localhost:5432/app",
            "postgres://user:password@host:5432/db",
            "mysql://root:root@db/app",
            "amqp://guest:guest@rabbitmq//",
            "postgres://${USER}:${PASSWORD}@db.acorn.io/app",
            "postgres://{user}:{password}@db.acorn.io",
            "https://user:pass@example.com/",
            "http://localhost:3000/@user",
            "https://medium.com:443/@someone",
            "postgres://app:%s@db.acorn.io",
            "mongodb+srv://<user>:<password>@cluster0.acorn.io",
            "postgresql://postgres:password123@localhost/app",
            "postgresql://acorn:acorn2024@localhost/app",
            "postgresql://app:bettina42@db:5432/app",
        ] {
            assert_eq!(find(url), [], "{url}");
        }
    }
}
