//! Credentials known by their exact format: tokens of vendors, private keys, signed tokens. Where a format has a checksum, it is verified.
//!
//! The formats are data, `rules/secrets.toml`. All are found through one pass for their fixed parts; a format's expression runs only
//! around a hit, so text without any costs one scan. Names matter only for the values that are too plain to stand without theirs.

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};
use regex::Regex;
use serde::Deserialize;

use super::entropy;
use super::jwt;
use super::positions::Positions;
use crate::rulebook::vocabulary::vocabulary;

pub(super) static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("../../../rules/secrets.toml")).unwrap_or_default());

/// All of the file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    format: Vec<Format>,
    named: Vec<Named>,
    pub(super) positions: Positions,
}

/// One format. The fields are described in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Format {
    name: String,
    keys: Vec<String>,
    pattern: String,
    #[serde(default)]
    before: Option<usize>,
    #[serde(default)]
    check: Check,
    #[serde(default = "usual_entropy")]
    entropy: f64,
    #[serde(default)]
    exactly: Option<usize>,
    #[serde(default)]
    near: Vec<String>,
    #[serde(default)]
    not_near: Vec<String>,
    #[serde(default)]
    trial: Vec<String>,
    #[serde(default)]
    counted: Vec<String>,
    #[serde(default)]
    public: Vec<u32>,
    #[serde(default)]
    in_pages: bool,
    #[serde(default)]
    other_half: Option<String>,
    #[serde(skip)]
    expression: OnceLock<Option<Regex>>,
    #[serde(skip)]
    half_expression: OnceLock<Option<Regex>>,
}

fn usual_entropy() -> f64 {
    2.8
}

/// A value with a vendor's name on it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
    words: Vec<String>,
    setting: String,
    value: String,
    /// Its form is any text's of that length: the value has to look random as well.
    #[serde(default)]
    random: bool,
    #[serde(skip)]
    expressions: OnceLock<Option<(Regex, Regex)>>,
}

/// What must hold of a match besides its form.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Check {
    /// The random part looks random.
    #[default]
    Random,
    /// Random, with digits and letters of both cases.
    Mixed,
    /// Random, with letters of both cases.
    MixedLetters,
    /// The last six characters are the base 62 CRC-32 of the thirty before them (GitHub, npm).
    Crc,
    /// Decoded header and claims are real.
    Jwt,
    /// A body long enough to be a key's.
    PrivateKey,
    /// The form is proof enough, unless it is filled with one character.
    Form,
}

/// A credential found by its format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Byte range in the text.
    pub(super) start: usize,
    pub(super) end: usize,
    /// For messages: "a GitHub token".
    pub(super) name: &'static str,
    pub(super) class: Class,
    /// False for what a vendor gives out for tests, and what its form cannot tell from that.
    pub(super) live: bool,
    /// The format has a checksum, and it is right.
    pub(super) proven: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Token,
    PrivateKey,
    Jwt,
}

/// Longest text after a fixed part that belongs to a credential: at its start, or of a private key; in the middle of a token.
const AFTER: usize = 8192;
const AFTER_MIDDLE: usize = 300;

struct Search {
    keys: AhoCorasick,
    /// For each key its format.
    formats: Vec<&'static Format>,
}

fn search() -> Option<&'static Search> {
    static SEARCH: OnceLock<Option<Search>> = OnceLock::new();
    SEARCH
        .get_or_init(|| {
            let (formats, keys): (Vec<&Format>, Vec<&str>) = keys().map(|key| (key.format, key.text)).unzip();
            Some(Search { keys: fast(AhoCorasick::builder()).build(keys).ok()?, formats })
        })
        .as_ref()
}

/// All texts of a project are searched: a larger automaton that takes one step a byte is soon worth its making.
fn fast(mut builder: AhoCorasickBuilder) -> AhoCorasickBuilder {
    builder.kind(Some(AhoCorasickKind::DFA));
    builder
}

impl Format {
    /// The format's expression, made when it is first needed: at the beginning of what it is given, unless something may stand before its key.
    fn expression(&self) -> Option<&Regex> {
        let anchor = if self.before.is_none() { "^" } else { "" };
        self.expression.get_or_init(|| Regex::new(&format!("{anchor}(?:{})", self.pattern)).ok()).as_ref()
    }

    fn class(&self) -> Class {
        match self.check {
            Check::PrivateKey => Class::PrivateKey,
            Check::Jwt => Class::Jwt,
            _ => Class::Token,
        }
    }

    fn is_real(&self, whole: &str, body: &str) -> bool {
        let any = |test: fn(&u8) -> bool| body.bytes().any(|byte| test(&byte));
        let both_cases = || any(u8::is_ascii_lowercase) && any(u8::is_ascii_uppercase);
        let length = self.exactly.is_none_or(|length| whole.len() == length);
        let entropy = || entropy::shannon(body) >= self.entropy;
        length
            && !self.counted.iter().any(|start| whole.starts_with(start.as_str()))
            && match self.check {
                Check::PrivateKey => {
                    let key: String = body.chars().filter(char::is_ascii_alphanumeric).collect();
                    key.len() >= 48 && entropy::shannon(&key) > 3.5
                }
                Check::Random => is_random(body) && entropy(),
                Check::Mixed => both_cases() && any(u8::is_ascii_digit) && is_random(body) && entropy(),
                Check::MixedLetters => both_cases() && is_random(body) && entropy(),
                Check::Crc => has_checksum(body),
                Check::Jwt => jwt::is_credential(whole),
                Check::Form => entropy::longest_run(body) < 8 && !entropy::is_periodic(body) && entropy(),
            }
            && (self.public.is_empty() || ![whole, body].iter().any(|text| self.public.contains(&crc32(text.as_bytes()))))
    }

    /// Formats that are public beside known words, or too short to stand without any.
    fn fits(&self, text: &str, start: usize) -> bool {
        if self.near.is_empty() && self.not_near.is_empty() {
            return true;
        }
        let around = |before: usize, after: usize| {
            let from = boundary(text, start.saturating_sub(before));
            let to = boundary(text, start.saturating_add(after).min(text.len()));
            text.get(from..to).unwrap_or("").to_ascii_lowercase()
        };
        let holds = |text: String, words: &[String]| words.iter().any(|word| text.contains(word.as_str()));
        // What takes a token's force away may stand further off: the step of a workflow that is given the other half.
        (self.near.is_empty() || holds(around(300, 500), &self.near))
            && (self.not_near.is_empty() || !holds(around(1500, 3000), &self.not_near))
    }
}

/// Every credential of a known format in `text`, in order, none inside another.
pub(super) fn find(text: &str) -> Vec<Found> {
    let Some(search) = search() else { return Vec::new() };
    let mut found: Vec<Found> = Vec::new();
    for hit in search.keys.find_overlapping_iter(text) {
        let format = search.formats[hit.pattern().as_usize()];
        if found.last().is_some_and(|last| hit.end() <= last.end) {
            continue;
        }
        found.extend(match_around(text, format, hit.start(), hit.end()));
    }
    found.sort_by_key(|found| (found.start, std::cmp::Reverse(found.end)));
    let mut end = 0;
    found.retain(|found| {
        let outside = found.start >= end;
        end = end.max(found.end);
        outside
    });
    found
}

/// The fixed part of a format.
#[derive(Clone, Copy)]
pub(super) struct Key {
    pub(super) text: &'static str,
    format: &'static Format,
}

/// The fixed parts of all formats.
pub(super) fn keys() -> impl Iterator<Item = Key> {
    TABLE.format.iter().flat_map(|format| format.keys.iter().map(move |text| Key { text, format }))
}

impl Key {
    /// A credential stands around the key, which is there but for the case of its letters.
    pub(super) fn stands_in(self, text: &str, at: Range<usize>) -> bool {
        text.get(at.clone()) == Some(self.text) && match_around(text, self.format, at.start, at.end).is_some()
    }
}

fn match_around(text: &str, format: &'static Format, start: usize, end: usize) -> Option<Found> {
    // A credential is not the middle of a longer word: told before any expression runs, because short keys are in many words.
    if format.before.is_none() && joins_before(text, start) {
        return None;
    }
    let from = boundary(text, start.saturating_sub(format.before.unwrap_or(0)));
    let after = if format.before.is_none() || format.check == Check::PrivateKey { AFTER } else { AFTER_MIDDLE };
    let to = boundary(text, end.saturating_add(after).min(text.len()));
    let window = text.get(from..to)?;
    let captures = format
        .expression()?
        .captures_iter(window)
        .find(|captures| captures.get(0).is_some_and(|whole| from + whole.start() <= start && end <= from + whole.end()))?;
    let whole = captures.get(0)?;
    let body = captures.name("body").unwrap_or(whole).as_str();
    let (start, end) = (from + whole.start(), from + whole.end());
    let class = format.class();
    let alone = class == Class::PrivateKey
        || (!joins_before(text, start) && !text.get(end..).and_then(|after| after.chars().next()).is_some_and(joins));
    let cut = ["...", "\u{2026}"].iter().any(|dots| text.get(end..).is_some_and(|after| after.starts_with(dots)));
    let live = !format.trial.iter().any(|part| whole.as_str().contains(part.as_str()));
    (alone && !cut && format.is_real(whole.as_str(), body) && format.fits(text, start)).then_some(Found {
        start,
        end,
        name: &format.name,
        class,
        live,
        proven: format.check == Check::Crc,
    })
}

fn joins(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn joins_before(text: &str, start: usize) -> bool {
    let Some(before) = text.get(..start) else { return true };
    // An escape (`\nAKIA…`) ends in a letter that is not part of a word.
    before.chars().next_back().is_some_and(joins) && ![r"\n", r"\t", r"\r"].iter().any(|escape| before.ends_with(escape))
}

/// Random enough not to be a sample: no long run or sequence, no word that samples are made of.
fn is_random(body: &str) -> bool {
    let lower = body.to_ascii_lowercase();
    let dull = entropy::longest_run(body) >= 6 || entropy::longest_sequence(body) >= 8 || entropy::is_periodic(body);
    !dull && !vocabulary().placeholders.tokens.within(&lower)
}

/// Credentials of this name are also made for pages, where everybody may read them.
pub(super) fn is_for_pages(name: &str) -> bool {
    TABLE.format.iter().any(|format| format.in_pages && format.name == name)
}

/// A credential of this name is one of two halves, and none of the texts holds the other: `AKIA…` is a name, its secret is kept elsewhere.
pub(super) fn is_alone<'a>(name: &str, mut texts: impl Iterator<Item = &'a str>) -> bool {
    let halves = |format: &&Format| format.name == name && format.other_half.is_some();
    let Some(format) = TABLE.format.iter().find(halves) else { return false };
    let expression = format.half_expression.get_or_init(|| Regex::new(format.other_half.as_deref()?).ok());
    expression.as_ref().is_some_and(|other| !texts.any(|text| other.is_match(text)))
}

/// The vendor whose credential this value is, by the name of its setting and its form: `SNYK_TOKEN`, a UUID.
pub(super) fn named(setting: &str, value: &str) -> Option<&'static str> {
    if !(20..=80).contains(&value.len()) || !names_vendor(setting) {
        return None;
    }
    let plain: String = setting.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    // Few of them say a word of this name, and their expressions take long to make.
    let lower = setting.to_ascii_lowercase();
    let speaks = |named: &&Named| named.words.iter().any(|word| lower.contains(word.as_str()));
    let named = TABLE.named.iter().filter(speaks).find(|named| {
        let expressions = || Some((Regex::new(&named.setting).ok()?, Regex::new(&format!("^(?i:{})$", named.value)).ok()?));
        let Some((setting, form)) = named.expressions.get_or_init(expressions) else { return false };
        setting.is_match(&plain) && form.is_match(value)
    })?;
    let real = (!named.random || is_random(value))
        && entropy::longest_run(value) < 5
        && !entropy::is_periodic(value)
        && entropy::shannon(value) >= 3.2;
    real.then_some(named.name.as_str())
}

/// A name has one of the [words](words) of [`named`].
fn names_vendor(text: &str) -> bool {
    static WORDS: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    let words = WORDS.get_or_init(|| AhoCorasick::builder().ascii_case_insensitive(true).build(words()).ok());
    words.as_ref().is_some_and(|words| words.is_match(text))
}

/// Words that a setting's name has when [`named`] may know it.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    TABLE.named.iter().flat_map(|named| named.words.iter().map(String::as_str))
}

/// The checksum of GitHub's and npm's tokens: CRC-32 of the random part, in base 62, padded to six digits.
fn has_checksum(body: &str) -> bool {
    let Some((random, checksum)) = body.split_at_checked(30) else { return false };
    base62(crc32(random.as_bytes())) == checksum
}

fn base62(mut number: u32) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    digits.iter().map(|&digit| char::from(digit)).collect()
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

fn boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_compiles() {
        let table: Result<Table, _> = toml::from_str(include_str!("../../../rules/secrets.toml"));
        assert!(table.is_ok(), "{:?}", table.err().map(|error| error.to_string()));
        for format in &TABLE.format {
            let expression = format.expression().unwrap_or_else(|| panic!("{}", format.pattern));
            assert!(format.keys.iter().all(|key| !key.is_empty()) && expression.captures_len() <= 2, "{}", format.name);
        }
        for half in TABLE.format.iter().filter_map(|format| format.other_half.as_ref()) {
            assert!(Regex::new(half).is_ok(), "{half}");
        }
        for named in &TABLE.named {
            assert!(Regex::new(&named.setting).is_ok() && Regex::new(&named.value).is_ok(), "{}", named.name);
        }
    }

    /// The fixed part of a token and its random part are joined here, so that no scanner takes this file for a leak.
    fn one(parts: &[&str]) -> Option<&'static str> {
        let found = find(&format!("x = '{}';", parts.concat()));
        found.first().map(|found| found.name)
    }

    #[test]
    fn tokens_are_known_by_their_format() {
        assert_eq!(one(&["AKIA", "QYLPMN5HHHFPZAM2"]), Some("an AWS access key"));
        assert_eq!(one(&["sk_li", "ve_", "51H8kLmQwErTyUiOpAsDfGhJ"]), Some("a Stripe key"));
        assert_eq!(one(&["SG.", "ngeVfQFYQlKU0ufo8x5d1A", ".", "TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr"]), Some("a SendGrid key"));
        assert_eq!(one(&["xoxb-", "263594206564-2343594206574-FGqddMF8t08v8N7Oq4i57vs1"]), Some("a Slack token"));
        assert_eq!(one(&["glpat-", "Zm8Kq2Ls9Xw4Rt7Yp1Bv"]), Some("a GitLab token"));
    }

    #[test]
    fn samples_and_longer_words_are_not() {
        assert_eq!(one(&["AKIA", "IOSFODNN7EXAMPLE"]), None);
        assert_eq!(one(&["xAKIA", "QYLPMN5HHHFPZAM2"]), None);
        assert_eq!(one(&["AKIA", "QYLPMN5HHHFPZAM2X"]), None);
        assert_eq!(one(&["ghp_", "abababababababababababababababababab"]), None);
        assert_eq!(one(&["sk_te", "st_", "xxxxxxxxxxxxxxxxxxxxxxxx"]), None);
    }

    #[test]
    fn a_checksum_decides_where_there_is_one() {
        assert_eq!(one(&["ghp_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"]), Some("a GitHub token"));
        assert_eq!(one(&["ghp_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18"]), None);
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_private_key_needs_its_body() {
        let body = "MIICXAIBAAKBgQDNwqLEe9wgTXCbC7fRPdDbBbeqjdbs4kOPOIGzqLpXvJXlxxW8iMz0EaM4BKUqYsIa";
        let header = ["-----BEGIN RSA PRIV", "ATE KEY-----"].concat();
        assert_eq!(find(&format!("{header}\n{body}\n")).len(), 1);
        assert_eq!(find(&format!("'{header}\\r\\n{body}'")).len(), 1);
        assert_eq!(find(&format!("{header}\n...\n")).len(), 0);
        assert_eq!(find(&format!("text.startswith('{header}')")).len(), 0);
    }

    #[test]
    fn a_private_key_in_one_line_is_one() {
        let body = "LS0KTUlJSktBSUJBQUtDQWdFQXM3eFQ0bVFwUnk5THZaazJOZDhXZjVIajFCY1VhWG9HZVRpWXJTcVB3TXpMdktuSmhHZkRzQXFXZUVyVHlVaU9wQXNEZkdoSmtMelhjVmJObQ";
        let header = ["LS0tLS1CRUdJTiBSU0Eg", "UFJJVkFURSBLRVkt"].concat();
        assert_eq!(find(&format!("KEY={header}{body}")).len(), 1);
        assert_eq!(find(&format!("KEY={header}LS0K...")).len(), 0);
        let public = ["LS0tLS1CRUdJTiBQ", "VUJMSUMgS0VZ"].concat();
        assert_eq!(find(&format!("KEY={public}{body}")).len(), 0);
    }
}
