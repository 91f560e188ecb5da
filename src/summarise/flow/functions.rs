//! Functions entered: what their parameters hold, and closures and nested functions run where they stand.

use super::Analysis;
use super::entries;
use super::environment::Variable;
use super::evaluate::Frame;
use super::lookup::{self, Safety};
use super::reads::Growing;
use super::steps::Way;
use super::value::{Key, Origin, Path, Strand, Value};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, Param, ParamKind};
use crate::model::finding::Confidence;
use crate::model::knowledge::SourceKind;
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use crate::model::summary::{Step, StepPlace};

/// Closures inside closures are run down to here.
const MOST_NESTED: usize = 6;

impl<'a> Analysis<'_, 'a> {
    /// Gives each parameter of `function` the value that its callers decide, or the source it is.
    pub(super) fn bind_params(&mut self, frame: &mut Frame<'a>, function: GlobalDef) {
        let facts = frame.facts;
        for index in 0..facts.def(function.def).params.len() {
            let value = self.param(frame, function, index);
            self.bind_param(frame, &facts.def(function.def).params[index], value);
        }
    }

    pub(super) fn bind_param(&mut self, frame: &mut Frame<'a>, param: &Param, value: Value) {
        match (param.pattern, param.name) {
            (Some(pattern), _) => self.bind(frame, pattern, value),
            (None, Some(name)) if param.kind == ParamKind::Receiver => {
                frame.env.set(Variable::named(name), value.clone());
            }
            (None, Some(name)) => frame.env.set(Variable::named(name), value),
            (None, None) => {}
        }
    }

    pub(super) fn param(&mut self, frame: &Frame<'a>, function: GlobalDef, index: usize) -> Value {
        let facts = frame.facts;
        let param = &facts.def(function.def).params[index];
        if param.kind == ParamKind::Receiver {
            return Value::harmless();
        }
        let safety = param.annotation.map_or(Safety::Unknown, |node| lookup::safety(self.program, &self.scopes, frame.file, node));
        if safety == Safety::Safe || param.default.is_some_and(|default| lookup::has_pattern(self.program, frame.file, default)) {
            return Value { checked: false, ..Value::number() };
        }
        if param.name.is_some_and(|name| self.is_converted(function, facts.text(name))) {
            return Value::number();
        }
        let step = Step { function, place: StepPlace::Parameter(index as u16) };
        let strand = |origin, way| Strand { origin, built: None, weak: false, confidence: Confidence::High, way };
        if let Some(value) = self.entry_data(function, index) {
            return value;
        }
        if let Some(kind) = self.source_param(frame, function, param, safety) {
            let way = self.ways.then(Way::default(), step);
            let mut value = Value::of(strand(Origin::Source(kind), way));
            // Of one object of a class, whatever a client sends, the names of the fields are those of the class.
            if let (Safety::Class(class), Some(annotation), Family::Python) = (safety, param.annotation, facts.language.family())
                && lookup::is_of_one(self.program, frame.file, annotation)
                && !lookup::takes_any_field(self.program, class)
            {
                value.set(&[Key::KEYS], Value::checked());
            }
            // What the class says of its fields holds wherever they go, also through functions that know it by another type.
            if let Safety::Class(class) = safety {
                for field in lookup::safe_fields(self.program, &self.scopes, class) {
                    let key = self.keys.text(field);
                    value.set(&[key], Value::number());
                }
            }
            return value;
        }
        let own = strand(Origin::Param { owner: function, index: index as u16, path: Path::default() }, Way::default());
        match param.kind {
            ParamKind::Rest => Value { strands: vec![own], ..Value::elements(Value::harmless()) },
            // The names of a model's fields are written in its class.
            _ if matches!(safety, Safety::Class(_) | Safety::Foreign) && facts.language.family() == Family::Python => {
                let mut value = Value::of(own);
                value.set(&[Key::KEYS], Value::checked());
                value
            }
            _ => Value::of(own),
        }
    }

    /// The path of the handler's route makes a number of what is called so.
    pub(super) fn is_converted(&self, function: GlobalDef, name: &str) -> bool {
        self.converted.get(&function).is_some_and(|names| names.iter().any(|own| own == name))
    }

    /// What the parameter of a function that its names make an entry point holds.
    fn entry_data(&mut self, function: GlobalDef, index: usize) -> Option<Value> {
        let program = self.program;
        let (kind, request) = entries::data(program, *self.entries.get(&function)?, index)?;
        let way = self.ways.then(Way::default(), Step { function, place: StepPlace::Parameter(index as u16) });
        let source = |kind| Value::of(Strand { origin: Origin::Source(kind), built: None, weak: false, confidence: Confidence::High, way });
        let mut value = source(kind);
        for member in request {
            let key = self.keys.text(member);
            value.set(&[key], source(SourceKind::Request));
        }
        Some(value)
    }

    /// The source a parameter is: through its type (an extractor), its decorators (`@Body()`), its default (`Query()`), or as
    /// plain data of a handler whose framework passes request data by name.
    pub(super) fn source_param(&self, frame: &Frame<'a>, function: GlobalDef, param: &Param, safety: Safety) -> Option<SourceKind> {
        let program = self.program;
        let file = frame.file;
        for &decorator in &param.decorators {
            let (callee, args) = match frame.kind(decorator) {
                NodeKind::Call { callee, args, .. } => (callee, frame.list(args)),
                _ => (decorator, Vec::new()),
            };
            let source = [decorator, callee].into_iter().find_map(|node| self.parameter_source(file, node));
            if source.is_some() {
                let validated = args.iter().any(|&arg| {
                    let node = match frame.kind(arg) {
                        NodeKind::Call { callee, .. } => callee,
                        _ => arg,
                    };
                    program.api(file, node).is_some_and(|api| {
                        self.sanitizes(program, api)
                            || program.facts_of(api).any(|(fact, _)| *fact == crate::model::knowledge::ApiFact::Validator)
                    })
                });
                return if validated { None } else { source };
            }
        }
        if let Some(annotation) = param.annotation
            && let Some(source) = self.type_source(frame, annotation, 0)
        {
            return Some(source);
        }
        let kind = self.entries.get(&function)?.params?;
        if let Some(default) = param.default {
            if let Some(source) =
                self.api_source(file, default).or_else(|| program.called_api(file, default).and_then(|api| lookup::source_of(program, api)))
            {
                return Some(source);
            }
            // `Depends(…)`, `Security(…)`: whatever it is, it is not the request's own text. `Query(…)` only describes it.
            if matches!(frame.kind(default), NodeKind::Call { .. })
                && !lookup::describes(program, file, default)
                && program.called_api(file, default).is_none_or(|api| !api.path.starts_with("builtins."))
            {
                return None;
            }
        }
        if let Some(annotation) = param.annotation
            && self.is_injected(frame, annotation)
        {
            return None;
        }
        match safety {
            Safety::Safe | Safety::Foreign => None,
            Safety::Unknown if param.annotation.is_some() => None,
            Safety::Class(class)
                if program.role(class).is_some_and(|role| role.role.rank().is_some() && role.role != crate::model::role::Role::Model) =>
            {
                None
            }
            _ if self.is_request_object(frame, function, param) => None,
            _ => Some(kind),
        }
    }

    /// `Annotated[Session, Depends(get_session)]`, also behind an alias.
    pub(super) fn is_injected(&self, frame: &Frame<'a>, annotation: NodeId) -> bool {
        let mut file = frame.file;
        let mut node = annotation;
        for _ in 0..6 {
            let facts = self.program.file(file);
            match facts.arena.kind(node) {
                NodeKind::Apply { base, args } if lookup::last_name(self.program, file, base) == Some("Annotated") => {
                    return facts.arena.list(args).skip(1).any(|arg| {
                        matches!(facts.arena.kind(arg), NodeKind::Call { callee, .. }
                            if matches!(lookup::last_name(self.program, file, callee), Some("Depends" | "Security")))
                    });
                }
                NodeKind::Name(name) => match self.scopes.module_name(file, name) {
                    Some(def) => match self.program.def(def).value {
                        Some(value) if matches!(self.program.def(def).kind, DefKind::Variable | DefKind::TypeAlias) => {
                            file = def.file;
                            node = value;
                        }
                        _ => return false,
                    },
                    None => return false,
                },
                _ => return false,
            }
        }
        false
    }

    /// The parameter is the framework's request object itself, not text of the request.
    pub(super) fn is_request_object(&self, frame: &Frame<'a>, function: GlobalDef, param: &Param) -> bool {
        let first = frame.facts.def(function.def).params.iter().find(|param| param.kind == ParamKind::Normal);
        let is_first = first.is_some_and(|first| first.span == param.span);
        param.name.is_some_and(|name| matches!(frame.facts.text(name), "request" | "req") && is_first)
            || matches!(param.kind, ParamKind::Rest)
    }

    /// The source that a parameter's type is: `Query<Params>`, `web::Json<T>`.
    pub(super) fn type_source(&self, frame: &Frame<'a>, node: NodeId, depth: u8) -> Option<SourceKind> {
        let of_node = |node| self.parameter_source(frame.file, node);
        match frame.kind(node) {
            NodeKind::Apply { base, args } => of_node(node).or_else(|| of_node(base)).or_else(|| {
                let first = frame.facts.arena.list(args).next()?;
                if depth < 3
                    && matches!(lookup::last_name(self.program, frame.file, base), Some("Option" | "Result" | "Annotated" | "Optional"))
                {
                    self.type_source(frame, first, depth + 1)
                } else {
                    None
                }
            }),
            NodeKind::Name(_) | NodeKind::Member { .. } => of_node(node),
            _ => None,
        }
    }

    /// The source that a parameter of the type or with the decorator at `node` is.
    pub(super) fn parameter_source(&self, file: FileId, node: NodeId) -> Option<SourceKind> {
        let api = self.program.api_id(file, node)?;
        let found = self.apis.get(api.0 as usize)?.parameter;
        found.or_else(|| {
            let of_path = || lookup::parameter_source_of_path(self.program, &self.program.apis[api.0 as usize].path);
            *self.parameter_sources.borrow_mut().entry(api).or_insert_with(of_path)
        })
    }

    /// Runs a closure or nested function here, with these arguments first; parameters beyond them are its callers' business.
    pub(super) fn run(&mut self, frame: &mut Frame<'a>, closure: GlobalDef, arguments: &[Value]) -> Value {
        let Some(body) = frame.facts.def(closure.def).body else { return Value::harmless() };
        if closure.file != frame.file || frame.running.contains(&closure) || frame.running.len() >= MOST_NESTED {
            self.limits.depth += u32::from(frame.running.len() >= MOST_NESTED);
            return self.own(Way::default());
        }
        let before = frame.env.clone();
        let function = std::mem::replace(&mut frame.function, closure);
        let result = std::mem::take(&mut frame.result);
        let exits = frame.exits.take();
        let breaks = std::mem::take(&mut frame.breaks);
        frame.running.push(closure);
        let params = &frame.facts.def(closure.def).params;
        for (index, param) in params.iter().enumerate() {
            let value = match arguments.get(index) {
                Some(value) => {
                    let safe =
                        param.annotation.is_some_and(|node| lookup::safety(self.program, &self.scopes, frame.file, node) == Safety::Safe);
                    if safe { Value::number() } else { value.clone() }
                }
                None => self.param(frame, closure, index),
            };
            self.bind_param(frame, param, value);
        }
        let value = self.body(frame, body);
        if !frame.env.dead {
            frame.leave();
        }
        let mut after = frame.exits.take().unwrap_or_default();
        for param in params {
            if let Some(name) = param.name {
                let variable = Variable::named(name);
                after.restore(variable, before.get(variable).cloned());
            }
        }
        frame.running.pop();
        frame.function = function;
        frame.result = result;
        frame.exits = exits;
        frame.breaks = breaks;
        frame.env = before.join(after);
        if arguments.is_empty() {
            let flow = self.flow_mut(closure);
            let result = flow.result.join(&value);
            if result != flow.result {
                flow.result = result;
                self.reads.grow(Growing::Function(closure));
            }
        }
        value
    }

    /// The functions and classes defined inside the function under way.
    pub(super) fn define(&mut self, frame: &mut Frame<'a>, def: DefId) {
        if frame.is_module() {
            return;
        }
        let inner = GlobalDef { file: frame.file, def };
        let env = frame.env.clone();
        match frame.facts.def(def).kind {
            DefKind::Function | DefKind::Method => {
                self.run(frame, inner, &[]);
            }
            DefKind::Class | DefKind::Impl => {
                let methods: Vec<DefId> =
                    frame.facts.definitions().filter(|(_, child)| child.parent == def && child.body.is_some()).map(|(id, _)| id).collect();
                for method in methods {
                    self.run(frame, GlobalDef { file: frame.file, def: method }, &[]);
                }
            }
            _ => {}
        }
        frame.env = env;
    }
}
