//! GraphQL's field resolvers that are registered by the name of their type: in an object (`{ Book: { author(book) { … } } }`), or by
//! decorators of an object made with the name (`ObjectType("Book")`). What the schema's text calls `[Book]` has many.

use rustc_hash::FxHashMap;

use super::Context;
use super::loops::parameter_names;
use super::per_item::PerItem;
use super::scope::in_scope;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts};
use crate::model::finding::Label;
use crate::model::knowledge::{ApiFact, PerItemFact};
use crate::model::nesting::{arguments, chain_root};
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{FileId, Span};

/// How far an object is followed through variables, spreads and arrays.
const MAX_DEPTH: u8 = 6;

/// A function with the name of the type whose field it fills.
type Resolver = (GlobalDef, String);

/// All resolvers of types of which the schema has lists.
pub(super) fn graphql_resolvers(context: &Context) -> Vec<(GlobalDef, PerItem)> {
    let program = context.program;
    let named = |fact: &ApiFact| matches!(fact, ApiFact::PerItem(PerItemFact::Named | PerItemFact::Resolvers { .. }));
    if !program.knowledge.entries.iter().any(|entry| named(&entry.fact)) {
        return Vec::new();
    }
    let resolvers = context.in_files("per item: resolvers", (), |context, (): &(), file| {
        let program = context.program;
        let facts = program.file(file);
        let mut resolvers: Vec<Resolver> = Vec::new();
        if in_scope(program, GlobalDef { file, def: DefId::MODULE }) {
            in_objects(program, file, facts, &mut resolvers);
            by_decorators(program, file, facts, &mut resolvers);
        }
        resolvers
    });
    if resolvers.is_empty() {
        return Vec::new();
    }
    let lists = lists_in_schemas(program);
    let per_item = |(function, name): Resolver| {
        let evidence = lists.get(&name)?.clone();
        let items = parameter_names(program.file(function.file), program.def(function).params.first()?);
        Some((function, PerItem { items, receiver: false, of: name, model: None, source: None, evidence }))
    };
    resolvers.into_iter().filter_map(per_item).collect()
}

/// The functions of the type `Query`, which a client asks for by name.
pub(super) fn query_resolvers(context: &Context) -> Vec<GlobalDef> {
    let program = context.program;
    let named = |fact: &ApiFact| matches!(fact, ApiFact::PerItem(PerItemFact::Resolvers { .. }));
    if !program.knowledge.entries.iter().any(|entry| named(&entry.fact)) {
        return Vec::new();
    }
    context.in_files("resolvers of queries", (), |context, (): &(), file| {
        let program = context.program;
        let mut resolvers: Vec<Resolver> = Vec::new();
        if in_scope(program, GlobalDef { file, def: DefId::MODULE }) {
            in_objects(program, file, program.file(file), &mut resolvers);
        }
        resolvers.into_iter().filter(|(_, name)| name == "Query").map(|(function, _)| function).collect()
    })
}

/// `new ApolloServer({ typeDefs, resolvers })`
fn in_objects(program: &Program, file: FileId, facts: &FileFacts, found: &mut Vec<Resolver>) {
    for call in facts.arena.ids() {
        if !matches!(facts.arena.kind(call), NodeKind::Call { .. }) {
            continue;
        }
        let Some(api) = program.called_api(file, call) else { continue };
        for (fact, _) in program.facts_of(api) {
            let ApiFact::PerItem(PerItemFact::Resolvers { key: wanted }) = fact else { continue };
            for argument in arguments(facts, call) {
                for (key, value) in entries(facts, argument) {
                    if facts.string(key) == Some(wanted) {
                        of_types(program, file, value, 0, found);
                    }
                }
            }
        }
    }
}

/// The functions of an object that holds types: itself, what a variable holds, an array of them, or what is merged from several.
fn of_types(program: &Program, file: FileId, node: NodeId, depth: u8, found: &mut Vec<Resolver>) {
    let facts = program.file(file);
    if depth > MAX_DEPTH {
        return;
    }
    match facts.arena.kind(node) {
        NodeKind::Collection { items, .. } => {
            for item in facts.arena.list(items) {
                match facts.arena.kind(item) {
                    NodeKind::Entry { key, value } => {
                        let name = facts.string(key).unwrap_or_default();
                        let is_type = name.starts_with(|c: char| c.is_ascii_uppercase());
                        // What these answer is one request's, not one object's; `Query` is of no list, and asked for by its name.
                        if is_type && !matches!(name, "Mutation" | "Subscription") {
                            of_fields(program, file, value, name, depth + 1, found);
                        }
                    }
                    NodeKind::Spread { value, .. } => of_types(program, file, value, depth + 1, found),
                    _ => of_types(program, file, item, depth + 1, found),
                }
            }
        }
        // `merge(books, authors)`
        NodeKind::Call { .. } => arguments(facts, node).for_each(|argument| of_types(program, file, argument, depth + 1, found)),
        NodeKind::Cast { value, .. } | NodeKind::Argument { value, .. } => of_types(program, file, value, depth + 1, found),
        _ => {
            if let Some((file, value)) = held(program, file, node) {
                of_types(program, file, value, depth + 1, found);
            }
        }
    }
}

fn of_fields(program: &Program, file: FileId, node: NodeId, name: &str, depth: u8, found: &mut Vec<Resolver>) {
    let facts = program.file(file);
    if depth > MAX_DEPTH {
        return;
    }
    if !matches!(facts.arena.kind(node), NodeKind::Collection { .. }) {
        if let Some((file, value)) = held(program, file, node) {
            of_fields(program, file, value, name, depth + 1, found);
        }
        return;
    }
    for (_, value) in entries(facts, node) {
        let function = match (facts.arena.kind(value), program.value(file, value)) {
            (NodeKind::Closure(def), _) => GlobalDef { file, def },
            (_, Value::Def(def)) if program.def(def).kind == DefKind::Function => def,
            _ => continue,
        };
        found.push((function, name.to_string()));
    }
}

/// The object a name stands for.
fn held(program: &Program, file: FileId, node: NodeId) -> Option<(FileId, NodeId)> {
    match program.value(file, node) {
        Value::Literal(file, value) => Some((file, value)),
        Value::Def(def) if program.def(def).kind == DefKind::Variable => program.def(def).value.map(|value| (def.file, value)),
        _ => None,
    }
    .filter(|&(at, value)| (at, value) != (file, node))
}

/// The entries of an object.
fn entries(facts: &FileFacts, node: NodeId) -> Vec<(NodeId, NodeId)> {
    let NodeKind::Collection { items, .. } = facts.arena.kind(node) else { return Vec::new() };
    let entry = |item| match facts.arena.kind(item) {
        NodeKind::Entry { key, value } => Some((key, value)),
        _ => None,
    };
    facts.arena.list(items).filter_map(entry).collect()
}

/// `@book.field("author")` with `book = ObjectType("Book")`
fn by_decorators(program: &Program, file: FileId, facts: &FileFacts, found: &mut Vec<Resolver>) {
    for (id, def) in facts.definitions() {
        for &decorator in &def.decorators {
            let named = program
                .called_api(file, decorator)
                .is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::PerItem(PerItemFact::Named)));
            let Some(name) = named.then(|| type_of(program, file, facts, decorator)).flatten() else { continue };
            found.push((GlobalDef { file, def: id }, name));
        }
    }
}

/// `Book` of the object behind a decorator.
fn type_of(program: &Program, file: FileId, facts: &FileFacts, decorator: NodeId) -> Option<String> {
    let root = chain_root(facts, decorator);
    let NodeKind::Name(name) = facts.arena.kind(root) else { return None };
    let def = match program.value(file, root) {
        Value::Def(def) => def,
        _ => {
            let own = facts.definitions().find(|(_, def)| def.kind == DefKind::Variable && def.name == name);
            GlobalDef { file, def: own?.0 }
        }
    };
    let value = program.def(def).value?;
    let facts = program.file(def.file);
    arguments(facts, value).find_map(|argument| facts.string(argument).map(str::to_string))
}

/// Type → where a schema's text has a list of it: `books: [Book!]!`.
fn lists_in_schemas(program: &Program) -> FxHashMap<String, Label> {
    let mut lists = FxHashMap::default();
    for (at, facts) in program.facts.iter().enumerate() {
        let file = FileId(at as u32);
        for node in facts.arena.ids() {
            let NodeKind::Str(text) = facts.arena.kind(node) else { continue };
            let text = facts.text(text);
            if !(text.contains('[') && (text.contains("type ") || text.contains("extend "))) {
                continue;
            }
            for name in list_types(text) {
                let label = || {
                    let span = facts.arena.span(node);
                    let head = Span { start: span.start, end: span.end.min(span.start + 1) };
                    Label { location: program.location(file, head), text: format!("the schema has a list of `{name}`") }
                };
                lists.entry(name.to_string()).or_insert_with(label);
            }
        }
    }
    lists
}

/// `Book` of `[Book!]!`.
fn list_types(schema: &str) -> impl Iterator<Item = &str> {
    schema.split('[').skip(1).filter_map(|rest| {
        let inner = rest.split(']').next()?.trim_start_matches('[').trim_end_matches('!').trim();
        let is_name = inner.starts_with(|c: char| c.is_ascii_uppercase()) && inner.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_name.then_some(inner)
    })
}

#[cfg(test)]
mod tests {
    use super::list_types;

    #[test]
    fn lists_of_a_schema() {
        let schema = "type Query { books(ids: [ID!]): [Book!]!\n authors: [ Author ] } # [a note]";
        assert_eq!(list_types(schema).collect::<Vec<_>>(), ["ID", "Book", "Author"]);
    }
}
