//! `archcheck graph` through the binary, on small projects: ids, kinds and places as docs/graphs.md states them.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

#[path = "support/binary.rs"]
mod binary;

use std::path::Path;

use binary::{archcheck, project};
use serde_json::Value;
use tempfile::TempDir;

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let output = archcheck(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// `id (kind) file:line`.
fn nodes(graph: &Value) -> Vec<String> {
    let text = |node: &Value, key: &str| node[key].as_str().unwrap_or("-").to_string();
    let line = |node: &Value| format!("{} ({}) {}:{}", text(node, "id"), text(node, "kind"), text(node, "file"), node["line"]);
    graph["nodes"].as_array().unwrap().iter().map(line).collect()
}

/// `from -> to (kind, resolution) file:line`.
fn edges(graph: &Value) -> Vec<String> {
    let text = |edge: &Value, key: &str| edge[key].as_str().unwrap().to_string();
    let line = |edge: &Value| {
        let ends = format!("{} -> {}", text(edge, "from"), text(edge, "to"));
        format!("{ends} ({}, {}) {}:{}", text(edge, "kind"), text(edge, "resolution"), text(edge, "file"), edge["line"])
    };
    graph["edges"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn python_calls_have_python_names() {
    let folder = project(&[
        (
            "main.py",
            "import json\nfrom lib.text import Page\n\ndouble = lambda x: x * 2\n\ndef run():\n    double(1)\n    Page().show()\n\nrun()\njson.dumps(1)\n",
        ),
        (
            "lib/text.py",
            "class Page:\n    def __init__(self):\n        self.rows = []\n\n    def show(self):\n        def line():\n            return print(1)\n        return line()\n",
        ),
    ]);
    let graph = json(folder.path(), &["graph", "--kind", "calls", "--format", "json"]);
    assert_eq!(
        nodes(&graph),
        [
            "<builtin>.print (external) -:0",
            "json.dumps (external) -:0",
            "lib.text (module) lib/text.py:0",
            "lib.text.Page (class) lib/text.py:1",
            "lib.text.Page.__init__ (method) lib/text.py:2",
            "lib.text.Page.show (method) lib/text.py:5",
            "lib.text.Page.show.line (function) lib/text.py:6",
            "main (module) main.py:0",
            "main.<lambda1> (lambda) main.py:4",
            "main.run (function) main.py:6",
        ]
    );
    assert_eq!(
        edges(&graph),
        [
            "lib.text.Page.show -> lib.text.Page.show.line (call, exact) lib/text.py:8",
            "lib.text.Page.show.line -> <builtin>.print (call, exact) lib/text.py:7",
            "main -> main.run (call, exact) main.py:10",
            "main -> json.dumps (call, exact) main.py:11",
            "main.run -> main.<lambda1> (call, exact) main.py:7",
            "main.run -> lib.text.Page.__init__ (call, exact) main.py:8",
            "main.run -> lib.text.Page.show (call, exact) main.py:8",
        ]
    );
}

#[test]
fn javascript_names_follow_the_path_and_the_variable() {
    let folder = project(&[
        ("src/app.js", "import { half } from './math.js';\n\nconst run = () => [1].map(x => half(x));\nrun();\n"),
        ("src/math.js", "export function half(x) {\n  return x / 2;\n}\n"),
    ]);
    let graph = json(folder.path(), &["graph", "--kind", "calls", "."]);
    let own: Vec<String> = nodes(&graph).into_iter().filter(|node| !node.contains("external")).collect();
    assert_eq!(
        own,
        [
            "src.app (module) src/app.js:0",
            "src.app.run (arrow) src/app.js:3",
            "src.app.run.<arrow1> (arrow) src/app.js:3",
            "src.math (module) src/math.js:0",
            "src.math.half (function) src/math.js:1",
        ]
    );
    let edges = edges(&graph);
    for expected in [
        "src.app -> src.app.run (call, exact) src/app.js:4",
        "src.app.run -> src.app.run.<arrow1> (passed, inferred) src/app.js:3",
        "src.app.run.<arrow1> -> src.math.half (call, exact) src/app.js:3",
    ] {
        assert!(edges.iter().any(|edge| edge == expected), "{expected} is not in {edges:#?}");
    }
}

#[test]
fn what_an_impl_of_a_trait_holds_says_so() {
    let folder = project(&[
        ("Cargo.toml", "[package]\nname = \"zoo\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
        ("src/main.rs", "mod animal;\n\nuse animal::Speak as _;\n\nfn main() {\n    animal::Cat::new().speak();\n}\n"),
        (
            "src/animal.rs",
            "pub trait Speak {\n    fn speak(&self);\n}\n\npub struct Cat;\n\nimpl Cat {\n    pub fn new() -> Cat {\n        Cat\n    }\n}\n\nimpl Speak for Cat {\n    fn speak(&self) {}\n}\n",
        ),
    ]);
    let graph = json(folder.path(), &["graph", "--kind", "calls"]);
    assert_eq!(
        edges(&graph),
        [
            "zoo::main -> zoo::animal::Cat::new (call, exact) src/main.rs:6",
            "zoo::main -> zoo::animal::{impl Speak for Cat}::speak (call, exact) src/main.rs:6",
        ]
    );
}

#[test]
fn a_function_handed_on_is_called_where_it_is_called() {
    let folder = project(&[("main.py", "def twice(f):\n    f()\n    f()\n\ndef work():\n    pass\n\ntwice(work)\nmap(work, [])\n")]);
    let graph = json(folder.path(), &["graph", "--kind", "calls"]);
    let edges = edges(&graph);
    assert!(!edges.contains(&"main -> main.work (passed, inferred) main.py:8".to_string()), "{edges:#?}");
    // Nothing of the project calls it here: the builtin does.
    assert!(edges.contains(&"main -> main.work (passed, inferred) main.py:9".to_string()), "{edges:#?}");
}

#[test]
fn imports_have_lines_kinds_and_definitions() {
    let folder = project(&[
        ("shop/__init__.py", "from .orders import Order\n"),
        (
            "shop/orders.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop.stock import Item\n\nclass Order:\n    pass\n",
        ),
        ("shop/stock.py", "class Item:\n    def order(self):\n        from shop import Order\n        return Order()\n"),
        ("shop/gone.py", "from shop.missing import x\n"),
    ]);
    let graph = json(folder.path(), &["graph"]);
    assert_eq!(
        edges(&graph),
        [
            "shop -> shop.orders (load, exact) shop/__init__.py:1",
            "shop.orders -> typing (load, exact) shop/orders.py:1",
            "shop.orders -> shop.stock (type, exact) shop/orders.py:3",
            "shop.stock -> shop (deferred, exact) shop/stock.py:3",
        ]
    );
    let deferred = &graph["edges"][3];
    assert_eq!((deferred["dynamic"].as_bool(), deferred["definition"].as_str()), (Some(true), Some("shop.orders.Order")));
    assert_eq!(graph["edges"][2]["typeOnly"], true);
    assert_eq!(graph["unresolved"][0]["specifier"], "shop.missing");
    assert_eq!(graph["unresolved"][0]["line"], 1);
}

#[test]
fn a_folder_of_tests_is_a_project_like_any_other() {
    let folder = project(&[
        ("archcheck.toml", "version = 1\nexclude = [\"examples/\"]\n"),
        ("examples/tests/test_a.py", "from helper import h\nh()\n"),
        ("examples/tests/helper.py", "def h():\n    pass\n"),
    ]);
    let graph = json(folder.path(), &["graph", "--kind", "calls", "examples/tests"]);
    assert_eq!(edges(&graph), ["test_a -> helper.h (call, exact) test_a.py:2"]);
}

/// Three layers in folders; the repository imports the handlers, which is upward and closes a cycle.
fn shop() -> TempDir {
    project(&[
        (
            "app/routers/orders.py",
            "from fastapi import APIRouter\nfrom app.services.order_service import total\n\nrouter = APIRouter()\n\n@router.get(\"/orders\")\ndef orders():\n    return total()\n",
        ),
        ("app/services/order_service.py", "from app.repositories.order_repository import rows\n\ndef total():\n    return len(rows())\n"),
        ("app/repositories/order_repository.py", "from app.routers.orders import orders\n\ndef rows():\n    return [orders]\n"),
        ("tests/test_orders.py", "from app.services.order_service import total\n\ndef test_total():\n    assert total() == 1\n"),
    ])
}

#[test]
fn what_rules_report_is_marked() {
    let folder = shop();
    let graph = json(folder.path(), &["graph"]);
    let marked: Vec<String> = graph["edges"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|edge| !edge["violation"].is_null())
        .map(|edge| format!("{} {}", edge["from"].as_str().unwrap(), edge["violation"].as_str().unwrap()))
        .collect();
    assert_eq!(
        marked,
        ["app.repositories.order_repository layer-violation", "app.routers.orders import-cycle", "app.services.order_service import-cycle"]
    );
    let test = graph["nodes"].as_array().unwrap().iter().find(|node| node["id"] == "tests.test_orders").unwrap();
    assert_eq!(test["test"], true);
}

fn text(folder: &Path, arguments: &[&str]) -> String {
    let output = archcheck(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn pictures_draw_roles_files_and_folders() {
    let folder = shop();
    let mermaid = text(folder.path(), &["graph", "--format", "mermaid", "--level", "layer"]);
    assert!(mermaid.starts_with("flowchart TD\n"), "{mermaid}");
    for part in [
        "n0[\"repository<br/>",
        "n1[\"router<br/>",
        "n2[\"service<br/>",
        "n0 -->|1| n1",
        "n1 -->|1| n2",
        "n2 -->|1| n0",
        "linkStyle 0,1,2 stroke",
    ] {
        assert!(mermaid.contains(part), "{part} is not in\n{mermaid}");
    }
    let dot = text(folder.path(), &["graph", "--format", "dot"]);
    assert!(dot.contains("\"app/routers/orders.py\" -> \"app/services/order_service.py\" [label=1"), "{dot}");
    assert!(!dot.contains("test_orders"), "tests are drawn only when asked for:\n{dot}");
    assert!(text(folder.path(), &["graph", "--format", "dot", "--tests"]).contains("test_orders"));
    assert!(text(folder.path(), &["graph", "--format", "dot", "--external"]).contains("\"fastapi\""));
    let svg = text(folder.path(), &["graph", "--format", "svg"]);
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
    assert_eq!(svg.matches("class=\"arrow wrong\"").count(), 3, "{svg}");
    let boxes = json(folder.path(), &["graph", "--level", "package"]);
    assert_eq!(boxes["nodes"].as_array().unwrap().len(), 3, "{boxes}");
    assert_eq!(boxes["edges"][0]["weight"], 1);
}

#[test]
fn a_big_project_is_drawn_in_few_boxes() {
    let files: Vec<(String, String)> = (0..120)
        .map(|at| {
            let next = (at + 1) % 120;
            let text = if next == 0 { String::new() } else { format!("from area{}.part{next} import x\n", next / 20) };
            (format!("area{}/part{at}.py", at / 20), text + "x = 1\n")
        })
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let folder = project(&files);
    let dot = text(folder.path(), &["graph", "--format", "dot"]);
    let boxes = dot.lines().filter(|line| line.starts_with("  \"") && !line.contains(" -> ")).count();
    assert!((6..=40).contains(&boxes), "{boxes} boxes:\n{dot}");
    assert!(dot.contains("// 120 files in"), "{dot}");
    let near = text(folder.path(), &["graph", "--format", "dot", "--focus", "area2/part45.py"]);
    assert_eq!(near.matches(" -> ").count(), 2, "{near}");
    let reaching = json(folder.path(), &["graph", "--reaches", "area0/part3.py"]);
    assert_eq!(nodes(&reaching).len(), 4);
}

#[test]
fn why_shows_the_shortest_chain_or_says_that_there_is_none() {
    let folder = shop();
    let found = text(folder.path(), &["why", "app/routers", "order_repository"]);
    assert_eq!(
        found,
        "app.routers.orders → app.repositories.order_repository (2 imports)\n  \
         app/routers/orders.py:2          app.routers.orders imports total from app.services.order_service\n  \
         app/services/order_service.py:1  app.services.order_service imports rows from app.repositories.order_repository\n"
    );
    let calls = json(folder.path(), &["why", "orders.orders", "rows", "--kind", "calls", "--format", "json"]);
    let hops: Vec<&str> = calls["chains"][0].as_array().unwrap().iter().map(|hop| hop["to"].as_str().unwrap()).collect();
    assert_eq!(hops, ["app.services.order_service.total", "app.repositories.order_repository.rows"]);
    assert!(text(folder.path(), &["why", "router", "fastapi"]).contains("app/routers/orders.py:1"));
    let none = archcheck(folder.path(), &["why", "app/routers", "tests"]);
    assert_eq!(
        (none.status.code(), String::from_utf8(none.stdout).unwrap().as_str()),
        (Some(1), "No chain of imports leads from `app/routers` to `tests`.\n")
    );
    let unknown = archcheck(folder.path(), &["why", "app/router", "tests"]);
    assert_eq!(unknown.status.code(), Some(2));
    let message = String::from_utf8(unknown.stderr).unwrap();
    assert!(message.contains("nothing here is called `app/router`") && message.contains("did you mean `app/routers`?"), "{message}");
}

#[test]
fn a_part_of_the_configuration_comes_before_a_module_of_its_name() {
    let folder = project(&[
        ("archcheck.toml", "version = 1\n[parts]\nbilling = \"src/billing\"\n"),
        ("src/billing/__init__.py", ""),
        ("src/billing/invoice.py", "from src.bank import pay\n"),
        ("src/bank.py", "def pay():\n    pass\n"),
        ("billing.py", "x = 1\n"),
    ]);
    let found = text(folder.path(), &["why", "billing", "src/bank.py"]);
    assert!(found.contains("src/billing/invoice.py:1"), "{found}");
}

#[test]
fn every_format_is_the_same_each_time() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for example in ["python-shop", "rust-clinic", "typescript-library"] {
        for kind in ["imports", "calls"] {
            for format in ["json", "dot", "mermaid", "svg"] {
                let run = || text(&examples.join(example), &["graph", "--kind", kind, "--format", format]);
                let (first, second) = (run(), run());
                assert_eq!(first, second);
                assert!(!first.contains(env!("CARGO_MANIFEST_DIR")) && first.len() > 100, "{example} {kind} {format}:\n{first}");
            }
        }
    }
}

#[test]
fn statistics_tell_how_much_is_known() {
    let folder = project(&[
        ("a.py", "import json\nfrom b import f\nfrom pkg.gone import g\n\nf()\njson.dumps(1)\ng()\nunknown()()\n"),
        ("b.py", "def f():\n    pass\n"),
        ("pkg/__init__.py", ""),
    ]);
    let report = json(folder.path(), &["--format", "json"]);
    let coverage = &report["statistics"]["coverage"]["python"];
    assert_eq!(coverage["imports"], serde_json::json!({"first_party": 1, "external": 1, "generated": 0, "unresolved": 1}));
    assert_eq!((&coverage["calls"]["exact"], &coverage["calls"]["external"]), (&Value::from(1), &Value::from(1)), "{coverage}");
    assert_eq!(report["statistics"]["unresolved"][0]["path"], "a.py");
    assert_eq!(report["statistics"]["unresolved"][0]["line"], 3);
    let shown = text(folder.path(), &["--statistics"]);
    assert!(shown.contains("not resolved: a.py:3 pkg.gone") && shown.contains("python calls, exact"), "{shown}");
}
