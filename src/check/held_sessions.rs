//! Which sessions a piece of code uses, and where each comes from: a variable, the receiver's fields, the module.
//!
//! A session may be mentioned itself (`db.execute(…)`, `load(db)`) or hide in an object (`repo.get(id)`, whose method uses `self.session`).
//! So each function has a list of what it uses of its parameters, its receiver and its module; it is made when asked for and kept.
//! Two mentions with the same [`Key`] are taken for the same session: the fields of one object are not told apart.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::spelling::{call_span, spelled_callee};
use crate::model::body::{AssignOp, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts, Name, ParamKind};
use crate::model::finding::{Confidence, Label};
use crate::model::knowledge::{ApiFact, ResourceKind};
use crate::model::nesting::{Nestings, argument_value, arguments, walk_deep};
use crate::model::program::{CallKind, Program, Resolution, Value};
use crate::model::role::GlobalDef;
use crate::model::source::{FileId, Span};
use crate::rulebook::vocabulary::{Words, api_names};

/// Longest chain of calls that is followed.
const DEPTH: usize = 12;
/// Most nodes of one function that are looked at.
const NODES: usize = 20_000;

/// Where a session comes from, as the function at hand sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A parameter or local variable.
    Variable(Name),
    /// A field of the receiver.
    Receiver,
    /// A variable of a module.
    Global(GlobalDef),
}

/// One use of a session.
#[derive(Clone, Debug)]
pub(super) struct Mention {
    pub(super) key: Key,
    /// The expression that is the session, or the member or call through which it is used.
    pub(super) site: NodeId,
    /// The session itself is mentioned, and not an object that holds it.
    pub(super) direct: bool,
    pub(super) kind: ResourceKind,
    pub(super) confidence: Confidence,
    /// The function that uses it, when the use is behind a call.
    via: Option<GlobalDef>,
    function: GlobalDef,
}

/// What a function uses of what it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Parameter(usize),
    Receiver,
    Global(GlobalDef),
}

#[derive(Clone, Debug)]
struct Use {
    place: Place,
    mention: Mention,
}

/// The analysis, with what it has found so far.
pub(super) struct Held<'a> {
    pub(super) program: &'a Program<'a>,
    pub(super) nestings: &'a Nestings<'a>,
    uses: RefCell<FxHashMap<GlobalDef, Rc<Vec<Use>>>>,
}

impl<'a> Held<'a> {
    pub(super) fn new(program: &'a Program<'a>, nestings: &'a Nestings<'a>) -> Held<'a> {
        Held { program, nestings, uses: RefCell::default() }
    }

    /// The function around a closure that is none itself, or the outermost closure.
    pub(super) fn outer(&self, function: GlobalDef) -> GlobalDef {
        let facts = self.program.file(function.file);
        let mut at = function.def;
        while facts.def(at).flags.has(DefFlags::CLOSURE)
            && matches!(facts.def(facts.def(at).parent).kind, DefKind::Function | DefKind::Method)
        {
            at = facts.def(at).parent;
        }
        GlobalDef { file: function.file, def: at }
    }

    /// The sessions that the code at and below `node` uses, as `function` around it sees them.
    pub(super) fn mentions(&self, function: GlobalDef, node: NodeId) -> Vec<Mention> {
        self.mentions_at(function, node, 0)
    }

    fn mentions_at(&self, function: GlobalDef, root: NodeId, depth: usize) -> Vec<Mention> {
        let facts = self.program.file(function.file);
        let mut found: Vec<Mention> = Vec::new();
        let mut budget = NODES;
        walk_deep(facts, root, |node| {
            budget = budget.saturating_sub(1);
            match facts.arena.kind(node) {
                NodeKind::Name(_) | NodeKind::Member { .. } => self.of_value(function, node, depth, &mut found),
                NodeKind::Call { .. } => self.of_call(function, node, depth, &mut found),
                _ => {}
            }
            budget > 0
        });
        found
    }

    /// A name or member that is a session, or a method of an object that holds one.
    fn of_value(&self, function: GlobalDef, node: NodeId, depth: usize, found: &mut Vec<Mention>) {
        let facts = self.program.file(function.file);
        match self.program.value(function.file, node) {
            Value::Api { api, guessed, .. } => {
                let api = &self.program.apis[api.0 as usize];
                let kind = self.program.facts_of(api).find_map(|(fact, _)| match fact {
                    ApiFact::Resource(kind) if kind.is_exclusive() => Some(*kind),
                    _ => None,
                });
                let Some(kind) = kind.filter(|_| !self.makes_one(function, node)) else { return };
                let confidence = if guessed { Confidence::Medium } else { Confidence::High };
                for key in self.roots(function, node, 0) {
                    found.push(Mention { key, site: node, direct: true, kind, confidence, via: None, function });
                }
            }
            Value::Method { method, .. } => {
                let NodeKind::Member { object, .. } = facts.arena.kind(node) else { return };
                let uses = self.uses(method, depth + 1);
                for one in uses.iter() {
                    let keys = match one.place {
                        Place::Receiver => self.roots(function, object, 0),
                        Place::Global(def) => vec![Key::Global(def)],
                        Place::Parameter(_) => continue,
                    };
                    for key in keys {
                        found.push(Mention { key, site: node, direct: false, via: Some(method), function, ..one.mention.clone() });
                    }
                }
            }
            Value::Def(def) if matches!(self.program.def(def).kind, DefKind::Function | DefKind::Method) => {
                let uses = self.uses(def, depth + 1);
                for one in uses.iter() {
                    if let Place::Global(global) = one.place {
                        let key = Key::Global(global);
                        found.push(Mention { key, site: node, direct: false, via: Some(def), function, ..one.mention.clone() });
                    }
                }
            }
            _ => {}
        }
    }

    /// Arguments that are objects whose sessions the called function uses.
    fn of_call(&self, function: GlobalDef, call: NodeId, depth: usize, found: &mut Vec<Mention>) {
        let facts = self.program.file(function.file);
        let owner = GlobalDef { file: function.file, def: self.nestings.of(function.file).owner(call) };
        for edge in self.program.calls_at(owner, call) {
            if edge.kind != CallKind::Call || edge.resolution == Resolution::NameOnly {
                continue;
            }
            let uses = self.uses(edge.callee, depth + 1);
            for one in uses.iter() {
                let Place::Parameter(at) = one.place else { continue };
                let Some(argument) = self.argument(facts, call, edge.callee, at) else { continue };
                if !matches!(self.program.value(function.file, argument), Value::Instance { .. }) {
                    continue;
                }
                for key in self.roots(function, argument, 0) {
                    found.push(Mention { key, site: call, direct: false, via: Some(edge.callee), function, ..one.mention.clone() });
                }
            }
        }
    }

    /// The argument that a parameter (by its index) is given.
    fn argument(&self, facts: &FileFacts, call: NodeId, callee: GlobalDef, at: usize) -> Option<NodeId> {
        let params = &self.program.def(callee).params;
        let param = params.get(at)?;
        let by_name = arguments(facts, call).find_map(|node| match facts.arena.kind(node) {
            NodeKind::Argument { name, value }
                if param.name.is_some_and(|own| self.program.file(callee.file).text(own) == facts.text(name)) =>
            {
                Some(value)
            }
            _ => None,
        });
        let position = params[..at].iter().filter(|param| param.kind != ParamKind::Receiver).count();
        by_name
            .or_else(|| arguments(facts, call).filter(|&node| !matches!(facts.arena.kind(node), NodeKind::Argument { .. })).nth(position))
    }

    /// What a function uses of its parameters, receiver and module.
    fn uses(&self, function: GlobalDef, depth: usize) -> Rc<Vec<Use>> {
        if depth > DEPTH {
            return Rc::default();
        }
        if let Some(known) = self.uses.borrow().get(&function) {
            return known.clone();
        }
        // Circles end here.
        self.uses.borrow_mut().insert(function, Rc::default());
        let def = self.program.def(function);
        let mut uses: Vec<Use> = Vec::new();
        if let Some(body) = def.body {
            for mention in self.mentions_at(function, body, depth) {
                let place = match mention.key {
                    Key::Receiver => Some(Place::Receiver),
                    Key::Global(def) => Some(Place::Global(def)),
                    Key::Variable(name) => {
                        let parameter = def.params.iter().position(|param| param.name == Some(name));
                        parameter.filter(|_| self.values(function, name).is_empty()).map(Place::Parameter)
                    }
                };
                // A maker hands on what it makes; its own variable of the module is the caller's business.
                if let Some(place) = place.filter(|place| !uses.iter().any(|known| known.place == *place)) {
                    uses.push(Use { place, mention });
                }
            }
        }
        let uses = Rc::new(uses);
        self.uses.borrow_mut().insert(function, uses.clone());
        uses
    }

    /// Where an expression's object comes from; nothing when a call made it on the spot.
    fn roots(&self, function: GlobalDef, node: NodeId, depth: u8) -> Vec<Key> {
        let facts = self.program.file(function.file);
        if depth > 6 {
            return Vec::new();
        }
        match facts.arena.kind(node) {
            NodeKind::Receiver | NodeKind::Super => vec![Key::Receiver],
            NodeKind::Member { object, .. } => self.roots(function, object, depth + 1),
            NodeKind::Await(value) | NodeKind::Cast { value, .. } | NodeKind::Argument { value, .. } => {
                self.roots(function, value, depth + 1)
            }
            NodeKind::Name(name) => self.roots_of_name(function, name, depth),
            _ => Vec::new(),
        }
    }

    fn roots_of_name(&self, function: GlobalDef, name: Name, depth: u8) -> Vec<Key> {
        let facts = self.program.file(function.file);
        let values = self.values(function, name);
        match values[..] {
            [] => {}
            [(value, op)] if op != Some(AssignOp::With) => {
                let inner = strip(facts, value);
                return match facts.arena.kind(inner) {
                    NodeKind::Name(other) if other != name => self.roots(function, inner, depth + 1),
                    NodeKind::Member { .. } => self.roots(function, inner, depth + 1),
                    // `repo = Repo(session)`: what it holds is what it was given.
                    NodeKind::Call { .. } if matches!(self.program.value(function.file, inner), Value::Instance { .. }) => {
                        let given: Vec<Key> = arguments(facts, inner)
                            .filter(|&argument| self.is_object(function.file, argument))
                            .flat_map(|argument| self.roots(function, argument, depth + 1))
                            .collect();
                        if given.is_empty() { vec![Key::Variable(name)] } else { given }
                    }
                    _ => vec![Key::Variable(name)],
                };
            }
            _ => return vec![Key::Variable(name)],
        }
        if self.is_parameter(function, name) {
            return vec![Key::Variable(name)];
        }
        match self.global(function.file, facts.text(name)) {
            // What gives each thread or task a session of its own is none itself.
            Some(def) if self.is_registry(def, &api_names().orm.registries) => Vec::new(),
            Some(def) => vec![Key::Global(def)],
            None => vec![Key::Variable(name)],
        }
    }

    /// Something that can hold a session: an object, or one itself.
    fn is_object(&self, file: FileId, node: NodeId) -> bool {
        let facts = self.program.file(file);
        let node = argument_value(facts, node);
        match self.program.value(file, node) {
            Value::Instance { .. } => true,
            Value::Api { api, .. } => {
                let api = &self.program.apis[api.0 as usize];
                self.program.facts_of(api).any(|(fact, _)| matches!(fact, ApiFact::Resource(_)))
            }
            _ => false,
        }
    }

    /// A variable of this module or of the one it is imported from.
    fn global(&self, file: FileId, name: &str) -> Option<GlobalDef> {
        let facts = self.program.file(file);
        let own = facts
            .definitions()
            .find(|(_, def)| def.kind == DefKind::Variable && def.parent == DefId::MODULE && facts.text(def.name) == name);
        if let Some((def, _)) = own {
            return Some(GlobalDef { file, def });
        }
        let edge = self.program.imports_of(file).iter().find(|edge| edge.name == name)?;
        edge.definition.filter(|def| self.program.def(*def).kind == DefKind::Variable)
    }

    /// A variable that is said to be, or is somewhere given, a registry of sessions: `factory: scoped_session[Session]`.
    fn is_registry(&self, def: GlobalDef, registries: &Words) -> bool {
        let facts = self.program.file(def.file);
        let own = facts.def(def.def);
        if !registries.any(|name| facts.names.may_hold(name)) {
            return false;
        }
        let speaks = |node: NodeId| {
            let mut found = false;
            facts.arena.walk(node, |inner| {
                found |= match facts.arena.kind(inner) {
                    NodeKind::Name(name) | NodeKind::Member { name, .. } => registries.has(facts.text(name)),
                    _ => false,
                };
            });
            found
        };
        own.annotation.into_iter().chain(own.value).any(speaks)
            || facts.arena.ids().any(|node| {
                matches!(facts.arena.kind(node), NodeKind::Assign { target, value, op: AssignOp::Set }
                    if facts.arena.kind(target) == NodeKind::Name(own.name) && speaks(value))
            })
    }

    /// A property whose getter opens one each time.
    fn makes_one(&self, function: GlobalDef, node: NodeId) -> bool {
        let owner = GlobalDef { file: function.file, def: self.nestings.of(function.file).owner(node) };
        self.program.calls_at(owner, node).iter().filter(|edge| edge.kind == CallKind::Implicit).any(|edge| {
            let facts = self.program.file(edge.callee.file);
            let mut makes = false;
            if let Some(body) = facts.def(edge.callee.def).body {
                facts.arena.walk(body, |inner| {
                    let api = self.program.called_api(edge.callee.file, inner);
                    makes |= api.is_some_and(|api| self.program.facts_of(api).any(|(fact, _)| matches!(fact, ApiFact::Makes(_))));
                });
            }
            makes
        })
    }

    /// The values a name is given in a function and its closures, with how.
    fn values(&self, function: GlobalDef, name: Name) -> Vec<(NodeId, Option<AssignOp>)> {
        let facts = self.program.file(function.file);
        let mut values = Vec::new();
        let Some(body) = facts.def(function.def).body else { return values };
        walk_deep(facts, body, |node| {
            let (target, value, op) = match facts.arena.kind(node) {
                NodeKind::Declare { target, value: Some(value), .. } => (target, value, None),
                NodeKind::Assign { target, value, op } => (target, value, Some(op)),
                NodeKind::Loop { target: Some(target), source: Some(source), .. } => (target, source, Some(AssignOp::With)),
                _ => return true,
            };
            if facts.arena.kind(target) == NodeKind::Name(name) {
                values.push((value, op));
            }
            true
        });
        values
    }

    /// A parameter of the function.
    pub(super) fn is_parameter(&self, function: GlobalDef, name: Name) -> bool {
        self.program.def(function).params.iter().any(|param| param.name == Some(name))
    }

    /// A `with` in the function closes it.
    pub(super) fn is_closed_here(&self, function: GlobalDef, name: Name) -> bool {
        self.values(function, name).iter().any(|(_, op)| *op == Some(AssignOp::With))
    }

    /// Where a parameter or variable of the function is bound.
    pub(super) fn declaration(&self, function: GlobalDef, name: Name) -> Option<Span> {
        let facts = self.program.file(function.file);
        let param = facts.def(function.def).params.iter().find(|param| param.name == Some(name)).map(|param| param.span);
        param.or_else(|| self.values(function, name).first().map(|&(value, _)| call_span(facts, strip(facts, value))))
    }

    /// Whether a name is bound inside the code at and below `inside`: a variable, loop target, or a closure's parameter.
    pub(super) fn binds(&self, file: FileId, inside: NodeId, name: Name) -> bool {
        let facts = self.program.file(file);
        let mut binds = false;
        walk_deep(facts, inside, |node| {
            binds |= match facts.arena.kind(node) {
                NodeKind::Declare { target, .. } | NodeKind::Assign { target, .. } | NodeKind::Loop { target: Some(target), .. } => {
                    super::loops::bound_names(facts, target).contains(&name)
                }
                NodeKind::Closure(def) => facts.def(def).params.iter().any(|param| {
                    param.name == Some(name)
                        || param.pattern.is_some_and(|pattern| super::loops::bound_names(facts, pattern).contains(&name))
                }),
                _ => false,
            };
            !binds
        });
        binds
    }

    /// The innermost loop around a node in its function, also that of a callback that runs per item.
    pub(super) fn loop_around(&self, file: FileId, node: NodeId) -> Option<NodeId> {
        let facts = self.program.file(file);
        let nesting = self.nestings.of(file);
        let mut at = node;
        for _ in 0..4 {
            let found = nesting
                .around(at)
                .find(|&around| around != node && matches!(facts.arena.kind(around), NodeKind::Loop { source, .. } if source != Some(at)));
            if found.is_some() {
                return found;
            }
            let owner = nesting.owner(at);
            if !facts.def(owner).flags.has(DefFlags::CLOSURE) {
                return None;
            }
            at = nesting.place(owner)?;
            if let Some((call, _)) = nesting.argument_of(facts, at)
                && matches!(crate::model::nesting::called_name(facts, call), Some("map" | "forEach" | "flatMap"))
            {
                return Some(call);
            }
        }
        None
    }

    /// The caller waits for the call at once.
    pub(super) fn awaited(&self, file: FileId, call: NodeId) -> bool {
        let facts = self.program.file(file);
        let nesting = self.nestings.of(file);
        nesting.parent(call).is_some_and(|parent| matches!(facts.arena.kind(parent), NodeKind::Await(_)))
    }

    /// Both run in one pass through the function: no branch of one condition holds one of them only, and another the other.
    pub(super) fn same_path(&self, file: FileId, first: NodeId, second: NodeId) -> bool {
        let facts = self.program.file(file);
        let nesting = self.nestings.of(file);
        let branches = |node: NodeId| -> Vec<(NodeId, NodeId)> {
            nesting
                .around(node)
                .filter_map(|around| {
                    let parent = nesting.parent(around)?;
                    matches!(facts.arena.kind(parent), NodeKind::If { .. } | NodeKind::Match { .. } | NodeKind::Try { .. })
                        .then_some((parent, around))
                })
                .collect()
        };
        let other = branches(second);
        !branches(first).iter().any(|(parent, child)| other.iter().any(|(same, another)| same == parent && another != child))
    }

    /// The session of an extension, which has one for each context of the application: `db.session` of `db = SQLAlchemy()`.
    pub(super) fn is_of_context(&self, mention: &Mention) -> bool {
        matches!(mention.key, Key::Global(def) if self.is_registry(def, &api_names().orm.holds_registry))
    }

    /// The function in which the session of a mention is used itself.
    pub(super) fn user(&self, mention: &Mention) -> GlobalDef {
        let mut function = mention.function;
        let mut via = mention.via;
        for _ in 0..DEPTH {
            let Some(next) = via else { break };
            function = next;
            let uses = self.uses(next, 0);
            via = uses.iter().find(|one| one.mention.kind == mention.kind).and_then(|one| one.mention.via);
        }
        function
    }

    /// The calls from a mention to the session's use, as labelled places.
    pub(super) fn chain(&self, mention: &Mention) -> Vec<Label> {
        let label = |function: GlobalDef, node: NodeId, text: String| {
            let facts = self.program.file(function.file);
            Label { location: self.program.location(function.file, call_span(facts, node)), text }
        };
        let mut steps = Vec::new();
        let (mut function, mut site, mut via) = (mention.function, mention.site, mention.via);
        for _ in 0..DEPTH {
            let Some(next) = via else { break };
            let facts = self.program.file(function.file);
            steps.push(label(function, site, format!("leads to `{}`", spelled_callee(facts, site))));
            let uses = self.uses(next, 0);
            let Some(one) = uses.iter().find(|one| one.mention.kind == mention.kind) else { return steps };
            (function, site, via) = (one.mention.function, one.mention.site, one.mention.via);
        }
        if !steps.is_empty() {
            steps.push(label(function, site, format!("uses the {}", mention.kind.name())));
        }
        steps
    }
}

fn strip(facts: &FileFacts, node: NodeId) -> NodeId {
    let mut at = node;
    while let NodeKind::Await(value) | NodeKind::Cast { value, .. } | NodeKind::Propagate(value) = facts.arena.kind(at) {
        at = value;
    }
    at
}
