//! The contract examples that the documents of import-linter (2.x, `docs/contract_types`) and dependency-cruiser (17.x, `doc/rules-tutorial.md`,
//! `doc/rules-reference.md`) show, in the language of `archcheck.toml`: the same verdicts on small projects of our own, in fewer lines. `THEIRS` counts the
//! lines of the contract itself as it is documented, without comments, blank lines and (import-linter) the heading that names the root package.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::fs;

use archcheck::engine::{Engine, Options};
use archcheck::model::source::LineIndex;

/// Checks a contract on a project: lines that end in ` !` are reported and no others, and the contract is shorter than `theirs` lines.
#[track_caller]
fn same(theirs: usize, contract: &str, project: &str) {
    let ours = contract.lines().filter(|line| !line.trim().is_empty()).count();
    assert!(ours < theirs, "{ours} lines here, {theirs} there");
    let folder = tempfile::tempdir().unwrap();
    let mut marked = Vec::new();
    for (path, text) in project.split("--- ").skip(1).map(|block| block.split_once('\n').unwrap()).chain([("archcheck.toml", contract)]) {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        let lines = text.lines().enumerate().filter(|(_, line)| line.ends_with(" !"));
        marked.extend(lines.map(|(at, _)| format!("{path}:{}", at + 1)));
    }
    let (mut engine, _) = Engine::open(folder.path(), Options { select: vec!["contract".into()], jobs: 1, ..Options::default() });
    let reported = engine.check().reported;
    assert!(engine.config_errors().is_empty(), "{:#?}", engine.config_errors());
    let mut found: Vec<String> = reported
        .iter()
        .map(|finding| {
            let at = &finding.primary.location;
            let text = fs::read_to_string(folder.path().join(&*at.path)).unwrap();
            format!("{}:{}", at.path, LineIndex::new(&text).line(at.span.start) + 1)
        })
        .collect();
    found.sort();
    found.dedup();
    marked.sort();
    assert_eq!(found, marked);
    assert!(engine.prove().iter().all(|proof| proof.fires));
}

#[test]
fn import_linter_layers() {
    same(
        8,
        "[layers]\nl = \"mypackage/high > mypackage/medium > mypackage/low\"\n",
        "--- mypackage/high.py\nfrom mypackage import medium, low\n--- mypackage/medium/x.py\nfrom mypackage import low\n\
         --- mypackage/low.py\nfrom mypackage import utils  # !\nfrom mypackage.medium import x  # !\n--- mypackage/utils.py\nfrom mypackage import high\n",
    );
}

#[test]
fn import_linter_layers_in_containers() {
    same(
        12,
        "[parts]\ncontainer = { each = \"mypackage/{name}\" }\n[layers]\nl = { each = \"container\", order = \"high > medium? > low\" }\n",
        "--- mypackage/foo/high.py\nfrom mypackage.foo import low\n--- mypackage/foo/low.py\nfrom mypackage.bar import high\nfrom mypackage.foo import high  # !\n\
         --- mypackage/bar/high.py\nX = 1\n--- mypackage/bar/medium.py\nfrom mypackage.bar import high  # !\n--- mypackage/bar/low.py\nX = 1\n",
    );
}

#[test]
fn import_linter_layers_with_several_items() {
    // `layers = ["high", "blue | green | yellow", "low"]` with a container, and `blue : green` for friends.
    same(
        11,
        "[layers]\nl = \"mypackage/high > mypackage/blue | mypackage/green > mypackage/red : mypackage/yellow > mypackage/low\"\n",
        "--- mypackage/high.py\nfrom mypackage import blue, low\n--- mypackage/blue.py\nfrom mypackage import green  # !\n--- mypackage/green.py\nfrom mypackage import red\n\
         --- mypackage/red.py\nfrom mypackage import yellow\n--- mypackage/yellow.py\nfrom mypackage import red, low\n--- mypackage/low.py\nfrom mypackage import red  # !\n",
    );
}

#[test]
fn import_linter_forbidden() {
    same(
        16,
        "[rules]\nr = \"mypackage/one, mypackage/two, mypackage/three/blue must not reach mypackage/four, mypackage/five/green\"\n\
         [[except]]\nrule = \"r\"\nfrom = \"mypackage/two\"\nto = \"mypackage/four\"\nbecause = \"documented\"\n",
        "--- mypackage/one/green.py\nfrom mypackage import utils  # !\n--- mypackage/two.py\nfrom mypackage import four\n--- mypackage/three/blue.py\nfrom mypackage.five import green  # !\n\
         --- mypackage/three/red.py\nfrom mypackage.five import green\n--- mypackage/four.py\nX = 1\n--- mypackage/five/green.py\nX = 1\n--- mypackage/utils.py\nfrom mypackage import four\n",
    );
}

#[test]
fn import_linter_forbidden_external_packages() {
    same(
        14,
        "[parts]\nouter = { package = [\"django\", \"requests\"] }\n[rules]\nr = \"mypackage/one, mypackage/two must not reach mypackage/three, outer\"\n",
        "--- mypackage/one.py\nimport django.db  # !\n--- mypackage/two.py\nfrom mypackage import helper  # !\n--- mypackage/three.py\nX = 1\n--- mypackage/helper.py\nimport requests\n",
    );
}

#[test]
fn import_linter_independence() {
    same(
        8,
        "[layers]\nl = \"mypackage/foo | mypackage/bar | mypackage/baz\"\n",
        "--- mypackage/foo/x.py\nfrom mypackage import utils  # !\n--- mypackage/bar/y.py\nfrom mypackage.baz import z  # !\n--- mypackage/baz/z.py\nfrom mypackage import other\n\
         --- mypackage/utils.py\nfrom mypackage.bar import y\n--- mypackage/other.py\nX = 1\n",
    );
}

#[test]
fn import_linter_protected() {
    same(
        11,
        "[rules]\nr = \"only mypackage/allowed, mypackage/also_allowed may import mypackage/protected, mypackage/also_protected\"\n",
        "--- mypackage/allowed/x.py\nfrom mypackage import protected\n--- mypackage/also_allowed.py\nfrom mypackage import also_protected\n--- mypackage/protected.py\nX = 1\n\
         --- mypackage/also_protected.py\nX = 1\n--- mypackage/other.py\nfrom mypackage import protected  # !\nfrom mypackage.allowed import x\n",
    );
}

#[test]
fn dependency_cruiser_not_to_core_http() {
    same(
        11,
        "[parts]\nhttp = { package = \"http\" }\n[rules]\nnot-to-core-http = { rule = \"src/** must not import http\", because = \"BOYLE-839\", fix = \"use https\" }\n",
        "--- src/a.ts\nimport http from 'http'  // !\nimport https from 'https'\nimport other from '@supsec/http'\nexport const a = [http, https, other]\n--- src/b.ts\nimport { get } from 'node:http'  // !\nexport const b = get\n",
    );
}

#[test]
fn dependency_cruiser_features_not_to_features() {
    same(
        8,
        "[parts]\nfeature = { each = \"features/{name}\" }\n[rules]\nfeatures-not-to-features = \"feature must not import other feature\"\n",
        "--- features/search/index.ts\nimport { select } from '../select-icecream/index'  // !\nimport { own } from './own'\nimport { common } from '../../common/x'\nexport const s = [select, own, common]\n\
         --- features/search/own.ts\nexport const own = 1\n--- features/select-icecream/index.ts\nexport const select = 1\n--- common/x.ts\nexport const common = 1\n",
    );
}

#[test]
fn dependency_cruiser_must_use() {
    same(
        10,
        "[rules]\nmust-inherit-from-base-controller = \"src/**/*-controller.ts must import src/base-controller.ts\"\n",
        "--- src/base-controller.ts\nexport class Base {}\n--- src/x/cloud-controller.ts\nimport { Base } from '../base-controller'\nexport class Cloud extends Base {}\n\
         --- src/x/wind-controller.ts\nexport class Wind {}  // !\n--- src/x/a-controller-this-is-not.ts\nexport class Not {}\n",
    );
}

#[test]
fn dependency_cruiser_implementation_is_not_reachable() {
    same(
        8,
        "[rules]\nimplementation-not-reachable = \"src/info.ts must not reach src/impl\"\n",
        "--- src/info.ts\nimport { a } from './a'  // !\nexport const info = a\n--- src/a.ts\nimport { b } from './b'\nexport const a = b\n--- src/b.ts\nimport { c } from './impl/c'\nexport const b = c\n--- src/impl/c.ts\nexport const c = 1\n",
    );
}

#[test]
fn dependency_cruiser_only_types() {
    same(
        9,
        "[parts]\nnative = { package = \"react-native\" }\n[rules]\nonly-types = \"src/** must not import native\"\n",
        "--- src/a.ts\nimport type { View } from 'react-native'\nexport const a = (view: View) => view\n--- src/b.ts\nimport { View } from 'react-native'  // !\nexport const b = View\n",
    );
}
