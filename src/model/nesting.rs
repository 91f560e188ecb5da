//! Where each node of a file stands: its parent, the definition whose code it is, and the node at which each definition
//! stands. The arena has only links downward; rules that ask "what is around this call" climb here.
//!
//! Built when asked for: it is not part of the facts. It knows nothing of names or types.

use std::sync::{Arc, OnceLock};

use super::body::{CallForm, List, NodeId, NodeKind};
use super::facts::{DefFlags, DefId, DefKind, FileFacts, Name};
use super::source::{Family, FileId};
use super::trace::{Part, note};

/// The upward links of all files, made when first asked for.
pub struct Nestings<'a> {
    facts: &'a [Arc<FileFacts>],
    known: Vec<OnceLock<Nesting>>,
}

impl<'a> Nestings<'a> {
    pub fn new(facts: &'a [Arc<FileFacts>]) -> Nestings<'a> {
        Nestings { facts, known: facts.iter().map(|_| OnceLock::new()).collect() }
    }

    /// Those of every file, in order.
    pub fn all(&self) -> impl Iterator<Item = &Nesting> {
        (0..self.facts.len() as u32).map(|file| self.of(FileId(file)))
    }

    /// Goes on with other facts of one file.
    pub fn replace(&mut self, facts: &'a [Arc<FileFacts>], file: FileId) {
        self.facts = facts;
        self.known[file.index()] = OnceLock::new();
    }

    /// The upward links of a file.
    pub fn of(&self, file: FileId) -> &Nesting {
        note(Part::File(file));
        self.known[file.index()].get_or_init(|| Nesting::of(&self.facts[file.index()]))
    }
}

impl std::ops::Index<usize> for Nestings<'_> {
    type Output = Nesting;

    fn index(&self, file: usize) -> &Nesting {
        self.of(FileId(file as u32))
    }
}

/// Upward links of one file's arena.
pub struct Nesting {
    parents: Vec<Option<NodeId>>,
    owners: Vec<DefId>,
    places: Vec<Option<NodeId>>,
}

impl Nesting {
    /// Walks every definition of the file once.
    pub fn of(facts: &FileFacts) -> Nesting {
        let mut nesting = Nesting {
            parents: vec![None; facts.arena.len()],
            owners: vec![DefId::MODULE; facts.arena.len()],
            places: vec![None; facts.defs.len()],
        };
        let mut seen = vec![false; facts.arena.len()];
        // Code before data: a class attribute's value may be listed both in the class's code and in the field.
        for data in [false, true] {
            for (id, def) in facts.definitions() {
                if matches!(def.kind, DefKind::Field | DefKind::Variable | DefKind::TypeAlias) != data {
                    continue;
                }
                let roots = def.body.into_iter().chain(def.value).chain(def.annotation).chain(def.decorators.iter().copied());
                let params = def.params.iter().flat_map(|param| {
                    param.pattern.into_iter().chain(param.default).chain(param.annotation).chain(param.decorators.iter().copied())
                });
                let owner = if data { def.parent } else { id };
                for root in roots.chain(params).chain(def.bases.iter().copied()) {
                    nesting.enter(facts, root, owner, &mut seen);
                }
            }
        }
        nesting
    }

    fn enter(&mut self, facts: &FileFacts, root: NodeId, owner: DefId, seen: &mut [bool]) {
        if std::mem::replace(&mut seen[root.index()], true) {
            return;
        }
        self.owners[root.index()] = owner;
        facts.arena.walk(root, |id| {
            if let NodeKind::Closure(def) | NodeKind::Define(def) = facts.arena.kind(id)
                && let Some(place) = self.places.get_mut(def.index())
            {
                *place = place.or(Some(id));
            }
            facts.arena.children(id, |child| {
                if !std::mem::replace(&mut seen[child.index()], true) {
                    self.parents[child.index()] = Some(id);
                    self.owners[child.index()] = owner;
                }
            });
        });
    }

    /// The node around this one in the same definition; `None` for a definition's own root (its body, a decorator …).
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.parents[id.index()]
    }

    /// The definition whose code holds the node.
    pub fn owner(&self, id: NodeId) -> DefId {
        self.owners[id.index()]
    }

    /// The `Closure` or `Define` node at which a definition stands.
    pub fn place(&self, def: DefId) -> Option<NodeId> {
        self.places[def.index()]
    }

    /// The node and everything around it in the same definition, innermost first.
    pub fn around(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(Some(id), |&at| self.parent(at))
    }

    /// The `Closure` node whose code holds the node; `None` in the code of a function, class or module.
    pub fn closure_around(&self, facts: &FileFacts, id: NodeId) -> Option<NodeId> {
        let owner = self.owner(id);
        self.place(owner).filter(|_| facts.def(owner).flags.has(DefFlags::CLOSURE))
    }

    /// The node and everything around it, out of closures too, innermost first.
    pub fn outward<'a>(&'a self, facts: &'a FileFacts, id: NodeId) -> impl Iterator<Item = NodeId> + 'a {
        std::iter::successors(Some(id), |&at| self.parent(at).or_else(|| self.closure_around(facts, at)))
    }

    /// The outermost expression that continues the chain of calls, members and `await`s of which `id` is a link:
    /// for `knex("t")` in `(await knex("t").where(x)).length` the whole of it.
    pub fn chain_top(&self, facts: &FileFacts, id: NodeId) -> NodeId {
        let mut top = id;
        while let Some(parent) = self.parent(top) {
            let continues = match facts.arena.kind(parent) {
                NodeKind::Member { object, .. } | NodeKind::Index { object, .. } => object == top,
                NodeKind::Call { callee, .. } => callee == top,
                NodeKind::Apply { base, .. } => base == top,
                NodeKind::Await(_) | NodeKind::Propagate(_) => true,
                NodeKind::Cast { value, .. } => value == top,
                _ => false,
            };
            if !continues {
                break;
            }
            top = parent;
        }
        top
    }

    /// The call of which `id` is an argument (by position, by name, or spread), with the argument's place in the list.
    pub fn argument_of(&self, facts: &FileFacts, id: NodeId) -> Option<(NodeId, usize)> {
        let mut argument = id;
        let mut parent = self.parent(argument)?;
        if matches!(facts.arena.kind(parent), NodeKind::Argument { .. } | NodeKind::Spread { .. }) {
            argument = parent;
            parent = self.parent(argument)?;
        }
        match facts.arena.kind(parent) {
            NodeKind::Call { args, form, .. } if form != CallForm::Pattern => {
                facts.arena.list(args).position(|item| item == argument).map(|at| (parent, at))
            }
            _ => None,
        }
    }
}

/// The next link inward of a chain: the callee of a call, the object of a member or index, the value of an `await`.
pub fn chain_inner(facts: &FileFacts, id: NodeId) -> Option<NodeId> {
    match facts.arena.kind(id) {
        NodeKind::Call { callee, form, .. } if form != CallForm::Pattern => Some(callee),
        NodeKind::Member { object, .. } | NodeKind::Index { object, .. } => Some(object),
        NodeKind::Apply { base, .. } => Some(base),
        NodeKind::Await(value) | NodeKind::Propagate(value) => Some(value),
        NodeKind::Cast { value, .. } => Some(value),
        _ => None,
    }
}

/// Links of a chain that are followed. Who asks at each link would otherwise take the square of a length that the input chooses.
const MOST_LINKS: usize = 512;

/// The links of a chain from the outermost inward, the root last: `a.b().c` gives `a.b().c`, `a.b()`, `a.b`, `a`. At most [`MOST_LINKS`].
pub fn chain(facts: &FileFacts, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
    std::iter::successors(Some(id), move |&at| chain_inner(facts, at)).take(MOST_LINKS)
}

/// A definition and those around it, the module last.
pub fn around(facts: &FileFacts, def: DefId) -> impl Iterator<Item = DefId> {
    std::iter::successors(Some(def), |&at| (at != DefId::MODULE).then(|| facts.def(at).parent))
}

/// The innermost link of a chain: a name, the receiver, a literal …
pub fn chain_root(facts: &FileFacts, id: NodeId) -> NodeId {
    chain(facts, id).last().unwrap_or(id)
}

/// The value that a declaration or assignment gives a name, as a whole.
pub fn given_value(facts: &FileFacts, node: NodeId, name: Name) -> Option<NodeId> {
    match facts.arena.kind(node) {
        NodeKind::Declare { target, value: Some(value), .. } | NodeKind::Assign { target, value, .. } => {
            (facts.arena.kind(target) == NodeKind::Name(name)).then_some(value)
        }
        _ => None,
    }
}

/// The last name of a callee: `b` for `a.b(…)`, `f` for `f::<T>(…)`.
pub fn called_name(facts: &FileFacts, call: NodeId) -> Option<&str> {
    match facts.arena.kind(call) {
        NodeKind::Call { callee, .. } => last_name(facts, callee).map(|name| facts.text(name)),
        _ => None,
    }
}

/// The last name of a path or member expression.
pub fn last_name(facts: &FileFacts, id: NodeId) -> Option<Name> {
    match facts.arena.kind(id) {
        NodeKind::Name(name) | NodeKind::Member { name, .. } => Some(name),
        NodeKind::Apply { base, .. } => last_name_of_base(facts, base),
        _ => None,
    }
}

fn last_name_of_base(facts: &FileFacts, base: NodeId) -> Option<Name> {
    match facts.arena.kind(base) {
        NodeKind::Name(name) | NodeKind::Member { name, .. } => Some(name),
        _ => None,
    }
}

/// The arguments of a call; none for other nodes.
pub fn arguments(facts: &FileFacts, call: NodeId) -> impl ExactSizeIterator<Item = NodeId> + DoubleEndedIterator + Clone + '_ {
    let list = match facts.arena.kind(call) {
        NodeKind::Call { args, .. } => args,
        _ => List::EMPTY,
    };
    facts.arena.list(list)
}

/// The value of an argument, whether it has a name or not.
pub fn argument_value(facts: &FileFacts, argument: NodeId) -> NodeId {
    match facts.arena.kind(argument) {
        NodeKind::Argument { value, .. } => value,
        _ => argument,
    }
}

/// The value of the argument of this name.
pub fn named_argument(facts: &FileFacts, call: NodeId, wanted: &str) -> Option<NodeId> {
    arguments(facts, call).find_map(|argument| match facts.arena.kind(argument) {
        NodeKind::Argument { name, value } if facts.text(name) == wanted => Some(value),
        _ => None,
    })
}

/// Calls `visit` with `root` and everything below it, the code of closures included. Stops below nodes for which it says false.
pub fn walk_deep(facts: &FileFacts, root: NodeId, mut visit: impl FnMut(NodeId) -> bool) {
    let mut roots = vec![root];
    while let Some(root) = roots.pop() {
        facts.arena.walk_while(root, |id| {
            let go_on = visit(id);
            if go_on && let NodeKind::Closure(def) = facts.arena.kind(id) {
                roots.extend(facts.def(def).body);
            }
            go_on
        });
    }
}

/// How the code spells a chain of names, for messages: `prisma.user.findMany`, `users::table.first`. Calls inside the chain
/// print as `()`, anything else as `…`.
pub fn spell(facts: &FileFacts, id: NodeId) -> String {
    let mut parts: Vec<String> = Vec::new();
    for link in chain(facts, id).take(24) {
        match facts.arena.kind(link) {
            NodeKind::Member { name, path, .. } => parts.push(format!("{}{}", if path { "::" } else { "." }, facts.text(name))),
            NodeKind::Name(name) => parts.push(facts.text(name).to_string()),
            NodeKind::Receiver => parts.push(if facts.language.family() == Family::TypeScript { "this" } else { "self" }.to_string()),
            NodeKind::Super => parts.push("super".to_string()),
            NodeKind::Call { form: CallForm::Macro, .. } => parts.push("!".to_string()),
            NodeKind::Call { .. } => parts.push("()".to_string()),
            NodeKind::Index { .. } => parts.push("[…]".to_string()),
            NodeKind::Await(_) | NodeKind::Propagate(_) | NodeKind::Cast { .. } | NodeKind::Apply { .. } => {}
            _ => parts.push("…".to_string()),
        }
    }
    parts.reverse();
    let text = parts.concat();
    match text.char_indices().nth(80) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}
