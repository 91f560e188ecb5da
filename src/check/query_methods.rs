//! Names of methods by which libraries are asked for rows, as data: `rules/methods.toml`, where the lists are described.

use std::sync::LazyLock;

use serde::Deserialize;

static TABLE: LazyLock<QueryMethods> = LazyLock::new(|| table().unwrap_or_default());

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct QueryMethods {
    pub finds: Vec<String>,
    pub finds_first: Vec<String>,
    pub narrows: Vec<String>,
    pub gives_many: Vec<String>,
    pub looks_up: Vec<String>,
    pub objects_are_conditions: Vec<String>,
}

fn table() -> Result<QueryMethods, toml::de::Error> {
    toml::from_str(include_str!("../../rules/methods.toml"))
}

/// What is known of methods by their names.
pub(super) fn methods() -> &'static QueryMethods {
    &TABLE
}

pub(super) fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|own| own == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let table = table().unwrap_or_else(|error| panic!("{error}"));
        assert!(has(&table.finds, "findOne") && has(&table.finds_first, "updateOne") && has(&table.narrows, "limit"));
        assert!(has(&table.looks_up, "filter_by") && !has(&table.looks_up, "limit") && has(&table.objects_are_conditions, "mongodb"));
    }
}
