//! What a local name may hold at a place: the assignments that reach it. One that another always replaces on the way, that stands in a
//! branch which leaves, in the other branch of the same condition, or below the place and in no loop around it, does not.

use crate::model::body::{AssignOp, NodeId, NodeKind};
use crate::model::facts::{FileFacts, Name};
use crate::model::nesting::{Nesting, chain_root, given_value, walk_deep};

/// The values that assignments below `body` may have given the name when `at` runs; of a value that starts from the name itself
/// (`query = query.where(…)`) also what the name held before.
pub(super) fn reaching(facts: &FileFacts, nesting: &Nesting, body: NodeId, at: NodeId, name: Name) -> Vec<NodeId> {
    let mut given: Vec<Given> = Vec::new();
    walk_deep(facts, body, |node| {
        if let Some(value) = given_value(facts, node, name) {
            let replaces = !matches!(facts.arena.kind(node), NodeKind::Assign { op: AssignOp::Augment(_), .. });
            given.push(Given { node, value, replaces });
        }
        true
    });
    if given.len() < 2 && given.iter().all(|one| comes_before(facts, one.node, at)) {
        return given.iter().map(|one| one.value).collect();
    }
    let mut taken = vec![false; given.len()];
    let mut places = vec![at];
    while let Some(place) = places.pop() {
        let spine: Vec<NodeId> = nesting.outward(facts, place).collect();
        for (index, one) in given.iter().enumerate() {
            if !taken[index] && reaches(facts, nesting, &given, one, place, &spine) {
                taken[index] = true;
                let root = chain_root(facts, one.value);
                if facts.arena.kind(root) == NodeKind::Name(name) {
                    places.push(root);
                }
            }
        }
    }
    given.iter().zip(taken).filter(|(_, taken)| *taken).map(|(one, _)| one.value).collect()
}

struct Given {
    node: NodeId,
    value: NodeId,
    replaces: bool,
}

fn comes_before(facts: &FileFacts, node: NodeId, at: NodeId) -> bool {
    facts.arena.span(node).end <= facts.arena.span(at).start
}

fn reaches(facts: &FileFacts, nesting: &Nesting, all: &[Given], one: &Given, at: NodeId, spine: &[NodeId]) -> bool {
    let own: Vec<NodeId> = nesting.outward(facts, one.node).collect();
    let shared = |node: &NodeId| spine.contains(node);
    // What runs again, or later than where it stands: a loop around both, a closure around the place alone.
    let again = own.iter().find(|node| matches!(facts.arena.kind(**node), NodeKind::Loop { .. }) && shared(node)).copied();
    let deferred = spine.iter().any(|node| matches!(facts.arena.kind(*node), NodeKind::Closure(_)) && !own.contains(node));
    let before = comes_before(facts, one.node, at);
    if deferred {
        return true;
    }
    if !before && again.is_none() {
        return false;
    }
    for (inner, outer) in own.iter().zip(own.iter().skip(1)) {
        match facts.arena.kind(*outer) {
            NodeKind::Block { items, .. } if !shared(outer) => {
                let last = facts.arena.list(items).last().map(|last| facts.arena.kind(last));
                if matches!(last, Some(NodeKind::Return(_) | NodeKind::Raise(_))) {
                    return false;
                }
            }
            NodeKind::If { then, otherwise: Some(otherwise), .. } if again.is_none() && !shared(inner) && shared(outer) => {
                let apart = (*inner == then && shared(&otherwise)) || (*inner == otherwise && shared(&then));
                if apart {
                    return false;
                }
            }
            NodeKind::Match { .. } if again.is_none() && !shared(inner) && shared(outer) => {
                let in_arm = spine
                    .iter()
                    .zip(spine.iter().skip(1))
                    .any(|(below, above)| above == outer && matches!(facts.arena.kind(*below), NodeKind::Arm { .. }));
                if in_arm && matches!(facts.arena.kind(*inner), NodeKind::Arm { .. }) {
                    return false;
                }
            }
            _ => {}
        }
    }
    !all.iter().any(|other| {
        let later = other.node != one.node
            && other.replaces
            && comes_before(facts, other.node, at)
            && if before {
                comes_before(facts, one.node, other.node)
            } else {
                again.is_some_and(|outer| nesting.outward(facts, other.node).any(|node| node == outer))
            };
        later && always_runs(facts, nesting, other.node, spine)
    })
}

/// Whether what runs to the place has run the node: no branch, loop or handler around it that is not around the place, too.
fn always_runs(facts: &FileFacts, nesting: &Nesting, node: NodeId, spine: &[NodeId]) -> bool {
    let own: Vec<NodeId> = nesting.outward(facts, node).collect();
    own.iter().zip(own.iter().skip(1)).all(|(inner, outer)| {
        if spine.contains(inner) {
            return true;
        }
        match facts.arena.kind(*outer) {
            NodeKind::If { condition, .. } => *inner == condition,
            NodeKind::Loop { source, .. } => Some(*inner) == source,
            NodeKind::Match { subject, .. } => *inner == subject,
            NodeKind::Try { body, otherwise, finally, .. } => {
                Some(*inner) == finally || *inner == body && otherwise.is_some_and(|otherwise| spine.contains(&otherwise))
            }
            NodeKind::Binary { left, .. } => *inner == left,
            NodeKind::Closure(_) | NodeKind::Define(_) | NodeKind::Handler { .. } => false,
            _ => true,
        }
    })
}
