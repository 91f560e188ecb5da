//! What the language of `archcheck.toml` means, as a table: for each operator and verb an edge that passes, one that fails, and a misconfiguration that is
//! refused. `docs/contracts.md` says the same in words.
//!
//! A project is one text: `--- path` begins a file, and a line that ends in `!` (in a comment) must be reported.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::fs;
use std::path::Path;

use archcheck::engine::{Engine, Options};
use archcheck::model::contract::Date;
use archcheck::model::finding::{Finding, Level};
use archcheck::model::source::LineIndex;

/// A project on disk, with the lines that are marked.
struct Written {
    folder: tempfile::TempDir,
    marked: Vec<String>,
}

fn written(contract: &str, project: &str) -> Written {
    let folder = tempfile::tempdir().unwrap();
    let mut marked = Vec::new();
    let blocks = project.split("--- ").skip(1).map(|block| block.split_once('\n').unwrap_or((block, "")));
    for (path, text) in blocks.chain([("archcheck.toml", contract)]) {
        let path = path.trim();
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        let lines = text.lines().enumerate().filter(|(_, line)| line.trim_end().ends_with(" !"));
        marked.extend(lines.map(|(at, _)| format!("{path}:{}", at + 1)));
    }
    marked.sort();
    Written { folder, marked }
}

fn options(today: Option<&str>) -> Options {
    Options { select: vec!["contract".into()], jobs: 1, today: today.and_then(Date::parse), ..Options::default() }
}

/// The findings and the mistakes of the configuration.
fn run(root: &Path, today: Option<&str>) -> (Vec<Finding>, Vec<String>) {
    let (mut engine, _) = Engine::open(root, options(today));
    let reported = engine.check().reported;
    let mistakes = engine.config_errors().iter().map(|error| {
        let place = error.span.map_or("", |span| &error.text[span.range()]);
        format!("`{place}`: {}", error.message)
    });
    (reported, mistakes.collect())
}

/// The findings, as `path:line`.
fn places(root: &Path, findings: &[Finding]) -> Vec<String> {
    let place = |finding: &Finding| {
        let at = &finding.primary.location;
        let text = fs::read_to_string(root.join(&*at.path)).unwrap();
        format!("{}:{}", at.path, LineIndex::new(&text).line(at.span.start) + 1)
    };
    let mut places: Vec<String> = findings.iter().map(place).collect();
    places.sort();
    places.dedup();
    places
}

/// The marked lines are reported and nothing else; the findings.
#[track_caller]
fn holds(contract: &str, project: &str) -> Vec<Finding> {
    holds_on(None, contract, project)
}

#[track_caller]
fn holds_on(today: Option<&str>, contract: &str, project: &str) -> Vec<Finding> {
    let written = written(contract, project);
    let (findings, mistakes) = run(written.folder.path(), today);
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    let said: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(places(written.folder.path(), &findings), written.marked, "{said:#?}");
    findings
}

/// The configuration is refused with exactly these mistakes.
#[track_caller]
fn refused(contract: &str, project: &str, mistakes: &[&str]) {
    let written = written(contract, project);
    assert_eq!(run(written.folder.path(), None).1, mistakes);
}

/// A project with a file for each of these parts, which are folders.
fn folders(names: &str) -> String {
    names.split(' ').map(|name| format!("--- {name}/x.py\nX = 1\n")).collect()
}

fn parts(names: &str) -> String {
    let lines: String = names.split(' ').map(|name| format!("{name} = \"{name}/**\"\n")).collect();
    format!("[parts]\n{lines}")
}

#[test]
fn above_means_may_use_anything_below() {
    let contract = parts("a b c") + "[layers]\nl = \"a > b > c\"\n";
    holds(
        &contract,
        "--- a/x.py\nfrom b import x\nfrom c import x\n--- b/x.py\nfrom c import x\nfrom a import x  # !\n--- c/x.py\nX = 1\n",
    );
    refused(
        &(parts("a b") + "[layers]\nl = \"a > bb > zzz\"\n"),
        &folders("a b"),
        &["`bb`: unknown part `bb`", "`zzz`: unknown part `zzz`"],
    );
}

#[test]
fn next_only_means_no_layer_is_passed_over() {
    let contract = parts("a b c") + "[layers]\nl = \"a >> b > c\"\n";
    holds(&contract, "--- a/x.py\nfrom b import x\nfrom c import x  # !\n--- b/x.py\nfrom c import x\n--- c/x.py\nX = 1\n");
    refused(
        &(contract + "[rules]\nr = \"a must not import b\"\n"),
        &folders("a b c"),
        &["`\"a must not import b\"`: the order `l` lets `a` import `b` only, and the rule `r` forbids it"],
    );
}

#[test]
fn strangers_do_not_know_each_other_and_friends_do() {
    let contract = parts("a b c d") + "[layers]\nl = \"a | b > c : d\"\n";
    holds(
        &contract,
        "--- a/x.py\nfrom b import x  # !\n--- b/x.py\nfrom c import x\n--- c/x.py\nfrom d import x\n--- d/x.py\nfrom c import x\n",
    );
    refused(
        &(parts("a b c") + "[layers]\nl = \"a | b : c\"\nm = \"a : b\"\n"),
        &folders("a b c"),
        &["`a | b : c`: a layer holds strangers or friends, not both", "`a : b`: friends alone make an order that nothing can break"],
    );
}

#[test]
fn an_optional_layer_may_be_missing() {
    let contract = parts("a b c") + "[layers]\nl = \"a >> b? >> c\"\n";
    holds(&contract, "--- a/x.py\nfrom c import x\n--- c/x.py\nfrom a import x  # !\n");
    refused(&contract.replace("b?", "b"), &folders("a c"), &["`b`: part `b` is empty: `b/**` matches no source file"]);
}

#[test]
fn layers_are_closed_over_files_without_a_layer() {
    let contract = parts("a b") + "[layers]\nl = \"a > b\"\n";
    let found = holds(
        &contract,
        "--- a/x.py\nX = 1\n--- b/x.py\nfrom shared import one  # !\n--- shared/one.py\nfrom shared import two\n--- shared/two.py\nfrom a import x\n",
    );
    assert_eq!(
        found[0].message,
        "`b/x.py` (part `b`) reaches `a/x.py` (part `a`) through `shared/one.py` … `shared/two.py`, which is above it"
    );
    let steps: Vec<&str> = found[0].flow.iter().map(|step| step.text.as_str()).collect();
    assert_eq!(steps, ["imports `one` from `shared/one.py`", "imports `two` from `shared/two.py`", "imports `x` from `a/x.py`"]);
}

#[test]
fn several_orders_stand_beside_each_other() {
    let contract = parts("a b old new") + "[layers]\nl = \"a > b\"\nstability = \"old? > new\"\n";
    holds(
        &contract,
        "--- a/x.py\nfrom old import x\n--- b/x.py\nX = 1\n--- old/x.py\nfrom new import x\n--- new/x.py\nfrom old import x  # !\n",
    );
    refused(
        &(parts("a b c") + "[layers]\nl = \"a > b > c\"\nm = \"c > a\"\n"),
        &folders("a b c"),
        &["`\"c > a\"`: `c` is above `a` here, and below it in the order `l`"],
    );
}

#[test]
fn a_part_of_an_order_is_shadowed_when_another_takes_all_its_files() {
    refused(
        "[parts]\nall = \"src/**\"\nsame = \"src/**\"\nlow = \"low/**\"\n[layers]\nl = \"all > same > low\"\n",
        &folders("src low"),
        &["`same`: part `same` is shadowed: every file of it stands in this order as `all`"],
    );
}

const FEATURES: &str = "[parts]\nfeature = { each = \"src/features/{name}\", public = [\"index.ts\"] }\n";

#[test]
fn each_makes_one_part_for_each_folder() {
    let contract = FEATURES.replace(", public = [\"index.ts\"]", "") + "[rules]\nislands = \"feature must not use other feature\"\n";
    holds(
        &contract,
        "--- src/features/cart/index.ts\nimport { total } from './total'\nimport { user } from '../users/index'  // !\nexport const cart = [total, user]\n\
         --- src/features/cart/total.ts\nexport const total = 1\n--- src/features/users/index.ts\nexport const user = 1\n",
    );
    refused(
        &(parts("a b") + "[rules]\nr = \"a must not use other a\"\ns = \"a must not use other b\"\n"),
        &folders("a b"),
        &["` other b`: `other b` says nothing in a rule that is not about `b`"],
    );
    refused(
        &(parts("a b") + "[rules]\nr = \"a must not use other a\"\n"),
        &folders("a b"),
        &["`a`: `other` needs a part with `each`, and `a` is one piece"],
    );
}

#[test]
fn a_front_door_is_the_only_way_in() {
    let found = holds(
        FEATURES,
        "--- src/features/cart/index.ts\nimport { user } from '../users/index'\nimport { secret } from '../users/secret'  // !\nexport const cart = [user, secret]\n\
         --- src/features/users/index.ts\nexport { secret as user } from './secret'\n--- src/features/users/secret.ts\nexport const secret = 1\n\
         --- src/app.ts\nimport { secret } from './features/users/secret'  // !\nexport const app = secret\n",
    );
    assert!(found[0].message.ends_with("past the front door of `src/features/users`"), "{}", found[0].message);
    refused(
        &FEATURES.replace("index.ts", "**"),
        "--- src/features/cart/index.ts\nexport const a = 1\n--- src/app.ts\nexport const b = 1\n",
        &["`feature`: the front door of `feature` keeps nobody out: every file is public"],
    );
}

#[test]
fn an_order_may_hold_inside_each_folder() {
    let contract = FEATURES.replace(", public = [\"index.ts\"]", "")
        + "[layers]\ninside = { each = \"feature\", order = \"api > domain | events?\", because = \"ADR-7\" }\n";
    let found = holds(
        &contract,
        "--- src/features/cart/api/routes.ts\nimport { cart } from '../domain/cart'\nexport const routes = [cart]\n\
         --- src/features/cart/domain/cart.ts\nimport { routes } from '../api/routes'  // !\nexport const cart = () => routes\n\
         --- src/features/users/api.ts\nimport { cart } from '../cart/domain/cart'\nexport const users = cart\n\
         --- src/features/users/domain.ts\nimport { routes } from '../cart/api/routes'\nexport const user = routes\n",
    );
    assert_eq!(found[0].related[0].text, "`api` is above `domain` here, because ADR-7");
    refused(
        &contract.replace("domain |", "domian |"),
        "--- src/features/cart/api.ts\nexport const a = 1\n--- src/features/cart/domain.ts\nexport const b = 1\n",
        &["`domian`: no folder of `feature` holds `domian`"],
    );
}

#[test]
fn must_not_import() {
    let contract = parts("a b") + "[rules]\nr = \"a must not import b\"\n";
    holds(&contract, "--- a/x.py\nimport os\nfrom b import x  # !\n--- a/y.py\nfrom a import x\n--- b/x.py\nfrom a import x\n");
    refused(
        &(parts("a b") + "[rules]\nr = \"a must not import a\"\n"),
        &folders("a b"),
        &["`\"a must not import a\"`: nothing can break the rule `r`"],
    );
}

#[test]
fn only_may_import() {
    let contract = parts("a b c") + "[rules]\nr = \"only a may import b\"\n";
    holds(&contract, "--- a/x.py\nfrom b import x\n--- b/x.py\nfrom b import y\n--- b/y.py\nX = 1\n--- c/x.py\nfrom b import x  # !\n");
    refused(
        &(parts("a b") + "[rules]\nr = \"only a may import b\"\n"),
        &folders("a b"),
        &["`\"only a may import b\"`: nothing can break the rule `r`"],
    );
}

#[test]
fn may_only_use() {
    let contract = parts("a b c") + "s = { path = \"s/**\", open = true }\n[rules]\nr = \"a may only use b, stdlib\"\n";
    holds(
        &contract,
        "--- a/x.py\nimport os\nfrom a import y\nfrom b import x\nfrom s import x\nfrom c import x  # !\nimport requests  # !\nprint(len(os.sep))\n\
         --- a/y.py\nX = 1\n--- b/x.py\nX = 1\n--- c/x.py\nX = 1\n--- s/x.py\nX = 1\n",
    );
    refused(
        &(parts("a b c") + "[layers]\nl = \"c > a > b\"\n[rules]\nr = \"a may only use c\"\n"),
        &folders("a b c"),
        &["`\"a may only use c\"`: the order `l` forbids `a` to import `c`, which the rule `r` allows"],
    );
}

#[test]
fn must_import() {
    let contract = parts("a b") + "[rules]\nr = \"a must import b\"\n";
    holds(&contract, "--- a/x.py\nfrom b import x\ndef f(): pass\n--- a/y.py\ndef g(): pass  # !\n--- a/__init__.py\n--- b/x.py\nX = 1\n");
    refused(
        &(parts("a b") + "[layers]\nl = \"b > a\"\n[rules]\nr = \"a must import b\"\n"),
        &folders("a b"),
        &["`\"a must import b\"`: the order `l` forbids `a` to import `b`, which the rule `r` demands of it"],
    );
}

#[test]
fn call_is_a_call_whose_target_is_known() {
    let contract = parts("a b") + "orm = { package = \"sqlalchemy\" }\n[rules]\nr = \"a must not call b, orm\"\n";
    holds(
        &contract,
        "--- a/x.py\nfrom sqlalchemy.orm import Session\nfrom b.x import helper, LIMIT\n\
         def f(db: Session):\n    db.execute(1)  # !\n    return LIMIT\n\
         def g():\n    return helper()  # !\n--- b/x.py\nLIMIT = 1\ndef helper(): pass\n",
    );
    refused(&(contract.replace("call b", "call bb")), &folders("a b"), &["`bb`: unknown part `bb`"]);
}

#[test]
fn use_is_an_import_a_call_or_naming_a_type() {
    let contract = parts("a b") + "[rules]\nr = \"a must not use b\"\n";
    let project =
        "--- a/x.ts\nimport type { B } from '../b/x'  // !\nexport const f = (b: B) => b\n--- b/x.ts\nexport interface B { id: number }\n";
    holds(&contract, project);
    let unmarked = project.replace("  // !", "");
    holds(&contract.replace("use b", "import b"), &unmarked);
    holds(&contract.replace("\"a must not use b\"", "{ rule = \"a must not use b\", types = false }"), &unmarked);
    holds(&contract.replace("\"a must not use b\"", "{ rule = \"a must not import b\", types = true }"), project);
    refused(&contract.replace("use b", "utilise b"), &folders("a b"), &["`utilise`: unknown verb `utilise` in a rule"]);
}

#[test]
fn reach_is_any_chain() {
    let contract = parts("a b") + "[rules]\nr = \"a must not reach b\"\n";
    let found = holds(
        &contract,
        "--- a/x.py\nfrom c import x  # !\n--- a/y.py\nfrom c import z\n--- b/x.py\nX = 1\n--- c/x.py\nfrom d import x\n--- c/z.py\nX = 1\n--- d/x.py\nfrom b import x\n",
    );
    assert_eq!(found[0].message, "`a/x.py` (part `a`) reaches `b/x.py` (part `b`) through `c/x.py` … `d/x.py`, which it must not");
    holds(
        &(parts("a b c") + "[rules]\nr = \"a may only reach b\"\n"),
        "--- a/x.py\nfrom b import x\nfrom b import y  # !\n--- b/x.py\nX = 1\n--- b/y.py\nfrom c import x\n--- c/x.py\nX = 1\n",
    );
    holds(
        &(parts("a b") + "[rules]\nr = \"a must reach b\"\n"),
        "--- a/x.py\nfrom c import x\ndef f(): pass\n--- a/y.py\ndef g(): pass  # !\n--- b/x.py\nX = 1\n--- c/x.py\nfrom b import x\n",
    );
    refused(
        &contract.replace("a must not reach b", "clock must not reach b"),
        &folders("a b"),
        &["`clock`: `clock` lies outside the project: no rule can be about what it does"],
    );
}

#[test]
fn a_barrel_hides_nothing_and_an_innocent_name_is_not_blamed() {
    let contract = parts("a b") + "[rules]\nr = \"a must not import b\"\n";
    holds(
        &contract,
        "--- a/x.ts\nimport { guilty } from '../barrel'  // !\nimport { innocent } from '../barrel'\nexport const x = [guilty, innocent]\n\
         --- barrel.ts\nexport { guilty } from './b/x'\nexport { innocent } from './c/x'\n--- b/x.ts\nexport const guilty = 1\n--- c/x.ts\nexport const innocent = 1\n",
    );
    holds(
        &contract,
        "--- a/x.py\nimport barrel\nfrom barrel import innocent\ndef f(): return barrel.guilty  # !\n--- barrel/__init__.py\nfrom b.x import guilty\nfrom c.x import innocent\n\
         --- b/x.py\ndef guilty(): pass\n--- c/x.py\ndef innocent(): pass\n",
    );
}

#[test]
fn a_chain_ends_where_a_barrel_only_hands_names_on() {
    let contract = parts("a b") + "[layers]\nl = \"a > b\"\n[rules]\nr = \"b must not reach a\"\n";
    // `Own` is the barrel's; that it also hands on what `a` has is nothing to `b`.
    holds(
        &contract,
        "--- a/x.ts\nexport const x = 1\n--- b/x.ts\nimport { own } from '../barrel'\nexport const b = own\n--- barrel.ts\nexport { x } from './a/x'\nexport const own = 1\n",
    );
    holds(&contract, "--- a/x.py\nX = 1\n--- b/x.py\nfrom c import OWN\n--- c/__init__.py\nfrom a.x import X\nOWN = 1\n");
    holds(
        &contract,
        "--- a/x.ts\nexport const x = 1\n--- b/x.ts\nimport { own } from '../barrel'  // !\nexport const b = own\n--- barrel.ts\nimport { x } from './a/x'\nexport const own = x\n",
    );
}

#[test]
fn types_and_tests_are_exempt_unless_a_rule_says_otherwise() {
    let contract = parts("a b") + "[rules]\nr = \"a must not import b\"\n";
    let project = "--- a/x.py\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from b import x\n--- a/test_x.py\nfrom b import x{}\ndef test_x(): assert x\n--- b/x.py\nX = 1\n";
    holds(&contract, &project.replace("{}", ""));
    holds(
        &contract.replace("\"a must not import b\"", "{ rule = \"a must not import b\", tests = true }"),
        &project.replace("{}", "  # !"),
    );
}

#[test]
fn paths_are_parts_in_sentences() {
    let contract = "[parts]\nshared = \"src/shared/**\"\n[rules]\nr = \"only shared/time may call clock\"\n";
    let project = "--- src/shared/time.py\nimport time\ndef now(): return time.time()\n--- src/x.py\nimport time\nfrom src.shared.time import now\n\
                   def f(): return now()\ndef g(): return time.time()  # !\n";
    holds(contract, project);
    holds(&contract.replace("only shared/time", "only src/shared/time"), project);
    holds(&contract.replace("only shared/time", "only src/*/time.py"), project);
    refused(
        &contract.replace("shared/time", "src/shared/tme.py"),
        project,
        &["`src/shared/tme.py`: `src/shared/tme.py` matches no source file"],
    );
}

#[test]
fn the_surroundings_are_known_in_every_language() {
    let contract = "[parts]\ncore = \"core/**\"\n[rules]\nr = \"core must not use clock, env, network, filesystem, randomness\"\n";
    holds(
        contract,
        "--- core/x.py\nimport os\nimport random  # !\nfrom datetime import datetime\nfrom pathlib import Path\nimport requests  # !\n\
         def a(): return datetime.now()  # !\ndef b(): return os.environ['A']  # !\ndef c(): return open('x')  # !\n\
         def d(): return Path('x').read_text()  # !\ndef e(): return datetime(2020, 1, 1)\n",
    );
    holds(
        contract,
        "--- core/x.ts\nimport { readFile } from 'node:fs/promises'  // !\nimport axios from 'axios'  // !\nexport const a = () => Date.now()  // !\n\
         export const b = () => process.env.A  // !\nexport const c = () => Math.random()  // !\nexport const d = () => new Date()  // !\n\
         export const e = () => new Date(0)\nexport const f = () => fetch('/x')  // !\nexport const g = [readFile, axios]\n",
    );
    holds(
        contract,
        "--- Cargo.toml\n[package]\nname = \"x\"\nedition = \"2024\"\n[lib]\npath = \"lib.rs\"\n--- lib.rs\npub mod core;\n--- core/mod.rs\n\
         use std::time::Instant;\nuse std::fs;  // !\npub fn a() -> Instant { Instant::now() }  // !\npub fn b() { std::env::var(\"A\").ok(); }  // !\n\
         pub fn c() { fs::read(\"x\").ok(); }  // !\npub fn d() { rand::random::<u8>(); }  // !\npub fn e() { std::mem::drop(1); }\n",
    );
    refused(&contract.replace("clock", "clok"), &folders("core"), &["`clok`: unknown part `clok`"]);
}

#[test]
fn terms_give_reason_remedy_and_level() {
    let contract = parts("a b")
        + "[rules]\nr = { rule = \"a must not import b\", because = \"b is going away\", fix = \"use c instead\", level = \"warning\" }\n";
    let found = holds(&contract, "--- a/x.py\nfrom b import x  # !\n--- b/x.py\nX = 1\n");
    assert_eq!((found[0].level, found[0].help.as_deref()), (Level::Warning, Some("use c instead")));
    assert_eq!(found[0].related[0].text, "the rule `r`, because b is going away");
    refused(
        &contract.replace("because", "becuase").replace("\"warning\"", "\"warn\""),
        &folders("a b"),
        &["`becuase`: unknown key `becuase` in this table", "`\"warn\"`: unknown level `warn`"],
    );
}

#[test]
fn what_is_expected_to_come_is_a_mistake_when_it_is_there() {
    let contract = parts("a b") + "[rules]\nr = { rule = \"a must not import b\", expect = \"none-yet\" }\n";
    holds(&contract, &folders("a c"));
    refused(&contract, &folders("a b"), &["`\"none-yet\"`: the rule `r` expects that nothing can break it yet, and now something can"]);
    let part = "[parts]\na = \"a/**\"\nb = { path = \"b/**\", expect = \"none-yet\" }\n";
    holds(part, &folders("a"));
    refused(part, &folders("a b"), &["`b`: part `b` is no longer empty: `b/x.py` belongs to it"]);
}

const EXCEPT: &str =
    "[rules]\nr = \"a must not reach b\"\n[[except]]\nrule = \"r\"\nfrom = \"a/x.py\"\nto = \"b\"\nbecause = \"a report; ADR-3\"\n";

#[test]
fn an_exception_holds_in_one_place_and_opens_no_chain() {
    let contract = parts("a b") + EXCEPT;
    holds(&contract, "--- a/x.py\nfrom b import x\n--- a/y.py\nfrom b import x  # !\n--- b/x.py\nX = 1\n");
    // Not through the excepted file either: `c` reaches `b` by way of it.
    let through = contract.replace("a must not reach b", "a, c must not reach b") + "[parts.c]\npath = \"c/**\"\n";
    holds(&through, "--- a/x.py\nfrom b import x\n--- c/x.py\nfrom a import x  # !\n--- b/x.py\nX = 1\n");
    refused(&contract, &folders("a b"), &["`\"a/x.py\"`: this exception from `r` matches nothing: `a/x.py` does not break it"]);
    refused(
        &contract.replace("because = \"a report; ADR-3\"\n", "").replace("rule = \"r\"", "rule = \"rr\""),
        &folders("a b"),
        &["`\"rr\"`: an exception without `because`"],
    );
    refused(
        &contract.replace("rule = \"r\"", "rule = \"rr\""),
        &folders("a b"),
        &["`\"rr\"`: an exception from `rr`, which is no rule here"],
    );
}

#[test]
fn an_exception_ends() {
    let contract = parts("a b") + EXCEPT + "until = 2027-03-01\n";
    let project = "--- a/x.py\nfrom b import x\n--- b/x.py\nX = 1\n";
    holds_on(Some("2027-03-01"), &contract, project);
    let found = holds_on(Some("2027-03-02"), &contract, &project.replace("import x\n--- b", "import x  # !\n--- b"));
    assert_eq!(found[0].related[1].text, "this exception ended on 2027-03-01, and today is 2027-03-02");
    // Without a day nothing has ended.
    holds(&contract, project);
    refused(&contract.replace("2027-03-01", "\"soon\""), project, &["`\"soon\"`: `until` needs a day"]);
}

#[test]
fn a_rule_needs_a_subject_and_a_target() {
    refused(
        &(parts("a") + "orm = { package = \"sqlalchemy\" }\n[rules]\nr = \"a must not use orm\"\ns = \"repository must not use a\"\n"),
        &folders("a"),
        &["`orm`: no file imports `sqlalchemy` (part `orm`), and no manifest lists it", "`repository`: nothing here is a repository"],
    );
    // A manifest that lists the package makes it possible.
    holds(
        &(parts("a") + "orm = { package = \"sqlalchemy\" }\n[rules]\nr = \"a must not use orm\"\n"),
        "--- a/x.py\nX = 1\n--- requirements.txt\nsqlalchemy==2.0\n",
    );
    refused(
        &(parts("a b") + "[layers]\nl = \"router > service\"\n"),
        &folders("a b"),
        &["`router`: nothing here is a router", "`service`: nothing here is a service"],
    );
}

#[test]
fn open_parts_may_be_used_from_anywhere() {
    let contract = "[parts]\na = \"a/**\"\nb = \"b/**\"\ns = { path = \"s/**\", open = true }\n[layers]\nl = \"s > a > b\"\n";
    holds(contract, "--- a/x.py\nfrom s import x\n--- b/x.py\nfrom a import x  # !\n--- s/x.py\nX = 1\n");
    refused(
        &(contract.to_string() + "[rules]\nr = \"a must not import s\"\n"),
        &folders("a b s"),
        &["`s`: part `s` is open, so anyone may use it, and the rule `r` forbids it"],
    );
}

#[test]
fn a_folder_s_file_tightens_and_never_loosens() {
    let root = parts("a b") + "[rules]\nr = \"a must not import b\"\n";
    let project = "--- a/x.py\nfrom c import x\nfrom b import x  # !\n--- b/x.py\nX = 1\n--- c/x.py\nX = 1\n\
                   --- a/archcheck.toml\n[parts]\ninner = \"inner/**\"\n[rules]\ns = \"inner must not import b, x.py\"\n\
                   --- a/inner/y.py\nfrom a import x  # !\n";
    holds(&root, project);
    refused(
        &root,
        &(folders("a b") + "--- a/archcheck.toml\nexclude = [\"x\"]\n[parts]\nb = \"x.py\"\n"),
        &["`exclude`: `exclude` in the file of a folder", "`b`: part `b` is there already, by a file above"],
    );
    refused(
        &root,
        &(folders("a b") + "--- a/archcheck.toml\n[levels]\ncontract = \"note\"\n"),
        &["`contract`: `contract` is `error` for the whole, and a folder may only raise it"],
    );
    let raised = root.replace("[rules]", "[levels]\ncontract = \"note\"\n[rules]");
    let found =
        holds(&raised, "--- a/x.py\nfrom b import x  # !\n--- b/x.py\nX = 1\n--- a/archcheck.toml\n[levels]\ncontract = \"warning\"\n");
    assert_eq!(found[0].level, Level::Warning);
}

#[test]
fn a_table_in_pyproject_is_a_contract_too() {
    let written = written(
        "",
        &(folders("b")
            + "--- a/x.py\nfrom b import x\n--- pyproject.toml\n[tool.archcheck.parts]\na = \"a/**\"\nb = \"b/**\"\n[tool.archcheck.rules]\nr = \"a must not import b\"\n"),
    );
    fs::remove_file(written.folder.path().join("archcheck.toml")).unwrap();
    let (found, mistakes) = run(written.folder.path(), None);
    assert_eq!((places(written.folder.path(), &found), mistakes), (vec!["a/x.py:1".to_string()], Vec::new()));
}

#[test]
fn every_line_is_proven_to_fire() {
    let contract = parts("a b c d")
        + "feature = { each = \"f/{name}\", public = [\"__init__.py\"] }\norm = { package = \"sqlalchemy\" }\n\
           [layers]\nl = \"a > b | c > d\"\ninside = { each = \"feature\", order = \"api > core\" }\n\
           [rules]\nr1 = \"a must not import d\"\nr2 = \"only b may use orm\"\nr3 = \"d may only use stdlib\"\nr4 = \"a must import b\"\n\
           r5 = \"d must not reach clock\"\nr6 = \"feature must not use other feature\"\nr7 = \"only f/one may call env\"\nr8 = \"b must not call randomness\"\n\
           later = { rule = \"b must not use model\", expect = \"none-yet\" }\n";
    let project = folders("b c d f/one/api f/one/core f/two") + "--- a/x.py\nfrom b import x\nX = x\n--- requirements.txt\nsqlalchemy\n";
    let written = written(&contract, &project);
    let (mut engine, _) = Engine::open(written.folder.path(), options(None));
    engine.check();
    assert!(engine.config_errors().is_empty(), "{:#?}", engine.config_errors());
    let shown: Vec<String> = engine.prove().iter().map(|proof| format!("{} {} {}", proof.fires, proof.name, proof.tried)).collect();
    let expected = [
        "true feature 1",
        "true l 7",
        "true inside 1",
        "true r1 1",
        "true r2 1",
        "true r3 1",
        "true r4 1",
        "true r5 1",
        "true r6 1",
        "true r7 1",
        "true r8 1",
        "false later 0",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn a_first_contract_is_drafted_from_the_code() {
    let project = "--- app/api/users.py\nfrom app.services import users\nfrom app.services import orders\n--- app/api/orders.py\nfrom app.services import orders\n\
                   --- app/services/users.py\nfrom app.store import users\nfrom app.mail import send\n--- app/services/orders.py\nfrom app.store import users\nfrom app.store import orders\n\
                   --- app/store/users.py\nimport sqlalchemy\n--- app/store/orders.py\nfrom app.api import users\n--- app/mail.py\ndef send(): pass\n--- app/main.py\nfrom app.api import users\n\
                   --- tests/test_users.py\nfrom app.store import users\n--- app/lonely.py\nX = 1\n";
    let written = written("", project);
    fs::remove_file(written.folder.path().join("archcheck.toml")).unwrap();
    let (mut engine, _) = Engine::open(written.folder.path(), options(None));
    let (draft, text) = engine.draft();
    let expected = r#"# The architecture of the code as it is, found by `archcheck init`: make the words your own.
# `archcheck` checks it, `archcheck prove` shows that every line can fail. The language: docs/contracts.md of archcheck.
version = 1

[parts]
api      = "app/api/**"
mail     = "app/mail.py"
services = "app/services/**"
store    = "app/store/**"
db       = { package = ["sqlalchemy"] }

# High to low: `>` may import anything below, `|` strangers, `:` friends.
[layers]
# explains 87.5 % of 8 imports, 1 against
app-layers = "api > services > mail | store"

[rules]
db-behind-one-door = "only store may import db"  # the database is imported nowhere else
"#;
    assert_eq!(text, expected);
    assert_eq!((draft.files, draft.orders[0].against), (9, 1));
    let found = engine.check().reported;
    assert_eq!(places(written.folder.path(), &found), ["app/store/orders.py:1"]);
    assert!(engine.config_errors().is_empty(), "{:#?}", engine.config_errors());
    assert!(engine.prove().iter().all(|proof| proof.fires));
}

#[test]
fn nothing_is_drafted_of_code_that_says_nothing() {
    let written = written("", "--- a.py\nX = 1\n--- b.py\nX = 1\n");
    fs::remove_file(written.folder.path().join("archcheck.toml")).unwrap();
    let (mut engine, _) = Engine::open(written.folder.path(), options(None));
    let (draft, _) = engine.draft();
    assert_eq!((draft.parts.len(), draft.orders.len(), draft.rules.len()), (0, 0, 0));
    engine.check();
    assert!(engine.config_errors().is_empty());
}
