//! Points-to analysis: which functions, classes and instances can reach each variable, field, argument and result.
//!
//! Light types (`evaluate.rs`) know what is declared: one value for each node, from annotations, constructors and what
//! frameworks give. This stage knows what flows: functions handed over, returned, kept in fields and containers, wrapped by
//! decorators. It is inclusion-based (Andersen 1994) with the call graph built on the way, sensitive to fields, and follows the
//! assignment graph of PyCG (Salis et al., *PyCG: Practical Call Graph Generation in Python*, ICSE 2021). Code that runs straight
//! through a body is followed in order: a name assigned anew has a new version.
//!
//! Python and TypeScript/JavaScript; Rust's calls are resolved by types alone.

mod apply;
mod calls;
mod graph;
mod members;
mod names;
mod natives;
mod patterns;
mod places;
#[cfg(test)]
mod tests;
mod walk;

use rustc_hash::{FxHashMap, FxHashSet};

use super::evaluate::Linker;
use crate::model::body::NodeId;
use crate::model::facts::{DefId, Name};
use crate::model::program::CallKind;
use crate::model::role::GlobalDef;
use crate::model::source::{Family, FileId};
use graph::{Graph, Obj, SiteId, Sym, Thing, Use, Var, Work};

/// Most pieces of work before solving is cut short.
const MOST_STEPS: usize = 6_000_000;
/// Most pairs of a call and what it calls before solving is cut short: each costs memory for as long as solving takes.
const MOST_CALLS: usize = 1_000_000;
/// An argument that may be more functions than this says nothing of what is called.
const MOST_HANDED: usize = 8;
/// How often constants are looked for behind keys that are variables.
const MOST_ROUNDS: usize = 4;

/// A call found by flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FlowCall {
    pub(super) caller: GlobalDef,
    pub(super) site: NodeId,
    pub(super) callee: GlobalDef,
    pub(super) kind: CallKind,
}

/// What the analysis found.
#[derive(Default)]
pub(super) struct Flow {
    /// Sorted.
    pub(super) calls: Vec<FlowCall>,
    /// In whose name the code of a call runs, where it is not the definition the call stands in: decorators and defaults.
    pub(super) callers: FxHashMap<(FileId, NodeId), GlobalDef>,
    /// Functions of which the name stands for what a decorator of the project made of it.
    pub(super) wrapped: FxHashSet<GlobalDef>,
    /// Calls of a container's methods: what they are given is kept, not called.
    pub(super) kept: FxHashSet<(FileId, NodeId)>,
    /// Calls of methods of which nothing was found.
    pub(super) unknown: Vec<(GlobalDef, NodeId)>,
    /// Sets that were full, and whether solving was cut short.
    pub(super) limits: u32,
}

/// An argument of a call.
#[derive(Clone, Copy)]
struct Arg {
    var: Option<Var>,
    constant: Option<Sym>,
    name: Option<Sym>,
    spread: Spread,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Spread {
    No,
    /// `*xs`.
    Items,
    /// `**kw`.
    Named,
}

/// A call, written or implied.
struct Site {
    file: FileId,
    node: NodeId,
    caller: GlobalDef,
    args: Vec<Arg>,
    result: Var,
    /// The variable of the receiver, for functions that learn `this` from it.
    kind: CallKind,
    new: bool,
}

/// A function's variables.
#[derive(Clone)]
struct Function {
    params: Vec<Var>,
    result: Var,
    yields: Var,
    /// JavaScript: `this`. Python: the first parameter of a method.
    this: Var,
    /// What the rest parameters hold.
    rest: Option<Obj>,
    named_rest: Option<Obj>,
}

/// A read or write with a key that is a variable.
struct Dynamic {
    object: Var,
    key: Var,
    /// A read goes to here, or a write comes from here.
    value: Var,
    write: bool,
    site: SiteId,
    found: Vec<Sym>,
}

/// The number by which `passes` speaks of JavaScript's `this`.
const THIS: u32 = u32::MAX;

/// A name's variable in one scope.
#[derive(Clone, Copy)]
struct Slot {
    /// All versions together: what other scopes see.
    merged: Var,
    current: Var,
    /// Assigned more than once: each assignment that surely happens begins a version.
    versions: bool,
}

struct Solver<'l, 'a> {
    linker: &'l mut Linker<'a>,
    graph: Graph,
    symbols: FxHashMap<&'a str, Sym>,
    /// Per file: symbol of each of its names, as far as asked for.
    file_symbols: Vec<Vec<u32>>,
    texts: Vec<&'a str>,
    positions: FxHashMap<u32, Sym>,
    position_syms: FxHashSet<Sym>,
    scopes: FxHashMap<GlobalDef, FxHashMap<Name, Slot>>,
    module_fields: FxHashMap<(FileId, Sym), Var>,
    import_vars: FxHashMap<(FileId, u32), Var>,
    functions: FxHashMap<GlobalDef, std::rc::Rc<Function>>,
    sites: Vec<Site>,
    bound: FxHashSet<(SiteId, Obj)>,
    /// Parameters that functions give back as they are; for these, each call has its own argument as result.
    passes: FxHashMap<GlobalDef, Vec<u32>>,
    partials: FxHashMap<SiteId, (Var, Vec<Arg>)>,
    /// The written call behind a call that a partial function makes.
    written: FxHashMap<SiteId, SiteId>,
    edges: FxHashSet<FlowCall>,
    dynamics: Vec<Dynamic>,
    constants: FxHashMap<Var, Vec<Sym>>,
    /// Decorator results and what they decorate.
    decorated: Vec<(Var, Var, GlobalDef)>,
    mros: FxHashMap<GlobalDef, std::rc::Rc<Vec<GlobalDef>>>,
    looked_up: FxHashMap<(Obj, Sym), std::rc::Rc<members::Found>>,
    /// Expressions that exports name: their variables, kept while their file is walked.
    exported: FxHashMap<(FileId, NodeId), Option<Var>>,
    callers: FxHashMap<(FileId, NodeId), GlobalDef>,
    /// Expressions of the current file that exports name, sorted.
    export_nodes: Vec<NodeId>,
    /// JavaScript: the `arguments` of functions that speak of it.
    arguments: FxHashMap<GlobalDef, Obj>,
    /// Entries of literals that the next statements overwrite.
    overwritten: FxHashSet<NodeId>,
    /// Calls of methods, by what is known at the place.
    methods: Vec<SiteId>,
    /// Calls that keep what they are given.
    quiet: FxHashSet<SiteId>,
    /// Where the walk stands.
    file: FileId,
    scope: GlobalDef,
    depth: u32,
    nesting: u32,
    /// In the default of a parameter.
    in_default: bool,
}

/// Runs the analysis over every Python and TypeScript/JavaScript file.
pub(super) fn solve(linker: &mut Linker) -> Flow {
    let files: Vec<FileId> =
        (0..linker.facts.len()).map(|file| FileId(file as u32)).filter(|&file| linker.family(file) != Family::Rust).collect();
    if files.is_empty() {
        return Flow::default();
    }
    let count = linker.facts.len();
    let mut solver = Solver {
        linker,
        graph: Graph::default(),
        symbols: FxHashMap::default(),
        file_symbols: vec![Vec::new(); count],
        texts: Vec::new(),
        positions: FxHashMap::default(),
        position_syms: FxHashSet::default(),
        scopes: FxHashMap::default(),
        module_fields: FxHashMap::default(),
        import_vars: FxHashMap::default(),
        functions: FxHashMap::default(),
        sites: Vec::new(),
        bound: FxHashSet::default(),
        passes: FxHashMap::default(),
        partials: FxHashMap::default(),
        written: FxHashMap::default(),
        edges: FxHashSet::default(),
        dynamics: Vec::new(),
        constants: FxHashMap::default(),
        decorated: Vec::new(),
        mros: FxHashMap::default(),
        looked_up: FxHashMap::default(),
        exported: FxHashMap::default(),
        callers: FxHashMap::default(),
        file: FileId(0),
        scope: GlobalDef { file: FileId(0), def: DefId::MODULE },
        depth: 0,
        nesting: 0,
        export_nodes: Vec::new(),
        arguments: FxHashMap::default(),
        overwritten: FxHashSet::default(),
        methods: Vec::new(),
        quiet: FxHashSet::default(),
        in_default: false,
    };
    // The first two symbols are `ELEMENT` and `ANY`.
    solver.symbol("[]");
    solver.symbol("[*]");
    // The first site is that of reads no call can come of.
    let nowhere = GlobalDef { file: files[0], def: DefId::MODULE };
    solver.site(NodeId(std::num::NonZeroU32::MIN), nowhere, Vec::new(), CallKind::Implicit, false);
    for file in files {
        solver.walk_file(file);
    }
    solver.run();
    solver.finish()
}

impl<'a> Solver<'_, 'a> {
    /// Solves; then looks for constants behind keys, and for decorators that gave nothing, until neither finds anything new.
    fn run(&mut self) {
        self.graph.solving = true;
        let mut steps = 0;
        let mut work = Vec::new();
        for round in 0..=MOST_ROUNDS {
            loop {
                self.graph.work(&mut work);
                if work.is_empty() {
                    break;
                }
                steps += work.len();
                if steps > MOST_STEPS || self.bound.len() > MOST_CALLS {
                    self.graph.full += 1;
                    return;
                }
                for Work::Use(what, obj) in work.drain(..) {
                    self.apply(what, obj);
                }
            }
            if round == MOST_ROUNDS {
                return;
            }
            let keys = self.find_keys(round);
            let decorators = self.undecorate();
            if !keys && !decorators {
                return;
            }
        }
    }

    /// Decorators of which nothing is known leave the function as it is.
    fn undecorate(&mut self) -> bool {
        let mut changed = false;
        for (result, before, _) in self.decorated.clone() {
            if self.graph.objects(result).is_empty() && !self.graph.objects(before).is_empty() {
                self.graph.flow(before, result);
                changed = true;
            }
        }
        changed
    }

    /// Constants that reach the keys of reads and writes; a key of which none is known may be any.
    fn find_keys(&mut self, round: usize) -> bool {
        if self.dynamics.is_empty() {
            return false;
        }
        let sources = self.graph.sources();
        let mut changed = false;
        for at in 0..self.dynamics.len() {
            let Dynamic { object, key, value, write, site, .. } = self.dynamics[at];
            if self.graph.objects(object).is_empty() {
                continue;
            }
            let mut found: Vec<Sym> = Vec::new();
            let mut seen = vec![key];
            let mut next = 0;
            while next < seen.len() && seen.len() < 64 {
                found.extend(self.constants.get(&seen[next]).into_iter().flatten());
                for &source in sources.of(seen[next]) {
                    if !seen.contains(&source) {
                        seen.push(source);
                    }
                }
                next += 1;
            }
            if found.is_empty() && round > 0 {
                found.push(graph::ANY);
            }
            for key in found {
                if self.dynamics[at].found.contains(&key) || self.dynamics[at].found.len() > 32 {
                    continue;
                }
                self.dynamics[at].found.push(key);
                changed = true;
                let what = match (write, key == graph::ANY) {
                    (true, true) => Use::Store { key: graph::ELEMENT, from: value },
                    (true, false) => Use::Store { key, from: value },
                    (false, true) => Use::LoadAny { to: value },
                    (false, false) => Use::Load { key, to: value, site, this: None },
                };
                self.graph.use_at(object, what);
            }
        }
        // The first round without constants is followed by one that takes every key.
        changed || round == 0
    }

    fn finish(mut self) -> Flow {
        let kept: FxHashSet<(FileId, NodeId)> =
            self.quiet.iter().map(|site| &self.sites[site.0 as usize]).map(|site| (site.file, site.node)).collect();
        self.handed_out(&kept);
        let found: FxHashSet<(GlobalDef, NodeId)> =
            self.edges.iter().filter(|edge| edge.kind == CallKind::Call).map(|edge| (edge.caller, edge.site)).collect();
        let unknown = self
            .methods
            .iter()
            .map(|site| &self.sites[site.0 as usize])
            .map(|site| (site.caller, site.node))
            .filter(|place| !found.contains(place) && !kept.contains(&(place.0.file, place.1)))
            .collect();
        let mut calls: Vec<FlowCall> = self.edges.drain().collect();
        calls.sort_unstable();
        let mut wrapped = FxHashSet::default();
        for &(result, _, def) in &self.decorated {
            let stays = self.graph.objects(result).iter().any(|&obj| self.graph.thing(obj) == Thing::Function(def));
            if !stays && !self.graph.objects(result).is_empty() {
                wrapped.insert(def);
            }
        }
        Flow { calls, callers: self.callers, wrapped, kept, unknown, limits: self.graph.full }
    }

    /// Functions handed to calls that lead nowhere in the project: whoever gets them may call them.
    fn handed_out(&mut self, kept: &FxHashSet<(FileId, NodeId)>) {
        let known: FxHashSet<(GlobalDef, NodeId)> =
            self.edges.iter().filter(|edge| edge.kind == CallKind::Call).map(|edge| (edge.caller, edge.site)).collect();
        let mut found = Vec::new();
        for site in self.sites.iter().skip(1).filter(|site| site.kind == CallKind::Call) {
            if known.contains(&(site.caller, site.node)) || kept.contains(&(site.file, site.node)) {
                continue;
            }
            for var in site.args.iter().filter_map(|arg| arg.var) {
                let objects = self.graph.objects(var);
                if objects.len() > MOST_HANDED {
                    continue;
                }
                for &obj in objects {
                    let function = match self.graph.thing(obj) {
                        Thing::Bound { function, .. } => self.graph.thing(function),
                        other => other,
                    };
                    if let Thing::Function(callee) = function {
                        found.push(FlowCall { caller: site.caller, site: site.node, callee, kind: CallKind::Passed });
                    }
                }
            }
        }
        self.edges.extend(found);
    }
}
