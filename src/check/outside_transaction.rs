//! Writes that stand in the code of a transaction and run beside it, for `missing-transaction`: `db.transaction(async (tx) => { await db.insert(…) })`.
//!
//! In TypeScript a transaction is a handle that each statement is run on or given. Code between its beginning and its end that mentions neither the
//! handle nor what was made of it is on a connection of its own: it stays when the transaction is taken back, and may wait for it for ever.

use rustc_hash::FxHashSet;

use super::Context;
use super::loops::bound_names;
use super::missing_transaction::findings::RULE;
use super::records::is_record;
use super::scope::in_scope;
use super::spelling::{call_span, spelled_callee};
use crate::model::body::{CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, FileFacts, Name};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::WriteMode;
use crate::model::nesting::{Nesting, arguments, called_name, chain, chain_root, walk_deep};
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId, Span};
use crate::model::summary::Write;
use crate::rulebook::vocabulary::api_names;

/// Rounds in which what is made of a handle is looked for.
const ROUNDS: usize = 3;

/// Closures around a write that are looked at.
const OUTWARD: usize = 8;

/// A transaction that is open where a write stands.
struct Open {
    /// The call that opened it.
    call: NodeId,
    handles: Vec<Name>,
    /// The code in which it is open.
    code: Span,
    body: NodeId,
}

/// Writes of a file's functions beside the transaction that is open around them.
pub(super) fn in_file(context: &Context, (): &(), file: FileId) -> Vec<Finding> {
    let program = context.program;
    let facts = program.file(file);
    if facts.language.family() != Family::TypeScript || !in_scope(program, GlobalDef { file, def: DefId::MODULE }) {
        return Vec::new();
    }
    let nesting = program.nesting(file);
    let mut findings: Vec<Finding> = Vec::new();
    let mut seen: FxHashSet<NodeId> = FxHashSet::default();
    for function in program.functions_of(file).filter(|&function| in_scope(program, function)) {
        let Some(summary) = context.summaries.of(function) else { continue };
        for write in &summary.writes {
            let is_own = write.via.is_none() && write.mode != WriteMode::OnCommit && write.in_transaction;
            if !is_own || write.confidence < Confidence::Medium || write.tables.iter().any(|table| is_record(table)) {
                continue;
            }
            if let Some(open) = around(program, file, nesting, write.site).or_else(|| before(program, file, nesting, write.site))
                && is_beside(facts, nesting, &open, write.site)
                && seen.insert(write.site)
            {
                findings.push(finding(program, function, write, &open));
            }
        }
    }
    findings
}

fn opens(program: &Program, file: FileId, call: NodeId) -> bool {
    let facts = program.file(file);
    chain(facts, call).any(|link| program.opens_transaction(file, link))
}

/// The transaction whose callback the write stands in, if the callback is given a handle.
fn around(program: &Program, file: FileId, nesting: &Nesting, site: NodeId) -> Option<Open> {
    let facts = program.file(file);
    let mut owner = nesting.owner(site);
    for _ in 0..OUTWARD {
        let def = facts.def(owner);
        if !def.flags.has(DefFlags::CLOSURE) {
            return None;
        }
        let place = nesting.place(owner)?;
        if let Some((call, _)) = nesting.argument_of(facts, place)
            && opens(program, file, call)
        {
            let body = def.body?;
            let mut handles: Vec<Name> = def.params.first().and_then(|param| param.name).into_iter().collect();
            // `session.withTransaction(async () => …)`
            if let (NodeKind::Name(root), Some("withTransaction")) = (facts.arena.kind(chain_root(facts, call)), called_name(facts, call)) {
                handles.push(root);
            }
            return (!handles.is_empty()).then(|| Open { call, handles, code: facts.arena.span(body), body });
        }
        owner = nesting.owner(place);
    }
    None
}

/// The transaction that the function began before the write and has not ended: `const t = await sequelize.transaction()`, `client.query("BEGIN")`.
fn before(program: &Program, file: FileId, nesting: &Nesting, site: NodeId) -> Option<Open> {
    let facts = program.file(file);
    let owner = nesting.owner(site);
    let body = facts.def(owner).body?;
    // What is done where it has failed belongs to it no more.
    if nesting.around(site).any(|node| matches!(facts.arena.kind(node), NodeKind::Handler { .. })) {
        return None;
    }
    let start = facts.arena.span(site).start;
    let mut found: Option<NodeId> = None;
    let mut ended = 0;
    facts.arena.walk(body, |node| {
        let span = facts.arena.span(node);
        if !matches!(facts.arena.kind(node), NodeKind::Call { .. }) || span.end > start {
            return;
        }
        if ends(facts, node)
            && !nesting.around(node).any(|at| matches!(facts.arena.kind(at), NodeKind::Handler { .. } | NodeKind::If { .. }))
        {
            ended = ended.max(span.start);
        }
        if !takes_work(facts, node)
            && (begins_by_text(facts, node) || opens(program, file, node))
            && !nesting.around(node).any(|at| is_branch(facts, at, site))
        {
            found = Some(node);
        }
    });
    let call = found?;
    let span = facts.arena.span(call);
    if ended > span.start {
        return None;
    }
    let mut handles: Vec<Name> = Vec::new();
    if let NodeKind::Name(root) = facts.arena.kind(chain_root(facts, call)) {
        handles.push(root);
    }
    let mut at = nesting.chain_top(facts, call);
    while let Some(parent) = nesting.parent(at) {
        match facts.arena.kind(parent) {
            NodeKind::Await(_) | NodeKind::Cast { .. } => at = parent,
            NodeKind::Declare { target, .. } | NodeKind::Assign { target, .. } => {
                // `const t = await sequelize.transaction()`: the handle is what was given, not what gave it.
                handles = bound_names(facts, target);
                break;
            }
            _ => break,
        }
    }
    let code = Span { start: span.end, end: facts.arena.span(body).end };
    (!handles.is_empty()).then_some(Open { call, handles, code, body })
}

/// It is given what runs in the transaction: a function, or a list of statements.
fn takes_work(facts: &FileFacts, call: NodeId) -> bool {
    arguments(facts, call).any(|argument| match facts.arena.kind(argument) {
        NodeKind::Closure(_) | NodeKind::Name(_) | NodeKind::Call { .. } => true,
        NodeKind::Collection { kind, .. } => kind == CollectionKind::List,
        _ => false,
    })
}

/// A branch that the write does not stand in.
fn is_branch(facts: &FileFacts, node: NodeId, site: NodeId) -> bool {
    matches!(facts.arena.kind(node), NodeKind::If { .. } | NodeKind::Match { .. })
        && !facts.arena.span(node).contains(facts.arena.span(site))
}

fn begins_by_text(facts: &FileFacts, call: NodeId) -> bool {
    text_is(facts, call, &["begin", "start transaction", "begin transaction"])
}

/// `t.commit()`, `session.endSession()`, `client.query("COMMIT")`
fn ends(facts: &FileFacts, call: NodeId) -> bool {
    called_name(facts, call).is_some_and(|name| api_names().orm.ends.has(name)) || text_is(facts, call, &["commit", "rollback", "end"])
}

fn text_is(facts: &FileFacts, call: NodeId, wanted: &[&str]) -> bool {
    let text = arguments(facts, call).next().and_then(|first| facts.string(first));
    text.is_some_and(|text| wanted.iter().any(|word| text.trim().trim_end_matches(';').eq_ignore_ascii_case(word)))
}

/// The write mentions no handle of the transaction and nothing that was made of one, though others do, or though it is asked of what opened it.
fn is_beside(facts: &FileFacts, nesting: &Nesting, open: &Open, site: NodeId) -> bool {
    let (handles, rows) = derived(facts, open);
    let top = nesting.chain_top(facts, site);
    let root = chain_root(facts, site);
    let is_outside = match facts.arena.kind(root) {
        NodeKind::Name(root) => !rows.contains(&root) && !is_local(facts, open, root),
        NodeKind::Receiver => true,
        _ => false,
    };
    if !is_outside || mentions(facts, top, &handles) {
        return false;
    }
    let mut others = false;
    facts.arena.walk(open.body, |node| {
        let span = facts.arena.span(node);
        let is_inside = span.start >= open.code.start && span.end <= open.code.end && node != open.call;
        others |=
            is_inside && matches!(facts.arena.kind(node), NodeKind::Call { .. }) && !ends(facts, node) && mentions(facts, node, &handles);
    });
    others || holder(facts, site).is_some_and(|holder| Some(holder) == self::holder(facts, open.call))
}

/// What a chain hangs on: `db` of `db.insert(…)`, `prisma` of `this.prisma.order.create(…)`.
fn holder(facts: &FileFacts, node: NodeId) -> Option<Name> {
    match facts.arena.kind(chain_root(facts, node)) {
        NodeKind::Name(name) => Some(name),
        NodeKind::Receiver => chain(facts, node).find_map(|link| match facts.arena.kind(link) {
            NodeKind::Member { object, name, .. } if matches!(facts.arena.kind(object), NodeKind::Receiver) => Some(name),
            _ => None,
        }),
        _ => None,
    }
}

/// Names by which the transaction is known.
struct Handles(FxHashSet<Name>);

/// The handles with what is made of them (`const orders = manager.getRepository(Order)`), and the rows that were read through them.
fn derived(facts: &FileFacts, open: &Open) -> (Handles, FxHashSet<Name>) {
    let mut handles = Handles(open.handles.iter().copied().collect());
    let mut rows: FxHashSet<Name> = FxHashSet::default();
    for _ in 0..ROUNDS {
        walk_deep(facts, open.body, |node| {
            let (target, value) = match facts.arena.kind(node) {
                NodeKind::Declare { target, value: Some(value), .. } | NodeKind::Assign { target, value, .. } => (target, value),
                NodeKind::Loop { target: Some(target), source: Some(source), .. } => (target, source),
                _ => return true,
            };
            let is_row = matches!(facts.arena.kind(chain_root(facts, value)), NodeKind::Name(name) if rows.contains(&name));
            if mentions(facts, value, &handles) || is_row {
                let is_read = is_row || matches!(facts.arena.kind(value), NodeKind::Await(_));
                let names = bound_names(facts, target);
                if is_read { rows.extend(names) } else { handles.0.extend(names) }
            }
            true
        });
    }
    (handles, rows)
}

fn mentions(facts: &FileFacts, node: NodeId, handles: &Handles) -> bool {
    let mut found = false;
    walk_deep(facts, node, |inner| {
        found |= match facts.arena.kind(inner) {
            NodeKind::Name(name) => handles.0.contains(&name),
            NodeKind::Entry { key, .. } => matches!(facts.string(key), Some("transaction" | "session" | "transacting")),
            // `save(...args)`
            NodeKind::Call { .. } => arguments(facts, inner).any(|given| matches!(facts.arena.kind(given), NodeKind::Spread { .. })),
            _ => false,
        };
        !found
    });
    found
}

/// A local of the code that the transaction is open in.
fn is_local(facts: &FileFacts, open: &Open, name: Name) -> bool {
    let mut found = false;
    walk_deep(facts, open.body, |node| {
        let target = match facts.arena.kind(node) {
            NodeKind::Declare { target, .. } | NodeKind::Loop { target: Some(target), .. } => Some(target),
            NodeKind::Closure(def) => {
                found |= facts.def(def).params.iter().any(|param| param.name == Some(name));
                None
            }
            _ => None,
        };
        found |=
            target.is_some_and(|target| facts.arena.span(target).start >= open.code.start && bound_names(facts, target).contains(&name));
        !found
    });
    found
}

fn finding(program: &Program, function: GlobalDef, write: &Write, open: &Open) -> Finding {
    let facts = program.file(function.file);
    let name = super::handlers::handler_name(program, function);
    let written = spelled_callee(facts, write.site);
    let handle = open.handles.first().map_or("it", |&handle| facts.text(handle));
    let table = write.tables.first().map_or(String::new(), |table| format!(", `{table}`"));
    Finding {
        rule: RULE.into(),
        level: Level::Warning,
        message: format!(
            "`{name}` writes beside its own transaction: `{written}` is not run on `{handle}`, so it stays when the rest is taken back"
        ),
        primary: Label {
            location: program.location(function.file, call_span(facts, write.site)),
            text: format!("writes on its own{table}"),
        },
        related: vec![Label {
            location: program.location(function.file, call_span(facts, open.call)),
            text: format!("the transaction is opened here; its handle is `{handle}`"),
        }],
        flow: Vec::new(),
        help: Some(format!("run the statement on `{handle}`, or hand it that")),
        subject: format!("{} {written}", program.qualified_name(function)),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}
