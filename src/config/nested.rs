//! The file of a folder: it tightens what holds there and loosens nothing.
//!
//! Its parts, orders and rules judge the code of its folder only, and its globs and paths begin there. It may speak of the parts of the files above it.

use toml::de::DeTable;

use super::{Config, ConfigError, Reader, did_you_mean, span};
use crate::model::contract::{Part, PartForm};
use crate::model::rule::Rule;

/// What only the file of the whole may say.
const ROOT_KEYS: &[(&str, &str)] = &[
    ("profile", "the profile"),
    ("exclude", "which files are left out"),
    ("options", "the options of rules"),
    ("knowledge", "what libraries mean"),
];

/// Makes a file that was read as any other one of a folder.
pub(super) fn adapt(reader: &mut Reader, table: &DeTable<'_>, above: &[&Config]) {
    for (key, _) in table {
        if let Some((name, what)) = ROOT_KEYS.iter().find(|(name, _)| *name == &**key.get_ref()) {
            let help =
                "the file of a folder tightens, and never loosens: it has `[parts]`, `[layers]`, `[rules]`, `[[except]]` and `[levels]`"
                    .to_string();
            reader.error(span(key), format!("`{name}` in the file of a folder"), format!("{what}: the root's to say"), Some(help));
        }
    }
    let path = reader.config.path.clone();
    let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let contract = &mut reader.config.contract;
    contract.folder = folder.as_str().into();
    for part in &mut contract.parts {
        match &mut part.form {
            PartForm::Paths(globs) => globs.iter_mut().for_each(|glob| glob.value = format!("{folder}{}", glob.value)),
            PartForm::Each { pattern, .. } => pattern.value = format!("{folder}{}", pattern.value),
            PartForm::Packages(_) => {}
        }
    }
    let own = contract.parts.clone();
    for part in above.iter().rev().flat_map(|config| &config.contract.parts) {
        if let Some(again) = own.iter().find(|known| known.name.value == part.name.value) {
            let help = "a folder may not change what a word means; give this part a name of its own".to_string();
            reader.error(
                again.name.span,
                format!("part `{}` is there already, by a file above", part.name.value),
                "said again",
                Some(help),
            );
        } else if reader.config.contract.parts.iter().all(|known| known.name.value != part.name.value) {
            reader.config.contract.parts.push(Part { inherited: true, ..part.clone() });
        }
    }
}

/// Checks that the levels of a folder's file are above those that hold for the whole.
pub fn check_nested_levels(nested: &Config, root: &Config, rules: &[Rule]) -> Vec<ConfigError> {
    let mut errors = Vec::new();
    for (id, setting) in &nested.levels {
        let Some(rule) = rules.iter().find(|rule| *rule.id == **id) else {
            let help = did_you_mean(id, rules.iter().map(|rule| &*rule.id)).map(|near| format!("did you mean `{near}`?"));
            errors.push(nested.error(setting.span, format!("unknown rule `{id}`"), "no rule has this id", help));
            continue;
        };
        let whole = root.levels.get(id).map_or(Some(rule.level), |setting| setting.level);
        if setting.level < whole || whole.is_none() {
            let name = whole.map_or("off", |level| level.name());
            let help = "the file of a folder tightens, and never loosens".to_string();
            let message = format!("`{id}` is `{name}` for the whole, and a folder may only raise it");
            errors.push(nested.error(setting.span, message, "not above the whole's level", Some(help)));
        }
    }
    errors
}
