//! The loader's own tests: that what we carry is whole, and that mistakes are told in words that help.

use super::*;
use crate::model::knowledge::{Access, ApiFact, SinkKind, expand, segments};
use crate::model::role::{Role, Strength};

fn messages(errors: &[LoadError]) -> String {
    errors.iter().map(|error| format!("{error}\n")).collect()
}

#[test]
fn every_built_in_file_is_right() {
    let (book, errors) = Rulebook::load_built_in();
    assert!(errors.is_empty(), "{}", messages(&errors));
    assert!(book.knowledge.frameworks.len() > 4);
}

#[test]
fn every_framework_has_its_file_s_name_and_an_example() {
    let book = Rulebook::built_in();
    for (file, examples) in framework_examples() {
        assert!(!examples.is_empty(), "{file} has no example");
        let stem = file.rsplit('/').next().and_then(|name| name.strip_suffix(".toml"));
        assert!(book.knowledge.frameworks.iter().any(|framework| Some(framework.name.as_str()) == stem), "{file} names itself otherwise");
    }
}

#[test]
fn help_speaks_of_known_frameworks() {
    let book = Rulebook::built_in();
    for rule in &book.rules {
        // The patterns of a query name the help they mean.
        let meant = |key: &str| rule.queries.iter().flat_map(|query| &query.patterns).any(|pattern| pattern.help.as_deref() == Some(key));
        for key in rule.help.keys().filter(|key| *key != "default" && !meant(key)) {
            assert!(book.knowledge.frameworks.iter().any(|framework| framework.name == *key), "{}: help for `{key}`", rule.id);
        }
    }
}

#[test]
fn no_alias_leads_to_another() {
    // `canonical` is asked once a step, so a chain of aliases would stop half way.
    let book = Rulebook::built_in();
    for (file, text) in FILES.iter().filter(|(file, _)| file.starts_with("rules/frameworks/")) {
        for line in text.lines().filter(|line| line.trim_start().starts_with("to = ")) {
            for to in expand(line.split('"').nth(1).unwrap_or_default()).unwrap_or_default() {
                let further = book.knowledge.canonical(&to).filter(|further| *further != to);
                assert_eq!(further, None, "{file}: `{to}` is itself an alias");
            }
        }
    }
}

#[test]
fn facts_are_written_on_canonical_paths() {
    // A path is rewritten step by step while it is built, so a pattern that goes through an alias is never asked for.
    let book = Rulebook::built_in();
    let mut wrong = String::new();
    for (file, text) in FILES.iter().filter(|(file, _)| file.starts_with("rules/frameworks/")) {
        let table: toml::Table = text.parse().unwrap();
        for (kind, value) in &table {
            let patterns: Vec<&toml::Value> = match value {
                toml::Value::Array(entries) if kind == "alias" => entries.iter().filter_map(|entry| entry.get("to")).collect(),
                toml::Value::Array(entries) if entries.iter().any(toml::Value::is_table) => {
                    entries.iter().flat_map(|entry| [entry.get("api"), entry.get("made-by")]).flatten().collect()
                }
                // Names of packages, and text for people.
                _ if ["name", "title", "family", "kind", "packages", "validates-input", "validates-routes"].contains(&kind.as_str()) => {
                    continue;
                }
                _ if kind.ends_with("with-query") => continue,
                value => vec![value],
            };
            for path in patterns.into_iter().flat_map(strings).flat_map(|pattern| expand(pattern).unwrap()) {
                let steps = segments(&path);
                for length in 1..=steps.len() {
                    let part = steps[..length].concat();
                    if let Some(to) = book.knowledge.canonical(&part).filter(|to| *to != part) {
                        wrong.push_str(&format!("{file}: {kind}: `{path}`: `{part}` is written `{to}`\n"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

fn strings(value: &toml::Value) -> Vec<&str> {
    match value {
        toml::Value::String(one) => vec![one],
        toml::Value::Array(many) => many.iter().filter_map(toml::Value::as_str).collect(),
        _ => Vec::new(),
    }
}

const HEADING: &str = "name = \"p\"\ntitle = \"P\"\nfamily = \"rust\"\nkind = \"orm\"\npackages = [\"p\"]\n";

#[test]
fn a_framework_file_becomes_facts() {
    let mut book = Rulebook::default();
    let text = format!(
        "{HEADING}transaction = \"p.begin\"\n[[alias]]\nfrom = \"p.make()\"\nto = \"p.Db()\"\n\
         [[query]]\napi = [\"p.Db().{{one,all}}\"]\naccess = \"sql\"\nsubject = {{ argument = 0 }}\ngives = \"rows\"\n\
         [[sink]]\nkind = \"sql\"\napi = \"p.Db().one\"\nargument = [0, \"0.text\"]\n"
    );
    book.add_framework("p.toml", &text).unwrap();
    assert_eq!(book.knowledge.canonical("p.make()"), Some("p.Db()"));
    let facts = |path: &str| -> Vec<ApiFact> {
        book.knowledge.facts(path).iter().map(|found| book.knowledge.entries[found.entry as usize].fact.clone()).collect()
    };
    assert_eq!(facts("p.begin"), [ApiFact::Transaction]);
    assert!(matches!(&facts("p.Db().one")[0], ApiFact::Query(query) if query.access == Access::Sql));
    assert_eq!(facts("p.Db().one").iter().filter(|fact| matches!(fact, ApiFact::Sink { kind: SinkKind::Sql, .. })).count(), 2);
    assert_eq!(facts("p.Db().all").len(), 2);
}

#[test]
fn mistakes_in_a_framework_file_name_the_line_and_guess() {
    let mut book = Rulebook::default();
    let mut wrong = |text: &str| messages(&book.add_framework("f.toml", &format!("{HEADING}{text}")).unwrap_err());
    assert_eq!(wrong("transacton = \"p.begin\"\n"), "f.toml:6: unknown key `transacton` (did you mean `transaction`?)\n");
    assert_eq!(wrong("[[query]]\napi = \"p.f\"\naccess = \"rad\"\n"), "f.toml:8: unknown word `rad` (did you mean `read`?)\n");
    assert_eq!(wrong("commit = [\n\"p.{a\"]\n"), "f.toml:6: pattern `p.{a`: `{` without `}`\n");
    assert_eq!(
        messages(&book.add_framework("g.toml", "name = \"g\"\nfamily = \"rust\"\n").unwrap_err()),
        "g.toml:1: the heading lacks `title`, `kind`, `packages`\n"
    );
}

#[test]
fn a_user_s_table_has_the_same_form() {
    let mut book = Rulebook::default();
    let tables: Vec<toml::Table> = vec![
        toml::from_str("transaction = \"app.db.atomic\"\n[[query]]\napi = \"app.db.run\"\naccess = \"sql\"\n").unwrap(),
        toml::from_str("transactoin = \"app.db.atomic\"\n").unwrap(),
    ];
    let errors = book.add_knowledge("archcheck.toml", &tables).unwrap_err();
    assert_eq!(messages(&errors), "archcheck.toml: [[knowledge]] number 2: unknown key `transactoin` (did you mean `transaction`?)\n");
    assert_eq!(book.knowledge.facts("app.db.atomic").len(), 1);
    assert_eq!(book.knowledge.facts("app.db.run").len(), 1);
}

const PAGE: &str = r#"+++
id = "my-rule"
kind = "analysis"
level = "warning"
profile = "default"
precision = "high"
title = "A title"
[help]
default = "mend it"
+++
Why.

```python
prose()
```

## First

```python app/a.py
x = 1  # expect: my-rule
```

````rust src/b.rs
// ```
````

## Second

```python app/a.py
y = 2
```
"#;

#[test]
fn a_page_gives_a_rule_with_its_examples() {
    let mut book = Rulebook::default();
    book.add_page("rules/house/my-rule.md", PAGE).unwrap();
    let rule = book.rule("my-rule").unwrap();
    assert_eq!((&*rule.category, rule.examples().len()), ("house", 2));
    let first = &rule.examples()[0];
    assert_eq!((first.title.as_str(), first.line, first.files.len()), ("First", 19, 2));
    assert_eq!(first.files[1].text, "// ```\n");
    assert!(rule.markdown.starts_with("Why."));
}

#[test]
fn mistakes_in_a_page_name_the_line_and_guess() {
    let wrong = |from: &str, to: &str| messages(&page::parse("rules/x/my-rule.md", &PAGE.replace(from, to)).unwrap_err());
    assert_eq!(wrong("level =", "levle ="), "rules/x/my-rule.md:4: unknown key `levle` (did you mean `level`?)\n");
    assert_eq!(
        wrong("\"warning\"", "\"warn\""),
        "rules/x/my-rule.md:4: unknown word `warn` (expected one of `note`, `warning`, `error`)\n"
    );
    assert_eq!(wrong("\"high\"", "\"hihg\""), "rules/x/my-rule.md:6: unknown precision `hihg` (did you mean `high`?)\n");
    assert_eq!(
        wrong("id = \"my-rule\"", "id = \"my-rul\""),
        "rules/x/my-rule.md:2: id `my-rul` differs from the file's name (write `my-rule`, or rename the file)\n"
    );
    assert_eq!(
        messages(&page::parse("a.md", "# Title\n").unwrap_err()),
        "a.md:1: the page does not open with front matter (it is TOML between two lines `+++`)\n"
    );
}

#[test]
fn paths_hint_at_roles() {
    let names = Rulebook::built_in().names;
    let best = |path: &str| names.of_path(path).first().map(|evidence| (evidence.role, evidence.strength));
    assert_eq!(best("src/users/users.service.ts"), Some((Role::Service, Strength::Name)));
    assert_eq!(best("app/services/users.py"), Some((Role::Service, Strength::Folder)));
    assert_eq!(best("app/repositories/user_repo.py"), Some((Role::Repository, Strength::Name)));
    assert_eq!(best("tests/services/test_users.py"), Some((Role::Test, Strength::Name)));
    assert_eq!(best("alembic/versions/001_init.py"), Some((Role::Migration, Strength::Name)));
    assert_eq!(best("src/app.module.ts"), Some((Role::Composition, Strength::Name)));
    assert_eq!(best("src/http/mod.rs"), None);
    assert_eq!(best("src/models/dependency.rs"), Some((Role::Model, Strength::Folder)));
    assert_eq!(best("app/db/models/user.py"), Some((Role::Model, Strength::Folder)));
    assert_eq!(best("app/services/scheduler/tasks/purge.py"), Some((Role::Task, Strength::Folder)));
    assert_eq!(best("services/api/models/user.py"), Some((Role::Model, Strength::Folder)));
}

#[test]
fn dependencies_hint_at_roles() {
    let names = Rulebook::built_in().names;
    let role = |dependencies: &[&str]| names.of_dependencies(dependencies).map(|evidence| evidence.role);
    assert_eq!(role(&["lodash", "vue"]), Some(Role::Frontend));
    assert_eq!(role(&["vue", "nuxt"]), None);
    assert_eq!(role(&["lodash"]), None);
}

#[test]
fn class_names_hint_at_roles() {
    let names = Rulebook::built_in().names;
    let role = |name: &str| names.of_class(name).map(|evidence| evidence.role);
    assert_eq!(role("UserService"), Some(Role::Service));
    assert_eq!(role("UserRepository"), Some(Role::Repository));
    assert_eq!(role("UserCreatedEventHandler"), Some(Role::Service));
    // A guard is also what a lock gives: frameworks say what guards requests.
    assert_eq!(role("LogGuard"), None);
    assert_eq!(role("Service"), None);
    assert_eq!(role("User"), None);
}
