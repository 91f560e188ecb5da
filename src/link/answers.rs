//! Which functions answer, where a registration names them: a function, a list, a wrapper, a class with its methods, what its library brings.

use super::evaluate::Linker;
use super::modules::Target;
use super::mounts::Mounts;
use super::scopes::{Binding, is_class_like};
use crate::model::body::{CollectionKind, List, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, ImportItem};
use crate::model::knowledge::{ApiFact, RouteFact};
use crate::model::program::{VIEW_METHODS, Value};
use crate::model::role::GlobalDef;
use crate::model::route::{UNKNOWN_PART, join};
use crate::model::source::FileId;

/// A function found to answer.
#[derive(Clone)]
pub(super) struct Answer {
    /// The function; the class, where a base outside the project brings the method.
    pub(super) function: GlobalDef,
    /// The HTTP method it answers, where its name says so.
    pub(super) method: Option<String>,
    /// Its name in the class that is registered as a whole, and that class.
    member: Option<(String, GlobalDef)>,
}

impl Answer {
    fn plain(function: GlobalDef) -> Answer {
        Answer { function, method: None, member: None }
    }
}

/// A method of a registered class that is a route of its own.
pub(super) struct Detail {
    pub(super) function: GlobalDef,
    pub(super) methods: Vec<String>,
    /// Its path below that of the class, as written.
    pub(super) written: String,
    pub(super) paths: Vec<String>,
}

impl<'a> Linker<'a> {
    /// Functions an argument stands for: itself, through wrappers, arrays, object literals, classes with HTTP methods.
    pub(super) fn functions_in(&mut self, file: FileId, node: NodeId, depth: u8, out: &mut Vec<Answer>) {
        if depth > 4 {
            return;
        }
        let facts = &self.facts[file.index()];
        match facts.arena.kind(node) {
            NodeKind::Closure(def) => {
                out.push(Answer::plain(GlobalDef { file, def }));
                return;
            }
            NodeKind::Argument { value, .. }
            | NodeKind::Entry { value, .. }
            | NodeKind::Cast { value, .. }
            | NodeKind::Spread { value, .. } => {
                return self.functions_in(file, value, depth + 1, out);
            }
            NodeKind::Collection { items, .. } => {
                let mut items: Vec<NodeId> = facts.arena.list(items).collect();
                // The last function answers: `{ handler: show, preHandler: [signedIn] }` says which one that is.
                let answers =
                    |item: &NodeId| matches!(facts.arena.kind(*item), NodeKind::Entry { key, .. } if facts.string(key) == Some("handler"));
                items.sort_by_key(answers);
                if let [class, name] = items[..]
                    && let Some(name) = facts.string(name)
                {
                    out.extend(self.method_named(file, class, name).map(Answer::plain));
                    return;
                }
                for item in items {
                    self.functions_in(file, item, depth + 1, out);
                }
                return;
            }
            NodeKind::Str(_) | NodeKind::Text { .. } => return,
            NodeKind::Call { args, .. } if self.named_members(file, node, args, out) => return,
            NodeKind::Name(_) | NodeKind::Member { .. } => {
                if let Some((file, list)) = self.list_behind(file, node) {
                    return self.functions_in(file, list, depth + 1, out);
                }
            }
            _ => {}
        }
        let value = self.rust_callable(file, node, self.node_values[file.index()][node.index()]);
        match self.get(value) {
            Value::Def(def) => {
                let kind = self.facts[def.file.index()].def(def.def).kind;
                if super::calls::is_callable(kind) {
                    out.push(Answer::plain(def));
                } else if is_class_like(kind) {
                    self.class_handlers(def, out);
                }
            }
            Value::Method { method, .. } => out.push(Answer::plain(method)),
            Value::Instance { class, .. } | Value::Api { subject: Some(class), .. }
                if is_class_like(self.facts[class.file.index()].def(class.def).kind)
                    && !matches!(facts.arena.kind(node), NodeKind::Name(_)) =>
            {
                self.class_handlers(class, out);
            }
            _ => {
                if let NodeKind::Call { callee, args, .. } = facts.arena.kind(node)
                    && !self.registers(file, callee)
                {
                    // `controller.show.bind(controller)` is the function itself.
                    if let NodeKind::Member { object, name, .. } = facts.arena.kind(callee)
                        && facts.text(name) == "bind"
                    {
                        return self.functions_in(file, object, depth + 1, out);
                    }
                    let args: Vec<NodeId> = facts.arena.list(args).collect();
                    for arg in args {
                        self.functions_in(file, arg, depth + 1, out);
                    }
                }
            }
        }
    }

    /// The method of `[OrdersController, "show"]`, where the class may be one that is loaded only when it is asked for:
    /// `const OrdersController = () => import("./orders_controller")`.
    fn method_named(&mut self, file: FileId, class: NodeId, name: &str) -> Option<GlobalDef> {
        let class = match self.get(self.node_values[file.index()][class.index()]) {
            Value::Def(def) => self.loaded_by(def).unwrap_or(def),
            _ => return None,
        };
        if !is_class_like(self.facts[class.file.index()].def(class.def).kind) {
            return None;
        }
        let owners = self.hierarchy(class);
        owners.iter().find_map(|&owner| self.own_member(owner, name))
    }

    /// The class that a function loads, which does nothing else.
    fn loaded_by(&mut self, function: GlobalDef) -> Option<GlobalDef> {
        let facts = &self.facts[function.file.index()];
        let def = facts.def(function.def);
        let mut body = match def.value.map(|value| facts.arena.kind(value)) {
            Some(NodeKind::Closure(closure)) => facts.def(closure).body?,
            _ => def.body?,
        };
        loop {
            body = match facts.arena.kind(body) {
                NodeKind::Block { items, .. } => facts.arena.list(items).next()?,
                NodeKind::Return(Some(value)) | NodeKind::Await(value) => value,
                _ => break,
            };
        }
        match self.get(self.node_values[function.file.index()][body.index()]) {
            Value::Module(module) => {
                let default = self.module_member(module, "default")?;
                match self.get(default) {
                    Value::Def(def) => Some(def),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The list a name of a module or of what it imports stands for: `const guards = [a, b]`, `exports.create = [check, (req, res) => …]`.
    pub(super) fn list_behind(&mut self, file: FileId, node: NodeId) -> Option<(FileId, NodeId)> {
        let facts = &self.facts[file.index()];
        let (file, value) = match facts.arena.kind(node) {
            NodeKind::Name(name) => match self.scopes[file.index()].name(DefId::MODULE, facts.text(name))? {
                Binding::Def(def) => (file, facts.def(def).value?),
                Binding::Import(import) => {
                    let ImportItem::Named(name) = facts.imports[import as usize].item else { return None };
                    let Target::Module(module) = self.import_targets[file.index()][import as usize] else { return None };
                    self.exported_value(module, facts.text(name))?
                }
            },
            NodeKind::Member { object, name, .. } => match self.get(self.node_values[file.index()][object.index()]) {
                Value::Module(module) => self.exported_value(module, facts.text(name))?,
                _ => return None,
            },
            _ => return None,
        };
        matches!(self.facts[file.index()].arena.kind(value), NodeKind::Collection { kind: CollectionKind::List, .. })
            .then_some((file, value))
    }

    /// The expression a module exports under a name.
    fn exported_value(&mut self, module: GlobalDef, name: &str) -> Option<(FileId, NodeId)> {
        if let Some(&export) = self.scopes[module.file.index()].exports.get(name) {
            return Some((module.file, self.facts[module.file.index()].exports[export as usize].value));
        }
        let def = self.variable_in(module, name, 0)?;
        Some((def.file, self.facts[def.file.index()].def(def.def).value?))
    }

    /// True for a call that registers routes of its own (`include([path("login/", …)])`).
    fn registers(&self, file: FileId, callee: NodeId) -> bool {
        match self.get(self.node_values[file.index()][callee.index()]) {
            Value::Api { api, .. } => self.apis.facts(api).any(|(fact, _)| matches!(fact, ApiFact::Route(_))),
            _ => false,
        }
    }

    /// The methods of a view: its own, those of its bases in the project, and those that its library's classes bring.
    pub(super) fn class_handlers(&mut self, class: GlobalDef, out: &mut Vec<Answer>) {
        let owners = self.hierarchy(class);
        let provided = self.provided(class);
        for &(name, method) in VIEW_METHODS {
            let own = owners.iter().find_map(|&owner| self.own_member(owner, name));
            let function = match own {
                Some(member) if self.facts[member.file.index()].def(member.def).kind == DefKind::Method => member,
                None if provided.contains(&name) => class,
                _ => continue,
            };
            out.push(Answer { function, method: Some(method.to_string()), member: Some((name.to_string(), class)) });
        }
    }

    /// The handlers that bases outside the project bring.
    fn provided(&mut self, class: GlobalDef) -> Vec<&'a str> {
        let mut found = Vec::new();
        for owner in self.hierarchy(class) {
            for api in self.class_info(owner).outside {
                for (fact, _) in self.apis.facts(api) {
                    if let ApiFact::Provides(members) = fact {
                        found.extend(members.iter().map(String::as_str));
                    }
                }
            }
        }
        found
    }

    /// `Orders.as_view({"get": "list"})`: the methods of the class by HTTP method. False for any other call.
    fn named_members(&mut self, file: FileId, call: NodeId, args: List, out: &mut Vec<Answer>) -> bool {
        let facts = &self.facts[file.index()];
        let Some(table) = facts.arena.list(args).next().filter(|&first| self.is_object(file, first)) else { return false };
        let class = match self.get(self.node_values[file.index()][call.index()]) {
            Value::Api { subject: Some(class), .. } | Value::Instance { class, .. } => class,
            _ => return false,
        };
        let NodeKind::Collection { items, .. } = facts.arena.kind(table) else { return false };
        let mut named = Vec::new();
        for item in facts.arena.list(items) {
            let NodeKind::Entry { key, value } = facts.arena.kind(item) else { return false };
            let (Some(key), Some(value)) = (facts.string(key), facts.string(value)) else { return false };
            named.push((key, value));
        }
        let owners = self.hierarchy(class);
        let provided = self.provided(class);
        for &(method, name) in &named {
            let own = owners.iter().find_map(|&owner| self.own_member(owner, name));
            let function = own.or_else(|| provided.contains(&name).then_some(class));
            out.extend(function.map(|function| Answer { function, method: Some(method.to_ascii_uppercase()), member: None }));
        }
        !named.is_empty()
    }

    /// How the path goes on for one method of a class that is registered as a whole.
    pub(super) fn continued(&mut self, mounts: &mut Mounts, route: &RouteFact, answer: &Answer, own: &str) -> String {
        if route.item_path.is_empty() {
            return own.to_string();
        }
        let own = format!("{}/", own.trim_end_matches('/'));
        match &answer.member {
            Some((name, class)) if route.item_members.contains(name) => join(&own, &self.item_path(mounts, route, *class)),
            _ => own,
        }
    }

    /// What stands behind the path of a registered class for one of its items.
    fn item_path(&mut self, mounts: &mut Mounts, route: &RouteFact, class: GlobalDef) -> String {
        for name in &route.item_names {
            let Some(member) = self.find_member(class, name) else { continue };
            let Some(value) = self.facts[member.file.index()].def(member.def).value else { continue };
            let text = mounts.origins.text(self, member.file, value, 0);
            if text != UNKNOWN_PART
                && let (Some(start), Some(end)) = (route.item_path.find('{'), route.item_path.find('}'))
            {
                return format!("{}{text}{}", &route.item_path[..=start], &route.item_path[end..]);
            }
        }
        route.item_path.clone()
    }

    /// Where a decorator lists methods: `@action(methods=["post"])`, `@action(["post"])`.
    pub(super) fn listed_methods(&self, route: &RouteFact, file: FileId, args: &[NodeId]) -> Option<NodeId> {
        let named = route.methods_from.as_ref().and_then(|argument| self.argument(file, args, argument));
        let is_list = |&node: &NodeId| matches!(self.facts[file.index()].arena.kind(node), NodeKind::Collection { .. });
        named.or_else(|| args.first().copied().filter(is_list).filter(|_| route.detail.is_some()))
    }

    /// Methods of a registered class that decorators make routes of their own, below the class's path.
    pub(super) fn details(&mut self, mounts: &mut Mounts, whole: &RouteFact, class: (FileId, NodeId), own: &[String]) -> Vec<Detail> {
        let mut out = Vec::new();
        let class = match self.get(self.node_values[class.0.index()][class.1.index()]) {
            Value::Def(class) if is_class_like(self.facts[class.file.index()].def(class.def).kind) => class,
            _ => return out,
        };
        let item_path = self.item_path(mounts, whole, class);
        for owner in self.hierarchy(class) {
            let facts = &self.facts[owner.file.index()];
            let methods: Vec<DefId> =
                facts.definitions().filter(|(_, def)| def.parent == owner.def && def.kind == DefKind::Method).map(|(id, _)| id).collect();
            for method in methods {
                let function = GlobalDef { file: owner.file, def: method };
                let definition = facts.def(method);
                for &decorator in &definition.decorators {
                    let Some((route, _, api)) = self.decorator_api(owner.file, decorator).and_then(|api| self.route_fact(api)) else {
                        continue;
                    };
                    let Some(detail) = &route.detail else { continue };
                    let args: Vec<NodeId> = match facts.arena.kind(decorator) {
                        NodeKind::Call { args, .. } => facts.arena.list(args).collect(),
                        _ => Vec::new(),
                    };
                    let is_item =
                        self.argument(owner.file, &args, detail).is_some_and(|node| matches!(facts.arena.kind(node), NodeKind::Bool(true)));
                    let listed = self.listed_methods(route, owner.file, &args);
                    let methods = self.methods(route, listed.map(|node| (owner.file, node)), &api);
                    let path = route.path.as_ref().and_then(|argument| self.argument(owner.file, &args, argument));
                    let path = match path {
                        Some(node) => mounts.origins.text(self, owner.file, node, 0),
                        None => facts.text(definition.name).to_string(),
                    };
                    let below: Vec<String> = own
                        .iter()
                        .map(|own| {
                            let start = format!("{}/", own.trim_end_matches('/'));
                            let start = if is_item { join(&start, &item_path) } else { start };
                            format!("{}/", join(&start, &path).trim_end_matches('/'))
                        })
                        .collect();
                    out.push(Detail { function, methods, written: path, paths: below });
                }
            }
        }
        out
    }
}
