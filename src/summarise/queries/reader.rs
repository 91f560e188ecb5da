//! One file being read: the links of its chains, and which chains are queries.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::body::{AssignOp, CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts, Name};
use crate::model::finding::Confidence;
use crate::model::knowledge::{Access, ApiFact, ApiMatch, QueryFact, Subject};
use crate::model::nesting::{Nesting, argument_value, arguments, called_name, chain};
use crate::model::program::{ApiId, Program, Value};
use crate::model::source::{Family, FileId};
use crate::model::summary::QueryEffect;
use crate::rulebook::vocabulary::vocabulary;
use crate::summarise::associations::Associations;
use crate::summarise::sql::{self, Statement};

/// A query and the definition whose code holds it.
#[derive(Clone)]
pub(in crate::summarise) struct Found {
    pub(in crate::summarise) owner: DefId,
    pub(in crate::summarise) effect: QueryEffect,
    /// The builder leaves its function unevaluated (`return db("t").where(x)`): a query only if a caller awaits the result.
    pub(in crate::summarise) returned: bool,
}

/// One call of a chain that knowledge calls a query.
pub(super) struct Link<'p> {
    pub(super) call: NodeId,
    pub(super) entry: u32,
    pub(super) query: &'p QueryFact,
    pub(super) table: Option<String>,
    pub(super) api: ApiId,
}

/// What becomes of a chain's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Evaluated,
    Returned,
    Unused,
}

pub(super) struct Reader<'a, 'p> {
    pub(super) program: &'p Program<'p>,
    pub(super) file: FileId,
    pub(super) facts: &'p FileFacts,
    pub(super) nesting: &'a Nesting,
    pub(super) associations: &'a Associations,
    /// Name → values assigned to it anywhere in the file, made when first asked for.
    pub(super) assigned: std::cell::RefCell<Option<Assignments>>,
}

type Assignments = FxHashMap<Name, Vec<(DefId, NodeId)>>;

impl<'p> Reader<'_, 'p> {
    pub(super) fn links(&self, call: NodeId) -> Vec<Link<'p>> {
        let Some(id) = self.program.called_api_id(self.file, call) else { return Vec::new() };
        let api = &self.program.apis[id.0 as usize];
        self.program
            .facts_of(api)
            .filter_map(|(fact, found): (&'p ApiFact, &ApiMatch)| match fact {
                ApiFact::Query(query) if query.association && !self.associations.has(self.program, found.table.as_deref()) => None,
                ApiFact::Query(query) => Some(Link { call, entry: found.entry, query, table: found.table.clone(), api: id }),
                _ => None,
            })
            .collect()
    }

    /// The one query of a chain: a write before a read, a call that surely runs before a builder, the innermost first.
    pub(super) fn query(&self, top: NodeId, links: &[Link<'p>]) -> Option<Found> {
        let owner = self.nesting.owner(top);
        let builds = |link: &Link| link.query.when_awaited && !self.takes_callback(link.call);
        let runs = links.iter().any(|link| !builds(link));
        let innermost = |link: &&Link| (self.facts.arena.span(link.call).end, link.call);
        let mut returned = false;
        if !runs {
            let first = links.iter().min_by_key(innermost)?;
            match self.fate(first.call, top, &mut FxHashSet::default()) {
                Fate::Evaluated => {}
                Fate::Returned => returned = true,
                Fate::Unused => return None,
            }
        }
        let mut chosen: Option<(Access, Option<String>, &Link)> = None;
        for link in links {
            if runs && builds(link) && link.query.access != Access::Write {
                continue;
            }
            let (access, table) = self.read(top, link)?;
            let better = match &chosen {
                None => true,
                Some((known, _, old)) => {
                    (access == Access::Write, std::cmp::Reverse(innermost(&link)))
                        > (*known == Access::Write, std::cmp::Reverse(innermost(old)))
                }
            };
            if better {
                chosen = Some((access, table, link));
            }
        }
        let (access, table, link) = chosen?;
        // `db("users").where(x).update(y)`: the link that runs is not the one that names the table.
        let explicit = |link: &&Link| link.query.subject != Subject::Receiver;
        let table = match links.iter().find(explicit) {
            Some(naming) if !explicit(&link) => self.read(top, naming).and_then(|(_, table)| table).or(table),
            _ => table,
        };
        let confidence = self.confidence(link.call);
        let deferred = link.query.deferred;
        let effect = QueryEffect { site: link.call, api: link.api, entry: link.entry, access, table, confidence, deferred };
        Some(Found { owner, effect, returned })
    }

    /// `Model.findOne(where, (error, row) => …)`: a query that is told where to go with its answer runs at once.
    fn takes_callback(&self, call: NodeId) -> bool {
        let Some(NodeKind::Closure(def)) = arguments(self.facts, call).last().map(|last| self.facts.arena.kind(last)) else { return false };
        let params = &self.facts.def(def).params;
        let first = params.first().and_then(|param| param.name).map(|name| self.facts.text(name)).unwrap_or_default();
        self.facts.language.family() == Family::TypeScript
            && (params.len() == 2 || matches!(first.trim_start_matches('_'), "err" | "error" | "e" | "ex"))
    }

    /// Access and table of a link; `None` for session control (`SAVEPOINT a`), which is no query.
    pub(super) fn read(&self, top: NodeId, link: &Link) -> Option<(Access, Option<String>)> {
        let named = self.subject(link);
        let text = self.sql_text(top, link.call).and_then(|text| sql::read(&text));
        match (link.query.access, text) {
            (_, Some(Statement::Control)) => None,
            (Access::Sql, Some(Statement::Data { access, table })) => Some((access, table.or(named))),
            (access, Some(Statement::Data { table, .. })) => Some((access, named.or(table))),
            (Access::Sql, None) => Some((self.built_access(link.call), named)),
            (access, None) => Some((access, named)),
        }
    }

    /// What is only recorded until the next flush is written where the same function commits.
    pub(super) fn flush(&self, found: &mut [Found]) {
        let commits: FxHashSet<DefId> = self
            .facts
            .arena
            .ids()
            .filter(|&node| {
                let api = self.program.called_api(self.file, node);
                api.is_some_and(|api| self.program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Commit))
            })
            .map(|node| self.nesting.owner(node))
            .collect();
        let flushes: FxHashSet<DefId> =
            found.iter().filter(|found| found.effect.access == Access::Write && !found.effect.deferred).map(|found| found.owner).collect();
        for found in found {
            found.effect.deferred &= !commits.contains(&found.owner) && !flushes.contains(&found.owner);
        }
    }

    /// The access of an executor that was given a built statement: `session.execute(insert(User))` writes.
    fn built_access(&self, call: NodeId) -> Access {
        let statements = arguments(self.facts, call).take(2).flat_map(|argument| self.values_of(argument));
        let links = statements.flat_map(|value| chain(self.facts, value).collect::<Vec<_>>()).chain(chain(self.facts, call).skip(1));
        let writes = links.into_iter().any(|link| {
            let api = self.program.api(self.file, link);
            api.is_some_and(|api| self.program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Statement(Access::Write)))
        });
        // Rust's drivers have `fetch` and `query` for what gives rows; `execute` tells how many were changed.
        let executes = self.facts.language.family() == Family::Rust
            && (matches!(called_name(self.facts, call), Some("execute" | "execute_many")) || self.writes_by_file(call));
        if writes || executes { Access::Write } else { Access::Read }
    }

    /// `query_file!("queries/insert_order.sql")`: the name says what the statement does, its text is elsewhere.
    fn writes_by_file(&self, call: NodeId) -> bool {
        chain(self.facts, call).any(|link| {
            called_name(self.facts, link).is_some_and(|name| name.starts_with("query_file"))
                && arguments(self.facts, link).filter_map(|argument| self.facts.string(argument)).any(|file| {
                    let name = file.rsplit('/').next().and_then(|name| name.strip_suffix(".sql"));
                    name.is_some_and(|name| {
                        crate::model::words::words(name).first().is_some_and(|word| vocabulary().queries.writing_files.has(word))
                    })
                })
        })
    }

    /// The values a name has been given in the function around it or in the module; the node itself when it is no name.
    pub(super) fn values_of(&self, node: NodeId) -> Vec<NodeId> {
        let node = argument_value(self.facts, node);
        let NodeKind::Name(name) = self.facts.arena.kind(node) else { return vec![node] };
        let scopes = self.scopes(self.nesting.owner(node));
        let mut assigned = self.assigned.borrow_mut();
        let table = assigned.get_or_insert_with(|| assignments(self.facts, self.nesting));
        let values = table.get(&name).map(Vec::as_slice).unwrap_or_default();
        values.iter().filter(|(owner, _)| scopes.contains(owner)).map(|&(_, value)| value).take(8).collect()
    }

    /// A definition and those around it, as far as their names can be seen.
    fn scopes(&self, owner: DefId) -> Vec<DefId> {
        let mut scopes = vec![owner];
        let mut at = owner;
        while at != DefId::MODULE && scopes.len() < 32 {
            at = self.facts.def(at).parent;
            scopes.push(at);
        }
        scopes
    }

    /// Medium when only a conventional name says what the receiver is.
    fn confidence(&self, call: NodeId) -> Confidence {
        let guessed = chain(self.facts, call).any(|link| matches!(self.program.value(self.file, link), Value::Api { guessed: true, .. }));
        if guessed { Confidence::Medium } else { Confidence::High }
    }
}

fn assignments(facts: &FileFacts, nesting: &Nesting) -> Assignments {
    let mut table: Assignments = FxHashMap::default();
    for node in facts.arena.ids() {
        let (target, value) = match facts.arena.kind(node) {
            NodeKind::Declare { target, value: Some(value), .. } => (target, value),
            NodeKind::Assign { target, value, op: AssignOp::Set | AssignOp::With } => (target, value),
            _ => continue,
        };
        match facts.arena.kind(target) {
            NodeKind::Name(name) => table.entry(name).or_default().push((nesting.owner(node), value)),
            // Rust: `let (sql, values) = Query::insert()….build()`
            NodeKind::Collection { kind: CollectionKind::Tuple, items } if facts.language.family() == Family::Rust => {
                for item in facts.arena.list(items) {
                    if let NodeKind::Name(name) = facts.arena.kind(item) {
                        table.entry(name).or_default().push((nesting.owner(node), value));
                    }
                }
            }
            _ => {}
        }
    }
    for (id, def) in facts.definitions() {
        if let (DefKind::Variable, Some(value)) = (def.kind, def.value) {
            let values = table.entry(def.name).or_default();
            if !values.iter().any(|&(_, known)| known == value) {
                values.push((facts.def(id).parent, value));
            }
        }
    }
    table
}
