//! Tables and columns as a document or a model declares them, and how their names and types compare.

use std::sync::Arc;

use crate::model::source::Span;

/// A schema of a database.
#[derive(Clone, Debug)]
pub struct Schema {
    pub path: Arc<str>,
    pub tables: Vec<Table>,
    /// What shows that a tool wrote it, if anything does.
    pub generated: bool,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    /// The schema before the name: `core` of `core.users`.
    pub space: Option<String>,
    /// Where its name stands.
    pub span: Span,
    pub columns: Vec<Column>,
    /// There may be more columns than are listed.
    pub open: bool,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub span: Span,
    /// What its values are, where the type's name says it.
    pub class: Option<Class>,
    /// The type as written.
    pub kind: String,
    /// `Some(false)`: a value has to be there. `None`: nothing is said.
    pub nullable: Option<bool>,
    /// The table it refers to.
    pub refers: Option<String>,
    pub key: bool,
}

/// What a value is, in the few kinds that no database takes for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    Number,
    /// Also what text can hold: UUIDs, JSON, members of enumerations.
    Text,
    Time,
    Bytes,
}

impl Class {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Class::Number => "a number",
            Class::Text => "text",
            Class::Time => "a time",
            Class::Bytes => "bytes",
        }
    }

    /// By the name of a type of SQL, of an ORM or of a language. Times are text in SQLite, and booleans are numbers in MySQL.
    pub fn of(kind: &str) -> Option<Class> {
        let lower = kind.trim().to_ascii_lowercase();
        let word: String = lower.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
        Some(match word {
            "int"
            | "integer"
            | "bigint"
            | "smallint"
            | "tinyint"
            | "mediumint"
            | "serial"
            | "bigserial"
            | "smallserial"
            | "biginteger"
            | "smallinteger"
            | "number"
            | "numeric"
            | "decimal"
            | "float"
            | "double"
            | "real"
            | "money"
            | "i"
            | "u"
            | "f"
            | "bool"
            | "boolean"
            | "integerfield"
            | "bigintegerfield"
            | "smallintegerfield"
            | "positiveintegerfield"
            | "positivesmallintegerfield"
            | "positivebigintegerfield"
            | "decimalfield"
            | "floatfield"
            | "booleanfield"
            | "autofield"
            | "bigautofield"
            | "smallautofield"
            | "nullbooleanfield"
            | "bigint_unsigned"
            | "doubleprecision" => Class::Number,
            "varchar"
            | "char"
            | "character"
            | "text"
            | "string"
            | "str"
            | "nvarchar"
            | "nchar"
            | "longtext"
            | "mediumtext"
            | "tinytext"
            | "citext"
            | "unicode"
            | "unicodetext"
            | "uuid"
            | "guid"
            | "json"
            | "jsonb"
            | "charfield"
            | "textfield"
            | "emailfield"
            | "slugfield"
            | "urlfield"
            | "uuidfield"
            | "jsonfield"
            | "filefield"
            | "imagefield"
            | "filepathfield"
            | "genericipaddressfield"
            | "enum" => Class::Text,
            "timestamp"
            | "timestamptz"
            | "datetime"
            | "date"
            | "time"
            | "timetz"
            | "timestamp_tz"
            | "datetimefield"
            | "datefield"
            | "timefield"
            | "naivedatetime"
            | "naivedate"
            | "datetimeutc"
            | "datetimewithtimezone"
            | "dateonly" => Class::Time,
            "blob" | "bytea" | "binary" | "varbinary" | "bytes" | "longblob" | "largebinary" | "binaryfield" => Class::Bytes,
            _ => return None,
        })
    }
}

/// A name as names of tables compare: `OrderItems`, `order_items` and `order_item` are the same.
pub fn table_key(name: &str) -> String {
    let plain = column_key(name);
    if let Some(stem) = plain.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    for end in ["sses", "shes", "ches", "xes", "zes"] {
        if plain.ends_with(end) {
            return plain[..plain.len() - 2].to_string();
        }
    }
    match plain.strip_suffix('s') {
        Some(stem) if !stem.ends_with('s') && !stem.ends_with('u') && stem.len() > 1 => stem.to_string(),
        _ => plain,
    }
}

/// A name as names of columns compare: letters and digits in lower case.
pub fn column_key(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::{Class, table_key};

    #[test]
    fn names_and_types_compare() {
        for (a, b) in [
            ("OrderItems", "order_item"),
            ("categories", "Category"),
            ("boxes", "box"),
            ("status", "status"),
            ("addresses", "address"),
            ("news", "news"),
        ] {
            assert_eq!(table_key(a), table_key(b), "{a} {b}");
        }
        assert_ne!(table_key("user"), table_key("users_roles"));
        for (kind, class) in [
            ("varchar(255)", Some(Class::Text)),
            ("INT", Some(Class::Number)),
            ("Int4", Some(Class::Number)),
            ("timestamp with time zone", Some(Class::Time)),
            ("order_status", None),
        ] {
            assert_eq!(Class::of(kind), class, "{kind}");
        }
    }
}
