//! How libraries write down tables, as data: `rules/schemas.toml`, where the fields are described.

use std::sync::LazyLock;

use serde::Deserialize;

/// The table, once for the process. A mistake in it is found by the test below; a build that has one knows no libraries.
pub(super) static FORMS: LazyLock<Forms> = LazyLock::new(|| read().unwrap_or_default());

fn read() -> Result<Forms, toml::de::Error> {
    toml::from_str(include_str!("../../../rules/schemas.toml"))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Forms {
    pub(super) annotations: Annotations,
    pub(super) attributes: Vec<Attributes>,
    pub(super) fields: Vec<Fields>,
    pub(super) decorated: Vec<Decorated>,
    pub(super) derived: Vec<Derived>,
    pub(super) called: Vec<Called>,
    pub(super) macros: Vec<Macro>,
    pub(super) defined: Vec<Defined>,
}

/// A list of words.
pub(super) type Words = Vec<String>;

/// Whether the word is one of them.
pub(super) fn has(words: &[String], word: &str) -> bool {
    words.iter().any(|own| own == word)
}

/// Whether the path begins with one of them.
pub(super) fn starts(words: &[String], path: &str) -> bool {
    words.iter().any(|own| path.starts_with(own.as_str()))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Annotations {
    pub(super) transparent: Words,
    pub(super) optional: Words,
    pub(super) many: Words,
}

macro_rules! form {
    ($(#[$about:meta])* $name:ident { $($field:ident: $kind:ty),* $(,)? }) => {
        $(#[$about])*
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub(super) struct $name {
            #[expect(dead_code, reason = "for people who read the file")]
            by: String,
            $(pub(super) $field: $kind,)*
        }
    };
}

form! {
    /// A class whose attributes are columns.
    Attributes {
        bases: Words, known: Words, name: String, r#abstract: String, whole: String, switch: String, snake: Words, switched: Words,
        columns: Words, switched_columns: Words, nullable_unless: Words, annotated: String, others: Words, key: String, nullable: String,
        foreign_key: String, reference: String, table: String,
    }
}
form! {
    /// A class whose attributes are fields, with settings inside.
    Fields {
        bases: Words, known: Words, settings: String, off: Words, on: Words, table: String, field: String, references: Words,
        reference_end: String, others: Words, column_name: String, key: String, null: String, target: String, itself: String,
        implied: Words, folders: Words,
    }
}
form! {
    /// A class with a decorator.
    Decorated {
        entity: String, known: Words, relations: Words, owned: Words, join: String, relation_end: String, columns: Words, key: String,
        times: Words, numbers: Words, nullable_columns: Words, others: Words, name: String, r#type: String, nullable: String, unsure: Words,
    }
}
form! {
    /// A struct with a derived trait.
    Derived { derives: String, table: String, column_name: String, key: String, ignored: String, optional: String }
}
form! {
    /// A call with an object of columns.
    Called { tables: Words, key: String, not_null: String, never_null_end: String, unsure: Words, unsure_options: Vec<(String, String)> }
}
form! {
    /// A macro with lines of names and types.
    Macro { name: String, nullable: String }
}
form! {
    /// A method that is given an object of columns.
    Defined {
        named: String, of_class: String, types: Words, r#type: String, table: String, underscored: String, column_name: String, key: String,
        null: String, references: (String, String), no_column: Words, implied: Words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_forms_is_read() {
        let forms = read();
        assert!(forms.as_ref().is_ok_and(|forms| !forms.attributes.is_empty() && !forms.defined.is_empty()), "{:?}", forms.err());
    }
}
