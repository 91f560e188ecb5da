//! Code that runs for each request: what handlers lead to through calls and dependencies.
//!
//! A call whose result is kept (in a module's variable, a field, a cache, a lazy cell) runs once and not for each request, and so
//! does what stands behind a cache. Edges that only a name supports are not followed, nor edges into test code. Breadth first, so
//! that each function is known by its shortest way from a handler.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::Context;
use super::handlers::{code_of, handlers};
use super::loops::parameter_names;
use super::sensitive::assigned;
use super::spelling::{call_span, spelled_callee};
use crate::model::body::{AssignOp, BinaryOp, CallForm, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, Definition, FileFacts, Name};
use crate::model::finding::Label;
use crate::model::knowledge::ApiFact;
use crate::model::nesting::{Nesting, Nestings, called_name, chain, chain_root, last_name};
use crate::model::program::{CallEdge, CallKind, Program, Resolution};
use crate::model::role::{GlobalDef, Role, Strength};
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::{api_names, vocabulary};

/// How a function is reached first.
#[derive(Clone, Copy)]
struct Way {
    /// The function whose call leads here, and the call; `None` for a handler's own code.
    from: Option<(GlobalDef, NodeId)>,
    handler: GlobalDef,
}

/// The functions that run for each request.
pub(super) struct Requests {
    ways: FxHashMap<GlobalDef, Way>,
    /// In the order found: handlers first, then what they call.
    order: Vec<GlobalDef>,
}

impl Requests {
    pub(super) fn of(context: &Context, nestings: &Nestings) -> Requests {
        let program = context.program;
        let mut requests = Requests { ways: FxHashMap::default(), order: Vec::new() };
        let mut queue: VecDeque<GlobalDef> = VecDeque::new();
        for handler in handlers(context) {
            for &part in &handler.code {
                requests.enter(part, Way { from: None, handler: handler.function }, &mut queue);
            }
        }
        for middleware in middlewares(program) {
            for part in code_of(program, middleware) {
                requests.enter(part, Way { from: None, handler: middleware }, &mut queue);
            }
        }
        while let Some(function) = queue.pop_front() {
            let Some(handler) = requests.handler(function) else { continue };
            for edge in program.calls_from(function) {
                let callee = edge.callee;
                let follows = edge.resolution != Resolution::NameOnly
                    && !requests.ways.contains_key(&callee)
                    && !program.is(callee, Role::Test)
                    && !is_cached(program, callee)
                    && !is_made_once(program, edge)
                    && !is_kept(program, nestings.of(function.file), function, edge.site);
                if follows {
                    for part in code_of(program, callee) {
                        requests.enter(part, Way { from: Some((function, edge.site)), handler }, &mut queue);
                    }
                }
            }
        }
        requests
    }

    fn enter(&mut self, function: GlobalDef, way: Way, queue: &mut VecDeque<GlobalDef>) {
        if let std::collections::hash_map::Entry::Vacant(free) = self.ways.entry(function) {
            free.insert(way);
            self.order.push(function);
            queue.push_back(function);
        }
    }

    /// Every function that runs for each request.
    pub(super) fn functions(&self) -> &[GlobalDef] {
        &self.order
    }

    /// A handler that leads to the function.
    pub(super) fn handler(&self, function: GlobalDef) -> Option<GlobalDef> {
        self.ways.get(&function).map(|way| way.handler)
    }

    /// The calls from the handler to the function, in order; empty when it is the handler's own code.
    pub(super) fn chain(&self, function: GlobalDef) -> Vec<(GlobalDef, NodeId)> {
        let mut calls = Vec::new();
        let mut at = function;
        for _ in 0..64 {
            let Some(Way { from: Some((caller, site)), .. }) = self.ways.get(&at) else { break };
            calls.push((*caller, *site));
            at = *caller;
        }
        calls.reverse();
        calls
    }

    /// The calls of the chain as labelled places.
    pub(super) fn steps(&self, program: &Program, function: GlobalDef) -> Vec<Label> {
        let step = |(caller, site): (GlobalDef, NodeId)| {
            let facts = program.file(caller.file);
            let text = format!("calls `{}`", spelled_callee(facts, site));
            Label { location: program.location(caller.file, call_span(facts, site)), text }
        };
        self.chain(function).into_iter().map(step).collect()
    }
}

/// `CELL.get_or_init(connect)`: what is passed there runs once.
fn is_made_once(program: &Program, edge: &CallEdge) -> bool {
    edge.kind == CallKind::Passed
        && called_name(program.file(edge.caller.file), edge.site).is_some_and(|name| api_names().once.calls.has(name))
}

/// What a TypeScript framework runs before or after handlers: registered functions that are given the next one, guards, interceptors.
/// A function that makes such a one runs once.
fn middlewares<'p>(program: &'p Program<'p>) -> impl Iterator<Item = GlobalDef> + 'p {
    let files = (0..program.facts.len() as u32).map(FileId).filter(|&file| program.file(file).language.family() == Family::TypeScript);
    files.flat_map(|file| program.functions_of(file)).filter(|&function| {
        let facts = program.file(function.file);
        let def = facts.def(function.def);
        let runs_each_time =
            match def.kind {
                DefKind::Method => api_names().once.middlewares.has(facts.text(def.name)),
                _ => def.params.iter().skip(1).any(|param| {
                    param.name.is_some_and(|name| matches!(facts.text(name).trim_start_matches('_'), "next" | "done" | "reply"))
                }),
            };
        runs_each_time
            && program.role(function).is_some_and(|evidence| evidence.role == Role::Middleware && evidence.strength >= Strength::Framework)
    })
}

/// The nearest function around a definition that has a name, or the definition itself.
pub(super) fn named(program: &Program, function: GlobalDef) -> GlobalDef {
    let facts = program.file(function.file);
    let mut at = function.def;
    while at != DefId::MODULE && program.short_name(GlobalDef { file: function.file, def: at }).starts_with('<') {
        at = facts.def(at).parent;
    }
    GlobalDef { file: function.file, def: at }
}

/// Whether a call of this API has such a fact.
pub(super) fn has_fact(program: &Program, file: FileId, call: NodeId, is: impl Fn(&ApiFact) -> bool) -> bool {
    program.called_api(file, call).is_some_and(|api| program.facts_of(api).any(|(fact, _)| is(fact)))
}

/// A cache stands in front of the function: `@lru_cache`, `cache(() => …)`, `LazyLock::new(|| …)`.
pub(super) fn is_cached(program: &Program, function: GlobalDef) -> bool {
    let facts = program.file(function.file);
    let is_cache = |node: NodeId| {
        let api = program.called_api(function.file, node).or_else(|| program.api(function.file, node));
        let known = api.is_some_and(|api| program.facts_of(api).any(|(fact, _)| *fact == ApiFact::Cached));
        known
            || last_name(facts, node).is_some_and(|name| {
                let name = facts.text(name).to_ascii_lowercase();
                name.contains("singleton") || name.contains("cache") || name.contains("memoize")
            })
    };
    facts.def(function.def).decorators.iter().any(|&decorator| chain(facts, decorator).any(is_cache))
}

/// The result of the call is kept for longer than the request: given to a variable of the module, a field, an entry of a
/// container, or made in a closure that a lazy cell runs.
pub(super) fn is_kept(program: &Program, nesting: &Nesting, function: GlobalDef, site: NodeId) -> bool {
    let facts = program.file(function.file);
    let mut at = nesting.chain_top(facts, site);
    for _ in 0..256 {
        if runs_once(program, facts, nesting, function.file, at) {
            return true;
        }
        let Some(parent) = nesting.parent(at) else {
            // The closure's place, when this is a closure's own code: `cell.get_or_init(|| make())`.
            return nesting.closure_around(facts, at).is_some_and(|place| runs_once(program, facts, nesting, function.file, place));
        };
        match facts.arena.kind(parent) {
            NodeKind::Assign { target, op, .. } if target != at => {
                return op != AssignOp::With && (keeps(facts, function, target) || is_kept_later(facts, function, target));
            }
            NodeKind::Declare { target, .. } => return is_kept_later(facts, function, target),
            NodeKind::Return(_) | NodeKind::Loop { .. } | NodeKind::With { .. } => return false,
            NodeKind::Block { value: false, .. } => return false,
            _ => at = parent,
        }
    }
    false
}

fn runs_once(program: &Program, facts: &FileFacts, nesting: &Nesting, file: FileId, node: NodeId) -> bool {
    let Some((call, _)) = nesting.argument_of(facts, node) else { return false };
    has_fact(program, file, call, |fact| *fact == ApiFact::Cached)
        || called_name(facts, call).is_some_and(|name| api_names().once.calls.has(name))
        || chain(facts, call).any(|link| last_name(facts, link).is_some_and(|name| api_names().once.calls.has(facts.text(name))))
}

/// Whether what is assigned to this target outlives the function: a field (but for those a constructor fills), an entry, a variable
/// of the module.
fn keeps(facts: &FileFacts, function: GlobalDef, target: NodeId) -> bool {
    match facts.arena.kind(target) {
        NodeKind::Member { object, .. } => {
            let in_constructor = matches!(facts.text(facts.def(function.def).name), "__init__" | "constructor");
            // Rust: what is no field of the receiver's belongs to who called: `form.password = hash(&form.password)`.
            let is_callers = facts.language.family() == Family::Rust
                && matches!(facts.arena.kind(chain_root(facts, target)), NodeKind::Name(root) if is_of_call(facts, function.def, root));
            let is_filled = in_constructor && facts.arena.kind(object) == NodeKind::Receiver;
            !is_callers && !is_filled && !is_own_row(facts, function, target) && !is_row_saved(facts, function, target)
        }
        NodeKind::Index { .. } => true,
        NodeKind::Name(name) => is_module_variable(facts, function.def, facts.text(name)),
        _ => false,
    }
}

/// Rust: a parameter, also one bound by a pattern (`Json(mut form): Json<Form>`), or a local that is no view of what is shared: those come from
/// a lock, a cell or the receiver.
fn is_of_call(facts: &FileFacts, function: DefId, name: Name) -> bool {
    if facts.def(function).params.iter().any(|param| parameter_names(facts, param).contains(&name)) {
        return true;
    }
    let values = assigned(facts, function, name);
    !values.is_empty()
        && values.into_iter().all(|value| {
            let mut shared = false;
            facts.arena.walk(value, |node| {
                let views = || called_name(facts, node).is_some_and(|name| api_names().statics.views.has(name));
                shared |= facts.arena.kind(node) == NodeKind::Receiver || views();
            });
            !shared && !is_module_variable(facts, function, facts.text(name))
        })
}

/// TypeScript: a field of what the function has made or waited for itself: `account.passwordHash = hash(password)`.
fn is_own_row(facts: &FileFacts, function: GlobalDef, target: NodeId) -> bool {
    let NodeKind::Name(root) = facts.arena.kind(chain_root(facts, target)) else { return false };
    let is_own = |value: NodeId| matches!(facts.arena.kind(value), NodeKind::Await(_) | NodeKind::Call { form: CallForm::New, .. });
    let local = |def: &Definition| def.kind == DefKind::Variable && def.parent == DefId::MODULE && def.name == root;
    facts.language.family() == Family::TypeScript && !facts.defs.iter().any(local) && {
        let given = super::sensitive::assigned(facts, function.def, root);
        !given.is_empty() && given.into_iter().all(is_own)
    }
}

/// Rust: the field of a row, which the method itself saves: `self.password = set(hash(password)?); self.update(db).await`.
fn is_row_saved(facts: &FileFacts, function: GlobalDef, target: NodeId) -> bool {
    let Some(body) = facts.def(function.def).body.filter(|_| facts.language.family() == Family::Rust) else { return false };
    let of_receiver = |call: NodeId| match facts.arena.kind(call) {
        NodeKind::Call { callee, .. } => {
            matches!(facts.arena.kind(callee), NodeKind::Member { object, .. } if facts.arena.kind(object) == NodeKind::Receiver)
        }
        _ => false,
    };
    let mut saved = false;
    facts.arena.walk(body, |node| {
        saved |= matches!(called_name(facts, node), Some("update" | "save" | "insert")) && of_receiver(node);
    });
    saved && facts.arena.kind(chain_root(facts, target)) == NodeKind::Receiver
}

/// A local variable that is put where it is kept afterwards: `client = Client(); cls._client = client`.
fn is_kept_later(facts: &FileFacts, function: GlobalDef, target: NodeId) -> bool {
    let (NodeKind::Name(local), Some(body)) = (facts.arena.kind(target), facts.def(function.def).body) else { return false };
    let mut kept = false;
    facts.arena.walk(body, |node| {
        if let NodeKind::Assign { target, value, op: AssignOp::Set } = facts.arena.kind(node) {
            kept |= facts.arena.kind(value) == NodeKind::Name(local) && keeps(facts, function, target);
        }
    });
    kept
}

/// The name is a variable of the module, and no local one hides it: in Python the function says `global`.
pub(super) fn is_module_variable(facts: &FileFacts, function: DefId, name: &str) -> bool {
    let known = facts.defs.iter().any(|def| def.kind == DefKind::Variable && def.parent == DefId::MODULE && facts.text(def.name) == name);
    // In JavaScript a name that nobody around declares is one of the whole program: `declare global { var pool: Pool }`.
    if !known && (facts.language.family() != Family::TypeScript || is_declared_around(facts, function, name)) {
        return false;
    }
    let Some(body) = facts.def(function).body else { return true };
    let python = facts.language.family() == Family::Python;
    let (mut says_global, mut declares) = (false, false);
    facts.arena.walk(body, |node| match facts.arena.kind(node) {
        NodeKind::Other(items) if python => {
            says_global |=
                facts.arena.list(items).any(|item| matches!(facts.arena.kind(item), NodeKind::Name(own) if facts.text(own) == name));
        }
        NodeKind::Declare { target, .. } => {
            declares |= matches!(facts.arena.kind(target), NodeKind::Name(own) if facts.text(own) == name);
        }
        _ => {}
    });
    if python { says_global } else { !declares }
}

/// A parameter or local variable of the function or of one around it has the name.
fn is_declared_around(facts: &FileFacts, function: DefId, name: &str) -> bool {
    let mut at = function;
    for _ in 0..32 {
        let def = facts.def(at);
        let mut declared =
            def.params.iter().any(|param| super::loops::parameter_names(facts, param).iter().any(|&own| facts.text(own) == name));
        if let Some(body) = def.body {
            facts.arena.walk(body, |node| {
                if let NodeKind::Declare { target, .. } = facts.arena.kind(node) {
                    declared |= super::loops::bound_names(facts, target).iter().any(|&own| facts.text(own) == name);
                }
            });
        }
        if declared {
            return true;
        }
        if at == DefId::MODULE {
            return false;
        }
        at = def.parent;
    }
    true
}

/// Whether the code at `node` runs only in development or tests: below a condition that asks for the environment.
pub(super) fn in_development_branch(facts: &FileFacts, nesting: &Nesting, node: NodeId) -> bool {
    let is_in_branch = |node: NodeId| {
        nesting.around(node).any(|around| match nesting.parent(around).map(|parent| facts.arena.kind(parent)) {
            Some(NodeKind::If { condition, then, .. }) if condition != around => {
                asks_environment(facts, condition) && !is_of_production(facts, condition, then == around)
            }
            Some(NodeKind::Match { subject, .. }) if subject != around => asks_environment(facts, subject),
            Some(NodeKind::Binary { op: BinaryOp::And, left, .. }) if left != around => asks_environment(facts, left),
            _ => false,
        })
    };
    // Out of the closures around it: `if (app.get("env") === "development") { app.use((err, req, res, next) => …) }`.
    std::iter::successors(Some(node), |&at| nesting.closure_around(facts, at)).take(8).any(is_in_branch)
}

/// The branch that production takes, where the condition compares with one name: the first of `env !== "test"` and of
/// `env === "production"`, the other one of `env === "development"`.
fn is_of_production(facts: &FileFacts, condition: NodeId, is_first: bool) -> bool {
    let NodeKind::Binary { op, left, right } = facts.arena.kind(condition) else { return false };
    let is_equal = match op {
        BinaryOp::Equal | BinaryOp::Is => true,
        BinaryOp::NotEqual | BinaryOp::IsNot => false,
        _ => return false,
    };
    let Some(named) = facts.string(left).or_else(|| facts.string(right)) else { return false };
    let names_production = match named.to_ascii_lowercase().as_str() {
        "production" | "prod" | "live" => true,
        "test" | "testing" | "development" | "dev" | "local" => false,
        _ => return false,
    };
    (is_equal == names_production) == is_first
}

fn speaks_of_environment(facts: &FileFacts, condition: NodeId) -> bool {
    let mut found = false;
    facts.arena.walk(condition, |node| {
        if let NodeKind::Name(name) | NodeKind::Member { name, .. } = facts.arena.kind(node) {
            let is_of_it = |word: &String| vocabulary().requests.environments.has(word);
            found |= super::bounds::words(facts.text(name)).iter().any(is_of_it);
        }
    });
    found
}

fn asks_environment(facts: &FileFacts, condition: NodeId) -> bool {
    let mut found = false;
    facts.arena.walk(condition, |node| {
        let text = match facts.arena.kind(node) {
            NodeKind::Name(name) | NodeKind::Member { name, .. } | NodeKind::Str(name) => facts.text(name),
            _ => return,
        };
        // `storage.type === "local"` asks where files are, not where the program runs.
        if matches!(facts.arena.kind(node), NodeKind::Str(_)) && text == "local" && !speaks_of_environment(facts, condition) {
            return;
        }
        let words = super::bounds::words(text);
        found |= text == "__name__" || words.iter().any(|word| vocabulary().requests.asked.has(word));
    });
    found
}
