//! Effects on small texts, with a stand-in for the linker: whatever hangs on the name `db` is a library, and a plain name calls
//! the function of that name in the same file.

use rustc_hash::FxHashMap;

use super::summarise;
use crate::languages::{python, typescript};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, FileFacts};
use crate::model::knowledge::{Access, ApiFact, Knowledge, QueryFact, Subject};
use crate::model::nesting::{Nesting, arguments, chain_inner};
use crate::model::program::{Api, ApiId, CallEdge, CallKind, Program, Resolution, Value, ValueId};
use crate::model::project::Project;
use crate::model::role::GlobalDef;
use crate::model::source::{FileId, Language};
use crate::model::trace::{Files, Part, Tracked};

fn query(access: Access, when_awaited: bool, deferred: bool) -> ApiFact {
    ApiFact::Query(QueryFact {
        access,
        subject: Subject::Captured,
        batched: None,
        batched_write: None,
        batched_insert: None,
        nested: None,
        limited: None,
        raw: None,
        values: None,
        single_with: Vec::new(),
        when_awaited,
        same_tick_batched: false,
        deferred,
        association: false,
        many: false,
        answers: false,
    })
}

fn knowledge() -> Knowledge {
    let mut knowledge = Knowledge::default();
    let facts = [
        ("db.<table>.get", query(Access::Read, false, false)),
        ("db.<table>.put", query(Access::Write, false, false)),
        ("db.<table>.add", query(Access::Write, false, true)),
        ("db.<table>.where", query(Access::Read, true, false)),
        ("db.sql", query(Access::Sql, false, false)),
        ("db.commit", ApiFact::Commit),
        ("db.cached", ApiFact::Cached),
        ("db.later", ApiFact::RunsElsewhere),
    ];
    for (pattern, fact) in facts {
        knowledge.add(0, pattern, fact).expect("a valid pattern");
    }
    knowledge
}

/// The access path of a chain that starts at `db`.
fn path(facts: &FileFacts, node: NodeId) -> Option<String> {
    match facts.arena.kind(node) {
        NodeKind::Name(name) => (facts.text(name) == "db").then(|| "db".to_string()),
        NodeKind::Member { object, name, .. } => Some(format!("{}.{}", path(facts, object)?, facts.text(name))),
        NodeKind::Call { callee, .. } => Some(format!("{}()", path(facts, callee)?)),
        _ => path(facts, chain_inner(facts, node)?),
    }
}

/// One line for each function that does something: `f: read users at db.users.get via g, depth 1`.
fn effects(facts: FileFacts) -> String {
    let knowledge = knowledge();
    let project = Project::default();
    let nesting = Nesting::of(&facts);
    let (mut apis, mut values) = (Vec::new(), vec![Value::Unknown]);
    let mut node_values = vec![ValueId(0); facts.arena.len()];
    let mut calls = Vec::new();
    for node in facts.arena.ids() {
        if let Some(path) = path(&facts, node) {
            let api = ApiId(apis.len() as u32);
            apis.push(Api { matches: knowledge.facts(&path), path });
            node_values[node.index()] = ValueId(values.len() as u32);
            values.push(Value::Api { api, subject: None, guessed: false });
        }
        let NodeKind::Call { callee, .. } = facts.arena.kind(node) else { continue };
        let named = |node: NodeId| match facts.arena.kind(node) {
            NodeKind::Name(name) => facts.definitions().find(|(_, def)| def.name == name && def.body.is_some()).map(|(def, _)| def),
            _ => None,
        };
        let mut edge = |callee: DefId, kind: CallKind| {
            let file = FileId(0);
            let caller = GlobalDef { file, def: nesting.owner(node) };
            calls.push(CallEdge { caller, site: node, callee: GlobalDef { file, def: callee }, kind, resolution: Resolution::Exact });
        };
        if let Some(def) = named(callee) {
            edge(def, CallKind::Call);
        }
        for def in arguments(&facts, node).filter_map(named) {
            edge(def, CallKind::Passed);
        }
    }
    calls.sort();
    let mut calls_of = FxHashMap::default();
    for (at, edge) in calls.iter().enumerate() {
        calls_of.entry(edge.caller).or_insert((at as u32, at as u32)).1 = at as u32 + 1;
    }
    let all = [std::sync::Arc::new(facts)];
    let program = Program {
        project: &project,
        facts: Files::new(&all),
        knowledge: &knowledge,
        modules: vec!["m".to_string()],
        imports: Tracked::new(Part::Imports, Vec::new()),
        apis,
        values,
        node_values: vec![node_values],
        calls: Tracked::new(Part::Calls, calls),
        call_graph: Vec::new(),
        flow_limits: 0,
        calls_of,
        subclasses: FxHashMap::default(),
        file_roles: Tracked::new(Part::Roles, vec![Vec::new()]),
        def_roles: Tracked::new(Part::Roles, FxHashMap::default()),
        routes: Tracked::new(Part::Routes, Vec::new()),
        taught: FxHashMap::default(),
        untaught: Vec::new(),
        calls_seen: 0,
        calls_known: 0,
        spared: crate::model::spared::Spared::default(),
        nestings: std::sync::Arc::new(crate::model::nesting::Nestings::new(&all)),
    };
    let summaries = summarise(&program);
    let mut lines = String::new();
    for function in program.functions() {
        let Some(summary) = summaries.of(function) else { continue };
        if program.def(function).flags.has(DefFlags::CLOSURE) {
            continue;
        }
        for reach in &summary.reaches {
            let table = reach.table.as_deref().unwrap_or("?");
            let via = reach.via.map_or(String::new(), |via| format!(" via {}", program.short_name(via)));
            let flags =
                [(reach.cached, " cached"), (reach.query.deferred, " deferred")].map(|(on, word)| if on { word } else { "" }).concat();
            let access = if reach.access == Access::Write { "write" } else { "read" };
            lines.push_str(&format!("{}: {access} {table}{via} depth {}{flags}\n", program.name(function), reach.depth));
        }
    }
    lines
}

fn ts(text: &str) -> String {
    effects(typescript::lower::lower(text, Language::TypeScript))
}

fn py(text: &str) -> String {
    effects(python::lower::lower(text))
}

#[test]
fn queries_are_reached_through_calls_and_circles() {
    let text = "
def a(): b()
def b(): c(); b()
def c():
    d()
    a()
def d(): db.users.get(1)
";
    assert_eq!(py(text), "a: read users via b depth 3\nb: read users via c depth 2\nc: read users via d depth 1\nd: read users depth 0\n");
}

#[test]
fn closures_that_run_here_count_and_others_do_not() {
    let text = "
function now() { items.forEach((x) => { db.users.get(x); }); }
function later() { db.later(() => db.users.get(1)); }
function listener() { bus.on('x', () => db.users.get(1)); }
function kept() { const f = () => db.users.get(1); return f; }
async function promised() { return Promise.all(xs.map(async (x) => db.users.put(x))); }
";
    assert_eq!(ts(text), "now: read users depth 0\npromised: write users depth 0\n");
}

#[test]
fn a_builder_is_a_query_where_its_value_is_used_up() {
    let python = "
def built(): return db.users.where(1)
def iterated():
    for row in db.users.where(1): pass
def listed(): return list(db.users.where(1))
def kept():
    rows = db.users.where(1)
    return [row for row in rows]
def dropped():
    rows = db.users.where(1)
    return rows.other()
def passed(): f(db.users.where(1))
";
    assert_eq!(py(python), "iterated: read users depth 0\nlisted: read users depth 0\nkept: read users depth 0\n");
    let typescript = "
async function awaited() { const rows = await db.users.where(1); }
async function returned() { return db.users.where(1); }
function plain() { return db.users.where(1); }
function unawaited() { return db.posts.where(1); }
async function caller() { await plain(); }
async function other() { const q = unawaited(); }
function promise() { db.users.where(1).then(() => 1); }
";
    let expected = "awaited: read users depth 0\nreturned: read users depth 0\nplain: read users depth 0\ncaller: read users via plain depth 1\npromise: read users depth 0\n";
    assert_eq!(ts(typescript), expected);
}

#[test]
fn caches_stop_and_commits_write() {
    let text = "
@db.cached
def cached(i): return db.users.get(i)
def asks(i): return cached(i)
def aside(i):
    row = redis.get(i)
    if not row:
        row = db.posts.get(i)
        redis.set(i, row)
    return row
def records(row): db.users.add(row)
def saves(row):
    db.users.add(row)
    db.commit()
";
    let expected = "cached: read users depth 0 cached\nasks: read users via cached depth 1 cached\naside: read posts depth 0 cached\n\
                    records: write users depth 0 deferred\nsaves: write users depth 0\n";
    assert_eq!(py(text), expected);
}

#[test]
fn sql_text_tells_access_and_table() {
    let text = r#"
STATEMENT = "delete from old_rows where id = 1"
def f(i):
    db.sql("select * from users where id = %s", i)
    query = f"insert into posts values ({i})"
    db.sql(query)
    db.sql(STATEMENT)
    db.sql("savepoint a")
"#;
    assert_eq!(py(text), "f: read users depth 0\nf: write posts depth 0\nf: write old_rows depth 0\n");
}
