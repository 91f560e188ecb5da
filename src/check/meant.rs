//! Repeated queries that their owner may well mean: where each round does work that takes far longer than the query, or where nobody
//! waits for the loop. `n-plus-one` tells of them in a note.

use super::loops::Place;
use super::n_plus_one::{Repeated, Site};
use crate::model::body::{LoopKind, NodeId, NodeKind};
use crate::model::contract::Ambient;
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts};
use crate::model::knowledge::{Access, ApiFact};
use crate::model::nesting::{called_name, walk_deep};
use crate::model::program::{CallKind, Program, Resolution};
use crate::model::role::{GlobalDef, Role};

/// Most functions that are looked through for calls of other services.
const MOST_FUNCTIONS: usize = 40;
/// Such calls are looked for down to here.
const DEEPEST: u8 = 4;
/// A query so many calls away is no longer what the loop is about.
const FAR: u16 = 4;

/// Folders and files of code that a timer or a queue starts.
const JOBS: &[&str] = &["cron", "crons", "cronjobs", "job", "jobs", "worker", "workers", "scheduler", "schedulers"];

/// Why the round trips may be meant, to be put behind the message.
pub(super) fn remark(place: &Place, repeated: &Repeated) -> Option<&'static str> {
    let Repeated { site, repetition } = repeated;
    let program = place.program;
    if is_job(program, site.function()) {
        return Some(", in a job that nobody waits for");
    }
    if is_admin_action(place, site) {
        return Some(", for rows that somebody picks by hand");
    }
    if in_task_of_its_own(place, site.node, repetition.node) {
        return Some(", in a task of its own for each");
    }
    if is_work_of_the_row(place, repeated) {
        return Some(", by a method of the row itself that also writes");
    }
    if site.reached.is_some_and(|(_, reach)| reach.depth >= FAR) {
        return Some(", many calls away");
    }
    if is_group(place, repeated) {
        return Some(", once for each group of rows");
    }
    let body = repetition.body?;
    if is_each_on_its_own(place, site.node, body) {
        return Some(", each on its own, whatever becomes of the others");
    }
    if is_in_pages(place, repetition.node) {
        return Some(", in a loop over pages");
    }
    calls_services(program, site.function(), body).then_some(", beside a call of another service or work on files for each")
}

/// The whole round stands in a `try` whose handlers go on with the next item.
fn is_each_on_its_own(place: &Place, site: NodeId, body: NodeId) -> bool {
    let facts = place.facts;
    let site = facts.arena.span(site);
    let goes_on = |handler: NodeId| {
        let mut raises = false;
        walk_deep(facts, handler, |node| {
            raises |= matches!(facts.arena.kind(node), NodeKind::Raise(_) | NodeKind::Return(_) | NodeKind::Break(_));
            !raises
        });
        !raises
    };
    let NodeKind::Block { items, .. } = facts.arena.kind(body) else { return false };
    facts.arena.list(items).any(|item| match facts.arena.kind(item) {
        NodeKind::Try { body, handlers, .. } => {
            let mut handlers = facts.arena.list(handlers);
            facts.arena.span(body).contains(site) && handlers.len() > 0 && handlers.all(goes_on)
        }
        _ => false,
    })
}

/// Around the loop stands one that has no end of its own: `while True:`, `for (;;)`. It fetches page after page.
fn is_in_pages(place: &Place, head: NodeId) -> bool {
    let facts = place.facts;
    place.nesting.around(head).any(|outer| matches!(facts.arena.kind(outer), NodeKind::Loop { kind: LoopKind::Infinite, .. }))
}

/// A timer or a queue starts it.
fn is_job(program: &Program, function: GlobalDef) -> bool {
    if program.is(function, Role::Task) {
        return true;
    }
    let path = program.path(function.file);
    let stem = |part: &str| part.split('.').next().unwrap_or(part).to_ascii_lowercase();
    path.split('/').any(|part| JOBS.contains(&stem(part).as_str())) || path.ends_with("/tasks.py")
}

/// An action of Django's administration.
fn is_admin_action(place: &Place, site: &Site) -> bool {
    let (program, file) = (place.program, place.file);
    let mut at = site.function().def;
    while at != DefId::MODULE {
        let def = place.facts.def(at);
        let admin = |path: &str| path.starts_with("django.contrib.admin.") || path.starts_with("django.contrib.gis.admin.");
        if def.kind == DefKind::Class && def.bases.iter().any(|&base| program.api(file, base).is_some_and(|api| admin(&api.path))) {
            return true;
        }
        at = def.parent;
    }
    false
}

/// `tokio::spawn(async move { … })`, `pool.submit(lambda: …)` in the loop: the loop itself goes on.
fn in_task_of_its_own(place: &Place, site: NodeId, head: NodeId) -> bool {
    let facts = place.facts;
    let span = facts.arena.span(site);
    let mut found = false;
    facts.arena.walk_while(head, |node| {
        if let NodeKind::Call { .. } = facts.arena.kind(node)
            && matches!(
                called_name(facts, node),
                Some("spawn" | "spawn_blocking" | "spawn_local" | "submit" | "create_task" | "setImmediate")
            )
        {
            found |= node != site && facts.arena.span(node).contains(span) && holds_closure(facts, node);
        }
        !found
    });
    found
}

fn holds_closure(facts: &FileFacts, call: NodeId) -> bool {
    let NodeKind::Call { args, .. } = facts.arena.kind(call) else { return false };
    facts.arena.list(args).any(|arg| matches!(facts.arena.kind(arg), NodeKind::Closure(_) | NodeKind::Block { .. }))
}

/// `order.cancel()` where the model's own `cancel` writes: work that is done for one row at a time.
fn is_work_of_the_row(place: &Place, repeated: &Repeated) -> bool {
    let Repeated { site, repetition } = repeated;
    let (program, facts) = (place.program, place.facts);
    let Some((callee, _)) = site.reached else { return false };
    let NodeKind::Call { callee: called, .. } = facts.arena.kind(site.node) else { return false };
    let NodeKind::Member { object, .. } = facts.arena.kind(called) else { return false };
    let on_item = matches!(facts.arena.kind(object), NodeKind::Name(name) if repetition.items.contains(&name));
    let class = GlobalDef { file: callee.file, def: program.def(callee).parent };
    let writes = || place.summaries.of(callee).is_some_and(|summary| summary.reaches.iter().any(|reach| reach.access == Access::Write));
    on_item && program.is(class, Role::Model) && writes()
}

/// `for key, rows in by_key.items(): save(rows)`, where `by_key[key].append(row)` has made the groups.
fn is_group(place: &Place, repeated: &Repeated) -> bool {
    let Repeated { site, repetition } = repeated;
    let facts = place.facts;
    let Some(source) = repetition.source else { return false };
    let (Some("items" | "values" | "entries"), NodeKind::Call { callee, args, .. }) =
        (called_name(facts, source), facts.arena.kind(source))
    else {
        return false;
    };
    let NodeKind::Member { object, .. } = facts.arena.kind(callee) else { return false };
    // `Object.entries(byKey)`.
    let object = facts.arena.list(args).next().unwrap_or(object);
    let (NodeKind::Name(map), Some(&rows)) = (facts.arena.kind(object), repetition.items.last()) else { return false };
    let mut given = false;
    facts.arena.walk(site.node, |node| given |= facts.arena.kind(node) == NodeKind::Name(rows));
    let Some(body) = facts.def(place.nesting.owner(repetition.node)).body.filter(|_| given) else { return false };
    let mut grouped = false;
    walk_deep(facts, body, |node| {
        if matches!(called_name(facts, node), Some("append" | "push" | "add" | "extend"))
            && let NodeKind::Call { callee, .. } = facts.arena.kind(node)
            && let NodeKind::Member { object, .. } = facts.arena.kind(callee)
            && let NodeKind::Index { object, .. } = facts.arena.kind(object)
        {
            grouped |= facts.arena.kind(object) == NodeKind::Name(map);
        }
        !grouped
    });
    grouped
}

/// The body of the loop calls another service (HTTP, mail, a queue), itself or through functions of the project.
fn calls_services(program: &Program, function: GlobalDef, body: NodeId) -> bool {
    let mut seen = vec![function];
    let mut next: Vec<(GlobalDef, u8)> = Vec::new();
    let facts = program.file(function.file);
    let mut found = false;
    let mut sites = Vec::new();
    walk_deep(facts, body, |node| {
        found |= is_service(program, function, node);
        sites.push(node);
        !found
    });
    if found {
        return true;
    }
    sites.sort_unstable();
    // Calls inside closures of the loop have these as their callers.
    let owners = facts.definitions().filter(|(id, def)| {
        *id == function.def || (def.flags.has(DefFlags::CLOSURE) && def.body.is_some_and(|own| sites.binary_search(&own).is_ok()))
    });
    for (def, _) in owners {
        for edge in program.calls_from(GlobalDef { file: function.file, def }) {
            if follows(edge.kind, edge.resolution) && sites.binary_search(&edge.site).is_ok() {
                next.push((edge.callee, 1));
            }
        }
    }
    while let Some((at, depth)) = next.pop() {
        if seen.contains(&at) || seen.len() > MOST_FUNCTIONS {
            continue;
        }
        seen.push(at);
        let Some(body) = program.def(at).body else { continue };
        walk_deep(program.file(at.file), body, |node| {
            found |= is_service(program, at, node);
            !found
        });
        if found {
            return true;
        }
        if depth < DEEPEST {
            let edges = program.calls_from(at).iter().filter(|edge| follows(edge.kind, edge.resolution));
            next.extend(edges.map(|edge| (edge.callee, depth + 1)));
        }
    }
    false
}

fn follows(kind: CallKind, resolution: Resolution) -> bool {
    kind == CallKind::Call && resolution > Resolution::NameOnly
}

fn is_service(program: &Program, function: GlobalDef, node: NodeId) -> bool {
    program.called_api(function.file, node).is_some_and(|api| {
        program.facts_of(api).any(|(fact, _)| {
            matches!(
                fact,
                ApiFact::Outgoing | ApiFact::SendsMail | ApiFact::Publishes | ApiFact::Ambient(Ambient::Network | Ambient::Filesystem)
            )
        })
    })
}
