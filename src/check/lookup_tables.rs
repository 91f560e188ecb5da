//! Which tables stay small, by what they are called.

use crate::model::words::words;

/// Tables that stay small, by the last word of their name: `OrderStatus`, but not `MenuItem`; `TagEntity` is named after tags.
pub(super) fn is_lookup(table: &str) -> bool {
    let words = words(table);
    let says_kind = |word: &&String| {
        matches!(word.as_str(), "entity" | "entities" | "model" | "models" | "table" | "record" | "row" | "schema" | "orm")
    };
    words.iter().rev().find(|word| !says_kind(word)).is_some_and(|word| {
        matches!(
            word.as_str(),
            "setting"
                | "settings"
                | "config"
                | "configs"
                | "configuration"
                | "country"
                | "countries"
                | "currency"
                | "currencies"
                | "language"
                | "languages"
                | "locale"
                | "locales"
                | "role"
                | "roles"
                | "permission"
                | "permissions"
                | "status"
                | "state"
                | "states"
                | "severity"
                | "severities"
                | "group"
                | "groups"
                | "statuses"
                | "type"
                | "types"
                | "kind"
                | "kinds"
                | "plan"
                | "plans"
                | "feature"
                | "features"
                | "flag"
                | "flags"
                | "unit"
                | "units"
                | "timezone"
                | "timezones"
                | "theme"
                | "themes"
                | "provider"
                | "providers"
                | "integration"
                | "integrations"
                | "level"
                | "levels"
                | "priority"
                | "option"
                | "options"
                | "menu"
                | "menus"
                | "region"
                | "regions"
                | "version"
                | "versions"
                | "category"
                | "categories"
                | "tag"
                | "tags"
                | "dept"
                | "department"
                | "departments"
        )
    })
}
