//! The interpreter: statements change the environment, expressions give values.
//!
//! Closures and nested functions are run where they stand, so that they see the variables around them; a callback that a collection
//! method takes is run with the collection's elements. Depth and work are capped, whatever the input.

use std::rc::Rc;

use super::environment::{Environment, Variable};
use super::lookup::{self, Safety};
use super::reads::Growing;
use super::steps::Way;
use super::value::{Kind, Origin, Strand, Value};
use super::{Analysis, FunctionFlow, names, without_types};
use crate::model::body::{List, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts};
use crate::model::finding::Confidence;
use crate::model::knowledge::{FrameworkKind, SourceKind};
use crate::model::program::Value as Known;
use crate::model::role::GlobalDef;
use crate::model::source::FileId;
use crate::model::summary::{Step, StepPlace};

/// Expressions nested deeper are unknown.
pub(super) const DEEPEST: u16 = 140;
/// Nodes looked at in one unit, loops and callbacks counted each time they run.
const FUEL: u32 = 120_000;
/// One run of a unit.
pub(super) struct Frame<'a> {
    /// The unit: where results are kept.
    pub(super) unit: GlobalDef,
    /// The innermost function under way.
    pub(super) function: GlobalDef,
    pub(super) file: FileId,
    pub(super) facts: &'a FileFacts,
    /// The class whose instance the receiver is.
    pub(super) class: Option<GlobalDef>,
    pub(super) env: Environment,
    pub(super) result: Value,
    /// Environments at the `return`s.
    pub(super) exits: Option<Environment>,
    /// Environments at the `break`s of the innermost loop.
    pub(super) breaks: Vec<Environment>,
    pub(super) depth: u16,
    pub(super) loops: u8,
    /// Variables that hold what a condition gave: `ok = column in ALLOWED`.
    pub(super) conditions: Vec<(Variable, NodeId)>,
    /// Parameters that each result so far vouches for when it is true (bit per parameter).
    pub(super) vouches: Option<u64>,
    /// Closures under way, so that none runs inside itself.
    pub(super) running: Vec<GlobalDef>,
    pub(super) fuel: u32,
}

impl<'a> Frame<'a> {
    pub(super) fn new(facts: &'a FileFacts, unit: GlobalDef) -> Frame<'a> {
        Frame {
            unit,
            function: unit,
            file: unit.file,
            facts,
            class: None,
            env: Environment::default(),
            result: Value::harmless(),
            exits: None,
            breaks: Vec::new(),
            depth: 0,
            loops: 0,
            conditions: Vec::new(),
            vouches: None,
            running: Vec::new(),
            fuel: FUEL,
        }
    }

    /// True for the code of a module itself.
    pub(super) fn is_module(&self) -> bool {
        self.unit.def == DefId::MODULE
    }

    pub(super) fn kind(&self, node: NodeId) -> NodeKind {
        self.facts.arena.kind(node)
    }

    pub(super) fn list(&self, list: List) -> Vec<NodeId> {
        self.facts.arena.list(list).collect()
    }

    pub(super) fn step(&self, node: NodeId) -> Step {
        Step { function: self.function, place: StepPlace::Node(node) }
    }

    pub(super) fn leave(&mut self) {
        let env = std::mem::take(&mut self.env);
        self.exits = Some(match self.exits.take() {
            Some(before) => before.join(env),
            None => env,
        });
        self.env.dead = true;
    }
}

impl<'a> Analysis<'_, 'a> {
    /// Runs a unit and keeps what it shows.
    pub(super) fn function(&mut self, unit: GlobalDef) {
        self.reads.begin();
        let facts: &'a FileFacts = self.program.file(unit.file);
        if let Some(body) = facts.def(unit.def).body {
            self.run_unit(unit, facts, body);
        }
        self.reads.end(unit);
    }

    fn run_unit(&mut self, unit: GlobalDef, facts: &'a FileFacts, body: NodeId) {
        let program = self.program;
        self.flow_mut(unit).hits.clear();
        let mut frame = Frame::new(facts, unit);
        frame.class = lookup::class_of(program, unit);
        self.bind_params(&mut frame, unit);
        let value = self.body(&mut frame, body);
        if !frame.env.dead {
            frame.leave();
        }
        let checked = self.checked_params(&frame, unit);
        // A method that only raises waits for subclasses to say what to do.
        let is_function = facts.def(unit.def).kind == DefKind::Function;
        let never = frame.exits.is_none() && frame.fuel > 0 && is_function;
        let vouches = frame.vouches.unwrap_or(0);
        let flow = self.flow_mut(unit);
        let result = flow.result.join(&value);
        if result != flow.result || (checked, vouches, never) != (flow.checked, flow.vouches, flow.never) {
            flow.result = result;
            (flow.checked, flow.vouches, flow.never) = (checked, vouches, never);
            self.reads.grow(Growing::Function(unit));
        }
    }

    /// The value of a module-level variable.
    pub(super) fn variable(&mut self, def: GlobalDef) -> Value {
        match self.variables.get(&def) {
            Some(None) => return Value::default(),
            Some(Some((value, reads))) if !self.reads.have_grown(reads) => {
                self.reads.note_all(reads);
                return value.clone();
            }
            _ => {}
        }
        let program = self.program;
        let facts: &'a FileFacts = program.file(def.file);
        let definition = facts.def(def.def);
        let Some(node) = definition.value else {
            return self.own(Way::default());
        };
        self.variables.insert(def, None);
        let mark = self.reads.mark();
        let module = GlobalDef { file: def.file, def: DefId::MODULE };
        let mut frame = Frame::new(facts, module);
        frame.class = lookup::class_of(program, def);
        let mut value = self.evaluate(&mut frame, node);
        // What runs while a module loads has no request in it; what it takes from outside has.
        value = value.map(&mut |strand| vec![*strand]);
        if let Some(annotation) = definition.annotation
            && lookup::safety(program, &self.scopes, def.file, annotation) == Safety::Safe
        {
            value = Value::number();
        }
        let reads = self.reads.since(mark);
        self.variables.insert(def, Some((value.clone(), reads)));
        value
    }

    pub(super) fn checked_params(&self, frame: &Frame, unit: GlobalDef) -> u64 {
        let Some(exits) = &frame.exits else { return 0 };
        let mut checked = 0;
        for (index, param) in frame.facts.def(unit.def).params.iter().enumerate().take(64) {
            if let Some(name) = param.name
                && exits.get(Variable::named(name)).is_some_and(|value| value.checked && value.is_harmless())
            {
                checked |= 1 << index;
            }
        }
        checked
    }

    /// Runs the code of a function; the value is what it gives back.
    pub(super) fn body(&mut self, frame: &mut Frame<'a>, body: NodeId) -> Value {
        let value = self.evaluate(frame, body);
        let tail = matches!(frame.kind(body), NodeKind::Block { value: true, .. });
        if tail
            && !frame.env.dead
            && let NodeKind::Block { items, .. } = frame.kind(body)
            && let Some(&last) = frame.list(items).last()
        {
            self.note_verdict(frame, last);
        }
        let result = std::mem::take(&mut frame.result);
        if tail && !frame.env.dead { result_join(result, value) } else { result }
    }

    /// A value that is not constant and of which nothing is known.
    pub(super) fn own(&mut self, way: Way) -> Value {
        Value::of(Strand { origin: Origin::Own, built: None, weak: false, confidence: Confidence::High, way })
    }

    /// A value that comes in at `node`, where nothing is known of it: of unknown origin if it is called like what clients send, else
    /// the program's own.
    pub(super) fn unknown_at(&mut self, frame: &Frame<'a>, node: NodeId) -> Value {
        let speaks = names::speaks_of_request(frame.facts, node) && !self.is_of_web_framework(frame.file, node);
        let origin = if speaks { Origin::Unknown } else { Origin::Own };
        self.origin_at(frame, node, origin)
    }

    /// It is of a web framework that is known: what of it is the client's is known too.
    fn is_of_web_framework(&self, file: FileId, node: NodeId) -> bool {
        let frameworks = &self.program.knowledge.frameworks;
        let mut at = node;
        for _ in 0..8 {
            if let Some(api) = self.program.api(file, at) {
                let package = api.path.split(['.', '(']).next().unwrap_or("");
                let is_web = |kind| kind == FrameworkKind::Web;
                if frameworks.iter().any(|framework| is_web(framework.kind) && framework.packages.iter().any(|own| own == package)) {
                    return true;
                }
            }
            // A test of its type says nothing of where it is from.
            at = match self.program.file(file).arena.kind(at) {
                NodeKind::Member { object, .. } | NodeKind::Index { object, .. } => object,
                NodeKind::Call { callee, .. } => callee,
                _ => return false,
            };
        }
        false
    }

    /// A value of unknown origin that comes in at `node`.
    pub(super) fn free_at(&mut self, frame: &Frame<'a>, node: NodeId) -> Value {
        self.origin_at(frame, node, Origin::Unknown)
    }

    fn origin_at(&mut self, frame: &Frame<'a>, node: NodeId, origin: Origin) -> Value {
        let way = self.ways.then(Way::default(), frame.step(node));
        Value::of(Strand { origin, built: None, weak: false, confidence: Confidence::High, way })
    }

    pub(super) fn source_at(&mut self, frame: &Frame, node: NodeId, kind: SourceKind) -> Value {
        let way = self.ways.then(Way::default(), frame.step(node));
        let confidence = self.confidence(frame.file, node);
        Value::of(Strand { origin: Origin::Source(kind), built: None, weak: false, confidence, way })
    }

    /// How surely the API at a node is known.
    pub(super) fn confidence(&self, file: FileId, node: NodeId) -> Confidence {
        match self.program.value(file, node) {
            Known::Api { guessed: true, .. } => Confidence::Medium,
            _ => Confidence::High,
        }
    }

    pub(super) fn api_source(&self, file: FileId, node: NodeId) -> Option<SourceKind> {
        self.apis.get(self.program.api_id(file, node)?.0 as usize)?.source
    }

    /// What an expression may hold, and what it does to the variables.
    pub(super) fn evaluate(&mut self, frame: &mut Frame<'a>, node: NodeId) -> Value {
        if frame.env.dead {
            return Value::harmless();
        }
        if frame.depth >= DEEPEST {
            self.limits.depth += 1;
            return self.unknown_at(frame, node);
        }
        if frame.fuel == 0 {
            self.limits.fuel += 1;
            frame.env.dead = true;
            return Value::harmless();
        }
        frame.fuel -= 1;
        frame.depth += 1;
        let value = self.expression(frame, node);
        frame.depth -= 1;
        if value.strands.is_empty() && value.shape.is_none() {
            return value;
        }
        match frame.kind(node) {
            NodeKind::Name(_)
            | NodeKind::Member { .. }
            | NodeKind::Call { .. }
            | NodeKind::Index { .. }
            | NodeKind::Await(_)
            | NodeKind::Propagate(_)
                if self.has_safe_type(frame, node) =>
            {
                Value::number()
            }
            _ => value,
        }
    }

    pub(super) fn has_safe_type(&self, frame: &Frame<'a>, node: NodeId) -> bool {
        match self.program.value(frame.file, node) {
            // A path of a class or function is not an instance of it.
            Known::Api { api, .. } => {
                self.apis.get(api.0 as usize).is_some_and(|note| note.safe) && self.program.apis[api.0 as usize].path.ends_with("()")
            }
            Known::Unknown | Known::Module(_) => false,
            _ => lookup::known_safe(self.program, frame.file, node),
        }
    }

    pub(super) fn expression(&mut self, frame: &mut Frame<'a>, node: NodeId) -> Value {
        match frame.kind(node) {
            NodeKind::Name(name) => self.name(frame, node, name),
            NodeKind::Receiver => frame.env.get(Variable::RECEIVER).cloned().unwrap_or_default(),
            NodeKind::Str(name) => Value { tail: Some((frame.file, name)), ..Value::text() },
            NodeKind::Bytes(_) | NodeKind::Regex(_) => Value::text(),
            NodeKind::Number(_) | NodeKind::Bool(_) => Value::number(),
            NodeKind::Super | NodeKind::Null | NodeKind::Continue => self.leaf(frame, node),
            NodeKind::Member { object, name, .. } => self.member(frame, node, object, name),
            NodeKind::Index { object, index } => self.index(frame, node, object, index),
            NodeKind::Call { callee, args, form } => self.call(frame, node, callee, args, form),
            NodeKind::Argument { value, .. } | NodeKind::Spread { value, .. } => self.evaluate(frame, value),
            NodeKind::Await(value) | NodeKind::Propagate(value) => self.evaluate(frame, value),
            NodeKind::Text { parts, form } => self.text(frame, node, parts, form),
            NodeKind::Unary { op, value } => self.unary(frame, op, value),
            NodeKind::Binary { op, left, right } => self.binary(frame, node, op, left, right),
            NodeKind::Collection { kind, items } => self.collection(frame, kind, items),
            // `{key: value for …}`: one entry of what the comprehension makes.
            NodeKind::Entry { .. } => self.object(frame, &[node]),
            NodeKind::Closure(def) => self.closure(frame, def),
            NodeKind::Define(def) => {
                self.define(frame, def);
                Value::harmless()
            }
            NodeKind::If { condition, then, otherwise } => self.branch(frame, condition, then, otherwise),
            NodeKind::Loop { kind, target, source, body, .. } => self.repeat(frame, kind, target, source, body),
            NodeKind::Block { items, value } => self.block(frame, items, value),
            NodeKind::Match { subject, arms } => self.match_(frame, subject, arms),
            NodeKind::Arm { body, .. } => self.evaluate(frame, body),
            NodeKind::Try { body, handlers, otherwise, finally } => self.try_(frame, body, handlers, otherwise, finally),
            NodeKind::Handler { body, .. } => self.evaluate(frame, body),
            NodeKind::With { items, body, .. } => {
                for item in frame.list(items) {
                    self.evaluate(frame, item);
                }
                self.evaluate(frame, body)
            }
            NodeKind::Assign { target, value, op } => self.assign(frame, node, target, value, op),
            NodeKind::Declare { target, annotation, value, .. } => self.declare(frame, target, annotation, value),
            NodeKind::Return(node) => {
                let value = node.map(|node| self.evaluate(frame, node)).unwrap_or_default();
                if let Some(node) = node.filter(|_| !frame.env.dead) {
                    self.note_verdict(frame, node);
                }
                frame.result = result_join(std::mem::take(&mut frame.result), value);
                frame.leave();
                Value::harmless()
            }
            NodeKind::Raise(value) => {
                if let Some(value) = value {
                    self.evaluate(frame, value);
                }
                frame.env.dead = true;
                Value::harmless()
            }
            NodeKind::Yield(value) => {
                let value = value.map(|value| self.evaluate(frame, value)).unwrap_or_default();
                frame.result = result_join(std::mem::take(&mut frame.result), Value::elements(value));
                Value::harmless()
            }
            NodeKind::Break(value) => {
                if let Some(value) = value {
                    let value = self.evaluate(frame, value);
                    frame.result = std::mem::take(&mut frame.result).join(&value);
                }
                let env = std::mem::take(&mut frame.env);
                frame.breaks.push(env);
                frame.env.dead = true;
                Value::harmless()
            }
            NodeKind::Assert(value) => {
                self.evaluate(frame, value);
                self.refine(frame, value, true);
                Value::harmless()
            }
            NodeKind::Cast { value, to } => self.cast(frame, value, to),
            NodeKind::Apply { base, .. } => self.evaluate(frame, base),
            NodeKind::Union(parts) | NodeKind::Other(parts) => {
                let mut all = Value::harmless();
                for part in frame.list(parts) {
                    // Code in it may run or not: `let Some(x) = y else { return };`.
                    let before = matches!(frame.kind(part), NodeKind::Block { .. }).then(|| frame.env.clone());
                    let value = self.evaluate(frame, part);
                    all = Value { kind: Kind::Any, ..all.join(&value) };
                    if let Some(before) = before {
                        frame.env = before.join(std::mem::take(&mut frame.env));
                    }
                }
                all
            }
        }
    }

    pub(super) fn leaf(&mut self, frame: &mut Frame<'a>, node: NodeId) -> Value {
        if frame.kind(node) == NodeKind::Continue {
            let env = std::mem::take(&mut frame.env);
            frame.breaks.push(env);
            frame.env.dead = true;
        }
        Value::harmless()
    }

    /// The summary of a function, if it has been looked at.
    pub(super) fn flow_of(&self, function: GlobalDef) -> Option<Rc<FunctionFlow>> {
        self.reads.note(Growing::Function(function));
        self.functions.get(&function).cloned()
    }

    pub(super) fn callee_of(&self, frame: &Frame<'a>, callee: NodeId) -> NodeId {
        without_types(self.program, frame.function, callee)
    }
}

/// Joins results; the first one replaces nothing.
pub(super) fn result_join(have: Value, value: Value) -> Value {
    if have == Value::harmless() { value } else { have.join(&value) }
}
