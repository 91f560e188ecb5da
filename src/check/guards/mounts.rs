//! Guards and limiters that stand beside a router where another file mounts it.

use rustc_hash::FxHashMap;

use super::{Evidence, Guards};
use crate::check::handlers::Handler;
use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::nesting::{arguments, called_name};
use crate::model::program::{ImportTarget, Value};
use crate::model::source::FileId;

impl Guards<'_> {
    /// What stands beside the router where another file mounts it: `app.include_router(orders.router, dependencies=[Depends(user)])`,
    /// `app.use('/orders', requireUser, orders)`.
    pub(super) fn at_mount(&self, handler: &Handler) -> Option<Evidence> {
        let path = handler.route.map_or_else(|| self.program.path(handler.function.file).clone(), |route| route.place.path.clone());
        let at = self.program.project.files.binary_search_by(|file| file.path.cmp(&path)).ok()?;
        let router = FileId(at as u32);
        self.mounted.get_or_init(|| self.mounts()).get(&router).cloned()
    }

    /// Files whose routers are mounted beside a guard, with the guard.
    fn mounts(&self) -> FxHashMap<FileId, Evidence> {
        let mut found = FxHashMap::default();
        for at in 0..self.program.facts.len() {
            let file = FileId(at as u32);
            let facts = self.program.file(file);
            if !["include_router", "use"].iter().any(|name| facts.names.may_hold(name)) {
                continue;
            }
            for call in facts.arena.ids().filter(|&node| matches!(facts.arena.kind(node), NodeKind::Call { form: CallForm::Plain, .. })) {
                if !matches!(called_name(facts, call), Some("include_router" | "use")) {
                    continue;
                }
                let given: Vec<NodeId> = arguments(facts, call).collect();
                let Some((place, router)) = given.iter().enumerate().find_map(|(at, &node)| Some((at, self.file_of(file, node)?))) else {
                    continue;
                };
                let guard = given.iter().enumerate().filter(|&(at, _)| at != place).find_map(|(_, &argument)| {
                    let value = match facts.arena.kind(argument) {
                        NodeKind::Argument { name, value } if facts.text(name) == "dependencies" => value,
                        NodeKind::Argument { .. } | NodeKind::Closure(_) => return None,
                        _ => argument,
                    };
                    self.inside(file, value)
                });
                if let Some((node, what)) = guard {
                    found.entry(router).or_insert_with(|| self.evidence(file, node, &what));
                }
            }
        }
        found
    }

    /// The file that an imported router comes from: `orders.router`, `orders_router`.
    fn file_of(&self, file: FileId, node: NodeId) -> Option<FileId> {
        let facts = self.program.file(file);
        let name = match facts.arena.kind(node) {
            NodeKind::Member { object, .. } => match self.program.value(file, object) {
                Value::Module(module) => return Some(module.file),
                _ => return None,
            },
            NodeKind::Name(name) => name,
            _ => return None,
        };
        let import = facts.imports.iter().find(|import| import.local == Some(name))?;
        let edge = self.program.imports_of(file).iter().find(|edge| edge.span == import.span)?;
        match (edge.definition, &edge.target) {
            (Some(definition), _) if definition.file != file => Some(definition.file),
            (_, ImportTarget::Module(module)) => Some(module.file),
            _ => None,
        }
    }
}
