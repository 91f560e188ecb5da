//! A program as text: what `archcheck dump program` prints, and what the tests of linking compare.

use std::fmt::Write;

use crate::model::body::NodeKind;
use crate::model::program::{CallKind, ImportTarget, Program, Value};
use crate::model::role::GlobalDef;
use crate::model::source::FileId;

/// Modules with roles and imports, functions with calls, routes: one line each, in order of files.
pub fn render(program: &Program) -> String {
    let mut out = String::new();
    for file in 0..program.facts.len() {
        let file = FileId(file as u32);
        let _ = writeln!(out, "file {} ({})", program.path(file), program.modules[file.index()]);
        for evidence in &program.file_roles[file.index()] {
            let _ = writeln!(out, "  role {} ({:?}: {})", evidence.role.name(), evidence.strength, evidence.reason);
        }
        for edge in program.imports_of(file) {
            let target = match &edge.target {
                ImportTarget::Module(module) => program.qualified_name(*module),
                ImportTarget::Folder(path) => format!("folder {path}"),
                ImportTarget::External(path) => format!("external {path}"),
                ImportTarget::Generated(path) => format!("generated {path}"),
                ImportTarget::Unresolved(path) => format!("unresolved {path}"),
                ImportTarget::Asset => "asset".to_string(),
            };
            let definition = edge.definition.map(|def| format!(" = {}", program.qualified_name(def))).unwrap_or_default();
            let name = if edge.name.is_empty() { String::new() } else { format!(" {}", edge.name) };
            let _ = writeln!(out, "  import {:?}{name} from {target}{definition}", edge.kind);
        }
        for (def, definition) in program.file(file).definitions() {
            let id = GlobalDef { file, def };
            if let Some(evidence) = program.def_roles.get(&id) {
                let _ = writeln!(
                    out,
                    "  {} is {} ({:?}: {})",
                    program.qualified_name(id),
                    evidence.role.name(),
                    evidence.strength,
                    evidence.reason
                );
            }
            for edge in program.calls_from(id) {
                let kind = match edge.kind {
                    CallKind::Call => "calls",
                    CallKind::Passed => "passes",
                    CallKind::Implicit => "implies",
                };
                let callee = program.qualified_name(edge.callee);
                let _ = writeln!(out, "  {} {kind} {callee} ({})", program.qualified_name(id), edge.resolution.name());
            }
            let facts = program.file(file);
            if let Some(body) = definition.body {
                facts.arena.walk(body, |node| {
                    if let NodeKind::Call { .. } = facts.arena.kind(node)
                        && let Some(api) = program.called_api(file, node)
                    {
                        let subject = match program.value(file, node) {
                            Value::Api { subject: Some(class), .. } | Value::Instance { class, .. } => {
                                format!(" about {}", program.name(class))
                            }
                            _ => String::new(),
                        };
                        let _ = writeln!(out, "  {} uses {}{subject}", program.qualified_name(id), api.path);
                    }
                });
            }
        }
    }
    if program.flow_limits > 0 {
        let _ = writeln!(out, "limits {} sets of the points-to analysis were full or left unfinished", program.flow_limits);
    }
    for route in &program.routes {
        let path = route.path.as_deref().unwrap_or("?");
        let _ =
            writeln!(out, "route {} {path} -> {} ({})", route.methods.join(","), program.qualified_name(route.handler), route.framework);
        for full in &route.full {
            let _ = writeln!(out, "  at {full}");
        }
    }
    out
}
