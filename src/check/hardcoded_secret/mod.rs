//! `hardcoded-secret`: credentials written into source code and configuration files.
//!
//! Three layers, surest first. Formats of vendors, private keys and URLs (`providers`, `urls`) speak for themselves. Credential positions
//! (`positions`) are places where whatever literal stands is a credential: the key of `jwt.sign`, the secret of a session. Last come a
//! name that promises a secret together with a value that looks like one (`generic`).
//!
//! The scans are pure and know one file; `check` gives the findings their level by the role of the file. No message holds a secret whole.

mod curl;
mod entropy;
mod findings;
mod generic;
mod glance;
mod jwt;
mod overridden;
mod positions;
mod providers;
mod shown;
mod source;
mod texts;
mod urls;

#[cfg(test)]
mod tests;

pub(super) use overridden::takes_local_settings;
use serde::{Deserialize, Serialize};

use super::Context;
use crate::model::facts::FileFacts;
use crate::model::finding::{Finding, masked};
use crate::model::source::Span;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretKind {
    /// A vendor's token, by its exact format; `name` is the vendor's ("a Stripe key").
    ProviderToken,
    PrivateKey,
    /// A JWT with real claims.
    SignedToken,
    /// A URL with a password; `name` is its scheme.
    ConnectionUrl {
        host: String,
    },
    /// A literal where an API takes a credential; `name` is the API.
    CredentialPosition,
    /// A literal password for an account: given to a password hasher, or beside a literal user; `name` is the callee.
    LiteralPassword,
    /// The password beside the host, user and database of a connection; `name` is its key.
    ConnectionSetting,
    /// A fallback for a setting that is missing; `name` is the setting.
    Fallback,
    /// A framework's secret setting given a literal, however weak; `name` is the setting.
    Setting,
    /// Name and value together; `name` is the name.
    NamedLiteral,
    /// Given to a command of a shell: `curl --user name:password`; `name` is the option or header.
    CommandLine,
}

/// One credential in one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretHit {
    /// Where to point: the literal, or in a text file the value.
    pub span: Span,
    /// The bytes no report may print whole.
    pub redact: Span,
    pub kind: SecretKind,
    pub name: String,
    /// A vendor's own format: reported at full level, in test code where it is proven.
    pub provider: bool,
    /// Its checksum is right: nobody makes that up.
    pub proven: bool,
    /// The value would be taken for a secret without its place, too: kept in test code, at a lower level.
    pub strong: bool,
    /// Inside test code by syntax.
    pub in_test: bool,
    /// What stands around it says that it is for development.
    pub for_development: bool,
    /// It shows what such a value looks like: deep in a list of records, a word as password in the address of a page.
    pub sample: bool,
    /// One half of two, and the other is not in the file.
    pub alone: bool,
    /// The value, blotted out but for its beginning.
    pub masked: String,
}

/// What stands in the files of a project.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// In each source file, in the order of the files.
    pub sources: Vec<Vec<SecretHit>>,
    /// In each text file, in the order of the files.
    pub texts: Vec<Vec<SecretHit>>,
}

/// The rule's code.
pub fn check(context: &Context) -> Vec<Finding> {
    findings::check(context)
}

/// Finds credentials in a source file.
pub fn scan_source(facts: &FileFacts) -> Vec<SecretHit> {
    let mut hits = source::scan(facts);
    let literals = || facts.arena.ids().filter_map(|id| facts.string(id));
    for hit in hits.iter_mut().filter(|hit| hit.provider) {
        hit.alone = providers::is_alone(&hit.name, literals());
    }
    hits
}

/// Finds credentials in a text file that is not source code.
pub fn scan_text(path: &str, text: &str) -> Vec<SecretHit> {
    let mut hits = texts::scan(path, text);
    for hit in hits.iter_mut().filter(|hit| hit.provider) {
        hit.alone = providers::is_alone(&hit.name, std::iter::once(text));
    }
    hits
}

/// False when nothing in the text of a test is worth a look: no token of a vendor, no key, no address with a password.
pub fn may_show_in_test(text: &str) -> bool {
    glance::may_show(text, false)
}

/// False when nothing in a text is worth a look: as in tests, and no literal stands beside the name of a secret either.
pub fn may_show(text: &str) -> bool {
    glance::may_show(text, true)
}

impl SecretHit {
    /// What is wrong, in one sentence.
    pub fn message(&self) -> String {
        let SecretHit { name, masked, .. } = self;
        match &self.kind {
            SecretKind::ProviderToken => format!("{} is written here: `{masked}`.", capital(name)),
            SecretKind::PrivateKey => "A private key is written here.".to_owned(),
            SecretKind::SignedToken => format!("A signed token with real claims is written here: `{masked}`."),
            SecretKind::ConnectionUrl { host } => format!("A `{name}` URL holds the password for `{host}`: `{masked}`."),
            SecretKind::CredentialPosition => format!("`{name}` is given a literal credential: `{masked}`."),
            SecretKind::LiteralPassword => format!("`{name}` is given a literal password: `{masked}`."),
            SecretKind::ConnectionSetting => format!("`{name}` of a connection's settings is a literal: `{masked}`."),
            SecretKind::Fallback => format!("`{name}` falls back to a literal where it is not set: `{masked}`."),
            SecretKind::Setting => format!("`{name}` is set to a literal: `{masked}`."),
            SecretKind::CommandLine => format!("`{name}` of a `curl` command holds a credential: `{masked}`."),
            SecretKind::NamedLiteral => format!("`{name}` is a literal that looks like a real secret: `{masked}`."),
        }
    }

    /// A few words for the label at the place.
    pub fn label(&self) -> &'static str {
        match self.kind {
            SecretKind::ProviderToken => "recognised by its exact format",
            SecretKind::PrivateKey => "the key",
            SecretKind::SignedToken => "whoever reads the code can use it",
            SecretKind::ConnectionUrl { .. } => "the password",
            SecretKind::CredentialPosition => "a literal where a credential is taken",
            SecretKind::LiteralPassword | SecretKind::ConnectionSetting => "everybody who reads the code knows it",
            SecretKind::Fallback => "used wherever the setting is missing, production included",
            SecretKind::Setting => "the same in every environment, and known to everybody who reads the code",
            SecretKind::CommandLine | SecretKind::NamedLiteral => "the value",
        }
    }

    fn of_format(text: &str, found: &providers::Found, base: usize) -> SecretHit {
        let kind = match found.class {
            providers::Class::Token => SecretKind::ProviderToken,
            providers::Class::PrivateKey => SecretKind::PrivateKey,
            providers::Class::Jwt => SecretKind::SignedToken,
        };
        let span = Span::new(base + found.start, base + found.end);
        let masked = masked(text.get(found.start..found.end).unwrap_or(""));
        let provider = found.class == providers::Class::Token && found.live;
        // Tests are full of signed tokens that open nothing.
        let strong = found.class != providers::Class::Jwt;
        SecretHit {
            span,
            redact: span,
            kind,
            name: found.name.to_owned(),
            provider,
            proven: found.proven,
            strong,
            in_test: false,
            // What a vendor gives out for trials.
            for_development: found.class == providers::Class::Token && !found.live,
            sample: false,
            alone: false,
            masked,
        }
    }

    fn of_url(text: &str, url: &urls::UrlSecret, base: usize) -> SecretHit {
        let span = Span::new(base + url.start, base + url.end);
        let kind = SecretKind::ConnectionUrl { host: url.host.clone() };
        let password = text.get(url.start..url.end).unwrap_or("");
        let (masked, strong) = (masked(password), generic::looks_secret("password", password));
        SecretHit {
            span,
            redact: span,
            kind,
            name: url.scheme.clone(),
            provider: false,
            proven: false,
            strong,
            in_test: false,
            for_development: url.of_own_machine,
            // Addresses of databases hold weak passwords in earnest; of pages, those that parsers are tried with.
            // The second half of an error tracker's address opens nothing any more.
            sample: matches!(url.scheme.as_str(), "http" | "https") && (!strong || url.host.contains("sentry")),
            alone: false,
            masked,
        }
    }

    fn named(text: &str, name: &str, start: usize, end: usize) -> SecretHit {
        let span = Span::new(start, end);
        let masked = masked(text.get(start..end).unwrap_or(""));
        SecretHit {
            span,
            redact: span,
            kind: SecretKind::NamedLiteral,
            name: name.to_owned(),
            provider: false,
            proven: false,
            strong: true,
            in_test: false,
            for_development: false,
            sample: false,
            alone: false,
            masked,
        }
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}

/// In order of place; of overlapping hits the surest one (they come surest first).
fn without_repeats(hits: Vec<SecretHit>) -> Vec<SecretHit> {
    let mut kept: Vec<SecretHit> = Vec::new();
    for hit in hits {
        let overlaps = |other: &SecretHit| other.redact.start < hit.redact.end && hit.redact.start < other.redact.end;
        if !kept.iter().any(overlaps) {
            kept.push(hit);
        }
    }
    kept.sort_by_key(|hit| (hit.span.start, hit.span.end));
    kept
}
