//! Credentials known by their exact format: tokens of vendors, private keys, signed tokens. Where a format has a checksum, it is verified.
//!
//! All formats are found through one pass for their fixed parts; a format's expression runs only around a hit, so text without any costs
//! one scan. Nothing here looks at names or context.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use regex::Regex;

use super::entropy;
use super::jwt;

/// One format.
struct Format {
    /// For messages, with its article.
    name: &'static str,
    /// Fixed parts, at least one of which stands in every instance.
    keys: &'static [&'static str],
    /// The whole credential. The group `body`, if there is one, is the random part.
    pattern: &'static str,
    check: Check,
}

/// What must hold of a match besides its form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Check {
    /// The random part looks random.
    Random,
    /// The last six characters are the base 62 CRC-32 of the thirty before them (GitHub, npm).
    Crc,
    /// Decoded header and claims are real.
    Jwt,
    /// The form is proof enough.
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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Token,
    PrivateKey,
    Jwt,
}

const PRIVATE_KEY: &str = "a private key";
const JWT: &str = "a signed token";

const fn token(name: &'static str, keys: &'static [&'static str], pattern: &'static str) -> Format {
    Format { name, keys, pattern, check: Check::Random }
}

#[rustfmt::skip]
const FORMATS: &[Format] = &[
    Format { name: PRIVATE_KEY, keys: &["PRIVATE KEY"], check: Check::Form,
        pattern: r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----(?:[ \t\r\n]|\\r|\\n|\\\\n)*(?P<body>(?:(?:Proc-Type|DEK-Info|Version|Comment): ?[^\n\\]{0,80}(?:[\r\n]|\\r|\\n)+)*(?:[A-Za-z0-9+/=]|[ \t\r\n]|\\r|\\n|\\){64,})(?:-----END [A-Z0-9 ]{0,40}-----)?" },
    Format { name: JWT, keys: &["eyJ"], check: Check::Jwt, pattern: r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}" },
    // Version control, packages, builds.
    Format { name: "a GitHub token", keys: &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], check: Check::Crc, pattern: r"gh[pousr]_(?P<body>[A-Za-z0-9]{36})" },
    token("a GitHub token", &["github_pat_"], r"github_pat_(?P<body>[A-Za-z0-9]{22}_[A-Za-z0-9]{59})"),
    token("a GitLab token", &["glpat-", "gldt-", "glrt-", "glft-", "glsoat-", "glagent-", "glcbt-", "glptt-", "glimt-"], r"gl(?:pat|dt|rt|ft|soat|agent|cbt|ptt|imt)-(?P<body>[A-Za-z0-9_-]{20,300})(?:\.[A-Za-z0-9]{2}\.[a-z0-9]{9})?"),
    Format { name: "an npm token", keys: &["npm_"], check: Check::Crc, pattern: r"npm_(?P<body>[A-Za-z0-9]{36})" },
    token("a PyPI token", &["pypi-AgE"], r"pypi-(?P<body>AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{50,1000})"),
    token("a crates.io token", &["cio"], r"cio(?P<body>[A-Za-z0-9]{32})"),
    token("a RubyGems token", &["rubygems_"], r"rubygems_(?P<body>[a-f0-9]{48})"),
    token("a Docker Hub token", &["dckr_pat_", "dckr_oat_"], r"dckr_[po]at_(?P<body>[A-Za-z0-9_-]{27,})"),
    token("a Clojars token", &["CLOJARS_"], r"CLOJARS_(?P<body>[a-z0-9]{60})"),
    token("an Artifactory key", &["AKCp"], r"AKCp(?P<body>[A-Za-z0-9]{69})"),
    token("a Postman key", &["PMAK-"], r"PMAK-(?P<body>[a-f0-9]{24}-[a-f0-9]{34})"),
    token("a Pulumi token", &["pul-"], r"pul-(?P<body>[a-f0-9]{40})"),
    token("a Terraform token", &[".atlasv1."], r"[A-Za-z0-9]{14}\.atlasv1\.(?P<body>[A-Za-z0-9=_-]{60,70})"),
    token("a Sentry token", &["sntryu_", "sntrys_"], r"(?:sntryu_(?P<body>[a-f0-9]{64})|sntrys_eyJ[A-Za-z0-9+/=_]{80,})"),
    token("a Grafana token", &["glsa_", "glc_eyJ"], r"(?:glsa_(?P<body>[A-Za-z0-9]{32}_[A-Fa-f0-9]{8})|glc_eyJ[A-Za-z0-9+/=]{32,400})"),
    token("a New Relic key", &["NRAK-"], r"NRAK-(?P<body>[A-Z0-9]{27})"),
    token("a Doppler token", &["dp.pt.", "dp.st.", "dp.ct."], r"dp\.(?:pt|st|ct)\.(?:[a-z0-9_-]{2,35}\.)?(?P<body>[A-Za-z0-9]{40,44})"),
    token("an Atlassian token", &["ATATT3", "ATCTT3"], r"AT[AC]TT3(?P<body>[A-Za-z0-9_=-]{100,300})"),
    token("a Linear key", &["lin_api_"], r"lin_api_(?P<body>[A-Za-z0-9]{40})"),
    token("a Notion token", &["ntn_"], r"ntn_(?P<body>[0-9]{11}[A-Za-z0-9]{35})"),
    token("a Figma token", &["figd_"], r"figd_(?P<body>[A-Za-z0-9_-]{40,})"),
    token("an Airtable token", &["pat"], r"pat(?P<body>[A-Za-z0-9]{14}\.[a-f0-9]{64})"),
    token("a Contentful token", &["CFPAT-"], r"CFPAT-(?P<body>[A-Za-z0-9_-]{43})"),
    token("a 1Password token", &["ops_eyJ"], r"ops_(?P<body>eyJ[A-Za-z0-9+/=]{250,})"),
    // Clouds and hosting.
    token("an AWS access key", &["AKIA", "ASIA", "ABIA", "ACCA"], r"(?:AKIA|ASIA|ABIA|ACCA)(?P<body>[A-Z2-7]{16})"),
    token("a Google API key", &["AIza"], r"AIza(?P<body>[A-Za-z0-9_-]{35})"),
    token("a Google OAuth client secret", &["GOCSPX-"], r"GOCSPX-(?P<body>[A-Za-z0-9_-]{28})"),
    token("an Azure storage key", &["AccountKey="], r"AccountKey=(?P<body>[A-Za-z0-9+/]{86}==)"),
    token("an Azure access key", &["SharedAccessKey="], r"SharedAccessKey=(?P<body>[A-Za-z0-9+/]{43}=)"),
    token("an Azure client secret", &["Q~"], r"[A-Za-z0-9_~.]{3}[0-9]Q~(?P<body>[A-Za-z0-9_~.-]{31,34})"),
    token("a DigitalOcean token", &["dop_v1_", "doo_v1_", "dor_v1_"], r"do[opr]_v1_(?P<body>[a-f0-9]{64})"),
    token("a Heroku key", &["HRKU-"], r"HRKU-(?P<body>AA[A-Za-z0-9_-]{58})"),
    token("a Fly.io token", &["fo1_", "fm1r_", "fm2_"], r"(?:fo1_(?P<body>[A-Za-z0-9_-]{43})|fm(?:1r|2)_[A-Za-z0-9+/=]{100,})"),
    token("a Cloudflare origin key", &["v1.0-"], r"v1\.0-(?P<body>[a-f0-9]{24}-[a-f0-9]{146})"),
    token("a PlanetScale credential", &["pscale_"], r"pscale_(?:tkn|pw|oauth)_(?P<body>[A-Za-z0-9_.=-]{32,64})"),
    token("a Supabase key", &["sbp_", "sb_secret_"], r"(?:sbp_(?P<body>[a-f0-9]{40})|sb_secret_[A-Za-z0-9_-]{31})"),
    token("a Databricks token", &["dapi"], r"dapi(?P<body>[a-f0-9]{32})(?:-[0-9])?"),
    token("a Vault token", &["hvs.", "hvb."], r"hv[sb]\.(?P<body>[A-Za-z0-9_-]{90,300})"),
    token("an age secret key", &["AGE-SECRET-KEY-1"], r"AGE-SECRET-KEY-1(?P<body>[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58})"),
    // Payment.
    token("a Stripe key", &["sk_live_", "rk_live_", "sk_prod_", "rk_prod_", "sk_test_", "rk_test_"], r"[sr]k_(?:live|prod|test)_(?P<body>[A-Za-z0-9]{16,247})"),
    token("a Stripe webhook secret", &["whsec_"], r"whsec_(?P<body>[A-Za-z0-9+/]{32,})=?"),
    token("a Square token", &["sq0atp-", "sq0csp-", "EAAA"], r"(?:sq0(?:atp|csp)-(?P<body>[A-Za-z0-9_-]{22,43})|EAAA[A-Za-z0-9_-]{60})"),
    token("a Shopify token", &["shpat_", "shpca_", "shppa_", "shpss_"], r"shp(?:at|ca|pa|ss)_(?P<body>[a-fA-F0-9]{32})"),
    token("a Flutterwave key", &["FLWSECK"], r"FLWSECK(?:_TEST)?-(?P<body>[a-h0-9]{32})(?:-X)?"),
    token("a Plaid token", &["access-production-", "access-development-"], r"access-(?:production|development)-(?P<body>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"),
    token("an EasyPost key", &["EZAK"], r"EZAK(?P<body>[A-Za-z0-9]{54})"),
    token("a Shippo token", &["shippo_live_"], r"shippo_live_(?P<body>[a-f0-9]{40})"),
    // Chat and mail.
    token("a Slack token", &["xoxb-", "xoxp-", "xoxe-", "xoxa-", "xoxr-", "xoxs-", "xoxe."], r"xox(?:[bpears]-|e\.xox[bp]-)(?P<body>(?:[0-9]{1,13}-){1,3}[A-Za-z0-9-]{12,160})"),
    token("a Slack app token", &["xapp-"], r"xapp-[0-9]-(?P<body>[A-Z0-9]+-[0-9]+-[a-z0-9]{40,80})"),
    token("a Slack webhook", &["hooks.slack.com/"], r"https?://hooks\.slack\.com/(?:services|workflows|triggers)/(?P<body>[A-Za-z0-9+/]{43,56})"),
    token("a Discord webhook", &["/api/webhooks/"], r"https?://(?:[a-z]{2,8}\.)?discord(?:app)?\.com/api/webhooks/[0-9]{17,20}/(?P<body>[A-Za-z0-9_-]{60,})"),
    token("a Telegram bot token", &[":AA"], r"[0-9]{8,12}:(?P<body>AA[A-Za-z0-9_-]{32,33})"),
    token("a SendGrid key", &["SG."], r"SG\.(?P<body>[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})"),
    token("a Mailgun key", &["key-"], r"key-(?P<body>[0-9a-f]{32})"),
    token("a Mailchimp key", &["-us"], r"(?P<body>[0-9a-f]{32})-us[0-9]{1,2}"),
    token("a Brevo key", &["xkeysib-"], r"xkeysib-(?P<body>[a-f0-9]{64}-[A-Za-z0-9]{16})"),
    token("a Resend key", &["re_"], r"re_(?P<body>[A-Za-z0-9]{8}_[A-Za-z0-9]{24})"),
    token("a Twilio key", &["SK"], r"SK(?P<body>[0-9a-f]{32})"),
    token("a Facebook token", &["EAA"], r"EAA[MC](?P<body>[A-Za-z0-9]{100,})"),
    // Language models.
    token("an OpenAI key", &["T3BlbkFJ"], r"sk-(?:(?:proj|svcacct|admin|service|None)-)?(?P<body>[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,})"),
    token("an Anthropic key", &["sk-ant-"], r"sk-ant-(?:api|admin|sid|oat)[0-9]{2}-(?P<body>[A-Za-z0-9_-]{80,120})"),
    token("an OpenRouter key", &["sk-or-v1-"], r"sk-or-v1-(?P<body>[a-f0-9]{64})"),
    token("a Hugging Face token", &["hf_"], r"hf_(?P<body>[A-Za-z]{34})"),
    token("a Replicate token", &["r8_"], r"r8_(?P<body>[A-Za-z0-9]{37})"),
    token("a Groq key", &["gsk_"], r"gsk_(?P<body>[A-Za-z0-9]{52})"),
    token("an xAI key", &["xai-"], r"xai-(?P<body>[A-Za-z0-9]{80})"),
    token("a Perplexity key", &["pplx-"], r"pplx-(?P<body>[A-Za-z0-9]{48})"),
];

/// Longest text before a fixed part that belongs to a credential.
const BEFORE: usize = 400;
/// Longest text after one.
const AFTER: usize = 8192;

struct Search {
    keys: AhoCorasick,
    /// For each key its format.
    formats: Vec<usize>,
}

fn search() -> Option<&'static Search> {
    static SEARCH: OnceLock<Option<Search>> = OnceLock::new();
    SEARCH
        .get_or_init(|| {
            let keys = FORMATS.iter().enumerate().flat_map(|(at, format)| format.keys.iter().map(move |key| (at, *key)));
            let (formats, keys): (Vec<usize>, Vec<&str>) = keys.unzip();
            Some(Search { keys: AhoCorasick::new(keys).ok()?, formats })
        })
        .as_ref()
}

/// The format's expression, made when it is first needed.
fn expression(format: usize) -> Option<&'static Regex> {
    static EXPRESSIONS: [OnceLock<Option<Regex>>; FORMATS.len()] = [const { OnceLock::new() }; FORMATS.len()];
    EXPRESSIONS.get(format)?.get_or_init(|| Regex::new(FORMATS[format].pattern).ok()).as_ref()
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

fn match_around(text: &str, format: usize, start: usize, end: usize) -> Option<Found> {
    let from = boundary(text, start.saturating_sub(BEFORE));
    let to = boundary(text, end.saturating_add(AFTER).min(text.len()));
    let window = text.get(from..to)?;
    let captures = expression(format)?
        .captures_iter(window)
        .find(|captures| captures.get(0).is_some_and(|whole| from + whole.start() <= start && end <= from + whole.end()))?;
    let whole = captures.get(0)?;
    let body = captures.name("body").unwrap_or(whole).as_str();
    let (start, end) = (from + whole.start(), from + whole.end());
    let form = &FORMATS[format];
    let class = match form.name {
        PRIVATE_KEY => Class::PrivateKey,
        JWT => Class::Jwt,
        _ => Class::Token,
    };
    let real = stands_alone(text, start, end, class) && is_real(form.check, whole.as_str(), body) && fits(form.name, text, start);
    let live = !whole.as_str().contains("_test_") && !whole.as_str().starts_with("whsec_");
    real.then_some(Found { start, end, name: form.name, class, live })
}

/// A credential is not the middle of a longer word.
fn stands_alone(text: &str, start: usize, end: usize, class: Class) -> bool {
    let joins = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let before = text.get(..start).and_then(|before| before.chars().next_back());
    let after = text.get(end..).and_then(|after| after.chars().next());
    // An escape (`\nAKIA…`) ends in a letter that is not part of a word.
    let escaped = text.get(..start).is_some_and(|before| before.ends_with("\\n") || before.ends_with("\\t") || before.ends_with("\\r"));
    class == Class::PrivateKey || ((escaped || !before.is_some_and(joins)) && !after.is_some_and(joins))
}

fn is_real(check: Check, whole: &str, body: &str) -> bool {
    match check {
        Check::Form => {
            let key: String = body.chars().filter(char::is_ascii_alphanumeric).collect();
            key.len() >= 48 && entropy::shannon(&key) > 3.5
        }
        Check::Random => is_random(body),
        Check::Crc => has_checksum(body),
        Check::Jwt => jwt::is_credential(whole),
    }
}

/// Random enough not to be a sample: no long run or sequence, no word that samples are made of.
fn is_random(body: &str) -> bool {
    const SAMPLE: &[&str] = &["example", "sample", "xxxx", "your", "dummy", "fake", "redacted", "placeholder", "deadbeef", "changeme"];
    let lower = body.to_ascii_lowercase();
    let dull = entropy::longest_run(body) >= 6 || entropy::longest_sequence(body) >= 8 || entropy::is_periodic(body);
    !dull && !SAMPLE.iter().any(|word| lower.contains(word)) && entropy::shannon(body) >= 2.8
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

/// Formats that are public in a known setting, or too short to stand without one.
fn fits(name: &str, text: &str, start: usize) -> bool {
    let near = |words: &[&str]| {
        let from = boundary(text, start.saturating_sub(300));
        let to = boundary(text, (start + 500).min(text.len()));
        let around = text.get(from..to).unwrap_or("").to_ascii_lowercase();
        words.iter().any(|word| around.contains(word))
    };
    match name {
        // The key of a Firebase web application is public by design.
        "a Google API key" => !near(&["authdomain", "firebase", "maps.google", "maps/api"]),
        // The id alone opens nothing where its secret is kept elsewhere.
        "an AWS access key" => !near(&["secrets.", "${", "process.env", "os.environ", "var.", "x-amz-", "aws4_request"]),
        "a Twilio key" => near(&["twilio"]) || text.len() < 60,
        _ => true,
    }
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
        for (at, format) in FORMATS.iter().enumerate() {
            assert!(expression(at).is_some(), "{}", format.pattern);
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
}
