//! A linked program goes on from one edit to the next: the code of the functions that changed is evaluated again, all else is kept.
//!
//! That is right as long as nothing that others were told changes: what a function returns, what its class's attributes are, what callers' arguments
//! say of parameters, which routes and roles there are. Where one of these does, the edit is refused ([`Reason`]) and everything has to be looked at.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::classes::top_level_properties;
use super::evaluate::{Linker, State};
use super::holders::hands_on;
use super::objects::given_properties;
use super::origins::router_base;
use super::ranges;
use super::tables::UNKNOWN;
use crate::languages::rust::resolve::RustNames;
use crate::model::body::{CallForm, CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts};
use crate::model::knowledge::{ApiFact, RoleSign};
use crate::model::program::{CallEdge, Program, Value, ValueId};
use crate::model::role::{GlobalDef, Role, Strength};
use crate::model::source::{FileId, Language, Span};
use crate::model::trace::{Files, Part};

/// Most functions elsewhere that learn something from one edit.
const MOST_TAUGHT: usize = 16;

/// Why an edit needs a look at everything.
pub type Reason = &'static str;

/// A program and what made it.
pub struct Linked<'a> {
    pub program: Program<'a>,
    pub(super) linker: Linker<'a>,
}

/// What an edit has changed.
#[derive(Default)]
pub struct Reworked {
    /// The definitions whose calls may be others now.
    pub touched: Vec<GlobalDef>,
    /// Functions that are called by others now.
    pub callees: Vec<GlobalDef>,
    /// The parts of the program that may be others now.
    pub parts: Vec<Part>,
}

/// What changed in a file whose nodes and definitions kept their numbers.
pub struct Edit<'e> {
    pub file: FileId,
    /// Functions, modules and classes in which code changed, variables and attributes with other values.
    pub changed: &'e [DefId],
    /// Where a place of a definition, a parameter, an import or a node went.
    pub moved: &'e FxHashMap<Span, Span>,
}

/// A function that stands in no other, and every definition in it; or the code of a module or class, or a value, alone.
struct Unit {
    root: GlobalDef,
    members: Vec<DefId>,
    /// What it returned.
    result: Option<State>,
    /// No function.
    is_data: bool,
}

impl<'a> Linker<'a> {
    /// Keeps in mind where routes are registered, before they are made.
    pub(super) fn remember_registrations(&mut self) {
        self.registered = self.registrations.iter().map(|registration| (registration.file, registration.call)).collect();
    }
}

impl<'a> Linked<'a> {
    /// Takes in an edit of one file; `facts` are those of all files, the edited one's new. After an error the program is good for nothing.
    pub fn rework(&mut self, facts: &'a [Arc<FileFacts>], edit: &Edit) -> Result<Reworked, Reason> {
        let nestings = Arc::get_mut(&mut self.program.nestings).ok_or("the program is in use")?;
        nestings.replace(facts, edit.file);
        self.linker.node_values = std::mem::take(&mut self.program.node_values);
        self.linker.apis.put(std::mem::take(&mut self.program.apis));
        self.linker.values.put(std::mem::take(&mut self.program.values));
        let result = self.reworked(facts, edit);
        self.program.node_values = std::mem::take(&mut self.linker.node_values);
        self.program.apis = self.linker.apis.take();
        self.program.values = self.linker.values.take();
        result
    }

    fn reworked(&mut self, facts: &'a [Arc<FileFacts>], edit: &Edit) -> Result<Reworked, Reason> {
        let file = edit.file;
        let old = &self.linker.facts[file.index()];
        let roots: BTreeSet<GlobalDef> = edit.changed.iter().map(|&def| self.root(GlobalDef { file, def })).collect();
        let units: Vec<Unit> = roots.into_iter().map(|root| self.unit(root)).collect();
        let linker = &mut self.linker;
        if units.iter().any(|unit| linker.is_about_routes(unit)) {
            return Err("registers routes");
        }
        let (mut seen, mut known) = (0, 0);
        let mut ignored = Vec::new();
        for member in units.iter().flat_map(Unit::all) {
            let counts = linker.edges_of(member, &self.program.subclasses, &mut ignored);
            (seen, known) = (seen + counts.0, known + counts.1);
        }
        let before = Before::new(linker, old, file, &units);
        linker.facts = facts;
        self.program.facts = Files::new(facts);
        linker.node_values[file.index()].resize(facts[file.index()].arena.len(), UNKNOWN);
        linker.retell_assigned(file);
        linker.retell_properties(file)?;
        linker.offers = Some(FxHashSet::default());
        for unit in &units {
            linker.walk_again(unit);
        }
        let taught = linker.teach(&units)?;
        linker.compare(&before, &units)?;
        if units.iter().any(|unit| linker.is_about_routes(unit)) || !linker.registrations.is_empty() {
            return Err("registers routes");
        }
        let new = &facts[file.index()];
        if (old.for_browsers, old.is_markup) != (new.for_browsers, new.is_markup) {
            return Err("runs in a browser or is markup, or no more");
        }
        if has_jsx(old) != has_jsx(&facts[file.index()]) {
            return Err("holds JSX, or no more");
        }
        let touched: BTreeSet<GlobalDef> = units.iter().flat_map(Unit::all).chain(taught.iter().copied()).collect();
        let mut parts: Vec<Part> = touched.iter().map(|function| Part::File(function.file)).chain([Part::File(file)]).collect();
        let mut callees = Vec::new();
        let (seen_now, known_now) = self.call_again(&touched, &units, &mut callees)?;
        if !callees.is_empty() {
            parts.extend(callees.iter().map(|callee| Part::Callers(callee.file)).chain([Part::Calls]));
        }
        self.program.calls_seen = (self.program.calls_seen + seen_now).saturating_sub(seen);
        self.program.calls_known = (self.program.calls_known + known_now).saturating_sub(known);
        self.import_again(file, &mut parts);
        self.move_places(edit, &mut parts)?;
        Ok(Reworked { touched: touched.into_iter().collect(), callees, parts })
    }

    fn root(&self, def: GlobalDef) -> GlobalDef {
        match self.program.def(def).kind {
            DefKind::Function | DefKind::Method => self.program.outermost(def),
            _ => def,
        }
    }

    fn unit(&self, root: GlobalDef) -> Unit {
        let facts = self.program.file(root.file);
        if !matches!(facts.def(root.def).kind, DefKind::Function | DefKind::Method) {
            return Unit { root, members: vec![root.def], result: None, is_data: true };
        }
        let mut inside = vec![false; facts.defs.len()];
        let mut members = Vec::new();
        // Parents come before children.
        for (id, def) in facts.definitions() {
            inside[id.index()] = id == root.def || id != DefId::MODULE && inside[def.parent.index()];
            if inside[id.index()] {
                members.push(id);
            }
        }
        Unit { root, members, result: self.linker.states.get(&root).copied(), is_data: false }
    }

    /// Makes the edges of calls of these definitions anew; how many calls the units have, and how many are known.
    fn call_again(&mut self, touched: &BTreeSet<GlobalDef>, units: &[Unit], callees: &mut Vec<GlobalDef>) -> Result<(u32, u32), Reason> {
        let (linker, program) = (&mut self.linker, &mut self.program);
        let mut edges = Vec::new();
        let (mut seen, mut known) = (0, 0);
        for &caller in touched {
            let counts = linker.edges_of(caller, &program.subclasses, &mut edges);
            if units.iter().any(|unit| unit.holds(caller)) {
                (seen, known) = (seen + counts.0, known + counts.1);
            }
        }
        linker.implicit_edges(&mut edges);
        edges.sort_unstable();
        edges.dedup();
        let old: Vec<CallEdge> = touched.iter().flat_map(|&caller| program.calls_from(caller)).copied().collect();
        let handled = |edges: &[CallEdge]| -> BTreeSet<FileId> {
            let is_handler = |edge: &&CallEdge| {
                edge.caller.file != edge.callee.file
                    && program
                        .def_roles
                        .get(&edge.caller)
                        .is_some_and(|evidence| evidence.role == Role::Router && evidence.strength >= Strength::Framework)
            };
            edges.iter().filter(is_handler).map(|edge| edge.callee.file).collect()
        };
        // Roles of files that only handlers' calls decide.
        if handled(&old) != handled(&edges) {
            return Err("a handler calls other files");
        }
        if old == edges {
            return Ok((seen, known));
        }
        let gone = old.iter().filter(|edge| edges.binary_search(edge).is_err());
        let new = edges.iter().filter(|edge| old.binary_search(edge).is_err());
        callees.extend(gone.chain(new).map(|edge| edge.callee));
        program.calls.retain(|edge| !touched.contains(&edge.caller));
        program.calls.extend(edges);
        program.calls.sort_unstable();
        program.calls.dedup();
        program.calls_of = ranges(&program.calls);
        Ok((seen, known))
    }

    fn import_again(&mut self, file: FileId, parts: &mut Vec<Part>) {
        let (linker, program) = (&mut self.linker, &mut self.program);
        let Some(names) = linker.text_names.clone() else { return };
        let is_rust = linker.facts[file.index()].language == Language::Rust;
        // Which names there are is asked for Rust alone.
        let facts: &'a [Arc<FileFacts>] = if is_rust { linker.facts } else { &[] };
        let mut rust = RustNames::new(facts, linker.modules.rust.clone());
        let mut edges = Vec::new();
        linker.import_edges_of(file, &names, &mut rust, &mut edges);
        let start = program.imports.partition_point(|edge| edge.from < file);
        let end = program.imports.partition_point(|edge| edge.from <= file);
        if program.imports[start..end] != edges {
            parts.push(Part::Imports);
            drop(program.imports.splice(start..end, edges));
        }
    }

    /// Moves what was said of places in the file.
    fn move_places(&mut self, edit: &Edit, parts: &mut Vec<Part>) -> Result<(), Reason> {
        let program = &mut self.program;
        let path = program.project.files[edit.file.index()].path.clone();
        for route in program.routes.iter_mut().filter(|route| route.place.path == path) {
            let now = *edit.moved.get(&route.place.span).ok_or("a route's place is gone")?;
            parts.extend((route.place.span != now).then_some(Part::Routes));
            route.place.span = now;
        }
        for evidence in program.def_roles.values_mut().chain(program.file_roles.iter_mut().flatten()) {
            if let Some((file, span)) = &mut evidence.place
                && *file == edit.file
            {
                let now = *edit.moved.get(span).ok_or("the place of a role's evidence is gone")?;
                parts.extend((*span != now).then_some(Part::Roles));
                *span = now;
            }
        }
        Ok(())
    }
}

impl Unit {
    fn all(&self) -> impl Iterator<Item = GlobalDef> + '_ {
        self.members.iter().map(|&def| GlobalDef { file: self.root.file, def })
    }

    fn holds(&self, def: GlobalDef) -> bool {
        def.file == self.root.file && self.members.binary_search(&def.def).is_ok()
    }
}

/// A list of nothing but texts and numbers.
fn is_plain(facts: &FileFacts, node: NodeId) -> bool {
    match facts.arena.kind(node) {
        NodeKind::Collection { kind, items } => {
            let is_scalar = |item| matches!(facts.arena.kind(item), NodeKind::Str(_) | NodeKind::Number(_) | NodeKind::Bool(_));
            kind != CollectionKind::Dict && facts.arena.list(items).all(is_scalar)
        }
        _ => false,
    }
}

fn has_jsx(facts: &FileFacts) -> bool {
    matches!(facts.language, Language::Tsx | Language::JavaScript)
        && facts.arena.ids().any(|node| matches!(facts.arena.kind(node), NodeKind::Call { form: CallForm::Jsx, .. }))
}

/// A class's attributes that its methods assign: method and value.
type Assigned<'a> = FxHashMap<&'a str, (DefId, NodeId)>;

/// What others know of the file.
struct Before<'a> {
    file: FileId,
    facts: &'a FileFacts,
    values: Vec<ValueId>,
    assigned: Vec<(GlobalDef, Assigned<'a>)>,
    hints: Vec<(GlobalDef, usize, ValueId)>,
    /// Variables and attributes whose values were asked for.
    variables: Vec<(GlobalDef, ValueId)>,
}

impl<'a> Before<'a> {
    fn new(linker: &Linker<'a>, facts: &'a FileFacts, file: FileId, units: &[Unit]) -> Before<'a> {
        let own = linker.assigned.iter().filter(|(class, _)| class.file == file);
        let mut assigned: Vec<(GlobalDef, Assigned<'a>)> = own.map(|(class, table)| (*class, table.clone())).collect();
        assigned.sort_unstable_by_key(|(class, _)| *class);
        let is_own = |def: GlobalDef| units.iter().any(|unit| unit.holds(def));
        let given = linker.hinted_by.iter().filter(|((function, _), by)| is_own(**by) && !is_own(*function));
        let value = |function: GlobalDef, position: usize| linker.hints.get(&function)?.get(position).copied();
        let mut hints: Vec<_> =
            given.filter_map(|((function, position), _)| Some((*function, *position, value(*function, *position)?))).collect();
        hints.sort_unstable();
        let known = |unit: &Unit| Some((unit.root, (*linker.variable_values.get(&unit.root)?)?));
        let variables = units.iter().filter_map(known).collect();
        Before { file, facts, values: linker.node_values[file.index()].clone(), assigned, hints, variables }
    }
}

impl<'a> Linker<'a> {
    /// The unit makes or mounts routers, or registers what gives roles.
    fn is_about_routes(&mut self, unit: &Unit) -> bool {
        let file = unit.root.file;
        let facts = &self.facts[file.index()];
        let mut nodes = Vec::new();
        for &member in &unit.members {
            let def = facts.def(member);
            let inner = def.decorators.iter().copied().filter(|_| member != unit.root.def);
            let value = def.value.filter(|_| unit.is_data);
            for root in def.body.into_iter().chain(inner).chain(value) {
                facts.arena.walk(root, |node| nodes.push(node));
            }
        }
        nodes.into_iter().any(|node| {
            let value = self.node_values[file.index()].get(node.index()).map_or(Value::Unknown, |&value| self.get(value));
            let is_made = match value {
                Value::Api { api, .. } => self.apis.facts(api).any(|(fact, _)| {
                    let role = match fact {
                        ApiFact::Role { sign, .. } => unit.is_data || matches!(sign, RoleSign::Argument | RoleSign::Decorator),
                        _ => false,
                    };
                    role || matches!(fact, ApiFact::Route(_) | ApiFact::Router(_) | ApiFact::Mount(_) | ApiFact::Layout(_))
                }),
                Value::Def(class) => router_base(self, class).is_some(),
                _ => false,
            };
            is_made || self.registered.contains(&(file, node))
        })
    }

    /// The attributes that methods assign, as the new code does.
    fn retell_assigned(&mut self, file: FileId) {
        let mut classes: Vec<GlobalDef> = self.assigned.keys().filter(|class| class.file == file).copied().collect();
        classes.sort_unstable();
        for class in classes {
            let table = self.collect_assigned(class);
            self.assigned.insert(class, table);
        }
    }

    /// What JavaScript gives functions at the top level must stay what it is.
    fn retell_properties(&mut self, file: FileId) -> Result<(), Reason> {
        let facts = &self.facts[file.index()];
        if self.properties.get(&file).is_some_and(|table| *table != top_level_properties(facts)) {
            return Err("functions have other properties");
        }
        if self.given.get(&file).is_some_and(|given| *given != given_properties(facts)) {
            return Err("objects have other properties");
        }
        if hands_on(facts, file, &self.knowledge.holders, &self.frameworks_of[file.index()]) {
            return Err("hands things on under names");
        }
        if self.judged_by_name.contains(&file) {
            return Err("is one of a folder's by its name");
        }
        Ok(())
    }

    /// Evaluates a unit as the first time: what was learnt of parameters afterwards comes afterwards.
    fn walk_again(&mut self, unit: &Unit) {
        let facts = &self.facts[unit.root.file.index()];
        let mut later: Vec<(GlobalDef, Vec<ValueId>)> = Vec::new();
        for member in unit.all() {
            let def = facts.def(member.def);
            for body in def.body.into_iter().chain(def.value.filter(|_| unit.is_data)) {
                let values = &mut self.node_values[unit.root.file.index()];
                facts.arena.walk(body, |node| values[node.index()] = UNKNOWN);
            }
            self.states.remove(&member);
            // A closure's callers stand beside it.
            if def.flags.has(DefFlags::CLOSURE) && member != unit.root {
                self.hints.remove(&member);
            } else if self.restarted.contains(&member) {
                later.extend(self.hints.remove(&member).map(|hints| (member, hints)));
            }
        }
        self.run(unit.root);
        if unit.is_data && self.variable_values.remove(&unit.root).is_some() {
            self.variable(unit.root);
        }
        for member in unit.all() {
            self.run(member);
        }
        for (member, hints) in later {
            for (position, value) in hints.into_iter().enumerate() {
                // Whoever gave it gives it still, or is found out by what it offers now.
                let by = self.hinted_by.get(&(member, position)).copied();
                self.hint(member, position, value);
                if let Some(by) = by {
                    self.hinted_by.insert((member, position), by);
                }
            }
        }
    }

    /// Walks again whose parameters have learnt something, as often as the first time; those that are in no unit.
    fn teach(&mut self, units: &[Unit]) -> Result<Vec<GlobalDef>, Reason> {
        let mut taught = Vec::new();
        for _ in 0..2 {
            let mut stale: Vec<GlobalDef> = self.stale.drain().collect();
            if stale.is_empty() {
                break;
            }
            stale.sort_unstable();
            let mut results = Vec::new();
            for function in &stale {
                results.push(self.states.remove(function));
            }
            self.restarted.extend(&stale);
            for (function, result) in stale.into_iter().zip(results) {
                self.run(function);
                if units.iter().any(|unit| unit.holds(function)) {
                    continue;
                }
                if self.states.get(&function).copied() != result {
                    return Err("a function called returns something else");
                }
                taught.push(function);
                if taught.len() > MOST_TAUGHT {
                    return Err("many functions learn of arguments");
                }
            }
        }
        self.stale.clear();
        Ok(taught)
    }

    /// Whether others would be told what they were told.
    fn compare(&mut self, before: &Before<'a>, units: &[Unit]) -> Result<(), Reason> {
        for unit in units.iter().filter(|unit| !unit.is_data) {
            let result = self.states.get(&unit.root).copied();
            if result != unit.result {
                return Err("a function returns something else");
            }
            if let Some(State::Done(value)) = result
                && !self.is_as_before(before, value)
            {
                return Err("what a function returns holds something else");
            }
        }
        let file = before.file;
        for (class, old) in &before.assigned {
            let now = self.assigned.get(class).cloned().unwrap_or_default();
            let mut names: Vec<&str> = old.keys().chain(now.keys()).copied().collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                let (Some((_, was)), Some((_, is))) = (old.get(name), now.get(name)) else { return Err("a class has other attributes") };
                let value = self.node_values[file.index()][is.index()];
                if before.values.get(was.index()) != Some(&value) || !self.is_as_before(before, value) {
                    return Err("an attribute is something else");
                }
            }
        }
        for &(variable, was) in &before.variables {
            let is = self.variable_values.get(&variable).copied().flatten();
            if is != Some(was) || !self.is_as_before(before, was) {
                return Err("a variable is something else");
            }
        }
        let offers = self.offers.take().unwrap_or_default();
        for hint in &before.hints {
            if !offers.contains(hint) || !self.is_as_before(before, hint.2) {
                return Err("a function called is given something else");
            }
        }
        Ok(())
    }

    /// Whether a literal of the file that the value is, or holds, says what it said.
    fn is_as_before(&self, before: &Before, value: ValueId) -> bool {
        match self.get(value) {
            Value::Literal(file, node) if file == before.file => {
                if node.index() >= before.values.len() {
                    return false;
                }
                if is_plain(before.facts, node) && is_plain(&self.facts[file.index()], node) {
                    return true;
                }
                let below = |facts: &FileFacts| {
                    let mut nodes = Vec::new();
                    facts.arena.walk(node, |node| nodes.push(node));
                    nodes
                };
                let (old, new) = (below(before.facts), below(&self.facts[file.index()]));
                let values = &self.node_values[file.index()];
                old == new && old.iter().all(|node| before.values[node.index()] == values[node.index()])
            }
            Value::Collection(element) | Value::Mapping(element) | Value::Instance { argument: element, .. } if element != UNKNOWN => {
                self.is_as_before(before, element)
            }
            _ => true,
        }
    }
}
