//! `archcheck picture` through the binary: what the page holds, and that it holds everything it needs.
//!
//! With `ARCHCHECK_CHROMIUM` naming a browser, the page is drawn too: `ARCHCHECK_CHROMIUM=chromium cargo test --test picture`.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

#[path = "support/binary.rs"]
mod binary;

use std::fs;
use std::path::Path;
use std::process::Command;

use binary::{archcheck, project};
use serde_json::{Value, json};

const SHOP: &[(&str, &str)] = &[
    ("archcheck.toml", "[parts]\napi = \"shop/api\"\nstore = \"shop/store\"\n\n[layers]\norder = \"api > store\"\n"),
    ("shop/__init__.py", ""),
    ("shop/api/__init__.py", ""),
    ("shop/api/orders.py", "from shop.store.orders import find\n\n\ndef show(key):\n    return find(key)\n"),
    ("shop/store/__init__.py", ""),
    (
        "shop/store/orders.py",
        "import json\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from shop.store.rows import Row\n\n\ndef find(key):\n    from shop.api.orders import show\n    return json.dumps([key, show])\n",
    ),
    ("shop/store/rows.py", "class Row:\n    pass\n"),
    ("tests/test_orders.py", "from shop.api.orders import show\n\n\ndef test_show():\n    assert show(1)\n"),
];

fn page(folder: &Path, more: &[&str]) -> String {
    let output = archcheck(folder, &[&["picture", "--output", "-"], more].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The element with the data, as text.
fn embedded(page: &str) -> &str {
    let (_, rest) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
    rest.split_once("</script>").unwrap().0
}

fn data(page: &str) -> Value {
    serde_json::from_str(embedded(page)).unwrap()
}

/// `from:line -> to [kind, rule]`.
fn edges(data: &Value) -> Vec<String> {
    let file = |at: &Value| data["files"][at.as_u64().unwrap() as usize][0].as_str().unwrap();
    let rule = |at: &Value| at.as_u64().map_or("-", |at| data["rules"][at as usize].as_str().unwrap());
    let edge =
        |edge: &Value| format!("{}:{} -> {} [{}, {}]", file(&edge[0]), edge[2], file(&edge[1]), edge[3].as_str().unwrap(), rule(&edge[4]));
    data["edges"].as_array().unwrap().iter().map(edge).collect()
}

#[test]
fn parts_stand_in_the_rows_of_their_order() {
    let folder = project(SHOP);
    let data = data(&page(folder.path(), &[]));
    assert_eq!(data["rows"], json!(["order", "", "in no order"]));
    let groups: Vec<(&str, u64)> =
        data["groups"].as_array().unwrap().iter().map(|group| (group[0].as_str().unwrap(), group[2].as_u64().unwrap())).collect();
    assert_eq!(groups, [("api", 0), ("in no part", 2), ("outside packages", 2), ("store", 1)]);
}

#[test]
fn every_import_between_files_has_its_line_kind_and_rule() {
    let folder = project(SHOP);
    let edges = edges(&data(&page(folder.path(), &[])));
    assert_eq!(
        edges,
        [
            "shop/api/orders.py:1 -> shop/store/orders.py [load, -]",
            "shop/store/orders.py:1 -> json [load, -]",
            "shop/store/orders.py:2 -> typing [load, -]",
            "shop/store/orders.py:5 -> shop/store/rows.py [type, -]",
            "shop/store/orders.py:9 -> shop/api/orders.py [deferred, contract]",
            "tests/test_orders.py:1 -> shop/api/orders.py [load, -]",
        ]
    );
}

#[test]
fn roles_are_the_parts_where_nothing_is_configured() {
    let folder = project(&[
        (
            "app/routers/users.py",
            "from fastapi import APIRouter\nfrom app.services.users import find\n\nrouter = APIRouter()\n\n\n@router.get('/users')\ndef show():\n    return find()\n",
        ),
        ("app/services/users.py", "class UserService:\n    pass\n\n\ndef find():\n    return 1\n"),
        ("app/text.py", "WORDS = 1\n"),
    ]);
    let data = data(&page(folder.path(), &[]));
    let row = |name: &str| {
        let group = data["groups"].as_array().unwrap().iter().find(|group| group[0] == name).unwrap();
        data["rows"][group[2].as_u64().unwrap() as usize].as_str().unwrap().to_string()
    };
    assert_eq!([row("router"), row("service"), row("no role")], ["router", "service", ""]);
}

#[test]
fn calls_are_drawn_on_request() {
    let folder = project(SHOP);
    let data = data(&page(folder.path(), &["--kind", "calls"]));
    assert_eq!(data["relation"], "calls");
    assert!(edges(&data).contains(&"shop/api/orders.py:5 -> shop/store/orders.py [load, -]".to_string()), "{:?}", edges(&data));
}

#[test]
fn a_page_asks_nothing_of_any_server() {
    let folder = project(SHOP);
    let page = page(folder.path(), &[]);
    let addresses: Vec<&str> =
        page.match_indices("://").map(|(at, _)| page[at.saturating_sub(4)..].split(['\'', '"', ' ', '>']).next().unwrap()).collect();
    assert_eq!(addresses, ["http://www.w3.org/2000/svg"], "the namespace of SVG is a name, not an address");
    assert!(page.contains("default-src 'none'"));
    for word in ["<link", " src=", "@import", "url(", "fetch(", "innerHTML"] {
        assert!(!page.contains(word), "`{word}`");
    }
    assert_eq!(page, self::page(folder.path(), &[]), "equal input, equal bytes");
}

#[test]
fn what_comes_from_the_project_cannot_end_the_element_it_stands_in() {
    let folder = project(&[("a</script><b>.py", "import os\n"), ("b.py", "password = 'kX9!vQ2@mZ7#pL4$'\n")]);
    let page = page(folder.path(), &["--title", "<img src=x>"]);
    assert!(!embedded(&page).contains('<'));
    assert_eq!(data(&page)["files"][0][0], "a</script><b>.py");
    assert!(page.contains("<title>&lt;img src=x&gt;: archcheck</title>"));
    assert!(!page.contains("vQ2@mZ7"), "a secret is never printed whole");
    assert!(page.contains("hardcoded-secret"));
}

#[test]
fn a_browser_draws_it() {
    let Ok(browser) = std::env::var("ARCHCHECK_CHROMIUM") else { return };
    let folder = project(SHOP);
    let file = folder.path().join("page.html");
    fs::write(&file, page(folder.path(), &[])).unwrap();
    let profile = tempfile::tempdir().unwrap();
    let drawn = |hash: &str| {
        let output = Command::new(&browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(["--virtual-time-budget=2000", "--dump-dom"])
            .arg(format!("file://{}{hash}", file.display()))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let closed = drawn("#api");
    assert!(closed.contains(">orders.py<"), "few files are open from the start: {closed}");
    assert!(closed.contains("class=\"arrow red"), "the violation is red");
    let panel = drawn("#shop/store/orders.py");
    assert!(panel.contains("<h2>shop/store/orders.py</h2>"));
    assert!(panel.contains("shop/store/orders.py:9"), "a line of the chosen file's imports");
}
