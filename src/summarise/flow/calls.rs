//! Calls: sinks, sources and sanitizers by knowledge, project functions by their summaries, callbacks by running them, and what
//! the languages' own text and collection methods do with data.

use std::rc::Rc;

use super::builtins::Call;
use super::environment::Variable;
use super::evaluate::Frame;
use super::lookup::{self, Safety};
use super::names::class_like;
use super::steps::Way;
use super::value::{Key, Kind, Origin, Shape, Strand, Value, merge};
use super::{Analysis, End, FunctionFlow, Sink, SourceMembers};
use crate::model::body::{CallForm, List, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefKind, ParamKind};
use crate::model::finding::Confidence;
use crate::model::knowledge::{ApiFact, ArgumentRef, SinkKind};
use crate::model::program::{Api, ApiId, CallKind, Program, Resolution, Value as Known};
use crate::model::role::GlobalDef;
use crate::model::source::Family;
use crate::model::summary::{Built, Hole, Step, StepPlace};
use crate::model::templates::{Template, template};
use crate::rulebook::vocabulary::api_names;

/// Functions that one call may lead to, at most: implementations of an interface.
const MOST_CALLEES: usize = 6;

/// Methods that run pieces of SQL text given by these names, whatever the library is.
pub(super) const SINK_ARGUMENTS: &[(&str, &[&str])] = &[("extra", &["select", "where", "tables"])];

/// Methods that call their function once for each element, or with what they are called on.
const WITH_ELEMENT: &[&str] = &[
    "map",
    "forEach",
    "for_each",
    "filter",
    "flatMap",
    "flat_map",
    "filter_map",
    "find",
    "findIndex",
    "some",
    "every",
    "any",
    "all",
    "sort",
    "sort_by",
    "inspect",
    "partition",
    "take_while",
    "skip_while",
    "then",
    "and_then",
    "map_or",
    "map_or_else",
    "is_some_and",
    "retain",
    "try_for_each",
    "find_map",
    "position",
    "apply",
    "finally",
    "tap",
    "each",
];

/// One argument of a call.
pub(super) struct Argument {
    pub(super) key: Option<Key>,
    pub(super) name: Option<String>,
    pub(super) spread: bool,
    spread_named: bool,
    pub(super) node: NodeId,
    pub(super) value: Value,
}

impl<'a> Analysis<'_, 'a> {
    /// A call: what it gives back, after what it does.
    pub(super) fn call(&mut self, frame: &mut Frame<'a>, node: NodeId, callee: NodeId, args: List, form: CallForm) -> Value {
        if form == CallForm::Pattern {
            return Value::harmless();
        }
        let callee = self.callee_of(frame, callee);
        let name = lookup::last_name(self.program, frame.file, callee).unwrap_or("");
        let receiver = match frame.kind(callee) {
            NodeKind::Member { object, .. } => Some(object),
            _ => None,
        };
        let held = receiver.map(|object| self.receiver(frame, object));
        let arguments = self.arguments(frame, args);
        if form == CallForm::Jsx {
            return Value::harmless();
        }
        let api = self.called(frame, node, callee);
        let mut is_sink = false;
        if let Some(api) = api {
            is_sink = self.sinks(frame, node, callee, api, &arguments);
        }
        if name == "__init__" && receiver.is_some_and(|object| frame.kind(object) == NodeKind::Super) {
            self.template_sink(frame, node, &arguments);
        }
        if api.is_none_or(|api| self.program.apis[api.0 as usize].matches.is_empty()) {
            // A tagged template binds what is put into it.
            if form != CallForm::Tagged {
                self.named_sink(frame, node, callee, name, &arguments);
            }
            self.named_argument_sink(frame, node, callee, name, &arguments);
        }
        // What the user's knowledge says of a function of the project stands for its code.
        let told = api.is_some_and(|api| self.apis[api.0 as usize].stands_for_code());
        let own = if told { None } else { self.project_call(frame, node, callee, &arguments, held.as_ref()) };
        let returned = self.callbacks(frame, node, name, &arguments, held.as_ref(), own.is_some());
        if self.never_returns(frame, node, api) {
            frame.env.dead = true;
            return Value::harmless();
        }
        if let Some(api) = api {
            let note = &self.apis[api.0 as usize];
            if is_sink {
                return Value::harmless();
            }
            if note.sanitizer {
                return Value::number();
            }
            if let Some(kind) = note.source {
                if arguments.iter().any(|arg| arg.name.as_deref() == Some("type") && self.is_safe_type(frame, arg.node)) {
                    return Value::number();
                }
                return self.source_at(frame, node, kind);
            }
            if note.query {
                // `query.get_result::<i64>(conn)`.
                return if self.has_safe_type_arguments(frame, node) { Value::number() } else { self.unknown_at(frame, node) };
            }
        }
        if let Some(own) = own {
            return own;
        }
        let is_class = || matches!(self.program.value(frame.file, callee), Known::Def(def) if class_like(self.program.def(def).kind));
        if api.is_none() && (form == CallForm::New || is_class()) {
            return self.construct(frame, node, callee, &arguments);
        }
        let call = Call { node, callee, name, receiver, form };
        self.builtin(frame, &call, held, arguments, returned)
    }

    /// The code behind the call is never reached.
    fn never_returns(&self, frame: &Frame<'a>, node: NodeId, api: Option<ApiId>) -> bool {
        if api.is_some_and(|api| self.apis[api.0 as usize].never) {
            return true;
        }
        let edges = self.program.calls_at(frame.function, node);
        let mut calls = edges.iter().filter(|edge| edge.kind == CallKind::Call).peekable();
        calls.peek().is_some()
            && calls.all(|edge| edge.resolution > Resolution::NameOnly && self.flow_of(edge.callee).is_some_and(|flow| flow.never))
    }

    /// What a method is called on. A name nothing is known of is an object there, not data.
    fn receiver(&mut self, frame: &mut Frame<'a>, object: NodeId) -> Value {
        match (frame.kind(object), self.program.value(frame.file, object)) {
            (NodeKind::Name(name), Known::Api { api, .. })
                if frame.env.get(Variable::named(name)).is_none() && self.is_free_global(frame, name, api) =>
            {
                Value::harmless()
            }
            _ => self.evaluate(frame, object),
        }
    }

    /// The API a call is of.
    fn called(&self, frame: &Frame<'a>, node: NodeId, callee: NodeId) -> Option<ApiId> {
        let raw = match frame.kind(node) {
            NodeKind::Call { callee, .. } => callee,
            _ => callee,
        };
        [callee, raw].into_iter().find_map(|node| self.program.api_id(frame.file, node))
    }

    pub(super) fn sanitizes(&self, program: &Program, api: &Api) -> bool {
        program.facts_of(api).any(|(fact, _)| matches!(fact, ApiFact::Sanitizer(SinkKind::Sql)))
    }

    fn arguments(&mut self, frame: &mut Frame<'a>, args: List) -> Vec<Argument> {
        let mut out = Vec::new();
        for node in frame.list(args) {
            let (name, inner, spread, spread_named) = match frame.kind(node) {
                NodeKind::Argument { name, value } => (Some(name), value, false, false),
                NodeKind::Spread { value, named } => (None, value, true, named),
                _ => (None, node, false, false),
            };
            let value = match frame.kind(inner) {
                // Run when it is known what calls it.
                NodeKind::Closure(def) => Value::shaped(Shape::Closure(GlobalDef { file: frame.file, def })),
                _ => self.evaluate(frame, inner),
            };
            let key = name.map(|name| self.keys.name(self.program, frame.file, name));
            let name = name.map(|name| frame.facts.text(name).to_string());
            out.push(Argument { key, name, spread, spread_named, node: inner, value });
        }
        out
    }

    pub(super) fn is_safe_type(&self, frame: &Frame<'a>, node: NodeId) -> bool {
        lookup::safety(self.program, &self.scopes, frame.file, node) == Safety::Safe
    }

    // ---- sinks ------------------------------------------------------------------------------------------------------------------

    /// Text that arrives at the API's sinks. True when the API is one.
    fn sinks(&mut self, frame: &mut Frame<'a>, node: NodeId, callee: NodeId, api: ApiId, arguments: &[Argument]) -> bool {
        let sinks = self.apis[api.0 as usize].sinks.clone();
        let confidence = self.confidence(frame.file, callee);
        for Sink { kind, argument: reference, built, request } in &sinks {
            let Some(value) = self.argument(reference, arguments) else { continue };
            let way_end = Step { function: frame.function, place: StepPlace::Node(node) };
            // Lists of texts are texts (`extra(where=[…])`); of objects only the part that the argument names.
            let named = matches!(reference, ArgumentRef::Name(_));
            let texts = match value.shape.as_deref() {
                Some(Shape::Fields(_)) if !named => value.strands.clone(),
                _ => value.all_strands(),
            };
            for strand in texts.into_iter().filter(|strand| !built || strand.built.is_some()) {
                let way = self.ways.then(strand.way, way_end);
                let strand = Strand { way, confidence: strand.confidence.min(confidence), ..strand };
                let end = End { kind: *kind, place: (frame.function, node), api: Some(api), request: *request, runs: true };
                self.arrive(frame.unit, &strand, end);
            }
        }
        !sinks.is_empty()
    }

    /// `thing.execute("SELECT … " + x)` where nothing is known of `thing`: the name of the method and a text that is SQL beyond
    /// doubt say together what it is.
    fn named_sink(&mut self, frame: &mut Frame<'a>, node: NodeId, callee: NodeId, name: &str, arguments: &[Argument]) {
        if !(api_names().orm.sinks.has(name) || api_names().orm.loose_sinks.has(name))
            || !matches!(frame.kind(callee), NodeKind::Member { .. })
        {
            return;
        }
        let edges = self.program.calls_at(frame.function, node);
        if edges.iter().any(|edge| edge.resolution > Resolution::NameOnly) {
            return;
        }
        let Some(first) = arguments.first().filter(|first| first.value.statement && !first.spread) else { return };
        self.named_arrival(frame, node, first.value.strands.clone());
    }

    /// `thing.extra(where=[f"name = '{x}'"])` where nothing is known of `thing`: method and argument say together what it is.
    fn named_argument_sink(&mut self, frame: &mut Frame<'a>, node: NodeId, callee: NodeId, name: &str, arguments: &[Argument]) {
        let Some((_, names)) = SINK_ARGUMENTS.iter().find(|(method, _)| *method == name) else { return };
        let known = self.program.calls_at(frame.function, node).iter().any(|edge| edge.resolution > Resolution::NameOnly);
        if known || !matches!(frame.kind(callee), NodeKind::Member { .. }) {
            return;
        }
        for argument in arguments.iter().filter(|argument| argument.name.as_deref().is_some_and(|own| names.contains(&own))) {
            self.named_arrival(frame, node, argument.value.all_strands());
        }
    }

    fn named_arrival(&mut self, frame: &Frame<'a>, node: NodeId, strands: Vec<Strand>) {
        let step = Step { function: frame.function, place: StepPlace::Node(node) };
        for strand in strands {
            if strand.built.is_some() {
                let way = self.ways.then(strand.way, step);
                let strand = Strand { way, confidence: strand.confidence.min(Confidence::Medium), ..strand };
                let end = End { kind: SinkKind::Sql, place: (frame.function, node), api: None, request: false, runs: true };
                self.arrive(frame.unit, &strand, end);
            }
        }
    }

    /// `super().__init__(text=text)` where the class's template has a place of this name: it becomes text.
    fn template_sink(&mut self, frame: &Frame<'a>, node: NodeId, arguments: &[Argument]) {
        let class = lookup::class_of(self.program, frame.function);
        let Some(Template { api, open, .. }) = class.and_then(|class| template(self.program, class)) else { return };
        for argument in arguments.iter().filter(|argument| argument.name.as_deref().is_some_and(|name| open.contains(&name))) {
            for strand in argument.value.all_strands() {
                let built = Built { function: frame.function, node, hole: Hole::Fragment, sql: true };
                let way = self.ways.then(strand.way, frame.step(node));
                let strand = Strand { built: Some(built), way, ..strand };
                let end = End { kind: SinkKind::Sql, place: (frame.function, node), api: Some(api), request: false, runs: true };
                self.arrive(frame.unit, &strand, end);
            }
        }
    }

    fn argument(&mut self, reference: &ArgumentRef, arguments: &[Argument]) -> Option<Value> {
        match reference {
            ArgumentRef::Position(position) => {
                let mut at = *position as usize;
                for argument in arguments.iter().filter(|argument| argument.name.is_none()) {
                    if argument.spread {
                        return (!argument.spread_named).then(|| argument.value.element());
                    }
                    if at == 0 {
                        return Some(argument.value.clone());
                    }
                    at -= 1;
                }
                None
            }
            ArgumentRef::Name(name) => match name.split_once('.') {
                Some((position, key)) => {
                    let at: usize = position.parse().ok()?;
                    let argument = arguments.iter().filter(|argument| argument.name.is_none()).nth(at)?;
                    let Some(Shape::Fields(fields)) = argument.value.shape.as_deref() else { return None };
                    let found = fields.iter().find(|(field, _)| self.keys.is(**field, key));
                    found.map(|(_, value)| value.clone())
                }
                None => arguments.iter().find(|argument| argument.name.as_deref() == Some(name)).map(|argument| argument.value.clone()),
            },
        }
    }

    // ---- project functions --------------------------------------------------------------------------------------------------------

    /// Calls of functions of the project: their summaries with these arguments. `None` when the call leads to none that is known.
    fn project_call(
        &mut self,
        frame: &mut Frame<'a>,
        node: NodeId,
        callee: NodeId,
        arguments: &[Argument],
        held: Option<&Value>,
    ) -> Option<Value> {
        let edges: Vec<(GlobalDef, CallKind, Resolution)> = self
            .program
            .calls_at(frame.function, node)
            .iter()
            .filter(|edge| edge.kind == CallKind::Call && edge.resolution > Resolution::NameOnly)
            .map(|edge| (edge.callee, edge.kind, edge.resolution))
            .take(MOST_CALLEES)
            .collect();
        let mut result: Option<Value> = None;
        let mut targets: Vec<(GlobalDef, Confidence)> =
            edges.iter().map(|(callee, _, resolution)| (*callee, resolution.confidence())).collect();
        if targets.is_empty() {
            // A local function value that the call graph does not show.
            let local = match frame.kind(callee) {
                NodeKind::Name(name) => frame.env.get(Variable::named(name)).and_then(Value::closure),
                _ => None,
            };
            targets.extend(local.map(|def| (def, Confidence::Medium)));
        }
        for (target, confidence) in targets {
            let kind = self.program.def(target).kind;
            if !matches!(kind, DefKind::Function | DefKind::Method) {
                continue;
            }
            let Some(flow) = self.flow_of(target) else {
                // Not looked at: either a member of the same group that has its turn later (nothing flows yet), or a function
                // from which no sink can be reached and which nothing relevant calls.
                result = Some(result.unwrap_or_default());
                continue;
            };
            let bound = self.bind_arguments(frame, target, callee, arguments, held);
            let value = self.apply(frame, node, target, &flow, &bound, confidence);
            self.note_checked(frame, target, &flow, callee, arguments);
            let constructs = self.is_constructor(target);
            let value = if constructs { Value::harmless() } else { self.parsed_within(frame, target, callee, arguments, value) };
            result = Some(match result {
                Some(have) => have.join(&value),
                None => value,
            });
        }
        result
    }

    fn is_constructor(&self, function: GlobalDef) -> bool {
        matches!(self.program.name(function), "__init__" | "constructor")
    }

    /// The value of each parameter of `target`.
    pub(super) fn bind_arguments(
        &mut self,
        frame: &Frame<'a>,
        target: GlobalDef,
        callee: NodeId,
        arguments: &[Argument],
        held: Option<&Value>,
    ) -> Vec<Option<Value>> {
        let program = self.program;
        let def = program.def(target);
        let facts = program.file(target.file);
        let mut bound: Vec<Option<Value>> = vec![None; def.params.len()];
        let explicit_receiver = match program.value(frame.file, callee) {
            Known::Def(def) => def == target && !program.def(target).flags.has(DefFlags::CLASS_METHOD),
            _ => false,
        } && !self.is_constructor(target)
            && def.params.first().is_some_and(|param| param.kind == ParamKind::Receiver);
        let mut next = 0;
        let skip_receiver = !explicit_receiver;
        let advance = |next: &mut usize| {
            while def.params.get(*next).is_some_and(|param| skip_receiver && param.kind == ParamKind::Receiver) {
                *next += 1;
            }
        };
        if let (true, Some(held), Some(first)) = (skip_receiver, held, def.params.first())
            && first.kind == ParamKind::Receiver
        {
            bound[0] = Some(held.clone());
        }
        for argument in arguments {
            let value = self.with_api(frame, argument);
            if let Some(key) = argument.key {
                let at = def.params.iter().position(|param| param.name.is_some_and(|name| self.keys.is(key, facts.text(name))));
                let at = at.or_else(|| def.params.iter().position(|param| param.kind == ParamKind::KeywordRest));
                if let Some(at) = at {
                    if def.params[at].kind == ParamKind::KeywordRest {
                        let mut rest = bound[at].take().unwrap_or_default();
                        rest.set(&[key], value);
                        bound[at] = Some(rest);
                    } else {
                        bound[at] = Some(value);
                    }
                }
                continue;
            }
            if argument.spread {
                for (at, param) in def.params.iter().enumerate().skip(next) {
                    let value = match (argument.spread_named, param.name) {
                        (true, Some(name)) if param.kind != ParamKind::KeywordRest => value.member(self.keys.text(facts.text(name))),
                        (true, _) => value.clone(),
                        (false, _) if param.kind == ParamKind::Rest => value.clone(),
                        (false, _) => value.at(at - next),
                    };
                    if param.kind != ParamKind::Receiver
                        && bound[at].is_none()
                        && (argument.spread_named || param.kind != ParamKind::KeywordOnly)
                    {
                        bound[at] = Some(value);
                    }
                }
                continue;
            }
            advance(&mut next);
            match def.params.get(next).map(|param| param.kind) {
                Some(ParamKind::Rest) => {
                    let mut rest = bound[next].take().unwrap_or_default();
                    rest.add_apart(value);
                    bound[next] = Some(rest);
                }
                Some(ParamKind::Normal | ParamKind::Receiver) => {
                    bound[next] = Some(value);
                    next += 1;
                }
                _ => {}
            }
        }
        bound
    }

    /// An argument's value; a library object (the request itself) keeps knowing which of its members are sources.
    fn with_api(&mut self, frame: &Frame<'a>, argument: &Argument) -> Value {
        self.argument_source(frame, argument).map_or_else(
            || argument.value.clone(),
            |members| {
                let mut value = argument.value.clone();
                for &(name, kind) in members.iter() {
                    let key = self.keys.text(name);
                    if value.own_field(key).is_none() {
                        let source = self.source_at(frame, argument.node, kind);
                        value.set(&[key], source);
                    }
                }
                value
            },
        )
    }

    /// A summary with arguments in place of the parameters.
    pub(super) fn apply(
        &mut self,
        frame: &Frame<'a>,
        site: NodeId,
        target: GlobalDef,
        flow: &Rc<FunctionFlow>,
        bound: &[Option<Value>],
        confidence: Confidence,
    ) -> Value {
        let step = Step { function: frame.function, place: StepPlace::Node(site) };
        for entrance in &flow.entrances {
            let Some(Some(argument)) = bound.get(entrance.param as usize) else { continue };
            let held = argument.follow(entrance.path);
            let strands = if entrance.built.is_some() { held.all_strands() } else { held.strands.clone() };
            for strand in strands {
                let way = self.ways.then(strand.way, step);
                let strand = Strand {
                    built: if entrance.weak { entrance.built } else { earlier(strand.built, entrance.built) },
                    weak: strand.weak || entrance.weak,
                    confidence: strand.confidence.min(entrance.confidence).min(confidence),
                    way: self.ways.join(way, entrance.way),
                    ..strand
                };
                self.arrive(frame.unit, &strand, entrance.end);
            }
        }
        let mut ways = std::mem::replace(&mut self.ways, super::steps::Ways::new());
        let result = flow.result.map(&mut |strand: &Strand| match strand.origin {
            Origin::Param { owner, index, path } if owner == target => {
                let Some(Some(argument)) = bound.get(index as usize) else { return Vec::new() };
                let held = argument.follow(path);
                let all = if strand.built.is_some() { held.all_strands() } else { held.strands.clone() };
                all.into_iter()
                    .map(|outer| {
                        let there = ways.then(outer.way, step);
                        Strand {
                            origin: outer.origin,
                            built: if strand.weak { strand.built } else { earlier(outer.built, strand.built) },
                            weak: outer.weak || strand.weak,
                            confidence: outer.confidence.min(strand.confidence).min(confidence),
                            way: if strand.way == Way::default() { there } else { ways.join(there, strand.way) },
                        }
                    })
                    .collect()
            }
            _ => vec![Strand { way: ways.then(strand.way, step), confidence: strand.confidence.min(confidence), ..*strand }],
        });
        self.ways = ways;
        // A result that is the argument itself keeps the argument's parts.
        let mut result = result;
        if let [Strand { origin: Origin::Param { owner, index, path }, built: None, .. }] = flow.result.strands.as_slice()
            && *owner == target
            && let Some(Some(argument)) = bound.get(*index as usize)
        {
            let whole = argument.follow(*path);
            if result.shape.as_deref().is_none_or(Shape::is_bare) {
                result.shape = whole.shape;
            } else if let (Some(Shape::Fields(own)), Some(Shape::Fields(parts))) = (result.shape.as_deref(), whole.shape.as_deref()) {
                // `{ ...given, more }`: the other parts of what was given are still there.
                let rest: Vec<(Key, Value)> =
                    parts.iter().filter(|(key, _)| !own.contains_key(key)).map(|(key, part)| (*key, part.clone())).collect();
                for (key, part) in rest {
                    result.set(&[key], part);
                }
            }
            result.kind = whole.kind;
            result.tail = whole.tail;
        }
        Value { checked: false, ..result }
    }

    /// How many parameters of `target` come before the first argument of a call: one, if it is called on its receiver.
    pub(super) fn receiver_shift(&self, frame: &Frame<'a>, target: GlobalDef, callee: NodeId) -> usize {
        let takes_receiver = self.program.def(target).params.first().is_some_and(|param| param.kind == ParamKind::Receiver);
        usize::from(takes_receiver && !matches!(self.program.value(frame.file, callee), Known::Def(_)))
    }

    /// After `check(column)` has returned, what it checks is checked.
    fn note_checked(&mut self, frame: &mut Frame<'a>, target: GlobalDef, flow: &FunctionFlow, callee: NodeId, arguments: &[Argument]) {
        if flow.checked == 0 {
            return;
        }
        let shift = self.receiver_shift(frame, target, callee);
        let positional: Vec<NodeId> =
            arguments.iter().filter(|argument| argument.name.is_none() && !argument.spread).map(|argument| argument.node).collect();
        for (at, node) in positional.into_iter().enumerate() {
            let bit = at + shift;
            if bit < 64 && flow.checked & (1 << bit) != 0 {
                self.check_place(frame, node);
            }
        }
    }

    /// `new C(x)`, `C { field: x }`: fields of the class are filled; the instance itself carries nothing.
    fn construct(&mut self, frame: &mut Frame<'a>, node: NodeId, callee: NodeId, arguments: &[Argument]) -> Value {
        let class = match self.program.value(frame.file, callee) {
            Known::Def(class) | Known::Instance { class, .. } => Some(class),
            _ => match frame.kind(callee) {
                NodeKind::Name(name) if frame.facts.text(name) == "Self" => frame.class,
                _ => None,
            },
        };
        let mut object = Value::harmless();
        let fields = class.map(|class| self.fields_in_order(class)).unwrap_or_default();
        for (at, argument) in arguments.iter().enumerate() {
            let by_position = fields.get(at).copied().filter(|_| argument.name.is_none() && !argument.spread);
            match argument.key.or(by_position) {
                Some(key) => {
                    if let Some(class) = class {
                        self.put_field(class, key, &argument.value);
                    }
                    object.set(&[key], argument.value.clone());
                }
                None => object.strands = merge(&object.strands, &argument.value.all_strands()),
            }
        }
        if class.is_none() && arguments.iter().all(|argument| argument.key.is_none()) {
            let name = lookup::last_name(self.program, frame.file, callee).unwrap_or("");
            if matches!(name, "Set" | "Map" | "Array" | "String" | "Promise" | "URLSearchParams" | "URL") {
                return arguments.first().map_or_else(Value::harmless, |argument| Value { kind: Kind::Any, ..argument.value.clone() });
            }
            if matches!(name, "Date" | "Number") {
                return Value::number();
            }
            return self.weakened(frame, node, arguments, None);
        }
        object
    }

    /// The fields that the arguments of a class without a constructor fill: those of a dataclass or named tuple.
    fn fields_in_order(&mut self, class: GlobalDef) -> Vec<Key> {
        let facts = self.program.file(class.file);
        if facts.language.family() != Family::Python || lookup::ancestors(self.program, class).len() > 1 {
            return Vec::new();
        }
        let fields: Vec<_> = facts
            .definitions()
            .filter(|(_, def)| def.parent == class.def && def.kind == DefKind::Field && def.annotation.is_some())
            .map(|(_, def)| def.name)
            .collect();
        fields.into_iter().map(|name| self.keys.name(self.program, class.file, name)).collect()
    }

    // ---- callbacks ----------------------------------------------------------------------------------------------------------------

    /// Runs the closures among the arguments. The value is what the last one gives back.
    fn callbacks(
        &mut self,
        frame: &mut Frame<'a>,
        node: NodeId,
        name: &str,
        arguments: &[Argument],
        held: Option<&Value>,
        own: bool,
    ) -> Option<Value> {
        let mut returned = None;
        for argument in arguments {
            let closure = match frame.kind(argument.node) {
                NodeKind::Closure(def) => GlobalDef { file: frame.file, def },
                _ => match argument.value.closure() {
                    Some(named) if !own => {
                        if WITH_ELEMENT.contains(&name)
                            && let Some(flow) = self.flow_of(named)
                        {
                            let element = held.map(Value::element).unwrap_or_default();
                            let params = self.program.def(named).params.len();
                            let bound: Vec<Option<Value>> = (0..params).map(|at| (at == 0).then(|| element.clone())).collect();
                            returned = Some(self.apply(frame, node, named, &flow, &bound, Confidence::Medium));
                        }
                        continue;
                    }
                    _ => continue,
                },
            };
            // The code of a module runs while it loads; functions it registers are looked at on their own.
            if frame.is_module() && !WITH_ELEMENT.contains(&name) && name != "reduce" {
                continue;
            }
            let value = match held {
                Some(held) if name == "reduce" || name == "fold" => {
                    let start =
                        arguments.iter().find(|other| other.node != argument.node).map(|other| other.value.clone()).unwrap_or_default();
                    let once = self.run(frame, closure, &[start.clone(), held.element(), Value::number()]);
                    let before = start.join(&once);
                    self.run(frame, closure, &[before, held.element(), Value::number()])
                }
                Some(held) if WITH_ELEMENT.contains(&name) => {
                    let each = if matches!(name, "then" | "and_then" | "map_or" | "apply") && held.shape.is_none() {
                        held.clone()
                    } else {
                        held.element()
                    };
                    self.run(frame, closure, &[each, Value::number()])
                }
                // Python: `map(f, xs)`, `filter(f, xs)`; `sorted(xs, key=f)`.
                None if matches!(name, "map" | "filter") => {
                    let over =
                        arguments.iter().find(|other| other.node != argument.node).map(|other| other.value.element()).unwrap_or_default();
                    self.run(frame, closure, &[over])
                }
                None if name == "from" => {
                    let over = arguments.first().map(|other| other.value.element()).unwrap_or_default();
                    self.run(frame, closure, &[over, Value::number()])
                }
                _ => self.run(frame, closure, &[]),
            };
            returned = Some(value);
        }
        returned
    }
}

/// The building that came first wins, but text that reads as SQL wins over text that does not.
fn earlier(
    first: Option<crate::model::summary::Built>,
    second: Option<crate::model::summary::Built>,
) -> Option<crate::model::summary::Built> {
    match (first, second) {
        (Some(a), Some(b)) if !a.sql && b.sql => Some(b),
        (Some(a), _) => Some(a),
        (None, b) => b,
    }
}

/// Members by which library objects give data.
const SOURCE_MEMBERS: &[&str] = &[
    "query",
    "params",
    "body",
    "headers",
    "cookies",
    "args",
    "form",
    "json",
    "GET",
    "POST",
    "data",
    "query_params",
    "path_params",
    "values",
    "url",
    "request",
    "COOKIES",
    "META",
    "FILES",
    "searchParams",
];

impl<'a> Analysis<'_, 'a> {
    /// The members of a library object given as an argument that are sources.
    fn argument_source(&mut self, frame: &Frame<'a>, argument: &Argument) -> Option<Rc<SourceMembers>> {
        let program = self.program;
        let Known::Api { api, .. } = program.value(frame.file, argument.node) else { return None };
        let known = self.source_members.entry(api).or_insert_with(|| {
            let path = &program.apis[api.0 as usize].path;
            let source = |member: &&'static str| Some((*member, lookup::source_of_path(program, &format!("{path}.{member}"))?));
            let found: SourceMembers = SOURCE_MEMBERS.iter().filter_map(source).collect();
            (!found.is_empty()).then(|| Rc::new(found))
        });
        known.clone()
    }
}
