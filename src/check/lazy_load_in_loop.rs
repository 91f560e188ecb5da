//! `lazy-load-in-loop`: a relation that is loaded when it is read, read for each row of a query that did not load it.
//!
//! The evidence is the relation ([`relations`](super::relations)), a loop over rows (or a serializer that a framework runs per row),
//! a read of the relation in it or in what it calls with the row, and the query the rows come from ([`loading`](super::loading)). Without
//! a query in sight nothing is said.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::Context;
use super::bounds::{Bound, bound};
use super::dumped_fields;
use super::loading::{Origin, loaded_in, loaded_in_class, origins, related_rows};
use super::loops::{Place, Repetition, around};
use super::new_rows::is_for_new_rows;
use super::per_item::{PerItem, prefers_annotation};
use super::relations::{Relation, Relations, method_of};
use super::response_fields;
use super::scope::{in_scope, is_start_up};
use super::sensitive::assigned;
use super::serializer_fields::{self, FieldRead};
use super::switches::{Switch, is_left_out, switches};
use crate::model::body::{BinaryOp, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, Name, ParamKind};
use crate::model::finding::{Confidence, Finding, Label, Level, Location};
use crate::model::knowledge::{ApiFact, Framework, RelationRead};
use crate::model::nesting::{Nesting, arguments, called_name, chain, chain_root, spell, walk_deep};
use crate::model::program::{CallKind, Program, Resolution, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId, Span};
use crate::rulebook::vocabulary::api_names;

const RULE: &str = "lazy-load-in-loop";

/// How many calls a row is followed through.
const MAX_DEPTH: u8 = 3;

/// What stands for a row in a function.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Row {
    Name(Name),
    Receiver,
}

/// A read of a relation of a row.
struct Read<'a> {
    relation: &'a Relation,
    /// Names from the row to the relation.
    path: Vec<String>,
    function: GlobalDef,
    span: Span,
    /// Where the loop's own function reads it or calls what reads it.
    site: Span,
    /// The relation is a query of its own, run here.
    runs: bool,
    /// A field of a schema that is made of the row reads it.
    by_schema: bool,
}

/// Finds relations that are loaded row by row.
pub fn check(context: &Context) -> Vec<Finding> {
    let program = context.program;
    let relations = context.relations();
    if relations.is_empty() {
        return Vec::new();
    }
    let mut findings = context.in_files(RULE, relations.clone(), in_file);
    let lists = context.lists();
    let mut told: FxHashSet<(GlobalDef, Vec<String>)> = FxHashSet::default();
    let mut asked: FxHashSet<(GlobalDef, Vec<String>, Option<GlobalDef>)> = FxHashSet::default();
    let by_fields = serializer_fields::reads(context, relations, lists);
    findings.extend(at_queries(program, &by_fields));
    let answered = response_fields::reads(context, relations).into_iter().chain(dumped_fields::reads(context, relations));
    for read in by_fields.into_iter().chain(answered) {
        let handler = read.asked.as_ref().map(|(handler, _)| *handler);
        if asked.insert((read.class, read.path.clone(), handler)) {
            findings.push(field_finding(program, &read));
        }
        told.insert((read.class, read.path));
    }
    let mut methods: Vec<(&GlobalDef, &PerItem)> = context.per_item().iter().collect();
    methods.sort_by_key(|(method, _)| **method);
    for (method, per_item) in methods {
        findings.extend(in_method(context, relations, *method, per_item, &told));
    }
    findings
}

fn in_file(context: &Context, relations: &Arc<Relations>, file: FileId) -> Vec<Finding> {
    let program = context.program;
    if !in_scope(program, GlobalDef { file, def: DefId::MODULE }) {
        return Vec::new();
    }
    let facts = program.file(file);
    let nesting = program.nesting(file);
    let place = Place { program, summaries: context.summaries, file, facts, nesting };
    let mut findings = Vec::new();
    for node in facts.arena.ids() {
        let NodeKind::Loop { target: Some(target), source: Some(source), body, .. } = facts.arena.kind(node) else { continue };
        let owner = nesting.owner(node);
        if owner == DefId::MODULE || is_start_up(facts.text(facts.def(owner).name)) || !in_scope(program, GlobalDef { file, def: owner }) {
            continue;
        }
        let Some(name) = row_bound(facts, target, source) else { continue };
        let function = GlobalDef { file, def: owner };
        findings.extend(in_loop(context, relations, &place, function, Row::Name(name), source, body));
    }
    for (id, def) in facts.definitions().filter(|(_, def)| def.flags.has(DefFlags::CLOSURE)) {
        let (Some(closure), Some(body)) = (nesting.place(id), def.body) else { continue };
        let Some((call, position)) = nesting.argument_of(facts, closure) else { continue };
        // `sorted(rows, key=lambda row: …)`
        if position != 0 && facts.language.family() != Family::Python {
            continue;
        }
        let Some(source) = super::loops::iterated_by(&place, call) else { continue };
        let Some(name) = def.params.first().and_then(|param| param.name) else { continue };
        findings.extend(in_loop(context, relations, &place, GlobalDef { file, def: id }, Row::Name(name), source, body));
    }
    findings
}

/// The variable that is a row: `row`, and of `(at, row)` the second where rows are numbered.
fn row_bound(facts: &FileFacts, target: NodeId, source: NodeId) -> Option<Name> {
    match facts.arena.kind(target) {
        NodeKind::Name(name) => Some(name),
        NodeKind::Collection { items, .. } | NodeKind::Other(items) if called_name(facts, source) == Some("enumerate") => {
            match facts.arena.list(items).nth(1).map(|second| facts.arena.kind(second)) {
                Some(NodeKind::Name(name)) => Some(name),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Reads in one loop, a finding for each relation.
fn in_loop(
    context: &Context,
    relations: &Relations,
    place: &Place,
    function: GlobalDef,
    row: Row,
    source: NodeId,
    body: NodeId,
) -> Vec<Finding> {
    let program = context.program;
    let facts = place.facts;
    let Some(class) = class_of_rows(context, relations, place, source, row, body) else { return Vec::new() };
    let mut reads = Vec::new();
    Reader { context, relations, seen: FxHashSet::default() }.read(function, row, class, body, &[], None, 0, &[], &mut reads);
    if reads.is_empty() || is_bounded(place, source, body) {
        return Vec::new();
    }
    // Whose rows they are: `project` of `project.repositories.all()`.
    let mut sources = vec![source];
    if let NodeKind::Name(name) = facts.arena.kind(source) {
        sources.extend(assigned(facts, function.def, name));
    }
    let around = facts.def(function.def).parent;
    let owners: Vec<GlobalDef> = sources
        .iter()
        .flat_map(|&source| chain(facts, source))
        .filter_map(|link| match program.value(place.file, link) {
            Value::Instance { class, .. } => Some(class),
            _ if facts.arena.kind(link) == NodeKind::Receiver => Some(GlobalDef { file: place.file, def: around }),
            _ => None,
        })
        .collect();
    reads.retain(|read| !leads_back(context, relations, class, read, &owners));
    reads.retain(|read| !is_of_one_row(program, place, function, read, source));
    let origins = origins(context, place.file, source);
    let mut findings = Vec::new();
    let mut told: FxHashSet<String> = FxHashSet::default();
    for read in &reads {
        // An asynchronous session refuses to load lazily: what a schema reads is there by then.
        let missing = |origin: &&Origin| !(read.path.iter().all(|name| origin.loads(name)) || read.by_schema && origin.awaited);
        let Some(origin) = origins.iter().find(missing) else { continue };
        if told.insert(read.path.join(".")) && !read.runs {
            let head = Label { location: program.location(place.file, facts.arena.span(source)), text: "repeats for each row".to_string() };
            let item = match row {
                Row::Name(name) => format!("`{}` of `{}`", facts.text(name), spell(facts, source)),
                Row::Receiver => "row".to_string(),
            };
            findings.push(finding(program, function, read, &item, vec![head, origin.label()]));
        }
    }
    findings
}

/// `for repository in project.repositories.all(): repository.project`: the rows know whose they are, nothing is loaded.
fn leads_back(context: &Context, relations: &Relations, class: GlobalDef, read: &Read, owners: &[GlobalDef]) -> bool {
    let Some(first) = read.path.first() else { return false };
    relations.get(context.program, class, first).is_some_and(|relation| {
        relation.target.is_some_and(|target| owners.contains(&target))
            && relation.read == RelationRead::Attribute
            && framework(context.program, relation).is_some_and(|framework| framework.rows_know_owner)
    })
}

/// SQLAlchemy: all rows have one and the same key of what is read (`query.filter_by(shelf_id=shelf_id)`): it is loaded once, and then the session has it.
fn is_of_one_row(program: &Program, place: &Place, function: GlobalDef, read: &Read, source: NodeId) -> bool {
    let facts = place.facts;
    let [relation] = &read.path[..] else { return false };
    if read.relation.read != RelationRead::Attribute || framework(program, read.relation).is_none_or(|known| !known.keeps_rows) {
        return false;
    }
    let key = format!("{relation}_id");
    let is_one = |value: NodeId| !matches!(facts.arena.kind(value), NodeKind::Collection { .. });
    let pins = |link: NodeId| {
        arguments(facts, link).any(|given| match facts.arena.kind(given) {
            NodeKind::Argument { name, value } => called_name(facts, link) == Some("filter_by") && facts.text(name) == key && is_one(value),
            NodeKind::Binary { op: BinaryOp::Equal, left, right } => {
                matches!(called_name(facts, link), Some("filter" | "where"))
                    && matches!(facts.arena.kind(left), NodeKind::Member { name, .. } if facts.text(name) == key)
                    && is_one(right)
            }
            _ => false,
        })
    };
    let mut queries = vec![source];
    let mut at = 0;
    // `rows = query.all()` of `query = Order.query.filter_by(…)`, narrowed on the way.
    while let Some(&query) = queries.get(at).filter(|_| at < 8) {
        if let NodeKind::Name(name) = facts.arena.kind(chain_root(facts, query)) {
            let values = assigned(facts, function.def, name);
            queries.extend(values.into_iter().filter(|value| !queries.contains(value)).collect::<Vec<_>>());
        }
        at += 1;
    }
    // All that the variable is given begins with the query that is pinned, or with itself.
    queries.iter().any(|&query| chain(facts, query).any(pins)) && queries.iter().all(|&query| {
        chain(facts, query).any(pins)
            || matches!(facts.arena.kind(chain_root(facts, query)), NodeKind::Name(name) if !assigned(facts, function.def, name).is_empty())
    })
}

fn framework<'a>(program: &'a Program, relation: &Relation) -> Option<&'a Framework> {
    program.knowledge.frameworks.get(relation.framework as usize)
}

/// The model the rows are instances of.
fn class_of_rows(context: &Context, relations: &Relations, place: &Place, source: NodeId, row: Row, body: NodeId) -> Option<GlobalDef> {
    let program = context.program;
    let Row::Name(name) = row else { return None };
    if let Some((owner, relation)) = related_rows(program, place.file, source) {
        return relations.get(program, owner, &relation).and_then(|relation| relation.target);
    }
    let mut class = None;
    walk_deep(place.facts, body, |node| {
        if class.is_none()
            && place.facts.arena.kind(node) == NodeKind::Name(name)
            && let Value::Instance { class: found, .. } = program.value(place.file, node)
        {
            class = Some(found);
        }
        class.is_none()
    });
    class.or_else(|| origins(context, place.file, source).into_iter().find_map(|origin| origin.class))
}

/// Constants, chunks and loops that end with the read.
fn is_bounded(place: &Place, source: NodeId, body: NodeId) -> bool {
    let loops: Vec<Repetition> = around(place, body, false);
    let own = loops.into_iter().find(|repetition| repetition.source == Some(source));
    own.is_some_and(|repetition| {
        matches!(bound(place, &repetition, body), Some(Bound::Constant | Bound::Few | Bound::Schema | Bound::Once))
    })
}

struct Reader<'a> {
    context: &'a Context<'a>,
    relations: &'a Relations,
    seen: FxHashSet<(GlobalDef, GlobalDef)>,
}

impl<'a> Reader<'a> {
    /// Reads of the row's relations below `body`, and in the functions it calls with the row.
    #[expect(clippy::too_many_arguments, reason = "one step of a recursion")]
    fn read(
        &mut self,
        function: GlobalDef,
        row: Row,
        class: GlobalDef,
        body: NodeId,
        path: &[String],
        site: Option<Span>,
        depth: u8,
        switches: &[Switch],
        found: &mut Vec<Read<'a>>,
    ) {
        let program = self.context.program;
        let facts = program.file(function.file);
        let is_row = |node: NodeId| match (row, facts.arena.kind(node)) {
            (Row::Name(name), NodeKind::Name(other)) => name == other,
            (Row::Receiver, NodeKind::Receiver) => true,
            _ => false,
        };
        let nesting = program.nesting(function.file);
        let mut nodes = Vec::new();
        walk_deep(facts, body, |node| {
            nodes.push(node);
            true
        });
        for node in nodes {
            let is_asked = matches!(facts.arena.kind(node), NodeKind::Member { .. } | NodeKind::Call { .. });
            if !is_asked || row == Row::Receiver && is_for_new_rows(facts, nesting, node) || is_left_out(facts, nesting, node, switches) {
                continue;
            }
            match facts.arena.kind(node) {
                NodeKind::Member { object, name, .. } if is_row(object) => {
                    let at = site.unwrap_or_else(|| facts.arena.span(node));
                    self.member(function, facts, nesting, node, class, facts.text(name), path, at, depth, found);
                }
                NodeKind::Call { .. } if depth < MAX_DEPTH => {
                    let given = arguments(facts, node).position(|argument| match facts.arena.kind(argument) {
                        NodeKind::Argument { value, .. } => is_row(value),
                        _ => is_row(argument),
                    });
                    let Some(position) = given else { continue };
                    let at = site.unwrap_or_else(|| super::spelling::call_span(facts, node));
                    if let Some(schema) = schema_made(program, function.file, node).filter(|_| position == 0) {
                        self.schema(schema, function, class, path, at, depth, found);
                    }
                    let owner = GlobalDef { file: function.file, def: nesting.owner(node) };
                    for edge in program.calls_at(owner, node) {
                        if edge.kind == CallKind::Call && edge.resolution == Resolution::Exact {
                            let call = (function.file, node);
                            self.callee(edge.callee, call, position, class, path, at, depth + 1, found);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// The relations that a schema reads when it is made of a row, one for each field that is a schema itself.
    #[expect(clippy::too_many_arguments, reason = "one step of a recursion")]
    fn schema(
        &mut self,
        schema: GlobalDef,
        function: GlobalDef,
        class: GlobalDef,
        path: &[String],
        site: Span,
        depth: u8,
        found: &mut Vec<Read<'a>>,
    ) {
        let program = self.context.program;
        if depth >= MAX_DEPTH {
            return;
        }
        for (name, annotation) in response_fields::fields(program, schema) {
            let relation = self.relations.get(program, class, name).filter(|relation| relation.read == RelationRead::Attribute);
            let (Some(relation), Some(inner)) = (relation, response_fields::schema_in(program, schema.file, annotation)) else { continue };
            let mut path = path.to_vec();
            path.push(name.to_string());
            found.push(Read { relation, path: path.clone(), function, span: site, site, runs: false, by_schema: true });
            if let Some(target) = relation.target {
                self.schema(inner, function, target, &path, site, depth + 1, found);
            }
        }
        for &base in &program.def(schema).bases {
            if let Value::Def(parent) = program.value(schema.file, base)
                && parent != schema
                && program.is(parent, Role::Schema)
            {
                self.schema(parent, function, class, path, site, depth + 1, found);
            }
        }
    }

    /// `row.name…`: a relation, or a method or property of the model.
    #[expect(clippy::too_many_arguments, reason = "one step of a recursion")]
    fn member(
        &mut self,
        function: GlobalDef,
        facts: &FileFacts,
        nesting: &Nesting,
        node: NodeId,
        class: GlobalDef,
        name: &str,
        path: &[String],
        site: Span,
        depth: u8,
        found: &mut Vec<Read<'a>>,
    ) {
        let program = self.context.program;
        let relations = self.relations;
        if let Some(relation) = relations.get(program, class, name) {
            let mut path = path.to_vec();
            path.push(name.to_string());
            if let Some(runs) = is_read(program, function.file, facts, nesting, node, relation.read) {
                found.push(Read { relation, path: path.clone(), function, span: facts.arena.span(node), site, runs, by_schema: false });
            }
            // What is reached through it: `order.customer.address`.
            let outer = nesting
                .parent(node)
                .filter(|&parent| matches!(facts.arena.kind(parent), NodeKind::Member { object, .. } if object == node));
            if let (Some(outer), Some(target), true) = (outer, relation.target, depth < MAX_DEPTH)
                && relation.read == RelationRead::Attribute
                && let NodeKind::Member { name, .. } = facts.arena.kind(outer)
            {
                let text = facts.text(name).to_string();
                self.member(function, facts, nesting, outer, target, &text, &path, site, depth + 1, found);
            }
            return;
        }
        let method = method_of(program, class, name);
        if let Some(method) = method.filter(|_| depth < MAX_DEPTH) {
            self.callee_receiver(method, class, path, site, depth + 1, found);
        }
    }

    fn callee_receiver(&mut self, method: GlobalDef, class: GlobalDef, path: &[String], site: Span, depth: u8, found: &mut Vec<Read<'a>>) {
        let Some(body) = self.context.program.def(method).body else { return };
        if self.seen.insert((method, class)) {
            self.read(method, Row::Receiver, class, body, path, Some(site), depth, &[], found);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one step of a recursion")]
    fn callee(
        &mut self,
        callee: GlobalDef,
        call: (FileId, NodeId),
        position: usize,
        class: GlobalDef,
        path: &[String],
        site: Span,
        depth: u8,
        found: &mut Vec<Read<'a>>,
    ) {
        let program = self.context.program;
        let def = program.def(callee);
        // `Book.json(row)` gives the receiver by hand; `service.f(row)` does not.
        let has_receiver = def.params.first().is_some_and(|param| param.kind == ParamKind::Receiver);
        let parent = GlobalDef { file: callee.file, def: def.parent };
        if has_receiver && position == 0 && parent == class && !def.flags.has(DefFlags::CLASS_METHOD) {
            self.callee_receiver(callee, class, path, site, depth, found);
            return;
        }
        let (Some(param), Some(body)) = (def.params.get(position + usize::from(has_receiver)), def.body) else { return };
        if let Some(name) = param.name
            && self.seen.insert((callee, class))
        {
            let switches = switches(program.file(callee.file), def, program.file(call.0), call.1);
            self.read(callee, Row::Name(name), class, body, path, Some(site), depth, &switches, found);
        }
    }
}

/// The schema that a call makes of a row's attributes: `OrderOut.model_validate(row)`, `OrderOut.from_orm(row)`.
fn schema_made(program: &Program, file: FileId, call: NodeId) -> Option<GlobalDef> {
    let facts = program.file(file);
    let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return None };
    let NodeKind::Member { object, name, .. } = facts.arena.kind(callee) else { return None };
    match program.value(file, object) {
        Value::Def(class) if matches!(facts.text(name), "from_orm" | "model_validate") && program.is(class, Role::Schema) => Some(class),
        _ => None,
    }
}

/// Whether using the member loads the relation: `Some(true)` when a known query runs there, which another rule judges.
fn is_read(program: &Program, file: FileId, facts: &FileFacts, nesting: &Nesting, node: NodeId, read: RelationRead) -> Option<bool> {
    let parent = nesting.parent(node)?;
    let is_target = match facts.arena.kind(parent) {
        NodeKind::Assign { target, .. } | NodeKind::Declare { target, .. } => target == node,
        NodeKind::Unary { op: crate::model::body::UnaryOp::Delete, .. } => true,
        _ => false,
    };
    if is_target {
        return None;
    }
    match read {
        RelationRead::Attribute => Some(false),
        RelationRead::Await => matches!(facts.arena.kind(parent), NodeKind::Await(_)).then_some(false),
        // `await user.roles`: an asynchronous manager is a query by itself.
        RelationRead::Manager if matches!(facts.arena.kind(parent), NodeKind::Await(_)) => Some(false),
        RelationRead::Manager => {
            let NodeKind::Member { object, name, .. } = facts.arena.kind(parent) else { return None };
            let call = nesting.parent(parent)?;
            let called = object == node && matches!(facts.arena.kind(call), NodeKind::Call { callee, .. } if callee == parent);
            let known =
                program.called_api(file, call).is_some_and(|api| program.facts_of(api).any(|(fact, _)| matches!(fact, ApiFact::Query(_))));
            let reads = api_names().orm.reads.has(facts.text(name));
            (called && reads).then_some(known)
        }
    }
}

/// Reads of a method that the framework runs for each row. What a field of the same serializer has loaded by then (`by_field`) costs nothing more.
fn in_method(
    context: &Context,
    relations: &Relations,
    method: GlobalDef,
    per_item: &PerItem,
    by_field: &FxHashSet<(GlobalDef, Vec<String>)>,
) -> Vec<Finding> {
    let program = context.program;
    let row = match per_item.items.first() {
        Some(&item) => Some(Row::Name(item)),
        None => per_item.receiver.then_some(Row::Receiver),
    };
    let (Some(class), Some(body), Some(row)) = (per_item.model, program.def(method).body, row) else { return Vec::new() };
    let mut reads = Vec::new();
    Reader { context, relations, seen: FxHashSet::default() }.read(method, row, class, body, &[], None, 0, &[], &mut reads);
    let (eager, unknown) = match per_item.source {
        Some(source) if program.def(source).kind == DefKind::Class => loaded_in_class(program, source, 0),
        Some(source) => program.def(source).body.map(|body| loaded_in(program, source.file, body)).unwrap_or_default(),
        None => return Vec::new(),
    };
    if unknown || prefers_annotation(program.file(method.file), body, &per_item.items) {
        return Vec::new();
    }
    let mut told: FxHashSet<String> = FxHashSet::default();
    let class = GlobalDef { file: method.file, def: program.def(method).parent };
    let missing = |read: &&Read| {
        let in_field = read.relation.read != RelationRead::Manager && by_field.contains(&(class, read.path.clone()));
        !read.runs && !in_field && !read.path.iter().all(|name| eager.contains(name))
    };
    let of = format!("object that `{}` answers with", per_item.of);
    let mut findings = Vec::new();
    for read in reads.iter().filter(missing) {
        if told.insert(read.path.join(".")) {
            findings.push(finding(program, method, read, &of, vec![per_item.evidence.clone()]));
        }
    }
    findings
}

/// A field of a serializer that reads a relation for each of many objects.
/// Notes at the queries whose rows are serialized: what has to load the relations stands there, the fields that read them elsewhere.
fn at_queries(program: &Program, fields: &[FieldRead]) -> Vec<Finding> {
    let mut seen: Vec<(&Location, GlobalDef)> = Vec::new();
    let mut findings = Vec::new();
    for first in fields {
        let Some((source, location)) = &first.rows else { continue };
        if seen.contains(&(location, first.outer)) {
            continue;
        }
        seen.push((location, first.outer));
        let (mut named, mut forms): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        let same = |field: &&FieldRead| field.outer == first.outer && field.rows.as_ref().is_some_and(|(_, other)| other == location);
        for field in fields.iter().filter(same) {
            let name = format!("`{}.{}`", program.name(field.relation.owner), field.relation.name);
            if !named.contains(&name) {
                named.push(name);
                forms.push(help(program, field.relation, &field.path, !field.to_many));
            }
        }
        let more = if named.len() > 3 { format!(" and {} more", named.len() - 3) } else { String::new() };
        let what = format!("{}{more}", named.iter().take(3).cloned().collect::<Vec<_>>().join(", "));
        let serializer = program.name(first.outer);
        let read = Label { location: program.location(first.class.file, first.span), text: "read here for each object".to_string() };
        findings.push(Finding {
            rule: RULE.into(),
            level: Level::Note,
            message: format!("`{serializer}` reads {what} of each object, and the rows are loaded without"),
            primary: Label { location: location.clone(), text: "the rows that are serialized".to_string() },
            related: vec![read.clone()],
            flow: vec![read],
            help: Some(forms.into_iter().take(3).collect::<Vec<_>>().join("; ")),
            subject: format!("{} {serializer}", program.qualified_name(*source)),
            fingerprint: String::new(),
            confidence: Confidence::High,
            redact: Vec::new(),
        });
    }
    findings
}

fn field_finding(program: &Program, field: &FieldRead) -> Finding {
    let site = Read {
        relation: field.relation,
        path: field.path.clone(),
        function: field.class,
        span: field.span,
        site: field.span,
        runs: false,
        by_schema: false,
    };
    let of = format!("object that `{}` answers with", program.name(field.outer));
    let mut found = finding(program, field.class, &site, &of, field.evidence.clone());
    if field.to_many {
        found.help = Some(help(program, field.relation, &field.path, false));
    }
    found.primary.text = "this field reads it for each object".to_string();
    if let Some((handler, query)) = &field.asked {
        let reads = std::mem::replace(&mut found.primary, Label { location: query.clone(), text: "loads the rows without it".to_string() });
        found.related.retain(|label| label.location != found.primary.location);
        found.related.insert(0, reads);
        found.flow = found.related.iter().take(2).cloned().collect();
        found.subject = format!("{} {}", program.qualified_name(*handler), found.subject);
    }
    found
}

fn finding(program: &Program, function: GlobalDef, read: &Read, item: &str, mut related: Vec<Label>) -> Finding {
    let relation = read.relation;
    let named = format!("{}.{}", program.name(relation.owner), relation.name);
    let declared = Label { location: program.name_location(relation.field), text: format!("`{named}` is loaded when it is read") };
    let deep = read.function != function;
    if deep {
        let location = program.location(read.function.file, read.span);
        related.push(Label { location, text: format!("`{}` reads it", program.short_name(read.function)) });
    }
    related.push(declared);
    let through = if deep { format!(", in `{}`", program.short_name(read.function)) } else { String::new() };
    let flow = related.iter().take(2).cloned().collect();
    Finding {
        rule: RULE.into(),
        level: Level::Warning,
        message: format!("`{named}` is loaded by one query for each {item}{through}"),
        primary: Label { location: program.location(function.file, read.site), text: "one query per row".to_string() },
        related,
        flow,
        help: Some(help(program, relation, &read.path, relation.read != RelationRead::Manager)),
        subject: format!("{} {}", program.qualified_name(function), read.path.join(".")),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}

/// How the query loads it along, in the ORM at hand; `one`: a single object for each row.
fn help(program: &Program, relation: &Relation, path: &[String], one: bool) -> String {
    let framework = framework(program, relation);
    let for_one = framework.and_then(|framework| framework.load_one_with_query.as_ref()).filter(|_| one);
    let Some(form) = for_one.or_else(|| framework.and_then(|framework| framework.load_with_query.as_ref())) else {
        return format!("load `{}` with the query", relation.name);
    };
    form.replace("{path}", &path.join("__")).replace("{relation}", &relation.name).replace("{model}", program.name(relation.owner))
}
