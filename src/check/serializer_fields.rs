//! Relations that a serializer reads by declaration, for each of many objects: nested serializers, fields with a `source`, fields that
//! print the related object. No code of the project reads them, so the fields themselves are the evidence.
//!
//! A field that gives only the key of a to-one relation costs nothing (the row has it) and is left out.

use rustc_hash::FxHashSet;

use super::Context;
use super::loading::{loaded_in_class, origins};
use super::per_item::{Lists, Many, asks_for, class_called, is_serializer, model_of};
use super::relations::{Relation, Relations, field_of, method_of};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::DefKind;
use crate::model::finding::{Label, Location};
use crate::model::knowledge::{ApiFact, PerItemFact, RelationRead};
use crate::model::nesting::{argument_value, arguments, called_name, named_argument};
use crate::model::program::{Api, Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{FileId, Span};

/// How deep serializers are followed into each other.
const MAX_DEPTH: usize = 3;

/// A relation that a field of a serializer reads for each object.
pub(super) struct FieldRead<'a> {
    pub(super) relation: &'a Relation,
    /// Names from the model of the outer serializer to the relation.
    pub(super) path: Vec<String>,
    /// Some relation on the path has many objects.
    pub(super) to_many: bool,
    /// The serializer that declares the field, and where.
    pub(super) class: GlobalDef,
    pub(super) span: Span,
    /// The serializer that is given many.
    pub(super) outer: GlobalDef,
    /// Where it is, and the query that gives the objects.
    pub(super) evidence: Vec<Label>,
    /// The handler that answers with rows as they are, and its query: what has to load the relation stands there.
    pub(super) asked: Option<(GlobalDef, Location)>,
    /// The query whose rows the serializer is given, and the function or view around it.
    pub(super) rows: Option<(GlobalDef, Location)>,
}

/// All of them that the query behind the objects does not load.
pub(super) fn reads<'a>(context: &Context, relations: &'a Relations, lists: &'a Lists) -> Vec<FieldRead<'a>> {
    let program = context.program;
    let mut found = Vec::new();
    for (class, many) in lists.serializers().into_iter().filter(|(_, many)| !many.nested) {
        let Some(model) = model_of(program, class, 0) else { continue };
        let Some((eager, evidence)) = loaded(context, model, many) else { continue };
        let rows = many.source.map(|source| (source, rows_of(program, source, &evidence)));
        let mut reader = Reader::new(program, relations, class, evidence);
        reader.asked = Some(many);
        reader.class(class, model, &[], false);
        found.extend(reader.missing(&eager).map(|read| FieldRead { rows: rows.clone(), ..read }));
    }
    found
}

/// Where the objects are asked for: the query that is given to the serializer, or what the view names.
fn rows_of(program: &Program, source: GlobalDef, evidence: &[Label]) -> Location {
    let first = evidence[0].location.clone();
    match evidence.get(1) {
        Some(query) => query.location.clone(),
        None => match field_of(program, source, "queryset").or_else(|| method_of(program, source, "get_queryset")) {
            Some(named) if named.file == source.file => program.name_location(named),
            _ => first,
        },
    }
}

/// What is loaded with the objects, and where they come from; `None` when that is not all in sight.
fn loaded(context: &Context, model: GlobalDef, many: &Many) -> Option<(Vec<String>, Vec<Label>)> {
    let program = context.program;
    let mut evidence = vec![many.label.clone()];
    let (mut eager, mut unknown) = default_manager(program, model);
    let source = many.source?;
    let is_class = program.def(source).kind == DefKind::Class;
    if is_class {
        let (more, open) = loaded_in_class(program, source, 0);
        eager.extend(more);
        unknown |= open;
    }
    match many.call {
        Some((file, call)) => {
            let facts = program.file(file);
            let rows = arguments(facts, call).next().map(|argument| argument_value(facts, argument))?;
            let origins = origins(context, file, rows);
            // Rows of another model, or of none that is known, are not what the relations are of.
            let origin = origins.iter().find(|origin| origin.class == Some(model))?;
            if origins.iter().any(|origin| origin.unknown) {
                return None;
            }
            evidence.push(origin.label());
            eager.extend(origins.iter().flat_map(|origin| origin.eager.iter().cloned()));
        }
        None => {
            let has = |name: &str| method_of(program, source, name).is_some() || field_of(program, source, name).is_some();
            if !(has("queryset") || has("get_queryset")) || has("get_serializer_class") || answers_otherwise(program, source) {
                return None;
            }
        }
    }
    (!unknown).then_some((eager, evidence))
}

/// The view has a `list` of its own that does not use the view's serializer.
fn answers_otherwise(program: &Program, view: GlobalDef) -> bool {
    let Some(list) = method_of(program, view, "list") else { return false };
    let facts = program.file(list.file);
    let Some(body) = program.def(list).body else { return false };
    let mut uses = false;
    facts.arena.walk(body, |node| {
        uses |= matches!(called_name(facts, node), Some("get_serializer" | "serializer_class" | "list"));
    });
    !uses
}

/// What the model's own manager loads with every query.
fn default_manager(program: &Program, model: GlobalDef) -> (Vec<String>, bool) {
    let facts = program.file(model.file);
    let manager =
        facts.definitions().find(|(_, def)| def.parent == model.def && def.kind == DefKind::Field && facts.text(def.name) == "objects");
    let Some(NodeKind::Call { callee, .. }) = manager.and_then(|(_, def)| def.value).map(|value| facts.arena.kind(value)) else {
        return (Vec::new(), false);
    };
    match program.value(model.file, callee) {
        Value::Def(class) if program.def(class).kind == DefKind::Class => loaded_in_class(program, class, 0),
        _ => (Vec::new(), false),
    }
}

/// Goes through the fields of one class that is given many objects.
pub(super) struct Reader<'a, 'p> {
    pub(super) program: &'p Program<'p>,
    pub(super) relations: &'a Relations,
    outer: GlobalDef,
    evidence: Vec<Label>,
    found: Vec<FieldRead<'a>>,
    /// The call that gives the outer class many, which may name the fields it answers with.
    asked: Option<&'a Many>,
    /// Classes that were gone through, with the path to them.
    pub(super) seen: FxHashSet<(GlobalDef, Vec<String>)>,
}

impl<'a, 'p> Reader<'a, 'p> {
    pub(super) fn new(program: &'p Program<'p>, relations: &'a Relations, outer: GlobalDef, evidence: Vec<Label>) -> Reader<'a, 'p> {
        Reader { program, relations, outer, evidence, found: Vec::new(), asked: None, seen: FxHashSet::default() }
    }

    /// The field of `class` at `span` reads the relation at the end of `path`.
    pub(super) fn note(&mut self, relation: &'a Relation, path: &[String], to_many: bool, class: GlobalDef, span: Span) {
        let (path, evidence) = (path.to_vec(), self.evidence.clone());
        self.found.push(FieldRead { relation, path, to_many, class, span, outer: self.outer, evidence, asked: None, rows: None });
    }

    /// The reads of what was not loaded with the objects.
    pub(super) fn missing(self, eager: &[String]) -> impl Iterator<Item = FieldRead<'a>> {
        self.found.into_iter().filter(|read| !read.path.iter().all(|name| eager.contains(name)))
    }

    /// The fields of a serializer of rows of `model`, which are reached from the outer objects by `path`.
    pub(super) fn class(&mut self, class: GlobalDef, model: GlobalDef, path: &[String], to_many: bool) {
        let program = self.program;
        if path.len() > MAX_DEPTH || !self.seen.insert((class, path.to_vec())) {
            return;
        }
        let facts = program.file(class.file);
        for (_, def) in facts.definitions().filter(|(_, def)| def.kind == DefKind::Field && def.parent == class.def) {
            let Some(call) = def.value else { continue };
            let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { continue };
            let is_asked = |many: &Many| asks_for(program, many, facts.text(def.name));
            if path.is_empty() && !self.asked.is_none_or(is_asked) {
                continue;
            }
            if named_argument(facts, call, "write_only").is_some_and(|value| facts.arena.kind(value) == NodeKind::Bool(true)) {
                continue;
            }
            let own = class_called(program, class.file, callee).filter(|&inner| is_serializer(program, inner));
            let nested = own.or_else(|| nested_in(program, class.file, call, 0));
            let source = named_argument(facts, call, "source").or_else(|| named_argument(facts, call, "attribute"));
            let source = source.and_then(|value| facts.string(value));
            let prints = nested.is_some() || self.prints_related(class, call);
            let names: Vec<&str> = source.unwrap_or_else(|| facts.text(def.name)).split('.').collect();
            // The last name of `source="customer.name"` is a column.
            let read = if prints { names.len() } else { names.len() - 1 };
            self.names(class, def.name_span, model, &names[..read], nested, path, to_many);
        }
        for &base in &program.def(class).bases {
            if let Value::Def(parent) = program.value(class.file, base)
                && parent != class
                && is_serializer(program, parent)
            {
                self.class(parent, model, path, to_many);
            }
        }
    }

    /// The relations that names lead through, one after the other.
    #[expect(clippy::too_many_arguments, reason = "one step of a recursion")]
    fn names(
        &mut self,
        class: GlobalDef,
        span: Span,
        model: GlobalDef,
        names: &[&str],
        nested: Option<GlobalDef>,
        path: &[String],
        mut to_many: bool,
    ) {
        let (mut model, mut path) = (model, path.to_vec());
        for name in names {
            let Some(relation) = self.relations.get(self.program, model, name) else { return };
            path.push((*name).to_string());
            to_many |= relation.read == RelationRead::Manager;
            self.note(relation, &path, to_many, class, span);
            let Some(target) = relation.target else { return };
            model = target;
        }
        if let Some(inner) = nested
            && !names.is_empty()
            && model_of(self.program, inner, 0).is_none_or(|own| own == model)
        {
            self.class(inner, model, &path, to_many);
        }
    }

    /// The field asks the related object for more than its key, or there are many of them.
    fn prints_related(&self, class: GlobalDef, call: NodeId) -> bool {
        let (program, facts) = (self.program, self.program.file(class.file));
        let NodeKind::Call { callee, .. } = facts.arena.kind(call) else { return false };
        let own = program.called_api(class.file, call);
        let api = own.or_else(|| base_api(program, class_called(program, class.file, callee)?, 0));
        let Some(api) = api else { return false };
        program.facts_of(api).any(|(fact, _)| match fact {
            ApiFact::PerItem(PerItemFact::Related { key }) => {
                !key || named_argument(facts, call, "many").is_some_and(|value| facts.arena.kind(value) == NodeKind::Bool(true))
            }
            _ => false,
        })
    }
}

/// `AuthorSchema` of `fields.Nested(AuthorSchema)` and of a list of it.
fn nested_in(program: &Program, file: FileId, call: NodeId, depth: u8) -> Option<GlobalDef> {
    let facts = program.file(file);
    let NodeKind::Call { .. } = facts.arena.kind(call) else { return None };
    let api = program.called_api(file, call)?;
    let is_nested = program.facts_of(api).any(|(fact, _)| *fact == ApiFact::PerItem(PerItemFact::Nested));
    let first = arguments(facts, call).next()?;
    if !is_nested {
        return if depth < 2 { nested_in(program, file, first, depth + 1) } else { None };
    }
    match program.value(file, first) {
        Value::Def(inner) | Value::Instance { class: inner, .. } if is_serializer(program, inner) => Some(inner),
        _ => None,
    }
}

/// What a field class of the project extends: `class TagField(serializers.RelatedField)`.
fn base_api<'p>(program: &'p Program<'p>, class: GlobalDef, depth: u8) -> Option<&'p Api> {
    program.def(class).bases.iter().find_map(|&base| match program.value(class.file, base) {
        Value::Api { api, .. } => program.apis.get(api.0 as usize),
        Value::Def(parent) if parent != class && depth < 4 => base_api(program, parent, depth + 1),
        _ => None,
    })
}
