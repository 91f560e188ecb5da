//! Serializers whose views save within a transaction of their own: what is around a serializer's `create` is the framework's code, and around that the
//! view's.

use crate::check::per_item::is_serializer;
use crate::check::relations::method_of;
use crate::model::body::NodeKind;
use crate::model::facts::{DefId, DefKind};
use crate::model::nesting::called_name;
use crate::model::program::{Program, Value};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};

/// A method of a serializer that is saved by views only, each of which opens a transaction first: `with transaction.atomic(): self.perform_create(…)`.
pub(super) fn is_saved_in_transaction(program: &Program, method: GlobalDef) -> bool {
    let facts = program.file(method.file);
    let class = GlobalDef { file: method.file, def: facts.def(method.def).parent };
    let action = facts.text(facts.def(method.def).name);
    if facts.language.family() != Family::Python
        || !matches!(action, "create" | "update")
        || facts.def(class.def).kind != DefKind::Class
        || !is_serializer(program, class)
    {
        return false;
    }
    let mut views = (0..program.facts.len() as u32).map(FileId).flat_map(|file| views_with(program, file, class)).peekable();
    views.peek().is_some() && views.all(|view| opens(program, view, action))
}

/// Classes that name the serializer in an attribute.
fn views_with(program: &Program, file: FileId, serializer: GlobalDef) -> Vec<GlobalDef> {
    let facts = program.file(file);
    let name = program.name(serializer);
    let mut views: Vec<GlobalDef> = Vec::new();
    if !facts.names.may_hold(name) || program.is(GlobalDef { file, def: DefId::MODULE }, Role::Test) {
        return views;
    }
    for (_, field) in facts.definitions().filter(|(_, def)| def.kind == DefKind::Field) {
        let view = GlobalDef { file, def: field.parent };
        let Some(value) = field.value.filter(|_| facts.def(field.parent).kind == DefKind::Class && !is_serializer(program, view)) else {
            continue;
        };
        let mut names_it = false;
        facts.arena.walk(value, |node| {
            names_it |= matches!(facts.arena.kind(node), NodeKind::Name(own) if facts.text(own) == name)
                && matches!(program.value(file, node), Value::Def(class) if class == serializer);
        });
        if names_it && !views.contains(&view) {
            views.push(view);
        }
    }
    views
}

/// The view's method for the action, its own or one of a base in the project, saves inside a transaction.
fn opens(program: &Program, view: GlobalDef, action: &str) -> bool {
    let Some(method) = method_of(program, view, action) else { return false };
    let facts = program.file(method.file);
    let (mut opens, mut saves) = (false, false);
    if let Some(body) = facts.def(method.def).body {
        facts.arena.walk(body, |node| {
            let name = called_name(facts, node).unwrap_or_default();
            opens |= name == "atomic";
            saves |= opens && (name == "save" || name.strip_prefix("perform_") == Some(action));
        });
    }
    saves
}
