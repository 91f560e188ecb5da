//! Where data enters without a call in the program: functions that frameworks, queues, command lines and platforms call.

use rustc_hash::FxHashMap;

use crate::model::facts::{DefId, ParamKind};
use crate::model::knowledge::{ApiFact, EntryPoint, SourceKind};
use crate::model::program::{CallKind, Program};
use crate::model::role::GlobalDef;
use crate::model::source::FileId;

/// What a function is called with from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its text parameters are data of this kind.
    pub(super) params: Option<SourceKind>,
    /// It is one by its names: an index into `Knowledge::entry_points`.
    pub(super) by_name: Option<u16>,
}

/// Every function that is called from outside.
pub(super) fn entries(program: &Program) -> FxHashMap<GlobalDef, Entry> {
    let mut out = FxHashMap::default();
    routes(program, &mut out);
    decorated(program, &mut out);
    passed(program, &mut out);
    named(program, &mut out);
    out
}

/// Handlers of routes.
fn routes(program: &Program, out: &mut FxHashMap<GlobalDef, Entry>) {
    // A route only names its framework, so a framework's routes are taken to be alike in this.
    let mut by_framework: FxHashMap<&str, bool> = FxHashMap::default();
    for entry in &program.knowledge.entries {
        if let (ApiFact::Route(route), Some(framework)) = (&entry.fact, program.knowledge.frameworks.get(entry.framework as usize)) {
            *by_framework.entry(framework.name.as_str()).or_default() |= route.params_are_sources;
        }
    }
    for route in &program.routes {
        let by_path = program.knowledge.file_routes.iter().any(|files| {
            let framework = program.knowledge.frameworks.get(files.framework as usize);
            files.params_are_sources
                && framework.is_some_and(|framework| framework.name == route.framework)
                && !files.exports.iter().any(|name| name == program.name(route.handler))
                && route.path.is_none()
        });
        let are_sources = by_path || by_framework.get(route.framework.as_str()).copied().unwrap_or(false);
        let entry = Entry { params: are_sources.then_some(SourceKind::Request), by_name: None };
        for function in program.handler_functions(route.handler) {
            out.insert(function, entry);
        }
    }
}

/// Names of what a handler is given that is no text, because every path of its routes says so: `<int:order_id>`, `{order_id:int}`.
pub(super) fn converted(program: &Program) -> FxHashMap<GlobalDef, Vec<String>> {
    let mut out: FxHashMap<GlobalDef, Vec<String>> = FxHashMap::default();
    for route in &program.routes {
        let Some(path) = &route.path else { continue };
        let names = conversions(path);
        for function in program.handler_functions(route.handler) {
            out.entry(function).and_modify(|known| known.retain(|name| names.contains(name))).or_insert_with(|| names.clone());
        }
    }
    out.retain(|_, names| !names.is_empty());
    out
}

/// What a path says is a number or an id of fixed form.
fn conversions(path: &str) -> Vec<String> {
    let is_plain = |converter: &str| matches!(converter, "int" | "float" | "uuid" | "integer" | "number" | "decimal" | r"\d+" | "[0-9]+");
    path.split(['<', '{'])
        .skip(1)
        .filter_map(|rest| rest.split(['>', '}']).next()?.split_once(':'))
        .filter_map(|(one, other)| {
            let (one, other) = (one.trim(), other.trim());
            match (is_plain(one), is_plain(other)) {
                (true, _) => Some(other.to_string()),
                (_, true) => Some(one.to_string()),
                _ => None,
            }
        })
        .collect()
}

/// Functions decorated with something that calls them: tasks, commands, fields.
fn decorated(program: &Program, out: &mut FxHashMap<GlobalDef, Entry>) {
    for function in program.functions() {
        for &decorator in &program.def(function).decorators {
            let api = program.called_api_id(function.file, decorator).or_else(|| program.api_id(function.file, decorator));
            if let Some(kind) = api.and_then(|api| argument_source(program, api.0)) {
                out.entry(function).or_insert(Entry { params: Some(kind), by_name: None });
            }
        }
    }
}

/// Functions given to something that calls them: consumers, workers.
fn passed(program: &Program, out: &mut FxHashMap<GlobalDef, Entry>) {
    for edge in program.calls.iter().filter(|edge| edge.kind == CallKind::Passed) {
        let api = program.called_api_id(edge.caller.file, edge.site);
        if let Some(kind) = api.and_then(|api| argument_source(program, api.0)) {
            out.entry(edge.callee).or_insert(Entry { params: Some(kind), by_name: None });
        }
    }
}

fn argument_source(program: &Program, api: u32) -> Option<SourceKind> {
    let facts = program.facts_of(program.apis.get(api as usize)?);
    facts
        .filter_map(|(fact, _)| match fact {
            ApiFact::ArgumentSource(kind) => Some(*kind),
            _ => None,
        })
        .min()
}

/// Functions whose names say who calls them.
fn named(program: &Program, out: &mut FxHashMap<GlobalDef, Entry>) {
    let points = &program.knowledge.entry_points;
    for function in program.functions().filter(|function| function.def != DefId::MODULE) {
        let name = program.spoken_name(function);
        let found = points.iter().position(|point| fits_name(point, name) && fits(program, point, function));
        if let Some(at) = found {
            out.entry(function).or_insert(Entry { params: None, by_name: Some(at as u16) });
        }
    }
}

fn fits_name(point: &EntryPoint, name: &str) -> bool {
    point.names.iter().any(|own| match own.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => own == name,
    })
}

fn fits(program: &Program, point: &EntryPoint, function: GlobalDef) -> bool {
    let Some(framework) = program.knowledge.frameworks.get(point.framework as usize) else { return false };
    let facts = program.file(function.file);
    let params = &program.def(function).params;
    framework.family == facts.language.family()
        && params.len() >= point.params.len()
        && point.params.iter().zip(params).all(|(want, param)| {
            let is_plain = matches!(param.kind, ParamKind::Normal | ParamKind::Receiver);
            is_plain && (want == "*" || param.name.is_some_and(|name| facts.text(name) == want))
        })
        && (!point.imported || imports(program, function.file, &framework.packages))
}

/// The file imports one of the packages.
fn imports(program: &Program, file: FileId, packages: &[String]) -> bool {
    let facts = program.file(file);
    facts.imports.iter().any(|import| {
        let specifier = facts.text(import.specifier);
        packages.iter().any(|package| {
            specifier.strip_prefix(package.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/', ':']))
        })
    })
}

/// The data that the parameter at `index` of an entry point is: its kind, and which members of it are request data.
pub(super) fn data<'a>(program: &Program<'a>, entry: Entry, index: usize) -> Option<(SourceKind, &'a [String])> {
    let point = program.knowledge.entry_points.get(entry.by_name? as usize)?;
    let is_data = if point.data.is_empty() { index >= point.params.len() } else { point.data.contains(&(index as u16)) };
    is_data.then_some((point.source, &point.request))
}
