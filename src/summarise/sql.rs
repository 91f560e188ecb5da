//! What a constant SQL text does: its first keyword and its table. Not a parser: it reads words, so that a query can be
//! named in a message; it never decides whether text is safe.

use crate::model::knowledge::Access;

/// What a statement does, as far as its words tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Statement {
    /// Reads or writes rows of a table.
    Data { access: Access, table: Option<String> },
    /// Controls the session (`BEGIN`, `SAVEPOINT`, `SET`, `PRAGMA` …): no work per row.
    Control,
}

/// Reads a statement's words; `None` when the text does not start like SQL.
pub(super) fn read(text: &str) -> Option<Statement> {
    let words = words(text);
    let first = words.first()?.to_ascii_uppercase();
    let access = match first.as_str() {
        "SELECT" | "VALUES" | "SHOW" | "EXPLAIN" | "CALL" => Access::Read,
        "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "MERGE" | "UPSERT" | "TRUNCATE" | "COPY" | "CREATE" | "ALTER" | "DROP" => {
            Access::Write
        }
        "WITH" if words.iter().any(|word| ["INSERT", "UPDATE", "DELETE"].iter().any(|verb| word.eq_ignore_ascii_case(verb))) => {
            Access::Write
        }
        "WITH" => Access::Read,
        "BEGIN" | "START" | "COMMIT" | "ROLLBACK" | "SAVEPOINT" | "RELEASE" | "SET" | "PRAGMA" | "LOCK" | "VACUUM" | "ANALYZE" | "USE" => {
            return Some(Statement::Control);
        }
        _ => return None,
    };
    Some(Statement::Data { access, table: table(&words, access) })
}

/// The word after the first `INTO`, `UPDATE` or `TABLE` of a write, else after the first `FROM`.
fn table(words: &[&str], access: Access) -> Option<String> {
    let written = if access == Access::Write { table_after(words, &["INTO", "UPDATE", "TABLE", "TRUNCATE"]) } else { None };
    written.or_else(|| table_after(words, &["FROM"]))
}

fn table_after(words: &[&str], markers: &[&str]) -> Option<String> {
    words.windows(2).find_map(|pair| {
        if !markers.iter().any(|marker| pair[0].eq_ignore_ascii_case(marker)) {
            return None;
        }
        let quotes = |c| matches!(c, '"' | '`' | '[' | ']' | '\'');
        let name = pair[1].trim_matches(quotes);
        let name = name.rsplit('.').next().unwrap_or(name).trim_matches(quotes);
        let fits = !name.is_empty()
            && name.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !["SET", "SELECT", "TABLE", "IF", "ONLY", "EXISTS"].iter().any(|word| name.eq_ignore_ascii_case(word));
        fits.then(|| name.to_string())
    })
}

/// Words of the text without comments; commas, brackets and semicolons separate.
fn words(text: &str) -> Vec<&str> {
    let mut rest = text.trim_start();
    loop {
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after).trim_start();
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after).trim_start();
        } else {
            break;
        }
    }
    rest.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';')).filter(|word| !word.is_empty()).take(400).collect()
}

#[cfg(test)]
mod tests {
    use super::{Statement, read};
    use crate::model::knowledge::Access;

    fn data(access: Access, table: &str) -> Option<Statement> {
        Some(Statement::Data { access, table: Some(table.to_string()) })
    }

    #[test]
    fn the_first_keyword_decides_and_the_table_is_named() {
        assert_eq!(read("select a, b from users where id = $1"), data(Access::Read, "users"));
        assert_eq!(read(" -- note\n insert into \"user\" (a) values (1)"), data(Access::Write, "user"));
        assert_eq!(read("UPDATE public.orders SET a = 1"), data(Access::Write, "orders"));
        assert_eq!(read("DELETE FROM `t`;"), data(Access::Write, "t"));
        assert_eq!(read("with x as (select 1 from a) update b set c = 1"), data(Access::Write, "b"));
    }

    #[test]
    fn prose_and_control_are_no_queries() {
        assert_eq!(read("Please select a value from the list"), None);
        assert_eq!(read("SAVEPOINT a"), Some(Statement::Control));
        assert_eq!(read(""), None);
    }
}
