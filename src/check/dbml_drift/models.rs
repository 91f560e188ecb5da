//! The tables that the code's models declare: classes with attributes, fields or decorators, structs with a derived trait, calls, macros and methods with an object
//! of columns. How each library writes them is data: [`forms`](super::forms).
//!
//! Only what is written out is read. A class with a base that nobody can see, a list of columns with something spread into it, may have more columns than are listed:
//! such a table is open, and nobody claims that it lacks one.

use super::super::scope::in_scope;
use super::forms::{Attributes, Called, Decorated, Defined, Derived, FORMS, Fields, Macro, has, starts};
use crate::documents::schema::{Class, Column, Table};
use crate::model::body::{CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, Definition, FileFacts};
use crate::model::nesting::{arguments, called_name, chain, last_name};
use crate::model::program::{Program, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::FileId;
use crate::model::words::words;

/// A table and the file that declares it; spans are of that file. A column of a base class has the span of the table's name.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) file: FileId,
    pub(super) table: Table,
    /// Other names the table may have: Django puts the application's before it.
    pub(super) also: Vec<String>,
    /// Columns that the library adds: present if the document has them, missed by nobody.
    pub(super) implied: Vec<String>,
}

/// Every model outside tests and migrations, in order of files.
pub(super) fn models(program: &Program) -> Vec<Model> {
    let mut found = Vec::new();
    for at in 0..program.facts.len() {
        let file = FileId(at as u32);
        let module = GlobalDef { file, def: DefId::MODULE };
        if !in_scope(program, module) {
            continue;
        }
        let facts = program.file(file);
        for (def, definition) in facts.definitions() {
            let id = GlobalDef { file, def };
            match definition.kind {
                DefKind::Class => found.extend(class_model(program, id)),
                DefKind::Struct => found.extend(FORMS.derived.iter().find_map(|form| of_struct(program, id, form))),
                DefKind::Variable => found.extend(definition.value.and_then(|value| made(facts, file, definition, value))),
                _ => {}
            }
        }
        let macros: Vec<&Macro> = FORMS.macros.iter().filter(|form| facts.names.may_hold(&form.name)).collect();
        let defined: Vec<&Defined> =
            FORMS.defined.iter().filter(|form| facts.names.may_hold(&form.named) || facts.names.may_hold(&form.of_class)).collect();
        if !macros.is_empty() || !defined.is_empty() {
            found.extend(facts.arena.ids().filter_map(|node| {
                let of_macro = macros.iter().find_map(|form| of_macro(facts, file, node, form));
                of_macro.or_else(|| defined.iter().find_map(|form| of_method(facts, file, node, form)))
            }));
        }
    }
    found
}

fn new(file: FileId, name: String, definition: &Definition) -> Model {
    let table = Table { name, space: None, span: definition.name_span, columns: Vec::new(), open: false };
    Model { file, table, also: Vec::new(), implied: Vec::new() }
}

fn column(name: &str, definition: &Definition) -> Column {
    Column {
        name: name.to_string(),
        span: definition.name_span,
        class: None,
        kind: String::new(),
        nullable: None,
        refers: None,
        key: false,
    }
}

/// The argument of this name, or the entry of this key in an object among the arguments.
fn option(facts: &FileFacts, call: NodeId, wanted: &str) -> Option<NodeId> {
    arguments(facts, call).find_map(|argument| match facts.arena.kind(argument) {
        NodeKind::Argument { name, value } if facts.text(name) == wanted => Some(value),
        _ => entry(facts, argument, wanted),
    })
}

fn entry(facts: &FileFacts, object: NodeId, wanted: &str) -> Option<NodeId> {
    let NodeKind::Collection { kind: CollectionKind::Dict, items } = facts.arena.kind(object) else { return None };
    facts.arena.list(items).find_map(|item| match facts.arena.kind(item) {
        NodeKind::Entry { key, value } if facts.string(key) == Some(wanted) => Some(value),
        _ => None,
    })
}

fn flag(facts: &FileFacts, node: Option<NodeId>) -> Option<bool> {
    match facts.arena.kind(node?) {
        NodeKind::Bool(value) => Some(value),
        _ => None,
    }
}

fn first_text(facts: &FileFacts, call: NodeId) -> Option<&str> {
    arguments(facts, call).next().and_then(|first| facts.string(first))
}

/// The last name of an expression or of what it calls.
fn spoken(facts: &FileFacts, node: NodeId) -> Option<&str> {
    match facts.arena.kind(node) {
        NodeKind::Call { .. } => called_name(facts, node),
        NodeKind::Str(text) => Some(facts.text(text)),
        _ => last_name(facts, node).map(|name| facts.text(name)),
    }
}

/// Which library a class's bases come from, and the project's classes in between.
struct Lineage {
    outside: Vec<String>,
    classes: Vec<GlobalDef>,
    unknown: bool,
}

fn lineage(program: &Program, class: GlobalDef) -> Lineage {
    let mut found = Lineage { outside: Vec::new(), classes: Vec::new(), unknown: false };
    let mut waiting = vec![class];
    while let Some(class) = waiting.pop() {
        if found.classes.contains(&class) || found.classes.len() > 32 {
            continue;
        }
        found.classes.push(class);
        for &base in &program.def(class).bases {
            match program.value(class.file, base) {
                Value::Def(parent) if program.def(parent).kind == DefKind::Class => waiting.push(parent),
                Value::Api { api, .. } => found.outside.push(program.apis[api.0 as usize].path.clone()),
                _ if matches!(program.file(class.file).arena.kind(base), NodeKind::Argument { .. }) => {}
                _ => found.unknown = true,
            }
        }
    }
    found
}

fn class_model(program: &Program, class: GlobalDef) -> Option<Model> {
    let facts = program.file(class.file);
    let definition = facts.def(class.def);
    for form in &FORMS.decorated {
        let entity = definition.decorators.iter().copied().find(|&decorator| is_called(program, class.file, decorator, &form.entity));
        if let Some(entity) = entity {
            return of_decorated(program, class, entity, form);
        }
    }
    if program.role(class).is_none_or(|evidence| evidence.role != Role::Model) {
        return None;
    }
    let lineage = lineage(program, class);
    let from = |bases: &[String]| lineage.outside.iter().any(|path| bases.iter().any(|base| fits(base, path)));
    if let Some(form) = FORMS.fields.iter().find(|form| from(&form.bases)) {
        return of_fields(program, class, &lineage, form);
    }
    let form = FORMS.attributes.iter().find(|form| lineage.outside.iter().any(|path| starts(&form.bases, path)))?;
    of_attributes(program, class, &lineage, form)
}

/// A path, and a pattern with at most one `*`.
fn fits(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        Some((head, tail)) => path.len() >= head.len() + tail.len() && path.starts_with(head) && path.ends_with(tail),
        None => pattern == path,
    }
}

fn is_called(program: &Program, file: FileId, decorator: NodeId, path: &str) -> bool {
    program.called_api(file, decorator).is_some_and(|api| api.path == path)
}

/// The fields of a class and of the project's classes above it, the class's own first.
fn fields<'a>(program: &'a Program, lineage: &'a Lineage) -> impl Iterator<Item = (GlobalDef, &'a Definition)> + 'a {
    lineage.classes.iter().flat_map(move |&class| {
        let facts = program.file(class.file);
        let fields = facts.definitions().filter(move |(_, def)| def.parent == class.def && def.kind == DefKind::Field);
        fields.map(move |(def, definition)| (GlobalDef { file: class.file, def }, definition))
    })
}

/// Adds a column unless there is one of its name; that of another class has the place of the table.
fn add(model: &mut Model, of: GlobalDef, class: GlobalDef, mut column: Column) {
    if of.file != class.file || model.table.columns.iter().any(|own| own.name == column.name) {
        column.span = model.table.span;
    }
    if !model.table.columns.iter().any(|own| own.name == column.name) {
        model.table.columns.push(column);
    }
}

fn snake(name: &str) -> String {
    words(name).join("_")
}

fn of_attributes(program: &Program, class: GlobalDef, lineage: &Lineage, form: &Attributes) -> Option<Model> {
    let facts = program.file(class.file);
    let definition = facts.def(class.def);
    let own =
        |wanted: &str| facts.definitions().find(|(_, def)| def.parent == class.def && facts.text(def.name) == wanted).map(|(_, def)| def);
    let is_table = definition.bases.iter().any(|&base| matches!(facts.arena.kind(base), NodeKind::Argument { name, value } if facts.text(name) == form.switch && facts.arena.kind(value) == NodeKind::Bool(true)));
    let snaked = lineage.outside.iter().any(|path| starts(&form.snake, path));
    let name = match own(&form.name) {
        Some(def) if def.kind == DefKind::Field => facts.string(def.value?)?.to_string(),
        Some(_) => return None,
        None if own(&form.r#abstract).is_some() => return None,
        None if is_table => facts.text(definition.name).to_lowercase(),
        None if snaked => snake(facts.text(definition.name)),
        None => return None,
    };
    let switched = is_table || lineage.outside.iter().any(|path| starts(&form.switched, path));
    let mut model = new(class.file, name, definition);
    model.table.open = lineage.unknown || own(&form.whole).is_some() || lineage.outside.iter().any(|path| !starts(&form.known, path));
    for (field, def) in fields(program, lineage) {
        let facts = program.file(field.file);
        let name = facts.text(def.name);
        if name.starts_with("__") {
            continue;
        }
        let call = def.value.filter(|&value| matches!(facts.arena.kind(value), NodeKind::Call { .. }));
        let callee = call.and_then(|call| called_name(facts, call));
        match callee {
            Some(callee) if has(&form.columns, callee) => {}
            Some(callee) if switched && def.annotation.is_some() && has(&form.switched_columns, callee) => {}
            None if switched && def.annotation.is_some() => {}
            None if def.annotation.is_some_and(|annotation| spoken_base(facts, annotation) == Some(form.annotated.as_str()))
                && !refers_to_model(program, field, def) => {}
            None => continue,
            Some(callee) if has(&form.others, callee) => continue,
            Some(_) => {
                // Some helper of the project may make columns.
                model.table.open = true;
                continue;
            }
        }
        let by_annotation = callee.is_none_or(|callee| has(&form.switched_columns, callee));
        let may_be_null = callee.is_some_and(|callee| has(&form.nullable_unless, callee));
        if switched && !may_be_null && refers_to_model(program, field, def) {
            continue;
        }
        let written = call.filter(|_| !by_annotation).and_then(|call| first_text(facts, call));
        let mut column = column(written.unwrap_or(name), def);
        let optional = def.annotation.map(|annotation| is_optional(facts, annotation));
        if let Some(call) = call {
            column.key = flag(facts, option(facts, call, &form.key)) == Some(true);
            column.nullable = flag(facts, option(facts, call, &form.nullable));
            for argument in arguments(facts, call) {
                match facts.arena.kind(argument) {
                    NodeKind::Argument { name, value } if facts.text(name) == form.foreign_key => {
                        column.refers = facts.string(value).map(table_of)
                    }
                    NodeKind::Argument { .. } | NodeKind::Str(_) => {}
                    _ => match spoken(facts, argument) {
                        Some(reference) if reference == form.reference => column.refers = first_text(facts, argument).map(table_of),
                        Some(kind) if column.class.is_none() && !by_annotation => {
                            column.class = Class::of(kind);
                            column.kind = kind.to_string();
                        }
                        _ => {}
                    },
                }
            }
        }
        if column.kind.is_empty()
            && let Some(annotation) = def.annotation
            && let Some(kind) = type_name(facts, annotation)
        {
            column.class = Class::of(kind);
            column.kind = kind.to_string();
        }
        column.nullable = match (column.nullable, column.key) {
            (Some(said), _) => Some(said),
            (None, true) => Some(false),
            (None, false) => optional.or(may_be_null.then_some(true)),
        };
        add(&mut model, field, class, column);
    }
    (!model.table.columns.is_empty()).then_some(model)
}

fn table_of(column: &str) -> String {
    let parts: Vec<&str> = column.split('.').collect();
    parts[parts.len().saturating_sub(2)].to_string()
}

fn spoken_base(facts: &FileFacts, annotation: NodeId) -> Option<&str> {
    match facts.arena.kind(annotation) {
        NodeKind::Apply { base, .. } => spoken(facts, base),
        _ => None,
    }
}

fn is_optional(facts: &FileFacts, annotation: NodeId) -> bool {
    let mut found = false;
    facts.arena.walk(annotation, |node| {
        found |= match facts.arena.kind(node) {
            NodeKind::Null => true,
            NodeKind::Name(name) | NodeKind::Member { name, .. } => has(&FORMS.annotations.optional, facts.text(name)),
            _ => false,
        };
    });
    found
}

/// The one plain type an annotation names.
fn type_name(facts: &FileFacts, annotation: NodeId) -> Option<&str> {
    let mut found = Vec::new();
    facts.arena.walk_while(annotation, |node| match facts.arena.kind(node) {
        NodeKind::Apply { base, .. } => {
            // Lists and mappings are no plain types.
            if !spoken(facts, base).is_some_and(|name| has(&FORMS.annotations.transparent, name)) {
                found.push("");
            }
            true
        }
        NodeKind::Name(name) | NodeKind::Member { name, .. } => {
            let name = facts.text(name);
            if !has(&FORMS.annotations.transparent, name) {
                found.push(name);
            }
            false
        }
        _ => true,
    });
    match found.as_slice() {
        [only] if !only.is_empty() => Some(only),
        _ => None,
    }
}

fn refers_to_model(program: &Program, field: GlobalDef, def: &Definition) -> bool {
    let facts = program.file(field.file);
    let mut found = false;
    facts.arena.walk(def.annotation.unwrap_or_else(|| def.value.unwrap_or(NodeId(std::num::NonZeroU32::MIN))), |node| {
        found |= match facts.arena.kind(node) {
            NodeKind::Str(_) => true,
            NodeKind::Name(_) | NodeKind::Member { .. } => match program.value(field.file, node) {
                Value::Def(class) => program.role(class).is_some_and(|evidence| evidence.role == Role::Model),
                _ => false,
            },
            NodeKind::Apply { base, .. } => spoken(facts, base).is_some_and(|name| has(&FORMS.annotations.many, name)),
            _ => false,
        };
    });
    found
}

fn of_fields(program: &Program, class: GlobalDef, lineage: &Lineage, form: &Fields) -> Option<Model> {
    let facts = program.file(class.file);
    let definition = facts.def(class.def);
    let meta = facts
        .definitions()
        .find(|(_, def)| def.parent == class.def && def.kind == DefKind::Class && facts.text(def.name) == form.settings)
        .map(|(id, _)| id);
    let setting = |wanted: &str| {
        let meta = meta?;
        facts.definitions().find(|(_, def)| def.parent == meta && facts.text(def.name) == wanted).and_then(|(_, def)| def.value)
    };
    let says = |wanted: &String, answer: bool| setting(wanted).is_some_and(|value| facts.arena.kind(value) == NodeKind::Bool(answer));
    if form.off.iter().any(|name| says(name, true)) || form.on.iter().any(|name| says(name, false)) {
        return None;
    }
    let class_name = facts.text(definition.name).to_lowercase();
    let path = program.path(class.file);
    let app = path.split('/').rev().skip(1).find(|part| !has(&form.folders, part)).unwrap_or_default();
    let named = setting(&form.table).and_then(|value| facts.string(value)).map(str::to_string);
    let mut model = new(class.file, named.clone().unwrap_or_else(|| format!("{app}_{class_name}")), definition);
    if named.is_none() {
        model.also = vec![class_name];
    }
    model.implied.clone_from(&form.implied);
    model.table.open = lineage.unknown || lineage.outside.iter().any(|path| !starts(&form.known, path));
    for (field, def) in fields(program, lineage) {
        let facts = program.file(field.file);
        let Some(call) = def.value.filter(|&value| matches!(facts.arena.kind(value), NodeKind::Call { .. })) else { continue };
        let Some(kind) = called_name(facts, call) else { continue };
        let refers = has(&form.references, kind);
        if has(&form.others, kind) || !refers && !kind.ends_with(&form.field) {
            continue;
        }
        let plain = facts.text(def.name);
        let written = option(facts, call, &form.column_name).and_then(|value| facts.string(value)).map(str::to_string);
        let mut column =
            column(&written.unwrap_or_else(|| if refers { format!("{plain}{}", form.reference_end) } else { plain.to_string() }), def);
        column.class = if refers { None } else { Class::of(kind) };
        column.kind = kind.to_string();
        column.key = flag(facts, option(facts, call, &form.key)) == Some(true);
        column.nullable = Some(flag(facts, option(facts, call, &form.null)) == Some(true));
        if refers {
            let target = arguments(facts, call).next().or_else(|| option(facts, call, &form.target));
            column.refers = target
                .and_then(|target| spoken(facts, target))
                .map(|name| name.rsplit('.').next().unwrap_or(name).to_string())
                .filter(|name| *name != form.itself);
        }
        add(&mut model, field, class, column);
    }
    Some(model)
}

fn of_decorated(program: &Program, class: GlobalDef, entity: NodeId, form: &Decorated) -> Option<Model> {
    let facts = program.file(class.file);
    let definition = facts.def(class.def);
    let named = first_text(facts, entity).or_else(|| option(facts, entity, &form.name).and_then(|value| facts.string(value)));
    let lineage = lineage(program, class);
    let mut model = new(class.file, named.map_or_else(|| snake(facts.text(definition.name)), str::to_string), definition);
    model.table.open = lineage.unknown || lineage.outside.iter().any(|path| !has(&form.known, path));
    for (field, def) in fields(program, &lineage) {
        let facts = program.file(field.file);
        let plain = facts.text(def.name);
        let decorators: Vec<(&str, NodeId)> = def.decorators.iter().filter_map(|&node| Some((spoken(facts, node)?, node))).collect();
        let by = |wanted: &[String]| decorators.iter().find(|(name, _)| has(wanted, name)).copied();
        if let Some((_, relation)) = by(&form.relations) {
            let join = by(std::slice::from_ref(&form.join));
            if join.is_none() && by(&form.owned).is_some() {
                continue;
            }
            let named = join.and_then(|(_, join)| option(facts, join, &form.name)).and_then(|value| facts.string(value));
            let mut column = column(&named.map_or_else(|| format!("{plain}{}", form.relation_end), str::to_string), def);
            column.refers = def.annotation.and_then(|annotation| type_name(facts, annotation)).map(str::to_string);
            column.nullable = flag(facts, option(facts, relation, &form.nullable));
            add(&mut model, field, class, column);
            continue;
        }
        let Some((kind, decorator)) = by(&form.columns) else {
            // A decorator of the project may make a column.
            model.table.open |= decorators.iter().any(|(name, _)| !has(&form.others, name) && name.contains("Column"));
            continue;
        };
        let named = option(facts, decorator, &form.name).and_then(|value| facts.string(value));
        let mut column = column(named.unwrap_or(plain), def);
        column.key = kind.starts_with(&form.key);
        let said = first_text(facts, decorator).or_else(|| option(facts, decorator, &form.r#type).and_then(|value| facts.string(value)));
        let kind_name = match (kind, said) {
            (kind, _) if has(&form.times, kind) => Some("timestamp"),
            (kind, None) if has(&form.numbers, kind) => Some("int"),
            (_, Some(said)) => Some(said),
            (_, None) => def
                .annotation
                .and_then(|annotation| type_name(facts, annotation))
                .map(|name| if name == "Date" { "timestamp" } else { name }),
        };
        column.kind = kind_name.unwrap_or_default().to_string();
        column.class = kind_name.filter(|_| form.unsure.iter().all(|name| option(facts, decorator, name).is_none())).and_then(Class::of);
        let nullable = flag(facts, option(facts, decorator, &form.nullable));
        column.nullable = if has(&form.nullable_columns, kind) { Some(true) } else { Some(nullable == Some(true)) };
        add(&mut model, field, class, column);
    }
    Some(model)
}

fn of_struct(program: &Program, of: GlobalDef, form: &Derived) -> Option<Model> {
    let facts = program.file(of.file);
    let definition = facts.def(of.def);
    let derives = definition
        .decorators
        .iter()
        .any(|&node| arguments(facts, node).any(|argument| spoken(facts, argument) == Some(form.derives.as_str())));
    let named = definition.decorators.iter().find_map(|&node| facts.string(option(facts, node, &form.table)?));
    let mut model = new(of.file, named.filter(|_| derives)?.to_string(), definition);
    for (_, def) in facts.definitions().filter(|(_, def)| def.parent == of.def && def.kind == DefKind::Field) {
        let mut name = facts.text(def.name).trim_start_matches("r#").to_string();
        let mut column_key = false;
        let mut ignored = false;
        for &decorator in &def.decorators {
            name = option(facts, decorator, &form.column_name).and_then(|value| facts.string(value)).map_or(name, str::to_string);
            for argument in arguments(facts, decorator) {
                column_key |= spoken(facts, argument) == Some(form.key.as_str());
                ignored |= spoken(facts, argument) == Some(form.ignored.as_str());
            }
        }
        if ignored {
            continue;
        }
        let mut column = column(&name, def);
        column.key = column_key;
        column.nullable = def.annotation.map(|annotation| spoken_base(facts, annotation) == Some(form.optional.as_str()));
        if let Some(kind) = def.annotation.and_then(|annotation| type_name(facts, annotation)) {
            column.class = Class::of(kind);
            column.kind = kind.to_string();
        }
        model.table.columns.push(column);
    }
    Some(model)
}

/// Tables that a call makes: Drizzle's `pgTable("users", { … })`, SQLAlchemy's `Table("users", metadata, Column(…))`.
fn made(facts: &FileFacts, file: FileId, definition: &Definition, value: NodeId) -> Option<Model> {
    if definition.parent != DefId::MODULE || definition.flags.has(DefFlags::CLOSURE) {
        return None;
    }
    let callee = called_name(facts, value)?;
    let name = first_text(facts, value)?.to_string();
    if let Some(form) = FORMS.called.iter().find(|form| has(&form.tables, callee)) {
        return of_call(facts, file, definition, value, name, form);
    }
    let form = FORMS.attributes.iter().find(|form| form.table == callee)?;
    of_columns(facts, file, definition, value, name, form)
}

/// `Table("users", metadata, Column("id", Integer, primary_key=True))`.
fn of_columns(facts: &FileFacts, file: FileId, definition: &Definition, call: NodeId, name: String, form: &Attributes) -> Option<Model> {
    let mut model = new(file, name, definition);
    for argument in arguments(facts, call).skip(1) {
        if !called_name(facts, argument).is_some_and(|callee| has(&form.columns, callee)) {
            continue;
        }
        let Some(name) = first_text(facts, argument) else {
            model.table.open = true;
            continue;
        };
        let mut column = Column { span: facts.arena.span(argument), ..column(name, definition) };
        column.key = flag(facts, option(facts, argument, &form.key)) == Some(true);
        column.nullable = flag(facts, option(facts, argument, &form.nullable)).or(Some(!column.key));
        for inner in arguments(facts, argument).skip(1) {
            match spoken(facts, inner) {
                Some(reference) if reference == form.reference => column.refers = first_text(facts, inner).map(table_of),
                Some(kind) if column.kind.is_empty() && !matches!(facts.arena.kind(inner), NodeKind::Argument { .. }) => {
                    column.class = Class::of(kind);
                    column.kind = kind.to_string();
                }
                _ => {}
            }
        }
        model.table.columns.push(column);
    }
    (!model.table.columns.is_empty()).then_some(model)
}

fn of_call(facts: &FileFacts, file: FileId, definition: &Definition, call: NodeId, name: String, form: &Called) -> Option<Model> {
    let mut model = new(file, name, definition);
    let columns = arguments(facts, call).nth(1)?;
    let NodeKind::Collection { kind: CollectionKind::Dict, items } = facts.arena.kind(columns) else { return None };
    for item in facts.arena.list(items) {
        let NodeKind::Entry { key, value } = facts.arena.kind(item) else {
            model.table.open = true;
            continue;
        };
        let Some(plain) = facts.string(key) else { continue };
        let links: Vec<NodeId> = chain(facts, value).filter(|&link| matches!(facts.arena.kind(link), NodeKind::Call { .. })).collect();
        let Some(&root) = links.last() else {
            model.table.open = true;
            continue;
        };
        let kind = called_name(facts, root).unwrap_or_default();
        let called = |wanted: &str| links.iter().any(|&link| called_name(facts, link) == Some(wanted));
        let mut column = Column { span: facts.arena.span(key), ..column(first_text(facts, root).unwrap_or(plain), definition) };
        column.key = called(&form.key);
        column.nullable = Some(!called(&form.not_null) && !column.key && !kind.ends_with(&form.never_null_end));
        // SQLite's integers may hold times and booleans by their `mode`.
        let by_option = form.unsure_options.iter().any(|(own, name)| kind == own && option(facts, root, name).is_some());
        column.class = if by_option || form.unsure.iter().any(|name| called(name)) { None } else { Class::of(kind) };
        column.kind = kind.to_string();
        model.table.columns.push(column);
    }
    Some(model)
}

/// `table! { users (id) { id -> Int4, name -> Nullable<Varchar>, } }`.
fn of_macro(facts: &FileFacts, file: FileId, node: NodeId, form: &Macro) -> Option<Model> {
    let NodeKind::Call { callee, args, form: crate::model::body::CallForm::Macro } = facts.arena.kind(node) else { return None };
    if last_name(facts, callee).is_none_or(|name| facts.text(name) != form.name) {
        return None;
    }
    let mut inside = Vec::new();
    for arg in facts.arena.list(args) {
        match facts.arena.kind(arg) {
            NodeKind::Other(items) => inside.extend(facts.arena.list(items)),
            _ => inside.push(arg),
        }
    }
    let head = inside.iter().copied().find(|&node| matches!(facts.arena.kind(node), NodeKind::Call { .. }))?;
    let name = called_name(facts, head)?.to_string();
    let body = inside.iter().copied().rfind(|&node| matches!(facts.arena.kind(node), NodeKind::Other(_)))?;
    let NodeKind::Other(columns) = facts.arena.kind(body) else { return None };
    let span = facts.arena.span(head);
    let mut model =
        Model { file, table: Table { name, space: None, span, columns: Vec::new(), open: false }, also: Vec::new(), implied: Vec::new() };
    for line in facts.arena.list(columns) {
        let NodeKind::Other(parts) = facts.arena.kind(line) else {
            model.table.open = true;
            continue;
        };
        let parts: Vec<NodeId> = facts.arena.list(parts).collect();
        let (Some(&name), Some(&kind)) = (parts.first(), parts.last()) else { continue };
        let (NodeKind::Name(name), true) = (facts.arena.kind(name), parts.len() == 2) else {
            model.table.open = true;
            continue;
        };
        let (nullable, kind) = match facts.arena.kind(kind) {
            NodeKind::Binary { left, right, .. } => (spoken(facts, left) == Some(form.nullable.as_str()), right),
            NodeKind::Apply { base, args } => {
                (spoken(facts, base) == Some(form.nullable.as_str()), facts.arena.list(args).next().unwrap_or(kind))
            }
            _ => (false, kind),
        };
        let kind = spoken(facts, kind).unwrap_or_default().to_string();
        let name = facts.text(name).to_string();
        model.table.columns.push(Column {
            name,
            span: facts.arena.span(line),
            class: Class::of(&kind),
            kind,
            nullable: Some(nullable),
            refers: None,
            key: false,
        });
    }
    (!model.table.columns.is_empty()).then_some(model)
}

/// `sequelize.define("user", { … }, { tableName })` and `User.init({ … }, { tableName, sequelize })`.
fn of_method(facts: &FileFacts, file: FileId, node: NodeId, form: &Defined) -> Option<Model> {
    let NodeKind::Call { callee, .. } = facts.arena.kind(node) else { return None };
    let NodeKind::Member { object, name, .. } = facts.arena.kind(callee) else { return None };
    let args: Vec<NodeId> = arguments(facts, node).collect();
    let (name, columns, options) = match facts.text(name) {
        name if name == form.named => (facts.string(*args.first()?)?.to_string(), *args.get(1)?, args.get(2)),
        name if name == form.of_class => (spoken(facts, object)?.to_string(), *args.first()?, args.get(1)),
        _ => return None,
    };
    let NodeKind::Collection { kind: CollectionKind::Dict, items } = facts.arena.kind(columns) else { return None };
    let entries: Vec<NodeId> = facts.arena.list(items).collect();
    let types = |value: NodeId| {
        let kind = entry(facts, value, &form.r#type).unwrap_or(value);
        let chained =
            chain(facts, kind).any(|link| matches!(facts.arena.kind(link), NodeKind::Name(name) if has(&form.types, facts.text(name))));
        chained.then_some(kind)
    };
    if !entries.iter().any(|&item| matches!(facts.arena.kind(item), NodeKind::Entry { value, .. } if types(value).is_some())) {
        return None;
    }
    let named = options.and_then(|&options| entry(facts, options, &form.table)).and_then(|value| facts.string(value));
    let span = match facts.arena.kind(node) {
        NodeKind::Call { .. } => facts.arena.span(args[0]),
        _ => facts.arena.span(node),
    };
    let span = if facts.string(args[0]).is_some() { span } else { facts.arena.span(callee) };
    let table = Table { name: named.map_or(name.clone(), str::to_string), space: None, span, columns: Vec::new(), open: false };
    let mut model = Model { file, table, also: vec![name], implied: form.implied.clone() };
    let snakes = options.is_some_and(|&options| flag(facts, entry(facts, options, &form.underscored)) == Some(true));
    for item in entries {
        let NodeKind::Entry { key, value } = facts.arena.kind(item) else {
            model.table.open = true;
            continue;
        };
        let Some(plain) = facts.string(key) else { continue };
        let Some(kind) = types(value) else {
            model.table.open = true;
            continue;
        };
        let field = entry(facts, value, &form.column_name).and_then(|value| facts.string(value)).map(str::to_string);
        let name = field.unwrap_or_else(|| if snakes { snake(plain) } else { plain.to_string() });
        let kind = chain(facts, kind).filter_map(|link| match facts.arena.kind(link) {
            NodeKind::Member { name, .. } => Some(facts.text(name)),
            _ => None,
        });
        let kind = kind.last().unwrap_or_default().to_string();
        if has(&form.no_column, &kind) {
            continue;
        }
        let key_column = flag(facts, entry(facts, value, &form.key)) == Some(true);
        let refers = entry(facts, value, &form.references.0)
            .and_then(|references| entry(facts, references, &form.references.1))
            .and_then(|model| facts.string(model))
            .map(str::to_string);
        let nullable = flag(facts, entry(facts, value, &form.null)).or(key_column.then_some(false));
        model.table.columns.push(Column {
            name,
            span: facts.arena.span(key),
            class: Class::of(&kind),
            kind,
            nullable,
            refers,
            key: key_column,
        });
    }
    // Associations add columns of their own.
    model.table.open = true;
    Some(model)
}
