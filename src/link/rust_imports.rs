//! Edges of the import graph that Rust makes: `use` declarations, and paths used with no `use` wherever a path can stand: in code,
//! types, bounds, `impl` headers, attributes, strings of attributes, macro arguments and bodies of `macro_rules!`.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::languages::rust::modules::RustModules;
use crate::languages::rust::resolve::{Meaning, RustNames, Space, Start};
use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, Definition, FileFacts, ImportItem, ImportKind};
use crate::model::program::{ImportEdge, ImportTarget};
use crate::model::role::GlobalDef;
use crate::model::source::{FileId, Span};

const ANY: &[Space] = &[Space::Value, Space::Type, Space::Macro];

/// The edges of one Rust file: its imports in order, then paths without `use`.
pub(super) fn edges<'a>(names: &mut RustNames<'a>, modules: &RustModules, facts: &'a [Arc<FileFacts>], file: FileId) -> Vec<ImportEdge> {
    let mut found = Vec::new();
    let own = &facts[file.index()];
    for (at, import) in own.imports.iter().enumerate() {
        let name = match import.item {
            ImportItem::Named(name) => own.text(name),
            _ => "",
        };
        let scope = GlobalDef { file, def: import.scope };
        let specifier = own.text(import.specifier);
        let (target, definition) = imported(names, scope, specifier, name, import.item);
        let definition = definition.filter(|_| !matches!(own.imports[at].item, ImportItem::Star));
        let kind = kind_of(modules, names, scope, own, import.kind);
        let name = name.to_string();
        found.push(ImportEdge {
            from: file,
            scope: import.scope,
            target,
            definition,
            name,
            kind,
            re_export: import.re_export,
            span: import.span,
        });
    }
    for (missing, def, name) in modules.missing().iter().filter(|(missing, ..)| *missing == file) {
        let scope = GlobalDef { file: *missing, def: *def };
        let declared = own.mods.iter().find(|declared| own.text(declared.name) == name);
        let span = declared.map(|declared| declared.span).unwrap_or_default();
        let kind = if declared.is_some_and(|declared| declared.test) { ImportKind::Test } else { ImportKind::Load };
        let kind = kind_of(modules, names, scope, own, kind);
        found.push(edge(scope, ImportTarget::Unresolved(format!("self::{name}")), None, String::new(), kind, span));
    }
    paths(names, modules, facts, file, &mut found);
    found
}

/// Where a `use` leads, and what it names there.
fn imported<'a>(
    names: &mut RustNames<'a>,
    scope: GlobalDef,
    specifier: &'a str,
    name: &'a str,
    item: ImportItem,
) -> (ImportTarget, Option<GlobalDef>) {
    let global = specifier.starts_with("::");
    let mut segments: Vec<&'a str> = specifier.split("::").filter(|part| !part.is_empty()).collect();
    if !name.is_empty() {
        segments.push(name);
    }
    // `use a::{self}` and `use a::*` name a module (or an enum).
    let spaces = match item {
        ImportItem::Named(_) => ANY,
        _ if segments.len() == 1 => &[Space::Type, Space::Value, Space::Macro],
        _ => &[Space::Type],
    };
    match names.segments(scope, &segments, global, Start::Use, spaces) {
        Meaning::Module(module) => (ImportTarget::Module(module), Some(module)),
        Meaning::Item(item) => (ImportTarget::Module(names.module_of(item)), Some(item)),
        Meaning::Within(module) => (ImportTarget::Module(module), None),
        Meaning::External(path) => {
            let module = if name.is_empty() { path.as_str() } else { path.rsplit_once("::").map_or(path.as_str(), |(module, _)| module) };
            (ImportTarget::External(module.to_string()), None)
        }
        Meaning::Unresolved | Meaning::Unknown => (ImportTarget::Unresolved(segments.join("::")), None),
    }
}

/// The kind of an edge: everything in test code is a test's.
fn kind_of(modules: &RustModules, names: &RustNames, scope: GlobalDef, facts: &FileFacts, kind: ImportKind) -> ImportKind {
    let in_test = facts.def(scope.def).flags.has(DefFlags::TEST) || modules.is_test(names.module_of(scope));
    if in_test { ImportKind::Test } else { kind }
}

fn edge(scope: GlobalDef, target: ImportTarget, definition: Option<GlobalDef>, name: String, kind: ImportKind, span: Span) -> ImportEdge {
    ImportEdge { from: scope.file, scope: scope.def, target, definition, name, kind, re_export: false, span }
}

/// A path that stands somewhere in a definition.
struct Path<'a> {
    segments: Vec<&'a str>,
    spaces: &'static [Space],
    kind: ImportKind,
    span: Span,
    /// Stands in the arguments of a macro.
    in_macro: bool,
}

fn paths<'a>(names: &mut RustNames<'a>, modules: &RustModules, facts: &'a [Arc<FileFacts>], file: FileId, edges: &mut Vec<ImportEdge>) {
    let own = &facts[file.index()];
    let imports = own.imports.len();
    let mut seen: FxHashSet<(DefId, GlobalDef)> = FxHashSet::default();
    let mut seen_outside: FxHashSet<(DefId, String)> = FxHashSet::default();
    for (def, definition) in own.definitions() {
        let scope = GlobalDef { file, def };
        for path in paths_of(own, definition) {
            let Some(&first) = path.segments.first() else { continue };
            let mut meaning = names.segments(scope, &path.segments, false, Start::Code, path.spaces);
            // A macro that makes a module of its arguments: `super` is the module of the call.
            if path.in_macro && first == "super" && meaning == Meaning::Unresolved {
                meaning = names.segments(scope, &path.segments[1..], false, Start::Code, path.spaces);
            }
            let bound = names.import_of(scope, first).and_then(|import| edges.get(import as usize).filter(|_| (import as usize) < imports));
            let (module, definition) = match meaning {
                Meaning::Item(item) => (names.module_of(item), Some(item)),
                Meaning::Module(module) | Meaning::Within(module) => (module, None),
                Meaning::External(outside) => {
                    let through = outside.rsplit_once("::").map_or(outside.as_str(), |(through, _)| through).to_string();
                    if bound.is_none() && path.segments.len() > 1 && seen_outside.insert((def, through.clone())) {
                        let kind = kind_of(modules, names, scope, own, path.kind);
                        edges.push(edge(scope, ImportTarget::External(through), None, String::new(), kind, path.span));
                    }
                    continue;
                }
                Meaning::Unresolved => {
                    let through = path.segments.join("::");
                    if bound.is_none() && seen_outside.insert((def, through.clone())) {
                        let kind = kind_of(modules, names, scope, own, path.kind);
                        edges.push(edge(scope, ImportTarget::Unresolved(through), None, String::new(), kind, path.span));
                    }
                    continue;
                }
                Meaning::Unknown => continue,
            };
            // The `use` that brings the first name is the edge, unless the path goes on to another module.
            let is_covered = bound.is_some_and(|bound| bound.target == ImportTarget::Module(module));
            if module.file == file || is_covered || !seen.insert((def, definition.unwrap_or(module))) {
                continue;
            }
            let kind = kind_of(modules, names, scope, own, path.kind);
            let name = definition.map(|item| facts[item.file.index()].text(facts[item.file.index()].def(item.def).name).to_string());
            edges.push(edge(scope, ImportTarget::Module(module), definition, name.unwrap_or_default(), kind, path.span));
        }
    }
}

/// All paths of more than one segment in a definition (those of nested definitions are theirs), and the macros it calls.
fn paths_of<'a>(facts: &'a FileFacts, definition: &Definition) -> Vec<Path<'a>> {
    let mut found = Vec::new();
    let mut roots: Vec<NodeId> = definition.bases.clone();
    roots.extend(definition.type_params.iter().flat_map(|param| param.bounds.iter().copied()));
    roots.extend(definition.params.iter().filter_map(|param| param.annotation));
    roots.extend(definition.params.iter().filter_map(|param| param.pattern));
    roots.extend(definition.annotation);
    roots.extend(definition.value);
    roots.extend(definition.body);
    for root in roots {
        code_paths(facts, root, &mut found);
    }
    for &attribute in &definition.decorators {
        code_paths(facts, attribute, &mut found);
        string_paths(facts, attribute, &mut found);
    }
    found
}

/// The outermost paths below a node.
fn code_paths<'a>(facts: &'a FileFacts, root: NodeId, found: &mut Vec<Path<'a>>) {
    let mut inner: FxHashSet<NodeId> = FxHashSet::default();
    let mut macros_end = 0;
    facts.arena.walk(root, |node| {
        let span = facts.arena.span(node);
        let in_macro = span.end <= macros_end;
        let mut add = |segments, spaces| found.push(Path { segments, spaces, kind: ImportKind::Load, span, in_macro });
        match facts.arena.kind(node) {
            NodeKind::Member { path: true, .. } if !inner.contains(&node) => {
                if let Some(segments) = segments_of(facts, node, &mut inner) {
                    add(segments, ANY);
                }
            }
            NodeKind::Call { callee, form: CallForm::Macro, .. } => {
                macros_end = macros_end.max(span.end);
                let segments = match facts.arena.kind(callee) {
                    NodeKind::Name(name) => Some(vec![facts.text(name)]),
                    NodeKind::Member { path: true, .. } => segments_of(facts, callee, &mut inner),
                    _ => None,
                };
                inner.insert(callee);
                if let Some(segments) = segments {
                    add(segments, &[Space::Macro]);
                }
            }
            _ => {}
        }
    });
}

/// `a`, `b`, `c` of `a::b::c`; nothing when it starts with a type (`<T as Trait>::f`, `Vec<u8>::new`).
fn segments_of<'a>(facts: &'a FileFacts, node: NodeId, inner: &mut FxHashSet<NodeId>) -> Option<Vec<&'a str>> {
    let mut segments = Vec::new();
    let mut at = node;
    loop {
        match facts.arena.kind(at) {
            NodeKind::Member { object, name, path: true } => {
                segments.push(facts.text(name));
                inner.insert(at);
                at = object;
            }
            // `a::Type::<T>::f`
            NodeKind::Apply { base, .. } => at = base,
            NodeKind::Name(name) => {
                segments.push(facts.text(name));
                segments.reverse();
                return Some(segments);
            }
            _ => return None,
        }
    }
}

/// Paths that attributes name in strings: `#[serde(with = "crate::dates")]`.
fn string_paths<'a>(facts: &'a FileFacts, attribute: NodeId, found: &mut Vec<Path<'a>>) {
    if let NodeKind::Assign { .. } = facts.arena.kind(attribute) {
        return;
    }
    facts.arena.walk(attribute, |node| {
        let NodeKind::Str(text) = facts.arena.kind(node) else { return };
        let text = facts.text(text);
        let is_path = text.contains("::") && text.bytes().all(|byte| byte == b':' || byte == b'_' || byte.is_ascii_alphanumeric());
        if is_path {
            let segments = text.split("::").filter(|part| !part.is_empty()).collect();
            found.push(Path { segments, spaces: ANY, kind: ImportKind::String, span: facts.arena.span(node), in_macro: false });
        }
    });
}
