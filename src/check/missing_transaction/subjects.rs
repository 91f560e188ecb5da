//! What a write is about: local names, and paths below the request or the receiver.

use rustc_hash::FxHashSet;

use crate::check::loops::{Place, bound_names, parameter_names};
use crate::check::sensitive::assigned;
use crate::model::body::{CallForm, NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts, Name};
use crate::model::knowledge::WriteMode;
use crate::model::nesting::{arguments, around, chain, chain_root, last_name, spell, walk_deep};
use crate::model::program::Value;
use crate::model::role::GlobalDef;
use crate::model::source::Family;
use crate::model::summary::Write;
use crate::rulebook::vocabulary::vocabulary;

/// Definitions around a function that are looked at.
const OUTWARD: usize = 32;

/// A parameter of the function or of one around it.
pub(super) fn is_parameter(place: &Place, function: GlobalDef, name: Name) -> bool {
    around(place.facts, function.def).take(OUTWARD).any(|at| takes(place.facts, at, name))
}

fn takes(facts: &FileFacts, def: DefId, name: Name) -> bool {
    facts.def(def).params.iter().any(|param| parameter_names(facts, param).contains(&name))
}

/// What a write is about: local names, and paths below the request or the receiver.
pub(super) struct Subjects {
    /// What the write's call hangs on.
    callee_root: NodeId,
    pub(super) names: Vec<Name>,
    pub(super) paths: Vec<String>,
}

/// What the write is given, what it hangs on, and what its result is kept in.
pub(super) fn subjects(place: &Place, write: &Write) -> Subjects {
    let (facts, site) = (place.facts, write.site);
    let top = place.nesting.chain_top(facts, site);
    let mut found = Subjects { callee_root: chain_root(facts, site), names: Vec::new(), paths: Vec::new() };
    let mut handled: FxHashSet<NodeId> = FxHashSet::default();
    // What a callback given to the project's own function mentions is not what the function writes.
    let own = write.via.is_none();
    walk_deep(facts, top, |node| {
        if !own && matches!(facts.arena.kind(node), NodeKind::Closure(_)) {
            return false;
        }
        match facts.arena.kind(node) {
            NodeKind::Member { .. } if !handled.contains(&node) => {
                handled.extend(chain(facts, node));
                found.add_chain(place, node);
            }
            NodeKind::Name(_) if !handled.contains(&node) => found.add_chain(place, node),
            _ => {}
        }
        true
    });
    found.names.extend(kept_in(place, top));
    if own && write.mode == WriteMode::Immediate {
        found.names.extend(made_with(place, site, found.callee_root));
    }
    // The item of a loop comes from what the loop is over.
    for node in place.nesting.around(site) {
        if let NodeKind::Loop { source: Some(source), .. } = facts.arena.kind(node)
            && let NodeKind::Name(name) = facts.arena.kind(chain_root(facts, source))
            && !vocabulary().writes.handles.has(facts.text(name))
        {
            found.names.push(name);
        }
    }
    found
}

/// What the result of a call is kept in.
fn kept_in(place: &Place, top: NodeId) -> Vec<Name> {
    let facts = place.facts;
    let mut at = top;
    while let Some(parent) = place.nesting.parent(at) {
        match facts.arena.kind(parent) {
            NodeKind::Declare { target, .. } | NodeKind::Assign { target, .. } => return bound_names(facts, target),
            NodeKind::Await(_) | NodeKind::Propagate(_) | NodeKind::Cast { .. } | NodeKind::Call { .. } | NodeKind::Member { .. } => {
                at = parent
            }
            _ => break,
        }
    }
    Vec::new()
}

/// What is saved through an object that was made with the row: `form = OrderForm(order)`, `form.save()`.
fn made_with(place: &Place, site: NodeId, callee_root: NodeId) -> Vec<Name> {
    let facts = place.facts;
    let NodeKind::Name(name) = facts.arena.kind(callee_root) else { return Vec::new() };
    let owner = GlobalDef { file: place.file, def: place.nesting.owner(site) };
    let is_query = place.summaries.of(owner).is_some_and(|summary| summary.queries.iter().any(|query| query.site == site));
    if is_query {
        return Vec::new();
    }
    let made = assigned(facts, owner.def, name).into_iter();
    let rows = made.flat_map(|made| arguments(facts, made)).filter_map(|argument| match facts.arena.kind(argument) {
        NodeKind::Name(row) if !vocabulary().writes.handles.has(facts.text(row)) => Some(row),
        _ => None,
    });
    rows.collect()
}

impl Subjects {
    /// Whose attribute it is: `session.user` of `session.user.id`, about which `session.user.email` is as well.
    fn add_owner(&mut self, facts: &FileFacts, node: NodeId, root: &str) {
        if !vocabulary().writes.held.has(root) {
            return;
        }
        if let NodeKind::Member { object, .. } = facts.arena.kind(node)
            && let NodeKind::Member { name, .. } = facts.arena.kind(object)
            && !vocabulary().writes.parts_of_requests.has(facts.text(name))
        {
            self.paths.push(spell(facts, object));
        }
    }

    fn add_chain(&mut self, place: &Place, node: NodeId) {
        let facts = place.facts;
        let root = chain_root(facts, node);
        match facts.arena.kind(root) {
            NodeKind::Name(name) => {
                let text = facts.text(name);
                // `info` is a resolver's context elsewhere; in Rust it is what somebody called so.
                let is_own = facts.language.family() == Family::Rust && matches!(text, "info" | "event");
                if vocabulary().writes.handles.has(text) && !is_own {
                    self.add_path(facts, node);
                } else if is_local(place, root, name, root == self.callee_root) {
                    self.names.push(name);
                }
            }
            NodeKind::Receiver => self.add_path(facts, node),
            _ => {}
        }
    }

    /// `req.user` of `req.user.id`; the receiver's services and handles are no subject.
    fn add_path(&mut self, facts: &FileFacts, node: NodeId) {
        let members: Vec<&str> = {
            let mut names: Vec<&str> = chain(facts, node).filter_map(|link| last_name(facts, link).map(|name| facts.text(name))).collect();
            names.reverse();
            names
        };
        let is_called = chain(facts, node).any(|link| matches!(facts.arena.kind(link), NodeKind::Call { .. }));
        if members.len() >= 3 && !is_called {
            self.paths.push(spell(facts, node));
            self.add_owner(facts, node, members[0]);
        }
    }
}

/// A variable or parameter of the function, not a module's name, a class or a library's object.
fn is_local(place: &Place, node: NodeId, name: Name, root_of_call: bool) -> bool {
    let facts = place.facts;
    let is_handle = match place.program.value(place.file, node) {
        Value::Module(_) | Value::Namespace(_) => true,
        Value::Def(def) => place.program.def(def).kind != DefKind::Variable || def.file != place.file,
        // What a write is called on is a connection; what it is given may come out of a library too (`ctx.request.body`).
        Value::Api { subject: None, .. } => root_of_call && !is_row(place, node, name),
        _ => false,
    };
    if is_handle {
        return false;
    }
    around(facts, place.nesting.owner(node))
        .take(OUTWARD)
        .any(|at| takes(facts, at, name) || at != DefId::MODULE && facts.def(at).body.is_some_and(|body| binds(facts, body, name)))
}

/// A local that a query gave, or a new row that is saved, though its class is the library's: `const user = await User.findById(id)`.
fn is_row(place: &Place, node: NodeId, name: Name) -> bool {
    let facts = place.facts;
    let is_saved = place.nesting.parent(node).is_some_and(
        |parent| matches!(facts.arena.kind(parent), NodeKind::Member { object, name, .. } if object == node && facts.text(name) == "save"),
    );
    assigned(facts, place.nesting.owner(node), name).into_iter().any(|value| match facts.arena.kind(value) {
        NodeKind::Call { form: CallForm::New, .. } => is_saved,
        NodeKind::Await(_) if is_saved => true,
        NodeKind::Await(value) => {
            let summary = place.summaries.of(GlobalDef { file: place.file, def: place.nesting.owner(value) });
            chain(facts, value).any(|link| summary.is_some_and(|summary| summary.queries.iter().any(|query| query.site == link)))
        }
        _ => false,
    })
}

fn binds(facts: &FileFacts, body: NodeId, name: Name) -> bool {
    let mut found = false;
    facts.arena.walk_while(body, |node| {
        let target = match facts.arena.kind(node) {
            NodeKind::Declare { target, .. } | NodeKind::Assign { target, .. } | NodeKind::Loop { target: Some(target), .. } => {
                Some(target)
            }
            _ => None,
        };
        found |= target.is_some_and(|target| bound_names(facts, target).contains(&name));
        !found
    });
    found
}
