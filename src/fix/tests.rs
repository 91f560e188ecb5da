use std::sync::Arc;

use super::propose;
use crate::lower::{lower, render};
use crate::model::finding::{Confidence, Finding, Label, Level, Location};
use crate::model::source::{Language, SourceFile, Span};

/// A finding of `rule` at the first `«…»` of a text, and the text without the marks.
fn marked(path: &str, rule: &str, text: &str) -> (Finding, String) {
    let (start, end) = (text.find('«').expect("a mark"), text.find('»').expect("a mark") - '«'.len_utf8());
    let finding = Finding {
        rule: rule.into(),
        level: Level::Warning,
        message: "SQL for `sqlalchemy.text` is built from request data".to_string(),
        primary: Label { location: Location { path: path.into(), span: Span::new(start, end) }, text: String::new() },
        related: Vec::new(),
        flow: Vec::new(),
        help: None,
        subject: String::new(),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    };
    (finding, text.replace(['«', '»'], ""))
}

/// The text with the fix of a finding of `rule` at the first `«…»`; `None` without one. What is added to the shape of the code is checked.
fn fixed(path: &str, rule: &str, text: &str) -> Option<String> {
    let (finding, text) = marked(path, rule, text);
    let file = SourceFile { path: Arc::from(path), language: Language::of_path(path).expect("a language"), bytes: 0 };
    let facts = lower(&file, &text);
    let proposal = propose(&finding, &text, &facts, &|node| render::render_node(&facts, node))?;
    let edited = proposal.edit.applied(&text).expect("a place in the text");
    let (before, after) = (render::shape(&facts), render::shape(&lower(&file, &edited)));
    assert!(proposal.keeps(&before, &after), "{before}\n{after}\n{proposal:?}");
    Some(edited)
}

#[test]
fn a_call_is_given_a_time_limit() {
    let timeout = |text: &str| fixed("a.py", "missing-timeout", text);
    for (before, after) in [
        ("import requests\nr = «requests.get»(url)\n", "import requests\nr = requests.get(url, timeout=10)\n"),
        ("r = «requests.get»(url, )\n", "r = requests.get(url, timeout=10)\n"),
        ("r = «requests.post»(f(url), json={'a': (1)}).json()\n", "r = requests.post(f(url), json={'a': (1)}, timeout=10).json()\n"),
        (
            "with «urllib.request.urlopen»(url) as answer:\n    pass\n",
            "with urllib.request.urlopen(url, timeout=10) as answer:\n    pass\n",
        ),
        ("r = «requests.get»(\n    url,\n)\n", "r = requests.get(\n    url,\n    timeout=10,\n)\n"),
        ("r = «requests.get»(\r\n    url\r\n)\r\n", "r = requests.get(\r\n    url,\r\n    timeout=10\r\n)\r\n"),
    ] {
        assert_eq!(timeout(before).as_deref(), Some(after));
    }
    for kept in [
        "r = «requests.get»(url, timeout=None)\n",
        "r = «requests.get»(\n    url  # where\n)\n",
        "r = «session.get»(url)\n",
        "s = «requests.Session()»\n",
    ] {
        assert_eq!(timeout(kept), None, "{kept}");
    }
}

#[test]
fn options_are_given_a_time_limit() {
    let timeout = |text: &str| fixed("a.ts", "missing-timeout", text);
    for (before, after) in [
        ("const r = await «fetch»(url);", "const r = await fetch(url, { signal: AbortSignal.timeout(10000) });"),
        ("«fetch»(url, { method: 'POST' });", "fetch(url, { method: 'POST', signal: AbortSignal.timeout(10000) });"),
        (
            "«fetch»(f(url), {\n  method: 'POST',\n  body,\n});",
            "fetch(f(url), {\n  method: 'POST',\n  body,\n  signal: AbortSignal.timeout(10000),\n});",
        ),
        ("«fetch»(\n  url,\n  {},\n);", "fetch(\n  url,\n  { signal: AbortSignal.timeout(10000) },\n);"),
        ("export const api = «axios.create»();", "export const api = axios.create({ timeout: 10000 });"),
        ("«axios.get»(url)", "axios.get(url, { timeout: 10000 })"),
        ("«axios.post»(url, body)", "axios.post(url, body, { timeout: 10000 })"),
        ("«axios.post»(url, body, { headers })", "axios.post(url, body, { headers, timeout: 10000 })"),
    ] {
        assert_eq!(timeout(before).as_deref(), Some(after));
    }
    for kept in [
        "«fetch»(url, options)",
        "«fetch»(url, { ...options })",
        "«fetch»(url, { signal })",
        "«axios.post»(url)",
        "«axios.get»(url, { timeout: 0 })",
        "«fetch»(url, {\n  method, // how\n});",
        "«got»(url)",
    ] {
        assert_eq!(timeout(kept), None, "{kept}");
    }
}

#[test]
fn values_are_bound_with_the_placeholders_of_the_driver() {
    let bound = |driver: &str, call: &str| {
        let text = |call: &str| format!("import {{ Pool }} from '{driver}';\nexport const f = (db: Pool, q: any, id: string) => {call};\n");
        let start = text("").len() - 2;
        fixed("a.ts", "sql-injection", &text(call)).map(|fixed| fixed[start..fixed.len() - 2].to_string())
    };
    for (driver, before, after) in [
        ("pg", "db.query(«`select 1 from t where a = '${q.a}'`»)", "db.query(`select 1 from t where a = $1`, [q.a])"),
        (
            "pg",
            "db.query(«`select 1\n from t where a = '${q.a}' and (b >= ${id})`»)",
            "db.query(`select 1\n from t where a = $1 and (b >= $2)`, [q.a, id])",
        ),
        (
            "mysql2/promise",
            "db.execute(«`select 1 from t where a='${id}' or b='${id}'`»)",
            "db.execute(`select 1 from t where a=? or b=?`, [id, id])",
        ),
    ] {
        assert_eq!(bound(driver, before).as_deref(), Some(after));
    }
    for (driver, kept) in [
        ("knex", "db.query(«`select 1 from t where a = '${id}'`»)"),
        ("pg", "db.query(«`select 1 from ${id}`»)"),
        ("pg", "db.query(«`select 1 from t where a like '%${id}%'`»)"),
        ("pg", "db.query(«`select 1 from t where a = '${id}x'`»)"),
        ("pg", "db.query(«`select 1 from t where a = 'x ${id}'`»)"),
        ("pg", "db.query(«`select 1 from t where a = 'x = ${id} y'`»)"),
        ("pg", "db.query(«`select 1 from t where a = ${f(id)}`»)"),
        ("pg", "db.query(«`select 1 from t where a = ${id} and b = $2`»)"),
        ("pg", "db.query(«`select 1 from t where a = ${id}`», [])"),
        ("pg", "db.query(«'select 1 from t where a = ' + id»)"),
    ] {
        assert_eq!(bound(driver, kept), None, "{kept}");
    }
}

#[test]
fn a_suppression_of_nothing_goes_with_its_comment() {
    let unused = |path: &str, text: &str| fixed(path, "unused-suppression", text);
    for (path, before, after) in [
        ("a.py", "x = 1\n# archcheck: ignore[«a-b»] once\ny = 2\n", "x = 1\ny = 2\n"),
        ("a.py", "    # archcheck: ignore[«a-b»] once\r\ny = 2\r\n", "y = 2\r\n"),
        ("a.py", "x = 1  # archcheck: ignore[«a-b»] once\ny = 2\n", "x = 1\ny = 2\n"),
        ("a.py", "x = 1  # archcheck: ignore[«a-b», c-d] why\n", "x = 1  # archcheck: ignore[c-d] why\n"),
        ("a.py", "x = 1  # archcheck: ignore[c-d, «a-b»] why\n", "x = 1  # archcheck: ignore[c-d] why\n"),
        ("a.ts", "f(); // archcheck: ignore[«a-b»] why", "f();"),
        ("a.tsx", "const a = <p>\n  {/* archcheck: ignore[«a-b»] why */}\n  {b}\n</p>;\n", "const a = <p>\n  {b}\n</p>;\n"),
        ("a.rs", "fn f() {\n    // archcheck: ignore[«a-b»] why\n    g();\n}\n", "fn f() {\n    g();\n}\n"),
    ] {
        assert_eq!(unused(path, before).as_deref(), Some(after), "{before}");
    }
    for (path, kept) in [
        ("a.py", "x = 1  # archcheck: ignore[«a-b»] why # noqa\n"),
        ("a.py", "x = 1  # see archcheck: ignore[«a-b»] why\n"),
        ("a.ts", "/* one\n archcheck: ignore[«a-b»] why */\nf();\n"),
    ] {
        assert_eq!(unused(path, kept), None, "{kept}");
    }
}

#[test]
fn values_are_bound_where_the_text_is_executed() {
    let bound = |text: &str| fixed("a.py", "sql-injection", text);
    let function = |call: &str| format!("def f(db, name: str, n: int, odd):\n    return {call}\n");
    for (before, after) in [
        (
            "db.execute(text(«f\"SELECT 1 FROM t WHERE a = '{name}'\"»)).all()",
            "db.execute(text(\"SELECT 1 FROM t WHERE a = :name\"), {\"name\": name}).all()",
        ),
        (
            "db.scalar(text(«f\"SELECT 1 FROM t WHERE a = '{name}' AND b >= {n} AND c = '{name}'\"»))",
            "db.scalar(text(\"SELECT 1 FROM t WHERE a = :name AND b >= :n AND c = :name\"), {\"name\": name, \"n\": n})",
        ),
    ] {
        assert_eq!(bound(&function(before)), Some(function(after)));
    }
    for kept in [
        "db.execute(text(«f\"SELECT 1 FROM {name}\"»))",
        "db.execute(text(«f\"SELECT 1 FROM t WHERE a LIKE '%{name}%'\"»))",
        "db.execute(text(«f\"SELECT 1 FROM t WHERE a = '{odd}'\"»))",
        "db.execute(text(«f\"SELECT 1 FROM t WHERE a = '{n}'\"»))",
        "db.execute(text(«f\"SELECT 1 FROM t WHERE a = '{name.strip()}'\"»))",
        "db.execute(text(«f\"SELECT 1 FROM t WHERE a = '{name}'\"»), {})",
        "db.execute(text(«f\"SELECT '12:30' FROM t WHERE a = '{name}'\"»))",
        "db.execute(text(«\"SELECT 1 FROM t WHERE a = '\" + name + \"'\"»))",
    ] {
        assert_eq!(bound(&function(kept)), None, "{kept}");
    }
}

#[test]
fn a_client_is_built_with_a_time_limit() {
    let limited = |code: &str| fixed("a.rs", "missing-timeout", code);
    for (before, after) in [
        (
            "fn f() {\n    let c = «reqwest::Client::builder»().user_agent(\"x\").build();\n}\n",
            "fn f() {\n    let c = reqwest::Client::builder().timeout(std::time::Duration::from_secs(10)).user_agent(\"x\").build();\n}\n",
        ),
        (
            "fn f() {\n    let c = «ClientBuilder::new»()\n        .build()\n        .unwrap();\n}\n",
            "fn f() {\n    let c = ClientBuilder::new()\n        .timeout(std::time::Duration::from_secs(10))\n        .build()\n        .unwrap();\n}\n",
        ),
    ] {
        assert_eq!(limited(before).as_deref(), Some(after));
    }
    for kept in ["fn f() {\n    let c = «reqwest::Client::new»();\n}\n", "async fn f() {\n    «reqwest::get»(url).await;\n}\n"] {
        assert_eq!(limited(kept), None, "{kept}");
    }
}

#[test]
fn values_are_bound_where_the_database_compares_any_type() {
    let bound = |import: &str, call: &str| {
        let code = format!(
            "use sqlx::{{{import}}};\nasync fn f(pool: &MySqlPool, Path(name): Path<String>, of: &str, n: i64, odd: Odd) {{\n    {call};\n}}\n"
        );
        fixed("a.rs", "sql-injection", &code).map(|code| code.lines().nth(2).unwrap_or_default().trim().to_string())
    };
    for (before, after) in [
        (
            "sqlx::query(&«format!(\"SELECT 1 FROM t WHERE a = '{}'\", name)»).fetch_one(pool).await",
            "sqlx::query(\"SELECT 1 FROM t WHERE a = ?\").bind(&name).fetch_one(pool).await;",
        ),
        (
            "sqlx::query_as::<_, Row>(&«format!(\"SELECT 1 FROM t WHERE a = '{of}' AND b > {n}\")»).fetch_all(pool)",
            "sqlx::query_as::<_, Row>(\"SELECT 1 FROM t WHERE a = ? AND b > ?\").bind(&of).bind(&n).fetch_all(pool);",
        ),
    ] {
        for import in ["MySqlPool", "SqlitePool", "Sqlite, Row"] {
            assert_eq!(bound(import, before).as_deref(), Some(after));
        }
        for import in ["PgPool", "PgPool, SqlitePool", "AnyPool", "Row"] {
            assert_eq!(bound(import, before), None, "{import}: {before}");
        }
    }
    for kept in [
        "sqlx::query(&«format!(\"SELECT 1 FROM {}\", name)»)",
        "sqlx::query(&«format!(\"SELECT 1 FROM t WHERE a = {}\", name)»)",
        "sqlx::query(&«format!(\"SELECT 1 FROM t WHERE a = '{}'\", n)»)",
        "sqlx::query(&«format!(\"SELECT 1 FROM t WHERE a = '{}'\", odd)»)",
        "sqlx::query(&«format!(\"SELECT 1 FROM t WHERE a LIKE '%{}%'\", name)»)",
        "sqlx::query(&«format!(\"SELECT 1 FROM t WHERE a = '{:?}'\", name)»)",
        "sqlx::query(&«format!(\"SELECT 1 FROM t WHERE a = '{}'\", name.trim())»)",
        "sqlx::query(&«format!(\"SELECT '{{}}' FROM t WHERE a = '{}'\", name)»)",
    ] {
        assert_eq!(bound("MySqlPool", kept), None, "{kept}");
    }
}
