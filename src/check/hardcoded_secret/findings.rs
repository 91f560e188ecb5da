//! Hits to findings: the level by the ground on which a file stands, and what to do about it.

use std::sync::Arc;

use super::overridden::{is_never_read, is_overridden, is_refused_elsewhere, takes_local_settings};
use super::{SecretHit, SecretKind, Secrets, generic, providers, scan_source, scan_text};
use crate::check::Context;
use crate::model::facts::{DefId, DefKind, FileFacts};
use crate::model::finding::{Confidence, Finding, Label, Level, Location};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::{Words, vocabulary};

const RULE: &str = "hardcoded-secret";

/// What a file is for, as far as the level of a secret depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ground {
    Production,
    /// Settings that say they are for development.
    Development,
    /// Settings that another module takes over and sets from elsewhere.
    Overridden,
    /// Settings that are followed by those of the machine, where there are any.
    Followed,
    /// A field of settings that the environment sets, and nothing reads.
    Unread,
    /// Another module stops where the setting has this value.
    Refused,
    /// Run by hand: scripts, seeds, migrations.
    Tool,
    /// Components of a page.
    Page,
    /// Data that shows what something looks like.
    Sample,
    Test,
}

/// Finds secrets in every source file and every configuration file.
pub(super) fn check(context: &Context) -> Vec<Finding> {
    let (program, strict) = (context.program, context.settings.strict());
    let secrets = context.secrets.get_or_init(|| Secrets {
        sources: program.facts.iter().map(|facts| scan_source(facts)).collect(),
        texts: context.texts.iter().map(|(path, text)| scan_text(path, text)).collect(),
    });
    let mut findings = Vec::new();
    for (at, facts) in program.facts.iter().enumerate() {
        if secrets.sources[at].is_empty() {
            continue;
        }
        let file = FileId(at as u32);
        let path = program.path(file);
        let ground = ground_of_source(context, file);
        let family = Some(facts.language.family());
        let shows = |hit: &SecretHit| match hit.kind {
            SecretKind::NamedLiteral => is_shown_whole(path) || is_translation(path, facts),
            SecretKind::Setting => is_translation(path, facts),
            _ => false,
        };
        let hits = secrets.sources[at].iter().filter(|hit| !shows(hit));
        findings.extend(hits.filter_map(|hit| {
            let may_be_set_anew = ground == Ground::Production && hit.kind == SecretKind::Setting;
            let may_be_refused = ground == Ground::Production && matches!(hit.kind, SecretKind::Setting | SecretKind::Fallback);
            let ground = match ground {
                _ if may_be_refused && is_refused_elsewhere(program, file, hit.span) => Ground::Refused,
                _ if may_be_set_anew && is_overridden(program, file, &hit.name) => Ground::Overridden,
                _ if may_be_set_anew && is_never_read(program, file, &hit.name, hit.span) => Ground::Unread,
                _ if may_be_set_anew && takes_local_settings(program, file, hit.span) => Ground::Followed,
                ground => ground,
            };
            finding(path, hit, ground, family, strict)
        }));
    }
    for ((path, _), hits) in context.texts.iter().zip(&secrets.texts) {
        // What an app carries to every phone.
        if hits.is_empty() || ["google-services.json", "GoogleService-Info.plist"].iter().any(|name| path.ends_with(name)) {
            continue;
        }
        let ground = ground_of_path(path);
        findings.extend(hits.iter().filter_map(|hit| finding(path, hit, ground, None, strict)));
    }
    findings
}

fn finding(path: &Arc<str>, hit: &SecretHit, ground: Ground, family: Option<Family>, strict: bool) -> Option<Finding> {
    let ground = match ground {
        _ if hit.in_test => Ground::Test,
        _ if hit.provider && ground != Ground::Test && providers::is_for_pages(&hit.name) && is_asset(path) => Ground::Page,
        Ground::Production if hit.for_development => Ground::Development,
        // What a page is given, everybody who opens it may read: keys that stand there are as a rule meant for it.
        Ground::Production if is_of_page(path) && hit.kind == SecretKind::NamedLiteral => Ground::Page,
        Ground::Production if hit.sample => Ground::Sample,
        Ground::Production if hit.kind == SecretKind::PrivateKey && is_beside_certificates(path) => Ground::Sample,
        ground => ground,
    };
    // Tests are full of tokens and passwords that open nothing: there only a key or an address with a password is worth a look.
    let opens = matches!(hit.kind, SecretKind::PrivateKey | SecretKind::ConnectionUrl { .. });
    if ground == Ground::Test && !opens && !hit.provider && !strict {
        return None;
    }
    let level = level(hit, ground)?;
    let mut message = hit.message();
    if let Some(why) = why_lower(hit, ground) {
        message.push(' ');
        message.push_str(why);
    }
    let location = Location { path: path.clone(), span: hit.span };
    Some(Finding {
        rule: Arc::from(RULE),
        level,
        message,
        primary: Label { location, text: hit.label().to_owned() },
        related: Vec::new(),
        flow: Vec::new(),
        help: Some(help(&hit.kind, family).to_owned()),
        subject: format!("{}:{}", kind_word(&hit.kind), hit.name),
        fingerprint: String::new(),
        confidence: if hit.provider || hit.kind == SecretKind::PrivateKey { Confidence::High } else { Confidence::Medium },
        redact: vec![hit.redact],
    })
}

/// Vendors' tokens at full level, in tests where a checksum tells them from made-up ones. What only its place makes a secret is nothing in a test.
fn level(hit: &SecretHit, ground: Ground) -> Option<Level> {
    // Beside tokens of several other vendors it shows what they look like.
    if hit.provider && (hit.sample || hit.alone || ground == Ground::Page || ground == Ground::Test && !hit.proven) {
        return Some(Level::Note);
    }
    if hit.provider {
        return Some(Level::Error);
    }
    match ground {
        Ground::Test => hit.strong.then_some(Level::Note),
        // Whether it opens anything beyond a developer's machine is not written there.
        Ground::Tool | Ground::Development | Ground::Overridden | Ground::Unread | Ground::Refused | Ground::Page | Ground::Sample => {
            Some(Level::Note)
        }
        Ground::Followed => Some(Level::Warning),
        // Signed tokens expire; whether this one has is not written in the code.
        Ground::Production if hit.kind == SecretKind::SignedToken => Some(Level::Note),
        // Much is called a key or a token, and much of that is meant to be seen (keys of search, maps, analytics): of what was read in fresh repositories, the
        // name and the look of a value alone were hardly ever right.
        Ground::Production if hit.kind == SecretKind::NamedLiteral => Some(Level::Note),
        Ground::Production => Some(Level::Error),
    }
}

fn why_lower(hit: &SecretHit, ground: Ground) -> Option<&'static str> {
    match ground {
        _ if hit.provider && hit.sample => {
            Some("A note only: beside those of several other vendors it may show what such a value looks like.")
        }
        _ if hit.provider && hit.alone => Some("A note only: nobody can use it without its other half, which is not in this file."),
        _ if hit.provider && ground != Ground::Page && (hit.proven || ground != Ground::Test) => None,
        Ground::Test => Some("A note only: this is test code."),
        Ground::Tool => Some("A note only: this is a script, a seed, a pipeline or a migration."),
        Ground::Development => Some("A note only: it is for development."),
        Ground::Overridden => Some("A note only: a module that builds on this one sets it from elsewhere."),
        Ground::Refused => Some("A note only: another module stops where it is set to this."),
        Ground::Unread => Some("A note only: the environment sets it, and nothing in the code reads it."),
        Ground::Followed => Some("A warning only: the settings of a machine, taken over below, may set it anew."),
        Ground::Sample => Some("A note only: it may show what such a value looks like."),
        Ground::Page => Some("A note only: it stands in a page, where keys that everybody may see are kept."),
        Ground::Production if hit.kind == SecretKind::SignedToken => {
            Some("A note only: such tokens may have expired, and some are public.")
        }
        Ground::Production if hit.kind == SecretKind::NamedLiteral => Some("A note only: nothing but its name and its look speaks for it."),
        Ground::Production => None,
    }
}

/// The settings of a static site: what stands there goes into every page.
fn is_shown_whole(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    ["docusaurus.config.", "gatsby-config.", "astro.config."].iter().any(|start| name.starts_with(start))
        || path.contains(".vitepress/config.")
}

/// What a page says in one language: texts in a folder of translations, and nothing that runs. `adminPassword` is a label there.
fn is_translation(path: &str, facts: &FileFacts) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').any(|folder| vocabulary().placeholders.translations.has(folder))
        && !facts.defs.iter().any(|def| matches!(def.kind, DefKind::Function | DefKind::Method | DefKind::Class))
}

/// `certs/server.key`, `assets/certificates/leafKey.pem`: what a repository holds beside certificates is mostly there for a first start or for tests. A key
/// that signs tokens or lets into a machine has another name.
fn is_beside_certificates(path: &str) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    let is_file = [".pem", ".key", ".crt", ".p8"].iter().any(|end| path.ends_with(end));
    is_file && folders.split('/').any(|folder| generic::words(folder).iter().any(|word| vocabulary().grounds.certificates.has(word)))
}

/// Components: what is in them is sent to every browser.
fn is_of_page(path: &str) -> bool {
    [".tsx", ".jsx", ".vue", ".svelte"].iter().any(|end| path.ends_with(end))
}

/// A script that a server hands out as it is.
fn is_asset(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    name.ends_with(".js") && folders.split('/').any(|folder| vocabulary().grounds.assets.has(folder))
}

fn kind_word(kind: &SecretKind) -> &'static str {
    match kind {
        SecretKind::ProviderToken => "token",
        SecretKind::PrivateKey => "private-key",
        SecretKind::SignedToken => "jwt",
        SecretKind::ConnectionUrl { .. } => "url",
        SecretKind::CredentialPosition => "position",
        SecretKind::LiteralPassword | SecretKind::ConnectionSetting => "password",
        SecretKind::Fallback => "fallback",
        SecretKind::Setting => "setting",
        SecretKind::NamedLiteral => "name",
        SecretKind::CommandLine => "command",
    }
}

fn ground_of_source(context: &Context, file: FileId) -> Ground {
    let module = GlobalDef { file, def: DefId::MODULE };
    let is = |role| context.program.is(module, role);
    if is(Role::Test) {
        return Ground::Test;
    }
    if is(Role::Script) || is(Role::Migration) {
        return Ground::Tool;
    }
    ground_of_path(context.program.path(file))
}

fn ground_of_path(path: &str) -> Ground {
    // Settings for pipelines; a folder of that name may hold anything.
    // What only pipelines read. A name is one of tests there already.
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let words = generic::words(name);
    let is_test = |folder: &str| folder.split(['-', '_', '.']).any(|word| vocabulary().grounds.tests.has(word.to_ascii_lowercase()));
    let any = |list: &Words| {
        words.iter().any(|word| list.has(word))
            || folders.split('/').any(|folder| list.has(folder.trim_matches(['_', '.']).to_ascii_lowercase()))
    };
    match () {
        () if any(&vocabulary().grounds.tests)
            || folders.split('/').any(is_test)
            || words.iter().any(|word| vocabulary().grounds.pipelines.has(word)) =>
        {
            Ground::Test
        }
        () if any(&vocabulary().grounds.tools)
            || words.windows(2).any(|two| two[0] == "random" && two[1] == "data")
            || folders.split('/').any(|folder| vocabulary().grounds.pipeline_folders.has(folder)) =>
        {
            Ground::Tool
        }
        // `local_data/`, `dev-certs/`: a folder is called after what it is for.
        () if any(&vocabulary().grounds.development)
            || folders.split('/').any(|folder| generic::words(folder).iter().any(|word| vocabulary().grounds.development.has(word))) =>
        {
            Ground::Development
        }
        () => Ground::Production,
    }
}

fn help(kind: &SecretKind, family: Option<Family>) -> &'static str {
    if *kind == SecretKind::LiteralPassword {
        return "make a random password for each account and hand it over once, or let the user set one by a link, and change the accounts that have this one";
    }
    match family {
        Some(Family::Python) => {
            "read it from the environment without a default (`os.environ[\"NAME\"]`, a settings field with no value), and replace this one: the history keeps it"
        }
        Some(Family::TypeScript) => {
            "read it from `process.env` and stop at start-up when it is missing, and replace this one: the history keeps it"
        }
        Some(Family::Rust) => {
            "read it with `std::env::var` and stop at start-up when it is missing, and replace this one: the history keeps it"
        }
        None => {
            "take it out of the repository (an ignored file, the platform's secret store, a reference to a secret manager), and replace this one: the history keeps it"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ground_is_told_by_words_of_the_path() {
        assert_eq!(ground_of_path("app/settings.py"), Ground::Production);
        assert_eq!(ground_of_path("app/settings/dev.py"), Ground::Development);
        assert_eq!(ground_of_path(".env.development"), Ground::Development);
        assert_eq!(ground_of_path("apps/api/__tests__/login.ts"), Ground::Test);
        assert_eq!(ground_of_path("packages/e2e_tests/setup.ts"), Ground::Test);
        assert_eq!(ground_of_path("settings/ci.py"), Ground::Test);
        assert_eq!(ground_of_path("contest/latest.py"), Ground::Production);
        assert_eq!(ground_of_path("local_data/jwt.key"), Ground::Development);
        assert_eq!(ground_of_path("locality/jwt.key"), Ground::Production);
        assert_eq!(ground_of_path("prisma/seed.ts"), Ground::Tool);
        assert_eq!(ground_of_path("unittests/scans/report.json"), Ground::Test);
        assert_eq!(ground_of_path("examples/tls/key.pem"), Ground::Development);
        assert_eq!(ground_of_path("deploy/dummy-credentials.json"), Ground::Test);
        assert_eq!(ground_of_path(".github/store.json"), Ground::Tool);
        assert_eq!(ground_of_path("prisma/populate.ts"), Ground::Tool);
        assert_eq!(ground_of_path("shop/random_data.py"), Ground::Tool);
        assert_eq!(ground_of_path("shop/random_token.py"), Ground::Production);
        assert_eq!(ground_of_path("app/github/client.ts"), Ground::Production);
        assert_eq!(ground_of_path("app/exemplary/key.pem"), Ground::Production);
    }
}
