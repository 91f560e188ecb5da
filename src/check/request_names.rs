//! Rows that ask who the request is of. Part of `layer-violation`.
//!
//! `current_user` of a web framework is there while a request is answered, and nowhere else: a model that asks for it can be used by no job and no
//! test without one, and says nothing of it in its parameters.

use rustc_hash::FxHashSet;

use super::Context;
use super::scope::in_scope;
use crate::model::body::NodeKind;
use crate::model::facts::{DefId, DefKind};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::ApiFact;
use crate::model::nesting::walk_deep;
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};

/// Finds models of a Python file that ask for it: one finding for each name that is imported.
pub(super) fn in_file(context: &Context, (): &(), file: FileId) -> Vec<Finding> {
    let program = context.program;
    let facts = program.file(file);
    let mut findings = Vec::new();
    if facts.language.family() != Family::Python || !in_scope(program, GlobalDef { file, def: DefId::MODULE }) {
        return findings;
    }
    let is_row = |class: DefId| program.def_roles.get(&GlobalDef { file, def: class }).is_some_and(|own| own.role == Role::Model);
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    for (def, method) in facts.definitions().filter(|(_, def)| def.kind == DefKind::Method && is_row(def.parent)) {
        let Some(body) = method.body else { continue };
        walk_deep(facts, body, |node| {
            if !matches!(facts.arena.kind(node), NodeKind::Name(_) | NodeKind::Member { .. }) {
                return true;
            }
            let Some(api) = program.api(file, node).filter(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::OfRequest)) else {
                return true;
            };
            let name = api.path.rsplit('.').next().unwrap_or(&api.path);
            if let Some(edge) = program.imports_of(file).iter().find(|edge| edge.name == name)
                && seen.insert(name)
            {
                let model = program.name(GlobalDef { file, def: method.parent });
                findings.push(Finding {
                    rule: "layer-violation".into(),
                    level: Level::Note,
                    message: format!("model `{model}` asks for `{}`, which is there only while a request is answered", api.path),
                    primary: Label { location: program.location(file, edge.span), text: "model → request".to_string() },
                    related: vec![
                        Label { location: program.location(file, facts.arena.span(node)), text: "asked for here".to_string() },
                        Label { location: program.name_location(GlobalDef { file, def }), text: "a method of the row".to_string() },
                    ],
                    flow: Vec::new(),
                    help: Some("let the handler ask for it, and give it to the method as a parameter".to_string()),
                    subject: format!("{} -> {}", program.modules[file.index()], api.path),
                    fingerprint: String::new(),
                    confidence: Confidence::High,
                    redact: Vec::new(),
                });
            }
            true
        });
    }
    findings
}
