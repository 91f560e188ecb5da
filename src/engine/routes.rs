//! Rows of `archcheck routes`.

use super::{Engine, RoutePlace, RouteRow};
use crate::model::facts::ParamKind;
use crate::model::finding::Location;
use crate::model::program::{Program, Route, Value};
use crate::model::role::Role;

impl Engine {
    pub(super) fn route_rows(&self, program: &Program) -> Vec<RouteRow> {
        let selection = self.selection();
        let mut rows = Vec::new();
        for route in program.routes.iter().filter(|route| selection.shows(&route.place.path)) {
            let mut paths: Vec<Option<String>> = route.full.iter().cloned().map(Some).collect();
            if paths.is_empty() {
                // The same handler has its path elsewhere, where its class is registered.
                if program.routes.iter().any(|other| other.handler == route.handler && !other.full.is_empty()) {
                    continue;
                }
                paths.push(None);
            }
            rows.extend(paths.into_iter().map(|path| self.route_row(program, route, path)));
        }
        rows
    }

    fn route_row(&self, program: &Program, route: &Route, path: Option<String>) -> RouteRow {
        let handler = route.handler;
        let facts = program.file(handler.file);
        let mut takes = Vec::new();
        for param in facts.def(handler.def).params.iter().filter(|param| param.kind != ParamKind::Receiver) {
            let Some(annotation) = param.annotation else { continue };
            facts.arena.walk(annotation, |node| {
                let class = match program.value(handler.file, node) {
                    Value::Def(class) | Value::Instance { class, .. } => class,
                    _ => return,
                };
                let is_schema = program.role(class).is_some_and(|evidence| matches!(evidence.role, Role::Schema | Role::Model));
                let name = program.name(class).to_string();
                if is_schema && !takes.contains(&name) {
                    takes.push(name);
                }
            });
        }
        RouteRow {
            methods: route.methods.clone(),
            path,
            written: route.path.clone(),
            framework: route.framework.clone(),
            place: self.route_place(&route.place),
            handler: program.qualified_name(handler),
            handler_place: self.route_place(&program.name_location(handler)),
            guards: route.guards.clone(),
            takes,
            test: program.file_roles[handler.file.index()].iter().any(|evidence| evidence.role == Role::Test),
        }
    }

    fn route_place(&self, place: &Location) -> RoutePlace {
        let lines = self.line_index(&place.path).or_else(|| {
            let at = self.texts.binary_search_by(|(path, _)| path.cmp(&place.path)).ok()?;
            Some(&self.text_notes[at].lines)
        });
        RoutePlace { path: place.path.clone(), line: lines.map_or(1, |lines| lines.line(place.span.start) + 1) }
    }
}
