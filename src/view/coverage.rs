//! How much of the graphs is known, language by language.

use rustc_hash::FxHashMap;

use super::Lines;
use super::sites::{Site, sites};
use crate::model::body::NodeId;
use crate::model::coverage::{Coverage, Unresolved};
use crate::model::program::{CallKind, ImportTarget, Program, Resolution, Value};
use crate::model::role::GlobalDef;
use crate::model::source::FileId;

/// Counts imports and, when asked for, call sites by what is known of their target. Calls take [`Program::call_graph`].
pub fn coverage(program: &Program, lines: Lines, calls: bool) -> Coverage {
    let mut coverage = Coverage { full_sets: program.flow_limits, ..Coverage::default() };
    for import in &program.imports {
        let family = program.file(import.from).language.family();
        let imports = &mut coverage.languages.entry(family.name().to_string()).or_default().imports;
        match &import.target {
            ImportTarget::Module(_) | ImportTarget::Folder(_) => imports.first_party += 1,
            ImportTarget::External(_) | ImportTarget::Asset => imports.external += 1,
            ImportTarget::Unresolved(specifier) | ImportTarget::Generated(specifier) => {
                let generated = matches!(import.target, ImportTarget::Generated(_));
                *(if generated { &mut imports.generated } else { &mut imports.unresolved }) += 1;
                let line = lines[import.from.index()].line(import.span.start) + 1;
                coverage.unresolved.push(Unresolved {
                    path: program.path(import.from).clone(),
                    line,
                    specifier: specifier.clone(),
                    family,
                    generated,
                });
            }
        }
    }
    coverage.unresolved.sort();
    if calls {
        count_calls(program, &mut coverage);
    }
    coverage
}

fn count_calls(program: &Program, coverage: &mut Coverage) {
    let mut best: Best = FxHashMap::default();
    for edge in program.call_graph.iter().filter(|edge| edge.kind != CallKind::Passed) {
        let known = best.entry((edge.caller, edge.site)).or_insert(edge.resolution);
        *known = edge.resolution.max(*known);
    }
    for file in (0..program.facts.len() as u32).map(FileId) {
        let calls = &mut coverage.languages.entry(program.file(file).language.family().name().to_string()).or_default().calls;
        for site in sites(program, file) {
            match known(program, &best, &site) {
                Known::Project(Resolution::Exact) => calls.exact += 1,
                Known::Project(Resolution::Inferred) => calls.inferred += 1,
                Known::Project(Resolution::NameOnly) => calls.name_only += 1,
                Known::Outside => calls.external += 1,
                Known::Nothing => calls.unknown += 1,
            }
        }
    }
}

/// The surest edge of each call.
type Best = FxHashMap<(GlobalDef, NodeId), Resolution>;

/// What is known of the target of a call.
enum Known {
    Project(Resolution),
    Outside,
    Nothing,
}

fn known(program: &Program, best: &Best, site: &Site) -> Known {
    if let Some(&best) = best.get(&(site.caller, site.call)) {
        return Known::Project(best);
    }
    if program.called_api(site.caller.file, site.call).is_some() {
        return Known::Outside;
    }
    // A class of the project without a constructor, an enum's variant, a method without a body.
    match program.value(site.caller.file, site.callee) {
        Value::Def(_) | Value::Method { .. } | Value::Instance { .. } => Known::Project(Resolution::Exact),
        _ => Known::Nothing,
    }
}
