//! Credential positions: where a library takes a key or a password, by the callee's path. Whatever literal stands there is a credential.
//!
//! A path is the callee as written with its first name replaced by what it is imported from (`jwt.sign` → `jsonwebtoken.sign`). An entry
//! fits a path that ends with it, on whole names. Purely syntactic: types and wrappers are not followed.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rustc_hash::FxHashSet;
use serde::Deserialize;

use crate::rulebook::vocabulary::vocabulary;

/// `[positions]` of `rules/secrets.toml`, where the lists are described.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Positions {
    arguments: BTreeMap<String, Vec<String>>,
    options: Vec<String>,
    strategies: Vec<String>,
    plugins: Vec<String>,
    hashers: Vec<String>,
    settings: Vec<String>,
}

fn known() -> &'static Positions {
    &super::providers::TABLE.positions
}

/// A cheap first look at a callee's last name (or what it is imported as): false for nearly every call there is.
pub(super) fn may_matter(name: &str) -> bool {
    static LAST: LazyLock<FxHashSet<&'static str>> = LazyLock::new(|| {
        let known = known();
        let callees = known.arguments.values().flatten().chain(&known.options).chain(&known.hashers);
        callees.map(|path| path.rsplit(['.', '/']).next().unwrap_or(path)).collect()
    });
    LAST.contains(name.rsplit(['.', '/']).next().unwrap_or(name)) || name.contains("hash") || name.contains("Hash") || is_strategy(name)
}

/// The position of the credential among the arguments of this callee.
pub(super) fn argument(path: &str) -> Option<usize> {
    let (position, _) = known().arguments.iter().find(|(_, callees)| callees.iter().any(|callee| ends_with(path, callee)))?;
    position.parse().ok()
}

/// True for calls whose options hold credentials.
pub(super) fn takes_options(path: &str) -> bool {
    is_strategy(path) || known().options.iter().any(|callee| ends_with(path, callee))
}

fn is_strategy(path: &str) -> bool {
    known().strategies.iter().any(|ending| path.ends_with(ending.as_str()))
}

/// True for calls that hash a password: known ones, and those whose name says so (`hashPassword`, `get_password_hash`).
pub(super) fn is_hasher(path: &str) -> bool {
    if known().hashers.iter().any(|callee| ends_with(path, callee)) {
        return true;
    }
    let words = super::generic::words(path.rsplit('.').next().unwrap_or(path));
    let has = |word: &str| words.iter().any(|own| own == word);
    (has("hash") || has("hashed"))
        && (has("password") || has("pwd") || has("pw"))
        && !vocabulary().accounts.not_keeping.any(|word| has(word))
}

/// True for calls that keep what they hash themselves, whatever becomes of their result: `user.set_password(…)`.
pub(super) fn keeps(path: &str) -> bool {
    super::generic::words(path.rsplit('.').next().unwrap_or(path))
        .first()
        .is_some_and(|word| matches!(word.as_str(), "set" | "reset" | "change" | "update" | "save"))
}

/// True for plugins whose options hold credentials, by what they are imported from.
pub(super) fn is_plugin(path: &str) -> bool {
    known().plugins.iter().any(|plugin| path.strip_prefix(plugin.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

/// True for a framework's setting that holds a secret by definition.
pub(super) fn is_setting(name: &str) -> bool {
    let words = super::generic::words(name);
    let joined = words.concat();
    let tail = words.get(words.len().saturating_sub(2)..).unwrap_or(&[]).concat();
    let settings = &known().settings;
    settings.contains(&joined) || (words.len() <= 3 && settings.contains(&tail))
}

/// The whole name is that of such a setting.
pub(super) fn is_exact_setting(name: &str) -> bool {
    known().settings.contains(&super::generic::words(name).concat())
}

/// Whether a path ends with a callee, on whole names.
pub(super) fn ends_with(path: &str, callee: &str) -> bool {
    path.strip_suffix(callee).is_some_and(|before| before.is_empty() || before.ends_with(['.', '/']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_fit_on_whole_names() {
        assert_eq!(argument("jsonwebtoken.sign"), Some(1));
        assert_eq!(argument("node:crypto.createHmac"), Some(1));
        assert_eq!(argument("jsonwebtoken.EncodingKey.from_secret"), Some(0));
        assert_eq!(argument("design"), None);
        assert!(takes_options("express-session") && !takes_options("obsession"));
    }

    #[test]
    fn hashers_are_known_by_their_name_too() {
        for path in [
            "get_password_hash",
            "this.authService.hashPassword",
            "app.utils.password.get_password_hash",
            "bcrypt.hash",
            "self.set_password",
        ] {
            assert!(is_hasher(path), "{path}");
        }
        for path in ["verify_password_hash", "check_password_hash", "hash", "reset_password"] {
            assert!(!is_hasher(path), "{path}");
        }
    }

    #[test]
    fn settings_are_known_with_a_prefix() {
        assert!(is_setting("SECRET_KEY") && is_setting("JWT_SECRET") && is_setting("APP_JWT_SECRET") && is_setting("secretOrKey"));
        assert!(!is_setting("secret") && !is_setting("secretName") && !is_setting("password"));
    }
}
