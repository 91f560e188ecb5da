//! Data flow: which parameters, request data and other outside data reach which sinks, function by function, bottom-up over the
//! call graph.
//!
//! An abstract interpreter runs over the body IR of every function that can matter: those from which a sink can be reached,
//! and what they call. A value is a set of strands (see [`value`]); a parameter is a strand that the callers decide, so
//! that a function is looked at once and its summary is used at every call. Within a group of functions that call each other
//! the summaries grow from nothing until they settle. Everything is bounded, and each bound that is hit is counted
//! ([`FlowLimits`]).
//!
//! Not done: aliasing between variables, the order in which methods of an object are called (a field holds whatever any method of
//! its class puts there), and implicit flows (a branch on data is no flow).

mod build;
mod builtins;
mod calls;
mod entries;
mod environment;
mod evaluate;
mod functions;
mod guard;
mod lookup;
mod names;
mod rank;
mod reads;
mod schema;
mod statements;
mod steps;
mod text;
mod value;

pub use rank::Units;

use rank::Sinks;

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use self::entries::Entry;
use self::lookup::{Keys, Scopes};
use self::reads::{Growing, Read, Reads};
use self::steps::{Way, Ways};
use self::value::{Key, Origin, Path, Strand, Value};
use crate::model::body::{NodeId, NodeKind};
use crate::model::finding::Confidence;
use crate::model::knowledge::{ApiFact, ArgumentRef, SinkKind, SourceKind};
use crate::model::program::{ApiId, CallKind, Program, Resolution};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::Family;
use crate::model::summary::{Built, Flow, FlowLimits, FlowToSink, Hole, SqlTexts, Step, StepPlace, Summaries};
use crate::model::trace;

/// Most passes over the whole, when data goes through fields of objects.
const MOST_PASSES: usize = 4;
/// Most rounds within a group of functions that call each other.
const MOST_ROUNDS: usize = 4;
/// Most ways from one parameter to sinks that a summary keeps.
const MOST_SINKS: usize = 48;
/// Most flows kept of one function.
const MOST_FLOWS: usize = 64;

/// Adds the data flows of every function to its summary.
pub(super) fn summarise(program: &Program, summaries: &mut Summaries, texts: SqlTexts, goes_on: bool) -> Units {
    let apis = program.apis.iter().map(|api| ApiNote::new(program, api)).collect();
    let mut analysis = Analysis {
        program,
        texts,
        apis,
        keys: Keys::new(program.facts.len()),
        scopes: Scopes::new(program),
        ways: Ways::new(),
        functions: FxHashMap::default(),
        fields: FxHashMap::default(),
        variables: FxHashMap::default(),
        entries: entries::entries(program),
        converted: entries::converted(program),
        schema_packages: schema::packages(program),
        parsers: FxHashMap::default(),
        source_members: FxHashMap::default(),
        parameter_sources: RefCell::default(),
        reads: Reads::default(),
        limits: FlowLimits::default(),
    };
    let (order, mut units) = rank::rank(program, texts, |api| analysis.apis[api.0 as usize].arguments_run());
    let mut run = || {
        analysis.run_groups(&order);
        analysis.open_ends(&order);
    };
    if goes_on {
        units.seen = trace::traced(run).1;
    } else {
        run();
    }
    analysis.write(summaries);
    units
}

/// True when other code in these functions makes no difference to the flows.
pub(super) fn are_beside(units: &Units, program: &Program, functions: &[GlobalDef]) -> bool {
    let is_sink = |api: ApiId| ApiNote::new(program, &program.apis[api.0 as usize]).arguments_run();
    units.are_beside(program, functions, is_sink)
}

/// What knowledge says about an API, as far as data flow cares.
struct ApiNote {
    source: Option<SourceKind>,
    /// A parameter of this type, or decorated with it, is a source.
    parameter: Option<SourceKind>,
    sinks: Vec<Sink>,
    sanitizer: bool,
    query: bool,
    /// Calls of it do not return.
    never: bool,
    /// An instance of a type with a fixed form.
    safe: bool,
}

/// An argument that is run.
#[derive(Clone)]
struct Sink {
    kind: SinkKind,
    argument: ArgumentRef,
    /// Only text that a value was put into counts.
    built: bool,
    /// Only data of a request counts.
    request: bool,
}

/// Members of a library's object that give data, and whose.
type SourceMembers = Vec<(&'static str, SourceKind)>;

/// Where text is run.
#[derive(Clone, Copy, Debug, PartialEq)]
struct End {
    kind: SinkKind,
    /// Function and call.
    place: (GlobalDef, NodeId),
    /// `None`: known by the name of the method only.
    api: Option<ApiId>,
    /// Only data of a request counts there.
    request: bool,
    /// It runs the text. If not, the place is where a statement is written that nobody is seen to run.
    runs: bool,
}

impl ApiNote {
    /// It says where data comes from or ends, so that nobody need look inside.
    fn stands_for_code(&self) -> bool {
        self.source.is_some() || self.sanitizer || !self.sinks.is_empty()
    }

    fn arguments_run(&self) -> Sinks {
        match &self.sinks[..] {
            [] => Sinks::None,
            sinks if sinks.iter().all(|sink| sink.argument == ArgumentRef::Position(0)) => Sinks::First,
            _ => Sinks::Others,
        }
    }

    fn new(program: &Program, api: &crate::model::program::Api) -> ApiNote {
        let mut note = ApiNote {
            source: None,
            parameter: None,
            sinks: Vec::new(),
            sanitizer: false,
            query: false,
            never: false,
            safe: lookup::is_safe_path(&api.path),
        };
        for (fact, _) in program.facts_of(api) {
            match fact {
                ApiFact::Source(kind) => note.source = Some(note.source.map_or(*kind, |have| have.min(*kind))),
                ApiFact::ParameterSource(kind) => note.parameter = Some(note.parameter.map_or(*kind, |have| have.min(*kind))),
                ApiFact::Sink { kind: SinkKind::Sql, argument, built, request, .. } => {
                    note.sinks.push(Sink { kind: SinkKind::Sql, argument: argument.clone(), built: *built, request: *request });
                }
                ApiFact::Sanitizer(SinkKind::Sql) => note.sanitizer = true,
                ApiFact::Query(_) => note.query = true,
                ApiFact::NeverReturns => note.never = true,
                _ => {}
            }
        }
        note
    }
}

/// A way from a parameter to a sink.
#[derive(Clone, Debug, PartialEq)]
struct Entrance {
    param: u16,
    path: Path,
    end: End,
    built: Option<Built>,
    weak: bool,
    confidence: Confidence,
    way: Way,
}

impl Entrance {
    fn is_same(&self, other: &Entrance) -> bool {
        (self.param, self.path, self.end.kind, self.end.place, self.built, self.weak)
            == (other.param, other.path, other.end.kind, other.end.place, other.built, other.weak)
    }
}

/// A flow from an origin that needs no caller to a sink.
#[derive(Clone, Debug, PartialEq)]
struct Hit {
    source: Option<SourceKind>,
    /// See [`Flow::strict`].
    strict: bool,
    end: End,
    built: Option<Built>,
    confidence: Confidence,
    way: Way,
}

/// What is known of one function so far.
#[derive(Clone, Debug, Default, PartialEq)]
struct FunctionFlow {
    result: Value,
    entrances: Vec<Entrance>,
    hits: Vec<Hit>,
    /// Parameters that are harmless once the function has returned (bit per parameter): it checks them.
    checked: u64,
    /// Parameters that are harmless where its result is true (bit per parameter): it tests them.
    vouches: u64,
    /// It does not return: it always raises.
    never: bool,
}

/// The whole analysis.
struct Analysis<'p, 'a> {
    program: &'p Program<'a>,
    texts: SqlTexts,
    apis: Vec<ApiNote>,
    keys: Keys<'a>,
    scopes: Scopes,
    ways: Ways,
    functions: FxHashMap<GlobalDef, Rc<FunctionFlow>>,
    /// What any method puts into a field of its class's instances.
    fields: FxHashMap<(GlobalDef, Key), Value>,
    /// Module-level variables, by need, with what was read to evaluate them; `None` while one is being looked at.
    variables: FxHashMap<GlobalDef, Option<(Value, Vec<Read>)>>,
    entries: FxHashMap<GlobalDef, Entry>,
    /// What paths of routes make numbers of.
    converted: FxHashMap<GlobalDef, Vec<String>>,
    /// Packages whose calls describe data.
    schema_packages: Vec<String>,
    /// Which parameters functions parse by, as far as asked for (bit per parameter).
    parsers: FxHashMap<GlobalDef, u64>,
    /// By which members an API's value gives data, as far as asked for.
    source_members: FxHashMap<ApiId, Option<Rc<SourceMembers>>>,
    /// The source that a parameter of an API's type is, as far as asked for.
    parameter_sources: RefCell<FxHashMap<ApiId, Option<SourceKind>>>,
    /// What units read of functions and fields.
    reads: Reads,
    limits: FlowLimits,
}

impl Analysis<'_, '_> {
    /// Evaluates every group of functions, callees first, until nothing that one read of another has grown since.
    fn run_groups(&mut self, groups: &[Vec<GlobalDef>]) {
        for _ in 0..MOST_PASSES {
            let mut ran = false;
            for group in groups {
                ran |= self.settle(group);
            }
            if !ran {
                return;
            }
        }
        self.limits.rounds += u32::from(groups.iter().flatten().any(|&unit| self.reads.is_stale(unit)));
    }

    /// Runs the stale units of a group until there are none; true when there were some.
    fn settle(&mut self, group: &[GlobalDef]) -> bool {
        // A function alone may call itself, or hold functions that do.
        let rounds = if group.len() == 1 { 2 } else { MOST_ROUNDS };
        for round in 0..rounds {
            let mut ran = false;
            for &unit in group {
                if self.reads.is_stale(unit) {
                    self.function(unit);
                    ran = true;
                }
            }
            if !ran {
                return round > 0;
            }
        }
        true
    }

    /// The summary of a function under way, to be changed.
    fn flow_mut(&mut self, function: GlobalDef) -> &mut FunctionFlow {
        let reads = &mut self.reads;
        let flow = self.functions.entry(function).or_insert_with(|| {
            reads.grow(Growing::Function(function));
            Rc::default()
        });
        Rc::make_mut(flow)
    }

    fn add_entrance(&mut self, owner: GlobalDef, entrance: Entrance) {
        let flow = self.flow_mut(owner);
        if flow.entrances.iter().any(|have| have.is_same(&entrance)) {
            return;
        }
        if flow.entrances.len() >= MOST_SINKS {
            self.limits.flows += 1;
            return;
        }
        flow.entrances.push(entrance);
        self.reads.grow(Growing::Function(owner));
    }

    fn add_hit(&mut self, unit: GlobalDef, hit: Hit) {
        let flow = self.flow_mut(unit);
        let same =
            |have: &Hit| (have.source, have.end.kind, have.end.place, have.built) == (hit.source, hit.end.kind, hit.end.place, hit.built);
        if flow.hits.iter().any(same) {
            return;
        }
        if flow.hits.len() >= MOST_FLOWS {
            self.limits.flows += 1;
            return;
        }
        flow.hits.push(hit);
    }

    fn is_value_in_typescript(&self, built: Built) -> bool {
        built.hole == Hole::Value && self.program.file(built.function.file).language.family() == Family::TypeScript
    }

    /// One strand has arrived at a sink: a flow if its origin is known, a way through a parameter if callers decide.
    fn arrive(&mut self, unit: GlobalDef, strand: &Strand, end: End) {
        let Strand { built, weak, confidence, way, .. } = *strand;
        let all = self.texts == SqlTexts::All;
        let (source, strict) = match strand.origin {
            Origin::Param { owner, index, path } => {
                let entrance = Entrance { param: index, path, end, built, weak, confidence, way };
                self.add_entrance(owner, entrance);
                return;
            }
            Origin::Source(kind) if !weak => (Some(kind), false),
            Origin::Source(SourceKind::Request) | Origin::Unknown => (None, false),
            Origin::Source(SourceKind::Outside) | Origin::Own if all => (None, true),
            // Rows of the database hold what users once sent; where SQL has a value, nothing but a bound one keeps them from being code.
            Origin::Own if built.is_some_and(|built| self.is_value_in_typescript(built)) => (None, true),
            Origin::Source(SourceKind::Outside) | Origin::Own => return,
        };
        // A whole text of unknown origin is a wrapper's business, not an injection.
        let is_text = built.is_some_and(|built| built.sql || built.function.file == end.place.0.file);
        let counts = if end.request { source == Some(SourceKind::Request) } else { (source.is_some() && built.is_none()) || is_text };
        if counts {
            self.add_hit(unit, Hit { source, strict, end, built, confidence, way });
        }
    }

    /// Parameters that no call in the program decides: whoever calls the function from outside does. Text built around such a
    /// value is of unknown origin.
    fn open_ends(&mut self, groups: &[Vec<GlobalDef>]) {
        let group_of: FxHashMap<GlobalDef, usize> =
            groups.iter().enumerate().flat_map(|(at, group)| group.iter().map(move |&unit| (unit, at))).collect();
        let group = |function: GlobalDef| group_of.get(&rank::unit_of(self.program, function)).copied();
        let calls: Vec<(GlobalDef, GlobalDef)> = self
            .program
            .calls
            .iter()
            // What tests pass says nothing about what the application will.
            .filter(|edge| {
                edge.kind != CallKind::Implicit
                    && edge.resolution > Resolution::NameOnly
                    && edge.caller != edge.callee
                    && !self.program.is(edge.caller, Role::Test)
            })
            .map(|edge| (edge.caller, edge.callee))
            .collect();
        let within = |caller: GlobalDef, callee: GlobalDef| {
            rank::unit_of(self.program, caller) != rank::unit_of(self.program, callee)
                && group(caller).is_some_and(|at| Some(at) == group(callee))
        };
        // Functions that only call each other are called by nobody.
        let entered: FxHashSet<usize> =
            calls.iter().filter(|(caller, callee)| !within(*caller, *callee)).filter_map(|&(_, callee)| group(callee)).collect();
        let called: FxHashSet<GlobalDef> = calls
            .iter()
            .filter(|(caller, callee)| !within(*caller, *callee) || group(*callee).is_some_and(|at| entered.contains(&at)))
            .map(|&(_, callee)| callee)
            .collect();
        let mut owners: Vec<GlobalDef> = self.functions.keys().copied().filter(|owner| !called.contains(owner)).collect();
        owners.sort();
        for owner in owners {
            let entrances = self.functions.get(&owner).map(|flow| flow.entrances.clone()).unwrap_or_default();
            for entrance in entrances {
                // What an unknown call makes of what an unknown caller passes is anybody's guess.
                let guess = |built: &Built| entrance.weak && (built.hole == Hole::Identifier || !self.is_request(owner, entrance.param));
                let all = self.texts == SqlTexts::All;
                if let Some(built) = entrance.built.filter(|built| !entrance.end.request && (all || !guess(built))) {
                    let strict = guess(&built);
                    let step = Step { function: owner, place: StepPlace::Parameter(entrance.param) };
                    let start = self.ways.then(Way::default(), step);
                    let way = self.ways.join(start, entrance.way);
                    let Entrance { end, confidence, .. } = entrance;
                    self.add_hit(owner, Hit { source: None, strict, end, built: Some(built), confidence, way });
                }
            }
        }
    }

    /// The parameter is called like a request.
    fn is_request(&self, owner: GlobalDef, param: u16) -> bool {
        let name = self.program.def(owner).params.get(param as usize).and_then(|param| param.name);
        name.is_some_and(|name| matches!(self.program.file(owner.file).text(name), "request" | "req"))
    }

    /// Hands the results over.
    fn write(self, summaries: &mut Summaries) {
        let mut done: Vec<(GlobalDef, Rc<FunctionFlow>)> = self.functions.into_iter().collect();
        done.sort_by_key(|(function, _)| *function);
        for (function, flow) in done {
            let summary = summaries.entry(function);
            for strand in flow.result.all_strands() {
                match strand.origin {
                    Origin::Param { owner, index, .. } if owner == function && index < 64 => summary.param_to_result |= 1 << index,
                    Origin::Source(kind) if !strand.weak => {
                        summary.result_source = Some(summary.result_source.map_or(kind, |have| have.min(kind)));
                    }
                    _ => {}
                }
            }
            let sink_step = |sink: (GlobalDef, NodeId)| Step { function: sink.0, place: StepPlace::Node(sink.1) };
            summary.param_sinks = flow
                .entrances
                .iter()
                .filter(|entrance| entrance.end.runs)
                .map(|entrance| FlowToSink {
                    param: entrance.param,
                    kind: entrance.end.kind,
                    steps: with_end(self.ways.list(entrance.way), sink_step(entrance.end.place)),
                    api: entrance.end.api,
                    built: entrance.built,
                    confidence: entrance.confidence,
                })
                .collect();
            summary.flows = flow
                .hits
                .iter()
                .map(|hit| Flow {
                    kind: hit.end.kind,
                    source: hit.source,
                    strict: hit.strict,
                    runs: hit.end.runs,
                    steps: with_end(self.ways.list(hit.way), sink_step(hit.end.place)),
                    sink: hit.end.place,
                    api: hit.end.api,
                    built: hit.built,
                    confidence: hit.confidence,
                })
                .collect();
        }
        summaries.flow_limits = self.limits;
    }
}

fn with_end(mut steps: Vec<Step>, end: Step) -> Vec<Step> {
    if steps.last() != Some(&end) {
        steps.push(end);
    }
    steps
}

/// The expression that a node with explicit type arguments wraps.
fn without_types(program: &Program, function: GlobalDef, node: NodeId) -> NodeId {
    match program.file(function.file).arena.kind(node) {
        NodeKind::Apply { base, .. } => base,
        _ => node,
    }
}
