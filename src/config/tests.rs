//! Configuration in, values or mistakes out.

use super::*;
use crate::model::contract::{Layers, Mention, Step};
use crate::model::rule::RuleKind;

fn rule(id: &str, options: &[(&str, toml::Value)]) -> Rule {
    Rule {
        id: id.into(),
        category: "maintainability".into(),
        kind: RuleKind::Analysis,
        level: Level::Warning,
        profile: Profile::Default,
        precision: "high".into(),
        title: String::new(),
        tags: Vec::new(),
        security_severity: None,
        options: options.iter().map(|(name, value)| (name.to_string(), value.clone())).collect(),
        help: BTreeMap::new(),
        message: None,
        not_in: Vec::new(),
        queries: Vec::new(),
        markdown: String::new(),
        markdown_line: 0,
    }
}

/// Mistakes as text: place, message, label, help.
fn shown(errors: &[ConfigError]) -> String {
    let line = |error: &ConfigError| {
        let place = error.span.map_or("", |span| &error.text[span.range()]);
        let help = error.help.as_ref().map(|help| format!("\n  help: {help}")).unwrap_or_default();
        format!("`{}`: {} ({}){help}\n", place.replace('\n', "⏎"), error.message, error.label)
    };
    errors.iter().map(line).collect()
}

fn mistakes(text: &str) -> String {
    shown(&parse("archcheck.toml", text).expect_err("a mistake"))
}

#[test]
fn a_whole_file() {
    let config = parse(
        "archcheck.toml",
        r#"
version = 1
profile = "strict"
exclude = ["legacy/", "*.gen.ts"]

[parts]
router     = "**/{routers,routes}/**"
repository = ["**/repositories/**", "**/*_repo.py"]
feature    = { each = "src/features/{name}", public = ["index.ts"] }
db         = { package = ["sqlalchemy", "typeorm"] }
shared     = { path = "src/shared/**", open = true }

[levels]
n-plus-one = "error"
todo-comment = "off"

[options.function-too-long]
max-lines = 80

[[knowledge]]
transaction = "app.db.atomic"
"#,
    )
    .expect("no mistakes");
    assert_eq!(config.profile, Profile::Strict);
    let names: Vec<_> = config.contract.parts.iter().map(|part| part.name.value.as_str()).collect();
    assert_eq!(names, ["router", "repository", "feature", "db", "shared"]);
    let roles: Vec<_> = config.role_globs().into_iter().map(|(role, glob)| format!("{} {}", role.name(), glob.value)).collect();
    assert_eq!(roles, ["router **/{routers,routes}/**", "repository **/repositories/**", "repository **/*_repo.py"]);
    assert!(
        matches!(&config.contract.parts[2].form, PartForm::Each { pattern, public } if pattern.value == "src/features/{name}" && public.len() == 1)
    );
    assert!(matches!(&config.contract.parts[3].form, PartForm::Packages(packages) if packages.len() == 2));
    assert!(config.contract.parts[4].open);
    assert_eq!(config.levels["n-plus-one"].level, Some(Level::Error));
    assert_eq!(config.levels["todo-comment"].level, None);
    assert_eq!(config.knowledge[0].value["transaction"].as_str(), Some("app.db.atomic"));
    let settings =
        config.settings(&[rule("function-too-long", &[("max-lines", 50.into()), ("count-comments", false.into())])], Profile::Strict);
    assert_eq!(settings.integer("function-too-long", "max-lines", 0), 80);
    assert_eq!(settings.options["function-too-long"]["count-comments"], false.into());
}

#[test]
fn every_mistake_is_told_with_its_place() {
    insta::assert_snapshot!(mistakes(
        r#"
version = 2
profil = "strict"
profile = "strikt"
exclude = [1]
levels = 3
[parts]
router = 7
service = "a/{b"
feature = { each = "src/features" }
db = { package = "x", path = "y" }
shared = { path = "z", opne = true, public = [] }
[options]
function-too-long = 80
[knowledge]
"#
    ), @r#"
    `2`: unknown version of the configuration format (this archcheck reads version 1)
      help: write `version = 1`
    `profil`: unknown key `profil` (not a setting of archcheck)
      help: did you mean `profile`? keys here: `version`, `profile`, `exclude`, `parts`, `layers`, `rules`, `levels`, `options`, `except`, `knowledge`
    `"strikt"`: unknown profile `strikt` (not a profile)
      help: did you mean `strict`? allowed: `default`, `strict`
    `1`: expected a string, found an integer (this is an integer)
    `3`: expected a table: write `[levels]`, found an integer (this is an integer)
    `7`: expected a string or an array of strings, found an integer (this is an integer)
    `"a/{b"`: `a/{b` is not a valid glob (unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?))
    `"src/features"`: `each` needs one `{name}` in its pattern (no `{name}` here)
      help: write the folder's name as `{name}`: `"src/features/{name}"`
    `{ package = "x", path = "y" }`: part `db` needs exactly one of `path`, `each` and `package` (this part)
      help: write one of `path = …`, `each = …` or `package = …`
    `opne`: unknown key `opne` in part `shared` (not a key of a part)
      help: did you mean `open`? keys of a part: `path`, `each`, `package`, `public`, `open`, `expect`
    `[]`: `public` belongs to a part with `each` (without `each` there is no front door)
    `80`: expected a table of options, found an integer (this is an integer)
    `[knowledge]`: expected an array of tables: write `[[knowledge]]`, found a table (this is a table)
    "#);
}

#[test]
fn syntax_errors_have_a_place() {
    insta::assert_snapshot!(mistakes("profile = \"strict\nexclude = []\n"), @r#"``: `archcheck.toml` is not valid TOML (invalid basic string, expected `"`)"#);
}

#[test]
fn rule_ids_and_options_are_checked_against_the_rules() {
    let config = parse(
        "archcheck.toml",
        "[levels]\nn-plus1 = \"error\"\n[options.function-too-long]\nmax-line = 1\nmax-lines = \"80\"\n[options.xyz]\na = 1\n",
    )
    .expect("no mistakes of form");
    let rules = [rule("function-too-long", &[("max-lines", 50.into())]), rule("n-plus-one", &[])];
    insta::assert_snapshot!(shown(&check_names(&config, &rules)), @r#"
    `n-plus1`: unknown rule `n-plus1` (no rule has this id)
      help: did you mean `n-plus-one`?
    `max-line`: `function-too-long` has no option `max-line` (unknown option)
      help: did you mean `max-lines`? options of this rule: `max-lines`
    `"80"`: `max-lines` of `function-too-long` must be an integer, not a string (expected an integer)
      help: the default is `50`
    `xyz`: unknown rule `xyz` (no rule has this id)
      help: `archcheck rules` lists the rules
    "#);
}

#[test]
fn files_are_looked_for_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    assert_eq!(&*load(folder.path(), None).expect("defaults").path, "");
    write("pyproject.toml", "[project]\nname = \"x\"\n");
    assert_eq!(&*load(folder.path(), None).expect("defaults").path, "");
    write("pyproject.toml", "[tool.archcheck]\nprofile = \"strict\"\n");
    assert_eq!(load(folder.path(), None).expect("a table").profile, Profile::Strict);
    write(".archcheck.toml", "profile = \"default\"\n");
    assert_eq!(&*load(folder.path(), None).expect("a file").path, ".archcheck.toml");
    write("archcheck.toml", "");
    assert_eq!(&*load(folder.path(), None).expect("a file").path, "archcheck.toml");
    let missing = load(folder.path(), Some(&folder.path().join("none.toml"))).expect_err("a mistake");
    assert!(missing[0].message.starts_with("cannot read `none.toml`"), "{}", missing[0].message);
}

#[test]
fn near_words() {
    let rules = ["n-plus-one", "sql-injection", "layer-skip", "layer-violation"];
    assert_eq!(did_you_mean("n-plus1", rules), Some("n-plus-one"));
    assert_eq!(did_you_mean("sqlinjection", rules), Some("sql-injection"));
    assert_eq!(did_you_mean("layer", rules), Some("layer-skip"));
    assert_eq!(did_you_mean("zzz", rules), None);
}

#[test]
fn layers_and_rules_are_sentences() {
    let text = r#"
[parts]
api = "src/api"
core = "src/core"
jobs = "src/jobs"
store = "src/store"
db = { package = "sqlalchemy" }

[layers]
request = "api >> core?|jobs > store"
other = "service:repository >model"

[rules]
door = "only store, core may use db"
pure = "core must not import db"
"#;
    let contract = parse("archcheck.toml", text).expect("no mistakes").contract;
    let steps = |layers: &Layers| -> Vec<String> {
        let members = |step: &Step| -> Vec<String> {
            step.members.iter().map(|member| format!("{}{}", member.part.value, if member.optional { "?" } else { "" })).collect()
        };
        layers.steps.iter().map(|step| format!("{} {:?} {:?}", members(step).join(" "), step.siblings, step.reach)).collect()
    };
    assert_eq!(
        steps(&contract.layers[0]),
        ["api Strangers NextOnly", "core? jobs Strangers AnythingBelow", "store Strangers AnythingBelow"]
    );
    assert_eq!(steps(&contract.layers[1]), ["service repository Friends AnythingBelow", "model Strangers AnythingBelow"]);
    let words = |names: &[Mention]| names.iter().map(|name| text[name.word.span.range()].to_string()).collect::<Vec<_>>().join(" ");
    let rules: Vec<_> =
        contract.rules.iter().map(|rule| format!("{:?}: {} / {}", rule.form, words(&rule.subjects), words(&rule.objects))).collect();
    assert_eq!(rules, ["Only: store core / db", "MustNot: core / db"]);
}

#[test]
fn mistakes_in_layers_and_rules_are_told_at_their_words() {
    let shown = mistakes(
        r#"
[layers]
one = "api"
gap = "api > > store"
twice = "api > store > api"
both = "api > a | b : c"
spaces = "api store"
table = { order = "a > b" }

[rules]
verb = "api must not like db"
form = "api should import db"
nobody = "only may import db"
"#,
    );
    let expected = r#"`api`: an order needs at least two parts (only one part)
  help: part names with `>` (may use anything below), `>>` (next only), `|` (strangers), `:` (friends) and `?` (may be missing)
``: a part's name is missing (here)
  help: part names with `>` (may use anything below), `>>` (next only), `|` (strangers), `:` (friends) and `?` (may be missing); write `a must not import b`, `a may only import b`, `a must import b` or `only a may import b`, with `import`, `call`, `use` or `reach`; several parts stand with commas
`api > store > api`: part `api` stands twice in one order (in this order)
  help: a part has one place in an order
` a | b : c`: a layer holds strangers or friends, not both (`|` and `:`)
  help: give the friends a part of their own, or put them in another layer
`api store`: `api store` is not the name of a part (a name is one word)
  help: between layers stand `>` (may use anything below), `>>` (next only), `|` (strangers), `:` (friends) and `?` (may be missing); in rules, write `a must not import b`, `a may only import b`, `a must import b` or `only a may import b`, with `import`, `call`, `use` or `reach`; several parts stand with commas
`like`: unknown verb `like` in a rule (not a verb of rules)
  help: write `a must not import b`, `a may only import b`, `a must import b` or `only a may import b`, with `import`, `call`, `use` or `reach`; several parts stand with commas
`api should import db`: a rule archcheck does not understand (this sentence)
  help: write `a must not import b`, `a may only import b`, `a must import b` or `only a may import b`, with `import`, `call`, `use` or `reach`; several parts stand with commas
`only may import db`: a rule archcheck does not understand (this sentence)
  help: write `a must not import b`, `a may only import b`, `a must import b` or `only a may import b`, with `import`, `call`, `use` or `reach`; several parts stand with commas
"#;
    assert_eq!(shown, expected);
}

#[test]
fn parts_that_are_unknown_or_empty() {
    let shown_names = mistakes("[parts]\nstorage = \"src/storage\"\n[layers]\na = \"routr > storag > zzz\"\n");
    assert_eq!(
        shown_names,
        "`routr`: unknown part `routr` (no part or role has this name)\n  help: did you mean `router`?\n\
         `storag`: unknown part `storag` (no part or role has this name)\n  help: did you mean `storage`?\n\
         `zzz`: unknown part `zzz` (no part or role has this name)\n  help: say what it is: `zzz = \"src/zzz/**\"` under `[parts]`\n"
    );
    let text = "[parts]\na = \"src/a\"\nb = \"src/*.rs\"\nc = \"src/c/**\"\nd = \"old\"\nx = { each = \"f/{name}\" }\ny = { package = \"p\" }\n\
                [layers]\no = \"a > d?\"\n";
    let config = parse("archcheck.toml", text).expect("no mistakes");
    let shown_empty = shown(&check_parts(&config, ["src/a/x/y.rs", "src/b/z.rs", "f/one/a.py"].into_iter()));
    assert_eq!(
        shown_empty,
        "`b`: part `b` is empty: `src/*.rs` matches no source file (what is said of it can never fail)\n  \
         help: correct its pattern, or write `b?` in an order if the project may lack it, or `expect = \"none-yet\"` if it is to come\n\
         `c`: part `c` is empty: `src/c/**` matches no source file (what is said of it can never fail)\n  \
         help: correct its pattern, or write `c?` in an order if the project may lack it, or `expect = \"none-yet\"` if it is to come\n"
    );
}
