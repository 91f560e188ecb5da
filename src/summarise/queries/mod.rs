//! The queries a file's functions run themselves: call nodes that knowledge says make a round trip to a database.
//!
//! A fluent chain (`select(User).where(…).order_by(…)`) is one query, however many of its links are known. A link that
//! knowledge marks `when_awaited` only builds; the chain is a query where its value is awaited, iterated or otherwise used up,
//! directly or through a local variable. A function that returns a builder has no query of its own; whether its callers
//! await it is asked in `effects`. Types are the linker's work: nothing here guesses what a name stands for.

use rustc_hash::{FxHashMap, FxHashSet};

use super::associations::Associations;
use super::sql::{self, Statement};
use crate::model::body::{AssignOp, BinaryOp, CallForm, CollectionKind, LoopKind, NodeId, NodeKind, TextForm, UnaryOp};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, Name};
use crate::model::finding::Confidence;
use crate::model::knowledge::{Access, ApiFact, ApiMatch, ArgumentRef, QueryFact, RoleSign, Subject};
use crate::model::nesting::{Nesting, argument_value, arguments, called_name, chain, chain_root, last_name};
use crate::model::program::{ApiId, Program, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::serializers::is_many;
use crate::model::source::{Family, FileId};
use crate::model::summary::QueryEffect;

/// A query and the definition whose code holds it.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) owner: DefId,
    pub(super) effect: QueryEffect,
    /// The builder leaves its function unevaluated (`return db("t").where(x)`): a query only if a caller awaits the result.
    pub(super) returned: bool,
}

/// All queries of a file, in source order.
pub(super) fn queries(program: &Program, file: FileId, nesting: &Nesting, associations: &Associations) -> Vec<Found> {
    let reader = Reader { program, file, facts: program.file(file), nesting, associations, assigned: None.into() };
    let mut chains: FxHashMap<NodeId, Vec<Link>> = FxHashMap::default();
    for call in reader.facts.arena.ids() {
        for link in reader.links(call) {
            chains.entry(nesting.chain_top(reader.facts, call)).or_default().push(link);
        }
    }
    let mut found: Vec<Found> = chains.into_iter().filter_map(|(top, links)| reader.query(top, &links)).collect();
    found.sort_by_key(|found| (reader.facts.arena.span(found.effect.site), found.effect.site));
    reader.flush(&mut found);
    found
}

/// True when the value of the call at `site` is awaited or otherwise used up, so that a builder it returned runs.
pub(super) fn uses_up(program: &Program, file: FileId, nesting: &Nesting, site: NodeId) -> bool {
    let associations = Associations::default();
    let reader = Reader { program, file, facts: program.file(file), nesting, associations: &associations, assigned: None.into() };
    reader.fate(site, nesting.chain_top(reader.facts, site), &mut FxHashSet::default()) == Fate::Evaluated
}

/// One call of a chain that knowledge calls a query.
struct Link<'p> {
    call: NodeId,
    entry: u32,
    query: &'p QueryFact,
    table: Option<String>,
    api: ApiId,
}

/// A class that a query may be about.
struct Candidate {
    class: GlobalDef,
    /// The code names the class or knowledge says so; otherwise it only passes an instance along.
    named: bool,
}

/// What becomes of a chain's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Evaluated,
    Returned,
    Unused,
}

struct Reader<'a, 'p> {
    program: &'p Program<'p>,
    file: FileId,
    facts: &'p FileFacts,
    nesting: &'a Nesting,
    associations: &'a Associations,
    /// Name → values assigned to it anywhere in the file, made when first asked for.
    assigned: std::cell::RefCell<Option<Assignments>>,
}

type Assignments = FxHashMap<Name, Vec<(DefId, NodeId)>>;

impl<'p> Reader<'_, 'p> {
    fn links(&self, call: NodeId) -> Vec<Link<'p>> {
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
    fn query(&self, top: NodeId, links: &[Link<'p>]) -> Option<Found> {
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
    fn read(&self, top: NodeId, link: &Link) -> Option<(Access, Option<String>)> {
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
    fn flush(&self, found: &mut [Found]) {
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
        const WRITES: &[&str] =
            &["insert", "create", "add", "update", "set", "upsert", "save", "delete", "remove", "mark", "increment", "decrement"];
        chain(self.facts, call).any(|link| {
            called_name(self.facts, link).is_some_and(|name| name.starts_with("query_file"))
                && arguments(self.facts, link).filter_map(|argument| self.facts.string(argument)).any(|file| {
                    let name = file.rsplit('/').next().and_then(|name| name.strip_suffix(".sql"));
                    name.is_some_and(|name| crate::model::words::words(name).first().is_some_and(|word| WRITES.contains(&word.as_str())))
                })
        })
    }

    /// The model or table of a query: what knowledge points at, else the first model named along the chain, else any class that is
    /// no manager, repository or base of them.
    fn subject(&self, link: &Link) -> Option<String> {
        if let Subject::Captured = link.query.subject
            && link.table.is_some()
        {
            return link.table.clone();
        }
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut named = None;
        if let Subject::Argument(reference) = &link.query.subject
            && let Some(node) = self.argument(link.call, reference)
        {
            self.candidates(node, &mut candidates);
            named = self.table_name(node);
        }
        if candidates.is_empty() && named.is_some() {
            return named;
        }
        for node in chain(self.facts, link.call).skip(1) {
            self.candidate(node, &mut candidates);
        }
        for argument in arguments(self.facts, link.call).take(2) {
            self.candidates(argument, &mut candidates);
        }
        // Managers and bases lead to rows of a model; they are none.
        candidates.retain(|candidate| {
            let name = self.program.name(candidate.class);
            !["QuerySet", "Manager", "Repository", "Service", "Base", "Mixin"].iter().any(|suffix| name.ends_with(suffix))
        });
        let role = |candidate: &Candidate| self.program.role(candidate.class).map(|evidence| evidence.role);
        let model = candidates.iter().find(|candidate| role(candidate) == Some(Role::Model));
        let plain = |candidate: &&Candidate| {
            candidate.named
                && !matches!(role(candidate), Some(Role::Repository | Role::Service | Role::Router | Role::Schema))
                && !self.is_of_http(candidate.class)
        };
        let class = model.or_else(|| candidates.iter().find(plain)).map(|candidate| self.class_table(candidate.class));
        // A variable that holds a model (`const User = model("User", schema)`) is asked by its own name.
        class
            .or_else(|| chain(self.facts, link.call).skip(1).find_map(|node| self.model_variable(node)))
            .or_else(|| chain(self.facts, link.call).find_map(|node| self.macro_table(node)))
            .or_else(|| self.held_by(link))
            .or_else(|| self.row_table(link.call))
    }

    /// What a library's own object is made for, whatever else it serves as: `Collection<Book>`, where `Book` is a schema too.
    fn held_by(&self, link: &Link) -> Option<String> {
        if self.facts.language.family() != Family::Rust {
            return None;
        }
        let package = |api: ApiId| self.program.apis[api.0 as usize].path.split('.').next();
        chain(self.facts, link.call).skip(1).find_map(|node| match self.program.value(self.file, node) {
            Value::Api { api, subject: Some(class), .. } if package(api) == package(link.api) => Some(self.class_table(class)),
            _ => None,
        })
    }

    /// The name of a model; of one that is made into more than a class, the table that an attribute gives it (every SeaORM model is a `Model`).
    fn class_table(&self, class: GlobalDef) -> String {
        let facts = self.program.file(class.file);
        let keys = || self.program.knowledge.generated.iter().filter_map(|made| made.table.as_deref());
        let attributes = facts.def(class.def).decorators.iter().flat_map(|&attribute| arguments_with_names(facts, attribute));
        let named = attributes.filter(|(name, _)| keys().any(|key| key == *name)).find_map(|(_, value)| facts.string(value));
        named.unwrap_or_else(|| self.program.name(class)).to_string()
    }

    /// TypeScript: the model of a row by where a local has it from: `const user = await User.findById(id); await user.save()`.
    fn row_table(&self, call: NodeId) -> Option<String> {
        let root = chain_root(self.facts, call);
        let is_local = matches!(self.facts.arena.kind(root), NodeKind::Name(_)) && self.facts.language.family() == Family::TypeScript;
        self.values_of(root).into_iter().filter(|&value| is_local && value != root).find_map(|value| self.row_source(value, 0))
    }

    /// The model that a value is a row of: asked or made here, or in a function of the project that gives it.
    fn row_source(&self, value: NodeId, depth: u8) -> Option<String> {
        let value = match self.facts.arena.kind(value) {
            NodeKind::Await(value) => value,
            _ => value,
        };
        let is_new = matches!(self.facts.arena.kind(value), NodeKind::Call { form: CallForm::New, .. });
        let model = chain(self.facts, value).skip(1).find_map(|node| match is_new {
            // A client is made, too.
            true => self.held_model(node),
            // `mongoose.Model`, not the library itself.
            false => self.model_variable(node).filter(|_| self.program.api(self.file, node).is_none_or(|api| api.path.contains('.'))),
        });
        if model.is_some() {
            return model;
        }
        let NodeKind::Call { callee, .. } = self.facts.arena.kind(value) else { return None };
        let function = match self.program.value(self.file, callee) {
            Value::Def(function) | Value::Method { method: function, .. } if depth < 2 => function,
            _ => return None,
        };
        let facts = self.program.file(function.file);
        let def = facts.def(function.def);
        let body = def.body.filter(|_| matches!(def.kind, DefKind::Function | DefKind::Method))?;
        let nesting = self.program.nesting(function.file);
        let reader =
            Reader { program: self.program, file: function.file, facts, nesting, associations: self.associations, assigned: None.into() };
        // `(id) => User.findById(id)`
        let mut given: Vec<NodeId> = match facts.arena.kind(body) {
            NodeKind::Block { items, value: true } => facts.arena.list(items).last().into_iter().collect(),
            _ => Vec::new(),
        };
        facts.arena.walk(body, |node| {
            if let NodeKind::Return(Some(value)) = facts.arena.kind(node) {
                given.push(value);
            }
        });
        given.into_iter().flat_map(|value| reader.values_of(value)).find_map(|value| reader.row_source(value, depth + 1))
    }

    /// The project's own request or response, which carries rows but is none: `class SignedInRequest(HttpRequest)`.
    fn is_of_http(&self, class: GlobalDef) -> bool {
        self.program
            .def(class)
            .bases
            .iter()
            .filter_map(|&base| self.program.api(class.file, base))
            .any(|api| self.program.facts_of(api).any(|(fact, _)| *fact == ApiFact::HttpLayer))
    }

    /// Rust: a table that a macro made a module of, as the start of a statement or what one is about: `users::table.find(id)`,
    /// `insert_into(users)` with `use schema::users::dsl::*`.
    fn macro_table(&self, node: NodeId) -> Option<String> {
        if self.facts.language.family() != Family::Rust {
            return None;
        }
        let starts = std::iter::once(node).chain(arguments(self.facts, node).take(1));
        for start in starts.flat_map(|start| self.values_of(start)) {
            for part in chain(self.facts, start) {
                match self.facts.arena.kind(part) {
                    NodeKind::Member { object, name, path: true } if self.facts.text(name) == "table" => {
                        return last_name(self.facts, object).map(|name| self.facts.text(name).to_string());
                    }
                    NodeKind::Name(name)
                        if self.facts.text(name) != "diesel" && self.is_module_made_by_macro(part, self.facts.text(name)) =>
                    {
                        return Some(self.facts.text(name).to_string());
                    }
                    _ => {}
                }
            }
        }
        None
    }

    /// `users` of `use schema::users::dsl::{id, users}`, or of a glob of the module of its name.
    fn is_module_made_by_macro(&self, node: NodeId, name: &str) -> bool {
        let owner = self.facts.def(self.nesting.owner(node));
        let is_own = owner.params.iter().any(|param| param.name.is_some_and(|param| self.facts.text(param) == name));
        !is_own
            && self.facts.imports.iter().any(|import| {
                let path = self.facts.text(import.specifier);
                let mut parts = path.rsplit("::");
                let last = parts.next();
                // `schema::users::dsl`, `schema::users`
                let module = if last == Some("dsl") { parts.next() } else { last };
                module == Some(name) && (last == Some("dsl") || parts.any(|part| part == "schema"))
            })
    }

    /// Classes a statement given as an argument is about: `select(User).where(…)`, also through a local name.
    fn candidates(&self, argument: NodeId, found: &mut Vec<Candidate>) {
        let value = argument_value(self.facts, argument);
        for node in chain(self.facts, value) {
            self.candidate(node, found);
        }
        for given in self.values_of(value) {
            for node in chain(self.facts, given) {
                self.candidate(node, found);
            }
        }
    }

    /// The class a node is about, is, or is an instance of.
    fn candidate(&self, node: NodeId, found: &mut Vec<Candidate>) {
        let is_class = |class: GlobalDef| matches!(self.program.def(class).kind, DefKind::Class | DefKind::Struct | DefKind::Variable);
        let mut value = self.program.value(self.file, node);
        for _ in 0..4 {
            match value {
                Value::Api { subject: Some(class), .. } | Value::Def(class) if is_class(class) => {
                    found.push(Candidate { class, named: true })
                }
                Value::Instance { class, .. } if is_class(class) => found.push(Candidate { class, named: false }),
                Value::Collection(of) => {
                    value = self.program.value_of(of);
                    continue;
                }
                _ => {}
            }
            break;
        }
    }

    /// A table named by a literal (`db("users")`), or held by a variable that a library's table maker made (`from(users)`).
    fn table_name(&self, node: NodeId) -> Option<String> {
        if let Some(text) = self.facts.string(node) {
            // `"users as u"`, but not SQL text.
            let (name, alias) = text.split_once(' ').unwrap_or((text, "as"));
            let is_name = !name.is_empty() && alias.trim_start().to_ascii_lowercase().starts_with("as");
            return is_name.then(|| name.to_string());
        }
        let Value::Api { api, .. } = self.program.value(self.file, node) else { return None };
        let maker = self.program.apis[api.0 as usize].path.strip_suffix("()")?;
        let knowledge = self.program.knowledge;
        let is_model = knowledge.facts(maker).iter().any(|found| {
            matches!(knowledge.entries[found.entry as usize].fact, ApiFact::Role { role: Role::Model, sign: RoleSign::Call, .. })
        });
        let name = last_name(self.facts, node).filter(|_| is_model)?;
        Some(self.facts.text(name).to_string())
    }

    /// `User` of `const User = mongoose.model("User", schema)`: a library's object under a class's name of its own.
    fn model_variable(&self, node: NodeId) -> Option<String> {
        if let Some(text) = self.held_model(node) {
            return Some(text);
        }
        let NodeKind::Name(name) = self.facts.arena.kind(node) else { return None };
        let Value::Api { api, guessed: false, .. } = self.program.value(self.file, node) else { return None };
        let text = self.facts.text(name);
        let path = &self.program.apis[api.0 as usize].path;
        let own = path.rsplit(['.', '/']).next() != Some(text) && !path.contains("()");
        let is_class = text.starts_with(|c: char| c.is_uppercase()) && text.contains(|c: char| c.is_lowercase());
        (own && is_class).then(|| text.to_string())
    }

    /// The name under which JavaScript holds a model that a call made: `db.tutorials`, `models.User`.
    fn held_model(&self, node: NodeId) -> Option<String> {
        let (NodeKind::Name(name) | NodeKind::Member { name, path: false, .. }) = self.facts.arena.kind(node) else { return None };
        let api = self.program.api(self.file, node).filter(|_| self.facts.language.family() == Family::TypeScript)?;
        let is_model = |fact: &ApiFact| matches!(fact, ApiFact::Role { role: Role::Model, sign: RoleSign::Base, .. });
        let text = self.facts.text(name);
        let last = crate::model::words::words(text).pop().unwrap_or_default();
        let says_nothing = matches!(last.as_str(), "model" | "models" | "repository" | "repo" | "entity" | "table" | "default" | "this");
        // `const guest = new User()` is a row.
        let is_row = || {
            let made = |&value: &NodeId| matches!(self.facts.arena.kind(value), NodeKind::Call { form: CallForm::New, .. });
            self.values_of(node).iter().any(made)
        };
        let is_it = !says_nothing
            && !api.path.ends_with(&format!(".{text}"))
            && self.program.facts_of(api).any(|(fact, _)| is_model(fact))
            && !is_row();
        is_it.then(|| text.to_string())
    }

    fn argument(&self, call: NodeId, reference: &ArgumentRef) -> Option<NodeId> {
        match reference {
            ArgumentRef::Position(at) => {
                let mut positional =
                    arguments(self.facts, call).filter(|&node| !matches!(self.facts.arena.kind(node), NodeKind::Argument { .. }));
                positional.nth(*at as usize)
            }
            ArgumentRef::Name(path) => match path.split_once('.') {
                Some((position, key)) => {
                    let object = self.argument(call, &ArgumentRef::Position(position.parse().ok()?))?;
                    let NodeKind::Collection { items, .. } = self.facts.arena.kind(object) else { return None };
                    self.facts.arena.list(items).find_map(|item| match self.facts.arena.kind(item) {
                        NodeKind::Entry { key: node, value } if self.facts.string(node) == Some(key) => Some(value),
                        _ => None,
                    })
                }
                None => arguments(self.facts, call).find_map(|node| match self.facts.arena.kind(node) {
                    NodeKind::Argument { name, value } if self.facts.text(name) == path => Some(value),
                    _ => None,
                }),
            },
        }
    }

    /// The SQL text of a chain, if it is constant enough to read its words: an argument of the call or of a link before it.
    fn sql_text(&self, top: NodeId, call: NodeId) -> Option<String> {
        let links = chain(self.facts, call).chain(std::iter::once(top));
        for link in links {
            for argument in arguments(self.facts, link).take(3) {
                if let Some(text) = self.constant_text(argument, 0) {
                    return Some(text);
                }
            }
        }
        // `let statement = conn.prepare("select …")?; statement.query_map(…)`
        let root = chain_root(self.facts, call);
        let NodeKind::Name(_) = self.facts.arena.kind(root) else { return None };
        let prepared = self.values_of(root).into_iter().flat_map(|value| self.branches(value, 0));
        let prepared = prepared.flat_map(|value| chain(self.facts, value).collect::<Vec<_>>());
        prepared.flat_map(|link| arguments(self.facts, link).take(1)).find_map(|argument| self.constant_text(argument, 0))
    }

    /// What an expression may be: `if paid { query(a) } else { query(b) }`.
    fn branches(&self, node: NodeId, depth: u8) -> Vec<NodeId> {
        let arena = &self.facts.arena;
        let inner: Vec<NodeId> = match arena.kind(node) {
            _ if depth > 3 => Vec::new(),
            NodeKind::If { then, otherwise, .. } => std::iter::once(then).chain(otherwise).collect(),
            NodeKind::Match { arms, .. } => arena.list(arms).collect(),
            NodeKind::Arm { body, .. } => vec![body],
            NodeKind::Block { items, value: true } => arena.list(items).last().into_iter().collect(),
            _ => Vec::new(),
        };
        if inner.is_empty() {
            return vec![node];
        }
        inner.into_iter().flat_map(|part| self.branches(part, depth + 1)).collect()
    }

    fn constant_text(&self, node: NodeId, depth: u8) -> Option<String> {
        if depth > 3 {
            return None;
        }
        match self.facts.arena.kind(node) {
            NodeKind::Str(name) => sql_like(self.facts.text(name)),
            NodeKind::Text { parts, form } if form != TextForm::Join => {
                let mut text = String::new();
                for part in self.facts.arena.list(parts).take(64) {
                    text.push_str(self.facts.string(part).unwrap_or("…"));
                }
                sql_like(&text)
            }
            NodeKind::Argument { value, .. } | NodeKind::Cast { value, .. } => self.constant_text(value, depth + 1),
            // `query({ text: "select …" })`
            NodeKind::Collection { items, .. } => self.facts.arena.list(items).find_map(|item| match self.facts.arena.kind(item) {
                NodeKind::Entry { key, value } if matches!(self.facts.string(key), Some("text" | "sql" | "query")) => {
                    self.constant_text(value, depth + 1)
                }
                _ => None,
            }),
            NodeKind::Call { .. } => arguments(self.facts, node).take(2).find_map(|argument| self.constant_text(argument, depth + 1)),
            NodeKind::Name(_) => self.values_of(node).into_iter().find_map(|value| self.constant_text(value, depth + 1)),
            NodeKind::Member { .. } => match self.program.value(self.file, node) {
                Value::Def(def) if def.file == self.file => {
                    self.program.def(def).value.and_then(|value| self.constant_text(value, depth + 1))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The values a name has been given in the function around it or in the module; the node itself when it is no name.
    fn values_of(&self, node: NodeId) -> Vec<NodeId> {
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

    /// What becomes of a builder whose outermost link is `top`.
    fn fate(&self, call: NodeId, top: NodeId, seen: &mut FxHashSet<NodeId>) -> Fate {
        if !seen.insert(top) || seen.len() > 64 {
            return Fate::Unused;
        }
        let python = self.facts.language.family() == Family::Python;
        for link in self.nesting.around(call) {
            match self.facts.arena.kind(link) {
                NodeKind::Await(_) => return Fate::Evaluated,
                NodeKind::Member { name, .. } if matches!(self.facts.text(name), "then" | "catch" | "finally" | "exec") && link != call => {
                    return Fate::Evaluated;
                }
                NodeKind::Index { index, .. } if python && matches!(self.facts.arena.kind(index), NodeKind::Number(_)) => {
                    return Fate::Evaluated;
                }
                _ => {}
            }
            if link == top {
                break;
            }
        }
        let mut at = top;
        loop {
            let Some(parent) = self.nesting.parent(at) else { return self.fate_of_root(at) };
            match self.facts.arena.kind(parent) {
                NodeKind::Loop { source, kind, .. } => {
                    let iterated = source == Some(at) && matches!(kind, LoopKind::ForEach | LoopKind::Comprehension);
                    return if iterated { Fate::Evaluated } else { Fate::Unused };
                }
                NodeKind::If { condition, .. } if condition == at => return evaluated_if(python),
                NodeKind::If { .. } | NodeKind::Collection { .. } | NodeKind::Argument { .. } | NodeKind::Cast { .. } => at = parent,
                NodeKind::Spread { .. } if python => return Fate::Evaluated,
                NodeKind::Spread { .. } => at = parent,
                NodeKind::Unary { op: UnaryOp::Not, .. } | NodeKind::Assert(_) => return evaluated_if(python),
                NodeKind::Binary { op: BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce, .. } => at = parent,
                NodeKind::Binary { op: BinaryOp::In | BinaryOp::NotIn, right, .. } => return evaluated_if(python && right == at),
                NodeKind::Await(_) => return Fate::Evaluated,
                NodeKind::Entry { value, .. } if python && value == at => at = parent,
                NodeKind::Call { callee, .. } if callee != at => return self.fate_of_argument(parent, seen),
                NodeKind::Return(_) => return self.fate_of_result(self.nesting.owner(parent)),
                NodeKind::Block { items, value: true } if self.facts.arena.list(items).last() == Some(at) => {
                    if self.nesting.parent(parent).is_none() {
                        return self.fate_of_result(self.nesting.owner(parent));
                    }
                    at = parent;
                }
                NodeKind::Declare { target, .. } | NodeKind::Assign { target, op: AssignOp::Set | AssignOp::With, .. } if target != at => {
                    return self.fate_of_variable(target, seen);
                }
                _ => return Fate::Unused,
            }
        }
    }

    /// A chain that is the whole code of a definition: `() => db("t")` without a block around it.
    fn fate_of_root(&self, root: NodeId) -> Fate {
        self.fate_of_result(self.nesting.owner(root))
    }

    /// A builder given to a call: used up by the functions that iterate or await their arguments.
    fn fate_of_argument(&self, call: NodeId, seen: &mut FxHashSet<NodeId>) -> Fate {
        let NodeKind::Call { callee, .. } = self.facts.arena.kind(call) else { return Fate::Unused };
        let Some(name) = last_name(self.facts, callee).map(|name| self.facts.text(name)) else { return Fate::Unused };
        let bare = matches!(self.facts.arena.kind(callee), NodeKind::Name(_));
        match self.facts.language.family() {
            Family::Python if bare && ITERATING_BUILTINS.contains(&name) => Fate::Evaluated,
            // `zip(qs, xs)` and `enumerate(qs)` are as lazy as what they wrap: what iterates them iterates it.
            Family::Python if bare && matches!(name, "enumerate" | "zip" | "iter" | "reversed" | "chain") => {
                self.fate(call, self.nesting.chain_top(self.facts, call), seen)
            }
            Family::Python if matches!(name, "gather" | "wait_for" | "create_task" | "sync_to_async" | "extend") => Fate::Evaluated,
            Family::TypeScript if matches!(name, "all" | "allSettled" | "race" | "any" | "$transaction" | "batch" | "resolve") => {
                Fate::Evaluated
            }
            _ if self.evaluates(call, callee) => Fate::Evaluated,
            _ => Fate::Unused,
        }
    }

    /// A template or a serializer of many rows runs what it is given.
    fn evaluates(&self, call: NodeId, callee: NodeId) -> bool {
        let known = self.program.called_api(self.file, call);
        known.is_some_and(|api| self.program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Evaluates))
            || matches!(self.program.value(self.file, callee), Value::Def(class) if is_many(self.program, self.facts, call, class))
    }

    /// A builder that its function gives back: run by the promise machinery in an async TypeScript function and in callbacks
    /// there, else its caller's business.
    fn fate_of_result(&self, owner: DefId) -> Fate {
        let def = self.facts.def(owner);
        if !matches!(def.kind, DefKind::Function | DefKind::Method) {
            return Fate::Unused;
        }
        if self.facts.language.family() != Family::TypeScript {
            return Fate::Returned;
        }
        if def.flags.has(DefFlags::ASYNC) {
            return Fate::Evaluated;
        }
        let callback = self.nesting.place(owner).is_some_and(|place| self.nesting.argument_of(self.facts, place).is_some());
        if callback { Fate::Evaluated } else { Fate::Returned }
    }

    /// A builder kept in a local variable: whatever becomes of any use of it.
    fn fate_of_variable(&self, target: NodeId, seen: &mut FxHashSet<NodeId>) -> Fate {
        let NodeKind::Name(name) = self.facts.arena.kind(target) else { return Fate::Unused };
        let owner = self.nesting.owner(target);
        let Some(body) = self.facts.def(owner).body else { return Fate::Unused };
        let mut uses = Vec::new();
        crate::model::nesting::walk_deep(self.facts, body, |node| {
            if node != target && self.facts.arena.kind(node) == NodeKind::Name(name) {
                uses.push(node);
            }
            true
        });
        let mut fate = Fate::Unused;
        for used in uses {
            let top = self.nesting.chain_top(self.facts, used);
            if self.runs_itself(used, top) {
                continue;
            }
            match self.fate(used, top, seen) {
                Fate::Evaluated => return Fate::Evaluated,
                Fate::Returned => fate = Fate::Returned,
                Fate::Unused => {}
            }
        }
        fate
    }

    /// True when a chain that starts from a variable has a link that is a query in its own right (`q.first()`).
    fn runs_itself(&self, used: NodeId, top: NodeId) -> bool {
        self.nesting.around(used).take_while(|&link| link != top).chain(std::iter::once(top)).any(|link| !self.links(link).is_empty())
    }

    /// Medium when only a conventional name says what the receiver is.
    fn confidence(&self, call: NodeId) -> Confidence {
        let guessed = chain(self.facts, call).any(|link| matches!(self.program.value(self.file, link), Value::Api { guessed: true, .. }));
        if guessed { Confidence::Medium } else { Confidence::High }
    }
}

const ITERATING_BUILTINS: &[&str] =
    &["list", "tuple", "set", "frozenset", "dict", "sorted", "len", "bool", "sum", "min", "max", "any", "all", "next"];

fn evaluated_if(yes: bool) -> Fate {
    if yes { Fate::Evaluated } else { Fate::Unused }
}

fn sql_like(text: &str) -> Option<String> {
    sql::read(text).map(|_| text.to_string())
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

/// The named arguments of a call.
fn arguments_with_names(facts: &FileFacts, call: NodeId) -> impl Iterator<Item = (&str, NodeId)> {
    arguments(facts, call).filter_map(|argument| match facts.arena.kind(argument) {
        NodeKind::Argument { name, value } => Some((facts.text(name), value)),
        _ => None,
    })
}
