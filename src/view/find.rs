//! What a user means by a word: a path, a part, a role, a module, a function.

use crate::config::did_you_mean;
use crate::model::view::{Node, Relation, Thing, View};

/// What a word stands for in a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Indices of nodes, sorted.
    pub nodes: Vec<u32>,
    /// In an import graph: the id of a definition. Only imports of it count.
    pub definition: Option<String>,
}

/// A word that stands for nothing, with one that does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    pub word: String,
    pub near: Option<String>,
}

/// Looks a word up: a part (a name the project itself gave to a piece of its code), then from the most exact to the vaguest: an id, a path, a role,
/// the end of an id, the end of a path.
pub fn find(view: &View, word: &str) -> Result<Found, Unknown> {
    let word = word.trim().trim_start_matches("./").trim_end_matches('/');
    let by = |test: &dyn Fn(&Node) -> bool| -> Vec<u32> {
        let nodes = view.nodes.iter().enumerate().filter(|(_, node)| test(node));
        nodes.map(|(at, _)| at as u32).collect()
    };
    let tests: [&dyn Fn(&Node) -> bool; 6] = [
        &|node| node.part.as_deref() == Some(word),
        &|node| node.id == word || is_below(&node.id, word),
        &|node| *node.path == *word || node.path.strip_prefix(word).is_some_and(|rest| rest.starts_with('/')),
        &|node| node.role.is_some_and(|role| role.name() == word),
        &|node| node.thing != Thing::External && ends_with(&node.id, word),
        &|node| node.path.strip_suffix(word).is_some_and(|rest| rest.ends_with('/')),
    ];
    for (at, test) in tests.iter().enumerate() {
        // All of the project is not what `.` or an empty word is meant to name here.
        let nodes = if word.is_empty() { Vec::new() } else { by(test) };
        if nodes.is_empty() {
            continue;
        }
        // A module's functions are in its file, not below its id alone (a Python package's modules have the package's id in front).
        return Ok(Found { nodes: if at == 1 { whole(view, nodes, word) } else { nodes }, definition: None });
    }
    definition(view, word).ok_or_else(|| unknown(view, word))
}

/// An exact id stands for itself, a class's for its methods too, an external package's for what is in it, a module's for its file.
fn whole(view: &View, nodes: Vec<u32>, word: &str) -> Vec<u32> {
    let Some(exact) = nodes.iter().map(|&at| &view.nodes[at as usize]).find(|node| node.id == word) else { return nodes };
    if exact.thing != Thing::Module {
        return nodes;
    }
    let same = view.nodes.iter().enumerate().filter(|(_, node)| match view.relation {
        Relation::Imports => node.id == exact.id,
        Relation::Calls => node.id == exact.id || (node.path == exact.path && (exact.line == 0 || is_below(&node.id, word))),
    });
    same.map(|(at, _)| at as u32).collect()
}

/// In an import graph, definitions stand only at edges.
fn definition(view: &View, word: &str) -> Option<Found> {
    let name = view.edges.iter().filter_map(|edge| edge.definition.as_deref()).find(|id| *id == word || ends_with(id, word))?;
    let mut nodes: Vec<u32> = view.edges.iter().filter(|edge| edge.definition.as_deref() == Some(name)).map(|edge| edge.to).collect();
    nodes.sort_unstable();
    nodes.dedup();
    Some(Found { nodes, definition: Some(name.to_string()) })
}

fn unknown(view: &View, word: &str) -> Unknown {
    let own = || view.nodes.iter().filter(|node| node.thing != Thing::External);
    let mut known: Vec<&str> = own().map(|node| node.id.as_str()).chain(own().map(|node| &*node.path)).collect();
    known.extend(own().filter_map(|node| node.part.as_deref()));
    known.extend(own().filter_map(|node| node.path.rsplit('/').next()));
    known.extend(own().filter_map(|node| node.id.rsplit(['.', ':']).next()));
    known.extend(own().filter_map(|node| node.path.rsplit_once('/').map(|(folder, _)| folder)));
    known.extend(view.edges.iter().filter_map(|edge| edge.definition.as_deref()));
    known.sort_unstable();
    known.dedup();
    Unknown { word: word.to_string(), near: did_you_mean(word, known).map(str::to_string) }
}

/// `a.b` is below `a`, `a::b` too.
fn is_below(id: &str, word: &str) -> bool {
    id.strip_prefix(word).is_some_and(|rest| rest.starts_with(['.', '/']) || rest.starts_with("::"))
}

/// `UserService.create` ends `app.users.UserService.create`.
fn ends_with(id: &str, word: &str) -> bool {
    id.strip_suffix(word).is_some_and(|rest| rest.ends_with(['.', '/', ':']))
}
