//! Tests of the DBML reader.

use std::sync::Arc;

use proptest::prelude::*;

use super::read;

/// `users: id int! key, name text`, `!` for not null, `?` for null, `> x` for a reference.
fn tables(text: &str) -> Vec<String> {
    let schema = read(&Arc::from("schema.dbml"), text);
    let column = |column: &super::Column| {
        let null = match column.nullable {
            Some(false) => "!",
            Some(true) => "?",
            None => "",
        };
        let refers = column.refers.as_ref().map(|table| format!(" > {table}")).unwrap_or_default();
        format!("{} {}{null}{refers}", column.name, column.kind)
    };
    schema
        .tables
        .iter()
        .map(|table| format!("{}: {}", table.name, table.columns.iter().map(column).collect::<Vec<_>>().join(", ")))
        .collect()
}

#[test]
fn tables_columns_and_settings() {
    let text = "Project shop { database_type: 'PostgreSQL' Note: '''x { y''' }\n// Table gone { id int }\n/* Table gone2 { id int } */\nTable core.users as U [headercolor: #fff] {\n  id integer [pk, increment]\n  \"full name\" varchar(255) [not null, unique, note: 'a, b] c']\n  tags text[] [null]\n  score \"double precision\" [default: `1 + 2`]\n  born date\n  Note: 'people'\n  indexes {\n    (id, born) [pk]\n  }\n}\n";
    assert_eq!(tables(text), ["users: id integer!, full name varchar(255)!, tags text[]?, score double precision, born date"]);
}

#[test]
fn references_in_all_forms() {
    let text = "table users as U {\n id int [pk]\n}\ntable posts {\n id int [pk]\n author_id int [ref: > users.id]\n editor_id int\n owner_id int\n}\nRef: posts.editor_id > core.U.id [delete: cascade]\nRef named {\n  U.id < posts.owner_id\n}\nRef: users.(id, x) > posts.(id, y)\nRef: users.id <> posts.id\nTableGroup g { users posts }\nEnum kind { a b }\n";
    assert_eq!(tables(text), ["users: id int!", "posts: id int!, author_id int > users, editor_id int > users, owner_id int > users"]);
}

#[test]
fn partial_tables_are_taken_in() {
    let text = "TablePartial stamps {\n  made timestamp [not null]\n}\nTable a {\n  id int [pk]\n  ~stamps\n}\nTable b {\n  ~lost\n}\n";
    assert_eq!(tables(text), ["a: id int!, made timestamp!", "b: "]);
    assert!(read(&Arc::from("x"), text).tables[1].open);
}

#[test]
fn broken_text_costs_only_itself() {
    assert_eq!(
        tables("Table a {\n  id int [pk\n}\nTable b { id int }\nTable {\n}\nTable c\n{ x int }\n"),
        ["a: id int!", "b: id int", "c: x int"]
    );
    assert_eq!(tables("Table a { x 'unclosed\n y int }"), ["a: x 'unclosed, y int"]);
}

#[test]
fn places_are_those_of_names() {
    let text = "Table ü {\n  \"é x\" int\n}\n";
    let schema = read(&Arc::from("schema.dbml"), text);
    assert_eq!(&text[schema.tables[0].span.range()], "ü");
    assert_eq!(&text[schema.tables[0].columns[0].span.range()], "\"é x\"");
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC{0,200}") {
        tables(&format!("Table a {{\n{text}"));
        tables(&text);
    }

    #[test]
    fn pieces_are_survived(pieces in proptest::collection::vec(prop_oneof![
        Just("Table a {\n"), Just("}\n"), Just("x int [pk]\n"), Just("Ref: a.x > b.y\n"), Just("[ref: > a.x"), Just("'''"), Just("'"), Just("\\"), Just("`"), Just("\""), Just("{"), Just("["),
        Just("indexes {"), Just("Note: "), Just("~p\n"), Just("é"), Just("/*"), Just("//"), Just("a.(x,"),
    ], 0..40)) {
        tables(&pieces.concat());
    }

    #[test]
    fn a_written_schema_is_read_back(names in proptest::collection::btree_set("[a-z][a-z0-9_]{0,8}", 1..6), nulls in proptest::collection::vec(any::<bool>(), 6)) {
        let columns: Vec<String> = names.iter().zip(&nulls).map(|(name, null)| format!("{name} varchar(9){}", if *null { " [not null]" } else { "" })).collect();
        let text = format!("Table t {{\n  {}\n}}\n", columns.join("\n  "));
        let names: Vec<&String> = names.iter().filter(|name| !matches!(name.as_str(), "note" | "indexes" | "checks" | "records")).collect();
        prop_assert_eq!(read(&Arc::from("x"), &text).tables[0].columns.len() >= names.len(), true);
    }
}
