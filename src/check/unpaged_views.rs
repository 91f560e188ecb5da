//! View classes of a library that answer with a whole table: `queryset = Order.objects.all()` where neither the view nor the settings page what is
//! listed. Which classes list, and how they are paged, is the framework file's to say (`[listing-views]`).
//!
//! Where other views of the project are paged, one that is not is a deviation; where none is, each is a note.

use std::collections::BTreeSet;

use super::Context;
use super::lookup_tables::is_lookup;
use super::scope::in_scope;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefKind, FileFacts};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::ListingViews;
use crate::model::nesting::{called_name, chain, chain_root, last_name};
use crate::model::program::{Program, Value};
use crate::model::role::GlobalDef;
use crate::model::route::UNKNOWN_PART;
use crate::model::source::FileId;

/// Most classes looked at from a view up to the library's.
const MAX_BASES: usize = 4;

/// Finds them.
pub(super) fn check(context: &Context) -> Vec<Finding> {
    let known: Vec<&ListingViews> =
        context.program.knowledge.frameworks.iter().filter_map(|framework| framework.listing_views.as_ref()).collect();
    known.into_iter().flat_map(|views| of_library(context, views)).collect()
}

fn of_library(context: &Context, known: &ListingViews) -> Vec<Finding> {
    let program = context.program;
    let views: BTreeSet<GlobalDef> = program
        .routes
        .iter()
        .filter(|route| route.methods.iter().any(|method| method == "GET") && program.def(route.handler).kind == DefKind::Class)
        .filter(|route| route.full.iter().any(|path| path != UNKNOWN_PART && !path.trim_end_matches('/').ends_with('}')))
        .map(|route| route.handler)
        .filter(|&view| in_scope(program, view) && lists(program, view, known))
        .collect();
    if views.is_empty() || !context.in_files("unbounded-query: pages", known.clone(), pages_by_default).is_empty() {
        return Vec::new();
    }
    let is_habit = views.iter().any(|&view| member(program, view, std::slice::from_ref(&known.pager)).is_some());
    views.into_iter().filter_map(|view| finding(program, view, known, is_habit)).collect()
}

/// The file, if it sets how everything is paged.
fn pages_by_default(context: &Context, known: &ListingViews, file: FileId) -> Vec<FileId> {
    let facts = context.program.file(file);
    if !facts.names.may_hold(&known.setting) {
        return Vec::new();
    }
    let sets = facts.arena.ids().any(|node| match facts.arena.kind(node) {
        NodeKind::Entry { key, value } => {
            facts.string(key) == Some(known.setting_key.as_str()) && !matches!(facts.arena.kind(value), NodeKind::Null)
        }
        _ => false,
    });
    sets.then_some(file).into_iter().collect()
}

/// The classes of the project from the view up.
fn own_classes(program: &Program, view: GlobalDef) -> Vec<GlobalDef> {
    let mut classes = vec![view];
    let mut at = 0;
    while at < classes.len() && classes.len() < MAX_BASES {
        let class = classes[at];
        for &base in &program.def(class).bases {
            if let Value::Def(base) = program.value(class.file, base)
                && !classes.contains(&base)
            {
                classes.push(base);
            }
        }
        at += 1;
    }
    classes
}

fn lists(program: &Program, view: GlobalDef, known: &ListingViews) -> bool {
    own_classes(program, view).into_iter().any(|class| {
        let facts = program.file(class.file);
        program.def(class).bases.iter().any(|&base| last_name(facts, base).is_some_and(|name| has(&known.bases, facts.text(name))))
    })
}

/// The first member with one of these names that the view or what it extends in the project has.
fn member(program: &Program, view: GlobalDef, names: &[String]) -> Option<GlobalDef> {
    own_classes(program, view).into_iter().find_map(|class| {
        let facts = program.file(class.file);
        let mut own = facts.definitions().filter(|(_, def)| def.parent == class.def && has(names, facts.text(def.name)));
        own.next().map(|(def, _)| GlobalDef { file: class.file, def })
    })
}

/// `Order.objects.all()`, `Order.objects.select_related("customer")`: the model, if nothing leaves rows out.
fn whole_table<'a>(facts: &'a FileFacts, queryset: NodeId, known: &ListingViews) -> Option<&'a str> {
    let mut of_manager = false;
    for link in chain(facts, queryset) {
        match facts.arena.kind(link) {
            NodeKind::Call { .. } if !called_name(facts, link).is_some_and(|name| has(&known.keeps, name)) => return None,
            NodeKind::Member { name, .. } => of_manager |= facts.text(name) == known.manager,
            _ => {}
        }
    }
    match facts.arena.kind(chain_root(facts, queryset)) {
        NodeKind::Name(model) if of_manager => Some(facts.text(model)),
        _ => None,
    }
}

fn finding(program: &Program, view: GlobalDef, known: &ListingViews, is_habit: bool) -> Option<Finding> {
    if member(program, view, &known.decides).is_some() {
        return None;
    }
    let queryset = member(program, view, std::slice::from_ref(&known.rows))?;
    let facts = program.file(queryset.file);
    let value = facts.def(queryset.def).value?;
    let model = whole_table(facts, value, known).filter(|model| !is_lookup(model))?;
    let name = program.name(view);
    Some(Finding {
        rule: "unbounded-query".into(),
        level: if is_habit { Level::Warning } else { Level::Note },
        message: format!("`{name}` lists every row of `{model}`: neither the view nor the settings page it"),
        primary: Label { location: program.location(queryset.file, facts.arena.span(value)), text: "all rows".to_string() },
        related: vec![Label { location: program.name_location(view), text: "the view".to_string() }],
        flow: Vec::new(),
        help: Some(known.help.clone()),
        subject: format!("{} {model}", program.qualified_name(view)),
        fingerprint: String::new(),
        confidence: Confidence::Medium,
        redact: Vec::new(),
    })
}

fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|known| known == name)
}
