//! Secrets without a vendor's format: is this *name* one of a secret, and does this *value* look like a real one?
//!
//! Names are split into words and compared by words: `pass` is in `db_pass`, not in `bypass`. Values must survive every innocent
//! explanation: placeholder, identifier, sentence, path, reference to a secret kept elsewhere, hash.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use super::entropy;
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// What kind of secret a name promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameClass {
    /// Signs or encrypts: `SECRET_KEY`, `jwtSecret`, `encryption_key`. Even a weak literal is a flaw.
    Signing,
    /// `password`, `db_pass`, `pwd`.
    Password,
    /// Opens somebody else's door: `api_key`, `accessToken`, `client_secret`.
    Token,
}

/// The words of a name in any convention, in lower case: `DBPassword`, `db-password`, `db_password` → `db`, `password`.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let characters: Vec<char> = name.chars().collect();
    for (at, &c) in characters.iter().enumerate() {
        let previous = at.checked_sub(1).and_then(|at| characters.get(at)).copied().unwrap_or('_');
        let next_lower = characters.get(at + 1).is_some_and(|next| next.is_lowercase());
        let starts = c.is_uppercase() && (previous.is_lowercase() || previous.is_ascii_digit() || (previous.is_uppercase() && next_lower));
        if (starts || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// One of these is in every name of a secret.
pub(super) const STEMS: &[&str] = &["pass", "pw", "secret", "key", "token", "cred", "auth"];

/// False when no name in the text is one of a password, as [`classify`] knows them.
pub(super) fn may_hold_password(names: &str) -> bool {
    static SEARCH: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    let stems = SEARCH.get_or_init(|| AhoCorasick::builder().ascii_case_insensitive(true).build(["pass", "pw"]).ok());
    stems.as_ref().is_none_or(|stems| stems.is_match(names))
}

/// Bytes after a name in which its value begins.
const REACH: usize = 160;

/// The names in a text, read in order.
pub(super) struct Names<'t> {
    text: &'t str,
    /// As far as they are read.
    read: usize,
}

impl<'t> Names<'t> {
    pub(super) fn of(text: &'t str) -> Names<'t> {
        Names { text, read: 0 }
    }

    /// False when no name of a secret stands around a [stem](STEMS), or no literal without blanks follows it closely enough to be its value.
    pub(super) fn is_given_at(&mut self, stem: usize) -> bool {
        let Names { text, read } = self;
        if stem < *read || !text.is_char_boundary(stem) {
            return false;
        }
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$');
        let start = text[..stem].trim_end_matches(is_part).len();
        let end = text.len() - text[stem..].trim_start_matches(is_part).len();
        *read = end;
        classify(&text[start..end]).is_some() && has_value(&text[end..])
    }
}

/// A literal that may be a secret begins soon.
fn has_value(after: &str) -> bool {
    let reach = (0..=REACH.min(after.len())).rev().find(|&end| after.is_char_boundary(end)).unwrap_or(0);
    let mut opens = after[..reach].match_indices(['"', '\'', '`']);
    opens.any(|(at, quote)| {
        let value = &after[at + 1..];
        let length = value.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`')).unwrap_or(value.len());
        length >= SHORTEST && value[length..].starts_with(quote) && !is_placeholder(&value[..length])
    })
}

/// Characters of the shortest value that anything says is a secret.
const SHORTEST: usize = 4;

/// What a name promises, if it is one of a secret.
pub(super) fn classify(name: &str) -> Option<NameClass> {
    static SEARCH: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    let stems = SEARCH.get_or_init(|| AhoCorasick::builder().ascii_case_insensitive(true).build(STEMS).ok());
    if stems.as_ref().is_some_and(|stems| !stems.is_match(name)) {
        return None;
    }
    // What bundlers put into pages is there to be seen.
    if api_names().settings.shown.within(name) {
        return None;
    }
    let words = words(name);
    let words: Vec<&str> =
        words.iter().map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit())).filter(|word| !word.is_empty()).collect();
    // `PASSWORD_FOR_MAIL`: for what it is comes after it.
    let words = match words.iter().position(|&word| word == "for") {
        Some(at) if at > 0 => &words[..at],
        _ => &words[..],
    };
    let tails = words.iter().rev().take_while(|word| vocabulary().secrets.tails.has(word)).count();
    let words = words.get(..words.len().saturating_sub(tails)).unwrap_or(&[]);
    let (last, before) = words.split_last()?;
    let (class, used) = match (*last, before.last().copied().unwrap_or("")) {
        ("password" | "passwd" | "passphrase" | "passcode" | "pwd" | "pw" | "userpassword" | "dbpassword", _) => (NameClass::Password, 0),
        (
            "pass",
            "" | "db" | "database" | "smtp" | "mail" | "email" | "user" | "admin" | "root" | "mysql" | "postgres" | "pg" | "redis"
            | "mongo" | "rabbitmq" | "mq" | "auth" | "ftp" | "ssh",
        ) => (NameClass::Password, 0),
        ("secret" | "secrets", "client" | "api" | "app" | "consumer" | "oauth" | "webhook" | "access") => (NameClass::Token, 1),
        ("secret" | "secrets" | "secretkey" | "jwtsecret" | "secretkeybase", _) => (NameClass::Signing, 0),
        (
            "key",
            "secret" | "signing" | "encryption" | "encrypt" | "cipher" | "crypto" | "hmac" | "aes" | "gcm" | "jwt" | "session" | "cookie"
            | "master",
        ) => (NameClass::Signing, 1),
        ("key", "api" | "private" | "access" | "auth" | "client" | "app" | "account" | "service" | "license" | "licence" | "shared") => {
            (NameClass::Token, 1)
        }
        ("word" | "phrase", "secret") => (NameClass::Signing, 1),
        ("token" | "tokens", _) => (NameClass::Token, 0),
        (
            "apikey" | "apitoken" | "authtoken" | "accesstoken" | "privatekey" | "clientsecret" | "accesskey" | "apisecret" | "authkey",
            _,
        ) => (NameClass::Token, 0),
        ("credential" | "credentials", _) => (NameClass::Token, 0),
        ("auth", "user" | "basic" | "http" | "docker" | "registry" | "npm" | "") => (NameClass::Token, 1),
        _ => return None,
    };
    // `AUTH_COOKIE_KEY` is the key under which a cookie is kept; `COOKIE_KEY` and `SESSION_COOKIE_KEY` sign it.
    if words.ends_with(&["auth", "cookie", "key"]) || words.ends_with(&["token", "cookie", "key"]) {
        return None;
    }
    let before = before.get(..before.len().saturating_sub(used)).unwrap_or(&[]);
    // `S3_SECRET_KEY` opens a store, and signs nothing of the project's.
    let of_store = class == NameClass::Signing && before.iter().any(|word| vocabulary().secrets.of_stores.has(word));
    let class = if of_store { NameClass::Token } else { class };
    (!before.iter().any(|word| vocabulary().secrets.not_before.has(word))).then_some(class)
}

/// True for a value that stands for one still to come, or names where it is kept.
pub(super) fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    let lower = value.to_ascii_lowercase();
    if is_generated_key(value) {
        return false;
    }
    value.is_empty()
        || vocabulary().placeholders.whole.has(&lower)
        || vocabulary().placeholders.starts.starts(&lower)
        || vocabulary().placeholders.inside.within(&lower)
        || entropy::longest_run(value) == value.chars().count()
}

/// Only its key management service can read it: what Google's (`CiQA…`) and Amazon's (`AQICAH…`) encryption gives in base 64.
fn is_ciphertext(value: &str) -> bool {
    value.len() >= 64 && ["CiQA", "CiUA", "CiEA", "AQICAH", "AQECAH"].iter().any(|start| value.starts_with(start))
}

/// Words joined by marks: scopes of a highlighter (`support.function.C99.c`), names of kinds (`APP|FileStore|Credentials`). A digit is rare in them, and in a random value it is not.
fn is_joined_words(value: &str) -> bool {
    let pieces: Vec<&str> = value.split(['.', '|', ':', '/']).collect();
    let is_word = |piece: &str| (1..=24).contains(&piece.len()) && piece.chars().all(|c| c.is_ascii_alphabetic() || c == '_' || c == '-');
    let words = pieces.iter().filter(|piece| is_word(piece)).count();
    let is_short = pieces.iter().all(|piece| is_word(piece) || (1..=4).contains(&piece.len()));
    is_short && pieces.len() >= 2 && (words == pieces.len() || pieces.len() >= 3 && words >= 2)
}

/// A stand-in of one sign with marks between (`0000-00-0000`), or made of runs: `abc123def456`, `54321abcde`.
fn is_stand_in_pattern(value: &str) -> bool {
    let signs: Vec<u8> = value.bytes().filter(u8::is_ascii_alphanumeric).map(|sign| sign.to_ascii_lowercase()).collect();
    let is_run = |three: &[u8]| three.windows(2).all(|pair| pair[1] == pair[0] + 1 || (pair[0], pair[1]) == (b'9', b'0'));
    let same = signs.len() >= 4 && signs.iter().all(|&sign| sign == signs[0]);
    same || entropy::is_made_of_runs(&signs) || signs.len() >= 9 && signs.len().is_multiple_of(3) && signs.chunks(3).all(is_run)
}

/// A key as Django makes them for new projects (`get_random_secret_key`): with any of its signs in front, and any two beside each other.
fn is_generated_key(value: &str) -> bool {
    const SIGNS: &str = "!@#$%^&*(-_=+)";
    let signs: std::collections::BTreeSet<char> = value.chars().filter(|&c| SIGNS.contains(c)).collect();
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let letters = value.chars().filter(char::is_ascii_lowercase).count();
    value.len() == 50
        && digits + letters + value.chars().filter(|&c| SIGNS.contains(c)).count() == 50
        && signs.len() >= 4
        && digits >= 4
        && letters >= 12
}

/// True for a value that says the same as its name, or as the end of it: `PASSWORD_RESET = "password_reset"`, `JWT_SECRET: 'jwt-secret'`,
/// `ATTR_PRIVATE_KEY = "private_key"`.
pub(super) fn says_its_name(name: &str, value: &str) -> bool {
    let (name, told) = (words(name).concat(), words(value));
    let value = told.concat();
    name == value || told.len() >= 2 && name.ends_with(&value)
}

/// The name under which something is kept, with the application's before it: `AUTH_TOKEN = "orchardapp_authToken"`.
fn ends_with_its_name(name: &str, value: &str) -> bool {
    let (name, told) = (words(name), words(value));
    name.len() >= 2 && told.len() > name.len() && told.ends_with(&name) && told.iter().all(|word| word.chars().all(char::is_alphabetic))
}

/// The words from which a wallet's keys are made: twelve to twenty-four, as BIP 39 counts them.
pub(super) fn is_seed_phrase(name: &str, value: &str) -> bool {
    if !(11..=23).contains(&value.bytes().filter(|&byte| byte == b' ').count()) {
        return false;
    }
    let named = words(name);
    let promises = named.last().is_some_and(|last| last == "mnemonic")
        || matches!(&named[..], [.., kind, last] if matches!(kind.as_str(), "seed" | "recovery" | "mnemonic" | "wallet") && matches!(last.as_str(), "phrase" | "words"));
    let parts: Vec<&str> = value.split(' ').collect();
    let varied = parts.iter().collect::<std::collections::BTreeSet<_>>().len() * 2 > parts.len();
    promises
        && varied
        && matches!(parts.len(), 12 | 15 | 18 | 21 | 24)
        && parts.iter().all(|part| (3..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// The hash of a password: not the password.
pub(super) fn is_password_hash(value: &str) -> bool {
    let lower = value.trim_start().to_ascii_lowercase();
    api_names().hashing.formats.starts(&lower)
}

/// A value that is a name of something: words joined by `_ - . : /`, camel case, constants.
pub(super) fn is_identifier(value: &str) -> bool {
    if !value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/' | '@')) {
        return false;
    }
    let pieces = words(value);
    let short_number = |piece: &str| piece.len() <= 4 && piece.chars().all(|c| c.is_ascii_digit());
    !pieces.is_empty()
        && pieces.iter().all(|piece| short_number(piece) || is_wordlike(piece.trim_end_matches(|c: char| c.is_ascii_digit())))
}

/// Letters that a person could pronounce.
fn is_wordlike(piece: &str) -> bool {
    if vocabulary().placeholders.acronyms.has(piece) {
        return true;
    }
    let is_vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    let letters = piece.chars().count();
    let vowels = piece.chars().filter(|&c| is_vowel(c)).count();
    let consonants = piece.split(is_vowel).map(str::len).max().unwrap_or(0);
    (2..=16).contains(&letters) && piece.chars().all(|c| c.is_ascii_lowercase()) && vowels * 5 >= letters && consonants <= 4
}

/// A value for which a credential position is evidence enough: anything but placeholders, hashes and references.
pub(super) fn is_literal_secret(value: &str) -> bool {
    let length = value.chars().count();
    (1..=4096).contains(&length)
        && !is_placeholder(value)
        && !is_stand_in_pattern(value)
        && !is_password_hash(value)
        && !is_ciphertext(value)
        && !value.contains("://")
        && !is_path(value)
}

/// A value that looks like a real secret on its own, given that its name says so.
pub(super) fn looks_secret(name: &str, value: &str) -> bool {
    let length = value.chars().count();
    let fits = (8..=512).contains(&length) && value.chars().all(|c| c.is_ascii_graphic());
    fits && is_literal_secret(value)
        && !says_its_name(name, value)
        && !ends_with_its_name(name, value)
        && !is_identifier(value)
        && !is_joined_words(value)
        && !is_dull(value)
        && !is_public(value)
        && !is_flag(value)
        && (is_key_of_django(value) || !value.contains(['<', '>', '{', '}', '(', ')', '[', ']', '"', '\'', '`', '\\', ' ', ',', ';']))
        && is_random(value)
}

/// An option of a command line: `token === "--archiveAgeMs"`.
fn is_flag(value: &str) -> bool {
    value.strip_prefix("--").is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// What `get_random_secret_key()` of Django gives, brackets among it.
fn is_key_of_django(value: &str) -> bool {
    let signs = value.chars().filter(|c| !c.is_ascii_alphanumeric()).count();
    value.len() == 50
        && (4..=30).contains(&signs)
        && value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "!@#$%^&*(-_=+)".contains(c))
}

/// Keys that are meant to be seen by clients: publishable keys, ingestion keys of analytics, addresses.
fn is_public(value: &str) -> bool {
    // The key of a build cache that may only be read says so.
    let reads = || super::jwt::base64_url(value.trim_end_matches('=')).is_some_and(|bytes| bytes.ends_with(b"|read"));
    api_names().hashing.public_keys.starts(value) || reads()
}

/// An alphabet or a row of digits where a value should be.
pub(super) fn is_sequence(value: &str) -> bool {
    entropy::longest_sequence(value) >= 8 || entropy::is_periodic(value)
}

/// Made of the words samples are made of, or of a keyboard's rows.
pub(super) fn is_dull(value: &str) -> bool {
    const WORDS: &[&str] = &[
        "password",
        "passwort",
        "passwd",
        "p@ssw0rd",
        "passw0rd",
        "p@ssword",
        "pass",
        "secret",
        "s3cr3t",
        "token",
        "apikey",
        "key",
        "test",
        "demo",
        "foobar",
        "foo",
        "bar",
        "baz",
        "qwerty",
        "admin",
        "default",
        "insecure",
        "django",
        "super",
        "user",
        "root",
        "hunter",
        "letmein",
        "welcome",
        "hello",
        "world",
        "guest",
        "sample",
        "fake",
        "mock",
        "invalid",
        "wrong",
        "valid",
        "correct",
        "my",
        "your",
        "some",
        "random",
        "string",
        "strong",
        "development",
        "dev",
        "local",
        "only",
        "for",
        "new",
        "old",
        "access",
        "refresh",
        "auth",
        "jwt",
        "session",
        "client",
        "app",
        "api",
    ];
    let mut residue = value.to_ascii_lowercase();
    for word in WORDS {
        residue = residue.replace(word, " ");
    }
    let left = residue.chars().filter(|c| c.is_ascii_alphabetic()).count();
    let changed = residue != value.to_ascii_lowercase();
    // A long key may be one typed at random, written down three times.
    let repeats = entropy::period(value).is_some_and(|period| period <= 8);
    entropy::longest_run(value) >= 5 || entropy::longest_sequence(value) >= 6 || repeats || (changed && left < 6)
}

fn is_random(value: &str) -> bool {
    let length = value.chars().count();
    let any = |test: fn(&char) -> bool| value.chars().any(|c| test(&c));
    let lower = any(char::is_ascii_lowercase);
    let upper = any(char::is_ascii_uppercase);
    let digit = any(char::is_ascii_digit);
    let symbol = any(char::is_ascii_punctuation);
    let kinds = [lower, upper, digit, symbol].into_iter().filter(|&kind| kind).count();
    let entropy = entropy::shannon(value);
    if value.chars().all(|c| c.is_ascii_hexdigit()) && length >= 16 {
        return digit && (lower || upper) && entropy >= 3.0;
    }
    let mixed = digit && (lower || upper) || (lower && upper && symbol) || (lower && upper && length >= 24);
    // So short a value cannot be as varied, each character its own or not: eight different ones make 3.0.
    let least = match length {
        ..=9 if kinds >= 3 && digit => 2.7,
        ..=16 => 3.0,
        _ => 3.5,
    };
    kinds >= 2 && mixed && entropy >= least
}

/// A file or resource path, a version, a date, an address.
fn is_path(value: &str) -> bool {
    const EXTENSIONS: &[&str] = &[
        ".pem", ".key", ".json", ".yaml", ".yml", ".txt", ".crt", ".pub", ".env", ".html", ".js", ".ts", ".py", ".rs", ".toml", ".xml",
        ".md",
    ];
    let lower = value.to_ascii_lowercase();
    let rooted = value.starts_with('/') && value.len() < 80 && value.get(1..).is_some_and(|rest| rest.contains('/') || is_identifier(rest));
    rooted
        || value.starts_with("./")
        || value.starts_with("../")
        || value.starts_with("~/")
        || EXTENSIONS.iter().any(|end| lower.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_by_words() {
        use NameClass::*;
        let cases = [
            ("SECRET_KEY", Some(Signing)),
            ("jwtSecret", Some(Signing)),
            ("JWT_SECRET_DEV", Some(Signing)),
            ("encryption-key", Some(Signing)),
            ("DBPassword", Some(Password)),
            ("db_pass", Some(Password)),
            ("password1", Some(Password)),
            ("pwd", Some(Password)),
            ("apiKey", Some(Token)),
            ("STRIPE_API_KEY", Some(Token)),
            ("access_token", Some(Token)),
            ("clientSecret", Some(Token)),
            ("aws_secret_access_key", Some(Token)),
            ("passed", None),
            ("bypass", None),
            ("compass", None),
            ("monkey", None),
            ("keyboard_key", None),
            ("tokenizer", None),
            ("max_tokens", None),
            ("secretary", None),
            ("author", None),
            ("password_hash", None),
            ("PASSWORD_RESET", None),
            ("forgot_password", None),
            ("secret_name", None),
            ("public_key", None),
            ("token_type", None),
            ("csrf_token", None),
            ("key", None),
            ("primary_key", None),
            ("password_field", None),
        ];
        for (name, class) in cases {
            assert_eq!(classify(name), class, "{name}");
        }
    }

    #[test]
    fn values_must_survive_every_innocent_explanation() {
        let real = [
            ("SECRET_KEY", "3488a63e1765035d386f05409663f55c83bfae3b3c61a932744b20ad14244dcf"),
            ("hmac_key", "pa4qacea4VK9t9nGv7yZtwmj"),
            ("db_password", "kX9#vLq2Tz"),
            ("token", "b7e23ec2-9af1-4d3c-8e5b-6d0c1f7a2e94"),
            ("api_key", "Zq3vT8xN5mB2kL7p"),
            ("token", "hJ8k.Qw3rTz5.pL2mNv9x"),
            ("password", "CiQAk3Xl9Zbm"),
        ];
        for (name, value) in real {
            assert!(looks_secret(name, value), "{value}");
        }
        let innocent = [
            ("PASSWORD_RESET", "password_reset"),
            ("ATTR_JWS_ES256_PRIVATE_KEY", "jws_es256_private_key"),
            ("token", "refresh_token"),
            ("INVALID_PASSWORD", "INVALID_PASSWORD"),
            ("password", "changeme"),
            ("secret", "your-secret-here1"),
            ("password", "${DB_PASSWORD}"),
            ("password", "{{ vault.password }}"),
            ("token", "<token>"),
            ("password", "Enter your password"),
            ("secret", "xxxxxxxxxxxx"),
            ("password", "password123"),
            ("token", "user.created.v2"),
            ("secret", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf"),
            ("password", "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW"),
            ("private_key", "keys/server.pem"),
            ("password", "12345678"),
            ("api_key", "process.env.API_KEY"),
            ("token", "camelCaseIdentifier2"),
            ("password", "abcdefgh1"),
            ("token", "aaaaaaaa1"),
            ("api_key", "https://example.com/key1"),
            ("password", "short1"),
            ("secretToken", "mySuperSecretToken1"),
            ("token", "keyword.control.flowArrow.main_forced"),
            ("token", "support.function.C99.c"),
            ("StoreCredentials", "APP|FileStore|Credentials"),
            ("token", "random1token2string4test5"),
            ("token", "abc123def456"),
            ("token", "xyz789abc012"),
            ("AUTH_TOKEN", "orchrdshpllm_authToken"),
            ("api_key", "00000000-000-0000-000-000000000000"),
            ("PASSWORD", "CiQAk3Xl9ZbmUiHgGP1lPq6bAOfd+VQ/dFwyohB1IQwiwQg03ZE8STQDvWKpv6eJHVUN1YoFC5FcooJrH+Stvx9oMD7j"),
        ];
        for (name, value) in innocent {
            assert!(!looks_secret(name, value), "{value}");
        }
    }

    #[test]
    fn keys_of_django_may_begin_with_any_sign() {
        for value in ["@3t-k8#uy2vnwb6+(@j&5rs(mqtbzkdyev&@*7+c%h94b@xfq2", "(x!7ow3&f9=j^mgs2%v@kq8zt5-nd*h#r0yb+ue4p1lc6i)a_w"] {
            assert!(!is_placeholder(value), "{value}");
            assert!(looks_secret("SECRET_KEY", value), "{value}");
        }
        assert!(!looks_secret("SECRET_KEY", "get(settings, key) or (environ(key) and key_of(name))"));
        for value in ["@Microsoft.KeyVault(SecretUri=vault-acorn/secrets/k)", "%(SECRET_KEY)s", "#{secrets.key}", "(set me)"] {
            assert!(is_placeholder(value), "{value}");
        }
    }
}
