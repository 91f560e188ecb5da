//! Classes that stand for a model of the project: serializers, and the views that name one.

use super::body::NodeId;
use super::body::NodeKind;
use super::facts::{DefId, DefKind, FileFacts};
use super::knowledge::{ApiFact, PerItemFact};
use super::nesting::arguments;
use super::program::{Program, Value};
use super::role::GlobalDef;
use super::source::FileId;

/// The methods, the `many` argument and the view's attribute that knowledge names for the class.
pub fn members<'a>(program: &'a Program, class: GlobalDef, depth: u8) -> Option<(&'a [String], &'a str, &'a str)> {
    if depth > 8 {
        return None;
    }
    program.def(class).bases.iter().find_map(|&base| match program.value(class.file, base) {
        Value::Api { api, .. } => program.facts_of(&program.apis[api.0 as usize]).find_map(|(fact, _)| match fact {
            ApiFact::PerItem(PerItemFact::Members { members, many, attribute, .. }) => {
                Some((members.as_slice(), many.as_str(), attribute.as_str()))
            }
            _ => None,
        }),
        Value::Def(parent) if parent != class && program.def(parent).kind == DefKind::Class => members(program, parent, depth + 1),
        _ => None,
    })
}

/// The call makes a serializer of many objects.
pub fn is_many(program: &Program, facts: &FileFacts, call: NodeId, class: GlobalDef) -> bool {
    let Some((_, many, _)) = members(program, class, 0) else { return false };
    arguments(facts, call).any(|argument| {
        matches!(facts.arena.kind(argument), NodeKind::Argument { name, value } if facts.text(name) == many && facts.arena.kind(value) == NodeKind::Bool(true))
    })
}

/// `Article` of `class Meta: model = Article` in the serializer or its bases.
pub fn model_of(program: &Program, class: GlobalDef, depth: u8) -> Option<GlobalDef> {
    let facts = program.file(class.file);
    let meta = facts.definitions().find(|(_, def)| def.kind == DefKind::Class && def.parent == class.def && facts.text(def.name) == "Meta");
    let field = meta.and_then(|(meta, _)| {
        facts.definitions().find(|(_, def)| def.kind == DefKind::Field && def.parent == meta && facts.text(def.name) == "model")
    });
    match field.and_then(|(_, def)| def.value).map(|value| program.value(class.file, value)) {
        Some(Value::Def(model)) => Some(model),
        _ if depth > 4 => None,
        _ => program.def(class).bases.iter().find_map(|&base| match program.value(class.file, base) {
            Value::Def(parent) if parent != class => model_of(program, parent, depth + 1),
            _ => None,
        }),
    }
}

/// The model that a value's `save` writes, seen from a definition: of the serializer that the value is one of, of the class around the definition, or
/// of the serializer that the view around it names.
pub fn model_saved(program: &Program, file: FileId, owner: DefId, saved: NodeId) -> Option<GlobalDef> {
    let facts = program.file(file);
    if let Value::Instance { class, .. } | Value::Def(class) = program.value(file, saved)
        && program.def(class).kind == DefKind::Class
        && let Some(model) = model_of(program, class, 0)
    {
        return Some(model);
    }
    let class = std::iter::successors(Some(owner), |&at| (at != DefId::MODULE).then(|| facts.def(at).parent))
        .take(32)
        .find(|&at| facts.def(at).kind == DefKind::Class)?;
    let class = GlobalDef { file, def: class };
    model_of(program, class, 0).or_else(|| serializer_of(program, class, 0).and_then(|serializer| model_of(program, serializer, 0)))
}

/// `OrderSerializer` of `serializer_class = OrderSerializer` in a view or its bases.
fn serializer_of(program: &Program, view: GlobalDef, depth: u8) -> Option<GlobalDef> {
    let facts = program.file(view.file);
    let named = facts.definitions().filter(|(_, def)| def.kind == DefKind::Field && def.parent == view.def).find_map(|(_, def)| match def
        .value
        .map(|value| program.value(view.file, value))
    {
        Some(Value::Def(class)) => members(program, class, 0).filter(|(_, _, attribute)| *attribute == facts.text(def.name)).map(|_| class),
        _ => None,
    });
    named.or_else(|| {
        let mut bases = program.def(view).bases.iter().filter(|_| depth < 6);
        bases.find_map(|&base| match program.value(view.file, base) {
            Value::Def(parent) if parent != view => serializer_of(program, parent, depth + 1),
            _ => None,
        })
    })
}
