//! Methods that a framework runs once for each object of a list: a serializer's computed fields, GraphQL's field resolvers.
//!
//! The loop is in the framework; its evidence in the project is a place where many objects are given to the class
//! (`ArticleSerializer(articles, many=True)`, a list view with `serializer_class = ArticleSerializer`, a query that gives `[Article]`).

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Context;
use super::handlers::is_of_service;
use super::loops::parameter_names;
use super::relations::{field_of, method_of};
use super::resolvers::graphql_resolvers;
use super::rust_error_types::type_named;
use super::scope::in_scope;
use crate::model::body::{CollectionKind, LoopKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, Definition, FileFacts, Name, Param, ParamKind};
use crate::model::finding::Label;
use crate::model::knowledge::{ApiFact, PerItemFact};
use crate::model::nesting::{arguments, called_name, chain, given_value, last_name, named_argument};
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
pub(super) use crate::model::serializers::model_of;
use crate::model::serializers::{is_many, members};
use crate::model::source::FileId;
use crate::rulebook::vocabulary::api_names;

/// A method that runs once per object.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct PerItem {
    /// Names of the parameters that are the object.
    pub(super) items: Vec<Name>,
    /// The receiver is the object.
    pub(super) receiver: bool,
    /// What has many: the class of the serializer or the type of the objects.
    pub(super) of: String,
    /// The model of the objects, where the class names one (`Meta.model`).
    pub(super) model: Option<GlobalDef>,
    /// The view or function that gives many.
    pub(super) source: Option<GlobalDef>,
    /// Where many objects come from.
    pub(super) evidence: Label,
}

/// Where a class stands for many objects: the view or function, and its line.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Many {
    pub(super) source: Option<GlobalDef>,
    /// The call that is given the objects: file and node.
    pub(super) call: Option<(FileId, NodeId)>,
    /// It is a field of a serializer that is given many.
    pub(super) nested: bool,
    pub(super) label: Label,
}

/// `if hasattr(obj, "is_admin"): return obj.is_admin` comes first: lists annotate it, what follows is for an object that came by itself.
pub(super) fn prefers_annotation(facts: &FileFacts, body: NodeId, items: &[Name]) -> bool {
    let NodeKind::Block { items: statements, .. } = facts.arena.kind(body) else { return false };
    facts.arena.list(statements).any(|statement| {
        let NodeKind::If { condition, then, .. } = facts.arena.kind(statement) else { return false };
        let asks = called_name(facts, condition) == Some("hasattr")
            && arguments(facts, condition)
                .next()
                .is_some_and(|of| matches!(facts.arena.kind(of), NodeKind::Name(name) if items.contains(&name)));
        let mut leaves = false;
        facts.arena.walk(then, |node| leaves |= matches!(facts.arena.kind(node), NodeKind::Return(Some(_))));
        asks && leaves
    })
}

/// All methods of the program that run once per object.
pub(super) fn per_item(context: &Context) -> FxHashMap<GlobalDef, PerItem> {
    if !has_knowledge(context.program) {
        return FxHashMap::default();
    }
    let in_file = |context: &Context, lists: &Arc<Lists>, file: FileId| {
        let program = context.program;
        let mut found = FxHashMap::default();
        for (def, definition) in program.file(file).definitions() {
            let id = GlobalDef { file, def };
            match definition.kind {
                DefKind::Class => serializer_methods(program, id, lists, &mut found),
                DefKind::Method => found.extend(resolver(program, id, lists).map(|resolver| (id, resolver))),
                _ => {}
            }
        }
        found.into_iter().collect()
    };
    let mut found: FxHashMap<GlobalDef, PerItem> = context.in_files("per item", context.lists().clone(), in_file).into_iter().collect();
    found.extend(graphql_resolvers(context));
    found
}

fn has_knowledge(program: &Program) -> bool {
    program.knowledge.entries.iter().any(|entry| matches!(entry.fact, ApiFact::PerItem(_)))
}

/// Where classes stand for many objects.
#[derive(PartialEq, Eq)]
pub(super) struct Lists {
    /// Serializer class → where it is given many, in the order of files: each view has a query of its own.
    serializers: FxHashMap<GlobalDef, Vec<Many>>,
    /// Type → the query that gives a list of it.
    types: FxHashMap<GlobalDef, Label>,
}

impl Lists {
    /// The serializers that are given many, in order.
    pub(super) fn serializers(&self) -> Vec<(GlobalDef, &Many)> {
        let mut all: Vec<(GlobalDef, &Vec<Many>)> = self.serializers.iter().map(|(class, many)| (*class, many)).collect();
        all.sort_by_key(|(class, _)| *class);
        all.into_iter().flat_map(|(class, many)| many.iter().map(move |many| (class, many))).collect()
    }

    /// Reads the program for them.
    pub(super) fn of(context: &Context) -> Lists {
        let mut lists = Lists { serializers: FxHashMap::default(), types: FxHashMap::default() };
        if !has_knowledge(context.program) {
            return lists;
        }
        for listed in context.in_files("per item: lists", (), listed) {
            match listed {
                Listed::Serializer(class, many) => {
                    lists.serializers.entry(class).or_default().push(many);
                }
                Listed::Type(class, label) => {
                    lists.types.entry(class).or_insert(label);
                }
            }
        }
        lists.spread(context.program);
        lists
    }

    /// A serializer that is a field of one with many has many itself.
    fn spread(&mut self, program: &Program) {
        for _ in 0..4 {
            let mut more: Vec<(GlobalDef, Vec<Many>)> = Vec::new();
            let mut classes: Vec<(&GlobalDef, &Many)> =
                self.serializers.iter().filter_map(|(class, many)| Some((class, many.first()?))).collect();
            classes.sort_by_key(|(class, _)| **class);
            for (class, evidence) in classes {
                let facts = program.file(class.file);
                for (_, def) in facts.definitions().filter(|(_, def)| def.kind == DefKind::Field && def.parent == class.def) {
                    let Some(NodeKind::Call { callee, .. }) = def.value.map(|value| facts.arena.kind(value)) else { continue };
                    if let Some(inner) = class_called(program, class.file, callee)
                        && !self.serializers.contains_key(&inner)
                        && members(program, inner, 0).is_some()
                    {
                        // Its objects are reached from those of the outer one, not from the call.
                        more.push((inner, vec![Many { call: None, nested: true, ..evidence.clone() }]));
                    }
                }
            }
            if more.is_empty() {
                break;
            }
            self.serializers.extend(more);
        }
    }
}

/// A class that a file has many objects of.
#[derive(Clone)]
enum Listed {
    Serializer(GlobalDef, Many),
    Type(GlobalDef, Label),
}

fn listed(context: &Context, (): &(), file: FileId) -> Vec<Listed> {
    let program = context.program;
    let facts = program.file(file);
    let mut found = Vec::new();
    if !in_scope(program, GlobalDef { file, def: DefId::MODULE }) {
        return found;
    }
    for node in facts.arena.ids() {
        if let NodeKind::Call { callee, .. } = facts.arena.kind(node)
            && let Some(class) = class_called(program, file, callee)
            && is_many(program, facts, node, class)
        {
            let text = "many objects are serialized here".to_string();
            let label = Label { location: program.location(file, facts.arena.span(callee)), text };
            // Nested in another serializer, it has as many as that one has.
            let source = holder(facts, node).map(|def| GlobalDef { file, def });
            let nested = source.is_some_and(|source| members(program, source, 0).is_some());
            if !nested {
                found.push(Listed::Serializer(class, Many { source, call: Some((file, node)), nested: false, label }));
            }
        }
    }
    for (id, def) in facts.definitions() {
        read_view(program, file, facts, id, &mut found);
        if def.kind == DefKind::Method {
            read_query(program, file, facts, id, &mut found);
        }
        read_annotation(program, file, facts, id, &mut found);
    }
    found
}

/// `serializer_class = ArticleSerializer` in a view that lists.
fn read_view(program: &Program, file: FileId, facts: &FileFacts, field: DefId, found: &mut Vec<Listed>) {
    let def = facts.def(field);
    let (DefKind::Field, Some(value)) = (def.kind, def.value) else { return };
    let Value::Def(class) = program.value(file, value) else { return };
    let Some((_, many, attribute)) = members(program, class, 0) else { return };
    let view = GlobalDef { file, def: def.parent };
    if facts.text(def.name) == attribute && program.def(view).kind == DefKind::Class && lists_objects(program, view, many, 0) {
        let location = program.location(file, facts.arena.span(value));
        let text = "a view that lists uses it".to_string();
        found.push(Listed::Serializer(class, Many { source: Some(view), call: None, nested: false, label: Label { location, text } }));
    }
}

/// `@Query(() => [Article])`.
fn read_query(program: &Program, file: FileId, facts: &FileFacts, method: DefId, found: &mut Vec<Listed>) {
    for &decorator in &facts.def(method).decorators {
        for argument in arguments(facts, decorator) {
            let NodeKind::Closure(closure) = facts.arena.kind(argument) else { continue };
            let Some(body) = facts.def(closure).body else { continue };
            facts.arena.walk(body, |node| {
                if let NodeKind::Collection { kind: CollectionKind::List, items } = facts.arena.kind(node)
                    && let Some(Value::Def(class)) = facts.arena.list(items).next().map(|item| program.value(file, item))
                {
                    let location = program.location(file, facts.arena.span(decorator));
                    let text = format!("gives a list of `{}`", program.name(class));
                    found.push(Listed::Type(class, Label { location, text }));
                }
            });
        }
    }
}

/// `books: list[Book] = strawberry.field(…)`, `@strawberry.field def books(self) -> list[Book]`.
fn read_annotation(program: &Program, file: FileId, facts: &FileFacts, id: DefId, found: &mut Vec<Listed>) {
    let def = facts.def(id);
    let Some(annotation) = def.annotation else { return };
    let declared = match def.kind {
        DefKind::Field => def.value.is_some_and(|value| has_fact(program, file, value, &PerItemFact::Decorator)),
        DefKind::Method | DefKind::Function => {
            let id = GlobalDef { file, def: id };
            is_decorated(program, id, &PerItemFact::Decorator) || def.kind == DefKind::Method && is_of_service(program, id)
        }
        _ => false,
    };
    if !declared {
        return;
    }
    facts.arena.walk(annotation, |node| {
        let NodeKind::Apply { base, args } = facts.arena.kind(node) else { return };
        let list = last_name(facts, base).is_some_and(|name| matches!(facts.text(name), "list" | "List" | "Sequence" | "Iterable" | "Vec"));
        let Some(item) = facts.arena.list(args).next().filter(|_| list) else { return };
        let class = match program.value(file, item) {
            Value::Instance { class, .. } | Value::Def(class) => Some(class),
            _ => class_named(facts, item).map(|def| GlobalDef { file, def }).or_else(|| type_named(program, file, item)),
        };
        if let Some(class) = class {
            let label = Label {
                location: program.location(file, facts.arena.span(annotation)),
                text: format!("gives a list of `{}`", program.name(class)),
            };
            found.push(Listed::Type(class, label));
        }
    });
}

/// A class of the same file that a type names.
fn class_named(facts: &FileFacts, node: NodeId) -> Option<DefId> {
    let NodeKind::Name(name) = facts.arena.kind(node) else { return None };
    facts.definitions().find(|(_, def)| def.kind == DefKind::Class && def.name == name).map(|(id, _)| id)
}

/// A class whose members knowledge names: a serializer.
pub(super) fn is_serializer(program: &Program, class: GlobalDef) -> bool {
    members(program, class, 0).is_some()
}

/// The class of the project that a callee stands for; also `self.serializer_class`.
pub(super) fn class_called(program: &Program, file: FileId, callee: NodeId) -> Option<GlobalDef> {
    let Value::Def(mut def) = program.value(file, callee) else { return None };
    if program.def(def).kind == DefKind::Field {
        let Value::Def(class) = program.def(def).value.map(|value| program.value(def.file, value))? else { return None };
        def = class;
    }
    (program.def(def).kind == DefKind::Class).then_some(def)
}

/// A view class that answers with lists: by a `list` method or by a base whose name says so, its own or by the framework's file.
fn lists_objects(program: &Program, view: GlobalDef, many: &str, depth: u8) -> bool {
    let facts = program.file(view.file);
    let is_list = |def: &Definition| def.parent == view.def && def.kind == DefKind::Method && facts.text(def.name) == "list";
    if let Some((_, own)) = facts.definitions().find(|(_, def)| is_list(def)) {
        return own.body.is_some_and(|body| answers_with_many(facts, body, many));
    }
    depth < 6
        && program.def(view).bases.iter().any(|&base| {
            let named = last_name(facts, base).is_some_and(|name| {
                let name = facts.text(name);
                let mut listing = program.knowledge.frameworks.iter().filter_map(|framework| framework.listing_views.as_ref());
                name.contains("List") || listing.any(|views| views.bases.iter().any(|own| own == name))
            });
            let of_project = || match program.value(view.file, base) {
                Value::Def(parent) => parent != view && lists_objects(program, parent, many, depth + 1),
                _ => false,
            };
            named || of_project()
        })
}

/// A `list` of the view's own that serializes many objects, or leaves that to the library's; one that looks up a single object does not, and one that
/// makes the objects itself does not answer with the view's rows.
fn answers_with_many(facts: &FileFacts, body: NodeId, many: &str) -> bool {
    let mut found = false;
    facts.arena.walk(body, |node| {
        let NodeKind::Call { .. } = facts.arena.kind(node) else { return };
        let is_of_many = named_argument(facts, node, many).is_some_and(|value| facts.arena.kind(value) == NodeKind::Bool(true));
        let given = || arguments(facts, node).next().filter(|&given| !matches!(facts.arena.kind(given), NodeKind::Argument { .. }));
        found |= called_name(facts, node) == Some("super") || is_of_many && !given().is_some_and(|given| are_made_here(facts, body, given));
    });
    found
}

/// `[self.entry_of(paper) for paper in page]`, directly or by a local that nothing else is given to.
fn are_made_here(facts: &FileFacts, body: NodeId, objects: NodeId) -> bool {
    match facts.arena.kind(objects) {
        NodeKind::Loop { kind: LoopKind::Comprehension, body: item, .. } => {
            let mut item = item;
            while let NodeKind::Block { items, .. } = facts.arena.kind(item) {
                let Some(last) = facts.arena.list(items).last() else { return false };
                item = last;
            }
            matches!(facts.arena.kind(item), NodeKind::Call { .. })
        }
        NodeKind::Name(name) => {
            let mut values = Vec::new();
            facts.arena.walk(body, |node| values.extend(given_value(facts, node, name)));
            matches!(values[..], [value] if !matches!(facts.arena.kind(value), NodeKind::Name(_)) && are_made_here(facts, body, value))
        }
        _ => false,
    }
}

fn serializer_methods(program: &Program, class: GlobalDef, lists: &Lists, found: &mut FxHashMap<GlobalDef, PerItem>) {
    let Some(evidence) = lists.serializers.get(&class) else { return };
    let Some((members, _, _)) = members(program, class, 0) else { return };
    let facts = program.file(class.file);
    // What is run for one field is run where that field is asked for.
    let asked = |field: Option<&str>| evidence.iter().find(|many| field.is_none_or(|field| asks_for(program, many, field)));
    let mut names: Vec<(String, Option<&str>)> = members.iter().map(|name| (name.to_string(), None)).collect();
    for (_, def) in facts.definitions().filter(|(_, def)| def.kind == DefKind::Field && def.parent == class.def) {
        let field = facts.text(def.name);
        let method = def.value.and_then(|value| method_of_field(program, class.file, facts, value, field));
        names.extend(method.map(|method| (method, Some(field))));
    }
    for (def, definition) in facts.definitions() {
        let wanted = names.iter().filter(|(name, _)| definition.parent == class.def && name == facts.text(definition.name));
        let Some(evidence) = wanted.filter(|_| definition.body.is_some()).find_map(|(_, field)| asked(*field)) else { continue };
        let items = definition.params.iter().filter(|param| param.kind == ParamKind::Normal).take(1);
        let items = items.flat_map(|param| parameter_names(facts, param)).collect();
        let model = model_of(program, class, 0);
        let Many { source, label, .. } = evidence.clone();
        found.insert(
            GlobalDef { file: class.file, def },
            PerItem { items, receiver: false, of: program.name(class).to_string(), model, source, evidence: label },
        );
    }
    let Some(model) = model_of(program, class, 0) else { return };
    for name in field_names(program, class) {
        let getter = method_of(program, model, name).filter(|&getter| program.def(getter).flags.has(DefFlags::GETTER));
        let declared = field_of(program, class, name).is_some();
        if let Some(getter) = getter.filter(|_| !declared) {
            let Some(evidence) = asked(Some(name)) else { continue };
            let Many { source, label, .. } = evidence.clone();
            let of = program.name(class).to_string();
            found.entry(getter).or_insert(PerItem { items: Vec::new(), receiver: true, of, model: Some(model), source, evidence: label });
        }
    }
}

/// Where the call that gives a serializer many objects says which fields it answers with, the field is one of them:
/// `NoteSerializer(notes, many=True, fields=("id", "title"))`.
pub(super) fn asks_for(program: &Program, many: &Many, field: &str) -> bool {
    let Some((file, call)) = many.call else { return true };
    let facts = program.file(file);
    let names = |value: NodeId| -> Option<Vec<&str>> {
        let NodeKind::Collection { items, .. } = facts.arena.kind(value) else { return None };
        facts.arena.list(items).map(|item| facts.string(item)?.split('.').next()).collect()
    };
    arguments(facts, call).all(|argument| {
        let NodeKind::Argument { name, value } = facts.arena.kind(argument) else { return true };
        let given = facts.text(name).trim_start_matches('_');
        let (is_list, is_gap) = (api_names().marshalling.fields.has(given), api_names().marshalling.left_out.has(given));
        let named =
            names(value).filter(|names| (is_list || is_gap) && !names.is_empty() && !names.iter().any(|name| name.starts_with(['*', '_'])));
        named.is_none_or(|names| names.contains(&field) != is_gap)
    })
}

/// The names in `class Meta: fields = [...]` of a serializer: columns, relations and properties of its model.
fn field_names<'p>(program: &'p Program, class: GlobalDef) -> Vec<&'p str> {
    let facts = program.file(class.file);
    let meta = facts.definitions().find(|(_, def)| def.kind == DefKind::Class && def.parent == class.def && facts.text(def.name) == "Meta");
    let fields = meta.and_then(|(meta, _)| {
        facts.definitions().find(|(_, def)| def.kind == DefKind::Field && def.parent == meta && facts.text(def.name) == "fields")
    });
    let mut names = Vec::new();
    if let Some(value) = fields.and_then(|(_, def)| def.value) {
        facts.arena.walk(value, |node| names.extend(facts.string(node)));
    }
    names
}

/// The class around a node, else the function.
fn holder(facts: &FileFacts, node: NodeId) -> Option<DefId> {
    let span = facts.arena.span(node);
    let around = |kinds: &[DefKind]| {
        facts.definitions().filter(|(_, def)| kinds.contains(&def.kind) && def.span.contains(span)).map(|(id, _)| id).last()
    };
    around(&[DefKind::Class]).or_else(|| around(&[DefKind::Function, DefKind::Method]))
}

/// `get_total` of `total = SerializerMethodField()`.
fn method_of_field(program: &Program, file: FileId, facts: &FileFacts, value: NodeId, field: &str) -> Option<String> {
    let api = program.called_api(file, value)?;
    program.facts_of(api).find_map(|(fact, _)| {
        let ApiFact::PerItem(PerItemFact::Field { prefix, name }) = fact else { return None };
        let wanted = name;
        let given = arguments(facts, value).find_map(|argument| match facts.arena.kind(argument) {
            NodeKind::Argument { name, value } if facts.text(name) == wanted => facts.string(value),
            _ => facts.string(argument),
        });
        Some(given.map_or_else(|| format!("{prefix}{field}"), str::to_string))
    })
}

/// A decorated method that fills a field of a type of which some query gives a list.
fn resolver(program: &Program, method: GlobalDef, lists: &Lists) -> Option<PerItem> {
    let facts = program.file(method.file);
    let def = program.def(method);
    // Rust: the attribute stands on the `impl` block of the objects' type.
    let block = GlobalDef { file: method.file, def: def.parent };
    let of_block = is_of_service(program, method);
    if !of_block && !is_decorated(program, method, &PerItemFact::Decorator) {
        return None;
    }
    let parent = def.params.first()?;
    if of_block {
        let class = type_named(program, block.file, *program.def(block).bases.first()?)?;
        let evidence = lists.types.get(&class)?.clone();
        let of = program.name(class).to_string();
        return Some(PerItem { items: Vec::new(), receiver: true, of, model: None, source: None, evidence });
    }
    let receiver = parent.kind == ParamKind::Receiver;
    let class = if receiver {
        GlobalDef { file: method.file, def: def.parent }
    } else {
        match program.value(method.file, parent.annotation?) {
            Value::Instance { class, .. } | Value::Def(class) if lists.types.contains_key(&class) => class,
            _ => resolved_type(program, GlobalDef { file: method.file, def: def.parent }, lists)?,
        }
    };
    let evidence = lists.types.get(&class)?.clone();
    // Where several parameters are given by the framework, the object is the one of its type.
    let is_object = |param: &&Param| {
        param.annotation.is_some_and(|annotation| {
            matches!(program.value(method.file, annotation), Value::Instance { class: own, .. } | Value::Def(own) if own == class)
        })
    };
    let parent = def.params.iter().find(is_object).unwrap_or(parent);
    let items = if receiver { Vec::new() } else { parameter_names(facts, parent) };
    Some(PerItem { items, receiver, of: program.name(class).to_string(), model: None, source: None, evidence })
}

/// The type a class of resolvers is for, where a list of it is given: `@Resolver(() => Article)`; its objects may be rows of another class.
fn resolved_type(program: &Program, class: GlobalDef, lists: &Lists) -> Option<GlobalDef> {
    let facts = program.file(class.file);
    let decorators = program.def(class).decorators.iter();
    decorators.flat_map(|&decorator| arguments(facts, decorator)).find_map(|argument| {
        let NodeKind::Closure(closure) = facts.arena.kind(argument) else { return None };
        let mut found = None;
        facts.arena.walk(facts.def(closure).body?, |node| {
            if let NodeKind::Name(_) = facts.arena.kind(node)
                && let Value::Def(named) = program.value(class.file, node)
            {
                found = found.or(Some(named));
            }
        });
        found.filter(|named| lists.types.contains_key(named))
    })
}

/// One of the definition's decorators, or a link of it, has the fact.
fn is_decorated(program: &Program, def: GlobalDef, wanted: &PerItemFact) -> bool {
    let facts = program.file(def.file);
    program.def(def).decorators.iter().flat_map(|&decorator| chain(facts, decorator)).any(|link| has_fact(program, def.file, link, wanted))
}

/// The node is, or is a call of, an API with the fact.
fn has_fact(program: &Program, file: FileId, node: NodeId, wanted: &PerItemFact) -> bool {
    let api = program.called_api(file, node).or_else(|| program.api(file, node));
    api.is_some_and(|api| program.facts_of(api).any(|(fact, _)| matches!(fact, ApiFact::PerItem(fact) if fact == wanted)))
}
