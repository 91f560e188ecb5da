//! What literal text says about the places where values are put into it: does it read as SQL, and does SQL have a value or a name there?
//!
//! A few words of context decide; this is no SQL parser.

use crate::model::summary::Hole;

/// Words after which SQL has a name.
const BEFORE_NAMES: &[&str] = &[
    "FROM",
    "JOIN",
    "INTO",
    "UPDATE",
    "TABLE",
    "EXISTS",
    "BY",
    "INDEX",
    "VIEW",
    "SCHEMA",
    "DATABASE",
    "COLUMN",
    "SELECT",
    "DISTINCT",
    "USING",
    "TRUNCATE",
    "REFERENCES",
    "ONLY",
    "ROLE",
    "SEQUENCE",
    "TYPE",
    "EXTENSION",
    "CONSTRAINT",
    "POLICY",
    "TRIGGER",
    "FUNCTION",
    "ANALYZE",
    "VACUUM",
    "REINDEX",
    "AS",
    "USE",
    "WAREHOUSE",
    "CATALOG",
    "KEYSPACE",
    "COPY",
    "PRAGMA",
    "TO",
    "DESCRIBE",
    "CURSOR",
    "COLLATE",
];

/// Words after which SQL has a value.
const BEFORE_VALUES: &[&str] = &["LIKE", "ILIKE", "IN", "VALUES", "LIMIT", "OFFSET", "BETWEEN", "INTERVAL", "TOP", "RETURN", "CALL"];

/// Words that begin the clauses by which a list of things is judged.
const CLAUSES: &[&str] = &["SELECT", "FROM", "WHERE", "SET", "VALUES", "BY", "INTO", "HAVING", "IN", "LIMIT", "ON", "AND", "OR"];

/// What stands where a value is put between `before` and `after`.
pub(super) fn hole(before: &str, after: &str) -> Hole {
    let before = last_chars(before, 400).to_ascii_uppercase();
    let after = first_chars(after, 40).trim_start().to_ascii_uppercase();
    let plain = before.trim_end();
    // Settings of a session are no data, and most drivers cannot bind them.
    let first = plain.split_whitespace().next();
    if matches!(first, Some("PRAGMA")) || (first == Some("SET") && !plain.ends_with('\'')) || plain.contains("SEARCH_PATH") {
        return Hole::Setting;
    }
    if plain.ends_with('\'') || plain.ends_with('%') || plain.ends_with('=') || plain.ends_with('<') || plain.ends_with('>') {
        return Hole::Value;
    }
    if plain.ends_with('.') || plain.ends_with('`') {
        return Hole::Identifier;
    }
    let (plain, quoted) = match plain.strip_suffix(['"', '[']) {
        Some(inner) => (inner.trim_end(), true),
        None => (plain, false),
    };
    if quoted && plain.ends_with(['=', '(']) && !after.starts_with("\",") && !after.starts_with("\" ") {
        return Hole::Value;
    }
    if compares(&after) {
        return Hole::Identifier;
    }
    let word = last_word(plain);
    if BEFORE_NAMES.contains(&word) {
        return Hole::Identifier;
    }
    if BEFORE_VALUES.contains(&word) {
        return Hole::Value;
    }
    if plain.ends_with(',') || plain.ends_with('(') {
        return in_list(plain);
    }
    // `'a:{key}'`: further on in a text that the statement holds.
    let in_text = plain.len() < 400 && !plain.matches('\'').count().is_multiple_of(2);
    match (quoted, in_text) {
        (true, _) => Hole::Identifier,
        (false, true) => Hole::Value,
        (false, false) => Hole::Fragment,
    }
}

/// Text that goes on like this sets something for the session, whatever is put together behind it.
pub(super) fn opens_setting(text: &str) -> bool {
    let start = first_chars(text.trim_start(), 16).to_ascii_uppercase();
    ["PRAGMA ", "SET SEARCH_PATH", "SET SESSION ", "SET LOCAL "].iter().any(|opening| start.starts_with(opening))
}

/// What is put in after `before` is the name of a bound parameter: `… = :{name}`, `… = %({name})s`, `{{${name}}}`, `… = @${name}`.
pub(super) fn ends_in_placeholder(before: &str) -> bool {
    let opens =
        before.ends_with("{{") || before.ends_with("%(") || before.ends_with('@') || (before.ends_with(':') && !before.ends_with("::"));
    opens && before.matches('\'').count().is_multiple_of(2)
}

/// What stands before `after` is a statement, not a piece of one: ` LIMIT 1`, ` ORDER BY a`.
pub(super) fn continues_statement(after: &str) -> bool {
    let after = first_chars(after, 40);
    let upper = after.trim_start().to_ascii_uppercase();
    let clauses =
        ["WHERE ", "ORDER BY ", "GROUP BY ", "HAVING ", "LIMIT ", "OFFSET ", "UNION ", "RETURNING ", "ON CONFLICT", "FOR UPDATE", ";"];
    (after.starts_with(char::is_whitespace) || upper.starts_with(';')) && clauses.iter().any(|clause| upper.starts_with(clause))
}

/// Between `before` and `after` stands a statement of its own: `BEGIN; {script}`.
pub(super) fn ends_statement(before: &str, after: &str) -> bool {
    before.trim_end().ends_with(';') && (after.trim().is_empty() || after.trim_start().starts_with(';'))
}

/// The text after a hole goes on like a comparison or assignment whose left side is the hole: `{x} = 1`, `{x} IN (…)`.
fn compares(after: &str) -> bool {
    let after = after.trim_start_matches(['"', '`', ']', ' ']);
    ["=", "!=", "<", ">", "IS ", "IN ", "IN(", "LIKE ", "ILIKE ", "NOT ", "BETWEEN ", "ASC", "DESC", "INTEGER", "TEXT"]
        .iter()
        .any(|sign| after.starts_with(sign))
}

/// `before` ends inside a list: the clause it belongs to decides.
fn in_list(before: &str) -> Hole {
    let clause = before.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').rfind(|word| CLAUSES.contains(word));
    match clause {
        Some("SELECT" | "BY" | "INTO" | "FROM") => Hole::Identifier,
        Some("VALUES" | "IN" | "SET" | "LIMIT") => Hole::Value,
        _ => Hole::Fragment,
    }
}

/// True when a literal piece of text reads as (part of) an SQL statement.
pub(super) fn reads_as_sql(text: &str) -> bool {
    // SQL has other comments: this is a script for somebody's own language.
    if text.trim_start().starts_with("//") {
        return false;
    }
    let upper = first_chars(text, 2000).to_ascii_uppercase();
    let words: Vec<&str> = upper.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty()).take(80).collect();
    let has = |word: &str| words.contains(&word);
    match words.first() {
        Some(&("SELECT" | "WITH" | "INSERT" | "DELETE" | "UPDATE" | "REPLACE" | "MERGE" | "CREATE" | "ALTER" | "DROP" | "TRUNCATE")) => {
            true
        }
        Some(
            &("CALL" | "EXEC" | "EXECUTE" | "GRANT" | "REVOKE" | "PRAGMA" | "COPY" | "SET" | "SHOW" | "EXPLAIN" | "USE" | "VACUUM"
            | "ANALYZE" | "LOCK" | "REINDEX" | "COMMENT" | "DECLARE" | "FETCH"),
        ) => true,
        Some(&("WHERE" | "AND" | "OR" | "LIMIT" | "OFFSET" | "HAVING" | "FROM" | "VALUES" | "JOIN" | "RETURNING" | "UNION")) => true,
        Some(&("ORDER" | "GROUP")) => has("BY"),
        _ => (has("SELECT") && has("FROM")) || (has("WHERE") && text.contains('=')) || (has("INSERT") && has("INTO")),
    }
}

/// True when a whole text is an SQL statement: it opens with a verb and has the word that must follow. For calls of which only the
/// name is known: `db.query("Update your profile")` is none.
pub(super) fn is_statement(text: &str) -> bool {
    let upper = first_chars(text, 2000).to_ascii_uppercase();
    let mut words = upper.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let Some(verb) = words.next() else { return false };
    let followers: &[&str] = match verb {
        "SELECT" | "DELETE" => &["FROM"],
        "INSERT" | "REPLACE" | "MERGE" => &["INTO"],
        "UPDATE" => &["SET"],
        "WITH" => &["SELECT", "INSERT", "UPDATE", "DELETE"],
        "CREATE" | "ALTER" | "DROP" | "TRUNCATE" => {
            &["TABLE", "INDEX", "DATABASE", "VIEW", "SCHEMA", "USER", "ROLE", "EXTENSION", "TYPE", "FUNCTION"]
        }
        _ => return false,
    };
    words.take(200).any(|word| followers.contains(&word))
}

/// True for a statement, and for the piece before the first value in one: `SELECT `, `INSERT INTO `. Prose that begins with such a
/// verb goes on. Cheap, for a first look at whole files.
pub(super) fn opens_statement(text: &str) -> bool {
    let start = text.trim_start().as_bytes().first().copied().unwrap_or(b' ');
    if !b"SIUDRMWCATsiudrmwcat".contains(&start) {
        return false;
    }
    let whole = text.trim();
    let opening = ["SELECT", "UPDATE", "INSERT INTO", "DELETE FROM", "REPLACE INTO"];
    opening.iter().any(|opening| whole.eq_ignore_ascii_case(opening)) || is_statement(text)
}

fn last_word(text: &str) -> &str {
    let start = text.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |at| at + 1);
    text.get(start..).unwrap_or("")
}

pub(super) fn last_chars(text: &str, count: usize) -> &str {
    let mut start = text.len().saturating_sub(count);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..).unwrap_or("")
}

fn first_chars(text: &str, count: usize) -> &str {
    let mut end = text.len().min(count);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_judged_by_the_text_around_them() {
        let cases = [
            ("SELECT * FROM t WHERE id = ", "", Hole::Value),
            ("SELECT * FROM t WHERE name = '", "'", Hole::Value),
            ("SELECT * FROM t WHERE name LIKE '%", "%'", Hole::Value),
            ("SELECT * FROM ", " WHERE id = 1", Hole::Identifier),
            ("SELECT * FROM \"", "\" WHERE id = 1", Hole::Identifier),
            ("SELECT * FROM public.", "", Hole::Identifier),
            ("SELECT id FROM t ORDER BY ", "", Hole::Identifier),
            ("SELECT id, ", " FROM t", Hole::Identifier),
            ("UPDATE t SET ", " = ?", Hole::Identifier),
            ("SELECT * FROM t WHERE ", " = %s", Hole::Identifier),
            ("SELECT * FROM t WHERE name = 'a:", "'", Hole::Value),
            ("SELECT * FROM t WHERE name = 'a' AND ", "", Hole::Fragment),
            ("SELECT * FROM t WHERE ", "", Hole::Fragment),
            ("SELECT * FROM t ", "", Hole::Fragment),
            ("INSERT INTO t (", ") VALUES (?)", Hole::Identifier),
            ("INSERT INTO t (a, b) VALUES (1, ", ")", Hole::Value),
            ("SELECT * FROM t LIMIT ", "", Hole::Value),
            ("SELECT * FROM t WHERE id IN (", ")", Hole::Value),
            ("PRAGMA ", " = 1", Hole::Setting),
            ("SET statement_timeout = ", "", Hole::Setting),
            ("USE WAREHOUSE ", "", Hole::Identifier),
        ];
        for (before, after, want) in cases {
            assert_eq!(hole(before, after), want, "{before}…{after}");
        }
    }

    #[test]
    fn what_is_put_together_behind_a_setting_is_told_by_its_start() {
        assert!(opens_setting("SET search_path = ") && opens_setting("pragma table_info("));
        assert!(!opens_setting(" SET name = ") && !opens_setting("UPDATE t SET a = "));
    }

    #[test]
    fn whole_statements_are_told_from_pieces() {
        assert!(continues_statement(" LIMIT 1") && continues_statement("\n order by a") && continues_statement(";"));
        assert!(!continues_statement("") && !continues_statement(" = 1") && !continues_statement(", b FROM t"));
        assert!(ends_statement("BEGIN; ", "") && ends_statement("COMMIT;", "; END"));
        assert!(!ends_statement("SELECT ", "") && !ends_statement("BEGIN; SELECT ", ""));
    }

    #[test]
    fn names_of_parameters_are_told_from_text() {
        for before in ["WHERE a = :", "SET a = %(", "WHERE a = {{", "VALUES (@", ":"] {
            assert!(ends_in_placeholder(before), "{before}");
        }
        for before in ["WHERE a = ", "SELECT a::", "WHERE a = 'key:", "WHERE a LIKE '%"] {
            assert!(!ends_in_placeholder(before), "{before}");
        }
    }

    #[test]
    fn prose_is_not_sql() {
        assert!(reads_as_sql("\n  select a from t where "));
        assert!(reads_as_sql(" AND name = '"));
        assert!(!reads_as_sql("// Limit to one segment\nif (!("));
        assert!(!reads_as_sql("Please select a value from the list"[7..].trim_start_matches("select").trim()));
        assert!(is_statement(" select a, ? from t"));
        assert!(!is_statement("Update your profile"));
        assert!(opens_statement("SELECT ") && opens_statement("delete from t where id = "));
        assert!(!opens_statement("Select an option") && !opens_statement("Delete the selected rows"));
        assert!(!is_statement("select a value"));
        assert!(!reads_as_sql("user "));
        assert!(!reads_as_sql("%"));
    }
}
