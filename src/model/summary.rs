//! What one function does, with what it calls: the queries it runs and how data flows through it. Rules ask summaries; none
//! walks the call graph itself.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::body::NodeId;
use super::finding::Confidence;
use super::knowledge::{Access, SinkKind, SourceKind, WriteMode};
use super::program::{ApiId, Program};
use super::role::GlobalDef;
use super::source::Span;
use super::trace::{self, Part};

/// One query a function runs itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryEffect {
    /// The call node.
    pub site: NodeId,
    pub api: ApiId,
    /// Index of the knowledge entry that says so.
    pub entry: u32,
    /// Read or write (`Sql` is decided by then).
    pub access: Access,
    /// The model or table, for messages.
    pub table: Option<String>,
    pub confidence: Confidence,
    /// Only recorded for the next flush, which happens outside this function: no round trip itself.
    pub deferred: bool,
}

/// A query a function runs itself or through calls: the nearest one of each kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    pub access: Access,
    pub table: Option<String>,
    /// Where in this function: the query's call node, or the call that leads on.
    pub site: NodeId,
    /// The function called at `site`; `None` when the query is run here.
    pub via: Option<GlobalDef>,
    /// The function that runs it, and where.
    pub target: GlobalDef,
    pub query: QueryEffect,
    /// Number of calls between.
    pub depth: u16,
    /// The weakest link.
    pub confidence: Confidence,
    /// The way there goes through a cache, so it does not run each time.
    pub cached: bool,
}

/// A step of a function that becomes durable: a write of its own, the commit of a unit of work, or a call that leads to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Where in this function (closures that run in it included): the write's or commit's call node, or the call that leads on.
    pub site: NodeId,
    /// The function called at `site`; `None` when the write is run here.
    pub via: Option<GlobalDef>,
    /// The function that runs the nearest write or commit, and where.
    pub target: (GlobalDef, NodeId),
    /// Tables or models it is known to write, the nearest first.
    pub tables: Vec<String>,
    pub mode: WriteMode,
    /// Index of the framework whose API writes; `u16::MAX` for commits.
    pub framework: u16,
    /// Number of calls between.
    pub depth: u16,
    /// The weakest link.
    pub confidence: Confidence,
    /// A transaction is open there, so that it stands and falls with what else is in it.
    pub in_transaction: bool,
}

impl Reach {
    /// What a function has one reach of: the access, the table, and whether it is a round trip.
    pub fn key(&self) -> (Access, Option<&str>, bool) {
        (self.access, self.table.as_deref(), self.query.deferred)
    }
}

/// One step of a data flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    /// The function (or module) in whose code the step is.
    pub function: GlobalDef,
    pub place: StepPlace,
}

/// What a step points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepPlace {
    Node(NodeId),
    /// A parameter of the function (a parameter need not have a node).
    Parameter(u16),
}

impl Step {
    /// The bytes the step points at, in its function's file.
    pub fn span(self, program: &Program) -> Span {
        match self.place {
            StepPlace::Node(node) => program.file(self.function.file).arena.span(node),
            StepPlace::Parameter(index) => {
                let def = program.def(self.function);
                def.params.get(index as usize).map_or(def.name_span, |param| param.span)
            }
        }
    }
}

/// What stands at the place of a text where a value was put in, judged by the literal text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hole {
    /// Where SQL has a value: `id = {x}`, `'{x}'`, `LIMIT {x}`.
    Value,
    /// Where SQL has a name: `FROM {x}`, `ORDER BY {x}`.
    Identifier,
    /// In a setting of the session: `PRAGMA {x}`, `SET search_path TO {x}`. No driver binds there.
    Setting,
    /// Anywhere else: a clause, a condition, the end of a statement.
    Fragment,
}

/// The place where a value was put into a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Built {
    pub function: GlobalDef,
    /// The node that builds the text.
    pub node: NodeId,
    pub hole: Hole,
    /// The literal text around the value reads as SQL.
    pub sql: bool,
}

/// Where data that enters a function by a parameter ends up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowToSink {
    /// Index of the parameter in `Definition::params`.
    pub param: u16,
    pub kind: SinkKind,
    /// Steps from the parameter to the sink, in order; the last one is the sink's call.
    pub steps: Vec<Step>,
    /// The API that is the sink; `None` when only the name of the method and the text say that it is one.
    pub api: Option<ApiId>,
    /// Where the text was built around the value; `None`: the value is the whole text.
    pub built: Option<Built>,
    pub confidence: Confidence,
}

/// Which SQL texts are flows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SqlTexts {
    /// Those that hold data from outside, or of unknown origin, where they are run.
    #[default]
    Foreign,
    /// All that anything but constants was put into, and also statements that are written and not seen to be run.
    All,
}

/// A flow from a source inside a function (or what it calls) to a sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    pub kind: SinkKind,
    /// `None`: a non-constant value whose origin is not known.
    pub source: Option<SourceKind>,
    /// It only counts under [`SqlTexts::All`]: the value is the program's own, or need not be the data any more.
    pub strict: bool,
    /// The sink runs the text. If not, it is where a statement is written that nobody is seen to run.
    pub runs: bool,
    /// Steps from source to sink, in order; the first is where the value comes in, the last the sink's call.
    pub steps: Vec<Step>,
    /// Function and call node of the sink.
    pub sink: (GlobalDef, NodeId),
    /// The API that is the sink; `None` when only the name of the method and the text say that it is one.
    pub api: Option<ApiId>,
    /// Where the text was built around the value; `None`: the value is the whole text.
    pub built: Option<Built>,
    pub confidence: Confidence,
}

/// How often the bounds of the data-flow analysis were hit: nothing is cut off in silence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlowLimits {
    /// Expressions nested too deeply, read as unknown.
    pub depth: u32,
    /// Functions too large or too looped to finish.
    pub fuel: u32,
    /// Values that held more origins than are kept.
    pub strands: u32,
    /// Ways to sinks beyond those kept of one function.
    pub flows: u32,
    /// Recursive groups of functions that had not settled at the last round.
    pub rounds: u32,
}

/// What is known of one function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Queries it runs itself, in source order (closures that run inside it included).
    pub queries: Vec<QueryEffect>,
    /// Nearest query of each (access, table), own ones first; at most [`Summary::REACH_LIMIT`].
    pub reaches: Vec<Reach>,
    /// What it makes durable, in source order.
    pub writes: Vec<Write>,
    /// Data flow from its parameters to sinks, through calls.
    pub param_sinks: Vec<FlowToSink>,
    /// Parameters whose data is in its result (bit per parameter, the first 64).
    pub param_to_result: u64,
    /// Its result carries data from a source.
    pub result_source: Option<SourceKind>,
    /// Complete flows found in it.
    pub flows: Vec<Flow>,
    /// A closure that is handed to a call and runs there: the function (not itself such a closure) as part of which it runs.
    pub runs_in: Option<GlobalDef>,
}

impl Summary {
    /// Most entries in `reaches`.
    pub const REACH_LIMIT: usize = 16;
}

/// Summaries of all functions and module bodies.
#[derive(Clone, Debug, Default)]
pub struct Summaries {
    pub by_function: FxHashMap<GlobalDef, Arc<Summary>>,
    /// How data flows, where that is known: summaries of their own.
    flows: Option<Arc<Summaries>>,
    /// Bounds hit while following data.
    pub flow_limits: FlowLimits,
}

impl Summaries {
    /// Adds how data flows to what each function does to the database.
    pub fn add_flows(&mut self, flows: Arc<Summaries>) {
        self.flow_limits = flows.flow_limits;
        self.flows = Some(flows);
    }

    /// How data flows through a function; nothing of what it does to the database.
    pub fn flow_of(&self, function: GlobalDef) -> Option<&Summary> {
        trace::note(Part::Summary(function.file));
        let flow = self.flows.as_ref().and_then(|flows| flows.by_function.get(&function));
        flow.or_else(|| self.by_function.get(&function)).map(|summary| &**summary)
    }

    /// The summary of a function, to be changed.
    pub fn entry(&mut self, function: GlobalDef) -> &mut Summary {
        Arc::make_mut(self.by_function.entry(function).or_default())
    }

    /// The parts that other summaries do not leave as they are, in order.
    pub fn differences(&self, other: &Summaries) -> Vec<Part> {
        let is_other = |(function, summary): (&GlobalDef, &Arc<Summary>)| {
            let same = other.by_function.get(function).is_some_and(|other| Arc::ptr_eq(other, summary) || other == summary);
            (!same).then_some(Part::Summary(function.file))
        };
        let gone = |function: &&GlobalDef| !self.by_function.contains_key(function);
        let mut parts: Vec<Part> = self.by_function.iter().filter_map(is_other).collect();
        parts.extend(other.by_function.keys().filter(gone).map(|function| Part::Summary(function.file)));
        parts.sort_unstable();
        parts.dedup();
        parts
    }

    /// What a function does to the database, if anything is known.
    pub fn of(&self, function: GlobalDef) -> Option<&Summary> {
        trace::note(Part::Summary(function.file));
        self.by_function.get(&function).map(|summary| &**summary)
    }

    /// The calls from `function` to the query of one of its reaches: each function with the site in it, the query's last.
    pub fn chain(&self, function: GlobalDef, reach: &Reach) -> Vec<(GlobalDef, NodeId)> {
        let mut steps = Vec::new();
        let (mut at, mut current) = (function, reach);
        // Each step is nearer to the query; the bound only guards against summaries that were cut off.
        for _ in 0..64 {
            steps.push((at, current.site));
            let Some(next) = current.via else { break };
            let same = |other: &&Reach| other.key() == current.key();
            let Some(found) = self.of(next).and_then(|summary| summary.reaches.iter().find(same)) else { break };
            (at, current) = (next, found);
        }
        steps
    }
}
