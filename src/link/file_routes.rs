//! Handlers that stand where a framework looks for them: by the file's path and the names it exports, and those that an OpenAPI document names.

use std::sync::Arc;

use globset::{Glob, GlobSetBuilder};

use super::evaluate::Linker;
use super::modules::Target;
use super::routes::Routes;
use super::scopes::Binding;
use crate::documents::openapi;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, ImportItem};
use crate::model::finding::Location;
use crate::model::knowledge::FileRoute;
use crate::model::program::{Route, Value};
use crate::model::role::GlobalDef;
use crate::model::route::{join, template};
use crate::model::source::FileId;

impl Linker<'_> {
    /// The URL that a file's path says: `app/(shop)/users/[id]/route.ts` is `/users/{id}`, `pages/api/items/index.ts` is `/api/items`.
    fn path_of_file(&self, file: FileId, rule: &FileRoute) -> Vec<String> {
        let Some(folder) = &rule.folder else { return Vec::new() };
        let path = &self.project.files[file.index()].path;
        let parts: Vec<&str> = path.split('/').collect();
        let Some(start) = parts.iter().position(|part| part == folder) else { return Vec::new() };
        let mut url = String::new();
        let last = parts.len() - 1;
        for (at, part) in parts.iter().enumerate().skip(start + 1) {
            let stem = if at == last { part.split('.').next().unwrap_or(part) } else { part };
            let silent =
                stem.starts_with('(') && stem.ends_with(')') || stem.starts_with('@') || at == last && matches!(stem, "route" | "index");
            if silent {
                continue;
            }
            url.push('/');
            match stem.strip_prefix('[') {
                Some(name) => url.push_str(&format!("{{{}}}", name.trim_matches(['[', ']', '.']))),
                None => url.push_str(stem),
            }
        }
        if url.is_empty() {
            url.push('/');
        }
        vec![url]
    }

    /// Handlers a framework finds by the file's path.
    pub(super) fn file_routes(&mut self, found: &mut Routes) {
        let knowledge = self.knowledge;
        for rule in &knowledge.file_routes {
            let mut globs = GlobSetBuilder::new();
            for pattern in &rule.files {
                if let Ok(glob) = Glob::new(pattern) {
                    globs.add(glob);
                }
            }
            let Ok(globs) = globs.build() else { continue };
            let framework = &knowledge.frameworks[rule.framework as usize];
            for file in 0..self.facts.len() {
                let file = FileId(file as u32);
                let facts = &self.facts[file.index()];
                if facts.language.family() != framework.family || !globs.is_match(&*self.project.files[file.index()].path) {
                    continue;
                }
                if !self.frameworks_of_package(file).contains(&rule.framework) || !self.has_directive(file, rule.directive.as_deref()) {
                    continue;
                }
                // `"use server"` in a file of services: others call them, too.
                let stem =
                    self.project.files[file.index()].path.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
                if rule.directive.is_some() && matches!(stem, "service" | "services" | "repository" | "repositories" | "queries" | "data") {
                    continue;
                }
                for (name, handler) in self.exported_functions(file) {
                    if !rule.exports.is_empty() && !rule.exports.contains(&name) {
                        continue;
                    }
                    let methods = if rule.methods.is_empty() { vec![name.to_ascii_uppercase()] } else { rule.methods.clone() };
                    let span = self.facts[handler.file.index()].def(handler.def).name_span;
                    let place = self.place(handler.file, span);
                    found.routes.push(Route {
                        methods,
                        path: None,
                        full: self.path_of_file(file, rule),
                        guards: Vec::new(),
                        handler,
                        framework: framework.name.clone(),
                        place,
                        params_are_sources: rule.params_are_sources,
                    });
                }
            }
        }
    }

    /// Handlers that only an OpenAPI document names (connexion's `operationId: api_views.users.login`).
    pub(super) fn specified_routes(&mut self, found: &mut Routes, texts: &[(Arc<str>, Arc<str>)]) {
        let knowledge = self.knowledge;
        let Some(connexion) = knowledge.frameworks.iter().position(|framework| framework.packages.iter().any(|name| name == "connexion"))
        else {
            return;
        };
        let Some(user) =
            (0..self.facts.len() as u32).map(FileId).find(|file| self.frameworks_of[file.index()].contains(&(connexion as u16)))
        else {
            return;
        };
        let other = |wanted: &str| {
            let at = texts.binary_search_by(|(path, _)| (**path).cmp(wanted)).ok()?;
            Some(texts[at].1.clone())
        };
        for (path, text) in texts {
            if !text.contains("operationId") {
                continue;
            }
            let Some(document) = openapi::read(path, text, &other) else { continue };
            let base = document.bases.first().map_or("", String::as_str);
            for operation in document.operations {
                let Some((id, place)) = operation.id else { continue };
                let id = operation.controller.map_or_else(|| id.clone(), |controller| format!("{controller}.{id}"));
                let Some(handler) = self.python_function(user, &id) else { continue };
                found.routes.push(Route {
                    methods: vec![operation.method],
                    full: vec![template(&join(base, &operation.path))],
                    path: Some(operation.path),
                    guards: Vec::new(),
                    handler,
                    framework: knowledge.frameworks[connexion].name.clone(),
                    place: Location { path: place.path, span: place.span },
                    params_are_sources: true,
                });
            }
        }
    }

    /// The function a dotted name means, seen from a file.
    fn python_function(&mut self, from: FileId, dotted: &str) -> Option<GlobalDef> {
        let (module, name) = dotted.rsplit_once('.')?;
        let target: Target = self.modules.python.resolve(from, 0, module).into();
        let Target::Module(module) = target else { return None };
        let value = self.module_member(module, name)?;
        match self.get(value) {
            Value::Def(def) if super::calls::is_callable(self.facts[def.file.index()].def(def.def).kind) => Some(def),
            _ => None,
        }
    }

    fn has_directive(&self, file: FileId, directive: Option<&str>) -> bool {
        let Some(wanted) = directive else { return true };
        let facts = &self.facts[file.index()];
        let Some(body) = facts.def(DefId::MODULE).body else { return false };
        let NodeKind::Block { items, .. } = facts.arena.kind(body) else { return false };
        facts.arena.list(items).take(3).any(|item| facts.string(item) == Some(wanted))
    }

    /// Exported functions of a file by exported name, through wrappers (`export const POST = withAuth(async …)`), other names
    /// (`export const PUT = PATCH`) and other files (`export { GET } from "../route"`).
    fn exported_functions(&mut self, file: FileId) -> Vec<(String, GlobalDef)> {
        let mut out = self.declared_exports(file);
        let facts = &self.facts[file.index()];
        for (at, import) in facts.imports.iter().enumerate() {
            let (true, ImportItem::Named(wanted), Some(local)) = (import.re_export, import.item, import.local) else { continue };
            let Target::Module(module) = self.import_targets[file.index()][at].clone() else { continue };
            let wanted = facts.text(wanted);
            let there = self.declared_exports(module.file);
            let functions = there.into_iter().filter(|(name, _)| name == wanted);
            out.extend(functions.map(|(_, function)| (facts.text(local).to_string(), function)));
        }
        out.sort();
        out.dedup();
        out
    }

    /// Exported functions that a file itself holds.
    fn declared_exports(&mut self, file: FileId) -> Vec<(String, GlobalDef)> {
        let mut out = Vec::new();
        let facts = &self.facts[file.index()];
        for (id, def) in facts.definitions().skip(1) {
            if def.parent != DefId::MODULE || !def.flags.has(DefFlags::PUBLIC) {
                continue;
            }
            let name = if def.flags.has(DefFlags::DEFAULT_EXPORT) { "default" } else { facts.text(def.name) };
            match def.kind {
                DefKind::Function if !def.flags.has(DefFlags::CLOSURE) => out.push((name.to_string(), GlobalDef { file, def: id })),
                DefKind::Variable => {
                    let function = def.value.and_then(|value| self.function_of(file, value, 0));
                    out.extend(function.map(|function| (name.to_string(), function)));
                }
                _ => {}
            }
        }
        for export in &facts.exports {
            let function = self.function_of(file, export.value, 0);
            out.extend(function.map(|function| (facts.text(export.exported).to_string(), function)));
        }
        out
    }

    /// The function a module-level value stands for: the last of those given to a wrapper, of another variable, of one name out
    /// of what a call gives (`export const { POST } = serve(async …)`).
    fn function_of(&mut self, file: FileId, value: NodeId, depth: u8) -> Option<GlobalDef> {
        let facts = &self.facts[file.index()];
        let value = match facts.arena.kind(value) {
            NodeKind::Member { object, .. } if matches!(facts.arena.kind(object), NodeKind::Call { .. }) => object,
            _ => value,
        };
        let mut functions = Vec::new();
        self.functions_in(file, value, 0, &mut functions);
        if let Some(answer) = functions.last() {
            return Some(answer.function);
        }
        let NodeKind::Name(name) = facts.arena.kind(value) else { return None };
        match self.scopes[file.index()].name(DefId::MODULE, facts.text(name))? {
            Binding::Def(def) if depth < 4 => {
                let definition = facts.def(def);
                match definition.kind {
                    DefKind::Function => Some(GlobalDef { file, def }),
                    DefKind::Variable => self.function_of(file, definition.value?, depth + 1),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}
