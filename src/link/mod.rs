//! Stage 3: facts of all files to a `Program`: modules, names, types, call graph, roles.
//!
//! Order: module systems → scopes → `impl` blocks → bodies (light types) → call graph → points-to → routes → roles. It decides no rule and
//! reads no file; what libraries mean comes from the rulebook.

mod answers;
mod api_calls;
mod bind;
mod builders;
mod call_edges;
mod calls;
mod classes;
mod collections;
mod decorated;
mod dispatch;
mod evaluate;
mod file_routes;
mod frames;
mod generics;
mod hints;
mod holders;
mod imports;
mod layouts;
mod lookup;
mod members;
mod merge;
mod mixed_in;
mod modules;
mod mounts;
mod names;
mod objects;
mod origins;
mod points_to;
mod references;
pub mod render;
mod reverse_rows;
mod rework;
mod roles;
mod route_guards;
mod routes;
mod rust_imports;
mod rust_methods;
mod scopes;
mod spared;
mod tables;
mod taught;
#[cfg(test)]
mod tests;
mod turns;
mod types;
mod typescript_imports;

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::facts::FileFacts;
use crate::model::nesting::Nestings;
use crate::model::program::{CallEdge, Program};
use crate::model::project::Project;
use crate::model::role::{GlobalDef, Role};
use crate::model::source::FileId;
use crate::model::spared::Spared;
use crate::model::trace::{Files, Part, Tracked};
use crate::rulebook::Rulebook;
use evaluate::Linker;
use modules::Modules;
pub use rework::{Edit, Linked, Reason, Reworked};
pub use spared::{spared, tests as tests_among};

/// What linking needs besides the facts.
pub struct Inputs<'a, 'f> {
    pub project: &'a Project,
    pub facts: &'a [Arc<FileFacts>],
    pub rulebook: &'a Rulebook,
    /// Text of a `package.json`, `tsconfig.json` or the like, by path relative to the root.
    pub manifests: &'f dyn Fn(&str) -> Option<String>,
    /// Text files that are not source code, sorted by path.
    pub texts: &'a [(Arc<str>, Arc<str>)],
    /// Roles that configuration gives a path.
    pub configured: &'f dyn Fn(&str) -> Vec<Role>,
}

/// What of the program is wanted, and what is there already.
pub struct Wants<'a> {
    /// [`Program::call_graph`], which costs much and few ask for; without it, that is empty.
    pub call_graph: bool,
    /// Upward links of the same facts.
    pub nestings: Arc<Nestings<'a>>,
    /// Code that is not looked into.
    pub spared: Spared,
}

/// Links the facts of all files.
pub fn link<'a>(inputs: &Inputs<'a, '_>) -> Program<'a> {
    link_noting(inputs, Wants { call_graph: true, nestings: Arc::new(Nestings::new(inputs.facts)), spared: Spared::default() }, &|_| {})
}

/// As [`link`], for what is wanted; `done` hears of each part of the work when it ends.
pub fn link_noting<'a>(inputs: &Inputs<'a, '_>, wants: Wants<'a>, done: &dyn Fn(&str)) -> Program<'a> {
    link_keeping(inputs, wants, done).program
}

/// As [`link_noting`], for who wants to go on from the program when single files change.
pub fn link_keeping<'a>(inputs: &Inputs<'a, '_>, wants: Wants<'a>, done: &dyn Fn(&str)) -> Linked<'a> {
    let knowledge = &inputs.rulebook.knowledge;
    let modules = Modules::new(inputs.project, inputs.facts, inputs.manifests, knowledge);
    done("modules");
    let mut linker = Linker::new(inputs.project, inputs.facts, knowledge, modules);
    linker.spared = wants.spared;
    done("scopes");
    linker.resolve_imports();
    linker.spare_clients(inputs);
    done("imports");
    linker.held = holders::Held::of(&linker);
    // What macros make has its names before an `impl` asks for one that it imports from another module: an answer once given is kept.
    linker.collect_generated();
    linker.collect_impls();
    linker.evaluate_all();
    done("types");
    let subclasses = linker.subclasses();
    let (calls, calls_seen, calls_known) = linker.call_edges(&subclasses);
    done("calls");
    linker.remember_registrations();
    let flow = if wants.call_graph { points_to::solve(&mut linker) } else { points_to::Flow::default() };
    let call_graph = if wants.call_graph { merge::call_graph(&linker, &calls, &flow) } else { Vec::new() };
    done("call graph");
    let routes = linker.routes(inputs.texts);
    done("routes");
    let roles = linker.roles(&routes, &calls, &inputs.rulebook.names, inputs.configured);
    done("roles");
    let imports = linker.import_edges();
    done("import graph");
    let names: Vec<String> = (0..inputs.facts.len()).map(|file| linker.modules.name(inputs.project, FileId(file as u32))).collect();
    let taught = linker.taught(&names);
    done("names");
    let program = Program {
        project: inputs.project,
        facts: Files::new(inputs.facts),
        knowledge,
        modules: names,
        imports: Tracked::new(Part::Imports, imports),
        calls_of: ranges(&calls),
        calls: Tracked::new(Part::Calls, calls),
        call_graph,
        flow_limits: flow.limits,
        subclasses,
        file_roles: Tracked::new(Part::Roles, roles.files),
        def_roles: Tracked::new(Part::Roles, roles.defs),
        routes: Tracked::new(Part::Routes, routes.routes),
        taught: taught.apis,
        untaught: taught.unmatched,
        calls_seen,
        calls_known,
        spared: linker.spared.clone(),
        nestings: wants.nestings,
        node_values: std::mem::take(&mut linker.node_values),
        apis: linker.apis.take(),
        values: linker.values.take(),
    };
    Linked { program, linker }
}

/// The range of each caller in the sorted edges.
fn ranges(calls: &[CallEdge]) -> FxHashMap<GlobalDef, (u32, u32)> {
    let mut table = FxHashMap::default();
    let mut start = 0;
    for at in 1..=calls.len() {
        if at == calls.len() || calls[at].caller != calls[start].caller {
            table.insert(calls[start].caller, (start as u32, at as u32));
            start = at;
        }
    }
    table
}
