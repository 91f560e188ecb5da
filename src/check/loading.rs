//! Where the items of a loop come from: the query behind an expression, followed through local variables, the results of the
//! project's functions and the arguments of their callers, with the relations it loads eagerly.

use rustc_hash::FxHashMap;

use super::Context;
use super::reaching::reaching;
use super::relations::named_relations;
use crate::model::body::{BinaryOp, LoopKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, Name, ParamKind};
use crate::model::finding::{Label, Location};
use crate::model::knowledge::{Access, ApiFact, RelationRead, Subject};
use crate::model::nesting::{argument_value, arguments, called_name, chain, chain_root, walk_deep};
use crate::model::program::{CallEdge, CallKind, Program, Resolution, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::model::trace::{self, Part};
use crate::rulebook::vocabulary::api_names;

/// How far a value is followed through variables, results and callers.
const MAX_DEPTH: u8 = 5;
/// Most callers asked for the value of one parameter.
const MAX_CALLERS: usize = 24;

/// A query that gives the rows of a loop.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) place: Location,
    /// Relations it loads with the rows, by name (each part of a path).
    pub(super) eager: Vec<String>,
    /// It loads relations that are not named in sight.
    pub(super) unknown: bool,
    /// The model it is about.
    pub(super) class: Option<GlobalDef>,
    /// It is awaited.
    pub(super) awaited: bool,
}

impl Origin {
    /// True when the query loads the relation.
    pub(super) fn loads(&self, relation: &str) -> bool {
        self.unknown || self.eager.iter().any(|name| name == relation)
    }

    /// The origin as a label.
    pub(super) fn label(&self) -> Label {
        Label { location: self.place.clone(), text: "the rows come from this query".to_string() }
    }
}

/// Calls by the function they lead to, test code left out. Who asks for those of a function notes that he did.
pub(super) struct Callers(FxHashMap<GlobalDef, Vec<CallEdge>>);

impl Callers {
    /// Indexes the call graph.
    pub(super) fn of(program: &Program) -> Callers {
        let mut callers: FxHashMap<GlobalDef, Vec<CallEdge>> = FxHashMap::default();
        for edge in &program.calls {
            if edge.kind == CallKind::Call && edge.resolution != Resolution::NameOnly && !program.is(edge.caller, Role::Test) {
                callers.entry(edge.callee).or_default().push(*edge);
            }
        }
        Callers(callers)
    }

    /// The calls of a function.
    pub(super) fn of_function(&self, function: GlobalDef) -> &[CallEdge] {
        trace::note(Part::Callers(function.file));
        self.0.get(&function).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The queries behind the expression; empty when none is in sight.
pub(super) fn origins(context: &Context, file: FileId, node: NodeId) -> Vec<Origin> {
    let mut reader = Reader { context, found: Vec::new(), fuel: 200 };
    reader.follow(file, node, 0, Loaded::default());
    reader.found
}

/// What the way from the query adds to it.
#[derive(Clone, Default)]
struct Loaded {
    eager: Vec<String>,
    unknown: bool,
}

struct Reader<'a> {
    context: &'a Context<'a>,
    found: Vec<Origin>,
    fuel: u32,
}

impl<'a> Reader<'a> {
    fn program(&self) -> &'a Program<'a> {
        self.context.program
    }

    fn follow(&mut self, file: FileId, node: NodeId, depth: u8, mut loaded: Loaded) {
        if depth > MAX_DEPTH || self.fuel == 0 {
            return;
        }
        self.fuel -= 1;
        let program = self.program();
        let facts = program.file(file);
        loaded_by(program, file, node, &mut loaded);
        let runs = chain(facts, node).find(|&link| self.is_query(file, link));
        if let Some(call) = runs {
            self.statement_of(file, call, depth, &mut loaded);
            let class = subject(program, file, node).filter(|_| related_rows(program, file, node).is_none());
            // A chain that starts from a variable goes on there: `query = select(User)`, `self.queryset`.
            let root = chain(facts, node).last().unwrap_or(node);
            if let NodeKind::Name(name) = facts.arena.kind(root) {
                self.loaded_by_variable(file, root, name, 0, &mut loaded);
                self.loaded_by_callers(file, root, name, &mut loaded);
            } else {
                loaded_by_functions(program, file, root, 0, &mut loaded);
            }
            // `base_query(db).filter(…).all()`: the function begins the query.
            if let Some(begun) = begun_elsewhere(program, file, node) {
                loaded_by_functions(program, file, begun, 0, &mut loaded);
            }
            let place = program.location(file, super::spelling::call_span(facts, call));
            let nesting = program.nesting(file);
            let awaited =
                nesting.around(call).take_while(|&at| at != nesting.chain_top(facts, call)).any(|at| is_awaited(facts, nesting.parent(at)));
            self.found.push(Origin { place, eager: loaded.eager, unknown: loaded.unknown, class, awaited });
            return;
        }
        match facts.arena.kind(node) {
            NodeKind::Await(value) if self.awaited_relation(file, value, &loaded) => {}
            NodeKind::Await(value) | NodeKind::Propagate(value) | NodeKind::Cast { value, .. } => self.follow(file, value, depth, loaded),
            NodeKind::Argument { value, .. } => self.follow(file, value, depth, loaded),
            NodeKind::Name(name) => self.follow_name(file, node, name, depth, &loaded),
            NodeKind::Index { object, .. } => self.follow(file, object, depth, loaded),
            NodeKind::Member { object, name, .. } if api_names().orm.page_rows.has(facts.text(name)) => {
                self.follow_page(file, object, depth, &loaded);
            }
            NodeKind::Member { object, name, .. } => self.follow_relation(file, node, object, name, depth),
            NodeKind::Call { callee, .. } => self.follow_call(file, node, callee, depth, loaded),
            // `items.all() if "items" in self._prefetched_objects_cache else self.loaded_items()`: the first are rows that are there.
            NodeKind::If { condition, otherwise: Some(otherwise), .. } if asks_loaded(facts, condition) => {
                self.follow(file, otherwise, depth + 1, loaded);
            }
            NodeKind::If { then, otherwise, .. } => {
                self.follow(file, then, depth + 1, loaded.clone());
                if let Some(otherwise) = otherwise {
                    self.follow(file, otherwise, depth + 1, loaded);
                }
            }
            // `[row for row in rows if row.is_open]`, `rows or []`
            NodeKind::Loop { kind: LoopKind::Comprehension, target: Some(target), source: Some(source), body, .. }
                if gives_items(facts, target, body) =>
            {
                self.follow(file, source, depth + 1, loaded);
            }
            NodeKind::Collection { items, .. } if facts.arena.list(items).len() == 1 => {
                let item = facts.arena.list(items).next().filter(|&item| matches!(facts.arena.kind(item), NodeKind::Loop { .. }));
                if let Some(item) = item {
                    self.follow(file, item, depth, loaded);
                }
            }
            NodeKind::Binary { op: BinaryOp::Or | BinaryOp::Coalesce | BinaryOp::Add, left, right } => {
                self.follow(file, left, depth + 1, loaded.clone());
                self.follow(file, right, depth + 1, loaded);
            }
            _ => {}
        }
    }

    /// `user.roles` of a row that a query gives: it loads the rows of the relation, and what else of them the query names.
    fn follow_relation(&mut self, file: FileId, node: NodeId, object: NodeId, name: Name, depth: u8) {
        let program = self.program();
        let facts = program.file(file);
        let (Value::Instance { class, .. }, Family::Python) = (program.value(file, object), facts.language.family()) else { return };
        let Some(relation) = self.context.relations().get(program, class, facts.text(name)) else { return };
        if relation.read != RelationRead::Attribute {
            return;
        }
        let mut rows = Reader { context: self.context, found: Vec::new(), fuel: self.fuel };
        rows.follow(file, object, depth + 1, Loaded::default());
        self.fuel = rows.fuel;
        let place = program.location(file, facts.arena.span(node));
        // An asynchronous session loads nothing later.
        let of_rows = rows.found.into_iter().filter(|origin| !origin.awaited);
        self.found.extend(of_rows.map(|origin| Origin { place: place.clone(), class: relation.target, ..origin }));
    }

    /// `page.items` of `page = Order.query.paginate(…)`.
    fn follow_page(&mut self, file: FileId, page: NodeId, depth: u8, loaded: &Loaded) {
        let facts = self.program().file(file);
        let made = match facts.arena.kind(page) {
            NodeKind::Name(name) => self.assigned(file, page, name),
            _ => vec![page],
        };
        for made in made.into_iter().filter(|&made| called_name(facts, made).is_some_and(|name| api_names().orm.pagers.has(name))) {
            self.follow(file, made, depth + 1, loaded.clone());
        }
    }

    /// `await user.roles`, where the relation is a query: its rows have loaded nothing else.
    fn awaited_relation(&mut self, file: FileId, node: NodeId, loaded: &Loaded) -> bool {
        let program = self.program();
        let facts = program.file(file);
        let NodeKind::Member { object, name, .. } = facts.arena.kind(node) else { return false };
        let Value::Instance { class, .. } = program.value(file, object) else { return false };
        let Some(relation) = self.context.relations().get(program, class, facts.text(name)) else { return false };
        if relation.read != RelationRead::Manager {
            return false;
        }
        let place = program.location(file, facts.arena.span(node));
        let Loaded { eager, unknown } = loaded.clone();
        self.found.push(Origin { place, eager, unknown, class: relation.target, awaited: true });
        true
    }

    /// The call reads rows by itself, or builds what a loop then runs.
    fn is_query(&self, file: FileId, call: NodeId) -> bool {
        let program = self.program();
        program.called_api(file, call).is_some_and(|api| {
            program.facts_of(api).any(|(fact, _)| matches!(fact, ApiFact::Query(query) if query.access != Access::Write))
        })
    }

    /// What the statement given to an executor loads: `session.scalars(statement)`.
    fn statement_of(&self, file: FileId, call: NodeId, depth: u8, loaded: &mut Loaded) {
        let facts = self.program().file(file);
        if depth > MAX_DEPTH {
            return;
        }
        for argument in arguments(facts, call) {
            loaded_by(self.program(), file, argument, loaded);
            // `db.execute(query)`, `db.execute(query.offset(20))`
            let root = chain_root(facts, argument_value(facts, argument));
            if let NodeKind::Name(name) = facts.arena.kind(root) {
                self.loaded_by_variable(file, root, name, 0, loaded);
            }
            if let NodeKind::Call { .. } = facts.arena.kind(argument) {
                // A statement built elsewhere may load anything.
                loaded.unknown |= self.program().called_api(file, argument).is_none();
            }
        }
    }

    /// What a statement in a variable loads, also where it began in another one: `query = base.join(Crate)`.
    fn loaded_by_variable(&self, file: FileId, node: NodeId, name: Name, depth: u8, loaded: &mut Loaded) {
        let facts = self.program().file(file);
        for value in self.assigned(file, node, name) {
            loaded_by(self.program(), file, value, loaded);
            loaded_by_functions(self.program(), file, value, 0, loaded);
            let root = chain_root(facts, value);
            if let NodeKind::Name(other) = facts.arena.kind(root)
                && other != name
                && depth < 3
            {
                self.loaded_by_variable(file, root, other, depth + 1, loaded);
            }
            // `order = get_object_or_404(queryset, id=id)`
            let first = arguments(facts, value).next().filter(|_| self.is_query(file, value));
            if let Some(first) = first
                && let NodeKind::Name(other) = facts.arena.kind(first)
                && other != name
                && depth < 3
            {
                self.loaded_by_variable(file, first, other, depth + 1, loaded);
            }
        }
    }

    /// What every caller of a function that is given a row has loaded with it: `statistics(report)`, where `report.changes` is read.
    fn loaded_by_callers(&self, file: FileId, node: NodeId, name: Name, loaded: &mut Loaded) {
        let program = self.program();
        let facts = program.file(file);
        let Some(owner) = owner_of(facts, node).filter(|_| self.assigned(file, node, name).is_empty()) else { return };
        let params = facts.def(owner).params.iter().filter(|param| param.kind != ParamKind::Receiver);
        let Some(at) = params.clone().position(|param| param.name == Some(name)) else { return };
        let mut common: Option<Loaded> = None;
        for edge in self.context.callers().of_function(GlobalDef { file, def: owner }).iter().take(MAX_CALLERS) {
            let from = program.file(edge.caller.file);
            let mut own = Loaded::default();
            if let Some(given) = arguments(from, edge.site).nth(at)
                && let NodeKind::Name(row) = from.arena.kind(given)
            {
                self.loaded_by_variable(edge.caller.file, given, row, 0, &mut own);
            }
            common = Some(match common {
                None => own,
                Some(before) => Loaded {
                    eager: before.eager.into_iter().filter(|name| own.unknown || own.eager.contains(name)).collect(),
                    unknown: before.unknown && own.unknown,
                },
            });
        }
        if let Some(common) = common {
            loaded.eager.extend(common.eager);
            loaded.unknown |= common.unknown;
        }
    }

    /// Values that the function may have given a local name when `node` runs.
    fn assigned(&self, file: FileId, node: NodeId, name: Name) -> Vec<NodeId> {
        let facts = self.program().file(file);
        let Some(body) = owner_of(facts, node).and_then(|owner| facts.def(owner).body) else { return Vec::new() };
        reaching(facts, self.program().nesting(file), body, node, name)
    }

    /// `prefetch_related_objects(rows, "lines")` in the same function: loaded for rows that are there.
    fn loaded_later(&self, file: FileId, node: NodeId, name: Name, loaded: &Loaded) -> Loaded {
        let facts = self.program().file(file);
        let mut loaded = loaded.clone();
        let Some(body) = owner_of(facts, node).and_then(|owner| facts.def(owner).body) else { return loaded };
        if !["prefetch_related_objects", "aprefetch_related_objects"].iter().any(|loader| facts.names.may_hold(loader)) {
            return loaded;
        }
        walk_deep(facts, body, |at| {
            if matches!(called_name(facts, at), Some("prefetch_related_objects" | "aprefetch_related_objects")) {
                let mut given = arguments(facts, at);
                if given.next().is_some_and(|rows| facts.arena.kind(rows) == NodeKind::Name(name)) {
                    for relation in given {
                        let before = loaded.eager.len();
                        named_relations(facts, relation, &mut loaded.eager);
                        // A list of relations that is kept elsewhere may hold any.
                        loaded.unknown |= loaded.eager.len() == before;
                    }
                }
            }
            true
        });
        loaded
    }

    fn follow_name(&mut self, file: FileId, node: NodeId, name: Name, depth: u8, loaded: &Loaded) {
        let facts = self.program().file(file);
        let mut loaded = self.loaded_later(file, node, name, loaded);
        let values = self.assigned(file, node, name);
        // `rows = rows.select_related("post")`: what the variable holds in the end was given that, too.
        for &value in values.iter().filter(|&&value| facts.arena.kind(chain(facts, value).last().unwrap_or(value)) == NodeKind::Name(name))
        {
            loaded_by(self.program(), file, value, &mut loaded);
            loaded_by_functions(self.program(), file, value, 0, &mut loaded);
        }
        let loaded = &loaded;
        for &value in &values {
            if value != node {
                self.follow(file, value, depth + 1, loaded.clone());
            }
        }
        let Some(owner) = owner_of(facts, node).filter(|_| values.is_empty()) else { return };
        if let Some(index) = facts.def(owner).params.iter().position(|param| param.name == Some(name)) {
            self.follow_callers(GlobalDef { file, def: owner }, index, name, depth, loaded);
        }
    }

    /// `sorted(rows)`, `list(rows)`; a function of the project: what it returns.
    fn follow_call(&mut self, file: FileId, call: NodeId, callee: NodeId, depth: u8, loaded: Loaded) {
        let program = self.program();
        let facts = program.file(file);
        let name = called_name(facts, call).unwrap_or_default();
        if matches!(facts.arena.kind(callee), NodeKind::Name(_))
            && matches!(name, "list" | "sorted" | "reversed" | "enumerate" | "tuple" | "set" | "zip" | "iter" | "filter" | "map")
        {
            for argument in arguments(facts, call) {
                self.follow(file, argument, depth, loaded.clone());
            }
            return;
        }
        if let NodeKind::Member { object, .. } = facts.arena.kind(callee)
            && matches!(name, "filter" | "map" | "slice" | "all" | "scalars" | "unique" | "values" | "sort" | "toSorted" | "reverse")
        {
            self.follow(file, object, depth, loaded.clone());
        }
        // `self.paginate_queryset(self.filter_queryset(self.get_queryset()))`
        if matches!(name, "paginate_queryset" | "filter_queryset") {
            for argument in arguments(facts, call) {
                self.follow(file, argument, depth, loaded.clone());
            }
            return;
        }
        let (Value::Def(function) | Value::Method { method: function, .. }) = program.value(file, callee) else { return };
        let target = program.file(function.file);
        // `rows.for_shelf(shelf)`, a method of the query's own class that narrows what it is called on: `return self.filter(…)`.
        if let NodeKind::Member { object, .. } = facts.arena.kind(callee)
            && goes_on(target, program.def(function).body)
        {
            let before = self.found.len();
            self.follow(file, object, depth + 1, loaded.clone());
            if self.found.len() > before {
                return;
            }
        }
        let Some(body) = program.def(function).body else { return };
        let mut results = Vec::new();
        let nesting = program.nesting(function.file);
        // `if "items" in self._prefetched_objects_cache: return self.items.all()`
        let are_there = |node: NodeId| {
            nesting.around(node).any(|around| {
                matches!(nesting.parent(around).map(|outer| target.arena.kind(outer)), Some(NodeKind::If { condition, then, .. })
                    if then == around && asks_loaded(target, condition))
            })
        };
        target.arena.walk(body, |node| {
            if let NodeKind::Return(Some(value)) = target.arena.kind(node)
                && !are_there(node)
            {
                results.push(value);
            }
        });
        for result in results {
            self.follow(function.file, result, depth + 1, loaded.clone());
        }
    }

    fn follow_callers(&mut self, function: GlobalDef, index: usize, name: Name, depth: u8, loaded: &Loaded) {
        let program = self.program();
        let takes_receiver =
            program.def(function).params.first().is_some_and(|param| param.kind == crate::model::facts::ParamKind::Receiver);
        let text = program.file(function.file).text(name).to_string();
        for edge in self.context.callers().0.get(&function).into_iter().flatten().take(MAX_CALLERS) {
            let facts = program.file(edge.caller.file);
            let by_name = arguments(facts, edge.site)
                .find(|&argument| matches!(facts.arena.kind(argument), NodeKind::Argument { name, .. } if facts.text(name) == text));
            let at = index - usize::from(takes_receiver && index > 0);
            let given = by_name.or_else(|| {
                arguments(facts, edge.site).nth(at).filter(|&node| !matches!(facts.arena.kind(node), NodeKind::Argument { .. }))
            });
            if let Some(given) = given {
                self.follow(edge.caller.file, given, depth + 1, loaded.clone());
            }
        }
    }
}

/// Whatever the method gives back begins with its receiver.
fn goes_on(facts: &FileFacts, body: Option<NodeId>) -> bool {
    let Some(body) = body else { return false };
    let (mut all, mut own) = (0, 0);
    facts.arena.walk(body, |node| {
        if let NodeKind::Return(Some(value)) = facts.arena.kind(node) {
            all += 1;
            own += usize::from(facts.arena.kind(chain_root(facts, value)) == NodeKind::Receiver);
        }
    });
    all > 0 && all == own
}

/// A comprehension gives the items themselves, all of them or some.
fn gives_items(facts: &FileFacts, target: NodeId, body: NodeId) -> bool {
    match facts.arena.kind(body) {
        NodeKind::If { then, .. } => gives_items(facts, target, then),
        kind => matches!(kind, NodeKind::Name(_)) && kind == facts.arena.kind(target),
    }
}

/// Whether the condition asks what was loaded with the row.
fn asks_loaded(facts: &FileFacts, condition: NodeId) -> bool {
    let mut asks = false;
    walk_deep(facts, condition, |node| {
        asks |= match facts.arena.kind(node) {
            NodeKind::Str(text) | NodeKind::Member { name: text, .. } => api_names().orm.loaded_with.has(facts.text(text)),
            _ => false,
        };
        !asks
    });
    asks
}

/// The call of a function of the project that gives the query which the chain goes on with.
fn begun_elsewhere(program: &Program, file: FileId, node: NodeId) -> Option<NodeId> {
    let facts = program.file(file);
    chain(facts, node).find(|&link| {
        let NodeKind::Call { callee, .. } = facts.arena.kind(link) else { return false };
        let own = matches!(program.value(file, callee), Value::Def(_) | Value::Method { .. });
        own && subject(program, file, link).is_some()
    })
}

fn is_awaited(facts: &FileFacts, node: Option<NodeId>) -> bool {
    node.is_some_and(|node| matches!(facts.arena.kind(node), NodeKind::Await(_)))
}

/// The model class a chain is about.
fn subject(program: &Program, file: FileId, node: NodeId) -> Option<GlobalDef> {
    chain(program.file(file), node).find_map(|link| match program.value(file, link) {
        Value::Api { subject: Some(class), .. } => Some(class),
        _ => None,
    })
}

/// `author.books.all()` is about the rows of a relation, not about authors: the class that has it, and its name.
pub(super) fn related_rows(program: &Program, file: FileId, node: NodeId) -> Option<(GlobalDef, String)> {
    let facts = program.file(file);
    let mut table = None;
    for link in chain(facts, node) {
        let Some(api) = program.called_api(file, link) else { continue };
        for (fact, found) in program.facts_of(api) {
            if matches!(fact, ApiFact::Query(query) if query.subject == Subject::Captured) {
                table = found.table.clone().or(table);
            }
        }
    }
    Some((subject(program, file, node)?, table?))
}

/// The innermost function whose code spans the node.
pub(super) fn owner_of(facts: &FileFacts, node: NodeId) -> Option<DefId> {
    let span = facts.arena.span(node);
    let holds = |id: DefId| facts.def(id).body.is_some_and(|body| facts.arena.span(body).contains(span));
    let functions = facts.definitions().filter(|(id, def)| {
        matches!(def.kind, crate::model::facts::DefKind::Function | crate::model::facts::DefKind::Method)
            && !def.flags.has(DefFlags::CLOSURE)
            && holds(*id)
    });
    functions.map(|(id, _)| id).last()
}

/// Adds the relations that the expression's eager loaders name.
pub(super) fn loaded_in(program: &Program, file: FileId, node: NodeId) -> (Vec<String>, bool) {
    let mut loaded = Loaded::default();
    loaded_by(program, file, node, &mut loaded);
    (loaded.eager, loaded.unknown)
}

fn loaded_by(program: &Program, file: FileId, node: NodeId, loaded: &mut Loaded) {
    let facts = program.file(file);
    walk_deep(facts, node, |at| {
        match facts.arena.kind(at) {
            NodeKind::Call { .. } => {
                let name = called_name(facts, at).unwrap_or_default();
                let known =
                    program.called_api(file, at).is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::EagerLoad));
                if known || is_loader(name) {
                    let plain = |argument: NodeId| {
                        matches!(
                            facts.arena.kind(argument),
                            NodeKind::Str(_) | NodeKind::Member { .. } | NodeKind::Null | NodeKind::Call { .. }
                        )
                    };
                    loaded.unknown |= arguments(facts, at).len() == 0 || !arguments(facts, at).all(plain);
                    for argument in arguments(facts, at) {
                        named_relations(facts, argument, &mut loaded.eager);
                    }
                }
            }
            // `find({ relations: […] })`, `include:`, `with:`
            NodeKind::Entry { key, value } if facts.string(key).is_some_and(|name| api_names().orm.includes.has(name)) => {
                named_relations(facts, value, &mut loaded.eager);
                facts.arena.walk(value, |node| {
                    if let NodeKind::Entry { key, .. } = facts.arena.kind(node) {
                        loaded.eager.extend(facts.string(key).map(str::to_string));
                    }
                });
                loaded.unknown |= matches!(facts.arena.kind(value), NodeKind::Name(_));
            }
            NodeKind::Argument { name, value } if api_names().orm.options.has(facts.text(name)) => {
                named_relations(facts, value, &mut loaded.eager);
                loaded.unknown |= !matches!(facts.arena.kind(value), NodeKind::Str(_) | NodeKind::Collection { .. });
            }
            _ => {}
        }
        true
    });
}

/// What the project's functions that the expression calls load: `statement = self.base_statement()`, `statement = with_lines(statement)`.
fn loaded_by_functions(program: &Program, file: FileId, node: NodeId, depth: u8, loaded: &mut Loaded) {
    let facts = program.file(file);
    let mut called = Vec::new();
    walk_deep(facts, node, |at| {
        if let NodeKind::Call { callee, .. } = facts.arena.kind(at)
            && let Value::Def(function) | Value::Method { method: function, .. } = program.value(file, callee)
            && called.len() < 32
        {
            called.push(function);
        }
        true
    });
    if depth > 2 {
        loaded.unknown |= !called.is_empty();
        return;
    }
    for function in called {
        if let Some(body) = program.def(function).body.filter(|_| !matches!(program.def(function).kind, DefKind::Class)) {
            loaded_by(program, function.file, body, loaded);
            loaded_by_functions(program, function.file, body, depth + 1, loaded);
        }
    }
}

/// Methods that load relations with the rows, on whatever query object.
fn is_loader(name: &str) -> bool {
    api_names().orm.loaders.has(name)
}

/// The relations loaded anywhere in a class (a view's `queryset` and `get_queryset`) and its bases in the project.
pub(super) fn loaded_in_class(program: &Program, class: GlobalDef, depth: u8) -> (Vec<String>, bool) {
    let facts = program.file(class.file);
    let mut loaded = Loaded::default();
    for (_, def) in facts.definitions().filter(|(_, def)| def.parent == class.def) {
        for root in def.body.into_iter().chain(def.value) {
            loaded_by(program, class.file, root, &mut loaded);
        }
    }
    if depth < 5 {
        for &base in &program.def(class).bases {
            if let Value::Def(parent) = program.value(class.file, base)
                && parent != class
            {
                let (eager, unknown) = loaded_in_class(program, parent, depth + 1);
                loaded.eager.extend(eager);
                loaded.unknown |= unknown;
            }
        }
    }
    (loaded.eager, loaded.unknown)
}
