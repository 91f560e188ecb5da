//! Names, members and fields: what variables, constants of other files and fields of objects hold.

use super::Analysis;
use super::environment::{Place, Variable};
use super::evaluate::Frame;
use super::lookup::{self, Safety};
use super::reads::Growing;
use super::value::{Key, Kind, Origin, Shape, Value};
use crate::model::body::{BinaryOp, NodeId, NodeKind, UnaryOp};
use crate::model::facts::{DefFlags, DefKind, FileFacts, Name};
use crate::model::program::{ApiId, Value as Known};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::vocabulary;

impl<'a> Analysis<'_, 'a> {
    pub(super) fn name(&mut self, frame: &mut Frame<'a>, node: NodeId, name: Name) -> Value {
        if let Some(value) = frame.env.get(Variable::named(name)) {
            return value.clone();
        }
        if let Some(kind) = self.api_source(frame.file, node) {
            return self.source_at(frame, node, kind);
        }
        match self.program.value(frame.file, node) {
            Known::Module(_) | Known::Namespace(_) => return Value::harmless(),
            Known::Def(def) | Known::Method { method: def, .. } => return self.definition(frame, node, def),
            _ => {}
        }
        if let Some(def) = self.scopes.module_name(frame.file, name) {
            return self.definition(frame, node, def);
        }
        // The body of a class sees the class's own names.
        if let Some(class) = frame.class.filter(|_| frame.is_module())
            && let Some(def) = self.scopes.child(self.program, class, frame.facts.text(name))
        {
            return self.definition(frame, node, def);
        }
        match self.program.value(frame.file, node) {
            Known::Api { api, .. } if self.is_free_global(frame, name, api) => self.free_at(frame, node),
            Known::Api { .. } => Value::harmless(),
            _ if matches!(frame.facts.text(name), "Self" | "crate" | "super" | "self") => Value::harmless(),
            // `__file__`, `__name__`.
            _ if frame.facts.text(name).starts_with("__") && frame.facts.text(name).ends_with("__") => Value::harmless(),
            // In Rust such a name is bound by a macro or a pattern that is not followed.
            _ if frame.facts.language.family() == Family::Rust => self.unknown_at(frame, node),
            _ => self.free_at(frame, node),
        }
    }

    /// A name that nothing in the file defines or imports and no library is known by: some other script's variable, of which nothing is known.
    pub(super) fn is_free_global(&self, frame: &Frame<'a>, name: Name, api: ApiId) -> bool {
        const CONSTANT: &[&str] = &["undefined", "NaN", "Infinity", "__dirname", "__filename", "globalThis"];
        let text = frame.facts.text(name);
        frame.facts.language.family() == Family::TypeScript
            && self.program.apis[api.0 as usize].path == text
            && self.program.apis[api.0 as usize].matches.is_empty()
            && text.starts_with(|first: char| first.is_lowercase())
            && !CONSTANT.contains(&text)
            && !frame.facts.imports.iter().any(|import| import.local == Some(name))
    }

    /// The value of a definition that a name or path means.
    pub(super) fn definition(&mut self, frame: &Frame<'a>, node: NodeId, def: GlobalDef) -> Value {
        match self.program.def(def).kind {
            DefKind::Variable | DefKind::Field => {
                if lookup::field_safety(self.program, &self.scopes, def) == Safety::Safe {
                    return Value::number();
                }
                if self.program.def(def).value.is_none() {
                    return self.unknown_at(frame, node);
                }
                self.variable(def)
            }
            DefKind::Function | DefKind::Method => Value::shaped(Shape::Closure(def)),
            _ => Value::harmless(),
        }
    }

    pub(super) fn member(&mut self, frame: &mut Frame<'a>, node: NodeId, object: NodeId, name: Name) -> Value {
        if let Some(place) = self.place(frame, node)
            && let Some(value) = frame.env.at(&place)
        {
            return value.clone();
        }
        if let Some(kind) = self.api_source(frame.file, node) {
            return self.source_at(frame, node, kind);
        }
        if self.program.api_id(frame.file, node).is_some_and(|api| self.apis[api.0 as usize].sanitizer) {
            return Value::number();
        }
        let text = frame.facts.text(name);
        let key = self.keys.name(self.program, frame.file, name);
        match self.program.value(frame.file, node) {
            Known::Def(def) if matches!(self.program.def(def).kind, DefKind::Variable | DefKind::Variant) => {
                return self.definition(frame, node, def);
            }
            Known::Instance { class, .. } if lookup::is_enum(self.program, class) => return Value::harmless(),
            _ => {}
        }
        // The names of the fields of a class that a client has set.
        if frame.facts.language.family() == Family::Python && matches!(text, "model_fields_set" | "model_fields" | "__fields_set__") {
            return Value::elements(Value::harmless());
        }
        if frame.kind(object) == NodeKind::Receiver {
            if matches!(text, "value" | "name") && frame.class.is_some_and(|class| lookup::is_enum(self.program, class)) {
                return Value::text();
            }
            return match frame.class {
                Some(class) => self.field(frame, node, class, text, key, true),
                None => self.unknown_at(frame, node),
            };
        }
        match self.program.value(frame.file, object) {
            Known::Module(module) => {
                return match self.scopes.child(self.program, module, text) {
                    Some(def) => self.definition(frame, node, def),
                    None => match self.program.value(frame.file, node) {
                        Known::Unknown => self.unknown_at(frame, node),
                        Known::Def(def) => self.definition(frame, node, def),
                        _ => Value::harmless(),
                    },
                };
            }
            Known::Def(class) if class_like(self.program.def(class).kind) => {
                if lookup::is_enum(self.program, class) {
                    return Value::text();
                }
                // A column of the table, not what some row has in it.
                if self.program.is(class, Role::Model) {
                    return Value::harmless();
                }
                return self.field(frame, node, class, text, key, false);
            }
            Known::Instance { class, .. } => {
                if lookup::is_enum(self.program, class) {
                    return Value::harmless();
                }
                let field = self.find_field(class, text);
                if field.is_some_and(|field| lookup::field_safety(self.program, &self.scopes, field) == Safety::Safe) {
                    return Value::number();
                }
                if let Some(getter) = field.filter(|&field| self.program.def(field).flags.has(DefFlags::GETTER))
                    && let Some(flow) = self.flow_of(getter)
                {
                    return flow.result.clone();
                }
                let held = self.evaluate(frame, object);
                if held.is_harmless() && held.shape.is_none() {
                    return self.field(frame, node, class, text, key, false);
                }
                return self.part(frame, node, &held, key, text);
            }
            _ => {}
        }
        let held = self.evaluate(frame, object);
        // What a class says of itself is written in the code: `model_class.table`.
        if held.strands.iter().all(|strand| !matches!(strand.origin, Origin::Source(_))) && is_class_name(frame, object) {
            return Value::text();
        }
        let is_api = matches!(self.program.value(frame.file, object), Known::Api { .. });
        if is_api && held.is_harmless() && held.kind == Kind::Any {
            // Something of a library that knowledge says nothing about.
            // In Rust such a path is a constant or a type; elsewhere the name says it: `re.IGNORECASE`.
            let constant = matches!(frame.kind(node), NodeKind::Member { path: true, .. })
                || is_constant_name(text)
                || self.is_pure(frame.file, node)
                || self.program.api(frame.file, node).is_some_and(|api| self.sanitizes(self.program, api));
            return if constant || self.has_safe_type(frame, node) { Value::number() } else { self.unknown_at(frame, node) };
        }
        self.part(frame, node, &held, key, text)
    }

    /// The library function or constant at a node brings nothing in from outside: it is of a standard library, or describes data.
    pub(super) fn is_pure(&self, file: FileId, node: NodeId) -> bool {
        let family = self.program.file(file).language.family();
        let callee = match self.program.file(file).arena.kind(node) {
            NodeKind::Call { callee, .. } => callee,
            _ => node,
        };
        self.program.api(file, callee).is_some_and(|api| lookup::is_pure_path(&api.path, family)) || self.is_schema_library(file, callee)
    }

    pub(super) fn part(&mut self, _frame: &Frame<'a>, _node: NodeId, held: &Value, key: Key, text: &str) -> Value {
        match text {
            "length" | "size" if held.own_field(key).is_none() => Value::number(),
            // `Enum.MEMBER.value` and the like: the same data.
            "value" | "name" if held.own_field(key).is_none() && held.strands.is_empty() => held.clone(),
            _ => held.member(key),
        }
    }

    pub(super) fn find_field(&self, class: GlobalDef, text: &str) -> Option<GlobalDef> {
        lookup::ancestors(self.program, class).into_iter().find_map(|class| self.scopes.child(self.program, class, text))
    }

    /// What a field of instances of `class` may hold: its constant, what subclasses say instead, what methods put there.
    pub(super) fn field(&mut self, frame: &Frame<'a>, node: NodeId, class: GlobalDef, text: &str, key: Key, own: bool) -> Value {
        let mut classes = lookup::ancestors(self.program, class);
        let mut nearest = None;
        let mut found = false;
        let mut value = Value::harmless();
        for &class in &classes {
            if let Some(field) = self.scopes.child(self.program, class, text) {
                nearest = Some(field);
                break;
            }
        }
        if let Some(field) = nearest {
            let def = self.program.def(field);
            if matches!(def.kind, DefKind::Method | DefKind::Function) {
                return if def.flags.has(DefFlags::GETTER) {
                    self.getter(frame, node, field)
                } else {
                    Value::shaped(Shape::Closure(field))
                };
            }
            if lookup::field_safety(self.program, &self.scopes, field) == Safety::Safe {
                return Value::number();
            }
            if def.value.is_some() {
                found = true;
                let constant = self.variable(field);
                value = value.join(&constant);
            }
        }
        if own || found {
            classes.extend(lookup::descendants(self.program, class));
        }
        for &class in &classes {
            self.reads.note(Growing::Field(class, key));
            if let Some(put) = self.fields.get(&(class, key)) {
                found = true;
                value = value.join(put);
            }
            if let Some(field) = self.scopes.child(self.program, class, text)
                && Some(field) != nearest
                && self.program.def(field).kind == DefKind::Field
                && self.program.def(field).value.is_some()
            {
                found = true;
                let constant = self.variable(field);
                value = value.join(&constant);
            }
        }
        if found { value } else { self.unknown_at(frame, node) }
    }

    pub(super) fn getter(&mut self, frame: &Frame<'a>, node: NodeId, getter: GlobalDef) -> Value {
        match self.flow_of(getter) {
            Some(flow) => flow.result.clone(),
            None => self.unknown_at(frame, node),
        }
    }

    pub(super) fn index(&mut self, frame: &mut Frame<'a>, node: NodeId, object: NodeId, index: NodeId) -> Value {
        if let Some(place) = self.place(frame, node)
            && let Some(value) = frame.env.at(&place)
        {
            return value.clone();
        }
        if let Some(kind) = self.api_source(frame.file, node) {
            return self.source_at(frame, node, kind);
        }
        let held = self.evaluate(frame, object);
        let at = self.evaluate(frame, index);
        // `request.path_params["id"]`
        if let (NodeKind::Str(key), NodeKind::Member { name, .. }) = (frame.kind(index), frame.kind(object))
            && matches!(frame.facts.text(name), "path_params" | "match_info" | "view_args")
            && self.is_converted(frame.function, frame.facts.text(key))
        {
            return Value::number();
        }
        match frame.kind(index) {
            NodeKind::Str(name) => {
                let key = self.keys.name(self.program, frame.file, name);
                held.member(key)
            }
            NodeKind::Number(name) => match frame.facts.text(name).parse::<usize>() {
                Ok(position) => held.at(position),
                Err(_) => held.element(),
            },
            // A slice.
            NodeKind::Other(_) | NodeKind::Binary { op: BinaryOp::Range, .. } => held,
            _ if held.kind == Kind::Text && at.kind == Kind::Number => held,
            _ => held.element(),
        }
    }

    /// The variable with constant keys that an expression is.
    pub(super) fn place(&mut self, frame: &Frame<'a>, node: NodeId) -> Option<Place> {
        let mut keys = Vec::new();
        let mut at = node;
        for _ in 0..4 {
            match frame.kind(at) {
                NodeKind::Name(name) => {
                    keys.reverse();
                    return Some(Place { variable: Variable::named(name), keys });
                }
                NodeKind::Receiver => {
                    keys.reverse();
                    return Some(Place { variable: Variable::RECEIVER, keys });
                }
                NodeKind::Member { object, name, path: false } => {
                    keys.push(self.keys.name(self.program, frame.file, name));
                    at = object;
                }
                NodeKind::Index { object, index } => match frame.kind(index) {
                    NodeKind::Str(name) => {
                        keys.push(self.keys.name(self.program, frame.file, name));
                        at = object;
                    }
                    NodeKind::Number(name) => {
                        keys.push(Key::of_position(frame.facts.text(name).parse().ok()?)?);
                        at = object;
                    }
                    _ => return None,
                },
                NodeKind::Cast { value, .. } | NodeKind::Unary { op: UnaryOp::Other, value } => at = value,
                _ => return None,
            }
        }
        None
    }
}

/// The name of a variable that holds a class: `cls`, `model_cls`, `modelClass`.
fn is_class_name(frame: &Frame, node: NodeId) -> bool {
    let NodeKind::Name(name) = frame.kind(node) else { return false };
    let name = frame.facts.text(name);
    matches!(name, "cls" | "klass")
        || name.ends_with("_cls")
        || name.ends_with("_class")
        || name.ends_with("_klass")
        || name.ends_with("Class")
}

/// What clients send goes by this name.
fn is_request_name(name: &str) -> bool {
    vocabulary().inputs.requests.has(name)
}

/// The expression is called like something that clients send: `self.request.query`, `ctx.params.id`.
pub(super) fn speaks_of_request(facts: &FileFacts, node: NodeId) -> bool {
    let mut at = node;
    for _ in 0..8 {
        at = match facts.arena.kind(at) {
            NodeKind::Name(name) => return is_request_name(facts.text(name)),
            NodeKind::Member { name, .. } if is_request_name(facts.text(name)) => return true,
            NodeKind::Member { object, .. } | NodeKind::Index { object, .. } => object,
            NodeKind::Call { callee, .. } => callee,
            NodeKind::Await(value) | NodeKind::Propagate(value) | NodeKind::Cast { value, .. } => value,
            NodeKind::Apply { base, .. } => base,
            _ => return false,
        };
    }
    false
}

/// `MAX_LENGTH`.
fn is_constant_name(name: &str) -> bool {
    name.len() > 1 && name.starts_with(|c: char| c.is_ascii_uppercase()) && !name.contains(|c: char| c.is_ascii_lowercase())
}

pub(super) fn class_like(kind: DefKind) -> bool {
    matches!(kind, DefKind::Class | DefKind::Struct | DefKind::Enum | DefKind::Interface | DefKind::Trait)
}
