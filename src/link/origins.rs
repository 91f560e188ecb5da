//! Which router an expression is: followed through variables, imports, fields, results, parameters and chains of calls to the call that makes it.
//!
//! Light types know *what* a router is (`fastapi.APIRouter()`), here it matters *which*. Demand-driven, without order of statements: a variable
//! is every router it is ever assigned. Depth and number of results are bounded; what is beyond is unknown.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::evaluate::Linker;
use super::modules::Target;
use super::scopes::{Binding, is_class_like};
use crate::model::body::{AssignOp, BinaryOp, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, ImportItem, Name, ParamKind};
use crate::model::knowledge::{ApiFact, MountKind, Named};
use crate::model::nesting::Nesting;
use crate::model::program::{ApiId, Value};
use crate::model::role::GlobalDef;
use crate::model::route::UNKNOWN_PART;
use crate::model::source::{Family, FileId};

/// Longest chain of expressions that is followed.
const DEEPEST: u32 = 160;
/// An expression that may be more routers than this is none in particular.
const MOST: usize = 256;

/// Most calls of a function looked at for what they give.
const MOST_CALLS: usize = 16;

/// Something that routes are registered on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Router {
    /// What a call makes, or the prefix that a mounting call adds.
    Made(FileId, NodeId),
    /// What a mounting call in a loop adds in one turn of it.
    Turn(FileId, NodeId, u32),
    /// A parameter of a function, by position; the receiver does not count.
    Param(GlobalDef, u32),
    /// A controller, a handler that carries its own route, a module or a variable that holds routes.
    Def(GlobalDef),
}

/// Calls by the function they lead to.
type Calls = FxHashMap<GlobalDef, Vec<(FileId, NodeId)>>;

/// Caches of following.
#[derive(Default)]
pub(super) struct Origins {
    nestings: FxHashMap<FileId, Rc<Nesting>>,
    /// What the names of a body are assigned.
    locals: FxHashMap<GlobalDef, Rc<FxHashMap<Name, Vec<NodeId>>>>,
    known: FxHashMap<(FileId, NodeId), Rc<Vec<Router>>>,
    open: FxHashSet<(FileId, NodeId)>,
    depth: u32,
    /// Made when a parameter is asked for.
    calls: Option<Rc<Calls>>,
}

impl Origins {
    pub(super) fn nesting(&mut self, linker: &Linker, file: FileId) -> Rc<Nesting> {
        self.nestings.entry(file).or_insert_with(|| Rc::new(Nesting::of(&linker.facts[file.index()]))).clone()
    }

    /// The routers an expression may be, sorted.
    pub(super) fn of(&mut self, linker: &mut Linker, file: FileId, node: NodeId) -> Rc<Vec<Router>> {
        if let Some(known) = self.known.get(&(file, node)) {
            return known.clone();
        }
        if self.depth > DEEPEST || !self.open.insert((file, node)) {
            return Rc::default();
        }
        self.depth += 1;
        let mut found = Vec::new();
        self.find(linker, file, node, &mut found);
        self.depth -= 1;
        self.open.remove(&(file, node));
        found.sort_unstable();
        found.dedup();
        if found.len() > MOST {
            found.clear();
        }
        let found = Rc::new(found);
        // What was cut short by a circle further up is not the whole answer.
        if self.open.is_empty() || !found.is_empty() {
            self.known.insert((file, node), found.clone());
        }
        found
    }

    fn add(&mut self, linker: &mut Linker, file: FileId, node: NodeId, out: &mut Vec<Router>) {
        let found = self.of(linker, file, node);
        out.extend(found.iter());
    }

    fn find(&mut self, linker: &mut Linker, file: FileId, node: NodeId, out: &mut Vec<Router>) {
        let facts = &linker.facts[file.index()];
        match facts.arena.kind(node) {
            NodeKind::Closure(def) | NodeKind::Define(def) => function(GlobalDef { file, def }, out),
            NodeKind::Name(name) => self.name(linker, file, node, name, out),
            NodeKind::Member { object, name, .. } => self.member(linker, file, node, object, facts.text(name), out),
            NodeKind::Call { .. } => self.call(linker, file, node, out),
            NodeKind::Await(value) | NodeKind::Propagate(value) | NodeKind::Cast { value, .. } => self.add(linker, file, value, out),
            NodeKind::Argument { value, .. } | NodeKind::Spread { value, .. } | NodeKind::Entry { value, .. } => {
                self.add(linker, file, value, out)
            }
            NodeKind::Assign { value, .. } => self.add(linker, file, value, out),
            NodeKind::If { then, otherwise, .. } => {
                self.add(linker, file, then, out);
                if let Some(otherwise) = otherwise {
                    self.add(linker, file, otherwise, out);
                }
            }
            NodeKind::Binary { left, right, op: BinaryOp::Or | BinaryOp::Coalesce | BinaryOp::Add } => {
                self.add(linker, file, left, out);
                self.add(linker, file, right, out);
            }
            NodeKind::Block { items, value: true } => {
                if let Some(last) = facts.arena.list(items).next_back() {
                    self.add(linker, file, last, out);
                }
            }
            NodeKind::Collection { items, .. } => {
                for item in facts.arena.list(items) {
                    self.add(linker, file, item, out);
                }
            }
            _ => {}
        }
    }

    fn name(&mut self, linker: &mut Linker, file: FileId, node: NodeId, name: Name, out: &mut Vec<Router>) {
        let facts = &linker.facts[file.index()];
        let mut at = self.nesting(linker, file).owner(node);
        for _ in 0..64 {
            let def = facts.def(at);
            let params = def.params.iter().filter(|param| param.kind != ParamKind::Receiver);
            if let Some(position) = params.into_iter().position(|param| param.name == Some(name)) {
                out.push(Router::Param(GlobalDef { file, def: at }, position as u32));
            }
            if at != DefId::MODULE {
                let locals = self.locals(linker, GlobalDef { file, def: at });
                for &value in locals.get(&name).into_iter().flatten() {
                    self.add(linker, file, value, out);
                }
            }
            if !out.is_empty() {
                return;
            }
            if at == DefId::MODULE || !is_class_like(def.kind) {
                match linker.scopes[file.index()].name(at, facts.text(name)) {
                    Some(Binding::Def(def)) => return self.definition(linker, GlobalDef { file, def }, out),
                    Some(Binding::Import(import)) => return self.import(linker, file, import, out),
                    None => {}
                }
            }
            if at == DefId::MODULE {
                break;
            }
            at = def.parent;
        }
        // Rust paths, names through `*`.
        let value = linker.node_values[file.index()][node.index()];
        self.value(linker, linker.get(value), out);
    }

    fn member(&mut self, linker: &mut Linker, file: FileId, node: NodeId, object: NodeId, name: &str, out: &mut Vec<Router>) {
        let receiver = linker.get(linker.node_values[file.index()][object.index()]);
        let is_receiver = matches!(linker.facts[file.index()].arena.kind(object), NodeKind::Receiver);
        match receiver {
            Value::Module(module) => self.exported(linker, module, name, out),
            Value::Instance { class, .. } | Value::Def(class) => self.field(linker, class, name, out),
            _ => {}
        }
        if out.is_empty() {
            let value = linker.get(linker.node_values[file.index()][node.index()]);
            self.value(linker, value, out);
        }
        // `app.router` of what makes both.
        if out.is_empty() && !is_receiver {
            self.add(linker, file, object, out);
        }
    }

    fn call(&mut self, linker: &mut Linker, file: FileId, node: NodeId, out: &mut Vec<Router>) {
        let facts = &linker.facts[file.index()];
        let NodeKind::Call { callee, args, .. } = facts.arena.kind(node) else { return };
        let args: Vec<NodeId> = facts.arena.list(args).collect();
        let callee = match facts.arena.kind(callee) {
            NodeKind::Apply { base, .. } => base,
            _ => callee,
        };
        let called = linker.get(linker.node_values[file.index()][callee.index()]);
        if makes_router(linker, called) {
            out.push(Router::Made(file, node));
            return;
        }
        if let Some(module) = linker.loaded_module(file, callee, &args) {
            return self.module(linker, module, out);
        }
        match called {
            Value::Api { api, .. } => {
                let named = |fact: &ApiFact| matches!(fact, ApiFact::Reference { names: Named::Module, .. });
                let by_name = linker.apis.facts(api).any(|(fact, _)| named(fact));
                if by_name {
                    self.named_modules(linker, file, &args, out);
                }
            }
            Value::Def(function) | Value::Method { method: function, .. } if is_function(linker, function) => {
                self.results(linker, function, out);
            }
            _ => {}
        }
        if out.is_empty()
            && let NodeKind::Member { object, .. } = linker.facts[file.index()].arena.kind(callee)
        {
            self.add(linker, file, object, out);
        }
        if out.is_empty() {
            let value = linker.get(linker.node_values[file.index()][node.index()]);
            if let Value::Module(_) = value {
                self.value(linker, value, out);
            }
        }
        // What registers or mounts is no router for what it is given.
        let registers = matches!(called, Value::Api { api, .. } if linker.apis.facts(api).any(|(fact, _)| matches!(fact, ApiFact::Mount(_) | ApiFact::Route(_))));
        if out.is_empty() && !registers && !matches!(called, Value::Def(_) | Value::Method { .. }) {
            for arg in args {
                self.add(linker, file, arg, out);
            }
        }
    }

    /// `include("shop.urls")`.
    fn named_modules(&mut self, linker: &mut Linker, file: FileId, args: &[NodeId], out: &mut Vec<Router>) {
        let facts = &linker.facts[file.index()];
        let first = args.first().map(|&first| match facts.arena.kind(first) {
            NodeKind::Collection { items, .. } => facts.arena.list(items).next().unwrap_or(first),
            _ => first,
        });
        if let Some(text) = first.and_then(|first| facts.string(first))
            && let Target::Module(module) = linker.modules.python.resolve(file, 0, text).into()
        {
            out.push(Router::Def(module));
        }
    }

    fn value(&mut self, linker: &mut Linker, value: Value, out: &mut Vec<Router>) {
        match value {
            Value::Def(def) | Value::Method { method: def, .. } if is_function(linker, def) => function(def, out),
            Value::Module(module) => self.module(linker, module, out),
            _ => {}
        }
    }

    /// The routers a module as a whole is.
    pub(super) fn of_module(&mut self, linker: &mut Linker, module: GlobalDef) -> Vec<Router> {
        let mut found = Vec::new();
        self.module(linker, module, &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    /// A module as a whole: what it exports without a name; in Python, its routes.
    fn module(&mut self, linker: &mut Linker, module: GlobalDef, out: &mut Vec<Router>) {
        match linker.family(module.file) {
            Family::TypeScript => {
                for name in ["=", "default"] {
                    if let Some(&export) = linker.scopes[module.file.index()].exports.get(name) {
                        let node = linker.facts[module.file.index()].exports[export as usize].value;
                        self.add(linker, module.file, node, out);
                    } else if let Some(&def) = linker.scopes[module.file.index()].exported.get(name) {
                        self.definition(linker, GlobalDef { file: module.file, def }, out);
                    }
                }
            }
            Family::Python => out.push(Router::Def(module)),
            Family::Rust => {}
        }
    }

    /// A name of a module.
    fn exported(&mut self, linker: &mut Linker, module: GlobalDef, name: &str, out: &mut Vec<Router>) {
        if linker.family(module.file) == Family::TypeScript {
            if let Some(&export) = linker.scopes[module.file.index()].exports.get(name) {
                let node = linker.facts[module.file.index()].exports[export as usize].value;
                return self.add(linker, module.file, node, out);
            }
            if name == "default" {
                return self.module(linker, module, out);
            }
        }
        match linker.variable_in(module, name, 0) {
            Some(def) => self.definition(linker, def, out),
            None => {
                let value = linker.module_member(module, name).map(|value| linker.get(value));
                if let Some(value) = value {
                    self.value(linker, value, out);
                }
            }
        }
    }

    fn import(&mut self, linker: &mut Linker, file: FileId, import: u32, out: &mut Vec<Router>) {
        let item = linker.facts[file.index()].imports[import as usize].item;
        if let Target::Module(module) = linker.import_targets[file.index()][import as usize].clone() {
            match item {
                ImportItem::Named(name) => {
                    let name = linker.facts[file.index()].text(name);
                    self.exported(linker, module, name, out);
                }
                ImportItem::Module => self.module(linker, module, out),
                _ => {}
            }
        }
        if out.is_empty() {
            let value = linker.import_value(file, import);
            self.value(linker, linker.get(value), out);
        }
    }

    fn definition(&mut self, linker: &mut Linker, def: GlobalDef, out: &mut Vec<Router>) {
        let facts = &linker.facts[def.file.index()];
        let definition = facts.def(def.def);
        match definition.kind {
            DefKind::Function | DefKind::Method => function(def, out),
            DefKind::Variable | DefKind::Field => {
                if let Some(value) = definition.value {
                    self.add(linker, def.file, value, out);
                    if matches!(facts.arena.kind(value), NodeKind::Collection { .. } | NodeKind::Binary { .. }) {
                        let is_list = linker.knowledge.route_lists.iter().any(|name| name == facts.text(definition.name));
                        out.push(Router::Def(if is_list { GlobalDef { file: def.file, def: DefId::MODULE } } else { def }));
                    }
                }
                // `let router; … router = Router();`
                if definition.parent == DefId::MODULE {
                    let locals = self.locals(linker, GlobalDef { file: def.file, def: DefId::MODULE });
                    for &value in locals.get(&definition.name).into_iter().flatten() {
                        self.add(linker, def.file, value, out);
                    }
                }
            }
            DefKind::Module => self.module(linker, def, out),
            _ => {}
        }
    }

    /// A field of a class: its own value, or what its methods assign.
    fn field(&mut self, linker: &mut Linker, class: GlobalDef, name: &str, out: &mut Vec<Router>) {
        if !is_class_like(linker.facts[class.file.index()].def(class.def).kind) {
            return;
        }
        if let Some(member) = linker.find_member(class, name) {
            self.definition(linker, member, out);
        }
        if out.is_empty() && linker.has_assigned(class, name) {
            for owner in linker.hierarchy(class) {
                if let Some(&(_, node)) = linker.assigned.get(&owner).and_then(|table| table.get(name)) {
                    self.add(linker, owner.file, node, out);
                }
            }
        }
    }

    /// What a function gives back.
    fn results(&mut self, linker: &mut Linker, function: GlobalDef, out: &mut Vec<Router>) {
        let facts = &linker.facts[function.file.index()];
        let Some(body) = facts.def(function.def).body else { return };
        let mut values = Vec::new();
        if let NodeKind::Block { items, value: true } = facts.arena.kind(body) {
            values.extend(facts.arena.list(items).next_back());
        }
        facts.arena.walk(body, |node| {
            if let NodeKind::Return(Some(value)) = facts.arena.kind(node) {
                values.push(value);
            }
        });
        for value in values {
            self.add(linker, function.file, value, out);
        }
    }

    /// What each name of a body is assigned; names in a destructuring pattern, the whole.
    pub(super) fn locals(&mut self, linker: &Linker, scope: GlobalDef) -> Rc<FxHashMap<Name, Vec<NodeId>>> {
        if let Some(known) = self.locals.get(&scope) {
            return known.clone();
        }
        let facts = &linker.facts[scope.file.index()];
        let mut table: FxHashMap<Name, Vec<NodeId>> = FxHashMap::default();
        let definition = facts.def(scope.def);
        if let Some(body) = definition.body.filter(|_| matches!(definition.kind, DefKind::Function | DefKind::Method | DefKind::Module)) {
            facts.arena.walk(body, |node| {
                let (target, value) = match facts.arena.kind(node) {
                    NodeKind::Assign { target, value, op: AssignOp::Set | AssignOp::With | AssignOp::Augment(_) } => (target, value),
                    NodeKind::Declare { target, value: Some(value), .. } => (target, value),
                    _ => return,
                };
                match facts.arena.kind(target) {
                    NodeKind::Name(name) => table.entry(name).or_default().push(value),
                    NodeKind::Collection { items, .. } => {
                        for item in facts.arena.list(items) {
                            if let NodeKind::Name(name) = facts.arena.kind(item) {
                                table.entry(name).or_default().push(value);
                            }
                        }
                    }
                    _ => {}
                }
            });
        }
        let table = Rc::new(table);
        self.locals.insert(scope, table.clone());
        table
    }

    /// The texts an expression may be, as far as they are literals or named constants; what is not known of one is [`UNKNOWN_PART`]. A list
    /// of texts (`app.get(["/a", "/b"], …)`) gives each.
    pub(super) fn texts(&mut self, linker: &mut Linker, file: FileId, node: NodeId) -> Vec<String> {
        let facts = &linker.facts[file.index()];
        if let NodeKind::Collection { items, .. } = facts.arena.kind(node) {
            let items: Vec<NodeId> = facts.arena.list(items).collect();
            return items.into_iter().take(MOST).map(|item| self.text(linker, file, item, 0)).collect();
        }
        vec![self.text(linker, file, node, 0)]
    }

    pub(super) fn text(&mut self, linker: &mut Linker, file: FileId, node: NodeId, depth: u8) -> String {
        self.constant(linker, file, node, depth).unwrap_or_else(|| UNKNOWN_PART.to_string())
    }

    fn constant(&mut self, linker: &mut Linker, file: FileId, node: NodeId, depth: u8) -> Option<String> {
        if depth > 8 {
            return None;
        }
        let facts = &linker.facts[file.index()];
        match facts.arena.kind(node) {
            NodeKind::Str(name) => Some(facts.text(name).to_string()),
            NodeKind::Argument { value, .. } | NodeKind::Cast { value, .. } => self.constant(linker, file, value, depth + 1),
            NodeKind::Text { parts, form } if form != crate::model::body::TextForm::Join => {
                let parts: Vec<NodeId> = facts.arena.list(parts).collect();
                Some(parts.into_iter().map(|part| self.text(linker, file, part, depth + 1)).collect())
            }
            NodeKind::Binary { left, right, op: BinaryOp::Add } => {
                Some(self.text(linker, file, left, depth + 1) + &self.text(linker, file, right, depth + 1))
            }
            // `process.env.PREFIX || "/api"`: what holds unless somebody says otherwise.
            NodeKind::Binary { right, op: BinaryOp::Or | BinaryOp::Coalesce, .. } => self.constant(linker, file, right, depth + 1),
            NodeKind::Name(name) => {
                let mut at = self.nesting(linker, file).owner(node);
                for _ in 0..64 {
                    let scope = GlobalDef { file, def: at };
                    let locals = self.locals(linker, scope);
                    if let Some(values) = locals.get(&name) {
                        return match values.as_slice() {
                            &[value] => self.constant(linker, file, value, depth + 1),
                            _ => None,
                        };
                    }
                    if let Some(position) = facts.def(at).params.iter().position(|param| param.name == Some(name)) {
                        return self.given_text(linker, GlobalDef { file, def: at }, position, depth);
                    }
                    match linker.scopes[file.index()].name(at, facts.text(name)) {
                        Some(Binding::Def(def)) => return self.constant_of(linker, GlobalDef { file, def }, depth),
                        Some(Binding::Import(import)) => {
                            let ImportItem::Named(wanted) = facts.imports[import as usize].item else { return None };
                            let Target::Module(module) = linker.import_targets[file.index()][import as usize].clone() else { return None };
                            return self.constant_exported(linker, module, facts.text(wanted), depth);
                        }
                        None => {}
                    }
                    if at == DefId::MODULE {
                        break;
                    }
                    at = facts.def(at).parent;
                }
                None
            }
            NodeKind::Member { object, name, .. } => {
                let name = facts.text(name).to_string();
                match linker.get(linker.node_values[file.index()][object.index()]) {
                    Value::Module(module) => self.constant_exported(linker, module, &name, depth),
                    Value::Instance { class, .. } | Value::Def(class)
                        if is_class_like(linker.facts[class.file.index()].def(class.def).kind) =>
                    {
                        let def = linker.find_member(class, &name)?;
                        self.constant_of(linker, def, depth)
                    }
                    Value::Literal(file, literal) => {
                        let facts = &linker.facts[file.index()];
                        let NodeKind::Collection { items, .. } = facts.arena.kind(literal) else { return None };
                        let value = facts.arena.list(items).find_map(|item| match facts.arena.kind(item) {
                            NodeKind::Entry { key, value } if facts.string(key) == Some(&name) => Some(value),
                            _ => None,
                        })?;
                        self.constant(linker, file, value, depth + 1)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The text a name of a module holds, be it a variable or a key of what the module exports.
    fn constant_exported(&mut self, linker: &mut Linker, module: GlobalDef, name: &str, depth: u8) -> Option<String> {
        if let Some(def) = linker.variable_in(module, name, 0) {
            return self.constant_of(linker, def, depth);
        }
        let &export = linker.scopes[module.file.index()].exports.get(name)?;
        let node = linker.facts[module.file.index()].exports[export as usize].value;
        self.constant(linker, module.file, node, depth + 1)
    }

    /// The text that every call of a function gives for a parameter (the receiver counts), if it is the same everywhere.
    fn given_text(&mut self, linker: &mut Linker, function: GlobalDef, position: usize, depth: u8) -> Option<String> {
        let declared = &linker.facts[function.file.index()];
        let params = &declared.def(function.def).params;
        let receivers = params.iter().take(position).filter(|param| param.kind == ParamKind::Receiver).count();
        let (name, default) = (params[position].name, params[position].default);
        let sites = self.calls(linker).get(&function).cloned().unwrap_or_default();
        let mut found: Option<String> = None;
        for (file, call) in sites.iter().take(MOST_CALLS) {
            let facts = &linker.facts[file.index()];
            let NodeKind::Call { args, .. } = facts.arena.kind(*call) else { continue };
            let args: Vec<NodeId> = facts.arena.list(args).collect();
            let wanted = name.map(|name| declared.text(name));
            let by_name = args.iter().find_map(|&arg| match facts.arena.kind(arg) {
                NodeKind::Argument { name, value } if Some(facts.text(name)) == wanted => Some(value),
                _ => None,
            });
            let by_position =
                args.get(position - receivers).copied().filter(|&arg| !matches!(facts.arena.kind(arg), NodeKind::Argument { .. }));
            let text = match (by_name.or(by_position), default) {
                (Some(node), _) => self.constant(linker, *file, node, depth + 1)?,
                (None, Some(default)) => self.constant(linker, function.file, default, depth + 1)?,
                (None, None) => return None,
            };
            if found.as_ref().is_some_and(|known| *known != text) {
                return None;
            }
            found = Some(text);
        }
        (sites.len() <= MOST_CALLS).then_some(found).flatten()
    }

    /// Calls of the project's functions by function.
    pub(super) fn calls(&mut self, linker: &Linker) -> Rc<Calls> {
        self.calls.get_or_insert_with(|| Rc::new(calls_of_functions(linker))).clone()
    }

    /// The text a variable, constant, field with a default or member of an enum holds.
    fn constant_of(&mut self, linker: &mut Linker, def: GlobalDef, depth: u8) -> Option<String> {
        let definition = linker.facts[def.file.index()].def(def.def);
        match definition.kind {
            DefKind::Variable | DefKind::Field | DefKind::Variant => self.constant(linker, def.file, definition.value?, depth + 1),
            _ => None,
        }
    }
}

/// Calls of the project's functions by function.
fn calls_of_functions(linker: &Linker) -> Calls {
    let mut found: Calls = FxHashMap::default();
    for file in 0..linker.facts.len() {
        let file = FileId(file as u32);
        let facts = &linker.facts[file.index()];
        for node in facts.arena.ids() {
            let NodeKind::Call { callee, .. } = facts.arena.kind(node) else { continue };
            if let Value::Def(function) | Value::Method { method: function, .. } =
                linker.get(linker.node_values[file.index()][callee.index()])
                && super::calls::is_callable(linker.facts[function.file.index()].def(function.def).kind)
            {
                found.entry(function).or_default().push((file, node));
            }
        }
    }
    found
}

/// A function stands for the router it is given (a plugin), and for itself (a handler that carries its own route).
fn function(def: GlobalDef, out: &mut Vec<Router>) {
    out.push(Router::Param(def, 0));
    out.push(Router::Def(def));
}

fn is_function(linker: &Linker, def: GlobalDef) -> bool {
    super::calls::is_callable(linker.facts[def.file.index()].def(def.def).kind)
}

/// True when calling this makes a router: an API of knowledge, or a class of the project that extends one.
fn makes_router(linker: &mut Linker, called: Value) -> bool {
    match called {
        Value::Api { api, .. } => linker.apis.facts(api).any(|(fact, _)| match fact {
            ApiFact::Router(router) => !router.decorates,
            ApiFact::Mount(mount) => mount.kind == MountKind::Derives,
            _ => false,
        }),
        Value::Def(class) => router_base(linker, class).is_some(),
        _ => false,
    }
}

/// The API that makes routers, of which this is a subclass.
pub(super) fn router_base(linker: &mut Linker, class: GlobalDef) -> Option<ApiId> {
    if linker.facts[class.file.index()].def(class.def).kind != DefKind::Class {
        return None;
    }
    for owner in linker.hierarchy(class) {
        for api in linker.class_info(owner).outside {
            if linker.apis.facts(api).any(|(fact, _)| matches!(fact, ApiFact::Router(router) if !router.decorates)) {
                return Some(api);
            }
        }
    }
    None
}
