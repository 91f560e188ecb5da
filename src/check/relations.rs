//! The relations of the project's models, from what declares them: their name, what they lead to, and how they are read.

use rustc_hash::FxHashMap;

use super::Context;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefKind, Definition, FileFacts};
use crate::model::knowledge::{ApiFact, ArgumentRef, RelationFact, RelationRead};
use crate::model::nesting::{arguments, last_name, named_argument};
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::FileId;

/// One relation of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Relation {
    /// The class that has it.
    pub(super) owner: GlobalDef,
    pub(super) name: String,
    /// The field that declares it (of the other class, when it is the reverse side).
    pub(super) field: GlobalDef,
    /// The model it leads to, if it is one of the project.
    pub(super) target: Option<GlobalDef>,
    pub(super) read: RelationRead,
    pub(super) framework: u16,
}

/// All lazily loaded relations of the program.
#[derive(Default, PartialEq, Eq)]
pub(super) struct Relations {
    of: FxHashMap<GlobalDef, Vec<Relation>>,
}

impl Relations {
    /// Reads the models' fields.
    pub(super) fn of(context: &Context) -> Relations {
        let mut relations = Relations::default();
        if !context.program.knowledge.entries.iter().any(|entry| matches!(entry.fact, ApiFact::Relation(_))) {
            return relations;
        }
        for relation in context.in_files("relations", class_names(context), declared) {
            relations.of.entry(relation.class).or_default().push(relation.relation);
        }
        relations
    }

    pub(super) fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// The relation of this name, the class's own or inherited.
    pub(super) fn get(&self, program: &Program, class: GlobalDef, name: &str) -> Option<&Relation> {
        self.find(program, class, name, 0)
    }

    fn find(&self, program: &Program, class: GlobalDef, name: &str, depth: u8) -> Option<&Relation> {
        let own = self.of.get(&class).and_then(|relations| relations.iter().find(|relation| relation.name == name));
        if own.is_some() || depth > 6 {
            return own;
        }
        program.def(class).bases.iter().find_map(|&base| match program.value(class.file, base) {
            Value::Def(parent) if parent != class => self.find(program, parent, name, depth + 1),
            _ => None,
        })
    }
}

/// A relation, and the class whose rows it is read from.
#[derive(Clone)]
struct Declared {
    class: GlobalDef,
    relation: Relation,
}

/// Name → the only class of that name.
type Classes = FxHashMap<String, Option<GlobalDef>>;

/// The relations that fields of a file's classes declare, on both sides.
fn declared(context: &Context, classes: &Classes, file: FileId) -> Vec<Declared> {
    let program = context.program;
    let facts = program.file(file);
    let mut found = Vec::new();
    for (def, definition) in facts.definitions() {
        let parent = GlobalDef { file, def: definition.parent };
        if definition.kind == DefKind::Field && program.def(parent).kind == DefKind::Class {
            read_field(program, facts, GlobalDef { file, def }, classes, &mut found);
        }
    }
    found
}

fn read_field(program: &Program, facts: &FileFacts, field: GlobalDef, classes: &Classes, found: &mut Vec<Declared>) {
    let def = facts.def(field.def);
    for call in def.value.into_iter().chain(def.decorators.iter().copied()) {
        let Some(api) = program.called_api(field.file, call) else { continue };
        for (fact, known) in program.facts_of(api) {
            let ApiFact::Relation(fact) = fact else { continue };
            let framework = program.knowledge.entries[known.entry as usize].framework;
            let owner = GlobalDef { file: field.file, def: def.parent };
            let target = target(program, facts, field, call, fact, classes);
            let name = facts.text(def.name).to_string();
            if let (Some(reverse), Some(target)) = (reverse_name(program, facts, owner, call, fact), target) {
                let relation = Relation { owner: target, name: reverse, field, target: Some(owner), read: fact.reverse_read, framework };
                found.push(Declared { class: target, relation });
            }
            if !is_eager(facts, call, fact) {
                found.push(Declared { class: owner, relation: Relation { owner, name, field, target, read: fact.read, framework } });
            }
            return;
        }
    }
}

/// A method or property of the class or its bases.
pub(super) fn method_of(program: &Program, class: GlobalDef, name: &str) -> Option<GlobalDef> {
    let is_it = |facts: &FileFacts, def: &Definition| {
        def.kind == DefKind::Method && facts.text(def.name) == name && !def.flags.has(DefFlags::CLASS_METHOD)
    };
    member_of(program, class, &is_it, 0)
}

/// A field of the class or its bases.
pub(super) fn field_of(program: &Program, class: GlobalDef, name: &str) -> Option<GlobalDef> {
    member_of(program, class, &|facts: &FileFacts, def: &Definition| def.kind == DefKind::Field && facts.text(def.name) == name, 0)
}

fn member_of(program: &Program, class: GlobalDef, is_it: &dyn Fn(&FileFacts, &Definition) -> bool, depth: u8) -> Option<GlobalDef> {
    let facts = program.file(class.file);
    let own = facts.definitions().find(|(_, def)| def.parent == class.def && is_it(facts, def));
    own.map(|(def, _)| GlobalDef { file: class.file, def }).or_else(|| {
        if depth > 4 {
            return None;
        }
        program.def(class).bases.iter().find_map(|&base| match program.value(class.file, base) {
            Value::Def(parent) if parent != class => member_of(program, parent, is_it, depth + 1),
            _ => None,
        })
    })
}

fn class_names(context: &Context) -> Classes {
    let named = |context: &Context, (): &(), file: FileId| -> Vec<(String, GlobalDef)> {
        let facts = context.program.file(file);
        let classes = facts.definitions().filter(|(_, definition)| definition.kind == DefKind::Class);
        classes.map(|(def, definition)| (facts.text(definition.name).to_string(), GlobalDef { file, def })).collect()
    };
    let mut classes = Classes::default();
    for (name, class) in context.in_files("relations: names of classes", (), named) {
        classes.entry(name).and_modify(|known| *known = None).or_insert(Some(class));
    }
    classes
}

/// The relation loads itself with its owner, or cannot be loaded lazily; also when what it is told is not in sight (`**options`).
fn is_eager(facts: &FileFacts, call: NodeId, fact: &RelationFact) -> bool {
    let Some(argument) = &fact.eager_argument else { return false };
    let hidden = arguments(facts, call).any(|argument| matches!(facts.arena.kind(argument), NodeKind::Spread { .. }));
    let mut given = named_argument(facts, call, argument);
    // `sa_relationship_kwargs={"lazy": "selectin"}`, `{ eager: true }`.
    facts.arena.walk(call, |node| {
        if let NodeKind::Entry { key, value } = facts.arena.kind(node)
            && facts.string(key) == Some(argument)
        {
            given = given.or(Some(value));
        }
    });
    match given.map(|node| facts.arena.kind(node)) {
        Some(NodeKind::Str(text)) => fact.eager_values.iter().any(|value| value == facts.text(text)),
        Some(NodeKind::Bool(value)) => fact.eager_values.iter().any(|known| known == if value { "true" } else { "false" }),
        Some(_) => true,
        None => hidden,
    }
}

/// The model a relation leads to: the class it is given, its name, or what the annotation says.
fn target(
    program: &Program,
    facts: &FileFacts,
    field: GlobalDef,
    call: NodeId,
    fact: &RelationFact,
    classes: &Classes,
) -> Option<GlobalDef> {
    let by_name = |text: &str| classes.get(text.rsplit('.').next().unwrap_or(text)).copied().flatten();
    let given = match &fact.target {
        Some(ArgumentRef::Position(at)) => {
            let mut plain = arguments(facts, call).filter(|&node| !matches!(facts.arena.kind(node), NodeKind::Argument { .. }));
            plain.nth(*at as usize).or_else(|| named_argument(facts, call, "to")).or_else(|| named_argument(facts, call, "argument"))
        }
        Some(ArgumentRef::Name(name)) => named_argument(facts, call, name),
        None => None,
    };
    let mut found = None;
    for root in given.into_iter().chain(facts.def(field.def).annotation) {
        let mut visit = |node: NodeId| {
            if found.is_some() {
                return;
            }
            found = match facts.arena.kind(node) {
                NodeKind::Str(text) if facts.text(text) == "self" => Some(GlobalDef { file: field.file, def: facts.def(field.def).parent }),
                NodeKind::Str(text) => by_name(facts.text(text).trim_matches(|c: char| !c.is_alphanumeric())),
                NodeKind::Name(_) | NodeKind::Member { .. } => match program.value(field.file, node) {
                    Value::Def(class) | Value::Instance { class, .. } if program.def(class).kind == DefKind::Class => Some(class),
                    _ => None,
                },
                _ => None,
            };
        };
        crate::model::nesting::walk_deep(facts, root, |node| {
            visit(node);
            true
        });
        if found.is_some() {
            return found;
        }
    }
    found
}

/// The name under which the other side is reached.
fn reverse_name(program: &Program, facts: &FileFacts, owner: GlobalDef, call: NodeId, fact: &RelationFact) -> Option<String> {
    let argument = fact.reverse.as_ref()?;
    let given = named_argument(facts, call, argument).and_then(|value| match facts.arena.kind(value) {
        NodeKind::Str(text) => Some(facts.text(text).to_string()),
        // `backref=db.backref("posts", …)`
        NodeKind::Call { .. } => arguments(facts, value).next().and_then(|first| facts.string(first)).map(str::to_string),
        _ => None,
    });
    match (given, &fact.reverse_suffix) {
        (Some(name), _) => (!name.contains(['%', '+'])).then_some(name),
        (None, Some(suffix)) => Some(format!("{}{suffix}", program.name(owner).to_lowercase())),
        (None, None) => None,
    }
}

/// The last names and strings below a node: what an eager loader names.
pub(super) fn named_relations(facts: &FileFacts, node: NodeId, found: &mut Vec<String>) {
    facts.arena.walk(node, |node| match facts.arena.kind(node) {
        NodeKind::Str(text) => found.extend(facts.text(text).split("__").flat_map(|part| part.split('.')).map(str::to_string)),
        NodeKind::Member { .. } => found.extend(last_name(facts, node).map(|name| facts.text(name).to_string())),
        _ => {}
    });
}
