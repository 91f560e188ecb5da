//! The JSON Schema of `archcheck.toml`: fresh, and true of what the documents show. `ARCHCHECK_WRITE=1 cargo test --test schema` writes it again.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::fs;
use std::path::Path;

use archcheck::config::schema::schema;
use archcheck::rulebook::Rulebook;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn mistakes(toml: &str) -> Vec<String> {
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    let value: toml::Table = toml::from_str(toml).unwrap();
    let mut value = serde_json::to_value(value).unwrap();
    dates_as_text(&mut value);
    jsonschema::validator_for(&schema).unwrap().iter_errors(&value).map(|error| error.to_string()).collect()
}

/// Editors hand over dates of TOML as text.
fn dates_as_text(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(map) if map.len() == 1 && map.contains_key("$__toml_private_datetime") => {
            *value = map["$__toml_private_datetime"].clone();
        }
        serde_json::Value::Object(map) => map.values_mut().for_each(dates_as_text),
        serde_json::Value::Array(items) => items.iter_mut().for_each(dates_as_text),
        _ => {}
    }
}

#[test]
fn the_committed_schema_is_fresh() {
    let file = Path::new(ROOT).join("docs/archcheck.schema.json");
    if std::env::var_os("ARCHCHECK_WRITE").is_some() {
        fs::write(&file, schema()).unwrap();
    }
    assert!(fs::read_to_string(&file).unwrap_or_default() == schema(), "run `ARCHCHECK_WRITE=1 cargo test --test schema`");
}

#[test]
fn what_the_documents_show_is_valid() {
    let mut shown = vec![("archcheck.toml".to_string(), fs::read_to_string(Path::new(ROOT).join("archcheck.toml")).unwrap())];
    let page = fs::read_to_string(Path::new(ROOT).join("docs/contracts.md")).unwrap();
    let blocks = page.split("```toml\n").skip(1).map(|block| block.split("```").next().unwrap().to_string());
    shown.extend(blocks.map(|block| ("docs/contracts.md".to_string(), block)));
    for rule in &Rulebook::built_in().rules {
        let files = rule.examples().into_iter().flat_map(|example| example.files).filter(|file| file.path.ends_with("archcheck.toml"));
        shown.extend(files.map(|file| (rule.id.to_string(), file.text)));
    }
    assert!(shown.len() > 8);
    for (place, text) in shown {
        assert_eq!(mistakes(&text), Vec::<String>::new(), "{place}:\n{text}");
    }
}

#[test]
fn misspelt_keys_are_refused() {
    for wrong in [
        "layer = 1",
        "[parts]\na = { pth = \"x\" }",
        "[parts]\na = { each = \"x\" }",
        "[rules]\na = { rule = \"a must not use b\", levle = \"note\" }",
        "[levels]\nn-plus-one = \"fatal\"",
        "[[except]]\nrule = \"a\"\nfrom = \"b\"",
    ] {
        assert!(!mistakes(wrong).is_empty(), "{wrong}");
    }
}
